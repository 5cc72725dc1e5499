"""
Corrections: base factors brought to the conditions of a run.

A base factor is corrected by the product of one factor for each condition that the set corrects
for. Speed makes it a curve over the K speed nodes; ranges are steps, as published, points are
joined by straight lines. What lies in no range and beyond the points is a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.inputs.correction_tables import CONDITIONS
from transmod.inputs.profiles import ProfileSet
from transmod.model.curves import NODES_KMH

Floats = NDArray[np.float64]

LOAD = "load_fraction"
SPEED = "speed_kmh"


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
        self._of_quantity: dict[str, list[Correction]] = {}
        table = _in_force(profiles.corrections, profiles.conditions.get("temperature_c", np.nan))
        for correction in to_corrections(table):
            self._of_quantity.setdefault(correction.quantity, []).append(correction)
        self._known: dict[tuple[int, float], Floats] = {}
        sulphur = profiles.fuels.set_index("fuel")["sulphur_mg_kg"]
        segments = profiles.segments
        self._sulphur = dict(zip(segments["segment"], segments["fuel"].map(sulphur), strict=True))

    def __contains__(self, key: tuple[str, str]) -> bool:
        """Say whether the set gives a base factor of a segment and quantity."""
        return key in self._base

    def curve(self, segment: str, quantity: str, load: float) -> Floats:
        """Return the corrected factor (K,) of a segment that carries `load` [-]."""
        curve = np.full(NODES_KMH.size, self._base[segment, quantity])
        for correction in self._matching(segment, quantity):
            state = self._state(correction.condition, segment, load)
            factor = self._at(correction, state)
            lost = np.isnan(factor)
            if lost.any():
                value = NODES_KMH[np.argmax(lost)] if correction.condition == SPEED else state
                self._faults.add(_outside(segment, correction, value))
            curve *= factor
        return curve

    def _at(self, correction: Correction, state: float) -> Floats:
        """Return a correction (K,), or (1,) where it is not one for speed; many segments share."""
        key = (id(correction), state)
        if key not in self._known:
            at = NODES_KMH if correction.condition == SPEED else np.array([state])
            self._known[key] = correction.at(at)
        return self._known[key]

    def _state(self, condition: str, segment: str, load: float) -> float:
        if condition == SPEED:
            return 0.0
        if condition == LOAD:
            return load
        if condition == "sulphur_mg_kg":
            return self._sulphur.get(segment, np.nan)
        return self._profiles.conditions.get(condition, np.nan)

    def _matching(self, segment: str, quantity: str) -> list[Correction]:
        """Return the corrections of a base factor; two patterns for one condition are a fault."""
        found: dict[str, Correction] = {}
        for correction in self._of_quantity.get(quantity, ()):
            if not fnmatchcase(segment, correction.pattern):
                continue
            other = found.setdefault(correction.condition, correction)
            if other is not correction:
                self._faults.add(
                    f"corrections.csv must correct {segment} {quantity} for "
                    f"{correction.condition} once: {other.pattern!r} and {correction.pattern!r} "
                    "both name it."
                )
        return list(found.values())


@dataclass(frozen=True, eq=False)
class Correction:
    """
    Rows of `corrections.csv` for one condition, pattern of segments and quantity.

    `is_point`, `low`, `high`, `includes_low`, `includes_high`, `factor` (M,) are the rows, sorted
    by `low`; an open end is infinite.
    """

    quantity: str
    condition: str
    pattern: str
    is_point: NDArray[np.bool_]
    low: Floats
    high: Floats
    includes_low: NDArray[np.bool_]
    includes_high: NDArray[np.bool_]
    factor: Floats

    def at(self, x: Floats) -> Floats:
        """
        Return the correction [-] at values `x` (N,) of the condition.

        It is nan where no range, or more than one, holds a value, and beyond the points.
        """
        out = np.full(x.shape, np.nan)
        if self.is_point.any():
            at, factor = self.low[self.is_point], self.factor[self.is_point]
            out = np.interp(x, at, factor, left=np.nan, right=np.nan)
        times = np.isfinite(out).astype(np.int64)
        for m in np.flatnonzero(~self.is_point):
            inside = (x > self.low[m]) & (x < self.high[m])
            inside |= (x == self.low[m]) & self.includes_low[m]
            inside |= (x == self.high[m]) & self.includes_high[m]
            out[inside] = self.factor[m]
            times += inside
        out[times != 1] = np.nan
        return out

    def ranges(self) -> str:
        """Say the ranges and points."""
        return ", ".join(self._range(m) for m in range(self.low.size))

    def _range(self, m: int) -> str:
        low, high = self.low[m], self.high[m]
        if not np.isfinite(low):
            return f"{'up to' if self.includes_high[m] else 'below'} {high:g}"
        if not np.isfinite(high):
            return f"{'from' if self.includes_low[m] else 'above'} {low:g}"
        return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def to_corrections(table: pd.DataFrame) -> list[Correction]:
    """Gather the rows of `corrections.csv` by quantity, condition and pattern."""
    low = table["low"].fillna(-np.inf).to_numpy(np.float64)
    high = table["high"].fillna(np.inf).to_numpy(np.float64)
    columns = {
        "is_point": (table["form"] == "point").to_numpy(bool),
        "low": low,
        "high": high,
        "includes_low": table["includes_low"].to_numpy(bool),
        "includes_high": table["includes_high"].to_numpy(bool),
        "factor": table["factor"].to_numpy(np.float64),
    }
    keys = [table[name].to_numpy(object) for name in ("quantity", "condition", "segment")]
    groups = table.groupby(["quantity", "condition", "segment"]).indices
    found = []
    for rows in groups.values():
        quantity, condition, pattern = (str(values[rows[0]]) for values in keys)
        order = rows[np.argsort(low[rows], kind="stable")]
        own = {name: values[order] for name, values in columns.items()}
        found.append(Correction(quantity, condition, pattern, **own))
    return found


def _in_force(table: pd.DataFrame, temperature: float) -> pd.DataFrame:
    """Return the rows that hold at a temperature [degC]."""
    above, up_to = table["temperature_above_c"], table["temperature_up_to_c"]
    return table[(above.isna() | (temperature > above)) & (up_to.isna() | (temperature <= up_to))]


def _outside(segment: str, correction: Correction, value: float) -> str:
    unit = CONDITIONS[correction.condition][0]
    return (
        f"`{correction.condition}` must lie in one range of corrections.csv [{unit}]: {value:g} "
        f"found for {segment} {correction.quantity}. Ranges: {correction.ranges()}."
    )
