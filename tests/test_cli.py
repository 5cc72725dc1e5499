"""The command line: help, facts, faults, exit codes; quiet in a pipe."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import small_run
import typer
from typer.testing import CliRunner

import transmod
from transmod.cli import app
from transmod.cli.console import say_table
from transmod.run import run

ROOT = Path(__file__).parents[1]
PROGRAM = Path(sys.executable).with_name("transmod")


def commands(group=None, words=()):
    """Return the words of every command, groups included."""
    group = group or typer.main.get_command(app)
    found = [list(words)]
    for name, command in getattr(group, "commands", {}).items():
        found += commands(command, (*words, name))
    return found


def call(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def program(*words):
    """Call the installed program, its output in pipes."""
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The small city, computed by the installed program; its run folder and what it said."""
    folder = small_run.build(tmp_path_factory.mktemp("city"), outputs=["accounts", "links", "grid"])
    return folder, program("run", folder)


# help


def test_the_commands_of_the_contract():
    names = {" ".join(words) for words in commands()}
    assert {
        "init", "check", "run", "verify", "network build", "network show", "profiles list",
        "profiles check",
    } <= names  # fmt: skip


@pytest.mark.parametrize("words", commands(), ids=lambda words: " ".join(words) or "transmod")
def test_help(words):
    done = call(*words, "--help")
    assert done.exit_code == 0
    assert "Usage:" in done.stdout
    assert done.stderr == ""
    if words not in ([], ["network"], ["profiles"], ["volumes"]):
        assert "--json" in done.stdout


def test_help_loads_no_library():
    """What makes `--help` fast: commands load what they need, when they need it."""
    code = (
        "import sys, transmod.cli\n"
        "print([n for n in ('numpy', 'pandas', 'geopandas', 'numba', 'pyarrow', 'xarray', "
        "'matplotlib', 'osmium') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "out", "err"),
    [
        (["--version"], 0, "transmod ", ""),
        (["rnu"], 2, "", "Did you mean 'run'?"),  # of a command that is not, all are known
        (["profiles", "shwo"], 2, "", "Did you mean 'show'?"),
        (["run", "nowhere"], 2, "", "Bad input"),
        (["run", "--help"], 0, "transmod run [OPTIONS]", ""),
    ],
)
def test_the_program_ends_with_its_code_and_all_that_was_said(words, code, out, err):
    done = subprocess.run(
        [sys.executable, "-m", "transmod", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert out in done.stdout
    assert err in done.stderr


def test_tables_stand_in_cells_of_a_terminal(capsys):
    say_table("Districts", ["", "links"], [["朝阳区", "12"], ["La Serena", "3"]])
    assert capsys.readouterr().out.splitlines() == [
        "Districts",
        "",
        "             links",
        " -----------------".replace("-", "─"),
        " 朝阳区         12",
        " La Serena       3",
        "",
    ]


def test_version():
    assert call("--version").stdout == f"transmod {transmod.__version__}\n"


# a run, as a program in a pipe


def test_a_run_says_facts_with_units_and_nothing_else(city):
    folder, done = city
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no progress in a pipe, and no library's warnings
    for text in (
        "In the total of the rule territorial, per ", "Apart, never in the total",
        "vehicle-kilometres", " km", " TJ", " tce",
        "memo: biogenic co2", "  of scope 1", "energy in coal equivalent",
            "laws hold (largest relative difference ", "Notes", f"Results: {folder}",
    ):  # fmt: skip
        assert text in done.stdout, text
    assert re.search(r"^ *co2 +0\.9\d+ +t *$", done.stdout, re.MULTILINE)
    assert "\x1b" not in done.stdout  # no colours


def test_the_same_again(city):
    folder, _ = city
    done = program("run", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{folder / 'results'} is up to date." in done.stdout
    assert re.search(r"^Notes: \d+, in .*manifest\.json\.$", done.stdout, re.MULTILINE)
    assert "\n  - " not in done.stdout  # said when it was computed


# one JSON object


def facts(*words, exit_code=0):
    done = call(*words, "--json")
    assert done.exit_code == exit_code, done.output
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_json_of_run_check_and_verify(city):
    folder, _ = city
    manifest = json.loads((folder / "results" / "manifest.json").read_text())
    said = facts("run", folder)
    assert said["state"] == "up to date"
    assert said["totals"] == manifest["totals"]
    assert said["checks"] == manifest["checks"]
    said = facts("check", folder)
    assert (said["links"], said["links_with_volume"], said["districts"]) == (8, 7, 2)
    assert said["notes"]
    assert facts("verify", folder) == {"run": str(folder), "verified": True, "differences": []}


def test_json_of_a_new_run(tmp_path):
    folder = small_run.build(tmp_path, outputs=["accounts"])
    assert facts("run", folder)["state"] == "computed"


def test_json_of_networks_and_profiles(city):
    folder, _ = city
    network = folder.parents[1] / "networks" / "small"
    said = facts("network", "show", network, "--no-map")
    assert (said["links"], said["districts"]) == (8, 2)
    assert said["road_classes"][0]["road_class"] == "motorway"
    names = [one["name"] for one in facts("profiles", "list")["sets"]]
    assert "emep_eea_2019" in names


def test_faults_leave_stdout_empty(tmp_path):
    done = call("run", tmp_path, "--json")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Bad input:\n  - ")


# exit codes


@pytest.mark.parametrize(
    "words", [["walk"], ["run"], ["run", ".", "--thread", "2"], ["network", "build"]]
)
def test_usage(words):
    done = call(*words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "Usage:" in done.stderr


@pytest.mark.parametrize("threads", [0, -1, 100_000])
def test_threads(city, threads):
    folder, _ = city
    done = call("run", folder, "--threads", threads, "--force")
    assert done.exit_code == 2
    assert "--threads must be from 1 to " in done.stderr


def test_verify_says_what_changed(tmp_path):
    folder = small_run.build(tmp_path, outputs=["accounts"])
    done = call("verify", folder)
    assert done.exit_code == 2
    assert f"transmod run {folder}" in done.stderr  # the way out
    run(folder)
    assert call("verify", folder).exit_code == 0
    (folder / "results" / "ledger.parquet").write_bytes(b"")
    done = call("verify", folder)
    assert done.exit_code == 1
    assert "'results/ledger.parquet' has changed" in done.stdout
    said = facts("verify", folder, exit_code=1)
    assert not said["verified"]
    assert [d["kind"] for d in said["differences"]] == ["changed"]


@pytest.mark.slow
def test_profiles_check_finds_the_shipped_set_good():
    done = call("profiles", "check")
    assert done.exit_code == 0, done.output


# a working folder of one's own


@pytest.mark.slow
def test_init(tmp_path):
    target = tmp_path / "work"
    done = call("init", target)
    assert done.exit_code == 0
    assert done.stdout.endswith(f"Next: transmod run {target / 'runs' / 'coquimbo'}\n")
    assert sorted(p.name for p in target.iterdir()) == ["networks", "runs", "vehicle_profiles"]
    assert not (target / "runs" / "coquimbo" / "results").exists()
    again = call("init", target)
    assert again.exit_code == 2
    assert "must not hold what would be laid out" in again.stderr
    checked = call("check", target / "runs" / "coquimbo")
    assert checked.exit_code == 0, checked.output
    assert "inputs are good" in checked.stdout


def test_init_into_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "work").write_text("")
    done = call("init", tmp_path / "work")
    assert done.exit_code == 2
    assert "must be writable" in done.stderr


@pytest.mark.slow
def test_the_sample_run_of_a_new_folder(tmp_path):
    """What a new user types."""
    target = tmp_path / "work"
    assert program("init", target).returncode == 0
    done = program("run", target / "runs" / "coquimbo")
    assert (done.returncode, done.stderr) == (0, "")
    assert program("verify", target / "runs" / "coquimbo").returncode == 0
