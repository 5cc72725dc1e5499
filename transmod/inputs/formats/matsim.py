"""Read MATSim: a network, link statistics of a run on it, and counts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from transmod.errors import InputError
from transmod.inputs.checks import listed
from transmod.inputs.formats.matsim_counts import CountStation, read_stations
from transmod.inputs.formats.packed import open_packed
from transmod.inputs.formats.reading import (
    ALL_VEHICLES,
    ImportOptions,
    Reading,
    Remark,
    Stream,
    make_places,
    need_crs,
    parse_crs,
)
from transmod.inputs.formats.xml import walk_xml
from transmod.schema import ROAD_CLASSES

_MS_TO_KMH = 3.6
_DAY = 24
# modes that drive on roads by motor; a link that has none of them is no road
_ROAD_MODES = {
    "car", "truck", "freight", "bus", "ride", "taxi", "drt", "lcv", "hgv", "motorcycle", "van",
}  # fmt: skip
# attributes in which makers of networks keep the OSM way, and its highway value
_WAY_KEYS = ("origid", "osm:way:id", "osm_way_id", "osmid", "wayid")
_TYPE_KEYS = ("type", "osm:way:highway", "highway")
_AVERAGE = re.compile(r"^HRS(\d+)-(\d+)avg$", re.IGNORECASE)
_TIME = re.compile(r"^TRAVELTIME(\d+)-(\d+)avg$", re.IGNORECASE)


@dataclass(eq=False)
class _Network:
    crs: CRS | None = None
    period_h: float = 1.0
    nodes: dict[str, tuple[float, float]] = field(default_factory=dict)
    links: list[dict[str, str]] = field(default_factory=list)
    no_road: int = 0


def read_matsim(network: Path, linkstats: Sequence[Path], options: ImportOptions) -> Reading:
    """
    Read a network and the link statistics of a run on it (`HRS7-8avg`, `TRAVELTIME7-8avg`).

    Raises
    ------
    InputError
        If a file is broken, links are not of this network, or the coordinates have no system.
    """
    found = _read_network(network, options)
    places = _to_places(found, network)
    notes = _say_network(found, network)
    remarks: list[Remark] = []
    streams = []
    hours = _DAY
    for path in linkstats:
        name = ALL_VEHICLES if len(linkstats) == 1 else path.name.split(".")[0]
        stream, hours = _read_linkstats(path, name, places, notes, remarks)
        streams.append(stream)
    notes.append(
        "Volumes are those of the agents of the run: if it has a sample of the people, say how "
        "many one stands for with --scale, as 10 for 10 %."
    )
    return Reading(
        format="matsim",
        places=places,
        streams=streams,
        kind="hourly",
        hours=hours,
        remarks=remarks,
        notes=notes if options.scale == 1.0 else notes[:-1],
    )


def read_matsim_counts(
    counts: Sequence[Path], network: Path | None, options: ImportOptions
) -> Reading:
    """
    Read counts, hour by hour and mode by mode, of the format's versions 1 and 2.

    A station has the coordinates that stand in the file, else the middle of its link and the
    link's direction if a network is given, else none: it then serves profiles only.

    Raises
    ------
    InputError
        If a file is broken, or a station stands twice.
    """
    remarks: list[Remark] = []
    stations: list[CountStation] = []
    for path in counts:
        stations += read_stations(path, remarks)
    found = None if network is None else _read_network(network, options)
    notes = [] if found is None or network is None else _say_network(found, network)
    places = _to_points(stations, found, network, options, notes)
    return Reading(
        format="matsim_counts",
        places=places,
        streams=_to_streams(stations),
        kind="hourly",
        hours=_DAY,
        remarks=remarks,
        notes=notes,
    )


class _NetworkReader:
    """Handles the elements of a network."""

    def __init__(self) -> None:
        self.found = _Network()
        self.of_network: dict[str, str] = {}
        self.key = self.text = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "node":
            self.found.nodes[attributes["id"]] = (float(attributes["x"]), float(attributes["y"]))
        elif name == "link":
            self.found.links.append(attributes)
        elif name == "attribute":
            self.key, self.text = attributes["name"].lower(), ""
        elif name == "links":
            hours, minutes, seconds = attributes.get("capperiod", "01:00:00").split(":")
            self.found.period_h = float(hours) + float(minutes) / 60.0 + float(seconds) / 3600.0

    def take_text(self, content: str) -> None:
        if self.key:
            self.text += content

    def end(self, name: str) -> None:
        found = self.found
        if name == "attribute":
            target = found.links[-1] if found.links else self.of_network
            target.setdefault(self.key, self.text.strip())
            self.key = ""
        elif name == "link" and not _is_road(found.links[-1]):
            found.links.pop()
            found.no_road += 1


def _read_network(path: Path, options: ImportOptions) -> _Network:
    reader = _NetworkReader()
    walk_xml(path, "a MATSim network", reader.start, reader.end, reader.take_text)
    found = reader.found
    if not found.links:
        raise InputError(f"{path} must hold links that cars may use: none found.")
    stated = reader.of_network.get("coordinatereferencesystem")
    if options.crs is not None or stated in (None, "Atlantis"):
        found.crs = need_crs(options, path.name)
    else:
        found.crs = parse_crs(stated, path)
    return found


def _is_road(link: dict[str, str]) -> bool:
    modes = {mode.strip() for mode in link.get("modes", "car").split(",")}
    return bool(modes & _ROAD_MODES)


def _to_places(found: _Network, path: Path) -> gpd.GeoDataFrame:
    links = found.links
    try:
        columns = {
            "place_id": [link["id"] for link in links],
            "kind": "link",
            "from_node": [link["from"] for link in links],
            "to_node": [link["to"] for link in links],
            "osm_way_id": [_way(link) for link in links],
            "road_class": [_road_class(link) for link in links],
            "is_ramp": [_type(link).endswith("_link") for link in links],
            "name": [link.get("name") or link.get("osm:way:name") for link in links],
            "lanes": [_positive(link.get("permlanes")) for link in links],
            "free_speed_kmh": [_speed(link) for link in links],
            "capacity_pcu_h": [_positive(link.get("capacity")) / found.period_h for link in links],
            "length_m": [_positive(link.get("length")) for link in links],
        }
    except (KeyError, ValueError) as error:
        raise InputError(f"{path} must be a MATSim network: a link has {error}.") from error
    nodes = found.nodes
    lines = [
        shapely.LineString([nodes[link["from"]], nodes[link["to"]]])
        if link["from"] in nodes and link["to"] in nodes
        else None
        for link in links
    ]
    return make_places(columns, lines, found.crs)


def _positive(text: str | None) -> float:
    """Return a number that must be positive to mean something."""
    value = float("nan") if text is None else float(text)
    return value if 0.0 < value < np.inf else float("nan")


def _speed(link: dict[str, str]) -> float:
    speed = _positive(link.get("freespeed")) * _MS_TO_KMH
    return speed if speed <= 200.0 else float("nan")  # links without a limit have 9999 m/s


def _type(link: dict[str, str]) -> str:
    values = [link[key] for key in _TYPE_KEYS if key in link]
    return values[0].removeprefix("highway.") if values else ""


def _road_class(link: dict[str, str]) -> str | None:
    name = _type(link).removesuffix("_link")
    return name if name in ROAD_CLASSES else None


def _way(link: dict[str, str]) -> int | None:
    is_of_osm = link.get("type", "").startswith("highway.")
    for key in _WAY_KEYS:
        text = link.get(key, "").split(",")[0].split("_")[0]
        # "origid" is the id in whatever the network was made of
        if text.isdigit() and (is_of_osm or "osm" in key):
            return int(text)
    return None


def _say_network(found: _Network, path: Path) -> list[str]:
    if not found.no_road:
        return []
    return [f"{found.no_road:,} links of {path.name} are no roads for motor vehicles: left out."]


def _read_linkstats(
    path: Path, name: str, places: gpd.GeoDataFrame, notes: list[str], remarks: list[Remark]
) -> tuple[Stream, int]:
    with open_packed(path) as stream:
        try:
            table = pd.read_csv(stream, sep="\t", dtype={"LINK": str})
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
            raise InputError(f"{path} must be linkstats of MATSim: {error}.") from error
    volumes, times = _hour_columns(table, _AVERAGE), _hour_columns(table, _TIME)
    if not volumes:
        raise InputError(
            f"{path} must have the columns HRS0-1avg, HRS1-2avg and so on: it has "
            f"{listed(table.columns)}."
        )
    position = pd.Index(places["place_id"]).get_indexer(pd.Index(table["LINK"]))
    hours = -(-(max(volumes) + 1) // _DAY) * _DAY
    volume = _to_hours(table, volumes, hours, path)
    unknown = position < 0
    if unknown.any():
        driven = unknown & (np.nansum(volume, axis=1) > 0.0)
        for row in np.flatnonzero(unknown):
            text = f"no road of the network ({np.nansum(volume[row]):g} veh)"
            remarks.append(Remark(path.name, str(row + 2), str(table["LINK"].iloc[row]), text))
        notes.append(
            f"{int(unknown.sum()):,} of {len(table):,} links of {path.name} are no roads of the "
            f"network, {int(driven.sum()):,} of them with volumes: left out."
        )
    speed = None
    if times:
        length = table["LENGTH"].to_numpy(np.float64)[:, np.newaxis]
        time = _to_hours(table, times, hours, path)
        with np.errstate(divide="ignore", invalid="ignore"):
            speed = np.where(time > 0.0, length / time * _MS_TO_KMH, np.nan)[~unknown]
    return Stream(name, position[~unknown], volume[~unknown], speed), hours


def _hour_columns(table: pd.DataFrame, pattern: re.Pattern[str]) -> dict[int, str]:
    """Return hour -> column; the columns of whole days are no hours."""
    found = {}
    for column in table.columns:
        match = pattern.match(column)
        if match and int(match[2]) == int(match[1]) + 1:
            found[int(match[1])] = column
    return found


def _to_hours(
    table: pd.DataFrame, columns: dict[int, str], hours: int, path: Path
) -> NDArray[np.float64]:
    values = np.full((len(table), hours), np.nan)
    for hour, column in columns.items():
        if hour < hours:
            numbers = pd.to_numeric(table[column], errors="coerce")
            if numbers.isna().any():
                row = int(numbers.isna().to_numpy().argmax())
                raise InputError(
                    f"`{column}` of {path} must be a number: {table[column].iloc[row]!r} found in "
                    f"line {row + 2}."
                )
            values[:, hour] = numbers
    return values


def _to_points(
    stations: list[CountStation],
    found: _Network | None,
    network: Path | None,
    options: ImportOptions,
    notes: list[str],
) -> gpd.GeoDataFrame:
    """Place stations by their own coordinates, else on their links."""
    twice = [name for name, count in Counter(s.link for s in stations).items() if count > 1]
    if twice:
        raise InputError(
            f"Stations of counts must stand once: {len(twice)} links stand twice, {listed(twice)}."
        )
    links = None if found is None or network is None else _to_places(found, network)
    columns: dict[str, Any] = {
        "place_id": [s.link for s in stations],
        "kind": "point",
        "name": [s.name for s in stations],
        "row": [s.line for s in stations],
    }
    if any(s.xy is not None for s in stations):
        shapes = [None if s.xy is None else shapely.Point(s.xy) for s in stations]
        crs = need_crs(options, "the stations") if found is None else found.crs
        return make_places(columns, shapes, crs)
    if links is None:
        return make_places(columns, [None] * len(stations), None)
    position = pd.Index(links["place_id"]).get_indexer(pd.Index(columns["place_id"]))
    on = position >= 0
    notes.append(f"{int(on.sum()):,} of {on.size:,} stations lie on links of the network.")
    of_link = links.iloc[np.where(on, position, 0)]
    middle = shapely.line_interpolate_point(of_link.geometry.to_numpy(), 0.5, normalized=True)
    ends = shapely.get_coordinates(of_link.geometry.to_numpy()).reshape(-1, 2, 2)
    east, north = (ends[:, 1] - ends[:, 0]).T
    for name in ("osm_way_id", "road_class", "is_ramp", "lanes", "free_speed_kmh"):
        columns[name] = of_link[name].where(on, other=False if name == "is_ramp" else None).array
    columns["heading_deg"] = np.where(on, np.degrees(np.arctan2(east, north)) % 360.0, np.nan)
    return make_places(columns, np.where(on, middle, None), links.crs)


def _to_streams(stations: list[CountStation]) -> list[Stream]:
    modes = sorted({mode for station in stations for mode in station.volumes})
    streams = []
    for mode in modes:
        place = [i for i, station in enumerate(stations) if mode in station.volumes]
        volume = np.stack([stations[i].volumes[mode] for i in place])
        streams.append(Stream(mode, np.array(place, np.int64), volume))
    return streams
