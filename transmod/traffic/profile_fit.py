"""Fit temporal profiles to hourly counts: by class, day of the week, hour and month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.inputs.checks import listed
from transmod.inputs.traffic_source import TrafficSource, to_matrix
from transmod.schema import VEHICLE_CLASSES
from transmod.traffic.calendar import HOURS_PER_DAY, Calendar
from transmod.traffic.day_types import DAYS

N_MONTHS = 12
N_CELLS = len(DAYS) * HOURS_PER_DAY
_STEPS, _SETTLED = 1000, 1e-13

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FittedCurve:
    """
    The traffic of a class over the year, in multiples of its mean hour.

    Attributes
    ----------
    vehicle_class : str
        What was counted.
    hour : float64 (8, 24)
        Factor by day (of `DAYS`) and hour; NaN where the counts have no such hour.
    month : float64 (12,) or None
        Factor by month; None where the counts tell no months apart.
    variation : float64 (8, 24)
        Standard deviation of the stations' factors, weighted by volume, over the factor; NaN with
        one station.
    stations : tuple of str
        Places that the curve is fitted to.
    left_out : tuple of str
        Places that it is not fitted to, each with the reason.
    n_hours : int
        Counted hours of all stations.
    n_filled : int
        Hours that were missing at stations and stand as their own fit has them.
    mean_volume : float
        Sum of the stations' mean hours [veh/h].
    """

    vehicle_class: str
    hour: Floats
    month: Floats | None
    variation: Floats
    stations: tuple[str, ...]
    left_out: tuple[str, ...]
    n_hours: int
    n_filled: int
    mean_volume: float

    @property
    def mean_variation(self) -> float:
        """Mean of `variation` over the hours of days, weighted by factor."""
        known = ~np.isnan(self.variation)
        if not known.any():
            return float("nan")
        return float(np.average(self.variation[known], weights=self.hour[known]))


@dataclass(frozen=True, eq=False)
class _Clock:
    """
    Groups of hours of a year that share slot, day, hour, and month (or season) of the counts.

    `slot` (G,) of the series, `cell` (G,) day x hour, `block` (G,) month or season from 0, `weight`
    (G,) [h]; `block_of_month` (12,).
    """

    slot: NDArray[np.int64]
    cell: NDArray[np.int64]
    block: NDArray[np.int64]
    weight: Floats
    block_of_month: NDArray[np.int64]

    @property
    def has_months(self) -> bool:
        """Whether the counts tell months, or seasons, apart."""
        return bool(self.block_of_month.any())


def fit_curves(
    source: TrafficSource, calendar: Calendar, *, most_missing: float = 0.0
) -> list[FittedCurve]:
    """
    Fit a curve to the counts of each class.

    Parameters
    ----------
    source : TrafficSource
        Hourly counts of T hours.
    calendar : Calendar
        What the T hours are.
    most_missing : float
        Share of a station's hours that may be missing. By default a station with a missing hour is
        left out; otherwise its gaps stand as its own fit has them.

    Returns
    -------
    list of FittedCurve
        Classes in the order of the schema; those without a whole station are left out.

    Raises
    ------
    InputError
        If the source has no hourly counts, or not those of the calendar.

    Notes
    -----
    Volume is taken as hour factor (by day of the week or holiday, and hour) x month factor. Both
    are found by fitting in turns, until the fit has the traffic of each day and hour, and of each
    month, that was counted. Stations are added up before, so each counts by its volume: a curve is
    that of the traffic, not of the mean station. A factor is a multiple of the mean hour of the
    calendar's year. Trip kinds of a class are added up.
    """
    if source.kind != "hourly" or source.hours is None or source.hours < HOURS_PER_DAY:
        found = f"{source.hours} h" if source.kind == "hourly" else f"kind {source.kind}"
        raise InputError(
            f"A profile is fitted to counts of 24 h or more at each station: {found} found. "
            "Profiles of places without such counts are shipped."
        )
    if source.hours != calendar.n_slots:
        raise InputError(
            f"The calendar must have as many hours as the counts: {calendar.n_slots} found, the "
            f"counts have {source.hours}."
        )
    clock = _group_hours(calendar)
    curves = []
    for name in VEHICLE_CLASSES:
        places, volume = _add_trip_kinds(source, name)
        if places:
            curves.append(_fit_class(name, places, volume, clock, most_missing))
    return curves


def _group_hours(calendar: Calendar) -> _Clock:
    civil = calendar.civil
    cell = civil.day * HOURS_PER_DAY + civil.hour
    block_of_month = np.arange(N_MONTHS)
    if not calendar.month.any():  # seasons, or one for the year
        block_of_month[civil.month - 1] = calendar.season[calendar.slot]
    key = (calendar.slot * N_CELLS + cell) * N_MONTHS + block_of_month[civil.month - 1]
    groups, weight = np.unique(key, return_counts=True)
    rest, block = np.divmod(groups, N_MONTHS)
    slot, of_day = np.divmod(rest, N_CELLS)
    return _Clock(slot, of_day, block, weight.astype(np.float64), block_of_month)


def _add_trip_kinds(source: TrafficSource, name: str) -> tuple[list[str], Floats]:
    """Return the places at which a class was counted, sorted, and their volumes (places, T)."""
    own = source.volumes[source.volumes["vehicle_class"] == name]
    matrix = to_matrix(own["volume"], source.hours).astype(np.float64)
    places, row = np.unique(own["place_id"].to_numpy(str), return_inverse=True)
    total = np.zeros((places.size, matrix.shape[1]))
    np.add.at(total, row, matrix)  # a missing hour of one kind is one of the sum
    return places.tolist(), total


def _fit_class(
    name: str, places: Sequence[str], volume: Floats, clock: _Clock, most_missing: float
) -> FittedCurve:
    kept: list[int] = []
    left_out: list[str] = []
    whole, own_hour = [], []
    n_hours = n_filled = 0
    for i, place in enumerate(places):
        counted = volume[i, clock.slot]
        gap = np.isnan(counted)
        reason = _find_reason(counted, gap, clock, most_missing)
        if reason is not None:
            left_out.append(f"{place}: {reason}")
            continue
        hour, month = _fit_in_turns(counted, clock)
        if gap.any():
            counted = np.where(gap, hour[clock.cell] * month[clock.block], counted)
        n_slots_missing = int(np.isnan(volume[i]).sum())
        n_filled += n_slots_missing
        n_hours += volume.shape[1] - n_slots_missing
        kept.append(i)
        whole.append(counted)
        own_hour.append(hour)
    if not kept:
        empty = np.full((len(DAYS), HOURS_PER_DAY), np.nan)
        return FittedCurve(name, empty, None, empty, (), tuple(left_out), 0, 0, 0.0)
    total = np.sum(whole, axis=0)
    hour, month = _fit_in_turns(total, clock)
    mean = _mean(total, clock)
    means = np.array([_mean(counted, clock) for counted in whole])
    variation = _spread(np.array(own_hour), means, hour)
    by_day = (len(DAYS), HOURS_PER_DAY)
    return FittedCurve(
        vehicle_class=name,
        hour=(hour / mean).reshape(by_day),
        month=month[clock.block_of_month] if clock.has_months else None,
        variation=variation.reshape(by_day),
        stations=tuple(places[i] for i in kept),
        left_out=tuple(left_out),
        n_hours=n_hours,
        n_filled=n_filled,
        mean_volume=mean,
    )


def _find_reason(
    counted: Floats, gap: NDArray[np.bool_], clock: _Clock, most_missing: float
) -> str | None:
    """Say why a station is of no use, if it is not."""
    share = float(clock.weight[gap].sum() / clock.weight.sum())
    if share > most_missing:
        slots = np.unique(clock.slot[gap])
        return f"{slots.size} hours missing, first {slots[0]}"
    for part, what in ((clock.cell, "day and hour"), (clock.block, "month")):
        lost = np.setdiff1d(part, part[~gap])
        if lost.size:
            return f"no count of {lost.size} of the year's combinations of {what}"
    if not (counted[~gap] > 0.0).any():
        return "no traffic in any hour"
    return None


def _fit_in_turns(counted: Floats, clock: _Clock) -> tuple[Floats, Floats]:
    """
    Return hour factors (cells,) [veh/h], NaN where the year has none, and block factors (12,).

    Gaps (NaN) say nothing. The block factors have the calendar's mean 1.
    """
    known = ~np.isnan(counted)
    weight = np.where(known, clock.weight, 0.0)
    traffic = np.where(known, counted, 0.0) * weight
    of_cell = np.bincount(clock.cell, traffic, N_CELLS)
    of_month = np.bincount(clock.block, traffic, N_MONTHS)
    month = np.ones(N_MONTHS)
    hour = _share(of_cell, np.bincount(clock.cell, weight, N_CELLS))
    for _ in range(_STEPS if clock.has_months else 0):
        before = month
        month = _share(of_month, np.bincount(clock.block, weight * hour[clock.cell], N_MONTHS))
        month = month / np.average(month[clock.block], weights=clock.weight)
        hour = _share(of_cell, np.bincount(clock.cell, weight * month[clock.block], N_CELLS))
        if np.nanmax(np.abs(month - before)) < _SETTLED:
            break
    return hour, month


def _share(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    return np.divide(part, whole, out=np.full(part.size, np.nan), where=whole > 0.0)


def _mean(counted: Floats, clock: _Clock) -> float:
    return float(np.average(counted, weights=clock.weight))


def _spread(own: Floats, mean: Floats, hour: Floats) -> Floats:
    """Return the weighted standard deviation of the stations' factors over the fitted one."""
    if len(own) == 1:
        return np.full(hour.size, np.nan)
    fitted = hour / mean.sum()
    square = (own / mean[:, np.newaxis] - fitted) ** 2
    deviation = np.sqrt(np.average(square, axis=0, weights=mean))
    return np.divide(deviation, fitted, out=np.full(hour.size, np.nan), where=fitted > 0.0)


def note_left_out(curve: FittedCurve) -> str | None:
    """Say which stations a curve is not fitted to."""
    if not curve.left_out:
        return None
    of = len(curve.left_out) + len(curve.stations)
    return (
        f"{curve.vehicle_class}: {len(curve.left_out)} of {of} stations were left out, "
        f"{listed(curve.left_out)}."
    )
