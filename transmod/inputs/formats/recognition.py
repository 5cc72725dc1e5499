"""Tell the format of a file by its content; its name means nothing."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from transmod.errors import InputError
from transmod.inputs.formats.packed import encoding_of, members_of_zip, open_packed, read_head
from transmod.inputs.formats.xml import find_root

# what a recognised file is, in words
FORMATS = {
    "sumo_net": "SUMO network",
    "sumo_edge_data": "SUMO edge data",
    "matsim_network": "MATSim network",
    "matsim_counts": "MATSim counts",
    "matsim_linkstats": "MATSim linkstats",
    "tntp_net": "TNTP network",
    "tntp_node": "TNTP nodes",
    "tntp_flow": "TNTP flows",
    "visum": "Visum text",
    "aequilibrae_project": "AequilibraE project",
    "aequilibrae_results": "AequilibraE results",
    "layer": "vector layer",
    "table": "table",
}
_ROOTS = {
    "net": "sumo_net",
    "meandata": "sumo_edge_data",
    "network": "matsim_network",
    "counts": "matsim_counts",
}
# what people give in mistake, and what to give in its place
_STRANGE_ROOTS = {
    "routes": "demand of SUMO. Run SUMO and give its edge data (<edgeData>)",
    "emission-export": "emissions of SUMO's vehicles. Give its edge data (<edgeData>) of the run: "
    "transmod computes emissions itself",
    "fcd-export": "positions of SUMO's vehicles. Give its edge data (<edgeData>) of the run",
    "tripinfos": "trips of SUMO's vehicles. Give its edge data (<edgeData>) of the run",
    "additional": "a definition of SUMO. Run SUMO and give the file that it names",
    "configuration": "settings of SUMO or MATSim. Give network and volumes",
    "population": "demand of MATSim. Give network and linkstats",
    "plans": "demand of MATSim. Give network and linkstats",
    "events": "events of MATSim. Give network and linkstats",
    "html": "a web page. Was a download asked for a login?",
    "osm": "OpenStreetMap, which has no volumes. It goes to transmod network build --osm",
}
_TNTP_NODE = re.compile(r"^\s*~?\s*node\s+x\s+y\b", re.IGNORECASE)
_TNTP_FLOW = re.compile(r"^\s*~?\s*(from|tail|init_node)\s*:?\s+(to|head|term_node)\b.*vol", re.I)
_DELIMITERS = ",;\t|"
_NUMBERED = re.compile(r"^[\d\s.,;:eE+\-]*$")


def recognise(path: Path) -> str:
    """
    Say what a file is: a key of `FORMATS`.

    Raises
    ------
    InputError
        If it is none of them, with what it looks like.
    """
    with path.open("rb") if path.is_file() else open_packed(path) as stream:
        magic = stream.read(16)
    if magic.startswith(b"SQLite format 3\x00"):
        return _recognise_database(path)
    if magic.startswith(b"PAR1"):
        return _recognise_parquet(path)
    if magic.startswith(b"\x00\x00\x27\x0a"):
        return "layer"  # shapefile
    if magic.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            f"{path} must be a text, Parquet or vector file: it is a binary of an office program. "
            f"Save the table as CSV; of a Visum version save the network (.net)."
        )
    members = members_of_zip(path) if magic.startswith(b"PK") else []
    if any(name.startswith("xl/") for name in members):
        raise InputError(f"{path} must be a table as text: it is a workbook. Save it as CSV.")
    if any(name.lower().endswith((".shp", ".gpkg", ".geojson")) for name in members):
        return "layer"
    return _recognise_text(path, read_head(path))


def _recognise_database(path: Path) -> str:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
            )
            tables = {row[0].lower() for row in rows}
    except sqlite3.Error as error:
        raise InputError(f"{path} must be a whole SQLite file: {error}.") from error
    if "gpkg_contents" in tables:
        return "layer"
    if {"links", "nodes", "link_types"} <= tables:
        return "aequilibrae_project"
    return "aequilibrae_results"


def _recognise_parquet(path: Path) -> str:
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        text = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"{path} must be a whole Parquet file: {text}.") from error
    if b"geo" in (schema.metadata or {}):
        return "layer"
    return _kind_of_table(schema.names)


def _recognise_text(path: Path, head: bytes) -> str:
    if not head.strip():
        raise InputError(f"{path} must hold data: it is empty.")
    if b"\x00" in head and encoding_of(head) == "utf-8":
        raise InputError(
            f"{path} must be a format that is known: it is binary, of none of them. Known are "
            f"{', '.join(FORMATS.values())}."
        )
    text = head.decode(encoding_of(head), errors="replace").lstrip("\ufeff \t\r\n")
    upper = text.upper()
    if "$VISION" in upper[:4096]:
        found = "visum"
    elif "<END OF METADATA>" in upper or upper.startswith("<NUMBER OF"):
        found = _recognise_tntp(path, text)
    elif text.startswith("<"):
        found = _recognise_xml(path, head)
    elif text.startswith("{"):
        found = "layer"  # GeoJSON
    elif text.startswith("["):
        raise InputError(
            f"{path} must be a format that is known: it is a list in JSON. A layer must be "
            f"GeoJSON, an object of type FeatureCollection."
        )
    else:
        found = _recognise_lines(path, text)
    return found


def _recognise_lines(path: Path, text: str) -> str:
    """Recognise text in lines by the first of them."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if _TNTP_NODE.match(first):
        return "tntp_node"
    if _TNTP_FLOW.match(first):
        return "tntp_flow"
    if first.upper().startswith("LINK\t") and "HRS" in first.upper():
        return "matsim_linkstats"
    if not any(mark in first for mark in _DELIMITERS) or _NUMBERED.match(first):
        raise InputError(
            f"{path} must be a format that is known: its first line is {first[:60]!r}. A table "
            f"must have a header. Known are {', '.join(FORMATS.values())}."
        )
    delimiter = max(_DELIMITERS, key=first.count)
    return _kind_of_table([name.strip(' "') for name in first.split(delimiter)])


def _recognise_tntp(path: Path, text: str) -> str:
    body = text[text.upper().find("<END OF METADATA>") :]
    if re.search(r"^\s*Origin\s+\d", body, re.MULTILINE | re.IGNORECASE):
        raise InputError(
            f"{path} must hold links or volumes: it is a table of trips. Assign them first and "
            f"give the flows."
        )
    return "tntp_net"


def _recognise_xml(path: Path, head: bytes) -> str:
    root = (find_root(head) or "").rpartition(":")[2]
    if root in _ROOTS:
        return _ROOTS[root]
    what = _STRANGE_ROOTS.get(root, f"XML of <{root}>" if root else "XML that is broken")
    raise InputError(f"{path} must be a format that is known: it is {what}.")


def _kind_of_table(names: list[str]) -> str:
    lower = {name.lower() for name in names}
    pairs = any(
        name.endswith("_ab") and f"{name.removesuffix('_ab')}_ba" in lower for name in lower
    )
    return "aequilibrae_results" if pairs and "link_id" in lower else "table"
