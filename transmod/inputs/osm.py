"""Read roads of OpenStreetMap: .osm.pbf, .osm and .osm.gz, or the answer of Overpass."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.ops import polygonize

from transmod.errors import InputError
from transmod.inputs.tables import check_file
from transmod.schema import ROAD_CLASSES

SUFFIXES = (".osm.pbf", ".osm", ".osm.gz")

RAMP_SUFFIX = "_link"
RAMP_CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary")

# a road that nobody has classified yet
UNKNOWN_CLASS = "road"

HIGHWAYS = frozenset((*ROAD_CLASSES, *(name + RAMP_SUFFIX for name in RAMP_CLASSES), UNKNOWN_CLASS))

TAGS = (
    "highway",
    "name",
    "ref",
    "oneway",
    "junction",
    "area",
    "access",
    "vehicle",
    "motor_vehicle",
    "motorcar",
    "maxspeed",
    "maxspeed:forward",
    "maxspeed:backward",
    "maxspeed:type",
    "source:maxspeed",
    "zone:maxspeed",
    "zone:traffic",
    "lanes",
    "lanes:forward",
    "lanes:backward",
    "lanes:both_ways",
    "incline",
)

BUILT_UP = frozenset(("residential", "commercial", "industrial", "retail"))

# osmium's position of a node that the extract lacks
_NOWHERE = 2**31 - 1

Progress = Callable[[str], None]


@dataclass(frozen=True)
class OsmWays:
    """
    Ways for motor traffic as they stand in OpenStreetMap: W ways with N node references.

    Attributes
    ----------
    way_id : (W,)
        Ascending.
    tags : DataFrame of W rows
        The tags of `TAGS` as text; null where a way has none.
    start : (W + 1,)
        Way w has the references `start[w]` to `start[w + 1]`.
    node, lon, lat : (N,)
        Node id and position [degrees, WGS 84]; NaN where the extract lacks the node.
    built_up : array of Polygon
        Areas of land use residential, commercial, industrial or retail [degrees].
    date : str
        Date of the extract, empty if it does not say.
    notes : tuple of str
        What was put right in reading.
    """

    way_id: NDArray[np.int64]
    tags: pd.DataFrame
    start: NDArray[np.int64]
    node: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    built_up: NDArray[Any] = field(default_factory=lambda: np.empty(0, object))
    date: str = ""
    notes: tuple[str, ...] = ()


@dataclass
class _Way:
    """One way while a file is read; positions in 1e-7 degrees, `_NOWHERE` where unknown."""

    version: int
    tags: dict[str, str]
    node: array[int]
    x: array[int]
    y: array[int]


@dataclass
class _Gathered:
    """Ways while a file is read: of several versions of a way, the highest stays."""

    roads: dict[int, _Way] = field(default_factory=dict)
    areas: dict[int, _Way] = field(default_factory=dict)
    repeated: int = 0

    def add(self, way_id: int, way: _Way) -> None:
        known = self.roads.get(way_id)
        if known is not None:
            self.repeated += 1
        if known is None or way.version >= known.version:
            self.roads[way_id] = way


def read_osm(path: Path, progress: Progress | None = None) -> OsmWays:
    """
    Read the ways for motor traffic of an OpenStreetMap extract.

    Every node of the extract takes 16 bytes: clip a country to its city first.

    Parameters
    ----------
    path : Path
        `.osm.pbf`, `.osm` or `.osm.gz`.
    progress : callable, optional
        Is told in a word what is being read.

    Raises
    ------
    InputError
        If the file is missing, truncated or foreign, or holds no road.
    """
    path = Path(path)
    check_file(path)
    if not path.name.endswith((".pbf", ".osm", ".gz")):
        raise InputError(f"{path} must be one of {', '.join(SUFFIXES)}: it is not.")
    say = progress or (lambda _: None)
    try:
        date = _date(path)
        say("land use")
        outer = _outer_members(path)
        say("nodes and ways")
        gathered = _gather_ways(path, outer)
    except RuntimeError as error:  # all that osmium raises for a broken file
        text = str(error).rstrip(".")
        raise InputError(f"{path} must be a whole OpenStreetMap file: {text}.") from error
    if not gathered.roads:
        raise InputError(
            f"{path} must hold roads (ways with `highway` one of {', '.join(sorted(HIGHWAYS))}): "
            f"none found."
        )
    return _assemble(gathered, date)


def to_ways(elements: Iterable[dict[str, Any]], date: str = "") -> OsmWays:
    """Turn the elements of an Overpass answer (nodes and ways) into the same record."""
    gathered = _Gathered()
    places: dict[int, tuple[int, int]] = {}
    ways: dict[int, dict[str, Any]] = {}  # a way comes in several parts of an answer
    for element in elements:
        if element["type"] == "node":
            places[element["id"]] = (round(element["lon"] * 1e7), round(element["lat"] * 1e7))
        elif element["type"] == "way" and _road_class(element.get("tags", {}).get("highway")):
            ways[element["id"]] = element
    for way_id, element in ways.items():
        nodes = element.get("nodes", [])
        x, y = zip(*(places.get(node, (_NOWHERE, _NOWHERE)) for node in nodes), strict=True)
        tags = {key: element["tags"][key] for key in TAGS if key in element["tags"]}
        way = _Way(0, tags, array("q", nodes), array("q", x), array("q", y))
        gathered.add(way_id, way)
    if not gathered.roads:
        raise InputError("The answer of Overpass must hold roads: none found.")
    return _assemble(gathered, date)


def _date(path: Path) -> str:
    with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
        return reader.header().get("osmosis_replication_timestamp")[:10]


def _road_class(value: str | None) -> str | None:
    """Return the first known value of a `highway` tag, or None."""
    for part in (value or "").split(";"):
        if part.strip() in HIGHWAYS:
            return part.strip()
    return None


def _outer_members(path: Path) -> set[int]:
    """Return the ways that bound a built-up area drawn as a multipolygon."""
    members: set[int] = set()
    relations: Any = osmium.FileProcessor(str(path), osmium.osm.RELATION)
    for relation in relations.with_filter(osmium.filter.KeyFilter("landuse")):
        if relation.tags["landuse"] in BUILT_UP:
            members.update(m.ref for m in relation.members if m.type == "w" and m.role != "inner")
    return members


def _gather_ways(path: Path, outer: set[int]) -> _Gathered:
    gathered = _Gathered()
    wanted = frozenset(TAGS)
    ways: Any = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
    ways = ways.with_locations().with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    if not outer:
        ways = ways.with_filter(osmium.filter.KeyFilter("highway", "landuse"))
    for way in ways:
        tags = way.tags
        is_area = way.id in outer or tags.get("landuse") in BUILT_UP
        is_road = _road_class(tags.get("highway")) is not None
        if way.deleted or not (is_area or is_road):
            continue
        node, x, y = array("q"), array("q"), array("q")
        for place in way.nodes:
            node.append(place.ref)
            x.append(place.x)
            y.append(place.y)
        kept = {tag.k: tag.v for tag in tags if tag.k in wanted}
        found = _Way(way.version, kept, node, x, y)
        if is_area:
            gathered.areas[way.id] = found
        if is_road:
            gathered.add(way.id, found)
    return gathered


def _assemble(gathered: _Gathered, date: str) -> OsmWays:
    way_id = np.array(sorted(gathered.roads), np.int64)
    roads = [gathered.roads[i] for i in way_id.tolist()]
    tags = pd.DataFrame({key: [way.tags.get(key) for way in roads] for key in TAGS}, dtype=object)
    lengths = np.array([len(way.node) for way in roads], np.int64)
    notes = []
    if gathered.repeated:
        notes.append(
            f"{gathered.repeated} ways stand more than once in the extract: of each the highest "
            f"version was kept."
        )
    return OsmWays(
        way_id=way_id,
        tags=tags,
        start=np.concatenate(([0], np.cumsum(lengths))),
        node=np.concatenate([np.array(way.node, np.int64) for way in roads]),
        lon=_degrees([way.x for way in roads]),
        lat=_degrees([way.y for way in roads]),
        built_up=_areas(gathered.areas),
        date=date,
        notes=tuple(notes),
    )


def _degrees(parts: list[array[int]]) -> NDArray[np.float64]:
    """Join positions in 1e-7 degrees to positions in degrees; NaN where unknown."""
    flat = np.concatenate([np.array(part, np.int64) for part in parts])
    return np.where(flat == _NOWHERE, np.nan, flat / 1e7)


def _areas(areas: dict[int, _Way]) -> NDArray[Any]:
    """Close the outlines of built-up areas; what cannot be closed at a clipped edge is left out."""
    lines = []
    for way_id in sorted(areas):
        way = areas[way_id]
        lonlat = np.column_stack((_degrees([way.x]), _degrees([way.y])))
        lonlat = lonlat[~np.isnan(lonlat[:, 0])]
        if len(lonlat) >= 2:
            lines.append(shapely.LineString(lonlat))
    closed = [
        shapely.make_valid(shapely.Polygon(line))
        for line in lines
        if line.is_closed and len(line.coords) >= 4
    ]
    joined = list(polygonize([line for line in lines if not line.is_closed]))
    out = np.empty(len(closed) + len(joined), object)
    out[:] = closed + joined
    return out
