"""Write a series of runs: the scenarios of its variants, a table of all runs, a figure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from transmod.errors import Faults, InputError
from transmod.outputs.ordered import write_ordered_csv
from transmod.outputs.toml import to_toml
from transmod.outputs.wording import tell_apart
from transmod.schema import SERIES

_FILE = "scenario.toml"
_MARK = "# Written by transmod from ../series.toml: change it there. SHA-256 of what follows: "
_FILES = ("series.json", "series.csv", "series.png")
_PANELS = (("total", "co2e_t"), ("scope_2", "co2e_t"), ("total", "nox_t"), ("total", "pm2_5_t"))


def write_variants(folder: Path, variants: Mapping[str, Mapping[str, Any]]) -> None:
    """
    Write the `scenario.toml` of each variant of a series.

    Parameters
    ----------
    folder : Path
        Where `series.toml` lies; each variant has a folder of its name in it.
    variants : mapping
        What each scenario says.

    Raises
    ------
    InputError
        If a scenario stands there that was not written so, or was changed by hand since; none is
        written then. If the folder cannot be written to.
    """
    faults = Faults()
    files = {folder / name / _FILE: _to_text(said) for name, said in variants.items()}
    for path in files:
        _check_own(path, faults)
    faults.raise_any()
    with _report_disk(folder):
        for path, text in files.items():
            path.parent.mkdir(exist_ok=True)
            if not path.is_file() or path.read_bytes() != text.encode():
                path.write_bytes(text.encode())


def is_written(path: Path) -> bool:
    """Say whether a scenario was written from a series, and not changed since."""
    head, _, text = path.read_text("utf-8", "replace").partition("\n")
    return head == _MARK + _sha256(text)


def _to_text(said: Mapping[str, Any]) -> str:
    text = to_toml(said)
    return f"{_MARK}{_sha256(text)}\n{text}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _check_own(path: Path, faults: Faults) -> None:
    if path.parent.exists() and not path.parent.is_dir():
        faults.add(f"{path.parent} must be a folder: it is a file. Rename it, or the variant.")
    elif path.is_file() and not is_written(path):
        is_ours = path.read_text("utf-8", "replace").startswith(_MARK)
        what = "was changed by hand" if is_ours else "was not written from the series"
        faults.add(
            f"{path} must be one that `transmod run` wrote from series.toml: it {what}. Say the "
            "change in series.toml and delete the file, or give the variant another name."
        )


def write_series(
    folder: Path, rows: pd.DataFrame, facts: Mapping[str, Any], *, title: str, source: str
) -> list[str]:
    """
    Write the table of a series, its facts and its figure.

    Parameters
    ----------
    folder : Path
        Of the series. Former files of a series in it are replaced.
    rows : pandas.DataFrame
        `schema.SERIES`; without any, former files are removed.
    facts : mapping
        For `series.json`, which is written last.
    title, source : str
        Texts of the figure.

    Returns
    -------
    list of str
        Names of the files.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    with _report_disk(folder):
        for name in _FILES:
            (folder / name).unlink(missing_ok=True)
        if len(rows):
            write_ordered_csv(rows, SERIES, folder / "series.csv")
            _draw(rows, folder / "series.png", title, source)
        text = json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "series.json").write_text(text + "\n", encoding="utf-8")
    return [name for name in _FILES if (folder / name).is_file()]


@contextmanager
def _report_disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"{folder} must be a folder to write to: {error.strerror}.") from error


def _draw(rows: pd.DataFrame, path: Path, title: str, source: str) -> None:
    """Draw amounts over years where each run, or its fleet, has one of its own; else bars."""
    from transmod.outputs.cause_figure import heading
    from transmod.outputs.series_figure import SeriesPanel, draw_bars, draw_years
    from transmod.outputs.wording import TEXT

    total = rows[rows["account"] == "total"].drop_duplicates("run")
    over = "series_years"
    years = total["year"]
    if not years.is_unique and len(total) > 2:  # two are no course of a fleet
        over, years = "series_fleet_years", total["fleet_year"].fillna(years).astype(int)
    is_over_years = len(total) > 1 and years.is_unique
    if is_over_years:
        years = years.sort_values()
        total = total.loc[years.index]
    names = tell_apart(list(total["title"]), list(total["run"]))
    labels = tuple(name.removeprefix(f"{title}: ") for name in names)
    # what others stand on and itself stands on nothing; a single one is what all are set beside
    is_root = total["base"].isna() & total["run"].isin(total["base"])
    root = total.loc[is_root, "run"]
    panels = []
    for account, figure in _PANELS:
        own = rows[rows["account"] == account].drop_duplicates("run").set_index("run")
        own = own.reindex(total["run"])
        if not (own[figure] > 0.0).any():
            continue
        percents = own[f"{figure}_percent"]
        if len(root) == 1:
            amount = own.loc[root.iloc[0], figure]
            percents = 100.0 * (own[figure] - amount) / (amount if amount > 0.0 else np.nan)
            percents = percents.mask(is_root.to_numpy())
        name = figure.removesuffix("_t")
        panels.append(
            SeriesPanel(
                heading(account, name, "t", str(total["period"].iloc[0])),
                tuple(own[figure]),
                tuple(percents),
            )
        )
    if is_over_years:
        told = TEXT[over]
        draw_years(panels, path, years=tuple(years), title=title, subtitle=told, source=source)
    else:
        is_base = tuple(is_root)
        draw_bars(panels, path, labels=labels, is_base=is_base, title=title, source=source)
