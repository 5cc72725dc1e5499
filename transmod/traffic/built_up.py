"""
Decide which links lie in a built-up area, where no tag says so.

A link is built-up if its middle lies in an area of land use residential, commercial, industrial
or retail, or if there are at least `JUNCTIONS_PER_KM2` junctions within `RADIUS_M` of its middle.
Junctions join three or more sections that are not motorways. Land use is drawn in patches, and in
many extracts not at all, so either of the two suffices; both are guesses and marked as such.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

RADIUS_M = 500.0
# a judgement: a street every 200 m in both directions makes 25 crossings per km2
JUNCTIONS_PER_KM2 = 25.0


def find_junctions(
    from_node: NDArray[np.int64], to_node: NDArray[np.int64], counted: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """
    Return the ids of nodes where three or more streets meet, ascending.

    Parameters
    ----------
    from_node, to_node : (L,)
        Ends of directed links; the two directions of a street count once.
    counted : (L,)
        False for links that make no junction, as motorways.
    """
    low = np.minimum(from_node, to_node)[counted]
    high = np.maximum(from_node, to_node)[counted]
    streets = np.unique(np.column_stack((low, high)), axis=0)
    nodes, legs = np.unique(streets, return_counts=True)
    return nodes[legs >= 3]


def near_junctions(
    middles: NDArray[np.float64], junctions: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """
    Say which places have enough junctions around them.

    Parameters
    ----------
    middles : (L, 2)
        Places [m], in a projected CRS.
    junctions : (J, 2)
        Junctions [m].
    """
    if len(junctions) == 0 or len(middles) == 0:
        return np.zeros(len(middles), bool)
    least = JUNCTIONS_PER_KM2 * np.pi * (RADIUS_M / 1000.0) ** 2
    near = cKDTree(junctions).query_ball_point(middles, RADIUS_M, return_length=True)
    return np.asarray(near) >= least


def inside_areas(middles: NDArray[np.float64], areas: NDArray[Any]) -> NDArray[np.bool_]:
    """Say which places (L, 2) lie in one of `areas`; both in one CRS."""
    inside = np.zeros(len(middles), bool)
    if len(areas):
        hits = shapely.STRtree(areas).query(shapely.points(middles), predicate="intersects")
        inside[hits[0]] = True
    return inside
