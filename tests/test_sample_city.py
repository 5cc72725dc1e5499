"""The shipped sample city: its files obey the contract, agree with each other, are plausible."""

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from transmod.inputs.airports import read_airports
from transmod.inputs.movements import read_territories
from transmod.inputs.network import read_network
from transmod.inputs.ship_calls import read_calls
from transmod.inputs.ship_tables import read_ship_tables
from transmod.model.movements import classify
from transmod.scenario import read_scenario
from transmod.schema import AADT_VOLUMES, DISTRICTS, LINKS, VEHICLE_CLASSES

ROOT = Path(__file__).parents[1]
CITY = ROOT / "networks" / "coquimbo"
RUN = ROOT / "runs" / "coquimbo"


@pytest.fixture(scope="module")
def network():
    return read_network(CITY)


@pytest.fixture(scope="module")
def volumes():
    return pd.read_parquet(RUN / "input" / "volumes.parquet")


@pytest.fixture(scope="module")
def vkm(network, volumes):
    """Vehicle-km a day of each row of volumes."""
    length = network.links.set_index("link_id")["length_m"]
    return volumes["volume"] * volumes["link_id"].map(length) / 1000


def test_network_obeys_the_schema(network):
    assert tuple(network.links.columns) == LINKS.names
    assert np.array_equal(network.links["link_id"], np.arange(len(network.links)))
    assert len(network.links) == 34250
    assert network.links["length_m"].sum() / 1000 == pytest.approx(2529.7, abs=0.1)
    assert network.crs.to_epsg() == 32719  # UTM zone 19 south


def test_ids_follow_way_then_driving_direction(network):
    links = network.links[network.links["osm_way_id"].notna()]
    assert links["osm_way_id"].is_monotonic_increasing
    # the two directions of a section stand one after the other
    lines = links.geometry.to_numpy()
    twin = shapely.equals_identical(lines[1:], shapely.reverse(lines[:-1]))
    assert twin.sum() == 14415


def test_links_meet_in_their_nodes(network):
    lines = network.links.geometry.to_numpy()
    ends = pd.DataFrame(
        np.vstack(
            [
                shapely.get_coordinates(shapely.get_point(lines, 0)),
                shapely.get_coordinates(shapely.get_point(lines, -1)),
            ]
        ),
        columns=["x", "y"],
    )
    ends["node"] = np.r_[network.links["from_node"], network.links["to_node"]]
    at_node = ends.groupby("node")[["x", "y"]]
    assert (at_node.max() - at_node.min()).to_numpy().max() < 1e-3  # m


def test_length_is_that_of_the_line(network):
    # UTM stretches by at most 0.1 % here
    measured = shapely.length(network.links.geometry.to_numpy())
    assert network.links["length_m"].to_numpy() == pytest.approx(measured, rel=1e-3)


def test_assumptions_are_named(network):
    named = network.links["imputed"].explode().value_counts(normalize=False) / len(network.links)
    assert named["capacity_pcu_h"] == named["gradient"] == 1
    assert 0.7 < named["lanes"] < 0.8
    assert 0.9 < named["free_speed_kmh"] < 1


def test_fourteen_districts_hold_all_people(network):
    districts = network.districts
    assert len(districts) == 14
    assert set(DISTRICTS.required) <= set(districts.columns)
    assert districts["name"].is_unique
    assert districts["population"].sum() == pytest.approx(451_899, abs=1)
    assert districts["population"].min() > 10_000
    assert districts.area.sum() == pytest.approx(network.boundary.area, rel=1e-9)
    assert districts.covered_by(network.boundary.buffer(0.1)).all()


def test_boundary_holds_all_links(network):
    inside = shapely.covers(network.boundary, network.links.geometry.to_numpy())
    assert inside.mean() > 0.999


def test_volumes_obey_the_schema(network, volumes):
    schema = pq.read_schema(RUN / "input" / "volumes.parquet")
    links = (CITY / "links.parquet").read_bytes()
    assert schema.metadata[b"network_sha256"].decode() == hashlib.sha256(links).hexdigest()
    assert schema.metadata[b"origin"] == b"modelled"
    assert list(volumes.columns) == ["link_id", "vehicle_class", "trip_kind", "volume"]
    assert set(volumes.columns) <= set(AADT_VOLUMES.names)
    key = list(AADT_VOLUMES.key)
    assert volumes.equals(volumes.sort_values(key, ignore_index=True))
    assert not volumes.duplicated(key).any()
    assert volumes["link_id"].isin(network.links["link_id"]).all()
    assert np.isfinite(volumes["volume"]).all()
    assert (volumes["volume"] >= 0).all()
    assert set(volumes["vehicle_class"]) == set(VEHICLE_CLASSES) - {"moped"}
    assert set(volumes["trip_kind"]) == {"internal", "inbound_outbound", "through"}


def test_streets_with_volumes_are_connected(network, volumes):
    links = network.links[network.links["link_id"].isin(volumes["link_id"])]
    assert len(links) == 34168
    node, ends = np.unique(links[["from_node", "to_node"]], return_inverse=True)
    ends = ends.reshape(-1, 2).T
    graph = coo_array((np.ones(len(links)), ends), shape=(len(node),) * 2)
    assert connected_components(graph, directed=False)[0] == 1


def test_traffic_is_conserved_at_nodes_of_motorways(network, volumes):
    """What enters a node inside a motorway leaves it: no trip starts there."""
    links = network.links.set_index("link_id")
    links["volume"] = volumes.groupby("link_id")["volume"].sum()
    links["volume"] = links["volume"].fillna(0.0)
    motorway = links["road_class"] == "motorway"
    touching = pd.concat([links["from_node"], links["to_node"]])
    nodes = set(touching[motorway[touching.index].to_numpy()])
    nodes -= set(touching[~motorway[touching.index].to_numpy()])
    enter = links[links["to_node"].isin(nodes)].groupby("to_node")["volume"].sum()
    leave = links[links["from_node"].isin(nodes)].groupby("from_node")["volume"].sum()
    both = pd.concat([enter, leave], axis=1, keys=["enter", "leave"]).dropna()
    # volumes are rounded to 0.1 in each of about twenty streams; map edges have one side only
    assert len(both) > 10
    assert (both["enter"] - both["leave"]).abs().max() < 2


def test_traffic_is_plausible(network, volumes, vkm):
    total = vkm.sum()
    assert 3.3e6 < total < 4.0e6
    assert 7 < total / network.districts["population"].sum() < 9  # km a head and day
    road_class = volumes["link_id"].map(network.links.set_index("link_id")["road_class"])
    by_road = vkm.groupby(road_class).sum() / total
    assert by_road.idxmax() == "primary"
    assert 0.05 < by_road["residential"] < 0.12
    by_class = vkm.groupby(volumes["vehicle_class"]).sum() / total
    assert 0.7 < by_class["car"] < 0.8
    assert 0.02 < by_class[["rigid_truck", "articulated_truck"]].sum() < 0.08
    assert 0.008 < by_class["bus"] < 0.02
    by_kind = vkm.groupby(volumes["trip_kind"]).sum() / total
    assert by_kind["internal"] > 0.8
    assert by_kind["through"] > 0.01


def test_attribution_is_given():
    source = tomllib.loads((CITY / "source.toml").read_text(encoding="utf-8"))
    assert "OpenStreetMap contributors" in source["licence"]
    assert "ODbL" in source["licence"]
    assert any("AequilibraE" in line for line in source["attribution"])
    for name in ("make_network.py", "LICENSES.md"):
        assert (CITY / name).is_file()


def test_scenario_is_valid_and_says_modelled():
    scenario = read_scenario(RUN)
    assert scenario.traffic.origin == "modelled"
    assert "modelled" in scenario.title
    assert all(day.year == scenario.year for day in scenario.calendar.holidays)


KINDS = {"within_city", "cross_boundary", "international", "arrival"}


def test_ship_calls_are_an_illustrative_week_of_every_kind():
    tables = read_ship_tables(ROOT / "vehicle_profiles" / "movements")
    calls = read_calls(RUN / "input" / "voyages.csv", tables, None, year=2022).rows
    assert calls["note"].str.startswith("illustrative").all()
    assert set(calls["period"]) == {"week"}
    assert set(classify(calls, read_territories())) == KINDS
    assert {"bulk_carrier", "refrigerated_bulk", "cruise", "service_tug"} <= set(calls["ship_type"])


def test_flights_are_an_illustrative_week_of_every_kind():
    flights = pd.read_csv(RUN / "input" / "flights.csv")
    assert flights["note"].str.startswith("illustrative").all()
    assert set(flights["period"]) == {"week"}
    airports = read_airports().loc[[*flights["origin"], *flights["destination"]]]
    country = airports["country"].to_numpy().reshape(2, -1)
    ends = flights[["origin", "destination"]].to_numpy().T == "SCSE"
    movements = pd.DataFrame(
        {
            "origin_country": country[0], "destination_country": country[1],
            "origin_in_city": ends[0], "destination_in_city": ends[1],
        }
    )  # fmt: skip
    assert set(classify(movements, read_territories())) == KINDS
