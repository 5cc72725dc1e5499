"""What looks wrong in the hours of volumes and in given speeds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from transmod.inputs.tables import read_shipped_table
from transmod.traffic.calendar import HOURS_PER_DAY
from transmod.traffic.findings import Finding, limits, name_link, warn
from transmod.traffic.volume_summary import VolumeSummary


def judge_hours(
    links: gpd.GeoDataFrame, volumes: VolumeSummary, timezone: str, year: int
) -> list[Finding]:
    """
    Judge the course of volumes over the hours, and given speeds.

    Parameters
    ----------
    links : GeoDataFrame
        L links with the columns of `schema.LINKS`.
    volumes : VolumeSummary
        Of the same links.
    timezone : str
        IANA name of the local time.
    year : int
        Of the run.
    """
    where = name_link(links)
    return [
        *_judge_series(volumes, where),
        *_judge_days(volumes, where),
        *_judge_clock(volumes, timezone, year),
        *_judge_speeds(links, volumes, where),
    ]


def usual_workday() -> NDArray[np.float64]:
    """Return the shipped course of road traffic over a working day, (24,), mean 1."""
    table = read_shipped_table("traffic", "temporal_profiles")
    rows = table[(table["profile"] == "tno_road") & (table["part"] == "hour")]
    factor = rows.sort_values("hour")["factor"].to_numpy(np.float64)
    return factor / factor.mean()


def _judge_series(volumes: VolumeSummary, where: Callable[[int], str]) -> list[Finding]:
    if volumes.curve is None:
        return []
    driven = np.nan_to_num(volumes.mean) > 0
    flat = volumes.is_flat
    if not driven.any() or flat.sum() <= limits("constant_series")["share"] * driven.sum():
        return []
    return [
        warn(
            "constant_series",
            "Volumes are the same in every hour of day and night",
            np.logical_or.reduce(flat, axis=1),
            where,
            of=int(driven.any(axis=1).sum()),
            cause="a day's volume was divided by its hours, or a detector hangs",
            remedy="Give daily volumes with [traffic] kind = 'aadt' and a temporal_profile, or "
            "leave hanging detectors out",
        )
    ]


def _judge_days(volumes: VolumeSummary, where: Callable[[int], str]) -> list[Finding]:
    if volumes.working is None or volumes.weekend is None:
        return []
    used = np.nan_to_num(volumes.working) > 0
    same = used & np.isclose(volumes.working, volumes.weekend, rtol=1e-4)
    if not used.any() or same.sum() < limits("days_alike")["share"] * used.sum():
        return []
    return [
        warn(
            "days_alike",
            "Weekends have the volumes of working days",
            same,
            where,
            of=int(used.sum()),
            cause="hours of a working day were repeated for all days, so that the year comes out "
            "too high by about a tenth",
            remedy="Give weekends their own hours, or weekday averages with [traffic] kind = "
            "'aawdt' and a temporal_profile",
        )
    ]


def _judge_clock(volumes: VolumeSummary, timezone: str, year: int) -> list[Finding]:
    curve = volumes.curve
    if curve is None or not curve.any() or np.ptp(curve) < 0.2 * curve.mean():
        return []
    usual = usual_workday()
    fit = np.array([np.corrcoef(np.roll(curve, -n), usual)[0, 1] for n in range(HOURS_PER_DAY)])
    late = int(fit.argmax())
    late = late - HOURS_PER_DAY if late > HOURS_PER_DAY // 2 else late
    rule = limits("hours_shifted")
    if abs(late) < rule["hours"] or fit.max() - fit[0] < rule["gain"]:
        return []
    offset = datetime(year, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(timezone)).utcoffset()
    ahead = 0.0 if offset is None else offset.total_seconds() / 3600.0
    is_utc = ahead != 0.0 and abs((late + ahead + 12.0) % 24.0 - 12.0) <= 1.5
    direction = "later" if late > 0 else "earlier"
    return [
        warn(
            "hours_shifted",
            f"The hours of a day look like a usual working day {abs(late)} h {direction}: the "
            f"least traffic is in hour {int(curve.argmin())}",
            cause=(
                f"the hours are in UTC, from which {timezone} differs by {ahead:+g} h"
                if is_utc
                else "the lists do not begin at midnight, or follow another clock"
            ),
            remedy="Begin lists at local midnight; of a series of the whole year say [calendar] "
            "series_time = 'utc'",
        )
    ]


def _judge_speeds(
    links: gpd.GeoDataFrame, volumes: VolumeSummary, where: Callable[[int], str]
) -> list[Finding]:
    given = ~np.isnan(volumes.fastest)
    if given.sum() < limits("all")["main_links"]:
        return []
    ratio = volumes.fastest / links["free_speed_kmh"].to_numpy(np.float64)
    high = float(np.percentile(ratio[given], 90))
    rule = limits("speed_unit")
    unit = None
    if high < rule["ms_high"]:
        unit, times = "m/s", 3.6
    elif rule["mph_low"] <= high <= rule["mph_high"]:
        unit, times = "miles an hour", 1.609344
    if unit is None:
        return []
    return [
        warn(
            "speed_unit",
            f"The highest given speed of 90 % of the links is below {high:.2f} of the free speed",
            given & (ratio <= high),
            where,
            of=int(given.sum()),
            cause=f"speeds are given in {unit}",
            remedy=f"Multiply `speed_kmh` by {times:g}; if there is a jam everywhere at every "
            "hour, nothing is wrong",
        )
    ]
