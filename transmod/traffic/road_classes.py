"""What is assumed of a road of which only its class is known: lanes, free speed, capacity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.inputs.tables import read_shipped_table

_KEY = ["road_class", "is_ramp", "is_urban"]


@dataclass(frozen=True)
class Defaults:
    """For L links: lanes of a direction, free speed [km/h], capacity of a lane [pcu/h]."""

    lanes: NDArray[np.float64]
    free_speed_kmh: NDArray[np.float64]
    capacity_per_lane: NDArray[np.float64]


@cache
def _table() -> pd.DataFrame:
    table = read_shipped_table("traffic", "road_classes")
    return table.pivot_table(values="value", index=_KEY, columns="quantity")


def class_defaults(
    road_class: NDArray[Any], is_ramp: NDArray[np.bool_], is_urban: NDArray[np.bool_]
) -> Defaults:
    """
    Look up what is assumed of L links, in `traffic/tables/road_classes.csv`.

    Parameters
    ----------
    road_class, is_ramp, is_urban : (L,)
        As in the table of links.
    """
    index = pd.MultiIndex.from_arrays([road_class, is_ramp, is_urban], names=_KEY)
    rows = _table().reindex(index)
    return Defaults(
        lanes=rows["lanes"].to_numpy(np.float64),
        free_speed_kmh=rows["free_speed"].to_numpy(np.float64),
        capacity_per_lane=rows["capacity_per_lane"].to_numpy(np.float64),
    )
