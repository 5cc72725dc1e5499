"""The laws of a finished run, from its files alone: no function of transmod, sums in plain code."""

import json
import math
import tomllib
from calendar import isleap
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import xarray as xr

POLLUTANTS = (
    "co2", "co2_biogenic", "ch4", "n2o", "nox", "co", "nmvoc", "pm10", "pm2_5", "bc", "nh3", "so2",
    "no2", "pb",
)  # fmt: skip


class Files:
    """The files of a run and of its network, as any program would read them."""

    def __init__(self, run):
        run = Path(run)
        results = run / "results"
        self.scenario = tomllib.loads((run / "scenario.toml").read_text())
        network = run / self.scenario["network"]["path"]
        self.network = gpd.read_parquet(network / "links.parquet")
        self.volumes = pd.read_parquet(run / self.scenario["traffic"]["volumes"])
        self.manifest = json.loads((results / "manifest.json").read_text())
        for name in ("pieces", "spectrum", "hours", "activity", "ledger", "energy"):
            setattr(self, name, pd.read_parquet(results / f"{name}.parquet"))
        self.links = gpd.read_parquet(results / "links.parquet")
        self.memo_links = self.memo_grid = None
        if (results / "memo_links.parquet").is_file():  # aircraft or ships at places
            self.memo_links = gpd.read_parquet(results / "memo_links.parquet")
            with xr.open_dataset(results / "memo_grid.nc") as grid:
                self.memo_grid = {n: grid[n].to_numpy() for n in POLLUTANTS if n in grid}
        self.inventory = pd.read_csv(results / "inventory.csv", dtype={"district_id": str})
        with xr.open_dataset(results / "grid.nc") as grid:
            self.grid = {name: grid[name].to_numpy() for name in (*POLLUTANTS, "cell_id")}
        with rasterio.open(results / "grid.tif") as bands:
            self.bands = {
                name: bands.read(number) for number, name in enumerate(bands.descriptions, 1)
            }
        self.layers = {
            name: gpd.read_file(results / "map.gpkg", layer=name)
            for name in ("districts", "links", "cells")
        }


def laws(files):
    """Return every law as name -> list of (where, left, right)."""
    return {
        **_fractions(files),
        **_before_cutting(files),
        **_kilometres(files),
        **_cells(files),
        **_ledger(files),
        **_accounts(files),
        **_map(files),
        **_memo(files),
    }


def broken(files, tolerance=1e-9):
    """Return the laws that do not hold, with the place where they hold worst."""
    worst = {}
    for name, pairs in laws(files).items():
        gaps = [(_gap(left, right), str(where)) for where, left, right in pairs]
        gap, where = max(gaps, default=(0.0, "nothing on either side"))
        if not gap <= tolerance:
            worst[name] = (where, gap)
    return worst


def _gap(left, right):
    if math.isnan(left) or math.isnan(right):
        return math.inf
    return abs(left - right) / max(abs(left), abs(right), 1e-300)


def _sums(frame, keys, value):
    """Add up `value` by `keys` in a loop; a missing value stays missing."""
    sums = {}
    columns = [frame[key].tolist() for key in keys]
    for *key, amount in zip(*columns, frame[value].tolist(), strict=True):
        sums[tuple(key)] = sums.get(tuple(key), 0.0) + amount
    return sums


def _pairs(left, right):
    """Put two sums side by side; what one of them has not is 0 there."""
    return [(key, left.get(key, 0.0), right.get(key, 0.0)) for key in sorted({*left, *right})]


def _fractions(files):
    sums = _sums(files.pieces, ["link_id"], "fraction")
    assert set(sums) == {(i,) for i in files.network["link_id"].tolist()}
    return {"fractions sum to 1": [(link, total, 1.0) for link, total in sums.items()]}


def vehicles(files):
    """Return the vehicles of the period by (link_id, vehicle_class), from the volume file."""
    year = files.scenario["year"]
    days = 366 if isleap(year) else 365
    out = {}
    rows = files.volumes
    for link, name, volume in zip(
        rows["link_id"].tolist(), rows["vehicle_class"], rows["volume"], strict=True
    ):
        number = float(np.sum(volume, dtype=np.float64))
        if files.scenario["traffic"]["kind"] == "aadt":
            number *= days
        out[link, name] = out.get((link, name), 0.0) + number
    return out


def _before_cutting(files):
    """Kilometres of whole links, from network and volumes, are those inside and outside."""
    length = dict(
        zip(files.network["link_id"].tolist(), files.network["length_m"].tolist(), strict=True)
    )
    outside = files.pieces[files.pieces["district_id"] == "outside_boundary"]
    beyond = _sums(outside, ["link_id"], "fraction")
    before, kept = {}, {}
    for (link, name), number in vehicles(files).items():
        driven = number * length[link] / 1e3
        before[name] = before.get(name, 0.0) + driven
        kept[name] = kept.get(name, 0.0) + driven * beyond.get((link,), 0.0)
    inside = _sums(files.spectrum, ["vehicle_class"], "vkm")
    pairs = [(n, inside.get((n,), 0.0) + kept[n], before[n]) for n in before]
    return {"inside and outside make up all": pairs}


def _kilometres(files):
    links = files.links[files.links["vkm"].notna()]
    by_class = {
        (name.removeprefix("vkm_"),): math.fsum(links[name])
        for name in links.columns
        if name.startswith("vkm_")
    }
    road = files.activity[files.activity["subsector"] == "road"]
    district, kind = ["district_id"], ["vehicle_class"]
    spectrum = _sums(files.spectrum, district, "vkm")
    on_lines = files.inventory[files.inventory["vkm"].notna()]
    length = dict(zip(files.network["link_id"], files.network["length_m"], strict=True))
    inside = files.pieces[files.pieces["district_id"] != "outside_boundary"]
    cut = _sums(inside, ["link_id", "district_id"], "fraction")
    return {
        "districts: spectrum = activity": _pairs(spectrum, _sums(road, district, "vkm")),
        "districts: spectrum = links": _pairs(spectrum, _sums(links, district, "vkm")),
        "districts: spectrum = inventory": _pairs(spectrum, _sums(on_lines, district, "vkm")),
        "classes: spectrum = links": _pairs(_sums(files.spectrum, kind, "vkm"), by_class),
        "classes: spectrum = hours": _pairs(
            _sums(files.spectrum, kind, "vkm"), _sums(files.hours, kind, "vkm")
        ),
        "length of links in districts": _pairs(
            {key: share * length[key[0]] for key, share in cut.items()},
            _sums(files.links, ["link_id", "district_id"], "length_m"),
        ),
    }


def _cells(files):
    """Every cell is the sum of its pieces; no_cell takes the rest."""
    inside = files.pieces[files.pieces["district_id"] != "outside_boundary"]
    keys = ["link_id", "district_id"]
    whole = _sums(inside, keys, "fraction")
    rows = list(zip(*(inside[name].tolist() for name in inside.columns), strict=True))
    out = {}
    for name in POLLUTANTS:
        links = files.links[files.links[f"{name}_t"].notna()]
        mass = _sums(links, keys, f"{name}_t")
        expected, in_no_cell = {}, 0.0
        for link, district, cell, fraction in rows:
            if (link, district) in mass:
                part = mass[link, district] * fraction / whole[link, district]
                if cell == -1:
                    in_no_cell += part
                else:
                    expected[cell] = expected.get(cell, 0.0) + part
        raster, ids = files.grid[name], files.grid["cell_id"]
        found = {
            int(c): float(m) for c, m in zip(ids.ravel(), raster.ravel(), strict=True) if m > 0.0
        }
        out[f"{name}: each cell"] = [
            (c, expected.get(c, 0.0), found.get(c, 0.0))
            for c in {*expected, *found}
            if expected.get(c, 0.0) > 0.0 or c in found
        ]
        total = math.fsum(mass.values())
        out[f"{name}: links = cells + no_cell"] = [
            ("grid.nc", total, float(np.nansum(raster)) + in_no_cell),
            ("grid.tif", total, float(np.nansum(files.bands[name])) + in_no_cell),
        ]
    return out


def _ledger(files):
    on_links = files.ledger[files.ledger["location"] == "link"]
    figures = on_links[on_links["mass_t"].notna()]
    assert (figures["notation_key"] != "NE").all()
    out = {}
    for scope, names in ((1, POLLUTANTS), (2, ("co2",))):
        for name in names:
            rows = figures[(figures["pollutant"] == name) & (figures["scope"] == scope)]
            column = f"{name}_t" if scope == 1 else "co2_scope2_t"
            links = files.links[files.links[column].notna()]
            left = _sums(links, ["district_id"], column)
            right = _sums(rows, ["district_id"], "mass_t")
            out[f"{column} by district: links = ledger"] = _pairs(left, right)
            out[f"{column}: links = ledger"] = [
                ("city", math.fsum(left.values()), math.fsum(right.values()))
            ]
    return out


def _accounts(files):
    """The ledger is the inventory and the totals; memo items are in neither total."""
    ledger = files.ledger
    memo = ledger[ledger["item"] == "memo"]
    assert not memo["in_total"].any()
    assert memo["memo_kind"].notna().all()
    assert ledger.loc[ledger["item"] == "inventory", "memo_kind"].isna().all()
    totals = files.manifest["totals"]
    counted = ledger[ledger["in_total"] & ledger["mass_t"].notna()]
    city = {name: math.fsum(m) for name, m in counted.groupby("pollutant")["mass_t"]}
    lines = ["district_id", "activity"]
    out = {
        "totals = ledger": [
            (name, city.get(name, 0.0), totals.get(f"{name}_t", 0.0)) for name in POLLUTANTS
        ],
        "total vkm": [("city", math.fsum(files.activity["vkm"]), totals["vkm"])],
        "total energy": [
            (
                unit,
                math.fsum(files.energy.loc[files.energy["in_total"], f"energy_{unit}"]),
                totals[f"energy_{unit}"],
            )
            for unit in ("tj", "tce")
        ],
        "energy = inventory": _pairs(
            _sums(_filled(files.energy), lines, "energy_tj"),
            _sums(_filled(files.inventory, "energy_tj"), lines, "energy_tj"),
        ),
    }
    for name in POLLUTANTS:
        rows = ledger[(ledger["pollutant"] == name) & ledger["mass_t"].notna()]
        out[f"{name}: ledger = inventory"] = _pairs(
            _sums(_filled(rows), lines, "mass_t"),
            _sums(_filled(files.inventory, f"{name}_t"), lines, f"{name}_t"),
        )
    return out


def _filled(frame, column=None):
    """Name the place of rows of no district; drop lines without a figure in `column`."""
    frame = frame if column is None else frame[frame[column].notna()]
    return frame.assign(district_id=frame["district_id"].fillna("none"))


def _map(files):
    links = files.links[files.links["co2_t"].notna()]
    total = math.fsum(links["co2_t"])
    apart = math.fsum(links.loc[links["district_id"] == "no_district", "co2_t"])
    sums = {name: math.fsum(layer["co2_t"].dropna()) for name, layer in files.layers.items()}
    in_cells = float(np.nansum(files.grid["co2"]))
    return {
        "map": [
            ("links", sums["links"], total),
            ("districts", sums["districts"] + apart, total),
            ("cells", sums["cells"], in_cells),
        ]
    }


def _memo(files):
    """What is shown at places is what the ledger has at points; all of it lies in cells."""
    if files.memo_links is None:
        return {}
    shown = set(files.memo_links["activity"])
    at_point = files.ledger[files.ledger["location"] == "point"]
    own = at_point[at_point["activity"].isin(shown) & at_point["mass_t"].notna()]
    posted = _sums(own, ["pollutant"], "mass_t")
    out = {}
    for name in POLLUTANTS:
        places = math.fsum(files.memo_links[f"{name}_t"].dropna())
        if (name,) in posted:
            out[f"{name}: places = ledger"] = [(name, places, posted[name,])]
        if name in files.memo_grid:
            cells = float(np.nansum(files.memo_grid[name]))
            out[f"{name}: places = cells"] = [(name, places, cells)]
    return out
