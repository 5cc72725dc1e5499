"""Indicators: by hand, against a naive twin; targets on their straight paths."""

import json
import math
from functools import cache

import naive_indicators as naive
import pandas as pd
import pytest
from test_ledger import KEYS, RULES, emission

from transmod.accounts.calibration import Calibration, calibrate
from transmod.accounts.coal import coal_equivalent
from transmod.accounts.held import Holding
from transmod.accounts.indicators import Facts, to_indicators
from transmod.accounts.ledger import post, to_energy_table, to_table
from transmod.accounts.targets import Target, say_targets, to_targets
from transmod.columns import Columns
from transmod.errors import InputError
from transmod.exchange import from_frame
from transmod.inputs.place_areas import Places, read_places
from transmod.inputs.reconciliation_tables import read_benchmarks
from transmod.inputs.tables import read_shipped_table
from transmod.outputs.tables import to_arrow
from transmod.schema import BENCHMARKS, EMISSION_KEYS, INDICATORS, TARGETS

GWP = naive.GWP
DISTRICTS = Columns({"district_id": ["a", "b"], "name": ["A", "B"]})
PLACES = Places({"a": 2.0, "b": 8.0}, {"a": 1000.0}, 10.5, None)
TRUCK = "articulated_diesel_34_40t_euro6"

# district, class, kind, type, km, t of CO2, TJ
DRIVEN = (
    ("a", "car", "internal", "car_petrol", 1e6, 200.0, 3.0),
    ("a", "car", "through", "car_petrol", 5e5, 110.0, 1.5),
    ("b", "car", "inbound_outbound", "car_bev", 4e5, 30.0, 0.2),
    ("b", "articulated_truck", "through", TRUCK, 1e5, 80.0, 1.1),
    ("a", "articulated_truck", "internal", TRUCK, 2e5, 170.0, 2.3),
    ("b", "rigid_truck", "internal", "rigid_own", 1e5, 60.0, 0.8),
)
T_KM = {TRUCK: 12.0, "rigid_own": math.nan}


def activity():
    rows = [
        (district, "road", name, kind, vehicle_type, "rural", km, km / 40.0,
         km * T_KM.get(vehicle_type, math.nan), math.nan)
        for district, name, kind, vehicle_type, km, *_ in DRIVEN
    ]  # fmt: skip
    columns = ["district_id", "subsector", "vehicle_class", "trip_kind", "vehicle_type",
               "road_type", "vkm", "vehicle_h", "tonne_km", "passenger_km"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


@cache
def ledger(factor=None):
    """Road, its grid electricity, a ferry and a held machine, perhaps calibrated."""
    rows, energy = [], []
    for district, name, kind, vehicle_type, _, co2, joules in DRIVEN:
        electric = vehicle_type == "car_bev"
        base = emission(
            "road_electricity" if electric else "road_fuel", co2, district_id=district,
            vehicle_class=name, trip_kind=kind, vehicle_type=vehicle_type,
            fuel="electricity" if electric else "diesel",
            process="electricity" if electric else "hot",
        )  # fmt: skip
        rows.append(base)
        if not electric:
            rows += [base | {"pollutant": "nox", "mass_t": co2 / 300.0}]
            rows += [base | {"pollutant": "ch4", "mass_t": co2 / 1e4}]
            rows += [base | {"pollutant": "n2o", "mass_t": math.nan}]
        energy.append({key: base[key] for key in EMISSION_KEYS} | {"energy_tj": joules})
    for more in (
        emission("voyage_within_city", 40.0, district_id="b", fuel="mdo_mgo", process="sea"),
        emission("off_road_fuel", 25.0, district_id="a", fuel="diesel", process="combustion"),
        emission("flight_international", 999.0, district_id=None, fuel="jet", process="cruise"),
        emission("road_fuel", 0.4, process="evaporation", pollutant="nmvoc", location="district"),
    ):
        rows.append(more)
        if more["process"] != "evaporation":
            energy.append({key: more[key] for key in EMISSION_KEYS} | {"energy_tj": 0.5})
    pair = post(
        from_frame(pd.DataFrame(rows, columns=[*KEYS, "mass_t"])),
        from_frame(pd.DataFrame(energy, columns=[*EMISSION_KEYS, "energy_tj"])),
        RULES["territorial"],
        (Holding("the port's own report", activity="off_road_fuel"),),
    )
    if factor:
        pair = calibrate(*pair, {"diesel": factor}, Calibration("fuel"))
    coal = coal_equivalent("equivalent", 2022)
    return to_table(*pair), to_energy_table(*pair, coal)


@cache
def indicators(factor=None):
    facts = Facts(PLACES, gdp=50.0, gdp_unit="million CNY")
    return to_indicators(*ledger(factor), from_frame(activity()), DISTRICTS, GWP, facts).to_frame()


def find(table, **names):
    for name, value in names.items():
        table = table[table[name].isna()] if value is None else table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_indicators_by_hand():
    table = indicators()
    city = {"district_id": None, "vehicle_class": None}
    # 200 + 110 + 80 + 170 + 60 t over 2.3e6 km; electric cars burn nothing, but drive
    row = find(table, indicator="per_vkm", quantity="co2", scope=1, **city)
    assert row["value"] == pytest.approx(620e6 / 2.3e6)
    assert (row["above"], row["below"], row["unit"]) == (620e6, 2.3e6, "g/km")
    # their electricity stands apart: 30 t
    assert find(table, indicator="per_vkm", quantity="co2", scope=2, **city)["above"] == 30e6
    truck = {"district_id": None, "vehicle_class": "articulated_truck"}
    # 250 t over 3e5 km x 12 t
    row = find(table, indicator="per_tonne_km", quantity="co2", scope=1, **truck)
    assert row["value"] == pytest.approx(250e6 / 3.6e6)
    # the load of rigid trucks is not known: they are in no sum over loads
    row = find(table, indicator="per_tonne_km", quantity="co2", scope=1, **city)
    assert row["value"] == pytest.approx(250e6 / 3.6e6)
    assert table[table["indicator"] == "per_passenger_km"].empty
    share = find(table, indicator="share", subject="nonlocal trucks", quantity="co2", **city)
    assert share["value"] == pytest.approx(80.0 / 620.0)
    # the ferry counts, the machine is held by the port, the flight is a memo item
    row = find(table, indicator="per_km2", quantity="co2", scope=1, subsector="all", **city)
    assert row["value"] == pytest.approx(660.0 / 10.5)
    row = find(table, indicator="per_gdp", quantity="energy", scope=1, subsector="road", **city)
    assert row["value"] == pytest.approx(8.7e3 / 29.3076 / 50.0)
    assert row["unit"] == "tce/million CNY"


def test_what_is_not_known_is_empty_and_says_so():
    table = indicators()
    row = find(table, indicator="per_head", quantity="co2", scope=1, subsector="road",
               district_id=None)  # fmt: skip
    assert math.isnan(row["value"])
    assert "needs the population" in row["explanation"]
    here = find(table, indicator="per_head", quantity="co2", scope=1, subsector="road",
                district_id="a")  # fmt: skip
    assert here["value"] == pytest.approx(480.0 / 1000.0)
    assert here["district_name"] == "A"
    assert "b" not in set(table.loc[table["indicator"] == "per_head", "district_id"])


def test_without_kinds_of_trips_trucks_alone_have_a_share():
    driving = from_frame(activity()).assign(trip_kind="all")
    table = to_indicators(*ledger(), driving, DISTRICTS, GWP).to_frame()
    city = table[(table["indicator"] == "share") & table["district_id"].isna()]
    known = city[city["value"].notna()]
    assert set(known["subject"]) == {"trucks"}
    assert city[city["value"].isna()]["explanation"].str.contains("trip_kind").all()


@pytest.mark.parametrize("factor", [pytest.param(None, marks=pytest.mark.slow), 1.3])
def test_every_line_is_that_of_the_naive_twin(factor):
    rows, energy = (table.to_frame(coded=False).astype(object) for table in ledger(factor))
    rows, energy = (table.where(table.notna(), None) for table in (rows, energy))
    rows["mass_t"] = rows["mass_t"].map(lambda value: math.nan if value is None else value)
    energy["process"] = energy["activity"].map(
        lambda name: "calibration" if name.endswith("_calibration") else "other"
    )
    below = {("per_km2", None): 10.5, ("per_km2", "a"): 2.0, ("per_km2", "b"): 8.0,
             ("per_head", "a"): 1000.0, ("per_gdp", None): 50.0}  # fmt: skip
    table = indicators(factor)
    to_arrow(table, INDICATORS)
    table = table[~table["indicator"].isin(["per_tonne_km", "of_benchmark"])].astype(object)
    table = table.where(table.notna(), None)
    checked = 0
    for row in table[table["value"].notna()].to_dict("records"):
        expected = naive.value_of(row, rows, energy, activity(), below)
        assert row["value"] == pytest.approx(expected, rel=1e-12), row
        checked += 1
    assert checked > 60


def test_a_calibration_is_in_amounts_per_place_and_not_per_kilometre():
    # 620 t of diesel x 1.3
    for factor, per_km, per_km2 in ((None, 620.0, 660.0), (1.3, 620.0, 846.0)):
        table = indicators(factor)
        city = {"quantity": "co2", "scope": 1, "district_id": None, "vehicle_class": None}
        assert find(table, indicator="per_vkm", **city)["above"] == pytest.approx(per_km * 1e6)
        row = find(table, indicator="per_km2", subsector="all", **city)
        assert row["above"] == pytest.approx(per_km2)


def test_freight_is_set_against_published_benchmarks():
    table = indicators()
    row = find(table, indicator="of_benchmark", subject="articulated truck, UK")
    assert row["above"] == pytest.approx((250e6 + 28.0 * 25e3) / 3.6e6)
    assert row["value"] == pytest.approx(row["above"] / 78.0)
    assert row["explanation"].startswith("carbon class B; UK Government")  # 0.89
    own = pd.DataFrame(
        {"vehicle_class": ["articulated_truck"], "vehicle_type": ["*_34_40t_*"],
         "benchmark": ["ours"], "pollutant": ["co2"], "g_per_tkm": [40.0], "source": ["us"]}
    )  # fmt: skip
    facts = Facts(PLACES, benchmarks=own)
    table = to_indicators(*ledger(), from_frame(activity()), DISTRICTS, GWP, facts).to_frame()
    row = find(table, indicator="of_benchmark")
    assert row["value"] == pytest.approx(250e6 / 3.6e6 / 40.0)
    assert row["explanation"] == "carbon class E; types *_34_40t_*; us"


def test_the_shipped_benchmarks_are_of_the_schema(tmp_path):
    path = tmp_path / "benchmarks.csv"
    shipped = read_shipped_table("accounts", "freight_benchmarks")
    shipped.to_csv(path, index=False)
    assert list(read_benchmarks(path).columns) == list(BENCHMARKS.names)
    path.write_text("vehicle_class,benchmark,pollutant,g_per_tkm,source\ntruck,x,nox,-1,x\n")
    with pytest.raises(InputError) as caught:
        read_benchmarks(path)
    assert len(caught.value.faults) == 3


def test_areas_of_polygons_on_the_ellipsoid(tmp_path):
    # a square degree at the equator: 12,309 km2 (Snyder, USGS PP 1395: 111.32 x 110.57)
    square = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    hole = [[0.2, 0.2], [0.2, 0.4], [0.4, 0.4], [0.4, 0.2], [0.2, 0.2]]
    features = [
        {"type": "Feature", "properties": {"district_id": name, "population": people},
         "geometry": {"type": kind, "coordinates": shape}}
        for name, people, kind, shape in (
            ("a", 5, "Polygon", [square]), ("b", 7, "MultiPolygon", [[square, hole]]),
        )
    ]  # fmt: skip
    collection = {"type": "FeatureCollection", "features": features}
    for name in ("boundary.geojson", "districts.geojson"):
        (tmp_path / name).write_text(json.dumps(collection))
    places = read_places(tmp_path)
    assert places.area_km2["a"] == pytest.approx(12308.8, rel=1e-4)
    assert places.area_km2["b"] == pytest.approx(0.96 * places.area_km2["a"], rel=1e-4)
    assert places.city_population == 12.0
    features[0]["properties"]["population"] = None
    (tmp_path / "districts.geojson").write_text(json.dumps(collection))
    assert read_places(tmp_path).city_population is None
    collection["crs"] = {"properties": {"name": "urn:ogc:def:crs:EPSG::32719"}}
    (tmp_path / "districts.geojson").write_text(json.dumps(collection))
    assert read_places(tmp_path).area_km2 == {}


def test_distance_to_a_target_by_hand():
    # from 1,000 t in 2005 by 40 % to 600 t in 2030: 2022 allows 1,000 - 400 x 17/25 = 728 t
    target = Target("t", "co2", "road", (1,), 2005, 1000.0, 2030, 0.4)
    (row,) = to_targets(*ledger(), GWP, 2022, [target]).records()
    assert row["allowed"] == pytest.approx(728.0)
    assert row["value"] == pytest.approx(620.0)
    assert row["distance"] == pytest.approx(-108.0)
    assert row["distance_share"] == pytest.approx(-108.0 / 728.0)
    assert row["per_year"] == pytest.approx(-20.0 / 8.0)
    table = to_targets(*ledger(), GWP, 2022, [target])
    to_arrow(table, TARGETS)
    assert say_targets(table) == (
        "Target 't': 620 t in 2022, 108 below what the straight path allows (targets.csv).",
    )


def test_scope_2_enters_a_target_only_where_it_is_named():
    values = [
        to_targets(
            *ledger(), GWP, 2022, [Target("t", "co2", "road", scopes, 2005, 1.0, 2030, 0.4)]
        )["value"].item()
        for scopes in ((1,), (2,), (1, 2))
    ]
    assert values == pytest.approx([620.0, 30.0, 650.0])


def test_paths_that_start_later_and_end_before():
    target = Target("t", "co2e", "all", (1,), 2005, 1000.0, 2030, 0.4, 2020, 900.0)
    assert target.allowed(2020) == 900.0
    assert target.allowed(2025) == pytest.approx(750.0)
    assert target.allowed(2030) == target.allowed(2040) == pytest.approx(600.0)
    table = to_targets(*ledger(), GWP, 2040, [target])
    assert math.isnan(table["per_year"].item())
