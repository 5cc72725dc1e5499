"""What a run says of itself: the manifest, part of the result, and the run log, which is not."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from transmod import __version__
from transmod.errors import CheckError
from transmod.inputs.hashes import sha256_file
from transmod.inputs.results import MANIFEST_KEYS, list_results
from transmod.versions import library_version

# Libraries on whose version a digit or a byte of a result may hang.
_LIBRARIES = (
    "airportsdata",
    "geopandas",
    "h5netcdf",
    "h5py",
    "matplotlib",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
    "pyogrio",
    "pyproj",
    "rasterio",
    "scipy",
    "shapely",
    "xarray",
)


def file_hashes(folder: Path, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """
    Hash the files of a results folder.

    Parameters
    ----------
    folder : Path
        Results folder.
    known : mapping of str to str, optional
        Hashes of files that were shared from other results; these are not read again.

    Returns
    -------
    dict of str to str
        SHA-256 by path from the folder, sorted; all but the manifest and the run log.
    """
    known = known or {}
    return {
        name: known.get(name) or sha256_file(Path(folder) / name) for name in list_results(folder)
    }


def library_versions(known: Mapping[str, str] | None = None) -> dict[str, str]:
    """
    List the versions of all on which a digit or a byte of a result may hang.

    Parameters
    ----------
    known : mapping of str to str, optional
        Versions that an earlier run found. Where the libraries are the same, so are the C libraries
        within them: these need not be loaded to ask.

    Returns
    -------
    dict of str to str
        Python, the libraries, and the C libraries GDAL, GEOS and PROJ within them.
    """
    found = {
        "python": platform.python_version(),
        **{name: library_version(name) for name in _LIBRARIES},
    }
    if known is not None and found.items() <= known.items():
        return dict(known)
    import pyogrio
    import pyproj
    import shapely

    return {
        **found,
        "gdal": pyogrio.__gdal_version_string__,
        "geos": shapely.geos_version_string,
        "proj": pyproj.proj_version_str,
    }


def write_manifest(path: Path, facts: Mapping[str, Any]) -> None:
    """
    Write the manifest of a run: the same facts give the same bytes.

    Parameters
    ----------
    path : Path
        File to write.
    facts : mapping
        `inputs` and `results`: SHA-256 by path (inputs from the run folder with forward slashes);
        `options`: the scenario; `seed`; `totals`; `checks`: list of name, left, right,
        relative_difference, passed; `notes`: list of sentences. `version` and `libraries` are
        filled in if absent. More keys are written after these. NumPy numbers are welcome.

    Raises
    ------
    CheckError
        If a key is missing, or a number is not finite: null stands for "unknown".

    Notes
    -----
    `inputs` and `results` are sorted; all else keeps its order. Times, dates, the machine and the
    number of threads belong into the run log: they change no result.
    """
    facts = {"version": __version__, **facts}
    if "libraries" not in facts:
        facts["libraries"] = library_versions()
    missing = [name for name in MANIFEST_KEYS if name not in facts]
    if missing:
        msg = f"A manifest must have {', '.join(MANIFEST_KEYS)}: {', '.join(missing)} missing."
        raise CheckError(msg)
    for name in ("inputs", "results"):
        facts[name] = dict(sorted(facts[name].items()))
    ordered = {name: facts[name] for name in MANIFEST_KEYS}
    _write_json(path, {**ordered, **facts})


def write_run_log(
    path: Path,
    *,
    started: datetime,
    steps: Mapping[str, float],
    threads: int,
    **more: object,
) -> None:
    """
    Write when, where and how fast a run was computed.

    Parameters
    ----------
    path : Path
        File to write.
    started : datetime
        With a time zone.
    steps : mapping of str to float
        Duration of each step [s], in their order.
    threads : int
        Threads of the kernels.
    **more
        Further facts, such as `scheduler`.

    Raises
    ------
    CheckError
        If a number is not finite.
    """
    log = {
        "started": started.astimezone(UTC).isoformat(timespec="seconds"),
        "duration_s": round(sum(steps.values()), 3),
        "steps_s": {name: round(seconds, 3) for name, seconds in steps.items()},
        "threads": threads,
        "machine": {
            "system": platform.platform(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
        },
        **more,
    }
    _write_json(path, log)


def _write_json(path: Path, facts: Mapping[str, Any]) -> None:
    text = json.dumps(_to_plain(facts, ""), indent=2, ensure_ascii=False, allow_nan=False)
    Path(path).write_bytes(f"{text}\n".encode())


def _to_plain(value: Any, where: str) -> Any:
    """Turn NumPy numbers into plain ones, and refuse what JSON does not know."""
    if isinstance(value, Mapping):
        return {str(k): _to_plain(v, f"{where}.{k}".lstrip(".")) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_to_plain(v, f"{where}[{i}]") for i, v in enumerate(value)]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        msg = f"Numbers in a manifest must be finite, unknown ones null: `{where}` is {value}."
        raise CheckError(msg)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    msg = f"A manifest must hold texts, numbers, lists and tables: `{where}` is {type(value)}."
    raise CheckError(msg)
