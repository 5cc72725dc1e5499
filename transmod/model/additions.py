"""
Additions: what processes put beside the factors of hot exhaust, electricity and wear.

Symbols and shapes as in `model.factors`; further, C streams, S seasons. Where seasons are told
apart, the situation axis has S x R entries: season times the number of road types, plus road type.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from transmod.inputs.profiles import ProfileSet
from transmod.model.factors import Factors
from transmod.model.recipes import Quantity
from transmod.schema import ROAD_TYPES
from transmod.traffic.climate import Climate

R = len(ROAD_TYPES)
URBAN = tuple(r for r, name in enumerate(ROAD_TYPES) if name.startswith("urban"))
DEFAULT_TRIP_KM = 12.4  # mean trip in Europe, EMEP/EEA 2019, 1.A.3.b, section 3.4


@dataclass(frozen=True, eq=False)
class Trips:
    """Mean length [km] of the trips of the C streams, and which of them start in the city."""

    length_km: np.ndarray
    starts: np.ndarray


def to_trips(streams: Sequence[tuple[str, str]], length_km: Mapping[str, float] | float) -> Trips:
    """
    Find the trip length of each stream.

    Parameters
    ----------
    streams : sequence of (str, str)
        Vehicle class and trip kind.
    length_km : float or mapping
        One length [km], or lengths by vehicle class, trip kind or `all`, in this order.

    Returns
    -------
    Trips
        A trip through the city starts elsewhere.
    """
    if not isinstance(length_km, Mapping):
        length_km = {"all": float(length_km)}
    other = length_km.get("all", DEFAULT_TRIP_KM)
    found = [length_km.get(name, length_km.get(kind, other)) for name, kind in streams]
    return Trips(np.array(found), np.array([kind != "through" for _, kind in streams], bool))


class Curves:
    """Curves that grow by different ones, each once."""

    def __init__(self, curve: np.ndarray) -> None:
        self._base = curve
        self._more: list[np.ndarray] = []
        self._at: dict[Hashable, int] = {}

    def __getitem__(self, row: int) -> np.ndarray:
        n = len(self._base)
        return self._base[row] if row < n else self._more[row - n]

    def add(self, key: Hashable, curve: np.ndarray) -> int:
        """Return the row of the curve of `key`, which is `curve` if it is new; 0 if it is zero."""
        if key not in self._at:
            self._at[key] = len(self._base) + len(self._more) if curve.any() else 0
            if curve.any():
                self._more.append(curve)
        return self._at[key]

    def find(self, key: Hashable) -> int | None:
        """Return the row of a key, none if it is new."""
        return self._at.get(key)

    def scale(self, rows: np.ndarray, factor: float) -> np.ndarray:
        """Return the rows of the same curves times a number."""
        found, place = np.unique(rows, return_inverse=True)
        scaled = []
        for row in found.tolist():
            key = ("times", row, factor)
            old = 0 if row == 0 else self.find(key)
            scaled.append(self.add(key, self[row] * factor) if old is None else old)
        return np.array(scaled, np.int64)[place].reshape(rows.shape)

    def table(self) -> np.ndarray:
        """Return all curves, (N, K)."""
        return np.vstack([self._base, *self._more]) if self._more else self._base


@dataclass(frozen=True, eq=False)
class Case:
    """What additions are made from: base factors, their set, streams, climate, growing curves."""

    factors: Factors
    profiles: ProfileSet
    streams: tuple[tuple[str, str], ...]
    trips: Trips
    climate: Climate
    curves: Curves

    def rows(self, quantity: Quantity) -> np.ndarray:
        """Return the curves (J, R, G) of a base quantity."""
        return self.factors.index[:, self.factors.quantities.index(quantity)]

    def is_estimated(self, quantity: Quantity) -> np.ndarray:
        """Say for which types (J,) a base quantity is estimated."""
        return self.factors.estimated[:, self.factors.quantities.index(quantity)]

    def types(self) -> pd.DataFrame:
        """Return the J rows of `types.csv`."""
        table = self.profiles.types.set_index("vehicle_type", drop=False)
        return table.loc[self.factors.types["vehicle_type"]]

    def burning(self) -> np.ndarray:
        """Return the share (J,) of kilometres that are driven on the engine."""
        return 1.0 - self.types()["electric_share"].to_numpy(np.float64)


@dataclass(eq=False)
class Addition:
    """
    Further quantities: P of them.

    `index` (J, P, S x R, G) and `estimated` (J, P) as in `Factors`; `scale` (C, S, J, P) is what
    share of the factor holds in a stream and season; `carrier` (J, P) the fuel behind it.
    """

    quantities: tuple[Quantity, ...]
    index: np.ndarray
    scale: np.ndarray
    estimated: np.ndarray
    carrier: np.ndarray
    lacking: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, case: Case, quantities: tuple[Quantity, ...], *, has_fuel: bool) -> Addition:
        """Return an addition that is zero."""
        n_types, n = len(case.factors.types), len(quantities)
        n_seasons = case.climate.n_seasons
        carrier = np.full((n_types, n), "", object)
        if has_fuel:
            carrier[:] = case.factors.types["fuel"].to_numpy(object)[:, None]
        return cls(
            quantities,
            np.zeros((n_types, n, n_seasons * R, len(case.factors.gradients)), np.int64),
            np.ones((len(case.streams), n_seasons, n_types, n)),
            np.ones((n_types, n), bool),
            carrier,
        )


@dataclass(frozen=True)
class Found:
    """What `groups.csv` says of a type: its state and, if it has figures, its group."""

    state: str
    group: str


class Groups:
    """The rules of `groups.csv`: of a process, the first pattern that fits a type."""

    def __init__(self, profiles: ProfileSet) -> None:
        columns = ["process", "vehicle_type", "state", "group"]
        table = profiles.processes["groups"].sort_values(["process", "rank"])
        self._rules: dict[str, list[tuple[str, Found]]] = {}
        for process, pattern, state, group in table[columns].itertuples(index=False, name=None):
            found = Found(state, group if isinstance(group, str) else "")
            self._rules.setdefault(process, []).append((pattern, found))

    def has(self, process: str) -> bool:
        """Say whether the set speaks of a process."""
        return process in self._rules

    def find(self, process: str, vehicle_type: str) -> Found | None:
        """Return what is said of a type, none if no pattern fits."""
        rules = self._rules.get(process, ())
        return next((found for name, found in rules if fnmatchcase(vehicle_type, name)), None)

    def sort(self, process: str, case: Case, addition: Addition | None) -> dict[int, str]:
        """
        Return the group of each type that has figures, by its position.

        Types without figures are noted in `addition`; a type that no rule fits counts as these.
        """
        groups = {}
        for j, name in enumerate(case.factors.types["vehicle_type"]):
            found = self.find(process, name)
            if found is not None and found.state == "figures":
                groups[j] = found.group
            elif addition is not None and (found is None or found.state == "not_estimated"):
                addition.lacking.append(name)
        return groups
