"""
The ledger: every tonne is one row, and stands on one line.

Inventory and memo items are two types. The functions that total take only the first, so a memo
item cannot enter a total: neither the type checker nor the program lets it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from transmod.accounts.coal import CoalEquivalent, energy_tce
from transmod.accounts.held import Holding, mark_held
from transmod.accounts.rules import to_lines
from transmod.columns import Columns, encode_rows, group_rows, stack
from transmod.errors import CheckError
from transmod.inputs.rules import Rule
from transmod.schema import CALIBRATIONS, EMISSION_KEYS, ENERGY, LEDGER, Table

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class InventoryLedger:
    """
    Rows of the inventory: those in the total, and those listed apart (`in_total` false).

    `rows` has the columns of `schema.LEDGER`, `energy` those of `schema.ENERGY` without
    `energy_tce`; both are sorted by key.
    """

    rows: Columns
    energy: Columns

    def __post_init__(self) -> None:
        _require_item(self.rows, self.energy, "inventory")


@dataclass(frozen=True)
class MemoLedger:
    """Rows of the memo items, in the form of `InventoryLedger`: reported, never summed with it."""

    rows: Columns
    energy: Columns

    def __post_init__(self) -> None:
        _require_item(self.rows, self.energy, "memo")
        for table in (self.rows, self.energy):
            if table["in_total"].any():
                raise CheckError("A memo item must not count in the total: in_total is true.")


Ledger = TypeVar("Ledger", InventoryLedger, MemoLedger)


def post(
    emission_rows: Columns,
    energy_rows: Columns,
    rule: Rule,
    holdings: Sequence[Holding] = (),
) -> tuple[InventoryLedger, MemoLedger]:
    """
    Put each row on the line that the rule gives its activity.

    Parameters
    ----------
    emission_rows : Columns
        `schema.EMISSION_KEYS`, `process`, `pollutant`, `mass_t` [t], null where not estimated.
    energy_rows : Columns
        `schema.EMISSION_KEYS`, `energy_tj` [TJ].
    rule : Rule
        The accounting rule.
    holdings : sequence of Holding
        What another line or report holds.

    Returns
    -------
    InventoryLedger, MemoLedger
        Together they hold every row once: rows of one key are added, none is left out. A row
        without a figure has the notation key `NE`; one that is held elsewhere keeps its mass, has
        the key `IE` and is in no total.

    Raises
    ------
    InputError
        If a holding matches no row, or two match the same.
    CheckError
        If a mass or energy is negative or infinite, an energy is missing, or an activity has no
        line in the rule.
    """
    mass = _require_columns(emission_rows, (*EMISSION_KEYS, "process", "pollutant"), "mass_t")
    energy = _require_columns(energy_rows, EMISSION_KEYS, "energy_tj")
    if np.isnan(energy["energy_tj"]).any():
        raise CheckError("Energy [TJ] must be present in each row: a value is missing.")
    rows = to_lines(mass, rule)
    known = ~np.isnan(rows["mass_t"])
    rows = rows.assign(notation_key=rows["notation_key"].where(known, "NE"))
    rows = _add_equal(mark_held(rows, holdings), LEDGER, "mass_t")
    energy = mark_held(to_lines(energy, rule), holdings, may_miss=True)
    energy = _add_equal(energy, ENERGY, "energy_tj")
    (of_inventory, of_memo), (energy, memo_energy) = _split(rows), _split(energy)
    return InventoryLedger(of_inventory, energy), MemoLedger(of_memo, memo_energy)


def _split(rows: Columns) -> tuple[Columns, Columns]:
    """Return the rows of the inventory and of memo items; sorted rows hold them in this order."""
    end = int((rows["item"] == "inventory").sum())
    return rows[:end], rows[end:]


def switch_rule(
    inventory: InventoryLedger, memo: MemoLedger, rule: Rule, holdings: Sequence[Holding] = ()
) -> tuple[InventoryLedger, MemoLedger]:
    """Read a ledger by another rule: rows move between lines, no mass is computed anew."""
    rows = stack([inventory.rows, memo.rows])
    energy = stack([inventory.energy, memo.energy])
    return post(rows, energy, rule, holdings)


def append(
    inventory: InventoryLedger, memo: MemoLedger, rows: Columns, energy: Columns
) -> tuple[InventoryLedger, MemoLedger]:
    """
    Add rows that have their line; those that are there keep every bit.

    Parameters
    ----------
    inventory, memo : InventoryLedger, MemoLedger
        The ledger.
    rows, energy : Columns
        Rows with the columns of those of a ledger, inventory and memo together.
    """
    rows = stack([inventory.rows, memo.rows, rows])
    rows = _add_equal(rows, LEDGER, "mass_t")
    energy = stack([inventory.energy, memo.energy, energy])
    energy = _add_equal(energy, ENERGY, "energy_tj")
    (of_inventory, of_memo), (energy, memo_energy) = _split(rows), _split(energy)
    return InventoryLedger(of_inventory, energy), MemoLedger(of_memo, memo_energy)


def add_types(ledger: Ledger) -> Ledger:
    """Return a ledger with the masses of all vehicle types of a line in one row, type null."""
    rows = ledger.rows
    first, line = group_rows(rows[[name for name in LEDGER.key if name != "vehicle_type"]])
    mass = add_known(rows["mass_t"], line, first.size)
    return type(ledger)(rows[first].assign(vehicle_type=None, mass_t=mass), ledger.energy)


def add_known(values: Floats, line: NDArray[np.int64], n_lines: int) -> Floats:
    """Add the values (N,) of each line up, unknown ones left out; unknown where it has no other."""
    is_known = ~np.isnan(values)
    of_known = line[is_known]
    sums = np.bincount(of_known, values[is_known], minlength=n_lines)
    return np.where(np.bincount(of_known, minlength=n_lines) > 0, sums, np.nan)


def total(
    inventory: InventoryLedger,
    pollutant: str,
    *,
    subsector: str | None = None,
    district_id: str | None = None,
) -> float:
    """
    Add up one pollutant of the inventory [t], as far as the rule counts it in the total.

    Parameters
    ----------
    inventory : InventoryLedger
        A memo ledger is refused.
    pollutant : str
        One of `schema.POLLUTANTS`.
    subsector, district_id : str, optional
        Only these rows.

    Returns
    -------
    float
        Mass [t], rounded once; NaN where no row has a figure.

    Raises
    ------
    TypeError
        If `inventory` is anything but an `InventoryLedger`.
    """
    _require_inventory(inventory)
    rows = inventory.rows
    return _sum(rows[rows["in_total"]], "mass_t", pollutant, subsector, district_id)


def total_apart(
    inventory: InventoryLedger, pollutant: str, *, scope: int, district_id: str | None = None
) -> float:
    """Add up one pollutant [t] of the inventory rows of a scope that stand outside the total."""
    _require_inventory(inventory)
    rows = inventory.rows
    rows = rows[~rows["in_total"] & (rows["scope"] == scope)]
    return _sum(rows, "mass_t", pollutant, None, district_id)


def total_memo(memo: MemoLedger, kind: str, pollutant: str) -> float:
    """Add up one pollutant [t] of one kind of memo item; kinds are never added to each other."""
    if not isinstance(memo, MemoLedger):
        raise TypeError(f"A memo item is read from a MemoLedger: {type(memo).__name__} found.")
    rows = memo.rows
    return _sum(rows[rows["memo_kind"] == kind], "mass_t", pollutant, None, None)


def total_energy(inventory: InventoryLedger, *, in_total: bool = True) -> float:
    """Add up the final energy [TJ] of the inventory rows in the total, or of those outside it."""
    _require_inventory(inventory)
    energy = inventory.energy
    return math.fsum(energy["energy_tj"][energy["in_total"] == in_total])


def to_table(inventory: InventoryLedger, memo: MemoLedger) -> Columns:
    """Both ledgers as one table in the form of `schema.LEDGER`, sorted by key."""
    return stack([inventory.rows, memo.rows])[list(LEDGER.names)]


def to_energy_table(inventory: InventoryLedger, memo: MemoLedger, coal: CoalEquivalent) -> Columns:
    """Energy of both ledgers as one table in the form of `schema.ENERGY`, sorted by key."""
    energy = stack([inventory.energy, memo.energy])
    return energy.assign(energy_tce=energy_tce(energy, coal))[list(ENERGY.names)]


def _require_inventory(ledger: object) -> None:
    if not isinstance(ledger, InventoryLedger):
        raise TypeError(
            f"A total is made of an InventoryLedger only: {type(ledger).__name__} found. "
            f"Memo items never enter a total."
        )


def _require_item(rows: Columns, energy: Columns, item: str) -> None:
    for table in (rows, energy):
        bad = int((table["item"] != item).sum())
        if bad:
            raise CheckError(
                f"This ledger must hold rows of item {item!r} only: {bad} of {len(table)} are not."
            )


def _require_columns(table: Columns, keys: tuple[str, ...], value: str) -> Columns:
    """Keys and value of `table`, after the value has been checked."""
    missing = [name for name in (*keys, value) if name not in table]
    if missing:
        raise CheckError(f"Rows for the ledger must have the columns {', '.join(missing)}.")
    values = table[value]
    may_lessen = table["activity"].isin(CALIBRATIONS)
    bad = ((values < 0.0) & ~may_lessen) | np.isinf(values)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise CheckError(
            f"`{value}` must be >= 0 and finite: {int(bad.sum())} of {len(bad)} rows are not, "
            f"first {table['activity'].to_list()[first]!r} (value {values[first]})."
        )
    return table[[*keys, value]]


def _add_equal(rows: Columns, table: Table, value: str) -> Columns:
    """Sort rows by the table's key and add those of one key; an unknown mass stays unknown."""
    key = list(table.key)
    number = encode_rows(rows[key])
    values = rows[value]
    order = np.argsort(number, kind="stable")  # many rows come in order
    is_first = np.diff(number[order], prepend=-1) != 0
    if is_first.all():
        sums = values[order]
    else:
        # by the value too: a sum must not depend on the order in which rows were posted
        order = np.lexsort((values, ~np.isnan(values), number))
        sums = add_known(values[order], np.cumsum(is_first) - 1, int(is_first.sum()))
    return rows[key][order[is_first]].assign(**{value: sums})


def _sum(
    rows: Columns,
    value: str,
    pollutant: str,
    subsector: str | None,
    district_id: str | None,
) -> float:
    chosen = rows["pollutant"] == pollutant
    if subsector is not None:
        chosen &= rows["subsector"] == subsector
    if district_id is not None:
        chosen &= rows["district_id"] == district_id
    values = rows[value][chosen]
    known = values[~np.isnan(values)]  # rows without a figure stand apart as NE
    return math.fsum(known) if known.size else math.nan
