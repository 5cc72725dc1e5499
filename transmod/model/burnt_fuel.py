"""Fuel burnt by trains and machines, as rows of emissions and of energy."""

from __future__ import annotations

import pandas as pd

from transmod.schema import EMISSION_KEYS


def fuel_rows(
    keys: pd.DataFrame, fuel: pd.Series, fuel_t: pd.Series, fuels: pd.DataFrame, *, noun: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Turn fuel burnt into rows of emissions and of energy.

    Parameters
    ----------
    keys : pandas.DataFrame
        `schema.EMISSION_KEYS` without `activity` and `fuel`, indexed as `fuel_t`.
    fuel : pandas.Series
        Fuel of each row.
    fuel_t : pandas.Series
        Burnt [t].
    fuels : pandas.DataFrame
        By fuel: `energy` [MJ/kg], pollutants [g/kg].
    noun : str
        First word of the activity.

    Returns
    -------
    emissions, energy : pandas.DataFrame
        Every pollutant of `fuels`; its mass is null where the fuel has no figure.
    """
    rows = keys.assign(activity=f"{noun}_fuel", fuel=fuel)[list(EMISSION_KEYS)]
    burnt = fuel_t.astype("float64")
    factor = fuels.reindex(rows["fuel"]).set_axis(rows.index)
    emissions = [
        rows.assign(process="combustion", pollutant=name, mass_t=burnt * factor[name] * 1e-3)
        for name in fuels.columns
        if name != "energy"
    ]
    energy = rows.assign(energy_tj=burnt * factor["energy"] * 1e-3)
    return pd.concat(emissions, ignore_index=True), energy
