"""Engines of ships: load by speed, fuel by load, and what leaves the funnel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.inputs.ship_tables import ShipTables
from transmod.inputs.ships import find_consumption

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# what engines emit, in this order; energy [TJ] is the last column of masses, fuel [t] before it
EMITTED = ("co2", "ch4", "n2o", "nox", "co", "nmvoc", "pm10", "pm2_5", "bc", "so2")
QUANTITIES = (*EMITTED, "fuel", "energy")
# of which more is emitted per energy at low load; fuel has a curve of its own
LOW_LOAD = ("nox", "co", "nmvoc", "pm10", "pm2_5")
_BC, _PM10, _PM25 = EMITTED.index("bc"), EMITTED.index("pm10"), EMITTED.index("pm2_5")

# bulk carriers and the like are small up to this size, which lessens the pull of waves on them
_SMALL_DWT = {
    "bulk_carrier": 10_000.0,
    "chemical_tanker": 10_000.0,
    "oil_tanker": 10_000.0,
    "other_liquids_tanker": 10_000.0,
    "general_cargo": 10_000.0,
    "roro": 5_000.0,
}
_ALWAYS_SMALL = (
    "ferry_pax", "ferry_ropax", "service_tug", "service_other", "offshore", "fishing", "yacht",
    "miscellaneous_other", "inland_cargo",
)  # fmt: skip
_LARGE_CONTAINER_TEU = 14_500.0


@dataclass(frozen=True, eq=False)
class Engines:
    """
    Engines of one kind, main, auxiliary or boiler, of N ships.

    Attributes
    ----------
    consumption : ndarray, (N,)
        Fuel per energy at the base of the curve of load [g/kWh].
    by_load : ndarray of bool, (N,)
        Fuel per energy follows that curve.
    by_energy, by_fuel : ndarray, (N, E)
        What is emitted per energy [g/kWh] and per fuel [g/kg], added; NaN in both: not published.
    calorific : ndarray, (N,)
        [MJ/kg].
    low_load : ndarray of bool, (N,)
        Emits more per energy at low load.
    black_carbon : ndarray, (N, 2)
        Value [kg/kg] and exponent of the load; NaN: not published.
    """

    consumption: Floats
    by_load: NDArray[np.bool_]
    by_energy: Floats
    by_fuel: Floats
    calorific: Floats
    low_load: NDArray[np.bool_]
    black_carbon: Floats


def load_factor(ships: pd.DataFrame, method: dict[str, float]) -> Floats:
    """
    Return the load of each main engine at design speed, (N,): the load goes by the speed's cube.

    Notes
    -----
    Fourth IMO GHG Study, equation 8, at design draught: weather and fouling take more power,
    cruise and very large container ships have more than they need.
    """
    kind, size = ships["ship_type"], ships["size"].to_numpy(np.float64)
    limit = kind.map(_SMALL_DWT).to_numpy(np.float64)
    is_small = kind.isin(_ALWAYS_SMALL).to_numpy() | (size < limit)
    weather = np.where(is_small, method["weather_factor_small"], method["weather_factor"])
    spare = np.ones(len(ships))
    spare[(kind == "cruise").to_numpy()] = method["speed_power_cruise"]
    is_large = (kind == "container").to_numpy() & (size > _LARGE_CONTAINER_TEU)
    spare[is_large] = method["speed_power_container_large"]
    return spare / (weather * method["fouling_factor"])


def load_at(speed_over_design: Floats, factor: Floats, method: dict[str, float]) -> Floats:
    """Return the load of engines that turn, from the floor of the method up to 1."""
    return np.clip(factor * speed_over_design**3, method["load_floor"], 1.0)


def build_engines(ships: pd.DataFrame, machine: str, tables: ShipTables, year: int) -> Engines:
    """
    Lay out the engines of ships for the arithmetic.

    Parameters
    ----------
    ships : pandas.DataFrame
        N ships as `complete_ships` gives them.
    machine : str
        `main`, `auxiliary` or `boiler`.
    tables : ShipTables
        Factors.
    year : int
        Sulphur in fuel is that of this year.
    """
    is_main = machine == "main"
    kind = ships["engine"] if is_main else pd.Series(machine, ships.index)
    fuel = ships["fuel" if is_main else "auxiliary_fuel"]
    engines = tables.engines.set_index("engine")
    consumption, by_load = find_consumption(kind, fuel, ships["built"], tables)
    group = fuel.map(tables.fuel_group).to_numpy(object)
    strokes = kind.map(engines["strokes"]).to_numpy(np.float64)
    by_energy = _per_energy(ships, kind, group, machine, tables)
    by_fuel, calorific = _per_fuel(kind, fuel, tables)
    _add_sulphur(by_energy, by_fuel, fuel, group, tables, year)
    carbon = np.full((len(ships), 2), np.nan)
    for row in tables.black_carbon.itertuples():
        carbon[(group == row.fuel_group) & (strokes == row.strokes)] = row.value, row.exponent
    return Engines(
        consumption, by_load, by_energy, by_fuel, calorific,
        is_main & kind.map(engines["low_load"]).to_numpy(bool), carbon,
    )  # fmt: skip


def engine_masses(
    engines: Engines, ship: Integers, energy_kwh: Floats, load: Floats, tables: ShipTables
) -> Floats:
    """
    Return what engines emit and burn, (R, Q).

    Parameters
    ----------
    engines : Engines
        Of N ships.
    ship : ndarray of int, (R,)
        Ship of each row.
    energy_kwh : ndarray, (R,)
        Work of the engine [kWh].
    load : ndarray, (R,)
        Share of its rated power, above 0 [-].
    tables : ShipTables
        Curves of load.

    Returns
    -------
    ndarray, (R, Q)
        Columns as `QUANTITIES`: [t], energy [TJ]; NaN where nothing is published. Black carbon is
        held to the particles it is a part of: its curve would pass them at low loads.
    """
    method = tables.method
    curve = (method["load_curve_2"] * load + method["load_curve_1"]) * load + method["load_curve_0"]
    fuel_g = energy_kwh * engines.consumption[ship] * np.where(engines.by_load[ship], curve, 1.0)
    per_kwh, per_kg = engines.by_energy[ship], engines.by_fuel[ship]
    nothing = np.isnan(per_kwh) & np.isnan(per_kg)
    # what is emitted per energy and what per fuel are terms of one sum, and either may be none
    grams = np.nan_to_num(per_kwh) * energy_kwh[:, None]
    grams += np.nan_to_num(per_kg) * (1e-3 * fuel_g)[:, None]
    slow = engines.low_load[ship] & (load < method["low_load_below"])
    if slow.any():
        for row in tables.low_load.to_dict("records"):
            if row["pollutant"] in LOW_LOAD:
                q = EMITTED.index(row["pollutant"])
                more = low_load_factor(
                    load[slow], row["a"], row["x"], row["b"], method["low_load_below"]
                )
                grams[slow, q] *= more
    value, exponent = engines.black_carbon[ship].T
    carbon = np.minimum(fuel_g * value * load**exponent, grams[:, _PM25])
    nothing[:, _BC] = np.isnan(carbon)
    grams[:, _BC] = carbon
    grams[nothing] = np.nan
    energy_tj = fuel_g * 1e-9 * engines.calorific[ship]
    return np.column_stack([grams * 1e-6, fuel_g * 1e-6, energy_tj])


def low_load_factor(load: Floats, a: float, x: float, b: float, below: float) -> Floats:
    """Return by how much more is emitted per energy below a load than at it, (R,)."""
    held = np.minimum(load, below)
    return (a * held**-x + b) / (a * below**-x + b)


def _per_energy(
    ships: pd.DataFrame,
    kind: pd.Series,
    group: NDArray[np.object_],
    machine: str,
    tables: ShipTables,
) -> Floats:
    """Return factors per energy [g/kWh], (N, E)."""
    name = kind.map(tables.engines.set_index("engine")["factors_of"]).to_numpy(object)
    if machine == "auxiliary":  # as fast as the main engine, but never slow
        name = np.where((ships["engine"] == "hsd").to_numpy(), "hsd", "msd").astype(object)
        name[group == "lng"] = "lng"
    tier = ships["nox_tier"].to_numpy()
    out = np.full((len(ships), len(EMITTED)), np.nan)
    factors = tables.factors[tables.factors["machinery"] == machine]
    for row in factors[factors["engine"].isin(set(name))].to_dict("records"):
        fits = name == row["engine"]
        if isinstance(row["fuel_group"], str):
            fits &= group == row["fuel_group"]
        else:
            fits &= group != "methanol"  # engines on methanol were not measured for these
        if not np.isnan(row["nox_tier"]):
            fits &= tier == row["nox_tier"]
        out[fits, EMITTED.index(row["pollutant"])] = row["value"]
    return out


def _per_fuel(kind: pd.Series, fuel: pd.Series, tables: ShipTables) -> tuple[Floats, Floats]:
    """Return factors per fuel [g/kg], (N, E), and its calorific value [MJ/kg], (N,)."""
    out = np.full((len(fuel), len(EMITTED)), np.nan)
    calorific = np.full(len(fuel), np.nan)
    names, engines = fuel.to_numpy(object), kind.to_numpy(object)
    for row in tables.fuels[tables.fuels["fuel"].isin(set(names))].itertuples():
        fits = names == row.fuel
        if isinstance(row.engine, str):
            fits &= engines == row.engine
        if row.quantity == "energy":
            calorific[fits] = row.value
        else:
            out[fits, EMITTED.index(row.quantity)] = row.value
    # fuel that slips through is not burnt
    is_gas = fuel.map(tables.fuel_group).to_numpy(object) == "lng"
    slip = out[is_gas, EMITTED.index("ch4")] * 1e-3
    out[is_gas, EMITTED.index("co2")] *= 1.0 - slip
    return out, calorific


def _add_sulphur(
    by_energy: Floats,
    by_fuel: Floats,
    fuel: pd.Series,
    group: NDArray[np.object_],
    tables: ShipTables,
    year: int,
) -> None:
    """Add SO2, and particles with the sulphate in them."""
    method, names = tables.method, fuel.to_numpy(object)
    rows = tables.sulphur[tables.sulphur["from_year"] <= year].sort_values("from_year")
    sulphur = np.full(len(names), np.nan)
    for row in rows.to_dict("records"):
        sulphur[names == row["fuel"]] = row["value"]
    known = ~np.isnan(sulphur)
    by_fuel[known, EMITTED.index("so2")] = method["so2_of_sulphur"] * sulphur[known] * 1e3
    for row in tables.particles.to_dict("records"):
        fits = group == row["fuel_group"]
        by_energy[fits, _PM10] = row["value"]
        if not np.isnan(row["sulphur_reference"]):
            more = (sulphur[fits] - row["sulphur_reference"]) * 1e3
            by_fuel[fits, _PM10] = method["sulphate_of_sulphur"] * more
    for part in (by_energy, by_fuel):
        part[:, _PM25] = method["pm2_5_of_pm10"] * part[:, _PM10]
