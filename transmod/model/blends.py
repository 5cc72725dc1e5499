"""
Fuels: one family of figures, and biofuels blended into it.

The families (IPCC 2006, the Chinese provincial guideline, the Chinese national database) differ in
calorific value and carbon. A run takes one of them whole: energy becomes CO2 by that family's CO2
per energy and never passes through mass, so no calorific value of another family has a say in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from transmod.errors import Faults, InputError
from transmod.inputs.profile_tables import TRUSTED
from transmod.inputs.profiles import ProfileSet


@dataclass(frozen=True)
class Blend:
    """A biofuel of `biofuels.csv` and its share in the volume of the blend [-]."""

    biofuel: str
    volume_share: float


def choose_fuels(
    profiles: ProfileSet,
    family: str | None = None,
    blends: Mapping[str, str | Blend] | None = None,
) -> tuple[ProfileSet, tuple[str, ...]]:
    """
    Take one family of fuels, and blend biofuels into it.

    Parameters
    ----------
    profiles : ProfileSet
        The set.
    family : str, optional
        Family of the set; default: that of `fuels.csv`.
    blends : mapping of str to str or Blend, optional
        Fuel to the name of a blend in `blends.csv`, or to the blend itself.

    Returns
    -------
    ProfileSet
        The same set, its `fuels` those of the run.
    tuple of str
        What a reader must know of them.

    Raises
    ------
    InputError
        If a family, fuel, blend or biofuel is unknown, a share is not within 0 and 1, or a fuel
        that is blended has no density or calorific value.
    """
    known = {profiles.fuel_family: profiles.fuels, **profiles.fuel_families}
    family = profiles.fuel_family if family is None else family
    if family not in known:
        raise InputError(
            f"`profiles.fuels` must be one of {', '.join(sorted(known))} in the set "
            f"{profiles.name}: {family!r} found."
        )
    fuels = known[family]
    notes = []
    if family != profiles.fuel_family:
        notes.append(f"Fuels: calorific values and carbon of {family}.")
    faults = Faults()
    for fuel, choice in (blends or {}).items():
        blend = _find_blend(profiles, fuel, choice, faults)
        rows = fuels[fuels["fuel"] == fuel]
        if rows.empty or rows["kind"].iloc[0] != "combustion":
            faults.add(
                f"`profiles.blends` must name fuels of the family {family}: {fuel!r} found. Given: "
                f"{', '.join(fuels.loc[fuels['kind'] == 'combustion', 'fuel'])}."
            )
        elif blend is not None:
            bio = profiles.biofuels[profiles.biofuels["biofuel"] == blend.biofuel].iloc[0]
            fossil = rows.iloc[0]
            lacking = [n for n in ("density_kg_l", "ncv_mj_kg") if pd.isna(fossil[n])]
            if lacking:
                faults.add(
                    f"`{'`, `'.join(lacking)}` of {fuel} in the family {family} must be given to "
                    "blend it by volume: not found."
                )
                continue
            mixed = mix_by_volume(fossil, bio, blend.volume_share)
            fuels = fuels.copy()
            for name, value in mixed.items():
                fuels.loc[rows.index, name] = value
            state = "" if bio["verification"] in TRUSTED else f", {bio['verification']}"
            notes.append(
                f"Blend: {fuel} with {blend.volume_share:.4g} of {blend.biofuel} by volume, "
                f"{energy_share(fossil, bio, blend.volume_share):.4g} by energy{state}."
            )
    faults.raise_any()
    return replace(profiles, fuels=fuels), tuple(notes)


def check_fuels(profiles: ProfileSet, fuels: pd.DataFrame, types: pd.DataFrame) -> None:
    """
    Make sure that every type of a run finds its fuel in the family that was chosen.

    Parameters
    ----------
    profiles : ProfileSet
        The set, with all its families.
    fuels : pandas.DataFrame
        The family that was chosen.
    types : pandas.DataFrame
        J rows of `types.csv`.

    Raises
    ------
    InputError
        With one sentence for each fuel that the family does not give; no other family stands in.
    """
    faults = Faults()
    known = {profiles.fuel_family: profiles.fuels, **profiles.fuel_families}
    for fuel, rows in types.groupby("fuel"):
        if fuel not in set(fuels["fuel"]):
            having = [name for name, table in known.items() if fuel in set(table["fuel"])]
            faults.add(
                f"The fuels of a run must be of one family: {fuel} of {len(rows)} vehicle types, "
                f"first {rows['vehicle_type'].iloc[0]}, is not in it. Families that give it: "
                f"{', '.join(sorted(having)) or 'none'}."
            )
    faults.raise_any()


def energy_share(fossil: pd.Series, bio: pd.Series, volume_share: float) -> float:
    """Return the share of the biofuel in the energy of a blend [-], from its share by volume."""
    of_bio = volume_share * bio["density_kg_l"] * bio["ncv_mj_kg"]
    of_fossil = (1.0 - volume_share) * fossil["density_kg_l"] * fossil["ncv_mj_kg"]
    return float(of_bio / (of_bio + of_fossil))


def mix_by_volume(fossil: pd.Series, bio: pd.Series, volume_share: float) -> dict[str, float]:
    """
    Mix a fuel with a biofuel by volume.

    Parameters
    ----------
    fossil, bio : pandas.Series
        Rows of `fuels.csv` and `biofuels.csv`; each volume becomes energy by its own density and
        calorific value.
    volume_share : float
        Biofuel in the volume of the blend [-].

    Returns
    -------
    dict
        `co2_g_mj`, `co2_biogenic_g_mj`, `ncv_mj_kg`, `density_kg_l`, `sulphur_mg_kg` of the blend.
        Its carbon is that of its parts: fossil and biogenic CO2 are shared out by energy.
    """
    share = energy_share(fossil, bio, volume_share)
    density = volume_share * bio["density_kg_l"] + (1.0 - volume_share) * fossil["density_kg_l"]
    mass = volume_share * bio["density_kg_l"] / density
    return {
        "co2_g_mj": (1.0 - share) * fossil["co2_g_mj"] + share * bio["co2_g_mj"],
        "co2_biogenic_g_mj": (1.0 - share) * fossil["co2_biogenic_g_mj"]
        + share * bio["co2_biogenic_g_mj"],
        "ncv_mj_kg": (1.0 - mass) * fossil["ncv_mj_kg"] + mass * bio["ncv_mj_kg"],
        "density_kg_l": density,
        "sulphur_mg_kg": (1.0 - mass) * fossil["sulphur_mg_kg"] + mass * bio["sulphur_mg_kg"],
    }


def _find_blend(
    profiles: ProfileSet, fuel: str, choice: str | Blend, faults: Faults
) -> Blend | None:
    """Return the blend that is meant; what is unknown or out of range is noted."""
    if isinstance(choice, str):
        named = profiles.blends[profiles.blends["fuel"] == fuel]
        row = named[named["blend"] == choice]
        if row.empty:
            faults.add(
                f"Blend of {fuel} must be one of blends.csv of the set {profiles.name}: {choice!r} "
                f"found. Given: {', '.join(named['blend']) or 'none'}. Or give `biofuel` and "
                "`volume_share`."
            )
            return None
        choice = Blend(str(row["biofuel"].iloc[0]), float(row["volume_share"].iloc[0]))
    if not 0.0 <= choice.volume_share <= 1.0:
        faults.add(
            f"`volume_share` of the biofuel in {fuel} must be >= 0 and <= 1 [-]: "
            f"{choice.volume_share} found. Per cent are to be divided by 100."
        )
        return None
    if choice.biofuel not in set(profiles.biofuels["biofuel"]):
        faults.add(
            f"Biofuel in {fuel} must be one of biofuels.csv of the set {profiles.name}: "
            f"{choice.biofuel!r} found. Given: {', '.join(profiles.biofuels['biofuel']) or 'none'}."
        )
        return None
    return choice
