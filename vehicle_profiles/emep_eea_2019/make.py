"""
Convert the published tables into the layout of this set.

    python make.py FOLDER

FOLDER holds the tables as they were collected (`emep_hot_ldv_lcat.csv`, `emep_hot_hdv_bus.csv`,
`emep_n2o_nh3.csv`, `emep_bc_fraction.csv`, `ev_consumption_points.csv`,
`ev_consumption_fit.csv`, `grid_factors_china.csv`). Figures are carried over unchanged, but for
the last digits of twelve rows (`restore_digits`); names, keys and columns become ours. Files not
written here are kept by hand: `set.toml`, `sources.csv`, `fuels.csv`, `wear*.csv`, `gwp.csv`,
`not_estimated.csv`, `fleets/`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from make_energy import make_energy
from make_types import make_bc_fraction, make_electric, make_electricity, make_types

HERE = Path(__file__).parent

QUANTITY = {
    "EC": "energy",
    "CO": "co",
    "NOx": "nox",
    "VOC": "voc",
    "PM_exhaust": "pm_exhaust",
    "CH4": "ch4",
    "N2O": "n2o",
    "NH3": "nh3",
}
ROAD_TYPE = {
    "Urban Peak": "urban_peak",
    "Urban Off Peak": "urban_off_peak",
    "Rural": "rural",
    "Highway": "motorway",
}
FUEL = {
    "petrol": "petrol",
    "diesel": "diesel",
    "biodiesel": "biodiesel",
    "cng": "cng",
    "petrol_hybrid": "petrol_hybrid",
    "lpg_bifuel_on_lpg": "lpg",
    "lpg_bifuel_on_petrol": "lpg_on_petrol",
    "cng_bifuel_on_cng": "cng",
    "cng_bifuel_on_petrol": "cng_on_petrol",
    "petrol_phev_on_petrol": "petrol_phev",
    "petrol_phev_on_electricity": "petrol_phev_electric",
    "diesel_phev_on_diesel": "diesel_phev",
    "diesel_phev_on_electricity": "diesel_phev_electric",
    "diesel_hybrid_on_diesel": "diesel_hybrid",
    "diesel_hybrid_on_electricity": "diesel_hybrid_electric",
}
# published segment: (vehicle class, size)
SEGMENT = {
    "Mini": ("car", "mini"),
    "Small": ("car", "small"),
    "Medium": ("car", "medium"),
    "Large-SUV-Executive": ("car", "large"),
    "2-Stroke": ("car", "2_stroke"),
    "N1-I": ("lcv", "n1_i"),
    "N1-II": ("lcv", "n1_ii"),
    "N1-III": ("lcv", "n1_iii"),
    "Rigid <=7.5 t": ("rigid", "up_to_7_5t"),
    "Rigid 7.5 - 12 t": ("rigid", "7_5_12t"),
    "Rigid 12 - 14 t": ("rigid", "12_14t"),
    "Rigid 14 - 20 t": ("rigid", "14_20t"),
    "Rigid 20 - 26 t": ("rigid", "20_26t"),
    "Rigid 26 - 28 t": ("rigid", "26_28t"),
    "Rigid 28 - 32 t": ("rigid", "28_32t"),
    "Rigid >32 t": ("rigid", "over_32t"),
    ">3.5 t": ("rigid", "over_3_5t"),
    "Articulated 14 - 20 t": ("articulated", "14_20t"),
    "Articulated 20 - 28 t": ("articulated", "20_28t"),
    "Articulated 28 - 34 t": ("articulated", "28_34t"),
    "Articulated 34 - 40 t": ("articulated", "34_40t"),
    "Articulated 40 - 50 t": ("articulated", "40_50t"),
    "Articulated 50 - 60 t": ("articulated", "50_60t"),
    "Urban Buses Midi <=15 t": ("bus", "midi"),
    "Urban Buses Standard 15 - 18 t": ("bus", "standard"),
    "Urban Buses Articulated >18 t": ("bus", "articulated"),
    "Urban CNG Buses": ("bus", "standard"),
    "Urban Biodiesel Buses": ("bus", "standard"),
    "Urban Buses Diesel Hybrid": ("bus", "standard"),
    "Coaches Standard <=18 t": ("coach", "standard"),
    "Coaches Articulated >18 t": ("coach", "articulated"),
    "Mopeds 2-stroke <50 cc": ("moped", "2_stroke"),
    "Mopeds 4-stroke <50 cc": ("moped", "4_stroke"),
    "Motorcycles 2-stroke >50 cc": ("motorcycle", "2_stroke"),
    "Motorcycles 4-stroke <250 cc": ("motorcycle", "under_250cc"),
    "Motorcycles 4-stroke 250 - 750 cc": ("motorcycle", "250_750cc"),
    "Motorcycles 4-stroke >750 cc": ("motorcycle", "over_750cc"),
    "Quad & ATVs": ("quad", "all"),
    "Micro-car": ("microcar", "all"),
}
COEFFICIENTS = {
    "alpha": "num_v2",
    "beta": "num_v1",
    "gamma": "num_v0",
    "delta": "num_inverse_v",
    "epsilon": "den_v2",
    "zita": "den_v1",
    "hta": "den_v0",
    "reduction_factor_fraction": "reduction",
}


def technology_code(name: str) -> str:
    """Return a lower-case code: `DPF With S/W Update` becomes `dpf_sw`."""
    code = name.lower().replace(" with s/w update", "_sw")
    return code.replace("+", "_")


def segment_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of our segment code for rows of the published tables."""
    kind = table["segment"].map(lambda s: SEGMENT[s][0])
    size = table["segment"].map(lambda s: SEGMENT[s][1])
    fuel = table["fuel"].map(FUEL)
    technology = table["technology"].fillna("").map(technology_code)
    parts = pd.DataFrame(
        {"kind": kind, "fuel": fuel, "size": size, "standard": table["euro"], "tech": technology}
    )
    code = parts.agg(lambda row: "_".join(v for v in row if v and v != "all"), axis=1)
    return parts.assign(segment=code)


def make_hot(folder: Path) -> pd.DataFrame:
    """Write `hot.parquet` and `segments.csv`; return the segments."""
    published = pd.concat(
        [
            pd.read_csv(folder / name, low_memory=False)
            for name in ("emep_hot_ldv_lcat.csv", "emep_hot_hdv_bus.csv")
        ],
        ignore_index=True,
    )
    names = ["category", "fuel", "segment", "euro", "technology"]
    groups = published[names].drop_duplicates()
    ours = segment_columns(groups)
    assert ours["segment"].is_unique
    segments = groups.rename(columns={n: f"published_{n}" for n in names})
    segments = ours[["segment", "kind", "fuel", "size", "standard", "tech"]].join(segments)
    segments = segments.rename(columns={"tech": "technology"}).sort_values("segment")
    segments.to_csv(HERE / "segments.csv", index=False)

    code = published[names].merge(
        groups.assign(code=ours["segment"]), on=names, how="left", validate="m:1"
    )["code"]
    light = ~published["category"].isin(["heavy_duty_truck", "bus"])
    hot = pd.DataFrame(
        {
            "segment": code,
            "quantity": published["pollutant"].map(QUANTITY),
            "unit": published["unit"],
            "road_type": published["driving_mode"].map(ROAD_TYPE),
            # one row of a light car carries gradient 0 and load 0, which light cars do not have
            "gradient": published["road_slope_fraction"].mask(light),
            "load_fraction": published["load_fraction"].mask(light),
            "speed_min_kmh": published["speed_min_kmh"].astype("float64"),
            "speed_max_kmh": published["speed_max_kmh"].astype("float64"),
            **{ours: published[theirs] for theirs, ours in COEFFICIENTS.items()},
            "check_speed_kmh": published["published_check_speed_kmh"].astype("float64"),
            "check_value": published["published_check_value"],
            "source": "emep_eea_2019_hot",
            "year": 2019,
            "error_group": "hot_"
            + published["pollutant"].map(QUANTITY)
            + "_"
            + published["category"]
            + "_"
            + published["fuel"].map(FUEL),
            "verification": "read",
        }
    )
    key = ["segment", "quantity", "road_type", "gradient", "load_fraction"]
    hot = hot.sort_values(key, na_position="first", kind="stable").reset_index(drop=True)
    assert not hot.duplicated(key).any()
    hot = restore_digits(hot)
    hot.to_parquet(HERE / "hot.parquet", index=False, compression="zstd", compression_level=19)
    return segments


def restore_digits(hot: pd.DataFrame) -> pd.DataFrame:
    """
    Restore lost digits of coefficients where they alone miss the published check value.

    Coefficients were collected with eight digits. Beside a pole this is too few in twelve rows (off
    by up to 4e-5). Each coefficient of such a row is moved by the same share of half a unit of its
    eighth digit, to the side that brings the row to its check value: within what was rounded away.
    """
    names = list(COEFFICIENTS.values())[:7]
    hot = hot.copy()
    speed = hot["check_speed_kmh"].to_numpy()
    powers = np.array([speed**2, speed, speed**0, 1 / speed, speed**2, speed, speed**0])
    half_unit = [
        0.5 * 10.0 ** (np.floor(np.log10(hot[n].abs().where(hot[n] != 0, 1e-30))) - 7)
        for n in names
    ]
    rounding = np.array(half_unit) * (hot[names] != 0).to_numpy().T
    moved = np.zeros(len(hot))
    for _ in range(4):
        terms = hot[names].to_numpy().T * powers
        above, below = terms[:4].sum(axis=0), terms[4:].sum(axis=0)
        cut = 1.0 - hot["reduction"].to_numpy()
        value, wanted = above / below * cut, hot["check_value"].to_numpy()
        off = np.abs(value - wanted) > 1e-6 * np.abs(wanted)
        if not off.any():
            break
        slope = powers / below * cut
        slope[4:] *= -above / below
        room = (np.abs(slope) * rounding).sum(axis=0)
        share = np.divide(wanted - value, room, out=np.zeros(len(hot)), where=off)
        moved += share
        hot[names] += (share * np.sign(slope) * rounding).T
    assert (np.abs(moved) <= 1.0).all()
    return hot


def make_n2o_nh3(folder: Path) -> None:
    """Write `n2o_nh3.csv`: cars and vans, by driving situation, sulphur and mileage."""
    table = pd.read_csv(folder / "emep_n2o_nh3.csv")
    table = table[table["vehicle"].isin(["PC", "LCV"])]
    limits = table["selector"].map(lambda s: [float(x) for x in re.findall(r"<=\s*(\d+)", s)])
    constant = table["selector"] == "ab"
    engine = {
        "<=1400": "up_to_1400cc",
        "1400_2000": "1400_2000cc",
        ">2000": "over_2000cc",
        "<3.5": "all",
    }
    out = pd.DataFrame(
        {
            "kind": table["vehicle"].map({"PC": "car", "LCV": "lcv"}),
            "fuel": table["fuel"],
            "engine": table["engine_or_gvw_class"].map(engine),
            "standard": table["euro"],
            "pollutant": table["pollutant"].str.lower(),
            "state": table["state"],
            "situation": table["road_type"].replace("highway", "motorway"),
            "unit": "g/km",
            "sulphur_1_ppm": limits.map(lambda x: x[0] if len(x) else np.nan),
            "sulphur_2_ppm": limits.map(lambda x: x[1] if len(x) > 1 else np.nan),
        }
    )
    for i in (1, 2, 3):
        # without a mileage term the base factor is the factor
        out[f"base_{i}"] = table[f"base_ef_{i}_g_km"]
        out[f"per_km_{i}"] = table[f"a_{i}_per_km"]
        out[f"constant_{i}"] = table[f"b_{i}"].mask(constant, 1.0 if i == 1 else 0.0)
    out["source"] = "emep_eea_2016_n2o_nh3"
    out["year"] = 2016
    out["error_group"] = (
        "hot_" + out["pollutant"] + "_" + out["kind"] + "_" + out["fuel"] + "_mileage"
    )
    out["verification"] = "read"
    key = ["kind", "fuel", "engine", "standard", "pollutant", "state", "situation"]
    out = out.sort_values(key)
    assert not out.duplicated(key).any()
    out.insert(
        0, "group", out["kind"] + "_" + out["fuel"] + "_" + out["engine"] + "_" + out["standard"]
    )
    out = out.drop(columns=["kind", "fuel", "engine", "standard"])
    out.to_csv(HERE / "n2o_nh3.csv", index=False)


def main(folder: Path) -> None:
    """Write all derived files of the set."""
    segments = make_hot(folder)
    make_n2o_nh3(folder)
    make_bc_fraction(folder)
    make_electric(folder)
    make_electricity(folder)
    make_types(segments)
    make_energy(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
