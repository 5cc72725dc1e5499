"""Tables of ships: power, consumption, factors and fuels, each row with its source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from transmod.errors import Faults
from transmod.inputs.checks import attempt, check_table, listed
from transmod.inputs.tables import read_csv
from transmod.schema import POLLUTANTS, SIZE_UNITS, Column, Table

MACHINERY = ("main", "auxiliary", "boiler")
FUEL_GROUPS = ("residual", "distillate", "lng", "methanol")
EDITIONS = ("imo4", "imo3")
CONSUMPTION_EDITIONS = ("imo4", "epa")
SOURCES = "sources.csv"


def _text(name: str, meaning: str, *, null: bool = False, among: tuple[str, ...] = ()) -> Column:
    return Column(name, "string", "-", meaning, nullable=null, choices=among or None)


def _number(name: str, unit: str, meaning: str, *, null: bool = False) -> Column:
    return Column(name, "float64", unit, meaning, minimum=0, nullable=null)


_CLASS = (
    _text("ship_type", "type of ship"),
    _text("size_unit", "what the size is in", among=SIZE_UNITS),
    _number("size_from", "size_unit", "least size"),
    _number(
        "size_to", "size_unit", "size from which the next class begins; empty: none", null=True
    ),
)
_WHENCE = (
    _text("source", "row of sources.csv"),
    _text("verification", "how the figure was checked"),
    _text("error_group", "what errs together", null=True),
    _text("note", "remark", null=True),
)
_PHASES = ("sea", "manoeuvring", "anchorage", "berth")
_GROUP = _text("fuel_group", "kind of fuel", among=FUEL_GROUPS)

TABLES = {
    "auxiliary": Table(
        "ship_auxiliary",
        "mean power of auxiliary engines and boilers of a class of ships",
        ("edition", "ship_type", "size_unit", "size_from"),
        (
            _text("edition", "IMO study", among=EDITIONS),
            *_CLASS,
            *(
                _number(f"{machine}_{phase}_kw", "kW", f"{machine}: power, {phase}")
                for machine in ("auxiliary", "boiler")
                for phase in _PHASES
            ),
            *_WHENCE,
        ),
    ),
    "power": Table(
        "ship_power",
        "main engines of a class of ships; without a figure it must be given with the ship",
        ("ship_type", "size_unit", "size_from"),
        (
            *_CLASS,
            _text("engine", "kind of main engine"),
            _number("main_power_kw", "kW", "rated power", null=True),
            _number("design_speed_kn", "kn", "speed at that power", null=True),
            *_WHENCE,
        ),
    ),
    "speed": Table(
        "ship_speed",
        "speed at sea over design speed",
        ("ship_type",),
        (_text("ship_type", "type"), _number("value", "-", "ratio"), _text("unit", "1"), *_WHENCE),
    ),
    "engines": Table(
        "ship_engines",
        "a kind of engine, and under which names other tables have it",
        ("engine",),
        (
            _text("engine", "kind of engine"),
            _number("strokes", "-", "two or four; empty: no piston engine", null=True),
            _text("consumption_of", "name in ship_consumption.csv"),
            _text("factors_of", "name in ship_factors.csv", null=True),
            Column("low_load", "bool", "-", "emits more per energy at low load"),
            *_WHENCE,
        ),
    ),
    "consumption": Table(
        "ship_consumption",
        "specific fuel consumption of an engine of an age",
        ("edition", "engine", "fuel_group", "built_from"),
        (
            _text("edition", "whose figures", among=CONSUMPTION_EDITIONS),
            _text("engine", "kind of engine"),
            _GROUP,
            _number("built_from", "yr", "first year of build", null=True),
            _number("built_to", "yr", "last year of build", null=True),
            _number("value", "g/kWh", "fuel per energy"),
            _text("unit", "g/kWh", among=("g/kWh",)),
            Column("by_load", "bool", "-", "follows the curve of load"),
            *_WHENCE,
        ),
    ),
    "factors": Table(
        "ship_factors",
        "emission of an engine per energy",
        ("machinery", "engine", "fuel_group", "nox_tier", "pollutant"),
        (
            _text("machinery", "what runs", among=MACHINERY),
            _text("engine", "kind of engine"),
            _text("fuel_group", "kind of fuel; empty: any", null=True, among=FUEL_GROUPS),
            _number("nox_tier", "-", "IMO tier; empty: any", null=True),
            _text("pollutant", "pollutant", among=POLLUTANTS),
            _number("value", "g/kWh", "emission"),
            _text("unit", "g/kWh", among=("g/kWh",)),
            *_WHENCE,
        ),
    ),
    "low_load": Table(
        "ship_low_load",
        "a L^-x + b: emission at load L over that at full load",
        ("pollutant",),
        (
            _text("pollutant", "pollutant"),
            Column("a", "float64", "-", "factor"),
            Column("x", "float64", "-", "exponent"),
            Column("b", "float64", "-", "constant"),
            _text("unit", "1"),
            *_WHENCE,
        ),
    ),
    "particles": Table(
        "ship_particles",
        "PM10 at a reference content of sulphur",
        ("fuel_group",),
        (
            _GROUP,
            _number("value", "g/kWh", "PM10 at the reference"),
            _number("sulphur_reference", "kg/kg", "sulphur in fuel; empty: no matter", null=True),
            *_WHENCE,
        ),
    ),
    "black_carbon": Table(
        "ship_black_carbon",
        "black carbon per fuel: value L^exponent",
        ("fuel_group", "strokes"),
        (
            _GROUP,
            _number("strokes", "-", "of the engine"),
            _number("value", "kg/kg", "at full load"),
            Column("exponent", "float64", "-", "of the load"),
            *_WHENCE,
        ),
    ),
    "fuels": Table(
        "ship_fuels",
        "a property of a fuel",
        ("fuel", "engine", "quantity"),
        (
            _text("fuel", "fuel"),
            _GROUP,
            _text("engine", "in this kind of engine; empty: any", null=True),
            _text("quantity", "calorific value or pollutant", among=("energy", *POLLUTANTS)),
            _number("value", "unit", "in `unit`"),
            _text("unit", "MJ/kg or g/kg", among=("MJ/kg", "g/kg")),
            *_WHENCE,
        ),
    ),
    "sulphur": Table(
        "ship_sulphur",
        "sulphur in a fuel from a year on",
        ("fuel", "from_year"),
        (
            _text("fuel", "fuel"),
            _number("from_year", "yr", "first year"),
            _number("value", "kg/kg", "sulphur in fuel"),
            *_WHENCE,
        ),
    ),
    "method": Table(
        "ship_method",
        "a constant of the method",
        ("name",),
        (
            _text("name", "name"),
            Column("value", "float64", "unit", "value"),
            _text("unit", "unit"),
            *_WHENCE,
        ),
    ),
}


@dataclass(frozen=True, eq=False)
class ShipTables:
    """Tables of ships, each with the columns of `TABLES`; `method` by name."""

    auxiliary: pd.DataFrame
    power: pd.DataFrame
    speed: pd.DataFrame
    engines: pd.DataFrame
    consumption: pd.DataFrame
    factors: pd.DataFrame
    low_load: pd.DataFrame
    particles: pd.DataFrame
    black_carbon: pd.DataFrame
    fuels: pd.DataFrame
    sulphur: pd.DataFrame
    method: dict[str, float]

    @property
    def ship_types(self) -> list[str]:
        """Types of ships, sorted."""
        return sorted(set(self.power["ship_type"]))

    @property
    def fuel_group(self) -> dict[str, str]:
        """Kind of each fuel."""
        return dict(zip(self.fuels["fuel"], self.fuels["fuel_group"], strict=True))


def read_ship_tables(
    folder: Path, *, edition: str = "imo4", consumption: str = "imo4"
) -> ShipTables:
    """
    Read the tables of ships of a set of movements.

    Parameters
    ----------
    folder : Path
        The set, `vehicle_profiles/movements`.
    edition : str
        Whose powers of auxiliary engines and boilers: one of `EDITIONS`.
    consumption : str
        Whose specific consumption: one of `CONSUMPTION_EDITIONS`.

    Raises
    ------
    InputError
        With every fault of every table: its form, a source that `sources.csv` does not have, a
        class of ships that overlaps with another.
    """
    folder, faults = Path(folder), Faults()
    frames = {name: attempt(faults, _read_table, folder, table) for name, table in TABLES.items()}
    sources = attempt(faults, read_csv, folder / SOURCES)
    faults.raise_any()
    found = {name: frame for name, frame in frames.items() if frame is not None}
    for name, frame in found.items():
        unknown = (
            sorted(set(frame["source"]) - set(sources["source"])) if sources is not None else []
        )
        if unknown:
            faults.add(
                f"`source` of {folder / TABLES[name].name}.csv must be a row of {SOURCES}: "
                f"{len(unknown)} are not, {listed(unknown)}."
            )
    for name in ("auxiliary", "power"):
        _check_classes(found[name], f"{folder / TABLES[name].name}.csv", faults)
    faults.raise_any()
    for name, chosen in (("auxiliary", edition), ("consumption", consumption)):
        rows = found[name]
        found[name] = rows[rows["edition"] == chosen].reset_index(drop=True)
    method = found.pop("method")
    return ShipTables(**found, method=dict(zip(method["name"], method["value"], strict=True)))


def _read_table(folder: Path, table: Table) -> pd.DataFrame:
    path, faults = folder / f"{table.name}.csv", Faults()
    frame = read_csv(path, table, faults)
    check_table(frame, table, str(path), faults)
    faults.raise_any()
    return frame[list(table.names)]


def _check_classes(frame: pd.DataFrame, origin: str, faults: Faults) -> None:
    """Classes of one type must follow each other without a gap."""
    keys = [name for name in ("edition", "ship_type", "size_unit") if name in frame.columns]
    for key, part in frame.groupby(keys):
        rows = part.sort_values("size_from")
        ends, begins = rows["size_to"].to_numpy()[:-1], rows["size_from"].to_numpy()[1:]
        if (ends != begins).any() or rows["size_to"].notna().iloc[-1]:
            faults.add(
                f"Classes of {origin} must follow each other, the last without an end: those of "
                f"{' '.join(map(str, key))} do not."
            )
