"""Calendars: counted by hand, against a naive walk through the year, and by law."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transmod.errors import InputError
from transmod.traffic.calendar import build_calendar

ZONES = ("Asia/Shanghai", "Europe/London", "America/Santiago", "Australia/Lord_Howe", "UTC")


def labelled(calendar, **labels):
    """Return the mask of slots with the given labels, names for day types and seasons."""
    mask = np.ones(calendar.n_slots, dtype=bool)
    for name, value in labels.items():
        if name == "day_type":
            value = calendar.day_types.index(value)  # noqa: PLW2901
        if name == "season":
            value = calendar.seasons.index(value)  # noqa: PLW2901
        mask &= getattr(calendar, name) == value
    return mask


def test_days_alike_without_summer_time():
    # China has no summer time: 365 days of 24 hours
    calendar = build_calendar(2023, "Asia/Shanghai", layout=24)
    np.testing.assert_array_equal(calendar.weight, np.full(24, 365.0))
    np.testing.assert_array_equal(calendar.hour, np.arange(24))
    assert calendar.day_types == ("all",)
    assert calendar.seasons == ("all",)


def test_summer_time_in_the_northern_hemisphere():
    # London 2023: 26 March 01:00 becomes 02:00 (hour 1 is lost); 29 October 02:00 becomes 01:00
    # (hour 1 comes twice). Hour 1 so stands for 365 - 1 + 1 hours; both days are Sundays.
    calendar = build_calendar(2023, "Europe/London", layout=72)
    sunday = labelled(calendar, day_type="sunday")
    np.testing.assert_array_equal(calendar.weight[sunday], np.full(24, 53.0))
    by_month = build_calendar(2023, "Europe/London", layout="profile")
    march = by_month.weight[labelled(by_month, month=3, day_type="sunday")]
    october = by_month.weight[labelled(by_month, month=10, day_type="sunday")]
    assert march.sum() == 4 * 24 - 1  # 5, 12, 19, 26 March
    assert october.sum() == 5 * 24 + 1  # 1, 8, 15, 22, 29 October
    assert (march[0], march[1], march[2]) == (4, 3, 4)
    assert (october[0], october[1], october[2]) == (5, 6, 5)


def test_summer_time_in_the_southern_hemisphere():
    # Santiago 2023: at 24:00 of Saturday 1 April the clock went back to 23:00, so Saturday's hour
    # 23 came twice; at 24:00 of Saturday 2 September it went on to 01:00, so hour 0 of Sunday
    # 3 September is missing.
    calendar = build_calendar(2023, "America/Santiago", layout=72)
    saturday = calendar.weight[labelled(calendar, day_type="saturday")]
    sunday = calendar.weight[labelled(calendar, day_type="sunday")]
    assert saturday[23] == 52 + 1
    assert (saturday[:23] == 52).all()
    assert sunday[0] == 53 - 1
    assert (sunday[1:] == 53).all()
    assert calendar.weight.sum() == 8760


def test_day_types_and_seasons_are_in_the_documented_order():
    # Shanghai 2024, a leap year that begins on a Monday: 366 days = 52 weeks + Monday + Tuesday,
    # so 53 Mondays and Tuesdays, 52 of the others: 262 Monday to Friday, 52 Saturdays, 52 Sundays.
    # Holidays: 1 January (Monday) and 1 May (Wednesday) go from workday to sunday.
    seasons = {"cold": [12, 1, 2], "warm": [3, 4, 5, 6, 7, 8, 9, 10, 11]}
    calendar = build_calendar(
        2024,
        "Asia/Shanghai",
        layout=144,
        seasons=seasons,
        holidays=[date(2024, 1, 1), date(2024, 5, 1)],
    )
    assert calendar.n_slots == 2 * 3 * 24
    np.testing.assert_array_equal(calendar.hour, np.tile(np.arange(24), 6))
    np.testing.assert_array_equal(calendar.day_type, np.tile(np.repeat([0, 1, 2], 24), 2))
    np.testing.assert_array_equal(calendar.season, np.repeat([0, 1], 72))
    days = calendar.weight.reshape(2, 3, 24)
    assert (days == days[:, :, :1]).all()
    # cold: 31 + 29 + 31 = 91 days. January 23 workdays less the holiday, February 21, December 22;
    # Saturdays 4 + 4 + 4, Sundays 4 + 4 + 5 and the holiday
    np.testing.assert_array_equal(days[0, :, 0], [65, 12, 14])
    np.testing.assert_array_equal(days[:, :, 0].sum(axis=0), [260, 52, 54])


def test_a_date_comes_before_a_holiday_before_a_weekday():
    # 2023 begins on a Sunday. 7 January is a Saturday worked in place of Monday the 2nd, which is
    # a holiday; Friday 6 January is a holiday too, yet named as a market day.
    day_types = {
        "work": ["mon-fri", "2023-01-07"],
        "rest": ["sat", "sun", "holiday"],
        "market": ["2023-01-06", date(2023, 1, 10)],
    }
    calendar = build_calendar(
        2023,
        "UTC",
        layout="profile",
        day_types=day_types,
        holidays=[date(2023, 1, 2), date(2023, 1, 6)],
    )
    january = [
        calendar.weight[labelled(calendar, month=1, day_type=name, hour=0)].item()
        for name in ("work", "rest", "market")
    ]
    # 22 Mondays to Fridays - 2 holidays - the 10th + the 7th; 9 weekend days + the 2nd - the 7th
    assert january == [20, 9, 2]


def test_week_starts_on_monday_and_holidays_stand_in_sunday():
    # 2023: 52 of each weekday and a 53rd Sunday; Monday 1 May is a holiday
    calendar = build_calendar(2023, "UTC", layout=168, holidays=[date(2023, 5, 1)])
    np.testing.assert_array_equal(
        calendar.weight.reshape(7, 24)[:, 8], [51, 52, 52, 52, 52, 52, 54]
    )
    np.testing.assert_array_equal(calendar.day_type[::24], [0, 0, 0, 0, 0, 1, 2])
    assert any("1 of 365 days, first 2023-05-01" in note for note in calendar.notes)


def test_local_standard_series_is_shifted_in_summer():
    # Santiago, January: the clock shows UTC-3, standard time is UTC-4. The series' hour 0 is
    # 01:00 on the clock, its last is 00:00 of the next year, which counts as 31 December.
    calendar = build_calendar(2023, "America/Santiago", layout=8760, series_time="local_standard")
    np.testing.assert_array_equal(calendar.hour[:3], [1, 2, 3])
    assert calendar.hour[-1] == 0
    assert calendar.month[-1] == 12
    july = np.flatnonzero(calendar.month == 7)
    assert july[0] == 181 * 24  # winter: series and clock agree
    assert calendar.hour[july[0]] == 0
    np.testing.assert_array_equal(calendar.weight, np.ones(8760))
    assert any("1 of 8,760 h" in note for note in calendar.notes)


def test_utc_series_in_shanghai():
    # 00:00 UTC is 08:00 in Shanghai; the last eight hours fall into the next local year
    calendar = build_calendar(2024, "Asia/Shanghai", layout=8784, series_time="utc")
    np.testing.assert_array_equal(calendar.hour[:17], [*range(8, 24), 0])
    assert calendar.day_types[calendar.day_type[15]] == "workday"  # Monday 1 January 2024
    assert any("8 of 8,784 h" in note for note in calendar.notes)


def test_a_day_and_an_hour():
    day = build_calendar(2023, "Asia/Shanghai", layout=24, period="day", day_type="saturday")
    assert day.weight.tolist() == [1.0] * 24
    assert day.day_types == ("saturday",)
    # the day is the mean of the year's 52 Saturdays
    assert (np.bincount(day.slot[day.slot >= 0]) == 52).all()
    hour = build_calendar(2023, "Asia/Shanghai", layout=1, period="hour", hour=8)
    assert hour.weight.tolist() == [1.0]
    assert hour.hour.tolist() == [8]
    assert hour.day_types == ("workday",)
    assert any("no day_type was named" in note for note in hour.notes)


def naive_weights(year, zone, layout_of):
    """Walk the year by the clock of a naive reader and count hours per label."""
    moment = datetime(year, 1, 1, tzinfo=ZoneInfo(zone)).timestamp()
    end = datetime(year + 1, 1, 1, tzinfo=ZoneInfo(zone)).timestamp()
    counts = {}
    while moment < end:
        local = datetime.fromtimestamp(moment, ZoneInfo(zone))
        key = layout_of(local)
        counts[key] = counts.get(key, 0) + 1
        moment += 3600
    return counts


@pytest.mark.parametrize("zone", ZONES)
def test_weights_equal_those_of_a_naive_walk(zone):
    counts = naive_weights(2022, zone, lambda t: (t.month, t.weekday() // 5, t.hour))
    calendar = build_calendar(
        2022,
        zone,
        layout="profile",
        day_types={"mid": ["mon-fri"], "end": ["sat", "sun"]},
    )
    labels = zip(calendar.month, calendar.day_type, calendar.hour, strict=True)
    assert calendar.weight.tolist() == [counts[tuple(map(int, label))] for label in labels]


@settings(deadline=None, max_examples=15)
@given(
    year=st.integers(1990, 2040),
    zone=st.sampled_from(ZONES),
    layout=st.sampled_from([24, 72, 168, 288, "profile", "series"]),
    free=st.lists(st.integers(0, 364), max_size=5),
    clock=st.sampled_from(["utc", "local_standard"]),
)
def test_law_weights_sum_to_the_hours_of_the_year(year, zone, layout, free, clock):
    n_hours = 24 * (date(year + 1, 1, 1) - date(year, 1, 1)).days
    calendar = build_calendar(
        year,
        zone,
        layout=n_hours if layout == "series" else layout,
        holidays=[date(year, 1, 1) + timedelta(n) for n in free],
        seasons={"a": [1, 2, 12], "b": [3, 4, 5], "c": [6, 7, 8], "d": [9, 10, 11]},
        series_time=clock,
    )
    assert calendar.weight.sum() == n_hours
    assert calendar.weight.sum() in (8760, 8784)
    np.testing.assert_array_equal(np.bincount(calendar.slot), calendar.weight)
    np.testing.assert_array_equal(calendar.hour[calendar.slot], calendar.civil.hour)
    # averages over slots keep the average over the year
    value = np.arange(n_hours, dtype=float)
    mean = calendar.mean_in_slots(value)[calendar.weight > 0]
    weight = calendar.weight[calendar.weight > 0]
    assert mean @ weight / n_hours == pytest.approx(value.mean(), rel=1e-12)


def test_a_day_type_without_a_day_is_a_note():
    day_types = {"usual": ["mon-fri", "sat", "sun"], "festival": ["holiday"]}
    calendar = build_calendar(2023, "UTC", layout=48, day_types=day_types)
    assert (calendar.weight[24:] == 0).all()
    assert any("'festival' has no day in 2023" in note for note in calendar.notes)


def test_holidays_that_no_day_type_names_are_noted():
    calendar = build_calendar(
        2023,
        "UTC",
        layout=24,
        day_types={"every": ["mon-fri", "sat", "sun"]},
        holidays=[date(2023, 5, 1), date(2024, 5, 1)],
    )
    assert any("holidays count as their weekday" in note for note in calendar.notes)
    assert any("1 of 2 holidays are not in 2023, first 2024-05-01" in n for n in calendar.notes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timezone": "Asia/Shangai"}, r"IANA.*found 'Asia/Shangai'. Near it: Asia/Shanghai"),
        ({"timezone": "../etc/passwd"}, r"IANA"),
        (
            {"layout": 48},
            r"must be 24 \(every day alike\), 72 \(3 day types\), 168 .*, 8,760 .*: found 48\.",
        ),
        ({"layout": 8784}, r"8,760 \(each hour of the year\): found 8,784"),
        ({"layout": 24, "period": "hour", "hour": 8}, r"must be 1 \(the hour\): found 24"),
        ({"layout": 168, "period": "day"}, r"must be 24 \(the day\): found 168"),
        ({"layout": 1, "period": "hour"}, r"hour must be 0 to 23 .*found None"),
        ({"layout": 24, "period": "day", "day_type": "monday"}, r"workday, saturday, sunday: f"),
        ({"layout": 8760}, r"series_time must be 'local_standard' or 'utc'.*found None"),
        (
            {"day_types": {"work": ["mon-fri"], "rest": ["sat"]}},
            r"365 days of 2023 must be in a day type: 53 in none, 2023-01-01 \(sun\)",
        ),
        (
            {"day_types": {"a": ["mon-fri"], "b": ["fri", "sat", "sun"]}},
            r"in one day type: fri in 'a' and in 'b'",
        ),
        (
            {"day_types": {"a": ["mon-fri", "2023-02-01/2023-02-09"],
                           "b": ["sat", "sun", "2023-02-05/2023-02-12"]}},
            r"2023-02-05, 2023-02-06, 2023-02-07 and 2 more in 'a' and in 'b'",
        ),
        ({"day_types": {"a": ["mon-fri", "dimanche"]}}, r"found 'dimanche'"),
        ({"day_types": {"a": ["fri-mon"]}}, r"found 'fri-mon'"),
        ({"day_types": {"a": ["2023-02-09/2023-02-01"]}}, r"found '2023-02-09/2023-02-01'"),
        ({"day_types": {"a": ["mon-fri", "2022-02-01"]}}, r"must lie in 2023: found 2022-02-01"),
        ({"seasons": {"dry": [1, 2, 3], "wet": [3, 4, 5, 13]}}, r"in none \[6, 7.*than one \[3\]"),
        (
            {"layout": 168, "day_types": {"a": ["mon-fri", "sat", "sun"], "b": ["2023-05-01"]}},
            r"weekday of each day type: 'b' has none, yet 1 of 365 days.*first 2023-05-01",
        ),
        (
            {"timezone": "Pacific/Apia", "year": 2011},
            r"2011 must have 8,760 h in Pacific/Apia: found 8,736",
        ),
    ],
)  # fmt: skip
def test_faults(options, message):
    given_options = {"year": 2023, "timezone": "Asia/Shanghai", "layout": 24} | options
    year, timezone = given_options.pop("year"), given_options.pop("timezone")
    with pytest.raises(InputError, match=message):
        build_calendar(year, timezone, **given_options)


def test_all_faults_come_at_once():
    with pytest.raises(InputError) as caught:
        build_calendar(
            2023, "Mars/Olympus", layout=25, day_types={"a": ["mon"]}, seasons={"s": [1]}
        )
    assert len(caught.value.faults) == 4
