"""CO2 of what is burnt or spent beside fuel: engine oil, and urea solution of catalysts."""

from __future__ import annotations

import numpy as np

from transmod.inputs.profiles import ProfileSet
from transmod.model.additions import Addition, Case, Groups
from transmod.schema import N_SPEED_NODES


def add_lubricant(case: Case) -> Addition:
    """Return CO2 of engine oil by distance on the engine; it is no energy carrier."""
    addition = Addition.of(case, (("lubricant", "co2"),), has_fuel=False)
    table = case.profiles.processes["lubricant"].set_index("group")["co2_g_km"]
    burning = case.burning()
    for j, group in Groups(case.profiles).sort("lubricant", case, addition).items():
        value = float(table[group] * burning[j])
        curve = np.full(N_SPEED_NODES, value)
        addition.index[j, 0] = case.curves.add(("lubricant", value), curve)
    return addition


def add_urea(case: Case) -> Addition:
    """
    Return CO2 of urea solution, a share of the fuel's volume.

    Notes
    -----
    CO2 per energy [g/MJ] is share of the volume x density of the solution x CO2 per solution over
    density and calorific value of the fuel.
    """
    addition = Addition.of(case, (("urea", "co2"),), has_fuel=False)
    energy = case.rows(("hot", "energy"))
    n_seasons = case.climate.n_seasons
    found: dict[tuple[str, str], float] = {}
    for j, group in Groups(case.profiles).sort("urea", case, addition).items():
        fuel = str(case.factors.types["fuel"].iloc[j])
        if (fuel, group) not in found:
            found[fuel, group] = urea_co2_per_mj(case.profiles, fuel, group)
        per_mj = found[fuel, group]
        if np.isnan(per_mj):
            addition.lacking.append(str(case.factors.types["vehicle_type"].iloc[j]))
            continue
        rows = case.curves.scale(energy[j], per_mj)
        addition.index[j, 0] = np.tile(rows, (n_seasons, 1))
    return addition


def urea_co2_per_mj(profiles: ProfileSet, fuel: str, group: str) -> float:
    """Return CO2 of urea [g] per energy of fuel [MJ]; nan where the fuel has no density."""
    row = profiles.processes["urea"].set_index("group").to_dict("index")[group]
    burnt = profiles.fuels.set_index("fuel").to_dict("index")[fuel]
    per_litre = float(row["solution_share"]) * row["density_kg_l"] * row["co2_kg_kg"] * 1e3
    return float(per_litre / (burnt["density_kg_l"] * burnt["ncv_mj_kg"]))
