"""
What a scenario sets its account against: sales, statistics, benchmarks, people and targets.

Most scenarios name few of these, and what reads the others is not loaded.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from transmod.accounts.indicators import Facts
from transmod.errors import Faults, InputError
from transmod.inputs.checks import listed
from transmod.inputs.hashes import sha256_file
from transmod.inputs.place_areas import PLACES_FILES, read_places
from transmod.inputs.profiles import ProfileSet
from transmod.memory import remember
from transmod.model.factors import Factors
from transmod.model.fleet import Fleet
from transmod.scenario import Scenario, resolve

if TYPE_CHECKING:
    from transmod.accounts.reconciliation import Evidence
    from transmod.accounts.targets import Target


def take_evidence(
    profiles: ProfileSet, fleet: Fleet, factors: Factors, *, run: Path, scenario: Scenario
) -> Evidence | None:
    """Read what was sold and counted; None where the scenario names nothing."""
    if not scenario.reconciliation.is_asked:
        return None
    from transmod.intake.reconciliation import read_evidence

    return read_evidence(profiles, fleet, factors, run=run, scenario=scenario)


def evidence_files(scenario: Scenario) -> list[Path]:
    """Return the files that a scenario names."""
    choice = scenario.reconciliation
    named = (choice.fuel_sales, choice.vkm_statistics, scenario.indicators.benchmarks)
    return [path for path in named if path is not None]


def read_facts(*, run: Path, scenario: Scenario) -> Facts:
    """
    Read what indicators need beside the ledger.

    Raises
    ------
    InputError
        With every fault of the benchmarks.
    """
    choice = scenario.indicators
    network = resolve(run, scenario.network.path)
    files = [path for name in PLACES_FILES if (path := network / name).is_file()]
    # polygons of a city take longer to read than all else that an account asks for
    parts = {path.name: sha256_file(path) for path in files}
    places = remember("places", parts, lambda: read_places(network))
    if choice.population is not None:
        places = replace(places, city_population=choice.population)
    benchmarks = choice.benchmarks
    return Facts(
        places=places,
        gdp=choice.gdp,
        gdp_unit=choice.gdp_unit,
        benchmarks=None if benchmarks is None else _read_benchmarks(resolve(run, benchmarks)),
    )


def _read_benchmarks(path: Path) -> pd.DataFrame:
    from transmod.inputs.reconciliation_tables import read_benchmarks

    return read_benchmarks(path)


def find_targets(*, scenario: Scenario) -> tuple[Target, ...]:
    """
    Return the targets of a scenario.

    Raises
    ------
    InputError
        If two bear one name, a path starts after the run, or the account is not of a year.
    """
    if not scenario.targets:
        return ()
    from transmod.accounts.targets import Target

    targets = tuple(Target(**dict(choice)) for choice in scenario.targets)
    faults = Faults()
    if scenario.calendar.period != "year":
        faults.add(
            "`[[targets]]` needs an account of a year: `calendar.period` = "
            f"'{scenario.calendar.period}' found."
        )
    names = [target.name for target in targets]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        faults.add(f"Each of `[[targets]]` must have a name of its own: {listed(twice)} twice.")
    for target in targets:
        if scenario.year < target.starts:
            faults.add(
                f"The path of target {target.name!r} must have begun in the year of the run: "
                f"{target.starts} is after {scenario.year}."
            )
    if faults:
        raise InputError(faults.sentences)
    return targets
