"""A network and the volumes on it as a traffic source, to be carried to another network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from transmod.inputs.network import read_network
from transmod.inputs.traffic_source import TrafficSource, sort_volumes
from transmod.inputs.volume_files import Kind
from transmod.inputs.volumes import HOURS_PER_DAY, Direction, Unit, read_volumes


def read_network_source(
    folder: Path,
    volumes: Path,
    *,
    kind: Kind,
    unit: Unit = "veh",
    direction: Direction = "per_link",
) -> TrafficSource:
    """
    Read a network folder with volumes as a traffic source: one place for each link.

    Parameters
    ----------
    folder : Path
        Network folder.
    volumes : Path
        Volumes on its links.
    kind, unit, direction
        As in the scenario of a run with these volumes. Car units become vehicles.

    Raises
    ------
    InputError
        With every fault of network and volumes.
    """
    network = read_network(folder)
    given = read_volumes(
        volumes, network, kind=kind, unit=unit, direction=direction,
        network_sha256=network.sha256 if Path(volumes).suffix == ".csv" else None,
    )  # fmt: skip
    links = network.links
    ids = links["link_id"].to_numpy(np.int64)
    width = len(str(ids.max(initial=0)))
    names = np.array([f"{i:0{width}d}" for i in ids.tolist()], object)
    parts = []
    for block in given.blocks():
        at, stream = np.nonzero(block.given)
        columns: dict[str, Any] = {
            "place_id": names[block.first + at],
            "vehicle_class": [given.streams[c][0] for c in stream.tolist()],
            "trip_kind": [given.streams[c][1] for c in stream.tolist()],
        }
        if block.average is not None:
            columns["volume"] = block.average[at, stream] * HOURS_PER_DAY
        elif block.volume is not None:
            columns["volume"] = list(block.volume[at, stream])
        if block.speed is not None:
            columns["speed_kmh"] = list(block.speed[at, stream])
        parts.append(pd.DataFrame(columns))
    places = gpd.GeoDataFrame(
        {
            "place_id": names,
            "kind": "link",
            "from_node": links["from_node"].astype(str).to_numpy(object),
            "to_node": links["to_node"].astype(str).to_numpy(object),
            "heading_deg": np.nan,
            "is_two_way": False,
            **{
                name: links[name].to_numpy()
                for name in (
                    "road_class", "is_ramp", "name", "lanes", "free_speed_kmh", "capacity_pcu_h",
                    "length_m",
                )
            },
            "osm_way_id": links["osm_way_id"].array,
        },
        geometry=links.geometry.to_numpy(),
        crs=links.crs,
    )  # fmt: skip
    return TrafficSource(
        places=places,
        volumes=sort_volumes(pd.concat(parts, ignore_index=True)),
        format="network",
        kind=kind,
        unit="veh",
        hours=given.n_hours,
        notes=given.notes,
    )
