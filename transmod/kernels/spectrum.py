"""
The heavy pass over links and hours: vehicle-kilometres by situation, gradient and speed node.

Symbols and shapes beyond those of `kernels.speed`:

B blocks of rows, each within one area; R road types, G gradient nodes, K speed nodes
bounds    (B + 1,)      first row of each block, and the end
length    (N,)          driven length                                  [km]
weight    (T,)          hours of the period that the slot stands for   [h]
kind      (N,)          row of `road_type`
road_type (kinds, T)    road type of a kind of link in an hour
node      (N,)          lower gradient node; lift (N,) weight of the next one
speed     (N, S, T)     travel speed, within 0 and the last node        [km/h]
limit     (C,)          highest speed of a stream's vehicles           [km/h]
out       (B, G, R, K, C) vehicle-kilometres                           [veh km]

A block owns its part of `out` and blocks are added in order afterwards, so the number of threads
changes no bit. The two hat weights of a speed sum to one (`hi = x * w; lo = x - hi`), so the sum
over nodes is the vehicle-kilometres.
"""

import numpy as np
from numba import prange

from .compile import kernel, parallel_kernel
from .speed import LANES

NODES_PER_KMH = 10.0
ONE = np.uint64(1)


@kernel
def split(speed, last):
    """Return the lower speed node of `speed` and the weight of the next; `last` ends the range."""
    x = speed * NODES_PER_KMH
    # unsigned, so that a negative or missing speed, too, ends within the table
    k = min(np.uint64(np.int64(x)), np.uint64(last - 1))
    return k, x - k


@kernel
def drive_row(average, shape, weight, speed, road_type, limit, km, begin, end, nodes):
    """
    Add one row's vehicle-kilometres over the hours `begin` to `end - 1` to `nodes` (R, K, C).

    `average` (C,), `shape` (T, C), `speed` (S, T), `road_type` (T,) are those of the row, `km` is
    its length, or the part of it on one gradient node.
    """
    n_stream = average.size
    last = nodes.shape[1] - 1
    alike = speed.shape[0] == 1
    speeds = speed[0]
    one_speed = alike and speeds[begin:end].max() <= limit.min()
    for c in range(0, n_stream, LANES):
        a0, a1, a2, a3 = average[c], average[c + 1], average[c + 2], average[c + 3]
        a4, a5, a6, a7 = average[c + 4], average[c + 5], average[c + 6], average[c + 7]
        a0, a1, a2, a3 = a0 * km, a1 * km, a2 * km, a3 * km
        a4, a5, a6, a7 = a4 * km, a5 * km, a6 * km, a7 * km
        for t in range(begin, end):
            r = np.uint64(road_type[t])
            v = speeds[t]
            hours = weight[t]
            if one_speed:
                # all loads stand before all stores, so eight lanes go as one vector
                k, w = split(v, last)
                s = shape[t, c : c + LANES]
                lower = nodes[r, k, c : c + LANES]
                upper = nodes[r, k + ONE, c : c + LANES]
                x0, x1, x2, x3 = a0 * s[0], a1 * s[1], a2 * s[2], a3 * s[3]
                x4, x5, x6, x7 = a4 * s[4], a5 * s[5], a6 * s[6], a7 * s[7]
                x0, x1, x2, x3 = x0 * hours, x1 * hours, x2 * hours, x3 * hours
                x4, x5, x6, x7 = x4 * hours, x5 * hours, x6 * hours, x7 * hours
                h0, h1, h2, h3 = x0 * w, x1 * w, x2 * w, x3 * w
                h4, h5, h6, h7 = x4 * w, x5 * w, x6 * w, x7 * w
                l0, l1 = lower[0] + (x0 - h0), lower[1] + (x1 - h1)
                l2, l3 = lower[2] + (x2 - h2), lower[3] + (x3 - h3)
                l4, l5 = lower[4] + (x4 - h4), lower[5] + (x5 - h5)
                l6, l7 = lower[6] + (x6 - h6), lower[7] + (x7 - h7)
                h0, h1, h2, h3 = h0 + upper[0], h1 + upper[1], h2 + upper[2], h3 + upper[3]
                h4, h5, h6, h7 = h4 + upper[4], h5 + upper[5], h6 + upper[6], h7 + upper[7]
                lower[0], lower[1], lower[2], lower[3] = l0, l1, l2, l3
                lower[4], lower[5], lower[6], lower[7] = l4, l5, l6, l7
                upper[0], upper[1], upper[2], upper[3] = h0, h1, h2, h3
                upper[4], upper[5], upper[6], upper[7] = h4, h5, h6, h7
                continue
            for lane in range(c, c + LANES):
                if not alike:
                    v = speed[lane, t]
                k, w = split(min(v, limit[lane]), last)
                x = average[lane] * km * shape[t, lane] * hours
                hi = x * w
                nodes[r, k, lane] += x - hi
                nodes[r, k + ONE, lane] += hi


@parallel_kernel
def spectrum(
    bounds, length, kind, node, lift,
    average, shape, weight, speed, road_type, limit, out,
):  # fmt: skip
    """Add the vehicle-kilometres of every row and hour into the block's part of `out`."""
    shared = shape.shape[0] == 1
    for b in prange(bounds.size - 1):
        for i in range(bounds[b], bounds[b + 1]):
            for up in range(2):
                km = length[i] * (lift[i] if up else 1.0 - lift[i])
                if km != 0.0:
                    drive_row(
                        average[i], shape[0 if shared else i], weight, speed[i],
                        road_type[kind[i]], limit, km, 0, weight.size, out[b, node[i] + up],
                    )  # fmt: skip
