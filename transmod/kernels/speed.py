"""
Travel speed of a link from its volume and capacity.

Symbols and shapes, the same in every kernel of the activity pass:

N rows, each a link or the part of a link in one area; T hours of the calendar
C streams (vehicle class x trip kind), padded with empty ones to a multiple of LANES
S speeds a row: 1 (all streams alike) or C

average   (N, C)        vehicles in the average hour                   [veh/h]
series    (1 or N, C, T) multiplier of the average hour                [-]
lanes     (T or 0, C)   `series` of all rows with the streams side by side; empty where each row
                        has its own
pcu       (C,)          passenger-car units of a vehicle               [pcu/veh]
free      (N,)          undelayed speed                                [km/h]
capacity  (N,)          capacity of the direction                      [pcu/h]
speed     (N, S, T)     travel speed                                   [km/h]
"""

import numpy as np
from numba import prange

from .compile import parallel_kernel

# streams that go side by side: written out, they become vector instructions
LANES = 8
# hours at a time, so that what is summed stays in the first cache
TILE = 1024


@parallel_kernel
def bpr_speed(average, series, pcu, free, capacity, alpha, beta, speed):
    """
    Fill `speed` by the function of the US Bureau of Public Roads.

    free / (1 + alpha * (load / capacity) ** beta), with alpha and beta (N,) by road class.
    """
    n_row, n_stream = average.shape
    n_hour = speed.shape[2]
    shared = series.shape[0] == 1
    for row in prange(n_row):  # a row, a thread: no write is shared
        i = np.int64(row)
        for begin in range(0, n_hour, TILE):
            ratio = speed[i, 0, begin : begin + TILE]
            ratio[:] = 0.0
            for c in range(n_stream):
                load = average[i, c] * pcu[c] / capacity[i]
                if load != 0.0:
                    own = series[0 if shared else i, c, begin : begin + TILE]
                    for t in range(ratio.size):
                        ratio[t] += load * own[t]
            if beta[i] == 4.0:  # the common exponent costs two multiplications
                for t in range(ratio.size):
                    square = ratio[t] * ratio[t]
                    ratio[t] = free[i] / (1.0 + alpha[i] * (square * square))
            else:
                for t in range(ratio.size):
                    ratio[t] = free[i] / (1.0 + alpha[i] * ratio[t] ** beta[i])
