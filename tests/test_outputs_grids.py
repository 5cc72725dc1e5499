"""Gridded results: each tonne in its cell, readable by others, the same bytes each time."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import xarray as xr
from rio_cogeo.cogeo import cog_validate

from transmod.errors import CheckError
from transmod.model.grid import Grid
from transmod.outputs.grids import to_raster, write_geotiff, write_netcdf

FACTS = {"title": "Emissions of road transport", "source": "transmod 0.1.0", "year": 2023}


def small():
    """Two rows, three columns; the north-eastern cell is outside the boundary."""
    grid = Grid(pyproj.CRS.from_epsg(32617), 320_000.0, 4_420_000.0, 500.0, 3, 2)
    cells = pd.DataFrame({"cell_id": [4, 0], "nox": [0.5, np.nan], "co2": [7.0, 0.1 + 0.2]})
    fraction = np.array([[1.0, 1.0, 0.25], [1.0, 0.5, 0.0]])
    return grid, cells, fraction


def large():
    grid = Grid(pyproj.CRS.from_epsg(32648), 320_000.0, 3_420_000.0, 100.0, 520, 600)
    rng = np.random.default_rng(7)
    fraction = np.ones((600, 520))
    fraction[:, :50] = 0.0
    number = rng.choice(600 * 520, 20_000, replace=False)
    number = number[fraction.flat[number] > 0]
    return grid, pd.DataFrame({"cell_id": number, "co2": rng.random(number.size)}), fraction


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_zero_and_missing_by_hand():
    rasters = to_raster(*small())
    assert list(rasters) == ["co2", "nox"]
    nan = np.nan
    np.testing.assert_array_equal(rasters["co2"], [[0.1 + 0.2, 0, 0], [0, 7.0, nan]])
    np.testing.assert_array_equal(rasters["nox"], [[nan, 0, 0], [0, 0.5, nan]])


def test_no_mass_is_lost_in_a_cell_whose_share_rounds_to_nothing():
    grid, cells, fraction = small()
    raster = to_raster(grid, cells.assign(cell_id=[5, 0]), fraction)["co2"]
    assert raster[1, 2] == 7.0


def test_cells_that_are_wrong():
    grid, cells, fraction = small()
    with pytest.raises(CheckError, match=r"must be 0 to 5: 1 of 2 are not, first -1"):
        to_raster(grid, cells.assign(cell_id=[0, -1]), fraction)
    with pytest.raises(CheckError, match=r"one row for each cell: 1 of 2 .* cell 3"):
        to_raster(grid, cells.assign(cell_id=[3, 3]), fraction)
    with pytest.raises(CheckError, match=r"must be pollutants: found vkm"):
        to_raster(grid, cells.assign(vkm=1.0), fraction)
    with pytest.raises(CheckError, match=r"2 rows and 3 columns: found \(3, 2\)"):
        to_raster(grid, cells, fraction.T)


def test_netcdf_by_hand(tmp_path):
    grid, cells, fraction = small()
    write_netcdf(grid, cells, fraction, tmp_path / "grid.nc", attributes=FACTS)
    with xr.open_dataset(tmp_path / "grid.nc", decode_coords="all") as read:
        assert read.attrs["Conventions"] == "CF-1.11"
        assert read.attrs["year"] == 2023
        assert read["co2"].attrs["units"] == "t yr-1"
        assert read["co2"].attrs["cell_methods"] == "area: sum"
        assert read["co2"].encoding["grid_mapping"] == "crs"
        assert pyproj.CRS.from_cf(read["crs"].attrs) == grid.crs
        assert read["cell_id"].dtype == np.int64
        assert read["co2"].dtype == np.float64
        at = read.sel(x=320_750.0, y=4_420_750.0)
        assert int(at["cell_id"]) == 4
        assert float(at["co2"]) == 7.0
        assert float(at["fraction_in_boundary"]) == 0.5
        lon, lat = pyproj.Proj(grid.crs)(320_750.0, 4_420_750.0, inverse=True)
        assert float(at["lon"]) == pytest.approx(lon, abs=1e-9)
        assert float(at["lat"]) == pytest.approx(lat, abs=1e-9)
        assert read["x_bounds"].to_numpy()[0].tolist() == [320_000.0, 320_500.0]
        assert float(read["co2"].sum()) == 7.0 + 0.1 + 0.2


@pytest.mark.parametrize(
    ("crs", "unit"),
    [
        ("EPSG:32617", "yr-1"),
        pytest.param("EPSG:32651", "day-1", marks=pytest.mark.slow),
        pytest.param("EPSG:3067", "yr-1", marks=pytest.mark.slow),
        ("EPSG:2154", "h-1"),
    ],
)
def test_netcdf_keeps_the_cf_conventions(tmp_path, crs, unit):
    _, cells, fraction = small()
    grid = Grid(pyproj.CRS.from_user_input(crs), 320_000.0, 6_420_000.0, 500.0, 3, 2)
    path = tmp_path / "grid.nc"
    write_netcdf(grid, cells, fraction, path, period_unit=unit, attributes=FACTS)
    checker = Path(sys.executable).with_name("compliance-checker")
    command = [checker, "-t", "cf:1.11", "-c", "strict", "-f", "text", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "All tests passed!" in done.stdout, done.stdout


def test_geotiff_by_hand(tmp_path):
    grid, cells, fraction = small()
    write_geotiff(grid, cells, fraction, tmp_path / "grid.tif", attributes=FACTS)
    with rasterio.open(tmp_path / "grid.tif") as read:
        assert read.descriptions == ("co2", "nox")
        assert read.units == ("t yr-1", "t yr-1")
        assert np.isnan(read.nodata)
        assert read.crs.to_epsg() == 32617
        assert tuple(read.bounds) == (320_000.0, 4_420_000.0, 321_500.0, 4_421_000.0)
        assert read.tags()["title"] == FACTS["title"]
        assert "Zero" in read.tags()["comment"]
        np.testing.assert_array_equal(read.read(1), [[0, 7.0, np.nan], [0.1 + 0.2, 0, 0]])
        assert next(read.sample([(320_750.0, 4_420_750.0)]))[0] == 7.0  # the cell of the NetCDF


@pytest.mark.parametrize("case", [small, large])
def test_geotiff_is_cloud_optimised(tmp_path, case):
    write_geotiff(*case(), tmp_path / "grid.tif", attributes=FACTS)
    valid, errors, warnings = cog_validate(tmp_path / "grid.tif", strict=True)
    assert valid
    assert (errors, warnings) == ([], [])


def test_both_files_hold_the_mass_of_the_cells(tmp_path):
    grid, cells, fraction = large()
    write_netcdf(grid, cells, fraction, tmp_path / "grid.nc", attributes=FACTS)
    write_geotiff(grid, cells, fraction, tmp_path / "grid.tif", attributes=FACTS)
    with xr.open_dataset(tmp_path / "grid.nc") as read:
        mass = read["co2"].to_numpy()
    with rasterio.open(tmp_path / "grid.tif") as read:
        np.testing.assert_array_equal(read.read(1)[::-1], mass)
    np.testing.assert_array_equal(np.isnan(mass), fraction == 0)
    np.testing.assert_array_equal(mass.flat[cells["cell_id"]], cells["co2"])
    assert np.nansum(mass) == pytest.approx(cells["co2"].sum(), rel=1e-12)


@pytest.mark.slow
def test_same_bytes_in_another_process_at_another_time(tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from test_outputs_grids import *\n"
        "write_netcdf(*large(), sys.argv[1] + '.nc', attributes=FACTS)\n"
        "write_geotiff(*large(), sys.argv[1] + '.tif', attributes=FACTS)\n"
    )
    write_netcdf(*large(), tmp_path / "a.nc", attributes=FACTS)
    write_geotiff(*large(), tmp_path / "a.tif", attributes=FACTS)
    # starting anew takes longer than the second that a time stamp would count
    command = [sys.executable, "-c", code, tmp_path / "b", Path(__file__).parent]
    subprocess.run(command, check=True, env={"GDAL_NUM_THREADS": "2"})
    assert sha256(tmp_path / "a.nc") == sha256(tmp_path / "b.nc")
    assert sha256(tmp_path / "a.tif") == sha256(tmp_path / "b.tif")
