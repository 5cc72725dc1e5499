"""The speed kernel and the speed rules: hand-worked, agreement with the naive twin, laws."""

import naive_activity
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from small_traffic import random_traffic, two_threads, with_threads

from transmod.errors import CoverageError
from transmod.kernels.speed import bpr_speed
from transmod.schema import MAX_NODE_SPEED_KMH
from transmod.traffic.speeds import SpeedRule, passenger_car_units, speed_rule, travel_speeds


def speeds(t, *, beta=4.0, capacity=1000.0, seed=1):
    n_row, n_stream = t.average.shape
    rng = np.random.default_rng(seed)
    pcu = rng.uniform(0.4, 3.0, n_stream)
    free = rng.uniform(20.0, 100.0, n_row)
    capacity = np.full(n_row, capacity) * rng.uniform(1.0, 2.0, n_row)
    alpha, beta = np.full(n_row, 0.15), np.broadcast_to(beta, n_row).copy()
    out = np.full((n_row, 1, len(t.weight)), np.nan)
    bpr_speed(t.average, t.series, pcu, free, capacity, alpha, beta, out)
    return out, (pcu, free, capacity, alpha, beta)


def one_link(load, beta, lanes=8):
    average, series, out = np.zeros((1, lanes)), np.ones((1, lanes, 2)), np.empty((1, 1, 2))
    average[0, 1], series[0, :, 1] = load, 2.0
    pcu = np.full(lanes, 2.0)
    one = np.ones(1)
    bpr_speed(average, series, pcu, 60.0 * one, 800.0 * one, 0.15 * one, beta * one, out)
    return out[0, 0]


def test_a_link_by_hand():
    # 400 trucks of 2 car units fill 800 pcu/h: 60 / 1.15; twice as many: 60 / (1 + 0.15 x 16)
    assert_allclose(one_link(400.0, 4.0), [60 / 1.15, 60 / 3.4], rtol=1e-15)
    assert_allclose(one_link(400.0, 2.0), [60 / 1.15, 60 / 1.6], rtol=1e-15)
    assert_array_equal(one_link(0.0, 4.0), [60.0, 60.0])
    assert_array_equal(one_link(0.0, 2.5), [60.0, 60.0])


@pytest.mark.parametrize("beta", [4.0, 1.0, 2.7, np.array([4.0, 4.0, 2.0, 10.0, 4.0, 3.0, 6.0])])
@pytest.mark.parametrize("streams", [1, 5, 8, 11])
@pytest.mark.parametrize("own_shape", [False, True])
def test_agrees_with_naive(own_shape, streams, beta):
    t = random_traffic(own_shape=own_shape, streams=streams)
    out, (pcu, free, capacity, alpha, beta) = speeds(t, beta=beta)
    for i, h in np.ndindex(len(t.length), len(t.weight)):
        volume = t.average[i] * t.shape[i if own_shape else 0, h]
        expected = naive_activity.bpr(volume, pcu, free[i], capacity[i], alpha[i], beta[i])
        assert out[i, 0, h] == pytest.approx(expected, rel=1e-12)


def test_more_traffic_is_never_faster_and_always_moves():
    t = random_traffic(streams=8)
    last = None
    for times in (0.0, 0.1, 1.0, 10.0, 1e6):
        busier = random_traffic(streams=8)
        busier.average[:] = t.average * times
        out, (_, free, *_) = speeds(busier)
        assert (out >= 0.0).all()
        assert (out <= free[:, None, None]).all()
        assert last is None or (out <= last).all()
        last = out
    assert np.isfinite(out).all()


def test_padding_changes_no_bit():
    assert_array_equal(one_link(333.3, 4.0, lanes=8), one_link(333.3, 4.0, lanes=24))


@two_threads
@pytest.mark.parametrize("own_shape", [False, True])
def test_threads_change_no_bit(own_shape):
    t = random_traffic(rows=60, hours=30, own_shape=own_shape)
    assert_array_equal(with_threads(1, speeds, t)[0], with_threads(2, speeds, t)[0])


LINKS = pd.DataFrame(
    {
        "road_class": ["motorway", "residential"],
        "free_speed_kmh": [120.0, 30.0],
        "capacity_pcu_h": [4000.0, 400.0],
    }
)
STREAMS = (("car", "all"), ("articulated_truck", "through"))


def test_the_rule_gathers_links_classes_and_limits():
    flow = pd.DataFrame(
        {"road_class": ["residential", "motorway"], "alpha": [0.5, 0.2], "beta": [2.0, 6.0]}
    )
    rule = speed_rule(LINKS, STREAMS, "bpr", speed_flow=flow)
    assert_array_equal(rule.alpha, [0.2, 0.5])
    assert_array_equal(rule.beta, [6.0, 2.0])
    assert_array_equal(rule.pcu, [1.0, passenger_car_units()["articulated_truck"]])
    assert_array_equal(rule.limit, [MAX_NODE_SPEED_KMH, 90.0])


def test_missing_parameters_are_named():
    flow = pd.DataFrame({"road_class": ["motorway"], "alpha": [0.15], "beta": [4.0]})
    with pytest.raises(CoverageError, match="residential missing, it has motorway"):
        speed_rule(LINKS, STREAMS, "bpr", speed_flow=flow)
    with pytest.raises(CoverageError, match=r"sledge has none.*Known: car, taxi"):
        speed_rule(LINKS, (("sledge", "all"),), "bpr")


def test_speeds_of_each_source():
    average, series = np.zeros((3, 8)), np.ones((1, 8, 2))
    average[:, 0] = 4000.0
    link, given = np.array([1, 0, 0]), np.full((3, 8, 2), 17.0)

    def of(source):
        rule = speed_rule(LINKS, STREAMS, source)
        assert isinstance(rule, SpeedRule)
        return travel_speeds(rule, link, average, series, given)

    assert_array_equal(of("given"), given)
    assert_array_equal(of("free")[:, 0, 0], [30.0, 120.0, 120.0])
    assert_allclose(of("bpr")[:, 0, 1], [30 / (1 + 0.15 * 1e4), 120 / 1.15, 120 / 1.15], rtol=1e-14)
