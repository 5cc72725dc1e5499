"""Count points on streets: the right street, the right direction, and why none."""

import numpy as np
import pytest
from small_streets import lay_places, lay_streets

from transmod.traffic.matching import MatchRule
from transmod.traffic.matching_points import match_points
from transmod.traffic.network_graph import to_graph
from transmod.traffic.road_names import is_same_name

LINKS = lay_streets()


def match(*rows, links=LINKS):
    places = lay_places(*rows, kind="point")
    return match_points(places, links, to_graph(links), MatchRule())


def links_of(matches, place=0):
    own = matches.pieces[matches.pieces["place"] == place]
    return LINKS["link_id"].to_numpy()[own["link"]].tolist()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"at": (200, 10), "heading_deg": 80.0}, [0]),  # eastward
        ({"at": (200, 10), "heading_deg": 280.0}, [1]),
        ({"at": (200, 10), "is_two_way": True}, [0, 1]),
        ({"at": (385, 15), "heading_deg": 5.0}, [10]),  # north, on Middle Street
        ({"at": (385, 15), "name": "MIDDLE ST (WEST)", "is_two_way": True}, [10, 11]),
        ({"at": (385, 15), "name": "main st.", "is_two_way": True}, [0, 1]),
        ({"at": (385, 15), "road_class": "primary", "is_two_way": True}, [0, 1]),
    ],
)
def test_a_point_lies_on_its_street(row, expected):
    matches = match(row)
    assert links_of(matches) == expected
    assert matches.places["status"].tolist() == ["matched"]
    assert matches.places["share"].tolist() == [1.0]


def test_a_two_way_count_on_a_one_way_street_is_doubtful():
    matches = match({"at": (300, -95), "is_two_way": True})
    assert links_of(matches) == [14]
    assert matches.places["status"].tolist() == ["doubtful"]
    assert matches.places["reason"].str.contains("no other direction: it has the whole").all()


def test_two_streets_as_likely_are_doubtful():
    matches = match({"at": (420, 20), "is_two_way": True})
    assert matches.places["reason"].tolist() == ["another road is about as likely"]


def test_points_on_no_link_say_why():
    matches = match(
        {"at": (200, 5), "is_two_way": True},
        {"at": (200, 1200)},
        {"at": None},
        {"at": (np.inf, 0)},
        {"at": (600, -95), "heading_deg": 270.0},  # against the one-way street
    )
    table = matches.places
    assert table["status"].tolist() == ["matched"] + ["unmatched"] * 4
    assert table["reason"].tolist() == [
        "",
        "no link is near it",
        "it has no geometry",
        "its coordinates have no place in the network's reference system",
        "the links near it are of another direction, class or name, or too far off",
    ]
    assert table["distance_m"].iloc[[0, 1]].tolist() == pytest.approx([5.0, 1000.0])
    assert table["score"].tolist()[1:] == [0.0] * 4


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CHURCH RD (MANGERE BRIDGE)", "Church Road", True),
        ("Müllerstraße", "MUELLERSTR", False),  # no one rule for umlauts
        ("Müllerstraße", "Mullerstr.", True),
        ("Main St", "Main Street North", True),
        ("Main St", "Maine Street", False),
        ("A 5; Rheinstrasse", "Rhein Str", True),
        ("Queen's Road", "QUEENS RD", True),
        ("(5)", "Main St", False),
    ],
)
def test_names_of_streets(one, other, same):
    assert is_same_name(one, other) is same
    assert is_same_name(other, one) is same
