"""Slow, plain twin of the cut kernels, written from the definition: cut everywhere, then sort."""

import math
from itertools import pairwise


def cut_link(vertices, cuts, areas, grid):
    """
    Return {(area, cell): fraction} of one link.

    `vertices` [(x, y)], `cuts` positions [m] with `areas` one more, `grid` (x0, y0, size,
    n_columns, n_rows).
    """
    x0, y0, size, n_columns, n_rows = grid
    position = [0.0]
    for a, b in pairwise(vertices):
        position.append(position[-1] + math.dist(a, b))
    total = position[-1]

    marks = set(position) | set(cuts)
    for k, (a, b) in enumerate(pairwise(vertices)):
        for axis, origin, n in ((0, x0, n_columns), (1, y0, n_rows)):
            for j in range(n + 1):
                line = origin + j * size
                if min(a[axis], b[axis]) < line < max(a[axis], b[axis]):
                    share = (line - a[axis]) / (b[axis] - a[axis])
                    marks.add(position[k] + share * (position[k + 1] - position[k]))
    marks = sorted(marks)

    def point_at(way):
        for k in range(len(position) - 1):
            if position[k] <= way <= position[k + 1] and position[k + 1] > position[k]:
                t = (way - position[k]) / (position[k + 1] - position[k])
                a, b = vertices[k], vertices[k + 1]
                return a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])
        return vertices[0]

    def cell_of(point):
        column, row = math.floor((point[0] - x0) / size), math.floor((point[1] - y0) / size)
        inside = 0 <= column < n_columns and 0 <= row < n_rows
        return row * n_columns + column if inside else -1

    if total == 0.0:
        return {(areas[0], cell_of(vertices[0])): 1.0}
    pieces = {}
    for begin, end in pairwise(marks):
        middle = (begin + end) / 2
        key = areas[sum(c < middle for c in cuts)], cell_of(point_at(middle))
        pieces[key] = pieces.get(key, 0.0) + (end - begin) / total
    return pieces
