"""A network as arrays: vertices of its links, and which links leave a node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Graph:
    """
    L links, N nodes, V vertices.

    Attributes
    ----------
    lines : (L,) of LineString
        In driving direction.
    x, y, way : float64 (V,)
        Vertices and their position along the link [m].
    vertex_start : int64 (L+1,)
        First vertex of each link.
    from_node, to_node : int64 (L,)
        Numbers of nodes, from 0.
    node_xy : float64 (N, 2)
        Where a node is [m].
    length : float64 (L,)
        Length in the plane [m].
    out_start, out_link : int64 (N+1,), (L,)
        The links that leave each node.
    """

    lines: NDArray[Any]
    x: Floats
    y: Floats
    way: Floats
    vertex_start: Whole
    from_node: Whole
    to_node: Whole
    node_xy: Floats
    length: Floats
    out_start: Whole
    out_link: Whole


def to_graph(links: gpd.GeoDataFrame) -> Graph:
    """
    Lay out links as a graph.

    Parameters
    ----------
    links : GeoDataFrame
        `from_node`, `to_node` and lines, in a CRS in metres.
    """
    lines = links.geometry.to_numpy()
    xy = shapely.get_coordinates(lines)
    count = shapely.get_num_coordinates(lines)
    vertex_start = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
    step = np.zeros(len(xy))
    step[1:] = np.hypot(*np.diff(xy, axis=0).T)
    step[vertex_start[:-1]] = 0.0
    way = np.cumsum(step)
    way -= np.repeat(way[vertex_start[:-1]], count)
    names = links[["from_node", "to_node"]].to_numpy()
    known, number = np.unique(names, return_inverse=True)
    number = number.reshape(-1, 2)
    node_xy = np.empty((len(known), 2))
    node_xy[number[:, 1]] = xy[vertex_start[1:] - 1]
    node_xy[number[:, 0]] = xy[vertex_start[:-1]]
    order = np.argsort(number[:, 0], kind="stable")
    out_start = np.searchsorted(number[order, 0], np.arange(len(known) + 1))
    return Graph(
        lines=lines,
        x=np.ascontiguousarray(xy[:, 0]),
        y=np.ascontiguousarray(xy[:, 1]),
        way=way,
        vertex_start=vertex_start,
        from_node=np.ascontiguousarray(number[:, 0], np.int64),
        to_node=np.ascontiguousarray(number[:, 1], np.int64),
        node_xy=node_xy,
        length=way[vertex_start[1:] - 1],
        out_start=out_start.astype(np.int64),
        out_link=order.astype(np.int64),
    )
