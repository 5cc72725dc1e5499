"""
Read Visum: a network as text (`$VISION`, `$NODE`, `$LINK`, `$LINKPOLY`) and attribute lists.

German and English names of tables and attributes are known. Lengths and speeds carry their unit
(`0.250km`, `50km/h`), or are in that of the file (`$VERSION`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.inputs.checks import listed
from transmod.inputs.formats.packed import encoding_of, read_head, text_lines
from transmod.inputs.formats.reading import (
    ALL_VEHICLES,
    ImportOptions,
    Reading,
    Remark,
    Stream,
    make_places,
    need_crs,
)
from transmod.units import convert

# German names of tables and attributes -> English
_TABLES = {
    "KNOTEN": "NODE",
    "STRECKE": "LINK",
    "STRECKENPOLY": "LINKPOLY",
    "STRECKENTYP": "LINKTYPE",
}
_ATTRIBUTES = {
    "NR": "NO", "XKOORD": "XCOORD", "YKOORD": "YCOORD", "VONKNOTNR": "FROMNODENO",
    "NACHKNOTNR": "TONODENO", "TYPNR": "TYPENO", "VSYSSET": "TSYSSET", "LAENGE": "LENGTH",
    "ANZFAHRSTREIFEN": "NUMLANES", "KAPIV": "CAPPRT", "V0IV": "V0PRT", "BELFZIV": "VOLVEHPRT",
    "BELFZ-VSYS": "VOLVEH_TSYS", "BELFZ_VSYS": "VOLVEH_TSYS", "DTV": "AADT", "VAKTIV": "VCURPRT",
    "VAKT-IVSYS": "VCUR_PRTSYS", "BELPKWEIV": "VOLPCUPRT",
}  # fmt: skip
# attributes with volumes: of a transport system, of all, and in car units
_OF_SYSTEM = re.compile(r"^VOLVEH[-_]TSYS\((\w+)(?:,AP)?\)$")
_OF_ALL = re.compile(r"^VOLVEHPRT\((?:AP)?\)$|^VOLVEHPRT$")
_IN_PCU = re.compile(r"^VOLPCUPRT\((?:AP)?\)$|^VOLPCUPRT$")
_SPEED = re.compile(r"^VCUR[-_]?PRT(?:SYS)?(?:\((\w+)\))?$")
_NUMBER = re.compile(r"^\s*(-?[\d.,]+(?:[eE][+-]?\d+)?)\s*([a-zA-Z/]*)\s*$")
_UNITS = {
    "km": 1000.0, "m": 1.0, "mi": convert(1.0, "mi", "m"), "ft": convert(1.0, "ft", "m"),
    "km/h": 1.0, "kmh": 1.0, "mph": convert(1.0, "mph", "km/h"),
    "mi/h": convert(1.0, "mph", "km/h"),
}  # fmt: skip
_MILES = ("MI", "MILES")
_EVERY = ""  # speeds of all transport systems


@dataclass(eq=False)
class _Tables:
    """Tables of one file: columns in English, rows of text with their line."""

    path: Path
    in_miles: bool = False
    columns: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, list[tuple[int, list[str]]]] = field(default_factory=dict)

    def frame(self, name: str) -> pd.DataFrame:
        """Return a table as text, with `line`."""
        columns = self.columns.get(name, [])
        width = len(columns)
        body = [[str(line), *row[:width]] for line, row in self.rows.get(name, [])]
        return pd.DataFrame(body, columns=["line", *columns], dtype=object)


def read_visum(paths: Sequence[Path], options: ImportOptions) -> Reading:
    """
    Read network text and attribute lists; volumes may stand in either.

    A link is a place for each direction that has a row, `<no>:<from>-<to>`. Volumes are those by
    transport system if there are any, else those of all vehicles; what they stand for (`kind`) is
    the user's to say.

    Raises
    ------
    InputError
        If a table is missing or broken, or no attribute holds volumes.
    """
    remarks: list[Remark] = []
    notes: list[str] = []
    files = [_read_tables(path, options, remarks) for path in paths]
    network = [tables for tables in files if {"NODE", "LINK"} <= set(tables.columns)]
    if len(network) != 1:
        have = "; ".join(f"{t.path.name}: {', '.join(t.columns) or 'none'}" for t in files)
        raise InputError(
            f"One Visum file must have the tables $NODE and $LINK: {len(network)} of {len(files)} "
            f"have ({have}). Save the network with nodes, links and link polygons."
        )
    net = network[0]
    links = net.frame("LINK")
    _need(net, "LINK", ("NO", "FROMNODENO", "TONODENO"))
    links = _join_lists(links, [t for t in files if t is not net], notes, remarks)
    places = _to_places(net, links, options, remarks)
    streams, unit = _to_streams(links, net, options, remarks, notes)
    return Reading(
        format="visum",
        places=places,
        streams=streams,
        kind=None,
        unit=unit,
        remarks=remarks,
        notes=notes,
    )


def _read_tables(path: Path, options: ImportOptions, remarks: list[Remark]) -> _Tables:
    encoding = options.encoding or _guess_encoding(path)
    found = _Tables(path)
    name = ""
    width = 0
    for number, line in enumerate(text_lines(path, encoding), 1):
        text = line.lstrip("\ufeff")
        if text.startswith("$"):
            name, _, rest = text[1:].partition(":")
            name = _TABLES.get(name.upper(), name.upper())
            found.columns[name] = [_to_english(column) for column in rest.strip().split(";")]
            found.rows.setdefault(name, [])
            width = len(found.columns[name])
        elif not text.strip() or text.startswith("*") or not name or name == "VISION":
            continue
        else:
            row = text.split(";")
            if len(row) < width:
                said = f"{len(row)} of {width} fields"
                remarks.append(Remark(path.name, str(number), row[0], f"${name}: {said}"))
                continue
            found.rows[name].append((number, row))
    version = found.frame("VERSION")
    if len(version) and "UNIT" in version.columns:
        found.in_miles = str(version["UNIT"].iloc[0]).strip().upper() in _MILES
    return found


def _guess_encoding(path: Path) -> str:
    """Visum wrote Windows texts before version 15, Unicode with a mark since."""
    head = read_head(path, 4)
    return encoding_of(head) if encoding_of(head) != "utf-8" else _utf8_or_windows(path)


def _utf8_or_windows(path: Path) -> str:
    try:
        for _ in text_lines(path, "utf-8"):
            pass
    except InputError:
        return "cp1252"
    return "utf-8"


def _to_english(column: str) -> str:
    """Translate an attribute; what stands in brackets is kept."""
    name, bracket, rest = column.strip().upper().partition("(")
    return _ATTRIBUTES.get(name, name) + bracket + rest


def _need(tables: _Tables, name: str, columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in tables.columns[name]]
    if missing:
        raise InputError(
            f"${name} of {tables.path} must have the attributes {', '.join(columns)}: "
            f"{', '.join(missing)} not found, it has {listed(tables.columns[name])}."
        )


def _keys(links: pd.DataFrame) -> pd.Series:
    parts = [links[name].str.strip() for name in ("NO", "FROMNODENO", "TONODENO")]
    return (parts[0] + ":" + parts[1] + "-" + parts[2]).astype(object)


def _join_lists(
    links: pd.DataFrame, lists: Sequence[_Tables], notes: list[str], remarks: list[Remark]
) -> pd.DataFrame:
    """Add the attributes that lists have of links."""
    keys = _keys(links)
    twice = keys.duplicated()
    if twice.any():
        raise InputError(
            f"$LINK must have each direction once: {int(twice.sum())} stand twice, "
            f"{listed(keys[twice])}."
        )
    out = links.copy()
    for tables in lists:
        if "LINK" not in tables.columns:
            raise InputError(f"{tables.path} must have the table $LINK: not found.")
        _need(tables, "LINK", ("NO", "FROMNODENO", "TONODENO"))
        own = tables.frame("LINK")
        own.index = pd.Index(_keys(own))
        if own.index.duplicated().any():
            first = own.index[own.index.duplicated()][0]
            raise InputError(f"{tables.path} must have each link once: {first} stands twice.")
        unknown = own.index.difference(pd.Index(keys))
        remarks += [
            Remark(tables.path.name, str(own["line"][key]), key, "no link of the network")
            for key in unknown
        ]
        if len(unknown):
            notes.append(
                f"{len(unknown):,} of {len(own):,} links of {tables.path.name} are not in the "
                f"network, {listed(unknown)}: left out."
            )
        fresh = [name for name in own.columns if name not in ("line", *links.columns)]
        again = [n for n in own.columns if n in links.columns and _is_volume(n)]
        for name in (*fresh, *again):
            out[name] = own[name].reindex(keys).to_numpy(object)
    return out


def _is_volume(name: str) -> bool:
    return any(pattern.match(name) for pattern in (_OF_SYSTEM, _OF_ALL, _IN_PCU))


def _numbers(
    texts: pd.Series, default: float, path: Path, lines: pd.Series, remarks: list[Remark]
) -> NDArray[np.float64]:
    """Parse numbers that may carry a unit; `default` is the factor of those without."""
    out = np.full(len(texts), np.nan)
    for i, text in enumerate(texts):
        if not isinstance(text, str) or not text.strip():
            continue
        match = _NUMBER.match(text)
        unit = match.group(2).lower() if match else ""
        if match is None or (unit and unit not in _UNITS):
            said = f"`{texts.name}` must be a number: {text!r} found"
            remarks.append(Remark(path.name, str(lines.iloc[i]), "", said, taken=True))
            continue
        digits = match.group(1)
        digits = digits.replace(",", ".") if "." not in digits else digits.replace(",", "")
        out[i] = float(digits) * (_UNITS[unit] if unit else default)
    return out


def _to_places(
    net: _Tables, links: pd.DataFrame, options: ImportOptions, remarks: list[Remark]
) -> gpd.GeoDataFrame:
    _need(net, "NODE", ("NO", "XCOORD", "YCOORD"))
    nodes = net.frame("NODE")
    xy = np.column_stack(
        [_numbers(nodes[n], 1.0, net.path, nodes["line"], remarks) for n in ("XCOORD", "YCOORD")]
    )
    place_of = dict(zip(nodes["NO"].str.strip(), xy, strict=True))
    between = _courses(net, remarks)
    length_unit = _UNITS["mi" if net.in_miles else "km"]
    speed_unit = _UNITS["mph" if net.in_miles else "km/h"]
    lines: list[Any] = []
    for start, end in zip(
        links["FROMNODENO"].str.strip(), links["TONODENO"].str.strip(), strict=True
    ):
        if start not in place_of or end not in place_of:
            lines.append(None)
            continue
        points = [place_of[start], *between.get((start, end), []), place_of[end]]
        lines.append(shapely.LineString(points))

    def numbers(name: str, unit: float) -> NDArray[np.float64]:
        if name not in links.columns:
            return np.full(len(links), np.nan)
        values = _numbers(links[name], unit, net.path, links["line"], remarks)
        return np.where(values > 0.0, values, np.nan)

    speed = numbers("V0PRT", speed_unit)
    columns = {
        "place_id": _keys(links),
        "kind": "link",
        "from_node": links["FROMNODENO"].str.strip(),
        "to_node": links["TONODENO"].str.strip(),
        "name": [text or None for text in links["NAME"]] if "NAME" in links.columns else None,
        "lanes": numbers("NUMLANES", 1.0),
        "free_speed_kmh": np.where(speed <= 200.0, speed, np.nan),
        "capacity_pcu_h": numbers("CAPPRT", 1.0),
        "length_m": numbers("LENGTH", length_unit),
        "row": links["line"],
    }
    return make_places(columns, lines, need_crs(options, net.path.name))


def _courses(
    net: _Tables, remarks: list[Remark]
) -> dict[tuple[str, str], list[NDArray[np.float64]]]:
    """Return the points between the nodes of a link, in order."""
    if "LINKPOLY" not in net.columns:
        return {}
    _need(net, "LINKPOLY", ("FROMNODENO", "TONODENO", "INDEX", "XCOORD", "YCOORD"))
    table = net.frame("LINKPOLY")
    xy = np.column_stack(
        [_numbers(table[n], 1.0, net.path, table["line"], remarks) for n in ("XCOORD", "YCOORD")]
    )
    index = _numbers(table["INDEX"], 1.0, net.path, table["line"], remarks)
    out: dict[tuple[str, str], list[NDArray[np.float64]]] = {}
    for i in np.argsort(index, kind="stable"):
        key = (table["FROMNODENO"].iloc[i].strip(), table["TONODENO"].iloc[i].strip())
        out.setdefault(key, []).append(xy[i])
    return out


def _to_streams(
    links: pd.DataFrame,
    net: _Tables,
    options: ImportOptions,
    remarks: list[Remark],
    notes: list[str],
) -> tuple[list[Stream], str]:
    named = {name: name for name in links.columns if name in options.classes}
    systems = {m.group(1): n for n in links.columns if (m := _OF_SYSTEM.match(n))}
    whole = [n for n in links.columns if _OF_ALL.match(n)]
    pcu = [n for n in links.columns if _IN_PCU.match(n)]
    chosen = named or systems or _all(whole)
    unit = "veh"
    if not chosen:
        chosen, unit = _all(pcu), "pcu"
    if not chosen:
        raise InputError(
            f"$LINK of {net.path}, or an attribute list, must have volumes, as VOLVEHPRT(AP) or "
            f"VOLVEH_TSYS(C,AP): it has {', '.join(n for n in links.columns if n != 'line')}. "
            f"Name another attribute with --class 'ATTRIBUTE=car'."
        )
    notes.append(f"Volumes were read from {', '.join(chosen.values())}.")
    speed_unit = _UNITS["mph" if net.in_miles else "km/h"]
    speeds = {m.group(1) or _EVERY: n for n in links.columns if (m := _SPEED.match(n))}
    streams = []
    for name, attribute in chosen.items():
        volume = _numbers(links[attribute], 1.0, net.path, links["line"], remarks)
        own = speeds.get(name, speeds.get(_EVERY))
        speed = None
        if own is not None:
            values = _numbers(links[own], speed_unit, net.path, links["line"], remarks)
            speed = values[:, np.newaxis]
        streams.append(Stream(name, np.arange(len(links)), volume[:, np.newaxis], speed))
    return streams, unit


def _all(attributes: list[str]) -> dict[str, str]:
    """Take the first of the attributes that hold all vehicles, if there is one."""
    return {ALL_VEHICLES: attributes[0]} if attributes else {}
