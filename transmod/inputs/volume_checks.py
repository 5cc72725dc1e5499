"""Check a volume file batch by batch, and say in the end all that is wrong with it."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.inputs.checks import listed
from transmod.inputs.volume_rows import N_CODES, VolumeRows, is_list
from transmod.schema import CRAWL_KMH, HOURLY_VOLUMES, TRIP_KINDS, VEHICLE_CLASSES, Table


def check_schema(schema: pa.Schema, table: Table, path: Path, faults: Faults) -> None:
    """Note columns that are missing, stand twice or have the wrong dtype."""
    names = schema.names
    missing = [name for name in table.required if name not in names]
    if missing:
        faults.add(
            f"{path} must have the columns {', '.join(table.required)}: {', '.join(missing)} not "
            f"found, it has {', '.join(names) or 'none'}."
        )
    for column in table.columns:
        if names.count(column.name) > 1:
            faults.add(f"{path} must have each column once: {column.name} stands twice.")
        elif column.name in names:
            dtype = schema.field(column.name).type
            if not _DTYPES[column.dtype](dtype):
                faults.add(
                    f"`{column.name}` [{column.unit}] of {path} must be {column.dtype}: {dtype} "
                    "found."
                )


def _is_text(dtype: pa.DataType) -> bool:
    if pa.types.is_dictionary(dtype):
        dtype = dtype.value_type
    return bool(pa.types.is_string(dtype) or pa.types.is_large_string(dtype))


def _is_number(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_integer(dtype) or pa.types.is_floating(dtype))


_DTYPES: dict[str, Callable[[pa.DataType], bool]] = {
    "int64": lambda dtype: bool(pa.types.is_integer(dtype)),
    "float64": _is_number,
    "string": _is_text,
    "list<float32>": lambda dtype: is_list(dtype) and bool(pa.types.is_floating(dtype.value_type)),
}


@dataclass
class _Tally:
    """How many rows break one rule, and where the first is."""

    count: int = 0
    first: str = ""

    def see(self, bad: NDArray[np.bool_], describe: Callable[[int], str]) -> None:
        if bad.any():
            self.first = self.first or describe(int(bad.argmax()))
            self.count += int(bad.sum())


@dataclass
class VolumeCheck:
    """
    Watches every batch of a volume file.

    Attributes
    ----------
    path : Path
        The file.
    table : Table
        What it holds. Lists of hours must be sorted by link, and rows that stand twice are sought
        here; other tables are sorted later.
    n_links, n_hours : int
        Links of the network, 0 where these are unknown; hours in a list.
    free_speed : float64 (L,) or None
        Undelayed speed of the links [km/h], for files with speeds.
    """

    path: Path
    table: Table
    n_links: int
    n_hours: int
    free_speed: NDArray[np.float64] | None = None
    n_rows: int = 0
    has_volume: NDArray[np.bool_] = field(init=False)
    has_code: NDArray[np.bool_] = field(init=False)
    is_crawling: NDArray[np.bool_] = field(init=False)
    is_too_fast: NDArray[np.bool_] = field(init=False)
    stopped: _Tally = field(default_factory=_Tally)
    _tallies: dict[str, _Tally] = field(default_factory=dict)
    _unknown: dict[str, set[str]] = field(default_factory=dict)
    _last_link: int | None = None
    _last_codes: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        self.has_volume = np.zeros(self.n_links, bool)
        self.has_code = np.zeros(N_CODES, bool)
        self.is_crawling = np.zeros(self.n_links, bool)
        self.is_too_fast = np.zeros(self.n_links, bool)

    def see(self, batch: pa.RecordBatch, rows: VolumeRows) -> None:
        """Look at the next batch of rows."""

        def row(position: int) -> str:
            names = [n for n in _KEY if n in batch.schema.names]
            return ", ".join(f"{name} {batch.column(name)[position].as_py()!r}" for name in names)

        self._see_keys(batch, rows, row)
        self._see_numbers(rows, row)
        if self.table is HOURLY_VOLUMES:
            self._see_order(rows, row)
        if rows.speed is not None and self.free_speed is not None:
            self._see_odd_speeds(rows.speed, rows.volume, rows.position)
        self.n_rows += rows.code.size
        self.has_volume[rows.position[(rows.position >= 0) & (rows.code >= 0)]] = True
        self.has_code[rows.code[rows.code >= 0]] = True

    def _tally(self, rule: str) -> _Tally:
        return self._tallies.setdefault(rule, _Tally())

    def _see_keys(self, batch: pa.RecordBatch, rows: VolumeRows, row: Callable[[int], str]) -> None:
        for name in _KEY:
            if name in batch.schema.names and batch.column(name).null_count:
                null = batch.column(name).is_null().to_numpy(zero_copy_only=False)
                self._tally(f"`{name}` [-] of {self.path} must be present").see(null, row)
        if self.n_links:
            is_id = batch.column("link_id").is_valid().to_numpy(zero_copy_only=False)
            rule = (
                f"`link_id` [-] of {self.path} must be a link of the network ({self.n_links:,} "
                f"links)"
            )
            self._tally(rule).see(is_id & (rows.position < 0), row)
        if not (rows.code < 0).any():
            return
        for name, valid in (("vehicle_class", VEHICLE_CLASSES), ("trip_kind", TRIP_KINDS)):
            if name in batch.schema.names:
                texts = np.array(batch.column(name).to_pylist(), dtype=object)
                bad = np.array([text is not None and text not in valid for text in texts])
                rule = f"`{name}` [-] of {self.path} must be one of {', '.join(valid)}"
                self._tally(rule).see(bad, row)
                self._unknown.setdefault(rule, set()).update(texts[bad])

    def _see_numbers(self, rows: VolumeRows, row: Callable[[int], str]) -> None:
        columns = [("volume", rows.volume, rows.length)]
        if rows.speed is not None:
            columns.append(("speed_kmh", rows.speed, rows.speed_length))
            is_stopped = (rows.speed == 0) & (rows.volume > 0)
            self.stopped.see(is_stopped.any(axis=1), _with_hour(row, is_stopped, rows.volume))
        for name, values, length in columns:
            label = f"`{name}` [{self.table[name].unit}] of {self.path} must"
            is_given = length >= 0
            self._tally(f"{label} be present").see(~is_given, row)
            other = is_given & (length != self.n_hours)
            rule = f"{label} be lists of one length, {self.n_hours} as most"
            self._tally(rule).see(other, _with_value(row, length))
            whole = is_given & ~other
            bad = whole[:, np.newaxis] & ~((values >= 0) & (values < np.inf))
            rule = f"{label} be finite and >= 0"
            self._tally(rule).see(bad.any(axis=1), _with_hour(row, bad, values))
        if rows.share is not None:
            bad_share = ~((rows.share >= 0) & (rows.share <= 1))
            rule = f"`direction_share` [-] of {self.path} must be >= 0 and <= 1"
            self._tally(rule).see(bad_share, _with_value(row, rows.share))
        if rows.hour is not None:
            rule = f"`hour` [-] of {self.path} must be 0 to 8783"
            self._tally(rule).see((rows.hour < 0) | (rows.hour > 8783), row)

    def _see_odd_speeds(
        self,
        speed: NDArray[np.float32],
        volume: NDArray[np.floating],
        position: NDArray[np.int64],
    ) -> None:
        """Mark the links on which traffic crawls, or drives faster than undelayed."""
        assert self.free_speed is not None
        known = position >= 0
        link, is_driven = position[known], volume[known] > 0
        free = self.free_speed[link, np.newaxis].astype(np.float32)
        slow, fast = speed[known] < CRAWL_KMH, speed[known] > free
        self.is_crawling[link[(slow & is_driven).any(axis=1)]] = True
        self.is_too_fast[link[(fast & is_driven).any(axis=1)]] = True

    def _see_order(self, rows: VolumeRows, row: Callable[[int], str]) -> None:
        """Note rows out of order, and rows that stand twice; links may go on in the next batch."""
        link, code = rows.link_id, rows.code
        if not link.size:
            return
        before = np.concatenate(([link[0] if self._last_link is None else self._last_link], link))
        rule = f"{self.path} must be sorted by link_id"
        self._tally(rule).see(before[1:] < before[:-1], row)
        order = np.lexsort((code, link))
        same = (np.diff(link[order]) == 0) & (np.diff(code[order]) == 0) & (code[order][1:] >= 0)
        twice = np.zeros(link.size, bool)
        twice[order[1:][same]] = True
        goes_on = link == self._last_link
        twice |= goes_on & np.isin(code, list(self._last_codes))
        self._tally(f"{self.path} must have one row for each {', '.join(_KEY[:3])}").see(twice, row)
        of_last = frozenset(code[(link == link[-1]) & (code >= 0)].tolist())
        self._last_codes = of_last | (self._last_codes if link[-1] == self._last_link else of_last)
        self._last_link = int(link[-1])

    def report(self, faults: Faults) -> None:
        """Note a sentence for each rule that was broken."""
        for rule, tally in self._tallies.items():
            if tally.count:
                names = sorted(self._unknown.get(rule, ()))
                faults.add(
                    f"{rule}: {tally.count:,} of {self.n_rows:,} rows are not, first at "
                    f"{tally.first}.{_name_near(names)}"
                )


_KEY = ("link_id", "vehicle_class", "trip_kind", "hour")


def _with_value(row: Callable[[int], str], values: NDArray[Any]) -> Callable[[int], str]:
    """Describe a row with its value."""
    return lambda position: f"{row(position)} (value {values[position]})"


def _with_hour(
    row: Callable[[int], str],
    bad: NDArray[np.bool_],
    values: NDArray[np.floating],
) -> Callable[[int], str]:
    """Describe a row with its first bad hour and value."""

    def describe(position: int) -> str:
        hour = int(bad[position].argmax())
        shown = f", hour {hour}" if values.shape[1] > 1 else ""
        return f"{row(position)}{shown} (value {values[position, hour]})"

    return describe


def _name_near(names: list[str]) -> str:
    """Write the unknown names, each with the valid one that is nearest."""
    if not names:
        return ""
    valid = (*VEHICLE_CLASSES, *TRIP_KINDS)
    texts = []
    for name in names:
        near = difflib.get_close_matches(name, valid, 1, 0.5)
        texts.append(f"{name!r} (near {near[0]})" if near else repr(name))
    return f" Unknown: {listed(texts)}."
