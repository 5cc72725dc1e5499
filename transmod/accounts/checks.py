"""
The closure laws of a run: what goes in comes out, once.

Each law compares two sums that were made on different ways. The tables are taken as the result
files hold them, so that anyone can check a finished run again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from transmod.columns import Columns, add_up
from transmod.errors import CheckError
from transmod.exchange import from_frame
from transmod.schema import CLOSURE_TOLERANCE, NO_CELL, OUTSIDE_BOUNDARY, POLLUTANTS

if TYPE_CHECKING:
    import pandas as pd


_DRIVEN = ["district_id", "vkm"]


@dataclass(frozen=True)
class Check:
    """Two numbers that a law says are equal, and whether they are."""

    name: str
    left: float
    right: float
    relative_difference: float
    passed: bool


def check_equal(
    name: str, left: float, right: float, tolerance: float = CLOSURE_TOLERANCE
) -> Check:
    """
    Compare two numbers relative to the larger one.

    Equal numbers, two zeros too, differ by 0. A number that is missing or infinite fails: its
    relative difference is NaN.
    """
    left, right = float(left), float(right)
    if not (math.isfinite(left) and math.isfinite(right)):
        return Check(name, left, right, math.nan, passed=False)
    scale = max(abs(left), abs(right))
    difference = abs(left - right) / scale if scale else 0.0
    return Check(name, left, right, difference, passed=difference <= tolerance)


def assert_closed(checks: Sequence[Check]) -> None:
    """
    Make sure that every check passed.

    Raises
    ------
    CheckError
        With a sentence for each check that failed.
    """
    failed = [check for check in checks if not check.passed]
    if failed:
        raise CheckError(
            "\n".join(
                f"{check.name} must hold to {CLOSURE_TOLERANCE:g}: {check.left!r} and "
                f"{check.right!r} found, relative difference {check.relative_difference:.3g}."
                for check in failed
            )
        )


@dataclass(frozen=True)
class ResultTables:
    """
    The result tables that the laws compare, as the files hold them.

    `pieces` (`schema.PIECES`, parts outside the boundary too), `spectrum` (`schema.SPECTRUM`),
    `activity` (`schema.ACTIVITY`); where they were made `links` (`schema.LINK_RESULTS`, geometry
    not needed; a row without volume is null in `vkm` and in every pollutant), `cells` (`cell_id`,
    `<pollutant>_t` [t] and perhaps `vkm` [veh km] of the grid) and `ledger` (`schema.LEDGER`).
    """

    pieces: pd.DataFrame
    spectrum: pd.DataFrame
    activity: Columns
    links: pd.DataFrame | None = None
    cells: pd.DataFrame | None = None
    ledger: Columns | None = None


def close_laws(tables: ResultTables) -> list[Check]:
    """
    Check the closure laws between the result tables of a run.

    Returns
    -------
    list of Check
        In a fixed order. Cells and ledger are compared with the links, so only where there are
        links; what lies in no cell is worked out from links and pieces. A pollutant that neither
        side estimates is not compared. Spectrum rows outside the boundary are left aside.
    """
    spectrum, activity, links = tables.spectrum, tables.activity, tables.links
    inside = spectrum[spectrum["district_id"] != OUTSIDE_BOUNDARY]
    of_spectrum = from_frame(inside[_DRIVEN])
    checks = [
        _fractions(tables.pieces),
        *close_activity(of_spectrum, activity),
    ]
    if links is None:
        return checks
    known = links[links["vkm"].notna()]
    checks += [
        check_equal("vkm: links = spectrum", _sum(known["vkm"]), _sum(inside["vkm"])),
        _by_district(
            "vkm by district: links = spectrum", from_frame(known[_DRIVEN]), of_spectrum, "vkm"
        ),
    ]
    classes = [name for name in links.columns if name.startswith("vkm_")]
    by_class = inside.groupby("vehicle_class")["vkm"].sum()
    for name in classes:
        of_class = by_class.get(name.removeprefix("vkm_"), 0.0)
        checks.append(
            check_equal(f"{name}: links = spectrum", links[name].dropna().sum(), of_class)
        )
    if tables.cells is not None:
        checks += _close_cells(tables.pieces, links, tables.cells)
    if tables.ledger is not None:
        checks += _close_ledger(links, tables.ledger)
    return checks


def close_activity(spectrum: Columns, activity: Columns) -> list[Check]:
    """
    Check that the kilometres of the spectrum are those of the activity.

    Parameters
    ----------
    spectrum : Columns
        `district_id` and `vkm` [veh km] inside the boundary.
    activity : Columns
        `schema.ACTIVITY`.
    """
    road = activity[activity["subsector"] == "road"]
    return [
        check_equal("vkm: spectrum = activity", spectrum["vkm"].sum(), road["vkm"].sum()),
        _by_district("vkm by district: spectrum = activity", spectrum, road, "vkm"),
    ]


def close_cut(
    before: Mapping[str, float], inside: pd.DataFrame, outside: Mapping[str, float]
) -> list[Check]:
    """
    Check that cutting loses no traffic: inside and outside the boundary make up everything.

    Parameters
    ----------
    before, outside : mapping of str to float
        Vehicle-kilometres [veh km] of each vehicle class, before cutting and outside the boundary.
    inside : pandas.DataFrame
        `schema.SPECTRUM` inside the boundary.
    """
    inside = inside[inside["district_id"] != OUTSIDE_BOUNDARY]
    of_class = inside.groupby("vehicle_class")["vkm"].sum()
    names = sorted({*before, *outside, *of_class.index})
    return [
        check_equal(
            f"vkm of {name}: inside + {OUTSIDE_BOUNDARY} = before cutting",
            of_class.get(name, 0.0) + outside.get(name, 0.0),
            before.get(name, 0.0),
        )
        for name in names
    ]


def close_calendar(weights: np.ndarray, hours: float) -> Check:
    """Check that the weights of the calendar's slots sum to the hours of the period [h]."""
    return check_equal("hours: sum of calendar weights = period", math.fsum(weights), hours)


def _fractions(pieces: pd.DataFrame) -> Check:
    """Compare the fractions of the link that is worst off with 1."""
    sums = pieces.groupby("link_id")["fraction"].sum().to_numpy()
    off = np.abs(sums - 1.0)
    worst = sums[int(np.argmax(off))] if len(sums) else math.nan
    if np.isnan(off).any():
        worst = math.nan
    return check_equal("fractions of each link sum to 1", worst, 1.0)


def _by_district(name: str, left: Columns, right: Columns, column: str) -> Check:
    """Compare the sums of each district; the one that is worst off speaks for all."""
    sums = []
    for table in (left, right):
        known = add_up(table[table["district_id"].notna()], ["district_id"], column)
        sums.append(dict(zip(known["district_id"], known[column].tolist(), strict=True)))
    # a district that one side does not have drives nothing there
    checks = [
        check_equal(name, *(side.get(district, 0.0) for side in sums))
        for district in sorted({**sums[0], **sums[1]})
    ]
    return max(
        checks,
        key=lambda check: (not check.passed, check.relative_difference),
        default=check_equal(name, 0.0, 0.0),
    )


def _close_cells(pieces: pd.DataFrame, links: pd.DataFrame, cells: pd.DataFrame) -> list[Check]:
    in_no_cell = _share_in_no_cell(pieces, links[links["vkm"].notna()])
    cells = cells[cells["cell_id"] != NO_CELL]
    checks = []
    for name in ("vkm", *(f"{pollutant}_t" for pollutant in POLLUTANTS)):
        if name not in cells.columns or _is_unknown(links, name):
            continue
        values = _known(links, name)
        left_out = float((values * in_no_cell).sum())
        in_cells = _sum(cells[name]) + left_out
        checks.append(check_equal(f"{name}: links = cells + no_cell", values.sum(), in_cells))
    return checks


def _share_in_no_cell(pieces: pd.DataFrame, links: pd.DataFrame) -> np.ndarray:
    """Share of each row of `links` (link x district) that lies in no cell."""
    import pandas as pd

    key = ["link_id", "district_id"]
    whole = pieces.groupby(key)["fraction"].sum()
    part = pieces[pieces["cell_id"] == NO_CELL].groupby(key)["fraction"].sum()
    share = part.reindex(whole.index, fill_value=0.0) / whole
    return share.reindex(pd.MultiIndex.from_frame(links[key])).to_numpy()


def _close_ledger(links: pd.DataFrame, ledger: Columns) -> list[Check]:
    is_driven = (ledger["location"] == "link") & (ledger["subsector"] == "road")
    is_driven &= ~(ledger["notation_key"].isin(["NE", "IE"]) & np.isnan(ledger["mass_t"]))
    by = ["scope", "pollutant", "district_id"]
    on_links = add_up(ledger[[*by, "mass_t"]][is_driven], by, "mass_t")
    driven = from_frame(links[links["vkm"].notna()][["district_id"]].astype("category"))
    checks = []
    wanted = [(f"{name}_t", 1, name) for name in POLLUTANTS] + [("co2_scope2_t", 2, "co2")]
    for column, scope, pollutant in wanted:
        if column not in links.columns:
            continue
        rows = on_links[(on_links["scope"] == scope) & (on_links["pollutant"] == pollutant)]
        if _is_unknown(links, column):
            if len(rows):
                name = f"{column}: links = ledger"
                checks.append(check_equal(name, math.nan, rows["mass_t"].sum()))
            continue
        known = driven.assign(mass_t=_known(links, column))
        checks += [
            check_equal(f"{column}: links = ledger", known["mass_t"].sum(), rows["mass_t"].sum()),
            _by_district(f"{column} by district: links = ledger", known, rows, "mass_t"),
        ]
    return checks


def _is_unknown(links: pd.DataFrame, name: str) -> bool:
    return name not in links.columns or bool(links[name].isna().all())


def _known(links: pd.DataFrame, name: str) -> np.ndarray:
    """Values of the rows with volume; all NaN if the two do not go together."""
    values = links[name].to_numpy(np.float64)
    counted = links["vkm"].notna().to_numpy()
    if not np.array_equal(~np.isnan(values), counted):
        return np.full(int(counted.sum()), np.nan)
    return values[counted]


def _sum(values: pd.Series) -> float:
    """Sum in which a missing value is not zero."""
    return float(values.sum(skipna=False))
