"""Seasons of a run: which hours they hold and how warm they are."""

import numpy as np
import pytest

from transmod.traffic.calendar import build_calendar
from transmod.traffic.climate import build_climate

WARM = tuple(float(m) for m in range(1, 13))  # January 1 degC ... December 12 degC


def calendar_of(layout="profile", **options):
    return build_calendar(2023, "America/Santiago", layout=layout, **options)


def test_quarters_by_hand():
    climate = build_climate(calendar_of(), WARM)
    assert climate.names == ("dec-jan-feb", "mar-apr-may", "jun-jul-aug", "sep-oct-nov")
    # December 31 days at 12, January 31 at 1, February 28 at 2: (372 + 31 + 56) / 90 = 5.1
    assert climate.temperature_c[0] == pytest.approx(459 / 90, rel=1e-12)
    # 31 x 3 + 30 x 4 + 31 x 5 = 368 over 92 days; the clock goes back in April: one hour more
    assert climate.temperature_c[1] == pytest.approx((368 * 24 + 4) / (92 * 24 + 1), rel=1e-12)
    assert climate.days.sum() == pytest.approx(365.0, rel=1e-12)


def test_months_keep_their_own():
    climate = build_climate(calendar_of(), WARM, seasons="months")
    assert climate.n_seasons == 12
    assert climate.temperature_c.tolist() == pytest.approx(list(WARM), rel=1e-12)
    assert climate.names[6] == "jul"


def test_one_season_is_the_mean_of_the_year():
    calendar = calendar_of()
    climate = build_climate(calendar, WARM, seasons="year")
    four = build_climate(calendar, WARM)
    mean = np.average(four.temperature_c, weights=four.days)
    assert climate.temperature_c.tolist() == pytest.approx([mean], rel=1e-12)
    assert not climate.season.any()


def test_without_temperatures_there_is_one_season():
    climate = build_climate(calendar_of())
    assert climate.temperature_c is None
    assert climate.n_seasons == 1
    assert climate.notes == ()


def test_slots_that_span_months_take_the_seasons_of_the_calendar():
    seasons = {"summer": (10, 11, 12, 1, 2, 3), "winter": (4, 5, 6, 7, 8, 9)}
    climate = build_climate(calendar_of(144, seasons=seasons), WARM)
    assert climate.names == ("summer", "winter")
    # 31 x 10 + 30 x 11 + 31 x 12 + 31 + 28 x 2 + 31 x 3 = 1192 over 182 days, less an hour of
    # September's that is winter's
    assert climate.temperature_c[0] == pytest.approx(1192 / 182, rel=1e-12)


def test_slots_that_tell_nothing_apart_are_noted():
    climate = build_climate(calendar_of(72), WARM)
    assert climate.names == ("year",)
    assert any("tell no seasons apart" in note for note in climate.notes)


def test_a_year_of_hours_has_months_too():
    climate = build_climate(calendar_of(8760, series_time="local_standard"), WARM)
    assert climate.n_seasons == 4
    assert climate.days.sum() == pytest.approx(365.0, rel=1e-12)
