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


@kernel
def delayed_row(form, average, series, pcu, free, capacity, alpha, beta, speed):
    """Fill `speed` (T,) of one row; `average` (C,), `series` (C, T)."""
    for begin in range(0, speed.size, TILE):
        x = speed[begin : begin + TILE]
        x[:] = 0.0
        for c in range(series.shape[0]):
            load = average[c] * pcu[c] / capacity
            if load != 0.0:
                own = series[c, begin : begin + TILE]
                for t in range(x.size):
                    x[t] += load * own[t]
        if form == CONICAL:
            for t in range(x.size):
                x[t] = free / conical_delay(x[t], alpha, beta)
        else:
            for t in range(x.size):
                x[t] = free / akcelik_delay(x[t], alpha, beta, free)


@parallel_kernel
def delayed_speed(form, average, series, pcu, free, capacity, alpha, beta, speed):
    """
    Fill `speed` by the function `form`.

    alpha (N,) is Spiess' slope at capacity [-], beta (N,) follows from it; or, for Akcelik, a
    quarter of the time T that demand lasts [h/km, as the function is one of time per km], and
    8 J / (Q T) [-] of the delay parameter J and the capacity Q of a lane.
    """
    shared = series.shape[0] == 1
    for row in prange(speed.shape[0]):  # a row, a thread: no write is shared
        i = np.int64(row)
        own = series[0 if shared else i]
        delayed_row(
            form, average[i], own, pcu, free[i], capacity[i], alpha[i], beta[i], speed[i, 0]
        )
