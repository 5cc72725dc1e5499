"""Electric and hydrogen vehicles: heating and cooling by temperature, grid losses, hydrogen."""

import dataclasses

import numpy as np
import pytest
from profile_set import narrow, shipped

from transmod.errors import InputError
from transmod.model.electric import cabin_power, extra_power, losses_per_delivered
from transmod.model.factor_table import build_factors
from transmod.model.service import Service
from transmod.schema import GRADIENT_NODES, ROAD_TYPES

FLAT = GRADIENT_NODES.index(0.0)
CAR, BUS = "car_bev_medium", "bus_bev_standard"
GRID, GRID_CO2, LOST = ("electricity", "energy"), ("electricity", "co2"), ("grid_losses", "co2")
# mean temperature of the months [degC]: Bern (the climate of the published consumption), Harbin
# and Singapore in round figures
BERN = (1.9, 4.4, 8.3, 12.4, 17.0, 20.4, 23.3, 22.5, 19.2, 13.5, 6.8, 2.7)
HARBIN = (-18, -14, -4, 7, 15, 21, 23, 21, 15, 6, -6, -15)
SINGAPORE = (27,) * 12


def value(factors, vehicle_type, quantity, speed=50, gradient=FLAT):
    j = factors.types["vehicle_type"].tolist().index(vehicle_type)
    q = factors.quantities.index(quantity)
    row = factors.index[j, q, ROAD_TYPES.index("rural"), gradient]
    return factors.curve[row, round(speed * 10)]


def built(*vehicle_types, year=2022, area=None, **service):
    own = 0.36 if area is None else None
    vehicle_types = vehicle_types or (CAR,)
    return build_factors(
        narrow(*vehicle_types), vehicle_types, year=year, electricity_area=area,
        electricity_kg_per_kwh=own, service=Service(**service),
    )  # fmt: skip


def cabin(curve):
    return shipped().cabin.set_index("curve").loc[curve]


def test_power_of_a_bus_by_hand():
    # 18 kW of heat or cold at full load: at -10 degC 29 % of it over 2.3 = 2.2696 kW, at 30 degC
    # 45 % over 1.3 = 6.2308 kW, at 5 degC half-way from 13 to 4 %: 8.5 % over 2.3 = 0.66522 kW
    power = cabin_power(cabin(BUS), shipped().cabin_demand, (-10.0, 30.0, 5.0))
    assert power.tolist() == pytest.approx([2.26957, 6.23077, 0.66522], abs=1e-5)


def test_cold_and_heat_cost_a_bus_by_hand():
    # 0.9860719 kW are in the published consumption: at -10 degC 2.2695652 - 0.9860719 =
    # 1.2834933 kW more, 1.2834933 / 20 = 0.0641747 kWh/km at 20 km/h, over 0.93 times 3.6 MJ
    mild, cold = built(BUS), built(BUS, temperature_c=(-10.0,))
    more = value(cold, BUS, GRID, 20) - value(mild, BUS, GRID, 20)
    assert more == pytest.approx(0.0641747 / 0.93 * 3.6, rel=1e-5)


def test_the_climate_of_the_published_consumption_changes_nothing():
    for power in extra_power(shipped(), BERN).values():
        assert power == pytest.approx(0.0, abs=1e-5)


def test_power_is_felt_most_where_traffic_is_slow():
    base, cold = built(), built(temperature_c=HARBIN)
    more = [value(cold, CAR, GRID, v) - value(base, CAR, GRID, v) for v in (10, 20, 40, 80)]
    assert more[0] > 0
    assert np.array(more) * (10, 20, 40, 80) == pytest.approx([more[0] * 10] * 4)


@pytest.mark.parametrize("climate", [HARBIN, SINGAPORE])
def test_harsh_climates_cost_more(climate):
    extra = extra_power(shipped(), climate)
    assert all(power > 0 for power in extra.values())


def test_a_mild_climate_costs_less_and_never_below_zero():
    base, mild = built(), built(temperature_c=(12.0,))
    assert 0 < value(mild, CAR, GRID, 30) < value(base, CAR, GRID, 30)
    profiles = shipped()
    hot_cabin = profiles.cabin.assign(included_kw=100.0)
    broken = dataclasses.replace(profiles, cabin=hot_cabin)
    found = build_factors(
        broken, [CAR], year=2022, electricity_kg_per_kwh=0.36, service=Service(temperature_c=(12,))
    )
    assert found.curve.min() >= 0.0


def test_weights_of_months():
    # all driving in January is a year of Januaries
    weight = (1.0,) + (0.0,) * 11
    assert extra_power(shipped(), HARBIN, weight) == pytest.approx(
        extra_power(shipped(), (HARBIN[0],)), rel=1e-12
    )


def test_real_cars_use_half_as_much_again_in_the_cold():
    # heating of cars without heat pump: about 2 kW at -10 degC and 1 kW at 0 degC in tests; at the
    # 30 km/h of towns this is half of the consumption
    power = cabin_power(cabin(CAR), shipped().cabin_demand, (-10.0, 0.0))
    assert power.tolist() == pytest.approx([2.0, 1.0], rel=0.1)


def test_uk_real_world_electric_car():
    # UK Government GHG Conversion Factors 2025: 0.207 kWh/km at the meter, average car; here a
    # medium car in a mild, mostly cool climate on all roads
    london = (5.7, 6.0, 8.0, 10.5, 13.7, 16.8, 19.0, 18.7, 15.9, 12.3, 8.4, 5.9)
    factors = built(temperature_c=london)
    here = np.mean([value(factors, CAR, GRID, v) for v in (25, 55, 95)]) / 3.6
    assert here == pytest.approx(0.207, rel=0.1)


@pytest.mark.parametrize(
    ("service", "message"),
    [
        ({"temperature_c": (300.0,)}, r"must be >= -60 and <= 60 \[degC\]: 300 to 300 found"),
        ({"temperature_c": (1.0, 2.0), "temperature_weight": (1.0,)}, "one for each of 2"),
        ({"temperature_c": (1.0,), "temperature_weight": (0.0,)}, "not all 0"),
        ({"grid_loss_share": 5.26}, r"must be >= 0 and < 0.5 \[-\]: 5.26 found. Per cent"),
    ],
)
def test_what_makes_no_sense(service, message):
    with pytest.raises(InputError, match=message):
        built(**service)


def test_grid_losses_by_hand():
    # of 100 kWh sent out 5 are lost: 5/95 of what is delivered
    assert losses_per_delivered(0.05) == pytest.approx(5 / 95, rel=1e-12)
    factors = built(grid_loss_share=0.05)
    assert value(factors, CAR, LOST) == pytest.approx(value(factors, CAR, GRID_CO2) * 5 / 95)


def test_losses_of_a_province_are_those_of_its_country_and_noted():
    factors = built(area="CN-Shanghai")
    assert value(factors, CAR, LOST) == pytest.approx(
        value(factors, CAR, GRID_CO2) * 0.0482 / (1 - 0.0482)
    )
    note = next(note for note in factors.notes if note.startswith("Grid losses"))
    assert note == (
        "Grid losses: 4.82% of electricity sent out, CN 2022, unverified; "
        "a line of their own, scope 3."
    )


@pytest.mark.parametrize(
    ("area", "year", "kg_per_kwh"),
    [
        # MEE and NBS notices 2024 No. 12, 2024 No. 33, 2025 No. 47
        ("CN", 2021, 0.5568), ("CN", 2022, 0.5366), ("CN", 2023, 0.5306),
        ("CN-Shanghai", 2021, 0.5834), ("CN-Shanghai", 2022, 0.5849), ("CN-Shanghai", 2023, 0.5737),
        ("CN-region-East", 2021, 0.5992), ("CN-region-East", 2022, 0.5617),
        ("CN-region-East", 2023, 0.5500),
    ],
)  # fmt: skip
def test_grid_factors_of_china(area, year, kg_per_kwh):
    factors = built(area=area, year=year)
    assert value(factors, CAR, GRID_CO2) == pytest.approx(
        value(factors, CAR, GRID) / 3.6 * kg_per_kwh * 1e3, rel=1e-12
    )


def test_unknown_losses_are_not_estimated_and_engines_have_none():
    factors = built(CAR, "car_petrol_medium_euro4_pfi")
    q = factors.quantities.index(LOST)
    assert factors.estimated[:, q].tolist() == [False, True]
    assert not factors.index[:, q].any()
    assert (factors.scope[:, q] == 3).all()
    assert factors.carrier[0, q] == "electricity"


HYDROGEN = ["car_fcev_medium", "bus_fcev_standard", "articulated_fcev_34_40t"]


def test_hydrogen_by_hand():
    # 0.20107251 + 1.44541478 / 50 + 2.506e-5 * 50^2 = 0.29263081 kWh/km from the tank,
    # 1.0534709 MJ/km, over 119.96 MJ/kg: 8.78 g of hydrogen on a kilometre
    factors = built("car_fcev_medium")
    energy = value(factors, "car_fcev_medium", ("hot", "energy"))
    assert energy == pytest.approx(1.0534709, rel=1e-6)
    assert energy / 119.96 * 1e3 == pytest.approx(8.78, abs=0.01)


def test_hydrogen_leaves_the_tailpipe_as_water():
    factors = built(*HYDROGEN)
    for q, (process, name) in enumerate(factors.quantities):
        if (process, name) != ("hot", "energy") and process in ("hot", "electricity"):
            assert not factors.index[:, q].any(), (process, name)
            assert factors.estimated[:, q].all() or name in ("no2", "pb")
    assert set(factors.carrier[:, factors.quantities.index(("hot", "energy"))]) == {"hydrogen"}
    assert (factors.scope[:, factors.quantities.index(("hot", "energy"))] == 1).all()
    assert value(factors, "bus_fcev_standard", ("tyre", "pm10")) > 0


def test_hydrogen_needs_no_grid():
    found = build_factors(shipped(), HYDROGEN, year=1999)
    assert not any("Electricity" in note for note in found.notes)


def test_hydrogen_bus_has_the_diesel_shape_and_the_level_of_trials():
    # 9 kg on 100 km (CHIC, 56 buses in eight cities) at the computed point, 17.54 km/h:
    # 0.09 x 33.32 = 2.9988 kWh/km
    factors = built("bus_fcev_standard")
    energy = value(factors, "bus_fcev_standard", ("hot", "energy"), 17.54)
    assert energy == pytest.approx(2.9988 * 3.6, rel=1e-3)
    uphill = value(factors, "bus_fcev_standard", ("hot", "energy"), 30, FLAT + 2)
    assert uphill > value(factors, "bus_fcev_standard", ("hot", "energy"), 30)


def test_hydrogen_truck_is_near_the_range_its_maker_states():
    # 32 kg for about 400 km: 8 kg on 100 km; the mean of three cycles, half loaded
    factors = built("articulated_fcev_34_40t")
    energy = [
        value(factors, "articulated_fcev_34_40t", ("hot", "energy"), speed)
        for speed in (30.34, 57.73, 71.34)
    ]
    assert np.mean(energy) / 119.96 == pytest.approx(0.08, rel=0.1)
