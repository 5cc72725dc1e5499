"""What a person says in the review layer holds in the next match."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from small_streets import lay_places, lay_streets

from transmod.errors import InputError
from transmod.inputs.match_review import Correction, read_ids, read_review, write_ids
from transmod.outputs.match_review import write_review
from transmod.traffic.matching_places import NO_PIECES, Matches
from transmod.traffic.matching_review import apply_corrections

LINKS = lay_streets()
PLACES = lay_places(
    {"at": [(0, 3), (800, 3)], "name": "Main", "is_two_way": True},
    {"at": [(0, 900), (500, 900)]},
    {"at": [(0, 205), (400, 205)], "length_m": 500.0},
)
SHA = "f" * 64


def found():
    rows = [
        (0, False, 0, 0, 0.5), (0, False, 1, 2, 0.5), (0, True, 0, 3, 0.5), (0, True, 1, 1, 0.5),
        (2, False, 0, 4, 1.0),
    ]  # fmt: skip
    pieces = pd.DataFrame(rows, columns=["place", "is_backward", "sequence", "link", "share"])
    pieces = pieces.assign(fraction=0.9)[list(NO_PIECES.columns)]
    table = pd.DataFrame(
        {
            "place_id": PLACES["place_id"], "status": ["matched", "unmatched", "doubtful"],
            "reason": ["", "no link is near it", "a part of it lies on no link"],
            "score": [0.9, 0.0, 0.4], "distance_m": [3.0, 700.0, 5.0],
            "length_ratio": [1.0, np.nan, 0.8], "share": [1.0, 0.0, 1.0],
        }
    )  # fmt: skip
    return Matches(table, pieces, 15.0)


def written(folder, changes=(), sha=SHA):
    """Write a review and change cells of it, as (place_id, column, value), as QGIS would."""
    matches = found()
    matches.places["accept"], matches.places["vkm"] = None, [10.0, 20.0, 30.0]
    path = folder / "review.gpkg"
    write_review(path, matches, PLACES, LINKS, sha)
    layer = pyogrio.read_dataframe(path, layer="places")
    layer["accept"] = layer["accept"].astype(object)
    for place, column, value in changes:
        layer.loc[layer["place_id"] == place, column] = value
    pyogrio.write_dataframe(layer, path, layer="places", driver="GPKG", append=False)
    return path


def ids(pieces, place, backward=False):
    own = pieces[(pieces["place"] == place) & (pieces["is_backward"] == backward)]
    return LINKS["link_id"].to_numpy()[own["link"]].tolist()


def test_the_layer_says_what_to_look_at_first(tmp_path):
    layer = gpd.read_file(written(tmp_path), layer="places")
    assert layer["place_id"].tolist() == ["b", "c", "a"]
    assert layer["link_ids"].tolist() == ["", "4", "0,2 / 3,1"]
    nearby = gpd.read_file(tmp_path / "review.gpkg", layer="network")
    assert nearby["link_id"].tolist() == list(range(4, 12))  # those within reach of c
    paths = gpd.read_file(tmp_path / "review.gpkg", layer="paths")
    assert paths["place_id"].tolist() == ["a", "a", "c"]
    styles = pyogrio.read_dataframe(tmp_path / "review.gpkg", layer="layer_styles")
    assert sorted(styles["f_table_name"]) == ["network", "paths", "places"]
    assert all("categorizedSymbol" in qml for qml in styles["styleQML"])


@pytest.mark.slow
def test_the_same_review_is_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        matches = found()
        matches.places["accept"], matches.places["vkm"] = None, 1.0
        write_review(tmp_path / name / "review.gpkg", matches, PLACES, LINKS, SHA)
    one, two = ((tmp_path / name / "review.gpkg").read_bytes() for name in ("one", "two"))
    assert one == two


def test_what_a_person_said_is_read(tmp_path):
    changes = [
        ("a", "accept", "Yes "), ("b", "link_ids", "16, 17"), ("c", "accept", "no"),
    ]  # fmt: skip
    said = read_review(written(tmp_path, changes), network_sha256=SHA)
    assert said == {
        "a": Correction(True, (0, 2), (3, 1)),
        "b": Correction(True, (16, 17), edited=True),
        "c": Correction(False),
    }


def test_what_a_person_said_holds():
    said = {
        "a": Correction(True, (0, 2), (3, 1)),
        "b": Correction(True, (4, 6), edited=True),
        "c": Correction(False),
    }
    matches, notes = apply_corrections(found(), said, PLACES, LINKS)
    assert notes == ()
    assert matches.places["status"].tolist() == ["matched", "matched", "unmatched"]
    assert matches.places["accept"].tolist() == ["yes", "yes", "no"]
    assert (ids(matches.pieces, 0), ids(matches.pieces, 0, True)) == ([0, 2], [3, 1])
    assert matches.pieces.loc[matches.pieces["place"] == 0, "fraction"].eq(0.9).all()  # as matched
    assert ids(matches.pieces, 1) == [4, 6]
    own = matches.pieces[matches.pieces["place"] == 1]
    assert (own["share"].tolist(), own["fraction"].tolist()) == ([0.5, 0.5], [1.0, 1.0])
    assert matches.places["length_ratio"].iloc[1] == pytest.approx(800 / 500, rel=1e-3)
    assert ids(matches.pieces, 2) == []


def test_links_that_do_not_follow_each_other_are_noted():
    said = {"b": Correction(True, (0, 4), edited=True)}
    _, notes = apply_corrections(found(), said, PLACES, LINKS)
    assert notes == ("The links of place 'b' in the review are not connected.",)


@pytest.mark.slow
def test_all_faults_of_a_review_are_told(tmp_path):
    changes = [
        ("a", "accept", "maybe"), ("b", "accept", "yes"), ("c", "link_ids", "four"),
    ]  # fmt: skip
    with pytest.raises(InputError) as caught:
        read_review(written(tmp_path, changes, sha="0" * 64), network_sha256=SHA)
    text = str(caught.value)
    assert len(caught.value.faults) == 4
    for words in (
        "must be a review of the network matched to: its links are of the one with SHA-256 0000",
        "`accept` of place 'a' must be yes, no or empty: 'maybe' found",
        "`link_ids` of place 'b' must name links",
        "`link_ids` of place 'c' must be numbers apart by commas",
    ):
        assert words in text


def test_unknown_places_and_links_are_told():
    said = {
        "z": Correction(False),
        "b": Correction(True, (4, 999)),
        "c": Correction(True, (4,), (5,)),
    }
    with pytest.raises(InputError) as caught:
        apply_corrections(found(), said, PLACES, LINKS)
    text = str(caught.value)
    assert all(words in text for words in ("'z' do not", "999 are none", "one direction"))
    assert len(caught.value.faults) == 3


def test_another_file_is_no_review(tmp_path):
    path = tmp_path / "review.gpkg"
    LINKS.drop(columns="imputed").to_file(path, layer="links", driver="GPKG")
    with pytest.raises(InputError, match="must be a review that `transmod volumes match` wrote"):
        read_review(path, network_sha256=SHA)
    path.write_text("no")
    with pytest.raises(InputError, match="must be a whole GeoPackage"):
        read_review(path, network_sha256=SHA)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12,14 / 15,13", ((12, 14), (15, 13))),
        ("7", ((7,), ())),
        ("", ((), ())),
        ("/ 3", ((), (3,))),
    ],
)
def test_lists_of_links(text, expected):
    assert read_ids(text) == expected
    if text and expected[0]:
        assert write_ids(*expected) == text
