"""Traffic of other programs: each format by hand, on small files as these programs write them."""

import json

import numpy as np
import pytest
import traffic_files as files
from traffic_files import remarks_of
from typer.testing import CliRunner

from transmod.cli import app
from transmod.errors import InputError
from transmod.inputs.formats.recognition import recognise
from transmod.inputs.traffic_source import check_traffic_source, to_matrix
from transmod.volumes import ImportOptions, import_volumes, read_traffic, to_facts


def read(tmp_path, *paths, columns=None, table=None, **options):
    """Import files; return the facts, the source, and the remarks."""
    imported, described = read_traffic(
        paths, columns=columns, table=table, options=ImportOptions(**options)
    )
    check_traffic_source(imported.source, "the source")
    facts = to_facts(imported, described, tmp_path, None)
    return facts, imported.source, remarks_of(imported)


def volume(source, place, vehicle_class="car"):
    """Return the hours of a stream, or its daily volume."""
    rows = source.volumes
    row = rows[(rows["place_id"] == place) & (rows["vehicle_class"] == vehicle_class)]
    assert len(row) == 1
    return row["volume"].iloc[0]


def place(source, name):
    return source.places.set_index("place_id").loc[name]


# SUMO


@pytest.fixture
def sumo(tmp_path):
    net = files.write(tmp_path, "a.bin.gz", files.SUMO_NET)  # names mean nothing
    return net, files.write(tmp_path, "b.bin.bz2", files.SUMO_DATA)


def test_sumo_network(tmp_path, sumo):
    _, source, _ = read(tmp_path, *sumo)
    assert source.format == "sumo"
    assert source.places["place_id"].tolist() == ["-123#1", "123#1", "E7.22"]
    main = place(source, "123#1")
    assert (main["osm_way_id"], main["road_class"], main["lanes"]) == (123, "primary", 2.0)
    assert main["free_speed_kmh"] == pytest.approx(16.67 * 3.6)
    assert main["length_m"] == 490.0  # of the lane, which stops at the junctions
    assert main["geometry"].coords[:] == [(400000.0, 3380000.0), (400500.0, 3380000.0)]
    ramp = place(source, "-123#1")
    assert (ramp["osm_way_id"], bool(ramp["is_ramp"]), len(ramp["geometry"].coords)) == (
        123,
        True,
        3,
    )
    assert place(source, "E7.22")["osm_way_id"] == 77  # as its lane says
    assert (
        "zone=48" in source.places.crs.to_string() or "UTM zone 48N" in source.places.crs.to_wkt()
    )


def test_sumo_volumes_keep_the_kilometres_of_the_data(tmp_path, sumo):
    """980 s x 10 m/s on 490 m are 20 vehicles, two thirds of them in the first hour."""
    facts, source, remarks = read(tmp_path, *sumo)
    hours = volume(source, "123#1")
    assert hours[:2] == pytest.approx([20 * 2 / 3, 20 / 3])
    assert np.isnan(hours[2:]).all()
    assert facts.vkm == {"car": pytest.approx(9.8 + 0.5, rel=1e-6)}
    speed = source.volumes["speed_kmh"].iloc[1]
    assert speed[:2] == pytest.approx([36.0, 36.0])
    notes = "\n".join(facts.notes)
    assert "0.2 veh km were driven inside junctions" in notes
    assert "1 edges of a.bin.gz are no roads for motor vehicles" in notes
    assert "10.6 veh km by sampledSeconds x speed" in notes  # all edges, of any kind
    assert "their fronts drove 10.5 veh km" in notes
    assert "hour 1: 30 min" in notes
    assert "all vehicles are counted as cars" in notes
    assert facts.rows_left_out == {"no edge of the network for motor vehicles": 1}
    assert remarks["place_id"].tolist() == ["gone"]


def test_period_becomes_a_day_or_an_hour(tmp_path, sumo):
    facts, source, _ = read(tmp_path, *sumo, day_factor=10.0, kind="aawdt")
    assert (source.kind, source.hours) == ("aawdt", None)
    assert volume(source, "123#1") == pytest.approx(200.0)
    assert "Speeds of the period are no speeds of a day" in "\n".join(facts.notes)
    facts, source, _ = read(tmp_path, *sumo, mean_hour=True, begin_hour=7)
    assert (source.kind, source.hours) == ("hourly", 1)
    assert volume(source, "123#1") == pytest.approx([20 / 1.5])
    assert source.volumes["speed_kmh"].iloc[1] == pytest.approx([36.0])


def test_sumo_classes_by_interval_id_and_edges_without_traffic(tmp_path, sumo):
    data = """<meandata><interval begin="25200" end="28800" id="bus">
      <edge id="123#1" sampledSeconds="49" speed="10"/></interval>
      <interval begin="28800" end="32400" id="bus"><edge id="E7.22" sampledSeconds="25" speed="10"/>
      </interval><interval begin="28800" end="32400" id="heavy">
      <edge id="123#1"><lane id="123#1_0" sampledSeconds="24.5" speed="10" distance="245"/>
      <lane id="123#1_1" sampledSeconds="24.5" speed="10" distance="245"/></edge>
      </interval></meandata>"""
    path = files.write(tmp_path, "c.xml.zip", data)
    facts, source, _ = read(tmp_path, sumo[0], path, classes={"heavy": "articulated_truck"})
    assert volume(source, "123#1", "bus")[7:9].tolist() == [1.0, 0.0]
    assert volume(source, "E7.22", "bus")[7:9].tolist() == [0.0, 1.0]
    assert volume(source, "123#1", "articulated_truck")[8] == 1.0
    assert "2 of the 5 figures of edges and hours do not stand in the data" in "\n".join(
        facts.notes
    )
    with pytest.raises(InputError, match=r"'heavy' is not known\. Say what it is with --class"):
        read(tmp_path, sumo[0], path)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (('end="5400.00"', 'end="0.00"'), "of SUMO: an interval from 0.00 to 0.00 s, in line 2"),
        (("</meandata>", ""), "must be whole XML: no element found, in line 9"),
        (('speed="10.00"', 'speed="fast"'), "could not convert string to float: 'fast'"),
        (('speed="10.00"', 'CO2_abs="1.00"'), r'emissions of edges \(type="emissions"\)'),
    ],
)
def test_broken_edge_data(tmp_path, sumo, change, match):
    path = files.write(tmp_path, "c.xml", files.SUMO_DATA.replace(*change, 1))
    with pytest.raises(InputError, match=match):
        read(tmp_path, sumo[0], path)


def test_a_packed_file_that_stops(tmp_path, sumo):
    cut = tmp_path / "cut.gz"
    cut.write_bytes(sumo[0].read_bytes()[:300])
    with pytest.raises(InputError, match=r"cut\.gz must be a whole file: Compressed file ended"):
        read(tmp_path, cut, sumo[1])


def test_sumo_without_a_projection(tmp_path, sumo):
    text = files.SUMO_NET.replace('projParameter="+proj=utm', 'projParameter="!" x="+proj=utm')
    net = files.write(tmp_path, "n.xml", text)
    with pytest.raises(InputError, match=r"its projection is '!', unknown\. Name the .* --crs"):
        read(tmp_path, net, sumo[1])
    _, source, _ = read(tmp_path, net, sumo[1], crs="EPSG:32648")
    assert source.places.crs == "EPSG:32648"


# MATSim


@pytest.fixture
def network(tmp_path):
    return files.write(tmp_path, "network.xml.gz", files.MATSIM_NETWORK)


def test_matsim_linkstats(tmp_path, network):
    stats = files.write(tmp_path, "stats.txt.gz", files.matsim_linkstats())
    facts, source, remarks = read(tmp_path, network, stats, scale=10.0)
    assert source.places["place_id"].tolist() == ["1", "2"]
    assert source.places.crs == "EPSG:25833"
    first = place(source, "1")
    assert (first["osm_way_id"], first["road_class"], bool(first["is_ramp"])) == (
        4711, "secondary", True,
    )  # fmt: skip
    assert (first["free_speed_kmh"], first["capacity_pcu_h"]) == pytest.approx((50.0, 1800.0), 1e-4)
    assert np.isnan(place(source, "2")["free_speed_kmh"])  # 9999 m/s is no speed
    assert volume(source, "1").tolist() == [10.0 * h for h in range(24)]  # not the day's sum
    assert source.volumes["speed_kmh"].iloc[0] == pytest.approx([36.0] * 24)
    assert facts.vkm_total == pytest.approx(2760 * 2.02)
    notes = "\n".join(facts.notes)
    assert "1 links of network.xml.gz are no roads" in notes
    assert "1 of 3 places were left out, 0 of them with a volume: it has no course" in notes
    assert sorted(remarks["place_id"]) == ["3", "9"]


def test_matsim_counts_of_both_versions(tmp_path, network):
    facts, source, remarks = read(tmp_path, files.write(tmp_path, "1.xml", files.COUNTS_1))
    assert source.places.geometry.isna().all()
    assert volume(source, "1")[[0, 23]] == pytest.approx([10.0, 5.5])
    assert (facts.points, facts.crs, facts.vkm) == (2, None, {})
    assert "2 of 2 streams lack hours, first at '1': hours 7 of car" in "\n".join(facts.notes)
    assert (remarks["taken"] == "yes").all()
    facts, source, remarks = read(
        tmp_path, files.write(tmp_path, "2.xml", files.COUNTS_2), crs="EPSG:25833"
    )
    assert volume(source, "1")[:2] == pytest.approx([10.0, np.nan], nan_ok=True)
    assert volume(source, "1", "rigid_truck")[23] == 2.0
    assert source.places.geometry.iloc[0].coords[:] == [(390500.0, 5820000.0)]
    texts = " ".join(remarks["remark"])
    assert "measurements of type velocities are no volumes" in texts
    assert "hour 1 is counted in part: left out" in texts
    assert "the station has no volumes" in texts


def test_matsim_counts_lie_on_their_links(tmp_path, network):
    _, source, _ = read(tmp_path, files.write(tmp_path, "1.xml", files.COUNTS_1), network)
    gate = place(source, "1")
    assert gate["geometry"].coords[:] == [(390500.0, 5820000.0)]
    assert gate["heading_deg"] == pytest.approx(90.0)
    assert gate["osm_way_id"] == 4711
    assert place(source, "7")["geometry"] is None


# TNTP


@pytest.fixture
def tntp(tmp_path):
    return [
        files.write(tmp_path, name, text)
        for name, text in (
            ("net.txt", files.TNTP_NET), ("nodes", files.TNTP_NODES), ("flow", files.TNTP_FLOWS),
        )
    ]  # fmt: skip


def test_tntp(tmp_path, tntp):
    facts, source, remarks = read(
        tmp_path,
        *tntp,
        crs="EPSG:4326",
        kind="hourly",
        length_unit="mi",
        mix={"car": 0.9, "bus": 0.1},
    )
    assert (source.kind, source.hours) == ("hourly", 1)
    assert volume(source, "1-2") == pytest.approx([90.0])
    assert volume(source, "2-3", "bus") == pytest.approx([5.05])
    first = place(source, "1-2")
    assert first["length_m"] == pytest.approx(804.672)
    assert first["free_speed_kmh"] == pytest.approx(0.804672 * 60)
    assert np.isnan(place(source, "2-3")["free_speed_kmh"])  # a free time of 0
    assert facts.vkm_total == pytest.approx(100 * 0.804672 + 50.5 * 1.609344, rel=1e-6)
    assert facts.rows_left_out == {
        "no link of net.txt": 1, "its course has no length: it is a loop".partition(":")[0]: 1,
    }  # fmt: skip
    assert remarks["place_id"].tolist() == ["9-1", "3-3"]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"kind": "hourly"}, "reference system of nodes must be known"),
        ({"crs": "EPSG:4326"}, "what period the volumes stand for: with --kind aadt"),
        ({"crs": "EPSG:1"}, "--crs must name a known coordinate reference system"),
        ({"crs": "EPSG:4326", "length_unit": "league"}, "--length-unit must be one of km, m, mi"),
    ],
)
def test_what_tntp_does_not_say_must_be_said(tmp_path, tntp, options, match):
    with pytest.raises(InputError, match=match):
        read(tmp_path, *tntp, **options)


def test_broken_tntp(tmp_path, tntp):
    short = files.write(tmp_path, "short", files.TNTP_NET.replace("\t2\t3\t1000", "\t2\t3\tmany"))
    with pytest.raises(InputError) as caught:
        read(tmp_path, short, *tntp[1:], crs="EPSG:4326", kind="aadt")
    assert "must hold the 4 links that its head states: 3 found" in str(caught.value)
    assert "Line 10 of" in str(caught.value)
    with pytest.raises(InputError, match="must come with its nodes"):
        read(tmp_path, tntp[0], tntp[2], crs="EPSG:4326", kind="aadt")


# Visum


def test_visum(tmp_path):
    net = files.write(tmp_path, "a.net", files.VISUM_NET)
    facts, source, _ = read(tmp_path, net, crs="EPSG:25833", kind="aawdt", classes={"C": "car"})
    assert source.places["place_id"].tolist() == ["1:10-20", "1:20-10"]
    main = place(source, "1:10-20")
    assert main["geometry"].coords[:] == [
        (390000.0, 5820000.0), (390400.0, 5820010.0), (390600.0, 5820010.0), (391000.0, 5820000.0),
    ]  # fmt: skip
    assert (main["length_m"], main["free_speed_kmh"], main["capacity_pcu_h"]) == (1050, 50, 1800)
    assert volume(source, "1:20-10") == 800.5
    assert volume(source, "1:20-10", "rigid_truck") == 40.0
    assert facts.vkm_total == pytest.approx(1.05 * (900 + 50 + 800.5 + 40))
    assert facts.rows_left_out == {"it has no course": 1}


def test_visum_in_german_with_an_attribute_list(tmp_path):
    net = files.write(tmp_path, "a.net", files.VISUM_NETZ.encode("cp1252"))
    liste = files.write(tmp_path, "a.att", files.VISUM_LISTE.encode("utf-16"))
    facts, source, remarks = read(tmp_path, net, liste, crs="EPSG:25833", kind="hourly")
    assert volume(source, "1:10-20") == [1200.0]
    assert source.volumes["speed_kmh"].iloc[1] == [30.0]
    assert place(source, "1:10-20")["name"] == "Straße"
    assert place(source, "1:10-20")["length_m"] == 1050.0
    assert len(place(source, "1:10-20")["geometry"].coords) == 3
    assert remarks["place_id"].tolist() == ["7:10-20"]
    assert "Volumes were read from VOLVEHPRT(AP)." in facts.notes


def test_visum_without_volumes_lists_what_there_is(tmp_path):
    net = files.write(tmp_path, "a.net", files.VISUM_NETZ)
    with pytest.raises(InputError, match=r"must have volumes, as VOLVEHPRT\(AP\).*CAPPRT, V0PRT"):
        read(tmp_path, net, crs="EPSG:25833", kind="aadt")
    facts, _, _ = read(tmp_path, net, crs="EPSG:25833", kind="aadt", classes={"CAPPRT": "car"})
    assert facts.vehicles == {"car": 2700.0}


# AequilibraE


@pytest.mark.parametrize("packed", [False, True])
def test_aequilibrae(tmp_path, packed):
    project = files.write_project(tmp_path)
    if packed:
        results = files.write(tmp_path, "r.csv.gz", files.AEQUILIBRAE_RESULTS)
    else:
        results = files.write_results(tmp_path)
    facts, source, _ = read(tmp_path, project, results, kind="hourly")
    assert source.places["place_id"].tolist() == ["1_ab", "1_ba", "2_ab"]
    back = place(source, "1_ba")
    assert (back["from_node"], back["to_node"], back["lanes"]) == ("20", "10", 1.0)
    assert back["geometry"].coords[0] == (13.007, 52.0)
    assert (place(source, "2_ab")["road_class"], bool(place(source, "2_ab")["is_ramp"])) == (
        "motorway", True,
    )  # fmt: skip
    assert [volume(source, name)[0] for name in ("1_ab", "1_ba", "2_ab")] == [100.0, 80.0, 50.0]
    assert volume(source, "1_ab", "rigid_truck") == [10.0]
    speeds = source.volumes[source.volumes["vehicle_class"] == "car"]["speed_kmh"]
    assert np.concatenate(speeds.to_list()) == pytest.approx([30.0, 15.0, 18.0])
    assert facts.vkm_total == pytest.approx(0.5 * 190 + 0.9 * 55)
    assert "1 centroid connectors are no roads" in "\n".join(facts.notes)


def test_aequilibrae_with_several_tables(tmp_path):
    project = files.write_project(tmp_path)
    results = files.write_results(tmp_path, ("base", "bridge"))
    with pytest.raises(InputError, match="be named with --table: none named, it has base, bridge"):
        read(tmp_path, project, results, kind="aadt")
    facts, _, _ = read(tmp_path, project, results, kind="aadt", table="bridge")
    assert "Flows of car, truck were read from bridge." in facts.notes


# recognition


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("", "must hold data: it is empty"),
        ("<routes><vehicle/></routes>", "it is demand of SUMO. Run SUMO"),
        ("<emission-export/>", r"emissions of SUMO's vehicles. Give its edge data \(<edgeData>\)"),
        ("<html><body>Log in</body></html>", "it is a web page. Was a download asked for a login?"),
        ("<a><b></a>", "it is XML of <a>"),
        ('[{"type": "Feature"}]', "it is a list in JSON"),
        ("1;2;3\n4;5;6\n", "A table must have a header"),
        ("hello", "its first line is 'hello'"),
        (b"\x00\x01\x02" * 99, "it is binary, of none of them"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 99, "it is a binary of an office program"),
        ("<END OF METADATA>\nOrigin 1\n 2 : 3.0;\n", "it is a table of trips"),
    ],
)
def test_foreign_files_are_named(tmp_path, content, match):
    path = files.write(tmp_path, "x.dat", content)
    with pytest.raises(InputError, match=match):
        recognise(path)


def test_files_must_belong_together(tmp_path, sumo, network):
    with pytest.raises(InputError, match=r"of one program: a\.bin\.gz \(SUMO network\), network"):
        read(tmp_path, sumo[0], network)
    with pytest.raises(InputError, match="The edge data need their network"):
        read(tmp_path, sumo[1])
    with pytest.raises(InputError, match="must exist: no such file"):
        read(tmp_path, tmp_path / "none.xml")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"mix": {"car": 0.39}}, "must be >= 0 and sum to 1: they sum to 0.39"),
        ({"mix": {"cars": 1.0}}, r"'cars' found\. Did you mean car\?"),
        ({"classes": {"lorry": "bus"}}, "--class must name classes that the files have: lorry"),
        ({"kind": "daily"}, "--kind must be one of aadt, aawdt, hourly: 'daily' found"),
        ({"kind": "aadt"}, "has series of 24 hours. Daily volumes are made of them with --day"),
        ({"begin_hour": 24}, "--begin-hour must be 0 to 23"),
    ],
)
def test_options_that_do_not_fit(tmp_path, sumo, options, match):
    with pytest.raises(InputError, match=match):
        read(tmp_path, *sumo, **options)


def test_the_command_says_what_was_read(tmp_path, sumo):
    words = ["volumes", "import", *map(str, sumo), "--out", str(tmp_path / "s")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0
    assert "3 links, 1.2 km, 2 with a volume" in done.stdout
    assert "10.3" in done.stdout
    assert "Rows left out" in done.stdout
    again = CliRunner().invoke(app, [*words, "--force", "--json"])
    facts = json.loads(again.stdout)
    assert facts["vkm_total"] == pytest.approx(10.3, rel=1e-6)
    assert facts["files"] == {"a.bin.gz": "SUMO network", "b.bin.bz2": "SUMO edge data"}
    refused = CliRunner().invoke(app, words)
    assert refused.exit_code == 2
    assert "--force" in refused.stderr


def test_same_files_same_bytes(tmp_path, sumo):
    for name in ("s", "t"):
        import_volumes(sumo, tmp_path / name)
    for path in (tmp_path / "s").iterdir():
        other = (tmp_path / "t" / path.name).read_bytes()
        assert path.read_bytes() == other.replace(b"--out t", b"--out s")


def test_matrix_of_hours(tmp_path, sumo):
    _, source, _ = read(tmp_path, *sumo)
    assert to_matrix(source.volumes["volume"], source.hours).shape == (2, 24)
