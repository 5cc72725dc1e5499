"""
Time the draws of the sample city's account: every district, class, type and substance.

    python tests/bench/draws.py --draws 10000 --json

Volumes by class, speeds, shares of types, every factor and the grid are uncertain; `--loads` adds
loads, for which factors are built anew. Seconds are of the processor and of the clock; memory is
the peak of the whole run. What is timed starts with the finished ledger and spectrum.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from pathlib import Path

import transmod.pipeline.links
from transmod.run import run

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "runs" / "coquimbo"
INPUTS = """
[uncertainty]
draws = {draws}
method = "{method}"
inputs = [
  {{of = "volumes", each = true, distribution = "normal", percent = 15}},
  {{of = "speeds", distribution = "normal", percent = 15}},
  {{of = "shares", each = true, distribution = "lognormal", percent = 20}},
  {loads}
]
"""
LOADS = '{of = "loads", distribution = "triangular", low = 0.7, high = 1.2},'


def build(folder, asked):
    """Copy the sample run, with uncertainty."""
    shutil.copytree(SAMPLE / "input", folder / "input")
    text = (SAMPLE / "scenario.toml").read_text()
    text = text.replace("../../networks", (ROOT / "networks").as_posix())
    loads = LOADS if asked.loads else ""
    uncertain = INPUTS.format(draws=asked.draws, method=asked.method, loads=loads)
    (folder / "scenario.toml").write_text(f'outputs = ["accounts"]\n{text}{uncertain}')


def measure(folder):
    """Run a folder; return what the draws took, and the largest part of memory."""
    found = {}
    weigh = transmod.pipeline.links.with_uncertainty

    def timed(*what, **options):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        wall, cpu = time.perf_counter(), time.process_time()
        books = weigh(*what, **options)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found.update(
            wall_s=round(time.perf_counter() - wall, 2),
            cpu_s=round(time.process_time() - cpu, 2),
            peak_before_gb=round(before / 1e6, 2),
            peak_gb=round(after / 1e6, 2),
            figures=len(books.uncertainty.table),
            substances=int(books.uncertainty.table["pollutant"].nunique()),
        )
        return books

    transmod.pipeline.links.with_uncertainty = timed
    run(folder)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--method", default="latin_hypercube")
    parser.add_argument("--loads", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), asked)
        found = {"draws": asked.draws, "method": asked.method} | measure(Path(folder))
    if asked.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:>15} {value}")


if __name__ == "__main__":
    main()
