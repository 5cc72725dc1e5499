"""Write a comparison of two runs: tables, a map of the differences, a figure of the causes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from transmod.errors import InputError
from transmod.outputs.ordered import write_ordered_csv
from transmod.outputs.tables import write_geo_table, write_table
from transmod.schema import (
    CAUSES,
    CAUSES_BY_TYPE,
    CAUSES_OF_DIFFERENCES,
    CELL_DIFFERENCES,
    DIFFERENCES,
    LINK_DIFFERENCES,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from transmod.inputs.network import Network

FACTS = "comparison.json"
_FILES = (
    FACTS,
    "differences.csv",
    "causes.parquet",
    "causes_by_type.csv",
    "links.parquet",
    "cells.parquet",
    "difference_map.png",
    "causes.png",
)
_PANELS = (("total", "co2e"), ("scope_2", "co2e"), ("total", "nox"), ("total", "pm2_5"))


@dataclass(frozen=True, eq=False)
class ComparisonTables:
    """
    What is written: tables in the forms of `schema`; `facts` bind them to the manifests.

    `cells` are on `cell_size_m` [m]; `links` and `cells` may be None. `names` (as figures say
    them) and `years` are of run A and B; `source` is the source line of figures.
    """

    differences: pd.DataFrame
    causes: pd.DataFrame
    types: pd.DataFrame
    links: gpd.GeoDataFrame | None
    cells: pd.DataFrame | None
    cell_size_m: float
    network: Network
    names: tuple[str, str]
    years: tuple[int, int]
    period: str
    source: str
    facts: Mapping[str, Any]


def write_comparison(tables: ComparisonTables, folder: Path, pollutant: str) -> list[str]:
    """
    Write a comparison into a folder.

    Parameters
    ----------
    tables : ComparisonTables
        What was found.
    folder : Path
        Made if it is not there. A former comparison in it is replaced.
    pollutant : str
        What the map shows.

    Returns
    -------
    list of str
        Names of the files, `comparison.json` last: where it lies, the others are whole.

    Raises
    ------
    InputError
        If the folder holds something else, or cannot be written to.
    """
    _clear(folder)
    about = {f"run_{d}": tables.facts[d]["name"] for d in ("a", "b")}
    about |= {f"manifest_{d}": tables.facts[d]["manifest_sha256"] for d in ("a", "b")}
    write_ordered_csv(tables.differences, DIFFERENCES, folder / "differences.csv")
    write_ordered_csv(tables.types, CAUSES_BY_TYPE, folder / "causes_by_type.csv")
    write_table(tables.causes, CAUSES_OF_DIFFERENCES, folder / "causes.parquet", metadata=about)
    if tables.links is not None:
        write_geo_table(tables.links, LINK_DIFFERENCES, folder / "links.parquet", metadata=about)
    if tables.cells is not None:
        size = {"cell_size_m": f"{tables.cell_size_m:g}", "crs": str(tables.network.crs)}
        write_table(tables.cells, CELL_DIFFERENCES, folder / "cells.parquet", metadata=about | size)
    _draw(tables, folder, pollutant)
    written = [name for name in _FILES if (folder / name).is_file()]
    text = json.dumps(tables.facts, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / FACTS).write_text(text + "\n", encoding="utf-8")
    return [*written, FACTS]


def check_folder(folder: Path) -> None:
    """
    Make sure that a folder is empty, holds a former comparison, or is not there.

    Raises
    ------
    InputError
        If it holds something else, or is no folder.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(f"{folder} must be a folder: it is a file. Name another one.")
    others = sorted(path.name for path in folder.iterdir() if path.name not in _FILES)
    if others:
        raise InputError(
            f"{folder} must be empty or hold a former comparison: it holds {others[0]} "
            f"({len(others)} other files). Name another folder."
        )


def _clear(folder: Path) -> None:
    """Make an empty folder, or one that holds no comparison any more."""
    check_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FILES:  # the facts first: without them nothing here counts
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{folder} must be a folder to write to: {error.strerror}.") from error


def _draw(tables: ComparisonTables, folder: Path, pollutant: str) -> None:
    from transmod.outputs.cause_figure import draw_causes
    from transmod.outputs.difference_maps import draw_cell_differences, draw_link_differences
    from transmod.outputs.wording import TEXT, word

    substance = TEXT.get(f"substance_{pollutant}", pollutant.upper())
    names = tables.names
    texts = {
        "title": TEXT["difference_title"].format(substance, names[1], names[0]),
        "subtitle": TEXT["difference_subtitle"].format(*tables.years),
        "source": tables.source,
        "mass": TEXT["mass_difference"].format(substance),
    }
    path, span = folder / "difference_map.png", word(tables.period)
    if tables.links is not None and f"{pollutant}_t" in tables.links:
        draw_link_differences(
            tables.links, tables.network, path, column=f"{pollutant}_t",
            unit=TEXT["per_km_difference"].format(substance, span), **texts,
        )  # fmt: skip
    elif tables.cells is not None:
        draw_cell_differences(
            tables.cells["x_m"].to_numpy(np.float64), tables.cells["y_m"].to_numpy(np.float64),
            tables.cells[f"{pollutant}_t"].to_numpy(np.float64), tables.cell_size_m,
            tables.network, path,
            unit=TEXT["per_km2_difference"].format(substance, span), **texts,
        )  # fmt: skip
    panels = _panels(tables.differences, tables.period)
    if panels:
        draw_causes(
            panels,
            folder / "causes.png",
            names=names,
            title=TEXT["causes_title"].format(names[1], names[0]),
            subtitle=TEXT["causes_subtitle"].format(*tables.years),
            source=tables.source,
        )


def _panels(differences: pd.DataFrame, period: str) -> list[Any]:
    """Choose what the figure of causes shows: greenhouse gases, grid electricity, air."""
    from transmod.outputs.cause_figure import CausePanel, heading

    city = differences[differences["by"] == "city"]
    out = []
    for account, pollutant in _PANELS:
        own = city[(city["account"] == account) & (city["pollutant"] == pollutant)]
        for row in own.to_dict("records"):
            amounts = [row[f"amount_{d}"] if pd.notna(row[f"amount_{d}"]) else 0.0 for d in "ab"]
            if not any(amounts):
                continue
            # what both runs always have is shown where it did nothing, too
            always = ("activity", "speed", "fleet", "factors")
            steps = tuple((c, row[c]) for c in CAUSES if row[c] or c in always)
            title = heading(account, pollutant, str(row["unit"]), period)
            out.append(CausePanel(title, amounts[0], amounts[1], steps))
    return out
