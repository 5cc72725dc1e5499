"""What the other methods of counting need: fuel sold in the city, and the share of residents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from transmod.errors import Faults
from transmod.inputs.checks import check_table
from transmod.inputs.tables import read_csv
from transmod.schema import FUEL_SOLD, RESIDENT_SHARE


@dataclass(frozen=True)
class Methods:
    """Energy of fuels sold [TJ] and share of residents [-]; None where not given."""

    fuel_sold: dict[str, float] | None
    resident_share: dict[tuple[str, str], float] | None


def read_fuel_sold(path: Path) -> dict[str, float]:
    """
    Read the energy of the fuels sold in the city in the year [TJ] (`schema.FUEL_SOLD`).

    Raises
    ------
    InputError
        With every fault: a column missing, a negative amount, a fuel that stands twice.
    """
    faults = Faults()
    table = read_csv(path, FUEL_SOLD, faults)
    check_table(table, FUEL_SOLD, str(path), faults)
    faults.raise_any()
    return dict(zip(table["fuel"], table["energy_tj"].astype(float), strict=True))


def read_resident_share(path: Path) -> dict[tuple[str, str], float]:
    """
    Read the share of residents in the kilometres of each class and kind of trip [-].

    Raises
    ------
    InputError
        With every fault: a column missing, a share beyond 0 to 1, a class and kind twice.
    """
    faults = Faults()
    table = read_csv(path, RESIDENT_SHARE, faults)
    check_table(table, RESIDENT_SHARE, str(path), faults)
    faults.raise_any()
    keys = zip(table["vehicle_class"], table["trip_kind"], strict=True)
    return dict(zip(keys, table["share"].astype(float), strict=True))
