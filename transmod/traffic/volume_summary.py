"""A summary of the volumes of a run, by which its plausibility is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from transmod.inputs.volumes import VolumeBlock, Volumes
from transmod.traffic.calendar import HOURS_PER_DAY, Calendar
from transmod.traffic.day_types import WEEKDAYS
from transmod.traffic.speeds import passenger_car_units

# of longer files the first links, in order, are looked at: about a second of work
MOST_VALUES = 50_000_000
MOST_COUNTS = 50_000


@dataclass(frozen=True, eq=False)
class VolumeSummary:
    """
    Volumes on L links in C streams, without their hours.

    Attributes
    ----------
    kind : "aadt", "aawdt" or "hourly"
        As the scenario has it.
    streams : sequence of (str, str)
        Vehicle class and trip kind.
    pcu : float64 (C,)
        Car units of a vehicle.
    mean : float64 (L, C)
        Mean hour [veh/h]; NaN where a stream is not given or a link was not looked at.
    top : float64 (L,)
        Highest hour of all streams [pcu/h]; NaN for daily volumes.
    is_flat : bool (L, C)
        Positive and the same in every one of at least 24 hours.
    working, weekend : float64 (L,) or None
        Mean hour of working days and of weekends [pcu/h]; None where the hours do not tell.
    curve : float64 (24,) or None
        Mean volume of the hours of a working day, in all streams and links [pcu/h].
    fastest : float64 (L,)
        Highest given speed with traffic [km/h]; NaN where no speed is given.
    counts : dict of class to float64 (n,)
        Positive volumes as they stand in the file, in its unit, for a year's day or an hour.
    """

    kind: str
    streams: Sequence[tuple[str, str]]
    pcu: NDArray[np.float64]
    mean: NDArray[np.float64]
    top: NDArray[np.float64]
    is_flat: NDArray[np.bool_]
    working: NDArray[np.float64] | None
    weekend: NDArray[np.float64] | None
    curve: NDArray[np.float64] | None
    fastest: NDArray[np.float64]
    counts: dict[str, NDArray[np.float64]]

    @cached_property
    def total(self) -> NDArray[np.float64]:
        """Mean hour of all streams, (L,) [pcu/h]; NaN where a link has none."""
        given = ~np.isnan(self.mean)
        total = np.where(given, self.mean, 0.0) @ self.pcu
        return np.where(given.any(axis=1), total, np.nan)


@dataclass(frozen=True, eq=False)
class _Days:
    """Which slots are of working days and weekends, and the weights of all, (H,)."""

    weight: NDArray[np.float64]
    working: NDArray[np.float64]
    weekend: NDArray[np.float64]
    hour: NDArray[np.int64]

    @cached_property
    def weights(self) -> NDArray[np.float32]:
        """All three as columns; single precision, as volumes have it."""
        return np.column_stack((self.weight, self.working, self.weekend)).astype(np.float32)

    @property
    def tells(self) -> bool:
        return bool(self.working.any() and self.weekend.any())


def summarise_volumes(
    volumes: Volumes, calendar: Calendar | None, n_links: int, *, unit: str = "veh"
) -> VolumeSummary:
    """
    Walk through the volumes once and sum them up.

    Parameters
    ----------
    volumes : Volumes
        Of the run.
    calendar : Calendar or None
        Of the run; without it hourly volumes are weighted evenly.
    n_links : int
        Links of the network, L.
    unit : "veh" or "pcu"
        Unit of the file.
    """
    units = passenger_car_units()
    pcu = np.array([units[name] for name, _ in volumes.streams])
    n_streams = pcu.size
    mean = np.full((n_links, n_streams), np.nan)
    top, fastest = np.full(n_links, np.nan), np.full(n_links, np.nan)
    is_flat = np.zeros((n_links, n_streams), bool)
    n_hours = volumes.n_hours
    days = None if n_hours is None else _sort_slots(calendar, n_hours)
    tells = days is not None and days.tells
    working = np.full(n_links, np.nan) if tells else None
    weekend = np.full(n_links, np.nan) if tells else None
    curve = np.zeros(n_hours) if n_hours is not None and n_hours >= HOURS_PER_DAY else None
    counts: dict[str, list[NDArray[np.float64]]] = {name: [] for name, _ in volumes.streams}
    seen = 0
    for block in volumes.blocks():
        part = slice(block.first, block.last)
        _count(block, volumes, pcu if unit == "pcu" else np.ones(n_streams), counts)
        if block.average is not None:
            mean[part] = np.where(block.given, block.average, np.nan)
            seen += block.average.size
        elif block.volume is not None and days is not None:
            volume = block.volume
            of_days = volume @ days.weights  # (B, C, 3)
            mean[part] = np.where(block.given, of_days[..., 0], np.nan)
            all_streams = np.einsum("bch,c->bh", volume, pcu.astype(np.float32))
            top[part] = np.where(block.given.any(axis=1), all_streams.max(axis=1), np.nan)
            if volume.shape[2] >= HOURS_PER_DAY:
                high = volume.max(axis=2)
                is_flat[part] = (high > 0) & (volume.min(axis=2) == high)
            if working is not None and weekend is not None:
                working[part] = of_days[..., 1] @ pcu
                weekend[part] = of_days[..., 2] @ pcu
            if curve is not None:
                curve += all_streams.sum(axis=0, dtype=np.float64)
            if block.speed is not None:
                driven = np.where(volume > 0, block.speed, -np.inf)
                highest = driven.max(axis=(1, 2)).astype(np.float64)
                fastest[part] = np.where(np.isfinite(highest), highest, np.nan)
            seen += volume.size
        if seen > MOST_VALUES:
            break
    return VolumeSummary(
        kind=volumes.kind,
        streams=volumes.streams,
        pcu=pcu,
        mean=mean,
        top=top,
        is_flat=is_flat,
        working=working,
        weekend=weekend,
        curve=None if curve is None or days is None else _fold(curve, days),
        fastest=fastest,
        counts={name: np.concatenate(parts) for name, parts in counts.items() if parts},
    )


def _sort_slots(calendar: Calendar | None, n_hours: int) -> _Days:
    """Return the shares of a mean hour that each slot has, of all days and of some."""
    if calendar is None or calendar.n_slots != n_hours:
        even = np.full(n_hours, 1.0 / n_hours)
        nothing = np.zeros(n_hours)
        return _Days(even, nothing, nothing, np.arange(n_hours) % HOURS_PER_DAY)
    free = calendar.mean_in_slots((calendar.civil.day >= WEEKDAYS.index("sat")).astype(np.float64))
    return _Days(
        weight=calendar.weight / calendar.weight.sum(),
        working=_share(calendar.weight * (free == 0.0)),
        weekend=_share(calendar.weight * (free == 1.0)),
        hour=calendar.hour,
    )


def _share(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    total = weight.sum()
    return weight / total if total > 0.0 else np.zeros_like(weight)


def _fold(curve: NDArray[np.float64], days: _Days) -> NDArray[np.float64]:
    """Return the mean of each hour of the day, of working days where these are told apart."""
    weight = days.working if days.tells else days.weight
    total = np.bincount(days.hour, weights=curve * weight, minlength=HOURS_PER_DAY)
    n_hours = np.bincount(days.hour, weights=weight, minlength=HOURS_PER_DAY)
    return np.divide(total, n_hours, out=np.zeros(HOURS_PER_DAY), where=n_hours > 0)


def _count(
    block: VolumeBlock,
    volumes: Volumes,
    unit: NDArray[np.float64],
    counts: dict[str, list[NDArray[np.float64]]],
) -> None:
    """Keep some volumes of each class as the file has them."""
    values = block.average if block.average is not None else block.volume
    assert values is not None
    times = HOURS_PER_DAY if block.average is not None else 1.0
    for column, (name, _) in enumerate(volumes.streams):
        if sum(part.size for part in counts[name]) >= MOST_COUNTS:
            continue
        own = values[:, column][block.given[:, column]].ravel()[:MOST_COUNTS]
        own = own[own > 0].astype(np.float64) * (times * unit[column])
        if own.size:
            counts[name].append(own)
