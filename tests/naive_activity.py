"""
Slow, plain twins of the kernels of the activity pass, written from the formulas.

    A[r, g, k, c] = sum over i, t of length[i] volume[i, c, t] weight[t] [road_type(i, t) = r]
                    U_g(gradient[i]) W_k(speed[i, c, t])

U and W are linear hat weights. Arrays are laid out as in `kernels.speed` and `kernels.spectrum`.
"""

import math
from collections import defaultdict

NODE_KMH = 0.1


def bpr(volumes, pcu, free, capacity, alpha, beta):
    """Return the speed of a link with `volumes` [veh/h] of each stream."""
    load = math.fsum(v * p for v, p in zip(volumes, pcu, strict=True))
    return free / (1.0 + alpha * (load / capacity) ** beta)


def hats(speed, top):
    """Return {node: weight} of a speed held at node `top`; at a node there is only one."""
    position = min(speed / NODE_KMH, float(top))
    lower = math.floor(position)
    weights = {lower: 1.0 - (position - lower), lower + 1: position - lower}
    return {node: weight for node, weight in weights.items() if weight > 0.0}


def drives(t):
    """Yield (row, stream, hour, speed, vkm) of all traffic."""
    n_row, n_stream = t.average.shape
    for i in range(n_row):
        for c in range(n_stream):
            for h in range(len(t.weight)):
                volume = t.average[i, c] * t.shape[i if len(t.shape) > 1 else 0, h, c]
                speed = float(t.speed[i, c if t.speed.shape[1] > 1 else 0, h])
                if volume > 0.0:
                    yield i, c, h, min(speed, t.limit[c]), t.length[i] * volume * t.weight[h]


def gradient_hats(t, i):
    """Return {gradient node: weight} of a row."""
    weights = {t.node[i]: 1.0 - t.lift[i], t.node[i] + 1: t.lift[i]}
    return {node: weight for node, weight in weights.items() if weight > 0.0}


def spectrum(t, top):
    """Return {(gradient, road type, speed node, stream): vkm}."""
    out = defaultdict(float)
    for i, c, h, speed, vkm in drives(t):
        for g, u in gradient_hats(t, i).items():
            for k, w in hats(speed, top).items():
                out[g, t.road_type[t.kind[i], h], k, c] += vkm * u * w
    return out


def link_sums(t, factor, fleet, top):
    """Return {(row, stream): vkm} and {(row, quantity): sum of vkm times factor}."""
    driven, total = defaultdict(float), defaultdict(float)
    for i, c, h, speed, vkm in drives(t):
        driven[i, c] += vkm
        r = t.road_type[t.kind[i], h]
        for g, u in gradient_hats(t, i).items():
            for k, w in hats(speed, top).items():
                for q in range(factor.shape[-1]):
                    total[i, q] += vkm * u * w * factor[fleet[i], g, r, k, c, q]
    return driven, total


def clock(t, slot, top):
    """Return {(slot of the clock, road type, speed node, stream): vkm}."""
    out = defaultdict(float)
    for i, c, h, speed, vkm in drives(t):
        for k, w in hats(speed, top).items():
            out[slot[h], t.road_type[t.kind[i], h], k, c] += vkm * w
    return out


def road_totals(spectrum, gradient, factors, share):
    """
    Return {(area, stream, type, quantity): vehicle-kilometres times factor}.

    `spectrum` (A, G, R, K, C), position of each `gradient` (G,) in the factors, `share` (A, C, J).
    """
    out = defaultdict(float)
    for place in zip(*spectrum.nonzero(), strict=True):
        a, g, r, k, c = place
        for j in range(share.shape[2]):
            for q in range(factors.index.shape[1]):
                curve = factors.curve[factors.index[j, q, r, gradient[g]]]
                out[a, c, j, q] += spectrum[place] * share[a, c, j] * curve[k]
    return out
