"""Factors of a run: built from its scenario and profiles, or recalled if made before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from transmod.inputs.network_files import NETWORK_FILES
from transmod.inputs.profiles import ProfileSet
from transmod.intake.processes import Processes, complete_factors
from transmod.intake.services import to_service
from transmod.memory import remember
from transmod.model.factors import Factors, build_factors
from transmod.model.fleet import Fleet
from transmod.model.service import Service
from transmod.scenario import FILE_NAME, Scenario
from transmod.traffic.calendar import Calendar
from transmod.traffic.climate import Climate


def recall_factors(
    profiles: ProfileSet,
    fleet: Fleet,
    calendar: Calendar,
    streams: Sequence[tuple[str, str]],
    climate: Climate,
    processes: Processes,
    *,
    scenario: Scenario,
    hashes: dict[str, str],
) -> Factors:
    """Build the factors of a run with all its processes; links and volumes do not matter to it."""
    network = scenario.network.path
    elsewhere = {scenario.traffic.volumes.as_posix()}
    elsewhere |= {(network / name).as_posix() for name in NETWORK_FILES}
    asked = scenario.to_options()
    asked.pop("uncertainty", None)  # how sure one is of factors does not change them
    parts = {
        "scenario": asked,
        "files": {name: hashes[name] for name in hashes if name not in elsewhere | {FILE_NAME}},
        "streams": list(streams),
        "hours": calendar.weight.size,
        "types": fleet.types,
    }

    def build() -> Factors:
        base = _build_factors(profiles, fleet, calendar, scenario=scenario)
        return complete_factors(base, profiles, streams, climate, processes, scenario=scenario)

    return remember("factors", parts, build)


def load_factors(
    profiles: ProfileSet,
    fleet: Fleet,
    calendar: Calendar,
    streams: Sequence[tuple[str, str]],
    climate: Climate,
    processes: Processes,
    *,
    scenario: Scenario,
    loads: Mapping[str, float],
) -> Factors:
    """Build the factors of a run with the load factors of classes times numbers, at most 1."""
    rows = profiles.freight
    times = rows["vehicle_class"].map(dict(loads)).astype("float64").fillna(1.0)  # of no class: 1
    load_factor = rows["load_factor"].mask(
        times != 1.0, (rows["load_factor"] * times).clip(upper=1)
    )
    given = to_service(scenario, calendar)
    freight = dict(given.freight or {})
    for name in loads:
        if name in freight and (own := freight[name].load_factor) is not None:
            freight[name] = replace(freight[name], load_factor=min(own * loads[name], 1.0))
    loaded = replace(profiles, freight=rows.assign(load_factor=load_factor))
    service = replace(given, freight=freight)
    base = _build_factors(loaded, fleet, calendar, scenario=scenario, service=service)
    return complete_factors(base, loaded, streams, climate, processes, scenario=scenario)


def _build_factors(
    profiles: ProfileSet,
    fleet: Fleet,
    calendar: Calendar,
    *,
    scenario: Scenario,
    service: Service | None = None,
) -> Factors:
    choice = scenario.profiles
    return build_factors(
        profiles,
        fleet.types,
        year=scenario.year,
        electricity_area=choice.electricity_area,
        electricity_year=choice.electricity_year,
        electricity_kg_per_kwh=choice.electricity_kg_per_kwh,
        conditions=choice.conditions,
        service=service or to_service(scenario, calendar),
    )
