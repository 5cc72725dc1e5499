"""
Time the pass over links and hours of a large city against NumPy, and against the machine.

    python tests/bench/city.py --links 200000 --hours 8760 --json

Links, their cuts at the districts, speeds and capacities are those of networks/coquimbo, repeated
until there are enough; volumes are drawn as a share of capacity and spread over the hours by a
shipped profile. Case a: one speed a link and hour from volume and capacity, flat, 8 classes.
Case b: hourly volumes and speeds of each of 8 classes, 7 gradients, 4 road types.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import machine
import numba
import numpy as np
import numpy_spectrum
import pandas as pd

from transmod.inputs.network import Network, read_network
from transmod.inputs.profiles import read_profiles
from transmod.inputs.shipped import find_shipped
from transmod.inputs.volumes import VolumeBlock
from transmod.model import activity
from transmod.model.factor_table import build_factors
from transmod.model.link_factors import LINK_QUANTITIES
from transmod.model.overlay import cut_links
from transmod.model.road import road_emissions
from transmod.model.rows import Rows, Situation, to_rows, to_situation
from transmod.schema import MAX_NODE_SPEED_KMH, N_SPEED_NODES, ROAD_TYPES
from transmod.traffic.calendar import Calendar, build_calendar
from transmod.traffic.road_types import road_type_kind, road_type_table
from transmod.traffic.speeds import SpeedRule, speed_rule
from transmod.traffic.temporal import shapes

CITY = Path(__file__).resolve().parents[2] / "networks" / "coquimbo"
CLASSES = (
    "car", "taxi", "lcv", "rigid_truck", "articulated_truck", "bus", "coach", "motorcycle",
)  # fmt: skip
CLASS_SHARES = np.array([0.62, 0.06, 0.12, 0.06, 0.03, 0.03, 0.01, 0.07])
STREAMS = tuple((name, "all") for name in CLASSES)
PROFILE = "tno_road"
LAYOUTS = {8760: 8760, 864: "profile", 168: 168, 24: 24}
BLOCK_LINKS = 64
PARTS = ("travel_speeds", "_count_too_fast", "_drive_chunk", "drive", "clock")


@dataclass(frozen=True)
class Case:
    """Arguments of `measure`."""

    network: Network
    rows: Rows
    volumes: DailyVolumes | HourlyVolumes
    calendar: Calendar
    shapes: np.ndarray | None
    situation: Situation
    rule: SpeedRule

    @property
    def link_hours(self):
        """Rows times hours: a link in two districts is driven in both."""
        return self.rows.link.size * self.calendar.weight.size


@dataclass(frozen=True)
class DailyVolumes:
    """Daily volumes in one block, as the reader gives them."""

    average: np.ndarray
    streams: tuple = STREAMS

    def blocks(self) -> Iterator[VolumeBlock]:
        given = np.ones(self.average.shape, bool)
        yield VolumeBlock(0, len(given), given, self.average, None, None)


@dataclass(frozen=True)
class HourlyVolumes:
    """Hourly volumes and speeds of each class, made block after block."""

    average: np.ndarray
    shapes: np.ndarray
    free: np.ndarray
    streams: tuple = STREAMS

    def blocks(self) -> Iterator[VolumeBlock]:
        factor = np.array([1.0, 0.98, 0.95, 0.85, 0.8, 0.7, 0.85, 1.05], np.float32)[:, None]
        shapes = self.shapes.astype(np.float32)
        slowed = 1.0 / (1.0 + 0.15 * shapes**2) * factor
        for first in range(0, len(self.average), BLOCK_LINKS):
            own = slice(first, first + BLOCK_LINKS)
            average = self.average[own].astype(np.float32)
            volume = average[:, :, None] * shapes
            speed = self.free[own, None, None].astype(np.float32) * slowed
            given = np.ones(average.shape, bool)
            yield VolumeBlock(first, first + len(average), given, None, volume, speed)


class TimedVolumes:
    """Volumes that know how long it took to make them."""

    def __init__(self, volumes):
        self.volumes, self.streams, self.seconds = volumes, volumes.streams, 0.0

    def blocks(self, **_):
        blocks, now = self.volumes.blocks(), clock()
        while True:
            begin = now()
            block = next(blocks, None)
            self.seconds += now() - begin
            if block is None:
                return
            yield block


def repeat_city(number):
    """Return the network and its rows, repeated until there are `number` links."""
    city = read_network(CITY)
    rows = to_rows(cut_links(city, None), len(city.districts) + 1)
    n_links = len(city.links)
    copies = -(-number // n_links)
    step = np.repeat(np.arange(copies) * n_links, rows.link.size)
    link = np.tile(rows.link, copies) + step
    keep = link < number
    frame = pd.DataFrame(city.links.drop(columns="geometry"))
    links = pd.concat([frame] * copies, ignore_index=True).iloc[:number]
    links["link_id"] = np.arange(number)
    return replace(city, links=links), Rows(
        link[keep],
        np.tile(rows.area, copies)[keep],
        np.tile(rows.fraction, copies)[keep],
        np.arange(keep.sum()),
    )


def make_case(name, number, hours):
    rng = np.random.default_rng(1)
    network, rows = repeat_city(number)
    links = network.links
    calendar = build_calendar(
        2022, "America/Santiago", layout=LAYOUTS[hours], series_time="local_standard"
    )
    assert calendar.weight.size == hours
    spread = shapes(calendar, CLASSES, PROFILE).values
    busy = rng.uniform(0.0, 0.7, (number, 1)) * links["capacity_pcu_h"].to_numpy()[:, None]
    average = busy * CLASS_SHARES
    table = road_type_table(calendar)
    if name == "a":
        rule = speed_rule(links, STREAMS, "bpr")
        # one speed for all: classes without limits
        rule = replace(rule, limit=np.full(len(STREAMS), MAX_NODE_SPEED_KMH))
        situation = to_situation(np.zeros(number), road_type_kind(links), table)
        return Case(network, rows, DailyVolumes(average), calendar, spread, situation, rule)
    rule = speed_rule(links, STREAMS, "given")
    situation = to_situation(rng.normal(0.0, 0.03, number), road_type_kind(links), table)
    volumes = HourlyVolumes(average, spread, rule.free)
    return Case(network, rows, volumes, calendar, None, situation, rule)


def clock():
    """Return a clock: of the wall, or on one thread of the process, whatever else runs."""
    return time.process_time if numba.get_num_threads() == 1 else time.perf_counter


@contextmanager
def stopwatch(module, names):
    """Measure the time spent in functions of a module, by name."""
    seconds = defaultdict(float)
    now = clock()

    def timed(name, function):
        def call(*arguments):
            begin = now()
            result = function(*arguments)
            seconds[name] += now() - begin
            return result

        return call

    wrapped = {n: timed(n, getattr(module, n)) for n in names if hasattr(module, n)}
    with mock.patch.multiple(module, **wrapped):
        yield seconds


def drive(case, with_links):
    """Run the pass; return the activity and the seconds of its parts."""
    factor = fleet = None
    n_areas = len(case.network.districts) + 1
    if with_links:
        shape = (1, case.situation.gradients.size, len(ROAD_TYPES), N_SPEED_NODES, len(STREAMS))
        factor = np.random.default_rng(2).random((*shape, len(LINK_QUANTITIES)))
        fleet = np.zeros(n_areas, np.int64)
    volumes = TimedVolumes(case.volumes)
    arguments = [getattr(case, name) for name in Case.__dataclass_fields__]
    arguments[2] = volumes
    with stopwatch(activity, PARTS) as seconds:
        now = clock()
        begin = now()
        result = activity.measure(*arguments, factor=factor, fleet=fleet)
        seconds["whole"] = now() - begin
    seconds["whole"] -= volumes.seconds  # making up volumes is no part of the pass
    return result, dict(seconds)


def rates(case, seconds, with_links):
    """Return million link-hours a second of the parts of a pass; `with_links` are its seconds."""
    million = case.link_hours / 1e6
    parts = {
        "speed": seconds["travel_speeds"],
        "check": seconds["_count_too_fast"],
        "scatter": seconds["drive"],
        "adding_blocks": seconds["_drive_chunk"] - seconds["drive"],
    }
    pass_s = sum(parts.values())
    return {
        "million_link_hours": round(million, 1),
        "spectrum_pass": round(million / pass_s, 1),
        "speed_kernel": round(million / parts["speed"], 1),
        "spectrum_kernel": round(million / parts["scatter"], 1),
        "spectrum_and_links_kernel": round(million / with_links["drive"], 1),
        "clock_kernel": round(million / with_links["clock"], 1),
        "whole_with_links": round(million / with_links["whole"], 1),
        "share_of_spectrum_pass": {k: round(v / pass_s, 3) for k, v in parts.items()},
        "share_of_whole": {
            k: round(with_links[k] / with_links["whole"], 3)
            for k in ("travel_speeds", "_drive_chunk", "clock")
        },
        "whole_s": round(with_links["whole"], 2),
    }


def drive_numpy(case, number):
    """
    Time the twin on some rows.

    Return its rate with speeds, its rate with speeds given, and how far our pass is from it.
    """
    part = replace(
        case,
        rows=Rows(
            *(getattr(case.rows, n)[:number] for n in ("link", "area", "fraction", "of_piece"))
        ),
    )
    ours, _ = drive(part, with_links=False)
    link, rule = part.rows.link, case.rule
    length = case.network.links["length_m"].to_numpy()[link] / 1e3 * part.rows.fraction
    average, shape = case.volumes.average[link], np.ascontiguousarray(case.shapes.T)
    best, given, now = np.inf, np.inf, clock()
    for _ in range(2):
        begin = now()
        road_type = case.situation.road_type[case.situation.kind[link]]
        speed = numpy_spectrum.bpr(
            average, shape, rule.pcu, rule.free[link], rule.capacity[link], rule.alpha[link]
        )
        scattering = now()
        theirs = numpy_spectrum.spectrum(
            average, shape, case.calendar.weight, length, speed, road_type, len(ROAD_TYPES)
        )
        best, given = min(best, now() - begin), min(given, now() - scattering)
    ours = ours.spectrum.sum(axis=(0, 1))
    # at a node rounding decides which side gets the vehicle: compare what lies up to each node
    difference = np.abs(ours.cumsum(axis=1) - theirs.cumsum(axis=1)).max() / theirs.sum()
    return part.link_hours / best / 1e6, part.link_hours / given / 1e6, difference


def many_types(result, numbers=(10, 400)):
    """Return the seconds of the step from spectrum to emissions for some numbers of types."""
    profiles, now = read_profiles(find_shipped("vehicle_profiles") / "emep_eea_2019"), clock()
    types = profiles.types[profiles.types["vehicle_class"].isin(CLASSES)]
    n_areas, seconds = result.spectrum.shape[0], {}
    for n_types in numbers:
        # classes in turn, so that each is there
        turn = types.groupby("vehicle_class").cumcount().sort_values(kind="stable").index
        names = types.loc[turn[:n_types], "vehicle_type"]
        factors = build_factors(profiles, names, year=2022, electricity_kg_per_kwh=0.3)
        of_class = factors.types["vehicle_class"].to_numpy()
        share = np.array([[1.0 * (of_class == name) for name in CLASSES]])
        share /= np.maximum(share.sum(axis=2, keepdims=True), 1.0)
        area_ids = [f"{a:02}" for a in range(n_areas)]
        begin = now()
        road_emissions(result, factors, share, np.zeros(n_areas, np.int64), area_ids)
        seconds[len(of_class)] = now() - begin
    return seconds


def peak_mb():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measure(options):
    facts = {
        "machine": f"{platform.machine()}, {machine.processor()}, {os.cpu_count()} cores",
        "load_average": round(os.getloadavg()[0], 1),
        "threads": options.threads,
        "clock": clock().__name__,
        "numba": numba.__version__,
        "numpy": np.__version__,
        "links": options.links,
        "hours": options.hours,
    }
    for name in options.cases:
        _, first = drive(make_case(name, 200, options.hours), with_links=True)
        _, again = drive(make_case(name, 200, options.hours), with_links=True)
        case = make_case(name, options.links, options.hours)
        result, seconds = drive(case, with_links=True)
        # case b is the pass of a run, with the sums of links in it; it takes minutes
        alone = drive(case, with_links=False)[1] if name == "a" else seconds
        facts[f"case_{name}"] = found = rates(case, alone, seconds)
        found["first_run_compiles_or_loads_s"] = round(first["whole"] - again["whole"], 2)
        found["closure"] = abs(result.spectrum.sum() / result.vkm.sum() - 1.0)
        found["peak_memory_mb"] = peak_mb()
        if name == "a":
            rate, of_kernel, difference = drive_numpy(case, options.numpy_links)
            found["numpy_twin"] = round(rate, 2)
            found["times_numpy"] = round(found["spectrum_pass"] / rate, 1)
            found["numpy_twin_speeds_given"] = round(of_kernel, 2)
            found["times_numpy_speeds_given"] = round(found["spectrum_kernel"] / of_kernel, 1)
            found["largest_difference_to_numpy"] = difference
            few, many = many_types(result).items()
            found["vehicle_types_s"] = {few[0]: round(few[1], 3), many[0]: round(many[1], 3)}
            found["vehicle_types_ratio_to_pass"] = round(
                (seconds["whole"] + many[1]) / (seconds["whole"] + few[1]), 3
            )
    limits = machine.limits()
    facts["limits"] = limits
    if "a" in options.cases:
        # 8 classes on two nodes: four stores of 256 bits for a link and hour
        ceiling = limits["store_256_bit_million_s"] / 4
        kernel = facts["case_a"]["spectrum_kernel"]
        limits["spectrum_store_ceiling_million_link_hours_s"] = round(ceiling, 1)
        limits["spectrum_kernel_share_of_ceiling"] = round(kernel / ceiling, 3)
    return facts


def main():
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--links", type=int, default=10_000)
    parser.add_argument("--hours", type=int, default=8760, choices=sorted(LAYOUTS))
    parser.add_argument("--numpy-links", type=int, default=400, help="rows that the twin drives")
    parser.add_argument("--cases", type=lambda text: text.split(","), default=["a", "b"])
    parser.add_argument("--threads", type=int, default=numba.config.NUMBA_NUM_THREADS)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    numba.set_num_threads(options.threads)
    facts = measure(options)
    if options.json:
        print(json.dumps(facts, indent=1))
    else:
        for name, value in facts.items():
            print(f"{name:28} {value}")


if __name__ == "__main__":
    main()
