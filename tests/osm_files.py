"""Write small OpenStreetMap files for tests."""

from xml.sax.saxutils import quoteattr


def osm_text(nodes, ways, relations=()):
    """
    Write nodes {id: (lon, lat)}, ways [(id, node ids, tags)] and relations as OSM XML.

    A relation is (id, [(role, way id)], tags).
    """
    lines = ['<?xml version="1.0"?>', '<osm version="0.6">']
    for i, (lon, lat) in nodes.items():
        lines.append(f'<node id="{i}" version="1" lon="{lon}" lat="{lat}"/>')
    for i, refs, tags in ways:
        version = tags.pop("version", 1) if "version" in tags else 1
        lines.append(f'<way id="{i}" version="{version}">')
        lines += [f'<nd ref="{ref}"/>' for ref in refs]
        lines += [f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items()]
        lines.append("</way>")
    for i, members, tags in relations:
        lines.append(f'<relation id="{i}" version="1">')
        lines += [f'<member type="way" ref="{ref}" role="{role}"/>' for role, ref in members]
        lines += [f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items()]
        lines.append("</relation>")
    return "\n".join([*lines, "</osm>", ""])


# a cross of two streets over 0.01 degree arms, node 5 in the middle
CROSS_NODES = {1: (9.99, 0.0), 2: (10.01, 0.0), 3: (10.0, -0.01), 4: (10.0, 0.01), 5: (10.0, 0.0)}


def cross(**tags):
    """Two crossing streets, the second one of them one-way."""
    return osm_text(
        CROSS_NODES,
        [
            (20, [3, 5, 4], {"highway": "residential", "oneway": "yes", "name": "B"}),
            (10, [1, 5, 2], {"highway": "primary", "name": "A", **tags}),
        ],
    )
