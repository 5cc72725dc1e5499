"""Tables and layers with volumes: mappings of columns, dirty rows, joins; by hand."""

import geopandas as gpd
import numpy as np
import pytest
import small_run
import traffic_files as files
from shapely import LineString, MultiLineString, Point
from traffic_files import remarks_of

from transmod.errors import InputError
from transmod.inputs.formats.volume_columns import read_volume_columns
from transmod.inputs.traffic_source import check_traffic_source
from transmod.volumes import ImportOptions, read_traffic, to_facts

COUNTS = """Station;Ost;Nord;Datum;DTV;Pkw;Lkw
A;390000,5;5820000,0;2018-05-01;1.000;90%;10%
A;390000,5;5820000,0;2019-05-01;1.200;80%;20%
B;391000,0;5820000,0;2019-05-02;500;30%;9%
C;391500,0;nirgends;2019-05-02;700;95%;5%
D;392000,0;5820000,0;2019-05-02;100;150%;45%
"""
MAPPING = """
kind = "aadt"
direction = "both"
crs = "EPSG:25833"
latest = "Datum"
[columns]
place_id = "Station"
x = "Ost"
y = "Nord"
[volumes]
car = { column = "Pkw", share_of = "DTV" }
rigid_truck = { column = "Lkw", share_of = "DTV" }
"""
HOURS = """place_id,vehicle_class,hour,volume,speed_kmh
a,car,7,10,50
a,car,8,20,40
a,bus,8,2,30
b,car,8,5,20
z,car,8,1,20
"""


def read(tmp_path, *paths, mapping=None, **options):
    columns = None if mapping is None else files.write(tmp_path, "columns.toml", mapping)
    imported, described = read_traffic(paths, columns=columns, options=ImportOptions(**options))
    check_traffic_source(imported.source, "the source")
    facts = to_facts(imported, described, tmp_path, None)
    return facts, imported.source, remarks_of(imported)


def layer(tmp_path, **columns):
    frame = {"place_id": ["a", "b"], "road_class": ["primary", "trunk"], "length_m": [500.0, 40.0]}
    lines = [LineString([(0, 0), (500, 0)]), LineString([(500, 0), (500, 30)])]
    path = tmp_path / "links.gpkg"
    gpd.GeoDataFrame(frame | columns, geometry=lines, crs="EPSG:32648").to_file(path)
    return path


def test_counts_with_semicolons_commas_and_percents(tmp_path):
    """1,200 vehicles of 80 % cars; rows whose shares sum to 0.39 and 1.95 are listed."""
    facts, source, remarks = read(tmp_path, files.write(tmp_path, "c.csv", COUNTS), mapping=MAPPING)
    rows = source.volumes[source.volumes["place_id"] == "A"]
    assert rows["volume"].tolist() == pytest.approx([960.0, 240.0])
    assert source.places["is_two_way"].all()
    first = source.places.iloc[0]
    assert first["geometry"].equals(Point(390000.5, 5820000.0))
    assert source.places.crs == "EPSG:25833"
    listed = {(r.row, r.taken): r.remark for r in remarks.itertuples()}
    assert listed == {
        ("2", "no"): "a later row of the place counts: Datum is 2018-05-01",
        ("4", "no"): "shares of classes must sum to 1: they sum to 0.39",
        ("5", "yes"): "coordinate y must be a number: 'nirgends' found",
        ("6", "no"): "shares of classes must sum to 1: they sum to 1.95",
    }
    assert source.places.geometry.isna().tolist() == [False, False, True, False]
    assert facts.points_with_volume == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_text_with_a_mark_is_read(tmp_path, encoding):
    path = files.write(tmp_path, "c.csv", COUNTS.replace("A;", "Ä;").encode(encoding))
    _, source, _ = read(tmp_path, path, mapping=MAPPING)
    assert "Ä" in set(source.places["place_id"])


def test_other_encodings_must_be_said(tmp_path):
    path = files.write(tmp_path, "c.csv", COUNTS.replace("B;", "北;").encode("gb18030"))
    with pytest.raises(
        InputError, match=r"byte 127, in line 4, is not\. Say what it is with --enc"
    ):
        read(tmp_path, path, mapping=MAPPING)
    _, source, _ = read(tmp_path, path, mapping=MAPPING, encoding="gb18030")
    assert "北" in set(source.places["place_id"])


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (("B;391000,0", "B;391000.0"), "write numbers in one way: `Ost` has '390000,5', `Ost` has"),
        (("B;391000,0;", "B;391000,0"), r"7 fields a line, as its header: 1 .*first line 4 \(6\)"),
        ((COUNTS.partition("\n")[2], ""), "must have rows: it has none"),
        (("Station;Ost", "Ost;Ost"), "a header that names each column once: Ost stand twice"),
        (("2019-05-01", "2018-05-01"), r"'A' \(rows 2 and 3\)\. Say which counts with `latest"),
        (("2019-05-01", "spring"), "`Datum` .* must be a number or a date: 1 of 5 are not"),
        (("Pkw", "Autos"), "`volumes.car` must name columns of the files: Pkw not found"),
    ],
)
def test_faulty_tables(tmp_path, change, match):
    path = files.write(tmp_path, "c.csv", COUNTS.replace(*change, 1))
    with pytest.raises(InputError, match=match):
        read(tmp_path, path, mapping=MAPPING)


def test_blank_lines_and_delimiters_at_the_end_keep_the_lines(tmp_path):
    text = COUNTS.replace("\n", ";\n").replace("B;", "\n;;;;;;;\nB;").replace("\n", "\r\n")
    _, source, remarks = read(tmp_path, files.write(tmp_path, "c.csv", text), mapping=MAPPING)
    assert remarks[remarks["place_id"] == "B"]["row"].tolist() == ["6"]
    assert source.volumes["volume"].tolist() == pytest.approx([960.0, 240.0, 665.0, 35.0])


def test_coordinates_in_a_text(tmp_path):
    text = "id,where,car\n1,E390000 N5820000,7\n2,E391000 N5820000,8\n"
    mapping = 'kind = "aadt"\ncrs = "EPSG:25833"\n[columns]\nx = "where"\ny = "where"\n[volumes]\n'
    mapping += 'car = "car"\n'
    path = files.write(tmp_path, "c.csv", text)
    with pytest.raises(InputError, match=r"no number in any\. Say with `pattern` which part"):
        read(tmp_path, path, mapping=mapping)
    for axis, letter in (("x", "E"), ("y", "N")):
        pattern = f"{axis} = {{ column = \"where\", pattern = '{letter}(\\d+)' }}"
        mapping = mapping.replace(f'{axis} = "where"', pattern)
    _, source, _ = read(tmp_path, path, mapping=mapping)
    assert source.places.geometry.iloc[1].equals(Point(391000, 5820000))


def test_a_long_table_at_the_links_of_a_layer(tmp_path):
    facts, source, remarks = read(tmp_path, layer(tmp_path), files.write(tmp_path, "h", HOURS))
    assert (source.kind, source.hours, facts.format) == ("hourly", 24, "table at a layer")
    car = source.volumes.iloc[0]
    assert car["volume"][[7, 8]].tolist() == [10.0, 20.0]
    assert np.isnan(car["volume"][9:]).all()
    assert car["speed_kmh"][8] == 40.0
    assert facts.vkm == {"car": pytest.approx(0.5 * 30 + 0.04 * 5), "bus": pytest.approx(1.0)}
    assert dict(zip(remarks["place_id"], remarks["remark"], strict=True)) == {
        "z": "no place of links.gpkg is called so",
        "a": "hours 7 of bus are not given",
        "b": "hours 7 of car are not given",
    }


def test_a_row_twice_is_a_fault_unless_it_is_the_same(tmp_path):
    again = files.write(tmp_path, "h", HOURS + "a,car,8,20,40\n")
    facts, source, _ = read(tmp_path, layer(tmp_path), again)
    assert source.volumes.iloc[0]["volume"][8] == 20.0
    assert facts.rows_left_out["the same figures stand in an earlier row"] == 1
    other = files.write(tmp_path, "h", HOURS + "a,car,8,21,40\n")
    with pytest.raises(InputError, match=r"place, class and hour: 1 of 5 have other figures"):
        read(tmp_path, layer(tmp_path), other)


def test_hours_side_by_side_and_numbers_that_are_added(tmp_path):
    text = "id,x,y,k0,k1,heavy1,heavy2\n" + "5,1,2,3,4,10,1\n"
    mapping = 'crs = "EPSG:4326"\n[columns]\nplace_id = "id"\nx = "x"\ny = "y"\n[volumes]\n'
    path = files.write(tmp_path, "c.csv", text)
    _, source, _ = read(tmp_path, path, mapping=mapping + 'car = "k{hour}"\n')
    assert source.volumes["volume"].iloc[0].tolist() == [3.0, 4.0]
    added = 'rigid_truck = { column = ["heavy1", "heavy2"], times = 0.5 }\n'
    _, source, _ = read(tmp_path, path, mapping=mapping + added, kind="aawdt")
    assert source.volumes["volume"].tolist() == [5.5]


def test_a_layer_with_odd_lines(tmp_path):
    lines = [
        MultiLineString([[(0, 0), (1, 0)], [(1, 0), (2, 0)]]),
        MultiLineString([[(0, 0), (1, 0)], [(5, 0), (6, 0)]]),
        None,
        LineString([(0, 0), (0, 0)]),
    ]
    path = tmp_path / "l.parquet"
    frame = gpd.GeoDataFrame({"car": [1.0, 2, 3, 4]}, geometry=lines, crs="EPSG:32648")
    frame.to_parquet(path)
    facts, source, remarks = read(tmp_path, path, kind="aadt")
    assert source.places["place_id"].tolist() == ["0"]
    assert source.places.geometry.iloc[0].coords[:] == [(0, 0), (1, 0), (2, 0)]
    assert remarks["row"].tolist() == ["2", "2", "3", "4"]
    assert remarks["remark"].iloc[0] == "it is of several parts"
    assert "2 of 4 places were left out, 2 of them with a volume" in "\n".join(facts.notes)


def test_volumes_of_a_run_on_their_network(tmp_path):
    """What goes from one version of a network to the next."""
    run = small_run.build(tmp_path)
    facts, source, _ = read(
        tmp_path, tmp_path / "networks" / "small" / "links.parquet", run / "input/volumes.parquet"
    )
    links = small_run.lay_links().set_index("link_id")
    expected = {
        name: sum(v * links["length_m"][link] / 1e3 for link, v in own.items())
        for name, own in small_run.VOLUMES.items()
    }
    assert facts.vkm == pytest.approx(expected)
    assert (source.kind, source.hours) == ("hourly", 1)
    assert source.places.crs == small_run.CRS
    assert source.places["from_node"].notna().all()


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('kinds = "aadt"\n[volumes]\ncar = "c"', "'kinds' found. Did you mean kind?"),
        ('kind = "daily"\n[volumes]\ncar = "c"', "must be one of aadt, aawdt, hourly"),
        ("[columns]\nname = 'n'", "must say where volumes are"),
        ("[volumes]\ncars = 'c'", "'cars' found. Did you mean car?"),
        ("[volumes]\ncar = 7", "`volumes.car` of .* must name a column: 7 found"),
        ("[volumes]\ncar = 'c'\n[columns]\nx = {column='x', pattern='('}", "with one group"),
        ("[volumes]\ncar = 'c'\n[columns]\nlength_m = {column='l', unit='h'}", "km or m or mi"),
    ],
)
def test_faulty_mappings(tmp_path, text, match):
    path = files.write(tmp_path, "c.toml", text)
    with pytest.raises(InputError, match=match):
        read_volume_columns(path)
