"""Rows of a volume file: Arrow batches as arrays, in network positions and stream codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.schema import TRIP_KINDS, VEHICLE_CLASSES

# A stream's code is position in VEHICLE_CLASSES x len(TRIP_KINDS) + position in TRIP_KINDS, so
# the order of codes is the order of the schema and no pass is needed to number the streams.
N_CODES = len(VEHICLE_CLASSES) * len(TRIP_KINDS)


@dataclass(frozen=True, eq=False)
class VolumeRows:
    """
    Some rows of a volume file: n streams on links, H hours each.

    Attributes
    ----------
    link_id, position : int64 (n,)
        The link and its position in the network; -1 where the network has no such link.
    code : int64 (n,)
        Code of the stream; -1 where class or trip kind is unknown.
    volume : float64 (n, 1) or float32 (n, H)
        As it stands in the file; NaN where null.
    speed : float32 (n, H) or None
        [km/h]; NaN where null.
    length, speed_length : int64 (n,)
        Hours in the lists; -1 for a null list.
    share : float64 (n,) or None
        Share of this direction; NaN where null.
    hour : int64 (n,) or None
        Position in the series, in a long table; -1 where null.
    """

    link_id: NDArray[np.int64]
    position: NDArray[np.int64]
    code: NDArray[np.int64]
    volume: NDArray[np.floating]
    speed: NDArray[np.float32] | None
    length: NDArray[np.int64]
    speed_length: NDArray[np.int64]
    share: NDArray[np.float64] | None
    hour: NDArray[np.int64] | None


def code_of(vehicle_class: str, trip_kind: str) -> int:
    """Return the code of a stream."""
    return VEHICLE_CLASSES.index(vehicle_class) * len(TRIP_KINDS) + TRIP_KINDS.index(trip_kind)


def stream_of(code: int) -> tuple[str, str]:
    """Return vehicle class and trip kind of a stream's code."""
    return VEHICLE_CLASSES[code // len(TRIP_KINDS)], TRIP_KINDS[code % len(TRIP_KINDS)]


def sort_rows(parts: Sequence[VolumeRows], path: Path, faults: Faults) -> VolumeRows:
    """Join rows, sort them by link, stream and hour, and note those that stand twice."""
    link_id = np.concatenate([rows.link_id for rows in parts])
    position = np.concatenate([rows.position for rows in parts])
    code = np.concatenate([rows.code for rows in parts])
    volume = np.concatenate([rows.volume for rows in parts])
    speed = _join([rows.speed for rows in parts])
    share = _join([rows.share for rows in parts])
    hour = _join([rows.hour for rows in parts])
    keys = (code, position) if hour is None else (hour, code, position)
    order = np.lexsort(keys)
    same = np.logical_and.reduce([np.diff(key[order]) == 0 for key in keys])
    if same.any():
        row = order[int(same.argmax())]
        vehicle_class, trip_kind = stream_of(int(code[row]))
        at_hour = "" if hour is None else f", hour {hour[row]}"
        faults.add(
            f"{path} must have one row for each link_id, vehicle_class, trip_kind"
            f"{'' if hour is None else ', hour'}: {same.sum():,} of {code.size:,} rows stand "
            f"twice, first link_id {link_id[row]}, vehicle_class {vehicle_class!r}, trip_kind "
            f"{trip_kind!r}{at_hour}."
        )
    ones = np.ones(code.size, np.int64)
    return VolumeRows(
        link_id=link_id[order],
        position=position[order],
        code=code[order],
        volume=volume[order],
        speed=None if speed is None else speed[order],
        length=ones,
        speed_length=ones,
        share=None if share is None else share[order],
        hour=None if hour is None else hour[order],
    )


def _join(parts: Sequence[NDArray[Any] | None]) -> NDArray[Any] | None:
    present = [part for part in parts if part is not None]
    return np.concatenate(present) if present else None


def gather_hours(rows: VolumeRows, path: Path, faults: Faults) -> VolumeRows:
    """
    Turn the sorted rows of a long table, an hour each, into rows of H hours.

    The share of this direction, which may differ by hour, is taken into the volume.
    """
    assert rows.hour is not None
    stream = rows.position * N_CODES + rows.code
    start = np.flatnonzero(np.diff(stream, prepend=-1))
    n_hours = int(rows.hour.max()) + 1
    found = np.diff(start, append=stream.size)
    short = found != n_hours
    if short.any():
        row = start[int(short.argmax())]
        vehicle_class, trip_kind = stream_of(int(rows.code[row]))
        faults.add(
            f"{path} must have the hours 0 to {n_hours - 1} of each stream on a link: "
            f"{short.sum():,} of {short.size:,} have not, first link_id {rows.link_id[row]}, "
            f"vehicle_class {vehicle_class!r}, trip_kind {trip_kind!r} ({found[short][0]} hours)."
        )
        return rows
    volume = rows.volume if rows.share is None else rows.volume * rows.share[:, np.newaxis]
    lengths = np.full(start.size, n_hours)
    return VolumeRows(
        link_id=rows.link_id[start],
        position=rows.position[start],
        code=rows.code[start],
        volume=volume.reshape(-1, n_hours).astype(np.float32),
        speed=None if rows.speed is None else rows.speed.reshape(-1, n_hours),
        length=lengths,
        speed_length=lengths,
        share=None,
        hour=None,
    )


def to_rows(batch: pa.RecordBatch, link_ids: NDArray[np.int64], n_hours: int) -> VolumeRows:
    """
    Turn an Arrow batch into arrays; whatever is wrong in it is marked, nothing is raised.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
        Columns of a volume table, of right dtypes.
    link_ids : int64 (L,)
        Links of the network in order.
    n_hours : int
        Hours that a list must have.
    """
    columns: Mapping[str, pa.Array] = dict(zip(batch.schema.names, batch.columns, strict=True))
    link_id = to_whole(columns["link_id"])
    position = np.searchsorted(link_ids, link_id)
    position[position == link_ids.size] = 0
    known = link_ids[position] == link_id if link_ids.size else np.zeros(link_id.size, bool)
    vehicle_class = to_positions(columns["vehicle_class"], VEHICLE_CLASSES)
    trip_kind = np.zeros_like(vehicle_class)  # "all"
    if "trip_kind" in columns:
        trip_kind = to_positions(columns["trip_kind"], TRIP_KINDS)
    code = vehicle_class * len(TRIP_KINDS) + trip_kind
    volume, length = to_matrix(columns["volume"], n_hours)
    speed, speed_length = None, length
    if "speed_kmh" in columns:
        values, speed_length = to_matrix(columns["speed_kmh"], n_hours)
        speed = values.astype(np.float32, copy=False)
    share = columns.get("direction_share")
    hour = columns.get("hour")
    return VolumeRows(
        link_id=link_id,
        position=np.where(known, position, -1),
        code=np.where((vehicle_class < 0) | (trip_kind < 0), -1, code),
        volume=volume,
        speed=speed,
        length=length,
        speed_length=speed_length,
        share=None if share is None else _to_numbers(share, np.float64),
        hour=None if hour is None else to_whole(hour),
    )


def to_whole(array: pa.Array) -> NDArray[np.int64]:
    """Return whole numbers, -1 for null."""
    return pc.fill_null(array.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)


def _to_numbers(array: pa.Array, dtype: type) -> NDArray[Any]:
    """Return numbers, NaN for null."""
    return array.to_numpy(zero_copy_only=False).astype(dtype, copy=False)


def to_positions(array: pa.Array, names: tuple[str, ...]) -> NDArray[np.int64]:
    """Return the position of each text in `names`, -1 for others and null."""
    found = pc.index_in(array.cast(pa.string()), value_set=pa.array(names))
    return pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)


def to_matrix(array: pa.Array, n_hours: int) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """Return values (n, H), and hours in each list; a null list or one of other length is NaN."""
    n_rows = len(array)
    if not is_list(array.type):
        return _to_numbers(array, np.float64).reshape(n_rows, 1), np.ones(n_rows, np.int64)
    lengths = pc.fill_null(pc.list_value_length(array), -1).to_numpy(zero_copy_only=False)
    whole = lengths == n_hours
    if not whole.all():
        array = array.filter(pa.array(whole))
    values = _to_numbers(array.flatten(), np.float32).reshape(int(whole.sum()), n_hours)
    if whole.all():
        return values, lengths.astype(np.int64)
    matrix = np.full((n_rows, n_hours), np.nan, np.float32)
    matrix[whole] = values
    return matrix, lengths.astype(np.int64)


def is_list(dtype: pa.DataType) -> bool:
    """Whether an Arrow type is a list, of fixed size or not."""
    return bool(
        pa.types.is_fixed_size_list(dtype)
        or pa.types.is_list(dtype)
        or pa.types.is_large_list(dtype)
    )
