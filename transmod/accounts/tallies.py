"""Sums of a run that ratios and targets are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from transmod.accounts.held import INCLUDED_ELSEWHERE
from transmod.model.labels import group_rows
from transmod.schema import CALIBRATIONS, GREENHOUSE_GASES

QUANTITIES = ("co2", "co2e", "nox", "pm2_5", "energy")
SCOPES = (1, 2)


class Part(NamedTuple):
    """A part of the sums of a run: emitted [t], taken [tce] or driven [veh km]."""

    quantity: str
    scope: int
    subsector: str
    district_id: str | None
    vehicle_class: str | None
    trip_kind: str | None
    calibrated: bool
    counts: bool  # in the total, or grid electricity that no other line holds
    value: float


class Load(NamedTuple):
    """What types of vehicles of a class drove and carried, and emitted by quantity and scope."""

    vehicle_class: str
    vehicle_type: str
    vkm: float
    tonne_km: float
    passenger_km: float
    emitted: dict[tuple[str, int], float]


def sum_quantity(
    ledger: pd.DataFrame, energy: pd.DataFrame, quantity: str, gwp: Mapping[str, float]
) -> tuple[pd.DataFrame, pd.Series]:
    """
    Return the rows of the inventory that a quantity is summed over, and its value in each.

    Parameters
    ----------
    ledger, energy : pandas.DataFrame
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
    rows = ledger[own & ledger["mass_t"].notna()]
    factor = rows["pollutant"].astype("str").map(weight).to_numpy(np.float64)
    return rows, rows["mass_t"] * factor


def counts(rows: pd.DataFrame) -> pd.Series:
    """Tell the rows in the total of the rule, and those of grid electricity not held elsewhere."""
    elsewhere = rows["notation_key"].isin([INCLUDED_ELSEWHERE])
    return (rows["in_total"] & (rows["scope"] == 1)) | ((rows["scope"] == 2) & ~elsewhere)


def list_parts(ledger: pd.DataFrame, energy: pd.DataFrame, gwp: Mapping[str, float]) -> list[Part]:
    """Add the inventory up over what ratios do not tell apart; CO2e beside CO2, energy in tce."""
    names = ["pollutant", "scope", "subsector", "district_id", "vehicle_class", "trip_kind"]
    parts = []
    for rows in (_kept(ledger), _kept_energy(energy)):
        keys = rows[names].assign(
            calibrated=rows["activity"].isin(CALIBRATIONS), counts=counts(rows)
        )
        for pollutant, *key, value in add_up(keys, rows["value"]):
            if pollutant in QUANTITIES:
                parts.append(Part._make((pollutant, *key, value)))
            if pollutant in GREENHOUSE_GASES:
                parts.append(Part._make(("co2e", *key, value * gwp[pollutant])))
    return parts


def list_kilometres(driven: pd.DataFrame) -> list[Part]:
    """Return the kilometres of road traffic (`schema.ACTIVITY`) in the form of what it emits."""
    keys = driven[["district_id", "vehicle_class", "trip_kind"]]
    return [
        Part._make(("vkm", 1, "road", *key, False, True, value))
        for *key, value in add_up(keys, driven["vkm"])
    ]


def list_loads(
    driven: pd.DataFrame, ledger: pd.DataFrame, energy: pd.DataFrame, gwp: Mapping[str, float]
) -> list[Load]:
    """Return what each type drives and carries, NaN where a part is not known, and emits."""
    emitted: dict[tuple[str, str], dict[tuple[str, int], float]] = {}
    for rows in (_kept(ledger), _kept_energy(energy)):
        own = rows[(rows["subsector"] == "road") & ~rows["activity"].isin(CALIBRATIONS)]
        keys = own[["vehicle_class", "vehicle_type", "pollutant", "scope"]]
        for vehicle_class, name, pollutant, scope, value in add_up(keys, own["value"]):
            sums = emitted.setdefault((vehicle_class, name), {})
            if pollutant in QUANTITIES:
                sums[pollutant, scope] = value
            if pollutant in GREENHOUSE_GASES:
                co2e = sums.get(("co2e", scope), 0.0)
                sums["co2e", scope] = co2e + value * gwp[pollutant]
    kinds = driven[["vehicle_class", "vehicle_type"]]
    of_all = (add_up(kinds, driven[name]) for name in ("vkm", "tonne_km", "passenger_km"))
    return [
        Load._make((*vkm, tonnes[-1], people[-1], emitted.get(vkm[:2], {})))
        for vkm, tonnes, people in zip(*of_all, strict=True)
    ]


def tally(
    parts: Iterable[Part], key: Callable[[Part], tuple[Any, ...]]
) -> dict[tuple[Any, ...], float]:
    """Add parts up by a key, each sum rounded once."""
    found: dict[tuple[Any, ...], list[float]] = {}
    for part in parts:
        found.setdefault(key(part), []).append(part.value)
    return {name: math.fsum(values) for name, values in found.items()}


def add_up(keys: pd.DataFrame, values: pd.Series) -> Iterator[tuple[Any, ...]]:
    """Return each group of equal keys with the sum of its values; null keys are None."""
    if keys.empty:
        return iter(())
    first, group = group_rows(keys)
    columns = [_list_values(keys[name].iloc[first]) for name in keys]
    sums = np.bincount(group, values.to_numpy(np.float64), minlength=len(first))
    return zip(*columns, sums.tolist(), strict=True)


def _list_values(column: pd.Series) -> list[Any]:
    """Return the values of a column, None for null."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        names = [*column.cat.categories, None]
        return [names[code] for code in column.cat.codes]
    return [None if pd.isna(value) else value for value in column.tolist()]


def _kept(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the ledger rows that ratios are made of."""
    wanted = {*GREENHOUSE_GASES, *QUANTITIES}
    own = (ledger["item"] == "inventory") & ledger["scope"].isin(SCOPES)
    rows = ledger[own & ledger["pollutant"].isin(wanted) & ledger["mass_t"].notna()]
    return rows.assign(value=rows["mass_t"])


def _kept_energy(energy: pd.DataFrame) -> pd.DataFrame:
    """Return the energy rows that ratios are made of, in tonnes of coal equivalent."""
    rows = energy[(energy["item"] == "inventory") & energy["scope"].isin(SCOPES)]
    return rows.assign(pollutant="energy", value=rows["energy_tce"])
