"""
Result tables: checked against the schema, sorted by key, written the same way each time.

Parquet files carry the unit and the meaning of every column in the metadata of its field.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from transmod.columns import Columns, Text, encode_rows
from transmod.errors import CheckError, Faults, InputError
from transmod.exchange import from_frame, to_array
from transmod.inputs.checks import check_columns, check_key
from transmod.schema import Column, Table

if TYPE_CHECKING:
    import geopandas as gpd

ROW_GROUP_ROWS = 2**17
GEOPARQUET_VERSION = "1.1.0"
# columns of a key by which rows lie together: limits of others' text let no reader skip a row group
_CLUSTERED = 3

_TYPES = {
    "int8": pa.int8(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "string": pa.string(),
    "bool": pa.bool_(),
    "list<string>": pa.list_(pa.string()),
    "list<float32>": pa.list_(pa.float32()),
    "geometry": pa.binary(),
}


def write_table(
    frame: pd.DataFrame | Columns, table: Table, path: Path, *, metadata: Mapping[str, str]
) -> None:
    """
    Write a result table as Parquet: rows sorted by key, the same bytes for the same rows.

    Parameters
    ----------
    frame : pandas.DataFrame or Columns
        The rows, in any order, with the columns of `table` in any order; an index is not
        written. An optional column may be absent.
    table : schema.Table
        What the file must hold.
    path : Path
        File to write.
    metadata : mapping of str to str
        Facts about the whole file. `table`, `row` and `key` are added.

    Raises
    ------
    CheckError
        If the rows break the schema; the message lists every fault, and nothing is written.
    """
    _write_parquet(to_arrow(frame, table), path, metadata)


def write_geo_table(
    frame: gpd.GeoDataFrame, table: Table, path: Path, *, metadata: Mapping[str, str]
) -> None:
    """
    Write a result table with geometry as GeoParquet 1.1, otherwise as `write_table` does.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        As in `write_table`, with an active geometry column called `geometry` and a CRS.
    table, path, metadata
        As in `write_table`.

    Raises
    ------
    CheckError
        If the rows break the schema, or the frame has no CRS.

    Notes
    -----
    No covering column of bounding boxes is written: rows are sorted by key, not by place, so it
    would let no reader skip a row group.
    """
    if frame.crs is None:
        msg = f"`{table.name}.geometry` must have a CRS: it has none."
        raise CheckError(msg)
    kinds = sorted(set(frame.geometry.geom_type.dropna()))
    geo = {
        "version": GEOPARQUET_VERSION,
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": kinds,
                "crs": frame.crs.to_json_dict(),
                "edges": "planar",
            }
        },
    }
    if len(frame):
        geo["columns"]["geometry"]["bbox"] = [float(v) for v in frame.total_bounds]  # type: ignore[index]
    _write_parquet(to_arrow(frame, table), path, {**metadata, "geo": json.dumps(geo)})


def write_csv(frame: pd.DataFrame | Columns, table: Table, path: Path) -> None:
    """
    Write a result table as CSV: UTF-8, one header line, rows sorted by key.

    Floats are written with the digits that give the same float back; null is an empty field.

    Parameters
    ----------
    frame, table, path
        As in `write_table`.

    Raises
    ------
    CheckError
        If the rows break the schema; the message lists every fault, and nothing is written.
    """
    rows = to_arrow(frame, table)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.column_names)
    writer.writerows(zip(*(_to_texts(values) for values in rows.columns), strict=True))
    Path(path).write_bytes(text.getvalue().encode("utf-8"))


def to_arrow(frame: pd.DataFrame | Columns, table: Table) -> pa.Table:
    """
    Check rows against the schema and sort them by the key.

    Parameters
    ----------
    frame : pandas.DataFrame or Columns
        The rows, in any order, with the columns of `table` in any order.
    table : schema.Table
        What the rows must be.

    Returns
    -------
    pyarrow.Table
        Columns in the order of the schema; nulls of a key sort last.

    Raises
    ------
    CheckError
        If the rows break the schema; the message lists every fault.
    """
    faults = Faults()
    extra = [str(name) for name in frame if name not in table.names]
    if extra:
        faults.add(
            f"{table.name} must have no column outside its schema: found {', '.join(extra)}. "
            f"Valid are {', '.join(table.names)}."
        )
    check_columns(frame, table, table.name, faults)
    if faults:
        check_key(frame, table, table.name, faults)
        _raise_any(faults)
    present = [c for c in table.columns if c.name in frame]
    key = frame[[c for c in table.key if c in frame]]
    rank = encode_rows(key if isinstance(key, Columns) else from_frame(key))
    if (np.diff(rank) <= 0).any():
        order = np.argsort(rank, kind="stable")
        if (np.diff(rank[order]) == 0).any():
            check_key(frame, table, table.name, faults)
            _raise_any(faults)
        frame = frame[order] if isinstance(frame, Columns) else frame.iloc[order]
    arrays = {c.name: _to_array(frame[c.name], c) for c in present}
    schema = pa.schema(
        [
            pa.field(
                c.name,
                arrays[c.name].type,
                nullable=c.nullable,
                metadata={"unit": c.unit, "meaning": c.meaning},
            )
            for c in present
        ],
        metadata={"table": table.name, "row": table.row, "key": ",".join(table.key)},
    )
    return pa.Table.from_arrays([arrays[c.name] for c in present], schema=schema)


def _raise_any(faults: Faults) -> None:
    """Raise the faults of rows of our own making: they are not the user's."""
    try:
        faults.raise_any()
    except InputError as error:
        raise CheckError(str(error)) from None


def _to_array(values: pd.Series | Text | NDArray[Any], column: Column) -> pa.Array:
    if isinstance(values, Text):
        return _cast(to_array(_drop_idle(values)), column)
    if isinstance(values, np.ndarray):
        if column.dtype == "string":  # nothing but null stands in it
            return pa.nulls(values.size, pa.string())
        return to_array(values, column.dtype)
    if column.dtype == "geometry":
        import shapely

        wkb = shapely.to_wkb(values.to_numpy(), byte_order=1, flavor="iso")
        return pa.array(wkb, type=_TYPES["geometry"])
    array = pa.array(values, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if column.dtype == "list<float32>" and len(values):  # of one length, as the schema has it
        return array.cast(pa.list_(pa.float32(), len(values.iloc[0])))
    return _cast(array, column)


def _drop_idle(text: Text) -> Text:
    """Leave names out that stand in no row: no byte shall tell how rows were made."""
    stands = np.bincount(text.codes + 1, minlength=len(text.names) + 1)[1:] > 0  # after null
    if stands.all():
        return text
    code = np.append(np.cumsum(stands) - 1, -1)
    return Text(code[text.codes], [text.names[i] for i in np.flatnonzero(stands)])


def _cast(array: pa.Array, column: Column) -> pa.Array:
    kind = _TYPES[column.dtype]
    if not pa.types.is_dictionary(array.type):
        return array.cast(kind, safe=True)
    if not pa.types.is_string(kind):  # nothing but null stands in it
        return pa.nulls(len(array), kind)
    if array.type.value_type == kind:  # to ask for a cast would load a library for that alone
        return array
    return pa.DictionaryArray.from_arrays(array.indices, array.dictionary.cast(kind))


def _to_texts(values: pa.ChunkedArray) -> list[Any]:
    """Return what the CSV writer makes the text of each value from: itself, None for null."""
    if not pa.types.is_dictionary(values.type):
        return values.to_pylist()
    texts = []
    for chunk in values.chunks:
        names = chunk.dictionary.to_pylist()
        texts += [None if code is None else names[code] for code in chunk.indices.to_pylist()]
    return texts


def _write_parquet(rows: pa.Table, path: Path, metadata: Mapping[str, str]) -> None:
    facts = {**{k.decode(): v.decode() for k, v in rows.schema.metadata.items()}, **metadata}
    facts = dict(sorted(facts.items()))
    # text may be coded here, but readers shall get text: so they are given the schema of this
    plain = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in rows.schema
    ]
    schema = base64.b64encode(pa.schema(plain, metadata=facts).serialize()).decode()
    first = facts["key"].split(",")[:_CLUSTERED]
    # floats seldom repeat: a dictionary of them made files larger and took longer
    repeated = [f.name for f in plain if pa.types.is_string(f.type) or pa.types.is_integer(f.type)]
    skipped_by = [f.name for f in plain if pa.types.is_primitive(f.type) or f.name in first]
    with pq.ParquetWriter(
        path,
        rows.schema,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=3,
        use_dictionary=repeated,
        write_statistics=skipped_by,
        store_schema=False,
    ) as writer:
        writer.write_table(rows, row_group_size=ROW_GROUP_ROWS)
        writer.add_key_value_metadata({**facts, "ARROW:schema": schema})
