"""All files of one real city say the same: links, cells in two formats, and the map."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr

from transmod.inputs.network import read_network
from transmod.model.grid import fraction_in_boundary, grid_over
from transmod.model.overlay import cut_links
from transmod.outputs.geopackage import to_squares, write_map
from transmod.outputs.grids import write_geotiff, write_netcdf

CITY = Path(__file__).parents[1] / "networks" / "coquimbo"


@pytest.mark.slow
def test_sample_city(tmp_path):
    network = read_network(CITY)
    grid = grid_over(network.boundary, network.crs, 500.0)
    fraction = fraction_in_boundary(grid, network.boundary)
    pieces = cut_links(network, grid)
    n_districts = len(network.districts)
    mass = np.random.default_rng(7).lognormal(0, 1, len(network.links))
    inside = pd.DataFrame(
        {
            "link": pieces.link,
            "cell_id": pieces.cell,
            "co2": pieces.fraction * mass[pieces.link],
        }
    )[(pieces.district <= n_districts) & (pieces.cell >= 0)]
    cells = inside.groupby("cell_id", as_index=False)["co2"].sum()
    total = inside["co2"].sum()
    links = gpd.GeoDataFrame(
        {
            "link_id": network.links["link_id"],
            "district_id": "all",
            "length_m": network.links["length_m"],
            "co2_t": mass,
        },
        geometry=network.links.geometry.to_numpy(),
        crs=network.crs,
    )
    write_netcdf(grid, cells, fraction, tmp_path / "grid.nc", attributes={})
    write_geotiff(grid, cells, fraction, tmp_path / "grid.tif", attributes={})
    squares = to_squares(grid, cells, fraction)
    districts = network.districts.assign(co2_t=1.0)
    write_map(districts, links, squares, tmp_path / "map.gpkg", title="Coquimbo")

    with xr.open_dataset(tmp_path / "grid.nc") as read:
        assert float(read["co2"].sum()) == pytest.approx(total, rel=1e-12)
        # a cell with emissions reaches inside the boundary
        assert float(read["fraction_in_boundary"].where(read["co2"] > 0).min()) > 0
    with rasterio.open(tmp_path / "grid.tif") as read:
        assert np.nansum(read.read(1)) == pytest.approx(total, rel=1e-12)
        longest = network.links["length_m"].argmax()
        assert read.bounds.left <= links.geometry.iloc[longest].centroid.x <= read.bounds.right
    drawn = gpd.read_file(tmp_path / "map.gpkg", layer="cells")
    assert drawn["co2_t"].sum() == pytest.approx(total, rel=1e-12)
    assert drawn.crs == network.crs
    assert len(gpd.read_file(tmp_path / "map.gpkg", layer="links")) == len(network.links)
    areas = gpd.read_file(tmp_path / "map.gpkg", layer="districts")
    planar = areas.geometry.area / 1e6
    np.testing.assert_allclose(areas["area_km2"], planar, rtol=2e-3)  # UTM: scale within 0.04 %
