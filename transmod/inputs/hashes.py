"""SHA-256 of files: what tells one input or result from another."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

_TABLES = (".csv", ".parquet", ".toml")  # what a factor set is read from


def sha256_file(path: Path) -> str:
    """
    Hash the bytes of a file.

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
        return hashlib.file_digest(file, "sha256").hexdigest()


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
