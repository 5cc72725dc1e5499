"""
Activity: vehicle-kilometres by area, situation, gradient and speed; the one pass over the links.

What lies outside the boundary is counted, not driven through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.inputs.network import Network
from transmod.inputs.speeds import MeasuredSpeeds
from transmod.inputs.volumes import VolumeBlock, Volumes
from transmod.kernels.hours import clock
from transmod.kernels.links import drive
from transmod.kernels.speed import LANES
from transmod.model.rows import Rows, Situation
from transmod.schema import MAX_NODE_SPEED_KMH, N_SPEED_NODES, ROAD_TYPES
from transmod.traffic.calendar import HOURS_PER_DAY, Calendar
from transmod.traffic.speeds import SpeedRule, travel_speeds

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Rows of one area that a thread takes at once: this part of a chunk. Both are fixed, so that no bit
# depends on the threads. Arrays below 32 MiB get the memory of the last chunk again: new pages
# from the system took longer than the pass.
BLOCKS = 12
CHUNK_BYTES = 24 * 2**20


@dataclass(frozen=True, eq=False)
class Activity:
    """
    Result of the link pass.

    Attributes
    ----------
    streams : tuple of (vehicle_class, trip_kind)
        The C streams.
    gradients : float64 (G,)
        Gradient nodes.
    spectrum : float64 (A, G, S * R, K, C)
        Vehicle-kilometres in the period; A areas, S seasons x R road types, K speed nodes
        [veh km].
    clock : float64 (Z, R, K, C)
        The same city-wide by slot of the clock, day type x hour [veh km].
    vehicles : float64 (L, C)
        Vehicles on each link in the period [veh].
    vkm : float64 (N, C)
        Of each row [veh km]; empty where link results are not asked for.
    total : float64 (N, Q)
        Of each row: vehicle-kilometres times factor.
    n_too_fast : int
        Link-hours above the last speed node, held there.
    """

    streams: tuple[tuple[str, str], ...]
    gradients: Floats
    spectrum: Floats
    clock: Floats
    vehicles: Floats
    vkm: Floats
    total: Floats
    n_too_fast: int

    def each_stream(self) -> Iterator[Floats]:
        """Yield the vehicle-kilometres (A, G, S * R, K) of each stream, in one piece."""
        for stream in range(len(self.streams)):
            yield np.ascontiguousarray(self.spectrum[..., stream])


@dataclass(frozen=True, eq=False)
class _Tour:
    """What stays the same over the pass: N rows, T hours, C streams padded to whole lanes."""

    length: Floats
    kind: NDArray[np.int8]
    node: Integers
    lift: Floats
    fleet: Integers
    area: Integers
    weight: Floats
    road_type: NDArray[np.int8]
    limit: Floats
    lanes: Floats
    series: Floats

    @property
    def n_streams(self) -> int:
        """Number of streams with the padding."""
        return self.limit.size


@dataclass(frozen=True, eq=False)
class _Chunk:
    """Rows that are worked on together, sorted by area: positions, volumes and speeds."""

    rows: Integers
    average: Floats
    series: Floats
    speed: Floats


def measure(  # noqa: PLR0913  a pass needs what a city is
    network: Network,
    rows: Rows,
    volumes: Volumes,
    calendar: Calendar,
    shapes: Floats | None,
    situation: Situation,
    rule: SpeedRule,
    *,
    measured: MeasuredSpeeds | None = None,
    factor: Floats | None = None,
    fleet: Integers | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Activity:
    """
    Drive every link and hour once.

    Parameters
    ----------
    network, rows, volumes, calendar
        L links, N rows, C streams, T slots.
    shapes : float64 (C, T) or None
        Multiplier of the average hour, for daily volumes.
    situation, rule
        Of the L links.
    measured : MeasuredSpeeds, optional
        Where the rule takes them.
    factor : float64 (M, G, R, K, C, Q), optional
        Fleet-weighted factors; without them `vkm` and `total` stay empty.
    fleet : int64 (A,), optional
        Row of `factor` that holds in each area. Default: areas are the districts, and all have
        the first.
    progress : callable, optional
        Told rows done and rows in all.

    Returns
    -------
    Activity
        Sums are added in a fixed order: the number of threads changes no bit.

    Raises
    ------
    InputError
        If a volume or a speed is missing or negative.
    """
    first, order, slots = _clock_slots(calendar, shapes)
    tour = _prepare(network, rows, volumes, calendar, order, shapes, situation, rule, fleet)
    n_roads, n_nodes, n_streams = situation.n_types, N_SPEED_NODES, tour.n_streams
    n_areas = len(network.districts) + 1 if fleet is None else fleet.size
    by_area = np.zeros((n_areas, situation.gradients.size, n_roads, n_nodes, n_streams))
    by_block = np.zeros((BLOCKS, *by_area.shape[1:]))
    by_clock = np.zeros((first.size - 1, len(ROAD_TYPES), n_nodes, n_streams))
    clock_types = tour.road_type % len(ROAD_TYPES)  # the clock tells no seasons apart
    if factor is None:
        factor = np.zeros((0, *by_area.shape[1:], 0))
    factor = _pad(factor, 4, n_streams)
    n_linked = rows.link.size if factor.size else 0
    vkm, total = np.zeros((n_linked, n_streams)), np.zeros((n_linked, factor.shape[-1]))
    vehicles = np.zeros((len(network.links), len(volumes.streams)))
    n_too_fast = done = 0
    rule = rule.in_order(order)
    read = None if measured is None else measured.reader()
    for block in volumes.blocks(beside=0 if measured is None else measured.bytes_of_link()):
        speeds = None if read is None else read(block.first, block.last)
        vehicles[block.first : block.last] = _count_vehicles(block, shapes, calendar, network)
        for chunk in _cut_chunks(block, speeds, rows, order, rule, tour):
            n_too_fast += _count_too_fast(network, rows, rule, chunk)
            sums = _drive_chunk(tour, chunk, factor, by_block, by_area)
            if factor.size:
                vkm[chunk.rows], total[chunk.rows] = sums
            clock(
                first, tour.length[chunk.rows], tour.kind[chunk.rows], chunk.average,
                tour.lanes, chunk.series, tour.weight, chunk.speed, clock_types, tour.limit,
                by_clock,
            )  # fmt: skip
            done += chunk.rows.size
            if progress is not None:
                progress(done, rows.link.size)
    own = slice(len(volumes.streams))
    return Activity(
        streams=volumes.streams,
        gradients=situation.gradients,
        spectrum=by_area[..., own],
        clock=by_clock[slots][..., own],
        vehicles=vehicles,
        vkm=vkm[..., own],
        total=total,
        n_too_fast=n_too_fast,
    )


def _prepare(  # noqa: PLR0913, PLR0917  a tour needs what a city is
    network: Network,
    rows: Rows,
    volumes: Volumes,
    calendar: Calendar,
    order: Integers,
    shapes: Floats | None,
    situation: Situation,
    rule: SpeedRule,
    fleet: Integers | None,
) -> _Tour:
    n_streams = len(volumes.streams)
    n_lanes = -(-n_streams // LANES) * LANES
    limit = np.full(n_lanes, MAX_NODE_SPEED_KMH)
    limit[:n_streams] = np.minimum(rule.limit_in_pass, MAX_NODE_SPEED_KMH)
    length_km = network.links["length_m"].to_numpy(np.float64) / 1e3
    series, lanes = np.zeros((1, 0, 0)), np.zeros((0, n_lanes))
    weight = calendar.weight[order]
    if shapes is not None:
        series = _pad(shapes[np.newaxis, :, order], 1, n_lanes)
        lanes = np.ascontiguousarray((series[0] * weight).T)
    return _Tour(
        length=length_km[rows.link] * rows.fraction,
        kind=situation.kind[rows.link],
        node=situation.node[rows.link],
        lift=situation.lift[rows.link],
        fleet=np.zeros(rows.link.size, np.int64) if fleet is None else fleet[rows.area],
        area=rows.area,
        weight=weight,
        road_type=np.ascontiguousarray(situation.road_type[:, order]),
        limit=limit,
        lanes=lanes,
        series=series,
    )


def _count_vehicles(
    block: VolumeBlock, shapes: Floats | None, calendar: Calendar, network: Network
) -> Floats:
    """Return the vehicles of the period on each link, (B, C); refuse what is no number."""
    if block.volume is not None:
        vehicles = np.einsum("bct,t->bc", block.volume, calendar.weight)
    else:
        assert block.average is not None
        assert shapes is not None
        vehicles = block.average * (shapes * calendar.weight).sum(axis=1)
    wrong = ~(np.isfinite(vehicles) & (vehicles >= 0.0)).all(axis=1)
    if wrong.any():
        first = network.links["link_id"].iloc[block.first + wrong.argmax()]
        raise InputError(
            f"Volume of a link must be a number >= 0 [veh]: that of {wrong.sum():,} of "
            f"{wrong.size:,} links is not, first on link_id {first}. Look at the volumes of it."
        )
    return vehicles


def _cut_chunks(
    block: VolumeBlock,
    speeds: NDArray[np.float32] | None,
    rows: Rows,
    order: Integers,
    rule: SpeedRule,
    tour: _Tour,
) -> Iterator[_Chunk]:
    """Yield the rows of a block of links, sorted by area, in chunks of bounded size."""
    begin, end = np.searchsorted(rows.link, (block.first, block.last))
    mine = np.arange(begin, end)
    mine = mine[np.argsort(rows.area[mine], kind="stable")]
    lists = [values for values in (block.volume, block.speed) if values is not None]
    bytes_of_hour = 8 * sum(values.shape[1] for values in lists) or 8
    if rule.measured is not None and rule.measured.by_class:
        bytes_of_hour += 8 * len(rule.limit)
    size = max(1, CHUNK_BYTES // (bytes_of_hour * order.size))
    for start in range(0, mine.size, size):
        chosen = mine[start : start + size]
        link = rows.link[chosen]
        at = link - block.first
        given: NDArray[np.floating] | None = None if speeds is None else speeds[at]
        if block.volume is None:
            assert block.average is not None
            average = _pad(block.average[at], 1, tour.n_streams)
            series = tour.series
        else:
            average = _pad(block.given[at].astype(np.float64), 1, tour.n_streams)
            series = _sort_hours(block.volume[at], order)
            if block.speed is not None and rule.source == "given":
                given = _sort_hours(block.speed[at], order)
        speed = travel_speeds(rule, link, average, series, given)
        yield _Chunk(chosen, average, series, speed)


def _sort_hours(values: NDArray[np.float32], order: Integers) -> Floats:
    """
    Return values (N, C, T) with their hours in the order of the clock.

    In float64 as everything else: for another type each kernel would be compiled once more.
    """
    if (np.diff(order) > 0).all():
        return values.astype(np.float64)
    return np.take(values, order, axis=2).astype(np.float64)


def _count_too_fast(network: Network, rows: Rows, rule: SpeedRule, chunk: _Chunk) -> int:
    """Return the speeds above the last node; refuse those that no node stands for."""
    speed = chunk.speed
    if rule.source not in ("given", "measured") and rule.free.max() <= MAX_NODE_SPEED_KMH:
        return 0  # no speed is above the undelayed one
    average = chunk.average[:, : speed.shape[1]]
    if speed.shape[1] == 1:  # of all streams
        average = chunk.average.max(axis=1, keepdims=True)
    is_driven = average > 0.0
    wrong = ~(speed.min(axis=2) >= 0.0) & is_driven  # written so that NaN is caught
    if wrong.any():
        first, stream = np.argwhere(wrong)[0]
        own = speed[first, stream]
        link_id = network.links["link_id"].iloc[rows.link[chunk.rows[first]]]
        raise InputError(
            f"Speed of a link must be a number >= 0 [km/h]: that of {wrong.sum():,} of "
            f"{is_driven.sum():,} streams is not, first on link_id {link_id} "
            f"({own[~(own >= 0.0)][0]}). Look at the speeds of this link."
        )
    fast = speed.max(axis=2) > MAX_NODE_SPEED_KMH
    return int((speed[fast & is_driven] > MAX_NODE_SPEED_KMH).sum())


def _drive_chunk(
    tour: _Tour, chunk: _Chunk, factor: Floats, by_block: Floats, by_area: Floats
) -> tuple[Floats, Floats]:
    """Add the rows of a chunk to the spectrum of their areas, and return their sums."""
    rows = chunk.rows
    area = tour.area[rows]
    starts = np.flatnonzero(np.diff(area, prepend=-1))
    stops = np.append(starts[1:], area.size)
    n_rows = -(-area.size // BLOCKS)
    edges = np.concatenate(
        [np.arange(a, b, n_rows) for a, b in zip(starts, stops, strict=True)] + [[area.size]]
    ).astype(np.int64)
    vkm, total = np.empty((rows.size, tour.n_streams)), np.empty((rows.size, factor.shape[-1]))
    for b in range(0, edges.size - 1, BLOCKS):
        bounds = edges[b : b + BLOCKS + 1]
        drive(
            bounds, tour.length[rows], tour.kind[rows], tour.node[rows], tour.lift[rows],
            tour.fleet[rows], chunk.average, tour.lanes, chunk.series, tour.weight, chunk.speed,
            tour.road_type, tour.limit, factor, by_block, vkm, total,
        )  # fmt: skip
        for own, a in zip(by_block, area[bounds[:-1]], strict=False):
            by_area[a] += own
            own[:] = 0.0
    return vkm, total


def _clock_slots(calendar: Calendar, shapes: Floats | None) -> tuple[Integers, Integers, Integers]:
    """
    Put the hours of each slot of the clock, day type and hour, together.

    Where all links share their `shapes` (C, T), slots and the hours in them go from quiet to busy:
    speeds then change little from hour to hour, and the pass runs twice as fast.

    Returns
    -------
    first : int64 (Z + 1,)
        Where the hours of each slot begin, and the end.
    order : int64 (T,)
        Hours in that order.
    place : int64 (Z,)
        Where each slot of the clock stands in it.
    """
    slot = calendar.day_type * HOURS_PER_DAY + calendar.hour
    n_slots = len(calendar.day_types) * HOURS_PER_DAY
    n_hours = np.bincount(slot, minlength=n_slots)
    busy = np.zeros(slot.size) if shapes is None else shapes.sum(axis=0)
    of_slot = np.bincount(slot, busy, n_slots) / np.maximum(n_hours, 1)
    slots = np.argsort(of_slot, kind="stable")
    place = np.argsort(slots, kind="stable")
    order = np.lexsort((busy, place[slot]))
    return np.append(0, np.cumsum(n_hours[slots])), order, place


def _pad(values: Floats, axis: int, size: int) -> Floats:
    """Return contiguous `values` with zeros behind, up to `size` along `axis`."""
    width = [(0, 0)] * values.ndim
    width[axis] = (0, size - values.shape[axis])
    return np.ascontiguousarray(np.pad(values, width))
