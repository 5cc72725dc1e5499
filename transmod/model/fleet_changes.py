"""
Changes of a fleet that measures make: shares move between vehicle types, kilometres stay.

Symbols and shapes as in `model.fleet`: S streams, J vehicle types.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from transmod.columns import Columns
from transmod.errors import Faults, InputError
from transmod.inputs.checks import listed
from transmod.model.fleet import Fleet

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_ROUNDING = 1e-12
_COLUMNS = {
    "vehicle_types": "vehicle_type",
    "fuels": "fuel",
    "powertrains": "powertrain",
    "standards": "emission_standard",
}


@dataclass(frozen=True)
class FleetChange:
    """
    What a measure does to a fleet.

    Attributes
    ----------
    title : str
        What a reader sees, such as `measure 2 ('Electric buses')`.
    share : float or mapping of int to float
        New share of the picked types [-], or that of years; with `retires`, the share of their
        kilometres that goes.
    retires : bool
        Whether the picked types leave to the others.
    types : mapping of str to sequence of str
        What picks the types: `vehicle_types` (`*` stands for any text), `fuels`, `powertrains`,
        `standards`; all that are given must hold.
    vehicle_class, trip_kind, district_id : sequence of str, optional
        Only there. Default: everywhere.
    """

    title: str
    share: float | Mapping[int, float]
    retires: bool
    types: Mapping[str, Sequence[str]]
    vehicle_class: Sequence[str] | None = None
    trip_kind: Sequence[str] | None = None
    district_id: Sequence[str] | None = None

    @property
    def subject(self) -> str:
        """What it is called where a sentence begins."""
        return self.title[0].upper() + self.title[1:]


def change_fleet(
    fleet: Fleet, types: Columns, changes: Sequence[FleetChange], *, year: int
) -> Fleet:
    """
    Make changes of a fleet, one after the other; a share that one has set stays.

    Parameters
    ----------
    fleet : Fleet
        Shares of the J types of S streams.
    types : Columns
        Types of the factor set: `vehicle_type`, `vehicle_class`, `fuel`, `powertrain`,
        `emission_standard`.
    changes : sequence of FleetChange
        In their order.
    year : int
        Year of the fleet, for shares by year.

    Returns
    -------
    Fleet
        With a note for each change. Types that no stream drives any more are left out.

    Raises
    ------
    InputError
        With every change that matches nothing, picks types that share nothing out, leaves no type,
        has no share for the year, or contradicts an earlier one.
    """
    if not changes:
        return fleet
    faults = Faults()
    kept = _Kept()
    for change in changes:
        try:
            fleet = _change(fleet, types, change, year, kept)
        except InputError as error:
            faults.take(error)
    faults.raise_any()
    return _without_idle(fleet)


class _Kept:
    """Types whose share a change has set, by district ("" is everywhere else) and stream."""

    def __init__(self) -> None:
        self._by: dict[tuple[str, int], dict[str, str]] = {}

    def find(self, place: str, stream: int, names: Sequence[str]) -> Flags:
        """Return which types (J,) keep their share."""
        return _among(names, self._of(place, stream))

    def keep(self, place: str, stream: int, names: Iterable[str], title: str) -> None:
        """Keep the shares of types from now on."""
        self._by[place, stream] = self._of(place, stream) | dict.fromkeys(names, title)

    def release(self, place: str, stream: int, change: FleetChange, names: Iterable[str]) -> None:
        """
        Let a later share of the same types take the place of an earlier one.

        Raises
        ------
        InputError
            If only some of the types of the earlier one are meant, or they shall retire.
        """
        own, now = self._of(place, stream), set(names)
        for title in sorted({own[name] for name in now if name in own}):
            before = {name for name, by in own.items() if by == title}
            if change.retires or not before <= now:
                raise InputError(
                    f"Measures must not contradict each other: {title} sets the share of "
                    f"{listed(sorted(before & now))}, which {change.title} changes again. Take "
                    "one of them out; `without = ['measures']` leaves out those of the run that is "
                    "extended."
                )
            own = {name: by for name, by in own.items() if by != title}
        self._by[place, stream] = own

    def _of(self, place: str, stream: int) -> dict[str, str]:
        # a district without a fleet of its own had that of all
        return self._by.get((place, stream), self._by.get(("", stream), {}))


def _change(fleet: Fleet, types: Columns, change: FleetChange, year: int, kept: _Kept) -> Fleet:
    picked = _pick(types, change)
    streams = _streams_of(fleet, change)
    fleet = _with_types(fleet, picked, change, streams)
    names = fleet.types
    share = _share_of(change, year)
    places = _places(fleet, change)
    notes: list[str] = []
    set_now: list[tuple[str, int, list[str]]] = []
    tables, drives = {}, False
    for place, table in places.items():
        own = table.copy()
        for s in streams:
            vehicle_class = fleet.streams[s][0]
            of_class = picked["vehicle_type"][picked["vehicle_class"] == vehicle_class].unique()
            if not of_class:
                continue
            here = _among(names, of_class)
            own_names = [name for name in names if name in of_class]
            kept.release(place, s, change, own_names)
            fixed = kept.find(place, s, names)
            where = f" in {place}" if place else ""
            own[s] = _move(table[s], here, fixed, share, change, fleet.streams[s], where)
            if not change.retires:
                set_now.append((place, s, own_names))
            old, new = float(table[s, here].sum()), float(own[s, here].sum())
            drives |= old > 0.0
            notes.append(f"{' '.join(fleet.streams[s])}{where} {old:.1%} -> {new:.1%}")
        tables[place] = own
    if change.retires and not drives:
        raise InputError(
            f"{change.subject} must match types that drive: none that is {_said(change)} "
            "does, where and on the trips that it names."
        )
    for place, s, own_names in set_now:
        kept.keep(place, s, own_names, change.title)
    note = f"{change.subject}: share of {_said(change)} in kilometres: {'; '.join(notes)}."
    return replace(
        fleet,
        share=tables.get("", fleet.share),
        district_share=fleet.district_share | {k: v for k, v in tables.items() if k},
        notes=(*fleet.notes, note),
    )


def _among(names: Sequence[str], wanted: Iterable[str]) -> Flags:
    """Say which names (J,) are among some."""
    known = set(wanted)
    return np.array([name in known for name in names], bool)


def _pick(types: Columns, change: FleetChange) -> Columns:
    """Return the types that a change names."""
    faults = Faults()
    picked = np.ones(len(types), bool)
    for key, wanted in change.types.items():
        column = types[_COLUMNS[key]]
        texts = column.unique()
        for name in wanted:
            if not any(fnmatchcase(text, name) for text in texts):
                faults.add(
                    f"`{key}` of {change.title} must name some of the factor set: "
                    f"{name!r} is none. It has {listed(texts)}."
                )
        picked &= column.isin(t for t in texts if any(fnmatchcase(t, name) for name in wanted))
    if change.vehicle_class is not None:
        picked &= types["vehicle_class"].isin(change.vehicle_class)
    if not picked.any() and not faults:
        faults.add(
            f"{change.subject} must match a vehicle type: the factor set has none that is "
            f"{_said(change)}. `transmod profiles list` names its types."
        )
    faults.raise_any()
    return types[picked]


def _streams_of(fleet: Fleet, change: FleetChange) -> list[int]:
    """Return the places of the streams that a change is of."""
    found = [
        s
        for s, (vehicle_class, kind) in enumerate(fleet.streams)
        if (change.vehicle_class is None or vehicle_class in change.vehicle_class)
        and (change.trip_kind is None or kind in change.trip_kind)
    ]
    if not found:
        raise InputError(
            f"{change.subject} must match traffic: no stream of the run is of its class "
            f"and kind of trip. The run has {listed([' '.join(s) for s in fleet.streams])}."
        )
    faults = Faults()
    named = {"vehicle_class": change.vehicle_class, "trip_kind": change.trip_kind}
    for column, (key, names) in enumerate(named.items()):
        driven = list(dict.fromkeys(stream[column] for stream in fleet.streams))
        lacking = [name for name in names or () if name not in driven]
        if lacking:
            faults.add(
                f"`{key}` of {change.title} must be in the traffic of the run: "
                f"{listed(lacking)} is not. There are {', '.join(driven)}."
            )
    faults.raise_any()
    return found


def _with_types(
    fleet: Fleet, picked: Columns, change: FleetChange, streams: Sequence[int]
) -> Fleet:
    """Add the picked types that the fleet does not know, where it is clear how they share."""
    classes = {fleet.streams[s][0] for s in streams}
    bare = [name for name in change.vehicle_class or () if name not in set(picked["vehicle_class"])]
    if bare:
        raise InputError(
            f"{change.subject} must match types of each class that it names: the factor "
            f"set has no {listed(bare)} that is {_said(change)}."
        )
    own = picked[picked["vehicle_class"].isin(classes)]
    if not len(own):
        raise InputError(
            f"{change.subject} must match types of the traffic it is of: none of "
            f"{listed(picked['vehicle_type'])} is a {' or '.join(sorted(classes))}."
        )
    known = own["vehicle_type"].isin(fleet.types)
    if change.retires and not known.any():
        raise InputError(
            f"{change.subject} must match types that drive: the fleet {fleet.name} has "
            f"none that is {_said(change)}."
        )
    if change.retires:
        return fleet
    is_named = "vehicle_types" in change.types
    # a class that has some of them keeps to these, unless types are named
    has_some = own["vehicle_class"].isin(own["vehicle_class"][known].unique())
    lacking = own[~known & (is_named | ~has_some)]
    if not is_named and len(lacking["vehicle_class"].unique()) < len(lacking):
        raise InputError(
            f"{change.subject} must name its types: the fleet {fleet.name} has none of "
            f"{listed(lacking['vehicle_type'])}, so nothing says how they share the kilometres. "
            "Give `vehicle_types`."
        )
    width = ((0, 0), (0, len(lacking)))
    return replace(
        fleet,
        types=(*fleet.types, *(str(name) for name in lacking["vehicle_type"])),
        share=np.pad(fleet.share, width),
        district_share={d: np.pad(table, width) for d, table in fleet.district_share.items()},
    )


def _places(fleet: Fleet, change: FleetChange) -> dict[str, Floats]:
    """Return the shares (S, J) that a change is of, by district; "" are all without their own."""
    if change.district_id is None:
        return {"": fleet.share, **fleet.district_share}
    return {name: fleet.district_share.get(name, fleet.share) for name in change.district_id}


def _move(
    share: Floats,
    picked: Flags,
    fixed: Flags,
    target: float,
    change: FleetChange,
    stream: tuple[str, str],
    where: str,
) -> Floats:
    """Return the shares (J,) of a stream with that of the picked types moved to the target."""
    old = float(share[picked].sum())
    if change.retires:
        target = old * (1.0 - target)
    others = ~picked & ~fixed
    rest, left = float(share[others].sum()), 1.0 - target - float(share[fixed].sum())
    if left < -_ROUNDING:
        raise InputError(
            f"Measures must not contradict each other: with {change.title} the shares set for "
            f"{' '.join(stream)} add up to {1.0 - left:.4g}, more than 1. Lower one of them."
        )
    if rest <= 0.0 and left > _ROUNDING:
        raise InputError(
            f"{change.subject} must leave types that drive the rest: {' '.join(stream)} "
            f"has none but those that are {_said(change)}, or whose share a measure has set."
        )
    is_open = old <= 0.0 < target and int(picked.sum()) > 1
    if is_open and "vehicle_types" not in change.types:
        raise InputError(
            f"{change.subject} must name its types: none of the {int(picked.sum())} that are "
            f"{_said(change)} is in {' '.join(stream)}{where}, so nothing says how they share the "
            "kilometres there. Give `vehicle_types`, or leave that out by vehicle_class, trip_kind "
            "or district_id."
        )
    out = share.copy()
    if rest > 0.0:
        out[others] = out[others] / rest * max(left, 0.0)
    if old > 0.0:
        out[picked] = out[picked] / old * target
    else:
        out[picked] = target / int(picked.sum())
    return out


def _share_of(change: FleetChange, year: int) -> float:
    """Return the share that holds in a year; between two years it lies on a line."""
    if not isinstance(change.share, Mapping):
        return float(change.share)
    years = sorted(change.share)
    if not years or not years[0] <= year <= years[-1]:
        raise InputError(
            f"`share` of {change.title} must reach {year}: it has "
            f"{', '.join(map(str, years)) or 'no years'}."
        )
    return float(np.interp(year, years, [change.share[y] for y in years]))


def _said(change: FleetChange) -> str:
    return ", ".join("/".join(names) for names in change.types.values())


def _without_idle(fleet: Fleet) -> Fleet:
    """Leave out the types that nobody drives any more."""
    tables = [fleet.share, *fleet.district_share.values()]
    used = np.any([(table > 0.0).any(axis=0) for table in tables], axis=0)
    types = tuple(name for name, is_used in zip(fleet.types, used, strict=True) if is_used)
    order = np.argsort(np.array(types))
    place = np.flatnonzero(used)[order]
    return replace(
        fleet,
        types=tuple(types[i] for i in order),
        share=fleet.share[:, place],
        district_share={d: table[:, place] for d, table in fleet.district_share.items()},
        energy_scale={k: v for k, v in fleet.energy_scale.items() if k in types},
    )
