"""Match the links of a traffic model onto the links of a network: what lies where, how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from transmod.traffic.matching import MatchRule, Near, Paths, judge, match_lines
from transmod.traffic.matching_pairs import find_near, weigh_pairs
from transmod.traffic.network_graph import Graph
from transmod.traffic.place_lengths import place_lengths

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Marks = NDArray[np.bool_]

MATCHED, DOUBTFUL, UNMATCHED = "matched", "doubtful", "unmatched"
FAR = "no link is near it"
SNAP_M = 0.01  # ends this near are one node, where a source names none
ODD_RATIO = 0.25  # difference of lengths that a person should see, of the shorter one
ODD_SPREADS = 3.0  # and at least so many spreads
LEAST_SCORE = 0.5
WHOLE_SHARE = 0.95
_COST_OF_SCORE = 2.0  # mean cost at which a score falls to 1/e


@dataclass(frozen=True, eq=False)
class Matches:
    """
    Where the places of a traffic source lie on a network.

    Attributes
    ----------
    places : DataFrame
        One row for each place of the source, in its order: `place_id`, `status` (matched,
        doubtful, unmatched), `reason`, `score` (0 to 1), `distance_m` (mean, to the nearest link
        where none is matched), `length_ratio` (length on the network over that of the source),
        `share` of the place that is matched.
    pieces : DataFrame
        `place` (position), `is_backward`, `sequence`, `link` (position), `share`: of the place in
        that direction, `fraction`: of the link's length; sorted by the first three.
    spread_m : float
        Standard deviation of the distance to the links that was used [m].
    """

    places: pd.DataFrame
    pieces: pd.DataFrame
    spread_m: float


PIECE_KEYS = ["place", "is_backward", "sequence"]
NO_PIECES = pd.DataFrame(
    {
        "place": np.empty(0, np.int64),
        "is_backward": np.empty(0, bool),
        "sequence": np.empty(0, np.int64),
        "link": np.empty(0, np.int64),
        "share": np.empty(0),
        "fraction": np.empty(0),
    }
)


def find_faulty(shapes: NDArray[Any]) -> NDArray[np.object_]:
    """Say of each shape why it cannot be matched at all; empty text: it can."""
    reason = np.full(len(shapes), "", object)
    reason[shapely.is_missing(shapes) | shapely.is_empty(shapes)] = "it has no geometry"
    known = reason == ""
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    reason[known & ~finite] = "its coordinates have no place in the network's reference system"
    is_line = known & finite & (shapely.get_type_id(shapes) == 1)
    reason[is_line & (shapely.length(shapes) == 0.0)] = "it is a line without length"
    return reason


def match_links(
    places: gpd.GeoDataFrame, links: gpd.GeoDataFrame, graph: Graph, rule: MatchRule
) -> Matches:
    """
    Match links of a traffic model.

    Parameters
    ----------
    places : GeoDataFrame
        `schema.PLACES` of kind link, in the CRS of the links. A two-way place is matched in both
        directions.
    links : GeoDataFrame
        `schema.LINKS`, in a CRS in metres.
    graph : Graph
        Of the links.
    rule : MatchRule
        What makes a match likely.
    """
    shapes = shapely.force_2d(places.geometry.to_numpy())
    faulty = find_faulty(shapes)
    good = np.flatnonzero(faulty == "")
    two_way = places["is_two_way"].to_numpy(bool)
    again = good[two_way[good]]
    place = np.concatenate((good, again))
    backward = np.repeat([False, True], (len(good), len(again)))
    lines = np.concatenate((shapes[good], shapely.reverse(shapes[again])))
    nodes = _number_nodes(places, lines[: len(good)], good)
    nodes = np.concatenate((nodes, nodes[two_way[good]][:, ::-1]))
    tree = shapely.STRtree(graph.lines)
    about = places[["road_class", "is_ramp", "name", "osm_way_id"]].iloc[place]

    def near(reach_m: float) -> Near:
        return weigh_pairs(about, links, *find_near(lines, tree, reach_m))

    if not len(lines):
        return _no_match(places, faulty, rule)
    paths = match_lines(lines, nodes, near, graph, rule)
    judged = judge(paths)
    sound = judged["is_sound"].to_numpy(bool)
    pieces = _to_pieces(paths, links, graph, lines, sound)
    length = place_lengths(places)[place]
    on = np.bincount(
        pieces["line"],
        pieces["fraction"] * links["length_m"].to_numpy()[pieces["link"]],
        len(lines),
    ).astype(np.float64)
    with np.errstate(invalid="ignore"):
        judged["length_ratio"] = on / (length * judged["share"].to_numpy())
    judged["odd"] = _is_odd(length * judged["share"].to_numpy(), on, paths.rule.spread)
    judged["score"] = _score(judged)
    judged["reason"] = np.where(sound, "", _why_not(judged, near(paths.rule.reach_m)))
    alone = np.flatnonzero(judged["share"] == 0.0)
    judged.loc[alone, "distance_m"] = find_away(lines[alone], tree)
    judged["place"], judged["is_backward"] = place, backward
    table = _sum_up(places, judged, faulty)
    pieces["place"], pieces["is_backward"] = place[pieces["line"]], backward[pieces["line"]]
    pieces = pieces.sort_values(PIECE_KEYS, ignore_index=True)
    return Matches(table, pieces[list(NO_PIECES.columns)], paths.rule.spread)


def _no_match(places: gpd.GeoDataFrame, faulty: NDArray[np.object_], rule: MatchRule) -> Matches:
    table = pd.DataFrame(
        {
            "place_id": places["place_id"].to_numpy(object), "status": UNMATCHED, "reason": faulty,
            "score": 0.0, "distance_m": np.nan, "length_ratio": np.nan, "share": 0.0,
        }
    )  # fmt: skip
    return Matches(table, NO_PIECES, rule.spread)


def _number_nodes(places: gpd.GeoDataFrame, lines: NDArray[Any], good: Whole) -> Whole:
    """Give numbers to the nodes of a model: as it names them, else by where lines end."""
    names = places[["from_node", "to_node"]].iloc[good]
    if names.notna().all(axis=None):
        number = pd.factorize(names.to_numpy().ravel(), sort=True)[0]
        return number.reshape(-1, 2).astype(np.int64)
    ends = np.column_stack([shapely.get_coordinates(shapely.get_point(lines, k)) for k in (0, -1)])
    cells = np.round(ends.reshape(-1, 2) / SNAP_M).astype(np.int64)
    _, number = np.unique(cells, axis=0, return_inverse=True)
    return np.ascontiguousarray(number.reshape(-1, 2), np.int64)


def _to_pieces(
    paths: Paths, links: gpd.GeoDataFrame, graph: Graph, lines: NDArray[Any], sound: Marks
) -> pd.DataFrame:
    """
    Share out each line to the links of its path.

    A stretch of a path stands for a part of its line; that part goes to the links by the length
    driven on them, so that a volume is the same all along.
    """
    rows = paths.rows[sound[paths.rows["line"].to_numpy()]].reset_index(drop=True)
    link = rows["link"].to_numpy(np.int64)
    driven = np.maximum(rows["to_m"] - rows["from_m"], 0.0).to_numpy(np.float64)
    fraction = np.minimum(driven / graph.length[link], 1.0)
    metres = fraction * links["length_m"].to_numpy(np.float64)[link]
    keys = ["line", "stretch"]
    grouped = rows.assign(metres=metres).groupby(keys)
    total = grouped["metres"].transform("sum").to_numpy(np.float64)
    part = rows[keys].merge(paths.stretches, on=keys, how="left")["line_m"].to_numpy(np.float64)
    length = shapely.length(lines)[rows["line"]]
    # a path that stands on one spot has no metre to share by
    number = grouped["link"].transform("size").to_numpy(np.float64)
    way = np.where(total > 0.0, metres / np.where(total > 0.0, total, 1.0), 1.0 / number)
    share = way * np.minimum(part / length, 1.0)
    rows = rows.assign(share=share, fraction=fraction)[share > 0.0]
    rows["sequence"] = rows.groupby("line").cumcount()
    return rows


def _is_odd(ours: Floats, theirs: Floats, spread_m: float) -> Marks:
    apart = np.abs(ours - theirs)
    return (apart > ODD_RATIO * np.minimum(ours, theirs)) & (apart > ODD_SPREADS * spread_m)


def _score(judged: pd.DataFrame) -> Floats:
    ratio = np.nan_to_num(judged["length_ratio"].to_numpy(np.float64), nan=0.0)
    like = np.minimum(ratio, 1.0 / np.where(ratio > 0.0, ratio, np.inf))
    # a short line differs in length by noise alone: only odd lengths count
    like = np.where(judged["odd"], like, 1.0)
    cost = judged["cost_on"].to_numpy(np.float64)
    near = np.where(np.isnan(cost), 0.0, np.exp(-np.nan_to_num(cost) / _COST_OF_SCORE))
    return np.round(judged["share"].to_numpy(np.float64) * near * like, 4)


def _why_not(judged: pd.DataFrame, near: Near) -> NDArray[np.object_]:
    reason = np.full(len(judged), "no link runs along it", object)
    share, stretches = judged["share"].to_numpy(), judged["stretches"].to_numpy()
    some = share > 0.0
    reason[some & (stretches <= 1)] = "links run along less than half of it"
    reason[some & (stretches > 1)] = "no connected path runs along it"
    reason[some & (share >= LEAST_SCORE) & (stretches <= 1)] = (
        "what runs along it is too far off, or of another direction or class"
    )
    far = ~judged["is_met"].to_numpy(bool)
    reason[some & far] = "the links along it do not meet where its neighbours do"
    reason[near.start[1:] == near.start[:-1]] = FAR
    return reason


def find_away(shapes: NDArray[Any], tree: shapely.STRtree) -> Floats:
    """Return how far the nearest link is from each shape [m]."""
    away = np.full(len(shapes), np.nan)
    (which, _), distance = tree.query_nearest(shapes, all_matches=False, return_distance=True)
    away[which] = distance
    return away


def _sum_up(
    places: gpd.GeoDataFrame, judged: pd.DataFrame, faulty: NDArray[np.object_]
) -> pd.DataFrame:
    """Sum up the directions of each place."""
    ids = places["place_id"].to_numpy(object)
    sound = judged[judged["is_sound"]].groupby("place")
    table = pd.DataFrame({"place_id": ids})
    for name in ("score", "distance_m", "length_ratio"):
        table[name] = sound[name].mean().reindex(range(len(ids))).to_numpy()
    failed = judged[~judged["is_sound"]]
    n_sound = np.bincount(judged["place"][judged["is_sound"]], minlength=len(ids))
    n_failed = np.bincount(failed["place"], minlength=len(ids))
    # the whole volume goes one way where the network knows one way only
    share = sound["share"].sum().reindex(range(len(ids))).fillna(0.0).to_numpy()
    table["share"] = share / np.maximum(n_sound, 1)
    odd = sound["odd"].any().reindex(range(len(ids))).eq(True).to_numpy()
    reason = pd.Series(faulty)
    first = failed.drop_duplicates("place").set_index("place")["reason"]
    lost = (n_sound == 0) & (reason == "").to_numpy()
    reason[lost] = first.reindex(np.flatnonzero(lost)).to_numpy()
    table["score"] = np.where(n_sound == 0, 0.0, table["score"])
    table["status"] = np.where(n_sound == 0, UNMATCHED, MATCHED)
    away = failed.groupby("place")["distance_m"].min().reindex(range(len(ids))).to_numpy()
    table["distance_m"] = np.where(n_sound == 0, away, table["distance_m"])
    doubts = (
        (odd, "its length differs from that on the network"),
        (table["share"] < WHOLE_SHARE, "a part of it lies on no link"),
        (table["score"] < LEAST_SCORE, "it lies far off, or is of another direction or class"),
        ((n_sound > 0) & (n_failed > 0), "one direction only was found: it has the whole volume"),
    )
    for doubt, text in doubts:
        here = (n_sound > 0) & np.asarray(doubt)
        table.loc[here, "status"] = DOUBTFUL
        reason[here] = np.where(reason[here] == "", text, reason[here] + "; " + text)
    return table.assign(reason=reason)[
        ["place_id", "status", "reason", "score", "distance_m", "length_ratio", "share"]
    ]
