"""What a scenario says of processes: which are counted, how warm it is, which vehicles park."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from transmod.columns import Columns, to_text
from transmod.errors import Faults, InputError
from transmod.exchange import from_frame
from transmod.inputs.checks import check_table, first_of, listed
from transmod.inputs.profiles import ProfileSet
from transmod.inputs.tables import read_csv
from transmod.model.fleet import Fleet
from transmod.model.processes import BY_TEMPERATURE, find_processes
from transmod.scenario import Scenario, resolve
from transmod.schema import EMISSION_KEYS, PARKED
from transmod.traffic.calendar import Calendar
from transmod.traffic.climate import Climate, build_climate


@dataclass(frozen=True)
class Processes:
    """The processes of a run, by name."""

    names: tuple[str, ...]
    notes: tuple[str, ...]


def choose_processes(profiles: ProfileSet, *, scenario: Scenario) -> Processes:
    """
    Choose the processes that a run counts.

    Raises
    ------
    InputError
        If one is asked for that the inputs do not allow.
    """
    names, notes = find_processes(
        profiles, scenario.profiles.processes, has_climate=scenario.climate is not None
    )
    return Processes(names, notes)


def lay_climate(calendar: Calendar, processes: Processes, *, scenario: Scenario) -> Climate:
    """Sort the hours of a run into seasons; into one, where nothing depends on temperature."""
    choice = scenario.climate
    if choice is None or not set(BY_TEMPERATURE) & set(processes.names):
        return build_climate(calendar)
    return build_climate(calendar, choice.temperature_c, seasons=choice.seasons)


def with_mileage(profiles: ProfileSet, *, scenario: Scenario) -> ProfileSet:
    """Put the fleet's mean mileage in place of the set's, where the scenario gives one."""
    mileage = scenario.profiles.mileage_km
    if mileage is None:
        return profiles
    return replace(profiles, defaults=profiles.defaults | {"mileage_km": mileage})


def read_parked(
    district_ids: Sequence[str],
    profiles: ProfileSet,
    fleet: Fleet,
    climate: Climate,
    processes: Processes,
    *,
    run: Path,
    scenario: Scenario,
) -> tuple[Columns, tuple[str, ...]]:
    """
    Compute what parked vehicles evaporate.

    Returns
    -------
    Columns, tuple of str
        Emission rows as of `evaporation.parked_emissions`, and notes.

    Raises
    ------
    InputError
        If the table is faulty, or names a district, class or type that is unknown.
    """
    text = {name: to_text([]) for name in (*EMISSION_KEYS, "process", "pollutant")}
    none = Columns({**text, "mass_t": np.zeros(0)})
    path = scenario.traffic.parked
    if "evaporation" not in processes.names:
        return none, ()
    if path is None:
        return none, (
            "Evaporation of parked vehicles is not estimated: `traffic.parked` gives no vehicles.",
        )
    from transmod.model.evaporation import parked_emissions  # loads what makes factors

    file = resolve(run, path)
    faults = Faults()
    parked = read_csv(file, PARKED, faults)
    for name in ("vehicle_class", "vehicle_type"):
        if name not in parked.columns:
            parked[name] = None
    check_table(parked, PARKED, str(file), faults)
    faults.raise_any()
    wrong = ~parked["district_id"].isin(district_ids).to_numpy()
    if wrong.any():
        found = first_of(wrong, lambda i: f"row {i + 1}", parked["district_id"])
        faults.add(
            f"`district_id` of {file} must be a district of the city: {found}. Districts: "
            f"{listed(district_ids)}."
        )
    both = (parked["vehicle_class"].isna() == parked["vehicle_type"].isna()).to_numpy()
    if both.any():
        found = first_of(both, lambda i: f"row {i + 1}")
        faults.add(f"{file} must name a `vehicle_class` or a `vehicle_type` in each row: {found}.")
    faults.raise_any()
    try:
        rows = parked_emissions(parked, profiles, fleet, climate)
    except InputError as error:
        raise InputError([f"{file}: {text}" for text in error.faults]) from error
    notes = (f"Evaporation of {parked['vehicles'].sum():,.0f} parked vehicles in {path}.",)
    return none if rows.empty else from_frame(rows), notes
