"""Read AequilibraE: links of a project, and the results of an assignment on them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from transmod.errors import Faults, InputError
from transmod.inputs.checks import first_of, listed
from transmod.inputs.formats.reading import (
    ALL_VEHICLES,
    ImportOptions,
    Reading,
    Remark,
    Stream,
    make_places,
)
from transmod.inputs.formats.tables import read_raw_table, to_numbers
from transmod.schema import ROAD_CLASSES

# what an assignment says besides the flows of its classes
_OTHERS = ("preload", "congested_time", "delay_factor", "voc", "pce")
_CONNECTOR = "centroid_connector"
_MIN_PER_H = 60.0
_PLAUSIBLE_SHARE = 0.95


@dataclass(frozen=True, eq=False)
class _Results:
    """Flows by link, with the names of the classes and of the pairs of columns."""

    name: str
    link_id: NDArray[np.int64]
    pairs: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


def read_aequilibrae(
    project: Path, results: Path, table: str | None, options: ImportOptions
) -> Reading:
    """
    Read the links of a project and the flows of an assignment.

    Each direction of a link is a place, `<link_id>_ab` and `<link_id>_ba`. Centroid connectors
    are no roads.

    Parameters
    ----------
    project : Path
        `project_database.sqlite`.
    results : Path
        `results_database.sqlite`, or the results as CSV or Parquet.
    table : str, optional
        Table of results; needed if the database has several.
    options : ImportOptions
        Encoding of a CSV.

    Raises
    ------
    InputError
        If a file is broken, or the results are of other links.
    """
    links = _read_links(project)
    found = _read_results(results, table, options)
    notes: list[str] = []
    remarks: list[Remark] = []
    direction = links["direction"].to_numpy(np.int64)
    connector = (links["link_type"] == _CONNECTOR).to_numpy()
    if connector.any():
        notes.append(f"{int(connector.sum()):,} centroid connectors are no roads: left out.")
    sides = {
        "ab": np.flatnonzero((direction >= 0) & ~connector),
        "ba": np.flatnonzero((direction <= 0) & ~connector),
    }
    places = gpd.GeoDataFrame(
        pd.concat([_to_places(links, side, rows) for side, rows in sides.items()]),
        crs=links.crs,
    ).reset_index(drop=True)
    row_of = pd.Series(np.arange(len(found.link_id)), index=found.link_id)
    _check_links(found, links, row_of, notes, remarks)
    names = [name for name in found.pairs if name.lower() not in _OTHERS]
    unit = "veh"
    if not names:
        names = [name for name in found.pairs if name.lower() == "pce"]
        unit = "pcu"
    if not names:
        raise InputError(f"{results} must hold flows, as car_ab and car_ba: none found.")
    notes.append(f"Flows of {', '.join(names)} were read from {found.name}.")
    row = row_of.reindex(links["link_id"])
    streams = []
    for name in names:
        place, volume, speed = [], [], []
        start = 0
        for side, rows in sides.items():
            own = row.iloc[rows].to_numpy()
            have = ~np.isnan(own)
            pick = own[have].astype(np.int64)
            index = 0 if side == "ab" else 1
            place.append(start + np.flatnonzero(have))
            volume.append(found.pairs[name][index][pick])
            speed.append(_speeds(found, index, pick, links["distance"].to_numpy()[rows][have]))
            start += rows.size
        speeds = np.concatenate(speed)
        streams.append(
            Stream(
                ALL_VEHICLES if unit == "pcu" else name,
                np.concatenate(place),
                np.concatenate(volume)[:, np.newaxis],
                _plausible(speeds, notes if name == names[0] else []),
            )
        )
    return Reading(
        format="aequilibrae",
        places=places,
        streams=streams,
        kind=None,
        unit=unit,
        remarks=remarks,
        notes=notes,
    )


def _read_links(path: Path) -> gpd.GeoDataFrame:
    try:
        links = pyogrio.read_dataframe(path, layer="links")
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError(f"{path} must be a project of AequilibraE: {error}.") from error
    wanted = ("link_id", "a_node", "b_node", "direction", "distance", "link_type")
    missing = [name for name in wanted if name not in links.columns]
    if missing or links.empty or links.crs is None:
        what = f"{', '.join(missing)} not found" if missing else "no links, or no CRS, found"
        raise InputError(f"{path} must have links with {', '.join(wanted)}: {what}.")
    if links["link_id"].duplicated().any():
        twice = links["link_id"].duplicated().to_numpy()
        where = first_of(twice, lambda row: f"row {row + 1}", links["link_id"])
        raise InputError(f"Links of {path} must stand once: {where}.")
    return links


def _to_places(links: gpd.GeoDataFrame, side: str, rows: NDArray[np.int64]) -> gpd.GeoDataFrame:
    own = links.iloc[rows]
    forward = side == "ab"
    lines = own.geometry.to_numpy()
    kind = own["link_type"].astype(object).where(own["link_type"].notna(), "")
    road = kind.str.removesuffix("_link")
    start, end = ("a_node", "b_node") if forward else ("b_node", "a_node")

    def numbers(name: str, *, positive: bool = True) -> NDArray[np.float64]:
        if name not in own.columns:
            return np.full(len(own), np.nan)
        values = pd.to_numeric(own[name], errors="coerce").to_numpy(np.float64)
        return np.where(values > 0.0, values, np.nan) if positive else values

    speed = numbers(f"speed_{side}")
    ways = numbers("osm_id", positive=False)
    columns: dict[str, Any] = {
        "place_id": [f"{link}_{side}" for link in own["link_id"]],
        "kind": "link",
        "from_node": own[start].map(str),
        "to_node": own[end].map(str),
        "osm_way_id": pd.array(ways, "Float64").astype("Int64"),
        "road_class": [name if name in ROAD_CLASSES else None for name in road],
        "is_ramp": kind.str.endswith("_link").to_numpy(),
        "name": list(own["name"]) if "name" in own.columns else None,
        "lanes": numbers(f"lanes_{side}"),
        "free_speed_kmh": np.where(speed <= 200.0, speed, np.nan),
        "capacity_pcu_h": numbers(f"capacity_{side}"),
        "length_m": numbers("distance"),
        "row": own["link_id"],
    }
    return make_places(columns, lines if forward else shapely.reverse(lines), links.crs)


def _read_results(path: Path, table: str | None, options: ImportOptions) -> _Results:
    with path.open("rb") as file:
        is_database = file.read(6) == b"SQLite"
    if is_database:
        name, frame = _read_database(path, table)
        decimal_comma = False
    else:
        raw = read_raw_table(path, options.encoding)
        name, frame, decimal_comma = path.name, raw.frame, raw.decimal_comma
    columns = {str(column).lower(): column for column in frame.columns}
    if "link_id" not in columns:
        raise InputError(f"{path} must have the column link_id: it has {listed(frame.columns)}.")
    faults = Faults()
    numbers = {}
    for lower, column in columns.items():
        if lower == "link_id" or lower.endswith(("_ab", "_ba")):
            numbers[lower], is_text = to_numbers(frame[column], decimal_comma=decimal_comma)
            if is_text.any():
                where = first_of(is_text, lambda row: f"row {row + 1}", frame[column])
                faults.add(f"`{column}` of {path} must be a number: {where}.")
    ids = numbers["link_id"]
    bad = np.isnan(ids) | pd.Series(ids).duplicated().to_numpy()
    if bad.any():
        where = first_of(bad, lambda row: f"row {row + 1}", ids)
        faults.add(f"`link_id` of {path} must be present and stand once: {where}.")
    faults.raise_any()
    pairs = {
        str(columns[lower])[:-3]: (values, numbers[f"{lower[:-3]}_ba"])
        for lower, values in numbers.items()
        if lower.endswith("_ab") and f"{lower[:-3]}_ba" in numbers
    }
    return _Results(name, ids.astype(np.int64), pairs)


def _read_database(path: Path, table: str | None) -> tuple[str, pd.DataFrame]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            names = [
                row[0]
                for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                if "link_id" in _columns_of(database, row[0])
            ]
            if table is None and len(names) == 1:
                table = names[0]
            if table not in names:
                raise InputError(
                    f"{path} must have one table of results, or one be named with --table: "
                    f"{table or 'none'} named, it has {', '.join(names) or 'none'}."
                )
            return str(table), pd.read_sql_query(f'SELECT * FROM "{table}"', database)
    except sqlite3.Error as error:
        raise InputError(f"{path} must be a whole SQLite file: {error}.") from error


def _columns_of(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in database.execute(f'PRAGMA table_info("{table}")')}


def _check_links(
    found: _Results,
    links: gpd.GeoDataFrame,
    row_of: pd.Series,
    notes: list[str],
    remarks: list[Remark],
) -> None:
    unknown = row_of.index.difference(links["link_id"])
    if len(unknown) > len(row_of) / 2:
        raise InputError(
            f"{found.name} must hold results of this project: {len(unknown):,} of {len(row_of):,} "
            f"links are not in it, first {unknown[0]}."
        )
    remarks += [
        Remark(found.name, str(row_of[link] + 1), str(link), "no link of the project")
        for link in unknown
    ]
    if len(unknown):
        notes.append(
            f"{len(unknown):,} of {len(row_of):,} links of {found.name} are not in the project, "
            f"{listed(unknown)}: left out."
        )


def _speeds(
    found: _Results, side: int, rows: NDArray[np.int64], metres: NDArray[np.float64]
) -> NDArray[np.float64]:
    pair = next((p for name, p in found.pairs.items() if name.lower() == "congested_time"), None)
    if pair is None:
        return np.full(rows.size, np.nan)
    time = pair[side][rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(time > 0.0, metres / 1000.0 / (time / _MIN_PER_H), np.nan)


def _plausible(speeds: NDArray[np.float64], notes: list[str]) -> NDArray[np.float64] | None:
    """Take congested times as minutes if that gives speeds of road traffic."""
    known = speeds[~np.isnan(speeds)]
    if not known.size:
        return None
    share = float(((known > 1.0) & (known <= 200.0)).mean())
    if share < _PLAUSIBLE_SHARE:
        notes.append(
            f"Congested times, as minutes, give 1 to 200 km/h on {share:.0%} of the links only: "
            f"speeds are left out."
        )
        return None
    notes.append("Congested times are taken as minutes, and give speeds.")
    return speeds[:, np.newaxis]
