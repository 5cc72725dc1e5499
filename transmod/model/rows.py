"""
Rows of the link pass: each link, or the part of a link in one area, and its driving situation.

Areas are the districts and, as the last one, what lies inside the boundary in no district.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transmod.model.overlay import Pieces
from transmod.schema import GRADIENT_NODES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Situation:
    """
    What a link is to the spectrum.

    Attributes
    ----------
    kind : int8 (L,)
        Row of `road_type`.
    road_type : int8 (kinds, T)
        Position in `schema.ROAD_TYPES` of a kind of link in an hour.
    gradients : float64 (G,)
        Gradient nodes from the lowest to the highest one that links need.
    node, lift : int64, float64 (L,)
        Lower gradient node, and weight of the next one.
    n_held : int
        Links steeper than the published range, held at its ends.
    """

    kind: NDArray[np.int8]
    road_type: NDArray[np.int8]
    gradients: Floats
    node: Integers
    lift: Floats
    n_held: int


@dataclass(frozen=True, eq=False)
class Rows:
    """
    The N link x area rows inside the boundary, sorted by link, then area.

    `link` and `area` (N,) are positions in `network.links` and among the areas, `fraction` (N,)
    the share of the link, `of_piece` (M,) the row of each piece, -1 outside the boundary.
    """

    link: Integers
    area: Integers
    fraction: Floats
    of_piece: Integers


def to_rows(pieces: Pieces, n_areas: int) -> Rows:
    """Merge the cells of each link and area; leave out what lies outside the boundary."""
    inside = pieces.district < n_areas
    link, area = pieces.link[inside], pieces.district[inside].astype(np.int64)
    is_new = np.ones(link.size, bool)
    is_new[1:] = (np.diff(link) != 0) | (np.diff(area) != 0)
    row = np.cumsum(is_new) - 1
    of_piece = np.full(len(pieces), -1)
    of_piece[inside] = row
    n_rows = int(row[-1]) + 1 if row.size else 0
    fraction = np.bincount(row, weights=pieces.fraction[inside], minlength=n_rows)
    return Rows(link[is_new], area[is_new], fraction, of_piece)


def to_situation(
    gradient: Floats, kind: NDArray[np.int8], road_type: NDArray[np.int8]
) -> Situation:
    """
    Place links between gradient nodes.

    Parameters
    ----------
    gradient : float64 (L,)
        Rise over run in driving direction [-].
    kind, road_type : int8 (L,), (kinds, T)
        As in `Situation`.
    """
    nodes = np.array(GRADIENT_NODES)
    held = np.clip(gradient, nodes[0], nodes[-1])
    lower = np.clip(np.searchsorted(nodes, held, side="right") - 1, 0, nodes.size - 1)
    upper = np.minimum(lower + 1, nodes.size - 1)
    step = np.where(upper > lower, nodes[upper] - nodes[lower], 1.0)
    lift = (held - nodes[lower]) / step
    highest = np.where(lift > 0.0, upper, lower)
    first, last = int(lower.min()), int(highest.max())
    return Situation(
        kind=kind,
        road_type=road_type,
        gradients=nodes[first : last + 1],
        node=lower - first,
        lift=lift,
        n_held=int((held != gradient).sum()),
    )
