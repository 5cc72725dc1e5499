"""
Names for positions, and back: text of large tables without a Python object for each row.

Such text is kept coded, as a pandas category whose names ascend: rows hold small integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

_LARGE = 2**62


def label(
    names: Sequence[str | None] | NDArray[np.object_], positions: NDArray[np.integer]
) -> pd.Series:
    """
    Return the name at each position.

    Parameters
    ----------
    names : sequence of str
        None stands for null; a name may stand more than once.
    positions : int (N,)
        Positions in `names`.

    Returns
    -------
    pandas.Series
        (N,) coded text.
    """
    return pd.Series(pd.Categorical(pd.array(names, dtype="str")).take(positions))


def relabel(column: pd.Series, chosen: NDArray[np.bool_], name: str | None) -> pd.Series:
    """Return text (N,), coded, with `name` in the chosen rows."""
    coded = column.astype("category").cat
    names = [*coded.categories, name, None]
    return label(names, np.where(chosen, len(names) - 2, coded.codes)).set_axis(column.index)


def stack(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put tables of the same columns under each other; coded text stays coded."""
    parts = list(frames)
    columns = {name: [part[name] for part in parts] for name in parts[0].columns}
    return pd.DataFrame(
        {
            name: union_categoricals(own, sort_categories=True)
            if all(isinstance(column.dtype, pd.CategoricalDtype) for column in own)
            else pd.concat(own, ignore_index=True)
            for name, own in columns.items()
        }
    )


def encode(column: pd.Series) -> tuple[NDArray[np.integer], int]:
    """
    Give each value of a column its number among the different ones, ascending.

    Parameters
    ----------
    column : pandas.Series
        (N,) numbers, truth values or text; coded text as it comes from here.

    Returns
    -------
    int (N,), int
        Number of each value, and how many numbers there are; the last of them is that of null.
    """
    coded = column.astype("category").cat
    null = len(coded.categories)
    codes = coded.codes.to_numpy()
    if codes.min(initial=0) < 0:
        codes = np.where(codes < 0, null, codes)
    return codes, null + 1


def encode_rows(table: pd.DataFrame) -> NDArray[np.int64]:
    """Return a number (N,) for each row: equal for equal rows, ascending with nulls last."""
    whole, size = np.zeros(len(table), np.int64), 1
    for name in table.columns:
        own, count = encode(table[name])
        if size * count > _LARGE:
            found, whole = np.unique(whole, return_inverse=True)
            size = found.size
        whole *= count
        whole += own
        size *= count
    return whole


def to_array(column: pd.Series) -> pa.Array:
    """Return a column as Arrow has it, in one piece; coded text is a dictionary array."""
    array = pa.array(column, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def group_rows(table: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first of each group of equal rows, and the group that each row (N,) is in."""
    group, _ = pd.factorize(encode_rows(table))  # numbered as they come
    return np.flatnonzero(np.diff(np.maximum.accumulate(group), prepend=-1)), group


def decode(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its coded text written out, for small tables that go on."""
    return table.astype(dict.fromkeys(table.select_dtypes("category"), "str"))


def to_dtype(column: pd.Series, dtype: str) -> pd.Series:
    """Return a column in a dtype of the schema, text coded."""
    wanted = pd.api.types.pandas_dtype(dtype)
    if not isinstance(wanted, pd.StringDtype):
        return column.astype(wanted)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column
    names = pd.Categorical(column.astype("str"))
    return pd.Series(names, index=column.index)
