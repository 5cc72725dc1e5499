"""Inputs of trains and off-road machines: their files, read with all faults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from transmod.errors import Faults
from transmod.inputs.checks import attempt
from transmod.inputs.ground_factors import (
    MachineFactors,
    RailFactors,
    read_machine_factors,
    read_rail_factors,
)
from transmod.inputs.gtfs import FILES, read_gtfs
from transmod.inputs.network import Network
from transmod.inputs.off_road import Machines, read_machines
from transmod.inputs.profiles import ProfileSet
from transmod.inputs.rail import (
    ELECTRIC,
    Trains,
    join_trains,
    no_tracks,
    read_rail_lines,
    read_tracks,
)
from transmod.model.grid_power import GridPower, find_grid_power
from transmod.scenario import Scenario, resolve


@dataclass(frozen=True, eq=False)
class Rail:
    """Trains of a run, what they take and emit, and where they drive."""

    trains: Trains
    factors: RailFactors
    network: Network
    power: GridPower | None


@dataclass(frozen=True, eq=False)
class OffRoad:
    """Off-road machines of a run, and what they take and emit."""

    machines: Machines
    factors: MachineFactors
    power: GridPower | None


def rail_files(scenario: Scenario) -> list[Path]:
    """Return the files that a scenario names for trains, as it names them."""
    rail = scenario.rail
    named = (rail.lines, rail.tracks, rail.gtfs, rail.gtfs_lines)
    files = [path for path in named if path is not None]
    # of a folder its tables; those that are not there are left out where files are hashed
    return files + ([] if rail.gtfs is None else [rail.gtfs / name for name in FILES])


def read_rail(
    folder: Path, network: Network | None, road: ProfileSet | None, run: Path, scenario: Scenario
) -> Rail | None:
    """
    Read and check what a run says of trains.

    Parameters
    ----------
    folder : Path
        Tables of movements.
    network, road
        As in `intake.sources.read_sources`.
    run : Path
        Folder of the run.
    scenario : Scenario
        What was asked.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    choice, faults = scenario.rail, Faults()
    factors = attempt(faults, read_rail_factors, folder)
    if factors is None:
        faults.raise_all()
    parts = []
    if choice.lines is not None:
        rows = attempt(faults, read_rail_lines, resolve(run, choice.lines), factors)
        if rows is not None and network is not None:
            parts.append(_lay_lines(rows, network, run, choice.tracks, faults))
    if choice.gtfs is not None and choice.gtfs_lines is not None:
        if scenario.calendar.period != "year":
            faults.add(
                f"`rail.gtfs` needs calendar.period = 'year': found {scenario.calendar.period!r}."
            )
        if network is not None:
            part = attempt(
                faults, read_gtfs, resolve(run, choice.gtfs), resolve(run, choice.gtfs_lines),
                factors, year=scenario.year, crs=network.crs,
            )  # fmt: skip
            parts += [] if part is None else [part]
    if faults or network is None or not parts:
        faults.raise_any()
        return None
    trains = join_trains(parts, network.crs, faults)
    power = None
    if trains.rows["kind"].isin(ELECTRIC).any() and road is not None:
        power = attempt(faults, _find_power, road, scenario, "`rail`")
    faults.raise_any()
    return Rail(trains, factors, network, power)


def _lay_lines(
    rows: pd.DataFrame, network: Network, run: Path, tracks: Path | None, faults: Faults
) -> Trains:
    """Lay lines onto their tracks, where these are given."""
    laid = None
    if tracks is not None:
        laid = attempt(faults, read_tracks, resolve(run, tracks), rows["line"], network.crs)
    return Trains(rows, *(laid or (no_tracks(network.crs), ())))


def read_off_road(
    folder: Path, network: Network | None, road: ProfileSet | None, run: Path, scenario: Scenario
) -> OffRoad | None:
    """
    Read and check what a run says of off-road machines; parameters as in `read_rail`.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    faults = Faults()
    factors = attempt(faults, read_machine_factors, folder)
    path = scenario.off_road.machines
    if factors is None or path is None:
        faults.raise_all()
    machines = read_machines(resolve(run, path), factors, network)
    if machines is None:
        return None
    power = None
    if (machines.rows["fuel"] == "electricity").any() and road is not None:
        power = _find_power(road, scenario, "`off_road`")
    return OffRoad(machines, factors, power)


def _find_power(road: ProfileSet, scenario: Scenario, wanted_by: str) -> GridPower:
    choice = scenario.profiles
    return find_grid_power(
        road,
        wanted_by=wanted_by,
        year=scenario.year,
        area=choice.electricity_area,
        area_year=choice.electricity_year,
        own_kg_per_kwh=choice.electricity_kg_per_kwh,
        own_loss_share=choice.grid_loss_share,
    )
