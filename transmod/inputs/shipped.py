"""Find the data that transmod ships: factor sets, the sample network and its run."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent
PROFILES = "vehicle_profiles"
PLACES = (PROFILES, "networks", "runs")


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
