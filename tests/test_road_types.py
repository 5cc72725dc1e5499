"""Road types: each road class, inside and outside built-up areas, at peak and off peak."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from transmod.errors import InputError
from transmod.inputs.tables import read_shipped_table
from transmod.schema import ROAD_CLASSES, ROAD_TYPES
from transmod.traffic.calendar import build_calendar
from transmod.traffic.road_types import N_KINDS, road_type_kind, road_type_table


def links_of(*rows):
    return pd.DataFrame(rows, columns=["road_class", "is_urban"])


def road_type(calendar, road_class, is_urban, **labels):
    """Road type in the one slot that the labels name."""
    mask = np.ones(calendar.n_slots, dtype=bool)
    for name, value in labels.items():
        mask &= getattr(calendar, name) == value
    (slot,) = np.flatnonzero(mask)
    kind = road_type_kind(links_of((road_class, is_urban)))[0]
    return ROAD_TYPES[road_type_table(calendar)[kind, slot]]


CALENDAR = build_calendar(2023, "Asia/Shanghai", layout=72)  # workday, saturday, sunday


@pytest.mark.parametrize(
    ("road_class", "is_urban", "day_type", "hour", "expected"),
    [
        ("primary", True, 0, 8, "urban_peak"),
        ("primary", True, 0, 6, "urban_off_peak"),
        ("primary", True, 0, 9, "urban_off_peak"),  # [7, 9) ends before 9
        ("primary", True, 0, 18, "urban_peak"),
        ("primary", True, 0, 19, "urban_off_peak"),
        ("primary", True, 1, 8, "urban_off_peak"),  # Saturday
        ("residential", True, 2, 17, "urban_off_peak"),  # Sunday
        ("primary", False, 0, 8, "rural"),
        ("trunk", False, 0, 8, "rural"),
        ("trunk", True, 0, 8, "urban_peak"),
        ("motorway", True, 0, 8, "motorway"),
        ("motorway", False, 2, 3, "motorway"),
    ],
)
def test_by_hand(road_class, is_urban, day_type, hour, expected):
    assert road_type(CALENDAR, road_class, is_urban, day_type=day_type, hour=hour) == expected


def test_every_kind_has_a_road_type_and_every_row_a_source():
    rules = read_shipped_table("traffic", "road_types")
    assert len(rules) == 2 * N_KINDS
    assert not rules.duplicated(["road_class", "is_urban", "is_peak"]).any()
    assert set(rules["road_class"]) == set(ROAD_CLASSES)
    assert rules[["source", "year", "licence", "verification"]].notna().all().all()
    table = road_type_table(CALENDAR)
    assert table.shape == (N_KINDS, 72)
    assert table.dtype == np.int8
    assert (table >= 0).all()


def test_kinds_are_rows_of_the_table():
    links = links_of(("motorway", False), ("motorway", True), ("service", True))
    kind = road_type_kind(links)
    assert kind.dtype == np.int8
    assert kind.tolist() == [0, 1, N_KINDS - 1]
    categories = links.astype({"road_class": "category"})
    assert road_type_kind(categories).tolist() == kind.tolist()


def test_peak_follows_the_days_not_their_names():
    day_types = {"market": ["sat", "sun", "holiday"], "other": ["mon-fri"]}
    calendar = build_calendar(2023, "UTC", layout=48, day_types=day_types)
    assert road_type(calendar, "primary", True, day_type=0, hour=8) == "urban_off_peak"
    assert road_type(calendar, "primary", True, day_type=1, hour=8) == "urban_peak"
    every_day = build_calendar(2023, "UTC", layout=24)
    assert road_type(every_day, "primary", True, hour=8) == "urban_peak"
    hour = build_calendar(2023, "UTC", layout=1, period="hour", hour=8, day_type="sunday")
    assert road_type(hour, "primary", True) == "urban_off_peak"


def test_a_holiday_in_a_full_year_has_no_peak():
    # Monday 1 May 2023 is day 120, Tuesday the 2nd is day 121, counted from 0
    calendar = build_calendar(
        2023, "UTC", layout=8760, series_time="utc", holidays=[date(2023, 5, 1)]
    )
    kind = road_type_kind(links_of(("primary", True)))[0]
    types = road_type_table(calendar)[kind].reshape(365, 24)
    peak = ROAD_TYPES.index("urban_peak")
    assert not (types[120] == peak).any()
    assert np.flatnonzero(types[121] == peak).tolist() == [7, 8, 17, 18]
    # 260 Mondays to Fridays less the holiday, four hours each
    assert (types == peak).sum() == 259 * 4


def test_peak_hours_of_the_user():
    table = road_type_table(CALENDAR, peak_hours=[12])
    kind = road_type_kind(links_of(("primary", True)))[0]
    peak = np.flatnonzero(table[kind] == ROAD_TYPES.index("urban_peak"))
    assert peak.tolist() == [12]
    none = road_type_table(CALENDAR, peak_hours=())
    assert not (none == ROAD_TYPES.index("urban_peak")).any()


def test_faults():
    with pytest.raises(InputError, match=r"1 of 2 are not \(footway\)"):
        road_type_kind(links_of(("primary", True), ("footway", True)))
    with pytest.raises(InputError, match=r"peak_hours must be 0 to 23: 24 found"):
        road_type_table(CALENDAR, peak_hours=[7, 24])
