"""A whole temporal profile from fitted curves: what counts do not give is taken from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.schema import VEHICLE_CLASSES
from transmod.traffic.day_types import DAYS, HOLIDAY
from transmod.traffic.profile_fit import FittedCurve
from transmod.traffic.temporal import Curve, read_curves

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class FittedProfile:
    """
    Rows of `schema.TEMPORAL_PROFILE`, and in words where each class and part is from.

    `origin` has every class of the schema; one without a curve is not in the rows.
    """

    rows: pd.DataFrame
    origin: dict[str, str]


def to_profile(
    curves: Sequence[FittedCurve],
    *,
    source: str,
    year: int | None,
    name: str,
    fallback: str | None = "tno_road",
    like: Mapping[str, str] | None = None,
) -> FittedProfile:
    """
    Make a profile of all classes from the curves of those that were counted.

    Parameters
    ----------
    curves : sequence of FittedCurve
        Those without a station are taken as not counted.
    source : str
        Where the counts are from.
    year : int or None
        Year of the counts, where they tell its days apart.
    name : str
        Of the profile.
    fallback : str or None
        Shipped profile of what the counts do not tell: classes, days of the week, months. With
        None such classes are left out, and days and months are alike.
    like : mapping, optional
        Class without counts -> class whose curve it takes.

    Raises
    ------
    InputError
        If `like` names a class that has counts, or none to take, or the fallback is unknown.
    """
    fitted = {curve.vehicle_class: curve for curve in curves if curve.stations}
    _check_like(like or {}, fitted)
    shipped: dict[str, Curve] = {}
    if fallback is not None:
        names, by_name, _ = read_curves(fallback, VEHICLE_CLASSES)
        shipped = {vehicle_class: by_name[names[vehicle_class]] for vehicle_class in names}
    rows: list[Row] = []
    origin: dict[str, str] = {}
    for vehicle_class in VEHICLE_CLASSES:
        counted = (like or {}).get(vehicle_class, vehicle_class)
        if counted in fitted:
            curve = fitted[counted]
            told = f"fitted to hourly counts of {len(curve.stations):,} stations, {source}"
            if counted != vehicle_class:
                told = f"as {counted}: {told}"
            own = list(_fitted_rows(curve, told, year))
            rest = list(_missing_parts(curve, shipped.get(vehicle_class), own))
            parts = " and ".join(dict.fromkeys(row["part"] for row in rest))
            origin[vehicle_class] = told + (f"; {parts} of {fallback}" if parts else "")
            own += rest
        elif vehicle_class in shipped:
            own = list(_shipped_rows(shipped[vehicle_class]))
            origin[vehicle_class] = f"{fallback}: not counted"
        else:
            origin[vehicle_class] = "none: not counted"
            continue
        rows += [{"profile": name, "curve": vehicle_class, **row} for row in own]
    return FittedProfile(_to_frame(rows), origin)


def _check_like(like: Mapping[str, str], fitted: Mapping[str, FittedCurve]) -> None:
    for name, other in like.items():
        if name not in VEHICLE_CLASSES or name in fitted:
            found = f"{name!r} has counts" if name in fitted else f"{name!r} found"
            raise InputError(
                f"A class that is like another must be one without counts, of "
                f"{', '.join(VEHICLE_CLASSES)}: {found}."
            )
        if other not in fitted:
            raise InputError(
                f"{name} must be like a class with counts: {other!r} has none. With counts: "
                f"{', '.join(fitted) or 'none'}."
            )


def _fitted_rows(curve: FittedCurve, source: str, year: int | None) -> Iterator[Row]:
    about = {
        "source": source,
        "year": year,
        "verification": "FITTED",
        "stations": len(curve.stations),
    }
    hour, variation = curve.hour, curve.variation
    days: Sequence[tuple[int, str]] = list(enumerate(DAYS))
    if np.isnan(hour[HOLIDAY]).any():
        days = days[:HOLIDAY]
    if all(np.array_equal(hour[day], hour[0]) for day, _ in days):
        days = [(0, "all")]
    for day, label in days:
        for h, factor in enumerate(hour[day]):
            spread = variation[day, h]
            yield {
                "part": "hour", "day": label, "hour": h, "factor": factor,
                "variation": None if np.isnan(spread) else spread, **about,
            }  # fmt: skip
    if curve.month is not None:
        yield from ({"part": "month", "month": m + 1, "factor": f, **about} for m, f in
                    enumerate(curve.month))  # fmt: skip


def _missing_parts(curve: FittedCurve, shipped: Curve | None, own: list[Row]) -> Iterator[Row]:
    """Yield the days and months of a shipped curve where the counts tell none apart."""
    if shipped is None:
        return
    about = {"source": "; ".join(shipped.sources), "verification": "as shipped"}
    if own[0]["day"] == "all":
        yield from _vary("day", shipped.hour.mean(axis=1)[:HOLIDAY], about)
    if curve.month is None:
        yield from _vary("month", shipped.month, about)


def _vary(part: str, factor: NDArray[np.float64], about: Row) -> Iterator[Row]:
    """Yield the rows of a part, unless it varies nothing."""
    if np.ptp(factor) == 0.0:
        return
    mean = factor.mean()
    for i, value in enumerate(factor):
        place: Row = {"day": DAYS[i]} if part == "day" else {"month": i + 1}
        yield {"part": part, **place, "factor": value / mean, **about}


def _shipped_rows(curve: Curve) -> Iterator[Row]:
    """Yield the rows of a shipped curve, as multiples of its mean hour."""
    about = {"source": "; ".join(curve.sources), "verification": "as shipped"}
    mean = curve.hour[:HOLIDAY].mean()
    for day in range(HOLIDAY):
        for h, factor in enumerate(curve.hour[day] / mean):
            yield {"part": "hour", "day": DAYS[day], "hour": h, "factor": factor, **about}
    yield from _vary("month", curve.month, about)


def _to_frame(rows: list[Row]) -> pd.DataFrame:
    columns = (
        "profile", "curve", "part", "day", "month", "hour", "factor", "source", "year",
        "verification", "stations", "variation",
    )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(columns))
    whole = ("month", "hour", "year", "stations")
    return frame.astype(dict.fromkeys(whole, "Int64") | {"variation": "float64"})
