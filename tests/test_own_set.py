"""A user's own set of vehicle profiles: the smallest one, and what is said of faulty ones."""

import numpy as np
import own_set
import pandas as pd
import pytest
from own_set import write_set

from transmod.errors import CoverageError, InputError
from transmod.inputs.profiles import read_profiles
from transmod.model.factor_table import build_factors
from transmod.profiles import check_profiles

VANS = ["van_euro5", "van_euro6"]


def factor(folder, vehicle_type, quantity, speed, **options):
    """Return a factor on the flat [g/km]."""
    made = build_factors(read_profiles(folder), VANS, year=2024, **options)
    j = made.types["vehicle_type"].to_list().index(vehicle_type)
    q = made.quantities.index(("hot", quantity))
    return made.curve[made.index[j, q, 0, 3], round(speed * 10)]


def test_the_smallest_set_passes_the_check(tmp_path):
    report = check_profiles(write_set(tmp_path))
    assert report.passed, [f for f in report.findings if f.fault]
    assert report.counts["base_factors"] == 4


def test_factors_of_the_smallest_set_by_hand(tmp_path):
    folder = write_set(tmp_path)
    # base x speed bin: 1.2 x 1.5 below 30 km/h, 1.2 x 0.8 from there on
    assert factor(folder, "van_euro5", "nox", 29.9) == pytest.approx(1.8, rel=1e-15)
    assert factor(folder, "van_euro5", "nox", 30.0) == pytest.approx(0.96, rel=1e-15)
    # 15 degC lies on the line from 2.0 at 0 to 1.0 at 20: 1.25
    assert factor(folder, "van_euro6", "nox", 50.0) == pytest.approx(0.4 * 0.8 * 1.25, rel=1e-15)
    cold = factor(folder, "van_euro6", "nox", 50.0, conditions={"temperature_c": 0})
    assert cold == pytest.approx(0.4 * 0.8 * 2.0, rel=1e-15)
    # a figure without corrections is a constant; CO2 is energy times carbon
    assert factor(folder, "van_euro5", "co2", 90.0) == pytest.approx(3.0 * 74.0, rel=1e-15)
    # sulphur: 3 MJ/km over 43 MJ/kg x 10 mg/kg x 2
    assert factor(folder, "van_euro5", "so2", 90.0) == pytest.approx(3 / 43 * 0.01 * 2, rel=1e-12)
    more = factor(folder, "van_euro5", "so2", 9.0, conditions={"sulphur_diesel_mg_kg": 350})
    assert more == pytest.approx(3 / 43 * 0.35 * 2, rel=1e-12)


def test_what_is_not_estimated_is_said_and_not_zero(tmp_path):
    made = build_factors(read_profiles(write_set(tmp_path)), VANS, year=2024)
    q = made.quantities.index(("hot", "co"))
    assert not made.estimated[:, q].any()
    assert any("hot co of 2 of 2" in note for note in made.notes)


def test_a_missing_class_and_pollutant_is_a_list_and_no_factors(tmp_path):
    lacking = own_set.not_estimated([p for p in own_set.LACKING if p not in ("co", "bc")])
    text = own_set.HOT_TABLES.replace("van_euro6,nox,0.4", "van_euro6,co,0.4")
    folder = write_set(tmp_path, not_estimated=lacking, hot_tables=text)
    with pytest.raises(CoverageError) as caught:
        build_factors(read_profiles(folder), VANS, year=2024)
    faults = "\n".join(caught.value.faults)
    for part in (
        "hot co for every type of the run",
        "missing for 1 of 2 types, first van_euro5",
        "hot nox for every type",
        "missing for 1 of 2 types, first van_euro6",
        "hot bc for every type",
        "not_estimated.csv",
    ):
        assert part in faults
    report = check_profiles(folder)
    assert not report.passed
    assert {f.rule for f in report.findings if f.fault} == {"coverage"}


@pytest.mark.parametrize(
    ("files", "parts"),
    [
        (
            {"hot_tables": own_set.HOT_TABLES.replace("1.2,g/km", "1.2,mg/km")},
            ("`unit` [-] of", "hot_tables.csv must be one of MJ/km, g/km", "line 3", "'mg/km'"),
        ),
        (
            {"hot_tables": own_set.HOT_TABLES.replace("0.4,g/km", "0.4,MJ/km")},
            ("`unit` of hot_tables.csv must be MJ/km for energy, else g/km", "van_euro6 nox"),
        ),
        (
            {"hot_tables": own_set.HOT_TABLES.replace("2024,van_nox", "1824,van_nox", 1)},
            ("`year` [-] of", "must be >= 1990 and <= 2100", "line 3"),
        ),
        (
            {"types": own_set.TYPES.replace("ice,diesel", "ice,gasoline", 1)},
            ("`fuel` of types.csv must be a name given in fuels.csv", "line 2", "'gasoline'",
             "Names given: diesel"),
        ),
        (
            {"hot_tables": own_set.HOT_TABLES.replace("van_euro6,nox", "van_euro7,nox")},
            ("`segment` of hot_tables.csv must be a name given in segments.csv", "line 5",
             "Names given: van_euro5, van_euro6"),
        ),
        (
            {"corrections": own_set.CORRECTIONS.replace("speed_kmh", "speed_mph", 1)},
            ("`condition` [-] of", "line 2", "'speed_mph'", "speed_kmh, temperature_c"),
        ),
        (
            {"set": own_set.SET.replace("temperature_c = 15", "temperature = 15")},
            ("`conditions` of", "'temperature' found", "temperature_c"),
        ),
        (
            {"set": own_set.SET.replace("temperature_c = 15", "temperature_c = 288")},
            ("`conditions.temperature_c` of", ">= -50 and <= 60 [degC]: 288 found"),
        ),
        (
            {"fuels": None},
            ("fuels.csv must exist: no such file",),
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_faults_are_named_with_file_line_and_valid_names(tmp_path, files, parts):
    with pytest.raises(InputError) as caught:
        read_profiles(write_set(tmp_path, **files))
    text = "\n".join(caught.value.faults)
    for part in parts:
        assert part in text, text


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"temperature_c": 25}, "`temperature_c` must lie in one range of corrections.csv [degC]"),
        ({"temperature_c": 25}, "25 found for van_euro6 nox. Ranges: 0, 20."),
        ({"temperature_c": 300}, ">= -50 and <= 60 [degC]: 300 found"),
        ({"humidity": 3}, "Valid: temperature_c, load_fraction, sulphur_diesel_mg_kg"),
    ],
)  # fmt: skip
def test_conditions_beyond_what_is_published_are_faults(tmp_path, given, part):
    profiles = read_profiles(write_set(tmp_path))
    with pytest.raises(InputError) as caught:
        build_factors(profiles, VANS, year=2024, conditions=given)
    assert part in "\n".join(caught.value.faults)


def test_ranges_that_overlap_or_leave_a_gap_are_faults(tmp_path):
    text = own_set.CORRECTIONS.replace("bin,30,,true", "bin,40,,true")
    with pytest.raises(InputError, match=r"speed_kmh.*30 found for van_euro5 nox"):
        build_factors(read_profiles(write_set(tmp_path, corrections=text)), VANS, year=2024)
    text = own_set.CORRECTIONS.replace("bin,30,,true", "bin,20,,true")
    with pytest.raises(InputError, match=r"speed_kmh.*20 found for van_euro5 nox"):
        build_factors(read_profiles(write_set(tmp_path, corrections=text)), VANS, year=2024)


def test_two_patterns_for_one_correction_are_a_fault(tmp_path):
    text = own_set.CORRECTIONS.replace("bin,30,,", "bin,30,,").replace(
        "speed_kmh,van_*,nox,bin,30", "speed_kmh,*_euro5,nox,bin,30"
    )
    with pytest.raises(InputError, match="must correct van_euro5 nox for speed_kmh once"):
        build_factors(read_profiles(write_set(tmp_path, corrections=text)), VANS, year=2024)


def test_a_slip_of_unit_and_a_dirtier_standard_are_found(tmp_path):
    text = own_set.HOT_TABLES.replace("van_euro6,nox,0.4", "van_euro6,nox,400")
    report = check_profiles(write_set(tmp_path, hot_tables=text))
    found = {f.rule: f for f in report.findings if f.fault}
    assert not report.passed
    assert set(found) == {"monotony", "magnitude"}
    assert found["magnitude"].row == "van_euro6 nox"
    assert "Grams for milligrams" in found["magnitude"].text


def test_an_exception_lists_what_stays_and_must_be_needed(tmp_path):
    text = own_set.HOT_TABLES.replace("van_euro6,nox,0.4", "van_euro6,nox,1.3")
    folder = write_set(tmp_path, hot_tables=text)
    header = "rule,segment,quantity,reason,source,verification\n"
    path = folder / "exceptions.csv"
    path.write_text(header + "monotony,van_euro6,nox,measured so,measured,read\n")
    report = check_profiles(folder)
    assert report.passed
    assert any("Stays: measured so" in f.text for f in report.findings)
    path.write_text(header + "monotony,van_euro6,energy,measured so,measured,read\n")
    assert {f.rule for f in check_profiles(folder).findings if f.fault} == {"monotony", "exception"}


def test_shares_that_do_not_sum_to_one_are_a_fault(tmp_path):
    text = own_set.FLEET.replace("0.75", "0.74")
    report = check_profiles(write_set(tmp_path, mine=text))
    (fault,) = [f for f in report.findings if f.fault]
    assert fault.file == "fleets/mine.csv"
    assert "lcv all sums to 0.99 over 2 types" in fault.text


def test_a_curve_with_a_pole_is_listed(tmp_path):
    row = {
        "segment": "van_euro5", "quantity": "co", "road_type": None, "gradient": np.nan,
        "load_fraction": np.nan, "speed_min_kmh": 10.0, "speed_max_kmh": 100.0, "num_v2": 0.0,
        "num_v1": 0.0, "num_v0": 1.0, "num_inverse_v": 0.0, "den_v2": 0.0, "den_v1": 1.0,
        "den_v0": -50.0, "reduction": 0.0, "check_speed_kmh": np.nan, "check_value": np.nan,
        "unit": "g/km", "source": "measured", "year": 2024, "error_group": "co",
        "verification": "read",
    }  # fmt: skip
    folder = write_set(tmp_path)
    table = pd.DataFrame([row])
    table["road_type"] = table["road_type"].astype("object")
    table.to_parquet(folder / "hot.parquet")
    report = check_profiles(folder)
    (pole,) = [f for f in report.findings if f.rule == "pole"]
    assert (pole.file, pole.row) == ("hot.parquet", "van_euro5 co")
    assert "denominator is zero in the speed range" in pole.text
