"""The table of a series: what each finished run holds, beside the run that it extends."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transmod.errors import InputError
from transmod.inputs.hashes import sha256_file
from transmod.inputs.results import MANIFEST, RESULTS, read_manifest
from transmod.inputs.toml import read_toml
from transmod.intake.hashes import hash_inputs
from transmod.scenario import FILE_NAME, Scenario, read_scenario
from transmod.schema import SERIES_FIGURES


@dataclass(frozen=True, eq=False)
class Finished:
    """Finished results of present inputs."""

    scenario: Scenario
    manifest: Mapping[str, Any]
    sha256: str


def find_base_folder(run: Path) -> Path | None:
    """Return the folder of the run that a run extends; faults are told when it is read."""
    try:
        extends = read_toml(run / FILE_NAME).get("extends")
    except InputError:
        return None
    return Path(os.path.normpath(run / extends)) if isinstance(extends, str) else None


def name_run(run: Path, folder: Path) -> str:
    """Return the path of a run from the folder of its series."""
    return Path(os.path.relpath(run, folder)).as_posix()


def find_finished(run: Path) -> Finished | None:
    """Return the results of a run if they are of its present inputs."""
    path = run / RESULTS / MANIFEST
    if not path.is_file():
        return None
    try:
        scenario = read_scenario(run)
        manifest = read_manifest(run)
    except InputError:  # of a base that is no part of the series
        return None
    if manifest["inputs"] != hash_inputs(run, scenario):
        return None
    return Finished(scenario, manifest, sha256_file(path))


def find_difference(
    amount: float | None, of_base: float | None
) -> tuple[float | None, float | None]:
    """Return the difference and its share in the base [%]."""
    if amount is None or of_base is None:
        return None, None
    difference = amount - of_base
    return difference, 100.0 * difference / of_base if of_base else None


def to_rows(
    order: Sequence[Path], folder: Path, results: Mapping[Path, Finished | None]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return rows of `schema.SERIES` of all that is finished, bases outside too, and sources."""
    places = {run.resolve(): run for run in order}
    for run in order:  # what runs are set beside stands in the table as well
        base = find_base_folder(run)
        if base is not None and results.get(base.resolve()) is not None:
            places.setdefault(base.resolve(), base)
    rows: list[dict[str, Any]] = []
    sources: dict[str, None] = {}
    outside = [run for key, run in places.items() if run not in order]
    for run in [*outside, *order]:
        own = results.get(run.resolve())
        if own is None:
            continue
        base = find_base_folder(run)
        other = None if base is None else results.get(base.resolve())
        accounts = _list_accounts(own.manifest["totals"])
        beside = {} if other is None else _list_accounts(other.manifest["totals"])
        about = {
            "run": name_run(run, folder),
            "title": own.scenario.title,
            "year": own.scenario.year,
            "fleet_year": _fleet_year(own.scenario),
            "period": own.manifest["totals"]["period"],
            "rule": own.manifest["totals"]["rule"],
            "base": None if other is None or base is None else name_run(base, folder),
            "manifest_sha256": own.sha256,
            "base_manifest_sha256": None if other is None else other.sha256,
        }
        for account, figures in accounts.items():
            if not any(name in figures for name in SERIES_FIGURES):
                continue
            rows.append(about | {"account": account} | _figures(figures, beside.get(account, {})))
        volumes = own.scenario.traffic.named
        sources[f"{volumes}; factors: {own.scenario.profiles.set}"] = None
    return rows, list(sources)


def _list_accounts(totals: Mapping[str, Any]) -> dict[str, Mapping[str, float]]:
    """Return the figures of each account of a manifest; none of them may be added to another."""
    found: dict[str, Mapping[str, float]] = {"total": totals}
    found |= {name: totals[name] for name in ("scope_2", "scope_3") if name in totals}
    held = totals.get("included_elsewhere", {}).values()
    if held:
        names = {name for figures in held for name in figures}
        found["included_elsewhere"] = {
            name: sum(figures.get(name, 0.0) for figures in held) for name in names
        }
    return found | dict(totals.get("memo", {}))


def _figures(own: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, float | None]:
    out = {}
    for name in SERIES_FIGURES:
        out[name] = own.get(name)
        out[f"{name}_difference"], out[f"{name}_percent"] = find_difference(
            out[name], base.get(name)
        )
    return out


def _fleet_year(scenario: Scenario) -> int | None:
    """Return the year of the fleet; a fleet of fixed shares states none."""
    fleet = scenario.fleet
    return fleet.year or (scenario.year if fleet.mix is None else None)
