"""Layers that do not lie where they should: what is said of why."""

import json

import geopandas as gpd
import pytest
import shapely
from shapely import LineString, box

from transmod.errors import InputError
from transmod.inputs.layers import read_boundary, read_districts, read_layer
from transmod.inputs.misplacement import guess_misplacement
from transmod.inputs.osm_extract import read_connection

CITY = gpd.GeoSeries([box(121.4, 31.2, 121.5, 31.3)], crs=4326)
LINKS = gpd.GeoSeries([LineString([(121.42, 31.22), (121.45, 31.25)])], crs=4326)


def swapped(shapes):
    turned = shapely.transform(shapes.to_numpy(), lambda xy: xy[:, ::-1])
    return gpd.GeoSeries(turned, crs=shapes.crs)


@pytest.mark.parametrize(
    ("links", "city", "said"),
    [
        (LINKS.to_crs(32650), swapped(CITY).translate(0, -40), "Boundary and links lie"),
        (swapped(LINKS.to_crs(32651)), CITY, "With x and y of the links swapped"),
        (
            LINKS.to_crs(32651).set_crs(32649, allow_override=True), CITY,
            "With links in WGS 84 / UTM zone 51N instead of WGS 84 / UTM zone 49N",
        ),
        (
            LINKS, CITY.to_crs(32651).set_crs(32751, allow_override=True),
            "With the boundary in WGS 84 / UTM zone 51N instead of WGS 84 / UTM zone 51S",
        ),
        (LINKS.translate(-3, 2), CITY, "lie 359 km apart"),
    ],
)  # fmt: skip
def test_what_would_bring_links_and_boundary_together(links, city, said):
    assert said in guess_misplacement(links, city)


def test_swapped_degrees_that_are_on_earth():
    city = gpd.GeoSeries([box(-71.4, -30.1, -71.2, -29.8)], crs=4326)
    links = gpd.GeoSeries([LineString([(-71.3, -30.0), (-71.25, -29.9)])], crs=4326)
    said = guess_misplacement(links, swapped(city))
    assert "the boundary begins at -30.1 degrees of longitude, the links at -71.3" in said
    said = guess_misplacement(swapped(links), city)
    assert "the boundary begins at -71.4 degrees of longitude, the links at -30.0" in said


def test_latitude_first(tmp_path):
    swapped(CITY).to_file(tmp_path / "city.geojson")
    with pytest.raises(InputError, match="x and y are swapped: write longitude first"):
        read_boundary(tmp_path / "city.geojson")


def test_degrees_called_metres(tmp_path):
    CITY.set_crs(32651, allow_override=True).to_file(tmp_path / "city.gpkg")
    with pytest.raises(InputError, match="metres of its reference system WGS 84 / UTM zone 51N"):
        read_layer(tmp_path / "city.gpkg")


def test_a_bare_list_of_features(tmp_path):
    path = tmp_path / "districts.json"
    features = json.loads(CITY.to_json())["features"]
    features[0]["properties"] = {"adcode": 310101, "name": "黄浦区"}
    path.write_text(json.dumps(features), encoding="utf-8")
    table = read_districts(path).table
    assert table["district_id"].tolist() == ["310101"]
    assert table["name"].tolist() == ["黄浦区"]
    assert read_districts(path, coordinates="gcj02").table.total_bounds[0] == pytest.approx(
        121.3955, abs=1e-3
    )
    path.write_text("[1, 2]")
    with pytest.raises(InputError, match="a list of features with a geometry"):
        read_layer(path)
    path.write_text('[{"type": "Feature"')
    with pytest.raises(InputError, match="a whole JSON file"):
        read_layer(path)
    path.write_text('{"type": "FeatureCollection", "UTF8Encoding": true, "features": []}')
    with pytest.raises(InputError, match="packed into text"):
        read_layer(path)


def test_pieces_of_an_extract_by_hand(tmp_path):
    """Ways 1-2-3 and 3-4 meet, way 5-6 does not; nodes 7 and 8 are on no way, 9 is a shop."""
    tags = {8: '<tag k="highway" v="crossing"/>', 9: '<tag k="shop" v="books"/>'}
    nodes = "".join(
        f'<node id="{n}" version="1" lat="31.{n}" lon="121.{n}">{tags.get(n, "")}</node>'
        for n in range(1, 10)
    )
    ways = "".join(
        f'<way id="{i}" version="1">{"".join(f"<nd ref={n!r}/>" for n in on)}'
        f'<tag k="highway" v="primary"/></way>'
        for i, on in enumerate((("1", "2", "3"), ("3", "4"), ("5", "6")), 1)
    )
    path = tmp_path / "a.osm"
    path.write_text(f'<osm version="0.6" generator="OSMnx 2.0.7">{nodes}{ways}</osm>')
    found = read_connection(path)
    assert (found.nodes, found.loose, found.ways, found.pieces) == (8, 2, 3, 4)
    assert "falls into 4 pieces" in found.sentence
    assert "2 of its 8 nodes are on no way" in found.sentence
    assert "out of a graph that had been simplified" in found.sentence
