"""Area and population of a city and its districts, from its GeoJSON files and nothing else."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from transmod.inputs.network_files import BOUNDARY_FILE, DISTRICTS_FILE

PLACES_FILES = (BOUNDARY_FILE, DISTRICTS_FILE)
# WGS 84
_A_KM = 6378.137
_E = 0.0818191908426215
_DEGREES = ("CRS84", "EPSG:4326", "EPSG::4326")


@dataclass(frozen=True)
class Places:
    """
    Area [km2] and population of the districts by `district_id`, and of the city.

    What is not known is left out, of the city None.
    """

    area_km2: dict[str, float] = field(default_factory=dict)
    population: dict[str, float] = field(default_factory=dict)
    city_area_km2: float | None = None
    city_population: float | None = None


def read_places(network: Path) -> Places:
    """
    Measure the polygons of a network folder.

    Parameters
    ----------
    network : Path
        Folder with `boundary.geojson` and perhaps `districts.geojson`, in degrees.

    Returns
    -------
    Places
        The population of the city is known where that of every district is.

    Notes
    -----
    Areas are those on the ellipsoid, with the edges straight in the cylindrical equal-area
    projection. Files are taken as they are: `inputs.network` checks them.
    """
    city = [_area_km2(f) for f in _features(network / BOUNDARY_FILE)]
    districts = {
        str(f["properties"]["district_id"]): f
        for f in _features(network / DISTRICTS_FILE)
        if (f.get("properties") or {}).get("district_id") is not None
    }
    area = {name: _area_km2(feature) for name, feature in districts.items()}
    people = {
        name: float(number)
        for name, feature in districts.items()
        if (number := feature["properties"].get("population")) is not None
    }
    return Places(
        area_km2=area,
        population=people,
        city_area_km2=math.fsum(city) if city else None,
        city_population=math.fsum(people.values()) if people and len(people) == len(area) else None,
    )


def _features(path: Path) -> list[dict[str, Any]]:
    """Return the features of a GeoJSON file in degrees; of any other file none."""
    if not path.is_file():
        return []
    content = json.loads(path.read_text(encoding="utf-8"))
    crs = str((content.get("crs") or {}).get("properties", {}).get("name", _DEGREES[0]))
    return content.get("features", []) if crs.endswith(_DEGREES) else []


def _area_km2(feature: dict[str, Any]) -> float:
    geometry = feature["geometry"]
    polygons = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    return math.fsum(
        _ring_km2(outer) - math.fsum(_ring_km2(hole) for hole in holes)
        for outer, *holes in polygons
    )


def _ring_km2(points: list[list[float]]) -> float:
    """Return the area that a closed ring of longitudes and latitudes surrounds."""
    degrees = np.array([point[:2] for point in points], np.float64)
    x, sine = np.radians(degrees[:, 0]), np.sin(np.radians(degrees[:, 1]))
    y = _q(sine)  # longitude and half of this are the equal-area plane, in units of a squared
    steps = (x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2.0
    return abs(math.fsum(steps)) * _A_KM**2 / 2.0


def _q(sine: np.ndarray) -> np.ndarray:
    """Return Snyder's q, which ascends with the area south of a latitude (USGS PP 1395, 3-12)."""
    es = _E * sine
    return (1.0 - _E**2) * (sine / (1.0 - es**2) + np.arctanh(es) / _E)
