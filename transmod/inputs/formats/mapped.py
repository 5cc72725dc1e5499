"""Read tables and vector layers whose columns a user names, or that are called as ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from transmod.errors import Faults, InputError
from transmod.inputs.checks import first_of, listed
from transmod.inputs.formats.mapped_volumes import read_streams
from transmod.inputs.formats.packed import members_of_zip
from transmod.inputs.formats.reading import (
    ImportOptions,
    Reading,
    Remark,
    make_places,
    need_crs,
    parse_crs,
)
from transmod.inputs.formats.tables import RawTable, read_raw_table, to_numbers, to_text
from transmod.inputs.formats.volume_columns import (
    PLACE_COLUMNS,
    Theirs,
    VolumeColumns,
    guess_volume_columns,
    read_volume_columns,
)
from transmod.inputs.layers import read_layer
from transmod.schema import PLACES, Column
from transmod.units import convert

_NAME_JOIN = " / "
_LINE, _POINT = 1, 0
_BASE = {"length_m": "m", "free_speed_kmh": "km/h"}


@dataclass(frozen=True, eq=False)
class _Files:
    """What was given: a layer, a table, or both, the table with volumes at places of the layer."""

    layer: RawTable | None
    geometry: NDArray[Any] | None
    crs: CRS | None
    table: RawTable | None

    @property
    def main(self) -> RawTable:
        """The table in which volumes stand."""
        found = self.table or self.layer
        assert found is not None
        return found


def read_mapped(
    layers: Sequence[Path],
    tables: Sequence[Path],
    columns: Path | None,
    options: ImportOptions,
) -> Reading:
    """
    Read a vector layer, a table, or a table with volumes at the places of a layer.

    Parameters
    ----------
    layers, tables : sequence of Path
        At most one of each.
    columns : Path, optional
        TOML that says what the columns are; without it they must be called as ours.
    options : ImportOptions
        `crs` for coordinates in columns; `encoding` of a CSV.

    Raises
    ------
    InputError
        With every fault of the files.
    """
    files = _open(layers, tables, options)
    if files.main.frame.empty:
        raise InputError(f"{files.main.path} must have rows: it has none.")
    mapping = _find_mapping(columns, files)
    faults = Faults()
    remarks: list[Remark] = []
    notes: list[str] = []
    _check_columns(mapping, files, faults)
    faults.raise_any()
    keys = _take_keys(mapping, files.main)
    places, position = _take_places(mapping, files, keys, options, notes, remarks, faults)
    faults.raise_any()
    content = read_streams(files.main, position, places["place_id"], mapping, remarks, faults)
    faults.raise_any()
    format_ = "table" if files.layer is None else "layer"
    return Reading(
        format=format_ if files.table is None or files.layer is None else "table at a layer",
        places=places,
        streams=content.streams,
        kind=mapping.kind or ("hourly" if content.hours is not None else None),
        unit=mapping.unit or "veh",
        hours=content.hours,
        remarks=remarks,
        notes=[*notes, *content.notes],
    )


def _open(layers: Sequence[Path], tables: Sequence[Path], options: ImportOptions) -> _Files:
    if len(layers) > 1 or len(tables) > 1:
        names = ", ".join(path.name for path in (*layers, *tables))
        raise InputError(
            f"One layer, one table, or one of each must be given: {names} are {len(layers)} layers "
            f"and {len(tables)} tables. Join them first."
        )
    table = read_raw_table(tables[0], options.encoding) if tables else None
    if not layers:
        return _Files(None, None, None, table)
    path = layers[0]
    frame = read_layer(path) if not members_of_zip(path) else _read_zipped(path)
    raw = RawTable(path, pd.DataFrame(frame.drop(columns=frame.geometry.name)))
    return _Files(raw, _to_simple(frame.geometry), frame.crs, table)


def _read_zipped(path: Path) -> gpd.GeoDataFrame:
    try:
        frame = gpd.read_file(f"zip://{path}")
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError(f"{path} must hold one whole vector file: {error}.") from error
    if frame.crs is None:
        raise InputError(f"{path} must state a coordinate reference system: none found.")
    return frame


def _to_simple(shapes: gpd.GeoSeries) -> NDArray[Any]:
    """Return lines and points of one part in two dimensions; what is neither is as it was."""
    flat = shapely.force_2d(shapes.to_numpy())
    parts = shapely.get_num_geometries(flat)
    first = shapely.get_geometry(flat, 0)
    merged = shapely.line_merge(flat, directed=True)
    is_multi = np.isin(shapely.get_type_id(flat), (4, 5))
    out = np.where(is_multi & (parts == 1), first, flat)
    return np.where(is_multi & (parts > 1) & (shapely.get_type_id(merged) == _LINE), merged, out)


def _find_mapping(columns: Path | None, files: _Files) -> VolumeColumns:
    if columns is not None:
        return read_volume_columns(columns)
    found = guess_volume_columns(files.main.frame.columns)
    if found is None:
        raise InputError(
            f"{files.main.path} must have volumes in columns that are called as ours (volume and "
            f"vehicle_class, or car, bus and so on): it has {listed(files.main.frame.columns)}. "
            f"Say what its columns are with --columns FILE.toml."
        )
    if files.table is None or files.layer is None:
        return found
    of_layer = guess_places(files.layer.frame.columns)
    return VolumeColumns({**of_layer, **found.columns}, found.volumes)


def guess_places(names: Iterable[str]) -> dict[str, Theirs]:
    """Return the columns of places that are called as ours."""
    known = set(names)
    found = {name: Theirs((name,)) for name in PLACE_COLUMNS if name in known}
    if "link_id" in known and "place_id" not in found:
        found["place_id"] = Theirs(("link_id",))
    return found


def _check_columns(mapping: VolumeColumns, files: _Files, faults: Faults) -> None:
    known = {name for raw in (files.layer, files.table) if raw for name in raw.frame.columns}
    for group, sources in (("columns", mapping.columns), ("volumes", mapping.volumes)):
        for ours, theirs in sources.items():
            wanted = [name for name in theirs.columns if "{hour}" not in name]
            wanted += [theirs.share_of] if theirs.share_of else []
            absent = [name for name in wanted if name not in known]
            if absent:
                faults.add(
                    f"`{group}.{ours}` must name columns of the files: {', '.join(absent)} not "
                    f"found, they have {', '.join(map(str, sorted(known, key=str)))}."
                )
    if files.layer is not None and files.table is not None and "place_id" not in mapping.columns:
        faults.add("`columns.place_id` must be given to join a table to a layer: it is not.")


def _take_keys(mapping: VolumeColumns, raw: RawTable) -> pd.Series:
    """Return the name of the place of each row; without a column of its own its number from 0."""
    theirs = mapping.columns.get("place_id")
    if theirs is None:
        return pd.Series(np.arange(len(raw.frame)).astype(str), dtype=object)
    absent = [name for name in theirs.columns if name not in raw.frame.columns]
    if absent:
        raise InputError(
            f"{raw.path} must have the column {', '.join(absent)} that names places: it has "
            f"{listed(raw.frame.columns)}."
        )
    parts = [to_text(raw.frame[name]) for name in theirs.columns]
    if len(parts) == 1:
        return parts[0].reset_index(drop=True)
    joined = pd.concat(parts, axis=1).fillna("").agg(_NAME_JOIN.join, axis=1)
    return joined.reset_index(drop=True)


def _take_places(
    mapping: VolumeColumns,
    files: _Files,
    keys: pd.Series,
    options: ImportOptions,
    notes: list[str],
    remarks: list[Remark],
    faults: Faults,
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """Return the places, and for each row of volumes its place; -1 if it has none."""
    if files.layer is not None and files.table is not None:
        raw, ids = files.layer, _take_keys(mapping, files.layer)
        position = pd.Index(ids).get_indexer(pd.Index(keys)) if ids.is_unique else None
        if position is None:
            twice = ids.duplicated().to_numpy()
            faults.add(f"Places of {raw.path} must stand once: {first_of(twice, raw.row, ids)}.")
            position = np.full(len(keys), -1)
        _say_placeless(files.main, keys, position, raw, notes, remarks)
    else:
        raw = files.main
        number, names = pd.factorize(keys)
        position, ids = number.astype(np.int64), pd.Series(names, dtype=object)
        remarks += [
            Remark(raw.name, raw.row(int(row)), "", "the place has no name")
            for row in np.flatnonzero(number < 0)
        ]
    first = np.arange(len(ids))
    if (raw is files.main and files.table is None) or files.layer is None:
        first = np.unique(position[position >= 0], return_index=True)[1]
        first = np.flatnonzero(position >= 0)[first]
    columns = _take_columns(mapping, raw, first, faults)
    columns["place_id"] = np.asarray(ids, object)
    columns["row"] = [raw.row(int(i)) for i in first]
    columns["is_two_way"] = np.full(len(ids), mapping.direction == "both")
    shapes, crs = _take_geometry(mapping, files, raw, first, options, remarks, faults)
    is_line = shapely.get_type_id(shapes) == _LINE
    if is_line.any():
        is_line |= shapely.is_missing(shapes)  # a line without geometry is listed as such
    columns["kind"] = np.where(is_line, "link", "point").tolist()
    return make_places(columns, shapes, crs), position


def _say_placeless(
    main: RawTable,
    keys: pd.Series,
    position: NDArray[np.int64],
    layer: RawTable,
    notes: list[str],
    remarks: list[Remark],
) -> None:
    lost = np.flatnonzero(position < 0)
    for row in lost:
        text = f"no place of {layer.name} is called so"
        remarks.append(Remark(main.name, main.row(int(row)), str(keys.iloc[row]), text))
    if lost.size:
        names = keys.iloc[lost].drop_duplicates().tolist()
        notes.append(
            f"{lost.size:,} of {len(keys):,} rows are at places that {layer.name} does not have, "
            f"{listed(names)}: left out."
        )


def _take_columns(
    mapping: VolumeColumns, raw: RawTable, rows: NDArray[np.int64], faults: Faults
) -> dict[str, Any]:
    """Take the columns of places, in our units; unknown values are null."""
    columns: dict[str, Any] = {}
    for name in PLACE_COLUMNS:
        if name == "place_id":
            continue
        if name in mapping.constants:
            columns[name] = [mapping.constants[name]] * len(rows)
            continue
        theirs = mapping.columns.get(name)
        if theirs is None or theirs.columns[0] not in raw.frame.columns:
            continue
        values = raw.frame[theirs.columns[0]].iloc[rows].reset_index(drop=True)
        columns[name] = convert_column(values, PLACES[name], theirs, raw, rows, faults)
    return columns


def convert_column(
    values: pd.Series,
    ours: Column,
    theirs: Theirs,
    raw: RawTable,
    rows: NDArray[np.int64],
    faults: Faults,
) -> Any:
    """Turn a column of theirs into one of ours; a value that cannot be one is a fault."""
    label = f"`{theirs.columns[0]}` of {raw.path}, our `{ours.name}` [{ours.unit}],"
    texts = _read_pattern(to_text(values), theirs)
    unknown = (texts.isna() | texts.isin(theirs.missing)).to_numpy()

    def where(i: int) -> str:
        return f"row {raw.row(int(rows[i]))}"

    if theirs.values:
        _check_choices(texts, unknown, tuple(theirs.values), label, where, faults)
        values = texts = texts.map(theirs.values)
    elif theirs.pattern:
        values = texts
    if ours.choices is not None:
        _check_choices(texts, unknown, ours.choices, label, where, faults)
    if ours.dtype == "string":
        return texts.astype(object).mask(unknown, None).tolist()
    if ours.dtype == "bool":
        return texts.astype(str).str.lower().isin(("true", "yes", "1")).to_numpy()
    numbers, is_text = to_numbers(values, decimal_comma=raw.decimal_comma)
    bad = is_text & ~unknown
    if bad.any():
        faults.add(f"{label} must be a number: {first_of(bad, where, texts)}.")
    numbers = np.where(unknown, np.nan, numbers) * theirs.times
    if theirs.unit is not None:
        numbers *= convert(1.0, theirs.unit, _BASE[ours.name])
    low = numbers <= 0.0 if ours.positive else numbers < (ours.minimum or 0.0)
    if ours.minimum is not None and low.any():
        faults.add(
            f"{label} must be {'>' if ours.positive else '>='} 0: {first_of(low, where, numbers)}. "
            f"Name values that mean unknown in `missing`."
        )
    if ours.dtype == "int64":
        return pd.array(np.round(numbers), "Float64").astype("Int64")
    return numbers


def _check_choices(
    texts: pd.Series,
    unknown: NDArray[np.bool_],
    valid: tuple[str, ...],
    label: str,
    where: Callable[[int], str],
    faults: Faults,
) -> None:
    strange = ~unknown & ~texts.isin(valid).to_numpy()
    if strange.any():
        found = listed(map(repr, sorted(set(texts[strange]))))
        faults.add(
            f"{label} must be one of {', '.join(valid)}: {found} found, in {int(strange.sum())} of "
            f"{len(texts)} rows, first in {where(int(strange.argmax()))}. Add it to `values`, or "
            f"to `missing`."
        )


def _read_pattern(texts: pd.Series, theirs: Theirs) -> pd.Series:
    if theirs.pattern is None:
        return texts
    pattern = re.compile(theirs.pattern)

    def take(text: str) -> str | None:
        match = pattern.search(text)
        return match.group(1) if match else text  # what does not match is shown as it is

    return texts.map(take, na_action="ignore").astype(object)


def _take_geometry(
    mapping: VolumeColumns,
    files: _Files,
    raw: RawTable,
    rows: NDArray[np.int64],
    options: ImportOptions,
    remarks: list[Remark],
    faults: Faults,
) -> tuple[NDArray[Any], CRS | None]:
    """Return the geometry of places: of the layer, of coordinates in columns, or none."""
    if files.geometry is not None:
        shapes = files.geometry[rows]
        kind = shapely.get_type_id(shapes)
        wrong = ~np.isin(kind, (_POINT, _LINE)) & ~shapely.is_missing(shapes)
        for i in np.flatnonzero(wrong):
            what = shapely.get_type_id(shapes[i])
            text = "it is of several parts" if what in (4, 5) else "it is no line and no point"
            remarks.append(Remark(raw.name, raw.row(int(rows[i])), "", text))
        if wrong.any():
            shapes = np.where(wrong, shapely.LineString(), shapes)  # left out, as without a course
        return shapes, files.crs
    axes: dict[str, NDArray[Any]] = {}
    for axis in ("x", "y"):
        theirs: Mapping[str, Theirs] = mapping.columns
        if axis not in theirs:
            continue
        texts = _read_pattern(to_text(raw.frame[theirs[axis].columns[0]].iloc[rows]), theirs[axis])
        axes[axis], is_text = to_numbers(texts, decimal_comma=raw.decimal_comma)
        for i in np.flatnonzero(is_text):
            text = f"coordinate {axis} must be a number: {texts.iloc[i]!r} found"
            remarks.append(Remark(raw.name, raw.row(int(rows[i])), "", text, taken=True))
        if is_text.all():
            faults.add(
                f"`{theirs[axis].columns[0]}` of {raw.path}, our `{axis}`, must be a number: "
                f"{texts.iloc[0]!r} found in the first of {len(texts)} rows, and no number in any. "
                f"Say with `pattern` which part of it is."
            )
    if len(axes) < 2:
        return np.full(len(rows), None, object), None
    known = ~np.isnan(axes["x"]) & ~np.isnan(axes["y"])
    shapes = np.full(len(rows), None, object)
    shapes[known] = shapely.points(axes["x"][known], axes["y"][known])
    named = parse_crs(mapping.crs, "`crs`")
    return shapes, named if options.crs is None and named is not None else need_crs(options, "x, y")
