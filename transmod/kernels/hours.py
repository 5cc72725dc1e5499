"""
Vehicle-kilometres by hour of the day, city-wide.

Symbols and shapes as in `kernels.speed` and `kernels.spectrum`; further

Z slots of the clock (day type x hour); the hours T come sorted by slot
first     (Z + 1,)      where the hours of a slot begin
out       (Z, R, K, C)  vehicle-kilometres, added to                    [veh km]
"""

import numpy as np
from numba import prange

from .compile import parallel_kernel
from .spectrum import drive_row


@parallel_kernel
def clock(first, length, kind, average, lanes, series, weight, speed, road_type, limit, out):
    """Add the vehicle-kilometres of all rows to `out`; a slot belongs to one thread."""
    shared = series.shape[0] == 1
    for slot in prange(first.size - 1):
        z = np.int64(slot)
        if first[z] == first[z + 1]:
            continue
        for i in range(length.size):
            drive_row(
                average[i], lanes, series[0 if shared else i], weight, speed[i],
                road_type[kind[i]], limit, length[i], first[z], first[z + 1], out[z],
            )  # fmt: skip
