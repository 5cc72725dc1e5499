"""Traffic volumes of a run: read, checked whole, and given out block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.inputs.checks import listed
from transmod.inputs.direction_shares import DirectionShares
from transmod.inputs.hashes import sha256_file
from transmod.inputs.tables import check_file, read_shipped_table
from transmod.inputs.volume_checks import VolumeCheck, check_schema
from transmod.inputs.volume_files import (
    Kind,
    MemoryRows,
    ParquetRows,
    check_network,
    open_volumes,
    whole_parquet,
)
from transmod.inputs.volume_notes import note_links, note_speeds
from transmod.inputs.volume_rows import (
    N_CODES,
    VolumeRows,
    gather_hours,
    sort_rows,
    stream_of,
    to_rows,
)
from transmod.schema import (
    HOURLY_VOLUMES,
    LONG_VOLUMES,
    VEHICLE_CLASSES,
    Table,
)

if TYPE_CHECKING:
    from transmod.inputs.network import Network

Unit = Literal["veh", "pcu"]
Direction = Literal["per_link", "both"]

HOURS_PER_DAY = 24
BLOCK_BYTES = 32 * 2**20


@dataclass(frozen=True, eq=False)
class VolumeBlock:
    """
    Volumes on the links `first` to `last - 1` of a network: B links, C streams, H hours.

    Attributes
    ----------
    first, last : int
        Positions in `network.links`.
    given : bool (B, C)
        Whether the file has the stream on the link; elsewhere a volume is 0 and means nothing.
    average : float64 (B, C) or None
        Mean hour of an average day, or weekday [veh/h]; for daily volumes.
    volume : float32 (B, C, H) or None
        [veh/h], for hourly volumes; float64 where measures changed them.
    speed : float32 (B, C, H) or None
        Given travel speed [km/h]; NaN where the stream is not given.
    """

    first: int
    last: int
    given: NDArray[np.bool_]
    average: NDArray[np.float64] | None
    volume: NDArray[np.floating] | None
    speed: NDArray[np.float32] | None


@dataclass(frozen=True, eq=False)
class Volumes:
    """
    The volumes of a run on the links of its network, checked.

    Attributes
    ----------
    kind : "aadt", "aawdt" or "hourly"
        Mean of all days, mean of Mondays to Fridays without holidays, or a series.
    streams : tuple of (vehicle_class, trip_kind)
        The C streams of the file, in the order of the schema.
    n_hours : int or None
        Length H of the series; None for daily volumes.
    has_speed : bool
        Whether the file gives speeds.
    sha256 : str
        Hash of the file.
    has_volume : bool (L,)
        Whether a link has any stream.
    notes : tuple of str
        What a user should know.
    source : iterable of VolumeRows
        The rows, sorted by link; each walk through it reads them anew.
    factor : float64 (codes,)
        From the unit of the file to vehicles an hour, by stream code; 0 where no such stream is.
    """

    kind: Kind
    streams: tuple[tuple[str, str], ...]
    n_hours: int | None
    has_speed: bool
    sha256: str
    has_volume: NDArray[np.bool_]
    notes: tuple[str, ...]
    source: Iterable[VolumeRows]
    factor: NDArray[np.float64]

    @property
    def n_links_given(self) -> int:
        """Number of links that have any stream."""
        return int(self.has_volume.sum())

    def blocks(self, max_bytes: int = BLOCK_BYTES, *, beside: int = 0) -> Iterator[VolumeBlock]:
        """
        Yield the volumes in blocks of links, in order; no link is in two blocks.

        Parameters
        ----------
        max_bytes : int
            Size of a block's arrays; a block has at least one link.
        beside : int
            Size of what is held of a link beside its volumes, in the same bound.

        Notes
        -----
        A block begins at a multiple of the same number of links, whatever the file's row groups
        are. A block in which no link has a volume is left out.
        """
        n_hours = self.n_hours or 1
        bytes_of_link = len(self.streams) * (1 + 4 * n_hours * (1 + self.has_speed))
        if self.n_hours is None:
            bytes_of_link = len(self.streams) * (1 + 8)
        size = max(1, max_bytes // max(1, bytes_of_link + beside))
        column_of = np.full(N_CODES, -1)
        for column, code in enumerate(np.flatnonzero(self.factor)):
            column_of[code] = column
        block = None
        for rows in self.source:
            tile = rows.position // size
            edges = np.flatnonzero(np.diff(tile, prepend=-1, append=-1))
            for begin, end in pairwise(edges):
                first = int(tile[begin]) * size
                if block is None or first != block.first:
                    if block is not None:
                        yield block
                    block = self._empty_block(first, min(first + size, self.has_volume.size))
                self._fill(block, rows, slice(begin, end), column_of)
        if block is not None:
            yield block

    def _empty_block(self, first: int, last: int) -> VolumeBlock:
        shape = (last - first, len(self.streams))
        if self.n_hours is None:
            return VolumeBlock(first, last, np.zeros(shape, bool), np.zeros(shape), None, None)
        series = (*shape, self.n_hours)
        return VolumeBlock(
            first,
            last,
            np.zeros(shape, bool),
            None,
            np.zeros(series, np.float32),
            np.full(series, np.nan, np.float32) if self.has_speed else None,
        )

    def _fill(
        self, block: VolumeBlock, rows: VolumeRows, part: slice, column_of: NDArray[np.int64]
    ) -> None:
        code = rows.code[part]
        where = (rows.position[part] - block.first, column_of[code])
        factor = self.factor[code]
        if rows.share is not None:
            factor = factor * rows.share[part]
        volume = rows.volume[part]
        if (factor != 1.0).any():
            volume = volume * factor[:, np.newaxis]
        block.given[where] = True
        if block.average is not None:
            block.average[where] = volume[:, 0]
        elif block.volume is not None:
            block.volume[where] = volume
        if block.speed is not None and rows.speed is not None:
            block.speed[where] = rows.speed[part]


def read_volumes(
    path: Path,
    network: Network,
    *,
    kind: Kind,
    unit: Unit = "veh",
    direction: Direction = "per_link",
    pcu: Mapping[str, float] | None = None,
    network_sha256: str | None = None,
) -> Volumes:
    """
    Read the volumes of a run, and check the whole file.

    Parameters
    ----------
    path : Path
        Parquet, or CSV for daily volumes and long tables.
    network : Network
        The network that the volumes were made for.
    kind : "aadt", "aawdt" or "hourly"
        What `volume` is: vehicles a day, or vehicles in each hour.
    unit : "veh" or "pcu"
        Vehicles, or car units, which are divided by those of the class.
    direction : "per_link" or "both"
        With "both" a volume is that of both directions, and `direction_share` [0 to 1] says how
        much of it is this link's.
    pcu : mapping of vehicle class to car units, optional
        Takes the place of the shipped ones class by class.
    network_sha256 : str, optional
        Hash of the network that the file was made for, where the file does not carry it: Parquet
        has it in its metadata under `network_sha256`, CSV cannot.

    Returns
    -------
    Volumes
        Hourly lists stay in the file and are read again for `blocks`; the rest is in memory.

    Raises
    ------
    InputError
        With every fault of the file.

    Notes
    -----
    A speed of 0 with traffic is kept and noted: a floor belongs to the computation of speeds. A
    stream that the file does not have on a link is missing, not zero.
    """
    path = Path(path)
    check_file(path)
    faults = Faults()
    link_ids = network.links["link_id"].to_numpy(np.int64)
    with whole_parquet(path):
        table, schema, source = open_volumes(path, kind, link_ids, faults)
    check_network(path, schema, network, network_sha256, faults)
    if faults:
        _check_without_links(path, table, schema, source, direction, faults)
        faults.raise_all()
    check_schema(schema, table, path, faults)
    is_unreadable = bool(faults)
    _check_direction(path, schema, direction, faults)
    class_pcu, notes = _find_pcu(unit, pcu, faults)
    if is_unreadable:
        faults.raise_all()

    is_list_file = table is HOURLY_VOLUMES
    has_speed = "speed_kmh" in source.columns
    free = network.links["free_speed_kmh"].to_numpy(np.float64) if has_speed else None
    check = VolumeCheck(path, table, link_ids.size, source.n_hours, free)
    # lists stay in the file
    shares, kept = DirectionShares(network.links), []
    for rows in _look_through(source, check, link_ids, faults):
        shares.see(rows)
        if not is_list_file:
            kept.append(rows)
    shares.report(path, faults)
    faults.raise_any()
    final: Iterable[VolumeRows]
    n_hours: int | None
    if isinstance(source, ParquetRows) and is_list_file:
        final, n_hours = source, source.n_hours
    else:
        rows = sort_rows(kept, path, faults)
        if table is LONG_VOLUMES:
            rows = gather_hours(rows, path, faults)
        final, n_hours = (rows,), rows.volume.shape[1] if kind == "hourly" else None
    faults.raise_any()

    factor = np.zeros(N_CODES)
    codes = np.flatnonzero(check.has_code).tolist()
    factor[codes] = [1.0 / class_pcu[stream_of(code)[0]] for code in codes]
    if kind != "hourly":
        factor /= HOURS_PER_DAY
    unread = [name for name in schema.names if name not in source.columns]
    if unread:
        notes.append(f"Columns of {path.name} that are not read: {listed(unread)}.")
    notes += note_speeds(check, link_ids)
    notes += note_links(check.has_volume, network)
    return Volumes(
        kind=kind,
        streams=tuple(stream_of(code) for code in codes),
        n_hours=n_hours,
        has_speed=has_speed,
        sha256=sha256_file(path),
        has_volume=check.has_volume,
        notes=tuple(notes),
        source=final,
        factor=factor,
    )


def check_volumes(path: Path, *, kind: Kind, direction: Direction = "per_link") -> None:
    """
    Check what can be said of a volume file without its network, where that is faulty itself.

    Raises
    ------
    InputError
        With every fault but those of links.
    """
    path = Path(path)
    check_file(path)
    faults = Faults()
    with whole_parquet(path):
        table, schema, source = open_volumes(path, kind, np.empty(0, np.int64), faults)
    _check_without_links(path, table, schema, source, direction, faults)
    faults.raise_any()


def links_without_volume(volumes: Volumes, network: Network) -> NDArray[np.int64]:
    """Return the `link_id` of the links that have no stream, in order."""
    return network.links["link_id"].to_numpy(np.int64)[~volumes.has_volume]


def _check_without_links(
    path: Path,
    table: Table,
    schema: pa.Schema,
    source: ParquetRows | MemoryRows,
    direction: Direction,
    faults: Faults,
) -> None:
    before = len(faults)
    check_schema(schema, table, path, faults)
    _check_direction(path, schema, direction, faults)
    if len(faults) == before:
        check = VolumeCheck(path, table, 0, source.n_hours)
        for _ in _look_through(source, check, np.empty(0, np.int64), faults):
            pass


def _look_through(
    source: ParquetRows | MemoryRows,
    check: VolumeCheck,
    link_ids: NDArray[np.int64],
    faults: Faults,
) -> Iterator[VolumeRows]:
    """Yield the rows of a file batch by batch, and note in the end what is wrong with them."""
    with whole_parquet(check.path):
        for batch in source.batches():
            rows = to_rows(batch, link_ids, source.n_hours)
            check.see(batch, rows)
            yield rows
    if not check.n_rows:
        faults.add(f"{check.path} must have rows: it has none.")
    check.report(faults)


def _check_direction(path: Path, schema: pa.Schema, direction: str, faults: Faults) -> None:
    has_share = "direction_share" in schema.names
    if direction == "both" and not has_share:
        faults.add(
            f"{path} must have the column direction_share with direction = 'both': not found. Add "
            "it, or give volumes per link with direction = 'per_link'."
        )
    if direction == "per_link" and has_share:
        faults.add(
            f"{path} must have no column direction_share with direction = 'per_link': found. Drop "
            "it, or say direction = 'both'."
        )


def _find_pcu(
    unit: Unit, given: Mapping[str, float] | None, faults: Faults
) -> tuple[dict[str, float], list[str]]:
    """Return what a class's volume is divided by, and the note that says so."""
    if unit == "veh":
        return dict.fromkeys(VEHICLE_CLASSES, 1.0), []
    table = read_shipped_table("traffic", "pcu")
    class_pcu = dict(zip(table["vehicle_class"], table["pcu"], strict=True))
    for name, value in (given or {}).items():
        if name not in VEHICLE_CLASSES:
            faults.add(
                f"pcu must be given for classes among {', '.join(VEHICLE_CLASSES)}: found {name!r}."
            )
        if not 0 < value < np.inf:
            faults.add(f"pcu of {name} must be finite and > 0: found {value}.")
    class_pcu |= given or {}
    shown = ", ".join(f"{name} {class_pcu[name]:g}" for name in VEHICLE_CLASSES)
    return class_pcu, [f"Volumes in car units were divided by {shown}."]
