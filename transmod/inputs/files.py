"""Files that can be read."""

from __future__ import annotations

from pathlib import Path

from transmod.errors import InputError


def check_file(path: Path) -> None:
    """
    Make sure that `path` is a file that can be read.

    Raises
    ------
    InputError
        If it does not exist, is a folder or may not be read.
    """
    if path.is_dir():
        raise InputError(f"{path} must be a file: it is a folder.")
    if not path.exists():
        raise InputError(f"{path} must exist: no such file.")
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"{path} must be readable: {error.strerror}.") from error
