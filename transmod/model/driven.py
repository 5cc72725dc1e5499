"""What links were driven for, read back from the spectrum of a finished run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from transmod.columns import Columns, Text
from transmod.model.areas import Areas
from transmod.schema import GRADIENT_NODES, N_SPEED_NODES, ROAD_TYPES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Driven:
    """
    The spectrum, kept stream by stream without its zeros: nine of ten values are none.

    Attributes
    ----------
    streams, gradients
        As in `model.activity.Activity`.
    shape : tuple of int
        A areas, G gradient nodes, S * R situations, K speed nodes.
    starts : int64 (C + 1,)
        First value of each stream, and the end of the last.
    places : int64 (N,)
        Place of each value in an array of `shape`.
    vkm : float64 (N,)
        The values [veh km].
    """

    streams: tuple[tuple[str, str], ...]
    gradients: Floats
    shape: tuple[int, int, int, int]
    starts: Integers
    places: Integers
    vkm: Floats

    def each_stream(self) -> Iterator[Floats]:
        """Yield the vehicle-kilometres (A, G, S * R, K) of each stream, until the next is asked."""
        out = np.zeros(math.prod(self.shape))
        for start, end in pairwise(self.starts.tolist()):
            places = self.places[start:end]
            out[places] = self.vkm[start:end]
            yield out.reshape(self.shape)
            out[places] = 0.0

    @property
    def spectrum(self) -> Floats:
        """The whole of it, (A, G, S * R, K, C)."""
        return np.stack([driven.copy() for driven in self.each_stream()], axis=-1)

    def by_area(self) -> Floats:
        """Return the vehicle-kilometres of each area, (A,)."""
        n_areas, *within = self.shape
        area = self.places // math.prod(within)
        return np.bincount(area, self.vkm, minlength=n_areas).astype(np.float64)  # if N is 0 too


def to_driven(
    rows: Columns, streams: Sequence[tuple[str, str]], areas: Areas, n_seasons: int
) -> Driven:
    """
    Sort the rows of a spectrum into streams and places.

    Parameters
    ----------
    rows : Columns
        `schema.SPECTRUM`.
    streams : sequence of (str, str)
        C streams, in the order of the run that drove them.
    areas : Areas
        A areas, all in one zone.
    n_seasons : int
        Seasons S.

    Returns
    -------
    Driven
        To the bit what the run drove [veh km].
    """
    area = _positions(rows["district_id"], areas.districts)
    stream = _find_streams(rows, streams)
    gradient = rows["gradient"]
    nodes = np.array(GRADIENT_NODES)
    low, high = (gradient.min(), gradient.max()) if len(gradient) else (nodes[0], nodes[0])
    nodes = nodes[(nodes >= low) & (nodes <= high)]
    road = rows["season"] * len(ROAD_TYPES) + _positions(rows["road_type"], ROAD_TYPES)
    shape = (len(areas.district_ids), nodes.size, n_seasons * len(ROAD_TYPES), N_SPEED_NODES)
    node = np.searchsorted(nodes, gradient)
    place = np.ravel_multi_index((area, node, road, rows["speed_node"]), shape)
    order = np.argsort(stream, kind="stable")
    starts = np.searchsorted(stream[order], np.arange(len(streams) + 1))
    return Driven(tuple(streams), nodes, shape, starts, place[order], rows["vkm"][order])


def _find_streams(rows: Columns, streams: Sequence[tuple[str, str]]) -> Integers:
    """Return the stream of each row."""
    classes = list(dict.fromkeys(name for name, _ in streams))
    kinds = list(dict.fromkeys(kind for _, kind in streams))
    stream_of = np.full((len(classes), len(kinds)), -1)
    for c, (vehicle_class, kind) in enumerate(streams):
        stream_of[classes.index(vehicle_class), kinds.index(kind)] = c
    stream = stream_of[
        _positions(rows["vehicle_class"], classes), _positions(rows["trip_kind"], kinds)
    ]
    if (stream < 0).any():
        raise ValueError(f"Rows of a spectrum must be of its streams: {streams}.")
    return stream


def _positions(column: Text, names: Sequence[str]) -> Integers:
    """Return the place of each row's text among names, which must have it; -1 for null."""
    known = [names.index(name) for name in column.names]
    return np.array([*known, -1], np.int64)[column.codes]
