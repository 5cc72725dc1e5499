"""Freight: loads with empty running, tonne-kilometres, and what a tonne-kilometre emits."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from profile_set import narrow, shipped

from transmod.errors import InputError
from transmod.model.factor_table import build_factors
from transmod.model.freight import freight_intensity
from transmod.model.service import Load, Service
from transmod.schema import GRADIENT_NODES, ROAD_TYPES

FLAT = GRADIENT_NODES.index(0.0)
ARTICULATED = "articulated_diesel_34_40t_euro5_scr"
COOLED = "articulated_refrigerated_diesel_34_40t_euro5_scr"
PORT = "articulated_port_diesel_34_40t_euro5_scr"
TRUCKS = [
    "rigid_diesel_up_to_7_5t_euro5_scr",
    "rigid_diesel_14_20t_euro5_scr",
    "rigid_diesel_20_26t_euro5_scr",
    ARTICULATED,
]
ENERGY, CO2 = ("hot", "energy"), ("hot", "co2")


def value(factors, vehicle_type, quantity, speed, gradient=FLAT):
    j = factors.types["vehicle_type"].tolist().index(vehicle_type)
    q = factors.quantities.index(quantity)
    row = factors.index[j, q, ROAD_TYPES.index("rural"), gradient]
    return factors.curve[row, round(speed * 10)]


def loaded(vehicle_types, load_factor=None, empty_share=None):
    load = Load(load_factor, empty_share)
    service = Service(freight={"rigid_truck": load, "articulated_truck": load})
    return build_factors(narrow(*vehicle_types), vehicle_types, year=2022, service=service)


def column(factors, name):
    return factors.types.set_index("vehicle_type")[name]


def test_mean_load_by_hand():
    # 26 t of payload, 60 % full where loaded, 17 % of kilometres empty:
    # 0.83 * 0.6 = 0.498 of capacity, 26 * 0.498 = 12.948 t on an average kilometre
    factors = loaded([ARTICULATED])
    assert column(factors, "load_fraction")[ARTICULATED] == pytest.approx(0.498, rel=1e-12)
    assert column(factors, "mean_load_t")[ARTICULATED] == pytest.approx(12.948, rel=1e-12)


def test_vans_run_empty_on_nine_per_cent_of_their_kilometres():
    # GLEC v3.2, table 7: load factor 40 %, empty 9 %; 1.2 t * 0.4 * 0.91 = 0.4368 t
    name = "lcv_diesel_n1_iii_euro5_dpf"
    factors = build_factors(shipped(), [name], year=2022, service=Service(freight={}))
    assert column(factors, "mean_load_t")[name] == pytest.approx(0.4368, rel=1e-12)
    assert np.isnan(column(factors, "load_fraction")[name])  # no load is published for vans


def test_an_empty_truck_burns_less_than_a_half_full_and_that_less_than_a_full_one():
    empty, half, full = (loaded(TRUCKS, x, 0.0) for x in (0.0, 0.5, 1.0))
    for name in TRUCKS:
        for speed in (15, 40, 70):
            burnt = [value(factors, name, ENERGY, speed) for factors in (empty, half, full)]
            assert burnt[0] < burnt[1] < burnt[2]


def test_an_empty_truck_carries_nothing():
    for load_factor, empty_share in ((0.0, 0.2), (0.7, 1.0)):
        factors = loaded(TRUCKS, load_factor, empty_share)
        assert (column(factors, "mean_load_t") == 0.0).all()
        assert (column(factors, "load_fraction") == 0.0).all()


def test_load_between_published_loads_is_on_the_line():
    at = {x: value(loaded([ARTICULATED], x, 0.0), ARTICULATED, CO2, 50) for x in (0.5, 0.8, 1.0)}
    assert at[0.8] == pytest.approx(0.4 * at[0.5] + 0.6 * at[1.0], rel=1e-12)


def test_the_mean_load_stands_for_empty_and_loaded_kilometres():
    # energy is nearly linear in load, so one truck with the mean load is a fleet of empty and
    # loaded ones to about one per cent
    for name in TRUCKS:
        mean = value(loaded([name], 0.6, 0.17), name, ENERGY, 50)
        apart = 0.17 * value(loaded([name], 0.0, 0.0), name, ENERGY, 50)
        apart += 0.83 * value(loaded([name], 0.6, 0.0), name, ENERGY, 50)
        assert mean == pytest.approx(apart, rel=0.015)


def test_gradient_and_load_go_together():
    light, heavy = loaded([ARTICULATED], 0.1, 0.0), loaded([ARTICULATED], 0.9, 0.0)
    climb = [
        value(f, ARTICULATED, ENERGY, 25, FLAT + 2) / value(f, ARTICULATED, ENERGY, 25)
        for f in (light, heavy)
    ]
    assert 1.0 < climb[0] < climb[1]


# UK Government GHG Conversion Factors 2025 (OGL v3), freighting goods, all diesel:
# kg CO2e/km at 0, 50 and 100 % laden
UK_LADEN = {
    "Rigid (>3.5 - 7.5 tonnes)": (0.46138, 0.50103, 0.54068),
    "Rigid (>7.5 tonnes-17 tonnes)": (0.55061, 0.62832, 0.70603),
    "Rigid (>17 tonnes)": (0.774, 0.94152, 1.10905),
    "Articulated (>3.5 - 33t)": (0.62775, 0.78163, 0.93552),
    "Articulated (>33t)": (0.64734, 0.85827, 1.06921),
}


def test_uk_factors_are_linear_in_load_and_ours_nearly():
    for empty, half, full in UK_LADEN.values():
        assert half == pytest.approx((empty + full) / 2, abs=1.1e-5)
    for name in TRUCKS:
        at = [value(loaded([name], x, 0.0), name, ENERGY, 50) for x in (0.0, 0.5, 1.0)]
        assert at[1] == pytest.approx((at[0] + at[2]) / 2, rel=0.04)


def test_articulated_trucks_of_the_uk_within_15_per_cent():
    # 647, 858, 1069 g CO2e/km; a fleet on all roads, here the mean of 50, 65 and 80 km/h
    for load, uk in zip((0.0, 0.5, 1.0), UK_LADEN["Articulated (>33t)"], strict=True):
        factors = loaded([ARTICULATED], load, 0.0)
        here = np.mean([value(factors, ARTICULATED, CO2, v) for v in (50, 65, 80)])
        assert here == pytest.approx(uk * 1e3, rel=0.15)


def test_cooling_by_hand():
    # 138 MJ in an hour: 2.76 MJ/km at 50 km/h, times 74.1 g/MJ = 204.516 g/km; load and body are
    # those of the truck without cooling
    both = loaded([ARTICULATED, COOLED], 0.6, 0.17)
    more = value(both, COOLED, ENERGY, 50) - value(both, ARTICULATED, ENERGY, 50)
    assert more == pytest.approx(2.76, rel=1e-9)
    more = value(both, COOLED, CO2, 50) - value(both, ARTICULATED, CO2, 50)
    assert more == pytest.approx(204.516, rel=1e-9)
    assert value(both, COOLED, ("hot", "nox"), 50) == value(both, ARTICULATED, ("hot", "nox"), 50)


def test_cooled_trucks_of_the_uk():
    # UK 2025, refrigerated against other articulated trucks over 33 t, average laden:
    # 1.08051 / 0.93421 = 1.157
    factors = loaded([ARTICULATED, COOLED])
    ratio = [value(factors, COOLED, CO2, v) / value(factors, ARTICULATED, CO2, v) for v in (60, 80)]
    assert ratio[1] < 1.08051 / 0.93421 * 1.05
    assert ratio[0] > 1.08051 / 0.93421 * 0.95


def test_port_trucks_run_empty_more_often():
    factors = loaded([ARTICULATED, PORT])
    mean = column(factors, "mean_load_t")
    assert mean[PORT] == pytest.approx(26 * 0.6 * 0.6, rel=1e-12)
    assert mean[PORT] < mean[ARTICULATED]


def test_a_set_without_freight_keeps_its_loads_and_says_what_is_unknown():
    profiles = dataclasses.replace(shipped(), freight=shipped().freight.iloc[:0])
    factors = build_factors(profiles, [ARTICULATED], year=2022, service=Service(freight={}))
    assert column(factors, "load_fraction")[ARTICULATED] == 0.5
    assert column(factors, "mean_load_t").isna().all()
    assert any(
        "Tonne-kilometres are unknown (null) for 1 vehicle types" in n for n in factors.notes
    )


@pytest.mark.parametrize(
    ("service", "message"),
    [
        (Service(freight={"car": Load(0.5)}), "must name classes that carry freight, lcv, rigid"),
        (
            Service(freight={"lcv": Load(60.0)}),
            r"must be >= 0 and <= 1 \[-\]: 60.0 found. Per cent",
        ),
        (Service(occupancy={"tram": 30.0}), "`fleet.occupancy` must name vehicle classes"),
        (Service(occupancy={"bus": -1.0}), r"`fleet.occupancy.bus` must be >= 0 and <= 300"),
    ],
)
def test_loads_that_make_no_sense(service, message):
    with pytest.raises(InputError, match=message):
        build_factors(shipped(), [ARTICULATED], year=2022, service=service)


def activity(**rows):
    return pd.DataFrame(rows)


def test_intensity_by_hand():
    # 1,000 km with 12 t and 500 km with nothing known: 1.2 t of CO2 of the first type only
    driven = activity(
        vehicle_class=["articulated_truck"] * 2,
        vehicle_type=["a", "b"],
        tonne_km=[12_000.0, np.nan],
    )
    emitted = activity(
        subsector="road",
        vehicle_class=["articulated_truck"] * 4,
        vehicle_type=["a", "a", "b", "a"],
        scope=[1, 1, 1, 2],
        pollutant="co2",
        mass_t=[0.7, 0.5, 9.0, 9.0],
    )
    found = freight_intensity(emitted, driven)
    assert found["g_per_tonne_km"].tolist() == pytest.approx([100.0])  # 1.2e6 g / 12,000 t km
    assert found["tonne_km"].tolist() == [12_000.0]


def test_what_carries_nothing_has_no_intensity():
    driven = activity(vehicle_class=["lcv"], vehicle_type=["a"], tonne_km=[0.0])
    emitted = activity(
        subsector="road", vehicle_class=["lcv"], vehicle_type=["a"], scope=[1], pollutant="co2",
        mass_t=[1.0],
    )  # fmt: skip
    assert freight_intensity(emitted, driven).empty


def test_uk_intensity_of_articulated_trucks_within_25_per_cent():
    # UK 2025: 77.0 g CO2e per t km, average laden, over 33 t; payload and empty running differ
    factors = loaded([ARTICULATED])
    here = np.mean([value(factors, ARTICULATED, CO2, v) for v in (50, 65, 80)])
    assert here / column(factors, "mean_load_t")[ARTICULATED] == pytest.approx(77.0, rel=0.25)
