"""Fuel sold against fuel modelled: by hand, causes add up, and calibration touches no row."""

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from test_ledger import KEYS, RULES, assert_same, emission

from transmod.accounts.attribution import list_attribution
from transmod.accounts.calibration import Calibration
from transmod.accounts.coal import coal_equivalent
from transmod.accounts.cross_walk import cross_walk
from transmod.accounts.held import Holding
from transmod.accounts.inventory import Account, to_inventory, totals
from transmod.accounts.ledger import post, switch_rule, to_energy_table, to_table, total, total_memo
from transmod.accounts.reconciliation import Evidence, reconcile
from transmod.columns import Columns
from transmod.errors import InputError
from transmod.exchange import from_frame
from transmod.inputs.reconciliation_tables import read_fuel_sales, read_vkm_statistics
from transmod.outputs.tables import to_arrow
from transmod.schema import ACTIVITIES, EMISSION_KEYS, ENERGY, INVENTORY, LEDGER, RECONCILIATION

# fuel, class, kind, type -> energy [TJ], vkm; 70 t of CO2 a TJ of petrol, 74 of diesel
DRIVEN = (
    ("petrol", "car", "internal", "car_old", 60.0, 30e6),
    ("petrol", "car", "inbound_outbound", "car_new", 30.0, 15e6),
    ("petrol", "car", "through", "car_new", 10.0, 5e6),
    ("diesel", "rigid_truck", "internal", "truck", 40.0, 4e6),
    ("diesel", "rigid_truck", "through", "truck", 10.0, 1e6),
    ("electricity", "car", "internal", "car_bev", 2.0, 3e6),
)
PER_TJ = {"petrol": 70.0, "diesel": 74.0, "electricity": 100.0}
GWP = {"co2": 1.0, "ch4": 28.0, "n2o": 265.0}
ACCOUNT = Account(
    2022, "territorial", "hand", "AR5", GWP, coal_equivalent("equivalent", 2022)
)  # fmt: skip
DISTRICTS = Columns({"district_id": ["a"], "name": ["A"]})
OUTSIDE = Columns(
    {
        "vehicle_class": ["car", "car", "rigid_truck"],
        "trip_kind": ["internal", "inbound_outbound", "through"],
        "vkm": [0.0, 20e6, 9e6],
    }
)
FUELS = pd.DataFrame(
    {
        "fuel": ["petrol", "diesel", "cng", "electricity"],
        "kind": ["combustion", "combustion", "combustion", "grid"],
        "ncv_mj_kg": [44.0, 43.0, 48.0, np.nan],
        "density_kg_l": [0.75, 0.84, np.nan, np.nan],
    }
)


def activity():
    rows = [(name, kind, vkm) for _, name, kind, _, _, vkm in DRIVEN]
    return from_frame(pd.DataFrame(rows, columns=["vehicle_class", "trip_kind", "vkm"]))


@cache
def plain():
    return ledgers()


def ledgers(*more, holdings=()):
    """The ledger of `DRIVEN`, half of its CO2 of cars cold; `more` are rows with their energy."""
    rows, energy = [], []
    for fuel, name, kind, vehicle_type, joules, _ in DRIVEN:
        electric = fuel == "electricity"
        base = emission(
            "road_electricity" if electric else "road_fuel", PER_TJ[fuel] * joules,
            vehicle_class=name, trip_kind=kind, vehicle_type=vehicle_type, fuel=fuel,
            process="electricity" if electric else "hot",
        )  # fmt: skip
        energy.append({key: base[key] for key in EMISSION_KEYS} | {"energy_tj": joules})
        if not electric:
            half = base["mass_t"] / 2.0
            rows += [base | {"mass_t": half}, base | {"mass_t": half, "process": "cold_start"}]
            rows.append(base | {"pollutant": "nox", "mass_t": joules / 10.0})
            rows.append(base | {"pollutant": "pb", "mass_t": math.nan})
        else:
            rows.append(base)
    tyre = emission("road_wear", 1.0, process="tyre", pollutant="pm10", fuel=None)
    rows.append(emission("road_biogenic", 7.0, pollutant="co2_biogenic", trip_kind="internal"))
    for row, joules in more:
        rows.append(row)
        energy.append({key: row[key] for key in EMISSION_KEYS} | {"energy_tj": joules})
    emissions = pd.DataFrame([*rows, tyre], columns=[*KEYS, "mass_t"])
    energies = pd.DataFrame(energy, columns=[*EMISSION_KEYS, "energy_tj"])
    return post(from_frame(emissions), from_frame(energies), RULES["territorial"], holdings)


def sold(**amounts):
    return pd.DataFrame(
        {
            "energy_tj": list(amounts.values()), "covers": "all", "biofuel": "included",
            "source": "invented",
        },
        index=pd.Index(list(amounts), name="fuel"),
    )  # fmt: skip


def counted(counts="inside", **amounts):
    return pd.DataFrame(
        {"vkm": list(amounts.values()), "counts": counts, "source": "invented"},
        index=pd.Index(list(amounts), name="vehicle_class"),
    )


def fit(evidence, ledger=None, **options):
    return reconcile(*(ledger or plain()), activity(), OUTSIDE, evidence, **options)


def lines(done, name, step=None):
    table = done.table[done.table["name"] == name].to_frame()
    return table if step is None else table[table["step"] == step].set_index("line")


def test_gap_of_petrol_by_hand():
    # 100 TJ driven, 120 sold: gap 20. Through trips -10; half of 30 crossing -15; outside 20e6 km
    # at 30 TJ over 15e6 km = 40 TJ, half of it +20; cold start is counted: 0; the rest is
    # 20 + 10 + 15 - 20
    done = fit(Evidence(sold(petrol=120.0), ncv_mj_kg={"petrol": 44.0}))
    modelled = lines(done, "petrol", "modelled")
    assert modelled["energy_tj"].to_dict() == {"car": 100.0, "road traffic": 100.0}
    # 100 TJ / 44 MJ/kg = 2272.7 t
    assert modelled["fuel_t"]["car"] == pytest.approx(2272.727272727)
    assert lines(done, "petrol", "gap")["energy_tj"].tolist() == [20.0]
    assert lines(done, "petrol", "gap")["share"].tolist() == [pytest.approx(1 / 6)]
    cause = lines(done, "petrol", "cause")
    assert cause["energy_tj"].dropna().to_dict() == {
        "through trips": -10.0,
        "half of crossing trips, inside": -15.0,
        "half of crossing trips, outside": 20.0,
        "cold start": 0.0,
    }
    assert "counted: 50.0%" in cause["explanation"]["cold start"]
    empty = cause[cause["energy_tj"].isna()]
    assert set(empty["status"]) == {"not estimated"}
    assert list(empty.index) == [
        "off-road, rail and water use", "biofuel", "fuel economy on the road",
    ]  # fmt: skip
    assert lines(done, "petrol", "unexplained")["energy_tj"].tolist() == [25.0]
    to_arrow(done.table, RECONCILIATION)


def test_causes_and_the_rest_are_the_gap_for_every_fuel_and_class():
    machine = emission("off_road_fuel", 300.0, fuel="diesel", process="combustion")
    evidence = Evidence(
        sold(petrol=131.7, diesel=77.3, electricity=2.9),
        counted("own_vehicles", car=61e6, rigid_truck=3.3e6),
        economy={"car_old": 1.07, "car_new": 0.91},
        biofuel_share={"diesel": 0.06},
    )
    done = fit(evidence, ledgers((machine, 4.0)))
    for name, unit in (
        ("petrol", "energy_tj"), ("diesel", "energy_tj"), ("electricity", "energy_tj"),
        ("car", "vkm"), ("rigid_truck", "vkm"),
    ):  # fmt: skip
        table = lines(done, name)
        total_of = table[table["line"] == "road traffic"][unit].iloc[0]
        gap = table[table["step"] == "gap"][unit].iloc[0]
        assert gap == table[table["step"] == "given"][unit].iloc[0] - total_of  # exactly
        causes = table[table["step"].isin(["cause", "unexplained"])][unit].dropna()
        assert math.fsum(causes) == pytest.approx(gap, rel=1e-12)
    cause = lines(done, "diesel", "cause")
    assert cause["energy_tj"]["off_road use"] == 4.0
    assert cause["energy_tj"]["biofuel"] == 0.0
    # 60 x 0.07 - 40 x 0.09
    assert lines(done, "petrol", "cause")["energy_tj"]["fuel economy on the road"] == (
        pytest.approx(0.6)
    )


def test_residents_stand_before_kinds_of_trips():
    share = {
        (name, kind): {"internal": 0.9, "inbound_outbound": 0.5, "through": 0.0}[kind]
        for _, name, kind, *_ in DRIVEN
    }
    done = fit(Evidence(sold(petrol=120.0)), resident_share=share)
    cause = lines(done, "petrol", "cause")["energy_tj"]
    # 60 x 0.1 + 30 x 0.5 + 10 leave; 20e6 km x 2 TJ/1e6 km x 0.5 come in
    assert cause["visitors inside"] == pytest.approx(-31.0)
    assert cause["residents outside"] == pytest.approx(20.0)


def test_sales_of_road_traffic_alone_and_of_fossil_fuel_alone():
    sales = sold(diesel=60.0).assign(covers="road", biofuel="apart")
    machine = emission("off_road_fuel", 300.0, fuel="diesel", process="combustion")
    done = fit(Evidence(sales, biofuel_share={"diesel": 0.06}), ledgers((machine, 4.0)))
    cause = lines(done, "diesel", "cause")["energy_tj"]
    assert not any("off-road" in line or "off_road" in line for line in cause.index)
    assert cause["biofuel"] == pytest.approx(-0.06 * 50.0)


def test_fuels_without_sales_and_sales_without_driving():
    done = fit(Evidence(sold(petrol=120.0, lpg=5.0)))
    assert lines(done, "diesel", "given")["status"].tolist() == ["not estimated"]
    assert lines(done, "diesel", "gap").empty
    assert lines(done, "lpg", "gap")["energy_tj"].tolist() == [5.0]
    assert lines(done, "lpg", "unexplained")["energy_tj"].tolist() == [5.0]
    assert done.table["number"].tolist() == list(range(1, len(done.table) + 1))


def test_counts_inside_have_no_known_cause():
    done = fit(Evidence(statistics=counted(car=53e6)))
    assert lines(done, "car", "gap")["vkm"].tolist() == [0.0]
    assert lines(done, "car", "cause").empty


CALIBRATIONS = {
    "fuel": (Evidence(sold(petrol=120.0, diesel=45.0, electricity=2.5)), Calibration("fuel")),
    "exhaust": (
        Evidence(sold(petrol=120.0, diesel=45.0, electricity=2.5)),
        Calibration("fuel", applies_to="exhaust"),
    ),
    "class": (
        Evidence(statistics=counted(car=58.3e6, rigid_truck=4.5e6)), Calibration("class"),
    ),
    "only": (Evidence(sold(petrol=120.0)), Calibration("fuel", only=("petrol",))),
}  # fmt: skip


@cache
def calibrated(name):
    return calibrate_as(name)


def calibrate_as(name, ledger=None):
    evidence, calibration = CALIBRATIONS[name]
    evidence = Evidence(evidence.sales, evidence.statistics, calibration=calibration)
    return fit(evidence, ledger)


@pytest.mark.parametrize(
    "name",
    ["fuel", "class", *(pytest.param(n, marks=pytest.mark.slow) for n in ("exhaust", "only"))],
)
def test_calibration_leaves_every_other_number_untouched(name):
    before = plain()
    done = calibrated(name)
    after = (done.inventory, done.memo)
    for table, more in ((to_table, ()), (to_energy_table, (ACCOUNT.coal,))):
        old, new = (table(*ledger, *more).to_frame(coded=False) for ledger in (before, after))
        is_added = new["activity"].str.endswith("_calibration")
        assert is_added.any()
        kept = new[~is_added].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, old, check_exact=True)
        assert set(new.loc[is_added, "location"]) == {"district"}
    to_arrow(to_table(*after), LEDGER)
    to_arrow(to_energy_table(*after, ACCOUNT.coal), ENERGY)
    vkm = Columns({"district_id": ["a"], "vkm": [58e6]})
    old, new = (to_inventory(*ledger, ACCOUNT, DISTRICTS, vkm) for ledger in (before, after))
    to_arrow(new, INVENTORY)
    assert_same(new[new["activity"].isin(ACTIVITIES)], old)


def test_calibrated_to_sales_the_model_is_what_was_sold():
    done = calibrated("fuel")
    for fuel, amount in (("petrol", 120.0), ("diesel", 45.0), ("electricity", 2.5)):
        after = lines(done, fuel, "after")["energy_tj"]
        assert after["road traffic"] == pytest.approx(amount, rel=1e-14)
        assert lines(done, fuel, "calibration")["share"]["factor"] == pytest.approx(
            amount / lines(done, fuel, "modelled")["energy_tj"]["road traffic"]
        )
    assert total_memo(done.memo, "biogenic_co2", "co2_biogenic") == pytest.approx(7.0 * 1.2)
    # 7,000 t of petrol x 120/100, 3,700 of diesel x 45/50; NOx is not bound to fuel
    assert total(done.inventory, "co2") == pytest.approx(7000.0 * 1.2 + 3700.0 * 0.9)
    assert total(done.inventory, "nox") == pytest.approx(15.0)
    assert total(calibrated("exhaust").inventory, "nox") == pytest.approx(12.0 + 4.5)
    assert total(done.inventory, "pm10") == 1.0
    assert "petrol 1.2" in done.notes[0]
    # 50 TJ of diesel modelled, 45 sold
    assert any("diesel: 50 TJ modelled, 45 sold; the gap is -11.1%" in note for note in done.notes)


def test_other_uses_are_left_their_part_of_what_was_sold():
    machine = emission("off_road_fuel", 300.0, fuel="diesel", process="combustion")
    evidence = Evidence(sold(diesel=45.0), calibration=Calibration("fuel", only=("diesel",)))
    done = fit(evidence, ledgers((machine, 4.0)))
    after = lines(done, "diesel", "after")["energy_tj"]
    assert after["road traffic"] == pytest.approx(41.0)
    assert after["road traffic and other uses"] == pytest.approx(45.0)


def test_calibrated_by_what_is_unexplained_the_known_causes_stay():
    calibration = Calibration("fuel", only=("petrol",), to="unexplained")
    done = fit(Evidence(sold(petrol=120.0), calibration=calibration))
    assert lines(done, "petrol", "after")["energy_tj"]["road traffic"] == pytest.approx(125.0)


def test_calibrated_by_class_all_driving_is_scaled():
    # cars 53e6 km of 58.3e6: x 1.1; trucks 5e6 of 4.5e6: x 0.9
    done = calibrated("class")
    assert total(done.inventory, "nox") == pytest.approx(10.0 * 1.1 + 5.0 * 0.9)
    assert total(done.inventory, "pm10") == pytest.approx(1.1)
    assert lines(done, "car", "after")["vkm"]["road traffic"] == pytest.approx(58.3e6)


def test_factors_of_a_base_need_no_sales():
    calibration = Calibration("fuel", factors={"petrol": 1.2, "cng": 3.0})
    done = fit(Evidence(calibration=calibration))
    assert total(done.inventory, "co2") == pytest.approx(7000.0 * 1.2 + 3700.0)
    assert lines(done, "petrol", "after")["energy_tj"].tolist() == [pytest.approx(120.0)]
    assert done.notes[0].startswith("Calibration of road traffic by fuel to factors")


def test_calibration_stands_on_the_line_of_what_it_calibrates():
    before = ledgers(holdings=(Holding("company report", vehicle_class="rigid_truck"),))
    done = calibrate_as("fuel", before)
    rows = to_table(done.inventory, done.memo).to_frame(coded=False)
    own = rows[rows["process"] == "calibration"]
    lines_of = rows[rows["process"] != "calibration"]
    key = ["vehicle_class", "scope", "gpc_ref", "ipcc_code", "in_total", "held_in", "notation_key"]
    known = {tuple(map(str, row)) for row in lines_of[key].to_numpy()}
    assert {tuple(map(str, row)) for row in own[key].to_numpy()} <= known
    assert set(own.loc[own["fuel"] == "electricity", "scope"]) == {2}
    held = own[own["vehicle_class"] == "rigid_truck"]
    assert set(held["held_in"]) == {"company report"}
    assert not held["in_total"].any()
    there = switch_rule(done.inventory, done.memo, RULES["gpc_basic"])
    assert total(there[0], "co2") == pytest.approx(7000.0 * 1.2 + 3700.0 * 0.9 + 200.0 * 1.25)
    how = {(a["activity"], a["location"]): a["how"] for a in list_attribution(to_table(*there))}
    assert how["road_fuel_calibration", "district"] == "with the driving that it calibrates"
    city = totals(done.inventory, done.memo, ACCOUNT, 1.0)
    assert city["co2_t"] == pytest.approx(8400.0)
    assert city["calibration"]["co2_t"] == pytest.approx(1400.0)


def test_a_calibration_that_leaves_nothing_is_refused():
    machine = emission("off_road_fuel", 300.0, fuel="diesel", process="combustion")
    evidence = Evidence(sold(diesel=3.0), calibration=Calibration("fuel", only=("diesel",)))
    with pytest.raises(InputError, match=r"Calibration of diesel must leave some of it: 3 given"):
        fit(evidence, ledgers((machine, 4.0)))


def test_the_cross_walk_takes_the_same_sales():
    evidence = Evidence(sold(petrol=120.0, diesel=45.0))
    done = fit(evidence)
    walk = cross_walk(*plain(), activity(), OUTSIDE, fuel_sold=evidence.fuel_sold).to_frame()
    own = walk[walk["method"] == "fuel sold"].set_index("line")["energy_tj"]
    for fuel in ("petrol", "diesel"):
        gap = lines(done, fuel, "gap")["energy_tj"].iloc[0]
        assert own[f"{fuel}: sold less driven"] == gap


SALES = """fuel,grade,year,amount,unit,source,note
petrol,93,2022,1000,m3,statistics office,invented
petrol,97,2022,500000,l,statistics office,invented
petrol,93,2021,7,t,statistics office,
diesel,,2022,2,kt,statistics office,
electricity,,2022,3,GWh,utility,
"""


def test_sales_become_energy_by_the_family_of_the_run(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text(SALES)
    table = read_fuel_sales(path, FUELS, FUELS, 2022)
    # 1.5e6 l x 0.75 kg/l x 44 MJ/kg = 49.5e6 MJ; 2e6 kg x 43 MJ/kg; 3 GWh x 3.6
    assert table["energy_tj"].to_dict() == pytest.approx(
        {"petrol": 49.5, "diesel": 86.0, "electricity": 10.8}
    )
    assert table["source"]["petrol"] == "statistics office (invented)"
    path.write_text("fuel,year,amount,unit,biofuel,source\npetrol,2022,1000,m3,apart,x\n")
    blended = FUELS.assign(density_kg_l=0.8)
    assert read_fuel_sales(path, FUELS, blended, 2022)["energy_tj"]["petrol"] == pytest.approx(33.0)


TWO_GRADES = """fuel,grade,year,amount,unit,covers,source
petrol,a,2022,1,t,all,x
petrol,b,2022,1,t,road,x
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "fuel,year,amount,unit,source\nkerosene,2022,1,t,x\n",
            r"fuel of the run's family: 1 of 1",
        ),
        ("fuel,year,amount,unit,source\npetrol,2022,1,gal,x\n", r"`unit` .* must be one of TJ, GJ"),
        ("fuel,year,amount,unit,source\npetrol,2022,-1,t,x\n", r"`amount` .* must be >= 0"),
        (
            "fuel,year,amount,unit,source\npetrol,2021,1,t,x\n",
            r"rows of the run's year 2022: there are none of petrol",
        ),
        ("fuel,year,amount,unit,source\ncng,2022,1,m3,x\n", r"cng sold in m3 needs .*density_kg_l"),
        ("fuel,year,amount,unit,source\nelectricity,2022,1,t,x\n", r"electricity sold in t needs"),
        (TWO_GRADES, r"`covers` .* same on all grades of a fuel: petrol"),
        ("fuel,year,amount,unit,source\n" + 2 * "petrol,2022,1,t,x\n", r"rows stand twice"),
    ],
)
def test_bad_sales_are_named(tmp_path, text, message):
    path = tmp_path / "sales.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_fuel_sales(path, FUELS, FUELS, 2022)


def test_all_faults_of_sales_at_once(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text(
        "fuel,year,amount,unit,source\nkerosene,2022,1,t,x\ncng,2022,1,l,x\ndiesel,2020,1,t,x\n"
    )
    with pytest.raises(InputError) as caught:
        read_fuel_sales(path, FUELS, FUELS, 2022)
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "vehicle_class,year,vkm,source\ntruck,2022,1,x\n",
            r"`vehicle_class` .* must be one of car",
        ),
        ("vehicle_class,year,vkm,source\ncar,2022,-1,x\n", r"`vkm` .* must be >= 0"),
        (
            "vehicle_class,year,vkm,source\ncar,2020,1,x\n",
            r"rows of the run's year 2022: there are none of car",
        ),
        (
            "vehicle_class,year,vkm,source\n",
            r"must have rows of the run's year 2022: there are none, the file",
        ),
    ],
)
def test_bad_statistics_are_named(tmp_path, text, message):
    path = tmp_path / "vkm.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_vkm_statistics(path, 2022)
