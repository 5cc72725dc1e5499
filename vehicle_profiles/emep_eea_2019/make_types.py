"""Write the types of the set and the small tables they point to; called by `make.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent

CLASS = {
    "car": "car",
    "lcv": "lcv",
    "rigid": "rigid_truck",
    "articulated": "articulated_truck",
    "bus": "bus",
    "coach": "coach",
    "motorcycle": "motorcycle",
    "moped": "moped",
}
# fuel code of the segment: (fuel burnt, powertrain)
CARRIER = {
    "petrol": ("petrol", "ice"),
    "diesel": ("diesel", "ice"),
    "lpg": ("lpg", "ice"),
    "cng": ("cng", "ice"),
    "biodiesel": ("biodiesel", "ice"),
    "petrol_hybrid": ("petrol", "hybrid"),
    "diesel_hybrid": ("diesel", "hybrid"),
    "petrol_phev": ("petrol", "plug_in"),
    "diesel_phev": ("diesel", "plug_in"),
}
WEAR = {
    "car": "passenger_car",
    "lcv": "light_commercial",
    "rigid": "heavy_duty",
    "articulated": "heavy_duty",
    "bus": "heavy_duty",
    "coach": "heavy_duty",
    "motorcycle": "two_wheeler",
    "moped": "two_wheeler",
}
# number of axles is our assumption from common axle layouts of the weight class
AXLES = {
    ("rigid", "20_26t"): 3,
    ("rigid", "26_28t"): 3,
    ("rigid", "28_32t"): 4,
    ("rigid", "over_32t"): 4,
    ("articulated", "14_20t"): 3,
    ("articulated", "20_28t"): 4,
    ("articulated", "28_34t"): 4,
    ("articulated", "34_40t"): 5,
    ("articulated", "40_50t"): 6,
    ("articulated", "50_60t"): 7,
    ("bus", "articulated"): 3,
    ("coach", "articulated"): 3,
}
LOAD = 0.5
ELECTRIC_SHARE_OF_PLUG_IN = 0.45

ENGINE = {
    "mini": "up_to_1400cc",
    "small": "up_to_1400cc",
    "2_stroke": "up_to_1400cc",
    "medium": "1400_2000cc",
    "large": "over_2000cc",
}
NITROGEN_STANDARD = {
    "euro6abc": "euro6",
    "euro6d_temp": "euro6c",
    "euro6d": "euro6c",
    "ece15_00_01": "conventional",
    "ece15_02": "conventional",
    "ece15_03": "conventional",
    "ece15_04": "conventional",
    "improved_conventional": "conventional",
    "open_loop": "conventional",
}
BC_STANDARD = {
    "PRE": "conventional",
    "PRE_ECE": "pre_ece",
    "ECE_1501": "ece15_00_01",
    "ECE_1502": "ece15_02",
    "ECE_1503": "ece15_03",
    "ECE_1504": "ece15_04",
    "OPEN_LOOP": "open_loop",
    "I": "euro1",
    "II": "euro2",
    "III": "euro3",
    "IV": "euro4",
    "V": "euro5",
    "VI": "euro6",
    "VIc": "euro6c",
    "III-ADFP": "euro3_dpf_additive",
    "IV-ADFP": "euro4_dpf_additive",
    "V-ADFP": "euro5_dpf_additive",
    "III-CDFP": "euro3_dpf",
    "IV-CDFP": "euro4_dpf",
    "V-CDFP": "euro5_dpf",
}
BC_VEHICLE = {"PC": "car", "LCV": "lcv", "HDV": "heavy", "Motorcycle": "motorcycle"}
BC_KIND = {
    "car": "car",
    "lcv": "lcv",
    "rigid": "heavy",
    "articulated": "heavy",
    "bus": "heavy",
    "coach": "heavy",
    "motorcycle": "motorcycle",
    "moped": "motorcycle",
}

MAPPINGS = [
    ("taxi", "car of the same size, fuel and standard", "no taxi class is published", "assumption"),
    ("n2o, nh3 of Euro 6 a/b/c", "Euro 6 of the N2O and NH3 tables", "names differ", "assumption"),
    ("n2o, nh3 of Euro 6d-temp and 6d", "Euro 6c", "last published standard", "assumption"),
    ("n2o, nh3 of ECE 15, open loop", "conventional", "one published row", "assumption"),
    ("n2o, nh3 of hybrid, plug-in", "petrol or diesel car", "no row of their own", "assumption"),
    ("engine of mini and small cars", "up to 1400 cc", "names differ", "assumption"),
    ("engine of medium cars", "1400 to 2000 cc", "names differ", "assumption"),
    ("engine of large cars", "over 2000 cc", "names differ", "assumption"),
    ("bc of Euro 6 petrol d-temp, d", "Euro 6c", "last published standard", "assumption"),
    ("bc of Euro 6 diesel cars and vans", "Euro 5 with filter", "no row", "assumption"),
    ("bc with particle filter", "catalysed filter", "additive not told apart", "assumption"),
    (
        "diesel cars and vans Euro 3, 4 (published as DPF)",
        "vehicles without filter",
        "their published particles, 20 to 40 mg/km, are those of vehicles without filter",
        "assumption",
    ),
    ("bc of improved conventional", "open loop", "no row", "assumption"),
    ("bc of motorcycles Euro 4, 5", "Euro 3", "last published standard", "assumption"),
    ("bc of mopeds", "motorcycle of the same standard", "no row", "assumption"),
    ("bc of biodiesel, hybrid buses", "diesel heavy duty", "no row of their own", "assumption"),
    ("bc of EEV, Euro VI D/E", "Euro VI", "last published standard", "assumption"),
    ("wear of electric vehicles", "vehicle with engine", "no published row", "assumption"),
]


def nitrogen_group(row: pd.Series) -> str:
    """Return the group of the N2O and NH3 table, or nothing where hot rows hold them."""
    fuel = CARRIER[row["fuel"]][0]
    if row["kind"] not in ("car", "lcv") or fuel not in ("petrol", "diesel", "lpg"):
        return ""
    engine = "all" if row["kind"] == "lcv" else ENGINE[row["size"]]
    standard = NITROGEN_STANDARD.get(row["standard"], row["standard"])
    return f"{row['kind']}_{fuel}_{engine}_{standard}"


def bc_group(row: pd.Series) -> str:
    """Return the group of the black carbon table, or nothing where none is published."""
    fuel = CARRIER[row["fuel"]][0]
    fuel = "diesel" if fuel == "biodiesel" else fuel
    kind, standard = BC_KIND[row["kind"]], row["standard"]
    if fuel not in ("petrol", "diesel") or (kind, fuel) == ("heavy", "petrol"):
        return ""
    if kind == "heavy":
        standard = "euro6" if standard.startswith(("euro6", "eev")) else standard
    elif kind == "motorcycle":
        standard = "euro3" if standard in ("euro4", "euro5") else standard
    elif (fuel == "diesel" and standard.startswith("euro6")) or (
        fuel == "diesel" and standard == "euro5"
    ):
        standard = "euro5_dpf"
    elif standard == "euro6abc":
        standard = "euro6"
    elif standard.startswith("euro6d"):
        standard = "euro6c"
    elif standard == "improved_conventional":
        standard = "open_loop"
    return f"{kind}_{fuel}_{standard}"


def make_bc_fraction(folder: Path) -> None:
    """Write `bc_fraction.csv`: black carbon in exhaust PM2.5."""
    table = pd.read_csv(folder / "emep_bc_fraction.csv")
    group = (
        table["vehicle"].map(BC_VEHICLE)
        + "_"
        + table["fuel"]
        + "_"
        + table["standard"].map(BC_STANDARD)
    )
    out = pd.DataFrame(
        {
            "group": group,
            "fraction": (table["bc_percent_of_pm25"] / 100.0).round(6),
            "unit": "-",
            "source": "emep_eea_2016_bc",
            "year": 2016,
            "error_group": "bc_fraction",
            "verification": "read",
        }
    ).sort_values("group")
    assert out["group"].is_unique
    out.to_csv(HERE / "bc_fraction.csv", index=False)


# curve of a heavy electric vehicle: (vehicle and size of the points, powertrain of the points,
# diesel segment that gives the shape)
SCALED = {
    "bus_bev_midi": ("9m", "bev_depot", "bus_diesel_midi_euro6de_dpf_scr"),
    "bus_bev_standard": ("13m-city", "bev_depot", "bus_diesel_standard_euro6de_dpf_scr"),
    "bus_bev_articulated": ("18m", "bev_depot", "bus_diesel_articulated_euro6de_dpf_scr"),
    "coach_bev_standard": ("13m-coach", "bev_depot", "coach_diesel_standard_euro6de_dpf_scr"),
    "rigid_bev_up_to_7_5t": ("7.5t", "bev", "rigid_diesel_up_to_7_5t_euro6de_dpf_scr"),
    "rigid_bev_14_20t": ("18t", "bev", "rigid_diesel_14_20t_euro6de_dpf_scr"),
    "rigid_bev_20_26t": ("26t", "bev", "rigid_diesel_20_26t_euro6de_dpf_scr"),
    "rigid_bev_28_32t": ("32t", "bev", "rigid_diesel_28_32t_euro6de_dpf_scr"),
    "articulated_bev_34_40t": ("40t", "bev", "articulated_diesel_34_40t_euro6de_dpf_scr"),
}
FITTED = {
    "car_bev_mini": ("passenger_car", "Mini"),
    "car_bev_small": ("passenger_car", "Small"),
    "car_bev_medium": ("passenger_car", "Medium"),
    "car_bev_large": ("passenger_car", "Large"),
    "car_bev_large_suv": ("passenger_car", "Large SUV"),
    "lcv_bev": ("van", "Van"),
}


def diesel_energy(hot: pd.DataFrame, segment: str, speed: np.ndarray) -> np.ndarray:
    """Return the published diesel energy [MJ/km] on the flat at half load."""
    row = hot[
        (hot["segment"] == segment)
        & (hot["quantity"] == "energy")
        & (hot["gradient"] == 0.0)
        & (hot["load_fraction"] == LOAD)
    ].iloc[0]
    v = np.clip(speed, row["speed_min_kmh"], row["speed_max_kmh"])
    above = row["num_v2"] * v**2 + row["num_v1"] * v + row["num_v0"] + row["num_inverse_v"] / v
    below = row["den_v2"] * v**2 + row["den_v1"] * v + row["den_v0"]
    return above / below * (1.0 - row["reduction"])


def make_electric(folder: Path) -> None:
    """Write `electric.csv` (curves) and `electric_points.csv` (what they rest on)."""
    hot = pd.read_parquet(HERE / "hot.parquet")
    fits = pd.read_csv(folder / "ev_consumption_fit.csv")
    points = pd.read_csv(folder / "ev_consumption_points.csv")
    rows, kept = [], []
    common = {"unit": "kWh/km", "source": "carculator_2020", "year": 2020}
    for curve, (vehicle, size) in FITTED.items():
        fit = fits[
            (fits["vehicle"] == vehicle) & (fits["size"] == size) & (fits["powertrain"] == "bev")
        ].iloc[0]
        rows.append(
            {
                "curve": curve,
                "form": "a+b/v+c*v2",
                "a": fit["a_kWh_km"],
                "b": fit["b_kWh_h"],
                "c": fit["c_kWh_km_per_kmh2"],
                "speed_min_kmh": fit["speed_min_kmh"],
                "speed_max_kmh": fit["speed_max_kmh"],
                "charging": "ac",
            }
        )
        kept.append(
            points[
                (points["vehicle"] == vehicle)
                & (points["size"] == size)
                & (points["powertrain"] == "bev")
            ].assign(curve=curve)
        )
    for curve, (size, powertrain, segment) in SCALED.items():
        found = points[(points["size"] == size) & (points["powertrain"] == powertrain)]
        energy = diesel_energy(hot, segment, found["mean_speed_kmh"].to_numpy()) / 3.6
        here = found["energy_kWh_km"].to_numpy()
        rows.append(
            {
                "curve": curve,
                "form": "ratio",
                # least squares through the origin over the computed points
                "ratio": float(energy @ here / (energy @ energy)),
                "shape_segment": segment,
                "charging": "dc",
            }
        )
        kept.append(found.assign(curve=curve))
    segments = pd.read_csv(HERE / "segments.csv")
    rows += [
        {
            "curve": name,
            "form": "segment",
            "shape_segment": name,
            "charging": "ac",
            "unit": "MJ/km",
            "source": "emep_eea_2019_hot",
            "year": 2019,
        }
        for name in segments.loc[segments["fuel"].str.endswith("phev_electric"), "segment"]
    ]
    out = pd.DataFrame([{**common, **row} for row in rows])
    out["error_group"] = "electric_" + out["curve"].str.split("_").str[0]
    out["verification"] = out["source"].map(
        {"carculator_2020": "computed", "emep_eea_2019_hot": "read"}
    )
    order = [
        "curve", "form", "a", "b", "c", "ratio", "shape_segment", "speed_min_kmh",
        "speed_max_kmh", "charging", "unit", "source", "year", "error_group", "verification",
    ]  # fmt: skip
    out[order].sort_values("curve").to_csv(HERE / "electric.csv", index=False)
    table = pd.concat(kept)[["curve", "cycle", "mean_speed_kmh", "energy_kWh_km"]]
    table = table.rename(columns={"energy_kWh_km": "energy_kwh_km"})
    table = table.assign(source="carculator_2020", year=2020, verification="computed")
    table.sort_values(["curve", "mean_speed_kmh", "cycle"]).to_csv(
        HERE / "electric_points.csv", index=False
    )


def make_electricity(folder: Path) -> None:
    """Write `electricity.csv`: the Chinese notices, and rows kept by hand for other places."""
    table = pd.read_csv(folder / "grid_factors_china.csv")
    table = table[table["kind"] == "average"]
    level = {"national": "CN", "regional": "CN-region-", "provincial": "CN-"}
    area = [
        level[row.level] + ("" if row.level == "national" else row.area)
        for row in table.itertuples()
    ]
    out = pd.DataFrame(
        {
            "area": area,
            "year": table["data_year"].astype(int),
            "kg_per_kwh": table["kgCO2_per_kWh"],
            "unit": "kg/kWh",
            "gases": "co2",
            "source": "mee_nbs_" + table["data_year"].astype(str),
            "error_group": "electricity_cn",
            "verification": "read",
        }
    )
    other = pd.read_csv(HERE / "electricity_other.csv")
    out = pd.concat([out, other], ignore_index=True).sort_values(["area", "year"])
    assert not out.duplicated(["area", "year"]).any()
    out.to_csv(HERE / "electricity.csv", index=False)


def make_types(segments: pd.DataFrame) -> None:
    """Write `types.csv` and `mappings.csv`."""
    table = segments[segments["kind"].isin(CLASS) & segments["fuel"].isin(CARRIER)]
    rows = []
    for _, row in table.iterrows():
        fuel, powertrain = CARRIER[row["fuel"]]
        plug_in = powertrain == "plug_in"
        heavy = WEAR[row["kind"]] == "heavy_duty"
        technology, name = row["technology"], row["segment"]
        if technology == "dpf" and row["standard"] in ("euro3", "euro4"):  # see MAPPINGS
            technology, name = "", name.removesuffix("_dpf")
        rows.append(
            {
                "vehicle_type": name,
                "vehicle_class": CLASS[row["kind"]],
                "powertrain": powertrain,
                "fuel": fuel,
                "size": row["size"],
                "emission_standard": row["standard"],
                "technology": technology,
                "hot_segment": row["segment"],
                "electric_curve": row["segment"].replace("_phev_", "_phev_electric_")
                if plug_in
                else "",
                "electric_share": ELECTRIC_SHARE_OF_PLUG_IN if plug_in else 0.0,
                "load_fraction": LOAD if heavy else np.nan,
                "nitrogen_group": nitrogen_group(row),
                "bc_group": bc_group(row),
                "wear_group": WEAR[row["kind"]],
                "axles": AXLES.get((row["kind"], row["size"]), 2),
            }
        )
    for curve in [*FITTED, *SCALED]:
        kind, _, size = curve.partition("_bev")
        heavy = WEAR[kind] == "heavy_duty"
        rows.append(
            {
                "vehicle_type": curve,
                "vehicle_class": CLASS[kind],
                "powertrain": "bev",
                "fuel": "electricity",
                "size": size.strip("_") or "all",
                "emission_standard": "zero_tailpipe",
                "technology": "",
                "hot_segment": "",
                "electric_curve": curve,
                "electric_share": 1.0,
                "load_fraction": LOAD if heavy else np.nan,
                "nitrogen_group": "",
                "bc_group": "",
                "wear_group": WEAR[kind],
                "axles": AXLES.get((kind, size.strip("_")), 2),
            }
        )
    types = pd.DataFrame(rows)
    taxi = types[
        (types["vehicle_class"] == "car")
        & types["size"].isin(["small", "medium", "large"])
        & ~types["emission_standard"].str.startswith(("conv", "ece", "open", "improved"))
        & ~types["emission_standard"].isin(["euro1", "euro2"])
    ].copy()
    taxi["vehicle_type"] = taxi["vehicle_type"].str.replace("car_", "taxi_", n=1)
    taxi["vehicle_class"] = "taxi"
    types = pd.concat([types, taxi]).sort_values("vehicle_type")
    assert types["vehicle_type"].is_unique
    types.to_csv(HERE / "types.csv", index=False)
    pd.DataFrame(MAPPINGS, columns=["what", "taken_as", "why", "verification"]).to_csv(
        HERE / "mappings.csv", index=False
    )
