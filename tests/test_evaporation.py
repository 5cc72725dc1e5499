"""Evaporation: figures by hand, laws, parked vehicles."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from profile_set import shipped
from test_cold_start import STREAMS, TYPES, climate_of

from transmod.errors import InputError
from transmod.model.added_processes import add_processes
from transmod.model.evaporation import parked_emissions, vapour
from transmod.model.factor_table import build_factors
from transmod.model.fleet import Fleet
from transmod.schema import EMISSION_KEYS, ROAD_PROCESSES

DATA = Path(__file__).parent / "data"
PARTS = ("diurnal", "hot_soak", "running")
SMALL_CAR = "car_1400_2000cc_large_injection"
PETROL, DIESEL = "car_petrol_medium_euro4_pfi", "car_diesel_medium_euro4"
FLEET = Fleet(
    "mix", (("car", "through"), ("car", "internal")), (DIESEL, PETROL),
    np.array([[1.0, 0.0], [0.25, 0.75]]), {"west": np.array([[1.0, 0.0], [0.5, 0.5]])}, (),
)  # fmt: skip


def parked_of(*rows):
    columns = ["district_id", "vehicle_class", "vehicle_type", "vehicles", "stops_per_day"]
    return pd.DataFrame(rows, columns=columns)


def test_between_the_middles_of_two_ranges():
    # large canister, 1400 to 2000 cc, a day: 0.76 g at 10 to 25 degC (17.5), 1.24 at 20 to 35
    # (27.5), so 1.00 at 22.5; beyond the ranges the ends hold
    found = vapour(shipped(), SMALL_CAR, "diurnal", np.array([17.5, 22.5, 27.5, 40.0, -30.0]))
    assert found.tolist() == pytest.approx([0.76, 1.0, 1.24, 1.24, 0.55], rel=1e-12)


def test_a_mixed_fleet_has_the_published_factor_of_all_cars():
    # Tier 1 is another table of the guidebook, one figure a day for all petrol cars: one car in
    # seven without a canister, the others with a medium one, meet it in all four ranges
    published = pd.read_csv(DATA / "evaporation_tier1.csv")
    table = shipped().processes["evaporation"].set_index(["group", "part", "temperature_low_c"])

    def of_a_day(group, low_c, trips=4):
        day, stop, trip = (table["value"][group, part, low_c] for part in PARTS)
        return day + trips * (stop + trip)

    for row in published.itertuples():
        none, medium = (
            of_a_day(f"car_1400_2000cc_{kind}", row.temperature_low_c)
            for kind in ("none_carburettor", "medium_injection")
        )
        assert 0.145 * none + 0.855 * medium == pytest.approx(row.car_g_day, rel=0.1)


def test_warmer_is_never_less():
    table = shipped().processes["evaporation"]
    temperature = np.linspace(-10.0, 40.0, 101)
    for group, part in table[["group", "part"]].drop_duplicates().itertuples(index=False):
        found = vapour(shipped(), group, part, temperature)
        assert (np.diff(found) >= 0.0).all()
        assert (found >= 0.0).all()


@pytest.mark.parametrize(("trip", "per_km"), [(12.4, 0.02 / 12.4), (5.0, 0.004)])
def test_running_losses_by_hand(trip, per_km):
    # 0.02 g a trip at 17.5 degC, over its length; the same on each road and in each stream
    profiles = shipped()
    base = build_factors(profiles, TYPES, year=2020, electricity_kg_per_kwh=0.5)
    factors = add_processes(
        base, profiles, STREAMS, climate_of(17.5, 27.5), ROAD_PROCESSES, trip_length_km=trip
    )
    j, q = TYPES.index(PETROL), factors.quantities.index(("evaporation", "nmvoc"))
    for stream in (0, 1):
        for situation in range(4):
            value = factors.curve[factors.index[j, q, situation, 3], 300]
            value *= factors.held(stream, situation, np.array([j]))[0, q]
            assert value == pytest.approx(per_km, rel=1e-12)
    diesel = TYPES.index(DIESEL)
    assert not factors.index[diesel, q].any()


def test_parked_vehicles_by_hand():
    # 1,000 cars of the type, 3 stops a day; half a year at 17.5 degC, half at 27.5:
    # 182.5 x (0.76 + 3 x 0.06) + 182.5 x (1.24 + 3 x 0.09) = 171.55 + 275.575 g a car
    rows = parked_emissions(
        parked_of(("east", None, PETROL, 1000.0, 3.0)), shipped(), FLEET, climate_of(17.5, 27.5)
    )
    (row,) = rows.to_dict("records")
    assert row["mass_t"] == pytest.approx(0.447125, rel=1e-12)
    assert [row[name] for name in EMISSION_KEYS] == [
        "road_fuel", "east", "district", "road", "car", None, PETROL, "petrol",
    ]  # fmt: skip
    assert (row["process"], row["pollutant"]) == ("evaporation", "nmvoc")


def test_vehicles_of_a_class_are_those_of_the_fleet():
    rows = parked_emissions(
        parked_of(("east", "car", None, 1000.0, 3.0), ("west", "car", None, 1000.0, 3.0)),
        shipped(), FLEET, climate_of(17.5, 27.5),
    )  # fmt: skip
    # three quarters are petrol cars, in the west half; diesel does not evaporate
    assert rows["vehicle_type"].tolist() == [PETROL, PETROL]
    assert rows["mass_t"].tolist() == pytest.approx([0.75 * 0.447125, 0.5 * 0.447125], rel=1e-12)


def test_unknown_types_and_classes_are_named_together():
    parked = parked_of(("east", None, "car_steam", 1.0, 1.0), ("east", "bus", None, 1.0, 1.0))
    with pytest.raises(InputError) as caught:
        parked_emissions(parked, shipped(), FLEET, climate_of(10.0))
    text = "\n".join(caught.value.faults)
    assert "'car_steam' found" in text
    assert "drives in the city: 'bus' found" in text
