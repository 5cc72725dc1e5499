"""The set `china_2014`: the guideline's factors worked by hand, and what is taken as what."""

import dataclasses
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from profile_set import shipped

from transmod.errors import InputError
from transmod.inputs.profiles import read_profiles
from transmod.intake.stock import stocked_fleet
from transmod.model.factor_table import build_factors
from transmod.model.fleet import build_fleet
from transmod.model.profile_checks import check_set
from transmod.schema import GRADIENT_NODES, VEHICLE_CLASSES

FOLDER = Path(__file__).parents[1] / "vehicle_profiles" / "china_2014"
EXAMPLES = pd.read_csv(Path(__file__).parent / "data" / "china_2014_examples.csv")
FLAT = GRADIENT_NODES.index(0.0)


@cache
def china():
    return read_profiles(FOLDER)


@pytest.fixture(scope="module")
def report():
    return check_set(china())


def factor(vehicle_type, pollutant, speed, **conditions):
    """Return a factor on the flat [g/km]."""
    made = build_factors(
        china(), [vehicle_type], year=2023, electricity_kg_per_kwh=0.5, conditions=conditions
    )
    q = made.quantities.index(("hot", pollutant))
    return made.curve[made.index[0, q, 0, FLAT], round(speed * 10)]


@pytest.mark.parametrize("row", EXAMPLES.to_dict("records"), ids=lambda r: r["vehicle_type"])
def test_base_factor_times_corrections_by_hand(row):
    given = dict(part.split("=") for part in str(row["conditions"]).split(";") if "=" in part)
    made = factor(
        row["vehicle_type"], row["pollutant"], row["speed_kmh"],
        **{name: float(value) for name, value in given.items()},
    )  # fmt: skip
    by_hand = row["base"] * np.prod([float(c) for c in str(row["corrections"]).split("*")])
    assert by_hand == pytest.approx(row["value"], rel=1e-7)
    assert made == pytest.approx(row["value"], rel=1e-7)


def test_speed_ranges_are_steps_and_their_ends_lie_as_published():
    # <20, 20-30, 30-40, 40-80, >80 of petrol CO: 1.69, 1.26, 0.79, 0.39, 0.62
    at = [factor("car_petrol_china4", "co", v) / 0.68 for v in (19.9, 20, 30, 40, 80, 80.1, 140)]
    assert at == pytest.approx([1.69, 1.26, 0.79, 0.39, 0.39, 0.62, 0.62])


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("sulphur_petrol_mg_kg", 5, "`sulphur_mg_kg` must lie in one range"),
        ("sulphur_petrol_mg_kg", 900, "`sulphur_mg_kg` must lie in one range"),
        ("deterioration_year", 2019, "`deterioration_year` must lie in one range"),
        ("relative_humidity_percent", 120, ">= 0 and <= 100 [%]: 120 found"),
    ],
)
def test_conditions_beyond_the_guideline_are_faults(name, value, part):
    with pytest.raises(InputError) as caught:
        factor("car_petrol_china4", "co", 50, **{name: value})
    assert part in "\n".join(caught.value.faults)


def test_energy_and_its_co2_are_those_of_the_european_type():
    ours = build_factors(china(), ["heavy_truck_diesel_china5"], year=2023)
    theirs = build_factors(shipped(), ["rigid_diesel_20_26t_euro5_scr"], year=2023)
    q = ours.quantities.index(("hot", "energy"))
    own, other = (f.curve[f.index[0, q]] for f in (ours, theirs))
    np.testing.assert_array_equal(own, other)
    co2 = ours.curve[ours.index[0, ours.quantities.index(("hot", "co2"))]]
    # 20.2 tC/TJ, 98 % oxidised
    np.testing.assert_allclose(co2, own * 20.2 * 44 / 12 * 0.98, rtol=1e-9)


def test_china_6_is_euro_6():
    ours = build_factors(china(), ["car_petrol_china6a"], year=2023)
    theirs = build_factors(shipped(), ["car_petrol_medium_euro6abc_gdi"], year=2023)
    for name in ("co", "nox", "pm2_5", "ch4"):
        q = ours.quantities.index(("hot", name))
        np.testing.assert_array_equal(
            ours.curve[ours.index[0, q]], theirs.curve[theirs.index[0, q]]
        )


def test_the_set_passes_its_check(report):
    assert report.passed, [f for f in report.findings if f.fault]
    assert report.counts["base_factors"] == len(china().hot_tables)
    assert report.counts["base_factors_by_exception"] == len(china().exceptions)


def test_the_slip_of_the_copy_would_be_found():
    base = china().hot_tables
    row = (base["segment"] == "city_bus_gas_china4") & (base["quantity"] == "nox")
    assert base.loc[row, "value"].item() == 6.524
    assert base.loc[row, "verification"].item() == "conflict"
    slip = base.assign(value=base["value"].where(~row, 652.4))
    broken = check_set(dataclasses.replace(china(), hot_tables=slip, fleets={}))
    faults = {(f.rule, f.row) for f in broken.findings if f.fault}
    assert faults >= {
        ("magnitude", "city_bus_gas_china4 nox"),
        ("monotony", "city_bus_gas_china4 nox"),
    }


def test_every_class_has_types_a_fleet_and_a_chinese_name():
    types = china().types
    assert set(types["vehicle_class"]) == set(VEHICLE_CLASSES)
    streams = [(name, "all") for name in VEHICLE_CLASSES]
    fleet = build_fleet(china(), "china_2023", streams)
    np.testing.assert_allclose(fleet.share.sum(axis=1), 1.0, atol=1e-9)
    classes = pd.read_csv(FOLDER / "vehicle_classes.csv")
    assert len(classes) == 14
    assert classes["class_zh"].str.contains(r"[\u4e00-\u9fff]").all()
    kinds = {kind for row in classes["kind"] for kind in row.split(", ")}
    assert kinds == set(china().segments["kind"]) - {"electric_shape"}


def test_every_standard_is_mapped_and_every_type_has_its_like():
    words = set(china().mappings["what"])
    standards = set(china().types["emission_standard"]) - {"zero_tailpipe"}
    assert {f"standard {name}" for name in standards} <= words
    like = china().equivalents
    theirs = shipped().types.set_index("vehicle_type")["vehicle_class"]
    ours = china().types.set_index("vehicle_type")["vehicle_class"]
    assert set(like["other_type"]) <= set(theirs.index)
    same = like["other_type"].map(theirs) == like["vehicle_type"].map(ours)
    assert same.all(), like[~same]
    for way in ("to_this", "to_other"):
        key = "other_type" if way == "to_this" else "vehicle_type"
        assert like.loc[like["way"].isin([way, "both"]), key].is_unique
    # of ours, only taxis of before Euro 3 have no like: the other set has none
    lacking = set(ours.index) - set(like.loc[like["way"] != "to_this", "vehicle_type"])
    assert all(name.startswith("taxi_") for name in lacking), lacking
    # of theirs, all cars, vans, trucks and buses with petrol or diesel alone have one
    rows = shipped().types
    plain = rows[(rows["powertrain"] == "ice") & rows["fuel"].isin(["petrol", "diesel"])]
    assert set(plain["vehicle_type"]) <= set(like["other_type"])


def test_base_factors_and_energy_never_stand_twice(tmp_path):
    both = set(china().hot_tables["segment"] + " " + china().hot_tables["quantity"])
    assert not both & set(china().hot["segment"] + " " + china().hot["quantity"])


def test_a_stock_needs_turnover_and_the_way_out_is_said():
    choice = SimpleNamespace(stock=Path("s.csv"), sales=None, year=None, turnover=None)
    scenario = SimpleNamespace(fleet=choice, year=2023)
    with pytest.raises(InputError, match=r"has no folder turnover\. Run with emep_eea_2019 and"):
        stocked_fleet(china(), None, Path(), scenario)
