"""Read trains: what drives on each line in the period of the account, and where its tracks lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Geod

from transmod.errors import Faults
from transmod.inputs.checks import add_missing_columns, check_table, first_of, listed
from transmod.inputs.ground_factors import RailFactors
from transmod.inputs.layers import read_layer
from transmod.inputs.projections import WGS84
from transmod.inputs.tables import read_csv
from transmod.schema import RAIL_LINES

_GEOD = Geod(ellps="WGS84")
ELECTRIC = ("metro", "tram", "electric_train")


@dataclass(frozen=True, eq=False)
class Trains:
    """
    Trains of the period of an account.

    Attributes
    ----------
    rows : pandas.DataFrame
        `schema.RAIL_LINES`, all columns; null where not given.
    tracks : geopandas.GeoDataFrame
        `line`, `kind` (null: of all kinds on the line), `train_km` [km] driven there, or where
        that is not known its length, as a weight; LineStrings in the working CRS. Lines without
        a track have no row.
    notes : tuple of str
        What a reader should know.
    """

    rows: pd.DataFrame
    tracks: gpd.GeoDataFrame
    notes: tuple[str, ...] = ()


def read_rail_lines(path: Path, factors: RailFactors) -> pd.DataFrame:
    """
    Read and check a table of trains (`schema.RAIL_LINES`).

    Returns
    -------
    pandas.DataFrame
        All columns of the schema; null where not given.

    Raises
    ------
    InputError
        With every fault: its form, a row from which no energy follows, or energy of the wrong kind.
    """
    path, faults = Path(path), Faults()
    rows = read_csv(path, RAIL_LINES, faults)
    check_table(rows, RAIL_LINES, str(path), faults)
    faults.raise_any()
    add_missing_columns(rows, RAIL_LINES)
    check_energy(rows, factors, str(path), faults)
    faults.raise_any()
    return rows[list(RAIL_LINES.names)]


def check_energy(rows: pd.DataFrame, factors: RailFactors, origin: str, faults: Faults) -> None:
    """Note trains from which no energy follows, and energy of the wrong kind."""

    def where(position: int) -> str:
        return f"{rows['line'].iloc[position]} ({rows['kind'].iloc[position]})"

    electric = rows["kind"].isin(ELECTRIC).to_numpy()
    has = {name: rows[name].notna().to_numpy() for name in rows.columns}
    for wrong, other, own_kind in (
        (electric & (has["diesel_t"] | has["diesel_kg_per_train_km"]), "diesel", "electric"),
        (~electric & (has["kwh"] | has["kwh_per_car_km"]), "electricity", "diesel"),
    ):
        if wrong.any():
            faults.add(
                f"Trains of {origin} that are {own_kind} must take no {other}: "
                f"{first_of(wrong, where)}. Trains of two kinds on a line take two rows."
            )
    per = rows["kind"].map(factors.energy["per"])
    by_kind = np.zeros(len(rows), bool)
    for name in ("car_km", "train_km", "gross_tkm"):
        by_kind |= has[name] & (per == name).to_numpy()
    measured = np.where(electric, has["kwh"], has["diesel_t"])
    own = np.where(
        electric,
        has["kwh_per_car_km"] & has["car_km"],
        has["diesel_kg_per_train_km"] & has["train_km"],
    )
    unknown = ~(by_kind | measured | own)
    if unknown.any():
        published = ", ".join(f"{kind} by `{per}`" for kind, per in factors.energy["per"].items())
        faults.add(
            f"Energy of trains of {origin} must follow from `kwh` or `diesel_t` (measured), from "
            f"`kwh_per_car_km` and `car_km`, from `diesel_kg_per_train_km` and `train_km`, or from "
            f"what a published figure is per ({published}): {first_of(unknown, where)}."
        )


def read_tracks(path: Path, lines: pd.Series, crs: CRS) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """
    Read where the tracks of lines lie.

    Parameters
    ----------
    path : Path
        Vector file of lines with a column `line`; a line may have several features.
    lines : pandas.Series
        Lines that have trains.
    crs : pyproj.CRS
        CRS to work in.

    Returns
    -------
    tracks : geopandas.GeoDataFrame
        As in `Trains`, weighted by length.
    notes : tuple of str
        Which tracks have no trains.

    Raises
    ------
    InputError
        As `read_layer`; if there is no column `line`, or a feature is no line.
    """
    layer, faults = read_layer(path), Faults()
    if "line" not in layer.columns:
        faults.add(f"{path} must have a column `line` that names the line of each track.")
    geometry = layer.geometry.to_numpy()
    kinds = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
    bad = ~np.isin(shapely.get_type_id(geometry), kinds) | ~(shapely.length(geometry) > 0.0)
    if bad.any():
        first = first_of(bad, lambda k: f"row {k + 1}")
        faults.add(f"`geometry` of {path} must be lines with a length: {first}.")
    faults.raise_any()
    named = layer["line"].astype(str)
    idle = sorted(set(named) - set(lines))
    tracks = layer[["line", "geometry"]].assign(line=named)[named.isin(lines)]
    tracks = tracks.explode(ignore_index=True).to_crs(crs)
    tracks = tracks.assign(kind=None, train_km=length_km(tracks))
    note = f"{len(idle)} tracks of {Path(path).name} have no trains: {listed(idle)}."
    return tracks[["line", "kind", "train_km", "geometry"]], (note,) if idle else ()


def length_km(tracks: gpd.GeoDataFrame) -> np.ndarray:
    """Return the geodesic length (N,) [km] of each line."""
    return np.array([_GEOD.geometry_length(line) for line in tracks.geometry.to_crs(WGS84)]) / 1e3


def no_tracks(crs: CRS) -> gpd.GeoDataFrame:
    """Return tracks of no line."""
    columns = {"line": [], "kind": [], "train_km": np.zeros(0)}
    return gpd.GeoDataFrame(columns, geometry=[], crs=crs)


def join_trains(parts: list[Trains], crs: CRS, faults: Faults) -> Trains:
    """Join trains of a table and of a timetable; a line may stand in one of them only."""
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    named = [line for part in parts for line in part.rows["line"].unique()]
    twice = sorted({line for line in named if named.count(line) > 1})
    if twice:
        faults.add(
            f"A line must stand in `rail.lines` or in `rail.gtfs_lines`, not in both: "
            f"{listed(twice)} stand in both."
        )
    tracks = [part.tracks for part in parts if len(part.tracks)]
    joined = pd.concat(tracks, ignore_index=True) if tracks else no_tracks(crs)
    notes = tuple(note for part in parts for note in part.notes)
    return Trains(rows, gpd.GeoDataFrame(joined, crs=crs), notes)
