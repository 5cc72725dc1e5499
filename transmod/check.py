"""Check the inputs of a run or series: what is at fault in them, and what only looks wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from transmod.errors import InputError
from transmod.intake.inputs import take_in
from transmod.outputs.folder import repair
from transmod.pipeline.clock import Progress, be_quiet
from transmod.pipeline.series import list_runs
from transmod.traffic.findings import Finding


@dataclass(frozen=True)
class CheckFacts:
    """What a run would be computed from."""

    run: str
    links: int
    links_with_volume: int
    districts: int
    streams: list[str]
    vehicle_types: int
    slots: int
    notes: list[str]
    findings: list[Finding] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class SeriesCheck:
    """What the runs of a series would be computed from, in the order of the series."""

    folder: str
    title: str
    runs: list[CheckFacts]
    notes: list[str]


def check(run: Path) -> CheckFacts:
    """
    Read, check and judge every input of a run; compute nothing.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    facts = examine(run)
    if facts.faults:
        raise InputError(facts.faults)
    return facts


def examine(run: Path) -> CheckFacts:
    """
    Do as `check`, but raise no fault of an input: faults are errors among the findings.

    Figures are those of inputs without faults, else 0.

    Raises
    ------
    InputError
        If there is no scenario, or it has faults.
    """
    repair(Path(run))
    intake = take_in(Path(run))
    inputs = intake.inputs
    if inputs is None:
        return _to_faulty(run, intake.faults, intake.findings)
    said = {finding.sentence for finding in intake.findings}
    return CheckFacts(
        run=str(run),
        links=len(inputs.network.links),
        links_with_volume=inputs.volumes.n_links_given,
        districts=len(inputs.network.districts),
        streams=[f"{name} ({kind})" for name, kind in inputs.volumes.streams],
        vehicle_types=len(inputs.driving.factors.types),
        slots=inputs.calendar.n_slots,
        notes=[note for note in inputs.notes if note not in said],
        findings=list(intake.findings),
    )


def examine_series(folder: Path, *, progress: Progress = be_quiet) -> SeriesCheck:
    """
    Examine every run of a series; a faulty one stops no other.

    Notes
    -----
    The scenarios of variants are written from `series.toml`, as `transmod run` does.

    Raises
    ------
    InputError
        If `series.toml` is faulty, or would replace a scenario that was made by hand; if the folder
        holds a scenario of its own too.
    """
    title, runs, notes = list_runs(Path(folder))
    found = []
    for i, run in enumerate(runs):
        progress(f"{i + 1} of {len(runs)}, {run.name}", None)
        try:
            found.append(examine(run))
        except InputError as error:
            found.append(_to_faulty(run, error.faults))
    return SeriesCheck(str(folder), title, found, notes)


def _to_faulty(run: Path, faults: Sequence[str], findings: Sequence[Finding] = ()) -> CheckFacts:
    errors = [Finding("input", "error", fault.rstrip(".")) for fault in faults]
    return CheckFacts(
        str(run), 0, 0, 0, [], 0, 0, [], findings=[*errors, *findings], faults=list(faults)
    )
