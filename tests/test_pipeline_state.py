"""What results say of themselves."""

import pytest

from transmod.pipeline.state import to_caption
from transmod.scenario import read_scenario

SCENARIO = """
title = "A city"
year = 2024
timezone = "UTC"

[network]
path = "network"

[traffic]
volumes = "volumes.parquet"
kind = "hourly"
{origin}

[fleet]
mix = "nowhere"
"""


@pytest.mark.parametrize(
    ("origin", "said"),
    [("", "Volumes of unstated origin"), ('origin = "counted"', "Volumes counted")],
)
def test_where_volumes_are_from_is_said_as_far_as_it_is_stated(tmp_path, origin, said):
    (tmp_path / "scenario.toml").write_text(SCENARIO.format(origin=origin))
    caption = to_caption(read_scenario(tmp_path), "ODbL", "a set")
    assert caption.source == f"{said}; network data: ODbL; factors: a set"
