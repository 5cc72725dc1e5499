"""What each kind of measure of traffic does on the bench: steps of volumes, fleets, limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from transmod.errors import Faults
from transmod.inputs.checks import listed
from transmod.intake.measure_access import restrict_access
from transmod.intake.measure_bench import (
    Bench,
    Done,
    Found,
    Task,
    find_days,
    percent,
    scale_found,
    types_of,
)
from transmod.intake.services import consolidate, find_loads
from transmod.model.freight import load_types
from transmod.model.service import Load, Service
from transmod.scenario.traffic_measures import (
    BuildRoad,
    CloseRoad,
    ConsolidateFreight,
    LimitSpeed,
    OffPeakDelivery,
    ReassignTraffic,
    RestrictAccess,
    ScaleTraffic,
    ShiftFreightToRail,
    ShiftMode,
)
from transmod.traffic.changed_volumes import (
    Addition,
    Floats,
    Replacement,
    Retiming,
    Scaling,
    Transfer,
    collect,
    sum_hours,
    with_streams,
)

_EXAMPLES = {"bus": 25, "coach": 30, "motorcycle": 1.1, "moped": 1.1}  # persons


def apply(task: Task, bench: Bench, faults: Faults) -> Done:
    """
    Do a measure.

    Notes
    -----
    What it cannot do is noted in `faults`; volumes are walked through only where there are none.
    """
    return _WORK[type(task.measure)](task, bench, faults)


def _scale(task: Task, bench: Bench, faults: Faults) -> Done:  # noqa: ARG001
    measure, found = task.measure, task.found
    assert isinstance(measure, ScaleTraffic)
    return scale_found(found, bench, np.full(len(bench.streams), measure.factor))


def _close(task: Task, bench: Bench, faults: Faults) -> Done:
    measure, links = task.measure, task.found.links
    assert isinstance(measure, CloseRoad)
    closing = Scaling(links, np.zeros((len(bench.streams), 1)))
    streams = task.found.streams
    if not measure.onto:
        words = ["where its traffic goes is not said: it stays away"]
        return Done(bench.change(links, closing), streams, words)
    _check_one_way(task, bench, faults)
    ids = [link for detour in measure.onto for link in detour.links]
    onto = bench.choice.find({"link_id": ids}, f"`onto` of {task.what}", faults)
    assert onto is not None
    if (onto & links).any():
        faults.add(f"`onto` of {task.what} must name open links: {int((onto & links).sum())} of "
                   f"them are those that it closes.")  # fmt: skip
    if faults:
        return Done(bench.change(links), streams)
    peak = collect(bench.volumes, np.flatnonzero(links)).values.max(axis=0)
    positions = np.flatnonzero(onto)
    share = np.zeros(positions.size)
    link_id = bench.choice.network.links["link_id"].to_numpy()[positions]
    for detour in measure.onto:
        share[np.isin(link_id, detour.links)] += detour.share
    if bench.volumes.has_speed:
        given = collect(bench.volumes, positions).given
        lacking = (~given & (peak > 0.0).any(axis=1)).any(axis=1)
        if lacking.any():
            faults.add(
                f"`onto` of {task.what} must name links whose speeds are given for all that comes: "
                f"{lacking.sum()} of {lacking.size} have none of some class, first link_id "
                f"{link_id[lacking][0]}. Say traffic.speed = 'bpr', or reassign by a file."
            )
    stage = bench.change(links | onto, closing, Addition(positions, share[:, None, None] * peak))
    total = sum(detour.share for detour in measure.onto)
    return Done(
        stage, streams, [f"{percent(total)} of its traffic takes {positions.size} other links"]
    )


def _check_one_way(task: Task, bench: Bench, faults: Faults) -> None:
    """Make sure that no closed link is the other direction of one."""
    own = bench.choice.network.links.loc[task.found.links, ["from_node", "to_node"]].to_numpy()
    ways = {(int(a), int(b)) for a, b in own}
    both = [(a, b) for a, b in sorted(ways) if (b, a) in ways and a < b]
    if both:
        faults.add(
            f"{task.subject} must close one direction where `onto` says who takes its traffic: "
            f"{len(both)} links are closed both ways, first between nodes {both[0][0]} and "
            f"{both[0][1]}. Make a measure of each direction, by `links`."
        )


def _reassign(task: Task, bench: Bench, faults: Faults) -> Done:
    measure, volumes = task.measure, task.volumes
    assert isinstance(measure, (BuildRoad, ReassignTraffic))
    links, streams = task.found.links, task.found.streams
    if volumes is None:
        return Done(bench.change(links), streams)
    if isinstance(measure, BuildRoad) and (links & bench.volumes.has_volume).any():
        old = np.flatnonzero(links & bench.volumes.has_volume)
        link_id = bench.choice.network.links["link_id"].to_numpy()[old]
        faults.add(
            f"{task.subject} must name links without traffic: {old.size} of {int(links.sum())} "
            f"have some, {listed(link_id)}. Say kind = 'reassign_traffic' to put others there."
        )
    given = collect(with_streams(volumes, bench.streams), np.flatnonzero(links))
    values = given.values
    if bench.volumes.shapes is not None:
        values = values * bench.volumes.shapes
    step = Replacement(given.positions, given.given, values, given.speed)
    return Done(bench.change(links, step), streams)


def _limit(task: Task, bench: Bench, faults: Faults) -> Done:
    measure, links = task.measure, task.found.links
    assert isinstance(measure, LimitSpeed)
    free = bench.choice.network.links["free_speed_kmh"].to_numpy(np.float64)
    driven = np.minimum(free, bench.limit)
    most = free * measure.factor if measure.max_kmh is None else np.full_like(free, measure.max_kmh)
    faster = links & (driven > most)
    source = task.scenario.traffic.speed
    if source not in ("given", "measured") and not faster.any():
        faults.add(
            f"`max_kmh` of {task.what} must be below some free speed [km/h]: "
            f"{measure.max_kmh or most.max():g} found, the highest of {int(links.sum()):,} links "
            f"is {driven[links].max(initial=0.0):g}. Free speeds are those that are driven, below "
            "the sign where junctions slow traffic: say `factor`, new over old sign, in its place."
        )
    bench.limit[links] = np.minimum(bench.limit[links], most[links])
    new = measure.factor or 1.0
    most_driven = f"{measure.max_kmh:g} km/h" if measure.max_kmh else f"{percent(new)} of them"
    words = [f"free speeds of {int(faster.sum()):,} links held at {most_driven}"]
    if source in ("given", "measured"):
        words.append(f"{source} speeds too")
    return Done(bench.change(links), task.found.streams, words, moves_nothing=True)


def _shift(task: Task, bench: Bench, faults: Faults) -> Done:
    measure, found = task.measure, task.found
    assert isinstance(measure, ShiftMode)
    persons = task.scenario.fleet.occupancy
    to_class = measure.to not in ("rail", "none")
    wanted = [measure.vehicle_class, measure.to]
    lacking = [name for name in wanted if not persons.get(name)]
    if to_class and lacking:
        example = ", ".join(f"{name} = {_EXAMPLES.get(name, 1.4)}" for name in wanted)
        faults.add(
            f"{task.subject} needs `fleet.occupancy` [persons] of {' and '.join(wanted)}: "
            f"{' and '.join(lacking)} not found. Say it in [fleet], such as "
            f"occupancy = {{{example}}}, with figures of the city."
        )
        return Done(bench.change(found.links), found.streams)
    n_streams = len(bench.streams)
    change = np.zeros((n_streams, n_streams))
    hours = bench.hours
    for c in np.flatnonzero(found.streams):
        change[c, c] = -measure.share
        if not to_class:
            continue
        to = find_taker(bench.streams, bench.streams[c], measure.to)
        assert to is not None  # or the stream was brought when volumes were opened
        rate = measure.share * persons[measure.vehicle_class] / persons[measure.to]
        if bench.shapes is not None:  # they ride when that class drives
            if not hours[to, 0] > 0.0:
                faults.add(
                    f"{task.subject} needs traffic of {measure.to} in the period: its shape has "
                    "none."
                )
                continue
            rate *= float(hours[c, 0] / hours[to, 0])
        change[to, c] = rate
    in_hours = np.ones(hours.shape[1], bool) if found.slots is None else found.slots
    steps = [Transfer(found.links, change, in_hours)] if change.any() else []
    taken = change.any(axis=1) | found.streams
    words = [f"{percent(measure.share)} of the persons in {measure.vehicle_class} to {measure.to}"]
    if measure.to == "rail":
        words.append("what rail then emits is not counted: change `rail.lines`")
    return Done(bench.change(found.links, *steps), taken, words)


def find_taker(
    streams: tuple[tuple[str, str], ...], leaving: tuple[str, str], to: str
) -> int | None:
    """Return the stream that takes those who leave another; its own kind of trip, or all."""
    for trip_kind in (leaving[1], "all"):
        if (to, trip_kind) in streams:
            return streams.index((to, trip_kind))
    return None


def _to_rail(task: Task, bench: Bench, faults: Faults) -> Done:
    measure = task.measure
    assert isinstance(measure, ShiftFreightToRail)
    loads = mean_loads(bench, find_loads(task.scenario, task.place))
    if np.isnan(loads[bench.classes_of_types == measure.vehicle_class]).all():
        faults.add(
            f"{task.subject} needs loads of {measure.vehicle_class}: freight.csv of the set "
            f"{bench.profiles.name} has none of its types."
        )
    moved = 0.0 if faults else measure.share * _sum_freight(task.found, bench, loads)
    done = scale_found(task.found, bench, np.full(len(bench.streams), 1.0 - measure.share))
    return replace(done, freight_t_km=moved)


def _sum_freight(found: Found, bench: Bench, loads: Floats) -> float:
    """Return what is carried on the links found [t km], each with the fleet that drives on it."""
    known = ~np.isnan(loads)
    groups = list(bench.groups())
    inside = [links & found.links for *_, links in groups]
    total = 0.0
    for (zone, district_id, _), sums in zip(
        groups, sum_hours(bench.volumes, inside, bench.length_km), strict=True
    ):
        share = bench.share_of(zone, district_id)[:, known]
        of_known = share.sum(axis=1)
        mean = np.divide(
            (share * loads[known]).sum(axis=1), of_known, out=np.zeros_like(of_known),
            where=of_known > 0.0,
        )  # fmt: skip
        total += float(((sums * bench.hours).sum(axis=1) * mean)[found.streams].sum())
    return total


def _consolidate(task: Task, bench: Bench, faults: Faults) -> Done:
    measure, found = task.measure, task.found
    assert isinstance(measure, ConsolidateFreight)
    before = find_loads(task.scenario, task.place)
    own = consolidate(before[measure.vehicle_class], measure)
    old = mean_loads(bench, before)
    new = mean_loads(bench, before | {measure.vehicle_class: own})
    known = ~np.isnan(old) & ~np.isnan(new)
    steps = []
    for zone, district_id, links in bench.groups():
        share = bench.share_of(zone, district_id)[:, known]
        carried, able = (share * old[known]).sum(axis=1), (share * new[known]).sum(axis=1)
        if not (able[found.streams] > 0.0).all():
            faults.add(
                f"{task.subject} needs loads of {measure.vehicle_class}: freight.csv of the set "
                f"{bench.profiles.name} has none of its types in the fleet."
            )
            break
        ratio = np.where(found.streams, carried / np.where(able > 0.0, able, 1.0), 1.0)
        if links.any() and (ratio != 1.0).any():
            steps.append(Scaling(links, ratio[:, np.newaxis]))
    words = ["tonne-kilometres stay the same"]
    return Done(bench.change(found.links, *steps), found.streams, words)


def mean_loads(bench: Bench, freight: dict[str, Load]) -> Floats:
    """Return what the fleet's types carry on a kilometre, (J,) [t]; NaN where not known."""
    types, _ = load_types(bench.profiles, types_of(bench), Service(freight=freight))
    return types["mean_load_t"].to_numpy(np.float64)


def _retime(task: Task, bench: Bench, faults: Faults) -> Done:
    measure, found, calendar = task.measure, task.found, bench.calendar
    assert isinstance(measure, OffPeakDelivery)
    before = len(faults)
    days = find_days(measure.day_types, task.what, calendar, faults)
    are_known = len(faults) == before
    leaves = days & np.isin(calendar.hour, measure.from_hours)
    enters = days & np.isin(calendar.hour, measure.to_hours)
    for key, chosen in (("from_hours", leaves), ("to_hours", enters)):
        if are_known and not chosen.any():
            faults.add(f"`{key}` of {task.what} must be in the period of the run: none is.")
    if faults or measure.share == 0.0:
        return Done(bench.change(found.links), found.streams, moves_nothing=True)
    step = Retiming(
        found.links, found.streams, measure.share, leaves, enters,
        day=np.cumsum(np.diff(calendar.hour, prepend=calendar.hour[0]) < 0),
        weight=np.broadcast_to(calendar.weight, (len(bench.streams), calendar.n_slots)),
    )  # fmt: skip
    n_hours = len(measure.from_hours)
    words = [f"{percent(measure.share)} of the traffic of {n_hours} hours moves to others"]
    if bench.shapes is not None:
        stage = bench.change(found.links, shapes=step.retime(bench.shapes))
    else:
        stage = bench.change(found.links, step)
    return Done(stage, found.streams, words, moves_nothing=True)


_WORK = {
    ScaleTraffic: _scale,
    CloseRoad: _close,
    BuildRoad: _reassign,
    ReassignTraffic: _reassign,
    LimitSpeed: _limit,
    RestrictAccess: restrict_access,
    ShiftMode: _shift,
    ShiftFreightToRail: _to_rail,
    ConsolidateFreight: _consolidate,
    OffPeakDelivery: _retime,
}
