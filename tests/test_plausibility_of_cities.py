"""Real cities: what is found in them, and that nothing else is."""

import json

import geopandas as gpd
import pytest
import shapely
from typer.testing import CliRunner

from transmod.check import examine
from transmod.cli import app
from transmod.errors import InputError
from transmod.inputs.layers import read_districts
from transmod.inputs.shipped import find_shipped
from transmod.network import build_network
from transmod.traffic.placement import find_fit

RULES = ("wgs84", "gcj02", "bd09")


def _elevated_roads(data_dir):
    """Return the elevated roads of Shanghai, from OpenStreetMap, as lines in UTM 51N."""
    content = json.loads(
        (data_dir / "shanghai" / "shanghai_elevated_roads_osm_wgs84.json").read_text("utf-8")
    )
    paths = [shapely.MultiLineString(road["paths"]) for road in content["elevatedRoads"]]
    return gpd.GeoSeries(paths, crs=4326).to_crs(32651).explode(ignore_index=True)


def _borders_apart(one, other):
    """Return the largest distance between borders of districts of one name [m]."""
    a, b = (frame.to_crs(32651).geometry.boundary.to_numpy() for frame in (one, other))
    return float(shapely.hausdorff_distance(a, b).max())


@pytest.mark.slow
def test_the_sample_city_gives_no_finding():
    assert examine(find_shipped("runs") / "coquimbo").findings == []


@pytest.mark.realdata
def test_shanghai_districts_are_recognised_and_converted(data_dir):
    folder = data_dir / "shanghai"
    raw = folder / "shanghai_districts_DataV_raw_gcj02.json"
    true = read_districts(folder / "shanghai_districts_wgs84.geojson", id_column="adcode").table
    roads = _elevated_roads(data_dir)
    found = find_fit(roads, read_districts(raw).table.to_crs(32651).geometry)
    assert found.is_shifted
    assert (found.borders, found.roads) == ("gcj02", "wgs84")
    converted = read_districts(raw, coordinates="gcj02").table
    assert converted["district_id"].tolist() == true["district_id"].tolist()
    assert _borders_apart(read_districts(raw).table, true) > 479.0
    assert _borders_apart(converted, true) < 1e-6  # 5 m are asked for
    fits = find_fit(roads, true.to_crs(32651).geometry)
    assert fits.is_clear
    assert not fits.is_shifted


@pytest.mark.realdata
def test_shanghai_network_is_not_built_with_shifted_districts(data_dir, tmp_path):
    roads = gpd.GeoDataFrame({"class": "motorway"}, geometry=_elevated_roads(data_dir),
                             index=range(len(_elevated_roads(data_dir))))  # fmt: skip
    roads.to_file(tmp_path / "roads.gpkg")
    (tmp_path / "columns.toml").write_text('[constants]\nroad_class = "motorway"\n')
    options = {
        "links": tmp_path / "roads.gpkg", "columns": tmp_path / "columns.toml",
        "districts": data_dir / "shanghai" / "shanghai_districts_DataV_raw_gcj02.json",
    }  # fmt: skip
    with pytest.raises(InputError, match="Build the network with --coordinates gcj02"):
        build_network(tmp_path / "a", **options)
    facts = build_network(tmp_path / "b", **options, coordinates="gcj02")
    assert "chinese_offset" not in [finding.rule for finding in facts.findings]
    facts = build_network(tmp_path / "c", **options, coordinates="wgs84")
    assert "chinese_offset" in [finding.rule for finding in facts.findings]


@pytest.mark.realdata
@pytest.mark.parametrize("planted", RULES)
def test_wuhan_districts(data_dir, planted):
    """13 districts beside 92,667 streets: each shift is found, and none where none is."""
    from transmod.inputs.chinese_coordinates import convert

    folder = data_dir / "wuhan"
    roads = gpd.read_parquet(folder / "wuhan_osm_streets_utm50n.parquet").geometry
    districts = gpd.read_file(folder / "wuhan_districts_wgs84.geojson").geometry
    shapes = shapely.transform(districts.to_numpy(), lambda xy: convert(xy, "wgs84", planted))
    fit = find_fit(roads, gpd.GeoSeries(shapes, crs=4326).to_crs(roads.crs))
    assert fit.is_clear
    if planted == "wgs84":
        assert not fit.is_shifted
    else:
        assert fit.is_shifted
        assert (fit.borders, fit.roads) == (planted, "wgs84")


@pytest.mark.realdata
def test_the_fragments_of_shanghai(data_dir, tmp_path):
    """What SOURCE.txt says of the extract, 576 pieces of 2,958 nodes, in a planner's words."""
    city = gpd.GeoSeries([shapely.box(121.461, 31.220, 121.486, 31.241)], crs=4326)
    city.to_file(tmp_path / "city.geojson")
    words = [
        "network", "build", "--boundary", tmp_path / "city.geojson", "--out", tmp_path / "city",
        "--osm", data_dir / "shanghai" / "shanghai_core_DEFECTIVE_fragmented.osm",
    ]  # fmt: skip
    for command in (words, ["network", "show", tmp_path / "city", "--no-map"]):
        done = CliRunner().invoke(app, [str(word) for word in command])
        assert done.exit_code == 0
        for said in (
            "The extract falls into 576 pieces that are not connected",
            "its 796 ways form 76 groups of streets that do not meet",
            "500 of its 2,958 nodes are on no way, so the streets that led there are missing",
            "It was written by OSMnx 2.0.7",
            "warning disconnected: The links fall into 73 pieces",
            "of 182 dead ends only 24 lie at the edge of the area, so it is not its clipping",
        ):
            assert said in done.stdout


@pytest.mark.realdata
def test_an_extract_that_is_whole(data_dir, tmp_path):
    facts = build_network(
        tmp_path / "columbus",
        osm=data_dir / "columbus" / "columbus.osm.pbf",
        districts=data_dir / "columbus" / "columbus_neighbourhoods.geojson",
        district_id="name",
    )
    assert facts.findings == ()
