"""
Every column of every table that transmod reads or writes: name, dtype, unit, meaning, range.

Readers, checks, the metadata of results and the README's tables come from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

POLLUTANTS = (
    "co2",
    "co2_biogenic",
    "ch4",
    "n2o",
    "nox",
    "co",
    "nmvoc",
    "pm10",
    "pm2_5",
    "bc",
    "nh3",
    "so2",
    "no2",  # a part of nox, never added to it
    "pb",
)
GREENHOUSE_GASES = ("co2", "ch4", "n2o")
AIR_POLLUTANTS = ("nox", "co", "nmvoc", "pm10", "pm2_5", "bc", "nh3", "so2", "no2", "pb")

VEHICLE_CLASSES = (
    "car",
    "taxi",
    "lcv",
    "rigid_truck",
    "articulated_truck",
    "bus",
    "coach",
    "motorcycle",
    "moped",
)
TRIP_KINDS = ("all", "internal", "inbound_outbound", "through")
ROAD_TYPES = ("urban_peak", "urban_off_peak", "rural", "motorway")
ROAD_CLASSES = (
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "living_street",
    "service",
)
PROCESSES = (
    "hot",
    "cold_start",
    "evaporation",
    "tyre",
    "brake",
    "road_surface",
    "lubricant",
    "urea",
    "electricity",
    "grid_losses",
    "combustion",
    "landing_take_off",
    "auxiliary_power",
    "cruise",
    "flight",
    "voyage",
    "sea",
    "manoeuvring",
    "anchorage",
    "berth",
    "calibration",
)
# what road traffic emits by; a run may switch each of them off
ROAD_PROCESSES = (
    "hot",
    "cold_start",
    "evaporation",
    "tyre",
    "brake",
    "road_surface",
    "lubricant",
    "urea",
    "electricity",
)
SUBSECTORS = ("road", "rail", "water", "aviation", "off_road")
ITEMS = ("inventory", "memo")
NOTATION_KEYS = ("IE", "NE", "NO", "C")

# Every kind of activity that can emit: an accounting rule gives each of them exactly one line.
ACTIVITIES = (
    "road_fuel",
    "road_wear",
    "road_lubricant",
    "road_biogenic",
    "road_electricity",
    "road_grid_losses",
    "rail_fuel",
    "rail_electricity",
    "rail_grid_losses",
    "flight_within_city",
    "flight_cross_boundary",
    "flight_international",
    "landing_cycle_cross_boundary",
    "landing_cycle_international",
    "arrival_cross_boundary",
    "arrival_international",
    "aircraft_ground_power",
    "voyage_within_city",
    "voyage_cross_boundary",
    "voyage_international",
    "port_phase_cross_boundary",
    "port_phase_international",
    "shore_power",
    "off_road_fuel",
    "off_road_electricity",
    "off_road_grid_losses",
)
# What a calibration to sales or statistics adds to the road stands on rows of its own, on the line
# of the activity that it is named after.
CALIBRATION = "_calibration"
CALIBRATIONS = tuple(f"{name}{CALIBRATION}" for name in ACTIVITIES if name.startswith("road_"))
LEDGER_ACTIVITIES = (*ACTIVITIES, *CALIBRATIONS)
# What hangs on the amount of fuel burnt alone; other substances follow the standard of the engine.
FUEL_BOUND = ("energy", "co2", "co2_biogenic", "so2", "pb")
# m3 of liquids; gas has none in the factor sets
SALES_UNITS = ("TJ", "GJ", "t", "kt", "kg", "l", "m3", "kWh", "MWh", "GWh")
RECONCILIATION_STEPS = (
    "modelled",
    "given",
    "gap",
    "cause",
    "unexplained",
    "calibration",
    "after",
)
INDICATOR_NAMES = (
    "per_vkm",
    "per_tonne_km",
    "per_passenger_km",
    "per_head",
    "per_km2",
    "per_gdp",
    "share",
    "of_benchmark",
)
# What the model says of a row of emissions or energy; accounts add the line it stands on.
EMISSION_KEYS = (
    "activity",
    "district_id",
    "location",
    "subsector",
    "vehicle_class",
    "trip_kind",
    "vehicle_type",
    "fuel",
)
LOCATIONS = ("link", "district", "point", "unallocated")
MEMO_KINDS = (
    "cross_boundary_aviation",
    "arriving_aviation",
    "cross_boundary_shipping",
    "international_aviation_bunker",
    "international_marine_bunker",
    "biogenic_co2",
)

# Speed nodes are uniform, so a lookup is one multiplication and every published validity limit
# (whole km/h) falls on a node. Node k stands for k / NODES_PER_KMH km/h.
NODES_PER_KMH = 10
N_SPEED_NODES = 1401
MAX_NODE_SPEED_KMH = (N_SPEED_NODES - 1) / NODES_PER_KMH
CRAWL_KMH = 5.0  # slower traffic is reported: no published factor reaches down there

# Gradient nodes of the published heavy-duty factors, as rise over run.
GRADIENT_NODES = (-0.06, -0.04, -0.02, 0.0, 0.02, 0.04, 0.06)
LEVEL = (0.0,)  # the one of level road

OUTSIDE_BOUNDARY = "outside_boundary"
NO_DISTRICT = "no_district"
NO_CELL = -1

CLOSURE_TOLERANCE = 1e-9  # relative; design, section 7


@dataclass(frozen=True)
class Column:
    """One column: what it is called, holds, means, and which values it may take."""

    name: str
    dtype: str  # int8, int64, float32, float64, string, bool, list<string>, geometry
    unit: str
    meaning: str
    minimum: float | None = None
    maximum: float | None = None
    nullable: bool = False
    optional: bool = False
    choices: tuple[str, ...] | None = None
    positive: bool = False  # > minimum instead of >=


@dataclass(frozen=True)
class Table:
    """One table: its file, its row, its key and its columns."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...] = field(repr=False)

    def __getitem__(self, name: str) -> Column:
        """Return the column called `name`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be present."""
        return tuple(column.name for column in self.columns if not column.optional)


def mass_of(pollutant: str) -> str:
    """Return what the column of a pollutant means."""
    note = {"no2": ": a part of nox", "pb": " (lead)"}
    return f"mass of {pollutant}{note.get(pollutant, '')}"


def _pollutant_columns(unit: str) -> tuple[Column, ...]:
    return tuple(
        Column(f"{name}_t", "float64", unit, mass_of(name), minimum=0.0, nullable=True)
        for name in POLLUTANTS
    )


LINK_ID = Column("link_id", "int64", "-", "directed road section", minimum=0, maximum=2**53 - 1)
DISTRICT_ID = Column("district_id", "string", "-", "district, or no_district")
VEHICLE_CLASS = Column("vehicle_class", "string", "-", "class of vehicle", choices=VEHICLE_CLASSES)
TRIP_KIND = Column("trip_kind", "string", "-", "where a trip starts and ends", choices=TRIP_KINDS)

LINKS = Table(
    "links",
    "a road section in one driving direction",
    ("link_id",),
    (
        LINK_ID,
        Column("from_node", "int64", "-", "node at the start"),
        Column("to_node", "int64", "-", "node at the end"),
        Column("osm_way_id", "int64", "-", "OpenStreetMap way", nullable=True),
        Column("road_class", "string", "-", "OSM highway value", choices=ROAD_CLASSES),
        Column("is_ramp", "bool", "-", "link road of its class"),
        Column("is_urban", "bool", "-", "inside a built-up area"),
        Column("lanes", "float64", "-", "lanes in this direction", minimum=0, positive=True),
        Column(
            "free_speed_kmh",
            "float64",
            "km/h",
            "undelayed speed",
            minimum=0,
            maximum=200,
            positive=True,
        ),
        Column(
            "capacity_pcu_h",
            "float64",
            "pcu/h",
            "capacity of this direction",
            minimum=0,
            positive=True,
        ),
        Column("gradient", "float64", "m/m", "rise over run", minimum=-0.5, maximum=0.5),
        Column("length_m", "float64", "m", "driven length", minimum=0, positive=True),
        Column("name", "string", "-", "street name", nullable=True),
        Column("imputed", "list<string>", "-", "columns that were assumed"),
        Column("geometry", "geometry", "-", "LineString in driving direction"),
    ),
)

DISTRICTS = Table(
    "districts",
    "a part of the city",
    ("district_id",),
    (
        DISTRICT_ID,
        Column("name", "string", "-", "name"),
        Column("name_zh", "string", "-", "Chinese name", nullable=True, optional=True),
        Column(
            "population",
            "float64",
            "persons",
            "residents",
            minimum=0,
            nullable=True,
            optional=True,
        ),
        Column("geometry", "geometry", "-", "polygon"),
    ),
)

AADT_VOLUMES = Table(
    "volumes",
    "a stream on a link, average of days",
    ("link_id", "vehicle_class", "trip_kind"),
    (
        LINK_ID,
        VEHICLE_CLASS,
        Column(
            "trip_kind",
            "string",
            "-",
            "where a trip starts and ends",
            choices=TRIP_KINDS,
            optional=True,
        ),
        Column("volume", "float64", "veh/d", "vehicles a day", minimum=0),
        Column(
            "direction_share",
            "float64",
            "-",
            "share of this direction",
            minimum=0,
            maximum=1,
            optional=True,
        ),
    ),
)

HOURLY_VOLUMES = Table(
    "volumes",
    "a stream on a link, hour by hour",
    ("link_id", "vehicle_class", "trip_kind"),
    (
        LINK_ID,
        VEHICLE_CLASS,
        Column(
            "trip_kind",
            "string",
            "-",
            "where a trip starts and ends",
            choices=TRIP_KINDS,
            optional=True,
        ),
        Column("volume", "list<float32>", "veh/h", "vehicles in each hour", minimum=0),
        Column(
            "speed_kmh",
            "list<float32>",
            "km/h",
            "travel speed in each hour",
            minimum=0,
            optional=True,
        ),
        Column(
            "direction_share",
            "float64",
            "-",
            "share of this direction",
            minimum=0,
            maximum=1,
            optional=True,
        ),
    ),
)

LONG_VOLUMES = Table(
    "volumes",
    "a stream on a link in one hour",
    ("link_id", "vehicle_class", "trip_kind", "hour"),
    (
        *HOURLY_VOLUMES.columns[:3],
        Column("hour", "int64", "-", "position in the series, from 0", minimum=0, maximum=8783),
        Column("volume", "float64", "veh/h", "vehicles in the hour", minimum=0),
        Column("speed_kmh", "float64", "km/h", "travel speed", minimum=0, optional=True),
        HOURLY_VOLUMES.columns[5],
    ),
)

PLACES = Table(
    "places",
    "a link of a traffic model or a count point, in one direction, as its source has it",
    ("place_id",),
    (
        Column("place_id", "string", "-", "name of the place in its source"),
        Column("kind", "string", "-", "what the place is", choices=("link", "point")),
        Column("from_node", "string", "-", "node at the start of a link", nullable=True),
        Column("to_node", "string", "-", "node at the end of a link", nullable=True),
        Column("osm_way_id", "int64", "-", "OpenStreetMap way", nullable=True),
        Column(
            "road_class", "string", "-", "OSM highway value", choices=ROAD_CLASSES, nullable=True
        ),
        Column("is_ramp", "bool", "-", "link road of its class"),
        Column("name", "string", "-", "street name", nullable=True),
        Column("lanes", "float64", "-", "lanes", minimum=0, positive=True, nullable=True),
        Column(
            "free_speed_kmh", "float64", "km/h", "undelayed speed", minimum=0, maximum=200,
            positive=True, nullable=True,
        ),
        Column(
            "capacity_pcu_h", "float64", "pcu/h", "capacity", minimum=0, positive=True,
            nullable=True,
        ),
        Column(
            "length_m", "float64", "m", "driven length, as stated", minimum=0, positive=True,
            nullable=True,
        ),
        Column(
            "heading_deg", "float64", "degrees", "driving direction at a point, from north by east",
            minimum=0, maximum=360, nullable=True,
        ),
        Column("is_two_way", "bool", "-", "figures are of both directions together"),
        Column(
            "geometry", "geometry", "-", "LineString in driving direction, or Point; null: a count "
            "at a link of a network that was not given", nullable=True,
        ),
    ),
)  # fmt: skip

SOURCE_VOLUMES = Table(
    "source_volumes",
    "a stream at a place; a number a day, or one for each hour, NaN where an hour is not given",
    ("place_id", "vehicle_class", "trip_kind"),
    (
        PLACES.columns[0],
        VEHICLE_CLASS,
        TRIP_KIND,
        Column("volume", "float64", "veh", "vehicles a day, or in each hour", minimum=0),
        Column(
            "speed_kmh", "float64", "km/h", "travel speed", minimum=0, nullable=True, optional=True
        ),
        Column(
            "direction_share", "float64", "-", "share of a two-way volume that drives as drawn",
            minimum=0, maximum=1, nullable=True, optional=True,
        ),
    ),
)  # fmt: skip

MATCH_STATES = ("matched", "doubtful", "unmatched")

MATCHES = Table(
    "matches",
    "a part of a place that lies on a link",
    ("place_id", "is_backward", "sequence"),
    (
        PLACES.columns[0],
        Column("is_backward", "bool", "-", "against the direction in which the place is drawn"),
        Column("sequence", "int64", "-", "number along the path, from 0", minimum=0),
        LINK_ID,
        Column(
            "share", "float64", "-", "share of the place, in this direction, that is on the link",
            minimum=0, maximum=1,
        ),
        Column(
            "fraction", "float64", "-", "share of the link that the place takes; null: a point",
            minimum=0, maximum=1, nullable=True,
        ),
    ),
)  # fmt: skip

MATCHED_PLACES = Table(
    "matched_places",
    "a place of a traffic source, and how it was matched",
    ("place_id",),
    (
        PLACES.columns[0],
        Column("status", "string", "-", "how sure the match is", choices=MATCH_STATES),
        Column("reason", "string", "-", "why it is doubtful or unmatched", nullable=True),
        Column("accept", "string", "-", "what a person said", choices=("yes", "no"), nullable=True),
        Column("score", "float64", "-", "1: all of it near, same way", minimum=0, maximum=1),
        Column(
            "distance_m", "float64", "m", "mean distance; to the nearest link where unmatched",
            minimum=0, nullable=True,
        ),
        Column(
            "length_ratio", "float64", "-", "length on the network over that of the place",
            minimum=0, nullable=True,
        ),
        Column("share", "float64", "-", "share of the place on links", minimum=0, maximum=1),
        Column("vkm", "float64", "veh km", "given, all classes", minimum=0, nullable=True),
    ),
)  # fmt: skip

TEMPORAL_PROFILE = Table(
    "temporal_profile",
    "a factor of one hour, day or month; they are multiplied",
    ("profile", "curve", "part", "day", "month", "hour"),
    (
        Column("profile", "string", "-", "name of the profile", optional=True),
        Column("curve", "string", "-", "vehicle class, or name that a table of classes maps to"),
        Column("part", "string", "-", "what the row is about", choices=("hour", "day", "month")),
        Column(
            "day",
            "string",
            "-",
            "day of an hour or a day row",
            nullable=True,
            choices=("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday", "all"),
        ),
        Column("month", "int64", "-", "of a month row", minimum=1, maximum=12, nullable=True),
        Column("hour", "int64", "h", "of an hour row", minimum=0, maximum=23, nullable=True),
        Column("factor", "float64", "-", "traffic, in any proportion", minimum=0),
        Column("source", "string", "-", "where it is from", nullable=True, optional=True),
        Column("year", "int64", "-", "of the source", nullable=True, optional=True),
        Column("licence", "string", "-", "licence of the source", nullable=True, optional=True),
        Column("verification", "string", "-", "how it was checked", nullable=True, optional=True),
        Column(
            "stations", "int64", "-", "count stations behind it", minimum=1, nullable=True,
            optional=True,
        ),
        Column(
            "variation", "float64", "-", "standard deviation between stations over the factor",
            minimum=0, nullable=True, optional=True,
        ),
    ),
)  # fmt: skip

PIECES = Table(
    "pieces",
    "the part of a link in one district and one cell",
    ("link_id", "district_id", "cell_id"),
    (
        LINK_ID,
        Column("district_id", "string", "-", "district, no_district or outside_boundary"),
        Column("cell_id", "int64", "-", "grid cell; -1: in no cell"),
        Column("fraction", "float64", "-", "share of the link", minimum=0, maximum=1),
    ),
)

# of rows that may calibrate others, which alone may be below zero: the laws of a run see to that
_MASS = "mass in the period; below zero only where a calibration takes away"

_LEDGER_KEYS = (
    Column("item", "string", "-", "inventory, or memo: never in a total", choices=ITEMS),
    Column("memo_kind", "string", "-", "kind of memo item", nullable=True, choices=MEMO_KINDS),
    Column("district_id", "string", "-", "district, or no_district", nullable=True),
    Column("location", "string", "-", "how the row came to its place", choices=LOCATIONS),
    Column("subsector", "string", "-", "subsector of transport", choices=SUBSECTORS),
    Column("vehicle_class", "string", "-", "class of vehicle", nullable=True),
    Column("trip_kind", "string", "-", "where a trip starts and ends", nullable=True),
    Column("vehicle_type", "string", "-", "type of vehicle", nullable=True),
    Column("fuel", "string", "-", "energy carrier", nullable=True),
    Column("scope", "int8", "-", "1 in the city, 2 grid energy, 3 elsewhere", minimum=1, maximum=3),
    Column("gpc_ref", "string", "-", "GPC reference number", nullable=True),
    Column("ipcc_code", "string", "-", "IPCC category", nullable=True),
    Column("notation_key", "string", "-", "IE, NE, NO, C where no figure", nullable=True),
    Column(
        "activity",
        "string",
        "-",
        "what is done: key of the rule, or a calibration of it",
        choices=LEDGER_ACTIVITIES,
    ),
    Column("in_total", "bool", "-", "counts in the total of the accounting rule"),
    Column("held_in", "string", "-", "other line or report that holds it, too", nullable=True),
)
_PROCESS = Column("process", "string", "-", "what emits", choices=PROCESSES)
_POLLUTANT = Column("pollutant", "string", "-", "substance", choices=POLLUTANTS)

LEDGER = Table(
    "ledger",
    "a tonne's line",
    (*(c.name for c in _LEDGER_KEYS), "process", "pollutant"),
    (
        *_LEDGER_KEYS[:9],
        _PROCESS,
        *_LEDGER_KEYS[9:],
        _POLLUTANT,
        Column("mass_t", "float64", "t", _MASS, nullable=True),
    ),
)

ENERGY = Table(
    "energy",
    "energy of a ledger line",
    tuple(c.name for c in _LEDGER_KEYS),
    (
        *_LEDGER_KEYS,
        Column("energy_tj", "float64", "TJ", "final energy; below zero as a mass"),
        Column("energy_tce", "float64", "tce", "tonnes of coal equivalent"),
    ),
)

ACTIVITY = Table(
    "activity",
    "district x stream x type x road type",
    ("district_id", "subsector", "vehicle_class", "trip_kind", "vehicle_type", "road_type"),
    (
        DISTRICT_ID,
        Column("subsector", "string", "-", "subsector of transport", choices=SUBSECTORS),
        VEHICLE_CLASS,
        TRIP_KIND,
        Column("vehicle_type", "string", "-", "type of vehicle"),
        Column("road_type", "string", "-", "driving situation", choices=ROAD_TYPES),
        Column("vkm", "float64", "veh km", "vehicle-kilometres", minimum=0),
        Column("vehicle_h", "float64", "veh h", "vehicle-hours", minimum=0),
        Column("tonne_km", "float64", "t km", "freight performance", minimum=0, nullable=True),
        Column(
            "passenger_km", "float64", "pass km", "passenger performance", minimum=0, nullable=True
        ),
    ),
)

INVENTORY = Table(
    "inventory",
    "district x line",
    (
        "district_id",
        "item",
        "memo_kind",
        "gpc_ref",
        "ipcc_code",
        "subsector",
        "scope",
        "notation_key",
        "activity",
        "held_in",
    ),
    (
        Column("year", "int64", "-", "year of the account"),
        Column("district_id", "string", "-", "district", nullable=True),
        Column("district_name", "string", "-", "name of the district", nullable=True),
        *(_LEDGER_KEYS[i] for i in (0, 1, 10, 11, 4, 9, 12, 13, 14, 15)),
        Column("co2_t", "float64", "t", "fossil CO2", nullable=True),
        Column("co2_biogenic_t", "float64", "t", "biogenic CO2", nullable=True),
        Column("ch4_t", "float64", "t", "methane", nullable=True),
        Column("n2o_t", "float64", "t", "nitrous oxide", nullable=True),
        Column("co2e_t", "float64", "t", "CO2 equivalent", nullable=True),
        *(
            Column(f"{name}_t", "float64", "t", mass_of(name), nullable=True)
            for name in AIR_POLLUTANTS
        ),
        Column("energy_tj", "float64", "TJ", "final energy", nullable=True),
        Column("energy_tce", "float64", "tce", "tonnes of coal equivalent", nullable=True),
        Column(
            "vkm",
            "float64",
            "veh km",
            "of all vehicles, on one road line a district",
            nullable=True,
        ),
        Column("rule", "string", "-", "accounting rule"),
        Column("gwp_set", "string", "-", "global warming potentials"),
        Column("factor_set", "string", "-", "set of emission factors"),
        Column(
            "period", "string", "-", "time that amounts stand for", choices=("year", "day", "hour")
        ),
    ),
)

# what an account that asks how sure it is has beyond it
INVENTORY_INTERVALS = Table(
    INVENTORY.name,
    INVENTORY.row,
    INVENTORY.key,
    (
        *INVENTORY.columns,
        *(
            Column(f"{name}_t_{end}", "float64", "t", f"{end} end of the interval of {name}",
                   nullable=True, optional=True)
            for name in ("co2e", *POLLUTANTS)
            for end in ("low", "high")
        ),
    ),
)  # fmt: skip

CROSS_WALK = Table(
    "cross_walk",
    "a step from the territorial account to that of another method",
    ("number",),
    (
        Column("number", "int64", "-", "lines in the order of reading", minimum=1),
        Column("method", "string", "-", "method of counting road traffic"),
        Column("step", "string", "-", "place in the walk", choices=("start", "difference", "end")),
        Column("line", "string", "-", "what is counted, or counted otherwise"),
        Column("vkm", "float64", "veh km", "vehicle-kilometres", nullable=True),
        Column("co2_t", "float64", "t", "fossil CO2 of fuel", nullable=True),
        Column("energy_tj", "float64", "TJ", "energy of fuel", nullable=True),
        Column(
            "status",
            "string",
            "-",
            "how sure",
            choices=("computed", "estimated", "lower bound", "input missing"),
        ),
        Column("explanation", "string", "-", "why there is a difference, or what is missing"),
    ),
)

OVERLAPS = Table(
    "overlaps",
    "a line that another line or report may hold as well",
    ("activity", "vehicle_class", "other"),
    (
        Column("activity", "string", "-", "what is done: key of the rule", choices=ACTIVITIES),
        Column("vehicle_class", "string", "-", "class of vehicle, empty for all", nullable=True),
        Column("gpc_ref", "string", "-", "GPC reference number of the line"),
        Column("co2_t", "float64", "t", "fossil CO2 at stake", nullable=True),
        Column("other", "string", "-", "line or report that may hold it, too"),
        Column("other_ref", "string", "-", "its reference"),
        Column(
            "state",
            "string",
            "-",
            "what was done",
            choices=("declared", "partly declared", "not in total", "open"),
        ),
        Column("held_in", "string", "-", "where the scenario says it is held", nullable=True),
        Column("why", "string", "-", "how the two overlap"),
        Column("way_out", "string", "-", "how to count it once"),
        Column("source", "string", "-", "who says so"),
    ),
)

FUEL_SOLD = Table(
    "fuel_sold",
    "a fuel sold in the city",
    ("fuel",),
    (
        Column("fuel", "string", "-", "energy carrier"),
        Column("energy_tj", "float64", "TJ", "energy sold in the year", minimum=0),
        Column("source", "string", "-", "who says so"),
    ),
)

FUEL_SALES = Table(
    "fuel_sales",
    "a fuel, or a grade of it, sold in the city in a year",
    ("fuel", "grade", "year"),
    (
        Column("fuel", "string", "-", "energy carrier of the factor set"),
        Column("grade", "string", "-", "grade of the fuel, added up", nullable=True, optional=True),
        Column("year", "int64", "-", "year of the sales", minimum=1950, maximum=2100),
        Column("amount", "float64", "as unit", "sold in the year", minimum=0),
        Column("unit", "string", "-", "unit of the amount", choices=SALES_UNITS),
        Column("covers", "string", "-", "who bought it: all, or road traffic alone; default: all",
               choices=("all", "road"), nullable=True, optional=True),
        Column("biofuel", "string", "-", "whether biofuel is in the amount; default: included",
               choices=("included", "apart"), nullable=True, optional=True),
        Column("source", "string", "-", "who says so"),
        Column("note", "string", "-", "remark, such as: invented", nullable=True, optional=True),
    ),
)  # fmt: skip

VKM_STATISTICS = Table(
    "vkm_statistics",
    "kilometres of a vehicle class in a year",
    ("vehicle_class", "year"),
    (
        VEHICLE_CLASS,
        Column("year", "int64", "-", "year of the statistics", minimum=1950, maximum=2100),
        Column("vkm", "float64", "veh km", "driven in the year", minimum=0),
        Column("counts", "string", "-", "who drove: all inside the boundary, or the city's own "
               "vehicles wherever they drive (odometers); default: inside",
               choices=("inside", "own_vehicles"), nullable=True, optional=True),
        Column("source", "string", "-", "who says so"),
        Column("note", "string", "-", "remark, such as: invented", nullable=True, optional=True),
    ),
)  # fmt: skip

RECONCILIATION = Table(
    "reconciliation",
    "a line of the way from what is modelled to what was sold or counted",
    ("number",),
    (
        Column("number", "int64", "-", "lines in the order of reading", minimum=1),
        Column("subject", "string", "-", "what is compared", choices=("fuel", "vehicle_class")),
        Column("name", "string", "-", "fuel or vehicle class"),
        Column("step", "string", "-", "place in the comparison; causes and unexplained make up "
               "the gap", choices=RECONCILIATION_STEPS),
        Column("line", "string", "-", "part of the step"),
        Column("energy_tj", "float64", "TJ", "energy of the fuel", nullable=True),
        Column("fuel_t", "float64", "t", "mass of the fuel, by its calorific value in the run",
               nullable=True),
        Column("vkm", "float64", "veh km", "vehicle-kilometres", nullable=True),
        Column("share", "float64", "-", "of what was sold or counted; of a factor: the factor",
               nullable=True),
        Column("status", "string", "-", "how sure",
               choices=("given", "computed", "estimated", "not estimated")),
        Column("explanation", "string", "-", "how it came about, or what is missing"),
    ),
)  # fmt: skip

INDICATORS = Table(
    "indicators",
    "a ratio of two sums of the run",
    ("number",),
    (
        Column("number", "int64", "-", "lines in the order of reading", minimum=1),
        Column("indicator", "string", "-", "what is divided by what", choices=INDICATOR_NAMES),
        Column("subject", "string", "-", "part of the traffic, or benchmark", nullable=True),
        Column("quantity", "string", "-", "substance, co2e, energy or vkm"),
        Column("scope", "int8", "-", "1 in the city, 2 grid energy: never added up", minimum=1,
               maximum=2, nullable=True),
        Column("subsector", "string", "-", "road, or all of transport in the total of the rule",
               choices=("all", "road")),
        Column("district_id", "string", "-", "district; empty: the city", nullable=True),
        Column("district_name", "string", "-", "name of the district", nullable=True),
        Column("vehicle_class", "string", "-", "class of vehicle; empty: all", nullable=True),
        Column("value", "float64", "as unit", "the ratio", nullable=True),
        Column("unit", "string", "-", "unit of the value"),
        Column("above", "float64", "as unit", "the sum that is divided", nullable=True),
        Column("below", "float64", "as unit", "the sum that it is divided by", nullable=True),
        Column("explanation", "string", "-", "what is counted, or missing", nullable=True),
    ),
)  # fmt: skip

BENCHMARKS = Table(
    "freight_benchmarks",
    "a published emission intensity of freight",
    ("vehicle_class", "vehicle_type", "benchmark"),
    (
        Column("vehicle_class", "string", "-", "class of vehicle; empty: all freight",
               choices=VEHICLE_CLASSES, nullable=True),
        Column("vehicle_type", "string", "-", "types of it, such as `rigid_*`; empty: all",
               nullable=True, optional=True),
        Column("benchmark", "string", "-", "name"),
        Column("pollutant", "string", "-", "co2 or co2e", choices=("co2", "co2e")),
        Column("g_per_tkm", "float64", "g/(t km)", "tank to wheel", minimum=0, positive=True),
        Column("source", "string", "-", "publication, edition, table"),
        Column("licence", "string", "-", "terms of use", nullable=True, optional=True),
        Column("verification", "string", "-", "how it was checked", nullable=True, optional=True),
    ),
)  # fmt: skip

TARGETS = Table(
    "targets",
    "a target and the distance to its path in the year of the run",
    ("name",),
    (
        Column("name", "string", "-", "name of the target"),
        Column("quantity", "string", "-", "substance, co2e or energy"),
        Column("subsector", "string", "-", "subsector, or all in the total"),
        Column("scopes", "string", "-", "scopes that are counted"),
        Column("unit", "string", "-", "unit of the amounts"),
        Column("base_year", "int64", "-", "year that the reduction is measured from"),
        Column("base_value", "float64", "as unit", "amount of the base year"),
        Column("target_year", "int64", "-", "year of the target"),
        Column("reduction", "float64", "-", "share of the base value"),
        Column("target_value", "float64", "as unit", "amount of the target year"),
        Column("year", "int64", "-", "year of the run"),
        Column("allowed", "float64", "as unit", "amount of the path in this year"),
        Column("value", "float64", "as unit", "amount of the run", nullable=True),
        Column("distance", "float64", "as unit", "value less allowed: above zero is too much",
               nullable=True),
        Column("distance_share", "float64", "-", "distance over allowed", nullable=True),
        Column("per_year", "float64", "as unit", "change a year from here to the target",
               nullable=True),
        Column("source", "string", "-", "who set the target", nullable=True),
    ),
)  # fmt: skip

RESIDENT_SHARE = Table(
    "resident_share",
    "share of residents in the kilometres of a class and kind of trip",
    ("vehicle_class", "trip_kind"),
    (
        VEHICLE_CLASS,
        TRIP_KIND,
        Column("share", "float64", "-", "of the kilometres inside", minimum=0, maximum=1),
        Column("source", "string", "-", "who says so"),
    ),
)

LINK_RESULTS = Table(
    "links",
    "a link in a district, inside the boundary",
    ("link_id", "district_id"),
    (
        LINK_ID,
        DISTRICT_ID,
        Column("length_m", "float64", "m", "length in the district", minimum=0),
        Column("vkm", "float64", "veh km", "vehicle-kilometres", minimum=0, nullable=True),
        *(
            Column(
                f"vkm_{name}",
                "float64",
                "veh km",
                f"vehicle-kilometres of {name}",
                minimum=0,
                nullable=True,
                optional=True,
            )
            for name in VEHICLE_CLASSES
        ),
        Column("vehicle_h", "float64", "veh h", "vehicle-hours", minimum=0, nullable=True),
        Column("speed_kmh", "float64", "km/h", "vkm / vehicle_h", minimum=0, nullable=True),
        *_pollutant_columns("t"),
        Column("electricity_mwh", "float64", "MWh", "grid electricity", nullable=True),
        Column("co2_scope2_t", "float64", "t", "CO2 of grid electricity", nullable=True),
        Column("geometry", "geometry", "-", "the part of the link in the district"),
    ),
)

MEMO_PLACES = Table(
    "memo_links",
    "what aircraft or ships do at a place inside the boundary",
    ("feature",),
    (
        Column("feature", "int64", "-", "number of the row", minimum=0),
        Column("activity", "string", "-", "what is done: key of the rule", choices=ACTIVITIES),
        _LEDGER_KEYS[0],
        _LEDGER_KEYS[1],
        Column("place", "string", "-", "airport, port or kind of place", nullable=True),
        *_pollutant_columns("t"),
        Column("energy_tj", "float64", "TJ", "final energy", minimum=0, nullable=True),
        Column("geometry", "geometry", "-", "point, or line of a track"),
    ),
)

SPECTRUM = Table(
    "spectrum",
    "area x stream x season x road type x gradient x speed node, non-zero only",
    ("district_id", "vehicle_class", "trip_kind", "season", "road_type", "gradient", "speed_node"),
    (
        DISTRICT_ID,
        VEHICLE_CLASS,
        TRIP_KIND,
        Column("season", "int64", "-", "season of the climate, from 0; 0: the year", minimum=0),
        Column("road_type", "string", "-", "driving situation", choices=ROAD_TYPES),
        Column("gradient", "float64", "m/m", "gradient node"),
        Column("speed_node", "int64", "0.1 km/h", "speed node", minimum=0),
        Column("vkm", "float64", "veh km", "vehicle-kilometres", minimum=0),
    ),
)
# where some zone has a fleet of its own
ZONED_SPECTRUM = Table(
    SPECTRUM.name,
    f"{SPECTRUM.row}, by zone",
    (*SPECTRUM.key, "zone"),
    (*SPECTRUM.columns, Column("zone", "string", "-", "zone with a fleet of its own; empty: none")),
)

PROFILE_COMPARISON = Table(
    "profile_comparison",
    "class x process x pollutant by two sets of vehicle profiles",
    ("vehicle_class", "process", "pollutant"),
    (
        Column("vehicle_class", "string", "-", "class of vehicle; all: their sum"),
        Column("process", "string", "-", "what emits"),
        Column("pollutant", "string", "-", "substance, or energy"),
        Column("unit", "string", "-", "unit of the amounts", choices=("t", "TJ")),
        Column("amount_a", "float64", "as unit", "by set A; null: not estimated", nullable=True),
        Column("amount_b", "float64", "as unit", "by set B; null: not estimated", nullable=True),
        Column("difference", "float64", "as unit", "B less A", nullable=True),
        Column("difference_percent", "float64", "%", "B less A, of A", nullable=True),
        Column(
            "not_estimated_a", "float64", "-", "kilometres of types without a value by A",
            minimum=0, maximum=1, nullable=True,
        ),
        Column(
            "not_estimated_b", "float64", "-", "kilometres of types without a value by B",
            minimum=0, maximum=1, nullable=True,
        ),
    ),
)  # fmt: skip

CAUSES = (
    "activity",
    "speed",
    "fleet",
    "factors",
    "electricity",
    "method",
    "undivided",
)
# what an account holds apart from each other: the total of the rule, and all that is not in it
ACCOUNTS = ("total", "scope_1", "scope_2", "scope_3", "included_elsewhere", *MEMO_KINDS)
_COMPARED = (
    Column("account", "string", "-", "total of the rule, or what stands apart", choices=ACCOUNTS),
    Column(
        "pollutant", "string", "-", "substance, CO2 equivalent, energy",
        choices=(*POLLUTANTS, "co2e", "energy", "vkm"),
    ),
    Column("unit", "string", "-", "unit of the amounts", choices=("t", "TJ", "veh km")),
)  # fmt: skip
DIFFERENCES = Table(
    "differences",
    "what two runs hold of a substance, in all and by district, class, fuel and line",
    ("by", "name", "account", "pollutant"),
    (
        Column(
            "by", "string", "-", "what is told apart",
            choices=("city", "district", "vehicle_class", "fuel", "line"),
        ),
        Column("name", "string", "-", "which of them; null: none", nullable=True),
        *_COMPARED,
        Column("amount_a", "float64", "as unit", "of run A; null: no figure", nullable=True),
        Column("amount_b", "float64", "as unit", "of run B; null: no figure", nullable=True),
        Column("difference", "float64", "as unit", "B less A; no figure counts as nothing"),
        Column("difference_percent", "float64", "%", "B less A, of A", nullable=True),
        *(
            Column(name, "float64", "as unit", f"of the difference: {name}", nullable=True)
            for name in CAUSES
        ),
    ),
)  # fmt: skip
_CAUSE = Column("cause", "string", "-", "why they differ", choices=CAUSES)
_BY_CAUSE = Column("difference", "float64", "as unit", "B less A, as far as the cause made it")
CAUSES_OF_DIFFERENCES = Table(
    "causes",
    "a cause of a difference between two runs",
    ("district_id", "account", "subsector", "vehicle_class", "fuel", "pollutant", "cause"),
    (
        Column("district_id", "string", "-", "district, or no_district", nullable=True),
        _COMPARED[0],
        Column("subsector", "string", "-", "subsector of transport", choices=SUBSECTORS),
        Column("vehicle_class", "string", "-", "class of vehicle", nullable=True),
        Column("fuel", "string", "-", "energy carrier", nullable=True),
        *_COMPARED[1:],
        _CAUSE,
        _BY_CAUSE,
    ),
)
SUMMARY_OF_COMPARISONS = Table(
    "summary",
    "what several runs and the one that they are compared with hold of a substance in all",
    ("run", "account", "pollutant"),
    (
        Column("run", "string", "-", "run that is compared with the base"),
        Column("title", "string", "-", "title of its scenario"),
        Column("year", "int64", "-", "year of its account"),
        *_COMPARED,
        Column("amount_base", "float64", "as unit", "of the base; null: no figure", nullable=True),
        Column("amount", "float64", "as unit", "of the run; null: no figure", nullable=True),
        Column("difference", "float64", "as unit", "run less base; no figure counts as nothing"),
        Column("difference_percent", "float64", "%", "run less base, of the base", nullable=True),
        *(
            Column(name, "float64", "as unit", f"of the difference: {name}", nullable=True)
            for name in CAUSES
        ),
    ),
)
CAUSES_BY_TYPE = Table(
    "causes_by_type",
    "a cause of a difference between two runs, of a vehicle type in the whole city",
    ("vehicle_class", "vehicle_type", "account", "pollutant", "cause"),
    (
        Column("vehicle_class", "string", "-", "class of vehicle", nullable=True),
        Column("vehicle_type", "string", "-", "type of vehicle", nullable=True),
        *_COMPARED,
        _CAUSE,
        _BY_CAUSE,
    ),
)


def _difference_columns(unit: str) -> tuple[Column, ...]:
    return tuple(
        Column(f"{name}_t", "float64", unit, f"{mass_of(name)}, B less A", nullable=True)
        for name in POLLUTANTS
    )


LINK_DIFFERENCES = Table(
    "link_differences",
    "a link in a district, by two runs on one network",
    ("link_id", "district_id"),
    (
        LINK_ID,
        DISTRICT_ID,
        Column("length_m", "float64", "m", "length in the district", minimum=0),
        Column("vkm", "float64", "veh km", "vehicle-kilometres, B less A", nullable=True),
        Column("vehicle_h", "float64", "veh h", "vehicle-hours, B less A", nullable=True),
        Column("speed_a_kmh", "float64", "km/h", "vkm / vehicle_h of A", nullable=True),
        Column("speed_b_kmh", "float64", "km/h", "vkm / vehicle_h of B", nullable=True),
        *_difference_columns("t"),
        Column("electricity_mwh", "float64", "MWh", "grid electricity, B less A", nullable=True),
        Column("co2_scope2_t", "float64", "t", "CO2 of grid electricity, B less A", nullable=True),
        Column("geometry", "geometry", "-", "the part of the link in the district"),
    ),
)
CELL_DIFFERENCES = Table(
    "cell_differences",
    "a cell of the grid that both runs have",
    ("y_m", "x_m"),
    (
        Column("x_m", "float64", "m", "centre of the cell, in the CRS of the grid"),
        Column("y_m", "float64", "m", "centre of the cell, in the CRS of the grid"),
        *_difference_columns("t"),
    ),
)

# figures of a series, and their units
SERIES_FIGURES = {
    "co2_t": "t",
    "co2_biogenic_t": "t",
    "co2e_t": "t",
    "nox_t": "t",
    "pm2_5_t": "t",
    "energy_tj": "TJ",
    "vkm": "veh km",
}
SERIES = Table(
    "series",
    "what a run of a series holds in an account, beside the run that it extends",
    ("run", "account"),
    (
        Column("run", "string", "-", "folder of the run, from that of the series"),
        Column(
            "account", "string", "-", "total of the rule, or what stands apart", choices=ACCOUNTS
        ),
        Column("title", "string", "-", "title of the scenario"),
        Column("year", "int64", "-", "year of the account"),
        Column("fleet_year", "int64", "-", "year of the fleet; null: not stated", nullable=True),
        Column("period", "string", "-", "what the amounts stand for"),
        Column("rule", "string", "-", "accounting rule"),
        Column("base", "string", "-", "folder of the run that it extends", nullable=True),
        *(
            column
            for name, unit in SERIES_FIGURES.items()
            for column in (
                Column(name, "float64", unit, "amount; null: no figure", nullable=True),
                Column(
                    f"{name}_difference", "float64", unit, "less that of the base", nullable=True
                ),
                Column(f"{name}_percent", "float64", "%", "difference, of the base", nullable=True),
            )
        ),
        Column("manifest_sha256", "string", "-", "manifest of the results"),
        Column("base_manifest_sha256", "string", "-", "manifest of the base's", nullable=True),
    ),
)

UNCERTAINTY = Table(
    "uncertainty",
    "how sure a figure is: of the city, a district, a class, a class in a district",
    ("by", "district_id", "subsector", "vehicle_class", "account", "pollutant"),
    (
        Column(
            "by", "string", "-", "what is told apart",
            choices=("city", "district", "vehicle_class", "district_class"),
        ),
        Column("district_id", "string", "-", "district", nullable=True),
        Column("subsector", "string", "-", "subsector of transport", nullable=True),
        Column("vehicle_class", "string", "-", "class of vehicle", nullable=True),
        _COMPARED[0],
        Column(
            "pollutant", "string", "-", "substance, or CO2 equivalent",
            choices=("co2e", *POLLUTANTS),
        ),
        Column("value_t", "float64", "t", "as accounted"),
        Column("mean_t", "float64", "t", "mean of the draws"),
        Column("sd_t", "float64", "t", "standard deviation of the draws"),
        Column("low_t", "float64", "t", "low end of the interval"),
        Column("high_t", "float64", "t", "high end of the interval"),
        Column("low_percent", "float64", "%", "low end over value, less 100", nullable=True),
        Column("high_percent", "float64", "%", "high end over value, less 100", nullable=True),
        Column(
            "approach_1_percent", "float64", "%",
            "half of the interval over value by IPCC approach 1, propagation of error",
            nullable=True,
        ),
        Column("share", "float64", "-", "of the value of the city", nullable=True),
    ),
)  # fmt: skip
SENSITIVITY = Table(
    "sensitivity",
    "what an uncertain input does to the total of a substance",
    ("pollutant", "rank"),
    (
        UNCERTAINTY["pollutant"],
        Column("rank", "int64", "-", "1: what matters most, by the total index", minimum=1),
        Column("input", "string", "-", "input, or what errs together"),
        Column("value_t", "float64", "t", "total with every input as given"),
        Column("low_t", "float64", "t", "low end of the interval if only this input is not sure"),
        Column("high_t", "float64", "t", "high end of it"),
        Column("first_index", "float64", "-", "Sobol index: share of the variance by itself",
               nullable=True),
        Column("first_error", "float64", "-", "standard error of its estimate", nullable=True),
        Column("total_index", "float64", "-", "Sobol index with all that it does with others",
               nullable=True),
        Column("total_error", "float64", "-", "standard error of its estimate", nullable=True),
    ),
)  # fmt: skip

HOURS = Table(
    "hours",
    "stream x day type x hour x road type x speed node, city-wide",
    ("vehicle_class", "trip_kind", "day_type", "hour", "road_type", "speed_node"),
    (
        VEHICLE_CLASS,
        TRIP_KIND,
        Column("day_type", "string", "-", "day type of the calendar"),
        Column("hour", "int64", "h", "local civil hour [h, h+1)", minimum=0, maximum=23),
        Column("road_type", "string", "-", "driving situation", choices=ROAD_TYPES),
        Column("speed_node", "int64", "0.1 km/h", "speed node", minimum=0),
        Column("vkm", "float64", "veh km", "vehicle-kilometres", minimum=0),
    ),
)

FLIGHTS = Table(
    "flights",
    "flights of one kind",
    (),
    (
        Column("origin", "string", "-", "place of departure"),
        Column("origin_country", "string", "-", "ISO 3166-1 alpha-2 of the origin"),
        Column("destination", "string", "-", "place of arrival"),
        Column("destination_country", "string", "-", "ISO 3166-1 alpha-2 of the destination"),
        Column("origin_in_city", "bool", "-", "departs inside the boundary"),
        Column("destination_in_city", "bool", "-", "arrives inside the boundary"),
        Column("movements", "float64", "-", "number of flights", minimum=0),
        Column("fuel", "string", "-", "fuel burnt"),
        Column("fuel_t", "float64", "t", "fuel burnt by all of them", minimum=0),
        Column("note", "string", "-", "remark", nullable=True, optional=True),
    ),
)

VOYAGES = Table("voyages", "voyages of one kind", (), FLIGHTS.columns)

SHIP_PHASES = ("sea", "manoeuvring", "anchorage", "berth")
SIZE_UNITS = ("dwt", "gt", "teu", "cbm")

# what is known of a ship, in a table of calls and in a register
_SHIP = (
    Column("ship_type", "string", "-", "type of ship, as ship_power.csv has it"),
    Column("size", "float64", "size_unit", "size of the ship", minimum=0),
    Column(
        "size_unit",
        "string",
        "-",
        "deadweight or gross tons, containers, cubic metres of gas",
        choices=SIZE_UNITS,
    ),
    Column(
        "main_power_kw",
        "float64",
        "kW",
        "rated power of the main engines; default: of its class",
        minimum=0,
        positive=True,
        nullable=True,
        optional=True,
    ),
    Column(
        "design_speed_kn",
        "float64",
        "kn",
        "speed at that power; default: of its class",
        minimum=0,
        maximum=60,
        positive=True,
        nullable=True,
        optional=True,
    ),
    Column(
        "engine",
        "string",
        "-",
        "main engine, as ship_engines.csv has it; default: of its class",
        nullable=True,
        optional=True,
    ),
    Column("fuel", "string", "-", "fuel burnt, as ship_fuels.csv has it"),
    Column(
        "auxiliary_fuel",
        "string",
        "-",
        "fuel of auxiliary engines and boilers; default: fuel",
        nullable=True,
        optional=True,
    ),
    Column(
        "built",
        "int64",
        "yr",
        "year of build",
        minimum=1900,
        maximum=2100,
        nullable=True,
        optional=True,
    ),
    Column(
        "nox_tier",
        "int64",
        "-",
        "IMO tier of NOx; default: by year of build",
        minimum=0,
        maximum=3,
        nullable=True,
        optional=True,
    ),
)

SHIP_CALLS = Table(
    "ship_calls",
    "calls or voyages of one kind of ship; hours of one of them, in the city's port and to sea",
    (),
    (
        Column("ship", "string", "-", "name of the ship or service", nullable=True, optional=True),
        *_SHIP,
        *FLIGHTS.columns[:6],
        Column("movements", "float64", "-", "number of voyages", minimum=0),
        Column("period", "string", "-", "movements are in each: day, week, month or year; "
               "default: year", nullable=True, optional=True,
               choices=("day", "week", "month", "year")),
        Column("sea_h", "float64", "h", "at sea; default: distance over speed", minimum=0,
               maximum=8784, nullable=True, optional=True),
        Column("distance_nm", "float64", "nm", "at sea", minimum=0, maximum=15000, nullable=True,
               optional=True),
        Column("speed_kn", "float64", "kn", "at sea; default: distance over hours, else of its "
               "type", minimum=0, maximum=60, positive=True, nullable=True, optional=True),
        Column("manoeuvring_h", "float64", "h", "in the city's port", minimum=0, maximum=8784),
        Column("manoeuvring_speed_kn", "float64", "kn", "in the city's port", minimum=0,
               maximum=60, positive=True, nullable=True, optional=True),
        Column("anchorage_h", "float64", "h", "in the city's port", minimum=0, maximum=8784,
               optional=True),
        Column("berth_h", "float64", "h", "in the city's port", minimum=0, maximum=8784),
        Column("shore_power_kwh", "float64", "kWh", "grid electricity taken at berth", minimum=0,
               optional=True),
        Column("longitude", "float64", "degrees", "of the quay, WGS 84", minimum=-180, maximum=180,
               nullable=True, optional=True),
        Column("latitude", "float64", "degrees", "of the quay, WGS 84", minimum=-90, maximum=90,
               nullable=True, optional=True),
        Column("note", "string", "-", "remark", nullable=True, optional=True),
    ),
)  # fmt: skip

SHIP_REGISTER = Table(
    "ship_register",
    "a ship",
    ("ship_id",),
    (
        Column("ship_id", "string", "-", "MMSI, IMO number or name, as the positions have it"),
        Column("name", "string", "-", "name", nullable=True, optional=True),
        *_SHIP,
        Column(
            "trade", "string", "-", "where its voyages that leave the city lead; within_city: "
            "ferries, tugs and boats of the port",
            choices=("within_city", "cross_boundary", "international"),
        ),
    ),
)  # fmt: skip

SHIP_POSITIONS = Table(
    "ship_positions",
    "a position of a ship",
    ("ship_id", "time"),
    (
        Column("ship_id", "string", "-", "MMSI, IMO number or name, as the register has it"),
        Column("time", "string", "-", "moment in UTC: timestamp of that zone, or text with Z"),
        Column("longitude", "float64", "degrees", "WGS 84", minimum=-180, maximum=181),
        Column("latitude", "float64", "degrees", "WGS 84", minimum=-90, maximum=91),
        Column("speed_kn", "float64", "kn", "speed over ground; 102.3 or empty: not known",
               minimum=0, maximum=102.3, nullable=True),
    ),
)  # fmt: skip

AIR_MOVEMENTS = Table(
    "air_movements",
    "flights of one aircraft type between two airports, on a day or in each period",
    (),
    (
        Column("date", "string", "-", "local day, or time with UTC offset", nullable=True,
               optional=True),
        Column("period", "string", "-", "number is in each: day, week, month or year",
               nullable=True, optional=True, choices=("day", "week", "month", "year")),
        Column("origin", "string", "-", "airport of departure, ICAO or IATA code"),
        Column("destination", "string", "-", "airport of arrival, ICAO or IATA code"),
        Column("aircraft", "string", "-", "ICAO type designator"),
        Column("number", "float64", "-", "flights", minimum=0, positive=True),
        Column("fuel_t", "float64", "t", "burnt by all of them, gate to gate", minimum=0,
               nullable=True, optional=True, positive=True),
        Column("distance_km", "float64", "km", "flown by one of them", minimum=0,
               nullable=True, optional=True, positive=True),
        Column("hours", "float64", "h", "of one flight between climb-out and approach", minimum=0,
               maximum=24, nullable=True, optional=True, positive=True),
        Column("saf_share", "float64", "-", "sustainable fuel, of the mass of fuel", minimum=0,
               maximum=1, nullable=True, optional=True),
        Column("note", "string", "-", "remark", nullable=True, optional=True),
    ),
)  # fmt: skip

AIRPORTS = Table(
    "airports",
    "an airport or heliport that the shipped list lacks, or of which something else holds",
    ("airport",),
    (
        Column("airport", "string", "-", "ICAO, IATA or own code"),
        Column("name", "string", "-", "name", nullable=True, optional=True),
        Column("country", "string", "-", "ISO 3166-1 alpha-2", nullable=True, optional=True),
        Column("latitude", "float64", "degrees", "north", minimum=-90, maximum=90, nullable=True,
               optional=True),
        Column("longitude", "float64", "degrees", "east", minimum=-180, maximum=180, nullable=True,
               optional=True),
        Column("in_city", "bool", "-", "counts as inside the boundary; empty: by its position",
               nullable=True, optional=True),
        Column("note", "string", "-", "remark", nullable=True, optional=True),
    ),
)  # fmt: skip

NEAR_AIRCRAFT = Table(
    "aircraft",
    "a type of aircraft that counts as one with published figures",
    ("icao",),
    (
        Column("icao", "string", "-", "ICAO type designator"),
        Column("counts_as", "string", "-", "type with figures"),
        Column("reason", "string", "-", "why"),
        Column("name", "string", "-", "name", nullable=True, optional=True),
    ),
)

RAIL_KINDS = ("metro", "tram", "electric_train", "diesel_train")

# what a kilometre takes, where it was not measured
_TRAIN_ENERGY = (
    Column(
        "kwh_per_car_km",
        "float64",
        "kWh/km",
        "electricity of a car; default: of its kind",
        minimum=0,
        maximum=50,
        positive=True,
        nullable=True,
        optional=True,
    ),
    Column(
        "diesel_kg_per_train_km",
        "float64",
        "kg/km",
        "diesel of a train",
        minimum=0,
        maximum=100,
        positive=True,
        nullable=True,
        optional=True,
    ),
    Column("note", "string", "-", "remark", nullable=True, optional=True),
)

RAIL_LINES = Table(
    "rail_lines",
    "trains of one kind on a line, in the period of the account",
    ("line", "kind"),
    (
        Column("line", "string", "-", "line or service"),
        Column("kind", "string", "-", "kind of train", choices=RAIL_KINDS),
        Column("train_km", "float64", "km", "driven by trains", minimum=0, nullable=True,
               optional=True),
        Column("car_km", "float64", "km", "driven by cars: train-km times cars of a train",
               minimum=0, nullable=True, optional=True),
        Column("gross_tkm", "float64", "t km", "weight of trains and loads times distance",
               minimum=0, nullable=True, optional=True),
        Column("kwh", "float64", "kWh", "measured: traction power at the substations", minimum=0,
               nullable=True, optional=True),
        Column("diesel_t", "float64", "t", "measured: diesel burnt", minimum=0, nullable=True,
               optional=True),
        *_TRAIN_ENERGY,
    ),
)  # fmt: skip

GTFS_LINES = Table(
    "gtfs_lines",
    "trains of a route of a timetable",
    ("route_id",),
    (
        Column("route_id", "string", "-", "route of routes.txt"),
        Column("line", "string", "-", "name of its line; default: route_id", nullable=True,
               optional=True),
        Column("kind", "string", "-", "kind of train", choices=RAIL_KINDS),
        Column("cars", "float64", "-", "cars of a train", minimum=0, maximum=300, positive=True,
               nullable=True, optional=True),
        Column("gross_t", "float64", "t", "weight of a train with its load", minimum=0,
               maximum=50000, positive=True, nullable=True, optional=True),
        *_TRAIN_ENERGY,
    ),
)  # fmt: skip

MACHINE_FUELS = ("diesel", "petrol", "lpg", "electricity")

OFF_ROAD_MACHINES = Table(
    "off_road_machines",
    "machines of one kind at a place, in the period of the account",
    (),
    (
        Column("site", "string", "-", "airport, port or depot"),
        Column("machine", "string", "-", "kind of machine"),
        Column("fuel", "string", "-", "energy carrier", choices=MACHINE_FUELS),
        Column("fuel_t", "float64", "t", "measured: fuel burnt by all of them", minimum=0,
               nullable=True, optional=True),
        Column("kwh", "float64", "kWh", "measured: electricity of all of them", minimum=0,
               nullable=True, optional=True),
        Column("number", "float64", "-", "machines", minimum=0, nullable=True, optional=True),
        Column("power_kw", "float64", "kW", "rated power of one", minimum=0, maximum=20000,
               positive=True, nullable=True, optional=True),
        Column("hours", "float64", "h", "of one machine at work", minimum=0, maximum=8784,
               nullable=True, optional=True),
        Column("load_factor", "float64", "-", "mean power over rated power; default: of its kind",
               minimum=0, maximum=1, positive=True, nullable=True, optional=True),
        Column("consumption_g_kwh", "float64", "g/kWh", "fuel for work; default: by power",
               minimum=100, maximum=1000, nullable=True, optional=True),
        Column("longitude", "float64", "degrees", "of the site, WGS 84", minimum=-180,
               maximum=180, nullable=True, optional=True),
        Column("latitude", "float64", "degrees", "of the site, WGS 84", minimum=-90, maximum=90,
               nullable=True, optional=True),
        Column("district_id", "string", "-", "district, where no position is given",
               nullable=True, optional=True),
        Column("note", "string", "-", "remark", nullable=True, optional=True),
    ),
)  # fmt: skip

TERRITORIES = Table(
    "territories",
    "a territory with a country code of its own, seen from one country",
    ("territory",),
    (
        Column("territory", "string", "-", "ISO 3166-1 alpha-2 of the territory"),
        Column("country", "string", "-", "ISO 3166-1 alpha-2 of the country"),
        Column(
            "treated_as",
            "string",
            "-",
            "how movements between the two count",
            choices=("domestic", "international"),
        ),
        Column("note", "string", "-", "remark", nullable=True, optional=True),
    ),
)

MOVEMENT_FUELS = Table(
    "movement_fuels",
    "a property of a fuel of aircraft or ships",
    ("subsector", "fuel", "quantity"),
    (
        Column("subsector", "string", "-", "who burns it", choices=("aviation", "water")),
        Column("fuel", "string", "-", "fuel burnt"),
        Column(
            "quantity",
            "string",
            "-",
            "net calorific value, or a pollutant",
            choices=("energy", *POLLUTANTS),
        ),
        Column("value", "float64", "-", "in `unit`", minimum=0),
        Column("unit", "string", "-", "unit of value", choices=("MJ/kg", "g/kg", "kg/TJ")),
        Column("source", "string", "-", "publication, edition, table"),
        Column("year", "int64", "-", "year of the publication"),
        Column("licence", "string", "-", "terms of use"),
        Column("verification", "string", "-", "how the value was checked"),
        Column("error_group", "string", "-", "what errs together"),
    ),
)

RULE = Table(
    "rule",
    "the line an activity stands on",
    ("activity",),
    (
        Column("activity", "string", "-", "what is done", choices=ACTIVITIES),
        Column("item", "string", "-", "inventory, or memo: never in a total", choices=ITEMS),
        Column("memo_kind", "string", "-", "kind of memo item", nullable=True, choices=MEMO_KINDS),
        Column("in_total", "bool", "-", "counts in the total"),
        Column("scope", "int8", "-", "1 in the city, 2 grid energy, 3 elsewhere", 1, 3),
        Column("gpc_ref", "string", "-", "GPC reference number", nullable=True),
        Column("ipcc_code", "string", "-", "IPCC 2006 category", nullable=True),
        Column(
            "notation_key",
            "string",
            "-",
            "why the line has no figure in the total",
            nullable=True,
            choices=NOTATION_KEYS,
        ),
        Column("note", "string", "-", "remark", nullable=True, optional=True),
        Column("source", "string", "-", "where the rule stands"),
    ),
)

PARKED = Table(
    "parked",
    "vehicles of a type or class that are kept in a district",
    ("district_id", "vehicle_class", "vehicle_type"),
    (
        DISTRICT_ID,
        Column(
            "vehicle_class",
            "string",
            "-",
            "class of vehicle, or empty",
            choices=VEHICLE_CLASSES,
            nullable=True,
            optional=True,
        ),
        Column(
            "vehicle_type", "string", "-", "type of vehicle, or empty", nullable=True, optional=True
        ),
        Column("vehicles", "float64", "veh", "vehicles", minimum=0),
        Column("stops_per_day", "float64", "1/d", "trips that end, a day", minimum=0, maximum=100),
    ),
)

SPEED_FLOW = Table(
    "speed_flow",
    "volume-delay function of a road class",
    ("road_class",),
    (
        Column("road_class", "string", "-", "OSM highway value", choices=ROAD_CLASSES),
        Column("alpha", "float64", "-", "delay at capacity over free time", minimum=0),
        Column("beta", "float64", "-", "exponent", minimum=0, positive=True),
    ),
)

CONICAL = Table(
    "conical",
    "conical volume-delay function of a road class",
    ("road_class",),
    (
        SPEED_FLOW.columns[0],
        Column("alpha", "float64", "-", "slope of the delay at capacity", 1, positive=True),
    ),
)

AKCELIK = Table(
    "akcelik",
    "volume-delay function of Akcelik of a road class",
    ("road_class",),
    (
        SPEED_FLOW.columns[0],
        Column("delay_parameter", "float64", "-", "J: how strongly traffic is disturbed", 0),
    ),
)

MEASURED_SPEEDS = Table(
    "measured_speeds",
    "speed on a link, of all vehicles or a class; a list of hours, or one number",
    ("link_id", "vehicle_class"),
    (
        LINK_ID,
        Column(
            "vehicle_class", "string", "-", "class of vehicle; null or `all`: all together",
            choices=("all", *VEHICLE_CLASSES), nullable=True, optional=True,
        ),
        Column(
            "hour", "int64", "-", "position in the series, from 0", minimum=0, maximum=8783,
            optional=True,
        ),
        Column(
            "speed_kmh", "float64", "km/h", "travel speed, null where not measured", minimum=0,
            maximum=300, positive=True, nullable=True,
        ),
    ),
)  # fmt: skip
