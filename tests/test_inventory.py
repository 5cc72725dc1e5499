"""The inventory: worked by hand, against plain loops, and closed against the ledger."""

import math

import numpy as np
import pandas as pd
import pytest
from test_ledger import emission, posted
from test_movements import FUELS, HOME, LIMA, SANTIAGO, TERRITORIES, frame, movement

from transmod.accounts.coal import coal_equivalent
from transmod.accounts.inventory import Account, to_inventory, totals
from transmod.accounts.ledger import post, total
from transmod.columns import Columns, stack
from transmod.errors import CheckError, Faults
from transmod.exchange import from_frame
from transmod.inputs.checks import check_table
from transmod.inputs.rules import read_rule
from transmod.model.aviation import flight_emissions
from transmod.schema import INVENTORY, POLLUTANTS

GWP = {"co2": 1.0, "ch4": 28.0, "n2o": 265.0}
ACCOUNT = Account(2023, "territorial", "set", "AR5", GWP, coal_equivalent("equivalent", 2023))
DISTRICTS = Columns({"district_id": ["b", "a"], "name": ["Bay", "Alp"]})
VKM = Columns({"district_id": ["a", "b", "no_district"], "vkm": [100.0, 20.0, 3.0]})

ROWS = (
    emission(mass_t=10.0),
    emission(mass_t=5.0, vehicle_class="taxi"),
    emission(mass_t=0.1, pollutant="ch4"),
    emission(mass_t=0.01, pollutant="n2o"),
    emission(mass_t=1.0, pollutant="co2_biogenic"),
    emission(mass_t=0.2, pollutant="nox", vehicle_class="bus", fuel="diesel"),
    emission("road_wear", 0.3, process="tyre", pollutant="pm10"),
    emission("road_electricity", 4.0, fuel="electricity", process="electricity", district_id="b"),
    emission(mass_t=2.0, district_id="b"),
    emission(mass_t=0.5, district_id="no_district"),
    emission("flight_international", 900.0, district_id=None, location="unallocated"),
)


@pytest.fixture(scope="module")
def ledgers():
    return posted(*ROWS)


@pytest.fixture(scope="module")
def table(ledgers):
    return to_inventory(*ledgers, ACCOUNT, DISTRICTS, VKM).to_frame()


def pick(table, **wanted):
    for name, value in wanted.items():
        table = table[table[name].isna() if value is None else table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_form(table):
    faults = Faults()
    check_table(table, INVENTORY, "inventory", faults)
    faults.raise_any()
    assert tuple(table.columns) == INVENTORY.names
    assert table["district_id"].isna().tolist() == [False] * (len(table) - 1) + [True]
    assert table["district_id"].dropna().is_monotonic_increasing


def test_cars_by_hand(table):
    # 15 t CO2 + 0.1 t x 28 + 0.01 t x 265 = 20.45 t CO2e; car and taxi are one IPCC category
    row = pick(table, district_id="a", ipcc_code="1.A.3.b.i", item="inventory")
    assert row["co2_t"] == 15.0
    assert row["co2e_t"] == pytest.approx(20.45)
    assert (row["gpc_ref"], row["scope"], row["district_name"]) == ("II.1.1", 1, "Alp")
    assert row["energy_tj"] == 4.0
    assert row["energy_tce"] == pytest.approx(4000.0 / 29.3076)


def test_what_is_not_estimated_is_null(table):
    bus = pick(table, ipcc_code="1.A.3.b.iii")
    assert bus["nox_t"] == 0.2
    assert pd.isna(bus["co2_t"])
    assert pd.isna(bus["co2e_t"])
    wear = pick(table, activity="road_wear")
    assert wear["pm10_t"] == 0.3
    assert pd.isna(wear["ipcc_code"])


def test_memo_items_and_electricity_stand_apart(table):
    biogenic = pick(table, memo_kind="biogenic_co2")
    assert biogenic["co2_biogenic_t"] == 1.0
    assert pd.isna(biogenic["co2e_t"])
    assert not biogenic["in_total"]
    power = pick(table, scope=2)
    assert (power["co2_t"], power["in_total"], power["item"]) == (4.0, False, "inventory")
    bunker = pick(table, memo_kind="international_aviation_bunker")
    assert bunker["district_name"] == "not attributed to a district"


def test_no_district_is_named(table):
    row = pick(table, district_id="no_district")
    assert row["district_name"] == "inside the boundary, in no district"


def test_vkm_stands_once_in_each_district(table):
    assert table["vkm"].dropna().tolist() == [100.0, 20.0, 3.0]
    home = table[table["vkm"].notna()]
    assert set(home["activity"]) == {"road_fuel"}


def test_inventory_adds_up_to_the_ledger(table, ledgers):
    for name in POLLUTANTS:
        rows = stack(ledger.rows for ledger in ledgers)
        mass = np.nansum(rows["mass_t"][rows["pollutant"] == name])
        assert table[f"{name}_t"].sum() == pytest.approx(mass, rel=1e-12)
    in_total = table[table["in_total"]]
    assert in_total["co2_t"].sum() == pytest.approx(total(ledgers[0], "co2"), rel=1e-12)


def test_not_estimated_is_null_on_its_line():
    ledgers = posted(emission(mass_t=math.nan, pollutant="nh3"), emission(mass_t=1.0))
    table = to_inventory(*ledgers, ACCOUNT, DISTRICTS, VKM[:1]).to_frame()
    line = pick(table, gpc_ref="II.1.1")
    assert line["co2_t"] == 1.0
    assert pd.isna(line["nh3_t"])
    assert pd.isna(line["notation_key"])


def test_a_line_without_any_figure_is_not_estimated():
    ledgers = posted(emission(mass_t=math.nan), emission(mass_t=1.0, activity="road_wear"))
    table = to_inventory(*ledgers, ACCOUNT, DISTRICTS, VKM[:1]).to_frame()
    assert pd.isna(pick(table, notation_key="NE")["co2_t"])
    assert pick(table, activity="road_wear")["co2_t"] == 1.0


def test_totals_by_hand(ledgers):
    city = totals(*ledgers, ACCOUNT, 123.0)
    assert city["co2_t"] == 17.5
    assert city["co2e_t"] == pytest.approx(17.5 + 2.8 + 2.65)
    assert city["pm10_t"] == 0.3
    assert city["vkm"] == 123.0
    assert "nh3_t" not in city
    assert city["scope_2"]["co2_t"] == 4.0
    assert "scope_3" not in city
    assert city["memo"] == {
        "international_aviation_bunker": {"co2_t": 900.0, "co2e_t": 900.0},
        "biogenic_co2": {"co2_biogenic_t": 1.0},
    }


def test_flights_leave_every_figure_of_the_city_as_it_was(ledgers):
    flights = frame(movement(), movement(end=LIMA), movement(start=SANTIAGO, end=HOME))
    flown = flight_emissions(flights, FUELS, TERRITORIES)
    rows, more_energy = (
        stack([*(getattr(ledger, name)[list(extra)] for ledger in ledgers), extra])
        for name, extra in (
            ("rows", from_frame(flown.emissions)),
            ("energy", from_frame(flown.energy)),
        )
    )
    after = post(rows, more_energy, read_rule("territorial"))
    city, before = totals(*after, ACCOUNT, 1.0), totals(*ledgers, ACCOUNT, 1.0)
    memo, _ = city.pop("memo"), before.pop("memo")
    assert city == before
    # 20 t of kerosene each: 63.063 t of CO2
    assert memo["cross_boundary_aviation"]["co2_t"] == pytest.approx(63.063)
    assert memo["international_aviation_bunker"]["co2_t"] == pytest.approx(963.063)


def test_district_without_name(ledgers):
    with pytest.raises(CheckError, match="must have a name: 'b' has none"):
        to_inventory(*ledgers, ACCOUNT, DISTRICTS[1:], VKM)


def test_traffic_without_a_road_line(ledgers):
    more = Columns({"district_id": ["c"], "vkm": [1.0]})
    with pytest.raises(CheckError, match="must stand on a road line: district 'c' has none"):
        to_inventory(*ledgers, ACCOUNT, DISTRICTS, stack([VKM, more]))


def test_warming_potentials_must_be_whole():
    with pytest.raises(CheckError, match="'AR5' must hold co2, ch4, n2o: n2o not found"):
        Account(2023, "territorial", "set", "AR5", {"co2": 1.0, "ch4": 28.0}, ACCOUNT.coal)
