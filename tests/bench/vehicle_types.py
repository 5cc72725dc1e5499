"""
Time a whole run of the sample city with ten vehicle types and with several hundred.

    python tests/bench/vehicle_types.py --few 10 --many 440

Both fleets are drawn evenly from all types of the classes on the road, with equal shares. Each run
is a process of its own, writes all results, and finds its profiles and factors kept from a run
before, as a user does who changes the traffic. Seconds are of the processors, not of the clock, so
others on the machine count little; those of the process that draws the figures are in them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
SET = "emep_eea_2019"
CLASSES = (
    "car", "taxi", "lcv", "rigid_truck", "articulated_truck", "bus", "coach", "motorcycle",
)  # fmt: skip
PASS = ("activity", "emissions")


def draw_fleet(count):
    """Return shares of `count` types: at least one of each class, else in proportion."""
    types = pd.read_csv(ROOT / "vehicle_profiles" / SET / "types.csv", dtype=str)
    types = types[types["vehicle_class"].isin(CLASSES)]
    sizes = types["vehicle_class"].value_counts()
    wanted = dict.fromkeys(CLASSES, 1)
    for _ in range(count - len(CLASSES)):
        most = max(CLASSES, key=lambda name: sizes[name] / wanted[name])
        wanted[most] += 1
    rows = []
    for name, number in wanted.items():
        own = types.loc[types["vehicle_class"] == name, "vehicle_type"].tolist()
        chosen = [own[i * len(own) // number] for i in range(number)]
        rows += [(name, "all", one, 1.0 / number, "assumption", "assumption") for one in chosen]
    names = ["vehicle_class", "trip_kind", "vehicle_type", "share", "source", "verification"]
    return pd.DataFrame(rows, columns=names)


def build(folder, count):
    """Copy the sample run with another fleet."""
    sample = ROOT / "runs" / "coquimbo"
    shutil.copytree(sample / "input", folder / "input")
    text = (sample / "scenario.toml").read_text()
    text = text.replace("../../networks", (ROOT / "networks").as_posix())
    (folder / "scenario.toml").write_text(text.replace('"coquimbo"\n', '"input/fleet.csv"\n', 1))
    draw_fleet(count).to_csv(folder / "input" / "fleet.csv", index=False)


def cpu_s():
    parts = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(part.ru_utime + part.ru_stime for part in parts)


def measure(folder):
    """Run a folder here and return the seconds of each step."""
    from transmod.run import run

    marks = []

    def note(step, share):
        if not marks or marks[-1][0] != step:
            marks.append((step, cpu_s()))

    clock, begin = time.perf_counter(), cpu_s()
    facts = run(folder, force=True, progress=note)
    end = cpu_s()
    starts = [at for _, at in marks]
    return {
        "state": facts.state,
        "cpu_s": end - begin,
        "wall_s": time.perf_counter() - clock,
        "steps_cpu_s": {
            step: b - a for (step, a), b in zip(marks, [*starts[1:], end], strict=True)
        },
    }


def in_process(folder):
    # what is kept is kept here: others on the machine make room for their own
    kept = {"TRANSMOD_CACHE_DIR": str(folder.parent / "kept")}
    done = subprocess.run(
        [sys.executable, __file__, "--once", str(folder)],
        check=True, capture_output=True, text=True, env=os.environ | kept,
    )  # fmt: skip
    return json.loads(done.stdout)


def summary(runs):
    best = min(runs, key=lambda one: one["cpu_s"])
    steps = {
        step: round(min(one["steps_cpu_s"][step] for one in runs), 2)
        for step in best["steps_cpu_s"]
    }
    return {
        "cpu_s": round(best["cpu_s"], 2),
        "wall_s": round(min(one["wall_s"] for one in runs), 2),
        "pass_and_emissions_cpu_s": round(
            min(sum(one["steps_cpu_s"][step] for step in PASS) for one in runs), 2
        ),
        "steps_cpu_s": steps,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--few", type=int, default=10)
    parser.add_argument("--many", type=int, default=440)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--once", type=Path, help="measure this run here")
    given = parser.parse_args()
    if given.once:
        print(json.dumps(measure(given.once)))
        return
    counts = {"few": given.few, "many": given.many}
    with tempfile.TemporaryDirectory() as place:
        folders = {name: Path(place) / "runs" / name for name in counts}
        for name, count in counts.items():
            build(folders[name], count)
            in_process(folders[name])  # what comes after finds everything kept
        runs = {name: [] for name in counts}
        for _ in range(given.repeat):  # in turns: what slows the machine slows both
            for name, folder in folders.items():
                runs[name].append(in_process(folder))
        bytes_of = {
            name: sum(path.stat().st_size for path in (folder / "results").rglob("*.*"))
            for name, folder in folders.items()
        }
        rows = {
            name: len(pd.read_parquet(folder / "results" / "ledger.parquet"))
            for name, folder in folders.items()
        }
    few, many = (summary(runs[name]) for name in counts)
    facts = {
        name: {"types": counts[name], "ledger_rows": rows[name], "bytes": bytes_of[name], **one}
        for name, one in (("few", few), ("many", many))
    }
    ratios = {
        f"{what}_more_percent": round(100 * (many[what] / few[what] - 1), 1)
        for what in ("cpu_s", "wall_s", "pass_and_emissions_cpu_s")
    }
    print(json.dumps(facts | ratios, indent=1))


if __name__ == "__main__":
    main()
