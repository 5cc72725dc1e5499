"""Fleet turnover: lives, cohorts, standards, kilometres, shares."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_turnover import move_on as naive_move_on
from naive_turnover import survivors
from profile_set import FOLDER, shipped

from transmod.errors import InputError
from transmod.inputs.fleet_tables import read_stock, read_turnover, to_stock
from transmod.model.cohorts import Count, build_cohorts, to_shares
from transmod.model.fleet import build_fleet
from transmod.model.turnover import lives, log_survival, move_on

COLUMNS = ["vehicle_class", "fuel", "size", "registration_year", "vehicles"]
STOCK = [
    ("car", "petrol", "medium", 2005, 100.0),
    ("car", "petrol", "small", 2015, 300.0),
    ("car", "diesel", "medium", 2018, 200.0),
    ("car", "electricity", "medium", 2022, 50.0),
    ("car", "petrol", "medium", 2022, 150.0),
    ("bus", "diesel", "standard", 2012, 7.0),
    ("bus", "cng", "standard", 2021, 5.0),
]


@cache
def turnover():
    return read_turnover(FOLDER / "turnover")


def stock(rows=STOCK, **more):
    return to_stock(pd.DataFrame(rows, columns=COLUMNS).assign(**more))


def shares(rows=STOCK, year=2022, region="europe", is_sales=False, counted_in=None, **more):
    table = stock(rows, **more)
    count = Count(region=region, year=year, is_sales=is_sales, counted_in=counted_in)
    return to_shares(build_cohorts(shipped(), turnover(), table, count), "test")


def test_by_hand():
    # two petrol cars of one size: 100 of 2012 (age 10) and 50 of 2021 (age 1). In Europe a petrol
    # car drives 12,050 km in its second year and 9,060 km in its eleventh; Euro 5 has
    # 30 % direct injection, Euro 6d 60 % with filter.
    rows = [("car", "petrol", "medium", 2012, 100.0), ("car", "petrol", "medium", 2021, 50.0)]
    old, new = 100 * 9060.0, 50 * 12050.0
    expected = {
        "car_petrol_medium_euro5_gdi": 0.3 * old,
        "car_petrol_medium_euro5_pfi": 0.7 * old,
        "car_petrol_medium_euro6d_gdi_gpf": 0.6 * new,
        "car_petrol_medium_euro6d_pfi": 0.4 * new,
    }
    found = shares(rows, counted_in=2022).set_index("vehicle_type")["share"]
    for name, km in expected.items():
        assert found[name] == pytest.approx(km / (old + new), rel=1e-12)
    assert len(found) == 4


def test_survivors_by_hand():
    # car in China: exp(-(10 / 14.46)^4.79) = 0.8429
    curve = (["weibull"], np.array([14.46]), np.array([4.79]))
    assert np.exp(log_survival(np.array([10.0]), *curve))[0] == pytest.approx(0.8429, abs=1e-4)
    sold = [("car", "petrol", "medium", 2012, 1000.0), ("car", "petrol", "medium", 2022, 10.0)]
    count = Count("china", 2022, is_sales=True)
    cohorts = build_cohorts(shipped(), turnover(), stock(sold), count).table
    left = cohorts.groupby("registration_year")["vehicles"].sum()
    assert left[2012] == pytest.approx(842.9, abs=0.1)
    assert left[2022] == 10.0


@pytest.mark.parametrize("form", ["weibull", "logistic"])
@given(age=st.floats(0, 60), step=st.floats(0, 20), scale=st.floats(3, 40), shape=st.floats(0.2, 8))
@settings(max_examples=30, deadline=None)
def test_survival_falls_from_one(form, age, step, scale, shape):
    ages = np.array([0.0, age, age + step])
    log = log_survival(ages, [form] * 3, np.full(3, scale), np.full(3, shape))
    assert log[0] == pytest.approx(0.0, abs=1e-12)
    assert log[0] >= log[1] - 1e-12
    assert log[1] >= log[2] - 1e-12
    twin = survivors(age, form, scale, shape)
    assert np.exp(log[1]) == pytest.approx(twin, rel=1e-9, abs=1e-300)


def test_moving_on_is_as_vehicle_by_vehicle():
    rows = [r for r in STOCK if r[0] == "car"]
    moved = move_on(stock(rows), lives(turnover(), "europe"), 2022, 2031, growth=0.02)
    own = turnover().survival.query("region == 'europe' and vehicle_class == 'car'").iloc[0]
    curve = (own["form"], own["scale_years"], own["shape"])
    twin = naive_move_on({((f, s), y): n for _, f, s, y, n in rows}, curve, 2022, 2031, 0.02)
    found = {((f, s), y): n for f, s, y, n in moved[COLUMNS[1:]].itertuples(index=False)}
    assert found.keys() == twin.keys()
    for key, vehicles in twin.items():
        assert found[key] == pytest.approx(vehicles, rel=1e-10)
    assert moved["vehicles"].sum() == pytest.approx(800.0 * 1.02**9)


def test_shares_sum_to_one_and_build_a_fleet():
    table = shares(year=2027)
    for _, rows in table.groupby("vehicle_class"):
        assert rows["share"].sum() == pytest.approx(1.0, abs=1e-12)
    fleet = build_fleet(
        shipped(), "test", [("car", "all"), ("bus", "all")], year=2027, shares=table
    )
    assert fleet.share.sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-12)


@pytest.mark.parametrize("is_sales", [False, True])
def test_doubling_the_counts_changes_no_share(is_sales):
    twice = [(*row[:4], 2 * row[4]) for row in STOCK]
    once, doubled = shares(year=2026, is_sales=is_sales), shares(twice, 2026, is_sales=is_sales)
    assert once["vehicle_type"].tolist() == doubled["vehicle_type"].tolist()
    np.testing.assert_allclose(once["share"], doubled["share"], rtol=1e-12)


def test_order_of_rows_changes_nothing():
    a, b = shares(year=2026), shares(STOCK[::-1], 2026)
    pd.testing.assert_frame_equal(a, b)


def test_after_a_century_all_is_of_the_newest_standard():
    types = shipped().types.set_index("vehicle_type")["emission_standard"]
    found = shares(year=2122)
    newest = {"euro6d", "zero_tailpipe", "eev"}  # no newer gas bus is published than EEV
    assert set(types[found["vehicle_type"]]) <= newest
    assert found.groupby("vehicle_class")["share"].sum().tolist() == pytest.approx([1.0, 1.0])


def test_a_fleet_grows_younger_or_older_but_never_backwards():
    with pytest.raises(
        InputError, match=r"order newest registration, count, fleet: 2022, 2022, 2015"
    ):
        shares(year=2015)


def test_sales_that_begin_late_are_said():
    table = stock([("car", "petrol", "medium", 2015, 10.0)])
    cohorts = build_cohorts(shipped(), turnover(), table, Count("europe", 2022, is_sales=True))
    assert any("begin in 2015, of which 100% still drive in 2015" in note for note in cohorts.notes)


def test_standards_of_shanghai_are_earlier():
    rows = [("car", "petrol", "medium", 2019, 1.0), ("bus", "diesel", "standard", 2010, 1.0)]
    of = shipped().types.set_index("vehicle_type")["emission_standard"]
    for region, expected in (("china", {"euro5", "euro3"}), ("shanghai", {"euro6d", "euro4"})):
        assert set(of[shares(rows, 2022, region, counted_in=2022)["vehicle_type"]]) == expected


@pytest.mark.parametrize(
    ("region", "vehicle_class", "fuel", "year", "standard"),
    [
        # GB 18352.6-2016 and GB 17691-2018 as the mapping of Chinese standards has them
        ("china", "car", "petrol", 2016, "euro4"),
        ("china", "car", "petrol", 2017, "euro5"),
        ("china", "car", "diesel", 2017, "euro4"),
        ("china", "car", "petrol", 2023, "euro6d"),
        ("china", "articulated_truck", "diesel", 2020, "euro5"),
        ("china", "articulated_truck", "diesel", 2021, "euro6abc"),
        # Euro 6 b for all new cars from September 2015: 1 July of 2015 is still Euro 5
        ("europe", "car", "diesel", 2015, "euro5"),
        ("europe", "car", "diesel", 2016, "euro6abc"),
    ],
)
def test_standards_by_registration_year(region, vehicle_class, fuel, year, standard):
    size = "medium" if vehicle_class == "car" else "34_40t"
    found = shares([(vehicle_class, fuel, size, year, 1.0)], 2023, region, counted_in=2023)
    of = shipped().types.set_index("vehicle_type")["emission_standard"]
    assert set(of[found["vehicle_type"]]) == {standard}


def test_all_faults_at_once(tmp_path):
    rows = [
        ("car", "kerosene", "medium", 2015, 1.0),
        ("bus", "diesel", "huge", 2015, 1.0),
    ]
    with pytest.raises(InputError) as caught:
        shares(rows, emission_standard="euro9")
    said = "\n".join(caught.value.faults)
    assert "`emission_standard` of a fleet must be one of" in said
    assert "`fuel` of car must be one that the set emep_eea_2019 has" in said
    assert "first car kerosene medium 2015 (value 'kerosene'). Valid: " in said
    assert "`size` of bus" in said
    path = tmp_path / "stock.csv"
    path.write_text(
        "vehicle_class,fuel,size,registration_year,vehicles\n"
        "car,petrol,medium,2015,-3\ntram,diesel,standard,soon,4\n"
    )
    with pytest.raises(InputError) as caught:
        read_stock(path)
    said = "\n".join(caught.value.faults)
    assert "must be >= 0" in said
    assert "must be one of car, taxi" in said
    assert "must be a whole number" in said


def test_a_kind_without_a_type_names_the_standards_that_have_one():
    with pytest.raises(InputError, match=r"ice cng euro3 medium general: none .* type: euro4"):
        shares([("car", "cng", "medium", 2003, 5.0)])


def test_years_without_a_standard(tmp_path):
    folder = tmp_path / "turnover"
    folder.mkdir()
    for path in (FOLDER / "turnover").glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        if path.name == "standards.csv":
            text = "\n".join(line for line in text.splitlines() if ",1900," not in line) + "\n"
        (folder / path.name).write_text(text, encoding="utf-8")
    table = stock([("bus", "diesel", "standard", 1980, 5.0)], registration_year=1980)
    with pytest.raises(
        InputError, match=r"bus diesel must have a standard .*: 1980 to 1985 have none"
    ):
        build_cohorts(shipped(), read_turnover(folder), table, Count("europe", 1985))


def test_an_unknown_region():
    with pytest.raises(InputError, match=r"'mars' found. Regions given: china, europe, shanghai"):
        shares(region="mars")


def test_a_class_without_vehicles():
    with pytest.raises(InputError, match=r"more than none \[veh\]: 0 found of car all in 2022"):
        shares([("car", "petrol", "medium", 2022, 0.0)])
