"""Other methods of counting: worked by hand, and differences that add up."""

import math

import pandas as pd
import pytest
from test_ledger import RULES, emission, frames

from transmod.accounts.cross_walk import cross_walk
from transmod.accounts.held import Holding
from transmod.accounts.ledger import post
from transmod.accounts.overlaps import find_overlaps
from transmod.exchange import from_frame
from transmod.inputs.tables import read_shipped_table
from transmod.schema import ACTIVITIES

AMOUNTS = ["co2_t", "energy_tj"]
KINDS = {"internal": 60.0, "inbound_outbound": 30.0, "through": 10.0}  # t of CO2, and 1e3 veh km


def ledgers(kinds=KINDS, holdings=()):
    rows = [emission(trip_kind=kind, mass_t=mass) for kind, mass in kinds.items()]
    emissions, energy = frames(*rows)
    energy = energy.assign(energy_tj=[mass / 50.0 for mass in kinds.values()])  # 50 t of CO2 a TJ
    return post(emissions, energy, RULES["territorial"], holdings)


def driven(**vkm):
    rows = [("car", kind, own) for kind, own in vkm.items()]
    return from_frame(pd.DataFrame(rows, columns=["vehicle_class", "trip_kind", "vkm"]))


INSIDE = driven(**{kind: 1e3 * own for kind, own in KINDS.items()})
OUTSIDE = driven(internal=0.0, inbound_outbound=40e3, through=5e3)


def walk(method, ledger=None, inside=INSIDE, **options):
    table = cross_walk(*(ledger or ledgers()), inside, OUTSIDE, **options).to_frame()
    return table[table["method"] == method].set_index("line")


def assert_adds_up(table):
    steps = table[table["step"] != "end"]
    for name in AMOUNTS:
        assert math.fsum(steps[name]) == pytest.approx(table[name].iloc[-1], rel=1e-12)


def test_induced_activity_by_hand():
    # 100 t inside; 10 t of through trips and half of 30 t leave; outside 40,000 veh km at
    # 1 t per 1,000 veh km, half of it: 20 t come in: 100 - 10 - 15 + 20 = 95 t
    table = walk("induced activity")
    assert table["co2_t"].tolist() == pytest.approx([100.0, -10.0, -15.0, 20.0, 95.0])
    assert table["energy_tj"].iloc[-1] == pytest.approx(95.0 / 50.0)
    assert table["vkm"].tolist() == pytest.approx([100e3, -10e3, -15e3, 20e3, 95e3])
    assert table["status"].tolist() == ["computed"] * 3 + ["estimated"] * 2
    assert_adds_up(table)


def test_residents_by_hand():
    # residents drive 90 % of internal, 50 % of crossing, 0 % of through trips: 6 + 15 + 10 t leave;
    # outside half of 40 t comes in: 100 - 31 + 20 = 89 t
    share = {("car", "internal"): 0.9, ("car", "inbound_outbound"): 0.5, ("car", "through"): 0.0}
    table = walk("residents' travel", resident_share=share)
    assert table["co2_t"].tolist() == pytest.approx([100.0, -31.0, 20.0, 89.0])
    assert_adds_up(table)


def test_fuel_sold_by_hand():
    # 2 TJ of petrol burnt inside, 2.5 TJ sold: 0.5 TJ x 50 t/TJ = 25 t more
    table = walk("fuel sold", fuel_sold={"petrol": 2.5})
    assert table["co2_t"].tolist() == pytest.approx([100.0, 25.0, 125.0])
    assert "burnt elsewhere" in table["explanation"].iloc[1]
    assert_adds_up(table)


def test_electricity_is_no_part_of_the_walks():
    # 100 t of CO2 and 2 TJ of petrol; 5 t of CO2 and 1 TJ of electric cars stay out
    electric = emission("road_electricity", trip_kind="internal", mass_t=5.0, fuel="electricity")
    rows = [emission(trip_kind=kind, mass_t=mass) for kind, mass in KINDS.items()]
    emissions, energy = frames(*rows, electric)
    energy = energy.assign(energy_tj=[*(mass / 50.0 for mass in KINDS.values()), 1.0])
    ledger = post(emissions, energy, RULES["gpc_basic"])
    for method in ("territorial", "induced activity", "fuel sold"):
        start = walk(method, ledger, fuel_sold={"petrol": 2.0, "electricity": 9.0}).iloc[0]
        assert (start["co2_t"], start["energy_tj"]) == (100.0, pytest.approx(2.0))
    table = walk("fuel sold", ledger, fuel_sold={"petrol": 2.0, "electricity": 9.0})
    assert table["energy_tj"].iloc[-1] == pytest.approx(2.0)
    assert table.loc["electricity", "explanation"] == "scope 2: no part of this walk"


def test_what_is_held_elsewhere_is_driven_here_all_the_same():
    held = ledgers(holdings=(Holding("report", activity="road_fuel"),))
    table = walk("territorial", held)
    assert table["co2_t"].tolist() == [100.0, -100.0, 0.0]
    assert table.index[1] == "held in report"
    assert walk("induced activity", held)["co2_t"].iloc[0] == 100.0


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("residents' travel", {}, "resident_share"),
        ("residents' travel", {"resident_share": {("car", "internal"): 1.0}}, "car through"),
        ("fuel sold", {}, "fuel_sold"),
        ("fuel sold", {"fuel_sold": {"diesel": 1.0}}, "petrol is driven on, but sales lack it"),
    ],
)
def test_a_missing_input_is_named_and_gives_no_number(method, options, message):
    table = walk(method, **options)
    assert math.isnan(table["co2_t"].iloc[-1])
    assert (table["status"].iloc[1:] == "input missing").all()
    assert any(message in why for why in table["explanation"])


def test_a_network_that_ends_at_the_boundary_makes_the_end_too_low():
    table = cross_walk(*ledgers(), INSIDE, OUTSIDE.assign(vkm=0.0)).to_frame()
    own = table[table["method"] == "induced activity"]
    assert own["co2_t"].iloc[-1] == pytest.approx(75.0)
    assert own["status"].tolist()[-2:] == ["input missing", "lower bound"]
    assert math.isnan(own["co2_t"].iloc[-2])
    assert table["number"].tolist() == list(range(1, len(table) + 1))


def test_without_kinds_of_trips_induced_activity_is_not_computed():
    table = walk("induced activity", ledgers({"all": 100.0}), driven(all=100e3))
    assert table["status"].tolist() == ["computed", "input missing", "input missing"]


def test_overlaps_of_the_run_are_listed_with_their_state():
    rows = (
        emission(vehicle_class="bus", mass_t=3.0),
        emission(mass_t=5.0),
        emission("rail_electricity", fuel="electricity", mass_t=7.0),
    )
    holdings = (Holding("company report", vehicle_class="bus"),)
    table = find_overlaps(*post(*frames(*rows), RULES["territorial"], holdings)).to_frame()
    key = zip(table["activity"], table["vehicle_class"].astype("str").fillna(""), strict=True)
    state = dict(zip(key, table["state"], strict=True))
    assert state["road_fuel", "bus"] == "declared"
    assert state["road_fuel", ""] == "partly declared"  # cars are left: 5 t
    assert state["rail_electricity", ""] == "not in total"
    assert ("shore_power", "") not in state
    assert table.set_index("state").loc["declared", "co2_t"] == 3.0


def test_every_activity_of_another_meter_or_report_is_in_the_table():
    table = read_shipped_table("accounts", "overlaps")
    alone = {"road_wear"}
    assert set(ACTIVITIES) - set(table["activity"]) <= alone
    assert set(table["activity"]) <= set(ACTIVITIES)
