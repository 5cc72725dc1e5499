"""Whole runs: every law from the files alone, each broken on purpose; same bytes; up to date."""

import dataclasses
import json
import math
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import naive_laws
import numba
import numpy as np
import pandas as pd
import pytest
import small_run
from typer.testing import CliRunner

import transmod.accounts.books
import transmod.pipeline.links
from transmod.cli import app
from transmod.errors import CheckError, InputError
from transmod.inputs.hashes import sha256_file
from transmod.intake.inputs import read_inputs
from transmod.model.links import to_cells, to_link_results
from transmod.model.overlay import Pieces, cut_links
from transmod.model.road import road_emissions
from transmod.model.rows import to_rows
from transmod.outputs.folder import repair
from transmod.run import run, verify

ROOT = Path(__file__).parents[1]
MEMO = {"flights": "input/flights.csv", "voyages": "input/voyages.csv"}


TABLES = ["accounts", "links", "grid"]  # drawing takes half a second of a run


def build(root, **changes):
    """Write the small city with movements."""
    folder = small_run.build(root, memo=MEMO, **changes)
    (folder / "input" / "flights.csv").write_text(small_run.FLIGHTS)
    (folder / "input" / "voyages.csv").write_text(small_run.VOYAGES)
    return folder


def hashes(folder):
    """Hash every file of a results folder but the log of the run."""
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): sha256_file(path)
        for path in paths
        if path.name != "run.log.json"
    }


def manifest(folder):
    return json.loads((folder / "results" / "manifest.json").read_text())


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The run folder of the small city, computed; tests leave it as it is."""
    folder = build(tmp_path_factory.mktemp("city"))
    run(folder)
    return folder


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample city, computed in a folder of its own."""
    if not (ROOT / "runs" / "coquimbo" / "input" / "volumes.parquet").is_file():
        pytest.skip("the sample run has no volumes yet")
    root = tmp_path_factory.mktemp("sample")
    for place in ("networks", "runs"):
        shutil.copytree(
            ROOT / place / "coquimbo",
            root / place / "coquimbo",
            ignore=shutil.ignore_patterns("results*", ".results*"),
        )
    folder = root / "runs" / "coquimbo"
    run(folder)
    return folder


# laws


def test_every_law_holds_in_the_files(city):
    assert naive_laws.broken(naive_laws.Files(city)) == {}


def test_the_small_run_has_every_case(city):
    """What the laws are about is there: each kind of place, and each kind of row."""
    pieces = pd.read_parquet(city / "results" / "pieces.parquet")
    places = set(pieces["district_id"])
    assert places == {"east", "west", "no_district", "outside_boundary"}
    ledger = pd.read_parquet(city / "results" / "ledger.parquet")
    assert set(ledger["item"]) == {"inventory", "memo"}
    assert set(ledger["memo_kind"].dropna()) == {
        "biogenic_co2", "cross_boundary_aviation", "international_aviation_bunker",
        "international_marine_bunker",
    }  # fmt: skip
    assert set(ledger["scope"]) == {1, 2, 3}
    assert "NE" in set(ledger["notation_key"].dropna())
    links = gpd.read_parquet(city / "results" / "links.parquet").set_index("link_id")
    assert links.loc[6, ["vkm", "co2_t", "speed_kmh"]].isna().all()  # missing is not zero


def check_manifest(folder):
    """Each check of the manifest says what the files say, and none is missing."""
    laws = naive_laws.laws(naive_laws.Files(folder))
    checks = {check["name"]: check for check in manifest(folder)["checks"]}
    assert all(check["passed"] for check in checks.values())
    assert all(check["relative_difference"] <= 1e-9 for check in checks.values())

    def agree(name, *sides):
        check = checks.pop(name)
        for number in (check["left"], check["right"]):
            assert any(number == pytest.approx(side, rel=1e-9) for side in sides), name

    days = {"year": 365 * 24, "day": 24, "hour": 1}
    period = naive_laws.Files(folder).scenario.get("calendar", {}).get("period", "year")
    agree("hours: sum of calendar weights = period", days[period])
    agree("fractions of each link sum to 1", 1.0)
    for name, _, total in laws["inside and outside make up all"]:
        agree(f"vkm of {name}: inside + outside_boundary = before cutting", total)
    by_district = [value for _, value, _ in laws["districts: spectrum = activity"]]
    inside = math.fsum(by_district)
    agree("vkm: spectrum = activity", inside)
    agree("vkm by district: spectrum = activity", *by_district)
    agree("vkm: links = spectrum", inside)
    agree("vkm by district: links = spectrum", *by_district)
    agree("vkm: links = cells + no_cell", inside)
    for (name,), value, _ in laws["classes: spectrum = links"]:
        agree(f"vkm_{name}: links = spectrum", value)
    for name, pairs in laws.items():
        column = f"{name.partition(':')[0]}_t"
        if name.endswith(": links = cells + no_cell"):
            agree(f"{column}: links = cells + no_cell", pairs[0][1])
        elif name.endswith("links = ledger"):
            agree(name, *(left for _, left, _ in pairs))
        elif name.endswith(": places = ledger"):
            title = f"{name.partition(':')[0]}_t of aircraft and ships at places"
            agree(f"{title}: ledger = memo map", pairs[0][1])
            agree(f"{title}: memo map = cells + no_cell", pairs[0][1])
    assert not checks, "checks of the manifest that the files were not asked about"


def test_the_manifest_says_what_the_files_say(city):
    check_manifest(city)


@pytest.mark.slow
def test_sample_city(sample):
    assert naive_laws.broken(naive_laws.Files(sample)) == {}
    check_manifest(sample)


# laws broken on purpose


def doubled(frame, column, row=0):
    frame = frame.copy()
    frame.loc[frame.index[row], column] *= 2.0
    return frame


def fraction_too_large(monkeypatch):
    def cut(network, grid):
        pieces = cut_links(network, grid)
        fraction = pieces.fraction.copy()
        fraction[0] += 1e-6
        return dataclasses.replace(pieces, fraction=fraction)

    monkeypatch.setattr(transmod.pipeline.links, "cut_links", cut)


def border_road_twice(monkeypatch):
    """A road on the border of two districts, counted in both as overlaid lines are."""

    def cut(network, grid):
        pieces = cut_links(network, grid)
        on_border = pieces.link == 2
        order = np.argsort(np.append(pieces.link, pieces.link[on_border]), kind="stable")
        parts = (
            np.append(pieces.link, pieces.link[on_border]),
            np.append(pieces.district, 1 - np.minimum(pieces.district[on_border], 1)),
            np.append(pieces.cell, pieces.cell[on_border]),
            np.append(pieces.fraction, pieces.fraction[on_border]),
        )
        return Pieces(*(part[order] for part in parts))

    monkeypatch.setattr(transmod.pipeline.links, "cut_links", cut)


def uncut_boundary(monkeypatch):
    """A link that leaves the city, counted with its whole length."""

    def rows(pieces, n_areas):
        found = to_rows(pieces, n_areas)
        return dataclasses.replace(found, fraction=np.where(found.link == 3, 1.0, found.fraction))

    monkeypatch.setattr(transmod.pipeline.links, "to_rows", rows)


def lost_link(monkeypatch):
    measure = transmod.pipeline.links.measure

    def without_last(network, rows, *args, **options):
        fraction = np.where(rows.link == rows.link[-1], 0.0, rows.fraction)
        return measure(network, dataclasses.replace(rows, fraction=fraction), *args, **options)

    monkeypatch.setattr(transmod.pipeline.links, "measure", without_last)


def fuller_spectrum(monkeypatch):
    measure = transmod.pipeline.links.measure

    def fuller(*args, **options):
        activity = measure(*args, **options)
        return dataclasses.replace(activity, spectrum=activity.spectrum * (1.0 + 1e-8))

    monkeypatch.setattr(transmod.pipeline.links, "measure", fuller)


def lost_activity(monkeypatch):
    def lost(*args):
        road = road_emissions(*args)
        return dataclasses.replace(road, activity_rows=road.activity_rows[1:])

    monkeypatch.setattr(transmod.pipeline.links, "road_emissions", lost)


def heavier_link(monkeypatch):
    def heavier(*args):
        return doubled(to_link_results(*args), "nox_t")

    monkeypatch.setattr(transmod.pipeline.links, "to_link_results", heavier)


def longer_drive(monkeypatch):
    def longer(*args):
        return doubled(to_link_results(*args), "vkm_car")

    monkeypatch.setattr(transmod.pipeline.links, "to_link_results", longer)


def lost_cell(monkeypatch):
    monkeypatch.setattr(
        transmod.pipeline.links, "to_cells", lambda *args: to_cells(*args).iloc[:-1]
    )


def lost_row(monkeypatch):
    post = transmod.accounts.books.post

    def lossy(emission_rows, energy_rows, rule, held):
        is_fuel = emission_rows["activity"] == "road_fuel"
        first = np.argmax(is_fuel & (emission_rows["pollutant"] == "co2"))
        is_kept = np.arange(len(emission_rows)) != first
        return post(emission_rows[is_kept], energy_rows, rule, held)

    monkeypatch.setattr(transmod.accounts.books, "post", lossy)


def moved_row(monkeypatch):
    """A tonne in the wrong district leaves every city total as it was."""
    post = transmod.accounts.books.post

    def moving(emission_rows, energy_rows, rule, held):
        district, is_co2 = emission_rows["district_id"], emission_rows["pollutant"] == "co2"
        is_fuel = emission_rows["activity"] == "road_fuel"
        first = np.argmax((district == "west") & is_fuel & is_co2)
        stays = np.arange(len(emission_rows)) != first
        rows = emission_rows.assign(district_id=district.where(stays, "east"))
        return post(rows, energy_rows, rule, held)

    monkeypatch.setattr(transmod.accounts.books, "post", moving)


def heavier_calendar(monkeypatch):
    read = transmod.pipeline.links.read_inputs

    def heavier(folder):
        inputs = read(folder)
        calendar = dataclasses.replace(inputs.calendar, weight=inputs.calendar.weight * 1.001)
        return dataclasses.replace(inputs, calendar=calendar)

    monkeypatch.setattr(transmod.pipeline.links, "read_inputs", heavier)


BREAKS = {
    fraction_too_large: "fractions of each link sum to 1",
    border_road_twice: "fractions of each link sum to 1",
    uncut_boundary: "vkm of car: inside [+] outside_boundary = before cutting",
    lost_link: "vkm of car: inside [+] outside_boundary = before cutting",
    fuller_spectrum: "vkm: links = spectrum",
    lost_activity: "vkm: spectrum = activity",
    heavier_link: "nox_t: links = ledger",
    longer_drive: "vkm_car: links = spectrum",
    lost_cell: "co2_t: links = cells [+] no_cell",
    lost_row: "co2_t: links = ledger",
    moved_row: "co2_t by district: links = ledger",
    heavier_calendar: "hours: sum of calendar weights = period",
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """The inputs of a run that has no results, read once."""
    folder = build(tmp_path_factory.mktemp("broken"), outputs=TABLES)
    return folder, read_inputs(folder)


@pytest.mark.parametrize("breaking", BREAKS, ids=lambda f: f.__name__)
def test_a_broken_law_stops_the_run(inputs, breaking, monkeypatch):
    folder, read = inputs
    monkeypatch.setattr(transmod.pipeline.links, "read_inputs", lambda _: read)
    breaking(monkeypatch)
    with pytest.raises(CheckError, match=BREAKS[breaking]):
        run(folder)
    assert not (folder / "results").exists()


def test_a_broken_law_keeps_the_former_results(tmp_path, monkeypatch):
    folder = build(tmp_path, outputs=["accounts", "grid"])
    run(folder)
    former = hashes(folder / "results")
    small_run.write_scenario(folder, title="Another", outputs=["accounts", "grid"])
    lost_cell(monkeypatch)
    done = CliRunner().invoke(app, ["run", str(folder), "--force"])
    assert done.exit_code == 1
    assert "A check of the run failed; nothing was written" in done.stderr
    assert "co2_t: links = cells + no_cell must hold to 1e-09" in done.stderr
    assert done.stdout == ""
    assert hashes(folder / "results") == former


@pytest.mark.slow
def test_files_that_were_tampered_with_break_the_laws(city, tmp_path):
    """The naive laws see what they are for: each table, changed, breaks one of them."""
    for name, column in (
        ("pieces", "fraction"), ("spectrum", "vkm"), ("activity", "vkm"), ("hours", "vkm"),
        ("links", "co2_t"), ("ledger", "mass_t"), ("energy", "energy_tj"), ("inventory", "vkm"),
    ):  # fmt: skip
        files = naive_laws.Files(city)
        frame = getattr(files, name)
        row = int(np.flatnonzero(frame[column].fillna(0.0) > 0.0)[0])
        setattr(files, name, doubled(frame, column, row))
        assert naive_laws.broken(files), name
    files = naive_laws.Files(city)
    files.grid["co2"] = files.grid["co2"] * (1.0 + 1e-6)
    assert naive_laws.broken(files)


# the same bytes


@pytest.mark.slow
def test_same_bytes_again_and_with_any_threads(city, tmp_path):
    first = hashes(city / "results")
    assert {"map.gpkg", "grid.nc", "grid.tif", "ledger.parquet", "manifest.json"} <= set(first)
    most = numba.config.NUMBA_NUM_THREADS
    for threads in (1, most):
        again = build(tmp_path / str(threads))
        run(again, threads=threads)
        assert hashes(again / "results") == first


@pytest.mark.slow
def test_sample_has_the_same_bytes_with_any_threads(sample):
    first = hashes(sample / "results")
    most = numba.config.NUMBA_NUM_THREADS
    for threads in (1, most):
        (sample / "results").rename(sample.parent / f"before-{threads}")
        run(sample, threads=threads)
        assert hashes(sample / "results") == first


def test_accounts_alone(city, tmp_path):
    folder = build(tmp_path, outputs=["accounts"])
    run(folder)
    names = {
        "activity.parquet", "cross_walk.csv", "energy.parquet", "hours.parquet", "indicators.csv",
        "inventory.csv",
        "ledger.parquet", "manifest.json", "overlaps.csv", "pieces.parquet", "spectrum.parquet",
    }  # fmt: skip
    found = hashes(folder / "results")
    assert set(found) == names
    whole = hashes(city / "results")
    for name in names - {"manifest.json"}:
        assert found[name] == whole[name], name


# laws of the model, on whole runs


def ledger_of(folder):
    table = pd.read_parquet(folder / "results" / "ledger.parquet")
    keys = [name for name in table.columns if name != "mass_t"]
    return table.set_index(keys)["mass_t"].sort_index()


@pytest.mark.slow
def test_twice_the_volume_is_twice_the_mass(tmp_path):
    """At given speeds; twice is exact in binary."""
    options = {"outputs": ["accounts"], "traffic": {"speed": "free"}}
    volumes = {
        name: {link: 2.0 * volume for link, volume in links.items()}
        for name, links in small_run.VOLUMES.items()
    }
    once = small_run.build(tmp_path / "once", **options)
    twice = small_run.build(tmp_path / "twice", volumes=volumes, **options)
    run(once)
    run(twice)
    pd.testing.assert_series_equal(2.0 * ledger_of(once), ledger_of(twice), check_exact=True)


@pytest.mark.slow
def test_a_link_in_two_parts_changes_nothing(tmp_path):
    rows = list(small_run.LINKS)
    _, points, *rest = rows[0]
    rows[0] = (0, [points[0], (900, 250)], *rest)
    rows.append((8, [(900, 250), points[1]], *rest))
    volumes = {
        name: links | ({8: links[0]} if 0 in links else {})
        for name, links in small_run.VOLUMES.items()
    }
    whole = small_run.build(tmp_path / "whole")
    parts = small_run.build(tmp_path / "parts", links=small_run.lay_links(rows), volumes=volumes)
    for folder in (whole, parts):
        small_run.write_scenario(folder, outputs=["accounts", "links", "grid"])
        run(folder)
    pd.testing.assert_series_equal(ledger_of(whole), ledger_of(parts), rtol=1e-12)
    one, two = (naive_laws.Files(folder).grid for folder in (whole, parts))
    for name in naive_laws.POLLUTANTS:
        np.testing.assert_allclose(one[name], two[name], rtol=1e-12)


def test_a_road_on_a_border_counts_once(city):
    """Link 2 lies on the border of the districts and on a grid line: 120 cars x 1 km."""
    links = gpd.read_parquet(city / "results" / "links.parquet")
    assert links.loc[links["link_id"] == 2, "vkm"].sum() == pytest.approx(120.0, rel=1e-12)
    pieces = pd.read_parquet(city / "results" / "pieces.parquet")
    own = pieces[pieces["link_id"] == 2]
    assert own["fraction"].sum() == pytest.approx(1.0, rel=1e-12)
    assert (own["cell_id"] >= 0).all()


def test_an_international_flight_changes_no_bit_of_the_city(city, tmp_path):
    folder = build(tmp_path, outputs=["accounts"])
    with (folder / "input" / "flights.csv").open("a") as file:
        file.write("LSC,CL,CDG,FR,true,false,300,jet_kerosene,90000\n")
    run(folder)
    before, after = manifest(city)["totals"], manifest(folder)["totals"]
    more = after.pop("memo")["international_aviation_bunker"]["co2_t"]
    less = before.pop("memo")["international_aviation_bunker"]["co2_t"]
    assert more > less + 250_000.0
    assert before == after
    ours, theirs = (
        table[table.index.get_level_values("item") == "inventory"]
        for table in (ledger_of(city), ledger_of(folder))
    )
    pd.testing.assert_series_equal(ours, theirs, check_exact=True)


# the state of a run folder


def test_up_to_date_then_forced(tmp_path):
    folder = build(tmp_path, outputs=["accounts"])
    assert run(folder).state == "computed"
    log = (folder / "results" / "run.log.json").stat().st_mtime_ns
    facts = run(folder)
    assert facts.state == "up to date"
    assert facts.totals == manifest(folder)["totals"]
    assert (folder / "results" / "run.log.json").stat().st_mtime_ns == log
    small_run.write_scenario(folder, memo=MEMO, outputs=["accounts"], title="Other words")
    with pytest.raises(InputError, match=r"scenario\.toml changed \(1 of .*Say --force"):
        run(folder)
    assert (folder / "results" / "run.log.json").stat().st_mtime_ns == log
    assert run(folder, force=True).state == "computed"
    assert manifest(folder)["options"]["title"] == "Other words"
    assert run(folder).state == "up to date"


def test_results_that_lack_a_file_or_were_changed_by_hand_are_not_up_to_date(tmp_path):
    folder = build(tmp_path, outputs=["accounts"])
    run(folder)
    with (folder / "results" / "inventory.csv").open("a") as file:
        file.write("one line more\n")
    with pytest.raises(InputError, match=r"must be whole: inventory\.csv has changed.*--force"):
        run(folder)
    (folder / "results" / "ledger.parquet").unlink()
    with pytest.raises(InputError, match=r"must be whole: ledger\.parquet is missing.*--force"):
        run(folder)
    run(folder, force=True)
    assert verify(folder) == []


def test_verify(city, tmp_path):
    folder = tmp_path / "runs" / "small"
    shutil.copytree(city, folder)
    shutil.copytree(city.parents[1] / "networks", tmp_path / "networks")
    assert verify(folder) == []
    links = tmp_path / "networks" / "small" / "links.parquet"
    links.write_bytes(links.read_bytes() + b"!")
    (folder / "input" / "fleet.csv").unlink()
    (folder / "results" / "inventory.csv").write_text("")
    (folder / "results" / "grid.tif").unlink()
    (folder / "results" / "notes.txt").write_text("mine")
    (folder / "results" / "figures" / "mine.png").write_text("a figure is for people")
    found = {(difference.path, difference.kind) for difference in verify(folder)}
    assert found == {
        ("../../networks/small/links.parquet", "changed"),
        ("input/fleet.csv", "missing"),
        ("results/inventory.csv", "changed"),
        ("results/grid.tif", "missing"),
        ("results/notes.txt", "extra"),
    }


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path):
    """Whenever a run dies, the former results are there, or the new ones, and whole."""
    folder = build(tmp_path)
    run(folder)
    former = hashes(folder / "results")
    small_run.write_scenario(folder, memo=MEMO, title="Second")
    moments = np.random.default_rng(7).uniform(0.3, 4.5, 12)
    for moment in moments:
        child = subprocess.Popen(
            [Path(sys.executable).with_name("transmod"), "run", str(folder), "--force"],
            stdout=subprocess.DEVNULL,
        )
        time.sleep(moment)
        child.send_signal(signal.SIGKILL)
        child.wait()
        repair(folder)
        assert {path.name for path in folder.iterdir()} <= {
            "scenario.toml", "input", "results", ".results.lock",
        }  # fmt: skip
        found = hashes(folder / "results")
        if found != former:
            assert manifest(folder)["options"]["title"] == "Second"
            assert verify(folder) == []
    run(folder, force=True)
    assert verify(folder) == []
