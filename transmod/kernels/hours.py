"""
Vehicle-kilometres by hour of the day, city-wide.

Symbols and shapes as in `kernels.speed` and `kernels.spectrum`; further

Z slots of the clock (day type x hour)
first     (Z + 1,)      where the hours of a slot begin in `order` (T,)
out       (Z, R, K, C)  vehicle-kilometres, added to                    [veh km]
"""

import numpy as np
from numba import prange

from .compile import parallel_kernel
from .spectrum import ONE, split


@parallel_kernel
def clock(first, order, length, kind, average, shape, weight, speed, road_type, limit, out):
    """Add the vehicle-kilometres of all rows to `out`; a slot belongs to one thread."""
    n_row, n_stream = average.shape
    alike = speed.shape[1] == 1
    shared = shape.shape[0] == 1
    last = out.shape[2] - 1
    for slot in prange(first.size - 1):
        z = np.int64(slot)
        for i in range(n_row):
            shapes = shape[0 if shared else i]
            for m in range(first[z], first[z + 1]):
                t = order[m]
                nodes = out[z, road_type[kind[i], t]]
                hours = length[i] * weight[t]
                for c in range(n_stream):
                    if average[i, c] == 0.0:
                        continue
                    v = speed[i, 0 if alike else c, t]
                    k, w = split(min(v, limit[c]), last)
                    x = average[i, c] * shapes[t, c] * hours
                    hi = x * w
                    nodes[k, c] += x - hi
                    nodes[k + ONE, c] += hi
