"""Read volumes of a table whose columns are known: class by class, hour by hour, by shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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


@dataclass(eq=False)
class Streams:
    """Streams of a table, the hours of their series, and notes."""

    streams: list[Stream]
    hours: int | None
    notes: list[str] = field(default_factory=list)


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
    use = position >= 0
    use &= _check_shares(raw, position, place_ids, mapping, remarks, notes)
    hour = _take_hours(raw, mapping, faults)
    labels = _labels(raw, mapping)
    use &= _keep_latest(
        raw, use, position, place_ids, labels, hour, mapping, remarks, notes, faults
    )
    if faults:
        return Streams([], None)
    _check_once(raw, use, position, place_ids, labels, hour, faults)
    if faults:
        return Streams([], None)
    width = next(iter(values.values())).shape[1]
    hours = None
    if hour is not None:
        hours = _length(int(hour[use].max()) + 1 if use.any() else 1)
    elif width > 1 or _has_lists(raw, mapping):
        hours = width
    streams = []
    for (name, trip_kind), rows in labels.items():
        for key, column in values.items():
            chosen = np.flatnonzero(use & rows)
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
    """Return numbers (n, H); text is remarked and taken as missing."""
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
    if len(names) == 1 and first.map(lambda v: isinstance(v, list | tuple | np.ndarray)).any():
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


def _check_shares(
    raw: RawTable,
    position: NDArray[np.int64],
    place_ids: pd.Series,
    mapping: VolumeColumns,
    remarks: list[Remark],
    notes: list[str],
) -> NDArray[np.bool_]:
    """Say of each row whether its shares sum to one, within the tolerance."""
    good = np.ones(len(raw.frame), bool)
    wholes = {theirs.share_of for theirs in mapping.volumes.values()} - {None}
    for whole in sorted(map(str, wholes)):
        names = [t.columns[0] for t in mapping.volumes.values() if t.share_of == whole]
        parts = [to_numbers(raw.frame[n], decimal_comma=raw.decimal_comma)[0] for n in names]
        total = np.sum(parts, axis=0)
        bad = ~(np.abs(total - 1.0) <= mapping.shares_tolerance)
        for i in np.flatnonzero(bad):
            text = f"shares of classes must sum to 1: they sum to {total[i]:.4g}"
            remarks.append(Remark(raw.name, raw.row(int(i)), _id(place_ids, position[i]), text))
        if bad.any():
            notes.append(
                f"{int(bad.sum()):,} of {len(bad):,} rows were left out, whose shares of classes sum "
                f"to {np.nanmin(total[bad]):.4g} to {np.nanmax(total[bad]):.4g}; "
                f"first row {raw.row(int(bad.argmax()))}."
            )
        if (~bad).any() and (total[~bad] != 1.0).any():
            notes.append(
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
            classes = texts.map(lambda t: theirs.values.get(t, t), na_action="ignore")
            classes = classes.fillna("?")
    kinds = pd.Series(["all"] * n, dtype=object)
    if "trip_kind" in mapping.columns:
        kinds = to_text(raw.frame[mapping.columns["trip_kind"].columns[0]]).fillna("all")
        kinds = kinds.reset_index(drop=True)
    pairs = pd.Series(list(zip(classes, kinds, strict=True)))
    return {pair: (pairs == pair).to_numpy() for pair in sorted(set(pairs))}


def _keys(
    position: NDArray[np.int64],
    labels: Mapping[tuple[str, str], NDArray[np.bool_]],
    hour: NDArray[np.int64] | None,
) -> pd.DataFrame:
    label = np.zeros(position.size, np.int64)
    for number, rows in enumerate(labels.values()):
        label[rows] = number
    return pd.DataFrame({"place": position, "label": label, "hour": 0 if hour is None else hour})


def _keep_latest(
    raw: RawTable,
    use: NDArray[np.bool_],
    position: NDArray[np.int64],
    place_ids: pd.Series,
    labels: Mapping[tuple[str, str], NDArray[np.bool_]],
    hour: NDArray[np.int64] | None,
    mapping: VolumeColumns,
    remarks: list[Remark],
    notes: list[str],
    faults: Faults,
) -> NDArray[np.bool_]:
    """Say of each row whether it is the latest of its place, class and hour."""
    keep = np.ones(position.size, bool)
    if mapping.latest is None:
        return keep
    if mapping.latest not in raw.frame.columns:
        faults.add(
            f"`latest` must name a column of {raw.path}: {mapping.latest!r} not found, it has "
            f"{listed(raw.frame.columns)}."
        )
        return keep
    when = raw.frame[mapping.latest]
    order, is_text = to_numbers(when, decimal_comma=False)
    if is_text.any():
        dates = pd.to_datetime(to_text(when), errors="coerce", format="mixed", yearfirst=True)
        order = dates.astype("int64").to_numpy(np.float64)
        bad = dates.isna().to_numpy()
        if bad.any():
            faults.add(
                f"`{mapping.latest}` of {raw.path} must be a number or a date: "
                f"{first_of(bad, lambda i: f'row {raw.row(i)}', to_text(when))}."
            )
            return keep
    keys = _keys(position, labels, hour)
    newest = (
        pd.Series(np.where(use, order, -np.inf)).groupby(list(keys.to_numpy().T)).transform("max")
    )
    keep = order >= newest.to_numpy()
    for i in np.flatnonzero(use & ~keep):
        text = f"a later row of the place counts: {mapping.latest} {when.iloc[i]} is not the latest"
        remarks.append(Remark(raw.name, raw.row(int(i)), _id(place_ids, position[i]), text))
    older = int((use & ~keep).sum())
    if older:
        notes.append(
            f"{older:,} of {position.size:,} rows are not the latest of their place by "
            f"{mapping.latest}: left out."
        )
    return keep


def _check_once(
    raw: RawTable,
    use: NDArray[np.bool_],
    position: NDArray[np.int64],
    place_ids: pd.Series,
    labels: Mapping[tuple[str, str], NDArray[np.bool_]],
    hour: NDArray[np.int64] | None,
    faults: Faults,
) -> None:
    keys = _keys(position, labels, hour)
    rows = np.flatnonzero(use)
    twice = keys.iloc[rows].duplicated().to_numpy()
    if twice.any():
        what = "place, class and hour" if hour is not None else "place and class"
        names = [f"{_id(place_ids, position[i])!r} (row {raw.row(int(i))})" for i in rows[twice]]
        faults.add(
            f"{raw.path} must have one row for each {what}: {int(twice.sum()):,} of {rows.size:,} "
            f'stand twice, {listed(names)}. Say with `latest = "COLUMN"` which counts, or drop '
            f"the others."
        )


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


def _id(place_ids: pd.Series, position: int) -> str:
    return str(place_ids.iloc[position]) if position >= 0 else ""
