"""Check a table against the schema: presence, dtype, nulls, finite values, range, choices, keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.columns import Columns, Text, group_rows
from transmod.errors import Faults, InputError
from transmod.schema import Column, Table

T = TypeVar("T")

_SHOWN = 5  # names or values listed in a fault before "and n more"


def check_table(
    frame: pd.DataFrame | Columns,
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
    frame : pandas.DataFrame or Columns
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
    gives them; in `Columns` NaN is the null of all numbers. Lists are checked value by value; lists
    of numbers must have one length.
    """
    check_columns(frame, table, origin, faults, first_line=first_line)
    if not _find_twice(frame):
        check_key(frame, table, origin, faults)


def check_columns(
    frame: pd.DataFrame | Columns,
    table: Table,
    origin: str,
    faults: Faults,
    *,
    first_line: int | None = None,
) -> None:
    """Note what is wrong with columns, as `check_table` does, but not whether a key is unique."""
    missing = [name for name in table.required if name not in frame]
    if missing:
        have = ", ".join(map(str, frame)) or "none"
        faults.add(
            f"{origin} must have the columns {', '.join(table.required)}: "
            f"{', '.join(missing)} not found, it has {have}."
        )
    twice = _find_twice(frame)
    if twice:
        faults.add(f"{origin} must have each column once: {', '.join(twice)} stand twice.")
        return
    check: Callable[[Any, Column, Report], None] = _check_coded
    if not isinstance(frame, Columns):
        from transmod.inputs.series_checks import check_series as check
    where = _row_namer(frame, table, first_line)
    for column in table.columns:
        if column.name in frame:
            label = f"`{column.name}` [{column.unit}] of {origin}"
            check(frame[column.name], column, Report(label, where, faults))


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


def _find_twice(frame: pd.DataFrame | Columns) -> list[str]:
    """Return the names that more than one column has."""
    return [str(name) for name, columns in Counter(frame).items() if columns > 1]


def _at(values: Any, position: int) -> object:
    if isinstance(values, Text):
        code = values.codes[position]
        return values.names[code] if code >= 0 else np.nan
    return getattr(values, "iloc", values)[position]  # a Series counts by its index


def _show(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def _row_namer(
    frame: pd.DataFrame | Columns, table: Table, first_line: int | None
) -> Callable[[int], str]:
    key = [name for name in table.key if name in frame]

    def where(position: int) -> str:
        line = "" if first_line is None else f"line {position + first_line}"
        if not key:
            return line or f"row {position + 1}"
        of_key = ", ".join(f"{name} {_show(_at(frame[name], position))}" for name in key)
        return f"{line}: {of_key}" if line else of_key

    return where


@dataclass(frozen=True)
class Report:
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


def _check_coded(values: Text | NDArray[Any], column: Column, report: Report) -> None:
    """Check a column of `Columns`; its NaN is null, in whole numbers too."""
    null = _find_nulls(values)
    if not column.nullable:
        report.must_all("be present", null, values)
    if null.all() and len(values):
        return  # a column of nulls has no dtype of its own
    kind = "str" if isinstance(values, Text) else values.dtype
    if column.dtype == "string":
        if isinstance(values, Text):
            _check_names(values, column, report)
        else:
            report.must("be text", f"dtype {kind}")
    elif column.dtype == "bool":
        if isinstance(values, Text) or values.dtype.kind not in "bO":
            report.must("be true or false", f"dtype {kind}")
    elif isinstance(values, Text) or values.dtype.kind not in "iuf":
        report.must("be a number", f"dtype {kind}")
    else:
        numbers = values.astype(np.float64, copy=False)
        if column.dtype.startswith("int") and values.dtype.kind == "f":
            is_whole = not (~null & (numbers != np.floor(numbers))).any()
            if not is_whole or not (column.nullable or null.any()):
                report.must("be a whole number", f"dtype {kind}")
                return
        check_range(numbers, null, column, report)


def _find_nulls(values: Text | NDArray[Any]) -> NDArray[np.bool_]:
    if isinstance(values, Text):
        return values.isna()
    if values.dtype == object:  # truth values of which some are not given
        return np.array([value is None for value in values.tolist()], bool)
    return np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.size, bool)


def _check_names(values: Text, column: Column, report: Report) -> None:
    choices = set(values.names) if column.choices is None else {*column.choices}
    if not set(values.names) <= choices:
        bad = ~values.isin(choices) & values.notna()
        report.must_all(f"be one of {', '.join(column.choices or ())}", bad, values)


def check_range(numbers: np.ndarray, null: np.ndarray, column: Column, report: Report) -> None:
    """Note which numbers (N,) are infinite or outside the range of their column."""
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


def check_key(frame: pd.DataFrame | Columns, table: Table, origin: str, faults: Faults) -> None:
    """Note how many rows have the key of another one, and where the first is."""
    key = [name for name in table.key if name in frame]
    if not key or any(name in table.required for name in set(table.key) - set(key)):
        return
    if isinstance(frame, Columns):
        twice = np.ones(len(frame), bool)
        twice[group_rows(frame[key])[0]] = False
    else:
        twice = frame.duplicated(key).to_numpy()
    if twice.any():
        first = int(np.flatnonzero(twice)[0])
        shown = ", ".join(f"{name} {_show(_at(frame[name], first))}" for name in key)
        faults.add(
            f"{origin} must have one row for each {', '.join(key)}: {int(twice.sum())} of "
            f"{len(frame)} rows stand twice, first {shown}."
        )
