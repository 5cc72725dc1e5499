"""Power from the grid: what power plants emit for it, and what is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from transmod.errors import InputError
from transmod.inputs.profiles import ProfileSet
from transmod.model.electric import find_grid_factor, find_grid_losses, losses_per_delivered
from transmod.schema import EMISSION_KEYS

_TJ_PER_KWH = 3.6e-6


@dataclass(frozen=True)
class GridPower:
    """
    Power from the grid in the year of an account, the same for cars, trains and machines.

    `kg_per_kwh` is CO2 of what is delivered [kg/kWh]; `loss_share` is lost of what is sent out
    [-], None where not known; `notes` say where both are from.
    """

    kg_per_kwh: float
    loss_share: float | None
    notes: tuple[str, ...]


def find_grid_power(
    profiles: ProfileSet,
    *,
    wanted_by: str,
    year: int,
    area: str | None,
    area_year: int | None = None,
    own_kg_per_kwh: float | None = None,
    own_loss_share: float | None = None,
) -> GridPower:
    """
    Return what a run's set says of grid electricity.

    Parameters
    ----------
    profiles : ProfileSet
        Holds `electricity.csv` and `grid_losses.csv`.
    wanted_by : str
        What asks for it, for the sentence of the error.
    year, area, area_year, own_kg_per_kwh, own_loss_share
        As in the scenario's `[profiles]`.

    Raises
    ------
    InputError
        If the scenario names neither an area that is known nor a figure.
    """
    notes: list[str] = []
    factor = find_grid_factor(profiles, year, area, area_year, own_kg_per_kwh, notes)
    if factor is None:
        raise InputError(
            f"CO2 of grid electricity [kg/kWh] must be given for {wanted_by}: name an area of "
            f"electricity.csv (`profiles.electricity_area`) or give a number "
            f"(`profiles.electricity_kg_per_kwh`)."
        )
    losses = find_grid_losses(profiles, area, area_year or year, own_loss_share, notes)
    return GridPower(factor, losses, tuple(notes))


def power_rows(
    keys: pd.DataFrame, kwh: pd.Series, power: GridPower, *, noun: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Turn electricity from the grid into rows of emissions and of energy.

    Parameters
    ----------
    keys : pandas.DataFrame
        `schema.EMISSION_KEYS` without `activity` and `fuel`, indexed as `kwh`.
    kwh : pandas.Series
        Taken from the grid, at the meter [kWh].
    power : GridPower
        What stands behind a kWh.
    noun : str
        First word of the activities: `rail` or `off_road`.

    Returns
    -------
    emissions : pandas.DataFrame
        CO2 of power plants (`<noun>_electricity`, scope 2) and of what is lost on the way
        (`<noun>_grid_losses`, scope 3, null mass where the share is not known).
    energy : pandas.DataFrame
        What is delivered; losses are no final energy.
    """
    delivered = keys.assign(activity=f"{noun}_electricity", fuel="electricity")
    lost = delivered.assign(activity=f"{noun}_grid_losses")
    taken = kwh.astype("float64")
    co2_t = taken * power.kg_per_kwh * 1e-3
    share = float("nan")
    if power.loss_share is not None:
        share = losses_per_delivered(power.loss_share)
    emissions = pd.concat(
        [
            delivered[list(EMISSION_KEYS)].assign(
                process="electricity", pollutant="co2", mass_t=co2_t
            ),
            lost[list(EMISSION_KEYS)].assign(
                process="grid_losses", pollutant="co2", mass_t=co2_t * share
            ),
        ],
        ignore_index=True,
    )
    return emissions, delivered[list(EMISSION_KEYS)].assign(energy_tj=taken * _TJ_PER_KWH)
