"""
Factors: the table of unique curves on the speed nodes, and which type takes which.

Symbols and shapes: J vehicle types, Q quantities, R road types (`schema.ROAD_TYPES`), G gradient
nodes that are asked for, K speed nodes, N unique curves. The full (J, Q, R, G, K) is never formed:
many types and situations share a curve, so hundreds of types stay small.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd

from transmod.columns import Columns
from transmod.errors import CoverageError
from transmod.exchange import from_frame
from transmod.packing import Packing
from transmod.schema import GRADIENT_NODES, ROAD_TYPES

Quantity = tuple[str, str]  # process and pollutant, or "energy"

_R = len(ROAD_TYPES)


@dataclass(frozen=True)
class Factors(Packing):
    """
    Factors of the J vehicle types of a run, as curves over speed.

    `types` holds vehicle_type, vehicle_class, powertrain, fuel, size, emission_standard,
    technology, load_fraction, mean_load_t [t] carried and occupancy [persons] (null where
    unknown), sorted by vehicle_type. `quantities` are the Q pairs of process
    and pollutant (or "energy"). `curve` (N, K) holds g/km, of energy MJ/km, on the speed nodes;
    row 0 is zero. `index` (J, Q, R, G) is the row of `curve`. `validity` (J, R, G, 2) are the
    speed limits [km/h] of the energy curve, beyond which every factor is held. `scope` (J, Q) is 2
    for grid electricity, 3 for grid losses, else 1. `carrier` (J, Q) is the fuel or electricity
    behind the quantity, empty for wear. `estimated` (J, Q) is False where the set declares to have
    no value: a row of the ledger with the notation key NE, not a zero. `scale` (C, S, J, Q) is what
    share of a factor holds in a stream and season, none where all do; the situations of `index` are
    then S x R, season by season. `gradients` are the G nodes, some of `schema.GRADIENT_NODES`.
    """

    types: pd.DataFrame
    quantities: tuple[Quantity, ...]
    curve: np.ndarray
    index: np.ndarray
    validity: np.ndarray
    scope: np.ndarray
    carrier: np.ndarray
    estimated: np.ndarray
    notes: tuple[str, ...]
    scale: np.ndarray | None = None
    gradients: tuple[float, ...] = GRADIENT_NODES

    AHEAD: ClassVar[tuple[str, ...]] = ("type_columns",)

    @cached_property
    def type_columns(self) -> Columns:
        """`types` as columns, which need no pandas."""
        return from_frame(self.types)

    def at(self, gradients: Iterable[float]) -> list[int]:
        """Return the positions of gradient nodes, which must be tabulated (`CoverageError`)."""
        return gradient_positions(gradients, self.gradients)

    def held(self, stream: int, situation: int, types: np.ndarray) -> np.ndarray:
        """Return what share of the factors (J, Q) of some types holds in a stream and situation."""
        if self.scale is None:
            return np.ones((types.size, len(self.quantities)))
        return self.scale[stream, situation // _R][types]


def gradient_positions(
    gradients: Iterable[float], among: Sequence[float] = GRADIENT_NODES
) -> list[int]:
    """
    Return the positions of gradient nodes among those that there are.

    Raises
    ------
    CoverageError
        If one is not among them: no other stands in for it.
    """
    wanted = [float(gradient) for gradient in gradients]
    lacking = [gradient for gradient in wanted if gradient not in among]
    if lacking:
        raise CoverageError(
            f"Gradients of factors must be among those tabulated [m/m]: {len(lacking)} of "
            f"{len(wanted)} are not, first {lacking[0]:g}. Tabulated: "
            f"{', '.join(f'{gradient:g}' for gradient in among)}."
        )
    return [among.index(gradient) for gradient in wanted]
