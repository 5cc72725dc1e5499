"""Inputs of the other methods of counting that a scenario names."""

from __future__ import annotations

from pathlib import Path

from transmod.errors import Faults
from transmod.inputs.checks import attempt
from transmod.inputs.method_tables import Methods, read_fuel_sold, read_resident_share
from transmod.scenario import Scenario, resolve


def method_files(scenario: Scenario) -> list[Path]:
    """Return the files that a scenario names."""
    choice = scenario.accounting.cross_walk
    return [path for path in (choice.fuel_sold, choice.resident_share) if path is not None]


def read_methods(*, run: Path, scenario: Scenario) -> Methods:
    """
    Read what the other methods of counting need, as far as the scenario names it.

    Raises
    ------
    InputError
        With every fault of the files.
    """
    choice, faults = scenario.accounting.cross_walk, Faults()
    sold = shares = None
    if choice.fuel_sold is not None:
        sold = attempt(faults, read_fuel_sold, resolve(run, choice.fuel_sold))
    if choice.resident_share is not None:
        shares = attempt(faults, read_resident_share, resolve(run, choice.resident_share))
    faults.raise_any()
    return Methods(sold, shares)
