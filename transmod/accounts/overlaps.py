"""Lines that another line or report may hold as well: what to look at before adding accounts up."""

from __future__ import annotations

import math

import numpy as np

from transmod.accounts.ledger import InventoryLedger, MemoLedger
from transmod.columns import Columns, from_records, stack
from transmod.inputs.tables import read_shipped_rows
from transmod.schema import OVERLAPS

_ASKED = [
    "activity", "vehicle_class", "pollutant", "mass_t", "held_in", "in_total", "gpc_ref",
]  # fmt: skip


def find_overlaps(inventory: InventoryLedger, memo: MemoLedger) -> Columns:
    """
    List every pair of a line of the ledger and another one that could hold the same tonnes.

    Returns
    -------
    Columns
        Rows in the form of `schema.OVERLAPS`, in the order of the shipped table `overlaps`: only
        pairs whose activity the run has. `co2_t` is the fossil CO2 at stake [t], null where it has
        none; `state` says whether the scenario declares it (`declared`, with `held_in`) or a part
        of it (`partly declared`: the rest is at stake), the rule keeps it out of the total (`not in
        total`), or it is `open`.
    """
    ledger = stack([inventory.rows[_ASKED], memo.rows[_ASKED]])
    rows: list[dict[str, object]] = []
    for pair in read_shipped_rows("accounts", "overlaps"):
        is_own = ledger["activity"] == pair["activity"]
        if pair["vehicle_class"] is not None:
            is_own &= ledger["vehicle_class"] == pair["vehicle_class"]
        if not is_own.any():
            continue
        own = ledger[is_own]
        is_held = own["held_in"].notna()
        left = own if is_held.all() else own[~is_held]
        state = "open" if left["in_total"].any() else "not in total"
        if is_held.any():
            state = "declared" if is_held.all() else "partly declared"
        co2 = left["mass_t"][(left["pollutant"] == "co2") & ~np.isnan(left["mass_t"])]
        rows.append(
            pair
            | {
                "gpc_ref": ", ".join(own["gpc_ref"].unique()),
                "co2_t": math.fsum(co2) if co2.size else math.nan,
                "state": state,
                "held_in": "; ".join(own["held_in"].unique()) or None,
            }
        )
    return from_records(rows, OVERLAPS)
