"""
Measures of traffic of a scenario: read, checked against each other, and done in order.

Measures of the fleet come first wherever they stand: those of traffic see the fleet that results.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path

import numpy as np

from transmod.errors import Faults
from transmod.inputs.checks import attempt, listed
from transmod.inputs.network import Network
from transmod.inputs.profiles import ProfileSet
from transmod.inputs.volumes import Volumes, read_volumes
from transmod.intake.measure_bench import Bench, Done, Task, find, needs_hours
from transmod.intake.measure_steps import apply, find_taker
from transmod.model.access import find_banned
from transmod.model.areas import Areas
from transmod.model.fleet import Fleet
from transmod.scenario import Scenario, resolve
from transmod.scenario.measure import name_measure
from transmod.scenario.traffic_measures import (
    BuildRoad,
    CloseRoad,
    LimitSpeed,
    OffPeakDelivery,
    ReassignTraffic,
    RestrictAccess,
    ShiftMode,
    TrafficMeasure,
)
from transmod.schema import NO_DISTRICT
from transmod.traffic.calendar import Calendar
from transmod.traffic.changed_volumes import (
    Bools,
    ChangedVolumes,
    Floats,
    sum_stages,
    with_streams,
)
from transmod.traffic.link_choice import LinkChoice
from transmod.traffic.temporal import Shapes

_A_PERIOD = {"year": "a year", "day": "a day", "hour": "an hour"}


@dataclass(frozen=True, eq=False)
class Opened:
    """Volumes with every stream that measures bring, and volume files by place of the measure."""

    volumes: Volumes
    files: dict[int, Volumes]


@dataclass(frozen=True, eq=False)
class Changed:
    """
    Traffic after all measures.

    Attributes
    ----------
    volumes, shapes, fleet, areas
        What the link pass drives; shapes are None for hourly volumes.
    limit : float64 (L,) or None
        Highest speed on each link [km/h].
    freight_t_km : dict
        Tonne-kilometres [t km] that measures bring to rail, by place of the measure.
    notes : tuple of str
        What each measure touched, in order.
    """

    volumes: Volumes
    shapes: Shapes | None
    fleet: Fleet
    areas: Areas
    limit: Floats | None = None
    freight_t_km: dict[int, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def open_measures(network: Network, volumes: Volumes, *, run: Path, scenario: Scenario) -> Opened:
    """
    Read the volume files of measures and add the streams that measures bring.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    faults, files = Faults(), {}
    streams = list(volumes.streams)
    traffic = scenario.traffic
    for place, measure in _of_traffic(scenario):
        if isinstance(measure, (BuildRoad, ReassignTraffic)):
            path = resolve(run, measure.volumes)
            own = attempt(
                faults, read_volumes, path, network, kind=traffic.kind, unit=traffic.unit,
                direction=traffic.direction, network_sha256=traffic.network_sha256,
            )  # fmt: skip
            if own is None:
                continue
            _check_likeness(own, volumes, path, faults)
            files[place] = own
            streams += own.streams
    faults.raise_any()
    while more := list(_find_takers(tuple(streams), scenario)):
        streams += more
    if set(streams) == set(volumes.streams):
        return Opened(volumes, files)
    return Opened(with_streams(volumes, streams), files)


def _find_takers(
    streams: tuple[tuple[str, str], ...], scenario: Scenario
) -> Iterator[tuple[str, str]]:
    """Yield the streams that are missing for those who leave another."""
    for _, measure in _of_traffic(scenario):
        if isinstance(measure, ShiftMode) and measure.to not in ("rail", "none"):
            for stream in streams:
                leaves = stream[0] == measure.vehicle_class
                leaves &= measure.trip_kind is None or stream[1] in measure.trip_kind
                if leaves and find_taker(streams, stream, measure.to) is None:
                    yield measure.to, stream[1]


def _check_likeness(own: Volumes, volumes: Volumes, path: Path, faults: Faults) -> None:
    """Make sure that a file of a measure has the form of the volumes of the run."""
    if own.n_hours != volumes.n_hours:
        faults.add(
            f"{path} must have the hours of the volumes of the run, {volumes.n_hours}: it has "
            f"{own.n_hours}."
        )
    if volumes.has_speed and not own.has_speed:
        faults.add(f"{path} must have speeds as the volumes of the run do: no `speed_kmh` found.")


def change_traffic(
    network: Network,
    opened: Opened,
    calendar: Calendar,
    fleet: Fleet,
    profiles: ProfileSet,
    *,
    shapes: Shapes | None,
    run: Path,
    scenario: Scenario,
) -> Changed | None:
    """
    Do the measures of traffic of a scenario in order; None where shapes have faults.

    Raises
    ------
    InputError
        With every fault: a measure that matches nothing, two that contradict each other, a name
        that is unknown.
    """
    areas = Areas((*network.districts["district_id"], NO_DISTRICT))
    measures = list(_of_traffic(scenario))
    if not measures:
        return Changed(opened.volumes, shapes, fleet, areas)
    if (shapes is None) != (opened.volumes.kind == "hourly"):
        return None
    faults, choice = Faults(), LinkChoice(network)
    start = opened.volumes
    if not isinstance(start, ChangedVolumes):
        start = with_streams(start, ())
    bench = Bench(
        choice, start, None if shapes is None else shapes.values, calendar, fleet, profiles
    )
    tasks = []
    for place, measure in measures:
        what, before = name_measure(place + 1, measure.name, measure.kind), len(faults)
        found = find(measure, what, bench, run, faults)
        if len(faults) > before:  # on what it did not find nothing more can be said
            continue
        own = opened.files.get(place)
        if own is not None:
            found = replace(found, links=own.has_volume)
        tasks.append(Task(measure, place, what, found, scenario, own))
    _check_contradictions(tasks, bench, faults)
    if bench.shapes is not None and _links_differ_by_hour(tasks):
        bench.lay_out_hours()
    # what a measure does hangs on those before it: after a fault it can only be looked at
    done = [apply(task, bench, faults) for task in tasks]
    faults.raise_any()

    unchanged = replace(bench.volumes, steps=())
    sums = sum_stages(unchanged, [one.stage for one in done], bench.length_km)
    _check_traffic(tasks, done, sums, faults)
    faults.raise_any()
    notes = [
        _tell(task, one, before, after, bench)
        for task, one, (before, after) in zip(tasks, done, sums, strict=True)
    ]
    return Changed(
        volumes=bench.volumes if bench.volumes.steps or bench.volumes.shapes is not None
        else opened.volumes,
        shapes=None if shapes is None or bench.shapes is None
        else replace(shapes, values=bench.shapes),
        fleet=bench.fleet,
        areas=_lay_areas(bench, areas),
        limit=bench.limit if np.isfinite(bench.limit).any() else None,
        freight_t_km={
            task.place: one.freight_t_km
            for task, one in zip(tasks, done, strict=True)
            if one.freight_t_km is not None
        },
        notes=(*notes, *_tell_all(tasks, bench, scenario)),
    )  # fmt: skip


def _of_traffic(scenario: Scenario) -> Iterator[tuple[int, TrafficMeasure]]:
    """Yield the measures of traffic with their place among all measures."""
    for place, measure in enumerate(scenario.measures):
        if isinstance(measure, TrafficMeasure):
            yield place, measure


def _links_differ_by_hour(tasks: Sequence[Task]) -> bool:
    """Say whether links can no longer share the hours of their class after all measures."""
    if any(needs_hours(task.measure, task.found.slots) for task in tasks):
        return True
    changes = [
        task.found.slots is not None or isinstance(task.measure, OffPeakDelivery) for task in tasks
    ]
    # volumes of a file that come later are not what an earlier measure was about
    return any(task.volumes is not None and any(changes[:i]) for i, task in enumerate(tasks))


def _check_contradictions(tasks: Sequence[Task], bench: Bench, faults: Faults) -> None:
    """Note measures that cannot both hold."""
    link_id = bench.choice.network.links["link_id"].to_numpy()
    for one, other in combinations(tasks, 2):
        for a, b in ((one, other), (other, one)):
            if not isinstance(a.measure, CloseRoad):
                continue
            served = _served(b, link_id)
            both = link_id[a.found.links & served]
            if both.size:
                faults.add(
                    f"Measures must not contradict each other: {a.what} closes {both.size} links "
                    f"that {b.what} brings traffic to, first link_id {both[0]}."
                )
        if one.volumes is not None and other.volumes is not None:
            both = link_id[one.volumes.has_volume & other.volumes.has_volume]
            if both.size:
                faults.add(
                    f"Measures must not contradict each other: {one.what} and {other.what} give "
                    f"volumes of {both.size} same links, first link_id {both[0]}."
                )
        if _ban_differently(one, other, bench):
            faults.add(
                f"Measures must not contradict each other: {one.what} and {other.what} ban the "
                "same types on the same links in the same hours, one removes their kilometres, "
                "the other replaces them."
            )


def _served(task: Task, link_id: np.ndarray) -> Bools:
    """Return the links (L,) that a measure brings traffic to."""
    if isinstance(task.measure, CloseRoad):
        ids = [link for detour in task.measure.onto for link in detour.links]
        return np.isin(link_id, ids)
    if task.volumes is not None:
        return task.volumes.has_volume
    return np.zeros(link_id.size, bool)


def _ban_differently(one: Task, other: Task, bench: Bench) -> bool:
    """Say whether two bans leave it open what happens to the same kilometres."""
    bans = []
    for task in (one, other):
        measure = task.measure
        if not isinstance(measure, RestrictAccess):
            return False
        types = list(bench.fleet.types)
        slots = task.found.slots
        everytime = np.ones(bench.calendar.n_slots, bool)
        bans.append((
            task.found.links, task.found.streams, everytime if slots is None else slots,
            find_banned(types, bench.profiles.types, measure.banned), measure.response,
        ))  # fmt: skip
    if bans[0][-1] == bans[1][-1]:
        return False
    return all(bool((a & b).any()) for a, b in zip(bans[0][:-1], bans[1][:-1], strict=True))


def _check_traffic(
    tasks: Sequence[Task], done: Sequence[Done], sums: Sequence[tuple[Floats, Floats]],
    faults: Faults,
) -> None:  # fmt: skip
    """Make sure that each measure found some traffic, or brought some."""
    for task, one, (before, after) in zip(tasks, done, sums, strict=True):
        if isinstance(task.measure, LimitSpeed):
            continue
        built = isinstance(task.measure, (BuildRoad, ReassignTraffic))
        moved = before + after if built else before
        if not moved[one.streams].any():
            faults.add(
                f"{task.subject} must match traffic: {int(one.stage.links.sum()):,} links have "
                "none of its streams when its turn comes."
            )


def _tell(task: Task, done: Done, before: Floats, after: Floats, bench: Bench) -> str:
    """Say what a measure touched."""
    links = int(done.stage.links.sum())
    all_links = " (all)" if links == bench.choice.n_links else ""
    words = "; ".join([*done.words, _tell_vkm(done, before, after, bench)])
    return f"{task.subject} on {links:,} links{all_links}: {words}."


def _tell_vkm(done: Done, before: Floats, after: Floats, bench: Bench) -> str:
    """Say by how much kilometres change, by class where several change."""
    a_period = _A_PERIOD[bench.calendar.period]
    if done.moves_nothing:
        return f"{before[done.streams].sum():,.0f} veh km {a_period} are driven there"
    told = []
    for name in dict.fromkeys(bench.classes[done.streams]):
        own = bench.classes == name
        told.append((str(name), float(before[own].sum()), float(after[own].sum())))
    each = [f"{name} {_pair(a, b)}" for name, a, b in told if a != b]
    total = _pair(sum(a for _, a, _ in told), sum(b for *_, b in told))
    detail = f" ({', '.join(each)})" if len(each) > 1 else ""
    return f"{total} veh km {a_period}{detail}"


def _pair(before: float, after: float) -> str:
    change = f" ({after / before - 1.0:+.2%})" if before > 0.0 else ""
    return f"{before:,.0f} to {after:,.0f}{change}"


def _tell_all(tasks: Sequence[Task], bench: Bench, scenario: Scenario) -> Iterator[str]:
    """Say what holds of all measures of traffic together."""
    source = scenario.traffic.speed
    if source in ("given", "measured") and bench.volumes.steps:
        yield (
            f"Speeds are {source}: they do not follow the volumes that measures change. Say "
            "traffic.speed = 'bpr' to have them follow."
        )
    if bench.volumes.shapes is not None:
        yield "Daily volumes were laid out by hour, as a measure changes some links in some hours."
    touched = [measure.touches for measure in scenario.measures]
    first = touched.index("traffic")
    late = [
        name_measure(place + 1, measure.name, measure.kind)
        for place, measure in enumerate(scenario.measures)
        if place > first and measure.touches == "fleet"
    ]
    if late and any(isinstance(t.measure, RestrictAccess) for t in tasks):
        yield (
            f"Measures of the fleet come before all of traffic: {listed(late)} holds in restricted "
            "zones, too."
        )


def _lay_areas(bench: Bench, areas: Areas) -> Areas:
    """Return the areas of the zones that are left."""
    used = np.unique(np.append(0, bench.zone))
    if used.size == 1:
        return areas
    zones = tuple(bench.zones[z] for z in used)
    return replace(areas, zones=zones, zone_of_link=np.searchsorted(used, bench.zone))
