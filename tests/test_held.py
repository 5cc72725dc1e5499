"""What another account holds: out of the total once, lost nowhere."""

import math

import numpy as np
import pandas as pd
import pytest
import small_run
from test_ledger import RULES, assert_same, emission, frames

from transmod.accounts.held import Holding
from transmod.accounts.ledger import post, switch_rule, to_table, total
from transmod.check import check
from transmod.errors import InputError
from transmod.run import run

BUS = emission(vehicle_class="bus", vehicle_type="bus_diesel", mass_t=3.0)
CAR = emission(vehicle_type="car_petrol", mass_t=5.0)
WEAR = emission("road_wear", vehicle_class="bus", process="tyre", pollutant="pm10", mass_t=0.5)
METRO = emission("rail_electricity", fuel="electricity", mass_t=7.0)


def post_held(*holdings, rows=(BUS, CAR, WEAR, METRO), rule="territorial"):
    return post(*frames(*rows), RULES[rule], holdings)


def test_a_bus_fleet_in_the_carbon_market_by_hand():
    # 3 t of buses, 5 t of cars; the buses' company reports for itself
    inventory, memo = post_held(Holding("carbon market: bus company", vehicle_class="bus"))
    assert total(inventory, "co2") == 5.0
    table = to_table(inventory, memo)
    buses = table[table["vehicle_class"] == "bus"]
    assert buses["notation_key"].unique() == ["IE"]
    assert set(buses["held_in"]) == {"carbon market: bus company"}
    assert not buses["in_total"].any()
    assert sorted(buses["mass_t"]) == [0.5, 3.0]  # the ledger keeps what it took out
    assert math.isnan(total(inventory, "pm10"))


def test_of_which_stays_in_the_total_on_a_line_of_its_own():
    inventory, _ = post_held(Holding("carbon market", mark="of_which", vehicle_type="bus_*"))
    assert total(inventory, "co2") == 8.0
    held = inventory.rows[inventory.rows["held_in"].notna()]
    assert set(held["vehicle_class"]) == {"bus"}
    assert held["notation_key"].isna().all()


@pytest.mark.parametrize("rule", list(RULES))
@pytest.mark.parametrize("mark", ["IE", "of_which"])
def test_no_mass_is_lost_and_rules_can_be_switched(rule, mark):
    holdings = (
        Holding("I.2.2", mark, activity="rail_electricity"),
        Holding("port", mark, fuel="petrol"),
    )
    first = post_held(*holdings)
    again = switch_rule(*first, RULES[rule], holdings)
    assert to_table(*again)["mass_t"].sum() == pytest.approx(15.5, rel=1e-12)
    assert_same(to_table(*again), to_table(*post_held(*holdings, rule=rule)))


def test_a_row_without_a_figure_is_held_too():
    unknown = BUS | {"pollutant": "bc", "mass_t": np.nan}
    inventory, _ = post_held(
        Holding("carbon market", vehicle_class="bus"), rows=(BUS, unknown, CAR)
    )
    keys = inventory.rows["notation_key"]
    assert keys[keys.notna()].to_list() == ["IE", "IE"]


def test_nothing_declared_holds_nothing():
    inventory, memo = post_held()
    assert to_table(inventory, memo)["held_in"].isna().all()
    assert total(inventory, "co2") == 8.0


def test_all_faults_at_once():
    holdings = (
        Holding("a", activity="shore_power"),
        Holding("b", vehicle_class="bus"),
        Holding("c", vehicle_type="bus_d*"),
    )
    with pytest.raises(InputError) as caught:
        post_held(*holdings)
    text = str(caught.value)
    assert "Entry 1 of `[[accounting.held]]` (activity = 'shore_power') must match rows" in text
    assert "Entry 3" in text
    assert "must not touch what entry 2 holds" in text


@pytest.mark.slow
def test_check_names_what_the_run_does_not_have(tmp_path):
    held = [
        {"held_in": "metro", "vehicle_class": "bus", "vehicle_type": "tram_*"},
        {"held_in": "x y z", "district_id": "q"},
    ]
    folder = small_run.build(tmp_path, accounting={"held": held})
    with pytest.raises(InputError) as caught:
        check(folder)
    assert "Entry 1 of `[[accounting.held]]` must name a vehicle_type of the run" in str(
        caught.value
    )
    assert "Entry 2 of `[[accounting.held]]` must name a district_id" in str(caught.value)


@pytest.mark.slow
def test_a_run_with_fleets_that_others_hold(tmp_path):
    held = [{"held_in": "carbon market", "vehicle_class": "bus"},
            {"held_in": "taxis", "mark": "of_which", "vehicle_class": "car"}]  # fmt: skip
    whole = run(small_run.build(tmp_path / "whole"))
    folder = small_run.build(tmp_path / "held", accounting={"held": held})
    facts = run(folder)
    assert all(check["passed"] for check in facts.checks)
    elsewhere = facts.totals["included_elsewhere"]
    assert list(elsewhere) == ["carbon market"]
    parts = facts.totals["co2_t"] + elsewhere["carbon market"]["co2_t"]
    assert parts == pytest.approx(whole.totals["co2_t"], rel=1e-12)
    inventory = pd.read_csv(folder / "results" / "inventory.csv")
    shown = inventory.set_index("held_in")
    assert shown.loc[["carbon market"], ["co2_t", "co2e_t", "energy_tj"]].isna().all(axis=None)
    assert set(shown.loc[["carbon market"], "notation_key"]) == {"IE"}
    in_total = inventory[inventory["in_total"]]
    assert in_total["co2_t"].sum() == pytest.approx(facts.totals["co2_t"], rel=1e-12)
