"""Processes of a run: switches, additives, degradation, the check of their tables, whole runs."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import small_run
from profile_set import shipped
from test_cold_start import EURO_4, STREAMS, TYPES, climate_of, factors_of

from transmod.errors import InputError
from transmod.model.added_processes import add_processes
from transmod.model.additives import urea_co2_per_mj
from transmod.model.factor_table import build_factors
from transmod.model.hot_shares import degrade
from transmod.model.process_checks import check_processes
from transmod.model.processes import find_processes
from transmod.run import run
from transmod.schema import GRADIENT_NODES, ROAD_PROCESSES

LA_SERENA = [17.8, 17.8, 16.4, 14.7, 13.3, 11.7, 11.7, 11.7, 12.8, 13.6, 15.0, 16.7]


def factor(factors, vehicle_type, quantity, speed):
    j, q = TYPES.index(vehicle_type), factors.quantities.index(quantity)
    return factors.curve[factors.index[j, q, 0, 3], round(10 * speed)]


def test_urea_by_hand():
    # 6 % of the volume, 1.09 kg/l, 0.2383 kg CO2/kg; a litre of diesel holds 0.84 x 43 = 36.12 MJ
    # 0.06 x 1.09 x 238.3 g / 36.12 MJ = 0.431474 g/MJ, 0.6 % of the fuel's own CO2
    assert urea_co2_per_mj(shipped(), "diesel", "heavy_euro4_5_scr") == pytest.approx(
        0.431474, rel=1e-5
    )
    # carbon of urea: 12/60 x 44/12 of the urea, 32.5 % of the solution (IPCC 2006, eq. 3.2.2)
    table = shipped().processes["urea"]
    assert table["co2_kg_kg"].to_numpy() == pytest.approx(12 / 60 * 44 / 12 * 0.325, rel=1e-3)


def test_urea_follows_the_energy_of_catalyst_trucks_only():
    factors = factors_of()
    truck = "rigid_diesel_7_5_12t_euro5_scr"
    energy = factor(factors, truck, ("hot", "energy"), 40.0)
    found = factor(factors, truck, ("urea", "co2"), 40.0)
    assert found == pytest.approx(0.431474 * energy, rel=1e-5)
    assert factor(factors, EURO_4, ("urea", "co2"), 40.0) == 0.0


def test_oil_of_a_petrol_car_by_hand():
    # 8.84 g CO2 per kg of fuel x 70 g of fuel per km
    assert factor(factors_of(), EURO_4, ("lubricant", "co2"), 40.0) == pytest.approx(0.6188)


def test_no2_and_lead_by_hand():
    factors = factors_of()
    nox = factor(factors, EURO_4, ("hot", "nox"), 40.0)
    assert factor(factors, EURO_4, ("hot", "no2"), 40.0) == pytest.approx(0.03 * nox, rel=1e-12)
    energy = factor(factors, EURO_4, ("hot", "energy"), 40.0)
    assert factor(factors, EURO_4, ("hot", "pb"), 40.0) == pytest.approx(3.67e-8 * energy)


def base():
    return build_factors(shipped(), TYPES, year=2020, electricity_kg_per_kwh=0.5)


def test_degradation_by_hand():
    # Euro 4, 1400 to 2000 cc, NOx: in town 3.99e-6 x mileage + 0.932, in the country 1. At 100,000
    # km 1.331 up to 19 km/h, 1 from 63 on; at 41 km/h half-way: 1.1655. No growth beyond 160,000
    new, old = base(), degrade(base(), shipped(), 100_000.0)
    oldest = degrade(base(), shipped(), 1e6)
    for speed, expected in ((15.0, 1.331), (41.0, 1.1655), (90.0, 1.0)):
        nox = factor(new, EURO_4, ("hot", "nox"), speed)
        assert factor(old, EURO_4, ("hot", "nox"), speed) == pytest.approx(expected * nox)
    nox = factor(new, EURO_4, ("hot", "nox"), 15.0)
    assert factor(oldest, EURO_4, ("hot", "nox"), 15.0) == pytest.approx(1.5704 * nox)
    for name in ("energy", "co2", "ch4", "pm10"):
        assert factor(old, EURO_4, ("hot", name), 15.0) == factor(new, EURO_4, ("hot", name), 15.0)
    diesel = "car_diesel_medium_euro4"
    assert factor(old, diesel, ("hot", "co"), 15.0) == factor(new, diesel, ("hot", "co"), 15.0)


def test_more_kilometres_never_clean_a_car():
    masses = [
        factor(degrade(base(), shipped(), km), EURO_4, ("hot", name), 19.0)
        for name in ("co", "nox", "nmvoc")
        for km in (20_000.0, 80_000.0, 160_000.0, 300_000.0)
    ]
    for start in (0, 4, 8):
        assert np.all(np.diff(masses[start : start + 4]) >= 0.0)


def test_processes_at_some_gradients_are_those_at_all():
    names = [EURO_4, "car_diesel_medium_euro4", "rigid_diesel_7_5_12t_euro5_scr"]
    made = []
    for gradients in (GRADIENT_NODES, (0.0, 0.02)):
        base = build_factors(shipped(), names, year=2020, gradients=gradients)
        made.append(
            add_processes(
                base, shipped(), STREAMS, climate_of(5.0, 15.0), ROAD_PROCESSES,
                trip_length_km=12.0, mileage_km=9e4,
            )
        )  # fmt: skip
    whole, some = made
    assert (some.curve[some.index] == whole.curve[whole.index[..., whole.at((0.0, 0.02))]]).all()
    assert (some.scale == whole.scale).all()
    assert (some.estimated == whole.estimated).all()
    assert some.quantities == whole.quantities
    assert some.notes == whole.notes


def test_what_the_inputs_do_not_allow_is_off_and_said():
    on, notes = find_processes(shipped(), None, has_climate=False)
    assert set(ROAD_PROCESSES) - set(on) == {"cold_start", "evaporation"}
    assert "Off: cold_start (`climate.temperature_c` is not given)" in notes[0]
    on, notes = find_processes(shipped(), ("hot",), has_climate=True)
    assert on == ("hot",)
    assert "tyre (not asked for)" in notes[0]
    bare = {name: table.iloc[:0] for name, table in shipped().processes.items()}
    on, notes = find_processes(
        dataclasses.replace(shipped(), processes=bare), None, has_climate=True
    )
    assert on == ("hot", "tyre", "brake", "road_surface", "electricity")
    assert "lubricant (the set emep_eea_2019 has no figures)" in notes[0]


def test_a_process_that_is_asked_for_in_vain_is_a_fault():
    with pytest.raises(InputError, match=r"cold_start \(`climate.temperature_c` is not given\)"):
        find_processes(shipped(), ("hot", "cold_start"), has_climate=False)


def test_a_set_without_these_tables_gives_hot_exhaust_alone():
    bare = {name: table.iloc[:0] for name, table in shipped().processes.items()}
    profiles = dataclasses.replace(shipped(), processes=bare)
    on, _ = find_processes(profiles, None, has_climate=True)
    factors = add_processes(base(), profiles, STREAMS, climate_of(10.0), on, trip_length_km=12.4)
    q = factors.quantities.index(("hot", "no2"))
    assert not factors.estimated[:, q].any()  # no fraction: not estimated, no zero
    assert any("hot no2 of 6 of 6" in note for note in factors.notes)


def test_the_tables_of_the_set_pass():
    counts = {}
    findings = check_processes(shipped(), counts)
    assert not [f for f in findings if f.fault]
    assert counts["cold_ratio_rows"] == 71


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        ("groups", lambda t: t[t["process"] != "no2"].assign(
            vehicle_type=t["vehicle_type"].replace("bus_*", "tram_*")), "must say what cold_start"),
        ("cold_share", lambda t: t.assign(per_c=0.01), "must not rise"),
        ("cold_ratio", lambda t: t.assign(speed_min_kmh=t["speed_min_kmh"].replace(25.0, 20.0)),
         "once for each speed and temperature: 2 times at 20 km/h"),
        ("cold_ratio", lambda t: t.assign(constant=t["constant"] * 1000), "below 300"),
        ("cold_group", lambda t: t.assign(ratio_group="none"), "`ratio_group` must be given"),
        ("cold_group", lambda t: t.assign(reference_segment="car_steam"), "no row in hot.parquet"),
        ("evaporation", lambda t: t.assign(value=-t["value"]), "must not fall with temperature"),
        ("evaporation", lambda t: t[t["part"] != "running"], "must give running too"),
        ("evaporation", lambda t: t.assign(unit="g/day"), "must be in g/stop"),
        ("degradation", lambda t: t.assign(per_km=1e-3), "is expected from"),
        ("lubricant", lambda t: t[t["group"] != "lcv_petrol"], "not in lubricant.csv"),
    ],
)  # fmt: skip
def test_a_faulty_table_is_named(table, change, message):
    tables = shipped().processes
    broken = dataclasses.replace(shipped(), processes=tables | {table: change(tables[table])})
    faults = [f"{f.row} {f.text}" for f in check_processes(broken, {}) if f.fault]
    assert any(message in text for text in faults), faults[:3]


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """Compute a year of the small city with all processes and parked vehicles."""
    root = tmp_path_factory.mktemp("processes")
    folder = small_run.build(
        root,
        calendar={"period": "year", "hour": 8, "day_type": "workday"},
        traffic={"kind": "aadt", "parked": "input/parked.csv"},
        climate={"temperature_c": LA_SERENA},
        outputs=["accounts", "links", "grid"],
    )
    small_run.write_daily(folder / "input" / "volumes.parquet", root / "networks" / "small")
    (folder / "input" / "parked.csv").write_text(
        "district_id,vehicle_class,vehicle_type,vehicles,stops_per_day\n"
        "east,car,,1000,3\nwest,,car_petrol_small_euro3_pfi,200,2.5\n"
    )
    run(folder)
    return folder


def test_a_year_with_all_processes(city):
    results = city / "results"
    manifest = json.loads((results / "manifest.json").read_text())
    assert all(check["passed"] for check in manifest["checks"])
    assert "input/parked.csv" in manifest["inputs"]
    notes = "\n".join(manifest["notes"])
    assert "Processes: hot, cold_start, evaporation, tyre" in notes
    assert "Temperature of the seasons: dec-jan-feb 17.4" in notes
    assert "cold_start of 2 of 4 vehicle types" in notes
    ledger = pd.read_parquet(results / "ledger.parquet")
    assert set(ledger["process"]) >= {*ROAD_PROCESSES} - {"urea"}
    evaporated = ledger[ledger["process"] == "evaporation"]
    assert set(evaporated["location"]) == {"link", "district"}
    assert set(evaporated["ipcc_code"]) == {"1.A.3.b.v"}
    parked = evaporated[evaporated["location"] == "district"]
    assert parked.groupby("district_id")["mass_t"].sum().gt(0.0).to_dict() == {
        "east": True, "west": True,
    }  # fmt: skip
    assert parked["trip_kind"].isna().all()
    spectrum = pd.read_parquet(results / "spectrum.parquet")
    assert sorted(spectrum["season"].unique()) == [0, 1, 2, 3]
    oil = ledger[ledger["process"] == "lubricant"]
    assert set(oil["ipcc_code"]) == {"2.D.1"}


def test_links_hold_what_the_ledger_says_of_links(city):
    results = city / "results"
    ledger = pd.read_parquet(results / "ledger.parquet")
    links = pd.read_parquet(results / "links.parquet")
    on_links = ledger[(ledger["location"] == "link") & (ledger["scope"] == 1)]
    for name in ("co2", "nmvoc", "co", "no2", "pb", "nh3"):
        mass = on_links.loc[on_links["pollutant"] == name, "mass_t"].sum()
        assert links[f"{name}_t"].sum() == pytest.approx(mass, rel=1e-9)
    total = json.loads((results / "manifest.json").read_text())["totals"]["no2_t"]
    nox = ledger.loc[ledger["pollutant"] == "nox", "mass_t"].sum()
    assert 0.0 < total < nox  # a part of nox, in no sum with it


def test_faults_of_the_scenario(tmp_path):
    folder = small_run.build(
        tmp_path,
        traffic={"trip_length_km": {"intern": 5.0}},
        profiles={"processes": ["cold"]},
        climate={"temperature_c": [10.0] * 11},
    )
    with pytest.raises(InputError) as caught:
        run(folder)
    text = "\n".join(caught.value.faults)
    assert "'intern' is none of all, internal" in text
    assert "must be some of hot, cold_start" in text
    assert "temperature_c" in text


def test_faults_of_the_parked_vehicles(tmp_path):
    folder = small_run.build(
        tmp_path, traffic={"parked": "input/parked.csv"}, climate={"temperature_c": LA_SERENA}
    )
    (folder / "input" / "parked.csv").write_text(
        "district_id,vehicle_class,vehicle_type,vehicles,stops_per_day\n"
        "north,car,,1000,3\nwest,,,200,2.5\n"
    )
    with pytest.raises(InputError) as caught:
        run(folder)
    text = "\n".join(caught.value.faults)
    assert "must be a district of the city" in text
    assert "must name a `vehicle_class` or a `vehicle_type`" in text
