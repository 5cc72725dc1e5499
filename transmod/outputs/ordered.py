"""CSV tables that people read from the top: totals first, runs in the order in which they stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.outputs.tables import to_arrow
from transmod.schema import ACCOUNTS, Table


def write_ordered_csv(frame: pd.DataFrame, table: Table, path: Path) -> None:
    """
    Write a result table as CSV: accounts as `schema.ACCOUNTS` has them, all else by key.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows; those of a `run` stand where its first one does.
    table : schema.Table
        What the rows must be; `account` is one of its key.
    path : Path
        File to write.

    Raises
    ------
    CheckError
        If the rows break the schema; nothing is written.
    """
    rows = to_arrow(frame, table).to_pandas(types_mapper=pd.ArrowDtype)
    places = [_place(rows[name].astype(object), frame, name) for name in table.key]
    rows = rows.iloc[np.lexsort(places[::-1])]
    Path(path).write_bytes(rows.to_csv(index=False, lineterminator="\n").encode("utf-8"))


def _place(values: pd.Series, frame: pd.DataFrame, name: str) -> NDArray[np.int64]:
    """Return where the rows stand by one column of the key; nulls last."""
    order = {"account": list(ACCOUNTS), "run": list(dict.fromkeys(frame.get(name, ())))}
    known = order.get(name) or sorted(set(values.dropna()))
    place = {value: i for i, value in enumerate(known)}
    return values.map(lambda value: place.get(value, len(known))).to_numpy(np.int64)
