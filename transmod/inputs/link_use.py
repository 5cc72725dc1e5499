"""Kilometres on links of a finished run, by district, class of vehicle and class of road."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from transmod.errors import InputError
from transmod.inputs.hashes import sha256_file
from transmod.inputs.network_files import LINKS_FILE
from transmod.inputs.results import RESULTS, read_manifest
from transmod.inputs.tables import read_parquet

LINKS = "links.parquet"


def read_link_use(run: Path, network: Path) -> pd.DataFrame:
    """
    Read the kilometres that a finished run drove on its links.

    Parameters
    ----------
    run, network : Path
        Folders of the run and its network.

    Returns
    -------
    pandas.DataFrame
        `district_id`, `vehicle_class`, `road_class`, `vkm` [veh km] of each link and district.

    Raises
    ------
    InputError
        If the run has not written its links, or they are not as it wrote them.
    """
    path = run / RESULTS / LINKS
    known = read_manifest(run)["results"].get(LINKS)
    if known is None or not path.is_file() or sha256_file(path) != known:
        raise InputError(
            f"Kilometres of links must be at hand for uncertain volumes of road classes and links: "
            f"{path} is not there as it was written. Name links in `outputs` of that run."
        )
    names = [name for name in pq.read_schema(path).names if name.startswith("vkm_")]
    driven = read_parquet(path, ["link_id", "district_id", *names])
    return to_link_use(driven, read_parquet(network / LINKS_FILE, ["link_id", "road_class"]))


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
    own = driven[["link_id", "district_id", *columns]].rename(columns=columns)
    long = own.melt(["link_id", "district_id"], list(columns.values()), "vehicle_class", "vkm")
    long = long[long["vkm"] > 0.0].merge(road, on="link_id", how="left")
    return long[["district_id", "vehicle_class", "road_class", "vkm"]]
