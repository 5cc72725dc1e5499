"""
Which uncertain input matters most.

Symbols: V variables, L inputs as a reader sees them (what correlates is one), n draws.

References
----------
.. [1] A. Saltelli, P. Annoni, I. Azzini, F. Campolongo, M. Ratto, S. Tarantola, "Variance based
   sensitivity analysis of model output. Design and estimator for the total sensitivity index",
   Comput. Phys. Commun. 181, 2010, 259-270: table 2, first-order (b) and total (f, of Jansen).
.. [2] M. J. W. Jansen, "Analysis of variance designs for model output", Comput. Phys. Commun. 117,
   1999, 35-43.
.. [3] 2006 IPCC Guidelines, volume 1, chapter 3: approach 1, propagation of error.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.accounts.products import Block, Multipliers, add_up, used_columns
from transmod.model.draws import correlate, draw
from transmod.schema import SENSITIVITY

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_DRAWS = 4096  # of an index: its error is then some hundredths


@dataclass(frozen=True, eq=False)
class Propagation:
    """
    How errors of variables add up.

    `inputs` are groups of variables, one a label, those that correlate together; `together` names
    what correlates, with its matrix.
    """

    names: tuple[str, ...]
    inputs: dict[str, tuple[str, ...]]
    together: tuple[str, ...]
    matrix: Floats

    @classmethod
    def of(
        cls, columns: Multipliers, groups: Sequence[str], matrix: Sequence[Sequence[float]]
    ) -> Propagation:
        """Sort the variables of a model by what a reader sees."""
        joined = " with ".join(groups)
        inputs: dict[str, list[str]] = {}
        labels = {columns.label[name] for name in groups}
        for name in columns.variables:
            label = joined if columns.label[name] in labels else columns.label[name]
            inputs.setdefault(label, []).append(name)
        sorted_inputs = {label: tuple(names) for label, names in sorted(inputs.items())}
        return cls(columns.variables, sorted_inputs, tuple(groups), np.array(matrix, np.float64))

    def deviation(self, first_order: Floats, cells: Integers) -> float:
        """Return the standard deviation of a sum of cells, from those by variable (V, N)."""
        parts = first_order[:, cells].sum(axis=1)
        square = float((parts**2).sum())
        rows = [self.names.index(name) for name in self.together]
        for i, one in enumerate(rows):
            for j, other in enumerate(rows[:i]):
                square += 2.0 * float(self.matrix[i, j] * parts[one] * parts[other])
        return math.sqrt(max(square, 0.0))


def propagate(
    blocks: Sequence[Block], columns: Multipliers, spread: Propagation, n_cells: int
) -> Floats:
    """
    Return by how much one standard deviation of each variable moves each cell.

    Returns
    -------
    float64 (V, n_cells)
        Central differences [t].
    """
    centre = columns.centres()
    used = used_by(blocks, columns)
    names = [name for name in spread.names if name in used]
    # all at once: a pair of draws for each variable
    values = np.repeat(centre[:, None], 2 * len(names), axis=1)
    for v, name in enumerate(names):
        for p, one in enumerate(columns.drawn):
            if one.variable == name:
                deviation = one.distribution.standard_deviation
                values[p, 2 * v : 2 * v + 2] += (deviation, -deviation)
    sums = add_up(blocks, columns, values, n_cells)
    out = np.zeros((len(spread.names), n_cells))
    out[[spread.names.index(name) for name in names]] = 0.5 * (sums[:, ::2] - sums[:, 1::2]).T
    return out


def used_by(blocks: Sequence[Block], columns: Multipliers) -> set[str]:
    """Return the variables that blocks hang on."""
    wanted = used_columns(blocks)
    for column in [c for c in wanted if c < 0]:
        wanted |= set(columns.derived[-1 - column].sources)
    return {columns.drawn[c - 1].variable for c in wanted if c > 0}


def find_sensitivity(
    totals: Mapping[str, Sequence[Block]],
    columns: Multipliers,
    spread: Propagation,
    draws: int,
    seed: int,
    method: str,
    edges: Floats,
) -> pd.DataFrame:
    """
    Say which input matters most for the total of each substance.

    Parameters
    ----------
    totals : mapping of str to sequence of Block
        Amounts in the total by substance, all of cell 0.
    columns, spread
        What they are multiplied by.
    draws, seed, method
        Two independent sets of at most `MOST_DRAWS` draws are made.
    edges : float64 (2,)
        Quantiles of an interval.

    Returns
    -------
    pandas.DataFrame
        `schema.SENSITIVITY`: the largest total index first.
    """
    n = min(draws, MOST_DRAWS)
    a, b = (
        columns.values(
            _correlated(
                draw(spread.names, n, seed=seed, method=method, part=f"sensitivity {part}"), spread
            )
        )
        for part in ("a", "b")
    )
    rows: list[dict[str, Any]] = []
    for substance, blocks in totals.items():
        total = _Total(blocks, columns)
        of_a, of_b = total.of(a), total.of(b)
        centre = np.repeat(columns.centres()[:, None], n, axis=1)
        found: list[dict[str, Any]] = []
        for label, names in spread.inputs.items():
            if not total.hangs_on(names):
                continue
            index = sobol_index(of_a, of_b, total.change(a, of_a, b, names))
            alone = total.change(centre, total.of(centre), a, names)
            low, high = np.quantile(alone, edges).tolist()
            value = float(total.of(centre[:, :1])[0])
            found.append(
                {
                    "pollutant": substance, "input": label, "value_t": value, "low_t": low,
                    "high_t": high, **index,
                }
            )  # fmt: skip
        found.sort(key=lambda row: (-row["total_index"], row["input"]))
        rows += [{**row, "rank": rank} for rank, row in enumerate(found, start=1)]
    return pd.DataFrame(rows, columns=list(SENSITIVITY.names))


class _Total:
    """A total as the sum of its blocks; what does not change is not added up again."""

    def __init__(self, blocks: Sequence[Block], columns: Multipliers) -> None:
        self.blocks, self.columns = blocks, columns
        self.used = [used_by([block], columns) for block in blocks]

    def of(self, values: Floats) -> Floats:
        """Return the totals (n,) of drawn columns (P, n)."""
        return add_up(self.blocks, self.columns, values, 1)[0]

    def hangs_on(self, names: Sequence[str]) -> bool:
        """Say whether some variables move the total."""
        return any(used & set(names) for used in self.used)

    def change(self, values: Floats, totals: Floats, other: Floats, names: Sequence[str]) -> Floats:
        """Return the totals with some variables of other draws (P, n), from those before."""
        own = [
            block for block, used in zip(self.blocks, self.used, strict=True) if used & set(names)
        ]
        is_changed = np.array([one.variable in names for one in self.columns.drawn])
        mixed = np.where(is_changed[:, None], other, values)
        before = add_up(own, self.columns, values, 1)[0]
        return totals - before + add_up(own, self.columns, mixed, 1)[0]


def _correlated(u: Floats, spread: Propagation) -> Floats:
    if not spread.together:
        return u
    rows = [spread.names.index(name) for name in spread.together]
    out = u.copy()
    out[rows] = correlate(u[rows], spread.matrix)
    return out


def sobol_index(of_a: Floats, of_b: Floats, of_mixed: Floats) -> dict[str, float]:
    """
    Estimate what share of the variance of a function an input has.

    Parameters
    ----------
    of_a, of_b : float64 (n,)
        The function at two independent sets of draws.
    of_mixed : float64 (n,)
        The function at the first set, with the input as in the second.

    Returns
    -------
    dict
        `first_index`, what the input does alone, `total_index`, with all that it does together
        with others, and their standard errors `first_error`, `total_error`. NaN where nothing
        varies. First-order after Saltelli, total after Jansen [1]_, [2]_.
    """
    # about the mean: the estimate is the same, and its error smaller
    both = np.concatenate([of_a, of_b])
    mean, variance = float(both.mean()), float(both.var())
    first = _share((of_b - mean) * (of_mixed - of_a), variance)
    total = _share(0.5 * (of_a - of_mixed) ** 2, variance)
    return {
        "first_index": first[0], "first_error": first[1],
        "total_index": total[0], "total_error": total[1],
    }  # fmt: skip


def _share(terms: Floats, variance: float) -> tuple[float, float]:
    """Return the mean of terms over a variance, and its standard error."""
    if variance == 0.0:
        return math.nan, math.nan
    mean, error = float(terms.mean()), float(terms.std(ddof=1)) / math.sqrt(terms.size)
    return mean / variance, error / variance
