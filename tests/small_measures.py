"""Measures for the small city: written into its scenario, or done on its traffic alone."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
from shapely.affinity import translate
from small_run import CRS, FLEET, ORIGIN, build, write_daily, write_fleet, write_scenario

from transmod.inputs.network import Network, read_network
from transmod.inputs.profiles import ProfileSet
from transmod.inputs.shipped import PROFILES, find_shipped
from transmod.inputs.volumes import read_volumes
from transmod.intake.fleets import take_fleet
from transmod.intake.traffic_measures import change_traffic, open_measures
from transmod.profiles import recall_profiles
from transmod.scenario import read_scenario
from transmod.traffic.calendar import build_calendar
from transmod.traffic.temporal import shapes

# half of the cars are of an old standard
OLD = "car_petrol_medium_euro3_gdi"
MIXED = (
    ("car", OLD, 0.25),
    ("car", "car_petrol_medium_euro5_gdi", 0.5),
    ("car", "car_bev_medium", 0.25),
    *FLEET[2:],
)


def add_measures(run, *measures):
    """Write measures, as mappings, at the end of a scenario."""
    path = Path(run) / "scenario.toml"
    tables = [
        "\n[[measures]]\n" + "".join(f"{k} = {_value(v)}\n" for k, v in measure.items())
        for measure in measures
    ]
    path.write_text(path.read_text() + "".join(tables))


def _value(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)


def write_zone(path, shape):
    """Write a polygon in the plane of the small city."""
    path.parent.mkdir(parents=True, exist_ok=True)
    zone = gpd.GeoSeries([translate(shape, *ORIGIN)], crs=CRS)
    zone.to_crs("EPSG:4326").to_file(path, driver="GeoJSON")


@dataclass(frozen=True)
class Town:
    """The small city, read once: its traffic is changed again and again."""

    run: Path
    network: Network
    profiles: ProfileSet
    read: dict = field(default_factory=dict)  # what several tests read

    def change(self, *measures, period="hour", **tables):
        """Do measures on its traffic; `tables` are those of the scenario."""
        layout = {"hour": {"period": "hour", "hour": 8, "day_type": "workday"}}
        calendar = layout.get(period, {"period": period})
        write_scenario(self.run, **({"calendar": calendar} | tables))
        add_measures(self.run, *measures)
        scenario = read_scenario(self.run)
        kind = scenario.traffic.kind
        path = self.run / scenario.traffic.volumes
        volumes = self._once(read_volumes, path, self.network, kind=kind)
        opened = open_measures(self.network, volumes, run=self.run, scenario=scenario)
        slots = self._once(
            build_calendar, 2023, scenario.timezone, layout=volumes.n_hours or "profile",
            period=period, hour=scenario.calendar.hour, day_type=scenario.calendar.day_type,
        )  # fmt: skip
        shape = None
        if kind != "hourly":
            names = tuple(name for name, _ in opened.volumes.streams)
            shape = self._once(shapes, slots, names, scenario.traffic.temporal_profile, kind=kind)
        streams, mix = opened.volumes.streams, scenario.fleet.mix
        if (mix, streams) not in self.read:
            self.read[mix, streams] = take_fleet(
                self.profiles, streams=streams, run=self.run, scenario=scenario
            )
        fleet = self.read[mix, streams]
        return change_traffic(
            self.network, opened, slots, fleet, self.profiles, shapes=shape, run=self.run,
            scenario=scenario,
        ), slots  # fmt: skip

    def _once(self, read, *what, **how):
        key = (read, *(w if isinstance(w, (str, tuple, Path)) else id(w) for w in what))
        key += tuple(how.items())
        if key not in self.read:
            self.read[key] = read(*what, **how)
        return self.read[key]

    def vehicles(self, *measures, **tables):
        """Return the vehicles (L, C) of the period after measures."""
        changed, calendar = self.change(*measures, **tables)
        return count(changed, calendar, len(self.network.links))

    def vkm(self, *measures, **tables):
        """Return the vehicle-kilometres (L, C) of the period after measures."""
        length = self.network.links["length_m"].to_numpy() / 1e3
        return self.vehicles(*measures, **tables) * length[:, None]


def count(changed, calendar, n_links):
    """Return the vehicles (L, C) of the period."""
    out = np.zeros((n_links, len(changed.volumes.streams)))
    for block in changed.volumes.blocks():
        if block.average is not None:
            hours = (changed.shapes.values * calendar.weight).sum(axis=1)
            out[block.first : block.last] = block.average * hours
        else:
            out[block.first : block.last] = np.einsum("bct,t->bc", block.volume, calendar.weight)
    return out


def build_town(root):
    """Write and read the small city, with daily volumes beside the hourly ones."""
    run = build(root)
    network = Path(root) / "networks" / "small"
    write_daily(run / "input" / "daily.parquet", network)
    write_fleet(run / "input" / "mixed.csv", MIXED)
    return Town(
        run, read_network(network), recall_profiles(find_shipped(PROFILES) / "emep_eea_2019")
    )
