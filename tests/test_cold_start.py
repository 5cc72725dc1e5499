"""Cold start: examples worked by hand, laws, agreement of links and ledger."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_factors import published, rows_of
from numpy.testing import assert_allclose, assert_array_equal
from profile_set import shipped

from transmod.model.activity import Activity
from transmod.model.added_processes import add_processes
from transmod.model.cold_start import ColdTables, cold_ratio, cold_share
from transmod.model.factor_table import build_factors
from transmod.model.link_factors import link_factors
from transmod.model.pantry import records
from transmod.model.road import road_emissions
from transmod.schema import GRADIENT_NODES, N_SPEED_NODES, POLLUTANTS, ROAD_PROCESSES, ROAD_TYPES
from transmod.traffic.climate import Climate

EURO_1 = "car_petrol_medium_euro1"
EURO_4 = "car_petrol_medium_euro4_pfi"
EURO_6 = "car_petrol_medium_euro6d_gdi_gpf"
DIESEL = "car_diesel_medium_euro4"
PLUG_IN = "car_petrol_phev_medium_euro6d_gdi"
TRUCK = "rigid_diesel_7_5_12t_euro5_scr"
TYPES = sorted([EURO_1, EURO_4, EURO_6, DIESEL, PLUG_IN, TRUCK])
STREAMS = (("car", "internal"), ("car", "through"), ("rigid_truck", "all"))
TEMPERATURES = (10.0, 20.0, -5.0)
CAR_TYPES = [TYPES.index(name) for name in TYPES if name.startswith("car")]


def climate_of(*temperature_c):
    n = len(temperature_c)
    names = tuple(f"season {s}" for s in range(n))
    none = np.zeros(0, np.int64)
    return Climate(names, np.array(temperature_c), np.full(n, 365.0 / n), none)


def factors_of(*, temperature_c=TEMPERATURES, processes=ROAD_PROCESSES, trip=12.4, mileage=None):
    profiles = shipped()
    base = build_factors(profiles, TYPES, year=2020, electricity_kg_per_kwh=0.5)
    return add_processes(
        base, profiles, STREAMS, climate_of(*temperature_c), processes,
        trip_length_km=trip, mileage_km=mileage,
    )  # fmt: skip


@pytest.fixture(scope="module")
def factors():
    return factors_of()


def cold(factors, vehicle_type, pollutant, speed, *, season=0, road="urban_peak", stream=0):
    """Return the factor of cold start [g/km] as it enters a sum."""
    j = TYPES.index(vehicle_type)
    q = factors.quantities.index(("cold_start", pollutant))
    at = season * len(ROAD_TYPES) + ROAD_TYPES.index(road)
    row = factors.index[j, q, at, GRADIENT_NODES.index(0.0)]
    return factors.curve[row, round(10 * speed)] * factors.scale[stream, season, j, q]


def hot(segment, quantity, speed):
    row = next(
        row
        for row in rows_of(shipped(), segment)
        if row["quantity"] == quantity
        and (not isinstance(row["road_type"], str) or row["road_type"] == "urban_peak")
    )
    return published(row, speed)


def test_share_by_hand():
    # 0.6474 - 0.02545 x 12.4 - (0.00974 - 0.000385 x 12.4) x 10
    #   = 0.6474 - 0.31558 - (0.00974 - 0.004774) x 10 = 0.33182 - 0.04966 = 0.28216
    assert cold_share(shipped(), 12.4, 10.0) == pytest.approx(0.28216, rel=1e-12)
    # 5 km at -5 degC: 0.6474 - 0.12725 + (0.00974 - 0.001925) x 5 = 0.52015 + 0.039075
    assert cold_share(shipped(), 5.0, -5.0) == pytest.approx(0.559225, rel=1e-12)
    assert cold_share(shipped(), 100.0, 10.0) == 0.0


def test_co_of_euro_1_by_hand(factors):
    # at 20 km/h and 10 degC: 0.121 x 20 - 0.146 x 10 + 3.766 = 4.726, so 3.726 times hot beyond it
    expected = 0.28216 * 3.726 * hot(EURO_1, "co", 20.0)
    assert cold(factors, EURO_1, "co", 20.0) == pytest.approx(expected, rel=1e-12)


def test_euro_4_takes_hot_and_ratio_of_euro_1_and_its_own_reduction(factors):
    # NOx at 40 km/h and 10 degC: 0.0484 x 40 + 0.0228 x 10 + 0.685 = 2.849; reduction 0.18
    expected = 0.18 * 0.28216 * 1.849 * hot(EURO_1, "nox", 40.0)
    assert cold(factors, EURO_4, "nox", 40.0) == pytest.approx(expected, rel=1e-12)


def test_euro_6_takes_its_own_hot_factor(factors):
    # CO at 20 km/h and 10 degC: -0.11 x 20 + 17.461 = 15.261; 0.1902 - 0.006 x 12.4 = 0.1158
    expected = 0.1158 * 0.28216 * 14.261 * hot(EURO_6, "co", 20.0)
    assert cold(factors, EURO_6, "co", 20.0) == pytest.approx(expected, rel=1e-12)


def test_particles_and_energy_of_diesel_have_slopes_of_their_own(factors):
    # at 10 degC: particles 3.1 - 0.1 x 10 = 2.1, energy 1.34 - 0.008 x 10 = 1.26: swapped slopes
    # would give 3.02 and 0.34
    energy = 0.28216 * 0.26 * hot("car_diesel_medium_euro4_dpf", "energy", 30.0)
    assert cold(factors, DIESEL, "energy", 30.0) == pytest.approx(energy, rel=1e-12)
    particles = 0.28216 * 1.1 * hot("car_diesel_medium_euro4_dpf", "pm_exhaust", 30.0)
    assert cold(factors, DIESEL, "pm2_5", 30.0) == pytest.approx(particles, rel=1e-12)
    # 87 % of it is black carbon, 46 % of cold NOx is NO2, and 1.16e-8 g of lead come with a MJ
    assert cold(factors, DIESEL, "bc", 30.0) == pytest.approx(0.87 * particles, rel=1e-12)
    nox = cold(factors, DIESEL, "nox", 30.0)
    assert cold(factors, DIESEL, "no2", 30.0) == pytest.approx(0.46 * nox, rel=1e-12)
    assert cold(factors, DIESEL, "pb", 30.0) == pytest.approx(1.16e-8 * energy, rel=1e-12)


def test_co2_is_that_of_the_energy(factors):
    for name, per_mj in ((EURO_4, 69.3), (DIESEL, 74.1)):
        energy = cold(factors, name, "energy", 25.0)
        assert cold(factors, name, "co2", 25.0) == pytest.approx(per_mj * energy, rel=1e-12)


def test_methane_and_ammonia_by_hand(factors):
    # a cold kilometre of Euro 1 emits 45 mg of CH4, a hot one 26
    assert cold(factors, EURO_1, "ch4", 20.0) == pytest.approx(0.28216 * 0.019, rel=1e-12)
    own = {
        (row["state"], row["situation"]): row
        for row in records(shipped().nitrogen)
        if row["group"] == "car_petrol_1400_2000cc_euro4" and row["pollutant"] == "n2o"
    }
    cold_row, hot_row = own["cold", "urban"], own["hot", "urban"]
    # petrol has 10 mg/kg of sulphur, so the first figures hold; 100,000 km
    value = [r["base_1"] * (r["per_km_1"] * 1e5 + r["constant_1"]) for r in (cold_row, hot_row)]
    assert cold(factors, EURO_4, "n2o", 20.0) == pytest.approx(
        0.28216 * (value[0] - value[1]), rel=1e-12
    )


def test_nmvoc_is_voc_less_methane(factors):
    # VOC of Euro 1 at 20 km/h, 10 degC: 0.157 x 20 - 0.207 x 10 + 7.009 = 8.079; reduction 1
    voc = 0.28216 * 7.079 * hot(EURO_1, "voc", 20.0)
    methane = cold(factors, EURO_1, "ch4", 20.0)
    assert cold(factors, EURO_1, "nmvoc", 20.0) == pytest.approx(voc - methane, rel=1e-12)
    voc = 0.18 * 0.28216 * 7.079 * hot(EURO_1, "voc", 20.0)
    methane = cold(factors, EURO_4, "ch4", 20.0)
    assert cold(factors, EURO_4, "nmvoc", 20.0) == pytest.approx(voc - methane, rel=1e-12)


def test_plug_ins_start_cold_on_the_engine_only(factors):
    share = shipped().types.set_index("vehicle_type").loc[PLUG_IN, "electric_share"]
    energy = 0.28216 * (1.47 - 0.09 - 1.0) * hot(PLUG_IN, "energy", 30.0)
    assert cold(factors, PLUG_IN, "energy", 30.0) == pytest.approx((1 - share) * energy, rel=1e-12)


def test_no_cold_start_where_none_is(factors):
    for pollutant in POLLUTANTS:
        assert cold(factors, EURO_4, pollutant, 30.0, road="rural") == 0.0
        assert cold(factors, EURO_4, pollutant, 90.0, road="motorway") == 0.0
        assert cold(factors, EURO_4, pollutant, 30.0, stream=1) == 0.0
        assert cold(factors, TRUCK, pollutant, 30.0, stream=2) == 0.0
    assert any("cold_start of 1 of 6 vehicle types" in note for note in factors.notes)


def test_particles_of_petrol_have_no_ratio_and_are_not_estimated(factors):
    q = factors.quantities.index(("cold_start", "pm2_5"))
    j = TYPES.index(EURO_4)
    assert not factors.estimated[j, q]
    assert not factors.index[j, q].any()


def test_ratio_is_never_below_one_and_held_beyond_its_range():
    rows = records(shipped().processes["cold_ratio"])
    groups = {(row["ratio_group"], row["quantity"]) for row in rows}
    for group in groups:
        own = [r for r in rows if (r["ratio_group"], r["quantity"]) == group]
        for temperature in (-40.0, -10.0, 0.0, 14.9, 15.0, 28.0, 45.0):
            ratio = cold_ratio(own, temperature)
            assert np.isfinite(ratio).all()
            assert (ratio >= 1.0).all()
    own = [r for r in rows if (r["ratio_group"], r["quantity"]) == ("petrol_medium_euro1_5", "co")]
    at_10 = cold_ratio(own, 10.0)
    assert_array_equal(at_10[450:], at_10[450])  # above 45 km/h
    assert_array_equal(at_10[:50], at_10[50])  # below 5 km/h
    # the row of the slower range holds up to 25 km/h: 0.121 x 25 - 1.46 + 3.766
    assert at_10[250] == pytest.approx(5.331, rel=1e-12)
    # 0.299 x 25.1 - 2.86 - 0.58
    assert at_10[251] == pytest.approx(4.0649, rel=1e-12)


@given(
    trip=st.floats(0.5, 60.0), more=st.floats(0.0, 20.0),
    temperature=st.floats(-20.0, 35.0), warmer=st.floats(0.0, 15.0),
)  # fmt: skip
def test_share_falls_with_trip_and_temperature(trip, more, temperature, warmer):
    profiles = shipped()
    share = cold_share(profiles, trip, temperature)
    assert 0.0 <= share <= 1.0
    assert cold_share(profiles, trip + more, temperature) <= share + 1e-12
    if trip <= 25.0:  # beyond, the share is nought
        assert cold_share(profiles, trip, temperature + warmer) <= share + 1e-12


def test_warmer_is_less_and_a_shorter_trip_more(factors):
    for name in (EURO_1, EURO_4, DIESEL):
        for pollutant in ("energy", "co", "nox", "nmvoc", "co2"):
            cool, warm, frost = (
                cold(factors, name, pollutant, 22.0, season=s) for s in range(len(TEMPERATURES))
            )
            assert warm < cool < frost, (name, pollutant)
    short = factors_of(trip=6.0)
    for name in (EURO_1, EURO_4, EURO_6, DIESEL):
        assert cold(short, name, "co", 22.0) > cold(factors, name, "co", 22.0)


def test_trip_length_by_kind_and_class():
    by_kind = factors_of(trip={"internal": 6.0, "all": 20.0})
    assert cold(by_kind, EURO_1, "co", 22.0) == cold(factors_of(trip=6.0), EURO_1, "co", 22.0)
    by_class = factors_of(trip={"internal": 20.0, "car": 6.0})
    assert cold(by_class, EURO_1, "co", 22.0) == cold(by_kind, EURO_1, "co", 22.0)


def spectrum_of(n_seasons, seed=3):
    rng = np.random.default_rng(seed)
    shape = (2, 1, n_seasons * len(ROAD_TYPES), N_SPEED_NODES, len(STREAMS))
    out = np.zeros(shape)
    at = tuple(rng.integers(0, n, 200) for n in shape)
    out[at] = rng.uniform(1.0, 1e6, 200)
    return out


def shares():
    share = np.zeros((1, len(STREAMS), len(TYPES)))
    share[0, :2, CAR_TYPES] = 1.0 / len(CAR_TYPES)
    share[0, 2, TYPES.index(TRUCK)] = 1.0
    return share


def emissions(factors, spectrum):
    none = np.zeros((0, 0))
    activity = Activity(STREAMS, np.array([0.0]), spectrum, none, none, none, none, 0)
    return road_emissions(activity, factors, shares(), np.zeros(2, np.int64), ("east", "west"))


def test_links_and_ledger_agree_with_all_processes(factors):
    spectrum = spectrum_of(len(TEMPERATURES))
    table = link_factors(STREAMS, np.array([0.0]), factors, shares())
    by_link = np.einsum("agrkc,grkcq->q", spectrum, table[0])
    rows = emissions(factors, spectrum).emission_rows.to_frame()
    assert set(rows["process"]) == {*ROAD_PROCESSES, "grid_losses"}
    own = rows[~rows["process"].isin(["electricity", "grid_losses"])]
    by_ledger = own.groupby("pollutant", observed=True)["mass_t"].sum() * 1e6
    for q, name in enumerate(POLLUTANTS):
        assert by_link[q] == pytest.approx(by_ledger.get(name, 0.0), rel=1e-12), name
    cold_rows = rows[rows["process"] == "cold_start"]
    assert set(cold_rows["trip_kind"]) == {"internal"}
    assert set(cold_rows["vehicle_class"]) == {"car"}


@pytest.mark.slow
def test_a_process_that_is_off_takes_exactly_its_rows_away(factors):
    spectrum = spectrum_of(len(TEMPERATURES))
    full = emissions(factors, spectrum)
    keys = ["district_id", "vehicle_class", "trip_kind", "vehicle_type", "process", "pollutant"]
    for process in ROAD_PROCESSES:
        others = tuple(name for name in ROAD_PROCESSES if name != process)
        rows = emissions(factors_of(processes=others), spectrum).emission_rows.to_frame()
        gone = [process, "grid_losses"] if process == "electricity" else [process]
        kept = full.emission_rows[~full.emission_rows["process"].isin(gone)].to_frame()
        pd.testing.assert_frame_equal(
            rows[[*keys, "mass_t"]].sort_values(keys, ignore_index=True),
            kept[[*keys, "mass_t"]].sort_values(keys, ignore_index=True),
            check_categorical=False,  # the process that is off is none of its categories
        )
    driven = full.activity_rows
    assert driven["vkm"].sum() == pytest.approx(spectrum.sum(), rel=1e-12)


def test_seasons_alike_are_one():
    one, three = factors_of(temperature_c=(10.0,)), factors_of(temperature_c=(10.0, 10.0, 10.0))
    spectrum = spectrum_of(3)
    merged = spectrum.reshape(2, 1, 3, len(ROAD_TYPES), N_SPEED_NODES, len(STREAMS)).sum(axis=2)
    keys = ["district_id", "vehicle_class", "trip_kind", "vehicle_type", "process", "pollutant"]
    a, b = (
        emissions(f, s).emission_rows.to_frame().set_index(keys)["mass_t"].sort_index()
        for f, s in ((one, merged), (three, spectrum))
    )
    assert a.index.equals(b.index)
    assert_allclose(a, b, rtol=1e-12)


def test_tables_name_what_they_need():
    tables = ColdTables(shipped())
    assert tables.reduction("petrol_euro6", "voc", 60.0) == 0.0  # never below nought
    assert tables.reduction("petrol_euro2", "co", 60.0) == 0.72
    assert tables.hot("car_petrol_medium_euro1", "nh3", "rural") is None
