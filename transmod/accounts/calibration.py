"""
Calibration of road traffic to sales or statistics: rows of the ledger of their own.

No factor and no row that is there changes. What is added or taken away stands on the line of what
it calibrates, as activity `<activity>_calibration` and process `calibration`, in the district.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from transmod.accounts.ledger import InventoryLedger, MemoLedger, append
from transmod.columns import Columns, group_rows, stack
from transmod.schema import CALIBRATION, FUEL_BOUND

PROCESS = "calibration"
# evaporation is not burnt, and hangs on parked vehicles
_BURNT = ("hot", "cold_start", "electricity", "grid_losses")
# what the rows of a calibration do not tell apart
_ADDED_UP = ("vehicle_type", "location", "process")


@dataclass(frozen=True)
class Calibration:
    """
    How road traffic is calibrated.

    `by` fuel or class; `only` these (None: all that drive); `to` what was given, or by the part of
    the gap that is unexplained; `applies_to` what hangs on fuel burnt alone, or all of the exhaust.
    `factors` [-], where given, take the place of those found from the gap.
    """

    by: Literal["fuel", "class"]
    only: tuple[str, ...] | None = None
    to: Literal["given", "unexplained"] = "given"
    applies_to: Literal["fuel_bound", "exhaust"] = "fuel_bound"
    factors: Mapping[str, float] = field(default_factory=dict)

    def concerns(self, name: str) -> bool:
        """Whether a fuel or class is calibrated."""
        if self.factors:
            return name in self.factors
        return self.only is None or name in self.only


def calibrate(
    inventory: InventoryLedger,
    memo: MemoLedger,
    factors: Mapping[str, float],
    calibration: Calibration,
) -> tuple[InventoryLedger, MemoLedger]:
    """
    Add rows that scale road traffic.

    Parameters
    ----------
    inventory, memo : InventoryLedger, MemoLedger
        The ledger. Every row of it is kept, to the bit.
    factors : mapping of str to float
        What fuels or classes are scaled by [-].
    calibration : Calibration
        Which of these it is, and what is scaled: of a fuel what is burnt, hot or cold; of a class
        all that it emits in driving, wear too.

    Returns
    -------
    InventoryLedger, MemoLedger
        With the rows (factor - 1) x what they scale, added up over vehicle types and processes.
        Grid losses and biogenic CO2 are scaled alike, on their own lines.
    """
    name = "fuel" if calibration.by == "fuel" else "vehicle_class"
    rows = stack([inventory.rows, memo.rows])
    energy = stack([inventory.energy, memo.energy])
    of_road = (rows["subsector"] == "road") & ~np.isnan(rows["mass_t"]) & rows[name].isin(factors)
    if calibration.by == "fuel":
        of_road &= rows["process"].isin(_BURNT)
        if calibration.applies_to == "fuel_bound":
            of_road &= rows["pollutant"].isin(FUEL_BOUND)
    else:
        of_road &= rows["location"] == "link"
    of_energy = (energy["subsector"] == "road") & energy[name].isin(factors)
    return append(
        inventory,
        memo,
        _scaled(rows[of_road], "mass_t", factors, name).assign(process=PROCESS),
        _scaled(energy[of_energy], "energy_tj", factors, name),
    )


def _scaled(rows: Columns, value: str, factors: Mapping[str, float], name: str) -> Columns:
    """Return the rows that bring others to their factor."""
    keys = rows.drop(value, *_ADDED_UP)
    first, group = group_rows(keys)
    own = keys[first]
    sums = np.bincount(group, rows[value], minlength=len(own))
    activity = own["activity"]
    return own.assign(
        activity=activity.rename({known: known + CALIBRATION for known in activity.names}),
        vehicle_type=None,
        location="district",
        **{value: sums * (own[name].map(factors) - 1.0)},
    )
