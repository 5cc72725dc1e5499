"""Zones of a port for tracks of ships: city, berths, anchorages, land and districts."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from transmod.inputs.network import Network
from transmod.inputs.ship_calls import district_of

Floats = NDArray[np.float64]

_BAND_EDGES = 4  # edges that a band of a zone holds about


@dataclass(frozen=True, eq=False)
class Zones:
    """Zones as the kernel wants them, and the district of each of its areas."""

    edge: Floats
    zone: Floats
    band_start: NDArray[np.int64]
    band_edge: NDArray[np.int64]
    districts: NDArray[np.object_]


def lay_zones(network: Network, areas: gpd.GeoDataFrame, method: dict[str, float]) -> Zones:
    """
    Lay out where the city, its port and its districts are.

    Parameters
    ----------
    network : Network
        Boundary and districts.
    areas : GeoDataFrame
        Of the port, in the CRS of the network. Those `in_city` belong to the city, and to the
        district that is nearest.
    method : dict
        Reaches of a port [m].

    Notes
    -----
    A port without areas of berths reaches a nautical mile from the city.
    """
    own = areas[areas["in_city"].to_numpy(bool)]
    city = shapely.union_all([network.boundary, *own.geometry])
    kinds = {kind: areas[areas["kind"] == kind].geometry for kind in set(areas["kind"])}
    berths = kinds.get("berth")
    quay = (
        shapely.union_all(berths.to_numpy())
        if berths is not None and len(berths)
        else shapely.buffer(network.boundary, method["berth_reach_m"])
    )
    reach = shapely.buffer(quay, method["port_reach_m"])
    nothing = shapely.Polygon()
    anchorages = shapely.union_all(list(kinds.get("anchorage", [])) or [nothing])
    land = shapely.union_all(list(kinds.get("land", [])) or [nothing])
    parts = [*network.districts.geometry, *own.geometry]
    names = list(network.districts["district_id"])
    if len(own):
        middle = shapely.point_on_surface(own.geometry.to_numpy())
        names += list(district_of(middle, network))
    edges, zones, starts, entries = [], [], [np.zeros(1, np.int64)], []
    n_edge = n_band = n_entry = 0
    for shape in (city, quay, reach, anchorages, land, *parts):
        edge, low, height, start, entry = _lay_bands(shape)
        edges.append(edge)
        zones.append((low, height, n_band, len(start) - 1))
        starts.append(start[1:] + n_entry)
        entries.append(entry + n_edge)
        n_edge, n_band, n_entry = n_edge + len(edge), n_band + len(start) - 1, n_entry + len(entry)
    return Zones(
        np.concatenate(edges), np.array(zones, np.float64), np.concatenate(starts),
        np.concatenate(entries), np.array(names, object),
    )  # fmt: skip


def _lay_bands(
    shape: shapely.Geometry,
) -> tuple[Floats, float, float, NDArray[np.int64], NDArray[np.int64]]:
    """Sort the edges of polygons into bands of equal height."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    ends = [shapely.get_coordinates(ring) for ring in rings]
    edge = np.concatenate([np.zeros((0, 4)), *(np.hstack([c[:-1], c[1:]]) for c in ends)])
    if not len(edge):
        return edge, 0.0, 1.0, np.zeros(1, np.int64), np.zeros(0, np.int64)
    bottom = np.minimum(edge[:, 1], edge[:, 3])
    top = np.maximum(edge[:, 1], edge[:, 3])
    n = max(len(edge) // _BAND_EDGES, 1)
    low = float(bottom.min())
    height = (float(top.max()) - low) / n or 1.0
    first = np.clip(np.floor((bottom - low) / height).astype(np.int64), 0, n - 1)
    last = np.clip(np.floor((top - low) / height).astype(np.int64), 0, n - 1)
    count = last - first + 1
    entry = np.repeat(np.arange(len(edge)), count)
    band = (
        np.repeat(first, count) + np.arange(len(entry)) - np.repeat(np.cumsum(count) - count, count)
    )
    order = np.argsort(band, kind="stable")
    start = np.searchsorted(band[order], np.arange(n + 1))
    return edge, low, height, start.astype(np.int64), entry[order]
