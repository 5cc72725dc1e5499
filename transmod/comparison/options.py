"""What two runs were asked, side by side: where they differ, and which cause it stands in."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from transmod.inputs.network_files import (
    BOUNDARY_FILE,
    DISTRICTS_FILE,
    LINKS_FILE,
    NETWORK_FILES,
    SOURCE_FILE,
)
from transmod.intake.source_files import MOVEMENTS

Manifest = dict[str, Any]

# where files lie and what a run is called makes no amount
_UNTOLD = {"title", "extends", "without", "outputs", "network.path", SOURCE_FILE}
# what makes a difference of method, or of what is compared, and where it is counted
_WARNED = {
    "version": "the runs were computed by different versions of transmod",
    "year": "the runs stand for different years",
    "timezone": "hours are of different clocks",
    "calendar.period": "amounts stand for different times, so differences of amounts mean nothing",
    "accounting.rule": "lines are counted by different rules: in the cause `method`",
    "accounting.gwp": "CO2 equivalents have other warming potentials: in the cause `method`",
    "accounting.held": "other sources are held elsewhere: in the cause `method`",
    "reconciliation": "calibrated otherwise: what only one run adds is activity; set the ledgers "
    "side by side without the process `calibration`",
    "profiles.set": "factors are of different sets: in the cause `method`",
    "movements": "factors of aircraft, ships, trains and machines differ: in the cause `method`",
    "profiles.processes": "other processes are counted: in the cause `method`",
    "profiles.mileage_km": "factors are taken at another mileage: in the cause `factors`",
    "traffic.kind": "volumes are of another kind",
    "traffic.unit": "volumes are in another unit",
    "traffic.speed": "speeds are computed in another way: in the cause `speed`",
    "climate": "temperatures are given for other months or not at all: in `factors` or `method`",
}
_NETWORK = {
    LINKS_FILE: (
        "the networks differ: links are not compared, and what the other network did stands in "
        "`activity` and `speed`"
    ),
    BOUNDARY_FILE: "the boundaries differ: what was inside is not the same, in `activity`",
    DISTRICTS_FILE: "the districts differ: one that only one run has is all `activity`",
}


@dataclass(frozen=True)
class OptionDifference:
    """
    An option or file in which two runs differ.

    `warning` says what that means where it is one of method or of what is compared; None: it is
    a change that a scenario makes.
    """

    what: str
    a: str | None
    b: str | None
    warning: str | None


def compare_options(a: Manifest, b: Manifest) -> tuple[OptionDifference, ...]:
    """
    List the options and files in which two runs differ.

    Parameters
    ----------
    a, b : dict
        Manifests of the runs. Files are compared by what they are for and by their hash, so a copy
        under another name is the same file.

    Returns
    -------
    tuple of OptionDifference
        Those with a warning first.
    """
    named = [_flatten(manifest["options"]) | _hashes_by_use(manifest) for manifest in (a, b)]
    for manifest, own in zip((a, b), named, strict=True):
        own["version"] = manifest["version"]
    found = [
        OptionDifference(key, named[0].get(key), named[1].get(key), _warning(key))
        for key in sorted({*named[0], *named[1]} - _UNTOLD)
        if named[0].get(key) != named[1].get(key)
    ]
    return tuple(sorted(found, key=lambda one: one.warning is None))


def network_hash(manifest: Manifest, name: str = LINKS_FILE) -> str | None:
    """Return the SHA-256 of a file of a run's network; None where it has no such file."""
    folder = Path(manifest["options"]["network"]["path"])
    found: str | None = manifest["inputs"].get((folder / name).as_posix())
    return found


def set_tables(manifest: Manifest, name: str) -> dict[str, str]:
    """Return the SHA-256 of the tables of factors of a set, by path; fleets are no factors."""
    out = {}
    for path, value in manifest["inputs"].items():
        folders = PurePosixPath(path).parts
        if name in folders[:-1]:
            table = "/".join(folders[folders.index(name) + 1 :])
            if not table.startswith("fleets/"):
                out[table] = value
    return out


def set_name(manifest: Manifest) -> str:
    """Return the name of the set of road vehicles."""
    return PurePosixPath(manifest["options"]["profiles"]["set"]).name


def _hashes_by_use(manifest: Manifest) -> dict[str, str]:
    """Return the hash of each input file, by the option that names it; a set has one hash."""
    inputs = manifest["inputs"]
    out = {key: inputs[v] for key, v in _flatten(manifest["options"]).items() if v in inputs}
    for name in NETWORK_FILES:
        value = network_hash(manifest, name)
        if value is not None:
            out[name] = value
    for name, key in ((set_name(manifest), "profiles.set"), (MOVEMENTS, MOVEMENTS)):
        tables = set_tables(manifest, name)
        if tables:
            text = json.dumps(tables, sort_keys=True)
            out[key] = f"{name} {hashlib.sha256(text.encode()).hexdigest()}"
    return out


def _warning(name: str) -> str | None:
    if name in _NETWORK:
        return _NETWORK[name]
    for key, sentence in _WARNED.items():
        if name == key or name.startswith(f"{key}."):
            return sentence
    return None


def _flatten(options: Any, place: str = "") -> dict[str, str]:
    """Return each value of nested options as text, by its dotted name."""
    if isinstance(options, dict):
        parts = [_flatten(v, f"{place}.{k}" if place else str(k)) for k, v in options.items()]
        return {key: value for part in parts for key, value in part.items()}
    if isinstance(options, list) and any(isinstance(value, dict) for value in options):
        named = ((f"{place}.{i}", _say(value)) for i, value in enumerate(options, start=1))
        return dict(named)
    if isinstance(options, list):
        return {place: ", ".join(str(value) for value in options)} if options else {}
    return {place: str(options)}


def _say(table: dict[str, Any]) -> str:
    """Return a table of a list, such as a measure, as one line."""
    named = {key: value for key, value in table.items() if key not in ("kind", "name")}
    head = [str(table[key]) for key in ("name", "kind") if key in table][:1]
    return "; ".join([*head, *(f"{key} {value}" for key, value in _flatten(named).items())])
