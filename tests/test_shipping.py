"""Ships by call: one call of three phases and one ferry by hand, references, laws, bad input."""

import math

import numpy as np
import pandas as pd
import pytest
import ship_files
from hypothesis import given, settings
from hypothesis import strategies as st
from ship_files import CALL, FERRY, tables
from source_ledger import post_source

from transmod.accounts.ledger import total
from transmod.errors import Faults, InputError
from transmod.inputs.movements import read_territories
from transmod.inputs.rules import read_rule, rule_names
from transmod.inputs.ship_calls import Calls, read_calls
from transmod.inputs.ship_tables import read_ship_tables
from transmod.model.ship_engines import low_load_factor
from transmod.model.shipping import call_emissions

TERRITORIES = read_territories()
HERE = dict(zip(("longitude", "latitude"), ship_files.degrees(500, 500), strict=True))


def emit(folder, *rows, kg_per_kwh=None):
    path = ship_files.write_calls(folder, *rows)
    calls = read_calls(path, tables(), ship_files.city(), year=2022)
    return call_emissions(calls, tables(), TERRITORIES, year=2022, kg_per_kwh=kg_per_kwh)


def faults_of(folder, *rows):
    with pytest.raises(InputError) as error:
        emit(folder, *rows)
    return str(error.value)


def mass(result, pollutant="co2", **where):
    rows = result.emissions[result.emissions["pollutant"] == pollutant]
    for name, value in where.items():
        rows = rows[rows[name] == value]
    return math.fsum(rows["mass_t"])


def test_a_container_call_of_three_phases_by_hand(tmp_path):
    # 2,500 TEU: main engine 21,800 kW and 22.9 kn, slow two-stroke, 175 g/kWh (after 2000) on HFO
    # auxiliaries 920 / 1,900 / 610 kW and boiler 0 / 430 / 460 kW at sea, manoeuvring, at berth
    # load = (v / 22.9)^3 / (0.867 * 0.917); consumption x (0.455 L^2 - 0.710 L + 1.280)
    result = emit(tmp_path, CALL | HERE)
    sea = (16 / 22.9) ** 3 / (0.867 * 0.917)
    assert sea == pytest.approx(0.42902, rel=1e-4)
    at_sea = 21_800 * sea * 50 * 175 * (0.455 * sea**2 - 0.710 * sea + 1.280)  # g
    at_sea += 920 * 50 * 195
    assert at_sea / 1e6 == pytest.approx(95.6, abs=0.1)  # t of fuel
    slow = (6 / 22.9) ** 3 / (0.867 * 0.917)
    slowly = 21_800 * slow * 2 * 175 * (0.455 * slow**2 - 0.710 * slow + 1.280)
    slowly += 1_900 * 2 * 195 + 430 * 2 * 340
    moored = 610 * 20 * 195 + 460 * 20 * 340
    for process, fuel_g in (("sea", at_sea), ("manoeuvring", slowly), ("berth", moored)):
        assert mass(result, process=process) == pytest.approx(fuel_g * 3.114e-6, rel=1e-12)
    at = result.emissions.set_index("process")[["activity", "location", "district_id"]]
    assert set(at.loc["sea", "activity"]) == {"voyage_international"}
    assert set(at.loc["berth", "activity"]) == {"port_phase_international"}
    assert set(at.loc["berth", "district_id"]) == {"west"}
    assert at.loc["sea", "district_id"].isna().all()
    # NOx: tier II, 15.3 g/kWh main engine, 11.2 auxiliary; more below 20 % load
    more = (0.1255 * slow**-1.5 + 10.4496) / (0.1255 * 0.2**-1.5 + 10.4496)
    nox = 21_800 * slow * 2 * 15.3 * more + 1_900 * 2 * 11.2 + 430 * 2 * 2.1
    assert mass(result, "nox", process="manoeuvring") == pytest.approx(nox * 1e-6, rel=1e-12)
    # SO2: 0.5 % sulphur of which 97.753 % leave so
    assert mass(result, "so2", process="berth") == pytest.approx(
        moored * 0.005 * 2 * 0.97753 * 1e-6, rel=1e-12
    )
    energy = math.fsum(result.energy["energy_tj"])
    assert energy == pytest.approx((at_sea + slowly + moored) * 40.4e-9, rel=1e-12)


def test_a_ferry_within_the_city_by_hand(tmp_path):
    # 900 kW, 20 kn, at 12 kn: load 0.216 / (0.909 * 0.917) = 0.2591; high speed, 185 g/kWh on MDO
    # auxiliaries 190 kW in all phases: main power is above 500 kW
    result = emit(tmp_path, FERRY)
    load = 0.6**3 / (0.909 * 0.917)
    per_trip = 900 * load * 185 * (0.455 * load**2 - 0.710 * load + 1.280) + 190 * 185
    at_berth = 190 * 0.5 * 185
    assert mass(result) == pytest.approx(100 * (per_trip + at_berth) * 3.206e-6, rel=1e-12)
    assert set(result.emissions["activity"]) == {"voyage_within_city"}
    assert mass(result, "nox") == pytest.approx(
        100 * (900 * load * 9.8 + 190 * 1.5 * 9.8) * 1e-6, rel=1e-12
    )


@pytest.mark.slow
def test_a_small_ship_has_a_share_of_its_main_engine_for_auxiliaries(tmp_path):
    # 150 to 500 kW: 5 %; less: none
    boat = FERRY | {"sea_h": 0, "berth_h": 10, "movements": 1, "main_power_kw": 300}
    assert mass(emit(tmp_path, boat)) == pytest.approx(0.05 * 300 * 10 * 185 * 3.206e-6)
    bare = emit(tmp_path, boat | {"main_power_kw": 100})
    assert bare.emissions.empty


def test_gas_that_slips_is_not_burnt(tmp_path):
    # dual-fuel: 3.1 % of the fuel leaves as methane, the rest has 2.75 kg CO2/kg
    result = emit(tmp_path, CALL | {"fuel": "lng", "berth_h": 0, "manoeuvring_h": 0})
    load = (16 / 22.9) ** 3 / (0.867 * 0.917)
    curve = 0.455 * load**2 - 0.710 * load + 1.280
    fuel = 21_800 * load * 50 * 156 * curve + 920 * 50 * 156
    assert mass(result) == pytest.approx(fuel * 2.75e-6 * (1 - 0.031), rel=1e-12)
    assert mass(result, "ch4") == pytest.approx(fuel * 0.031e-6, rel=1e-12)
    missing = result.emissions.loc[result.emissions["pollutant"] == "nmvoc", "mass_t"]
    assert missing.isna().all()
    assert any("nmvoc" in note for note in result.notes)


@pytest.mark.slow
def test_power_from_the_shore_stands_apart_and_spares_auxiliaries(tmp_path):
    plugged = CALL | HERE | {"shore_power_kwh": 6_100}
    result = emit(tmp_path, plugged, kg_per_kwh=0.3)
    alone = emit(tmp_path, CALL | HERE)
    assert mass(result, activity="shore_power") == pytest.approx(1.83)
    power = result.energy.set_index("activity").loc["shore_power"]
    assert power["energy_tj"] == pytest.approx(6_100 * 3.6e-6)
    spared = mass(alone, process="berth") - mass(result, process="berth")
    assert spared == pytest.approx(6_100 * 195 * 3.114e-6, rel=1e-9)
    with pytest.raises(InputError, match=r"CO2 of grid electricity .* must be known"):
        emit(tmp_path, plugged)
    greedy = emit(tmp_path, CALL | {"shore_power_kwh": 1e6}, kg_per_kwh=0.3)
    assert any("more power from the shore" in note for note in greedy.notes)


def test_an_arrival_counts_in_port_only(tmp_path):
    turned = {
        "origin": "CLL", "origin_country": "PE", "origin_in_city": "false",
        "destination": "COQ", "destination_country": "CL", "destination_in_city": "true",
    }  # fmt: skip
    result = emit(tmp_path, CALL | turned)
    assert set(result.emissions["activity"]) == {"port_phase_international"}
    assert set(result.emissions["process"]) == {"manoeuvring", "berth"}
    assert any("1 arriving ships (1 rows, 95.6" in note for note in result.notes)


@pytest.mark.slow
def test_a_week_is_every_week_of_the_year(tmp_path):
    week = emit(tmp_path, CALL | {"period": "week"})
    assert mass(week) == pytest.approx(365 / 7 * mass(emit(tmp_path, CALL)), rel=1e-12)
    assert any("52.1429 times" in note for note in week.notes)


@pytest.mark.slow
def test_the_order_of_rows_changes_no_bit(tmp_path):
    rows = [CALL | {"movements": 0.1 * k, "note": str(k)} for k in range(1, 8)]
    there, back = emit(tmp_path, *rows), emit(tmp_path, *rows[::-1])
    pd.testing.assert_frame_equal(there.emissions, back.emissions, check_exact=True)
    pd.testing.assert_frame_equal(there.energy, back.energy, check_exact=True)


@pytest.mark.slow
def test_hours_follow_from_distance_and_speed(tmp_path):
    by_way = CALL | {"sea_h": None, "distance_nm": 800}
    assert mass(emit(tmp_path, by_way)) == pytest.approx(mass(emit(tmp_path, CALL)), rel=1e-12)
    by_both = CALL | {"speed_kn": None, "distance_nm": 800}
    assert mass(emit(tmp_path, by_both)) == pytest.approx(mass(emit(tmp_path, CALL)), rel=1e-12)


# References: published figures, as text with their source


def test_imo_carbon_factors():
    # resolution MEPC.308(73): t CO2 per t of fuel
    fuels = tables().fuels.query("quantity == 'co2'").set_index("fuel")["value"]
    assert fuels.to_dict() == {
        "hfo": 3114, "vlsfo": 3151, "mdo_mgo": 3206, "lng": 2750, "methanol": 1375,
    }  # fmt: skip


def test_auxiliary_powers_of_the_fourth_imo_study():
    # table 17 [kW]: type, least size, auxiliary and boiler at sea, manoeuvring, anchored, at berth
    text = """
    bulk_carrier    35000  260  680  250  150    0 120 130  130
    container        8000 1800 2900 1600 1150    0 540 620  620
    cruise          60000 11500 14900 11500 11500  0 980 950 1100
    oil_tanker     200000  860 1300  770 2500  300 600 600 7000
    service_tug         0   80  210   80  100    0   0   0    0
    """
    rows = tables().auxiliary.set_index(["ship_type", "size_from"])
    columns = [
        f"{machine}_{phase}_kw"
        for machine in ("auxiliary", "boiler")
        for phase in ("sea", "manoeuvring", "anchorage", "berth")
    ]
    for line in text.split("\n")[1:-1]:
        name, size, *powers = line.split()
        assert rows.loc[(name, float(size)), columns].tolist() == [float(p) for p in powers]


def test_installed_powers_of_the_us_epa():
    # Port Emissions Inventory Guidance 2022, table C.3: kW and kn
    text = """
    bulk_carrier   60000 ssd          10300 15.4
    container      12000 ssd          65000 25.6
    cruise        100000 msd_electric 42900 23.5
    refrigerated_bulk  0 ssd           9200 20.0
    """
    rows = tables().power.set_index(["ship_type", "size_from"])
    for line in text.split("\n")[1:-1]:
        name, size, engine, power, speed = line.split()
        row = rows.loc[(name, float(size))]
        assert (row["engine"], row["main_power_kw"], row["design_speed_kn"]) == (
            engine, float(power), float(speed),
        )  # fmt: skip


def test_the_other_study_has_other_auxiliary_powers():
    # Third IMO GHG Study, as the US EPA has it: container ship of 2,500 TEU
    from transmod.inputs.shipped import find_shipped

    folder = find_shipped("vehicle_profiles") / "movements"
    other = read_ship_tables(folder, edition="imo3", consumption="epa")
    row = other.auxiliary.set_index(["ship_type", "size_from"]).loc[("container", 2000.0)]
    assert (row["auxiliary_sea_kw"], row["boiler_berth_kw"]) == (1230, 350)
    assert other.consumption.query("engine == 'ssd'")["value"].tolist() == [185, 195]


def test_low_load_factors_of_the_us_epa():
    # Port Emissions Inventory Guidance 2022, table 3.10, at 2 % load: NOx 4.63, HC 21.18, CO 9.68,
    # PM 7.29
    rows = tables().low_load.set_index("pollutant")
    for name, published in (("nox", 4.63), ("nmvoc", 21.18), ("co", 9.68), ("pm10", 7.29)):
        found = low_load_factor(np.array([0.02, 0.2, 0.9]), *rows.loc[name, ["a", "x", "b"]], 0.2)
        assert found[0] == pytest.approx(published, abs=0.005)
        assert found[1:].tolist() == [1.0, 1.0]


def test_particles_and_so2_at_the_us_epas_conditions(tmp_path):
    # Federal LCA Commons, marine transport, of EPA 2022: slow engine, distillate of 0.1 % sulphur,
    # 185 g/kWh: PM10 0.184 g/kWh, SO2 0.362 g/kWh, CO 1.4, VOC 0.632
    from transmod.inputs.ships import complete_ships
    from transmod.model.ship_engines import EMITTED, build_engines

    ship = pd.DataFrame([CALL | {"fuel": "mdo_mgo"}])
    whole = complete_ships(ship, tables(), "", Faults(), str)
    engines = build_engines(whole, "main", tables(), 2022)
    both = engines.by_energy[0] + np.nan_to_num(engines.by_fuel[0]) * 0.185
    found = dict(zip(EMITTED, both, strict=True))
    assert found["pm10"] == pytest.approx(0.184, abs=0.006)  # the study's constants are older
    assert engines.by_fuel[0][EMITTED.index("so2")] * 0.185 == pytest.approx(0.362, abs=5e-4)
    assert engines.by_energy[0][EMITTED.index("co")] == 1.4
    assert engines.by_energy[0][EMITTED.index("nmvoc")] == pytest.approx(0.632, abs=5e-4)


@pytest.mark.slow
def test_black_carbon_is_a_part_of_particles(tmp_path):
    boat = FERRY | {"speed_kn": 5, "sea_h": 1, "berth_h": 0}
    result = emit(tmp_path, boat)
    assert 0.0 < mass(result, "bc") <= mass(result, "pm2_5") <= mass(result, "pm10")


# Laws


_ENDS = {
    "within": {"destination": "COQ", "destination_country": "CL", "destination_in_city": "true"},
    "domestic": {"destination": "VAP", "destination_country": "CL"},
    "international": {},
    "arrival": {
        "origin": "CLL", "origin_country": "PE", "origin_in_city": "false",
        "destination": "COQ", "destination_country": "CL", "destination_in_city": "true",
    },
}  # fmt: skip
_FUELS = ("hfo", "mdo_mgo", "lng", "methanol")
NOWHERE = {"longitude": None, "latitude": None}
_CHOICES = [(kind, fuel, at) for kind in _ENDS for fuel in _FUELS for at in (HERE, NOWHERE)]
_ROW = st.tuples(st.integers(0, len(_CHOICES) - 1), st.floats(0.1, 50.0), st.floats(0.5, 100.0))


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory):
    """One call of each kind, read once."""
    rows = [
        CALL | _ENDS[kind] | at | {"fuel": fuel, "auxiliary_fuel": "mdo_mgo"}
        for kind, fuel, at in _CHOICES
    ]
    path = ship_files.write_calls(tmp_path_factory.mktemp("calls"), *rows)
    return read_calls(path, tables(), ship_files.city(), year=2022).rows


def emit_some(every_kind, rows):
    which, number, hours = (list(part) for part in zip(*rows, strict=True))
    some = every_kind.iloc[which].assign(in_year=number, sea_h=hours).reset_index(drop=True)
    return call_emissions(Calls(some, ()), tables(), TERRITORIES, year=2022)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.lists(_ROW, min_size=1, max_size=5), st.sampled_from(rule_names()))
def test_every_tonne_stands_on_one_line(every_kind, rows, rule):
    result = emit_some(every_kind, rows)
    inventory, memo = post_source(result, read_rule(rule))
    of_inventory, of_memo = (
        rows.dropna(subset="mass_t").groupby("pollutant", observed=True)["mass_t"].agg(math.fsum)
        for rows in (inventory.rows.to_frame(), memo.rows.to_frame())
    )
    for name in ("co2", "ch4", "nox", "pm2_5"):
        everything = mass_known(result, name)
        counted = np.nan_to_num(total(inventory, name))
        excluded = of_inventory.get(name, 0.0) - counted
        assert excluded >= -1e-9 * everything
        apart = of_memo.get(name, 0.0)
        assert counted + apart + excluded == pytest.approx(everything, rel=1e-12)
    energy = math.fsum(inventory.energy["energy_tj"]) + math.fsum(memo.energy["energy_tj"])
    assert energy == pytest.approx(math.fsum(result.energy["energy_tj"]), rel=1e-12)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(st.lists(_ROW, min_size=1, max_size=4), st.floats(0.1, 1e4))
def test_an_international_voyage_changes_no_bit_of_the_city(every_kind, rows, number):
    boat = (_CHOICES.index(("within", "hfo", HERE)), 1.0, 2.0)
    bunker = (_CHOICES.index(("international", "hfo", HERE)), number, 100.0)
    totals = []
    for each in ([boat, *rows], [bunker, boat, *rows]):
        result = emit_some(every_kind, each)
        inventory, _ = post_source(result, read_rule("territorial"))
        totals.append([total(inventory, name) for name in ("co2", "ch4", "n2o", "nox", "pm2_5")])
    assert totals[0] == totals[1]
    assert totals[0][0] > 0.0


def test_a_bunker_voyage_changes_no_bit_of_the_city(every_kind):
    boat = (_CHOICES.index(("within", "hfo", HERE)), 1.0, 2.0)
    bunker = (_CHOICES.index(("international", "hfo", HERE)), 7.0, 100.0)
    rule = read_rule("territorial")
    totals = []
    for each in ([boat], [bunker, boat]):
        result = emit_some(every_kind, each)
        inventory, memo = post_source(result, rule)
        totals.append(total(inventory, "co2"))
    assert totals[0] == totals[1] > 0.0
    assert set(memo.rows["memo_kind"]) == {"international_marine_bunker"}


def mass_known(result, pollutant):
    rows = result.emissions[result.emissions["pollutant"] == pollutant]
    return math.fsum(rows["mass_t"].dropna())


# Bad input


def test_all_faults_at_once(tmp_path):
    text = faults_of(
        tmp_path,
        CALL | {"ship_type": "contaner"},
        CALL | {"fuel": "HFO"},
        CALL | {"origin_country": "Chile", "note": "a"},
        CALL | {"destination": "COQ", "note": "b"},
    )
    assert "`ship_type`" in text
    assert "Near 'contaner': container" in text
    assert "`fuel` of" in text
    assert "Near 'HFO': hfo" in text
    assert "ISO 3166-1 alpha-2" in text
    assert "must have two places if it crosses the boundary" in text


def test_calls_that_cannot_be(tmp_path):
    changes = (
        {"distance_nm": 3000, "speed_kn": None},
        {"speed_kn": 40},
        {"sea_h": None, "speed_kn": 15},
        {"distance_nm": 400},
        {"longitude": -71.0, "speed_kn": 14},
        {"longitude": 10.0, "latitude": 50.0},
    )
    text = faults_of(tmp_path, *(CALL | change for change in changes))
    for words in (
        "`distance_nm` over `sea_h` [kn]",
        "be at most 1.3 times the design speed of the ship: 1 of 6",
        "must give `sea_h` [h] or `distance_nm` [nm]: 1 of 6 are not, first at row 3",
        "where all three are given, within 10 %: 1 of 6 are not, first at row 4",
        "must be given together: 1 of 6 are not, first at row 5",
        "within 2,000 m of it: 1 of 6 are not, first at row 6",
    ):
        assert words in text


def test_figures_that_no_table_has(tmp_path):
    text = faults_of(tmp_path, FERRY | {"main_power_kw": None}, CALL | {"size_unit": "gt"})
    assert "`main_power_kw` [kW]" in text
    assert "2 of 2 are not" in text
    assert "Of container it is 'teu'" in text
    text = faults_of(tmp_path, CALL | {"fuel": "methanol", "engine": "hsd"})
    assert "(value 'hsd on methanol')" in text
    assert "`distance_nm` [nm]" in faults_of(tmp_path, CALL | {"distance_nm": -5})


def test_rows_that_stand_twice(tmp_path):
    assert "1 of 2 stand twice" in faults_of(tmp_path, CALL, CALL)


@pytest.mark.slow
def test_a_quay_beyond_the_line_of_the_shore_belongs_to_the_nearest_district(tmp_path):
    x, y = ship_files.degrees(2400, 300)
    result = emit(tmp_path, CALL | {"longitude": x, "latitude": y})
    assert set(result.emissions["district_id"].dropna()) == {"east"}
    assert result.places.crs == ship_files.city().crs


@pytest.mark.slow
def test_tables_of_ships_have_sources_and_no_gaps(tmp_path):
    import shutil

    from transmod.inputs.shipped import find_shipped

    folder = tmp_path / "movements"
    shutil.copytree(find_shipped("vehicle_profiles") / "movements", folder)
    path = folder / "ship_power.csv"
    text = path.read_text().replace("bulk_carrier,dwt,10000,35000", "bulk_carrier,dwt,12000,35000")
    path.write_text(text.replace("epa_ports_2022_c3", "somebody", 1))
    with pytest.raises(InputError) as error:
        read_ship_tables(folder)
    assert "must be a row of sources.csv: 1 are not, somebody" in str(error.value)
    assert "must follow each other" in str(error.value)
