"""Write an imported traffic source: `places.parquet`, `volumes.parquet`, `source.toml`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from transmod.errors import InputError
from transmod.inputs.formats.reading import Remark
from transmod.inputs.traffic_source import (
    PLACES_FILE,
    SOURCE_FILE,
    VOLUMES_FILE,
    TrafficSource,
    check_traffic_source,
    to_matrix,
)
from transmod.outputs.folder import is_vacant
from transmod.outputs.toml import to_toml
from transmod.schema import PLACES, SOURCE_VOLUMES

REMARKS_FILE = "remarks.csv"


def check_free(folder: Path, *, force: bool) -> None:
    """
    Make sure that a source may be written to `folder`, before any work is done for it.

    Raises
    ------
    InputError
        If something else stands there, or a source does and `force` is not set.
    """
    if is_vacant(folder):
        return
    if not (folder / SOURCE_FILE).exists() or not (folder / PLACES_FILE).exists():
        raise InputError(f"{folder} must be new, or hold an imported source: it holds other files.")
    if not force:
        raise InputError(
            f"{folder} must not hold a source yet: one stands there. `--force` replaces it."
        )


def write_traffic_source(
    folder: Path,
    source: TrafficSource,
    *,
    origin: Mapping[str, str | Sequence[str]] | None = None,
    force: bool = False,
) -> None:
    """
    Write a source; the folder appears as a whole, or not at all.

    Parameters
    ----------
    folder : Path
        Folder to write.
    source : TrafficSource
        Is checked first.
    origin : mapping of text or lists of text, optional
        For `source.toml`: files with their hashes, command.
    force : bool
        Replace a source that stands there.

    Raises
    ------
    InputError
        If the source is faulty or the folder is not free.
    """
    folder = Path(folder)
    check_free(folder, force=force)
    check_traffic_source(source, str(folder))
    facts: dict[str, str | int | Sequence[str]] = {
        "format": source.format,
        "kind": source.kind,
        "unit": source.unit,
    }
    if source.hours is not None:
        facts["hours"] = source.hours
    facts |= origin or {}
    facts["notes"] = source.notes
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as new:
            fresh = Path(new) / folder.name
            fresh.mkdir()
            _write_places(source.places, fresh / PLACES_FILE)
            _write_volumes(source.volumes, source.hours, fresh / VOLUMES_FILE)
            (fresh / SOURCE_FILE).write_text(to_toml(facts), encoding="utf-8")
            if folder.exists():
                shutil.move(folder, Path(new) / "former")
            shutil.move(fresh, folder)
    except OSError as error:
        raise InputError(f"{folder} must be writable: {error.strerror}.") from error


def _write_places(places: gpd.GeoDataFrame, path: Path) -> None:
    frame = places[list(PLACES.names)].reset_index(drop=True)
    frame.to_parquet(path, index=False, compression="zstd")


def _write_volumes(volumes: pd.DataFrame, hours: int | None, path: Path) -> None:
    arrays, fields = [], []
    for column in SOURCE_VOLUMES.columns:
        if column.name not in volumes.columns:
            continue
        values = volumes[column.name]
        array: pa.Array
        if column.dtype == "string":
            array = pa.array(values, pa.string(), from_pandas=True)
        elif hours is None:
            array = pa.array(values.astype(np.float64), pa.float64(), from_pandas=True)
        else:
            flat = pa.array(to_matrix(values, hours).ravel(), pa.float32())
            array = pa.FixedSizeListArray.from_arrays(flat, hours)
        meaning = {"unit": column.unit, "meaning": column.meaning}
        arrays.append(array)
        fields.append(pa.field(column.name, array.type, metadata=meaning))
    pq.write_table(pa.table(arrays, schema=pa.schema(fields)), path, compression="zstd")


def write_remarks(folder: Path, remarks: Sequence[Remark]) -> Path | None:
    """
    Write what is to be said of rows, if there is anything, to `remarks.csv`.

    Returns
    -------
    Path or None
        The file.
    """
    if not remarks:
        return None
    frame = pd.DataFrame(
        {
            "file": [remark.file for remark in remarks],
            "row": [remark.row for remark in remarks],
            "place_id": [remark.place for remark in remarks],
            "taken": ["yes" if remark.taken else "no" for remark in remarks],
            "remark": [remark.text for remark in remarks],
        }
    )
    path = folder / REMARKS_FILE
    frame.to_csv(path, index=False, lineterminator="\n")
    return path
