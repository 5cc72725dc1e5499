"""Why two products differ, by trying every order of exchange."""

from itertools import permutations
from math import factorial

PLAYERS = ("activity", "speed", "fleet", "factors", "electricity", "method")


def amount(terms, weight, i, of_b):
    """Return product `i` with the causes in `of_b` as in run B."""
    at = {name: int(name in of_b) for name in PLAYERS}
    return (
        terms.activity[at["activity"]][i]
        * terms.intensity[at["speed"]][at["factors"]][at["method"]][i]
        * terms.share[at["fleet"]][i]
        * terms.power[at["electricity"]][i]
        * terms.counted[at["method"]][i]
        * weight[at["method"]][i]
    )


def split(terms, weight, i):
    """Return what each cause does to product `i`, the mean over all orders."""
    done = dict.fromkeys(PLAYERS, 0.0)
    for order in permutations(PLAYERS):
        before = set()
        for name in order:
            step = amount(terms, weight, i, before | {name}) - amount(terms, weight, i, before)
            done[name] += step / factorial(len(PLAYERS))
            before.add(name)
    return done
