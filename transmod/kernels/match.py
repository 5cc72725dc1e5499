"""
Match lines onto the links of a directed network: the likeliest path, sample by sample.

Symbols and shapes:

P lines, S samples of all lines one after another, Q pairs of a line and a link near it, K most
candidates of a sample, L links, V vertices of all links, N nodes, B blocks of lines
sample_start (P+1,)  first sample of each line; the last entry is S
x, y        (S,)    samples                                                              [m]
hx, hy      (S,)    direction of the line there, of length 1
turn        (S,)    cost of a link that runs across the line; one against it costs twice that [-]
at          (S,)    position of the sample along its line                                [m]
weight      (S,)    how much a sample counts                                             [-]
near_start  (P+1,)  first pair of each line; the last entry is Q
near_link   (Q,)    link of a pair
near_cost   (Q,)    cost of a pair: class, name, way                                     [-]
held        (P, 2)  node at which the path must begin and end, if a link there will do; -1: anywhere
vx, vy      (V,)    vertices of the links                                                [m]
way         (V,)    position of a vertex along its link                                  [m]
vertex_start (L+1,) first vertex of each link; the last entry is V
from_node, to_node, length, out_start, out_link   as in `kernels.paths`
rule        (7,)    see RULE
chosen      (S,)    link of each sample; -1: on no link
offset      (S,)    position on that link                                                [m]
cost        (S,)    cost of the sample alone                                             [-]
distance    (S,)    from the sample to its place on the link                             [m]

The cost of a sample on a link is (distance / spread)^2 / 2, plus the turn between line and link,
plus the cost of the pair; on no link it is a constant. From sample to sample the cost is the
difference between the way on the network and the way along the line; leaving the network or coming
back to it has a constant cost. The path is the one of least cost (Viterbi). Lines are independent:
one is worked on by one thread, and the number of threads changes nothing.
"""

import numpy as np
from numba import prange

from .compile import kernel, parallel_kernel
from .paths import HEAP, clear, spread

K = 12
# what `rule` holds, in order
RULE = (
    "spread_m",  # standard deviation of the distance between a line and its link
    "turn_cost",  # largest of `turn`
    "off_cost",  # of a sample on no link
    "switch_cost",  # of leaving the network or coming back
    "way_m",  # difference of ways that costs 1
    "back_m",  # most that a path may run backward on a link between two samples
    "turn_back_cost",  # of a turn on the spot
)


@kernel
def find_place(px, py, hx, hy, link, vx, vy, way, vertex_start, spread_m, turn_cost):
    """Return cost, position and distance of the best place of a sample on a link."""
    best = np.inf
    best_way = 0.0
    best_distance = np.inf
    for v in range(vertex_start[link], vertex_start[link + 1] - 1):
        dx = vx[v + 1] - vx[v]
        dy = vy[v + 1] - vy[v]
        long = way[v + 1] - way[v]
        if long <= 0.0:
            continue
        t = ((px - vx[v]) * dx + (py - vy[v]) * dy) / (long * long)
        t = min(1.0, max(0.0, t))
        ex = px - (vx[v] + t * dx)
        ey = py - (vy[v] + t * dy)
        square = ex * ex + ey * ey
        cosine = (hx * dx + hy * dy) / long
        total = 0.5 * square / (spread_m * spread_m) + turn_cost * (1.0 - cosine)
        if total < best:
            best = total
            best_way = way[v] + t * long
            best_distance = np.sqrt(square)
    return best, best_way, best_distance


@kernel
def list_candidates(
    s, near_link, near_cost, first, last, node, at_end, x, y, hx, hy, turn,
    vx, vy, way, vertex_start, from_node, to_node, length, rule,
    link_of, offset_of, cost_of, distance_of,
):  # fmt: skip
    """Fill the candidates of a sample, best first; `node` >= 0: only links that touch it."""
    most = 3.0 * rule[2] + 2.0 * rule[1]
    n = 0
    for q in range(first, last):
        link = near_link[q]
        if node >= 0 and (to_node[link] if at_end else from_node[link]) != node:
            continue
        total, offset, distance = find_place(
            x[s], y[s], hx[s], hy[s], link, vx, vy, way, vertex_start, rule[0], turn[s]
        )
        if node >= 0:
            # the end itself is known: how far it was drawn from there says nothing
            v = vertex_start[link + 1] - 1 if at_end else vertex_start[link]
            total = max(0.0, total - 0.5 * (distance / rule[0]) ** 2)
            offset = length[link] if at_end else 0.0
            distance = np.hypot(x[s] - vx[v], y[s] - vy[v])
        total += near_cost[q]
        if total > most or (n == K and total >= cost_of[K - 1]):
            continue
        k = min(n, K - 1)
        while k > 0 and cost_of[k - 1] > total:
            link_of[k] = link_of[k - 1]
            offset_of[k] = offset_of[k - 1]
            cost_of[k] = cost_of[k - 1]
            distance_of[k] = distance_of[k - 1]
            k -= 1
        link_of[k] = link
        offset_of[k] = offset
        cost_of[k] = total
        distance_of[k] = distance
        n = min(n + 1, K)
    return n


@kernel
def way_between(i, p, j, q, far, from_node, length, back):
    """Return the way from position `p` of link i to `q` of link j; inf: none found."""
    if i == j and q >= p - back:
        return q - p
    return length[i] - p + far[from_node[j]] + q


@kernel
def bound_of(step):
    """Return how far the network is searched for a step of the line."""
    return 2.0 * step + 80.0


@kernel
def match_line(
    first, last, near_link, near_cost, near_first, near_last, begin, end,
    x, y, hx, hy, turn, at, weight,
    vx, vy, way, vertex_start, from_node, to_node, length, out_start, out_link, rule,
    far, by, seen, heap_way, heap_node, chosen, offset, cost, distance,
):  # fmt: skip
    """Find the path of one line, samples `first` to `last - 1`."""
    n = last - first
    link_of = np.empty((n, K), np.int64)
    offset_of = np.empty((n, K))
    cost_of = np.empty((n, K))
    distance_of = np.empty((n, K))
    count = np.zeros(n, np.int64)
    total = np.full((n, K + 1), np.inf)  # the last column: on no link
    before = np.full((n, K + 1), -1, np.int64)
    for i in range(n):
        node = np.int64(-1)
        if i == 0:
            node = begin
        elif i == n - 1:
            node = end
        count[i] = list_candidates(
            first + i, near_link, near_cost, near_first, near_last, node, i == n - 1, x, y, hx, hy,
            turn, vx, vy, way, vertex_start, from_node, to_node, length, rule,
            link_of[i], offset_of[i], cost_of[i], distance_of[i],
        )  # fmt: skip
    for k in range(count[0]):
        total[0, k] = weight[first] * cost_of[0, k]
    if begin < 0 or count[0] == 0:
        total[0, K] = weight[first] * rule[2]
    for i in range(1, n):
        step = at[first + i] - at[first + i - 1]
        for a in range(count[i - 1]):
            if total[i - 1, a] == np.inf:
                continue
            one = link_of[i - 1, a]
            n_seen = spread(
                to_node[one], bound_of(step), out_start, out_link, to_node, length, far, by, seen,
                heap_way, heap_node,
            )  # fmt: skip
            for b in range(count[i]):
                other = link_of[i, b]
                driven = way_between(
                    one, offset_of[i - 1, a], other, offset_of[i, b], far, from_node, length,
                    rule[5],
                )  # fmt: skip
                if driven == np.inf:
                    continue
                value = total[i - 1, a] + abs(driven - step) / rule[4]
                is_back = from_node[other] == to_node[one] and to_node[other] == from_node[one]
                if is_back and one != other:
                    value += rule[6]
                if value < total[i, b]:
                    total[i, b] = value
                    before[i, b] = a
            clear(far, seen, n_seen)
            value = total[i - 1, a] + rule[3]
            if value < total[i, K]:
                total[i, K] = value
                before[i, K] = a
        for b in range(count[i]):
            value = total[i - 1, K] + rule[3]
            if value < total[i, b]:
                total[i, b] = value
                before[i, b] = K
            total[i, b] += weight[first + i] * cost_of[i, b]
        if total[i - 1, K] < total[i, K]:
            total[i, K] = total[i - 1, K]
            before[i, K] = K
        total[i, K] += weight[first + i] * rule[2]
    if end >= 0 and count[n - 1] > 0:
        total[n - 1, K] = np.inf
    best = K
    for k in range(count[n - 1]):
        if total[n - 1, k] < total[n - 1, best]:
            best = k
    for i in range(n - 1, -1, -1):
        s = first + i
        if best == K:
            chosen[s] = -1
            offset[s] = 0.0
            cost[s] = rule[2]
            distance[s] = np.inf
        else:
            chosen[s] = link_of[i, best]
            offset[s] = offset_of[i, best]
            cost[s] = cost_of[i, best]
            distance[s] = distance_of[i, best]
        best = before[i, best]


@parallel_kernel
def match_lines(
    block, sample_start, near_start, near_link, near_cost, held, x, y, hx, hy, turn, at, weight,
    vx, vy, way, vertex_start, from_node, to_node, length, out_start, out_link, rule,
    chosen, offset, cost, distance,
):  # fmt: skip
    """Match all lines; `block` (B+1,) are the first lines of the blocks that threads share."""
    n_node = out_start.size - 1
    for b in prange(block.size - 1):
        far = np.full(n_node, np.inf)
        by = np.empty(n_node, np.int64)
        seen = np.empty(HEAP, np.int64)
        heap_way = np.empty(HEAP)
        heap_node = np.empty(HEAP, np.int64)
        for p in range(block[b], block[b + 1]):
            match_line(
                sample_start[p], sample_start[p + 1], near_link, near_cost, near_start[p],
                near_start[p + 1], held[p, 0], held[p, 1], x, y, hx, hy, turn, at, weight,
                vx, vy, way, vertex_start, from_node, to_node, length, out_start, out_link, rule,
                far, by, seen, heap_way, heap_node, chosen, offset, cost, distance,
            )  # fmt: skip


@kernel
def trace_paths(
    sample_start, at, chosen, offset, from_node, to_node, length, out_start, out_link, back,
    row_line, row_link, row_from, row_to, row_stretch,
):  # fmt: skip
    """
    Fill the links of each path in order, with the part driven; return their number.

    Rows beyond the size of `row_line` are counted only. `row_stretch`: number of the connected
    stretch within its line.
    """
    n_node = out_start.size - 1
    far = np.full(n_node, np.inf)
    by = np.empty(n_node, np.int64)
    seen = np.empty(HEAP, np.int64)
    heap_way = np.empty(HEAP)
    heap_node = np.empty(HEAP, np.int64)
    between = np.empty(HEAP, np.int64)
    room = row_line.size
    r = 0
    for p in range(sample_start.size - 1):
        stretch = -1
        for s in range(sample_start[p], sample_start[p + 1]):
            link = chosen[s]
            if link < 0:
                continue
            if s == sample_start[p] or chosen[s - 1] < 0:
                stretch += 1
                if r < room:
                    row_line[r], row_link[r], row_stretch[r] = p, link, stretch
                    row_from[r] = row_to[r] = offset[s]
                r += 1
                continue
            last = chosen[s - 1]
            if last == link and offset[s] >= offset[s - 1] - back:
                if r <= room:
                    row_to[r - 1] = max(row_to[r - 1], offset[s])
                continue
            if r <= room:
                row_to[r - 1] = length[last]
            step = at[s] - at[s - 1]
            n_seen = spread(
                to_node[last], 2.0 * step + 80.0, out_start, out_link, to_node, length, far, by,
                seen, heap_way, heap_node,
            )  # fmt: skip
            n = 0
            node = from_node[link]
            while by[node] >= 0:
                between[n] = by[node]
                node = from_node[by[node]]
                n += 1
            clear(far, seen, n_seen)
            for k in range(n - 1, -2, -1):
                if r < room:
                    row_line[r], row_stretch[r] = p, stretch
                    row_link[r] = between[k] if k >= 0 else link
                    row_from[r] = 0.0
                    row_to[r] = length[between[k]] if k >= 0 else offset[s]
                r += 1
    return r
