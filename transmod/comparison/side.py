"""A finished run with all that is compared of it, read once however often it is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from transmod.errors import Faults
from transmod.inputs.hashes import sha256_file
from transmod.inputs.results import (
    MANIFEST,
    RESULTS,
    read_manifest,
    read_result_table,
    verify_files,
)
from transmod.inputs.shipped import PROFILES, find_shipped
from transmod.intake.inputs import Inputs, read_inputs
from transmod.model.terms import TERM_KEYS
from transmod.outputs.folder import repair
from transmod.schema import EMISSION_KEYS


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """Which run was compared: its name, title and year, and the SHA-256 of its manifest."""

    folder: str
    name: str
    title: str
    year: int
    period: str
    manifest_sha256: str


@dataclass(frozen=True, eq=False)
class Side:
    """A run with all that is compared of it."""

    folder: Path
    manifest: dict[str, Any]
    inputs: Inputs
    ledger: pd.DataFrame
    energy: pd.DataFrame
    spectrum: pd.DataFrame
    vkm: pd.DataFrame


def require_present(runs: Sequence[Path]) -> None:
    """
    Make sure that the results of runs are of the inputs that lie there now.

    Raises
    ------
    InputError
        With a sentence for each run whose inputs or results are not what they were.
    """
    told = Faults()
    for run in runs:
        repair(run)
        faults = verify_files(run, {PROFILES: find_shipped(PROFILES)})
        if faults:
            told.add(
                f"The results of {run} must be of its present inputs: {len(faults)} files are not "
                f"as the manifest says, first {faults[0]} See `transmod verify {run}`; compute "
                f"them anew: transmod run {run} --force."
            )
    told.raise_any()


def read_side(run: Path) -> Side:
    """Read what is compared of a finished run."""
    activity = read_result_table(run, "activity")
    vkm = activity.groupby(["district_id", "vehicle_class"])["vkm"].sum().reset_index()
    return Side(
        folder=run,
        manifest=read_manifest(run),
        inputs=read_inputs(run),
        ledger=read_result_table(run, "ledger"),
        energy=read_result_table(run, "energy"),
        spectrum=read_result_table(run, "spectrum"),
        vkm=vkm,
    )


def name_run(side: Side) -> ComparedRun:
    """Say which run a side is, and of which manifest."""
    scenario = side.inputs.scenario
    return ComparedRun(
        folder=str(side.folder),
        name=side.folder.resolve().name,
        title=scenario.title,
        year=scenario.year,
        period=scenario.calendar.period,
        manifest_sha256=sha256_file(side.folder / RESULTS / MANIFEST),
    )


def rows_beside(side: Side) -> pd.DataFrame:
    """Return what does not come from the spectrum, each key once."""
    rows = side.ledger[side.ledger["mass_t"].notna() & ~_is_driven(side.ledger)]
    return rows.groupby(list(TERM_KEYS), dropna=False)["mass_t"].sum().reset_index()


def energy_beside(side: Side) -> pd.DataFrame:
    """Return the energy of what does not come from the spectrum, each key once."""
    rows = side.energy[~_is_driven(side.energy)]
    return rows.groupby(list(EMISSION_KEYS), dropna=False)["energy_tj"].sum().reset_index()


def _is_driven(rows: pd.DataFrame) -> pd.Series:
    return (rows["location"] == "link") & (rows["subsector"] == "road")
