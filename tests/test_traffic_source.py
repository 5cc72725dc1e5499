"""An imported source is read as it was written, and a faulty one is refused."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

from transmod.errors import InputError
from transmod.inputs.traffic_source import (
    TrafficSource,
    read_traffic_source,
    sort_volumes,
    to_matrix,
)
from transmod.outputs.traffic_source import write_traffic_source


def small_source(*, hourly=False):
    """Two links and a count point."""
    places = gpd.GeoDataFrame(
        {
            "place_id": ["a", "b", "c"],
            "kind": ["link", "link", "point"],
            "from_node": ["1", "2", None],
            "to_node": ["2", "1", None],
            "osm_way_id": pd.array([17, None, None], "Int64"),
            "road_class": ["primary", None, None],
            "is_ramp": [False, False, False],
            "name": ["Main", None, None],
            "lanes": [2.0, np.nan, np.nan],
            "free_speed_kmh": [50.0, np.nan, np.nan],
            "capacity_pcu_h": [np.nan, np.nan, np.nan],
            "length_m": [100.0, np.nan, np.nan],
            "heading_deg": [np.nan, np.nan, 90.0],
            "is_two_way": [False, False, True],
        },
        geometry=[LineString([(0, 0), (100, 0)]), LineString([(100, 0), (0, 0)]), Point(50, 1)],
        crs="EPSG:32648",
    )
    volumes = pd.DataFrame(
        {
            "place_id": ["c", "a", "a"],
            "vehicle_class": ["car", "bus", "car"],
            "trip_kind": ["all", "all", "all"],
            "volume": [3.0, 2.0, 1000.0],
        }
    )
    if hourly:
        lists = [np.array([v, np.nan], np.float32) for v in volumes["volume"]]
        volumes["volume"] = pd.Series(lists, dtype=object)
    volumes = sort_volumes(volumes)
    kind = "hourly" if hourly else "aadt"
    return TrafficSource(places, volumes, "csv", kind, "veh", 2 if hourly else None, ("a note",))


@pytest.mark.parametrize("hourly", [False, True])
def test_is_read_as_it_was_written(tmp_path, hourly):
    source = small_source(hourly=hourly)
    write_traffic_source(tmp_path / "s", source, origin={"command": "transmod"})
    read = read_traffic_source(tmp_path / "s")
    pd.testing.assert_frame_equal(read.places, source.places, check_like=False)
    assert read.volumes["vehicle_class"].tolist() == ["car", "bus", "car"]
    np.testing.assert_array_equal(
        to_matrix(read.volumes["volume"], read.hours),
        to_matrix(source.volumes["volume"], source.hours),
    )
    assert (read.format, read.kind, read.unit, read.hours, read.notes) == (
        "csv", source.kind, "veh", source.hours, ("a note",),
    )  # fmt: skip


def test_same_source_same_bytes(tmp_path):
    for name in ("s", "t"):
        write_traffic_source(tmp_path / name, small_source(hourly=True))
    for path in (tmp_path / "s").iterdir():
        assert path.read_bytes() == (tmp_path / "t" / path.name).read_bytes()


def test_replaces_only_a_source_and_only_if_told(tmp_path):
    write_traffic_source(tmp_path / "s", small_source())
    with pytest.raises(InputError, match="--force"):
        write_traffic_source(tmp_path / "s", small_source())
    write_traffic_source(tmp_path / "s", small_source(), force=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(InputError, match="holds other files"):
        write_traffic_source(tmp_path / "mine", small_source(), force=True)


def test_all_faults_at_once(tmp_path):
    source = small_source(hourly=True)
    source.volumes.loc[0, "place_id"] = "z"
    source.volumes["volume"].iloc[1][0] = -1.0
    source.places.loc[0, "kind"] = "point"
    with pytest.raises(InputError) as caught:
        write_traffic_source(tmp_path / "s", source)
    text = str(caught.value)
    assert "must stand in places.parquet: 1 of 3 are not, first at row 1 (value 'z')" in text
    assert "finite and >= 0: 1 of 3 are not, first at row 2" in text
    assert "points Points: 1 of 3 are not, first at place_id 'a'" in text
    assert not (tmp_path / "s").exists()
    with pytest.raises(InputError, match=r"`unit` of .* must be one of veh, pcu: 'axles' found"):
        write_traffic_source(tmp_path / "s", replace(source, unit="axles"))
