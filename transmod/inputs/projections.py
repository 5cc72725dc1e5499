"""Which coordinate reference systems lengths and areas may be measured in."""

from __future__ import annotations

from pyproj import CRS
from pyproj.exceptions import CRSError

from transmod.errors import InputError

WGS84 = CRS.from_epsg(4326)


def utm_around(bounds: tuple[float, float, float, float]) -> CRS:
    """Return the UTM zone (WGS 84) of the middle of west, south, east, north [degrees]."""
    lon, lat = (bounds[0] + bounds[2]) / 2.0, (bounds[1] + bounds[3]) / 2.0
    zone = min(int((lon + 180.0) // 6.0) + 1, 60)
    return CRS.from_epsg((32600 if lat >= 0.0 else 32700) + zone)


def is_web_mercator(crs: CRS) -> bool:
    """Say whether `crs` is a Mercator projection of the sphere, as web maps use it."""
    plain = crs.source_crs if crs.is_bound and crs.source_crs else crs
    operation = plain.coordinate_operation
    method = operation.method_name.lower() if operation else ""
    return "pseudo mercator" in method or "auxiliary_sphere" in method or "spherical" in method


def is_metric(crs: CRS) -> bool:
    """Say whether lengths may be measured in `crs`: projected, in metres, not Web Mercator."""
    axes = crs.axis_info
    return (
        crs.is_projected
        and not is_web_mercator(crs)
        and all(axis.unit_conversion_factor == 1.0 for axis in axes[:2])
    )


def read_crs(text: str) -> CRS:
    """
    Read a CRS to work in, as EPSG code, PROJ text or WKT.

    Raises
    ------
    InputError
        If it is unknown, or lengths may not be measured in it.
    """
    try:
        crs = CRS.from_user_input(text)
    except CRSError as error:
        raise InputError(
            f"`crs` must name a coordinate reference system, as EPSG:32629: {text!r} found."
        ) from error
    if not is_metric(crs):
        raise InputError(
            f"`crs` must be projected and in metres, and not Web Mercator: {crs.name} found. "
            f"A UTM zone is, as EPSG:32629."
        )
    return crs
