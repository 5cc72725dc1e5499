"""A zone where some vehicles may not drive, or pay for it: its volumes and its fleet."""

from __future__ import annotations

import difflib

import numpy as np

from transmod.errors import Faults
from transmod.inputs.checks import listed
from transmod.intake.measure_bench import (
    Bench,
    Done,
    Found,
    Task,
    percent,
    scale_found,
    types_of,
)
from transmod.model.access import find_banned, remove_types, replace_types
from transmod.scenario.traffic_measures import RestrictAccess
from transmod.traffic.changed_volumes import Bools, Floats, Scaling, sum_hours


def restrict_access(task: Task, bench: Bench, faults: Faults) -> Done:
    """
    Take vehicles out of a zone, or let others drive for them.

    Notes
    -----
    Where only some types are banned, the zone gets a fleet of its own, district by district. In
    hours of a ban the volumes fall; the fleet is that of all hours together, so kilometres by type
    are what they are, and only how types and speeds go together over the day is lost.
    """
    measure, found = task.measure, task.found
    assert isinstance(measure, RestrictAccess)
    if not measure.picks_types:
        factor = np.full(len(bench.streams), 1.0 - measure.share)
        return scale_found(found, bench, factor)
    banned = _find_banned(task, bench, faults)
    if faults:
        return Done(bench.change(found.links), found.streams)
    steps, words = [], []
    zone, names = bench.zone.copy(), list(bench.zones)
    shares = dict(bench.fleet.zone_share)
    inside = set(bench.zone[found.links].tolist())
    groups = [
        (old, district_id, links & found.links)
        for old, district_id, links in bench.groups()
        if old in inside
    ]
    in_hours = _share_of_hours(found, [links for *_, links in groups], bench)
    for (old, district_id, mine), driven in zip(groups, in_hours, strict=True):
        share = bench.share_of(old, district_id)
        gone = np.where(found.streams, (share * banned).sum(axis=1), 0.0)
        target = _name_zone(measure, bench.zones[old], bench.zones)
        if target not in names:
            names.append(target)
        zone[mine] = names.index(target)
        part = np.where(found.streams, measure.share * driven, 0.0)
        if measure.response == "replaced":
            _check_left(task, bench, gone, share, banned, faults)
            shares[target, district_id] = replace_types(share, banned, part)
            continue
        shares[target, district_id] = remove_types(share, banned, part)
        factor = 1.0 - measure.share * gone
        if mine.any() and (factor != 1.0).any():
            by_slot = factor[:, np.newaxis]
            if found.slots is not None:
                by_slot = np.where(found.slots, by_slot, 1.0)
            steps.append(Scaling(mine, by_slot))
    stage = bench.change(found.links, *steps)
    bench.set_zones(zone, names, shares)
    kept = "types that may drive take them" if measure.response == "replaced" else "these go"
    words.append(
        f"{int(banned.sum())} vehicle types banned, {percent(measure.share)} of their kilometres "
        f"comply, {kept}"
    )
    if found.slots is not None:
        words.append("the fleet of the zone is the mean over all hours")
    return Done(stage, found.streams, words, moves_nothing=measure.response == "replaced")


def _name_zone(measure: RestrictAccess, old: str, names: list[str]) -> str:
    """Name the zone that a measure makes of another."""
    plain = f"{old} + {measure.title}" if old else measure.title
    own, number = plain, 1
    while own in names:
        number += 1
        own = f"{plain} ({number})"
    return own


def _share_of_hours(found: Found, groups: list[Bools], bench: Bench) -> list[Floats]:
    """Return the share of each stream's kilometres in the slots found, (C,), by group of links."""
    if found.slots is None:
        return [np.ones(len(bench.streams))] * len(groups)
    shares = []
    for sums in sum_hours(bench.volumes, groups, bench.length_km):
        vkm = sums * bench.hours
        total, inside = vkm.sum(axis=1), vkm[:, found.slots].sum(axis=1)
        shares.append(np.divide(inside, total, out=np.ones_like(total), where=total > 0.0))
    return shares


def _find_banned(task: Task, bench: Bench, faults: Faults) -> Bools:
    """Return the types (J,) that a measure bans; note names that the set does not know."""
    measure, found = task.measure, task.found
    assert isinstance(measure, RestrictAccess)
    keys = ("standards", "fuels", "vehicle_types")
    classes = set(bench.classes[found.streams])
    table = bench.profiles.types
    table = table[table["vehicle_class"].isin(classes)]
    for key, (column, values) in zip(keys, measure.banned.items(), strict=True):
        valid = sorted(set(table[column].dropna()))
        lacking = [value for value in values or () if value not in valid]
        if lacking:
            near = difflib.get_close_matches(lacking[0], valid, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            many = f" Known: {', '.join(valid)}." if column != "vehicle_type" else ""
            faults.add(
                f"`{key}` of {task.what} must be those of types of its classes in the set "
                f"{bench.profiles.name}: {listed(lacking)} found.{hint}{many}"
            )
    if faults:
        return np.zeros(len(bench.fleet.types), bool)
    types = types_of(bench)
    banned = find_banned(bench.fleet.types, types, measure.banned)
    banned &= types["vehicle_class"].isin(classes).to_numpy()
    drives = np.zeros(len(banned), bool)
    for zone, district_id, links in bench.groups():
        if (links & found.links).any():
            drives |= (bench.share_of(zone, district_id)[found.streams] > 0.0).any(axis=0)
    if not (banned & drives).any():
        faults.add(
            f"{task.subject} must ban a type that drives: none of the {int(drives.sum())} types of "
            f"its classes in the fleet {bench.fleet.name} is one of these."
        )
    return banned


def _check_left(
    task: Task, bench: Bench, gone: Floats, share: Floats, banned: Bools, faults: Faults
) -> None:
    """Make sure that of each stream some type may drive."""
    none = (gone > 0.0) & ~((share > 0.0) & ~banned).any(axis=1)
    lacking = sorted({str(name) for name in bench.classes[none]})
    text = (
        f"response = 'replaced' of {task.what} needs types that may drive: of {listed(lacking)} "
        "all types of the fleet are banned. Say 'removed', or let a measure of the fleet bring "
        "others."
    )
    if lacking and text not in faults.sentences:
        faults.add(text)
