"""Ships: what is given of each, and what tables of their classes add."""

from __future__ import annotations

import difflib
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.inputs.checks import first_of
from transmod.inputs.ship_tables import ShipTables
from transmod.schema import SHIP_PHASES

OPTIONAL = ("main_power_kw", "design_speed_kn", "engine", "auxiliary_fuel", "built", "nox_tier")
LNG_ENGINE = "lng_otto_ms"  # of a ship on gas whose engine is not given
_IMPOSSIBLE = 1.3  # speed over design speed that no ship reaches

Names = Callable[[int], str]


def complete_ships(
    ships: pd.DataFrame, tables: ShipTables, origin: str, faults: Faults, where: Names
) -> pd.DataFrame | None:
    """
    Add what the tables say of a ship's class, where it is not given with the ship.

    Parameters
    ----------
    ships : pandas.DataFrame
        N rows with the columns that `schema.SHIP_CALLS` and `schema.SHIP_REGISTER` share.
    tables : ShipTables
        As `read_ship_tables` gives them.
    origin : str
        Name of the file, for the sentences.
    faults : Faults
        Takes unknown types, fuels and engines, with near names, and what is known of no class.
    where : callable
        Names a row by its position.

    Returns
    -------
    pandas.DataFrame or None
        The rows with all of `OPTIONAL` filled, `is_default_built`, and for each phase
        `auxiliary_<phase>_kw` and `boiler_<phase>_kw` [kW]. None if there are faults.
    """
    before = len(faults)
    ships = ships.copy()
    for name in OPTIONAL:
        if name not in ships.columns:
            ships[name] = None
    engines = tables.engines["engine"][~tables.engines["engine"].isin(["auxiliary", "boiler"])]
    for name, known in (
        ("ship_type", tables.ship_types),
        ("fuel", sorted(tables.fuel_group)),
        ("auxiliary_fuel", sorted(tables.fuel_group)),
        ("engine", sorted(engines)),
    ):
        _check_names(ships[name], known, f"`{name}` of {origin}", faults, where)
    if len(faults) > before:
        return None
    power = _find_class(ships, tables.power)
    auxiliary = _find_class(ships, tables.auxiliary)
    _fill(ships, tables, power)
    wanted = {
        "main_power_kw": "kW",
        "design_speed_kn": "kn",
    }
    for name, unit in wanted.items():
        lacking = ships[name].isna().to_numpy()
        if lacking.any():
            faults.add(
                f"`{name}` [{unit}] of {origin} must be given for ships of whose class none is "
                f"published: {first_of(lacking, where, ships['ship_type'])}. In `size_unit` of "
                f"ship_power.csv some types have one."
            )
    if (bad := auxiliary < 0).any():
        units = tables.auxiliary.groupby("ship_type")["size_unit"].first()
        first = ships["ship_type"].iloc[int(np.flatnonzero(bad)[0])]
        faults.add(
            f"`size_unit` of {origin} must be that of the type's classes of auxiliary power: "
            f"{first_of(bad, where, ships['size_unit'])}. Of {first} it is {units[first]!r}."
        )
    if len(faults) > before:
        return None
    chosen = tables.auxiliary.iloc[auxiliary]
    for machine in ("auxiliary", "boiler"):
        for phase in SHIP_PHASES:
            name = f"{machine}_{phase}_kw"
            ships[name] = chosen[name].to_numpy()
    _shrink(ships, tables.method)
    _check_consumption(ships, tables, origin, faults, where)
    return None if len(faults) > before else ships


def check_speeds(
    speed: pd.Series, ships: pd.DataFrame, label: str, faults: Faults, where: Names
) -> None:
    """Speeds [kn] must be ones that the ship can reach."""
    design = ships["design_speed_kn"].to_numpy(np.float64)
    bad = (speed.to_numpy(np.float64) > _IMPOSSIBLE * design) & speed.notna().to_numpy()
    if bad.any():
        faults.add(
            f"{label} must be at most {_IMPOSSIBLE:g} times the design speed of the ship: "
            f"{first_of(bad, where, speed)}."
        )


def _check_names(
    values: pd.Series, known: list[str], label: str, faults: Faults, where: Names
) -> None:
    bad = (~values.isin(known) & values.notna()).to_numpy(bool)
    if bad.any():
        name = str(values[bad].iloc[0])
        plain = name.lower().replace(" ", "_")
        parts = [other for other in known if plain in other]
        near = parts or difflib.get_close_matches(plain, known, 3, 0.5)
        hint = f" Near {name!r}: {', '.join(near)}." if near else ""
        faults.add(
            f"{label} must be one of {', '.join(known)}: {first_of(bad, where, values)}.{hint}"
        )


def _find_class(ships: pd.DataFrame, classes: pd.DataFrame) -> NDArray[np.int64]:
    """Return the row of each ship's class; -1: none in its unit."""
    found = np.full(len(ships), -1)
    rows = dict(iter(classes.groupby(["ship_type", "size_unit"])))
    for key, part in ships.reset_index(drop=True).groupby(["ship_type", "size_unit"]):
        if key in rows:
            own = rows[key].sort_values("size_from")
            place = np.searchsorted(own["size_from"].to_numpy(), part["size"].to_numpy(), "right")
            found[part.index] = own.index.to_numpy()[place - 1]
    return found


def _fill(ships: pd.DataFrame, tables: ShipTables, power: NDArray[np.int64]) -> None:
    """Put figures of the class where the ship has none of its own."""
    own = tables.power.reindex(power)
    # whatever the unit of its size, a type has a usual kind of engine
    usual = tables.power.groupby("ship_type")["engine"].first()
    ships["engine"] = ships["engine"].astype(object)
    for name in ("main_power_kw", "design_speed_kn"):
        given = pd.to_numeric(ships[name])
        ships[name] = given.where(given.notna(), pd.Series(own[name].to_numpy(), ships.index))
    engine = pd.Series(own["engine"].to_numpy(), ships.index)
    engine = engine.where(engine.notna(), ships["ship_type"].map(usual))
    is_gas = ships["fuel"].map(tables.fuel_group) == "lng"
    engine = engine.mask(is_gas & ~engine.str.startswith(("gas", "steam")), LNG_ENGINE)
    ships["engine"] = ships["engine"].where(ships["engine"].notna(), engine)
    spare = ships["auxiliary_fuel"].astype(object)
    ships["auxiliary_fuel"] = spare.where(spare.notna(), ships["fuel"])
    built = pd.to_numeric(ships["built"]).astype(float)
    ships["is_default_built"] = built.isna()
    ships["built"] = built.where(built.notna(), tables.method["default_built"])
    first, second = tables.method["tier_1_from"], tables.method["tier_2_from"]
    by_age = np.where(ships["built"] < first, 0, np.where(ships["built"] < second, 1, 2))
    tier = pd.to_numeric(ships["nox_tier"]).astype(float)
    ships["nox_tier"] = tier.where(tier.notna(), pd.Series(by_age, ships.index)).astype(int)


def _shrink(ships: pd.DataFrame, method: dict[str, float]) -> None:
    """Small ships have less than their class: nothing, or a share of the main engine."""
    power = ships["main_power_kw"].to_numpy(np.float64)
    is_bare = power < method["no_auxiliary_below"]
    is_small = ~is_bare & (power <= method["share_auxiliary_below"])
    for phase in SHIP_PHASES:
        auxiliary = ships[f"auxiliary_{phase}_kw"].to_numpy(np.float64)
        auxiliary = np.where(is_small, method["share_auxiliary"] * power, auxiliary)
        ships[f"auxiliary_{phase}_kw"] = np.where(is_bare, 0.0, auxiliary)
        boiler = ships[f"boiler_{phase}_kw"].to_numpy(np.float64)
        ships[f"boiler_{phase}_kw"] = np.where(is_bare, 0.0, boiler)


def _check_consumption(
    ships: pd.DataFrame, tables: ShipTables, origin: str, faults: Faults, where: Names
) -> None:
    """Each engine must have a published consumption of its fuel at its age."""
    runs = np.ones(len(ships), bool)
    boils = ships[[f"boiler_{phase}_kw" for phase in SHIP_PHASES]].gt(0).any(axis=1).to_numpy()
    hums = ships[[f"auxiliary_{phase}_kw" for phase in SHIP_PHASES]].gt(0).any(axis=1).to_numpy()
    for machine, fuel, needed in (
        ("main", "fuel", runs),
        ("auxiliary", "auxiliary_fuel", hums),
        ("boiler", "auxiliary_fuel", boils),
    ):
        kind = ships["engine"] if machine == "main" else pd.Series(machine, ships.index)
        bad = needed & np.isnan(find_consumption(kind, ships[fuel], ships["built"], tables)[0])
        if bad.any():
            pairs = kind + " on " + ships[fuel]
            faults.add(
                f"{machine.capitalize()} engines of {origin} must have a consumption in "
                f"ship_consumption.csv: {first_of(bad, where, pairs)}. Give another `engine`, "
                f"`{fuel}` or `built`."
            )


def find_consumption(
    engine: pd.Series, fuel: pd.Series, built: pd.Series, tables: ShipTables
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the specific consumption [g/kWh] of engines, and whether it goes by load."""
    name = engine.map(tables.engines.set_index("engine")["consumption_of"]).to_numpy(object)
    group = fuel.map(tables.fuel_group).to_numpy(object)
    year = built.to_numpy(np.float64)
    value, by_load = np.full(len(name), np.nan), np.zeros(len(name), bool)
    table = tables.consumption.fillna({"built_from": -np.inf, "built_to": np.inf})
    for row in table[table["engine"].isin(set(name))].itertuples():
        fits = (name == row.engine) & (group == row.fuel_group)
        fits &= (year >= row.built_from) & (year <= row.built_to)
        value[fits], by_load[fits] = row.value, row.by_load
    return value, by_load
