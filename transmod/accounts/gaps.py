"""The gap between what is modelled of a fuel or class and what was sold or counted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from transmod.schema import RECONCILIATION
from transmod.units import convert


@dataclass
class Gap:
    """
    The lines of one fuel or class, from what is modelled to what was given.

    `unit` is `energy_tj` or `vkm`; amounts are in it.
    """

    subject: str
    name: str
    unit: str
    given: float
    modelled: float = 0.0
    ncv_mj_kg: float = math.nan
    other_uses: float = 0.0  # of the fuel, in the ledger; sales hold them
    known: list[float] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)

    def say(
        self,
        step: str,
        line: str,
        amount: float,
        status: str,
        why: str,
        *,
        share: float | None = None,
    ) -> None:
        """Add a line; its share is that of what was given, unless another is said."""
        row: dict[str, object] = dict.fromkeys(RECONCILIATION.names)
        of_given = amount / self.given if self.given > 0.0 else math.nan
        row |= {
            "subject": self.subject, "name": self.name, "step": step, "line": line,
            self.unit: amount, "share": of_given if share is None else share,
            "status": status if share is not None or not math.isnan(amount) else "not estimated",
            "explanation": why,
        }  # fmt: skip
        if self.unit == "energy_tj":
            mass_kg = convert(amount, "TJ", "MJ") / self.ncv_mj_kg
            row["fuel_t"] = convert(mass_kg, "kg", "t")
        self.rows.append(row)

    def cause(self, line: str, amount: float, status: str, why: str) -> None:
        """Add a likely cause of the gap; NaN where it cannot be estimated."""
        if not math.isnan(amount):
            self.known.append(amount)
        self.say("cause", line, amount, status, why)

    @property
    def size(self) -> float:
        """Given less modelled."""
        return self.given - self.modelled

    @property
    def unexplained(self) -> float:
        """What is left of the gap."""
        return self.size - math.fsum(self.known)

    def close(self) -> None:
        """Add what is left of the gap."""
        self.say(
            "unexplained", "rest of the gap", self.unexplained, "computed",
            "causes that could not be estimated are in it",
        )  # fmt: skip

    @property
    def words(self) -> str | None:
        """What a reader should know of it; None where nothing was given."""
        if not self.given > 0.0:
            return None
        verb, unit = ("sold", "TJ") if self.subject == "fuel" else ("counted", "veh km")
        return (
            f"Reconciliation, {self.name}: {self.modelled:,.0f} {unit} modelled, {self.given:,.0f} "
            f"{verb}; the gap is {self.size / self.given:+.1%} of what was {verb}, "
            f"{self.unexplained / self.given:+.1%} is unexplained (reconciliation.csv)."
        )

    def show_calibration(self, factor: float | None, after: float, why: str) -> None:
        """Add the factor, what it adds, and what is modelled with it."""
        if factor is not None:
            self.say(
                "calibration", "factor", math.nan, "computed",
                "of rows of their own in the ledger; no other row is changed", share=factor,
            )  # fmt: skip
        self.say(
            "calibration", "added", after - self.modelled, "computed",
            "sum of these rows; below zero where they take away",
        )  # fmt: skip
        self.say("after", "road traffic", after, "computed", why)
        if self.other_uses:
            self.say(
                "after", "road traffic and other uses", after + self.other_uses, "computed",
                "what sales hold as well",
            )  # fmt: skip
