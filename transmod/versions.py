"""Versions of the libraries that are installed."""

from __future__ import annotations

import re
import sys
from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path

_KEPT = ".dist-info"  # ending of the folder that an installed library has beside it


@cache
def library_version(name: str) -> str:
    """
    Return the version of a library, which is not loaded for that.

    `importlib.metadata.version` reads all that a library says of itself as if it were a mail, which
    takes 0.03 s for all that results hang on; it is asked where the name of a folder does not tell.

    Raises
    ------
    importlib.metadata.PackageNotFoundError
        If it is not installed.
    """
    found = _versions().get(_plain(name))
    if found is not None:
        return found
    from importlib.metadata import version

    return version(name)


@cache
def _versions() -> dict[str, str | None]:
    """Return the version of each library by the name of its folder; none if two differ."""
    known: dict[str, str | None] = {}
    for place in sys.path:
        names = []
        with suppress(OSError):  # a place that is not there, or an archive
            names = [path.name for path in Path(place).glob(f"*{_KEPT}")]
        told = [name.removesuffix(_KEPT).rpartition("-") for name in names]
        count = Counter(_plain(name) for name, _, _ in told)
        # the first place counts, as where modules are looked for
        known = {_plain(n): v if count[_plain(n)] == 1 else None for n, _, v in told} | known
    return known


def _plain(name: str) -> str:
    """Return a name as all who mean the library would write it."""
    return re.sub(r"[-_.]+", "-", name).lower()
