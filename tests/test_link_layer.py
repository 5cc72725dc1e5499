"""A planner's link layer: columns, units, directions, nodes, and what is wrong with them."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, box

from transmod.errors import InputError
from transmod.inputs.layers import read_link_layer
from transmod.inputs.link_columns import read_link_columns
from transmod.inputs.network import read_network
from transmod.network import build_network
from transmod.traffic.link_layer import layer_links

UTM = 32723
BASIC = '[columns]\nroad_class = "kind"\n'


def layer(**columns):
    lines = [
        LineString([(500_000, 7e6), (501_000, 7e6)]),
        LineString([(501_000, 7e6), (501_000, 7.002e6)]),
    ]
    good = {"kind": ["primary", "secondary"]}
    return gpd.GeoDataFrame(good | columns, geometry=lines, crs=UTM)


def mapping(folder, text):
    path = folder / "columns.toml"
    path.write_text(text)
    return read_link_columns(path)


def make(folder, text=BASIC, **columns):
    return layer_links(layer(**columns), mapping(folder, text))


def test_bare_layer_is_filled_by_class(tmp_path):
    table = make(tmp_path).table
    assert table["link_id"].tolist() == [0, 1]
    # the second line starts where the first one ends; nodes are numbered by x, then y
    assert table["from_node"].tolist() == [0, 1]
    assert table["to_node"].tolist() == [1, 2]
    # on the central meridian the projection shortens by 0.9996
    assert table["length_m"].tolist() == pytest.approx([1000 / 0.9996, 2000 / 0.9996], rel=1e-6)
    assert table["lanes"].tolist() == [2.0, 1.0]
    assert table["imputed"][0] == [
        "is_ramp", "is_urban", "lanes", "free_speed_kmh", "capacity_pcu_h", "gradient",
    ]  # fmt: skip
    assert table["osm_way_id"].isna().all()


def test_ramps_are_taken_as_openstreetmap_writes_them(tmp_path):
    table = make(tmp_path, kind=["motorway_link", "secondary"]).table
    assert table["road_class"].tolist() == ["motorway", "secondary"]
    assert table["is_ramp"].tolist() == [True, False]
    assert not any("is_ramp" in names for names in table["imputed"])
    text = '[columns]\nroad_class = { column = "k", values = { 1 = "trunk_link", 2 = "trunk" } }\n'
    table = make(tmp_path, text + 'is_ramp = "n"', k=[1, 2], n=[0, 1]).table
    assert table["road_class"].tolist() == ["trunk", "trunk"]
    assert table["is_ramp"].tolist() == [False, True]  # said by a column of its own
    with pytest.raises(InputError, match="must be one of motorway"):
        make(tmp_path, kind=["rail_link", "secondary"])


def test_units_values_constants_and_unknown_values(tmp_path):
    text = """
    [columns]
    length_m = { column = "lkm", unit = "km" }
    free_speed_kmh = { column = "ffs", unit = "mph", missing = [0] }
    road_class = { column = "type", values = { 1 = "motorway", 2 = "trunk" } }
    name = "street"
    link_id = "nr"
    [constants]
    is_urban = true
    is_ramp = false
    lanes = 3
    gradient = 0.0
    """
    made = make(
        tmp_path, text, lkm=[1.25, 2.0], ffs=[60.0, 0.0], type=[1.0, 2.0], street=["A", None],
        nr=[77, 5],
    )  # fmt: skip
    table = made.table
    assert table["link_id"].tolist() == [5, 77]  # sorted
    assert table["road_class"].tolist() == ["trunk", "motorway"]
    assert table["length_m"].tolist() == [2000.0, 1250.0]
    assert table["free_speed_kmh"].tolist() == pytest.approx([80.0, 96.56064])
    assert table["imputed"].tolist() == [["free_speed_kmh", "capacity_pcu_h"], ["capacity_pcu_h"]]
    assert table["capacity_pcu_h"].tolist() == [6000.0, 6000.0]
    assert "`free_speed_kmh` is unknown for 1 of 2 lines: assumed by road class." in made.notes
    assert any(note.startswith("The stated lengths are +8.29") for note in made.notes)


def test_roads_of_both_directions(tmp_path):
    text = BASIC.replace("[columns]", 'direction = "both"\n[columns]') + (
        'lanes = { column = "lanes", both_directions = true }\ngradient = "up"\n'
    )
    table = make(tmp_path, text, lanes=[4, 1], up=[0.02, 0.0]).table
    assert table["link_id"].tolist() == [0, 1, 2, 3]
    assert table["lanes"].tolist() == [2.0, 2.0, 0.5, 0.5]
    assert table["gradient"].tolist() == [0.02, -0.02, 0.0, 0.0]
    assert table["from_node"].tolist() == [*table["to_node"].tolist()[1::-1], 1, 2]
    assert table.geometry[0].coords[0] == table.geometry[1].coords[-1]


def test_degrees_are_measured_on_the_ellipsoid(tmp_path):
    geographic = layer().to_crs(4326)
    table = layer_links(geographic, mapping(tmp_path, BASIC)).table
    assert table.crs.to_epsg() == 4326
    assert table["length_m"].tolist() == pytest.approx([1000 / 0.9996, 2000 / 0.9996], rel=1e-6)
    assert table["from_node"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "columns", "sentence"),
    [
        (BASIC, {"kind": ["primary", "road"]}, r"must be one of motorway.* \(value 'road'\)"),
        (BASIC, {"kind": ["primary", None]}, "our `road_class` .* must be present: 1 of 2"),
        (BASIC + 'lanes = "n"', {}, "n not found, it has kind"),
        (BASIC + 'lanes = "n"', {"n": [0, 2]}, r"must be > 0: 1 of 2 .* Name values that mean"),
        (BASIC + 'lanes = "n"', {"n": [np.inf, 2]}, "must be finite"),
        (BASIC + 'lanes = "n"', {"n": ["two", "2"]}, r"must be a number: 1 of 2 .*'two'"),
        (BASIC + 'length_m = "n"', {"n": [1.0, np.nan]}, "our `length_m` .* must be present"),
        (BASIC + 'length_m = "n"', {"n": [1.0, 2.0]}, "must be in the unit that is stated"),
        (BASIC + 'link_id = "n"', {"n": [7, 7]}, "one row for each link_id: 1 of 2"),
        (BASIC + 'link_id = "n"', {"n": [7.5, 7]}, "must be whole"),
        (BASIC + 'is_ramp = "n"', {"n": [2, 0]}, "must be true or false"),
        (BASIC + 'free_speed_kmh = "n"', {"n": [300.0, 50.0]}, "<= 200: 1 of 2"),
        ('[columns]\nroad_class = {column = "k", values = {a = "primary"}}', {"k": ["a", "b"]},
         "must be one of a: 'b' found, in 1 of 2 rows"),
    ],
)  # fmt: skip
def test_faults_of_columns(tmp_path, text, columns, sentence):
    with pytest.raises(InputError, match=sentence):
        make(tmp_path, text, **columns)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[columns]", "must say what `road_class` is"),
        (BASIC + "lane = 2", "'lane' found. Did you mean lanes?"),
        (BASIC + 'length_m = { column = "l", unit = "mph" }', "must be km or m or mi or ft or nmi"),
        (BASIC + 'lanes = { column = "l", unit = "km" }', "must be left out: 'km' found"),
        (BASIC + 'length_m = { column = "l", both_directions = true }', "must be left out: only"),
        (BASIC + "lanes = 3", "must name a column: 3 found"),
        (BASIC + '[constants]\nroad_class = "primary"', "road_class is both"),
        ('direction = "one"\n' + BASIC, "must be one of per_link, both: 'one' found"),
        ("colums = 1\n" + BASIC, "'colums' found. Did you mean columns?"),
        ("constants = 1\n" + BASIC, "must be a table: 1 found"),
        ("= 1", "must be a TOML file"),
    ],
)
def test_faults_of_a_mapping(tmp_path, text, sentence):
    with pytest.raises(InputError, match=sentence):
        mapping(tmp_path, text)


def test_links_outside_the_city_stay(tmp_path):
    layer().to_file(tmp_path / "links.gpkg")
    gpd.GeoSeries([box(499_000, 6.999e6, 500_500, 7.1e6)], crs=UTM).to_file(tmp_path / "city.gpkg")
    (tmp_path / "columns.toml").write_text(BASIC)
    facts = build_network(
        tmp_path / "out",
        links=tmp_path / "links.gpkg",
        columns=tmp_path / "columns.toml",
        boundary=tmp_path / "city.gpkg",
    )
    assert facts.links == 2
    assert "1 of 2 links do not touch the city: kept." in facts.notes


@pytest.mark.realdata
def test_sao_paulo_keeps_its_own_crs(data_dir, tmp_path):
    folder = data_dir / "sao_paulo"
    facts = build_network(
        tmp_path / "sao_paulo",
        links=folder / "masp_net_8h.gpkg",
        columns=Path(__file__).parent / "data" / "sao_paulo_columns.toml",
        districts=folder / "municipalities.geojson",
    )
    raw = gpd.read_file(folder / "masp_net_8h.gpkg")
    network = read_network(tmp_path / "sao_paulo")
    assert network.crs == raw.crs
    assert network.links.geometry.geom_equals_exact(raw.geometry, 0).all()
    np.testing.assert_array_equal(network.links["length_m"], raw["lkm"] * 1000.0)
    assert facts.districts == 30
    assert "`free_speed_kmh` is unknown for 20 of 1542 lines" in " ".join(facts.notes)
    # stated with the data: 4,873,341 veh km before cutting
    volume = raw[["pc", "lcv", "trucks", "bus", "mc"]].sum(axis=1)
    vkm = volume * network.links["length_m"] / 1000.0
    assert vkm.sum() == pytest.approx(4_873_341, abs=1)
    assert len(read_link_layer(folder / "masp_net_8h.gpkg")) == 1542
