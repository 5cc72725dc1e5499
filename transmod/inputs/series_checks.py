"""Check a column of a DataFrame against the schema: text, numbers, lists, geometry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import shapely

from transmod.inputs.checks import Report, check_range
from transmod.schema import Column


def check_series(values: pd.Series, column: Column, report: Report) -> None:
    """Note what is wrong with a column of a DataFrame."""
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


def _check_geometry(values: pd.Series, report: Report) -> None:
    if str(values.dtype) != "geometry":
        report.must("hold geometries", f"dtype {values.dtype}")
        return
    report.must_all("not be empty", shapely.is_empty(values.to_numpy()))


def _check_strings(values: pd.Series, null: np.ndarray, column: Column, report: Report) -> None:
    names = values.cat.categories if isinstance(values.dtype, pd.CategoricalDtype) else values
    if pd.api.types.infer_dtype(names, skipna=True) not in ("string", "empty"):
        report.must("be text", f"dtype {values.dtype}")
    elif column.choices is not None and not set(names.dropna().unique()) <= {*column.choices}:
        bad = ~values.isin(column.choices).to_numpy() & ~null
        report.must_all(f"be one of {', '.join(column.choices)}", bad, values)


def _check_numbers(values: pd.Series, null: np.ndarray, column: Column, report: Report) -> None:
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
    check_range(numbers, null, column, report)


def _check_lists(values: pd.Series, null: np.ndarray, column: Column, report: Report) -> None:
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
    check_range(numbers, missing, column, rows)
