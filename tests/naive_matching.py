"""Slow, plain twin of the matching kernel, from its definition: every path through candidates."""

import heapq
import math
from itertools import pairwise


def ways_from(start, bound, links):
    """Return node -> way of all nodes within `bound`; `links` (from, to, length)."""
    far, heap = {}, [(0.0, start)]
    while heap:
        way, node = heapq.heappop(heap)
        if node in far:
            continue
        far[node] = way
        for a, b, length in links:
            if a == node and b not in far and way + length <= bound:
                heapq.heappush(heap, (way + length, b))
    return far


def place_on(point, heading, vertices, spread, turn):
    """Return cost, position and distance of the best place of a sample on a line."""
    best, way = (math.inf, 0.0, math.inf), 0.0
    for (x0, y0), (x1, y1) in pairwise(vertices):
        length = math.dist((x0, y0), (x1, y1))
        if length == 0.0:
            continue
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        at = min(max((point[0] - x0) * dx + (point[1] - y0) * dy, 0.0), length)
        away = math.dist(point, (x0 + at * dx, y0 + at * dy))
        cost = 0.5 * (away / spread) ** 2 + turn * (1.0 - heading[0] * dx - heading[1] * dy)
        best = min(best, (cost, way + at, away))
        way += length
    return best


def match_line(samples, pairs, held, vertices, links, rule):
    """
    Return the least cost of a path and the (link, offset) of each sample on it; None: no link.

    `samples` (point, heading, turn, position, weight), `pairs` link -> cost, `held` (node, node),
    `vertices` of each link, `links` (from, to, length), `rule` by name.
    """
    choices = []
    for k, (point, heading, turn, _, _) in enumerate(samples):
        node = held[0] if k == 0 else held[1] if k == len(samples) - 1 else -1
        here = {None: (rule["off_cost"], None)}
        for link, extra in pairs.items():
            if node >= 0 and links[link][0 if k == 0 else 1] != node:
                continue
            cost, offset, away = place_on(point, heading, vertices[link], rule["spread_m"], turn)
            if node >= 0:
                cost = max(0.0, cost - 0.5 * (away / rule["spread_m"]) ** 2)
                offset = 0.0 if k == 0 else links[link][2]
            if cost + extra <= 3.0 * rule["off_cost"] + 2.0 * rule["turn_cost"]:
                here[link] = (cost + extra, offset)
        if node >= 0 and len(here) > 1:
            del here[None]
        choices.append(here)

    paths = {link: (samples[0][4] * cost, [link]) for link, (cost, _) in choices[0].items()}
    for k in range(1, len(samples)):
        step = samples[k][3] - samples[k - 1][3]
        reach = {
            link: ways_from(links[link][1], 2.0 * step + 80.0, links)
            for link in paths
            if link is not None
        }
        new = {}
        for link, (cost, offset) in choices[k].items():
            ways = []
            for former, (total, path) in paths.items():
                if former is None or link is None:
                    more = 0.0 if former is link else rule["switch_cost"]
                else:
                    begin = choices[k - 1][former][1]
                    if former == link and offset >= begin - rule["back_m"]:
                        driven = offset - begin
                    else:
                        between = reach[former].get(links[link][0], math.inf)
                        driven = links[former][2] - begin + between + offset
                    more = abs(driven - step) / rule["way_m"]
                    if link != former and links[link][:2] == links[former][1::-1]:
                        more += rule["turn_back_cost"]
                ways.append((total + more, path))
            total, path = min(ways, key=lambda way: way[0])
            if total < math.inf:
                new[link] = (total + samples[k][4] * cost, [*path, link])
        paths = new
    total, path = min(paths.values(), key=lambda way: way[0])
    return total, [(link, choices[k][link][1]) for k, link in enumerate(path)]
