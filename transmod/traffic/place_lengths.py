"""How long the places of a traffic source are."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from transmod.inputs.projections import WGS84
from transmod.traffic.junctions import measure_lines


def place_lengths(places: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """
    Return the driven length [m] of each place: as stated, else that of its line; NaN of a point.

    A length that is not stated is measured on the WGS 84 ellipsoid.
    """
    length = places["length_m"].to_numpy(np.float64).copy()
    is_link = (places["kind"] == "link").to_numpy()
    unknown = is_link & np.isnan(length)
    if unknown.any():
        lines = places.geometry[unknown].to_crs(WGS84).to_numpy()
        length[unknown] = measure_lines(lines)
    return np.where(is_link, length, np.nan)
