"""
Emissions of road traffic: the activity spectrum times the factors of the fleet.

Symbols and shapes as in `model.activity` and `model.factors`: A areas, C streams, J vehicle types,
Q quantities, G gradient nodes, R road types, K speed nodes. A sum over nodes is formed by einsum,
which runs on one thread in a fixed order: its bits do not depend on a BLAS library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from transmod.model.activity import Activity
from transmod.model.factors import Factors
from transmod.model.fleet import Fleet
from transmod.schema import GRADIENT_NODES, N_SPEED_NODES, NODES_PER_KMH, POLLUTANTS, ROAD_TYPES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# below this the time of a kilometre is held, so a link that stands still has no endless hours
SLOWEST_KMH = 1.0
# quantities of a link, in order: masses [g], grid electricity [MJ] and its CO2 [g], time [h]
LINK_QUANTITIES = (*POLLUTANTS, "electricity", "co2_scope2", "hours")

_ACTIVITY_OF_PROCESS = {
    "hot": "road_fuel",
    "electricity": "road_electricity",
    "grid_losses": "road_grid_losses",
    "tyre": "road_wear",
    "cold_start": "road_fuel",
    "evaporation": "road_fuel",
    "urea": "road_fuel",
    "lubricant": "road_lubricant",
    "brake": "road_wear",
    "road_surface": "road_wear",
}


@dataclass(frozen=True, eq=False)
class RoadEmissions:
    """
    What the traffic of a run emits.

    Attributes
    ----------
    emission_rows : pandas.DataFrame
        `schema.EMISSION_KEYS`, `process`, `pollutant`, `mass_t` [t]; null where not estimated.
    energy_rows : pandas.DataFrame
        `schema.EMISSION_KEYS`, `energy_tj` [TJ].
    activity_rows : pandas.DataFrame
        `schema.ACTIVITY`.
    notes : tuple of str
        Kilometres outside the validity of the factors.
    """

    emission_rows: pd.DataFrame
    energy_rows: pd.DataFrame
    activity_rows: pd.DataFrame
    notes: tuple[str, ...]


def hours_per_km() -> Floats:
    """Return the time of a kilometre on the speed nodes (K,) [h/km]."""
    return 1.0 / np.maximum(np.arange(N_SPEED_NODES) / NODES_PER_KMH, SLOWEST_KMH)


def area_shares(fleet: Fleet, area_ids: Sequence[str]) -> tuple[Floats, Integers]:
    """
    Return the distinct shares of vehicle types (M, C, J), and which of them holds in each area.

    The first of the M is that of all areas without a fleet of their own.
    """
    own = [name for name in area_ids if name in fleet.district_share]
    shares = np.stack([fleet.share, *(fleet.district_share[name] for name in own)])
    which = np.array([own.index(n) + 1 if n in own else 0 for n in area_ids], np.int64)
    return shares, which


def link_factors(
    streams: Sequence[tuple[str, str]], gradients: Floats, factors: Factors, shares: Floats
) -> Floats:
    """
    Weight the factors by the fleet, for the link pass.

    Parameters
    ----------
    streams : sequence of (str, str)
        C streams.
    gradients : float64 (G,)
        Gradient nodes of the activity, a run of `schema.GRADIENT_NODES`.
    factors : Factors
        Of J types.
    shares : float64 (M, C, J)
        Distinct fleets.

    Returns
    -------
    float64 (M, G, R, K, C, len(LINK_QUANTITIES))
        Scope 1 masses [g/km], grid electricity [MJ/km] and its CO2 [g/km], time [h/km].
    """
    target = np.array([_link_quantity(q) for q in factors.quantities])
    out = np.zeros(
        (
            shares.shape[0],
            gradients.size,
            factors.index.shape[2],
            N_SPEED_NODES,
            len(streams),
            len(LINK_QUANTITIES),
        )
    )
    out[..., LINK_QUANTITIES.index("hours")] = hours_per_km()[:, None]
    used = np.flatnonzero(target >= 0)
    n_curves = factors.curve.shape[0]
    for m, c in np.ndindex(shares.shape[:2]):
        types = np.flatnonzero(shares[m, c])
        for g, gradient in enumerate(_positions(gradients)):
            for r in range(out.shape[2]):
                curve = factors.index[np.ix_(types, used)][:, :, r, gradient]
                weight = shares[m, c, types][:, None] * factors.held(c, r, types)[:, used]
                row = np.broadcast_to(target[used], curve.shape)
                some = curve > 0
                mix = sparse.csr_matrix(
                    (weight[some], (row[some], curve[some])),
                    shape=(len(LINK_QUANTITIES), n_curves),
                )
                out[m, g, r, :, c, :] += (mix @ factors.curve).T
    return out


def road_emissions(
    activity: Activity,
    factors: Factors,
    shares: Floats,
    which: Integers,
    area_ids: Sequence[str],
) -> RoadEmissions:
    """
    Multiply the spectrum by the factors of every vehicle type.

    Parameters
    ----------
    activity : Activity
        Spectrum of A areas and C streams.
    factors : Factors
        Of J types and Q quantities.
    shares, which : float64 (M, C, J), int64 (A,)
        Distinct fleets, and which of them holds in each area.
    area_ids : sequence of str
        District of each area.

    Notes
    -----
    A type that a fleet does not have, and a stream that does not drive in an area, give no rows.
    A quantity that is zero by definition (exhaust of an electric car) gives none either; one that
    the factor set declares as not estimated gives a row without a mass.
    """
    emission, energy, vkm_rows = [], [], []
    outside = {}
    for c, stream in enumerate(activity.streams):
        share = shares[which, c]
        types = np.flatnonzero(share.any(axis=0))
        driven = activity.spectrum[..., c]
        total = _times_curves(driven, activity.gradients, factors, types, c)
        total *= share[:, types, None]
        keys = _Keys(stream, area_ids, factors, types)
        present = (share[:, types] > 0.0) & np.asarray(driven.any(axis=(1, 2, 3)))[:, None]
        emission.append(_mass_rows(total, present, keys, c))
        energy.append(_energy_rows(total, present, keys, c))
        vkm_rows.append(_activity_rows(driven, share[:, types], keys))
        outside[stream] = _outside_validity(driven, share, types, factors, activity.gradients)
    return RoadEmissions(
        emission_rows=pd.concat(emission, ignore_index=True),
        energy_rows=pd.concat(energy, ignore_index=True),
        activity_rows=pd.concat(vkm_rows, ignore_index=True),
        notes=tuple(_validity_notes(outside)),
    )


@dataclass(frozen=True, eq=False)
class _Keys:
    """The labels of a stream's rows."""

    stream: tuple[str, str]
    area_ids: Sequence[str]
    factors: Factors
    types: Integers

    def frame(self, area: Integers, kind: Integers) -> pd.DataFrame:
        """Return the keys of rows: positions among the areas, and among `types`."""
        names = self.factors.types["vehicle_type"].to_numpy(object)
        return pd.DataFrame(
            {
                "district_id": np.asarray(self.area_ids, object)[area],
                "location": "link",
                "subsector": "road",
                "vehicle_class": self.stream[0],
                "trip_kind": self.stream[1],
                "vehicle_type": names[self.types[kind]],
            }
        )


def _times_curves(
    driven: Floats, gradients: Floats, factors: Factors, types: Integers, stream: int
) -> Floats:
    """Return kilometres (A, G, R, K) of a stream times factor (A, J, Q)."""
    out = np.zeros((driven.shape[0], types.size, len(factors.quantities)))
    for g, gradient in enumerate(_positions(gradients)):
        for r in range(driven.shape[2]):
            nodes = np.flatnonzero(driven[:, g, r].any(axis=0))
            if nodes.size == 0:
                continue
            own = slice(nodes[0], nodes[-1] + 1)
            rows, place = np.unique(factors.index[types, :, r, gradient], return_inverse=True)
            sums = np.einsum(
                "ak,nk->an",
                np.ascontiguousarray(driven[:, g, r, own]),
                np.ascontiguousarray(factors.curve[rows, own]),
            )
            out += sums[:, place.reshape(types.size, -1)] * factors.held(stream, r, types)
    return out


def _applies(factors: Factors, types: Integers, stream: int) -> NDArray[np.bool_]:
    """Say which quantities of which types (J, Q) a stream has; not, where no season holds any."""
    has = np.asarray(factors.index[types].any(axis=(2, 3))) | ~factors.estimated[types]
    return has if factors.scale is None else has & factors.scale[stream][:, types].any(axis=0)


def _mass_rows(total: Floats, present: NDArray[np.bool_], keys: _Keys, stream: int) -> pd.DataFrame:
    """Return the emission rows of a stream from its sums (A, J, Q) [g]."""
    factors, types = keys.factors, keys.types
    is_mass = np.array([name != "energy" for _, name in factors.quantities])
    applies = _applies(factors, types, stream)
    area, kind, q = np.nonzero(present[:, :, None] & np.asarray(applies & is_mass)[None])
    process = np.array([name for name, _ in factors.quantities], object)
    pollutant = np.array([name for _, name in factors.quantities], object)
    lines = np.array([_activity_name(*quantity) for quantity in factors.quantities], object)
    rows = keys.frame(area, kind)
    rows.insert(0, "activity", lines[q])
    rows["fuel"] = _carrier(factors)[types[kind], q]
    rows["process"] = process[q]
    rows["pollutant"] = pollutant[q]
    estimated = factors.estimated[types[kind], q]
    rows["mass_t"] = np.where(estimated, total[area, kind, q] / 1e6, np.nan)
    return rows


def _energy_rows(
    total: Floats, present: NDArray[np.bool_], keys: _Keys, stream: int
) -> pd.DataFrame:
    """Return the energy rows of a stream from its sums (A, J, Q) [MJ]."""
    factors, types = keys.factors, keys.types
    none = keys.frame(types[:0], types[:0])
    parts = [none.assign(activity=none["location"], fuel=none["location"], energy_tj=0.0)]
    for q, (process, name) in enumerate(factors.quantities):
        if name != "energy":
            continue
        applies = _applies(factors, types, stream)[:, q] & factors.estimated[types, q]
        area, kind = np.nonzero(present & applies[None])
        rows = keys.frame(area, kind)
        rows.insert(0, "activity", _ACTIVITY_OF_PROCESS[process])
        rows["fuel"] = _carrier(factors)[types[kind], q]
        rows["energy_tj"] = total[area, kind, q] / 1e6
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def _activity_rows(driven: Floats, share: Floats, keys: _Keys) -> pd.DataFrame:
    """Return vehicle-kilometres and hours of a stream by area, type and road type."""
    by_node = driven.sum(axis=1)
    # seasons are added up
    by_node = by_node.reshape(by_node.shape[0], -1, len(ROAD_TYPES), by_node.shape[2]).sum(axis=1)
    vkm = by_node.sum(axis=2)
    hours = np.einsum("ark,k->ar", by_node, hours_per_km())
    area, kind, road = np.nonzero((share > 0.0)[:, :, None] & (vkm > 0.0)[:, None, :])
    rows = keys.frame(area, kind).drop(columns="location")
    rows["road_type"] = np.asarray(ROAD_TYPES, object)[road]
    rows["vkm"] = share[area, kind] * vkm[area, road]
    rows["vehicle_h"] = share[area, kind] * hours[area, road]
    carried = keys.factors.types.reindex(columns=["mean_load_t", "occupancy"]).to_numpy(np.float64)
    of_type = carried[keys.types[kind]]
    rows["tonne_km"] = rows["vkm"] * of_type[:, 0]
    rows["passenger_km"] = rows["vkm"] * of_type[:, 1]
    return rows


def _outside_validity(
    driven: Floats, share: Floats, types: Integers, factors: Factors, gradients: Floats
) -> tuple[float, float, float]:
    """Return the kilometres of a stream in all, below and above the validity of its factors."""
    speed = np.arange(N_SPEED_NODES) / NODES_PER_KMH
    below = above = 0.0
    for g, gradient in enumerate(_positions(gradients)):
        for r in range(driven.shape[2]):
            limits = factors.validity[types, r % len(ROAD_TYPES), gradient]
            low = np.einsum("ak,jk->aj", driven[:, g, r], 1.0 * (speed < limits[:, :1]))
            high = np.einsum("ak,jk->aj", driven[:, g, r], 1.0 * (speed > limits[:, 1:]))
            below += float((low * share[:, types]).sum())
            above += float((high * share[:, types]).sum())
    return float(driven.sum()), below, above


def _validity_notes(outside: dict[tuple[str, str], tuple[float, float, float]]) -> Iterator[str]:
    by_class: dict[str, Floats] = {}
    for (vehicle_class, _), sums in outside.items():
        by_class[vehicle_class] = by_class.get(vehicle_class, np.zeros(3)) + np.array(sums)
    for vehicle_class, (vkm, below, above) in by_class.items():
        if vkm > 0.0 and below + above > 0.0:
            yield (
                f"{vehicle_class}: {below / vkm:.2%} of vehicle-kilometres are slower and "
                f"{above / vkm:.2%} faster than the published range of the factors, which are held "
                f"at its ends."
            )


def _activity_name(process: str, pollutant: str) -> str:
    if pollutant == "co2_biogenic":
        return "road_biogenic"
    return _ACTIVITY_OF_PROCESS[process]


def _carrier(factors: Factors) -> NDArray[np.object_]:
    """Return the fuel behind each type and quantity (J, Q); None for wear."""
    carrier = np.array(factors.carrier, object)
    carrier[carrier == ""] = None
    return carrier


def _link_quantity(quantity: tuple[str, str]) -> int:
    """Return the place of a quantity among those of a link, -1 where links do not show it."""
    process, name = quantity
    if process == "grid_losses":
        return -1
    if process == "electricity":
        return LINK_QUANTITIES.index("electricity" if name == "energy" else "co2_scope2")
    return -1 if name == "energy" else LINK_QUANTITIES.index(name)


def _positions(gradients: Floats) -> list[int]:
    """Return the positions of gradient nodes in `schema.GRADIENT_NODES`."""
    return [GRADIENT_NODES.index(float(g)) for g in gradients]
