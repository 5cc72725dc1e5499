"""
Write what trucks carry, and electric and hydrogen vehicles beyond batteries; called by `make.py`.

Owns `freight.csv`, `cabin.csv`, the hydrogen rows of `electric.csv` and `electric_points.csv`, and
the refrigerated, port and hydrogen rows of `types.csv`, rows of `mappings.csv`. Kept by hand:
`cooling_units.csv`, `cabin_demand.csv`, `grid_losses.csv`, `biofuels.csv`, `blends.csv`, `fuels/`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from make_types import AXLES, LOAD, WEAR, diesel_energy

HERE = Path(__file__).parent

RIGID, ARTICULATED = "rigid_truck", "articulated_truck"
GLEC_TRUCK = (0.6, 0.17)
# class, size, use, payload capacity [t], load factor, empty share, source, year, verification, note
FREIGHT = [
    ("lcv", "n1_i", "general", 0.5, 0.4, 0.09, "glec_3_2", 2025, "assumption",
     "payload assumed by size; load factor and empty share of GLEC read"),
    ("lcv", "n1_ii", "general", 0.8, 0.4, 0.09, "glec_3_2", 2025, "assumption",
     "payload assumed by size; load factor and empty share of GLEC read"),
    ("lcv", "n1_iii", "general", 1.2, 0.4, 0.09, "glec_3_2", 2025, "read",
     "empty share 0.09 of v3.2 table 7; 0.20 circulates from older editions"),
    ("lcv", "all", "general", 1.2, 0.4, 0.09, "glec_3_2", 2025, "read", "as N1-III"),
    (RIGID, "over_3_5t", "general", 3.5, *GLEC_TRUCK, "glec_3_2", 2025, "assumption",
     "as rigid trucks up to 7.5 t"),
    (RIGID, "up_to_7_5t", "general", 3.5, *GLEC_TRUCK, "glec_3_2", 2025, "unverified", ""),
    (RIGID, "7_5_12t", "general", 6.0, *GLEC_TRUCK, "glec_3_2", 2025, "unverified", ""),
    (RIGID, "12_14t", "general", 7.0, *GLEC_TRUCK, "glec_3_2", 2025, "assumption",
     "payload between the classes beside it"),
    (RIGID, "14_20t", "general", 9.0, *GLEC_TRUCK, "glec_3_2", 2025, "unverified", "18 t"),
    (RIGID, "20_26t", "general", 15.0, *GLEC_TRUCK, "glec_3_2", 2025, "unverified", ""),
    (RIGID, "26_28t", "general", 16.0, *GLEC_TRUCK, "glec_3_2", 2025, "assumption",
     "payload between the classes beside it"),
    (RIGID, "28_32t", "general", 18.0, *GLEC_TRUCK, "glec_3_2", 2025, "unverified", "31 t"),
    (RIGID, "over_32t", "general", 20.0, *GLEC_TRUCK, "glec_3_2", 2025, "assumption",
     "payload assumed"),
    (ARTICULATED, "14_20t", "general", 10.0, *GLEC_TRUCK, "glec_3_2", 2025, "assumption",
     "payload assumed"),
    (ARTICULATED, "20_28t", "general", 15.0, *GLEC_TRUCK, "glec_3_2", 2025, "assumption",
     "payload assumed"),
    (ARTICULATED, "28_34t", "general", 20.0, *GLEC_TRUCK, "glec_3_2", 2025, "assumption",
     "payload assumed"),
    (ARTICULATED, "34_40t", "general", 26.0, *GLEC_TRUCK, "glec_3_2", 2025, "unverified",
     "load factor and empty share read in v3.2 table 8; payload recalled"),
    (ARTICULATED, "40_50t", "general", 32.0, 0.6, 0.25, "gb_1589_2016", 2016, "unverified",
     "49 t; means of 35 to 40 % empty are often quoted for China"),
    (ARTICULATED, "50_60t", "general", 40.0, *GLEC_TRUCK, "glec_3_2", 2025, "assumption",
     "payload assumed"),
    (RIGID, "up_to_7_5t", "refrigerated", 3.0, *GLEC_TRUCK, "assumption", 2025, "assumption",
     "general cargo less the weight of insulation and unit"),
    (RIGID, "14_20t", "refrigerated", 8.0, *GLEC_TRUCK, "assumption", 2025, "assumption",
     "general cargo less the weight of insulation and unit"),
    (RIGID, "20_26t", "refrigerated", 13.5, *GLEC_TRUCK, "assumption", 2025, "assumption",
     "general cargo less the weight of insulation and unit"),
    (ARTICULATED, "34_40t", "refrigerated", 24.0, *GLEC_TRUCK, "assumption", 2025, "assumption",
     "general cargo less the weight of insulation and unit"),
    (ARTICULATED, "34_40t", "port", 26.0, 0.6, 0.4, "assumption", 2025, "assumption",
     "containers go one way: 40 % of kilometres without load"),
    (ARTICULATED, "40_50t", "port", 32.0, 0.6, 0.4, "assumption", 2025, "assumption",
     "containers go one way: 40 % of kilometres without load"),
]  # fmt: skip

# size and use of the trucks that take the segment of the general one
REFRIGERATED = [(RIGID, s) for s in ("up_to_7_5t", "14_20t", "20_26t")] + [(ARTICULATED, "34_40t")]
PORT = [(ARTICULATED, "34_40t"), (ARTICULATED, "40_50t")]

FITTED = {
    "car_fcev_mini": ("passenger_car", "Mini"),
    "car_fcev_small": ("passenger_car", "Small"),
    "car_fcev_medium": ("passenger_car", "Medium"),
    "car_fcev_large_suv": ("passenger_car", "Large SUV"),
    "lcv_fcev": ("van", "Van"),
}
SCALED = {
    "bus_fcev_midi": ("9m", "bus_diesel_midi_euro6de_dpf_scr"),
    "bus_fcev_standard": ("13m-city", "bus_diesel_standard_euro6de_dpf_scr"),
    "bus_fcev_articulated": ("18m", "bus_diesel_articulated_euro6de_dpf_scr"),
    "coach_fcev_standard": ("13m-coach", "coach_diesel_standard_euro6de_dpf_scr"),
    "rigid_fcev_up_to_7_5t": ("7.5t", "rigid_diesel_up_to_7_5t_euro6de_dpf_scr"),
    "rigid_fcev_14_20t": ("18t", "rigid_diesel_14_20t_euro6de_dpf_scr"),
    "rigid_fcev_20_26t": ("26t", "rigid_diesel_20_26t_euro6de_dpf_scr"),
    "rigid_fcev_28_32t": ("32t", "rigid_diesel_28_32t_euro6de_dpf_scr"),
    "articulated_fcev_34_40t": ("40t", "articulated_diesel_34_40t_euro6de_dpf_scr"),
}
# kg of hydrogen on 100 km that trials of one size and its like found or makers state, and source;
# 33.32 kWh/kg. Other sizes of a kind are scaled alike.
SEEN = {
    "bus": ("bus_fcev_standard", 9.0, "chic_2016", 2016),
    "articulated": ("articulated_fcev_34_40t", 8.0, "hyundai_xcient_2020", 2020),
}
AS = {"bus": "bus", "coach": "articulated", "rigid": "articulated", "articulated": "articulated"}
KWH_PER_KG = 33.32

CLASS = {
    "car": "car", "lcv": "lcv", "bus": "bus", "coach": "coach", "rigid": RIGID,
    "articulated": ARTICULATED,
}  # fmt: skip

# mean temperature of the months in Bern [degC], the climate of the computed consumption
BERN_C = [1.9, 4.4, 8.3, 12.4, 17.0, 20.4, 23.3, 22.5, 19.2, 13.5, 6.8, 2.7]
COMFORT_C = 20.0
# electric curve: full thermal power [kW], times the share that is used (coaches 0.8)
BUS_KW = {
    "bus_bev_midi": 10.0,
    "bus_bev_standard": 18.0,
    "bus_bev_articulated": 24.0,
    "coach_bev_standard": 14.4,
}
# electric curve: mean power of heating plus cooling [kW] in the computed consumption of 2020
MEAN_KW = {
    "car_bev_mini": 2 * 0.198695652 * 0.973913043,
    "car_bev_small": 2 * 0.248369565 * 0.973913043,
    "car_bev_medium": 2 * 0.317913043 * 0.973913043,
    "car_bev_large": 2 * 0.347717391 * 0.973913043,
    "car_bev_large_suv": 0.35 * (1.0 + 0.973913043),
    "lcv_bev": 2 * 0.347717391 * 0.973913043,
    "rigid_bev_up_to_7_5t": 2 * 0.09375,
    "rigid_bev_14_20t": 2 * 0.225,
    "rigid_bev_20_26t": 2 * 0.325,
    "rigid_bev_28_32t": 2 * 0.5,
    "articulated_bev_34_40t": 2 * 0.5,
}


def make_freight() -> None:
    """Write `freight.csv`."""
    names = [
        "vehicle_class", "size", "use", "payload_capacity_t", "load_factor", "empty_share",
        "source", "year", "verification", "note",
    ]  # fmt: skip
    table = pd.DataFrame(FREIGHT, columns=names)
    table.insert(6, "unit", "t")
    table.insert(9, "error_group", "freight_" + table["vehicle_class"])
    table.sort_values(names[:3]).to_csv(HERE / "freight.csv", index=False)


def make_hydrogen(folder: Path) -> None:
    """Add the curves of energy out of a hydrogen tank, and their points."""
    hot = pd.read_parquet(HERE / "hot.parquet")
    fits = pd.read_csv(folder / "ev_consumption_fit.csv")
    points = pd.read_csv(folder / "ev_consumption_points.csv")
    fits, points = (table[table["powertrain"] == "fcev"] for table in (fits, points))
    rows, kept = [], []
    for curve, (vehicle, size) in FITTED.items():
        fit = fits[(fits["vehicle"] == vehicle) & (fits["size"] == size)].iloc[0]
        found = points[(points["vehicle"] == vehicle) & (points["size"] == size)]
        rows.append(
            {
                "curve": curve, "form": "a+b/v+c*v2", "a": fit["a_kWh_km"], "b": fit["b_kWh_h"],
                "c": fit["c_kWh_km_per_kmh2"], "speed_min_kmh": fit["speed_min_kmh"],
                "speed_max_kmh": fit["speed_max_kmh"],
            }
        )  # fmt: skip
        kept.append(found.assign(curve=curve))
    for curve, (size, segment) in SCALED.items():
        found = points[points["size"] == size]
        energy = diesel_energy(hot, segment, found["mean_speed_kmh"].to_numpy()) / 3.6
        here = found["energy_kWh_km"].to_numpy()
        ratio = float(energy @ here / (energy @ energy))
        rows.append({"curve": curve, "form": "ratio", "ratio": ratio, "shape_segment": segment})
        kept.append(found.assign(curve=curve))
    out = pd.DataFrame(rows).assign(
        charging="tank", unit="kWh/km", source="carculator_2020", year=2020
    )
    kind = out["curve"].str.split("_").str[0]
    out["error_group"] = "hydrogen_" + kind
    out["verification"] = "computed"
    # the computed level of buses (41 g/km) and trucks (55) is far below what is seen on the road
    mean = pd.concat(kept).groupby("curve")["energy_kWh_km"].mean()
    for i in np.flatnonzero(out["form"] == "ratio"):
        model, kg, source, year = SEEN[AS[kind[i]]]
        out.loc[i, "ratio"] *= kg / 100.0 * KWH_PER_KG / mean[model]
        out.loc[i, ["source", "year", "verification"]] = source, year, "assumption"
    _replace("electric.csv", out, "curve")
    table = pd.concat(kept)[["curve", "cycle", "mean_speed_kmh", "energy_kWh_km"]]
    table = table.rename(columns={"energy_kWh_km": "energy_kwh_km"})
    table = table.assign(source="carculator_2020", year=2020, verification="computed")
    _replace("electric_points.csv", table.sort_values(["mean_speed_kmh", "cycle"]), "curve")


def make_cabin() -> None:
    """Write `cabin.csv`: heating and cooling of battery-electric vehicles."""
    demand = pd.read_csv(HERE / "cabin_demand.csv")
    share = np.interp(BERN_C, demand["temperature_c"], demand["share"])
    cold = np.array(BERN_C) < COMFORT_C

    def mean_per_kw(cop_heating: float, cop_cooling: float) -> float:
        return float((share / np.where(cold, cop_heating, cop_cooling)).mean())

    rows = []
    for curve, power in BUS_KW.items():
        included = power * mean_per_kw(2.3, 1.3)
        rows.append((curve, power, 2.3, 1.3, included, "computed"))
    for curve, included in MEAN_KW.items():
        # full power such that the climate of the computed consumption gives its mean
        rows.append((curve, included / mean_per_kw(1.0, 1.3), 1.0, 1.3, included, "assumption"))
    table = pd.DataFrame(
        rows,
        columns=[
            "curve", "hvac_kw", "cop_heating", "cop_cooling", "included_kw", "verification",
        ],
    )  # fmt: skip
    table[["hvac_kw", "included_kw"]] = table[["hvac_kw", "included_kw"]].round(6)
    table = table.assign(unit="kW", source="carculator_2020", year=2020)
    table["error_group"] = "cabin_" + table["curve"].str.split("_").str[0]
    table.sort_values("curve").to_csv(HERE / "cabin.csv", index=False)


def make_types_of_use() -> None:
    """Add refrigerated, port and hydrogen types to `types.csv`."""
    types = pd.read_csv(HERE / "types.csv", keep_default_na=False, na_values=[""])
    for name in ("use", "tank_curve", "cooling_unit"):
        if name not in types:
            types[name] = ""
    types = types[types["use"].fillna("").eq("") & types["powertrain"].ne("fcev")]
    added = []
    for use, kinds in (("refrigerated", REFRIGERATED), ("port", PORT)):
        for vehicle_class, size in kinds:
            kind = vehicle_class.removesuffix("_truck")
            rows = types[(types["vehicle_class"] == vehicle_class) & (types["size"] == size)]
            if use == "refrigerated":
                rows = rows[rows["fuel"] == "diesel"]
            names = rows["vehicle_type"].str.replace(f"{kind}_", f"{kind}_{use}_", n=1)
            unit = f"{kind}_{size}" if use == "refrigerated" else ""
            added.append(rows.assign(vehicle_type=names, use=use, cooling_unit=unit))
    for curve in [*FITTED, *SCALED]:
        kind, _, size = curve.partition("_fcev")
        size = size.strip("_") or "all"
        heavy = WEAR[kind] == "heavy_duty"
        added.append(
            pd.DataFrame(
                [
                    {
                        "vehicle_type": curve, "vehicle_class": CLASS[kind], "powertrain": "fcev",
                        "fuel": "hydrogen", "size": size, "emission_standard": "zero_tailpipe",
                        "electric_share": 0.0, "load_fraction": LOAD if heavy else np.nan,
                        "wear_group": WEAR[kind], "axles": AXLES.get((kind, size), 2),
                        "tank_curve": curve,
                    }
                ]
            )
        )  # fmt: skip
    out = pd.concat([types, *added], ignore_index=True).sort_values("vehicle_type")
    assert out["vehicle_type"].is_unique
    out.to_csv(HERE / "types.csv", index=False)


def make_mappings() -> None:
    """Add to `mappings.csv` what the types of this module are taken as."""
    rows = [
        ("refrigerated trucks", "truck of the same size and standard",
         "no published row; the cooling unit adds energy by the hour"),
        ("port trucks", "truck of the same size and standard",
         "no published row; load and empty running differ"),
        ("shape of electric and hydrogen buses and trucks", "diesel Euro VI D/E of the same size",
         "computed at one or three speeds only"),
        ("cabin of battery-electric cars, vans, trucks", "resistance heating, share as of buses",
         "no published power by temperature"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["what", "taken_as", "why"])
    _replace("mappings.csv", table.assign(verification="assumption"), "what")


def _replace(file: str, rows: pd.DataFrame, key: str) -> None:
    """Put rows into a table in place of those of the same key."""
    table = pd.read_csv(HERE / file, keep_default_na=False, na_values=[""])
    table = pd.concat(
        [table[~table[key].isin(rows[key])], rows[table.columns.intersection(rows.columns)]]
    )
    table.sort_values(key, kind="stable").to_csv(HERE / file, index=False)


def make_energy(folder: Path) -> None:
    """Write all that this module owns."""
    make_freight()
    make_hydrogen(folder)
    make_cabin()
    make_types_of_use()
    make_mappings()
