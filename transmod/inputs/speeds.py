"""Measured speeds of a run: read, checked whole, and given out block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from transmod.errors import Faults, InputError
from transmod.inputs.checks import check_table, first_of
from transmod.inputs.tables import check_file, read_csv, to_frame
from transmod.inputs.volume_files import MOST_LONG_ROWS, check_network, whole_parquet
from transmod.inputs.volume_rows import is_list, to_matrix, to_positions, to_whole
from transmod.schema import MEASURED_SPEEDS, VEHICLE_CLASSES

if TYPE_CHECKING:
    from transmod.inputs.network import Network

CLASSES = ("all", *VEHICLE_CLASSES)
HOURS_PER_DAY = 24
_MOST_KMH = MEASURED_SPEEDS["speed_kmh"].maximum
_BATCH_BYTES = 16 * 2**20
_BY_HOUR = replace(MEASURED_SPEEDS, key=(*MEASURED_SPEEDS.key, "hour"))


@dataclass(frozen=True, eq=False)
class SpeedRows:
    """Speeds of n links and classes, H hours each: positions in network and `CLASSES`, km/h."""

    position: NDArray[np.int64]
    code: NDArray[np.int64]
    speed: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class MeasuredSpeeds:
    """
    Measured speeds on the links of a network, checked.

    Attributes
    ----------
    classes : tuple of str
        The K classes that were measured; ``"all"`` for all vehicles together.
    n_hours : int
        Length H of the series; a single number of a link stands for 24 h.
    n_links : int
        Links of the network that have a measurement.
    source : iterable of SpeedRows
        The rows, sorted by link; each walk through it reads them anew.
    """

    classes: tuple[str, ...]
    n_hours: int
    n_links: int
    source: Iterable[SpeedRows]

    def bytes_of_link(self) -> int:
        """Return the size of a link's measurements."""
        return 4 * len(self.classes) * self.n_hours

    def reader(self) -> Callable[[int, int], NDArray[np.float32]]:
        """
        Return a function that gives the speeds of links.

        It takes the positions `first` and `last` of links, and gives those of `first` to `last` -
        1, (B, K, H), NaN where there is none. It must be asked for links in ascending order.
        """
        column_of = np.full(len(CLASSES), -1)
        column_of[[CLASSES.index(name) for name in self.classes]] = np.arange(len(self.classes))
        rows, none = iter(self.source), np.empty(0, np.int64)
        waiting = SpeedRows(none, none, none.astype(np.float32))

        def read(first: int, last: int) -> NDArray[np.float32]:
            nonlocal waiting
            out = np.full((last - first, len(self.classes), self.n_hours), np.nan, np.float32)
            while True:
                begin, end = np.searchsorted(waiting.position, (first, last))
                own = slice(int(begin), int(end))
                if end > begin:
                    at = waiting.position[own] - first
                    out[at, column_of[waiting.code[own]]] = waiting.speed[own]
                if end < waiting.position.size:
                    return out
                following = next(rows, None)
                if following is None:
                    return out
                waiting = following

        return read


@dataclass(frozen=True, eq=False)
class _ListRows:
    """The rows of a Parquet file with a list of hours in each, read in batches."""

    path: Path
    columns: tuple[str, ...]
    link_ids: NDArray[np.int64]
    n_hours: int

    def batches(self) -> Iterator[pa.RecordBatch]:
        size = max(1, _BATCH_BYTES // (8 * self.n_hours + 64))
        with pq.ParquetFile(self.path, pre_buffer=False, buffer_size=2**20) as file:
            yield from file.iter_batches(size, columns=list(self.columns))

    def __iter__(self) -> Iterator[SpeedRows]:
        for batch in self.batches():
            yield _to_rows(batch, self.link_ids, self.n_hours)[0]


def read_speeds(
    path: Path, network: Network, *, network_sha256: str | None = None
) -> MeasuredSpeeds:
    """
    Read the measured speeds of a run, and check the whole file.

    Parameters
    ----------
    path : Path
        Parquet or CSV with columns of `schema.MEASURED_SPEEDS`: a list of hours in each row, a
        row for each `hour`, or one number that holds in every hour.
    network : Network
        The network that they were measured on.
    network_sha256 : str, optional
        Hash of that network, where the file does not carry it.

    Returns
    -------
    MeasuredSpeeds
        Lists stay in the file and are read again; the rest is in memory.

    Raises
    ------
    InputError
        With every fault of the file.

    Notes
    -----
    A null or NaN is an hour without a measurement. A speed of 0 is refused: it is no mean speed of
    vehicles that came through.
    """
    path = Path(path)
    check_file(path)
    faults = Faults()
    link_ids = network.links["link_id"].to_numpy(np.int64)
    if path.suffix.lower() == ".csv":
        frame = read_csv(path, MEASURED_SPEEDS, faults)
        check_network(path, pa.schema([]), network, network_sha256, faults)
        return _read_numbers(path, frame, link_ids, faults)
    with whole_parquet(path):
        schema = pq.read_schema(path)
        check_network(path, schema, network, network_sha256, faults)
        if "speed_kmh" not in schema.names or not is_list(schema.field("speed_kmh").type):
            return _read_numbers(path, to_frame(pq.read_table(path)), link_ids, faults)
    return _read_lists(path, schema, link_ids, faults)


def _read_numbers(
    path: Path, frame: pd.DataFrame, link_ids: NDArray[np.int64], faults: Faults
) -> MeasuredSpeeds:
    """Turn rows of one number each into rows of hours."""
    has_hour = "hour" in frame.columns
    if has_hour and len(frame) > MOST_LONG_ROWS:
        faults.add(
            f"{path} must have at most {MOST_LONG_ROWS:,} rows as a table with a column hour: "
            f"{len(frame):,} found. Write one row per link and class, with `speed_kmh` a list of "
            "all hours, to Parquet, sorted by link_id."
        )
        faults.raise_all()
    if "vehicle_class" not in frame.columns:
        frame = frame.assign(vehicle_class="all")
    frame = frame.assign(vehicle_class=frame["vehicle_class"].fillna("all"))
    check_table(frame, _BY_HOUR if has_hour else MEASURED_SPEEDS, str(path), faults)
    faults.raise_any()
    link_id = frame["link_id"].to_numpy(np.int64)
    position = _find_links(path, link_id, link_ids, faults)
    faults.raise_any()
    code = frame["vehicle_class"].map(CLASSES.index).to_numpy(np.int64)
    hour = frame["hour"].to_numpy(np.int64) if has_hour else np.zeros(len(frame), np.int64)
    n_hours = max(HOURS_PER_DAY, int(hour.max(initial=0)) + 1)
    keys, row = np.unique(position * len(CLASSES) + code, return_inverse=True)
    speed = np.full((keys.size, n_hours), np.nan, np.float32)
    value = frame["speed_kmh"].to_numpy(np.float32)
    if has_hour:
        speed[row, hour] = value
    else:
        speed[row] = value[:, np.newaxis]
    rows = SpeedRows(keys // len(CLASSES), keys % len(CLASSES), speed)
    return _to_measured(path, [rows], n_hours, (rows,), faults)


def _read_lists(
    path: Path, schema: pa.Schema, link_ids: NDArray[np.int64], faults: Faults
) -> MeasuredSpeeds:
    """Look through a file of lists, batch by batch."""
    columns = tuple(n for n in ("link_id", "vehicle_class", "speed_kmh") if n in schema.names)
    if "link_id" not in columns or not pa.types.is_integer(schema.field("link_id").type):
        faults.add(f"{path} must have a column link_id of whole numbers: not found.")
        faults.raise_all()
    n_hours = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(1, columns=["speed_kmh"]):
            n_hours = pc.max(pc.list_value_length(batch.column(0))).as_py() or 0
            break
    source, seen, last = _ListRows(path, columns, link_ids, n_hours), [], -1
    with whole_parquet(path):
        for batch in source.batches():
            rows, link_id, length = _to_rows(batch, link_ids, n_hours)
            before = len(faults)
            _find_links(path, link_id, link_ids, faults)
            _check_rows(path, rows, link_id, length, n_hours, faults)
            key = rows.position * len(CLASSES) + rows.code
            wrong = np.diff(key, prepend=last) <= 0
            if wrong.any() and len(faults) == before:
                where = first_of(wrong, lambda i: f"link_id {link_id[i]}")  # noqa: B023
                faults.add(
                    f"{path} must be sorted by link_id, then class ({', '.join(CLASSES)}), each "
                    f"once: {where}."
                )
            if len(faults) > before:
                break  # what follows has the same faults, batch for batch
            last = int(key[-1]) if key.size else last
            seen.append(SpeedRows(rows.position, rows.code, rows.speed[:, :0]))
    return _to_measured(path, seen, n_hours, source, faults)


def _to_measured(
    path: Path, seen: list[SpeedRows], n_hours: int, source: Iterable[SpeedRows], faults: Faults
) -> MeasuredSpeeds:
    faults.raise_any()
    codes = np.unique(np.concatenate([rows.code for rows in seen])) if seen else np.empty(0, int)
    if not codes.size:
        raise InputError(f"{path} must have rows: it has none.")
    links = np.unique(np.concatenate([rows.position for rows in seen]))
    return MeasuredSpeeds(tuple(CLASSES[code] for code in codes), n_hours, links.size, source)


def _to_rows(
    batch: pa.RecordBatch, link_ids: NDArray[np.int64], n_hours: int
) -> tuple[SpeedRows, NDArray[np.int64], NDArray[np.int64]]:
    """Turn an Arrow batch into arrays; give link_id and length of the lists beside them."""
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    link_id = to_whole(columns["link_id"])
    code = np.zeros(link_id.size, np.int64)
    if "vehicle_class" in columns:
        code = to_positions(
            pc.fill_null(columns["vehicle_class"].cast(pa.string()), "all"), CLASSES
        )
    speed, length = to_matrix(columns["speed_kmh"], n_hours)
    position = np.searchsorted(link_ids, link_id)
    return SpeedRows(position, code, speed.astype(np.float32, copy=False)), link_id, length


def _find_links(
    path: Path, link_id: NDArray[np.int64], link_ids: NDArray[np.int64], faults: Faults
) -> NDArray[np.int64]:
    """Return the position of each link, and note those that the network has not."""
    unknown = ~np.isin(link_id, link_ids)
    if unknown.any():
        where = first_of(unknown, lambda i: f"row {i + 1}", link_id)
        faults.add(
            f"`link_id` [-] of {path} must be a link of the network ({link_ids.size:,} links): "
            f"{where}."
        )
    return np.searchsorted(link_ids, link_id)


def _check_rows(
    path: Path,
    rows: SpeedRows,
    link_id: NDArray[np.int64],
    length: NDArray[np.int64],
    n_hours: int,
    faults: Faults,
) -> None:
    """Note classes, lists and numbers that are none."""

    def row(position: int) -> str:
        return f"link_id {link_id[position]}"

    if (rows.code < 0).any():
        faults.add(
            f"`vehicle_class` [-] of {path} must be one of {', '.join(CLASSES)}: "
            f"{first_of(rows.code < 0, row)}."
        )
    other = length != n_hours
    if other.any():
        faults.add(
            f"`speed_kmh` [km/h] of {path} must be lists of one length, {n_hours} as the first: "
            f"{first_of(other, row, length)}."
        )
    value = rows.speed[~other]
    bad = ((value <= 0) | (value > _MOST_KMH)).any(axis=1)
    if bad.any():
        odd = value[bad][0]
        odd = odd[(odd <= 0) | (odd > _MOST_KMH)][0]
        whole = np.flatnonzero(~other)
        where = first_of(bad, lambda i: row(int(whole[i])))
        faults.add(
            f"`speed_kmh` [km/h] of {path} must be > 0 and <= {_MOST_KMH:g}, or null where nothing "
            f"was measured: {where} (value {odd:g})."
        )
