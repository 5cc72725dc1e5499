"""
The pass over the links: the spectrum of blocks of rows and, with a factor table, sums of each row.

Symbols and shapes as in `kernels.speed` and `kernels.spectrum`; further

B blocks of rows, each within one area; G gradient nodes
M fleets, Q quantities (masses, energy, time)
bounds    (B + 1,)      first row of each block, and the end
node      (N,)          lower gradient node; lift (N,) weight of the next one
fleet     (N,)          row of `factor` that holds in the row's area
factor    (M, G, R, K, C, Q) fleet-weighted factor; M is 0 where no sums are asked for
                                                                        [g/km, MJ/km, h/km]
out       (B, G, R, K, C) vehicle-kilometres                            [veh km]
vkm       (N, C)        vehicle-kilometres                              [veh km]
total     (N, Q)        sum of vehicle-kilometres times factor          [g, MJ, h]

A row's hours first go to its own few speed nodes, and these to the spectrum and the sums: a link
drives at far fewer speeds than it has hours. A block owns its part of `out` and blocks are added
in order afterwards, so the number of threads changes no bit.
"""

import numpy as np
from numba import prange

from .compile import kernel, parallel_kernel
from .spectrum import drive_row


@kernel
def add_nodes(nodes, share, first, end, out):
    """Add a share of the nodes within a range to `out`."""
    for r in range(nodes.shape[0]):
        for k in range(first, end):
            for c in range(nodes.shape[2]):
                out[r, k, c] += nodes[r, k, c] * share


@kernel
def add_factors(nodes, share, first, end, factor, vkm, total):
    """Add a share of the nodes within a range, and that times `factor`, to the sums of a row."""
    for r in range(nodes.shape[0]):
        for k in range(first, end):
            for c in range(nodes.shape[2]):
                x = nodes[r, k, c] * share
                if x != 0.0:
                    vkm[c] += x
                    for q in range(total.size):
                        total[q] += x * factor[r, k, c, q]


@parallel_kernel
def drive(
    bounds, length, kind, node, lift, fleet, average, lanes, series, weight, speed, road_type,
    limit, factor, out, vkm, total,
):  # fmt: skip
    """Add every row to the block's part of `out`, and fill its `vkm` and `total`."""
    shared = series.shape[0] == 1
    for b in prange(bounds.size - 1):
        nodes = np.zeros(out.shape[2:])
        for i in range(bounds[b], bounds[b + 1]):
            first, end = drive_row(
                average[i], lanes, series[0 if shared else i], weight, speed[i],
                road_type[kind[i]], limit, length[i], 0, weight.size, nodes,
            )  # fmt: skip
            vkm[i] = 0.0
            total[i] = 0.0
            for up in range(2):
                share = lift[i] if up else 1.0 - lift[i]
                if share == 0.0:
                    continue
                g = node[i] + up
                add_nodes(nodes, share, first, end, out[b, g])
                if factor.shape[0] > 0:
                    add_factors(nodes, share, first, end, factor[fleet[i], g], vkm[i], total[i])
            nodes[:, first:end] = 0.0
