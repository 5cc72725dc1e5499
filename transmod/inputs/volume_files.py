"""Volume files: Parquet lists read in batches, smaller tables read whole."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from transmod.errors import Faults, InputError
from transmod.inputs.tables import read_csv
from transmod.inputs.volume_rows import VolumeRows, to_rows
from transmod.schema import AADT_VOLUMES, HOURLY_VOLUMES, LONG_VOLUMES, Table

if TYPE_CHECKING:
    from transmod.inputs.network import Network

Kind = Literal["aadt", "aawdt", "hourly"]

MOST_LONG_ROWS = 1_000_000
NETWORK_KEY = "network_sha256"
_LABELS = (b"kind", b"unit")  # metadata that say what volumes are

_BATCH_BYTES = 16 * 2**20


@dataclass(frozen=True, eq=False)
class ParquetRows:
    """
    The rows of a Parquet file, read in batches of bounded size, however large its row groups are.

    Attributes
    ----------
    path : Path
        The file.
    columns : tuple of str
        Columns to read.
    link_ids : int64 (L,)
        Links of the network in order.
    n_hours : int
        Hours in a list; 1 for a table of single values.
    """

    path: Path
    columns: tuple[str, ...]
    link_ids: NDArray[np.int64]
    n_hours: int

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the file's rows as Arrow batches."""
        n_values = self.n_hours * (1 + ("speed_kmh" in self.columns))
        batch_size = max(1, _BATCH_BYTES // (8 * n_values + 64))
        # neither pre-buffered nor whole column chunks at a time: memory is bounded by a batch
        with pq.ParquetFile(self.path, pre_buffer=False, buffer_size=2**20) as file:
            yield from file.iter_batches(batch_size, columns=list(self.columns))

    def __iter__(self) -> Iterator[VolumeRows]:
        """Yield the file's rows as arrays."""
        for batch in self.batches():
            yield to_rows(batch, self.link_ids, self.n_hours)


@dataclass(frozen=True, eq=False)
class MemoryRows:
    """The rows of a table that was read whole; single values only."""

    table: pa.Table
    columns: tuple[str, ...]
    n_hours: int = 1

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the table's rows as Arrow batches."""
        yield from self.table.to_batches()


def hours_in_lists(file: pq.ParquetFile) -> int:
    """Return the mean length of the lists of `volume`, by the file's own counts; 1 for numbers."""
    metadata = file.metadata
    names = [metadata.schema.column(i).path for i in range(metadata.num_columns)]
    leaf = next(i for i, name in enumerate(names) if name.split(".")[0] == "volume")
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    n_rows = sum(group.num_rows for group in groups)
    n_values = sum(group.column(leaf).num_values for group in groups)
    return max(1, round(n_values / max(1, n_rows)))


def read_labels(path: Path) -> tuple[str, ...]:
    """Return what a volume file is called, its columns that are not read, and its metadata."""
    metadata: dict[bytes, bytes] = {}
    if path.suffix.lower() == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            names = next(csv.reader(file), [])
    else:
        with whole_parquet(path):
            schema = pq.read_schema(path)
        names, metadata = schema.names, schema.metadata or {}
    known = {*AADT_VOLUMES.names, *HOURLY_VOLUMES.names, *LONG_VOLUMES.names}
    said = [metadata[key].decode("utf-8", "replace") for key in _LABELS if key in metadata]
    return (path.stem, *(name for name in names if name not in known), *said)


@contextmanager
def whole_parquet(path: Path) -> Iterator[None]:
    """Turn what Arrow says of a broken file into a fault."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        said = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"{path} must be a whole Parquet file: {said}.") from error


def open_volumes(
    path: Path, kind: Kind, link_ids: NDArray[np.int64], faults: Faults
) -> tuple[Table, pa.Schema, ParquetRows | MemoryRows]:
    """Find out what table the file holds, and how it is read."""
    if path.suffix.lower() == ".csv":
        table = LONG_VOLUMES if kind == "hourly" else AADT_VOLUMES
        frame = read_csv(path, table, faults)
        content = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
        _check_long(path, table, content.num_rows)
        columns = tuple(name for name in table.names if name in content.column_names)
        return table, content.schema, MemoryRows(content.select(columns), columns)
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        table = AADT_VOLUMES
        if kind == "hourly":
            table = LONG_VOLUMES if "hour" in schema.names else HOURLY_VOLUMES
        _check_long(path, table, file.metadata.num_rows)
        n_hours = 1
        if table is HOURLY_VOLUMES and "volume" in schema.names:
            n_hours = hours_in_lists(file)
    columns = tuple(name for name in table.names if name in schema.names)
    return table, schema, ParquetRows(path, columns, link_ids, n_hours)


def _check_long(path: Path, table: Table, n_rows: int) -> None:
    if table is LONG_VOLUMES and n_rows > MOST_LONG_ROWS:
        msg = (
            f"{path} must have at most {MOST_LONG_ROWS:,} rows as a table with a column hour: "
            f"{n_rows:,} found. Write one row per link, vehicle_class and trip_kind, with `volume` "
            "a list of all hours, to Parquet, sorted by link_id."
        )
        raise InputError(msg)


def check_network(
    path: Path, schema: pa.Schema, network: Network, given: str | None, faults: Faults
) -> None:
    """Note volumes that were made for another network, or do not say for which."""
    carried = (schema.metadata or {}).get(NETWORK_KEY.encode())
    found = carried.decode("ascii", "replace") if carried is not None else given
    if found is None:
        faults.add(
            f"{path} must say for which network it was made: no {NETWORK_KEY} found. Add it to the "
            "metadata of the Parquet schema, or to the scenario; this network's is "
            f"{network.sha256}."
        )
    elif found != network.sha256 or (given is not None and given != network.sha256):
        wrong = found if found != network.sha256 else given
        faults.add(
            f"{path} must be made for this network ({NETWORK_KEY} {network.sha256}): it was made "
            f"for another network, {wrong}. Bring the volumes onto these links anew."
        )
