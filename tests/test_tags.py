"""Tags of roads: every notation that OpenStreetMap uses, and what cannot be read."""

import numpy as np
import pandas as pd
import pytest

from transmod.inputs.osm import TAGS
from transmod.inputs.tables import read_shipped_table
from transmod.traffic.tags import parse_incline, parse_lanes, parse_speed, parse_zone, read_tags


def tags(*rows):
    return pd.DataFrame([{"highway": "primary", **row} for row in rows], columns=TAGS).astype(
        object
    )


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("50", 50.0), ("50.5", 50.5), ("30 mph", 48.28032), ("30mph", 48.28032),
        ("50 km/h", 50.0), ("50 kmh", 50.0), ("50 kph", 50.0), ("10 knots", 18.52),
        ("CN:urban", 50.0), ("CN:rural", 70.0), ("cn:motorway", 120.0), ("DE:motorway", 130.0),
        ("GB:nsl_single", 96.56064), ("CL:urban", 50.0), ("none", 130.0), ("walk", 7.0),
        ("50;30", 30.0), ("50; 40", 40.0), ("80|50", 50.0), ("DE:zone:30", 30.0),
        ("DE:zone30", 30.0), ("FR:zone30", 30.0), ("DE:30", 30.0), (" 50 ", 50.0),
    ],
)  # fmt: skip
def test_speed(text, speed):
    assert parse_speed(text) == pytest.approx(speed, rel=1e-12)


@pytest.mark.parametrize(
    "text", ["", "signals", "variable", "fast", "50 furlongs", "0", "-5", "250", "XX:urban", "50;x"]
)
def test_speed_that_cannot_be_read(text):
    assert np.isnan(parse_speed(text))


@pytest.mark.parametrize(
    ("text", "lanes"),
    [("2", 2.0), ("2;3", 2.0), ("1.5", 1.5), ("3|2", 2.0), ("many", np.nan), ("-1", np.nan),
     ("nan", np.nan), ("inf", np.nan), ("200", np.nan), ("", np.nan)],
)  # fmt: skip
def test_lanes(text, lanes):
    np.testing.assert_equal(parse_lanes(text), lanes)


@pytest.mark.parametrize(
    ("text", "gradient"),
    [("10%", 0.1), ("-4.5 %", -0.045), ("+3%", 0.03), ("up", np.nan), ("10", np.nan),
     ("80%", np.nan)],
)  # fmt: skip
def test_incline(text, gradient):
    np.testing.assert_equal(parse_incline(text), gradient)


@pytest.mark.parametrize(
    ("text", "urban"),
    [("CN:urban", 1.0), ("DE:zone:30", 1.0), ("DE:living_street", 1.0), ("FR:rural", 0.0),
     ("DE:motorway", 0.0), ("GB:nsl_dual", 0.0), ("sign", np.nan), ("50", np.nan)],
)  # fmt: skip
def test_zone(text, urban):
    np.testing.assert_equal(parse_zone(text), urban)


@pytest.mark.parametrize(
    ("row", "forward", "backward"),
    [
        ({}, True, True),
        ({"oneway": "yes"}, True, False), ({"oneway": "true"}, True, False),
        ({"oneway": "1"}, True, False), ({"oneway": "no"}, True, True),
        ({"oneway": "-1"}, False, True), ({"oneway": "reverse"}, False, True),
        ({"highway": "motorway"}, True, False), ({"highway": "motorway_link"}, True, False),
        ({"highway": "motorway", "oneway": "no"}, True, True),
        ({"highway": "motorway", "oneway": "-1"}, False, True),
        ({"junction": "roundabout"}, True, False), ({"junction": "circular"}, True, False),
        ({"junction": "roundabout", "oneway": "no"}, True, True),
        ({"oneway": "reversible"}, True, True), ({"highway": "trunk_link"}, True, True),
    ],
)  # fmt: skip
def test_directions(row, forward, backward):
    read = read_tags(tags(row))
    assert (read.forward[0], read.backward[0]) == (forward, backward)


@pytest.mark.parametrize(
    ("row", "ahead", "back"),
    [
        ({}, np.nan, np.nan),
        ({"lanes": "4"}, 2.0, 2.0), ({"lanes": "3"}, 1.5, 1.5), ({"lanes": "1"}, 0.5, 0.5),
        ({"lanes": "3", "oneway": "yes"}, 3.0, 3.0),
        ({"lanes": "3", "lanes:forward": "2"}, 2.0, 1.0),
        ({"lanes": "3", "lanes:backward": "2"}, 1.0, 2.0),
        ({"lanes:forward": "2", "lanes:backward": "1"}, 2.0, 1.0),
        ({"lanes": "5", "lanes:both_ways": "1"}, 2.0, 2.0),
        ({"lanes": "5", "lanes:forward": "1", "lanes:both_ways": "1"}, 1.0, 3.0),
        ({"lanes": "0"}, np.nan, np.nan), ({"lanes": "many"}, np.nan, np.nan),
    ],
)  # fmt: skip
def test_lanes_of_directions(row, ahead, back):
    np.testing.assert_equal(read_tags(tags(row)).lanes[0], [ahead, back])


def test_speeds_of_directions():
    rows = (
        {"maxspeed": "50"},
        {"maxspeed": "50", "maxspeed:forward": "70"},
        {"maxspeed": "50", "maxspeed:backward": "30 mph"},
        {"source:maxspeed": "RO:rural"},
        {"maxspeed:type": "sign", "zone:maxspeed": "DE:30"},
        {"maxspeed": "none"},
        {"maxspeed": "signals"},
    )
    read = read_tags(tags(*rows))
    expected = [[50, 50], [70, 50], [50, 48.28032], [90, 90], [30, 30], [130, 130], [np.nan] * 2]
    np.testing.assert_allclose(read.speed, expected)
    assert read.speed_assumed.any(axis=1).tolist() == [False] * 5 + [True, False]
    assert read.notes == ()


def test_what_cannot_be_read_is_counted():
    rows = ({"maxspeed": "fast"}, {"maxspeed": "fast"}, {"lanes": "0"}, {"oneway": "reversible"},
            {"incline": "steep"}, {"highway": "road"}, {"lanes": "wide"})  # fmt: skip
    first, *rest = read_tags(tags(*rows)).notes
    assert first.startswith("`highway` of 1 ways is `road` or a list of values")
    assert rest == [
        "`oneway` of 1 ways is no direction ('reversible'): taken as two-way.",
        "`maxspeed` of 2 ways cannot be read ('fast'): left out.",
        "`incline` of 1 ways cannot be read ('steep'): left out.",
        "`lanes` of 1 ways cannot be read ('wide'): left out.",
        "`lanes` of 1 ways leave none in a direction: left out.",
    ]


def test_class_ramp_and_access():
    rows = (
        {"highway": "motorway_link"},
        {"highway": "road"},
        {"highway": "tertiary;residential"},
        {"access": "private"},
        {"access": "no", "motor_vehicle": "destination"},
        {"access": "yes", "motorcar": "no"},
        {"area": "yes"},
    )
    read = read_tags(tags(*rows))
    assert read.road_class[:3].tolist() == ["motorway", "unclassified", "tertiary"]
    assert read.is_ramp.tolist() == [True] + [False] * 6
    assert read.class_assumed.tolist() == [False, True, True] + [False] * 4
    assert read.is_restricted.tolist() == [False, False, False, True, False, True, False]
    assert read.is_area.tolist() == [False] * 6 + [True]


def test_every_default_is_there_and_cited():
    table = read_shipped_table("traffic", "road_classes")
    counts = table.groupby(["road_class", "is_ramp", "is_urban"])["quantity"].nunique()
    assert len(counts) == 9 * 2 * 2
    assert (counts == 3).all()
    assert table[["source", "year", "licence", "verification"]].notna().all(axis=None)
    assert set(table["verification"]) <= {"READ", "JUDGEMENT"}
    speeds = read_shipped_table("traffic", "implicit_speeds")
    assert not speeds["code"].duplicated().any()
    assert set(speeds["verification"]) <= {"READ", "SECOND-HAND", "MEMORY-UNVERIFIED"}
