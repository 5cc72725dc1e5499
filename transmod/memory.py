"""
Memory: tables that take time to make, kept on disk by the hash of all that they are made of.

What is kept is found by the hash of its parts and of transmod's own code, so it cannot be stale;
a file that is damaged, or cannot be read or written, is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

MOST_KEPT = 4  # of one kind; factors of a large fleet are some tens of MB
_DIGEST_BYTES = 32


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
        recalled: T = pickle.loads(kept)
        return recalled
    made = make()
    _write(path, pickle.dumps(made, protocol=pickle.HIGHEST_PROTOCOL))
    _forget(folder, kind)
    return made


def _folder() -> Path:
    named = os.environ.get("TRANSMOD_CACHE_DIR")
    return (Path(named) if named else Path.home() / ".cache" / "transmod") / "tables"


@cache
def _code_hash() -> str:
    """Hash all of transmod's code: whatever it computes may have changed with it."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    for path in sorted(root.rglob("tables/*.csv")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> bytes | None:
    """Return the content of a file that is whole, else none."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, kept = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return kept if hashlib.sha256(kept).digest() == digest else None


def _write(path: Path, content: bytes) -> None:
    """Put a file in its place whole; without a place for it, do nothing."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(content).digest())
                file.write(content)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)


def _forget(folder: Path, kind: str) -> None:
    """Remove the oldest files beyond the number that is kept."""
    with contextlib.suppress(OSError):
        files = sorted(folder.glob(f"{kind}-*.pickle"), key=lambda path: path.stat().st_mtime)
        for path in files[:-MOST_KEPT]:
            path.unlink(missing_ok=True)
