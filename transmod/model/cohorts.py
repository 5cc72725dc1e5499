"""
Cohorts of a fleet: from counts or sales of vehicles to the shares of types in kilometres.

Each cohort takes the emission standard of its year of registration, is split into the technologies
of that standard, and weighs as much as it drives.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from transmod.errors import Faults, InputError
from transmod.inputs.checks import first_of, listed
from transmod.inputs.fleet_tables import ANY, Turnover
from transmod.inputs.profiles import ProfileSet
from transmod.model.turnover import GROUP, Floats, Lives, Renewal, lives, move_on, sales_to_stock

ZERO_TAILPIPE = "zero_tailpipe"
_OLD = 0.05  # sales should reach back until fewer than this share survive


@dataclass(frozen=True, eq=False)
class Cohorts:
    """
    The vehicles on the road in `year`, each with its type.

    `table` has the columns of `fleet_tables.STOCK`, `vehicle_type` and `km` [km/year] of the whole
    cohort; cohorts of several technologies stand in several rows.
    """

    year: int
    table: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Count:
    """
    What a table of vehicles is, and of which year the fleet shall be.

    `region` of regions.csv; `year` of the fleet; `is_sales`: sold in their year, else a stock;
    `counted_in`: year of a stock, if not the newest of its registrations; `growth` [1/year] of
    each class, and `renew` of `turnover.move_on`, for years beyond the table.
    """

    region: str
    year: int
    is_sales: bool = False
    counted_in: int | None = None
    growth: float = 0.0
    renew: Renewal | None = None


def build_cohorts(
    profiles: ProfileSet, turnover: Turnover, table: pd.DataFrame, count: Count
) -> Cohorts:
    """
    Build the vehicles on the road in a year from a stock or from sales.

    Parameters
    ----------
    profiles : ProfileSet
        Its types.
    turnover : Turnover
        Lives, standards, mileage.
    table : pandas.DataFrame
        Columns of `fleet_tables.STOCK`, as `read_stock` gives them.
    count : Count
        What the table is, and the year wanted.

    Raises
    ------
    InputError
        With every fault: unknown fuel, size or standard (with the valid names), years without a
        standard, a year before the count, a class without vehicles.
    """
    faults = Faults()
    region, year = count.region, count.year
    turnover.family(region)
    _check_known(table, profiles, turnover, region, faults)
    faults.raise_any()
    newest = int(table["registration_year"].max())
    curves, notes = lives(turnover, region), []
    if count.is_sales:
        start = min(year, newest)
        if (table["registration_year"] > year).all():
            raise InputError(
                f"Sales must begin before the year of the fleet, {year}: the first are of "
                f"{table['registration_year'].min()}."
            )
        notes += _young_notes(table, curves, start)
        stock = sales_to_stock(table, curves, start)
    else:
        start = newest if count.counted_in is None else count.counted_in
        if start < newest or year < start:
            raise InputError(
                "Years of a stock must be in the order newest registration, count, fleet: "
                f"{newest}, {start}, {year} found. What was scrapped before the count is unknown: "
                "for an earlier fleet give `sales`, or an earlier stock."
            )
        stock = table
    total = stock.groupby(GROUP)["vehicles"].sum()
    for key in total.index[total <= 0]:
        faults.add(
            f"Vehicles of a class must be more than none [veh]: 0 found of {_join(key)} in {start}."
        )
    faults.raise_any()
    if year > start:
        notes.append(
            f"Fleet moved on from {start} to {year}: what is scrapped is replaced by the mix last "
            f"registered{', driven towards CO2 targets' if count.renew else ''}, growth "
            f"{count.growth:.1%} a year."
        )
        stock = move_on(stock, curves, start, year, growth=count.growth, renew=count.renew)
    typed = to_types(stock, profiles, turnover, region)
    km = mileage(typed, turnover, region, year)
    typed = typed.assign(km=typed["vehicles"].to_numpy() * km)
    typed = typed[typed["km"] > 0].reset_index(drop=True)
    return Cohorts(year, typed, (*notes, *_age_notes(typed, year)))


def to_types(
    stock: pd.DataFrame, profiles: ProfileSet, turnover: Turnover, region: str
) -> pd.DataFrame:
    """
    Give each cohort its standard and split it into vehicle types.

    Raises
    ------
    InputError
        With every kind of vehicle that has no type, and the standards that have one.
    """
    faults = Faults()
    stock = stock.assign(emission_standard=standards(stock, profiles, turnover, region, faults))
    faults.raise_any()
    key = ["vehicle_class", "powertrain", "fuel", "emission_standard"]
    split = turnover.technologies[[*key, "taken_as", "technology", "share"]]
    rows = stock.merge(split, on=key, how="left", sort=False)
    rows["emission_standard"] = rows["taken_as"].where(
        rows["taken_as"].notna(), rows["emission_standard"]
    )
    types = profiles.types
    types = types.assign(
        technology=types["technology"].fillna(""), use=types["use"].fillna("general")
    )
    kinds = [*key, "size", "use"]
    # a cohort that no row splits takes the only technology its kind has
    alone = types.groupby(kinds)["technology"].transform("size") == 1
    only = types.loc[alone, [*kinds, "technology"]].rename(columns={"technology": "only"})
    rows = rows.merge(only, on=kinds, how="left", sort=False)
    rows["technology"] = rows["only"].where(rows["only"].notna(), rows["technology"]).fillna("")
    rows["vehicles"] = rows["vehicles"] * rows["share"].fillna(1.0)
    rows = rows.drop(columns=["taken_as", "share", "only"])
    keys = [c for c in rows.columns if c != "vehicles"]
    rows = rows.groupby(keys, dropna=False, as_index=False)[["vehicles"]].sum()
    named = types[[*kinds, "technology", "vehicle_type"]]
    rows = rows.merge(named, on=[*kinds, "technology"], how="left", sort=False)
    lost = rows[rows["vehicle_type"].isna() & (rows["vehicles"] > 0)]
    for found, cohorts in lost.groupby(kinds):
        own = types
        for column, value in zip(kinds, found, strict=True):
            own = own if column == "emission_standard" else own[own[column] == value]
        faults.add(
            f"A type of the set {profiles.name} must stand for {_join(found)}: none does for "
            f"{cohorts['vehicles'].sum():,.0f} veh registered in "
            f"{_years(cohorts['registration_year'])}. Standards of {_join(found[:3])} "
            f"{found[4]} with a type: {listed(own['emission_standard'].drop_duplicates())}. Give "
            "one in a column `emission_standard`, or a row in technologies.csv."
        )
    faults.raise_any()
    return rows[rows["vehicles"] > 0].reset_index(drop=True)


def standards(
    stock: pd.DataFrame, profiles: ProfileSet, turnover: Turnover, region: str, faults: Faults
) -> pd.Series:
    """Return the standard of each row: that given, that of an electric type, or of its year."""
    out = stock["emission_standard"].astype(object)
    types = profiles.types
    clean = types.assign(clean=types["emission_standard"] == ZERO_TAILPIPE)
    clean = clean.groupby(["vehicle_class", "powertrain"], as_index=False)[["clean"]].min()
    pair = stock[["vehicle_class", "powertrain"]].merge(clean, how="left")
    is_clean = pair["clean"].eq(True).to_numpy()
    out[is_clean & (out == "").to_numpy()] = ZERO_TAILPIPE
    table = turnover.of_region(turnover.standards, region)
    open_ = (out == "").to_numpy()
    for (vehicle_class, fuel), rows in stock[open_].groupby(["vehicle_class", "fuel"]):
        own = table[table["vehicle_class"] == vehicle_class]
        own = own[own["fuel"] == (fuel if (own["fuel"] == fuel).any() else ANY)]
        first = own["first_year"].to_numpy()
        place = np.searchsorted(first, rows["registration_year"].to_numpy(), side="right") - 1
        if (place < 0).any():
            faults.add(
                f"Registration years of {vehicle_class} {fuel} must have a standard in the region "
                f"{region}: {_years(rows['registration_year'][place < 0])} have none. "
                + (
                    f"The first row of standards.csv is of {first[0]}; add one, or give a column "
                    "`emission_standard`."
                    if len(first)
                    else "standards.csv has no row for them; give a column `emission_standard`."
                )
            )
            continue
        out[rows.index] = own["emission_standard"].to_numpy(object)[place]
    return out.astype("string")


def mileage(stock: pd.DataFrame, turnover: Turnover, region: str, year: int) -> Floats:
    """
    Return the kilometres of one vehicle of each row in `year` [km/year].

    Linear between the ages of `mileage.csv`, held from its last age on.

    Raises
    ------
    InputError
        If a class and fuel has no row in the region.
    """
    table = turnover.of_region(turnover.mileage, region)
    out = np.empty(len(stock))
    faults = Faults()
    for (vehicle_class, fuel), rows in stock.groupby(["vehicle_class", "fuel"]):
        own = table[table["vehicle_class"] == vehicle_class]
        own = own[own["fuel"] == (fuel if (own["fuel"] == fuel).any() else ANY)]
        if own.empty:
            faults.add(
                f"Kilometres by age of {vehicle_class} {fuel} must be given in the region {region} "
                f"[km/year]: no row of mileage.csv. Rows given: {listed(table['vehicle_class'])}."
            )
            continue
        age = year - rows["registration_year"].to_numpy(float)
        out[stock.index.get_indexer(rows.index)] = np.interp(age, own["age"], own["km_per_year"])
    faults.raise_any()
    return out


def to_shares(cohorts: Cohorts, name: str) -> pd.DataFrame:
    """
    Return the share of each type in the kilometres of its class, trip kind and district.

    Returns
    -------
    pandas.DataFrame
        Columns of `fleets/*.csv`, as `build_fleet` takes them; shares sum to 1.
    """
    table = cohorts.table
    km = table.groupby([*GROUP, "vehicle_type"], as_index=False)["km"].sum()
    share = km["km"] / km.groupby(GROUP)["km"].transform("sum")
    district = km["district_id"].where(km["district_id"] != "", pd.NA)
    return pd.DataFrame(
        {
            "vehicle_class": km["vehicle_class"],
            "trip_kind": km["trip_kind"],
            "vehicle_type": km["vehicle_type"],
            "share": share,
            "year": pd.array([cohorts.year] * len(km), "Int64"),
            "district_id": district.astype("string"),
            "note": f"from {name}",
        }
    )


def _check_known(
    table: pd.DataFrame, profiles: ProfileSet, turnover: Turnover, region: str, faults: Faults
) -> None:
    """Note fuels, powertrains, sizes and standards that no type of the class has."""
    types = profiles.types
    valid = set(types["emission_standard"]) | set(turnover.standards["emission_standard"])
    bad = ((table["emission_standard"] != "") & ~table["emission_standard"].isin(valid)).to_numpy()
    if bad.any():
        found = first_of(bad, lambda i: _name(table, i), table["emission_standard"])
        faults.add(
            f"`emission_standard` of a fleet must be one of the set {profiles.name}: {found}. "
            f"Standards: {listed(sorted(valid))}."
        )
    alive = turnover.of_region(turnover.survival, region)["vehicle_class"]
    for vehicle_class, rows in table.groupby("vehicle_class"):
        own = types[types["vehicle_class"] == vehicle_class]
        if not (alive == vehicle_class).any():
            faults.add(
                f"Survival of {vehicle_class} must be given in the region {region}: no row of "
                f"survival.csv. Rows given: {listed(alive)}."
            )
        for column in ("fuel", "powertrain", "size"):
            bad = ~rows[column].isin(own[column]).to_numpy()
            if bad.any():
                place = rows.index[bad][0]
                faults.add(
                    f"`{column}` of {vehicle_class} must be one that the set {profiles.name} has: "
                    f"{int(bad.sum())} of {len(rows)} rows are not, first {_name(table, place)} "
                    f"(value {rows[column][place]!r}). Valid: "
                    f"{listed(own[column].drop_duplicates())}."
                )
                break


def _name(table: pd.DataFrame, place: int) -> str:
    row = table.loc[place]
    return " ".join(str(row[c]) for c in ("vehicle_class", "fuel", "size", "registration_year"))


def _years(years: pd.Series) -> str:
    low, high = int(years.min()), int(years.max())
    return f"{low}" if low == high else f"{low} to {high}"


def _young_notes(sales: pd.DataFrame, curves: Lives, year: int) -> list[str]:
    """Say where sales do not reach back far enough for the older vehicles to be in them."""
    notes = []
    for vehicle_class, rows in sales.groupby("vehicle_class"):
        first = int(rows["registration_year"].min())
        born = np.array([float(first)])
        left = float(curves.left(rows["vehicle_class"].head(1), born, born, max(year, first))[0])
        if left > _OLD:
            notes.append(
                f"Sales of {vehicle_class} begin in {first}, of which {left:.0%} still drive in "
                f"{year}: older vehicles are missing and the fleet is younger than the real one."
            )
    return notes


def _age_notes(table: pd.DataFrame, year: int) -> list[str]:
    """Say how many vehicles of which mean age the fleet has."""
    parts = []
    for vehicle_class, rows in table.groupby("vehicle_class"):
        age = np.average(year - rows["registration_year"], weights=rows["vehicles"])
        by_km = np.average(year - rows["registration_year"], weights=rows["km"])
        parts.append(
            f"{vehicle_class} {rows['vehicles'].sum():,.0f} vehicles, mean age {age:.1f} years "
            f"({by_km:.1f} by kilometres)"
        )
    return [f"Fleet of {year}: {'; '.join(parts)}."]


def _join(names: Iterable[Hashable]) -> str:
    return " ".join(str(name) for name in names if name != "")
