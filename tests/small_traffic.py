"""A little random traffic laid out as the kernels want it, and what tests do with it."""

from dataclasses import dataclass, replace

import numba
import numpy as np
import pytest

from transmod.kernels.speed import LANES

N_GRADIENTS, N_ROADS, TOP = 3, 4, 60  # speed nodes 0 to 6 km/h
two_threads = pytest.mark.skipif(
    numba.config.DISABLE_JIT or numba.config.NUMBA_NUM_THREADS < 2,
    reason="needs compiled kernels and two threads",
)


@dataclass(frozen=True)
class Traffic:
    """Arguments of the kernels, named as in `kernels.speed` and `kernels.spectrum`."""

    length: np.ndarray
    kind: np.ndarray
    node: np.ndarray
    lift: np.ndarray
    average: np.ndarray
    shape: np.ndarray
    weight: np.ndarray
    speed: np.ndarray
    road_type: np.ndarray
    limit: np.ndarray

    @property
    def lanes(self):
        """The hours of all rows, streams side by side; empty where each row has its own."""
        return self.shape[0] * self.weight[:, None] if len(self.shape) == 1 else self.shape[0, :0]

    @property
    def series(self):
        """The shapes, stream by stream."""
        return np.ascontiguousarray(np.moveaxis(self.shape, 1, 2))

    @property
    def vkm(self):
        """Vehicle-kilometres (N, C)."""
        hours = np.einsum("jtc,t->jc", self.shape, self.weight)
        return self.average * hours * self.length[:, None]

    def part(self, rows):
        """Return some rows."""
        own = {name: getattr(self, name)[rows] for name in (
            "length", "kind", "node", "lift", "average", "speed",
        )}  # fmt: skip
        return replace(self, **own, shape=self.shape[rows] if len(self.shape) > 1 else self.shape)


def random_traffic(
    *, seed=1, rows=7, hours=6, streams=5, own_shape=False, own_speed=False, limits=()
):
    """Return traffic on rows with lower, higher and in-between gradients, 4 road types."""
    rng = np.random.default_rng(seed)
    lanes = -(-streams // LANES) * LANES
    average = np.zeros((rows, lanes))
    average[:, :streams] = rng.uniform(0.0, 500.0, (rows, streams))
    average[rng.random(average.shape) < 0.2] = 0.0
    shape = np.zeros((rows if own_shape else 1, hours, lanes))
    drawn = rng.uniform(0.0, 2.0, (*shape.shape[:2], streams))
    shape[..., :streams] = drawn
    speed = rng.uniform(0.0, TOP / 10, (rows, lanes if own_speed else 1, hours))
    speed[0, 0, :3] = 0.0, TOP / 10, 1.3
    limit = np.full(lanes, TOP / 10)
    limit[: len(limits)] = limits
    lift = rng.random(rows)
    lift[rng.random(rows) < 0.4] = 0.0
    return Traffic(
        length=rng.uniform(0.01, 2.0, rows),
        kind=rng.integers(0, 5, rows).astype(np.int8),
        node=np.where(lift == 0.0, rng.integers(0, 3, rows), rng.integers(0, 2, rows)),
        lift=lift,
        average=average,
        shape=shape,
        weight=rng.integers(1, 366, hours).astype(float),
        speed=speed if own_speed and own_shape else speed.astype(float),
        road_type=rng.integers(0, N_ROADS, (5, hours)).astype(np.int8),
        limit=limit,
    )


# every way through the kernels: shape and speed of all or of each, limits, one or two lane groups
WAYS = [
    pytest.param({"own_shape": own_shape, "own_speed": own_speed, **more}, id=name)
    for name, own_shape, own_speed, more in (
        ("plain", False, False, {}),
        ("own shape", True, False, {}),
        ("own speed", False, True, {}),
        ("own both", True, True, {"streams": 8}),
        ("limits", False, False, {"limits": (4.0, 3.22)}),
        ("limits of all", True, False, {"limits": (2.0,) * 16, "streams": 11}),
        ("limits and own speed", True, True, {"limits": (4.0, 3.22, 0.5), "streams": 11}),
        ("two groups", False, False, {"streams": 16}),
    )
]


def dense(sums, shape):
    """Return the sums of a twin as an array."""
    out = np.zeros(shape)
    for place, value in sums.items():
        out[place] = value
    return out


def with_threads(number, function, *arguments):
    """Return what a function gives on so many threads."""
    before = numba.get_num_threads()
    numba.set_num_threads(number)
    try:
        return function(*arguments)
    finally:
        numba.set_num_threads(before)
