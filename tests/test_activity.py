"""The pass over links and hours: a hand-worked city, agreement with the naive twin, laws."""

from dataclasses import replace

import naive_activity
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from small_city import N_AREAS, STREAMS, network_of, random_city, volumes_of
from small_traffic import dense, two_threads, with_threads

from transmod.errors import InputError
from transmod.model import activity
from transmod.model.activity import measure
from transmod.model.rows import Rows, to_situation
from transmod.schema import MAX_NODE_SPEED_KMH, N_SPEED_NODES, ROAD_TYPES
from transmod.traffic.calendar import build_calendar

TOP = N_SPEED_NODES - 1
FLEET = np.array([1, 0, 1])
CITIES = [("aadt", "bpr"), ("aadt", "free"), ("hourly", "bpr"), ("hourly", "given")]
each_city = pytest.mark.parametrize(("kind", "source"), CITIES)


def factors(city, n_fleets=2, n_quantities=3):
    shape = (n_fleets, city.situation.gradients.size, len(ROAD_TYPES), N_SPEED_NODES, len(STREAMS))
    return np.random.default_rng(5).uniform(0.0, 9.0, (*shape, n_quantities))


def speeds(city):
    """Return the speeds of all links (L, S, T) from the definition."""
    rule, (n_links, _, n_slots) = city.rule, city.series.shape
    if rule.source == "given":
        return city.given
    out = np.empty((n_links, 1, n_slots))
    for i, t in np.ndindex(n_links, n_slots):
        of_link = rule.free[i], rule.capacity[i], rule.alpha[i], rule.beta[i]
        volumes = city.series[i, :, t] if rule.source == "bpr" else np.zeros(len(STREAMS))
        out[i, 0, t] = naive_activity.bpr(volumes, rule.pcu, *of_link)
    return out


def test_a_city_by_hand():
    # 3 km, of which 60 % in the first district and 30 % in none (10 % is outside): 2,400 cars a
    # day at 50 km/h, in 2024: 366 days x 2,400 x 1.8 km = 1,581,120 veh km
    calendar = build_calendar(2024, "UTC", layout=24)
    city = random_city(kind="aadt", source="free")
    link = np.zeros(1, np.int64)
    result = measure(
        network_of([3000.0]),
        Rows(np.array([0, 0]), np.array([0, 2]), np.array([0.6, 0.3]), np.array([0, 1])),
        volumes_of("aadt", link, link, np.array([[2400.0]]), n_links=1),
        calendar,
        np.ones((len(STREAMS), 24)),
        to_situation(np.zeros(1), np.zeros(1, np.int8), np.full((1, 24), 2, np.int8)),
        replace(city.rule, free=np.array([50.0])),
    )
    assert result.spectrum.shape == (3, 1, len(ROAD_TYPES), N_SPEED_NODES, len(STREAMS))
    assert result.spectrum[0, 0, 2, 500, 0] == pytest.approx(1_581_120, rel=1e-12)
    assert result.spectrum[2, 0, 2, 500, 0] == pytest.approx(790_560, rel=1e-12)
    assert np.count_nonzero(result.spectrum) == 2
    assert_allclose(result.clock[:, 2, 500, 0], np.full(24, 366 * 100 * 2.7), rtol=1e-12)
    assert_array_equal(result.vehicles, [[366 * 2400.0, 0.0, 0.0]])
    assert result.vkm.size == result.total.size == result.n_too_fast == 0


@each_city
def test_agrees_with_naive(kind, source):
    city = random_city(kind=kind, source=source)
    factor = factors(city)
    result = measure(*city.arguments, factor=factor, fleet=FLEET)
    t = city.traffic(speeds(city))
    for a in range(N_AREAS):
        expected = naive_activity.spectrum(t.part(city.rows.area == a), TOP)
        assert_allclose(
            result.spectrum[a], dense(expected, result.spectrum.shape[1:]), rtol=1e-7, atol=1e-5
        )
    slot = city.calendar.day_type * 24 + city.calendar.hour
    expected = naive_activity.clock(t, slot, TOP)
    assert_allclose(result.clock, dense(expected, result.clock.shape), rtol=1e-7, atol=1e-5)
    driven, total = naive_activity.link_sums(t, factor, FLEET[city.rows.area], TOP)
    assert_allclose(result.vkm, dense(driven, result.vkm.shape), rtol=1e-12)
    assert_allclose(result.total, dense(total, result.total.shape), rtol=1e-9)
    assert_allclose(result.vehicles, city.series @ city.calendar.weight, rtol=1e-12)


@each_city
def test_areas_links_and_clock_hold_the_same(kind, source):
    city = random_city(kind=kind, source=source, n_links=9, seed=3)
    factor = factors(city)
    result = measure(*city.arguments, factor=factor, fleet=FLEET)
    by_area = np.stack([result.vkm[city.rows.area == a].sum(axis=0) for a in range(N_AREAS)])
    assert_allclose(result.spectrum.sum(axis=(1, 2, 3)), by_area, rtol=1e-12)
    assert_allclose(result.clock.sum(axis=(0, 1, 2)), by_area.sum(axis=0), rtol=1e-12)
    length = city.network.links["length_m"].to_numpy()[city.rows.link] / 1e3 * city.rows.fraction
    assert_allclose(result.vkm, length[:, None] * result.vehicles[city.rows.link], rtol=1e-12)
    for a in range(N_AREAS):
        expected = np.einsum("grkc,grkcq->q", result.spectrum[a], factor[FLEET[a]])
        assert_allclose(result.total[city.rows.area == a].sum(axis=0), expected, rtol=1e-12)


@each_city
def test_sizes_of_blocks_and_chunks_change_only_rounding(kind, source, monkeypatch):
    city = random_city(kind=kind, source=source, n_links=9, seed=4)
    factor = factors(city)
    whole = measure(*city.arguments, factor=factor, fleet=FLEET)
    monkeypatch.setattr(activity, "BLOCKS", 3)
    monkeypatch.setattr(activity, "CHUNK_BYTES", 8 * 72 * 5)
    told = []
    parts = measure(
        *city.arguments, factor=factor, fleet=FLEET, progress=lambda *step: told.append(step)
    )
    for name in ("spectrum", "clock"):
        assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-10, atol=1e-9)
    for name in ("vkm", "total", "vehicles"):
        assert_array_equal(getattr(parts, name), getattr(whole, name))
    assert parts.n_too_fast == whole.n_too_fast
    assert told == sorted(told)
    assert told[-1] == (city.rows.link.size, city.rows.link.size)


@two_threads
@each_city
def test_threads_change_no_bit(kind, source):
    city = random_city(kind=kind, source=source, n_links=30, seed=5)
    one, two = (
        with_threads(n, lambda: measure(*city.arguments, factor=factors(city), fleet=FLEET))
        for n in (1, 2)
    )
    for name in ("spectrum", "clock", "vkm", "total", "vehicles"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()


def test_an_undelayed_speed_beyond_the_nodes_counts_where_anyone_drives():
    city = random_city(kind="hourly", source="free")
    city.rule.free[:] = 50.0
    city.rule.free[[3, 4]] = 150.0  # link 4 has no volume
    result = measure(*city.arguments)
    assert result.n_too_fast == (city.rows.link == 3).sum() * city.calendar.weight.size


def test_speeds_beyond_the_nodes_are_held_and_counted():
    city = random_city(kind="hourly", source="given", seed=6)
    result = measure(*city.arguments)
    t = city.traffic(speeds(city))
    assert result.n_too_fast == (t.speed > MAX_NODE_SPEED_KMH).sum() > 0
    assert result.spectrum[..., TOP, 0].sum() > 0.0
    assert not result.spectrum[..., 901:, 1].any()
    assert not result.spectrum[..., 451:, 2].any()


@pytest.mark.parametrize("wrong", [np.nan, -5.0])
def test_a_missing_or_negative_speed_is_refused(wrong):
    city = random_city(kind="hourly", source="given")
    city.volumes.source[0].speed[-1, 5] = wrong
    last = city.network.links["link_id"].iloc[-1]
    with pytest.raises(InputError, match=rf"number >= 0 \[km/h\].*link_id {last} \({wrong}\)"):
        measure(*city.arguments)


def test_a_missing_volume_is_refused_where_speeds_come_from_it():
    city = random_city(kind="hourly", source="bpr")
    city.volumes.source[0].volume[0, 5] = np.nan
    with pytest.raises(InputError, match=r"number >= 0 \[veh\].*first on link_id 100"):
        measure(*city.arguments)


def test_no_rows_inside_drive_nothing():
    city = random_city()
    none = np.zeros(0, np.int64)
    result = measure(
        city.network, Rows(none, none, np.zeros(0), none), *city.arguments[2:],
        factor=factors(city), fleet=FLEET,
    )  # fmt: skip
    assert not result.spectrum.any()
    assert not result.clock.any()
    assert result.vkm.shape == (0, len(STREAMS))
    assert result.vehicles.any()
