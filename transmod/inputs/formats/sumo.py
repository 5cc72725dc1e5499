"""Read SUMO: a network (`net.xml`) and edge or lane data of it (`<meandata>`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from transmod.errors import Faults, InputError
from transmod.inputs.checks import listed
from transmod.inputs.formats.reading import (
    ALL_VEHICLES,
    ImportOptions,
    Reading,
    Remark,
    Stream,
    make_places,
    parse_crs,
)
from transmod.inputs.formats.sumo_edge_data import EdgeData, read_edge_data
from transmod.inputs.formats.xml import walk_xml
from transmod.schema import ROAD_CLASSES

_MS_TO_KMH = 3.6
# classes of SUMO that drive on roads by motor; an edge that admits none of them is no road
_MOTORISED = {
    "private", "emergency", "authority", "army", "vip", "passenger", "hov", "taxi", "bus", "coach",
    "delivery", "truck", "trailer", "motorcycle", "moped", "evehicle", "custom1", "custom2",
}  # fmt: skip
# edges that netconvert made of an OSM way are called by it, whatever it appended
_WAY = re.compile(r"^-?(\d+)(?=$|[#.\-])")
_OSM_TYPE = "highway."
_TAIL = 1e-3  # share by which the two measures of distance may differ without a word


@dataclass(eq=False)
class _Net:
    crs: CRS | None = None
    offset: tuple[float, float] = (0.0, 0.0)
    junctions: dict[str, tuple[float, float]] = field(default_factory=dict)
    edges: list[dict[str, str]] = field(default_factory=list)
    lanes: list[tuple[int, float, float]] = field(default_factory=list)  # number, speed, length
    ends: list[tuple[str, str]] = field(default_factory=list)
    shapes: list[list[tuple[float, ...]]] = field(default_factory=list)
    ways: list[int | None] = field(default_factory=list)
    no_road: int = 0


def read_sumo(net: Path, data: Sequence[Path], options: ImportOptions) -> Reading:
    """
    Read a SUMO network and the edge data of runs on it.

    The volume of an edge is `sampledSeconds` x `speed` over its length, so that its
    vehicle-kilometres, vehicle-hours and speed are those that SUMO states. A vehicle is on an edge
    as long as a part of it is; what fronts alone drove (`distance`) is noted. Intervals are spread
    over the hours they lie in. Edges inside junctions are no places; their vehicle-kilometres are
    noted.

    Parameters
    ----------
    net : Path
        `net.xml`.
    data : sequence of Path
        Edge data; the `id` of an interval names the class, unless there is only one.
    options : ImportOptions
        `begin_hour` is that of second 0; `crs`, where the network has none.

    Raises
    ------
    InputError
        If a file is broken, or the network has no projection and none is named.
    """
    found = _read_net(net, options)
    index = {edge["id"]: i for i, edge in enumerate(found.edges)}
    length = np.array([lane[2] for lane in found.lanes])
    notes: list[str] = []
    remarks: list[Remark] = []
    if found.no_road:
        notes.append(f"{found.no_road:,} edges of {net.name} are no roads for motor vehicles.")
    content = read_edge_data(data, index, options.begin_hour)
    _say_others(content, found, data, notes, remarks)
    streams = [_to_stream(name, content, totals, length) for name, totals in content.totals.items()]
    if len(streams) == 1 and streams[0].name not in options.classes:
        streams = [Stream(ALL_VEHICLES, streams[0].place, streams[0].volume, streams[0].speed)]
    if content.filled:
        notes.append(
            f"{content.filled:,} of the {content.given + content.filled:,} figures of edges and "
            f"hours do not stand in the data, which leaves out edges without traffic: 0 vehicles."
        )
    return Reading(
        format="sumo",
        places=_to_places(found),
        streams=streams,
        kind="hourly",
        hours=content.hours,
        covered=content.covered,
        remarks=remarks,
        notes=notes,
    )


class _NetReader:
    """Handles the elements of a network."""

    def __init__(self) -> None:
        self.net = _Net()
        self.location: dict[str, str] = {}
        self.lanes: list[dict[str, str]] = []
        self.way = ""  # of the edge at hand, where its lanes say it

    def start(self, name: str, attributes: dict[str, str]) -> None:
        net = self.net
        if name == "lane":
            self.lanes.append(attributes)
        elif name == "edge":
            self.lanes, self.way = [], ""
            net.edges.append(attributes)
        elif name == "param" and attributes.get("key") == "origId" and not self.way:
            self.way = attributes.get("value", "").partition(" ")[0]
        elif name == "junction":
            net.junctions[attributes["id"]] = (float(attributes["x"]), float(attributes["y"]))
        elif name == "location":
            self.location = attributes

    def end(self, name: str) -> None:
        if name != "edge":
            return
        net = self.net
        edge = net.edges.pop()
        if edge.get("function", "normal") not in ("normal", "connector"):
            return
        roads = [lane for lane in self.lanes if _is_road(lane)]
        if not roads:
            net.no_road += 1
            return
        net.edges.append(edge)
        speed = max(float(lane["speed"]) for lane in roads)
        net.lanes.append((len(roads), speed, float(roads[0]["length"])))
        net.ends.append((edge["from"], edge["to"]))
        net.shapes.append(_points(edge.get("shape", "")))
        net.ways.append(_way(edge, self.way))


def _points(shape: str) -> list[tuple[float, ...]]:
    """Parse the course of an edge, without heights."""
    return [tuple(float(number) for number in pair.split(",")[:2]) for pair in shape.split()]


def _way(edge: dict[str, str], stated: str) -> int | None:
    """Return the OSM way of an edge: as its lanes say, else as its own name does."""
    text = stated.lstrip("-")
    if not text and edge.get("type", "").startswith(_OSM_TYPE):
        match = _WAY.match(edge["id"])
        text = match.group(1) if match else ""
    return int(text) if text.isdigit() else None


def _read_net(path: Path, options: ImportOptions) -> _Net:
    reader = _NetReader()
    walk_xml(path, "a SUMO network", reader.start, reader.end)
    net = reader.net
    if not net.edges:
        raise InputError(f"{path} must hold edges for motor vehicles: none found.")
    x, y = reader.location.get("netOffset", "0,0").split(",")
    net.offset = float(x), float(y)
    projection = options.crs or reader.location.get("projParameter", "!")
    if projection == "!":
        raise InputError(
            f"{path} must say where on earth it lies: its projection is '!', unknown. Name the "
            f"system of its coordinates with --crs."
        )
    net.crs = parse_crs(projection, path)
    return net


def _is_road(lane: dict[str, str]) -> bool:
    if "allow" in lane:
        allowed = set(lane["allow"].split())
        return "all" in allowed or bool(allowed & _MOTORISED)
    forbidden = set(lane.get("disallow", "").split())
    return "all" not in forbidden and not forbidden >= {"passenger", "bus", "truck", "delivery"}


def _to_places(net: _Net) -> gpd.GeoDataFrame:
    lines: list[shapely.LineString | None] = []
    for ends, shape in zip(net.ends, net.shapes, strict=True):
        points = shape or [net.junctions[end] for end in ends if end in net.junctions]
        line = np.array(points).reshape(-1, 2) - net.offset
        lines.append(shapely.LineString(line) if len(line) > 1 else None)
    types = [edge.get("type", "").partition(_OSM_TYPE)[2].split("|")[0] for edge in net.edges]
    classes = [name.removesuffix("_link") for name in types]
    columns = {
        "place_id": [edge["id"] for edge in net.edges],
        "kind": "link",
        "from_node": [start for start, _ in net.ends],
        "to_node": [end for _, end in net.ends],
        "osm_way_id": net.ways,
        "road_class": [name if name in ROAD_CLASSES else None for name in classes],
        "is_ramp": [name.endswith("_link") for name in types],
        "name": [edge.get("name") for edge in net.edges],
        "lanes": [lane[0] for lane in net.lanes],
        "free_speed_kmh": [lane[1] * _MS_TO_KMH for lane in net.lanes],
        "length_m": [lane[2] for lane in net.lanes],
    }
    return make_places(columns, lines, net.crs)


def _to_stream(
    name: str, content: EdgeData, totals: dict[str, NDArray[np.float64]], length: NDArray
) -> Stream:
    """Make volumes of the distance driven, and speeds of distance over time."""
    place = np.flatnonzero(content.seen[name])
    distance, seconds = totals["distance"][:, place].T, totals["seconds"][:, place].T
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = np.where(seconds > 0.0, distance / seconds * _MS_TO_KMH, np.nan)
    return Stream(name, place, distance / length[place, np.newaxis], speed)


def _say_others(
    content: EdgeData, net: _Net, data: Sequence[Path], notes: list[str], remarks: list[Remark]
) -> None:
    """Say what was driven on edges that are no places."""
    if content.internal_m:
        notes.append(
            f"{content.internal_m / 1e3:,.1f} veh km were driven inside junctions, on edges that "
            f"are no places: left out."
        )
    driven = float(sum(np.nansum(sums["distance"]) for sums in content.totals.values()))
    driven += content.internal_m + sum(content.unknown.values())
    if driven > content.front_m * (1.0 + _TAIL):
        notes.append(
            f"{driven / 1e3:,.1f} veh km by sampledSeconds x speed are taken, which counts a "
            f"vehicle on an edge as long as a part of it is there; their fronts drove "
            f"{content.front_m / 1e3:,.1f} veh km."
        )
    others = content.unknown
    if not others:
        return
    total = sum(others.values()) / 1e3
    name = data[0].name
    remarks += [
        Remark(name, "", edge, f"no edge of the network for motor vehicles ({m / 1e3:.3f} veh km)")
        for edge, m in sorted(others.items())
    ]
    notes.append(
        f"{len(others):,} edges of the data are no roads of the network, {listed(sorted(others))}: "
        f"left out with {total:,.1f} veh km."
    )
    if len(others) > len(net.edges):
        faults = Faults()
        faults.add(
            f"{name} must be data of this network: {len(others):,} of its edges are unknown, first "
            f"{min(others)!r}."
        )
        faults.raise_all()
