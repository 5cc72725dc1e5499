"""Flights by airport and aircraft type: read, checked, and turned into flights of the year."""

from __future__ import annotations

import difflib
from calendar import isleap
from dataclasses import dataclass
from operator import eq
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Geod

from transmod.errors import Faults
from transmod.inputs.airports import check_airports, list_version, place_airports, to_icao
from transmod.inputs.aviation_factors import AviationFactors
from transmod.inputs.checks import add_missing_columns, check_table, first_of, listed
from transmod.inputs.network import Network
from transmod.inputs.tables import read_csv
from transmod.schema import AIR_MOVEMENTS

_HALF_ROUND_THE_WORLD_KM = 20_040.0
_LONGEST_H = 8.0  # in the air, of types whose fuel goes by the hour
_DAYS = {"day": 1.0, "week": 7.0}
_OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})$"


@dataclass(frozen=True, eq=False)
class AirMovements:
    """
    Flights of a year.

    Attributes
    ----------
    rows : pandas.DataFrame
        One for each kind of flight: `origin`, `destination` (of `airports`), `aircraft` as given,
        `counts_as`, `flights` in the year, `fuel_t` [t] of all of them in the year, `distance_km`
        [km] as given or by great circle, `hours` [h], `saf_share`; null where not given.
    airports : geopandas.GeoDataFrame
        Those of the rows, by code: `country`, `in_city`, `district_id`, position.
    notes : tuple of str
        What was done with periods and types, and where the airports are from.
    """

    rows: pd.DataFrame
    airports: gpd.GeoDataFrame
    notes: tuple[str, ...]


def read_air_movements(
    path: Path,
    airports: pd.DataFrame,
    factors: AviationFactors,
    network: Network | None,
    *,
    year: int,
    timezone: str,
) -> AirMovements | None:
    """
    Read and check a table of flights (`schema.AIR_MOVEMENTS`).

    Parameters
    ----------
    path : Path
        The CSV file.
    airports : pandas.DataFrame
        As `read_airports` gives them.
    factors : AviationFactors
        Types of aircraft and how far they fly.
    network : Network, optional
        Boundary and districts. None: what hangs on them is not checked, and None is returned.
    year : int
        Year of the account.
    timezone : str
        IANA name of the local time, in which a day begins.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    path, faults = Path(path), Faults()
    rows = read_csv(path, AIR_MOVEMENTS, faults)
    check_table(rows, AIR_MOVEMENTS, str(path), faults)
    faults.raise_any()
    add_missing_columns(rows, AIR_MOVEMENTS)
    _check_repeated(rows, path, faults)
    in_year = _count_in_year(rows, path, year, timezone, faults)
    for end in ("origin", "destination"):
        rows[end] = to_icao(rows[end], airports)
    named = pd.unique(rows[["origin", "destination"]].to_numpy().ravel())
    check_airports(named, airports, str(path), faults)
    _check_types(rows["aircraft"], factors, path, faults)
    faults.raise_any()
    rows["counts_as"] = rows["aircraft"].map(factors.counts_as)
    rows["given_km"] = rows["distance_km"]
    rows["distance_km"] = _measure(rows, airports)
    _check_distances(rows, path, faults)
    _check_fuels(rows, factors, path, faults)
    if network is None:
        faults.raise_any()
        return None
    places = place_airports(airports.loc[sorted(named)], network)
    _check_ends(rows, places, path, faults)
    _check_flyable(rows, places, factors, path, faults)
    faults.raise_any()
    notes = (*_note_periods(rows, in_year), *_note_types(rows, factors), _note_airports(places))
    rows["flights"] = rows["number"] * in_year
    rows["fuel_t"] *= in_year
    kept = [
        "origin", "destination", "aircraft", "counts_as", "flights", "fuel_t", "distance_km",
        "hours", "saf_share",
    ]  # fmt: skip
    return AirMovements(rows[kept], places, notes)


def _count_in_year(
    rows: pd.DataFrame, path: Path, year: int, timezone: str, faults: Faults
) -> np.ndarray:
    """Return how often (N,) in the year the flights of each row fly."""
    dated, by_period = rows["date"].notna().to_numpy(), rows["period"].notna().to_numpy()
    if (bad := dated == by_period).any():
        faults.add(
            f"Each row of {path} must have either a date or a period: {first_of(bad, _row)}."
        )
    texts = pd.Series(rows["date"].dropna().unique(), dtype=str)
    local = pd.Series(pd.NaT, texts.index, dtype="datetime64[ns]")
    has_offset = texts.str.contains(_OFFSET, regex=True) & texts.str.contains("T| ", regex=True)
    day = pd.to_datetime(texts[~has_offset], format="ISO8601", errors="coerce")
    local[~has_offset] = day
    time = pd.to_datetime(texts[has_offset], format="ISO8601", errors="coerce", utc=True)
    local[has_offset] = time.dt.tz_convert(timezone).dt.tz_localize(None)
    is_unread = rows["date"].isin(texts[local.isna()]).to_numpy()
    if is_unread.any():
        faults.add(
            f"`date` of {path} must be a day such as {year}-07-01, or a time such as "
            f"{year}-07-01T14:30-04:00: {first_of(is_unread, _row, rows['date'])}."
        )
    beyond = rows["date"].isin(texts[(local.dt.year != year) & local.notna()]).to_numpy()
    if beyond.any():
        faults.add(
            f"`date` of {path} must lie in the year {year} of the scenario, in {timezone}: "
            f"{first_of(beyond, _row, rows['date'])}."
        )
    days = 366.0 if isleap(year) else 365.0
    times = {"year": 1.0, "month": 12.0} | {name: days / n for name, n in _DAYS.items()}
    return np.where(dated, 1.0, rows["period"].map(times).to_numpy(np.float64, na_value=1.0))


def _check_repeated(rows: pd.DataFrame, path: Path, faults: Faults) -> None:
    key = ["date", "period", "origin", "destination", "aircraft", "note"]
    twice = rows.duplicated(key).to_numpy()
    if twice.any():
        first = _row(int(np.flatnonzero(twice)[0]))
        faults.add(
            f"Each row of {path} must differ in {', '.join(key)}: {int(twice.sum())} of "
            f"{len(rows)} rows stand twice, first {first}. Add their number, give the time of day, "
            f"or tell them apart by a note."
        )


def _check_types(types: pd.Series, factors: AviationFactors, path: Path, faults: Faults) -> None:
    bad = ~types.isin(factors.counts_as).to_numpy()
    if not bad.any():
        return
    names = sorted(set(types[bad]))
    wrong = names[0].upper()
    near = difflib.get_close_matches(wrong, list(factors.counts_as), 4, 0.5)
    near.sort(key=lambda name: -sum(map(eq, name, wrong)))
    faults.add(
        f"`aircraft` of {path} must be an ICAO type designator with figures: "
        f"{first_of(bad, _row, types)}; unknown are {listed(names)}."
        + (f" Near {names[0]!r}: {', '.join(near)}." if near else "")
        + " Say in `aviation.aircraft` as which type another one counts."
    )


def _measure(rows: pd.DataFrame, airports: pd.DataFrame) -> np.ndarray:
    """Return the great-circle distance (N,) [km] of each row on the WGS84 ellipsoid."""
    pairs = rows[["origin", "destination"]].drop_duplicates()
    start, end = (airports.loc[pairs[name]] for name in ("origin", "destination"))
    _, _, metres = Geod(ellps="WGS84").inv(
        start["longitude"].to_numpy(), start["latitude"].to_numpy(),
        end["longitude"].to_numpy(), end["latitude"].to_numpy(),
    )  # fmt: skip
    of_pair = pairs.assign(km=np.asarray(metres) / 1e3)
    return rows[["origin", "destination"]].merge(of_pair, how="left")["km"].to_numpy()


def _check_distances(rows: pd.DataFrame, path: Path, faults: Faults) -> None:
    given, circle = rows["given_km"].to_numpy(), rows["distance_km"].to_numpy()
    short = given < 0.995 * circle
    if short.any():
        faults.add(
            f"`distance_km` [km] of {path} must be no less than the great circle: "
            f"{first_of(short, _row, given)}, the great circle is "
            f"{circle[int(np.flatnonzero(short)[0])]:.1f} km."
        )
    far = given > _HALF_ROUND_THE_WORLD_KM
    if far.any():
        faults.add(
            f"`distance_km` [km] of {path} must be of one flight, at most half the way round the "
            f"world: {first_of(far, _row, given)}."
        )
    rows["distance_km"] = np.where(np.isnan(given), circle, given)


def _check_fuels(rows: pd.DataFrame, factors: AviationFactors, path: Path, faults: Faults) -> None:
    fuel = factors.types["fuel"].reindex(rows["counts_as"]).to_numpy()
    bad = (rows["saf_share"].to_numpy() > 0.0) & (fuel != "jet_kerosene")
    if bad.any():
        faults.add(
            f"`saf_share` [-] of {path} must be 0 or empty where no jet kerosene is burnt: "
            f"{first_of(bad, _row, rows['aircraft'])}."
        )


def _check_ends(rows: pd.DataFrame, places: gpd.GeoDataFrame, path: Path, faults: Faults) -> None:
    starts, ends = (
        rows[end].map(places["in_city"]).to_numpy(bool) for end in ("origin", "destination")
    )
    away = ~starts & ~ends
    if away.any():
        names = rows["origin"] + "-" + rows["destination"]
        faults.add(
            f"Each flight of {path} must start or end inside the boundary: "
            f"{first_of(away, _row, names)}. If an airport beyond it counts as the city's, say "
            f"`in_city` in `aviation.airports`."
        )
    same = (rows["origin"] == rows["destination"]).to_numpy() & (~starts | ~ends)
    if same.any():
        faults.add(
            f"Each flight of {path} must have two airports if it crosses the boundary: "
            f"{first_of(same, _row, rows['origin'])}."
        )


def _check_flyable(
    rows: pd.DataFrame,
    places: gpd.GeoDataFrame,
    factors: AviationFactors,
    path: Path,
    faults: Faults,
) -> None:
    """Note departures of which it is not known what they burn above the landing cycle."""
    starts = rows["origin"].map(places["in_city"]).to_numpy(bool)
    departs = starts & rows["fuel_t"].isna().to_numpy()
    cruise_as = factors.types["cruise_as"].reindex(rows["counts_as"])
    by_hour = rows["counts_as"].map(factors.by_hour).to_numpy(bool)
    distance, no_hours = rows["distance_km"].to_numpy(), rows["hours"].isna().to_numpy()
    unknown = departs & cruise_as.isna().to_numpy() & ~by_hour
    if unknown.any():
        faults.add(
            f"`fuel_t` [t] of {path} must be given for types without published fuel of cruise: "
            f"{first_of(unknown, _row, rows['aircraft'])}."
        )
    still = departs & (distance == 0.0) & (no_hours | ~by_hour)
    if still.any():
        faults.add(
            f"Flights of {path} that come back to their airport must say `distance_km` [km], "
            f"`fuel_t` [t], or `hours` [h] for types that burn by the hour: "
            f"{first_of(still, _row, rows['aircraft'])}."
        )
    odd = ~no_hours & ~by_hour
    if odd.any():
        names = factors.by_hour.index[factors.by_hour]
        faults.add(
            f"`hours` [h] of {path} must be empty for types whose fuel goes by distance: "
            f"{first_of(odd, _row, rows['aircraft'])}. By the hour burn {', '.join(names)}."
        )
    speed = factors.types["cruise_speed_kmh"].reindex(rows["counts_as"]).to_numpy()
    slow = departs & by_hour & no_hours & (distance > _LONGEST_H * speed)
    if slow.any():
        first = int(np.flatnonzero(slow)[0])
        faults.add(
            f"Flights of {path} by types that burn by the hour must last {_LONGEST_H:g} h or less: "
            f"{first_of(slow, _row, rows['aircraft'])}, {distance[first]:.0f} km. Check type and "
            f"airports, or give `hours` or `fuel_t`."
        )
    reach = cruise_as.map(factors.range_km).to_numpy(np.float64)
    far = departs & ~by_hour & (distance > reach)
    if far.any():
        first = int(np.flatnonzero(far)[0])
        faults.add(
            f"Flights of {path} must be within the published range of their type: "
            f"{first_of(far, _row, rows['aircraft'])}, {distance[first]:.0f} km, published up to "
            f"{reach[first]:.0f} km. Check type and airports, or give `fuel_t`."
        )


def _note_periods(rows: pd.DataFrame, in_year: np.ndarray) -> list[str]:
    notes = []
    for period in ("day", "week", "month"):
        of_it = (rows["period"] == period).to_numpy()
        if of_it.any():
            number = rows["number"].to_numpy()[of_it].sum()
            notes.append(
                f"Flights: {int(of_it.sum())} rows give a {period} ({number:,.0f} flights); it is "
                f"taken as every {period} of the year, {in_year[of_it][0]:.6g} times."
            )
    return notes


def _note_types(rows: pd.DataFrame, factors: AviationFactors) -> list[str]:
    pairs = rows.loc[rows["aircraft"] != rows["counts_as"], ["aircraft", "counts_as"]]
    return [
        f"Aircraft {given} counts as {taken}: {factors.reasons[given]}."
        for given, taken in sorted(set(pairs.itertuples(index=False, name=None)))
    ]


def _note_airports(places: gpd.GeoDataFrame) -> str:
    inside = list(places.index[places["in_city"]])
    return (
        f"Airports: airportsdata {list_version()}; inside the boundary: "
        f"{', '.join(inside) or 'none'}."
    )


def _row(position: int) -> str:
    return f"row {position + 1}"
