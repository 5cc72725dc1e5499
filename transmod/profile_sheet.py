"""One vehicle type as a user meets it: its factors, their range, their sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from transmod.errors import InputError
from transmod.inputs.profiles import ProfileSet
from transmod.model.factor_table import build_factors
from transmod.model.factors import Factors
from transmod.model.pantry import Row, records
from transmod.profiles import find_set, recall_profiles
from transmod.schema import LEVEL, MAX_NODE_SPEED_KMH, NODES_PER_KMH, ROAD_TYPES

SPEEDS_KMH = (10.0, 25.0, 35.0, 50.0, 80.0, 110.0)
# for the energy of electric types alone; their CO2 depends on the grid of a run
_KG_PER_KWH = 0.0


@dataclass(frozen=True)
class TypeSheet:
    """
    A vehicle type of a set.

    `type` is its row of `types.csv`. `factors` holds process, pollutant, unit, road_type and one
    number for each of `speeds_kmh`, on the flat; road types that share a curve share a row.
    `validity_kmh` is the range of the published energy curve by road type. `sources` holds file,
    quantity, source, title, table, year, verification and note of the rows behind it.
    """

    set: str
    type: dict[str, Any]
    speeds_kmh: tuple[float, ...]
    factors: list[dict[str, Any]]
    validity_kmh: dict[str, tuple[float, float]]
    not_estimated: list[str]
    sources: list[dict[str, Any]]


def show_profile(
    vehicle_type: str,
    profile_set: str | Path = "emep_eea_2019",
    *,
    speeds_kmh: Sequence[float] = SPEEDS_KMH,
) -> TypeSheet:
    """
    Return the factors of a type at some speeds, their range, and where they come from.

    Parameters
    ----------
    vehicle_type : str
        Type of `types.csv`.
    profile_set : str or Path
        Name of a shipped set, or a folder.
    speeds_kmh : sequence of float
        Speeds [km/h], 0 to 140.

    Raises
    ------
    InputError
        If the set or type is unknown, or a speed beyond the nodes.
    """
    wrong = [v for v in speeds_kmh if not 0.0 <= v <= MAX_NODE_SPEED_KMH]
    if wrong:
        raise InputError(
            f"Speeds must be >= 0 and <= {MAX_NODE_SPEED_KMH:g} [km/h]: {wrong[0]:g} found."
        )
    profiles = recall_profiles(find_set(profile_set))
    # the year chooses the electricity, which is not shown
    factors = build_factors(
        profiles, [vehicle_type], year=0, electricity_kg_per_kwh=_KG_PER_KWH, gradients=LEVEL
    )
    (row,) = records(profiles.types[profiles.types["vehicle_type"] == vehicle_type])
    return TypeSheet(
        set=profiles.name,
        type={name: value for name, value in row.items() if pd.notna(value)},
        speeds_kmh=tuple(speeds_kmh),
        factors=_factor_rows(factors, speeds_kmh),
        validity_kmh={
            road: (float(low), float(high))
            for road, (low, high) in zip(ROAD_TYPES, factors.validity[0, :, 0], strict=True)
        },
        not_estimated=[
            f"{process} {pollutant}"
            for (process, pollutant), known in zip(
                factors.quantities, factors.estimated[0], strict=True
            )
            if not known
        ],
        sources=_source_rows(profiles, row),
    )


def _factor_rows(factors: Factors, speeds_kmh: Sequence[float]) -> list[dict[str, Any]]:
    nodes = np.rint(np.asarray(speeds_kmh) * NODES_PER_KMH).astype(np.int64)
    rows = []
    for q, (process, pollutant) in enumerate(factors.quantities):
        index = factors.index[0, q, :, 0]
        for curve in dict.fromkeys(index.tolist()):
            values = factors.curve[curve, nodes]
            if not factors.curve[curve].any():
                continue
            roads = [name for name, at in zip(ROAD_TYPES, index, strict=True) if at == curve]
            rows.append(
                {
                    "process": process,
                    "pollutant": pollutant,
                    "unit": "MJ/km" if pollutant == "energy" else "g/km",
                    "road_type": "all" if len(roads) == len(ROAD_TYPES) else ", ".join(roads),
                    "values": values.tolist(),
                }
            )
    return rows


def _source_rows(profiles: ProfileSet, row: Row) -> list[dict[str, Any]]:
    """Return what each file of the set gives for a type, and its source."""
    segment, fuel = row["hot_segment"], row["fuel"]
    behind = (
        ("hot.parquet", profiles.hot, "segment", segment, "quantity"),
        ("hot_tables.csv", profiles.hot_tables, "segment", segment, "quantity"),
        ("n2o_nh3.csv", profiles.nitrogen, "group", row["nitrogen_group"], "pollutant"),
        ("bc_fraction.csv", profiles.bc_fraction, "group", row["bc_group"], None),
        ("electric.csv", profiles.electric, "curve", row["electric_curve"], None),
        ("fuels.csv", profiles.fuels, "fuel", fuel, None),
        ("wear.csv", profiles.wear, "wear_group", row["wear_group"], "process"),
    )
    titles = {row["source"]: row for row in records(profiles.sources)}
    found = []
    for file, table, key, value, what in behind:
        own = table[table[key] == value] if isinstance(value, str) else table.iloc[:0]
        own = own.assign(what="" if what is None else own[what])
        own = own.assign(note=own["note"].fillna("") if "note" in own else "")
        keys = ["source", "year", "verification", "note"]
        for values, rows in own.groupby(keys, sort=True):
            source, year, verification, note = map(str, values)
            found.append(
                {
                    "file": file,
                    "what": ", ".join(dict.fromkeys(rows["what"])),
                    "source": source,
                    "title": titles[source]["title"],
                    "table": titles[source]["table"],
                    "year": int(year),
                    "verification": verification,
                    "note": note,
                }
            )
    return found
