"""The ledger: mass is kept, memo items stay out, whatever is posted and by whichever rule."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from transmod.accounts.coal import coal_equivalent, energy_tce, published_equivalents
from transmod.accounts.ledger import (
    InventoryLedger,
    MemoLedger,
    add_types,
    post,
    switch_rule,
    to_energy_table,
    to_table,
    total,
    total_apart,
    total_energy,
    total_memo,
)
from transmod.columns import Columns, stack
from transmod.errors import CheckError, Faults, InputError
from transmod.exchange import from_frame
from transmod.inputs.checks import check_table
from transmod.inputs.rules import read_rule
from transmod.schema import ACTIVITIES, EMISSION_KEYS, ENERGY, LEDGER, MEMO_KINDS, VEHICLE_CLASSES

RULES = {name: read_rule(name) for name in ("territorial", "gpc_basic", "gpc_basic_plus", "ipcc")}
SUBSECTOR = {"road": "road", "rail": "rail", "off": "off_road", "shore": "water", "port": "water",
             "voyage": "water"}  # fmt: skip
KEYS = [*EMISSION_KEYS, "process", "pollutant"]


def emission(activity="road_fuel", mass_t=1.0, **columns):
    row = {
        "activity": activity,
        "district_id": "a",
        "location": "link",
        "subsector": SUBSECTOR.get(activity.split("_")[0], "aviation"),
        "vehicle_class": "car" if activity.startswith("road") else None,
        "trip_kind": None,
        "vehicle_type": None,
        "fuel": "petrol",
        "process": "hot",
        "pollutant": "co2",
        "mass_t": mass_t,
    }
    return row | columns


def frames(*rows):
    """Emission rows, and one row of energy for each of their activities."""
    emissions = pd.DataFrame(list(rows), columns=[*KEYS, "mass_t"]).astype({"mass_t": "float64"})
    energy = emissions[list(EMISSION_KEYS)].drop_duplicates().assign(energy_tj=2.0)
    return from_frame(emissions), from_frame(energy)


def posted(*rows, rule="territorial"):
    return post(*frames(*rows), RULES[rule])


def assert_same(left, right):
    """Make sure that two tables have the same rows, to the bit."""
    frames = (table.to_frame(coded=False) for table in (left, right))
    pd.testing.assert_frame_equal(*frames, check_exact=True)


# posting takes tens of milliseconds whatever its size: few examples of many rows
LAW = settings(
    max_examples=4, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate)
)
ROW = st.builds(
    emission,
    activity=st.sampled_from(ACTIVITIES),
    mass_t=st.one_of(st.floats(0.0, 1e9), st.just(math.nan)),
    district_id=st.sampled_from(["a", "b", "no_district", None]),
    vehicle_class=st.sampled_from([*VEHICLE_CLASSES, None]),
    fuel=st.sampled_from(["petrol", "electricity"]),
    process=st.sampled_from(["hot", "evaporation", "tyre"]),
    pollutant=st.sampled_from(["co2", "ch4", "co2_biogenic", "nox"]),
)
ROWS = st.lists(ROW, min_size=20, max_size=40)


def sums(*ledgers):
    rows = stack([ledger.rows for ledger in ledgers]).to_frame()
    masses = rows.groupby("pollutant", observed=True)["mass_t"]
    return masses.agg(lambda values: math.fsum(values.dropna()))


@LAW
@given(ROWS, st.sampled_from(sorted(RULES)))
def test_total_and_apart_and_memo_are_everything_posted(rows, rule):
    inventory, memo = posted(*rows, rule=rule)
    everything = {}
    for row in rows:
        if not math.isnan(row["mass_t"]):
            everything.setdefault(row["pollutant"], []).append(row["mass_t"])
    for pollutant, masses in everything.items():
        parts = [total(inventory, pollutant)]
        parts += [total_apart(inventory, pollutant, scope=scope) for scope in (1, 2, 3)]
        parts += [total_memo(memo, kind, pollutant) for kind in MEMO_KINDS]
        kept = math.fsum(part for part in parts if not math.isnan(part))
        assert kept == pytest.approx(math.fsum(masses), rel=1e-12)
    energy = total_energy(inventory) + total_energy(inventory, in_total=False)
    energy += memo.energy["energy_tj"].sum()
    assert energy == 2.0 * len(frames(*rows)[1])


def test_vehicle_types_are_added_up_by_hand():
    unknown = {"pollutant": "nox", "mass_t": math.nan}
    inventory, memo = posted(
        emission(vehicle_type="old", mass_t=1.0),
        emission(vehicle_type="new", mass_t=0.25),
        emission(vehicle_type="new", mass_t=4.0, district_id="b"),
        emission(vehicle_type="old", **unknown),
        emission(vehicle_type="new", **unknown),
        emission(vehicle_type="new", mass_t=8.0, pollutant="co2_biogenic"),
    )
    added = add_types(inventory).rows.to_frame(coded=False)
    assert added["vehicle_type"].isna().all()
    found = added.set_index(["district_id", "pollutant"])["mass_t"].to_dict()
    assert math.isnan(found.pop(("a", "nox")))
    assert found == {("a", "co2"): 1.25, ("b", "co2"): 4.0}
    assert add_types(memo).rows["mass_t"].tolist() == [8.0]


@LAW
@given(ROWS, st.sampled_from(sorted(RULES)))
def test_switching_rules_moves_rows_and_no_mass(rows, rule):
    before = posted(*rows)
    there = switch_rule(*before, RULES[rule])
    assert_same(to_table(*there), to_table(*posted(*rows, rule=rule)))
    pd.testing.assert_series_equal(sums(*there), sums(*before), rtol=1e-12)
    back = switch_rule(*there, RULES["territorial"])
    assert_same(to_table(*back), to_table(*before))


@LAW
@given(ROWS, st.lists(st.floats(0.0, 1e12), min_size=1, max_size=3))
def test_bunkers_change_no_total_by_one_bit(rows, masses):
    more = [
        emission(activity, mass, pollutant=pollutant)
        for mass in masses
        for activity in ("flight_international", "voyage_international", "flight_cross_boundary")
        for pollutant in ("co2", "nox")
    ]
    before, after = posted(*rows)[0], posted(*more, *rows, *more)[0]
    assert_same(before.rows, after.rows)
    assert total_energy(before) == total_energy(after)
    for pollutant in ("co2", "ch4", "nox"):
        np.testing.assert_array_equal(total(before, pollutant), total(after, pollutant))


@LAW
@given(ROWS, st.randoms(use_true_random=False))
def test_order_of_posting_changes_no_bit(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert_same(to_table(*posted(*rows)), to_table(*posted(*shuffled)))


@LAW
@given(ROWS, st.sampled_from(sorted(RULES)))
def test_tables_have_the_form_of_the_schema(rows, rule):
    ledgers = posted(*rows, rule=rule)
    coal = coal_equivalent("equivalent", 2023)
    for table, columns in (
        (LEDGER, to_table(*ledgers)),
        (ENERGY, to_energy_table(*ledgers, coal)),
    ):
        frame = columns.to_frame()
        faults = Faults()
        check_table(frame, table, table.name, faults)
        faults.raise_any()
        assert tuple(frame.columns) == table.names
        assert frame["scope"].dtype == "int8"
        ordered = frame.sort_values(list(table.key), ignore_index=True)  # nulls last
        pd.testing.assert_frame_equal(frame, ordered)


def test_by_hand():
    inventory, memo = posted(
        emission(mass_t=10.0),
        emission(mass_t=2.5),  # the same key: one row of 12.5 t
        emission(mass_t=4.0, pollutant="co2_biogenic"),
        emission("road_electricity", 3.0, fuel="electricity", process="electricity"),
        emission("flight_within_city", 0.5),
        emission("flight_international", 700.0),
        emission("voyage_cross_boundary", 80.0),
    )
    assert total(inventory, "co2") == 13.0
    assert total(inventory, "co2", subsector="road") == 12.5
    assert total(inventory, "co2", district_id="b") != total(inventory, "co2")
    assert total_apart(inventory, "co2", scope=2) == 3.0
    assert total_memo(memo, "international_aviation_bunker", "co2") == 700.0
    assert total_memo(memo, "cross_boundary_shipping", "co2") == 80.0
    assert total_memo(memo, "biogenic_co2", "co2_biogenic") == 4.0
    assert len(inventory.rows) == 3
    road = inventory.rows[inventory.rows["activity"] == "road_fuel"].records()[0]
    assert (road["gpc_ref"], road["ipcc_code"], road["scope"]) == ("II.1.1", "1.A.3.b.i", 1)


def test_memo_in_a_total_is_a_type_error():
    inventory, memo = posted(emission(), emission("flight_international"))
    for make in (lambda: total(memo, "co2"), lambda: total_energy(memo),
                 lambda: total_apart(memo, "co2", scope=3)):  # fmt: skip
        with pytest.raises(TypeError, match=r"MemoLedger found\. Memo items never enter a total"):
            make()
    with pytest.raises(TypeError, match="read from a MemoLedger"):
        total_memo(inventory, "biogenic_co2", "co2")
    with pytest.raises(TypeError):
        total(memo.rows, "co2")


def test_ledger_refuses_rows_of_the_other_item():
    inventory, memo = posted(emission(), emission("flight_international"))
    with pytest.raises(CheckError, match="rows of item 'inventory' only: 1 of 1 are not"):
        InventoryLedger(memo.rows, memo.energy)
    with pytest.raises(CheckError, match="rows of item 'memo' only"):
        MemoLedger(memo.rows, inventory.energy)
    with pytest.raises(CheckError, match="must not count in the total"):
        MemoLedger(memo.rows.assign(in_total=True), memo.energy)


def test_missing_mass_is_not_estimated_and_not_zero():
    inventory, _ = posted(emission(mass_t=math.nan), emission(mass_t=5.0, fuel="diesel"))
    assert total(inventory, "co2") == 5.0
    missing = inventory.rows[np.isnan(inventory.rows["mass_t"])]
    assert missing["notation_key"].to_list() == ["NE"]
    assert math.isnan(total(inventory, "nh3"))


@pytest.mark.parametrize("mass", [-1.0, math.inf])
def test_impossible_mass(mass):
    with pytest.raises(CheckError, match=r"`mass_t` must be >= 0 and finite: 1 of 2 rows are not"):
        posted(emission(), emission(mass_t=mass))


def test_missing_energy():
    emissions, energy = frames(emission())
    with pytest.raises(CheckError, match=r"Energy \[TJ\] must be present"):
        post(emissions, energy.assign(energy_tj=math.nan), RULES["territorial"])


def test_missing_column():
    emissions, energy = frames(emission())
    with pytest.raises(CheckError, match="must have the columns process"):
        post(emissions.drop("process"), energy, RULES["territorial"])


def test_empty_ledger():
    inventory, memo = post(*frames(), RULES["territorial"])
    assert math.isnan(total(inventory, "co2"))
    assert total_energy(inventory) == 0.0
    assert len(to_table(inventory, memo)) == 0


def test_coal_equivalents_by_hand():
    # 1 TJ = 1000 GJ / 29.3076 GJ/tce = 34.1208 tce; electricity of 2023 by equal value:
    # 1 TJ = 277.778 MWh x 0.3016 tce/MWh = 83.7778 tce
    both = Columns({"fuel": ["petrol", "electricity"], "energy_tj": [1.0, 1.0]})
    alike = energy_tce(both, coal_equivalent("equivalent", 2023))
    assert alike == pytest.approx([34.12084, 34.12084], rel=1e-6)
    power = energy_tce(both, coal_equivalent("equal_value", 2023))
    assert power == pytest.approx([34.12084, 83.77778], rel=1e-6)
    own = energy_tce(both, coal_equivalent("equal_value", 1999, kgce_per_kwh=0.4))
    assert own[1] == pytest.approx(0.4 / 0.0036)


def test_coal_consumption_of_a_year_that_is_not_known():
    with pytest.raises(InputError, match=r"none is known for 1999. Give `kgce_per_kwh`"):
        coal_equivalent("equal_value", 1999)
    with pytest.raises(InputError, match="must be one of equivalent, equal_value: 'coal' found"):
        coal_equivalent("coal", 2023)


def test_coal_of_fuels_as_published():
    # GB/T 2589: petrol 1.4714 kgce/kg over 43.07 MJ/kg is 34.1630 tce/TJ, by heat 34.1208; a fuel
    # without a published figure goes by heat, electricity as the basis says
    fuels = pd.DataFrame(
        {"fuel": ["petrol", "hydrogen"], "coal_kgce_kg": [1.4714, None], "ncv_mj_kg": [43.07, 120]}
    ).astype({"coal_kgce_kg": "float64"})
    coal = dataclasses.replace(
        coal_equivalent("equivalent", 2023), by_fuel=published_equivalents(fuels)
    )
    energy = Columns({"fuel": ["petrol", "hydrogen", "electricity"], "energy_tj": 1.0})
    assert energy_tce(energy, coal) == pytest.approx([34.1630, 34.1208, 34.1208], abs=1e-4)
