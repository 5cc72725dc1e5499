"""Find the line of the account on which a row of emissions or energy stands."""

from __future__ import annotations

import pandas as pd

from transmod.errors import CheckError
from transmod.inputs.rules import Rule
from transmod.inputs.tables import read_shipped_table
from transmod.model.labels import decode, group_rows, label
from transmod.schema import CALIBRATION

LINE = ("item", "memo_kind", "in_total", "scope", "gpc_ref", "ipcc_code", "notation_key")

_ASKED = ("activity", "vehicle_class", "process", "pollutant")
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
    references of its activity. A calibration stands on the line of what it calibrates. IPCC
    category 1.A.3.b is refined to the categories of 2006: by process where it has one of its own
    (evaporation, urea), else by vehicle class.
    """
    asked = [name for name in _ASKED if name in rows.columns]
    # a line depends on little: it is found once for all rows that are alike in this
    first, of_row = group_rows(rows[asked])
    lines = _find_lines(decode(rows[asked].iloc[first]), rule)
    out = rows.copy(deep=False)
    for name in LINE:
        values = lines[name]
        is_text = values.dtype != bool and not pd.api.types.is_numeric_dtype(values)
        found = values.astype(object).where(values.notna(), None) if is_text else values
        out[name] = label(found.to_list(), of_row).array if is_text else found.to_numpy()[of_row]
    return out


def _find_lines(rows: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Return the columns `LINE` of each row; `rows` has those of `_ASKED` that there are."""
    asked = list(rows.columns)
    rows = rows.assign(activity=rows["activity"].str.removesuffix(CALIBRATION))
    unknown = sorted(set(rows["activity"]) - set(rule.lines.index))
    if unknown:
        raise CheckError(
            f"Each activity must have a line in the rule {rule.name!r}: {', '.join(unknown)} "
            f"not found."
        )
    position = rule.lines.index.get_indexer(pd.Index(rows["activity"]))
    lines = pd.DataFrame({name: rule.lines[name].to_numpy()[position] for name in LINE})
    lines = pd.concat([rows[asked].reset_index(drop=True), lines], axis=1)
    lines["ipcc_code"] = _refine(lines)
    if "pollutant" in asked:
        biogenic = (lines["pollutant"] == "co2_biogenic").to_numpy()
        lines.loc[biogenic, ["item", "memo_kind"]] = ["memo", "biogenic_co2"]
        lines.loc[biogenic, "in_total"] = False
    return lines[list(LINE)]


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
