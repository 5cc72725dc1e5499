"""Sets of vehicle profiles: reading, listing, proving."""

import dataclasses
import shutil
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from profile_set import FOLDER, shipped

from transmod.errors import InputError
from transmod.inputs.profile_tables import ALL
from transmod.inputs.profiles import read_profiles
from transmod.model.origin_checks import list_origins
from transmod.model.profile_checks import check_set
from transmod.profiles import check_profiles, list_profiles


@pytest.fixture(scope="module")
def report():
    return check_profiles(FOLDER)


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "set"
    shutil.copytree(FOLDER, folder)
    return folder


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_set_passes(report):
    assert report.passed
    assert not [finding for finding in report.findings if finding.fault]


def test_poles_and_negative_rows_are_all_listed(report):
    rules = Counter(finding.rule for finding in report.findings)
    assert report.counts["pole_rows"] == rules["pole"] == 198
    assert report.counts["negative_rows"] == rules["negative"] == 23


def test_interpolation_error_between_nodes(report):
    # about 6 % of the rows err by more than 1e-4 and 163 to 165 by more than 1e-3, all beside a
    # near-singularity of the published fraction; each is listed
    rows = report.counts["hot_rows"] - 198 - 23
    assert report.counts["interpolation_error_median"] == pytest.approx(1.1e-5, rel=0.05)
    assert 0.05 < report.counts["interpolation_above_1e-4"] / rows < 0.07
    assert 160 <= report.counts["interpolation_above_1e-3"] <= 168
    listed = [finding for finding in report.findings if finding.rule == "interpolation"]
    assert len(listed) == report.counts["interpolation_above_1e-4"]


def test_every_published_check_value_is_reproduced(report):
    assert report.counts["check_values"] == 28_990
    assert report.counts["check_values_above_1e-6"] == 0
    assert report.counts["check_value_error_max"] <= 1e-6


def test_co2_balances_with_energy(report):
    assert report.counts["carbon_balance_error_max"] < 1e-14


def test_hundreds_of_types_share_curves(report):
    assert report.counts["types"] > 800
    assert report.counts["curves"] < 20 * report.counts["types"]


def test_figures_that_are_not_verified_are_listed(report):
    listed = {f.row.split()[0] for f in report.findings if f.file == "electricity.csv"}
    assert listed == {"CL-SEN"}
    files = Counter(f.file for f in report.findings if f.rule == "verification")
    assert {"urea.csv", "lubricant.csv", "turnover/survival.csv", "movement_fuels.csv"} <= set(
        files
    )
    # every CSV of the folder counts, whoever reads it
    for path in FOLDER.rglob("*.csv"):
        table = pd.read_csv(path, dtype=str)
        if "verification" in table.columns:
            bad = ~table["verification"].str.lower().str.startswith(("read", "computed"))
            assert files[path.relative_to(FOLDER).as_posix()] == bad.sum(), path.name
    assert files["transmod/accounts/tables/power_coal.csv"] == 4


@pytest.mark.parametrize("column", ["sulphur_mg_kg", "density_kg_l"])
def test_what_rests_on_typical_figures_is_listed(report, column):
    rows = {f.row for f in report.findings if f.file == "origins.csv"}
    assert f"fuels.csv {column} lpg" in rows
    assert {"set.toml charging_efficiency_dc *", "types.csv load_fraction rigid_*"} <= rows
    # seen: limits of sulphur, the electric share of plug-ins, charging of one car
    assert not rows & {"types.csv electric_share *_phev_*", "fuels.csv sulphur_mg_kg diesel"}


def test_a_column_without_origin_is_listed(report):
    assert report.counts["columns_without_origin"] == 0
    profiles = shipped()
    known = profiles.origins["column"] != "axles"
    types = profiles.types.head(3)
    bare = dataclasses.replace(profiles, origins=profiles.origins[known], types=types)
    found = [f for f in list_origins(bare, {}) if f.rule == "origin"]
    assert [(f.file, f.row, f.fault) for f in found] == [("types.csv", "axles", False)]
    assert "3 of 3 rows" in found[0].text


def test_every_row_has_unit_source_year_and_licence():
    profiles = shipped()
    licences = profiles.sources.set_index("source")["licence"]
    for table in ALL:
        names = table.names
        if "source" not in names or table.name == "sources.csv":
            continue
        frame = pd.read_parquet(FOLDER / table.name) if "parquet" in table.name else None
        frame = pd.read_csv(FOLDER / table.name) if frame is None else frame
        assert frame["source"].map(licences).notna().all(), table.name
        for name in {"unit", "year", "verification"} & set(names):
            assert frame[name].notna().all(), (table.name, name)


def test_a_wrong_coefficient_is_a_fault():
    profiles = shipped()
    hot = profiles.hot[profiles.hot["segment"] == "car_petrol_medium_euro4_pfi"]
    hot = hot.reset_index(drop=True)
    types = profiles.types[profiles.types["hot_segment"] == hot["segment"][0]]
    hot.loc[3, "num_v0"] *= 1.01
    none = {name: table.iloc[:0] for name, table in profiles.processes.items()}
    broken = check_set(
        dataclasses.replace(profiles, hot=hot, types=types, fleets={}, processes=none)
    )
    assert not broken.passed
    faults = [finding for finding in broken.findings if finding.fault]
    assert [finding.rule for finding in faults] == ["published check value"]
    assert "found" in faults[0].text


def test_list_names_sets_types_and_fleets():
    other, found = list_profiles(FOLDER.parent)
    assert other["name"] == "china_2014"
    assert found["name"] == "emep_eea_2019"
    assert "car_petrol_medium_euro5_pfi" in found["types"]["car"]
    assert {fleet["name"] for fleet in found["fleets"]} == {"coquimbo", "europe"}
    assert "CN-Shanghai" in found["electricity_areas"]
    assert {"AR5", "AR6"} <= set(found["gwp_sets"])


def test_a_folder_without_sets(tmp_path):
    with pytest.raises(InputError, match="must hold sets of vehicle profiles: no"):
        list_profiles(tmp_path)


def test_an_unknown_set_names_those_beside_it():
    with pytest.raises(InputError, match=r"Sets beside it: china_2014, emep_eea_2019"):
        read_profiles(FOLDER.parent / "emep")


def test_the_hash_follows_every_file(copy):
    before = read_profiles(copy).sha256
    assert before == shipped().sha256
    edit(copy / "fuels.csv", "diesel,combustion,43.0,74.1", "diesel,combustion,43.0,74.2")
    assert read_profiles(copy).sha256 != before


def test_all_faults_of_all_files_at_once(copy):
    (copy / "gwp.csv").unlink()
    edit(copy / "set.toml", "mileage_km = 100000", "mileage_km = -1")
    edit(copy / "fuels.csv", "74.1", "seventy")
    edit(copy / "wear.csv", "0.0107,false", "-0.0107,false")
    edit(copy / "bc_fraction.csv", "read", "believed")
    edit(copy / "electricity.csv", "kg/kWh", "g/kWh")
    hot = pd.read_parquet(copy / "hot.parquet")
    hot.loc[5, "num_v0"] = np.nan
    pd.concat([hot, hot.iloc[[9]]]).to_parquet(copy / "hot.parquet")
    with pytest.raises(InputError) as caught:
        read_profiles(copy)
    text = "\n".join(caught.value.faults)
    for part in (
        "gwp.csv must exist: no such file",
        "`defaults.mileage_km` of",
        "`co2_g_mj` [g/MJ] of",
        "`tsp_g_km` [g/km] of",
        "`verification` [-] of",
        "`unit` [-] of",
        "`num_v0` [-] of",
        "hot.parquet must have one row for each segment, quantity",
    ):
        assert part in text, part


def test_names_that_are_not_given_and_units_that_do_not_fit(copy):
    edit(copy / "types.csv", "car_petrol_medium_euro5_pfi,,0.0", "car_petrol_middling,,0.0")
    edit(copy / "types.csv", "passenger_car,2", "passenger_cars,2")
    edit(copy / "electric.csv", "carculator_2020", "carculator")
    edit(copy / "fleets" / "europe.csv", "bus,all,bus_bev_standard", "coach,all,bus_bev_standard")
    hot = pd.read_parquet(copy / "hot.parquet")
    hot.loc[hot["quantity"] == "energy", "unit"] = "g/km"
    hot.to_parquet(copy / "hot.parquet")
    with pytest.raises(InputError) as caught:
        read_profiles(copy)
    text = "\n".join(caught.value.faults)
    for part in (
        "`hot_segment` of types.csv must be a name given in segments.csv",
        "'car_petrol_middling'",
        "`wear_group` of types.csv must be a name given in wear.csv",
        "`source` of electric.csv must be a name given",
        "`vehicle_type` of fleets/europe.csv must be of the row's vehicle class",
        "`unit` of hot.parquet must be MJ/km for energy",
    ):
        assert part in text, part


def test_a_truncated_table_is_a_fault(copy):
    path = copy / "hot.parquet"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="must be a whole Parquet file"):
        read_profiles(copy)
