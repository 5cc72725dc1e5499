"""Every input of a run, read and checked, with all faults of all files at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.inputs.network import (
    Network,
    read_network,
)
from transmod.inputs.speeds import MeasuredSpeeds
from transmod.inputs.volumes import Volumes, check_volumes, read_volumes
from transmod.intake.calendars import lay_calendar
from transmod.intake.desk import Desk
from transmod.intake.driving import Driving, gather_notes, take_driving
from transmod.intake.freight_trains import move_freight
from transmod.intake.hashes import find_set_folder, hash_inputs
from transmod.intake.judgement import judge_inputs
from transmod.intake.sources import Sources, read_sources
from transmod.intake.speeds import lay_speeds, read_measured
from transmod.intake.traffic_measures import Changed, Opened, change_traffic, open_measures
from transmod.model.areas import Areas
from transmod.model.grid import Grid, grid_over
from transmod.model.rows import Situation, find_gradients, to_situation
from transmod.scenario import Scenario, read_scenario, resolve
from transmod.scenario.measure import put_measures_first
from transmod.traffic.calendar import Calendar
from transmod.traffic.climate import Climate
from transmod.traffic.findings import Finding
from transmod.traffic.road_types import road_type_kind, road_type_table
from transmod.traffic.speeds import SpeedRule
from transmod.traffic.temporal import Shapes, shapes

HOURS_OF_YEAR = 8760


@dataclass(frozen=True, eq=False)
class Inputs:
    """All that a run is computed from; `hashes` are the SHA-256 of its files, by path."""

    scenario: Scenario
    network: Network
    grid: Grid
    volumes: Volumes
    calendar: Calendar
    shapes: NDArray[np.float64] | None
    situation: Situation
    speeds: SpeedRule
    measured: MeasuredSpeeds | None
    areas: Areas
    driving: Driving
    sources: Sources
    hashes: dict[str, str]
    link_notes: tuple[str, ...]
    findings: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noted in reading."""
        return put_measures_first((*self.link_notes, *self.driving.notes, *self.findings))


@dataclass(frozen=True, eq=False)
class Intake:
    """What was read of a run: its inputs unless there are faults, and what looks wrong."""

    inputs: Inputs | None
    faults: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_inputs(run: Path) -> Inputs:
    """
    Read and check every input of a run.

    Parameters
    ----------
    run : Path
        Folder with a `scenario.toml`.

    Raises
    ------
    InputError
        With every fault of every file. Of an input that stands on a faulty one, what can be said
        without it is said.
    """
    intake = take_in(run)
    if intake.inputs is None:
        raise InputError(intake.faults)
    return intake.inputs


def take_in(run: Path) -> Intake:
    """
    Read, check and judge every input of a run, and raise no fault but of the scenario.

    Raises
    ------
    InputError
        If there is no scenario, or it has faults.
    """
    run = Path(run)
    scenario = read_scenario(run)
    desk = Desk()
    network = desk.take(read_network, resolve(run, scenario.network.path), crs=scenario.network.crs)
    volumes = desk.take(_read_volumes, network, run=run, scenario=scenario)
    if network is None:
        desk.take(_check_volumes, run=run, scenario=scenario)
    opened = desk.take(open_measures, network, volumes, run=run, scenario=scenario)
    measured = desk.take(read_measured, network, run=run, scenario=scenario)
    calendar = desk.take(_build_calendar, volumes=volumes, measured=measured, scenario=scenario)
    shape = desk.take(_shape, opened, calendar, run=run, scenario=scenario)
    streams = None if opened is None else opened.volumes.streams
    district_ids = None if network is None else network.districts["district_id"].to_list()
    gradients = desk.take(_find_gradients, network)
    driving = take_driving(
        desk, calendar, streams, district_ids, gradients=gradients, run=run, scenario=scenario
    )
    changed = desk.take(
        change_traffic, network, opened, calendar, driving.fleet, driving.profiles, shapes=shape,
        run=run, scenario=scenario,
    )  # fmt: skip
    speeds = desk.take(
        _lay_speeds, network, changed or opened, calendar, shapes=shape, measured=measured,
        run=run, scenario=scenario,
    )  # fmt: skip
    situation = desk.take(_situate, network, calendar, driving.climate, scenario=scenario)
    sources = desk.take(
        read_sources,
        find_set_folder(run, scenario),
        network=network,
        road=driving.profiles,
        run=run,
        scenario=scenario,
    )
    sources = desk.take(move_freight, sources, changed, scenario=scenario)
    grid = desk.take(_lay_grid, network, scenario=scenario)
    findings = judge_inputs(run, scenario, network, volumes, calendar)
    if desk.faults:
        return Intake(None, desk.faults.sentences, findings)
    inputs = Inputs(
        scenario=scenario,
        network=network,
        grid=grid,
        volumes=changed.volumes,
        calendar=calendar,
        shapes=None if changed.shapes is None else changed.shapes.values,
        situation=situation,
        speeds=speeds,
        measured=measured,
        driving=replace(driving.whole(), fleet=changed.fleet),
        areas=changed.areas,
        sources=sources,
        hashes=hash_inputs(run, scenario),
        link_notes=gather_notes(network, volumes, calendar, shape, speeds, changed),
        findings=tuple(finding.sentence for finding in findings),
    )
    return Intake(inputs, (), findings)


def _read_volumes(network: Network, *, run: Path, scenario: Scenario) -> Volumes:
    traffic = scenario.traffic
    volumes = read_volumes(
        resolve(run, traffic.volumes),
        network,
        kind=traffic.kind,
        unit=traffic.unit,
        direction=traffic.direction,
        network_sha256=traffic.network_sha256,
    )
    if traffic.speed == "given" and not volumes.has_speed:
        raise InputError(
            f"`traffic.speed` = 'given' needs a column `speed_kmh` in {traffic.volumes}: not "
            f"found. Say 'bpr' or 'free', or add the speeds."
        )
    return volumes


def _check_volumes(*, run: Path, scenario: Scenario) -> None:
    traffic = scenario.traffic
    check_volumes(resolve(run, traffic.volumes), kind=traffic.kind, direction=traffic.direction)


def _build_calendar(
    *, volumes: Volumes | None, measured: MeasuredSpeeds | None, scenario: Scenario
) -> Calendar:
    """Lay out the calendar; days and seasons are checked where the volumes are faulty too."""
    n_hours = None if volumes is None else volumes.n_hours
    if n_hours is None and measured is not None and measured.n_hours >= HOURS_OF_YEAR:
        n_hours = measured.n_hours  # each hour of the year has a speed of its own
    return lay_calendar("profile" if n_hours is None else n_hours, scenario=scenario)


def _lay_speeds(
    network: Network,
    traffic: Opened | Changed,
    calendar: Calendar,
    *,
    shapes: Shapes | None,
    measured: MeasuredSpeeds | None,
    run: Path,
    scenario: Scenario,
) -> SpeedRule | None:
    """Say how speeds come about in the traffic after all measures, and under their limits."""
    limit = None
    if isinstance(traffic, Changed):
        shapes, limit = traffic.shapes, traffic.limit
    rule = lay_speeds(
        network, traffic.volumes, calendar, shapes=shapes, measured=measured, run=run,
        scenario=scenario,
    )  # fmt: skip
    return rule if rule is None or limit is None else rule.capped(limit)


def _shape(opened: Opened, calendar: Calendar, *, run: Path, scenario: Scenario) -> Shapes | None:
    volumes = opened.volumes
    if volumes.kind == "hourly":
        return None
    name = scenario.traffic.temporal_profile
    return shapes(
        calendar,
        [vehicle_class for vehicle_class, _ in volumes.streams],
        resolve(run, Path(name)) if name.endswith(".csv") else name,
        kind=volumes.kind,
    )


def _find_gradients(network: Network) -> tuple[float, ...]:
    return find_gradients(network.links["gradient"].to_numpy(np.float64))


def _situate(
    network: Network, calendar: Calendar, climate: Climate, *, scenario: Scenario
) -> Situation:
    table = road_type_table(calendar, scenario.traffic.peak_hours)
    gradient = network.links["gradient"].to_numpy(np.float64)
    season = climate.season if climate.n_seasons > 1 else None
    return to_situation(gradient, road_type_kind(network.links), table, season=season)


def _lay_grid(network: Network, *, scenario: Scenario) -> Grid:
    # whatever is asked for: links are always cut at the same places, so no bit of an account
    # depends on the other outputs
    return grid_over(network.boundary, network.crs, scenario.grid.cell_size_m)
