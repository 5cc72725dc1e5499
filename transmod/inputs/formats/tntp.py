"""Read TNTP: networks, nodes and flows of the Transportation Networks collection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from transmod.errors import Faults, InputError
from transmod.inputs.checks import listed
from transmod.inputs.formats.packed import text_lines
from transmod.inputs.formats.reading import (
    ALL_VEHICLES,
    ImportOptions,
    Reading,
    Remark,
    Stream,
    make_places,
    need_crs,
)
from transmod.units import KIND, convert

# columns of a network, in the order of the format; a header line may change it
_COLUMNS = (
    "init_node", "term_node", "capacity", "length", "free_flow_time", "b", "power", "speed", "toll",
    "link_type",
)  # fmt: skip
_MIN_PER_H = 60.0
_LENGTHS = tuple(unit for unit, (kind, _) in KIND.items() if kind == "length")


def read_tntp(net: Path, node: Path | None, flow: Path | None, options: ImportOptions) -> Reading:
    """
    Read a network, its nodes and flows.

    The collection does not state units: lengths are read in `options.length_unit`, without which
    links are as long as their lines; free flow times are minutes. What the flows stand for
    (`kind`) is the user's to say.

    Raises
    ------
    InputError
        If a file is missing or broken, flows are not of this network, or the unit is unknown.
    """
    if node is None or flow is None:
        missing = "nodes (x and y)" if node is None else "flows"
        raise InputError(f"{net} must come with its {missing}: no such file among those given.")
    if options.length_unit not in (None, *_LENGTHS):
        raise InputError(
            f"--length-unit must be one of {', '.join(_LENGTHS)}: {options.length_unit!r} found."
        )
    notes: list[str] = []
    remarks: list[Remark] = []
    links = _read_net(net, remarks)
    nodes = _read_nodes(node, remarks)
    flows = _read_flows(flow, remarks)
    crs = need_crs(options, node.name)
    link_ids = _ids(links["init_node"], links["term_node"])
    ends = [nodes.reindex(links[name]).to_numpy() for name in ("init_node", "term_node")]
    coordinates = np.stack(ends, axis=1)
    known = ~np.isnan(coordinates).any(axis=(1, 2))
    lines = np.full(len(links), None, object)
    lines[known] = shapely.linestrings(coordinates[known])
    length = links["length"].to_numpy(np.float64)
    if options.length_unit is None:
        notes.append(
            "Lengths have no unit in this format: each link is as long as its straight line. Say "
            "--length-unit mi, if the lengths are miles."
        )
        length_m = speed = np.full(len(links), np.nan)
    else:
        length_m = length * convert(1.0, options.length_unit, "m")
        speed = _free_speed(length_m, links["free_flow_time"].to_numpy(np.float64), notes)
    capacity = links["capacity"].to_numpy(np.float64)
    if options.kind != "hourly":
        capacity = np.full(len(links), np.nan)
        notes.append("Capacities are of the period of the flows, not of an hour: left out.")
    columns = {
        "place_id": link_ids,
        "kind": "link",
        "from_node": links["init_node"].map(str),
        "to_node": links["term_node"].map(str),
        "free_speed_kmh": speed,
        "capacity_pcu_h": _positive(capacity),
        "length_m": _positive(length_m),
        "row": links["line"],
    }
    position = pd.Index(link_ids).get_indexer(pd.Index(_ids(flows["from"], flows["to"])))
    _say_unknown(flow, flows, position, net, notes, remarks)
    on = position >= 0
    volume = flows["volume"].to_numpy(np.float64)[on, np.newaxis]
    return Reading(
        format="tntp",
        places=make_places(columns, lines, crs),
        streams=[Stream(ALL_VEHICLES, position[on], volume)],
        kind=None,
        remarks=remarks,
        notes=notes,
    )


def _ids(start: pd.Series, end: pd.Series) -> NDArray[np.object_]:
    """Name links by their nodes; of parallel links the second has #2."""
    names = (start.map(str) + "-" + end.map(str)).to_numpy(object)
    number = pd.Series(names).groupby(names).cumcount().to_numpy()
    return np.array(
        [f"{a}#{n + 1}" if n else a for a, n in zip(names, number, strict=True)], object
    )


def _positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where((values > 0.0) & np.isfinite(values), values, np.nan)


def _free_speed(
    length_m: NDArray[np.float64], minutes: NDArray[np.float64], notes: list[str]
) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = length_m / 1000.0 / (minutes / _MIN_PER_H)
    plausible = (speed > 2.0) & (speed <= 200.0)
    if not plausible.all():
        notes.append(
            f"Length over free flow time [min] is 2 to 200 km/h on {int(plausible.sum()):,} of "
            f"{speed.size:,} links; the free speed of the others is unknown."
        )
    return np.where(plausible, speed, np.nan)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield line numbers and words of the body; comments begin with ~."""
    for number, line in enumerate(text_lines(path), 1):
        words = line.split("~")[0].replace(";", " ").split()
        if words and not line.lstrip().startswith("<"):
            yield number, words


def _read_net(path: Path, remarks: list[Remark]) -> pd.DataFrame:
    stated, rows = None, []
    for line in text_lines(path):
        if line.upper().startswith("<NUMBER OF LINKS>"):
            words = line.split(">")[1].split()
            stated = int(words[0]) if words and words[0].isdigit() else None
        if line.upper().startswith("<END OF METADATA>"):
            break
    for number, words in _rows(path):
        try:
            values = [float(word) for word in words[: len(_COLUMNS)]]
        except ValueError:
            remarks.append(Remark(path.name, str(number), words[0], "no numbers in it"))
            continue
        if len(values) < len(_COLUMNS):
            text = f"{len(values)} of {len(_COLUMNS)} values"
            remarks.append(Remark(path.name, str(number), words[0], text))
            continue
        rows.append((number, *values))
    table = pd.DataFrame(rows, columns=["line", *_COLUMNS])
    if table.empty or (stated is not None and stated != len(table)):
        faults = Faults()
        faults.add(
            f"{path} must hold the {stated if stated is not None else 'links'} links that its head "
            f"states: {len(table)} found."
        )
        for remark in remarks[:5]:
            faults.add(f"Line {remark.row} of {path} must be a link: {remark.text}.")
        faults.raise_all()
    return table.astype({"init_node": np.int64, "term_node": np.int64})


def _read_nodes(path: Path, remarks: list[Remark]) -> pd.DataFrame:
    rows, seen = [], set()
    for number, words in _rows(path):
        if words[0].lower() in ("node", "node_id"):
            continue
        try:
            row = (int(words[0]), float(words[1]), float(words[2]))
        except (ValueError, IndexError):
            remarks.append(Remark(path.name, str(number), words[0], "no node with x and y"))
            continue
        if row[0] in seen:
            remarks.append(Remark(path.name, str(number), words[0], "the node stands twice"))
            continue
        seen.add(row[0])
        rows.append(row)
    if not rows:
        raise InputError(f"{path} must hold nodes with x and y: none found.")
    return pd.DataFrame(rows, columns=["node", "x", "y"]).set_index("node")


def _read_flows(path: Path, remarks: list[Remark]) -> pd.DataFrame:
    rows = []
    for number, words in _rows(path):
        if words[0].lower().rstrip(":") in ("from", "tail", "init_node"):
            continue
        try:
            if ":" in words:  # an older layout: from to : volume cost
                words = [word for word in words if word != ":"]  # noqa: PLW2901
            rows.append((number, int(words[0]), int(words[1]), float(words[2])))
        except (ValueError, IndexError):
            remarks.append(Remark(path.name, str(number), words[0], "no flow from node to node"))
    if not rows:
        raise InputError(f"{path} must hold flows: none found.")
    return pd.DataFrame(rows, columns=["line", "from", "to", "volume"])


def _say_unknown(
    path: Path,
    flows: pd.DataFrame,
    position: NDArray[np.int64],
    net: Path,
    notes: list[str],
    remarks: list[Remark],
) -> None:
    unknown = np.flatnonzero(position < 0)
    if unknown.size > len(flows) / 2:
        row = flows.iloc[unknown[0]]
        raise InputError(
            f"{path} must hold flows of {net.name}: {unknown.size:,} of {len(flows):,} are on "
            f"links that it does not have, first {row['from']:.0f}-{row['to']:.0f}."
        )
    for i in unknown:
        row = flows.iloc[i]
        text = f"no link of {net.name} ({row['volume']:g} veh)"
        name = f"{row['from']:.0f}-{row['to']:.0f}"
        remarks.append(Remark(path.name, f"{row['line']:.0f}", name, text))
    if unknown.size:
        names = [remark.place for remark in remarks[-unknown.size :]]
        notes.append(
            f"{unknown.size:,} of {len(flows):,} flows are on no link of {net.name}: "
            f"{listed(names)}: left out."
        )
