"""List the figures of a set whose source was not seen, and those of which no source is named."""

from __future__ import annotations

from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from transmod.inputs.profile_tables import TRUSTED
from transmod.inputs.profiles import ProfileSet
from transmod.inputs.tables import read_rated_tables, read_shipped_table
from transmod.model.findings import Finding

# columns of figures whose rows name no source, or that of another column
_SHARE = "electric_share"
_OF_TYPES = ("axles", _SHARE, "load_fraction")
_OF_FUELS = ("sulphur_mg_kg", "density_kg_l")
_SETTINGS = "set.toml"
_SHIPPED = (("accounts", "power_coal"),)  # tables of transmod itself that factors rest on
_TYPE = "vehicle_type"
_NAMES = 3  # columns that name a row


def list_origins(profiles: ProfileSet, counts: dict[str, float]) -> list[Finding]:
    """
    List rows that are recalled, contested or assumed, and columns without an origin.

    Every table with a column `verification` counts: those of the set, all other CSV files of its
    folder, and the tables of transmod that factors rest on.
    """
    rated = {
        name: table
        for name, table in _tables(profiles).items()
        if "verification" in table.columns and not table.empty
    }
    rated |= {
        f"transmod/{room}/tables/{name}.csv": read_shipped_table(room, name)
        for room, name in _SHIPPED
    }
    unverified = [
        Finding(
            "verification", False, file, " ".join(str(row[c]) for c in _row_names(table)),
            str(row["verification"]),
        )
        for file, table in rated.items()
        for row in table[~_is_trusted(table["verification"])].to_dict("records")
    ]  # fmt: skip
    counts["unverified_rows"] = len(unverified)
    lacking = list(_without_origin(profiles))
    counts["columns_without_origin"] = len(lacking)
    return [*unverified, *lacking]


def _is_trusted(verification: pd.Series) -> np.ndarray:
    """Say which rows were seen or worked out; a remark may follow the word."""
    return verification.str.lower().str.startswith(TRUSTED).to_numpy(bool)


def _row_names(table: pd.DataFrame) -> list[str]:
    other = ("verification", "source", "year", "unit")
    return [name for name in table.columns if name not in other][:_NAMES]


def _tables(profiles: ProfileSet) -> dict[str, pd.DataFrame]:
    """Return all tables of a set by file: as they were read, others from its folder."""
    return read_rated_tables(profiles.folder) | {
        "hot.parquet": profiles.hot,
        "hot_tables.csv": profiles.hot_tables,
        "corrections.csv": profiles.corrections,
        "exceptions.csv": profiles.exceptions,
        "equivalents.csv": profiles.equivalents,
        "origins.csv": profiles.origins,
        "n2o_nh3.csv": profiles.nitrogen,
        "bc_fraction.csv": profiles.bc_fraction,
        "electric.csv": profiles.electric,
        "electricity.csv": profiles.electricity,
        "biofuels.csv": profiles.biofuels,
        "blends.csv": profiles.blends,
        "freight.csv": profiles.freight,
        "cooling_units.csv": profiles.cooling_units,
        "cabin.csv": profiles.cabin,
        "cabin_demand.csv": profiles.cabin_demand,
        "grid_losses.csv": profiles.grid_losses,
        **_fuel_tables(profiles),
        "wear.csv": profiles.wear,
        "wear_fractions.csv": profiles.wear_fractions,
        "wear_speed.csv": profiles.wear_speed,
        "gwp.csv": profiles.gwp,
        "substitutes.csv": profiles.substitutes,
        "mappings.csv": profiles.mappings,
        **{f"{name}.csv": table for name, table in profiles.processes.items()},
        **{f"fleets/{name}.csv": table for name, table in profiles.fleets.items()},
    }


def _fuel_tables(profiles: ProfileSet) -> dict[str, pd.DataFrame]:
    families = profiles.fuel_families.items()
    return {"fuels.csv": profiles.fuels} | {f"fuels/{name}.csv": table for name, table in families}


def _without_origin(profiles: ProfileSet) -> list[Finding]:
    """List the columns of figures of which `origins.csv` does not say where they come from."""
    types = profiles.types
    # a share of 0 or 1 is what a powertrain is, no figure
    mixed = types["electric_share"].between(0.0, 1.0, inclusive="neither")
    wanted: list[tuple[str, str, list[str]]] = [
        *((_SETTINGS, name, [name]) for name in profiles.defaults),
        *((_SETTINGS, f"pole.{name}", [name]) for name in profiles.pole),
        *(
            (
                "types.csv", name,
                types.loc[mixed if name == _SHARE else types[name].notna(), _TYPE].tolist(),
            )
            for name in _OF_TYPES
        ),
        *(
            (file, name, table.loc[table[name].notna(), "fuel"].tolist())
            for file, table in _fuel_tables(profiles).items()
            for name in _OF_FUELS
        ),
    ]  # fmt: skip
    known = profiles.origins
    findings = []
    for file, column, rows in wanted:
        own = known.loc[(known["file"] == file) & (known["column"] == column), "rows"]
        lacking = [name for name in rows if not any(fnmatchcase(name, p) for p in own)]
        if lacking:
            findings.append(
                Finding(
                    "origin", False, file, column,
                    f"has no row in origins.csv that says where it comes from: {len(lacking)} of "
                    f"{len(rows)} rows, first {lacking[0]}.",
                )
            )  # fmt: skip
    return findings
