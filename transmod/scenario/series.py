"""Several scenarios from one file: `series.toml` says what they share and what each changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from transmod.errors import Faults
from transmod.inputs.toml import read_toml
from transmod.scenario import Scenario
from transmod.scenario.extends import check_without, lay_over, move_paths
from transmod.scenario.faults import Place, say_unknown_key
from transmod.scenario.measure import AnyMeasure
from transmod.scenario.measures import find_record

SERIES_FILE = "series.toml"
_VARIANTS = "variants"
# they would hide, leave the folder, or stand where results do
_FORBIDDEN = ("/", "\\", ":")
_TAKEN = ("results",)


@dataclass(frozen=True)
class Series:
    """
    What a `series.toml` asks for.

    `variants` holds what the `scenario.toml` of each says, by name, with paths from its own folder;
    `empty` names those that say nothing of their own.
    """

    title: str
    variants: Mapping[str, Mapping[str, Any]]
    empty: tuple[str, ...]


def read_series(folder: Path) -> Series:
    """
    Read `series.toml`: keys of a scenario that all variants share, and tables `[variants.NAME]`.

    Parameters
    ----------
    folder : Path
        Where it lies; its paths are relative to this folder.

    Raises
    ------
    InputError
        With every fault: no TOML (two variants of one name are none), no variant, names that are no
        folders or differ in capitals alone, keys that no scenario has.

    Notes
    -----
    What a variant says lies over the common keys as a scenario lies over its base: tables are
    merged, measures are done after the common ones. A variant that extends another one has the
    common keys from there. Values are proved when the variant is read.
    """
    path = folder / SERIES_FILE
    whole, faults = read_toml(path), Faults()
    variants = whole.get(_VARIANTS, {})
    content = {key: value for key, value in whole.items() if key != _VARIANTS}
    if not isinstance(variants, dict) or not variants:
        faults.add(
            f"{path} must have a table [{_VARIANTS}.NAME] for each variant: found none. To run one "
            "scenario, call the file scenario.toml."
        )
        faults.raise_all()
    reader = _Reader(path, whole, faults)
    _check_names(path, variants, faults)
    check_without(content, path, "", faults)
    common = reader.mark(content, Scenario, (), more=(_VARIANTS,))
    made = {}
    for name, said in variants.items():
        if not isinstance(said, dict):
            faults.add(f"{path}: `{_VARIANTS}.{name}` must be a table: found {said!r}.")
            continue
        check_without(said, path, f"{_VARIANTS}.{name}.", faults)
        own = reader.mark(said, Scenario, (_VARIANTS, name))
        # what stands on another variant has the common keys from there: measures are done once
        base = (folder / own.get("extends", "")).resolve()
        is_on_variant = base in [(folder / other).resolve() for other in variants]
        shared = {k: v for k, v in common.items() if k == "title" or not is_on_variant}
        if not faults:
            made[name] = move_paths(_lay(shared, own, name), folder, folder / name)
    faults.raise_any()
    empty = tuple(name for name, said in variants.items() if not set(said) - {"title"})
    return Series(str(content.get("title", folder.resolve().name)), made, empty)


def _lay(common: Mapping[str, Any], own: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Lay a variant over what all share."""
    title = own.get("title") or (f"{common['title']}: {name}" if "title" in common else name)
    without = [*common.get("without", ()), *own.get("without", ())]
    head = {"title": title}
    head |= {"extends": common["extends"]} if "extends" in common else {}
    said = {key: value for key, value in own.items() if key not in ("title", "without")}
    return head | ({"without": without} if without else {}) | lay_over(common, said)


def _check_names(path: Path, variants: Mapping[str, Any], faults: Faults) -> None:
    seen: dict[str, str] = {}
    for name in variants:
        if not name.strip() or name.startswith(".") or any(c in name for c in _FORBIDDEN):
            faults.add(
                f"{path}: the name of a variant must be that of a folder, without "
                f"{' '.join(_FORBIDDEN)} and no dot in front: found {name!r}."
            )
        elif name.casefold() in _TAKEN:
            faults.add(f"{path}: a variant must not be called {name!r}: choose another name.")
        former = seen.setdefault(name.casefold(), name)
        if former != name:
            faults.add(
                f"{path}: names of variants must differ in more than capitals, as some disks do "
                f"not tell these apart: found {former!r} and {name!r}. Rename one."
            )


@dataclass(frozen=True)
class _Reader:
    """Proves keys, and makes text a path where a scenario has a path."""

    path: Path
    whole: Mapping[str, Any]
    faults: Faults

    def mark(
        self,
        table: Mapping[str, Any],
        model: type[BaseModel],
        place: Place,
        more: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        out = {}
        for key, value in table.items():
            field = model.model_fields.get(key)
            if field is None:
                valid = [*model.model_fields, *more]
                self.faults.add(f"{self.path}: {say_unknown_key((*place, key), self.whole, valid)}")
            else:
                out[key] = self._mark_value(value, field.annotation, (*place, key))
        return out

    def _mark_value(self, value: Any, annotation: Any, place: Place) -> Any:
        kinds = list(_kinds(annotation))
        if isinstance(value, list):
            return [self._mark_value(one, annotation, (*place, i)) for i, one in enumerate(value)]
        if isinstance(value, str) and Path in kinds:
            return Path(value)
        if isinstance(value, dict) and dict not in kinds:  # keys of a dict are free
            model = next((kind for kind in kinds if issubclass(kind, BaseModel)), None)
            if model is AnyMeasure:
                model = find_record(value.get("kind"))
            return value if model is None else self.mark(value, model, place)
        return value


def _kinds(annotation: Any) -> Iterator[type]:
    """Yield the classes that an annotation names, at any depth."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        yield annotation
    elif isinstance(get_origin(annotation), type):
        yield get_origin(annotation)
    for part in get_args(annotation):
        yield from _kinds(part)
