"""Day types: which day of the year counts as what kind of day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from transmod.errors import Faults

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS = (*WEEKDAYS, "holiday")
HOLIDAY = DAYS.index("holiday")

DEFAULT_DAY_TYPES: Mapping[str, Sequence[str | date]] = {
    "workday": ("mon-fri",),
    "saturday": ("sat",),
    "sunday": ("sun", "holiday"),
}


@dataclass(frozen=True, eq=False)
class SortedDays:
    """
    The days of a year, each in one day type.

    Attributes
    ----------
    names : tuple of str
        The day types.
    dates : tuple of date
        Every day of the year.
    day : int64 (days,)
        Position in `DAYS` of each date.
    day_type : int64 (days,)
        Position in `names` of each date.
    day_type_of : int64 (8,)
        The day type that a rule gives to Monday to Sunday and to a holiday; -1 where none does.
    notes : tuple of str
        Day types without a day, holidays of other years.
    """

    names: tuple[str, ...]
    dates: tuple[date, ...]
    day: NDArray[np.int64]
    day_type: NDArray[np.int64]
    day_type_of: NDArray[np.int64]
    notes: tuple[str, ...]


def sort_days(
    year: int,
    day_types: Mapping[str, Sequence[str | date]] | None,
    holidays: Sequence[date],
    faults: Faults,
) -> SortedDays:
    """
    Put each day of `year` into its day type: by date before by holiday before by weekday.

    Parameters
    ----------
    year : int
        Calendar year.
    day_types : mapping of name to days, or None
        Days are ``"mon"``, ``"mon-fri"``, ``"holiday"``, ``"2024-12-24"`` or
        ``"2024-02-10/2024-02-17"``; None for workday, saturday, sunday.
    holidays : sequence of date
        Public holidays.
    faults : Faults
        Takes days that are in no day type or in two, and names that are no days.

    Returns
    -------
    SortedDays
    """
    first = date(year, 1, 1)
    dates = tuple(first + timedelta(n) for n in range((date(year + 1, 1, 1) - first).days))
    day_types = DEFAULT_DAY_TYPES if day_types is None else day_types
    day_type_of = np.full(len(DAYS), -1)
    by_date = np.full(len(dates), -1)
    for index, (name, items) in enumerate(day_types.items()):
        for item in items:
            days, span = _read_days(name, str(item), faults)
            claimed = day_type_of[days]
            day_type_of[days] = index
            _check_claims([DAYS[d] for d in days], claimed, index, list(day_types), faults)
            if span is not None:
                lower, upper = (np.clip((d - first).days, 0, len(dates)) for d in span)
                if lower == upper:
                    faults.add(
                        f"Dates of day type {name!r} must lie in {year}: found {item}. Correct "
                        "them or the year."
                    )
                claimed = by_date[lower:upper]
                names = [str(d) for d in dates[lower:upper]]
                _check_claims(names, claimed, index, list(day_types), faults)
                by_date[lower:upper] = index

    in_year = {d for d in holidays if d.year == year}
    weekday = np.array([d.weekday() for d in dates])
    is_holiday = np.array([d in in_year for d in dates])
    day_type = day_type_of[weekday]
    if day_type_of[HOLIDAY] >= 0:
        day_type[is_holiday] = day_type_of[HOLIDAY]
    day_type = np.where(by_date >= 0, by_date, day_type)
    _check_every_day_sorted(year, dates, day_type, faults)
    return SortedDays(
        names=tuple(day_types),
        dates=dates,
        day=np.where(is_holiday, HOLIDAY, weekday),
        day_type=day_type,
        day_type_of=day_type_of,
        notes=_note_days(year, tuple(day_types), day_type, day_type_of, holidays),
    )


def _read_days(name: str, item: str, faults: Faults) -> tuple[list[int], tuple[date, date] | None]:
    """Read one entry of a day type: positions in DAYS, or a span of dates, its end excluded."""
    if item in DAYS:
        return [DAYS.index(item)], None
    first, dash, last = item.partition("-")
    if dash and first in WEEKDAYS and last in WEEKDAYS[WEEKDAYS.index(first) :]:
        return list(range(WEEKDAYS.index(first), WEEKDAYS.index(last) + 1)), None
    lower, slash, upper = item.partition("/")
    try:
        start = date.fromisoformat(lower)
        end = date.fromisoformat(upper) if slash else start
    except ValueError:
        start, end = date.max, date.min
    if start > end:
        faults.add(
            f"Days of day type {name!r} must be {', '.join(DAYS)}, a range of weekdays as mon-fri, "
            f"a date as 2024-12-24 or dates as 2024-02-10/2024-02-17: found {item!r}."
        )
        return [], None
    return [], (start, end + timedelta(1))


def _check_claims(
    days: list[str],
    claimed: NDArray[np.int64],
    index: int,
    names: list[str],
    faults: Faults,
) -> None:
    """Note the days that another day type has claimed before."""
    twice = np.flatnonzero((claimed >= 0) & (claimed != index))
    if twice.size:
        faults.add(
            f"Each day must be in one day type: {_list_some([days[i] for i in twice])} "
            f"in {names[claimed[twice[0]]]!r} and in {names[index]!r}. Take "
            f"{'it' if twice.size == 1 else 'them'} out of one."
        )


def _check_every_day_sorted(
    year: int, dates: tuple[date, ...], day_type: NDArray[np.int64], faults: Faults
) -> None:
    without = [
        f"{d} ({WEEKDAYS[d.weekday()]})"
        for d, index in zip(dates, day_type, strict=True)
        if index < 0
    ]
    if without:
        faults.add(
            f"Each of the {len(dates)} days of {year} must be in a day type: {len(without)} in "
            f"none, {_list_some(without)}. Add the weekdays or dates to a day type."
        )


def _note_days(
    year: int,
    names: tuple[str, ...],
    day_type: NDArray[np.int64],
    day_type_of: NDArray[np.int64],
    holidays: Sequence[date],
) -> tuple[str, ...]:
    notes = [
        f"Day type {name!r} has no day in {year}: its volumes count for nothing."
        for index, name in enumerate(names)
        if not (day_type == index).any()
    ]
    elsewhere = [d for d in holidays if d.year != year]
    if elsewhere:
        notes.append(
            f"{len(elsewhere)} of {len(holidays)} holidays are not in {year}, first {elsewhere[0]}."
        )
    if len(elsewhere) < len(holidays) and day_type_of[HOLIDAY] < 0:
        notes.append("No day type names 'holiday': holidays count as their weekday.")
    return tuple(notes)


def _list_some(items: list[str], most: int = 3) -> str:
    """Name the first few of a list, and how many there are."""
    if len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[:most])} and {len(items) - most} more"
