"""
Does it fit the fuel sold? What is modelled against sales and statistics, and why they differ.

Gap = given - modelled. What is known to differ is a cause with the way it was estimated; what
cannot be estimated is empty, not zero; the rest of the gap is unexplained. Sales are those of the
city's filling stations, the model has what is driven inside the boundary: no gap is expected to
be nil.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from transmod.accounts.calibration import Calibration, calibrate
from transmod.accounts.cross_walk import list_trip_causes, sum_streams
from transmod.accounts.gaps import Gap
from transmod.accounts.ledger import InventoryLedger, MemoLedger
from transmod.errors import Faults
from transmod.model.labels import stack
from transmod.schema import RECONCILIATION, VEHICLE_CLASSES

ELECTRICITY = "electricity"
_AS_FUELLED = "as if fuelled where it belongs"
_INSIDE = "driven inside the boundary"
_STATUS = {"input missing": "not estimated"}


@dataclass(frozen=True, eq=False)
class Evidence:
    """
    What was sold and counted in the year of a run, and what is known of its fuels.

    `sales` and `statistics` as `inputs.reconciliation_tables` gives them, None where not given;
    `ncv_mj_kg` [MJ/kg] and `biofuel_share` [-, of energy] of fuels as they are sold; `economy` is
    real-world over published consumption [-] by vehicle type, and whether the model counts it.
    """

    sales: pd.DataFrame | None = None
    statistics: pd.DataFrame | None = None
    ncv_mj_kg: Mapping[str, float] = field(default_factory=dict)
    biofuel_share: Mapping[str, float] = field(default_factory=dict)
    economy: Mapping[str, float] = field(default_factory=dict)
    counts_economy: bool = False
    calibration: Calibration | None = None

    @property
    def fuel_sold(self) -> dict[str, float] | None:
        """Energy of the fuels sold [TJ], for the other methods of counting."""
        if self.sales is None:
            return None
        return {str(fuel): float(tj) for fuel, tj in self.sales["energy_tj"].items()}


@dataclass(frozen=True, eq=False)
class Reconciled:
    """`table` as `schema.RECONCILIATION`; the ledger, calibrated where asked; what was done."""

    table: pd.DataFrame
    inventory: InventoryLedger
    memo: MemoLedger
    notes: tuple[str, ...]


def reconcile(
    inventory: InventoryLedger,
    memo: MemoLedger,
    inside: pd.DataFrame,
    outside: pd.DataFrame,
    evidence: Evidence,
    resident_share: Mapping[tuple[str, str], float] | None = None,
) -> Reconciled:
    """
    Set what is modelled against what was sold and counted, and calibrate where asked.

    Parameters
    ----------
    inventory, memo : InventoryLedger, MemoLedger
        The ledger, not calibrated.
    inside, outside : pandas.DataFrame
        `vehicle_class`, `trip_kind`, `vkm` [veh km] inside the boundary, and outside it as far as
        the network reaches.
    evidence : Evidence
        Sales and statistics.
    resident_share : mapping of (vehicle_class, trip_kind) to float, optional
        Share of the kilometres that residents drive; without it kinds of trips stand for it.

    Returns
    -------
    Reconciled
        The causes of a fuel or class and what is unexplained add up to its gap.

    Raises
    ------
    InputError
        If a calibration would leave nothing, or less, of a fuel or class.
    """
    trips = _Trips(inside, outside, resident_share)
    by = None if evidence.calibration is None else evidence.calibration.by
    gaps: list[Gap] = []
    if evidence.sales is not None or by == "fuel":
        fuels = _fuels(inventory, memo, evidence.fuel_sold or {})
        gaps += [_compare_fuel(name, inventory, memo, trips, evidence) for name in fuels]
    if evidence.statistics is not None or by == "class":
        driven = inside.groupby("vehicle_class", observed=True)["vkm"].sum()
        gaps += [
            _compare_class(name, driven, inventory, memo, trips, evidence)
            for name in VEHICLE_CLASSES
            if driven.get(name, 0.0) > 0.0 or _find(evidence.statistics, name)
        ]
    notes: tuple[str, ...] = ()
    if evidence.calibration is not None:
        factors = _find_factors(gaps, evidence.calibration)
        inventory, memo = calibrate(inventory, memo, factors, evidence.calibration)
        for gap in gaps:
            _show_calibration(gap, factors, evidence.calibration.by, inventory, memo)
        notes = tuple(_say_calibration(factors, evidence.calibration))
    rows = [row for gap in gaps for row in gap.rows]
    table = pd.DataFrame(rows, columns=list(RECONCILIATION.names))
    table["number"] = range(1, len(rows) + 1)
    return Reconciled(table, inventory, memo, notes)


@dataclass(frozen=True, eq=False)
class _Trips:
    """Kilometres by class and kind of trip, and who drives them."""

    inside: pd.DataFrame
    outside: pd.DataFrame
    resident_share: Mapping[tuple[str, str], float] | None

    def list_causes(self, streams: pd.DataFrame) -> list[dict[str, object]]:
        """List what the city's own vehicles drive elsewhere, and others here."""
        classes = set(streams.index.get_level_values("vehicle_class"))
        outside = self.outside[self.outside["vehicle_class"].isin(classes)]
        return list_trip_causes(streams, outside, self.resident_share)


def _find(table: pd.DataFrame | None, name: str) -> dict[str, Any]:
    """Return the row of a name; empty where there is none."""
    rows = [] if table is None else table[table.index == name].to_dict("records")
    return {str(key): value for row in rows for key, value in row.items()}


def _fuels(inventory: InventoryLedger, memo: MemoLedger, sold: Iterable[str]) -> list[str]:
    """Return the fuels that are sold or driven on, electricity last."""
    energy = stack([inventory.energy, memo.energy])
    driven = energy.loc[energy["subsector"] == "road", "fuel"].dropna().unique()
    names = {*map(str, driven), *sold}
    return sorted(names, key=lambda name: (name == ELECTRICITY, name))


def _energy_of(fuel: str, inventory: InventoryLedger, memo: MemoLedger) -> pd.DataFrame:
    """Return the rows of the energy that road traffic takes of a fuel, losses of the grid aside."""
    energy = stack([inventory.energy, memo.energy])
    scope = 2 if fuel == ELECTRICITY else 1
    own = (energy["subsector"] == "road") & (energy["fuel"] == fuel) & (energy["scope"] == scope)
    return energy[own]


def _compare_fuel(
    name: str, inventory: InventoryLedger, memo: MemoLedger, trips: _Trips, evidence: Evidence
) -> Gap:
    sold = _find(evidence.sales, name)
    gap = Gap(
        "fuel", name, "energy_tj", float(sold.get("energy_tj", math.nan)),
        ncv_mj_kg=evidence.ncv_mj_kg.get(name, math.nan),
    )  # fmt: skip
    energy = _energy_of(name, inventory, memo)
    by_class = energy.groupby("vehicle_class", observed=True)["energy_tj"].agg(math.fsum)
    gap.modelled = math.fsum(energy["energy_tj"])
    for vehicle_class in VEHICLE_CLASSES:
        if vehicle_class in by_class.index:
            gap.say("modelled", vehicle_class, by_class[vehicle_class], "computed", _INSIDE)
    why = _INSIDE if gap.modelled else "no vehicle of the model takes it"
    gap.say("modelled", "road traffic", gap.modelled, "computed", why)
    if not sold:
        gap.say("given", "sold", math.nan, "not estimated", "sales do not name it")
        return gap
    gap.say("given", "sold", gap.given, "given", str(sold["source"]))
    gap.say("gap", "sold less modelled", gap.size, "computed", "")
    if sold["covers"] == "all":
        _add_other_uses(gap, inventory)
    if gap.modelled > 0.0:
        _add_causes(gap, inventory, memo, trips, evidence, str(sold["biofuel"]))
    gap.close()
    return gap


def _add_causes(
    gap: Gap,
    inventory: InventoryLedger,
    memo: MemoLedger,
    trips: _Trips,
    evidence: Evidence,
    biofuel: str,
) -> None:
    """Add what is known to differ between a fuel that is driven on and its sales."""
    streams = sum_streams(inventory, memo, trips.inside, gap.name)
    for row in trips.list_causes(streams[streams["energy_tj"] > 0.0]):
        status = _STATUS.get(str(row["status"]), "estimated")
        why = str(row["explanation"])
        why = why if status == "not estimated" else f"{why}; {_AS_FUELLED}"
        gap.cause(str(row["line"]), float(str(row["energy_tj"])), status, why)
    if gap.name != ELECTRICITY:
        _add_cold_start(gap, inventory)
        _add_biofuel(gap, biofuel, evidence.biofuel_share.get(gap.name, 0.0))
        _add_economy(gap, _energy_of(gap.name, inventory, memo), evidence)


def _add_other_uses(gap: Gap, inventory: InventoryLedger) -> None:
    """Add what trains, machines and vessels take inside the boundary, as far as the run has it."""
    energy = inventory.energy
    scope = 2 if gap.name == ELECTRICITY else 1
    own = energy[
        (energy["subsector"] != "road") & (energy["fuel"] == gap.name) & (energy["scope"] == scope)
    ]
    for subsector, rows in own.groupby("subsector", observed=True):
        used = math.fsum(rows["energy_tj"])
        gap.other_uses += used
        gap.cause(f"{subsector} use", used, "computed", "in the ledger; sales hold it, too")
    if own.empty:
        gap.cause(
            "off-road, rail and water use", math.nan, "not estimated",
            "the run has no machine, train or vessel that takes it; sales may hold such use",
        )  # fmt: skip


def _add_cold_start(gap: Gap, inventory: InventoryLedger) -> None:
    rows = inventory.rows
    of_fuel = rows[(rows["fuel"] == gap.name) & (rows["pollutant"] == "co2")]
    cold = math.fsum(of_fuel.loc[of_fuel["process"] == "cold_start", "mass_t"].dropna())
    if cold > 0.0:
        share = cold / math.fsum(of_fuel.loc[of_fuel["subsector"] == "road", "mass_t"].dropna())
        gap.cause("cold start", 0.0, "computed", f"counted: {share:.1%} of its CO2 in the model")
    else:
        gap.cause(
            "cold start", math.nan, "not estimated",
            "not counted in this run: choose the process and give `[climate]`",
        )  # fmt: skip


def _add_biofuel(gap: Gap, holds: str, share: float) -> None:
    """Add what the model's fuel has of biofuel where sales do not hold it."""
    if holds == "agap":
        gap.cause(
            "biofuel", -share * gap.modelled, "computed",
            f"sales hold the fossil gap alone; the run blends {share:.3g} of its energy",
        )  # fmt: skip
    elif share > 0.0:
        gap.cause(
            "biofuel", 0.0, "computed",
            f"sales hold it as the model does: {share:.3g} of the energy is biofuel",
        )  # fmt: skip
    else:
        gap.cause(
            "biofuel", math.nan, "not estimated",
            "the run blends none; whether what was sold holds some is not known",
        )  # fmt: skip


def _add_economy(gap: Gap, energy: pd.DataFrame, evidence: Evidence) -> None:
    """Add by how much real vehicles burn more than the published curves, where the set knows."""
    line = "fuel economy on the road"
    if evidence.counts_economy:
        gap.cause(line, 0.0, "computed", "counted: `fleet.economy` = 'model_year'")
        return
    types = energy["vehicle_type"].astype("str")
    scale = types.map(dict(evidence.economy)).astype("float64")
    known = scale.notna()
    if not known.any():
        gap.cause(
            line, math.nan, "not estimated",
            "the fleet has no fuel economy by model year; the curves are the published ones",
        )  # fmt: skip
        return
    burnt = energy["energy_tj"][known]
    more = math.fsum(burnt * (scale[known] - 1.0))
    covered = math.fsum(burnt) / gap.modelled
    gap.cause(
        line, more, "estimated",
        f"real-world over published consumption by model year, known for {covered:.0%} of it",
    )  # fmt: skip


def _compare_class(
    name: str,
    driven: pd.Series,
    inventory: InventoryLedger,
    memo: MemoLedger,
    trips: _Trips,
    evidence: Evidence,
) -> Gap:
    given = _find(evidence.statistics, name)
    gap = Gap(
        "vehicle_class", name, "vkm", float(given.get("vkm", math.nan)),
        float(driven.get(name, 0.0)),
    )  # fmt: skip
    gap.say("modelled", "road traffic", gap.modelled, "computed", _INSIDE)
    if not given:
        gap.say("given", "counted", math.nan, "not estimated", "statistics do not name it")
        return gap
    own_vehicles = given["counts"] == "own_vehicles"
    who = "by the city's own vehicles" if own_vehicles else "inside the boundary"
    gap.say("given", "counted", gap.given, "given", f"{who}; {given['source']}")
    gap.say("gap", "counted less modelled", gap.size, "computed", "")
    if own_vehicles:
        streams = sum_streams(inventory, memo, trips.inside)
        own = streams[streams.index.get_level_values("vehicle_class") == name]
        for row in trips.list_causes(own[own["vkm"] > 0.0]):
            status = _STATUS.get(str(row["status"]), "estimated")
            gap.cause(str(row["line"]), float(str(row["vkm"])), status, str(row["explanation"]))
    gap.close()
    return gap


def _find_factors(gaps: list[Gap], calibration: Calibration) -> dict[str, float]:
    """Return what each fuel or class that drives is scaled by."""
    subject = "fuel" if calibration.by == "fuel" else "vehicle_class"
    if calibration.factors:
        driven = {gap.name for gap in gaps if gap.subject == subject and gap.modelled}
        return {name: factor for name, factor in calibration.factors.items() if name in driven}
    factors, faults = {}, Faults()
    for gap in gaps:
        if gap.subject != subject or not calibration.concerns(gap.name) or not gap.modelled:
            continue
        more = gap.unexplained
        if calibration.to == "given":
            more = gap.size - gap.other_uses
        factor = 1.0 + more / gap.modelled
        if factor > 0.0:
            factors[gap.name] = factor
        else:
            faults.add(
                f"Calibration of {gap.name} must leave some of it: {gap.given:.6g} given, "
                f"{gap.modelled:.6g} modelled, {more:.6g} to add. Look at the given amount, or "
                f"leave it out by `reconciliation.only`."
            )
    faults.raise_any()
    return factors


def _show_calibration(
    gap: Gap, factors: Mapping[str, float], by: str, inventory: InventoryLedger, memo: MemoLedger
) -> None:
    """Add what is modelled with the calibration: fuel in any case, kilometres if by class."""
    if gap.subject == "fuel":
        after = math.fsum(_energy_of(gap.name, inventory, memo)["energy_tj"])
        factor = factors.get(gap.name) if by == "fuel" else None
        gap.show_calibration(factor, after, "sum of the ledger's rows, calibrations included")
    elif by == "class" and gap.name in factors:
        factor = factors[gap.name]
        why = "what the calibrated emissions stand for; activity.parquet is as it was"
        gap.show_calibration(factor, gap.modelled * factor, why)


def _say_calibration(factors: Mapping[str, float], calibration: Calibration) -> list[str]:
    if not factors:
        return ["Calibration: nothing that is given is driven on, so nothing is scaled."]
    named = ", ".join(f"{name} {factor:.4g}" for name, factor in sorted(factors.items()))
    if calibration.factors:
        to = "factors of the scenario"
    elif calibration.to == "given":
        to = "what was sold" if calibration.by == "fuel" else "what was counted"
    else:
        to = "the unexplained part of the gap"
    sentence = (
        f"Calibration of road traffic by {calibration.by} to {to}: {named}. It stands on rows of "
        f"its own (process calibration); factors and all other rows are unchanged."
    )
    return [sentence]
