"""
Factors: the table of unique curves on the speed nodes, and which type takes which.

Symbols and shapes: J vehicle types, Q quantities, R road types (`schema.ROAD_TYPES`), G gradient
nodes that are asked for, K speed nodes, N unique curves. The full (J, Q, R, G, K) is never formed:
many types and situations share a curve, so hundreds of types stay small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd

from transmod.columns import Columns
from transmod.errors import Faults, InputError
from transmod.exchange import from_frame
from transmod.inputs.profile_tables import TRUSTED
from transmod.inputs.profiles import ProfileSet
from transmod.model.blends import check_fuels, choose_fuels
from transmod.model.corrections import with_conditions
from transmod.model.curves import HOURS_PER_KM, NODES_KMH, Bridge, find_poles, tabulate
from transmod.model.electric import extra_power, find_grid_losses
from transmod.model.freight import load_types
from transmod.model.pantry import Pantry, gradient_positions
from transmod.model.recipes import (
    QUANTITIES,
    Quantity,
    Recipe,
    write_recipes,
)
from transmod.model.service import AS_PUBLISHED, Service
from transmod.packing import Packing
from transmod.schema import GRADIENT_NODES, N_SPEED_NODES, ROAD_TYPES

_R = len(ROAD_TYPES)
_SCOPE = {"electricity": 2, "grid_losses": 3}
_BLOCK = 32  # curves worked out at a time, in the processor's cache


@dataclass(frozen=True)
class Factors(Packing):
    """
    Factors of the J vehicle types of a run, as curves over speed.

    `types` holds vehicle_type, vehicle_class, powertrain, fuel, size, emission_standard,
    technology, load_fraction, mean_load_t [t] carried and occupancy [persons] (null where
    unknown), sorted by vehicle_type. `quantities` are the Q pairs of process
    and pollutant (or "energy"). `curve` (N, K) holds g/km, of energy MJ/km, on the speed nodes;
    row 0 is zero. `index` (J, Q, R, G) is the row of `curve`. `validity` (J, R, G, 2) are the
    speed limits [km/h] of the energy curve, beyond which every factor is held. `scope` (J, Q) is 2
    for grid electricity, 3 for grid losses, else 1. `carrier` (J, Q) is the fuel or electricity
    behind the quantity, empty for wear. `estimated` (J, Q) is False where the set declares to have
    no value: a row of the ledger with the notation key NE, not a zero. `scale` (C, S, J, Q) is what
    share of a factor holds in a stream and season, none where all do; the situations of `index` are
    then S x R, season by season. `gradients` are the G nodes, some of `schema.GRADIENT_NODES`.
    """

    types: pd.DataFrame
    quantities: tuple[Quantity, ...]
    curve: np.ndarray
    index: np.ndarray
    validity: np.ndarray
    scope: np.ndarray
    carrier: np.ndarray
    estimated: np.ndarray
    notes: tuple[str, ...]
    scale: np.ndarray | None = None
    gradients: tuple[float, ...] = GRADIENT_NODES

    AHEAD: ClassVar[tuple[str, ...]] = ("type_columns",)

    @cached_property
    def type_columns(self) -> Columns:
        """`types` as columns, which need no pandas."""
        return from_frame(self.types)

    def at(self, gradients: Iterable[float]) -> list[int]:
        """Return the positions of gradient nodes, which must be tabulated (`CoverageError`)."""
        return gradient_positions(gradients, self.gradients)

    def held(self, stream: int, situation: int, types: np.ndarray) -> np.ndarray:
        """Return what share of the factors (J, Q) of some types holds in a stream and situation."""
        if self.scale is None:
            return np.ones((types.size, len(self.quantities)))
        return self.scale[stream, situation // _R][types]


def build_factors(  # noqa: PLR0913  factors hang on all of these
    profiles: ProfileSet,
    vehicle_types: Sequence[str],
    *,
    year: int,
    electricity_area: str | None = None,
    electricity_year: int | None = None,
    electricity_kg_per_kwh: float | None = None,
    conditions: Mapping[str, float] | None = None,
    service: Service = AS_PUBLISHED,
    gradients: Sequence[float] = GRADIENT_NODES,
) -> Factors:
    """
    Build the factor table of some vehicle types.

    Parameters
    ----------
    profiles : ProfileSet
        The set.
    vehicle_types : sequence of str
        Types of `types.csv`; order and repetition do not matter.
    year : int
        Year of the run: which row of `electricity.csv` is taken.
    electricity_area, electricity_year : str, int, optional
        Row of `electricity.csv`; the year if it is not that of the run.
    electricity_kg_per_kwh : float, optional
        The planner's own figure in place of the table's [kg/kWh].
    conditions : mapping of str to float, optional
        Conditions that differ from those of the set; see `model.corrections.with_conditions`.
    service : Service, optional
        Fuels, loads, occupancy and temperatures of the run.
    gradients : sequence of float
        Gradient nodes to tabulate: those that links need. Default: all.

    Returns
    -------
    Factors
        All process-pollutant pairs of every type.

    Raises
    ------
    InputError
        If a type, area or year is unknown, or a figure out of range.
    CoverageError
        If a type lacks a value and the set gives no reason for it.

    Notes
    -----
    CO2 of a fuel is energy times fossil carbon per energy, so both agree exactly. NMVOC is VOC
    less methane, never below zero. Exhaust particles are all below 2.5 um and count as PM10 and
    PM2.5. Loads between published ones are interpolated; gradients are those published, and a
    type without gradient has one curve for all.
    """
    profiles = with_conditions(profiles, conditions or {})
    types = _select(profiles, vehicle_types)
    fuelled, fuel_notes = choose_fuels(profiles, service.fuels, service.blends)
    check_fuels(profiles, fuelled.fuels, types)
    profiles = fuelled
    types, load_notes = load_types(profiles, types, service)
    notes = [*fuel_notes, *load_notes]
    kg_per_kwh = electricity_factor(
        profiles, types, year, electricity_area, electricity_year, electricity_kg_per_kwh, notes
    )
    loss_share = None
    if kg_per_kwh is not None:
        loss_share = find_grid_losses(
            profiles, electricity_area, electricity_year or year, service.grid_loss_share, notes
        )
    extra_kw = extra_power(profiles, service.temperature_c, service.temperature_weight)
    pantry = Pantry(profiles, Faults(), tuple(gradients), extra_kw=extra_kw)
    recipes = write_recipes(pantry, types, kg_per_kwh, loss_share)
    rows = pantry.rows
    curve, index = _fold(pantry, rows, recipes)
    estimated = np.array([[r[q].estimated for q in QUANTITIES] for r in recipes])
    notes += _notes(profiles, types, estimated)
    scope = np.array([_SCOPE.get(process, 1) for process, _ in QUANTITIES], np.int8)
    keep = [
        "vehicle_type", "vehicle_class", "powertrain", "fuel", "size", "emission_standard",
        "technology", "load_fraction", "mean_load_t", "occupancy",
    ]  # fmt: skip
    return Factors(
        types=types[keep].reset_index(drop=True),
        quantities=QUANTITIES,
        curve=curve,
        index=index,
        validity=_validity(pantry, rows, recipes),
        scope=np.tile(scope, (len(types), 1)),
        carrier=_carriers(types),
        estimated=estimated,
        notes=tuple(notes),
        gradients=pantry.gradients,
    )


def electricity_factor(
    profiles: ProfileSet,
    types: pd.DataFrame,
    year: int,
    area: str | None,
    area_year: int | None,
    own: float | None,
    notes: list[str],
) -> float | None:
    """Return CO2 of grid electricity [kg/kWh] if a type takes any: own, or the table's."""
    place = area if types["electric_curve"].notna().any() else None
    return find_grid_factor(profiles, year, place, area_year, own, notes)


def find_grid_factor(
    profiles: ProfileSet,
    year: int,
    area: str | None,
    area_year: int | None,
    own: float | None,
    notes: list[str],
) -> float | None:
    """Return CO2 of grid electricity [kg/kWh]: the planner's own, or the table's; None: neither."""
    if own is not None:
        if not 0 <= own <= 2:
            raise InputError(
                f"CO2 of grid electricity must be >= 0 and <= 2 [kg/kWh]: {own} found. Figures in "
                "g/kWh are to be divided by 1000."
            )
        return float(own)
    if area is None:
        return None
    table = profiles.electricity
    rows = table[table["area"] == area]
    if rows.empty:
        near = get_close_matches(area, table["area"].unique(), n=3, cutoff=0.4)
        raise InputError(
            f"Electricity area must be one of electricity.csv of the set {profiles.name}: {area!r} "
            f"found. Near: {', '.join(near) or 'none'}. Or give the figure itself as "
            "profiles.electricity_kg_per_kwh [kg/kWh]."
        )
    wanted = year if area_year is None else area_year
    row = rows[rows["year"] == wanted]
    if row.empty:
        years = ", ".join(str(y) for y in rows["year"])
        nearest = min((int(y) for y in rows["year"]), key=lambda y: (abs(y - wanted), y))
        raise InputError(
            f"Electricity of {area} must be given for {wanted}: {years} found. Say "
            f"profiles.electricity_year = {nearest}, or another of these, or give the figure "
            "itself as profiles.electricity_kg_per_kwh [kg/kWh]."
        )
    found = row.iloc[0]
    notes.append(
        f"Electricity: {found['kg_per_kwh']:g} kg {found['gases']} per kWh, {area} {wanted}"
        f"{'' if found['verification'] in TRUSTED else ', ' + found['verification']}."
    )
    return float(found["kg_per_kwh"])


def _select(profiles: ProfileSet, vehicle_types: Sequence[str]) -> pd.DataFrame:
    """Return the rows of the types asked for, sorted; all unknown names are faults."""
    known = set(profiles.types["vehicle_type"])
    faults = Faults()
    wanted = sorted(set(vehicle_types))
    for name in wanted:
        if name not in known:
            near = sorted(other for other in known if other.startswith(name))[:3]
            near = near or get_close_matches(name, known, n=3)
            faults.add(
                f"Vehicle type must be one of types.csv of the set {profiles.name}: {name!r} "
                f"found. Near: {', '.join(near) or 'none'}."
            )
    if not wanted:
        faults.add("Vehicle types must be at least one: none found.")
    faults.raise_any()
    return profiles.types[profiles.types["vehicle_type"].isin(wanted)].reset_index(drop=True)


def _fold(
    pantry: Pantry, rows: pd.DataFrame, recipes: list[dict[Quantity, Recipe]]
) -> tuple[np.ndarray, np.ndarray]:
    """Work out each different recipe once: the curves (N, K) and their index (J, Q, R, G)."""
    # types share rows, so there are far fewer different recipes (M) than types x quantities
    number: dict[object, int] = {}
    different: list[Recipe] = []
    which = np.empty((len(recipes), len(QUANTITIES)), np.int64)
    for j, of_type in enumerate(recipes):
        for q, quantity in enumerate(QUANTITIES):
            recipe = of_type[quantity]
            key = (id(recipe.rows), id(recipe.minus), recipe.scale, recipe.per_hour)
            if key not in number:
                number[key] = len(different)
                different.append(recipe)
            which[j, q] = number[key]

    part = np.zeros((4, len(different), *pantry.shape), np.int64)
    weights = np.zeros((4, len(different), 1, 1))
    for m, recipe in enumerate(different):
        if recipe.rows is not None:
            part[0, m], part[1, m] = recipe.rows.low, recipe.rows.high
            weights[0, m], weights[2, m] = recipe.rows.weight, recipe.scale
            weights[3, m] = recipe.per_hour
        if recipe.minus is not None:
            part[2, m], part[3, m] = recipe.minus.low, recipe.minus.high
            weights[1, m] = recipe.minus.weight
    base, at = _base_curves(pantry, rows, part)
    part = at[part]  # a negative position, of a table, counts from the end
    low, high, m_low, m_high = part.reshape(4, -1)
    w, m_w, scale, per_hour = np.broadcast_to(weights, (4, *part.shape[1:])).reshape(4, -1)

    code = np.zeros(low.size, np.int64)
    for values in (low, high, m_low, m_high, w, m_w, scale, per_hour):
        own, _ = pd.factorize(values)
        code, _ = pd.factorize(code * (own.max() + 1) + own)
    code[low == 0] = -1  # the recipe that is zero
    curves, first = np.unique(code, return_index=True)
    first = first[curves >= 0]
    row = np.zeros(code.max() + 2, np.int32)
    row[code[first]] = np.arange(1, len(first) + 1)
    index = row[code].reshape(part.shape[1:])[which]

    curve = np.zeros((len(first) + 1, N_SPEED_NODES))
    for start in range(0, len(first), _BLOCK):
        b = first[start : start + _BLOCK]
        out = _mix(base, low[b], high[b], w[b])
        if m_low[b].any():
            out -= _mix(base, m_low[b], m_high[b], m_w[b])
            np.maximum(out, 0.0, out=out)
        made = curve[1 + start : 1 + start + len(b)]
        np.multiply(out, scale[b, None], out=made)
        if per_hour[b].any():
            made += per_hour[b, None] * HOURS_PER_KM
            np.maximum(made, 0.0, out=made)
    return curve, index


def _mix(base: np.ndarray, low: np.ndarray, high: np.ndarray, weight: np.ndarray) -> np.ndarray:
    if not weight.any():
        return base[low]
    return base[low] * (1.0 - weight[:, None]) + base[high] * weight[:, None]


def _base_curves(
    pantry: Pantry, rows: pd.DataFrame, part: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """
    Tabulate each different row once.

    Returns the curves, row 0 zero and those of tables last, and the curve of each position of the
    pantry; tables have negative positions, which count from the end.
    """
    profiles = pantry.profiles
    is_used = np.zeros(len(rows) + 1, bool)
    is_used[part[part > 0]] = True
    used = np.flatnonzero(is_used)
    wanted = rows.iloc[used - 1]
    # equal coefficients, equal curve: many segments share one
    same = wanted.groupby(list(rows.columns), sort=False, dropna=False).ngroup().to_numpy()
    _, first = np.unique(same, return_index=True)
    unique = wanted.iloc[first]
    tables = pantry.tables[::-1]
    base = np.zeros((1 + len(unique) + len(tables), N_SPEED_NODES))
    tabulate(unique, Bridge(**profiles.pole), base[1 : 1 + len(unique)])
    at = np.zeros(1 + len(rows) + len(tables), np.int64)
    at[used] = 1 + same
    for i, curve in enumerate(tables):
        base[1 + len(unique) + i] = curve
        at[1 + len(rows) + i] = 1 + len(unique) + i
    return base, at


def _validity(
    pantry: Pantry, rows: pd.DataFrame, recipes: list[dict[Quantity, Recipe]]
) -> np.ndarray:
    """Return the speed limits (J, R, G, 2) of each type's energy curve; a table has none."""
    low = np.zeros(1 + len(rows) + len(pantry.tables))
    high = np.full(low.size, NODES_KMH[-1])
    low[1 : 1 + len(rows)] = rows["speed_min_kmh"]
    high[1 : 1 + len(rows)] = rows["speed_max_kmh"]
    out = np.empty((len(recipes), *pantry.shape, 2))
    for j, recipe in enumerate(recipes):
        mix = recipe["hot", "energy"].rows or recipe["electricity", "energy"].rows
        if mix is None:  # coverage is proven before
            raise AssertionError(j)
        out[j, ..., 0] = np.maximum(low[mix.low], low[mix.high])
        out[j, ..., 1] = np.minimum(high[mix.low], high[mix.high])
    return out


def _carriers(types: pd.DataFrame) -> np.ndarray:
    out = np.full((len(types), len(QUANTITIES)), "", object)
    for q, (process, _) in enumerate(QUANTITIES):
        if process == "hot":
            out[:, q] = types["fuel"]
        elif process in ("electricity", "grid_losses"):
            out[:, q] = "electricity"
    return out


def _notes(profiles: ProfileSet, types: pd.DataFrame, estimated: np.ndarray) -> list[str]:
    """Say what is not estimated, and which rows are bridged."""
    notes = []
    for q, (process, pollutant) in enumerate(QUANTITIES):
        names = types.loc[~estimated[:, q], "vehicle_type"]
        if len(names):
            notes.append(
                f"Not estimated (NE): {process} {pollutant} of {len(names)} of {len(types)} "
                f"vehicle types, first {names.iloc[0]}."
            )
    hot = profiles.hot[profiles.hot["segment"].isin(types["hot_segment"].dropna())]
    poles = int(np.isfinite(find_poles(hot)).any(axis=1).sum())
    if poles:
        notes.append(
            f"{poles} of {len(hot)} published rows of these types have a pole in their speed "
            "range, bridged by a straight line."
        )
    return notes
