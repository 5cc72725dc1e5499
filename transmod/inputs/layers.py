"""Read vector files of any format and CRS: city boundary, districts, a planner's links."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from transmod.errors import Faults, InputError
from transmod.inputs.checks import first_of, listed
from transmod.inputs.chinese_coordinates import Coordinates, to_wgs84
from transmod.inputs.feature_lists import read_feature_list
from transmod.inputs.misplacement import find_wrong_units
from transmod.inputs.projections import WGS84, is_metric, is_web_mercator, utm_around
from transmod.inputs.tables import check_file
from transmod.schema import NO_DISTRICT, OUTSIDE_BOUNDARY

# columns that name a district, tried in this order
ID_COLUMNS = ("district_id", "id", "adcode", "code")

# districts may overlap by this share of the smaller one: borders digitised twice do
OVERLAP_TOLERANCE = 1e-4

_M2_PER_KM2 = 1e6


@dataclass(frozen=True)
class Districts:
    """Districts as read: `district_id`, `name`, where known `name_zh` and `population`."""

    table: gpd.GeoDataFrame
    notes: tuple[str, ...]


def read_layer(path: Path, *, coordinates: Coordinates = "wgs84") -> gpd.GeoDataFrame:
    """
    Read the one vector layer of a file: GeoPackage, GeoJSON, Shapefile, GeoParquet.

    Parameters
    ----------
    path : Path
        The file; also a bare JSON list of features.
    coordinates : "wgs84", "gcj02" or "bd09"
        What its degrees are: of the two Chinese kinds the shift is taken back.

    Raises
    ------
    InputError
        If the file is missing, truncated or foreign, has several layers, no feature, no geometry
        or no CRS, or coordinates that cannot be of its CRS.
    """
    path = Path(path)
    check_file(path)
    try:
        if path.suffix in (".parquet", ".geoparquet"):
            frame = gpd.read_parquet(path)
        elif (listed_features := read_feature_list(path)) is not None:
            frame = listed_features
        else:
            names = [name for name, kind in pyogrio.list_layers(path) if kind is not None]
            if len(names) > 1:
                raise InputError(f"{path} must have one layer: it has {', '.join(names)}.")
            frame = gpd.read_file(path)
    except InputError:
        raise
    except (RuntimeError, ValueError, OSError) as error:  # all that GDAL and Arrow raise
        text = str(error).splitlines()[0].split("; ")[0].rstrip(".")
        raise InputError(f"{path} must be a whole vector file: {text}.") from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.geometry.isna().all():
        raise InputError(f"{path} must hold features with a geometry: none found.")
    if frame.crs is None:
        raise InputError(
            f"{path} must state a coordinate reference system: none found. Write it with one."
        )
    wrong = find_wrong_units(frame.crs, tuple(frame.total_bounds))
    if wrong:
        raise InputError(f"{path} {wrong}.")
    return to_wgs84(frame, coordinates)


def read_boundary(path: Path, *, coordinates: Coordinates = "wgs84") -> gpd.GeoSeries:
    """
    Read the city boundary: the union of the polygons of a file, coordinates as in `read_layer`.

    Returns
    -------
    GeoSeries of one Polygon or MultiPolygon, in the CRS of the file.

    Raises
    ------
    InputError
        As `read_layer`, and if a feature is no polygon.
    """
    frame = read_layer(path, coordinates=coordinates)
    faults = Faults()
    polygons, _ = _polygons(frame, str(path), faults)
    faults.raise_any()
    return _dissolve(polygons, frame.crs, str(path))


def dissolve_districts(districts: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the boundary that is the union of `districts`, in their CRS."""
    return _dissolve(districts.geometry.to_numpy(), districts.crs, "districts")


def read_districts(
    path: Path,
    *,
    id_column: str | None = None,
    name_column: str | None = None,
    coordinates: Coordinates = "wgs84",
) -> Districts:
    """
    Read the districts of a city.

    Parameters
    ----------
    path : Path
        Vector file with one feature a district.
    id_column : str, optional
        Column that names a district. Default: the first of `ID_COLUMNS` that is there.
    name_column : str, optional
        Column of names. Default: `name`, else the id.
    coordinates : "wgs84", "gcj02" or "bd09"
        As in `read_layer`.

    Raises
    ------
    InputError
        As `read_layer`; if a feature is no polygon, an id is missing or stands twice.
    """
    frame = read_layer(path, coordinates=coordinates)
    faults = Faults()
    found = [name for name in ID_COLUMNS if name in frame.columns]
    column = id_column or (found[0] if found else None)
    if column is None or column not in frame.columns:
        wanted = id_column or " or ".join(ID_COLUMNS)
        have = ", ".join(name for name in frame.columns if name != frame.geometry.name)
        faults.add(
            f"{path} must have a column {wanted} that names its districts: it has {have}. Name "
            f"another with --district-id."
        )
        faults.raise_all()
    if name_column is not None and name_column not in frame.columns:
        faults.add(f"{path} must have the column {name_column}: not found.")
    ids = _texts(frame[column])
    _check_ids(ids, f"`{column}` of {path}", faults)
    polygons, notes = _polygons(frame, str(path), faults)
    faults.raise_any()
    name_column = name_column or ("name" if "name" in frame.columns else column)
    names = _texts(frame[name_column])
    table = gpd.GeoDataFrame(
        {"district_id": ids, "name": names.where(names.notna(), ids)},
        geometry=polygons,
        crs=frame.crs,
    )
    if "name_zh" in frame.columns:
        table["name_zh"] = _texts(frame["name_zh"])
    if "population" in frame.columns:
        table["population"] = _numbers(frame["population"], f"`population` of {path}")
    table = table.sort_values("district_id", ignore_index=True)
    order = [name for name in table.columns if name != "geometry"]
    return Districts(table[[*order, "geometry"]], tuple(notes))


def check_districts(districts: gpd.GeoDataFrame, boundary: BaseGeometry) -> tuple[str, ...]:
    """
    Check that districts do not overlap, and say how they cover the city.

    Parameters
    ----------
    districts : GeoDataFrame
        With `district_id`, in a CRS in metres.
    boundary : Polygon or MultiPolygon
        In the same CRS.

    Returns
    -------
    tuple of str
        Small overlaps, gaps inside the boundary and area outside it, each with its area.

    Raises
    ------
    InputError
        If two districts overlap by more than `OVERLAP_TOLERANCE` of the smaller one.
    """
    notes = _check_overlaps(districts)
    union = shapely.union_all(districts.geometry.to_numpy())
    gap = shapely.area(shapely.difference(boundary, union))
    whole = shapely.area(boundary)
    if gap > 1e-6 * whole:
        notes.append(
            f"{gap / _M2_PER_KM2:.4g} km2 of the city ({gap / whole:.2%}) lie in no district."
        )
    beyond = shapely.area(shapely.difference(union, boundary))
    if beyond > 1e-6 * whole:
        notes.append(f"{beyond / _M2_PER_KM2:.4g} km2 of the districts lie outside the boundary.")
    return tuple(notes)


def read_link_layer(path: Path, *, coordinates: Coordinates = "wgs84") -> gpd.GeoDataFrame:
    """
    Read the lines of a planner's link layer, with all its columns; coordinates as in `read_layer`.

    A MultiLineString is taken as one line if its parts follow each other.

    Raises
    ------
    InputError
        As `read_layer`; if the CRS is Web Mercator, or a feature is missing, empty, no line or of
        several parts.
    """
    frame = read_layer(path, coordinates=coordinates)
    faults = Faults()
    if is_web_mercator(frame.crs):
        faults.add(
            f"{path} must not be in Web Mercator, in which lengths are wrong: {frame.crs.name} "
            f"found. Transform it to a UTM zone."
        )
    lines = shapely.line_merge(shapely.force_2d(frame.geometry.to_numpy()), directed=True)
    original = frame.geometry.to_numpy()
    kind = shapely.get_type_id(lines)
    whole = shapely.get_type_id(original) == 1  # a loop of one part is not merged anew
    lines = np.where(whole, shapely.force_2d(original), lines)
    absent = shapely.is_missing(original) | shapely.is_empty(original)
    is_line = ~absent & np.isin(shapely.get_type_id(original), (1, 5))
    length = shapely.length(lines)
    for bad, rule in (
        (absent, "be present"),
        (~absent & ~is_line, "be lines"),
        (is_line & ~whole & (kind == 5), "be one line each: its parts do not follow each other"),
        (is_line & (length == 0.0), "have a length"),
        (is_line & ~np.isfinite(length), "have finite coordinates"),
    ):
        if bad.any():
            faults.add(f"Geometries of {path} must {rule}: {first_of(bad, _row)}.")
    faults.raise_any()
    return frame.set_geometry(gpd.GeoSeries(lines, index=frame.index, crs=frame.crs))


def to_metric(shapes: gpd.GeoSeries | gpd.GeoDataFrame) -> Any:
    """Transform `shapes` to a CRS in metres: their own if it is one, else the UTM zone of them."""
    if is_metric(shapes.crs):
        return shapes
    return shapes.to_crs(utm_around(shapes.to_crs(WGS84).total_bounds))


def _row(position: int) -> str:
    return f"row {position + 1}"


def _texts(values: pd.Series) -> pd.Series:
    """Turn ids or names into text: 7.0 of a numeric column is "7"."""
    if pd.api.types.is_float_dtype(values.dtype):
        whole = values.dropna()
        if (whole == np.floor(whole)).all():
            values = values.astype("Int64")
    return values.map(str, na_action="ignore").astype(object).where(values.notna(), None)


def _numbers(values: pd.Series, label: str) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce").astype(np.float64)
    bad = (numbers.isna() & values.notna()).to_numpy()
    if bad.any():
        raise InputError(f"{label} must be a number: {first_of(bad, _row, values)}.")
    return numbers


def _check_ids(ids: pd.Series, label: str, faults: Faults) -> None:
    absent = ids.isna().to_numpy()
    if absent.any():
        faults.add(f"{label} must be present: {first_of(absent, _row)}.")
    twice = ids.duplicated().to_numpy() & ~absent
    if twice.any():
        faults.add(f"{label} must name each district once: {first_of(twice, _row, ids)}.")
    reserved = ids.isin((OUTSIDE_BOUNDARY, NO_DISTRICT)).to_numpy()
    if reserved.any():
        faults.add(
            f"{label} must not be {OUTSIDE_BOUNDARY} or {NO_DISTRICT}: "
            f"{first_of(reserved, _row, ids)}."
        )


def _polygons(
    frame: gpd.GeoDataFrame, origin: str, faults: Faults
) -> tuple[NDArray[Any], list[str]]:
    """Return the polygons of `frame` in two dimensions, repaired where they were invalid."""
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    wrong = ~absent & ~np.isin(shapely.get_type_id(shapes), (3, 6))
    for bad, rule in ((absent, "be present"), (wrong, "be polygons")):
        if bad.any():
            faults.add(f"Geometries of {origin} must {rule}: {first_of(bad, _row)}.")
    notes: list[str] = []
    broken = ~absent & ~shapely.is_valid(shapes)
    if broken.any():
        reason = shapely.is_valid_reason(shapes[broken][0])
        notes.append(
            f"{int(broken.sum())} of {len(shapes)} polygons of {Path(origin).name} were invalid "
            f"({reason}) and have been repaired."
        )
        shapes[broken] = [_only_polygons(shape) for shape in shapely.make_valid(shapes[broken])]
    return shapes, notes


def _only_polygons(shape: BaseGeometry) -> BaseGeometry:
    """Keep the polygons of what a repair left, without stray lines and points."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def _dissolve(polygons: NDArray[Any], crs: CRS, origin: str) -> gpd.GeoSeries:
    union = shapely.union_all(polygons)
    if shapely.is_empty(union) or shapely.area(union) == 0.0:
        raise InputError(f"{origin} must enclose an area: it encloses none.")
    return gpd.GeoSeries([union], crs=crs)


def _check_overlaps(districts: gpd.GeoDataFrame) -> list[str]:
    shapes = districts.geometry.to_numpy()
    ids = districts["district_id"].to_numpy(object)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    order = np.lexsort((other, one))
    one, other = one[order], other[order]
    area = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    share = area / np.minimum(shapely.area(shapes[one]), shapely.area(shapes[other]))
    bad = share > OVERLAP_TOLERANCE
    if bad.any():
        pairs = [
            f"{a} and {b} ({m2 / _M2_PER_KM2:.4g} km2)"
            for a, b, m2 in zip(ids[one[bad]], ids[other[bad]], area[bad], strict=True)
        ]
        raise InputError(
            f"Districts must not overlap by more than {OVERLAP_TOLERANCE:.2%} of the smaller one: "
            f"{int(bad.sum())} pairs do, {listed(pairs)}. Cut them apart."
        )
    small = area > 0.0
    if not small.any():
        return []
    note = (
        f"{int(small.sum())} pairs of districts overlap a little, {area[small].sum():.3g} m2 in "
        f"all: there the lowest district_id counts."
    )
    return [note]
