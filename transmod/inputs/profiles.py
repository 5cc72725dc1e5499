"""Read a set of vehicle profiles: factors, types, fleets, fuels, each row with its source."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from transmod.columns import Columns
from transmod.errors import Faults, InputError
from transmod.exchange import from_frame
from transmod.inputs import correction_tables, energy_tables, process_tables
from transmod.inputs import profile_tables as tables
from transmod.inputs.checks import check_table, first_of, listed
from transmod.inputs.tables import check_file, read_csv, read_parquet
from transmod.packing import Packing
from transmod.schema import Table

_DEFAULTS = ("mileage_km", "charging_efficiency_ac", "charging_efficiency_dc")
# a set that lacks another table has no rows of it: the check and a run name what is then missing
_NEEDED = ("sources.csv", "types.csv", "fuels.csv", "gwp.csv")
# other conditions are those of a fuel, a type or a link
_STATES = ("temperature_c", "relative_humidity_percent", "altitude_m", "deterioration_year")
_POLE = ("per_strength", "half_width_min_kmh", "half_width_max_kmh")


@dataclass(frozen=True)
class ProfileSet(Packing):
    """
    A set of vehicle profiles as it stands in its folder.

    Tables are as `transmod.inputs.profile_tables` says, sorted by their keys. `defaults` and
    `pole` are the numbers of `set.toml`; `fleets` maps the name of a fleet to its shares.
    `fuels` are of the family `fuel_family`; `fuel_families` holds the tables of the other families.
    `conditions` are those under which its base factors hold, unless a run says otherwise.
    `processes` holds the tables of `transmod.inputs.process_tables` by name, without `.csv`.
    A table that the set lacks, where it may, has no rows. `sha256` hashes every file that was read.
    """

    name: str
    title: str
    citation: str
    licence: str
    folder: Path
    sha256: str
    defaults: dict[str, float]
    pole: dict[str, float]
    conditions: dict[str, float]
    sources: pd.DataFrame
    hot: pd.DataFrame
    segments: pd.DataFrame
    types: pd.DataFrame
    nitrogen: pd.DataFrame
    bc_fraction: pd.DataFrame
    electric: pd.DataFrame
    electricity: pd.DataFrame
    fuels: pd.DataFrame
    wear: pd.DataFrame
    wear_fractions: pd.DataFrame
    wear_speed: pd.DataFrame
    gwp: pd.DataFrame
    none_by_definition: pd.DataFrame
    not_estimated: pd.DataFrame
    substitutes: pd.DataFrame
    mappings: pd.DataFrame
    hot_tables: pd.DataFrame
    corrections: pd.DataFrame
    exceptions: pd.DataFrame
    equivalents: pd.DataFrame
    origins: pd.DataFrame
    biofuels: pd.DataFrame
    blends: pd.DataFrame
    freight: pd.DataFrame
    cooling_units: pd.DataFrame
    cabin: pd.DataFrame
    cabin_demand: pd.DataFrame
    grid_losses: pd.DataFrame
    processes: dict[str, pd.DataFrame]
    fleets: dict[str, pd.DataFrame]
    fuel_family: str
    fuel_families: dict[str, pd.DataFrame]

    AHEAD: ClassVar[tuple[str, ...]] = ("type_columns", "warming", "added_processes")

    @cached_property
    def type_columns(self) -> Columns:
        """`types` as columns, which need no pandas."""
        return from_frame(self.types)

    @cached_property
    def warming(self) -> dict[str, dict[str, float]]:
        """Warming potential of each gas [t CO2e/t], by set."""
        rows = zip(self.gwp["set"], self.gwp["gas"], self.gwp["gwp100"].astype(float), strict=True)
        sets: dict[str, dict[str, float]] = {}
        for name, gas, potential in rows:
            sets.setdefault(name, {})[gas] = potential
        return sets

    @cached_property
    def added_processes(self) -> tuple[str, ...]:
        """Processes that `groups.csv` speaks of."""
        return tuple(self.processes["groups"]["process"].unique())


def read_profiles(folder: Path) -> ProfileSet:
    """
    Read the set of vehicle profiles in `folder`.

    Parameters
    ----------
    folder : Path
        `vehicle_profiles/<set>/`, laid out as `vehicle_profiles/README.md` says.

    Returns
    -------
    ProfileSet
        All tables, checked against their schema and against each other.

    Raises
    ------
    InputError
        With every fault of every file: missing files or columns, values out of range, sources,
        segments, groups or types that are named but not given.
    """
    folder = Path(folder)
    if not folder.is_dir():
        near = sorted(path.parent.name for path in folder.parent.glob("*/set.toml"))
        raise InputError(
            f"{folder} must be a folder with a set of vehicle profiles: no such folder."
            + (f" Sets beside it: {', '.join(near)}." if near else "")
        )
    faults = Faults()
    digest = hashlib.sha256()
    settings = _read_settings(folder / "set.toml", digest, faults)
    frames = {}
    by_name = {}
    for table in (*tables.ALL, *energy_tables.ALL, *correction_tables.ALL, *process_tables.ALL):
        path = folder / table.name
        by_name[table.name] = table
        is_read = path.exists() or table.name in _NEEDED
        frames[table.name] = (
            _read_table(path, table, digest, faults) if is_read else _no_rows(table)
        )
    fleets = {
        path.stem: _read_table(path, tables.FLEET, digest, faults)
        for path in sorted((folder / "fleets").glob("*.csv"))
    }
    families = {
        path.stem: _read_table(path, tables.FUELS, digest, faults)
        for path in sorted((folder / "fuels").glob("*.csv"))
    }
    faults.raise_any()
    named = {f"fuels/{name}.csv": table for name, table in families.items()}
    _check_references(frames | named, fleets, faults)
    if settings["fuel_family"] in families:
        faults.add(
            f"`fuel_family` of set.toml names the family of fuels.csv: {settings['fuel_family']!r} "
            "stands in the folder fuels/ too."
        )
    faults.raise_any()
    frames = {name: _by_key(frame, by_name[name]) for name, frame in frames.items()}
    fleets = {name: _by_key(frame, tables.FLEET) for name, frame in fleets.items()}
    families = {name: _by_key(frame, tables.FUELS) for name, frame in families.items()}
    return ProfileSet(
        name=settings["name"],
        title=settings["title"],
        citation=settings["citation"],
        licence=settings["licence"],
        folder=folder,
        sha256=digest.hexdigest(),
        defaults=settings["defaults"],
        pole=settings["pole"],
        conditions=settings["conditions"],
        sources=frames["sources.csv"],
        hot=frames["hot.parquet"],
        segments=frames["segments.csv"],
        types=frames["types.csv"],
        nitrogen=frames["n2o_nh3.csv"],
        bc_fraction=frames["bc_fraction.csv"],
        electric=frames["electric.csv"],
        electricity=frames["electricity.csv"],
        fuels=frames["fuels.csv"],
        wear=frames["wear.csv"],
        wear_fractions=frames["wear_fractions.csv"],
        wear_speed=frames["wear_speed.csv"],
        gwp=frames["gwp.csv"],
        none_by_definition=frames["none_by_definition.csv"],
        not_estimated=frames["not_estimated.csv"],
        substitutes=frames["substitutes.csv"],
        mappings=frames["mappings.csv"],
        hot_tables=frames["hot_tables.csv"],
        corrections=frames["corrections.csv"],
        exceptions=frames["exceptions.csv"],
        equivalents=frames["equivalents.csv"],
        origins=frames["origins.csv"],
        biofuels=frames["biofuels.csv"],
        blends=frames["blends.csv"],
        freight=frames["freight.csv"],
        cooling_units=frames["cooling_units.csv"],
        cabin=frames["cabin.csv"],
        cabin_demand=frames["cabin_demand.csv"],
        grid_losses=frames["grid_losses.csv"],
        processes={
            table.name.removesuffix(".csv"): frames[table.name] for table in process_tables.ALL
        },
        fleets=fleets,
        fuel_family=settings["fuel_family"],
        fuel_families=families,
    )


def _no_rows(table: Table) -> pd.DataFrame:
    """Return a table of the right form without a row."""
    return pd.DataFrame(
        {
            c.name: pd.Series(dtype="object" if c.dtype == "string" else c.dtype)
            for c in table.columns
        }
    )


def _read_settings(path: Path, digest: Any, faults: Faults) -> dict[str, Any]:
    """Read `set.toml`; what is missing or no number is noted."""
    try:
        check_file(path)
        content = path.read_bytes()
        digest.update(content)
        settings = tomllib.loads(content.decode("utf-8"))
    except InputError as error:
        faults.take(error)
        return {}
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.add(f"{path} must be TOML: {error}.")
        return {}
    settings.setdefault("fuel_family", settings.get("name"))
    for name in ("name", "title", "citation", "licence", "fuel_family"):
        if not isinstance(settings.get(name), str):
            faults.add(f"`{name}` of {path} must be text: {settings.get(name)!r} found.")
    for block, names in (("defaults", _DEFAULTS), ("pole", _POLE)):
        values = settings.setdefault(block, {})
        for name in names:
            value = values.get(name)
            if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
                faults.add(f"`{block}.{name}` of {path} must be a number > 0: {value!r} found.")
    _check_conditions(settings.setdefault("conditions", {}), path, faults)
    for name in ("charging_efficiency_ac", "charging_efficiency_dc"):
        value = settings["defaults"].get(name)
        if isinstance(value, int | float) and value > 1:
            faults.add(f"`defaults.{name}` of {path} must be <= 1: {value} found.")
    return settings


def _check_conditions(conditions: dict[str, Any], path: Path, faults: Faults) -> None:
    """Note conditions of `set.toml` that are unknown, no number or make no sense."""
    for name, value in conditions.items():
        unit, low, high = correction_tables.CONDITIONS.get(name, ("", 0.0, -1.0))
        if name not in _STATES:
            faults.add(
                f"`conditions` of {path} must be among {', '.join(_STATES)}: {name!r} found."
            )
        elif isinstance(value, bool) or not isinstance(value, int | float):
            faults.add(f"`conditions.{name}` of {path} must be a number: {value!r} found.")
        elif not low <= value <= high:
            faults.add(
                f"`conditions.{name}` of {path} must be >= {low:g} and <= {high:g} [{unit}]: "
                f"{value} found."
            )


def _read_table(path: Path, table: Table, digest: Any, faults: Faults) -> pd.DataFrame:
    """Read one table as its file has it; its faults are noted."""
    try:
        frame = read_parquet(path) if path.suffix == ".parquet" else read_csv(path, table, faults)
    except InputError as error:
        faults.take(error)
        return pd.DataFrame(columns=list(table.names))
    digest.update(path.name.encode())
    digest.update(path.read_bytes())
    for column in table.columns:
        if column.optional and column.name not in frame.columns:
            frame[column.name] = pd.NA
    first_line = 2 if path.suffix == ".csv" else None
    check_table(frame, table, str(path), faults, first_line=first_line)
    return frame


def _by_key(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Sort a table by its key; until then its rows are those of the file, for the faults."""
    key = [name for name in table.key if name in frame.columns]
    return frame.sort_values(key, kind="stable", na_position="first", ignore_index=True)


def _check_references(
    frames: dict[str, pd.DataFrame], fleets: dict[str, pd.DataFrame], faults: Faults
) -> None:
    """Note every name that one table uses and another does not give."""
    known_sources = frames["sources.csv"]["source"]
    for name, frame in [*frames.items(), *((f"fleets/{n}.csv", f) for n, f in fleets.items())]:
        for column in ("source", "sulphur_source"):
            if column in frame and name != "sources.csv":
                _check_known(frame[column], known_sources, f"`{column}` of {name}", faults)
    hot = frames["hot.parquet"]
    wrong = ((hot["quantity"] == "energy") != (hot["unit"] == "MJ/km")).to_numpy()
    if wrong.any():
        found = first_of(wrong, lambda i: f"{hot['segment'].iloc[i]} {hot['quantity'].iloc[i]}")
        faults.add(f"`unit` of hot.parquet must be MJ/km for energy, else g/km: {found}.")
    wrong = (hot["speed_min_kmh"] >= hot["speed_max_kmh"]).to_numpy()
    if wrong.any():
        found = first_of(wrong, lambda i: f"{hot['segment'].iloc[i]} {hot['quantity'].iloc[i]}")
        faults.add(f"`speed_min_kmh` of hot.parquet must be < `speed_max_kmh` [km/h]: {found}.")
    types = frames["types.csv"]
    segments = frames["segments.csv"]["segment"]
    for column, known, where in (
        ("hot_segment", segments, "segments.csv"),
        ("electric_curve", frames["electric.csv"]["curve"], "electric.csv"),
        ("nitrogen_group", frames["n2o_nh3.csv"]["group"], "n2o_nh3.csv"),
        ("bc_group", frames["bc_fraction.csv"]["group"], "bc_fraction.csv"),
        ("wear_group", frames["wear.csv"]["wear_group"], "wear.csv"),
        ("fuel", frames["fuels.csv"]["fuel"], "fuels.csv"),
        ("tank_curve", frames["electric.csv"]["curve"], "electric.csv"),
        ("cooling_unit", frames["cooling_units.csv"]["cooling_unit"], "cooling_units.csv"),
    ):
        _check_known(types[column], known, f"`{column}` of types.csv", faults, where)
    for column, file, known in (
        ("curve", "cabin.csv", frames["electric.csv"]["curve"]),
        ("fuel", "blends.csv", frames["fuels.csv"]["fuel"]),
        ("biofuel", "blends.csv", frames["biofuels.csv"]["biofuel"]),
    ):
        _check_known(frames[file][column], known, f"`{column}` of {file}", faults)
    _check_known(hot["segment"], segments, "`segment` of hot.parquet", faults)
    _check_base(frames["hot_tables.csv"], hot, segments, faults)
    _check_known(
        frames["equivalents.csv"]["vehicle_type"], types["vehicle_type"],
        "`vehicle_type` of equivalents.csv", faults, "types.csv",
    )  # fmt: skip
    _check_known(
        frames["electric.csv"]["shape_segment"], segments, "`shape_segment` of electric.csv", faults
    )
    for name, frame in fleets.items():
        _check_known(
            frame["vehicle_type"], types["vehicle_type"], f"`vehicle_type` of fleets/{name}.csv",
            faults, "types.csv",
        )  # fmt: skip
        given = frame.merge(types[["vehicle_type", "vehicle_class"]], on="vehicle_type")
        other = given[given["vehicle_class_x"] != given["vehicle_class_y"]]
        if len(other):
            first = other.iloc[0]
            faults.add(
                f"`vehicle_type` of fleets/{name}.csv must be of the row's vehicle class: "
                f"{len(other)} of {len(frame)} are not, first {first['vehicle_type']} in the class "
                f"{first['vehicle_class_x']} (it is of {first['vehicle_class_y']})."
            )


def _check_base(base: pd.DataFrame, hot: pd.DataFrame, segments: pd.Series, faults: Faults) -> None:
    """Note base factors without a segment, of a wrong unit, or that a curve gives too."""
    _check_known(base["segment"], segments, "`segment` of hot_tables.csv", faults, "segments.csv")
    key = base["segment"] + " " + base["quantity"]
    wrong = ((base["quantity"] == "energy") != (base["unit"] == "MJ/km")).to_numpy()
    if wrong.any():
        faults.add(
            "`unit` of hot_tables.csv must be MJ/km for energy, else g/km: "
            f"{first_of(wrong, lambda i: key.iloc[i])}."
        )
    twice = key.isin(hot["segment"] + " " + hot["quantity"]).to_numpy()
    if twice.any():
        faults.add(
            "A quantity of a segment must stand in hot.parquet or in hot_tables.csv, once: "
            f"{first_of(twice, lambda i: key.iloc[i])}."
        )


def _check_known(
    values: pd.Series, known: pd.Series, label: str, faults: Faults, where: str = ""
) -> None:
    bad = ~values.isin(known).to_numpy() & values.notna().to_numpy()
    if bad.any():
        is_text = ".csv" in label
        found = first_of(bad, lambda i: f"line {i + 2}" if is_text else f"row {i + 1}", values)
        faults.add(
            f"{label} must be a name given in {where or 'its table'}: {found}. "
            f"Names given: {listed(known.drop_duplicates())}."
        )
