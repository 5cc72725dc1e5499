"""
An imported traffic source: links of a traffic model, or count points, and the volumes at them.

A folder with `places.parquet`, `volumes.parquet` and `source.toml`, whatever program the traffic
comes from. The places are not the links of a network yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from transmod.errors import Faults, InputError
from transmod.inputs.checks import attempt, check_table, first_of
from transmod.inputs.tables import check_file
from transmod.inputs.toml import read_toml
from transmod.inputs.volume_files import whole_parquet
from transmod.schema import PLACES, SOURCE_VOLUMES, TRIP_KINDS, VEHICLE_CLASSES

PLACES_FILE = "places.parquet"
VOLUMES_FILE = "volumes.parquet"
SOURCE_FILE = "source.toml"

KINDS = ("aadt", "aawdt", "hourly")
UNITS = ("veh", "pcu")

_GEOMETRY = {"link": 1, "point": 0}  # shapely's type numbers


@dataclass(frozen=True, eq=False)
class TrafficSource:
    """
    Traffic as its source has it.

    Attributes
    ----------
    places : GeoDataFrame
        Columns of `schema.PLACES`, sorted by `place_id`, in the CRS of the source. A count point
        without coordinates has no geometry: it serves profiles, and cannot be matched.
    volumes : DataFrame
        Columns of `schema.SOURCE_VOLUMES`, sorted by place, class and trip kind in the order of
        the schema. With `kind` "hourly", `volume` and `speed_kmh` hold float32 arrays of `hours`
        values, NaN in an hour that is not given; `to_matrix` stacks them. A stream that is not
        given at a place has no row.
    format : str
        What the files were, as `sumo`.
    kind : "aadt", "aawdt" or "hourly"
        Mean of all days, mean of Mondays to Fridays, or a series of hours.
    unit : "veh" or "pcu"
        Of `volume`.
    hours : int or None
        Length of the series; None for daily volumes.
    notes : tuple of str
        What a user should know, row by row where rows were left out.
    """

    places: gpd.GeoDataFrame
    volumes: pd.DataFrame
    format: str
    kind: str
    unit: str
    hours: int | None
    notes: tuple[str, ...] = ()


def to_matrix(series: pd.Series, hours: int | None) -> NDArray[np.floating]:
    """Stack a column of volumes or speeds to (n, H); H is 1 for daily figures."""
    if hours is None:
        return series.to_numpy(np.float64).reshape(-1, 1)
    if not len(series):
        return np.empty((0, hours), np.float32)
    return np.stack(series.to_list()).astype(np.float32, copy=False)


def sort_volumes(volumes: pd.DataFrame) -> pd.DataFrame:
    """Sort volumes by place, class and trip kind, these in the order of the schema."""
    kind = pd.Index(TRIP_KINDS).get_indexer(pd.Index(volumes["trip_kind"]))
    vehicle_class = pd.Index(VEHICLE_CLASSES).get_indexer(pd.Index(volumes["vehicle_class"]))
    place = pd.factorize(volumes["place_id"], sort=True)[0]
    order = np.lexsort((kind, vehicle_class, place))
    return volumes.iloc[order].reset_index(drop=True)


def read_traffic_source(folder: Path) -> TrafficSource:
    """
    Read a folder that `transmod volumes import` wrote, and check it.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(
            f"{folder} must be a folder that `transmod volumes import` wrote: no such folder."
        )
    faults = Faults()
    places = attempt(faults, _read_places, folder / PLACES_FILE)
    facts = attempt(faults, read_toml, folder / SOURCE_FILE)
    table = attempt(faults, _read_table, folder / VOLUMES_FILE)
    if places is None or facts is None or table is None:
        faults.raise_all()
    source = TrafficSource(
        places=places,
        volumes=_to_volumes(table),
        format=str(facts.get("format", "unknown")),
        kind=str(facts.get("kind", "")),
        unit=str(facts.get("unit", "")),
        hours=facts.get("hours"),
        notes=tuple(facts.get("notes", ())),
    )
    check_traffic_source(source, str(folder))
    return source


def check_traffic_source(source: TrafficSource, origin: str) -> None:
    """
    Check that a source is what `schema.PLACES` and `schema.SOURCE_VOLUMES` say.

    Raises
    ------
    InputError
        With every fault.
    """
    faults = Faults()
    for name, found, valid in (("kind", source.kind, KINDS), ("unit", source.unit, UNITS)):
        if found not in valid:
            faults.add(f"`{name}` of {origin} must be one of {', '.join(valid)}: {found!r} found.")
    if (source.kind == "hourly") != isinstance(source.hours, int):
        faults.add(
            f"`hours` of {origin} must be a number with kind hourly, and only then: "
            f"{source.hours!r} found with kind {source.kind}."
        )
    check_table(source.places, PLACES, f"{PLACES_FILE} of {origin}", faults)
    faults.raise_any()
    _check_places(source.places, origin, faults)
    _check_volumes(source, origin, faults)
    faults.raise_any()


def _check_places(places: gpd.GeoDataFrame, origin: str, faults: Faults) -> None:
    known = places.geometry.notna().to_numpy()
    if places.crs is None and known.any():
        faults.add(f"{PLACES_FILE} of {origin} must state a coordinate reference system: none.")
    ids = places["place_id"]
    if not ids.is_monotonic_increasing:
        faults.add(f"{PLACES_FILE} of {origin} must be sorted by place_id: it is not.")
    wrong = shapely.get_type_id(places.geometry.to_numpy()) != places["kind"].map(_GEOMETRY)
    wrong &= known
    if wrong.any():
        where = first_of(wrong.to_numpy(), lambda row: f"place_id {ids.iloc[row]!r}")
        faults.add(f"Links of {origin} must be LineStrings, points Points: {where}.")


def _check_volumes(source: TrafficSource, origin: str, faults: Faults) -> None:
    volumes, label = source.volumes, f"{VOLUMES_FILE} of {origin}"
    figures = [name for name in ("volume", "speed_kmh") if name in volumes.columns]
    if source.hours is None:
        check_table(volumes, SOURCE_VOLUMES, label, faults)
    else:
        # an hour that is not given is NaN, so the table's own check has no say in lists
        check_table(volumes.assign(**dict.fromkeys(figures, 0.0)), SOURCE_VOLUMES, label, faults)
        for name in figures:
            lengths = volumes[name].map(len).to_numpy()
            if (lengths != source.hours).any():
                faults.add(
                    f"`{name}` of {label} must be lists of {source.hours} hours: "
                    f"{first_of(lengths != source.hours, _row, lengths)}."
                )
                continue
            values = to_matrix(volumes[name], source.hours)
            bad = ((values < 0) | np.isinf(values)).any(axis=1)
            if bad.any():
                faults.add(f"`{name}` of {label} must be finite and >= 0: {first_of(bad, _row)}.")
    known = volumes["place_id"].isin(source.places["place_id"]).to_numpy()
    if not known.all():
        where = first_of(~known, _row, volumes["place_id"])
        faults.add(f"`place_id` of {label} must stand in {PLACES_FILE}: {where}.")


def _row(position: int) -> str:
    return f"row {position + 1}"


def _read_places(path: Path) -> gpd.GeoDataFrame:
    check_file(path)
    with whole_parquet(path):
        try:
            places = gpd.read_parquet(path)
        except ValueError as error:
            raise InputError(f"{path} must be a GeoParquet file: {error}.") from error
    if "osm_way_id" in places:
        places["osm_way_id"] = places["osm_way_id"].astype("Int64")
    return places


def _read_table(path: Path) -> pa.Table:
    check_file(path)
    with whole_parquet(path):
        return pq.read_table(path)


def _to_volumes(table: pa.Table) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for name in table.column_names:
        values = table.column(name).combine_chunks()
        if pa.types.is_fixed_size_list(values.type):
            matrix = values.flatten().to_numpy(zero_copy_only=False)
            columns[name] = pd.Series(
                list(matrix.reshape(len(values), values.type.list_size)), dtype=object
            )
        else:
            columns[name] = values.to_pandas()
    return pd.DataFrame(columns)
