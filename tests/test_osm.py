"""Reading OpenStreetMap: clipped, repeated, odd and broken files."""

import gzip

import numpy as np
import pytest
from osm_files import CROSS_NODES, cross, osm_text

from transmod.errors import InputError
from transmod.inputs.osm import read_osm, to_ways


def write(folder, text, name="a.osm"):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["a.osm", "a.osm.gz"])
def test_ways_sorted_with_tags_and_positions(tmp_path, name):
    ways = read_osm(write(tmp_path, cross(maxspeed="50"), name))
    assert ways.way_id.tolist() == [10, 20]
    assert ways.start.tolist() == [0, 3, 6]
    assert ways.node.tolist() == [1, 5, 2, 3, 5, 4]
    assert ways.lon.tolist() == [9.99, 10.0, 10.01, 10.0, 10.0, 10.0]
    assert ways.tags["maxspeed"].tolist() == ["50", None]


def test_foot_and_cycle_ways_are_not_read(tmp_path):
    others = ["footway", "cycleway", "construction", "proposed", "track", "path", "bus_stop"]
    ways = [(i, [1, 5], {"highway": value}) for i, value in enumerate(others, 30)]
    text = osm_text(CROSS_NODES, [*ways, (10, [1, 5, 2], {"highway": "tertiary_link"})])
    assert read_osm(write(tmp_path, text)).way_id.tolist() == [10]


def test_clipped_extract_leaves_nan(tmp_path):
    nodes = {k: v for k, v in CROSS_NODES.items() if k != 5}
    text = osm_text(nodes, [(10, [1, 5, 2], {"highway": "primary"})])
    assert np.isnan(read_osm(write(tmp_path, text)).lon).tolist() == [False, True, False]


def test_of_a_way_read_twice_the_highest_version_stays(tmp_path):
    text = osm_text(
        CROSS_NODES,
        [
            (10, [1, 5, 2], {"highway": "primary", "version": 3}),
            (10, [1, 5], {"highway": "secondary", "version": 2}),
        ],
    )
    ways = read_osm(write(tmp_path, text))
    assert ways.tags["highway"].tolist() == ["primary"]
    assert ways.notes == (
        "1 ways stand more than once in the extract: of each the highest version was kept.",
    )


def test_built_up_areas_from_ways_and_multipolygons(tmp_path):
    corners = {11: (0.0, 0.0), 12: (1.0, 0.0), 13: (1.0, 1.0), 14: (0.0, 1.0)}
    text = osm_text(
        CROSS_NODES | corners,
        [
            (10, [1, 5, 2], {"highway": "primary"}),
            (30, [11, 12, 13, 14, 11], {"landuse": "residential"}),
            (31, [11, 12, 13], {}),
            (32, [13, 14, 11], {}),
            (33, [11, 12, 13, 11], {"landuse": "forest"}),
        ],
        [(1, [("outer", 31), ("outer", 32)], {"landuse": "retail", "type": "multipolygon"})],
    )
    areas = read_osm(write(tmp_path, text)).built_up
    assert [area.area for area in areas] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.osm.pbf", b"hello world, this is no pbf" * 20, "must be a whole OpenStreetMap file"),
        ("a.osm.pbf", b"", "must be a whole OpenStreetMap file"),
        ("a.osm", cross().encode()[:400], "must be a whole OpenStreetMap file: XML parsing"),
        ("a.osm", b"<html/>", "Unknown top-level element: html"),
        ("a.osm.gz", b"no gzip", "must be a whole OpenStreetMap file"),
        ("a.shp", b"", r"must be one of .osm.pbf, .osm, .osm.gz"),
        ("a.osm", osm_text(CROSS_NODES, []).encode(), r"must hold roads .*: none found"),
    ],
)
def test_broken_files(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        read_osm(path)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_osm(tmp_path / "a.osm.pbf")


@pytest.mark.realdata
def test_truncated_pbf(tmp_path, data_dir):
    path = tmp_path / "a.osm.pbf"
    path.write_bytes((data_dir / "columbus" / "columbus.osm.pbf").read_bytes()[:700_000])
    with pytest.raises(InputError, match="must be a whole OpenStreetMap file: PBF error"):
        read_osm(path)


def test_overpass_answer_gives_the_same_record(tmp_path):
    elements = [{"type": "node", "id": i, "lon": x, "lat": y} for i, (x, y) in CROSS_NODES.items()]
    way = {"type": "way", "id": 10, "nodes": [1, 5, 2], "tags": {"highway": "primary"}}
    asked = to_ways([*elements, way, way])
    read = read_osm(write(tmp_path, osm_text(CROSS_NODES, [(10, [1, 5, 2], way["tags"])])))
    assert asked.way_id.tolist() == read.way_id.tolist()
    assert asked.lon.tolist() == read.lon.tolist()
    with pytest.raises(InputError, match="must hold roads"):
        to_ways(elements)
