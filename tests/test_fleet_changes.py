"""Measures of the fleet: shares worked by hand, and what holds of every change."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transmod.errors import InputError
from transmod.exchange import from_frame
from transmod.model.fleet import Fleet
from transmod.model.fleet_changes import FleetChange, change_fleet

TYPES = from_frame(
    pd.DataFrame(
        [
            ("bus_a", "bus", "diesel", "ice", "euro3"),
            ("bus_b", "bus", "diesel", "ice", "euro6"),
            ("bus_e", "bus", "electricity", "bev", "zero"),
            ("bus_f", "bus", "electricity", "bev", "zero"),
            ("car_a", "car", "petrol", "ice", "euro3"),
            ("car_b", "car", "petrol", "ice", "euro6"),
            ("car_e", "car", "electricity", "bev", "zero"),
        ],
        columns=["vehicle_type", "vehicle_class", "fuel", "powertrain", "emission_standard"],
    )
)
STREAMS = (("bus", "all"), ("car", "internal"), ("car", "through"))
NAMES = ("bus_a", "bus_b", "car_a", "car_b", "car_e")
SHARE = np.array([[0.6, 0.4, 0, 0, 0], [0, 0, 0.5, 0.4, 0.1], [0, 0, 0.5, 0.5, 0.0]])
EAST = np.array([[0.5, 0.5, 0, 0, 0], [0, 0, 0.2, 0.6, 0.2], [0, 0, 0.5, 0.5, 0.0]])
FLEET = Fleet("small", STREAMS, NAMES, SHARE, {"east": EAST}, ())


def change(share=0.5, *, retires=False, title="measure 1 ('M')", types=None, **where):
    types = types or {"fuels": ("electricity",)}
    return FleetChange(title, share, retires, types, **where)


def table(fleet, district=""):
    share = fleet.district_share.get(district, fleet.share)
    return pd.DataFrame(share, index=[" ".join(s) for s in fleet.streams], columns=fleet.types)


def test_a_third_of_cars_electric_by_hand():
    made = change_fleet(FLEET, TYPES, [change(0.3, vehicle_class=("car",))], year=2030)
    # the others of internal cars, 0.5 and 0.4 of 0.9, share 0.7
    assert table(made).loc["car internal"].to_dict() == pytest.approx(
        {"bus_a": 0.0, "bus_b": 0.0, "car_a": 0.7 * 5 / 9, "car_b": 0.7 * 4 / 9, "car_e": 0.3}
    )
    assert table(made).loc["car through", "car_e"] == pytest.approx(0.3)
    assert table(made, "east").loc["car internal", "car_a"] == pytest.approx(0.175)
    assert np.array_equal(made.share[0], [0.6, 0.4, 0, 0, 0])
    assert any("internal 10.0% -> 30.0%" in note for note in made.notes)


def test_named_types_that_are_new_share_evenly():
    types = {"vehicle_types": ("bus_e", "bus_f")}
    made = change_fleet(FLEET, TYPES, [change(1.0, types=types)], year=2030)
    assert "bus_a" not in made.types  # nobody drives it any more
    assert table(made).loc["bus all", ["bus_e", "bus_f"]].to_list() == [0.5, 0.5]
    assert made.types == tuple(sorted(made.types))


def test_retired_types_leave_to_the_others():
    types = {"standards": ("euro3",)}
    made = change_fleet(FLEET, TYPES, [change(0.5, retires=True, types=types)], year=2030)
    assert table(made).loc["bus all", "bus_a"] == pytest.approx(0.3)
    assert table(made).loc["bus all", "bus_b"] == pytest.approx(0.7)
    assert table(made).loc["car internal", "car_e"] == pytest.approx(0.1 * 0.75 / 0.5)


def test_a_district_of_its_own():
    made = change_fleet(
        FLEET, TYPES, [change(0.8, vehicle_class=("car",), district_id=("west",))], year=2030
    )
    assert table(made, "west").loc["car internal", "car_e"] == pytest.approx(0.8)
    assert table(made).loc["car internal", "car_e"] == pytest.approx(0.1)
    assert np.array_equal(table(made, "east"), EAST)


def test_shares_by_year_lie_on_a_line():
    by_year = change({2025: 0.2, 2035: 0.6}, vehicle_class=("car",))
    made = change_fleet(FLEET, TYPES, [by_year], year=2030)
    assert table(made).loc["car internal", "car_e"] == pytest.approx(0.4)
    with pytest.raises(InputError, match="must reach 2040: it has 2025, 2035"):
        change_fleet(FLEET, TYPES, [by_year], year=2040)


def test_a_share_that_was_set_stays():
    electric = change(0.5, title="E", vehicle_class=("car",))
    retire = change(1.0, retires=True, title="R", types={"standards": ("euro3",)},
                    vehicle_class=("car",))  # fmt: skip
    for changes in ([electric, retire], [retire, electric]):
        made = change_fleet(FLEET, TYPES, changes, year=2030)
        assert table(made).loc["car internal", ["car_b", "car_e"]].to_list() == [0.5, 0.5]
        assert [n.split(":")[0] for n in made.notes] == [one.title for one in changes]
    old = change(0.2, title="O", types={"standards": ("euro3",)}, vehicle_class=("car",))
    made = change_fleet(FLEET, TYPES, [electric, old], year=2030)
    assert table(made).loc["car internal", ["car_a", "car_b", "car_e"]].to_list() == pytest.approx(
        [0.2, 0.3, 0.5]
    )
    west = change(0.1, title="W", types={"standards": ("euro3",)}, vehicle_class=("car",),
                  district_id=("west",))  # fmt: skip
    made = change_fleet(FLEET, TYPES, [electric, west], year=2030)
    assert table(made, "west").loc["car through", "car_e"] == pytest.approx(0.5)


def test_shares_that_contradict_are_told():
    electric = change(0.8, title="E", vehicle_class=("car",))
    petrol = change(0.5, title="P", types={"fuels": ("petrol",)}, vehicle_class=("car",))
    with pytest.raises(InputError, match="with P the shares set for car internal add up to"):
        change_fleet(FLEET, TYPES, [electric, petrol], year=2030)
    gone = change(1.0, retires=True, title="R", vehicle_class=("car",))
    with pytest.raises(InputError, match="E sets the share of car_e, which R changes again"):
        change_fleet(FLEET, TYPES, [electric, gone], year=2030)
    old = change(0.4, title="O", types={"standards": ("euro3",)}, vehicle_class=("car",))
    some = change(0.5, title="P", types={"fuels": ("petrol",)}, trip_kind=("internal",))
    with pytest.raises(InputError, match="P sets the share of car_a, which O changes again"):
        change_fleet(FLEET, TYPES, [some, old], year=2030)


def test_a_later_share_of_the_same_types_takes_the_place_of_the_first():
    steps = [change(share, title=f"{share}", vehicle_class=("car",)) for share in (0.3, 0.6)]
    made = change_fleet(FLEET, TYPES, steps, year=2030)
    once = change_fleet(FLEET, TYPES, steps[1:], year=2030)
    assert table(made).loc["car internal", "car_e"] == pytest.approx(0.6)
    np.testing.assert_allclose(made.share, once.share, rtol=1e-12)


def test_types_that_a_stream_has_not_must_be_named_to_share_it():
    share = np.array([[0.6, 0.4, 0, 0, 0], [0, 0, 0.5, 0.4, 0.1], [0, 0, 0.0, 0.0, 1.0]])
    fleet = Fleet("small", STREAMS, NAMES, share, {}, ())
    petrol = {"types": {"fuels": ("petrol",)}, "vehicle_class": ("car",)}
    with pytest.raises(InputError, match=r"none of the 2 that are petrol is in car through, so"):
        change_fleet(fleet, TYPES, [change(0.5, **petrol)], year=2030)
    inside = change_fleet(fleet, TYPES, [change(0.5, trip_kind=("internal",), **petrol)], year=2030)
    assert table(inside).loc["car through", "car_e"] == 1.0
    named = change(0.5, types={"vehicle_types": ("car_a", "car_b")}, vehicle_class=("car",))
    made = change_fleet(fleet, TYPES, [named], year=2030)
    assert table(made).loc["car through", ["car_a", "car_b"]].to_list() == [0.25, 0.25]


FAULTS = {
    "no_such_fuel": (change(types={"fuels": ("coal",)}), "'coal' is none. It has diesel"),
    "no_such_type": (change(types={"vehicle_types": ("bus_x*",)}), r"'bus_x\*' is none"),
    "one_that_does_not_drive": (
        change(vehicle_class=("car", "taxi")), "`vehicle_class` of measure 1 .'M'. .*taxi is not"
    ),
    "one_of_no_type": (
        change(types={"vehicle_types": ("bus_e",)}, vehicle_class=("car", "bus")),
        "types of each class that it names: the factor set has no car that is bus_e",
    ),
    "no_stream": (change(vehicle_class=("van",)), "must match"),
    "vague": (change(vehicle_class=("bus",)), "must name its types.*bus_e, bus_f"),
    "nothing_left": (
        change(0.5, types={"fuels": ("diesel",)}, vehicle_class=("bus",)), "must leave types"
    ),
    "none_retires": (
        change(1.0, retires=True, vehicle_class=("bus",)), "must match types that drive"
    ),
    "none_of_its_trips": (
        change(1.0, retires=True, vehicle_class=("car",), trip_kind=("through",)),
        "must match types that drive: none .*on the trips",
    ),
    "other_class": (
        change(types={"vehicle_types": ("bus_e",)}, trip_kind=("through",)), "must match types of"
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_told(fault):
    made, match = FAULTS[fault]
    with pytest.raises(InputError, match=match):
        change_fleet(FLEET, TYPES, [made], year=2030)


def test_all_faults_at_once():
    with pytest.raises(InputError) as error:
        change_fleet(FLEET, TYPES, [FAULTS["no_stream"][0], FAULTS["vague"][0]], year=2030)
    assert len(error.value.faults) == 2


def test_no_change_is_the_fleet_itself():
    assert change_fleet(FLEET, TYPES, [], year=2030) is FLEET


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["electricity", "petrol"])), max_size=4))
def test_shares_always_sum_to_one(steps):
    changes = [
        change(share, types={"fuels": (fuel,)}, vehicle_class=("car",)) for share, fuel in steps
    ]
    try:
        made = change_fleet(FLEET, TYPES, changes, year=2030)
    except InputError:
        return  # all cars were electric, or none: nothing is left to take the rest
    for share in (made.share, *made.district_share.values()):
        assert share.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
        assert (share >= 0.0).all()
