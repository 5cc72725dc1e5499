"""Slow, plain twins of the volume-delay functions and of measured speeds, from the formulas."""

import math


def conical(x, free, alpha):
    """Return the speed of Spiess' function at volume over capacity `x`."""
    beta = (2 * alpha - 1) / (2 * alpha - 2)
    rest = 1 - x
    return free / (2 + math.sqrt(alpha**2 * rest**2 + beta**2) - alpha * rest - beta)


def akcelik(x, free, delay_parameter, lane_capacity, period):
    """Return the speed of Akcelik's function: the inverse of hours a kilometre."""
    root = math.sqrt((x - 1) ** 2 + 8 * delay_parameter * x / (lane_capacity * period))
    return 1 / (1 / free + 0.25 * period * (x - 1 + root))


def volume_over_capacity(average, shape, pcu, capacity):
    """Return x of a link in one hour from its streams' average hours and shapes."""
    return math.fsum(a * s * p for a, s, p in zip(average, shape, pcu, strict=True)) / capacity


def measured(own, common, hours, limit, function):
    """
    Return the speed of a stream in a slot.

    Speeds by hour of its own class and of all, {measured hour: hours of the year}, the class's
    limit, and the speed where nothing was measured.
    """
    for speeds, is_own in ((own, True), (common, False)):
        known = {h: speeds[h] for h in hours if speeds is not None and not math.isnan(speeds[h])}
        if known:
            driven = sum(hours[h] for h in known)
            mean = driven / sum(hours[h] / speed for h, speed in known.items())
            return mean if is_own else min(mean, limit)
    return min(function, limit)
