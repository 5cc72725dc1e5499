"""
A city without faults in which faults are planted one by one.

Thirteen streets each way, bent and unevenly apart, near Shanghai, so that Chinese coordinates can
be planted too; three districts whose borders follow streets. Volumes are whole vehicles, of each
direction their own.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
import small_run
from shapely import LineString, Polygon

from transmod.inputs.hashes import sha256_file
from transmod.traffic.hour_findings import usual_workday

CRS = "EPSG:32651"
ORIGIN = np.array([352_000.0, 3_455_000.0])
N = 13
ROAD_CLASSES = {0: "primary", 4: "primary", 8: "secondary", 12: "primary", 2: "tertiary"}
SPEEDS = {"primary": 60.0, "secondary": 50.0, "tertiary": 50.0, "residential": 30.0}
LANES = {"primary": 2.0, "secondary": 2.0, "tertiary": 1.0, "residential": 1.0}
DAY_OVER_CAPACITY = {"primary": 7.0, "secondary": 5.0, "tertiary": 3.0, "residential": 0.8}
SHARES = {"car": 0.78, "lcv": 0.09, "rigid_truck": 0.06, "bus": 0.03, "motorcycle": 0.04}
FLEET = (
    ("car", "car_petrol_medium_euro5_gdi", 1.0),
    ("lcv", "lcv_diesel_n1_ii_euro5_dpf", 1.0),
    ("rigid_truck", "rigid_diesel_7_5_12t_euro6abc_dpf_scr", 1.0),
    ("bus", "bus_biodiesel_standard_euro6abc_dpf_scr", 1.0),
    ("motorcycle", "motorcycle_petrol_250_750cc_euro3", 1.0),
)


@dataclass(frozen=True)
class City:
    """The inputs of a run; `volumes` has a number or a list of hours a row."""

    links: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    boundary: gpd.GeoSeries
    volumes: pd.DataFrame
    kind: str = "aadt"
    unit: str = "veh"
    calendar: dict = field(default_factory=dict)
    file: str = "volumes"
    fleet: tuple = FLEET
    direction: str = "per_link"

    def but(self, **changes):
        return replace(self, **changes)

    def with_links(self, **columns):
        return self.but(links=self.links.assign(**columns))

    def with_volumes(self, change):
        """Change the volumes: a function of the table, which gives a column of volumes."""
        return self.but(volumes=self.volumes.assign(volume=change(self.volumes)))

    def write(self, root):
        """Write network and run, and return the run folder."""
        root = Path(root)
        network = root / "networks" / "planted"
        source = {"origin": "drawn by a program", "licence": "none", "notes": []}
        small_run.write_network(
            network, self.links, self.boundary, self.districts, source, force=True
        )
        run = root / "runs" / "planted"
        (run / "input").mkdir(parents=True, exist_ok=True)
        path = run / "input" / f"{self.file}.parquet"
        self.write_volumes(path, sha256_file(network / "links.parquet"))
        small_run.write_fleet(run / "input" / "fleet.csv", self.fleet)
        small_run.write_scenario(
            run,
            year=2023,
            timezone="Asia/Shanghai",
            network={"path": "../../networks/planted"},
            calendar={"period": "year", "hour": 8, "day_type": "workday"} | self.calendar,
            traffic={
                "kind": self.kind, "unit": self.unit, "direction": self.direction,
                "volumes": f"input/{path.name}",
            },
            outputs=["accounts"],
        )  # fmt: skip
        return run

    def write_volumes(self, path, sha):
        """Write the volumes alone."""
        columns = {name: pa.array(values) for name, values in self.volumes.items()}
        if self.kind == "hourly":
            for name in {"volume", "speed_kmh"} & set(columns):
                lists = np.stack(self.volumes[name].to_numpy()).astype(np.float32)
                series = pa.list_(pa.float32(), lists.shape[1])
                columns[name] = pa.FixedSizeListArray.from_arrays(lists.ravel(), type=series)
        table = pa.table(columns).replace_schema_metadata({"network_sha256": sha})
        pq.write_table(table, path)


def _places(rng):
    """Return the junctions, (N, N, 2): streets 150 to 450 m apart, none quite straight."""
    x = np.concatenate(([0.0], np.cumsum(rng.uniform(150.0, 450.0, N - 1))))
    y = np.concatenate(([0.0], np.cumsum(rng.uniform(150.0, 450.0, N - 1))))
    places = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)
    return places + rng.uniform(-40.0, 40.0, places.shape) + ORIGIN


def clean_city():
    """Return the city without faults, with daily volumes."""
    rng = np.random.default_rng(3)
    places = _places(rng)
    rows, lines = [], []
    for i in range(N):
        for j in range(N):
            for di, dj in ((1, 0), (0, 1)):
                if i + di < N and j + dj < N:
                    road_class = ROAD_CLASSES.get(j if di else i, "residential")
                    ends = [(i, j), (i + di, j + dj)]
                    for a, b in (ends, ends[::-1]):
                        rows.append((a[0] * N + a[1], b[0] * N + b[1], road_class))
                        lines.append(LineString([places[a], places[b]]))
    start, end, road_class = zip(*rows, strict=True)
    lanes = np.array([LANES[name] for name in road_class])
    links = gpd.GeoDataFrame(
        {
            "link_id": np.arange(len(rows)),
            "from_node": start,
            "to_node": end,
            "osm_way_id": pd.array([None] * len(rows), "Int64"),
            "road_class": road_class,
            "is_ramp": False,
            "is_urban": True,
            "lanes": lanes,
            "free_speed_kmh": [SPEEDS[name] for name in road_class],
            "capacity_pcu_h": lanes * 800.0,
            "gradient": 0.0,
            "length_m": [line.length for line in lines],
            "name": None,
            "imputed": [[] for _ in rows],
        },
        geometry=lines,
        crs=CRS,
    )
    level = np.array([DAY_OVER_CAPACITY[name] for name in road_class]) * lanes * 800.0
    level = level * rng.uniform(0.6, 1.5, len(rows))
    volumes = pd.DataFrame(
        {
            "link_id": np.repeat(np.arange(len(rows)), len(SHARES)),
            "vehicle_class": list(SHARES) * len(rows),
            "volume": np.round(
                np.outer(level, list(SHARES.values()))
                * rng.uniform(0.85, 1.15, (len(rows), len(SHARES)))
            ).ravel(),
        }
    )
    districts = _districts(places)
    return City(links, districts, gpd.GeoSeries([districts.union_all()], crs=CRS), volumes)


def _districts(places):
    """Return three districts: west, south-east, north-east, with borders along streets."""
    parts = {"a": (0, 5, 0, 12), "b": (5, 12, 0, 7), "c": (5, 12, 7, 12)}
    shapes = []
    for west, east, south, north in parts.values():
        ring = [
            *places[west:east, south], *places[east, south:north],
            *places[east:west:-1, north], *places[west, north:south:-1],
        ]  # fmt: skip
        shapes.append(Polygon(ring))
    return gpd.GeoDataFrame(
        {"district_id": list(parts), "name": list(parts)}, geometry=shapes, crs=CRS
    )


def hourly_city(city=None, *, n_types=3, speeds=True):
    """Return the same with the hours of a workday, a saturday and a sunday, and with speeds."""
    city = city or clean_city()
    day = usual_workday() / 24.0
    hours = np.concatenate([day * level for level in (1.0, 0.8, 0.65)[:n_types]])
    wave = np.random.default_rng(4).uniform(0.9, 1.1, (len(city.volumes), hours.size))
    series = city.volumes["volume"].to_numpy()[:, None] * hours * wave
    columns = {"volume": list(series.astype(np.float32))}
    if speeds:
        free = city.links["free_speed_kmh"].to_numpy()[city.volumes["link_id"]]
        slow = np.random.default_rng(5).uniform(0.5, 1.0, series.shape)
        columns["speed_kmh"] = list((free[:, None] * slow).astype(np.float32))
    return city.but(volumes=city.volumes.assign(**columns), kind="hourly")


def moved(shapes, move):
    """Return shapes with their degrees moved by a function of longitude and latitude."""
    degrees = shapes.to_crs(4326)
    lines = shapely.transform(
        degrees.geometry.to_numpy(), lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1]))
    )
    made = gpd.GeoSeries(lines, index=degrees.index, crs=4326)
    return degrees.set_geometry(made) if isinstance(degrees, gpd.GeoDataFrame) else made
