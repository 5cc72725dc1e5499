"""The links near a line or a point, and what speaks against each besides distance and direction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from transmod.schema import ROAD_CLASSES
from transmod.traffic.matching import Near
from transmod.traffic.road_names import is_same_name

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

# Costs of a sample, in the measure of the match: 1 is what a distance of 1.4 spreads costs.
CLASS_STEP = 0.35  # for each step from motorway to service
CLASS_MOST = 1.75
RAMP = 1.0  # a ramp is one, and the other none
NAME_DIFFERS = 1.0
NAME_UNKNOWN = 0.3  # where some links near have a name and this one none
WAY_DIFFERS = 1.5


def find_near(
    shapes: NDArray[Any], tree: shapely.STRtree, reach_m: float
) -> tuple[Whole, Whole, Whole]:
    """
    Find the links within reach of P shapes.

    Returns
    -------
    start : int64 (P+1,)
        First pair of each shape.
    shape, link : int64 (Q,)
        The pairs, sorted.
    """
    shape, link = tree.query(shapes, predicate="dwithin", distance=reach_m)
    order = np.lexsort((link, shape))
    shape, link = shape[order].astype(np.int64), link[order].astype(np.int64)
    start = np.searchsorted(shape, np.arange(len(shapes) + 1)).astype(np.int64)
    return start, shape, link


def weigh_pairs(
    places: pd.DataFrame, links: pd.DataFrame, start: Whole, place: Whole, link: Whole
) -> Near:
    """
    Weigh what speaks against each pair: class, ramp, name, OpenStreetMap way.

    Parameters
    ----------
    places : DataFrame of P rows
        `road_class`, `is_ramp`, `name`, `osm_way_id`, null where unknown.
    links : DataFrame of L rows
        The same columns.
    start, place, link
        As `find_near` gives them.
    """
    cost = _class_cost(places["road_class"], links["road_class"], place, link)
    if places["is_ramp"].any():  # else the source does not tell ramps
        cost += RAMP * (
            places["is_ramp"].to_numpy(bool)[place] != links["is_ramp"].to_numpy(bool)[link]
        )
    cost += _name_cost(places["name"], links["name"], place, link)
    one = places["osm_way_id"].to_numpy(np.float64, na_value=np.nan)[place]
    other = links["osm_way_id"].to_numpy(np.float64, na_value=np.nan)[link]
    cost[~np.isnan(one) & ~np.isnan(other) & (one != other)] += WAY_DIFFERS
    return Near(start, link, cost)


def _class_cost(ours: pd.Series, theirs: pd.Series, place: Whole, link: Whole) -> Floats:
    rank = pd.Index(ROAD_CLASSES)
    one = rank.get_indexer(pd.Index(ours))[place]
    other = rank.get_indexer(pd.Index(theirs))[link]
    steps = np.where((one < 0) | (other < 0), 0, np.abs(one - other))
    return np.minimum(CLASS_STEP * steps, CLASS_MOST)


def _name_cost(ours: pd.Series, theirs: pd.Series, place: Whole, link: Whole) -> Floats:
    cost = np.zeros(len(place))
    one, names = pd.factorize(ours)
    other, their_names = pd.factorize(theirs)
    known = np.flatnonzero(one[place] >= 0)
    if not len(known):
        return cost
    pairs = np.column_stack((one[place[known]], other[link[known]]))
    unique, number = np.unique(pairs, axis=0, return_inverse=True)
    each = [
        NAME_UNKNOWN if b < 0 else 0.0 if is_same_name(names[a], their_names[b]) else NAME_DIFFERS
        for a, b in unique.tolist()
    ]
    cost[known] = np.array(each)[number.ravel()]
    return cost
