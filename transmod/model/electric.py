"""
Electric vehicles: heating and cooling by temperature, and losses of the grid.

Heating and cooling draw power, not energy per kilometre: P kW cost P / V kWh/km at V km/h. The
published consumption holds a mean of them; a run with temperatures puts its own mean in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import pandas as pd

from transmod.errors import InputError
from transmod.inputs.profile_tables import TRUSTED
from transmod.inputs.profiles import ProfileSet

COMFORT_C = 20.0  # below it a cabin is heated, from it on cooled


def cabin_power(
    cabin: pd.Series, demand: pd.DataFrame, temperature_c: Sequence[float] | np.ndarray
) -> np.ndarray:
    """
    Return the electric power of heating or cooling at some temperatures.

    Parameters
    ----------
    cabin : pandas.Series
        Row of `cabin.csv`.
    demand : pandas.DataFrame
        `cabin_demand.csv`: share of full thermal power by temperature, linear between its points
        and held beyond them.
    temperature_c : sequence of float
        (M,) outside temperatures [degC].

    Returns
    -------
    ndarray
        (M,) power [kW].
    """
    outside = np.asarray(temperature_c, np.float64)
    share = np.interp(outside, demand["temperature_c"], demand["share"])
    cop = np.where(outside < COMFORT_C, cabin["cop_heating"], cabin["cop_cooling"])
    return np.asarray(cabin["hvac_kw"] * share / cop, np.float64)


def extra_power(
    profiles: ProfileSet, temperature_c: Sequence[float], weight: Sequence[float] = ()
) -> dict[str, float]:
    """
    Return how much more power than published each battery curve takes for heating and cooling.

    Parameters
    ----------
    profiles : ProfileSet
        Holds `cabin.csv` and `cabin_demand.csv`.
    temperature_c, weight : sequence of float
        (M,) temperatures [degC] of months or seasons, and how much is driven at each; no weights:
        all alike.

    Returns
    -------
    dict
        Curve of `electric.csv` to power [kW], negative where the run is milder than the published
        consumption. Curves without a row in `cabin.csv` stay as published.

    Raises
    ------
    InputError
        If a temperature is not finite, or weights are negative or of another number.
    """
    if len(temperature_c) == 0:
        return {}
    outside = np.asarray(temperature_c, np.float64)
    share = np.asarray(weight if len(weight) else np.ones(len(outside)), np.float64)
    if not np.isfinite(outside).all() or (np.abs(outside) > 60.0).any():
        raise InputError(
            f"Temperatures must be >= -60 and <= 60 [degC]: {outside.min():g} to "
            f"{outside.max():g} found."
        )
    if share.shape != outside.shape or not (share >= 0.0).all() or not share.sum() > 0.0:
        raise InputError(
            f"Weights of temperatures must be >= 0, not all 0, and one for each of {len(outside)} "
            f"temperatures [-]: {share.tolist()} found."
        )
    demand = profiles.cabin_demand
    return {
        row["curve"]: float(
            np.dot(cabin_power(row, demand, outside), share) / share.sum() - row["included_kw"]
        )
        for _, row in profiles.cabin.iterrows()
    }


def find_grid_losses(
    profiles: ProfileSet, area: str | None, year: int, own: float | None, notes: list[str]
) -> float | None:
    """
    Return the share of the electricity sent out that is lost before the meter [-].

    Parameters
    ----------
    profiles : ProfileSet
        Holds `grid_losses.csv`.
    area : str or None
        Area of grid electricity. One without a row of its own takes that of its country, the
        part of its name before the first hyphen; this is noted.
    year : int
        Year of the grid electricity.
    own : float or None
        The planner's own figure.
    notes : list of str
        Takes what a reader must know.

    Returns
    -------
    float or None
        None where nothing is known: losses are then not estimated.
    """
    if own is not None:
        if not 0.0 <= own < 0.5:
            raise InputError(
                f"Grid losses must be >= 0 and < 0.5 [-]: {own} found. Per cent are to be divided "
                "by 100."
            )
        return float(own)
    if area is None:
        return None
    table = profiles.grid_losses[profiles.grid_losses["year"] == year]
    for place in dict.fromkeys((area, area.split("-")[0])):
        row = table[table["area"] == place]
        if not row.empty:
            found = row.iloc[0]
            state = "" if found["verification"] in TRUSTED else f", {found['verification']}"
            notes.append(
                f"Grid losses: {found['loss_share']:.2%} of electricity sent out, {place} {year}"
                f"{state}; a line of their own, scope 3."
            )
            return float(found["loss_share"])
    return None


def losses_per_delivered(loss_share: float) -> float:
    """Return what is lost for each unit that is delivered [-]."""
    return loss_share / (1.0 - loss_share)


def electricity_factor(
    profiles: ProfileSet,
    types: pd.DataFrame,
    year: int,
    area: str | None,
    area_year: int | None,
    own: float | None,
    notes: list[str],
) -> float | None:
    """Return CO2 of grid electricity [kg/kWh] if a type takes any: own, or the table's."""
    place = area if types["electric_curve"].notna().any() else None
    return find_grid_factor(profiles, year, place, area_year, own, notes)


def find_grid_factor(
    profiles: ProfileSet,
    year: int,
    area: str | None,
    area_year: int | None,
    own: float | None,
    notes: list[str],
) -> float | None:
    """Return CO2 of grid electricity [kg/kWh]: the planner's own, or the table's; None: neither."""
    if own is not None:
        if not 0 <= own <= 2:
            raise InputError(
                f"CO2 of grid electricity must be >= 0 and <= 2 [kg/kWh]: {own} found. Figures in "
                "g/kWh are to be divided by 1000."
            )
        return float(own)
    if area is None:
        return None
    table = profiles.electricity
    rows = table[table["area"] == area]
    if rows.empty:
        near = get_close_matches(area, table["area"].unique(), n=3, cutoff=0.4)
        raise InputError(
            f"Electricity area must be one of electricity.csv of the set {profiles.name}: {area!r} "
            f"found. Near: {', '.join(near) or 'none'}. Or give the figure itself as "
            "profiles.electricity_kg_per_kwh [kg/kWh]."
        )
    wanted = year if area_year is None else area_year
    row = rows[rows["year"] == wanted]
    if row.empty:
        years = ", ".join(str(y) for y in rows["year"])
        nearest = min((int(y) for y in rows["year"]), key=lambda y: (abs(y - wanted), y))
        raise InputError(
            f"Electricity of {area} must be given for {wanted}: {years} found. Say "
            f"profiles.electricity_year = {nearest}, or another of these, or give the figure "
            "itself as profiles.electricity_kg_per_kwh [kg/kWh]."
        )
    found = row.iloc[0]
    notes.append(
        f"Electricity: {found['kg_per_kwh']:g} kg {found['gases']} per kWh, {area} {wanted}"
        f"{'' if found['verification'] in TRUSTED else ', ' + found['verification']}."
    )
    return float(found["kg_per_kwh"])
