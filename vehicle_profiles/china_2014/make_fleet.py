"""
Write the fleet `china_2023`; called by `make.py`.

Shares of vehicle-kilometres are assumptions: no statistics by standard were at hand. They follow
the dates of `standards.csv` and put most kilometres on young vehicles. Replace them by your own.
"""

from __future__ import annotations

import pandas as pd

# standard: share of the kilometres of combustion vehicles
AGE = {"china3": 0.04, "china4": 0.20, "china5": 0.36, "china6a": 0.12, "china6b": 0.28}
TRUCK_AGE = {"china3": 0.06, "china4": 0.18, "china5": 0.41, "china6a": 0.30, "china6b": 0.05}
TWO_WHEELER_AGE = {"china3": 0.65, "china4": 0.35}
# vehicle class: (kind, fuel): share, with the ages of the kind
CLASSES = {
    "car": ({("car", "petrol"): 0.93, ("car", "gas"): 0.01, ("car", "bev"): 0.06}, AGE),
    "taxi": (
        {("taxi", "petrol"): 0.30, ("taxi", "gas"): 0.30, ("taxi", "bev"): 0.40},
        {"china4": 0.10, "china5": 0.45, "china6a": 0.10, "china6b": 0.35},
    ),
    "lcv": (
        {
            ("mini_truck", "petrol"): 0.10,
            ("light_truck", "petrol"): 0.15,
            ("light_truck", "diesel"): 0.69,
            ("light_truck", "bev"): 0.06,
        },
        TRUCK_AGE,
    ),
    "rigid_truck": (
        {
            ("medium_truck", "diesel"): 0.30,
            ("heavy_truck", "diesel"): 0.69,
            ("heavy_truck", "bev"): 0.01,
        },
        TRUCK_AGE,
    ),
    "articulated_truck": (
        {("heavy_tractor", "diesel"): 0.99, ("heavy_tractor", "bev"): 0.01},
        TRUCK_AGE,
    ),
    "bus": (
        {
            ("city_bus", "diesel"): 0.22,
            ("city_bus", "gas"): 0.13,
            ("city_bus", "bev"): 0.65,
        },
        TRUCK_AGE,
    ),
    "coach": (
        {
            ("medium_passenger", "diesel"): 0.20,
            ("large_passenger", "diesel"): 0.75,
            ("large_passenger", "bev"): 0.05,
        },
        TRUCK_AGE,
    ),
    "motorcycle": ({("motorcycle", "petrol"): 1.0}, TWO_WHEELER_AGE),
    "moped": ({("moped", "petrol"): 1.0}, TWO_WHEELER_AGE),
}


def make_fleet() -> pd.DataFrame:
    """Return the shares of all streams."""
    rows = []
    for vehicle_class, (kinds, ages) in CLASSES.items():
        for (kind, fuel), share in kinds.items():
            parts = {f"{kind}_{fuel}": 1.0}
            if fuel != "bev":
                parts = {f"{kind}_{fuel}_{standard}": part for standard, part in ages.items()}
            for vehicle_type, part in parts.items():
                rows.append((vehicle_class, "all", vehicle_type, round(share * part, 6)))
    table = pd.DataFrame(rows, columns=["vehicle_class", "trip_kind", "vehicle_type", "share"])
    table["source"] = table["verification"] = "assumption"
    table["note"] = "guided by the dates of standards.csv; fuels assumed"
    return table.sort_values(["vehicle_class", "vehicle_type"], ignore_index=True)
