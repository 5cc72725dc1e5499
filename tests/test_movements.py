"""Flights and voyages: reading with all faults at once, classification, emissions by hand."""

from pathlib import Path

import pandas as pd
import pytest

import transmod
from transmod.columns import stack
from transmod.errors import InputError
from transmod.exchange import from_frame
from transmod.inputs.movements import (
    country_codes,
    read_flights,
    read_movement_fuels,
    read_territories,
    read_voyages,
)
from transmod.model.aviation import flight_emissions
from transmod.model.movements import classify
from transmod.model.shipping import voyage_emissions

PROFILES = Path(transmod.__file__).parents[1] / "vehicle_profiles" / "emep_eea_2019"
FUELS = read_movement_fuels(PROFILES)
TERRITORIES = read_territories()
COLUMNS = [
    "origin", "origin_country", "destination", "destination_country", "origin_in_city",
    "destination_in_city", "movements", "fuel", "fuel_t", "note",
]  # fmt: skip

HOME = ("La Serena", "CL", True)
SANTIAGO = ("Santiago", "CL", False)
LIMA = ("Lima", "PE", False)


def movement(start=HOME, end=SANTIAGO, number=10.0, fuel="jet_kerosene", fuel_t=20.0, note=None):
    return [start[0], start[1], end[0], end[1], start[2], end[2], number, fuel, fuel_t, note]


def frame(*rows):
    return pd.DataFrame(list(rows), columns=COLUMNS)


def read(tmp_path, *rows, read_movements=read_flights):
    frame(*rows).to_csv(tmp_path / "flights.csv", index=False)
    return read_movements(tmp_path / "flights.csv", FUELS)


def faults_of(tmp_path, *rows):
    with pytest.raises(InputError) as caught:
        read(tmp_path, *rows)
    return caught.value.faults


def test_good_flights(tmp_path):
    rows = (
        movement(),
        movement(end=LIMA),
        movement(end=HOME, fuel="aviation_gasoline"),
        movement(start=SANTIAGO, end=HOME),
    )
    flights = read(tmp_path, *rows)
    assert len(flights) == 4
    assert classify(flights, TERRITORIES).tolist() == [
        "cross_boundary", "international", "within_city", "arrival",
    ]  # fmt: skip


def test_domestic_flight_by_hand():
    # 20 t x 44.1 MJ/kg = 0.882 TJ; IPCC 2006: 71 500 kg CO2/TJ, 0.5 kg CH4/TJ, 2 kg N2O/TJ
    result = flight_emissions(frame(movement()), FUELS, TERRITORIES)
    emissions, energy = result.emissions, result.energy
    mass = emissions.set_index("pollutant")["mass_t"]
    assert energy["energy_tj"].item() == pytest.approx(0.882)
    assert mass["co2"] == pytest.approx(0.882 * 71.5)
    assert mass["ch4"] == pytest.approx(0.882 * 0.5e-3)
    assert mass["n2o"] == pytest.approx(0.882 * 2e-3)
    assert set(emissions["activity"]) == {"flight_cross_boundary"}
    assert set(emissions["location"]) == {"unallocated"}
    assert result.notes == ()
    assert result.places is None


def test_international_voyage_by_hand():
    # 100 t of heavy fuel oil: 311.4 t CO2 (MEPC.308(73)), 40.4 MJ/kg = 4.04 TJ
    rows = frame(movement(("Coquimbo", "CL", True), ("Busan", "KR", False), fuel="hfo", fuel_t=100))
    result = voyage_emissions(rows, FUELS, TERRITORIES)
    emissions, energy = result.emissions, result.energy
    assert emissions.set_index("pollutant")["mass_t"]["co2"] == pytest.approx(311.4)
    assert energy["energy_tj"].item() == pytest.approx(4.04)
    assert set(emissions["activity"]) == {"voyage_international"}


def test_movements_of_one_kind_are_added_in_any_order():
    rows = [movement(fuel_t=0.1 * k, note=str(k)) for k in range(1, 9)]
    there = flight_emissions(frame(*rows), FUELS, TERRITORIES)
    back = flight_emissions(frame(*rows[::-1]), FUELS, TERRITORIES)
    assert len(there.energy) == 1
    pd.testing.assert_frame_equal(there.emissions, back.emissions, check_exact=True)


def test_arrivals_are_noted_and_not_counted():
    rows = frame(movement(), movement(SANTIAGO, HOME, number=7, fuel_t=3.5))
    result = flight_emissions(rows, FUELS, TERRITORIES)
    alone = flight_emissions(frame(movement()), FUELS, TERRITORIES)
    pd.testing.assert_frame_equal(result.emissions, alone.emissions, check_exact=True)
    assert result.notes == (
        "7 arriving flights (3.5 t of fuel, 1 rows) are counted where they depart, not here.",
    )


def test_no_movements():
    result = flight_emissions(frame(), FUELS, TERRITORIES)
    assert result.emissions.empty
    assert result.energy.empty
    assert "mass_t" in result.emissions.columns


def test_arrivals_alone_stand_in_a_ledger_with_other_rows():
    some, none = (
        flight_emissions(frame(movement(start=start, end=end)), FUELS, TERRITORIES)
        for start, end in ((HOME, SANTIAGO), (SANTIAGO, HOME))
    )
    for name in ("emissions", "energy"):
        table, empty = (from_frame(getattr(source, name)) for source in (some, none))
        assert len(empty) == 0
        assert stack([table, empty]).records() == table.records()


@pytest.mark.parametrize(
    ("treated_as", "kind"), [("international", "international"), ("domestic", "cross_boundary")]
)
def test_territories_count_as_the_user_sets_them(treated_as, kind, tmp_path):
    path = tmp_path / "territories.csv"
    path.write_text(f"territory,country,treated_as\nHK,CN,{treated_as}\nMO,CN,{treated_as}\n")
    territories = read_territories(path)
    shanghai, hong_kong, macao = ("PVG", "CN", True), ("HKG", "HK", False), ("MFM", "MO", True)
    rows = frame(movement(shanghai, hong_kong), movement(macao, hong_kong))
    assert classify(rows, territories).tolist() == [kind, kind]


def test_shipped_territories():
    assert dict(zip(TERRITORIES["territory"], TERRITORIES["country"], strict=True)) == {
        "HK": "CN",
        "MO": "CN",
        "TW": "CN",
    }


def test_country_codes():
    codes = country_codes()
    assert {"CL", "CN", "NA", "NO", "GB", "HK"} <= codes
    assert 245 <= len(codes) <= 255
    assert all(len(code) == 2 and code.isupper() for code in codes)


def test_all_faults_at_once(tmp_path):
    faults = faults_of(
        tmp_path,
        movement(end=("Santiago", "Chile", False)),
        movement(fuel="jet_kerosin"),
        movement(fuel_t=-1.0),
        movement(SANTIAGO, LIMA),
        movement(start=HOME, end=("La Serena", "CL", False)),
    )
    text = "\n".join(faults)
    for sentence in (
        "`destination_country` of",
        "(value 'Chile')",
        "Did you mean 'jet_kerosene'?",
        "`fuel_t` [t] of",
        "must start or end in the city: 1 of 5 are not, first at row 4 (value 'Santiago')",
        "must have two places if it crosses the boundary",
        "Each place of",
    ):
        assert sentence in text


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([movement(end=("Lima", "pe", False))], "ISO 3166-1 alpha-2 code in capitals"),
        ([movement(end=("Ovalle", "PE", True))], "have one country if both ends are in the city"),
        ([movement(number=0.0)], "have movements .-. > 0 where fuel is burnt"),
        ([movement(), movement(number=2.0)], "rows stand twice, first row 2"),
        ([movement(fuel_t=None)], "`fuel_t` .t. of .* must be present"),
        ([movement(number="ten")], "`movements` .-. of .* must be a number"),
        (
            [movement(), movement(end=("Santiago", "AR", False), note="x")],
            "in all rows one country",
        ),
        ([movement(fuel="hfo")], "must be one of aviation_gasoline, jet_kerosene: 1 of 1"),
        ([movement(end=("Lima", "PE", "perhaps"))], "`destination_in_city` .-. of"),
    ],
)
def test_bad_flight(tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, *rows)


def test_voyage_burns_ship_fuel(tmp_path):
    assert len(read(tmp_path, movement(fuel="hfo"), read_movements=read_voyages)) == 1
    with pytest.raises(InputError, match="must be one of hfo, lng, mdo_mgo"):
        read(tmp_path, movement(), read_movements=read_voyages)


def test_missing_column(tmp_path):
    (tmp_path / "flights.csv").write_text("origin,fuel_t\nLSC,1\n")
    with pytest.raises(InputError, match=r"origin_country, destination, .* not found"):
        read_flights(tmp_path / "flights.csv", FUELS)


def test_same_place_under_two_notes_is_no_repetition(tmp_path):
    assert len(read(tmp_path, movement(note="A320"), movement(note="B737"))) == 2


# CO2 from carbon, 44/12 of it: IPCC 2006 table 1.3 (19.5, 19.1 and 21.1 kg C/GJ)
@pytest.mark.parametrize(
    ("fuel", "carbon_kg_gj", "tolerance"),
    [
        (("aviation", "jet_kerosene"), 19.5, 1e-3),
        (("aviation", "aviation_gasoline"), 19.1, 1e-3),
        (("water", "hfo"), 21.1, 0.01),
        (("water", "mdo_mgo"), 20.2, 0.01),
        (("water", "lng"), 15.3, 0.03),
    ],
)
def test_carbon_of_fuels(fuel, carbon_kg_gj, tolerance):
    row = FUELS.loc[fuel]
    assert row["co2"] / row["energy"] == pytest.approx(carbon_kg_gj * 44 / 12, rel=tolerance)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("water,bio,co2,70,g/kg", "must give each fuel energy: 1 have none, water bio"),
        ("water,bio,energy,27,MJ/kg", "must give each fuel co2 or co2_biogenic: 1 have none"),
        ("water,hfo,nox,79,MJ/kg", "must be MJ/kg for energy, g/kg or kg/TJ for a pollutant"),
        ("water,hfo,co2,3114,g/kg", "must have one row for each subsector, fuel, quantity"),
        ("water,hfo,nox,-1,g/kg", "must be >= 0"),
    ],
)
def test_bad_fuel_table(tmp_path, line, message):
    text = (PROFILES / "movement_fuels.csv").read_text()
    (tmp_path / "movement_fuels.csv").write_text(f"{text}{line},s,2020,l,v,g\n")
    with pytest.raises(InputError, match=message):
        read_movement_fuels(tmp_path)


def test_bad_territories(tmp_path):
    path = tmp_path / "territories.csv"
    path.write_text("territory,country,treated_as\nXX,CN,domestic\nHK,CN,both\n")
    with pytest.raises(InputError, match=r"(?s)must be one of domestic.*`territory` of .*'XX'"):
        read_territories(path)
