"""How well the streets of an OpenStreetMap extract hang together."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


@dataclass(frozen=True)
class ExtractConnection:
    """
    What an extract holds, whatever it is used for.

    Attributes
    ----------
    generator : str
        Program that wrote the file; empty if it does not say.
    nodes, loose, ways : int
        Nodes that are on a way, have no tags or the tag `highway`; those of them that no way
        uses; ways.
    pieces : int
        Groups of ways that share no node with another, and loose nodes.
    """

    generator: str
    nodes: int
    loose: int
    ways: int
    pieces: int

    @property
    def sentence(self) -> str:
        """The same for a planner."""
        text = (
            f"The extract falls into {self.pieces:,} pieces that are not connected: its "
            f"{self.ways:,} ways form {self.pieces - self.loose:,} groups of streets that do not "
            f"meet"
        )
        if self.loose:
            text += (
                f", and {self.loose:,} of its {self.nodes:,} nodes are on no way, so the streets "
                f"that led there are missing"
            )
        if self.generator:
            text += f". It was written by {self.generator}"
            if "osmnx" in self.generator.lower():
                text += ", out of a graph that had been simplified, not by OpenStreetMap"
        return (
            f"{text}. Traffic of the missing streets would be missing in every total: download "
            f"whole ways anew (--place, Overpass, or Geofabrik and `osmium extract --strategy "
            f"complete_ways`)."
        )


def read_connection(path: Path) -> ExtractConnection:
    """Read an extract once more, all its nodes and ways, and count its pieces."""
    with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
        generator = reader.header().get("generator")
    bare, refs, lengths = array("q"), array("q"), array("q")
    items: Any = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
    for item in items:
        if item.is_node():
            if not item.tags or "highway" in item.tags:  # signals and crossings stand on roads
                bare.append(item.id)
        else:
            before = len(refs)
            refs.extend(node.ref for node in item.nodes)
            lengths.append(len(refs) - before)
    on_ways = np.array(refs, np.int64)
    nodes, position = np.unique(on_ways, return_inverse=True)
    way = np.repeat(np.arange(len(lengths)), lengths)
    same = way[1:] == way[:-1]
    start, end = position[:-1][same], position[1:][same]
    graph = coo_array((np.ones(start.size, bool), (start, end)), shape=(nodes.size, nodes.size))
    groups, _ = connected_components(graph, directed=False)
    loose = np.setdiff1d(np.array(bare, np.int64), nodes).size
    return ExtractConnection(generator, nodes.size + loose, loose, len(lengths), groups + loose)
