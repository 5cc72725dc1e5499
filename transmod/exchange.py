"""Exchange: columns from and to pandas and Arrow, without a copy where that is possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from transmod.columns import Booleans, Column, Columns, Text, label

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_NULL = -1


def from_frame(frame: pd.DataFrame) -> Columns:
    """Take a table over from pandas: text is coded, a missing number NaN."""
    return Columns({str(name): _from_series(frame[name]) for name in frame.columns})


def from_arrow(table: pa.Table) -> Columns:
    """Take a table over from Arrow: text is coded, a missing number NaN."""
    return Columns({name: _from_array(table[name]) for name in table.column_names})


def to_array(column: Column, dtype: str | None = None) -> pa.Array:
    """
    Return a column as Arrow has it, text as a dictionary array; NaN becomes null.

    `dtype` is that of numbers, where it shall be another: whole numbers with nulls are floats here.
    """
    import pyarrow as pa

    if not isinstance(column, Text):
        null = np.isnan(column) if column.dtype.kind == "f" else None
        if dtype is not None and column.dtype != dtype:
            column = (column if null is None else np.where(null, 0.0, column)).astype(dtype)
        return _wrap(column, null)
    small = np.int8 if len(column.names) < 2**7 else np.int32  # takes less time to write
    codes = _wrap(column.codes.astype(small, copy=False), column.isna())
    ends = np.cumsum([0, *(len(name.encode()) for name in column.names)], dtype=np.int32)
    text = pa.py_buffer("".join(column.names).encode())
    names = pa.StringArray.from_buffers(len(column.names), pa.py_buffer(ends), text)
    return pa.DictionaryArray.from_arrays(codes, names)


def _from_series(series: pd.Series) -> Column:
    import pandas as pd

    if isinstance(series.dtype, pd.CategoricalDtype):
        return label([*series.cat.categories, None], series.cat.codes.to_numpy())
    if pd.api.types.is_bool_dtype(series.dtype):
        return series.to_numpy(bool)
    if pd.api.types.is_integer_dtype(series.dtype) and not series.hasnans:
        return series.to_numpy(series.dtype.name.lower())
    if pd.api.types.is_numeric_dtype(series.dtype):
        return series.to_numpy(np.float64, na_value=np.nan)
    codes, names = pd.factorize(series)
    return label([*map(str, names), None], codes)


def _from_array(array: pa.ChunkedArray) -> Column:
    import pyarrow as pa

    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if isinstance(whole, pa.ChunkedArray):  # of several chunks of dictionaries
        whole = whole.unify_dictionaries().combine_chunks()
    if pa.types.is_string(whole.type) or pa.types.is_large_string(whole.type):
        whole = whole.dictionary_encode()
    if not pa.types.is_dictionary(whole.type):
        return _unwrap(whole, np.nan)
    return label([*whole.dictionary.to_pylist(), None], _unwrap(whole.indices, _NULL))


def _wrap(values: NDArray[Any], null: Booleans | None) -> pa.Array:
    """Return numbers or truth values as Arrow has them; `pa.array` would load pandas."""
    import pyarrow as pa

    is_bool = values.dtype == bool
    data = np.packbits(values, bitorder="little") if is_bool else np.ascontiguousarray(values)
    valid = None
    if null is not None and null.any():
        valid = pa.py_buffer(np.packbits(~null, bitorder="little"))
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, values.size, [valid, pa.py_buffer(data)])


def _unwrap(array: pa.Array, null: float) -> NDArray[Any]:
    """Return the numbers or truth values of Arrow; its `to_numpy` would load pandas."""
    import pyarrow as pa

    def read(part: pa.Array) -> NDArray[Any]:
        rows = slice(part.offset, part.offset + len(part))
        data = part.buffers()[1] if len(part) else b""
        if pa.types.is_boolean(part.type):
            return np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[rows] != 0
        return np.frombuffer(data, part.type.to_pandas_dtype())[rows]

    values = read(array)
    if not array.null_count:
        return values
    rows = slice(array.offset, array.offset + len(array))
    valid = np.unpackbits(np.frombuffer(array.buffers()[0], np.uint8), bitorder="little")[rows]
    return np.where(valid, values, null)
