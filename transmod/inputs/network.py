"""Read a network folder: links, boundary and districts in one working CRS."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely
from pyproj import CRS
from shapely import MultiPolygon, Polygon

from transmod.errors import Faults, InputError
from transmod.inputs.checks import attempt, check_table, first_of
from transmod.inputs.layers import Districts, check_districts, read_boundary, read_districts
from transmod.inputs.misplacement import guess_misplacement
from transmod.inputs.network_files import (
    BOUNDARY_FILE,
    DISTRICTS_FILE,
    LINKS_FILE,
    SOURCE_FILE,
    UNFINISHED_FILE,
)
from transmod.inputs.projections import (
    WGS84,
    is_metric,
    is_web_mercator,
    read_crs,
    utm_around,
)
from transmod.inputs.tables import check_file
from transmod.schema import DISTRICTS, LINKS


@dataclass(frozen=True)
class Network:
    """
    A city's road network, its boundary and its districts, in one projected CRS.

    Attributes
    ----------
    city : str
        Name of the folder.
    links : GeoDataFrame
        Columns of `schema.LINKS`, sorted by `link_id`.
    boundary : Polygon or MultiPolygon
        The city.
    districts : GeoDataFrame
        Columns of `schema.DISTRICTS`, sorted by `district_id`; the city itself if it has none.
    crs : CRS
        Projected, in metres.
    sha256 : str
        Of the bytes of `links.parquet`: volumes name the network they were made for by it.
    notes : tuple of str
        What was noted in building and reading.
    licence : str
        Of the data, with whom to name.
    """

    city: str
    links: gpd.GeoDataFrame
    boundary: Polygon | MultiPolygon
    districts: gpd.GeoDataFrame
    crs: CRS
    sha256: str
    notes: tuple[str, ...]
    licence: str = ""


def read_network(folder: Path, *, crs: str | None = None) -> Network:
    """
    Read a network folder and check it against the schema.

    Parameters
    ----------
    folder : Path
        With `links.parquet`, `boundary.geojson`, where wanted `districts.geojson`, and
        `source.toml`.
    crs : str, optional
        CRS to work in. Default: that of the links if it is projected and in metres, else the UTM
        zone of the boundary.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} must be a network folder: no such folder.")
    if (folder / UNFINISHED_FILE).exists():
        raise InputError(
            f"{folder} must be whole: its last build was interrupted. Build it again with --force."
        )
    faults = Faults()
    chosen = None if crs is None else attempt(faults, read_crs, crs)
    links = attempt(faults, read_links, folder / LINKS_FILE)
    boundary = attempt(faults, read_boundary, folder / BOUNDARY_FILE)
    districts = None
    if (folder / DISTRICTS_FILE).exists():
        districts = attempt(faults, read_network_districts, folder / DISTRICTS_FILE)
    source = attempt(faults, _read_source, folder / SOURCE_FILE)
    if faults or links is None or boundary is None or source is None:
        faults.raise_all()
    licence, notes = source

    working = chosen or working_crs(links.crs, boundary)
    city = boundary.to_crs(working).iloc[0]
    name = folder.resolve().name
    if districts is None:
        table = gpd.GeoDataFrame(
            {"district_id": [name], "name": [name]}, geometry=[city], crs=working
        )
    else:
        table = districts.table.to_crs(working)
        notes += districts.notes
        notes += attempt(faults, check_districts, table, city) or ()
    as_stored, links = links, links.to_crs(working)
    if not reaches(links.geometry, city):
        faults.add(miss(as_stored.geometry, boundary, str(folder / BOUNDARY_FILE)))
    faults.raise_any()
    return Network(
        city=name,
        links=links,
        boundary=city,
        districts=table,
        crs=working,
        sha256=hashlib.sha256((folder / LINKS_FILE).read_bytes()).hexdigest(),
        licence=licence,
        notes=tuple(dict.fromkeys(notes)),
    )


def working_crs(own: CRS, boundary: gpd.GeoSeries) -> CRS:
    """Return the CRS to work in: `own` if it is projected and in metres, else a UTM zone."""
    return own if is_metric(own) else utm_around(boundary.to_crs(WGS84).total_bounds)


def read_network_districts(path: Path) -> Districts:
    """
    Read `districts.geojson` of a network folder, in its own CRS.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    districts = read_districts(path, id_column="district_id")
    faults = Faults()
    check_table(districts.table, DISTRICTS, path.name, faults)
    faults.raise_any()
    return districts


def read_links(path: Path) -> gpd.GeoDataFrame:
    """
    Read and check `links.parquet`, in its own CRS.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    check_file(path)
    try:
        links = gpd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        text = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"{path} must be a whole GeoParquet file: {text}.") from error
    faults = Faults()
    check_table(links, LINKS, path.name, faults)
    if links.crs is None:
        faults.add(f"{path} must state a coordinate reference system: none found.")
    elif is_web_mercator(links.crs):
        faults.add(f"{path} must not be in Web Mercator: {links.crs.name} found.")
    if not faults:
        ids = links["link_id"].to_numpy(np.int64)
        if not (np.diff(ids) > 0).all():
            faults.add(f"{path} must be sorted by link_id: it is not.")
        wrong = shapely.get_type_id(links.geometry.to_numpy()) != 1
        if wrong.any():
            where = first_of(wrong, lambda row: f"link_id {ids[row]}")
            faults.add(f"Geometries of {path} must be LineStrings: {where}.")
    faults.raise_any()
    osm_way_id = links["osm_way_id"].astype("Int64")
    return links.assign(osm_way_id=osm_way_id)[list(LINKS.names)]


def reaches(lines: gpd.GeoSeries, boundary: Polygon | MultiPolygon) -> bool:
    """Say whether any line touches the boundary; both in one CRS."""
    shapely.prepare(boundary)
    return bool(shapely.intersects(boundary, lines.to_numpy()).any())


def miss(lines: gpd.GeoSeries, boundary: gpd.GeoSeries, origin: str) -> str:
    """Say that no line touches the boundary, and why; both in the CRS of their files."""
    return (
        f"{origin} must enclose a part of the network: none of {len(lines)} links touches it. "
        f"{guess_misplacement(lines, boundary)}"
    )


def _read_source(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return the licence of the data and the notes of the build."""
    check_file(path)
    try:
        source = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} must be a TOML file: {error}.") from error
    notes = source.get("notes", [])
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        raise InputError(f"`notes` of {path} must be a list of text: {notes!r} found.")
    return str(source.get("licence", "licence not stated")), tuple(notes)
