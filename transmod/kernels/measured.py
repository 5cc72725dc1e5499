"""
Travel speed from measurements, where there are any.

Symbols and shapes beyond those of `kernels.speed`:

K classes measured, one of which may be all together; H hours of the measurements
measured  (N, K, H)     measured speed of the link of a row, NaN where there is none  [km/h]
own       (S,)          class in `measured` of a stream; -1 where it has none of its own
common    -             class in `measured` of all vehicles together; -1 where there is none
first     (T + 1,)      where the hours of measurement of a slot begin in `hour`
hour      (P,)          hour of measurement
weight    (P,)          hours of the period that both stand for                   [h]
limit     (S,)          highest speed of a stream; holds for what all vehicles drive  [km/h]
speed     (N, S, T)     as a function gives it; measured where there is a measurement  [km/h]
"""

import numpy as np
from numba import prange

from .compile import kernel, parallel_kernel


@kernel
def mean_speed(measured, first, end, hour, weight):
    """Average over hours: time over the same distance, so harmonic; NaN if none is measured."""
    hours = time = 0.0
    for p in range(first, end):
        v = np.float64(measured[hour[p]])
        if not np.isnan(v):
            hours += weight[p]
            time += weight[p] / v
    return hours / time if hours > 0.0 else np.nan


@kernel
def fill_row(measured, own, common, first, hour, weight, limit, speed):
    """Fill `speed` (S, T) of one row; `measured` (K, H)."""
    for c in range(speed.shape[0]):
        for t in range(speed.shape[1]):
            v = np.nan
            if own[c] >= 0:
                v = mean_speed(measured[own[c]], first[t], first[t + 1], hour, weight)
            is_own = not np.isnan(v)
            if not is_own and common >= 0:
                v = mean_speed(measured[common], first[t], first[t + 1], hour, weight)
            if np.isnan(v):
                v = speed[c, t]
            if not is_own:
                v = min(v, limit[c])
            speed[c, t] = v


@parallel_kernel
def fill_measured(measured, own, common, first, hour, weight, limit, speed):
    """Put measured speeds in the place of others: those of the class before those of all."""
    for row in prange(speed.shape[0]):  # a row, a thread: no write is shared
        i = np.int64(row)
        fill_row(measured[i], own, common, first, hour, weight, limit, speed[i])
