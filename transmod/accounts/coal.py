"""Energy in tonnes of coal equivalent, by equivalent value or by equal value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from transmod.columns import Columns, Floats
from transmod.errors import InputError
from transmod.inputs.tables import read_shipped_rows
from transmod.units import GJ_PER_TCE, convert

if TYPE_CHECKING:
    import pandas as pd

BASES = ("equivalent", "equal_value")


@dataclass(frozen=True)
class CoalEquivalent:
    """
    Tonnes of coal equivalent per TJ of fuel and of electricity [tce/TJ].

    `by_fuel` holds the fuels whose published coal equivalent stands in place of their heat.
    """

    basis: str
    fuel_tce_per_tj: float
    electricity_tce_per_tj: float
    by_fuel: Mapping[str, float] = field(default_factory=dict)


def coal_equivalent(basis: str, year: int, kgce_per_kwh: float | None = None) -> CoalEquivalent:
    """
    Coal equivalents of fuels and of electricity.

    Parameters
    ----------
    basis : str
        `equivalent`: each joule counts the same, 29.3076 GJ/tce. `equal_value`: electricity counts
        as the coal that thermal power plants burn to supply it.
    year : int
        Year of the account; `equal_value` takes the coal consumption of that year.
    kgce_per_kwh : float, optional
        The user's own coal consumption [kgce/kWh] for `equal_value`.

    Raises
    ------
    InputError
        If the basis is unknown, or no coal consumption is known for the year.

    References
    ----------
    .. [1] GB/T 2589-2020, General rules for calculation of the comprehensive energy consumption.
    """
    if basis not in BASES:
        raise InputError(f"`tce_basis` must be one of {', '.join(BASES)}: {basis!r} found.")
    tce_per_tj = convert(1.0, "TJ", "GJ") / GJ_PER_TCE
    if basis == "equivalent":
        return CoalEquivalent(basis, tce_per_tj, tce_per_tj)
    if kgce_per_kwh is None:
        table = read_shipped_rows("accounts", "power_coal")
        known = {row["year"]: row["kgce_per_kwh"] for row in table}
        found = known.get(str(year))
        if found is None:
            raise InputError(
                f"`tce_basis` equal_value needs the coal consumption of power plants "
                f"[kgce/kWh]: none is known for {year}. Give `kgce_per_kwh`; transmod has "
                f"{', '.join(map(str, known))}."
            )
        kgce_per_kwh = float(found)
    if not 0.0 < kgce_per_kwh < 1.0:
        raise InputError(f"`kgce_per_kwh` [kgce/kWh] must be > 0 and < 1: {kgce_per_kwh} found.")
    # kgce/kWh is tce/MWh
    return CoalEquivalent(basis, tce_per_tj, kgce_per_kwh / convert(1.0, "MWh", "TJ"))


def published_equivalents(fuels: pd.DataFrame) -> dict[str, float]:
    """
    Return the published coal equivalent of each fuel that has one [tce/TJ].

    Parameters
    ----------
    fuels : pandas.DataFrame
        A family of fuels, with `coal_kgce_kg` [kgce/kg] and `ncv_mj_kg` [MJ/kg] of its own.

    Notes
    -----
    The published figures rest on 29.271 MJ/kgce, those by heat on 29.3076: 0.12 % apart.
    """
    known = fuels[fuels["coal_kgce_kg"].notna() & fuels["ncv_mj_kg"].notna()]
    per_tj = known["coal_kgce_kg"] / known["ncv_mj_kg"] * convert(1.0, "TJ", "GJ")
    return dict(zip(known["fuel"], per_tj.astype(float), strict=True))


def energy_tce(energy: Columns, coal: CoalEquivalent) -> Floats:
    """Coal equivalent [tce] of rows of energy with `fuel` and `energy_tj` [TJ]."""
    own = {**coal.by_fuel, "electricity": coal.electricity_tce_per_tj}
    tce: Floats = energy["energy_tj"] * energy["fuel"].map(own, coal.fuel_tce_per_tj)
    return tce
