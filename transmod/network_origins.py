"""Where the links of a network come from: OpenStreetMap, a link layer, a traffic source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from transmod.errors import Faults
from transmod.inputs.checks import attempt
from transmod.inputs.chinese_coordinates import Coordinates
from transmod.inputs.layers import read_link_layer
from transmod.inputs.link_columns import read_link_columns
from transmod.inputs.osm import read_osm
from transmod.inputs.osm_extract import read_connection
from transmod.inputs.projections import utm_around
from transmod.inputs.traffic_source import TrafficSource, read_traffic_source
from transmod.traffic.link_layer import layer_links
from transmod.traffic.network import Links, osm_links
from transmod.traffic.network_findings import judge_connection
from transmod.traffic.source_links import source_links

OSM_LICENCE = "Open Database Licence 1.0 (ODbL), OpenStreetMap contributors"


@dataclass(frozen=True)
class Origin:
    """
    Links as they came, and from where.

    Attributes
    ----------
    links : Links
        The links, wherever they lie.
    origin, date, licence : str
        For `source.toml`.
    boundary : GeoSeries or None
        Boundary of a place that was asked for.
    traffic : TrafficSource or None
        The traffic source that they are of.
    """

    links: Links
    origin: str
    date: str
    licence: str
    boundary: gpd.GeoSeries | None = None
    traffic: TrafficSource | None = None


@dataclass(frozen=True)
class Ways:
    """
    The ways to build a network, of which one is taken.

    Attributes
    ----------
    osm, place, links, columns, source : Path, str or None
        As of `build_network`.
    service, restricted : bool
        Keep service roads; keep roads closed to general traffic. OpenStreetMap only.
    """

    osm: Path | None
    place: str | None
    links: Path | None
    columns: Path | None
    source: Path | None
    service: bool
    restricted: bool

    @property
    def chosen(self) -> dict[str, bool]:
        """Which roads of OpenStreetMap are kept."""
        return {"service": self.service, "restricted": self.restricted}


def read_origin(
    ways: Ways,
    *,
    boundary: gpd.GeoSeries | None,
    servers: dict[str, str | None],
    link_coordinates: Coordinates,
    progress: Callable[[str], None] | None,
) -> Origin:
    """
    Read the links of a network in the way that is asked for.

    Raises
    ------
    InputError
        With every fault of the files.
    """
    if ways.links is not None and ways.columns is not None:
        return from_layer(Path(ways.links), Path(ways.columns), link_coordinates)
    if ways.source is not None:
        return from_source(Path(ways.source))
    if ways.place is not None:
        return from_place(ways.place, boundary, servers, ways.chosen)
    assert ways.osm is not None  # one way is asked for, as was checked
    return from_osm(Path(ways.osm), progress, ways.chosen)


def from_source(folder: Path) -> Origin:
    """Take the links of an imported traffic source."""
    traffic = read_traffic_source(folder)
    origin = f"links of a traffic model, {traffic.format}, imported in {folder.name}"
    return Origin(
        source_links(traffic), origin, _file_date(folder / "source.toml"), "not stated",
        traffic=traffic,
    )  # fmt: skip


def from_layer(path: Path, columns: Path, coordinates: Coordinates) -> Origin:
    """Read a planner's link layer."""
    faults = Faults()
    layer = attempt(faults, read_link_layer, path, coordinates=coordinates)
    mapping = attempt(faults, read_link_columns, columns)
    if layer is None or mapping is None:
        faults.raise_all()
    made = layer_links(layer, mapping)
    return Origin(made, f"planner's link layer {path.name}", _file_date(path), "not stated")


def from_osm(path: Path, progress: Callable[[str], None] | None, chosen: dict[str, bool]) -> Origin:
    """Read an OpenStreetMap extract."""
    ways = read_osm(path, progress)
    date = ways.date or _file_date(path)
    made = osm_links(ways, **chosen)
    if judge_connection(made.table.to_crs(utm_around(made.table.total_bounds))):
        made = Links(made.table, (read_connection(path).sentence, *made.notes))
    return Origin(made, f"OpenStreetMap, {path.name}", date, OSM_LICENCE)


def from_place(
    place: str,
    boundary: gpd.GeoSeries | None,
    servers: dict[str, str | None],
    chosen: dict[str, bool],
) -> Origin:
    """Ask OpenStreetMap for a place."""
    from transmod.inputs.place import read_place

    ways, found = read_place(
        place,
        boundary,
        nominatim_url=servers["nominatim_url"],
        overpass_url=servers["overpass_url"],
    )
    made = osm_links(ways, **chosen)
    return Origin(made, f"OpenStreetMap, place {place!r}", ways.date, OSM_LICENCE, found)


def check_question(
    osm: Path | None,
    place: str | None,
    links: Path | None,
    columns: Path | None,
    source: Path | None,
    volumes: Path | None,
) -> None:
    """
    Make sure that one way to build a network is asked for.

    Raises
    ------
    InputError
        If none or several are, or an option stands alone.
    """
    faults = Faults()
    ways = {"--osm": osm, "--place": place, "--links": links, "--source": source}
    given = [name for name, value in ways.items() if value is not None]
    if len(given) != 1:
        faults.add(
            f"A network must be built from one of {', '.join(ways)}: "
            f"{', '.join(given) or 'none'} given."
        )
    if volumes is not None and source is None:
        faults.add("--volumes must be given with --source, whose volumes it takes: it is alone.")
    if (links is None) != (columns is None):
        faults.add("--links and --columns must be given together: one of them is missing.")
    faults.raise_any()


def _file_date(path: Path) -> str:
    stamp = path.stat().st_mtime
    return dt.datetime.fromtimestamp(stamp, dt.UTC).date().isoformat()
