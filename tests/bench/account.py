"""
Time a scenario of the fleet on a finished base, start of the program included.

    python tests/bench/account.py --repeat 9 --json

The base is the sample run; the scenario sets the share of electric buses and asks for accounts.
Each time is a process of its own, on the clock: `same` asks for the same share again, `new` for one
that was never asked. The baseline is the whole run of the base, and what loading pandas takes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = """title = "Electric buses"
extends = "../coquimbo"
outputs = ["accounts"]

[[measures]]
kind = "set_fleet_share"
name = "Electric buses"
vehicle_class = "bus"
fuels = "electricity"
share = {share}
"""


def lay(place):
    """Copy the sample run and lay the scenario beside it."""
    for name in ("networks", "runs/coquimbo"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("results"))
    scenario = place / "runs" / "buses"
    scenario.mkdir()
    return scenario


def clock_s(*words, keep):
    """Run Python with some words and return the seconds on the clock."""
    # compiled modules are kept, as where the program is installed
    kept = {"TRANSMOD_CACHE_DIR": str(keep), "PYTHONDONTWRITEBYTECODE": ""}
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, *words], check=True, capture_output=True, cwd=ROOT, env=os.environ | kept
    )
    return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    times = {"base": [], "pandas": [], "same": [], "new": []}
    with tempfile.TemporaryDirectory() as folder:
        place, keep = Path(folder), Path(folder) / "kept"
        scenario = lay(place)
        run = ("-m", "transmod", "run")
        base = (*run, str(scenario.parent / "coquimbo"), "--force")
        for _ in range(3):  # the first compiles, and keeps what others recall
            times["base"].append(clock_s(*base, keep=keep))
        for number in range(given.repeat):
            share = 0.5 + number / 100
            (scenario / "scenario.toml").write_text(SCENARIO.format(share=share))
            times["new"].append(clock_s(*run, str(scenario), "--force", keep=keep))
            times["same"].append(clock_s(*run, str(scenario), "--force", keep=keep))
            times["pandas"].append(clock_s("-c", "import pandas", keep=keep))
    del times["new"][0]  # nothing was kept for it yet
    facts = {
        f"{name}_s": {
            "median": round(statistics.median(own), 3),
            "best": round(min(own), 3),
            "worst": round(max(own), 3),
        }
        for name, own in times.items()
    }
    medians = {name: statistics.median(own) for name, own in times.items()}
    facts["base_over_same"] = round(medians["base"] / medians["same"], 1)
    facts["same_over_pandas"] = round(medians["same"] / medians["pandas"], 2)
    print(json.dumps(facts, indent=1 if not given.json else None))


if __name__ == "__main__":
    main()
