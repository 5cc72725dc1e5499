"""Emissions from a spectrum: hand-worked, agreement with the naive twin and the links, laws."""

from dataclasses import replace

import naive_activity
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from transmod.model.activity import Activity
from transmod.model.factors import Factors
from transmod.model.fleet import Fleet
from transmod.model.link_factors import LINK_QUANTITIES, link_factors
from transmod.model.road import area_shares, find_types, hours_per_km, road_emissions, sum_streams
from transmod.schema import EMISSION_KEYS, GRADIENT_NODES, N_SPEED_NODES, ROAD_TYPES

STREAMS = (("car", "all"), ("bus", "through"))
AREAS = ("east", "no_district")
TYPES = ("bus_diesel", "car_electric", "car_petrol", "car_petrol_old")
QUANTITIES = (
    ("hot", "energy"),
    ("hot", "co2"),
    ("hot", "co2_biogenic"),
    ("hot", "n2o"),
    ("electricity", "energy"),
    ("electricity", "co2"),
    ("tyre", "pm10"),
)
LINE_OF = {"hot": "road_fuel", "electricity": "road_electricity", "tyre": "road_wear"}
GRADIENTS = np.array([0.0, 0.02])
POSITIONS = [GRADIENT_NODES.index(g) for g in GRADIENTS]
# by area, stream and type: no electric car in the second area
SHARE = np.array(
    [
        [[0.0, 0.2, 0.5, 0.3], [1.0, 0.0, 0.0, 0.0]],
        [[0.0, 0.0, 0.75, 0.25], [1.0, 0.0, 0.0, 0.0]],
    ]
)
WHICH = np.array([0, 1])


def random_factors(seed=1):
    """Return factors: nothing hot from the electric car, N2O of the old one not estimated."""
    rng = np.random.default_rng(seed)
    shape = (len(TYPES), len(QUANTITIES), len(ROAD_TYPES), len(GRADIENT_NODES))
    curve = rng.uniform(0.0, 300.0, (12, N_SPEED_NODES))
    curve[0] = 0.0
    index = rng.integers(1, 12, shape)
    estimated = np.ones(shape[:2], bool)
    index[1, :4] = index[0, 4:6] = index[2:, 4:6] = 0
    index[3, 3], estimated[3, 3] = 0, False
    carrier = np.array(
        [["diesel"] * 7, ["electricity"] * 7, ["petrol"] * 7, ["petrol"] * 7], object
    )
    carrier[:, 6] = ""
    return Factors(
        types=pd.DataFrame({"vehicle_type": TYPES}),
        quantities=QUANTITIES,
        curve=curve,
        index=index,
        validity=np.broadcast_to([20.0, 100.0], (len(TYPES), *shape[2:], 2)),
        scope=np.ones(shape[:2], np.int8),
        carrier=carrier,
        estimated=estimated,
        notes=(),
    )


def activity_of(spectrum):
    none = np.zeros((0, 0))
    return Activity(STREAMS, GRADIENTS, spectrum, none, none, none, none, 0)


def random_spectrum(seed=2, number=60):
    """Return kilometres of cars in both areas, and of buses in the first."""
    rng = np.random.default_rng(seed)
    shape = (len(AREAS), GRADIENTS.size, len(ROAD_TYPES), N_SPEED_NODES, len(STREAMS))
    out = np.zeros(shape)
    out[tuple(rng.integers(0, n, number) for n in shape)] = rng.uniform(1.0, 1e6, number)
    out[1, ..., 1] = 0.0
    return out


def emissions(spectrum, factors, share=SHARE):
    found = road_emissions(activity_of(spectrum), factors, share, WHICH, AREAS)
    rows = ("emission_rows", "energy_rows", "activity_rows")
    return replace(found, **{name: getattr(found, name).to_frame() for name in rows})


def expected_rows(spectrum, factors):
    """Return {(area, class, type, process, pollutant): sum or None} that should have a row."""
    sums = naive_activity.road_totals(spectrum, POSITIONS, factors, SHARE[WHICH])
    rows = {}
    for (a, c, j, q), value in sums.items():
        applies = factors.index[j, q].any()
        if SHARE[WHICH[a], c, j] > 0.0 and (applies or not factors.estimated[j, q]):
            key = AREAS[a], STREAMS[c][0], TYPES[j], *QUANTITIES[q]
            rows[key] = value if factors.estimated[j, q] else None
    return rows


def test_a_city_by_hand():
    # 1,000 veh km of cars at 50 km/h and 500 at 60; half of the cars are of the type, and it emits
    # 150 and 100 g/km: 0.5 x (150,000 + 50,000) g = 0.1 t; time 0.5 x (20 h + 8.33 h)
    factors, spectrum = random_factors(), np.zeros_like(random_spectrum())
    spectrum[0, 0, 1, [500, 600], 0] = 1000.0, 500.0
    factors.curve[5, [500, 600]] = 150.0, 100.0
    factors.index[2, 1, 1, POSITIONS[0]] = 5
    found = emissions(spectrum, factors)
    rows = found.emission_rows.query("vehicle_type == 'car_petrol' and pollutant == 'co2'")
    assert rows["mass_t"].tolist() == [pytest.approx(0.1, rel=1e-14)]
    row = rows.iloc[0]
    assert row[[*EMISSION_KEYS, "process"]].tolist() == [
        "road_fuel", "east", "link", "road", "car", "all", "car_petrol", "petrol", "hot",
    ]  # fmt: skip
    driven = found.activity_rows.query("vehicle_type == 'car_petrol'").iloc[0]
    assert driven["road_type"] == ROAD_TYPES[1]
    assert driven["vkm"] == 750.0
    assert driven["vehicle_h"] == pytest.approx(0.5 * (20 + 500 / 60), rel=1e-14)


def test_agrees_with_naive():
    spectrum, factors = random_spectrum(), random_factors()
    found = emissions(spectrum, factors)
    expected = expected_rows(spectrum, factors)
    keys = ["district_id", "vehicle_class", "vehicle_type", "process"]
    masses = found.emission_rows.set_index([*keys, "pollutant"])["mass_t"]
    assert masses.index.is_unique
    assert set(masses.index) == {key for key in expected if key[-1] != "energy"}
    for key, mass in masses.items():
        if expected[key] is None:
            assert np.isnan(mass)
        else:
            assert mass == pytest.approx(expected[key] / 1e6, rel=1e-12), key
    lines = found.emission_rows["process"].astype("str").map(LINE_OF)
    lines[found.emission_rows["pollutant"] == "co2_biogenic"] = "road_biogenic"
    assert (found.emission_rows["activity"] == lines).all()
    process = {"road_fuel": "hot", "road_electricity": "electricity"}
    energy = found.energy_rows.assign(process=found.energy_rows["activity"].map(process))
    energy = energy.set_index(keys)["energy_tj"]
    assert {(*key, "energy") for key in energy.index} == {k for k in expected if k[-1] == "energy"}
    for key, value in energy.items():
        assert value == pytest.approx(expected[*key, "energy"] / 1e6, rel=1e-12)


def test_wear_has_no_fuel_and_what_is_not_estimated_is_no_zero():
    found = emissions(random_spectrum(), random_factors()).emission_rows
    assert found.loc[found["process"] == "tyre", "fuel"].isna().all()
    assert (found.loc[found["process"] == "electricity", "fuel"] == "electricity").all()
    missing = found[found["mass_t"].isna()]
    assert set(missing["vehicle_type"]) == {"car_petrol_old"}
    assert set(missing["pollutant"]) == {"n2o"}


def test_kilometres_and_hours_are_those_of_the_spectrum():
    spectrum = random_spectrum()
    rows = emissions(spectrum, random_factors()).activity_rows
    assert rows["vkm"].sum() == pytest.approx(spectrum.sum(), rel=1e-12)
    hours = np.einsum("agrkc,k->", spectrum, hours_per_km())
    assert rows["vehicle_h"].sum() == pytest.approx(hours, rel=1e-12)
    assert not ((rows["district_id"] == "no_district") & (rows["vehicle_class"] == "bus")).any()
    assert not ((rows["district_id"] == "no_district") & rows["vehicle_type"].eq(TYPES[1])).any()


def test_time_of_a_kilometre_is_held_below_walking_pace():
    hours = hours_per_km()
    assert_array_equal(hours[:11], np.ones(11))
    assert_allclose(hours[[20, 500, 1400]], [1 / 2, 1 / 50, 1 / 140], rtol=1e-15)


def test_links_and_ledger_agree_by_construction():
    spectrum, factors = random_spectrum(), random_factors()
    table = link_factors(STREAMS, GRADIENTS, factors, SHARE)
    by_link = np.einsum("agrkc,agrkcq->q", spectrum, table[WHICH])
    found = emissions(spectrum, factors)
    masses = found.emission_rows[found.emission_rows["process"] != "electricity"]
    by_ledger = masses.groupby("pollutant")["mass_t"].sum() * 1e6
    for q, name in enumerate(LINK_QUANTITIES[:-3]):
        assert by_link[q] == pytest.approx(by_ledger.get(name, 0.0), rel=1e-12), name
    electric = found.emission_rows.query("process == 'electricity'")["mass_t"].sum() * 1e6
    energy = found.energy_rows.query("activity == 'road_electricity'")["energy_tj"].sum() * 1e6
    hours = found.activity_rows["vehicle_h"].sum()
    assert_allclose(by_link[-3:], [energy, electric, hours], rtol=1e-12)


def test_linear_in_kilometres_and_nothing_from_nothing():
    spectrum, factors = random_spectrum(), random_factors()
    once, twice = emissions(spectrum, factors), emissions(2.0 * spectrum, factors)
    assert_array_equal(twice.emission_rows["mass_t"], 2.0 * once.emission_rows["mass_t"])
    nothing = emissions(np.zeros_like(spectrum), factors)
    assert nothing.emission_rows.empty
    assert nothing.energy_rows.empty
    assert nothing.activity_rows.empty
    assert nothing.notes == ()


def test_sums_of_streams_hold_for_other_shares_of_the_same_types():
    spectrum, factors = random_spectrum(), random_factors()
    activity, other = activity_of(spectrum), np.where(SHARE > 0.0, 0.7 * SHARE + 0.1, 0.0)
    sums = list(sum_streams(activity, factors, find_types(SHARE, WHICH)))
    known = road_emissions(activity, factors, other, WHICH, AREAS, sums)
    anew = road_emissions(activity, factors, other, WHICH, AREAS)
    for name in ("emission_rows", "energy_rows", "activity_rows"):
        pd.testing.assert_frame_equal(
            getattr(known, name).to_frame(), getattr(anew, name).to_frame(), check_exact=True
        )
    assert known.notes == anew.notes


def test_kilometres_outside_the_published_range_are_noted():
    spectrum = np.zeros_like(random_spectrum())
    spectrum[0, 0, 1, [150, 199, 200, 1000, 1001], 0] = 10.0, 20.0, 30.0, 30.0, 10.0
    notes = emissions(spectrum, random_factors()).notes
    assert len(notes) == 1
    assert notes[0].endswith("vehicle-kilometres, are: car 30.00% slower, 10.00% faster.")


def test_areas_with_a_fleet_of_their_own():
    own = SHARE[1]
    fleet = Fleet("mix", STREAMS, TYPES, SHARE[0], {"west": own, "elsewhere": own + 1.0}, ())
    shares, which = area_shares(fleet, ("east", "west", "no_district"))
    assert_array_equal(shares, np.stack([SHARE[0], own]))
    assert_array_equal(which, [0, 1, 0])
    shares, which = area_shares(replace(fleet, district_share={}), ("east", "west"))
    assert shares.shape == (1, *SHARE[0].shape)
    assert_array_equal(which, [0, 0])
