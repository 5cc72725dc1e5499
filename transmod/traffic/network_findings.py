"""What looks wrong in links, districts and boundary of a network."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from transmod.traffic.findings import Finding, limits, name_link, warn
from transmod.traffic.road_classes import class_defaults

# ends of links that lie nearer than this belong together [m]
SNAP_M = 5.0
# a dead end this near the frame of an extract may have been cut there [share of its size]
_FRAME = 0.01


def judge_links(links: gpd.GeoDataFrame) -> list[Finding]:
    """
    Judge the links of a network by themselves.

    Parameters
    ----------
    links : GeoDataFrame
        L links with the columns of `schema.LINKS`, in metres.
    """
    where = name_link(links)
    return [
        *_judge_doubles(links, where),
        *judge_connection(links),
        *_judge_lengths(links, where),
        *_judge_capacities(links, where),
        *_judge_free_speeds(links, where),
    ]


def judge_connection(links: gpd.GeoDataFrame) -> list[Finding]:
    """
    Say into how many pieces the links fall, why, and what to do.

    Nothing is said of a network in one piece, or of a planner's roads that end apart.
    """
    from scipy.sparse import coo_array  # a third of a second
    from scipy.sparse.csgraph import connected_components

    nodes, end = np.unique(
        np.concatenate(
            (links["from_node"].to_numpy(np.int64), links["to_node"].to_numpy(np.int64))
        ),
        return_inverse=True,
    )
    start, stop = np.split(end, 2)
    graph = coo_array((np.ones(start.size, bool), (start, stop)), shape=(nodes.size, nodes.size))
    n_pieces, piece = connected_components(graph, directed=False)
    length_km = links["length_m"].to_numpy(np.float64) / 1000.0
    of_piece = np.bincount(piece[start], weights=length_km, minlength=n_pieces)
    largest = int(of_piece.argmax())
    share = of_piece[largest] / of_piece.sum()
    rule = limits("disconnected")
    if n_pieces == 1 or share >= rule["share"]:
        return []
    dead, near, framed = _dead_ends(links, start, stop, nodes.size)
    cut_off = piece[start] != largest
    is_osm = links["osm_way_id"].notna().mean() > 0.5
    is_unsnapped = near > 0.2 * dead
    if not (is_osm or is_unsnapped):
        return []  # a planner's counted roads need not meet
    if is_unsnapped:
        cause = (
            f"links end beside each other: {near:,} of {dead:,} dead ends lie within {SNAP_M:g} m "
            f"of the end of another link"
        )
        remedy = "Snap the ends of the links to common nodes, then build the network again"
    else:
        cause = (
            f"streets are missing between the pieces: of {dead:,} dead ends only {framed:,} lie at "
            f"the edge of the area, so it is not its clipping; the extract was filtered, thinned "
            f"out or written from a simplified graph"
        )
        remedy = (
            "Download the area anew with all its ways and their nodes (`osmium extract --strategy "
            "complete_ways`, or whole from Geofabrik or Overpass); traffic of the missing streets "
            "is lacking in any total of this one"
        )
    return [
        warn(
            "disconnected",
            f"The links fall into {n_pieces:,} pieces that do not meet, so that no vehicle gets "
            f"from one to another. The largest has {share:.0%} of the {of_piece.sum():,.1f} "
            f"km, the next "
            f"{np.sort(of_piece)[-2] / of_piece.sum():.0%}",
            cut_off,
            name_link(links),
            cause=cause,
            remedy=remedy,
        )
    ]


def _dead_ends(
    links: gpd.GeoDataFrame, start: NDArray[np.int64], stop: NDArray[np.int64], n_nodes: int
) -> tuple[int, int, int]:
    """Count nodes with one neighbour: all, those beside another node, those at the frame."""
    low, high = np.minimum(start, stop), np.maximum(start, stop)
    roads = np.unique(np.column_stack((low, high))[low != high], axis=0)
    degree = np.bincount(roads.ravel(), minlength=n_nodes)
    from scipy.spatial import cKDTree

    lines = links.geometry.to_numpy()
    place = np.empty((n_nodes, 2))
    place[start] = shapely.get_coordinates(shapely.get_point(lines, 0))
    place[stop] = shapely.get_coordinates(shapely.get_point(lines, -1))
    dead = np.flatnonzero(degree == 1)
    if not dead.size:
        return 0, 0, 0
    distance, _ = cKDTree(place).query(place[dead], k=2)
    low_corner, high_corner = place.min(axis=0), place.max(axis=0)
    margin = _FRAME * (high_corner - low_corner)
    at_frame = (place[dead] < low_corner + margin) | (place[dead] > high_corner - margin)
    return dead.size, int((distance[:, 1] < SNAP_M).sum()), int(at_frame.any(axis=1).sum())


def _judge_doubles(links: gpd.GeoDataFrame, where: Callable[[int], str]) -> list[Finding]:
    drawn = shapely.to_wkb(links.geometry.to_numpy())
    _, first, inverse = np.unique(drawn, return_index=True, return_inverse=True)
    double = first[inverse] != np.arange(drawn.size)
    if double.sum() <= limits("doubled_links")["share"] * double.size:
        return []
    return [
        warn(
            "doubled_links",
            "Links are drawn twice, from the same start to the same end along the same line",
            double,
            where,
            cause="layers were joined that share roads, or directions were both drawn forward",
            remedy="Keep one of each, or reverse the second where it is the other direction",
        )
    ]


def _judge_lengths(links: gpd.GeoDataFrame, where: Callable[[int], str]) -> list[Finding]:
    drawn = links.geometry.length.to_numpy()
    given = links["length_m"].to_numpy(np.float64)
    ratio = given / np.maximum(drawn, 1e-3)
    median = float(np.median(ratio))
    rule = limits("length_unit")
    if rule["low"] <= median <= rule["high"]:
        return []
    units = {
        "km": 0.001,
        "miles": 1 / 1609.344,
        "feet": 1 / 0.3048,
        "half of it": 0.5,
        "twice": 2.0,
    }
    unit = min(units, key=lambda name: abs(np.log(median / units[name])))
    odd = (ratio < rule["low"]) | (ratio > rule["high"])
    is_known = abs(np.log(median / units[unit])) < np.log(1.15)
    return [
        warn(
            "length_unit",
            f"`length_m` is {median:.3g} times the length of the drawn line, as the median",
            odd,
            where,
            cause=f"lengths are in {unit}" if is_known else "lengths are in another unit or scale",
            remedy="Say the unit in columns.toml: length_m = { column = ..., unit = ... }",
        )
    ]


def _judge_capacities(links: gpd.GeoDataFrame, where: Callable[[int], str]) -> list[Finding]:
    given = ~_is_assumed(links, "capacity_pcu_h")
    lane = links["capacity_pcu_h"].to_numpy(np.float64) / links["lanes"].to_numpy(np.float64)
    rule = limits("capacity_unit")
    if given.sum() < rule["main_links"]:
        return []
    median = float(np.median(lane[given]))
    if rule["low"] <= median <= rule["high"]:
        return []
    odd = given & ((lane < rule["low"]) | (lane > rule["high"]))
    return [
        warn(
            "capacity_unit",
            f"A lane passes {median:,.0f} car units an hour as the median of given capacities",
            odd,
            where,
            of=int(given.sum()),
            cause="capacities of a day or of both directions stand for those of an hour and a "
            "direction" if median > rule["high"] else "capacities are per quarter of an hour or in "
            "hundreds",
            remedy="Give `capacity_pcu_h` per hour and direction",
        )
    ]  # fmt: skip


def _judge_free_speeds(links: gpd.GeoDataFrame, where: Callable[[int], str]) -> list[Finding]:
    given = ~_is_assumed(links, "free_speed_kmh")
    if given.sum() < limits("all")["main_links"]:
        return []
    usual = class_defaults(
        links["road_class"].to_numpy(object),
        links["is_ramp"].to_numpy(bool),
        links["is_urban"].to_numpy(bool),
    ).free_speed_kmh
    ratio = links["free_speed_kmh"].to_numpy(np.float64) / usual
    high = float(np.percentile(ratio[given], 90))
    rule = limits("speed_unit")
    if high < rule["ms_high"]:
        unit, times = "m/s", 3.6
    elif rule["mph_low"] <= high <= rule["mph_high"]:
        unit, times = "miles an hour", 1.609344
    else:
        return []
    return [
        warn(
            "network_speed_unit",
            f"Free speeds are below {high:.2f} of what is usual on their road class, on 90 % of "
            "the links",
            given & (ratio <= high),
            where,
            of=int(given.sum()),
            cause=f"`free_speed_kmh` is in {unit}",
            remedy=f"Say the unit in columns.toml, or multiply by {times:g}",
        )
    ]


def _is_assumed(links: gpd.GeoDataFrame, column: str) -> NDArray[np.bool_]:
    names = links["imputed"].to_numpy(object)
    row = np.repeat(np.arange(names.size), [len(own) for own in names])
    assumed = np.zeros(names.size, bool)
    if row.size:
        assumed[row[np.concatenate(names) == column]] = True
    return assumed


def judge_districts(
    links: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, boundary: BaseGeometry
) -> list[Finding]:
    """
    Judge how districts cover the roads of the city; all in one CRS in metres.

    Parameters
    ----------
    links, districts : GeoDataFrame
        With the columns of `schema.LINKS` and `schema.DISTRICTS`.
    boundary : Polygon or MultiPolygon
        The city.
    """
    middle = shapely.line_interpolate_point(links.geometry.to_numpy(), 0.5, normalized=True)
    shapely.prepare(boundary)
    inside = shapely.contains(boundary, middle)
    shapes = districts.geometry.to_numpy()
    _, point = shapely.STRtree(middle).query(shapes, predicate="intersects")
    covered = np.zeros(middle.size, bool)
    covered[point] = True
    length = links["length_m"].to_numpy(np.float64)
    lost = inside & ~covered
    if not lost.any() or length[lost].sum() <= limits("districts_misfit")["share"] * (
        length[inside].sum()
    ):
        return []
    area = shapely.union_all(shapes)
    shift = np.subtract(
        shapely.get_coordinates(shapely.centroid(boundary))[0],
        shapely.get_coordinates(shapely.centroid(area))[0],
    )
    return [
        warn(
            "districts_misfit",
            f"{length[lost].sum() / length[inside].sum():.0%} of the road length inside the "
            f"boundary lie in no district; the districts' middle lies {shift[0] / 1000:+.2f} km "
            f"east and {shift[1] / 1000:+.2f} km north of where the boundary has its own",
            lost,
            name_link(links),
            of=int(inside.sum()),
            cause="districts of another city, of a part of it, or in another coordinate system",
            remedy="Give all districts of the city, in the system that the file states",
        )
    ]
