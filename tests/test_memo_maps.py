"""Memo maps: cells by hand, laws, files of their own, and a grid of the city that never changes."""

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import small_run
import xarray as xr
from shapely import LineString, MultiLineString, Point
from shapely.affinity import translate

import transmod.pipeline.links
from transmod.accounts.attribution import list_attribution
from transmod.accounts.memo_checks import close_memo_map
from transmod.errors import CheckError
from transmod.exchange import from_frame
from transmod.inputs.network import read_network
from transmod.inputs.rules import read_rule
from transmod.inputs.tables import read_shipped_table
from transmod.model.grid import grid_over
from transmod.model.memo_maps import AMOUNTS, draw_memo_map
from transmod.model.movements import SourceResult
from transmod.outputs.memo_maps import write_memo_links
from transmod.run import run
from transmod.schema import ACTIVITIES, EMISSION_KEYS, LOCATIONS, NO_CELL


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return read_network(small_run.write_city(tmp_path_factory.mktemp("city") / "small"))


def source(*places):
    """Return a source of (activity, shape in the small city, CO2 [t]); NOx is not known."""
    shapes = [translate(shape, *small_run.ORIGIN) for _, shape, _ in places]
    masses = np.array([mass for *_, mass in places])
    table = {"activity": [name for name, *_ in places], "place": "here", "co2_t": masses}
    frame = gpd.GeoDataFrame(
        table | {"nox_t": np.nan, "energy_tj": masses / 70}, geometry=shapes, crs=small_run.CRS
    )
    keys = pd.DataFrame(None, frame.index, list(EMISSION_KEYS), dtype=object).assign(
        activity=frame["activity"], location="point", district_id="west", subsector="water",
        fuel="hfo",
    )  # fmt: skip
    emissions = keys.assign(process="berth", pollutant="co2", mass_t=masses)
    return SourceResult(emissions, keys.assign(energy_tj=frame["energy_tj"]), frame)


BERTH = ("port_phase_international", Point(250, 250), 8.0)
TRACK = ("port_phase_international", LineString([(0, 100), (1000, 100)]), 4.0)
AIRPORT = ("landing_cycle_cross_boundary", Point(1999, 999), 2.0)


def test_cells_by_hand(network):
    """Cells of 500 m: the berth is in the first; the track, of 1 km, in the first two."""
    grid = grid_over(network.boundary, network.crs, 500.0)
    memo = draw_memo_map([source(BERTH, TRACK), source(AIRPORT)], network, grid)
    co2 = memo.cells.set_index(["activity", "cell_id"])["co2_t"]
    first = int((280_000 - grid.x0) // 500 + (6_680_000 - grid.y0) // 500 * grid.n_columns)
    assert co2.to_dict() == pytest.approx(
        {
            ("landing_cycle_cross_boundary", first + grid.n_columns + 3): 2.0,
            ("port_phase_international", first): 8.0 + 2.0,
            ("port_phase_international", first + 1): 2.0,
        }
    )
    assert memo.cells["nox_t"].isna().all()
    assert memo.places["feature"].tolist() == [0, 1, 2]


def test_a_place_in_no_cell_is_kept(network):
    grid = grid_over(network.boundary, network.crs, 500.0)
    half = MultiLineString([[(-5000, 100), (-4000, 100)], [(0, 100), (1000, 100)]])
    away = [("port_phase_international", Point(9999, 9999), 3.0)]
    away += [("port_phase_international", half, 4.0)]
    cells = draw_memo_map([source(*away)], network, grid).cells
    assert cells.set_index("cell_id").loc[NO_CELL, "co2_t"] == pytest.approx(3.0 + 2.0)
    assert cells["co2_t"].sum() == pytest.approx(7.0)


def test_the_order_of_sources_does_not_matter(network):
    grid = grid_over(network.boundary, network.crs, 250.0)
    parts = [MultiLineString([[(0, 10), (700, 40)], [(300, 10), (350, 900)]])]
    many = [source(("voyage_within_city", shape, 1 / 3)) for shape in [*parts, Point(9, 9)]]
    there = draw_memo_map([*many, source(BERTH, TRACK)], network, grid)
    back = draw_memo_map([source(TRACK, BERTH), *many[::-1]], network, grid)
    pd.testing.assert_frame_equal(there.cells, back.cells, check_exact=True)
    assert there.places.drop(columns="geometry").equals(back.places.drop(columns="geometry"))


def test_no_places_no_map(network):
    nothing = replace(source(BERTH), places=None)
    assert draw_memo_map([nothing], network, None) is None
    assert draw_memo_map([], network, None) is None


def test_laws_are_broken_where_a_place_is_lost(network):
    grid = grid_over(network.boundary, network.crs, 500.0)
    result = source(BERTH, TRACK)
    memo = draw_memo_map([result], network, grid)
    checks = close_memo_map(result.emissions, memo.places, memo.cells)
    assert [check.passed for check in checks] == [True, True]
    assert checks[0].left == checks[0].right == 12.0
    lost = close_memo_map(result.emissions, memo.places.iloc[:1], memo.cells)
    assert [check.passed for check in lost] == [False, False]


# files of a run


def run_small(tmp_path, monkeypatch, *results):
    """Compute the small city with these sources; return its results folder and manifest."""
    monkeypatch.setattr(transmod.pipeline.links, "compute_sources", lambda _: results)
    folder = small_run.build(tmp_path, outputs=["accounts", "links", "grid"])
    run(folder)
    return folder / "results", json.loads((folder / "results" / "manifest.json").read_text())


@pytest.mark.slow
def test_memo_sources_change_no_bit_of_the_grid_of_the_city(tmp_path, monkeypatch):
    plain, _ = run_small(tmp_path / "plain", monkeypatch)
    results, manifest = run_small(tmp_path / "memo", monkeypatch, source(BERTH, TRACK, AIRPORT))
    for name in ("grid.nc", "grid.tif", "links.parquet", "map.gpkg"):
        assert (plain / name).read_bytes() == (results / name).read_bytes(), name
    assert not list(plain.glob("memo_*"))
    assert {path.name for path in results.glob("memo_*")} == {"memo_grid.nc", "memo_links.parquet"}
    assert {"memo_grid.nc", "memo_links.parquet"} < set(manifest["results"])

    links = gpd.read_parquet(results / "memo_links.parquet")
    ledger = pd.read_parquet(results / "ledger.parquet")
    posted = ledger[(ledger["location"] == "point") & (ledger["pollutant"] == "co2")]
    with xr.open_dataset(results / "memo_grid.nc") as cells:
        assert cells["co2"].dims == ("activity", "y", "x")
        assert cells["co2"].attrs["grid_mapping"] == "crs"
        assert "nox" not in cells  # not known of any place
        by_activity = cells["co2"].sum(("y", "x")).to_series()
    assert by_activity.to_dict() == pytest.approx(
        posted.groupby("activity")["mass_t"].sum().to_dict()
    )
    assert links["co2_t"].sum() == posted["mass_t"].sum() == 14.0
    assert set(links["memo_kind"]) == {"international_marine_bunker", "cross_boundary_aviation"}
    laws = {check["name"]: check for check in manifest["checks"]}
    law = laws["co2_t of aircraft and ships at places: ledger = memo map"]
    assert law["left"] == law["right"] == 14.0
    assert laws["co2_t of aircraft and ships at places: memo map = cells + no_cell"]["passed"]
    berths = [row for row in manifest["attribution"] if row["location"] == "point"]
    assert {row["activity"] for row in berths} == {BERTH[0], AIRPORT[0]}


@pytest.mark.slow
def test_a_run_fails_whose_map_shows_less_than_its_ledger(tmp_path, monkeypatch):
    whole = source(BERTH, TRACK)
    with pytest.raises(CheckError, match="ledger = memo map must hold"):
        run_small(tmp_path, monkeypatch, replace(whole, places=whole.places.iloc[:1]))


def test_links_say_which_are_memo_items(network, tmp_path):
    ferry = ("voyage_within_city", Point(9, 9), 1.0)
    memo = draw_memo_map([source(BERTH, ferry)], network, None)
    assert memo.cells is None
    write_memo_links(memo, read_rule("territorial"), tmp_path / "l.parquet", attributes={})
    links = gpd.read_parquet(tmp_path / "l.parquet").set_index("activity")
    assert links["item"].to_dict() == {BERTH[0]: "memo", ferry[0]: "inventory"}
    assert links.loc[BERTH[0], "memo_kind"] == "international_marine_bunker"
    assert set(AMOUNTS) < set(links.columns)


# attribution


def test_attribution_by_hand():
    rows = [
        ("rail_electricity", "district", "co2", 3.0),
        ("rail_electricity", "unallocated", "co2", 1.0),
        ("road_wear", "link", "pm10", 2.0),
        ("road_wear", "link", "bc", np.nan),
        ("off_road_fuel", "point", "nox", np.nan),
    ]
    ledger = from_frame(pd.DataFrame(rows, columns=["activity", "location", "pollutant", "mass_t"]))
    found = [
        (row["activity"], row["location"], row["share"], row["of"])
        for row in list_attribution(ledger)
    ]
    assert found == [
        ("road_wear", "link", 1.0, "pm10"),
        ("rail_electricity", "district", 0.75, "co2"),
        ("rail_electricity", "unallocated", 0.25, "co2"),
        ("off_road_fuel", "point", None, None),
    ]


def test_every_place_of_every_activity_has_words():
    pairs = [(activity, location) for activity in ACTIVITIES for location in LOCATIONS]
    ledger = from_frame(pd.DataFrame(pairs, columns=["activity", "location"])).assign(
        pollutant="co2", mass_t=1.0
    )
    rows = list_attribution(ledger)
    assert len(rows) == len(pairs)
    words = {(row["activity"], row["location"]): row["how"] for row in rows}
    assert "not known" in words["road_electricity", "link"]  # where cars are charged
    assert words["road_fuel", "link"] == "the part of the link in the district"
    assert len(read_shipped_table("accounts", "attribution")) <= len(set(words))
