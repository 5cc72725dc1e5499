"""
Fuel economy by model year: what vehicles of a year really consume, over what their curve says.

Published energy curves are the same from Euro 4 (diesel: Euro 3) to Euro 6d, while new cars did
change. The factor of a cohort is

    registered CO2 in the test x gap between road and test / CO2 of its curves over the WLTC

for the vehicles of a class, fuel and year of registration together, so it follows the sizes they
have. It is never part of a factor row: it scales the curves of a run, and only those of fuel burnt
(energy, CO2, SO2, lead), and only where a scenario asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from transmod.errors import InputError
from transmod.inputs.checks import listed
from transmod.inputs.fleet_tables import Turnover
from transmod.inputs.profiles import ProfileSet
from transmod.model.cohorts import Cohorts
from transmod.model.cycles import cycle_means
from transmod.model.factors import Factors
from transmod.schema import FUEL_BOUND

CYCLE = "wltc"
_PROCESSES = ("hot", "cold_start")


def economy_of_cohorts(
    cohorts: Cohorts, profiles: ProfileSet, turnover: Turnover, region: str
) -> pd.DataFrame:
    """
    Return the fuel-economy factor of each class, fuel and year of registration.

    Parameters
    ----------
    cohorts : Cohorts
        Vehicles on the road; only those with a combustion engine alone are looked at.
    profiles, turnover
        Curves; `economy.csv`, linear between its years and held after the last.
    region : str
        Region of `economy.csv`.

    Returns
    -------
    pandas.DataFrame
        `vehicle_class`, `fuel`, `registration_year`, `registered_g_km`, `gap`, `curve_g_km` [g/km]
        and `energy_scale` [-]. Years before the first of the table have no row.

    Raises
    ------
    InputError
        If the region has no row.
    """
    table = turnover.of_region(turnover.economy, region)
    if table.empty:
        given = turnover.economy["region"].drop_duplicates()
        raise InputError(
            f"Fuel economy by model year must be given for the region {region}: no row of "
            f"economy.csv. Regions given: {listed(given)}. Or say `economy = 'published'`."
        )
    own = cohorts.table[cohorts.table["powertrain"] == "ice"]
    own = own.merge(table[["vehicle_class", "fuel"]].drop_duplicates())
    first = table.groupby(["vehicle_class", "fuel"])["registration_year"].transform("min")
    starts = table[table["registration_year"] == first].rename(
        columns={"registration_year": "first"}
    )
    own = own.merge(starts[["vehicle_class", "fuel", "first"]])
    own = own[own["registration_year"] >= own["first"]]
    columns = ["registered_g_km", "gap", "curve_g_km", "energy_scale"]
    keys = ["vehicle_class", "fuel", "registration_year"]
    if own.empty:
        return pd.DataFrame(columns=[*keys, *columns])
    means = cycle_means(profiles, turnover, CYCLE, own["vehicle_type"].unique().tolist())
    curve = means["co2"].loc[own["vehicle_type"]].to_numpy()
    own = own.assign(grams=own["vehicles"] * curve)
    out = own.groupby(keys, as_index=False)[["vehicles", "grams"]].sum()
    out["curve_g_km"] = out["grams"] / out["vehicles"]
    for kind, rows in out.groupby(["vehicle_class", "fuel"]):
        known = table[(table["vehicle_class"] == kind[0]) & (table["fuel"] == kind[1])]
        for name, column in (("registered_g_km", "registered_co2_g_km"), ("gap", "gap")):
            out.loc[rows.index, name] = np.interp(
                rows["registration_year"], known["registration_year"], known[column]
            )
    out["energy_scale"] = out["registered_g_km"] * out["gap"] / out["curve_g_km"]
    return out[[*keys, *columns]]


def economy_of_types(cohorts: Cohorts, economy: pd.DataFrame) -> dict[str, float]:
    """
    Return the mean factor of each vehicle type, weighted by the kilometres of its cohorts.

    A cohort without a row in `economy` counts as 1.
    """
    keys = ["vehicle_class", "fuel", "registration_year"]
    rows = cohorts.table[[*keys, "powertrain", "vehicle_type", "km"]].merge(
        economy[[*keys, "energy_scale"]], on=keys, how="left"
    )
    covered = rows["energy_scale"].notna() & (rows["powertrain"] == "ice")
    scaled = rows["km"] * rows["energy_scale"].where(covered, 1.0)
    sums = pd.DataFrame({"type": rows["vehicle_type"], "km": rows["km"], "scaled": scaled})
    sums = sums.groupby("type")[["km", "scaled"]].sum()
    scale = sums["scaled"] / sums["km"]
    return {str(name): float(value) for name, value in scale.items()}


def scale_energy(factors: Factors, scale: Mapping[str, float]) -> Factors:
    """
    Scale the fuel burnt by vehicle types, and what is bound to it.

    Parameters
    ----------
    factors : Factors
        Factors as published.
    scale : mapping
        Factor [-] by vehicle type; a type that is not named keeps its own.

    Returns
    -------
    Factors
        The same factors with more curves, a column `energy_scale` in `types`, and a note.
    """
    of_type = np.array([scale.get(name, 1.0) for name in factors.types["vehicle_type"]])
    bound = [
        q
        for q, (process, name) in enumerate(factors.quantities)
        if process in _PROCESSES and name in FUEL_BOUND
    ]
    index, parts, n_curves = factors.index.copy(), [factors.curve], len(factors.curve)
    for j in np.flatnonzero(of_type != 1.0):
        rows, place = np.unique(factors.index[j, bound], return_inverse=True)
        parts.append(factors.curve[rows] * of_type[j])
        new = np.where(rows > 0, n_curves + np.arange(len(rows)), 0)  # row 0 is zero
        index[j, bound] = new[place].reshape(index[j, bound].shape)
        n_curves += len(rows)
    note = (
        "Fuel economy by model year is on: energy, CO2, SO2 and lead of fuel burnt are scaled "
        f"for {int((of_type != 1.0).sum())} of {of_type.size} vehicle types, by "
        f"{of_type.min():.3f} to {of_type.max():.3f}; the published factor rows are unchanged."
    )
    return replace(
        factors,
        types=factors.types.assign(energy_scale=of_type),
        curve=np.concatenate(parts),
        index=index,
        notes=(*factors.notes, note),
    )
