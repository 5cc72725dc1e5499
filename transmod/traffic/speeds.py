"""Travel speeds: what turns volume and capacity, or a given speed, into the speed of a stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import CoverageError
from transmod.inputs.tables import read_shipped_table
from transmod.kernels.speed import bpr_speed
from transmod.schema import MAX_NODE_SPEED_KMH

SpeedSource = Literal["given", "bpr", "free"]


@dataclass(frozen=True, eq=False)
class SpeedRule:
    """
    How speeds come about on L links for C streams.

    Attributes
    ----------
    source : "given", "bpr" or "free"
        Speeds of the volume file, of volume over capacity, or undelayed.
    free, capacity, alpha, beta : float64 (L,)
        [km/h], [pcu/h], [-], [-].
    pcu : float64 (C,)
        Passenger-car units of a vehicle [pcu/veh].
    limit : float64 (C,)
        Highest speed of a stream's class [km/h]; the top of the speed nodes where there is none.
    """

    source: SpeedSource
    free: NDArray[np.float64]
    capacity: NDArray[np.float64]
    alpha: NDArray[np.float64]
    beta: NDArray[np.float64]
    pcu: NDArray[np.float64]
    limit: NDArray[np.float64]


def speed_rule(
    links: gpd.GeoDataFrame,
    streams: Sequence[tuple[str, str]],
    source: SpeedSource,
    *,
    speed_flow: pd.DataFrame | None = None,
) -> SpeedRule:
    """
    Gather what the speeds of a run depend on.

    Parameters
    ----------
    links : geopandas.GeoDataFrame
        L links with the columns of `schema.LINKS`.
    streams : sequence of (str, str)
        Vehicle class and trip kind of the C streams.
    source : "given", "bpr" or "free"
        Where speeds come from.
    speed_flow : pandas.DataFrame, optional
        `road_class`, `alpha`, `beta` in place of the shipped table.

    Raises
    ------
    CoverageError
        If a road class has no parameters or a vehicle class no passenger-car units.

    Notes
    -----
    A class limit is that of the vehicle (speed limiters of trucks and coaches), on every road.
    """
    flow = read_shipped_table("traffic", "speed_flow") if speed_flow is None else speed_flow
    flow = flow.set_index("road_class")
    road_class = links["road_class"]
    missing = sorted(set(road_class) - set(flow.index))
    if missing:
        raise CoverageError(
            f"`speed_flow` must have every road class of the network: {', '.join(missing)} "
            f"missing, it has {', '.join(flow.index)}."
        )
    limits = read_shipped_table("traffic", "class_speed_limits")
    limit_of = limits.set_index("vehicle_class")["speed_limit_kmh"].to_dict()
    pcu_of = passenger_car_units()
    unknown = sorted({name for name, _ in streams} - set(pcu_of))
    if unknown:
        raise CoverageError(
            f"A vehicle class must have passenger-car units: {', '.join(unknown)} has none. "
            f"Known: {', '.join(pcu_of)}."
        )
    return SpeedRule(
        source=source,
        free=links["free_speed_kmh"].to_numpy(np.float64),
        capacity=links["capacity_pcu_h"].to_numpy(np.float64),
        alpha=flow["alpha"].reindex(road_class).to_numpy(np.float64),
        beta=flow["beta"].reindex(road_class).to_numpy(np.float64),
        pcu=np.array([pcu_of[name] for name, _ in streams], np.float64),
        limit=np.array([limit_of.get(name, MAX_NODE_SPEED_KMH) for name, _ in streams], np.float64),
    )


def passenger_car_units() -> dict[str, float]:
    """Return the shipped passenger-car units of each vehicle class [pcu/veh]."""
    table = read_shipped_table("traffic", "pcu")
    return dict(zip(table["vehicle_class"], table["pcu"].astype(float), strict=True))


def travel_speeds(
    rule: SpeedRule,
    link: NDArray[np.int64],
    average: NDArray[np.float64],
    series: NDArray[np.floating],
    given: NDArray[np.floating] | None,
) -> NDArray[np.floating]:
    """
    Return the speeds of rows, (N, S, T) [km/h].

    Parameters
    ----------
    rule : SpeedRule
        Of all links.
    link : int64 (N,)
        Link of each row.
    average, series : float64 (N, C), float32 or float64 (1 or N, C, T)
        Volumes, as in `kernels.speed`; C padded beyond the streams of `rule`.
    given : float32 or float64 (N, S, T) or None
        Speeds of the volume file.
    """
    n_hour = series.shape[2]
    if rule.source == "given":
        assert given is not None
        return given
    speed = np.empty((link.size, 1, n_hour))
    if rule.source == "free":
        speed[:] = rule.free[link][:, None, None]
    else:
        pcu = np.zeros(average.shape[1])
        pcu[: rule.pcu.size] = rule.pcu
        bpr_speed(
            average,
            series,
            pcu,
            rule.free[link],
            rule.capacity[link],
            rule.alpha[link],
            rule.beta[link],
            speed,
        )
    return speed
