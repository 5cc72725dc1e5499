"""Faults that proving a scenario finds, in words: what must hold, what was found, the way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from transmod.scenario.measure import name_measure
from transmod.scenario.measures import find_record

Place = tuple[int | str, ...]

# what must hold, by what the fault is called, or what that begins with
_MUST = {
    "string_type": "must be text in quotes",
    "string_too_short": "must be text of at least {min_length} letters",
    "string_too_long": "must be text of at most {max_length} letters",
    "float": "must be a number",
    "finite_number": "must be a finite number",
    "int": "must be a whole number",
    "bool": "must be true or false",
    "date": "must be a date such as 2030-01-31",
    "path_type": "must be the path of a file or folder, in quotes",
    "tuple_type": "must be a list in square brackets",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "literal_error": "must be one of {expected}",
    "too_short": "must have at least {min_length} values",
    "too_long": "must have at most {max_length} values",
}
_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_BEYOND = ("greater_than", "less_than")
_KEY = "[key]"  # so pydantic marks a fault of a key
_LONGEST = 60


def to_sentences(
    error: ValidationError, content: Mapping[str, Any], record: type[BaseModel], path: Path
) -> list[str]:
    """
    Say each fault once, in the order in which they were found.

    Parameters
    ----------
    error : ValidationError
        What proving a scenario found.
    content : mapping
        What was proved.
    record : type
        What it was proved as.
    path : Path
        File that a sentence begins with.
    """
    found: dict[Place, list[dict[str, Any]]] = {}
    for fault in error.errors():
        lacks = fault["type"] == "missing"
        place = _take_out_labels(fault["loc"], content, lacks=lacks)
        found.setdefault(place, []).append({**fault})
    sentences = []
    for place, faults in found.items():
        is_beneath = any(other[: len(place)] == place for other in found if other != place)
        if isinstance(faults[0]["input"], Mapping) and is_beneath and _are_of_kind(faults):
            continue  # a table where one value could stand too: its faults are told
        sentences.append(f"{path}: {_say(place, faults, content, record)}")
    return sentences


def name_place(place: Place, content: Any) -> str:
    """
    Name a place of a scenario: `` `share` of measure 2 ('Electric buses')``, counted from 1.

    Parameters
    ----------
    place : tuple
        Keys and numbers of entries, from 0, from the outside.
    content : mapping
        In which it lies.
    """
    keys: list[str] = []
    around, value = "", content
    for part in place:
        value = _take(value, part)
        if isinstance(part, str):
            keys.append(part)
            continue
        *outer, last = keys or [""]
        if last == "measures":
            said = value if isinstance(value, Mapping) else {}
            name = name_measure(part + 1, said.get("name"), said.get("kind"))
            around = f" of {name}{_of(outer)}{around}"
        else:
            what = "entry" if isinstance(value, Mapping) else "value"
            around = f" of {what} {part + 1}{_of(keys)}{around}"
        keys = []
    return f"`{'.'.join(keys)}`{around}" if keys else around.removeprefix(" of ")


def _of(keys: Sequence[str]) -> str:
    return f" of `{'.'.join(keys)}`" if keys else ""


def say_unknown_key(place: Place, content: Any, valid: Sequence[str]) -> str:
    """Say that a scenario has no such key, and which ones it has there."""
    near = difflib.get_close_matches(str(place[-1]), valid, n=1)
    hint = f"Did you mean `{near[0]}`? " if near else ""
    return f"{name_place(place, content)} is no key of a scenario. {hint}Valid: {', '.join(valid)}."


def _take_out_labels(place: Place, content: Any, *, lacks: bool) -> Place:
    """Leave the keys and numbers of a place; what pydantic calls the kinds of a value goes."""
    kept: list[int | str] = []
    value = content
    for i, part in enumerate(place):
        is_there = _holds(value, part)
        if is_there or part == _KEY or (lacks and i == len(place) - 1):
            kept.append(part)
            value = _take(value, part) if is_there else None
    return tuple(kept)


def _holds(value: Any, part: int | str) -> bool:
    if isinstance(value, Mapping):
        return part in value
    return isinstance(value, list | tuple) and isinstance(part, int) and part < len(value)


def _take(value: Any, part: int | str) -> Any:
    return value[part] if _holds(value, part) else None


def _say(place: Place, faults: list[dict[str, Any]], content: Any, record: type[BaseModel]) -> str:
    first, name = faults[0], name_place(place, content)
    if first["type"] == "extra_forbidden":
        return say_unknown_key(place, content, list(_find_record(place, content, record)))
    if first["type"] == "missing":
        return f"{name} must be given: not found."
    if first["type"] == "value_error":
        return _say_own(str(first["ctx"]["error"]), name, first["input"])
    if place[-1:] == (_KEY,):
        name = f"a key of {name_place(place[:-2], content)}"
    fields = _find_record(place, content, record)
    field = next((fields[part] for part in reversed(place) if part in fields), None)
    of_value = [fault for fault in faults if not _are_of_kind([fault])] or faults
    must = list(dict.fromkeys(_say_must(fault, field) for fault in of_value))
    value = of_value[0]["input"]
    more = "".join(f" or {one.removeprefix('must be ')}" for one in must[1:])
    return f"{name} {must[0]}{more}: {_show(value)} found.{_way_out(of_value[0])}"


def _say_own(message: str, name: str, value: Any) -> str:
    """Say a fault that a record told in its own words."""
    if not name:  # of several keys together
        return f"{message}."
    joint = " " if message.startswith(("must ", "needs ")) else ": "
    is_told = isinstance(value, Mapping) or "found" in message or _show(value) in message
    return f"{name}{joint}{message}" + ("." if is_told else f": {_show(value)} found.")


def _are_of_kind(faults: list[dict[str, Any]]) -> bool:
    """Say whether values are of a wrong kind, not too large or too many."""
    return all(
        fault["type"].endswith(("_type", "_parsing", "_from_float", "_inexact")) for fault in faults
    )


def _say_must(fault: dict[str, Any], field: Any) -> str:
    kind, bounds = fault["type"], fault.get("ctx", {})
    if kind.startswith(_BEYOND):
        return f"must be {_say_bounds({**bounds, **dict(_bounds_of(field))})}"
    if bounds.get("min_length") == 1:
        return "must not be empty"
    for start in (kind, kind.split("_")[0]):
        if start in _MUST:
            return _MUST[start].format(**bounds)
    return "must be another value"


def _say_bounds(bounds: Mapping[str, Any]) -> str:
    said = {name: f"{bounds[name]:.12g}" for name in _BOUNDS if name in bounds}
    if set(said) == {"ge", "le"}:
        return f"from {said['ge']} to {said['le']}"
    return " and ".join(f"{_BOUNDS[name]} {value}" for name, value in said.items())


def _bounds_of(annotation: Any) -> Iterator[tuple[str, Any]]:
    """Yield the bounds that a field or its annotation names, at any depth."""
    metadata: Any = getattr(annotation, "metadata", ()) or getattr(annotation, "__metadata__", ())
    for one in metadata:
        for name in _BOUNDS:
            if getattr(one, name, None) is not None:
                yield name, getattr(one, name)
        yield from _bounds_of(one)
    for part in get_args(getattr(annotation, "annotation", annotation)):
        yield from _bounds_of(part)


def _way_out(fault: dict[str, Any]) -> str:
    value, kind = fault["input"], fault["type"]
    bounds = fault.get("ctx", {})
    most = bounds.get("le", bounds.get("lt"))
    if most is not None and most <= 1.0 < float(value) <= 100.0:
        return f" {float(value):g} % is {float(value) / 100.0:g}."
    if kind == "literal_error" and isinstance(value, str):
        valid = [name.strip("'") for name in bounds["expected"].replace(" or ", ", ").split(", ")]
        near = difflib.get_close_matches(value, valid, n=1)
        return f" Did you mean '{near[0]}'?" if near else ""
    return ""


def _show(value: Any) -> str:
    """Say a value as a scenario writes it, or what it is where that is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, Path | date):
        return f"'{value}'"
    if isinstance(value, list | tuple):
        said = f"[{', '.join(_show(one) for one in value)}]"
        return said if len(said) <= _LONGEST else f"a list of {len(value)}"
    return repr(value)


def _find_record(place: Place, content: Any, record: type[BaseModel]) -> dict[str, Any]:
    """Return the fields of the record that a place lies in."""
    value = content
    for part in place[:-1]:
        value = _take(value, part)
        if not isinstance(part, int) and part in record.model_fields:
            record = _record_in(record.model_fields[part].annotation) or record
        elif place[0] == "measures" and part == place[1] and isinstance(value, Mapping):
            record = find_record(value.get("kind")) or record
    return dict(record.model_fields)


def _record_in(annotation: Any) -> type[BaseModel] | None:
    """Return the record that an annotation holds, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_record_in(part) for part in get_args(annotation))
    return next((record for record in inner if record is not None), None)
