"""A traffic source as a network of its own: links, volumes, and a run on them."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, box
from test_traffic_source import small_source

from transmod.errors import InputError
from transmod.inputs.traffic_source import to_matrix
from transmod.network import build_network
from transmod.outputs.traffic_source import write_traffic_source
from transmod.traffic.source_links import link_volumes, source_links


def links_of(source, **changes):
    """Return the links of a source whose places are changed."""
    places = source.places.copy()
    for name, values in changes.items():
        places[name] = values
    return source_links(replace(source, places=places))


def test_links_keep_what_the_source_says():
    made = links_of(small_source())
    table = made.table
    assert table["link_id"].tolist() == [0, 1]
    assert table["place_id"].tolist() == ["a", "b"]
    assert table["osm_way_id"].tolist() == [17, pd.NA]
    assert table["from_node"].tolist() == table["to_node"].tolist()[::-1] == [1, 2]
    # the first is stated, the other measured on the ellipsoid, at the edge of the projection
    assert table["length_m"].tolist() == pytest.approx([100.0, 99.73], abs=0.01)
    assert (table["road_class"].tolist(), table["free_speed_kmh"].iloc[0]) == (
        ["primary", "secondary"], 50.0,
    )  # fmt: skip
    assert "road_class" in table["imputed"].iloc[1]
    assert "road_class" not in table["imputed"].iloc[0]
    notes = "\n".join(made.notes)
    assert "1 count points are no links" in notes
    assert "The road class of 1 of 2 links is not stated" in notes


def test_road_class_by_free_speed():
    lines = [LineString([(0, i), (10, i)]) for i in range(6)]
    places = pd.concat([small_source().places.iloc[[1]]] * 6, ignore_index=True)
    places = gpd.GeoDataFrame(places, geometry=lines, crs="EPSG:32648")
    places["place_id"] = [str(i) for i in (7, 20, 30, 41, 50, 600)]
    places["free_speed_kmh"] = [120.0, 80.0, 60.0, 50.0, 30.0, np.nan]
    table = source_links(replace(small_source(), places=places)).table
    assert table["road_class"].tolist() == [
        "motorway", "trunk", "primary", "secondary", "tertiary", "secondary",
    ]  # fmt: skip
    assert table["link_id"].tolist() == [7, 20, 30, 41, 50, 600]  # names that are numbers stay


def test_a_place_of_both_directions_is_two_links():
    source = small_source()
    made = links_of(source, is_two_way=[True, False, True])
    table = made.table
    assert table["link_id"].tolist() == [0, 1, 2]
    assert table["place_id"].tolist() == ["a", "a", "b"]
    assert table["share"].tolist() == [0.5, 0.5, 1.0]
    assert table["lanes"].tolist()[:2] == [1.0, 1.0]
    assert table.geometry.iloc[1].coords[0] == (100.0, 0.0)
    assert table["from_node"].tolist() == [1, 2, 2]
    volumes, notes = link_volumes(source, table)
    assert volumes["volume"].tolist() == [500.0, 1.0, 500.0, 1.0]
    assert volumes["vehicle_class"].tolist() == ["car", "bus"] * 2
    assert "1 of 3 streams are at places that are no links" in notes[0]


def test_hours_that_are_missing_are_a_fault():
    source = small_source(hourly=True)
    with pytest.raises(InputError, match=r"all hours: 2 of 2 .*'a' hour 1 .*--day-factor"):
        link_volumes(source, source_links(source).table)


@pytest.mark.parametrize(("speed", "kept"), [(20.0, True), (np.nan, False)])
def test_speeds_are_taken_where_traffic_has_one(speed, kept):
    source = small_source(hourly=True)
    rows = source.volumes.assign(
        volume=[np.array(v, np.float32) for v in ([0, 3], [1, 2], [1, 1])],
        speed_kmh=[np.array(v, np.float32) for v in ([np.nan, speed], [30, 40], [1, 1])],
    )
    source = replace(source, volumes=rows)
    volumes, notes = link_volumes(source, source_links(source).table)
    assert ("speed_kmh" in volumes) is kept
    if kept:  # no traffic: the free speed
        assert to_matrix(volumes["speed_kmh"], 2).tolist() == [[50.0, 20.0], [30.0, 40.0]]
    else:
        assert "Speeds are unknown in 1 of 2 streams with traffic" in notes[-1]


def test_points_alone_are_no_network():
    source = small_source()
    points = replace(source, places=source.places.iloc[[2]])
    with pytest.raises(InputError, match=r"count points only\. Match them onto a network"):
        source_links(points)


def test_build(tmp_path):
    source = small_source()
    # metres east and north of a place in Chengdu
    moved = source.places.assign(geometry=source.places.geometry.translate(410_000, 3_390_000))
    write_traffic_source(tmp_path / "s", replace(source, places=moved))
    city = gpd.GeoDataFrame(geometry=[box(409_000, 3_389_000, 411_000, 3_391_000)], crs=32648)
    city.to_file(tmp_path / "city.gpkg")
    facts = build_network(
        tmp_path / "networks" / "c", source=tmp_path / "s", boundary=tmp_path / "city.gpkg",
        volumes=tmp_path / "runs" / "r" / "volumes.parquet",
    )  # fmt: skip
    assert (facts.links, facts.volumes) == (2, str(tmp_path / "runs" / "r" / "volumes.parquet"))
    places = pd.read_csv(tmp_path / "networks" / "c" / "places.csv")
    assert places.to_dict("list") == {"link_id": [0, 1], "place_id": ["a", "b"], "share": [1, 1]}
    volumes = pd.read_parquet(facts.volumes)
    assert volumes["volume"].tolist() == [1000.0, 2.0]
    with pytest.raises(InputError, match="--volumes must be given with --source"):
        build_network(tmp_path / "x", osm=tmp_path, volumes=tmp_path / "v")
