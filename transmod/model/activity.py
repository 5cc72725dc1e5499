"""
Activity: vehicle-kilometres by area, situation, gradient and speed; the one pass over the links.

What lies outside the boundary is counted, not driven through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.inputs.network import Network
from transmod.inputs.volumes import VolumeBlock, Volumes
from transmod.kernels.hours import clock
from transmod.kernels.links import link_sums
from transmod.kernels.spectrum import spectrum
from transmod.kernels.speed import LANES
from transmod.model.rows import Rows, Situation
from transmod.schema import MAX_NODE_SPEED_KMH, N_SPEED_NODES, ROAD_TYPES
from transmod.traffic.calendar import HOURS_PER_DAY, Calendar
from transmod.traffic.speeds import SpeedRule, travel_speeds

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BLOCK_LINK_HOURS = 2**20  # of one area, that a thread takes at once
MOST_BLOCKS = 32  # at once; a fixed number, so that no bit depends on the threads
BATCH_BYTES = 256 * 2**20
CHUNK_BYTES = 64 * 2**20


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


@dataclass(frozen=True, eq=False)
class _Drive:
    """What stays the same over the pass: N rows, T hours, C streams padded to whole lanes."""

    length: Floats
    kind: NDArray[np.int8]
    node: Integers
    lift: Floats
    area: Integers
    weight: Floats
    road_type: NDArray[np.int8]
    limit: Floats

    @property
    def n_streams(self) -> int:
        """Number of streams with the padding."""
        return self.limit.size


@dataclass(frozen=True, eq=False)
class _Chunk:
    """Rows that are worked on together, sorted by area: positions, volumes and speeds."""

    rows: Integers
    average: Floats
    shape: Floats
    speed: Floats

    def part(self, start: int, stop: int) -> _Chunk:
        """Return some of the rows."""
        own = slice(start, stop)
        shape = self.shape if self.shape.shape[0] == 1 else self.shape[own]
        return _Chunk(self.rows[own], self.average[own], shape, self.speed[own])


def measure(  # noqa: PLR0913  a pass needs what a city is
    network: Network,
    rows: Rows,
    volumes: Volumes,
    calendar: Calendar,
    shapes: Floats | None,
    situation: Situation,
    rule: SpeedRule,
    *,
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
    factor : float64 (M, G, R, K, C, Q), optional
        Fleet-weighted factors; without them `vkm` and `total` stay empty.
    fleet : int64 (A,), optional
        Row of `factor` that holds in each area.
    progress : callable, optional
        Told rows done and rows in all.

    Returns
    -------
    Activity
        Sums are added in a fixed order: the number of threads changes no bit.

    Raises
    ------
    InputError
        If a speed is missing or negative.
    """
    first, order = _clock_slots(calendar)
    drive = _prepare(network, rows, volumes, calendar, order, situation, rule)
    by_area = np.zeros(
        (
            len(network.districts) + 1,
            situation.gradients.size,
            situation.n_types,
            N_SPEED_NODES,
            drive.n_streams,
        )
    )
    by_clock = np.zeros((first.size - 1, len(ROAD_TYPES), N_SPEED_NODES, drive.n_streams))
    clock_types = drive.road_type % len(ROAD_TYPES)  # the clock tells no seasons apart
    if shapes is not None:
        shapes = shapes[:, order]
    n_linked = rows.link.size if factor is not None else 0
    vkm = np.zeros((n_linked, drive.n_streams))
    total = np.zeros((n_linked, 0 if factor is None else factor.shape[-1]))
    vehicles = np.zeros((len(network.links), len(volumes.streams)))
    if factor is not None:
        factor = _pad(factor, 4, drive.n_streams)
    n_too_fast = done = 0
    for block in volumes.blocks():
        block = _sort_hours(block, order)  # noqa: PLW2901  in the order of the clock from here on
        vehicles[block.first : block.last] = _count_vehicles(block, shapes, drive.weight)
        for chunk in _cut_chunks(block, rows, shapes, rule, drive):
            n_too_fast += _count_too_fast(network, rows, chunk)
            _add_spectrum(drive, chunk, by_area)
            clock(
                first, drive.length[chunk.rows], drive.kind[chunk.rows], chunk.average,
                chunk.shape, drive.weight, chunk.speed, clock_types, drive.limit, by_clock,
            )  # fmt: skip
            if factor is not None and fleet is not None:
                _fill_links(drive, chunk, fleet, factor, vkm, total)
            done += chunk.rows.size
            if progress is not None:
                progress(done, rows.link.size)
    own = slice(len(volumes.streams))
    return Activity(
        streams=volumes.streams,
        gradients=situation.gradients,
        spectrum=by_area[..., own],
        clock=by_clock[..., own],
        vehicles=vehicles,
        vkm=vkm[..., own],
        total=total,
        n_too_fast=n_too_fast,
    )


def _prepare(
    network: Network,
    rows: Rows,
    volumes: Volumes,
    calendar: Calendar,
    order: Integers,
    situation: Situation,
    rule: SpeedRule,
) -> _Drive:
    n_streams = len(volumes.streams)
    limit = np.full(-(-n_streams // LANES) * LANES, MAX_NODE_SPEED_KMH)
    limit[:n_streams] = np.minimum(rule.limit, MAX_NODE_SPEED_KMH)
    length_km = network.links["length_m"].to_numpy(np.float64) / 1e3
    return _Drive(
        length=length_km[rows.link] * rows.fraction,
        kind=situation.kind[rows.link],
        node=situation.node[rows.link],
        lift=situation.lift[rows.link],
        area=rows.area,
        weight=calendar.weight[order],
        road_type=np.ascontiguousarray(situation.road_type[:, order]),
        limit=limit,
    )


def _sort_hours(block: VolumeBlock, order: Integers) -> VolumeBlock:
    """Return a block with its hours in the order of the clock."""
    if block.volume is None or np.array_equal(order, np.arange(order.size)):
        return block
    speed = None if block.speed is None else block.speed[:, :, order]
    return replace(block, volume=block.volume[:, :, order], speed=speed)


def _count_vehicles(block: VolumeBlock, shapes: Floats | None, weight: Floats) -> Floats:
    """Return the vehicles of the period on each link, (B, C)."""
    if block.volume is not None:
        return block.volume.astype(np.float64) @ weight
    assert block.average is not None
    assert shapes is not None
    return block.average * (shapes * weight).sum(axis=1)


def _cut_chunks(
    block: VolumeBlock, rows: Rows, shapes: Floats | None, rule: SpeedRule, drive: _Drive
) -> Iterator[_Chunk]:
    """Yield the rows of a block of links, sorted by area, in chunks of bounded size."""
    begin, end = np.searchsorted(rows.link, (block.first, block.last))
    mine = np.arange(begin, end)
    mine = mine[np.argsort(rows.area[mine], kind="stable")]
    n_hours, n_streams = drive.weight.size, drive.n_streams
    wide = block.volume is not None
    size = max(1, CHUNK_BYTES // (8 * n_hours * (2 * n_streams if wide else 1)))
    for start in range(0, mine.size, size):
        chosen = mine[start : start + size]
        link = rows.link[chosen]
        at = link - block.first
        given = None
        if block.volume is not None:
            average = _pad(block.given[at].astype(np.float64), 1, n_streams)
            series = np.moveaxis(block.volume[at], 1, 2).astype(np.float64)
            shape = _pad(series, 2, n_streams)
            if block.speed is not None:
                known = np.where(block.given[at][:, :, None], block.speed[at], 0.0)
                given = _pad(known.astype(np.float64), 1, n_streams)
        else:
            assert block.average is not None
            assert shapes is not None
            average = _pad(block.average[at], 1, n_streams)
            shape = _pad(shapes.T[None], 2, n_streams)
        yield _Chunk(chosen, average, shape, travel_speeds(rule, link, average, shape, given))


def _count_too_fast(network: Network, rows: Rows, chunk: _Chunk) -> int:
    """Return the speeds above the last node; refuse those that no node stands for."""
    speed = chunk.speed
    if not speed.min() >= 0.0:  # written so that NaN is caught
        wrong = ~(speed >= 0.0)
        first = rows.link[chunk.rows[wrong.any(axis=(1, 2)).argmax()]]
        raise InputError(
            f"Speed of a link must be a number >= 0 [km/h]: {wrong.sum():,} of {speed.size:,} are "
            f"not, first on link_id {network.links['link_id'].iloc[first]} "
            f"({speed[wrong][0]}). Look at the volumes, capacities and speeds of this link."
        )
    if speed.max() <= MAX_NODE_SPEED_KMH:
        return 0
    return int((speed > MAX_NODE_SPEED_KMH).sum())


def _add_spectrum(drive: _Drive, chunk: _Chunk, by_area: Floats) -> None:
    """Add the rows of a chunk to the spectrum of their areas, block after block."""
    area = drive.area[chunk.rows]
    starts = np.flatnonzero(np.diff(area, prepend=-1))
    stops = np.append(starts[1:], area.size)
    n_rows = max(1, BLOCK_LINK_HOURS // drive.weight.size)
    edges = np.concatenate(
        [np.arange(a, b, n_rows) for a, b in zip(starts, stops, strict=True)] + [[area.size]]
    ).astype(np.int64)
    at_once = int(np.clip(BATCH_BYTES // by_area[0].nbytes, 1, MOST_BLOCKS))
    for b in range(0, edges.size - 1, at_once):
        bounds = edges[b : b + at_once + 1]
        part = chunk.part(bounds[0], bounds[-1])
        out = np.zeros((bounds.size - 1, *by_area.shape[1:]))
        spectrum(
            bounds - bounds[0], drive.length[part.rows], drive.kind[part.rows],
            drive.node[part.rows], drive.lift[part.rows], part.average, part.shape,
            drive.weight, part.speed, drive.road_type, drive.limit, out,
        )  # fmt: skip
        for own, a in zip(out, area[bounds[:-1]], strict=True):
            by_area[a] += own


def _fill_links(
    drive: _Drive, chunk: _Chunk, fleet: Integers, factor: Floats, vkm: Floats, total: Floats
) -> None:
    """Fill the sums of the rows of a chunk."""
    rows = chunk.rows
    own_vkm = np.empty((rows.size, drive.n_streams))
    own_total = np.empty((rows.size, factor.shape[-1]))
    link_sums(
        drive.length[rows], drive.kind[rows], drive.node[rows], drive.lift[rows],
        fleet[drive.area[rows]], chunk.average, chunk.shape, drive.weight, chunk.speed,
        drive.road_type, drive.limit, factor, own_vkm, own_total,
    )  # fmt: skip
    vkm[rows], total[rows] = own_vkm, own_total


def _clock_slots(calendar: Calendar) -> tuple[Integers, Integers]:
    """Return where the hours of each day type and hour begin in the order returned with it."""
    slot = calendar.day_type * HOURS_PER_DAY + calendar.hour
    n_slots = len(calendar.day_types) * HOURS_PER_DAY
    order = np.argsort(slot, kind="stable")
    return np.append(0, np.cumsum(np.bincount(slot, minlength=n_slots))), order


def _pad(values: Floats, axis: int, size: int) -> Floats:
    """Return contiguous `values` with zeros behind, up to `size` along `axis`."""
    width = [(0, 0)] * values.ndim
    width[axis] = (0, size - values.shape[axis])
    return np.ascontiguousarray(np.pad(values, width))
