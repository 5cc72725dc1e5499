"""Lines of a model on streets: paths, ends, holes, reasons; the kernel against its twin."""

import numpy as np
import pandas as pd
import pytest
import shapely
from naive_matching import match_line
from small_streets import STREETS, lay_places, lay_streets
from small_traffic import two_threads, with_threads

from transmod.kernels.match import RULE
from transmod.traffic.matching import MatchRule, Near, _choose, sample_lines
from transmod.traffic.matching_places import match_links
from transmod.traffic.network_graph import to_graph

pytestmark = pytest.mark.slow  # the kernel is compiled

LINKS = lay_streets()
RULE_15 = MatchRule(spread_m=15.0)


def match(*rows, links=LINKS):
    return match_links(lay_places(*rows), links, to_graph(links), RULE_15)


def path_of(matches, place=0, backward=False, links=LINKS):
    own = matches.pieces
    own = own[(own["place"] == place) & (own["is_backward"] == backward)]
    return links["link_id"].to_numpy()[own["link"]].tolist(), own


# lines as a planner draws them: a few metres off, not ending at the junction
@pytest.mark.parametrize(
    ("line", "path"),
    [
        ([(4, 6), (396, -5)], [0]),
        ([(396, -5), (4, 6)], [1]),
        ([(4, 6), (803, -5)], [0, 2]),
        ([(4, 6), (395, 6), (404, 195)], [0, 10]),
        ([(-6, 190), (2, 8), (790, 8)], [9, 0, 2]),
        ([(3, -92), (803, -104)], [14]),
        ([(1503, 4), (1596, 105), (1705, 4), (1603, -96), (1503, 4)], [16]),
    ],
)
def test_a_line_lies_on_its_path(line, path):
    matches = match({"at": line})
    found, pieces = path_of(matches)
    assert found == path
    assert pieces["fraction"].tolist() == [1.0] * len(path)  # ends are drawn to the nodes
    length = LINKS.set_index("link_id")["length_m"].loc[path].to_numpy()
    assert pieces["share"].tolist() == pytest.approx((length / length.sum()).tolist())
    assert matches.places["status"].tolist() == ["matched"]
    assert matches.places["score"].iloc[0] > 0.7


def test_a_two_way_line_lies_on_both_directions():
    matches = match({"at": [(4, 6), (803, -5)], "is_two_way": True})
    assert path_of(matches)[0] == [0, 2]
    assert path_of(matches, backward=True)[0] == [3, 1]


def test_a_two_way_line_on_a_one_way_street_is_doubtful():
    matches = match({"at": [(3, -92), (803, -104)], "is_two_way": True})
    assert path_of(matches)[0] == [14]
    assert path_of(matches, backward=True)[0] == []
    assert matches.places["reason"].tolist() == [
        "one direction only was found: it has the whole volume"
    ]


def test_class_and_name_decide_between_two_roads():
    streets = lay_streets()
    twin = lay_streets()[:1].assign(link_id=99, road_class="motorway", name="Big Way")
    twin = twin.assign(geometry=twin.geometry.translate(0.0, 24.0), from_node=50, to_node=51)
    links = pd.concat([streets, twin], ignore_index=True)
    line = [(0, 12), (400, 12)]
    for row, link in (
        ({"road_class": "motorway"}, 99),
        ({"road_class": "primary"}, 0),
        ({"name": "BIG WAY"}, 99),
        ({"name": "Main St"}, 0),
    ):
        assert path_of(match({"at": line, **row}, links=links), links=links)[0] == [link]


def test_a_part_off_the_network_is_unmatched():
    matches = match({"at": [(0, 5), (1100, 5)]})  # the street ends at 800
    found, pieces = path_of(matches)
    assert found == [0, 2]
    assert pieces["share"].sum() == pytest.approx(800 / 1100, abs=0.03)
    assert matches.places["status"].tolist() == ["doubtful"]
    assert matches.places["reason"].str.contains("a part of it lies on no link").all()


def test_lines_on_no_link_say_why():
    matches = match(
        {"at": [(0, 5), (400, 5)]},
        {"at": [(0, 600), (400, 600)]},
        {"at": [(800, -95), (0, -95)]},  # against the one-way street
        {"at": [(7, 7), (7, 7)]},
        {"at": None},
        {"at": [(0, 0), (np.inf, 0)]},
        {"at": [(0, 205), (900, 900)]},
    )
    assert matches.places["status"].tolist() == ["matched"] + ["unmatched"] * 6
    assert matches.places["reason"].tolist() == [
        "",
        "no link is near it",
        "no link runs along it",
        "it is a line without length",
        "it has no geometry",
        "its coordinates have no place in the network's reference system",
        "no link runs along it",
    ]
    assert matches.places["distance_m"].iloc[1] == pytest.approx(400.0)
    assert len(matches.pieces) == 1


def test_a_hole_in_the_network_is_no_path():
    streets = [STREETS[0], (80, 81, "Main Street", "primary", True, [(800, 0), (1200, 0)])]
    links = lay_streets(streets)
    matches = match({"at": [(0, 5), (1200, 5)]}, links=links)
    assert matches.places["status"].tolist() == ["unmatched"]
    assert matches.places["reason"].tolist() == ["no connected path runs along it"]


def random_case(seed):
    """Return lines, pairs and a graph of a random network with crooked links, some one-way."""
    rng = np.random.default_rng(seed)
    nodes = [(100.0 * i, 100.0 * j) for i in range(4) for j in range(3)]
    nodes = [tuple(np.array(xy) + rng.normal(0, 15, 2)) for xy in nodes]
    streets = []
    for a in range(len(nodes)):
        for b in range(a + 1, len(nodes)):
            if np.hypot(*np.subtract(nodes[a], nodes[b])) < 135 and rng.random() < 0.8:
                middle = np.mean([nodes[a], nodes[b]], axis=0) + rng.normal(0, 8, 2)
                streets.append(
                    (a, b, "x", "primary", rng.random() < 0.7, [nodes[a], middle, nodes[b]])
                )
    links = lay_streets(streets)
    origin = np.array(links.geometry.iloc[0].coords[0]) - nodes[streets[0][0]]
    lines = []
    for _ in range(5):
        some = rng.choice(len(nodes), 3, replace=False)
        xy = np.array([nodes[k] for k in some]) + rng.normal(0, 10, (3, 2)) + origin
        lines.append(shapely.LineString(xy))
    return rng, links, np.array(lines)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("is_held", [False, True])
def test_the_kernel_is_its_twin(seed, is_held):
    rng, links, lines = random_case(seed)
    graph = to_graph(links)
    samples = sample_lines(lines, RULE_15)
    near = [sorted(rng.choice(len(links), min(11, len(links)), replace=False)) for _ in lines]
    start = np.concatenate(([0], np.cumsum([len(x) for x in near])))
    cost = rng.uniform(0.0, 2.0, start[-1])
    pairs = Near(start, np.concatenate(near).astype(np.int64), cost)
    held = np.full((len(lines), 2), -1)
    if is_held:
        held = rng.integers(0, len(graph.node_xy), held.shape)
    chosen = _choose(samples, pairs, held, graph, RULE_15)
    rule = dict(zip(RULE, RULE_15.to_array().tolist(), strict=True))
    vertices = [shapely.get_coordinates(x).tolist() for x in graph.lines]
    of_links = list(
        zip(graph.from_node.tolist(), graph.to_node.tolist(), graph.length.tolist(), strict=True)
    )
    for p in range(len(lines)):
        part = slice(samples.start[p], samples.start[p + 1])
        own = list(
            zip(
                *(
                    getattr(samples, name)[part].tolist()
                    for name in ("xy", "heading", "turn", "position", "weight")
                ),
                strict=True,
            )
        )  # fmt: skip
        _, path = match_line(
            own, dict(zip(near[p], cost[start[p] : start[p + 1]].tolist(), strict=True)),
            held[p].tolist(), vertices, of_links, rule,
        )  # fmt: skip
        found = [None if k < 0 else k for k in chosen.link[part].tolist()]
        assert found == [link for link, _ in path]
        offsets = [0.0 if offset is None else offset for _, offset in path]
        assert chosen.offset[part].tolist() == pytest.approx(offsets, abs=1e-6)


@two_threads
def test_threads_change_nothing():
    _, links, lines = random_case(9)
    lines = np.concatenate([lines] * 40)
    graph = to_graph(links)
    samples = sample_lines(lines, RULE_15)
    every = np.tile(np.arange(len(links)), len(lines))
    start = np.arange(len(lines) + 1) * len(links)
    pairs = Near(start, every, np.zeros(every.size))
    held = np.full((len(lines), 2), -1)
    one, two = (with_threads(n, _choose, samples, pairs, held, graph, RULE_15) for n in (1, 2))
    for name in ("link", "offset", "cost", "distance"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_order_of_places_changes_nothing():
    rows = [
        {"at": [(4, 6), (803, -5)]},
        {"at": [(0, 205), (400, 195)]},
        {"at": [(3, -92), (803, -104)]},
    ]
    forward, backward = match(*rows), match(*rows[::-1])
    for k in range(3):
        assert path_of(forward, k)[0] == path_of(backward, 2 - k)[0]
