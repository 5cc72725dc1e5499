"""
Areas of the spectrum: the districts, and once more for each zone whose fleet is another.

A zone is a set of whole links, so nothing is cut: area = district + zone x number of districts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:  # rows come with the link pass; what reads a finished spectrum needs none
    from transmod.model.rows import Rows

NO_ZONE = ""


@dataclass(frozen=True, eq=False)
class Areas:
    """
    The areas of a run, zone by zone.

    Attributes
    ----------
    districts : tuple of str (D,)
        Districts of the city, and `schema.NO_DISTRICT`.
    zones : tuple of str (Z,)
        What lies in no zone first, by the name `NO_ZONE`.
    zone_of_link : int64 (L,) or None
        Zone of each link; None where there is but one.
    """

    districts: tuple[str, ...]
    zones: tuple[str, ...] = (NO_ZONE,)
    zone_of_link: NDArray[np.int64] | None = None

    @property
    def district_ids(self) -> list[str]:
        """District of each area, (A,)."""
        return [*self.districts] * len(self.zones)

    @property
    def zone_names(self) -> list[str]:
        """Zone of each area, (A,)."""
        return [zone for zone in self.zones for _ in self.districts]

    def cut(self, rows: Rows) -> Rows:
        """Return rows, which have districts as areas, with the areas of their links' zones."""
        if self.zone_of_link is None:
            return rows
        return replace(rows, area=rows.area + self.zone_of_link[rows.link] * len(self.districts))

    def find(self, spectrum: pd.DataFrame) -> NDArray[np.int64]:
        """Return the area of each row of a spectrum table, (N,); -1 where it is none of these."""
        district = _positions(spectrum["district_id"], self.districts)
        if "zone" not in spectrum:
            return district
        zone = _positions(spectrum["zone"], self.zones)
        return np.where((district < 0) | (zone < 0), -1, district + zone * len(self.districts))


def _positions(values: pd.Series, names: Sequence[str]) -> NDArray[np.int64]:
    return np.asarray(pd.Index(names).get_indexer(pd.Index(values)), np.int64)
