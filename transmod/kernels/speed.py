"""
Travel speed of a link from its volume and capacity.

Symbols and shapes, the same in every kernel of the activity pass:

N rows, each a link or the part of a link in one area; T hours of the calendar
C streams (vehicle class x trip kind), padded with empty ones to a multiple of LANES
S speeds a row: 1 (all streams alike) or C

average   (N, C)        vehicles in the average hour                   [veh/h]
shape     (1 or N, T, C) multiplier of the average hour                [-]
pcu       (C,)          passenger-car units of a vehicle               [pcu/veh]
free      (N,)          undelayed speed                                [km/h]
capacity  (N,)          capacity of the direction                      [pcu/h]
speed     (N, S, T)     travel speed                                   [km/h]
"""

import numpy as np
from numba import prange

from .compile import parallel_kernel

# streams added in one step: written out, they become vector instructions
LANES = 8


@parallel_kernel
def bpr_speed(average, shape, pcu, free, capacity, alpha, beta, speed):
    """
    Fill `speed` by the function of the US Bureau of Public Roads.

    free / (1 + alpha * (load / capacity) ** beta), with alpha and beta (N,) by road class.
    """
    n_row, n_stream = average.shape
    n_hour = shape.shape[1]
    shared = shape.shape[0] == 1
    for row in prange(n_row):  # a row, a thread: no write is shared
        i = np.int64(row)
        j = 0 if shared else i
        ratio = speed[i, 0]
        units = average[i] * pcu / capacity[i]
        for t in range(n_hour):
            q0, q1, q2, q3 = 0.0, 0.0, 0.0, 0.0
            for c in range(0, n_stream, LANES):
                s = shape[j, t, c : c + LANES]
                u = units[c : c + LANES]
                q0 += u[0] * s[0] + u[4] * s[4]
                q1 += u[1] * s[1] + u[5] * s[5]
                q2 += u[2] * s[2] + u[6] * s[6]
                q3 += u[3] * s[3] + u[7] * s[7]
            ratio[t] = (q0 + q1) + (q2 + q3)
        if beta[i] == 4.0:  # the common exponent costs two multiplications
            for t in range(n_hour):
                square = ratio[t] * ratio[t]
                ratio[t] = free[i] / (1.0 + alpha[i] * (square * square))
        else:
            for t in range(n_hour):
                ratio[t] = free[i] / (1.0 + alpha[i] * ratio[t] ** beta[i])
