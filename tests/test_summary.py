"""Several runs beside one base: the summary is that of single comparisons, bound to its runs."""

import json

import numpy as np
import pandas as pd
import pytest
import small_run
from typer.testing import CliRunner

from transmod.cli import app
from transmod.comparison.comparison import compare
from transmod.comparison.summary import _label, _require_once, compare_several
from transmod.errors import InputError
from transmod.inputs.hashes import sha256_file
from transmod.outputs.summary import check_summary_folder
from transmod.outputs.summary_figure import SummaryBar, SummaryPanel, draw_summary
from transmod.run import run as compute_run
from transmod.schema import CAUSES

SCENARIOS = {
    "electric": """[[measures]]
kind = "set_fleet_share"
vehicle_class = "car"
fuels = "electricity"
share = 0.6
""",
    "ar6": """[accounting]
gwp = "AR6"
[[measures]]
kind = "change_grid"
kg_per_kwh = 0.1
""",
}


def test_runs_are_named_once(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    _require_once(a, [b])
    with pytest.raises(InputError) as caught:
        _require_once(a, [b, tmp_path / "x" / ".." / "a", b])
    assert [fault.split(", ")[-1] for fault in caught.value.faults] == [
        "is the base too.", "is run 2 too."
    ]  # fmt: skip


def test_runs_of_one_name_are_told_apart(tmp_path):
    runs = [tmp_path / "x" / "run", tmp_path / "y" / "run", tmp_path / "Run"]
    assert _label(runs) == ["run", "run-2", "Run-3"]


def test_a_folder_of_something_else_is_refused(tmp_path):
    check_summary_folder(tmp_path / "new", ["a"])
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "summary.csv").write_text("")
    check_summary_folder(tmp_path, ["b", "a"])
    with pytest.raises(InputError, match="former comparison of the same runs: it holds b"):
        check_summary_folder(tmp_path, ["a"])
    with pytest.raises(InputError, match="must be a folder: it is a file"):
        check_summary_folder(tmp_path / "summary.csv", ["a"])


def test_duplicates_are_bad_input(tmp_path):
    done = CliRunner().invoke(app, ["compare", *(str(tmp_path / name) for name in "aab")])
    assert done.exit_code == 2
    assert "is the base too" in done.stderr


def test_a_figure_of_every_case_is_drawn(tmp_path):
    bars = (
        SummaryBar("More and less", (("activity", 3.0), ("fleet", -5.0), ("method", 1.0)), -1.0),
        SummaryBar("A name that is much too long for the room that is left of the bars", (), 0.0),
    )
    panels = [SummaryPanel("CO2e", 100.0, bars), SummaryPanel("Nothing", 0.0, bars[1:])]
    for name in ("a.png", "b.png"):
        draw_summary(panels, tmp_path / name, base="Base", year=2023, source="tests")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    base = small_run.build(tmp_path_factory.mktemp("summary"), outputs=["accounts"])
    compute_run(base)
    made = [base]
    for name, text in SCENARIOS.items():
        folder = base.parent / name
        folder.mkdir()
        head = f'title = "{name}"\nextends = "../small"\n'
        (folder / "scenario.toml").write_text(head + text)
        compute_run(folder)
        made.append(folder)
    return made


@pytest.mark.slow
def test_the_summary_is_that_of_single_comparisons(runs, tmp_path):
    base, *others = runs
    out = tmp_path / "out"
    words = ["compare", *map(str, runs), "--out", str(out), "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    table = pd.read_csv(out / "summary.csv").set_index(["run", "account", "pollutant"])
    for run in others:
        alone = tmp_path / "alone" / run.name
        single = compare(base, run, out=alone)
        rows = single.differences[single.differences["by"] == "city"]
        rows = rows.set_index(["account", "pollutant"]).sort_index()
        own = table.loc[run.name].sort_index()
        assert own.index.equals(rows.index)
        names = {"amount_base": "amount_a", "amount": "amount_b", "difference": "difference"}
        for mine, theirs in (names | {cause: cause for cause in CAUSES}).items():
            np.testing.assert_array_equal(own[mine], rows[theirs].astype(float))
        split = own[own["activity"].notna()]
        gap = (split[list(CAUSES)].sum(axis=1) - split["difference"]).abs()
        assert (gap <= 1e-9 * split[["amount_base", "amount"]].max(axis=1)).all()
        # the full comparison stands in a folder of its own, as if it were alone
        files = sorted(path.name for path in alone.iterdir())
        assert files == sorted(path.name for path in (out / run.name).iterdir())
        for name in files:
            assert (out / run.name / name).read_bytes() == (alone / name).read_bytes(), name
    assert table.loc[("electric", "total", "co2e"), "fleet"] < 0.0
    assert table.loc[("ar6", "total", "co2e"), "method"] != 0.0
    assert table.loc[("ar6", "total", "co2e"), "fleet"] == 0.0
    # bound to its runs
    shas = [sha256_file(run / "results" / "manifest.json") for run in runs]
    assert [
        facts["base"]["manifest_sha256"],
        *(one["manifest_sha256"] for one in facts["runs"]),
    ] == shas
    assert json.loads((out / "summary.json").read_text())["base"]["manifest_sha256"] == shas[0]
    first = (out / "summary.png").read_bytes()
    done = CliRunner().invoke(app, words[:-1])
    assert done.exit_code == 0, done.output
    assert (out / "summary.png").read_bytes() == first
    assert "are a change of method alone" in done.stdout
    assert "co2e [t] in the total of the rule" in done.stdout
    assert "accounting.gwp: " in done.stdout


@pytest.mark.slow
def test_every_stale_run_is_told(runs):
    path = runs[0].parent / "small" / "input" / "fleet.csv"
    before = path.read_text()
    path.write_text(before + "\n")
    try:
        with pytest.raises(InputError) as caught:
            compare_several(runs[0], runs[1:])
        assert len(caught.value.faults) == 3  # all stand on it
    finally:
        path.write_text(before)
