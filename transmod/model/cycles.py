"""Factors over a test cycle: the mean of a type's curves, phase by phase."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from transmod.inputs.fleet_tables import Turnover
from transmod.inputs.profiles import ProfileSet
from transmod.model.factor_table import build_factors
from transmod.schema import LEVEL, NODES_PER_KMH, ROAD_TYPES


def cycle_means(
    profiles: ProfileSet, turnover: Turnover, cycle: str, vehicle_types: Sequence[str]
) -> pd.DataFrame:
    """
    Return the tailpipe factors of types over a test cycle.

    Parameters
    ----------
    profiles, turnover
        Curves; phases of `cycles.csv`.
    cycle : str
        Test cycle.
    vehicle_types : sequence of str
        Types.

    Returns
    -------
    pandas.DataFrame
        By vehicle_type, `energy` [MJ/km] of fuel and `co2` [g/km], weighted by the distance of the
        phases, each at its mean speed, on level road.
    """
    # no grid electricity passes through the tailpipe: its CO2 does not matter here
    factors = build_factors(
        profiles, list(vehicle_types), year=2020, electricity_kg_per_kwh=0.0, gradients=LEVEL
    )
    phases = turnover.cycles[turnover.cycles["cycle"] == cycle]
    share = phases["distance_km"].to_numpy() / phases["distance_km"].sum()
    speed = phases["mean_speed_kmh"].to_numpy() * NODES_PER_KMH
    node = np.floor(speed).astype(int)
    road = [ROAD_TYPES.index(name) for name in phases["road_type"]]
    out = {}
    for name in ("energy", "co2"):
        row = factors.index[:, factors.quantities.index(("hot", name))][:, road, 0]
        low, high = factors.curve[row, node], factors.curve[row, node + 1]
        out[name] = ((low + (speed - node) * (high - low)) * share).sum(axis=1)
    return pd.DataFrame(out, index=factors.types["vehicle_type"].to_numpy(object))
