"""The map: layers that open, rates by hand, styles that are valid, the same bytes each time."""

import hashlib
import itertools
import sqlite3
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
from shapely.geometry import LineString, MultiLineString, Polygon, box

from transmod.model.grid import Grid
from transmod.outputs.geopackage import per_area_and_head, to_squares, write_map
from transmod.outputs.styles import to_qml

CRS = pyproj.CRS.from_epsg(32617)


def districts():
    hole = box(320_400, 4_420_400, 320_600, 4_420_600).exterior.coords[::-1]
    return gpd.GeoDataFrame(
        {
            "district_id": ["b", "a"],
            "name": ["Süd", "Nord"],
            "population": [2000.0, np.nan],
            "co2_t": [30.0, 0.0],
            "nox_t": [0.3, np.nan],
        },
        geometry=[
            box(321_000, 4_420_000, 323_000, 4_421_000),
            Polygon(box(320_000, 4_420_000, 321_000, 4_421_000).exterior, [hole]),
        ],
        crs=CRS,
    )


def links(n=60):
    rng = np.random.default_rng(7)
    start = np.column_stack([rng.uniform(320e3, 323e3, n), rng.uniform(4_420e3, 4_421e3, n)])
    shapes = [LineString([xy, xy + 50]) for xy in start]
    shapes[5] = MultiLineString([[start[5], start[5] + 9], [start[5] + 20, start[5] + 30]])
    co2 = rng.lognormal(3, 1.5, n)
    co2[[3, 8]] = [0.0, np.nan]
    return gpd.GeoDataFrame(
        {
            "link_id": np.arange(n)[::-1],
            "district_id": "b",
            "length_m": rng.uniform(10, 500, n),
            "vkm": 1.0,
            "co2_t": co2,
            "nox_t": co2 / 500,
        },
        geometry=shapes,
        crs=CRS,
    )


def squares():
    grid = Grid(CRS, 320_000.0, 4_420_000.0, 500.0, 6, 3)
    fraction = np.ones((3, 6))
    fraction[2] = 0.0
    frame = pd.DataFrame({"cell_id": [13, 2], "co2": [1.0, 2.5], "nox": [0.1, np.nan]})
    return to_squares(grid, frame, fraction)


def write(path):
    write_map(districts(), links(), squares(), path, title="Testville 2023")


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_rates_by_hand():
    rates = per_area_and_head(districts()).set_index("district_id")
    # on the ellipsoid; the transverse Mercator map is 0.9996 to 1.0004 wide here
    assert rates.loc["b", "area_km2"] == pytest.approx(2.0, rel=2e-3)
    assert rates.loc["a", "area_km2"] == pytest.approx(1.0 - 0.04, rel=2e-3)
    assert rates.loc["b", "co2_t_per_km2"] == pytest.approx(15.0, rel=2e-3)
    assert rates.loc["b", "co2_t_per_head"] == 0.015
    assert np.isnan(rates.loc["a", "co2_t_per_head"])
    assert rates.loc["a", "co2_t_per_km2"] == 0.0
    assert np.isnan(rates.loc["a", "nox_t_per_km2"])


def test_nobody_lives_there():
    rates = per_area_and_head(districts().assign(population=0.0))
    assert rates["co2_t_per_head"].isna().all()
    assert "co2_t_per_head" not in per_area_and_head(districts().drop(columns="population"))


def test_squares_by_hand():
    cells = squares().set_index("cell_id")
    assert list(cells.index) == [*range(12), 13]
    assert cells.loc[13, "fraction_in_boundary"] == 0.0
    assert cells.loc[2, "co2_t"] == 2.5
    assert cells.loc[1, "co2_t"] == 0.0
    assert np.isnan(cells.loc[2, "nox_t"])
    assert cells.loc[7].geometry.equals(box(320_500, 4_420_500, 321_000, 4_421_000))


def test_layers_open_in_gdal(tmp_path):
    write(tmp_path / "map.gpkg")
    layers = dict(pyogrio.list_layers(tmp_path / "map.gpkg"))
    assert list(layers) == ["districts", "links", "cells", "layer_styles"]
    for name, frame in (("districts", districts()), ("links", links()), ("cells", squares())):
        read = gpd.read_file(tmp_path / "map.gpkg", layer=name)
        assert read.crs == CRS
        assert len(read) == len(frame)
        assert set(frame.columns) <= set(read.columns)
    read = gpd.read_file(tmp_path / "map.gpkg", layer="links")
    assert read["link_id"].is_monotonic_increasing
    rate = read["co2_t"] / read["length_m"] * 1000
    np.testing.assert_allclose(read["co2_t_per_km"], rate, rtol=1e-15)
    assert set(read.geom_type) == {"MultiLineString"}


def test_a_run_without_a_grid_has_no_layer_of_cells(tmp_path):
    write_map(districts(), links(), None, tmp_path / "map.gpkg", title="x")
    layers = dict(pyogrio.list_layers(tmp_path / "map.gpkg"))
    assert list(layers) == ["districts", "links", "layer_styles"]


def test_styles_are_found_by_qgis(tmp_path):
    write(tmp_path / "map.gpkg")
    with sqlite3.connect(tmp_path / "map.gpkg") as database:
        rows = database.execute(
            "SELECT f_table_name, f_geometry_column, styleName, useAsDefault, styleQML "
            "FROM layer_styles ORDER BY id"
        ).fetchall()
        listed = dict(database.execute("SELECT table_name, data_type FROM gpkg_contents"))
        geometry = dict(
            database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns")
        )
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert listed["layer_styles"] == "attributes"
    wanted = {
        "districts": ("co2_t_per_km2", "SimpleFill"),
        "links": ("co2_t_per_km", "SimpleLine"),
        "cells": ("co2_t", "SimpleFill"),
    }
    assert [row[0] for row in rows] == list(wanted)
    for name, column, style, default, qml in rows:
        assert column == geometry[name]
        assert (style, default) == (name, 1)
        renderer = ET.fromstring(qml).find("renderer-v2")
        assert renderer.get("type") == "graduatedSymbol"
        assert renderer.get("attr") == wanted[name][0]
        assert {layer.get("class") for layer in renderer.iter("layer")} == {wanted[name][1]}
        symbols = [symbol.get("name") for symbol in renderer.find("symbols")]
        assert [each.get("symbol") for each in renderer.find("ranges")] == symbols


def classes(values):
    qml = to_qml(np.array(values, float), np.ones(len(values)), "co2_t", "fill")
    ranges = ET.fromstring(qml).iter("range")
    return [(float(each.get("lower")), float(each.get("upper"))) for each in ranges]


def test_classes_cover_every_value_and_none_twice():
    values = links()["co2_t"].to_numpy()
    found = classes(values)
    assert found[0] == (0.0, 0.0)
    assert found[-1][1] == np.nanmax(values)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(found))
    assert all(a < b for a, b in found[1:])


@pytest.mark.parametrize(
    ("values", "found"),
    [([], []), ([np.nan], []), ([0.0, 0.0], [(0.0, 0.0)]), ([3.5, 3.5], [(0.0, 3.5)])],
)
def test_classes_of_poor_data(values, found):
    assert classes(values) == found


@pytest.mark.slow
def test_same_bytes_in_another_process_at_another_time(tmp_path):
    write(tmp_path / "a.gpkg")
    write(tmp_path / "b.gpkg")
    write(tmp_path / "b.gpkg")  # over a former one
    # starting anew takes longer than the second that a time stamp would count
    code = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from test_outputs_geopackage import write; write(sys.argv[1])\n"
    )
    command = [sys.executable, "-c", code, tmp_path / "c.gpkg", Path(__file__).parent]
    subprocess.run(command, check=True)
    assert sha256(tmp_path / "a.gpkg") == sha256(tmp_path / "b.gpkg") == sha256(tmp_path / "c.gpkg")
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None
