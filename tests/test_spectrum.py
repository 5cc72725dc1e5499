"""The spectrum of the link kernel: a hand-worked link, agreement with the naive twin, laws."""

from dataclasses import replace

import naive_activity
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from small_traffic import (
    N_GRADIENTS,
    N_ROADS,
    TOP,
    WAYS,
    Traffic,
    dense,
    random_traffic,
    two_threads,
    with_threads,
)

from transmod.kernels import links
from transmod.kernels.spectrum import split


def drive(t, bounds=None, out=None):
    bounds = np.array([0, len(t.length)] if bounds is None else bounds)
    n_row, n_stream = t.average.shape
    if out is None:
        out = np.zeros((len(bounds) - 1, N_GRADIENTS, N_ROADS, TOP + 1, n_stream))
    no_factor, none = np.zeros((0, *out.shape[1:], 0)), np.zeros((n_row, 0))
    links.drive(
        bounds, t.length, t.kind, t.node, t.lift, np.zeros(n_row, np.int64), t.average, t.lanes,
        t.series, t.weight, t.speed, t.road_type, t.limit, no_factor, out, t.average.copy(), none,
    )  # fmt: skip
    return out


def one_link(speed, *, limit=6.0, lift=0.0):
    """Return 2 km with 100 veh/h in the average hour, 1.5 times as many in the 365 hours shown."""
    average, shape = np.zeros((1, 8)), np.zeros((1, 1, 8))
    average[0, 3], shape[0, 0, 3] = 100.0, 1.5
    return Traffic(
        length=np.array([2.0]),
        kind=np.array([1], np.int8),
        node=np.array([1]),
        lift=np.array([lift]),
        average=average,
        shape=shape,
        weight=np.array([365.0]),
        speed=np.array([[[speed]]]),
        road_type=np.array([[0], [2]], np.int8),
        limit=np.full(8, limit),
    )


def test_a_link_by_hand():
    # 2 km x 150 veh/h x 365 h = 109,500 veh km; 2.53 km/h is 0.7 of node 25 and 0.3 of 26;
    # a quarter of the way up to the next gradient
    out = drive(one_link(2.53, lift=0.25))
    assert out[0, 1, 2, 25, 3] == pytest.approx(0.75 * 0.7 * 109_500)
    assert out[0, 1, 2, 26, 3] == pytest.approx(0.75 * 0.3 * 109_500)
    assert out[0, 2, 2, 25, 3] == pytest.approx(0.25 * 0.7 * 109_500)
    assert out[0, 2, 2, 26, 3] == pytest.approx(0.25 * 0.3 * 109_500)
    assert np.count_nonzero(out) == 4


@pytest.mark.parametrize(
    ("speed", "limit", "node"),
    [(0.0, 6.0, 0), (6.0, 6.0, 60), (6.1, 6.0, 60), (300.0, 6.0, 60), (5.0, 2.5, 25)],
)
def test_a_speed_at_an_end_stands_on_one_node(speed, limit, node):
    found = drive(one_link(speed, limit=limit))
    assert found[0, 1, 2, node, 3] == 109_500
    assert found.sum() == 109_500


@pytest.mark.parametrize("way", WAYS)
def test_agrees_with_naive(way):
    t = random_traffic(**way)
    out = drive(t, bounds=[0, 3, 3, 7]).sum(axis=0)
    assert_allclose(out, dense(naive_activity.spectrum(t, TOP), out.shape), rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("way", WAYS)
def test_the_sum_is_the_vehicle_kilometres(way):
    t = random_traffic(seed=2, rows=20, **way)
    assert_allclose(drive(t).sum(axis=(0, 1, 2, 3)), t.vkm.sum(axis=0), rtol=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_padding_stays_empty_and_no_traffic_leaves_nothing(way):
    t = random_traffic(seed=3, **way)
    assert not drive(t)[..., way.get("streams", 5) :].any()
    assert not drive(replace(t, average=np.zeros_like(t.average))).any()


@pytest.mark.parametrize("way", WAYS)
def test_linear_in_volume(way):
    t = random_traffic(seed=4, **way)
    other = random_traffic(seed=5, **way).average
    assert_array_equal(drive(replace(t, average=2.0 * t.average)), 2.0 * drive(t))
    both = drive(replace(t, average=t.average + other))
    assert_allclose(both, drive(t) + drive(replace(t, average=other)), rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("way", WAYS)
def test_a_cut_changes_nothing(way):
    t = random_traffic(seed=6, **way)
    twice = t.part(np.repeat(np.arange(7), 2))
    cut = replace(twice, length=twice.length * np.tile([0.3, 0.7], 7))
    assert_allclose(drive(cut), drive(t), rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("way", WAYS)
def test_blocks_add_up_and_rows_outside_them_are_left_out(way):
    t = random_traffic(seed=7, rows=9, **way)
    out = drive(t, bounds=[2, 5, 8])
    assert_allclose(out[0], drive(t.part(slice(2, 5)))[0], rtol=1e-12)
    assert_allclose(out[1], drive(t.part(slice(5, 8)))[0], rtol=1e-12)


@two_threads
@pytest.mark.parametrize("way", WAYS)
def test_threads_change_no_bit(way):
    t = random_traffic(seed=8, rows=60, hours=30, **way)
    bounds = np.arange(0, 61, 5)
    assert_array_equal(with_threads(1, drive, t, bounds), with_threads(2, drive, t, bounds))


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("wrong", [np.nan, -1.0, -1e30, np.inf, 1e30])
@pytest.mark.parametrize("way", WAYS)
def test_a_wrong_speed_writes_nowhere_else(way, wrong):
    t = random_traffic(seed=9, rows=3, **way)
    t.speed[1, 0, 2] = wrong
    around = np.full((3, N_GRADIENTS, N_ROADS, TOP + 1, t.average.shape[1]), 7.0)
    around[1] = 0.0
    drive(t, out=around[1:2])
    assert (around[[0, 2]] == 7.0).all()


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_missing_speed_is_seen_in_the_sum():
    assert np.isnan(drive(one_link(np.nan)).sum())


def test_split_keeps_the_published_limits_on_nodes():
    for speed in range(141):
        node, weight = split(float(speed), 1400)
        assert node + weight == 10 * speed
        assert weight in (0.0, 1.0)
