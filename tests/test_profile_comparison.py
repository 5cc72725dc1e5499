"""Two sets on the activity of one run, and a type of a set as a user meets it."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import small_run
from own_set import write_set

from transmod.errors import InputError
from transmod.inputs.results import read_result_table
from transmod.outputs.profile_comparison import write_comparison
from transmod.profile_comparison import compare_profiles, read_conditions
from transmod.profile_sheet import show_profile
from transmod.run import run as compute_run


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = small_run.build(tmp_path_factory.mktemp("city"), outputs=["accounts"])
    compute_run(folder)
    return folder


@pytest.fixture(scope="module")
def facts(city):
    return compare_profiles("emep_eea_2019", "china_2014", city)


def amount(facts, side, vehicle_class, process, pollutant):
    rows = facts.rows.set_index(["vehicle_class", "process", "pollutant"])
    return rows.loc[(vehicle_class, process, pollutant), f"amount_{side}"]


def test_the_set_of_the_run_gives_the_ledger_again(city, facts):
    ledger = read_result_table(city, "ledger")
    own = ledger[(ledger["subsector"] == "road") & (ledger["location"] == "link")]
    mass = own.groupby(["vehicle_class", "process", "pollutant"])["mass_t"].sum(min_count=1)
    compared = 0
    for (name, process, pollutant), value in mass.items():
        if process not in ("hot", "electricity", "tyre", "brake", "road_surface"):
            continue
        rows = facts.rows
        found = rows[
            (rows["vehicle_class"] == name)
            & (rows["process"] == process)
            & (rows["pollutant"] == pollutant)
        ]
        if len(found) and np.isfinite(value) and value:
            assert found["amount_a"].item() == pytest.approx(value, rel=1e-9), (name, pollutant)
            compared += 1
    assert compared > 40


def test_the_fleet_goes_over_by_standard(city, facts):
    # 70 % petrol Euro 5 cars are China 5: constant in 30-40 and 40-80 km/h ranges; here CO by hand
    spectrum = read_result_table(city, "spectrum")
    cars = spectrum[spectrum["vehicle_class"] == "car"]
    speed = cars["speed_node"] / 10
    ranges = pd.cut(speed, [-1, 19.99, 29.99, 39.99, 80.0, 200], labels=False)
    correction = np.array([1.69, 1.26, 0.79, 0.39, 0.62])[ranges]
    # hydrocarbons of the guideline count as NMVOC: 0.056, corrected likewise
    by_hand = 0.7 * 0.46 * float((cars["vkm"] * correction).sum()) / 1e6
    assert amount(facts, "b", "car", "hot", "co") == pytest.approx(by_hand, rel=1e-9)
    assert facts.fleet_a == "of the run"
    assert facts.fleet_b == "of the run, by its like"


def test_classes_add_up_and_differences_are_of_a(facts):
    rows = facts.rows.set_index(["process", "pollutant"])
    for side in ("a", "b"):
        total = rows.loc[("hot", "nox")].query("vehicle_class == 'all'")[f"amount_{side}"].item()
        parts = rows.loc[("hot", "nox")].query("vehicle_class != 'all'")[f"amount_{side}"].sum()
        assert total == pytest.approx(parts, rel=1e-12)
    row = facts.rows[facts.rows["pollutant"] == "nox"].iloc[0]
    assert row["difference_percent"] == pytest.approx(
        100 * (row["amount_b"] / row["amount_a"] - 1), rel=1e-12
    )


def test_a_set_against_itself_differs_in_nothing(city):
    facts = compare_profiles("emep_eea_2019", "emep_eea_2019", city)
    assert (facts.rows["difference"].fillna(0.0) == 0.0).all()


@pytest.mark.slow
def test_named_fleets_and_conditions(city):
    warm = compare_profiles(
        "china_2014", "china_2014", city, fleet_a="china_2023", fleet_b="china_2023"
    )
    assert (warm.rows["difference"].fillna(0.0) == 0.0).all()
    cold = compare_profiles(
        "emep_eea_2019", "china_2014", city, fleet_a="europe", fleet_b="china_2023",
        conditions=read_conditions(["temperature_c=5"]),
    )  # fmt: skip
    assert cold.fleet_b == "china_2023"
    assert any("temperature_c 5" in note for note in cold.notes)
    assert amount(cold, "b", "car", "hot", "co") > amount(warm, "b", "car", "hot", "co")


@pytest.mark.parametrize(
    ("call", "part"),
    [
        ({"fleet_b": "europe"}, "Fleet must be one of china_2023"),
        ({"conditions": {"wind": 3}}, "A condition must be one of emep_eea_2019 or china_2014"),
    ],
)
def test_faults_name_what_is_valid(city, call, part):
    with pytest.raises(InputError, match=part):
        compare_profiles("emep_eea_2019", "china_2014", city, **call)


def test_a_run_without_results_is_told_the_way_out(tmp_path):
    folder = small_run.build(tmp_path)
    with pytest.raises(InputError, match=r"must have results.*Compute them: transmod"):
        compare_profiles("emep_eea_2019", "china_2014", folder)


def test_sets_that_do_not_know_each_other_need_fleets(city, tmp_path):
    with pytest.raises(InputError, match="must say which types are alike"):
        compare_profiles("emep_eea_2019", write_set(tmp_path), city)


def test_conditions_are_read_as_name_and_value():
    assert read_conditions(["a=1.5", "b = 2"]) == {"a": 1.5, "b": 2.0}
    with pytest.raises(InputError, match="NAME=VALUE with a number: 'warm' found"):
        read_conditions(["warm"])


def test_the_csv_file_is_the_same_each_time(facts, tmp_path):
    for name in ("a.csv", "b.csv"):
        write_comparison(facts.rows, tmp_path / name)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    back = pd.read_csv(tmp_path / "a.csv")
    assert len(back) == len(facts.rows)
    with pytest.raises(InputError, match="does not exist"):
        write_comparison(facts.rows, tmp_path / "no" / "a.csv")


def test_a_run_with_an_own_set(tmp_path):
    write_set(tmp_path / "mine")
    run = small_run.build(
        tmp_path, volumes={"lcv": {0: 100.0, 1: 50.0}}, outputs=["accounts"],
        fleet={"mix": "mine"}, profiles={"set": "../../mine"},
    )  # fmt: skip
    done = compute_run(run)
    # 1.6 km on either link; 0.25 x 3.0 + 0.75 x 2.8 MJ/km x 74 g/MJ
    energy = 0.25 * 3.0 + 0.75 * 2.8
    assert done.totals["co2_t"] == pytest.approx(150.0 * 1.6 * energy * 74.0 / 1e6, rel=1e-6)


def test_a_type_shows_factors_range_and_sources():
    sheet = show_profile("car_petrol_china4", "china_2014", speeds_kmh=(35.0, 90.0))
    (row,) = [r for r in sheet.factors if (r["process"], r["pollutant"]) == ("hot", "co")]
    assert row["values"] == pytest.approx([0.68 * 0.79, 0.68 * 0.62])
    assert row["road_type"] == "all"
    assert row["unit"] == "g/km"
    n2o = [r["road_type"] for r in sheet.factors if r["pollutant"] == "n2o"]
    assert "urban_peak, urban_off_peak" in n2o
    assert sheet.validity_kmh["rural"] == (5.0, 130.0)
    by_file = {row["file"]: row for row in sheet.sources}
    assert by_file["hot_tables.csv"]["verification"] == "conflict"
    assert "mini and small cars" in by_file["hot_tables.csv"]["note"]
    assert by_file["hot.parquet"]["source"] == "emep_eea_2019_hot"


def test_an_unknown_type_or_speed_is_a_fault():
    with pytest.raises(InputError, match=r"Vehicle type must be one of types\.csv"):
        show_profile("car_petrol_china9", "china_2014")
    with pytest.raises(InputError, match=r"Speeds must be >= 0 and <= 140 \[km/h\]: 150 found"):
        show_profile("car_petrol_china4", "china_2014", speeds_kmh=(150.0,))


@pytest.mark.slow
def test_both_commands_in_a_pipe(city, tmp_path):
    code = "from transmod.cli import app; app()"

    def call(*words):
        command = [sys.executable, "-c", code, "profiles", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    out = tmp_path / "side_by_side.csv"
    compare = ["compare", "emep_eea_2019", "china_2014", "--run", str(city)]
    done = call(*compare, "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "hot nox [t]" in done.stdout
    assert out.exists()
    assert json.loads(call(*compare, "--json").stdout)["set_b"] == "china_2014"
    done = call("show", "car_petrol_china4", "--set", "china_2014")
    assert "hot co [g/km], all" in done.stdout
    assert call("show", "cart").returncode == 2
