"""A fleet counted vehicle by vehicle: the slow twin of `model.turnover`."""

import math


def survivors(age, form, scale, shape):
    """Return the share of vehicles that reach an age."""
    if form == "weibull":
        return math.exp(-((age / scale) ** shape))
    return (1 + math.exp(-shape * scale)) / (1 + math.exp(shape * (age - scale)))


def move_on(cohorts, curve, start, end, growth=0.0):
    """Move {(kind, year): vehicles} of one group on; new vehicles have the newest mix."""
    cohorts = dict(cohorts)
    newest = max(year for (_, year), n in cohorts.items() if n > 0)
    last = {kind: n for (kind, year), n in cohorts.items() if year == newest}
    whole = sum(last.values())
    for year in range(start + 1, end + 1):
        before = sum(cohorts.values())
        for kind, born in list(cohorts):
            ratio = survivors(year - born, *curve) / survivors(year - 1 - born, *curve)
            cohorts[kind, born] *= ratio
        needed = before * (1 + growth) - sum(cohorts.values())
        for kind, n in last.items():
            cohorts[kind, year] = cohorts.get((kind, year), 0.0) + needed * n / whole
    return cohorts
