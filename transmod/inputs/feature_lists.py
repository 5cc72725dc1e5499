"""GeoJSON as web maps of China give it: a bare list of features, or coordinates as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd

from transmod.errors import InputError
from transmod.inputs.projections import WGS84


def read_feature_list(path: Path) -> gpd.GeoDataFrame | None:
    """
    Read a JSON file that is a bare list of features, such as DataV offers.

    Returns
    -------
    GeoDataFrame or None
        None if the file is no such list; readers of vector files take it then.

    Raises
    ------
    InputError
        If features have no geometry, or coordinates are packed as ECharts 4 packs them.
    """
    if path.suffix.lower() not in (".json", ".geojson"):
        return None
    with path.open("rb") as file:
        begin = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    is_list = begin.startswith(b"[")
    is_packed = False
    if not is_list and path.stat().st_size < 2**24:
        is_packed = b'"UTF8Encoding":true' in path.read_bytes().replace(b" ", b"")
    if is_packed:
        raise InputError(
            f"{path} must hold coordinates as numbers: they are packed into text (UTF8Encoding), "
            f"rounded to 100 m for drawing. Take another source of these borders."
        )
    if not is_list:
        return None
    try:
        features: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} must be a whole JSON file: {error}.") from error
    if not all(isinstance(item, dict) and item.get("geometry") for item in features):
        raise InputError(f"{path} must be GeoJSON: a list of features with a geometry.")
    try:
        return gpd.GeoDataFrame.from_features(features, crs=WGS84)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path} must be a list of GeoJSON features: {error!r}.") from error
