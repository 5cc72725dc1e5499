"""What a scenario says of indicators and targets, as frozen records."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from transmod.scenario.record import Record
from transmod.schema import POLLUTANTS, SUBSECTORS

# biogenic CO2 is a memo item: it stands in no total that could have a target
QUANTITIES = ("co2e", *(name for name in POLLUTANTS if name != "co2_biogenic"), "energy")


class IndicatorsChoice(Record):
    """`[indicators]`: what ratios need beside the run."""

    population: float | None = Field(default=None, gt=0.0)
    """Residents of the city. Default: those of its districts, where all of them have a figure."""
    gdp: float | None = Field(default=None, gt=0.0)
    """Gross domestic product of the city in the year, in `gdp_unit`."""
    gdp_unit: str | None = Field(default=None, min_length=2, max_length=60)
    """What `gdp` is in, such as `1e4 CNY at 2020 prices`."""
    benchmarks: Path | None = None
    """CSV file of emission intensities of freight, in place of the shipped ones."""

    @model_validator(mode="after")
    def _gdp_has_a_unit(self) -> "IndicatorsChoice":
        if (self.gdp is None) != (self.gdp_unit is None):
            msg = "gdp and gdp_unit must be given together"
            raise ValueError(msg)
        return self


class TargetChoice(Record):
    """`[[targets]]`: a straight path from an amount to a share of it."""

    name: str = Field(min_length=2, max_length=100)
    """Name, as in the results."""
    quantity: Literal[QUANTITIES] = "co2e"  # type: ignore[valid-type]
    """Substance [t], CO2 equivalent [t CO2e] or energy [TJ]."""
    subsector: Literal[("all", *SUBSECTORS)] = "all"  # type: ignore[valid-type]
    """Subsector, or all."""
    scopes: tuple[Literal[1, 2], ...] = (1,)
    """Scopes that count: grid electricity only where 2 is named."""
    base_year: int = Field(ge=1950, le=2100)
    """Year that the reduction is measured from."""
    base_value: float = Field(gt=0.0)
    """Amount in the base year, of the same boundary."""
    target_year: int = Field(ge=1950, le=2100)
    """Year of the target."""
    reduction: float = Field(ge=-1.0, le=1.0)
    """Share of the base value that must be gone by then; below zero: growth that is allowed."""
    start_year: int | None = None
    """Year in which the path starts, where it is not the base year (as under the Effort Sharing
    Regulation of the EU)."""
    start_value: float | None = Field(default=None, gt=0.0)
    """Amount in the start year."""
    source: str | None = None
    """Who set the target."""

    @model_validator(mode="after")
    def _years_ascend(self) -> "TargetChoice":
        if (self.start_year is None) != (self.start_value is None):
            msg = "start_year and start_value must be given together"
            raise ValueError(msg)
        if self.target_year <= self.base_year:
            msg = f"target_year must be after base_year: {self.target_year}, {self.base_year} found"
            raise ValueError(msg)
        if not self.base_year <= self.starts < self.target_year:
            msg = f"start_year must be from base_year to before target_year: {self.starts} found"
            raise ValueError(msg)
        if not self.scopes or len(set(self.scopes)) < len(self.scopes):
            msg = "scopes must name 1, 2 or both, each once"
            raise ValueError(msg)
        return self

    @property
    def starts(self) -> int:
        """First year of the path."""
        return self.base_year if self.start_year is None else self.start_year
