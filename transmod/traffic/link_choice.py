"""Links by what they are called, what they are, and where their midpoint lies."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.inputs.checks import listed
from transmod.schema import NO_DISTRICT, OUTSIDE_BOUNDARY

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from transmod.inputs.network import Network

Bools = NDArray[np.bool_]


class LinkChoice:
    """
    Finds links of a network.

    Notes
    -----
    A link lies where its midpoint lies, as a whole; on a border between districts in the one of
    the lowest id, on the border of a zone in it.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._midpoints: NDArray[np.object_] | None = None
        self._district: NDArray[np.object_] | None = None

    @property
    def n_links(self) -> int:
        """Number of links, L."""
        return len(self.network.links)

    @property
    def midpoints(self) -> NDArray[np.object_]:
        """Point half along each link, (L,)."""
        if self._midpoints is None:
            lines = self.network.links.geometry.to_numpy()
            half = shapely.line_interpolate_point(lines, 0.5, normalized=True)
            self._midpoints = np.asarray(half)
        return self._midpoints

    @property
    def districts(self) -> NDArray[np.object_]:
        """District of each link, (L,); `no_district` or `outside_boundary` where in none."""
        if self._district is None:
            names = self.network.districts["district_id"].to_numpy(object)
            inside = shapely.covers(self.network.boundary, self.midpoints)
            out = np.where(inside, NO_DISTRICT, OUTSIDE_BOUNDARY).astype(object)
            tree = shapely.STRtree(self.network.districts.geometry.to_numpy())
            point, place = tree.query(self.midpoints, predicate="intersects")
            order = np.argsort(place, kind="stable")[::-1]  # the first district is written last
            own = inside[point[order]]
            out[point[order][own]] = names[place[order][own]]
            self._district = out
        return self._district

    def in_zone(self, zone: BaseGeometry) -> Bools:
        """Return the links (L,) whose midpoint a polygon covers, its border included."""
        shapely.prepare(zone)
        return np.asarray(shapely.covers(zone, self.midpoints), bool)

    def find(
        self, wanted: Mapping[str, Sequence[Any] | None], what: str, faults: Faults
    ) -> Bools | None:
        """
        Return the links (L,) that every key holds, None where no key is given.

        Parameters
        ----------
        wanted : mapping of str to sequence
            Values of `link_id`, `osm_way_id`, `name`, `road_class` and `district_id`.
        what : str
            Who asks, for faults: a value that no link has is one.
        """
        chosen: Bools | None = None
        for column, values in wanted.items():
            if values is None:
                continue
            own = self._find_values(column, values, what, faults)
            chosen = own if chosen is None else chosen & own
        return chosen

    def _find_values(self, column: str, values: Sequence[Any], what: str, faults: Faults) -> Bools:
        if column == "district_id":
            found = self.districts
        else:
            found = self.network.links[column].to_numpy(object)
        here = np.isin(found.astype(str), [str(value) for value in values])
        known = set(found[here].astype(str))
        lacking = [value for value in values if str(value) not in known]
        if lacking:
            faults.add(
                f"`{column}` of {what} must be that of links of the network: {len(lacking)} of "
                f"{len(values)} are of none, {listed(lacking)}.{_hint(str(lacking[0]), found)}"
            )
        return here


def _hint(name: str, found: NDArray[np.object_]) -> str:
    """Name what is like it; all there is, where that is little."""
    valid = sorted({str(value) for value in found if pd.notna(value)})
    near = difflib.get_close_matches(name, valid, n=1)
    did_you = f" Did you mean {near[0]}?" if near else ""
    few = f" Known: {', '.join(valid)}." if 0 < len(valid) <= 30 else ""
    return did_you + few
