"""A working folder of one's own: networks, vehicle profiles and runs, with the sample city."""

from __future__ import annotations

import shutil
from pathlib import Path

from transmod.errors import InputError
from transmod.inputs.shipped import PLACES, find_shipped

_LEFT_OUT = ("results", "results.old", ".results-*", "__pycache__", "*.pyc", "*.lock", ".*")


def lay_out(folder: Path) -> list[Path]:
    """
    Copy the shipped networks, vehicle profiles and runs into `folder`.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The folders made.

    Raises
    ------
    InputError
        If one of them is there already, or cannot be written. Nothing is left half-copied.
    """
    folder = Path(folder)
    targets = [folder / place for place in PLACES]
    present = [str(path) for path in targets if path.exists()]
    if present:
        raise InputError(
            f"{folder} must not hold what would be laid out: {', '.join(present)} found. Choose "
            f"another folder."
        )
    made: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for place, target in zip(PLACES, targets, strict=True):
            made.append(target)
            shutil.copytree(find_shipped(place), target, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    except OSError as error:
        for target in made:
            shutil.rmtree(target, ignore_errors=True)
        raise InputError(f"{folder} must be writable: {error.strerror}.") from error
    return made
