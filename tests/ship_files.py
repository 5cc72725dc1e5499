"""Ships, calls and tracks as files for tests, beside the small city."""

import functools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import small_run
from pyproj import Transformer
from shapely.affinity import translate

from transmod.inputs.network import Network
from transmod.inputs.ship_tables import read_ship_tables
from transmod.inputs.shipped import find_shipped

TO_DEGREES = Transformer.from_crs(small_run.CRS, 4326, always_xy=True)
CALL = {
    "ship_type": "container", "size": 2500, "size_unit": "teu", "fuel": "hfo", "built": 2012,
    "origin": "COQ", "origin_country": "CL", "destination": "CLL", "destination_country": "PE",
    "origin_in_city": "true", "destination_in_city": "false", "movements": 1, "sea_h": 50,
    "speed_kn": 16, "manoeuvring_h": 2, "manoeuvring_speed_kn": 6, "anchorage_h": 0, "berth_h": 20,
}  # fmt: skip
FERRY = CALL | {
    "ship_type": "ferry_pax", "size": 200, "size_unit": "gt", "fuel": "mdo_mgo", "built": 2005,
    "destination": "COQ", "destination_country": "CL", "destination_in_city": "true",
    "movements": 100, "sea_h": 1, "speed_kn": 12, "manoeuvring_h": 0, "berth_h": 0.5,
    "main_power_kw": 900, "design_speed_kn": 20,
}  # fmt: skip


@functools.cache
def tables():
    return read_ship_tables(find_shipped("vehicle_profiles") / "movements")


@functools.cache
def city():
    """Boundary and districts of the small city, without links."""
    return Network(
        "small", gpd.GeoDataFrame(), translate(small_run.BOUNDARY, *small_run.ORIGIN),
        small_run.lay_districts().sort_values("district_id", ignore_index=True),
        small_run.lay_districts().crs, "", (),
    )  # fmt: skip


def degrees(x, y):
    """Longitude and latitude of a point of the small city [m]."""
    return TO_DEGREES.transform(np.add(x, small_run.ORIGIN[0]), np.add(y, small_run.ORIGIN[1]))


def write_calls(folder, *rows):
    path = Path(folder) / "calls.csv"
    pd.DataFrame(list(rows)).to_csv(path, index=False)
    return path


def write_register(folder, *rows):
    usual = {
        "ship_type": "container", "size": 2500, "size_unit": "teu", "fuel": "hfo",
        "trade": "international", "built": 2012,
    }  # fmt: skip
    path = Path(folder) / "register.csv"
    pd.DataFrame([usual | row for row in rows]).to_csv(path, index=False)
    return path


def write_positions(folder, rows, name="positions.parquet"):
    """Write rows of ship, seconds, x, y [m] in the small city, speed [kn]."""
    ship, seconds, x, y, speed = zip(*rows, strict=True)
    longitude, latitude = degrees(x, y)
    start = pd.Timestamp("2022-01-01", tz="UTC")
    frame = pd.DataFrame(
        {
            "ship_id": ship,
            "time": start + pd.to_timedelta(seconds, unit="s"),
            "longitude": longitude,
            "latitude": latitude,
            "speed_kn": speed,
        }
    )
    path = Path(folder) / name
    if path.suffix == ".csv":
        frame["time"] = frame["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    return path


def no_areas():
    return gpd.GeoDataFrame({"kind": [], "name": [], "in_city": []}, geometry=[], crs=small_run.CRS)
