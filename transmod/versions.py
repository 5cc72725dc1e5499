"""Versions of the libraries that are installed."""

from __future__ import annotations

from functools import cache
from importlib.metadata import distribution

_FILES = ("METADATA", "PKG-INFO")
_KEY = "Version:"


@cache
def library_version(name: str) -> str:
    """
    Return the version of a library, which is not loaded for that.

    `importlib.metadata.version` reads all that a library says of itself as if it were a mail, which
    takes 0.03 s for all that results hang on.

    Raises
    ------
    importlib.metadata.PackageNotFoundError
        If it is not installed.
    """
    found = distribution(name)
    texts = (found.read_text(file) for file in _FILES)
    head = next((text for text in texts if text), "").partition("\n\n")[0]
    said = (line for line in head.splitlines() if line.startswith(_KEY))
    line = next(said, None)
    return found.version if line is None else line.removeprefix(_KEY).strip()
