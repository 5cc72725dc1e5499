"""Temporal profiles fitted to counts: by hand, a naive twin, laws, planted shapes, Berlin."""

from dataclasses import replace
from datetime import date

import geopandas as gpd
import naive_profile_fit
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from transmod.errors import InputError
from transmod.inputs.traffic_source import TrafficSource, sort_volumes
from transmod.outputs.tables import write_csv
from transmod.outputs.traffic_source import write_traffic_source
from transmod.schema import TEMPORAL_PROFILE, VEHICLE_CLASSES
from transmod.traffic.calendar import build_calendar
from transmod.traffic.day_types import DAYS
from transmod.traffic.fitted_profile import to_profile
from transmod.traffic.profile_fit import fit_curves, note_left_out
from transmod.traffic.temporal import shapes
from transmod.volume_profiles import fit_profile

ZONE, HOLIDAYS = "Europe/Berlin", [date(2023, 1, 1), date(2023, 5, 1), date(2023, 12, 25)]
DAY = build_calendar(2023, "UTC", layout=24)


def source_of(volumes, *, kind="hourly", trip_kind="all"):
    """Return a source of {class: {place: series}}."""
    rows = [
        {"place_id": place, "vehicle_class": name, "trip_kind": trip_kind, "volume": series}
        for name, places in volumes.items()
        for place, series in places.items()
    ]
    names = sorted({row["place_id"] for row in rows})
    places = gpd.GeoDataFrame(
        {"place_id": names, "kind": "point", "is_ramp": False, "is_two_way": False}
        | {"osm_way_id": pd.array([None] * len(names), "Int64")}
        | dict.fromkeys(["from_node", "to_node", "road_class", "name"])
        | dict.fromkeys(
            ["lanes", "free_speed_kmh", "capacity_pcu_h", "length_m", "heading_deg"], np.nan
        ),
        geometry=[None] * len(names),
    )
    hours = None
    if kind == "hourly":
        rows = [row | {"volume": np.asarray(row["volume"], np.float32)} for row in rows]
        hours = rows[0]["volume"].size
    volumes = sort_volumes(pd.DataFrame(rows))
    return TrafficSource(places, volumes, "test", kind, "veh", hours)


def day_of(peak, base=10.0, hour=8):
    series = np.full(24, base)
    series[hour] = peak
    return series


def test_two_stations_by_hand():
    # hours of 10, at 8 h 34: mean 11; hours of 30, at 8 h 78: mean 32. Together 40, at 8 h 112:
    # mean 43. Factors 112/43 and 40/43. At 8 h the stations have 34/11 and 78/32 of their own
    # mean, with the weights 11 and 32: deviation from 112/43 over it
    source = source_of({"car": {"a": day_of(34.0), "b": day_of(78.0, 30.0)}})
    (curve,) = fit_curves(source, DAY)
    assert (curve.vehicle_class, curve.stations, curve.month) == ("car", ("a", "b"), None)
    assert (curve.n_hours, curve.mean_volume) == (48, pytest.approx(43.0, rel=1e-12))
    expected = np.full(24, 40 / 43)
    expected[8] = 112 / 43
    for day in range(7):
        assert_allclose(curve.hour[day], expected, rtol=1e-12)
    assert np.isnan(curve.hour[7]).all()  # no holidays
    spread = np.sqrt((11 * (34 / 11 - 112 / 43) ** 2 + 32 * (78 / 32 - 112 / 43) ** 2) / 43)
    assert curve.variation[0, 8] == pytest.approx(spread / (112 / 43), rel=1e-12)
    (alone,) = fit_curves(source_of({"car": {"a": day_of(34.0)}}), DAY)
    assert np.isnan(alone.variation).all()
    assert np.isnan(alone.mean_variation)


def year_of(rng, calendar, n=3):
    """Return planted factors by day, hour and month, and series of n stations that have them."""
    hour, month = rng.uniform(0.2, 2.0, (8, 24)), rng.uniform(0.5, 1.5, 12)
    civil = calendar.civil
    shape = hour[civil.day, civil.hour] * month[civil.month - 1]
    return hour, month, {f"s{i}": shape * 10.0 ** (i + 1) for i in range(n)}


@pytest.fixture(scope="module")
def whole_year():
    return build_calendar(2023, ZONE, layout=8760, holidays=HOLIDAYS, series_time="local_standard")


def test_planted_factors_are_found_again(whole_year):
    hour, month, series = year_of(np.random.default_rng(1), whole_year)
    (curve,) = fit_curves(source_of({"bus": series}), whole_year)
    assert_allclose(curve.hour / curve.hour[0, 0], hour / hour[0, 0], rtol=2e-6)  # float32 counts
    assert_allclose(curve.month / curve.month[0], month / month[0], rtol=2e-6)
    assert curve.variation.max() < 1e-6
    civil = whole_year.civil
    assert np.average(curve.month[civil.month - 1]) == pytest.approx(1.0, rel=1e-12)


def test_a_gap_stands_as_the_station_has_it(whole_year):
    _, _, series = year_of(np.random.default_rng(2), whole_year)
    (whole,) = fit_curves(source_of({"car": series}), whole_year)
    series["s2"] = series["s2"].copy()
    series["s2"][1000:1500] = np.nan
    (without,) = fit_curves(source_of({"car": series}), whole_year)
    assert without.stations == ("s0", "s1")
    assert without.left_out == ("s2: 500 hours missing, first 1000",)
    assert "car: 1 of 3 stations were left out, s2: 500 hours" in note_left_out(without)
    (filled,) = fit_curves(source_of({"car": series}), whole_year, most_missing=0.06)
    assert (filled.stations, filled.n_filled) == (("s0", "s1", "s2"), 500)
    assert_allclose(filled.hour, whole.hour, rtol=2e-6)
    assert filled.mean_volume == pytest.approx(whole.mean_volume, rel=1e-6)
    (short,) = fit_curves(source_of({"car": series}), whole_year, most_missing=0.057)
    assert short.stations == ("s0", "s1")  # 500 of 8,760 h are 5.708 %


@pytest.mark.parametrize("layout", [168, 8760])
def test_agrees_with_naive(layout, whole_year):
    rng = np.random.default_rng(3)
    calendar = whole_year
    if layout == 168:
        calendar = build_calendar(2023, ZONE, layout=168, holidays=HOLIDAYS)
    series = {name: rng.uniform(0.0, 900.0, layout).astype(np.float32) for name in "abc"}
    (curve,) = fit_curves(source_of({"car": series}), calendar)
    hours = list(naive_profile_fit.hours_of(2023, ZONE, HOLIDAYS))
    by_hour = [s[calendar.slot].astype(float).tolist() for s in series.values()]
    hour, month = naive_profile_fit.fit(by_hour, hours, by_month=layout == 8760, steps=25)
    for (d, h), factor in hour.items():
        assert curve.hour[d, h] == pytest.approx(factor, rel=1e-9)
    if layout == 8760:
        assert_allclose(curve.month, [month[m + 1] for m in range(12)], rtol=1e-9)
    else:
        assert curve.month is None


def test_seasons_are_months_alike():
    seasons = {"cold": [11, 12, 1, 2, 3], "warm": [4, 5, 6, 7, 8, 9, 10]}
    calendar = build_calendar(2023, ZONE, layout=144, seasons=seasons)
    series = np.concatenate([np.full(72, 100.0), np.full(72, 300.0)])
    (curve,) = fit_curves(source_of({"car": {"a": series}}), calendar)
    assert_allclose(curve.month[3] / curve.month[0], 3.0, rtol=1e-12)
    assert len(set(curve.month.tolist())) == 2


def test_order_and_scale_of_stations():
    rng = np.random.default_rng(5)
    series = {name: rng.uniform(1.0, 900.0, 24) for name in "abc"}
    (curve,) = fit_curves(source_of({"car": series}), DAY)
    backwards = source_of({"car": dict(reversed(series.items()))})
    assert_array_equal(fit_curves(backwards, DAY)[0].hour, curve.hour)
    tenfold = source_of({"car": {name: 8.0 * values for name, values in series.items()}})
    assert_allclose(fit_curves(tenfold, DAY)[0].hour, curve.hour, rtol=1e-6)
    # each by its volume: many times the traffic draws the curve to its own
    heavy = source_of({"car": series | {"a": 1e6 * series["a"]}})
    own = series["a"] / series["a"].mean()
    assert_allclose(fit_curves(heavy, DAY)[0].hour[0], own, rtol=1e-4)


def test_trip_kinds_are_added_and_a_gap_of_one_is_a_gap():
    one = source_of({"car": {"a": day_of(34.0), "b": day_of(20.0)}}, trip_kind="internal")
    other = source_of({"car": {"a": day_of(50.0)}}, trip_kind="through")
    both = replace(one, volumes=sort_volumes(pd.concat([one.volumes, other.volumes])))
    (curve,) = fit_curves(both, DAY)
    assert_allclose(curve.hour[0, 8] / curve.hour[0, 0], (34 + 20 + 50) / 30, rtol=1e-6)
    gap = day_of(50.0)
    gap[3] = np.nan
    broken = source_of({"car": {"a": gap}}, trip_kind="through")
    both = replace(one, volumes=sort_volumes(pd.concat([one.volumes, broken.volumes])))
    (curve,) = fit_curves(both, DAY)
    assert curve.left_out == ("a: 1 hours missing, first 3",)


def test_stations_of_no_use_are_named():
    empty, gap = np.zeros(24), day_of(20.0)
    gap[5] = np.nan
    source = source_of({"car": {"a": empty, "b": gap, "c": day_of(34.0)}})
    (curve,) = fit_curves(source, DAY, most_missing=0.5)
    assert curve.stations == ("c",)
    # an hour of a day that was never counted can stand as nothing
    assert curve.left_out == (
        "a: no traffic in any hour",
        "b: no count of 7 of the year's combinations of day and hour",
    )


def test_a_profile_of_all_classes(tmp_path, whole_year):
    _, _, series = year_of(np.random.default_rng(6), whole_year)
    curves = fit_curves(source_of({"car": series, "rigid_truck": {"t": series["s0"]}}), whole_year)
    profile = to_profile(
        curves, source="counts of a test", year=2023, name="ours", like={"bus": "rigid_truck"}
    )
    assert tuple(profile.origin) == VEHICLE_CLASSES
    assert profile.origin["car"] == "fitted to hourly counts of 3 stations, counts of a test"
    assert profile.origin["bus"].startswith("as rigid_truck: fitted to hourly counts of 1 stations")
    assert profile.origin["moped"] == "tno_road: not counted"
    write_csv(profile.rows, TEMPORAL_PROFILE, tmp_path / "ours.csv")
    found = shapes(whole_year, VEHICLE_CLASSES, tmp_path / "ours.csv")
    mean = found.values @ whole_year.weight / whole_year.weight.sum()
    assert_allclose(mean, 1.0, rtol=1e-12)
    told = "\n".join(found.notes)
    assert "hour and month factors of car: fitted to hourly counts of 3 stations" in told
    assert "factors of taxi, lcv, articulated_truck, coach, motorcycle, moped: Denier" in told
    # the year's own hours come back, holidays too
    own = np.float32(series["s0"]).astype(float)
    assert_allclose(found.values[0], own / own.mean(), rtol=2e-6)
    shipped = shapes(whole_year, ["moped"], "tno_road")
    assert_allclose(found.values[-1], shipped.values[0], rtol=1e-12)


def test_days_and_months_that_were_not_told_apart(tmp_path):
    curves = fit_curves(source_of({"car": {"a": day_of(34.0), "b": day_of(50.0)}}), DAY)
    profile = to_profile(curves, source="x", year=None, name="ours")
    assert profile.origin["car"].endswith("; day and month of tno_road")
    write_csv(profile.rows, TEMPORAL_PROFILE, tmp_path / "ours.csv")
    calendar = build_calendar(2023, "UTC", layout="profile")
    own, shipped = (shapes(calendar, ["car"], p).values[0] for p in (tmp_path / "ours.csv",
                                                                    "tno_road"))  # fmt: skip
    days = own.reshape(-1, 24).mean(axis=1)
    assert_allclose(days, shipped.reshape(-1, 24).mean(axis=1), rtol=1e-12)
    assert_allclose(own.reshape(-1, 24)[:, 8] / own.reshape(-1, 24)[:, 0], 84 / 20, rtol=1e-12)
    alone = to_profile(curves, source="x", year=None, name="ours", fallback=None)
    assert set(alone.rows["curve"]) == {"car"}
    assert set(alone.rows["part"]) == {"hour"}
    assert alone.origin["bus"] == "none: not counted"


@pytest.mark.parametrize(
    ("like", "fallback", "message"),
    [
        ({"car": "bus"}, None, "without counts.*'car' has counts"),
        ({"sledge": "car"}, None, "'sledge' found"),
        ({"bus": "moped"}, None, "bus must be like a class with counts: 'moped' has none.*car"),
        ({}, "tno", "temporal_profile must be tno_road, sao_paulo_tolls"),
    ],
)
def test_wrong_choices(like, fallback, message):
    curves = fit_curves(source_of({"car": {"a": day_of(34.0)}}), DAY)
    with pytest.raises(InputError, match=message):
        to_profile(curves, source="x", year=None, name="x", fallback=fallback, like=like)


def test_counts_that_are_no_days():
    with pytest.raises(InputError, match=r"counts of 24 h or more.*kind aadt found"):
        fit_curves(source_of({"car": {"a": 5.0}}, kind="aadt"), DAY)
    with pytest.raises(InputError, match=r"24 h or more.*1 h found"):  # the peak hour alone
        fit_curves(source_of({"car": {"a": [5.0]}}), DAY)
    with pytest.raises(InputError, match=r"24 found, the counts have 72"):
        fit_curves(source_of({"car": {"a": np.ones(72)}}), DAY)


def test_the_command_writes_what_a_run_reads(tmp_path):
    folder, out = tmp_path / "counts", tmp_path / "p.csv"
    write_traffic_source(folder, source_of({"car": {"a": day_of(34.0), "b": day_of(50.0)}}))
    facts = fit_profile(folder, out)
    assert not facts.days_told_apart
    assert [(c.vehicle_class, c.stations, c.busiest) for c in facts.curves] == [("car", 2, "8 h")]
    assert facts.curves[0].busiest_factor == pytest.approx(84 / (20 * 23 + 84) * 24, rel=1e-12)
    first = out.read_bytes()
    fit_profile(folder, out)
    assert out.read_bytes() == first
    shapes(build_calendar(2023, "UTC", layout="profile"), VEHICLE_CLASSES, out)
    with pytest.raises(InputError, match=r"\.csv in a folder that exists"):
        fit_profile(folder, tmp_path / "none" / "p.csv")
    with pytest.raises(InputError, match=r"0 to below 1: 1\.5 found"):
        fit_profile(folder, out, most_missing=1.5)
    write_traffic_source(tmp_path / "week", source_of({"car": {"a": np.ones(168)}}))
    with pytest.raises(InputError, match=r"Counts of 168 h must come with their calendar.*--run"):
        fit_profile(tmp_path / "week", out)
    facts = fit_profile(tmp_path / "week", out, year=2023, timezone=ZONE)
    assert facts.days_told_apart
    gap = source_of({"car": {"a": np.where(np.arange(24) == 4, np.nan, 1.0)}})
    write_traffic_source(tmp_path / "gap", gap)
    with pytest.raises(
        InputError, match=r"station with all 24 hours: none has.*a: 1 hours missing"
    ):
        fit_profile(tmp_path / "gap", out)


def test_the_calendar_of_a_run(tmp_path):
    import small_run

    rng = np.random.default_rng(8)
    small_run.write_scenario(tmp_path / "run", calendar={"holidays": ["2023-09-18"]})
    series = {"a": rng.uniform(1.0, 9.0, 72)}
    write_traffic_source(tmp_path / "counts", source_of({"car": series}))
    fit_profile(tmp_path / "counts", tmp_path / "p.csv", run=tmp_path / "run")
    rows = pd.read_csv(tmp_path / "p.csv").query("curve == 'car' and part == 'hour'")
    assert set(rows["day"]) == set(DAYS)
    holiday, sunday = (rows[rows["day"] == day].sort_values("hour") for day in ("holiday", "sun"))
    assert_allclose(holiday["factor"], sunday["factor"].to_numpy(), rtol=1e-12)


@pytest.mark.realdata
def test_berlin(data_dir, tmp_path):
    from transmod.volumes import import_volumes

    counts = data_dir / "berlin_counts" / "berlin-v6.1-counts-vmz.xml.gz"
    import_volumes([counts], tmp_path / "berlin")
    facts = fit_profile(
        tmp_path / "berlin", tmp_path / "p.csv", like={"articulated_truck": "rigid_truck"}
    )
    found = {c.vehicle_class: c for c in facts.curves}
    assert {name: (c.stations, c.hours) for name, c in found.items()} == {
        "car": (505, 12_120), "rigid_truck": (280, 6_720),
    }  # fmt: skip
    # the sums of the file, counted apart: 9,166,986 cars and 276,415 trucks a day
    assert found["car"].mean_volume * 24 == pytest.approx(9_166_986.0, rel=1e-6)
    assert found["rigid_truck"].mean_volume * 24 == pytest.approx(276_414.75, rel=1e-6)
    assert found["car"].variation == pytest.approx(0.167, abs=0.001)
    assert found["rigid_truck"].variation == pytest.approx(0.204, abs=0.001)
    calendar = build_calendar(2018, ZONE, layout="profile")
    shape = shapes(calendar, VEHICLE_CLASSES, tmp_path / "p.csv")
    mean = shape.values @ calendar.weight / calendar.weight.sum()
    assert_allclose(mean, 1.0, rtol=1e-12)
    hour = pd.read_csv(tmp_path / "p.csv").query("part == 'hour' and day == 'all'")
    car, truck = (hour[hour["curve"] == c].set_index("hour")["factor"] for c in
                  ("car", "rigid_truck"))  # fmt: skip
    # cars in the morning and the afternoon, trucks over noon, both a tenth of it at night
    assert car[8] > car[11] < car[15]
    assert truck[11] > truck[17]
    assert max(car[2], truck[2]) < 0.25
