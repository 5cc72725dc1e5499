"""
Units: one factor for each to the base unit of its kind.

Inside transmod: km, km/h, veh, g, MJ, kWh. In results: t, TJ, tonnes of coal equivalent, km.
Conversion happens at reading and at writing, never in between.
"""

from __future__ import annotations

KIND = {
    "km": ("length", 1.0),
    "m": ("length", 1e-3),
    "mi": ("length", 1.609344),
    "ft": ("length", 0.3048e-3),
    "nmi": ("length", 1.852),
    "km/h": ("speed", 1.0),
    "m/s": ("speed", 3.6),
    "mph": ("speed", 1.609344),
    "knots": ("speed", 1.852),
    "g": ("mass", 1.0),
    "mg": ("mass", 1e-3),
    "kg": ("mass", 1e3),
    "t": ("mass", 1e6),
    "kt": ("mass", 1e9),
    "MJ": ("energy", 1.0),
    "kJ": ("energy", 1e-3),
    "GJ": ("energy", 1e3),
    "TJ": ("energy", 1e6),
    "kWh": ("energy", 3.6),
    "MWh": ("energy", 3.6e3),
    "GWh": ("energy", 3.6e6),
    "g/km": ("distance_mass", 1.0),
    "mg/km": ("distance_mass", 1e-3),
    "kg/km": ("distance_mass", 1e3),
    "MJ/km": ("distance_energy", 1.0),
    "kWh/km": ("distance_energy", 3.6),
    "g/MJ": ("energy_mass", 1.0),
    "kg/TJ": ("energy_mass", 1e-3),
    "kg/GJ": ("energy_mass", 1.0),
    "g/kWh": ("energy_mass", 1.0 / 3.6),
    "kg/kWh": ("energy_mass", 1e3 / 3.6),
}

# 1 kgce = 7,000 kcal (international table) = 29.3076 MJ: GB/T 2589-2020
GJ_PER_TCE = 29.3076


def convert(value: float, unit: str, to: str) -> float:
    """
    Convert `value` from one unit to another of the same kind.

    Raises
    ------
    ValueError
        If a unit is unknown, or the two are of different kinds.

    Examples
    --------
    >>> convert(30, "mph", "km/h")
    48.28032
    >>> convert(convert(2.5, "GJ", "kWh"), "kWh", "GJ")
    2.5
    """
    for name in (unit, to):
        if name not in KIND:
            msg = f"Unit must be one of {', '.join(KIND)}: found {name!r}."
            raise ValueError(msg)
    kind, factor = KIND[unit]
    kind_to, factor_to = KIND[to]
    if kind != kind_to:
        msg = f"{unit!r} is a {kind}, {to!r} is a {kind_to}: no conversion between them."
        raise ValueError(msg)
    return value * factor / factor_to
