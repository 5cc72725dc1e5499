"""Lines that another line or report may hold as well: what to look at before adding accounts up."""

from __future__ import annotations

import math

import pandas as pd

from transmod.accounts.ledger import InventoryLedger, MemoLedger
from transmod.inputs.tables import read_shipped_table
from transmod.model.labels import stack
from transmod.schema import OVERLAPS

_ASKED = [
    "activity", "vehicle_class", "pollutant", "mass_t", "held_in", "in_total", "gpc_ref",
]  # fmt: skip


def find_overlaps(inventory: InventoryLedger, memo: MemoLedger) -> pd.DataFrame:
    """
    List every pair of a line of the ledger and another one that could hold the same tonnes.

    Returns
    -------
    pandas.DataFrame
        Rows in the form of `schema.OVERLAPS`, in the order of the shipped table `overlaps`: only
        pairs whose activity the run has. `co2_t` is the fossil CO2 at stake [t], null where it has
        none; `state` says whether the scenario declares it (`declared`, with `held_in`) or a part
        of it (`partly declared`: the rest is at stake), the rule keeps it out of the total (`not in
        total`), or it is `open`.
    """
    ledger = stack([inventory.rows[_ASKED], memo.rows[_ASKED]])
    rows = []
    for pair in read_shipped_table("accounts", "overlaps").to_dict("records"):
        is_own = ledger["activity"] == pair["activity"]
        if isinstance(pair["vehicle_class"], str):
            is_own &= ledger["vehicle_class"] == pair["vehicle_class"]
        own = ledger[is_own]
        if own.empty:
            continue
        is_held = own["held_in"].notna()
        left = own if is_held.all() else own[~is_held]
        state = "open" if left["in_total"].any() else "not in total"
        if is_held.any():
            state = "declared" if is_held.all() else "partly declared"
        co2 = left.loc[left["pollutant"].isin(["co2"]), "mass_t"].dropna()
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
