"""Airports: country and position of every place that flights name, and which lie in the city."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from importlib.metadata import version
from importlib.resources import files
from operator import eq
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from transmod.errors import Faults
from transmod.inputs.checks import check_table, first_of, listed
from transmod.inputs.movements import country_codes
from transmod.inputs.network import Network
from transmod.inputs.projections import WGS84
from transmod.inputs.tables import read_csv
from transmod.schema import AIRPORTS, NO_DISTRICT

PACKAGE = "airportsdata"


def read_airports(path: Path | None = None) -> pd.DataFrame:
    """
    Read the airports of the world, and those of the user.

    Parameters
    ----------
    path : Path, optional
        The user's own table (`schema.AIRPORTS`). A row of a known airport says what is otherwise
        there; the row of another place needs country and position.

    Returns
    -------
    pandas.DataFrame
        Indexed by `airport` (ICAO code, or the user's own): `iata`, `name`, `city`, `country`,
        `latitude`, `longitude` [degrees], `in_city` (null: its position says it).

    Raises
    ------
    InputError
        With every fault of the user's table.
    """
    airports = _read_shipped()
    if path is None:
        return airports
    path, faults = Path(path), Faults()
    own = read_csv(path, AIRPORTS, faults)
    check_table(own, AIRPORTS, str(path), faults)
    faults.raise_any()
    for column in AIRPORTS.columns:
        if column.name not in own.columns:
            own[column.name] = None
    own["airport"] = to_icao(own["airport"], airports)
    own = own.set_index("airport")
    known = own.index.isin(airports.index)
    for name in ("country", "latitude", "longitude"):
        lacking = own[name].isna().to_numpy() & ~known
        if lacking.any():
            faults.add(
                f"`{name}` of {path} must be given for an airport that the shipped list lacks: "
                f"{first_of(lacking, lambda i: f'row {i + 1}', own.index)}."
            )
    strange = (~own["country"].isin(country_codes()) & own["country"].notna()).to_numpy(bool)
    if strange.any():
        faults.add(
            f"`country` of {path} must be an ISO 3166-1 alpha-2 code in capitals, as CL or CN: "
            f"{first_of(strange, lambda i: f'row {i + 1}', own['country'])}."
        )
    faults.raise_any()
    names = ["name", "country", "latitude", "longitude", "in_city"]
    both = airports.reindex(airports.index.union(own.index))
    for name in names:
        given = own[name].dropna()
        both.loc[given.index, name] = given
    return both


def to_icao(codes: pd.Series, airports: pd.DataFrame) -> pd.Series:
    """Return codes with IATA codes written as ICAO codes; others stay as they are."""
    names = {code: code for code in codes.unique() if code not in airports.index}
    short = airports["iata"].isin(list(names))
    names |= dict(zip(airports.loc[short, "iata"], airports.index[short], strict=True))
    return codes.replace(names) if len(names) else codes


def check_airports(
    codes: Iterable[str], airports: pd.DataFrame, origin: str, faults: Faults
) -> None:
    """Note codes that are of no airport, with near ones and near names."""
    strange = sorted(code for code in set(codes) if code not in airports.index)
    if not strange:
        return
    wrong = strange[0].upper()
    near = difflib.get_close_matches(wrong, list(airports.index), 20, 0.7)
    near = sorted(near, key=lambda code: -sum(map(eq, code, wrong)))[:3]
    for name in ("city", "name"):
        alike = airports[name].str.contains(strange[0], case=False, regex=False, na=False)
        near += [code for code in airports.index[alike][:3] if code not in near]
    shown = ", ".join(f"{code} ({airports.loc[code, 'name']})" for code in near[:4])
    faults.add(
        f"Airports of {origin} must be ICAO or IATA codes, or stand in `aviation.airports`: "
        f"{listed(repr(code) for code in strange)} ({len(strange)}) are not known."
        + (f" Near {strange[0]!r}: {shown}." if near else "")
    )


def place_airports(airports: pd.DataFrame, network: Network) -> gpd.GeoDataFrame:
    """
    Say of airports whether they lie in the city, and in which district.

    Parameters
    ----------
    airports : pandas.DataFrame
        Rows of `read_airports`, a few.
    network : Network
        Boundary and districts.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows with `in_city`, `district_id` (`no_district` inside the boundary but in none; null
        outside; the lowest id on a border) and the position in the working CRS.
    """
    points = gpd.points_from_xy(airports["longitude"], airports["latitude"], crs=WGS84)
    placed = gpd.GeoDataFrame(airports.copy(), geometry=points).to_crs(network.crs)
    inside = shapely.intersects(network.boundary, placed.geometry.to_numpy())
    placed["in_city"] = np.where(placed["in_city"].isna(), inside, placed["in_city"]).astype(bool)
    districts = network.districts.sort_values("district_id")
    found = []
    for point in placed.geometry:
        covers = districts["district_id"][shapely.intersects(districts.geometry.to_numpy(), point)]
        found.append(covers.iloc[0] if len(covers) else NO_DISTRICT)
    placed["district_id"] = pd.Series(found, placed.index, dtype=object).where(placed["in_city"])
    return placed


def list_version() -> str:
    """Return the version of the shipped list of airports."""
    return version(PACKAGE)


def _read_shipped() -> pd.DataFrame:
    table = pd.read_csv(
        str(files(PACKAGE) / "airports.csv"), keep_default_na=False,
        usecols=["icao", "iata", "name", "city", "country", "lat", "lon"],
        dtype={"lat": np.float64, "lon": np.float64},
    )  # fmt: skip
    table = table.rename(columns={"icao": "airport", "lat": "latitude", "lon": "longitude"})
    table["in_city"] = pd.Series([None] * len(table), dtype="boolean")
    return table.set_index("airport")
