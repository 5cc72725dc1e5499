"""
Travel speed by the volume-delay functions of Spiess and of Akcelik.

Symbols and shapes as in `kernels.speed`; x is volume over capacity. Both functions give the
undelayed speed exactly where there is no traffic, and never a higher one.
"""

import numpy as np
from numba import prange

from .compile import kernel, parallel_kernel
from .speed import TILE

CONICAL, AKCELIK = 0, 1


@kernel
def conical_delay(x, alpha, beta):
    """
    Return time over free time: 2 + sqrt(a^2 (1 - x)^2 + b^2) - a (1 - x) - b.

    Since b = (2 a - 1) / (2 a - 2), sqrt(a^2 + b^2) = a + b - 1: written so, it is 1 at x = 0.
    """
    rest = alpha * (1.0 - x)
    root = np.sqrt(rest * rest + beta * beta) - np.sqrt(alpha * alpha + beta * beta)
    return max(1.0, 1.0 + alpha * x + root)


@kernel
def akcelik_delay(x, alpha, beta, free):
    """Return time over free time: 1 + v0 T/4 (x - 1 + sqrt((x - 1)^2 + 8 J x / (Q T)))."""
    z = x - 1.0
    root = np.sqrt(z * z + beta * x)
    # below capacity z + root is a small difference: the same, without one
    return 1.0 + free * alpha * (z + root if z >= 0.0 else beta * x / (root - z))


@parallel_kernel
def delayed_speed(form, average, series, pcu, free, capacity, alpha, beta, speed):
    """
    Fill `speed` by the function `form`.

    alpha (N,) is Spiess' slope at capacity [-], beta (N,) follows from it; or, for Akcelik, a
    quarter of the time T that demand lasts [h/km, as the function is one of time per km], and
    8 J / (Q T) [-] of the delay parameter J and the capacity Q of a lane.
    """
    n_row, n_stream, n_hour = average.shape[0], series.shape[1], speed.shape[2]
    shared = series.shape[0] == 1
    for row in prange(n_row):  # a row, a thread: no write is shared
        i = np.int64(row)
        j = np.int64(0) if shared else i
        load = average[i] * pcu / capacity[i]
        for begin in range(0, n_hour, TILE):
            ratio = speed[i, 0, begin : begin + TILE]
            ratio[:] = 0.0
            for c in range(n_stream):
                if load[c] != 0.0:
                    own = series[j, c, begin : begin + TILE]
                    for t in range(ratio.size):
                        ratio[t] += load[c] * own[t]
            if form == CONICAL:
                for t in range(ratio.size):
                    ratio[t] = free[i] / conical_delay(ratio[t], alpha[i], beta[i])
            else:
                for t in range(ratio.size):
                    ratio[t] = free[i] / akcelik_delay(ratio[t], alpha[i], beta[i], free[i])
