"""Fit a temporal profile to the hourly counts of an imported traffic source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from transmod.errors import InputError
from transmod.inputs.traffic_source import TrafficSource, read_traffic_source
from transmod.outputs.tables import write_csv
from transmod.scenario import read_scenario
from transmod.schema import TEMPORAL_PROFILE
from transmod.traffic.calendar import HOURS_PER_DAY, Calendar, build_calendar
from transmod.traffic.day_types import DAYS
from transmod.traffic.fitted_profile import FittedProfile, to_profile
from transmod.traffic.local_time import SeriesTime
from transmod.traffic.profile_fit import FittedCurve, fit_curves, note_left_out


@dataclass(frozen=True)
class CurveFacts:
    """What the curve of a class is fitted to, and how far its stations agree."""

    vehicle_class: str
    stations: int
    left_out: int
    hours: int
    filled_hours: int
    mean_volume: float  # of all stations together [veh/h]
    variation: float | None  # standard deviation between stations over the factor, mean
    busiest: str  # day and hour
    busiest_factor: float


@dataclass(frozen=True)
class FitFacts:
    """A fitted profile, for a person or for `--json`."""

    file: str
    source: str
    format: str
    days_told_apart: bool
    months_told_apart: bool
    curves: list[CurveFacts]
    origin: dict[str, str]  # class -> where its curve is from
    notes: tuple[str, ...]


def fit_profile(  # noqa: PLR0913  counts leave as many things open
    folder: Path,
    out: Path,
    *,
    run: Path | None = None,
    year: int | None = None,
    timezone: str | None = None,
    series_time: SeriesTime | None = None,
    fallback: str | None = "tno_road",
    like: Mapping[str, str] | None = None,
    most_missing: float = 0.0,
) -> FitFacts:
    """
    Fit a temporal profile to the hourly counts of a source, and write it.

    Parameters
    ----------
    folder : Path
        Source, as `transmod volumes import` writes it.
    out : Path
        CSV file to write, for `[traffic] temporal_profile` of a scenario.
    run : Path, optional
        Run whose scenario says which days the hours are of: its `year`, `timezone` and
        `[calendar]` (day types, holidays, seasons, clock of a series).
    year : int, optional
        Year of the counts, if it is not that of the run.
    timezone : str, optional
        In place of that of a run. Counts of 24 h need neither.
    series_time : "local_standard" or "utc", optional
        Clock of counts of 8,760 or 8,784 h, in place of that of a run.
    fallback : str or None
        Shipped profile of what the counts do not tell.
    like : mapping, optional
        Class without counts -> class whose curve it takes.
    most_missing : float
        Share of its hours that a station may lack, 0 to 1.

    Raises
    ------
    InputError
        With every fault.
    """
    out = Path(out)
    if out.suffix != ".csv" or not out.parent.is_dir():
        raise InputError(f"{out} must be a file .csv in a folder that exists: it is not.")
    if not 0.0 <= most_missing < 1.0:
        raise InputError(f"The share of missing hours must be 0 to below 1: {most_missing} found.")
    source = read_traffic_source(folder)
    calendar = _find_calendar(source, run, year, timezone, series_time)
    curves = fit_curves(source, calendar, most_missing=most_missing)
    if not any(curve.stations for curve in curves):
        reasons = [note for curve in curves if (note := note_left_out(curve)) is not None]
        raise InputError(
            f"{folder} must have a station with all {source.hours} hours: none has. "
            + " ".join(reasons)
        )
    is_flat = source.hours == HOURS_PER_DAY
    profile = to_profile(
        curves,
        source=f"{source.format} in {Path(folder).name}",
        year=None if is_flat else calendar.year,
        name=out.stem,
        fallback=fallback,
        like=like,
    )
    write_csv(profile.rows, TEMPORAL_PROFILE, out)
    return _to_facts(out, folder, source, calendar, curves, profile)


def _find_calendar(
    source: TrafficSource,
    run: Path | None,
    year: int | None,
    timezone: str | None,
    series_time: SeriesTime | None,
) -> Calendar:
    """Say what the hours of the counts are."""
    hours = source.hours or 0
    if run is None:
        if hours != HOURS_PER_DAY and (year is None or timezone is None):
            raise InputError(
                f"Counts of {hours:,} h must come with their calendar: name a run whose scenario "
                "has it (--run), or --year and --timezone. Only a day of 24 h needs none."
            )
        # a day of 24 h is every day of any year
        return build_calendar(
            year or 2023, timezone or "UTC", layout=hours, series_time=series_time
        )
    scenario = read_scenario(run)
    choice = scenario.calendar
    return build_calendar(
        year or scenario.year,
        timezone or scenario.timezone,
        layout=hours,
        day_types=choice.day_types,
        holidays=choice.holidays,
        seasons=choice.seasons,
        series_time=series_time or choice.series_time,
    )


def _to_facts(
    out: Path,
    folder: Path,
    source: TrafficSource,
    calendar: Calendar,
    curves: list[FittedCurve],
    profile: FittedProfile,
) -> FitFacts:
    notes = list(calendar.notes) if source.hours != HOURS_PER_DAY else []
    notes += [note for curve in curves if (note := note_left_out(curve)) is not None]
    notes += [
        f"{curve.vehicle_class}: {curve.n_filled:,} missing hours stand as the fit of their "
        "station has them."
        for curve in curves
        if curve.n_filled
    ]
    return FitFacts(
        file=str(out),
        source=str(folder),
        format=source.format,
        days_told_apart=len(calendar.day_types) > 1,
        months_told_apart=any(curve.month is not None for curve in curves),
        curves=[_describe(curve) for curve in curves if curve.stations],
        origin=profile.origin,
        notes=tuple(notes),
    )


def _describe(curve: FittedCurve) -> CurveFacts:
    day, hour = np.unravel_index(int(np.nanargmax(curve.hour)), curve.hour.shape)
    alike = np.array_equal(curve.hour[0], curve.hour[6])
    variation = curve.mean_variation
    return CurveFacts(
        vehicle_class=curve.vehicle_class,
        stations=len(curve.stations),
        left_out=len(curve.left_out),
        hours=curve.n_hours,
        filled_hours=curve.n_filled,
        mean_volume=curve.mean_volume,
        variation=None if np.isnan(variation) else variation,
        busiest=f"{hour} h" if alike else f"{DAYS[day]}, {hour} h",
        busiest_factor=float(curve.hour[day, hour]),
    )
