"""Read volumes of a table whose columns are known: class by class, hour by hour, by shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.inputs.checks import first_of, listed
from transmod.inputs.formats.reading import ALL_VEHICLES, Remark, Stream
from transmod.inputs.formats.tables import RawTable, to_numbers, to_text
from transmod.inputs.formats.volume_columns import HOUR_MARK, Theirs, VolumeColumns
from transmod.units import convert

_DAY = 24
_LENGTHS = (24, 168, 8760, 8784)
_ROUNDING = 1e-9


@dataclass(eq=False)
class Streams:
    """Streams of a table, the hours of their series, and notes."""

    streams: list[Stream]
    hours: int | None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of a table: where they are, which class and hour they are of."""

    raw: RawTable
    position: NDArray[np.int64]
    place_ids: pd.Series
    mapping: VolumeColumns
    labels: Mapping[tuple[str, str], NDArray[np.bool_]]
    hour: NDArray[np.int64] | None
    remarks: list[Remark]
    notes: list[str]

    def place(self, row: int) -> str:
        """Return the name of the place of a row."""
        at = int(self.position[row])
        return str(self.place_ids.iloc[at]) if at >= 0 else ""

    def remark(self, row: int, text: str) -> None:
        """Say why a row is left out."""
        self.remarks.append(Remark(self.raw.name, self.raw.row(row), self.place(row), text))

    def keys(self) -> pd.DataFrame:
        """Return what must differ from row to row."""
        label = np.zeros(self.position.size, np.int64)
        for number, rows in enumerate(self.labels.values()):
            label[rows] = number
        hour = 0 if self.hour is None else self.hour
        return pd.DataFrame({"place": self.position, "label": label, "hour": hour})


def read_streams(
    raw: RawTable,
    position: NDArray[np.int64],
    place_ids: pd.Series,
    mapping: VolumeColumns,
    remarks: list[Remark],
    faults: Faults,
) -> Streams:
    """
    Read the volumes of a table.

    Parameters
    ----------
    raw : RawTable
        The table.
    position : int64 (n,)
        Place of each row; -1 where it has none.
    place_ids : Series
        Names of the places.
    mapping : VolumeColumns
        What the columns are.
    remarks : list of Remark
        Takes rows that are left out: shares that do not sum to one, text, older rows.
    faults : Faults
        Takes places that stand twice.
    """
    notes: list[str] = []
    values, speeds = _take_values(raw, mapping, remarks, faults, notes)
    hour = _take_hours(raw, mapping, faults)
    labels = _labels(raw, mapping)
    rows = _Rows(raw, position, place_ids, mapping, labels, hour, remarks, notes)
    use = position >= 0
    use &= _check_shares(rows)
    use &= _keep_latest(rows, use, faults)
    if not faults:
        use &= _keep_once(rows, values, use, faults)
    if faults:
        return Streams([], None)
    width = next(iter(values.values())).shape[1]
    hours = None
    if hour is not None:
        hours = _length(int(hour[use].max()) + 1 if use.any() else 1)
    elif width > 1 or _has_lists(raw, mapping):
        hours = width
    streams = []
    for (name, trip_kind), own_rows in labels.items():
        for key, column in values.items():
            chosen = np.flatnonzero(use & own_rows)
            given = column[chosen]
            speed = speeds.get(key)
            own = None if speed is None else speed[chosen]
            place = position[chosen]
            if hour is not None and hours is not None:
                place, given, own = _pivot(place, given, own, hour[chosen], hours)
            if len(place):
                streams.append(Stream(name or key, place, given, own, trip_kind))
    return Streams(streams, hours, notes)


def _take_values(
    raw: RawTable, mapping: VolumeColumns, remarks: list[Remark], faults: Faults, notes: list[str]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Return volumes (n, H) and speeds by class, or by "all" where a row is of one class."""
    sources = dict(mapping.volumes) or {ALL_VEHICLES: mapping.columns["volume"]}
    speeds: Mapping[str, Theirs] = mapping.speeds
    if not mapping.volumes and "speed_kmh" in mapping.columns:
        speeds = {ALL_VEHICLES: mapping.columns["speed_kmh"]}
    values = {}
    for name, theirs in sources.items():
        numbers = _numbers(raw, theirs, mapping, remarks, faults)
        if theirs.share_of is not None:
            numbers = numbers * _numbers(raw, Theirs((theirs.share_of,)), mapping, remarks, faults)
        values[name] = numbers * theirs.times
    used = {name for theirs in sources.values() for name in (*theirs.columns, theirs.share_of)}
    used |= {name for theirs in mapping.columns.values() for name in theirs.columns}
    used |= {name for theirs in speeds.values() for name in theirs.columns} | {mapping.latest}
    marks = [name.split(HOUR_MARK) for name in used if name and HOUR_MARK in name]
    unread = [
        name
        for name in raw.frame.columns
        if name not in used and not any(name.startswith(a) and name.endswith(b) for a, b in marks)
    ]
    if unread:
        notes.append(f"Columns of {raw.name} that are not read: {listed(unread)}.")
    taken = {}
    for name, theirs in speeds.items():
        speed = _numbers(raw, theirs, mapping, remarks, faults) * theirs.times
        taken[name] = speed * (convert(1.0, theirs.unit, "km/h") if theirs.unit else 1.0)
    return values, taken


def _numbers(
    raw: RawTable, theirs: Theirs, mapping: VolumeColumns, remarks: list[Remark], faults: Faults
) -> NDArray[np.float64]:
    """Return numbers (n, H), added up over columns; text is remarked and taken as missing."""
    if len(theirs.columns) > 1:
        parts = [replace(theirs, columns=(name,)) for name in theirs.columns]
        return np.sum([_numbers(raw, part, mapping, remarks, faults) for part in parts], axis=0)
    names = [theirs.columns[0]]
    if HOUR_MARK in names[0]:
        found = {
            int(column[len(before) : len(column) - len(after)]) - mapping.first_hour: column
            for before, after in [names[0].split(HOUR_MARK)]
            for column in map(str, raw.frame.columns)
            if column.startswith(before)
            and column.endswith(after)
            and column[len(before) : len(column) - len(after)].isdigit()
        }
        if not found or sorted(found) != list(range(len(found))):
            faults.add(
                f"{raw.path} must have the columns {names[0]} for hours from {mapping.first_hour} "
                f"on: {listed(found.values()) or 'none'} found."
            )
            return np.full((len(raw.frame), 1), np.nan)
        names = [found[hour] for hour in sorted(found)]
    first = raw.frame[names[0]]
    if (
        len(names) == 1
        and first.dtype == object
        and first.map(lambda v: isinstance(v, list | tuple | np.ndarray)).any()
    ):
        return _lists(raw, first, faults)
    columns = []
    for name in names:
        texts = to_text(raw.frame[name])
        numbers, is_text = to_numbers(raw.frame[name], decimal_comma=raw.decimal_comma)
        unknown = texts.isin(theirs.missing).to_numpy()
        remarks += [
            Remark(raw.name, raw.row(int(i)), "", f"`{name}` must be a number: {texts[i]!r} found")
            for i in np.flatnonzero(is_text & ~unknown)
        ]
        columns.append(np.where(unknown, np.nan, numbers))
    return np.stack(columns, axis=1)


def _lists(raw: RawTable, values: pd.Series, faults: Faults) -> NDArray[np.float64]:
    lengths = values.map(lambda v: len(v) if isinstance(v, list | tuple | np.ndarray) else -1)
    bad = (lengths != lengths.max()).to_numpy()
    if bad.any():
        faults.add(
            f"`{values.name}` of {raw.path} must be lists of one length, {lengths.max()} as most: "
            f"{first_of(bad, lambda i: f'row {raw.row(i)}', lengths)}."
        )
        return np.full((len(values), 1), np.nan)
    return np.stack(values.to_list()).astype(np.float64)


def _has_lists(raw: RawTable, mapping: VolumeColumns) -> bool:
    theirs = mapping.columns.get("volume")
    return theirs is not None and isinstance(raw.frame[theirs.columns[0]].iloc[0], np.ndarray)


def _check_shares(rows: _Rows) -> NDArray[np.bool_]:
    """Say of each row whether its shares sum to one, within the tolerance."""
    raw, mapping = rows.raw, rows.mapping
    good = np.ones(len(raw.frame), bool)
    wholes = {theirs.share_of for theirs in mapping.volumes.values()} - {None}
    for whole in sorted(map(str, wholes)):
        names = [n for t in mapping.volumes.values() if t.share_of == whole for n in t.columns]
        parts = [to_numbers(raw.frame[n], decimal_comma=raw.decimal_comma)[0] for n in names]
        total = np.sum(parts, axis=0)
        bad = ~(np.abs(total - 1.0) <= mapping.shares_tolerance)
        for i in np.flatnonzero(bad):
            rows.remark(int(i), f"shares of classes must sum to 1: they sum to {total[i]:.4g}")
        if bad.any():
            rows.notes.append(
                f"{int(bad.sum()):,} of {len(bad):,} rows were left out, whose shares of classes "
                f"sum to {np.nanmin(total[bad]):.4g} to {np.nanmax(total[bad]):.4g}; first row "
                f"{raw.row(int(bad.argmax()))}."
            )
        if (~bad).any() and (np.abs(total[~bad] - 1.0) > _ROUNDING).any():
            rows.notes.append(
                f"Shares of the other rows sum to {total[~bad].min():.4g} to "
                f"{total[~bad].max():.4g}: taken as they stand."
            )
        good &= ~bad
    return good


def _take_hours(raw: RawTable, mapping: VolumeColumns, faults: Faults) -> NDArray[np.int64] | None:
    theirs = mapping.columns.get("hour")
    if theirs is None:
        return None
    numbers, is_text = to_numbers(raw.frame[theirs.columns[0]], decimal_comma=False)
    hours = numbers - mapping.first_hour
    bad = is_text | ~((hours >= 0) & (hours < _LENGTHS[-1])) | (hours != np.floor(hours))
    if bad.any():
        faults.add(
            f"`{theirs.columns[0]}` of {raw.path}, our `hour`, must be whole and >= "
            f"{mapping.first_hour}: {first_of(bad, lambda i: f'row {raw.row(i)}', numbers)}."
        )
        return np.zeros(len(hours), np.int64)
    return hours.astype(np.int64)


def _labels(raw: RawTable, mapping: VolumeColumns) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """Return class and trip kind -> rows; the class is "" where columns say it."""
    n = len(raw.frame)
    classes = pd.Series([""] * n, dtype=object)
    if not mapping.volumes:
        classes = pd.Series([ALL_VEHICLES] * n, dtype=object)
        if "vehicle_class" in mapping.columns:
            theirs = mapping.columns["vehicle_class"]
            texts = to_text(raw.frame[theirs.columns[0]]).reset_index(drop=True)
            classes = texts.replace(dict(theirs.values)) if theirs.values else texts
            classes = classes.fillna("?")
    kinds = pd.Series(["all"] * n, dtype=object)
    if "trip_kind" in mapping.columns:
        kinds = to_text(raw.frame[mapping.columns["trip_kind"].columns[0]]).fillna("all")
        kinds = kinds.reset_index(drop=True)
    number, names = pd.factorize(pd.MultiIndex.from_arrays([classes, kinds]), sort=True)
    return {(str(a), str(b)): number == i for i, (a, b) in enumerate(names)}


def _keep_latest(rows: _Rows, use: NDArray[np.bool_], faults: Faults) -> NDArray[np.bool_]:
    """Say of each row whether it is the latest of its place, class and hour."""
    raw, latest = rows.raw, rows.mapping.latest
    keep = np.ones(use.size, bool)
    if latest is None:
        return keep
    if latest not in raw.frame.columns:
        faults.add(
            f"`latest` must name a column of {raw.path}: {latest!r} not found, it has "
            f"{listed(raw.frame.columns)}."
        )
        return keep
    texts = to_text(raw.frame[latest])
    order, is_text = to_numbers(raw.frame[latest], decimal_comma=False)
    if is_text.any():
        dates = pd.to_datetime(texts, errors="coerce", format="mixed", yearfirst=True)
        order = np.where(dates.isna(), np.nan, dates.to_numpy("int64").astype(np.float64))
    bad = np.isnan(order)
    if bad.any():
        faults.add(
            f"`{latest}` of {raw.path} must be a number or a date: "
            f"{first_of(bad, lambda i: f'row {raw.row(i)}', texts)}."
        )
        return keep
    groups = list(rows.keys().to_numpy().T)
    newest = pd.Series(np.where(use, order, -np.inf)).groupby(groups).transform("max")
    keep = order >= newest.to_numpy()
    for i in np.flatnonzero(use & ~keep):
        rows.remark(int(i), f"a later row of the place counts: {latest} is {texts.iloc[i]}")
    older = int((use & ~keep).sum())
    if older:
        rows.notes.append(
            f"{older:,} of {use.size:,} rows are not the latest of their place by {latest}: left "
            f"out."
        )
    return keep


def _keep_once(
    rows: _Rows, values: Mapping[str, NDArray[np.float64]], use: NDArray[np.bool_], faults: Faults
) -> NDArray[np.bool_]:
    """
    Say of each row whether it is the first of its place, class and hour.

    A row that repeats an earlier one word for word is left out; one with other figures is a fault,
    unless the mapping says that the first counts.
    """
    keys = rows.keys().loc[use]
    first = keys.groupby(list(keys.columns)).ngroup().to_numpy()
    chosen = np.flatnonzero(use)
    earlier = chosen[pd.Series(np.arange(chosen.size)).groupby(first).transform("min").to_numpy()]
    twice = earlier != chosen
    keep = np.ones(use.size, bool)
    keep[chosen[twice]] = False
    figures = np.concatenate(list(values.values()), axis=1)
    same = np.ones(chosen.size, bool)
    for k in np.flatnonzero(twice):
        same[k] = np.array_equal(figures[chosen[k]], figures[earlier[k]], equal_nan=True)
    unlike = twice & ~same
    if unlike.any() and rows.mapping.duplicates == "fault":
        names = [
            f"{rows.place(i)!r} (rows {rows.raw.row(b)} and {rows.raw.row(i)})"
            for i, b in zip(chosen[unlike].tolist(), earlier[unlike].tolist(), strict=True)
        ]
        what = "place, class and hour" if rows.hour is not None else "place and class"
        faults.add(
            f"{rows.raw.path} must have one row for each {what}: {int(unlike.sum()):,} of "
            f"{chosen.size:,} have other figures than an earlier one, {listed(names)}. Say which "
            f'counts with `latest = "COLUMN"`, or that the first does with `duplicates = "first"`.'
        )
    for i, b, equal in zip(chosen[twice], earlier[twice], same[twice], strict=True):
        what = "the same figures stand" if equal else "other figures of the place stand"
        rows.remark(int(i), f"{what} in an earlier row: row {rows.raw.row(int(b))} was taken")
    if twice.any():
        rows.notes.append(
            f"{int(twice.sum()):,} of {use.size:,} rows repeat a place, {int(unlike.sum()):,} of "
            f"them with other figures: left out."
        )
    return keep


def _pivot(
    place: NDArray[np.int64],
    values: NDArray[np.float64],
    speeds: NDArray[np.float64] | None,
    hour: NDArray[np.int64],
    hours: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64] | None]:
    unique, row = np.unique(place, return_inverse=True)
    out = np.full((unique.size, hours), np.nan)
    out[row, hour] = values[:, 0]
    if speeds is None:
        return unique, out, None
    own = np.full((unique.size, hours), np.nan)
    own[row, hour] = speeds[:, 0]
    return unique, out, own


def _length(hours: int) -> int:
    """Return the length of a series that holds so many hours: a day, a week, a year, else days."""
    for length in _LENGTHS:
        if hours == length:
            return length
    return -(-hours // _DAY) * _DAY
