"""
Match lines of one network onto the links of another: the likeliest connected path of each line.

A line is sampled; of each sample the links nearby are candidates; the path of least cost through
them is taken (Newson and Krumm 2009 call it a hidden Markov model). It is done twice: the paths of
the first time say which node of the network each node of the model is, and the second time the
paths begin and end there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from transmod.kernels import match as kernel
from transmod.traffic.matching_nodes import find_held_nodes
from transmod.traffic.network_graph import Graph

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

FIRST_SPREAD_M = 15.0
SPREADS_M = (10.0, 40.0)  # between these it is measured
# wider than the noise is, since roads are drawn coarsely here and there
SPREAD_PER_DEVIATION = 1.5
_MEDIAN_OF_NORMAL = 0.6745  # of the absolute value, in standard deviations
REACH_SPREADS = 5.0
ABOUT_RIGHT = 0.2  # logarithm of a ratio: within it the first spread will do

# a line is matched if
MOST_COST = 1.5  # its samples cost no more than this on average: half of a sample on no link
LEAST_SHARE = 0.5  # at least so much of it lies on one connected path
LEAST_SHARE_WITH_HOLES = 0.95  # or on several
# and it begins and ends at the nodes where its neighbours do

N_BLOCKS = 256  # lines are shared out in so many blocks, whatever the number of threads


@dataclass(frozen=True)
class MatchRule:
    """
    What makes a match likely.

    Attributes
    ----------
    spread_m : float, optional
        Standard deviation of the distance between a line and its link [m]; None: is measured.
    turn_cost : float
        Cost of a link that runs across the line; one against it costs twice as much.
    off_spreads : float
        A place farther off than so many `spread_m` counts as no match.
    switch_cost : float
        Cost of leaving the network, or of coming back to it.
    way_m : float
        Difference between the way on the network and along the line that costs 1 [m].
    back_m : float
        Most that a path may run backward between two samples [m].
    turn_back_cost : float
        Cost of a turn on the spot.
    spacing_m : float
        Distance of samples [m].
    chord_m : float
        The direction at a sample is that of the chord from so much before to so much after [m].
    """

    spread_m: float | None = None
    turn_cost: float = 7.0
    off_spreads: float = 2.5
    switch_cost: float = 4.0
    way_m: float = 10.0
    back_m: float = 15.0
    turn_back_cost: float = 4.0
    spacing_m: float = 25.0
    chord_m: float = 20.0

    @property
    def spread(self) -> float:
        """`spread_m`, or what it is before it is measured [m]."""
        return self.spread_m or FIRST_SPREAD_M

    @property
    def reach_m(self) -> float:
        """Links farther from a line or point than this are not looked at [m]."""
        return REACH_SPREADS * self.spread

    @property
    def off_cost(self) -> float:
        """Cost of a sample on no link."""
        return 0.5 * self.off_spreads**2

    def to_array(self) -> Floats:
        """Return what the kernel wants, in its order."""
        given = {"spread_m": self.spread}
        values = [given.get(name) or getattr(self, name) for name in kernel.RULE]
        return np.array(values, np.float64)


@dataclass(frozen=True, eq=False)
class Samples:
    """
    Points along P lines, S in all.

    Attributes
    ----------
    start : int64 (P+1,)
        First sample of each line.
    xy, heading : float64 (S, 2)
        Place [m] and direction, of length 1.
    turn : float64 (S,)
        Cost of a link across that direction.
    position : float64 (S,)
        Position along the line [m].
    weight : float64 (S,)
        How much it counts: its part of the line over the spacing.
    """

    start: Whole
    xy: Floats
    heading: Floats
    turn: Floats
    position: Floats
    weight: Floats


@dataclass(frozen=True, eq=False)
class Near:
    """
    The links near each of P lines, as Q pairs.

    Attributes
    ----------
    start : int64 (P+1,)
        First pair of each line.
    link : int64 (Q,)
        Position of the link, increasing within a line.
    cost : float64 (Q,)
        Cost of the pair besides distance and direction.
    """

    start: Whole
    link: Whole
    cost: Floats


@dataclass(frozen=True, eq=False)
class Chosen:
    """The place of each of S samples: see `kernels.match`."""

    link: Whole
    offset: Floats
    cost: Floats
    distance: Floats


@dataclass(frozen=True, eq=False)
class Paths:
    """
    The paths of P lines.

    Attributes
    ----------
    rows : DataFrame
        `line`, `link` (positions), `from_m`, `to_m` on the link [m], `stretch`: number of the
        connected stretch within the line; in driving order.
    stretches : DataFrame
        `line`, `stretch`, `line_m`: part of the line that the stretch stands for [m].
    chosen : Chosen
        The place of each sample.
    samples : Samples
        The samples.
    held : int64 (P, 2) or None
        Nodes at which paths had to begin and end; -1: anywhere.
    rule : MatchRule
        With `spread_m` as it was used.
    """

    rows: pd.DataFrame
    stretches: pd.DataFrame
    chosen: Chosen
    samples: Samples
    held: Whole | None
    rule: MatchRule


def sample_lines(lines: NDArray[Any], rule: MatchRule) -> Samples:
    """Sample lines (P,) of some length, in metres; both ends are samples."""
    ruler = _Ruler.along(lines)
    length = ruler.length
    count = np.maximum(np.ceil(length / rule.spacing_m).astype(np.int64) + 1, 3)
    start = np.concatenate(([0], np.cumsum(count)))
    line = np.repeat(np.arange(len(lines)), count)
    step = np.arange(start[-1]) - start[line]
    long = length[line]
    at = long * step / (count[line] - 1)
    chord = ruler.at(line, np.minimum(at + rule.chord_m, long))
    chord -= ruler.at(line, np.maximum(at - rule.chord_m, 0.0))
    flat = np.hypot(*chord.T) < 1.0  # out and back: ask nearer by
    if flat.any():
        near = np.minimum(1.0, long[flat] / 2.0)
        chord[flat] = ruler.at(line[flat], np.minimum(at[flat] + near, long[flat]))
        chord[flat] -= ruler.at(line[flat], np.maximum(at[flat] - near, 0.0))
    size = np.hypot(*chord.T)
    heading = chord / np.where(size > 0.0, size, 1.0)[:, np.newaxis]
    # where the chord is short, noise of its ends turns it
    turn = rule.turn_cost * np.minimum(1.0, (size / (2.0 * rule.chord_m)) ** 2)
    weight = long / (count[line] - 1) / rule.spacing_m
    return Samples(start, ruler.at(line, at), heading, turn, at, weight)


def match_lines(
    lines: NDArray[Any], nodes: Whole, near: Callable[[float], Near], graph: Graph, rule: MatchRule
) -> Paths:
    """
    Find the path of each line.

    Parameters
    ----------
    lines : (P,) of LineString
        In driving direction, of some length, in the CRS of the graph.
    nodes : int64 (P, 2)
        Numbers of the nodes at which a line begins and ends; lines that share a number meet.
    near : callable
        Gives the links within a distance [m].
    graph : Graph
        The network.
    rule : MatchRule
        What makes a match likely. Without `spread_m` it is measured on the first paths.
    """
    samples = sample_lines(lines, rule)
    start = rule if rule.spread_m else replace(rule, spread_m=FIRST_SPREAD_M)
    pairs = near(start.reach_m)
    free = np.full((len(lines), 2), -1, np.int64)
    first = _choose(samples, pairs, free, graph, start)
    final = start if rule.spread_m else replace(rule, spread_m=measure_spread(first, start))
    if abs(np.log(final.spread / start.spread)) < ABOUT_RIGHT:
        final = start
    if final.reach_m > start.reach_m:
        pairs = near(final.reach_m)
    if final is not start:
        first = _choose(samples, pairs, free, graph, final)
    rows = trace(samples, first, graph, final).rows
    held = find_held_nodes(lines, nodes, rows, graph, final.spread)
    chosen = _choose(samples, pairs, held, graph, final)
    return replace(trace(samples, chosen, graph, final), held=held, rule=final)


def measure_spread(chosen: Chosen, rule: MatchRule) -> float:
    """Return `spread_m` by the median distance of matched samples, within `SPREADS_M`."""
    distance = chosen.distance[chosen.link >= 0]
    if not len(distance):
        return rule.spread
    deviation = float(np.median(distance)) / _MEDIAN_OF_NORMAL
    low, high = SPREADS_M
    return round(min(max(SPREAD_PER_DEVIATION * deviation, low), high), 1)


def judge(paths: Paths) -> pd.DataFrame:
    """
    Sum up how well each of P lines lies on its path.

    Returns
    -------
    DataFrame of P rows
        `share` of the line that lies on links, `cost` the mean cost of its samples, `cost_on` and
        `distance_m` the means over samples on links (NaN: none), `stretches` how many, `is_met`:
        the path begins and ends where its neighbours do, `is_sound`: it is a match.
    """
    samples, chosen = paths.samples, paths.chosen
    n_line = len(samples.start) - 1
    line = np.repeat(np.arange(n_line), np.diff(samples.start))
    on = chosen.link >= 0
    count = np.bincount(line, minlength=n_line)
    count_on = np.bincount(line, on, n_line)
    metres = np.bincount(paths.stretches["line"], paths.stretches["line_m"], n_line)
    mean = {
        name: np.bincount(line[on], values[on], n_line) / np.where(count_on, count_on, np.nan)
        for name, values in (("cost_on", chosen.cost), ("distance_m", chosen.distance))
    }
    held = np.full((n_line, 2), -1) if paths.held is None else paths.held
    ends = np.column_stack((on[samples.start[:-1]], on[samples.start[1:] - 1]))
    judged = pd.DataFrame(
        {
            "share": np.minimum(metres / samples.position[samples.start[1:] - 1], 1.0),
            "cost": np.bincount(line, chosen.cost, n_line) / count,
            **mean,
            "stretches": np.bincount(paths.stretches["line"], minlength=n_line),
            "is_met": (ends | (held < 0)).all(axis=1),
        }
    )
    least = np.where(judged["stretches"] <= 1, LEAST_SHARE, LEAST_SHARE_WITH_HOLES)
    sound = judged["is_met"] & (judged["cost"] <= MOST_COST) & (judged["share"] >= least)
    return judged.assign(is_sound=sound)


def trace(samples: Samples, chosen: Chosen, graph: Graph, rule: MatchRule) -> Paths:
    """Join the places of samples to paths."""
    arguments = (
        samples.start, samples.position, chosen.link, chosen.offset, graph.from_node, graph.to_node,
        graph.length, graph.out_start, graph.out_link, rule.back_m,
    )  # fmt: skip
    size = kernel.trace_paths(*arguments, *_row_arrays(0))
    line, link, begin, end, stretch = arrays = _row_arrays(size)
    kernel.trace_paths(*arguments, *arrays)
    rows = pd.DataFrame(
        {"line": line, "link": link, "from_m": begin, "to_m": end, "stretch": stretch}
    )
    return Paths(rows, _measure_stretches(samples, chosen), chosen, samples, None, rule)


def _row_arrays(size: int) -> tuple[NDArray[Any], ...]:
    whole, real = np.int64, np.float64
    return tuple(np.empty(size, kind) for kind in (whole, whole, real, real, whole))


def _measure_stretches(samples: Samples, chosen: Chosen) -> pd.DataFrame:
    """Say what part of its line a stretch stands for: to the middle of the gap at either side."""
    n_line = len(samples.start) - 1
    line = np.repeat(np.arange(n_line), np.diff(samples.start))
    on = chosen.link >= 0
    middle = (samples.position[1:] + samples.position[:-1]) / 2
    begin, end = samples.position.copy(), samples.position.copy()
    same = line[1:] == line[:-1]
    begin[1:][same] = middle[same]
    end[:-1][same] = middle[same]
    is_first = on.copy()
    is_first[1:] &= ~(on[:-1] & same)
    number = np.cumsum(is_first)[on] - 1
    first = np.flatnonzero(is_first)
    metres = np.bincount(number, (end - begin)[on], len(first))
    of_line = line[first]
    stretch = pd.Series(of_line).groupby(of_line).cumcount().to_numpy(np.int64)
    return pd.DataFrame({"line": of_line, "stretch": stretch, "line_m": metres})


def _choose(samples: Samples, near: Near, held: Whole, graph: Graph, rule: MatchRule) -> Chosen:
    size = len(samples.position)
    chosen = Chosen(np.empty(size, np.int64), np.empty(size), np.empty(size), np.empty(size))
    n_line = len(samples.start) - 1
    # blocks of about the same work
    share = np.linspace(0, samples.start[-1], N_BLOCKS + 1)
    block = np.searchsorted(samples.start, share).astype(np.int64)
    block[0], block[-1] = 0, n_line
    x, y = np.ascontiguousarray(samples.xy.T)
    hx, hy = np.ascontiguousarray(samples.heading.T)
    kernel.match_lines(
        block, samples.start, near.start, near.link, near.cost, held, x, y, hx, hy, samples.turn,
        samples.position, samples.weight, graph.x, graph.y, graph.way, graph.vertex_start,
        graph.from_node, graph.to_node, graph.length, graph.out_start, graph.out_link,
        rule.to_array(),
        *(getattr(chosen, field.name) for field in fields(chosen)),
    )  # fmt: skip
    return chosen


@dataclass(frozen=True, eq=False)
class _Ruler:
    """Lines laid one behind the other, a metre apart, so that one look-up serves all points."""

    xy: Floats  # (V, 2)
    way: Floats  # (V,) position of a vertex on the ruler [m]
    begin: Floats  # (P,) where a line begins on it [m]
    length: Floats  # (P,) [m]

    @classmethod
    def along(cls, lines: NDArray[Any]) -> _Ruler:
        xy, line = shapely.get_coordinates(lines, return_index=True)
        step = np.zeros(len(xy))
        step[1:] = np.where(np.diff(line) == 0, np.hypot(*np.diff(xy, axis=0).T), 1.0)
        way = np.cumsum(step)
        first = np.searchsorted(line, np.arange(len(lines)))
        last = np.searchsorted(line, np.arange(len(lines)), side="right") - 1
        return cls(xy, way, way[first], way[last] - way[first])

    def at(self, line: Whole, position: Floats) -> Floats:
        """Return the points (n, 2) at positions along lines [m]."""
        way = self.begin[line] + position
        return np.column_stack([np.interp(way, self.way, self.xy[:, k]) for k in (0, 1)])
