"""
What another line or report already holds: it is marked, and counts once.

A port, a metro company or a bus fleet in the carbon market often reports for itself. The scenario
says so, and the rows become `IE` (included elsewhere: out of the total, the place named) or an
`of which` line of its own within the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np

from transmod.columns import Booleans, Columns, label
from transmod.errors import Faults

INCLUDED_ELSEWHERE = "IE"


@dataclass(frozen=True)
class Holding:
    """
    Rows that another line or report holds.

    `held_in` says where, in words; `mark` is `IE` or `of_which`; the others narrow the rows, None
    means any. `vehicle_type` may hold `*`.
    """

    held_in: str
    mark: Literal["IE", "of_which"] = "IE"
    activity: str | None = None
    vehicle_class: str | None = None
    vehicle_type: str | None = None
    fuel: str | None = None
    district_id: str | None = None

    @property
    def named(self) -> dict[str, str]:
        """What narrows the rows."""
        names = ("activity", "vehicle_class", "vehicle_type", "fuel", "district_id")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


def mark_held(rows: Columns, holdings: Sequence[Holding], *, may_miss: bool = False) -> Columns:
    """
    Mark the rows that another line or report holds.

    Parameters
    ----------
    rows : Columns
        Rows with the columns of `schema.EMISSION_KEYS`, `notation_key` and `in_total`.
    holdings : sequence of Holding
        In any order: none may touch the rows of another.
    may_miss : bool
        Whether a holding may match no row: tyre wear takes no energy.

    Returns
    -------
    Columns
        The same rows with `held_in` (null where nothing was declared). Rows marked `IE` have this
        notation key and are not in the total; they keep their mass, so that nothing is lost.

    Raises
    ------
    InputError
        If a holding matches no row, or two match the same.
    """
    faults = Faults()
    holder = np.full(len(rows), -1)
    for number, holding in enumerate(holdings):
        chosen = _match(rows, holding)
        entry = _name(number, holding)
        twice = chosen & (holder >= 0)
        if not (chosen.any() or may_miss):
            faults.add(
                f"{entry} must match rows of the ledger: none of {len(rows):,} rows does. "
                f"Look at ledger.parquet for what there is, or leave the entry out."
            )
        if twice.any():
            other = holder[twice][0]
            faults.add(
                f"{entry} must not touch what entry {other + 1} holds: {int(twice.sum()):,} of "
                f"{int(chosen.sum()):,} rows are in both. Narrow one of them."
            )
        holder[chosen] = number
    faults.raise_any()
    names = [*(holding.held_in for holding in holdings), None]
    elsewhere = np.array([*(h.mark == INCLUDED_ELSEWHERE for h in holdings), False])[holder]
    return rows.assign(
        held_in=label(names, holder),
        notation_key=rows["notation_key"].where(~elsewhere, INCLUDED_ELSEWHERE),
        in_total=rows["in_total"] & ~elsewhere,
    )


def _match(rows: Columns, holding: Holding) -> Booleans:
    chosen = np.ones(len(rows), bool)
    for name, value in holding.named.items():
        column = rows[name]
        if name == "vehicle_type":
            chosen &= column.isin(name for name in column.names if fnmatchcase(name, value))
        else:
            chosen &= column == value
    return chosen


def _name(number: int, holding: Holding) -> str:
    named = ", ".join(f"{name} = {value!r}" for name, value in holding.named.items())
    return f"Entry {number + 1} of `[[accounting.held]]` ({named})"
