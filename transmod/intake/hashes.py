"""The files that a run is computed from, and their hashes."""

from __future__ import annotations

import os
from pathlib import Path

from transmod.inputs.hashes import hash_tables, sha256_file
from transmod.inputs.network_files import NETWORK_FILES
from transmod.inputs.shipped import PROFILES, find_profiles, find_shipped
from transmod.intake.evidence import evidence_files
from transmod.intake.methods import method_files
from transmod.intake.source_files import movement_factors, source_files
from transmod.intake.stock import stock_files
from transmod.scenario import Scenario, resolve, scenario_files
from transmod.scenario.measures import measure_files


def hash_inputs(run: Path, scenario: Scenario) -> dict[str, str]:
    """
    Return the SHA-256 of every input file that is there, by path from the run folder.

    Shipped factor sets go by `vehicle_profiles/<set>/...`, wherever they are installed.
    """
    named = [*scenario_files(run, scenario), *_named_files(scenario)]
    named += [scenario.network.path / name for name in NETWORK_FILES]
    files = {path.as_posix(): resolve(run, path) for path in named}
    hashes = {name: sha256_file(file) for name, file in files.items() if file.is_file()}
    for folder in (find_set_folder(run, scenario), movement_factors(run, scenario)):
        if folder is not None:
            hashes |= _hash_set(folder, run)
    return hashes


def _hash_set(folder: Path, run: Path) -> dict[str, str]:
    """Return the SHA-256 of every table of a factor set."""
    shipped = folder.parent.resolve() == find_shipped(PROFILES).resolve()
    root = Path(PROFILES) if shipped else Path(os.path.relpath(folder.parent, run))
    place = (root / folder.name).as_posix()
    return {f"{place}/{name}": sha for name, sha in hash_tables(folder).items()}


def _named_files(scenario: Scenario) -> list[Path]:
    """Return the files that a scenario names, as it names them."""
    tables = (
        scenario.traffic.temporal_profile,
        scenario.fleet.mix,
        scenario.accounting.rule,
    )
    files = (
        scenario.traffic.volumes,
        scenario.traffic.speeds,
        scenario.traffic.speed_flow,
        scenario.traffic.parked,
    )
    named = [Path(name) for name in tables if name and name.endswith(".csv")]
    named += [path for path in files if path is not None]
    named += measure_files(scenario.measures)
    named += source_files(scenario) + stock_files(scenario.fleet) + method_files(scenario)
    return named + evidence_files(scenario)


def find_set_folder(run: Path, scenario: Scenario) -> Path:
    """Return the folder of the factor set: beside the runs, shipped, or a path."""
    name = scenario.profiles.set
    known = find_profiles(run, name)
    return known if known.is_dir() else resolve(run, Path(name))
