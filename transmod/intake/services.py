"""How the vehicles of a run are fuelled, loaded and heated, and energy put in coal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from transmod.accounts.coal import CoalEquivalent, coal_equivalent, published_equivalents
from transmod.errors import InputError
from transmod.inputs.profiles import ProfileSet
from transmod.model.blends import Blend, choose_fuels
from transmod.model.service import Load, Service
from transmod.scenario import Scenario
from transmod.traffic.calendar import Calendar

if TYPE_CHECKING:
    from transmod.scenario.traffic_measures import ConsolidateFreight


def to_service(scenario: Scenario, calendar: Calendar) -> Service:
    """Return what a scenario says of fuels, blends, loads, occupancy, grid losses and climate."""
    choice, climate = scenario.profiles, scenario.climate
    return Service(
        fuels=choice.fuels,
        blends=find_blends(scenario),
        freight=find_loads(scenario),
        occupancy=scenario.fleet.occupancy,
        grid_loss_share=choice.grid_loss_share,
        temperature_c=() if climate is None else climate.temperature_c,
        temperature_weight=() if climate is None else month_hours(calendar),
    )


def find_blends(scenario: Scenario) -> dict[str, str | Blend]:
    """Return the biofuels that a scenario blends, by fuel: a named blend, or a share of volume."""
    return {
        fuel: blend if isinstance(blend, str) else Blend(blend.biofuel, blend.volume_share)
        for fuel, blend in scenario.profiles.blends.items()
    }


def find_loads(scenario: Scenario, n_measures: int | None = None) -> dict[str, Load]:
    """Return how a scenario loads trucks by class, after the first so many of its measures."""
    loads = {name: Load(load.load_factor, load.empty_share) for name, load in scenario.freight}
    for measure in scenario.measures[:n_measures]:
        if measure.kind == "consolidate_freight":  # its record is read where there is one
            own = cast("ConsolidateFreight", measure)
            loads[own.vehicle_class] = consolidate(loads[own.vehicle_class], own)
    return loads


def consolidate(load: Load, measure: ConsolidateFreight) -> Load:
    """Return a load with what a measure says of it."""
    given = {
        name: value
        for name in ("load_factor", "empty_share")
        if (value := getattr(measure, name)) is not None
    }
    return replace(load, **given)


def find_coal(profiles: ProfileSet | None, scenario: Scenario) -> CoalEquivalent:
    """
    Return the coal equivalents that a scenario asks for.

    Raises
    ------
    InputError
        If they cannot be found, or published ones are asked for and the family of fuels has none.
    """
    choice = scenario.accounting
    coal = coal_equivalent(choice.tce_basis, scenario.year, choice.kgce_per_kwh)
    if choice.tce_fuels == "heat" or profiles is None:
        return coal
    fuelled, _ = choose_fuels(profiles, scenario.profiles.fuels)
    by_fuel = published_equivalents(fuelled.fuels)
    if not by_fuel:
        raise InputError(
            "`accounting.tce_fuels` = 'published' needs a family of fuels with coal equivalents: "
            f"none in {scenario.profiles.fuels or profiles.fuel_family}. Choose "
            "`profiles.fuels` = 'china_guideline', or say 'heat'."
        )
    return replace(coal, by_fuel=by_fuel)


def month_hours(calendar: Calendar) -> tuple[float, ...]:
    """Return the hours of the period in each month; all alike where slots span months."""
    if (calendar.month == 0).any():
        return (1.0,) * 12
    return tuple(np.bincount(calendar.month - 1, calendar.weight, minlength=12).tolist())
