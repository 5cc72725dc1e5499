"""Fleets: shares of vehicle types in the streams."""

import pandas as pd
import pytest
from profile_set import shipped

from transmod.errors import CoverageError, InputError
from transmod.model.fleet import build_fleet
from transmod.schema import VEHICLE_CLASSES

ALL = [(name, "all") for name in VEHICLE_CLASSES]


def own(rows, **more):
    return pd.DataFrame(rows, columns=["vehicle_class", "vehicle_type", "share"]).assign(**more)


HALF = [
    ("car", "car_petrol_medium_euro5_pfi", 0.5),
    ("car", "car_bev_medium", 0.5),
]


@pytest.mark.parametrize("name", ["coquimbo", "europe"])
def test_shipped_fleets_cover_every_class_and_sum_to_one(name):
    fleet = build_fleet(shipped(), name, ALL, year=2023)
    assert fleet.share.shape == (len(ALL), len(fleet.types))
    assert abs(fleet.share.sum(axis=1) - 1).max() < 1e-9
    assert list(fleet.types) == sorted(fleet.types)
    of = shipped().types.set_index("vehicle_type")["vehicle_class"]
    for s, (vehicle_class, _) in enumerate(ALL):
        used = [t for t, x in zip(fleet.types, fleet.share[s], strict=True) if x > 0]
        assert {of[t] for t in used} == {vehicle_class}


def test_shipped_fleets_are_real_enough():
    standards = shipped().types.set_index("vehicle_type")["emission_standard"]
    for name in ("coquimbo", "europe"):
        used = {standards[t] for t in build_fleet(shipped(), name, ALL).types}
        assert {"euro3", "euro4", "euro5", "euro6abc", "zero_tailpipe"} <= used


def test_through_trucks_have_a_fleet_of_their_own():
    fleet = build_fleet(shipped(), "coquimbo", [("rigid_truck", "all"), ("rigid_truck", "through")])
    assert (fleet.share[0] != fleet.share[1]).any()
    assert fleet.notes == ()


def test_a_trip_kind_without_rows_takes_those_of_all_trips():
    fleet = build_fleet(shipped(), "coquimbo", [("car", "through"), ("car", "all")])
    assert (fleet.share[0] == fleet.share[1]).all()
    assert "take those of all trips of their class: car through" in fleet.notes[0]


def test_own_shares():
    fleet = build_fleet(shipped(), "mine", [("car", "all")], shares=own(HALF))
    assert fleet.types == ("car_bev_medium", "car_petrol_medium_euro5_pfi")
    assert fleet.share.tolist() == [[0.5, 0.5]]


def test_rows_of_the_year_come_before_rows_without_one():
    rows = pd.concat(
        [
            own(HALF, year=pd.array([pd.NA, pd.NA], "Int64")),
            own([("car", "car_bev_medium", 1.0)], year=pd.array([2030], "Int64")),
        ]
    )
    early = build_fleet(shipped(), "mine", [("car", "all")], year=2025, shares=rows)
    late = build_fleet(shipped(), "mine", [("car", "all")], year=2030, shares=rows)
    assert early.share.tolist() == [[0.5, 0.5]]
    assert late.share.tolist() == [[1.0]]


def test_a_district_may_have_its_own_fleet():
    rows = pd.concat(
        [own(HALF), own([("car", "car_bev_medium", 1.0)], district_id="centre")]
    ).astype({"district_id": "string"})
    fleet = build_fleet(shipped(), "mine", [("car", "all")], shares=rows)
    assert fleet.share.tolist() == [[0.5, 0.5]]
    assert fleet.district_share["centre"].tolist() == [[1.0, 0.0]]


def test_shares_are_never_rescaled():
    rows = own([(*HALF[0][:2], 0.5), (*HALF[1][:2], 0.4)])
    with pytest.raises(InputError, match=r"sum to 1 .*: car all sums to 0.9 over 2 types"):
        build_fleet(shipped(), "mine", [("car", "all")], shares=rows)


def test_all_faults_of_own_shares_at_once():
    rows = own([(*HALF[0][:2], -0.5), ("car", "car_bev_medium", 1.5)])
    with pytest.raises(InputError, match=r"`share` \[-\] of fleet mine must be >= 0 and <= 1"):
        build_fleet(shipped(), "mine", [("car", "all")], shares=rows)
    rows = own([("bus", "car_bev_medium", 0.5), ("car", "car_petrol", 0.5)])
    with pytest.raises(InputError, match=r"a type of the row's class .* 2 of 2 are not"):
        build_fleet(shipped(), "mine", [("car", "all")], shares=rows)


def test_an_unknown_fleet():
    with pytest.raises(InputError, match=r"one of coquimbo, europe .* 'shanghai' found"):
        build_fleet(shipped(), "shanghai", ALL)


def test_streams_without_shares_are_all_named():
    streams = [("car", "all"), ("bus", "all"), ("coach", "through")]
    with pytest.raises(CoverageError) as caught:
        build_fleet(shipped(), "mine", streams, shares=own(HALF))
    assert [fault.split(": ")[1].split(". ")[0] for fault in caught.value.faults] == [
        "none for bus all",
        "none for coach through",
    ]
