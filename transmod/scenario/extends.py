"""A scenario that extends another: what it says lies over what its base says."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transmod.errors import Faults, InputError

# what a scenario says of itself alone
_OWN = ("title", "extends", "without")
# keys that hold a name, or a file if it ends so: no other text is one
_NAMES_OR_FILES = ("mix", "rule", "temporal_profile")
_FILE_ENDING = ".csv"
# of these tables' keys only one may be given: a child's takes the place of its base's
_ALTERNATIVES = {"fleet": ("mix", "stock", "sales")}


def move_paths(content: Any, base: Path, run: Path) -> Any:
    """
    Say paths from another folder.

    Parameters
    ----------
    content : dict, list or value
        What a scenario says, its files as `Path`; a fleet, rule or profile that ends with `.csv` is
        a file too, and so is a factor set that lies beside the run.
    base, run : Path
        Folder that they are relative to, and folder that they shall be relative to.
    """
    if isinstance(content, Mapping):
        moved = {
            key: _move(value, base, run)
            if key in _NAMES_OR_FILES and isinstance(value, str) and value.endswith(_FILE_ENDING)
            else move_paths(value, base, run)
            for key, value in content.items()
        }
        own_set = content.get("set")
        if isinstance(own_set, str) and (base / own_set / "set.toml").is_file():
            moved["set"] = _move(own_set, base, run)
        return moved
    if isinstance(content, list | tuple):
        return [move_paths(value, base, run) for value in content]
    if isinstance(content, Path):
        return Path(_move(content, base, run))
    return content


def lay_over(base: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    """
    Lay what a child says over what its base says.

    Tables are merged key by key, `measures` are done after those of the base, all else is replaced.

    Raises
    ------
    InputError
        With every key of `without` that the base does not give.
    """
    merged = {key: value for key, value in base.items() if key not in _OWN}
    faults = Faults()
    for place in child.get("without", ()):
        if not _remove(merged, place.split(".")):
            faults.add(
                f"`without` must name keys that the base gives: '{place}' is none. It gives "
                f"{', '.join(base)}."
            )
    faults.raise_any()
    own = {**child}
    if "measures" in merged and isinstance(own.get("measures"), list):
        own["measures"] = [*merged["measures"], *own["measures"]]
    return _merge(merged, own, "")


def check_without(content: Mapping[str, Any], path: Path, place: str, faults: Faults) -> None:
    """Make sure that `without`, where it is said, is a list of keys; `place` leads to it."""
    without = content.get("without", [])
    if not isinstance(without, list) or not all(isinstance(key, str) for key in without):
        faults.add(
            f"{path}: `{place}without` must be a list of keys, such as ['measures']: "
            f"{without!r} found."
        )


def find_chain(run: Path, extends: Path, chain: Sequence[Path]) -> tuple[Path, ...]:
    """
    Return the folders from the scenario that was asked for down to this base.

    Raises
    ------
    InputError
        If the base is one of those that stand on it.
    """
    base = Path(os.path.normpath(run / extends))
    known = [*chain, run]
    if base.resolve() in [folder.resolve() for folder in known]:
        ring = " -> ".join(str(folder) for folder in [*known, base])
        raise InputError(
            f"`extends` must not lead back to a scenario that stands on it: {ring}. Take the "
            "`extends` out of one of them."
        )
    return (*known, base)


def _move(path: str | Path, base: Path, run: Path) -> str:
    if Path(path).is_absolute():  # the same from everywhere, and from another disk
        return Path(path).as_posix()
    return Path(os.path.relpath(base / path, run)).as_posix()


def _merge(base: Mapping[str, Any], child: Mapping[str, Any], place: str) -> dict[str, Any]:
    named = _ALTERNATIVES.get(place, ())
    replaced = named if any(key in child for key in named) else ()
    out = {key: value for key, value in base.items() if key not in replaced}
    for key, value in child.items():
        inner = out.get(key)
        both = isinstance(inner, Mapping) and isinstance(value, Mapping)
        out[key] = _merge(inner, value, key) if both and inner is not None else value
    return out


def _remove(table: dict[str, Any], keys: list[str]) -> bool:
    """Take a key out of nested tables, copying what is changed; say whether it was there."""
    first, *inner = keys
    if first not in table:
        return False
    if not inner:
        del table[first]
        return True
    if not isinstance(table[first], Mapping):
        return False
    table[first] = dict(table[first])
    return _remove(table[first], inner)
