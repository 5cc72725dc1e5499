"""
Longitudes and latitudes of Chinese maps: GCJ-02 and BD-09, to and from WGS 84.

Maps sold in China carry a shift of 50 to 700 m that varies from place to place (GCJ-02: AMap,
Tencent, DataV); Baidu shifts once more (BD-09). Neither is a datum, so no
EPSG code and no PROJ pipeline knows them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.inputs.projections import WGS84

Coordinates = Literal["wgs84", "gcj02", "bd09"]
COORDINATES: tuple[Coordinates, ...] = ("wgs84", "gcj02", "bd09")

Degrees = NDArray[np.float64]

# Krasovsky 1940: semi-major axis [m] and squared eccentricity, with the digits that the published
# code has; those of the ellipsoid itself (6.693421622966e-3) differ in none that counts
_AXIS_M = 6_378_245.0
_ECCENTRICITY_2 = 0.00669342162296594323

# where maps are shifted: west, south, east, north [degrees], as in the published code
SHIFTED_BOX = (72.004, 0.8293, 137.8347, 55.8271)

_BAIDU_ANGLE = np.pi * 3000.0 / 180.0
_BAIDU_STEP = (0.0065, 0.006)  # [degrees]

_CLOSE_ENOUGH = 1e-11  # [degrees], a micrometre
_MOST_STEPS = 30


def read_coordinates(text: str) -> Coordinates:
    """Read the name of a kind of coordinates, or raise an InputError with the valid ones."""
    for name in COORDINATES:
        if text.lower().replace("-", "").replace("_", "") == name:
            return name
    raise InputError(f"Coordinates must be one of {', '.join(COORDINATES)}: {text!r} found.")


def is_shifted_place(lon: Degrees, lat: Degrees) -> NDArray[np.bool_]:
    """Say which places lie in the rectangle around China in which the formula is applied."""
    west, south, east, north = SHIFTED_BOX
    inside: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def wgs84_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """
    Shift positions as Chinese maps do.

    Parameters
    ----------
    lon, lat : float64 of one shape
        WGS 84 [degrees].

    Returns
    -------
    lon, lat : float64
        GCJ-02 [degrees]; outside `SHIFTED_BOX` as they were.

    References
    ----------
    Its authority never published the formula. It became public in programs, such as
    github.com/googollee/eviltransform, whose examples are among our tests, and is described in
    https://en.wikipedia.org/wiki/Restrictions_on_geographic_data_in_China
    """
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    x, y = lon - 105.0, lat - 35.0
    wave = 20.0 * (np.sin(6.0 * np.pi * x) + np.sin(2.0 * np.pi * x))
    root = np.sqrt(np.abs(x))
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m = north_m + (wave + _waves(y, 20.0, 40.0, 160.0, 320.0)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m = east_m + (wave + _waves(x, 20.0, 40.0, 150.0, 300.0)) * 2.0 / 3.0

    phi = np.radians(lat)
    flat = 1.0 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    meridian_m = _AXIS_M * (1.0 - _ECCENTRICITY_2) / (flat * np.sqrt(flat))
    parallel_m = _AXIS_M / np.sqrt(flat) * np.cos(phi)
    inside = is_shifted_place(lon, lat)
    return (
        np.where(inside, lon + np.degrees(east_m / parallel_m), lon),
        np.where(inside, lat + np.degrees(north_m / meridian_m), lat),
    )


def _waves(z: Degrees, at_2: float, at_6: float, at_24: float, at_60: float) -> Degrees:
    """Return the sum of waves of 2, 6, 24 and 60 degrees [m]."""
    return (
        at_2 * np.sin(np.pi * z)
        + at_6 * np.sin(np.pi * z / 3.0)
        + at_24 * np.sin(np.pi * z / 12.0)
        + at_60 * np.sin(np.pi * z / 30.0)
    )


def gcj02_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """
    Take the shift of Chinese maps back, by iteration to 1e-11 degrees.

    Parameters and returns as in `wgs84_to_gcj02`, the other way round.
    """
    return _invert(wgs84_to_gcj02, lon, lat)


def gcj02_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """
    Shift positions once more, as Baidu's maps do.

    References
    ----------
    Public in programs such as github.com/wandergis/coordtransform, whose examples are among our
    tests; constants 3000 pi / 180, 0.0065 and 0.006 degrees.
    """
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    inside = is_shifted_place(lon, lat)
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BAIDU_ANGLE)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BAIDU_ANGLE)
    return (
        np.where(inside, radius * np.cos(angle) + _BAIDU_STEP[0], lon),
        np.where(inside, radius * np.sin(angle) + _BAIDU_STEP[1], lat),
    )


def bd09_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Take Baidu's shift back, by iteration to 1e-11 degrees."""
    return _invert(gcj02_to_bd09, lon, lat)


def wgs84_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Shift positions as Baidu's maps do, from WGS 84."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Take both shifts of Baidu's maps back."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


_TO_WGS84: dict[Coordinates, Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]] = {
    "gcj02": gcj02_to_wgs84,
    "bd09": bd09_to_wgs84,
}
_FROM_WGS84: dict[Coordinates, Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]] = {
    "gcj02": wgs84_to_gcj02,
    "bd09": wgs84_to_bd09,
}


def convert(lonlat: Degrees, given: Coordinates, wanted: Coordinates = "wgs84") -> Degrees:
    """Turn positions (N, 2) from one kind of coordinates into another."""
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    if given != wanted:
        if given != "wgs84":
            lon, lat = _TO_WGS84[given](lon, lat)
        if wanted != "wgs84":
            lon, lat = _FROM_WGS84[wanted](lon, lat)
    return np.column_stack((lon, lat))


def to_wgs84(frame: gpd.GeoDataFrame, given: Coordinates) -> gpd.GeoDataFrame:
    """
    Turn the geometries of a layer that were drawn on a Chinese map into true WGS 84.

    Parameters
    ----------
    frame : GeoDataFrame
        In any CRS: what the file calls WGS 84 are shifted degrees, and what it projects are
        projected shifted degrees.
    given : "wgs84", "gcj02" or "bd09"
        What the degrees are.

    Returns
    -------
    GeoDataFrame
        In WGS 84; with "wgs84" the frame as it is.
    """
    if given == "wgs84":
        return frame
    flat = frame.to_crs(WGS84)
    shapes = shapely.force_2d(flat.geometry.to_numpy())
    moved = shapely.transform(shapes, lambda lonlat: convert(lonlat, given))
    return flat.set_geometry(gpd.GeoSeries(moved, index=flat.index, crs=WGS84))


def _invert(
    shift: Callable[[Degrees, Degrees], tuple[Degrees, Degrees]], lon: Degrees, lat: Degrees
) -> tuple[Degrees, Degrees]:
    """Find what `shift` moves to `lon`, `lat`: the shift varies by 1 m in a kilometre at most."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    x, y = lon.copy(), lat.copy()
    for _ in range(_MOST_STEPS):
        shifted_x, shifted_y = shift(x, y)
        step_x, step_y = lon - shifted_x, lat - shifted_y
        x, y = x + step_x, y + step_y
        if max(_largest(step_x), _largest(step_y)) < _CLOSE_ENOUGH:
            break
    # at the edge of the rectangle a position may have come from either side of it: it stays
    inside = is_shifted_place(lon, lat) & is_shifted_place(x, y)
    return np.where(inside, x, lon), np.where(inside, y, lat)


def _largest(step: Degrees) -> float:
    return float(np.abs(step).max(initial=0.0, where=np.isfinite(step)))
