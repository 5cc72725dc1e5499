"""
Memory: tables that take time to make, kept on disk by the hash of all that they are made of.

What is kept is found by the hash of its parts, of transmod's own code and of the versions of what
it stands on, so it cannot be stale; a file that is damaged, or cannot be read or written, is as
good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from io import RawIOBase
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

MOST_KEPT = 4  # of one kind; factors of all types of a set are 150 MB
# what pickles of tables depend on
_FOUNDATIONS = ("numpy", "pandas", "pyarrow")
_DIGEST_BYTES = 32
_LENGTH_BYTES = 8


def remember(kind: str, parts: Any, make: Callable[[], T]) -> T:
    """
    Return what `make` makes, from the user's cache folder if it was made of the same parts before.

    Parameters
    ----------
    kind : str
        Name of the sort of table.
    parts : dict, list, text or number
        All that the result depends on, files as their hashes.
    make : callable
        Makes the result; what it raises is raised.
    """
    text = json.dumps([_code_hash(), parts], sort_keys=True)
    folder = _folder()
    path = folder / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:32]}.pickle"
    kept = _read(path)
    if kept is not None:
        recalled: T = pickle.loads(kept[0], buffers=kept[1:])
        return recalled
    made = make()
    _write(path, _to_parts(made))
    _forget(folder, kind)
    return made


def _folder() -> Path:
    named = os.environ.get("TRANSMOD_CACHE_DIR")
    return (Path(named) if named else Path.home() / ".cache" / "transmod") / "tables"


@cache
def _code_hash() -> str:
    """Hash all of transmod's code: whatever it computes may have changed with it."""
    root = Path(__file__).parent
    digest = hashlib.sha256(sys.version.encode())
    for name in _FOUNDATIONS:
        digest.update(version(name).encode())
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    for path in sorted(root.rglob("tables/*.csv")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _to_parts(made: object) -> list[bytes | memoryview]:
    """Return a value as a pickle and the buffers of its arrays, which need no copy."""
    arrays: list[pickle.PickleBuffer] = []
    text = pickle.dumps(made, protocol=5, buffer_callback=arrays.append)
    return [text, *(array.raw() for array in arrays)]


def _read(path: Path) -> list[bytearray] | None:
    """
    Return the parts of a file that is whole, else none.

    Each part is read to where it stays: the memory of a large table is a third of its time.
    """
    try:
        with path.open("rb", buffering=0) as file:
            left = path.stat().st_size - _DIGEST_BYTES - _LENGTH_BYTES
            digest, head = file.read(_DIGEST_BYTES), file.read(_LENGTH_BYTES)
            found = hashlib.sha256(head)
            n_parts = int.from_bytes(head, "little")
            if not 0 < n_parts <= left // _LENGTH_BYTES:
                return None
            table = file.read(n_parts * _LENGTH_BYTES)
            found.update(table)
            starts = range(0, len(table), _LENGTH_BYTES)
            lengths = [int.from_bytes(table[i : i + _LENGTH_BYTES], "little") for i in starts]
            if len(table) + sum(lengths) != left:
                return None
            parts = [_read_part(file, length) for length in lengths]
    except OSError:
        return None
    for part in parts:
        found.update(part)
    return parts if found.digest() == digest else None


def _read_part(file: RawIOBase, length: int) -> bytearray:
    part = bytearray(length)
    rest = memoryview(part)
    while rest:
        count = file.readinto(rest)
        if not count:
            break  # the digest tells
        rest = rest[count:]
    return part


def _write(path: Path, parts: list[bytes | memoryview]) -> None:
    """Put a file in its place whole; without a place for it, do nothing."""
    head = b"".join(n.to_bytes(_LENGTH_BYTES, "little") for n in (len(parts), *map(len, parts)))
    digest = hashlib.sha256(head)
    for part in parts:
        digest.update(part)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                for part in (digest.digest(), head, *parts):
                    file.write(part)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)


def _forget(folder: Path, kind: str) -> None:
    """Remove the oldest files beyond the number that is kept."""
    with contextlib.suppress(OSError):
        files = sorted(folder.glob(f"{kind}-*.pickle"), key=lambda path: path.stat().st_mtime)
        for path in files[:-MOST_KEPT]:
            path.unlink(missing_ok=True)
