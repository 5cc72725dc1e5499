"""The fleet of a run: shipped, of a file, a stock or sales; and what measures change of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from transmod.errors import InputError
from transmod.inputs.checks import listed
from transmod.inputs.fleet_tables import FOLDER
from transmod.inputs.hashes import hash_tables, sha256_file
from transmod.inputs.profile_tables import FLEET
from transmod.inputs.profiles import ProfileSet
from transmod.inputs.tables import read_csv
from transmod.intake.stock import stock_files, stocked_fleet
from transmod.memory import remember
from transmod.model.fleet import Fleet, build_fleet
from transmod.model.fleet_changes import FleetChange, change_fleet
from transmod.scenario import Scenario, resolve
from transmod.scenario.fleet import FleetChoice
from transmod.scenario.fleet_measures import OfTypes, RetireTypes, SetFleetShare
from transmod.scenario.measure import name_measure
from transmod.schema import NO_DISTRICT


def take_fleet(
    profiles: ProfileSet,
    *,
    streams: Sequence[tuple[str, str]] | None,
    run: Path,
    scenario: Scenario,
) -> Fleet:
    """
    Build the fleet of the run's streams; where these are unknown, check all of its own.

    Raises
    ------
    InputError
        With every fault of its table, or of the measures that change it.
    """
    year = scenario.fleet.year or scenario.year
    fleet = _recall(profiles, streams, year, run, scenario)
    if streams is None:
        return fleet  # without streams, what a measure matches cannot be said
    return change_fleet(fleet, profiles.type_columns, _to_changes(scenario), year=year)


def _recall(
    profiles: ProfileSet,
    streams: Sequence[tuple[str, str]] | None,
    year: int,
    run: Path,
    scenario: Scenario,
) -> Fleet:
    """Build the fleet before any measure, or recall it if it was made before."""

    def build() -> Fleet:
        return _build(profiles, streams, year, run, scenario)

    files = [resolve(run, path) for path in fleet_files(scenario.fleet)]
    if not all(path.is_file() for path in files):
        return build()  # and say what is missing
    parts = {
        "set": profiles.sha256,
        # no part of the set as it is read
        "turnover": hash_tables(profiles.folder / FOLDER) if scenario.fleet.mix is None else {},
        "files": [sha256_file(path) for path in files],
        "fleet": scenario.fleet.model_dump(mode="json"),
        "streams": streams,
        "year": year,
    }
    return remember("fleet", parts, build)


def fleet_files(choice: FleetChoice) -> list[Path]:
    """Return the files that a fleet is read from."""
    mix = [Path(choice.mix)] if choice.mix and choice.mix.endswith(".csv") else []
    return mix + stock_files(choice)


def _build(
    profiles: ProfileSet,
    streams: Sequence[tuple[str, str]] | None,
    year: int,
    run: Path,
    scenario: Scenario,
) -> Fleet:
    """Build the fleet from its table, stock or sales."""
    mix = scenario.fleet.mix
    if mix is None:
        return stocked_fleet(profiles, streams, run, scenario)
    shares = read_csv(resolve(run, Path(mix)), FLEET) if mix.endswith(".csv") else None
    return build_fleet(profiles, mix, streams, year=year, shares=shares)


def _to_changes(scenario: Scenario) -> list[FleetChange]:
    """Return what the measures of a scenario change of the fleet, in their order."""
    return [
        FleetChange(
            title=name_measure(place, measure.name, measure.kind),
            share=measure.share,
            retires=isinstance(measure, RetireTypes),
            types={
                name: value
                for name in OfTypes.model_fields
                if (value := getattr(measure, name)) is not None
            },
            vehicle_class=measure.vehicle_class,
            trip_kind=measure.trip_kind,
            district_id=measure.district_id,
        )
        for place, measure in enumerate(scenario.measures, 1)
        if isinstance(measure, SetFleetShare | RetireTypes)
    ]


def check_places(fleet: Fleet, district_ids: Sequence[str]) -> None:
    """
    Make sure that a fleet of a district's own is one of a district of the city.

    Raises
    ------
    InputError
        With those that are none.
    """
    known = [*district_ids, NO_DISTRICT]
    unknown = [name for name in fleet.district_share if name not in known]
    if unknown:
        raise InputError(
            f"`district_id` of fleet {fleet.name} must be a district of the network: "
            f"{len(unknown)} of {len(fleet.district_share)} are not, {listed(unknown)}. Districts: "
            f"{listed(known)}."
        )
