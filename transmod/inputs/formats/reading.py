"""What a reader of a format hands on: places, streams at them, and remarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from transmod.errors import InputError
from transmod.schema import PLACES

# what a stream is called that a source does not split by class
ALL_VEHICLES = "all"


@dataclass(frozen=True)
class ImportOptions:
    """
    What a user says of files that do not say it themselves.

    Attributes
    ----------
    classes : mapping
        Their class, or column of volumes -> vehicle class of ours, or "" to leave it out.
    mix : mapping
        Vehicle class -> share of the volumes that are not split by class; empty: all are cars.
    kind : str or None
        "aadt", "aawdt" or "hourly".
    unit : str or None
        "veh" or "pcu".
    crs : str or None
        Of coordinates whose file does not state it.
    length_unit : str or None
        Of lengths whose file does not state it.
    encoding : str or None
        Of text files.
    begin_hour : int
        Hour of the day at which second 0 of a simulation stands.
    scale : float
        Vehicles that one of theirs stands for, as 10 for a sample of 10 %.
    day_factor : float or None
        Daily traffic over that of the period that the files cover, to make daily volumes.
    mean_hour : bool
        Make the period that the files cover one average hour.
    """

    classes: Mapping[str, str] = field(default_factory=dict)
    mix: Mapping[str, float] = field(default_factory=dict)
    kind: str | None = None
    unit: str | None = None
    crs: str | None = None
    length_unit: str | None = None
    encoding: str | None = None
    begin_hour: int = 0
    scale: float = 1.0
    day_factor: float | None = None
    mean_hour: bool = False


@dataclass(frozen=True)
class Remark:
    """
    What is to be said of one row of a file.

    Attributes
    ----------
    file, row, place : str
        Where it stands and what it is about.
    text : str
        What is wrong with it.
    taken : bool
        Whether the row was taken all the same.
    """

    file: str
    row: str
    place: str
    text: str
    taken: bool = False


@dataclass(frozen=True, eq=False)
class Stream:
    """
    Volumes of one class at n places.

    Attributes
    ----------
    name : str
        Class as the source calls it; `ALL_VEHICLES` where it does not split.
    place : int64 (n,)
        Positions in the places.
    volume : float (n, H)
        H is 1 for daily figures; NaN where not given.
    speed : float (n, H) or None
        [km/h]; NaN where not given.
    trip_kind : str
        Where the trips start and end.
    """

    name: str
    place: NDArray[np.int64]
    volume: NDArray[np.floating]
    speed: NDArray[np.floating] | None = None
    trip_kind: str = "all"


@dataclass(eq=False)
class Reading:
    """
    The content of the files of a format, not checked as a whole yet.

    Attributes
    ----------
    format : str
        Name of the format.
    places : GeoDataFrame
        Columns of `schema.PLACES`, in any order, and `row`: where each stands in its file.
    streams : list of Stream
        One or more for each class.
    kind, unit : str or None
        As of a `TrafficSource`; None where neither file nor user tells.
    hours : int or None
        Length of series; None for daily figures.
    covered : float (H,) or None
        Share of each hour that the figures cover, where it is not all of it.
    remarks : list of Remark
        Rows that were left out, and rows with something missing.
    notes : list of str
        What a user should know.
    """

    format: str
    places: gpd.GeoDataFrame
    streams: list[Stream]
    kind: str | None
    unit: str | None = "veh"
    hours: int | None = None
    covered: NDArray[np.float64] | None = None
    remarks: list[Remark] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def make_places(
    columns: Mapping[str, Any], geometry: Sequence[Any] | NDArray[Any], crs: CRS | str | None
) -> gpd.GeoDataFrame:
    """Make a table of places; columns of `schema.PLACES` that are not given are unknown."""
    n = len(geometry)
    frame = pd.DataFrame(index=pd.RangeIndex(n))
    for column in PLACES.columns[:-1]:
        given = columns.get(column.name)
        if column.dtype == "float64":
            frame[column.name] = np.full(n, np.nan) if given is None else np.asarray(given, float)
        elif column.dtype == "bool":
            frame[column.name] = np.zeros(n, bool) if given is None else np.asarray(given, bool)
        elif column.dtype == "int64":
            frame[column.name] = pd.array([None] * n if given is None else given, "Int64")
        else:
            values = [None] * n if given is None else [given] * n
            texts = values if given is None or isinstance(given, str) else list(given)
            frame[column.name] = pd.Series(texts, dtype=object)
    frame["row"] = columns.get("row", np.arange(1, n + 1))
    return gpd.GeoDataFrame(frame, geometry=np.asarray(geometry, object), crs=crs)


def parse_crs(text: str | None, origin: str | Path) -> CRS | None:
    """
    Parse a CRS that a file or a user names.

    Raises
    ------
    InputError
        If it is unknown.
    """
    if text is None:
        return None
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise InputError(
            f"{origin} must name a known coordinate reference system, as EPSG:32629: {text!r} "
            f"found. Name it with --crs."
        ) from error


def need_crs(options: ImportOptions, what: str) -> CRS:
    """
    Return the CRS that a user names for coordinates whose file has none.

    Raises
    ------
    InputError
        If none is named.
    """
    crs = parse_crs(options.crs, "--crs")
    if crs is None:
        raise InputError(
            f"The coordinate reference system of {what} must be known: the file does not state it. "
            f"Name it with --crs, as EPSG:4326 for degrees."
        )
    return crs
