"""GCJ-02 and BD-09: published pairs, and the ways back."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from transmod.errors import InputError
from transmod.inputs import chinese_coordinates
from transmod.inputs.chinese_coordinates import (
    COORDINATES,
    bd09_to_gcj02,
    bd09_to_wgs84,
    convert,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    read_coordinates,
    to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from transmod.inputs.traffic_source import read_traffic_source
from transmod.volumes import import_volumes

PUBLISHED = pd.read_csv(Path(__file__).parent / "data" / "published_coordinates.csv")
WAYS = [
    (wgs84_to_gcj02, gcj02_to_wgs84),
    (gcj02_to_bd09, bd09_to_gcj02),
    (wgs84_to_bd09, bd09_to_wgs84),
]


@pytest.mark.parametrize(
    "row", list(PUBLISHED.itertuples()), ids=lambda row: f"{row.place} {row.kind}"
)
def test_published_pairs(row):
    shift = getattr(chinese_coordinates, row.kind)
    lon, lat = shift(np.array([row.lon]), np.array([row.lat]))
    assert lon[0] == pytest.approx(row.shifted_lon, rel=0, abs=row.tolerance_deg)
    assert lat[0] == pytest.approx(row.shifted_lat, rel=0, abs=row.tolerance_deg)


def test_by_hand():
    """At 105 E, 35 N all waves are 0 and the shift is 300 m east, 100 m south."""
    lon, lat = wgs84_to_gcj02(np.array([105.0]), np.array([35.0]))
    flat = 1 - 0.00669342162296594323 * np.sin(np.radians(35)) ** 2
    east = 300 / (6378245 / np.sqrt(flat) * np.cos(np.radians(35)))
    south = 100 / (6378245 * (1 - 0.00669342162296594323) / flat**1.5)
    assert lon[0] - 105 == pytest.approx(np.degrees(east), rel=1e-10)
    assert 35 - lat[0] == pytest.approx(np.degrees(south), rel=1e-10)


@pytest.mark.parametrize(("there", "back"), WAYS, ids=lambda way: way.__name__)
@settings(max_examples=30, deadline=None)
@given(lon=st.floats(73.0, 136.0), lat=st.floats(2.0, 55.0))
def test_there_and_back(there, back, lon, lat):
    there_and_back = back(*there(np.array([lon]), np.array([lat])))
    assert np.abs(there_and_back[0] - lon).max() < 1e-10
    assert np.abs(there_and_back[1] - lat).max() < 1e-10


@pytest.mark.parametrize(("there", "back"), WAYS, ids=lambda way: way.__name__)
def test_places_elsewhere_stay(there, back):
    lon, lat = np.array([-71.3, 2.35, 151.2]), np.array([-29.9, 48.9, -33.9])
    for shift in (there, back):
        assert np.array_equal(shift(lon, lat), (lon, lat))


def test_every_kind_into_every_other():
    place = np.array([[121.47, 31.23]])
    for one in COORDINATES:
        for other in COORDINATES:
            assert convert(convert(place, one, other), other, one) == pytest.approx(place, abs=1e-9)


def test_a_layer_in_metres_is_converted_too():
    square = gpd.GeoDataFrame(geometry=[box(121.4, 31.2, 121.5, 31.3)], crs=4326)
    moved = to_wgs84(square, "gcj02")
    assert to_wgs84(square, "wgs84") is square
    assert (
        to_wgs84(square.to_crs(32651), "gcj02")
        .geometry.iloc[0]
        .equals_exact(moved.geometry.iloc[0], 1e-9)
    )
    lon, lat = gcj02_to_wgs84(np.array([121.4]), np.array([31.2]))
    assert moved.total_bounds[:2] == pytest.approx([lon[0], lat[0]], abs=1e-4)


def test_names():
    assert [read_coordinates(text) for text in ("GCJ-02", "bd09", "WGS84")] == [
        "gcj02", "bd09", "wgs84",
    ]  # fmt: skip
    with pytest.raises(InputError, match="one of wgs84, gcj02, bd09: 'mars' found"):
        read_coordinates("mars")


def test_traffic_drawn_on_a_chinese_map(tmp_path):
    lon, lat = wgs84_to_gcj02(np.array([121.47]), np.array([31.23]))
    counts = gpd.GeoDataFrame(
        {"station": ["a"], "cars": [900.0]}, geometry=gpd.points_from_xy(lon, lat), crs=4326
    )
    counts.to_file(tmp_path / "counts.gpkg")
    (tmp_path / "columns.toml").write_text(
        'kind = "aadt"\n[columns]\nplace_id = "station"\n[volumes]\ncar = "cars"\n'
    )
    import_volumes(
        [tmp_path / "counts.gpkg"], tmp_path / "out", columns=tmp_path / "columns.toml",
        coordinates="gcj02",
    )  # fmt: skip
    place = read_traffic_source(tmp_path / "out").places.geometry.iloc[0]
    assert (place.x, place.y) == pytest.approx((121.47, 31.23), abs=1e-9)
