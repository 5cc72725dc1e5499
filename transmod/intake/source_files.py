"""Which files and factors the sources beside the road stand on."""

from __future__ import annotations

from pathlib import Path

from transmod.inputs.shipped import find_profiles
from transmod.scenario import Scenario

MOVEMENTS = "movements"  # set of their factors


def source_files(scenario: Scenario) -> list[Path]:
    """Return the files that a scenario names for these sources, as it names them."""
    memo, aviation, shipping = scenario.memo, scenario.aviation, scenario.shipping
    files = (
        memo.flights,
        memo.voyages,
        memo.territories,
        aviation.movements,
        aviation.airports,
        aviation.aircraft,
        shipping.calls,
        shipping.ships,
        shipping.areas,
        *shipping.positions,
        scenario.off_road.machines,
        *_rail_files(scenario),
    )
    return [path for path in files if path is not None]


def _rail_files(scenario: Scenario) -> list[Path]:
    if not scenario.rail.is_asked:
        return []
    from transmod.intake.ground import rail_files

    return rail_files(scenario)


def movement_factors(run: Path, scenario: Scenario) -> Path | None:
    """Return the folder of the factors of these sources: beside the run, or shipped."""
    on_ground = scenario.rail.is_asked or scenario.off_road.machines is not None
    if scenario.aviation.movements is None and not (scenario.shipping.is_asked or on_ground):
        return None
    return find_profiles(run, MOVEMENTS)
