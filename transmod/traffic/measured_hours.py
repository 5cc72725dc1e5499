"""Which measured hours and classes the hours and streams of a run take their speeds from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from transmod.inputs.speeds import MeasuredSpeeds
from transmod.inputs.volumes import Volumes
from transmod.traffic.calendar import HOURS_PER_DAY, Calendar

ALL = "all"  # name of all classes together


@dataclass(frozen=True, eq=False)
class MeasuredHours:
    """
    Measurements of K classes in H hours, for C streams in T slots.

    Attributes
    ----------
    own : int64 (C,)
        Measured class that is the stream's own; -1 where it was not measured apart.
    common : int
        Measured class that is all vehicles together; -1 where they were not.
    first : int64 (T + 1,)
        Where the measured hours of a slot begin in `hour`.
    hour : int64 (P,)
        Measured hours.
    weight : float64 (P,)
        Hours of the year that slot and measured hour share [h].

    Notes
    -----
    A slot may stand for several measured hours, as a workday for five of a week: it has their
    harmonic mean, over those that were measured.
    """

    own: NDArray[np.int64]
    common: int
    first: NDArray[np.int64]
    hour: NDArray[np.int64]
    weight: NDArray[np.float64]

    @property
    def by_class(self) -> bool:
        """Whether streams have different speeds."""
        return bool((self.own >= 0).any())

    def in_order(self, order: NDArray[np.int64]) -> MeasuredHours:
        """Return the same for the slots `order`, in that order."""
        taken = [np.arange(a, b) for a, b in pairwise(self.first)]
        taken = [taken[slot] for slot in order]
        part = np.concatenate(taken) if taken else np.empty(0, np.int64)
        first = np.append(0, np.cumsum([own.size for own in taken])).astype(np.int64)
        return replace(self, first=first, hour=self.hour[part], weight=self.weight[part])

    def covers(self, is_measured: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """
        Say where a stream has a speed.

        Parameters
        ----------
        is_measured : bool (B, K, H)
            Where links have a measurement.

        Returns
        -------
        bool (B, C, T)
        """
        count = np.cumsum(is_measured[:, :, self.hour], axis=2, dtype=np.int32)
        count = np.concatenate([np.zeros((*count.shape[:2], 1), np.int32), count], axis=2)
        has = count[:, :, self.first[1:]] > count[:, :, self.first[:-1]]
        none = np.zeros((has.shape[0], 1, has.shape[2]), bool)
        has = np.concatenate([has, none], axis=1)  # the last stands for "not measured"
        return has[:, self.own] | has[:, [self.common]]


def match_hours(
    calendar: Calendar,
    measured: Calendar,
    streams: Sequence[tuple[str, str]],
    classes: Sequence[str],
) -> MeasuredHours:
    """
    Find the measured hours of each slot of a calendar.

    Parameters
    ----------
    calendar : Calendar
        Of the run, T slots.
    measured : Calendar
        Of the measurements, H slots of the same year in the same time zone.
    streams : sequence of (str, str)
        Vehicle class and trip kind of the C streams.
    classes : sequence of str
        The K measured classes; ``"all"`` for all vehicles together.
    """
    # an hour of the run, and the measured one that begins at or before it; where a series begins
    # at another moment, the first and last hours take those of the neighbouring day
    shift = (calendar.start - measured.start) // timedelta(hours=1)
    n_hours = calendar.slot.size
    moment = np.arange(n_hours) + shift
    moment = np.where(moment < 0, moment + HOURS_PER_DAY, moment)
    moment = np.where(moment >= n_hours, moment - HOURS_PER_DAY, moment)
    inside = calendar.slot >= 0
    pair = calendar.slot[inside] * measured.n_slots + measured.slot[moment[inside]]
    pairs, weight = np.unique(pair, return_counts=True)
    slot, hour = np.divmod(pairs, measured.n_slots)
    return MeasuredHours(
        own=np.array([_find(classes, name) for name, _ in streams], np.int64),
        common=_find(classes, ALL),
        first=np.searchsorted(slot, np.arange(calendar.n_slots + 1)),
        hour=hour,
        weight=weight.astype(np.float64),
    )


def _find(names: Sequence[str], name: str) -> int:
    return list(names).index(name) if name in names else -1


@dataclass(frozen=True)
class Cover:
    """
    How much of the traffic has a measured speed.

    Attributes
    ----------
    n_links, n_hours : int
        Links and link-hours (slots of the calendar) with traffic.
    n_missing : int
        Those of them in which a class that drives has no measured speed.
    share : float
        Vehicle-kilometres at a measured speed, of all.
    first : (int, int) or None
        Position of the link, and slot, of the first that is missing.
    """

    n_links: int
    n_hours: int
    n_missing: int
    share: float
    first: tuple[int, int] | None


def find_cover(
    volumes: Volumes,
    speeds: MeasuredSpeeds,
    hours: MeasuredHours,
    shapes: NDArray[np.float64] | None,
    weight: NDArray[np.float64],
    length_m: NDArray[np.float64],
) -> Cover:
    """
    Compare where traffic drives with where its speed was measured.

    Parameters
    ----------
    volumes, speeds, hours
        L links, C streams, T slots.
    shapes : float64 (C, T) or None
        Multiplier of the average hour, for daily volumes.
    weight : float64 (T,)
        Hours of the period in a slot [h]; a slot without any counts for nothing.
    length_m : float64 (L,)
        [m].
    """
    n_streams, n_slots = len(volumes.streams), weight.size
    beside = speeds.bytes_of_link() + 16 * n_slots * (n_streams + len(speeds.classes))
    read = speeds.reader()
    n_links = n_hours = n_missing = 0
    driven = at_measured = 0.0
    first: tuple[int, int] | None = None
    for block in volumes.blocks(beside=beside):
        is_measured = ~np.isnan(read(block.first, block.last))
        volume: NDArray[np.floating]
        if block.volume is None:
            assert block.average is not None
            assert shapes is not None
            volume = block.average[:, :, np.newaxis] * shapes
        else:
            volume = block.volume
        covered = hours.covers(is_measured)
        is_driven = (volume > 0.0) & (weight > 0.0)
        missing = (is_driven & ~covered).any(axis=1)
        if missing.any() and first is None:
            link, slot = (int(i) for i in np.argwhere(missing)[0])
            first = block.first + link, slot
        n_links += int(is_driven.any(axis=(1, 2)).sum())
        n_hours += int(is_driven.any(axis=1).sum())
        n_missing += int(missing.sum())
        vkm = volume * weight * length_m[block.first : block.last, np.newaxis, np.newaxis]
        driven += float(vkm.sum())
        at_measured += float(vkm[covered].sum())
    return Cover(n_links, n_hours, n_missing, at_measured / driven if driven else 1.0, first)
