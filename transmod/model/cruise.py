"""What aircraft burn and emit above the landing and take-off cycle: climb, cruise and descent."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.inputs.aviation_factors import CRUISE_MODE, AviationFactors
from transmod.inputs.aviation_tables import MEASURED


def cruise_fuel_kg(
    counts_as: pd.Series, distance_km: pd.Series, hours: pd.Series, factors: AviationFactors
) -> NDArray[np.float64]:
    """
    Fuel [kg] of one flight (N,) above the landing and take-off cycle.

    Parameters
    ----------
    counts_as : pandas.Series
        Type with figures, of each of N kinds of flight.
    distance_km : pandas.Series
        Distance [km].
    hours : pandas.Series
        Time between climb-out and approach [h] of types that burn by the hour; null: distance over
        speed of cruise.
    factors : AviationFactors
        Stages and engines.

    Notes
    -----
    Between published stages fuel is linear in distance, below the shortest it is in proportion to
    distance. Beyond the longest, and for a type without figures, it is null.
    """
    fuel = np.full(len(counts_as), np.nan)
    km, time = distance_km.to_numpy(np.float64), hours.to_numpy(np.float64)
    by_hour = factors.by_hour
    for icao in sorted(set(counts_as)):
        own = (counts_as == icao).to_numpy()
        kind = factors.types.loc[icao]
        if by_hour[icao]:
            engine = factors.engines.loc[(kind["engine"], CRUISE_MODE)]
            flow = engine["fuel_kg_s"] * kind["engines"]
            flown = np.where(np.isnan(time[own]), km[own] / kind["cruise_speed_kmh"], time[own])
            fuel[own] = flow * 3600.0 * flown
        elif pd.notna(kind["cruise_as"]):
            stages = factors.stages[factors.stages["icao"] == kind["cruise_as"]]
            at = np.concatenate([[0.0], stages["distance_km"]])
            fuel[own] = np.interp(
                km[own], at, np.concatenate([[0.0], stages["fuel_kg"]]), right=np.nan
            )
    return fuel


def cruise_indices(factors: AviationFactors) -> pd.DataFrame:
    """
    Emission indices of cruise by type.

    Returns
    -------
    pandas.DataFrame
        Indexed by `icao`: `<gas>_g_kg` [g/kg]; null where the engine has no figure for it.
    """
    modes = [(engine, CRUISE_MODE) for engine in factors.types["engine"]]
    columns = [f"{name}_g_kg" for name in MEASURED]
    return factors.engines.reindex(modes)[columns].set_axis(factors.types.index)


def shortest_stage_km(counts_as: pd.Series, factors: AviationFactors) -> NDArray[np.float64]:
    """Return the shortest published stage [km] (N,) of each type; null where it has none."""
    shortest = factors.stages.groupby("icao")["distance_km"].min()
    return counts_as.map(factors.types["cruise_as"]).map(shortest).to_numpy(np.float64)
