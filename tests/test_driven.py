"""What links were driven for: there and back through the table of the spectrum."""

from types import SimpleNamespace

import numpy as np
import pytest

from transmod.exchange import from_frame
from transmod.model.areas import Areas
from transmod.model.driven import to_driven
from transmod.model.spectrum_tables import to_spectrum_table
from transmod.schema import GRADIENT_NODES, N_SPEED_NODES, NO_DISTRICT, ROAD_TYPES

STREAMS = (("car", "local"), ("bus", "all"), ("car", "through"))
N_SEASONS = 2


def spectrum(n_areas, n_gradients, seed=3, number=400):
    """Return kilometres in a few places; the last stream drives nowhere."""
    shape = (n_areas, n_gradients, N_SEASONS * len(ROAD_TYPES), N_SPEED_NODES, len(STREAMS))
    rng = np.random.default_rng(seed)
    out = np.zeros(shape)
    out[tuple(rng.integers(0, n, number) for n in shape)] = rng.uniform(1.0, 1e6, number)
    out[0, [0, -1], 0, 0, 0] = 1.0  # of the first and last gradient there is something
    out[..., 2] = 0.0
    return out


@pytest.mark.parametrize("gradients", [GRADIENT_NODES[:1], GRADIENT_NODES])
def test_what_is_read_back_is_what_was_written(gradients):
    areas = Areas(("east", "west", NO_DISTRICT))
    driven = spectrum(len(areas.district_ids), len(gradients))
    activity = SimpleNamespace(streams=STREAMS, gradients=np.array(gradients), spectrum=driven)
    rows = from_frame(to_spectrum_table(activity, areas.district_ids))
    # rows may come in any order
    back = to_driven(rows[np.arange(len(rows))[::-1]], STREAMS, areas, N_SEASONS)
    assert back.gradients.tolist() == list(gradients)
    for c, own in enumerate(back.each_stream()):
        assert np.array_equal(own, driven[..., c])
    assert np.array_equal(back.spectrum, driven)
    assert back.by_area() == pytest.approx(driven.sum(axis=(1, 2, 3, 4)), rel=1e-12)


def test_a_city_where_nobody_drives():
    areas = Areas(("east",))
    activity = SimpleNamespace(
        streams=STREAMS, gradients=np.zeros(1), spectrum=np.zeros((1, 1, 4, N_SPEED_NODES, 3))
    )
    rows = from_frame(to_spectrum_table(activity, areas.district_ids))
    back = to_driven(rows, STREAMS, areas, 1)
    assert back.by_area().tolist() == [0.0]
    assert not any(driven.any() for driven in back.each_stream())
