"""Sums of a run that ratios and targets are made of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from transmod.accounts.held import INCLUDED_ELSEWHERE
from transmod.columns import Booleans, Columns, Floats, add_up, group_rows, stack
from transmod.schema import CALIBRATIONS, GREENHOUSE_GASES

QUANTITIES = ("co2", "co2e", "nox", "pm2_5", "energy")
SCOPES = (1, 2)
_TYPE = ["vehicle_class", "vehicle_type"]
_PLACE = ["district_id", "vehicle_class", "trip_kind"]
_PART = ["quantity", "scope", "subsector", *_PLACE, "calibrated", "counts"]


def sum_quantity(
    ledger: Columns, energy: Columns, quantity: str, gwp: Mapping[str, float]
) -> tuple[Columns, Floats]:
    """
    Return the rows of the inventory that a quantity is summed over, and its value in each.

    Parameters
    ----------
    ledger, energy : Columns
        `schema.LEDGER`, `schema.ENERGY`.
    quantity : str
        A pollutant or co2e [t], or energy [TJ].
    gwp : mapping of str to float
        Warming potential of each greenhouse gas.
    """
    if quantity == "energy":
        rows = energy[energy["item"] == "inventory"]
        return rows, rows["energy_tj"]
    gases = GREENHOUSE_GASES if quantity == "co2e" else (quantity,)
    weight = dict(gwp) if quantity == "co2e" else {quantity: 1.0}
    own = (ledger["item"] == "inventory") & ledger["pollutant"].isin(gases)
    rows = ledger[own & ~np.isnan(ledger["mass_t"])]
    return rows, rows["mass_t"] * rows["pollutant"].map(weight)


def counts(rows: Columns) -> Booleans:
    """Tell the rows in the total of the rule, and those of grid electricity not held elsewhere."""
    is_grid = (rows["scope"] == 2) & (rows["notation_key"] != INCLUDED_ELSEWHERE)
    chosen: Booleans = (rows["in_total"] & (rows["scope"] == 1)) | is_grid
    return chosen


def list_estimates(ledger: Columns, energy: Columns) -> list[Columns]:
    """
    Return the rows that ratios are made of.

    Returns
    -------
    list of Columns
        Those of the ledger [t], and those of energy [tce], with `quantity`, a pollutant or energy;
        `value`; `calibrated`, whether a calibration added it; and `counts`, whether it is in the
        total, or grid electricity that no other line holds.
    """
    known = ledger["pollutant"].isin({*GREENHOUSE_GASES, *QUANTITIES}) & ~np.isnan(ledger["mass_t"])
    return [
        _to_estimates(ledger.assign(quantity=ledger["pollutant"]), "mass_t", known),
        _to_estimates(energy.assign(quantity="energy"), "energy_tce", np.ones(len(energy), bool)),
    ]


def _to_estimates(rows: Columns, value: str, chosen: Booleans) -> Columns:
    chosen = chosen & (rows["item"] == "inventory") & np.isin(rows["scope"], SCOPES)
    own = rows[[*_PART[:-2], "vehicle_type", "activity", "notation_key", "in_total", value]][chosen]
    calibrated = own["activity"].isin(CALIBRATIONS)
    return own.assign(calibrated=calibrated, counts=counts(own), value=own[value])


def list_parts(estimates: Sequence[Columns], gwp: Mapping[str, float]) -> Columns:
    """Add estimates up over what ratios do not tell apart; CO2e beside CO2."""
    return _add_co2e(stack(add_up(rows, _PART, "value") for rows in estimates), gwp)


def list_kilometres(driven: Columns) -> Columns:
    """Return the kilometres of road traffic (`schema.ACTIVITY`) in the form of what it emits."""
    kilometres = add_up(driven, _PLACE, "vkm")
    return kilometres.assign(quantity="vkm", scope=1, value=kilometres["vkm"])


def list_loads(
    driven: Columns, estimates: Sequence[Columns], gwp: Mapping[str, float]
) -> tuple[Columns, Columns]:
    """
    Return what each type drives and carries, and what those emit whose load is known.

    Returns
    -------
    loads : Columns
        `vehicle_class`, `vehicle_type`, `vkm`, `tonne_km`, `passenger_km`: NaN where that of a part
        is not known.
    emitted : Columns
        `load`, the row of `loads`; `quantity`, `scope`, `value` [t, of energy tce].
    """
    loads = add_up(driven, _TYPE, "vkm", "tonne_km", "passenger_km")
    types = loads["vehicle_type"][(loads["tonne_km"] > 0.0) | (loads["passenger_km"] > 0.0)]
    keys = [*_TYPE, "quantity", "scope"]
    parts = []
    for rows in estimates:
        own = (rows["subsector"] == "road") & rows["vehicle_type"].isin(types.unique())
        parts.append(add_up(rows[[*keys, "value"]][own & ~rows["calibrated"]], keys, "value"))
    emitted = add_up(_add_co2e(stack(parts), gwp), keys, "value")
    _, number = group_rows(stack([loads[_TYPE], emitted[_TYPE]]))  # each load is the first of its
    emitted = emitted.assign(load=number[len(loads) :])
    return loads, emitted[emitted["load"] < len(loads)]


def tally(table: Columns, keys: Sequence[str], value: str) -> dict[tuple[Any, ...], float]:
    """Add a column of numbers up by keys, each sum rounded once; a null key is None."""
    if not keys:
        return {(): math.fsum(table[value])} if len(table) else {}
    first, group = group_rows(table[keys])
    values = table[value][np.argsort(group, kind="stable")].tolist()
    ends = np.cumsum(np.bincount(group)).tolist()
    names = (tuple(key.values()) for key in table[keys][first].records())
    parts = pairwise([0, *ends])
    return {name: math.fsum(values[i:j]) for name, (i, j) in zip(names, parts, strict=True)}


def _add_co2e(parts: Columns, gwp: Mapping[str, float]) -> Columns:
    """Add what each greenhouse gas is in CO2e; gases that are no quantity themselves go."""
    gases = parts[parts["quantity"].isin(GREENHOUSE_GASES)]
    co2e = gases["value"] * gases["quantity"].map(gwp)
    own = parts[parts["quantity"].isin(QUANTITIES)]
    return stack([own, gases.assign(quantity="co2e", value=co2e)])
