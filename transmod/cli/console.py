"""What the command line says: facts to stdout, faults and progress to stderr."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import combining, east_asian_width

import typer

from transmod.errors import CheckError, InputError, TransmodError

if TYPE_CHECKING:
    from transmod.traffic.findings import Finding

EXIT_FAILED = 1  # a check of the run failed, or an internal error
EXIT_INPUT = 2  # bad input or usage


@contextmanager
def report_faults() -> Iterator[None]:
    """Turn the errors that transmod raises into a message and an exit code."""
    try:
        yield
    except InputError as error:
        _say_faults("Bad input", error.faults)
        raise typer.Exit(EXIT_INPUT) from error
    except CheckError as error:
        _say_faults("A check of the run failed; nothing was written", str(error).split("\n"))
        raise typer.Exit(EXIT_FAILED) from error
    except TransmodError as error:
        _say_faults("Failed", str(error).split("\n"))
        raise typer.Exit(EXIT_FAILED) from error


def _say_faults(title: str, faults: list[str] | tuple[str, ...]) -> None:
    number = f" ({len(faults)} faults)" if len(faults) > 1 else ""
    lines = [f"{title}{number}:", *(f"  - {fault}" for fault in faults)]
    typer.echo("\n".join(lines), err=True)


def say_json(facts: Any) -> None:
    """Print facts as one JSON object; what is unknown is null."""
    typer.echo(json.dumps(_plain(facts), indent=2, ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def say_table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """
    Print a table: the first column to the left, figures to the right.

    Not by `rich`, which takes longer to load than all else that is said of a run.
    """
    widths = [max(map(_width, column)) for column in zip(columns, *rows, strict=True)]

    def line(cells: list[str]) -> str:
        first, *figures = ((w - _width(c)) * " " for c, w in zip(cells, widths, strict=True))
        right = (gap + cell for gap, cell in zip(figures, cells[1:], strict=True))
        return " " + "   ".join([cells[0] + first, *right]).rstrip()

    say(typer.style(title, italic=True))
    say()
    say(typer.style(line(columns), bold=True))
    say(" " + "─" * (sum(widths) + 3 * (len(widths) - 1)))
    for row in rows:
        say(line(row))
    say()


def _width(text: str) -> int:
    """Return the cells that text takes on a terminal: two for each Chinese character."""
    return sum(2 if east_asian_width(c) in "WF" else not combining(c) for c in text)


def say(line: str = "") -> None:
    """Print one line of facts."""
    typer.echo(line)


def say_notes(notes: list[str] | tuple[str, ...]) -> None:
    """Print what a reader should know."""
    if notes:
        say("Notes")
        for note in notes:
            say(f"  - {note}")


def name_runs(lines: Mapping[str, Sequence[str]]) -> list[str]:
    """
    Return what is said of runs, each line once, after the runs that it is said of.

    What holds of all of them stands last: it tells nobody apart.
    """
    of: dict[str, list[str]] = {}
    for name, own in lines.items():
        for line in dict.fromkeys(own):
            of.setdefault(line, []).append(name)
    are_all = {line: 1 < len(lines) == len(names) for line, names in of.items()}
    return [
        f"{'all runs' if are_all[line] else ', '.join(of[line])}: {line}"
        for line in sorted(of, key=lambda line: are_all[line])
    ]


def say_findings(findings: Sequence[Finding]) -> None:
    """Print what looks wrong: what was found, its probable cause and the way out."""
    if findings:
        say(f"Findings ({len(findings)})")
    for finding in findings:
        say(f"  - {finding.level} {finding.rule}: {finding.sentence}")


def figure(value: float | None, unit: str = "") -> str:
    """Return a number for a person: thousands apart, four significant digits at least."""
    if value is None or not math.isfinite(value):
        return "not estimated"
    digits = 0 if value == 0 else max(0, 3 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{min(digits, 6)}f}"
    return f"{text} {unit}".rstrip()


def _stay_quiet(_step: str, _share: float | None = None) -> None:
    """Show nothing."""


@contextmanager
def show_progress() -> Iterator[Callable[[str, float | None], None]]:
    """Show steps on a terminal; stay quiet in a pipe."""
    if not sys.stderr.isatty():
        yield _stay_quiet
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    # what is said on a terminal meanwhile goes above the bar; into a file it goes as it is
    with Progress(
        *columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty()
    ) as bar:
        task = bar.add_task("", total=None)

        def tell(step: str, share: float | None = None) -> None:
            total = None if share is None else 1.0
            bar.update(task, description=step, total=total, completed=share or 0.0)

        yield tell
