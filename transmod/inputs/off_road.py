"""Read off-road machines of airports, ports and depots: their fuel, or their power and hours."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from transmod.errors import Faults
from transmod.inputs.checks import add_missing_columns, check_table, first_of, listed
from transmod.inputs.ground_factors import MachineFactors
from transmod.inputs.network import Network
from transmod.inputs.projections import WGS84
from transmod.inputs.tables import read_csv
from transmod.schema import NO_DISTRICT, OFF_ROAD_MACHINES

_WORK = ("number", "power_kw", "hours")


@dataclass(frozen=True, eq=False)
class Machines:
    """
    Off-road machines of the period of an account.

    `rows` has all columns of `schema.OFF_ROAD_MACHINES`, null where not given, and `location`:
    `point`, `district` or `unallocated`, with the district that goes with it.
    """

    rows: pd.DataFrame
    notes: tuple[str, ...]


def read_machines(path: Path, factors: MachineFactors, network: Network | None) -> Machines | None:
    """
    Read and check a table of off-road machines (`schema.OFF_ROAD_MACHINES`).

    Parameters
    ----------
    path : Path
        The CSV file.
    factors : MachineFactors
        Load factors that are known by kind of machine.
    network : Network, optional
        Boundary and districts. None: what hangs on them is not checked, and None is returned.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    path, faults = Path(path), Faults()
    rows = read_csv(path, OFF_ROAD_MACHINES, faults)
    check_table(rows, OFF_ROAD_MACHINES, str(path), faults)
    faults.raise_any()
    add_missing_columns(rows, OFF_ROAD_MACHINES)
    _check_energy(rows, path, faults)
    _check_loads(rows, factors, path, faults)
    if network is not None:
        rows = _place(rows, network, path, faults)
    faults.raise_any()
    if network is None:
        return None
    lost = int((rows["location"] == "unallocated").sum())
    note = (
        f"{lost} of {len(rows)} rows of off-road machines name no place: they count as inside the "
        f"boundary, in no district."
    )
    return Machines(rows, (note,) if lost else ())


def _row(position: int) -> str:
    return f"row {position + 1}"


def _check_energy(rows: pd.DataFrame, path: Path, faults: Faults) -> None:
    electric = (rows["fuel"] == "electricity").to_numpy()
    has = {name: rows[name].notna().to_numpy() for name in rows.columns}
    wrong = np.where(electric, has["fuel_t"] | has["consumption_g_kwh"], has["kwh"])
    if wrong.any():
        faults.add(
            f"Machines of {path} must have `kwh` if their fuel is electricity, `fuel_t` and "
            f"`consumption_g_kwh` if not: {first_of(wrong, _row, rows['fuel'])}."
        )
    measured = has["kwh"] | has["fuel_t"]
    works = np.logical_and.reduce([has[name] for name in _WORK])
    some = np.logical_or.reduce([has[name] for name in _WORK])
    unclear = np.where(measured, some, ~works)
    if unclear.any():
        faults.add(
            f"Machines of {path} must have either what they took (`fuel_t` [t] or `kwh`) or all of "
            f"{', '.join(f'`{name}`' for name in _WORK)}: {first_of(unclear, _row)}."
        )


def _check_loads(rows: pd.DataFrame, factors: MachineFactors, path: Path, faults: Faults) -> None:
    works = rows["power_kw"].notna() & rows["load_factor"].isna()
    bad = (works & ~rows["machine"].isin(factors.load_factor.index)).to_numpy()
    if bad.any():
        name = str(rows["machine"][bad].iloc[0])
        known = list(factors.load_factor.index)
        near = difflib.get_close_matches(name.lower().replace(" ", "_"), known, 1, 0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        faults.add(
            f"`load_factor` [-] of {path} must be given for machines without a published one: "
            f"{first_of(bad, _row, rows['machine'])}.{hint} Known: {', '.join(known)}."
        )


def _place(rows: pd.DataFrame, network: Network, path: Path, faults: Faults) -> pd.DataFrame:
    """Give each row its district: where its point lies, or as named."""
    x, y = rows["longitude"].to_numpy(), rows["latitude"].to_numpy()
    half = np.isnan(x) != np.isnan(y)
    if half.any():
        faults.add(f"Machines of {path} must have longitude and latitude, or neither: "
                   f"{first_of(half, _row)}.")  # fmt: skip
    placed = ~np.isnan(x) & ~np.isnan(y)
    named = rows["district_id"].notna().to_numpy()
    both = placed & named
    if both.any():
        faults.add(f"Machines of {path} must have a position or a district, not both: "
                   f"{first_of(both, _row)}.")  # fmt: skip
    known = [*network.districts["district_id"], NO_DISTRICT]
    strange = named & ~rows["district_id"].isin(known).to_numpy()
    if strange.any():
        faults.add(
            f"`district_id` of {path} must be a district of the network: "
            f"{first_of(strange, _row, rows['district_id'])}. Districts: {listed(known)}."
        )
    points = gpd.GeoSeries(gpd.points_from_xy(x[placed], y[placed]), crs=WGS84).to_crs(network.crs)
    away = placed.copy()
    away[placed] = ~shapely.intersects(network.boundary, points.to_numpy())
    if away.any():
        faults.add(
            f"Machines of {path} must work inside the boundary: {first_of(away, _row)}. Leave out "
            f"what is beyond it."
        )
    district = rows["district_id"].astype(object).to_numpy(copy=True)
    district[placed] = find_districts(points, network)
    location = np.where(placed, "point", np.where(named, "district", "unallocated"))
    return rows.assign(district_id=district, location=location)


def find_districts(points: gpd.GeoSeries, network: Network) -> list[str]:
    """Return the district in which each point lies: the lowest id on a border, or no_district."""
    districts = network.districts.sort_values("district_id")
    shapes, names = districts.geometry.to_numpy(), districts["district_id"].to_numpy()
    found = []
    for point in points:
        covers = names[shapely.intersects(shapes, point)]
        found.append(str(covers[0]) if len(covers) else NO_DISTRICT)
    return found
