"""Emissions of flights from the fuel they burn."""

from __future__ import annotations

import pandas as pd

from transmod.model.movements import SourceResult, movement_emissions


def flight_emissions(
    flights: pd.DataFrame, fuels: pd.DataFrame, territories: pd.DataFrame
) -> SourceResult:
    """
    Emissions [t] and energy [TJ] of flights, counted at departure.

    The activities are `flight_within_city`, `flight_cross_boundary` and `flight_international`;
    landing cycle and cruise stand together. See `movements.movement_emissions`.
    """
    return movement_emissions(flights, fuels, territories, subsector="aviation", noun="flight")
