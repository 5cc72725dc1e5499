"""Check a table against the schema: presence, dtype, nulls, finite values, range, choices, keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import shapely

from transmod.errors import Faults, InputError
from transmod.schema import Column, Table

T = TypeVar("T")

_SHOWN = 5  # names or values listed in a fault before "and n more"


def check_table(
    frame: pd.DataFrame,
    table: Table,
    origin: str,
    faults: Faults,
    *,
    first_line: int | None = None,
) -> None:
    """
    Note in `faults` everything in which `frame` departs from `table`.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table as read; columns unknown to the schema are left alone.
    table : Table
        What must hold.
    origin : str
        Name of the file or table, for the sentences.
    faults : Faults
        Takes one sentence for each fault. Nothing is raised.
    first_line : int, optional
        Line of the file that holds the first row, to name lines in the sentences.

    Notes
    -----
    A missing number (NaN or null) is a fault unless the column is nullable; infinity always is. A
    whole-number column may hold floats only if it is nullable and every value is whole, as Arrow
    gives them. Lists are checked value by value; lists of numbers must have one length.
    """
    check_columns(frame, table, origin, faults, first_line=first_line)
    if frame.columns.is_unique:
        check_key(frame, table, origin, faults)


def check_columns(
    frame: pd.DataFrame,
    table: Table,
    origin: str,
    faults: Faults,
    *,
    first_line: int | None = None,
) -> None:
    """Note what is wrong with columns, as `check_table` does, but not whether a key is unique."""
    missing = [name for name in table.required if name not in frame.columns]
    if missing:
        have = ", ".join(map(str, frame.columns)) or "none"
        faults.add(
            f"{origin} must have the columns {', '.join(table.required)}: "
            f"{', '.join(missing)} not found, it has {have}."
        )
    twice = frame.columns[frame.columns.duplicated()].unique()
    if len(twice):
        faults.add(
            f"{origin} must have each column once: {', '.join(map(str, twice))} stand twice."
        )
        return
    where = _row_namer(frame, table, first_line)
    for column in table.columns:
        if column.name in frame.columns:
            label = f"`{column.name}` [{column.unit}] of {origin}"
            _check_column(frame[column.name], column, _Report(label, where, faults))


def add_missing_columns(frame: pd.DataFrame, table: Table) -> None:
    """Give `frame` the optional columns that it lacks, empty: what was not given is null."""
    for column in table.columns:
        if column.name not in frame.columns:
            frame[column.name] = np.nan if column.dtype == "float64" else None


def attempt(faults: Faults, read: Callable[..., T], *args: Any, **options: Any) -> T | None:
    """Call `read`; if its input is bad, note the faults and return None, to go on reading."""
    try:
        return read(*args, **options)
    except InputError as error:
        faults.take(error)
        return None


def first_of(bad: np.ndarray, where: Callable[[int], str], values: object = None) -> str:
    """
    Say how many rows are bad and where the first is: "2 of 9 are not, first at ...".

    Parameters
    ----------
    bad : ndarray of bool
        True where a row is at fault; at least one is.
    where : callable
        Names a row by its position.
    values : sequence, optional
        The values, to show the first bad one.
    """
    first = int(np.flatnonzero(bad)[0])
    shown = "" if values is None else f" (value {_show(_at(values, first))})"
    return f"{int(bad.sum())} of {len(bad)} are not, first at {where(first)}{shown}"


def listed(names: object) -> str:
    """Write the first few of `names` and how many more there are."""
    texts = [str(name) for name in names]  # type: ignore[attr-defined]
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more


def _at(values: object, position: int) -> object:
    return values.iloc[position] if isinstance(values, pd.Series) else values[position]  # type: ignore[index]


def _show(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def _row_namer(frame: pd.DataFrame, table: Table, first_line: int | None) -> Callable[[int], str]:
    key = [name for name in table.key if name in frame.columns]

    def where(position: int) -> str:
        line = "" if first_line is None else f"line {position + first_line}"
        if not key:
            return line or f"row {position + 1}"
        of_key = ", ".join(f"{name} {_show(frame[name].iloc[position])}" for name in key)
        return f"{line}: {of_key}" if line else of_key

    return where


@dataclass(frozen=True)
class _Report:
    """Where the faults of one column go, and how it and its rows are called."""

    label: str
    where: Callable[[int], str]
    faults: Faults

    def must(self, rule: str, found: str) -> None:
        """Note a fault of the column as a whole."""
        self.faults.add(f"{self.label} must {rule}: {found} found.")

    def must_all(self, rule: str, bad: np.ndarray, values: object = None) -> None:
        """Note a fault of the rows that are `bad`, if any is."""
        if bad.any():
            self.faults.add(f"{self.label} must {rule}: {first_of(bad, self.where, values)}.")


def _check_column(values: pd.Series, column: Column, report: _Report) -> None:
    null = values.isna().to_numpy(bool)
    if not column.nullable:
        report.must_all("be present", null, values)
    if null.all() and len(values):
        return  # a column of nulls has no dtype of its own
    if column.dtype == "geometry":
        _check_geometry(values, report)
    elif column.dtype.startswith("list<"):
        _check_lists(values, null, column, report)
    elif column.dtype == "string":
        _check_strings(values, null, column, report)
    elif column.dtype == "bool":
        if not pd.api.types.is_bool_dtype(values.dtype):
            report.must("be true or false", f"dtype {values.dtype}")
    else:
        _check_numbers(values, null, column, report)


def _check_geometry(values: pd.Series, report: _Report) -> None:
    if str(values.dtype) != "geometry":
        report.must("hold geometries", f"dtype {values.dtype}")
        return
    report.must_all("not be empty", shapely.is_empty(values.to_numpy()))


def _check_strings(values: pd.Series, null: np.ndarray, column: Column, report: _Report) -> None:
    names = values.cat.categories if isinstance(values.dtype, pd.CategoricalDtype) else values
    if pd.api.types.infer_dtype(names, skipna=True) not in ("string", "empty"):
        report.must("be text", f"dtype {values.dtype}")
    elif column.choices is not None and not set(names.dropna().unique()) <= {*column.choices}:
        bad = ~values.isin(column.choices).to_numpy() & ~null
        report.must_all(f"be one of {', '.join(column.choices)}", bad, values)


def _check_numbers(values: pd.Series, null: np.ndarray, column: Column, report: _Report) -> None:
    dtype = values.dtype
    is_number = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
    if not is_number or pd.api.types.is_complex_dtype(dtype):
        report.must("be a number", f"dtype {dtype}")
        return
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    if column.dtype.startswith("int") and not pd.api.types.is_integer_dtype(dtype):
        broken = ~null & (numbers != np.floor(numbers))
        if not column.nullable or broken.any():
            report.must("be a whole number", f"dtype {dtype}")
            return
    _check_range(numbers, null, column, report)


def _check_range(numbers: np.ndarray, null: np.ndarray, column: Column, report: _Report) -> None:
    infinite = np.isinf(numbers)
    report.must_all("be finite", infinite, numbers)
    low = np.zeros(len(numbers), bool)
    if column.minimum is not None:
        low = numbers <= column.minimum if column.positive else numbers < column.minimum
    high = numbers > column.maximum if column.maximum is not None else np.zeros_like(low)
    report.must_all(f"be {_range(column)}", (low | high) & ~null & ~infinite, numbers)


def _range(column: Column) -> str:
    parts = []
    if column.minimum is not None:
        parts.append(f"{'>' if column.positive else '>='} {column.minimum:.16g}")
    if column.maximum is not None:
        parts.append(f"<= {column.maximum:.16g}")
    return " and ".join(parts)


def _check_lists(values: pd.Series, null: np.ndarray, column: Column, report: _Report) -> None:
    """Check the lists of a column value by value."""
    values = values[~null]
    if not all(isinstance(value, list | tuple | np.ndarray) for value in values):
        report.must("hold lists", f"dtype {values.dtype}")
        return
    lengths = np.array([len(value) for value in values], np.int64)
    if not lengths.sum():
        return
    flat = np.concatenate([np.asarray(value) for value in values if len(value)])
    if column.dtype == "list<string>":
        if pd.api.types.infer_dtype(flat) != "string":
            report.must("hold lists of text", f"{flat.dtype}")
        return
    if len(set(lengths.tolist())) > 1:
        report.must("have lists of one length", f"{lengths.min()} to {lengths.max()}")
    if flat.dtype.kind not in "iuf":
        report.must("hold lists of numbers", f"{flat.dtype}")
        return
    row = np.repeat(np.flatnonzero(~null), lengths)
    rows = replace(report, where=lambda position: report.where(int(row[position])))
    numbers = flat.astype(np.float64)
    missing = np.isnan(numbers)
    rows.must_all("be present", missing, numbers)
    _check_range(numbers, missing, column, rows)


def check_key(frame: pd.DataFrame, table: Table, origin: str, faults: Faults) -> None:
    """Note how many rows have the key of another one, and where the first is."""
    key = [name for name in table.key if name in frame.columns]
    if not key or any(name in table.required for name in set(table.key) - set(key)):
        return
    twice = frame.duplicated(key).to_numpy()
    if twice.any():
        first = int(np.flatnonzero(twice)[0])
        shown = ", ".join(f"{name} {_show(frame[name].iloc[first])}" for name in key)
        faults.add(
            f"{origin} must have one row for each {', '.join(key)}: {int(twice.sum())} of "
            f"{len(frame)} rows stand twice, first {shown}."
        )
