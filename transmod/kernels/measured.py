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
speed     (N, S, T)     as a function gives it, or NaN; measured where there is a measurement
"""

import numpy as np
from numba import prange

from .compile import kernel, parallel_kernel


@kernel
def mean_speed(measured, hour, weight):
    """Average over hours: time over the same distance, so harmonic; NaN if none is measured."""
    hours = time = 0.0
    for p in range(hour.size):
        v = np.float64(measured[hour[p]])
        if not np.isnan(v):
            hours += weight[p]
            time += weight[p] / v
    return hours / time if hours > 0.0 else np.nan


@parallel_kernel
def fill_measured(measured, own, common, first, hour, weight, limit, speed):
    """Put measured speeds in the place of others: those of the class before those of all."""
    n_row, n_stream, n_slot = speed.shape
    for row in prange(n_row):  # a row, a thread: no write is shared
        i = np.int64(row)
        link = measured[i]
        for c in range(n_stream):
            for t in range(n_slot):
                a, b = first[t], first[t + 1]
                v = np.nan
                if own[c] >= 0:
                    v = mean_speed(link[own[c]], hour[a:b], weight[a:b])
                if np.isnan(v):
                    v = speed[i, c, t]
                    if common >= 0:
                        all_together = mean_speed(link[common], hour[a:b], weight[a:b])
                        if not np.isnan(all_together):
                            v = all_together
                    v = min(v, limit[c])
                speed[i, c, t] = v
