"""Accounting rules: tables that say on which line of the account each activity stands."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from transmod.columns import Columns
from transmod.errors import Faults, InputError
from transmod.inputs.checks import check_table, listed
from transmod.inputs.tables import read_columns
from transmod.schema import ACTIVITIES, RULE

_TABLES = Path(__file__).parent.parent / "accounts" / "tables"


@dataclass(frozen=True)
class Rule:
    """
    An accounting rule.

    `lines` has one row for each of `schema.ACTIVITIES`, in that order, with the columns of
    `schema.RULE`.
    """

    name: str
    lines: Columns


def rule_names() -> tuple[str, ...]:
    """Names of the rules that transmod ships."""
    return tuple(sorted(path.stem.removeprefix("rule_") for path in _TABLES.glob("rule_*.csv")))


def read_rule(rule: str, folder: Path | None = None) -> Rule:
    """
    Read an accounting rule, a shipped one by name or the user's own table.

    Parameters
    ----------
    rule : str
        One of `rule_names()`, or the path of a CSV file with the columns of `schema.RULE`.
    folder : Path, optional
        Where a relative path starts: the folder of the scenario.

    Returns
    -------
    Rule
        Named as the shipped rule, or by the file's stem.

    Raises
    ------
    InputError
        With every fault: no such rule, an activity without a line or with two, a memo line in the
        total or without a kind, a line with a notation key in the total.
    """
    if rule in rule_names():
        name, path = rule, _TABLES / f"rule_{rule}.csv"
    elif rule.endswith(".csv"):
        path = (folder or Path()) / rule
        name = path.stem
    else:
        near = difflib.get_close_matches(rule, rule_names(), 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(
            f"The accounting rule must be one of {', '.join(rule_names())}, or the path of a .csv "
            f"table: {rule!r} found.{hint}"
        )
    faults = Faults()
    lines = read_columns(path, RULE, faults)
    check_table(lines, RULE, str(path), faults)
    faults.raise_any()  # a table of the wrong form tells nothing about its lines
    _check_lines(lines, str(path), faults)
    faults.raise_any()
    absent = {c.name: None for c in RULE.columns if c.optional and c.name not in lines}
    place = {activity: i for i, activity in enumerate(lines["activity"])}
    order = np.array([place[activity] for activity in ACTIVITIES])
    lines = lines.assign(scope=lines["scope"].astype(np.int8), **absent)
    return Rule(name, lines[list(RULE.names)][order])


def _check_lines(lines: Columns, origin: str, faults: Faults) -> None:
    missing = [name for name in ACTIVITIES if name not in set(lines["activity"])]
    if missing:
        faults.add(
            f"{origin} must give each activity one line: {len(missing)} of {len(ACTIVITIES)} have "
            f"none, {listed(missing)}."
        )
    is_memo = lines["item"] == "memo"
    for bad, must in (
        (is_memo & lines["in_total"], "keep a memo item out of the total"),
        (is_memo & lines["memo_kind"].isna(), "name the kind of a memo item"),
        (~is_memo & lines["memo_kind"].notna(), "give a memo kind to memo items only"),
        (
            lines["notation_key"].notna() & lines["in_total"],
            "keep a line with a notation key out of the total",
        ),
        (
            (lines["activity"] == "road_biogenic") & (lines["memo_kind"] != "biogenic_co2"),
            "set biogenic CO2 apart as memo item biogenic_co2",
        ),
    ):
        if bad.any():
            faults.add(
                f"{origin} must {must}: {int(bad.sum())} of {len(lines)} lines do not, "
                f"{listed(lines['activity'][bad])}."
            )
