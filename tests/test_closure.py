"""The closure laws: they hold in a run made by plain loops, and see each thing that breaks."""

import math

import naive_closure
import numpy as np
import pandas as pd
import pytest

from transmod.accounts.checks import (
    ResultTables,
    assert_closed,
    check_equal,
    close_calendar,
    close_cut,
    close_laws,
)
from transmod.errors import CheckError
from transmod.exchange import from_frame


@pytest.fixture
def tables():
    return naive_closure.run()[0]


def close(tables):
    """Check the laws of tables, those of the account as columns."""
    own = {n: from_frame(tables[n]) for n in ("activity", "ledger") if n in tables}
    return close_laws(ResultTables(**(tables | own)))


def failed(checks):
    return {check.name for check in checks if not check.passed}


def test_equal_by_hand():
    # |4 - 5| / 5
    assert check_equal("x", 4.0, 5.0).relative_difference == pytest.approx(0.2)
    assert not check_equal("x", 4.0, 5.0).passed
    assert check_equal("x", 1.0, 1.0 + 9e-10).passed
    assert not check_equal("x", 1.0, 1.0 + 2e-9).passed


def test_two_zeros_are_equal_and_zero_differs_from_all_else():
    assert check_equal("x", 0.0, 0.0).passed
    assert not check_equal("x", 0.0, 1e-12).passed


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_missing_and_infinite_fail(value):
    check = check_equal("x", value, value)
    assert not check.passed
    assert math.isnan(check.relative_difference)


@pytest.mark.parametrize("seed", range(5))
def test_laws_hold(seed):
    tables, before, outside = naive_closure.run(seed)
    checks = close(tables) + close_cut(before, tables["spectrum"], outside)
    assert_closed(checks)
    assert max(check.relative_difference for check in checks) < 1e-13
    assert len({check.name for check in checks}) == len(checks) == 12


def test_laws_hold_without_links(tables):
    assert_closed(close({n: tables[n] for n in ("pieces", "spectrum", "activity")}))


@pytest.mark.parametrize(
    ("table", "column", "broken"),
    [
        ("pieces", "fraction", "fractions of each link sum to 1"),
        ("spectrum", "vkm", "vkm: links = spectrum"),
        ("activity", "vkm", "vkm: spectrum = activity"),
        ("links", "vkm", "vkm by district: links = spectrum"),
        ("links", "vkm_bus", "vkm_bus: links = spectrum"),
        ("links", "co2_t", "co2_t: links = ledger"),
        ("cells", "co2_t", "co2_t: links = cells + no_cell"),
        ("ledger", "mass_t", "co2_t by district: links = ledger"),
    ],
)
def test_each_broken_law_is_seen(tables, table, column, broken):
    tables[table].loc[0, column] *= 1.0 + 1e-6
    checks = close(tables)
    assert broken in failed(checks)
    with pytest.raises(CheckError, match=rf"(?m)^{broken.replace('+', '[+]')} must hold to 1e-09"):
        assert_closed(checks)


def test_lost_mass_is_seen_where_two_districts_swap(tables):
    rows = tables["ledger"]
    rows.loc[rows["district_id"] == "a", "mass_t"] += 1.0
    rows.loc[rows["district_id"] == "b", "mass_t"] -= 1.0
    assert failed(close(tables)) == {"co2_t by district: links = ledger"}


def test_missing_value_is_not_zero(tables):
    tables["links"].loc[0, "co2_t"] = math.nan
    assert "co2_t: links = ledger" in failed(close(tables))


def test_missing_row_is_seen(tables):
    tables["cells"] = tables["cells"].iloc[1:]
    assert failed(close(tables)) == {"co2_t: links = cells + no_cell"}


def test_links_without_volume_are_left_aside(tables):
    row = pd.DataFrame({"link_id": [99], "district_id": ["a"]})
    tables["links"] = pd.concat([tables["links"], row], ignore_index=True)
    piece = pd.DataFrame({"link_id": [99], "district_id": ["a"], "cell_id": [0], "fraction": [1.0]})
    tables["pieces"] = pd.concat([tables["pieces"], piece], ignore_index=True)
    assert_closed(close(tables))


def test_substance_in_one_table_only_is_seen(tables):
    other = tables["ledger"].assign(pollutant="nox")
    tables["ledger"] = pd.concat([tables["ledger"], other], ignore_index=True)
    tables["links"]["nox_t"] = math.nan
    assert failed(close(tables)) == {"nox_t: links = ledger"}


def test_cut_that_loses_traffic_is_seen():
    tables, before, outside = naive_closure.run()
    outside["car"] -= 1.0
    checks = close_cut(before, tables["spectrum"], outside)
    assert failed(checks) == {"vkm of car: inside + outside_boundary = before cutting"}


def test_calendar():
    assert close_calendar(np.full(8760, 1.0), 8760).passed
    assert not close_calendar(np.full(8759, 1.0), 8760).passed
