"""
Gridded results: CF NetCDF for models, cloud-optimised GeoTIFF for maps.

A cell outside the boundary is missing; a cell that reaches inside and has no emission is zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import h5netcdf
import numpy as np
import pandas as pd
import pyproj
import rasterio
import xarray as xr
from numpy.typing import NDArray
from rasterio.io import MemoryFile

from transmod import __version__
from transmod.errors import CheckError
from transmod.model.grid import Grid
from transmod.schema import POLLUTANTS

MISSING = (
    "Missing: the cell lies outside the boundary, or its mass is unknown. Zero: the cell reaches "
    "inside the boundary and no emission was computed there."
)
_CHUNK = 512  # cells; a chunk of doubles is 2 MiB, and a GeoTIFF is tiled alike
_DIMS = ("y", "x")


def to_raster(
    grid: Grid, cells: pd.DataFrame, fraction_in_boundary: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """
    Lay the masses of cells out as rasters.

    Parameters
    ----------
    grid : Grid
        The grid.
    cells : pandas.DataFrame
        One row per cell with emissions: `cell_id` int64 and a column of masses [t] for each
        pollutant, `<pollutant>` or `<pollutant>_t`. Null: the mass is unknown.
    fraction_in_boundary : ndarray
        Share of each cell inside the boundary (n_rows, n_columns) [-].

    Returns
    -------
    dict of str to ndarray
        By pollutant, in the order of the schema, masses (n_rows, n_columns) [t] with row 0 in
        the south. NaN where the cell is outside the boundary, 0 where it reaches inside and
        stands in no row. A row counts wherever its cell is, so no mass is lost on the border.

    Raises
    ------
    CheckError
        If a cell is not of this grid or stands twice, or a column is no pollutant.
    """
    shape = (grid.n_rows, grid.n_columns)
    cell_id = cells["cell_id"].to_numpy(np.int64)
    cells = cells.rename(columns=lambda name: name.removesuffix("_t"))
    names = [name for name in POLLUTANTS if name in cells.columns]
    faults = []
    if fraction_in_boundary.shape != shape:
        faults.append(
            f"`fraction_in_boundary` must have the grid's {shape[0]} rows and {shape[1]} columns: "
            f"found {fraction_in_boundary.shape}."
        )
    unknown = sorted(set(cells.columns) - set(names) - {"cell_id"})
    if unknown:
        faults.append(
            f"Columns of `cells` must be pollutants: found {', '.join(unknown)}. Valid are "
            f"{', '.join(POLLUTANTS)}."
        )
    bad = (cell_id < 0) | (cell_id >= shape[0] * shape[1])
    if bad.any():
        faults.append(
            f"`cell_id` must be 0 to {shape[0] * shape[1] - 1}: {bad.sum()} of {bad.size} are not, "
            f"first {cell_id[bad][0]}."
        )
    repeated = cells["cell_id"].duplicated()
    if repeated.any():
        faults.append(
            f"`cells` must have one row for each cell: {repeated.sum()} of {len(cells)} repeat "
            f"another, first cell {cells.loc[repeated, 'cell_id'].iloc[0]}."
        )
    if faults:
        raise CheckError("\n".join(faults))
    rasters = {}
    for name in names:
        mass = np.where(fraction_in_boundary > 0.0, 0.0, np.nan)
        mass.flat[cell_id] = cells[name].to_numpy(np.float64, na_value=np.nan)
        rasters[name] = mass
    return rasters


def write_netcdf(
    grid: Grid,
    cells: pd.DataFrame,
    fraction_in_boundary: NDArray[np.float64],
    path: Path,
    *,
    period_unit: str = "yr-1",
    attributes: Mapping[str, str | int | float],
) -> None:
    """
    Write the masses of cells as NetCDF-4 after the CF conventions 1.11.

    Parameters
    ----------
    grid, cells, fraction_in_boundary
        As in `to_raster`.
    path : Path
        File to write.
    period_unit : str
        What the masses are per: "yr-1", "day-1" or "h-1", as UDUNITS writes it.
    attributes : mapping
        Facts about the whole file, such as `title`, `source`, `references`. No date of writing:
        the same inputs give the same bytes.

    Raises
    ------
    CheckError
        As `to_raster`.

    Notes
    -----
    Row 0 is in the south, as in `cell_id`. Masses are doubles: the sum of the file is the sum of
    the links.

    References
    ----------
    .. [1] B. Eaton et al., "NetCDF Climate and Forecast (CF) Metadata Conventions", version 1.11.
    """
    variables = {
        name: xr.Variable(
            _DIMS,
            mass,
            {
                "long_name": f"emission of {name} inside the boundary",
                "units": f"t {period_unit}",
                "cell_methods": "area: sum",
                "comment": MISSING,
            },
            {"_FillValue": np.nan, **encode_cells(grid)},
        )
        for name, mass in to_raster(grid, cells, fraction_in_boundary).items()
    }
    number = np.arange(grid.n_cells).reshape(grid.n_rows, grid.n_columns)
    variables["cell_id"] = xr.Variable(
        _DIMS,
        number,
        {"long_name": "number of the cell, row by row from the south-west"},
        {**encode_cells(grid)},
    )
    variables["fraction_in_boundary"] = xr.Variable(
        _DIMS,
        fraction_in_boundary,
        {"long_name": "share of the area of the cell inside the boundary", "units": "1"},
        {"_FillValue": None, **encode_cells(grid)},
    )
    write_dataset(variables, grid, path, attributes)


def write_dataset(
    variables: Mapping[str, xr.Variable],
    grid: Grid,
    path: Path,
    attributes: Mapping[str, str | int | float],
) -> None:
    """Write variables on the cells of a grid as NetCDF-4, with its coordinates and mapping."""
    mapping = {k: v for k, v in grid.crs.to_cf().items() if v != "undefined"}
    variables = {**variables, "crs": xr.Variable((), np.int32(0), mapping)}
    facts = {"Conventions": "CF-1.11", "history": f"written by transmod {__version__}"}
    dataset = xr.Dataset(variables, _coordinates(grid), {**facts, **attributes})
    # In memory first: on a full disk the HDF5 library does not fail but crashes.
    content = BytesIO()
    with h5netcdf.File(content, "w") as file:
        dataset.dump_to_store(xr.backends.H5NetCDFStore(file))
    Path(path).write_bytes(content.getbuffer())


def write_geotiff(
    grid: Grid,
    cells: pd.DataFrame,
    fraction_in_boundary: NDArray[np.float64],
    path: Path,
    *,
    period_unit: str = "yr-1",
    attributes: Mapping[str, str | int | float],
) -> None:
    """
    Write the masses of cells as a cloud-optimised GeoTIFF, a band for each pollutant.

    Parameters
    ----------
    grid, cells, fraction_in_boundary, path, period_unit, attributes
        As in `write_netcdf`.

    Raises
    ------
    CheckError
        As `to_raster`.

    Notes
    -----
    North is up: the first row is the northernmost. Missing is NaN. The smaller overviews of a
    large raster hold mean masses of the cells they stand for, so only the full raster adds up.
    """
    rasters = to_raster(grid, cells, fraction_in_boundary)
    north = grid.y0 + grid.n_rows * grid.cell_size_m
    profile = {
        "driver": "COG",
        "width": grid.n_columns,
        "height": grid.n_rows,
        "count": len(rasters),
        "dtype": "float64",
        "crs": rasterio.crs.CRS.from_wkt(grid.crs.to_wkt("WKT2_2019")),
        "transform": rasterio.Affine(grid.cell_size_m, 0, grid.x0, 0, -grid.cell_size_m, north),
        "nodata": np.nan,
        "compress": "DEFLATE",
        "predictor": "YES",
        "blocksize": _CHUNK,
        "overview_resampling": "AVERAGE",
    }
    with MemoryFile() as content:  # in memory, as a full disk is not told as such
        with content.open(**profile) as file:
            file.update_tags(**{name: str(value) for name, value in attributes.items()})
            file.update_tags(comment=MISSING)
            for band, (name, mass) in enumerate(rasters.items(), start=1):
                file.write(mass[::-1], band)
                file.set_band_description(band, name)
                file.set_band_unit(band, f"t {period_unit}")
        Path(path).write_bytes(content.getbuffer())


def encode_cells(grid: Grid, *, n_layers: int = 0) -> dict[str, Any]:
    """Return the encoding of a variable on the cells, or of one with layers before them."""
    # xarray drops the grid mapping if it is given to `to_netcdf` instead
    return {
        "grid_mapping": "crs",
        "coordinates": "lat lon",
        "zlib": True,
        "complevel": 4,
        "shuffle": True,
        "chunksizes": (*(1,) * n_layers, min(grid.n_rows, _CHUNK), min(grid.n_columns, _CHUNK)),
    }


def _coordinates(grid: Grid) -> dict[str, xr.Variable]:
    to_degrees = pyproj.Transformer.from_crs(grid.crs, 4326, always_xy=True)
    lon, lat = to_degrees.transform(*np.meshgrid(grid.x, grid.y))
    packed = {
        k: v for k, v in encode_cells(grid).items() if k not in ("grid_mapping", "coordinates")
    }
    degrees = {"_FillValue": None, "coordinates": None, **packed}
    coordinates = {
        "lat": xr.Variable(
            _DIMS,
            lat,
            {"standard_name": "latitude", "long_name": "latitude", "units": "degrees_north"},
            degrees,
        ),
        "lon": xr.Variable(
            _DIMS,
            lon,
            {"standard_name": "longitude", "long_name": "longitude", "units": "degrees_east"},
            degrees,
        ),
    }
    for name, origin, centres in (("x", grid.x0, grid.x), ("y", grid.y0, grid.y)):
        edges = origin + np.arange(len(centres) + 1) * grid.cell_size_m
        attributes = {
            "standard_name": f"projection_{name}_coordinate",
            "long_name": f"{name} of the centre of the cell",
            "units": "m",
            "axis": name.upper(),
            "bounds": f"{name}_bounds",
        }
        plain = {"_FillValue": None}
        coordinates[name] = xr.Variable((name,), centres, attributes, plain)
        coordinates[f"{name}_bounds"] = xr.Variable(
            (name, "side"), np.column_stack([edges[:-1], edges[1:]]), {}, plain
        )
    return coordinates
