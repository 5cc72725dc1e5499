"""Attribution: how each activity came to its districts, and what could not be attributed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from transmod.columns import Columns
from transmod.inputs.tables import read_shipped_rows
from transmod.schema import LEDGER_ACTIVITIES, LOCATIONS, POLLUTANTS


def list_attribution(ledger: Columns) -> list[dict[str, Any]]:
    """
    Say of each activity of a run how it was attributed to districts.

    Parameters
    ----------
    ledger : Columns
        `schema.LEDGER`.

    Returns
    -------
    list of dict
        For each activity and location that occurs, in the order of the schema: `activity`,
        `location`, `how` in words, `share` of the activity's mass [-] of the pollutant `of`: CO2,
        or the first that it has. The shares of an activity sum to 1. Null where none is estimated.
    """
    words = read_shipped_rows("accounts", "attribution")
    present = ledger["activity"].unique()
    out = []
    for activity in [name for name in LEDGER_ACTIVITIES if name in present]:
        rows = ledger[["location", "pollutant", "mass_t"]][ledger["activity"] == activity]
        here = [place for place in LOCATIONS if place in rows["location"].unique()]
        of, mass = _measure(rows[~np.isnan(rows["mass_t"])], here)
        whole = math.fsum(mass.values())
        out += [
            {
                "activity": activity,
                "location": place,
                "how": _say(words, activity, place),
                "share": mass[place] / whole if whole != 0.0 else None,
                "of": of,
            }
            for place in here
        ]
    return out


def _measure(rows: Columns, places: Sequence[str]) -> tuple[str | None, dict[str, float]]:
    """
    Return the pollutant that stands for an activity, and its mass [t] in each place.

    It is the first of the schema with a mass.
    """
    for name in POLLUTANTS:
        own = rows[rows["pollutant"] == name]
        mass = {place: math.fsum(own["mass_t"][own["location"] == place]) for place in places}
        if any(mass.values()):
            return name, mass
    return None, dict.fromkeys(places, 0.0)


def _say(words: Sequence[Mapping[str, str | None]], activity: str, location: str) -> str | None:
    return next(
        row["how"]
        for row in words
        if row["location"] == location and fnmatchcase(activity, str(row["activity"]))
    )
