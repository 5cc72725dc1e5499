"""Every input of a run, read and checked, with all faults of all files at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.accounts.books import Basis
from transmod.accounts.inventory import Account
from transmod.errors import Faults, InputError
from transmod.inputs.checks import listed
from transmod.inputs.network import (
    Network,
    read_network,
)
from transmod.inputs.profile_tables import FLEET
from transmod.inputs.profiles import ProfileSet
from transmod.inputs.rules import read_rule
from transmod.inputs.speeds import MeasuredSpeeds
from transmod.inputs.tables import read_csv
from transmod.inputs.volumes import Volumes, check_volumes, read_volumes
from transmod.intake.factors import recall_factors
from transmod.intake.hashes import find_set_folder, hash_inputs
from transmod.intake.holdings import check_held
from transmod.intake.judgement import judge_inputs
from transmod.intake.methods import read_methods
from transmod.intake.processes import (
    choose_processes,
    lay_climate,
    read_parked,
    with_mileage,
)
from transmod.intake.services import find_coal
from transmod.intake.sources import Sources, read_sources
from transmod.intake.speeds import lay_speeds, read_measured
from transmod.intake.stock import stocked_fleet, use_economy
from transmod.model.areas import Areas
from transmod.model.factors import Factors
from transmod.model.fleet import Fleet, build_fleet
from transmod.model.grid import Grid, grid_over
from transmod.model.rows import Situation, to_situation
from transmod.profiles import recall_profiles
from transmod.scenario import Scenario, read_scenario, resolve
from transmod.schema import GREENHOUSE_GASES, NO_DISTRICT
from transmod.traffic.calendar import Calendar, build_calendar
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
    profiles: ProfileSet
    fleet: Fleet
    areas: Areas
    factors: Factors
    parked: pd.DataFrame
    basis: Basis
    sources: Sources
    hashes: dict[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Intake:
    """What was read of a run: its inputs unless there are faults, and what looks wrong."""

    inputs: Inputs | None
    faults: tuple[str, ...]
    findings: tuple[Finding, ...]


class _Desk:
    """Opens one input after the other and gathers what is wrong with each."""

    def __init__(self) -> None:
        self.faults = Faults()

    def take(self, read: Callable[..., Any], *inputs: object, **options: object) -> Any:
        """Call `read`, unless one of `inputs` could not be read itself; then give None."""
        if any(value is None for value in inputs):
            return None
        try:
            return read(*inputs, **options)
        except InputError as error:
            self.faults.take(error)
            return None


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
    desk = _Desk()
    network = desk.take(read_network, resolve(run, scenario.network.path), crs=scenario.network.crs)
    volumes = desk.take(_read_volumes, network, run=run, scenario=scenario)
    if network is None:
        desk.take(_check_volumes, run=run, scenario=scenario)
    measured = desk.take(read_measured, network, run=run, scenario=scenario)
    calendar = desk.take(_build_calendar, volumes=volumes, measured=measured, scenario=scenario)
    shape = desk.take(_shape, volumes, calendar, run=run, scenario=scenario)
    speeds = desk.take(
        lay_speeds, network, volumes, calendar, shapes=shape, measured=measured,
        run=run, scenario=scenario,
    )  # fmt: skip
    streams = None if volumes is None else volumes.streams
    district_ids = None if network is None else network.districts["district_id"].to_list()
    hashes = hash_inputs(run, scenario)
    folder = find_set_folder(run, scenario)
    profiles = desk.take(recall_profiles, folder)
    profiles = desk.take(with_mileage, profiles, scenario=scenario)
    processes = desk.take(choose_processes, profiles, scenario=scenario)
    climate = desk.take(lay_climate, calendar, processes, scenario=scenario)
    situation = desk.take(_situate, network, calendar, climate, scenario=scenario)
    fleet = desk.take(_build_fleet, profiles, volumes=volumes, run=run, scenario=scenario)
    desk.take(_check_places, fleet, network)
    factors = desk.take(
        recall_factors, profiles, fleet, calendar, streams, climate, processes,
        scenario=scenario, hashes=hashes,
    )  # fmt: skip
    factors = desk.take(use_economy, fleet, factors, scenario=scenario)
    parked = desk.take(
        read_parked, district_ids, profiles, fleet, climate, processes, run=run, scenario=scenario
    )
    desk.take(check_held, district_ids, factors, scenario=scenario)
    rule = desk.take(read_rule, scenario.accounting.rule, run)
    gwp = desk.take(_find_gwp, profiles, scenario=scenario)
    coal = desk.take(lambda: find_coal(profiles, scenario))
    sources = desk.take(
        read_sources, folder, network=network, road=profiles, run=run, scenario=scenario
    )
    methods = desk.take(read_methods, run=run, scenario=scenario)
    grid = desk.take(_lay_grid, network, scenario=scenario)
    findings = judge_inputs(run, scenario, network, volumes, calendar)
    if desk.faults:
        return Intake(None, desk.faults.sentences, findings)
    inputs = Inputs(
        scenario=scenario,
        network=network,
        grid=grid,
        volumes=volumes,
        calendar=calendar,
        shapes=None if shape is None else shape.values,
        situation=situation,
        speeds=speeds,
        measured=measured,
        profiles=profiles,
        fleet=fleet,
        areas=Areas((*network.districts["district_id"], NO_DISTRICT)),
        factors=factors,
        parked=parked[0],
        basis=Basis(
            rule,
            Account(
                year=scenario.year,
                rule=rule.name,
                factor_set=profiles.name,
                gwp_set=scenario.accounting.gwp,
                gwp=gwp,
                coal=coal,
                period=scenario.calendar.period,
            ),
            scenario.accounting.holdings(),
            methods,
        ),
        sources=sources,
        hashes=hashes,
        notes=(
            *_gather_notes(
                network, volumes, calendar, shape, speeds, fleet, processes, climate, factors
            ),
            *parked[1],
            *(finding.sentence for finding in findings),
        ),
    )
    return Intake(inputs, (), findings)


def _gather_notes(*records: Any) -> tuple[str, ...]:
    """Return the notes of all records, each once."""
    notes = (note for record in records if record is not None for note in record.notes)
    return tuple(dict.fromkeys(notes))


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
    choice = scenario.calendar
    n_hours = None if volumes is None else volumes.n_hours
    if n_hours is None and measured is not None and measured.n_hours >= HOURS_OF_YEAR:
        n_hours = measured.n_hours  # each hour of the year has a speed of its own
    return build_calendar(
        scenario.year,
        scenario.timezone,
        layout="profile" if n_hours is None else n_hours,
        day_types=choice.day_types,
        holidays=choice.holidays,
        seasons=choice.seasons,
        period=choice.period,
        series_time=choice.series_time,
        day_type=choice.day_type,
        hour=choice.hour,
    )


def _shape(volumes: Volumes, calendar: Calendar, *, run: Path, scenario: Scenario) -> Shapes | None:
    if volumes.kind == "hourly":
        return None
    name = scenario.traffic.temporal_profile
    return shapes(
        calendar,
        [vehicle_class for vehicle_class, _ in volumes.streams],
        resolve(run, Path(name)) if name.endswith(".csv") else name,
        kind=volumes.kind,
    )


def _situate(
    network: Network, calendar: Calendar, climate: Climate, *, scenario: Scenario
) -> Situation:
    table = road_type_table(calendar, scenario.traffic.peak_hours)
    gradient = network.links["gradient"].to_numpy(np.float64)
    season = climate.season if climate.n_seasons > 1 else None
    return to_situation(gradient, road_type_kind(network.links), table, season=season)


def _build_fleet(
    profiles: ProfileSet, *, volumes: Volumes | None, run: Path, scenario: Scenario
) -> Fleet:
    """Build the fleet of the run's streams; where these are unknown, check all of its own."""
    choice = scenario.fleet
    if choice.mix is None:
        return stocked_fleet(profiles, volumes, run, scenario)
    shares = None
    if choice.mix.endswith(".csv"):
        shares = read_csv(resolve(run, Path(choice.mix)), FLEET)
    streams = None if volumes is None else volumes.streams
    return build_fleet(
        profiles, choice.mix, streams, year=choice.year or scenario.year, shares=shares
    )


def _check_places(fleet: Fleet, network: Network) -> None:
    """Make sure that a fleet of a district's own is one of a district of the city."""
    known = [*network.districts["district_id"], NO_DISTRICT]
    unknown = [name for name in fleet.district_share if name not in known]
    if unknown:
        raise InputError(
            f"`district_id` of fleet {fleet.name} must be a district of the network: "
            f"{len(unknown)} of {len(fleet.district_share)} are not, {listed(unknown)}. Districts: "
            f"{listed(known)}."
        )


def _find_gwp(profiles: ProfileSet, *, scenario: Scenario) -> dict[str, float]:
    """Return the warming potential of each greenhouse gas [t CO2e/t]."""
    name, table = scenario.accounting.gwp, profiles.gwp
    sets = list(dict.fromkeys(table["set"]))
    if name not in sets:
        raise InputError(f"`accounting.gwp` must be one of {', '.join(sets)}: found {name!r}.")
    own = table[table["set"] == name].set_index("gas")["gwp100"]
    return {gas: float(own[gas]) for gas in GREENHOUSE_GASES if gas in own.index}


def _lay_grid(network: Network, *, scenario: Scenario) -> Grid:
    # whatever is asked for: links are always cut at the same places, so no bit of an account
    # depends on the other outputs
    return grid_over(network.boundary, network.crs, scenario.grid.cell_size_m)
