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
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from transmod.accounts.calibration import Calibration, calibrate
from transmod.accounts.cross_walk import Amount, list_trip_causes
from transmod.accounts.gaps import Gap
from transmod.accounts.ledger import InventoryLedger, MemoLedger
from transmod.columns import Columns, add_up, from_records
from transmod.errors import Faults
from transmod.schema import RECONCILIATION, VEHICLE_CLASSES

if TYPE_CHECKING:
    import pandas as pd

ELECTRICITY = "electricity"
_INSIDE = "driven inside the boundary"
_MADE_UP = "the causes and the rest of the gap make it up"
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

    table: Columns
    inventory: InventoryLedger
    memo: MemoLedger
    notes: tuple[str, ...]


def reconcile(
    inventory: InventoryLedger,
    memo: MemoLedger,
    inside: Columns,
    outside: Columns,
    evidence: Evidence,
    resident_share: Mapping[tuple[str, str], float] | None = None,
) -> Reconciled:
    """
    Set what is modelled against what was sold and counted, and calibrate where asked.

    Parameters
    ----------
    inventory, memo : InventoryLedger, MemoLedger
        The ledger, not calibrated.
    inside, outside : Columns
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
    model = _read_model(inventory, memo, inside, outside, resident_share)
    by = None if evidence.calibration is None else evidence.calibration.by
    gaps: list[Gap] = []
    if evidence.sales is not None or by == "fuel":
        fuels = _fuels(model, evidence.fuel_sold or {})
        gaps += [_compare_fuel(name, model, evidence) for name in fuels]
    if evidence.statistics is not None or by == "class":
        driven = {name for (name, _), vkm in model.vkm.items() if vkm > 0.0}
        gaps += [
            _compare_class(name, model, evidence)
            for name in VEHICLE_CLASSES
            if name in driven or _find(evidence.statistics, name)
        ]
    notes: tuple[str, ...] = ()
    if evidence.calibration is not None:
        factors = _find_factors(gaps, evidence.calibration)
        inventory, memo = calibrate(inventory, memo, factors, evidence.calibration)
        after = _uses_of_road(inventory, memo)
        for gap in gaps:
            _show_calibration(gap, factors, evidence.calibration.by, after)
        notes = tuple(_say_calibration(factors, evidence.calibration))
    rows = [row for gap in gaps for row in gap.rows]
    for number, row in enumerate(rows, start=1):
        row["number"] = number
    notes += tuple(gap.words for gap in gaps if gap.words is not None)
    return Reconciled(from_records(rows, RECONCILIATION), inventory, memo, notes)


class _Use(NamedTuple):
    """Energy that something takes of a fuel [TJ]."""

    fuel: str | None
    scope: int
    subsector: str
    vehicle_class: str | None
    trip_kind: str | None
    vehicle_type: str | None
    energy_tj: float

    @property
    def counts(self) -> bool:
        """Whether it is taken from a filling station or meter: losses of the grid are not."""
        return self.scope == (2 if self.fuel == ELECTRICITY else 1)


@dataclass(frozen=True, eq=False)
class _Model:
    """What the model has: uses of energy, CO2 [t] by fuel and process, kilometres by stream."""

    inside_city: list[_Use]
    road: list[_Use]
    co2: list[tuple[str | None, str, float]]
    vkm: dict[tuple[str, str], float]
    outside: Columns
    resident_share: Mapping[tuple[str, str], float] | None

    def list_causes(self, of_stream: Mapping[tuple[str, str], float]) -> list[dict[str, object]]:
        """List what the city's own vehicles take elsewhere, and others here, by class and kind."""
        streams = {
            stream: Amount(self.vkm.get(stream, 0.0), math.nan, energy)
            for stream, energy in sorted(of_stream.items())
        }
        classes = {name for name, _ in of_stream}
        outside = self.outside[self.outside["vehicle_class"].isin(classes)]
        return list_trip_causes(streams, outside, self.resident_share)


def _read_model(
    inventory: InventoryLedger,
    memo: MemoLedger,
    inside: Columns,
    outside: Columns,
    resident_share: Mapping[tuple[str, str], float] | None,
) -> _Model:
    rows = inventory.rows
    own = rows[(rows["subsector"] == "road") & (rows["pollutant"] == "co2")]
    own = own[~np.isnan(own["mass_t"])]
    kilometres = add_up(inside, ["vehicle_class", "trip_kind"], "vkm").records()
    return _Model(
        inside_city=_list_uses(inventory.energy),
        road=_uses_of_road(inventory, memo),
        co2=[tuple(row.values()) for row in add_up(own, ["fuel", "process"], "mass_t").records()],
        vkm={(row["vehicle_class"], row["trip_kind"]): row["vkm"] for row in kilometres},
        outside=outside,
        resident_share=resident_share,
    )


def _list_uses(energy: Columns) -> list[_Use]:
    return [_Use(**use) for use in add_up(energy, _Use._fields[:-1], "energy_tj").records()]


def _uses_of_road(inventory: InventoryLedger, memo: MemoLedger) -> list[_Use]:
    """Return what road traffic takes, inventory and memo."""
    uses = [*_list_uses(inventory.energy), *_list_uses(memo.energy)]
    return [use for use in uses if use.subsector == "road" and use.counts]


def _find(table: pd.DataFrame | None, name: str) -> dict[str, Any]:
    """Return the row of a name; empty where there is none."""
    rows = [] if table is None else table[table.index == name].to_dict("records")
    return {str(key): value for row in rows for key, value in row.items()}


def _fuels(model: _Model, sold: Iterable[str]) -> list[str]:
    """Return the fuels that are sold or driven on, electricity last."""
    names = {*(str(use.fuel) for use in model.road), *sold}
    return sorted(names, key=lambda name: (name == ELECTRICITY, name))


def _compare_fuel(name: str, model: _Model, evidence: Evidence) -> Gap:
    sold = _find(evidence.sales, name)
    gap = Gap(
        "fuel", name, "energy_tj", float(sold.get("energy_tj", math.nan)),
        ncv_mj_kg=evidence.ncv_mj_kg.get(name, math.nan),
    )  # fmt: skip
    uses = [use for use in model.road if use.fuel == name]
    gap.modelled = math.fsum(use.energy_tj for use in uses)
    for vehicle_class in VEHICLE_CLASSES:
        own = [use.energy_tj for use in uses if use.vehicle_class == vehicle_class]
        if own:
            gap.say("modelled", vehicle_class, math.fsum(own), "computed", _INSIDE)
    why = _INSIDE if gap.modelled else "no vehicle of the model takes it"
    gap.say("modelled", "road traffic", gap.modelled, "computed", why)
    if not sold:
        gap.say("given", "sold", math.nan, "not estimated", "sales do not name it")
        return gap
    gap.say("given", "sold", gap.given, "given", str(sold["source"]))
    gap.say("gap", "sold less modelled", gap.size, "computed", _MADE_UP)
    if sold["covers"] == "all":
        _add_other_uses(gap, model)
    if gap.modelled > 0.0:
        _add_trips(gap, model, uses)
        if name != ELECTRICITY:
            _add_cold_start(gap, model)
            _add_biofuel(gap, str(sold["biofuel"]), evidence.biofuel_share.get(name, 0.0))
            _add_economy(gap, uses, evidence)
    gap.close()
    return gap


def _add_trips(gap: Gap, model: _Model, uses: list[_Use]) -> None:
    """Add what others take here, and the city's own vehicles elsewhere."""
    streams: dict[tuple[str, str], float] = {}
    for use in uses:
        if use.energy_tj > 0.0:
            at = (str(use.vehicle_class), str(use.trip_kind))
            streams[at] = streams.get(at, 0.0) + use.energy_tj
    for row in model.list_causes(streams):
        status = _STATUS.get(str(row["status"]), "estimated")
        why = str(row["explanation"])
        amount = float(str(row["energy_tj"]))
        if status == "estimated":
            where = "here" if amount > 0.0 else "elsewhere"
            why = f"{why}; taken to be bought {where}"
        gap.cause(str(row["line"]), amount, status, why)


def _add_other_uses(gap: Gap, model: _Model) -> None:
    """Add what trains, machines and vessels take inside the boundary, as far as the run has it."""
    others: dict[str, list[float]] = {}
    for use in model.inside_city:
        if use.fuel == gap.name and use.subsector != "road" and use.counts:
            others.setdefault(use.subsector, []).append(use.energy_tj)
    for subsector, amounts in sorted(others.items()):
        used = math.fsum(amounts)
        gap.other_uses += used
        gap.cause(f"{subsector} use", used, "computed", "in the ledger; sales hold it, too")
    if not others:
        gap.cause(
            "off-road, rail and water use", math.nan, "not estimated",
            "the run has no machine, train or vessel that takes it; sales may hold such use",
        )  # fmt: skip


def _add_cold_start(gap: Gap, model: _Model) -> None:
    of_fuel = [(process, mass) for fuel, process, mass in model.co2 if fuel == gap.name]
    cold = math.fsum(mass for process, mass in of_fuel if process == "cold_start")
    if cold > 0.0:
        share = cold / math.fsum(mass for _, mass in of_fuel)
        gap.cause("cold start", 0.0, "computed", f"counted: {share:.1%} of its CO2 in the model")
    else:
        gap.cause(
            "cold start", math.nan, "not estimated",
            "not counted in this run: choose the process and give `[climate]`",
        )  # fmt: skip


def _add_biofuel(gap: Gap, holds: str, share: float) -> None:
    """Add what the model's fuel has of biofuel where sales do not hold it."""
    if holds == "apart":
        gap.cause(
            "biofuel", -share * gap.modelled, "computed",
            f"sales hold the fossil part alone; the run blends {share:.3g} of its energy",
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


def _add_economy(gap: Gap, uses: list[_Use], evidence: Evidence) -> None:
    """Add by how much real vehicles burn more than the published curves, where the set knows."""
    line = "fuel economy on the road"
    known = [use for use in uses if use.vehicle_type in evidence.economy]
    if evidence.counts_economy:
        gap.cause(line, 0.0, "computed", "counted: `fleet.economy` = 'model_year'")
    elif known:
        more = math.fsum(
            use.energy_tj * (evidence.economy[str(use.vehicle_type)] - 1.0) for use in known
        )
        covered = math.fsum(use.energy_tj for use in known) / gap.modelled
        gap.cause(
            line, more, "estimated",
            f"real-world over published consumption by model year, known for {covered:.0%} of it",
        )  # fmt: skip
    else:
        gap.cause(
            line, math.nan, "not estimated",
            "the fleet has no fuel economy by model year; the curves are the published ones",
        )  # fmt: skip


def _compare_class(name: str, model: _Model, evidence: Evidence) -> Gap:
    given = _find(evidence.statistics, name)
    own = {stream: vkm for stream, vkm in model.vkm.items() if stream[0] == name and vkm > 0.0}
    gap = Gap(
        "vehicle_class", name, "vkm", float(given.get("vkm", math.nan)), math.fsum(own.values())
    )
    gap.say("modelled", "road traffic", gap.modelled, "computed", _INSIDE)
    if not given:
        gap.say("given", "counted", math.nan, "not estimated", "statistics do not name it")
        return gap
    own_vehicles = given["counts"] == "own_vehicles"
    who = "by the city's own vehicles" if own_vehicles else "inside the boundary"
    gap.say("given", "counted", gap.given, "given", f"{who}; {given['source']}")
    gap.say("gap", "counted less modelled", gap.size, "computed", _MADE_UP)
    if own_vehicles:
        for row in model.list_causes(dict.fromkeys(own, math.nan)):
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


def _show_calibration(gap: Gap, factors: Mapping[str, float], by: str, after: list[_Use]) -> None:
    """Add what is modelled with the calibration: fuel in any case, kilometres if by class."""
    if gap.subject == "fuel":
        taken = math.fsum(use.energy_tj for use in after if use.fuel == gap.name)
        if by == "fuel" and gap.name not in factors:
            return
        factor = factors[gap.name] if by == "fuel" else None
        gap.show_calibration(factor, taken, "sum of the ledger's rows, calibrations included")
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
