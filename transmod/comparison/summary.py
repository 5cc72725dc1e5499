"""Several finished runs, each compared with the same base: a summary of what differs and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from transmod.accounts.checks import Check
from transmod.accounts.shapley import METHOD
from transmod.comparison.comparison import (
    RunComparison,
    check_pollutant,
    compare_sides,
    name_source,
)
from transmod.comparison.options import OptionDifference
from transmod.comparison.side import ComparedRun, name_run, read_side, require_present
from transmod.errors import Faults
from transmod.outputs.comparison import check_folder
from transmod.outputs.summary import check_summary_folder, write_summary
from transmod.outputs.wording import tell_apart
from transmod.pipeline.clock import Progress, be_quiet
from transmod.schema import SUMMARY_OF_COMPARISONS


@dataclass(frozen=True, eq=False)
class SummarisedRun:
    """One run of several: what it is called among them, and what a reader must know of it."""

    label: str
    run: ComparedRun
    warnings: tuple[OptionDifference, ...]
    checks: tuple[Check, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class RunSummary:
    """Runs beside one base; `table` is `schema.SUMMARY_OF_COMPARISONS` in the order of runs."""

    base: ComparedRun
    runs: tuple[SummarisedRun, ...]
    method: str
    table: pd.DataFrame

    @property
    def titles(self) -> dict[str, str]:
        """What a reader knows runs by, by label: titles, with the label where these are equal."""
        titles = [self.base.title, *(one.run.title for one in self.runs)]
        labels = [one.label for one in self.runs]
        return dict(zip(labels, tell_apart(titles, ["base", *labels])[1:], strict=True))


def compare_several(
    base: Path,
    runs: Sequence[Path],
    *,
    out: Path | None = None,
    pollutant: str = "co2",
    progress: Progress = be_quiet,
) -> RunSummary:
    """
    Compare several finished runs with one base.

    Parameters
    ----------
    base : Path
        Folder of the run that all are compared with; it is read once.
    runs : sequence of Path
        Folders of the others. The results of all must be of their present inputs.
    out : Path, optional
        Folder for a summary, and a folder in it for each comparison.
    pollutant : str
        What the maps show.
    progress : callable
        Told which run is compared.

    Raises
    ------
    InputError
        If a run is named twice, has no results, or its inputs or results are not what they were.
    CheckError
        As `comparison.compare`.
    """
    base, runs = Path(base), [Path(run) for run in runs]
    check_pollutant(pollutant)
    _require_once(base, runs)
    labels = _label(runs)
    if out is not None:  # before all that takes time
        check_summary_folder(Path(out), labels)
        for label in labels:
            check_folder(Path(out) / label)
    require_present([base, *runs])
    first = read_side(base)
    found, tables = [], []
    sources: dict[str, None] = {}
    for i, (label, run) in enumerate(zip(labels, runs, strict=True)):
        progress(f"{i + 1} of {len(runs)}, {label}", None)
        side = read_side(run)
        one = compare_sides((first, side), None if out is None else Path(out) / label, pollutant)
        found.append(SummarisedRun(label, one.b, one.warnings, one.checks, one.notes))
        tables.append(_to_rows(label, one))
        sources[name_source(side.inputs)] = None
    summary = RunSummary(
        name_run(first), tuple(found), METHOD, pd.concat(tables, ignore_index=True)
    )
    if out is not None:
        write_summary(
            summary.table,
            to_summary_facts(summary),
            Path(out),
            titles=summary.titles,
            source="; ".join(sources),
        )
    return summary


def to_summary_facts(summary: RunSummary) -> dict[str, Any]:
    """Return what binds a summary to its runs, and what a reader must know of it."""
    return {
        "base": vars(summary.base),
        "method": summary.method,
        "runs": [
            {
                "label": one.label,
                **vars(one.run),
                "warnings": [vars(warning) for warning in one.warnings],
                "checks": [vars(check) for check in one.checks],
                "notes": list(one.notes),
            }
            for one in summary.runs
        ],
    }


def _to_rows(label: str, found: RunComparison) -> pd.DataFrame:
    """Return what a comparison says of the whole city."""
    city = found.differences[found.differences["by"] == "city"]
    named = city.rename(columns={"amount_a": "amount_base", "amount_b": "amount"})
    named = named.assign(run=label, title=found.b.title, year=found.b.year)
    return named[list(SUMMARY_OF_COMPARISONS.names)]


def _require_once(base: Path, runs: Sequence[Path]) -> None:
    faults = Faults()
    seen = {base.resolve(): "the base"}
    for n, run in enumerate(runs, 2):
        former = seen.setdefault(run.resolve(), f"run {n}")
        if former != f"run {n}":
            faults.add(f"Each run must be named once: {run}, run {n}, is {former} too.")
    faults.raise_any()


def _label(runs: Sequence[Path]) -> list[str]:
    """Call runs by their folders; those of one name get a number."""
    labels: list[str] = []
    for run in runs:
        name = run.resolve().name
        label, n = name, 1
        while label.casefold() in [known.casefold() for known in labels]:
            n += 1
            label = f"{name}-{n}"
        labels.append(label)
    return labels
