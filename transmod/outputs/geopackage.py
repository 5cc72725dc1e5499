"""The map of a run as one GeoPackage: districts, links and cells, with styles for QGIS."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray

from transmod.model.grid import Grid, cell_polygons
from transmod.outputs.grids import to_raster
from transmod.outputs.styles import to_qml

# GeoPackage asks for the date of a change. One date for all: the same map is the same bytes.
CHANGED = "2000-01-01T00:00:00.000Z"
_SIMPLE_LAYERS = ("cells", "points")
_ELLIPSOID = pyproj.Geod(ellps="WGS84")


def write_map(
    districts: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame | None,
    path: Path,
    *,
    title: str,
    pollutant: str = "co2",
) -> None:
    """
    Write districts, links and cells as layers of one GeoPackage, styled for QGIS.

    Parameters
    ----------
    districts : geopandas.GeoDataFrame
        `schema.DISTRICTS` with masses `<pollutant>_t` [t]; see `per_area_and_head`.
    links : geopandas.GeoDataFrame
        `schema.LINK_RESULTS`.
    cells : geopandas.GeoDataFrame or None
        See `to_squares`. None: the run has no grid, and the map no layer of it.
    path : Path
        File to write; a former one is replaced.
    title : str
        Names the map in the description of each layer.
    pollutant : str
        What the styles show: links by t per km, cells by t, districts by t per km2.

    Notes
    -----
    Added are the areas and rates of `per_area_and_head`, and the mass per km of each link.
    Rows are sorted by key, and the date of change is fixed, so that the same map has the same
    bytes.
    """
    path = Path(path)
    path.unlink(missing_ok=True)
    mass = f"{pollutant}_t"
    districts = per_area_and_head(districts).sort_values("district_id", ignore_index=True)
    links = _per_km(links).sort_values(["link_id", "district_id"], ignore_index=True)
    layers = [
        ("districts", districts, f"{mass}_per_km2", "fill", districts["area_km2"]),
        ("links", links, f"{mass}_per_km", "line", links["length_m"]),
    ]
    if cells is not None:
        cells = cells.sort_values("cell_id", ignore_index=True)
        layers.append(("cells", cells, mass, "fill", pd.Series(1.0, cells.index)))
    styles = []
    with fixed_date():
        for name, frame, column, kind, weights in layers:
            write_layer(frame, path, name, f"{title}: {name}")
            values = frame[column].to_numpy(np.float64, na_value=np.nan)
            qml = to_qml(values, weights.to_numpy(np.float64), column, kind)
            styles.append(style_row(name, column, qml))
        write_styles(styles, path)


def per_area_and_head(districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Add the area of districts and their masses per km2 and per head.

    Parameters
    ----------
    districts : geopandas.GeoDataFrame
        Polygons with a CRS, masses in columns ending in `_t` [t], and perhaps `population`
        [persons].

    Returns
    -------
    geopandas.GeoDataFrame
        With `area_km2`, `<mass>_per_km2` and, if there is a population, `<mass>_per_head`; null
        where the population is unknown or zero.

    Notes
    -----
    Areas are those on the WGS 84 ellipsoid: no projection enters.
    """
    masses = [name for name in districts.columns if name.endswith("_t")]
    area = _area_km2(districts.geometry)
    columns = {"area_km2": area}
    columns |= {f"{name}_per_km2": districts[name].to_numpy(np.float64) / area for name in masses}
    if "population" in districts.columns:
        heads = districts["population"].to_numpy(np.float64, na_value=np.nan)
        heads = np.where(heads > 0, heads, np.nan)
        columns |= {
            f"{name}_per_head": districts[name].to_numpy(np.float64) / heads for name in masses
        }
    return districts.assign(**columns)


def to_squares(
    grid: Grid, cells: pd.DataFrame, fraction_in_boundary: NDArray[np.float64]
) -> gpd.GeoDataFrame:
    """
    Draw the cells that reach inside the boundary, or have emissions, as squares.

    Parameters
    ----------
    grid, cells, fraction_in_boundary
        As in `grids.to_raster`.

    Returns
    -------
    geopandas.GeoDataFrame
        `cell_id`, `fraction_in_boundary`, `<pollutant>_t` [t] and the square, sorted by cell.
    """
    rasters = to_raster(grid, cells, fraction_in_boundary)
    shown = fraction_in_boundary.ravel() > 0.0
    shown[cells["cell_id"].to_numpy(np.int64)] = True
    cell_id = np.flatnonzero(shown)
    columns = {f"{name}_t": mass.ravel()[cell_id] for name, mass in rasters.items()}
    return gpd.GeoDataFrame(
        {
            "cell_id": cell_id,
            "fraction_in_boundary": fraction_in_boundary.ravel()[cell_id],
            **columns,
        },
        geometry=cell_polygons(grid, cell_id),
        crs=grid.crs,
    )


def write_layer(frame: gpd.GeoDataFrame, path: Path, name: str, description: str) -> None:
    """Write a layer; its lines and polygons become those of several parts, as QGIS edits them."""
    try:
        pyogrio.write_dataframe(
            frame,
            path,
            layer=name,
            driver="GPKG",
            promote_to_multi=name not in _SIMPLE_LAYERS,
            layer_options={"IDENTIFIER": name, "DESCRIPTION": description},
        )
    except pyogrio.errors.DataSourceError as error:
        # GDAL takes back what it wrote and does not say why; a layer is about as large as in WKB
        size = frame.to_wkb().memory_usage(deep=True).sum()
        if shutil.disk_usage(path.parent).free < 2 * size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        raise


def _per_km(links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    length = links["length_m"].to_numpy(np.float64) / 1000.0
    length = np.where(length > 0, length, np.nan)
    masses = [name for name in links.columns if name.endswith("_t")]
    per_km = {f"{name}_per_km": links[name].to_numpy(np.float64) / length for name in masses}
    return links.assign(**per_km)


def _area_km2(shapes: gpd.GeoSeries) -> NDArray[np.float64]:
    # normal form: holes run the other way round than their outline, so their areas are taken off
    degrees = shapely.normalize(shapes.to_crs(4326).to_numpy())
    areas = [_ELLIPSOID.geometry_area_perimeter(shape)[0] for shape in degrees]
    return np.abs(areas) / 1e6


def write_styles(styles: list[dict[str, object]], path: Path) -> None:
    """Write the table in which QGIS looks for styles."""
    pyogrio.write_dataframe(
        pd.DataFrame(styles),
        path,
        layer="layer_styles",
        driver="GPKG",
        layer_options={"FID": "id", "IDENTIFIER": "layer_styles"},
    )


def style_row(layer: str, column: str, qml: str) -> dict[str, object]:
    """Return a row of the table in which QGIS looks for the styles of a GeoPackage."""
    return {
        "f_table_catalog": "",
        "f_table_schema": "",
        "f_table_name": layer,
        "f_geometry_column": "geom",
        "styleName": layer,
        "styleQML": qml,
        "styleSLD": "",
        "useAsDefault": True,
        "description": f"by {column}",
        "owner": "",
        "ui": "",
        "update_time": pd.Timestamp(CHANGED),
    }


@contextmanager
def fixed_date() -> Iterator[None]:
    """Write with the one date, whatever the clock says."""
    former = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": CHANGED})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": former})
