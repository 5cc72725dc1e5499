"""Build a network folder from OpenStreetMap or a planner's links, and show what is in one."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from transmod.errors import Faults, InputError
from transmod.inputs.checks import attempt
from transmod.inputs.chinese_coordinates import Coordinates
from transmod.inputs.layers import (
    Districts,
    check_districts,
    dissolve_districts,
    read_boundary,
    read_districts,
)
from transmod.inputs.network import Network, miss, reaches, read_network, working_crs
from transmod.inputs.projections import read_crs
from transmod.inputs.traffic_source import TrafficSource
from transmod.network_origins import Ways, check_question, read_origin
from transmod.outputs.network import check_free, write_network
from transmod.outputs.volumes import write_place_links, write_volumes
from transmod.schema import ROAD_CLASSES
from transmod.traffic.findings import Finding
from transmod.traffic.network import Links
from transmod.traffic.placement import judge_placement
from transmod.traffic.plausibility import judge_network
from transmod.traffic.source_links import link_volumes

Progress = Callable[[str], None]


@dataclass(frozen=True)
class RoadClassFacts:
    """How much road of one class a network has, in driven length [km]."""

    road_class: str
    links: int
    length_km: float
    ramp_length_km: float
    urban_length_km: float


@dataclass(frozen=True)
class NetworkFacts:
    """What a network holds, for a person or for `--json`."""

    city: str
    folder: str
    crs: str
    links: int
    length_km: float
    nodes: int
    districts: int
    city_area_km2: float
    road_classes: tuple[RoadClassFacts, ...]
    imputed: dict[str, float]  # column -> share of the links in which it was assumed
    sha256: str
    notes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    map: str | None = None
    volumes: str | None = None
    seconds: float | None = field(default=None, compare=False)


def build_network(  # noqa: PLR0913  a command has as many options as it has
    out: Path,
    *,
    osm: Path | None = None,
    place: str | None = None,
    links: Path | None = None,
    columns: Path | None = None,
    source: Path | None = None,
    volumes: Path | None = None,
    boundary: Path | None = None,
    districts: Path | None = None,
    district_id: str | None = None,
    district_name: str | None = None,
    service: bool = False,
    restricted: bool = False,
    keep_outside: bool | None = None,
    crs: str | None = None,
    coordinates: Coordinates | None = None,
    link_coordinates: Coordinates = "wgs84",
    licence: str | None = None,
    force: bool = False,
    nominatim_url: str | None = None,
    overpass_url: str | None = None,
    progress: Progress | None = None,
) -> NetworkFacts:
    """
    Build the network folder `out` from one of `osm`, `place`, `links` and `source`.

    Parameters
    ----------
    out : Path
        Folder to write, `networks/<city>`.
    osm : Path, optional
        OpenStreetMap extract: `.osm.pbf`, `.osm` or `.osm.gz`.
    place : str, optional
        Name of a place, asked of OpenStreetMap; gives the boundary too, unless `boundary` is set.
    links, columns : Path, optional
        A planner's link layer, and the TOML that says what its columns are.
    source, volumes : Path, optional
        An imported traffic source whose links become the network, and the file to write its
        volumes to, as a run on this network reads them.
    boundary : Path, optional
        Polygon of the city. Default: the union of the districts.
    districts : Path, optional
        Polygons of the districts. Default: the city is the only district.
    district_id, district_name : str, optional
        Columns of `districts` that hold id and name.
    service, restricted : bool
        Keep service roads; keep roads closed to general traffic. OpenStreetMap only.
    keep_outside : bool, optional
        Keep links that do not touch the city. Default: of a planner's links yes, else no.
    crs : str, optional
        Store the links in this CRS. Default: OpenStreetMap in WGS 84, a layer in its own.
    coordinates : "wgs84", "gcj02" or "bd09", optional
        What the degrees of boundary and districts are. Default: WGS 84, unless the roads tell
        that they are not; then nothing is built.
    link_coordinates : "wgs84", "gcj02" or "bd09"
        What those of a planner's layer are.
    licence : str, optional
        Licence of a planner's links, for `source.toml`.
    force : bool
        Replace a network that stands in `out`.
    nominatim_url, overpass_url : str, optional
        Servers to ask about `place`.
    progress : callable, optional
        Is told in a word what is being done.

    Raises
    ------
    InputError
        If an input breaks what must hold of it; nothing is written then.
    """
    began = time.monotonic()
    out = Path(out)
    say = progress or (lambda _: None)
    check_question(osm, place, links, columns, source, volumes)
    check_free(out, force=force)
    faults = Faults()
    city = parts = store = None
    if boundary is not None:
        city = attempt(faults, read_boundary, Path(boundary), coordinates=coordinates or "wgs84")
    if districts is not None:
        parts = attempt(
            faults,
            read_districts,
            Path(districts),
            id_column=district_id,
            name_column=district_name,
            coordinates=coordinates or "wgs84",
        )
    if crs is not None:
        store = attempt(faults, read_crs, crs)
    say("links")
    read = attempt(
        faults,
        read_origin,
        Ways(osm, place, links, columns, source, service=service, restricted=restricted),
        boundary=city,
        servers={"nominatim_url": nominatim_url, "overpass_url": overpass_url},
        link_coordinates=link_coordinates,
        progress=progress,
    )
    if faults or read is None:
        faults.raise_all()
    if read.boundary is not None:
        city = read.boundary
    if city is None and parts is not None:
        city = dissolve_districts(parts.table)
    if city is None:
        raise InputError(
            "A network must have a boundary: neither --boundary nor --districts is given."
        )

    say("boundary")
    keep = keep_outside if keep_outside is not None else bool(links or source)
    table, notes = _within(
        read.links, city, parts, keep_outside=keep, may_be_shifted=coordinates is None
    )
    if store is not None:
        table = table.to_crs(store)
    command = _command(
        osm=osm, place=place, links=links, columns=columns, source=source, boundary=boundary,
        districts=districts, district_id=district_id, district_name=district_name,
        service=service, restricted=restricted, keep_outside=keep_outside, crs=crs,
        coordinates=coordinates, out=out,
        link_coordinates=None if link_coordinates == "wgs84" else link_coordinates,
    )  # fmt: skip
    say("writing")
    facts = {
        "origin": read.origin,
        "date": read.date,
        "licence": licence or read.licence,
        "command": command,
        "notes": notes,
    }
    traffic = read.traffic
    given = None
    if traffic is not None and volumes is not None:  # before anything is written: may be at fault
        given = link_volumes(traffic, table)
    write_network(out, table, city, parts and parts.table, facts, force=force)
    network = read_network(out)
    if traffic is not None:
        write_place_links(out / "places.csv", table)
    if traffic is not None and given is not None and volumes is not None:
        more = _write_traffic(traffic, given, network, Path(volumes))
        network = dataclasses.replace(network, notes=(*network.notes, *more))
    seconds = time.monotonic() - began
    return dataclasses.replace(
        to_facts(network, out, seconds=seconds), volumes=None if volumes is None else str(volumes)
    )


def show_network(folder: Path, *, draw: bool = True) -> NetworkFacts:
    """
    Say what a network holds: counts, lengths by road class, what was assumed; draw a map of it.

    Parameters
    ----------
    folder : Path
        The network folder; the map is `network.png` in it.
    draw : bool
        Draw the map.
    """
    network = read_network(Path(folder))
    path = None
    if draw:
        from transmod.outputs.maps import draw_network_map

        path = Path(folder) / "network.png"
        draw_network_map(network, path, source=network.licence)
    return to_facts(network, Path(folder), map_path=path)


def to_facts(
    network: Network,
    folder: Path,
    *,
    map_path: Path | None = None,
    seconds: float | None = None,
) -> NetworkFacts:
    """Sum up a network."""
    links = network.links
    length = links["length_m"].to_numpy(np.float64) / 1000.0
    road_class = links["road_class"].to_numpy(object)
    ramp = links["is_ramp"].to_numpy(bool)
    urban = links["is_urban"].to_numpy(bool)
    classes = []
    for name in ROAD_CLASSES:
        here = road_class == name
        if here.any():
            classes.append(
                RoadClassFacts(
                    road_class=name,
                    links=int(here.sum()),
                    length_km=float(length[here].sum()),
                    ramp_length_km=float(length[here & ramp].sum()),
                    urban_length_km=float(length[here & urban].sum()),
                )
            )
    imputed = links["imputed"].explode().value_counts()
    nodes = np.union1d(links["from_node"].to_numpy(), links["to_node"].to_numpy())
    return NetworkFacts(
        city=network.city,
        folder=str(folder),
        crs=network.crs.name,
        links=len(links),
        length_km=float(length.sum()),
        nodes=len(nodes),
        districts=len(network.districts),
        city_area_km2=float(shapely.area(network.boundary) / 1e6),
        road_classes=tuple(classes),
        imputed={str(name): int(imputed[name]) / len(links) for name in sorted(imputed.index)},
        sha256=network.sha256,
        notes=network.notes,
        findings=tuple(judge_network(network)),
        map=None if map_path is None else str(map_path),
        seconds=seconds,
    )


def _write_traffic(
    traffic: TrafficSource,
    given: tuple[pd.DataFrame, tuple[str, ...]],
    network: Network,
    path: Path,
) -> tuple[str, ...]:
    """Write the volumes on the links, and return how a run is to read them."""
    volumes, notes = given
    write_volumes(path, volumes, hours=traffic.hours, network_sha256=network.sha256)
    series = f"calendar of {traffic.hours} hours, " if traffic.hours is not None else ""
    return (*notes, f"{path}: kind = {traffic.kind!r}, {series}unit = {traffic.unit!r}.")


def _within(
    made: Links,
    city: gpd.GeoSeries,
    parts: Districts | None,
    *,
    keep_outside: bool,
    may_be_shifted: bool,
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Keep the links that touch the city; check the districts. In the CRS a run works in."""
    working = working_crs(made.table.crs, city)
    boundary = city.to_crs(working).iloc[0]
    notes = list(made.notes)
    faults = Faults()
    if parts is not None:
        notes += parts.notes
        notes += attempt(faults, check_districts, parts.table.to_crs(working), boundary) or ()
    lines = made.table.geometry.to_crs(working)
    if not reaches(lines, boundary):
        faults.add(miss(made.table.geometry, city, "The boundary"))
    elif may_be_shifted:
        areas = city if parts is None else parts.table.geometry
        what = "boundary" if parts is None else "districts"
        for finding in judge_placement(lines, areas.to_crs(working), what):
            faults.add(finding.sentence)
    faults.raise_any()
    inside = shapely.intersects(boundary, lines.to_numpy())
    outside = int((~inside).sum())
    if not outside:
        return made.table, notes
    if keep_outside:
        notes.append(f"{outside} of {len(inside)} links do not touch the city: kept.")
        return made.table, notes
    notes.append(f"{outside} of {len(inside)} links do not touch the city: left out.")
    table = made.table[inside].reset_index(drop=True)
    return table.assign(link_id=np.arange(len(table), dtype=np.int64)), notes


def _command(**options: Any) -> str:
    """Write the command that builds this network, with the bare names of its files."""
    words = ["transmod network build"]
    for key, value in options.items():
        flag = f"--{key.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif value is False and key == "keep_outside":
            words.append("--no-keep-outside")
        elif isinstance(value, Path):
            words.append(f"{flag} {value.name}")
        elif isinstance(value, str):
            words.append(f"{flag} {value!r}" if " " in value else f"{flag} {value}")
    return " ".join(words)
