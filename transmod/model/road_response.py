"""
What errors of speeds and loads do to emissions: the spectrum with other factors.

Kilometres that move along the speed axis emit what the factor is at the new speed, so it is the
factor curves that are moved: the sum over nodes is the same, and curves are fewer than kilometres.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transmod.model.factors import Factors
from transmod.model.road import times_curves
from transmod.schema import N_SPEED_NODES, NODES_PER_KMH

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_BLOCK = 64  # curves moved at a time, in the processor's cache


def move_curves(factors: Factors, *, scale: float = 1.0, offset_kmh: float = 0.0) -> Factors:
    """
    Return factors at speeds `scale` times as high, and `offset_kmh` higher.

    Between nodes curves are linear; beyond the first and the last they are held.
    """
    position = np.arange(N_SPEED_NODES) * scale + offset_kmh * NODES_PER_KMH
    position = np.clip(position, 0.0, N_SPEED_NODES - 1.0)
    low = np.minimum(position.astype(np.int64), N_SPEED_NODES - 2)
    part = position - low
    curve = np.empty_like(factors.curve)
    for start in range(0, len(curve), _BLOCK):
        given = factors.curve[start : start + _BLOCK]
        here, above = np.take(given, low, axis=1), np.take(given, low + 1, axis=1)
        curve[start : start + _BLOCK] = here + part * (above - here)
    return replace(factors, curve=curve)


@dataclass(frozen=True, eq=False)
class RoadRows:
    """N rows of driven emissions by position: stream, district, type, quantity, each (N,)."""

    stream: Integers
    district: Integers
    type: Integers
    quantity: Integers


@dataclass(frozen=True, eq=False)
class RoadResponse:
    """
    Road traffic of a run, to be driven with other factors.

    `spectrum` (A, G, S x R, K, C) [veh km]; `gradients` (G,); `factors` of J types; `shares`
    (M, C, J), and `which` of them holds in each area (A,); `district` (A,) is the position of the
    district of each area; `reload` builds factors with the loads of classes times numbers.
    """

    spectrum: Floats
    gradients: Floats
    factors: Factors
    shares: Floats
    which: Integers
    district: Integers
    reload: Callable[[Mapping[str, float]], Factors]

    def to_speeds(self, nodes: Floats, *, is_offset: bool, rows: RoadRows) -> Floats:
        """Return what rows emit (S, N) at errors of speed (S,), over what they emit without."""

        def move(node: float) -> Factors:
            if is_offset:
                return move_curves(self.factors, offset_kmh=node)
            return move_curves(self.factors, scale=node)

        return self._over_given([move(node) for node in nodes.tolist()], rows)

    def to_loads(self, classes: Sequence[str], nodes: Floats, rows: RoadRows) -> Floats:
        """Return what rows emit (S, N) with the loads of some classes times nodes (S,)."""
        loaded = [
            self.factors if node == 1.0 else self.reload(dict.fromkeys(classes, node))
            for node in nodes.tolist()
        ]
        return self._over_given(loaded, rows)

    def _over_given(self, others: Sequence[Factors], rows: RoadRows) -> Floats:
        given = self._emit(self.factors, rows)
        out = np.ones((len(others), given.size))
        for s, factors in enumerate(others):
            np.divide(self._emit(factors, rows), given, out=out[s], where=given > 0.0)
        return out

    def _emit(self, factors: Factors, rows: RoadRows) -> Floats:
        """Return what rows (N,) emit with some factors of the same types and quantities."""
        out = np.zeros(rows.stream.size)
        n_districts = int(self.district.max()) + 1
        for c in np.unique(rows.stream).tolist():
            own = np.flatnonzero(rows.stream == c)
            types, place = np.unique(rows.type[own], return_inverse=True)
            total = times_curves(self.spectrum[..., c], self.gradients, factors, types, c)
            total *= self.shares[self.which, c][:, types, None]
            by_district = np.zeros((n_districts, *total.shape[1:]))
            np.add.at(by_district, self.district, total)
            out[own] = by_district[rows.district[own], place, rows.quantity[own]]
        return out
