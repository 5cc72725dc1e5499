"""Prove the base factors of a set: against neighbouring standards and against their like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from transmod.inputs.profiles import ProfileSet
from transmod.model.findings import Finding

FILE = "hot_tables.csv"
# a figure this many times both its neighbours, or its one neighbour, is taken for a slip of unit
SLIP_OF_BOTH, SLIP_OF_ONE = 10.0, 50.0


def check_base_factors(profiles: ProfileSet, counts: dict[str, float]) -> list[Finding]:
    """
    Check base factors by standard; what `exceptions.csv` names is listed, not a fault.

    A newer standard must not be dirtier than the one before (`monotony`), no figure far off those
    of the standards beside it, as grams written for milligrams are (`magnitude`), and PM2.5 not
    above PM10 (`pm fractions`). An exception that is not needed is a fault.
    """
    base = profiles.hot_tables.merge(profiles.segments, on="segment")
    counts["base_factors"] = len(base)
    counts["corrections"] = len(profiles.corrections)
    if base.empty:
        return []
    base["rank"] = base["standard"].map(rank_of_standard)
    found = [*_by_standard(base), *_check_fractions(base)]
    used = set()
    findings = []
    for rule, segment, quantity, text in found:
        reason = None
        for i, row in enumerate(profiles.exceptions.itertuples()):
            names = fnmatchcase(segment, str(row.segment)) and row.quantity == quantity
            if names and row.rule == rule:
                reason = str(row.reason)
                used.add(i)
        stays = "" if reason is None else f" Stays: {reason}."
        row_name = f"{segment} {quantity}"
        findings.append(Finding(rule, reason is None, FILE, row_name, text + stays))
    for i, row in enumerate(profiles.exceptions.itertuples()):
        if i not in used:
            findings.append(
                Finding(
                    "exception", True, "exceptions.csv", f"{row.rule} {row.segment} {row.quantity}",
                    "must be needed: no row breaks the rule.",
                )
            )  # fmt: skip
    counts["base_factors_by_exception"] = sum(not finding.fault for finding in findings)
    return findings


def rank_of_standard(standard: str) -> float:
    """
    Return the place of an emission standard in time: `china4` 4.0, `euro6d` 6.4, none before 0.

    A name without a number that is not from before the first standard has no place: nan.
    """
    if re.match(r"pre|conventional|none", standard):
        return 0.0
    match = re.search(r"(\d)([a-e]?)", standard)
    if match is None:
        return np.nan
    return int(match[1]) + ("abcde".index(match[2]) + 1) / 10 if match[2] else float(match[1])


def _by_standard(base: pd.DataFrame) -> Iterator[tuple[str, str, str, str]]:
    """Yield rule, segment, quantity and text where a standard is out of line."""
    family = ["kind", "fuel", "size", "technology", "quantity"]
    known = base[base["rank"].notna()].sort_values("rank", kind="stable")
    for _, rows in known.groupby(family, dropna=False):
        value = rows["value"].to_numpy(np.float64)
        segment, quantity = rows["segment"].to_list(), str(rows["quantity"].iloc[0])
        standard, unit = rows["standard"].to_list(), str(rows["unit"].iloc[0])
        for i in range(len(value)):
            here = f"{value[i]:g} {unit}"
            if i and value[i] > value[i - 1]:
                yield (
                    "monotony", segment[i], quantity,
                    f"must not exceed {standard[i - 1]}, {value[i - 1]:g} {unit}: {here} found.",
                )  # fmt: skip
            beside = value[[j for j in (i - 1, i + 1) if 0 <= j < len(value)]]
            if _is_slip(value[i], beside):
                texts = ", ".join(f"{v:g}" for v in beside)
                text = (
                    f"must be of the size of the standards beside it, {texts} {unit}: {here} "
                    "found. Grams for milligrams, or a lost decimal point?"
                )
                yield "magnitude", segment[i], quantity, text


def _is_slip(value: float, beside: np.ndarray) -> bool:
    if not len(beside) or value <= 0 or (beside <= 0).any():
        return False
    ratio = np.log(value / beside)
    limit = np.log(SLIP_OF_BOTH if len(beside) == 2 else SLIP_OF_ONE)
    return bool((ratio > limit).all() or (ratio < -limit).all())


def _check_fractions(base: pd.DataFrame) -> Iterator[tuple[str, str, str, str]]:
    value = base.pivot_table(index="segment", columns="quantity", values="value")
    if {"pm2_5", "pm10"} <= set(value.columns):
        for segment, row in value[value["pm2_5"] > value["pm10"]].iterrows():
            yield (
                "pm fractions", str(segment), "pm2_5",
                f"must not exceed PM10, {row['pm10']:g} g/km: {row['pm2_5']:g} g/km found.",
            )  # fmt: skip
