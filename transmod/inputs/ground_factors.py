"""Read what trains and off-road machines take and emit: tables of the set `movements`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from transmod.errors import Faults
from transmod.inputs.checks import attempt, check_table, listed
from transmod.inputs.profile_tables import ERROR_GROUP, SOURCE, VERIFICATION
from transmod.inputs.tables import read_csv
from transmod.schema import MACHINE_FUELS, POLLUTANTS, RAIL_KINDS, Column, Table

_ORIGIN = (
    SOURCE,
    VERIFICATION,
    ERROR_GROUP,
    Column("note", "string", "-", "remark", nullable=True, optional=True),
)
_VALUE = Column("value", "float64", "-", "in `unit`", 0.0, positive=True)

RAIL_ENERGY = Table(
    "rail_energy.csv",
    "what a kind of train takes",
    ("kind",),
    (
        Column("kind", "string", "-", "kind of train", choices=RAIL_KINDS),
        Column("carrier", "string", "-", "energy", choices=("electricity", "diesel")),
        Column("per", "string", "-", "activity", choices=("car_km", "train_km", "gross_tkm")),
        _VALUE,
        Column("unit", "string", "-", "of value", choices=("kWh/km", "kWh/tkm", "kg/km", "kg/tkm")),
        *_ORIGIN,
    ),
)


def _fuels(name: str, fuels: tuple[str, ...]) -> Table:
    return Table(
        name,
        "a property of a fuel",
        ("fuel", "quantity"),
        (
            Column("fuel", "string", "-", "fuel burnt", choices=fuels),
            Column(
                "quantity", "string", "-", "net calorific value, or a pollutant",
                choices=("energy", *POLLUTANTS),
            ),
            _VALUE,
            Column("unit", "string", "-", "of value", choices=("MJ/kg", "g/kg", "kg/TJ")),
            *_ORIGIN,
        ),
    )  # fmt: skip


RAIL_FUELS = _fuels("rail_fuels.csv", ("diesel",))
OFF_ROAD_FUELS = _fuels("off_road_fuels.csv", MACHINE_FUELS[:-1])

ENGINES = Table(
    "off_road_engines.csv",
    "fuel for work of engines from a rated power",
    ("fuel", "power_from_kw"),
    (
        Column("fuel", "string", "-", "energy carrier", choices=MACHINE_FUELS),
        Column("power_from_kw", "float64", "kW", "least rated power", 0.0),
        _VALUE,
        Column("unit", "string", "-", "of value", choices=("g/kWh", "kWh/kWh")),
        *_ORIGIN,
    ),
)

MACHINES = Table(
    "off_road_machines.csv",
    "a kind of machine",
    ("machine",),
    (
        Column("machine", "string", "-", "kind of machine"),
        Column("load_factor", "float64", "-", "mean power over rated power", 0.0, 1.0),
        *_ORIGIN,
    ),
)


@dataclass(frozen=True, eq=False)
class RailFactors:
    """
    What trains take and emit.

    `energy` is indexed by `kind`: `carrier`, `per`, `value` [kWh or kg for each of `per`].
    `fuels` is indexed by `fuel`: `energy` [MJ/kg], pollutants [g/kg].
    """

    energy: pd.DataFrame
    fuels: pd.DataFrame


@dataclass(frozen=True, eq=False)
class MachineFactors:
    """
    What off-road machines take and emit.

    `engines`: `fuel`, `power_from_kw` [kW], `value` [g/kWh; of electricity kWh/kWh], sorted.
    `load_factor` [-] by kind of machine. `fuels` as in `RailFactors`, null where not estimated.
    """

    engines: pd.DataFrame
    load_factor: pd.Series
    fuels: pd.DataFrame


def read_rail_factors(folder: Path) -> RailFactors:
    """
    Read the tables of trains in the set `movements`.

    Raises
    ------
    InputError
        With every fault of every table.
    """
    energy, fuels = _read_all(folder, RAIL_ENERGY, RAIL_FUELS)
    return RailFactors(energy.set_index("kind"), to_fuel_factors(fuels))


def read_machine_factors(folder: Path) -> MachineFactors:
    """
    Read the tables of off-road machines in the set `movements`.

    Raises
    ------
    InputError
        With every fault of every table.
    """
    engines, machines, fuels = _read_all(folder, ENGINES, MACHINES, OFF_ROAD_FUELS)
    lowest = engines.groupby("fuel")["power_from_kw"].min()
    without = [name for name in MACHINE_FUELS if lowest.get(name) != 0.0]
    if without:
        faults = Faults()
        faults.add(
            f"{ENGINES.name} must have a row from 0 kW for each of {', '.join(MACHINE_FUELS)}: "
            f"{listed(without)} have none."
        )
        faults.raise_all()
    return MachineFactors(
        engines.sort_values(["fuel", "power_from_kw"], ignore_index=True),
        machines.set_index("machine")["load_factor"],
        to_fuel_factors(fuels),
    )


def to_fuel_factors(table: pd.DataFrame) -> pd.DataFrame:
    """Turn rows of fuels into [g/kg] by `fuel`, and `energy` [MJ/kg]; null: no figure."""
    energy = table[table["quantity"] == "energy"].set_index("fuel")["value"]
    # 1 kg/TJ = 1e-3 g/MJ
    per_energy = 1e-3 * energy.reindex(table["fuel"]).to_numpy()
    scale = np.where(table["unit"] == "kg/TJ", per_energy, 1.0)
    return table.assign(value=table["value"] * scale).pivot_table(
        index="fuel", columns="quantity", values="value"
    )


def _read_all(folder: Path, *tables: Table) -> list[pd.DataFrame]:
    faults = Faults()
    read = [attempt(faults, _read, Path(folder) / table.name, table) for table in tables]
    faults.raise_any()
    return [frame for frame in read if frame is not None]


def _read(path: Path, table: Table) -> pd.DataFrame:
    faults = Faults()
    frame = read_csv(path, table, faults)
    check_table(frame, table, str(path), faults)
    faults.raise_any()
    return frame
