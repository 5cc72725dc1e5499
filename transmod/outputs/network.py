"""Write a network folder."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from transmod.errors import InputError
from transmod.inputs.network_files import (
    BOUNDARY_FILE,
    DISTRICTS_FILE,
    LINKS_FILE,
    SOURCE_FILE,
    UNFINISHED_FILE,
)
from transmod.inputs.projections import WGS84
from transmod.outputs.toml import to_toml
from transmod.schema import LINKS, Column

_ARROW = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "string": pa.string(),
    "bool": pa.bool_(),
    "list<string>": pa.list_(pa.string()),
}


def check_free(folder: Path, *, force: bool) -> None:
    """
    Make sure that a network may be written to `folder`, before any work is done for it.

    Raises
    ------
    InputError
        If a network stands there and `force` is not set, or the folder cannot be written to.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} must be a folder: it is a file.")
    if (folder / LINKS_FILE).exists() and not force:
        raise InputError(
            f"{folder} must not hold a network yet: {LINKS_FILE} stands there. `--force` "
            f"replaces it."
        )


def write_network(
    folder: Path,
    links: gpd.GeoDataFrame,
    boundary: gpd.GeoSeries,
    districts: gpd.GeoDataFrame | None,
    source: Mapping[str, str | Sequence[str]],
    *,
    force: bool = False,
) -> None:
    """
    Write `links.parquet`, `boundary.geojson`, `districts.geojson` and `source.toml`.

    All files are written beside the folder first. A folder that is new appears as a whole; in one
    that stands already they replace the former files, and a marker stands there meanwhile, by
    which a reader knows a build that was interrupted. Other files in it stay.

    Parameters
    ----------
    folder : Path
        The network folder.
    links : GeoDataFrame
        Columns of `schema.LINKS`, sorted by `link_id`; stored in its CRS.
    boundary : GeoSeries of one polygon
        Any CRS; stored in WGS 84.
    districts : GeoDataFrame, optional
        Columns of `schema.DISTRICTS`, any CRS; stored in WGS 84.
    source : mapping of text or lists of text
        Origin, date, licence, command and notes.
    force : bool
        Replace a network that stands there.

    Raises
    ------
    InputError
        If a network stands there and `force` is not set, or the folder cannot be written to.
    """
    folder = Path(folder)
    check_free(folder, force=force)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as new:
            fresh = Path(new) / folder.name
            fresh.mkdir()
            _write_links(fresh / LINKS_FILE, links)
            _write_polygons(fresh / BOUNDARY_FILE, boundary.to_frame("geometry"))
            if districts is not None:
                _write_polygons(fresh / DISTRICTS_FILE, districts)
            (fresh / SOURCE_FILE).write_text(to_toml(source), encoding="utf-8")
            _move(fresh, folder)
    except OSError as error:
        raise InputError(f"{folder} must be writable: {error.strerror}.") from error


def _move(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        shutil.move(fresh, folder)
        return
    marker = folder / UNFINISHED_FILE
    marker.touch()
    if not (fresh / DISTRICTS_FILE).exists():
        (folder / DISTRICTS_FILE).unlink(missing_ok=True)
    for path in sorted(fresh.iterdir()):
        path.replace(folder / path.name)
    marker.unlink()


def _write_links(path: Path, links: gpd.GeoDataFrame) -> None:
    """Write GeoParquet 1.1 with the unit and meaning of each column in its metadata."""
    lines = links.geometry.to_numpy()
    arrays, fields = [], []
    for column in LINKS.columns:
        kind = _ARROW.get(column.dtype, pa.binary())
        values = shapely.to_wkb(lines) if column.dtype == "geometry" else links[column.name]
        arrays.append(pa.array(values, kind, from_pandas=True))
        fields.append(pa.field(column.name, kind, metadata=_meaning(column)))
    crs = links.crs
    if crs is None:
        raise InputError("Links must have a coordinate reference system: none found.")
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": ["LineString"],
                "crs": crs.to_json_dict(),
                "bbox": [float(x) for x in shapely.total_bounds(lines)],
            }
        },
    }
    schema = pa.schema(fields, metadata={"geo": json.dumps(geo)})
    pq.write_table(pa.table(arrays, schema=schema), path, compression="zstd")


def _meaning(column: Column) -> dict[str, str]:
    return {"unit": column.unit, "meaning": column.meaning}


def _write_polygons(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Write GeoJSON in WGS 84 with every digit, so that reading gives the same polygons."""
    frame = gpd.GeoDataFrame(frame).to_crs(WGS84)
    features = []
    for row in frame.to_dict("records"):
        shape = row.pop("geometry")
        known = {key: _plain(value) for key, value in row.items()}
        features.append(
            {
                "type": "Feature",
                "properties": known,
                "geometry": shapely.geometry.mapping(shapely.normalize(shape)),
            }
        )
    text = json.dumps(
        {"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=None
    )
    path.write_text(text.replace('{"type": "Feature",', '\n{"type": "Feature",') + "\n", "utf-8")


def _plain(value: Any) -> Any:
    """Turn a missing value into null, as JSON has no NaN."""
    if isinstance(value, float | np.floating):
        return None if np.isnan(value) else float(value)
    return value
