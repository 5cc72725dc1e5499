"""Results of links in districts, and of the cells of the grid; both from the link pass."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.inputs.network import Network
from transmod.model.activity import Activity
from transmod.model.link_factors import LINK_QUANTITIES
from transmod.model.overlay import Pieces, piece_geometry
from transmod.model.rows import Rows
from transmod.schema import NO_CELL, POLLUTANTS, VEHICLE_CLASSES
from transmod.units import convert

_MJ_PER_MWH = convert(1.0, "MWh", "MJ")


def to_link_results(
    network: Network,
    pieces: Pieces,
    rows: Rows,
    activity: Activity,
    area_ids: Sequence[str],
    has_volume: NDArray[np.bool_],
) -> gpd.GeoDataFrame:
    """
    Return the sums of each link in each district, as `schema.LINK_RESULTS`.

    Parameters
    ----------
    network, pieces, rows, activity
        L links, cut into N rows.
    area_ids : sequence of str
        District of each area.
    has_volume : bool (L,)
        Where the volume file has no stream, results are null, not zero.
    """
    known = has_volume[rows.link]
    vkm = activity.vkm.sum(axis=1)
    total = dict(zip(LINK_QUANTITIES, activity.total.T, strict=True))
    frame = pd.DataFrame(
        {
            "link_id": network.links["link_id"].to_numpy()[rows.link],
            "district_id": np.asarray(area_ids, object)[rows.area],
            "length_m": network.links["length_m"].to_numpy(np.float64)[rows.link] * rows.fraction,
            "vkm": vkm,
        }
    )
    classes = np.array([name for name, _ in activity.streams])
    for name in VEHICLE_CLASSES:
        if (classes == name).any():
            frame[f"vkm_{name}"] = activity.vkm[:, classes == name].sum(axis=1)
    hours = total["hours"]
    frame["vehicle_h"] = hours
    frame["speed_kmh"] = np.divide(vkm, hours, out=np.full(vkm.size, np.nan), where=hours > 0.0)
    for name in POLLUTANTS:
        frame[f"{name}_t"] = total[name] / 1e6
    frame["electricity_mwh"] = total["electricity"] / _MJ_PER_MWH
    frame["co2_scope2_t"] = total["co2_scope2"] / 1e6
    frame.loc[~known, frame.columns[3:]] = np.nan
    return gpd.GeoDataFrame(frame, geometry=_geometry(network, pieces, rows), crs=network.crs)


def to_cells(pieces: Pieces, rows: Rows, links: pd.DataFrame) -> pd.DataFrame:
    """
    Share the results of links out over the cells that they cross.

    Parameters
    ----------
    pieces, rows
        The N rows and their pieces.
    links : pandas.DataFrame
        `schema.LINK_RESULTS` in the order of `rows`; rows without a volume are left aside.

    Returns
    -------
    pandas.DataFrame
        `cell_id`, `vkm` [veh km] and `<pollutant>_t` [t] of the cells that links cross, sorted.
    """
    known = links["vkm"].notna().to_numpy()
    mine = (pieces.cell != NO_CELL) & (rows.of_piece >= 0)
    mine[mine] = known[rows.of_piece[mine]]
    row = rows.of_piece[mine]
    share = pieces.fraction[mine] / rows.fraction[row]
    cell_id, place = np.unique(pieces.cell[mine], return_inverse=True)
    columns = {
        name: np.bincount(place, share * links[name].to_numpy()[row], minlength=cell_id.size)
        for name in ("vkm", *(f"{pollutant}_t" for pollutant in POLLUTANTS))
    }
    return pd.DataFrame({"cell_id": cell_id, **columns})


def _geometry(network: Network, pieces: Pieces, rows: Rows) -> NDArray[np.object_]:
    """Return the part of the link that each row stands for."""
    link, district, geometry = piece_geometry(pieces, network)
    inside = district <= len(network.districts)
    assert np.array_equal(link[inside], rows.link)
    assert np.array_equal(district[inside], rows.area)
    return geometry[inside]
