"""
Rows of the link pass: each link, or the part of a link in one area, and its driving situation.

Areas are the districts and, as the last one, what lies inside the boundary in no district.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transmod.model.overlay import Pieces
from transmod.schema import GRADIENT_NODES, ROAD_TYPES

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
        Season of an hour times the number of road types, plus the position in
        `schema.ROAD_TYPES` of a kind of link in it.
    n_seasons : int
        Seasons S; 1 where nothing asks for temperature.
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
    n_seasons: int = 1

    @property
    def n_types(self) -> int:
        """Seasons times road types."""
        return self.n_seasons * len(ROAD_TYPES)


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
    of_piece: Integers = np.full(len(pieces), -1)
    of_piece[inside] = row
    n_rows = int(row[-1]) + 1 if row.size else 0
    fraction = np.asarray(np.bincount(row, pieces.fraction[inside], n_rows), np.float64)
    return Rows(link[is_new], area[is_new], fraction, of_piece)


def find_gradients(gradient: Floats) -> tuple[float, ...]:
    """Return the gradient nodes that links (L,) need, from the lowest to the highest one."""
    lower, lift, _ = _between_nodes(gradient)
    first, last = int(lower.min()), int(np.where(lift > 0.0, lower + 1, lower).max())
    return GRADIENT_NODES[first : last + 1]


def to_situation(
    gradient: Floats,
    kind: NDArray[np.int8],
    road_type: NDArray[np.int8],
    *,
    season: Integers | None = None,
) -> Situation:
    """
    Place links between gradient nodes.

    Parameters
    ----------
    gradient : float64 (L,)
        Rise over run in driving direction [-].
    kind, road_type : int8 (L,), (kinds, T)
        Kind of each link, and position in `schema.ROAD_TYPES` of a kind in an hour.
    season : int64 (T,), optional
        Season of each hour, from 0. Default: one season.
    """
    gradients = find_gradients(gradient)
    lower, lift, held = _between_nodes(gradient)
    return Situation(
        kind=kind,
        road_type=road_type if season is None else _by_season(road_type, season),
        gradients=np.array(gradients),
        node=lower - GRADIENT_NODES.index(gradients[0]),
        lift=lift,
        n_held=int((held != gradient).sum()),
        n_seasons=1 if season is None else int(season.max()) + 1,
    )


def _between_nodes(gradient: Floats) -> tuple[Integers, Floats, Floats]:
    """Return the lower node of links, the weight of the next one, and the gradient as held."""
    nodes = np.array(GRADIENT_NODES)
    held = np.clip(gradient, nodes[0], nodes[-1])
    lower = np.clip(np.searchsorted(nodes, held, side="right") - 1, 0, nodes.size - 1)
    upper = np.minimum(lower + 1, nodes.size - 1)
    step = np.where(upper > lower, nodes[upper] - nodes[lower], 1.0)
    return lower, (held - nodes[lower]) / step, held


def _by_season(road_type: NDArray[np.int8], season: Integers) -> NDArray[np.int8]:
    return (season * len(ROAD_TYPES) + road_type).astype(np.int8)
