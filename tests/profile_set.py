"""The shipped set of vehicle profiles, read once for all tests."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from transmod.inputs.profiles import ProfileSet, read_profiles

FOLDER = Path(__file__).parents[1] / "vehicle_profiles" / "emep_eea_2019"


@cache
def shipped() -> ProfileSet:
    """Return the set `emep_eea_2019`."""
    return read_profiles(FOLDER)


@cache
def narrow(*vehicle_types: str) -> ProfileSet:
    """Return the shipped set with the hot rows of some types only: factors of it come fast."""
    profiles = shipped()
    types = profiles.types[profiles.types["vehicle_type"].isin(vehicle_types)]
    curves = profiles.electric[
        profiles.electric["curve"].isin([*types["electric_curve"], *types["tank_curve"]])
    ]
    segments = [*types["hot_segment"].dropna(), *curves["shape_segment"].dropna()]
    hot = profiles.hot[profiles.hot["segment"].isin(segments)].reset_index(drop=True)
    return replace(profiles, hot=hot)
