"""Flights by airport and aircraft: by hand, against IPCC and EMEP, laws, and every fault."""

import io
import json
import math
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import small_run
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import box
from source_ledger import post_source

import transmod
from transmod.accounts.ledger import total_energy
from transmod.columns import stack
from transmod.errors import InputError
from transmod.inputs.airports import place_airports, read_airports
from transmod.inputs.aviation import read_air_movements
from transmod.inputs.aviation_factors import read_aviation_factors
from transmod.inputs.movements import read_territories
from transmod.inputs.rules import read_rule, rule_names
from transmod.intake.inputs import read_inputs
from transmod.model.air_traffic import air_traffic_emissions, check_given_fuel
from transmod.model.cruise import cruise_fuel_kg
from transmod.model.landing_cycle import landing_cycles
from transmod.run import run, verify

SET = Path(transmod.__file__).parents[1] / "vehicle_profiles" / "movements"
FACTORS = read_aviation_factors(SET)
AIRPORTS = read_airports()
TERRITORIES = read_territories()
HEADER = "date,period,origin,destination,aircraft,number,fuel_t,distance_km,hours,saf_share,note\n"
CO2 = 44.1 * 71.5e-3  # t of CO2 in a tonne of jet kerosene, IPCC 2006


def lay_city():
    """A city around La Serena's airport, of which the west is district 1."""
    corners = gpd.GeoSeries(gpd.points_from_xy([-71.1995], [-29.9162]), crs=4326).to_crs(32719)
    x, y = corners.iloc[0].x, corners.iloc[0].y
    halves = [box(x - 9e3, y - 9e3, x + 1e3, y + 9e3), box(x + 1e3, y - 9e3, x + 9e3, y + 9e3)]
    districts = gpd.GeoDataFrame({"district_id": ["1", "2"]}, geometry=halves, crs=32719)
    return SimpleNamespace(boundary=districts.union_all(), districts=districts, crs=districts.crs)


CITY = lay_city()
CYCLES = landing_cycles(FACTORS)
# a heliport on the border of the districts, and one beyond them but counted as the city's
OWN = (
    "airport,name,country,latitude,longitude,in_city\n"
    "HELI,hospital,CL,-29.9162,-71.25,\n"
    "MINE,mine,CL,-29.5,-71.0,yes\n"
)


@pytest.fixture(scope="module")
def own_airports(tmp_path_factory):
    path = tmp_path_factory.mktemp("airports") / "own.csv"
    path.write_text(OWN)
    return read_airports(path)


def row(
    origin="SCSE", destination="SCEL", aircraft="A320", number=1, *, date="2022-03-01", period="",
    fuel_t="", distance_km="", hours="", saf_share="", note="",
):  # fmt: skip
    return (
        f"{date},{period},{origin},{destination},{aircraft},{number},{fuel_t},{distance_km},"
        f"{hours},{saf_share},{note}\n"
    )


def read(tmp_path, *rows, airports=AIRPORTS, factors=FACTORS, network=CITY):
    (tmp_path / "flights.csv").write_text(HEADER + "".join(rows))
    return read_air_movements(
        tmp_path / "flights.csv", airports, factors, network,
        year=2022, timezone="America/Santiago",
    )  # fmt: skip


def compute(tmp_path, *rows, airports=AIRPORTS, **options):
    movements = read(tmp_path, *rows, airports=airports)
    return air_traffic_emissions(movements, FACTORS, TERRITORIES, **options)


def faults_of(tmp_path, *rows, **options):
    with pytest.raises(InputError) as caught:
        read(tmp_path, *rows, **options)
    return "\n".join(caught.value.faults)


def masses(result, pollutant):
    """Masses by activity and process."""
    rows = result.emissions[result.emissions["pollutant"] == pollutant]
    return rows.groupby(["activity", "process"])["mass_t"].sum()


def haversine_km(a, b):
    (lat1, lon1), (lat2, lon2) = (
        np.radians(AIRPORTS.loc[code, ["latitude", "longitude"]].to_numpy(float)) for code in (a, b)
    )
    h = math.sin((lat2 - lat1) / 2) ** 2
    h += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(h))


def test_domestic_flight_by_hand(tmp_path):
    # CFM56-5B4/P, two engines: 19 min at 0.104 kg/s, 0.7 at 1.132, 2.2 at 0.935 kg/s; then at the
    # other end 4 min at 0.312, 7 min at 0.104 kg/s; 80 kg of the auxiliary unit, half at each end
    departure = 2 * 60 * (19 * 0.104 + 0.7 * 1.132 + 2.2 * 0.935)
    arrival = 2 * 60 * (4 * 0.312 + 7 * 0.104)
    stage = haversine_km("SCSE", "SCEL") / 1.852
    cruise = 727.0 + (stage - 125) / 125 * (1634.1 - 727.0)
    result = compute(tmp_path, row(number=10))
    co2 = masses(result, "co2")
    here, away = "landing_cycle_cross_boundary", "flight_cross_boundary"
    assert co2[here, "landing_take_off"] == pytest.approx(10 * departure * 1e-3 * CO2, rel=1e-6)
    assert co2[here, "auxiliary_power"] == pytest.approx(10 * 0.040 * CO2)
    assert co2[away, "landing_take_off"] == pytest.approx(10 * arrival * 1e-3 * CO2, rel=1e-6)
    assert co2[away, "auxiliary_power"] == pytest.approx(10 * 0.040 * CO2)
    # the earth is no sphere
    assert co2[away, "cruise"] == pytest.approx(10 * cruise * 1e-3 * CO2, rel=0.005)
    assert set(co2.index.get_level_values(0)) == {here, away}
    total_kg = co2.sum() / 10 / CO2 * 1e3
    assert departure + arrival == pytest.approx(816.2, abs=0.1)  # published sum of the cycle
    assert total_kg == pytest.approx(816.2 + 80 + cruise, rel=0.004)
    points = result.emissions[result.emissions["activity"] == here]
    assert set(points["location"]) == {"point"}
    assert set(points["district_id"]) == {"1"}
    assert result.emissions[result.emissions["activity"] == away]["district_id"].isna().all()


@pytest.mark.slow
def test_pollutants_of_a_departure_by_hand(tmp_path):
    # LEAP-1A26: fuel [kg] and emission index [g/kg] of taxi-out, take-off, climb-out
    fuel = [2 * 60 * 19 * 0.091, 2 * 60 * 0.7 * 0.861, 2 * 60 * 2.2 * 0.71]
    result = compute(tmp_path, row(aircraft="A20N", number=1000), apu_share=0.0)
    for pollutant, index in (
        ("nox", (4.61, 30.8, 13.38)),
        ("co", (21.63, 0.24, 0.26)),
        ("nmvoc", (0.9 * 0.29, 0.9 * 0.02, 0.9 * 0.02)),
        ("ch4", (0.1 * 0.29, 0.1 * 0.02, 0.1 * 0.02)),
    ):
        found = masses(result, pollutant)["landing_cycle_cross_boundary", "landing_take_off"]
        expected = sum(kg * g for kg, g in zip(fuel, index, strict=True))
        assert found == pytest.approx(expected * 1e-3, rel=1e-6), pollutant
    n2o = masses(result, "n2o")["landing_cycle_cross_boundary", "landing_take_off"]
    assert n2o == pytest.approx(sum(fuel) * 44.1e-6 * 2, rel=1e-6)
    # above 3,000 ft no carbon monoxide of jets is published, and none is made up
    assert ("flight_cross_boundary", "cruise") not in masses(result, "co").index


def test_international_flight_by_hand(tmp_path):
    # 2,463 km to Lima in an A20N is 1,330 nm: between 1,000 and 1,500 nm of its table
    stage = haversine_km("SCSE", "SPJC") / 1.852
    table = pd.read_csv(SET / "aviation_cruise.csv").set_index(["icao", "stage_length_nm"])
    low, high = (table.loc[("A20N", nm), "fuel_kg"] for nm in (1000, 1500))
    cruise = low + (stage - 1000) / 500 * (high - low)
    co2 = masses(compute(tmp_path, row(destination="LIM", aircraft="A20N")), "co2")
    assert co2["flight_international", "cruise"] == pytest.approx(cruise * 1e-3 * CO2, rel=0.005)
    assert "landing_cycle_international" in co2.index


def test_flight_within_the_city_by_hand(tmp_path, own_airports):
    # AS350, one Arriel 2B1: 4 min at 0.0219, 3 min at 0.0542, then 5.5 min at 0.035, 1 min at
    # 0.0152 kg/s; half an hour at 0.0509 kg/s
    cycle = 60 * (4 * 0.0219 + 3 * 0.0542 + 5.5 * 0.035 + 1 * 0.0152)
    result = compute(tmp_path, row("SCSE", "HELI", "AS50", 4, hours=0.5), airports=own_airports)
    co2 = masses(result, "co2")
    assert set(co2.index.get_level_values(0)) == {"flight_within_city"}
    assert co2["flight_within_city", "landing_take_off"] == pytest.approx(4e-3 * cycle * CO2)
    assert co2["flight_within_city", "cruise"] == pytest.approx(4 * 0.0509 * 1.8 * CO2)
    inventory, memo = post_source(result, read_rule("territorial"))
    rows = inventory.rows[inventory.rows["pollutant"] == "co2"]
    assert rows["in_total"].all()
    assert math.fsum(rows["mass_t"]) == pytest.approx(co2.sum())
    assert len(memo.rows) == 0


def test_an_arrival_is_a_line_of_its_own(tmp_path):
    departing = compute(tmp_path, row())
    both = compute(tmp_path, row(), row("SCEL", "SCSE"), row("SPJC", "SCSE", "A20N"))
    theirs = both.emissions["activity"].str.startswith("arrival_")
    assert set(both.emissions[theirs]["activity"]) == {
        "arrival_cross_boundary", "arrival_international",
    }  # fmt: skip
    pd.testing.assert_frame_equal(
        both.emissions[~theirs].reset_index(drop=True), departing.emissions, check_exact=True
    )
    # two engines: 4 min at 0.312, 7 min at 0.104 kg/s
    found = masses(both, "co2")["arrival_cross_boundary", "landing_take_off"]
    assert found == pytest.approx(0.2371 * CO2, rel=1e-3)
    for name in rule_names():
        lines = read_rule(name).lines
        own = lines["activity"].isin(["arrival_cross_boundary", "arrival_international"])
        assert lines["memo_kind"][own].to_list() == ["arriving_aviation"] * 2, name


@pytest.mark.slow
def test_places_hold_what_happens_at_the_airport(tmp_path):
    result = compute(tmp_path, row(), row("SCEL", "SCSE"))
    points = result.emissions[result.emissions["location"] == "point"]
    places = result.places.set_index("activity")
    for activity, rows in points[points["pollutant"] == "nox"].groupby("activity"):
        assert places.loc[activity, "nox_t"] == pytest.approx(rows["mass_t"].sum())
    assert set(places["place"]) == {"SCSE"}
    assert places.crs == CITY.crs


# IPCC 2006, volume 2, table 3.6.9: fuel of a landing and take-off cycle [kg]; types whose default
# engine there is the one here
@pytest.mark.parametrize(
    ("icao", "ipcc_kg"),
    [
        ("A306", 1720), ("A310", 1510), ("A332", 2230), ("A343", 2020), ("A346", 3370),
        ("B733", 780), ("B752", 1370), ("B763", 1780), ("MD82", 1010), ("CRJ2", 330),
        ("GLF5", 600), ("E145", 310),
    ],
)  # fmt: skip
def test_landing_cycle_against_ipcc(icao, ipcc_kg):
    cycle = CYCLES.xs("landing_take_off", level="process").loc[icao]
    assert cycle["fuel_kg"].sum() == pytest.approx(ipcc_kg, rel=0.05)


# EMEP/EEA guidebook 1.A.3.a: climb, cruise and descent of a B737-400 [kg] by stage [nm]
@pytest.mark.parametrize(
    ("stage", "emep_kg"),
    [(250, 1442.6), (500, 2787.4), (750, 4134.9), (1000, 5477.2), (1500, 8362.3), (2000, 11342.2)],
)
def test_cruise_against_emep(stage, emep_kg):
    found = cruise_fuel_kg(
        pd.Series(["B734"]), pd.Series([stage * 1.852]), pd.Series([np.nan]), FACTORS
    )
    assert found[0] == pytest.approx(emep_kg, rel=0.10)


def test_cruise_below_the_shortest_stage_is_in_proportion():
    km = pd.Series([0.0, 50.0 * 1.852, 125.0 * 1.852, 9999.0])
    found = cruise_fuel_kg(pd.Series(["A320"] * 4), km, pd.Series([np.nan] * 4), FACTORS)
    assert found[:3] == pytest.approx([0.0, 727.0 * 0.4, 727.0])
    assert np.isnan(found[3])


def test_cycles_depend_on_time_and_auxiliary_power():
    usual, short = CYCLES, landing_cycles(FACTORS, {"taxi_out": 9.0}, 0.5)
    saved = usual["fuel_kg"] - short["fuel_kg"]
    assert saved["A320", "departure", "landing_take_off"] == pytest.approx(2 * 600 * 0.104)
    assert saved["A320", "arrival", "landing_take_off"] == 0.0
    assert saved["A320", "arrival", "auxiliary_power"] == pytest.approx(20.0)


@pytest.mark.slow
def test_taxi_times_are_of_the_city_alone(tmp_path):
    usual, short = compute(tmp_path, row()), compute(tmp_path, row(), minutes={"taxi_in": 2.0})
    pd.testing.assert_frame_equal(usual.emissions, short.emissions)  # it lands elsewhere


@pytest.mark.slow
def test_periods_become_a_year_and_are_noted(tmp_path):
    week = compute(tmp_path, row(number=7, date="", period="week"))
    year = compute(tmp_path, row(number=365, date="", period="year"))
    pd.testing.assert_frame_equal(week.emissions, year.emissions, rtol=1e-12)
    assert any("taken as every week of the year, 52.1429 times" in note for note in week.notes)


@pytest.mark.slow
def test_local_time_decides_the_year(tmp_path):
    # 02:00 UTC on 1 January 2023 is still 2022 in Santiago
    assert len(read(tmp_path, row(date="2023-01-01T02:00Z")).rows) == 1
    assert "must lie in the year 2022" in faults_of(tmp_path, row(date="2023-01-01"))
    assert "must lie in the year 2022" in faults_of(tmp_path, row(date="2022-01-01T02:00+00:00"))


@pytest.mark.slow
def test_sustainable_fuel_is_biogenic(tmp_path):
    plain, mixed = compute(tmp_path, row()), compute(tmp_path, row(saf_share=0.3))
    fossil, biogenic = masses(mixed, "co2").sum(), masses(mixed, "co2_biogenic").sum()
    assert fossil == pytest.approx(0.7 * masses(plain, "co2").sum())
    assert fossil + biogenic == pytest.approx(masses(plain, "co2").sum())
    assert masses(mixed, "nox").sum() == pytest.approx(masses(plain, "nox").sum())
    for name in rule_names():
        inventory, memo = post_source(mixed, read_rule(name))
        assert not (inventory.rows["pollutant"] == "co2_biogenic").any()
        is_biogenic = memo.rows["memo_kind"] == "biogenic_co2"
        assert math.fsum(memo.rows[is_biogenic]["mass_t"]) == pytest.approx(biogenic)
    assert masses(compute(tmp_path, row(saf_share=1)), "co2_biogenic").sum() > 3 * biogenic


@pytest.mark.slow
def test_given_fuel_takes_the_place_of_the_table(tmp_path):
    result = compute(tmp_path, row(number=10, fuel_t=30, aircraft="GLF5"))
    assert masses(result, "co2").sum() == pytest.approx(30 * CO2)
    movements = read(tmp_path, row(number=10, fuel_t=0.5))
    with pytest.raises(InputError, match="no less than their landing and take-off cycles burn: 1"):
        check_given_fuel(movements, FACTORS)


@pytest.mark.slow
def test_territories_decide_what_is_international(tmp_path):
    territories = pd.DataFrame({"territory": ["PE"], "country": ["CL"], "treated_as": ["domestic"]})
    movements = read(tmp_path, row(destination="SPJC"), row("SPJC", "SCSE"))
    found = air_traffic_emissions(movements, FACTORS, territories).emissions["activity"]
    assert set(found) == {
        "flight_cross_boundary", "landing_cycle_cross_boundary", "arrival_cross_boundary",
    }  # fmt: skip


@pytest.mark.slow
def test_order_of_rows_changes_no_bit(tmp_path):
    rows = [
        row(aircraft=name, number=0.1 * k, note=k, date="", period="week")
        for k, name in enumerate(["A320", "A20N", "A320", "B738", "A20N", "A320"], start=1)
    ]
    there, back = compute(tmp_path, *rows), compute(tmp_path, *rows[::-1])
    pd.testing.assert_frame_equal(there.emissions, back.emissions, check_exact=True)
    pd.testing.assert_frame_equal(there.energy, back.energy, check_exact=True)


_FLIGHTS = st.lists(
    st.tuples(
        st.sampled_from(
            [("SCSE", "SCEL"), ("SCEL", "SCSE"), ("SCSE", "SPJC"), ("SPJC", "SCSE"),
             ("SCSE", "HELI"), ("MINE", "SCSE"), ("MINE", "SCEL")]
        ),
        st.sampled_from(["A320", "A20N", "AT76", "AS50", "C172"]),
        st.floats(0.01, 1e4),
        st.sampled_from(["", 0.25, 1]),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(flights=_FLIGHTS)
def test_every_rule_keeps_every_tonne(flights, own_airports, tmp_path_factory):
    rows = [
        row(*pair, aircraft, number, note=k, saf_share="" if aircraft == "C172" else share)
        for k, (pair, aircraft, number, share) in enumerate(flights)
        if "SPJC" not in pair or aircraft.startswith("A3") or aircraft == "A20N"
    ]
    assume(rows)
    result = compute(tmp_path_factory.mktemp("law"), *rows, airports=own_airports)
    for name in rule_names():
        inventory, memo = post_source(result, read_rule(name))
        for pollutant, computed in result.emissions.groupby("pollutant")["mass_t"]:
            posted = stack([inventory.rows, memo.rows])
            kept = math.fsum(posted["mass_t"][posted["pollutant"] == pollutant])
            assert kept == pytest.approx(math.fsum(computed), rel=1e-12), (name, pollutant)
        energy = math.fsum([*inventory.energy["energy_tj"], *memo.energy["energy_tj"]])
        assert energy == pytest.approx(math.fsum(result.energy["energy_tj"]), rel=1e-12)
        in_total = set(inventory.rows["activity"][inventory.rows["in_total"]])
        assert not any(activity.startswith("arrival_") for activity in in_total)


def test_a_bunker_flight_changes_no_city_total(tmp_path, own_airports):
    city = [row("SCSE", "HELI", "AS50", 3), row("SCSE", "SCSE", "C172", 9, hours=0.4)]
    rule = read_rule("territorial")
    alone = compute(tmp_path, *city, airports=own_airports)
    more = compute(tmp_path, *city, row("SCSE", "SPJC"), row("SCSE", "SCEL"), airports=own_airports)
    (one, _), (two, _) = (post_source(r, rule) for r in (alone, more))
    assert total_energy(one) == total_energy(two)
    for pollutant in one.rows["pollutant"].unique():
        mass, other = (t.rows["mass_t"][t.rows["pollutant"] == pollutant] for t in (one, two))
        assert math.fsum(mass) == math.fsum(other)


def test_airports_of_the_user(own_airports):
    placed = place_airports(own_airports.loc[["HELI", "MINE", "SCEL", "SCSE"]], CITY)
    assert placed["in_city"].tolist() == [True, True, False, True]
    assert placed["district_id"].fillna("-").tolist() == ["1", "no_district", "-", "1"]


@pytest.mark.slow
def test_user_may_say_that_an_airport_is_not_the_citys(tmp_path):
    (tmp_path / "own.csv").write_text("airport,in_city\nLSC,no\n")
    airports = read_airports(tmp_path / "own.csv")
    assert "must start or end inside the boundary" in faults_of(tmp_path, row(), airports=airports)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("airport,country\nXXXX,CL\n", "`latitude` of .* must be given .*: 1 of 1 are not"),
        ("airport,country,latitude,longitude\nXXXX,Chile,1,1\n", "ISO 3166-1 alpha-2"),
        ("airport,latitude,longitude\nXXXX,91,1\n", "`latitude` .degrees. of .* must be"),
        ("airport,country\nSCSE,CL\nSCSE,CL\n", "must have one row for each airport"),
    ],
)
def test_bad_airports(tmp_path, lines, message):
    (tmp_path / "own.csv").write_text(lines)
    with pytest.raises(InputError, match=message):
        read_airports(tmp_path / "own.csv")


@pytest.mark.slow
def test_near_types_are_noted(tmp_path):
    notes = compute(tmp_path, row(aircraft="C919")).notes
    assert any("not verified are the figures of auxiliary power units" in note for note in notes)
    assert any(note.startswith("Aircraft C919 counts as A20N: like seats") for note in notes)
    (tmp_path / "own.csv").write_text("icao,counts_as,reason\nC919,A320,own view\n")
    factors = read_aviation_factors(SET, tmp_path / "own.csv")
    movements = read(tmp_path, row(aircraft="C919"), factors=factors)
    assert movements.rows["counts_as"].item() == "A320"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("icao,counts_as,reason\nZZZZ,A999,x\n", "must count as a type .*: A999 not found"),
        ("icao,counts_as\nZZZZ,A320\n", "reason not found"),
    ],
)
def test_bad_near_types(tmp_path, lines, message):
    (tmp_path / "own.csv").write_text(lines)
    with pytest.raises(InputError, match=message):
        read_aviation_factors(SET, tmp_path / "own.csv")


def test_names_dates_and_repetition(tmp_path):
    text = faults_of(
        tmp_path,
        row(destination="SCLX"),
        row(destination="La Serena"),
        row(aircraft="A32O"),
        row(date="2021-12-31"),
        row(),
        row(),
        row(period="week"),
        row(date="", note=1),
        row(date="1/3/2022"),
    )
    for sentence in (
        "'La Serena', 'SCLX' (2) are not known. Near 'La Serena': SCSE (La Florida Airport)",
        "must be an ICAO type designator with figures: 1 of 9 are not, first at row 3",
        "Near 'A32O': A321, A320",
        "must lie in the year 2022 of the scenario, in America/Santiago: 1 of 9",
        "must be a day such as 2022-07-01, or a time such as 2022-07-01T14:30-04:00: 1 of 9",
        "1 of 9 rows stand twice, first row 6",
        "must have either a date or a period: 2 of 9 are not, first at row 7",
    ):
        assert sentence in text


def test_numbers_out_of_range(tmp_path):
    text = faults_of(
        tmp_path,
        row(number=0, distance_km=-5, saf_share=1.5, hours=30, fuel_t=0),
        row(number="ten", date="", period="fortnight"),
    )
    for name in ("number` [-]", "distance_km` [km]", "saf_share` [-]", "hours` [h]", "fuel_t` [t]"):
        assert name in text
    assert "must be one of day, week, month, year" in text


def test_flights_that_cannot_be(tmp_path):
    text = faults_of(
        tmp_path,
        row(distance_km=100),
        row(distance_km=50000, fuel_t=99, note="far"),
        row("SCEL", "SPJC"),
        row("SCEL", "SCEL"),
        row("SCSE", "SCSE", "AS50"),
        row("SCSE", "SCSE", "A320", hours=1),
        row(aircraft="GLF5"),
        row(destination="RJTT"),
        row(aircraft="C172", saf_share=0.5),
        row(aircraft="C172", destination="RJTT"),
    )
    for sentence in (
        "must be no less than the great circle: 1 of 10 are not, first at row 1",
        "at most half the way round the world: 1 of 10 are not, first at row 2",
        "must start or end inside the boundary: 2 of 10 are not, first at row 3 (value",
        "must have two airports if it crosses the boundary: 1 of 10 are not, first at row 4",
        "that come back to their airport must say `distance_km` [km], `fuel_t` [t], or `hours`",
        "must be empty for types whose fuel goes by distance: 1 of 10 are not, first at row 6",
        "must be given for types without published fuel of cruise: 1 of 10",
        "must be within the published range of their type: 1 of 10 are not, first at row 8",
        "by types that burn by the hour must last 8 h or less: 1 of 10 are not, first at row 10",
        "where no jet kerosene is burnt: 1 of 10 are not, first at row 9",
    ):
        assert sentence in text


@pytest.mark.slow
def test_a_faulty_network_hides_no_other_fault(tmp_path):
    assert "Near 'A32O': A321" in faults_of(tmp_path, row(aircraft="A32O"), network=None)
    assert read(tmp_path, row(), network=None) is None


def test_every_row_has_a_source():
    known = set(pd.read_csv(SET / "sources.csv")["source"])
    for path in SET.glob("aviation_*.csv"):
        assert set(pd.read_csv(path)["source"]) <= known, path.name


def test_methane_is_a_tenth_of_hydrocarbons():
    # IPCC 2006, table 3.6.9: CH4, NMVOC [kg] of a cycle
    rows = "0.12,1.12\n0.63,5.67\n0.14,1.27\n0.13,1.15\n0.39,3.51\n0.81,7.32\n9.75,87.71\n"
    table = pd.read_csv(io.StringIO(rows), header=None)
    assert (table[0] / table.sum(axis=1)).to_numpy() == pytest.approx(0.1, abs=0.004)


@pytest.mark.slow
def test_a_hundred_thousand_flights_in_five_seconds(tmp_path):
    import time

    ends = ["SCEL", "SCFA", "SCDA", "SCIE", "SAME", "SPJC", "SCTE", "SCAT"]
    types = ["A320", "A20N", "A319", "B738", "A321", "B788"]
    lines = [
        row(*(("SCSE", ends[k % 8]) if k % 2 else (ends[k % 8], "LSC")), types[k % 6], note=k,
            date=f"2022-{1 + k % 12:02d}-{1 + k % 28:02d}T{k % 24:02d}:{k % 60:02d}-03:00")
        for k in range(100_000)
    ]  # fmt: skip
    began = time.process_time()
    result = compute(tmp_path, *lines)
    assert time.process_time() - began < 5.0
    assert len(result.emissions) > 100


AVIATION = {"movements": "input/flights.csv", "airports": "input/airports.csv"}
HELIPORT = "airport,country,latitude,longitude\nHELI,CL,{:.5f},{:.5f}\n"


def build(root, *rows):
    """A year of the small city, with a heliport in its west and flights."""
    folder = small_run.build(
        root,
        calendar={"period": "year", "hour": 8, "day_type": "workday"},
        traffic={"kind": "aadt"},
        outputs=["accounts"],
        aviation=AVIATION,
    )
    small_run.write_daily(folder / "input" / "volumes.parquet", root / "networks" / "small")
    spot = gpd.GeoSeries.from_xy(
        [small_run.ORIGIN[0] + 500], [small_run.ORIGIN[1] + 500], crs=small_run.CRS
    ).to_crs(4326)[0]
    (folder / "input" / "airports.csv").write_text(HELIPORT.format(spot.y, spot.x))
    (folder / "input" / "flights.csv").write_text(HEADER + "".join(rows))
    return folder


@pytest.mark.slow
def test_a_run_with_flights(tmp_path):
    circuit = row("HELI", "HELI", "AS50", 3, hours=0.2, date="", period="week")
    totals = []
    for name, more in (
        ("one", ""),
        ("two", row("HELI", "SPJC", "AS50", 7, date="2023-05-01", fuel_t=9)),
    ):
        folder = build(tmp_path / name, circuit, more)
        run(folder)
        assert verify(folder) == []
        manifest = json.loads((folder / "results" / "manifest.json").read_text())
        assert "vehicle_profiles/movements/aviation_types.csv" in manifest["inputs"]
        assert manifest["libraries"]["airportsdata"]
        totals.append(manifest["totals"])
    memo = [city.pop("memo", {}) for city in totals]
    assert totals[0] == totals[1]  # the same bits
    assert "international_aviation_bunker" in memo[1]
    assert "international_aviation_bunker" not in memo[0]
    ledger = pd.read_parquet(folder / "results" / "ledger.parquet")
    flown = ledger[(ledger["subsector"] == "aviation") & (ledger["location"] == "point")]
    assert set(flown["district_id"]) == {"west"}


@pytest.mark.slow
def test_flights_are_checked_with_all_else(tmp_path):
    folder = build(tmp_path, row("HELI", "SCLX", "AS5O"))
    (folder / "input" / "fleet.csv").write_text("vehicle_class,share\n")
    small_run.write_scenario(
        folder, calendar={"period": "day"}, traffic={"kind": "aadt"}, aviation=AVIATION
    )
    with pytest.raises(InputError) as caught:
        read_inputs(folder)
    text = "\n".join(caught.value.faults)
    for sentence in (
        "fleet.csv must have the columns",
        "`aviation.movements` needs calendar.period = 'year': found 'day'",
        "'SCLX' (1) are not known",
        "Near 'AS5O': AS50",
    ):
        assert sentence in text
