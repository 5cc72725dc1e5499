"""
Emissions of road traffic: the activity spectrum times the factors of the fleet.

Symbols and shapes as in `model.activity` and `model.factors`: A areas, C streams, J vehicle types,
Q quantities, G gradient nodes, R road types, K speed nodes. A sum over nodes is formed by einsum,
which runs on one thread in a fixed order: its bits do not depend on a BLAS library.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from transmod.columns import Columns, Text, label, stack
from transmod.model.areas import NO_ZONE
from transmod.model.factors import Factors
from transmod.model.fleet import Fleet
from transmod.schema import N_SPEED_NODES, NODES_PER_KMH, ROAD_TYPES

if TYPE_CHECKING:  # the pass over the links is compiled; what comes after it need not be
    from transmod.model.activity import Activity
    from transmod.model.driven import Driven

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# below this the time of a kilometre is held, so a link that stands still has no endless hours
SLOWEST_KMH = 1.0

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
    emission_rows : Columns
        `schema.EMISSION_KEYS`, `process`, `pollutant`, `mass_t` [t]; null where not estimated.
    energy_rows : Columns
        `schema.EMISSION_KEYS`, `energy_tj` [TJ].
    activity_rows : Columns
        `schema.ACTIVITY`.
    notes : tuple of str
        Kilometres outside the validity of the factors.
    """

    emission_rows: Columns
    energy_rows: Columns
    activity_rows: Columns
    notes: tuple[str, ...]


def hours_per_km() -> Floats:
    """Return the time of a kilometre on the speed nodes (K,) [h/km]."""
    return 1.0 / np.maximum(np.arange(N_SPEED_NODES) / NODES_PER_KMH, SLOWEST_KMH)


def area_shares(
    fleet: Fleet, area_ids: Sequence[str], zones: Sequence[str] | None = None
) -> tuple[Floats, Integers]:
    """
    Return the distinct shares of vehicle types (M, C, J), and which of them holds in each area.

    The first of the M is that of all areas without a fleet of their own. `area_ids` (A,) are the
    districts of the areas, `zones` (A,) their zones.
    """
    found, which = [fleet.share], []
    for district_id, zone in zip(area_ids, zones or [NO_ZONE] * len(area_ids), strict=True):
        own = fleet.share_in(district_id, zone)
        place = next((m for m, share in enumerate(found) if share is own), len(found))
        if place == len(found):
            found.append(own)
        which.append(place)
    return np.stack(found), np.array(which, np.int64)


@dataclass(frozen=True, eq=False)
class StreamSums:
    """
    What the spectrum of a stream comes to with some types, whatever share of it they have.

    Attributes
    ----------
    types : int64 (J,)
        Types of the factors.
    emitted : float64 (A, J, Q)
        If each type drove all of it [g, of energy MJ].
    vkm, vehicle_h : float64 (A, R)
        Kilometres [veh km] and hours [veh h].
    slower, faster : float64 (A, J)
        Kilometres below and above the validity of a type's factors [veh km].
    """

    types: Integers
    emitted: Floats
    vkm: Floats
    vehicle_h: Floats
    slower: Floats
    faster: Floats


def find_types(shares: Floats, which: Integers) -> list[Integers]:
    """Return the types that each stream has in some area; arguments as of `road_emissions`."""
    return [np.flatnonzero(shares[which, c].any(axis=0)) for c in range(shares.shape[1])]


def sum_streams(
    activity: Activity | Driven, factors: Factors, types: Sequence[Integers]
) -> Iterator[StreamSums]:
    """Add each stream up over its speeds and gradients, for its types."""
    for c, driven in enumerate(activity.each_stream()):
        vkm, hours = _add_roads(driven)
        slower, faster = _beyond_validity(driven, types[c], factors, activity.gradients)
        emitted = times_curves(driven, activity.gradients, factors, types[c], c)
        yield StreamSums(types[c], emitted, vkm, hours, slower, faster)


def road_emissions(
    activity: Activity | Driven,
    factors: Factors,
    shares: Floats,
    which: Integers,
    area_ids: Sequence[str],
    sums: Iterable[StreamSums] | None = None,
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
        District of each area; the zones of a district are added up.
    sums : iterable of StreamSums, optional
        Of `sum_streams`, where they are known.

    Notes
    -----
    A type that a fleet does not have, and a stream that does not drive in an area, give no rows.
    A quantity that is zero by definition (exhaust of an electric car) gives none either; one that
    the factor set declares as not estimated gives a row without a mass.
    """
    emission, energy, driving = [], [], []
    outside = {}
    districts = list(dict.fromkeys(area_ids))
    district = np.array([districts.index(name) for name in area_ids], np.int64)
    if sums is None:
        sums = sum_streams(activity, factors, find_types(shares, which))
    for c, own in enumerate(sums):
        types = own.types
        share = shares[which, c][:, types]
        present = (share > 0.0) & (own.vkm.sum(axis=1) > 0.0)[:, None]
        total = _add_zones(own.emitted * share[:, :, None], district)
        present = _add_zones(present, district)
        emission.append(_find_masses(total, present, factors, types, c))
        energy.append(_find_energies(total, present, factors, types, c))
        driving.append(_find_driving(own, share, c, district))
        parts = (own.vkm, own.slower * share, own.faster * share)
        outside[activity.streams[c]] = tuple(float(part.sum()) for part in parts)
    names = _Names(activity.streams, districts, factors)
    return RoadEmissions(
        emission_rows=names.emissions(stack(emission)),
        energy_rows=names.energies(stack(energy)),
        activity_rows=names.driving(stack(driving)),
        notes=tuple(_validity_notes(outside)),
    )


@dataclass(frozen=True, eq=False)
class _Names:
    """
    Labels of rows that hold positions: `stream`, `area`, `type`, and `quantity` or `road`.

    Rows of all streams are labelled at once: text is slow to make in many small tables.
    """

    streams: Sequence[tuple[str, str]]
    area_ids: Sequence[str]
    factors: Factors

    def keys(self, rows: Columns) -> dict[str, Text | str]:
        """Return the columns that all rows of road traffic have."""
        stream = rows["stream"]
        return {
            "district_id": label(self.area_ids, rows["area"]),
            "location": "link",
            "subsector": "road",
            "vehicle_class": label([name for name, _ in self.streams], stream),
            "trip_kind": label([kind for _, kind in self.streams], stream),
            "vehicle_type": self.factors.type_columns["vehicle_type"][rows["type"]],
        }

    def lines(self, rows: Columns) -> dict[str, Text | str]:
        """Return activity and keys of rows with a `quantity`, and the carrier behind it."""
        quantity = rows["quantity"]
        activities = [activity_of(*pair) for pair in self.factors.quantities]
        carriers, place = np.unique(self.factors.carrier.astype(str), return_inverse=True)
        place = place.reshape(self.factors.carrier.shape)[rows["type"], quantity]
        fuels = [name or None for name in carriers.tolist()]  # wear burns nothing
        activity = label(activities, quantity)
        return {"activity": activity, **self.keys(rows), "fuel": label(fuels, place)}

    def emissions(self, rows: Columns) -> Columns:
        """Return emission rows; `value` is in grams."""
        quantity = rows["quantity"]
        return Columns(
            {
                **self.lines(rows),
                "process": label([name for name, _ in self.factors.quantities], quantity),
                "pollutant": label([name for _, name in self.factors.quantities], quantity),
                "mass_t": rows["value"] / 1e6,
            }
        )

    def energies(self, rows: Columns) -> Columns:
        """Return energy rows; `value` is in MJ."""
        return Columns({**self.lines(rows), "energy_tj": rows["value"] / 1e6})

    def driving(self, rows: Columns) -> Columns:
        """Return rows of kilometres and hours."""
        types = self.factors.type_columns
        carried = [
            np.asarray(types[name], np.float64)[rows["type"]] if name in types else math.nan
            for name in ("mean_load_t", "occupancy")
        ]
        return Columns(
            {
                **self.keys(rows),
                "road_type": label(ROAD_TYPES, rows["road"]),
                "vkm": rows["vkm"],
                "vehicle_h": rows["vehicle_h"],
                "tonne_km": rows["vkm"] * carried[0],
                "passenger_km": rows["vkm"] * carried[1],
            }
        ).drop("location")


def times_curves(
    driven: Floats, gradients: Floats, factors: Factors, types: Integers, stream: int
) -> Floats:
    """Return kilometres (A, G, R, K) of a stream times factor (A, J, Q) [g, of energy MJ]."""
    out = np.zeros((driven.shape[0], types.size, len(factors.quantities)))
    drives = driven > 0.0
    place = np.empty(len(factors.curve), np.int64)
    for g, gradient in enumerate(factors.at(gradients)):
        for r in range(driven.shape[2]):
            nodes = np.flatnonzero(drives[:, g, r].any(axis=0))
            if nodes.size == 0:
                continue
            own = slice(nodes[0], nodes[-1] + 1)
            areas = np.flatnonzero(drives[:, g, r].any(axis=1))
            row = factors.index[types, :, r, gradient]
            # many types share few curves; to sort them took a third of all
            rows = np.flatnonzero(np.bincount(row.ravel()))
            place[rows] = np.arange(rows.size)
            sums = np.einsum(
                "ak,nk->an",
                np.ascontiguousarray(driven[areas, g, r, own]),
                np.ascontiguousarray(factors.curve[rows, own]),
            )
            out[areas] += sums[:, place[row]] * factors.held(stream, r, types)
    return out


def _applies(factors: Factors, types: Integers, stream: int) -> NDArray[np.bool_]:
    """Say which quantities of which types (J, Q) a stream has; not, where no season holds any."""
    has = np.asarray(factors.index[types].any(axis=(2, 3))) | ~factors.estimated[types]
    return has if factors.scale is None else has & factors.scale[stream][:, types].any(axis=0)


def _find_masses(
    total: Floats,
    present: NDArray[np.bool_],
    factors: Factors,
    types: Integers,
    stream: int,
) -> Columns:
    """Return where a stream has masses, from its sums (A, J, Q) [g]; NaN if not estimated."""
    is_mass = np.array([name != "energy" for _, name in factors.quantities])
    applies = np.asarray(_applies(factors, types, stream) & is_mass)
    area, kind, q = np.nonzero(present[:, :, None] & applies[None])
    value = np.where(factors.estimated[types[kind], q], total[area, kind, q], np.nan)
    return _places(stream, area, types[kind], quantity=q, value=value)


def _find_energies(
    total: Floats,
    present: NDArray[np.bool_],
    factors: Factors,
    types: Integers,
    stream: int,
) -> Columns:
    """Return where a stream takes energy, from its sums (A, J, Q) [MJ]."""
    is_energy = np.array([name == "energy" for _, name in factors.quantities])
    applies = np.asarray(_applies(factors, types, stream) & factors.estimated[types] & is_energy)
    area, kind, q = np.nonzero(present[:, :, None] & applies[None])
    return _places(stream, area, types[kind], quantity=q, value=total[area, kind, q])


def _add_zones(values: NDArray[Any], district: Integers) -> NDArray[Any]:
    """Add values of areas (A, ...) up to those of districts (D, ...); of flags say if any is."""
    n_districts = int(district.max()) + 1
    if n_districts == district.size:
        return values
    out = np.zeros((n_districts, *values.shape[1:]), values.dtype)
    for a, d in enumerate(district):
        out[d] += values[a]
    return out


def _add_roads(driven: Floats) -> tuple[Floats, Floats]:
    """Return kilometres and hours of a stream by road type, each (A, R); seasons are added up."""
    n_areas, n_gradients, _, n_nodes = driven.shape
    by_season = driven.reshape(n_areas, n_gradients, -1, len(ROAD_TYPES), n_nodes)
    vkm = by_season.sum(axis=-1).sum(axis=(1, 2))
    return vkm, np.einsum("agsrk,k->agsr", by_season, hours_per_km()).sum(axis=(1, 2))


def _find_driving(sums: StreamSums, share: Floats, stream: int, district: Integers) -> Columns:
    """Return kilometres and hours of a stream by district, type and road type."""
    of_type = [
        _add_zones(share[:, :, None] * values[:, None, :], district)
        for values in (sums.vkm, sums.vehicle_h)
    ]
    area, kind, road = np.nonzero(of_type[0] > 0.0)
    return _places(
        stream, area, sums.types[kind], road=road, vkm=of_type[0][area, kind, road],
        vehicle_h=of_type[1][area, kind, road],
    )  # fmt: skip


def _places(stream: int, area: Integers, kind: Integers, **columns: Any) -> Columns:
    return Columns({"stream": stream, "area": area, "type": kind, **columns})


def _beyond_validity(
    driven: Floats, types: Integers, factors: Factors, gradients: Floats
) -> tuple[Floats, Floats]:
    """Return the kilometres of a stream (A, J) below and above the validity of factors."""
    speed = np.arange(N_SPEED_NODES) / NODES_PER_KMH
    slower, faster = np.zeros((2, driven.shape[0], types.size))
    for g, gradient in enumerate(factors.at(gradients)):
        for r in range(driven.shape[2]):
            slow, fast = factors.validity[types, r % len(ROAD_TYPES), gradient].T
            n_slow = np.searchsorted(speed, slow)
            n_fast = speed.size - np.searchsorted(speed, fast, "right")
            slower += _sum_first(driven[:, g, r], n_slow)
            faster += _sum_first(driven[:, g, r, ::-1], n_fast)
    return slower, faster


def _sum_first(values: Floats, numbers: Integers) -> Floats:
    """Return the sums (A, J) of the first so many values (A, K)."""
    most = int(numbers.max(initial=0))
    sums = np.zeros((values.shape[0], most + 1))
    np.cumsum(values[:, :most], axis=1, out=sums[:, 1:])
    return sums[:, numbers]


def _validity_notes(outside: dict[tuple[str, str], tuple[float, ...]]) -> Iterator[str]:
    by_class: dict[str, Floats] = {}
    for (vehicle_class, _), sums in outside.items():
        by_class[vehicle_class] = by_class.get(vehicle_class, np.zeros(3)) + np.array(sums)
    shares = {
        name: (below / vkm, above / vkm)
        for name, (vkm, below, above) in by_class.items()
        if vkm > 0.0 and below + above > 0.0
    }
    if shares:
        most_first = sorted(shares, key=lambda name: -sum(shares[name]))
        each = (f"{n} {shares[n][0]:.2%} slower, {shares[n][1]:.2%} faster" for n in most_first)
        yield (
            "Factors are held at the ends of their published speed range; beyond it, of the "
            f"vehicle-kilometres, are: {'; '.join(each)}."
        )


def activity_of(process: str, pollutant: str) -> str:
    """Return the activity that a process and pollutant of road traffic belong to."""
    if pollutant == "co2_biogenic":
        return "road_biogenic"
    return _ACTIVITY_OF_PROCESS[process]
