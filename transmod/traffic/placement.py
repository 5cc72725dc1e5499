"""
Whether borders lie where the network has its roads, or are shifted as Chinese maps are.

Borders of districts follow roads for a part of their way. In the right place several times as much
of them does as anywhere near, so that the shift of GCJ-02 or BD-09 shows without any landmark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from transmod.inputs.chinese_coordinates import (
    COORDINATES,
    Coordinates,
    convert,
    is_shifted_place,
)
from transmod.inputs.projections import WGS84
from transmod.traffic.findings import Finding, limits, warn

# a piece of a border follows a road within this distance [m] and angle [radians]
_NEAR_M = 15.0
_ALONG = np.radians(15.0)
_STEP_M = 50.0
_MOST_PIECES = 10_000
# where nothing should fit: as far away as the shifts are [m], in eight directions each
_CONTROLS_M = (350.0, 700.0, 1050.0)

NAMES = {"wgs84": "WGS 84", "gcj02": "GCJ-02", "bd09": "BD-09"}


@dataclass(frozen=True)
class Fit:
    """
    How borders fit the roads.

    Attributes
    ----------
    borders, roads : "wgs84", "gcj02" or "bd09"
        What both must be for the best fit; the same if they fit as they are.
    length_m : float
        Length of borders compared.
    as_given, best, elsewhere : float
        Share of it that follows a road: as it is, at its best, and at most where it must not.
    """

    borders: Coordinates
    roads: Coordinates
    length_m: float
    as_given: float
    best: float
    elsewhere: float

    @property
    def is_clear(self) -> bool:
        """Whether the best fit is no chance."""
        rule = limits("chinese_offset")
        return (
            self.best > rule["times"] * self.elsewhere
            and self.best * self.length_m >= rule["length"]
        )

    @property
    def is_shifted(self) -> bool:
        """Whether borders and roads are clearly of different coordinates."""
        times = limits("chinese_offset")["times"]
        return self.is_clear and self.borders != self.roads and self.best > times * self.as_given


def find_fit(links: gpd.GeoSeries, areas: gpd.GeoSeries) -> Fit | None:
    """
    Find out by which shift of Chinese maps borders fit roads best.

    Parameters
    ----------
    links : GeoSeries
        Lines, in a CRS in metres.
    areas : GeoSeries
        Polygons in the same CRS.

    Returns
    -------
    Fit or None
        None outside China, or if no border comes near the roads.
    """
    to_degrees = Transformer.from_crs(links.crs, WGS84, always_xy=True)
    west, south, east, north = links.total_bounds
    middle = to_degrees.transform((west + east) / 2.0, (south + north) / 2.0)
    if not is_shifted_place(*(np.asarray(value) for value in middle)):
        return None
    margin = max(_CONTROLS_M) + 1000.0
    borders = _pieces(
        areas.to_numpy(), (west - margin, south - margin, east + margin, north + margin)
    )
    if not len(borders):
        return None
    # evenly thinned out where there are many: thousands tell as much as tens of thousands
    length_m = float(_lengths(borders).sum())
    borders = borders[:: -(-len(borders) // _MOST_PIECES)]
    to_metres = Transformer.from_crs(WGS84, links.crs, always_xy=True)
    roads = _Roads(links.to_numpy())
    degrees = np.column_stack(to_degrees.transform(*borders.reshape(-1, 2).T))

    def moved(given: Coordinates, wanted: Coordinates) -> NDArray[np.float64]:
        return np.column_stack(to_metres.transform(*convert(degrees, given, wanted).T)).reshape(
            -1, 2, 2
        )

    as_given = roads.share_along(borders)
    pairs = [(a, b) for a in COORDINATES for b in COORDINATES if a != b]
    shares = {pair: roads.share_along(moved(*pair)) for pair in pairs}
    pair: tuple[Coordinates, Coordinates] = max(shares, key=lambda name: shares[name])
    best = shares[pair]
    if as_given >= best:
        pair, best = ("wgs84", "wgs84"), as_given
    angles = np.arange(8) * np.pi / 4.0
    steps = [(r * np.cos(a + r), r * np.sin(a + r)) for r in _CONTROLS_M for a in angles]
    elsewhere = max(roads.share_along(borders + np.array(step)) for step in steps)
    # of pairs with one difference, the roads are taken as true: OpenStreetMap is in WGS 84
    return Fit(*pair, length_m, as_given, best, elsewhere)


def judge_placement(links: gpd.GeoSeries, areas: gpd.GeoSeries, what: str) -> list[Finding]:
    """Judge whether `areas`, called `what`, have the coordinates of the links; as `find_fit`."""
    fit = find_fit(links, areas)
    if fit is None or not fit.is_shifted:
        return []
    if fit.roads == "wgs84":
        shifted, kind, option = what, fit.borders, f"--coordinates {fit.borders}"
    else:
        shifted, kind = "links", fit.roads
        option = f"--link-coordinates {fit.roads}"
        if fit.borders != "wgs84":
            option += f" and --coordinates {fit.borders}"
    return [
        warn(
            "chinese_offset",
            f"Borders of the {what} follow roads along {fit.best:.1%} of their "
            f"{fit.length_m / 1000:,.0f} km if the {shifted} are taken as {NAMES[kind]}, along "
            f"{fit.as_given:.1%} as they are, and along {fit.elsewhere:.1%} at most "
            f"where nothing should fit",
            cause=f"the {shifted} were drawn on a Chinese map ({NAMES[kind]}), some 100 m off",
            remedy=f"Build the network with {option}; --coordinates wgs84 leaves all as it is",
        )
    ]


class _Roads:
    """Straight pieces of roads, found by place."""

    def __init__(self, lines: NDArray[Any]) -> None:
        xy, line = shapely.get_coordinates(lines, return_index=True)
        same = line[1:] == line[:-1]
        pieces = np.stack((xy[:-1], xy[1:]), axis=1)[same]
        pieces = pieces[_lengths(pieces) > 1.0]
        self._heading = _headings(pieces)
        self._tree = shapely.STRtree(shapely.linestrings(pieces))

    def share_along(self, borders: NDArray[np.float64]) -> float:
        """Return the share of the length of borders (N, 2, 2) that follows a road."""
        middle = shapely.points(borders.mean(axis=1))
        border, road = self._tree.query(middle, predicate="dwithin", distance=_NEAR_M)
        turn = _headings(borders)[border] - self._heading[road]
        turn = np.abs((turn + np.pi / 2.0) % np.pi - np.pi / 2.0)
        follows = np.zeros(len(borders), bool)
        follows[border[turn < _ALONG]] = True
        length = _lengths(borders)
        return float(length[follows].sum() / length.sum())


def _pieces(areas: Sequence[Any] | NDArray[Any], box: tuple[float, ...]) -> NDArray[np.float64]:
    """Cut borders into pieces of `_STEP_M` at most, each border once, those in `box`; (N, 2, 2)."""
    rings = shapely.get_parts(shapely.boundary(np.asarray(areas, object)))
    xy, ring = shapely.get_coordinates(shapely.segmentize(rings, _STEP_M), return_index=True)
    pieces = np.stack((xy[:-1], xy[1:]), axis=1)[ring[1:] == ring[:-1]]
    middle = pieces.mean(axis=1)
    west, south, east, north = box
    inside = ((middle > (west, south)) & (middle < (east, north))).all(axis=1)
    pieces, middle = pieces[inside], middle[inside]
    _, once = np.unique(np.round(middle), axis=0, return_index=True)
    return pieces[np.sort(once)]


def _lengths(pieces: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hypot(*(pieces[:, 1] - pieces[:, 0]).T)


def _headings(pieces: NDArray[np.float64]) -> NDArray[np.float64]:
    step = pieces[:, 1] - pieces[:, 0]
    return np.arctan2(step[:, 1], step[:, 0])
