"""
Road traffic of two runs as terms: each run's spectrum driven by the factors of either.

Symbols and shapes as in `model.road`: A areas, J vehicle types, Q quantities, S seasons, R road
types, G gradient nodes, K speed nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.columns import Columns, Text, label
from transmod.model.area_pairs import pair_areas
from transmod.model.electric import losses_per_delivered
from transmod.model.factors import Factors
from transmod.model.fleet import Fleet
from transmod.model.road import activity_of, times_curves
from transmod.model.terms import TERM_KEYS, Terms, freeze, without_noise
from transmod.schema import GRADIENT_NODES, N_SPEED_NODES, ROAD_TYPES

Floats = NDArray[np.float64]
Stream = tuple[str, str]
Streams = Sequence[Stream]

POWER = ("electricity", "energy")
# quantities that are grid electricity times what stands behind it
_OF_GRID = (("electricity", "co2"), ("grid_losses", "co2"))
_R = len(ROAD_TYPES)
_G_PER_MJ = 1e3 / 3.6  # of kg/kWh


@dataclass(frozen=True, eq=False)
class RoadSide:
    """
    Road traffic of one run.

    `spectrum` is `schema.SPECTRUM`; `fleet` its shares; `kg_per_kwh` and `loss_share` what stands
    behind grid electricity, None where not known; `streams` those of its factors.
    """

    spectrum: pd.DataFrame
    fleet: Fleet
    streams: tuple[Stream, ...]
    kg_per_kwh: float | None
    loss_share: float | None


def road_terms(
    sides: tuple[RoadSide, RoadSide], factors: Mapping[tuple[int, int], Factors]
) -> Iterator[Terms]:
    """
    Take the road traffic of two runs apart, stream by stream.

    Parameters
    ----------
    sides : pair of RoadSide
        Run A and B.
    factors : mapping of (int, int) to Factors
        By whose settings, and whose set: 0 of run A, 1 of run B.

    Yields
    ------
    Terms
        Of one stream; what both runs leave empty is left out.

    Notes
    -----
    A district that only one run drives in, or a stream that only one run has, is a difference of
    activity. A type that one set does not know keeps the factors of the other.
    A run that tells no seasons apart drives in those of the other as the other does; so does one
    whose zones are others, district by district.
    """
    known = [set(map(tuple, s.spectrum[["vehicle_class", "trip_kind"]].to_numpy())) for s in sides]
    for stream in sorted(known[0] | known[1]):
        terms = _StreamOfTwo(sides, factors, stream).to_terms()
        if len(terms):
            yield terms


class _StreamOfTwo:
    """One stream of two runs, on the areas, types and quantities of both."""

    def __init__(
        self,
        sides: tuple[RoadSide, RoadSide],
        factors: Mapping[tuple[int, int], Factors],
        stream: Stream,
    ) -> None:
        self.sides, self.stream = sides, stream
        self.rows = [_rows_of(side, stream) for side in sides]
        self.areas = pair_areas(self.rows[0], self.rows[1])
        nodes = set(self.rows[0]["gradient"]) | set(self.rows[1]["gradient"])
        self.gradients = np.array([g for g in GRADIENT_NODES if g in nodes])
        self.factors = _with_stream(factors, sides, stream)
        share = [self._share(d) for d in (0, 1)]
        self.types: list[str] = sorted({str(name) for own in share for name in own.columns})
        self.share = np.stack([s.reindex(columns=self.types, fill_value=0.0) for s in share])
        self.quantities = list(
            dict.fromkeys(q for f in self.factors.values() for q in f[0].quantities)
        )

    def to_terms(self) -> Terms:
        """Return the products of all areas, types and quantities (A, J, Q) that are not empty."""
        driven = [self._driven(d) for d in (0, 1)]
        vkm = np.stack([table.sum(axis=(1, 2, 3)) for table in driven])
        vkm[1] = without_noise(vkm[0], vkm[1])
        shape = [
            np.divide(t, v[:, None, None, None], out=np.zeros_like(t), where=t > 0.0)
            for t, v in zip(driven, vkm, strict=True)
        ]
        lone = (vkm > 0.0).sum(axis=0) == 1
        side = (vkm[1] > 0.0).astype(np.int64)
        size = (len(self.areas.places), len(self.types), len(self.quantities))
        intensity = np.zeros((2, 2, 2, *size))
        for d in (0, 1):
            made: dict[tuple[int, ...], Floats] = {}  # settings and sets are mostly the same
            for f, m in np.ndindex(2, 2):
                which = tuple(id(factors) for factors, _ in self._by_preference(f, m))
                if which not in made:
                    made[which] = self._intensity(shape[d], shape[1 - d], f, m)
                intensity[d, f, m] = made[which]
        # driving that emits the same to rounding makes no difference
        intensity[1] = without_noise(intensity[0], intensity[1])

        emits, drives = (intensity > 0.0).any(axis=(0, 1, 2)), (self.share > 0.0).any(axis=0)
        a, j, q = np.nonzero(np.asarray(emits) & np.asarray(drives)[..., None])
        side, lone = side[a], lone[a]
        return Terms(
            keys=self._keys(a, j, q),
            activity=vkm[:, a],
            intensity=freeze(lone, side, intensity[..., a, j, q], 3) / 1e6,  # g to t, MJ to TJ
            share=freeze(lone, side, self.share[:, a, j], 1),
            power=freeze(lone, side, self._power()[:, q], 1),
            counted=freeze(lone, side, self._counted()[:, q], 1),
        )

    def _share(self, d: int) -> pd.DataFrame:
        """Return the shares of a run, areas x types, of types that drive."""
        fleet = self.sides[d].fleet
        if self.stream not in fleet.streams:
            return pd.DataFrame(index=range(len(self.areas.places)))
        c = fleet.streams.index(self.stream)
        own = [fleet.share_in(name, zones[d])[c] for name, zones in self.areas.places]
        table = pd.DataFrame(np.stack(own), columns=list(fleet.types))
        return table.loc[:, (table > 0.0).any()]

    def _driven(self, d: int) -> Floats:
        """Return the kilometres of a run (A, G, S x R, K) [veh km]."""
        rows = self.rows[d]
        n_seasons = self.factors[d, d][0].index.shape[2] // _R if len(rows) else 1
        out = np.zeros((self.areas.n_own[d], self.gradients.size, n_seasons * _R, N_SPEED_NODES))
        place = (
            self.areas.find(rows, d),
            np.searchsorted(self.gradients, rows["gradient"].to_numpy(np.float64)),
            rows["season"].to_numpy(np.int64) * _R
            + pd.Index(ROAD_TYPES).get_indexer(pd.Index(rows["road_type"])),
            rows["speed_node"].to_numpy(np.int64),
        )
        out[place] = rows["vkm"].to_numpy(np.float64)
        return self.areas.lay(out, d)

    def _intensity(self, shape: Floats, other: Floats, f: int, m: int) -> Floats:
        """Return what a kilometre emits (A, J, Q) [g, MJ] with factors of settings f and set m."""
        out = np.zeros((len(self.areas.places), len(self.types), len(self.quantities)))
        found = np.zeros((len(self.types), len(self.quantities)), bool)
        for factors, c in self._by_preference(f, m):
            names = pd.Index(factors.types["vehicle_type"]).get_indexer(self.types)
            has = names >= 0
            wanted = self._places(factors)
            new = has[:, None] & np.isin(np.arange(len(self.quantities)), wanted) & ~found
            if not new.any():
                continue
            n_seasons = factors.index.shape[2] // _R
            laid = _lay_seasons(shape, other, n_seasons)
            types = names[has]
            total = times_curves(laid, self.gradients, factors, types, c)
            total *= factors.estimated[types]  # what is not estimated is in no sum
            whole = np.zeros_like(out)
            whole[np.ix_(np.arange(len(out)), np.flatnonzero(has), wanted)] = total
            out += np.where(new, whole, 0.0)
            found |= new
        if POWER in self.quantities:
            for quantity in _OF_GRID:
                if quantity in self.quantities:
                    power = out[..., self.quantities.index(POWER)]
                    out[..., self.quantities.index(quantity)] = power
        return out

    def _places(self, factors: Factors) -> NDArray[np.int64]:
        """Return the places of the quantities of factors among those of both runs."""
        return np.array([self.quantities.index(q) for q in factors.quantities], np.int64)

    def _by_preference(self, f: int, m: int) -> list[tuple[Factors, int]]:
        order = dict.fromkeys(((f, m), (m, m), (1 - m, 1 - m)))
        return [self.factors[key] for key in order]

    def _power(self) -> Floats:
        """Return what stands behind grid electricity by run and quantity (2, Q) [g/MJ]."""
        out = np.ones((2, len(self.quantities)))
        kg = [side.kg_per_kwh for side in self.sides]
        for d, side in enumerate(self.sides):
            own = kg[d] if kg[d] is not None else kg[1 - d]  # without a figure there is no use
            for quantity in _OF_GRID:
                if quantity in self.quantities:
                    lost = 1.0
                    if quantity[0] == "grid_losses":
                        share = side.loss_share
                        lost = 0.0 if share is None else losses_per_delivered(share)
                    out[d, self.quantities.index(quantity)] = (own or 0.0) * _G_PER_MJ * lost
        return out

    def _counted(self) -> Floats:
        """Say which quantities (2, Q) each run counts at all."""
        own = [set(self.factors[d, d][0].quantities) for d in (0, 1)]
        return np.array([[1.0 * (q in names) for q in self.quantities] for names in own])

    def _keys(self, a: np.ndarray, j: np.ndarray, q: np.ndarray) -> pd.DataFrame:
        carrier = self._carriers()
        fuels, place = np.unique(carrier, return_inverse=True)
        place = place.reshape(carrier.shape)[j, q]
        keys: dict[str, Text | str] = {
            "activity": label([activity_of(*pair) for pair in self.quantities], q),
            "district_id": label([district_id for district_id, _ in self.areas.places], a),
            "location": "link",
            "subsector": "road",
            "vehicle_class": self.stream[0],
            "trip_kind": self.stream[1],
            "vehicle_type": label(self.types, j),
            "fuel": label([name or None for name in fuels.tolist()], place),
            "process": label([process for process, _ in self.quantities], q),
            "pollutant": label([pollutant for _, pollutant in self.quantities], q),
        }
        return Columns(keys)[list(TERM_KEYS)].to_frame(coded=False)

    def _carriers(self) -> np.ndarray:
        """Return the fuel behind each type and quantity (J, Q), empty for wear."""
        out = np.full((len(self.types), len(self.quantities)), "", object)
        for key in ((1, 1), (0, 0)):
            factors = self.factors[key][0]
            names = pd.Index(factors.types["vehicle_type"]).get_indexer(self.types)
            here = np.flatnonzero(names >= 0)
            out[np.ix_(here, self._places(factors))] = factors.carrier[names[here]]
        return out.astype(str)


def _rows_of(side: RoadSide, stream: Stream) -> pd.DataFrame:
    spectrum = side.spectrum
    own = (spectrum["vehicle_class"] == stream[0]) & (spectrum["trip_kind"] == stream[1])
    return spectrum[own.to_numpy()]


def _with_stream(
    factors: Mapping[tuple[int, int], Factors], sides: tuple[RoadSide, RoadSide], stream: Stream
) -> dict[tuple[int, int], tuple[Factors, int]]:
    """Return factors and the stream's place in them; those of the other run, where one lacks it."""
    out = {}
    for f, m in factors:
        g = f if stream in sides[f].streams else 1 - f
        out[f, m] = factors[g, m if (g, m) in factors else g], sides[g].streams.index(stream)
    return out


def _lay_seasons(shape: Floats, other: Floats, n_seasons: int) -> Floats:
    """Tell the seasons of factors apart, as the other run does, or add them up."""
    own = shape.shape[2] // _R
    if own == n_seasons:
        return shape
    by_season = shape.reshape(*shape.shape[:2], own, _R, shape.shape[3])
    whole = by_season.sum(axis=2)
    if n_seasons == 1:
        return whole
    weight = np.full((len(shape), n_seasons), 1.0 / n_seasons)
    if other.shape[2] // _R == n_seasons:
        seasons = other.reshape(*other.shape[:2], n_seasons, _R, other.shape[3])
        found = seasons.sum(axis=(1, 3, 4))
        weight = np.where(found.any(axis=1, keepdims=True), found, weight)
    laid = whole[:, :, None] * weight[:, None, :, None, None]
    return np.asarray(laid.reshape(*shape.shape[:2], n_seasons * _R, shape.shape[3]))
