"""
Time the matching of model links onto a network.

    python tests/bench/match.py --links 100000 --json

The network is Columbus (folder named by TRANSMOD_DATA, else ../shared/data beside the project),
repeated beside itself until its model has enough links; see `generalised_network`. Reading files is
not timed; near links, both passes, judgement and the transfer of volumes are.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from generalised_network import generalise  # noqa: E402

from transmod.inputs.network import Network, working_crs  # noqa: E402
from transmod.inputs.osm import read_osm  # noqa: E402
from transmod.inputs.traffic_source import TrafficSource  # noqa: E402
from transmod.traffic.matching import MatchRule  # noqa: E402
from transmod.traffic.network import osm_links  # noqa: E402
from transmod.volume_matching import match_source  # noqa: E402

DATA = Path(os.environ.get("TRANSMOD_DATA", ROOT.parent / "shared" / "data"))


def repeat(frame, number, step_m, renumber):
    """Lay a frame beside itself."""
    parts = []
    for k in range(number):
        moved = frame.set_geometry(frame.geometry.translate(k * step_m, 0.0))
        parts.append(renumber(moved, k))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=frame.crs)


def build(number):
    made = osm_links(read_osm(DATA / "columbus" / "columbus.osm.pbf")).table
    box = gpd.GeoSeries([shapely.box(*made.total_bounds)], crs=made.crs)
    made = made.to_crs(working_crs(made.crs, box))
    model = generalise(made)
    places, volumes = model.source.places, model.source.volumes
    copies = -(-number // len(places))
    west, _, east, _ = made.total_bounds
    many = np.int64(10) ** 12
    links = repeat(
        model.links, copies, east - west + 1000.0,
        lambda x, k: x.assign(
            link_id=x["link_id"] + k * many, from_node=x["from_node"] + k * many,
            to_node=x["to_node"] + k * many,
        ),
    )  # fmt: skip
    every = repeat(
        places, copies, east - west + 1000.0,
        lambda x, k: x.assign(
            place_id=f"{k}-" + x["place_id"], from_node=f"{k}-" + x["from_node"],
            to_node=f"{k}-" + x["to_node"],
        ),
    ).iloc[:number]  # fmt: skip
    given = pd.concat(
        [volumes.assign(place_id=f"{k}-" + volumes["place_id"]) for k in range(copies)],
        ignore_index=True,
    )
    given = given[given["place_id"].isin(every["place_id"])].reset_index(drop=True)
    source = TrafficSource(every, given, "generalised", "aadt", "veh", None)
    districts = gpd.GeoDataFrame(
        {"district_id": ["all"]}, geometry=[shapely.box(*links.total_bounds)], crs=links.crs
    )
    return source, Network("", links, districts.geometry[0], districts, links.crs, "", ())


def measure(number):
    source, network = build(number)
    small = TrafficSource(
        source.places.iloc[:100],
        source.volumes[source.volumes["place_id"].isin(source.places["place_id"].iloc[:100])],
        "generalised", "aadt", "veh", None,
    )  # fmt: skip
    begin = time.perf_counter()
    match_source(small, network, MatchRule())
    first = time.perf_counter() - begin
    begin, cpu = time.perf_counter(), time.process_time()
    matches, transferred, _ = match_source(source, network, MatchRule())
    return {
        "places": len(source.places),
        "links": len(network.links),
        "first_100_s": round(first, 2),  # with compiling, where no compiled code is kept
        "match_s": round(time.perf_counter() - begin, 2),
        "match_cpu_s": round(time.process_time() - cpu, 2),
        "threads": os.environ.get("NUMBA_NUM_THREADS", str(os.cpu_count())),
        "matched": int((matches.places["status"] != "unmatched").sum()),
        "transferred_vkm": transferred.transferred_vkm,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--links", type=int, default=100_000, help="links of the model")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    facts = measure(options.links)
    if options.json:
        print(json.dumps(facts, indent=1))
    else:
        for name, value in facts.items():
            print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
