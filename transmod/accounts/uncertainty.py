"""How sure an account is: intervals of districts, classes, lines and totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.accounts.differences import to_account
from transmod.accounts.held import INCLUDED_ELSEWHERE
from transmod.accounts.products import Block, Multipliers, add_up, condense
from transmod.accounts.sensitivity import Propagation, find_sensitivity, propagate
from transmod.accounts.uncertain_columns import check_names
from transmod.accounts.uncertain_rows import LINE, Model
from transmod.columns import Columns, group_rows, stack
from transmod.exchange import from_frame
from transmod.model.draws import correlate, draw

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_BY = {
    "city": (),
    "district": ("district_id",),
    "vehicle_class": ("subsector", "vehicle_class"),
    "district_class": ("district_id", "subsector", "vehicle_class"),
}
_PLACE = ["district_id", "subsector", "vehicle_class"]


@dataclass(frozen=True, eq=False)
class Question:
    """
    What is asked.

    `draws`, `seed`, `method`, `interval` (share of the draws within it); `groups` and `matrix`, the
    variables that correlate; `sensitivity`, the substances of which is told what matters most.
    """

    draws: int = 10_000
    seed: int = 0
    method: str = "latin_hypercube"
    interval: float = 0.95
    groups: tuple[str, ...] = ()
    matrix: tuple[tuple[float, ...], ...] = ()
    sensitivity: tuple[str, ...] = ()

    @property
    def edges(self) -> Floats:
        """Quantiles (2,) of an interval."""
        return np.array([0.5 - self.interval / 2.0, 0.5 + self.interval / 2.0])

    @property
    def half_width(self) -> float:
        """Half of the interval of a normal distribution, in standard deviations."""
        return NormalDist().inv_cdf(0.5 + self.interval / 2.0)


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """
    How sure an account is.

    `table` and `sensitivity` are `schema.UNCERTAINTY` and `schema.SENSITIVITY`; `lines` the
    intervals of each line of the inventory, `<substance>_t_low` and `_high`; `notes` what a reader
    must know.
    """

    table: pd.DataFrame
    sensitivity: pd.DataFrame
    lines: pd.DataFrame
    question: Question
    notes: tuple[str, ...]


def find_uncertainty(model: Model, question: Question) -> Uncertainty:
    """
    Draw an account and say how sure its figures are.

    Raises
    ------
    InputError
        If a variable that shall correlate is none of the model.

    Notes
    -----
    Intervals are quantiles of the draws, so they need not lie evenly about the value, and the mean
    of the draws need not be the value. Approach 1 is the first-order propagation of errors about
    the value; variables move together as they do in the draws.
    """
    check_names(question.groups, model.columns)
    values = model.columns.values(draw_all(model.columns, question))
    spread = Propagation.of(model.columns, question.groups, question.matrix)
    line, place = _sums(model.lines)
    lines = model.lines.iloc[_first(line)][LINE].reset_index(drop=True)
    held = lines["notation_key"].isin([INCLUDED_ELSEWHERE]).to_numpy(bool)
    edges = question.edges
    parts = []
    for substance, blocks in model.blocks.items():
        sums = add_up(blocks, model.columns, values, len(model.lines))
        lines[[f"{substance}_t_low", f"{substance}_t_high"]] = _line_intervals(
            sums, blocks, line, edges, held
        )
        parts.append(_place_rows(sums, substance, blocks, place, spread, model, question))
    total = np.asarray(to_account(model.lines) == "total", bool)
    sensitivity = find_sensitivity(
        {s: condense(model.blocks[s], total) for s in question.sensitivity if s in model.blocks},
        model.columns, spread, question.draws, question.seed, question.method, edges,
    )  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    notes = (_say_drawn(model, question), *_say_totals(table, question), *model.notes)
    return Uncertainty(table, sensitivity, lines, question, notes)


def with_intervals(inventory: Columns, lines: pd.DataFrame) -> Columns:
    """Return the inventory with the intervals of its lines, as `schema.INVENTORY_INTERVALS`."""
    known = from_frame(lines)
    _, group = group_rows(stack([known[LINE], inventory[LINE]]))
    # a line without a mass has no interval
    place = np.full(group.max(initial=-1) + 1, -1)
    place[group[: len(known)]] = np.arange(len(known))
    at = place[group[len(known) :]]
    names = [name for name in known if name not in LINE]
    return inventory.assign(**{n: np.where(at >= 0, known[n][at], np.nan) for n in names})


def draw_all(columns: Multipliers, question: Question, part: str = "draws") -> Floats:
    """Return the probabilities (V, n) of all variables, correlated as asked."""
    names = columns.variables
    u = draw(names, question.draws, seed=question.seed, method=question.method, part=part)
    if question.groups:
        rows = [names.index(name) for name in question.groups]
        u[rows] = correlate(u[rows], np.array(question.matrix, np.float64))
    return u


@dataclass(frozen=True, eq=False)
class _Place:
    """Cells that are added up: by what, which, and their numbers."""

    by: str
    names: tuple[str | None, ...]
    account: str
    cells: Integers


def _sums(lines: pd.DataFrame) -> tuple[Integers, list[_Place]]:
    """Return the inventory line of each cell (N,), and what else is added up."""
    line = lines.groupby(LINE, dropna=False, sort=False).ngroup().to_numpy()
    table = lines.assign(account=to_account(lines))
    places = []
    for by, columns in _BY.items():
        groups = table.groupby([*columns, "account"], dropna=False, sort=True)
        for key, cells in groups.indices.items():
            whole = key if isinstance(key, tuple) else (key,)
            names = dict(zip((*columns, "account"), whole, strict=True))
            named = tuple(_text(names.get(name)) for name in _PLACE)
            places.append(_Place(by, named, str(names["account"]), np.sort(cells)))
    return np.asarray(line, np.int64), places


def _text(name: object) -> str | None:
    return name if isinstance(name, str) else None


def _first(group: Integers) -> Integers:
    return np.unique(group, return_index=True)[1]


def value_of(blocks: Sequence[Block], n_cells: int) -> Floats:
    """Return the mass of each cell as accounted [t], and NaN where it has none."""
    out = np.full(n_cells, np.nan)
    for block in blocks:
        before = np.where(np.isnan(out[block.cell]), 0.0, out[block.cell])
        out[block.cell] = before + block.base[block.given].sum(axis=0)
    return out


def _line_intervals(
    sums: Floats, blocks: Sequence[Block], line: Integers, edges: Floats, held: NDArray[np.bool_]
) -> Floats:
    """Return low and high (N, 2) of each line; NaN where a line shows no figure."""
    has = np.zeros(len(sums), bool)
    for block in blocks:
        has[block.cell] = True
    out = np.full((held.size, 2), np.nan)
    for number in np.unique(line[has]).tolist():
        if not held[number]:
            cells = np.flatnonzero(has & (line == number))
            out[number] = np.quantile(sums[cells].sum(axis=0), edges)
    return out


def _place_rows(
    sums: Floats,
    substance: str,
    blocks: Sequence[Block],
    places: Sequence[_Place],
    spread: Propagation,
    model: Model,
    question: Question,
) -> pd.DataFrame:
    """Return the rows of `schema.UNCERTAINTY` of a substance."""
    value = value_of(blocks, len(sums))
    first_order = propagate(blocks, model.columns, spread, len(sums))
    half = question.half_width
    rows: list[dict[str, Any]] = []
    whole: dict[str, float] = {}
    for place in places:
        cells = place.cells[~np.isnan(value[place.cells])]
        if cells.size == 0:
            continue
        amount = float(value[cells].sum())
        whole.setdefault(place.account, amount)  # the city comes first
        drawn = sums[cells].sum(axis=0)
        low, high = np.quantile(drawn, question.edges).tolist()
        deviation = spread.deviation(first_order, cells)
        rows.append(
            {
                "by": place.by,
                **dict(zip(_PLACE, place.names, strict=True)),
                "account": place.account,
                "pollutant": substance,
                "value_t": amount,
                "mean_t": float(drawn.mean()),
                "sd_t": float(drawn.std(ddof=1)),
                "low_t": low,
                "high_t": high,
                "low_percent": 100.0 * (low / amount - 1.0) if amount else np.nan,
                "high_percent": 100.0 * (high / amount - 1.0) if amount else np.nan,
                "approach_1_percent": 100.0 * half * deviation / amount if amount else np.nan,
                "share": amount / whole[place.account] if whole[place.account] else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _say_drawn(model: Model, question: Question) -> str:
    inputs = set(model.columns.label.values())
    return (
        f"Uncertainty: {question.draws:,} draws ({question.method}, seed {question.seed}) of "
        f"{len(model.columns.variables)} variables behind {len(inputs)} inputs; intervals hold "
        f"{100 * question.interval:g} % of the draws."
    )


def _say_totals(table: pd.DataFrame, question: Question) -> tuple[str, ...]:
    own = table[(table["by"] == "city") & (table["account"] == "total")].set_index("pollutant")
    return tuple(
        f"Uncertainty of {name} in the total: {row.value_t:,.0f} t, from {row.low_t:,.0f} "
        f"({row.low_percent:+.1f} %) to {row.high_t:,.0f} t ({row.high_percent:+.1f} %)."
        for name, row in ((n, own.loc[n]) for n in question.sensitivity if n in own.index)
    )
