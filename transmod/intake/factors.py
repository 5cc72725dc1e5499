"""Factors of a run: built from its scenario and profiles, or recalled if made before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from transmod.inputs.profiles import ProfileSet
from transmod.intake.processes import Processes
from transmod.intake.services import to_service
from transmod.memory import digest, remember
from transmod.model.factors import Factors
from transmod.model.fleet import Fleet
from transmod.scenario import Scenario
from transmod.traffic.calendar import Calendar
from transmod.traffic.climate import Climate


@dataclass(frozen=True, eq=False)
class AskedFactors:
    """
    All that the factors of a run hang on, beside the set.

    `base` is what `build_factors` is told, `more` what `add_processes` is told.
    """

    base: dict[str, Any]
    more: dict[str, Any]


def recall_factors(profiles: ProfileSet, asked: AskedFactors) -> Factors:
    """
    Build the factors of a run with all its processes, at the gradient nodes that its links need.

    Factors of another run that asked for the same are recalled, whatever else differs: volumes,
    shares of the same types, measures, outputs.
    """
    return remember("factors", _to_parts(profiles, asked), lambda: _make(profiles, asked))


def find_key(profiles: ProfileSet, asked: AskedFactors) -> str:
    """Return what tells the factors that `recall_factors` gives from all others."""
    return digest(_to_parts(profiles, asked))


def load_factors(profiles: ProfileSet, asked: AskedFactors, loads: Mapping[str, float]) -> Factors:
    """Build the factors of a run with the load factors of classes times numbers, at most 1."""
    rows = profiles.freight
    times = rows["vehicle_class"].map(dict(loads)).astype("float64").fillna(1.0)  # of no class: 1
    load_factor = rows["load_factor"].mask(
        times != 1.0, (rows["load_factor"] * times).clip(upper=1)
    )
    service = asked.base["service"]
    freight = dict(service.freight or {})
    for name in loads:
        if name in freight and (own := freight[name].load_factor) is not None:
            freight[name] = replace(freight[name], load_factor=min(own * loads[name], 1.0))
    loaded = replace(profiles, freight=rows.assign(load_factor=load_factor))
    base = asked.base | {"service": replace(service, freight=freight)}
    return _make(loaded, replace(asked, base=base))


def ask_factors(
    fleet: Fleet,
    calendar: Calendar,
    streams: Sequence[tuple[str, str]],
    climate: Climate,
    processes: Processes,
    gradients: Sequence[float],
    *,
    scenario: Scenario,
) -> AskedFactors:
    """Return what the factors of a run hang on, beside the set."""
    choice = scenario.profiles
    base = {
        "vehicle_types": fleet.types,
        "year": scenario.year,
        "electricity_area": choice.electricity_area,
        "electricity_year": choice.electricity_year,
        "electricity_kg_per_kwh": choice.electricity_kg_per_kwh,
        "conditions": choice.conditions,
        "service": to_service(scenario, calendar),
        "gradients": tuple(gradients),
    }
    more = {
        "streams": tuple(streams),
        "climate": climate,
        "processes": processes.names,
        "trip_length_km": scenario.traffic.trip_length_km,
        "mileage_km": choice.mileage_km,
    }
    return AskedFactors(base, more)


def _make(profiles: ProfileSet, asked: AskedFactors) -> Factors:
    """Make factors of a set and what is asked alone, so that these are all to know them by."""
    # who recalls factors needs none of what makes them
    from transmod.model.added_processes import add_processes
    from transmod.model.factor_table import build_factors

    return add_processes(build_factors(profiles, **asked.base), profiles, **asked.more)


def _to_parts(profiles: ProfileSet, asked: AskedFactors) -> list[Any]:
    """Return what factors are known by; the mileage of a run stands among the set's defaults."""
    return [profiles.name, profiles.sha256, profiles.defaults, asked]
