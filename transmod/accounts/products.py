"""
Amounts as products of what is uncertain, and their sums for many draws at once.

An amount is a mass times some multipliers; what moves together has one column of multipliers, so
amounts with the same columns are added up before anything is drawn. Symbols: N amounts, P columns
that are drawn, M columns in all, T terms (amounts of the same columns) and D cells of a block, n
draws, S errors of speed. No sum goes through a BLAS library, whose bits hang on its threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from transmod.model.draws import Distribution

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NONE = 0  # the column of ones
CHUNK = 2048  # draws at a time: fixed, so that no bit hangs on the memory there is


@dataclass(frozen=True)
class Drawn:
    """A column that is drawn: the variable behind it, and its distribution."""

    variable: str
    distribution: Distribution


@dataclass(frozen=True, eq=False)
class Mixed:
    """A column 1 + sum of weights x (column - 1), or one over it."""

    columns: Integers
    weights: Floats
    is_inverse: bool = False

    @property
    def sources(self) -> tuple[int, ...]:
        """The drawn columns behind it."""
        return tuple(self.columns.tolist())


@dataclass(frozen=True, eq=False)
class Answered:
    """A column that is read from `amounts` at `nodes` of another column, linear between them."""

    column: int
    nodes: Floats
    amounts: Floats

    @property
    def sources(self) -> tuple[int, ...]:
        """The drawn columns behind it."""
        return (self.column,)


Derived = Mixed | Answered


@dataclass
class Multipliers:
    """The columns of a model; column 0 holds ones, then come those drawn, then those derived."""

    drawn: list[Drawn] = field(default_factory=list)
    derived: list[Derived] = field(default_factory=list)
    label: dict[str, str] = field(default_factory=dict)
    _known: dict[Drawn, int] = field(default_factory=dict)

    def draw(self, variable: str, distribution: Distribution, label: str) -> int:
        """Return the column of a variable with a distribution; `label` is what a reader sees."""
        key = Drawn(variable, distribution)
        if key not in self._known:
            self.drawn.append(key)
            self._known[key] = len(self.drawn)
            self.label.setdefault(variable, label)
        return self._known[key]

    def derive(self, what: Derived) -> int:
        """Return a new derived column; it has a negative number, which counts from the end."""
        self.derived.append(what)
        return -len(self.derived)

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables, in the order of their names."""
        return tuple(sorted(self.label))

    def values(self, u: Floats) -> Floats:
        """Return the drawn columns (P, n) of probabilities (V, n) of the variables."""
        row = {name: v for v, name in enumerate(self.variables)}
        return np.stack([one.distribution.values(u[row[one.variable]]) for one in self.drawn])

    def centres(self) -> Floats:
        """Return the values (P,) that stand for the inputs as given."""
        return np.array([one.distribution.centre for one in self.drawn])

    def multipliers(self, values: Floats, wanted: set[int]) -> Floats:
        """Return all columns (M, n) of the drawn ones (P, n); of those derived, the wanted."""
        out = np.ones((1 + len(self.drawn) + len(self.derived), values.shape[1]))
        out[1 : 1 + len(values)] = values
        for column in sorted(wanted):
            if column < 0:
                out[column] = _derive(self.derived[-1 - column], out)
        return out


def _derive(what: Derived, columns: Floats) -> Floats:
    if isinstance(what, Answered):
        return np.interp(columns[what.column], what.nodes, what.amounts)
    mixed = np.ones(columns.shape[1])
    for column, weight in zip(what.columns.tolist(), what.weights.tolist(), strict=True):
        mixed += weight * (columns[column] - 1.0)
    return 1.0 / mixed if what.is_inverse else mixed


@dataclass(frozen=True, eq=False)
class Block:
    """
    Amounts of one substance that share their cells.

    Attributes
    ----------
    columns : int64 (T, F)
        Columns that each term is multiplied by.
    of_cell : int64 (D, 2)
        Columns that each cell is multiplied by.
    cell : int64 (D,)
        Number of each cell in the model.
    base : float64 (S, T, D)
        Mass [t] at each error of speed; S is 1 where speeds are certain.
    speed : int
        Column of the error of speed.
    nodes : float64 (S,)
        Errors of speed.
    given : int
        Position of the node that is no error.
    """

    columns: Integers
    of_cell: Integers
    cell: Integers
    base: Floats
    speed: int = NONE
    nodes: Floats = field(default_factory=lambda: np.ones(1))
    given: int = 0


@dataclass(frozen=True, eq=False)
class Amounts:
    """
    N amounts of the ledger, with the columns they are multiplied by.

    `mass` [t], `substance` and `cell` are numbers; `block` tells apart what shares no cells;
    `columns` (N, F), `of_cell` (N, 2) and `speed` (N,) are columns; `answer` (S, N) is the response
    to the errors of speed `nodes`, by the column of the error, with the position of that which is
    none.
    """

    mass: Floats
    cell: Integers
    block: Integers
    columns: Integers
    of_cell: Integers
    speed: Integers
    answer: Floats | None
    nodes: dict[int, tuple[Floats, int]]


def to_blocks(amounts: Amounts) -> list[Block]:
    """Add up amounts with the same columns, cell by cell."""
    blocks = []
    key = np.stack([amounts.block, amounts.speed], axis=1)
    _, which = np.unique(key, axis=0, return_inverse=True)
    order = np.argsort(which.reshape(-1), kind="stable")
    ends = np.flatnonzero(np.diff(which.reshape(-1)[order], append=-1)) + 1
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        blocks.append(_to_block(amounts, order[start:end]))
    return blocks


def _to_block(amounts: Amounts, rows: Integers) -> Block:
    columns, term = np.unique(np.sort(amounts.columns[rows], axis=1), axis=0, return_inverse=True)
    columns = columns[:, columns.any(axis=0)] if columns.any() else columns[:, :0]
    cell, first, place = np.unique(amounts.cell[rows], return_index=True, return_inverse=True)
    speed = int(amounts.speed[rows[0]])
    nodes, given = amounts.nodes[speed] if speed else (np.ones(1), 0)
    base = np.zeros((nodes.size, len(columns), cell.size))
    mass = amounts.mass[rows]
    for s in range(nodes.size):
        here = mass
        if speed:
            assert amounts.answer is not None
            here = mass * amounts.answer[s, rows]
        np.add.at(base[s], (term.reshape(-1), place.reshape(-1)), here)
    return Block(columns, amounts.of_cell[rows[first]], cell, base, speed, nodes, given)


def scale_blocks(blocks: Iterable[Block], factor: float) -> list[Block]:
    """Return blocks of amounts times a number."""
    return [replace(block, base=block.base * factor) for block in blocks]


def condense(blocks: Iterable[Block], cells: NDArray[np.bool_]) -> list[Block]:
    """Add up some of the cells, as far as they are multiplied by the same; all have number 0."""
    out = []
    for block in blocks:
        chosen = np.flatnonzero(cells[block.cell])
        if chosen.size == 0:
            continue
        of_cell, place = np.unique(block.of_cell[chosen], axis=0, return_inverse=True)
        base = np.zeros((*block.base.shape[:2], len(of_cell)))
        for d, to in zip(chosen.tolist(), place.reshape(-1).tolist(), strict=True):
            base[:, :, to] += block.base[:, :, d]
        cell = np.zeros(len(of_cell), np.int64)
        out.append(replace(block, of_cell=of_cell, cell=cell, base=base))
    return out


def add_up(blocks: Sequence[Block], columns: Multipliers, values: Floats, n_cells: int) -> Floats:
    """
    Add up the amounts of each cell for each draw.

    Parameters
    ----------
    blocks : sequence of Block
        Of one substance.
    columns : Multipliers
        What they are multiplied by.
    values : float64 (P, n)
        Drawn columns.
    n_cells : int
        Cells of the model.

    Returns
    -------
    float64 (n_cells, n)
        Mass [t].
    """
    n = values.shape[1]
    out = np.zeros((n_cells, n))
    wanted = used_columns(blocks)
    for start in range(0, n, CHUNK):
        here = slice(start, min(start + CHUNK, n))
        multipliers = columns.multipliers(values[:, here], wanted)
        for block in blocks:
            sums = _sum_block(block, multipliers)
            for pair in block.of_cell.T:
                if pair.any():
                    sums *= multipliers[pair]
            for d, cell in enumerate(block.cell.tolist()):
                out[cell, here] += sums[d]
    return out


def used_columns(blocks: Sequence[Block]) -> set[int]:
    """Return the columns that blocks are multiplied by."""
    used = {block.speed for block in blocks}
    for block in blocks:
        used |= {*block.columns.reshape(-1).tolist(), *block.of_cell.reshape(-1).tolist()}
    return used


def _sum_block(block: Block, multipliers: Floats) -> Floats:
    """Return the sums (D, n) of a block, before what its cells are multiplied by."""
    product = np.ones((len(block.columns), multipliers.shape[1]))
    for column in block.columns.T:
        product *= multipliers[column]
    if not block.speed:
        return np.einsum("td,tn->dn", block.base[0], product)
    at = np.interp(multipliers[block.speed], block.nodes, np.arange(block.nodes.size))
    low = np.minimum(at.astype(np.int64), block.nodes.size - 2)
    part = at - low
    out = np.empty((block.cell.size, at.size))
    for s in np.unique(low):
        own = np.flatnonzero(low == s)
        mine = product[:, own]
        before = np.einsum("td,tn->dn", block.base[s], mine)
        after = np.einsum("td,tn->dn", block.base[s + 1], mine)
        out[:, own] = before + part[own] * (after - before)
    return out
