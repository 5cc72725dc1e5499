"""
A few streets to match on, as links, and places of a source to be matched.

    (0,200) 6 --Cross St-- 7 --Cross St-- 8 (800,200)     Main St: primary, two-way, along y = 0
            |              |              |               One Way: 9 -> 10, y = -100
    (0,0)   0 --Main St--- 1 --Main St--- 2 (800,0)       side streets: residential, two-way
                       9 ---One Way--> 10                 Loop: 3 -> 3, at x = 1500
"""

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point, box
from shapely.affinity import translate
from small_run import CRS, ORIGIN

from transmod.inputs.traffic_source import TrafficSource, sort_volumes

NODES = {
    0: (0, 0), 1: (400, 0), 2: (800, 0), 6: (0, 200), 7: (400, 200), 8: (800, 200),
    9: (0, -100), 10: (800, -100), 3: (1500, 0),
}  # fmt: skip
LOOP = [(1500, 0), (1600, 100), (1700, 0), (1600, -100), (1500, 0)]
# from, to, name, road class, two-way, line if not straight
STREETS = (
    (0, 1, "Main Street", "primary", True, None),
    (1, 2, "Main Street", "primary", True, None),
    (6, 7, "Cross Street", "residential", True, None),
    (7, 8, "Cross Street", "residential", True, None),
    (0, 6, "West Street", "residential", True, None),
    (1, 7, "Middle Street", "residential", True, None),
    (2, 8, "East Street", "residential", True, None),
    (9, 10, "One Way", "secondary", False, None),
    (3, 3, "Loop", "residential", False, LOOP),
)
BOUNDARY = box(-500, -500, 2500, 1000)


def move(shape):
    return translate(shape, *ORIGIN)


def lay_streets(streets=STREETS, first_id=0):
    """Return links; link 2 k is street k as drawn, and link 2 k + 1 against it where there is."""
    rows = []
    for k, (a, b, name, road_class, two_way, points) in enumerate(streets):
        line = LineString(points or [NODES[a], NODES[b]])
        rows.append((first_id + 2 * k, a, b, name, road_class, line))
        if two_way:
            rows.append((first_id + 2 * k + 1, b, a, name, road_class, line.reverse()))
    link_id, start, end, name, road_class, line = zip(*rows, strict=True)
    frame = {
        "link_id": np.array(link_id, np.int64), "from_node": np.array(start, np.int64),
        "to_node": np.array(end, np.int64), "osm_way_id": pd.array([None] * len(rows), "Int64"),
        "road_class": road_class, "is_ramp": False, "is_urban": True, "lanes": 1.0,
        "free_speed_kmh": 50.0, "capacity_pcu_h": 900.0, "gradient": 0.0,
        "length_m": [x.length for x in line], "name": name, "imputed": [[]] * len(rows),
    }  # fmt: skip
    return gpd.GeoDataFrame(frame, geometry=[move(x) for x in line], crs=CRS)


def lay_places(*rows, kind="link"):
    """Return places from dicts: `at` is a list of points or one point; `place_id` by letters."""
    columns = {
        "from_node": None, "to_node": None, "road_class": None, "is_ramp": False, "name": None,
        "lanes": np.nan, "free_speed_kmh": np.nan, "capacity_pcu_h": np.nan, "length_m": np.nan,
        "heading_deg": np.nan, "is_two_way": False,
    }  # fmt: skip
    table = pd.DataFrame(
        [
            {"place_id": chr(ord("a") + k), "kind": kind} | columns | row
            for k, row in enumerate(rows)
        ]
    )
    shapes = [
        None if at is None else move(Point(at) if kind == "point" else LineString(at))
        for at in table.pop("at")
    ]
    table["osm_way_id"] = pd.array([None] * len(table), "Int64")
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)


def lay_source(places, volumes, *, kind="aadt", hours=None):
    """Return a source; `volumes` place_id -> veh of cars, or rows of the table."""
    if isinstance(volumes, dict):
        volumes = pd.DataFrame(
            {"place_id": list(volumes), "vehicle_class": "car", "trip_kind": "all",
             "volume": list(volumes.values())}
        )  # fmt: skip
    return TrafficSource(places, sort_volumes(volumes), "drawn", kind, "veh", hours)
