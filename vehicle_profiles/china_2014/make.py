"""
Convert the published tables into the layout of this set.

    python make.py FOLDER

FOLDER holds the tables as they were collected (`china_guideline_ef.csv`,
`china_guideline_corrections.csv`, `china_vehicle_classes.csv`, `china_euro_mapping.csv`). What the
guideline does not give comes from the set beside, `emep_eea_2019`, row by row. Files not written
here are kept by hand: `set.toml`, `sources.csv`, `fuels.csv`, `exceptions.csv`,
`not_estimated.csv`, `none_by_definition.csv`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from make_fleet import make_fleet
from make_types import KINDS, STANDARDS, TAKEN, make_types

HERE = Path(__file__).parent
EMEP = HERE.parent / "emep_eea_2019"

GUIDELINE = "mee_2014_guideline"
YEAR = 2014
BY_GUIDELINE = ("pre_china1", "china1", "china2", "china3", "china4", "china5")
QUANTITY = {"CO": "co", "HC": "nmvoc", "NOx": "nox", "PM2.5": "pm2_5", "PM10": "pm10"}
FUEL = {"petrol": "petrol", "diesel": "diesel", "other": "gas"}
# our kind: (group, class) of the copy of the guideline, by fuel where they differ
CLASS = {
    "car": ("passenger", "Mini"),
    "taxi": ("passenger", "Taxi"),
    "medium_passenger": ("passenger", "Medium"),
    "large_passenger": ("passenger", "Large"),
    "city_bus": ("passenger", "Bus"),
    "motorcycle": ("passenger", "Motorcycles"),
    "moped": ("passenger", "Moped"),
    "three_wheeler": ("passenger", "3-Wheel"),
    "mini_truck": ("truck", "Mini"),
    "light_truck": ("truck", "Light"),
    "medium_truck": ("truck", "Medium"),
    "heavy_truck": ("truck", "Heavy"),
    "heavy_tractor": ("truck", "Heavy"),
    "low_speed_truck": ("truck", "Low Speed"),
}
CLASS_OF_FUEL = {
    ("large_passenger", "diesel"): ("passenger", "Largebus"),
    ("car", "gas"): ("passenger", "Small"),
}
NAME_OF_GROUP = {"passenger": "PV", "truck": "Trucks"}
SMALL_CAR = (
    "row of mini cars; the guideline has one row for mini and small cars, the copy repeats the row "
    "of medium passenger vehicles for small ones"
)
TYPING_SLIP = "652.4 in the copy: 6.524 is 0.70 of China 3, as medium buses have it"
LIGHT_ROW = "the copy gives the row of heavy vehicles"
# what EMEP/EEA gives where the guideline is silent
FROM_EMEP = ("energy", "ch4", "n2o", "nh3")
# bins of the guideline: low, high, does the range hold its ends
SPEED = {
    "<20": (None, 20, False, False),
    "20-30": (20, 30, True, False),
    "30-40": (30, 40, True, False),
    "40-80": (40, 80, True, True),
    ">80": (80, None, False, False),
}
HUMIDITY = {"<50%": (None, 50, False, False), ">50%": (50, None, False, False)}
WARM_C = 24
# our size: class and size of freight.csv of EMEP/EEA
FREIGHT = {
    "mini_truck": ("lcv", "n1_i"),
    "light_truck": ("lcv", "n1_iii"),
    "three_wheeler": ("lcv", "n1_i"),
    "low_speed_truck": ("lcv", "n1_iii"),
    "medium_truck": ("rigid_truck", "7_5_12t"),
    "heavy_truck": ("rigid_truck", "20_26t"),
    "heavy_tractor": ("articulated_truck", "40_50t"),
}
DETERIORATION = {"mini_small_passenger": ("car",), "taxi": ("taxi",)}
TWO_WHEELERS = ("motorcycle", "moped")


def origin(group: str, verification: str = "read", note: str = "") -> dict[str, object]:
    """Return the columns that say where a row of the guideline comes from."""
    return {
        "source": GUIDELINE,
        "year": YEAR,
        "error_group": group,
        "verification": verification,
        "note": note,
    }


def make_hot_tables(folder: Path) -> pd.DataFrame:
    """Return the base factors by segment and quantity."""
    table = pd.read_csv(folder / "china_guideline_ef.csv")
    value = table.set_index(["group", "vehicle_class", "fuel", "standard", "pollutant"])["value"]
    rows = []
    for kind, fuels in KINDS.items():
        for fuel in fuels:
            group, name = CLASS_OF_FUEL.get((kind, fuel), CLASS[kind])
            given = next(theirs for theirs, ours in FUEL.items() if ours == fuel)
            for standard in BY_GUIDELINE:
                for pollutant, quantity in QUANTITY.items():
                    key = (group, name, given, standard, pollutant)
                    if key not in value.index:
                        continue
                    figure, verification, note = float(value[key]), "read", ""
                    if kind == "car" and fuel != "gas":
                        verification, note = "conflict", SMALL_CAR
                    if figure == 652.4:
                        figure, verification, note = 6.524, "conflict", TYPING_SLIP
                    group_of = f"china_{quantity}_{kind}_{fuel}"
                    rows.append(
                        {
                            "segment": f"{kind}_{fuel}_{standard}",
                            "quantity": quantity,
                            "value": figure,
                            "unit": "g/km",
                            **origin(group_of, verification, note),
                        }
                    )
    return pd.DataFrame(rows)


def correction(
    condition: str, segment: str, quantity: str, form: str, ends: tuple, factor: float, **more
) -> dict[str, object]:
    """Return a row of `corrections.csv`."""
    low, high, includes_low, includes_high = ends
    own = {name: more.pop(name, None) for name in ("temperature_above_c", "temperature_up_to_c")}
    return {
        "condition": condition,
        "segment": segment,
        "quantity": quantity,
        "form": form,
        "low": low,
        "high": high,
        "includes_low": includes_low,
        "includes_high": includes_high,
        **own,
        "factor": factor,
        **origin(f"china_{condition}_{quantity}", **more),
    }


def make_corrections(folder: Path) -> pd.DataFrame:
    """Return the corrections; the base condition, factor 1, is a row too."""
    table = pd.read_csv(folder / "china_guideline_corrections.csv")
    table = table[(table["standard"] != "china6") & table["pollutant"].isin(list(QUANTITY))]
    table["quantity"] = table["pollutant"].map(QUANTITY)
    by = dict(list(table.groupby("correction")))
    rows = []
    for row in by["speed_kmh"].itertuples():
        segment = f"*_{row.fuel}_{row.standard}"
        rows.append(
            correction("speed_kmh", segment, row.quantity, "bin", SPEED[row.bin], row.factor)
        )
    for row in by["sulphur_ppm"].itertuples():
        ends = (float(row.bin), float(row.bin), True, True)
        segment = f"*_{row.fuel}_{row.standard}"
        rows.append(correction("sulphur_mg_kg", segment, row.quantity, "point", ends, row.factor))
    for row in by["load_percent"].itertuples():
        at = float(row.bin) / 100
        for segment in ("*_truck_diesel_*", "heavy_tractor_diesel_*", "*_bus_diesel_*",
                        "*_passenger_diesel_*"):  # fmt: skip
            ends = (at, at, True, True)
            rows.append(
                correction("load_fraction", segment, row.quantity, "point", ends, row.factor)
            )
    rows += make_weather(by)
    rows += make_deterioration(by["deterioration_base_year"])
    out = pd.DataFrame(rows)
    key = ["condition", "segment", "quantity", "temperature_above_c", "low"]
    return out.sort_values(key, kind="stable", na_position="first", ignore_index=True)


def make_weather(by: dict[str, pd.DataFrame]) -> list[dict[str, object]]:
    """Return the corrections for temperature, humidity and altitude, class by class."""
    index = ["fuel", "applies_to", "pollutant", "bin"]
    table = {name: rows.set_index(index)["factor"] for name, rows in by.items()}
    rows = []
    for kind, fuels in KINDS.items():
        for fuel in fuels:
            group, name = CLASS_OF_FUEL.get((kind, fuel), CLASS[kind])
            if fuel == "gas":
                continue  # none is published for other fuels
            for pollutant, quantity in QUANTITY.items():
                key = (fuel, f"{NAME_OF_GROUP[group]}:{name}", pollutant)
                of = f"{kind}_{fuel}_*"
                cold, warm = (table["temperature_c"][(*key, b)] for b in ("<10", ">25"))
                for ends, factor in (
                    ((None, 10, False, False), cold),
                    ((10, 25, True, True), 1.0),
                    ((25, None, False, False), warm),
                ):
                    rows.append(correction("temperature_c", of, quantity, "bin", ends, factor))
                for source, when in (
                    ("humidity", {"temperature_up_to_c": WARM_C}),
                    ("humidity_when_T>24C", {"temperature_above_c": WARM_C}),
                ):
                    what = "relative_humidity_percent"
                    for given, ends in HUMIDITY.items():
                        factor = table[source][(*key, given)]
                        rows.append(correction(what, of, quantity, "bin", ends, factor, **when))
                    ends = (50, 50, True, True)
                    rows.append(correction(what, of, quantity, "bin", ends, 1.0, **when))
                is_odd = (kind, fuel) in (("taxi", "petrol"), ("mini_truck", "diesel"))
                odd = {"verification": "conflict", "note": LIGHT_ROW} if is_odd else {}
                high = table["altitude_m"][(*key, ">1500")]
                for ends, factor in (
                    ((None, 1500, False, True), 1.0),
                    ((1500, None, False, False), high),
                ):
                    rows.append(correction("altitude_m", of, quantity, "bin", ends, factor, **odd))
    return rows


def make_deterioration(table: pd.DataFrame) -> list[dict[str, object]]:
    """Return the corrections for deterioration since 2014, of petrol vehicles."""
    rows = []
    for name, given in table.groupby("applies_to"):
        kinds = DETERIORATION.get(
            str(name),
            tuple(
                k for k, fuels in KINDS.items()
                if "petrol" in fuels and k not in ("car", "taxi", *TWO_WHEELERS)
            ),
        )  # fmt: skip
        for kind in kinds:
            for (standard, quantity), own in given.groupby(["standard", "quantity"]):
                of = f"{kind}_petrol_{standard}"
                years = [(2014, 1.0), *zip(own["bin"].astype(int), own["factor"], strict=True)]
                for year, factor in years:
                    ends = (year, year, True, True)
                    rows.append(correction("deterioration_year", of, quantity, "bin", ends, factor))
    return rows


def copy_hot(segments: pd.DataFrame, base: pd.DataFrame) -> pd.DataFrame:
    """Return what EMEP/EEA gives for each segment and the guideline does not."""
    hot = pd.read_parquet(EMEP / "hot.parquet")
    by = dict(list(hot.groupby("segment")))
    with_base = set(base["segment"])
    parts = []
    for row in segments.itertuples():
        rows = by[row.taken_from]
        if row.segment in with_base:
            rows = rows[rows["quantity"].isin(FROM_EMEP)]
        parts.append(rows.assign(segment=row.segment))
    return pd.concat(parts, ignore_index=True)


def main(folder: Path) -> None:
    """Write all derived tables."""
    types, segments, equivalents, electric = make_types(EMEP)
    base = make_hot_tables(folder)
    base.to_csv(HERE / "hot_tables.csv", index=False)
    make_corrections(folder).to_csv(HERE / "corrections.csv", index=False)
    copy_hot(segments, base).to_parquet(HERE / "hot.parquet", index=False, compression="zstd")
    types.to_csv(HERE / "types.csv", index=False)
    segments.to_csv(HERE / "segments.csv", index=False)
    equivalents.to_csv(HERE / "equivalents.csv", index=False)
    electric.to_csv(HERE / "electric.csv", index=False)
    for name, column, used in (
        ("n2o_nh3.csv", "group", types["nitrogen_group"]),
        ("bc_fraction.csv", "group", types["bc_group"]),
        ("wear.csv", "wear_group", types["wear_group"]),
        ("electric_points.csv", "curve", electric["curve"]),
        ("cabin.csv", "curve", electric["curve"]),
    ):
        rows = pd.read_csv(EMEP / name, keep_default_na=False)
        rows[rows[column].isin(set(used.dropna()))].to_csv(HERE / name, index=False)
    make_freight().to_csv(HERE / "freight.csv", index=False)
    for name in ("wear_fractions.csv", "wear_speed.csv", "gwp.csv", "electricity.csv",
                 "grid_losses.csv", "cabin_demand.csv",
                 "movement_fuels.csv"):  # fmt: skip
        (HERE / name).write_bytes((EMEP / name).read_bytes())
    make_mappings(folder)
    make_fleet().to_csv(HERE / "fleets" / "china_2023.csv", index=False)
    add_sources()


def make_freight() -> pd.DataFrame:
    """Return what trucks carry: as the class that their energy is taken from."""
    table = pd.read_csv(EMEP / "freight.csv", keep_default_na=False)
    table = table[table["use"] == "general"].set_index(["vehicle_class", "size"])
    parts = [
        table.loc[[(vehicle_class, theirs)]].reset_index().assign(size=ours)
        for ours, (vehicle_class, theirs) in FREIGHT.items()
    ]
    out = pd.concat(parts, ignore_index=True)
    out["verification"] = "assumption"
    out["note"] = [f"as {theirs}" for _, theirs in FREIGHT.values()]
    return out


def add_sources() -> None:
    """Add the sources that tables of EMEP/EEA brought along."""
    own = pd.read_csv(HERE / "sources.csv", keep_default_na=False)
    used: set[str] = set()
    for path in [*HERE.glob("*.csv"), *HERE.glob("fleets/*.csv")]:
        table = pd.read_csv(path)
        for column in ("source", "sulphur_source"):
            if column in table and path.name not in ("sources.csv", "standards.csv"):
                used |= set(table[column].dropna())
    theirs = pd.read_csv(EMEP / "sources.csv", keep_default_na=False)
    more = theirs[theirs["source"].isin(used - set(own["source"]))]
    pd.concat([own, more]).to_csv(HERE / "sources.csv", index=False)


def make_mappings(folder: Path) -> None:
    """Write what is taken as what, in words, and the tables of classes and standards."""
    rows = [(f"standard {ours}", theirs, why, how) for ours, theirs, why, how in STANDARDS]
    rows += [(f"energy, CH4, N2O, NH3 of {what}", *rest) for what, *rest in TAKEN]
    rows += [
        ("HC of the guideline", "NMVOC", "no methane is given; HC holds it: NMVOC is overstated",
         "assumption"),
        ("CO, NOx, NMVOC, PM of China 6, of motorcycles from China 4",
         "Euro 6, Euro 4 of EMEP/EEA", "not in the guideline of 2014", "assumption"),
        ("mini and small cars", "one row, that of mini cars", SMALL_CAR, "conflict"),
        ("heavy trucks: rigid, articulated", "one row of the guideline",
         "it does not tell them apart; their energy differs", "read"),
        ("speed of exactly 20, 30, 40, 80 km/h", "upper, upper, upper, lower range",
         "published as <20, 20-30, 30-40, 40-80, >80", "assumption"),
        ("gas cars and taxis", "LPG", "the guideline has one row for other fuels", "assumption"),
        ("gas buses", "CNG, EEV from China 4 on", "last published standard", "assumption"),
        ("wear of electric vehicles", "vehicle with engine", "no published row", "assumption"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["what", "taken_as", "why", "verification"])
    table.to_csv(HERE / "mappings.csv", index=False)
    classes = pd.read_csv(folder / "china_vehicle_classes.csv")
    kinds = {
        "PV_mini": "car", "PV_small": "car", "PV_medium": "medium_passenger",
        "PV_large": "large_passenger", "TAXI": "taxi", "BUS": "city_bus",
        "HGV_mini": "mini_truck", "HGV_light": "light_truck", "HGV_medium": "medium_truck",
        "HGV_heavy": "heavy_truck, heavy_tractor", "3W": "three_wheeler",
        "LSV": "low_speed_truck", "MC": "motorcycle", "MOPED": "moped",
    }  # fmt: skip
    classes = classes[["code", "class_zh", "class_en", "definition"]]
    classes.insert(3, "kind", classes["code"].map(kinds))
    classes["source"] = "ga_802"
    classes["verification"] = "read"
    classes.to_csv(HERE / "vehicle_classes.csv", index=False)
    dates = pd.read_csv(folder / "china_euro_mapping.csv")
    dates["verification"] = (
        dates["verification"].str.extract(r"^(READ|CONFLICT|MEMORY)", expand=False)
    ).map({"READ": "read", "CONFLICT": "conflict", "MEMORY": "unverified"})
    dates.to_csv(HERE / "standards.csv", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
