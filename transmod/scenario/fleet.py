"""What a scenario says of vehicles and their factors: `[fleet]`, `[freight]`, `[profiles]`."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from transmod.scenario.record import Record
from transmod.schema import ROAD_PROCESSES


class FleetChoice(Record):
    """`[fleet]`: which vehicles drive."""

    mix: str | None = None
    """Fleet of the factor set, or a CSV file with its columns."""
    stock: Path | None = None
    """CSV file of vehicles by class, fuel, size and year of registration, in place of `mix`."""
    sales: Path | None = None
    """The same of vehicles sold by year, in place of `mix`."""
    year: int | None = None
    """Year of the fleet; default: that of the scenario."""
    occupancy: dict[str, float] = Field(default_factory=dict)
    """Persons per vehicle by vehicle class, for passenger-kilometres. Default: not known."""
    region: str | None = None
    """Whose standards, lives and mileage a stock or sales take, such as `europe`."""
    counted_in: int | None = None
    """Year in which the stock was counted; default: its newest year of registration."""
    growth: float = Field(default=0.0, ge=-0.5, le=0.5)
    """Growth of a fleet that is moved on beyond its table [1/year]."""
    targets: bool = False
    """Drive the new vehicles of later years towards the CO2 targets of the region."""
    economy: Literal["published", "model_year"] = "published"
    """Fuel burnt as the published curves say, or scaled by model year."""
    turnover: Path | None = None
    """Folder of tables in place of the set's `turnover/`."""

    @model_validator(mode="after")
    def _one_table(self) -> "FleetChoice":
        if sum(value is not None for value in (self.mix, self.stock, self.sales)) != 1:
            msg = "must name one of mix, stock and sales"
            raise ValueError(msg)
        if self.mix is None and self.region is None:
            msg = "needs a region with stock or sales, such as 'europe'"
            raise ValueError(msg)
        return self


class LoadChoice(Record):
    """`[freight.<class>]`: how trucks of a class are loaded, in place of `freight.csv`."""

    load_factor: float | None = Field(default=None, ge=0.0, le=1.0)
    """Payload over capacity on loaded kilometres."""
    empty_share: float | None = Field(default=None, ge=0.0, le=1.0)
    """Empty kilometres over all kilometres."""


class FreightChoice(Record):
    """`[freight]`: how trucks are loaded, by vehicle class."""

    lcv: LoadChoice = LoadChoice.model_construct()
    """Vans."""
    rigid_truck: LoadChoice = LoadChoice.model_construct()
    """Rigid trucks."""
    articulated_truck: LoadChoice = LoadChoice.model_construct()
    """Articulated trucks."""


class BlendChoice(Record):
    """`[profiles.blends]`: a biofuel in a fuel."""

    biofuel: str
    """Biofuel of the set's `biofuels.csv`."""
    volume_share: float = Field(ge=0.0, le=1.0)
    """Its share in the volume of the blend."""


class ProfilesChoice(Record):
    """`[profiles]`: factors."""

    set: str = "emep_eea_2019"
    """Name of a shipped set, or a folder."""
    electricity_area: str | None = None
    """Area of the set's grid factors."""
    electricity_year: int | None = None
    """Year of the grid factor, where the scenario's own has none."""
    electricity_kg_per_kwh: float | None = Field(default=None, ge=0.0, le=2.0)
    """CO2 of grid electricity [kg/kWh], in place of the table's."""
    grid_loss_share: float | None = Field(default=None, ge=0.0, lt=0.5)
    """Electricity lost between power plants and meters, of what is sent out, in place of the
    table's; a line of their own, scope 3."""
    fuels: str | None = None
    """Family of calorific values and carbon, such as `ipcc_2006`, `china_guideline`, `china_db2`.
    Default: that of the set."""
    blends: dict[str, str | BlendChoice] = Field(default_factory=dict)
    """Biofuel by fuel: a named blend such as `petrol = "E10"`, or
    `{biofuel = "ethanol", volume_share = 0.10}`."""
    conditions: dict[str, float] = Field(default_factory=dict)
    """Conditions of base factors that differ from those of the set, such as `temperature_c`."""
    processes: tuple[str, ...] | None = None
    """What emits: some of hot, electricity, tyre, brake, road_surface, cold_start, evaporation,
    lubricant, urea. Default: all that the inputs allow."""
    mileage_km: float | None = Field(default=None, gt=0.0, le=1e6)
    """Mean mileage of the fleet [km]: N2O and NH3 are taken at it, and hot exhaust of petrol cars
    degrades up to it. Default: that of the set for N2O and NH3, no degradation."""

    @field_validator("processes")
    @classmethod
    def _processes_are_known(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        unknown = [name for name in names or () if name not in ROAD_PROCESSES]
        if unknown or names == ():
            found = repr(unknown[0]) if unknown else "none"
            msg = f"must be some of {', '.join(ROAD_PROCESSES)}: {found} found"
            raise ValueError(msg)
        return names and tuple(name for name in ROAD_PROCESSES if name in names)
