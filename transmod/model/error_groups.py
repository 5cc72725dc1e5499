"""
Error groups of factors: what the factor of a type and quantity stands on, and errs together with.

A factor is a product or a sum of rows of a set; each row has an `error_group`. Carbon dioxide of a
petrol car errs with the energy of petrol cars and with the carbon of petrol, so it has two groups.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.inputs.profiles import ProfileSet
from transmod.model.additions import Groups
from transmod.model.factors import Factors

GRID, GRID_LOSSES = "grid", "grid_losses"
SULPHUR = "sulphur"
# which published quantity stands behind a pollutant of exhaust
_BASE = {
    "energy": "energy", "co2": "energy", "co2_biogenic": "energy", "so2": "energy",
    "pb": "energy", "nox": "nox", "no2": "nox", "co": "co", "ch4": "ch4", "nmvoc": "voc",
    "n2o": "n2o", "nh3": "nh3", "pm10": "pm_exhaust", "pm2_5": "pm_exhaust", "bc": "pm_exhaust",
}  # fmt: skip


def find_error_groups(profiles: ProfileSet, factors: Factors) -> NDArray[np.object_]:
    """
    Find what the factors of a run stand on.

    Parameters
    ----------
    profiles : ProfileSet
        The set of the factors.
    factors : Factors
        Of J types and Q quantities.

    Returns
    -------
    object (J, Q)
        A tuple of names each: groups of the set's rows, and `grid`, `grid_losses` and `sulphur`.
    """
    finder = _Finder(profiles)
    table = profiles.types.set_index("vehicle_type", drop=False)
    out = np.empty((len(factors.types), len(factors.quantities)), object)
    for j, name in enumerate(factors.types["vehicle_type"]):
        row = table.loc[name].to_dict()
        for q, (process, pollutant) in enumerate(factors.quantities):
            out[j, q] = tuple(dict.fromkeys(finder.find(row, process, pollutant)))
    return out


class _Finder:
    """Looks the groups of one set up."""

    def __init__(self, profiles: ProfileSet) -> None:
        tables = profiles.processes
        self.hot = _first(profiles.hot, "segment", "quantity")
        self.nitrogen = _first(profiles.nitrogen, "group", "pollutant")
        self.fuel = _first(profiles.fuels, "fuel")
        self.bc = _first(profiles.bc_fraction, "group")
        self.curve = _first(profiles.electric, "curve")
        self.wear = _first(profiles.wear, "wear_group", "process")
        self.cold = _first(tables["cold_ratio"], "ratio_group", "quantity")
        self.no2 = _first(tables["no2_fraction"], "group")
        self.lead = _first(tables["lead"], "fuel")
        self.ratio_group = dict(
            tables["cold_group"][["group", "ratio_group"]].itertuples(index=False, name=None)
        )
        self.rules = Groups(profiles)

    def find(self, row: dict[str, Any], process: str, pollutant: str) -> list[str]:
        """Return the groups behind a process and pollutant of a type."""
        if process == "hot":
            return self._exhaust(row, pollutant)
        if process == "cold_start":
            return [*self._exhaust(row, pollutant), *self._cold(row, pollutant)]
        if process in ("electricity", GRID_LOSSES):
            groups = [self.curve.get((row["electric_curve"],), "electric")]
            if pollutant != "energy":
                groups.append(GRID)
            return [*groups, GRID_LOSSES] if process == GRID_LOSSES else groups
        if process == "urea":
            return [self._base(row, "energy"), "urea"]
        if process == "evaporation":
            return ["evaporation_running"]
        return [self.wear.get((row["wear_group"], process), process)]

    def _base(self, row: dict[str, Any], quantity: str) -> str:
        """Return the group of hot rows; of a base factor without rows, one by class."""
        segment = row["hot_segment"]
        if quantity == "energy" and not isinstance(segment, str):
            return self.curve.get((row.get("tank_curve"),), "hydrogen")
        found = self.hot.get((segment, quantity))
        return found or f"hot_{quantity}_{row['vehicle_class']}_{row['fuel']}"

    def _exhaust(self, row: dict[str, Any], pollutant: str) -> list[str]:
        own = self.nitrogen.get((row["nitrogen_group"], pollutant))
        if own is not None:
            return [own]
        quantity = _BASE[pollutant]
        if quantity == "pm_exhaust" and (row["hot_segment"], quantity) not in self.hot:
            quantity = "pm2_5" if (row["hot_segment"], "pm2_5") in self.hot else quantity
        base = self._base(row, quantity)
        if pollutant in ("co2", "co2_biogenic"):
            return [base, self.fuel.get((row["fuel"],), f"co2_{row['fuel']}")]
        beside = {
            "so2": SULPHUR,
            "pb": self.lead.get((row["fuel"],), "lead"),
            "bc": self.bc.get((row["bc_group"],), "bc_fraction"),
            "no2": "no2_fraction",
        }
        return [base, beside[pollutant]] if pollutant in beside else [base]

    def _cold(self, row: dict[str, Any], pollutant: str) -> list[str]:
        if (row["nitrogen_group"], pollutant) in self.nitrogen:
            return []  # published as the hot factor is
        if pollutant == "ch4":
            return ["cold_ch4"]
        found = self.rules.find("cold_start", row["vehicle_type"])
        ratio = "" if found is None else self.ratio_group.get(found.group, "")
        quantity = _BASE[pollutant]
        return [self.cold.get((ratio, quantity), f"cold_{quantity}")]


def _first(table: pd.DataFrame, *keys: str) -> dict[Any, str]:
    """Return the error group of the first row of each key."""
    if table.empty:
        return {}
    rows = table.drop_duplicates(list(keys))
    rows = rows[rows["error_group"].notna()]
    names = rows["error_group"].astype(str).tolist()
    return dict(zip(rows[list(keys)].itertuples(index=False, name=None), names, strict=True))
