"""
What the tags of an OpenStreetMap way say of a road: class, directions, speed, lanes, gradient.

A value that is absent, or that cannot be read, is NaN: what stands for it is decided elsewhere
and marked as assumed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.inputs.osm import RAMP_SUFFIX, UNKNOWN_CLASS
from transmod.inputs.tables import read_shipped_table
from transmod.schema import LINKS, ROAD_CLASSES
from transmod.units import convert

# limits of a sign or gantry: known to be there, but with no number
_NO_NUMBER = frozenset(("signals", "variable", "sign", "default", "unposted", "implicit"))
# words that the table of implicit speeds turns into a number that no sign shows
_ASSUMED = frozenset(("none", "walk"))
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots?)?")
_UNIT = {"kmh": "km/h", "kph": "km/h", "knot": "knots", "": "km/h"}
_ZONE = re.compile(r"(?:(?:^|:)zone:?|^[a-z]{2}:)(\d+)$")
_SEPARATOR = re.compile(r"[;|]")
_URBAN = re.compile(
    r"(?:^|:)(?:urban|living_street|nsl_restricted|zone:?(?:20|30))$|^[a-z]{2}:(?:20|30)$"
)
_NOT_URBAN = re.compile(r"(?:^|:)(?:rural|motorway|trunk|national|nsl_single|nsl_dual)$")
_MOST_LANES = 20.0

# motorcar beats motor_vehicle beats vehicle beats access
_ACCESS = ("motorcar", "motor_vehicle", "vehicle", "access")
_CLOSED = frozenset(
    ("no", "private", "agricultural", "forestry", "emergency", "military", "permit", "restricted")
)
_FORWARD = frozenset(("yes", "true", "1"))
_BACKWARD = frozenset(("-1", "reverse"))
_BOTH = frozenset(("no", "false", "0"))
_CIRCLES = frozenset(("roundabout", "circular"))


@dataclass(frozen=True)
class RoadTags:
    """
    The tags of W ways, read.

    All arrays have W rows. Speeds [km/h], lanes and gradient [m/m] are NaN where no tag gives
    them; `forward` and `backward` are the directions of the way as drawn.
    """

    road_class: NDArray[Any]
    class_assumed: NDArray[np.bool_]
    is_ramp: NDArray[np.bool_]
    is_area: NDArray[np.bool_]
    is_restricted: NDArray[np.bool_]
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]
    speed: NDArray[np.float64]  # (W, 2): forward, backward
    speed_assumed: NDArray[np.bool_]  # (W, 2)
    lanes: NDArray[np.float64]  # (W, 2)
    gradient: NDArray[np.float64]  # in the direction as drawn
    urban: NDArray[np.float64]  # 1, 0, or NaN where no tag says
    name: NDArray[Any]
    notes: tuple[str, ...]


@cache
def _implicit_speeds() -> dict[str, float]:
    table = read_shipped_table("traffic", "implicit_speeds")
    return dict(zip(table["code"].str.lower(), table["speed_kmh"].astype(float), strict=True))


def parse_speed(text: str) -> float:
    """
    Read a speed limit [km/h] in the notations of `maxspeed` and its kin.

    Numbers with and without unit (`50`, `30 mph`, `50 km/h`, `10 knots`), codes of a country
    (`CN:urban`), zones (`DE:zone:30`), `none` and `walk`. Of several values (`50;30`) the lowest.

    Returns
    -------
    float
        NaN if it cannot be read or is not in (0, 200] km/h.

    Examples
    --------
    >>> parse_speed("30 mph"), parse_speed("CN:urban"), parse_speed("50; 40")
    (48.28032, 50.0, 40.0)
    """
    limits = [_parse_one_speed(part.strip().lower()) for part in _SEPARATOR.split(text)]
    return min(limits) if not any(np.isnan(limits)) else np.nan


def _parse_one_speed(text: str) -> float:
    match = _NUMBER.fullmatch(text)
    if match:
        unit = match[2] or ""
        speed = convert(float(match[1]), _UNIT.get(unit, unit), "km/h")
    elif zone := _ZONE.search(text):
        speed = float(zone[1])
    else:
        speed = _implicit_speeds().get(text, np.nan)
    return speed if 0.0 < speed <= (LINKS["free_speed_kmh"].maximum or np.inf) else np.nan


def parse_lanes(text: str) -> float:
    """
    Read a number of lanes; of several values (`2;3`) the lowest, NaN if unreadable.

    Examples
    --------
    >>> parse_lanes("2;3"), parse_lanes("1.5"), parse_lanes("many")
    (2.0, 1.5, nan)
    """
    try:
        lanes = min(float(part) for part in _SEPARATOR.split(text))
    except ValueError:
        return np.nan
    return lanes if 0.0 <= lanes <= _MOST_LANES else np.nan


def parse_incline(text: str) -> float:
    """
    Read a gradient [m/m] as drawn: `10%`, `-4.5 %`; NaN for words (`up`) and beyond 50 %.

    Examples
    --------
    >>> parse_incline("10%"), parse_incline("-4.5 %"), parse_incline("up")
    (0.1, -0.045, nan)
    """
    match = re.fullmatch(r"([+-]?\d+(?:\.\d+)?)\s*%", text.strip())
    gradient = float(match[1]) / 100.0 if match else np.nan
    return gradient if abs(gradient) <= (LINKS["gradient"].maximum or np.inf) else np.nan


def parse_zone(text: str) -> float:
    """
    Say whether a zone is built-up: 1, 0, or NaN where the code does not tell.

    Examples
    --------
    >>> parse_zone("CN:urban"), parse_zone("DE:zone30"), parse_zone("FR:rural"), parse_zone("sign")
    (1.0, 1.0, 0.0, nan)
    """
    text = text.strip().lower()
    if _URBAN.search(text):
        return 1.0
    return 0.0 if _NOT_URBAN.search(text) else np.nan


def read_tags(tags: pd.DataFrame) -> RoadTags:
    """
    Read the tags of W ways (the columns of `transmod.inputs.osm.TAGS`).

    Notes
    -----
    Motorways, their ramps, roundabouts and circular junctions are one-way unless `oneway=no`.
    `reversible` and `alternating` roads count as two-way. `lanes` is the number of both
    directions: without `lanes:forward` and `lanes:backward` a two-way road has half of it each,
    after `lanes:both_ways` (a turning lane) is taken off.
    """
    notes: list[str] = []
    road_class, assumed, is_ramp = _road_classes(tags["highway"], notes)
    forward, backward = _directions(tags, road_class, notes)
    speed, speed_assumed = _speeds(tags, notes)
    zone = np.full(len(tags), np.nan)
    for key in ("zone:traffic", "zone:maxspeed", "maxspeed:type", "source:maxspeed", "maxspeed"):
        zone = np.where(np.isnan(zone), _each(tags[key], parse_zone), zone)
    zone[road_class == "living_street"] = 1.0
    gradient = _each(tags["incline"], parse_incline)
    _note_unread("incline", tags["incline"], gradient, frozenset(("up", "down", "yes")), notes)
    return RoadTags(
        road_class=road_class,
        class_assumed=assumed,
        is_ramp=is_ramp,
        is_area=(tags["area"] == "yes").to_numpy(),
        is_restricted=_restricted(tags),
        forward=forward,
        backward=backward,
        speed=speed,
        speed_assumed=speed_assumed,
        lanes=_lanes(tags, forward & backward, notes),
        gradient=gradient,
        urban=zone,
        name=tags["name"].where(tags["name"].notna(), tags["ref"]).to_numpy(object),
        notes=tuple(notes),
    )


def _each(texts: pd.Series, parse: Callable[[str], float]) -> NDArray[np.float64]:
    """Parse every different text once."""
    codes, values = pd.factorize(texts)
    read = np.array([*(parse(value) for value in values), np.nan])
    return read[codes]  # code -1, no text, takes the last


def _note_unread(
    key: str,
    texts: pd.Series,
    read: NDArray[np.float64],
    words: frozenset[str],
    notes: list[str],
) -> None:
    bad = texts.notna().to_numpy() & np.isnan(read) & ~texts.isin(words).to_numpy()
    if bad.any():
        count = texts[bad].value_counts()
        shown = ", ".join(
            repr(text) for text in sorted(count.index, key=lambda t: (-count[t], t))[:5]
        )
        notes.append(f"`{key}` of {int(bad.sum())} ways cannot be read ({shown}): left out.")


def _road_classes(
    highway: pd.Series, notes: list[str]
) -> tuple[NDArray[Any], NDArray[np.bool_], NDArray[np.bool_]]:
    known = frozenset((*ROAD_CLASSES, UNKNOWN_CLASS))

    def first(text: str) -> str:
        parts = [part.strip() for part in text.split(";")]
        return next(part for part in parts if part.removesuffix(RAMP_SUFFIX) in known)

    value = highway.map({text: first(text) for text in highway.unique()})
    road_class = value.str.removesuffix(RAMP_SUFFIX).to_numpy(object)
    unknown = road_class == UNKNOWN_CLASS
    assumed = unknown | highway.str.contains(";", regex=False).to_numpy(bool)
    road_class[unknown] = "unclassified"
    if assumed.any():
        notes.append(
            f"`highway` of {int(assumed.sum())} ways is `road` or a list of values: taken as "
            f"`unclassified` or as the first value."
        )
    return road_class, assumed, value.str.endswith(RAMP_SUFFIX).to_numpy(bool)


def _directions(
    tags: pd.DataFrame, road_class: NDArray[Any], notes: list[str]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    oneway = tags["oneway"]
    only_forward = oneway.isin(_FORWARD).to_numpy()
    only_backward = oneway.isin(_BACKWARD).to_numpy()
    both = oneway.isin(_BOTH).to_numpy()
    implied = (road_class == "motorway") | tags["junction"].isin(_CIRCLES).to_numpy()
    unread = oneway.notna().to_numpy() & ~(only_forward | only_backward | both)
    if unread.any():
        shown = ", ".join(repr(text) for text in sorted(oneway[unread].unique())[:5])
        notes.append(
            f"`oneway` of {int(unread.sum())} ways is no direction ({shown}): taken as two-way."
        )
    one = only_forward | (implied & ~only_backward & ~both & ~unread)
    return ~only_backward, ~one


def _restricted(tags: pd.DataFrame) -> NDArray[np.bool_]:
    """Say which ways are closed to general traffic: the most special access tag decides."""
    deciding = tags[_ACCESS[0]]
    for key in _ACCESS[1:]:
        deciding = deciding.where(deciding.notna(), tags[key])
    return deciding.isin(_CLOSED).to_numpy()


def _speeds(tags: pd.DataFrame, notes: list[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    read = {}
    for key in ("maxspeed", "maxspeed:forward", "maxspeed:backward"):
        read[key] = _each(tags[key], parse_speed)
        _note_unread(key, tags[key], read[key], _NO_NUMBER, notes)
    # of the tags that say where a limit comes from, only codes and zones hold a limit
    general, general_text = read["maxspeed"], tags["maxspeed"]
    for key in ("maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic"):
        general = np.where(np.isnan(general), _each(tags[key], parse_speed), general)
    speed = np.empty((len(tags), 2))
    assumed = np.empty((len(tags), 2), bool)
    for column, key in enumerate(("maxspeed:forward", "maxspeed:backward")):
        own = ~np.isnan(read[key])
        speed[:, column] = np.where(own, read[key], general)
        assumed[:, column] = np.where(own, tags[key].isin(_ASSUMED), general_text.isin(_ASSUMED))
    return speed, assumed


def _lanes(tags: pd.DataFrame, two_way: NDArray[np.bool_], notes: list[str]) -> NDArray[np.float64]:
    keys = ("lanes", "lanes:forward", "lanes:backward", "lanes:both_ways")
    read = {}
    for key in keys:
        read[key] = _each(tags[key], parse_lanes)
        _note_unread(key, tags[key], read[key], frozenset(), notes)
    total, ahead, back, middle = (read[key] for key in keys)
    moving = total - np.nan_to_num(middle)
    ahead_of_two = _first(ahead, moving - back, moving / 2.0)
    back_of_two = _first(back, moving - ahead, moving / 2.0)
    lanes = np.column_stack(
        (
            np.where(two_way, ahead_of_two, _first(ahead, total)),
            np.where(two_way, back_of_two, _first(back, total)),
        )
    )
    none = ~np.isnan(lanes) & (lanes <= 0.0)
    drawn = none.any(axis=1)
    if drawn.any():
        notes.append(f"`lanes` of {int(drawn.sum())} ways leave none in a direction: left out.")
    return np.where(none, np.nan, lanes)


def _first(*choices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take the first choice that is not NaN."""
    out = choices[0]
    for choice in choices[1:]:
        out = np.where(np.isnan(out), choice, out)
    return out
