"""Naive twin of the sums over draws: every row of a ledger by itself, one draw after the other."""

import numpy as np
from scipy.stats import norm


def value_of(distribution, u):
    """Return the value of a distribution at one probability."""
    if distribution.kind == "normal":
        return distribution.centre + distribution.sd * norm.ppf(u)
    if distribution.kind == "lognormal":
        if distribution.factor:
            return distribution.factor ** (norm.ppf(u) / norm.ppf(0.975))
        sigma = np.sqrt(np.log(1.0 + distribution.sd**2))
        return np.exp(sigma * norm.ppf(u) - sigma**2 / 2.0)
    if distribution.kind == "uniform":
        return distribution.low + (distribution.high - distribution.low) * u
    a, c, b = distribution.low, distribution.mode, distribution.high
    if u < (c - a) / (b - a):
        return a + np.sqrt(u * (b - a) * (c - a))
    return b - np.sqrt((1.0 - u) * (b - a) * (b - c))


def column_of(columns, number, drawn):
    """Return one column of one draw; `drawn` are the values of those that are drawn."""
    if number == 0:
        return 1.0
    if number > 0:
        return drawn[number - 1]
    what = columns.derived[-number - 1]
    if hasattr(what, "nodes"):
        return np.interp(drawn[what.column - 1], what.nodes, what.amounts)
    mixed = 1.0
    for column, weight in zip(what.columns, what.weights, strict=True):
        mixed += weight * (drawn[column - 1] - 1.0)
    return 1.0 / mixed if what.is_inverse else mixed


def add_up(rows, columns, probabilities):
    """Return the mass (N,) of every row of a ledger in one draw; `probabilities` by variable."""
    drawn = [value_of(one.distribution, probabilities[one.variable]) for one in columns.drawn]
    out = []
    for i in range(len(rows)):
        mass = rows.mass[i]
        for number in (*rows._slots[i], *rows.of_cell[i]):
            mass = mass * column_of(columns, number, drawn)
        if rows.speed[i]:
            nodes, _ = rows.nodes[rows.speed[i]]
            answer = rows.answer[: nodes.size, i]
            mass = mass * np.interp(drawn[rows.speed[i] - 1], nodes, answer)
        out.append(mass)
    return np.array(out)
