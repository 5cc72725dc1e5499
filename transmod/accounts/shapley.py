"""
Why two runs differ: the exact share of each cause, after Shapley.

With the causes of run B put in place of those of run A one after the other, what a cause does
depends on which others were exchanged before. Its share is the mean over all orders: the only
split that adds up, gives nothing to what has not changed, and treats causes alike.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray

from transmod.model.terms import Terms

Floats = NDArray[np.float64]

PLAYERS = ("activity", "speed", "fleet", "factors", "electricity", "method")
METHOD = (
    "Shapley values: the mean over all orders in which causes of B take the place of those of A"
)
_BLOCK = 2**15  # products at a time: all mixtures of both runs are held


def split_by_cause(terms: Terms, weight: Floats | None = None) -> Floats:
    """
    Split the difference of each product between the causes.

    Parameters
    ----------
    terms : Terms
        N products of run A and B.
    weight : float64 (2, N), optional
        What method makes of an amount in either run, such as a warming potential; default: 1.

    Returns
    -------
    float64 (len(PLAYERS), N)
        Parts of B less A, in the unit of the products. A cause that is the same in both runs has
        exactly 0, and the sum over causes is the difference, to rounding.

    References
    ----------
    .. [1] L. S. Shapley, "A value for n-person games", Contributions to the Theory of Games II,
       1953, 307-317.
    .. [2] A. F. Shorrocks, "Decomposition procedures for distributional analysis: a unified
       framework based on the Shapley value", J. Econ. Inequal. 11, 2013, 99-126.
    """
    weight = np.ones((2, len(terms))) if weight is None else weight
    out = np.empty((len(PLAYERS), len(terms)))
    for start in range(0, len(terms), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(terms)))
        out[:, rows] = _split(terms.take(rows), weight[:, rows])
    return out


def _split(terms: Terms, weight: Floats) -> Floats:
    # a cause that never changes anything leaves the mean over orders as it is
    changed = _changed(terms, weight)
    active = [name for name in PLAYERS if changed[name]]
    n = len(active)
    amounts = np.empty((2**n, len(terms)))
    for mixture in range(2**n):
        of_b = {name: (mixture >> i) & 1 for i, name in enumerate(active)}
        amounts[mixture] = mix(terms, weight, of_b)
    out = np.zeros((len(PLAYERS), len(terms)))
    mixtures = np.arange(2**n)
    size = np.array([m.bit_count() for m in mixtures.tolist()])
    for i, name in enumerate(active):
        without = mixtures[(mixtures >> i) & 1 == 0]
        orders = [
            factorial(s) * factorial(n - 1 - s) / factorial(n) for s in size[without].tolist()
        ]
        gain = amounts[without + (1 << i)] - amounts[without]
        out[PLAYERS.index(name)] = np.einsum("m,mi->i", np.array(orders), gain)
    return out


def mix(terms: Terms, weight: Floats, of_b: dict[str, int]) -> Floats:
    """Return the amounts (N,) with some causes of run B (1) and those of run A (0) elsewhere."""
    act, speed, fleet, factors, power, method = (of_b.get(name, 0) for name in PLAYERS)
    return np.asarray(
        terms.activity[act]
        * terms.intensity[speed, factors, method]
        * terms.share[fleet]
        * terms.power[power]
        * (terms.counted[method] * weight[method])
    )


def _changed(terms: Terms, weight: Floats) -> dict[str, bool]:
    intensity = terms.intensity
    method = terms.counted * weight
    return {
        "activity": _differ(*terms.activity),
        "speed": _differ(intensity[0], intensity[1]),
        "fleet": _differ(*terms.share),
        "factors": _differ(intensity[:, 0], intensity[:, 1]),
        "electricity": _differ(*terms.power),
        "method": _differ(*method) or _differ(intensity[:, :, 0], intensity[:, :, 1]),
    }


def _differ(a: Floats, b: Floats) -> bool:
    return not np.array_equal(a, b)
