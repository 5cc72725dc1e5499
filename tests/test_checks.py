"""Checks of tables: each fault is found, all at once, in a full sentence."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString

from transmod.columns import Columns
from transmod.errors import Faults
from transmod.inputs.checks import check_table
from transmod.schema import AADT_VOLUMES, HOURLY_VOLUMES, LINKS, RULE


def faults_of(frame, table=AADT_VOLUMES):
    faults = Faults()
    check_table(frame, table, "volumes.parquet", faults)
    return faults._faults


def volumes(**columns):
    good = {"link_id": [0, 1], "vehicle_class": ["car", "car"], "volume": [1.0, 2.0]}
    return pd.DataFrame(good | columns)


def links(**columns):
    good = {
        "link_id": [0, 1], "from_node": [1, 2], "to_node": [2, 1],
        "osm_way_id": pd.array([7, None], "Int64"), "road_class": ["primary"] * 2,
        "is_ramp": [False] * 2, "is_urban": [True] * 2, "lanes": [1.0] * 2,
        "free_speed_kmh": [50.0] * 2, "capacity_pcu_h": [900.0] * 2, "gradient": [0.0] * 2,
        "length_m": [10.0] * 2, "name": ["a", None], "imputed": [["lanes"], []],
        "geometry": [LineString([(0, 0), (1, 0)])] * 2,
    }  # fmt: skip
    return gpd.GeoDataFrame(good | columns, crs=4326)


def test_good_tables_have_no_fault():
    assert faults_of(volumes()) == []
    assert faults_of(links(), LINKS) == []
    # a nullable whole number may come as float from Arrow
    assert faults_of(links(osm_way_id=[7.0, np.nan]), LINKS) == []


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (volumes(volume=[-1.0, 2]), r">= 0: 1 of 2 .*_id 0, vehicle_class 'car' \(value -1.0\)"),
        (volumes(volume=[np.nan, 2]), r"must be present: 1 of 2 .* \(value nan\)"),
        (volumes(volume=[1, np.inf]), r"finite: 1 of 2 are not, first at link_id 1"),
        (volumes(volume=["1", "2"]), r"`volume` \[veh/d\] of volumes.parquet must be a number"),
        (volumes(vehicle_class=["car", "HGV"]), r"one of car, taxi.* \(value 'HGV'\)"),
        (volumes(vehicle_class=[1, 2]), r"must be text"),
        (volumes(link_id=[1, 1]), r"one row for each link_id, vehicle_class: 1 of 2 rows"),
        (volumes(link_id=[0.5, 1.5]), r"whole number: dtype float64"),
        (volumes(link_id=[True, False]), r"must be a number: dtype bool"),
        (volumes(link_id=[-3, 0]), r">= 0 and <= 9007199254740991: 1 of 2"),
        (volumes().drop(columns="volume"), r"volume not found, it has link_id, vehicle_class"),
    ],
)  # fmt: skip
def test_a_fault_is_named(frame, sentence):
    (fault,) = faults_of(frame)
    assert re.search(sentence, fault), fault


def test_all_faults_at_once():
    frame = volumes(link_id=[0, 0], vehicle_class=["x", "x"], volume=[-1.0, np.inf])
    assert len(faults_of(frame)) == 4


def test_links_faults():
    bad = links(free_speed_kmh=[0.0, 500.0], is_ramp=["yes", "no"], imputed=[[1], []])
    found = " ".join(faults_of(bad, LINKS))
    assert "> 0 and <= 200: 2 of 2" in found
    assert "must be true or false" in found
    assert "lists of text" in found
    empty = links(geometry=[LineString(), None])
    found = " ".join(faults_of(empty, LINKS))
    assert "must not be empty: 1 of 2" in found
    assert "must be present: 1 of 2" in found


def test_lists_of_numbers():
    frame = volumes(volume=[[1.0, 2.0], [3.0]])
    assert "one length: 1 to 2" in faults_of(frame, HOURLY_VOLUMES)[0]
    frame = volumes(volume=[[1.0, np.nan], [-3.0, 1.0]])
    found = faults_of(frame, HOURLY_VOLUMES)
    assert "present: 1 of 4 are not, first at link_id 0" in found[0]
    assert ">= 0: 1 of 4 are not, first at link_id 1, vehicle_class 'car' (value -3.0)" in found[1]


CODED = {
    "activity": ["rail_fuel", "road_fuel"],
    "item": ["inventory", "memo"],
    "memo_kind": [None, "biogenic_co2"],
    "in_total": [True, False],
    "scope": [1, 3],
    "gpc_ref": None,
    "ipcc_code": None,
    "notation_key": [None, "IE"],
    "source": "x",
}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"activity": ["rail_fuel", "rail_fuel"]},
        {"activity": ["rail_fuel", "sail"]},
        {"activity": ["rail_fuel", None]},
        {"item": ["memo", "other"], "notation_key": ["A", "B"]},
        {"item": [1.0, 2.0]},
        {"in_total": [1, 0]},
        {"in_total": ["yes", "no"]},
        {"scope": [0, 9]},
        {"scope": [1.5, 2.0]},
        {"scope": [1.0, 2.0]},
        {"scope": [1.0, np.inf]},
        {"scope": [np.nan, np.nan]},
        {"scope": ["1", "2"]},
        {"scope": [True, False]},
    ],
    ids=str,
)
def test_columns_and_frames_are_told_of_in_the_same_words(change):
    columns = CODED | change
    frame = pd.DataFrame(
        {name: v if isinstance(v, list) else [v] * 2 for name, v in columns.items()}
    )
    said = faults_of(Columns(columns), RULE)
    assert said == faults_of(frame, RULE)
    assert bool(said) == bool(change)


def test_columns_that_lack_one_are_told_of_in_the_same_words():
    frame = pd.DataFrame({"activity": ["rail_fuel"]})
    assert faults_of(Columns({"activity": ["rail_fuel"]}), RULE) == faults_of(frame, RULE) != []


def test_nulls_of_columns():
    scope, truth = np.array([1.0, np.nan]), np.array([None, True])
    said = faults_of(Columns(CODED | {"scope": scope, "in_total": truth}), RULE)
    where = "of volumes.parquet must be present: 1 of 2 are not, first at activity"
    assert said == [
        f"`in_total` [-] {where} 'rail_fuel' (value None).",
        f"`scope` [-] {where} 'road_fuel' (value nan).",
    ]
