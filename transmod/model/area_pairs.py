"""Areas of two runs that may tell zones apart differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.model.areas import NO_ZONE

Floats = NDArray[np.float64]
Place = tuple[str, tuple[str, str]]


@dataclass(frozen=True, eq=False)
class AreaPairs:
    """
    Areas in which two runs are compared.

    Attributes
    ----------
    places : tuple of (str, (str, str)) (A,)
        District, and the zone by run A and by run B.
    own : pair of mapping of (str, str) to int
        Areas of each run itself, by district and zone.
    part : float64 (2, A)
        Share of a run's own area that lies in the area.
    """

    places: tuple[Place, ...]
    own: tuple[Mapping[tuple[str, str], int], Mapping[tuple[str, str], int]]
    part: Floats

    @property
    def n_own(self) -> tuple[int, int]:
        """Number of areas of each run itself."""
        return len(self.own[0]), len(self.own[1])

    def find(self, rows: pd.DataFrame, d: int) -> NDArray[np.int64]:
        """Return the area of a run itself that each row (N,) of its spectrum lies in."""
        names = pd.MultiIndex.from_tuples(self.own[d], names=["district_id", "zone"])
        return np.asarray(names.get_indexer(_names_of(rows)), np.int64)

    def lay(self, values: Floats, d: int) -> Floats:
        """Return values of the areas of a run itself, (own, ...), in the areas of both (A, ...)."""
        out = np.zeros((len(self.places), *values.shape[1:]))
        for a, (district_id, zones) in enumerate(self.places):
            place = self.own[d].get((district_id, zones[d]))
            if place is not None:
                part = self.part[d, a]
                out[a] = values[place] if part == 1.0 else values[place] * part
        return out


def pair_areas(rows_a: pd.DataFrame, rows_b: pd.DataFrame) -> AreaPairs:
    """
    Find the areas in which two spectra can be compared.

    Parameters
    ----------
    rows_a, rows_b : pandas.DataFrame
        `schema.SPECTRUM` or `ZONED_SPECTRUM` of a stream.

    Notes
    -----
    Where both tell the same zones apart, these are the areas. Otherwise a run drives in the zones
    of the other as the other does: its kilometres of an area go to them by the other's shares in
    the district. The sum of a district stays what it is.
    """
    vkm = [_sum_areas(rows) for rows in (rows_a, rows_b)]
    zones = [{zone for _, zone in own} for own in vkm]
    is_same = zones[0] == zones[1]  # not, where a run does not drive: it need not have the zones
    places: list[Place] = []
    parts: list[tuple[float, float]] = []
    for district_id in sorted({name for own in vkm for name, _ in own}):
        here = [{zone: own[name, zone] for name, zone in own if name == district_id} for own in vkm]
        if is_same:
            both = sorted({*here[0], *here[1]})
            places += [(district_id, (zone, zone)) for zone in both]
            parts += [(1.0, 1.0)] * len(both)
            continue
        share = [_shares(own) for own in here]
        for a in share[0]:
            for b in share[1]:
                places.append((district_id, (a, b)))
                parts.append((share[1][b], share[0][a]))
    own = [{name: place for place, name in enumerate(sorted(areas))} for areas in vkm]
    return AreaPairs(tuple(places), (own[0], own[1]), np.array(parts).reshape(-1, 2).T)


def _shares(vkm: Mapping[str, float]) -> dict[str, float]:
    """Return the share of each zone in the kilometres of a district."""
    total = sum(vkm.values())
    return {zone: vkm[zone] / total for zone in sorted(vkm)} if vkm else {NO_ZONE: 1.0}


def _sum_areas(rows: pd.DataFrame) -> dict[tuple[str, str], float]:
    keys = _names_of(rows)
    sums = rows["vkm"].set_axis(keys).groupby(level=[0, 1]).sum()
    return dict(zip(map(tuple, sums.index), sums.to_list(), strict=True))


def _names_of(rows: pd.DataFrame) -> pd.MultiIndex:
    """Return district and zone of each row."""
    district_id = rows["district_id"].astype("str")
    zone = rows["zone"].astype("str") if "zone" in rows else np.full(len(rows), NO_ZONE, object)
    return pd.MultiIndex.from_arrays([district_id, zone], names=["district_id", "zone"])
