"""
Evaporation of petrol: running losses on the road, and vapour of vehicles that are parked.

Tier 2 of the guidebook gives grams a trip, a stop and a day for four ranges of daily temperature;
between their middles figures are interpolated, beyond them held. All of it is NMVOC.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from transmod.errors import Faults
from transmod.inputs.profiles import ProfileSet
from transmod.model.additions import Addition, Case, Groups, R
from transmod.model.fleet import Fleet
from transmod.model.pantry import records
from transmod.schema import N_SPEED_NODES
from transmod.traffic.climate import Climate

PROCESS = "evaporation"
# a parked vehicle of a class is one of the fleet of these trips, of the first that there is
_PARKED_TRIPS = ("internal", "all", "inbound_outbound")


def vapour(profiles: ProfileSet, group: str, part: str, temperature_c: np.ndarray) -> np.ndarray:
    """
    Return hydrocarbons of a group [g a day, stop or trip] at mean temperatures [degC].

    Parameters
    ----------
    profiles : ProfileSet
        Holds `evaporation.csv`.
    group, part : str
        `part` is `diurnal`, `hot_soak` or `running`.
    temperature_c : float64 (S,)
        Mean temperatures.
    """
    table = profiles.processes["evaporation"]
    rows = table[(table["group"] == group) & (table["part"] == part)]
    middle = (rows["temperature_low_c"] + rows["temperature_high_c"]) / 2.0
    order = np.argsort(middle.to_numpy())
    return np.interp(temperature_c, middle.to_numpy()[order], rows["value"].to_numpy()[order])


def add_running_losses(case: Case) -> Addition:
    """
    Return running losses by distance: grams a trip over its length, on every road type.

    Notes
    -----
    Vehicles with carburettor take the figures of trips that end hot.
    """
    addition = Addition.of(case, ((PROCESS, "nmvoc"),), has_fuel=True)
    temperature = case.climate.temperature_c
    assert temperature is not None
    addition.scale[:] = (1.0 / case.trips.length_km)[:, None, None, None]
    burning = case.burning()
    groups = Groups(case.profiles).sort(PROCESS, case, addition)
    found = {
        group: vapour(case.profiles, group, "running", temperature)
        for group in dict.fromkeys(groups.values())
    }
    for j, group in groups.items():
        for s, value in enumerate(found[group]):
            value = float(value * burning[j])  # noqa: PLW2901
            curve = np.full(N_SPEED_NODES, value)
            addition.index[j, 0, s * R : (s + 1) * R] = case.curves.add((PROCESS, value), curve)
    return addition


def parked_emissions(
    parked: pd.DataFrame, profiles: ProfileSet, fleet: Fleet, climate: Climate
) -> pd.DataFrame:
    """
    Return vapour of parked vehicles by district, diurnal and after stops.

    Parameters
    ----------
    parked : pandas.DataFrame
        `schema.PARKED`: vehicles of a type, or of a class, which are then of types as the fleet's
        kilometres are.
    profiles, fleet, climate
        Figures, shares, and days and temperature of the seasons.

    Returns
    -------
    pandas.DataFrame
        `schema.EMISSION_KEYS`, `process`, `pollutant`, `mass_t` [t], of location `district`.

    Raises
    ------
    InputError
        If a type or class is unknown to the set or the fleet.
    """
    temperature = climate.temperature_c
    assert temperature is not None
    groups, types = Groups(profiles), profiles.types.set_index("vehicle_type")
    rows = []
    for kept in records(_by_type(parked, fleet, types)):
        found = groups.find(PROCESS, kept["vehicle_type"])
        if found is None or found.state != "figures":
            continue
        day = vapour(profiles, found.group, "diurnal", temperature)
        stop = vapour(profiles, found.group, "hot_soak", temperature)
        per_vehicle = float(((day + kept["stops_per_day"] * stop) * climate.days).sum())
        of_type = types.loc[kept["vehicle_type"]]
        rows.append(
            {
                "activity": "road_fuel",
                "district_id": kept["district_id"],
                "location": "district",
                "subsector": "road",
                "vehicle_class": of_type["vehicle_class"],
                "trip_kind": None,
                "vehicle_type": kept["vehicle_type"],
                "fuel": of_type["fuel"],
                "process": PROCESS,
                "pollutant": "nmvoc",
                "mass_t": kept["vehicles"] * per_vehicle / 1e6,
            }
        )
    return pd.DataFrame(rows)


def _by_type(parked: pd.DataFrame, fleet: Fleet, types: pd.DataFrame) -> pd.DataFrame:
    """Return parked vehicles by type."""
    faults, parts = Faults(), []
    for row in records(parked):
        if isinstance(row["vehicle_type"], str):
            if row["vehicle_type"] not in types.index:
                faults.add(
                    f"`vehicle_type` of parked vehicles must be one of types.csv: "
                    f"{row['vehicle_type']!r} found."
                )
            parts.append(pd.DataFrame([row]))
            continue
        name = row["vehicle_class"]
        own = [
            c for kind in _PARKED_TRIPS for c, s in enumerate(fleet.streams) if s == (name, kind)
        ]
        if not own:
            faults.add(
                f"`vehicle_class` of parked vehicles must be one that drives in the city: {name!r} "
                "found. Give types instead."
            )
            continue
        share = fleet.district_share.get(row["district_id"], fleet.share)[own[0]]
        at = np.flatnonzero(share)
        parts.append(
            pd.DataFrame(
                {
                    "district_id": row["district_id"],
                    "vehicle_type": [fleet.types[j] for j in at],
                    "vehicles": row["vehicles"] * share[at],
                    "stops_per_day": row["stops_per_day"],
                }
            )
        )
    faults.raise_any()
    return pd.concat(parts, ignore_index=True)
