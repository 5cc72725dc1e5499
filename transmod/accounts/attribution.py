"""Attribution: how each activity came to its districts, and what could not be attributed."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd

from transmod.inputs.tables import read_shipped_table
from transmod.schema import LEDGER_ACTIVITIES, LOCATIONS, POLLUTANTS


def list_attribution(ledger: pd.DataFrame) -> list[dict[str, Any]]:
    """
    Say of each activity of a run how it was attributed to districts.

    Parameters
    ----------
    ledger : pandas.DataFrame
        `schema.LEDGER`.

    Returns
    -------
    list of dict
        For each activity and location that occurs, in the order of the schema: `activity`,
        `location`, `how` in words, `share` of the activity's mass [-] of the pollutant `of`: CO2,
        or the first that it has. The shares of an activity sum to 1. Null where none is estimated.
    """
    words = read_shipped_table("accounts", "attribution").to_dict("records")
    found = ledger[["activity", "location"]].drop_duplicates()
    places = {tuple(pair) for pair in found.astype(str).to_numpy()}
    rows = ledger[["activity", "location", "pollutant", "mass_t"]].dropna(subset=["mass_t"])
    sums = rows.groupby(["activity", "location", "pollutant"], observed=True)["mass_t"].sum()
    out = []
    for activity in LEDGER_ACTIVITIES:
        here = [location for location in LOCATIONS if (activity, location) in places]
        of = _measure(sums, activity, here)
        mass = {
            place: 0.0 if of is None else sums.get((activity, place, of), 0.0) for place in here
        }
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


def _measure(sums: pd.Series, activity: str, places: list[str]) -> str | None:
    """Return the pollutant that stands for an activity: the first of the schema with a mass."""
    for name in POLLUTANTS:
        if any(sums.get((activity, place, name), 0.0) != 0.0 for place in places):
            return name
    return None


def _say(words: Sequence[Mapping[Hashable, str]], activity: str, location: str) -> str:
    return next(
        row["how"]
        for row in words
        if row["location"] == location and fnmatchcase(activity, row["activity"])
    )
