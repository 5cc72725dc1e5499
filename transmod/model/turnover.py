"""
Fleet turnover: how many vehicles survive, and what is registered in place of those scrapped.

A cohort is the vehicles of a class, powertrain, fuel and size that were registered in a year: a
row of `fleet_tables.STOCK`. It shrinks along a survival curve. A stock is moved on by replacing
what is scrapped with the mix that was last registered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.inputs.fleet_tables import STOCK, Turnover

Floats = NDArray[np.float64]
Renewal: TypeAlias = "Callable[[pd.DataFrame, int], pd.DataFrame]"

GROUP = ["vehicle_class", "trip_kind", "district_id"]
KIND = [*GROUP, "powertrain", "fuel", "size", "use", "emission_standard"]
# a cohort smaller than this share of its group is gone: the tail of a survival curve has no end
_GONE = 1e-9


def log_survival(age: Floats, form: object, scale_years: Floats, shape: Floats) -> Floats:
    """
    Return the logarithm of the share of vehicles that reach an age.

    Parameters
    ----------
    age : ndarray
        (N,) year less year of registration [years], >= 0.
    form : array_like of str
        (N,) `weibull`: exp(-(age / scale)^shape); `logistic`: 1 / (1 + exp(shape (age - scale))),
        divided by its value at age 0.
    scale_years, shape : ndarray
        (N,) parameters of `survival.csv`.

    Notes
    -----
    The logarithm, as of very old vehicles nothing is left but the ratio of two ages still counts.
    """
    weibull = -((age / scale_years) ** shape)
    logistic = np.log1p(np.exp(-shape * scale_years)) - np.logaddexp(
        0.0, shape * (age - scale_years)
    )
    return np.where(np.asarray(form) == "weibull", weibull, logistic)


@dataclass(frozen=True, eq=False)
class Lives:
    """Survival curves of a region, ready to be read by vehicle class."""

    table: pd.DataFrame

    def left(self, classes: pd.Series, born: Floats, start: Floats, end: float) -> Floats:
        """
        Return which share of vehicles (N,) of the year `start` is left in the year `end`.

        Parameters
        ----------
        classes : pandas.Series
            (N,) vehicle classes.
        born, start : ndarray
            (N,) years of registration and of the count.
        end : float
            Year, not before `start`.
        """
        own = self.table.loc[classes]
        curve = (own["form"], own["scale_years"].to_numpy(), own["shape"].to_numpy())
        return np.exp(log_survival(end - born, *curve) - log_survival(start - born, *curve))


def lives(turnover: Turnover, region: str) -> Lives:
    """Return the survival curves of a region."""
    table = turnover.of_region(turnover.survival, region)
    return Lives(table.set_index("vehicle_class")[["form", "scale_years", "shape"]])


def sales_to_stock(sales: pd.DataFrame, lives: Lives, year: int) -> pd.DataFrame:
    """Return what is left in `year` of the vehicles sold until then."""
    sold = sales[sales["registration_year"] <= year].reset_index(drop=True)
    born = sold["registration_year"].to_numpy(float)
    left = lives.left(sold["vehicle_class"], born, born, year)
    return sold.assign(vehicles=sold["vehicles"] * left)


def move_on(
    stock: pd.DataFrame,
    lives: Lives,
    start: int,
    end: int,
    *,
    growth: float = 0.0,
    renew: Renewal | None = None,
) -> pd.DataFrame:
    """
    Move a stock on, year by year: vehicles are scrapped and as many are newly registered.

    Parameters
    ----------
    stock : pandas.DataFrame
        Vehicles in the year `start`, as `fleet_tables.STOCK`.
    lives : Lives
        Survival curves.
    start, end : int
        Years; `end` not before `start`.
    growth : float
        Growth of each group of class, trip kind and district [1/year].
    renew : callable, optional
        Changes the new registrations of a year, such as towards a CO2 target.

    Returns
    -------
    pandas.DataFrame
        The stock in the year `end`.

    Notes
    -----
    New vehicles have the mix of powertrains, fuels and sizes that the group registered last.
    """
    keys = pd.MultiIndex.from_frame(stock[GROUP])
    groups = keys.unique()
    code = groups.get_indexer(keys)
    mix = _last_mix(stock)
    of_mix = groups.get_indexer(pd.MultiIndex.from_frame(mix[GROUP]))
    parts, vehicles = [stock], stock["vehicles"].to_numpy(float)
    classes, born = stock["vehicle_class"], stock["registration_year"].to_numpy(float)
    for year in range(start + 1, end + 1):
        before = np.bincount(code, vehicles, len(groups))
        vehicles = vehicles * lives.left(classes, born, np.full(born.size, year - 1.0), year)
        needed = before * (1.0 + growth) - np.bincount(code, vehicles, len(groups))
        new = mix.assign(
            registration_year=year,
            vehicles=mix["vehicles"].to_numpy() * np.maximum(needed, 0.0)[of_mix],
        )
        if renew is not None:
            new = renew(new, year)
        parts.append(new)
        vehicles = np.append(vehicles, new["vehicles"].to_numpy(float))
        classes = pd.concat([classes, new["vehicle_class"]], ignore_index=True)
        born = np.append(born, np.full(len(new), float(year)))
        code = np.append(code, groups.get_indexer(pd.MultiIndex.from_frame(new[GROUP])))
    moved = pd.concat(parts, ignore_index=True).assign(vehicles=vehicles)
    moved = moved[vehicles > _GONE * np.bincount(code, vehicles, len(groups))[code]]
    return moved.sort_values(list(STOCK.key), kind="stable", ignore_index=True)


def _last_mix(stock: pd.DataFrame) -> pd.DataFrame:
    """Return the shares in which each group registered its newest vehicles; they sum to 1."""
    there = stock[stock["vehicles"] > 0]
    newest = there.groupby(GROUP)["registration_year"].transform("max")
    mix = there[there["registration_year"] == newest]
    # a standard given for a cohort is not that of later years
    mix = mix.assign(emission_standard="")
    mix = mix.groupby([*KIND, "test_co2_g_km"], dropna=False, as_index=False)[["vehicles"]].sum()
    return mix.assign(
        vehicles=mix["vehicles"] / mix.groupby(GROUP)["vehicles"].transform("sum"),
    )
