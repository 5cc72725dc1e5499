"""Names for positions: text columns of large tables without a Python object for each row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray


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
