"""SHA-256 of files: what tells one input or result from another."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import numpy as np

# a file that was written less long ago may change again within a tick of its clock
_SETTLED_S = 2.0
_KNOWN: dict[tuple[int, ...], str] = {}
# up to these bytes a file is read at once: room for parts of a large one takes longer to make
_SMALL = 2**18

_TABLES = (".csv", ".parquet", ".toml")  # what a factor set is read from


def sha256_file(path: Path | str) -> str:
    """
    Hash the bytes of a file, once as long as nothing is written to it.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        SHA-256 as 64 hexadecimal digits.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    # the base of a run has most of its inputs too, and a set is hashed by all who take it
    path = Path(path)
    known = _KNOWN.get(_key(path.stat()))
    if known is not None:
        return known
    with path.open("rb", buffering=0) as file:
        state = os.fstat(file.fileno())
        if state.st_size < _SMALL:
            found = hashlib.sha256(file.read()).hexdigest()
        else:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    if time.time() - max(state.st_mtime, state.st_ctime) >= _SETTLED_S:
        _KNOWN[_key(state)] = found
    return found


def _key(state: os.stat_result) -> tuple[int, ...]:
    """Return what changes when a file is written, or another one takes its place."""
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def hash_tables(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each table of a factor set, by its path within `folder`."""
    paths = [
        os.path.join(place, name)  # noqa: PTH118 - a `Path` for each took longer than to hash them
        for place, _, names in os.walk(folder)
        for name in names
        if name.endswith(_TABLES)
    ]
    within = len(os.path.join(folder, ""))  # noqa: PTH118
    return {
        path[within:].replace(os.sep, "/"): sha256_file(path)
        for path in sorted(paths)
        if os.path.isfile(path)  # noqa: PTH113 - a link to nothing is none
    }


def hash_shapes(shapes: object) -> str:
    """Return the SHA-256 of one geometry, or of an array of them."""
    import shapely

    return hashlib.sha256(b"".join(np.atleast_1d(shapely.to_wkb(shapes)))).hexdigest()
