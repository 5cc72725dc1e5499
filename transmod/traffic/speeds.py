"""Travel speeds: what turns volume and capacity, or a given speed, into the speed of a stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import CoverageError
from transmod.inputs.tables import read_shipped_table
from transmod.kernels.delay import AKCELIK, CONICAL, delayed_speed
from transmod.kernels.measured import fill_measured
from transmod.kernels.speed import bpr_speed
from transmod.schema import AKCELIK as AKCELIK_TABLE
from transmod.schema import CONICAL as CONICAL_TABLE
from transmod.schema import MAX_NODE_SPEED_KMH, SPEED_FLOW, Table
from transmod.traffic.measured_hours import MeasuredHours

SpeedFunction = Literal["bpr", "conical", "akcelik", "free"]
SpeedSource = Literal["given", "measured", "bpr", "conical", "akcelik", "free"]

# the parameters of a function: what a table of them must hold, and where the shipped one stands
PARAMETERS: dict[str, tuple[Table, str]] = {
    "bpr": (SPEED_FLOW, "speed_flow"),
    "conical": (CONICAL_TABLE, "conical"),
    "akcelik": (AKCELIK_TABLE, "akcelik"),
}


@dataclass(frozen=True, eq=False)
class SpeedRule:
    """
    How speeds come about on L links for C streams.

    Attributes
    ----------
    source : "given", "measured", "bpr", "conical", "akcelik" or "free"
        Speeds of the volume file, measured ones, of volume over capacity, or undelayed.
    free, capacity, alpha, beta : float64 (L,)
        [km/h], [pcu/h], and what `kernels.speed` or `kernels.delay` say of the function.
    pcu : float64 (C,)
        Passenger-car units of a vehicle [pcu/veh].
    limit : float64 (C,)
        Highest speed of a stream's class [km/h]; the top of the speed nodes where there is none.
    fallback : "bpr", "conical", "akcelik", "free" or None
        Where nothing was measured; None where everything is.
    measured : MeasuredHours or None
        Which measurement a stream and an hour take.
    cap : float64 (L,) or None
        Highest speed on a link that holds for given and measured speeds too [km/h].
    notes : tuple of str
        What a user should know.
    """

    source: SpeedSource
    free: NDArray[np.float64]
    capacity: NDArray[np.float64]
    alpha: NDArray[np.float64]
    beta: NDArray[np.float64]
    pcu: NDArray[np.float64]
    limit: NDArray[np.float64]
    fallback: SpeedFunction | None = None
    measured: MeasuredHours | None = None
    cap: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()

    def capped(self, cap: NDArray[np.float64]) -> SpeedRule:
        """Return the rule where nobody drives faster than `cap` (L,) [km/h]."""
        return replace(self, free=np.minimum(self.free, cap), cap=cap)

    @property
    def limit_in_pass(self) -> NDArray[np.float64]:
        """Highest speed of a stream that is still to be held, (C,) [km/h]."""
        if self.measured is not None and self.measured.by_class:
            return np.full_like(self.limit, MAX_NODE_SPEED_KMH)  # a class's own is taken as it is
        return self.limit

    def in_order(self, order: NDArray[np.int64]) -> SpeedRule:
        """Return the rule for the slots `order` (T,) of a calendar, in that order."""
        if self.measured is None:
            return self
        return replace(self, measured=self.measured.in_order(order))


def speed_rule(
    links: gpd.GeoDataFrame,
    streams: Sequence[tuple[str, str]],
    source: SpeedSource,
    *,
    speed_flow: pd.DataFrame | None = None,
    fallback: SpeedFunction | None = None,
    period_h: float = 1.0,
    measured: MeasuredHours | None = None,
) -> SpeedRule:
    """
    Gather what the speeds of a run depend on.

    Parameters
    ----------
    links : geopandas.GeoDataFrame
        L links with the columns of `schema.LINKS`.
    streams : sequence of (str, str)
        Vehicle class and trip kind of the C streams.
    source : "given", "measured", "bpr", "conical", "akcelik" or "free"
        Where speeds come from.
    speed_flow : pandas.DataFrame, optional
        `road_class` and the parameters of the function, in place of the shipped table.
    fallback : "bpr", "conical", "akcelik" or "free", optional
        Where no speed was measured.
    period_h : float
        How long the volume of an hour lasts [h], for Akcelik's function.
    measured : MeasuredHours, optional
        For ``source="measured"``.

    Raises
    ------
    CoverageError
        If a road class has no parameters or a vehicle class no passenger-car units.

    Notes
    -----
    A class limit is that of the vehicle (speed limiters of trucks and coaches), on every road; a
    speed measured of the class itself is taken as it is.

    Akcelik's capacity is that of a lane, as in the table of his parameters. His function is one of
    time per kilometre: above capacity the queue of the whole period stands on each of them.

    References
    ----------
    US Bureau of Public Roads (1964): Traffic Assignment Manual.
    Spiess, H. (1990): Conical volume-delay functions. Transportation Science 24(2), 153-158.
    Akcelik, R. (1991): Travel time functions for transport planning purposes. Australian Road
    Research 21(3), 49-59.
    """
    function = fallback if source == "measured" else source
    alpha, beta = _parameters(links, str(function), speed_flow, period_h)
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
        alpha=alpha,
        beta=beta,
        pcu=np.array([pcu_of[name] for name, _ in streams], np.float64),
        limit=np.array([limit_of.get(name, MAX_NODE_SPEED_KMH) for name, _ in streams], np.float64),
        fallback=fallback,
        measured=measured,
    )


def _parameters(
    links: gpd.GeoDataFrame, function: str, speed_flow: pd.DataFrame | None, period_h: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return alpha and beta of each link, as the kernel of the function takes them."""
    # where no function is used, a table must be whole all the same
    table, name = PARAMETERS.get(function, PARAMETERS["bpr"])
    flow = read_shipped_table("traffic", name) if speed_flow is None else speed_flow
    flow = flow.set_index("road_class")
    road_class = links["road_class"]
    missing = sorted(set(road_class) - set(flow.index))
    if missing:
        raise CoverageError(
            f"`speed_flow` must have every road class of the network: {', '.join(missing)} "
            f"missing, it has {', '.join(flow.index)}."
        )
    columns = [flow[c].reindex(road_class).to_numpy(np.float64) for c in table.names[1:]]
    if function == "conical":
        alpha = columns[0]
        return alpha, (2.0 * alpha - 1.0) / (2.0 * alpha - 2.0)
    if function == "akcelik":
        lane_capacity = (links["capacity_pcu_h"] / links["lanes"]).to_numpy(np.float64)
        beta = 8.0 * columns[0] / (lane_capacity * period_h)
        return np.full(len(links), 0.25 * period_h), beta
    return columns[0], columns[1]


def passenger_car_units() -> dict[str, float]:
    """Return the shipped passenger-car units of each vehicle class [pcu/veh]."""
    table = read_shipped_table("traffic", "pcu")
    return dict(zip(table["vehicle_class"], table["pcu"].astype(float), strict=True))


def travel_speeds(
    rule: SpeedRule,
    link: NDArray[np.int64],
    average: NDArray[np.float64],
    series: NDArray[np.float64],
    given: NDArray[np.floating] | None,
) -> NDArray[np.float64]:
    """
    Return the speeds of rows, (N, S, T) [km/h].

    Parameters
    ----------
    rule : SpeedRule
        Of all links.
    link : int64 (N,)
        Link of each row.
    average, series : float64 (N, C), (1 or N, C, T)
        Volumes, as in `kernels.speed`; C padded beyond the streams of `rule`.
    given : float32 or float64 (N, S, T) or None
        Speeds of the volume file; or measured ones (N, K, H), with K classes and H hours of
        measurement, NaN where there is none.
    """
    n_hour = series.shape[2]
    if rule.source == "given":
        assert given is not None
        return _hold(rule, link, given.astype(np.float64, copy=False))
    speed = np.empty((link.size, 1, n_hour))
    function = rule.fallback if rule.source == "measured" else rule.source
    if function in (None, "free"):
        speed[:] = rule.free[link][:, None, None]
    else:
        pcu = np.zeros(average.shape[1])
        pcu[: rule.pcu.size] = rule.pcu
        of_link = (rule.free[link], rule.capacity[link], rule.alpha[link], rule.beta[link])
        if function == "bpr":
            bpr_speed(average, series, pcu, *of_link, speed)
        else:
            form = CONICAL if function == "conical" else AKCELIK
            delayed_speed(form, average, series, pcu, *of_link, speed)
    if rule.source != "measured":
        return speed
    assert given is not None
    assert rule.measured is not None
    hours = rule.measured
    if hours.by_class:
        speed = np.repeat(speed, hours.own.size, axis=1)
        own, limit = hours.own, rule.limit
    else:
        own, limit = np.full(1, -1), np.full(1, np.inf)  # held for each class in the pass
    fill_measured(given, own, hours.common, hours.first, hours.hour, hours.weight, limit, speed)
    return _hold(rule, link, speed)


def _hold(
    rule: SpeedRule, link: NDArray[np.int64], speed: NDArray[np.float64]
) -> NDArray[np.float64]:
    return speed if rule.cap is None else np.minimum(speed, rule.cap[link][:, None, None])
