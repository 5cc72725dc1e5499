"""What `transmod compare` says of several runs and their base."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transmod.cli.amounts import amount, signed
from transmod.cli.console import (
    name_runs,
    report_faults,
    say,
    say_json,
    say_notes,
    say_table,
    show_progress,
)

if TYPE_CHECKING:
    from transmod.comparison.summary import RunSummary

_ROUNDING = 1e-12  # of amounts
# account and what is shown of it
_SHOWN = (("total", "co2e"), ("scope_2", "co2e"), ("total", "nox"), ("total", "pm2_5"),
          ("total", "energy"), ("total", "vkm"))  # fmt: skip


def compare_several_command(
    base: Path, runs: Sequence[Path], out: Path | None, pollutant: str, as_json: bool
) -> None:
    """Compare several runs with one base; say a table of each main figure."""
    with report_faults(), show_progress() as progress:
        from transmod.comparison.summary import compare_several, to_summary_facts

        runs = _order(runs)
        found = compare_several(base, runs, out=out, pollutant=pollutant, progress=progress)
    if as_json:
        rows: list[Any] = found.table.to_dict("records")
        say_json({**to_summary_facts(found), "summary": rows, "out": out})
        return
    own = found.base
    say(f"Base {own.folder}: {own.title}, {own.year}; manifest {own.manifest_sha256[:12]}")
    for one in found.runs:
        run = one.run
        said = "" if one.label == Path(run.folder).resolve().name else f" ({one.label})"
        say(f"  {run.folder}{said}: {run.title}, {run.year}; manifest {run.manifest_sha256[:12]}")
    _say_warnings(found)
    for account, name in _SHOWN:
        _say_rows(found, account, name)
    say(f"Method: {found.method}.")
    worst = max(check.relative_difference for one in found.runs for check in one.checks)
    laws = sum(len(one.checks) for one in found.runs)
    say(f"Checks: {laws} laws hold (largest relative difference {worst:.1e}).")
    say_notes(
        [*_say_method(found), *name_runs({found.titles[o.label]: o.notes for o in found.runs})]
    )
    if out is not None:
        say(f"Written: {out}")


def _order(runs: Sequence[Path]) -> list[Path]:
    """Return runs in their order; those that a shell listed by name in that of their series."""
    from transmod.inputs.toml import read_toml

    folder = runs[0].parent
    path, names = folder / "series.toml", [run.name for run in runs]
    is_listed = names == sorted(names) and all(run.parent == folder for run in runs)
    if not is_listed or not path.is_file():
        return list(runs)
    variants = list(read_toml(path).get("variants", ()))
    return sorted(runs, key=lambda run: [*variants, run.name].index(run.name))


def _say_warnings(found: RunSummary) -> None:
    told = name_runs(
        {
            found.titles[one.label]: [f"{w.what}: {w.warning}" for w in one.warnings]
            for one in found.runs
        }
    )
    if told:
        say("Warnings: runs differ from the base in more than what a scenario changes")
        for line in told:
            say(f"  - {line}")


def _say_rows(found: RunSummary, account: str, name: str) -> None:
    from transmod.schema import CAUSES

    table = found.table
    own = table[(table["account"] == account) & (table["pollutant"] == name)]
    rows: list[Any] = own.to_dict("records")
    if not rows:
        return
    causes = [c for c in CAUSES if any(row[c] and math.isfinite(row[c]) for row in rows)]
    where = "in the total of the rule" if account == "total" else f"apart from the total: {account}"
    lines = [["base", amount(rows[0]["amount_base"]), "", "", *("" for _ in causes)]]
    lines += [
        [
            found.titles[row["run"]],
            amount(row["amount"]),
            signed(_round(row, "difference")),
            _percent(row),
            *(signed(_round(row, cause)) for cause in causes),
        ]
        for row in rows
    ]
    columns = ["", "amount", "less base", "%", *causes]
    say_table(f"{name} [{rows[0]['unit']}] {where}", columns, lines)


def _round(row: dict[str, Any], name: str) -> float:
    """Return a difference; what sums in another order differ by is none."""
    size = 100.0 if name == "difference_percent" else max(row["amount_base"], row["amount"])
    return 0.0 if abs(row[name]) <= _ROUNDING * size else float(row[name])


def _percent(row: dict[str, Any]) -> str:
    value = _round(row, "difference_percent")
    return f"{value:+.2f}" if math.isfinite(value) else ""


def _say_method(found: RunSummary) -> list[str]:
    """Say what of a difference is no change of emissions."""
    table, titles = found.table, found.titles
    own = table[(table["account"] == "total") & (table["pollutant"] == "co2e")]
    return [
        f"{titles[row['run']]}: {signed(row['method'])} t of the {signed(row['difference'])} t of "
        "CO2e are a change of method alone; the other causes are traffic, fleet and electricity."
        for row in own.to_dict("records")
        if row["method"]
    ]
