"""
Time telling the phases of ships apart in a generated set of tracks.

    python tests/bench/tracks.py --positions 1000000

The tracks are generated, no ship sailed them: ferries across a bay, tugs, and ships that come in
from the sea, anchor, berth and leave, with positions every ten seconds under way and every three
minutes at rest, noise of ten metres, and now and then a jump, a doublet, a gap or an unknown speed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import Transformer

sys.path.insert(0, str(Path(__file__).parents[1]))

import small_run

KNOT = 1852.0 / 3600.0
START = 1_640_995_200  # 2022-01-01 UTC
KINDS = (
    # type, size, unit, fuel, power [kW], speed [kn], trade
    ("ferry_pax", 300, "gt", "mdo_mgo", 1200.0, 20.0, "within_city"),
    ("service_tug", 400, "gt", "mdo_mgo", 3500.0, 13.0, "within_city"),
    ("bulk_carrier", 50_000, "dwt", "vlsfo", "", "", "international"),
    ("container", 2500, "teu", "vlsfo", "", "", "international"),
    ("general_cargo", 6000, "dwt", "mdo_mgo", "", "", "cross_boundary"),
)


def sail(rng, way_m, speed_kn, rest_h, n):
    """Positions along a bent way out and back with rests between: seconds, metres, knots."""
    t, out = 0.0, []
    length = 0
    while length < n:
        for begin, end in ((0.0, way_m), (way_m, 0.0)):
            steps = int(way_m / (speed_kn * KNOT) / 10.0)
            w = begin + (end - begin) * (np.arange(steps) + 1.0) / steps
            out.append((t + 10.0 * np.arange(1, steps + 1), w, np.full(steps, speed_kn)))
            t = out[-1][0][-1]
            rests = max(int(rest_h * 20 * rng.uniform(0.5, 1.5)), 2)
            out.append((t + 180.0 * np.arange(1, rests + 1), np.full(rests, end), np.zeros(rests)))
            t = out[-1][0][-1]
            length += steps + rests
    return (np.concatenate(part)[:n] for part in zip(*out, strict=True))


def generate(folder, n, ships, seed=1):
    """Write positions, sorted by time, and a register."""
    rng = np.random.default_rng(seed)
    back = Transformer.from_crs(small_run.CRS, 4326, always_xy=True)
    lines, parts = [], []
    for k in range(ships):
        kind, size, unit, fuel, power, design, trade = KINDS[k % len(KINDS)]
        name = f"{725_000_000 + k}"
        lines.append(f"{name},{kind},{size},{unit},{fuel},{power},{design},{trade},2005")
        local = trade == "within_city"
        seconds, way, knots = sail(
            rng, 3000.0 if local else 40_000.0, 11.0 if local else 13.0, 0.3 if local else 20.0,
            n // ships,
        )  # fmt: skip
        heading, quay = rng.uniform(2.6, 3.6), rng.uniform(100.0, 900.0, 2)
        x = small_run.ORIGIN[0] + quay[0] + way * np.cos(heading) + rng.normal(0, 10, len(way))
        y = small_run.ORIGIN[1] + quay[1] + way * np.sin(heading) + rng.normal(0, 10, len(way))
        knots = np.clip(knots + rng.normal(0, 0.2, len(way)), 0.0, None)
        knots[rng.random(len(way)) < 0.01] = 102.3
        x[rng.random(len(way)) < 1e-4] += 50_000.0
        seconds = np.round(seconds + rng.uniform(0, 3600))
        keep = rng.random(len(way)) > 1e-3
        twice = rng.random(len(way)) < 1e-3
        seconds[1:][twice[1:]] = seconds[:-1][twice[1:]]
        hole = rng.integers(len(way))
        keep[hole : hole + 400] = False
        parts.append((np.full(len(way), k)[keep], seconds[keep], x[keep], y[keep], knots[keep]))
    ship, seconds, x, y, knots = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.argsort(seconds, kind="stable")
    moment = START + seconds[order].astype("int64")
    lon, lat = back.transform(x[order], y[order])
    table = pa.table({
        "ship_id": pa.array([f"{725_000_000 + k}" for k in ship[order]]),
        "time": pa.array(moment, pa.timestamp("s", "UTC")),
        "longitude": lon, "latitude": lat, "speed_kn": knots[order],
    })  # fmt: skip
    pq.write_table(table, folder / "positions.parquet", row_group_size=1 << 18)
    header = "ship_id,ship_type,size,size_unit,fuel,main_power_kw,design_speed_kn,trade,built"
    (folder / "register.csv").write_text("\n".join([header, *lines]) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--positions", type=int, default=1_000_000)
    parser.add_argument("--ships", type=int, default=250)
    given = parser.parse_args()
    from transmod.inputs.network import read_network
    from transmod.inputs.ship_tables import read_ship_tables
    from transmod.inputs.ship_tracks import read_register, read_tracks
    from transmod.inputs.shipped import find_shipped
    from transmod.model.ship_tracks import track_emissions

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        network = read_network(small_run.write_city(folder / "networks" / "small"))
        child = multiprocessing.get_context("spawn").Process(
            target=generate, args=(folder, given.positions, given.ships)
        )  # so that its memory is not counted
        child.start()
        child.join()
        tables = read_ship_tables(find_shipped("vehicle_profiles") / "movements")
        areas = gpd.GeoDataFrame(
            {"kind": [], "name": [], "in_city": []}, geometry=[], crs=network.crs
        )
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = {}
        for turn in ("cold", "warm"):
            begin, cpu = time.perf_counter(), time.process_time()
            register = read_register(folder / "register.csv", tables)
            tracks = read_tracks([folder / "positions.parquet"], register, areas, None)
            seconds[f"{turn}_read"] = time.perf_counter() - begin
            result = track_emissions(tracks, network, tables, year=2022)
            seconds[turn] = time.perf_counter() - begin
            seconds[f"{turn}_cpu"] = time.process_time() - cpu
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {
                "positions": tracks.n_positions,
                "ships": given.ships,
                "seconds": {key: round(value, 2) for key, value in seconds.items()},
                "more_memory_mb": round((after - before) / 1e3),
                "notes": result.notes,
                "co2_t": result.emissions.query("pollutant == 'co2'")
                .groupby("activity")["mass_t"].sum().round(1).to_dict(),
            },
            indent=1,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
