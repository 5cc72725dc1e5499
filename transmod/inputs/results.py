"""A finished run: its manifest, its tables, and whether its files are still what they were."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from transmod.columns import Columns
from transmod.errors import Faults, InputError
from transmod.exchange import from_arrow
from transmod.inputs.checks import check_table
from transmod.inputs.hashes import sha256_file
from transmod.inputs.tables import check_file, read_csv, read_parquet
from transmod.schema import (
    ACTIVITY,
    ENERGY,
    HOURS,
    INVENTORY,
    LEDGER,
    LINK_RESULTS,
    PIECES,
    POLLUTANTS,
    SPECTRUM,
    ZONED_SPECTRUM,
    Table,
)

if TYPE_CHECKING:
    import geopandas as gpd

RESULTS = "results"
MANIFEST = "manifest.json"
RUN_LOG = "run.log.json"
# What the manifest must say, in the order in which it says it.
MANIFEST_KEYS = (
    "version",
    "libraries",
    "inputs",
    "results",
    "options",
    "seed",
    "totals",
    "checks",
    "notes",
)
# `transmod report` may add or renew these after the run; all else that is added is a difference.
FOR_PEOPLE = ("report.html", "figures")

_TABLES: dict[str, Table] = {
    "ledger": LEDGER,
    "activity": ACTIVITY,
    "energy": ENERGY,
    "inventory": INVENTORY,
    "pieces": PIECES,
    "links": LINK_RESULTS,
    "spectrum": SPECTRUM,
    "hours": HOURS,
}


@dataclass(frozen=True)
class Difference:
    """A file that is not what the manifest says: `kind` is changed, missing or extra."""

    path: str  # as in the manifest: from the run folder, `results/` before a result
    kind: str
    expected: str | None  # SHA-256; None where there should be no file
    found: str | None  # SHA-256; None where there is none

    def __str__(self) -> str:
        """Say what is wrong in one sentence."""
        if self.kind == "missing":
            return f"'{self.path}' is missing; its SHA-256 was {self.expected}."
        if self.kind == "extra":
            return f"'{self.path}' is not in the manifest."
        return f"'{self.path}' has changed: SHA-256 was {self.expected}, is {self.found}."


def read_manifest(run: Path) -> dict[str, Any]:
    """
    Read what a finished run says of itself.

    Parameters
    ----------
    run : Path
        Folder of the run.

    Returns
    -------
    dict
        With at least `MANIFEST_KEYS`.

    Raises
    ------
    InputError
        If the run has no results, or the manifest is no JSON or lacks a key.
    """
    path = _results(run) / MANIFEST
    check_file(path)
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        msg = f"{path} must be JSON: {error}. Run the scenario again: transmod run {run} --force."
        raise InputError(msg) from error
    missing = [name for name in MANIFEST_KEYS if name not in manifest]
    if missing:
        msg = (
            f"{path} must have the keys {', '.join(MANIFEST_KEYS)}: {', '.join(missing)} missing. "
            f"Run the scenario again: transmod run {run} --force."
        )
        raise InputError(msg)
    return dict(manifest)


def read_result_table(run: Path, name: str) -> pd.DataFrame:
    """
    Read one table of a finished run.

    Parameters
    ----------
    run : Path
        Folder of the run.
    name : str
        ledger, activity, energy, inventory, pieces, links, spectrum or hours.

    Returns
    -------
    pandas.DataFrame
        The columns of the schema; `links` is a GeoDataFrame with its CRS.

    Raises
    ------
    InputError
        If there is no such table, the run has not written it, or it breaks its schema.
    """
    if name not in _TABLES:
        msg = f"A table of results must be one of {', '.join(_TABLES)}: found {name!r}."
        raise InputError(msg)
    table = _TABLES[name]
    path = _results(run) / f"{name}.{'csv' if table is INVENTORY else 'parquet'}"
    if not path.exists():
        there = [other for other in _TABLES if list(path.parent.glob(f"{other}.*"))]
        msg = (
            f"The run '{run}' must have the table {name}: it has {', '.join(there) or 'none'}. "
            "Name it in `outputs` of the scenario and run it again."
        )
        raise InputError(msg)
    faults = Faults()
    frame: pd.DataFrame
    if table is INVENTORY:
        frame = read_csv(path, table, faults)
    elif "geometry" in table.names:
        frame = _read_geo(path)
    else:
        frame = read_parquet(path)
    if table is SPECTRUM and "zone" in frame:
        table = ZONED_SPECTRUM
    check_table(frame, table, str(path), faults)
    faults.raise_any()
    return frame


def read_result_columns(run: Path, name: str, columns: Sequence[str] | None = None) -> Columns:
    """
    Read one table of a finished run as it was written, without pandas and without a check.

    Parameters
    ----------
    run : Path
        Folder of the run.
    name : str
        ledger, activity, energy, pieces, spectrum or hours.
    columns : sequence of str, optional
        Read only these. Default: all.

    Raises
    ------
    InputError
        If the run has not written it, or it is damaged.
    """
    path = _results(run) / f"{name}.parquet"
    check_file(path)
    try:
        with pq.ParquetFile(path) as file:
            text = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
        # to code text once it is read would load a library for that alone
        with pq.ParquetFile(path, read_dictionary=text) as file:
            return from_arrow(file.read(None if columns is None else list(columns)))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} must be a whole Parquet file: {error}.") from error


@dataclass(frozen=True, eq=False)
class ResultGrid:
    """
    The grid of a finished run.

    `x`, `y` are centres of columns and rows [m], south first, in the CRS `crs` (WKT); `masses`
    holds (rows, columns) [t] by pollutant, NaN outside the boundary.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    crs: str
    masses: dict[str, NDArray[np.float64]]


def has_result(run: Path, name: str) -> bool:
    """Say whether a finished run has written a file of results."""
    return (_results(run) / name).is_file()


def read_result_grid(run: Path) -> ResultGrid:
    """
    Read the grid of a finished run.

    Raises
    ------
    InputError
        If the run has not written it, or the file is damaged.
    """
    import xarray as xr  # takes longer to load than most tables to read

    path = _results(run) / "grid.nc"
    check_file(path)
    try:
        with xr.open_dataset(path, engine="h5netcdf", decode_coords="all") as file:
            masses = {
                name: np.asarray(file[name], np.float64) for name in POLLUTANTS if name in file
            }
            return ResultGrid(
                x=np.asarray(file["x"], np.float64),
                y=np.asarray(file["y"], np.float64),
                crs=str(file["crs"].attrs["crs_wkt"]),
                masses=masses,
            )
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path} must be a whole grid of a run: {error}.") from error


def verify_files(run: Path, places: Mapping[str, Path] | None = None) -> list[Difference]:
    """
    Compare inputs and results with the hashes in the manifest.

    Parameters
    ----------
    run : Path
        Folder of the run.
    places : mapping of str to Path, optional
        Folders that input paths may begin with, by their name: `{"vehicle_profiles": folder}`
        finds `vehicle_profiles/emep/hot.csv` in `folder`. Other inputs are looked for from the
        run folder, as in the scenario.

    Returns
    -------
    list of Difference
        Inputs first, each in the order of the manifest, then files that it does not list. Empty:
        all is as it was.

    Raises
    ------
    InputError
        As `read_manifest`.
    """
    manifest = read_manifest(run)
    results = _results(run)
    differences = []
    for path, expected in manifest["inputs"].items():
        differences += _compare(path, _locate(path, run, places or {}), expected)
    for path, expected in manifest["results"].items():
        differences += _compare(f"{RESULTS}/{path}", results / path, expected)
    for path in list_results(results):
        if path not in manifest["results"] and path.split("/")[0] not in FOR_PEOPLE:
            found = sha256_file(results / path)
            differences.append(Difference(f"{RESULTS}/{path}", "extra", None, found))
    return differences


def list_results(folder: Path) -> list[str]:
    """
    List the files of a results folder that the manifest vouches for.

    Parameters
    ----------
    folder : Path
        Results folder.

    Returns
    -------
    list of str
        Paths from the folder with forward slashes, sorted; all but the manifest and the run log.
    """
    paths = (path for path in Path(folder).rglob("*") if path.is_file())
    names = (path.relative_to(folder).as_posix() for path in paths)
    return sorted(name for name in names if name not in (MANIFEST, RUN_LOG))


def _results(run: Path) -> Path:
    folder = Path(run) / RESULTS
    if not folder.is_dir():
        msg = f"The run '{run}' must have results: it has none. Compute them: transmod run {run}."
        raise InputError(msg)
    return folder


def _read_geo(path: Path) -> gpd.GeoDataFrame:
    import geopandas as gpd

    try:
        frame = gpd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise InputError(f"{path} must be a whole GeoParquet file: {error}.") from error
    return frame


def _locate(path: str, run: Path, places: Mapping[str, Path]) -> Path:
    first, _, rest = path.partition("/")
    if first in places:
        return Path(places[first]) / rest
    return Path(os.path.normpath(Path(run) / path))  # as it was read, also where `run` is a link


def _compare(path: str, file: Path, expected: str) -> list[Difference]:
    found = sha256_file(file) if file.is_file() else None
    if found == expected:
        return []
    return [Difference(path, "missing" if found is None else "changed", expected, found)]
