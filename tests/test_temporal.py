"""Temporal profiles: worked by hand, against a naive twin, and by the law that the mean is 1."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transmod.errors import CoverageError, InputError
from transmod.inputs.tables import read_shipped_table
from transmod.schema import TEMPORAL_PROFILE, VEHICLE_CLASSES
from transmod.traffic.calendar import build_calendar
from transmod.traffic.temporal import shapes

SHIPPED = ("tno_road", "sao_paulo_tolls")
HEADER = "curve,part,day,month,hour,factor"


def write_profile(path, rows, header=HEADER):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def flat(curve="all", factor=1.0, day="all", leave=()):
    return [f"{curve},hour,{day},,{h},{factor}" for h in range(24) if h not in leave]


def test_every_hour_alike(tmp_path):
    path = write_profile(tmp_path / "p.csv", flat(factor=7.0))
    calendar = build_calendar(2023, "Europe/London", layout=24)
    shape = shapes(calendar, ["car", "bus"], path)
    np.testing.assert_array_equal(shape.values, np.ones((2, 24)))
    np.testing.assert_array_equal(shape.normalisation, [7.0, 7.0])


def test_by_hand(tmp_path):
    # Hour 8 has three times the traffic of the others, Sunday half that of the other days,
    # July twice that of the other months. Shanghai 2023: no summer time; 31 days in July, 5 of
    # them Sundays (2, 9, 16, 23, 30); 53 Sundays in the year.
    # Sum over hours: (23 + 3) x [(334 - 48) + 48/2 + 2 x (26 + 5/2)] = 26 x 367 = 9,542
    # Mean over 8,760 h: 9,542 / 8,760
    rows = [*flat(leave=[8]), "all,hour,all,,8,3"]
    rows += [f"all,day,{d},,,1" for d in ("mon", "tue", "wed", "thu", "fri", "sat")]
    rows += ["all,day,sun,,,0.5"] + [f"all,month,,{m},,{2 if m == 7 else 1}" for m in range(1, 13)]
    path = write_profile(tmp_path / "p.csv", rows)
    calendar = build_calendar(2023, "Asia/Shanghai", layout="profile")
    shape = shapes(calendar, ["car"], path)
    mean = 9542 / 8760
    assert shape.normalisation[0] == pytest.approx(mean, rel=1e-14)
    value = dict(
        zip(
            zip(calendar.month, calendar.day_type, calendar.hour, strict=True),
            shape.values[0],
            strict=True,
        )
    )
    sunday, workday = calendar.day_types.index("sunday"), calendar.day_types.index("workday")
    assert value[1, workday, 0] == pytest.approx(1 / mean, rel=1e-14)
    assert value[7, workday, 8] == pytest.approx(6 / mean, rel=1e-14)
    assert value[7, sunday, 8] == pytest.approx(3 / mean, rel=1e-14)
    assert value[2, sunday, 23] == pytest.approx(0.5 / mean, rel=1e-14)


def test_mean_weekday_volumes(tmp_path):
    # Saturday and Sunday have half a weekday's traffic: for AAWDT a weekday's hour is 1 and a
    # Sunday's 0.5, and a holiday has Sunday's
    rows = flat() + [f"all,day,{d},,,2" for d in ("mon", "tue", "wed", "thu", "fri")]
    rows += ["all,day,sat,,,1", "all,day,sun,,,1"]
    path = write_profile(tmp_path / "p.csv", rows)
    calendar = build_calendar(2023, "UTC", layout=72, holidays=[date(2023, 5, 1)])
    shape = shapes(calendar, ["car"], path, kind="aawdt")
    np.testing.assert_allclose(shape.values[0], np.repeat([1.0, 0.5, 0.5], 24), rtol=1e-14)
    assert "Mondays to Fridays without holidays (all 2)" in shape.notes[0]


def test_a_holiday_may_have_its_own_factors(tmp_path):
    rows = flat() + flat(day="holiday", factor=0.25)
    path = write_profile(tmp_path / "p.csv", rows)
    day_types = {"usual": ["mon-fri", "sat", "sun"], "feast": ["holiday"]}
    calendar = build_calendar(
        2023, "UTC", layout=48, day_types=day_types, holidays=[date(2023, 12, 25)]
    )
    shape = shapes(calendar, ["car"], path)
    np.testing.assert_allclose(shape.values[0, 24:] / shape.values[0, :24], 0.25, rtol=1e-14)


def test_a_day_and_an_hour_have_their_own_traffic(tmp_path):
    # Saturday has half of the others' traffic. 2023 has 52 Saturdays: the mean is
    # (313 + 52/2) / 365 = 339/365, so a Saturday's hour is 0.5 x 365/339 of the average hour
    rows = flat() + [f"all,day,{d},,,{0.5 if d == 'sat' else 1}" for d in
                     ("mon", "tue", "wed", "thu", "fri", "sat", "sun")]  # fmt: skip
    path = write_profile(tmp_path / "p.csv", rows)
    options = {"period": "hour", "day_type": "saturday", "hour": 8}
    calendar = build_calendar(2023, "UTC", layout=1, **options)
    shape = shapes(calendar, ["car"], path)
    np.testing.assert_allclose(shape.values, [[0.5 * 365 / 339]], rtol=1e-14)
    assert "0.538 to 0.538 times" in shape.notes[1]


def naive_shape(rows, year, zone, kind, layout_of):
    """Multiply and average row by row, with dictionaries."""
    factor = {
        (r.part, r.day if isinstance(r.day, str) else None, r.month, r.hour): r.factor
        for r in rows.fillna({"month": 0, "hour": -1}).itertuples()
    }
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    moment = datetime(year, 1, 1, tzinfo=ZoneInfo(zone)).timestamp()
    end = datetime(year + 1, 1, 1, tzinfo=ZoneInfo(zone)).timestamp()
    groups, mean_of = {}, []
    while moment < end:
        t = datetime.fromtimestamp(moment, ZoneInfo(zone))
        day = days[t.weekday()]
        value = factor.get(("hour", day, 0, t.hour), factor.get(("hour", "all", 0, t.hour)))
        value *= factor.get(("day", day, 0, -1), 1.0) * factor.get(
            ("month", None, t.month, -1), 1.0
        )
        groups.setdefault(layout_of(t), []).append(value)
        if kind == "aadt" or t.weekday() < 5:
            mean_of.append(value)
        moment += 3600
    mean = sum(mean_of) / len(mean_of)
    return {key: sum(values) / len(values) / mean for key, values in groups.items()}


@pytest.mark.parametrize("kind", ["aadt", "aawdt"])
@pytest.mark.parametrize(("profile", "curve"), [("tno_road", "road"), ("sao_paulo_tolls", "truck")])
def test_equals_the_naive_twin(profile, curve, kind):
    table = read_shipped_table("traffic", "temporal_profiles")
    rows = table[(table["profile"] == profile) & (table["curve"] == curve)]
    zone = "America/Santiago"
    expected = naive_shape(rows, 2022, zone, kind, lambda t: (t.weekday(), t.hour))
    calendar = build_calendar(2022, zone, layout=168)
    shape = shapes(calendar, ["bus"], profile, kind=kind)
    found = shape.values.reshape(7, 24)
    for (weekday, hour), value in expected.items():
        assert found[weekday, hour] == pytest.approx(value, rel=1e-12)


@settings(deadline=None, max_examples=12)
@given(
    year=st.integers(2000, 2035),
    zone=st.sampled_from(["Asia/Shanghai", "America/Santiago", "Europe/London"]),
    layout=st.sampled_from([24, 72, 168, "profile"]),
    profile=st.sampled_from(SHIPPED),
    free=st.lists(st.integers(0, 364), max_size=4),
)
def test_law_mean_over_the_calendar_is_one(year, zone, layout, profile, free):
    holidays = [date(year, 1, 1) + timedelta(n) for n in free]
    calendar = build_calendar(year, zone, layout=layout, holidays=holidays)
    shape = shapes(calendar, VEHICLE_CLASSES, profile)
    assert shape.values.shape == (len(VEHICLE_CLASSES), calendar.n_slots)
    assert np.isfinite(shape.values).all()
    mean = shape.values @ calendar.weight / calendar.weight.sum()
    np.testing.assert_allclose(mean, 1.0, rtol=1e-13)
    workdays = shapes(calendar, VEHICLE_CLASSES, profile, kind="aawdt")
    ratio = shape.values / np.where(workdays.values > 0, workdays.values, 1.0)
    np.testing.assert_allclose(ratio.max(axis=1), workdays.normalisation / shape.normalisation)


def test_shipped_profiles_keep_their_schema_and_sources():
    table = read_shipped_table("traffic", "temporal_profiles")
    assert (
        tuple(table.columns) == TEMPORAL_PROFILE.names[:-2]
    )  # of published ones no stations known
    assert table[["source", "year", "licence", "verification"]].notna().all().all()
    classes = read_shipped_table("traffic", "temporal_classes")
    for profile in SHIPPED:
        own = classes[classes["profile"] == profile]
        assert tuple(own["vehicle_class"]) == VEHICLE_CLASSES
        assert set(own["curve"]) == set(table.loc[table["profile"] == profile, "curve"])


def test_published_figures():
    # TNO: 8 h has 1.86, July 1.01; mean of the 24 hour factors is 1 to the rounding of the source
    table = read_shipped_table("traffic", "temporal_profiles").query("profile == 'tno_road'")
    hours = table[table["part"] == "hour"].set_index("hour")["factor"]
    assert hours[8] == 1.86
    assert hours.mean() == pytest.approx(1.0, abs=5e-4)
    assert table[table["part"] == "month"].set_index("month")["factor"][7] == 1.01


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (flat(leave=[5]), r"factor for each hour of each day: 8 of 192 missing, first mon, hour 5"),
        (flat(day="mon"), r"hour of each day: 168 of 192 missing, first tue, hour 0"),
        ([*flat(), "all,day,mon,,,1"], r"factor for each day: .* missing, first tue"),
        ([*flat(), "all,month,,3,,1"], r"each month: 11 of 12 missing, first month 1"),
        ([*flat(), "all,month,,,,1"], r"must have month in its rows of part 'month': 1 of 1"),
        ([*flat(), "all,day,all,,,1"], r"must have day in its rows of part 'day': 1 of 1"),
        ([*flat(), "all,week,mon,,,1"], r"`part` \[-\] of p.csv must be one of hour, day, month"),
        ([*flat(), "all,hour,all,,24,1"], r"`hour` \[h\] of p.csv must be >= 0 and <= 23"),
        ([*flat(), "all,hour,all,,3,1"], r"one row for each .*: 1 of 25 rows stand twice"),
        ([*flat(leave=[0]), "all,hour,all,,0,-1"], r"`factor` \[-\] of p.csv must be >= 0"),
        ([*flat(leave=[0]), "all,hour,all,,0,many"], r"`factor` .* must be a number.*'many'"),
        (flat(factor=0.0), r"Factors of curve 'all' of p.csv must not all be 0"),
    ],
)
def test_faults_of_a_profile(tmp_path, rows, message):
    path = write_profile(tmp_path / "p.csv", rows)
    calendar = build_calendar(2023, "UTC", layout=24)
    with pytest.raises(InputError, match=message):
        shapes(calendar, ["car"], path)


def test_faults_of_files_and_names(tmp_path):
    calendar = build_calendar(2023, "UTC", layout=24)
    with pytest.raises(InputError, match=r"must be tno_road, sao_paulo_tolls or a CSV file: 'tno'"):
        shapes(calendar, ["car"], "tno")
    with pytest.raises(InputError, match=r"no such file"):
        shapes(calendar, ["car"], str(tmp_path / "none.csv"))
    path = write_profile(tmp_path / "p.csv", ["car,1"], header="curve,factor")
    with pytest.raises(InputError, match=r"part, day, month, hour not found"):
        shapes(calendar, ["car"], path)
    rows = [f"{name},{row}" for name in ("a", "b") for row in flat()]
    path = write_profile(tmp_path / "p.csv", rows, header=f"profile,{HEADER}")
    with pytest.raises(InputError, match=r"must hold one profile: a, b found"):
        shapes(calendar, ["car"], path)


def test_a_class_without_a_curve(tmp_path):
    calendar = build_calendar(2023, "UTC", layout=24)
    path = write_profile(tmp_path / "p.csv", flat("car"))
    with pytest.raises(
        CoverageError, match=r"each vehicle class: bus, moped have none, it has car"
    ):
        shapes(calendar, ["car", "bus", "moped"], path)
    path = write_profile(
        tmp_path / "p.csv", flat("car") + flat("all", leave=[0]) + ["all,hour,all,,0,9"]
    )
    shape = shapes(calendar, ["car", "bus"], path)
    assert shape.values[0, 0] == 1
    assert shape.values[1, 0] == pytest.approx(9 / (32 / 24))


def test_a_day_type_without_days_has_no_traffic():
    day_types = {"usual": ["mon-fri", "sat", "sun"], "feast": ["holiday"]}
    calendar = build_calendar(2023, "UTC", layout=48, day_types=day_types)
    shape = shapes(calendar, ["car"], "tno_road")
    assert (shape.values[0, 24:] == 0).all()
    assert isinstance(shape.notes, tuple)
    assert pd.notna(shape.values).all()
