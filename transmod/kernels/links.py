"""
Sums of every link: vehicle-kilometres by stream and, with a factor table, emissions.

Symbols and shapes as in `kernels.speed` and `kernels.spectrum`; further

M fleets, Q quantities (masses, energy, time)
fleet     (N,)          row of `factor` that holds in the row's area
factor    (M, G, R, K, C, Q) fleet-weighted factor                      [g/km, MJ/km, h/km]
vkm       (N, C)        vehicle-kilometres                              [veh km]
total     (N, Q)        sum of vehicle-kilometres times factor          [g, MJ, h]
"""

import numpy as np
from numba import prange

from .compile import parallel_kernel
from .spectrum import ONE, split


@parallel_kernel
def link_sums(
    length, kind, node, lift, fleet,
    average, shape, weight, speed, road_type, limit, factor, vkm, total,
):  # fmt: skip
    """Fill `vkm` and `total` with the sums of each row over the hours."""
    n_row, n_stream = average.shape
    n_hour = weight.size
    alike = speed.shape[1] == 1
    shared = shape.shape[0] == 1
    last = factor.shape[3] - 1
    for row in prange(n_row):  # a row, a thread: no write is shared
        i = np.int64(row)
        shapes = shape[0 if shared else i]
        types = road_type[kind[i]]
        vkm[i] = 0.0
        total[i] = 0.0
        for c in range(n_stream):
            if average[i, c] == 0.0:
                continue
            a = average[i, c] * length[i]
            speeds = speed[i, 0 if alike else c]
            top = limit[c]
            driven = 0.0
            for up in range(2):
                share = lift[i] if up else 1.0 - lift[i]
                if share == 0.0:
                    continue
                table = factor[fleet[i], node[i] + up]
                for t in range(n_hour):
                    x = a * shapes[t, c] * weight[t] * share
                    driven += x
                    k, w = split(min(speeds[t], top), last)
                    hi = x * w
                    lo = x - hi
                    lower = table[types[t], k, c]
                    upper = table[types[t], k + ONE, c]
                    for q in range(lower.size):
                        total[i, q] += lo * lower[q] + hi * upper[q]
            vkm[i, c] = driven
