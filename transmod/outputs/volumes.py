"""Write volumes for a run, with the network they are for."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from transmod.errors import InputError
from transmod.inputs.volume_files import NETWORK_KEY
from transmod.schema import AADT_VOLUMES, HOURLY_VOLUMES

_GROUP_BYTES = 32 * 2**20


def write_volumes(
    path: Path, volumes: pd.DataFrame, *, hours: int | None, network_sha256: str
) -> None:
    """
    Write volumes on links as a run reads them.

    Parameters
    ----------
    path : Path
        Parquet file; replaced if it is there.
    volumes : DataFrame
        Columns of `schema.AADT_VOLUMES`, or of `schema.HOURLY_VOLUMES` with arrays of `hours`
        values, sorted by link.
    hours : int or None
        Length of the series; None for daily volumes.
    network_sha256 : str
        Hash of the `links.parquet` that they are for.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    table = AADT_VOLUMES if hours is None else HOURLY_VOLUMES
    arrays, fields = [], []
    for column in table.columns:
        if column.name not in volumes.columns:
            continue
        values = volumes[column.name]
        array: pa.Array
        if column.dtype == "list<float32>":
            flat = np.concatenate(values.to_list()) if len(values) else np.empty(0)
            array = pa.FixedSizeListArray.from_arrays(pa.array(flat, pa.float32()), hours)
        else:
            kind = {"int64": pa.int64(), "string": pa.string()}.get(column.dtype, pa.float64())
            array = pa.array(values, kind)
        arrays.append(array)
        meaning = {"unit": column.unit, "meaning": column.meaning}
        fields.append(pa.field(column.name, array.type, metadata=meaning))
    schema = pa.schema(fields, metadata={NETWORK_KEY: network_sha256})
    rows = max(1, _GROUP_BYTES // (64 + 8 * (hours or 1)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as new:
            fresh = Path(new) / path.name
            content = pa.table(arrays, schema=schema)
            pq.write_table(content, fresh, row_group_size=rows, compression="zstd")
            shutil.move(fresh, path)
    except OSError as error:
        raise InputError(f"{path} must be writable: {error.strerror}.") from error


def write_place_links(path: Path, links: pd.DataFrame) -> None:
    """Write which place of a source each link is, with the share of its volume: a CSV."""
    frame = links[["link_id", "place_id", "share"]]
    frame.to_csv(path, index=False, lineterminator="\n")
