"""Why a layer does not lie where it should: swapped axes, another zone, another unit."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from transmod.inputs.projections import WGS84

Bounds = tuple[float, float, float, float]

_ZONES = 3  # UTM zones tried to the east and to the west


def find_wrong_units(crs: CRS, bounds: Bounds) -> str | None:
    """
    Say why coordinates cannot be of their CRS, or None if they can.

    Parameters
    ----------
    crs : CRS
        Stated by the file.
    bounds : west, south, east, north
        Of all coordinates, in the order x, y.
    """
    west, south, east, north = bounds
    if not np.isfinite(bounds).all():
        return None
    span = f"{west:g} to {east:g}, {south:g} to {north:g} found"
    fits = _on_earth(west, south, east, north)
    if crs.is_geographic:
        if fits:
            return None
        must = (
            f"must lie within 180 degrees of longitude and 90 of latitude, as its reference system "
            f"{crs.name} has it: {span}"
        )
        if _on_earth(south, west, north, east):
            return (
                f"{must}. x and y are swapped: write longitude first, then latitude, as GeoJSON "
                f"has them"
            )
        return (
            f"{must}. These look like metres: write the file with the system they are in; GeoJSON "
            f"without one is taken as WGS 84"
        )
    if crs.is_projected and fits and _lies_in_area(crs, bounds):
        return (
            f"must lie in the metres of its reference system {crs.name}: {span}. These look like "
            f"degrees: write the file as WGS 84 (EPSG:4326)"
        )
    return None


def guess_misplacement(lines: gpd.GeoSeries, area: gpd.GeoSeries) -> str:
    """
    Say what would bring links and area together, if anything simple does.

    Parameters
    ----------
    lines, area : GeoSeries
        Each in the CRS that its file states.

    Returns
    -------
    str
        A sentence with the probable cause and the way out.
    """
    links = tuple(lines.total_bounds)
    city = _to_degrees(area.crs, tuple(area.total_bounds))
    network = _to_degrees(lines.crs, links)
    if city is None or network is None:
        return "Check the coordinate reference systems, and that x is longitude."
    if _meets_swapped(lines.crs, links, city):
        return (
            "With x and y of the links swapped it encloses links: their file has northing first. "
            "Write x first, then y."
        )
    if _meet(_swap(city), network) or _meet(city, _swap(network)):
        return (
            f"With x and y swapped in one of the two it encloses links: the boundary begins at "
            f"{city[0]:.1f} degrees of longitude, the links at {network[0]:.1f}. One file has "
            f"latitude first: write longitude first, then latitude."
        )
    for system in _neighbours(lines.crs):
        moved = _to_degrees(system, links)
        if moved is not None and _meet(city, moved):
            return (
                f"With links in {system.name} instead of {lines.crs.name} it encloses links: state "
                f"that system in the file of the links."
            )
    for system in _neighbours(area.crs):
        moved = _to_degrees(system, tuple(area.total_bounds))
        if moved is not None and _meet(moved, network):
            return (
                f"With the boundary in {system.name} instead of {area.crs.name} it encloses links: "
                f"state that system in its file."
            )
    apart = _distance_km(city, network)
    return (
        f"Boundary and links lie {apart:,.0f} km apart: check that both are of one city, the "
        f"coordinate reference systems, and that x is longitude."
    )


def _lies_in_area(crs: CRS, bounds: Bounds) -> bool:
    """Say whether numbers, read as degrees, lie where `crs` is used, or near it."""
    area = crs.area_of_use
    if area is None:
        return True
    near = (area.west - 3.0, area.south - 3.0, area.east + 3.0, area.north + 3.0)
    return bool(shapely.box(*near).contains(shapely.Point(_middle(bounds))))


def _on_earth(west: float, south: float, east: float, north: float) -> bool:
    return west >= -180.0 and east <= 180.0 and south >= -90.0 and north <= 90.0


def _swap(bounds: Bounds) -> Bounds:
    return bounds[1], bounds[0], bounds[3], bounds[2]


def _to_degrees(crs: CRS, bounds: Bounds) -> Bounds | None:
    """Return the frame of a frame in degrees, or None where the projection does not reach."""
    try:
        found = Transformer.from_crs(crs, WGS84, always_xy=True).transform_bounds(*bounds)
    except ProjError:
        return None
    return found if np.isfinite(found).all() and _on_earth(*found) else None


def _meet(one: Bounds, other: Bounds) -> bool:
    if not _on_earth(*one):
        return False
    return bool(shapely.box(*one).intersects(shapely.box(*other)))


def _meets_swapped(crs: CRS, bounds: Bounds, city: Bounds) -> bool:
    """Say whether projected coordinates fit with northing and easting swapped."""
    moved = _to_degrees(crs, _swap(bounds)) if crs.is_projected else None
    return moved is not None and _meet(city, moved)


def _neighbours(crs: CRS) -> Iterator[CRS]:
    """Yield the UTM zones beside that of `crs`, nearest first, and those of the other half."""
    code = crs.to_epsg()
    if code is None or code // 100 not in (326, 327) or not 1 <= code % 100 <= 60:
        return
    half, zone = code // 100, code % 100
    for step in sorted(range(-_ZONES, _ZONES + 1), key=abs):
        for other in (half, 653 - half):
            beside = (zone - 1 + step) % 60 + 1
            if (other, beside) != (half, zone):
                yield CRS.from_epsg(other * 100 + beside)


def _distance_km(one: Bounds, other: Bounds) -> float:
    """Return about how far the middles of two frames in degrees are apart [km]."""
    ends: NDArray[np.float64] = np.radians([_middle(one), _middle(other)])
    (lon_a, lat_a), (lon_b, lat_b) = ends
    cosine = np.sin(lat_a) * np.sin(lat_b) + np.cos(lat_a) * np.cos(lat_b) * np.cos(lon_a - lon_b)
    return float(6371.0 * np.arccos(np.clip(cosine, -1.0, 1.0)))


def _middle(bounds: Bounds) -> tuple[float, float]:
    return (bounds[0] + bounds[2]) / 2.0, (bounds[1] + bounds[3]) / 2.0
