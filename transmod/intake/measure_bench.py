"""The bench on which measures of traffic are worked: what each finds, and what they left so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.inputs.checks import attempt, listed
from transmod.inputs.layers import read_boundary
from transmod.inputs.profiles import ProfileSet
from transmod.inputs.volumes import Volumes
from transmod.model.areas import NO_ZONE
from transmod.model.fleet import Fleet
from transmod.scenario import Scenario, resolve
from transmod.scenario.traffic_measures import (
    InHours,
    OffPeakDelivery,
    OnLinks,
    RestrictAccess,
    ShiftMode,
    TrafficMeasure,
)
from transmod.traffic.calendar import Calendar
from transmod.traffic.changed_volumes import (
    Bools,
    ChangedVolumes,
    Floats,
    Scaling,
    Stage,
    Step,
    by_hour,
    then,
)
from transmod.traffic.link_choice import LinkChoice

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Found:
    """What a measure is about: links (L,), streams (C,), and slots (T,) or None for all of them."""

    links: Bools
    streams: Bools
    slots: Bools | None


class Bench:
    """
    Volumes, fleet and limits while measures change them.

    `shapes` (C, T) are those of daily volumes, None once these are laid out by hour; `zone` (L,)
    is the position of each link's zone in `zones`; `limit` (L,) holds speeds [km/h].
    """

    def __init__(
        self,
        choice: LinkChoice,
        volumes: ChangedVolumes,
        shapes: Floats | None,
        calendar: Calendar,
        fleet: Fleet,
        profiles: ProfileSet,
    ) -> None:
        self.choice, self.calendar, self.profiles = choice, calendar, profiles
        self.volumes, self.shapes, self.fleet = volumes, shapes, fleet
        self.zones = [NO_ZONE]
        self.zone: Integers = np.zeros(choice.n_links, np.int64)
        self.limit = np.full(choice.n_links, np.inf)

    @property
    def streams(self) -> tuple[tuple[str, str], ...]:
        """Streams, (C,)."""
        return self.volumes.streams

    @property
    def classes(self) -> NDArray[np.object_]:
        """Vehicle class of each stream, (C,)."""
        return np.array([name for name, _ in self.streams], object)

    @property
    def length_km(self) -> Floats:
        """Length of links, (L,) [km]."""
        return self.choice.network.links["length_m"].to_numpy(np.float64) / 1e3

    @property
    def hours(self) -> Floats:
        """Hours of the period that a value of volumes stands for, (C, H) [h]."""
        weight = self.calendar.weight
        if self.shapes is not None:
            return (self.shapes * weight).sum(axis=1, keepdims=True)
        return np.broadcast_to(weight, (len(self.streams), weight.size))

    def lay_out_hours(self) -> None:
        """Lay daily volumes out by hour."""
        assert self.shapes is not None
        self.volumes, self.shapes = by_hour(self.volumes, self.shapes), None

    def change(self, links: Bools, *steps: Step, shapes: Floats | None = None) -> Stage:
        """Change volumes, or the shapes of daily ones."""
        before = self.hours
        self.volumes = then(self.volumes, *steps)
        if shapes is not None:
            self.shapes = shapes
        return Stage(links, steps, before, self.hours)

    def groups(self) -> Iterator[tuple[int, str, Bools]]:
        """Yield zone, district and links (L,) of each fleet; district "" for those without own."""
        own = list(self.fleet.district_share)
        if own:
            districts = self.choice.districts
            at = np.where(np.isin(districts.astype(str), own), districts, "")
        else:
            at = np.full(self.choice.n_links, "", object)
        for zone in np.unique(self.zone):
            for district_id in ["", *own]:
                yield int(zone), district_id, (self.zone == zone) & (at == district_id)

    @property
    def classes_of_types(self) -> NDArray[np.object_]:
        """Vehicle class of each type of the fleet, (J,)."""
        return types_of(self)["vehicle_class"].to_numpy(object)

    def set_zones(
        self, zone: Integers, names: Sequence[str], shares: dict[tuple[str, str], Floats]
    ) -> None:
        """Lay out zones anew, with their fleets by zone and district."""
        self.zone, self.zones = zone, list(names)
        self.fleet = replace(self.fleet, zone_share=shares)

    def share_of(self, zone: int, district_id: str) -> Floats:
        """Return the shares of vehicle types (C, J) that drive in a group."""
        return self.fleet.share_in(district_id, self.zones[zone])


def find(measure: TrafficMeasure, what: str, bench: Bench, run: Path, faults: Faults) -> Found:
    """Find what a measure is about; note what it names that is not there."""
    streams = _find_streams(measure, what, bench.streams, faults)
    slots = _find_slots(measure, what, bench.calendar, faults)
    links = find_links(measure, what, bench.choice, run, faults)
    everywhere = np.ones(bench.choice.n_links, bool)
    return Found(everywhere if links is None else links, streams, slots)


def find_links(
    measure: TrafficMeasure, what: str, choice: LinkChoice, run: Path, faults: Faults
) -> Bools | None:
    """Return the links (L,) that a measure names, None where it names none."""
    chosen: Bools | None = None
    if isinstance(measure, OnLinks):
        before = len(faults)
        wanted = {
            "link_id": measure.links,
            "osm_way_id": measure.osm_ways,
            "name": measure.road_names,
            "road_class": measure.road_class,
            "district_id": measure.district_id,
        }
        chosen = choice.find(wanted, what, faults)
        if len(faults) > before:
            return chosen
    if isinstance(measure, (OnLinks, RestrictAccess)) and measure.zone is not None:
        path = resolve(run, measure.zone)
        read = attempt(faults, read_boundary, path)
        if read is None:
            return chosen
        inside = choice.in_zone(read.to_crs(choice.network.crs).iloc[0])
        if not inside.any():
            faults.add(
                f"`zone` of {what} must hold the midpoint of a link: {path} holds none of "
                f"{inside.size:,}. Look at its CRS and place."
            )
            return inside
        chosen = inside if chosen is None else chosen & inside
    if chosen is not None and not chosen.any():
        faults.add(
            f"{what} must match a link: none has all that it names. Each key alone matches some; "
            "leave one out."
        )
    return chosen


def _find_streams(
    measure: TrafficMeasure, what: str, streams: Sequence[tuple[str, str]], faults: Faults
) -> Bools:
    """Return the streams (C,) that a measure names, all where it names none."""
    out, before = np.ones(len(streams), bool), len(faults)
    names = getattr(measure, "vehicle_class", None)
    wanted = {
        "vehicle_class": (names,) if isinstance(names, str) else names,
        "trip_kind": getattr(measure, "trip_kind", None),
    }
    for column, (key, values) in enumerate(wanted.items()):
        if values is None:
            continue
        own = np.array([stream[column] for stream in streams], object)
        lacking = [value for value in values if value not in own]
        if lacking:
            faults.add(
                f"`{key}` of {what} must be in the volumes: {listed(lacking)} is not. There are "
                f"{', '.join(dict.fromkeys(own))}."
            )
        out &= np.isin(own.astype(str), values)
    if len(streams) and not out.any() and len(faults) == before:
        faults.add(f"{what} must match a stream: its classes have none of its kinds of trip.")
    return out


def _find_slots(
    measure: TrafficMeasure, what: str, calendar: Calendar, faults: Faults
) -> Bools | None:
    """Return the slots (T,) that a measure names, None where it names all."""
    if not isinstance(measure, InHours):
        return None
    before = len(faults)
    slots = find_days(measure.day_types, what, calendar, faults)
    if measure.hours is not None:
        slots = slots & np.isin(calendar.hour, measure.hours)
    if not slots.any() and len(faults) == before:
        faults.add(f"`hours` of {what} must be in the period of the run: none is.")
    return None if slots.all() else slots


def find_days(
    day_types: Sequence[str] | None, what: str, calendar: Calendar, faults: Faults
) -> Bools:
    """Return the slots (T,) of day types, all where none is named."""
    if day_types is None:
        return np.ones(calendar.n_slots, bool)
    lacking = [name for name in day_types if name not in calendar.day_types]
    if lacking:
        faults.add(
            f"`day_types` of {what} must be those of the calendar, "
            f"{', '.join(calendar.day_types)}: {listed(lacking)} found."
        )
    known = [calendar.day_types.index(name) for name in day_types if name not in lacking]
    return np.isin(calendar.day_type, known)


def needs_hours(measure: TrafficMeasure, slots: Bools | None) -> bool:
    """Say whether a measure changes some links or streams in some hours only."""
    if slots is None and not isinstance(measure, OffPeakDelivery):
        return False
    if isinstance(measure, (RestrictAccess, ShiftMode)):
        return True
    return isinstance(measure, OnLinks) and any(
        getattr(measure, name) is not None for name in OnLinks.model_fields
    )


def percent(share: float) -> str:
    """Say a share."""
    return f"{100.0 * share:.4g} %"


def types_of(bench: Bench) -> pd.DataFrame:
    """Return the rows of the set's types that the fleet has, (J,)."""
    table = bench.profiles.types.set_index("vehicle_type", drop=False)
    return table.loc[list(bench.fleet.types)].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class Task:
    """A measure, what it is called in sentences, what it found, and a file it has read."""

    measure: TrafficMeasure
    place: int
    what: str
    found: Found
    scenario: Scenario
    volumes: Volumes | None = None

    @property
    def subject(self) -> str:
        """What it is called where a sentence begins."""
        return self.what[0].upper() + self.what[1:]


@dataclass(frozen=True, eq=False)
class Done:
    """
    What a measure did: its stage, the streams (C,) whose sums tell it, and words on it.

    `freight_t_km` is what it takes off the road for rail [t km].
    """

    stage: Stage
    streams: Bools
    words: list[str] = field(default_factory=list)
    moves_nothing: bool = False
    freight_t_km: float | None = None


def scale_found(found: Found, bench: Bench, factor: Floats) -> Done:
    """Multiply what was found by a factor of each stream (C,)."""
    stage = multiply(found, bench, np.where(found.streams, factor, 1.0))
    return Done(stage, found.streams)


def multiply(found: Found, bench: Bench, factor: Floats) -> Stage:
    """Multiply the volumes of each stream by a factor (C,) where and when it was found."""
    if (factor == 1.0).all():
        return bench.change(found.links)
    if found.slots is None:
        return bench.change(found.links, Scaling(found.links, factor[:, np.newaxis]))
    by_slot = np.where(found.slots, factor[:, np.newaxis], 1.0)
    if bench.shapes is not None:  # all links share them
        return bench.change(found.links, shapes=bench.shapes * by_slot)
    return bench.change(found.links, Scaling(found.links, by_slot))
