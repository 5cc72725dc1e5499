"""A run in plain loops: the result tables that the closure laws compare."""

import numpy as np
import pandas as pd

DISTRICTS = ("a", "b", "no_district", "outside_boundary")
CLASSES = ("car", "bus")
GRAM_CO2_PER_KM = {"car": 180.0, "bus": 900.0}


def run(seed=0, n_links=12):
    """Result tables of a random run, each written from the pieces on a way of its own."""
    rng = np.random.default_rng(seed)
    pieces, links, spectrum, ledger = [], {}, {}, {}
    cells, before, outside = {}, dict.fromkeys(CLASSES, 0.0), dict.fromkeys(CLASSES, 0.0)
    for link in range(n_links):
        vkm = {name: rng.uniform(1.0, 1e5) for name in CLASSES}
        places = [(d, c) for d in DISTRICTS for c in (0, 1, -1)]
        chosen = rng.choice(len(places), 4, replace=False)
        for k, fraction in zip(sorted(chosen), rng.dirichlet(np.ones(4)), strict=True):
            district, cell = places[k]
            if district == "outside_boundary":
                cell = -1
            pieces.append((link, district, cell, fraction))
            for name in CLASSES:
                driven = vkm[name] * fraction
                before[name] += driven
                if district == "outside_boundary":
                    outside[name] += driven
                    continue
                mass = driven * GRAM_CO2_PER_KM[name] * 1e-6
                row = links.setdefault((link, district), {"vkm": 0.0, "co2_t": 0.0})
                row["vkm"] += driven
                row["co2_t"] += mass
                row[f"vkm_{name}"] = row.get(f"vkm_{name}", 0.0) + driven
                spectrum[district, name] = spectrum.get((district, name), 0.0) + driven
                ledger[district, name] = ledger.get((district, name), 0.0) + mass
                if cell >= 0:
                    cells[cell] = cells.get(cell, 0.0) + mass
    return {
        "pieces": pd.DataFrame(pieces, columns=["link_id", "district_id", "cell_id", "fraction"]),
        "links": pd.DataFrame(
            [{"link_id": i, "district_id": d, **row} for (i, d), row in sorted(links.items())]
        ),
        "spectrum": pd.DataFrame(
            [(d, c, v) for (d, c), v in spectrum.items()],
            columns=["district_id", "vehicle_class", "vkm"],
        ),
        "activity": pd.DataFrame(
            [(d, "road", c, v) for (d, c), v in reversed(spectrum.items())],
            columns=["district_id", "subsector", "vehicle_class", "vkm"],
        ),
        "cells": pd.DataFrame(list(cells.items()), columns=["cell_id", "co2_t"]),
        "ledger": pd.DataFrame(
            [
                (d, "link", "road", c, 1, None, "co2", mass)
                for (d, c), mass in reversed(ledger.items())
            ],
            columns=[
                "district_id", "location", "subsector", "vehicle_class", "scope",
                "notation_key", "pollutant", "mass_t",
            ],
        ),
    }, before, outside  # fmt: skip
