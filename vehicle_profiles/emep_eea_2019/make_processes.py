"""
Write the tables of the processes beside hot exhaust and wear.

    python make_processes.py FOLDER

FOLDER holds `emep_cold_ratio.csv`, `emep_cold_beta.csv`, `emep_evaporative.csv`,
`emep_no2_fraction.csv` and `emep_mileage_degradation.csv` as they were collected. Figures are
carried over unchanged. `lubricant.csv`, `urea.csv`, `lead.csv` and `cold_ch4.csv` are kept by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent

QUANTITY = {
    "CO": "co",
    "NOx": "nox",
    "VOC": "voc",
    "EC": "energy",
    "PM_exhaust": "pm_exhaust",
}
SIZE = {"mini_small": "small", "medium": "medium", "large_suv_executive": "large"}
STANDARD = {
    "PRE": "conventional", "I": "euro1", "II": "euro2", "III": "euro3", "IV": "euro4",
    "V": "euro5", "VI": "euro6", "VIc": "euro6c", "III-DPF": "euro3_dpf", "III+CRT": "euro3_crt",
}  # fmt: skip
NO2_KIND = {"PC": "car", "LCV": "lcv", "HDV": "heavy", "Motorcycle": "motorcycle"}
EURO_1_TO_5 = ("euro1", "euro2", "euro3", "euro4", "euro5")
UNVERIFIED = "unverified"


def write(name: str, rows: list[dict[str, object]], keys: list[str]) -> None:
    """Write a table sorted by its keys."""
    frame = pd.DataFrame(rows).sort_values(keys, kind="stable")
    assert not frame.duplicated(keys).any(), name
    frame.to_csv(HERE / name, index=False)


def make_cold_ratio(folder: Path) -> None:
    """Write `cold_ratio.csv`: cold over hot emission by speed and temperature."""
    table = pd.read_csv(folder / "emep_cold_ratio.csv")
    rows = []
    for row in table.to_dict("records"):
        first, last = row["euro_from"], row["euro_to"]
        groups = _ratio_groups(row["fuel"], row["segment"], first, last)
        if row["fuel"] == "diesel" and row["pollutant"] in ("EC", "PM_exhaust"):
            # no ratio of Euro 6 is given for these two: that of the earlier standards
            groups += [f"diesel_{euro}" for euro in ("euro6abc", "euro6d_temp", "euro6d")]
        rows += [
                {
                    "ratio_group": group,
                    "quantity": QUANTITY[row["pollutant"]],
                    "speed_min_kmh": row["speed_min_kmh"],
                    "speed_max_kmh": row["speed_max_kmh"],
                    "temperature_min_c": row["temp_min_c"],
                    "temperature_max_c": row["temp_max_c"],
                    "per_kmh": row["A_per_kmh"],
                    "per_c": row["B_per_c"],
                    "constant": row["C"],
                    "unit": "-",
                    "source": "emep_eea_2022_cold" if "2022" in row["source"] else (
                        "emep_eea_2016_cold"
                    ),
                    "year": 2022 if "2022" in row["source"] else 2016,
                    "error_group": f"cold_{QUANTITY[row['pollutant']]}_{row['fuel']}",
                    "verification": (
                        "assumption" if group.startswith("diesel_euro6")
                        and row["euro_to"] == "euro5" else _verification(row)
                    ),
                }
                for group in groups
        ]  # fmt: skip
    keys = ["ratio_group", "quantity", "temperature_min_c", "speed_min_kmh"]
    write("cold_ratio.csv", rows, keys)


def _ratio_groups(fuel: str, segment: str, first: str, last: str) -> list[str]:
    if fuel == "petrol" and last == "conventional":
        return ["petrol_conventional"]
    if fuel == "petrol" and first == "euro6abc":
        return ["petrol_euro6"]
    if fuel == "petrol" and segment == "all":  # energy, of every petrol car with a catalyst
        return [*(f"petrol_{size}_euro1_5" for size in SIZE.values()), "petrol_euro6"]
    if fuel == "petrol":
        return [f"petrol_{SIZE[segment]}_euro1_5"]
    if fuel == "diesel" and first != "conventional":
        return [f"diesel_{first}"]
    return [f"{fuel}_conventional_euro5"]


def _verification(row: dict[str, object]) -> str:
    if "UNVERIFIED" in str(row["verification"]):
        return UNVERIFIED
    if "MEMORY" in str(row["verification"]) and row["pollutant"] in ("PM_exhaust", "EC"):
        return "memory"
    return "read"


def make_cold_share(folder: Path) -> None:
    """Write `cold_share.csv` and `cold_reduction.csv`: share of cold kilometres, and less of it."""
    table = pd.read_csv(folder / "emep_cold_beta.csv").set_index("item")
    beta = table.loc["beta_ldv"]
    origin = {"source": "emep_eea_2019_cold", "year": 2019}
    share = {
        "share": "light",
        "constant": beta["c0"],
        "per_km": beta["c_ltrip_per_km"],
        "per_c": beta["c_ta_per_c"],
        "per_km_c": beta["c_ltrip_ta"],
        "unit": "-",
        **origin,
        "error_group": "cold_share",
        "verification": "read",
    }
    write("cold_share.csv", [share], ["share"])
    rows = []
    for item, row in table[table.index.str.startswith("bc_")].iterrows():
        _, fuel, standard, pollutant = str(item).split("_")
        is_line = standard == "euro6"
        rows.append(
            {
                "reduction_group": f"{fuel}_{standard}",
                "quantity": QUANTITY[pollutant],
                "constant": row["c0"] if is_line else float(row["c0"]),
                "per_km": row["c_ltrip_per_km"] if is_line else 0.0,
                "unit": "-",
                **origin,
                "error_group": f"cold_reduction_{fuel}",
                "verification": "read",
            }
        )
    write("cold_reduction.csv", rows, ["reduction_group", "quantity"])


def cold_groups() -> tuple[list[dict[str, object]], list[tuple[str, str | None, str, str]]]:
    """Return the rows of `cold_group.csv`, and the patterns of types that take them."""
    rows: list[dict[str, object]] = []
    rules: list[tuple[str, str | None, str, str]] = []

    def add(group: str, ratio: str, reduction: str, ch4: str, reference: str, *names: str) -> None:
        rows.append(
            {
                "group": group,
                "ratio_group": ratio,
                "reduction_group": reduction,
                "ch4_group": ch4,
                "reference_segment": reference,
                "source": "emep_eea_2019_cold",
                "year": 2019,
                "verification": "assumption" if "lpg" in group or "hybrid" in group else "read",
            }
        )
        rules.extend((name, group, "figures", "") for name in names)

    def both(pattern: str) -> tuple[str, str]:
        return f"car_{pattern}", f"taxi_{pattern}"

    for size, like in (("mini", "small"), ("small", "small"), ("medium", "medium"),
                       ("large", "large")):  # fmt: skip
        for euro in EURO_1_TO_5:
            names = [*both(f"petrol_{size}_{euro}*"), *both(f"petrol_hybrid_{size}_{euro}*")]
            add(
                f"car_petrol_{size}_{euro}", f"petrol_{like}_euro1_5", f"petrol_{euro}",
                f"petrol_{euro}", f"car_petrol_{like}_euro1", *names,
            )  # fmt: skip
    add(
        "car_petrol_euro6", "petrol_euro6", "petrol_euro6", "petrol_euro6", "",
        *both("petrol_*_euro6*"), "lcv_petrol_*_euro6*",
    )  # fmt: skip
    add(
        "petrol_conventional", "petrol_conventional", "", "petrol_conventional", "",
        *(f"{kind}_petrol_*_{standard}*" for kind in ("car", "lcv")
          for standard in ("conventional", "ece15", "improved", "open_loop")),
    )  # fmt: skip
    for size in ("n1_i", "n1_ii", "n1_iii"):
        for euro in EURO_1_TO_5:
            add(
                f"lcv_petrol_{size}_{euro}", "petrol_large_euro1_5", f"petrol_{euro}",
                f"petrol_{euro}", f"lcv_petrol_{size}_euro1", f"lcv_petrol_{size}_{euro}*",
            )  # fmt: skip
    for euro in ("conventional", *EURO_1_TO_5):
        add(
            f"diesel_{euro}", "diesel_conventional_euro5", "", f"diesel_{euro}", "",
            *both(f"diesel_*_{euro}*"), f"lcv_diesel_*_{euro}*",
        )  # fmt: skip
    for euro in ("euro6d_temp", "euro6d", "euro6abc"):  # the longer name first
        add(
            f"diesel_{euro}", f"diesel_{euro}", "diesel_euro6", "diesel_euro6", "",
            *both(f"diesel_*_{euro}*"), f"lcv_diesel_*_{euro}*",
        )  # fmt: skip
    add(
        "lpg", "lpg_conventional_euro5", "", "", "", *both("lpg_*"),
    )  # fmt: skip
    return rows, rules


def process_rules() -> list[dict[str, object]]:
    """Return the rows of `groups.csv`: the first pattern that fits a type is taken."""
    rules: dict[str, list[tuple[str, str | None, str, str]]] = {}
    missing = "no cold start published for this class in the edition 2019"
    rules["cold_start"] = [
        ("*_bev*", None, "none", "no engine"),
        ("*_fcev*", None, "none", "no engine"),
        ("car_petrol_2_stroke_*", None, "not_estimated", "no ratio for two-stroke cars"),
        *cold_groups()[1],
        ("car_cng_*", None, "not_estimated", "no ratio for CNG"),
        ("taxi_cng_*", None, "not_estimated", "no ratio for CNG"),
        *((f"{kind}_*", None, "not_estimated", missing)
          for kind in ("rigid", "articulated", "bus", "coach", "motorcycle", "moped")),
    ]  # fmt: skip
    rules["no2"] = _no2_rules()
    rules["evaporation"] = _evaporation_rules()
    rules["degradation"] = _degradation_rules()
    rules["lubricant"] = [
        ("*_bev*", None, "none", "no engine oil is burnt"),
        ("*_fcev*", None, "none", "no engine oil is burnt"),
        *((f"{kind}_petrol_*", "car_petrol", "figures", "") for kind in ("car", "taxi")),
        *((f"{kind}_diesel_*", "car_diesel", "figures", "") for kind in ("car", "taxi")),
        *((f"{kind}_lpg_*", "car_lpg", "figures", "") for kind in ("car", "taxi")),
        *((f"{kind}_cng_*", "car_petrol", "figures", "taken as petrol")
          for kind in ("car", "taxi")),
        ("lcv_petrol_*", "lcv_petrol", "figures", ""),
        ("lcv_diesel_*", "lcv_diesel", "figures", ""),
        ("bus_cng_*", "bus_cng", "figures", ""),
        *((f"{kind}_*", "heavy_diesel", "figures", "")
          for kind in ("rigid", "articulated", "bus", "coach")),
        ("m*_petrol_*", "l_category", "figures", ""),
    ]  # fmt: skip
    none = "no selective catalytic reduction"
    rules["urea"] = [
        ("*_euro4_scr*", "heavy_euro4_5_scr", "figures", ""),
        ("*_euro5_scr*", "heavy_euro4_5_scr", "figures", ""),
        ("car_diesel_*_euro6*_scr*", "light_euro6_scr", "figures", ""),
        ("taxi_diesel_*_euro6*_scr*", "light_euro6_scr", "figures", ""),
        ("lcv_diesel_*_euro6*_scr*", "light_euro6_scr", "figures", ""),
        ("*_euro6*_scr*", "heavy_euro6_scr", "figures", ""),
        ("*", None, "none", none),
    ]
    return [
        {"process": process, "rank": rank, "vehicle_type": pattern, "group": group,
         "state": state, "reason": reason}
        for process, patterns in rules.items()
        for rank, (pattern, group, state, reason) in enumerate(patterns, 1)
    ]  # fmt: skip


def _no2_rules() -> list[tuple[str, str | None, str, str]]:
    rules: list[tuple[str, str | None, str, str]] = [
        ("*_bev*", None, "none", "no exhaust"),
        ("*_fcev*", None, "none", "no nitrogen is burnt"),
    ]

    def add(pattern: str, group: str, reason: str = "") -> None:
        rules.append((pattern, group, "figures", reason))

    for kind in ("car", "taxi", "lcv"):
        like = "lcv" if kind == "lcv" else "car"
        for fuel in ("petrol", "diesel"):
            for euro in EURO_1_TO_5:
                add(f"{kind}_{fuel}_*{euro}*", f"{like}_{fuel}_{euro}")
            add(f"{kind}_{fuel}_*euro6abc*", f"{like}_{fuel}_euro6")
            add(f"{kind}_{fuel}_*euro6d*", f"{like}_{fuel}_euro6c")
            add(f"{kind}_{fuel}_*", f"{like}_{fuel}_conventional")
    for kind in ("car", "taxi"):
        add(f"{kind}_lpg_*conventional*", "car_lpg_euro1", "taken as Euro 1")
        for fuel, first in (("lpg", 1), ("cng", 4)):
            for euro in range(first, 6):
                add(f"{kind}_{fuel}_*euro{euro}*", f"car_{fuel}_euro{euro}")
            add(f"{kind}_{fuel}_*euro6abc*", f"car_{fuel}_euro6")
            add(f"{kind}_{fuel}_*euro6d*", f"car_{fuel}_euro6c")
    rules += [
        (pattern, None, "not_estimated", "no fraction published")
        for pattern in ("bus_cng_*", "rigid_petrol_*")
    ]
    for kind in ("rigid", "articulated", "bus", "coach"):
        for euro in EURO_1_TO_5:
            add(f"{kind}_*{euro}*", f"heavy_diesel_{euro}")
        add(f"{kind}_*euro6*", "heavy_diesel_euro6")
        add(f"{kind}_*conventional*", "heavy_diesel_conventional")
    for euro in ("euro1", "euro2", "euro3"):
        add(f"m*_petrol_*{euro}*", f"motorcycle_petrol_{euro}")
    for euro in ("euro4", "euro5"):
        add(f"m*_petrol_*{euro}*", "motorcycle_petrol_euro3", "last published standard")
    add("m*_petrol_*conventional*", "motorcycle_petrol_conventional")
    return rules


ENGINE = {"<=1400": "up_to_1400cc", "1400_2000": "1400_2000cc", ">2000": "over_2000cc"}
ENGINE_OF_SIZE = {
    "mini": "up_to_1400cc", "small": "up_to_1400cc", "medium": "1400_2000cc",
    "large": "over_2000cc", "n1_i": "over_2000cc", "n1_ii": "over_2000cc",
    "n1_iii": "over_2000cc",
}  # fmt: skip
CANISTER = {"euro1": "small", "euro2": "small", "euro3": "medium"}  # later ones: large


def _evaporation_rules() -> list[tuple[str, str | None, str, str]]:
    rules: list[tuple[str, str | None, str, str]] = [
        (pattern, None, "none", "no petrol on board")
        for pattern in ("*_bev*", "*_fcev*", "*_diesel_*", "*_biodiesel_*", "*_lpg_*", "*_cng_*")
    ]
    rules.append(("rigid_petrol_*", None, "not_estimated", "no figure for petrol trucks"))

    def add(pattern: str, group: str, reason: str = "") -> None:
        rules.append((pattern, group, "figures", reason))

    add("car_petrol_2_stroke_*", "car_up_to_1400cc_none_carburettor", "engine up to 1400 cc")
    for kind in ("car", "taxi", "lcv"):
        for size, engine in ENGINE_OF_SIZE.items():
            if size.startswith("n1") != (kind == "lcv"):
                continue
            reason = "vans taken as cars over 2000 cc" if kind == "lcv" else ""
            for euro, canister in CANISTER.items():
                add(f"{kind}_petrol*_{size}_{euro}*", f"car_{engine}_{canister}_injection", reason)
            add(f"{kind}_petrol*_{size}_euro*", f"car_{engine}_large_injection", reason)
            add(f"{kind}_petrol*_{size}_*", f"car_{engine}_none_carburettor", reason)
    early, late = "carburettor up to Euro 2", "injection from Euro 3"
    for size, like in (
        ("under_250cc", "under_250cc"), ("250_750cc", "250_750cc"), ("over_750cc", "over_750cc"),
        ("2_stroke", "2_stroke"),
    ):  # fmt: skip
        own = f"motorcycle_{like}_none"
        modern = "motorcycle_over_750cc_small" if size == "over_750cc" else own
        for euro in ("conventional", "euro1", "euro2"):
            add(f"motorcycle_petrol_{size}_{euro}*", f"{own}_carburettor", early)
        add(f"motorcycle_petrol_{size}_*", f"{modern}_injection", late)
    for euro in ("conventional", "euro1", "euro2"):
        add(f"moped_petrol_*_{euro}*", "moped_none_carburettor", early)
    add("moped_petrol_*", "moped_none_injection", late)
    return rules


def make_evaporation(folder: Path) -> None:
    """Write `evaporation.csv`: by group and the temperature range of a season."""
    table = pd.read_csv(folder / "emep_evaporative.csv")
    vehicle = {
        ("PC", "<=1400"): "car_up_to_1400cc",
        ("PC", "1400_2000"): "car_1400_2000cc",
        ("PC", ">2000"): "car_over_2000cc",
        ("Motorcycle", "<=250"): "motorcycle_under_250cc",
        ("Motorcycle", "250_750"): "motorcycle_250_750cc",
        ("Motorcycle", ">=750"): "motorcycle_over_750cc",
        ("Motorcycle_2S", ">50"): "motorcycle_2_stroke",
        ("Moped", "<=50"): "moped",
    }
    part = {"diurnal": "diurnal", "hot_soak": "hot_soak", "hot_running": "running"}
    unit = {"diurnal": "g/day", "hot_soak": "g/stop", "running": "g/trip"}
    rows = []
    for row in table.to_dict("records"):
        canister = "none" if row["canister"] == "no" else row["canister"]
        group = f"{vehicle[row['vehicle'], row['engine_cc']]}_{canister}"
        low, high = (float(x) for x in row["temp_range_c"].split(".."))
        for system in ("carburettor", "injection"):
            if row["process"] == "diurnal":
                kind = "diurnal"
            elif row["process"].endswith("fuel_injection" if system == "injection" else system):
                kind = part.get(row["process"].split("_fuel")[0].split("_carb")[0], "")
            else:
                continue
            if not kind:  # trips that end warm: the hot figures are taken
                continue
            rows.append(
                {
                    "group": f"{group}_{system}",
                    "part": kind,
                    "temperature_low_c": low,
                    "temperature_high_c": high,
                    "value": row["value"],
                    "unit": unit[kind],
                    "source": "emep_eea_2016_evaporation",
                    "year": 2016,
                    "error_group": f"evaporation_{kind}",
                    "verification": "read",
                }
            )
    write("evaporation.csv", rows, ["group", "part", "temperature_low_c"])


def make_no2_fraction(folder: Path) -> None:
    """Write `no2_fraction.csv`: NO2 in exhaust NOx."""
    table = pd.read_csv(folder / "emep_no2_fraction.csv").drop_duplicates(
        ["vehicle", "fuel", "standard"]
    )
    rows = [
        {
            "group": f"{NO2_KIND[row['vehicle']]}_{row['fuel']}_{STANDARD[row['standard']]}",
            "fraction": row["f_no2_mass_fraction_of_nox"],
            "unit": "-",
            "source": "emep_eea_2016_no2",
            "year": 2016,
            "error_group": "no2_fraction",
            "verification": "read",
        }
        for row in table.to_dict("records")
    ]
    write("no2_fraction.csv", rows, ["group"])


def _degradation_rules() -> list[tuple[str, str | None, str, str]]:
    rules: list[tuple[str, str | None, str, str]] = []
    for kind in ("car", "taxi", "lcv"):
        for size, engine in ENGINE_OF_SIZE.items():
            if size.startswith("n1") == (kind == "lcv"):
                rules += [
                    (f"{kind}_petrol*_{size}_{euro}*", f"{engine}_{euro}", "figures", "")
                    for euro in ("euro1", "euro2", "euro3", "euro4")
                ]
    rules.append(("*", None, "none", "corrected for petrol cars and vans of Euro 1 to 4 only"))
    return rules


def make_degradation(folder: Path) -> None:
    """Write `degradation.csv`: growth of petrol exhaust with mileage."""
    table = pd.read_csv(folder / "emep_mileage_degradation.csv")
    rows = []
    for row in table[table["euro"].isin(["euro1", "euro2", "euro3", "euro4"])].to_dict("records"):
        rows += [
            {
                "group": f"{ENGINE[row['engine_cc']]}_{row['euro']}",
                "quantity": QUANTITY[row["pollutant"]],
                "speed_kmh": 19.0 if speed == "urban" else 63.0,
                "mileage_max_km": row[f"{speed}_max_mileage_km"],
                "per_km": row[f"{speed}_A_per_km"],
                "constant": row[f"{speed}_B"],
                "unit": "-",
                "source": "emep_eea_2016_degradation",
                "year": 2016,
                "error_group": f"degradation_{QUANTITY[row['pollutant']]}",
                "verification": "read",
            }
            for speed in ("urban", "rural")
        ]
    write("degradation.csv", rows, ["group", "quantity", "speed_kmh"])


def main(folder: Path) -> None:
    """Write all derived tables of the processes."""
    make_cold_ratio(folder)
    make_cold_share(folder)
    write("cold_group.csv", cold_groups()[0], ["group"])
    make_evaporation(folder)
    make_no2_fraction(folder)
    make_degradation(folder)
    write("groups.csv", process_rules(), ["process", "rank"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
