"""
Sums of every link: vehicle-kilometres by stream and, with a factor table, emissions.

Symbols and shapes as in `kernels.speed` and `kernels.spectrum`; further

M fleets, Q quantities (masses, energy, time)
fleet     (N,)          row of `factor` that holds in the row's area
factor    (M, G, R, K, C, Q) fleet-weighted factor                      [g/km, MJ/km, h/km]
vkm       (N, C)        vehicle-kilometres                              [veh km]
total     (N, Q)        sum of vehicle-kilometres times factor          [g, MJ, h]

A row's hours first go to its own few speed nodes, and these to the sums: a link drives at far
fewer speeds than it has hours.
"""

import numpy as np
from numba import prange

from .compile import kernel, parallel_kernel
from .spectrum import NODES_PER_KMH, drive_row

BLOCK_ROWS = 64  # rows that share the memory of a thread


@kernel
def speed_range(speed, limit, last):
    """Return the first speed node of a row and the end of its range."""
    low, high = speed.min(), speed.max()
    if not (low >= 0.0 and high * NODES_PER_KMH <= last):
        return 0, last + 1  # a wrong speed may be anywhere
    first = np.int64(min(low, limit.min()) * NODES_PER_KMH)
    return first, min(np.int64(high * NODES_PER_KMH), last - 1) + 2


@parallel_kernel
def link_sums(
    length, kind, node, lift, fleet,
    average, shape, weight, speed, road_type, limit, factor, vkm, total,
):  # fmt: skip
    """Fill `vkm` and `total` with the sums of each row over the hours."""
    n_row, n_stream = average.shape
    n_road, n_node = factor.shape[2:4]
    n_quantity = total.shape[1]
    shared = shape.shape[0] == 1
    for block in prange((n_row + BLOCK_ROWS - 1) // BLOCK_ROWS):
        begin = np.int64(block) * BLOCK_ROWS
        nodes = np.zeros((n_road, n_node, n_stream))
        for i in range(begin, min(begin + BLOCK_ROWS, n_row)):
            drive_row(
                average[i], shape[0 if shared else i], weight, speed[i], road_type[kind[i]],
                limit, length[i], 0, weight.size, nodes,
            )  # fmt: skip
            first, end = speed_range(speed[i], limit, n_node - 1)
            vkm[i] = 0.0
            total[i] = 0.0
            for up in range(2):
                share = lift[i] if up else 1.0 - lift[i]
                if share == 0.0:
                    continue
                table = factor[fleet[i], node[i] + up]
                for r in range(n_road):
                    for k in range(first, end):
                        for c in range(n_stream):
                            x = nodes[r, k, c] * share
                            if x != 0.0:
                                vkm[i, c] += x
                                for q in range(n_quantity):
                                    total[i, q] += x * table[r, k, c, q]
            nodes[:, first:end] = 0.0
