"""Calls and voyages of ships: kind of ship, hours in port and at sea."""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from transmod.errors import Faults
from transmod.inputs.checks import check_table, first_of
from transmod.inputs.movements import check_countries, check_places
from transmod.inputs.network import Network
from transmod.inputs.projections import WGS84
from transmod.inputs.ship_tables import ShipTables
from transmod.inputs.ships import check_speeds, complete_ships
from transmod.inputs.tables import read_csv
from transmod.schema import NO_DISTRICT, SHIP_CALLS

# a quay may lie this far beyond the boundary that is drawn along the shore [m]
QUAY_REACH_M = 2000.0

# hours and energy that a table may leave out as a whole
_NONE_IF_ABSENT = ("anchorage_h", "shore_power_kwh")


@dataclass(frozen=True, eq=False)
class Calls:
    """
    Calls and voyages, read and completed.

    Attributes
    ----------
    rows : GeoDataFrame
        Columns of `schema.SHIP_CALLS` and those of `complete_ships`; `sea_h`, `sea_speed_kn`,
        `manoeuvring_speed_kn` without nulls, `in_year` voyages in the year, `district_id` of the
        quay (null where no place is given) and its geometry in the working CRS.
    notes : tuple of str
        What was assumed.
    """

    rows: gpd.GeoDataFrame
    notes: tuple[str, ...]


def read_calls(path: Path, tables: ShipTables, network: Network | None, *, year: int) -> Calls:
    """
    Read and check a table of calls or voyages (`schema.SHIP_CALLS`).

    Parameters
    ----------
    path : Path
        The CSV file.
    tables : ShipTables
        Classes of ships, fuels and engines.
    network : Network, optional
        Of the city, to find the district of a quay. None: not looked for.
    year : int
        Year of the account: calls of a day, week or month happen in each of it.

    Raises
    ------
    InputError
        With every fault of the file: also a type or fuel that is not known (with near names), a
        speed that the ship cannot reach, a crossing voyage without way or time, a quay far from
        the city, a row that stands twice.
    """
    path, faults = Path(path), Faults()
    rows = read_csv(path, SHIP_CALLS, faults)
    check_table(rows, SHIP_CALLS, str(path), faults)
    faults.raise_any()
    absent = [c.name for c in SHIP_CALLS.columns if c.optional and c.name not in rows.columns]
    for name in absent:
        rows[name] = 0.0 if name in _NONE_IF_ABSENT else None
    rows = rows[list(SHIP_CALLS.names)]
    for name in ("origin_country", "destination_country"):
        check_countries(rows[name], f"`{name}` of {path}", faults)
    check_places(rows, path, faults)
    _check_twice(rows, path, faults)
    ships = complete_ships(rows, tables, str(path), faults, _row)
    if ships is not None:
        for name in ("speed_kn", "manoeuvring_speed_kn"):
            speed = pd.to_numeric(ships[name])
            check_speeds(speed, ships, f"`{name}` [kn] of {path}", faults, _row)
        _add_speeds(ships, tables, path, faults)
        days = 366.0 if isleap(year) else 365.0
        times = {"day": days, "week": days / 7.0, "month": 12.0}
        ships["in_year"] = ships["movements"] * ships["period"].map(times).fillna(1.0)
    quays = _place(rows, network, path, faults)
    faults.raise_any()
    assert ships is not None  # or there would be a fault
    placed = gpd.GeoDataFrame(
        ships.assign(district_id=quays["district_id"].to_numpy(object)),
        geometry=quays.geometry.to_numpy(),
        crs=quays.crs,
    )
    return Calls(placed, tuple(_note(placed, absent)))


def _add_speeds(ships: pd.DataFrame, tables: ShipTables, path: Path, faults: Faults) -> None:
    """Work out hours and speed at sea from what is given of hours, distance and speed."""
    hours, way, speed = (
        pd.to_numeric(ships[name]).to_numpy(np.float64)
        for name in ("sea_h", "distance_nm", "speed_kn")
    )
    ratio = ships["ship_type"].map(tables.speed.set_index("ship_type")["value"])
    usual = ratio.to_numpy(np.float64) * ships["design_speed_kn"].to_numpy(np.float64)
    driven = np.divide(way, hours, out=np.full(len(way), np.nan), where=hours > 0.0)
    known = np.where(np.isnan(speed), np.where(np.isnan(driven), usual, driven), speed)
    label = f"`distance_nm` over `sea_h` [kn] of {path}"
    check_speeds(pd.Series(driven), ships, label, faults, _row)
    lacking = np.isnan(hours) & np.isnan(way)
    if lacking.any():
        faults.add(
            f"Each row of {path} must give `sea_h` [h] or `distance_nm` [nm]: "
            f"{first_of(lacking, _row)}. Of a ship that stays in port `sea_h` is 0."
        )
    apart = ~np.isnan(speed) & (np.abs(driven - speed) > 0.1 * speed)
    if apart.any():
        faults.add(
            f"`speed_kn` [kn] of {path} must be `distance_nm` over `sea_h` where all three are "
            f"given, within 10 %: {first_of(apart, _row, driven)}. Leave one of them out."
        )
    ships["sea_h"] = np.where(np.isnan(hours), way / known, hours)
    ships["sea_speed_kn"] = known
    ships["is_usual_speed"] = np.isnan(speed) & np.isnan(driven) & (ships["sea_h"] > 0.0)
    slow = pd.to_numeric(ships["manoeuvring_speed_kn"]).astype(float)
    ships["manoeuvring_speed_kn"] = slow.where(slow.notna(), tables.method["manoeuvring_speed_kn"])
    ships["is_usual_manoeuvring"] = slow.isna() & (ships["manoeuvring_h"] > 0.0)


def _place(
    rows: pd.DataFrame, network: Network | None, path: Path, faults: Faults
) -> gpd.GeoDataFrame:
    """Return the place of each quay and its district, null where none is given."""
    x, y = (pd.to_numeric(rows[name]).to_numpy(np.float64) for name in ("longitude", "latitude"))
    half = np.isnan(x) != np.isnan(y)
    if half.any():
        faults.add(
            f"`longitude` and `latitude` [degrees] of {path} must be given together: "
            f"{first_of(half, _row)}."
        )
    points = np.full(len(rows), None, object)
    given = ~np.isnan(x) & ~np.isnan(y)
    points[given] = shapely.points(x[given], y[given])
    crs = WGS84 if network is None else network.crs
    frame = gpd.GeoDataFrame({"district_id": np.full(len(rows), None)}, geometry=points, crs=WGS84)
    frame = frame.to_crs(crs)
    if network is None or not given.any():
        return frame
    quays = frame.geometry.to_numpy()[given]
    far = np.zeros(len(rows), bool)
    far[given] = shapely.distance(network.boundary, quays) > QUAY_REACH_M
    if far.any():
        faults.add(
            f"`longitude` and `latitude` of {path} must lie in the city or within "
            f"{QUAY_REACH_M:,.0f} m of it: {first_of(far, _row)}. x is longitude; leave both empty "
            f"where the quay is not known."
        )
    frame.loc[given, "district_id"] = district_of(quays, network)
    return frame


def district_of(points: np.ndarray, network: Network) -> np.ndarray:
    """
    Return the district of each point: of several the lowest, beside the city the nearest.

    A point inside the boundary but in no district is in `no_district`.
    """
    shapes = network.districts.geometry.to_numpy()
    names = network.districts["district_id"].to_numpy(object)
    tree = shapely.STRtree(shapes)
    found = np.full(len(points), NO_DISTRICT, object)
    beside = ~shapely.covers(network.boundary, points)
    if beside.any():
        found[beside] = names[tree.nearest(points[beside])]
    point, shape = tree.query(points, predicate="intersects")
    order = np.lexsort([-shape, point])  # districts are sorted by name: the lowest is put last
    found[point[order]] = names[shape[order]]
    return found


def _check_twice(rows: pd.DataFrame, path: Path, faults: Faults) -> None:
    twice = rows.duplicated().to_numpy()
    if twice.any():
        faults.add(
            f"Rows of {path} must differ: {int(twice.sum())} of {len(rows)} stand twice, first "
            f"{_row(int(np.flatnonzero(twice)[0]))}. Add their `movements`, or tell them apart by "
            f"a note."
        )


def _note(rows: pd.DataFrame, absent: list[str]) -> list[str]:
    notes = []
    for bad, what in (
        (rows["is_default_built"], "have no year of build: taken as of 2008, NOx tier I"),
        (rows["is_usual_speed"], "have no speed at sea: that usual for their type is taken"),
        (rows["is_usual_manoeuvring"], "have no speed of manoeuvring: 5 kn are taken"),
        (rows["ship_type"] == "fishing", "are fishing vessels, which the IPCC has in 1.A.4.c.iii"),
    ):
        if bad.any():
            notes.append(f"{int(bad.sum())} of {len(rows)} rows of ship calls {what}.")
    for period in ("day", "week", "month"):
        of_it = (rows["period"] == period).to_numpy()
        if of_it.any():
            number = rows["movements"].to_numpy()[of_it].sum()
            times = rows["in_year"].to_numpy()[of_it].sum() / number
            notes.append(
                f"Ship calls: {int(of_it.sum())} rows give a {period} ({number:,.0f} voyages); it "
                f"is taken as every {period} of the year, {times:.6g} times."
            )
    without = [name for name in _NONE_IF_ABSENT if name in absent]
    if without:
        notes.append(f"Ship calls have no column {', '.join(without)}: none is counted.")
    return notes


def _row(position: int) -> str:
    return f"row {position + 1}"
