"""
Time the cut of links at a grid against shapely's intersection of links and cells, and the overlay.

    python tests/bench/cut.py --links 100000 --cell 100 --json

The links are those of a real street network (folder named by TRANSMOD_DATA, else ../shared/data
beside the project), repeated beside themselves until there are enough.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from transmod.inputs.network import Network
from transmod.model.grid import Grid, cell_polygons, cut_lines, grid_over, lay_out
from transmod.model.overlay import cut_links

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("TRANSMOD_DATA", ROOT.parent / "shared" / "data"))
STREETS = DATA / "wuhan" / "wuhan_osm_streets_utm50n.parquet"
DISTRICTS = DATA / "wuhan" / "wuhan_districts_wgs84.geojson"
CRS = "EPSG:32650"


def real_links(number):
    streets = gpd.read_parquet(STREETS, columns=["geometry"]).geometry.to_numpy()
    west, _, east, _ = shapely.total_bounds(streets)
    copies = -(-number // len(streets))
    step = np.array([east - west + 1000.0, 0.0])
    moved = [shapely.transform(streets, lambda xy, k=k: xy + k * step) for k in range(copies)]
    return np.concatenate(moved)[:number]


def cut_with_transmod(links, grid):
    n = len(links)
    no_cuts = np.empty(0), np.zeros(n + 1, np.int64), np.zeros(n, np.int32)
    lines = lay_out(links)
    line, _, cell, fraction = cut_lines(lines, grid, *no_cuts)
    return cell, fraction * lines.length[line]


def cut_with_shapely(links, grid):
    """Meet every link with the cells its box touches; only cells any link comes near are made."""
    west, south, east, north = shapely.bounds(links).T
    size = grid.cell_size_m
    first_column = np.floor((west - grid.x0) / size).astype(int)
    first_row = np.floor((south - grid.y0) / size).astype(int)
    n_columns = np.floor((east - grid.x0) / size).astype(int) - first_column + 1
    n_rows = np.floor((north - grid.y0) / size).astype(int) - first_row + 1
    count = n_columns * n_rows
    line = np.repeat(np.arange(len(links)), count)
    step = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    column = first_column[line] + step % n_columns[line]
    row = first_row[line] + step // n_columns[line]
    near = np.unique(row * grid.n_columns + column)
    boxes = cell_polygons(grid, near)
    link, box = shapely.STRtree(boxes).query(links, predicate="intersects")
    length = shapely.length(shapely.intersection(links[link], boxes[box]))
    return near[box], length


def city_of(links):
    """Return the links as a network with the real districts."""
    districts = gpd.read_file(DISTRICTS).to_crs(CRS).sort_values("adcode", ignore_index=True)
    return Network(
        city="",
        links=gpd.GeoDataFrame({"link_id": np.arange(len(links))}, geometry=links, crs=CRS),
        districts=districts.rename(columns={"adcode": "district_id"}),
        boundary=districts.union_all(),
        crs=pyproj.CRS(CRS),
        sha256="",
        notes=(),
    )


def best_of(times, function, *arguments):
    """Return the shortest of some runs [s] and the result."""
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        result = function(*arguments)
        seconds.append(time.perf_counter() - begin)
    return min(seconds), result


def measure(number, cell_size_m):
    links = real_links(number)
    box = shapely.box(*shapely.total_bounds(links))
    grid: Grid = grid_over(box, CRS, cell_size_m)
    first, _ = best_of(1, cut_with_transmod, links, grid)
    ours, (cell, length) = best_of(5, cut_with_transmod, links, grid)
    theirs, (their_cell, their_length) = best_of(2, cut_with_shapely, links, grid)
    overlay, pieces = best_of(3, cut_links, city_of(links), grid)
    total = shapely.length(links).sum()
    cells, at = np.unique(np.concatenate([cell, their_cell]), return_inverse=True)
    by_cell = np.bincount(at[: len(cell)], length, len(cells))
    by_their_cell = np.bincount(at[len(cell) :], their_length, len(cells))
    difference = by_their_cell - by_cell
    return {
        "links": len(links),
        "vertices": int(shapely.get_num_coordinates(links).sum()),
        "cell_size_m": cell_size_m,
        "pieces": len(cell),
        "first_run_s": round(first, 4),
        "transmod_s": round(ours, 4),
        "shapely_s": round(theirs, 4),
        "speedup": round(theirs / ours, 1),
        "overlay_s": round(overlay, 4),
        "overlay_pieces": len(pieces),
        "length_m": total,
        "transmod_excess_m": length.sum() - total,
        "shapely_excess_m": their_length.sum() - total,
        "cells": len(cells),
        "cells_apart_by_over_1e-6_m": int((np.abs(difference) > 1e-6).sum()),
        "largest_difference_m": float(np.abs(difference).max()),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--links", type=int, default=100_000)
    parser.add_argument("--cell", type=float, default=100.0, help="side of a cell [m]")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    facts = measure(options.links, options.cell)
    if options.json:
        print(json.dumps(facts, indent=1))
    else:
        for name, value in facts.items():
            print(f"{name:28} {value}")


if __name__ == "__main__":
    main()
