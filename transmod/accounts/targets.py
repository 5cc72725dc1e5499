"""Targets: straight paths from an amount to a share of it, and the distance of a run to them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from transmod.accounts.tallies import counts, sum_quantity
from transmod.columns import Columns, from_records
from transmod.schema import TARGETS

_UNITS = {"co2e": "t CO2e", "energy": "TJ"}


@dataclass(frozen=True)
class Target:
    """
    A target and its path.

    `reduction` is the share of `base_value` that must be gone in `target_year`. The path is a
    straight line from `start_value` in `start_year` (None: the base) to the target; after the
    target year it stays there.
    """

    name: str
    quantity: str
    subsector: str
    scopes: tuple[int, ...]
    base_year: int
    base_value: float
    target_year: int
    reduction: float
    start_year: int | None = None
    start_value: float | None = None
    source: str | None = None

    @property
    def starts(self) -> int:
        """First year of the path."""
        return self.base_year if self.start_year is None else self.start_year

    @property
    def target_value(self) -> float:
        """Amount of the target year."""
        return self.base_value * (1.0 - self.reduction)

    def allowed(self, year: int) -> float:
        """Return the amount of the path in a year."""
        start = self.base_value if self.start_value is None else self.start_value
        if year >= self.target_year:
            return self.target_value
        return start + (self.target_value - start) * (year - self.starts) / (
            self.target_year - self.starts
        )


def to_targets(
    ledger: Columns,
    energy: Columns,
    gwp: Mapping[str, float],
    year: int,
    targets: Sequence[Target],
) -> Columns:
    """
    Set a run against targets.

    Parameters
    ----------
    ledger, energy : Columns
        `schema.LEDGER`, `schema.ENERGY`.
    gwp : mapping of str to float
        Warming potential of each greenhouse gas.
    year : int
        Year of the run, not before the path of a target starts.
    targets : sequence of Target
        In the order of the results.

    Returns
    -------
    Columns
        Rows in the form of `schema.TARGETS`. Scope 1 is what the rule counts in its total, scope 2
        what grid electricity causes, as far as no other line holds it; null where no row has a
        figure.
    """
    rows = []
    wanted = dict.fromkeys(target.quantity for target in targets)
    summed = {name: sum_quantity(ledger, energy, name, gwp) for name in wanted}
    for target in targets:
        own, values = summed[target.quantity]
        chosen = counts(own) & np.isin(own["scope"], target.scopes)
        if target.subsector != "all":
            chosen &= own["subsector"] == target.subsector
        value = math.fsum(values[chosen]) if chosen.any() else math.nan
        allowed = target.allowed(year)
        left = target.target_year - year
        rows.append(
            {
                "name": target.name,
                "quantity": target.quantity,
                "subsector": target.subsector,
                "scopes": " + ".join(str(scope) for scope in sorted(target.scopes)),
                "unit": _UNITS.get(target.quantity, "t"),
                "base_year": target.base_year,
                "base_value": target.base_value,
                "target_year": target.target_year,
                "reduction": target.reduction,
                "target_value": target.target_value,
                "year": year,
                "allowed": allowed,
                "value": value,
                "distance": value - allowed,
                "distance_share": (value - allowed) / allowed if allowed > 0.0 else math.nan,
                "per_year": (target.target_value - value) / left if left > 0 else math.nan,
                "source": target.source,
            }
        )
    return from_records(rows, TARGETS)


def say_targets(table: Columns) -> tuple[str, ...]:
    """Say how far the run is from each target of `schema.TARGETS`."""
    rows = table[~np.isnan(table["distance"])].records()
    return tuple(
        f"Target '{row['name']}': {row['value']:,.0f} {row['unit']} in {row['year']}, "
        f"{abs(row['distance']):,.0f} {'above' if row['distance'] > 0.0 else 'below'} what the "
        "straight path allows (targets.csv)."
        for row in rows
    )
