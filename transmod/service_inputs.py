"""How the vehicles of a run are fuelled, loaded and heated, as its scenario says."""

from __future__ import annotations

import numpy as np

from transmod.model.blends import Blend
from transmod.model.service import Load, Service
from transmod.scenario import Scenario
from transmod.traffic.calendar import Calendar


def to_service(scenario: Scenario, calendar: Calendar) -> Service:
    """Return what a scenario says of fuels, blends, loads, occupancy, grid losses and climate."""
    choice, climate = scenario.profiles, scenario.climate
    return Service(
        fuels=choice.fuels,
        blends={
            fuel: blend if isinstance(blend, str) else Blend(blend.biofuel, blend.volume_share)
            for fuel, blend in choice.blends.items()
        },
        freight={name: Load(load.load_factor, load.empty_share) for name, load in scenario.freight},
        occupancy=scenario.fleet.occupancy,
        grid_loss_share=choice.grid_loss_share,
        temperature_c=() if climate is None else climate.temperature_c,
        temperature_weight=() if climate is None else month_hours(calendar),
    )


def month_hours(calendar: Calendar) -> tuple[float, ...]:
    """Return the hours of the period in each month; all alike where slots span months."""
    if (calendar.month == 0).any():
        return (1.0,) * 12
    return tuple(np.bincount(calendar.month - 1, calendar.weight, minlength=12).tolist())
