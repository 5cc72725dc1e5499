"""What `transmod run` says of a series of runs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from transmod.cli.console import figure, report_faults, say, say_json, say_notes, show_progress

if TYPE_CHECKING:
    from transmod.pipeline.series import SeriesFacts, SeriesRun


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
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    say(f"{facts.folder}: {len(states)} runs, {counts} ({facts.seconds:.1f} s)")
    say_notes(facts.notes)
    say(f"Written: {', '.join(str(Path(facts.folder) / name) for name in facts.files)}")
