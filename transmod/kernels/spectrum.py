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
    return k, x - np.float64(np.int64(k))


# Both loops below keep the sums of two nodes in registers while the speed stays between them, and
# count hours unsigned, which spares a test for a negative index: 2.3 times faster.


@kernel
def drive_stream(volume, shape, weight, speed, road_type, limit, start, stop, nodes):
    """Add the vehicle-kilometres of one stream to `nodes` (R, K)."""
    last = nodes.shape[1] - 1
    t = start
    while t < stop:
        r = road_type[t]
        k, w = split(min(speed[t], limit), last)
        m = k
        lower, upper = nodes[r, k], nodes[r, k + ONE]
        while m == k and road_type[t] == r:
            x = volume * shape[t] * weight[t]
            hi = x * w
            lower += x - hi
            upper += hi
            t += ONE
            if t == stop:
                break
            m, w = split(min(speed[t], limit), last)
        nodes[r, k], nodes[r, k + ONE] = lower, upper


@kernel
def drive_lanes(average, shape, weight, speed, road_type, km, start, stop, nodes, c):
    """
    Add the vehicle-kilometres of the streams `c` to `c + LANES - 1`, alike in speed.

    All lanes of a step are written out beside each other, so they go as vectors.
    """
    last = nodes.shape[1] - 1
    a0, a1, a2, a3 = average[c], average[c + 1], average[c + 2], average[c + 3]
    a4, a5, a6, a7 = average[c + 4], average[c + 5], average[c + 6], average[c + 7]
    a0, a1, a2, a3 = a0 * km, a1 * km, a2 * km, a3 * km
    a4, a5, a6, a7 = a4 * km, a5 * km, a6 * km, a7 * km
    t = start
    while t < stop:
        r = np.uint64(road_type[t])
        k, w = split(speed[t], last)
        m = k
        lower = nodes[r, k, c : c + LANES]
        upper = nodes[r, k + ONE, c : c + LANES]
        l0, l1, l2, l3 = lower[0], lower[1], lower[2], lower[3]
        l4, l5, l6, l7 = lower[4], lower[5], lower[6], lower[7]
        u0, u1, u2, u3 = upper[0], upper[1], upper[2], upper[3]
        u4, u5, u6, u7 = upper[4], upper[5], upper[6], upper[7]
        while m == k and np.uint64(road_type[t]) == r:
            hours = weight[t]
            s = shape[t, c : c + LANES]
            x0, x1, x2, x3 = a0 * s[0], a1 * s[1], a2 * s[2], a3 * s[3]
            x4, x5, x6, x7 = a4 * s[4], a5 * s[5], a6 * s[6], a7 * s[7]
            x0, x1, x2, x3 = x0 * hours, x1 * hours, x2 * hours, x3 * hours
            x4, x5, x6, x7 = x4 * hours, x5 * hours, x6 * hours, x7 * hours
            h0, h1, h2, h3 = x0 * w, x1 * w, x2 * w, x3 * w
            h4, h5, h6, h7 = x4 * w, x5 * w, x6 * w, x7 * w
            l0, l1, l2, l3 = l0 + (x0 - h0), l1 + (x1 - h1), l2 + (x2 - h2), l3 + (x3 - h3)
            l4, l5, l6, l7 = l4 + (x4 - h4), l5 + (x5 - h5), l6 + (x6 - h6), l7 + (x7 - h7)
            u0, u1, u2, u3 = u0 + h0, u1 + h1, u2 + h2, u3 + h3
            u4, u5, u6, u7 = u4 + h4, u5 + h5, u6 + h6, u7 + h7
            t += ONE
            if t == stop:
                break
            m, w = split(speed[t], last)
        lower[0], lower[1], lower[2], lower[3] = l0, l1, l2, l3
        lower[4], lower[5], lower[6], lower[7] = l4, l5, l6, l7
        upper[0], upper[1], upper[2], upper[3] = u0, u1, u2, u3
        upper[4], upper[5], upper[6], upper[7] = u4, u5, u6, u7


@kernel
def drive_row(average, shape, weight, speed, road_type, limit, km, begin, end, nodes):
    """
    Add one row's vehicle-kilometres over the hours `begin` to `end - 1` to `nodes` (R, K, C).

    `average` (C,), `shape` (T, C), `speed` (S, T), `road_type` (T,) are those of the row, `km` is
    its length, or the part of it on one gradient node.
    """
    start, stop = np.uint64(begin), np.uint64(end)
    alike = speed.shape[0] == 1
    fastest = speed[0, begin:end].max() if alike else np.inf
    for c in range(0, average.size, LANES):
        if fastest <= limit[c : c + LANES].min():
            if average[c : c + LANES].any():
                drive_lanes(
                    average, shape, weight, speed[0], road_type, km, start, stop, nodes, c
                )  # fmt: skip
            continue
        for lane in range(c, c + LANES):
            if average[lane] != 0.0:
                drive_stream(
                    average[lane] * km, shape[:, lane], weight, speed[0 if alike else lane],
                    road_type, limit[lane], start, stop, nodes[:, :, lane],
                )  # fmt: skip


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
