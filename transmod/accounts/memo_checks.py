"""The laws of memo maps: what they show is what the ledger has at points, and no more."""

from __future__ import annotations

import math

import pandas as pd

from transmod.accounts.checks import Check, check_equal
from transmod.schema import POLLUTANTS


def close_memo_map(
    ledger: pd.DataFrame, places: pd.DataFrame, cells: pd.DataFrame | None
) -> list[Check]:
    """
    Compare places, and their cells, with the ledger's rows of the same activities.

    Parameters
    ----------
    ledger : pandas.DataFrame
        `schema.LEDGER`.
    places : pandas.DataFrame
        `activity` and `<pollutant>_t` [t] of each place.
    cells : pandas.DataFrame or None
        `activity`, `cell_id` and `<pollutant>_t` [t]; cell -1 is no cell.

    Returns
    -------
    list of Check
        For each pollutant with a figure. Rows without one (`NE`) are on no map.
    """
    at_point = ledger[ledger["location"].eq("point")]
    own = at_point[at_point["activity"].isin(set(places["activity"]))]
    posted = {name: own.loc[own["pollutant"] == name, "mass_t"].dropna() for name in POLLUTANTS}
    checks = []
    for name, masses in posted.items():
        shown = places[f"{name}_t"].dropna()
        if not len(masses) and not shown.any():
            continue
        title = f"{name}_t of aircraft and ships at places"
        total = math.fsum(shown)
        checks.append(check_equal(f"{title}: ledger = memo map", math.fsum(masses), total))
        if cells is not None:
            in_cells = math.fsum(cells[f"{name}_t"].dropna())
            checks.append(check_equal(f"{title}: memo map = cells + no_cell", total, in_cells))
    return checks
