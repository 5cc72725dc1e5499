"""Turn what a reader found into a traffic source: bad places out, classes ours, hours as asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from transmod.errors import Faults, InputError
from transmod.inputs.checks import listed
from transmod.inputs.formats.classes import sort_classes
from transmod.inputs.formats.reading import ImportOptions, Reading, Remark, Stream
from transmod.inputs.traffic_source import KINDS, UNITS, TrafficSource, sort_volumes
from transmod.schema import PLACES

_LARGEST_LATITUDE = 90.0


@dataclass(frozen=True, eq=False)
class Imported:
    """A traffic source, and what is to be said of rows of its files."""

    source: TrafficSource
    remarks: tuple[Remark, ...]


def to_source(reading: Reading, options: ImportOptions, origin: str) -> Imported:
    """
    Make a traffic source of a reading.

    Places without a usable course, and volumes that are negative or infinite, are left out and
    listed; so are hours that are not given, though these streams are taken.

    Parameters
    ----------
    reading : Reading
        As read.
    options : ImportOptions
        Class names, mix, kind, unit, and what to make of the period.
    origin : str
        Name of the files, for sentences.

    Raises
    ------
    InputError
        With every fault.
    """
    faults = Faults()
    notes = list(reading.notes)
    remarks = list(reading.remarks)
    # daily volumes are made of a series, whose own kind is then not the one asked for
    asked = None if options.day_factor is not None else options.kind
    kind = _settle("kind", asked, reading.kind, KINDS, faults)
    unit = _settle("unit", options.unit, reading.unit, UNITS, faults)
    classes = sort_classes((s.name for s in reading.streams), options, notes, faults)
    _check_ids(reading.places, origin, faults)
    faults.raise_any()
    hours = reading.hours
    if kind == "hourly" and hours is None:
        hours = 1  # one figure stands for one hour
    if kind != "hourly" and hours is not None:
        raise InputError(
            f"--kind must be hourly, or left out: {origin} has series of {hours} hours. Daily "
            f"volumes are made of them with --day-factor."
        )
    places, position = _take_places(reading.places, reading.streams, origin, notes, remarks)
    rows = _gather(reading, classes, position, origin, remarks)
    volumes = _to_frame(rows, places, hours, options.scale)
    if options.scale != 1.0:
        notes.append(f"Volumes were multiplied by {options.scale:g}, as asked for.")
    if hours is not None:
        covered = _cover(reading.covered, volumes, hours, notes)
        _list_hours(volumes, covered > 0.0, origin, notes, remarks)
        volumes, kind, hours = _expand(volumes, covered, hours, options, notes)
    if volumes.empty:
        raise InputError(f"{origin} must hold volumes at places with a course: none is left.")
    silent = int((~places["place_id"].isin(volumes["place_id"])).sum())
    if silent:
        notes.append(
            f"{silent:,} of {len(places):,} places have no volume: they are missing, not zero."
        )
    source = TrafficSource(
        places=places,
        volumes=sort_volumes(volumes),
        format=reading.format,
        kind=str(kind),
        unit=str(unit),
        hours=hours,
        notes=tuple(notes),
    )
    return Imported(source, tuple(remarks))


def _settle(
    name: str, asked: str | None, found: str | None, valid: tuple[str, ...], faults: Faults
) -> str | None:
    if asked is not None and asked not in valid:
        faults.add(f"--{name} must be one of {', '.join(valid)}: {asked!r} found.")
    if asked is None and found is None:
        what = {
            "kind": "what period the volumes stand for: with --kind aadt (mean of all days), aawdt "
            "(Mondays to Fridays) or hourly (an hour)",
            "unit": "what the volumes count: with --unit veh (vehicles) or pcu (car units)",
        }[name]
        faults.add(f"The files do not say {what}, it must be said.")
    return asked or found


def _check_ids(places: gpd.GeoDataFrame, origin: str, faults: Faults) -> None:
    twice = places["place_id"].duplicated().to_numpy()
    if twice.any():
        names = places["place_id"][twice].map(repr).tolist()
        rows = places["row"][twice].tolist()
        where = [f"{name} (row {row})" for name, row in zip(names, rows, strict=True)]
        faults.add(
            f"Places of {origin} must stand once: {int(twice.sum())} of {len(twice)} stand twice, "
            f"{listed(where)}."
        )


def _take_places(
    places: gpd.GeoDataFrame,
    streams: Sequence[Stream],
    origin: str,
    notes: list[str],
    remarks: list[Remark],
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """Return the good places, sorted, and where each of the read ones stands; -1 left out."""
    shapes = places.geometry.to_numpy()
    is_link = (places["kind"] == "link").to_numpy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    length = shapely.length(shapes)
    bounds = np.asarray(shapely.bounds(shapes)).reshape(-1, 4)
    wild = ~missing & ~np.isfinite(bounds).all(axis=1)
    if places.crs is not None and places.crs.is_geographic:
        wild |= ~missing & (np.abs(bounds[:, [1, 3]]) > _LARGEST_LATITUDE).any(axis=1)
    reasons = (
        (is_link & missing, "it has no course: no coordinates of its nodes, and none of its own"),
        (wild, "its coordinates are not on the earth"),
        (is_link & ~missing & ~wild & (length == 0.0), "its course has no length: it is a loop"),
    )
    with_volume = np.zeros(len(places), bool)
    for stream in streams:
        driven = np.nan_to_num(stream.volume, nan=0.0).any(axis=1)
        with_volume[stream.place[driven]] = True
    bad = np.zeros(len(places), bool)
    ids, rows = places["place_id"].to_numpy(object), places["row"].to_numpy()
    for mask, reason in reasons:
        fresh = mask & ~bad
        bad |= mask
        remarks += [
            Remark(origin, str(rows[i]), str(ids[i]), reason) for i in np.flatnonzero(fresh)
        ]
        if fresh.any():
            traffic = f", {int((fresh & with_volume).sum()):,} of them with a volume"
            notes.append(
                f"{int(fresh.sum()):,} of {len(places):,} places were left out{traffic}: {reason}; "
                f"first {ids[fresh.argmax()]!r}."
            )
    nowhere = int((missing & ~is_link).sum())
    if nowhere:
        notes.append(
            f"{nowhere:,} of {len(places):,} count points have no coordinates: they give profiles, "
            f"and cannot be matched. Name the file that has them, too."
        )
    kept = np.flatnonzero(~bad)
    order = kept[np.argsort(ids[kept].astype(str), kind="stable")]
    position = np.full(len(places), -1, np.int64)
    position[order] = np.arange(order.size)
    taken = places.iloc[order].reset_index(drop=True)[list(PLACES.names)]
    return taken, position


_Rows = dict[tuple[str, str], list[tuple[NDArray[np.int64], NDArray, NDArray | None]]]


def _gather(
    reading: Reading,
    classes: dict[str, dict[str, float]],
    position: NDArray[np.int64],
    origin: str,
    remarks: list[Remark],
) -> _Rows:
    """Sort streams by our class and trip kind; leave bad volumes out."""
    rows: _Rows = defaultdict(list)
    ids = reading.places["place_id"].to_numpy(object)
    lines = reading.places["row"].to_numpy()
    for stream in reading.streams:
        bad = ((stream.volume < 0.0) | np.isinf(stream.volume)).any(axis=1)
        for i in np.flatnonzero(bad):
            value = stream.volume[i][(stream.volume[i] < 0.0) | np.isinf(stream.volume[i])][0]
            place = stream.place[i]
            text = f"volume of {stream.name!r} must be finite and >= 0: {value:g} found"
            remarks.append(Remark(origin, str(lines[place]), str(ids[place]), text))
        given = ~np.isnan(stream.volume).all(axis=1)
        use = (position[stream.place] >= 0) & ~bad & given
        for ours, share in classes[stream.name].items():
            speed = None if stream.speed is None else stream.speed[use]
            volume = stream.volume[use] if share == 1.0 else stream.volume[use] * share
            rows[ours, stream.trip_kind].append((position[stream.place[use]], volume, speed))
    return rows


def _to_frame(
    rows: _Rows, places: gpd.GeoDataFrame, hours: int | None, scale: float
) -> pd.DataFrame:
    """Add up what is of one class at one place, and make a table."""
    parts = []
    ids = places["place_id"].to_numpy(object)
    with_speed = any(speed is not None for group in rows.values() for *_, speed in group)
    for (vehicle_class, trip_kind), group in rows.items():
        place, volume, speed = group[0] if len(group) == 1 else _add_up(group)
        if not place.size:
            continue
        frame = pd.DataFrame({"place_id": ids[place]})
        frame["vehicle_class"] = vehicle_class
        frame["trip_kind"] = trip_kind
        frame["volume"] = _to_column(volume * scale if scale != 1.0 else volume, hours)
        if with_speed:
            values = np.full(volume.shape, np.nan) if speed is None else speed
            frame["speed_kmh"] = _to_column(values, hours)
        parts.append(frame)
    columns = ["place_id", "vehicle_class", "trip_kind", "volume"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _add_up(
    group: list[tuple[NDArray[np.int64], NDArray, NDArray | None]],
) -> tuple[NDArray[np.int64], NDArray, NDArray | None]:
    """Add volumes at the same place; the speed is that of the vehicles on average."""
    place = np.concatenate([part[0] for part in group])
    volume = np.concatenate([part[1] for part in group]).astype(np.float64)
    unique, row = np.unique(place, return_inverse=True)
    total = np.zeros((unique.size, volume.shape[1]))
    np.add.at(total, row, volume)
    if all(part[2] is None for part in group):
        return unique, total, None
    speed = np.concatenate(
        [np.full(part[1].shape, np.nan) if part[2] is None else part[2] for part in group]
    )
    known = ~np.isnan(speed) & (volume > 0.0)
    time, weight = np.zeros_like(total), np.zeros_like(total)
    with np.errstate(divide="ignore", invalid="ignore"):
        # vehicles keep their kilometres and their hours: the mean is harmonic
        np.add.at(time, row, np.where(known, volume / speed, 0.0))
        np.add.at(weight, row, np.where(known, volume, 0.0))
        return unique, total, np.where(weight > 0.0, weight / time, np.nan)


def _to_column(values: NDArray, hours: int | None) -> pd.Series:
    if hours is None:
        return pd.Series(values[:, 0].astype(np.float64))
    return pd.Series(list(values.astype(np.float32)), dtype=object)


def _cover(
    stated: NDArray[np.float64] | None, volumes: pd.DataFrame, hours: int, notes: list[str]
) -> NDArray[np.float64]:
    """Return the share of each hour that the files cover, and say which they do not."""
    covered = stated
    if covered is None and not volumes.empty:
        covered = (~np.isnan(np.stack(volumes["volume"].to_list()))).any(axis=0).astype(np.float64)
    if covered is None:
        return np.ones(hours)
    if (covered == 0.0).any():
        notes.append(
            f"The files cover hours {_spans(covered > 0.0)} of {hours}: the others are missing, "
            f"not zero."
        )
    return covered


def _list_hours(
    volumes: pd.DataFrame,
    used: NDArray[np.bool_],
    origin: str,
    notes: list[str],
    remarks: list[Remark],
) -> None:
    """List the streams that lack hours that others have."""
    if volumes.empty:
        return
    absent = np.isnan(np.stack(volumes["volume"].to_list())) & used
    short = np.flatnonzero(absent.any(axis=1))
    if not short.size:
        return
    ids, classes = volumes["place_id"].to_numpy(object), volumes["vehicle_class"].to_numpy(object)
    texts = [f"hours {_spans(absent[i])} of {classes[i]} are not given" for i in short]
    remarks += [
        Remark(origin, "", str(ids[i]), text, taken=True)
        for i, text in zip(short, texts, strict=True)
    ]
    notes.append(
        f"{short.size:,} of {len(volumes):,} streams lack hours, first at {ids[short[0]]!r}: "
        f"{texts[0]}. They are missing, not zero."
    )


def _spans(hours: NDArray[np.bool_]) -> str:
    """Write hours in short: 0 to 7, 9."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], hours, [False]))))
    spans = [(int(first), int(last) - 1) for first, last in edges.reshape(-1, 2)]
    return ", ".join(f"{a} to {b}" if a < b else f"{a}" for a, b in spans)


def _expand(
    volumes: pd.DataFrame,
    covered: NDArray[np.float64],
    hours: int,
    options: ImportOptions,
    notes: list[str],
) -> tuple[pd.DataFrame, str, int | None]:
    """Make days or one average hour of series, where asked for."""
    partial = np.flatnonzero((covered > 0.0) & (covered < 1.0))
    if partial.size and options.day_factor is None and not options.mean_hour:
        part = ", ".join(f"hour {h}: {60 * covered[h]:.0f} min" for h in partial)
        notes.append(
            f"The files cover a part of some hours ({part}), and their volumes are those of that "
            f"part. --mean-hour makes one average hour of the period, --day-factor a day."
        )
    if options.day_factor is None and not options.mean_hour:
        return volumes, "hourly", hours
    if options.day_factor is not None and options.mean_hour:
        raise InputError("Either --day-factor or --mean-hour must be given: both are.")
    used = covered > 0.0
    whole = ~np.isnan(np.stack(volumes["volume"].to_list())[:, used]).any(axis=1)
    if not whole.all():
        notes.append(
            f"{int((~whole).sum()):,} of {whole.size:,} streams lack hours that others have: left "
            f"out, as no period can be made of them."
        )
    out = volumes[whole].reset_index(drop=True)
    if out.empty:
        return out, "hourly", 1
    matrix = np.stack(out["volume"].to_list())[:, used].astype(np.float64)
    if options.day_factor is not None:
        if not 0.0 < options.day_factor < np.inf:
            raise InputError(f"--day-factor must be > 0: {options.day_factor} found.")
        out["volume"] = matrix.sum(axis=1) * options.day_factor
        speed = " Speeds of the period are no speeds of a day: left out." * ("speed_kmh" in out)
        notes.append(
            f"A day has {options.day_factor:g} times the traffic of the {covered.sum():g} hours of "
            f"the files, as given.{speed}"
        )
        kind = options.kind if options.kind in ("aadt", "aawdt") else "aadt"
        return out.drop(columns="speed_kmh", errors="ignore"), kind, None
    out["volume"] = _to_column(matrix.sum(axis=1, keepdims=True) / covered.sum(), 1)
    if "speed_kmh" in out:
        speeds = np.stack(out["speed_kmh"].to_list())[:, used].astype(np.float64)
        driven = matrix > 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            time = np.where(driven, matrix / speeds, 0.0).sum(axis=1, keepdims=True)
            mean = matrix.sum(axis=1, keepdims=True) / time
        out["speed_kmh"] = _to_column(np.where(driven.any(axis=1, keepdims=True), mean, np.nan), 1)
    notes.append(f"The {covered.sum():g} hours of the files were made one average hour.")
    return out, "hourly", 1
