"""The tables of aviation in the set `movements`: file by file, column by column."""

from __future__ import annotations

from typing import Any

from transmod.inputs.profile_tables import ERROR_GROUP, SOURCE, VERIFICATION
from transmod.schema import NEAR_AIRCRAFT, POLLUTANTS, Column, Table

CATEGORIES = ("jet", "turboprop", "piston", "helicopter")
PARTS = ("departure", "arrival")
FUELS = ("jet_kerosene", "bio_jet_kerosene", "aviation_gasoline")
# what engines are measured for; hydrocarbons become NMVOC and methane
MEASURED = ("nox", "co", "hc", "pm")

_NOTE = Column("note", "string", "-", "remark", nullable=True, optional=True)
_ORIGIN = (SOURCE, VERIFICATION, ERROR_GROUP, _NOTE)


def _text(name: str, meaning: str, **more: Any) -> Column:
    return Column(name, "string", "-", meaning, **more)


def _number(name: str, unit: str, meaning: str, *, nullable: bool = False) -> Column:
    return Column(name, "float64", unit, meaning, 0.0, nullable=nullable)


ENGINES = Table(
    "aviation_engines.csv",
    "an engine in a mode",
    ("engine", "mode"),
    (
        _text("engine", "identifier, of the ICAO databank for jets"),
        _text("name", "name"),
        _text("mode", "setting of the engine"),
        _number("fuel_kg_s", "kg/s", "fuel flow of one engine"),
        *(_number(f"{name}_g_kg", "g/kg", "emission index", nullable=True) for name in MEASURED),
        *_ORIGIN,
    ),
)

TIMES = Table(
    "aviation_times.csv",
    "a phase of the landing and take-off cycle",
    ("category", "phase"),
    (
        _text("category", "kind of aircraft", choices=CATEGORIES),
        _text("phase", "phase of the cycle"),
        _text("mode", "setting of the engines"),
        _number("time_min", "min", "time in it"),
        _text("part", "of a departing or an arriving flight", choices=PARTS),
        *_ORIGIN,
    ),
)

TYPES = Table(
    "aviation_types.csv",
    "a type of aircraft with published figures",
    ("icao",),
    (
        _text("icao", "ICAO type designator"),
        _text("name", "name"),
        _text("category", "kind of aircraft", choices=CATEGORIES),
        _text("fuel", "fuel burnt", choices=FUELS),
        _text("engine", "engine of aviation_engines.csv"),
        Column("engines", "int64", "-", "number of engines", 1, 8),
        _text("apu", "row of aviation_apu.csv"),
        _text("cruise_as", "type of aviation_cruise.csv; empty: none", nullable=True),
        _text("cruise_reason", "why another type's cruise is taken", nullable=True),
        _number("cruise_speed_kmh", "km/h", "of types that cruise by the hour", nullable=True),
        SOURCE,
        VERIFICATION,
        _NOTE,
    ),
)

NEAR_TYPES = Table(
    "aviation_near_types.csv",
    NEAR_AIRCRAFT.row,
    NEAR_AIRCRAFT.key,
    (*NEAR_AIRCRAFT.columns, SOURCE, VERIFICATION),
)

CRUISE = Table(
    "aviation_cruise.csv",
    "climb, cruise and descent of a type over a distance",
    ("icao", "stage_length_nm"),
    (
        _text("icao", "ICAO type designator"),
        Column("stage_length_nm", "float64", "nm", "great-circle distance", 0, positive=True),
        Column("fuel_kg", "float64", "kg", "fuel above 3,000 ft", 0, positive=True),
        *_ORIGIN,
    ),
)

APU = Table(
    "aviation_apu.csv",
    "an auxiliary power unit during one landing and take-off cycle",
    ("apu",),
    (
        _text("apu", "kind of unit"),
        _number("fuel_kg", "kg", "fuel"),
        *(_number(f"{name}_g", "g", "emission") for name in MEASURED),
        Column("arrival_share", "float64", "-", "burnt after landing", 0.0, 1.0),
        *_ORIGIN,
    ),
)

AVIATION_FUELS = Table(
    "aviation_fuels.csv",
    "a property of a fuel",
    ("fuel", "quantity"),
    (
        _text("fuel", "fuel burnt", choices=FUELS),
        _text("quantity", "net calorific value, or a pollutant", choices=("energy", *POLLUTANTS)),
        _number("value", "-", "in `unit`"),
        _text("unit", "unit of value", choices=("MJ/kg", "g/kg", "kg/TJ")),
        *_ORIGIN,
    ),
)

ALL = (ENGINES, TIMES, TYPES, NEAR_TYPES, CRUISE, APU, AVIATION_FUELS)
