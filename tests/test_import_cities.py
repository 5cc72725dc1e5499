"""
Real traffic of cities and models, as published: imported, and run on the models' own networks.

Figures stand with the data (27,722 veh km of Chengdu, 4,873,341 of Sao Paulo, the number of counts
of London, Berlin and Auckland), or follow from the files by a few lines of pandas here.
"""

import gzip
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import small_run

from transmod.inputs.traffic_source import read_traffic_source, to_matrix
from transmod.kernels.speed import bpr_speed
from transmod.network import build_network
from transmod.run import run
from transmod.volumes import ImportOptions, import_volumes

pytestmark = pytest.mark.realdata

COLUMNS = Path(__file__).parent / "data"
OPTIONS = {
    "year": 2020, "fleet": {"mix": "europe"}, "profiles": {"electricity_kg_per_kwh": 0.5},
    "calendar": {"period": "hour", "hour": 8}, "outputs": ["accounts"],
}  # fmt: skip


def read(tmp_path, *paths, columns=None, **options):
    mapping = None if columns is None else COLUMNS / columns
    options = ImportOptions(**options)
    facts = import_volumes(paths, tmp_path / "source", columns=mapping, options=options)
    return facts, read_traffic_source(tmp_path / "source")


def run_on_its_own_links(tmp_path, name, *, speed, timezone, **options):
    """Build a network of the source in a folder, and run its hour."""
    folder = tmp_path / "runs" / name
    facts = build_network(
        tmp_path / "networks" / name, source=tmp_path / "source",
        volumes=folder / "input" / "volumes.parquet", **options,
    )  # fmt: skip
    small_run.write_scenario(
        folder, title=name, timezone=timezone, network={"path": f"../../networks/{name}"},
        traffic={"speed": speed}, **OPTIONS,
    )  # fmt: skip
    return facts, run(folder), folder


@pytest.fixture
def chengdu(data_dir):
    folder = data_dir / "sumo_chengdu"
    return folder, (folder / "chengdu.net.xml.gz", folder / "traf.xml.gz")


def test_chengdu_unaided(chengdu, tmp_path):
    """Network and edge data as SUMO wrote them; the vehicle-km of an independent reading."""
    folder, paths = chengdu
    facts, source = read(tmp_path, *paths)
    edges = gpd.read_parquet(folder / "chengdu_edges.parquet").set_index("edge_id")
    assert facts.vkm_total == pytest.approx(27_722, rel=1e-3)
    assert facts.vkm_total == pytest.approx(edges["veh_km"].sum(), rel=1e-6)
    places = source.places.set_index("place_id")
    assert set(places.index) == set(edges.index)
    assert (places["length_m"] == edges["length_m"].reindex(places.index)).all()
    own = edges["type"].str.removeprefix("highway.").str.removesuffix("_link")
    stated = own.notna() & (own != "")
    assert (places["road_class"][stated[stated].index] == own[stated]).all()
    volumes = to_matrix(source.volumes["volume"], 24)[:, :2].astype(float)
    km = volumes.sum(axis=1) * source.volumes["place_id"].map(places["length_m"]) / 1e3
    expected = source.volumes["place_id"].map(edges["veh_km"])
    np.testing.assert_allclose(km, expected, rtol=1e-6)


def test_chengdu_keeps_the_osm_ways_of_its_edges(chengdu, tmp_path):
    _, paths = chengdu
    _, source = read(tmp_path, *paths)
    places = source.places
    digits = places["place_id"].str.extract(r"^-?(\d+)", expand=False)
    assert digits.notna().sum() == places["osm_way_id"].notna().sum() > 800
    named = digits.dropna()
    stated = places["osm_way_id"][named.index].astype(str)
    # two edges were renamed by hand; their lanes still say the way
    assert (stated != named).sum() == 2
    assert all(name.startswith(way) for name, way in zip(named, stated, strict=True))
    assert places[digits.isna()]["place_id"].str.contains("E").all()  # drawn by hand in netedit
    # each lies within the city that the boundary of its ways says, in degrees
    west, south, east, north = places.to_crs(4326).total_bounds
    assert 103.9 < west < east < 104.2
    assert 30.4 < south < north < 30.72


def test_chengdu_run(chengdu, tmp_path):
    """The mean of the hour and a half, at SUMO's own speeds."""
    folder, paths = chengdu
    mix = {"car": 0.9, "taxi": 0.05, "rigid_truck": 0.03, "bus": 0.02}
    facts, _ = read(tmp_path, *paths, mean_hour=True, mix=mix)
    built, done, place = run_on_its_own_links(
        tmp_path, "chengdu", speed="given", timezone="Asia/Shanghai",
        districts=folder / "chengdu_districts_wgs84.geojson",
    )  # fmt: skip
    assert (built.links, built.districts) == (852, 20)
    assert facts.vkm_total == pytest.approx(27_722 / 1.5, rel=1e-3)
    assert done.totals["vkm"] == pytest.approx(facts.vkm_total, rel=1e-9)
    assert all(check["passed"] for check in done.checks)
    hours = pd.read_parquet(place / "results" / "hours.parquet")
    slow = hours["vkm"][hours["speed_node"] < 50].sum() / hours["vkm"].sum()
    assert 0.05 < slow < 0.1  # gridlocked, as the simulation was


@pytest.fixture
def chicago(data_dir):
    folder = data_dir / "chicago_regional"
    return folder, gpd.read_parquet(folder / "chicago_regional_links.parquet")


def test_chicago_cost_of_its_volumes(chicago):
    """Free time x our BPR, plus 0.25 min/mile and 0.1 min/cent, is the published cost."""
    _, links = chicago
    n = len(links)
    average = np.zeros((n, 8))
    average[:, 0] = links["vol"]
    fixed = links["fft"].to_numpy() == 0.0
    free = 1.0 / np.where(fixed, 1.0, links["fft"])  # links a minute
    speed = np.empty((n, 1, 1))
    bpr_speed(
        average, np.ones((1, 8, 1)), np.ones(8), free, links["cap"].to_numpy(float),
        links["B"].to_numpy(float), links["pow"].to_numpy(float), speed,
    )  # fmt: skip
    time = np.where(fixed, 0.0, 1.0 / speed[:, 0, 0])
    cost = time + 0.25 * links["len"] + 0.1 * links["toll"]
    assert n == 39_018
    np.testing.assert_allclose(cost, links["cost"], rtol=1e-12)


def test_chicago_run_with_its_districts(chicago, tmp_path):
    folder, links = chicago
    facts, _ = read(
        tmp_path, folder / "chicago_regional_links.parquet", columns="chicago_columns.toml"
    )
    miles = (links["vol"] * links["len"]).sum()
    assert facts.vkm_total == pytest.approx(miles * 1.609344, rel=1e-6)
    built, done, place = run_on_its_own_links(
        tmp_path, "chicago", speed="bpr", timezone="America/Chicago",
        districts=folder / "chicago_neighbourhoods.geojson", district_id="cartodb_id",
    )  # fmt: skip
    assert (built.links, built.districts) == (39_018, 98)
    assert all(check["passed"] for check in done.checks)
    inventory = pd.read_csv(place / "results" / "inventory.csv")
    assert inventory.loc[inventory["vkm"].notna(), "district_id"].nunique() >= 98
    before = done.totals["vkm"]
    outside = facts.vkm_total - before
    assert 0.15 < before / facts.vkm_total < 0.25
    assert outside > 0.0


def test_berlin_hour_profiles(data_dir, tmp_path):
    path = data_dir / "berlin_counts" / "berlin-v6.1-counts-vmz.xml.gz"
    facts, source = read(tmp_path, path)
    assert (facts.points, facts.hours, facts.rows_left_out) == (505, 24, {})
    sizes = source.volumes["vehicle_class"].value_counts().to_dict()
    assert sizes == {"car": 505, "rigid_truck": 280}
    text = gzip.decompress(path.read_bytes()).decode()
    total = sum(float(part.split('"')[0]) for part in text.split(' val="')[1:])
    assert sum(facts.vehicles.values()) == pytest.approx(total, rel=1e-6)
    peaks = {}
    for name, rows in source.volumes.groupby("vehicle_class"):
        profile = to_matrix(rows["volume"], 24).astype(float).sum(axis=0)
        peaks[name] = int(profile.argmax())
        assert profile[2] < 0.25 * profile.mean()  # the night
    assert 14 <= peaks["car"] <= 18
    assert 7 <= peaks["rigid_truck"] <= 14


def test_london_counts_by_class(data_dir, tmp_path):
    folder = data_dir / "london_counts"
    table = folder / "london_20002016_all_raw_8am.csv"
    facts, source = read(
        tmp_path, table, folder / "london_dft_loc.json", columns="london_columns.toml"
    )
    raw = pd.read_csv(table)
    latest = raw[raw["year"] == raw.groupby("cp")["year"].transform("max")]
    theirs = {"car": "car", "lcv": "lgv", "rigid_truck": "hgv_total", "bus": "bus"}
    theirs["motorcycle"] = "2wmv"
    assert facts.vehicles == {
        name: pytest.approx(latest[column].sum(), rel=1e-6) for name, column in theirs.items()
    }
    assert facts.points == 2548 == facts.points_with_volume
    assert sum(facts.rows_left_out.values()) == len(raw) - len(latest)
    assert source.places["is_two_way"].all()
    west, south, east, north = source.places.total_bounds
    assert -0.6 < west < east < 0.4
    assert 51.2 < south < north < 51.8


def test_auckland_dirty_table(data_dir, tmp_path):
    path = data_dir / "auckland" / "traffic_counts_2015_2019.csv"
    facts, source = read(tmp_path, path, columns="auckland_columns.toml")
    assert facts.rows_left_out == {
        "shares of classes must sum to 1": 23, "a later row of the place counts": 26,
        "the same figures stand in an earlier row": 4,
        "other figures of the place stand in an earlier row": 1,
    }  # fmt: skip
    assert 1348 - sum(facts.rows_left_out.values()) == facts.points_with_volume == 1294
    assert "whose shares of classes sum to 0.39 to 0.95" in "\n".join(facts.notes)
    assert source.places.geometry.notna().all()
    # in or about Auckland, but for two whose coordinates are wrong in the table
    where = source.places.to_crs(4326).geometry
    assert where.x.between(174, 175.6).sum() == len(where) - 2
    assert where.y.between(-37.9, -36.1).all()


def test_sao_paulo_link_layer(data_dir, tmp_path):
    path = data_dir / "sao_paulo" / "masp_net_8h.gpkg"
    facts, source = read(tmp_path, path, columns="sao_paulo_volumes.toml")
    assert facts.vkm_total == pytest.approx(4_873_341, abs=1)
    assert (facts.links, source.hours) == (1542, 1)
    assert facts.vkm["rigid_truck"] == pytest.approx(971_215, abs=1)


def test_tntp_collection(data_dir, tmp_path):
    folder = data_dir / "tntp" / "SiouxFalls"
    paths = [folder / f"SiouxFalls_{name}.tntp" for name in ("net", "node", "flow")]
    facts, _ = read(tmp_path, *paths, crs="EPSG:4326", kind="hourly")
    flows = pd.read_csv(paths[2], sep=r"\s+")
    assert facts.vehicles["car"] == pytest.approx(flows["Volume"].sum(), rel=1e-6)
    assert (facts.links, facts.rows_left_out) == (76, {})
