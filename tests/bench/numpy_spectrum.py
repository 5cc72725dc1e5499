"""The spectrum of one area as one would write it with NumPy: vectorised, in chunks, `bincount`."""

import numpy as np

NODES_PER_KMH, N_NODES = 10.0, 1401


def bpr(average, shape, pcu, free, capacity, alpha):
    """Return the speeds (N, T) of links with `average` (N, C) and `shape` (T, C); beta is 4."""
    ratio = (average * pcu) @ shape.T
    ratio /= capacity[:, None]
    ratio *= ratio
    ratio *= ratio
    return free[:, None] / (1.0 + alpha[:, None] * ratio)


def spectrum(average, shape, weight, length, speed, road_type, n_roads, rows_at_once=16):
    """Return the vehicle-kilometres (n_roads, K, C) of links with `road_type` (N, T)."""
    n_row, n_stream = average.shape
    out = np.zeros((n_stream, n_roads * N_NODES))
    hours = shape * weight[:, None]
    for begin in range(0, n_row, rows_at_once):
        rows = slice(begin, begin + rows_at_once)
        position = speed[rows] * NODES_PER_KMH
        node = np.minimum(position.astype(np.int64), N_NODES - 2)
        upper = position - node
        place = (road_type[rows] * np.int64(N_NODES) + node).ravel()
        driven = average[rows] * length[rows, None]
        for c in range(n_stream):
            vkm = driven[:, c, None] * hours[:, c]
            high = vkm * upper
            low = vkm - high
            out[c] += np.bincount(place, low.ravel(), out.shape[1])
            out[c] += np.bincount(place + 1, high.ravel(), out.shape[1])
    return out.reshape(n_stream, n_roads, N_NODES).transpose(1, 2, 0)
