"""A fleet from counts or sales: what a scenario's `[fleet]` says, put to work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from transmod.errors import InputError
from transmod.inputs.fleet_tables import FOLDER, TABLES, Turnover, read_stock, read_turnover
from transmod.inputs.profiles import ProfileSet
from transmod.model.factors import Factors
from transmod.model.fleet import Fleet, build_fleet
from transmod.scenario import FleetChoice, Scenario, resolve

if TYPE_CHECKING:  # a fleet of shares does without the stock behind it
    from transmod.model.cohorts import Cohorts

MODEL_YEAR = "model_year"


def build_stock_shares(
    profiles: ProfileSet, turnover: Turnover, table: pd.DataFrame, choice: FleetChoice, year: int
) -> tuple[pd.DataFrame, Cohorts]:
    """
    Build the shares of vehicle types of a stock or of sales in a year.

    Parameters
    ----------
    profiles, turnover
        Types; lives, standards, mileage, targets.
    table : pandas.DataFrame
        Vehicles, as `read_stock` gives them.
    choice : FleetChoice
        What the table is, and what shall be done with it.
    year : int
        Year of the fleet.

    Returns
    -------
    pandas.DataFrame, Cohorts
        Columns of `fleets/*.csv`, with `energy_scale` where the scenario asks for fuel economy by
        model year; the cohorts behind them.

    Raises
    ------
    InputError
        With every fault of the table, or if a target is out of reach.
    """
    from transmod.model.cohorts import Count, build_cohorts, to_shares
    from transmod.model.economy import economy_of_cohorts, economy_of_types
    from transmod.model.targets import towards_targets

    region = choice.region or ""
    renew = towards_targets(profiles, turnover, table, region) if choice.targets else None
    count = Count(
        region=region,
        year=year,
        is_sales=choice.sales is not None,
        counted_in=choice.counted_in,
        growth=choice.growth,
        renew=renew,
    )
    cohorts = build_cohorts(profiles, turnover, table, count)
    shares = to_shares(cohorts, str(choice.stock or choice.sales))
    if choice.economy == MODEL_YEAR:
        economy = economy_of_cohorts(cohorts, profiles, turnover, region)
        scale = economy_of_types(cohorts, economy)
        shares = shares.assign(energy_scale=shares["vehicle_type"].map(scale))
    return shares, cohorts


def stocked_fleet(
    profiles: ProfileSet,
    streams: Sequence[tuple[str, str]] | None,
    run: Path,
    scenario: Scenario,
) -> Fleet:
    """Build the fleet of a run from its stock or sales."""
    choice = scenario.fleet
    path = choice.stock or choice.sales
    assert path is not None
    year = choice.year or scenario.year
    own = choice.turnover and resolve(run, choice.turnover)
    if own is None and not (profiles.folder / FOLDER).is_dir():
        likes = ", ".join(sorted(set(profiles.equivalents["set"]))) or "another set"
        raise InputError(
            f"A fleet from a stock or sales needs lives, standards and mileage: the set "
            f"{profiles.name} has no folder {FOLDER}. Run with {likes} and read the activity by "
            f"{profiles.name} with `transmod profiles compare`, which replaces each type by its "
            f"like; or take shares as `fleet.mix` ({', '.join(profiles.fleets) or 'your own'}); or "
            f"name a folder for its sizes and standards as `fleet.turnover`."
        )
    turnover = read_turnover(own or profiles.folder / FOLDER)
    shares, cohorts = build_stock_shares(
        profiles, turnover, read_stock(resolve(run, path)), choice, year
    )
    pairs = zip(shares["vehicle_class"], shares["trip_kind"], strict=True)
    fleet = build_fleet(
        profiles, str(path), list(dict.fromkeys(pairs)) if streams is None else streams, year=year,
        shares=shares,
    )  # fmt: skip
    return replace(fleet, notes=(*cohorts.notes, *fleet.notes))


def use_economy(fleet: Fleet, factors: Factors, *, scenario: Scenario) -> Factors:
    """
    Scale the fuel burnt by model year, where the scenario asks for it.

    Raises
    ------
    InputError
        If it asks for it and the fleet has no such factors.
    """
    if scenario.fleet.economy != MODEL_YEAR:
        return factors
    if not fleet.energy_scale:
        raise InputError(
            f"`fleet.economy` = '{MODEL_YEAR}' needs a stock or sales, or a fleet table with a "
            f"column `energy_scale`: {fleet.name} has neither. Say 'published' for the curves as "
            "they are."
        )
    from transmod.model.economy import scale_energy

    return scale_energy(factors, fleet.energy_scale)


def stock_files(choice: FleetChoice) -> list[Path]:
    """Return the files that a stock or sales are read from."""
    files = [path for path in (choice.stock, choice.sales) if path is not None]
    if choice.turnover is not None:
        files += [choice.turnover / table.name for table in TABLES]
    return files
