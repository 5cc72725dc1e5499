"""A run whose fleet is a stock or sales."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_run import build, write_scenario

from transmod.check import check
from transmod.errors import InputError
from transmod.inputs.shipped import PROFILES, find_shipped
from transmod.intake.fleets import take_fleet
from transmod.intake.inputs import read_inputs
from transmod.profiles import recall_profiles
from transmod.run import run
from transmod.scenario import read_scenario

STOCK = """vehicle_class,fuel,size,registration_year,vehicles
car,petrol,medium,2012,300
car,petrol,medium,2019,500
car,electricity,medium,2021,200
rigid_truck,diesel,7_5_12t,2015,40
bus,diesel,standard,2018,12
"""


def lay(tmp_path, **fleet):
    folder = build(tmp_path, outputs=["accounts"])
    (folder / "input" / "stock.csv").write_text(STOCK)
    scenario = {"stock": "input/stock.csv", "region": "europe", "counted_in": 2023} | fleet
    text = (folder / "scenario.toml").read_text()
    own = "\n".join(
        f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
        for key, value in scenario.items()
        if value is not None
    )
    text = text.replace('mix = "input/fleet.csv"', own)
    (folder / "scenario.toml").write_text(text)
    return folder


def test_a_run_with_a_stock(tmp_path):
    folder = lay(tmp_path)
    facts = run(folder)
    assert all(c["passed"] for c in facts.checks)
    assert any(note.startswith("Fleet of 2023:") for note in facts.notes)
    ledger = pd.read_parquet(folder / "results" / "ledger.parquet")
    assert "car_petrol_medium_euro5_pfi" in set(ledger["vehicle_type"])


def test_economy_scales_fuel_and_nothing_else(tmp_path):
    plain = read_inputs(lay(tmp_path / "a"))
    scaled = read_inputs(lay(tmp_path / "b", economy="model_year"))
    assert "energy_scale" not in plain.driving.factors.types
    scale = scaled.driving.factors.types.set_index("vehicle_type")["energy_scale"]
    assert (scale[scale.index.str.startswith("car_petrol")] != 1.0).all()
    assert scale["car_bev_medium"] == 1.0
    assert any("Fuel economy by model year is on" in note for note in scaled.notes)
    assert not any("Fuel economy" in note for note in plain.notes)


def test_sales_are_read_as_sales(tmp_path):
    inputs = read_inputs(lay(tmp_path, stock=None, sales="input/stock.csv", counted_in=None))
    assert any("Sales of bus begin in 2018" in note for note in inputs.notes)
    assert "input/stock.csv" in inputs.hashes


def test_economy_needs_cohorts(tmp_path):
    folder = build(tmp_path)
    write_scenario(folder, fleet={"economy": "model_year"})
    with pytest.raises(InputError, match=r"`fleet.economy` = 'model_year' needs a stock or sales"):
        check(folder)


def test_one_table_and_a_region(tmp_path):
    folder = lay(tmp_path, mix="coquimbo", region=None)
    with pytest.raises(InputError, match="must name one of mix, stock and sales"):
        read_scenario(folder)
    folder = lay(tmp_path / "b", region=None)
    with pytest.raises(InputError, match="needs a region with stock or sales"):
        read_scenario(folder)


def test_faults_of_the_stock_come_with_those_of_other_files(tmp_path):
    folder = lay(tmp_path)
    (folder / "input" / "stock.csv").write_text(STOCK.replace("7_5_12t", "tiny"))
    with pytest.raises(InputError, match=r"`size` of rigid_truck .* \(value 'tiny'\)"):
        check(folder)


def test_a_fleet_is_not_recalled_where_the_set_has_other_lives(tmp_path):
    scenario = read_scenario(lay(tmp_path))
    shipped = recall_profiles(find_shipped(PROFILES) / "emep_eea_2019")
    shutil.copytree(shipped.folder / "turnover", tmp_path / "turnover")
    own = replace(shipped, folder=tmp_path)

    def shares():
        run = tmp_path / "runs" / "small"
        return take_fleet(own, streams=[("car", "all")], run=run, scenario=scenario).share

    before = shares()
    lives = tmp_path / "turnover" / "mileage.csv"
    rows = pd.read_csv(lives)
    old = (rows["region"] == "europe") & (rows["vehicle_class"] == "car") & (rows["age"] > 5)
    rows.assign(km_per_year=rows["km_per_year"].where(~old, 10.0)).to_csv(lives, index=False)
    assert not np.allclose(shares(), before)
