"""What drives and how it counts: all that a run is asked but its links, volumes and speeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transmod.accounts.books import Basis
from transmod.accounts.inventory import Account
from transmod.columns import Columns
from transmod.errors import InputError
from transmod.inputs.profiles import ProfileSet
from transmod.inputs.rules import read_rule
from transmod.intake.desk import Desk
from transmod.intake.evidence import find_targets, read_facts, take_evidence
from transmod.intake.factors import AskedFactors, ask_factors, find_key, recall_factors
from transmod.intake.fleets import check_places, take_fleet
from transmod.intake.hashes import find_set_folder
from transmod.intake.holdings import check_held
from transmod.intake.methods import read_methods
from transmod.intake.processes import (
    choose_processes,
    lay_climate,
    read_parked,
    with_mileage,
)
from transmod.intake.services import find_coal
from transmod.intake.stock import MODEL_YEAR, use_economy
from transmod.intake.uncertain import check_uncertain
from transmod.model.factors import Factors
from transmod.model.fleet import Fleet
from transmod.profiles import recall_profiles
from transmod.scenario import Scenario
from transmod.schema import GREENHOUSE_GASES
from transmod.traffic.calendar import Calendar
from transmod.traffic.climate import Climate


@dataclass(frozen=True, eq=False)
class Driving:
    """
    What drives and how it counts.

    `profiles`, `fleet`, `factors` of its types and the key that tells them from all others (None
    where there is none), `climate`, `parked` rows for the ledger, `basis` of the account, `notes`.
    """

    profiles: ProfileSet
    fleet: Fleet
    factors: Factors
    factor_key: str | None
    climate: Climate
    parked: Columns
    basis: Basis
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class DrivingTaken:
    """The same as far as it could be read; None where there is a fault."""

    profiles: ProfileSet | None
    climate: Climate | None
    fleet: Fleet | None
    driving: Driving | None

    def whole(self) -> Driving:
        """Return all of it; there must be no fault."""
        assert self.driving is not None
        return self.driving


def take_driving(
    desk: Desk,
    calendar: Calendar | None,
    streams: Sequence[tuple[str, str]] | None,
    district_ids: Sequence[str] | None,
    *,
    gradients: Sequence[float] | None,
    run: Path,
    scenario: Scenario,
) -> DrivingTaken:
    """
    Read and check what drives and how it counts; faults are gathered on the desk.

    Parameters
    ----------
    desk : Desk
        Gathers the faults.
    calendar, streams, district_ids, gradients
        Of the run; None where they could not be read. Gradient nodes are those that links need.
    run, scenario
        Folder, and what was asked.
    """
    profiles = desk.take(recall_profiles, find_set_folder(run, scenario))
    profiles = desk.take(with_mileage, profiles, scenario=scenario)
    processes = desk.take(choose_processes, profiles, scenario=scenario)
    climate = desk.take(lay_climate, calendar, processes, scenario=scenario)
    fleet = desk.take(take_fleet, profiles, streams=streams, run=run, scenario=scenario)
    desk.take(check_places, fleet, district_ids)
    asked = desk.take(
        ask_factors, fleet, calendar, streams, climate, processes, gradients, scenario=scenario
    )
    factors = desk.take(recall_factors, profiles, asked)
    factor_key = desk.take(_find_key, profiles, asked, scenario=scenario)
    factors = desk.take(use_economy, fleet, factors, scenario=scenario)
    parked = desk.take(
        read_parked, district_ids, profiles, fleet, climate, processes, run=run, scenario=scenario
    )
    desk.take(check_held, district_ids, factors, scenario=scenario)
    desk.take(check_uncertain, profiles, factors, streams, scenario=scenario)
    rule = desk.take(read_rule, scenario.accounting.rule, run)
    gwp = desk.take(_find_gwp, profiles, scenario=scenario)
    coal = desk.take(lambda: find_coal(profiles, scenario))
    methods = desk.take(read_methods, run=run, scenario=scenario)
    evidence = desk.take(take_evidence, profiles, fleet, factors, run=run, scenario=scenario)
    # what a faulty network says of its places is not asked for
    facts = desk.take(lambda _: read_facts(run=run, scenario=scenario), district_ids)
    targets = desk.take(find_targets, scenario=scenario)
    if desk.faults:
        return DrivingTaken(profiles, climate, fleet, None)
    account = Account(
        year=scenario.year,
        rule=rule.name,
        factor_set=profiles.name,
        gwp_set=scenario.accounting.gwp,
        gwp=gwp,
        coal=coal,
        period=scenario.calendar.period,
    )
    driving = Driving(
        profiles=profiles,
        fleet=fleet,
        factors=factors,
        factor_key=factor_key,
        climate=climate,
        parked=parked[0],
        basis=Basis(
            rule,
            account,
            scenario.accounting.holdings(),
            methods,
            evidence,
            facts,
            targets,
        ),
        notes=(*gather_notes(fleet, processes, climate, factors), *parked[1]),
    )
    return DrivingTaken(profiles, climate, fleet, driving)


def gather_notes(*records: Any) -> tuple[str, ...]:
    """Return the notes of all records, each once."""
    notes = (note for record in records if record is not None for note in record.notes)
    return tuple(dict.fromkeys(notes))


def _find_key(profiles: ProfileSet, asked: AskedFactors, *, scenario: Scenario) -> str | None:
    """Return the key of the factors; None where the fleet scales them by model year."""
    return None if scenario.fleet.economy == MODEL_YEAR else find_key(profiles, asked)


def _find_gwp(profiles: ProfileSet, *, scenario: Scenario) -> dict[str, float]:
    """Return the warming potential of each greenhouse gas [t CO2e/t]."""
    name, sets = scenario.accounting.gwp, profiles.warming
    if name not in sets:
        raise InputError(f"`accounting.gwp` must be one of {', '.join(sets)}: found {name!r}.")
    return {gas: sets[name][gas] for gas in GREENHOUSE_GASES if gas in sets[name]}
