"""What `transmod run` and `transmod check` say of a series of runs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from transmod.cli.console import (
    figure,
    name_runs,
    report_faults,
    say,
    say_json,
    say_notes,
    show_progress,
)
from transmod.errors import InputError

if TYPE_CHECKING:
    from transmod.check import CheckFacts
    from transmod.pipeline.series import SeriesFacts, SeriesRun


_STATES = ("computed", "up to date", "faulty", "failed")


def run_series_command(folder: Path, threads: int | None, force: bool, as_json: bool) -> None:
    """Compute a series; say a line of each run when it is done."""
    with report_faults(), show_progress() as progress:
        from transmod.pipeline.series import run_series

        tell = None if as_json else _say_run
        facts = run_series(folder, threads=threads, force=force, progress=progress, tell=tell)
    if as_json:
        say_json(facts)
    else:
        _say_series(facts)
    with report_faults():
        facts.raise_faults()


def _say_run(one: SeriesRun) -> None:
    line = f"{one.run:<24} {one.state:<10} {one.seconds:6.1f} s"
    if one.co2e_t is not None:
        line += f"  CO2e {figure(one.co2e_t, 't'):>14}{_difference(one)}"
        if one.state == "computed" and one.spectrum_of is not None:
            line += "  (no link driven)"
    if one.faults:
        line += f"  {len(one.faults)} fault{'s' if len(one.faults) > 1 else ''}"
    say(line)


def _difference(one: SeriesRun) -> str:
    if one.difference_t is None:
        return ""
    from transmod.outputs.wording import number

    sign = "+" if one.difference_t > 0.0 else "-" if one.difference_t < 0.0 else ""
    percent = one.difference_percent
    share = "" if percent is None or not math.isfinite(percent) else f" ({percent:+.2f} %)"
    return f"  {sign}{number(abs(one.difference_t), 4)} t{share} to {one.base}"


def _say_series(facts: SeriesFacts) -> None:
    states = [one.state for one in facts.runs]
    counts = ", ".join(f"{states.count(one)} {one}" for one in _STATES if one in states)
    say(f"{facts.folder}: {len(states)} runs, {counts} ({facts.seconds:.1f} s)")
    say_notes(facts.notes)
    say(f"Written: {', '.join(str(Path(facts.folder) / name) for name in facts.files)}")


def check_series_command(folder: Path, as_json: bool) -> None:
    """Check every run of a series; say once what holds of several."""
    with report_faults():
        with show_progress() as progress:
            from transmod.check import examine_series

            found = examine_series(folder, progress=progress)
        by_run = {Path(one.run).name: one for one in found.runs}
        if as_json:
            say_json(found)
        else:
            _say_checks(folder, by_run, found.notes)
        faults = name_runs({name: one.faults for name, one in by_run.items()})
        if faults:
            raise InputError(faults)


def _say_checks(folder: Path, by_run: dict[str, CheckFacts], notes: list[str]) -> None:
    faulty = sum(bool(one.faults) for one in by_run.values())
    say(f"{folder}: {len(by_run)} runs, {f'{faulty} faulty' if faulty else 'inputs are good'}.")
    width = max(len(name) for name in by_run)
    for name, one in by_run.items():
        what = f"{len(one.faults)} fault{'s' if len(one.faults) > 1 else ''}"
        if not one.faults:
            what = f"{one.links:,} links ({one.links_with_volume:,} with a volume), "
            what += f"{one.vehicle_types} vehicle types, {one.slots:,} hours computed"
        say(f"  {name:<{width}}  {what}")
    findings = name_runs(
        {
            name: [
                f"{finding.level} {finding.rule}: {finding.sentence}"
                for finding in one.findings
                if finding.rule != "input"
            ]
            for name, one in by_run.items()
        }
    )
    if findings:
        say(f"Findings ({len(findings)})")
    for line in findings:
        say(f"  - {line}")
    say_notes([*notes, *name_runs({name: one.notes for name, one in by_run.items()})])
