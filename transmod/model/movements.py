"""Movements of aircraft and ships: where they count, and what their fuel emits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from transmod.schema import EMISSION_KEYS, POLLUTANTS

WITHIN_CITY = "within_city"
CROSS_BOUNDARY = "cross_boundary"
INTERNATIONAL = "international"
ARRIVAL = "arrival"  # counted where it departed


@dataclass(frozen=True, eq=False)
class SourceResult:
    """
    What a source beside the road comes to, before accounts say on which line it stands.

    Attributes
    ----------
    emissions : pandas.DataFrame
        `schema.EMISSION_KEYS`, `process`, `pollutant`, `mass_t` [t].
    energy : pandas.DataFrame
        `schema.EMISSION_KEYS`, `energy_tj` [TJ].
    places : geopandas.GeoDataFrame or None
        What happens inside the boundary, where: `activity`, `place`, `<pollutant>_t` [t],
        `energy_tj` [TJ] and geometry in the working CRS. A part of `emissions`, for maps.
    notes : tuple of str
        What a reader should know.
    """

    emissions: pd.DataFrame
    energy: pd.DataFrame
    places: gpd.GeoDataFrame | None = None
    notes: tuple[str, ...] = ()


def classify(movements: pd.DataFrame, territories: pd.DataFrame) -> np.ndarray:
    """
    Say of each movement on which side of boundary and border it counts.

    Parameters
    ----------
    movements : pandas.DataFrame
        N rows of `schema.FLIGHTS` or `schema.VOYAGES`.
    territories : pandas.DataFrame
        Territories with a country code of their own (`schema.TERRITORIES`).

    Returns
    -------
    ndarray of str, (N,)
        `within_city`: both ends inside the boundary. `cross_boundary`: departs from the city to
        another place of the same country. `international`: departs from the city to another
        country. `arrival`: departs elsewhere; it is counted at its departure, not here.

    Notes
    -----
    The countries of departure and arrival of each stage decide, not flag or operator [1]_. A
    territory `treated_as` domestic counts as its country.

    References
    ----------
    .. [1] 2006 IPCC Guidelines, volume 2, sections 3.5 and 3.6.
    """
    domestic = territories[territories["treated_as"] == "domestic"]
    country = domestic.set_index("territory")["country"].to_dict()
    start, end = (
        movements[f"{place}_country"].replace(country).to_numpy(object)
        for place in ("origin", "destination")
    )
    departs = movements["origin_in_city"].to_numpy(bool)
    arrives = movements["destination_in_city"].to_numpy(bool)
    return np.select(
        [departs & arrives, departs & (start == end), departs],
        [WITHIN_CITY, CROSS_BOUNDARY, INTERNATIONAL],
        ARRIVAL,
    )


def movement_emissions(
    movements: pd.DataFrame,
    fuels: pd.DataFrame,
    territories: pd.DataFrame,
    *,
    subsector: str,
    noun: str,
) -> SourceResult:
    """
    Turn fuel burnt by movements into rows of emissions and energy.

    Parameters
    ----------
    movements : pandas.DataFrame
        Checked rows of `schema.FLIGHTS` or `schema.VOYAGES`; `fuel_t` [t].
    fuels : pandas.DataFrame
        Indexed by `subsector`, `fuel`: `energy` [MJ/kg], pollutants [g/kg].
    territories : pandas.DataFrame
        See `classify`.
    subsector : str
        `aviation` or `water`.
    noun : str
        `flight` or `voyage`: name of the process, and first word of the activities.

    Returns
    -------
    SourceResult
        One row for each activity, fuel and pollutant that has a factor, and for each activity and
        fuel its energy; sorted. They are attributed to no district. The notes say what was not
        counted here.
    """
    kind = classify(movements, territories)
    arrival = kind == ARRIVAL
    notes = _note_arrivals(movements[arrival], noun)
    burnt = (
        movements[~arrival]
        .assign(activity=np.array([f"{noun}_{name}" for name in kind[~arrival]], object))
        .groupby(["activity", "fuel"])["fuel_t"]
        .agg(math.fsum)  # the same bits in any order of the rows
        .reset_index()
    )
    rows = burnt.assign(
        district_id=None,
        location="unallocated",
        subsector=subsector,
        vehicle_class=None,
        trip_kind=None,
        vehicle_type=None,
    )[[*EMISSION_KEYS, "fuel_t"]]
    factor = fuels.loc[subsector].reindex(rows["fuel"])
    # 1 t of fuel x 1 MJ/kg = 1e-3 TJ; 1 t of fuel x 1 g/kg = 1e-3 t
    energy = rows.drop(columns="fuel_t").assign(
        energy_tj=rows["fuel_t"] * factor["energy"].to_numpy() * 1e-3
    )
    parts = [
        rows.drop(columns="fuel_t").assign(
            process=noun,
            pollutant=name,
            mass_t=rows["fuel_t"] * factor[name].to_numpy() * 1e-3,
        )[factor[name].notna().to_numpy()]
        for name in POLLUTANTS
        if name in factor.columns
    ]
    emissions = pd.concat(parts, ignore_index=True)
    emissions = emissions.sort_values(["activity", "fuel", "pollutant"], ignore_index=True)
    return SourceResult(emissions, energy, notes=notes)


def _note_arrivals(arriving: pd.DataFrame, noun: str) -> tuple[str, ...]:
    if arriving.empty:
        return ()
    number, fuel_t = (math.fsum(arriving[name]) for name in ("movements", "fuel_t"))
    note = (
        f"{number:,.0f} arriving {noun}s ({fuel_t:.6g} t of fuel, {len(arriving)} rows) are "
        f"counted where they depart, not here."
    )
    return (note,)
