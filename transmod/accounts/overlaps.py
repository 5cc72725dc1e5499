"""Lines that another line or report may hold as well: what to look at before adding accounts up."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from transmod.accounts.ledger import InventoryLedger, MemoLedger
from transmod.inputs.tables import read_shipped_table
from transmod.model.labels import encode_rows
from transmod.schema import OVERLAPS

_LINE = ["activity", "vehicle_class", "gpc_ref", "in_total", "held_in", "pollutant", "mass_t"]


def find_overlaps(inventory: InventoryLedger, memo: MemoLedger) -> pd.DataFrame:
    """
    List every pair of a line of the ledger and another one that could hold the same tonnes.

    Returns
    -------
    pandas.DataFrame
        Rows in the form of `schema.OVERLAPS`, in the order of the shipped table `overlaps`: only
        pairs whose activity the run has. `co2_t` is the fossil CO2 at stake [t], null where it has
        none; `state` says whether the scenario declares it (`declared`, with `held_in`), the rule
        keeps it out of the total (`not in total`), or it is `open`.
    """
    there, at_stake = _gather(inventory, memo)
    rows = []
    for pair in read_shipped_table("accounts", "overlaps").to_dict("records"):
        own = at_stake[at_stake["activity"] == pair["activity"]]
        if isinstance(pair["vehicle_class"], str):
            own = own[own["vehicle_class"] == pair["vehicle_class"]]
        if pair["activity"] not in there or own.empty:
            continue
        is_declared = own["held_in"].notna().all()
        state = "declared" if is_declared else "open" if own["in_total"].any() else "not in total"
        co2 = own["co2_t"].dropna()
        rows.append(
            pair
            | {
                "gpc_ref": ", ".join(sorted(own["gpc_ref"].dropna().unique())),
                "co2_t": math.fsum(co2) if len(co2) else math.nan,
                "state": state,
                "held_in": "; ".join(sorted(own["held_in"].dropna().unique())) or None,
            }
        )
    return pd.DataFrame(rows, columns=list(OVERLAPS.names))


def _gather(inventory: InventoryLedger, memo: MemoLedger) -> tuple[set[str], pd.DataFrame]:
    """Return the activities there are, and the fossil CO2 [t] of each kind of line."""
    ledger = pd.concat([inventory.rows[_LINE], memo.rows[_LINE]], ignore_index=True)
    number = encode_rows(ledger[_LINE[:-2]])
    _, first, of_row = np.unique(number, return_index=True, return_inverse=True)
    lines = ledger.iloc[first].reset_index(drop=True)
    mass = ledger["mass_t"].to_numpy(np.float64)
    known = (ledger["pollutant"] == "co2").to_numpy(bool) & ~np.isnan(mass)
    lines["co2_t"] = np.bincount(of_row[known], mass[known], len(lines))
    lines.loc[np.bincount(of_row[known], minlength=len(lines)) == 0, "co2_t"] = math.nan
    energy = pd.concat([inventory.energy["activity"], memo.energy["activity"]])
    return {*lines["activity"], *energy.unique()}, lines
