"""What a scenario says of sales and statistics: its table `[reconciliation]`, as frozen records."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from transmod.scenario.record import Record


class ReconciliationChoice(Record):
    """`[reconciliation]`: what was sold and counted, set against what is modelled."""

    fuel_sales: Path | None = None
    """CSV file: fuel and electricity sold in the city, by fuel and year."""
    vkm_statistics: Path | None = None
    """CSV file: kilometres of vehicle classes by year, from statistics or odometers."""
    calibrate: Literal["fuel", "class"] | None = None
    """Scale road traffic to the sales of each fuel, or to the kilometres of each class, by rows of
    the ledger of their own. Default: nothing is scaled."""
    only: tuple[str, ...] | None = None
    """Fuels or classes that are calibrated. Default: all that drive."""
    calibrate_to: Literal["given", "unexplained"] = "given"
    """Up to what was sold or counted, or by the part of the gap alone that no known cause
    explains."""
    factors: dict[str, float] = Field(default_factory=dict)
    """What fuels or classes are scaled by, in place of factors found anew: those of the base, for a
    scenario of what is not yet sold."""
    applies_to: Literal["fuel_bound", "exhaust"] = "fuel_bound"
    """What a calibration to fuel scales: energy, CO2, SO2 and lead; or all that the exhaust holds,
    where the gap is held to be one of kilometres."""

    @model_validator(mode="after")
    def _calibration_has_a_base(self) -> "ReconciliationChoice":
        base = {"fuel": self.fuel_sales, "class": self.vkm_statistics}
        names = {"fuel": "fuel_sales", "class": "vkm_statistics"}
        if self.calibrate is not None and base[self.calibrate] is None and not self.factors:
            msg = f"calibrate = '{self.calibrate}' needs {names[self.calibrate]}, or factors"
            raise ValueError(msg)
        changed = self.only is not None or self.calibrate_to != "given"
        if self.calibrate is None and (changed or self.factors or self.applies_to != "fuel_bound"):
            msg = "factors, only, calibrate_to and applies_to need calibrate = 'fuel' or 'class'"
            raise ValueError(msg)
        if self.factors and changed:
            msg = "factors say what is scaled, and by how much: leave out only and calibrate_to"
            raise ValueError(msg)
        if not all(0.1 <= factor <= 10.0 for factor in self.factors.values()):
            msg = "factors must be from 0.1 to 10"
            raise ValueError(msg)
        if self.only == ():
            msg = "only must name a fuel or class"
            raise ValueError(msg)
        if self.calibrate == "class" and self.applies_to != "fuel_bound":
            msg = "applies_to is for calibrate = 'fuel': with kilometres all emissions are scaled"
            raise ValueError(msg)
        return self

    @property
    def is_asked(self) -> bool:
        """Whether there is anything to compare with, or to calibrate by."""
        files = (self.fuel_sales, self.vkm_statistics)
        return any(path is not None for path in files) or bool(self.factors)
