"""A run, from files to files, and whether its results are still what they were."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from transmod.accounts.checks import assert_closed
from transmod.inputs.results import Difference, verify_files
from transmod.inputs.shipped import PROFILES, find_shipped
from transmod.intake.hashes import hash_inputs
from transmod.outputs.folder import repair, results_folder
from transmod.outputs.manifest import write_run_log
from transmod.pipeline.base import find_base
from transmod.pipeline.clock import Clock, Progress, be_quiet
from transmod.pipeline.spectrum import compute_from_spectrum
from transmod.pipeline.state import Computed, find_former_results
from transmod.scenario import Scenario, read_scenario


@dataclass(frozen=True)
class RunFacts:
    """What a run came to: its state, totals, checks and notes."""

    run: str
    state: str  # computed, up to date
    totals: dict[str, Any]
    checks: list[dict[str, Any]]
    notes: list[str]
    seconds: float
    repaired: list[str] = field(default_factory=list)


def verify(run: Path) -> list[Difference]:
    """Compare the inputs and results of a run with the hashes in its manifest."""
    repair(Path(run))
    return verify_files(Path(run), {PROFILES: find_shipped(PROFILES)})


def run(
    run: Path,
    *,
    threads: int | None = None,
    force: bool = False,
    progress: Progress = be_quiet,
) -> RunFacts:
    """
    Compute the emissions of a run and write `results/`.

    Parameters
    ----------
    run : Path
        Folder with a `scenario.toml`.
    threads : int, optional
        Threads of the kernels; default: all. The number changes no bit of the results.
    force : bool
        Compute again although results of other inputs are there.
    progress : callable
        Told the step, and which share of it is done where that is known.

    Raises
    ------
    InputError
        If an input is faulty, or results of other inputs are there and `force` is not set.
    CheckError
        If a law of the results does not hold. Nothing is written.
    """
    run = Path(run)
    started, clock = datetime.now(UTC), Clock(progress)
    repaired = repair(run)
    scenario = read_scenario(run)
    former = None if force else find_former_results(run, hash_inputs(run, scenario))
    if former is not None:
        return RunFacts(
            str(run), "up to date", former["totals"], former["checks"], former["notes"],
            clock.seconds, repaired,
        )  # fmt: skip
    with _compute(run, scenario, threads, clock.begin) as made:
        assert_closed(made.checks)
        with results_folder(run) as folder:
            made.write(folder, clock.begin)
            write_run_log(
                folder / "run.log.json", started=started, steps=clock.steps(), threads=made.threads
            )
    return RunFacts(
        str(run), "computed", made.books.totals, [vars(c) for c in made.checks],
        list(made.notes), clock.seconds, repaired,
    )  # fmt: skip


def _compute(
    run: Path, scenario: Scenario, threads: int | None, progress: Progress
) -> AbstractContextManager[Computed]:
    """Compute a run from the spectrum of the run that it extends where that serves, else anew."""
    base, why = find_base(run, scenario)
    if base is not None:
        return nullcontext(compute_from_spectrum(run, scenario, base, progress))
    from transmod.pipeline.links import drive_links  # loads what the spectrum's way does without

    return drive_links(run, threads=threads, progress=progress, note=why)
