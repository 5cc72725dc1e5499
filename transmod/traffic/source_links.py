"""Make a network's links out of the places of a traffic source, and volumes on them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from transmod.errors import Faults, InputError
from transmod.inputs.checks import check_table
from transmod.inputs.traffic_source import TrafficSource, to_matrix
from transmod.schema import LINKS
from transmod.traffic.link_layer import find_nodes
from transmod.traffic.network import Links, complete_links
from transmod.traffic.place_lengths import place_lengths

# Road class of a link that has none, by free speed [km/h]: an assumption, marked in `imputed`.
_CLASS_OF_SPEED = ((95.0, "motorway"), (75.0, "trunk"), (55.0, "primary"), (45.0, "secondary"))
_SLOWEST_CLASS = "tertiary"
_UNKNOWN_SPEED_CLASS = "secondary"
_LARGEST_ID = 2**53
_HALF = 0.5


def source_links(source: TrafficSource) -> Links:
    """
    Turn the links of a traffic source into a network's links, in the CRS of the source.

    A place whose figures are of both directions becomes two links. What the source does not say
    is assumed by road class, and the road class by free speed, and marked in `imputed`.

    Returns
    -------
    Links
        The table has two more columns: `place_id`, and `share`, that of the place's volume which
        is the link's.

    Raises
    ------
    InputError
        If the source has no links.
    """
    places = source.places[source.places["kind"] == "link"].reset_index(drop=True)
    if places.empty:
        raise InputError(
            "A source must have links to become a network: it has count points only. Match them "
            "onto a network with transmod volumes match."
        )
    notes = [f"{note}" for note in source.notes]
    left = int((source.places["kind"] != "link").sum())
    if left:
        notes.append(f"{left:,} count points are no links: left out.")
    table, assumed = _to_table(places, notes)
    table = _with_directions(table, places["is_two_way"].to_numpy(bool), notes)
    row = table.pop("row").to_numpy()
    extra = table[["place_id", "share"]].copy()
    table = table.drop(columns=["place_id", "share"])
    links = complete_links(
        table,
        np.full(len(table), np.nan),
        {name: values[row] for name, values in assumed.items()},
        np.empty(0, object),
    )
    links[["place_id", "share"]] = extra
    links = links.sort_values("link_id", ignore_index=True)
    faults = Faults()
    check_table(links, LINKS, "the links of the source", faults)
    faults.raise_any()
    return Links(links, tuple(notes))


def link_volumes(
    source: TrafficSource, links: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """
    Put the volumes of a source on the links that were made of it.

    Parameters
    ----------
    source : TrafficSource
        The source.
    links : GeoDataFrame
        Made by `source_links`, with `place_id` and `share`; some may have been left out.

    Returns
    -------
    volumes : DataFrame
        `link_id`, `vehicle_class`, `trip_kind`, `volume` and, for hours, `speed_kmh` if it is known
        wherever there is traffic; sorted as a run wants it.
    notes : tuple of str
        What was left out.

    Raises
    ------
    InputError
        If hours are missing: a run needs all of them.
    """
    notes = []
    rows = links[["link_id", "place_id", "share", "free_speed_kmh"]].merge(
        source.volumes, on="place_id", how="inner", validate="many_to_many"
    )
    lost = ~source.volumes["place_id"].isin(links["place_id"])
    if lost.any():
        notes.append(
            f"{int(lost.sum()):,} of {len(lost):,} streams are at places that are no links of the "
            f"network: left out."
        )
    volume = to_matrix(rows["volume"], source.hours)
    volume = volume * rows["share"].to_numpy()[:, np.newaxis]
    if source.hours is None:
        rows["volume"] = volume[:, 0]
        if "speed_kmh" in rows:
            notes.append("Speeds of daily volumes are no speeds of an hour: left out.")
            rows = rows.drop(columns="speed_kmh")
    else:
        _check_hours(volume, rows)
        rows["volume"] = pd.Series(list(volume.astype(np.float32)), dtype=object)
        if "speed_kmh" in rows:
            rows = _complete_speeds(rows, volume, source.hours, notes)
    rows = rows.drop(columns=["place_id", "share", "free_speed_kmh"])
    order = np.argsort(rows["link_id"].to_numpy(), kind="stable")
    return rows.iloc[order].reset_index(drop=True), tuple(notes)


def _to_table(
    places: gpd.GeoDataFrame, notes: list[str]
) -> tuple[gpd.GeoDataFrame, dict[str, NDArray[np.bool_]]]:
    road_class = places["road_class"].to_numpy(object).copy()
    no_class = pd.isna(road_class)
    if no_class.any():
        road_class[no_class] = _guess_class(places["free_speed_kmh"].to_numpy()[no_class])
        notes.append(
            f"The road class of {int(no_class.sum()):,} of {len(places):,} links is not stated: "
            f"assumed by free speed."
        )
    table = gpd.GeoDataFrame(
        {
            "place_id": places["place_id"],
            "osm_way_id": places["osm_way_id"].astype("Int64"),
            "road_class": road_class,
            "is_ramp": places["is_ramp"].to_numpy(bool),
            "lanes": places["lanes"].to_numpy(np.float64),
            "free_speed_kmh": places["free_speed_kmh"].to_numpy(np.float64),
            "capacity_pcu_h": places["capacity_pcu_h"].to_numpy(np.float64),
            "gradient": np.full(len(places), np.nan),
            "length_m": place_lengths(places),
            "name": places["name"],
        },
        geometry=places.geometry.to_numpy(),
        crs=places.crs,
    )
    nodes = places[["from_node", "to_node"]]
    if nodes.isna().to_numpy().any():
        table["from_node"], table["to_node"] = find_nodes(places.geometry)
    else:
        table["from_node"], table["to_node"] = _number_nodes(nodes)
    return table, {"road_class": no_class}


def _guess_class(speed: NDArray[np.float64]) -> NDArray[np.object_]:
    out = np.full(speed.size, _SLOWEST_CLASS, object)
    for limit, name in reversed(_CLASS_OF_SPEED):
        out[speed >= limit] = name
    out[np.isnan(speed)] = _UNKNOWN_SPEED_CLASS
    return out


def _number_nodes(nodes: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return nodes as whole numbers: their own if all are, else their place in the alphabet."""
    names = nodes.to_numpy(object).ravel()
    own = _whole(names)
    if own is None:
        own = pd.factorize(names, sort=True)[0].astype(np.int64)
    start, end = own.reshape(-1, 2).T
    return start, end


def _whole(names: NDArray[np.object_]) -> NDArray[np.int64] | None:
    """Return names as whole numbers, if all are distinct as such."""
    texts = [str(name) for name in names]
    if not all(text.isascii() and text.isdigit() and len(text) < 17 for text in texts):
        return None
    numbers = np.array([int(text) for text in texts], np.int64)
    same = len(set(texts)) == np.unique(numbers).size  # 07 and 7 are two names
    return numbers if same and numbers.max(initial=0) < _LARGEST_ID // 2 else None


def _with_directions(
    table: gpd.GeoDataFrame, is_two_way: NDArray[np.bool_], notes: list[str]
) -> gpd.GeoDataFrame:
    """Give links a number; a road of two directions has one each way, with half its volume."""
    ids = _whole(table["place_id"].to_numpy(object))
    if ids is None:
        ids = np.arange(len(table), dtype=np.int64)
    table = table.assign(link_id=ids, share=1.0, row=np.arange(len(table)))
    if not is_two_way.any():
        return table
    table["link_id"] = 2 * ids
    table.loc[is_two_way, "share"] = _HALF
    for name in ("lanes", "capacity_pcu_h"):
        table.loc[is_two_way, name] *= _HALF
    back = table[is_two_way].copy()
    back["link_id"] += 1
    back["from_node"], back["to_node"] = back["to_node"].to_numpy(), back["from_node"].to_numpy()
    back = back.set_geometry(shapely.reverse(back.geometry.to_numpy()), crs=table.crs)
    notes.append(
        f"{int(is_two_way.sum()):,} of {len(is_two_way):,} places are of both directions: two "
        f"links each, with half of volume, lanes and capacity."
    )
    return gpd.GeoDataFrame(pd.concat([table, back], ignore_index=True), crs=table.crs)


def _check_hours(volume: NDArray[np.floating], rows: pd.DataFrame) -> None:
    missing = np.isnan(volume)
    if missing.any():
        first = int(missing.any(axis=1).argmax())
        hours = np.flatnonzero(missing[first])
        raise InputError(
            f"Volumes of a run must have all hours: {int(missing.any(axis=1).sum()):,} of "
            f"{len(rows):,} streams lack some, first at {rows['place_id'].iloc[first]!r} hour "
            f"{hours[0]} and {hours.size - 1} more. Import again with --day-factor, for days that "
            f"temporal profiles spread, or with --mean-hour, for a run of one hour."
        )


def _complete_speeds(
    rows: pd.DataFrame, volume: NDArray[np.floating], hours: int, notes: list[str]
) -> pd.DataFrame:
    """Give streams without traffic the free speed; without a speed of traffic, leave out all."""
    speed = to_matrix(rows["speed_kmh"], hours).astype(np.float32)
    unknown = np.isnan(speed)
    driven = unknown & (volume > 0.0)
    if driven.any():
        notes.append(
            f"Speeds are unknown in {int(driven.any(axis=1).sum()):,} of {len(rows):,} streams "
            f"with traffic: all are left out, and computed from volume and capacity."
        )
        return rows.drop(columns="speed_kmh")
    free = rows["free_speed_kmh"].to_numpy(np.float32)[:, np.newaxis]
    speed = np.where(unknown, free, speed)
    return rows.assign(speed_kmh=pd.Series(list(speed), dtype=object))
