"""Kilometres on links of a finished run, by district, class of vehicle and class of road."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from transmod.inputs.hashes import sha256_file
from transmod.inputs.network_files import LINKS_FILE
from transmod.inputs.results import RESULTS, read_manifest
from transmod.inputs.tables import read_parquet

LINKS = "links.parquet"


def find_link_use(run: Path, network: Path) -> Callable[[], pd.DataFrame] | None:
    """
    Find the kilometres that a finished run drove on its links; None if it has not written them.

    Returns
    -------
    callable or None
        Gives `district_id`, `vehicle_class`, `road_class`, `vkm` [veh km] of each link.
    """
    path = run / RESULTS / LINKS
    known = read_manifest(run)["results"].get(LINKS)
    if known is None or not path.is_file() or sha256_file(path) != known:
        return None

    def read() -> pd.DataFrame:
        names = [n for n in pq.read_schema(path).names if n.startswith("vkm_")]
        driven = read_parquet(path, ["link_id", "district_id", *names])
        road = read_parquet(network / LINKS_FILE, ["link_id", "road_class"])
        return to_link_use(driven, road)

    return read


def to_link_use(driven: pd.DataFrame, road: pd.DataFrame) -> pd.DataFrame:
    """
    Write kilometres of links as a row for each class of vehicle.

    Parameters
    ----------
    driven : pandas.DataFrame
        `link_id`, `district_id`, and `vkm_<class>` [veh km].
    road : pandas.DataFrame
        `link_id` and `road_class`.
    """
    columns = {n: n.removeprefix("vkm_") for n in driven.columns if n.startswith("vkm_")}
    long = driven.rename(columns=columns).melt(
        ["link_id", "district_id"], list(columns.values()), "vehicle_class", "vkm"
    )
    long = long[long["vkm"] > 0.0].merge(road, on="link_id", how="left")
    return long[["district_id", "vehicle_class", "road_class", "vkm"]]
