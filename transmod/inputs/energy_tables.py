"""Tables of a set about what is blended, carried, cooled and lost; a set may lack each of them."""

from __future__ import annotations

from transmod.inputs.profile_tables import (
    ERROR_GROUP,
    ORIGIN,
    SOURCE,
    USES,
    VERIFICATION,
    YEAR,
    _number,
    _text,
    _unit,
)
from transmod.schema import Table

FREIGHT_CLASSES = ("lcv", "rigid_truck", "articulated_truck")

BIOFUELS = Table(
    "biofuels.csv",
    "a biofuel that is blended into a fuel",
    ("biofuel",),
    (
        _text("biofuel", "id"),
        _number("ncv_mj_kg", "MJ/kg", "net calorific value", low=1, high=125),
        _number("co2_g_mj", "g/MJ", "fossil CO2", low=0, high=120),
        _number("co2_biogenic_g_mj", "g/MJ", "biogenic CO2", low=0, high=120),
        _number("sulphur_mg_kg", "mg/kg", "sulphur", low=0, high=10000),
        _number("density_kg_l", "kg/l", "density", low=0),
        SOURCE,
        YEAR,
        ERROR_GROUP,
        VERIFICATION,
    ),
)

BLENDS = Table(
    "blends.csv",
    "a named blend",
    ("blend", "fuel"),
    (
        _text("blend", "name, such as E10"),
        _text("fuel", "fuel of fuels.csv"),
        _text("biofuel", "biofuel of biofuels.csv"),
        _number("volume_share", "-", "biofuel in the volume of the blend", low=0, high=1),
        _unit("-"),
        SOURCE,
        YEAR,
        VERIFICATION,
    ),
)

FREIGHT = Table(
    "freight.csv",
    "what trucks of a class, size and use carry",
    ("vehicle_class", "size", "use"),
    (
        _text("vehicle_class", "class of vehicle", choices=FREIGHT_CLASSES),
        _text("size", "size class of types.csv"),
        _text("use", "what it is used for", choices=USES),
        _number("payload_capacity_t", "t", "payload when full", low=0),
        _number("load_factor", "-", "payload over capacity on loaded kilometres", low=0, high=1),
        _number("empty_share", "-", "empty kilometres over all kilometres", low=0, high=1),
        _unit("t"),
        *ORIGIN,
    ),
)

COOLING_UNITS = Table(
    "cooling_units.csv",
    "a unit that cools freight",
    ("cooling_unit",),
    (
        _text("cooling_unit", "id"),
        _number("power_mj_h", "MJ/h", "fuel energy in an hour of driving", low=0),
        _unit("MJ/h"),
        *ORIGIN,
    ),
)

CABIN = Table(
    "cabin.csv",
    "heating and cooling of an electric vehicle",
    ("curve",),
    (
        _text("curve", "curve of electric.csv"),
        _number("hvac_kw", "kW", "thermal power of heating and cooling at full load", low=0),
        _number("cop_heating", "-", "heat over electricity", low=0.1, high=10),
        _number("cop_cooling", "-", "cold over electricity", low=0.1, high=10),
        _number("included_kw", "kW", "mean electric power that the curve already holds", low=0),
        _unit("kW"),
        *ORIGIN,
    ),
)

CABIN_DEMAND = Table(
    "cabin_demand.csv",
    "heating or cooling needed at a temperature",
    ("temperature_c",),
    (
        _number("temperature_c", "degC", "temperature of the air outside", low=-60, high=60),
        _number("share", "-", "of full heating or cooling power", low=0, high=1),
        _unit("-"),
        *ORIGIN,
    ),
)

GRID_LOSSES = Table(
    "grid_losses.csv",
    "losses between power plants and meters of an area and year",
    ("area", "year"),
    (
        _text("area", "area of electricity.csv"),
        _number("loss_share", "-", "of the electricity sent out", low=0, high=0.5),
        _unit("-"),
        *ORIGIN,
    ),
)

ALL = (BIOFUELS, BLENDS, FREIGHT, COOLING_UNITS, CABIN, CABIN_DEMAND, GRID_LOSSES)
