"""The clock kernel: a hand-worked link, agreement with the naive twin and the spectrum, laws."""

from dataclasses import replace

import naive_activity
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from small_traffic import N_ROADS, TOP, WAYS, dense, random_traffic, two_threads, with_threads
from test_spectrum import drive, one_link

from transmod.kernels.hours import clock

N_SLOTS = 5


def slots(t):
    """Return the slot of each hour: no hour in slot 3, the others in turn."""
    return np.array([0, 4, 1, 2])[np.arange(len(t.weight)) % 4]


def strike(t, slot=None, out=None):
    slot = slots(t) if slot is None else slot
    order = np.argsort(slot, kind="stable")
    first = np.append(0, np.cumsum(np.bincount(slot, minlength=N_SLOTS)))
    if out is None:
        out = np.zeros((N_SLOTS, N_ROADS, TOP + 1, t.average.shape[1]))
    t = replace(
        t, shape=t.shape[:, order], weight=t.weight[order], speed=t.speed[:, :, order].copy(),
        road_type=t.road_type[:, order].copy(),
    )  # fmt: skip
    clock(
        first, t.length, t.kind, t.average, t.lanes, t.series, t.weight, t.speed, t.road_type,
        t.limit, out,
    )  # fmt: skip
    return out


def test_a_link_by_hand():
    # 109,500 veh km on a road of kind 1 at 2.53 km/h: 0.7 of node 25 and 0.3 of node 26
    out = strike(one_link(2.53, lift=0.25), slot=np.array([4]))
    assert out[4, 2, 25, 3] == pytest.approx(0.7 * 109_500)
    assert out[4, 2, 26, 3] == pytest.approx(0.3 * 109_500)
    assert np.count_nonzero(out) == 2


@pytest.mark.parametrize("way", WAYS)
def test_agrees_with_naive(way):
    t = random_traffic(**way)
    out = strike(t)
    expected = naive_activity.clock(t, slots(t), TOP)
    assert_allclose(out, dense(expected, out.shape), rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("way", WAYS)
def test_the_clock_holds_what_the_spectrum_holds(way):
    t = random_traffic(seed=2, rows=20, **way)
    out = strike(t)
    by_node = drive(t).sum(axis=(0, 1))
    assert_allclose(out.sum(axis=0), by_node, rtol=1e-11, atol=1e-9)
    assert_allclose(out.sum(axis=(0, 1, 2)), t.vkm.sum(axis=0), rtol=1e-12)
    assert not out[3].any()
    assert not out[..., way.get("streams", 5) :].any()


@pytest.mark.parametrize("way", WAYS)
def test_adds_and_is_linear(way):
    t = random_traffic(seed=3, **way)
    once = strike(t)
    assert_array_equal(strike(replace(t, average=2.0 * t.average)), 2.0 * once)
    twice = strike(t, out=once.copy())
    assert_allclose(twice, 2.0 * once, rtol=1e-12)
    assert not strike(replace(t, average=np.zeros_like(t.average))).any()


@two_threads
@pytest.mark.parametrize("way", WAYS)
def test_threads_change_no_bit(way):
    t = random_traffic(seed=4, rows=60, hours=30, **way)
    assert_array_equal(with_threads(1, strike, t), with_threads(2, strike, t))


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("wrong", [np.nan, -1.0, -1e30, np.inf, 1e30])
@pytest.mark.parametrize("way", WAYS)
def test_a_wrong_speed_writes_nowhere_else(way, wrong):
    t = random_traffic(seed=5, rows=3, **way)
    t.speed[1, 0, 2] = wrong
    around = np.full((3, N_SLOTS, N_ROADS, TOP + 1, t.average.shape[1]), 7.0)
    around[1] = 0.0
    strike(t, out=around[1])
    assert (around[[0, 2]] == 7.0).all()
