"""
A planner's model made of an OSM network, with the truth kept: the links each model link stands for.

Chains are merged: through nodes where only two roads meet, and through two in three junctions of a
main road with minor roads, or of one street of a name with others. They are straightened and moved
by noise: a node once for all links that meet there, other vertices each on its own. A tenth of the
pairs is coded as one two-way link. Some links of the model are not in the network: half of them are
taken out of it, half are drawn across country. The model has classes and no names, and its lengths
are those of its coarse lines.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from transmod.inputs.traffic_source import TrafficSource, sort_volumes
from transmod.schema import ROAD_CLASSES

MAIN = ("motorway", "trunk", "primary", "secondary", "tertiary")
# mean use of capacity over the day
USE = {
    "motorway": 0.35, "trunk": 0.3, "primary": 0.3, "secondary": 0.25, "tertiary": 0.15,
    "unclassified": 0.05, "residential": 0.02, "living_street": 0.01, "service": 0.01,
}  # fmt: skip
LEAST_LACKING_M = 100.0


@dataclass(frozen=True)
class Model:
    """`links`: the network left; `truth`: place, is_backward -> link_ids; `lacking`: place ids."""

    source: TrafficSource
    links: gpd.GeoDataFrame
    truth: dict
    lacking: list


def generalise(
    links,
    *,
    seed=7,
    tolerance_m=15.0,
    noise_m=10.0,
    two_way=0.1,
    lacking=50,
    with_class=True,
    through=2 / 3,
):
    """Return a model of `links`, in metres; `through`: share of minor junctions merged through."""
    rng = np.random.default_rng(seed)
    chains = merge_chains(links, rng, through)
    lines = links.geometry.to_numpy()
    names = np.unique(links[["from_node", "to_node"]].to_numpy())
    shift = dict(zip(names.tolist(), rng.normal(0.0, noise_m, (len(names), 2)), strict=True))
    from_node, to_node = links["from_node"].to_numpy(), links["to_node"].to_numpy()
    link_id = links["link_id"].to_numpy()
    capacity = links["capacity_pcu_h"].to_numpy()
    road_class = links["road_class"].to_numpy(object)
    ramp = links["is_ramp"].to_numpy(bool)

    gone = take_out(chains, lines, rng, lacking - lacking // 2)
    rows, truth, lack = [], {}, []

    def draw(chain):
        xy = np.concatenate([shapely.get_coordinates(lines[i]) for i in chain])
        line = shapely.simplify(shapely.LineString(xy), tolerance_m)
        coarse = shapely.get_coordinates(line)
        coarse += rng.normal(0.0, noise_m, coarse.shape)
        # a node has one place, whichever link it is seen from
        coarse[0] = xy[0] + shift[from_node[chain[0]]]
        coarse[-1] = xy[-1] + shift[to_node[chain[-1]]]
        return shapely.LineString(coarse)

    def add(forward, backward, is_two_way, is_lacking):
        place = f"m{len(rows):06d}"
        first = forward[0]
        use = USE[road_class[first]] * rng.uniform(0.4, 1.6)
        volume = capacity[first] * 24 * use * (2 if is_two_way else 1)
        rows.append(
            (
                place, str(from_node[first]), str(to_node[forward[-1]]), road_class[first],
                bool(ramp[first]), is_two_way, volume, draw(forward),
            )
        )  # fmt: skip
        if is_lacking:
            lack.append(place)
            return
        truth[place, False] = link_id[list(forward)].tolist()
        if is_two_way:
            truth[place, True] = link_id[list(backward)].tolist()

    for number, (forward, backward) in enumerate(chains):
        if number in gone:
            add(forward, backward, backward is not None, True)
        elif backward is None:
            add(forward, None, False, False)
        elif rng.random() < two_way:
            add(forward, backward, True, False)
        else:
            add(forward, backward, False, False)
            add(backward, forward, False, False)
    out = {i for number in gone for chain in chains[number] if chain for i in chain}
    left = links.drop(index=links.index[sorted(out)]).reset_index(drop=True)
    for line, a, b in draw_across(chains, lines, from_node, to_node, shift, rng, lacking // 2):
        place = f"m{len(rows):06d}"
        rows.append((place, str(a), str(b), "secondary", False, False, 8000.0, line))
        lack.append(place)
    return Model(to_source(rows, links.crs, with_class), left, truth, lack)


def to_source(rows, crs, with_class):
    columns = ("place_id", "from_node", "to_node", "road_class", "is_ramp", "is_two_way", "volume")
    table = pd.DataFrame([row[:-1] for row in rows], columns=columns)
    volume = table.pop("volume")
    places = gpd.GeoDataFrame(
        table.assign(
            kind="link", osm_way_id=pd.array([None] * len(table), "Int64"), name=None, lanes=np.nan,
            free_speed_kmh=np.nan, capacity_pcu_h=np.nan, heading_deg=np.nan,
            length_m=[row[-1].length or np.nan for row in rows],
        ),
        geometry=[row[-1] for row in rows],
        crs=crs,
    )  # fmt: skip
    if not with_class:
        places = places.assign(road_class=None, is_ramp=False)
    share = {"car": 0.9, "rigid_truck": 0.1}
    volumes = pd.concat(
        [
            pd.DataFrame(
                {
                    "place_id": places["place_id"], "vehicle_class": name, "trip_kind": "all",
                    "volume": volume * part,
                }
            )
            for name, part in share.items()
        ]
    )  # fmt: skip
    return TrafficSource(places, sort_volumes(volumes), "generalised", "aadt", "veh", None)


def merge_chains(links, rng, through):
    """Return (forward, backward or None) chains of positions; each link is in one of them."""
    a, b = links["from_node"].to_numpy(), links["to_node"].to_numpy()
    way = links["osm_way_id"].to_numpy(object)
    length = links["length_m"].to_numpy().round(6)
    rank = links["road_class"].map({name: i for i, name in enumerate(ROAD_CLASSES)}).to_numpy()
    name = links["name"].to_numpy(object)
    kind = list(zip(rank.tolist(), links["is_ramp"].tolist(), name, strict=True))
    open_roads, roads = {}, []  # (forward, backward or None)
    for i in range(len(links)):
        other = open_roads.get((b[i], a[i], way[i], length[i]))
        if other:
            roads[other.pop()][1] = i
            if not other:
                del open_roads[b[i], a[i], way[i], length[i]]
        else:
            open_roads.setdefault((a[i], b[i], way[i], length[i]), []).append(len(roads))
            roads.append([i, None])
    arms = {}
    for r, (i, _) in enumerate(roads):
        arms.setdefault(a[i], []).append(r)
        arms.setdefault(b[i], []).append(r)
    joined = {}  # (node, road) -> the road that goes on
    for node, here in sorted(arms.items()):
        pair = find_through(node, here, roads, b, kind, through, rng)
        if pair:
            joined[node, pair[0]], joined[node, pair[1]] = pair[1], pair[0]
    used, chains = set(), []
    for r in range(len(roads)):
        if r in used:
            continue
        i = roads[r][0]
        ahead = walk(r, b[i], joined, roads, a, b)
        behind = [] if ahead and ahead[-1] == r else walk(r, a[i], joined, roads, a, b)
        if ahead and ahead[-1] == r:
            ahead.pop()
        order = [*reversed(behind), r, *ahead]
        used.update(order)
        chains.append(to_chain(order, roads, r, a, b))
    return chains


def find_through(node, here, roads, b, kind, through, rng):
    """Return the two roads that go through a node, if it is no node of the model."""
    if len(set(here)) != len(here):  # a loop
        return None
    pair = here
    if len(here) > 2:
        main = [r for r in here if kind[roads[r][0]][0] < len(MAIN)]
        names = [kind[roads[r][0]][2] for r in here]
        of_a_name = [r for r, n in zip(here, names, strict=True) if n and names.count(n) == 2]
        pair = main or of_a_name
        if len(pair) != 2 or rng.random() >= through:
            return None
    if len(pair) != 2:
        return None
    i, j = (roads[r][0] for r in pair)
    is_one_way = [roads[r][1] is None for r in pair]
    if kind[i][:2] != kind[j][:2] or is_one_way[0] != is_one_way[1]:
        return None
    if is_one_way[0] and (b[i] == node) == (b[j] == node):
        return None
    return pair


def walk(road, node, joined, roads, a, b):
    out, start = [], road
    while (node, road) in joined:
        road = joined[node, road]
        out.append(road)
        if road == start:
            break
        i = roads[road][0]
        node = b[i] if a[i] == node else a[i]
    return out


def to_chain(order, roads, start, a, b):
    """Turn roads in order into links forward and, if all are two-way, backward."""
    k = order.index(start)
    forward = [None] * len(order)
    forward[k] = roads[start][0]
    for m in range(k + 1, len(order)):
        forward[m] = next(i for i in roads[order[m]] if i is not None and a[i] == b[forward[m - 1]])
    for m in range(k - 1, -1, -1):
        forward[m] = next(i for i in roads[order[m]] if i is not None and b[i] == a[forward[m + 1]])
    other = {i: j for r in order for i, j in (roads[r], roads[r][::-1])}
    if None not in other:
        return forward, [other[i] for i in reversed(forward)]
    return forward, None


def take_out(chains, lines, rng, number):
    long_enough = [
        n for n, (forward, _) in enumerate(chains)
        if sum(lines[i].length for i in forward) >= LEAST_LACKING_M
    ]  # fmt: skip
    return set(rng.choice(long_enough, number, replace=False).tolist())


def draw_across(chains, lines, from_node, to_node, shift, rng, number):
    """Draw lines between nodes of the model along which no road runs."""
    place = {}
    for forward, _ in chains:
        place[from_node[forward[0]]] = lines[forward[0]].coords[0] + shift[from_node[forward[0]]]
        place[to_node[forward[-1]]] = lines[forward[-1]].coords[-1] + shift[to_node[forward[-1]]]
    nodes = sorted(place)
    tree = shapely.STRtree(lines)
    out = []
    while len(out) < number:
        a, b = (nodes[k] for k in rng.choice(len(nodes), 2, replace=False))
        line = shapely.LineString([place[a], place[b]])
        if 300.0 < line.length < 1500.0 and share_along(line, lines, tree) < 0.2:
            out.append((line, a, b))
    return out


def share_along(line, lines, tree):
    """Return the share of a straight line along which a road runs: within 30 m, 20 degrees."""
    at = np.arange(0.0, line.length, 10.0)
    points = shapely.line_interpolate_point(line, at)
    which, road = tree.query(points, predicate="dwithin", distance=30.0)
    near = shapely.line_locate_point(lines[road], points[which])
    one = shapely.get_coordinates(shapely.line_interpolate_point(lines[road], near - 1.0))
    other = shapely.get_coordinates(shapely.line_interpolate_point(lines[road], near + 1.0))
    (x, y), (x2, y2) = line.coords
    along = np.abs((other - one) @ np.array([x2 - x, y2 - y]))
    along /= np.maximum(np.hypot(*(other - one).T), 1e-9) * line.length
    return len(set(which[along > np.cos(np.radians(20.0))].tolist())) / len(at)
