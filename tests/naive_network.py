"""A plain count of directed links between junctions, straight from the file, way by way."""

from collections import Counter

import osmium
from pyproj import Geod

CLASSES = "motorway trunk primary secondary tertiary unclassified residential living_street road"
RAMPS = "motorway_link trunk_link primary_link secondary_link tertiary_link"
GEOD = Geod(ellps="WGS84")


def directions(tags):
    """Number of driving directions of a way."""
    oneway = tags.get("oneway")
    if oneway in ("yes", "true", "1", "-1", "reverse"):
        return 1
    implied = tags["highway"] in ("motorway", "motorway_link")
    implied = implied or tags.get("junction") in ("roundabout", "circular")
    return 1 if implied and oneway not in ("no", "false", "0") else 2


def count_links(path, *, areas=False):
    """
    Count directed links and their length [m], service roads left out, restricted roads kept.

    No link is dropped: a link drawn twice, or without length, counts.
    """
    highways = {*CLASSES.split(), *RAMPS.split()}
    places, ways = {}, []
    for thing in osmium.FileProcessor(str(path)):
        if thing.is_node():
            places[thing.id] = (thing.lon, thing.lat)
        elif thing.is_way() and thing.tags.get("highway", "").split(";")[0] in highways:
            is_area = thing.tags.get("area") == "yes"
            if areas or not is_area:
                ways.append((directions(thing.tags), [n.ref for n in thing.nodes]))
    lines = []
    for n_directions, nodes in ways:
        line = [n for i, n in enumerate(nodes) if i == 0 or n != nodes[i - 1]]
        lines.append((n_directions, line))
    uses = Counter(node for _, line in lines for node in line)
    links, metres = 0, 0.0
    for n_directions, line in lines:
        for i in range(1, len(line)):
            metres += n_directions * GEOD.inv(*places[line[i - 1]], *places[line[i]])[2]
            if i == len(line) - 1 or uses[line[i]] > 1:
                links += n_directions
    return links, metres
