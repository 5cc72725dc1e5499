"""Write the types of the set, and what each is in the set of EMEP/EEA; called by `make.py`."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

# kinds of the guideline, the fuels they have base factors for, and their vehicle class
KINDS = {
    "car": ("petrol", "diesel", "gas"),
    "taxi": ("petrol", "gas"),
    "medium_passenger": ("petrol", "diesel"),
    "large_passenger": ("petrol", "diesel"),
    "city_bus": ("petrol", "diesel", "gas"),
    "mini_truck": ("petrol", "diesel"),
    "light_truck": ("petrol", "diesel"),
    "medium_truck": ("petrol", "diesel"),
    "heavy_truck": ("petrol", "diesel"),
    "heavy_tractor": ("diesel",),
    "three_wheeler": ("diesel",),
    "low_speed_truck": ("diesel",),
    "motorcycle": ("petrol",),
    "moped": ("petrol",),
}
CLASS = {
    "car": "car",
    "taxi": "taxi",
    "medium_passenger": "coach",
    "large_passenger": "coach",
    "city_bus": "bus",
    "mini_truck": "lcv",
    "light_truck": "lcv",
    "three_wheeler": "lcv",
    "low_speed_truck": "lcv",
    "medium_truck": "rigid_truck",
    "heavy_truck": "rigid_truck",
    "heavy_tractor": "articulated_truck",
    "motorcycle": "motorcycle",
    "moped": "moped",
}
SIZE = {"medium_passenger": "medium", "large_passenger": "large", "city_bus": "standard"}
LAST = {"three_wheeler": "china2", "low_speed_truck": "china2", "motorcycle": "china4",
        "moped": "china4"}  # fmt: skip
# no publication at hand has a row for them
NO_CHINA6 = tuple((k, "petrol") for k in ("large_passenger", "city_bus", "medium_truck",
                                          "heavy_truck"))  # fmt: skip
ALL = ("pre_china1", "china1", "china2", "china3", "china4", "china5", "china6a", "china6b")

# Chinese standard, European one, why, verification
STANDARDS = [
    (
        "pre_china1",
        "conventional; petrol cars ECE 15/04",
        "before the first standard",
        "assumption",
    ),
    ("china1", "Euro 1 / I", "GB 18352.1-2001, GB 17691-2001 follow it", "assumption"),
    ("china2", "Euro 2 / II", "GB 18352.2-2001, GB 17691-2001 follow it", "assumption"),
    ("china3", "Euro 3 / III", "GB 18352.3-2005, GB 17691-2005 follow it", "assumption"),
    ("china4", "Euro 4 / IV", "GB 18352.3-2005, GB 17691-2005 follow it", "assumption"),
    ("china5", "Euro 5 / V", "GB 18352.5-2013, GB 17691-2005 follow it", "assumption"),
    ("china6a", "Euro 6 a/b/c / VI A-C", "limits alike; CO stricter in 6b", "assumption"),
    ("china6b", "Euro 6d / VI D/E", "30 to 50 % below Euro 6 limits: overstated", "assumption"),
]
# kind and fuel: our segment of EMEP/EEA without standard, for these standards the technology
EURO = {
    "pre_china1": "conventional", "china1": "euro1", "china2": "euro2", "china3": "euro3",
    "china4": "euro4", "china5": "euro5",
}  # fmt: skip
LIGHT = EURO | {"china6a": "euro6abc", "china6b": "euro6d"}
HEAVY = EURO | {"china6a": "euro6abc", "china6b": "euro6de"}
PETROL_CAR = LIGHT | {"pre_china1": "ece15_04"}
PETROL_CAR |= {s: f"{PETROL_CAR[s]}_pfi" for s in ("china3", "china4", "china5")}
PETROL_CAR |= {"china6a": "euro6abc_gdi", "china6b": "euro6d_gdi_gpf"}
PETROL_VAN = PETROL_CAR | {"pre_china1": "conventional"}
DIESEL = LIGHT | {"china5": "euro5_dpf", "china6a": "euro6abc_dpf_scr", "china6b": "euro6d_dpf_scr"}
TRUCK = HEAVY | {"china4": "euro4_scr", "china5": "euro5_scr", "china6a": "euro6abc_dpf_scr",
                 "china6b": "euro6de_dpf_scr"}  # fmt: skip
GAS_BUS = EURO | {"pre_china1": "euro1"} | dict.fromkeys(("china4", "china5", "china6a", "china6b"),
                                                        "eev")  # fmt: skip
OLD = dict.fromkeys(ALL, "conventional")
TAKEN_TYPE = {
    ("car", "petrol"): ("car_petrol_medium", PETROL_CAR),
    ("car", "diesel"): ("car_diesel_medium", DIESEL),
    ("car", "gas"): ("car_lpg_medium", LIGHT),
    ("taxi", "petrol"): ("taxi_petrol_medium", PETROL_CAR),
    ("taxi", "gas"): ("taxi_lpg_medium", LIGHT),
    ("medium_passenger", "petrol"): ("lcv_petrol_n1_iii", PETROL_VAN),
    ("medium_passenger", "diesel"): ("lcv_diesel_n1_iii", DIESEL),
    ("large_passenger", "petrol"): ("rigid_petrol_over_3_5t", OLD),
    ("large_passenger", "diesel"): ("coach_diesel_standard", TRUCK),
    ("city_bus", "petrol"): ("rigid_petrol_over_3_5t", OLD),
    ("city_bus", "diesel"): ("bus_diesel_standard", TRUCK),
    ("city_bus", "gas"): ("bus_cng_standard", GAS_BUS),
    ("mini_truck", "petrol"): ("lcv_petrol_n1_i", PETROL_VAN),
    ("mini_truck", "diesel"): ("lcv_diesel_n1_i", DIESEL),
    ("light_truck", "petrol"): ("lcv_petrol_n1_iii", PETROL_VAN),
    ("light_truck", "diesel"): ("lcv_diesel_n1_iii", DIESEL),
    ("medium_truck", "petrol"): ("rigid_petrol_over_3_5t", OLD),
    ("medium_truck", "diesel"): ("rigid_diesel_7_5_12t", TRUCK),
    ("heavy_truck", "petrol"): ("rigid_petrol_over_3_5t", OLD),
    ("heavy_truck", "diesel"): ("rigid_diesel_20_26t", TRUCK),
    ("heavy_tractor", "diesel"): ("articulated_diesel_40_50t", TRUCK),
    ("three_wheeler", "diesel"): ("lcv_diesel_n1_i", DIESEL),
    ("low_speed_truck", "diesel"): ("lcv_diesel_n1_iii", DIESEL),
    ("motorcycle", "petrol"): ("motorcycle_petrol_under_250cc", LIGHT),
    ("moped", "petrol"): ("moped_petrol_4_stroke", LIGHT),
}
# like in class and standard, where the energy is that of another class
LIKE = {
    ("medium_passenger", "petrol"): ("coach_diesel_standard", TRUCK),
    ("medium_passenger", "diesel"): ("coach_diesel_standard", TRUCK),
    ("large_passenger", "petrol"): ("coach_diesel_standard", TRUCK),
    ("city_bus", "petrol"): ("bus_diesel_standard", TRUCK),
}
WHY = {
    "medium_passenger": "a minibus below 6 m with 10 to 19 seats is nearest to a large van",
    "large_passenger": "length over 6 m or 20 seats",
    "heavy_tractor": "a tractor of 49 t with six axles is the usual long-haul truck",
    "heavy_truck": "three-axle truck",
    "three_wheeler": "no row of its own",
    "low_speed_truck": "no row of its own",
}
PETROL_HEAVY = "one row for petrol trucks over 3.5 t, none for petrol buses: always conventional"
TAKEN = [
    (
        f"{kind}, {fuel}",
        name,
        PETROL_HEAVY if "rigid_petrol" in name else WHY.get(kind, "nearest class"),
        "assumption",
    )
    for (kind, fuel), (name, _) in TAKEN_TYPE.items()
]
# electric types of EMEP/EEA that stand here too, under a name of this set
ELECTRIC = {
    "car_bev": "car_bev_medium", "taxi_bev": "taxi_bev_medium", "light_truck_bev": "lcv_bev",
    "medium_truck_bev": "rigid_bev_14_20t", "heavy_truck_bev": "rigid_bev_20_26t",
    "heavy_tractor_bev": "articulated_bev_34_40t", "city_bus_bev": "bus_bev_standard",
    "large_passenger_bev": "coach_bev_standard",
}  # fmt: skip
AXLES = {"heavy_truck": 3, "heavy_tractor": 6}
FUEL_OF = {"gas": {"city_bus": "cng", "car": "lpg", "taxi": "lpg"}}
TYPE_COLUMNS = [
    "vehicle_type", "vehicle_class", "powertrain", "fuel", "size", "emission_standard",
    "technology", "hot_segment", "electric_curve", "electric_share", "load_fraction",
    "nitrogen_group", "bc_group", "wear_group", "axles",
]  # fmt: skip


def make_types(emep: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return types, segments, equivalents and electric curves."""
    theirs = pd.read_csv(emep / "types.csv").set_index("vehicle_type")
    curves = pd.read_csv(emep / "electric.csv").set_index("curve")
    types, segments, same = [], [], {}
    for (kind, fuel), (name, by_standard) in TAKEN_TYPE.items():
        last = ALL.index("china5" if (kind, fuel) in NO_CHINA6 else LAST.get(kind, ALL[-1]))
        for standard in ALL[: last + 1]:
            other = f"{name}_{by_standard[standard]}"
            # taxis of old standards stand there as cars
            row = theirs.loc[other if other in theirs.index else other.replace("taxi", "car")]
            ours = f"{kind}_{fuel}_{standard}"
            burnt = FUEL_OF.get(fuel, {}).get(kind, fuel)
            is_loaded = CLASS[kind] not in ("car", "taxi", "motorcycle", "moped")
            types.append(
                {
                    "vehicle_type": ours,
                    "vehicle_class": CLASS[kind],
                    "powertrain": "ice",
                    "fuel": burnt,
                    "size": SIZE.get(kind, kind),
                    "emission_standard": standard,
                    "hot_segment": ours,
                    "electric_share": 0.0,
                    "load_fraction": 0.5 if is_loaded else None,
                    "nitrogen_group": row["nitrogen_group"],
                    "bc_group": row["bc_group"],
                    "wear_group": row["wear_group"],
                    "axles": AXLES.get(kind, 2),
                }
            )
            segments.append(
                {
                    "segment": ours, "kind": kind, "fuel": burnt, "size": SIZE.get(kind, kind),
                    "standard": standard, "technology": None, "taken_from": row["hot_segment"],
                }
            )  # fmt: skip
            like, by_like = LIKE.get((kind, fuel), (name, by_standard))
            other = f"{like}_{by_like[standard]}"
            if other in theirs.index:
                same[ours] = other
    for ours, other in ELECTRIC.items():
        row = theirs.loc[other]
        types.append(
            {"vehicle_type": ours, "size": ours.removesuffix("_bev")}
            | {c: row[c] for c in TYPE_COLUMNS if c not in ("vehicle_type", "size")}
        )
        same[ours] = other
        shape = curves.loc[row["electric_curve"], "shape_segment"]
        if isinstance(shape, str) and shape not in {s["segment"] for s in segments}:
            segments.append(
                {"segment": shape, "kind": "electric_shape", "fuel": "diesel", "size": "as named",
                 "standard": "euro6de", "technology": None, "taken_from": shape}
            )  # fmt: skip
    table = pd.DataFrame(types, columns=TYPE_COLUMNS).sort_values("vehicle_type")
    electric = curves.loc[sorted(set(table["electric_curve"].dropna()))].reset_index()
    equivalents = make_equivalents(theirs, same, set(table["vehicle_type"]))
    return table, pd.DataFrame(segments), equivalents, electric


def make_equivalents(theirs: pd.DataFrame, same: dict[str, str], known: set[str]) -> pd.DataFrame:
    """Return, for each type of EMEP/EEA that has one, the type of this set that is like it."""
    # where several of ours are like one of theirs, the one whose energy is also its own
    borrowed = tuple(f"{kind}_{fuel}_" for kind, fuel in LIKE)
    order = sorted(same.items(), key=lambda pair: not pair[0].startswith(borrowed))
    first = {other: ours for ours, other in order}
    rows = []
    for other, row in theirs.iterrows():
        ours = first.get(str(other)) or _like(row)
        if ours is not None:
            if ours not in known:
                continue
            way = "both" if same.get(ours) == other else "to_this"
            rows.append((str(other), ours, way, "same class, fuel and standard, or the next to it"))
    back = {ours for _, ours, way, _ in rows if way == "both"}
    rows += [
        (other, ours, "to_other", "the other set has one type for several of this one")
        for ours, other in same.items()
        if ours not in back
    ]
    table = pd.DataFrame(rows, columns=["other_type", "vehicle_type", "way", "why"])
    table.insert(0, "set", "emep_eea_2019")
    table["verification"] = "assumption"
    return table.sort_values(["way", "other_type", "vehicle_type"], ignore_index=True)


def _like(row: pd.Series) -> str | None:
    """Return our type of the same class, fuel and standard."""
    standard = _standard(str(row["emission_standard"]))
    kind = {
        "car": "car", "taxi": "taxi", "bus": "city_bus", "coach": "large_passenger",
        "articulated_truck": "heavy_tractor", "motorcycle": "motorcycle", "moped": "moped",
    }.get(row["vehicle_class"])  # fmt: skip
    if row["vehicle_class"] == "lcv":
        kind = "mini_truck" if row["size"] == "n1_i" else "light_truck"
    if row["vehicle_class"] == "rigid_truck":
        small = ("up_to_7_5t", "7_5_12t", "over_3_5t")
        kind = "medium_truck" if row["size"] in small else "heavy_truck"
    if row["powertrain"] == "bev":
        return f"{kind}_bev" if f"{kind}_bev" in ELECTRIC else None
    fuel = {"lpg": "gas", "cng": "gas", "biodiesel": "diesel"}.get(row["fuel"], row["fuel"])
    if row["powertrain"] not in ("ice", "hybrid") or standard is None:
        return None
    if (kind, fuel) not in TAKEN_TYPE:
        fuel = {("taxi", "diesel"): "petrol"}.get((kind, fuel), fuel)
    if (kind, fuel) not in TAKEN_TYPE:
        return None
    if ALL.index(standard) > ALL.index(LAST.get(str(kind), ALL[-1])):
        standard = LAST[str(kind)]
    return f"{kind}_{fuel}_{standard}"


def _standard(euro: str) -> str | None:
    if re.match(r"conventional|ece|open_loop|improved|pre", euro):
        return "pre_china1"
    if euro == "eev":
        return "china5"
    if euro.startswith("euro6"):
        return "china6b" if euro.startswith("euro6d") else "china6a"
    return f"china{euro[4]}" if re.fullmatch(r"euro[1-5]", euro) else None
