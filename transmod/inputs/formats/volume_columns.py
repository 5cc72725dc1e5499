r"""
Read the TOML that says what the columns of a table or layer with volumes are.

::

    kind = "aadt"                     # aadt, aawdt or hourly
    unit = "veh"                      # or pcu
    direction = "both"                # a figure is of both directions; per_link: of the line's
    crs = "EPSG:2193"                 # of x and y
    latest = "Count Start Date"       # of several rows of a place the latest counts
    duplicates = "first"              # of rows that still stand twice the first; default: a fault
    shares_tolerance = 0.05           # how far from 1 the shares of a row may sum

    [columns]                         # of places and rows, ours = theirs
    place_id = ["Road", "From"]       # one column or several
    x = { column = "Place", pattern = 'E(\\d+)' }
    length_m = { column = "lkm", unit = "km" }
    heading_deg = { column = "dir", values = { N = 0, E = 90, S = 180, W = 270 } }
    hour = "hour"                     # rows are hours; first_hour = 1 if they count from 1

    [constants]                       # ours = one value for all
    road_class = "primary"

    [volumes]                         # class = theirs
    car = { column = "Car", share_of = "7 Day ADT" }
    bus = "bus"
    rigid_truck = { column = ["medium", "heavy"], times = 0.6 }     # their sum
    lcv = "van_{hour}"                # one column an hour

    [speeds]                          # class = theirs
    car = { column = "v", unit = "mph" }

Instead of `[volumes]` the columns `vehicle_class` and `volume` may be mapped, one class a row.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transmod.errors import Faults
from transmod.inputs.toml import read_toml
from transmod.inputs.traffic_source import KINDS, UNITS
from transmod.schema import PLACES, VEHICLE_CLASSES
from transmod.units import KIND

DIRECTIONS = ("per_link", "both")
DUPLICATES = ("fault", "first")
HOUR_MARK = "{hour}"
# columns of places that a table may give, and those that say what a row is
PLACE_COLUMNS = tuple(
    name for name in PLACES.names if name not in ("kind", "is_two_way", "geometry")
)
ROW_COLUMNS = ("x", "y", "hour", "vehicle_class", "trip_kind", "volume", "speed_kmh")

_UNITS = {"length_m": "m", "free_speed_kmh": "km/h", "speed_kmh": "km/h"}
_TOP = (
    "kind", "unit", "direction", "crs", "latest", "duplicates", "shares_tolerance", "first_hour",
    "columns", "constants", "volumes", "speeds",
)  # fmt: skip
_KEYS = ("column", "unit", "values", "missing", "pattern", "share_of", "times")


@dataclass(frozen=True)
class Theirs:
    """
    Where something of ours comes from.

    Attributes
    ----------
    columns : tuple of str
        Their column; several for a name made of them, or for numbers that are added up.
    unit : str or None
        Unit of their numbers; None: ours.
    values : mapping
        Their value, as text, -> ours; empty: as it is.
    missing : tuple of str
        Values, as text, that stand for unknown.
    pattern : str or None
        Regular expression whose first group is taken.
    share_of : str or None
        Column of which theirs is a share.
    times : float
        Factor on their numbers.
    """

    columns: tuple[str, ...]
    unit: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    pattern: str | None = None
    share_of: str | None = None
    times: float = 1.0


@dataclass(frozen=True)
class VolumeColumns:
    """What the columns of a table with volumes are; None where it is not said."""

    columns: Mapping[str, Theirs]
    volumes: Mapping[str, Theirs]
    speeds: Mapping[str, Theirs] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    kind: str | None = None
    unit: str | None = None
    direction: str = "per_link"
    crs: str | None = None
    latest: str | None = None
    duplicates: str = "fault"
    shares_tolerance: float = 0.05
    first_hour: int = 0


def read_volume_columns(path: Path) -> VolumeColumns:
    """
    Read and check a mapping of columns.

    Raises
    ------
    InputError
        With every fault: unknown keys (the nearest valid one is offered), units, patterns.
    """
    content = read_toml(path)
    faults = Faults()
    _check_keys(content, _TOP, str(path), faults)
    for name in ("columns", "constants", "volumes", "speeds"):
        if not isinstance(content.get(name, {}), dict):
            faults.add(f"`{name}` of {path} must be a table: {content[name]!r} found.")
    faults.raise_any()
    for name, valid in (
        ("kind", KINDS), ("unit", UNITS), ("direction", DIRECTIONS), ("duplicates", DUPLICATES),
    ):  # fmt: skip
        if name in content and content[name] not in valid:
            faults.add(
                f"`{name}` of {path} must be one of {', '.join(valid)}: {content[name]!r} found."
            )
    tolerance = content.get("shares_tolerance", 0.05)
    if not isinstance(tolerance, int | float) or not 0.0 <= tolerance < 1.0:
        faults.add(f"`shares_tolerance` of {path} must be 0 to 1: {tolerance!r} found.")
    if content.get("first_hour", 0) not in (0, 1):
        faults.add(f"`first_hour` of {path} must be 0 or 1: {content['first_hour']!r} found.")
    groups = {}
    for name, keys in (
        ("columns", (*PLACE_COLUMNS, *ROW_COLUMNS)),
        ("volumes", VEHICLE_CLASSES),
        ("speeds", VEHICLE_CLASSES),
    ):
        group = content.get(name, {})
        _check_keys(group, keys, f"`{name}` of {path}", faults)
        groups[name] = {
            key: _read_theirs(f"`{name}.{key}` of {path}", key, value, faults)
            for key, value in group.items()
        }
    constants = content.get("constants", {})
    _check_keys(constants, PLACE_COLUMNS, f"`constants` of {path}", faults)
    if bool(groups["volumes"]) == ("volume" in groups["columns"]):
        faults.add(
            f"{path} must say where volumes are: either in `volumes`, class by class, or by "
            f"`columns.volume` and `columns.vehicle_class`."
        )
    faults.raise_any()
    return VolumeColumns(
        columns=groups["columns"],
        volumes=groups["volumes"],
        speeds=groups["speeds"],
        constants=constants,
        kind=content.get("kind"),
        unit=content.get("unit"),
        direction=content.get("direction", "per_link"),
        crs=content.get("crs"),
        latest=content.get("latest"),
        duplicates=content.get("duplicates", "fault"),
        shares_tolerance=float(tolerance),
        first_hour=content.get("first_hour", 0),
    )


def guess_volume_columns(names: Iterable[str]) -> VolumeColumns | None:
    """Return what columns are that are called as ours; None if no volumes are among them."""
    found = set(names)
    columns = {name: Theirs((name,)) for name in (*PLACE_COLUMNS, *ROW_COLUMNS) if name in found}
    if "link_id" in found and "place_id" not in found:
        columns["place_id"] = Theirs(("link_id",))
    for ours, theirs in (("x", "lon"), ("y", "lat")):
        if theirs in found and ours not in found:
            columns[ours] = Theirs((theirs,))
    volumes = {name: Theirs((name,)) for name in VEHICLE_CLASSES if name in found}
    if "volume" in found and not volumes:
        return VolumeColumns(columns, {})
    if volumes and "volume" not in found:
        return VolumeColumns(columns, volumes)
    return None


def _read_theirs(label: str, name: str, value: Any, faults: Faults) -> Theirs:
    if isinstance(value, str):
        return Theirs((value,))
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return Theirs(tuple(value))
    column = value.get("column") if isinstance(value, dict) else None
    columns = tuple(column) if isinstance(column, list) else (column,)
    if not columns or not all(isinstance(item, str) for item in columns):
        faults.add(f"{label} must name a column: {value!r} found.")
        return Theirs(("",))
    _check_keys(value, _KEYS, label, faults)
    unit = value.get("unit")
    ours = _UNITS.get(name, "km/h" if ".speeds" in label or "`speeds" in label else None)
    if unit is not None:
        fitting = [u for u in KIND if ours and KIND[u][0] == KIND[ours][0]]
        if unit not in fitting:
            faults.add(
                f"`unit` of {label} must be {' or '.join(fitting) or 'left out'}: {unit!r} found."
            )
            unit = None
    pattern = value.get("pattern")
    if pattern is not None and not _is_pattern(pattern):
        faults.add(
            f"`pattern` of {label} must be a regular expression with one group: {pattern!r} found."
        )
        pattern = None
    missing = value.get("missing", ())
    return Theirs(
        columns=columns,
        unit=unit,
        values={str(key): item for key, item in value.get("values", {}).items()},
        missing=tuple(map(str, missing if isinstance(missing, list) else [missing])),
        pattern=pattern,
        share_of=value.get("share_of"),
        times=float(value.get("times", 1.0)),
    )


def _is_pattern(text: Any) -> bool:
    try:
        return re.compile(text).groups == 1
    except (re.error, TypeError):
        return False


def _check_keys(found: Iterable[str], valid: tuple[str, ...], label: str, faults: Faults) -> None:
    for key in found:
        if key not in valid:
            near = difflib.get_close_matches(key, valid, 1)
            offer = f" Did you mean {near[0]}?" if near else ""
            faults.add(f"Keys of {label} must be of {', '.join(valid)}: {key!r} found.{offer}")
