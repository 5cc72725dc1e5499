"""The inventory: a row for each district and line, as inventory teams import it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from transmod.accounts.coal import CoalEquivalent, energy_tce
from transmod.accounts.held import INCLUDED_ELSEWHERE
from transmod.accounts.ledger import InventoryLedger, MemoLedger, add_known, total_energy
from transmod.columns import Columns, Floats, Text, encode_rows, group_rows, stack, to_text
from transmod.errors import CheckError
from transmod.schema import (
    CALIBRATIONS,
    GREENHOUSE_GASES,
    INVENTORY,
    MEMO_KINDS,
    NO_DISTRICT,
    POLLUTANTS,
)

NO_DISTRICT_NAME = "inside the boundary, in no district"
UNALLOCATED_NAME = "not attributed to a district"

_LINE = [*INVENTORY.key, "in_total"]


@dataclass(frozen=True)
class Account:
    """
    What an account is made by, and the time it stands for.

    `gwp` is the warming potential [t CO2e/t] of each of `schema.GREENHOUSE_GASES` in the set
    `gwp_set`; `rule` and `factor_set` are names.
    """

    year: int
    rule: str
    factor_set: str
    gwp_set: str
    gwp: Mapping[str, float]
    coal: CoalEquivalent
    period: str = "year"

    def __post_init__(self) -> None:
        missing = [name for name in GREENHOUSE_GASES if name not in self.gwp]
        if missing:
            raise CheckError(
                f"The warming potentials {self.gwp_set!r} must hold "
                f"{', '.join(GREENHOUSE_GASES)}: {', '.join(missing)} not found."
            )


def to_inventory(
    inventory: InventoryLedger,
    memo: MemoLedger,
    account: Account,
    districts: Columns,
    vkm: Columns,
) -> Columns:
    """
    Add the ledger up to one row for each district and line.

    Parameters
    ----------
    inventory, memo : InventoryLedger, MemoLedger
        The ledger; memo items stay rows of their own.
    account : Account
        Year, rule, warming potentials and coal equivalents.
    districts : Columns
        `district_id` and `name`.
    vkm : Columns
        `district_id` and `vkm` [veh km] inside the boundary, no district twice.

    Returns
    -------
    Columns
        Rows in the form of `schema.INVENTORY`, sorted by district and line; rows of no district
        come last. A substance that no ledger row estimates is null, not 0. `co2e_t` adds the
        gases that have a figure and no biogenic CO2. A line that is included elsewhere (`IE`) shows
        no figure; the ledger keeps them.

    Raises
    ------
    CheckError
        If a district has no name, or vehicle-kilometres but no road line to stand on.
    """
    ledger = stack([inventory.rows, memo.rows])
    energy = stack([inventory.energy, memo.energy])
    # a substance without a figure is null on its line: it makes no line of its own
    not_estimated = ledger["notation_key"] == "NE"
    ledger = ledger.assign(notation_key=ledger["notation_key"].where(~not_estimated, None))
    keys = stack([ledger[_LINE], energy[_LINE]])
    first, line = group_rows(keys)
    of_mass, of_energy = line[: len(ledger)], line[len(ledger) :]
    figures = {}
    for name in POLLUTANTS:
        chosen = ledger["pollutant"] == name
        figures[f"{name}_t"] = add_known(ledger["mass_t"][chosen], of_mass[chosen], first.size)
    no_figure = np.isin(np.arange(first.size), of_mass[not_estimated])
    no_figure &= np.isnan(list(figures.values())).all(axis=0)
    figures["co2e_t"] = add_known(_warming(ledger, account), of_mass, first.size)
    figures["energy_tj"] = add_known(energy["energy_tj"], of_energy, first.size)
    figures["energy_tce"] = add_known(energy_tce(energy, account.coal), of_energy, first.size)
    lines = keys[first]
    notation_key = lines["notation_key"].where(~no_figure, "NE")
    elsewhere = notation_key == INCLUDED_ELSEWHERE
    lines = lines.assign(
        notation_key=notation_key,
        district_name=_names(lines["district_id"], districts),
        **{name: np.where(elsewhere, np.nan, values) for name, values in figures.items()},
    ).sort(_LINE)
    made_by = {
        name: getattr(account, name) for name in ("year", "period", "rule", "gwp_set", "factor_set")
    }
    lines = lines.assign(vkm=_vkm_of_lines(lines, vkm), **made_by)
    return lines[list(INVENTORY.names)]


def totals(
    inventory: InventoryLedger, memo: MemoLedger, account: Account, vkm: float
) -> dict[str, object]:
    """
    Figures of the whole city for the manifest.

    Returns
    -------
    dict
        `<pollutant>_t`, `co2e_t` [t], `energy_tj` [TJ], `energy_tce` [tce] in the total of the
        rule, `vkm` [veh km]; `in_total`, the masses of it by scope; `scope_2` and `scope_3`, what
        the inventory lists apart; `memo`, each
        kind for itself; `included_elsewhere`, by where it is held. A substance without a figure is
        left out. `calibration`: what of the total a calibration adds, below zero where it takes
        away.
    """
    in_total = total_energy(inventory)  # first: it takes nothing but an inventory
    rows, memo_rows = (
        ledger.rows.assign(co2e_t=_warming(ledger.rows, account)) for ledger in (inventory, memo)
    )
    energy, tce = inventory.energy, energy_tce(inventory.energy, account.coal)
    city: dict[str, object] = {"period": account.period, "rule": account.rule}
    city |= _sums(rows[rows["in_total"]])
    city["energy_tj"] = in_total
    city["energy_tce"] = math.fsum(tce[energy["in_total"]])
    city["vkm"] = vkm
    city["in_total"] = {
        f"scope_{scope}": _sums(rows[own])
        for scope in (1, 2, 3)
        if (own := rows["in_total"] & (rows["scope"] == scope)).any()
    }
    added = rows["in_total"] & rows["activity"].isin(CALIBRATIONS)
    if added.any():
        city["calibration"] = _sums(rows[added])
    elsewhere = rows["notation_key"] == INCLUDED_ELSEWHERE
    energy_elsewhere = energy["notation_key"] == INCLUDED_ELSEWHERE
    for scope in (2, 3):
        apart = ~rows["in_total"] & (rows["scope"] == scope) & ~elsewhere
        apart_energy = ~energy["in_total"] & (energy["scope"] == scope) & ~energy_elsewhere
        if apart.any() or apart_energy.any():
            city[f"scope_{scope}"] = _sums(rows[apart]) | {
                "energy_tj": math.fsum(energy["energy_tj"][apart_energy]),
                "energy_tce": math.fsum(tce[apart_energy]),
            }
    if elsewhere.any():
        city["included_elsewhere"] = _included_elsewhere(rows[elsewhere])
    city["memo"] = {
        kind: _sums(memo_rows[own])
        for kind in MEMO_KINDS
        if (own := memo_rows["memo_kind"] == kind).any()
    }
    return city


def _included_elsewhere(rows: Columns) -> dict[str, object]:
    """Add rows up by the place that holds them, or by activity where the rule sends them away."""
    pairs = zip(rows["held_in"].to_list(), rows["activity"].to_list(), strict=True)
    place = to_text(activity if held_in is None else held_in for held_in, activity in pairs)
    return {name: _sums(rows[place == name]) for name in place.unique()}


def _warming(rows: Columns, account: Account) -> Floats:
    """CO2 equivalent [t] of each ledger row; NaN where it is no greenhouse gas or no figure."""
    factor = rows["pollutant"].map({name: account.gwp[name] for name in GREENHOUSE_GASES})
    warming: Floats = rows["mass_t"] * factor
    return warming


def _names(district_id: Text, districts: Columns) -> Text:
    ids, names = districts["district_id"].to_list(), districts["name"].to_list()
    name_of = {**dict(zip(ids, names, strict=True)), NO_DISTRICT: NO_DISTRICT_NAME}
    unknown = [name for name in district_id.unique() if name not in name_of]
    if unknown:
        raise CheckError(f"Each district of the ledger must have a name: {unknown[0]!r} has none.")
    return district_id.rename(name_of).where(district_id.notna(), UNALLOCATED_NAME)


def _vkm_of_lines(lines: Columns, vkm: Columns) -> Floats:
    """Vehicle-kilometres on the first road line of each district, null on all others."""
    driven = dict(zip(vkm["district_id"].to_list(), vkm["vkm"].tolist(), strict=True))
    road = np.flatnonzero((lines["subsector"] == "road") & (lines["item"] == "inventory"))
    # fuel before electricity and wear: the line a reader looks at first
    rank = lines[["district_id"]][road].assign(
        is_held=lines["held_in"][road].notna(), is_other=lines["activity"][road] != "road_fuel"
    )
    order = road[np.argsort(encode_rows(rank), kind="stable")]
    first = order[group_rows(lines[["district_id"]][order])[0]]
    homes = lines["district_id"][first]
    homeless = sorted({name for name, value in driven.items() if value > 0.0} - {*homes.unique()})
    if homeless:
        raise CheckError(
            f"Vehicle-kilometres must stand on a road line: district {homeless[0]!r} has none."
        )
    column = np.full(len(lines), np.nan)
    column[first] = homes.map(driven)
    return column


def _sums(rows: Columns) -> dict[str, float]:
    """Sum of each pollutant and of `co2e_t` that has a figure, rounded once."""
    values = {f"{name}_t": rows["mass_t"][rows["pollutant"] == name] for name in POLLUTANTS}
    values["co2e_t"] = rows["co2e_t"]
    known = {name: own[~np.isnan(own)] for name, own in values.items()}
    return {name: math.fsum(own) for name, own in known.items() if own.size}
