"""Emissions of ships: of voyages by the fuel they burn, of calls by the hours of each phase."""

from __future__ import annotations

import math
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.inputs.ship_calls import Calls
from transmod.inputs.ship_tables import ShipTables
from transmod.model.movements import (
    ARRIVAL,
    WITHIN_CITY,
    SourceResult,
    classify,
    movement_emissions,
)
from transmod.model.ship_engines import (
    EMITTED,
    QUANTITIES,
    build_engines,
    engine_masses,
    load_at,
    load_factor,
)
from transmod.schema import EMISSION_KEYS, SHIP_PHASES
from transmod.units import convert

Floats = NDArray[np.float64]

_TJ_PER_KWH = convert(1.0, "kWh", "TJ")

# what tells rows of masses apart, beside pollutant; a stint is a phase of a ship at a place
KEYS = ("activity", "district_id", "location", "vehicle_type", "fuel", "process")


def voyage_emissions(
    voyages: pd.DataFrame, fuels: pd.DataFrame, territories: pd.DataFrame
) -> SourceResult:
    """
    Emissions [t] and energy [TJ] of voyages, counted at departure.

    The activities are `voyage_within_city`, `voyage_cross_boundary` and `voyage_international`;
    sea and port stand together. See `movements.movement_emissions`.
    """
    return movement_emissions(voyages, fuels, territories, subsector="water", noun="voyage")


def call_emissions(
    calls: Calls,
    tables: ShipTables,
    territories: pd.DataFrame,
    *,
    year: int,
    kg_per_kwh: float | None = None,
) -> SourceResult:
    """
    Emissions [t] and energy [TJ] of calls and voyages, by phase.

    Parameters
    ----------
    calls : Calls
        Checked and completed.
    tables : ShipTables
        Factors.
    territories : pandas.DataFrame
        See `movements.classify`.
    year : int
        Year of the account: of the sulphur in fuels.
    kg_per_kwh : float, optional
        CO2 of grid electricity [kg/kWh]; needed where ships take power from the shore.

    Returns
    -------
    SourceResult
        `voyage_within_city`: all phases of a voyage that starts and ends in the city.
        `port_phase_...`: manoeuvring, anchorage and berth in the city's port of a crossing voyage,
        to the city or from it. `voyage_...`: at sea after departure; hours at sea before an
        arrival are counted where it departed, and noted. `shore_power`: grid electricity.

    Raises
    ------
    InputError
        If ships take power from the shore and its factor is not known.
    """
    rows = calls.rows
    kind = classify(rows, territories)
    arrives = kind == ARRIVAL
    crossing = classify(rows.assign(origin_in_city=True, destination_in_city=False), territories)
    kind = np.where(arrives, crossing, kind)
    number = rows["in_year"].to_numpy(np.float64)
    stints = _lay_stints(rows, kind, number)
    ship = stints["ship"].to_numpy()
    speed = {
        "sea": rows["sea_speed_kn"],
        "manoeuvring": rows["manoeuvring_speed_kn"],
    }
    factor = load_factor(rows, tables.method)
    design = rows["design_speed_kn"].to_numpy(np.float64)
    load = np.zeros(len(stints))
    for phase, values in speed.items():
        here = (stints["process"] == phase).to_numpy()
        ratio = (values.to_numpy(np.float64) / design)[ship[here]]
        load[here] = load_at(ratio, factor[ship[here]], tables.method)
    main = main_masses(rows, tables, year, ship, stints["hours"].to_numpy(), load)
    shore_kwh = rows["shore_power_kwh"].to_numpy(np.float64) * number
    hotel, held = hotel_masses(rows, tables, year, stints, shore_kwh)
    is_elsewhere = (arrives[ship] & (stints["process"] == "sea")).to_numpy()
    notes = [
        *_note_arrivals(rows[arrives], main[is_elsewhere], hotel[is_elsewhere], number[arrives]),
        *_note_places(stints),
    ]
    if held:
        notes.append(
            f"{held} rows of ship calls take more power from the shore than their class's "
            f"auxiliary engines give at berth: these are taken as off."
        )
    keep = ~is_elsewhere
    result = assemble(stints[keep], rows, main[keep], hotel[keep], rows.crs)
    power = _shore_power(rows, shore_kwh, kg_per_kwh)
    return SourceResult(
        pd.concat([result.emissions, power.emissions], ignore_index=True),
        pd.concat([result.energy, power.energy], ignore_index=True),
        result.places,
        (*calls.notes, *notes, *result.notes),
    )


def main_masses(
    ships: pd.DataFrame, tables: ShipTables, year: int,
    ship: NDArray[np.int64], hours: Floats, load: Floats,
) -> Floats:  # fmt: skip
    """Return masses of main engines, (R, Q), as `engine_masses`; of load 0: none."""
    runs = load > 0.0
    engines = build_engines(ships, "main", tables, year)
    power = ships["main_power_kw"].to_numpy(np.float64)[ship[runs]]
    out = np.zeros((len(ship), len(QUANTITIES)))
    kwh = power * load[runs] * hours[runs]
    out[runs] = engine_masses(engines, ship[runs], kwh, load[runs], tables)
    return out


def hotel_masses(
    ships: pd.DataFrame,
    tables: ShipTables,
    year: int,
    stints: pd.DataFrame,
    shore_kwh: Floats | None = None,
) -> tuple[Floats, int]:
    """
    Return masses of auxiliary engines and boilers together, (R, Q).

    Parameters
    ----------
    ships : pandas.DataFrame
        N completed ships.
    tables : ShipTables
        Factors.
    year : int
        Year of the account.
    stints : pandas.DataFrame
        R rows: `ship`, `process`, `hours` [h].
    shore_kwh : ndarray, (N,), optional
        Electricity from the shore [kWh]; auxiliary engines at berth give as much less.

    Returns
    -------
    masses : ndarray, (R, Q)
        As `engine_masses`; NaN where something that runs has no published factor, and nothing
        else does.
    held : int
        Ships that take more from the shore than their auxiliary engines would give.
    """
    ship = stints["ship"].to_numpy()
    phase = stints["process"].map({name: k for k, name in enumerate(SHIP_PHASES)}).to_numpy()
    held = 0
    parts = []
    for machine in ("auxiliary", "boiler"):
        columns = [f"{machine}_{name}_kw" for name in SHIP_PHASES]
        kwh = ships[columns].to_numpy(np.float64)[ship, phase] * stints["hours"].to_numpy()
        if machine == "auxiliary" and shore_kwh is not None:
            berth = phase == SHIP_PHASES.index("berth")
            left = kwh[berth] - shore_kwh[ship[berth]]
            held = int((left < 0.0).sum())
            kwh[berth] = np.maximum(left, 0.0)
        engines = build_engines(ships, machine, tables, year)
        load = np.ones(len(ship))
        masses = engine_masses(engines, ship, kwh, load, tables)
        bc = EMITTED.index("bc")
        if machine == "auxiliary":
            half = np.full(len(ship), tables.method["auxiliary_load_for_black_carbon"])
            masses[:, bc] = engine_masses(engines, ship, kwh, half, tables)[:, bc]
        masses[kwh == 0.0] = 0.0  # what does not run emits nothing, published or not
        parts.append(masses)
    both = add_known(parts)
    return both, held


def add_known(parts: Sequence[Floats]) -> Floats:
    """Add masses; NaN, not published, only where no part that runs has a figure."""
    total = np.zeros_like(parts[0])
    known = np.zeros(total.shape, bool)
    runs = np.zeros(total.shape, bool)
    for part in parts:
        is_known = ~np.isnan(part)
        total[is_known] += part[is_known]
        known |= is_known & (part > 0.0)
        runs |= ~is_known
    return np.where(runs & ~known, np.nan, total)


def assemble(
    stints: pd.DataFrame, ships: pd.DataFrame, main: Floats, hotel: Floats, crs: object
) -> SourceResult:
    """
    Sum masses of stints by line, fuel and phase.

    Parameters
    ----------
    stints : pandas.DataFrame
        R rows: `ship`, `activity`, `district_id`, `location`, `process`, `place` (null: none) and
        `geometry`.
    ships : pandas.DataFrame
        Completed ships.
    main, hotel : ndarray, (R, Q)
        Masses of main engines, and of auxiliary engines and boilers.
    crs : CRS
        Of the geometries.
    """
    of = ships.iloc[stints["ship"].to_numpy()]
    base = stints[["activity", "district_id", "location", "process"]].assign(
        vehicle_type=of["ship_type"].to_numpy(object)
    )
    frames = [base.assign(fuel=of[fuel].to_numpy(object)) for fuel in ("fuel", "auxiliary_fuel")]
    keys = pd.concat(frames, ignore_index=True)[list(KEYS)]
    masses = np.concatenate([main, hotel])
    used = (masses != 0.0).any(axis=1)
    group, sums = sum_exactly(keys[used], masses[used])
    emissions, energy = to_rows(group, sums)
    return SourceResult(
        emissions,
        energy,
        _gather_places(stints, add_known([main, hotel]), crs),
        tuple(_note_missing(masses[used])),
    )


def sum_exactly(keys: pd.DataFrame, masses: Floats) -> tuple[pd.DataFrame, Floats]:
    """
    Sum rows of one key, the same bits in any order of the rows.

    Returns
    -------
    groups : pandas.DataFrame
        The keys, sorted, each once; null is a key of its own.
    sums : ndarray, (G, Q)
        NaN where no row of a group has a figure.
    """
    number = keys.fillna("").groupby(list(keys.columns), sort=True).ngroup().to_numpy()
    n = int(number.max()) + 1 if len(number) else 0
    order = np.argsort(number, kind="stable")
    bounds = np.searchsorted(number[order], np.arange(n + 1))
    sums = np.full((n, masses.shape[1]), np.nan)
    for g in range(n):
        part = masses[order[bounds[g] : bounds[g + 1]]]
        for q in range(masses.shape[1]):
            known = part[~np.isnan(part[:, q]), q]
            if len(known):
                sums[g, q] = math.fsum(known)
    first = order[bounds[:-1]] if n else np.zeros(0, np.int64)
    return keys.iloc[first].reset_index(drop=True), sums


def to_rows(groups: pd.DataFrame, sums: Floats) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Turn sums into rows of emissions and of energy with all keys of a ledger."""
    full = groups.assign(subsector="water", vehicle_class=None, trip_kind=None)
    emissions = full.loc[np.tile(full.index, len(EMITTED)), [*EMISSION_KEYS, "process"]].assign(
        pollutant=np.repeat(np.array(EMITTED, object), len(full)),
        mass_t=sums[:, : len(EMITTED)].T.ravel(),
    )
    energy = full[[*EMISSION_KEYS, "process"]].assign(energy_tj=sums[:, QUANTITIES.index("energy")])
    # phases stand together in energy: its rows have no process
    return emissions.reset_index(drop=True), _join_phases(energy)


def _join_phases(energy: pd.DataFrame) -> pd.DataFrame:
    keys = list(EMISSION_KEYS)
    group, sums = sum_exactly(energy[keys], energy[["energy_tj"]].to_numpy(np.float64))
    return group.assign(energy_tj=sums[:, 0])


def _lay_stints(rows: gpd.GeoDataFrame, kind: np.ndarray, number: Floats) -> pd.DataFrame:
    """Lay out the phases of each row: hours of all its voyages, and where they count."""
    parts = []
    is_inside = kind == WITHIN_CITY
    district = rows["district_id"].to_numpy(object)
    for phase in SHIP_PHASES:
        hours = rows[f"{phase}_h"].to_numpy(np.float64) * number
        at_sea = phase == "sea"
        stem = np.where(is_inside | at_sea, "voyage_", "port_phase_").astype(object)
        placed = pd.notna(district) & (not at_sea)
        parts.append(
            pd.DataFrame(
                {
                    "ship": np.arange(len(rows)),
                    "activity": stem + kind.astype(object),
                    "process": phase,
                    "hours": hours,
                    "location": np.where(placed, "point", "unallocated"),
                    "district_id": _only(placed, district),
                    "place": _only(placed, _name_places(rows)),
                    "geometry": _only(placed, rows.geometry.to_numpy()),
                }
            )[hours > 0.0]
        )
    return pd.concat(parts, ignore_index=True)


def _only(where: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the values where they hold, null elsewhere."""
    out = np.full(len(values), None, object)
    out[where] = np.asarray(values, object)[where]
    return out


def _name_places(rows: pd.DataFrame) -> np.ndarray:
    """Name the city's port of each row: that of departure, or of arrival."""
    name = np.where(rows["origin_in_city"].to_numpy(bool), rows["origin"], rows["destination"])
    return name.astype(object)


def _gather_places(stints: pd.DataFrame, masses: Floats, crs: object) -> gpd.GeoDataFrame | None:
    """Sum what happens at each place, for maps."""
    placed = stints["geometry"].notna().to_numpy()
    if not placed.any():
        return None
    here = stints[placed]
    keys = here[["activity", "place"]].assign(
        shape=[geometry.wkb_hex for geometry in here["geometry"]]
    )
    group, sums = sum_exactly(keys, masses[placed])
    columns = {f"{name}_t": sums[:, q] for q, name in enumerate(EMITTED)}
    return gpd.GeoDataFrame(
        group[["activity", "place"]].assign(**columns, energy_tj=sums[:, -1]),
        geometry=gpd.GeoSeries.from_wkb([bytes.fromhex(shape) for shape in group["shape"]]).array,
        crs=crs,
    )


def _shore_power(rows: pd.DataFrame, shore_kwh: Floats, kg_per_kwh: float | None) -> SourceResult:
    """Return grid electricity of ships at berth: energy, and CO2 of power plants."""
    used = shore_kwh > 0.0
    if used.any() and kg_per_kwh is None:
        raise InputError(
            f"CO2 of grid electricity [kg/kWh] must be known for `shore_power_kwh`: "
            f"{int(used.sum())} of {len(rows)} rows of ship calls take power from the shore. Say "
            f"`profiles.electricity_area` or `profiles.electricity_kg_per_kwh`."
        )
    district = rows["district_id"].to_numpy(object)[used]
    keys = pd.DataFrame(
        {
            "activity": "shore_power",
            "district_id": district,
            "location": np.where(pd.notna(district), "point", "unallocated"),
            "vehicle_type": rows["ship_type"].to_numpy(object)[used],
            "fuel": "electricity",
            "process": "electricity",
        }
    )
    group, sums = sum_exactly(keys, shore_kwh[used][:, None])
    full = group.assign(subsector="water", vehicle_class=None, trip_kind=None)
    emissions = full[[*EMISSION_KEYS, "process"]].assign(
        pollutant="co2", mass_t=sums[:, 0] * (kg_per_kwh or 0.0) * 1e-3
    )
    energy = full[list(EMISSION_KEYS)].assign(energy_tj=sums[:, 0] * _TJ_PER_KWH)
    return SourceResult(emissions, energy)


def _note_arrivals(
    arriving: pd.DataFrame, main: Floats, hotel: Floats, number: Floats
) -> list[str]:
    """Say what arrivals burn at sea: it is counted where they departed."""
    if not len(arriving):
        return []
    fuel = math.fsum(main[:, -2]) + math.fsum(hotel[:, -2])
    note = (
        f"{math.fsum(number):,.0f} arriving ships ({len(arriving)} rows, {fuel:.6g} t of fuel at "
        f"sea) are counted at sea where they depart; here are their phases in port."
    )
    return [note]


def _note_places(stints: pd.DataFrame) -> list[str]:
    lost = (stints["place"].isna() & (stints["process"] != "sea")).to_numpy()
    if not lost.any():
        return []
    rows = stints.loc[lost, "ship"].nunique()
    return [f"{rows} rows of ship calls give no quay: their phases in port are in no district."]


def _note_missing(masses: Floats) -> list[str]:
    names = [name for q, name in enumerate(EMITTED) if np.isnan(masses[:, q]).any()]
    if not names:
        return []
    note = (
        f"Not published for all engines and fuels of these ships, and not estimated there: "
        f"{', '.join(names)}."
    )
    return [note]
