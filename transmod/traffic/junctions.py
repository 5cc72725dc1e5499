"""Split ways at junctions into sections, and draw and measure sections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Sections:
    """
    Parts of ways between junctions: S sections over N positions.

    Attributes
    ----------
    way : (S,)
        Row of the way; ascending, and within a way in the order as drawn.
    first, last : (S,)
        Where the section starts and ends in `node`, `lon` and `lat`, both included.
    node, lon, lat : (N,)
        Node ids and positions [degrees].
    notes : tuple of str
        Ways that were cut or left out.
    """

    way: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    node: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    notes: tuple[str, ...]


def split_ways(
    way: NDArray[np.int64],
    node: NDArray[np.int64],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> Sections:
    """
    Split ways where they meet.

    A section ends where its way ends, at a node that another way uses too, and at a node that
    its own way passes twice. A way is cut where the extract lacks a node. Nodes repeated in a row
    count once.

    Parameters
    ----------
    way : (N,)
        Row of the way of each node reference; references of a way stand together.
    node, lon, lat : (N,)
        Node id and position [degrees]; NaN where the extract lacks the node.
    """
    missing = np.isnan(lon) | np.isnan(lat)
    part = np.cumsum(np.diff(way, prepend=-1) != 0) + np.cumsum(missing)
    kept = np.flatnonzero(~missing)
    part, way, node, lon, lat = part[kept], way[kept], node[kept], lon[kept], lat[kept]
    again = np.zeros(len(kept), bool)
    again[1:] = (part[1:] == part[:-1]) & (node[1:] == node[:-1])
    part, way, node, lon, lat = part[~again], way[~again], node[~again], lon[~again], lat[~again]

    _, code, uses = np.unique(node, return_inverse=True, return_counts=True)
    starts = np.diff(part, prepend=-1) != 0
    ends = np.append(starts[1:], True)
    at = np.flatnonzero((uses[code] > 1) | starts | ends)
    within = part[at[:-1]] == part[at[1:]]
    first, last = at[:-1][within], at[1:][within]

    notes = []
    if missing.any():
        notes.append(
            f"{int(missing.sum())} node references lie outside the extract: the ways are cut there."
        )
    if again.any():
        notes.append(f"{int(again.sum())} nodes were repeated in a row: taken once.")
    alone = int((starts & ends).sum())
    if alone:
        notes.append(f"{alone} ways or parts of ways have fewer than two nodes: left out.")
    return Sections(way[first], first, last, node, lon, lat, tuple(notes))


def measure_sections(sections: Sections) -> NDArray[np.float64]:
    """Measure S sections [m] along the WGS 84 ellipsoid."""
    lon, lat = sections.lon, sections.lat
    _, _, step = _GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    n = len(sections.first)
    if n == 0:
        return np.empty(0)
    # sections follow each other, so the section of a step is the last one that has begun
    section = np.searchsorted(sections.first, np.arange(len(step)), side="right") - 1
    inside = (section >= 0) & (np.arange(len(step)) < sections.last[section])
    step = np.asarray(step, np.float64)[inside]
    return np.bincount(section[inside], weights=step, minlength=n).astype(np.float64)


def draw_sections(
    sections: Sections, section: NDArray[np.int64], backward: NDArray[np.bool_]
) -> NDArray[Any]:
    """
    Draw L lines in driving direction [degrees].

    Parameters
    ----------
    sections : Sections
        S sections.
    section : (L,)
        Which section each line follows.
    backward : (L,)
        True where it runs against the way as drawn.
    """
    if len(section) == 0:
        return np.empty(0, object)
    first, last = sections.first[section], sections.last[section]
    count = last - first + 1
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    at = np.where(
        np.repeat(backward, count), np.repeat(last, count) - step, np.repeat(first, count) + step
    )
    coordinates = np.column_stack((sections.lon[at], sections.lat[at]))
    return shapely.linestrings(coordinates, indices=np.repeat(np.arange(len(section)), count))


def measure_lines(lines: NDArray[Any]) -> NDArray[np.float64]:
    """Measure lines in longitude and latitude [m] along the WGS 84 ellipsoid."""
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    if len(coordinates) < 2:
        return np.zeros(len(lines))
    lon, lat = coordinates[:, 0], coordinates[:, 1]
    _, _, step = _GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    inside = line[1:] == line[:-1]
    step = np.asarray(step, np.float64)[inside]
    return np.bincount(line[:-1][inside], weights=step, minlength=len(lines)).astype(np.float64)
