"""Find the line of the account on which a row of emissions or energy stands."""

from __future__ import annotations

import numpy as np

from transmod.columns import Columns, Text, group_rows, to_text
from transmod.errors import CheckError
from transmod.inputs.rules import Rule
from transmod.inputs.tables import read_shipped_rows
from transmod.schema import CALIBRATION

LINE = ("item", "memo_kind", "in_total", "scope", "gpc_ref", "ipcc_code", "notation_key")

_ASKED = ("activity", "vehicle_class", "process", "pollutant")
_ROAD = "1.A.3.b"  # refined by process and vehicle class


def to_lines(rows: Columns, rule: Rule) -> Columns:
    """
    Give each row the line that its activity has under a rule.

    Parameters
    ----------
    rows : Columns
        Rows with the columns of `schema.EMISSION_KEYS`, and `process` and `pollutant` [mass_t], or
        neither (energy). Columns of a former line are replaced, so a ledger can be read by
        another rule.
    rule : Rule
        The accounting rule.

    Returns
    -------
    Columns
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
    asked = [name for name in _ASKED if name in rows]
    # a line depends on little: it is found once for all rows that are alike in this
    first, of_row = group_rows(rows[asked])
    lines = _find_lines(rows[asked][first], rule)[of_row]
    return rows.assign(**{name: lines[name] for name in LINE})


def _find_lines(rows: Columns, rule: Rule) -> Columns:
    """Return the columns `LINE` of each row; `rows` has those of `_ASKED` that there are."""
    activities = [str(name).removesuffix(CALIBRATION) for name in rows["activity"].to_list()]
    position = {name: i for i, name in enumerate(rule.lines["activity"].to_list())}
    unknown = sorted(set(activities) - set(position))
    if unknown:
        raise CheckError(
            f"Each activity must have a line in the rule {rule.name!r}: {', '.join(unknown)} "
            f"not found."
        )
    lines = rule.lines[list(LINE)][np.array([position[name] for name in activities], np.int64)]
    lines = lines.assign(ipcc_code=_refine(lines["ipcc_code"], rows))
    if "pollutant" not in rows:
        return lines
    is_fossil = rows["pollutant"] != "co2_biogenic"
    return lines.assign(
        item=lines["item"].where(is_fossil, "memo"),
        memo_kind=lines["memo_kind"].where(is_fossil, "biogenic_co2"),
        in_total=lines["in_total"] & is_fossil,
    )


def _refine(codes: Text, rows: Columns) -> Text:
    """IPCC category of each row, road split by process, else by vehicle class."""
    refined = codes.to_list()
    for column in ("vehicle_class", "process"):  # the process has the last word
        if column not in rows:
            continue
        own = {
            row["value"]: row["ipcc_code"]
            for row in read_shipped_rows("accounts", "ipcc_road")
            if row["column"] == column
        }
        names = rows[column].to_list()
        for i in np.flatnonzero(codes == _ROAD):
            refined[i] = own.get(names[i], refined[i])
    return to_text(refined)
