"""A city of a few links in two districts, with volumes, for tests of the activity pass."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from small_traffic import Traffic

from transmod.inputs.network import Network
from transmod.inputs.volume_rows import N_CODES, VolumeRows, code_of
from transmod.inputs.volumes import HOURS_PER_DAY, Volumes
from transmod.model.rows import Rows, Situation, to_situation
from transmod.schema import MAX_NODE_SPEED_KMH, ROAD_TYPES
from transmod.traffic.calendar import Calendar, build_calendar
from transmod.traffic.speeds import SpeedRule

STREAMS = (("car", "all"), ("rigid_truck", "internal"), ("rigid_truck", "through"))
N_AREAS = 3


@dataclass(frozen=True)
class City:
    """Arguments of `measure`; `series` (L, C, T) [veh/h] is what the volumes come to."""

    network: Network
    rows: Rows
    volumes: Volumes
    calendar: Calendar
    shapes: np.ndarray | None
    situation: Situation
    rule: SpeedRule
    series: np.ndarray
    given: np.ndarray | None

    @property
    def arguments(self):
        """Arguments of `measure` in order."""
        return (
            self.network, self.rows, self.volumes, self.calendar, self.shapes, self.situation,
            self.rule,
        )  # fmt: skip

    def traffic(self, speed):
        """Return all rows as the twins want them; `speed` (L, S, T)."""
        link = self.rows.link
        return Traffic(
            length=self.network.links["length_m"].to_numpy()[link] / 1e3 * self.rows.fraction,
            kind=self.situation.kind[link],
            node=self.situation.node[link],
            lift=self.situation.lift[link],
            average=np.ones((link.size, len(STREAMS))),
            shape=np.moveaxis(self.series[link], 1, 2),
            weight=self.calendar.weight,
            speed=speed[link],
            road_type=self.situation.road_type,
            limit=np.minimum(self.rule.limit, MAX_NODE_SPEED_KMH),
        )


def network_of(length_m):
    """Return links of given lengths; nothing else of a network matters to the pass."""
    number = np.arange(len(length_m))
    return Network(
        city="small",
        links=pd.DataFrame({"link_id": 100 + number, "length_m": np.asarray(length_m, float)}),
        boundary=None,
        districts=pd.DataFrame({"district_id": ["east", "west"]}),
        crs=None,
        sha256="",
        notes=(),
    )


def volumes_of(kind, link, stream, volume, *, n_links, speed=None):
    """Return volumes of rows sorted by link."""
    n = len(link)
    ones = np.ones(n, np.int64)
    code = np.array([code_of(*STREAMS[c]) for c in stream])
    factor = np.zeros(N_CODES)
    factor[[code_of(*s) for s in STREAMS]] = 1.0 if kind == "hourly" else 1.0 / HOURS_PER_DAY
    source = VolumeRows(link + 100, link, code, volume, speed, ones, ones, None, None)
    return Volumes(
        kind=kind,
        streams=STREAMS,
        n_hours=volume.shape[1] if kind == "hourly" else None,
        has_speed=speed is not None,
        sha256="",
        has_volume=np.bincount(link, minlength=n_links) > 0,
        notes=(),
        source=(source,),
        factor=factor,
    )


def random_city(*, kind="aadt", source="bpr", n_links=9, seed=1):
    """Return a city whose links lie in up to three areas; link 4 has no volume."""
    rng = np.random.default_rng(seed)
    calendar = build_calendar(2024, "America/Santiago", layout=72)
    n_slots, n_streams = calendar.n_slots, len(STREAMS)
    pairs = [
        (i, a) for i in range(n_links) for a in sorted(rng.permutation(N_AREAS)[: 1 + i % N_AREAS])
    ]
    link, area = np.array(pairs).T
    link_of = np.repeat(np.arange(n_links), n_streams)
    stream_of = np.tile(np.arange(n_streams), n_links)
    keep = (link_of != 4) & (rng.random(link_of.size) < 0.9)
    link_of, stream_of = link_of[keep], stream_of[keep]
    given, shapes, series = None, None, np.zeros((n_links, n_streams, n_slots))
    if kind == "hourly":
        volume = rng.uniform(0.0, 900.0, (link_of.size, n_slots)).astype(np.float32)
        series[link_of, stream_of] = volume
    else:
        volume = rng.uniform(0.0, 20_000.0, (link_of.size, 1))
        shapes = rng.uniform(0.0, 2.0, (n_streams, n_slots))
        series[link_of, stream_of] = volume / HOURS_PER_DAY * shapes[stream_of]
    speed = None
    if source == "given":
        speed = rng.uniform(0.0, 150.0, (link_of.size, n_slots)).astype(np.float32)
        given = np.zeros((n_links, n_streams, n_slots))
        given[link_of, stream_of] = speed
    return City(
        network=network_of(rng.uniform(10.0, 3000.0, n_links)),
        rows=Rows(link, area, rng.uniform(0.1, 0.5, link.size), np.arange(link.size)),
        volumes=volumes_of(kind, link_of, stream_of, volume, n_links=n_links, speed=speed),
        calendar=calendar,
        shapes=shapes,
        situation=to_situation(
            rng.uniform(-0.08, 0.03, n_links),
            rng.integers(0, 5, n_links).astype(np.int8),
            rng.integers(0, len(ROAD_TYPES), (5, n_slots)).astype(np.int8),
        ),
        rule=SpeedRule(
            source=source,
            free=rng.uniform(20.0, 130.0, n_links),
            capacity=rng.uniform(300.0, 4000.0, n_links),
            alpha=np.full(n_links, 0.15),
            beta=np.full(n_links, 4.0),
            pcu=np.array([1.0, 2.5, 3.0]),
            limit=np.array([MAX_NODE_SPEED_KMH, 90.0, 45.0]),
        ),
        series=series,
        given=given,
    )
