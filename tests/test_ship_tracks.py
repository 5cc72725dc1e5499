"""Ships by track: phases and borders by hand and by the twin, what is left out, bad input."""

import math

import geopandas as gpd
import naive_ship_tracks as naive
import numpy as np
import pandas as pd
import pytest
import shapely
import ship_files
import small_run
from pyproj import Transformer
from shapely import box
from shapely.affinity import translate
from ship_files import tables

from transmod.inputs import ship_tracks
from transmod.inputs.ship_tracks import read_register, read_tracks
from transmod.kernels import tracks as kernel
from transmod.model.ship_engines import load_factor
from transmod.model.ship_tracks import Follower, track_emissions
from transmod.model.ship_zones import lay_zones

# the kernel takes some seconds to compile where nothing is kept
pytestmark = pytest.mark.slow

KNOT = 1852.0 / 3600.0
FERRY = {
    "ship_type": "ferry_pax", "size": 200, "size_unit": "gt", "fuel": "mdo_mgo", "built": 2005,
    "trade": "within_city", "main_power_kw": 900, "design_speed_kn": 20,
}  # fmt: skip
# a harbour in the west of the small city, water beyond, a roadstead and a hill
AREAS = gpd.GeoDataFrame(
    {
        "kind": ["berth", "anchorage", "land"],
        "name": ["basin", "roads", "hill"],
        "in_city": [True, False, False],
    },
    geometry=[box(-300, 100, 900, 900), box(-3000, 0, -1500, 900), box(1000, 200, 2000, 800)],
    crs=small_run.CRS,
)
AREAS = AREAS.set_geometry(AREAS.translate(*small_run.ORIGIN))


def read(folder, rows, *ships, areas=None, **options):
    register = read_register(ship_files.write_register(folder, *ships), tables())
    paths = [ship_files.write_positions(folder, rows)]
    areas = ship_files.no_areas() if areas is None else areas
    return read_tracks(paths, register, areas, ship_files.degrees(0, 0), **options)


def emit(tracks, **options):
    return track_emissions(tracks, ship_files.city(), tables(), year=2022, **options)


def sail(ship, t, x0, x1, speed_kn, step=60, y=500):
    """Positions along y at one speed, from x0 to x1 [m]."""
    n = max(int(abs(x1 - x0) / (speed_kn * KNOT * step)), 1)
    x = x0 + (x1 - x0) * np.arange(n + 1) / n
    return [(ship, t + step * k, float(x[k]), y, speed_kn) for k in range(n + 1)]


def rest(ship, t, x, hours, step=600, y=500):
    n = int(hours * 3600 / step)
    return [(ship, t + step * (k + 1), x, y, 0.0) for k in range(n)]


def call(ship="1"):
    """In from the sea at 12 kn, 10 h at berth, out again."""
    rows = sail(ship, 0, -30_000, 300, 12)
    rows += rest(ship, rows[-1][1], 300, 10)
    return rows + sail(ship, rows[-1][1] + 60, 300, -30_000, 12)


def hours_of(result, tracks):
    """Hours at berth, from what boiler and auxiliary engines burn there."""
    berth = result.emissions.query("process == 'berth' and pollutant == 'co2'")["mass_t"].sum()
    ship = tracks.register.iloc[0]
    per_h = ship["auxiliary_berth_kw"] * 195 + ship["boiler_berth_kw"] * 340
    return berth / (per_h * 3.114e-6)


def test_a_call_by_hand(tmp_path):
    tracks = read(tmp_path, call(), {"ship_id": "1"})
    result = emit(tracks)
    assert hours_of(result, tracks) == pytest.approx(10.0, abs=0.02)
    co2 = result.emissions.query("pollutant == 'co2'").set_index(["activity", "process"])["mass_t"]
    assert set(co2.index.get_level_values(0)) == {
        "port_phase_international", "voyage_international",
    }  # fmt: skip

    def per_h(speed_kn, auxiliary_kw, boiler_kw):
        load = (speed_kn / 22.9) ** 3 / (0.867 * 0.917)
        curve = 0.455 * load**2 - 0.710 * load + 1.280
        fuel = 21_800 * load * 175 * curve + auxiliary_kw * 195 + boiler_kw * 340
        return fuel * 3.114e-6

    # 300 m in and 300 m out lie in the city, within a mile of it all is manoeuvring; in the minute
    # after the rest its speed is half that at the end
    inside = co2["port_phase_international", "manoeuvring"]
    by_hand = per_h(12, 1_900, 430) * 600 / (12 * 1852) + per_h(6, 1_900, 430) / 60
    assert inside == pytest.approx(by_hand, rel=0.02)
    # at sea, after departure: from a mile beyond the city on
    at_sea = co2["voyage_international", "sea"]
    by_hand = per_h(12, 920, 0) * (30_000 - 1852) / (12 * 1852)
    assert at_sea == pytest.approx(by_hand, rel=0.02)  # a stretch is 1.3 %
    assert any("1.3" in note and "from elsewhere" in note for note in result.notes)
    assert set(result.emissions["district_id"].dropna()) == {"west"}
    assert set(result.places["place"]) == {"track", "berth"}
    inside = result.emissions.query("location == 'point' and pollutant == 'nox'")["mass_t"].sum()
    assert result.places["nox_t"].sum() == pytest.approx(inside, rel=1e-9)


def test_a_ferry_across_the_bay_is_within_the_city(tmp_path):
    # from the quay out to sea and back: all of it within the city; to rest elsewhere: it crosses
    over = sail("1", 0, 500, -4000, 10)
    over += sail("1", over[-1][1] + 60, -4000, 500, 10)
    home = emit(read(tmp_path, over, {"ship_id": "1"} | FERRY))
    assert set(home.emissions["activity"]) == {"voyage_within_city"}
    away = sail("1", 0, 500, -16_000, 10)
    away += rest("1", away[-1][1], -16_000, 2)
    away += sail("1", away[-1][1] + 60, -16_000, 500, 10)
    result = emit(read(tmp_path, away, {"ship_id": "1"} | FERRY))
    assert set(result.emissions["activity"]) == {"voyage_within_city", "voyage_cross_boundary"}
    crossing = result.emissions.query("activity == 'voyage_cross_boundary'")
    assert set(crossing["location"]) == {"unallocated"}


def test_waters_that_belong_to_the_city(tmp_path):
    # the basin reaches 300 m beyond the boundary and belongs to the nearest district; the roads
    # do not belong to the city: what lies there before it came in counts where it departed
    areas = AREAS
    rows = rest("1", -600, -200, 5) + sail("1", 5 * 3600, -200, -2000, 8)
    rows += rest("1", rows[-1][1], -2000, 4)
    tracks = read(tmp_path, rows, {"ship_id": "1"}, areas=areas)
    result = emit(tracks)
    assert hours_of(result, tracks) == pytest.approx(5.0, abs=0.03)
    assert set(result.emissions["district_id"].dropna()) == {"west"}
    anchored = result.emissions.query("process == 'anchorage'")
    assert set(anchored["activity"]) == {"voyage_international"}


def test_what_is_left_out_is_counted(tmp_path):
    rows = sail("1", 0, -30_000, -1000, 12)
    rows.insert(50, rows[49])  # twice
    rows.insert(30, ("1", rows[29][1], 5000.0, 500, 12.0))  # one moment, two places
    rows.insert(20, ("1", rows[19][1] + 30, 60_000.0, 500, 12.0))  # out of reach
    rows[10] = (*rows[10][:4], 90.0)  # a speed it cannot have
    rows += sail("1", rows[-1][1] + 4000, -1000, -500, 12)  # a silence
    rows += sail("1", rows[-1][1] + 60, 1000, 1500, 12, y=300)  # over the hill
    tracks = read(tmp_path, rows, {"ship_id": "1"}, areas=AREAS)
    notes = "\n".join(emit(tracks).notes)
    of = f"of {len(rows)} positions"
    gap = "1 gaps of more than 30 min under way (1.11111 ship-hours)"
    for words in (
        f"1 {of} stand twice",
        f"1 {of} are of one moment but another place",
        f"1 {of} cannot be reached",
        f"2 {of} are of moving ships on land",
        f"1 of {len(rows)} speeds are more than the ship",
        gap,
    ):
        assert words in notes


def test_a_ship_that_was_misplaced_at_first_is_found_again(tmp_path):
    rows = [("1", 0, 90_000.0, 500, 12.0), *sail("1", 60, -5000, -1000, 12)]
    tracks = read(tmp_path, rows, {"ship_id": "1"})
    segments = Follower(tracks, ship_files.city(), tables()).follow(next(tracks.blocks()))
    names = [kernel.FATES[fate] for fate in segments.fate]
    assert names[:8] == ["first", *["jump"] * 5, "first", "counted"]


def random_tracks(rng, n_ships, n):
    rows = []
    for k in range(n_ships):
        t, x, y = 0.0, rng.uniform(-3000, 2500), rng.uniform(0, 900)
        goal = rng.uniform(0, 2 * np.pi)
        for _ in range(n):
            speed = float(rng.choice([0.0, 0.4, 2.0, 4.0, 9.0, 14.0, 40.0, 102.3]))
            dt = float(rng.choice([0.0, 30.0, 300.0, 1200.0, 4000.0, 90_000.0],
                                  p=[0.05, 0.4, 0.3, 0.15, 0.07, 0.03]))  # fmt: skip
            way = min(min(speed, 14.0) * KNOT * dt * rng.uniform(0.7, 1.2), 1500.0)
            if rng.random() < 0.05:
                way += 20_000.0
            goal += rng.normal(0, 0.7)
            if abs(x) > 3000.0:  # back to the port
                goal = np.arctan2(500.0 - y, 800.0 - x)
            t, x, y = t + dt, x + way * np.cos(goal), y + way * np.sin(goal)
            rows.append((str(k), t, x, y, speed))
    return rows


def test_the_kernel_does_as_its_twin(tmp_path):
    rng = np.random.default_rng(3)
    rows = random_tracks(rng, 4, 250)
    ships = [{"ship_id": "0"}, {"ship_id": "1"} | FERRY, {"ship_id": "2"}, {"ship_id": "3"}]
    tracks = read(tmp_path, rows, *ships, areas=AREAS)
    block = next(tracks.blocks())
    got = Follower(tracks, ship_files.city(), tables()).follow(block)
    city = ship_files.city().boundary.union(AREAS.geometry.iloc[0])
    zones = {
        "city": city,
        "berths": AREAS.geometry.iloc[0],
        "reach": shapely.buffer(AREAS.geometry.iloc[0], 9260.0),
        "anchorages": AREAS.geometry.iloc[1],
        "land": AREAS.geometry.iloc[2],
    }
    order = np.lexsort([block.time, block.ship])
    factor = load_factor(tracks.register, tables().method)
    to_plane = Transformer.from_crs(4326, small_run.CRS, always_xy=True)
    x, y = to_plane.transform(block.longitude, block.latitude)
    seen = set()
    for i, ship in enumerate(tracks.register.itertuples()):
        own = order[block.ship[order] == i]
        path = [
            (block.time[k], math.radians(block.longitude[k]), math.radians(block.latitude[k]),
             x[k], y[k], block.speed[k])
            for k in own
        ]  # fmt: skip
        expected = naive.follow(path, ship.design_speed_kn, factor[i], zones)
        at = np.flatnonzero(got.ship == i)
        for k, (fate, hours, phase, load, inside, departed, back) in zip(at, expected, strict=True):
            assert kernel.FATES[got.fate[k]] == fate
            assert got.hours[k] == pytest.approx(hours, abs=1e-9)
            if fate in ("counted", "rest"):
                assert (got.phase[k], got.departed[k], got.back[k]) == (phase, departed, back)
                assert got.load[k] == pytest.approx(load, rel=1e-12)
                assert got.inside[k] == pytest.approx(inside, abs=1e-9)
            seen.add((fate, phase))
    assert {fate for fate, _ in seen} >= {"counted", "gap", "rest", "jump", "duplicate", "on_land"}
    assert {phase for fate, phase in seen if fate == "counted"} == {0, 1, 2, 3}


def test_a_way_is_cut_where_the_border_is(tmp_path):
    # a star with many corners: shares by shapely
    rng = np.random.default_rng(5)
    angle = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    radius = np.where(np.arange(80) % 2, 400.0, 1000.0)
    star = shapely.Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))
    hole = star.difference(shapely.Point(0, 0).buffer(150.0))
    shape = translate(hole, small_run.ORIGIN[0], small_run.ORIGIN[1])
    areas = gpd.GeoDataFrame(
        {"kind": ["berth"], "name": ["star"], "in_city": [True]},
        geometry=[shape], crs=small_run.CRS,
    )  # fmt: skip
    network = ship_files.city()
    zones = lay_zones(network, areas, tables().method)
    whole = shapely.union(network.boundary, shape)
    ends = rng.uniform(-1500, 1500, (300, 4)) + np.tile(small_run.ORIGIN, 2)
    cuts = np.empty(256)
    laid = (zones.edge, zones.zone, zones.band_start, zones.band_edge)
    for x0, y0, x1, y1 in ends:
        began = kernel.lies_in(kernel.CITY, x0, y0, *laid)
        assert began == whole.contains(shapely.Point(x0, y0))
        share = kernel.share_inside(x0, y0, x1, y1, began, *laid, cuts)
        way = shapely.LineString([(x0, y0), (x1, y1)])
        assert share == pytest.approx(way.intersection(whole).length / way.length, abs=1e-9)


def test_blocks_change_nothing(tmp_path, monkeypatch):
    rows = sorted(call("1") + call("2"), key=lambda row: row[1])
    ships = [{"ship_id": "1"}, {"ship_id": "2", "trade": "cross_boundary"}]
    one = emit(read(tmp_path, rows, *ships))
    monkeypatch.setattr(ship_tracks, "BLOCK", 37)
    many = emit(read(tmp_path, rows, *ships))
    pd.testing.assert_frame_equal(one.emissions, many.emissions, rtol=1e-12)
    again = emit(read(tmp_path, rows, *ships))
    pd.testing.assert_frame_equal(many.emissions, again.emissions, check_exact=True)


def test_csv_and_parquet_are_one(tmp_path):
    register = read_register(ship_files.write_register(tmp_path, {"ship_id": "1"}), tables())
    results = []
    for name in ("positions.csv", "positions.parquet"):
        path = ship_files.write_positions(tmp_path, call(), name)
        tracks = read_tracks([path], register, ship_files.no_areas(), None)
        results.append(emit(tracks).emissions)
    pd.testing.assert_frame_equal(*results, rtol=1e-9)


def test_tracks_may_stand_for_more(tmp_path):
    tracks = read(tmp_path, call(), {"ship_id": "1"})
    once, often = emit(tracks), emit(tracks, times=3.0)
    assert often.energy["energy_tj"].sum() == pytest.approx(3 * once.energy["energy_tj"].sum())
