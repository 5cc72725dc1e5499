"""Inputs of shipping: which a scenario asks for, and their files, read with all faults."""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
from pyproj import Transformer

from transmod.errors import Faults, InputError
from transmod.inputs.checks import attempt
from transmod.inputs.hashes import hash_tables
from transmod.inputs.network import Network
from transmod.inputs.profiles import ProfileSet
from transmod.inputs.projections import WGS84
from transmod.inputs.ship_calls import Calls, read_calls
from transmod.inputs.ship_tables import ShipTables, read_ship_tables
from transmod.inputs.ship_tracks import Tracks, read_areas, read_register, read_tracks
from transmod.memory import remember
from transmod.model.electric import find_grid_factor
from transmod.scenario import Scenario, resolve


@dataclass(frozen=True, eq=False)
class Shipping:
    """Ships by call and by track, and what they burn and emit."""

    calls: Calls | None
    tracks: Tracks | None
    network: Network
    tables: ShipTables
    year: int
    kg_per_kwh: float | None
    times: float
    notes: tuple[str, ...]


def read_shipping(
    folder: Path, network: Network | None, road: ProfileSet | None, run: Path, scenario: Scenario
) -> Shipping | None:
    """
    Read and check what a run says of ships.

    Parameters
    ----------
    folder : Path
        Tables of movements.
    network : Network, optional
        None where it is faulty itself: what hangs on a place is then not checked.
    road : ProfileSet, optional
        Of road vehicles: it holds the factors of grid electricity.
    run : Path
        Folder of the run.
    scenario : Scenario
        What was asked.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    choice, faults = scenario.shipping, Faults()
    if scenario.calendar.period != "year":
        faults.add(
            f"`shipping` needs calendar.period = 'year': found {scenario.calendar.period!r}."
        )
    chosen = {"edition": choice.auxiliary_power, "consumption": choice.consumption}
    tables = attempt(
        faults, remember, "ships", [hash_tables(folder), chosen],
        lambda: read_ship_tables(folder, **chosen),
    )  # fmt: skip
    if tables is None:
        faults.raise_all()
    calls = tracks = None
    if choice.calls is not None:
        path = resolve(run, choice.calls)
        calls = attempt(faults, read_calls, path, tables, network, year=scenario.year)
    if choice.positions:
        tracks = attempt(faults, _read_tracks, tables, network, run, scenario)
    kg_per_kwh: float | None = None
    notes: list[str] = []
    if calls is not None and calls.rows["shore_power_kwh"].gt(0.0).any() and road is not None:
        kg_per_kwh = attempt(faults, _find_grid_factor, road, scenario, notes)
    faults.raise_any()
    if network is None:
        return None
    times = 1.0
    if tracks is not None and choice.tracks_stand_for == "year":
        times = (366.0 if isleap(scenario.year) else 365.0) * 86_400.0 / tracks.seconds
        notes.append(
            f"Tracks of {tracks.seconds / 86_400.0:.4g} days stand for the whole year: {times:.6g} "
            f"times."
        )
    if calls is not None and tracks is not None:
        notes.append(
            "Calls and tracks of ships are both given and added: a ship must be in one of them "
            "only."
        )
    return Shipping(calls, tracks, network, tables, scenario.year, kg_per_kwh, times, tuple(notes))


def _read_tracks(
    tables: ShipTables, network: Network | None, run: Path, scenario: Scenario
) -> Tracks:
    choice, faults = scenario.shipping, Faults()
    if choice.ships is None:
        raise InputError("`shipping.positions` needs `shipping.ships`: not found.")
    register = attempt(faults, read_register, resolve(run, choice.ships), tables)
    crs = WGS84 if network is None else network.crs
    areas: gpd.GeoDataFrame | None = gpd.GeoDataFrame(
        {"kind": [], "name": [], "in_city": []}, geometry=[], crs=crs
    )
    if choice.areas is not None:
        areas = attempt(faults, read_areas, resolve(run, choice.areas), network)
    if register is None or areas is None:
        faults.raise_all()
    city = None
    if network is not None:
        middle = network.boundary.representative_point()
        back = Transformer.from_crs(network.crs, WGS84, always_xy=True)
        city = back.transform(middle.x, middle.y)
    faults.raise_any()
    paths = [resolve(run, path) for path in choice.positions]
    leave = choice.unknown_ships == "leave_out"
    tracks = read_tracks(paths, register, areas, city, leave_unknown_out=leave)
    if choice.tracks_stand_for == "year" and tracks.seconds < 86_400.0:
        raise InputError(
            f"`shipping.positions` must cover a day [d] or more to stand for a year: "
            f"{tracks.seconds / 86_400.0:.3g} found."
        )
    return tracks


def _find_grid_factor(road: ProfileSet, scenario: Scenario, notes: list[str]) -> float:
    choice = scenario.profiles
    found = find_grid_factor(
        road, scenario.year, choice.electricity_area, choice.electricity_year,
        choice.electricity_kg_per_kwh, notes,
    )  # fmt: skip
    if found is None:
        raise InputError(
            "CO2 of grid electricity [kg/kWh] must be known for `shore_power_kwh` of ship calls. "
            "Say `profiles.electricity_area` or `profiles.electricity_kg_per_kwh`."
        )
    return found
