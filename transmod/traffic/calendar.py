"""
Calendar of a run: which hours of the year each slot of a volume series stands for.

Hour h is local civil time [h, h+1). The year is walked hour by hour in UTC from local midnight of
1 January to the next, so a day of the change to summer time has 23 hours and the one back 25.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.traffic.day_types import WEEKDAYS, SortedDays, sort_days
from transmod.traffic.local_time import SeriesTime, find_start, read_zone, walk_hours

Period = Literal["year", "day", "hour"]

HOURS_PER_DAY = 24
HOURS_PER_WEEK = 168
ALL = ("all",)  # name of the one day type or season where slots do not tell them apart


@dataclass(frozen=True, eq=False)
class CivilHours:
    """
    The hours of a year in order of time, N of them, as the local clock shows them.

    Attributes
    ----------
    month : int64 (N,)
        1 to 12.
    day : int64 (N,)
        Position in `DAYS`: 0 Monday to 6 Sunday, 7 a holiday on any weekday.
    hour : int64 (N,)
        0 to 23.
    """

    month: NDArray[np.int64]
    day: NDArray[np.int64]
    hour: NDArray[np.int64]

    @property
    def is_working_day(self) -> NDArray[np.bool_]:
        """Whether the hour is on a Monday to Friday that is no holiday, (N,)."""
        return self.day < WEEKDAYS.index("sat")


@dataclass(frozen=True, eq=False)
class Calendar:
    """
    The T slots of a series, and the hours of the period that each stands for.

    Slots are ordered by season (or month), day type, hour; in a week by weekday from Monday,
    hour; in a full year by time.

    Attributes
    ----------
    day_types, seasons : tuple of str
        ``("all",)`` where the slots do not tell them apart.
    hour, day_type, season : int64 (T,)
        Local hour of the slot; position in `day_types`; position in `seasons`.
    month : int64 (T,)
        1 to 12; 0 where the slot spans months.
    weight : float64 (T,)
        Hours of the period in the slot [h]; sums to 8,760 or 8,784 (year), 24 (day), 1 (hour).
    civil : CivilHours
        The N hours of the year.
    slot : int64 (N,)
        Slot of each of them; -1 where it lies outside the period.
    start : datetime
        When the first of them begins.
    notes : tuple of str
        What a user should know.
    layout : int or str
        What it was built for: `profile`, or the hours of a series.
    """

    year: int
    timezone: str
    period: Period
    day_types: tuple[str, ...]
    seasons: tuple[str, ...]
    hour: NDArray[np.int64]
    day_type: NDArray[np.int64]
    season: NDArray[np.int64]
    month: NDArray[np.int64]
    weight: NDArray[np.float64]
    civil: CivilHours
    slot: NDArray[np.int64]
    start: datetime
    notes: tuple[str, ...] = ()
    layout: int | str = "profile"

    @property
    def n_slots(self) -> int:
        """Number of slots, T."""
        return self.weight.size

    def mean_in_slots(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Average a value of the hours of the year, (N,), over each slot, (T,).

        A slot that no hour of the year falls into gives NaN.
        """
        inside = self.slot >= 0
        slot = self.slot[inside]
        n_hours = np.bincount(slot, minlength=self.n_slots)
        total = np.bincount(slot, weights=value[inside], minlength=self.n_slots)
        return np.divide(total, n_hours, out=np.full(self.n_slots, np.nan), where=n_hours > 0)


def build_calendar(  # noqa: PLR0913  a calendar has as many rules as users give it
    year: int,
    timezone: str,
    *,
    layout: int | Literal["profile"],
    day_types: Mapping[str, Sequence[str | date]] | None = None,
    holidays: Sequence[date] = (),
    seasons: Mapping[str, Sequence[int]] | None = None,
    period: Period = "year",
    series_time: SeriesTime | None = None,
    day_type: str | None = None,
    hour: int | None = None,
) -> Calendar:
    """
    Lay out the slots of a series over a year, a day or an hour.

    Parameters
    ----------
    year : int
        Calendar year.
    timezone : str
        IANA name, as ``"Asia/Shanghai"``.
    layout : int or "profile"
        Length H of the series: 24 (every day alike), 24 x day types, 24 x day types x seasons,
        168 (a week from Monday), 8,760 or 8,784 (each hour of the year); 1 for ``period="hour"``.
        ``"profile"``: 24 x day types x 12 months, for a daily volume times a temporal profile.
    day_types : mapping of name to days, optional
        Days are ``"mon"`` to ``"sun"``, ``"mon-fri"``, ``"holiday"``, ``"2024-12-24"`` or
        ``"2024-02-10/2024-02-17"``. A date decides before a holiday, a holiday before a weekday.
        Default: workday (mon-fri), saturday, sunday (sun and holiday).
    holidays : sequence of date
        Dates of public holidays.
    seasons : mapping of name to months 1 to 12, optional
        Every month once.
    period : "year", "day" or "hour"
        What the run computes: the year, or one mean day or hour of it.
    series_time : "local_standard" or "utc"
        Clock of a full-year series: hour 0 is 1 January 00:00 of this clock. Required for it.
    day_type : str, optional
        The day type that a day or an hour is of; default the first.
    hour : int, optional
        The hour 0 to 23; required for ``period="hour"``.

    Returns
    -------
    Calendar

    Raises
    ------
    InputError
        With every fault: unknown time zone, dates in no day type or in two, months in no season or
        in two, a length H that fits no layout.

    Notes
    -----
    Local standard time is the zone's smallest offset from UTC in the year. Where the offset is no
    whole hour from that of 1 January, an hour is labelled by the clock at its start. A step of a
    full-year series that falls into a neighbouring local year takes the labels of the nearest day
    of this one.

    A week (168) has no slot for a holiday: a date whose day type is not that of its weekday stands
    in the last weekday of its day type (a holiday in Sunday's, by default).
    """
    faults = Faults()
    zone = read_zone(timezone, faults)
    days = sort_days(year, day_types, holidays, faults)
    season_names, season_of_month = _sort_months(seasons, faults)
    n_hours = HOURS_PER_DAY * len(days.dates)
    counts = (len(days.names), len(season_names), n_hours)
    kind = _find_layout(layout, period, counts, faults)
    if kind == "series" and series_time not in ("local_standard", "utc"):
        faults.add(
            "series_time must be 'local_standard' or 'utc' for a series of the full year: found "
            f"{series_time!r}. Say which clock its hours follow."
        )
    if kind == "week":
        _check_week(days, faults)
    if period == "hour" and (hour is None or not 0 <= hour < HOURS_PER_DAY):
        faults.add(f"hour must be 0 to 23 for period = 'hour': found {hour}. Name the hour.")
    notes = list(days.notes)
    wanted = _find_day_type(day_type, days, period, faults, notes)
    faults.raise_any()

    start = find_start(zone, year, n_hours, series_time if kind == "series" else None)
    day, clock = walk_hours(zone, start, n_hours, days, notes)
    month = np.array([d.month for d in days.dates])[day]
    civil = CivilHours(month, days.day[day], clock)
    hours_type = days.day_type[day]

    # a slot is a column of 24 hours in a block: the block a season or month, the column a day type
    block, n_blocks = np.zeros(n_hours, dtype=np.int64), 1
    column, names, type_of_column = hours_type, days.names, np.arange(len(days.names))
    if kind == "seasons":
        block, n_blocks = season_of_month[month], len(season_names)
    elif kind == "months":
        block, n_blocks = month - 1, 12
    elif kind == "week":
        column, type_of_column = _stand_in(days, notes)[day], days.day_type_of[: len(WEEKDAYS)]
    elif kind == "flat":
        column, names, type_of_column = np.zeros_like(day), ALL, np.zeros(1, dtype=np.int64)
    elif kind == "day":
        column, names = np.where(hours_type == wanted, 0, -1), (days.names[wanted],)
        type_of_column = np.zeros(1, dtype=np.int64)

    shape = (n_blocks, type_of_column.size, HOURS_PER_DAY)
    slot = np.where(column < 0, -1, (block * shape[1] + column) * HOURS_PER_DAY + clock)
    block_of, column_of, hour_of = np.indices(shape).reshape(3, -1)
    slot_type, slot_month = type_of_column[column_of], np.zeros_like(hour_of)
    slot_season = block_of if kind == "seasons" else np.zeros_like(hour_of)
    if kind == "months":
        slot_month = block_of + 1
        slot_season = season_of_month[slot_month]
    elif kind == "series":
        slot, hour_of, slot_type, slot_month = np.arange(n_hours), clock, hours_type, month
        slot_season = season_of_month[month]
    if period == "hour":
        slot = np.where(slot == hour, 0, -1)
        hour_of, slot_type, slot_month, slot_season = (
            label[hour_of == hour] for label in (hour_of, slot_type, slot_month, slot_season)
        )
    weight = np.bincount(slot[slot >= 0], minlength=hour_of.size).astype(np.float64)
    return Calendar(
        year=year,
        timezone=timezone,
        period=period,
        day_types=names,
        seasons=season_names if kind in ("seasons", "months", "series") else ALL,
        hour=hour_of,
        day_type=slot_type,
        season=slot_season,
        month=slot_month,
        weight=weight if period == "year" else np.ones(hour_of.size),
        civil=civil,
        slot=slot,
        start=start,
        notes=tuple(notes),
        layout=layout,
    )


def _sort_months(
    seasons: Mapping[str, Sequence[int]] | None, faults: Faults
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the seasons and the season of months 0 to 12 (0 has none)."""
    season_of = np.zeros(13, dtype=np.int64)
    if seasons is None:
        return ALL, season_of
    found = [month for months in seasons.values() for month in months]
    if sorted(found) != list(range(1, 13)):
        missing = [m for m in range(1, 13) if m not in found]
        twice = sorted({m for m in found if found.count(m) > 1})
        foreign = sorted({m for m in found if not 1 <= m <= 12})
        faults.add(
            f"Each month 1 to 12 must be in one season: in none {missing or 'no month'}, in more "
            f"than one {twice or 'no month'}, not a month {foreign or 'none'}."
        )
        return tuple(seasons), season_of
    for index, months in enumerate(seasons.values()):
        season_of[list(months)] = index
    return tuple(seasons), season_of


def _find_layout(
    layout: int | str, period: str, counts: tuple[int, int, int], faults: Faults
) -> str:
    """Name the layout of a series of this length; counts: day types, seasons, hours of the year."""
    n_types, n_seasons, n_hours = counts
    day = HOURS_PER_DAY
    if period == "hour":
        valid: dict[int, tuple[str, str]] = {1: ("day", "the hour")}
    elif period == "day":
        valid = {day: ("day", "the day")}
    else:
        valid = {
            HOURS_PER_WEEK: ("week", "a week from Monday"),
            day: ("flat", "every day alike"),
            day * n_types: ("day_types", f"{n_types} day types"),
            day * n_types * n_seasons: ("seasons", f"{n_types} day types x {n_seasons} seasons"),
            n_hours: ("series", "each hour of the year"),
        }
        if n_seasons == 1:
            valid[day * n_types] = ("day_types", f"{n_types} day types")
    if layout == "profile":
        return "months" if period == "year" else "day"
    if not isinstance(layout, int) or layout not in valid:
        lengths = ", ".join(f"{n:,} ({valid[n][1]})" for n in sorted(valid))
        faults.add(
            f"Length of a series for period = {period!r} [h] must be {lengths}: found "
            f"{layout:,}. Change the series, day_types, seasons or the period."
            if isinstance(layout, int)
            else f"Layout must be a length or 'profile': found {layout!r}."
        )
        return "none"
    return valid[layout][0]


def _find_day_type(
    name: str | None, days: SortedDays, period: str, faults: Faults, notes: list[str]
) -> int:
    """Return the position of the day type that a day or an hour is of; it must have a day."""
    if period == "year":
        return -1
    if name is None:
        name = days.names[0]
        notes.append(f"The {period} is of day type {name!r}, the first: no day_type was named.")
    valid = [n for i, n in enumerate(days.names) if (days.day_type == i).any()]
    if name not in valid:
        faults.add(
            f"day_type must be one that has a day in the year, {', '.join(valid)}: found {name!r}."
        )
        return -1
    return days.names.index(name)


def _check_week(days: SortedDays, faults: Faults) -> None:
    """Note weekdays without a rule, and dates that no weekday of a typical week stands for."""
    rules = days.day_type_of[: len(WEEKDAYS)]
    without = [name for name, rule in zip(WEEKDAYS, rules, strict=True) if rule < 0]
    if without:
        faults.add(
            "A series of a week (168 h) needs a day type for each weekday: none for "
            f"{', '.join(without)}. Name them in day_types, or give 24 h per day type."
        )
    lost = np.flatnonzero(~np.isin(days.day_type, rules))
    if lost.size:
        faults.add(
            "A series of a week (168 h) must have a weekday of each day type: "
            f"{days.names[days.day_type[lost[0]]]!r} has none, yet {lost.size} of "
            f"{len(days.dates)} days are of such a type, first {days.dates[lost[0]]}. Give 24 h "
            "per day type."
        )


def _stand_in(days: SortedDays, notes: list[str]) -> NDArray[np.int64]:
    """Return the weekday of the typical week that stands for each date."""
    weekday = np.array([d.weekday() for d in days.dates])
    rules = days.day_type_of[: len(WEEKDAYS)]
    last_of_type = {int(rule): position for position, rule in enumerate(rules)}
    moved = rules[weekday] != days.day_type
    weekday[moved] = [last_of_type[int(index)] for index in days.day_type[moved]]
    if moved.any():
        notes.append(
            f"{moved.sum()} of {len(days.dates)} days, first {days.dates[int(moved.argmax())]}, "
            "have not the day type of their weekday: the last weekday of their type stands for "
            "them."
        )
    return weekday
