"""Which node of the network a node of a traffic model is: what the paths of its links say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from transmod.traffic.network_graph import Graph

Whole = NDArray[np.int64]

# a path that does not meet a node costs as much as this many spreads of distance
MISSED_SPREADS = 3.0
# farther off than this a node of the network is another one: the model's lies between two
HELD_SPREADS = 3.0
ROUNDS = 5  # of choosing anew where both ends of a line are the same node


def find_held_nodes(
    lines: NDArray[Any],
    nodes: Whole,
    rows: pd.DataFrame,
    graph: Graph,
    spread_m: float,
) -> Whole:
    """
    Find the node of the network for both ends of each of P lines; -1: none.

    Of the network's nodes near a node of the model the one is taken that is near and lies on the
    paths of many of the lines that meet there.

    Parameters
    ----------
    lines : (P,) of LineString
        In driving direction.
    nodes : int64 (P, 2)
        Nodes of the model, numbered from 0; -1: unknown.
    rows : DataFrame
        `Paths.rows`.
    graph : Graph
        The network.
    spread_m : float
        As in `MatchRule`.

    Returns
    -------
    int64 (P, 2)
    """
    reach_m = HELD_SPREADS * spread_m
    votes = _count_votes(lines, nodes, rows, graph, reach_m)
    ends = np.concatenate((shapely.get_point(lines, 0), shapely.get_point(lines, -1)))
    model_node = nodes.T.ravel()
    number, first, arms = np.unique(model_node, return_index=True, return_counts=True)
    known = number >= 0
    number, first, arms = number[known], first[known], arms[known]
    place = ends[first]
    tree = shapely.STRtree(shapely.points(graph.node_xy))
    which, node = tree.query(place, predicate="dwithin", distance=reach_m)
    away = np.hypot(*(shapely.get_coordinates(place)[which] - graph.node_xy[node]).T)
    pairs = pd.DataFrame({"model": number[which], "node": node, "away": away, "arms": arms[which]})
    pairs = pairs.merge(votes, on=["model", "node"], how="left")
    met = pairs["votes"].to_numpy(np.float64)
    missed = pairs["arms"] - np.where(np.isnan(met), 0.0, met)
    pairs["cost"] = 0.5 * (pairs["away"] / spread_m) ** 2 + 0.5 * MISSED_SPREADS**2 * missed
    pairs = pairs[np.isfinite(met)]
    pairs = pairs.sort_values(["model", "cost", "node"], ignore_index=True)
    held = np.full(int(nodes.max(initial=-1)) + 2, -1, np.int64)
    for _ in range(ROUNDS):
        best = pairs.drop_duplicates("model")
        held[:] = -1
        held[best["model"]] = best["node"]
        lost = _find_lost(best, nodes, held)
        if not lost.any():
            break
        pairs = pairs.drop(index=best.index[lost])
    return held[nodes]  # the last entry is -1: that of nodes unknown


def _find_lost(best: pd.DataFrame, nodes: Whole, held: Whole) -> NDArray[np.bool_]:
    """
    Say which choices do not hold: two ends of a line have the same node of the network.

    The end that has it at the higher cost loses it.
    """
    one, other = nodes.T
    same = (one != other) & (one >= 0) & (other >= 0) & (held[one] == held[other])
    same &= held[one] >= 0
    cost = np.full(len(held), np.inf)
    cost[best["model"]] = best["cost"]
    first, second = one[same], other[same]
    loser = np.where(
        (cost[first] > cost[second]) | ((cost[first] == cost[second]) & (first > second)),
        first,
        second,
    )
    return best["model"].isin(loser).to_numpy()


def _count_votes(
    lines: NDArray[Any], nodes: Whole, rows: pd.DataFrame, graph: Graph, reach_m: float
) -> pd.DataFrame:
    """Count the lines at a node of the model whose path passes a node of the network nearby."""
    line, link = rows["line"].to_numpy(), rows["link"].to_numpy()
    parts = []
    for end in (0, 1):
        place = shapely.get_coordinates(shapely.get_point(lines, 0 if end == 0 else -1))[line]
        for node in (graph.from_node[link], graph.to_node[link]):
            near = np.hypot(*(place - graph.node_xy[node]).T) <= reach_m
            parts.append(
                pd.DataFrame(
                    {"model": nodes[line[near], end], "node": node[near], "line": line[near]}
                )
            )
    met = pd.concat(parts).drop_duplicates()
    return met.groupby(["model", "node"]).size().rename("votes").reset_index()
