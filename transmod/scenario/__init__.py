"""
Scenario: what was asked, as frozen records; an unknown key is an error.

The text of each field is its document; `scenario.toml` has the same tables and keys.
"""

from __future__ import annotations

import difflib
import os
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from transmod.errors import Faults, InputError
from transmod.inputs.toml import read_toml
from transmod.scenario.account import AccountingChoice
from transmod.scenario.ground import OffRoadChoice, RailChoice
from transmod.scenario.measures import Measure
from transmod.scenario.sources import AviationChoice, MemoChoice, ShippingChoice
from transmod.scenario.traffic import Record, TrafficChoice
from transmod.schema import ROAD_PROCESSES

FILE_NAME = "scenario.toml"
Output = Literal["accounts", "links", "grid", "figures"]

OUTPUTS: tuple[Output, ...] = ("accounts", "links", "grid", "figures")


class NetworkChoice(Record):
    """`[network]`: where vehicles drive."""

    path: Path
    """Folder of the network."""
    crs: str | None = None
    """Working CRS, projected, in metres. Default: that of the links, or UTM."""


class CalendarChoice(Record):
    """`[calendar]`: which days are alike."""

    period: Literal["year", "day", "hour"] = "year"
    """What the results stand for."""
    holidays: tuple[date, ...] = ()
    """Public holidays; they count as Sundays unless day types say otherwise."""
    day_types: dict[str, tuple[str | date, ...]] | None = None
    """Name of a day type -> weekdays (mon .. sun), `holiday`, dates."""
    seasons: dict[str, tuple[int, ...]] | None = None
    """Name of a season -> months."""
    series_time: Literal["local_standard", "utc"] | None = None
    """Clock of a series of 8,760 or 8,784 hours."""
    day_type: str | None = None
    """Day type that a `day` or `hour` is of."""
    hour: int | None = Field(default=None, ge=0, le=23)
    """Local hour that an `hour` is."""


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
    def _one_table(self) -> FleetChoice:
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

    lcv: LoadChoice = LoadChoice()
    """Vans."""
    rigid_truck: LoadChoice = LoadChoice()
    """Rigid trucks."""
    articulated_truck: LoadChoice = LoadChoice()
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


class ClimateChoice(Record):
    """`[climate]`: how warm it is; without it nothing depends on temperature."""

    temperature_c: tuple[float, ...] = Field(min_length=12, max_length=12)
    """Mean temperature of January to December [degC]."""
    relative_humidity: tuple[float, ...] | None = Field(default=None, min_length=12, max_length=12)
    """Mean relative humidity of January to December, 0 to 1; no shipped process asks for it yet."""
    seasons: Literal["quarters", "months", "year"] = "quarters"
    """What is told apart: December to February and so on, each month, or nothing."""

    @model_validator(mode="after")
    def _figures_make_sense(self) -> ClimateChoice:
        if not all(-60.0 <= value <= 60.0 for value in self.temperature_c):
            msg = "temperature_c must be from -60 to 60 degC"
            raise ValueError(msg)
        if not all(0.0 <= value <= 1.0 for value in self.relative_humidity or ()):
            msg = "relative_humidity must be from 0 to 1"
            raise ValueError(msg)
        return self


class GridChoice(Record):
    """`[grid]`: square cells."""

    cell_size_m: float = Field(default=500.0, gt=0.0)
    """Side of a cell [m]."""


class Scenario(Record):
    """`scenario.toml`: what was asked."""

    title: str = Field(min_length=1)
    """What a reader sees first."""
    year: int = Field(ge=1990, le=2100)
    """Year of the account."""
    timezone: str
    """IANA name of the local civil time, such as `Asia/Shanghai`."""
    outputs: tuple[Output, ...] = OUTPUTS
    """What to write."""
    network: NetworkChoice
    calendar: CalendarChoice = CalendarChoice()
    traffic: TrafficChoice
    fleet: FleetChoice
    freight: FreightChoice = FreightChoice()
    profiles: ProfilesChoice = ProfilesChoice()
    climate: ClimateChoice | None = None
    grid: GridChoice = GridChoice()
    accounting: AccountingChoice = AccountingChoice()
    memo: MemoChoice = MemoChoice()
    aviation: AviationChoice = AviationChoice()
    shipping: ShippingChoice = ShippingChoice()
    rail: RailChoice = RailChoice()
    off_road: OffRoadChoice = OffRoadChoice()
    measures: tuple[Measure, ...] = ()
    """What changes, in this order."""

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as error:
            msg = "must be an IANA time zone such as 'Asia/Shanghai'"
            raise ValueError(msg) from error
        return name

    @field_validator("outputs")
    @classmethod
    def _outputs_are_once(cls, outputs: tuple[Output, ...]) -> tuple[Output, ...]:
        if not outputs or len(set(outputs)) < len(outputs):
            msg = f"must name at least one of {', '.join(OUTPUTS)}, each once"
            raise ValueError(msg)
        return tuple(name for name in OUTPUTS if name in outputs)

    @model_validator(mode="after")
    def _choices_agree(self) -> Scenario:
        if (msg := self.traffic.find_contradiction()) is not None:
            raise ValueError(msg)
        return self

    def to_options(self) -> dict[str, Any]:
        """Return the scenario as plain values, for the manifest."""
        return self.model_dump(mode="json", exclude_none=True)


def read_scenario(run: Path) -> Scenario:
    """
    Read `scenario.toml` of a run folder.

    Raises
    ------
    InputError
        With every fault: no such file, no TOML, an unknown key (with the nearest valid one), a
        missing key or a value that is not allowed.
    """
    path = Path(run) / FILE_NAME
    if not path.is_file():
        what = "there is none in it" if Path(run).is_dir() else "no such folder"
        raise InputError(f"A run must be a folder with a {FILE_NAME}: '{run}', {what}.")
    content = read_toml(path)
    try:
        return Scenario.model_validate(content)
    except ValidationError as error:
        faults = Faults()
        for fault in error.errors():
            faults.add(_sentence(path, fault))
        raise InputError(faults.sentences) from error


def resolve(run: Path, path: Path) -> Path:
    """Return a path of the scenario, which is relative to the run folder, without `..` in it."""
    return Path(os.path.normpath(Path(run) / path))


def _sentence(path: Path, fault: Any) -> str:
    """Say a fault that pydantic found."""
    place = ".".join(str(part) for part in fault["loc"]) or "scenario"
    kind = fault["type"]
    if kind == "extra_forbidden":
        valid = _keys_beside(fault["loc"])
        near = difflib.get_close_matches(str(fault["loc"][-1]), valid, n=1)
        hint = f"Did you mean `{near[0]}`? " if near else ""
        return f"{path}: `{place}` is no key of a scenario. {hint}Valid: {', '.join(valid)}."
    if kind == "missing":
        return f"{path}: `{place}` must be given: not found."
    message = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:  # of several keys together
        return f"{path}: {message}."
    return f"{path}: `{place}`: {message} (found {fault['input']!r})."


def _keys_beside(place: tuple[int | str, ...]) -> list[str]:
    """Return the valid keys of the table that `place` lies in."""
    model: type[BaseModel] = Scenario
    for part in place[:-1]:
        field = model.model_fields.get(str(part))
        # a key of a free table, or a member of a union, is no field: what it holds is found above
        model = model if field is None else _record_in(field.annotation) or model
    return list(model.model_fields)


def _record_in(annotation: Any) -> type[BaseModel] | None:
    """Return the record that an annotation holds, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_record_in(part) for part in getattr(annotation, "__args__", ()))
    return next((record for record in inner if record is not None), None)
