"""
Read a timetable in GTFS: which trains drive on which days, and where.

Trips are counted by day of the year of the account. A day that the timetable does not cover counts
as the mean of its covered days of that weekday, which is noted.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from transmod.errors import Faults, InputError
from transmod.inputs.checks import add_missing_columns, check_table, first_of, listed
from transmod.inputs.ground_factors import RailFactors
from transmod.inputs.projections import WGS84
from transmod.inputs.rail import Trains, check_energy, length_km
from transmod.inputs.tables import read_csv
from transmod.schema import GTFS_LINES, RAIL_LINES

# route_type of trams, metros, railways, cable cars on rails, funiculars and monorails, with the
# extended types: what must stand in the table of lines
_ON_RAILS = {0, 1, 2, 5, 7, 12, *range(100, 118), *range(400, 406), *range(900, 907)}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NEEDED = {
    "routes.txt": ("route_id", "route_type"),
    "trips.txt": ("route_id", "service_id", "trip_id"),
    "stop_times.txt": ("trip_id", "stop_id", "stop_sequence"),
    "stops.txt": ("stop_id", "stop_lat", "stop_lon"),
    "shapes.txt": ("shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence"),
    "calendar.txt": ("service_id", *_WEEKDAYS, "start_date", "end_date"),
    "calendar_dates.txt": ("service_id", "date", "exception_type"),
    "frequencies.txt": ("trip_id", "start_time", "end_time", "headway_secs"),
}
FILES = tuple(_NEEDED)
_READ = {name for names in _NEEDED.values() for name in names} | {"shape_id"}
_OPTIONAL = ("shapes.txt", "calendar.txt", "calendar_dates.txt", "frequencies.txt")


def read_gtfs(feed: Path, lines: Path, factors: RailFactors, *, year: int, crs: CRS) -> Trains:
    """
    Read the trains of a timetable in the year of the account.

    Parameters
    ----------
    feed : Path
        Folder or zip in GTFS.
    lines : Path
        CSV file that says of each route on rails which trains drive (`schema.GTFS_LINES`).
    factors : RailFactors
        What kinds of trains take.
    year : int
        Year of the account.
    crs : pyproj.CRS
        CRS to work in.

    Returns
    -------
    Trains
        Kilometres of whole trips, inside the boundary and beyond it; tracks carry the train-km
        driven on them.

    Raises
    ------
    InputError
        With every fault: files or columns that lack, a route on rails without a row, a trip
        without shape or stops, a service without days.

    Notes
    -----
    A trip drives the whole of its shape, also where its stops are a part of it.

    References
    ----------
    .. [1] General Transit Feed Specification, schedule reference, https://gtfs.org.
    """
    faults = Faults()
    table = _read_lines(lines, faults)
    tables = _read_feed(Path(feed), faults)
    faults.raise_any()
    routes, trips = tables["routes.txt"], tables["trips.txt"]
    _check_routes(routes, table, feed, lines, faults)
    faults.raise_any()
    trips = trips[trips["route_id"].isin(table["route_id"])].reset_index(drop=True)
    days, span = _count_days(tables, feed, year, faults)
    trips = trips.assign(
        runs=trips["service_id"].map(days)
        * _repeats(trips, tables.get("frequencies.txt"), feed, faults)
    )
    _check_services(trips, feed, faults)
    faults.raise_any()
    paths, n_straight = _paths(trips, tables, feed, faults)
    faults.raise_any()
    tracks = _sum_tracks(trips, paths, table, crs)
    rows = _to_rows(tracks, table)
    check_energy(rows, factors, str(lines), faults)
    faults.raise_any()
    left_out = int((~routes["route_id"].isin(table["route_id"])).sum())
    return Trains(rows, tracks, tuple(_notes(feed, year, span, n_straight, left_out)))


def _read_lines(path: Path, faults: Faults) -> pd.DataFrame:
    rows = read_csv(path, GTFS_LINES, faults)
    check_table(rows, GTFS_LINES, str(path), faults)
    add_missing_columns(rows, GTFS_LINES)
    rows["line"] = rows["line"].fillna(rows["route_id"])
    twice = rows.duplicated(["line", "kind"])
    if twice.any():
        faults.add(
            f"Each route of {path} must have a line of its own: "
            f"{listed(rows.loc[twice, 'line'])} stand twice."
        )
    return rows


def _read_feed(feed: Path, faults: Faults) -> dict[str, pd.DataFrame]:
    """Read the tables of a feed as text."""
    contents = _open(feed)
    tables = {}
    for name, needed in _NEEDED.items():
        if name not in contents:
            if name not in _OPTIONAL:
                faults.add(f"{feed} must hold {name}: not found, it has {listed(contents)}.")
            continue
        frame = _read_table(f"{name} of {feed}", contents[name])
        missing = [column for column in needed if column not in frame.columns]
        if missing:
            faults.add(f"{name} of {feed} must have the columns {', '.join(needed)}: "
                       f"{', '.join(missing)} not found.")  # fmt: skip
        tables[name] = frame
    if not {"calendar.txt", "calendar_dates.txt"} & set(contents):
        faults.add(f"{feed} must hold calendar.txt or calendar_dates.txt: neither is there.")
    return tables


def _read_table(name: str, content: bytes) -> pd.DataFrame:
    """Read the columns of a table that are of use, as text."""
    try:
        return pd.read_csv(
            io.BytesIO(content), dtype=str, keep_default_na=False, na_values=[""],
            encoding="utf-8-sig", skipinitialspace=True, usecols=lambda column: column in _READ,
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        text = str(error).strip().splitlines()[0].rstrip(".")
        raise InputError(f"{name} must be a CSV table in UTF-8: {text}.") from error


def _open(feed: Path) -> dict[str, bytes]:
    """Return the contents of the files of a feed that are read, by name."""
    if feed.is_dir():
        return {name: (feed / name).read_bytes() for name in _NEEDED if (feed / name).is_file()}
    if not feed.is_file():
        raise InputError(f"{feed} must be a folder or zip in GTFS: no such file.")
    try:
        with zipfile.ZipFile(feed) as archive:
            names = {Path(name).name: name for name in archive.namelist()}
            return {name: archive.read(names[name]) for name in _NEEDED if name in names}
    except zipfile.BadZipFile as error:
        raise InputError(f"{feed} must be a folder or zip in GTFS: no whole zip file.") from error


def _check_routes(
    routes: pd.DataFrame, table: pd.DataFrame, feed: Path, lines: Path, faults: Faults
) -> None:
    strange = sorted(set(table["route_id"]) - set(routes["route_id"]))
    if strange:
        faults.add(
            f"`route_id` of {lines} must be routes of {feed}: {listed(strange)} ({len(strange)}) "
            f"are not."
        )
    kind = pd.to_numeric(routes["route_type"], errors="coerce")
    on_rails = kind.isin(_ON_RAILS) & ~routes["route_id"].isin(table["route_id"])
    if on_rails.any():
        faults.add(
            f"Each route on rails of {feed} must have a row in {lines}: "
            f"{listed(routes.loc[on_rails, 'route_id'])} ({int(on_rails.sum())}) have none."
        )


def _count_days(
    tables: Mapping[str, pd.DataFrame], feed: Path, year: int, faults: Faults
) -> tuple[dict[str, float], tuple[date, date]]:
    """Return on how many days of the year each service drives, and the days of the feed."""
    calendar, changes = tables.get("calendar.txt"), tables.get("calendar_dates.txt")
    texts = [t[c] for t, cs in ((calendar, ("start_date", "end_date")), (changes, ("date",)))
             if t is not None for c in cs]  # fmt: skip
    stamps = pd.to_datetime(pd.concat(texts), format="%Y%m%d", errors="coerce")
    if stamps.isna().any() or stamps.empty:
        faults.add(f"Dates of the calendar of {feed} must be such as {year}0131: some are not.")
        faults.raise_all()
    days = pd.date_range(stamps.min(), stamps.max())
    weekday = days.day_of_week.to_numpy()
    drives: dict[str, NDArray[np.bool_]] = {}
    for _, row in () if calendar is None else calendar.iterrows():
        valid = (days >= pd.Timestamp(row["start_date"])) & (days <= pd.Timestamp(row["end_date"]))
        at_work = np.array([row[name] == "1" for name in _WEEKDAYS])
        drives[row["service_id"]] = np.asarray(valid) & at_work[weekday]
    for _, row in () if changes is None else changes.iterrows():
        own = drives.setdefault(row["service_id"], np.zeros(len(days), bool))
        own[(pd.Timestamp(row["date"]) - days[0]).days] = row["exception_type"] == "1"
    of_year = pd.date_range(f"{year}-01-01", f"{year}-12-31")
    is_covered = of_year.isin(days)
    beyond = np.bincount(of_year[~is_covered].day_of_week, minlength=7)
    per_weekday = np.bincount(weekday, minlength=7)
    if (beyond[per_weekday == 0] > 0).any():
        faults.add(f"The calendar of {feed} must cover each weekday: it has {len(days)} days.")
        faults.raise_all()
    in_year = days.year == year
    share = beyond / np.maximum(per_weekday, 1)
    counts = {
        name: float(own[in_year].sum() + (np.bincount(weekday[own], minlength=7) * share).sum())
        for name, own in drives.items()
    }
    return counts, (days[0].date(), days[-1].date())


def _repeats(
    trips: pd.DataFrame, frequencies: pd.DataFrame | None, feed: Path, faults: Faults
) -> NDArray[np.float64]:
    """Return how often each trip (N,) departs on a day of its service."""
    if frequencies is None or frequencies.empty:
        return np.ones(len(trips))
    begin, end = (_seconds(frequencies[f"{name}_time"]) for name in ("start", "end"))
    headway = pd.to_numeric(frequencies["headway_secs"], errors="coerce").to_numpy(np.float64)
    bad = ~((headway > 0.0) & (end > begin))
    if bad.any():
        faults.add(
            f"frequencies.txt of {feed} must have times such as 06:00:00, an end after its start "
            f"and a headway > 0 [s]: {first_of(bad, lambda k: f'row {k + 1}')}."
        )
        return np.ones(len(trips))
    # a trip departs at the start and then every headway, before the end
    departures = pd.Series(np.ceil((end - begin) / headway), frequencies["trip_id"].to_numpy())
    return trips["trip_id"].map(departures.groupby(level=0).sum()).fillna(1.0).to_numpy(np.float64)


def _seconds(clock: pd.Series) -> NDArray[np.float64]:
    parts = clock.str.strip().str.extract(r"^(\d+):(\d\d):(\d\d)$").astype(float)
    return (parts[0] * 3600 + parts[1] * 60 + parts[2]).to_numpy(np.float64)


def _check_services(trips: pd.DataFrame, feed: Path, faults: Faults) -> None:
    without = trips["runs"].isna().to_numpy()
    if without.any():
        faults.add(
            f"`service_id` of trips.txt of {feed} must have days in the calendar: "
            f"{first_of(without, lambda k: f'trip {trips.trip_id.iloc[k]}', trips['service_id'])}."
        )


def _paths(
    trips: pd.DataFrame, tables: Mapping[str, pd.DataFrame], feed: Path, faults: Faults
) -> tuple[pd.Series, int]:
    """Return the way of each trip in WGS 84, and how many go straight from stop to stop."""
    shapes = _lines(tables.get("shapes.txt"), "shape_id", "shape_pt_")
    of_trip = trips["shape_id"] if "shape_id" in trips.columns else pd.Series(None, trips.index)
    way = of_trip.map(shapes).astype(object)
    open_trips = way.isna()
    if open_trips.any():
        times = tables["stop_times.txt"]
        times = times[times["trip_id"].isin(trips.loc[open_trips, "trip_id"])]
        placed = times.merge(tables["stops.txt"], on="stop_id", how="left")
        straight = _lines(placed, "trip_id", "stop_", "stop_sequence")
        way[open_trips] = trips.loc[open_trips, "trip_id"].map(straight)
    lost = way.isna().to_numpy()
    if lost.any():
        faults.add(
            f"Each trip of {feed} must have a shape, or two stops with a position: "
            f"{first_of(lost, lambda k: f'trip {trips.trip_id.iloc[k]}')}."
        )
    return way, int(open_trips.sum())


def _lines(
    points: pd.DataFrame | None, key: str, prefix: str, order: str = "shape_pt_sequence"
) -> dict[str, shapely.LineString]:
    if points is None or points.empty:
        return {}
    frame = pd.DataFrame(
        {
            "key": points[key],
            "order": pd.to_numeric(points[order], errors="coerce"),
            "x": pd.to_numeric(points[f"{prefix}lon"], errors="coerce"),
            "y": pd.to_numeric(points[f"{prefix}lat"], errors="coerce"),
        }
    ).sort_values(["key", "order"], kind="stable")
    return {
        str(name): shapely.LineString(group[["x", "y"]].to_numpy())
        for name, group in frame.groupby("key")
        if len(group) > 1 and group.notna().all(axis=None)
    }


def _sum_tracks(
    trips: pd.DataFrame, paths: pd.Series, table: pd.DataFrame, crs: CRS
) -> gpd.GeoDataFrame:
    """Return the train-km of each way of each route."""
    way = [path.wkb_hex for path in paths]
    runs = trips.assign(way=way).groupby(["route_id", "way"])["runs"].sum().reset_index()
    geometry = gpd.GeoSeries.from_wkb([bytes.fromhex(text) for text in runs["way"]], crs=WGS84)
    frame = gpd.GeoDataFrame(runs[["route_id", "runs"]], geometry=geometry.array, crs=WGS84)
    frame = frame.merge(table[["route_id", "line", "kind"]], on="route_id").to_crs(crs)
    return frame.assign(train_km=frame["runs"] * length_km(frame))[
        ["route_id", "line", "kind", "train_km", "geometry"]
    ]


def _to_rows(tracks: gpd.GeoDataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return what each route drives, in the form of `schema.RAIL_LINES`."""
    driven = tracks.groupby("route_id")["train_km"].sum()
    rows = table.assign(train_km=table["route_id"].map(driven).fillna(0.0))  # no trip: no train
    rows["car_km"] = rows["train_km"] * rows["cars"]
    rows["gross_tkm"] = rows["train_km"] * rows["gross_t"]
    rows["kwh"] = rows["diesel_t"] = np.nan
    return rows[list(RAIL_LINES.names)].sort_values(["line", "kind"], ignore_index=True)


def _notes(
    feed: Path, year: int, span: tuple[date, date], n_straight: int, left_out: int
) -> list[str]:
    name = feed.name
    notes = []
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = (last - first).days + 1
    covered = max(0, (min(span[1], last) - max(span[0], first)).days + 1)
    if covered < days:
        notes.append(
            f"{name} covers {covered} of {days} days of {year} ({span[0]} to {span[1]}): each "
            f"other day counts as the mean of its days of that weekday."
        )
    if n_straight:
        notes.append(f"{n_straight} trips of {name} have no shape: straight from stop to stop.")
    if left_out:
        notes.append(f"{left_out} routes of {name} do not run on rails: left out.")
    return notes
