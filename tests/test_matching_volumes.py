"""Volumes carried from places to links: what was given is what was transferred and what was not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_streets import lay_places, lay_source, lay_streets

from transmod.errors import CheckError
from transmod.traffic.matching_places import NO_PIECES, Matches
from transmod.traffic.matching_volumes import transfer_volumes

LINKS = lay_streets()  # links 0 to 3 are 400 m each


def matched(pieces, places):
    """Return matches from rows (place, is_backward, link position, share)."""
    frame = pd.DataFrame(pieces, columns=["place", "is_backward", "link", "share"])
    frame["sequence"] = frame.groupby(["place", "is_backward"]).cumcount()
    frame["fraction"] = 1.0
    table = pd.DataFrame({"place_id": places["place_id"], "status": "matched"})
    frame = frame.astype(NO_PIECES.dtypes.to_dict())
    return Matches(table, frame[list(NO_PIECES.columns)], 15.0)


def of_link(table):
    return dict(zip(table["link_id"], table["volume"], strict=True))


def test_a_volume_is_the_kilometres_over_the_length():
    # 1 km stated, of which the quarter on link 0, the half on link 2, and a quarter on no link
    places = lay_places({"at": [(0, 0), (800, 0)], "length_m": 1000.0})
    matches = matched([(0, False, 0, 0.25), (0, False, 2, 0.5)], places)
    out = transfer_volumes(lay_source(places, {"a": 1000.0}), matches, LINKS)
    assert of_link(out.volumes) == pytest.approx({0: 250.0 / 0.4, 2: 500.0 / 0.4})
    assert out.vkm["given"].sum() == 1000.0
    assert out.vkm["unmatched"].sum() == pytest.approx(250.0)
    assert out.transferred_vkm == pytest.approx(750.0)
    assert out.place_vkm.tolist() == [1000.0]


@pytest.mark.parametrize(
    ("share", "backward", "expected"),
    [
        (None, True, {0: 500.0, 1: 500.0}),
        (0.6, True, {0: 600.0, 1: 400.0}),
        (0.6, False, {0: 1000.0}),  # one direction was found: it has all
    ],
)
def test_a_two_way_volume_is_split(share, backward, expected):
    places = lay_places({"at": [(0, 0), (400, 0)], "length_m": 400.0, "is_two_way": True})
    source = lay_source(places, {"a": 1000.0})
    if share is not None:
        source.volumes["direction_share"] = share
    pieces = [(0, False, 0, 1.0)] + [(0, True, 1, 1.0)] * backward
    out = transfer_volumes(source, matched(pieces, places), LINKS)
    assert of_link(out.volumes) == pytest.approx(expected)


def test_two_places_on_a_link_add_up_and_two_counts_do_not():
    at = {"at": [(0, 0), (400, 0)], "length_m": 400.0}
    places = lay_places(at, at)
    pieces = [(0, False, 0, 1.0), (1, False, 0, 1.0)]
    out = transfer_volumes(
        lay_source(places, {"a": 100.0, "b": 50.0}), matched(pieces, places), LINKS
    )
    assert of_link(out.volumes) == pytest.approx({0: 150.0})
    points = lay_places({"at": (100, 0)}, {"at": (300, 0)}, kind="point")
    out = transfer_volumes(
        lay_source(points, {"a": 100.0, "b": 50.0}), matched(pieces, points), LINKS
    )
    assert of_link(out.volumes) == pytest.approx({0: 75.0})
    assert out.vkm.empty


def test_hours_are_carried_and_streams_with_gaps_are_not():
    places = lay_places({"at": [(0, 0), (400, 0)], "length_m": 200.0})
    volumes = pd.DataFrame(
        {
            "place_id": "a", "vehicle_class": ["car", "bus"], "trip_kind": "all",
            "volume": [np.array([10, 20], np.float32), np.array([1, np.nan], np.float32)],
        }
    )  # fmt: skip
    source = lay_source(places, volumes, kind="hourly", hours=2)
    out = transfer_volumes(source, matched([(0, False, 0, 1.0)], places), LINKS)
    assert out.volumes["vehicle_class"].tolist() == ["car"]
    assert out.volumes["volume"].iloc[0].tolist() == [5.0, 10.0]
    assert out.vkm["given"].sum() == pytest.approx(6.0)
    assert "1 of 2 streams have hours without a figure" in out.notes[0]


def test_speeds_keep_the_vehicle_hours():
    at = {"at": [(0, 0), (400, 0)], "length_m": 400.0}
    places = lay_places(at, at)
    volumes = pd.DataFrame(
        {
            "place_id": ["a", "b"], "vehicle_class": "car", "trip_kind": "all",
            "volume": [np.array([100, 0], np.float32), np.array([50, 0], np.float32)],
            "speed_kmh": [np.array([50, 40], np.float32), np.array([25, 60], np.float32)],
        }
    )  # fmt: skip
    source = lay_source(places, volumes, kind="hourly", hours=2)
    pieces = [(0, False, 0, 1.0), (1, False, 0, 1.0)]
    out = transfer_volumes(source, matched(pieces, places), LINKS)
    # 150 veh in 100/50 + 50/25 = 4 h per km; empty: 2 / (1/40 + 1/60)
    assert out.volumes["speed_kmh"].iloc[0].tolist() == pytest.approx([37.5, 48.0])


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_kilometres_are_conserved(data):
    n = data.draw(st.integers(1, 5))
    number = st.floats(0.01, 1e6)
    rows, pieces, volumes = [], [], {}
    for k in range(n):
        two_way = data.draw(st.booleans())
        rows.append(
            {"at": [(0, 0), (400, 0)], "length_m": data.draw(number), "is_two_way": two_way}
        )
        volumes[chr(ord("a") + k)] = data.draw(number)
        for backward in (False, True)[: 1 + two_way]:
            parts = data.draw(st.lists(st.floats(0.0, 1.0), max_size=4))
            total = max(sum(parts), 1.0)
            pieces += [
                (k, backward, data.draw(st.integers(0, len(LINKS) - 1)), part / total)
                for part in parts
            ]
    places = lay_places(*rows)
    out = transfer_volumes(lay_source(places, volumes), matched(pieces, places), LINKS)
    given_vkm = sum(volumes[p] * r["length_m"] / 1e3 for p, r in zip(volumes, rows, strict=True))
    length = dict(zip(LINKS["link_id"], LINKS["length_m"] / 1e3, strict=True))
    on_links = sum(volume * length[i] for i, volume in of_link(out.volumes).items())
    assert out.vkm["given"].sum() == pytest.approx(given_vkm, rel=1e-12)
    assert on_links + out.vkm["unmatched"].sum() == pytest.approx(given_vkm, rel=1e-9)


def test_a_link_of_unknown_length_is_told_and_left_out():
    places = lay_places({"at": [(0, 0), (400, 0)], "length_m": 400.0}, {"at": None})
    source = lay_source(places, {"a": 10.0, "b": 20.0})
    out = transfer_volumes(source, matched([(0, False, 0, 1.0)], places), LINKS)
    assert out.vkm["given"].sum() == pytest.approx(4.0)
    assert np.isnan(out.place_vkm[1])
    assert "1 links have neither a line nor a length" in out.notes[0]


def test_lost_kilometres_are_an_error():
    places = lay_places({"at": [(0, 0), (400, 0)], "length_m": 400.0})
    pieces = [(0, False, 0, 1.0), (0, False, 2, np.nan)]
    with pytest.raises(CheckError, match=r"must be those transferred and unmatched: 0\.4 given"):
        transfer_volumes(lay_source(places, {"a": 1.0}), matched(pieces, places), LINKS)
