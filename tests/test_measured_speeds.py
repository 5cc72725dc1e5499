"""Measured speeds: reading, which hours they are of, and what they do to a run."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import naive_delay
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import small_run
from numpy.testing import assert_allclose, assert_array_equal
from small_city import STREAMS, random_city
from small_traffic import two_threads, with_threads

from transmod.errors import InputError
from transmod.inputs.hashes import sha256_file
from transmod.inputs.network import Network
from transmod.inputs.speeds import CLASSES, MeasuredSpeeds, SpeedRows, read_speeds
from transmod.kernels.measured import fill_measured
from transmod.model.activity import measure
from transmod.scenario import read_scenario
from transmod.schema import MAX_NODE_SPEED_KMH
from transmod.traffic.calendar import build_calendar
from transmod.traffic.measured_hours import find_cover, match_hours

SHA = "5" * 64
LINK_IDS = np.array([10, 20, 30])


def network():
    return Network("small", pd.DataFrame({"link_id": LINK_IDS}), None, None, None, SHA, ())


def read_csv(path, text):
    path.write_text(text)
    return read_speeds(path, network(), network_sha256=SHA)


def write_lists(path, rows, *, sha=SHA):
    """Write (link_id, class, hours) rows."""
    link_id, name, speed = zip(*rows, strict=True)
    table = pa.table(
        {
            "link_id": pa.array(link_id, pa.int64()),
            "vehicle_class": pa.array(name, pa.string()),
            "speed_kmh": pa.array(speed, pa.list_(pa.float32())),
        }
    )
    pq.write_table(table.replace_schema_metadata({"network_sha256": sha}), path)
    return path


def whole(speeds):
    return speeds.reader()(0, LINK_IDS.size)


def test_one_number_holds_in_every_hour(tmp_path):
    text = "link_id,vehicle_class,speed_kmh\n20,,50\n20,bus,31.5\n30,all,\n"
    speeds = read_csv(tmp_path / "s.csv", text)
    assert (speeds.classes, speeds.n_hours, speeds.n_links) == (("all", "bus"), 24, 2)
    expected = np.full((3, 2, 24), np.nan)
    expected[1, 0], expected[1, 1] = 50.0, 31.5
    assert_array_equal(whole(speeds), expected)


def test_long_table_equals_lists(tmp_path):
    lists = {h: 20.0 + h for h in range(24) if h != 5}
    long = "link_id,hour,speed_kmh\n" + "".join(f"30,{h},{v}\n" for h, v in lists.items())
    rows = [(30, None, [lists.get(h) for h in range(24)])]
    one = whole(read_csv(tmp_path / "s.csv", long))
    other = whole(read_speeds(write_lists(tmp_path / "s.parquet", rows), network()))
    assert_array_equal(one, other)
    assert np.isnan(one[2, 0, 5])
    assert one[2, 0, 6] == 26.0


def test_blocks_give_the_file_whatever_their_size(tmp_path, monkeypatch):
    monkeypatch.setattr("transmod.inputs.speeds._BATCH_BYTES", 1)
    rows = [(10, "all", [1.0] * 24), (10, "car", [2.0] * 24), (30, "car", [3.0] * 24)]
    speeds = read_speeds(write_lists(tmp_path / "s.parquet", rows), network())
    for edges in ([0, 1, 2, 3], [0, 2, 3], [0, 3]):
        read = speeds.reader()
        parts = [read(a, b) for a, b in pairwise(edges)]
        assert_array_equal(np.concatenate(parts), whole(speeds))
    assert_array_equal(speeds.reader()(2, 3)[0, :, 0], [np.nan, 3.0])  # a block may be left out


HEAD = "link_id,vehicle_class,speed_kmh\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "11,,50\n", r"must be a link of the network \(3 links\): 1 of 1 are not.*value 11"),
        (HEAD + "10,,0\n", r"`speed_kmh` \[km/h\].*must be > 0"),
        (HEAD + "10,,-4\n", r"`speed_kmh` \[km/h\].*> 0"),
        (HEAD + "10,,900\n", r"`speed_kmh`.*<= 300"),
        (HEAD + "10,tank,50\n", r"`vehicle_class`.*one of all, car"),
        (HEAD + "10,,50\n10,all,51\n", r"one row for each link_id, vehicle_class"),
        (HEAD, r"must have rows: it has none"),
        ("link_id,hour,speed_kmh\n10,1,50\n10,1,51\n", r"one row for each .*hour"),
        ("link_id\n10\n", r"speed_kmh not found"),
    ],
)
def test_faults_of_tables(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_csv(tmp_path / "s.csv", text)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(10, "all", [1.0] * 24), (11, "all", [1.0] * 24)], "must be a link of the network"),
        (
            [(10, "all", [1.0] * 24), (20, "all", [1.0] * 23)],
            "lists of one length, 24 as the first",
        ),
        ([(10, "all", [1.0] * 23 + [0.0])], r"> 0 and <= 300.*link_id 10 \(value 0\)"),
        ([(20, "all", [1.0] * 24), (10, "all", [1.0] * 24)], "sorted by link_id.*first at link_id"),
        ([(10, "car", [1.0] * 24), (10, "car", [1.0] * 24)], "each once: 1 of 2 are not"),
        ([(10, "sledge", [1.0] * 24)], "`vehicle_class`.*one of all, car"),
    ],
)
def test_faults_of_lists(tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        read_speeds(write_lists(tmp_path / "s.parquet", rows), network())


def test_speeds_of_another_network_are_refused(tmp_path):
    path = write_lists(tmp_path / "s.parquet", [(10, "all", [1.0] * 24)], sha="6" * 64)
    with pytest.raises(InputError, match="made for another network"):
        read_speeds(path, network())


WEEK = {"workday": ["mon-fri"], "weekend": ["sat", "sun", "holiday"]}
OPTIONS = {"day_types": WEEK, "holidays": [date(2023, 5, 1)]}


@pytest.mark.parametrize(
    ("layout", "series_time"), [(48, None), ("profile", None), (8760, "utc"), (168, None)]
)
@pytest.mark.parametrize("measured", [24, 48, 168])
def test_hours_match_as_the_clock_shows_them(layout, series_time, measured):
    # every hour of the year has the hour of the measurement that its own clock shows
    zone = "Asia/Shanghai"
    calendar = build_calendar(2023, zone, layout=layout, series_time=series_time, **OPTIONS)
    own = build_calendar(2023, zone, layout=measured, **OPTIONS)
    hours = match_hours(calendar, own, STREAMS, ("all",))
    assert_array_equal(hours.own, [-1, -1, -1])
    assert hours.common == 0
    slot_of_pair = np.repeat(np.arange(calendar.n_slots), np.diff(hours.first))
    per_slot = np.bincount(slot_of_pair, hours.weight, calendar.n_slots)
    assert_array_equal(per_slot, calendar.weight)  # each hour once
    assert_array_equal(own.hour[hours.hour], calendar.hour[slot_of_pair])
    if measured == 48 and layout != 168:
        assert_array_equal(own.day_type[hours.hour], calendar.day_type[slot_of_pair])


def test_a_series_by_another_clock_takes_each_hour_of_its_own():
    # in Shanghai a series by UTC begins at 08:00 local time: its first hour is the ninth of a year
    # by local time
    zone = "Asia/Shanghai"
    by_utc = build_calendar(2023, zone, layout=8760, series_time="utc")
    local = build_calendar(2023, zone, layout=8760, series_time="local_standard")
    hours = match_hours(by_utc, local, STREAMS, ("all",))
    assert local.start - by_utc.start == timedelta(hours=-8)
    assert_array_equal(hours.hour[:-8], np.arange(8, 8760))
    assert_array_equal(hours.hour[-8:], np.arange(8760, 8768) - 24)


def random_hours(seed=3):
    """Return a week's speeds of a few rows, the hours of workdays and weekends, three streams."""
    rng = np.random.default_rng(seed)
    measured = rng.uniform(5.0, 120.0, (9, 2, 168)).astype(np.float32)
    measured[rng.random(measured.shape) < 0.4] = np.nan
    measured[0], measured[1, 1] = np.nan, np.nan
    calendar = build_calendar(2023, "UTC", layout=48, **OPTIONS)
    own = build_calendar(2023, "UTC", layout=168, **OPTIONS)
    return measured, match_hours(calendar, own, STREAMS, ("all", "rigid_truck")), rng


def filled(measured, hours, limit, base):
    speed = base.copy()
    arrays = (hours.own, hours.common, hours.first, hours.hour, hours.weight)
    fill_measured(measured, *arrays, limit, speed)
    return speed


def test_filling_agrees_with_naive():
    measured, hours, rng = random_hours()
    base, limit = rng.uniform(5.0, 130.0, (9, 3, 48)), np.array([140.0, 90.0, 50.0])
    speed = filled(measured, hours, limit, base)
    for i, c, t in np.ndindex(speed.shape):
        pairs = range(hours.first[t], hours.first[t + 1])
        of_slot = {int(hours.hour[p]): float(hours.weight[p]) for p in pairs}
        own = measured[i, 1].astype(float) if c else None
        expected = naive_delay.measured(
            own, measured[i, 0].astype(float), of_slot, limit[c], base[i, c, t]
        )
        assert speed[i, c, t] == pytest.approx(expected, rel=1e-12)


def test_the_mean_of_hours_by_hand():
    # 60 km/h in 250 hours and 30 km/h in 125: 375 / (250/60 + 125/30) = 45 km/h, not 50
    measured = np.array([[[60.0, 30.0]]], np.float32)
    speed = np.full((1, 1, 1), np.nan)
    first, hour, weight = np.array([0, 2]), np.array([0, 1]), np.array([250.0, 125.0])
    fill_measured(measured, np.full(1, -1), 0, first, hour, weight, np.full(1, np.inf), speed)
    assert speed[0, 0, 0] == pytest.approx(45.0, rel=1e-14)


@two_threads
def test_threads_change_no_bit():
    measured, hours, rng = random_hours()
    base, limit = rng.uniform(5.0, 130.0, (9, 3, 48)), np.array([140.0, 90.0, 50.0])
    one, two = (with_threads(n, filled, measured, hours, limit, base) for n in (1, 2))
    assert_array_equal(one, two)


def measured_city(city, given, *, classes):
    """Return measured speeds of a city, (L, K, T), and the rule that takes them."""
    code = np.array([CLASSES.index(name) for name in classes])
    n_links = len(given)
    rows = SpeedRows(
        np.repeat(np.arange(n_links), code.size),
        np.tile(code, n_links),
        given.reshape(-1, given.shape[2]).astype(np.float32),
    )
    speeds = MeasuredSpeeds(tuple(classes), given.shape[2], n_links, (rows,))
    hours = match_hours(city.calendar, city.calendar, STREAMS, classes)
    return speeds, replace(city.rule, source="measured", measured=hours)


@pytest.mark.parametrize("kind", ["aadt", "hourly"])
def test_measured_speeds_do_what_given_ones_do(kind):
    city = random_city(kind=kind, source="bpr")
    rng = np.random.default_rng(4)
    n_links, _, n_slots = city.series.shape
    car, truck = rng.uniform(6.0, 139.0, (2, n_links, n_slots)).astype(np.float32)
    speeds, rule = measured_city(city, np.stack([car, truck], 1), classes=("car", "rigid_truck"))
    city = replace(city, rule=rule)
    found = measure(*city.arguments, measured=speeds)
    # the same by volumes of hours with given speeds, where no class is held at a limit
    twin = random_city(kind="hourly", source="given")
    rows, volume = twin.volumes.source[0], city.series.astype(np.float32)
    link, stream = np.nonzero(volume.any(axis=2))
    source = replace(
        rows, link_id=link + 100, position=link, code=np.flatnonzero(twin.volumes.factor)[stream],
        volume=volume[link, stream], speed=np.stack([car, truck, truck], 1)[link, stream],
    )  # fmt: skip
    free = np.full(len(STREAMS), MAX_NODE_SPEED_KMH)
    expected = measure(
        city.network, city.rows, replace(twin.volumes, source=(source,)), city.calendar, None,
        city.situation, replace(twin.rule, limit=free),
    )  # fmt: skip
    assert_allclose(found.spectrum, expected.spectrum, rtol=1e-6, atol=1e-9 * found.spectrum.max())


def test_speeds_of_all_are_held_at_the_limit_of_a_class():
    city = random_city(kind="aadt")
    everywhere = np.full((len(city.series), 1, city.calendar.n_slots), 100.0)
    speeds, rule = measured_city(city, everywhere, classes=("all",))
    assert_array_equal(rule.limit, [MAX_NODE_SPEED_KMH, 90.0, 45.0])
    result = measure(*replace(city, rule=rule).arguments, measured=speeds)
    by_speed = result.spectrum.sum(axis=(0, 1, 2))  # K, C
    assert [int(np.flatnonzero(by_speed[:, c])[0]) for c in range(3)] == [1000, 900, 450]
    assert (np.count_nonzero(by_speed, axis=0) == 1).all()


def test_cover_by_hand():
    # hours without a measurement: all on the second half of the day; then only of one link
    city = random_city(kind="aadt", n_links=4)  # link 4 does not exist: all have traffic
    speeds = np.full((4, 1, city.calendar.n_slots), 50.0)
    speeds[:, :, city.calendar.hour >= 12] = np.nan
    given, rule = measured_city(city, speeds, classes=("all",))
    length = city.network.links["length_m"].to_numpy()
    cover = find_cover(
        city.volumes, given, rule.measured, city.shapes, city.calendar.weight, length
    )
    assert (cover.n_links, cover.n_hours, cover.n_missing) == (4, 4 * 72, 4 * 36)
    assert cover.first == (0, 12)
    vkm = (city.series * city.calendar.weight).sum(axis=1) * length[:, None]
    is_known = city.calendar.hour < 12
    assert cover.share == pytest.approx(vkm[:, is_known].sum() / vkm.sum(), rel=1e-12)


TRAFFIC = {"speed": "measured", "speeds": "input/speeds.csv", "network_sha256": SHA}


@pytest.mark.parametrize(
    ("traffic", "message"),
    [
        ({"speed": "measured"}, "'measured' and a file traffic.speeds need each other"),
        ({"speeds": "s.csv"}, "'measured' and a file traffic.speeds need each other"),
        ({"speed_fallback": "bpr"}, "speed_fallback is for traffic.speed = 'measured'"),
        ({"speed": "akcelik", "conical": {"alpha": 4}}, "conical is not used with .*'akcelik'"),
        ({"speed": "conical", "bpr": {"alpha": 1, "beta": 4}}, "bpr is not used with .*'conical'"),
        (
            {"speed": "conical", "conical": {"alpha": 4}, "speed_flow": "f.csv"},
            "traffic.conical and traffic.speed_flow exclude each other",
        ),
        ({"speed": "conical", "conical": {"alpha": 1}}, "must be more than 1 and at most 50"),
        ({**TRAFFIC, "speed_fallback": "given"}, "'bpr', 'conical', 'akcelik' or 'free'"),
        ({"speed": "given", "kind": "aadt"}, "'given' needs traffic.kind = 'hourly'"),
    ],
)
def test_keys_that_do_not_go_together(tmp_path, traffic, message):
    small_run.write_scenario(tmp_path, traffic=traffic)
    with pytest.raises(InputError, match=message):
        read_scenario(tmp_path)


def test_keys_that_go_together(tmp_path):
    small_run.write_scenario(tmp_path, traffic={**TRAFFIC, "speed_fallback": "akcelik"})
    traffic = read_scenario(tmp_path).traffic
    assert (traffic.delay_function, traffic.akcelik.period_h) == ("akcelik", 1.0)
    small_run.write_scenario(tmp_path, traffic=TRAFFIC)
    assert read_scenario(tmp_path).traffic.delay_function is None


@pytest.mark.slow
def test_a_run_with_measured_speeds(tmp_path):
    from transmod.intake.inputs import read_inputs
    from transmod.pipeline.links import compute

    run = small_run.build(tmp_path)
    traffic = TRAFFIC | {
        "network_sha256": sha256_file(tmp_path / "networks" / "small" / "links.parquet")
    }
    rows = "0,,40\n1,,41\n0,rigid_truck,33\n5,,100\n"
    (run / "input" / "speeds.csv").write_text(HEAD + rows)
    small_run.write_scenario(run, traffic=traffic, outputs=["accounts"])
    with pytest.raises(InputError, match=r"4 of 7 link-hours.*12\.961%.*first link_id 2.*'bpr'"):
        read_inputs(run)
    traffic["speed_fallback"] = "free"
    small_run.write_scenario(run, traffic=traffic, outputs=["accounts"])
    inputs = read_inputs(run)
    assert "input/speeds.csv" in inputs.hashes
    assert any("87.0% of vehicle-kilometres were driven at a measured" in n for n in inputs.notes)
    assert any("4 of 7 link-hours with traffic had none: by free" in n for n in inputs.notes)
    spectrum = compute(inputs).tables.spectrum
    nodes = spectrum.groupby("vehicle_class")["speed_node"].unique()
    # links 2, 3 and 7 at their free speed; 100 km/h on the motorway: trucks at 90
    assert sorted(nodes["car"]) == [300, 400, 410, 500, 1000]
    assert sorted(nodes["rigid_truck"]) == [330, 410, 500, 900]
