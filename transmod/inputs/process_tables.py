"""
Tables of the processes beside hot exhaust, electricity and wear; a set may lack any of them.

`groups.csv` says which figures a vehicle type takes: of the rows of a process, by rank, the first
whose pattern fits the type.
"""

from __future__ import annotations

from transmod.inputs.profile_tables import (
    ERROR_GROUP,
    ORIGIN,
    SOURCE,
    VERIFICATION,
    YEAR,
    _number,
    _text,
    _unit,
)
from transmod.schema import Column, Table

GROUPED = ("cold_start", "no2", "evaporation", "degradation", "lubricant", "urea")
STATES = ("figures", "none", "not_estimated")
PARTS = ("diurnal", "hot_soak", "running")
NOTE = Column("note", "string", "-", "remark", nullable=True, optional=True)

GROUPS = Table(
    "groups.csv",
    "which figures of a process a vehicle type takes",
    ("process", "rank"),
    (
        _text("process", "what is given", choices=GROUPED),
        Column("rank", "int64", "-", "the first that fits is taken", minimum=1),
        _text("vehicle_type", "type, * stands for any text"),
        _text("group", "group of the process's table", nullable=True),
        _text("state", "has figures, none by definition or none published", choices=STATES),
        _text("reason", "why", nullable=True),
    ),
)

COLD_SHARE = Table(
    "cold_share.csv",
    "share of kilometres driven with a cold engine",
    ("share",),
    (
        _text("share", "id", choices=("light",)),
        _number("constant", "-", "at a trip of no length and 0 degC"),
        _number("per_km", "1/km", "by length of the trip"),
        _number("per_c", "1/degC", "by temperature"),
        _number("per_km_c", "1/(km degC)", "by both"),
        _unit("-"),
        *ORIGIN,
    ),
)

COLD_REDUCTION = Table(
    "cold_reduction.csv",
    "what is left of the cold share in a later standard",
    ("reduction_group", "quantity"),
    (
        _text("reduction_group", "fuel and standard"),
        _text("quantity", "what is reduced", choices=("co", "nox", "voc")),
        _number("constant", "-", "at a trip of no length", low=0, high=1),
        _number("per_km", "1/km", "by length of the trip", high=0),
        _unit("-"),
        *ORIGIN,
    ),
)

COLD_RATIO = Table(
    "cold_ratio.csv",
    "cold over hot emission in a range of speed and temperature",
    ("ratio_group", "quantity", "temperature_min_c", "speed_min_kmh"),
    (
        _text("ratio_group", "fuel, size, standards"),
        _text("quantity", "what is given", choices=("energy", "co", "nox", "voc", "pm_exhaust")),
        _number("speed_min_kmh", "km/h", "range; empty: any", low=0, high=140, nullable=True),
        _number("speed_max_kmh", "km/h", "range; empty: any", low=0, high=140, nullable=True),
        _number("temperature_min_c", "degC", "range", low=-50, high=50, nullable=True),
        _number("temperature_max_c", "degC", "range; empty: open", low=-50, high=50, nullable=True),
        _number("per_kmh", "h/km", "by speed"),
        _number("per_c", "1/degC", "by temperature"),
        _number("constant", "-", "constant"),
        _unit("-"),
        *ORIGIN,
    ),
)

COLD_GROUP = Table(
    "cold_group.csv",
    "what the cold start of a group is made of",
    ("group",),
    (
        _text("group", "group of groups.csv"),
        _text("ratio_group", "group of cold_ratio.csv"),
        _text("reduction_group", "group of cold_reduction.csv; empty: none", nullable=True),
        _text("ch4_group", "group of cold_ch4.csv; empty: no figure", nullable=True),
        _text("reference_segment", "segment of the hot factor; empty: its own", nullable=True),
        SOURCE,
        YEAR,
        VERIFICATION,
    ),
)

COLD_CH4 = Table(
    "cold_ch4.csv",
    "CH4 of a group with a cold engine in town",
    ("ch4_group",),
    (
        _text("ch4_group", "fuel and standard"),
        _number("cold_g_km", "g/km", "factor of a cold kilometre", low=0, high=5),
        _unit("g/km"),
        *ORIGIN,
        NOTE,
    ),
)

EVAPORATION = Table(
    "evaporation.csv",
    "petrol vapour of a group in a range of daily temperatures",
    ("group", "part", "temperature_low_c"),
    (
        _text("group", "vehicle, engine, canister, fuel system"),
        _text("part", "when it evaporates", choices=PARTS),
        _number("temperature_low_c", "degC", "lowest of the day", low=-50, high=60),
        _number("temperature_high_c", "degC", "highest of the day", low=-50, high=60),
        _number("value", "as unit", "hydrocarbons", low=0, high=100),
        _unit("g/day", "g/stop", "g/trip"),
        *ORIGIN,
    ),
)

NO2_FRACTION = Table(
    "no2_fraction.csv",
    "NO2 in exhaust NOx of a group",
    ("group",),
    (
        _text("group", "kind, fuel, standard"),
        _number("fraction", "-", "NO2 over NOx, by mass as NO2", low=0, high=1),
        _unit("-"),
        *ORIGIN,
    ),
)

DEGRADATION = Table(
    "degradation.csv",
    "growth of hot exhaust with mileage at a speed",
    ("group", "quantity", "speed_kmh"),
    (
        _text("group", "engine and standard"),
        _text("quantity", "what grows", choices=("co", "nox", "voc")),
        _number("speed_kmh", "km/h", "held below the lowest, above the highest", low=1, high=140),
        _number("mileage_max_km", "km", "no growth beyond", low=0),
        _number("per_km", "1/km", "by mileage", low=0),
        _number("constant", "-", "of the new vehicle", low=0, high=1),
        _unit("-"),
        *ORIGIN,
    ),
)

LUBRICANT = Table(
    "lubricant.csv",
    "CO2 of engine oil of a group",
    ("group",),
    (
        _text("group", "kind and fuel"),
        _number("co2_g_km", "g/km", "CO2", low=0, high=20),
        _unit("g/km"),
        *ORIGIN,
        NOTE,
    ),
)

UREA = Table(
    "urea.csv",
    "CO2 of urea solution of a group",
    ("group",),
    (
        _text("group", "kind and standard"),
        _number("solution_share", "l/l", "solution over fuel, by volume", low=0, high=0.15),
        _number("density_kg_l", "kg/l", "of the solution", low=0.9, high=1.3),
        _number("co2_kg_kg", "kg/kg", "CO2 per solution", low=0, high=0.75),
        _unit("l/l"),
        *ORIGIN,
        NOTE,
    ),
)

LEAD = Table(
    "lead.csv",
    "lead of a fuel",
    ("fuel",),
    (
        _text("fuel", "fuel of fuels.csv"),
        _number("lead_ug_mj", "ug/MJ", "lead per energy", low=0, high=1e5),
        _unit("ug/MJ"),
        SOURCE,
        YEAR,
        ERROR_GROUP,
        VERIFICATION,
        NOTE,
    ),
)

ALL = (
    GROUPS, COLD_SHARE, COLD_REDUCTION, COLD_RATIO, COLD_GROUP, COLD_CH4, EVAPORATION,
    NO2_FRACTION, DEGRADATION, LUBRICANT, UREA, LEAD,
)  # fmt: skip
# which table holds the groups of a process, and how its key is called
GROUPS_OF = {
    "cold_start": "cold_group",
    "no2": "no2_fraction",
    "evaporation": "evaporation",
    "degradation": "degradation",
    "lubricant": "lubricant",
    "urea": "urea",
}
