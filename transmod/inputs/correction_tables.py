"""Tables of base factors, corrections, likes in other sets, and origins of single columns."""

from __future__ import annotations

from transmod.inputs.profile_tables import (
    ORIGIN,
    QUANTITIES,
    SOURCE,
    VERIFICATION,
    YEAR,
    _number,
    _text,
    _unit,
)
from transmod.schema import Column, Table

# beside the quantities of published curves: what a publication may give by itself
BASE_QUANTITIES = (*QUANTITIES, "nmvoc", "pm2_5", "pm10")
# condition: unit, lowest and highest value that makes sense
CONDITIONS: dict[str, tuple[str, float, float]] = {
    "speed_kmh": ("km/h", 0.0, 140.0),
    "temperature_c": ("degC", -50.0, 60.0),
    "relative_humidity_percent": ("%", 0.0, 100.0),
    "altitude_m": ("m", -500.0, 6000.0),
    "sulphur_mg_kg": ("mg/kg", 0.0, 10000.0),
    "load_fraction": ("-", 0.0, 1.0),
    "deterioration_year": ("-", 1990.0, 2100.0),
}
WAYS = ("to_this", "to_other", "both")
NOTE = Column("note", "string", "-", "remark", nullable=True, optional=True)

HOT_TABLES = Table(
    "hot_tables.csv",
    "a base factor of a segment",
    ("segment", "quantity"),
    (
        _text("segment", "segment of segments.csv"),
        _text("quantity", "what is given", choices=BASE_QUANTITIES),
        _number("value", "as unit", "factor before corrections", low=0),
        _unit("MJ/km", "g/km"),
        *ORIGIN,
        NOTE,
    ),
)

CORRECTIONS = Table(
    "corrections.csv",
    "a correction of base factors in a range of a condition, or at a point of it",
    (
        "condition", "segment", "quantity", "form", "low", "high", "includes_low",
        "temperature_above_c",
    ),
    (
        _text("condition", "what is corrected for", choices=tuple(CONDITIONS)),
        _text("segment", "segment, * stands for any text"),
        _text("quantity", "what is corrected", choices=BASE_QUANTITIES),
        _text("form", "range, or point with lines between points", choices=("bin", "point")),
        _number("low", "as condition", "lower end; empty: none", nullable=True),
        _number("high", "as condition", "upper end; empty: none", nullable=True),
        Column("includes_low", "bool", "-", "the lower end belongs to the range"),
        Column("includes_high", "bool", "-", "the upper end belongs to the range"),
        _number("temperature_above_c", "degC", "holds above this temperature", nullable=True),
        _number("temperature_up_to_c", "degC", "holds up to this temperature", nullable=True),
        _number("factor", "-", "correction", low=0),
        *ORIGIN,
        NOTE,
    ),
)  # fmt: skip

EXCEPTIONS = Table(
    "exceptions.csv",
    "a base factor that breaks a rule of the check, and stays",
    ("rule", "segment", "quantity"),
    (
        _text("rule", "rule of the check", choices=("monotony", "magnitude", "pm fractions")),
        _text("segment", "segment, * stands for any text"),
        _text("quantity", "what is given", choices=BASE_QUANTITIES),
        _text("reason", "why it stays"),
        SOURCE,
        VERIFICATION,
    ),
)

EQUIVALENTS = Table(
    "equivalents.csv",
    "a type of another set that is like a type of this one",
    ("set", "way", "other_type", "vehicle_type"),
    (
        _text("set", "name of the other set"),
        _text("other_type", "type of the other set"),
        _text("vehicle_type", "type of this set that is like it"),
        _text("way", "to_this: other_type is taken as vehicle_type; to_other; both", choices=WAYS),
        _text("why", "why"),
        VERIFICATION,
    ),
)

ORIGINS = Table(
    "origins.csv",
    "where a column comes from whose rows name no source of their own",
    ("file", "column", "rows"),
    (
        _text("file", "file of the set"),
        _text("column", "its column, or setting"),
        _text("rows", "rows by their first column, * stands for any text"),
        Column("unit", "string", "-", "unit of the figures"),
        SOURCE,
        YEAR,
        VERIFICATION,
        NOTE,
    ),
)

ALL = (HOT_TABLES, CORRECTIONS, EXCEPTIONS, EQUIVALENTS, ORIGINS)
