"""
Scenario: what was asked, as frozen records; an unknown key is an error.

The text of each field is its document; `scenario.toml` has the same tables and keys.
"""

import difflib
import os
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator

from transmod.errors import Faults, InputError
from transmod.inputs.toml import read_toml
from transmod.scenario.account import AccountingChoice
from transmod.scenario.extends import check_without, find_chain, lay_over, move_paths
from transmod.scenario.faults import to_sentences
from transmod.scenario.fleet import FleetChoice, FreightChoice, ProfilesChoice
from transmod.scenario.ground import OffRoadChoice, RailChoice
from transmod.scenario.indicators import IndicatorsChoice, TargetChoice
from transmod.scenario.measures import Measure, check_overruled, find_settings
from transmod.scenario.reconciliation import ReconciliationChoice
from transmod.scenario.record import Record
from transmod.scenario.sources import AviationChoice, MemoChoice, ShippingChoice
from transmod.scenario.traffic import TrafficChoice
from transmod.scenario.uncertainty import UncertaintyChoice

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


class ClimateChoice(Record):
    """`[climate]`: how warm it is; without it nothing depends on temperature."""

    temperature_c: tuple[float, ...] = Field(min_length=12, max_length=12)
    """Mean temperature of January to December [degC]."""
    relative_humidity: tuple[float, ...] | None = Field(default=None, min_length=12, max_length=12)
    """Mean relative humidity of January to December, 0 to 1; no shipped process asks for it yet."""
    seasons: Literal["quarters", "months", "year"] = "quarters"
    """What is told apart: December to February and so on, each month, or nothing."""

    @model_validator(mode="after")
    def _figures_make_sense(self) -> "ClimateChoice":
        for name, low, high, unit in (
            ("temperature_c", -60.0, 60.0, " degC"),
            ("relative_humidity", 0.0, 1.0, ""),
        ):
            wrong = [value for value in getattr(self, name) or () if not low <= value <= high]
            if wrong:
                msg = f"{name} must be from {low:g} to {high:g}{unit}: {wrong[0]:g} found"
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
    extends: Path | None = None
    """Folder of the run that this one changes: all that it says holds, but for what stands here."""
    without: tuple[str, ...] = ()
    """Keys of that run which do not hold here, such as `traffic.bpr` or `measures`."""
    year: int = Field(ge=1990, le=2100)
    """Year of the account."""
    timezone: str
    """IANA name of the local civil time, such as `Asia/Shanghai`."""
    outputs: tuple[Output, ...] = OUTPUTS
    """What to write."""
    network: NetworkChoice
    calendar: CalendarChoice = CalendarChoice.model_construct()
    traffic: TrafficChoice
    fleet: FleetChoice
    freight: FreightChoice = FreightChoice.model_construct()
    profiles: ProfilesChoice = ProfilesChoice.model_construct()
    climate: ClimateChoice | None = None
    grid: GridChoice = GridChoice.model_construct()
    accounting: AccountingChoice = AccountingChoice.model_construct()
    reconciliation: ReconciliationChoice = ReconciliationChoice.model_construct()
    indicators: IndicatorsChoice = IndicatorsChoice.model_construct()
    targets: tuple[TargetChoice, ...] = ()
    memo: MemoChoice = MemoChoice.model_construct()
    aviation: AviationChoice = AviationChoice.model_construct()
    shipping: ShippingChoice = ShippingChoice.model_construct()
    rail: RailChoice = RailChoice.model_construct()
    off_road: OffRoadChoice = OffRoadChoice.model_construct()
    uncertainty: UncertaintyChoice | None = None
    measures: tuple[Measure, ...] = ()
    """What changes, in this order; after those of the run that is extended."""

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
    def _choices_agree(self) -> "Scenario":
        msg = self.traffic.find_contradiction()
        if self.without and self.extends is None:
            msg = "`without` names keys of the run that is extended: it needs `extends`"
        if self.fleet.mix is not None and any(m.kind == "renew_fleet" for m in self.measures):
            msg = "a measure `renew_fleet` needs fleet.stock or fleet.sales: a mix has no years"
        if msg is not None:
            raise ValueError(msg)
        return self

    def to_options(self) -> dict[str, Any]:
        """Return the scenario as plain values, for the manifest."""
        return self.model_dump(mode="json", exclude_none=True)


def read_scenario(run: Path) -> "Scenario":
    """
    Read `scenario.toml` of a run folder; of the run that it extends too.

    Raises
    ------
    InputError
        With every fault: no such file, no TOML, an unknown key (with the nearest valid one), a
        missing key or a value that is not allowed; a ring of runs that extend each other.
    """
    return _settle(_read(Path(run), ()), Path(run) / FILE_NAME)


def scenario_files(run: Path, scenario: Scenario) -> list[Path]:
    """Return the scenarios that a scenario stands on, its own first, from its folder."""
    files = [Path(FILE_NAME)]
    folder, extends = Path(), scenario.extends
    while extends is not None:
        folder = Path(os.path.normpath(folder / extends))
        files.append(folder / FILE_NAME)
        further = read_toml(resolve(run, files[-1])).get("extends")
        extends = None if further is None else Path(further)
    return files


def _read(run: Path, chain: tuple[Path, ...]) -> "Scenario":
    """Read what a scenario and its bases say; what measures set stands in the measures alone."""
    path = run / FILE_NAME
    if not path.is_file():
        what = "there is none in it" if run.is_dir() else "no such folder"
        raise InputError(f"A run must be a folder with a {FILE_NAME}: '{run}', {what}.{_near(run)}")
    content = read_toml(path)
    if isinstance(content.get("extends"), str):
        content = _extend(content, run, chain)
    return _validate(content, path)


def _near(run: Path) -> str:
    """Name the run beside it that is called most like it."""
    folder = Path(os.path.normpath(run))
    beside = {path.parent.name for path in folder.parent.glob(f"*/{FILE_NAME}")}
    near = difflib.get_close_matches(folder.name, sorted(beside), n=1)
    return f" Did you mean '{folder.with_name(near[0])}'?" if near else ""


def _validate(content: dict[str, Any], path: Path) -> "Scenario":
    try:
        return Scenario.model_validate(content)
    except ValidationError as error:
        raise InputError(to_sentences(error, content, Scenario, path)) from error


def _settle(scenario: Scenario, path: Path) -> "Scenario":
    """Set the keys that measures set."""
    tables = find_settings(scenario.measures)
    if not tables:
        return scenario
    content = scenario.model_dump(exclude_unset=True)
    for table, keys in tables.items():
        for key, value in keys.items():
            *inner, last = key.split(".")
            at = content.setdefault(table, {})
            for name in inner:
                at = at.setdefault(name, {})
            at[last] = value
    return _validate(content, path)


def _extend(content: dict[str, Any], run: Path, chain: tuple[Path, ...]) -> dict[str, Any]:
    """Lay what a scenario says over what its base says."""
    path, faults = run / FILE_NAME, Faults()
    check_without(content, path, "", faults)
    faults.raise_any()
    *above, folder = find_chain(run, Path(content["extends"]), chain)
    try:
        base = _read(folder, tuple(above))
    except InputError as error:
        of_base = [f"{path} extends '{folder}': {fault}" for fault in error.faults]
        raise InputError(of_base) from error
    if "measures" not in content.get("without", ()):
        check_overruled(content, base.measures, path)
    said = base.model_dump(exclude_unset=True)
    return lay_over(move_paths(said, folder, run), content)


def resolve(run: Path, path: Path) -> Path:
    """Return a path of the scenario, which is relative to the run folder, without `..` in it."""
    return Path(os.path.normpath(Path(run) / path))
