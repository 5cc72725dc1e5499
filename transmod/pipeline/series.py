"""A series of runs: all runs of a folder, or the variants of one file, bases first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from transmod.errors import InputError, TransmodError
from transmod.inputs.results import MANIFEST, RESULTS
from transmod.intake.hashes import hash_inputs
from transmod.pipeline.base import NOT_USED
from transmod.pipeline.clock import Clock, Progress, be_quiet
from transmod.pipeline.series_table import (
    Finished,
    find_base_folder,
    find_difference,
    find_finished,
    name_run,
    to_rows,
)
from transmod.pipeline.state import find_former_results
from transmod.run import run as compute_run
from transmod.scenario import FILE_NAME, Scenario, read_scenario
from transmod.scenario.extends import move_paths
from transmod.scenario.series import SERIES_FILE, read_series

# what a scenario says of itself, and which files it writes: no result hangs on it
_OWN = {"title", "extends", "without", "outputs"}


@dataclass(frozen=True)
class SeriesRun:
    """
    One run of a series and what became of it.

    `state` is computed, up to date, faulty (an input) or failed (a check); `spectrum_of` is the
    folder whose spectrum it took, None where links were driven. Figures are those of the total of
    the rule [t], differences to `base`, the run that it extends; None where there is none.
    """

    run: str
    state: str
    seconds: float
    title: str | None = None
    base: str | None = None
    spectrum_of: str | None = None
    co2e_t: float | None = None
    difference_t: float | None = None
    difference_percent: float | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class SeriesFacts:
    """What a series came to: bases outside it, its runs in their order, and its files."""

    folder: str
    runs: tuple[SeriesRun, ...]
    notes: tuple[str, ...]
    files: tuple[str, ...]
    seconds: float

    def raise_faults(self) -> None:
        """
        Raise what hindered runs.

        Raises
        ------
        InputError
            With every fault, if an input of a run is faulty.
        TransmodError
            If inputs are good, but a check of a run failed.
        """
        told = [f"{one.run}: {fault}" for one in self.runs for fault in one.faults]
        if any(one.state == "faulty" for one in self.runs):
            raise InputError(told)
        if told:
            raise TransmodError("\n".join(told))


def is_series(folder: Path) -> bool:
    """Say whether a folder holds a series of runs: a `series.toml`, or runs but no scenario."""
    folder = Path(folder)
    if (folder / SERIES_FILE).is_file():
        return True
    return not (folder / FILE_NAME).is_file() and bool(_find_runs(folder))


def run_series(
    folder: Path,
    *,
    threads: int | None = None,
    force: bool = False,
    progress: Progress = be_quiet,
    tell: Callable[[SeriesRun], None] | None = None,
) -> SeriesFacts:
    """
    Compute every run of a series that is not up to date.

    Parameters
    ----------
    folder : Path
        Folder with a `series.toml`, or with runs.
    threads : int, optional
        Threads of the kernels; default: all.
    force : bool
        Replace results of other inputs. What is up to date stays as it is.
    progress : callable
        Told the run and its step.
    tell : callable, optional
        Told of each run when it is done.

    Raises
    ------
    InputError
        If `series.toml` is faulty, or would replace a scenario that was made by hand; if the folder
        holds a scenario of its own too. Faults of single runs are in the facts: the others go on.

    Notes
    -----
    What a run extends is computed before it. A base outside the folder is left as it is, unless it
    has no results and a run of accounts alone could read its spectrum: then it is computed first.
    """
    folder, clock = Path(folder), Clock(be_quiet)
    title, runs, notes = list_runs(folder)
    done: dict[Path, SeriesRun] = {}
    results: dict[Path, Finished | None] = {}
    order = _order(runs)
    for i, run in enumerate(order):
        say_step = partial(_say_step, progress, f"{i + 1} of {len(order)}, {run.name}")
        one = _compute(run, folder, threads, force, say_step)
        results[run.resolve()] = find_finished(run) if not one.faults else None
        base = find_base_folder(run)
        if base is not None and base.resolve() not in results:
            results[base.resolve()] = find_finished(base)
        one = _compare(one, run, base, results, notes, folder)
        done[run] = one
        if tell is not None:
            tell(one)
    # not as one needs the other; a folder may be named twice by a link
    shown = [*(run for run in order if run not in runs), *(run for run in runs if run in done)]
    rows, sources = to_rows(shown, folder, results)
    told = tuple(done[run] for run in shown)
    facts = SeriesFacts(str(folder), told, tuple(notes), (), clock.seconds)
    return replace(facts, files=tuple(_write(folder, facts, rows, title, sources)))


def _say_step(progress: Progress, where: str, step: str, share: float | None = None) -> None:
    progress(f"{where}: {step}", share)


def list_runs(folder: Path) -> tuple[str, list[Path], list[str]]:
    """
    Return the title of a series, its runs and notes; write the scenarios of its variants.

    Runs are in the order of `series.toml`; those of a folder go by name.

    Raises
    ------
    InputError
        If `series.toml` is faulty, or would replace a scenario that was made by hand; if the folder
        holds a scenario of its own too.
    """
    if not (folder / SERIES_FILE).is_file():
        return folder.resolve().name, _find_runs(folder), []
    if (folder / FILE_NAME).is_file():
        raise InputError(
            f"{folder} must have one of {FILE_NAME} and {SERIES_FILE}: it has both. Move one of "
            "them to a folder of its own."
        )
    from transmod.outputs.series import write_variants

    series = read_series(folder)
    write_variants(folder, series.variants)
    runs = [folder / name for name in series.variants]
    notes = [
        f"{name} says nothing of its own: it is what all variants share." for name in series.empty
    ]
    others = [run.name for run in _find_runs(folder) if run not in runs]
    if others:
        notes.append(f"Not in {SERIES_FILE}, so not run: {', '.join(others)}.")
    return series.title, runs, notes


def _find_runs(folder: Path) -> list[Path]:
    return sorted(
        path.parent
        for path in folder.glob(f"*/{FILE_NAME}")
        if not path.parent.name.startswith(".")
    )


def _order(runs: Sequence[Path]) -> list[Path]:
    """Return runs, each after what it extends; a ring is left to the reader of scenarios."""
    known = {run.resolve(): run for run in runs}
    ordered: dict[Path, Path] = {}
    entered: set[Path] = set()

    def visit(run: Path) -> None:
        key = run.resolve()
        if key in entered:
            return
        entered.add(key)
        base = find_base_folder(run)
        if base is not None:
            inside = known.get(base.resolve())
            if inside is not None or _must_come_first(run, base):
                visit(inside or base)
        ordered[key] = run

    for run in runs:
        visit(run)
    return list(ordered.values())


def _must_come_first(run: Path, base: Path) -> bool:
    """Say whether a base outside the series has no results that a run of accounts could read."""
    if (base / RESULTS / MANIFEST).is_file():
        return False
    try:
        return read_scenario(run).outputs == ("accounts",)
    except InputError:
        return False


def _compute(
    run: Path, folder: Path, threads: int | None, force: bool, progress: Progress
) -> SeriesRun:
    clock, name = Clock(be_quiet), name_run(run, folder)
    try:
        facts = compute_run(
            run, threads=threads, force=force and not _is_up_to_date(run), progress=progress
        )
    except InputError as error:
        return SeriesRun(name, "faulty", clock.seconds, faults=error.faults)
    except TransmodError as error:
        return SeriesRun(name, "failed", clock.seconds, faults=tuple(str(error).split("\n")))
    return SeriesRun(name, facts.state, clock.seconds)


def _is_up_to_date(run: Path) -> bool:
    try:
        return find_former_results(run, hash_inputs(run, read_scenario(run))) is not None
    except InputError:
        return False


def _compare(
    one: SeriesRun,
    run: Path,
    base: Path | None,
    results: Mapping[Path, Finished | None],
    notes: list[str],
    folder: Path,
) -> SeriesRun:
    """Set a run beside the run that it extends."""
    own = results[run.resolve()]
    if own is None:
        return one
    if one.state == "computed":
        why = [note for note in own.manifest["notes"] if note.startswith(NOT_USED)]
        notes += [f"{one.run}: {note}" for note in why]
    co2e = own.manifest["totals"].get("co2e_t")
    one = replace(
        one,
        title=own.scenario.title,
        spectrum_of=own.manifest.get("base", {}).get("run"),
        co2e_t=co2e,
        base=None if base is None else name_run(base, folder),
    )
    other = None if base is None else results[base.resolve()]
    if base is None:
        return one
    if other is None:
        notes.append(
            f"{one.run} has no difference to its base: {one.base} has no results of its present "
            f"inputs. Compute them: transmod run {base}."
        )
        return one
    if _is_alike(run, own.scenario, base, other.scenario):
        notes.append(f"{one.run} changes nothing of {one.base}.")
    difference, percent = find_difference(co2e, other.manifest["totals"].get("co2e_t"))
    return replace(one, difference_t=difference, difference_percent=percent)


def _is_alike(run: Path, own: Scenario, base: Path, other: Scenario) -> bool:
    """Say whether two scenarios ask for the same."""
    mine = move_paths(own.model_dump(exclude=_OWN), run, run)
    return bool(mine == move_paths(other.model_dump(exclude=_OWN), base, run))


def _write(
    folder: Path, facts: SeriesFacts, rows: list[dict[str, Any]], title: str, sources: list[str]
) -> list[str]:
    import pandas as pd

    from transmod.outputs.series import write_series
    from transmod.schema import SERIES

    table = pd.DataFrame(rows, columns=list(SERIES.names)) if rows else pd.DataFrame()
    return write_series(
        folder,
        table,
        {"title": title, "notes": list(facts.notes), "runs": [_to_facts(one) for one in facts.runs],
         "rows": rows},
        title=title,
        source="; ".join(sources),
    )  # fmt: skip


def _to_facts(one: SeriesRun) -> dict[str, Any]:
    """Return what holds of a run whenever it is asked: not how long it took this time."""
    said = {**vars(one), "faults": list(one.faults)}
    del said["seconds"]
    said["state"] = "finished" if one.state in ("computed", "up to date") else one.state
    return said
