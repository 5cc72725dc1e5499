"""
Read the TOML that says what the columns of a planner's link layer are.

::

    direction = "per_link"                # or "both": each line is a road of two directions

    [columns]                             # ours = theirs
    name = "street"
    length_m = { column = "lkm", unit = "km" }
    free_speed_kmh = { column = "ffs", unit = "km/h", missing = [0] }
    lanes = { column = "lanes", both_directions = true }  # half of it for each direction
    road_class = { column = "type", values = { "1" = "motorway", "2" = "primary" } }

    [constants]                           # ours = one value for all links
    is_urban = true

What is neither mapped nor constant is assumed by road class and marked in `imputed`. A `road_class`
may be written as OpenStreetMap does: `motorway_link` is a ramp of the class `motorway`.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transmod.errors import Faults, InputError
from transmod.inputs.tables import check_file
from transmod.schema import LINKS
from transmod.units import KIND

COLUMNS = tuple(name for name in LINKS.names if name not in ("geometry", "imputed"))
DIRECTIONS = ("per_link", "both")

# unit in which a column is kept, of those that may come in another
UNITS = {"length_m": "m", "free_speed_kmh": "km/h"}
# columns of which a road of two directions has half in each
HALVED = ("lanes", "capacity_pcu_h")

_KEYS = ("column", "unit", "values", "missing", "both_directions")


@dataclass(frozen=True)
class ColumnSource:
    """
    Where a column of ours comes from.

    Attributes
    ----------
    column : str
        Their column.
    unit : str or None
        Unit of their numbers; None: ours.
    values : dict
        Their value, as text, -> ours.
    missing : tuple
        Values that stand for "unknown".
    both_directions : bool
        Their number counts both directions.
    """

    column: str
    unit: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    missing: tuple[Any, ...] = ()
    both_directions: bool = False


@dataclass(frozen=True)
class LinkColumns:
    """What the columns of a link layer are."""

    direction: str
    columns: dict[str, ColumnSource]
    constants: dict[str, Any]


def read_link_columns(path: Path) -> LinkColumns:
    """
    Read and check a column mapping.

    Raises
    ------
    InputError
        With every fault: unknown keys (the nearest valid name is offered), units and values.
    """
    check_file(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} must be a TOML file: {error}.") from error
    faults = Faults()
    _check_keys(content, ("direction", "columns", "constants"), str(path), faults)
    direction = content.get("direction", "per_link")
    if direction not in DIRECTIONS:
        faults.add(
            f"`direction` of {path} must be one of {', '.join(DIRECTIONS)}: {direction!r} found."
        )
    for name in ("columns", "constants"):
        if not isinstance(content.get(name, {}), dict):
            faults.add(f"`{name}` of {path} must be a table: {content[name]!r} found.")
    faults.raise_any()
    constants = content.get("constants", {})
    _check_keys(constants, COLUMNS, f"`constants` of {path}", faults)
    sources = content.get("columns", {})
    _check_keys(sources, COLUMNS, f"`columns` of {path}", faults)
    columns = {
        name: _read_source(name, value, path, faults)
        for name, value in sources.items()
        if name in COLUMNS
    }
    both = sorted(set(columns) & set(constants))
    if both:
        faults.add(f"{path} must map a column or set it constant: {', '.join(both)} is both.")
    if "road_class" not in {*columns, *constants}:
        faults.add(
            f"{path} must say what `road_class` is: neither in `columns` nor in `constants`. One "
            f"of {', '.join(LINKS['road_class'].choices or ())}."
        )
    faults.raise_any()
    return LinkColumns(direction, columns, constants)


def _read_source(name: str, value: Any, path: Path, faults: Faults) -> ColumnSource:
    label = f"`columns.{name}` of {path}"
    if isinstance(value, str):
        return ColumnSource(value)
    if not isinstance(value, dict) or not isinstance(value.get("column"), str):
        faults.add(f"{label} must name a column: {value!r} found.")
        return ColumnSource("")
    _check_keys(value, _KEYS, label, faults)
    unit = value.get("unit")
    if unit is not None:
        ours = UNITS.get(name)
        fitting = [u for u in KIND if ours and KIND[u][0] == KIND[ours][0]]
        if unit not in fitting:
            faults.add(
                f"`unit` of {label} must be {' or '.join(fitting) or 'left out'}: {unit!r} found."
            )
    if value.get("both_directions", False) and name not in HALVED:
        faults.add(
            f"`both_directions` of {label} must be left out: only {', '.join(HALVED)} halve."
        )
    missing = value.get("missing", ())
    return ColumnSource(
        column=value["column"],
        unit=unit,
        values={str(key): ours for key, ours in value.get("values", {}).items()},
        missing=tuple(missing) if isinstance(missing, list | tuple) else (missing,),
        both_directions=bool(value.get("both_directions", False)),
    )


def _check_keys(found: Iterable[str], valid: tuple[str, ...], label: str, faults: Faults) -> None:
    for key in found:
        if key not in valid:
            near = difflib.get_close_matches(key, valid, 1)
            offer = f" Did you mean {near[0]}?" if near else ""
            faults.add(f"Keys of {label} must be of {', '.join(valid)}: {key!r} found.{offer}")
