"""Make the table of links out of OpenStreetMap ways, and fill what is unknown of links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from transmod.errors import InputError
from transmod.inputs.osm import OsmWays
from transmod.inputs.projections import WGS84, utm_around
from transmod.schema import LINKS
from transmod.traffic.built_up import find_junctions, inside_areas, near_junctions
from transmod.traffic.junctions import draw_sections, measure_sections, split_ways
from transmod.traffic.road_classes import class_defaults
from transmod.traffic.tags import RoadTags, read_tags

# the columns that may be assumed, in the order of the schema
_ASSUMABLE = (
    "road_class",
    "is_ramp",
    "is_urban",
    "lanes",
    "free_speed_kmh",
    "capacity_pcu_h",
    "gradient",
)


@dataclass(frozen=True)
class Links:
    """A table of links with the columns of `schema.LINKS`, and what was noted in making it."""

    table: gpd.GeoDataFrame
    notes: tuple[str, ...]


def osm_links(ways: OsmWays, *, service: bool = False, restricted: bool = False) -> Links:
    """
    Turn OpenStreetMap ways into links, one for each section and driving direction.

    Parameters
    ----------
    ways : OsmWays
        The ways of an extract.
    service : bool
        Keep service roads.
    restricted : bool
        Keep roads that are closed to general traffic (`access=private` and its kin).

    Returns
    -------
    Links
        In WGS 84, ordered by way, section and direction (forward first); `link_id` counts from 0.

    Raises
    ------
    InputError
        If no road is left.
    """
    tags = read_tags(ways.tags)
    chosen, notes = _choose(tags, service=service, restricted=restricted)
    way = np.repeat(np.arange(len(ways.way_id)), np.diff(ways.start))
    on = chosen[way]
    sections = split_ways(way[on], ways.node[on], ways.lon[on], ways.lat[on])
    if not len(sections.way):
        raise InputError("The extract must hold roads for general traffic: none is left.")
    length = measure_sections(sections)

    directions = np.column_stack((tags.forward[sections.way], tags.backward[sections.way]))
    section, column = np.nonzero(directions)  # section by section, forward first
    row = sections.way[section]
    backward = column == 1
    start = np.where(backward, sections.last[section], sections.first[section])
    end = np.where(backward, sections.first[section], sections.last[section])
    sign = np.where(backward, -1.0, 1.0)
    table = gpd.GeoDataFrame(
        {
            "from_node": sections.node[start],
            "to_node": sections.node[end],
            "osm_way_id": pd.array(ways.way_id[row], "Int64"),
            "road_class": tags.road_class[row],
            "is_ramp": tags.is_ramp[row],
            "lanes": tags.lanes[row, column],
            "free_speed_kmh": tags.speed[row, column],
            "capacity_pcu_h": np.full(len(row), np.nan),
            "gradient": sign * tags.gradient[row] + 0.0,
            "length_m": length[section],
            "name": tags.name[row],
        },
        geometry=draw_sections(sections, section, backward),
        crs=WGS84,
    )
    urban = tags.urban[row]
    assumed = {
        "road_class": tags.class_assumed[row],
        "free_speed_kmh": tags.speed_assumed[row, column] & ~np.isnan(tags.speed[row, column]),
    }
    table, assumed, urban, dropped = _drop_faulty(table, assumed, urban)
    table = complete_links(table, urban, assumed, ways.built_up)
    return Links(table, (*ways.notes, *tags.notes, *notes, *sections.notes, *dropped))


def complete_links(
    table: gpd.GeoDataFrame,
    urban: NDArray[np.float64],
    assumed: dict[str, NDArray[np.bool_]],
    built_up: NDArray[Any],
) -> gpd.GeoDataFrame:
    """
    Fill what is unknown of links by road class, and say in `imputed` what was filled.

    Parameters
    ----------
    table : GeoDataFrame of L links
        NaN in `lanes`, `free_speed_kmh`, `capacity_pcu_h` and `gradient` where unknown.
    urban : (L,)
        1 or 0, NaN where unknown.
    assumed : dict of (L,)
        Columns in which values are assumed already.
    built_up : array of Polygon
        Built-up areas in WGS 84.
    """
    unknown = {name: assumed.get(name, np.zeros(len(table), bool)).copy() for name in _ASSUMABLE}
    unknown["is_urban"] |= np.isnan(urban)
    is_urban = np.where(np.isnan(urban), _guess_urban(table, built_up), urban == 1.0).astype(bool)
    filling = class_defaults(
        table["road_class"].to_numpy(object), table["is_ramp"].to_numpy(bool), is_urban
    )
    out = table.copy()
    out["is_urban"] = is_urban
    # capacity after lanes: it is assumed by lane
    for name in ("lanes", "free_speed_kmh", "capacity_pcu_h", "gradient"):
        values = table[name].to_numpy(np.float64)
        if name == "capacity_pcu_h":
            default = out["lanes"].to_numpy(np.float64) * filling.capacity_per_lane
        elif name == "gradient":
            default = np.zeros(len(table))
        else:
            default = getattr(filling, name)
        unknown[name] |= np.isnan(values)
        out[name] = np.where(np.isnan(values), default, values)
    out["imputed"] = _name_sets(unknown)
    if "link_id" not in out:
        out["link_id"] = np.arange(len(out), dtype=np.int64)
    return out[list(LINKS.names)]


def _choose(
    tags: RoadTags, *, service: bool, restricted: bool
) -> tuple[NDArray[np.bool_], list[str]]:
    """Choose the ways that become links, and note how many do not."""
    notes = []
    is_service = tags.road_class == "service"
    chosen = ~tags.is_area
    for left_out, text in (
        (tags.is_area, "ways are areas (`area=yes`)"),
        (is_service & (not service), "ways are service roads (`--service` keeps them)"),
        (
            tags.is_restricted & (not restricted),
            "ways are closed to general traffic (`--restricted` keeps them)",
        ),
    ):
        if left_out.any():
            notes.append(f"{int(left_out.sum())} {text}: left out.")
        chosen &= ~left_out
    return chosen, notes


def _drop_faulty(
    table: gpd.GeoDataFrame, assumed: dict[str, NDArray[np.bool_]], urban: NDArray[np.float64]
) -> tuple[gpd.GeoDataFrame, dict[str, NDArray[np.bool_]], NDArray[np.float64], list[str]]:
    """Leave out links without length and links drawn twice; note loops."""
    notes = []
    flat = table["length_m"].to_numpy() <= 0.0
    if flat.any():
        notes.append(f"{int(flat.sum())} links have no length: left out.")
    shape = pd.DataFrame(
        {
            "from": table["from_node"],
            "to": table["to_node"],
            "line": shapely.to_wkb(table.geometry.to_numpy()),
        }
    )
    twice = shape.duplicated().to_numpy() & ~flat
    if twice.any():
        first = table["osm_way_id"].to_numpy(object)[twice][0]
        notes.append(
            f"{int(twice.sum())} links are drawn twice, first of way {first}: the one of the lower "
            f"way id stays."
        )
    keep = ~(flat | twice)
    loops = int((keep & (table["from_node"] == table["to_node"]).to_numpy()).sum())
    if loops:
        notes.append(f"{loops} links end where they begin.")
    table = table[keep].reset_index(drop=True)
    return table, {name: bad[keep] for name, bad in assumed.items()}, urban[keep], notes


def _guess_urban(table: gpd.GeoDataFrame, built_up: NDArray[Any]) -> NDArray[np.bool_]:
    if table.empty:
        return np.empty(0, bool)
    lonlat = table.geometry.to_crs(WGS84) if table.crs != WGS84 else table.geometry
    flat = utm_around(lonlat.total_bounds)
    lines = table.geometry.to_crs(flat).to_numpy()
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    from_node = table["from_node"].to_numpy(np.int64)
    junctions = find_junctions(
        from_node,
        table["to_node"].to_numpy(np.int64),
        (table["road_class"] != "motorway").to_numpy(),
    )
    node, first = np.unique(from_node, return_index=True)
    starts = shapely.get_coordinates(shapely.get_point(lines, 0))[first]
    places = starts[np.isin(node, junctions)]
    middles = shapely.get_coordinates(middle)
    urban = near_junctions(middles, places)
    if len(built_up):
        to_lonlat = Transformer.from_crs(flat, WGS84, always_xy=True)
        urban |= inside_areas(np.column_stack(to_lonlat.transform(*middles.T)), built_up)
    return urban


def _name_sets(unknown: dict[str, NDArray[np.bool_]]) -> NDArray[Any]:
    """Turn one mark for each column and link into one list of names for each link."""
    bits = np.zeros(len(next(iter(unknown.values()))), np.int64)
    for place, name in enumerate(_ASSUMABLE):
        bits |= unknown[name].astype(np.int64) << place
    sets = np.empty(1 << len(_ASSUMABLE), object)
    for code in range(len(sets)):
        sets[code] = [name for place, name in enumerate(_ASSUMABLE) if code >> place & 1]
    return sets[bits]
