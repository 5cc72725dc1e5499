"""Emissions of flights by airport and aircraft type, each part on the line where it counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import CheckError, InputError
from transmod.inputs.aviation import AirMovements
from transmod.inputs.aviation_factors import AviationFactors, is_doubtful
from transmod.inputs.aviation_tables import MEASURED
from transmod.model.cruise import cruise_fuel_kg, cruise_indices, shortest_stage_km
from transmod.model.landing_cycle import APU, landing_cycles
from transmod.model.movements import ARRIVAL, WITHIN_CITY, SourceResult, classify
from transmod.schema import EMISSION_KEYS, POLLUTANTS

CRUISE = "cruise"  # process
SUSTAINABLE = "bio_jet_kerosene"
METHANE_OF_HYDROCARBONS = 0.1  # IPCC 2006, volume 2, table 3.6.9, note

_KIND = ["origin", "destination", "aircraft", "counts_as", "distance_km", "hours", "saf_share"]
_GROUP = [*EMISSION_KEYS, "process", "place"]
_AMOUNTS = ["fuel_t", *(f"{name}_t" for name in MEASURED)]


def air_traffic_emissions(
    movements: AirMovements,
    factors: AviationFactors,
    territories: pd.DataFrame,
    *,
    minutes: Mapping[str, float] | None = None,
    apu_share: float = 1.0,
) -> SourceResult:
    """
    Emissions [t] and energy [TJ] of flights of a year.

    A flight counts where it departs, whole: its departure (auxiliary power, taxi-out, take-off,
    climb-out) inside the boundary as `landing_cycle_*`, all that follows (climb, cruise, descent,
    and the landing at the other end) as `flight_*`. Of a flight that arrives from elsewhere only
    the landing (approach, taxi-in, auxiliary power) is computed, as `arrival_*`, which is part of
    a flight that counts elsewhere. Flights with both ends inside are `flight_within_city`.

    Parameters
    ----------
    movements : AirMovements
        Flights and their airports.
    factors : AviationFactors
        What aircraft burn and emit.
    territories : pandas.DataFrame
        Territories with a country code of their own (`schema.TERRITORIES`).
    minutes : mapping, optional
        Time [min] of phases at the airports of the city, in place of the reference cycle's.
    apu_share : float
        Share of the cycles [-] in which the auxiliary power unit runs.

    Returns
    -------
    SourceResult
        `vehicle_type` is the type designator. What happens at an airport of the city has location
        `point` and its district, all else is unallocated. `places` has the airports of the city.
    """
    flights = _gather(movements.rows)
    kind = _classify(flights, movements.airports, territories)
    cycles = _both_cycles(factors, minutes, apu_share)
    parts = list(_cut(flights, kind, movements.airports, territories, cycles, factors))
    rows = _to_masses(_add_up(_split_fuel(pd.concat(parts, ignore_index=True), factors)), factors)
    pollutants = [name for name in POLLUTANTS if name in rows.columns]
    emissions = rows.melt(
        [*EMISSION_KEYS, "process"], pollutants, var_name="pollutant", value_name="mass_t"
    )
    order = [*EMISSION_KEYS, "process", "pollutant", "mass_t"]
    emissions = emissions[emissions["mass_t"].notna()].sort_values(order, ignore_index=True)
    energy = rows[[*EMISSION_KEYS, "energy_tj"]]
    return SourceResult(
        emissions=emissions,
        energy=energy.sort_values(list(energy.columns), ignore_index=True),
        places=_to_places(rows, pollutants, movements.airports),
        notes=(*movements.notes, *_notes(flights, kind, rows, factors)),
    )


def check_given_fuel(
    movements: AirMovements,
    factors: AviationFactors,
    *,
    minutes: Mapping[str, float] | None = None,
    apu_share: float = 1.0,
) -> None:
    """
    Make sure that fuel which is given suffices for the landing cycles of its flights.

    Raises
    ------
    InputError
        If it does not.
    """
    rows, in_city = movements.rows, movements.airports["in_city"]
    if rows["fuel_t"].isna().all():
        return
    departs = rows["origin"].map(in_city).to_numpy(bool)
    within = departs & rows["destination"].map(in_city).to_numpy(bool)
    needed = _cycle_fuel_t(rows, within, *_both_cycles(factors, minutes, apu_share))
    bad = departs & (rows["fuel_t"].to_numpy() < needed)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        row = rows.iloc[first]
        raise InputError(
            f"`fuel_t` [t] of flights must be from gate to gate, no less than their landing and "
            f"take-off cycles burn: {int(bad.sum())} of {len(bad)} are, first row {first + 1} "
            f"({row['origin']}-{row['destination']}, {row['aircraft']}: {row['fuel_t']:.6g} t in "
            f"the year, the cycles {needed[first]:.6g} t). It is of all flights of the row."
        )


def _both_cycles(
    factors: AviationFactors, minutes: Mapping[str, float] | None, apu_share: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the landing cycles at airports of the city, and those at the other end."""
    abroad = landing_cycles(factors, None, apu_share)
    return abroad if minutes is None else landing_cycles(factors, minutes, apu_share), abroad


def _gather(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each kind of flight once, the same in any order of the file's rows."""
    rows = rows.assign(
        saf_share=rows["saf_share"].where(rows["saf_share"].notna(), 0.0),
        is_given=rows["fuel_t"].notna(),
    )
    ordered = rows.sort_values([*_KIND, "fuel_t", "flights"], ignore_index=True)
    by_kind = ordered.groupby([*_KIND, "is_given"], dropna=False)
    flights = by_kind[["flights", "fuel_t"]].sum().reset_index()
    return flights.assign(fuel_t=flights["fuel_t"].where(flights["is_given"]))


def _classify(
    flights: pd.DataFrame, airports: gpd.GeoDataFrame, territories: pd.DataFrame
) -> NDArray[np.object_]:
    ends = {
        f"{end}_{name}": flights[end].map(airports[name]).to_numpy()
        for end in ("origin", "destination")
        for name in ("country", "in_city")
    }
    return classify(pd.DataFrame(ends), territories).astype(object)


def _cut(
    flights: pd.DataFrame,
    kind: NDArray[np.object_],
    airports: gpd.GeoDataFrame,
    territories: pd.DataFrame,
    cycles: tuple[pd.DataFrame, pd.DataFrame],
    factors: AviationFactors,
) -> Iterator[pd.DataFrame]:
    """Cut flights into what happens at either end and between, each with its activity."""
    at_home, abroad = cycles
    turned = flights.rename(columns={"origin": "destination", "destination": "origin"})
    border = _classify(turned, airports, territories)
    within, arrives = kind == WITHIN_CITY, kind == ARRIVAL
    whole = "flight_" + kind
    start = np.where(within, whole, "landing_cycle_" + kind)
    end = np.where(within, whole, "arrival_" + border)
    lands, beyond = within | arrives, ~within & ~arrives
    yield _cycle(flights[~arrives], "departure", start[~arrives], at_home, airports)
    yield _cycle(flights[lands], "arrival", end[lands], at_home, airports)
    yield _cycle(flights[beyond], "arrival", whole[beyond], abroad, None)
    departing = flights[~arrives]
    cycle_t = _cycle_fuel_t(departing, within[~arrives], at_home, abroad)
    yield _cruise(departing, whole[~arrives], cycle_t, factors)


def _cycle(
    flights: pd.DataFrame,
    part: str,
    activity: NDArray[np.object_],
    cycles: pd.DataFrame,
    airports: gpd.GeoDataFrame | None,
) -> pd.DataFrame:
    """Return a part of the landing cycles of flights; `airports` is None beyond the boundary."""
    of_part = cycles.xs(part, level="part").reset_index().rename(columns={"icao": "counts_as"})
    place = None
    if airports is not None:
        place = flights["origin" if part == "departure" else "destination"].to_numpy()
    rows = flights.assign(activity=activity, place=place).merge(of_part, on="counts_as")
    number = rows["flights"].to_numpy()
    amounts = {"fuel_t": number * rows["fuel_kg"].to_numpy() * 1e-3} | {
        f"{name}_t": number * rows[f"{name}_g"].to_numpy() * 1e-6 for name in MEASURED
    }
    district = None if airports is None else rows["place"].map(airports["district_id"])
    return rows[["activity", "place", "aircraft", "counts_as", "process", "saf_share"]].assign(
        district_id=district, location="unallocated" if airports is None else "point", **amounts
    )


def _cruise(
    flights: pd.DataFrame,
    activity: NDArray[np.object_],
    cycle_t: NDArray[np.float64],
    factors: AviationFactors,
) -> pd.DataFrame:
    """Return climb, cruise and descent of departing flights."""
    by_table = cruise_fuel_kg(
        flights["counts_as"], flights["distance_km"], flights["hours"], factors
    )
    given = flights["fuel_t"].to_numpy()
    fuel_t = np.where(
        np.isnan(given), by_table * flights["flights"].to_numpy() * 1e-3, given - cycle_t
    )
    if not (fuel_t >= 0.0).all():
        raise CheckError("Each departing flight must burn a known amount of fuel in cruise.")
    index = cruise_indices(factors).reindex(flights["counts_as"])
    amounts = {"fuel_t": fuel_t} | {
        f"{name}_t": fuel_t * index[f"{name}_g_kg"].to_numpy() * 1e-3 for name in MEASURED
    }
    return flights[["aircraft", "counts_as", "saf_share"]].assign(
        activity=activity, place=None, process=CRUISE, district_id=None, location="unallocated",
        **amounts,
    )  # fmt: skip


def _cycle_fuel_t(
    flights: pd.DataFrame, within: NDArray[np.bool_], at_home: pd.DataFrame, abroad: pd.DataFrame
) -> NDArray[np.float64]:
    """Return the fuel [t] (N,) of the departures here and of the landings here or abroad."""
    departure, landing, landing_abroad = (
        flights["counts_as"]
        .map(cycles.xs(part, level="part")["fuel_kg"].groupby(level="icao").sum())
        .to_numpy()
        for cycles, part in ((at_home, "departure"), (at_home, "arrival"), (abroad, "arrival"))
    )
    each_kg = departure + np.where(within, landing, landing_abroad)
    return np.asarray(flights["flights"].to_numpy() * each_kg * 1e-3)


def _split_fuel(phases: pd.DataFrame, factors: AviationFactors) -> pd.DataFrame:
    """Put the sustainable share of the fuel, and what it emits, on rows of its own."""
    phases = phases.assign(fuel=phases["counts_as"].map(factors.types["fuel"]))
    share = phases["saf_share"].to_numpy()
    has_share = share > 0.0
    sustainable = phases[has_share].assign(fuel=SUSTAINABLE)
    sustainable[_AMOUNTS] = sustainable[_AMOUNTS].mul(share[has_share], axis=0)
    phases[_AMOUNTS] = phases[_AMOUNTS].mul(1.0 - share, axis=0)
    return pd.concat([phases[share < 1.0], sustainable], ignore_index=True)


def _add_up(phases: pd.DataFrame) -> pd.DataFrame:
    """Add the phases of one activity, place, type, fuel and process."""
    phases = phases.assign(
        subsector="aviation", vehicle_class=None, trip_kind=None, vehicle_type=phases["aircraft"]
    )
    by_group = phases.groupby(_GROUP, dropna=False)[_AMOUNTS]
    rows = by_group.sum(min_count=1).reset_index()
    rows = rows[rows["fuel_t"] > 0.0].reset_index(drop=True)
    return rows.astype(dict.fromkeys(_GROUP, object)).where(rows.notna(), None)


def _to_masses(rows: pd.DataFrame, factors: AviationFactors) -> pd.DataFrame:
    """Turn fuel and what engines are measured for into energy and pollutants."""
    rows = rows.astype(dict.fromkeys(_AMOUNTS, np.float64))
    fuels = factors.fuels.reindex(rows["fuel"])
    fuel_t, hydrocarbons = rows["fuel_t"].to_numpy(), rows["hc_t"].to_numpy()
    by_fuel = {
        name: fuel_t * fuels[name].to_numpy() * 1e-3 for name in POLLUTANTS if name in fuels.columns
    }
    masses = by_fuel | {
        "ch4": _first(METHANE_OF_HYDROCARBONS * hydrocarbons, by_fuel["ch4"]),
        "nox": _first(rows["nox_t"].to_numpy(), by_fuel["nox"]),
        "co": rows["co_t"].to_numpy(),
        "nmvoc": (1.0 - METHANE_OF_HYDROCARBONS) * hydrocarbons,
        "pm10": rows["pm_t"].to_numpy(),
        "pm2_5": rows["pm_t"].to_numpy(),  # particles of aircraft engines are below 1 um
    }
    # 1 t of fuel x 1 MJ/kg = 1e-3 TJ
    energy_tj = fuel_t * fuels["energy"].to_numpy() * 1e-3
    return rows[_GROUP].assign(energy_tj=energy_tj, **masses)


def _first(values: NDArray[np.float64], otherwise: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isnan(values), otherwise, values)


def _to_places(
    rows: pd.DataFrame, pollutants: list[str], airports: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return what happens at each airport of the city, by activity."""
    here = rows[rows["place"].notna()]
    amounts = here.groupby(["activity", "place"])[[*pollutants, "energy_tj"]].sum(min_count=1)
    table = amounts.rename(columns={name: f"{name}_t" for name in pollutants}).reset_index()
    return gpd.GeoDataFrame(
        table, geometry=airports.geometry.reindex(table["place"]).to_numpy(), crs=airports.crs
    )


def _notes(
    flights: pd.DataFrame,
    kind: NDArray[np.object_],
    rows: pd.DataFrame,
    factors: AviationFactors,
) -> Iterator[str]:
    arriving = flights["flights"].to_numpy()[kind == ARRIVAL]
    if len(arriving):
        yield (
            f"{arriving.sum():,.0f} arriving flights are counted where they depart; their landings "
            f"inside the boundary stand on lines of their own, in no total."
        )
    departing = flights[(kind != ARRIVAL) & flights["fuel_t"].isna().to_numpy()]
    km = departing["distance_km"].to_numpy()
    is_short = km < shortest_stage_km(departing["counts_as"], factors)
    is_short &= ~departing["counts_as"].map(factors.by_hour).to_numpy(bool)
    if is_short.any():
        number = departing["flights"].to_numpy()[is_short].sum()
        yield (
            f"{number:.6g} of {departing['flights'].sum():.6g} departing flights are shorter than "
            f"the shortest published stage of their type: fuel of cruise in proportion to distance."
        )
    if (rows["process"] == CRUISE).any():
        yield (
            "Cruise of jets: NOx by the default of the IPCC for all aircraft; CO, NMVOC and "
            "particulate matter above 3,000 ft are not estimated."
        )
    cycles = rows[~rows["process"].isin([CRUISE, APU])]
    for name in ("nmvoc", "pm10"):
        lacking = sorted(set(cycles.loc[cycles[name].isna(), "vehicle_type"]))
        if lacking:
            yield f"Landing cycles of {', '.join(lacking)}: no published {name}, not estimated."
    yield from _note_doubts(flights["counts_as"], rows, factors)


def _note_doubts(
    counts_as: pd.Series, rows: pd.DataFrame, factors: AviationFactors
) -> Iterator[str]:
    """Say which figures that were used are not verified."""
    used = factors.types.loc[sorted(set(counts_as))]
    engines = factors.engines.loc[is_doubtful(factors.engines)].index.get_level_values("engine")
    names = used.index[used["engine"].isin(engines)]
    doubts = [f"engines of {', '.join(names)}"] if len(names) else []
    if (rows["process"] == APU).any() and is_doubtful(factors.apu.loc[used["apu"]]).any():
        doubts.append("auxiliary power units")
    doubts += [f"{name} by fuel" for name in factors.doubtful]
    if doubts:
        yield f"Flights: not verified are the figures of {'; '.join(doubts)}."
