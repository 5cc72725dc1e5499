"""Published curves on the speed nodes."""

import numpy as np
import pandas as pd
import pytest
from naive_factors import published
from profile_set import shipped

from transmod.inputs.profile_tables import COEFFICIENTS
from transmod.model.curves import NODES_KMH, Bridge, bridges, evaluate, find_poles, tabulate

BRIDGE = Bridge(per_strength=10.0, half_width_min_kmh=0.5, half_width_max_kmh=5.0)


def row_of(low, high, **coefficients):
    values = dict.fromkeys(COEFFICIENTS, 0.0) | {"den_v0": 1.0} | coefficients
    return pd.DataFrame([values | {"speed_min_kmh": low, "speed_max_kmh": high}])


def node(speed):
    return round(speed * 10)


def test_hand_worked_curve_held_at_its_ends():
    # at 20 km/h: (0.001 * 400 + 1 + 10 / 20) / 2 * (1 - 0.5) = 1.9 / 4 = 0.475
    # at 10 km/h: (0.1 + 1 + 1) / 4 = 0.525; at 50 km/h: (2.5 + 1 + 0.2) / 4 = 0.925
    row = row_of(10, 50, num_v2=0.001, num_v0=1, num_inverse_v=10, den_v0=2, reduction=0.5)
    curve = tabulate(row, BRIDGE)[0]
    assert curve[node(20)] == pytest.approx(0.475, rel=1e-15)
    assert (curve[: node(10) + 1] == curve[node(10)]).all()
    assert curve[node(10)] == pytest.approx(0.525, rel=1e-15)
    assert (curve[node(50) :] == curve[node(50)]).all()
    assert curve[node(50)] == pytest.approx(0.925, rel=1e-15)


def test_a_negative_reduction_is_not_clamped():
    curve = tabulate(row_of(5, 130, num_v0=2.0, reduction=-4.0), BRIDGE)[0]
    assert curve[node(50)] == 10.0


def test_a_range_that_starts_at_zero_stays_finite():
    curve = tabulate(row_of(0, 60, num_inverse_v=3.0), BRIDGE)[0]
    assert np.isfinite(curve).all()
    assert curve[0] == 3.0  # 3 / v at 1 km/h


def test_what_is_negative_is_zero():
    curve = tabulate(row_of(5, 100, num_v0=1.0, num_v1=-0.02), BRIDGE)[0]  # zero at 50 km/h
    assert curve[node(40)] == pytest.approx(0.2)
    assert (curve[node(50) :] == 0.0).all()


def test_a_pole_is_bridged_by_a_straight_line():
    # 2 + 0.01 / (v - 40): residue 0.01, median near 2, strength 0.005 km/h, half-width 0.5 km/h
    row = row_of(5, 100, num_v1=2.0, num_v0=-79.99, den_v1=1.0, den_v0=-40.0)
    poles = find_poles(row)
    assert poles[np.isfinite(poles)] == pytest.approx([40.0])
    assert bridges(row.iloc[0], poles[0], BRIDGE) == [pytest.approx((39.5, 40.5))]
    curve = tabulate(row, BRIDGE)[0]
    assert np.isfinite(curve).all()
    # nodes outside the bridge are untouched, those inside lie on the line between them
    assert curve[node(39.4)] == pytest.approx(2 - 0.01 / 0.6, rel=1e-12)
    assert curve[node(40.6)] == pytest.approx(2 + 0.01 / 0.6, rel=1e-12)
    assert curve[node(40.0)] == pytest.approx(2.0, rel=1e-12)
    assert np.allclose(np.diff(curve[node(39.4) : node(40.6) + 1], 2), 0.0, atol=1e-12)


def test_a_bridge_that_reaches_the_end_holds_the_last_good_value():
    row = row_of(39.8, 100, num_v1=2.0, num_v0=-79.99, den_v1=1.0, den_v0=-40.0)
    curve = tabulate(row, BRIDGE)[0]
    assert (curve[: node(40.6)] == curve[node(40.6)]).all()


def test_rows_are_finite_and_not_negative_and_held_outside_their_range():
    # a sample: `check_set` proves every row, see test_profiles.py
    rows = shipped().hot.iloc[::13]
    curve = tabulate(rows, BRIDGE)
    assert np.isfinite(curve).all()
    assert curve.min() >= 0.0
    high = (rows["speed_max_kmh"].to_numpy() * 10).astype(int)
    assert (curve[:, -1] == curve[np.arange(len(rows)), high]).all()


def test_tabulate_equals_its_naive_twin():
    hot = shipped().hot
    rows = hot[np.isnan(find_poles(hot)).all(axis=1)].sample(40, random_state=7)
    curve = tabulate(rows, BRIDGE)
    for row, values in zip(rows.to_dict("records"), curve, strict=True):
        twin = [published(row, speed) for speed in NODES_KMH[::10]]
        assert values[::10] == pytest.approx(twin, rel=1e-9, abs=1e-15)


def test_every_published_check_value_is_reproduced():
    hot = shipped().hot
    assert len(hot) == 28990
    value = hot["check_value"].to_numpy()
    here = evaluate(hot, hot["check_speed_kmh"].to_numpy())
    error = np.abs(here - value) / np.where(value == 0, 1, np.abs(value))
    assert error.max() <= 1e-6
