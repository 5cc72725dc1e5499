"""
Recipes: which published rows make the factor of a vehicle type, and how.

A factor of a type in a driving situation is

    scale * max(0, mix(rows) - mix(minus rows)) + per_hour / v,  mix(a, b) = (1 - w) a + w b

never below zero, where `w` interpolates between two published loads. Rows are those of
`hot.parquet` and the constants and curves that the other tables of the set give, written in the
same form; a row's position is its place in `Pantry.rows`. Position 0 is the row that is zero.

Symbols and shapes: J types, Q quantities, R road types, G gradient nodes that are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

import numpy as np
import pandas as pd

from transmod.errors import CoverageError
from transmod.inputs.correction_tables import BASE_QUANTITIES
from transmod.inputs.profiles import ProfileSet
from transmod.model.curves import NODES_KMH
from transmod.model.electric import losses_per_delivered
from transmod.model.factors import Quantity
from transmod.model.pantry import Mix, Pantry, Row, records
from transmod.schema import POLLUTANTS, ROAD_TYPES

# of NOx and of energy, by `model.hot_shares`
SHARES = ("no2", "pb")
QUANTITIES: tuple[Quantity, ...] = (
    ("hot", "energy"),
    *(("hot", pollutant) for pollutant in POLLUTANTS if pollutant not in SHARES),
    ("electricity", "energy"),
    ("electricity", "co2"),
    ("grid_losses", "co2"),
    *(
        (process, pollutant)
        for process in ("tyre", "brake", "road_surface")
        for pollutant in ("pm10", "pm2_5", "bc")
    ),
)
SITUATION = {
    "urban_peak": "urban",
    "urban_off_peak": "urban",
    "rural": "rural",
    "motorway": "motorway",
}
MJ_PER_KWH = 3.6
SO2_PER_SULPHUR = 2.0  # g SO2 from 1 g of sulphur, as the guidebook takes it


@dataclass(frozen=True)
class Recipe:
    """
    How one quantity of one type is made; `rows` is none where it is zero by definition.

    `per_hour` is what is added over time, not distance: g, of energy MJ, in an hour of driving.
    """

    rows: Mix | None
    scale: float = 1.0
    minus: Mix | None = None
    estimated: bool = True
    per_hour: float = 0.0


ZERO = Recipe(None)
NOT_ESTIMATED = Recipe(None, estimated=False)


def nitrogen_rows(pantry: Pantry, group: str, pollutant: str, sulphur: float) -> Mix | None:
    """
    Return N2O or NH3 of cars and vans: constants by driving situation.

    Mileage is that of `set.toml`; the sulphur content [mg/kg] of the fuel chooses the column.
    """
    key = (group, pollutant, sulphur)
    if key not in pantry.mixes:
        pantry.mixes[key] = _nitrogen_rows(pantry, group, pollutant, sulphur)
    return pantry.mixes[key]


def nitrogen_factor(row: Row, sulphur: float, mileage: float) -> float:
    """Return the factor [g/km] of a row of n2o_nh3.csv at a sulphur content and mileage."""
    first, second = row["sulphur_1_ppm"], row["sulphur_2_ppm"]
    column = 1
    if pd.notna(first) and sulphur > first:
        column = 3 if pd.notna(second) and sulphur > second else 2
    growth = row[f"per_km_{column}"] * mileage + row[f"constant_{column}"]
    return float(max(0.0, row[f"base_{column}"] * growth))


def _nitrogen_rows(pantry: Pantry, group: str, pollutant: str, sulphur: float) -> Mix | None:
    rows = pantry.nitrogen.get((group, pollutant, "hot"))
    if rows is None:
        return None
    mileage = pantry.profiles.defaults["mileage_km"]
    at: dict[str, int] = {}
    for row in rows:
        value = nitrogen_factor(row, sulphur, mileage)
        at[row["situation"]] = pantry.row(0.0, 140.0, num_v0=value)
    lacking = sorted({s for s in SITUATION.values() if s not in at})
    if lacking:
        pantry.faults.add(
            f"n2o_nh3.csv must give {pollutant} of {group} in each driving situation: "
            f"{', '.join(lacking)} not found."
        )
        return None
    by_road = np.array([at[SITUATION[road]] for road in ROAD_TYPES])
    positions = np.broadcast_to(by_road[:, None], pantry.shape)
    return Mix(positions, positions, 0.0)


def electric_rows(pantry: Pantry, curve: str, load: float) -> tuple[Mix | None, float]:
    """Return the rows of a battery or tank curve and the factor to energy bought [MJ/km]."""
    row = pantry.curves[curve][0]
    loss = _charging_loss(pantry, row)
    if row["form"] == "a+b/v+c*v2":
        position = pantry.row(
            row["speed_min_kmh"], row["speed_max_kmh"],
            num_v0=row["a"], num_inverse_v=row["b"], num_v2=row["c"],
        )  # fmt: skip
        return pantry.everywhere(position), MJ_PER_KWH * loss
    ratio = row["ratio"] if row["form"] == "ratio" else 1.0
    return pantry.hot(row["shape_segment"], "energy", load), ratio * loss


def _charging_loss(pantry: Pantry, curve: Row) -> float:
    """Return energy bought over energy used; a tank of hydrogen loses none."""
    if curve["charging"] == "tank":
        return 1.0
    return 1.0 / pantry.profiles.defaults[f"charging_efficiency_{curve['charging']}"]


class Excuses:
    """What a set says to be zero by definition, or not estimated."""

    def __init__(self, profiles: ProfileSet) -> None:
        none, lacking = profiles.none_by_definition, profiles.not_estimated
        columns = ["powertrain", "process", "pollutant"]
        self._none = set(none[columns].itertuples(index=False, name=None))
        columns = ["vehicle_type", "process", "pollutant"]
        self._lacking: dict[Quantity, list[str]] = {}
        for pattern, process, pollutant in lacking[columns].itertuples(index=False, name=None):
            self._lacking.setdefault((process, pollutant), []).append(pattern)

    def is_none(self, powertrain: str, quantity: Quantity) -> bool:
        """Say whether a powertrain cannot emit this."""
        process, pollutant = quantity
        # what draws nothing from the grid loses nothing in it
        process = "electricity" if process == "grid_losses" else process
        return (powertrain, process, pollutant) in self._none or (
            powertrain, process, "*",
        ) in self._none  # fmt: skip

    def is_lacking(self, vehicle_type: str, quantity: Quantity) -> bool:
        """Say whether the set declares that it has no value for this."""
        patterns = self._lacking.get(quantity, ())
        return any(fnmatchcase(vehicle_type, pattern) for pattern in patterns)


def write_recipes(
    pantry: Pantry,
    types: pd.DataFrame,
    kg_per_kwh: float | None,
    loss_share: float | None = None,
) -> list[dict[Quantity, Recipe]]:
    """
    Write the recipe of every quantity of every type.

    Parameters
    ----------
    pantry : Pantry
        Rows to draw from; faults of the set are noted in it.
    types : pandas.DataFrame
        J rows of `types.csv`.
    kg_per_kwh : float or None
        CO2 of grid electricity; needed if a type is charged.
    loss_share : float or None
        Share of the electricity sent out that is lost in the grid [-]; none: not estimated.

    Raises
    ------
    CoverageError
        With one sentence for each type and process that has no value and no stated reason.
    """
    excuses = Excuses(pantry.profiles)
    lacking: dict[Quantity, list[str]] = {}
    recipes = []
    for row in records(types):
        found = {
            **hot_recipes(pantry, row),
            **tank_recipes(pantry, row),
            **electric_recipes(pantry, row, kg_per_kwh, loss_share),
            **wear_recipes(pantry, row),
        }
        full: dict[Quantity, Recipe] = {}
        for quantity in QUANTITIES:
            recipe = found.get(quantity)
            if excuses.is_lacking(row["vehicle_type"], quantity):
                full[quantity] = NOT_ESTIMATED
            elif recipe is not None:
                full[quantity] = recipe
            elif excuses.is_none(row["powertrain"], quantity):
                full[quantity] = ZERO
            else:
                full[quantity] = ZERO
                lacking.setdefault(quantity, []).append(row["vehicle_type"])
        recipes.append(full)
    if kg_per_kwh is None and lacking.pop(("electricity", "co2"), []):
        lacking.pop(("grid_losses", "co2"), None)
        pantry.faults.add(
            "CO2 of grid electricity [kg/kWh] must be given for electric types: name an area of "
            "electricity.csv (`profiles.electricity_area`, `profiles.electricity_year`) or give a "
            "number (`profiles.electricity_kg_per_kwh`)."
        )
    pantry.faults.raise_any()
    if lacking:
        raise CoverageError(
            f"Set {pantry.profiles.name} must give {' '.join(quantity)} for every type of the run, "
            "or a reason in none_by_definition.csv or not_estimated.csv: missing for "
            f"{len(names)} of {len(types)} types, first {names[0]}."
            for quantity, names in lacking.items()
        )
    return recipes


def hot_recipes(pantry: Pantry, row: Row) -> dict[Quantity, Recipe]:
    """Return the tailpipe recipes of a type, as far as rows are given."""
    if not isinstance(row["hot_segment"], str):
        return {}
    segment, load, fuel = row["hot_segment"], row["load_fraction"], pantry.fuels[row["fuel"]][0]
    rows = {name: pantry.hot(segment, name, load) for name in BASE_QUANTITIES}
    if isinstance(row["nitrogen_group"], str):
        for name in ("n2o", "nh3"):
            rows[name] = nitrogen_rows(pantry, row["nitrogen_group"], name, fuel["sulphur_mg_kg"])
    burning = 1.0 - row["electric_share"]  # share of kilometres driven on the engine
    unit = row.get("cooling_unit")
    cooling = burning * pantry.cooling[unit][0]["power_mj_h"] if isinstance(unit, str) else 0.0
    out: dict[Quantity, Recipe] = {}
    for name in ("energy", "co", "nox", "ch4", "n2o", "nh3", "nmvoc", "pm2_5", "pm10"):
        if rows[name] is not None:
            out["hot", name] = Recipe(rows[name], burning)
    if rows["energy"] is not None:
        out["hot", "energy"] = Recipe(rows["energy"], burning, per_hour=cooling)
        # carbon and sulphur by energy: CO2 agrees with the fuel exactly, by construction
        sulphur = SO2_PER_SULPHUR * 1e-3 * fuel["sulphur_mg_kg"] / fuel["ncv_mj_kg"]
        for name, per_mj in (
            ("co2", fuel["co2_g_mj"]),
            ("co2_biogenic", fuel["co2_biogenic_g_mj"]),
            ("so2", sulphur),
        ):
            if not np.isnan(per_mj):
                made = Recipe(rows["energy"], burning * per_mj, per_hour=cooling * per_mj)
                out["hot", name] = made if per_mj else ZERO
    if rows["voc"] is not None and rows["ch4"] is not None:
        out["hot", "nmvoc"] = Recipe(rows["voc"], burning, minus=rows["ch4"])
    if rows["pm_exhaust"] is not None:
        out["hot", "pm2_5"] = out["hot", "pm10"] = Recipe(rows["pm_exhaust"], burning)
    fine = rows["pm2_5"] if rows["pm_exhaust"] is None else rows["pm_exhaust"]
    if fine is not None and isinstance(row["bc_group"], str):
        share = pantry.bc_fraction[row["bc_group"]][0]["fraction"]
        out["hot", "bc"] = Recipe(fine, burning * share)
    return out


def tank_recipes(pantry: Pantry, row: Row) -> dict[Quantity, Recipe]:
    """Return the energy of hydrogen from the tank; what leaves a fuel cell is water."""
    if not isinstance(row.get("tank_curve"), str):
        return {}
    rows, scale = electric_rows(pantry, row["tank_curve"], row["load_fraction"])
    return {} if rows is None else {("hot", "energy"): Recipe(rows, scale)}


def electric_recipes(
    pantry: Pantry, row: Row, kg_per_kwh: float | None, loss_share: float | None
) -> dict[Quantity, Recipe]:
    """Return the recipes of grid electricity, charging loss included, and of grid losses."""
    if not isinstance(row["electric_curve"], str):
        return {}
    rows, scale = electric_rows(pantry, row["electric_curve"], row["load_fraction"])
    if rows is None:
        return {}
    scale *= row["electric_share"]
    power = pantry.extra_kw.get(row["electric_curve"], 0.0) * MJ_PER_KWH * row["electric_share"]
    power *= _charging_loss(pantry, pantry.curves[row["electric_curve"]][0])
    out = {("electricity", "energy"): Recipe(rows, scale, per_hour=power)}
    if kg_per_kwh is None:
        return out
    per_mj = kg_per_kwh * 1e3 / MJ_PER_KWH
    out["electricity", "co2"] = Recipe(rows, scale * per_mj, per_hour=power * per_mj)
    if loss_share is None:
        out["grid_losses", "co2"] = NOT_ESTIMATED
        return out
    per_mj *= losses_per_delivered(loss_share)
    out["grid_losses", "co2"] = Recipe(rows, scale * per_mj, per_hour=power * per_mj)
    return out


def wear_recipes(pantry: Pantry, row: Row) -> dict[Quantity, Recipe]:
    """Return the recipes of tyre, brake and road wear; their rows are the speed corrections."""
    out: dict[Quantity, Recipe] = {}
    load = 0.0 if np.isnan(row["load_fraction"]) else row["load_fraction"]
    for wear in pantry.worn.get(row["wear_group"], ()):
        process = wear["process"]
        if np.isnan(row["load_fraction"]) and wear["load_slope"]:
            pantry.faults.add(
                f"`load_fraction` of {row['vehicle_type']} must be given, as its {process} wear "
                "depends on it: none found."
            )
        tsp = wear["tsp_g_km"] * (wear["load_constant"] + wear["load_slope"] * load)
        tsp *= row["axles"] / 2.0 if wear["per_axle_pair"] else 1.0
        rows = pantry.everywhere(
            pantry.table(process, partial(wear_correction, pantry.profiles, process, NODES_KMH))
        )
        for part in pantry.fractions.get(process, ()):
            out[process, part["pollutant"]] = Recipe(rows, tsp * part["fraction"])
    return out


def wear_correction(profiles: ProfileSet, process: str, speed: np.ndarray) -> np.ndarray:
    """Return the speed correction [-] of a wear process at `speed` [km/h]."""
    table = profiles.wear_speed[profiles.wear_speed["process"] == process]
    start = table["speed_from_kmh"].to_numpy(np.float64)
    part = np.searchsorted(start, speed, side="right") - 1
    constant = table["constant"].to_numpy(np.float64)[part]
    return constant + table["slope_per_kmh"].to_numpy(np.float64)[part] * speed
