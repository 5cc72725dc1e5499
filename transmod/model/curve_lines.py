"""Lines to be drawn: factors of vehicle types over speed, with the range they are published for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.inputs.profiles import ProfileSet
from transmod.model.curves import NODES_KMH
from transmod.model.factor_table import build_factors
from transmod.model.recipes import QUANTITIES
from transmod.schema import LEVEL, ROAD_TYPES

NAMES = tuple(name for process, name in QUANTITIES if process == "hot")
_SLOWEST_KMH = 5.0  # below, a vehicle stands more than it drives


@dataclass(frozen=True, eq=False)
class CurveLine:
    """
    One quantity of one vehicle type over speed.

    `vehicle` is its row of `types.csv`. `speed_kmh` (K,) [km/h]; `value` (K,) [MJ/km] of energy,
    else [g/km]; `low_kmh` and `high_kmh`: the speeds between which it is published, beyond them it
    is held.
    """

    set_name: str
    vehicle: pd.Series
    name: str
    speed_kmh: NDArray[np.float64]
    value: NDArray[np.float64]
    low_kmh: float
    high_kmh: float


def gather_lines(
    profiles: ProfileSet,
    vehicle_types: Sequence[str],
    names: Sequence[str],
    *,
    road_type: str = "urban_off_peak",
) -> list[CurveLine]:
    """
    Gather the curves of some types: exhaust, and of energy also what comes from the grid.

    Parameters
    ----------
    profiles : ProfileSet
        The set.
    vehicle_types : sequence of str
        Types, in the order of the lines.
    names : sequence of str
        `energy` or pollutants.
    road_type : str
        Driving situation, where a published row tells them apart.

    Returns
    -------
    list of CurveLine
        On level road. What is zero by definition or not estimated gives no line.
    """
    # CO2 of the grid is no part of a line, so its figure does not matter
    factors = build_factors(
        profiles, vehicle_types, year=2020, electricity_kg_per_kwh=0.0, gradients=LEVEL
    )
    kinds = profiles.types.set_index("vehicle_type", drop=False)
    order = {name: j for j, name in enumerate(factors.types["vehicle_type"])}
    r = ROAD_TYPES.index(road_type)
    first = int(np.searchsorted(NODES_KMH, _SLOWEST_KMH))
    lines = []
    for vehicle_type in vehicle_types:
        j = order[vehicle_type]
        low, high = factors.validity[j, r, 0]
        for name in names:
            parts = [("hot", name)] + ([("electricity", name)] if name == "energy" else [])
            at = [factors.quantities.index(part) for part in parts]
            rows = factors.index[j, at, r, 0]
            if not rows.any():
                continue
            value = factors.curve[rows].sum(axis=0)[first:]
            lines.append(
                CurveLine(
                    profiles.name, pd.Series(kinds.loc[vehicle_type]), name, NODES_KMH[first:],
                    value, float(low), float(high),
                )
            )  # fmt: skip
    return lines
