"""Write what several runs and their base hold: a table, its facts, a figure of causes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from transmod.errors import InputError
from transmod.outputs.ordered import write_ordered_csv
from transmod.schema import CAUSES, SUMMARY_OF_COMPARISONS

_FILES = ("summary.json", "summary.csv", "summary.png")
_PANELS = (("total", "co2e"), ("scope_2", "co2e"), ("total", "nox"))


def check_summary_folder(folder: Path, labels: Sequence[str]) -> None:
    """
    Make sure that a folder is empty, holds a former summary of these runs, or is not there.

    Parameters
    ----------
    folder : Path
        Where a summary shall stand.
    labels : sequence of str
        Names of the folders in it, one a run.

    Raises
    ------
    InputError
        If it holds something else, or is no folder.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(f"{folder} must be a folder: it is a file. Name another one.")
    known = {*_FILES, *labels}
    others = sorted(path.name for path in folder.iterdir() if path.name not in known)
    if others:
        raise InputError(
            f"{folder} must be empty or hold a former comparison of the same runs: it holds "
            f"{others[0]} ({len(others)} others). Name another folder."
        )


def write_summary(
    table: pd.DataFrame,
    facts: Mapping[str, Any],
    folder: Path,
    *,
    titles: Mapping[str, str],
    source: str,
) -> list[str]:
    """
    Write a summary into a folder.

    Parameters
    ----------
    table : pandas.DataFrame
        `schema.SUMMARY_OF_COMPARISONS`.
    facts : mapping
        What binds it to the manifests; written last.
    folder : Path
        Made if it is not there; a former summary in it is replaced.
    titles : mapping
        What figures call the runs, in their order, by label.
    source : str
        Source line of the figure.

    Returns
    -------
    list of str
        Names of the files.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            (folder / name).unlink(missing_ok=True)
        write_ordered_csv(table, SUMMARY_OF_COMPARISONS, folder / "summary.csv")
        _draw(table, facts["base"], folder / "summary.png", titles, source)
        text = json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder} must be a folder to write to: {error.strerror}.") from error
    return [name for name in _FILES if (folder / name).is_file()]


def _draw(
    table: pd.DataFrame,
    base: Mapping[str, Any],
    path: Path,
    titles: Mapping[str, str],
    source: str,
) -> None:
    """Draw greenhouse gases, those of the grid where they differ, and NOx."""
    from transmod.outputs.cause_figure import heading
    from transmod.outputs.summary_figure import SummaryBar, SummaryPanel, draw_summary

    panels = []
    for account, pollutant in _PANELS:
        own = table[(table["account"] == account) & (table["pollutant"] == pollutant)]
        own = own.set_index("run")
        if not len(own) or (account != "total" and not (own["difference"] != 0.0).any()):
            continue
        rows = own.reindex(list(titles)).to_dict("index")
        amount = own["amount_base"].max()
        bars = tuple(
            SummaryBar(
                title,
                tuple(
                    (cause, row[cause]) for cause in CAUSES if row[cause] and pd.notna(row[cause])
                ),
                row["difference"] if pd.notna(row["difference"]) else 0.0,
            )
            for title, row in zip(titles.values(), rows.values(), strict=True)
        )
        title = heading(account, pollutant, "t", str(base["period"]))
        panels.append(SummaryPanel(title, amount if pd.notna(amount) else 0.0, bars))
    if panels:
        draw_summary(panels, path, base=str(base["title"]), year=int(base["year"]), source=source)
