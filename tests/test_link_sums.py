"""Sums of the link kernel: by hand, agreement with the naive twin and the spectrum, laws."""

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
    dense,
    random_traffic,
    two_threads,
    with_threads,
)
from test_spectrum import drive as spectrum_of
from test_spectrum import one_link

from transmod.kernels.links import drive

N_FLEETS, N_QUANTITIES = 2, 4


def random_factors(t, seed=11):
    shape = (N_FLEETS, N_GRADIENTS, N_ROADS, TOP + 1, t.average.shape[1], N_QUANTITIES)
    return np.random.default_rng(seed).uniform(0.0, 10.0, shape)


def fleets(t):
    return np.arange(len(t.length)) % N_FLEETS


def sums(t, factor, fleet=None):
    n_row, n_stream = t.average.shape
    # values of an earlier block must not shine through
    vkm, total = np.full((n_row, n_stream), 9.0), np.full((n_row, factor.shape[-1]), 9.0)
    out = np.zeros((1, *factor.shape[1:5]))
    drive(
        np.array([0, n_row]), t.length, t.kind, t.node, t.lift,
        fleets(t) if fleet is None else fleet, t.average, t.lanes, t.series, t.weight, t.speed,
        t.road_type, t.limit, factor, out, vkm, total,
    )  # fmt: skip
    return vkm, total


def test_a_link_by_hand():
    # 109,500 veh km at 2.5 km/h, node 25: 200 and 0.1 g/km; 2.55 km/h is half of node 26
    factor = np.zeros((1, N_GRADIENTS, N_ROADS, TOP + 1, 8, 2))
    factor[0, 1, 2, 25, 3] = 200.0, 0.1
    factor[0, 1, 2, 26, 3] = 100.0, 0.3
    vkm, total = sums(one_link(2.5), factor, np.zeros(1, np.int64))
    assert vkm[0, 3] == 109_500
    assert_allclose(total, [[21_900_000.0, 10_950.0]], rtol=1e-14)
    _, total = sums(one_link(2.55), factor, np.zeros(1, np.int64))
    assert_allclose(total, [[16_425_000.0, 21_900.0]], rtol=1e-9)


@pytest.mark.parametrize("way", WAYS)
def test_agrees_with_naive(way):
    t = random_traffic(**way)
    factor = random_factors(t)
    vkm, total = sums(t, factor)
    expected = naive_activity.link_sums(t, factor, fleets(t), TOP)
    assert_allclose(vkm, dense(expected[0], vkm.shape), rtol=1e-12)
    assert_allclose(total, dense(expected[1], total.shape), rtol=1e-9)


@pytest.mark.parametrize("way", WAYS)
def test_agrees_with_the_spectrum(way):
    t = random_traffic(seed=2, **way)
    factor = random_factors(t)
    vkm, total = sums(t, factor)
    assert_allclose(vkm, t.vkm, rtol=1e-12)
    for m in range(N_FLEETS):
        own = fleets(t) == m
        by_node = spectrum_of(t.part(own))[0]
        expected = np.einsum("grkc,grkcq->q", by_node, factor[m])
        assert_allclose(total[own].sum(axis=0), expected, rtol=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_linear_and_nothing_from_nothing(way):
    t = random_traffic(seed=3, **way)
    factor = random_factors(t)
    vkm, total = sums(t, factor)
    vkm_2, total_2 = sums(replace(t, average=2.0 * t.average), factor)
    assert_array_equal(vkm_2, 2.0 * vkm)
    assert_array_equal(total_2, 2.0 * total)
    vkm, total = sums(replace(t, average=np.zeros_like(t.average)), factor)
    assert not vkm.any()
    assert not total.any()


@pytest.mark.parametrize("way", WAYS)
def test_a_cut_changes_nothing(way):
    t = random_traffic(seed=4, **way)
    factor, fleet = random_factors(t), fleets(t)
    _, whole = sums(t, factor)
    twice = t.part(np.repeat(np.arange(7), 2))
    cut = replace(twice, length=twice.length * np.tile([0.3, 0.7], 7))
    _, parts = sums(cut, factor, np.repeat(fleet, 2))
    assert_allclose(parts.reshape(7, 2, -1).sum(axis=1), whole, rtol=1e-12)


@two_threads
@pytest.mark.parametrize("way", WAYS)
def test_threads_change_no_bit(way):
    t = random_traffic(seed=5, rows=60, hours=30, **way)
    factor = random_factors(t)
    one, two = with_threads(1, sums, t, factor), with_threads(2, sums, t, factor)
    assert_array_equal(one[0], two[0])
    assert_array_equal(one[1], two[1])


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("wrong", [np.nan, -1.0, -1e30, np.inf, 1e30])
@pytest.mark.parametrize("way", WAYS)
def test_a_wrong_speed_stays_in_its_row(way, wrong):
    t = random_traffic(seed=6, rows=3, **way)
    factor = random_factors(t)
    _, before = sums(t, factor)
    t.speed[1, 0, 2] = wrong
    _, total = sums(t, factor)
    assert_array_equal(total[[0, 2]], before[[0, 2]])
    if np.isnan(wrong) and t.average[1, 0] > 0.0:
        assert np.isnan(total[1]).all()
