"""Read tables: Parquet, CSV, and the small cited tables that transmod ships."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from transmod.columns import Columns, Text, to_text
from transmod.errors import Faults, InputError
from transmod.inputs.files import check_file
from transmod.schema import Column, Table

_PACKAGE = Path(__file__).parent.parent
_TRUE = ("true", "yes", "1")
_FALSE = ("false", "no", "0")
_TRUTH = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}


def read_shipped_table(room: str, name: str) -> pd.DataFrame:
    """
    Read the small cited table `name` of a room: `transmod/<room>/tables/<name>.csv`.

    An empty field is null; every other text, "NA" and "none" too, is itself.
    """
    path = _PACKAGE / room / "tables" / f"{name}.csv"
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def read_shipped_rows(room: str, name: str) -> list[dict[str, str | None]]:
    """Read the table of `read_shipped_table` as records of text, without pandas."""
    path = _PACKAGE / room / "tables" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, strict=True)
        return [{field: value or None for field, value in row.items()} for row in rows]


def read_rated_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """
    Read all CSV files in `folder` and below whose rows say how they were checked, as text.

    Returns
    -------
    dict of str to DataFrame
        By path within the folder.

    Raises
    ------
    InputError
        If a file is not UTF-8 or ragged.
    """
    folder = Path(folder)
    tables = {
        path.relative_to(folder).as_posix(): read_csv(path)
        for path in sorted(folder.rglob("*.csv"))
    }
    return {name: table for name, table in tables.items() if "verification" in table.columns}


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """
    Read a Parquet file; whole numbers with nulls stay whole (`Int64`).

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str, optional
        Read only these. Default: all.

    Raises
    ------
    InputError
        If the file is missing, truncated or not Parquet, or lacks one of `columns`.
    """
    path = Path(path)
    check_file(path)
    try:
        names = pq.read_schema(path).names
        missing = [name for name in columns or () if name not in names]
        if missing:
            raise InputError(
                f"{path} must have the columns {', '.join(columns or ())}: {', '.join(missing)} "
                f"not found, it has {', '.join(names)}."
            )
        table = pq.read_table(path, columns=None if columns is None else list(columns))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} must be a whole Parquet file: {_first_line(error)}.") from error
    return to_frame(table)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Turn an Arrow table into a DataFrame in which whole numbers with nulls are `Int64`."""
    frame = table.to_pandas(ignore_metadata=True)
    for field, values in zip(table.schema, table.columns, strict=True):
        if pa.types.is_integer(field.type) and values.null_count:
            frame[field.name] = values.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return frame


def read_csv(path: Path, table: Table | None = None, faults: Faults | None = None) -> pd.DataFrame:
    """
    Read a CSV file strictly: UTF-8, a header of different names, rows of one length.

    Parameters
    ----------
    path : Path
        The file.
    table : Table, optional
        Its numbers and booleans are parsed as the schema says; columns that the schema does not
        know stay text. Without it, every column is text.
    faults : Faults, optional
        Takes a sentence for each column with text where a number must stand; such values become
        null. Without it, they are raised.

    Returns
    -------
    pandas.DataFrame
        An empty field is null; "NA", "NO" and "nan" as text are themselves.

    Raises
    ------
    InputError
        If the file is missing, empty, not UTF-8 or ragged.
    """
    path = Path(path)
    check_file(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
        _check_header(header, path)
        frame = pd.read_csv(
            path, encoding="utf-8-sig", dtype=str, keep_default_na=False, na_values=[""],
            index_col=False, on_bad_lines="error",
        )  # fmt: skip
    except UnicodeDecodeError as error:
        raise InputError(f"{path} must be UTF-8 text: byte {error.start} is not.") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pd.errors.ParserWarning) as error:
        raise InputError(f"{path} must be a CSV file: {_first_line(error)}.") from error
    if table is None:
        return frame
    found = Faults() if faults is None else faults
    for column in table.columns:
        if column.name in frame.columns:
            frame[column.name] = _parse(frame[column.name], column, path, found)
    if faults is None:
        found.raise_any()
    return frame


def _check_header(header: list[str], path: Path) -> None:
    if not any(header):
        raise InputError(f"{path} must be a CSV file with a header: its first line is empty.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InputError(f"{path} must name each column once: {', '.join(twice)} stand twice.")


def _parse(texts: pd.Series, column: Column, path: Path, faults: Faults) -> pd.Series:
    """Parse one column of text as the schema says."""
    if not column.dtype.startswith(("bool", "int", "float")):
        return texts
    stripped = texts.str.strip()
    values: pd.Series
    if column.dtype == "bool":
        values = stripped.str.lower().map(_TRUTH)
        bad = values.isna() & texts.notna()
        values = values.astype(bool if values.notna().all() else "boolean")
    else:
        values = pd.to_numeric(stripped, errors="coerce")
        bad = values.isna() & texts.notna() & (stripped.str.lower() != "nan")
        if column.dtype.startswith("int"):
            broken = values.notna() & (values != np.floor(values))
            bad |= broken
            values = values.mask(broken)
            values = values.astype("int64" if values.notna().all() else "Int64")
        else:
            values = values.astype("float64")
    _note_unread(bad.to_numpy(bool), texts.iloc, column, path, faults)
    return values


def read_columns(path: Path, table: Table, faults: Faults) -> Columns:
    """
    Read a small CSV file as `read_csv` does, without pandas.

    Parameters
    ----------
    path, table, faults
        As in `read_csv`.

    Raises
    ------
    InputError
        If the file is missing, empty, not UTF-8 or ragged.
    """
    path = Path(path)
    check_file(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = [row for row in csv.reader(file, strict=True) if row] or [[]]
    except UnicodeDecodeError as error:
        raise InputError(f"{path} must be UTF-8 text: byte {error.start} is not.") from error
    except csv.Error as error:
        raise InputError(f"{path} must be a CSV file: {_first_line(error)}.") from error
    _check_header(header, path)
    longest = max(map(len, rows), default=0)
    if longest > len(header):
        raise InputError(
            f"{path} must be a CSV file: its header has {len(header)} fields, a row {longest}."
        )
    texts: dict[str, list[str | None]] = {
        name: [row[i] or None if i < len(row) else None for row in rows]
        for i, name in enumerate(header)
    }
    of_schema = {column.name: column for column in table.columns}
    return Columns(
        {
            name: _parse_few(own, of_schema[name], path, faults)
            if name in of_schema
            else to_text(own)
            for name, own in texts.items()
        }
    )


def _parse_few(
    texts: list[str | None], column: Column, path: Path, faults: Faults
) -> Text | NDArray[Any]:
    """Parse a column as `_parse` does, text by text."""
    if not column.dtype.startswith(("bool", "int", "float")):
        return to_text(texts)
    given = ["nan" if text is None else text.strip().lower() for text in texts]
    if column.dtype == "bool":
        truth = [_TRUTH.get(text) for text in given]
        null = np.array([value is None for value in truth], bool)
        values = np.array(truth, object if null.any() else bool)
        bad = null & np.array([text is not None for text in texts], bool)
    else:
        values = np.array([_to_number(text) for text in given], np.float64)
        bad = np.isnan(values) & np.array([text != "nan" for text in given], bool)
        if column.dtype.startswith("int"):
            broken = np.isinf(values) | ~np.isnan(values) & (values != np.floor(values))
            bad |= broken
            values[broken] = np.nan
            if not np.isnan(values).any():
                values = values.astype(np.int64)
    _note_unread(bad, texts, column, path, faults)
    return values


def _to_number(text: str) -> float:
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def _note_unread(
    bad: NDArray[np.bool_], texts: Any, column: Column, path: Path, faults: Faults
) -> None:
    """Note texts that are not what their column holds, if any is."""
    if not bad.any():
        return
    kind = f"one of {', '.join(_TRUE + _FALSE)}"
    if column.dtype != "bool":
        kind = "a whole number" if column.dtype.startswith("int") else "a number"
    first = int(np.flatnonzero(bad)[0])
    faults.add(
        f"`{column.name}` [{column.unit}] of {path} must be {kind}: {int(bad.sum())} of "
        f"{len(bad)} are not, first in row {first + 1} (value {texts[first]!r})."
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
