"""
Volumes that measures have changed: given out block by block as those of the file are.

Symbols and shapes: L links, B links of a block, C streams, H hours; H = 1 for daily volumes, whose
one value is the mean hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from transmod.inputs.volume_rows import code_of
from transmod.inputs.volumes import BLOCK_BYTES, VolumeBlock, Volumes

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]
Stream = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Sheet:
    """
    Volumes of a block while they are changed, in place.

    `given` (B, C), `values` (B, C, H) [veh/h], `speed` (B, C, H) or None: as in `VolumeBlock`.
    """

    first: int
    last: int
    given: Bools
    values: Floats
    speed: NDArray[np.float32] | None

    def rows(self, links: Bools) -> Integers:
        """Return the rows of the block that lie in a set of links (L,)."""
        return np.flatnonzero(links[self.first : self.last])

    def find(self, positions: Integers) -> tuple[Integers, Integers]:
        """Return where sorted positions of links lie: among them, and as rows of the block."""
        begin, end = np.searchsorted(positions, (self.first, self.last))
        return np.arange(begin, end), positions[begin:end] - self.first


class Step(Protocol):
    """One change of volumes."""

    def apply(self, sheet: Sheet) -> None:
        """Change the volumes of a block."""


@dataclass(frozen=True, eq=False)
class Scaling:
    """Volumes on `links` (L,) times `factor` (C, H) or (C, 1)."""

    links: Bools
    factor: Floats

    def apply(self, sheet: Sheet) -> None:
        """Change the volumes of a block."""
        sheet.values[sheet.rows(self.links)] *= self.factor


@dataclass(frozen=True, eq=False)
class Transfer:
    """
    Vehicles that leave a stream, and those of others that come in their place.

    `change` (C, C) are vehicles of the first that come for each one of the second that was there,
    negative on the diagonal, in `hours` (H,).
    """

    links: Bools
    change: Floats
    hours: Bools

    def apply(self, sheet: Sheet) -> None:
        """Change the volumes of a block."""
        rows = sheet.rows(self.links)
        before = sheet.values[rows]
        was_given = sheet.given[rows]
        for to, own in enumerate(self.change):
            for of in np.flatnonzero(own):
                sheet.values[rows, to] += own[of] * before[:, of] * self.hours
                new = rows[was_given[:, of] & ~sheet.given[rows, to]]
                sheet.given[new, to] = True
                if sheet.speed is not None:
                    sheet.speed[new, to] = sheet.speed[new, of]


@dataclass(frozen=True, eq=False)
class Retiming:
    """
    A share of the traffic of some hours drives in others of the same day.

    What leaves goes to the other hours as traffic drives in them; evenly, where none does.
    `weight` (C, H) are hours of the period in each, `day` (H,) says which hours are of one day.
    """

    links: Bools
    streams: Bools
    share: float
    leaves: Bools
    enters: Bools
    day: Integers
    weight: Floats

    def apply(self, sheet: Sheet) -> None:
        """Change the volumes of a block."""
        rows = sheet.rows(self.links)
        sheet.values[rows] = self.retime(sheet.values[rows])

    def retime(self, values: Floats) -> Floats:
        """Return values (..., C, H) with their share moved; those of a day keep their sum."""
        out = values.copy()
        chosen = np.flatnonzero(self.streams)
        for day in np.unique(self.day[self.leaves]):
            of_day = self.day == day
            away, to = np.flatnonzero(of_day & self.leaves), np.flatnonzero(of_day & self.enters)
            for c in chosen:
                weight = self.weight[c]
                if not weight[to].any():  # of a day that the period has only a part of
                    continue
                own = values[..., c, :]
                moved = self.share * (own[..., away] * weight[away]).sum(axis=-1, keepdims=True)
                there = (own[..., to] * weight[to]).sum(axis=-1, keepdims=True)
                growth = np.divide(moved, there, out=np.zeros_like(moved), where=there > 0.0)
                even = np.where(there > 0.0, 0.0, moved / weight[to].sum())
                out[..., c, away] = own[..., away] * (1.0 - self.share)
                out[..., c, to] = own[..., to] * (1.0 + growth) + even
        return out


@dataclass(frozen=True, eq=False)
class Replacement:
    """Links at sorted `positions` (n,) get volumes in place of theirs."""

    positions: Integers
    given: Bools
    values: Floats
    speed: NDArray[np.float32] | None

    def apply(self, sheet: Sheet) -> None:
        """Change the volumes of a block."""
        own, rows = sheet.find(self.positions)
        sheet.given[rows] = self.given[own]
        sheet.values[rows] = self.values[own]
        if sheet.speed is not None and self.speed is not None:
            sheet.speed[rows] = self.speed[own]


@dataclass(frozen=True, eq=False)
class Addition:
    """Links at sorted `positions` (n,) get `values` (n, C, H) beside theirs."""

    positions: Integers
    values: Floats

    def apply(self, sheet: Sheet) -> None:
        """Change the volumes of a block."""
        own, rows = sheet.find(self.positions)
        sheet.values[rows] += self.values[own]
        sheet.given[rows] |= (self.values[own] > 0.0).any(axis=2)


@dataclass(frozen=True, eq=False)
class ChangedVolumes(Volumes):
    """
    The volumes of a file with the changes of measures.

    Attributes
    ----------
    base : Volumes
        Those of the file.
    column : int64 (base C,)
        Where each of its streams stands among those of this record.
    shapes : float64 (C, H) or None
        Multipliers of daily volumes that are laid out by hour, where a measure needs it.
    steps : tuple of Step
        Changes, in order.
    """

    base: Volumes
    column: Integers
    shapes: Floats | None
    steps: tuple[Step, ...]

    def blocks(self, max_bytes: int = BLOCK_BYTES, *, beside: int = 0) -> Iterator[VolumeBlock]:
        """Yield the changed volumes as `Volumes.blocks` does; values are float64."""
        for sheet in self.sheets(max_bytes, beside=beside):
            for step in self.steps:
                step.apply(sheet)
            is_daily = self.n_hours is None
            yield VolumeBlock(
                sheet.first,
                sheet.last,
                sheet.given,
                sheet.values[..., 0] if is_daily else None,
                None if is_daily else sheet.values,
                sheet.speed,
            )

    def sheets(self, max_bytes: int = BLOCK_BYTES, *, beside: int = 0) -> Iterator[Sheet]:
        """Yield the blocks of the file, not changed yet, and links that have no volume in it."""
        n_streams, n_hours = len(self.streams), self.n_hours or 1
        beside += n_streams * (1 + n_hours * (16 + 4 * self.has_speed))
        waiting = np.flatnonzero(self.has_volume & ~self.base.has_volume)
        seen = 0
        for block in self.base.blocks(max_bytes, beside=beside):
            yield from self._empty(waiting[(waiting >= seen) & (waiting < block.first)])
            yield self._lay_out(block)
            seen = block.last
        yield from self._empty(waiting[waiting >= seen])

    def _empty(self, positions: Integers) -> Iterator[Sheet]:
        """Yield sheets without volumes for each run of links."""
        edges = np.flatnonzero(np.diff(positions, prepend=-2, append=-2) != 1)
        for begin, end in pairwise(edges):
            shape = (int(end - begin), len(self.streams))
            series = (*shape, self.n_hours or 1)
            speed = np.full(series, np.nan, np.float32) if self.has_speed else None
            first = int(positions[begin])
            yield Sheet(
                first, first + shape[0], np.zeros(shape, bool), np.zeros(series), speed
            )  # fmt: skip

    def _lay_out(self, block: VolumeBlock) -> Sheet:
        n_links, n_streams = block.last - block.first, len(self.streams)
        series = (n_links, n_streams, self.n_hours or 1)
        given, values = np.zeros(series[:2], bool), np.zeros(series)
        given[:, self.column] = block.given
        speed = None
        if block.average is not None:
            values[:, self.column] = block.average[..., np.newaxis]
            if self.shapes is not None:
                values *= self.shapes
        else:
            assert block.volume is not None
            values[:, self.column] = block.volume
        if block.speed is not None:
            speed = np.full(series, np.nan, np.float32)
            speed[:, self.column] = block.speed
        return Sheet(block.first, block.last, given, values, speed)


def with_streams(base: Volumes, more: Sequence[Stream]) -> ChangedVolumes:
    """Return volumes in which other streams may drive, too; nothing is changed yet."""
    streams = sorted({*base.streams, *more}, key=lambda stream: code_of(*stream))
    return ChangedVolumes(
        **{name: getattr(base, name) for name in Volumes.__dataclass_fields__}
        | {"streams": tuple(streams)},
        base=base,
        column=np.array([streams.index(stream) for stream in base.streams], np.int64),
        shapes=None,
        steps=(),
    )


def by_hour(volumes: ChangedVolumes, shapes: Floats) -> ChangedVolumes:
    """Return daily volumes laid out over the hours of their shapes (C, H)."""
    return replace(volumes, kind="hourly", n_hours=shapes.shape[1], shapes=shapes)


def then(volumes: ChangedVolumes, *steps: Step) -> ChangedVolumes:
    """Return volumes with further changes."""
    has_volume = volumes.has_volume.copy()
    for step in steps:
        if isinstance(step, (Replacement, Addition)):
            has_volume[step.positions] = True
    return replace(volumes, steps=(*volumes.steps, *steps), has_volume=has_volume)


def collect(volumes: ChangedVolumes, positions: Integers) -> Replacement:
    """Return the volumes on links at sorted positions (n,)."""
    n_streams = len(volumes.streams)
    given = np.zeros((positions.size, n_streams), bool)
    values = np.zeros((positions.size, n_streams, volumes.n_hours or 1))
    speed = np.full(values.shape, np.nan, np.float32) if volumes.has_speed else None
    for block in volumes.blocks():
        begin, end = np.searchsorted(positions, (block.first, block.last))
        if begin == end:
            continue
        rows = positions[begin:end] - block.first
        own = block.volume if block.average is None else block.average[..., np.newaxis]
        assert own is not None
        given[begin:end], values[begin:end] = block.given[rows], own[rows]
        if speed is not None and block.speed is not None:
            speed[begin:end] = block.speed[rows]
    return Replacement(positions, given, values, speed)


@dataclass(frozen=True, eq=False)
class Stage:
    """
    What one measure does to volumes.

    `links` (L,) are those that it is about; `before` and `after` (C, H) hours of the period that a
    value stands for, which differ where the shapes of daily volumes change.
    """

    links: Bools
    steps: tuple[Step, ...]
    before: Floats
    after: Floats


def sum_stages(
    volumes: ChangedVolumes, stages: Sequence[Stage], length_km: Floats
) -> list[tuple[Floats, Floats]]:
    """
    Return what drives on the links of each stage, before and after it, in one walk.

    Parameters
    ----------
    volumes : ChangedVolumes
        Without the steps of the stages.
    stages : sequence of Stage
        In order.
    length_km : float64 (L,)
        [km].

    Returns
    -------
    list of (float64 (C,), float64 (C,))
        Vehicle-kilometres in the period [veh km].
    """
    n_streams = len(volumes.streams)
    sums = [(np.zeros(n_streams), np.zeros(n_streams)) for _ in stages]
    for sheet in volumes.sheets():
        for stage, own in zip(stages, sums, strict=True):
            rows = sheet.rows(stage.links)
            length = length_km[sheet.first + rows]
            own[0][:] += _sum_vkm(sheet.values[rows], stage.before, length)
            for step in stage.steps:
                step.apply(sheet)
            own[1][:] += _sum_vkm(sheet.values[rows], stage.after, length)
    return sums


def sum_hours(volumes: ChangedVolumes, groups: Sequence[Bools], length_km: Floats) -> list[Floats]:
    """Return what drives on each group of links (L,) in an hour of each slot, (C, H) [veh km/h]."""
    sums = [np.zeros((len(volumes.streams), volumes.n_hours or 1)) for _ in groups]
    for block in volumes.blocks():
        own = block.volume if block.average is None else block.average[..., np.newaxis]
        assert own is not None
        for links, total in zip(groups, sums, strict=True):
            rows = np.flatnonzero(links[block.first : block.last])
            total[:] += np.einsum("bch,b->ch", own[rows], length_km[block.first + rows])
    return sums


def _sum_vkm(values: Floats, hours: Floats, length_km: Floats) -> Floats:
    return np.einsum("bch,ch,b->c", values, hours, length_km)
