"""Road types: in which of the published driving situations a link is at an hour."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.inputs.checks import listed
from transmod.inputs.tables import read_shipped_table
from transmod.schema import ROAD_CLASSES, ROAD_TYPES
from transmod.traffic.calendar import HOURS_PER_DAY, Calendar

N_KINDS = 2 * len(ROAD_CLASSES)

# An assumption: the guidebook names a peak, but not its hours.
PEAK_HOURS = (7, 8, 17, 18)


def road_type_kind(links: pd.DataFrame) -> NDArray[np.int8]:
    """
    Return the kind of each link: what its road type depends on, apart from the hour.

    Parameters
    ----------
    links : DataFrame
        `road_class` and `is_urban` of L links.

    Returns
    -------
    int8 (L,)
        Row of `road_type_table`: 2 x position in `schema.ROAD_CLASSES` + is_urban.

    Raises
    ------
    InputError
        If a road class is unknown.
    """
    index = pd.Index(ROAD_CLASSES).get_indexer(pd.Index(links["road_class"]))
    if (index < 0).any():
        unknown = sorted(set(links["road_class"][index < 0].astype(str)))
        msg = (
            f"`road_class` of links must be one of {', '.join(ROAD_CLASSES)}: "
            f"{(index < 0).sum():,} of {index.size:,} are not ({listed(unknown)})."
        )
        raise InputError(msg)
    return (2 * index + links["is_urban"].to_numpy(bool)).astype(np.int8)


def road_type_table(
    calendar: Calendar, peak_hours: Collection[int] | None = None
) -> NDArray[np.int8]:
    """
    Return the road type of each kind of link in each slot of a calendar.

    Parameters
    ----------
    calendar : Calendar
        T slots.
    peak_hours : collection of int, optional
        Hours [h, h+1) of a working day that are peak; default 7, 8, 17, 18.

    Returns
    -------
    int8 (kinds, T)
        Position in `schema.ROAD_TYPES`: that of link i in slot t is
        ``road_type_table(calendar)[road_type_kind(links)[i], t]``.

    Raises
    ------
    InputError
        If a peak hour is not 0 to 23.

    Notes
    -----
    A slot is of working days if more than half of its hours are on Mondays to Fridays without
    holidays, so a slot for every day of the week is.
    """
    hours = PEAK_HOURS if peak_hours is None else tuple(peak_hours)
    wrong = [hour for hour in hours if not 0 <= hour < HOURS_PER_DAY]
    if wrong:
        msg = f"peak_hours must be 0 to 23: {listed(wrong)} found."
        raise InputError(msg)
    is_working = calendar.mean_in_slots(calendar.civil.is_working_day.astype(np.float64)) > 0.5
    is_peak = is_working & np.isin(calendar.hour, hours)
    rules = read_shipped_table("traffic", "road_types")
    by_peak = np.full((N_KINDS, 2), -1, dtype=np.int8)
    kind = road_type_kind(rules)
    road_type = pd.Index(ROAD_TYPES).get_indexer(pd.Index(rules["road_type"]))
    by_peak[kind, rules["is_peak"].astype(int)] = road_type
    return by_peak[:, is_peak.astype(int)]
