"""SHA-256 of files: what tells one input or result from another."""

from __future__ import annotations

import hashlib
from pathlib import Path


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
