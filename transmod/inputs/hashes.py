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

_TABLES = (".csv", ".parquet", ".toml")  # what a factor set is read from


def sha256_file(path: Path) -> str:
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
    with Path(path).open("rb") as file:
        state = os.fstat(file.fileno())
        # the base of a run has most of its inputs too, and a set is hashed by all who take it
        key = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        if key not in _KNOWN:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            if time.time() - max(state.st_mtime, state.st_ctime) < _SETTLED_S:
                return found
            _KNOWN[key] = found
    return _KNOWN[key]


def hash_tables(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each table of a factor set, by its path within `folder`."""
    return {
        path.relative_to(folder).as_posix(): sha256_file(path)
        for path in sorted(folder.rglob("*"))
        if path.suffix in _TABLES and path.is_file()
    }


def hash_shapes(shapes: object) -> str:
    """Return the SHA-256 of one geometry, or of an array of them."""
    import shapely

    return hashlib.sha256(b"".join(np.atleast_1d(shapely.to_wkb(shapes)))).hexdigest()
