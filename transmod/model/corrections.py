"""
Corrections: base factors brought to the conditions of a run.

A base factor is corrected by the product of one factor for each condition that the set corrects
for. Speed makes it a curve over the K speed nodes; ranges are steps, as published, points are
joined by straight lines. What lies in no range and beyond the points is a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.inputs.correction_tables import CONDITIONS
from transmod.inputs.profiles import ProfileSet
from transmod.model.curves import NODES_KMH

Floats = NDArray[np.float64]

LOAD = "load_fraction"


def conditions_of(profiles: ProfileSet) -> tuple[str, ...]:
    """Return the conditions of a set that a run may change."""
    return (*profiles.conditions, LOAD, *_sulphur_of(profiles))


def _sulphur_of(profiles: ProfileSet) -> dict[str, str]:
    """Return the name of the sulphur content of each fuel that is burnt, and the fuel."""
    fuels = profiles.fuels
    burnt = fuels.loc[fuels["kind"] == "combustion", "fuel"]
    return {f"sulphur_{fuel}_mg_kg": str(fuel) for fuel in burnt}


def with_conditions(profiles: ProfileSet, given: Mapping[str, float]) -> ProfileSet:
    """
    Return the set under the conditions of a run.

    Parameters
    ----------
    profiles : ProfileSet
        The set, under its own conditions.
    given : mapping of str to float
        Conditions of `set.toml` that differ; `load_fraction` [-] of the types that carry a load;
        `sulphur_<fuel>_mg_kg` of a fuel, which also changes its SO2.

    Raises
    ------
    InputError
        If a condition is unknown or its value makes no sense.
    """
    fuels, types = profiles.fuels, profiles.types
    of_fuel, known = _sulphur_of(profiles), conditions_of(profiles)
    faults = Faults()
    for name, value in given.items():
        if name not in known:
            faults.add(
                f"`profiles.conditions` must be conditions of the set {profiles.name}: {name!r} "
                f"found. Valid: {', '.join(dict.fromkeys(known))}."
            )
            continue
        unit, low, high = CONDITIONS["sulphur_mg_kg" if name in of_fuel else name]
        if not low <= value <= high:
            faults.add(
                f"`profiles.conditions.{name}` must be >= {low:g} and <= {high:g} [{unit}]: "
                f"{value:g} found."
            )
    faults.raise_any()
    own = {name: value for name, value in given.items() if name in profiles.conditions}
    sulphur = {fuel: given[name] for name, fuel in of_fuel.items() if name in given}
    if sulphur:
        fuels = fuels.assign(
            sulphur_mg_kg=fuels["fuel"].map(sulphur).fillna(fuels["sulphur_mg_kg"])
        )
    if LOAD in given:
        types = types.assign(load_fraction=types[LOAD].where(types[LOAD].isna(), given[LOAD]))
    return replace(profiles, fuels=fuels, types=types, conditions={**profiles.conditions, **own})


class Corrections:
    """Base factors of a set as curves over the speed nodes."""

    def __init__(self, profiles: ProfileSet, faults: Faults) -> None:
        self._profiles, self._faults = profiles, faults
        base = profiles.hot_tables
        self._base = dict(
            zip(
                base[["segment", "quantity"]].itertuples(index=False, name=None),
                base["value"].to_numpy(np.float64),
                strict=True,
            )
        )
        table = _in_force(profiles.corrections, profiles.conditions.get("temperature_c", np.nan))
        self._rows = {
            tuple(map(str, key)): rows
            for key, rows in table.groupby(["quantity", "condition", "segment"])
        }
        sulphur = profiles.fuels.set_index("fuel")["sulphur_mg_kg"]
        segments = profiles.segments
        self._sulphur = dict(zip(segments["segment"], segments["fuel"].map(sulphur), strict=True))

    def __contains__(self, key: tuple[str, str]) -> bool:
        """Say whether the set gives a base factor of a segment and quantity."""
        return key in self._base

    def curve(self, segment: str, quantity: str, load: float) -> Floats:
        """Return the corrected factor (K,) of a segment that carries `load` [-]."""
        curve = np.full(NODES_KMH.size, self._base[segment, quantity])
        for condition, rows in self._matching(segment, quantity).items():
            at = NODES_KMH if condition == "speed_kmh" else self._state(condition, segment, load)
            factor = factor_at(rows, at)
            lost = np.isnan(factor)
            if lost.any():
                self._faults.add(_outside(segment, quantity, condition, rows, at[lost][0]))
            curve *= factor
        return curve

    def _state(self, condition: str, segment: str, load: float) -> Floats:
        if condition == LOAD:
            return np.array([load])
        if condition == "sulphur_mg_kg":
            return np.array([self._sulphur.get(segment, np.nan)])
        return np.array([self._profiles.conditions.get(condition, np.nan)])

    def _matching(self, segment: str, quantity: str) -> dict[str, pd.DataFrame]:
        """Return the rows of each condition; two patterns for one are a fault."""
        found: dict[str, pd.DataFrame] = {}
        for (own, condition, pattern), rows in self._rows.items():
            if own != quantity or not fnmatchcase(segment, pattern):
                continue
            if condition in found:
                self._faults.add(
                    f"corrections.csv must correct {segment} {quantity} for {condition} once: "
                    f"{found[condition]['segment'].iloc[0]!r} and {pattern!r} both name it."
                )
            found[condition] = rows
        return found


def factor_at(rows: pd.DataFrame, x: Floats) -> Floats:
    """
    Return the correction [-] at the values `x` (N,) of its condition.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `corrections.csv` of one condition, segment and quantity.
    x : ndarray
        (N,) values; nan where it is not known.

    Returns
    -------
    ndarray
        (N,); nan where no range, or more than one, holds `x`, and beyond the points.
    """
    out = np.full(x.shape, np.nan)
    points = rows[rows["form"] == "point"].sort_values("low")
    if len(points):
        at, values = points["low"].to_numpy(np.float64), points["factor"].to_numpy(np.float64)
        out = np.interp(x, at, values, left=np.nan, right=np.nan)
    times = np.isfinite(out).astype(np.int64)
    bins = rows[rows["form"] == "bin"]
    for low, high, with_low, with_high, factor in zip(
        bins["low"].fillna(-np.inf).to_numpy(np.float64),
        bins["high"].fillna(np.inf).to_numpy(np.float64),
        bins["includes_low"].to_numpy(bool),
        bins["includes_high"].to_numpy(bool),
        bins["factor"].to_numpy(np.float64),
        strict=True,
    ):
        inside = (x > low) & (x < high)
        inside |= ((x == low) & with_low) | ((x == high) & with_high)
        out[inside] = factor
        times += inside
    out[times != 1] = np.nan
    return out


def _in_force(table: pd.DataFrame, temperature: float) -> pd.DataFrame:
    """Return the rows that hold at a temperature [degC]."""
    above, up_to = table["temperature_above_c"], table["temperature_up_to_c"]
    return table[(above.isna() | (temperature > above)) & (up_to.isna() | (temperature <= up_to))]


def _outside(segment: str, quantity: str, condition: str, rows: pd.DataFrame, value: float) -> str:
    unit = CONDITIONS[condition][0]
    ranges = ", ".join(_range(row) for row in rows.sort_values("low").to_dict("records"))
    return (
        f"`{condition}` must lie in one range of corrections.csv [{unit}]: {value:g} found for "
        f"{segment} {quantity}. Ranges: {ranges}."
    )


def _range(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["low"]):
        return f"{'up to' if row['includes_high'] else 'below'} {row['high']:g}"
    if pd.isna(row["high"]):
        return f"{'from' if row['includes_low'] else 'above'} {row['low']:g}"
    return f"{row['low']:g}" if row["low"] == row["high"] else f"{row['low']:g} to {row['high']:g}"
