"""
Travel speed of a link from its volume and capacity.

Symbols and shapes, the same in every kernel of the activity pass:

N rows, each a link or the part of a link in one area; T hours of the calendar
C streams (vehicle class x trip kind), padded with empty ones to a multiple of LANES (`series`
  of single rows may lack these)
S speeds a row: 1 (all streams alike) or C

average   (N, C)        vehicles in the average hour                   [veh/h]
series    (1 or N, C, T) multiplier of the average hour                [-]
lanes     (T or 0, C)   `series` of all rows times the hours that a slot stands for, the streams
                        side by side; empty where each row has its own   [h]
pcu       (C,)          passenger-car units of a vehicle               [pcu/veh]
free      (N,)          undelayed speed                                [km/h]
capacity  (N,)          capacity of the direction                      [pcu/h]
speed     (N, S, T)     travel speed                                   [km/h]
"""

import numpy as np
from numba import prange

from .compile import kernel, parallel_kernel

# streams that go side by side: written out, they become vector instructions
LANES = 8
# hours at a time, so that what is summed stays in the first cache
TILE = 512


@kernel
def add_load(a0, a1, a2, a3, a4, a5, a6, a7, s0, s1, s2, s3, s4, s5, s6, s7, load):
    """Add the streams of a lane, average times series, to `load`: in one sweep 1.6 times faster."""
    for t in range(load.size):
        load[t] += ((a0 * s0[t] + a1 * s1[t]) + (a2 * s2[t] + a3 * s3[t])) + (
            (a4 * s4[t] + a5 * s5[t]) + (a6 * s6[t] + a7 * s7[t])
        )


@parallel_kernel
def bpr_speed(average, series, pcu, free, capacity, alpha, beta, speed):
    """
    Fill `speed` by the function of the US Bureau of Public Roads.

    free / (1 + alpha * (load / capacity) ** beta), with alpha and beta (N,) by road class.
    """
    n_row, n_stream, n_hour = average.shape[0], series.shape[1], speed.shape[2]
    together = n_stream - n_stream % LANES  # series of their own have no empty streams
    shared = series.shape[0] == 1
    for row in prange(n_row):  # a row, a thread: no write is shared
        i = np.int64(row)
        j = np.int64(0) if shared else i
        a = average[i] * pcu / capacity[i]
        for begin in range(0, n_hour, TILE):
            h = min(begin + TILE, n_hour)
            ratio = speed[i, 0, begin:h]
            ratio[:] = 0.0
            for c in range(0, together, LANES):
                if a[c : c + LANES].any():
                    add_load(
                        a[c], a[c + 1], a[c + 2], a[c + 3], a[c + 4], a[c + 5], a[c + 6], a[c + 7],
                        series[j, c, begin:h], series[j, c + 1, begin:h],
                        series[j, c + 2, begin:h], series[j, c + 3, begin:h],
                        series[j, c + 4, begin:h], series[j, c + 5, begin:h],
                        series[j, c + 6, begin:h], series[j, c + 7, begin:h], ratio,
                    )  # fmt: skip
            for c in range(together, n_stream):
                own = series[j, c, begin:h]
                for t in range(ratio.size):
                    ratio[t] += a[c] * own[t]
            if beta[i] == 4.0:  # the common exponent costs two multiplications
                for t in range(ratio.size):
                    square = ratio[t] * ratio[t]
                    ratio[t] = free[i] / (1.0 + alpha[i] * (square * square))
            else:
                for t in range(ratio.size):
                    ratio[t] = free[i] / (1.0 + alpha[i] * ratio[t] ** beta[i])
