"""
Cut links at their border cuts and at the lines of a regular grid, each metre once.

Symbols and shapes:

L links, V vertices of all links one after another, B border cuts, R rows
x, y        (V,)    vertices                                                             [m]
start       (L+1,)  first vertex of each link; the last entry is V
position    (V,)    way from the start of the link to the vertex                         [m]
cut         (B,)    positions of the border cuts, increasing along each link             [m]
cut_start   (L+1,)  first border cut of each link; the last entry is B
area        (L+B,)  area of each stretch between border cuts, in order along the links:
                    the stretches of link i begin at cut_start[i] + i
x0, y0      ()      south-west corner of the grid                                        [m]
size        ()      side of a cell                                                       [m]
n_column, n_row ()  cells from west to east and from south to north; 0: no grid
row_link, row_area, row_cell (R,)  link, area and cell of a row; cell -1: outside the grid
row_fraction (R,)   share of the link's length in that area and cell                     [-]

Between neighbouring cuts a segment lies in one area and in one cell, so the midpoint decides, and
a piece on a line between two cells belongs to one of them only.

One thread: 100,000 links take some 30 ms, and the parallel form took seconds more to compile.
"""

import numpy as np

from .compile import kernel

# A grid cut nearer than this [m] to another cut or to a vertex is left out: the piece between them
# would be rounding. It is far above the spacing of float64 at 10,000 km (2e-9 m).
TOLERANCE_M = 1e-6


@kernel
def lines_between(a, b, origin, size, n):
    """Return the first of the grid's lines 0..n met strictly between `a` and `b`, and how many."""
    if n == 0 or a == b:
        return 0, 0
    low = max(np.floor((min(a, b) - origin) / size) + 1.0, 0.0)
    high = min(np.ceil((max(a, b) - origin) / size) - 1.0, float(n))
    if high < low:
        return 0, 0
    return int(low if a < b else high), int(high - low) + 1


@kernel
def cell_at(px, py, x0, y0, size, n_column, n_row):
    """Return the half-open cell of a point, -1 outside the grid."""
    column = np.floor((px - x0) / size)
    row = np.floor((py - y0) / size)
    if 0.0 <= column < n_column and 0.0 <= row < n_row:
        return np.int64(row) * n_column + np.int64(column)
    return np.int64(-1)


@kernel
def merge_rows(first, last, row_area, row_cell, row_fraction):
    """Sort the rows first..last by (area, cell) and join equal ones; return the new end."""
    gap = last - first
    while gap > 1:  # Shell's sort: in place, and plain insertion for the few rows of most links
        gap = max(gap * 5 // 11, 1)
        for r in range(first + gap, last):
            a, c, f = row_area[r], row_cell[r], row_fraction[r]
            k = r
            while k - gap >= first and (
                row_area[k - gap] > a or (row_area[k - gap] == a and row_cell[k - gap] > c)
            ):
                row_area[k] = row_area[k - gap]
                row_cell[k] = row_cell[k - gap]
                row_fraction[k] = row_fraction[k - gap]
                k -= gap
            row_area[k], row_cell[k], row_fraction[k] = a, c, f
    end = first
    for r in range(first + 1, last):
        if row_area[r] == row_area[end] and row_cell[r] == row_cell[end]:
            row_fraction[end] += row_fraction[r]
        else:
            end += 1
            row_area[end] = row_area[r]
            row_cell[end] = row_cell[r]
            row_fraction[end] = row_fraction[r]
    return end + 1


@kernel
def measure_links(x, y, start, position):
    """Fill the `position` of each vertex along its link."""
    for i in range(start.size - 1):
        way = 0.0
        position[start[i]] = way
        for v in range(start[i], start[i + 1] - 1):
            way += np.hypot(x[v + 1] - x[v], y[v + 1] - y[v])
            position[v + 1] = way


@kernel
def count_rows(x, y, start, cut_start, x0, y0, size, n_column, n_row):
    """Return a bound of R: the pieces before those in one area and cell are joined."""
    n = start.size - 1 + cut_start[-1]
    for i in range(start.size - 1):
        for v in range(start[i], start[i + 1] - 1):
            n += 1 + lines_between(x[v], x[v + 1], x0, size, n_column)[1]
            n += lines_between(y[v], y[v + 1], y0, size, n_row)[1]
    return n


@kernel
def fill_rows(
    x,
    y,
    start,
    position,
    cut,
    cut_start,
    area,
    x0,
    y0,
    size,
    n_column,
    n_row,
    row_link,
    row_area,
    row_cell,
    row_fraction,
):
    """Fill the rows, sorted by (link, area, cell); return their number R."""
    r = 0
    for i in range(start.size - 1):
        first = r
        c = cut_start[i]
        a = c + i
        total = position[start[i + 1] - 1]
        if total == 0.0:  # a link without length is a point
            row_area[r] = area[a]
            row_cell[r] = cell_at(x[start[i]], y[start[i]], x0, y0, size, n_column, n_row)
            row_fraction[r] = 1.0
            total = 1.0
            r += 1
        for v in range(start[i], start[i + 1] - 1):
            begin = position[v]
            end = position[v + 1]
            if end == begin:
                continue
            dx = (x[v + 1] - x[v]) / (end - begin)
            dy = (y[v + 1] - y[v]) / (end - begin)
            kx, nx = lines_between(x[v], x[v + 1], x0, size, n_column)
            ky, ny = lines_between(y[v], y[v + 1], y0, size, n_row)
            here = begin
            in_segment = True
            while in_segment:
                at_x = begin + (x0 + kx * size - x[v]) / dx if nx > 0 else np.inf
                at_y = begin + (y0 + ky * size - y[v]) / dy if ny > 0 else np.inf
                there = min(at_x, at_y)
                at_border = c < cut_start[i + 1] and cut[c] <= end and cut[c] < there + TOLERANCE_M
                if at_border:
                    there = cut[c]
                elif there == np.inf:
                    there = end
                    in_segment = False
                else:
                    if at_x <= at_y:
                        kx += 1 if dx > 0.0 else -1
                        nx -= 1
                    else:
                        ky += 1 if dy > 0.0 else -1
                        ny -= 1
                    if there - here < TOLERANCE_M or end - there < TOLERANCE_M:
                        continue
                if there > here:
                    middle = 0.5 * (here + there) - begin
                    cell = cell_at(
                        x[v] + middle * dx, y[v] + middle * dy, x0, y0, size, n_column, n_row
                    )
                    if r > first and row_area[r - 1] == area[a] and row_cell[r - 1] == cell:
                        row_fraction[r - 1] += there - here
                    else:
                        row_area[r] = area[a]
                        row_cell[r] = cell
                        row_fraction[r] = there - here
                        r += 1
                    here = there
                if at_border:
                    c += 1
                    a += 1
        r = merge_rows(first, r, row_area, row_cell, row_fraction)
        for k in range(first, r):
            row_link[k] = i
            # stretches that were joined may add up to a rounding more than the link
            row_fraction[k] = min(row_fraction[k] / total, 1.0)
    return r
