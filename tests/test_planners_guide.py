"""The planner's guide: its six commands, run as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from transmod.schema import CAUSES

GUIDE = Path(__file__).parents[1] / "runs" / "README.md"
SCENARIOS = {"electric_buses", "electric_cars", "truck_ban", "fuller_trucks"}


def commands():
    """Return the lines of the guide's block, without their remarks."""
    block = re.search(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return [line.split("#")[0].strip() for line in block[1].splitlines()]


def test_there_are_six():
    assert len(commands()) == 6
    assert all(line.startswith("transmod ") for line in commands())


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """A folder where all commands have been run, one after the other."""
    folder = tmp_path_factory.mktemp("guide")
    script = "\n".join(["set -e", *commands()])
    path = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env={**_environment(), **path}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "city"


def _environment():
    import os

    return dict(os.environ)


@pytest.mark.slow
def test_it_leads_to_a_comparison_whose_causes_add_up(city):
    summary = pd.read_csv(city / "comparison" / "summary.csv")
    assert set(summary["run"].map(lambda text: Path(text).name)) >= SCENARIOS
    known = summary[summary["difference"].notna() & summary[CAUSES[0]].notna()]
    assert len(known) > 4 * 10
    causes = known[list(CAUSES)].sum(axis=1)
    scale = known[["amount_base", "amount"]].abs().max(axis=1)
    assert ((known["difference"] - causes).abs() <= 1e-9 * scale).all()


@pytest.mark.slow
def test_it_leaves_figures_and_whole_runs(city):
    figures = ["comparison/summary.png", "runs/coquimbo_scenarios/series.png",
               "comparison/truck_ban/difference_map.png"]  # fmt: skip
    for name in figures:
        assert (city / name).stat().st_size > 20_000
    for name in SCENARIOS:
        assert (city / "runs" / "coquimbo_scenarios" / name / "results" / "manifest.json").is_file()
