"""What a scenario changes of its base: `[[measures]]`, in the order in which they apply."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainValidator

from transmod.errors import Faults
from transmod.scenario.measure import AnyMeasure, name_measure

# by the module that has their records, which is read when a scenario has one of them
_KINDS = {
    "traffic_measures": (
        "scale_traffic",
        "close_road",
        "build_road",
        "reassign_traffic",
        "limit_speed",
        "restrict_access",
        "shift_mode",
        "shift_freight_to_rail",
        "off_peak_delivery",
        "consolidate_freight",
    ),
    "fleet_measures": (
        "set_fleet_share",
        "retire_types",
        "renew_fleet",
        "blend_fuel",
        "change_grid",
    ),
}
KINDS = tuple(kind for kinds in _KINDS.values() for kind in kinds)


def find_record(kind: Any) -> type[AnyMeasure] | None:
    """Return the record of a kind of measure; None where there is no such kind."""
    for name, kinds in _KINDS.items():
        if kind in kinds:
            module = import_module(f"transmod.scenario.{name}")
            record: type[AnyMeasure] = getattr(module, str(kind).title().replace("_", ""))
            return record
    return None


def to_measure(value: Any) -> AnyMeasure:
    """
    Prove a measure as its kind asks for, and no other.

    Raises
    ------
    ValueError
        If it has no kind, or none that is known.
    """
    if isinstance(value, AnyMeasure):
        return value
    if not isinstance(value, Mapping):
        msg = f"a measure must be a table with a `kind`: {value!r} found"
        raise ValueError(msg)
    kind = value.get("kind")
    record = find_record(kind)
    if record is None:
        near = difflib.get_close_matches(str(kind), KINDS, n=1)
        hint = f"Did you mean '{near[0]}'? " if near and kind is not None else ""
        found = "not found" if kind is None else f"{kind!r} found"
        msg = f"`kind` must be that of a measure: {found}. {hint}Valid: {', '.join(KINDS)}"
        raise ValueError(msg)
    return record.model_validate(value)


Measure = Annotated[AnyMeasure, PlainValidator(to_measure)]


def find_settings(measures: Sequence[AnyMeasure]) -> dict[str, dict[str, Any]]:
    """
    Return the keys of a scenario that measures set, by table; a dot leads into an inner table.

    Raises
    ------
    InputError
        If two measures set a key to different values.
    """
    faults = Faults()
    tables: dict[str, dict[str, Any]] = {}
    by: dict[str, str] = {}
    for place, measure in enumerate(measures, 1):
        what = name_measure(place, measure.name, measure.kind)
        for table, keys in measure.settings().items():
            for key, value in keys.items():
                name = f"{table}.{key}"
                former = tables.setdefault(table, {}).setdefault(key, value)
                if former != value:
                    faults.add(
                        f"Measures must not contradict each other: {by[name]} sets `{name}` to "
                        f"{former!r}, {what} to {value!r}. Take one of them out; "
                        "`without = ['measures']` leaves out those of the run that is extended."
                    )
                by.setdefault(name, what)
    faults.raise_any()
    return tables


def check_overruled(said: Mapping[str, Any], measures: Sequence[AnyMeasure], path: Path) -> None:
    """
    Make sure that a scenario says no key that measures of its base set to something else.

    Raises
    ------
    InputError
        With every such key: what is said would not hold, as measures come after all keys.
    """
    faults = Faults()
    for table, keys in find_settings(measures).items():
        for key, value in keys.items():
            own: Any = said.get(table)
            for name in key.split("."):
                own = own.get(name) if isinstance(own, Mapping) else None
            if own is not None and own != value:
                faults.add(
                    f"{path}: `{table}.{key}` must not be said beside a measure of the run that is "
                    f"extended: that sets it to {value!r}, {own!r} found. Take it out, or say "
                    "without = ['measures']."
                )
    faults.raise_any()


def measure_files(measures: Sequence[AnyMeasure]) -> list[Path]:
    """Return the files that measures name, as they name them."""
    named = (getattr(measure, key) for measure in measures for key in type(measure).model_fields)
    return list(dict.fromkeys(value for value in named if isinstance(value, Path)))
