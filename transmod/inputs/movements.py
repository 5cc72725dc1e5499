"""Flights and voyages, their fuels, and territories with a country code of their own."""

from __future__ import annotations

import difflib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from transmod.errors import Faults
from transmod.inputs.checks import check_table, first_of, listed
from transmod.inputs.tables import read_csv
from transmod.schema import FLIGHTS, MOVEMENT_FUELS, TERRITORIES, VOYAGES, Table

_TERRITORIES = Path(__file__).parent.parent / "model" / "tables" / "territories.csv"


def read_flights(path: Path, fuels: pd.DataFrame) -> pd.DataFrame:
    """
    Read and check a table of flights (`schema.FLIGHTS`).

    Parameters
    ----------
    path : Path
        The CSV file.
    fuels : pandas.DataFrame
        Fuels that have factors, as `read_movement_fuels` gives them.

    Returns
    -------
    pandas.DataFrame
        The rows in the file's order, with the columns of the schema.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    return _read_movements(path, FLIGHTS, fuels, "aviation")


def read_voyages(path: Path, fuels: pd.DataFrame) -> pd.DataFrame:
    """Read and check a table of voyages (`schema.VOYAGES`), as `read_flights` does."""
    return _read_movements(path, VOYAGES, fuels, "water")


def read_movement_fuels(folder: Path) -> pd.DataFrame:
    """
    Read the factors of aircraft and ship fuels of a profile set.

    Parameters
    ----------
    folder : Path
        The profile set; it holds `movement_fuels.csv` (`schema.MOVEMENT_FUELS`).

    Returns
    -------
    pandas.DataFrame
        Indexed by `subsector`, `fuel`, sorted; `energy` [MJ/kg] and a column for each pollutant
        of the table [g/kg], null where the fuel has no factor.

    Raises
    ------
    InputError
        With every fault: unit that does not fit, a fuel without `energy` or without CO2.
    """
    path = Path(folder) / "movement_fuels.csv"
    faults = Faults()
    table = read_csv(path, MOVEMENT_FUELS, faults)
    check_table(table, MOVEMENT_FUELS, str(path), faults)
    faults.raise_any()
    is_energy = table["quantity"] == "energy"
    if (bad := (is_energy != (table["unit"] == "MJ/kg")).to_numpy()).any():
        faults.add(
            f"`unit` of {path} must be MJ/kg for energy, g/kg or kg/TJ for a pollutant: "
            f"{first_of(bad, _row, table['unit'])}."
        )
    fuel = table.set_index(["subsector", "fuel"])
    energy = fuel.loc[is_energy.to_numpy(), "value"]
    with_co2 = fuel.index[fuel["quantity"].isin(["co2", "co2_biogenic"])]
    for have, name in ((energy.index, "energy"), (with_co2, "co2 or co2_biogenic")):
        missing = fuel.index.unique().difference(have)
        if len(missing):
            faults.add(
                f"{path} must give each fuel {name}: {len(missing)} have none, "
                f"{listed(' '.join(pair) for pair in missing)}."
            )
    faults.raise_any()
    # 1 kg/TJ = 1e-3 g/MJ
    per_energy = fuel["unit"].to_numpy() == "kg/TJ"
    scale = np.where(per_energy, 1e-3 * energy.reindex(fuel.index).to_numpy(), 1.0)
    table["value"] = table["value"].to_numpy() * scale
    return table.pivot_table(index=["subsector", "fuel"], columns="quantity", values="value")


def read_territories(path: Path | None = None) -> pd.DataFrame:
    """
    Read which territories count as part of a country (`schema.TERRITORIES`).

    Parameters
    ----------
    path : Path, optional
        The user's own table. Default: the shipped one, in which movements between Hong Kong,
        Macao, Taiwan and China count as international.

    Raises
    ------
    InputError
        With every fault: unknown country code, a territory named twice.
    """
    path = _TERRITORIES if path is None else Path(path)
    faults = Faults()
    table = read_csv(path, TERRITORIES, faults)
    check_table(table, TERRITORIES, str(path), faults)
    for name in ("territory", "country"):
        if name in table.columns:
            check_countries(table[name], f"`{name}` of {path}", faults)
    faults.raise_any()
    return table


def country_codes() -> frozenset[str]:
    """ISO 3166-1 alpha-2 codes, as the time zone database lists them."""
    text = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in text.splitlines() if line and not line.startswith("#"))


def _read_movements(path: Path, table: Table, fuels: pd.DataFrame, subsector: str) -> pd.DataFrame:
    path = Path(path)
    faults = Faults()
    frame = read_csv(path, table, faults)
    check_table(frame, table, str(path), faults)
    if set(table.required) <= set(frame.columns):
        for column in table.columns:
            if column.optional and column.name not in frame.columns:
                frame[column.name] = None
        frame = frame[list(table.names)]
        for name in ("origin_country", "destination_country"):
            check_countries(frame[name], f"`{name}` of {path}", faults)
        known = [fuel for burner, fuel in fuels.index if burner == subsector]
        _check_fuels(frame["fuel"], known, path, faults)
        check_places(frame, path, faults)
        _check_repeated(frame, path, faults)
    faults.raise_any()
    return frame


def check_countries(codes: pd.Series, label: str, faults: Faults) -> None:
    """Note codes of countries that no country has."""
    bad = (~codes.isin(country_codes()) & codes.notna()).to_numpy(bool)
    if bad.any():
        faults.add(
            f"{label} must be an ISO 3166-1 alpha-2 code in capitals, as CL or CN: "
            f"{first_of(bad, _row, codes)}."
        )


def _check_fuels(names: pd.Series, known: list[str], path: Path, faults: Faults) -> None:
    bad = (~names.isin(known) & names.notna()).to_numpy(bool)
    if bad.any():
        near = difflib.get_close_matches(str(names[bad].iloc[0]).lower(), known, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        faults.add(
            f"`fuel` of {path} must be one of {', '.join(known)}: "
            f"{first_of(bad, _row, names)}.{hint}"
        )


def check_places(frame: pd.DataFrame, path: Path, faults: Faults) -> None:
    """Note places and flags that do not agree, within a row and between rows."""
    flags = frame[["origin_in_city", "destination_in_city"]]
    if flags.isna().any(axis=None) or not all(pd.api.types.is_bool_dtype(t) for t in flags.dtypes):
        return  # noted before; what follows needs the flags
    start, end = (flags[name].to_numpy(bool) for name in flags.columns)
    same_place = (frame["origin"] == frame["destination"]).to_numpy(bool)
    same_country = (frame["origin_country"] == frame["destination_country"]).to_numpy(bool)
    idle = np.zeros(len(frame), bool)
    if "fuel_t" in frame.columns:
        idle = ((frame["movements"] == 0) & (frame["fuel_t"] > 0)).to_numpy(bool)
    for bad, must in (
        (~start & ~end, "start or end in the city"),
        (same_place & (start != end), "have two places if it crosses the boundary"),
        (start & end & ~same_country, "have one country if both ends are in the city"),
        (idle, "have movements [-] > 0 where fuel is burnt"),
    ):
        if bad.any():
            origin = frame["origin"]
            faults.add(f"Each row of {path} must {must}: {first_of(bad, _row, origin)}.")
    ends = [
        frame[[f"{end}", f"{end}_country", f"{end}_in_city"]].set_axis(
            ["place", "country", "in_city"], axis=1
        )
        for end in ("origin", "destination")
    ]
    places = pd.concat(ends).drop_duplicates()
    for name, what in (("country", "one country"), ("in_city", "inside the city, or outside")):
        several = places.groupby("place")[name].nunique()
        names = several.index[several > 1]
        if len(names):
            faults.add(
                f"Each place of {path} must be in all rows {what}: {len(names)} of "
                f"{len(several)} are not, {listed(names)}."
            )


def _check_repeated(frame: pd.DataFrame, path: Path, faults: Faults) -> None:
    key = ["origin", "destination", "fuel", "note"]
    twice = frame.duplicated(key).to_numpy()
    if twice.any():
        faults.add(
            f"Each row of {path} must differ in {', '.join(key)}: {int(twice.sum())} of "
            f"{len(frame)} rows stand twice, first {_row(int(np.flatnonzero(twice)[0]))}. Add "
            f"their fuel, or tell them apart by a note."
        )


def _row(position: int) -> str:
    return f"row {position + 1}"
