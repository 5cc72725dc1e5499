"""Tables of fleet turnover: what a planner counts, and what a set knows of lives and standards."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from transmod.errors import Faults, InputError
from transmod.inputs.checks import check_table, first_of, listed
from transmod.inputs.profile_tables import (
    POWERTRAINS,
    SOURCES,
    USES,
    VERIFICATIONS,
)
from transmod.inputs.tables import read_csv
from transmod.schema import ROAD_TYPES, TRIP_KINDS, VEHICLE_CLASSES, Column, Table

FOLDER = "turnover"
ANY = "*"


def _text(name: str, meaning: str, **more: object) -> Column:
    return Column(name, "string", "-", meaning, **more)  # type: ignore[arg-type]


def _number(name: str, unit: str, meaning: str, low: float | None = 0, **more: object) -> Column:
    return Column(name, "float64", unit, meaning, minimum=low, **more)  # type: ignore[arg-type]


def _whole(name: str, meaning: str, **more: object) -> Column:
    return Column(name, "int64", "-", meaning, **more)  # type: ignore[arg-type]


_CLASS = _text("vehicle_class", "class of vehicle", choices=VEHICLE_CLASSES)
_REGION = _text("region", "region of regions.csv")
_FUEL = _text("fuel", "fuel of fuels.csv; * stands for all without a row of their own")
_ORIGIN = (
    _text("source", "key of sources.csv"),
    _whole("year", "year of the source", minimum=1990, maximum=2100),
    _text("verification", "how the figure was checked", choices=VERIFICATIONS),
    _text("note", "remark", nullable=True, optional=True),
)

STOCK = Table(
    "stock",
    "vehicles of a kind that were registered in a year",
    (
        "vehicle_class", "trip_kind", "district_id", "powertrain", "fuel", "size", "use",
        "emission_standard", "registration_year",
    ),
    (
        _CLASS,
        _text("fuel", "fuel of fuels.csv, or electricity"),
        _text("size", "size of types.csv"),
        _whole("registration_year", "year of first registration", minimum=1900, maximum=2100),
        _number("vehicles", "veh", "number of vehicles"),
        _text(
            "powertrain", "what drives them; empty: by the fuel, else ice",
            choices=POWERTRAINS, nullable=True, optional=True,
        ),
        _text(
            "emission_standard", "standard, in place of that of the year",
            nullable=True, optional=True,
        ),
        _text(
            "trip_kind", "where their trips start and end; empty: all",
            choices=TRIP_KINDS, nullable=True, optional=True,
        ),
        _text("district_id", "district; empty: any", nullable=True, optional=True),
        _text(
            "use", "what they are used for; empty: general",
            choices=USES, nullable=True, optional=True,
        ),
        _number("test_co2_g_km", "g/km", "CO2 in the test", nullable=True, optional=True),
    ),
)  # fmt: skip

REGIONS = Table(
    "regions.csv",
    "a region",
    ("region",),
    (
        _REGION,
        _text("parent", "region whose rows are taken where there are no own", nullable=True),
        _text("title", "in words"),
    ),
)
STANDARDS = Table(
    "standards.csv",
    "a standard and the first year in which all new vehicles meet it",
    ("region", "vehicle_class", "fuel", "first_year"),
    (
        _REGION,
        _CLASS,
        _FUEL,
        _whole("first_year", "first registration year of the standard", minimum=1900),
        _text("emission_standard", "standard of types.csv"),
        _text("in_force", "date from which all new vehicles meet it"),
        *_ORIGIN,
    ),
)
SURVIVAL = Table(
    "survival.csv",
    "a survival curve",
    ("region", "vehicle_class"),
    (
        _REGION,
        _CLASS,
        _text("form", "form of the curve", choices=("weibull", "logistic")),
        _number("scale_years", "years", "scale of Weibull; half-life of logistic", positive=True),
        _number("shape", "-", "exponent of Weibull; steepness of logistic [1/year]", positive=True),
        *_ORIGIN,
    ),
)
MILEAGE = Table(
    "mileage.csv",
    "kilometres of a vehicle in the year of an age",
    ("region", "vehicle_class", "fuel", "age"),
    (
        _REGION,
        _CLASS,
        _FUEL,
        _whole("age", "year less year of registration", minimum=0),
        _number("km_per_year", "km/year", "kilometres driven", positive=True),
        *_ORIGIN,
    ),
)
TECHNOLOGIES = Table(
    "technologies.csv",
    "share of a technology in a standard, or a standard taken as another",
    ("vehicle_class", "powertrain", "fuel", "emission_standard", "technology"),
    (
        _CLASS,
        _text("powertrain", "what drives it", choices=POWERTRAINS),
        _text("fuel", "fuel"),
        _text("emission_standard", "standard of the registration year"),
        _text("taken_as", "standard of types.csv in its place", nullable=True),
        _text("technology", "technology of types.csv; empty: the only one", nullable=True),
        _number("share", "-", "of the vehicles", maximum=1),
        *_ORIGIN,
    ),
)
ELECTRIC_SIZES = Table(
    "electric_sizes.csv",
    "size of the electric vehicle that replaces a size",
    ("vehicle_class", "size"),
    (
        _CLASS,
        _text("size", "size replaced"),
        _text("electric_size", "size of a battery-electric type"),
        *_ORIGIN,
    ),
)
CYCLES = Table(
    "cycles.csv",
    "a phase of a test cycle",
    ("cycle", "phase"),
    (
        _text("cycle", "test cycle"),
        _text("phase", "its phase"),
        _text("road_type", "driving situation", choices=ROAD_TYPES),
        _number("mean_speed_kmh", "km/h", "mean speed with stops", positive=True, maximum=140),
        _number("distance_km", "km", "length", positive=True),
        *_ORIGIN,
    ),
)
ECONOMY = Table(
    "economy.csv",
    "what new vehicles of a year consume",
    ("region", "vehicle_class", "fuel", "registration_year"),
    (
        _REGION,
        _CLASS,
        _text("fuel", "fuel"),
        _whole("registration_year", "year", minimum=1900, maximum=2100),
        _number("registered_co2_g_km", "g/km", "mean CO2 in the test", positive=True),
        _text("test", "test"),
        _number("gap", "-", "real-world over test", positive=True),
        _text("error_group", "rows that err together"),
        *_ORIGIN,
    ),
)
GAPS = Table(
    "gaps.csv",
    "real-world CO2 over that of a test",
    ("test", "vehicle_class", "fuel"),
    (
        _text("test", "test"),
        _text("vehicle_class", "class, * for all", choices=(*VEHICLE_CLASSES, ANY)),
        _FUEL,
        _number("gap", "-", "real-world over test", positive=True),
        *_ORIGIN,
    ),
)
TARGETS = Table(
    "targets.csv",
    "a limit on the CO2 or fuel of new vehicles",
    ("region", "rule", "vehicle_class", "mass_from_t", "first_year", "kind"),
    (
        _REGION,
        _text("rule", "regulation"),
        _CLASS,
        _number("mass_from_t", "t", "gross mass from", nullable=True),
        _number("mass_to_t", "t", "gross mass to", nullable=True),
        _whole("first_year", "first year it holds", minimum=1990, maximum=2100),
        _text(
            "kind", "of the mean of new vehicles, a share less than a base year, of each vehicle",
            choices=("mean", "reduction", "limit"),
        ),
        _number("value", "as unit", "target"),
        _text("unit", "unit", choices=("g/km", "L/100km", "-")),
        _whole("base_year", "base of a reduction", nullable=True),
        _text("test", "test it is measured in"),
        *_ORIGIN,
    ),
)  # fmt: skip

TABLES = (
    SOURCES, REGIONS, STANDARDS, SURVIVAL, MILEAGE, TECHNOLOGIES, ELECTRIC_SIZES, CYCLES, ECONOMY,
    GAPS, TARGETS,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Turnover:
    """
    Lives, standards, mileage and targets of vehicles, as they stand in `<set>/turnover/`.

    Tables are as this module says, sorted by their keys.
    """

    folder: Path
    regions: pd.DataFrame
    standards: pd.DataFrame
    survival: pd.DataFrame
    mileage: pd.DataFrame
    technologies: pd.DataFrame
    electric_sizes: pd.DataFrame
    cycles: pd.DataFrame
    economy: pd.DataFrame
    gaps: pd.DataFrame
    targets: pd.DataFrame

    def rated(self) -> dict[str, pd.DataFrame]:
        """Return the tables whose rows say how they were checked, by file."""
        tables = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            f"{FOLDER}/{name}.csv": table
            for name, table in tables.items()
            if isinstance(table, pd.DataFrame) and "verification" in table
        }

    def family(self, region: str) -> tuple[str, ...]:
        """
        Return a region and its parents, nearest first.

        Raises
        ------
        InputError
            If the region is unknown.
        """
        parents = self.regions.set_index("region")["parent"]
        if region not in parents.index:
            raise InputError(
                f"Region of a fleet must be one of regions.csv in {self.folder}: {region!r} found. "
                f"Regions given: {listed(self.regions['region'])}."
            )
        chain = [region]
        while isinstance(parents[chain[-1]], str):
            chain.append(parents[chain[-1]])
        return tuple(chain)

    def of_region(self, table: pd.DataFrame, region: str) -> pd.DataFrame:
        """Return the rows that hold in a region: of a class its own, else those of its parents."""
        family = self.family(region)
        rank = {name: i for i, name in enumerate(family)}
        rows = table[table["region"].isin(family)]
        order = rows["region"].map(rank)
        return rows[order == order.groupby(rows["vehicle_class"]).transform("min")]


def read_turnover(folder: Path) -> Turnover:
    """
    Read the tables of fleet turnover in `folder`.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(
            f"{folder} must be a folder with tables of fleet turnover: no such folder. Name one "
            "under [fleet] as `turnover`, such as vehicle_profiles/emep_eea_2019/turnover."
        )
    faults = Faults()
    frames = {table.name: _read_table(folder / table.name, table, faults) for table in TABLES}
    faults.raise_any()
    _check_names(frames, folder, faults)
    faults.raise_any()
    return Turnover(
        folder=folder,
        **{name.removesuffix(".csv"): f for name, f in frames.items() if name != SOURCES.name},
    )


def read_stock(path: Path) -> pd.DataFrame:
    """
    Read vehicles by class, fuel, size and year of registration: a stock, or sales.

    Returns
    -------
    pandas.DataFrame
        Columns of `STOCK`; what may be empty is filled in with what emptiness stands for.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    faults = Faults()
    frame = _read_table(Path(path), STOCK, faults)
    faults.raise_any()
    return to_stock(frame)


def to_stock(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill in what a stock leaves open: powertrain, kind of trips, district."""
    drive = frame["fuel"].map({"electricity": "bev", "hydrogen": "fcev"}).fillna("ice")
    blank = pd.Series(pd.NA, frame.index, "string")
    columns = {c.name: frame.get(c.name, blank) for c in STOCK.columns}
    out = pd.DataFrame(columns)
    out["powertrain"] = out["powertrain"].where(out["powertrain"].notna(), drive)
    out["trip_kind"] = out["trip_kind"].where(out["trip_kind"].notna(), "all")
    out["use"] = out["use"].where(out["use"].notna(), "general")
    for name in ("district_id", "emission_standard"):
        out[name] = out[name].where(out[name].notna(), "")
    out["test_co2_g_km"] = pd.to_numeric(out["test_co2_g_km"]).astype("float64")
    out["vehicles"] = out["vehicles"].astype("float64")
    return out.sort_values(list(STOCK.key), kind="stable", ignore_index=True)


def _read_table(path: Path, table: Table, faults: Faults) -> pd.DataFrame:
    try:
        frame = read_csv(path, table, faults)
    except InputError as error:
        faults.take(error)
        return pd.DataFrame(columns=list(table.names))
    check_table(frame, table, str(path), faults)
    key = [name for name in table.key if name in frame]
    return frame.sort_values(key, kind="stable", na_position="first", ignore_index=True)


def _check_names(frames: dict[str, pd.DataFrame], folder: Path, faults: Faults) -> None:
    """Note sources and regions that are named but not given."""
    known = {
        "source": (frames[SOURCES.name]["source"], SOURCES.name),
        "region": (frames[REGIONS.name]["region"], REGIONS.name),
        "parent": (frames[REGIONS.name]["region"], REGIONS.name),
    }
    for name, frame in frames.items():
        for column, (given, where) in known.items():
            if column not in frame or name == where == SOURCES.name:
                continue
            bad = (frame[column].notna() & ~frame[column].isin(given)).to_numpy(bool)
            if bad.any():
                found = first_of(bad, lambda i: f"row {i + 1}", frame[column])
                faults.add(
                    f"`{column}` of {folder / name} must be a name given in {where}: {found}. "
                    f"Names given: {listed(given)}."
                )
    shares = frames[TECHNOLOGIES.name]
    sums = shares.groupby(["vehicle_class", "powertrain", "fuel", "emission_standard"])["share"]
    wrong = sums.sum()[(sums.sum() - 1.0).abs() > 1e-9]
    if len(wrong):
        faults.add(
            f"Shares of {folder / TECHNOLOGIES.name} must sum to 1 for each standard [-]: "
            f"{len(wrong)} of {sums.ngroups} do not, first {' '.join(wrong.index[0])} "
            f"({wrong.iloc[0]:.12g})."
        )
