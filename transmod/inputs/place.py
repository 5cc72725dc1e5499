"""Ask OpenStreetMap about a place, through OSMnx: its boundary and its roads."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import requests

from transmod.errors import InputError
from transmod.inputs.osm import HIGHWAYS, OsmWays, to_ways
from transmod.inputs.projections import WGS84


def read_place(
    name: str,
    boundary: gpd.GeoSeries | None = None,
    *,
    nominatim_url: str | None = None,
    overpass_url: str | None = None,
    timeout_s: float = 180.0,
) -> tuple[OsmWays, gpd.GeoSeries]:
    """
    Ask for the boundary of a place and for the roads in it.

    Parameters
    ----------
    name : str
        As one would search for it: "Porto, Portugal".
    boundary : GeoSeries of one polygon, optional
        Ask for the roads in this polygon instead of that of the place.
    nominatim_url, overpass_url : str, optional
        Servers to ask. Default: the public ones, as OSMnx is set.
    timeout_s : float
        How long to wait for an answer [s].

    Returns
    -------
    ways : OsmWays
        Roads in and around the place, dated today (UTC).
    boundary : GeoSeries of one polygon
        In WGS 84.

    Raises
    ------
    InputError
        If the place is unknown or no area, or a server does not answer.
    """
    import osmnx

    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "use_cache": True,
            "cache_folder": folder,
            # OSMnx makes a graph and loses tags on the way; we want the answers themselves
            "cache_only_mode": True,
            "requests_timeout": timeout_s,
            "log_console": False,
            "log_file": False,
        }
        if nominatim_url is not None:
            settings["nominatim_url"] = nominatim_url
        if overpass_url is not None:
            settings |= {"overpass_url": overpass_url, "overpass_rate_limit": False}
        with _set(osmnx.settings, settings):
            try:
                if boundary is None:
                    boundary = _ask_boundary(osmnx, name)
                else:
                    boundary = boundary.to_crs(WGS84)
                _ask_roads(osmnx, boundary.iloc[0])
            except requests.RequestException as error:
                raise InputError(
                    f"The servers of OpenStreetMap must answer about {name!r}: {error}. Build from "
                    f"an extract with --osm instead."
                ) from error
        return to_ways(_answers(Path(folder)), datetime.now(UTC).date().isoformat()), boundary


@contextmanager
def _set(settings: Any, values: dict[str, Any]) -> Iterator[None]:
    """Set OSMnx for the time of a call: its settings are global."""
    before = {key: getattr(settings, key) for key in values}
    try:
        for key, value in values.items():
            setattr(settings, key, value)
        yield
    finally:
        for key, value in before.items():
            setattr(settings, key, value)


def _ask_boundary(osmnx: Any, name: str) -> gpd.GeoSeries:
    # the class stands in a module that OSMnx calls private
    unknown = osmnx._errors.InsufficientResponseError
    try:
        found = osmnx.geocode_to_gdf(name)
    except (unknown, TypeError) as error:
        raise InputError(
            f"`place` must be known to OpenStreetMap as an area: {name!r} is not ({error}). Give a "
            f"polygon with --boundary, or another name."
        ) from error
    return gpd.GeoSeries([found.geometry.union_all()], crs=WGS84)


def _ask_roads(osmnx: Any, polygon: Any) -> None:
    values = "|".join(sorted(HIGHWAYS))
    try:
        osmnx.graph_from_polygon(
            polygon, custom_filter=f'["highway"~"^({values})$"]', simplify=False, retain_all=True
        )
    except osmnx._errors.CacheOnlyInterruptError:
        return  # the answers lie in the cache folder
    except (
        osmnx._errors.InsufficientResponseError,
        osmnx._errors.ResponseStatusCodeError,
    ) as error:
        raise InputError(f"Overpass must answer with roads: {error}.") from error


def _answers(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the elements of all answers of Overpass."""
    for path in sorted(folder.glob("*.json")):
        answer = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(answer, dict):  # that of Nominatim is a list
            yield from answer.get("elements", ())
