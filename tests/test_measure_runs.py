"""Measures of traffic from scenario to results: zones in the spectrum, causes, speeds, trains."""

import numpy as np
import pandas as pd
import pytest
from shapely import box
from small_measures import MIXED, OLD, add_measures, write_zone
from small_run import build, write_daily, write_fleet, write_volumes

from transmod.comparison.comparison import compare
from transmod.inputs.hashes import sha256_file
from transmod.inputs.results import read_manifest, read_result_table
from transmod.intake.inputs import read_inputs
from transmod.run import run

ACCOUNTS = {"outputs": ["accounts"]}
LEZ = {
    "kind": "restrict_access", "name": "LEZ", "zone": "input/zone.geojson", "standards": "euro3",
}  # fmt: skip


def lay_out(root, *measures, **tables):
    """Write a run with measures and a fleet of old and new cars."""
    folder = build(root, **({"fleet": {"mix": "input/mixed.csv"}} | tables))
    write_fleet(folder / "input" / "mixed.csv", MIXED)
    write_zone(folder / "input" / "zone.geojson", box(-50, -50, 1100, 1050))
    add_measures(folder, *measures)
    return folder


def test_a_run_takes_measures_in(tmp_path):
    folder = lay_out(
        tmp_path,
        LEZ | {"response": "replaced"},
        {"kind": "limit_speed", "max_kmh": 30, "road_class": "primary"},
        {"kind": "scale_traffic", "factor": 2, "vehicle_class": "bus"},
    )
    inputs = read_inputs(folder)
    assert inputs.areas.zones == ("", "LEZ")
    assert ("LEZ", "") in inputs.driving.fleet.zone_share
    assert inputs.speeds.free[:2].tolist() == [30.0, 30.0]
    assert "input/zone.geojson" in inputs.hashes
    # what a reader of a scenario looks for stands first
    assert [note[:9] for note in inputs.notes[:3]] == ["Measure 1", "Measure 2", "Measure 3"]
    assert not any(note.startswith("Measure ") for note in inputs.notes[3:])


def tables_of(folder):
    names = ("ledger", "activity", "energy", "spectrum", "links")
    paths = [folder / "results" / f"{name}.parquet" for name in names]
    return {path.name: sha256_file(path) for path in paths if path.exists()}


@pytest.mark.slow
def test_a_factor_of_one_changes_no_byte_of_a_table(tmp_path):
    for name, measures in (("base", ()), ("one", ({"kind": "scale_traffic", "factor": 1.0},))):
        folder = lay_out(tmp_path / name, *measures, outputs=["accounts", "links"])
        run(folder)
    assert tables_of(tmp_path / "base/runs/small") == tables_of(tmp_path / "one/runs/small")


@pytest.mark.slow
def test_kilometres_and_masses_are_linear_in_a_factor_where_speeds_are_free(tmp_path):
    ledgers = []
    for factor in (1.0, 2.0, 3.0):
        folder = lay_out(
            tmp_path / str(factor), {"kind": "scale_traffic", "factor": factor}, **ACCOUNTS,
            traffic={"speed": "free"},
        )  # fmt: skip
        run(folder)
        ledgers.append(read_result_table(folder, "ledger")["mass_t"].to_numpy())
    np.testing.assert_allclose(ledgers[1], 2.0 * ledgers[0], rtol=1e-12)
    np.testing.assert_allclose(ledgers[2], 3.0 * ledgers[0], rtol=1e-12)


@pytest.mark.slow
def test_speeds_follow_the_volumes(tmp_path):
    speeds = []
    for factor in (1.0, 1.5):
        scale = {"kind": "scale_traffic", "factor": factor}
        folder = lay_out(tmp_path / str(factor), scale, outputs=["accounts", "links"])
        run(folder)
        speeds.append(read_result_table(folder, "links").set_index("link_id")["speed_kmh"])
    assert (speeds[1].loc[[0, 5]] < speeds[0].loc[[0, 5]]).all().all()


@pytest.mark.slow
@pytest.mark.parametrize("response", ["removed", "replaced"])
def test_a_low_emission_zone_closes_and_its_cause_is_found(tmp_path, response):
    both = {"outputs": ["accounts", "links", "grid"]}
    base = lay_out(tmp_path / "base", **both)
    lez = lay_out(tmp_path / "lez", LEZ | {"response": response}, **both)
    run(base)
    facts = run(lez)  # closes links, cells, districts, spectrum and ledger
    assert all(check["passed"] for check in facts.checks)

    spectrum = read_result_table(lez, "spectrum")
    assert set(spectrum["zone"]) == {"", "LEZ"}
    assert "zone" not in read_result_table(base, "spectrum")
    activity = read_result_table(lez, "activity")
    by_district = [
        table.groupby("district_id", observed=True)["vkm"].sum().rename(index=str)
        for table in (spectrum, activity)
    ]
    pd.testing.assert_series_equal(*by_district, check_names=False, rtol=1e-12)
    assert not activity.duplicated(
        ["district_id", "vehicle_class", "trip_kind", "vehicle_type", "road_type"]
    ).any()

    # old cars drive outside the zone only: links 3, 7 inside the boundary
    old = activity[activity["vehicle_type"] == OLD]["vkm"].sum()
    before = read_result_table(base, "links").set_index("link_id")
    assert old == pytest.approx(0.25 * before.loc[[3, 7], "vkm_car"].sum().sum(), rel=1e-9)
    vkm = [read_result_table(folder, "activity")["vkm"].sum() for folder in (base, lez)]
    cars = before.loc[[0, 1, 2, 5], "vkm_car"].sum().sum()
    gone = 0.25 * cars if response == "removed" else 0.0
    assert vkm[0] - vkm[1] == pytest.approx(gone, rel=1e-9, abs=1e-9)

    found = compare(base, lez)
    assert all(check.passed for check in found.checks)
    causes = found.causes[found.causes["pollutant"] == "nox"]
    sums = causes.groupby("cause", observed=True)["difference"].sum()
    assert sums["fleet"] < 0.0
    if response == "replaced":
        assert abs(sums.get("activity", 0.0)) < 1e-9 * abs(sums["fleet"])
    else:
        assert sums["activity"] < 0.0


@pytest.mark.slow
def test_threads_change_no_byte_of_a_run_with_measures(tmp_path):
    measures = (
        LEZ | {"hours": [7, 8]},
        {"kind": "close_road", "links": [7], "onto": [{"links": [3], "share": 0.7}]},
        {"kind": "off_peak_delivery", "vehicle_class": "rigid_truck", "share": 0.5,
         "from_hours": [8], "to_hours": [22], "links": [5]},
    )  # fmt: skip
    found = []
    for threads in (1, 2):
        folder = lay_out(
            tmp_path / str(threads), *measures, calendar={"period": "year"},
            traffic={"kind": "aadt", "volumes": "input/daily.parquet"},
        )  # fmt: skip
        path = folder / "scenario.toml"
        text = path.read_text().replace("hour = 8\n", "").replace('day_type = "workday"\n', "")
        path.write_text(text)
        write_daily(folder / "input/daily.parquet", tmp_path / str(threads) / "networks/small")
        run(folder, threads=threads)
        found.append(tables_of(folder))
    assert found[0] == found[1]
    assert len(found[0]) == 5
    manifest = read_manifest(folder)
    assert "input/zone.geojson" in manifest["inputs"]
    assert any("laid out by hour" in note for note in manifest["notes"])


@pytest.mark.slow
def test_given_speeds_are_held_and_do_not_follow(tmp_path):
    folder = lay_out(
        tmp_path,
        {"kind": "limit_speed", "max_kmh": 40, "links": [0, 5]},
        {"kind": "scale_traffic", "factor": 2.0},
        outputs=["accounts", "links"],
        traffic={"speed": "given"},
    )
    volumes = {"car": {0: 900.0, 1: 700.0, 5: 2500.0}}
    speeds = {"car": {0: 55.0, 1: 50.0, 5: 30.0}}
    network = tmp_path / "networks/small"
    write_volumes(folder / "input/volumes.parquet", network, volumes=volumes, speeds=speeds)
    facts = run(folder)
    links = read_result_table(folder, "links").dropna(subset="vkm").set_index("link_id")
    found = links["speed_kmh"]
    np.testing.assert_allclose(found.loc[0], 40.0)
    np.testing.assert_allclose(found.loc[1], 50.0)
    np.testing.assert_allclose(found.loc[5], 30.0)
    assert any("Speeds are given: they do not follow" in note for note in facts.notes)


@pytest.mark.slow
def test_trains_carry_what_leaves_the_road(tmp_path):
    measure = {
        "kind": "shift_freight_to_rail", "vehicle_class": "rigid_truck", "share": 0.5,
        "rail_line": "Freight", "train_load_t": 500.0,
    }  # fmt: skip
    ledgers, carried = [], []
    for name, measures in (("base", ()), ("rail", (measure,))):
        folder = lay_out(
            tmp_path / name, *measures, **ACCOUNTS, rail={"lines": "input/lines.csv"},
        )  # fmt: skip
        (folder / "input/lines.csv").write_text(
            "line,kind,train_km,diesel_t\nFreight,diesel_train,100,0.8\n"
        )
        facts = run(folder)
        ledger = read_result_table(folder, "ledger")
        ledgers.append(ledger[ledger["subsector"] == "rail"]["mass_t"].sum())
        activity = read_result_table(folder, "activity")
        carried.append(activity[activity["subsector"] == "road"]["tonne_km"].sum())
    (note,) = [note for note in facts.notes if "carry" in note and "from the road" in note]
    moved = float(note.split(" carry ")[1].split(" t km")[0].replace(",", ""))
    # link 3 lies half beyond the boundary, 4 wholly; trucks do not drive on 4
    assert moved > carried[0] - carried[1] > 0.0
    assert ledgers[1] / ledgers[0] == pytest.approx(1.0 + moved / 500.0 / 100.0, rel=1e-3)
