"""Local civil time: the hours of a year as a place's clocks show them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
from numpy.typing import NDArray

from transmod.errors import Faults, InputError
from transmod.traffic.day_types import SortedDays

SeriesTime = Literal["local_standard", "utc"]


def read_zone(timezone: str, faults: Faults) -> ZoneInfo:
    """Look up a time zone; UTC stands in for an unknown one, which is a fault."""
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(timezone, sorted(available_timezones()), 3, 0.5)
        faults.add(
            "timezone must be a name of the IANA time zone database, as 'Asia/Shanghai': found "
            f"{timezone!r}. Near it: {', '.join(near) or 'none'}."
        )
        return ZoneInfo("UTC")


def find_start(zone: ZoneInfo, year: int, n_hours: int, series_time: SeriesTime | None) -> datetime:
    """
    Return the moment at which the year starts, by the local clock or that of a series.

    Raises
    ------
    InputError
        If the local year has not 24 hours a day: the zone changed its standard time in it.
    """
    start = datetime(year, 1, 1, tzinfo=zone).astimezone(UTC)
    found = (datetime(year + 1, 1, 1, tzinfo=zone).astimezone(UTC) - start) / timedelta(hours=1)
    if found != n_hours:
        msg = (
            f"{year} must have {n_hours:,} h in {zone.key}: found {found:,.1f}, since the zone "
            "changed its standard time in this year. Take a zone of fixed offset, as 'Etc/GMT-8'."
        )
        raise InputError(msg)
    if series_time is None:
        return start
    offset = timedelta(0)
    if series_time == "local_standard":
        moments = (start + timedelta(hours=n) for n in range(n_hours))
        offset = min(moment.astimezone(zone).utcoffset() or timedelta(0) for moment in moments)
    return datetime(year, 1, 1, tzinfo=UTC) - offset


def walk_hours(
    zone: ZoneInfo, start: datetime, n_hours: int, days: SortedDays, notes: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return day of the year (from 0) and local hour of each hour from `start`, both (N,)."""
    since = (start - datetime(1, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    second = since + 3600 * np.arange(n_hours) + _offsets(zone, start, n_hours)
    day = second // 86400 + 1 - days.dates[0].toordinal()
    outside = (day < 0) | (day >= len(days.dates))
    if outside.any():
        notes.append(
            f"{outside.sum():,} of {n_hours:,} h of the series fall into a neighbouring local "
            "year: they take the day type and month of the nearest day of this one."
        )
    return np.clip(day, 0, len(days.dates) - 1), second % 86400 // 3600


def _offsets(zone: ZoneInfo, start: datetime, n_hours: int) -> NDArray[np.int64]:
    """
    Return the offset from UTC [s] at each hour from `start` (N,).

    Hours are asked for one by one only in the days in which the offset changes: to ask for all took
    longer than all else of a calendar. No zone changes it twice within a day.
    """

    def ask(hours: Iterable[int]) -> list[int]:
        moments = ((start + timedelta(hours=int(n))).astimezone(zone) for n in hours)
        return [(m.utcoffset() or timedelta(0)) // timedelta(seconds=1) for m in moments]

    daily = np.array(ask(range(0, n_hours + 24, 24)), np.int64)
    out = np.repeat(daily[:-1], 24)[:n_hours]
    for day in np.flatnonzero(daily[1:] != daily[:-1]).tolist():
        hours = range(24 * day, min(24 * day + 24, n_hours))
        out[hours.start : hours.stop] = ask(hours)
    return out
