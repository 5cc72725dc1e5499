"""Curves of vehicle profiles as a figure: which types, of which sets, beside which."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd

from transmod.errors import Faults, InputError
from transmod.inputs.checks import listed
from transmod.inputs.profiles import ProfileSet
from transmod.model.curve_lines import NAMES, CurveLine, gather_lines
from transmod.outputs.curves import MOST_LINES, PANELS, draw_curves
from transmod.outputs.wording import TEXT
from transmod.profiles import find_set, recall_profiles

MAIN_TYPES = (
    "car_petrol_medium_euro4_pfi",
    "car_petrol_medium_euro6d_gdi_gpf",
    "car_diesel_medium_euro4",
    "car_diesel_medium_euro6d_dpf_scr",
    "car_petrol_hybrid_medium_euro6d_pfi",
    "car_bev_medium",
    "rigid_diesel_14_20t_euro3",
    "rigid_diesel_14_20t_euro6de_dpf_scr",
    "articulated_diesel_34_40t_euro3",
    "articulated_diesel_34_40t_euro6de_dpf_scr",
    "articulated_bev_34_40t",
    "bus_diesel_standard_euro3",
    "bus_diesel_standard_euro6de_dpf_scr",
    "bus_cng_standard_eev",
    "bus_diesel_hybrid_standard_euro6de_dpf_scr",
    "bus_bev_standard",
    "car_petrol_china3",
    "car_petrol_china5",
    "car_diesel_china5",
    "heavy_truck_diesel_china3",
    "heavy_truck_diesel_china5",
    "heavy_tractor_diesel_china5",
    "city_bus_diesel_china3",
    "city_bus_diesel_china5",
    "city_bus_gas_china5",
)
MAIN_NAMES = ("energy", "nox")


def plot_profiles(
    profile_set: str | Path,
    out: Path,
    *,
    types: Sequence[str] = (),
    pollutant: str | None = None,
    against: str | Path | None = None,
) -> list[str]:
    """
    Draw factors over speed, solid where published and dotted where held.

    Parameters
    ----------
    profile_set : str or Path
        Name of a shipped set, or its folder.
    out : Path
        PNG to write.
    types : sequence of str
        Names or patterns such as `car_*_euro6d*`. Default: the main types.
    pollutant : str, optional
        `energy` or a pollutant. Default: energy and NOx.
    against : str or Path, optional
        A second set, drawn beside in dashes: the types of the same names, else those that the
        patterns find.

    Returns
    -------
    list of str
        The types that were drawn, with their set.

    Raises
    ------
    InputError
        With every fault: an unknown pollutant or set, a pattern without a type, too many lines.
    """
    names = MAIN_NAMES if pollutant is None else (pollutant,)
    faults = Faults()
    if out.suffix.lower() != ".png":
        faults.add(f"--out must be a PNG file: {out} found. Give a name that ends in .png.")
    if pollutant is not None and pollutant not in NAMES:
        faults.add(f"--pollutant must be one of {', '.join(NAMES)}: {pollutant!r} found.")
    faults.raise_any()
    sets = [recall_profiles(find_set(name)) for name in (profile_set, against) if name is not None]
    chosen = [_choose(sets[0], types, faults)]
    if against is not None:
        same = set(sets[1].types["vehicle_type"])
        shared = [name for name in chosen[0] if name in same]
        chosen.append(shared if shared and not types else _choose(sets[1], types, faults))
    faults.raise_any()
    lines = [
        line
        for profiles, wanted in zip(sets, chosen, strict=True)
        for line in gather_lines(profiles, wanted, names)
    ]
    _check_crowd(sets, chosen)
    if not lines:
        raise InputError(
            f"Types must have a curve of {', '.join(names)}: none of {listed(chosen[0])} has."
        )
    draw_curves(
        lines,
        out,
        names=names,
        title=TEXT["curves_title"].format(", ".join(profiles.name for profiles in sets)),
        subtitle=TEXT["curves_subtitle"],
        source="; ".join(_sources(profiles, lines) for profiles in sets),
    )
    drawn = dict.fromkeys((line.set_name, line.vehicle["vehicle_type"]) for line in lines)
    return [f"{set_name}: {name}" for set_name, name in drawn]


def _choose(profiles: ProfileSet, patterns: Sequence[str], faults: Faults) -> list[str]:
    """Return the types that patterns find; without patterns the main types."""
    known = profiles.types["vehicle_type"].tolist()
    if not patterns:
        return [name for name in MAIN_TYPES if name in known] or _some(profiles.types)
    found = []
    for pattern in patterns:
        own = [name for name in known if fnmatchcase(name, pattern)]
        if not own:
            faults.add(
                f"--types must find a type of the set {profiles.name}: {pattern!r} finds none. "
                "Use * for any text; `transmod profiles list` names the types."
            )
        found += own
    return list(dict.fromkeys(found))


def _some(types: pd.DataFrame) -> list[str]:
    """Return a few types of each panel, evenly through their list."""
    found: list[str] = []
    for classes in PANELS.values():
        own = types.loc[types["vehicle_class"].isin(classes), "vehicle_type"].tolist()
        step = -(-len(own) // (MOST_LINES // 2)) or 1
        found += own[::step]
    return found


def _check_crowd(sets: Sequence[ProfileSet], chosen: Sequence[Sequence[str]]) -> None:
    for profiles, names in zip(sets, chosen, strict=True):
        of = profiles.types.set_index("vehicle_type")["vehicle_class"][list(names)]
        for panel, classes in PANELS.items():
            n = int(of.isin(classes).sum())
            if n > MOST_LINES:
                raise InputError(
                    f"Lines of a panel must be at most {MOST_LINES} to be told apart: {n} types of "
                    f"{profiles.name} are {TEXT[panel].lower()}. Narrow --types."
                )


def _sources(profiles: ProfileSet, lines: Sequence[CurveLine]) -> str:
    """Name the publications behind the lines of a set."""
    curves = {x.vehicle["electric_curve"] for x in lines if x.set_name == profiles.name}
    electric = profiles.electric
    keys = electric.loc[electric["curve"].isin(curves), "source"].unique()
    titles = profiles.sources.set_index("source")["title"]
    return f"{profiles.name}: {'; '.join([profiles.citation, *titles[keys]])}"
