"""Trains and off-road machines in a run: files to ledger, hashes, faults; lines of the GPC."""

import json
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import small_run
from pydantic import ValidationError
from shapely import LineString
from shapely.affinity import translate

from transmod.errors import InputError
from transmod.inputs.rules import read_rule
from transmod.intake.inputs import read_inputs
from transmod.run import run
from transmod.scenario.ground import RailChoice

DATA = Path(__file__).parent / "data"
LINES = "line,kind,car_km\n1,metro,600000\n"
MACHINES = (
    "site,machine,fuel,kwh,fuel_t,district_id\nPort,crane,electricity,1000,,east\n"
    "Port,forklift,diesel,,2,east\n"
)


def build(root, **changes):
    folder = small_run.build(
        root,
        **{
            "outputs": ["accounts"],
            "rail": {"lines": "input/lines.csv", "tracks": "input/tracks.geojson"},
            "off_road": {"machines": "input/machines.csv"},
            "profiles": {"electricity_kg_per_kwh": 0.5, "grid_loss_share": 0.05},
        }
        | changes,
    )
    (folder / "input" / "lines.csv").write_text(LINES)
    (folder / "input" / "machines.csv").write_text(MACHINES)
    (folder / "input" / "gtfs_lines.csv").write_text(
        "route_id,line,kind,cars,kwh_per_car_km\nM1,M,metro,6,\nT2,T,tram,2,3.5\n"
    )
    shutil.copytree(DATA / "gtfs", folder / "input" / "gtfs")
    track = translate(LineString([(500, 500), (2500, 500)]), *small_run.ORIGIN)
    layer = gpd.GeoDataFrame({"line": ["1"]}, geometry=[track], crs=small_run.CRS)
    layer.to_file(folder / "input" / "tracks.geojson")
    return folder


@pytest.mark.slow
def test_trains_and_machines_reach_the_inventory(tmp_path):
    """600,000 car-km, three quarters inside: 405 t (see test_rail); 1 MWh of a crane: 0.5 t."""
    folder = build(tmp_path)
    run(folder)
    inventory = pd.read_csv(folder / "results" / "inventory.csv")
    lines = inventory.groupby("gpc_ref")["co2_t"].sum()
    assert lines["II.2.2"] == pytest.approx(405, rel=1e-6)
    assert lines["II.2.3"] == pytest.approx(405 * 0.05 / 0.95, rel=1e-6)
    assert lines["II.5.1"] == pytest.approx(2 * 43.0 * 74.1e-3)
    assert lines["II.5.2"] == pytest.approx(0.5)
    counted = inventory[inventory["subsector"].isin(["rail", "off_road"])]
    assert set(counted.loc[counted["in_total"], "gpc_ref"]) == {"II.5.1"}
    manifest = json.loads((folder / "results" / "manifest.json").read_text())
    places = {(row["activity"], row["location"]) for row in manifest["attribution"]}
    assert {("rail_electricity", "district"), ("off_road_fuel", "district")} < places
    assert {"input/lines.csv", "input/tracks.geojson", "input/machines.csv"} < set(
        manifest["inputs"]
    )
    assert "vehicle_profiles/movements/rail_energy.csv" in manifest["inputs"]
    overlaps = pd.read_csv(folder / "results" / "overlaps.csv")
    assert {"rail_electricity", "rail_grid_losses", "off_road_fuel"} < set(overlaps["activity"])


@pytest.mark.slow
def test_what_the_metro_company_reports_is_declared(tmp_path):
    held = [{"activity": "rail_electricity", "vehicle_type": "metro *", "held_in": "I.2.2"}]
    folder = build(tmp_path, accounting={"rule": "gpc_basic", "held": held})
    run(folder)
    ledger = pd.read_parquet(folder / "results" / "ledger.parquet")
    rail = ledger[ledger["activity"] == "rail_electricity"]
    assert set(rail["notation_key"]) == {"IE"}
    assert rail["mass_t"].sum() == pytest.approx(405, rel=1e-6)


@pytest.mark.slow
def test_the_tables_of_a_timetable_are_hashed(tmp_path):
    rail = {"gtfs": "input/gtfs", "gtfs_lines": "input/gtfs_lines.csv"}
    folder = build(tmp_path, rail=rail)
    with pytest.raises(InputError, match=r"`rail\.gtfs` needs calendar\.period = 'year'"):
        read_inputs(folder)
    volumes = folder / "input" / "volumes.parquet"
    small_run.write_daily(volumes, tmp_path / "networks" / "small")
    text = (folder / "scenario.toml").read_text()
    for old, new in (
        ('period = "hour"\nhour = 8\nday_type = "workday"', 'period = "year"'),
        ('kind = "hourly"', 'kind = "aadt"'),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "scenario.toml").write_text(text)
    inputs = read_inputs(folder)
    assert {"input/gtfs/trips.txt", "input/gtfs_lines.csv"} < set(inputs.hashes)
    assert len(inputs.sources.rail.trains.rows) == 2


@pytest.mark.slow
def test_electricity_needs_its_factor(tmp_path):
    folder = build(tmp_path)
    text = (folder / "scenario.toml").read_text().replace("electricity_kg_per_kwh = 0.5\n", "")
    (folder / "scenario.toml").write_text(text)
    with pytest.raises(InputError) as caught:
        read_inputs(folder)
    faults = "\n".join(caught.value.faults)
    for what in ("`rail`", "`off_road`"):
        assert f"CO2 of grid electricity [kg/kWh] must be given for {what}" in faults


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"gtfs": "a"}, "gtfs and gtfs_lines must be given together"),
        ({"gtfs_lines": "a"}, "gtfs and gtfs_lines must be given together"),
        ({"tracks": "a"}, "tracks needs lines"),
        ({"line": "a"}, "Extra inputs are not permitted"),
    ],
)
def test_choices_that_do_not_go_together(choice, message):
    with pytest.raises(ValidationError, match=message):
        RailChoice.model_validate(choice)


@pytest.mark.parametrize("name", ["gpc_basic", "gpc_basic_plus"])
def test_lines_of_the_protocol(name):
    """
    Scopes and totals of the fourteen lines of transport in the GPC.

    Global Protocol for Community-Scale Greenhouse Gas Inventories, version 1.1 (2021), chapter 7
    and tables 4.1 to 4.3; references and levels as in the machine-readable schema of CityCatalyst.
    Its chapter works no railway or ferry through in figures, so it is lines that are compared.
    """
    protocol = pd.read_csv(DATA / "gpc_lines.csv").set_index("gpc_ref")
    lines = read_rule(name).lines.to_frame()
    own = lines[lines["gpc_ref"].isin(protocol.index)]
    assert set(own["gpc_ref"]) == set(protocol.index)
    level = {"gpc_basic": "in_basic", "gpc_basic_plus": "in_basic_plus"}[name]
    for ref, group in own.groupby("gpc_ref", observed=True):
        counted = group[group["memo_kind"] != "biogenic_co2"]
        assert set(counted["scope"]) == {protocol.loc[ref, "scope"]}, ref
        assert set(counted["in_total"]) == {protocol.loc[ref, level] == "yes"}, ref
