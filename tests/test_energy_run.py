"""Whole runs with loads, blends, another family of fuels, a climate and grid losses."""

import json

import numpy as np
import pandas as pd
import pytest
import small_run

from transmod.check import check
from transmod.errors import InputError
from transmod.model.freight import freight_intensity
from transmod.run import run

OUTPUTS = ["accounts"]
TRUCK = "rigid_truck"


def results_of(root, **changes):
    folder = small_run.build(root, outputs=OUTPUTS, **changes)
    run(folder)
    out = folder / "results"
    tables = {
        name: pd.read_parquet(out / f"{name}.parquet") for name in ("ledger", "activity", "energy")
    }
    return tables | {"manifest": json.loads((out / "manifest.json").read_text())}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return results_of(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    return results_of(
        tmp_path_factory.mktemp("planned"),
        fleet={"occupancy": {"car": 1.5, "bus": 20.0}},
        freight={TRUCK: {"load_factor": 1.0, "empty_share": 0.0}},
        profiles={
            "grid_loss_share": 0.05,
            "blends": {"petrol": {"biofuel": "ethanol", "volume_share": 0.1}},
        },
    )


def mass(tables, pollutant="co2", **chosen):
    rows = tables["ledger"][tables["ledger"]["pollutant"] == pollutant]
    for name, wanted in chosen.items():
        rows = rows[rows[name] == wanted]
    return rows["mass_t"].sum()


def test_tonne_kilometres_are_kilometres_times_the_mean_load(plain, planned):
    # rigid truck 7.5 to 12 t: 6 t of payload, 60 % full where loaded, 17 % empty: 2.988 t; full
    # trucks that never run empty: 6 t
    for tables, load in ((plain, 2.988), (planned, 6.0)):
        rows = tables["activity"].set_index("vehicle_class").loc[[TRUCK]]
        assert rows["tonne_km"].to_numpy() == pytest.approx(load * rows["vkm"].to_numpy())
        others = tables["activity"][tables["activity"]["vehicle_class"] != TRUCK]
        assert others["tonne_km"].isna().all()


def test_full_trucks_burn_more_a_kilometre_and_less_a_tonne_kilometre(plain, planned):
    before, after = (
        freight_intensity(tables["ledger"], tables["activity"]).iloc[0]
        for tables in (plain, planned)
    )
    assert after["mass_t"] > before["mass_t"]
    assert after["g_per_tonne_km"] < before["g_per_tonne_km"]


def test_passenger_kilometres_where_occupancy_is_given(plain, planned):
    assert plain["activity"]["passenger_km"].isna().all()
    rows = planned["activity"].set_index("vehicle_class")
    for name, persons in (("car", 1.5), ("bus", 20.0)):
        of_class = rows.loc[[name]]
        assert of_class["passenger_km"].to_numpy() == pytest.approx(
            persons * of_class["vkm"].to_numpy()
        )
    assert rows.loc[[TRUCK], "passenger_km"].isna().all()


def test_a_blend_moves_carbon_from_fuel_to_the_memo(plain, planned):
    share = 2.1006 / (2.1006 + 29.70315)  # worked in test_blends
    before = mass(plain, vehicle_class="car", scope=1, fuel="petrol", process="hot")
    after = mass(planned, vehicle_class="car", scope=1, fuel="petrol", process="hot")
    assert after == pytest.approx((1 - share) * before, rel=1e-9)
    bio = planned["ledger"].query("pollutant == 'co2_biogenic' and vehicle_class == 'car'")
    assert set(bio["item"]) == {"memo"}
    assert set(bio["memo_kind"]) == {"biogenic_co2"}
    hot = bio.loc[bio["process"] == "hot", "mass_t"].sum()
    assert hot == pytest.approx(share * 70.76 / 69.3 * before, rel=1e-9)


def test_grid_losses_are_scope_3_and_never_in_the_territorial_total(plain, planned):
    lost = planned["ledger"][planned["ledger"]["activity"] == "road_grid_losses"]
    assert set(lost["scope"]) == {3}
    assert set(lost["gpc_ref"]) == {"II.1.3"}
    assert not lost["in_total"].any()
    assert lost["mass_t"].sum() == pytest.approx(mass(planned, scope=2) * 5 / 95)
    assert planned["manifest"]["totals"]["scope_3"]["co2_t"] == pytest.approx(lost["mass_t"].sum())
    assert not (planned["energy"]["activity"] == "road_grid_losses").any()  # no final energy
    unknown = plain["ledger"][plain["ledger"]["activity"] == "road_grid_losses"]
    assert set(unknown["notation_key"]) == {"NE"}
    assert unknown["mass_t"].isna().all()


@pytest.mark.slow
def test_gpc_basic_plus_counts_grid_losses(tmp_path, planned):
    tables = results_of(
        tmp_path, accounting={"rule": "gpc_basic_plus"}, profiles={"grid_loss_share": 0.05}
    )
    lost = tables["ledger"][tables["ledger"]["activity"] == "road_grid_losses"]
    assert lost["in_total"].all()


def test_cold_makes_electric_cars_thirstier(tmp_path, plain):
    cold = results_of(tmp_path, climate={"temperature_c": [-10.0] * 12})
    electricity = [
        t["energy"].query("fuel == 'electricity'")["energy_tj"].sum() for t in (plain, cold)
    ]
    assert electricity[1] > electricity[0] * 1.05
    assert np.isfinite(electricity).all()


@pytest.mark.slow
def test_chinese_fuels_scale_co2_and_leave_energy(tmp_path, plain):
    rows = (*small_run.FLEET[:3], ("bus", "bus_diesel_standard_euro6abc_dpf_scr", 1.0))
    changes = {"fleet": {"mix": "input/fleet.csv"}, "profiles": {"fuels": "china_guideline"}}
    folder = small_run.build(tmp_path, outputs=OUTPUTS, **changes)
    small_run.write_fleet(folder / "input" / "fleet.csv", rows)
    run(folder)
    ledger = pd.read_parquet(folder / "results" / "ledger.parquet")
    found = mass({"ledger": ledger}, vehicle_class="car", scope=1, process="hot")
    before = mass(plain, vehicle_class="car", scope=1, process="hot")
    assert found == pytest.approx(67.914 / 69.3 * before, rel=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"freight": {TRUCK: {"load_faktor": 0.5}}}, "Did you mean `load_factor`"),
        ({"freight": {"truck": {}}}, "Valid: lcv, rigid_truck, articulated_truck"),
        ({"freight": {TRUCK: {"load_factor": 60}}}, "must be from 0 to 1: 60 found. 60 % is 0.6"),
        ({"profiles": {"blends": {"petrol": "E99"}}}, "'E99' found. Given: E10, E5, E85"),
        ({"profiles": {"blends": {"petrol": {"biofuel": "ethanol"}}}}, "volume_share"),
        ({"profiles": {"fuels": "china_db2"}}, "biodiesel of 1 vehicle types"),
    ],
)
def test_faulty_plans(tmp_path, changes, message):
    with pytest.raises(InputError) as caught:
        check(small_run.build(tmp_path, outputs=OUTPUTS, **changes))
    assert message in "\n".join(caught.value.faults)


@pytest.mark.parametrize("rule", ["ipcc", "gpc_basic"])
def test_a_rule_that_sends_electricity_away_says_where(tmp_path, rule):
    facts = run(small_run.build(tmp_path, accounting={"rule": rule}, outputs=["accounts"]))
    is_elsewhere = rule == "ipcc"
    assert ("road_electricity" in facts.totals.get("included_elsewhere", {})) == is_elsewhere
