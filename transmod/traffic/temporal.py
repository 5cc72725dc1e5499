"""Temporal profiles: how the mean hour of daily volumes becomes the hours of a calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import CoverageError, Faults, InputError
from transmod.inputs.checks import check_table, listed
from transmod.inputs.tables import read_csv, read_shipped_table
from transmod.schema import TEMPORAL_PROFILE
from transmod.traffic.calendar import HOURS_PER_DAY, Calendar
from transmod.traffic.day_types import DAYS, HOLIDAY, WEEKDAYS

N_MONTHS = 12


@dataclass(frozen=True, eq=False)
class Shapes:
    """
    Shapes of daily traffic over the T slots of a calendar, for C streams.

    Attributes
    ----------
    values : float64 (C, T)
        Multiplier of the volume of the average hour; 0 in a slot that no hour falls into.
    normalisation : float64 (C,)
        What the profile's factors were divided by: their mean over all hours of the year
        (`aadt`), or over those of Mondays to Fridays without holidays (`aawdt`).
    notes : tuple of str
        What a user should know.
    """

    values: NDArray[np.float64]
    normalisation: NDArray[np.float64]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Curve:
    """
    Factors of one curve, in any proportion.

    `hour` (8, 24) by day (of `DAYS`) and hour, `month` (12,), and the parts that each source gives.
    """

    hour: NDArray[np.float64]
    month: NDArray[np.float64]
    sources: Mapping[str, tuple[str, ...]]


def shapes(
    calendar: Calendar,
    vehicle_classes: Sequence[str],
    profile: str | Path,
    *,
    kind: Literal["aadt", "aawdt"] = "aadt",
) -> Shapes:
    """
    Spread the average hour of each stream over the slots of a calendar.

    Parameters
    ----------
    calendar : Calendar
        T slots; with ``layout="profile"`` none of the profile is averaged away but the
        difference of days within a day type.
    vehicle_classes : sequence of str
        Class of each of the C streams.
    profile : str or Path
        Name of a shipped profile, or a CSV file with columns of `schema.TEMPORAL_PROFILE`. In a
        file a curve is called by its vehicle class, or ``all`` for every class without its own.
    kind : "aadt" or "aawdt"
        Whether the volumes are means of all days, or of Mondays to Fridays without holidays.

    Returns
    -------
    Shapes
        Over a year the calendar-weighted mean of each row is 1 (`aadt`). A day or an hour of a
        year has the traffic of that day or hour, so its mean is not 1.

    Raises
    ------
    InputError
        If the profile is unknown, or its file has faults.
    CoverageError
        If a class has no curve.

    Notes
    -----
    The factor of an hour is hour factor x day factor x month factor; a part that a curve does not
    have varies nothing. A holiday has the factors of Sunday where it has none of its own.
    """
    names, curves, origin = read_curves(profile, vehicle_classes)
    faults = Faults()
    civil = calendar.civil
    over = civil.is_working_day if kind == "aawdt" else np.ones(civil.hour.size, bool)
    row_of, mean_of = {}, {}
    for name, curve in curves.items():
        factor = curve.hour[civil.day, civil.hour] * curve.month[civil.month - 1]
        mean = factor[over].mean()
        if not mean > 0:
            faults.add(f"Factors of curve {name!r} of {origin} must not all be 0 in the year.")
            continue
        row_of[name] = np.nan_to_num(calendar.mean_in_slots(factor / mean), nan=0.0)
        mean_of[name] = mean
    faults.raise_any()
    values = np.array([row_of[names[c]] for c in vehicle_classes]).reshape(-1, calendar.n_slots)
    normalisation = np.array([mean_of[names[c]] for c in vehicle_classes])
    notes = [*_note(origin, kind, calendar, values, mean_of)]
    if isinstance(profile, Path) or profile.endswith(".csv"):
        notes += _note_sources(origin, names, curves)
    return Shapes(values, normalisation, tuple(notes))


def read_curves(
    profile: str | Path, vehicle_classes: Sequence[str]
) -> tuple[dict[str, str], dict[str, Curve], str]:
    """
    Read the curves of a profile that some classes have.

    Parameters
    ----------
    profile, vehicle_classes
        As in `shapes`.

    Returns
    -------
    names : dict
        Curve of each class.
    curves : dict
        Curves by name.
    origin : str
        What the profile is called.

    Raises
    ------
    InputError, CoverageError
        As in `shapes`.
    """
    frame, origin, curve_of = _read_profile(profile)
    names = _find_curves(origin, list(dict.fromkeys(vehicle_classes)), curve_of, frame)
    faults = Faults()
    curves = {
        name: _read_curve(frame[frame["curve"] == name], f"curve {name!r} of {origin}", faults)
        for name in sorted(set(names.values()))
    }
    faults.raise_any()
    return names, curves, origin


def _read_profile(profile: str | Path) -> tuple[pd.DataFrame, str, Mapping[str, str] | None]:
    """Return rows and name of a profile, and the curve of each class where a table maps them."""
    if isinstance(profile, Path) or profile.endswith(".csv"):
        path = Path(profile)
        faults = Faults()
        frame = read_csv(path, TEMPORAL_PROFILE, faults)
        check_table(frame, TEMPORAL_PROFILE, path.name, faults)
        profiles = list(frame["profile"].dropna().unique()) if "profile" in frame else []
        if len(profiles) > 1:
            faults.add(f"{path.name} must hold one profile: {listed(profiles)} found.")
        faults.raise_any()
        return frame, path.name, None
    frame = read_shipped_table("traffic", "temporal_profiles")
    frame = frame[frame["profile"] == profile]
    classes = read_shipped_table("traffic", "temporal_classes")
    if frame.empty:
        valid = ", ".join(dict.fromkeys(classes["profile"]))
        msg = f"temporal_profile must be {valid} or a CSV file: {profile!r} found."
        raise InputError(msg)
    classes = classes[classes["profile"] == profile]
    curve_of = dict(zip(classes["vehicle_class"], classes["curve"], strict=True))
    return frame, f"profile {profile}", curve_of


def _find_curves(
    origin: str,
    vehicle_classes: Sequence[str],
    curve_of: Mapping[str, str] | None,
    frame: pd.DataFrame,
) -> dict[str, str]:
    """Return the curve of each class."""
    if curve_of is None:
        own = set(frame["curve"])
        curve_of = {c: c if c in own else "all" for c in vehicle_classes if {c, "all"} & own}
    missing = [name for name in vehicle_classes if name not in curve_of]
    if missing:
        msg = (
            f"{origin} must have a curve for each vehicle class: {', '.join(missing)} "
            f"{'has' if len(missing) == 1 else 'have'} none, it has "
            f"{listed(dict.fromkeys(curve_of if curve_of else frame['curve']))}. Add rows, or take "
            "another profile."
        )
        raise CoverageError(msg)
    return {name: curve_of[name] for name in vehicle_classes}


def _read_curve(rows: pd.DataFrame, origin: str, faults: Faults) -> Curve:
    """Gather the parts of a curve, and note what is missing of them."""
    parts = {part: rows[rows["part"] == part] for part in ("hour", "day", "month")}
    days = (*DAYS, "all")
    hour: NDArray[np.float64] = np.full((len(days), HOURS_PER_DAY), np.nan)
    day: NDArray[np.float64] = np.full(len(DAYS), np.nan)
    month = np.full(N_MONTHS, np.nan)
    _fill(hour, parts["hour"], {"day": days, "hour": range(HOURS_PER_DAY)}, origin, faults)
    _fill(day, parts["day"], {"day": DAYS}, origin, faults)
    _fill(month, parts["month"], {"month": range(1, N_MONTHS + 1)}, origin, faults)
    weekdays = hour[: len(WEEKDAYS)]
    np.copyto(weekdays, hour[-1], where=np.isnan(weekdays))
    values: NDArray[np.float64]
    for values in (hour, day):
        own, of_sunday = values[HOLIDAY], values[HOLIDAY - 1]
        values[HOLIDAY] = np.where(np.isnan(own), of_sunday, own)
    wanted = [("hour of each day", hour[:-1], True), ("day", day, False), ("month", month, False)]
    for part, values, must_be in wanted:
        missing = np.isnan(values)
        if missing.any() and (must_be or not missing.all()):
            first = np.argwhere(missing)[0]
            where = f"month {first[0] + 1}" if part == "month" else DAYS[first[0]]
            where += f", hour {first[1]}" if first.size > 1 else ""
            faults.add(
                f"{origin} must have a factor for each {part}: {missing.sum()} of {missing.size} "
                f"missing, first {where}."
            )
    day, month = (np.ones_like(v) if np.isnan(v).all() else v for v in (day, month))
    sources = {}
    if "source" in rows:
        own = rows.dropna(subset="source").groupby("source", sort=False)["part"]
        sources = {str(source): tuple(parts.unique()) for source, parts in own}
    return Curve(hour[:-1] * day[:, np.newaxis], month, sources)


def _fill(
    out: NDArray[np.float64],
    rows: pd.DataFrame,
    axes: Mapping[str, Sequence[str] | range],
    origin: str,
    faults: Faults,
) -> None:
    """Put the factors of a part into their places."""
    places = [
        rows[name].map({label: n for n, label in enumerate(labels)})
        for name, labels in axes.items()
    ]
    lost = np.logical_or.reduce([place.isna() for place in places])
    if lost.any():
        first = rows.index[int(lost.argmax())] + 1
        faults.add(
            f"{origin} must have {' and '.join(axes)} in its rows of part "
            f"{rows['part'].iloc[0]!r}: {lost.sum()} of {len(rows)} have not, first row {first}."
        )
        return
    out[tuple(place.to_numpy(np.int64) for place in places)] = rows["factor"]


def _note(
    origin: str,
    kind: str,
    calendar: Calendar,
    values: NDArray[np.float64],
    mean_of: Mapping[str, float],
) -> tuple[str, ...]:
    days = "all hours of the year" if kind == "aadt" else "Mondays to Fridays without holidays"
    divisors = ", ".join(f"{name} {mean:.6g}" for name, mean in mean_of.items())
    notes = [f"{origin}: factors divided by their mean over {days} ({divisors})."]
    if calendar.period != "year" and values.size:
        mean = (values @ calendar.weight) / calendar.weight.sum()
        notes.append(
            f"The {calendar.period} has {mean.min():.3f} to {mean.max():.3f} times the traffic of "
            f"the average {'day' if kind == 'aadt' else 'weekday'}'s mean hour, by class."
        )
    return tuple(notes)


def _note_sources(
    origin: str, names: Mapping[str, str], curves: Mapping[str, Curve]
) -> Iterator[str]:
    """Say which classes have their curve from where, as far as a file of profiles says it."""
    classes_of: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for vehicle_class, name in names.items():
        for place in curves[name].sources.items():
            classes_of.setdefault(place, []).append(vehicle_class)
    for (source, parts), classes in classes_of.items():
        yield f"{origin}, {' and '.join(parts)} factors of {', '.join(classes)}: {source}."
