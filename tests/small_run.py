"""
A tiny city as files: two districts, eight links, volumes of an hour, a fleet of three types.

    y    gap, in no district             district borders: x = 1000, and y = 900 above the east
    1000 +-----------+-----------+
         |   west    +-----------+ 900   0, 1  both ways along y = 250, through both districts
         |           |   east    |       2     on the border of the districts, which is a grid line
         |           |           |       3     half of it beyond the boundary
       0 +-----------+-----------+       4     wholly beyond it; 5 a steep motorway; 6 no volume
         0         1000        2000 x    7     in the gap
"""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from shapely import LineString, box
from shapely.affinity import translate

from transmod.inputs.hashes import sha256_file
from transmod.outputs.network import write_network

CRS = "EPSG:32719"
ORIGIN = (280_000.0, 6_680_000.0)
BOUNDARY = box(0, 0, 2000, 1000)
DISTRICTS = {"east": box(1000, 0, 2000, 900), "west": box(0, 0, 1000, 1000)}

# link_id, points, road class, urban, lanes, free speed [km/h], gradient
LINKS = (
    (0, [(200, 250), (1800, 250)], "primary", True, 2.0, 60.0, 0.0),
    (1, [(1800, 250), (200, 250)], "primary", True, 2.0, 60.0, 0.0),
    (2, [(1000, 0), (1000, 1000)], "residential", True, 1.0, 30.0, 0.01),
    (3, [(1500, 600), (2500, 600)], "secondary", True, 1.0, 50.0, -0.03),
    (4, [(2600, 100), (2900, 500)], "secondary", False, 1.0, 50.0, 0.0),
    (5, [(100, 700), (500, 750), (900, 650)], "motorway", False, 3.0, 120.0, 0.05),
    (6, [(300, 400), (300, 600)], "residential", True, 1.0, 30.0, 0.0),
    (7, [(1200, 950), (1900, 950)], "tertiary", True, 1.0, 50.0, 0.0),
)

# veh/h of an hour
VOLUMES = {
    "car": {0: 900.0, 1: 700.0, 2: 120.0, 3: 400.0, 4: 300.0, 5: 2500.0, 7: 80.0},
    "rigid_truck": {0: 40.0, 1: 35.0, 3: 20.0, 5: 310.0},
    "bus": {0: 12.0, 1: 12.0},
}
FLEET = (
    ("car", "car_petrol_medium_euro5_gdi", 0.7),
    ("car", "car_bev_medium", 0.3),
    ("rigid_truck", "rigid_diesel_7_5_12t_euro6abc_dpf_scr", 1.0),
    ("bus", "bus_biodiesel_standard_euro6abc_dpf_scr", 1.0),
)
SCENARIO = {
    "title": "Small city",
    "year": 2023,
    "timezone": "America/Santiago",
    "network": {"path": "../../networks/small"},
    "calendar": {"period": "hour", "hour": 8, "day_type": "workday"},
    "traffic": {"kind": "hourly", "volumes": "input/volumes.parquet"},
    "fleet": {"mix": "input/fleet.csv"},
    "profiles": {"electricity_kg_per_kwh": 0.3},
    "grid": {"cell_size_m": 250},
}
MOVEMENTS = (
    "origin,origin_country,destination,destination_country,origin_in_city,destination_in_city,"
    "movements,fuel,fuel_t\n"
)
FLIGHTS = f"""{MOVEMENTS}\
LSC,CL,SCL,CL,true,false,100,jet_kerosene,50
LSC,CL,LIM,PE,true,false,20,jet_kerosene,140
"""
VOYAGES = f"""{MOVEMENTS}\
COQ,CL,BUS,KR,true,false,10,hfo,9000
COQ,CL,LSB,CL,true,true,500,mdo_mgo,3
"""


def lay_links(rows=LINKS, **columns):
    """Return links of the schema from rows as in `LINKS`; `columns` take the place of others."""
    lines = [translate(LineString(points), *ORIGIN) for _, points, *_ in rows]
    link_id, _, road_class, is_urban, lanes, speed, gradient = zip(*rows, strict=True)
    frame = {
        "link_id": np.array(link_id, np.int64),
        "from_node": np.arange(len(rows)) * 2,
        "to_node": np.arange(len(rows)) * 2 + 1,
        "osm_way_id": pd.array([None] * len(rows), "Int64"),
        "road_class": road_class,
        "is_ramp": False,
        "is_urban": is_urban,
        "lanes": lanes,
        "free_speed_kmh": speed,
        "capacity_pcu_h": np.array(lanes) * 900.0,
        "gradient": gradient,
        "length_m": [line.length for line in lines],
        "name": None,
        "imputed": [["capacity_pcu_h"]] * len(rows),
    }
    return gpd.GeoDataFrame(frame | columns, geometry=lines, crs=CRS)


def lay_districts(shapes=DISTRICTS):
    """Return the districts of the city, or other ones by name."""
    return gpd.GeoDataFrame(
        {"district_id": list(shapes), "name": [name.title() for name in shapes]},
        geometry=[translate(shape, *ORIGIN) for shape in shapes.values()],
        crs=CRS,
    )


def write_city(folder, *, links=None, boundary=BOUNDARY, districts=DISTRICTS):
    """Write a network folder and return it."""
    city = gpd.GeoSeries([translate(boundary, *ORIGIN)], crs=CRS)
    source = {"origin": "drawn by hand", "licence": "none", "notes": []}
    links = lay_links() if links is None else links
    parts = districts and lay_districts(districts)
    write_network(folder, links, city, parts, source, force=True)
    return folder


def write_volumes(path, network, *, volumes=VOLUMES, speeds=None, n_hours=1, sha=None):
    """
    Write hourly volumes by class and link.

    A number stands for each of `n_hours` hours; `speeds` has the form of `volumes`.
    """
    rows = sorted((link, name) for name, links in volumes.items() for link in links)
    series = pa.list_(pa.float32(), n_hours)

    def column(values):
        lists = [np.broadcast_to(values[name][link], n_hours).tolist() for link, name in rows]
        return pa.array(lists, series)

    columns = {
        "link_id": pa.array([link for link, _ in rows], pa.int64()),
        "vehicle_class": pa.array([name for _, name in rows]),
        "volume": column(volumes),
    }
    if speeds is not None:
        columns["speed_kmh"] = column(speeds)
    sha = sha or sha256_file(network / "links.parquet")
    table = pa.table(columns).replace_schema_metadata({"network_sha256": sha})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


def write_daily(path, network, *, volumes=VOLUMES, times=12.0):
    """Write daily volumes, `times` those of the hour."""
    rows = sorted(
        (link, name, times * volume)
        for name, links in volumes.items()
        for link, volume in links.items()
    )
    table = pd.DataFrame(rows, columns=["link_id", "vehicle_class", "volume"])
    sha = sha256_file(network / "links.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    pq.write_table(arrow.replace_schema_metadata({"network_sha256": sha}), path)


def write_fleet(path, rows=FLEET):
    """Write a fleet as a planner would."""
    lines = ["vehicle_class,trip_kind,vehicle_type,share"]
    lines += [f"{name},all,{vehicle_type},{share!r}" for name, vehicle_type, share in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def write_scenario(run, **changes):
    """Write `scenario.toml`: that of the small city with `changes`, table by table."""
    content = {key: dict(v) if isinstance(v, dict) else v for key, v in SCENARIO.items()}
    for key, value in changes.items():
        content[key] = content.get(key, {}) | value if isinstance(value, dict) else value
    run.mkdir(parents=True, exist_ok=True)
    (run / "scenario.toml").write_text(_to_toml(content), encoding="utf-8")


def _to_toml(content):
    lines = [f"{k} = {json.dumps(v)}" for k, v in content.items() if not isinstance(v, dict)]
    for name, table in content.items():
        if isinstance(table, dict):
            lines += [f"[{name}]", *(f"{k} = {_to_value(v)}" for k, v in table.items())]
    return "\n".join(lines) + "\n"


def _to_value(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_to_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_to_value, value)) + "]"
    return json.dumps(value)


def build(root, *, links=None, boundary=BOUNDARY, districts=DISTRICTS, volumes=VOLUMES, **changes):
    """Write network and run of the small city under `root` and return the run folder."""
    root = Path(root)
    network = write_city(
        root / "networks" / "small", links=links, boundary=boundary, districts=districts
    )
    run = root / "runs" / "small"
    write_volumes(run / "input" / "volumes.parquet", network, volumes=volumes)
    write_fleet(run / "input" / "fleet.csv")
    write_scenario(run, **changes)
    return run
