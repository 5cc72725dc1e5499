"""Match count points onto the links of a network: by distance, direction, class and name."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from transmod.traffic.matching import FIRST_SPREAD_M, MatchRule
from transmod.traffic.matching_pairs import find_near, weigh_pairs
from transmod.traffic.matching_places import (
    DOUBTFUL,
    FAR,
    MATCHED,
    NO_PIECES,
    PIECE_KEYS,
    UNMATCHED,
    Matches,
    find_away,
    find_faulty,
)
from transmod.traffic.network_graph import Graph

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

ABOUT_WEIGHT = 2.0  # a point has no line to speak for it: class and name count for more
MOST_COST = 4.5  # a link three spreads away, if nothing else speaks against it
CHORD_M = 5.0
AGAINST = -0.7  # cosine between the two directions of a road
PARTNER_M = 40.0  # most that the other carriageway may lie farther off
CLOSE_SECOND = 0.25  # difference of costs to another road at which a match is doubtful
_COST_OF_SCORE = 4.0
_UNLIKE = "the links near it are of another direction, class or name, or too far off"


def match_points(
    places: gpd.GeoDataFrame, links: gpd.GeoDataFrame, graph: Graph, rule: MatchRule
) -> Matches:
    """
    Match count points, each alone.

    Parameters
    ----------
    places : GeoDataFrame
        `schema.PLACES` of kind point, in the CRS of the links. A two-way point is put on both
        directions of its road, or on the one that there is.
    links : GeoDataFrame
        `schema.LINKS`, in a CRS in metres.
    graph : Graph
        Of the links.
    rule : MatchRule
        Without `spread_m` it is 15 m.

    Notes
    -----
    The volume has no say in it: measured on the counts of Auckland, a cost of more traffic than
    the capacity moved three counts on bridges and at junctions to the wrong road, and none to the
    right one.
    """
    shapes = shapely.force_2d(places.geometry.to_numpy())
    reason = find_faulty(shapes)
    good = np.flatnonzero(reason == "")
    spread_m = rule.spread_m or FIRST_SPREAD_M
    tree = shapely.STRtree(graph.lines)
    start, point, link = find_near(shapes[good], tree, rule.reach_m)
    about = places[["road_class", "is_ramp", "name", "osm_way_id"]].iloc[good]
    near = weigh_pairs(about, links, start, point, link)
    pairs = _measure_pairs(shapes[good], graph, point, link)
    pairs["cost"] = 0.5 * (pairs["distance_m"] / spread_m) ** 2 + ABOUT_WEIGHT * near.cost
    pairs["place"] = good[point]
    heading = np.radians(places["heading_deg"].to_numpy(np.float64))[pairs["place"]]
    cosine = np.sin(heading) * pairs["hx"] + np.cos(heading) * pairs["hy"]
    pairs["cost"] += np.where(np.isnan(heading), 0.0, rule.turn_cost * (1.0 - cosine))
    pairs = pairs.sort_values(["place", "cost", "link"], ignore_index=True)
    two_way = places["is_two_way"].to_numpy(bool)
    best = pairs[pairs["cost"] <= MOST_COST].drop_duplicates("place")
    other = _find_partners(pairs, best, links, graph, two_way)
    table = _describe(places, reason, best, two_way, other)
    _mark_doubts(table, pairs, best, links, graph)
    _say_why_not(table, shapes, tree, pairs)
    pieces = pd.concat(
        [best.assign(is_backward=False), other.assign(is_backward=True)], ignore_index=True
    )
    pieces = pieces.assign(sequence=0, share=1.0, fraction=np.nan)
    pieces = pieces.sort_values(PIECE_KEYS, ignore_index=True)
    return Matches(table, pieces[list(NO_PIECES.columns)], spread_m)


def _measure_pairs(
    points: NDArray[np.object_], graph: Graph, point: Whole, link: Whole
) -> pd.DataFrame:
    lines = graph.lines[link]
    at = shapely.line_locate_point(lines, points[point])
    one = shapely.get_coordinates(
        shapely.line_interpolate_point(lines, np.maximum(at - CHORD_M, 0.0))
    )
    other = shapely.get_coordinates(
        shapely.line_interpolate_point(lines, np.minimum(at + CHORD_M, graph.length[link]))
    )
    chord = other - one
    size = np.hypot(*chord.T)
    hx, hy = (chord / np.where(size > 0.0, size, 1.0)[:, np.newaxis]).T
    away = shapely.distance(lines, points[point])
    return pd.DataFrame({"link": link, "distance_m": away, "hx": hx, "hy": hy})


def _find_partners(
    pairs: pd.DataFrame,
    best: pd.DataFrame,
    links: gpd.GeoDataFrame,
    graph: Graph,
    two_way: NDArray[np.bool_],
) -> pd.DataFrame:
    """Find the link of the other direction: of the same two nodes, else the other carriageway."""
    known = best[two_way[best["place"]]]
    ours = ["link", "hx", "hy", "distance_m"]
    both = pairs.merge(known[["place", *ours]], on="place", suffixes=("", "_best"))
    link, main = both["link"].to_numpy(np.int64), both["link_best"].to_numpy(np.int64)
    is_twin = (graph.from_node[link] == graph.to_node[main]) & (
        graph.to_node[link] == graph.from_node[main]
    )
    cosine = both["hx"] * both["hx_best"] + both["hy"] * both["hy_best"]
    kind = links[["road_class", "is_ramp"]].to_numpy(object)
    is_alike = (kind[link] == kind[main]).all(axis=1)
    beside = both["distance_m"] - both["distance_m_best"] <= PARTNER_M
    keep = (link != main) & (cosine <= AGAINST) & is_alike & beside
    both = both.assign(apart=~is_twin)[keep & (both["cost"] <= MOST_COST)]
    both = both.sort_values(["place", "apart", "cost", "link"])
    return both.drop_duplicates("place")[list(pairs.columns)]


def _describe(
    places: gpd.GeoDataFrame,
    reason: NDArray[np.object_],
    best: pd.DataFrame,
    two_way: NDArray[np.bool_],
    other: pd.DataFrame,
) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "place_id": places["place_id"].to_numpy(object), "status": UNMATCHED, "reason": reason,
            "score": 0.0, "distance_m": np.nan, "length_ratio": np.nan, "share": 0.0,
        }
    )  # fmt: skip
    place = best["place"].to_numpy()
    table.loc[place, "status"] = MATCHED
    table.loc[place, "distance_m"] = best["distance_m"].to_numpy()
    table.loc[place, "score"] = np.round(np.exp(-best["cost"].to_numpy() / _COST_OF_SCORE), 4)
    table.loc[place, "share"] = 1.0
    alone = place[two_way[place] & ~np.isin(place, other["place"])]
    _doubt(table, alone, "the link has no other direction: it has the whole volume")
    return table


def _mark_doubts(
    table: pd.DataFrame,
    pairs: pd.DataFrame,
    best: pd.DataFrame,
    links: gpd.GeoDataFrame,
    graph: Graph,
) -> None:
    """Mark points beside which another road is about as likely."""
    ours = best[["place", "link", "cost", "hx", "hy"]]
    both = pairs.merge(ours, on="place", suffixes=("", "_best"))
    link, main = both["link"].to_numpy(np.int64), both["link_best"].to_numpy(np.int64)
    meets = (
        (graph.from_node[link] == graph.from_node[main])
        | (graph.to_node[link] == graph.to_node[main])
        | (graph.from_node[link] == graph.to_node[main])
        | (graph.to_node[link] == graph.from_node[main])
    )
    along = np.abs(both["hx"] * both["hx_best"] + both["hy"] * both["hy_best"]) >= -AGAINST
    kind = links[["road_class", "is_ramp"]].to_numpy(object)
    same = (kind[link] == kind[main]).all(axis=1) & along
    close = both["cost"] - both["cost_best"] <= CLOSE_SECOND
    rivals = both[~same & close & ~(meets & along)]
    _doubt(table, rivals["place"].unique(), "another road is about as likely")


def _doubt(table: pd.DataFrame, place: NDArray[np.int64], text: str) -> None:
    former = table.loc[place, "reason"]
    table.loc[place, "status"] = DOUBTFUL
    table.loc[place, "reason"] = np.where(former == "", text, former + "; " + text)


def _say_why_not(
    table: pd.DataFrame, shapes: NDArray[np.object_], tree: shapely.STRtree, pairs: pd.DataFrame
) -> None:
    lost = np.flatnonzero((table["status"] == UNMATCHED) & (table["reason"] == ""))
    if not len(lost):
        return
    table.loc[lost, "distance_m"] = find_away(shapes[lost], tree)
    near = np.isin(lost, pairs["place"])
    table.loc[lost, "reason"] = np.where(near, _UNLIKE, FAR)
