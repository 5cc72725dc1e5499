"""Names for positions, and back: text of large tables without a Python object for each row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

_LARGE = 2**31


def label(
    names: Sequence[str | None] | NDArray[np.object_], positions: NDArray[np.integer]
) -> pd.Series:
    """
    Return the name at each position.

    Parameters
    ----------
    names : sequence of str
        None stands for null.
    positions : int (N,)
        Positions in `names`.

    Returns
    -------
    pandas.Series
        (N,) text, in the dtype that pandas gives text.
    """
    coded = pa.DictionaryArray.from_arrays(
        pa.array(positions.astype(np.int32)), pa.array(list(names), pa.string())
    )
    return coded.cast(pa.string()).to_pandas()


def encode(column: pd.Series) -> NDArray[np.int64]:
    """
    Return the place of each value among the different ones, ascending; -1 where null.

    Parameters
    ----------
    column : pandas.Series
        (N,) text, numbers or truth values.
    """
    code, names = pd.factorize(column)
    rank = np.empty(len(names) + 1, np.int64)
    rank[np.argsort(np.asarray(names), kind="stable")] = np.arange(len(names))
    rank[-1] = -1  # of nulls, whose code is -1
    return rank[code]


def encode_rows(table: pd.DataFrame) -> NDArray[np.int64]:
    """Return a number (N,) for each row: equal for equal rows, ascending as the columns say."""
    whole = np.zeros(len(table), np.int64)
    for name in table.columns:
        own = encode(table[name]) + 1
        whole = whole * (own.max(initial=0) + 1) + own
        # numbers stay small, so that the next column fits
        if whole.max(initial=0) > _LARGE:
            whole = np.unique(whole, return_inverse=True)[1]
    return whole


def to_dtype(column: pd.Series, dtype: str) -> pd.Series:
    """Return a column in a dtype of the schema; text by way of Arrow, not of Python objects."""
    wanted = pd.api.types.pandas_dtype(dtype)
    if column.dtype == wanted or not isinstance(wanted, pd.StringDtype):
        return column.astype(wanted)
    text = pa.array(column, pa.string(), from_pandas=True)
    found: pd.Series = text.to_pandas(types_mapper=lambda _: wanted)
    return found.set_axis(column.index)
