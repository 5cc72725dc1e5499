"""
Pantry: the rows that factors are made from, found by segment, quantity and load.

Rows are those of `hot.parquet`, and the constants and curves that other tables of a set give,
written in the same form. A row's position is its place in `Pantry.rows` plus one; position 0 is
the row that is zero.

Symbols and shapes: R road types, G gradient nodes that are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.inputs.profile_tables import COEFFICIENTS
from transmod.inputs.profiles import ProfileSet
from transmod.model.corrections import Corrections
from transmod.model.factors import gradient_positions
from transmod.schema import GRADIENT_NODES, ROAD_TYPES

Row = dict[str, Any]

_R, _G = len(ROAD_TYPES), len(GRADIENT_NODES)
# road types stand in the sorted table by name
_FROM_SORTED = [sorted(ROAD_TYPES).index(name) for name in ROAD_TYPES]


@dataclass(frozen=True)
class Mix:
    """Rows `low` and `high` (R, G) of the pantry, mixed with weight `weight` of `high`."""

    low: np.ndarray
    high: np.ndarray
    weight: float


@dataclass
class Pantry:
    """
    The rows that recipes draw from: those of `hot.parquet`, then added ones.

    `gradients` are the G nodes that are asked for; `extra_kw` is how much more power than published
    a battery curve takes [kW].
    """

    profiles: ProfileSet
    faults: Faults
    gradients: tuple[float, ...] = GRADIENT_NODES
    added: list[dict[str, float]] = field(default_factory=list)
    tables: list[NDArray[np.float64]] = field(default_factory=list)
    extra_kw: dict[str, float] = field(default_factory=dict)
    _known: dict[object, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        profiles = self.profiles
        self.n_hot = len(profiles.hot)
        self.shape = _R, len(self.gradients)
        self._nodes = gradient_positions(self.gradients)
        self._load = profiles.hot["load_fraction"].to_numpy(np.float64)
        self._shape = _shapes(profiles.hot, self.faults)
        self.mixes: dict[object, Mix | None] = {}
        self._corrections = Corrections(profiles, self.faults)
        columns = ["segment", "quantity", "road_type", "taken_from"]
        self._substitutes = list(profiles.substitutes[columns].itertuples(index=False, name=None))
        self.fuels = _by(profiles.fuels, "fuel")
        self.curves = _by(profiles.electric, "curve")
        self.nitrogen = _by(profiles.nitrogen, "group", "pollutant", "state")
        self.bc_fraction = _by(profiles.bc_fraction, "group")
        self.worn = _by(profiles.wear, "wear_group")
        self.cooling = _by(profiles.cooling_units, "cooling_unit")
        self.fractions = _by(profiles.wear_fractions, "process")

    def hot(self, segment: str, quantity: str, load: float) -> Mix | None:
        """Return the rows of a segment and quantity at a load, none if not published."""
        key = (segment, quantity, None if np.isnan(load) else load)
        if key not in self.mixes:
            self.mixes[key] = self._hot(segment, quantity, load)
        return self.mixes[key]

    def _hot(self, segment: str, quantity: str, load: float) -> Mix | None:
        found = self._shape.get((segment, quantity))
        if found is None and (segment, quantity) in self._corrections:
            key = ("base", segment, quantity, load)
            return self.everywhere(
                self.table(key, lambda: self._corrections.curve(segment, quantity, load))
            )
        if found is None:
            return None
        start, n_road, n_gradient, n_load = found
        shape = (n_road, n_gradient, n_load)
        cube = start + 1 + np.arange(np.prod(shape)).reshape(shape)  # row 0 is zero
        if n_road == _R:
            cube = cube[_FROM_SORTED]
            for pattern, name, road, other in self._substitutes:
                if name == quantity and fnmatchcase(segment, pattern):
                    cube[ROAD_TYPES.index(road)] = cube[ROAD_TYPES.index(other)]
        cube = np.broadcast_to(cube, (_R, _G, n_load))[:, self._nodes]
        loads = self._load[start : start + n_load]
        if np.isnan(loads[0]):
            return Mix(cube[..., 0], cube[..., 0], 0.0)
        if not loads[0] <= load <= loads[-1]:
            self.faults.add(
                f"`load_fraction` of a type with the segment {segment} must lie in {loads[0]:g} to "
                f"{loads[-1]:g} [-]: {load:g} found."
            )
            return None
        above = int(np.searchsorted(loads, load))
        if loads[above] == load:
            return Mix(cube[..., above], cube[..., above], 0.0)
        weight = (load - loads[above - 1]) / (loads[above] - loads[above - 1])
        return Mix(cube[..., above - 1], cube[..., above], float(weight))

    def everywhere(self, position: int) -> Mix:
        """Return one row for every road type and gradient."""
        if position not in self.mixes:
            all_of = np.full(self.shape, position)
            self.mixes[position] = Mix(all_of, all_of, 0.0)
        mix = self.mixes[position]
        assert mix is not None
        return mix

    def row(self, low: float, high: float, **coefficients: float) -> int:
        """Add a row of the published form with the limits [km/h]; return its position."""
        filled = dict.fromkeys(COEFFICIENTS, 0.0) | {"den_v0": 1.0} | coefficients
        filled |= {"speed_min_kmh": low, "speed_max_kmh": high}
        key = tuple(sorted(filled.items()))
        if key not in self._known:
            self.added.append(filled)
            self._known[key] = self.n_hot + len(self.added)
        return self._known[key]

    def table(self, key: object, make: Callable[[], NDArray[np.float64]]) -> int:
        """
        Add a curve (K,) that is no row of the published form, once; return its position.

        Positions of such curves are negative, until the published rows are counted.
        """
        if key not in self._known:
            self.tables.append(make())
            self._known[key] = -len(self.tables)
        return self._known[key]

    @property
    def rows(self) -> pd.DataFrame:
        """All rows but the zero one: coefficients and speed limits."""
        columns = [*COEFFICIENTS, "speed_min_kmh", "speed_max_kmh"]
        added = pd.DataFrame(self.added, columns=columns)
        return pd.concat([self.profiles.hot[columns], added], ignore_index=True)


def _shapes(hot: pd.DataFrame, faults: Faults) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """
    Find the rows of each segment and quantity: start, and number of road types, gradients, loads.

    The table is sorted by its key, so the rows of a pair are one block in this order. Blocks that
    do not cover every road type, gradient node and load, where they have some, are faults.
    """
    key = hot["segment"] + "\n" + hot["quantity"]
    code, names = pd.factorize(key)
    start = np.flatnonzero(np.diff(code, prepend=-1))
    count = np.diff(start, append=len(hot))
    by_name = {name: r for r, name in enumerate(sorted(ROAD_TYPES))}
    road = hot["road_type"].map(by_name).fillna(-1).to_numpy(np.int64)
    gradient = hot["gradient"].to_numpy(np.float64)
    load = hot["load_fraction"].to_numpy(np.float64)
    n_road = np.where(road[start] >= 0, _R, 1)
    n_gradient = np.where(np.isnan(gradient[start]), 1, _G)
    n_load = np.maximum(count // (n_road * n_gradient), 1)
    # what each row must be, by its place in its block
    place = np.arange(len(hot)) - start[code]
    by_gradient = place // n_load[code]
    by_road = by_gradient // n_gradient[code]
    nodes = np.array(GRADIENT_NODES)[by_gradient % n_gradient[code]]
    good = (n_road * n_gradient * n_load == count)[code]
    good &= np.where(n_road[code] == 1, road == -1, road == by_road)
    good &= np.where(n_gradient[code] == 1, np.isnan(gradient), gradient == nodes)
    good &= np.nan_to_num(load, nan=-1) == np.nan_to_num(
        load[start[code] + place % n_load[code]], nan=-1
    )
    for block in np.unique(code[~good]):
        faults.add(
            f"Hot rows of {names[block].replace(chr(10), ' ')} must cover all road types, gradient "
            f"nodes and loads, or have none: {count[block]} rows do not."
        )
    return {
        tuple(name.split("\n")): (int(s), int(r), int(g), int(n))
        for name, s, r, g, n in zip(names, start, n_road, n_gradient, n_load, strict=True)
    }


def records(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table as plain records."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _by(table: pd.DataFrame, *keys: str) -> dict[Any, list[Row]]:
    """Return the rows of a table by one or more of its columns."""
    out: dict[Any, list[Row]] = {}
    for row in records(table):
        key = row[keys[0]] if len(keys) == 1 else tuple(row[k] for k in keys)
        out.setdefault(key, []).append(row)
    return out
