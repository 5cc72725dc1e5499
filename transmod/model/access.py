"""
Access: which vehicle types a zone bans, and which fleet drives in it then.

Symbols and shapes as in `model.fleet`: C streams, J vehicle types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def find_banned(
    types: Sequence[str], table: pd.DataFrame, banned: Mapping[str, Sequence[str] | None]
) -> Bools:
    """
    Return which types (J,) are banned.

    Parameters
    ----------
    types : sequence of str
        Vehicle types of a fleet.
    table : pandas.DataFrame
        `types.csv` of the set.
    banned : mapping of str to sequence of str
        Column of it to values; a type is banned that has one of each column given.
    """
    rows = table.set_index("vehicle_type", drop=False).loc[list(types)]
    chosen = np.ones(len(types), bool)
    for column, values in banned.items():
        if values is not None:
            chosen &= rows[column].isin(list(values)).to_numpy()
    return chosen


def remove_types(share: Floats, banned: Bools, part: Floats) -> Floats:
    """
    Return the shares (C, J) of what still drives when banned kilometres go.

    Parameters
    ----------
    share : float64 (C, J)
        Before; each row sums to 1.
    banned : bool (J,)
        Types that are banned.
    part : float64 (C,)
        Share of their kilometres that goes [-].

    Notes
    -----
    Of a stream that loses all of its kilometres the shares mean nothing and stay.
    """
    left = share * np.where(banned, 1.0 - part[:, None], 1.0)
    total = left.sum(axis=1, keepdims=True)
    return np.where(total > 0.0, left / np.where(total > 0.0, total, 1.0), share)


def replace_types(share: Floats, banned: Bools, part: Floats) -> Floats:
    """
    Return the shares (C, J) when types that may drive take banned kilometres, as they drive now.

    Parameters
    ----------
    share, banned, part
        As in `remove_types`. Where some kilometres are to be taken, a type must be left.
    """
    gone = (share * banned).sum(axis=1, keepdims=True)
    stay = 1.0 - gone
    growth = np.divide(part[:, None] * gone, stay, out=np.zeros_like(gone), where=stay > 0.0)
    changed = share * np.where(banned, 1.0 - part[:, None], 1.0 + growth)
    return np.where((gone > 0.0) & (stay > 0.0), changed, share)
