"""The inventory: a row for each district and line, as inventory teams import it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from transmod.accounts.coal import CoalEquivalent, energy_tce
from transmod.accounts.held import INCLUDED_ELSEWHERE
from transmod.accounts.ledger import (
    InventoryLedger,
    MemoLedger,
    add_known,
    to_form,
    total_energy,
)
from transmod.errors import CheckError
from transmod.model.labels import decode, group_rows, stack
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
_FIGURES = ["pollutant", "mass_t"]


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
    districts: pd.DataFrame,
    vkm: pd.DataFrame,
) -> pd.DataFrame:
    """
    Add the ledger up to one row for each district and line.

    Parameters
    ----------
    inventory, memo : InventoryLedger, MemoLedger
        The ledger; memo items stay rows of their own.
    account : Account
        Year, rule, warming potentials and coal equivalents.
    districts : pandas.DataFrame
        `district_id` and `name`.
    vkm : pandas.DataFrame
        `district_id` and `vkm` [veh km] inside the boundary, no district twice.

    Returns
    -------
    pandas.DataFrame
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
    not_estimated = ledger["notation_key"].isin(["NE"])
    ledger.loc[not_estimated, "notation_key"] = None
    keys = stack([ledger[_LINE], energy[_LINE]])
    first, line = group_rows(keys)
    lines = decode(keys.iloc[first]).reset_index(drop=True)
    of_mass, of_energy = line[: len(ledger)], line[len(ledger) :]

    def add(values: np.ndarray, at: np.ndarray) -> np.ndarray:
        return add_known(values, at, len(lines))

    mass = ledger["mass_t"].to_numpy(np.float64)
    for name in POLLUTANTS:
        chosen = (ledger["pollutant"] == name).to_numpy(bool)
        lines[f"{name}_t"] = add(mass[chosen], of_mass[chosen])
    lines["co2e_t"] = add(_warming(ledger, account), of_mass)
    lines["energy_tj"] = add(energy["energy_tj"].to_numpy(np.float64), of_energy)
    lines["energy_tce"] = add(energy_tce(energy, account.coal), of_energy)
    masses = [f"{name}_t" for name in POLLUTANTS]
    no_figure = lines[masses].isna().all(axis=1).to_numpy(copy=True)
    no_figure[np.setdiff1d(np.arange(len(lines)), of_mass[not_estimated.to_numpy()])] = False
    lines.loc[no_figure, "notation_key"] = "NE"
    elsewhere = lines["notation_key"].isin([INCLUDED_ELSEWHERE])
    lines.loc[elsewhere, [*masses, "co2e_t", "energy_tj", "energy_tce"]] = np.nan
    lines["district_name"] = _names(lines["district_id"], districts)
    lines = lines.sort_values(_LINE, ignore_index=True, na_position="last")
    lines["vkm"] = _vkm_of_lines(lines, vkm)
    for name in ("year", "period", "rule", "gwp_set", "factor_set"):
        lines[name] = getattr(account, name)
    return to_form(lines, INVENTORY)


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
    rows, energy = inventory.rows, inventory.energy
    tce = pd.Series(energy_tce(energy, account.coal), energy.index)
    warming = pd.Series(_warming(rows, account), rows.index)
    city: dict[str, object] = {"period": account.period, "rule": account.rule}
    figures, memo_figures = rows[_FIGURES], memo.rows[_FIGURES]
    city |= _sums(figures[rows["in_total"]])
    city |= _co2e(warming[rows["in_total"]])
    city["energy_tj"] = in_total
    city["energy_tce"] = math.fsum(tce[energy["in_total"]])
    city["vkm"] = vkm
    city["in_total"] = {
        f"scope_{scope}": _sums(figures[own]) | _co2e(warming[own])
        for scope in (1, 2, 3)
        if (own := rows["in_total"] & (rows["scope"] == scope)).any()
    }
    added = rows["in_total"] & rows["activity"].isin(CALIBRATIONS)
    if added.any():
        city["calibration"] = _sums(figures[added]) | _co2e(warming[added])
    elsewhere = rows["notation_key"].isin([INCLUDED_ELSEWHERE])
    energy_elsewhere = energy["notation_key"].isin([INCLUDED_ELSEWHERE])
    for scope in (2, 3):
        apart = ~rows["in_total"] & (rows["scope"] == scope) & ~elsewhere
        apart_energy = ~energy["in_total"] & (energy["scope"] == scope) & ~energy_elsewhere
        if apart.any() or apart_energy.any():
            city[f"scope_{scope}"] = (
                _sums(figures[apart])
                | _co2e(warming[apart])
                | {
                    "energy_tj": math.fsum(energy.loc[apart_energy, "energy_tj"]),
                    "energy_tce": math.fsum(tce[apart_energy]),
                }
            )
    if elsewhere.any():
        city["included_elsewhere"] = _included_elsewhere(rows[elsewhere], warming[elsewhere])
    memo_warming = pd.Series(_warming(memo.rows, account), memo.rows.index)
    city["memo"] = {
        kind: _sums(memo_figures[memo.rows["memo_kind"] == kind])
        | _co2e(memo_warming[memo.rows["memo_kind"] == kind])
        for kind in MEMO_KINDS
        if (memo.rows["memo_kind"] == kind).any()
    }
    return city


def _included_elsewhere(rows: pd.DataFrame, warming: pd.Series) -> dict[str, object]:
    """Add rows up by the place that holds them, or by activity where the rule sends them away."""
    names = decode(rows[["held_in", "activity"]])
    place = names["held_in"].where(names["held_in"].notna(), names["activity"])
    return {
        str(name): _sums(own[_FIGURES]) | _co2e(warming[own.index])
        for name, own in rows.groupby(place)
    }


def _warming(rows: pd.DataFrame, account: Account) -> np.ndarray:
    """CO2 equivalent [t] of each ledger row; NaN where it is no greenhouse gas or no figure."""
    factor = rows["pollutant"].map({name: account.gwp[name] for name in GREENHOUSE_GASES})
    return rows["mass_t"].to_numpy(np.float64) * factor.to_numpy(np.float64)


def _names(district_id: pd.Series, districts: pd.DataFrame) -> pd.Series:
    names = dict(zip(districts["district_id"], districts["name"], strict=True))
    names |= {NO_DISTRICT: NO_DISTRICT_NAME}
    unknown = sorted(set(district_id.dropna()) - set(names))
    if unknown:
        raise CheckError(f"Each district of the ledger must have a name: {unknown[0]!r} has none.")
    return district_id.map(names).where(district_id.notna(), UNALLOCATED_NAME)


def _vkm_of_lines(lines: pd.DataFrame, vkm: pd.DataFrame) -> np.ndarray:
    """Vehicle-kilometres on the first road line of each district, null on all others."""
    driven = vkm.set_index("district_id")["vkm"]
    road = lines[(lines["subsector"] == "road") & (lines["item"] == "inventory")]
    # fuel before electricity and wear: the line a reader looks at first
    order = road.assign(
        is_held=road["held_in"].notna(), is_fuel=road["activity"] != "road_fuel"
    ).sort_values(["district_id", "is_held", "is_fuel"], kind="stable")
    first = order.drop_duplicates("district_id")
    homeless = driven.index[(driven > 0.0).to_numpy()].difference(pd.Index(first["district_id"]))
    if len(homeless):
        raise CheckError(
            f"Vehicle-kilometres must stand on a road line: district {homeless[0]!r} has none."
        )
    column = np.full(len(lines), np.nan)
    column[first.index] = driven.reindex(first["district_id"]).to_numpy(np.float64)
    return column


def _sums(rows: pd.DataFrame) -> dict[str, object]:
    """Sum of each pollutant that has a figure, rounded once."""
    known = rows[rows["mass_t"].notna()]
    masses = {str(name): own.to_numpy() for name, own in known.groupby("pollutant")["mass_t"]}
    return {f"{name}_t": math.fsum(masses[name]) for name in POLLUTANTS if name in masses}


def _co2e(warming: pd.Series) -> dict[str, object]:
    known = warming.dropna()
    return {"co2e_t": math.fsum(known.to_numpy())} if len(known) else {}
