"""The shipped set of vehicle profiles, read once for all tests."""

from functools import cache
from pathlib import Path

from transmod.inputs.profiles import ProfileSet, read_profiles

FOLDER = Path(__file__).parents[1] / "vehicle_profiles" / "emep_eea_2019"


@cache
def shipped() -> ProfileSet:
    """Return the set `emep_eea_2019`."""
    return read_profiles(FOLDER)
