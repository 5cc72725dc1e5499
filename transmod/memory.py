"""
Memory: tables that take time to make, kept on disk by the hash of all that they are made of.

What is kept is found by the hash of its parts, of the state of transmod's own code and of the
versions of what it stands on, so it cannot be stale; a file that is damaged, or cannot be read or
written, is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import os
import pickle
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np

from transmod.versions import library_version

T = TypeVar("T")

MOST_KEPT = 4  # of one kind; factors of all types of a set at all gradients are 150 MB
# what pickles of tables depend on
_FOUNDATIONS = ("numpy", "pandas", "pyarrow")
_CHECKSUM_BYTES = 4
_LENGTH_BYTES = 8
_ALIGNED = 64  # parts start at a multiple of this, as arrays in memory do
_BLOCK = 2**12  # bytes that are added up as one


def remember(kind: str, parts: Any, make: Callable[[], T]) -> T:
    """
    Return what `make` makes, from the user's cache folder if it was made of the same parts before.

    Parameters
    ----------
    kind : str
        Name of the sort of table.
    parts : dict, list, record, array, text or number
        All that the result depends on, files as their hashes.
    make : callable
        Makes the result; what it raises is raised.
    """
    folder = _folder()
    path = folder / f"{kind}-{digest(parts)}.pickle"
    kept = _read(path)
    if kept is not None:
        with contextlib.suppress(OSError):
            os.utime(path)  # what is used is not forgotten
        recalled: T = pickle.loads(kept[0], buffers=kept[1:])
        return recalled
    made = make()
    _write(path, _to_parts(made))
    _forget(folder, kind)
    return made


def digest(parts: Any) -> str:
    """Return the hash of parts, as `remember` takes them, and of all that makes tables of them."""
    text = json.dumps([_code_state(), parts], sort_keys=True, default=_to_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _to_plain(part: object) -> Any:
    """Return what is told of a record or an array; what nothing is told of is a `TypeError`."""
    if is_dataclass(part) and not isinstance(part, type):
        return [type(part).__name__, vars(part)]
    if isinstance(part, np.ndarray) and not part.dtype.hasobject:
        return [part.dtype.str, part.shape, hashlib.sha256(part.tobytes()).hexdigest()]
    msg = f"what is remembered must be known by values, records and arrays: found {part!r}"
    raise TypeError(msg)


def _folder() -> Path:
    named = os.environ.get("TRANSMOD_CACHE_DIR")
    return (Path(named) if named else Path.home() / ".cache" / "transmod") / "tables"


@cache
def _code_state() -> str:
    """
    Hash where all of transmod's code is, its sizes and when each file was put there and written.

    Whatever it computes may have changed with it. To read the code itself took 0.02 s.
    """
    root = str(Path(__file__).parent)
    files = sorted(
        (path, state.st_size, state.st_mtime_ns, state.st_ctime_ns) for path, state in _walk(root)
    )
    versions = [sys.version, *(library_version(name) for name in _FOUNDATIONS)]
    return hashlib.sha256(repr((versions, files)).encode()).hexdigest()


def _walk(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield path and state of each file of code, and of each table beside code."""
    kinds = (".py", ".csv") if folder.endswith("tables") else (".py",)
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(kinds):
                yield entry.path, entry.stat()
            elif entry.is_dir():
                yield from _walk(entry.path)


def _to_parts(made: object) -> list[bytes | memoryview]:
    """Return a value as a pickle and the buffers of its arrays, which need no copy."""
    arrays: list[pickle.PickleBuffer] = []
    text = pickle.dumps(made, protocol=5, buffer_callback=arrays.append)
    return [text, *(array.raw() for array in arrays)]


def _read(path: Path) -> list[memoryview] | None:
    """
    Return the parts of a file that is whole, else none.

    They are the file, mapped: to copy a large table took longer than all else.
    """
    try:
        with path.open("rb") as file:
            whole = _map(file)
    except (OSError, ValueError):  # an empty file cannot be mapped
        return None
    checksum, body = whole[:_CHECKSUM_BYTES], whole[_ALIGNED:]
    if _check(body).to_bytes(_CHECKSUM_BYTES, "little") != checksum:
        return None
    n_parts = int.from_bytes(body[:_LENGTH_BYTES], "little")
    at = _LENGTH_BYTES * (1 + n_parts)
    places = range(_LENGTH_BYTES, at, _LENGTH_BYTES)
    parts = []
    for length in [int.from_bytes(body[i : i + _LENGTH_BYTES], "little") for i in places]:
        at += _gap(at)
        parts.append(body[at : at + length])
        at += length
    return parts


def _map(file: IO[bytes]) -> memoryview:
    """Return a file as it lies; what is written to it stays here."""
    return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))


def _check(body: memoryview) -> int:
    """
    Return a checksum against damage, not malice: of the sums of blocks of 64-bit words.

    To take it of each byte took thrice as long, a hash that nobody can forge four times. Words that
    change places within a block go unnoticed.
    """
    n_blocks = len(body) // _BLOCK
    words = np.frombuffer(body[: n_blocks * _BLOCK], "<u8").reshape(n_blocks, _BLOCK // 8)
    sums = words.sum(axis=1, dtype=np.uint64).astype("<u8")
    return zlib.crc32(body[n_blocks * _BLOCK :], zlib.crc32(sums.tobytes()))


def _gap(length: int) -> int:
    """Return the bytes from the end of a part to the start of the next."""
    return -length % _ALIGNED


def _write(path: Path, parts: list[bytes | memoryview]) -> None:
    """Put a file in its place whole; without a place for it, do nothing."""
    head = b"".join(n.to_bytes(_LENGTH_BYTES, "little") for n in (len(parts), *map(len, parts)))
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "w+b") as file:
                file.write(bytes(_ALIGNED))
                for part in (head, *parts):
                    file.write(part)
                    file.write(bytes(_gap(len(part))))
                file.flush()
                checksum = _check(_map(file)[_ALIGNED:])
                file.seek(0)
                file.write(checksum.to_bytes(_CHECKSUM_BYTES, "little"))
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)


def _forget(folder: Path, kind: str) -> None:
    """Remove the files that were used longest ago, beyond the number that is kept."""
    with contextlib.suppress(OSError):
        files = sorted(folder.glob(f"{kind}-*.pickle"), key=lambda path: path.stat().st_mtime)
        for path in files[:-MOST_KEPT]:
            path.unlink(missing_ok=True)
