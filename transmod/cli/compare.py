"""The command that compares two runs; `cli` hangs it up."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from transmod.cli.amounts import amount, signed
from transmod.cli.console import report_faults, say, say_json, say_notes, say_table
from transmod.cli.summary import compare_several_command

if TYPE_CHECKING:
    import pandas as pd

    from transmod.comparison.comparison import RunComparison

Row = dict[str, Any]

_MOST_CHANGES = 12
_SHOWN = ("co2e", "co2", "ch4", "n2o", "nox", "co", "nmvoc", "pm10", "pm2_5", "nh3", "so2")


def compare_runs_command(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="Run to compare with.")],
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN_B...", help="Run that differs, or several.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder for tables, a map and a figure of causes.")
    ] = None,
    pollutant: Annotated[
        str, typer.Option(help="What districts, classes and the map show.")
    ] = "co2",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the facts as one JSON object.")
    ] = False,
) -> None:
    """By how much runs differ, where, and why: activity, speed, fleet, factors, electricity."""
    if len(runs) > 1:
        compare_several_command(run_a, runs, out, pollutant, as_json)
        return
    with report_faults():
        from transmod.comparison.comparison import compare, to_facts

        found = compare(run_a, runs[0], out=out, pollutant=pollutant)
    if as_json:
        rows = _records(found.differences)
        say_json({**to_facts(found), "differences": rows, "out": out})
        return
    _say_runs(found)
    from transmod.schema import ACCOUNTS

    city = found.differences[found.differences["by"] == "city"]
    for account in sorted(set(city["account"]), key=ACCOUNTS.index):
        own = city[city["account"] == account]
        is_total = account == "total"
        shown = [*_SHOWN, "energy", "vkm"] if is_total else ["co2e", "co2_biogenic", "energy"]
        rows = [row for name in shown for row in _records(own[own["pollutant"] == name])]
        title = "In the total of the rule" if is_total else f"Apart from the total: {account}"
        _say_rows(title, [(f"{row['pollutant']} [{row['unit']}]", row) for row in rows])
    for by, title, nameless in (
        ("district", "district", "in no district"),
        ("vehicle_class", "vehicle class", "beside the road"),
    ):
        rows = _of(found, by, pollutant)
        heading = f"{pollutant} [t] in the total by {title}, the largest difference first"
        _say_rows(heading, [(row["name"] or nameless, row) for row in rows])
    say(f"Method: {found.method}.")
    worst = max(check.relative_difference for check in found.checks)
    say(f"Checks: {len(found.checks)} laws hold (largest relative difference {worst:.1e}).")
    say_notes(found.notes)
    if out is not None:
        say(f"Written: {out}")


def _say_runs(found: RunComparison) -> None:
    for letter, run in (("A", found.a), ("B", found.b)):
        say(f"{letter} {run.folder}: {run.title}, {run.year}; manifest {run.manifest_sha256[:12]}")
    if found.warnings:
        say("Warnings: the runs differ in more than what a scenario changes")
        for one in found.warnings:
            say(f"  - {one.what}: {_short(one.a)} -> {_short(one.b)}: {one.warning}")
    changes = [one for one in found.options if one.warning is None]
    say(f"What was changed ({len(changes)})")
    for one in changes[:_MOST_CHANGES]:
        say(f"  - {one.what}: {_short(one.a)} -> {_short(one.b)}")
    if len(changes) > _MOST_CHANGES:
        say(f"  ... and {len(changes) - _MOST_CHANGES} more (--json lists them)")


def _say_rows(title: str, rows: list[tuple[str, Row]]) -> None:
    from transmod.schema import CAUSES

    if not rows:
        return
    causes = [c for c in CAUSES if any(row[c] and math.isfinite(row[c]) for _, row in rows)]
    columns = ["", "A", "B", "B less A", "%", *causes]
    lines = [
        [
            label,
            amount(row["amount_a"]),
            amount(row["amount_b"]),
            signed(row["difference"]),
            f"{row['difference_percent']:+.1f}" if math.isfinite(row["difference_percent"]) else "",
            *(signed(row[cause]) for cause in causes),
        ]
        for label, row in rows
    ]
    say_table(title, columns, lines)


def _of(found: RunComparison, by: str, pollutant: str) -> list[Row]:
    rows = found.differences
    own = rows[(rows["by"] == by) & (rows["account"] == "total") & (rows["pollutant"] == pollutant)]
    order = own["difference"].abs().sort_values(ascending=False, kind="stable").index
    return _records(own.loc[order])


def _records(rows: pd.DataFrame) -> list[Row]:
    """Return rows as records; a name that is null is None."""
    names = rows["name"].astype(object).where(rows["name"].notna(), None)
    records: list[Any] = rows.assign(name=names).to_dict("records")
    return records


def _short(value: str | None) -> str:
    """Return an option's value, or the beginning of a long one; a hash needs less of it."""
    if value is None:
        return "not given"
    longest, kept = (100, 96) if " " in value else (40, 12)
    return value if len(value) <= longest else f"{value[:kept]}..."
