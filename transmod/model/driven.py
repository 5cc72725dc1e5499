"""What links were driven for, read back from the spectrum of a finished run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transmod.columns import Columns, Text
from transmod.model.areas import NO_ZONE, Areas
from transmod.schema import GRADIENT_NODES, N_SPEED_NODES, ROAD_TYPES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Driven:
    """`streams`, `gradients` and `spectrum` as in `model.activity.Activity`."""

    streams: tuple[tuple[str, str], ...]
    gradients: Floats
    spectrum: Floats


def to_driven(
    rows: Columns, streams: Sequence[tuple[str, str]], areas: Areas, n_seasons: int
) -> Driven:
    """
    Lay the rows of a spectrum out as an array.

    Parameters
    ----------
    rows : Columns
        `schema.SPECTRUM` or `schema.ZONED_SPECTRUM`.
    streams : sequence of (str, str)
        C streams, in the order of the run that drove them.
    areas : Areas
        A areas.
    n_seasons : int
        Seasons S.

    Returns
    -------
    Driven
        `spectrum` is float64 (A, G, S * R, K, C) [veh km], to the bit what the run drove.
    """
    area = _positions(rows["district_id"], areas.districts)
    if "zone" in rows:
        zones = [name if name != NO_ZONE else None for name in areas.zones]
        area = area + len(areas.districts) * np.maximum(_positions(rows["zone"], zones), 0)
    classes = list(dict.fromkeys(name for name, _ in streams))
    kinds = list(dict.fromkeys(kind for _, kind in streams))
    stream_of = np.full((len(classes), len(kinds)), -1)
    for c, (vehicle_class, kind) in enumerate(streams):
        stream_of[classes.index(vehicle_class), kinds.index(kind)] = c
    stream = stream_of[
        _positions(rows["vehicle_class"], classes), _positions(rows["trip_kind"], kinds)
    ]
    gradient = rows["gradient"]
    nodes = np.array(GRADIENT_NODES)
    low, high = (gradient.min(), gradient.max()) if len(gradient) else (nodes[0], nodes[0])
    nodes = nodes[(nodes >= low) & (nodes <= high)]
    road = rows["season"] * len(ROAD_TYPES) + _positions(rows["road_type"], ROAD_TYPES)
    shape = (
        len(areas.district_ids), nodes.size, n_seasons * len(ROAD_TYPES), N_SPEED_NODES,
        len(streams),
    )  # fmt: skip
    node = np.searchsorted(nodes, gradient)
    place = np.ravel_multi_index((area, node, road, rows["speed_node"], stream), shape)
    spectrum = np.zeros(math.prod(shape))
    spectrum[place] = rows["vkm"]
    return Driven(tuple(streams), nodes, spectrum.reshape(shape))


def _positions(column: Text, names: Sequence[str | None]) -> Integers:
    """Return the place of each row's text among names, which must have it; -1 for null."""
    known = [names.index(name) for name in column.names]
    return np.array([*known, -1], np.int64)[column.codes]
