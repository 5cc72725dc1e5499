"""Check the inputs of a run: what is at fault in them, and what only looks wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from transmod.errors import InputError
from transmod.intake.inputs import take_in
from transmod.outputs.folder import repair
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
    faults = [Finding("input", "error", fault.rstrip(".")) for fault in intake.faults]
    findings = [*faults, *intake.findings]
    if inputs is None:
        return CheckFacts(
            str(run), 0, 0, 0, [], 0, 0, [], findings=findings, faults=list(intake.faults)
        )
    said = {finding.sentence for finding in findings}
    return CheckFacts(
        run=str(run),
        links=len(inputs.network.links),
        links_with_volume=inputs.volumes.n_links_given,
        districts=len(inputs.network.districts),
        streams=[f"{name} ({kind})" for name, kind in inputs.volumes.streams],
        vehicle_types=len(inputs.driving.factors.types),
        slots=inputs.calendar.n_slots,
        notes=[note for note in inputs.notes if note not in said],
        findings=findings,
    )
