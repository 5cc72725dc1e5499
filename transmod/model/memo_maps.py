"""
Memo maps: what aircraft and ships emit inside the boundary, where it happens.

They stand beside the maps of the city's roads, never in them: most of it counts in no total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from transmod.inputs.network import Network
from transmod.model.grid import Grid
from transmod.model.movements import SourceResult
from transmod.model.overlay import cut_links
from transmod.schema import NO_CELL, POLLUTANTS

AMOUNTS = (*(f"{name}_t" for name in POLLUTANTS), "energy_tj")


@dataclass(frozen=True, eq=False)
class MemoMap:
    """
    What happens at places inside the boundary.

    Attributes
    ----------
    places : geopandas.GeoDataFrame
        `schema.MEMO_PLACES` without `item` and `memo_kind`, in the working CRS.
    cells : pandas.DataFrame or None
        `activity`, `cell_id` and `AMOUNTS`, sorted; cell_id -1: in no cell. None without a grid.
    """

    places: gpd.GeoDataFrame
    cells: pd.DataFrame | None


def draw_memo_map(
    sources: Sequence[SourceResult], network: Network, grid: Grid | None
) -> MemoMap | None:
    """
    Gather the places of all sources, and lay them onto the grid.

    Parameters
    ----------
    sources : sequence of SourceResult
        Those beside the road.
    network : Network
        Working CRS and boundary.
    grid : Grid or None
        None: no cells.

    Returns
    -------
    MemoMap or None
        None where no source knows a place. A line gives each cell its share by length, a point is
        in the cell that owns its south and west edge.
    """
    parts = [source.places for source in sources if source.places is not None]
    parts = [part for part in parts if len(part)]
    if not parts:
        return None
    places = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=network.crs)
    for name in AMOUNTS:
        if name not in places.columns:
            places[name] = np.nan
    order = places[["activity", "place"]].assign(shape=shapely.to_wkb(places.geometry, hex=True))
    places = places.iloc[order.sort_values(list(order.columns), kind="stable").index]
    places = places.reset_index(drop=True).assign(feature=np.arange(len(places)))
    places = places[["feature", "activity", "place", *AMOUNTS, "geometry"]]
    return MemoMap(places, None if grid is None else _to_cells(places, network, grid))


def _to_cells(places: gpd.GeoDataFrame, network: Network, grid: Grid) -> pd.DataFrame:
    """Sum the amounts of places by activity and cell; what is unknown stays unknown."""
    shares = pd.concat(
        [_cells_of_points(places, grid), _cells_of_lines(places, network, grid)], ignore_index=True
    )
    feature = shares["feature"].to_numpy()
    rows = places[list(AMOUNTS)].iloc[feature].reset_index(drop=True)
    rows = rows.mul(shares["share"].to_numpy(np.float64), axis=0)
    rows["activity"] = places["activity"].to_numpy()[feature]
    rows["cell_id"] = shares["cell_id"].to_numpy(np.int64)
    sums = rows.groupby(["activity", "cell_id"])[list(AMOUNTS)].sum(min_count=1)
    return sums.reset_index()


def _cells_of_points(places: gpd.GeoDataFrame, grid: Grid) -> pd.DataFrame:
    points = places[places.geom_type == "Point"]
    column = np.floor((points.geometry.x.to_numpy() - grid.x0) / grid.cell_size_m)
    row = np.floor((points.geometry.y.to_numpy() - grid.y0) / grid.cell_size_m)
    inside = (column >= 0) & (column < grid.n_columns) & (row >= 0) & (row < grid.n_rows)
    cell = np.where(inside, row * grid.n_columns + column, NO_CELL).astype(np.int64)
    return pd.DataFrame({"feature": points["feature"], "cell_id": cell, "share": 1.0})


def _cells_of_lines(places: gpd.GeoDataFrame, network: Network, grid: Grid) -> pd.DataFrame:
    shapes = places.loc[places.geom_type != "Point", ["feature", "geometry"]]
    lines = shapes.explode(ignore_index=True)
    if lines.empty:
        return pd.DataFrame({"feature": [], "cell_id": [], "share": []}).astype({"feature": int})
    length = lines.length.to_numpy()
    whole = lines.assign(length=length).groupby("feature")["length"].transform("sum").to_numpy()
    links = lines[["geometry"]].assign(link_id=np.arange(len(lines)))
    pieces = cut_links(replace(network, links=links), grid)
    return pd.DataFrame(
        {
            "feature": lines["feature"].to_numpy()[pieces.link],
            "cell_id": pieces.cell,
            "share": pieces.fraction * (length / whole)[pieces.link],
        }
    )
