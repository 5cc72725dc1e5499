"""Whole runs with ships: by call and by track, beside the city's roads."""

import json

import pandas as pd
import pytest
import ship_files
import small_run
from ship_files import CALL, FERRY

from transmod.errors import InputError
from transmod.inputs.tables import read_parquet
from transmod.intake.inputs import read_inputs
from transmod.run import run, verify

pytestmark = pytest.mark.slow

HERE = dict(zip(("longitude", "latitude"), ship_files.degrees(500, 500), strict=True))


def build(root, *calls, **shipping):
    """A year of the small city with calls, and a ship's track if asked for."""
    folder = small_run.build(
        root,
        calendar={"period": "year", "hour": 8, "day_type": "workday"},
        traffic={"kind": "aadt"},
        outputs=["accounts"],
        shipping={"calls": "input/calls.csv"} | shipping,
    )
    small_run.write_daily(folder / "input" / "volumes.parquet", root / "networks" / "small")
    ship_files.write_calls(folder / "input", *calls)
    return folder


def test_a_bunker_call_changes_no_bit_of_the_city(tmp_path):
    boat = FERRY | HERE | {"period": "week", "shore_power_kwh": 50}
    bunker = CALL | HERE | {"shore_power_kwh": 0}
    totals = []
    for name, calls in (("one", [boat]), ("two", [boat, bunker])):
        folder = build(tmp_path / name, *calls)
        run(folder)
        assert verify(folder) == []
        manifest = json.loads((folder / "results" / "manifest.json").read_text())
        assert "vehicle_profiles/movements/ship_power.csv" in manifest["inputs"]
        assert "input/calls.csv" in manifest["inputs"]
        totals.append(manifest["totals"])
    memo = [city.pop("memo", {}) for city in totals]
    assert totals[0] == totals[1]
    assert "international_marine_bunker" in memo[1]
    assert "international_marine_bunker" not in memo[0]
    ledger = pd.read_parquet(folder / "results" / "ledger.parquet")
    water = ledger[ledger["subsector"] == "water"]
    assert set(water["district_id"].dropna()) == {"west"}
    assert set(water["gpc_ref"]) == {"II.3.1", "II.3.2", "II.3.3"}
    assert set(water["process"]) == {"sea", "manoeuvring", "berth", "electricity"}
    power = water[(water["scope"] == 2) & (water["pollutant"] == "co2")]["mass_t"].sum()
    assert power == pytest.approx(50 * 100 * 365 / 7 * 0.3e-3)


def test_tracks_and_calls_are_read_and_checked_together(tmp_path):
    files = {"positions": ["input/positions.csv"], "ships": "input/register.csv"}
    folder = build(tmp_path, FERRY, tracks_stand_for="year", **files)
    track = [("1", 600 * k, -20_000.0 + 3000.0 * k, 500.0, 9.7) for k in range(8)]
    track += [("1", 4800 + 600 * k, 500.0, 500.0, 0.0) for k in range(300)]
    ship_files.write_positions(folder / "input", track, "positions.csv")
    ship_files.write_register(folder / "input", {"ship_id": "1"})
    facts = run(folder)
    assert any("Calls and tracks of ships are both given" in note for note in facts.notes)
    assert any("stand for the whole year" in note for note in facts.notes)
    ledger = read_parquet(folder / "results" / "ledger.parquet")
    assert {"bunker", "container"} & set(ledger["vehicle_type"].dropna()) == {"container"}
    assert all(check["passed"] for check in facts.checks)

    ship_files.write_register(folder / "input", {"ship_id": "2", "ship_type": "tug"})
    ship_files.write_calls(folder / "input", FERRY | {"fuel": "coal"})
    with pytest.raises(InputError) as error:
        read_inputs(folder)
    assert "Near 'tug'" in str(error.value)
    assert "(value 'coal')" in str(error.value)
