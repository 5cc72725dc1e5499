"""
Make the network of Coquimbo and La Serena, Chile, from the sample project of AequilibraE.

The streets come from OpenStreetMap, the population from 133 zones; both lie in
`aequilibrae/reference_files/coquimbo.zip`, inside the installed `aequilibrae` package
(`pip install "transmod[assign]"`). The package is only looked up, not imported. Run from any
folder:

    python networks/coquimbo/make_network.py

writes `links.parquet`, `boundary.geojson`, `districts.geojson` and `source.toml` beside itself.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sqlite3
import tempfile
import zipfile
from collections.abc import Hashable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from transmod.inputs.layers import dissolve_districts
from transmod.inputs.network import read_network
from transmod.outputs.network import write_network
from transmod.traffic.network import complete_links

HERE = Path(__file__).resolve().parent
METRES = "EPSG:32719"  # UTM zone 19 south

# Speed limit where OpenStreetMap has none [km/h]; share of the limit that an unhindered driver
# keeps between junctions and signals; lanes of a direction where the tag is missing; capacity of
# a lane [pcu/h]. Assumptions, on the level of published defaults by road class.
ROAD_CLASSES = pd.DataFrame(
    {
        "motorway": (100, 1.00, 2, 1900),
        "trunk": (80, 0.75, 2, 1300),
        "primary": (50, 0.75, 2, 900),
        "secondary": (50, 0.70, 1, 800),
        "tertiary": (50, 0.65, 1, 650),
        "unclassified": (60, 0.70, 1, 600),
        "residential": (40, 0.55, 1, 350),
        "living_street": (20, 0.60, 1, 200),
    },
    index=["speed_limit_kmh", "speed_share", "lanes", "capacity_pcu_h_lane"],
).T

# The southbound carriageway of Ruta 43 has a gap of 0.97 km between these two nodes.
GAP = {"a_node": 27105, "b_node": 10400, "link_type": "motorway", "name": "Ruta 43"}

LAST_ZONE_OF_COQUIMBO = 60
DISTRICT_SEEDS = {  # [m] in METRES; a zone joins the nearest seed of its city
    "Coquimbo North-West": (274200, 6683800),
    "Coquimbo West": (274200, 6681200),
    "Coquimbo South-West": (275300, 6678500),
    "Coquimbo North": (277500, 6683000),
    "Coquimbo North-East": (282300, 6682800),
    "Coquimbo South": (282500, 6675000),
    "La Serena Centre": (282700, 6689700),
    "La Serena North": (284000, 6693700),
    "La Serena North-West": (281300, 6692800),
    "La Serena North-East": (287500, 6692000),
    "La Serena East": (287300, 6688300),
    "La Serena South-East": (285500, 6684500),
    "La Serena South": (282900, 6685800),
    "La Serena South-West": (280500, 6687000),
}


def read_sample(folder: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the street links and the zones of the sample project, unpacked into `folder`."""
    package = importlib.util.find_spec("aequilibrae")
    if package is None or package.origin is None:
        raise SystemExit('aequilibrae is not installed: pip install "transmod[assign]"')
    archive = Path(package.origin).parent / "reference_files" / "coquimbo.zip"
    with zipfile.ZipFile(archive) as files:
        database = files.extract("project_database.sqlite", folder)
    # GDAL reads numbers of this file as int32: attributes are asked of SQLite itself.
    with sqlite3.connect(database) as connection:
        links = pd.read_sql(
            "select link_id, a_node, b_node, direction, link_type, name, osm_id, "
            "speed_ab, speed_ba, lanes_ab, lanes_ba from links",
            connection,
        )
        zones = pd.read_sql("select zone_id, population from zones", connection)
    shapes = {
        layer: gpd.read_file(database, layer=layer, columns=[key]).set_index(key).geometry
        for layer, key in (("links", "link_id"), ("zones", "zone_id"))
    }
    links = gpd.GeoDataFrame(links.join(shapes["links"], on="link_id"), geometry="geometry")
    zones = gpd.GeoDataFrame(zones.join(shapes["zones"], on="zone_id"), geometry="geometry")
    streets = links[(links["link_type"] != "centroid_connector")]
    streets = streets[streets["a_node"] != streets["b_node"]]
    return streets.reset_index(drop=True), zones.sort_values("zone_id").reset_index(drop=True)


def close_gap(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the missing piece of Ruta 43 as a straight link that belongs to no way."""
    ends = [
        shapely.get_point(streets.geometry[streets["b_node"] == GAP["a_node"]].iloc[0], -1),
        shapely.get_point(streets.geometry[streets["a_node"] == GAP["b_node"]].iloc[0], 0),
    ]
    piece = gpd.GeoDataFrame(
        [GAP | {"link_id": streets["link_id"].max() + 1, "direction": 1}],
        geometry=[shapely.LineString(ends)],
        crs=streets.crs,
    )
    return gpd.GeoDataFrame(pd.concat([streets, piece], ignore_index=True))


def position_on_way(streets: pd.DataFrame) -> pd.Series:
    """Return for each street its place in the chain of nodes that makes its OSM way."""
    position: dict[Hashable, int] = {}
    for _, way in streets.sort_values("link_id").groupby("osm_id", sort=False, dropna=False):
        leaving: dict[int, list[Hashable]] = {}
        for row, node in way["a_node"].items():
            leaving.setdefault(node, []).append(row)
        entered = set(way["b_node"])
        starts = way.index[~way["a_node"].isin(entered)]
        for start in (*starts, *way.index):  # the second part takes up rings
            row = start
            while row is not None and row not in position:
                position[row] = len(position)
                onward = leaving.get(way["b_node"][row], [])
                row = next((r for r in onward if r not in position), None)
    return pd.Series(position).reindex(streets.index)


def to_directions(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row per driving direction, in the order of way, position and direction."""
    streets = streets.assign(position=position_on_way(streets))
    along = streets[streets["direction"] >= 0].assign(backward=0)
    along = along.rename(
        columns={
            "a_node": "from_node",
            "b_node": "to_node",
            "speed_ab": "limit_kmh",
            "lanes_ab": "tagged_lanes",
        }
    )
    back = streets[streets["direction"] <= 0].assign(backward=1)
    back = back.rename(
        columns={
            "a_node": "to_node",
            "b_node": "from_node",
            "speed_ba": "limit_kmh",
            "lanes_ba": "tagged_lanes",
        }
    ).set_geometry(back.geometry.reverse())
    both = pd.concat([along, back])
    both = both.sort_values(["osm_id", "position", "backward"], na_position="last")
    return gpd.GeoDataFrame(both.reset_index(drop=True), geometry="geometry", crs=streets.crs)


def to_links(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the links table of the contract, with what was assumed named in `imputed`."""
    defaults = ROAD_CLASSES.loc[rows["link_type"]].set_index(rows.index)
    no_lanes, no_limit = rows["tagged_lanes"].isna(), rows["limit_kmh"].isna()
    lanes = rows["tagged_lanes"].mask(no_lanes, defaults["lanes"]).astype("float64")
    limit = rows["limit_kmh"].mask(no_limit, defaults["speed_limit_kmh"])
    geod = pyproj.Geod(ellps="WGS84")
    links = gpd.GeoDataFrame(
        {
            "from_node": rows["from_node"].astype("int64"),
            "to_node": rows["to_node"].astype("int64"),
            "osm_way_id": rows["osm_id"].astype("Int64"),
            "road_class": rows["link_type"].astype("str"),
            "is_ramp": False,  # the source has merged ramps into their class
            "lanes": lanes,
            "free_speed_kmh": limit * defaults["speed_share"],
            "capacity_pcu_h": lanes * defaults["capacity_pcu_h_lane"],
            "gradient": np.nan,
            "length_m": [geod.geometry_length(line) for line in rows.geometry],
            "name": rows["name"].astype("str"),
        },
        geometry=rows.geometry.values,
        crs=rows.crs,
    )
    assumed = {
        "lanes": no_lanes.to_numpy(),
        "free_speed_kmh": (no_limit | (defaults["speed_share"] != 1)).to_numpy(),
        "capacity_pcu_h": np.ones(len(rows), bool),
    }
    unknown = np.full(len(rows), np.nan)
    return complete_links(links, unknown, assumed, np.array([]))


def to_districts(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return fourteen districts: the zones of each city, by the nearest seed."""
    names = np.array(list(DISTRICT_SEEDS))
    seeds = np.array(list(DISTRICT_SEEDS.values()), dtype=float)
    centre = shapely.get_coordinates(zones.to_crs(METRES).geometry.representative_point())
    distance = np.hypot(*(centre[:, None, :] - seeds[None, :, :]).transpose(2, 0, 1))
    seed_in_coquimbo = np.char.startswith(names.astype("U"), "Coquimbo")
    zone_in_coquimbo = (zones["zone_id"] <= LAST_ZONE_OF_COQUIMBO).to_numpy()
    distance[zone_in_coquimbo[:, None] != seed_in_coquimbo[None, :]] = np.inf
    nearest = distance.argmin(axis=1)
    districts = (
        zones.assign(district=nearest)
        .dissolve("district", aggfunc={"population": "sum"})
        .reset_index()
    )
    return gpd.GeoDataFrame(
        {
            "district_id": [f"{k + 1:02d}" for k in districts["district"]],
            "name": names[districts["district"]],
            "population": districts["population"].round(1),
        },
        geometry=districts.geometry.set_precision(1e-7),
    )


def to_source(links: gpd.GeoDataFrame, rows: gpd.GeoDataFrame) -> dict[str, str | list[str]]:
    """Return `source.toml`: where the network comes from, under which licence, and how made."""
    version = importlib.metadata.version("aequilibrae")
    no_lanes, no_limit = (int(rows[name].isna().sum()) for name in ("tagged_lanes", "limit_kmh"))
    return {
        "title": "Streets, population and districts of Coquimbo and La Serena, Chile",
        "origin": "OpenStreetMap and zones with population, from aequilibrae/reference_files/"
        f"coquimbo.zip in the Python package aequilibrae {version}",
        # the package does not say when it was drawn: the newest way dates it
        "date": "2022-12",
        "licence": "Open Database Licence (ODbL) 1.0, (c) OpenStreetMap contributors",
        "licence_url": "https://opendatacommons.org/licenses/odbl/1-0/",
        "attribution": [
            "Streets: © OpenStreetMap contributors, https://www.openstreetmap.org/copyright",
            "Sample project: AequilibraE, https://www.aequilibrae.com, MIT, to be named",
        ],
        "command": "python networks/coquimbo/make_network.py",
        "notes": [
            f"{no_lanes} of {len(links)} links have no lanes, {no_limit} no speed limit: assumed.",
            "Free speed is the speed limit times a share kept despite junctions, by road class.",
            "Capacity is by road class and lanes, gradient 0: the source has neither.",
            "Lanes of 0.5 are one lane that both directions share.",
            "Ramps are merged into their road class, service roads are not in the source.",
            "One straight link without a way closes a gap of 0.97 km in the southbound Ruta 43.",
            "The boundary is the union of 133 zones, not the border of the two communes.",
            "Districts are zones by the nearest of fourteen seeds; their names are ours.",
        ],
        "road_classes": [
            f"{name}: limit {row.speed_limit_kmh:g} km/h, share kept {row.speed_share:g}, "
            f"{row.lanes:g} lanes, {row.capacity_pcu_h_lane:g} pcu/h a lane"
            for name, row in ROAD_CLASSES.iterrows()
        ],
    }


def main() -> None:
    """Write the network folder and print what is in it."""
    with tempfile.TemporaryDirectory() as folder:
        streets, zones = read_sample(Path(folder))
    rows = to_directions(close_gap(streets))
    links = to_links(rows)
    districts = to_districts(zones)
    boundary = dissolve_districts(districts)
    write_network(HERE, links, boundary, districts, to_source(links, rows), force=True)

    network = read_network(HERE)
    print(f"{len(network.links)} links, {network.links['length_m'].sum() / 1000:.1f} km")
    km = links.assign(km=links["length_m"] / 1000).pivot_table(
        "km", "road_class", "is_urban", "sum"
    )
    print(km.round(1).to_string())
    print(districts.drop(columns="geometry").to_string(index=False))
    print(f"population {districts['population'].sum():.1f}", *network.notes, sep="\n")


if __name__ == "__main__":
    main()
