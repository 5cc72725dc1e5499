"""The tables of a set of vehicle profiles: file by file, column by column."""

from __future__ import annotations

from typing import Any

from transmod.schema import POLLUTANTS, ROAD_TYPES, TRIP_KINDS, VEHICLE_CLASSES, Column, Table

VERIFICATIONS = ("read", "computed", "memory", "unverified", "conflict", "assumption")
TRUSTED = ("read", "computed")
QUANTITIES = ("energy", "co", "nox", "voc", "pm_exhaust", "ch4", "n2o", "nh3")
POWERTRAINS = ("ice", "hybrid", "plug_in", "bev", "fcev")
USES = ("general", "refrigerated", "port")
PROCESSES = ("hot", "electricity", "grid_losses", "tyre", "brake", "road_surface")
WEAR_PROCESSES = ("tyre", "brake", "road_surface")
SITUATIONS = ("urban", "rural", "motorway")


def _number(name: str, unit: str, meaning: str, **limits: Any) -> Column:
    low, high = limits.get("low"), limits.get("high")
    return Column(name, "float64", unit, meaning, low, high, limits.get("nullable", False))


def _text(
    name: str, meaning: str, *, choices: tuple[str, ...] | None = None, nullable: bool = False
) -> Column:
    return Column(name, "string", "-", meaning, nullable=nullable, choices=choices)


def _maybe(name: str, meaning: str, *, choices: tuple[str, ...] | None = None) -> Column:
    return Column(name, "string", "-", meaning, nullable=True, optional=True, choices=choices)


SOURCE = _text("source", "key of sources.csv")
YEAR = Column("year", "int64", "-", "year of the source", minimum=1990, maximum=2100)


def _unit(*units: str) -> Column:
    return _text("unit", "unit of the figures", choices=units)


ERROR_GROUP = _text("error_group", "rows that err together")
VERIFICATION = _text("verification", "how the figure was checked", choices=VERIFICATIONS)
ORIGIN = (SOURCE, YEAR, ERROR_GROUP, VERIFICATION)

SOURCES = Table(
    "sources.csv",
    "a publication",
    ("source",),
    (
        SOURCE,
        _text("title", "title and edition"),
        _text("table", "table or section", nullable=True),
        YEAR,
        _text("licence", "terms of use"),
        _text("url", "where it is published", nullable=True),
        _text("obtained", "through which copy", nullable=True),
    ),
)

COEFFICIENTS = (
    "num_v2",
    "num_v1",
    "num_v0",
    "num_inverse_v",
    "den_v2",
    "den_v1",
    "den_v0",
    "reduction",
)

HOT = Table(
    "hot.parquet",
    "a published hot factor",
    ("segment", "quantity", "road_type", "gradient", "load_fraction"),
    (
        _text("segment", "segment of segments.csv"),
        _text("quantity", "what is given", choices=QUANTITIES),
        _text("road_type", "driving situation", choices=ROAD_TYPES, nullable=True),
        _number("gradient", "m/m", "rise over run", low=-0.06, high=0.06, nullable=True),
        _number("load_fraction", "-", "payload over capacity", low=0, high=1, nullable=True),
        _number("speed_min_kmh", "km/h", "lowest valid speed", low=0, high=140),
        _number("speed_max_kmh", "km/h", "highest valid speed", low=0, high=140),
        *(_number(name, "-", "coefficient of the fraction") for name in COEFFICIENTS),
        _number("check_speed_kmh", "km/h", "speed of the check value", low=0, nullable=True),
        _number("check_value", "as unit", "published value there", nullable=True),
        _unit("MJ/km", "g/km"),
        *ORIGIN,
    ),
)

SEGMENTS = Table(
    "segments.csv",
    "a segment of the hot factors",
    ("segment",),
    (
        _text("segment", "our code"),
        _text("kind", "kind of vehicle"),
        _text("fuel", "fuel and mode"),
        _text("size", "size class"),
        _text("standard", "emission standard"),
        _text("technology", "after-treatment or injection", nullable=True),
    ),
)

TYPES = Table(
    "types.csv",
    "a vehicle type",
    ("vehicle_type",),
    (
        _text("vehicle_type", "readable id"),
        _text("vehicle_class", "class of vehicle", choices=VEHICLE_CLASSES),
        _text("powertrain", "what drives it", choices=POWERTRAINS),
        _text("fuel", "fuel burnt, or electricity"),
        _text("size", "size class"),
        _text("emission_standard", "standard"),
        _text("technology", "after-treatment or injection", nullable=True),
        _text("hot_segment", "segment of its hot factors", nullable=True),
        _text("electric_curve", "curve of electric.csv", nullable=True),
        _number("electric_share", "-", "share of km driven on the battery", low=0, high=1),
        _number("load_fraction", "-", "payload over capacity", low=0, high=1, nullable=True),
        _text("nitrogen_group", "group of n2o_nh3.csv", nullable=True),
        _text("bc_group", "group of bc_fraction.csv", nullable=True),
        _text("wear_group", "group of wear.csv", nullable=True),
        Column("axles", "int64", "-", "number of axles", minimum=2),
        _maybe("use", "what a truck is used for; empty: general", choices=USES),
        _maybe("tank_curve", "curve of electric.csv of energy out of a hydrogen tank"),
        _maybe("cooling_unit", "unit of cooling_units.csv that cools its freight"),
    ),
)

NITROGEN = Table(
    "n2o_nh3.csv",
    "N2O or NH3 of a group in a driving situation",
    ("group", "pollutant", "state", "situation"),
    (
        _text("group", "kind, fuel, engine, standard"),
        _text("pollutant", "substance", choices=("n2o", "nh3")),
        _text("state", "engine state", choices=("hot", "cold")),
        _text("situation", "driving situation", choices=SITUATIONS),
        _number("sulphur_1_ppm", "mg/kg", "highest sulphur of figures 1", low=0, nullable=True),
        _number("sulphur_2_ppm", "mg/kg", "highest sulphur of figures 2", low=0, nullable=True),
        *(
            _number(f"{name}_{i}", unit, meaning, low=low)
            for i in (1, 2, 3)
            for name, unit, meaning, low in (
                ("base", "g/km", "factor of the new vehicle", 0),
                ("per_km", "1/km", "growth with mileage", None),
                ("constant", "-", "at no mileage", 0),
            )
        ),
        _unit("g/km"),
        *ORIGIN,
    ),
)

BC_FRACTION = Table(
    "bc_fraction.csv",
    "black carbon in exhaust particles of a group",
    ("group",),
    (
        _text("group", "kind, fuel, standard"),
        _number("fraction", "-", "BC over PM2.5", low=0, high=1),
        _unit("-"),
        *ORIGIN,
    ),
)

ELECTRIC = Table(
    "electric.csv",
    "a curve of battery consumption",
    ("curve",),
    (
        _text("curve", "id"),
        _text("form", "how it is given", choices=("a+b/v+c*v2", "ratio", "segment")),
        _number("a", "kWh/km", "a of a+b/v+c*v2", nullable=True),
        _number("b", "kWh/h", "b of a+b/v+c*v2", nullable=True),
        _number("c", "kWh/km/(km/h)2", "c of a+b/v+c*v2", nullable=True),
        _number("ratio", "-", "battery energy over fuel energy", low=0, high=1, nullable=True),
        _text("shape_segment", "segment that gives the shape", nullable=True),
        _number("speed_min_kmh", "km/h", "lowest valid speed", low=1, high=140, nullable=True),
        _number("speed_max_kmh", "km/h", "highest valid speed", low=1, high=140, nullable=True),
        _text("charging", "how it is charged, or filled", choices=("ac", "dc", "tank")),
        _unit("kWh/km", "MJ/km"),
        *ORIGIN,
    ),
)

ELECTRICITY = Table(
    "electricity.csv",
    "grid electricity of an area and year",
    ("area", "year"),
    (
        _text("area", "country, grid or province"),
        _number("kg_per_kwh", "kg/kWh", "CO2, or CO2e, per kWh delivered", low=0, high=2),
        _text("gases", "what the figure counts", choices=("co2", "co2e")),
        _unit("kg/kWh"),
        *ORIGIN,
    ),
)

FUELS = Table(
    "fuels.csv",
    "a fuel",
    ("fuel",),
    (
        _text("fuel", "id"),
        _text("kind", "burnt, or from the grid", choices=("combustion", "grid")),
        _number("ncv_mj_kg", "MJ/kg", "net calorific value", low=1, high=125, nullable=True),
        _number("co2_g_mj", "g/MJ", "fossil CO2", low=0, high=120, nullable=True),
        _number("co2_biogenic_g_mj", "g/MJ", "biogenic CO2", low=0, high=120, nullable=True),
        _number("sulphur_mg_kg", "mg/kg", "sulphur", low=0, high=10000, nullable=True),
        _number("density_kg_l", "kg/l", "density", low=0, nullable=True),
        SOURCE,
        _text("sulphur_source", "source of the sulphur content"),
        YEAR,
        ERROR_GROUP,
        VERIFICATION,
        Column(
            "coal_kgce_kg", "float64", "kgce/kg", "coal equivalent as published", minimum=0,
            nullable=True, optional=True,
        ),
    ),
)  # fmt: skip

WEAR = Table(
    "wear.csv",
    "wear of a group",
    ("wear_group", "process"),
    (
        _text("wear_group", "group of types"),
        _text("process", "what wears", choices=WEAR_PROCESSES),
        _number("tsp_g_km", "g/km", "total suspended particles", low=0),
        Column("per_axle_pair", "bool", "-", "times half the number of axles"),
        _number("load_constant", "-", "load correction of the empty vehicle", low=0),
        _number("load_slope", "-", "rise of the load correction to full load", low=0),
        _unit("g/km"),
        *ORIGIN,
    ),
)

WEAR_FRACTIONS = Table(
    "wear_fractions.csv",
    "share of a pollutant in worn particles",
    ("process", "pollutant"),
    (
        _text("process", "what wears", choices=WEAR_PROCESSES),
        _text("pollutant", "substance", choices=("pm10", "pm2_5", "bc")),
        _number("fraction", "-", "of total suspended particles", low=0, high=1),
        _unit("-"),
        *ORIGIN,
    ),
)

WEAR_SPEED = Table(
    "wear_speed.csv",
    "speed correction from a speed on",
    ("process", "speed_from_kmh"),
    (
        _text("process", "what wears", choices=WEAR_PROCESSES),
        _number("speed_from_kmh", "km/h", "from this speed on", low=0),
        _number("constant", "-", "constant of the correction"),
        _number("slope_per_kmh", "h/km", "slope of the correction"),
        _unit("-"),
        SOURCE,
        YEAR,
        VERIFICATION,
    ),
)

GWP = Table(
    "gwp.csv",
    "a gas in a set of potentials",
    ("set", "gas"),
    (
        _text("set", "assessment report"),
        _text("gas", "gas", choices=("co2", "ch4", "n2o")),
        _number("gwp100", "t CO2e/t", "potential over 100 years", low=0),
        _unit("t CO2e/t"),
        SOURCE,
        YEAR,
        VERIFICATION,
    ),
)

NONE_BY_DEFINITION = Table(
    "none_by_definition.csv",
    "what a powertrain cannot emit",
    ("powertrain", "process", "pollutant"),
    (
        _text("powertrain", "what drives it", choices=POWERTRAINS),
        _text("process", "what emits", choices=PROCESSES),
        _text("pollutant", "substance, * for all", choices=("*", "energy", *POLLUTANTS)),
        _text("reason", "why"),
    ),
)

NOT_ESTIMATED = Table(
    "not_estimated.csv",
    "what has no published value",
    ("vehicle_type", "process", "pollutant"),
    (
        _text("vehicle_type", "type, * stands for any text"),
        _text("process", "what emits", choices=PROCESSES),
        _text("pollutant", "substance", choices=POLLUTANTS),
        _text("reason", "why"),
    ),
)

SUBSTITUTES = Table(
    "substitutes.csv",
    "a driving situation that takes the row of another",
    ("segment", "quantity", "road_type"),
    (
        _text("segment", "segment, * stands for any text"),
        _text("quantity", "what is given", choices=QUANTITIES),
        _text("road_type", "driving situation without a figure", choices=ROAD_TYPES),
        _text("taken_from", "driving situation whose row is taken", choices=ROAD_TYPES),
        _text("reason", "why"),
        SOURCE,
        VERIFICATION,
    ),
)

MAPPINGS = Table(
    "mappings.csv",
    "a class taken as another",
    ("what",),
    (
        _text("what", "what has no figure of its own"),
        _text("taken_as", "whose figure it takes"),
        _text("why", "why"),
        VERIFICATION,
    ),
)

FLEET = Table(
    "fleets/*.csv",
    "share of a type in a stream",
    ("vehicle_class", "trip_kind", "vehicle_type", "year", "district_id"),
    (
        _text("vehicle_class", "class of vehicle", choices=VEHICLE_CLASSES),
        _text("trip_kind", "where a trip starts and ends", choices=TRIP_KINDS),
        _text("vehicle_type", "type of types.csv"),
        _number("share", "-", "of the stream's vehicle-kilometres", low=0, high=1),
        SOURCE,
        VERIFICATION,
        Column(
            "year", "int64", "-", "year; empty: any", minimum=1990, nullable=True, optional=True
        ),
        Column("district_id", "string", "-", "district; empty: any", nullable=True, optional=True),
        Column(
            "energy_scale", "float64", "-", "fuel economy by model year; empty: 1",
            minimum=0.1, maximum=10, nullable=True, optional=True,
        ),
        Column("note", "string", "-", "remark", nullable=True, optional=True),
    ),
)  # fmt: skip

ALL = (
    SOURCES, HOT, SEGMENTS, TYPES, NITROGEN, BC_FRACTION, ELECTRIC, ELECTRICITY, FUELS, WEAR,
    WEAR_FRACTIONS, WEAR_SPEED, GWP, NONE_BY_DEFINITION, NOT_ESTIMATED, SUBSTITUTES, MAPPINGS,
)  # fmt: skip
