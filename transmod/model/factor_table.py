"""The factor table of some vehicle types: which curves there are, each worked out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import numpy as np
import pandas as pd

from transmod.errors import Faults
from transmod.inputs.profiles import ProfileSet
from transmod.model.blends import check_fuels, choose_fuels
from transmod.model.corrections import with_conditions
from transmod.model.curves import HOURS_PER_KM, NODES_KMH, Bridge, find_poles, tabulate
from transmod.model.electric import electricity_factor, extra_power, find_grid_losses
from transmod.model.factors import Factors, Quantity
from transmod.model.freight import load_types
from transmod.model.pantry import Pantry
from transmod.model.recipes import QUANTITIES, Recipe, write_recipes
from transmod.model.service import AS_PUBLISHED, Service
from transmod.schema import GRADIENT_NODES, N_SPEED_NODES

_SCOPE = {"electricity": 2, "grid_losses": 3}
_BLOCK = 32  # curves worked out at a time, in the processor's cache


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
