"""Factors of a run: built from its scenario and profiles, or recalled if made before."""

from __future__ import annotations

from collections.abc import Sequence

from transmod.inputs.network_files import NETWORK_FILES
from transmod.inputs.profiles import ProfileSet
from transmod.intake.processes import Processes, complete_factors
from transmod.intake.services import to_service
from transmod.memory import remember
from transmod.model.factors import Factors, build_factors
from transmod.model.fleet import Fleet
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
    parts = {
        "scenario": scenario.to_options(),
        "files": {name: hashes[name] for name in hashes if name not in elsewhere | {FILE_NAME}},
        "streams": list(streams),
        "hours": calendar.weight.size,
        "types": fleet.types,
    }

    def build() -> Factors:
        base = _build_factors(profiles, fleet, calendar, scenario=scenario)
        return complete_factors(base, profiles, streams, climate, processes, scenario=scenario)

    return remember("factors", parts, build)


def _build_factors(
    profiles: ProfileSet, fleet: Fleet, calendar: Calendar, *, scenario: Scenario
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
        service=to_service(scenario, calendar),
    )
