"""Read what a person corrected in the review layer of a match."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio

from transmod.errors import Faults, InputError
from transmod.inputs.checks import listed
from transmod.inputs.tables import check_file

LAYERS = ("places", "points")
ABOUT_LAYER = "about"
ACCEPT, REJECT = "yes", "no"
_COLUMNS = ("place_id", "accept", "link_ids", "matched_ids")
_LIST = re.compile(r"\s*\d+(\s*,\s*\d+)*\s*")


@dataclass(frozen=True)
class Correction:
    """
    What a person said of a place.

    Attributes
    ----------
    accept : bool
        Whether the place is on the network at all.
    forward, backward : tuple of int
        Its links in driving order, in the direction drawn and against it.
    edited : bool
        Whether the links are other than those that were matched.
    """

    accept: bool
    forward: tuple[int, ...] = ()
    backward: tuple[int, ...] = ()
    edited: bool = False


def write_ids(forward: tuple[int, ...], backward: tuple[int, ...]) -> str:
    """
    Write the links of a place as in the review layer.

    Examples
    --------
    >>> write_ids((12, 14), (15, 13))
    '12,14 / 15,13'
    """
    parts = [",".join(map(str, ids)) for ids in (forward, backward)]
    return " / ".join(parts) if backward else parts[0]


def read_ids(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """
    Read links as `write_ids` writes them.

    Raises
    ------
    ValueError
        If the text is something else.
    """
    parts = text.split("/")
    if len(parts) > 2 or not all(_LIST.fullmatch(part) or not part.strip() for part in parts):
        raise ValueError(text)
    lists = [tuple(int(n) for n in part.split(",") if n.strip()) for part in parts]
    return lists[0], lists[1] if len(lists) > 1 else ()


def read_review(path: Path, *, network_sha256: str) -> dict[str, Correction]:
    """
    Read the corrections of a review layer: rows with `accept`, or with other links than matched.

    Parameters
    ----------
    path : Path
        GeoPackage that `transmod volumes match` wrote.
    network_sha256 : str
        Hash of the network that is matched to: links of another have other numbers.

    Returns
    -------
    dict
        Of the places that a person said something about.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    path = Path(path)
    check_file(path)
    table, about = _read_layers(path)
    faults = Faults()
    made_for = dict(zip(about["name"], about["value"], strict=True)).get("network_sha256")
    if made_for != network_sha256:
        faults.add(
            f"{path} must be a review of the network matched to: its links are of the one with "
            f"SHA-256 {str(made_for)[:12]}, this one has {network_sha256[:12]}. Match without "
            f"--review, and correct anew."
        )
    twice = table["place_id"].duplicated()
    if twice.any():
        faults.add(
            f"`place_id` of {path} must name each place once: "
            f"{listed(table['place_id'][twice].unique())} stand twice."
        )
    corrections: dict[str, Correction] = {}
    for place, accept, link_ids, matched_ids in table[list(_COLUMNS)].itertuples(index=False):
        found = _to_correction(
            str(place), _text(accept), _text(link_ids), _text(matched_ids), faults
        )
        if found is not None:
            corrections[str(place)] = found
    faults.raise_any()
    return corrections


def _read_layers(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    try:
        layers = [name for name, _ in pyogrio.list_layers(path)]
        here = [name for name in LAYERS if name in layers]
        if not here or ABOUT_LAYER not in layers:
            raise InputError(
                f"{path} must be a review that `transmod volumes match` wrote, with the layers "
                f"{' or '.join(LAYERS)} and {ABOUT_LAYER}: it has {', '.join(layers) or 'none'}."
            )
        table = pyogrio.read_dataframe(path, layer=here[0], read_geometry=False)
        about = pyogrio.read_dataframe(path, layer=ABOUT_LAYER, read_geometry=False)
    except (RuntimeError, OSError) as error:
        text = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"{path} must be a whole GeoPackage: {text}.") from error
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise InputError(
            f"Layer {here[0]} of {path} must have the columns {', '.join(_COLUMNS)}: "
            f"{', '.join(missing)} not found."
        )
    return table, about


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value).strip()


def _to_correction(
    place: str, accept: str, link_ids: str, matched_ids: str, faults: Faults
) -> Correction | None:
    word = accept.casefold()
    edited = "".join(link_ids.split()) != "".join(matched_ids.split())
    if word not in ("", ACCEPT, REJECT):
        faults.add(f"`accept` of place {place!r} must be yes, no or empty: {accept!r} found.")
        return None
    if word == REJECT:
        return Correction(accept=False)
    if word == "" and not edited:
        return None
    try:
        forward, backward = read_ids(link_ids)
    except ValueError:
        faults.add(
            f"`link_ids` of place {place!r} must be numbers apart by commas, those of the other "
            f"direction behind a slash, as '12,14 / 15,13': {link_ids!r} found."
        )
        return None
    if not forward and not backward:
        faults.add(
            f"`link_ids` of place {place!r} must name links where it is accepted or changed: none "
            f"found. Say accept = no if it is not on the network."
        )
        return None
    return Correction(True, forward, backward, edited)
