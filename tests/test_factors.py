"""Factor tables: which curve each vehicle type takes, and what it is worth."""

import dataclasses
import itertools
from pathlib import Path

import naive_factors
import numpy as np
import pandas as pd
import pytest
from profile_set import shipped

from transmod.errors import CoverageError, InputError
from transmod.model.factor_table import build_factors
from transmod.schema import GRADIENT_NODES, ROAD_TYPES

DATA = Path(__file__).parent / "data"
FLAT = GRADIENT_NODES.index(0.0)
PETROL = "car_petrol_medium_euro4_pfi"
ARTICULATED = "articulated_diesel_34_40t_euro5_scr"
PLUG_IN = "car_petrol_phev_medium_euro6d_gdi"
TYPES = (PETROL, ARTICULATED, PLUG_IN, "car_bev_medium", "bus_bev_standard", "lcv_bev")


@pytest.fixture(scope="module")
def factors():
    return build_factors(shipped(), TYPES, year=2023, electricity_kg_per_kwh=0.36)


def value(factors, vehicle_type, quantity, speed, road_type="urban_off_peak", gradient=FLAT):
    j = factors.types["vehicle_type"].tolist().index(vehicle_type)
    row = factors.index[
        j, factors.quantities.index(quantity), ROAD_TYPES.index(road_type), gradient
    ]
    return np.interp(speed, np.arange(1401) / 10, factors.curve[row])


def at_load(load, *types):
    table = shipped().types
    chosen = table["vehicle_type"].isin(types)
    table = table.assign(load_fraction=table["load_fraction"].mask(chosen, load))
    return build_factors(dataclasses.replace(shipped(), types=table), types, year=2023)


def test_shapes_and_the_zero_curve(factors):
    n_type, n_quantity = len(TYPES), len(factors.quantities)
    assert factors.index.shape == (n_type, n_quantity, 4, 7)
    assert factors.index.dtype == np.int32
    assert factors.curve.shape[1] == 1401
    assert factors.validity.shape == (n_type, 4, 7, 2)
    assert not factors.curve[0].any()
    # VOC of the plug-in is below its methane at any speed, so its NMVOC is zero too
    dead = 1 + np.flatnonzero(~factors.curve[1:].any(axis=1))
    assert set(np.argwhere(np.isin(factors.index, dead))[:, 1]) == {
        factors.quantities.index(("hot", "nmvoc"))
    }
    alive = factors.curve[factors.curve.any(axis=1)]
    assert len(np.unique(alive, axis=0)) == len(alive)
    assert factors.types["vehicle_type"].tolist() == sorted(TYPES)


def test_typical_co2_of_another_evaluation():
    rows = pd.read_csv(DATA / "typical_co2.csv")
    found = build_factors(shipped(), rows["vehicle_type"], year=2023)
    for row in rows.to_dict("records"):
        for name in ("v18.35", "v30", "v50", "v61.4", "v90"):
            here = value(found, row["vehicle_type"], ("hot", "co2"), float(name[1:]))
            assert here == pytest.approx(row[name], abs=0.06)


def test_articulated_truck_by_load_agrees_with_the_uk_factors():
    kind = "articulated_diesel_34_40t_euro6de_dpf_scr"
    for row in pd.read_csv(DATA / "uk_2025_articulated.csv").itertuples():
        found = at_load(row.load_fraction, kind)
        # the UK mean is over all roads: taken between urban 50 and rural 70 km/h
        here = np.mean([value(found, kind, ("hot", "co2"), v) for v in (50.0, 70.0)])
        assert here == pytest.approx(1e3 * row.kg_co2e_per_km, rel=0.15)


def test_electric_car_agrees_with_real_world_consumption(factors):
    # UK Government GHG Conversion Factors 2025: average car 0.207 kWh/km from the grid
    speeds = (18.0, 30.0, 60.0, 100.0)
    here = [value(factors, "car_bev_medium", ("electricity", "energy"), v) / 3.6 for v in speeds]
    assert np.mean(here) == pytest.approx(0.207, rel=0.1)


def test_electric_car_by_hand(factors):
    # (0.09410939 + 1.58246674 / 50 + 1.095e-05 * 50^2) kWh/km / 0.88 * 3.6 = 0.62645 MJ/km
    energy = value(factors, "car_bev_medium", ("electricity", "energy"), 50)
    assert energy == pytest.approx(0.62645, abs=1e-5)
    # 0.36 kg/kWh is 100 g/MJ
    assert value(factors, "car_bev_medium", ("electricity", "co2"), 50) == pytest.approx(
        100 * energy, rel=1e-12
    )


def test_electric_bus_has_the_diesel_shape_and_the_computed_level(factors):
    # 0.9986 kWh/km at 17.54 km/h, charged at 93 %
    energy = value(factors, "bus_bev_standard", ("electricity", "energy"), 17.54)
    assert energy == pytest.approx(0.9986 * 3.6 / 0.93, rel=1e-4)
    diesel = build_factors(shipped(), ["bus_diesel_standard_euro6de_dpf_scr"], year=2023)
    ratio = [
        value(factors, "bus_bev_standard", ("electricity", "energy"), v, gradient=g)
        / value(diesel, "bus_diesel_standard_euro6de_dpf_scr", ("hot", "energy"), v, gradient=g)
        for v in (15, 40, 80)
        for g in (FLAT, FLAT + 2)
    ]
    assert ratio == pytest.approx([ratio[0]] * len(ratio), rel=1e-9)


def test_no_tailpipe_is_zero_by_definition_and_estimated(factors):
    j = factors.types["vehicle_type"].tolist().index("car_bev_medium")
    hot = [q for q, (process, _) in enumerate(factors.quantities) if process == "hot"]
    assert not factors.index[j, hot].any()
    assert factors.estimated[j, hot].all()


def test_carrier_and_scope(factors):
    names = factors.types["vehicle_type"].tolist()
    q = factors.quantities.index
    j = names.index(PLUG_IN)
    assert factors.carrier[j, q(("hot", "energy"))] == "petrol"
    assert factors.carrier[j, q(("electricity", "energy"))] == "electricity"
    assert factors.carrier[j, q(("tyre", "pm10"))] == ""
    assert factors.scope[j, q(("electricity", "co2"))] == 2
    assert factors.scope[j, q(("hot", "co2"))] == 1


def test_a_plug_in_splits_its_kilometres(factors):
    # 45 % of the kilometres on the battery: 55 % of the published fuel, 45 % of the electric mode
    fuel = naive_factors.hot(
        naive_factors.rows_of(shipped(), PLUG_IN), "energy", 50, "rural", 0.0, 0.5
    )
    assert value(factors, PLUG_IN, ("hot", "energy"), 50) == pytest.approx(0.55 * fuel, rel=1e-12)
    segment = PLUG_IN.replace("_phev_", "_phev_electric_")
    grid = (
        naive_factors.hot(
            naive_factors.rows_of(shipped(), segment), "energy", 50, "rural", 0.0, 0.5
        )
        / 0.88
    )
    assert value(factors, PLUG_IN, ("electricity", "energy"), 50) == pytest.approx(
        0.45 * grid, rel=1e-12
    )


def test_co2_is_energy_times_carbon_exactly(factors):
    for vehicle_type, carbon in ((PETROL, 69.3), (ARTICULATED, 74.1)):
        for gradient in range(len(GRADIENT_NODES)):
            energy = value(factors, vehicle_type, ("hot", "energy"), 50, gradient=gradient)
            co2 = value(factors, vehicle_type, ("hot", "co2"), 50, gradient=gradient)
            assert co2 == pytest.approx(carbon * energy, rel=1e-15)


def test_biodiesel_co2_is_biogenic():
    kind = "bus_biodiesel_standard_euro5_scr"
    found = build_factors(shipped(), [kind], year=2023)
    energy = value(found, kind, ("hot", "energy"), 30)
    assert value(found, kind, ("hot", "co2"), 30) == 0.0
    assert value(found, kind, ("hot", "co2_biogenic"), 30) == pytest.approx(70.8 * energy)


def test_co2_never_passes_through_mass():
    # another calorific value moves SO2, which goes by mass of sulphur, and leaves CO2 alone
    fuels = shipped().fuels
    fuels = fuels.assign(ncv_mj_kg=fuels["ncv_mj_kg"] * 0.9)
    heavy = build_factors(dataclasses.replace(shipped(), fuels=fuels), [PETROL], year=2023)
    light = build_factors(shipped(), [PETROL], year=2023)
    assert value(heavy, PETROL, ("hot", "co2"), 50) == value(light, PETROL, ("hot", "co2"), 50)
    assert value(heavy, PETROL, ("hot", "so2"), 50) == pytest.approx(
        value(light, PETROL, ("hot", "so2"), 50) / 0.9
    )


def test_so2_by_hand(factors):
    # 10 mg/kg of sulphur, 44.3 MJ/kg, 2 g SO2 from 1 g of sulphur: 4.5147e-4 g/MJ
    energy = value(factors, PETROL, ("hot", "energy"), 50)
    assert value(factors, PETROL, ("hot", "so2"), 50) == pytest.approx(4.5147e-4 * energy, rel=1e-4)


def test_n2o_and_nh3_of_cars_by_hand(factors):
    # table rows of petrol 1.4 to 2 l Euro 4 at 100,000 km and 10 mg/kg of sulphur:
    # urban N2O 0.0019 * (6.61e-7 * 1e5 + 0.931) = 0.00189449 g/km
    # motorway NH3 0.0646 * (5.95e-8 * 1e5 + 0.999) = 0.06491977 g/km
    assert value(factors, PETROL, ("hot", "n2o"), 40, "urban_peak") == pytest.approx(0.00189449)
    assert value(factors, PETROL, ("hot", "nh3"), 90, "motorway") == pytest.approx(0.06491977)


def test_sulphur_chooses_the_column_of_n2o():
    # 60 mg/kg: 0.0024 * (2.39e-6 * 1e5 + 0.738) = 0.0023448; 200: 0.0042 * (0.0865 + 0.903)
    for sulphur, expected in ((60.0, 0.0023448), (200.0, 0.0041559)):
        fuels = shipped().fuels
        fuels = fuels.assign(
            sulphur_mg_kg=fuels["sulphur_mg_kg"].mask(fuels["fuel"] == "petrol", sulphur)
        )
        found = build_factors(dataclasses.replace(shipped(), fuels=fuels), [PETROL], year=2023)
        assert value(found, PETROL, ("hot", "n2o"), 40, "urban_peak") == pytest.approx(expected)


@pytest.mark.parametrize("vehicle_type", [PETROL, ARTICULATED])
def test_factors_equal_their_naive_twin(factors, vehicle_type):
    rows = naive_factors.rows_of(shipped(), vehicle_type)
    for road_type, (gradient, slope), speed in itertools.product(
        ROAD_TYPES, enumerate(GRADIENT_NODES), (3.0, 12.0, 47.3, 88.8, 140.0)
    ):
        twin = {
            name: naive_factors.hot(rows, name, speed, road_type, slope, 0.5)
            for name in ("energy", "co", "nox", "ch4", "voc", "pm_exhaust")
        }
        twin["nmvoc"] = max(0.0, twin.pop("voc") - twin["ch4"])
        twin["pm10"] = twin["pm2_5"] = twin.pop("pm_exhaust")
        for name, expected in twin.items():
            here = value(factors, vehicle_type, ("hot", name), speed, road_type, gradient)
            assert here == pytest.approx(expected, rel=1e-9)


def test_bc_is_its_published_part_of_the_particles(factors):
    # petrol cars Euro 4: 15 %; heavy diesel Euro V: 15 %
    for vehicle_type in (PETROL, ARTICULATED):
        assert value(factors, vehicle_type, ("hot", "bc"), 50) == pytest.approx(
            0.15 * value(factors, vehicle_type, ("hot", "pm2_5"), 50), rel=1e-12
        )


def test_load_is_interpolated_between_published_loads():
    found = {load: at_load(load, ARTICULATED) for load in (0.0, 0.25, 0.5, 0.9, 1.0)}
    for quantity in (("hot", "energy"), ("hot", "co2"), ("hot", "nox")):
        at = {load: value(found[load], ARTICULATED, quantity, 40) for load in found}
        assert at[0.25] == pytest.approx((at[0.0] + at[0.5]) / 2, rel=1e-12)
        assert at[0.9] == pytest.approx(0.2 * at[0.5] + 0.8 * at[1.0], rel=1e-12)
    assert at_load(0.5, ARTICULATED).curve.shape[0] < found[0.25].curve.shape[0] * 2


def test_uphill_costs_more_and_cars_know_no_gradient(factors):
    # 25 km/h lies in the validity range of every gradient
    energy = [
        value(factors, ARTICULATED, ("hot", "energy"), 25, gradient=g) for g in range(FLAT, 7)
    ]
    assert energy == sorted(energy)
    assert energy[-1] > 2 * energy[0]
    j = factors.types["vehicle_type"].tolist().index(PETROL)
    assert (factors.index[j] == factors.index[j][..., :1]).all()


def test_some_gradients_are_those_of_all(factors):
    some = build_factors(
        shipped(), TYPES, year=2023, electricity_kg_per_kwh=0.36, gradients=(-0.04, 0.0)
    )
    at = factors.at(some.gradients)
    assert at == [1, 3]
    assert (some.curve[some.index] == factors.curve[factors.index[..., at]]).all()
    assert (some.validity == factors.validity[:, :, at]).all()
    assert (some.estimated == factors.estimated).all()
    assert some.notes == factors.notes
    assert len(some.curve) < len(factors.curve)


def test_a_gradient_that_is_not_tabulated_is_refused_and_none_stands_in():
    with pytest.raises(CoverageError, match=r"1 of 2 are not, first 0\.01\. Tabulated: -0\.06, "):
        build_factors(shipped(), [ARTICULATED], year=2023, gradients=(0.0, 0.01))
    level = build_factors(shipped(), [ARTICULATED], year=2023, gradients=(0.0,))
    with pytest.raises(
        CoverageError, match=r"\[m/m\]: 1 of 2 are not, first 0\.02\. Tabulated: 0\."
    ):
        level.at((0.0, 0.02))


def test_validity_is_that_of_the_energy_curve(factors):
    names = factors.types["vehicle_type"].tolist()
    assert factors.validity[names.index(PETROL), 0, FLAT].tolist() == [5, 130]
    assert factors.validity[names.index("car_bev_medium"), 0, FLAT].tolist() == [15, 110]
    uphill = factors.validity[names.index(ARTICULATED), 0, -1]
    assert uphill[1] < factors.validity[names.index(ARTICULATED), 0, FLAT, 1]
    steep = [
        value(factors, ARTICULATED, ("hot", "energy"), v, gradient=6) for v in (uphill[1], 120)
    ]
    assert steep[0] == steep[1]


def test_wear_of_a_truck_by_hand(factors):
    # tyre: 0.0107 * 5 axles / 2 * (1.41 + 1.38 * 0.5) = 0.056175 g/km; at 30 km/h times 1.39,
    # of which 60 % is PM10: 0.04685 g/km; at 60 km/h times 1.78 - 0.00974 * 60 = 1.1956
    # brake: 3.13 * 0.0075 * (1 + 0.79 * 0.5) = 0.03274763 g/km; at 30 km/h times 1.67, 98 % PM10
    assert value(factors, ARTICULATED, ("tyre", "pm10"), 30) == pytest.approx(0.04684995)
    assert value(factors, ARTICULATED, ("tyre", "pm2_5"), 60) == pytest.approx(
        0.056175 * 1.1956 * 0.42
    )
    assert value(factors, ARTICULATED, ("brake", "pm10"), 30) == pytest.approx(
        0.03274763 * 1.67 * 0.98, rel=1e-6
    )
    assert value(factors, ARTICULATED, ("road_surface", "pm10"), 30) == 0.038


def test_known_slips_of_other_codes_are_not_inherited(factors):
    # wear falls with speed; vans wear 0.0169 g/km of tyre, not 0.0109; trucks' brakes go by the
    # passenger car's 0.0075, not the motorcycle's 0.0037
    for process in ("tyre", "brake"):
        wear = [value(factors, PETROL, (process, "pm10"), v) for v in (20, 50, 80, 110)]
        assert wear == sorted(wear, reverse=True)
    van = value(factors, "lcv_bev", ("tyre", "pm10"), 30)
    assert van == pytest.approx(0.0169 * 1.39 * 0.6)


def test_published_zeros_that_stand_for_no_value():
    kinds = ("moped_petrol_4_stroke_euro4", "bus_diesel_standard_euro5_scr", "bus_cng_standard_eev")
    found = build_factors(shipped(), kinds, year=2023)
    moped, bus, gas = kinds
    energy = [value(found, moped, ("hot", "energy"), 40, r) for r in ("rural", "motorway")]
    assert energy[0] == energy[1] > 0
    n2o = [value(found, bus, ("hot", "n2o"), 40, r) for r in ROAD_TYPES]
    assert n2o == [pytest.approx(0.0332)] * 4
    j = found.types["vehicle_type"].tolist().index(gas)
    assert not found.estimated[j, found.quantities.index(("hot", "n2o"))]


def test_what_has_no_value_is_declared_and_noted(factors):
    q = factors.quantities.index(("road_surface", "bc"))
    assert not factors.estimated[:, q].any()
    assert not factors.index[:, q].any()
    assert "Not estimated (NE): road_surface bc of 6 of 6 vehicle types" in " ".join(factors.notes)


def test_a_missing_value_without_a_reason_is_an_error():
    profiles = shipped()
    bare = dataclasses.replace(profiles, not_estimated=profiles.not_estimated.iloc[:0])
    kinds = [PETROL, "car_lpg_medium_euro5", "car_cng_medium_euro5"]
    with pytest.raises(CoverageError) as caught:
        build_factors(bare, kinds, year=2023)
    assert len(caught.value.faults) == 4  # bc, n2o, nh3 and road surface bc
    text = "\n".join(caught.value.faults)
    assert "must give hot bc for every type of the run" in text
    assert "missing for 2 of 3 types, first car_cng_medium_euro5" in text


def test_rows_that_leave_a_hole_are_an_error():
    profiles = shipped()
    hot = profiles.hot
    gone = (
        (hot["segment"] == ARTICULATED) & (hot["quantity"] == "energy") & (hot["gradient"] > 0.05)
    )
    broken = dataclasses.replace(profiles, hot=hot[~gone].reset_index(drop=True))
    with pytest.raises(InputError, match="must cover all road types, gradient nodes and loads"):
        build_factors(broken, [ARTICULATED], year=2023)


def test_unknown_types_are_all_named_with_near_ones():
    with pytest.raises(InputError) as caught:
        build_factors(shipped(), ["car_petrol_medium_euro5", "bus_hydrogen", PETROL], year=2023)
    assert len(caught.value.faults) == 2
    assert "'car_petrol_medium_euro5' found. Near: car_petrol_medium_euro5_gdi, car" in str(
        caught.value
    )


def test_electricity_of_an_area_and_year():
    found = build_factors(shipped(), ["car_bev_medium"], year=2022, electricity_area="CN-Shanghai")
    energy = value(found, "car_bev_medium", ("electricity", "energy"), 50)
    co2 = value(found, "car_bev_medium", ("electricity", "co2"), 50)
    assert co2 == pytest.approx(energy / 3.6 * 584.9)
    assert any("0.5849 kg co2 per kWh, CN-Shanghai 2022" in note for note in found.notes)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({}, r"CO2 of grid electricity \[kg/kWh\] must be given for electric types"),
        ({"electricity_area": "CN-Shangai"}, "'CN-Shangai' found. Near: CN-Shanghai"),
        ({"electricity_area": "CN"}, "2023 found. Say profiles.electricity_year = 2021"),
        ({"electricity_kg_per_kwh": 360}, "g/kWh are to be divided by 1000"),
    ],
)
def test_electricity_that_is_not_given(choice, message):
    with pytest.raises(InputError, match=message):
        build_factors(shipped(), ["car_bev_medium"], year=1999, **choice)


def test_order_and_repetition_of_types_do_not_matter(factors):
    other = build_factors(
        shipped(), [*reversed(TYPES), TYPES[0]], year=2023, electricity_kg_per_kwh=0.36
    )
    assert (other.curve == factors.curve).all()
    assert (other.index == factors.index).all()


def test_a_type_keeps_its_factors_in_a_larger_run(factors):
    alone = build_factors(shipped(), [ARTICULATED], year=2023)
    j = factors.types["vehicle_type"].tolist().index(ARTICULATED)
    assert (alone.curve[alone.index[0]] == factors.curve[factors.index[j]]).all()
