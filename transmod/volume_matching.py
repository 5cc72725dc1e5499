"""Put the traffic of a source onto the links of a network: matches, volumes, a layer to review."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from transmod.errors import Faults, InputError
from transmod.inputs.checks import attempt
from transmod.inputs.match_review import Correction, read_review
from transmod.inputs.network import Network, read_network
from transmod.inputs.network_files import LINKS_FILE
from transmod.inputs.network_source import read_network_source
from transmod.inputs.traffic_source import TrafficSource, read_traffic_source
from transmod.inputs.volume_files import Kind
from transmod.inputs.volumes import Direction, Unit
from transmod.outputs.match_folder import check_free, write_match
from transmod.traffic.matching import MatchRule
from transmod.traffic.matching_places import (
    DOUBTFUL,
    MATCHED,
    UNMATCHED,
    Matches,
    find_faulty,
    match_links,
)
from transmod.traffic.matching_points import match_points
from transmod.traffic.matching_review import apply_corrections
from transmod.traffic.matching_volumes import UNKNOWN, Transferred, transfer_volumes
from transmod.traffic.network_graph import to_graph

Progress = Callable[[str], None]

_BATCH = 500  # places asked at once whether they are on the network
_CROWDED = 1.5  # of a link's length, by all places of one class: more than one road's traffic


@dataclass(frozen=True)
class ClassAccount:
    """What was given on roads of one class of the source, and what was not matched [veh km]."""

    road_class: str
    given_vkm: float
    unmatched_vkm: float


@dataclass(frozen=True)
class ReasonAccount:
    """Why places are doubtful or unmatched: how many, and what they carry [veh km]."""

    status: str
    reason: str
    places: int
    vkm: float | None


@dataclass(frozen=True)
class MatchFacts:
    """What a match found, for a person or for `--json`."""

    folder: str
    source: str
    network: str
    network_sha256: str
    kind: str
    unit: str
    hours: int | None
    points: bool
    places: int
    matched: int
    doubtful: int
    unmatched: int
    accepted: int
    refused: int
    links_with_volume: int
    given_vkm: float
    transferred_vkm: float
    unmatched_vkm: float
    road_classes: tuple[ClassAccount, ...]
    reasons: tuple[ReasonAccount, ...]
    spread_m: float
    notes: tuple[str, ...]
    seconds: float | None = field(default=None, compare=False)


def match_volumes(  # noqa: PLR0913  a command has as many options as it has
    source: Path,
    network: Path,
    out: Path,
    *,
    volumes: Path | None = None,
    kind: Kind = "aadt",
    unit: Unit = "veh",
    direction: Direction = "per_link",
    spread_m: float | None = None,
    review: Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> MatchFacts:
    """
    Match the places of a traffic source to the links of a network and carry their volumes there.

    Parameters
    ----------
    source : Path
        Folder that `transmod volumes import` wrote; or another network folder, whose `volumes`
        are carried to this one.
    network : Path
        Network folder.
    out : Path
        Folder to write: `volumes.parquet`, `matches.parquet`, `matched_places.parquet`,
        `review.gpkg`, `report.md`.
    volumes : Path, optional
        Volumes on the links of `source`, where that is a network.
    kind, unit, direction
        What these volumes are, as in a scenario.
    spread_m : float, optional
        How far places lie from their links, as a standard deviation [m]. Default: measured, for
        count points 15 m.
    review : Path, optional
        `review.gpkg` of a former match, corrected by a person.
    force : bool
        Replace a match that stands in `out`.
    progress : callable, optional
        Is told in a word what is being done.

    Raises
    ------
    InputError
        With every fault of the inputs; nothing is written then.
    CheckError
        If vehicle-kilometres are lost or made.
    """
    began = time.monotonic()
    source, network, out = Path(source), Path(network), Path(out)
    say = progress or (lambda _: None)
    check_free(out, force=force)
    if spread_m is not None and not 0.0 < spread_m < np.inf:
        raise InputError(f"--spread must be finite and > 0 [m]: {spread_m:g} found.")
    say("reading")
    faults = Faults()
    target = attempt(faults, read_network, network)
    given = attempt(faults, _read_source, source, volumes, kind, unit, direction)
    if target is None or given is None:
        faults.raise_all()
    corrections: dict[str, Correction] = {}
    if review is not None:
        corrections = read_review(Path(review), network_sha256=target.sha256)
    say("matching")
    matches, transferred, notes = match_source(
        given, target, MatchRule(spread_m=spread_m), corrections
    )
    facts = _to_facts(given, target, matches, transferred)
    facts = replace(
        facts, folder=str(out), source=str(source), network=str(network),
        notes=(*given.notes, *notes, *facts.notes, *transferred.notes),
    )  # fmt: skip
    say("writing")
    placed = given.places.to_crs(target.links.crs)
    write_match(out, facts, matches, transferred.volumes, placed, target, hours=given.hours)
    return replace(facts, seconds=time.monotonic() - began)


def match_source(
    source: TrafficSource,
    network: Network,
    rule: MatchRule,
    corrections: dict[str, Correction] | None = None,
) -> tuple[Matches, Transferred, tuple[str, ...]]:
    """
    Match a source that was read, put corrections in, and carry its volumes.

    Raises
    ------
    InputError
        If the source has links and count points, or lies elsewhere than the network; if a
        correction is faulty.
    """
    places, links = source.places, network.links
    kinds = set(places["kind"])
    if len(kinds) != 1:
        raise InputError(
            f"A source must have links or count points, to be matched: {len(kinds) or 'no'} kinds "
            f"found. Import them into folders of their own."
        )
    if places.crs is None:
        raise InputError("Places must have coordinates to be matched: none has.")
    places = places.to_crs(links.crs)
    graph = to_graph(links)
    _check_reach(places, graph.lines, rule)
    if kinds == {"point"}:
        matches = match_points(places, links, graph, rule)
    else:
        matches = match_links(places, links, graph, rule)
    matches, notes = apply_corrections(matches, corrections or {}, places, links)
    transferred = transfer_volumes(source, matches, links)
    table = matches.places.assign(vkm=transferred.place_vkm)
    return replace(matches, places=table), transferred, notes


def _read_source(
    folder: Path, volumes: Path | None, kind: Kind, unit: Unit, direction: Direction
) -> TrafficSource:
    is_network = (folder / LINKS_FILE).exists()
    if is_network and volumes is None:
        raise InputError(
            f"--volumes must name the volumes to carry, as {folder} is a network: not given."
        )
    if not is_network and volumes is not None:
        raise InputError(f"--volumes must be left out: {folder} is no network, but a source.")
    if volumes is not None:
        return read_network_source(folder, volumes, kind=kind, unit=unit, direction=direction)
    return read_traffic_source(folder)


def _check_reach(places: gpd.GeoDataFrame, lines: np.ndarray, rule: MatchRule) -> None:
    """Refuse a source of which no place is near any link."""
    shapes = places.geometry.to_numpy()
    good = shapes[find_faulty(shapes) == ""]
    if not len(good):
        raise InputError(
            "Places must have a geometry within the network's reference system: none has."
        )
    tree = shapely.STRtree(lines)
    for first in range(0, len(good), _BATCH):
        some = good[first : first + _BATCH]
        if tree.query(some, predicate="dwithin", distance=rule.reach_m).size:
            return
    _, away = tree.query_nearest(good, all_matches=False, return_distance=True)
    raise InputError(
        f"Places must lie on the network: none of {len(good):,} is within {rule.reach_m:g} m of a "
        f"link, the nearest is {away.min() / 1000.0:,.1f} km away. Check both coordinate reference "
        f"systems, and that it is the same city."
    )


def _to_facts(
    source: TrafficSource, network: Network, matches: Matches, transferred: Transferred
) -> MatchFacts:
    table = matches.places
    status = table["status"].value_counts()
    by_class = transferred.vkm.groupby("road_class")[["given", "unmatched"]].sum()
    by_reason = (
        table[table["status"] != MATCHED]
        .groupby(["status", "reason"])["vkm"]
        .agg(["size", "sum", "count"])
        .reset_index()
    )
    reasons = [
        ReasonAccount(
            str(row["status"]),
            str(row["reason"]),
            int(row["size"]),
            float(row["sum"]) if row["count"] else None,
        )
        for row in by_reason.to_dict("records")
    ]
    reasons.sort(key=lambda row: (row.status != UNMATCHED, -row.places, row.reason))
    accept = table["accept"]
    return MatchFacts(
        folder="",
        source="",
        network="",
        network_sha256=network.sha256,
        kind=source.kind,
        unit=source.unit,
        hours=source.hours,
        points=bool((source.places["kind"] == "point").all()),
        places=len(table),
        matched=int(status.get(MATCHED, 0)),
        doubtful=int(status.get(DOUBTFUL, 0)),
        unmatched=int(status.get(UNMATCHED, 0)),
        accepted=int((accept == "yes").sum()),
        refused=int((accept == "no").sum()),
        links_with_volume=int(transferred.volumes["link_id"].nunique()),
        given_vkm=float(transferred.vkm["given"].sum()),
        transferred_vkm=transferred.transferred_vkm,
        unmatched_vkm=float(transferred.vkm["unmatched"].sum()),
        road_classes=tuple(
            ClassAccount(str(name), float(row["given"]), float(row["unmatched"]))
            for name, row in by_class.sort_values("given", ascending=False).iterrows()
        ),
        reasons=tuple(reasons),
        spread_m=matches.spread_m,
        notes=tuple(_note(source, matches, network)),
    )


def _note(source: TrafficSource, matches: Matches, network: Network) -> list[str]:
    notes = []
    two_way = int(source.places["is_two_way"].sum())
    if two_way:
        how = (
            "shared by `direction_share`"
            if "direction_share" in source.volumes.columns
            else "half of it each way"
        )
        notes.append(
            f"{two_way:,} places have the volume of both directions: {how}; all of it where the "
            f"network has one direction only."
        )
    pieces = matches.pieces
    if source.places["kind"].eq("point").all():
        streams = pieces.groupby("link")["place"].nunique()
        shared = int((streams > 1).sum())
        if shared:
            notes.append(f"{shared:,} links have several count points: their mean counts.")
        return notes
    taken = np.bincount(pieces["link"], pieces["fraction"], len(network.links))
    crowded = np.flatnonzero(taken > _CROWDED)
    if len(crowded):
        first = network.links["link_id"].iloc[crowded[0]]
        notes.append(
            f"{len(crowded):,} links carry the volumes of more than one place over their length, "
            f"which add up; first link_id {first}."
        )
    unknown = int(source.places["road_class"].isna().sum())
    if unknown:
        notes.append(
            f"{unknown:,} of {len(source.places):,} places have no road class ({UNKNOWN}): matched "
            f"by distance, direction and name alone."
        )
    return notes
