"""Bring traffic in from where planners have it: files of other programs become a traffic source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from transmod.errors import Faults, InputError
from transmod.inputs.checks import attempt
from transmod.inputs.chinese_coordinates import Coordinates, to_wgs84
from transmod.inputs.formats.assembly import Imported, to_source
from transmod.inputs.formats.reading import ImportOptions, Reading, Remark
from transmod.inputs.formats.recognition import FORMATS, recognise
from transmod.inputs.hashes import sha256_file
from transmod.inputs.traffic_source import TrafficSource, to_matrix
from transmod.outputs.traffic_source import check_free, write_remarks, write_traffic_source
from transmod.traffic.place_lengths import place_lengths

__all__ = ["ImportOptions", "SourceFacts", "import_volumes", "read_traffic", "to_facts"]

_TIMES = {"aadt": "a day", "aawdt": "a weekday", "hourly": "in the hours given"}


@dataclass(frozen=True)
class SourceFacts:
    """What was read from which files, for a person or for `--json`."""

    folder: str
    format: str
    files: dict[str, str]  # name -> what it is
    crs: str | None
    links: int
    points: int
    links_with_volume: int
    points_with_volume: int
    kind: str
    unit: str
    hours: int | None
    length_km: float
    vehicles: dict[str, float]  # class -> sum over places and hours
    vkm: dict[str, float]  # class -> over links and hours
    vkm_total: float
    vkm_of: str
    rows_left_out: dict[str, int]  # reason -> rows
    rows_remarked: dict[str, int]  # remark -> rows that were taken
    remarks: str | None
    notes: tuple[str, ...]


def import_volumes(
    files: Sequence[Path],
    out: Path,
    *,
    columns: Path | None = None,
    table: str | None = None,
    options: ImportOptions | None = None,
    coordinates: Coordinates = "wgs84",
    force: bool = False,
) -> SourceFacts:
    """
    Read the traffic of files of another program and write it as a traffic source.

    Parameters
    ----------
    files : sequence of Path
        Files that belong together, as a network and the volumes on it, in any order; packed ones
        as they are. Their formats are told by their content.
    out : Path
        Folder to write: `places.parquet`, `volumes.parquet`, `source.toml` and, if rows were left
        out or lack something, `remarks.csv`.
    columns : Path, optional
        TOML that says what the columns of a table or layer are.
    table : str, optional
        Table of results of a database that has several.
    options : ImportOptions, optional
        What the files do not say.
    coordinates : "wgs84", "gcj02" or "bd09"
        What their degrees are: of the two Chinese kinds the shift is taken back.
    force : bool
        Replace a source that stands in `out`.

    Raises
    ------
    InputError
        With every fault of the files; nothing is written then.
    """
    chosen = options or ImportOptions()
    out = Path(out)
    check_free(out, force=force)
    paths = [Path(path) for path in files]
    imported, described = read_traffic(
        paths, columns=columns, table=table, options=chosen, coordinates=coordinates
    )
    origin = {
        "files": [f"{path.name} sha256:{sha256_file(path)}" for path in paths],
        "command": _command(paths, out, columns, table, chosen)
        + ("" if coordinates == "wgs84" else f" --coordinates {coordinates}"),
    }
    write_traffic_source(out, imported.source, origin=origin, force=force)
    written = write_remarks(out, imported.remarks)
    return to_facts(imported, described, out, written)


def read_traffic(
    files: Sequence[Path],
    *,
    columns: Path | None = None,
    table: str | None = None,
    options: ImportOptions | None = None,
    coordinates: Coordinates = "wgs84",
) -> tuple[Imported, dict[str, str]]:
    """
    Read the traffic of files of another program; arguments as of `import_volumes`.

    Returns
    -------
    imported : Imported
        The source, and remarks on rows.
    described : dict
        What each file is, in words.

    Raises
    ------
    InputError
        With every fault of the files.
    """
    chosen = options or ImportOptions()
    kinds = _recognise_all(files)
    reading = _read(files, kinds, columns, table, chosen)
    imported = to_source(reading, chosen, ", ".join(path.name for path in files))
    places = to_wgs84(imported.source.places, coordinates)
    imported = replace(imported, source=replace(imported.source, places=places))
    described = {path.name: FORMATS[kind] for path, kind in zip(files, kinds, strict=True)}
    return imported, described


def _recognise_all(paths: Sequence[Path]) -> list[str]:
    if not paths:
        raise InputError("Files must be named: none is.")
    faults = Faults()
    kinds = [attempt(faults, recognise, path) for path in paths]
    if len({path.name for path in paths}) < len(paths):
        faults.add("Files must have different names: one stands twice.")
    faults.raise_any()
    return [kind for kind in kinds if kind is not None]


def _read(
    paths: Sequence[Path],
    kinds: Sequence[str],
    columns: Path | None,
    table: str | None,
    options: ImportOptions,
) -> Reading:
    """Give the files to the reader of their format."""
    by_kind: dict[str, list[Path]] = defaultdict(list)
    for path, kind in zip(paths, kinds, strict=True):
        by_kind[kind].append(path)
    families = {kind.partition("_")[0] for kind in kinds}
    mapped = families <= {"layer", "table"}
    if columns is not None and not mapped:
        raise InputError(
            f"--columns must be left out: it is for tables and layers, and {FORMATS[kinds[0]]} "
            f"says itself what its columns are."
        )
    if mapped:
        from transmod.inputs.formats.mapped import read_mapped

        return read_mapped(by_kind["layer"], by_kind["table"], columns, options)
    if len(families) > 1:
        shown = ", ".join(f"{p.name} ({FORMATS[k]})" for p, k in zip(paths, kinds, strict=True))
        raise InputError(f"Files must belong together, of one program: {shown} found.")
    family = families.pop()
    if family == "sumo":
        from transmod.inputs.formats.sumo import read_sumo

        net = _only(by_kind, "sumo_net", "The edge data need their network (net.xml)")
        data = _some(by_kind, "sumo_edge_data", "The network needs edge data of a run on it")
        return read_sumo(net, data, options)
    if family == "matsim":
        return _read_matsim(by_kind, options)
    if family == "tntp":
        from transmod.inputs.formats.tntp import read_tntp

        net = _only(by_kind, "tntp_net", "The flows need their network (_net.tntp)")
        return read_tntp(
            net, _at_most(by_kind, "tntp_node"), _at_most(by_kind, "tntp_flow"), options
        )
    if family == "visum":
        from transmod.inputs.formats.visum import read_visum

        return read_visum(by_kind["visum"], options)
    from transmod.inputs.formats.aequilibrae import read_aequilibrae

    project = _only(by_kind, "aequilibrae_project", "The results need project_database.sqlite")
    results = _only(by_kind, "aequilibrae_results", "The project needs results of an assignment")
    return read_aequilibrae(project, results, table, options)


def _read_matsim(by_kind: dict[str, list[Path]], options: ImportOptions) -> Reading:
    from transmod.inputs.formats.matsim import read_matsim, read_matsim_counts

    if by_kind["matsim_counts"] and by_kind["matsim_linkstats"]:
        raise InputError("Counts and linkstats must be imported one by one: both are given.")
    if by_kind["matsim_counts"]:
        return read_matsim_counts(
            by_kind["matsim_counts"], _at_most(by_kind, "matsim_network"), options
        )
    network = _only(by_kind, "matsim_network", "The linkstats need their network (network.xml)")
    stats = _some(by_kind, "matsim_linkstats", "The network needs linkstats of a run, or counts")
    return read_matsim(network, stats, options)


def _some(by_kind: dict[str, list[Path]], kind: str, why: str) -> list[Path]:
    if not by_kind[kind]:
        raise InputError(f"{why}: no {FORMATS[kind]} among the files. Name it too.")
    return by_kind[kind]


def _only(by_kind: dict[str, list[Path]], kind: str, why: str) -> Path:
    if len(_some(by_kind, kind, why)) > 1:
        names = ", ".join(path.name for path in by_kind[kind])
        raise InputError(f"One {FORMATS[kind]} must be given: {names} found.")
    return by_kind[kind][0]


def _at_most(by_kind: dict[str, list[Path]], kind: str) -> Path | None:
    return _only(by_kind, kind, "") if by_kind[kind] else None


def to_facts(
    imported: Imported, files: dict[str, str], folder: Path, remarks: Path | None
) -> SourceFacts:
    """Sum up what was read."""
    source = imported.source
    is_link = (source.places["kind"] == "link").to_numpy()
    with_volume = source.places["place_id"].isin(source.volumes["place_id"]).to_numpy()
    vehicles, vkm = sum_traffic(source)
    length = place_lengths(source.places)
    return SourceFacts(
        folder=str(folder),
        format=source.format,
        files=files,
        crs=None if source.places.crs is None else source.places.crs.to_string()[:60],
        links=int(is_link.sum()),
        points=int((~is_link).sum()),
        links_with_volume=int((is_link & with_volume).sum()),
        points_with_volume=int((~is_link & with_volume).sum()),
        kind=source.kind,
        unit=source.unit,
        hours=source.hours,
        length_km=float(np.nansum(length)) / 1000.0,
        vehicles=vehicles,
        vkm=vkm,
        vkm_total=sum(vkm.values()),
        vkm_of=_TIMES[source.kind],
        rows_left_out=_count([remark for remark in imported.remarks if not remark.taken]),
        rows_remarked=_count([remark for remark in imported.remarks if remark.taken]),
        remarks=None if remarks is None else str(remarks),
        notes=source.notes,
    )


def sum_traffic(source: TrafficSource) -> tuple[dict[str, float], dict[str, float]]:
    """Return vehicles, and vehicle-kilometres on links, by class, over places and given hours."""
    length = dict(zip(source.places["place_id"], place_lengths(source.places), strict=True))
    km = source.volumes["place_id"].map(length).to_numpy(np.float64) / 1000.0
    volume = to_matrix(source.volumes["volume"], source.hours).astype(np.float64)
    # hours that are not given are no part of what was read
    total = np.where(np.isnan(volume), 0.0, volume).sum(axis=1)
    on_link = ~np.isnan(km)
    classes = source.volumes["vehicle_class"].to_numpy(object)
    names = list(dict.fromkeys(classes))
    vehicles = {name: float(total[classes == name].sum()) for name in names}
    vkm = {
        name: float((total * np.where(on_link, km, 0.0))[classes == name].sum())
        for name in names
        if (on_link & (classes == name)).any()
    }
    return vehicles, vkm


def _count(remarks: Sequence[Remark]) -> dict[str, int]:
    """Count remarks by what they say, without what differs from row to row."""
    counts: dict[str, int] = defaultdict(int)
    for remark in remarks:
        counts[remark.text.partition(":")[0].partition(" (")[0]] += 1
    return dict(counts)


def _command(
    paths: Sequence[Path], out: Path, columns: Path | None, table: str | None, o: ImportOptions
) -> str:
    """Write the command that imports this, with the bare names of its files."""
    words = ["transmod volumes import", *(path.name for path in paths)]
    pairs = (
        ("--columns", columns and columns.name),
        ("--table", table),
        ("--kind", o.kind),
        ("--unit", o.unit),
        ("--crs", o.crs),
        ("--length-unit", o.length_unit),
        ("--encoding", o.encoding),
        ("--begin-hour", o.begin_hour or None),
        ("--scale", o.scale if o.scale != 1.0 else None),
        ("--day-factor", o.day_factor),
        ("--mix", ",".join(f"{name}={share:g}" for name, share in o.mix.items()) or None),
    )
    words += [f"{flag} {value}" for flag, value in pairs if value is not None]
    words += [f"--class '{theirs}={ours}'" for theirs, ours in o.classes.items()]
    words += ["--mean-hour"] if o.mean_hour else []
    return " ".join([*words, f"--out {out.name}"])
