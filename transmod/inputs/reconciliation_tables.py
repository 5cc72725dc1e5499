"""Fuel and electricity sold, and kilometres from statistics: tables to set beside a model."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from transmod.errors import Faults, InputError
from transmod.inputs.checks import add_missing_columns, check_table, first_of, listed
from transmod.inputs.tables import read_csv
from transmod.schema import BENCHMARKS, FUEL_SALES, VKM_STATISTICS, Table
from transmod.units import convert

_ENERGY_UNITS = ("TJ", "GJ", "kWh", "MWh", "GWh")
_LITRES = {"l": 1.0, "m3": 1000.0}


def read_fuel_sales(
    path: Path, fossil: pd.DataFrame, blended: pd.DataFrame, year: int
) -> pd.DataFrame:
    """
    Read what was sold in a year, as energy.

    Parameters
    ----------
    path : Path
        CSV file (`schema.FUEL_SALES`); rows of other years are left aside.
    fossil, blended : pandas.DataFrame
        Fuels of the run's family, without biofuel and as they are sold: `fuel`, `kind`, `ncv_mj_kg`
        [MJ/kg], `density_kg_l` [kg/l].
    year : int
        Year of the account.

    Returns
    -------
    pandas.DataFrame
        By fuel, its grades added up: `energy_tj` [TJ], `covers`, `biofuel`, `source` (with notes).

    Raises
    ------
    InputError
        With every fault: an unknown fuel or unit, a negative amount, a fuel without a row of the
        year, a unit that the fuel has no figure for, grades that do not go together.

    Notes
    -----
    Volume and mass become energy by density and calorific value of the run's own family, blended as
    the run has it, or of the fossil part where biofuel stands apart. No other family is asked.
    """
    table = _read(path, FUEL_SALES, {"covers": "all", "biofuel": "included"})
    faults = Faults()
    known = list(blended["fuel"])
    is_known = table["fuel"].isin(known)
    if not is_known.all():
        bad = (~is_known).to_numpy()
        faults.add(
            f"`fuel` of {path} must be a fuel of the run's family: "
            f"{first_of(bad, lambda i: f'row {i + 1}', table['fuel'])}. Valid: {', '.join(known)}."
        )
    own = _of_year(table[is_known], "fuel", year, path, faults)
    values = {"included": blended.set_index("fuel"), "apart": fossil.set_index("fuel")}
    energy = []
    for row in own.to_dict("records"):
        try:
            energy.append(_to_tj(row, values[row["biofuel"]].loc[row["fuel"]]))
        except InputError as error:
            faults.take(error)
            energy.append(np.nan)
    own = own.assign(energy_tj=energy)
    for fuel, rows in own.groupby("fuel"):
        for name in ("covers", "biofuel"):
            if len(set(rows[name])) > 1:
                faults.add(
                    f"`{name}` of {path} must be the same on all grades of a fuel: {fuel} in "
                    f"{year} has {listed(sorted(set(rows[name])))}. Add them up, or say one."
                )
    faults.raise_any()
    own = own.assign(source=_sources(own))
    return own.groupby("fuel").agg(
        energy_tj=("energy_tj", "sum"),
        covers=("covers", "first"),
        biofuel=("biofuel", "first"),
        source=("source", lambda names: "; ".join(dict.fromkeys(names))),
    )


def read_vkm_statistics(path: Path, year: int) -> pd.DataFrame:
    """
    Read the kilometres of vehicle classes in a year (`schema.VKM_STATISTICS`).

    Returns
    -------
    pandas.DataFrame
        By vehicle class: `vkm` [veh km], `counts`, `source` (with notes).

    Raises
    ------
    InputError
        With every fault: an unknown class, negative kilometres, a class without a row of the year.
    """
    table = _read(path, VKM_STATISTICS, {"counts": "inside"})
    faults = Faults()
    own = _of_year(table, "vehicle_class", year, path, faults)
    faults.raise_any()
    own = own.assign(source=_sources(own))
    return own.set_index("vehicle_class")[["vkm", "counts", "source"]].sort_index()


def read_benchmarks(path: Path) -> pd.DataFrame:
    """
    Read emission intensities of freight (`schema.BENCHMARKS`).

    Raises
    ------
    InputError
        With every fault of the file.
    """
    return _read(path, BENCHMARKS, {})


def _read(path: Path, schema: Table, defaults: dict[str, str]) -> pd.DataFrame:
    faults = Faults()
    table = read_csv(path, schema, faults)
    check_table(table, schema, str(path), faults)
    faults.raise_any()
    add_missing_columns(table, schema)
    for name, value in defaults.items():
        table[name] = table[name].where(table[name].notna(), value)
    return table


def _of_year(table: pd.DataFrame, name: str, year: int, path: Path, faults: Faults) -> pd.DataFrame:
    """Return the rows of a year; note what has rows of other years alone."""
    own = table[table["year"] == year]
    lacking = sorted(set(table[name]) - set(own[name]))
    if lacking or table.empty:
        none_of = f" of {listed(lacking)}" if lacking else ""
        years = listed(sorted(set(table["year"]))) or "none"
        faults.add(
            f"{path} must have rows of the run's year {year}: there are none{none_of}, "
            f"the file holds {years}. Add the year, or take rows of other fuels or classes "
            f"out."
        )
    return own


def _sources(table: pd.DataFrame) -> list[str]:
    """Return source and note of each row as one text."""
    return [
        source if pd.isna(note) else f"{source} ({note})"
        for source, note in zip(table["source"], table["note"], strict=True)
    ]


def _to_tj(row: Mapping[Hashable, Any], values: pd.Series) -> float:
    """Return the energy of an amount [TJ]."""
    fuel, amount, unit = str(row["fuel"]), float(row["amount"]), str(row["unit"])
    if unit in _ENERGY_UNITS:
        return convert(amount, unit, "TJ")
    needed = ["ncv_mj_kg"] if unit in ("t", "kt", "kg") else ["ncv_mj_kg", "density_kg_l"]
    lacking = [name for name in needed if pd.isna(values[name])]
    if values["kind"] != "combustion" or lacking:
        raise InputError(
            f"{fuel} sold in {unit} needs {' and '.join(needed)} in the run's family of fuels: "
            f"{' and '.join(lacking) or 'none of them'} not found. Give the amount in TJ or "
            f"{'t' if lacking == ['density_kg_l'] else 'MWh'}."
        )
    mass_kg = (
        amount * _LITRES[unit] * values["density_kg_l"]
        if unit in _LITRES
        else convert(amount, unit, "kg")
    )
    return convert(mass_kg * values["ncv_mj_kg"], "MJ", "TJ")
