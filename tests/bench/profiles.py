"""
Time reading a set of vehicle profiles and tabulating all its types, cold and warm.

    python tests/bench/profiles.py --set emep_eea_2019

Each measurement is a process of its own. Cold: nothing is kept from before. Warm: what an earlier
process read and tabulated is recalled. The import of the libraries is given apart.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time


def measure(name):
    begin, cpu = time.perf_counter(), time.process_time()
    from transmod.memory import remember
    from transmod.model.factor_table import build_factors
    from transmod.profiles import find_set, recall_profiles

    seconds = {"import": time.perf_counter() - begin}
    middle, cpu = time.perf_counter(), time.process_time()
    profiles = recall_profiles(find_set(name))
    seconds["read"] = time.perf_counter() - middle
    names = profiles.types["vehicle_type"].tolist()
    factors = remember(
        "factors",
        [profiles.sha256, names],
        lambda: build_factors(profiles, names, year=2022, electricity_kg_per_kwh=0.5),
    )
    seconds["read_and_tabulate"] = time.perf_counter() - middle
    seconds["read_and_tabulate_cpu"] = time.process_time() - cpu
    seconds["all_with_import"] = time.perf_counter() - begin
    return {
        "types": len(factors.types),
        "curves": len(factors.curve),
        "megabytes": round(factors.curve.nbytes / 1e6),
        "seconds": {key: round(value, 3) for key, value in seconds.items()},
    }


def in_process(name, cache):
    done = subprocess.run(
        [sys.executable, __file__, "--set", name, "--once"],
        env=os.environ | {"TRANSMOD_CACHE_DIR": cache},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--set", default="emep_eea_2019")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--once", action="store_true", help="measure here, with the cache as it is")
    given = parser.parse_args()
    if given.once:
        print(json.dumps(measure(given.set)))
        return
    with tempfile.TemporaryDirectory() as cache:
        cold = in_process(given.set, cache)
        warm = [in_process(given.set, cache) for _ in range(given.repeat)]
    best = min(warm, key=lambda one: one["seconds"]["read_and_tabulate"])
    facts = {key: cold[key] for key in ("types", "curves", "megabytes")}
    print(
        json.dumps(
            {"set": given.set, **facts, "cold": cold["seconds"], "warm": best["seconds"]}, indent=1
        )
    )


if __name__ == "__main__":
    main()
