"""Emissions of voyages from the fuel they burn."""

from __future__ import annotations

import pandas as pd

from transmod.model.movements import SourceResult, movement_emissions


def voyage_emissions(
    voyages: pd.DataFrame, fuels: pd.DataFrame, territories: pd.DataFrame
) -> SourceResult:
    """
    Emissions [t] and energy [TJ] of voyages, counted at departure.

    The activities are `voyage_within_city`, `voyage_cross_boundary` and `voyage_international`;
    sea and port stand together. See `movements.movement_emissions`.
    """
    return movement_emissions(voyages, fuels, territories, subsector="water", noun="voyage")
