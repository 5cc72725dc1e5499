"""Find the data that transmod ships: factor sets, the sample network and its run."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent.parent
PROFILES = "vehicle_profiles"
PLACES = (PROFILES, "networks", "runs")
# from a run to what lies beside the runs; from a variant of a series, which lies one deeper
_BESIDE = ("../..", "../../..")


def find_shipped(place: str) -> Path:
    """
    Return the folder of shipped data called `place`: of the repository, else of the package.

    An editable install does not see what a wheel carries, so the repository comes first.

    Parameters
    ----------
    place : str
        One of `PLACES`.
    """
    repository = _PACKAGE.parent
    if (repository / "pyproject.toml").is_file() and (repository / place).is_dir():
        return repository / place
    return _PACKAGE / "shipped" / place


def find_profiles(run: Path, name: str) -> Path:
    """
    Return the folder of a factor set: beside the runs that a run is one of, else shipped.

    Parameters
    ----------
    run : Path
        Folder of the run.
    name : str
        Of the set; of one that is in neither place, the shipped folder where it is not.
    """
    places = [Path(os.path.normpath(run / up)) / PROFILES for up in _BESIDE]
    found = (place / name for place in places if (place / name).is_dir())
    return next(found, find_shipped(PROFILES) / name)
