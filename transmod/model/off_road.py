"""Off-road machines: what they take, by power and hours where it was not measured, and emit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from transmod.errors import CheckError
from transmod.inputs.ground_factors import MachineFactors
from transmod.inputs.off_road import Machines
from transmod.model.burnt_fuel import fuel_rows
from transmod.model.grid_power import GridPower, power_rows
from transmod.model.movements import SourceResult

_G_PER_T = 1e6


def off_road_emissions(
    machines: Machines, factors: MachineFactors, power: GridPower | None
) -> SourceResult:
    """
    Emissions [t] and energy [TJ] of off-road machines.

    Parameters
    ----------
    machines : Machines
        Checked.
    factors : MachineFactors
        Load factors, fuel for work, and what fuels emit.
    power : GridPower or None
        Grid electricity; needed if a machine takes any.

    Returns
    -------
    SourceResult
        `off_road_fuel`, `off_road_electricity` (scope 2 is what power plants emit) and
        `off_road_grid_losses`. `vehicle_type` is the kind of machine; the district is that of its
        point, or the one that is named.

    Notes
    -----
    Work = number x power x hours x load factor [kWh]; fuel = work x consumption [g/kWh].
    """
    rows = machines.rows
    taken = _taken(rows, factors)
    keys = pd.DataFrame(
        {
            "district_id": rows["district_id"],
            "location": rows["location"],
            "subsector": "off_road",
            "vehicle_class": None,
            "trip_kind": None,
            "vehicle_type": rows["machine"],
        }
    )
    electric = rows["fuel"] == "electricity"
    burning = keys[~electric]
    emissions, energy = fuel_rows(
        burning, rows.loc[~electric, "fuel"], taken[~electric] / _G_PER_T, factors.fuels,
        noun="off_road",
    )  # fmt: skip
    notes = list(machines.notes)
    if electric.any():
        if power is None:
            raise CheckError("Electric machines need the CO2 of grid electricity: none given.")
        of_grid = power_rows(keys[electric], taken[electric], power, noun="off_road")
        emissions, energy = (
            pd.concat(pair, ignore_index=True)
            for pair in zip((emissions, energy), of_grid, strict=True)
        )
        notes += power.notes
    return SourceResult(emissions, energy, notes=tuple(notes))


def _taken(rows: pd.DataFrame, factors: MachineFactors) -> pd.Series:
    """Return what each row takes: fuel [g], or electricity [kWh]."""
    load = rows["load_factor"].combine_first(rows["machine"].map(factors.load_factor))
    work = rows["number"] * rows["power_kw"] * rows["hours"] * load
    published = [
        _consumption(factors.engines, fuel, kw)
        for fuel, kw in zip(rows["fuel"], rows["power_kw"], strict=True)
    ]
    per_kwh = rows["consumption_g_kwh"].combine_first(pd.Series(published, rows.index))
    measured = rows["kwh"].combine_first(rows["fuel_t"] * _G_PER_T)
    return measured.combine_first(work * per_kwh)


def _consumption(engines: pd.DataFrame, fuel: str, power_kw: float) -> float:
    """Return what an engine takes for work [g/kWh; of electricity kWh/kWh]."""
    own = engines[engines["fuel"] == fuel]
    place = int(np.searchsorted(own["power_from_kw"].to_numpy(), power_kw, "right")) - 1
    return float(own["value"].iloc[place]) if np.isfinite(power_kw) else np.nan
