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

The two hat weights of a speed sum to one (what does not go to the upper node goes to the lower),
so the sum over nodes is the vehicle-kilometres.
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


# Both loops below keep sums in registers while the speed stays between two nodes, and count hours
# unsigned, which spares a test for a negative index: 2.3 times faster.


@kernel
def drive_stream(volume, series, weight, speed, road_type, limit, start, stop, nodes):
    """
    Add the vehicle-kilometres of one stream to `nodes` (R, K); return as `drive_row`.

    While the speed stays between two nodes, `s` sums the hours' volumes and `u` their part at the
    upper node (never more than `s`, as rounding is monotone); `volume` comes in once.
    """
    last = nodes.shape[1] - 1
    first, end = np.uint64(last), np.uint64(0)
    t = start
    while t < stop:
        r = road_type[t]
        k, w = split(min(speed[t], limit), last)
        m = k
        first, end = min(first, k), max(end, k + TWO)
        s = u = 0.0
        while m == k and road_type[t] == r:
            x = series[t] * weight[t]
            s += x
            u += x * w
            t += ONE
            if t == stop:
                break
            m, w = split(min(speed[t], limit), last)
        nodes[r, k] += volume * (s - u)
        nodes[r, k + ONE] += volume * u
    return first, end


@kernel
def drive_lanes(average, lanes, speed, road_type, km, start, stop, nodes, c):
    """
    Add the vehicle-kilometres of the streams `c` to `c + LANES - 1`, alike in speed.

    All lanes of a step are written out beside each other, so they go as vectors; otherwise as
    `drive_stream`.
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
        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
        u0 = u1 = u2 = u3 = u4 = u5 = u6 = u7 = 0.0
        while m == k and np.uint64(road_type[t]) == r:
            x = lanes[t, c : c + LANES]
            x0, x1, x2, x3, x4, x5, x6, x7 = x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]
            s0, s1, s2, s3 = s0 + x0, s1 + x1, s2 + x2, s3 + x3
            s4, s5, s6, s7 = s4 + x4, s5 + x5, s6 + x6, s7 + x7
            u0, u1, u2, u3 = u0 + x0 * w, u1 + x1 * w, u2 + x2 * w, u3 + x3 * w
            u4, u5, u6, u7 = u4 + x4 * w, u5 + x5 * w, u6 + x6 * w, u7 + x7 * w
            t += ONE
            if t == stop:
                break
            m, w = split(speed[t], last)
        s0, s1, s2, s3 = a0 * (s0 - u0), a1 * (s1 - u1), a2 * (s2 - u2), a3 * (s3 - u3)
        s4, s5, s6, s7 = a4 * (s4 - u4), a5 * (s5 - u5), a6 * (s6 - u6), a7 * (s7 - u7)
        u0, u1, u2, u3 = a0 * u0, a1 * u1, a2 * u2, a3 * u3
        u4, u5, u6, u7 = a4 * u4, a5 * u5, a6 * u6, a7 * u7
        node = nodes[r, k, c : c + LANES]
        node[0], node[1], node[2], node[3] = node[0] + s0, node[1] + s1, node[2] + s2, node[3] + s3
        node[4], node[5], node[6], node[7] = node[4] + s4, node[5] + s5, node[6] + s6, node[7] + s7
        node = nodes[r, k + ONE, c : c + LANES]
        node[0], node[1], node[2], node[3] = node[0] + u0, node[1] + u1, node[2] + u2, node[3] + u3
        node[4], node[5], node[6], node[7] = node[4] + u4, node[5] + u5, node[6] + u6, node[7] + u7
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
                a, b = drive_lanes(average, lanes, speed[0], road_type, km, start, stop, nodes, c)
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
