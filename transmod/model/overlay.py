"""
The pieces of the links: every metre in one district and one cell.

Polygons only give positions along a link at which it is cut. The midpoint of a stretch between
cuts decides its district, so a road on a border between two of them counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.kernels.cut import TOLERANCE_M
from transmod.model.grid import Grid, Lines, check_metres, cut_lines, lay_out
from transmod.schema import NO_DISTRICT, OUTSIDE_BOUNDARY, PIECES

if TYPE_CHECKING:
    from transmod.inputs.network import Network

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Pieces:
    """
    The N parts of the links, one for each link, district and cell, sorted by these.

    `link` (N,) is the position in `network.links`, `district` (N,) the position in
    `network.districts` (D of them: D is no_district, D + 1 outside_boundary), `cell` (N,) the
    cell_id or -1, `fraction` (N,) the share of the link [-]; the fractions of a link sum to 1.
    """

    link: NDArray[np.int64]
    district: NDArray[np.int32]
    cell: NDArray[np.int64]
    fraction: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of pieces."""
        return len(self.link)


@dataclass(frozen=True)
class _Stretches:
    """
    The links cut at the boundary and the district borders only; S stretches in order along them.

    `cut` and `cut_start` as in `kernels.cut`; `link`, `begin` and `end` [m], `district` (S,).
    """

    lines: Lines
    cut: Floats
    cut_start: Integers
    link: Integers
    begin: Floats
    end: Floats
    district: NDArray[np.int32]


def cut_links(network: Network, grid: Grid | None) -> Pieces:
    """
    Cut every link at the boundary, the district borders and the grid lines.

    Parameters
    ----------
    network : Network
        Its `crs` must be projected, in metres.
    grid : Grid or None
        In the network's CRS; it may be larger or smaller than the city. None: no cells.

    Returns
    -------
    Pieces
        Parts outside the grid have cell -1.

    Raises
    ------
    InputError
        If the CRS is not metric or not the grid's, or a link is not a LineString of finite
        coordinates.

    Notes
    -----
    The boundary wins: what lies outside it is outside_boundary, inside a district polygon or not.
    A point on the boundary is inside; one on a border shared by districts belongs to the lowest
    district_id. Points within 1e-6 m of a border are on it, and cuts nearer than this to each
    other are one, since a point on a slanting border has no exact coordinates. No fraction is ever
    rescaled.
    """
    _check_network(network, grid)
    stretches = _cut_at_borders(network)
    return Pieces(
        *cut_lines(stretches.lines, grid, stretches.cut, stretches.cut_start, stretches.district)
    )


def to_table(pieces: Pieces, network: Network) -> pd.DataFrame:
    """Return the pieces with their ids, as `schema.PIECES`, sorted by its key."""
    names = _district_names(network)
    rank = np.empty(len(names), np.int64)
    rank[np.argsort(names, kind="stable")] = np.arange(len(names))
    # sorted but where an id comes after "no_district" in the alphabet
    order = np.lexsort((pieces.cell, rank[pieces.district], pieces.link))
    link_id = network.links["link_id"].to_numpy()
    values = (
        link_id[pieces.link[order]],
        names[pieces.district[order]],
        pieces.cell[order],
        pieces.fraction[order],
    )
    return pd.DataFrame(dict(zip(PIECES.names, values, strict=True)))


def piece_geometry(pieces: Pieces, network: Network) -> tuple[Integers, Integers, Geometries]:
    """
    Return the part of each link in each district.

    Parameters
    ----------
    pieces : Pieces
        Of this network, with any grid.
    network : Network
        The network.

    Returns
    -------
    link, district : numpy.ndarray
        (M,) the pairs of `pieces`, each once, sorted.
    geometry : numpy.ndarray
        (M,) LineStrings, or MultiLineStrings where the link comes back into the district. A
        link in one district only is returned as it is.
    """
    is_new = np.ones(len(pieces), bool)
    is_new[1:] = (np.diff(pieces.link) != 0) | (np.diff(pieces.district) != 0)
    link, district = pieces.link[is_new], pieces.district[is_new].astype(np.int64)
    geometry = network.links.geometry.to_numpy()[link]
    is_part = np.bincount(link, minlength=len(network.links))[link] > 1
    if is_part.any():
        geometry[is_part] = _parts(network, link[is_part], district[is_part])
    return link, district, geometry


def _parts(network: Network, link: Integers, district: Integers) -> Geometries:
    """Return the part of each `link` (M,) in its `district` (M,)."""
    stretches = _cut_at_borders(network)
    parts: dict[tuple[int, int], list[Floats]] = {}
    for s in np.flatnonzero(np.isin(stretches.link, link)):
        i, d = int(stretches.link[s]), int(stretches.district[s])
        xy = _between(stretches.lines, i, stretches.begin[s], stretches.end[s])
        lines = parts.setdefault((i, d), [])
        if s > 0 and lines and (stretches.link[s - 1], stretches.district[s - 1]) == (i, d):
            lines[-1] = np.concatenate([lines[-1], xy[1:]])
        else:
            lines.append(xy)
    geometry = np.empty(len(link), object)
    for k, pair in enumerate(zip(link.tolist(), district.tolist(), strict=True)):
        lines = parts[pair]
        one = len(lines) == 1
        geometry[k] = shapely.LineString(lines[0]) if one else shapely.MultiLineString(lines)
    return geometry


def _between(lines: Lines, i: int, begin: float, end: float) -> Floats:
    """Return the vertices of line `i` between two positions [m], with the points there."""
    of = slice(lines.start[i], lines.start[i + 1])
    x, y, position = lines.x[of], lines.y[of], lines.position[of]
    inner = (position > begin) & (position < end)
    ends = [begin, end]
    first, last = zip(np.interp(ends, position, x), np.interp(ends, position, y), strict=True)
    return np.vstack([first, np.column_stack([x[inner], y[inner]]), last])


def _check_network(network: Network, grid: Grid | None) -> None:
    check_metres(network.crs)
    faults = Faults()
    if grid is not None and not grid.crs.equals(network.crs, ignore_axis_order=True):
        faults.add(
            f"The grid must be in the network's CRS: {grid.crs.name!r} is not {network.crs.name!r}."
        )
    lines = network.links.geometry.to_numpy()
    is_bad = shapely.get_type_id(lines) != shapely.GeometryType.LINESTRING
    is_bad |= shapely.is_empty(lines)
    xy, link = shapely.get_coordinates(lines, return_index=True)
    is_bad[link[~np.isfinite(xy).all(axis=1)]] = True
    if is_bad.any():
        first = np.flatnonzero(is_bad)[0]
        faults.add(
            f"`geometry` must be a LineString of finite coordinates: {is_bad.sum()} of "
            f"{len(lines)} links are not, first link_id {network.links['link_id'].iloc[first]} "
            f"({lines[first]})."
        )
    for name in (NO_DISTRICT, OUTSIDE_BOUNDARY):
        if (network.districts["district_id"] == name).any():
            faults.add(f"`district_id` must not be {name!r}: this name has a meaning of its own.")
    faults.raise_any()


def _district_names(network: Network) -> Geometries:
    return np.array([*network.districts["district_id"], NO_DISTRICT, OUTSIDE_BOUNDARY], object)


def _cut_at_borders(network: Network) -> _Stretches:
    """Cut the links where they meet the boundary or a district border."""
    geometry = network.links.geometry.to_numpy()
    districts = network.districts.geometry.to_numpy()
    lines = lay_out(geometry)
    is_near, link, cut = _border_cuts(geometry, lines, np.append(districts, network.boundary))
    n_cut = np.bincount(link, minlength=len(geometry))
    cut_start = np.append(0, np.cumsum(n_cut, dtype=np.int64))
    # stretches: the first begins at 0, the others at the cuts of their link
    of = np.repeat(np.arange(len(geometry)), n_cut + 1)
    first = cut_start[:-1] + np.arange(len(geometry))
    begin, end = np.zeros(len(of)), np.empty(len(of))
    is_first = np.zeros(len(of), bool)
    is_first[first] = True
    begin[~is_first] = cut
    end[:-1] = begin[1:]
    end[cut_start[1:] + np.arange(len(geometry))] = lines.length
    district = np.empty(len(of), np.int32)
    near = is_near[of]
    middle = shapely.line_interpolate_point(geometry[of[near]], 0.5 * (begin + end)[near])
    district[near] = _districts_of(middle, districts, network.boundary, "dwithin")
    # away from all borders any point of the link decides, and does not come near one
    vertex = lines.start[of[~near]]
    vertices = shapely.points(lines.x[vertex], lines.y[vertex])
    district[~near] = _districts_of(vertices, districts, network.boundary, "intersects")
    return _Stretches(lines, cut, cut_start, of, begin, end, district)


def _districts_of(
    points: Geometries,
    districts: Geometries,
    boundary: shapely.Geometry,
    predicate: Literal["dwithin", "intersects"],
) -> NDArray[np.int32]:
    """Return the first district of each point (N,); D where none, D + 1 outside the boundary."""
    tree = shapely.STRtree(points)
    district = np.full(len(points), len(districts), np.int32)
    polygon, point = tree.query(districts, predicate=predicate, distance=TOLERANCE_M)
    np.minimum.at(district, point, polygon.astype(np.int32))
    is_outside = np.ones(len(points), bool)
    is_outside[tree.query(boundary, predicate=predicate, distance=TOLERANCE_M)] = False
    district[is_outside] = len(districts) + 1
    return district


def _border_cuts(
    geometry: Geometries, lines: Lines, polygons: Geometries
) -> tuple[NDArray[np.bool_], Integers, Floats]:
    """
    Return which links (L,) come near a ring, and where: link and position [m], sorted.

    A cut too many does no harm, since the midpoints decide. So crossings, and vertices of either
    that lie on the other, are cuts alike; stretches along a border get their ends this way.
    """
    origin, to = _border_segments(polygons)
    tree = shapely.STRtree(shapely.linestrings(np.stack([origin, to], axis=1)))
    near = np.unique(tree.query(geometry, predicate="dwithin", distance=TOLERANCE_M)[0])
    is_near = np.zeros(len(geometry), bool)
    is_near[near] = True
    # segments of these links
    n_segment = np.diff(lines.start)[near] - 1
    link = np.repeat(near, n_segment)
    step = np.arange(len(link)) - np.repeat(np.cumsum(n_segment) - n_segment, n_segment)
    vertex = lines.start[link] + step
    length = lines.position[vertex + 1] - lines.position[vertex]
    link, vertex = link[length > 0], vertex[length > 0]
    begin = np.column_stack([lines.x[vertex], lines.y[vertex]])
    end = np.column_stack([lines.x[vertex + 1], lines.y[vertex + 1]])
    segments = shapely.linestrings(np.stack([begin, end], axis=1))
    segment, border = tree.query(segments, predicate="dwithin", distance=TOLERANCE_M)
    pair, share = _meet(begin[segment], end[segment], origin[border], to[border])
    link, vertex = link[segment[pair]], vertex[segment[pair]]
    before = lines.position[vertex]
    cut = before + share * (lines.position[vertex + 1] - before)
    return is_near, *_distinct(link, cut, lines.length)


def _distinct(link: Integers, cut: Floats, length: Floats) -> tuple[Integers, Floats]:
    """Sort cuts and leave out those at an end of their link or at the cut before."""
    is_inner = (cut >= TOLERANCE_M) & (cut <= length[link] - TOLERANCE_M)
    link, cut = link[is_inner], cut[is_inner]
    order = np.lexsort((cut, link))
    link, cut = link[order], cut[order]
    is_new = np.ones(len(cut), bool)
    is_new[1:] = (np.diff(link) != 0) | (np.diff(cut) >= TOLERANCE_M)
    return link[is_new], cut[is_new]


def _border_segments(polygons: Geometries) -> tuple[Floats, Floats]:
    """Return the ends (K, 2), (K, 2) of all segments of all rings, a shared one once."""
    rings = shapely.get_parts(shapely.boundary(polygons))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    begin, end = xy[:-1], xy[1:]
    is_segment = (ring[:-1] == ring[1:]) & (begin != end).any(axis=1)
    begin, end = begin[is_segment], end[is_segment]
    turned = (begin[:, 0] > end[:, 0]) | ((begin[:, 0] == end[:, 0]) & (begin[:, 1] > end[:, 1]))
    begin[turned], end[turned] = end[turned], begin[turned].copy()
    ends = np.unique(np.hstack([begin, end]), axis=0)
    return ends[:, :2], ends[:, 2:]


def _cross(a: Floats, b: Floats) -> Floats:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def _meet(p: Floats, q: Floats, a: Floats, b: Floats) -> tuple[Integers, Floats]:
    """
    Return where segments pq (K, 2) meet segments ab (K, 2).

    Returns
    -------
    pair : numpy.ndarray
        (C,) position of the pair in 0..K-1.
    share : numpy.ndarray
        (C,) position on pq, 0..1.
    """
    d, e = q - p, b - a
    turn = _cross(d, e)
    crosses = np.flatnonzero(turn)
    t = _cross((a - p)[crosses], e[crosses]) / turn[crosses]
    u = _cross((a - p)[crosses], d[crosses]) / turn[crosses]
    hit = (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
    pair, share = [crosses[hit]], [t[hit]]
    for point in (a, b):
        t, is_on = _project(point, p, d)
        pair.append(np.flatnonzero(is_on))
        share.append(t[is_on])
    for point, t_end in ((p, 0.0), (q, 1.0)):
        is_on = _project(point, a, e)[1]
        pair.append(np.flatnonzero(is_on))
        share.append(np.full(is_on.sum(), t_end))
    return np.concatenate(pair), np.concatenate(share)


def _project(point: Floats, origin: Floats, along: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the nearest position 0..1 on a segment to a point, and whether the point is there."""
    t = np.einsum("ij,ij->i", point - origin, along) / np.einsum("ij,ij->i", along, along)
    t = np.clip(t, 0.0, 1.0)
    gap = point - origin - t[:, None] * along
    return t, np.hypot(gap[:, 0], gap[:, 1]) <= TOLERANCE_M
