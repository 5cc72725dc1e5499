"""
Model the daily traffic of Coquimbo and La Serena: `runs/coquimbo/input/volumes.parquet`.

There are no counts: every figure below is an assumption, chosen so that the result is plausible
(about 8 vehicle-km a head and day, few roads above capacity). Steps:

1. Zones become groups of about 160 people at street nodes; roads that leave the map become gates.
2. Internal trips: gravity model with exponential deterrence of free-flow time; each trip returns.
   Gates: given daily volumes and mixes, a part passes through, the rest spreads over the city.
3. User equilibrium of the average day with AequilibraE, in car units, one layer of flow for each
   stream. One thread, so that the same machine always writes the same bytes.
4. Buses: the one published line by its timetable, the others spread over main streets.

Run from any folder, after `make_network.py` (about six minutes of one core):

    python networks/coquimbo/make_volumes.py
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.util
import io
import os
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from make_network import HERE, METRES, read_sample
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

RUN = HERE.parents[1] / "runs" / "coquimbo"

PEOPLE_PER_GROUP = 158
TRIPS = {"light": 1.1, "rigid_truck": 0.03}  # internal [trips per person and day]
DETERRENCE = {"light": 0.163, "rigid_truck": 0.08}  # [1/min]
CENTRES = (  # share of attraction, longitude, latitude, decay [m]; the rest follows population
    (0.27, -71.2513, -29.9030, 1500),  # La Serena
    (0.13, -71.3390, -29.9530, 1200),  # Coquimbo
)
PORT = (-71.3367, -29.9497)
COACH_TERMINALS = ((0.65, -71.2570, -29.9107), (0.35, -71.3356, -29.9548))

# Out-node, in-node, vehicles a day in both directions, and their mix.
GATES = pd.DataFrame(
    [
        ("Ruta 5 north", 53274, 53547, 9000, 0.78, 0.08, 0.10, 0.04),
        ("Ruta 5 south", 26452, 79270, 12000, 0.78, 0.08, 0.10, 0.04),
        ("Ruta 43", 52508, 52459, 11000, 0.88, 0.06, 0.04, 0.02),
        ("Ruta 41", 21801, 21801, 10000, 0.90, 0.05, 0.03, 0.02),
    ],
    columns=["name", "out", "in", "volume", "light", "rigid_truck", "articulated_truck", "coach"],
)
THROUGH = {"light": 0.15, "rigid_truck": 0.25, "articulated_truck": 0.50, "coach": 0.30}
PORT_SHARE = 0.5  # of articulated trucks that start or end in the city

# Light vehicles by class.
LIGHT = {
    "internal": {"car": 0.78, "taxi": 0.10, "lcv": 0.09, "motorcycle": 0.03},
    "inbound_outbound": {"car": 0.78, "taxi": 0.02, "lcv": 0.17, "motorcycle": 0.03},
    "through": {"car": 0.75, "lcv": 0.23, "motorcycle": 0.02},
}
CAR_UNITS = {  # [pcu/veh]
    "car": 1.0,
    "taxi": 1.0,
    "lcv": 1.0,
    "motorcycle": 0.4,
    "rigid_truck": 2.5,
    "articulated_truck": 3.0,
    "coach": 2.0,
}

BUS_KM_PER_PERSON = 0.10  # city buses [veh km per person and day], the published line included
BUS_CLASSES = ("primary", "secondary", "tertiary")

BPR_ALPHA, BPR_BETA = 0.5, 4.0
DAY_IN_PEAK_HOURS = 11  # capacity of a day in hours of capacity
TARGET_GAP, MOST_ITERATIONS = 1e-3, 50
ROUND_TO = 1  # decimals of a daily volume


@dataclass(frozen=True)
class Streets:
    """The street graph without the links that no trip can use."""

    links: gpd.GeoDataFrame
    nodes: np.ndarray  # sorted node numbers
    position: np.ndarray  # (nodes, 2) [m]
    minutes: np.ndarray  # free-flow time of a link


@dataclass(frozen=True)
class Groups:
    """Where trips start and end: groups of people, then out-gates, then in-gates."""

    node: np.ndarray
    people: np.ndarray
    position: np.ndarray  # (groups, 2) [m]


def to_streets(links: gpd.GeoDataFrame) -> Streets:
    """Keep the links that lie on a round trip, where a trip may leave and come back by a gate."""
    nodes = np.unique(links[["from_node", "to_node"]])
    start = np.searchsorted(nodes, links["from_node"])
    end = np.searchsorted(nodes, links["to_node"])
    out, back = (np.searchsorted(nodes, GATES[side]) for side in ("out", "in"))
    edges = (np.r_[start, np.repeat(out, len(back))], np.r_[end, np.tile(back, len(out))])
    graph = coo_array((np.ones(len(edges[0])), edges), shape=(len(nodes),) * 2)
    _, part = connected_components(graph, connection="strong")
    largest = np.bincount(part).argmax()
    kept = links[(part[start] == largest) & (part[end] == largest)].reset_index(drop=True)
    nodes = np.unique(kept[["from_node", "to_node"]])
    lines = kept.to_crs(METRES).geometry.values
    position = np.empty((len(nodes), 2))
    for column, end_of_line in (("from_node", 0), ("to_node", -1)):
        at = np.searchsorted(nodes, kept[column])
        position[at] = shapely.get_coordinates(shapely.get_point(lines, end_of_line))
    minutes = (kept["length_m"] / 1000 / kept["free_speed_kmh"] * 60).to_numpy()
    return Streets(kept, nodes, position, minutes)


def split_evenly(position: np.ndarray, rows: np.ndarray, parts: int) -> list[np.ndarray]:
    """Split points into compact parts of equal number, always across the longer side."""
    if parts == 1:
        return [rows]
    extent = np.ptp(position[rows], axis=0)
    rows = rows[np.argsort(position[rows, extent.argmax()], kind="stable")]
    first = parts // 2
    cut = len(rows) * first // parts
    return [
        *split_evenly(position, rows[:cut], first),
        *split_evenly(position, rows[cut:], parts - first),
    ]


def to_groups(streets: Streets, zones: gpd.GeoDataFrame) -> Groups:
    """Share the people of each zone among its street nodes, off motorways and trunk roads."""
    quiet = streets.links[~streets.links["road_class"].isin(["motorway", "trunk"])]
    open_nodes = np.unique(quiet[["from_node", "to_node"]])
    index = np.searchsorted(streets.nodes, open_nodes)
    points = gpd.GeoDataFrame(
        {"index": index}, geometry=gpd.points_from_xy(*streets.position[index].T), crs=METRES
    )
    zones = zones.to_crs(METRES)
    zone_of_point = points.sjoin(zones).drop_duplicates("index").set_index("index")["zone_id"]
    nodes, people = [], []
    for zone in zones.itertuples():
        rows = zone_of_point.index[zone_of_point == zone.zone_id].to_numpy()
        if len(rows) == 0:  # its people drive from the nearest street node
            rows = index[[points.distance(zone.geometry).to_numpy().argmin()]]
            print(f"zone {zone.zone_id}: {zone.population:.0f} people, no street node inside")
        count = min(len(rows), max(1, round(zone.population / PEOPLE_PER_GROUP)))
        for part in split_evenly(streets.position, rows, count):
            place = streets.position[part]
            middle = np.hypot(*(place - place.mean(axis=0)).T).argmin()
            nodes.append(part[middle])
            people.append(zone.population / count)
    order = np.argsort(nodes, kind="stable")
    node, people = np.array(nodes)[order], np.array(people)[order]
    return Groups(streets.nodes[node], people, streets.position[node])


def to_metres(longitude: float, latitude: float) -> np.ndarray:
    """Return a place in the working CRS."""
    place = gpd.points_from_xy([longitude], [latitude], crs="EPSG:4326").to_crs(METRES)
    return np.array([place.x[0], place.y[0]])


def attraction_of(groups: Groups) -> np.ndarray:
    """Return each group's share of what draws trips: people and the two centres."""
    rest = 1 - sum(share for share, *_ in CENTRES)
    attraction = rest * groups.people / groups.people.sum()
    for share, longitude, latitude, decay_m in CENTRES:
        away = np.hypot(*(groups.position - to_metres(longitude, latitude)).T)
        weight = groups.people * np.exp(-away / decay_m)
        attraction += share * weight / weight.sum()
    return attraction


def shares_of_places(groups: Groups, places: tuple[tuple[float, float, float], ...]) -> np.ndarray:
    """Put each place's share on the nearest group."""
    share = np.zeros(len(groups.node))
    for part, longitude, latitude in places:
        away = np.hypot(*(groups.position - to_metres(longitude, latitude)).T)
        share[away.argmin()] += part
    return share


def internal_trips(
    groups: Groups, minutes: np.ndarray, trips_per_person: float, deterrence: float
) -> np.ndarray:
    """Return the trips of a day between groups; half of them are ways back."""
    weight = attraction_of(groups) * np.exp(-deterrence * minutes)
    np.fill_diagonal(weight, 0.0)
    trips = (trips_per_person * groups.people / weight.sum(axis=1))[:, None] * weight
    return (trips + trips.T) / 2


def through_trips(volume: np.ndarray) -> np.ndarray:
    """Return the trips from gate to other gate whose row and column sums are `volume`."""
    trips = 1.0 - np.eye(len(volume))
    for _ in range(200):
        trips *= (volume / trips.sum(axis=1))[:, None]
        trips *= volume / trips.sum(axis=0)
    return trips


def to_demand(groups: Groups, minutes: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
    """Return the vehicles of a day by stream (kind of vehicle, trip kind) between all ends."""
    n, gates = len(groups.node), len(GATES)
    city, out, back = slice(0, n), slice(n, n + gates), slice(n + gates, n + 2 * gates)
    demand: dict[tuple[str, str], np.ndarray] = {}

    def empty(stream: str, kind: str) -> np.ndarray:
        demand[stream, kind] = np.zeros((n + 2 * gates,) * 2)
        return demand[stream, kind]

    for stream, rate in TRIPS.items():
        empty(stream, "internal")[city, city] = internal_trips(
            groups, minutes, rate, DETERRENCE[stream]
        )
    attraction = attraction_of(groups)
    port = shares_of_places(groups, ((1.0, *PORT),))
    ends = {
        "light": attraction,
        "rigid_truck": attraction,
        "articulated_truck": PORT_SHARE * port + (1 - PORT_SHARE) * attraction,
        "coach": shares_of_places(groups, COACH_TERMINALS),
    }
    for stream, share in ends.items():
        one_way = (GATES["volume"] * GATES[stream] / 2).to_numpy()
        local = (1 - THROUGH[stream]) * one_way
        trips = empty(stream, "inbound_outbound")
        trips[back, city] = local[:, None] * share
        trips[city, out] = share[:, None] * local
        empty(stream, "through")[back, out] = through_trips(THROUGH[stream] * one_way)
    return demand


def car_units(stream: str, kind: str) -> float:
    """Return the car units of a vehicle of a stream [pcu/veh]."""
    if stream == "light":
        return sum(share * CAR_UNITS[name] for name, share in LIGHT[kind].items())
    return CAR_UNITS[stream]


def assign(
    streets: Streets, ends: np.ndarray, demand: dict[tuple[str, str], np.ndarray]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return vehicles a day by link and stream, and the travel time in equilibrium [min]."""
    os.environ["AEQ_SHOW_PROGRESS"] = "FALSE"
    from aequilibrae.matrix import AequilibraeMatrix
    from aequilibrae.paths import Graph, TrafficAssignment, TrafficClass

    # Ends of trips are nodes 1..n of their own, so that a node may be out-gate and in-gate.
    offset = len(ends)
    at = np.searchsorted(streets.nodes, ends) + offset + 1
    number = np.arange(1, offset + 1)
    links = streets.links
    connector = np.arange(offset)
    network = pd.DataFrame(
        {
            "link_id": np.r_[links["link_id"], links["link_id"].max() + 1 + connector],
            "a_node": np.r_[
                np.searchsorted(streets.nodes, links["from_node"]) + offset + 1, number
            ],
            "b_node": np.r_[np.searchsorted(streets.nodes, links["to_node"]) + offset + 1, at],
            "direction": np.r_[np.ones(len(links), int), np.zeros(offset, int)],
            "free_flow_time": np.r_[streets.minutes, np.full(offset, 1e-6)],
            "capacity": np.r_[links["capacity_pcu_h"] * DAY_IN_PEAK_HOURS, np.full(offset, 1e9)],
        }
    )
    graph = Graph()
    graph.network = network
    graph.prepare_graph(number)
    graph.set_graph("free_flow_time")
    graph.set_blocked_centroid_flows(True)

    names = [f"{stream}.{kind}" for stream, kind in demand]
    matrix = AequilibraeMatrix()
    matrix.create_empty(zones=offset, matrix_names=names, memory_only=True)
    matrix.index[:] = number
    for name, (stream, kind) in zip(names, demand, strict=True):
        matrix.matrices[:, :, names.index(name)] = demand[stream, kind] * car_units(stream, kind)
    matrix.computational_view(names)

    assignment = TrafficAssignment()
    assignment.set_classes([TrafficClass("all", graph, matrix)])
    assignment.set_vdf("BPR")
    assignment.set_vdf_parameters({"alpha": BPR_ALPHA, "beta": BPR_BETA})
    assignment.set_capacity_field("capacity")
    assignment.set_time_field("free_flow_time")
    assignment.set_algorithm("bfw")
    assignment.set_cores(1)
    assignment.max_iter = MOST_ITERATIONS
    assignment.rgap_target = TARGET_GAP
    assignment.execute(log_specification=False)
    report = assignment.report()
    print(f"assignment: gap {report['rgap'].iloc[-1]:.1e} after {len(report)} iterations")

    result = assignment.results().loc[links["link_id"]]
    flows = pd.DataFrame(
        {
            (stream, kind): result[f"{stream}.{kind}_ab"].to_numpy() / car_units(stream, kind)
            for stream, kind in demand
        }
    )
    return flows, result["Congested_Time_AB"].to_numpy()


def average_day(holidays: list[dt.date], year: int) -> dict[str, float]:
    """Return the share of days that run by each column of the timetable's calendar."""
    days = pd.date_range(f"{year}-01-01", f"{year}-12-31")
    weekday = days.day_of_week.where(~days.isin(pd.to_datetime(holidays)), 6)
    return {
        "monday": float((weekday < 5).mean()),
        "saturday": float((weekday == 5).mean()),
        "sunday": float((weekday == 6).mean()),
    }


def published_buses(streets: Streets, share_of_days: dict[str, float]) -> np.ndarray:
    """Return the buses of an average day of the line in the GTFS timetable, by link."""
    package = importlib.util.find_spec("aequilibrae")
    archive = Path(package.origin).parent / "reference_files" / "coquimbo.zip"
    with zipfile.ZipFile(archive) as outer:
        feed = zipfile.ZipFile(io.BytesIO(outer.read("gtfs_coquimbo.zip")))
    with feed:
        calendar, trips, shapes = (
            pd.read_csv(feed.open(f"{name}.txt")) for name in ("calendar", "trips", "shapes")
        )
    runs = calendar.set_index("service_id")[list(share_of_days)] @ pd.Series(share_of_days)
    trips_a_day = trips["service_id"].map(runs).groupby(trips["shape_id"]).sum()
    lines = streets.links.to_crs(METRES).geometry.to_numpy()
    places = shapely.line_interpolate_point(
        lines[:, None], np.linspace(0, 1, 5)[None, :], normalized=True
    )
    length = shapely.length(lines)
    buses = np.zeros(len(lines))
    for shape, points in shapes.sort_values("shape_pt_sequence").groupby("shape_id"):
        route = gpd.GeoSeries(
            [shapely.LineString(points[["shape_pt_lon", "shape_pt_lat"]].to_numpy())],
            crs="EPSG:4326",
        ).to_crs(METRES)[0]
        away = shapely.distance(places, route)
        along = shapely.line_locate_point(route, places)
        follows = np.abs((along[:, -1] - along[:, 0]) - length) < 0.25 * length + 2
        follows &= (away < 15).all(axis=1) & (np.diff(along, axis=1) > 0).all(axis=1)
        used = np.zeros(len(lines), bool)
        taken = np.zeros(int(route.length) + 1, bool)  # metres of the route
        for link in np.argsort(away.mean(axis=1), kind="stable"):  # of two carriageways the nearer
            metres = slice(int(along[link, 0]), int(along[link, -1]) + 1)
            if follows[link] and taken[metres].mean() < 0.5:
                used[link] = taken[metres] = True
        buses += used * trips_a_day[shape]
        print(
            f"bus line shape {shape}: {route.length / 1000:.2f} km, on links "
            f"{length[used].sum() / 1000:.2f} km, {trips_a_day[shape]:.1f} trips a day"
        )
    return buses


def all_buses(
    streets: Streets, internal: np.ndarray, line: np.ndarray, people: float
) -> np.ndarray:
    """Add the lines without timetable, over urban main streets by their internal traffic."""
    km = streets.links["length_m"].to_numpy() / 1000
    main = streets.links["road_class"].isin(BUS_CLASSES) & streets.links["is_urban"]
    spread = np.where(main, internal, 0.0)
    rest = BUS_KM_PER_PERSON * people - line @ km
    return line + rest * spread / (spread @ km)


def to_volumes(streets: Streets, flows: pd.DataFrame, buses: np.ndarray) -> pd.DataFrame:
    """Return the rows of the contract: link, class, trip kind, vehicles a day."""
    columns = {("bus", "internal"): buses}
    for stream, kind in flows.columns:
        classes = LIGHT[kind] if stream == "light" else {stream: 1.0}
        for name, share in classes.items():
            columns[name, kind] = share * flows[stream, kind].to_numpy()
    rows = pd.concat(
        [
            pd.DataFrame(
                {
                    "link_id": streets.links["link_id"],
                    "vehicle_class": name,
                    "trip_kind": kind,
                    "volume": np.round(volume, ROUND_TO),
                }
            )
            for (name, kind), volume in columns.items()
        ]
    ).sort_values(["link_id", "vehicle_class", "trip_kind"])
    # Each link of the model keeps one row, so that a quiet street differs from an unknown one.
    kept = (rows["volume"] > 0) | (
        (rows["vehicle_class"] == "car") & (rows["trip_kind"] == "internal")
    )
    return rows[kept].reset_index(drop=True)


def write_volumes(volumes: pd.DataFrame, network: Path, file: Path) -> None:
    """Write the volumes with the hash of the network they were made for."""
    table = pa.Table.from_pandas(
        volumes,
        schema=pa.schema(
            [
                ("link_id", pa.int64()),
                ("vehicle_class", pa.string()),
                ("trip_kind", pa.string()),
                ("volume", pa.float64()),
            ]
        ),
        preserve_index=False,
    ).replace_schema_metadata(
        {
            "network_sha256": hashlib.sha256(network.read_bytes()).hexdigest(),
            "origin": "modelled",
            "unit": "veh/d, average of all days",
        }
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file, compression="zstd", compression_level=9, row_group_size=65536)


def print_facts(streets: Streets, volumes: pd.DataFrame, minutes: np.ndarray) -> None:
    """Print what the plausibility of the result is judged by."""
    links = streets.links.set_index("link_id")
    rows = volumes.join(links[["length_m", "road_class"]], on="link_id")
    rows["vkm"] = rows["volume"] * rows["length_m"] / 1000
    total = rows["vkm"].sum()
    hours = volumes["volume"] @ volumes["link_id"].map(
        pd.Series(minutes / 60, streets.links["link_id"])
    )
    of_link = volumes.groupby("link_id")["volume"].sum()
    quiet = links["length_m"][of_link[of_link < 0.5].index].sum() / links["length_m"].sum()
    units = volumes["volume"] * volumes["vehicle_class"].map(CAR_UNITS | {"bus": 2.0})
    load = units.groupby(volumes["link_id"]).sum() / (links["capacity_pcu_h"] * DAY_IN_PEAK_HOURS)
    print(f"{total / 1e6:.3f} million veh km a day, mean speed {total / hours:.1f} km/h")
    print(f"rows {len(volumes)}, links {len(links)}, without traffic {quiet:.1%} of length")
    for key in ("road_class", "vehicle_class", "trip_kind"):
        print((rows.groupby(key)["vkm"].sum() / total).round(4).sort_values().to_string())
    print("links above daily capacity:")
    print((load > 1).groupby(links["road_class"]).mean().round(3).to_string())
    print(of_link.groupby(links["road_class"]).describe().round(0).to_string())


def main() -> None:
    """Model the traffic, write the volumes, print the facts."""
    scenario = tomllib.loads((RUN / "scenario.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        _, zones = read_sample(Path(folder))
    links = gpd.read_parquet(HERE / "links.parquet")
    streets = to_streets(links)
    groups = to_groups(streets, zones)
    print(f"model: {len(streets.links)} of {len(links)} links, {len(groups.node)} groups of people")

    places = np.searchsorted(streets.nodes, groups.node)
    graph = coo_array(
        (
            streets.minutes,
            [np.searchsorted(streets.nodes, streets.links[c]) for c in ("from_node", "to_node")],
        ),
        shape=(len(streets.nodes),) * 2,
    ).tocsr()
    minutes = dijkstra(graph, indices=places)[:, places]
    demand = to_demand(groups, minutes)
    for (stream, kind), trips in demand.items():
        print(f"{stream} {kind}: {trips.sum():.0f} trips a day")

    ends = np.r_[groups.node, GATES["out"], GATES["in"]]
    flows, travel_minutes = assign(streets, ends, demand)
    line = published_buses(streets, average_day(scenario["calendar"]["holidays"], scenario["year"]))
    buses = all_buses(streets, flows["light", "internal"].to_numpy(), line, groups.people.sum())
    volumes = to_volumes(streets, flows, buses)
    write_volumes(volumes, HERE / "links.parquet", RUN / "input" / "volumes.parquet")
    print_facts(streets, volumes, travel_minutes)


if __name__ == "__main__":
    main()
