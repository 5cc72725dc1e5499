"""
The heavy step: the hours of a row go to road types and speed nodes.

Symbols and shapes beyond those of `kernels.speed`:

R road types, K speed nodes
length    (N,)          driven length                                  [km]
weight    (T,)          hours of the period that the slot stands for   [h]
kind      (N,)          row of `road_type`
road_type (kinds, T)    road type of a kind of link in an hour
speed     (N, S, T)     travel speed, held at the last node            [km/h]
limit     (C,)          highest speed of a stream's vehicles           [km/h]
nodes     (R, K, C)     vehicle-kilometres                             [veh km]

The two hat weights of a speed sum to one (`hi = x * w; lo = x - hi`), so the sum over nodes is
the vehicle-kilometres.
"""

import numpy as np

from .compile import kernel
from .speed import LANES

NODES_PER_KMH = 10.0
ONE, TWO = np.uint64(1), np.uint64(2)


@kernel
def split(speed, last):
    """Return the lower speed node of `speed` and the weight of the next; `last` ends the range."""
    x = np.float64(speed) * NODES_PER_KMH
    # unsigned, so that a negative or missing speed, too, ends within the table
    k = min(np.uint64(np.int64(x)), np.uint64(last - 1))
    return k, x - np.float64(np.int64(k))


# Both loops below keep the sums of two nodes in registers while the speed stays between them, and
# count hours unsigned, which spares a test for a negative index: 2.3 times faster.


@kernel
def drive_stream(volume, series, weight, speed, road_type, limit, start, stop, nodes):
    """Add the vehicle-kilometres of one stream to `nodes` (R, K); return as `drive_row`."""
    last = nodes.shape[1] - 1
    first, end = np.uint64(last), np.uint64(0)
    t = start
    while t < stop:
        r = road_type[t]
        k, w = split(min(speed[t], limit), last)
        m = k
        first, end = min(first, k), max(end, k + TWO)
        lower, upper = nodes[r, k], nodes[r, k + ONE]
        while m == k and road_type[t] == r:
            x = volume * series[t] * weight[t]
            hi = x * w
            lower += x - hi
            upper += hi
            t += ONE
            if t == stop:
                break
            m, w = split(min(speed[t], limit), last)
        nodes[r, k], nodes[r, k + ONE] = lower, upper
    return first, end


@kernel
def drive_lanes(average, lanes, weight, speed, road_type, km, start, stop, nodes, c):
    """
    Add the vehicle-kilometres of the streams `c` to `c + LANES - 1`, alike in speed.

    All lanes of a step are written out beside each other, so they go as vectors. Returns as
    `drive_row`.
    """
    last = nodes.shape[1] - 1
    first, end = np.uint64(last), np.uint64(0)
    a0, a1, a2, a3 = average[c], average[c + 1], average[c + 2], average[c + 3]
    a4, a5, a6, a7 = average[c + 4], average[c + 5], average[c + 6], average[c + 7]
    a0, a1, a2, a3 = a0 * km, a1 * km, a2 * km, a3 * km
    a4, a5, a6, a7 = a4 * km, a5 * km, a6 * km, a7 * km
    t = start
    while t < stop:
        r = np.uint64(road_type[t])
        k, w = split(speed[t], last)
        m = k
        first, end = min(first, k), max(end, k + TWO)
        lower = nodes[r, k, c : c + LANES]
        upper = nodes[r, k + ONE, c : c + LANES]
        l0, l1, l2, l3 = lower[0], lower[1], lower[2], lower[3]
        l4, l5, l6, l7 = lower[4], lower[5], lower[6], lower[7]
        u0, u1, u2, u3 = upper[0], upper[1], upper[2], upper[3]
        u4, u5, u6, u7 = upper[4], upper[5], upper[6], upper[7]
        while m == k and np.uint64(road_type[t]) == r:
            hours = weight[t]
            s = lanes[t, c : c + LANES]
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
    return first, end


@kernel
def drive_row(average, lanes, series, weight, speed, road_type, limit, km, begin, end, nodes):
    """
    Add one row's vehicle-kilometres over the hours `begin` to `end - 1` to `nodes`.

    `average` (C,), `series` (C, T), `speed` (S, T), `road_type` (T,) and `km` are those of the row.
    Returns the first speed node that got something and the end of their range.
    """
    start, stop = np.uint64(begin), np.uint64(end)
    low, high = np.uint64(nodes.shape[1]), np.uint64(0)
    alike = speed.shape[0] == 1
    together = alike and lanes.shape[0] > 0
    fastest = speed[0, begin:end].max() if together else np.inf
    for c in range(0, average.size, LANES):
        if fastest <= limit[c : c + LANES].min():
            if average[c : c + LANES].any():
                a, b = drive_lanes(
                    average, lanes, weight, speed[0], road_type, km, start, stop, nodes, c
                )
                low, high = min(low, a), max(high, b)
            continue
        for lane in range(c, c + LANES):
            if average[lane] != 0.0:
                a, b = drive_stream(
                    average[lane] * km, series[lane], weight, speed[0 if alike else lane],
                    road_type, limit[lane], start, stop, nodes[:, :, lane],
                )  # fmt: skip
                low, high = min(low, a), max(high, b)
    return low, high
