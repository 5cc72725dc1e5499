"""
Write the tables of aviation, `aviation_*.csv`.

    python make_aviation.py DATABANK REFERENCE

DATABANK is the ICAO Aircraft Engine Emissions Databank as CSV, version 32, as the Python package
pycontrails 0.63.5 carries it (`edb-gaseous-v32-engines.csv`). REFERENCE is a folder with
`aviation_lto_computed.csv` (particulate matter and turboprops of landing cycles, after Open-ALAQS)
and `aviation_cruise_fuel.csv` (OpenAP missions). Kept by hand: `aviation_near_types.csv`,
`aviation_times.csv`, `aviation_apu.csv`, `aviation_fuels.csv`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
MODES = {
    "take_off": ("TO", "T/O", 0.7),
    "climb_out": ("CL", "C/O", 2.2),
    "approach": ("AP", "App", 4.0),
    "idle": ("TX", "Idle", 26.0),
}

# icao, name, engine, number of engines, cruise as, reason of the cruise type
JETS = [
    ("A306", "Airbus A300-600", "1PW048", 2, "B763", "twin-aisle twin of the same mass"),
    ("A30B", "Airbus A300B4", "1GE008", 2, "B763", "twin-aisle twin of the same mass"),
    ("A310", "Airbus A310", "2GE037", 2, "B763", "twin-aisle twin of like mass"),
    ("A318", "Airbus A318", "01P08CM110", 2, "A319", "shortened A319, same engine family"),
    ("A319", "Airbus A319", "3CM027", 2, "A319", ""),
    ("A320", "Airbus A320", "3CM026", 2, "A320", ""),
    ("A321", "Airbus A321", "01P10IA025", 2, "A321", ""),
    ("A19N", "Airbus A319neo", "01P22PW163", 2, "A20N", "shortened A320neo: a little high"),
    ("A20N", "Airbus A320neo", "01P20CM128", 2, "A20N", ""),
    ("A21N", "Airbus A321neo", "01P18PW157", 2, "A21N", ""),
    ("A332", "Airbus A330-200", "01P14RR102", 2, "A332", ""),
    ("A333", "Airbus A330-300", "01P14RR102", 2, "A333", ""),
    ("A339", "Airbus A330-900", "01P19RR119", 2, "A333", "same airframe, older engines: high"),
    ("A343", "Airbus A340-300", "2CM015", 4, "A333", "same body and wing, two engines: low"),
    ("A345", "Airbus A340-500", "8RR044", 4, "B77W", "same mass and range"),
    ("A346", "Airbus A340-600", "8RR045", 4, "B77W", "same mass and range"),
    ("A359", "Airbus A350-900", "01P18RR124", 2, "A359", ""),
    ("A35K", "Airbus A350-1000", "01P21RR125", 2, "A359", "stretched A350-900: low"),
    ("A388", "Airbus A380-800", "01P18RR103", 4, "A388", ""),
    ("AJ27", "Comac ARJ21-700", "11GE144", 2, "E190", "same engine family and mass"),
    ("B37M", "Boeing 737 MAX 7", "01P20CM136", 2, "B38M", "shortened 737 MAX 8: high"),
    ("B38M", "Boeing 737 MAX 8", "01P20CM136", 2, "B38M", ""),
    ("B39M", "Boeing 737 MAX 9", "01P20CM136", 2, "B38M", "stretched 737 MAX 8: low"),
    ("B712", "Boeing 717-200", "4BR004", 2, "E190", "same seats and mass"),
    ("B732", "Boeing 737-200", "1PW009", 2, "B734", "older engines: low"),
    ("B733", "Boeing 737-300", "1CM004", 2, "B734", "same engine family, a little lighter"),
    ("B734", "Boeing 737-400", "1CM007", 2, "B734", ""),
    ("B735", "Boeing 737-500", "1CM004", 2, "B734", "same engine family, lighter: high"),
    ("B736", "Boeing 737-600", "01P11CM112", 2, "A319", "same engine family and mass"),
    ("B737", "Boeing 737-700", "3CM032", 2, "A319", "same engine family and mass"),
    ("B738", "Boeing 737-800", "3CM032", 2, "B738", ""),
    ("B739", "Boeing 737-900", "8CM051", 2, "B739", ""),
    ("B742", "Boeing 747-200", "1RR008", 4, "B744", "older wing and engines: low"),
    ("B743", "Boeing 747-300", "1PW029", 4, "B744", "older wing and engines: low"),
    ("B744", "Boeing 747-400", "1RR011", 4, "B744", ""),
    ("B748", "Boeing 747-8", "11GE139", 4, "B748", ""),
    ("B752", "Boeing 757-200", "5RR038", 2, "B752", ""),
    ("B753", "Boeing 757-300", "5RR039", 2, "B752", "stretched 757-200: low"),
    ("B762", "Boeing 767-200", "1GE012", 2, "B763", "shortened 767-300: high"),
    ("B763", "Boeing 767-300", "12PW101", 2, "B763", ""),
    ("B764", "Boeing 767-400", "8GE101", 2, "B763", "stretched 767-300: low"),
    ("B772", "Boeing 777-200", "9GE126", 2, "B772", ""),
    ("B773", "Boeing 777-300", "2RR027", 2, "B77W", "same body, heavier version: high"),
    ("B77L", "Boeing 777-200LR", "01P21GE217", 2, "B77W", "same wing and engines"),
    ("B77W", "Boeing 777-300ER", "01P21GE217", 2, "B77W", ""),
    ("B788", "Boeing 787-8", "12GE150", 2, "B788", ""),
    ("B789", "Boeing 787-9", "12GE150", 2, "B789", ""),
    ("B78X", "Boeing 787-10", "01P17GE213", 2, "B789", "stretched 787-9: low"),
    ("BCS1", "Airbus A220-100", "20PW131", 2, "E190", "like seats; newer engines: high"),
    ("BCS3", "Airbus A220-300", "20PW130", 2, "A319", "like seats; newer engines: high"),
    ("CRJ2", "Bombardier CRJ200", "01P05GE189", 2, "", ""),
    ("CRJ7", "Bombardier CRJ700", "01P08GE190", 2, "CRJ9", "shortened CRJ900, same engines"),
    ("CRJ9", "Bombardier CRJ900", "01P08GE190", 2, "CRJ9", ""),
    ("CRJX", "Bombardier CRJ1000", "01P08GE191", 2, "CRJ9", "stretched CRJ900, same engines"),
    ("E135", "Embraer ERJ-135", "01P06AL030", 2, "", ""),
    ("E145", "Embraer ERJ-145", "01P06AL028", 2, "", ""),
    ("E170", "Embraer E170", "01P08GE197", 2, "E75L", "shortened E175, same engines"),
    ("E75L", "Embraer E175, long wing", "01P08GE197", 2, "E75L", ""),
    ("E75S", "Embraer E175, short wing", "01P08GE197", 2, "E75L", "same but for the wing tips"),
    ("E190", "Embraer E190", "11GE144", 2, "E190", ""),
    ("E195", "Embraer E195", "11GE144", 2, "E190", "stretched E190, same engines"),
    ("E290", "Embraer E190-E2", "20PW134", 2, "E190", "same body, newer engines: high"),
    ("F100", "Fokker 100", "1RR020", 2, "E190", "same mass; older engines: low"),
    ("GLEX", "Bombardier Global Express", "01P04BR013", 2, "", ""),
    ("GLF5", "Gulfstream V", "4BR008", 2, "", ""),
    ("MD11", "McDonnell Douglas MD-11", "2GE049", 3, "B772", "same mass; three engines: low"),
    ("MD82", "McDonnell Douglas MD-82", "4PW070", 2, "B734", "same mass, like age"),
    ("MD83", "McDonnell Douglas MD-83", "1PW019", 2, "B734", "same mass, like age"),
    ("RJ85", "Avro RJ85", "1TL004", 4, "E190", "same mass; four engines: low"),
    ("SU95", "Sukhoi Superjet 100", "01P11PJ003", 2, "E190", "same seats and mass"),
    ("T154", "Tupolev Tu-154M", "1AA004", 3, "", ""),
]
# icao, name, engine, engines, category, fuel, speed of cruise [km/h]
OTHERS = [
    ("AT72", "ATR 72-200", "TP-74", 2, "turboprop", "jet_kerosene", 510),
    ("AT76", "ATR 72-600", "TP-77", 2, "turboprop", "jet_kerosene", 510),
    ("MA60", "Xi'an MA60", "TP-83", 2, "turboprop", "jet_kerosene", 430),
    ("C172", "Cessna 172", "O-320", 1, "piston", "aviation_gasoline", 195),
    ("B06", "Bell 206", "DDA250-C20J", 1, "helicopter", "jet_kerosene", 205),
    ("B407", "Bell 407", "DDA250-C47B", 1, "helicopter", "jet_kerosene", 240),
    ("AS50", "Airbus H125 (AS350)", "ARRIEL 2B1", 1, "helicopter", "jet_kerosene", 240),
    ("EC30", "Airbus H130 (EC130)", "ARRIEL 2B1", 1, "helicopter", "jet_kerosene", 235),
    ("EC35", "Airbus H135 (EC135)", "ARRIUS 2B2", 2, "helicopter", "jet_kerosene", 250),
    ("BK17", "Airbus BK117", "ARRIEL 1E2", 2, "helicopter", "jet_kerosene", 245),
    ("S76", "Sikorsky S-76", "ARRIEL 2S1", 2, "helicopter", "jet_kerosene", 285),
    ("A139", "Leonardo AW139", "PT6C-67C", 2, "helicopter", "jet_kerosene", 290),
    ("B412", "Bell 412", "PT6T-3", 2, "helicopter", "jet_kerosene", 225),
]
# engine: shaft power twin or not; idle before take-off, idle after landing, take-off, approach:
# fuel of one engine [kg/s], then NOx, HC, CO, PM [g/kg]
TURBOSHAFTS = {
    "DDA250-C20J": (1, (0.0158, 0.0107, 0.0327, 0.025), (2.22, 1.44, 6.023, 4.194),
        (43.499, 99.08, 6.515, 12.967), (56.957, 132.724, 8.094, 16.419),
        (0.1203, 0.1125, 0.1857, 0.1495)),
    "DDA250-C47B": (1, (0.0193, 0.0134, 0.0441, 0.0311), (2.845, 1.846, 7.717, 5.374),
        (27.141, 61.82, 4.065, 8.091), (35.077, 81.738, 4.984, 10.112),
        (0.1282, 0.1163, 0.2241, 0.1721)),
    "ARRIEL 2B1": (1, (0.0219, 0.0152, 0.0542, 0.035), (3.308, 2.146, 8.975, 6.25),
        (20.365, 46.387, 3.05, 6.071), (26.112, 60.847, 3.71, 7.527),
        (0.1349, 0.1195, 0.2541, 0.1906)),
    "ARRIUS 2B2": (2, (0.0133, 0.0115, 0.0401, 0.0286), (1.818, 1.502, 7.145, 4.75),
        (63.616, 91.495, 4.707, 10.234), (84.178, 122.293, 5.795, 12.874),
        (0.116, 0.113, 0.2107, 0.1597)),
    "ARRIEL 1E2": (2, (0.0142, 0.0122, 0.0446, 0.0304), (1.984, 1.639, 7.795, 5.182),
        (53.898, 77.518, 3.988, 8.67), (70.993, 103.138, 4.887, 10.857),
        (0.1177, 0.1143, 0.2259, 0.1682)),
    "ARRIEL 2S1": (2, (0.0153, 0.0131, 0.0501, 0.0322), (2.158, 1.783, 8.48, 5.638),
        (45.919, 66.043, 3.397, 7.387), (60.216, 87.481, 4.145, 9.209),
        (0.1196, 0.1156, 0.2422, 0.1775)),
    "PT6C-67C": (2, (0.0196, 0.0185, 0.0591, 0.0414), (2.28, 2.055, 8.893, 5.896),
        (41.368, 50.371, 3.104, 6.783), (54.091, 66.224, 3.777, 8.436),
        (0.121, 0.1185, 0.2521, 0.1829)),
    "PT6T-3": (2, (0.0236, 0.022, 0.0783, 0.0527), (3.015, 2.718, 11.762, 7.798),
        (24.302, 29.592, 1.823, 3.985), (31.312, 38.336, 2.187, 4.884),
        (0.1306, 0.1265, 0.319, 0.226)),
}  # fmt: skip
# share of the power in cruise, at approach and at take-off: one engine, two engines
POWER = {1: (0.80, 0.46, 0.87), 2: (0.65, 0.38, 0.78)}
# Lycoming O-320: fuel [lb/h], then NOx, HC, CO [g/kg]
PISTON = {
    "take_off": (89.1, 2.19, 11.78, 1077.44),
    "climb_out": (66.7, 3.97, 12.38, 989.51),
    "approach": (46.5, 0.95, 19.25, 1221.51),
    "idle": (9.48, 0.52, 36.92, 1077.0),
}
LB_PER_H = 0.45359237 / 3600.0
COLUMNS = ["fuel_kg_s", "nox_g_kg", "co_g_kg", "hc_g_kg", "pm_g_kg"]


def main(databank: Path, reference: Path) -> None:
    """Write the tables."""
    edb = pd.read_csv(databank).set_index("UID No")
    lto = pd.read_csv(reference / "aviation_lto_computed.csv").drop_duplicates("engine_uid")
    lto = lto.set_index("engine_uid")
    rows = [
        row
        for engine in sorted({jet[2] for jet in JETS})
        for row in jet_engine(engine, edb.loc[engine], lto)
    ]
    rows += [row for engine in ("TP-74", "TP-77", "TP-83") for row in turboprop(engine, lto)]
    rows += [row for engine in sorted(TURBOSHAFTS) for row in turboshaft(engine)]
    rows += piston()
    names = ["engine", "name", "mode", *COLUMNS, "source", "verification"]
    engines = pd.DataFrame(rows, columns=[*names, "error_group", "note"])
    engines.to_csv(HERE / "aviation_engines.csv", index=False)
    to_types().to_csv(HERE / "aviation_types.csv", index=False)
    to_cruise(reference).to_csv(HERE / "aviation_cruise.csv", index=False)


def jet_engine(engine: str, row: pd.Series, lto: pd.DataFrame) -> list[list[object]]:
    """Return the modes of an engine of the databank."""
    pm, note = None, "no figure of particulate matter"
    if engine in lto.index:
        cycle = lto.loc[engine]
        pm = round(cycle["lto_pm10_g"] / cycle["lto_fuel_kg"], 4)
        note = "particulate matter: mean of the standard cycle, of open_alaqs"
    return [
        [
            engine, row["Engine Identification"], mode,
            *(round(row[f"{name} {key} ({unit})"], 5) for name, unit in (
                ("Fuel Flow", "kg/sec"), ("NOx EI", "g/kg"), ("CO EI", "g/kg"), ("HC EI", "g/kg"),
            )),
            pm, "icao_eedb_32", "read", f"engine_{engine}", note,
        ]
        for mode, (_, key, _) in MODES.items()
    ]  # fmt: skip


def turboprop(engine: str, lto: pd.DataFrame) -> list[list[object]]:
    """Return the modes of a turboprop, of which only sums over the cycle are known."""
    row = lto.loc[engine]
    each = {
        "nox": row["lto_nox_g"] / row["lto_fuel_kg"],
        "co": row["lto_co_g"] / row["lto_fuel_kg"],
    }
    gases = [round(each["nox"], 3), round(each["co"], 3), None, None]
    tail = ["open_alaqs", "read", f"engine_{engine}"]
    note = "pollutants: means of the standard cycle; no hydrocarbons, no particulate matter"
    modes = [
        [engine, row["engine_model"], mode,
         round(row[f"fuel_{key}_kg"] / row["engine_count"] / (60.0 * minutes), 5), *gases, *tail,
         note]
        for mode, (key, _, minutes) in MODES.items()
    ]  # fmt: skip
    cruise = [
        engine, row["engine_model"], "cruise", round(762.0 / 2 / 3600.0, 5), None, None, None, None,
        "atr_brochure", "memory", f"engine_{engine}", "762 kg/h for both engines of an ATR 72",
    ]  # fmt: skip
    return [*modes, cruise]


def turboshaft(engine: str) -> list[list[object]]:
    """Return the modes of an engine of helicopters; cruise lies between approach and take-off."""
    number, *figures = TURBOSHAFTS[engine]
    cruise, approach, take_off = POWER[number]
    share = (cruise - approach) / (take_off - approach)
    modes = {"idle_before": 0, "idle_after": 1, "take_off": 2, "approach": 3}
    fuel, nox, hc, co, pm = figures
    order = (fuel, nox, co, hc, pm)
    rows = [
        [engine, engine, mode, *(values[k] for values in order), "foca_helicopters",
         "read", f"engine_{engine}", ""]
        for mode, k in modes.items()
    ]  # fmt: skip
    between = [round(v[3] + share * (v[2] - v[3]), 4) for v in order]
    note = f"{cruise:.0%} of the power (from memory), between approach and take-off"
    tail = ["foca_helicopters", "computed", f"engine_{engine}", note]
    rows.append([engine, engine, "cruise", *between, *tail])
    return rows


def piston() -> list[list[object]]:
    """Return the modes of the engine of a Cessna 172; cruise is 75 % of the power."""
    rows = {mode: [v[0] * LB_PER_H, v[1], v[3], v[2]] for mode, v in PISTON.items()}
    pairs = zip(rows["climb_out"], rows["approach"], strict=True)
    rows["cruise"] = [(a + b) / 2.0 for a, b in pairs]
    return [
        ["O-320", "Lycoming O-320", mode, *(round(v, 5) for v in values), None, "epa_ap42_2",
         "memory", "engine_O-320",
         "between approach and climb-out: 25.7 kg/h" if mode == "cruise" else ""]
        for mode, values in rows.items()
    ]  # fmt: skip


def to_types() -> pd.DataFrame:
    """Return types of aircraft, each with engine and the type by which it cruises."""
    columns = ["icao", "name", "category", "fuel", "engine", "engines", "apu", "cruise_as",
               "cruise_reason", "cruise_speed_kmh"]  # fmt: skip
    large = {"A306", "A30B", "A310", "MD11"}
    jets = [
        [icao, name, "jet", "jet_kerosene", engine, number,
         "long_haul" if icao in large or is_wide(icao) else "short_haul", cruise, reason, None]
        for icao, name, engine, number, cruise, reason in JETS
    ]  # fmt: skip
    others = [
        [icao, name, kind, fuel, engine, number,
         "none", "", "", speed]
        for icao, name, engine, number, kind, fuel, speed in OTHERS
    ]  # fmt: skip
    table = pd.DataFrame(jets + others, columns=columns).sort_values("icao")
    table["source"] = "open_alaqs"
    by_hour = table["cruise_speed_kmh"].notna()
    table["verification"] = ["memory" if is_so else "read" for is_so in by_hour]
    table["note"] = ["speed of cruise from memory" if is_so else "" for is_so in by_hour]
    return table


def is_wide(icao: str) -> bool:
    """Say whether a type has two aisles."""
    return icao.startswith(("A33", "A34", "A35", "A38", "B74", "B76", "B77", "B78"))


def to_cruise(reference: Path) -> pd.DataFrame:
    """Return fuel of climb, cruise and descent by stage length."""
    table = pd.read_csv(reference / "aviation_cruise_fuel.csv")
    out = table[["icao", "stage_length_nm"]].assign(fuel_kg=table["ccd_fuel_kg"])
    out["source"] = "openap"
    out["verification"] = "computed"
    out["error_group"] = "cruise_" + out["icao"]
    neo = table["kinematics_from"] != table["icao"]
    out["note"] = ("mission flown as " + table["kinematics_from"]).where(neo, "")
    return out.sort_values(["icao", "stage_length_nm"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
