"""A series of runs: what its file may say, in which order it is run, and what comes out."""

import json
import os
import re

import pandas as pd
import pytest
import small_run
from typer.testing import CliRunner

from transmod.cli import app
from transmod.cli.console import name_runs
from transmod.errors import InputError, TransmodError
from transmod.inputs.hashes import sha256_file
from transmod.inputs.toml import read_toml
from transmod.outputs.series import is_written, write_variants
from transmod.outputs.toml import to_toml
from transmod.pipeline import series as series_module
from transmod.pipeline.series import SeriesFacts, SeriesRun, is_series, run_series
from transmod.run import run
from transmod.scenario import read_scenario, resolve
from transmod.scenario.series import read_series

HEAD = """title = "Electric cars"
extends = "../small"
outputs = ["accounts"]
"""
SHARE = """[[{}.measures]]
kind = "set_fleet_share"
vehicle_class = "car"
fuels = "electricity"
share = {}
"""
GRID = '[[measures]]\nkind = "change_grid"\nkg_per_kwh = 0.25\n'


def lay(root, text, name="plan"):
    """Write the `series.toml` of a folder beside the small city."""
    folder = root / "runs" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "series.toml").write_text(text, encoding="utf-8")
    return folder


def write_run(folder, text):
    folder.mkdir(parents=True)
    (folder / "scenario.toml").write_text(text)
    return folder


# what a file may say


def test_variants_lie_over_what_all_share(tmp_path):
    low = "[variants.low]\n[variants.low.fleet]\nyear = 2030\n" + SHARE.format("variants.low", 0.4)
    text = HEAD + '[fleet]\nmix = "in/fleet.csv"\noccupancy = {car = 1.4}\n' + GRID + low
    text += '[variants."高"]\ntitle = "High"\nextends = "low"\nwithout = ["grid"]\n'
    found = read_series(lay(tmp_path, text))
    low, high = found.variants["low"], found.variants["高"]
    assert found.title == "Electric cars"
    assert low["title"] == "Electric cars: low"
    assert low["extends"].as_posix() == "../../small"  # from its own folder
    assert low["fleet"] == {"mix": "../in/fleet.csv", "occupancy": {"car": 1.4}, "year": 2030}
    assert [one["kind"] for one in low["measures"]] == ["change_grid", "set_fleet_share"]
    assert (high["title"], high["without"]) == ("High", ["grid"])
    assert high["extends"].as_posix() == "../low"
    assert "measures" not in high  # it has them from the variant that it extends


FAULTS = {
    "none": ("", "must have a table .variants.NAME. for each variant"),
    "no_table": ("variants = 3\n", "must have a table"),
    "value": ("[variants]\nlow = 3\n", "`variants.low` must be a table: found 3"),
    "twice": ("[variants.a]\n[variants.a]\n", "must be TOML"),
    "capitals": ("[variants.a]\n[variants.A]\n", "more than capitals.*'a' and 'A'"),
    "folder": ('[variants."a/b"]\n', "must be that of a folder.*'a/b'"),
    "results": ("[variants.results]\n", "must not be called 'results'"),
    "common": ("varints = 1\n[variants.a]\n", "`varints` is no key.*Did you mean `variants`"),
    "inner": (
        "[variants.a.fleet]\nyeer = 2030\n", "`variants.a.fleet.yeer` is no key.*`year`"
    ),
    "without": (
        'without = "grid"\n[variants.a]\nwithout = "measures"\n',
        "(?s)`without` must be a list of keys.*'grid' found.*`variants.a.without` .*'measures'",
    ),
    "measure": (
        '[[variants.a.measures]]\nkind = "change_grid"\nkgperkwh = 1\n',
        r"`kgperkwh` of measure 1 .change_grid. of `variants.a`.*Did you mean `kg_per_kwh`",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_the_file_are_told(tmp_path, fault):
    text, match = FAULTS[fault]
    with pytest.raises(InputError, match=match):
        read_series(lay(tmp_path, text))


def test_all_faults_are_told_at_once(tmp_path):
    with pytest.raises(InputError) as caught:
        read_series(lay(tmp_path, "yeer = 1\n[variants.a]\n[variants.A.fleet]\nmixx = 1\n"))
    assert len(caught.value.faults) == 3


def test_toml_comes_back_as_it_was(tmp_path):
    text = """title = "Ein \\"Titel\\" 中"
n = 3
share = 0.25
yes = true
day = 2022-01-05
at = 07:30:00
days = [2022-01-01, 2022-05-01]
names = ["a", "b"]
[fleet]
mix = "x.csv"
occupancy = {car = 1.4, "two words" = 2.0}
[[measures]]
kind = "one"
links = [1, 2]
[[measures]]
kind = "two"
"""
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    content = read_toml(tmp_path / "a.toml")
    (tmp_path / "b.toml").write_text(to_toml(content), encoding="utf-8")
    assert read_toml(tmp_path / "b.toml") == content


def test_what_was_made_by_hand_is_not_written_over(tmp_path):
    write_variants(tmp_path, {"a": {"title": "A"}, "b": {"title": "B"}})
    a, b = (tmp_path / name / "scenario.toml" for name in "ab")
    assert is_written(a)
    assert "series.toml" in a.read_text().splitlines()[0]
    before = a.stat().st_mtime_ns
    write_variants(tmp_path, {"a": {"title": "A"}, "b": {"title": "Other"}})
    assert "Other" in b.read_text()
    assert a.stat().st_mtime_ns == before
    a.write_text(a.read_text().replace('"A"', '"Mine"'))
    b.write_text('title = "B"\n')
    with pytest.raises(InputError) as caught:
        write_variants(tmp_path, {"a": {"title": "A"}, "b": {"title": "C"}, "c": {"title": "C"}})
    assert "was changed by hand" in caught.value.faults[0]
    assert "was not written from the series" in caught.value.faults[1]
    assert not (tmp_path / "c").exists()


# the order


def test_bases_come_first(tmp_path):
    folder = tmp_path / "runs"
    for name, extends in (("a", "../c"), ("b", "../a"), ("c", "../../base"), ("d", "../e"),
                          ("e", "../d")):  # fmt: skip
        write_run(folder / name, f'title = "{name}"\nextends = "{extends}"\n')
    _, runs, _ = series_module.list_runs(folder)
    assert [path.name for path in series_module._order(runs)] == ["c", "a", "b", "e", "d"]


def test_what_is_a_series(tmp_path):
    assert not is_series(tmp_path)
    write_run(tmp_path / "a", "")
    assert is_series(tmp_path)
    (tmp_path / "scenario.toml").write_text("")
    assert not is_series(tmp_path)
    (tmp_path / "series.toml").write_text("[variants.a]\n")
    with pytest.raises(InputError, match=r"one of scenario\.toml and series\.toml"):
        run_series(tmp_path)


def test_all_faulty_runs_are_told_and_a_ring_too(tmp_path):
    for name, base in (("a", "b"), ("b", "a"), ("d", "none")):
        write_run(tmp_path / name, f'title = "{name}"\nextends = "../{base}"\n')
    write_run(tmp_path / "c", "nonsense")
    facts = run_series(tmp_path)
    assert {one.run: one.state for one in facts.runs} == dict.fromkeys("abcd", "faulty")
    with pytest.raises(InputError, match=r"a: .*must not lead back to a scenario") as caught:
        facts.raise_faults()
    assert {fault[:3] for fault in caught.value.faults} == {"a: ", "b: ", "c: ", "d: "}
    assert not (tmp_path / "series.csv").exists()
    done = CliRunner().invoke(app, ["run", str(tmp_path)])
    assert done.exit_code == 2
    assert "4 runs, 4 faulty" in done.stdout


def test_a_check_that_fails_is_no_bad_input():
    one = SeriesRun("a", "failed", 1.0, faults=("a law",))
    with pytest.raises(TransmodError, match="a: a law") as caught:
        SeriesFacts("x", (one,), (), (), 1.0).raise_faults()
    assert not isinstance(caught.value, InputError)


# whole runs


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """A series on the small city, run once: its folder and what it said."""
    root = tmp_path_factory.mktemp("series")
    small_run.build(root, outputs=["accounts"])
    text = HEAD + "[variants.low]\n" + SHARE.format("variants.low", 0.4)
    text += "[variants.high]\n" + 'extends = "low"\n' + SHARE.format("variants.high", 0.67)
    text += "[variants.same]\n"
    folder = lay(root, text)
    return folder, run_series(folder)


def hashes(folder):
    names = ("ledger.parquet", "energy.parquet", "activity.parquet", "inventory.csv")
    return {name: sha256_file(folder / "results" / name) for name in names}


@pytest.mark.slow
def test_a_series_gives_what_single_runs_give(city):
    folder, facts = city
    assert [one.run for one in facts.runs] == ["../small", "low", "high", "same"]
    assert all(one.state == "computed" for one in facts.runs)
    assert [one.spectrum_of for one in facts.runs] == [None, "../../small", "../low", "../../small"]
    made = hashes(folder / "low")
    run(folder / "low", force=True)
    assert hashes(folder / "low") == made
    # the same said by hand, with links driven
    text = HEAD.replace('"Electric cars"', '"Electric cars: low"')
    text = text.replace('"accounts"', '"accounts", "links"')
    alone = write_run(folder.parent / "alone", text + SHARE.replace("{}.", "").format(0.4))
    run(alone)
    assert hashes(alone) == made


@pytest.mark.slow
def test_the_table_is_that_of_the_manifests(city):
    folder, facts = city
    table = pd.read_csv(folder / "series.csv").set_index(["run", "account"])
    assert set(table.index.get_level_values("run")) == {"../small", "low", "high", "same"}
    totals = {
        name: json.loads((folder / name / "results" / "manifest.json").read_text())["totals"]
        for name in ("../small", "low", "high")
    }
    for name, base in (("low", "../small"), ("high", "low")):
        row = table.loc[(name, "total")]
        assert row["base"] == base
        for figure in ("co2e_t", "nox_t", "energy_tj", "vkm"):
            own, other = totals[name][figure], totals[base][figure]
            assert row[figure] == own
            assert row[f"{figure}_difference"] == own - other
            assert row[f"{figure}_percent"] == pytest.approx(100 * (own / other - 1), abs=1e-9)
        apart = table.loc[(name, "scope_2")]
        assert apart["co2_t"] == totals[name]["scope_2"]["co2_t"]
        sha = sha256_file(folder / name / "results" / "manifest.json")
        assert row["manifest_sha256"] == sha
    assert pd.isna(table.loc[("../small", "total"), "co2e_t_difference"])
    by_run = {one.run: one for one in facts.runs}
    assert by_run["high"].difference_t == totals["high"]["co2e_t"] - totals["low"]["co2e_t"]
    assert (folder / "series.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.slow
def test_a_variant_that_changes_nothing_is_told(city):
    _, facts = city
    assert "same says nothing of its own: it is what all variants share." in facts.notes
    assert "same changes nothing of ../small." in facts.notes


@pytest.mark.slow
def test_what_is_finished_is_not_computed_again(city):
    folder, _ = city
    log = {name: (folder / name / "results" / "run.log.json").read_bytes()
           for name in ("low", "high", "same")}  # fmt: skip
    files = {name: (folder / name).read_bytes() for name in ("series.csv", "series.png")}
    facts = run_series(folder)
    assert {one.state for one in facts.runs} == {"up to date"}
    assert files == {name: (folder / name).read_bytes() for name in files}
    assert "../small" not in [one.run for one in facts.runs]  # finished, and outside: left alone
    # as if the series had been stopped before its last run
    results = folder / "same" / "results"
    results.rename(folder / "same" / ".away")
    facts = run_series(folder)
    assert {one.run: one.state for one in facts.runs} == {
        "low": "up to date", "high": "up to date", "same": "computed"
    }  # fmt: skip
    assert log["low"] == (folder / "low" / "results" / "run.log.json").read_bytes()
    assert os.path.lexists(folder / "same" / ".away")


@pytest.mark.slow
def test_results_of_other_inputs_need_force_and_only_they_are_replaced(city):
    folder, _ = city
    path = folder / "series.toml"
    path.write_text(path.read_text().replace("0.67", "0.7"))
    facts = run_series(folder)
    states = {one.run: one.state for one in facts.runs}
    assert states["high"] == "faulty"
    assert "Say --force" in facts.runs[1].faults[0]
    table = pd.read_csv(folder / "series.csv")
    assert "high" not in set(table["run"])  # stale results are never shown
    done = CliRunner().invoke(app, ["run", str(folder), "--force", "--json"])
    assert done.exit_code == 0, done.output
    said = {one["run"]: one["state"] for one in json.loads(done.stdout)["runs"]}
    assert said == {"low": "up to date", "high": "computed", "same": "up to date"}


@pytest.mark.slow
def test_a_faulty_run_stops_no_other(tmp_path):
    small_run.build(tmp_path, outputs=["accounts"])
    runs = tmp_path / "runs"
    write_run(runs / "bad", 'title = "Bad"\nextends = "../small"\nyear = 3000\n')
    write_run(runs / "later", HEAD + GRID)
    done = CliRunner().invoke(app, ["run", str(runs)])
    assert done.exit_code == 2
    assert "bad: " in done.stderr
    assert "`year`" in done.stderr
    assert "3 runs, 2 computed, 1 faulty" in done.stdout
    assert "(no link driven)" in done.stdout
    assert resolve(runs / "later", read_scenario(runs / "later").traffic.volumes).exists()


@pytest.mark.parametrize(
    ("years", "fleets", "drawn"),
    [
        ((2022, 2025, 2030), (None, None, None), (2022, 2025, 2030)),
        ((2022, 2022, 2022), (2030, None, 2025), (2022, 2025, 2030)),
        ((2022, 2022, 2022), (None, None, 2025), None),  # two runs of one year: bars
    ],
)
def test_years_of_runs_or_of_fleets_are_a_course(tmp_path, monkeypatch, years, fleets, drawn):
    from transmod.outputs import series, series_figure

    seen = []
    monkeypatch.setattr(series_figure, "draw_years", lambda *_, years, **__: seen.append(years))
    monkeypatch.setattr(series_figure, "draw_bars", lambda *_, **__: seen.append(None))
    rows = pd.DataFrame(
        {
            "run": ["a", "b", "c"], "account": "total", "title": ["A", "B", "C"], "year": years,
            "fleet_year": pd.array(fleets, "Int64"), "period": "year", "base": [None, "a", "a"],
            **{
                f"{figure}{kind}": 1.0
                for _, figure in series._PANELS
                for kind in ("", "_percent")
            },
        }
    )  # fmt: skip
    series._draw(rows, tmp_path / "series.png", "Series", "source")
    assert seen == [drawn]


def test_a_check_of_a_series_tells_the_faults_of_all_runs(tmp_path):
    text = """extends = "../none"
[variants.low]
[variants.high]
extends = "low"
[[variants.high.measures]]
kind = "magic"
"""
    (tmp_path / "series.toml").write_text(text)
    told = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert told.exit_code == 2
    assert "2 runs, 2 faulty" in told.stdout
    assert re.search("low: .*A run must be a folder with a scenario.toml", told.stderr)
    assert "high: " in told.stderr
    said = CliRunner().invoke(app, ["check", str(tmp_path), "--json"])
    assert [bool(one["faults"]) for one in json.loads(said.stdout)["runs"]] == [True, True]


def test_what_is_said_of_runs_is_said_once():
    said = {"a": ["x", "y", "y"], "b": ["x"], "c": ["x", "y", "z"]}
    assert name_runs(said) == ["a, c: y", "c: z", "all runs: x"]
    assert name_runs({"a": ["x"]}) == ["a: x"]


@pytest.mark.slow
def test_a_check_of_a_series_reads_every_run(city):
    folder, _ = city
    told = CliRunner().invoke(app, ["check", str(folder)])
    assert told.exit_code == 0
    assert "3 runs, inputs are good" in told.stdout
    assert "all runs: " in told.stdout
