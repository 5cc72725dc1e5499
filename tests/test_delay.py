"""Conical and Akcelik functions: by hand, a naive twin, laws, and another program's figures."""

from pathlib import Path

import naive_delay
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from small_traffic import random_traffic, two_threads, with_threads

from transmod.errors import CoverageError
from transmod.inputs.tables import read_shipped_table
from transmod.kernels.delay import AKCELIK, CONICAL, delayed_speed
from transmod.schema import ROAD_CLASSES
from transmod.traffic.speeds import speed_rule, travel_speeds

DATA = Path(__file__).parent / "data"
RATIOS = np.array([0.0, 1e-9, 0.1, 0.5, 0.9, 1 - 1e-9, 1.0, 1 + 1e-9, 1.2, 2.0, 50.0])


def curve(form, ratios, free, alpha, beta, capacity=1000.0):
    """Return the speed of one link at each volume over capacity."""
    average, series = np.zeros((1, 8)), np.zeros((1, 8, len(ratios)))
    average[0, 2], series[0, 2] = capacity, ratios
    out, one = np.full((1, 1, len(ratios)), np.nan), np.ones(1)
    delayed_speed(
        form, average, series, np.ones(8), free * one, capacity * one, alpha * one, beta * one, out
    )
    return out[0, 0]


def conical(ratios, free, alpha):
    return curve(CONICAL, ratios, free, alpha, (2 * alpha - 1) / (2 * alpha - 2))


def akcelik(ratios, free, delay_parameter, lane_capacity, period):
    beta = 8 * delay_parameter / (lane_capacity * period)
    return curve(AKCELIK, ratios, free, 0.25 * period, beta)


def test_conical_by_hand():
    # alpha 4, beta 7/6: at half of capacity sqrt(16/4 + 49/36) - 7/6 = 1.148741 of the free time;
    # at capacity twice, by construction
    half = 120 / (np.sqrt(4 + 49 / 36) - 7 / 6)
    assert_allclose(conical([0.0, 0.5, 1.0], 120.0, 4.0), [120.0, half, 60.0], rtol=1e-14)
    assert half == pytest.approx(104.46, abs=0.005)


def test_akcelik_by_hand():
    # a motorway at capacity: 1/120 h + 0.25 x sqrt(8 x 0.1 / 2,000) = 0.008333 + 0.005 h: 75 km/h
    assert_allclose(akcelik([0.0, 1.0], 120.0, 0.1, 2000.0, 1.0), [120.0, 75.0], rtol=1e-14)
    # a street: 0.025 + 0.25 x sqrt(12.8 / 600) = 0.0615148 h: 16.256 km/h
    assert akcelik([1.0], 40.0, 1.6, 600.0, 1.0)[0] == pytest.approx(16.2562, abs=5e-5)


def test_agrees_with_another_program():
    table = pd.read_csv(DATA / "aequilibrae_delay.csv")
    assert set(table["function"]) == {"conical", "akcelik"}
    for row in table.itertuples():
        own = (
            conical([row.ratio], row.free_kmh, row.parameter)
            if row.function == "conical"
            else akcelik([row.ratio], row.free_kmh, row.parameter, row.lane_capacity, row.period_h)
        )
        assert own[0] == pytest.approx(row.speed_kmh, rel=1e-12), row


@pytest.mark.parametrize("form", [CONICAL, AKCELIK])
@pytest.mark.parametrize(
    "own_shape",
    [False, pytest.param(True, marks=pytest.mark.slow)],  # compiled anew for volumes by hour
)
def test_agrees_with_naive(form, own_shape):
    t = random_traffic(own_shape=own_shape, streams=11)
    n_row = len(t.length)
    rng = np.random.default_rng(2)
    pcu, free = rng.uniform(0.4, 3.0, t.average.shape[1]), rng.uniform(20.0, 130.0, n_row)
    capacity, alpha = rng.uniform(500.0, 6000.0, n_row), rng.uniform(1.5, 15.0, n_row)
    beta = (2 * alpha - 1) / (2 * alpha - 2)
    lane, period = rng.uniform(400.0, 2000.0, n_row), 0.5
    if form == AKCELIK:
        alpha, beta = np.full(n_row, 0.25 * period), 8 * alpha / (lane * period)
    out = np.full((n_row, 1, len(t.weight)), np.nan)
    delayed_speed(form, t.average, t.series, pcu, free, capacity, alpha, beta, out)
    for i, h in np.ndindex(n_row, len(t.weight)):
        shape = t.shape[i if own_shape else 0, h]
        x = naive_delay.volume_over_capacity(t.average[i], shape, pcu, capacity[i])
        if form == CONICAL:
            expected = naive_delay.conical(x, free[i], alpha[i])
        else:
            j = beta[i] * lane[i] * period / 8
            expected = naive_delay.akcelik(x, free[i], j, lane[i], period)
        assert out[i, 0, h] == pytest.approx(expected, rel=1e-12)


CURVES = [
    *(pytest.param(conical, (alpha,), id=f"conical {alpha}") for alpha in (1.2, 3.0, 15.0)),
    pytest.param(akcelik, (0.1, 2000.0, 1.0), id="motorway"),
    pytest.param(akcelik, (1.6, 600.0, 0.25), id="street"),
    pytest.param(akcelik, (0.0, 900.0, 1.0), id="undisturbed"),
]


@pytest.mark.parametrize(("function", "parameters"), CURVES)
def test_free_at_no_volume_never_faster_with_more_and_continuous(function, parameters):
    for free in (7.0, 33.3, 130.0):
        speed = function(RATIOS, free, *parameters)
        assert speed[0] == free
        assert (speed <= free).all()
        assert (speed > 0.0).all()
        assert (np.diff(speed) <= 0.0).all()
        assert speed[5] == pytest.approx(speed[7], rel=1e-4)


def test_a_longer_queue_is_slower():
    short, long = (akcelik(RATIOS[-3:], 80.0, 0.4, 1200.0, period) for period in (0.5, 2.0))
    assert (long < short).all()
    # without disturbance nobody waits below capacity
    assert_array_equal(akcelik([0.3, 1.0], 80.0, 0.0, 1200.0, 1.0), [80.0, 80.0])


@two_threads
@pytest.mark.parametrize("form", [CONICAL, AKCELIK])
def test_threads_change_no_bit(form):
    t = random_traffic(rows=60, hours=30)

    def speeds():
        out, one = np.full((60, 1, 30), np.nan), np.ones(60)
        pcu = np.ones(t.average.shape[1])
        delayed_speed(form, t.average, t.series, pcu, 80 * one, 900 * one, 3 * one, one, out)
        return out

    assert_array_equal(with_threads(1, speeds), with_threads(2, speeds))


LINKS = pd.DataFrame(
    {
        "road_class": ["motorway", "residential"],
        "free_speed_kmh": [120.0, 30.0],
        "capacity_pcu_h": [4000.0, 600.0],
        "lanes": [2.0, 1.0],
    }
)


def test_shipped_parameters_reach_the_speeds():
    average, series = np.zeros((2, 8)), np.ones((1, 8, 1))
    average[:, 0] = LINKS["capacity_pcu_h"]

    def at_capacity(source, **options):
        rule = speed_rule(LINKS, (("car", "all"),), source, **options)
        return travel_speeds(rule, np.arange(2), average, series, None)[:, 0, 0]

    assert_allclose(at_capacity("conical"), [60.0, 15.0], rtol=1e-13)
    # by lane: 2,000 pcu/h; the street 1/30 + 0.25 x sqrt(12.8 / 600) h
    assert_allclose(at_capacity("akcelik")[0], 75.0, rtol=1e-13)
    assert_allclose(at_capacity("akcelik")[1], 1 / (1 / 30 + 0.25 * np.sqrt(12.8 / 600)))
    quarter = at_capacity("akcelik", period_h=0.25)
    assert_allclose(quarter[0], 1 / (1 / 120 + 0.0625 * np.sqrt(0.8 / 500)), rtol=1e-13)


@pytest.mark.parametrize(("name", "column"), [("conical", "alpha"), ("akcelik", "delay_parameter")])
def test_shipped_tables_have_every_road_class_and_a_source(name, column):
    table = read_shipped_table("traffic", name)
    assert tuple(table["road_class"]) == ROAD_CLASSES
    assert (table[column] > (1.0 if name == "conical" else 0.0)).all()
    assert table[["source", "licence", "verification"]].notna().all().all()


def test_missing_parameters_are_named():
    flow = pd.DataFrame({"road_class": ["motorway"], "alpha": [9.0]})
    with pytest.raises(CoverageError, match="residential missing, it has motorway"):
        speed_rule(LINKS, (("car", "all"),), "conical", speed_flow=flow)
