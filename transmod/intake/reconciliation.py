"""What was sold and counted, as a scenario names it, and what its account is calibrated to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from transmod.accounts.calibration import Calibration
from transmod.accounts.reconciliation import Evidence
from transmod.errors import Faults
from transmod.inputs.checks import attempt, listed
from transmod.inputs.profiles import ProfileSet
from transmod.inputs.reconciliation_tables import read_fuel_sales, read_vkm_statistics
from transmod.intake.services import find_blends
from transmod.model.blends import choose_fuels, energy_share
from transmod.model.factors import Factors
from transmod.model.fleet import Fleet
from transmod.scenario import Scenario, resolve


def read_evidence(
    profiles: ProfileSet, fleet: Fleet, factors: Factors, *, run: Path, scenario: Scenario
) -> Evidence:
    """
    Read what was sold and counted, as far as the scenario names it.

    Raises
    ------
    InputError
        With every fault of the files; or if the account is not of a year, what was sold stands
        twice, or a calibration lacks a fuel or class that drives.
    """
    choice, faults = scenario.reconciliation, Faults()
    if scenario.calendar.period != "year":
        faults.add(
            "`[reconciliation]` needs an account of a year: `calendar.period` = "
            f"'{scenario.calendar.period}' found. Sales and statistics are of years."
        )
    if choice.fuel_sales is not None and scenario.accounting.cross_walk.fuel_sold is not None:
        faults.add(
            "What was sold must be said once: `reconciliation.fuel_sales` and "
            "`accounting.cross_walk.fuel_sold` found. The first serves both."
        )
    blends = find_blends(scenario)
    fossil = choose_fuels(profiles, scenario.profiles.fuels)[0].fuels
    sold = choose_fuels(profiles, scenario.profiles.fuels, blends)[0].fuels
    sales = statistics = None
    if choice.fuel_sales is not None:
        path = resolve(run, choice.fuel_sales)
        sales = attempt(faults, read_fuel_sales, path, fossil, sold, scenario.year)
    if choice.vkm_statistics is not None:
        path = resolve(run, choice.vkm_statistics)
        statistics = attempt(faults, read_vkm_statistics, path, scenario.year)
    calibration = None
    if choice.calibrate is not None:
        calibration = Calibration(
            choice.calibrate, choice.only, choice.calibrate_to, choice.applies_to, choice.factors
        )
        if scenario.measures and not choice.factors:
            faults.add(
                "A scenario with measures must not be calibrated to what was sold without them: "
                f"{len(scenario.measures)} measures found. Give the factors of the base, as its "
                "reconciliation.csv has them, in `reconciliation.factors`."
            )
        _check_calibration(calibration, factors, sales, statistics, faults)
    faults.raise_any()
    known = sold[sold["ncv_mj_kg"].notna()]
    return Evidence(
        sales=sales,
        statistics=statistics,
        ncv_mj_kg=dict(zip(known["fuel"], known["ncv_mj_kg"].astype(float), strict=True)),
        biofuel_share=_biofuel_shares(profiles, fossil, scenario),
        economy=fleet.energy_scale,
        counts_economy=scenario.fleet.economy == "model_year",
        calibration=calibration,
    )


def _biofuel_shares(
    profiles: ProfileSet, fossil: pd.DataFrame, scenario: Scenario
) -> dict[str, float]:
    """Return the share of biofuel in the energy of each fuel that is blended."""
    shares = {}
    for fuel, blend in find_blends(scenario).items():
        if isinstance(blend, str):
            named = profiles.blends
            row = named[(named["fuel"] == fuel) & (named["blend"] == blend)].iloc[0]
            biofuel, volume_share = str(row["biofuel"]), float(row["volume_share"])
        else:
            biofuel, volume_share = blend.biofuel, blend.volume_share
        bio = profiles.biofuels[profiles.biofuels["biofuel"] == biofuel].iloc[0]
        shares[fuel] = energy_share(fossil[fossil["fuel"] == fuel].iloc[0], bio, volume_share)
    return shares


def _check_calibration(
    calibration: Calibration,
    factors: Factors,
    sales: pd.DataFrame | None,
    statistics: pd.DataFrame | None,
    faults: Faults,
) -> None:
    """Note what drives and is to be calibrated, but was not given or is nothing."""
    if calibration.by == "fuel":
        given, noun, file = sales, "fuel", "fuel_sales"
        driven = {str(name) for name in np.unique(factors.carrier.astype(str)) if name}
    else:
        given, noun, file = statistics, "class", "vkm_statistics"
        driven = set(factors.types["vehicle_class"])
    unknown = sorted({*(calibration.only or ()), *calibration.factors} - driven)
    if unknown:
        key = "factors" if calibration.factors else "only"
        faults.add(
            f"`reconciliation.{key}` must name a {noun} that drives: {listed(unknown)} found. "
            f"Driven: {listed(sorted(driven))}."
        )
    if given is None or calibration.factors:
        return  # faults of the file are noted; factors need no amounts
    column = "energy_tj" if calibration.by == "fuel" else "vkm"
    wanted = {name for name in driven if calibration.concerns(name)}
    lacking = sorted(wanted - set(given.index))
    nothing = sorted(name for name in wanted & set(given.index) if not given[column][name])
    for names, what in ((lacking, "has none of"), (nothing, "has nothing but 0 of")):
        if names:
            faults.add(
                f"Calibration by {noun} needs an amount of each {noun} that drives: the file "
                f"`reconciliation.{file}` {what} {listed(names)}. Add it, or name the others in "
                f"`reconciliation.only`."
            )
