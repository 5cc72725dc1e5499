"""Find the line of the account on which a row of emissions or energy stands."""

from __future__ import annotations

import pandas as pd

from transmod.errors import CheckError
from transmod.inputs.rules import Rule
from transmod.inputs.tables import read_shipped_table

LINE = ("item", "memo_kind", "in_total", "scope", "gpc_ref", "ipcc_code", "notation_key")

_ROAD = "1.A.3.b"  # refined by process and vehicle class


def to_lines(rows: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """
    Give each row the line that its activity has under a rule.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows with the columns of `schema.EMISSION_KEYS`, and `process` and `pollutant` [mass_t], or
        neither (energy). Columns of a former line are replaced, so a ledger can be read by
        another rule.
    rule : Rule
        The accounting rule.

    Returns
    -------
    pandas.DataFrame
        The same rows in the same order, with the columns `LINE`.

    Raises
    ------
    CheckError
        If an activity has no line: every activity that the model emits must stand in
        `schema.ACTIVITIES`.

    Notes
    -----
    Biogenic CO2 is a memo item whatever emits it and whatever the rule says; it keeps the
    references of its activity. IPCC category 1.A.3.b is refined to the categories of 2006: by
    process where it has one of its own (evaporation, urea), else by vehicle class.
    """
    unknown = sorted(set(rows["activity"]) - set(rule.lines.index))
    if unknown:
        raise CheckError(
            f"Each activity must have a line in the rule {rule.name!r}: {', '.join(unknown)} "
            f"not found."
        )
    position = rule.lines.index.get_indexer(pd.Index(rows["activity"]))
    rows = rows.copy()
    for name in LINE:
        rows[name] = rule.lines[name].to_numpy()[position]
    rows["ipcc_code"] = _refine(rows)
    if "pollutant" in rows.columns:
        biogenic = (rows["pollutant"] == "co2_biogenic").to_numpy()
        rows.loc[biogenic, ["item", "memo_kind"]] = ["memo", "biogenic_co2"]
        rows.loc[biogenic, "in_total"] = False
    return rows


def _refine(rows: pd.DataFrame) -> pd.Series:
    """IPCC category of each row, road split by process, else by vehicle class."""
    code = rows["ipcc_code"].astype("object")
    road = code == _ROAD
    table = read_shipped_table("accounts", "ipcc_road")
    for column in ("vehicle_class", "process"):  # the process has the last word
        if column in rows.columns:
            part = table[table["column"] == column].set_index("value")["ipcc_code"]
            refined = rows[column].map(part)
            code = code.mask(road & refined.notna(), refined)
    return code
