"""The calendar of a run."""

from __future__ import annotations

from transmod.scenario import Scenario
from transmod.traffic.calendar import Calendar, build_calendar


def lay_calendar(layout: int | str, *, scenario: Scenario) -> Calendar:
    """
    Lay out the calendar that a scenario asks for.

    Parameters
    ----------
    layout : int or str
        `profile`, or the hours of a series of volumes or speeds.

    Raises
    ------
    InputError
        If the days do not make up the period, or the series does not fit.
    """
    choice = scenario.calendar
    return build_calendar(
        scenario.year,
        scenario.timezone,
        layout="profile" if isinstance(layout, str) else layout,
        day_types=choice.day_types,
        holidays=choice.holidays,
        seasons=choice.seasons,
        period=choice.period,
        series_time=choice.series_time,
        day_type=choice.day_type,
        hour=choice.hour,
    )
