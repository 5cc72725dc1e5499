"""Two sets of vehicle profiles on the activity of one finished run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from transmod.errors import Faults, InputError
from transmod.inputs.profiles import ProfileSet
from transmod.inputs.results import read_manifest, read_result_table
from transmod.intake.services import to_service
from transmod.model.corrections import conditions_of, with_conditions
from transmod.model.factor_table import build_factors
from transmod.model.fleet import build_fleet
from transmod.model.service import Service
from transmod.model.spectrum_emissions import (
    STREAM,
    driven_shares,
    find_gradients,
    fleet_shares,
    spectrum_emissions,
    translate_shares,
)
from transmod.profiles import find_set, recall_profiles
from transmod.scenario import Scenario
from transmod.traffic.calendar import Calendar, build_calendar

ALL_CLASSES = "all"
_KEY = ["vehicle_class", "process", "pollutant"]


@dataclass(frozen=True)
class Comparison:
    """
    What two sets make of one activity.

    `rows` has the columns of `schema.PROFILE_COMPARISON`, with `vehicle_class` "all" for the sum.
    """

    run: str
    set_a: str
    set_b: str
    fleet_a: str
    fleet_b: str
    vkm: float
    rows: pd.DataFrame
    notes: tuple[str, ...]


def read_conditions(texts: Sequence[str]) -> dict[str, float]:
    """Read conditions written as NAME=VALUE."""
    faults = Faults()
    found = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            faults.add(f"A condition must be NAME=VALUE with a number: {text!r} found.")
    faults.raise_any()
    return found


def compare_profiles(
    set_a: str | Path,
    set_b: str | Path,
    run: Path,
    *,
    fleet_a: str | None = None,
    fleet_b: str | None = None,
    conditions: Mapping[str, float] | None = None,
) -> Comparison:
    """
    Compute what two sets of vehicle profiles make of a finished run's activity.

    Parameters
    ----------
    set_a, set_b : str or Path
        Name of a shipped set, or a folder.
    run : Path
        A run with results; only its spectrum, its activity and its manifest are read.
    fleet_a, fleet_b : str, optional
        Fleet of the set. Default: the fleet that the run drove; in a set that is not the run's,
        with each type replaced by its like, as `equivalents.csv` says (China 4 for Euro 4).
    conditions : mapping of str to float, optional
        Conditions of base factors; a set takes those that it knows.

    Raises
    ------
    InputError
        If the run has no results, a set or fleet is unknown, a type has no like, or no set knows
        a condition.

    Notes
    -----
    Everything that follows from the spectrum is compared: hot exhaust, electricity, wear. Cold
    starts and evaporation are not. Grid electricity, loads, occupancy and climate are those of the
    run; fuels, blends and conditions too, in the set of the run. Fuel economy by model year is not
    applied.
    """
    spectrum = read_result_table(run, "spectrum")
    scenario = Scenario.model_validate(read_manifest(run)["options"])
    service = to_service(scenario, _calendar(scenario))
    sets = recall_profiles(find_set(set_a)), recall_profiles(find_set(set_b))
    given = _conditions_by_set(sets, conditions or {})
    parts = []
    names = []
    for profiles, fleet, own in zip(sets, (fleet_a, fleet_b), given, strict=True):
        shares, name = _shares(profiles, fleet, run, scenario, spectrum)
        choice = scenario.profiles
        is_of_run = Path(choice.set).name == profiles.name
        factors = build_factors(
            profiles,
            sorted(set(shares["vehicle_type"])),
            year=scenario.year,
            electricity_area=choice.electricity_area,
            electricity_year=choice.electricity_year,
            electricity_kg_per_kwh=choice.electricity_kg_per_kwh,
            conditions=(choice.conditions if is_of_run else {}) | own,
            service=service if is_of_run else _elsewhere(service),
            gradients=find_gradients(spectrum),
        )
        parts.append(spectrum_emissions(spectrum, shares, factors))
        names.append(name)
    vkm = spectrum.groupby("vehicle_class")["vkm"].sum()
    return Comparison(
        run=str(run),
        set_a=sets[0].name,
        set_b=sets[1].name,
        fleet_a=names[0],
        fleet_b=names[1],
        vkm=float(vkm.sum()),
        rows=_side_by_side(parts[0], parts[1], vkm),
        notes=(
            *(
                _say_conditions(*side)
                for side in zip(sets, given, strict=True)
                if side[0].conditions
            ),
            *(
                ("Zones are driven by the mean fleet of their district.",)
                if "zone" in spectrum
                else ()
            ),
            "Cold starts and evaporation do not follow from the spectrum: not compared.",
        ),
    )


def _say_conditions(profiles: ProfileSet, given: Mapping[str, float]) -> str:
    """Say under which conditions the base factors of a set were taken."""
    fuels = with_conditions(profiles, given).fuels
    sulphur = {
        f"sulphur_{fuel}_mg_kg": value
        for fuel, value in zip(fuels["fuel"], fuels["sulphur_mg_kg"], strict=True)
        if pd.notna(value)
    }
    states = profiles.conditions | sulphur | dict(given)
    said = ", ".join(f"{name} {value:g}" for name, value in states.items())
    return f"{profiles.name} under {said} (--condition NAME=VALUE changes them)."


def _conditions_by_set(
    sets: tuple[ProfileSet, ProfileSet], given: Mapping[str, float]
) -> list[dict[str, float]]:
    """Give each set the conditions that it knows; one that neither knows is a fault."""
    known = [conditions_of(profiles) for profiles in sets]
    unknown = [name for name in given if not any(name in names for names in known)]
    if unknown:
        valid = ", ".join(dict.fromkeys([*known[0], *known[1]]))
        raise InputError(
            f"A condition must be one of {sets[0].name} or {sets[1].name}: {unknown[0]!r} found. "
            f"Valid: {valid}."
        )
    return [{n: value for n, value in given.items() if n in names} for names in known]


def _shares(
    profiles: ProfileSet,
    fleet: str | None,
    run: Path,
    scenario: Scenario,
    spectrum: pd.DataFrame,
) -> tuple[pd.DataFrame, str]:
    """Return the shares of a side, and what they are called."""
    if fleet is not None:
        streams = spectrum[STREAM].drop_duplicates().sort_values(STREAM)
        year = scenario.fleet.year or scenario.year
        found = build_fleet(
            profiles, fleet, list(streams.itertuples(index=False, name=None)), year=year
        )
        return fleet_shares(found, list(spectrum["district_id"].unique())), fleet
    shares = driven_shares(read_result_table(run, "activity"))
    own = scenario.profiles.set
    if Path(own).name == profiles.name:
        return shares, "of the run"
    folder = find_set(own)
    folder = folder if folder.is_dir() else Path(run) / own
    return translate_shares(shares, recall_profiles(folder), profiles), "of the run, by its like"


def _calendar(scenario: Scenario) -> Calendar:
    choice = scenario.calendar
    return build_calendar(
        scenario.year, scenario.timezone, layout="profile", day_types=choice.day_types,
        holidays=choice.holidays, seasons=choice.seasons, period=choice.period,
        series_time=choice.series_time, day_type=choice.day_type, hour=choice.hour,
    )  # fmt: skip


def _elsewhere(service: Service) -> Service:
    """Return the service in another set, which has fuels of its own."""
    return replace(service, fuels=None, blends={})


def _side_by_side(a: pd.DataFrame, b: pd.DataFrame, vkm: pd.Series) -> pd.DataFrame:
    """Join both sides, add the sum of all classes, and compare."""
    rows = a.merge(b, on=_KEY, how="outer", suffixes=("_a", "_b"))
    numbers = [c for c in rows.columns if c not in _KEY]
    total = rows.groupby(_KEY[1:], as_index=False)[numbers].sum(min_count=1)
    rows = pd.concat([total.assign(vehicle_class=ALL_CLASSES), rows], ignore_index=True)
    driven = rows["vehicle_class"].map({**vkm.to_dict(), ALL_CLASSES: float(vkm.sum())})
    for side in ("a", "b"):
        share = (rows[f"vkm_not_estimated_{side}"] / driven).clip(0.0, 1.0)
        rows[f"not_estimated_{side}"] = share
        # nothing is known where no type has a value
        rows.loc[share > 1.0 - 1e-9, f"amount_{side}"] = np.nan
    rows["unit"] = np.where(rows["pollutant"] == "energy", "TJ", "t")
    rows["difference"] = rows["amount_b"] - rows["amount_a"]
    base = rows["amount_a"].where(rows["amount_a"] != 0.0)
    rows["difference_percent"] = 100.0 * rows["difference"] / base
    keep = (rows[["amount_a", "amount_b"]].fillna(1.0) != 0.0).any(axis=1)
    columns = [
        *_KEY, "unit", "amount_a", "amount_b", "difference", "difference_percent",
        "not_estimated_a", "not_estimated_b",
    ]  # fmt: skip
    return rows.loc[keep, columns].sort_values(_KEY, ignore_index=True)
