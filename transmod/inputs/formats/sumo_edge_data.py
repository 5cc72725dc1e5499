"""Read SUMO's edge data: what was driven on each edge in each hour, whatever the size of a file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.inputs.formats.xml import walk_xml

_HOUR = 3600.0
_DAY = 24
_LONGEST_H = 24 * 366


@dataclass(eq=False)
class EdgeData:
    """
    Sums of edge data over E edges, by class and hour of H.

    Attributes
    ----------
    totals : dict
        Class -> "distance" [m] and "seconds" [s] driven, each (H, E).
    seen : dict
        Class -> whether an edge stands in the data at all (E,).
    covered : float64 (H,)
        Share of each hour that lies in an interval.
    hours : int
        H.
    given, filled : int
        Figures of edges and hours that stand in the data, and that do not.
    internal_m : float
        Driven on edges inside junctions [m].
    front_m : float
        Driven by the fronts of all vehicles [m], on all edges.
    unknown : dict
        Edge that the network does not have as a road -> driven on it [m].
    """

    totals: dict[str, dict[str, NDArray[np.float64]]]
    seen: dict[str, NDArray[np.bool_]]
    covered: NDArray[np.float64]
    hours: int
    given: int
    filled: int
    internal_m: float
    front_m: float
    unknown: dict[str, float]


@dataclass(eq=False)
class _Sums:
    """Arrays that grow by the hour."""

    n_edges: int
    distance: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    seconds: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    met: dict[int, NDArray[np.bool_]] = field(default_factory=dict)
    covered: dict[int, float] = field(default_factory=dict)
    intervals: list[tuple[float, float]] = field(default_factory=list)

    def open(self, hour: int) -> None:
        if hour not in self.distance:
            self.distance[hour] = np.zeros(self.n_edges)
            self.seconds[hour] = np.zeros(self.n_edges)
            self.met[hour] = np.zeros(self.n_edges, bool)
            self.covered[hour] = 0.0


class _Reader:
    """Handles the elements of edge data, millions of them."""

    def __init__(self, index: Mapping[str, int], shift: float) -> None:
        self.index, self.shift = index, shift
        self.sums: dict[str, _Sums] = {}
        self.internal_m = self.front_m = 0.0
        self.unknown: dict[str, float] = {}
        self.at = -1  # place of the edge whose lanes follow; -1: none of ours
        self.edge = ""
        self.own: _Sums | None = None
        self.parts: list[tuple[int, float]] = []  # hour, share of the interval in it
        self.targets: list[tuple[NDArray, NDArray, NDArray, float]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "edge":
            self.edge = attributes["id"]
            self.at = self.index.get(self.edge, -1)
            if len(attributes) > 1:
                self.take(attributes)
        elif name == "lane":
            self.take(attributes)
        elif name == "interval":
            self.begin(attributes)

    def take(self, attributes: dict[str, str]) -> None:
        if "CO2_abs" in attributes and "speed" not in attributes:
            msg = (
                'emissions of edges (type="emissions"), without their traffic. Let SUMO write '
                "<edgeData> without a type: transmod computes emissions itself"
            )
            raise ValueError(msg)
        seconds = float(attributes.get("sampledSeconds", 0.0))
        if seconds:
            metres = seconds * float(attributes["speed"])
            self.front_m += float(attributes.get("distance", metres))
        else:
            metres = 0.0
        at = self.at
        if at < 0:
            if self.edge.startswith(":"):
                self.internal_m += metres
            else:
                self.unknown[self.edge] = self.unknown.get(self.edge, 0.0) + metres
            return
        for distance, time, met, share in self.targets:
            distance[at] += metres * share
            time[at] += seconds * share
            met[at] = True

    def begin(self, attributes: dict[str, str]) -> None:
        begin = float(attributes["begin"]) + self.shift
        end = float(attributes["end"]) + self.shift
        if not 0.0 <= begin < end < _LONGEST_H * _HOUR:
            msg = f"an interval from {attributes['begin']} to {attributes['end']} s"
            raise ValueError(msg)
        own = self.sums.setdefault(attributes.get("id", ""), _Sums(len(self.index)))
        if any(begin < b and end > a for a, b in own.intervals):
            msg = f"intervals that overlap, at {attributes['begin']} s of {attributes.get('id')!r}"
            raise ValueError(msg)
        own.intervals.append((begin, end))
        self.targets = []
        for hour in range(math.floor(begin / _HOUR), math.ceil(end / _HOUR)):
            inside = min(end, (hour + 1) * _HOUR) - max(begin, hour * _HOUR)
            own.open(hour)
            own.covered[hour] += inside / _HOUR
            share = inside / (end - begin)
            self.targets.append((own.distance[hour], own.seconds[hour], own.met[hour], share))


def read_edge_data(paths: Sequence[Path], index: Mapping[str, int], begin_hour: int) -> EdgeData:
    """
    Read edge or lane data.

    Parameters
    ----------
    paths : sequence of Path
        Files with `<meandata>`.
    index : mapping
        Edge -> its position among the places.
    begin_hour : int
        Hour of the day at second 0.

    Raises
    ------
    InputError
        If a file is broken, an interval has no sense or overlaps another of its id.

    Notes
    -----
    An edge that stands in some hour has 0 in the others: edge data leave out what nobody used.
    Memory is that of edges x hours x classes, whatever the size of the files.
    """
    if not 0 <= begin_hour < _DAY:
        raise InputError(f"--begin-hour must be 0 to 23: {begin_hour} found.")
    reader = _Reader(index, begin_hour * _HOUR)
    for path in paths:
        walk_xml(path, "edge data of SUMO", reader.start)
    if not reader.sums:
        raise InputError(f"{', '.join(p.name for p in paths)} must have an interval: none found.")
    last = max(hour for sums in reader.sums.values() for hour in sums.distance)
    hours = _length(last + 1)
    covered = np.zeros(hours)
    totals, seen, given, filled = {}, {}, 0, 0
    for name in sorted(reader.sums):
        sums = reader.sums[name]
        distance = np.full((hours, len(index)), np.nan)
        seconds = np.full((hours, len(index)), np.nan)
        for hour in sums.distance:
            distance[hour], seconds[hour] = sums.distance[hour], sums.seconds[hour]
            covered[hour] = max(covered[hour], min(1.0, sums.covered[hour]))
        seen[name] = np.logical_or.reduce(list(sums.met.values()))
        totals[name] = {"distance": distance, "seconds": seconds}
        met = sum(int(hour_met.sum()) for hour_met in sums.met.values())
        given += met
        filled += int(seen[name].sum()) * len(sums.met) - met
    return EdgeData(
        totals=totals,
        seen=seen,
        covered=covered,
        hours=hours,
        given=given,
        filled=filled,
        internal_m=reader.internal_m,
        front_m=reader.front_m,
        unknown=reader.unknown,
    )


def _length(hours: int) -> int:
    """Return the length of the series: whole days."""
    return -(-hours // _DAY) * _DAY
