"""The one place that says how kernels are compiled, and where compiled code is kept."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


def _source_hash() -> str:
    """Hash all kernel sources, this policy among them, with the Numba version."""
    from importlib.metadata import version

    digest = hashlib.sha256(version("numba").encode())
    for path in sorted(_HERE.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    """Return the user's cache folder for this very set of kernels."""
    named = os.environ.get("TRANSMOD_CACHE_DIR")
    root = Path(named) if named else Path.home() / ".cache" / "transmod"
    return root / "kernels" / _source_hash()


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


# Numba's own cache looks only at the kernel's file and argument types: after a change in a called
# kernel of another file, or here, it would run the old code. A folder named by a hash of all of
# them cannot be stale. A variable set by the user wins.
os.environ.setdefault("NUMBA_CACHE_DIR", str(_cache_folder()))

# written-out lanes become vector instructions: measured 1.8 times faster; read at import, too
os.environ.setdefault("NUMBA_SLP_VECTORIZE", "1")

import numba  # noqa: E402  both are read when numba is imported

numba.config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]  # type: ignore[attr-defined]

# Without a folder to write to Numba would keep code beside the sources, or stop: compile anew.
# fastmath stays off as a whole: with it isnan(nan) is False and a sum depends on the machine
OPTIONS: dict[str, Any] = {
    "cache": _is_writable(Path(os.environ["NUMBA_CACHE_DIR"])),
    "error_model": "numpy",
    "nogil": True,
}

kernel = numba.njit(**OPTIONS)
parallel_kernel = numba.njit(parallel=True, **OPTIONS)
