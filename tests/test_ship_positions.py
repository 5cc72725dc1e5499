"""Positions of ships, registers and areas: what is wrong with them is told."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import ship_files
import small_run
from shapely import box
from shapely.affinity import translate
from ship_files import tables

from transmod.errors import InputError
from transmod.inputs import ship_tracks
from transmod.inputs.ship_tracks import read_areas, read_register, read_tracks

AREAS = gpd.GeoDataFrame(
    {"kind": ["berth", "anchorage", "land"], "name": ["basin", "roads", "hill"]},
    geometry=[translate(box(*corners), *small_run.ORIGIN) for corners in (
        (-300, 100, 900, 900), (-3000, 0, -1500, 900), (1000, 200, 2000, 800),
    )],
    crs=small_run.CRS,
)  # fmt: skip


def rows(ship="1", n=120):
    """Positions of a ship that comes in from the west."""
    return [(ship, 60 * k, -30_000.0 + 250.0 * k, 500.0, 8.0) for k in range(n)]


def read(folder, positions, *ships, **options):
    register = read_register(ship_files.write_register(folder, *ships), tables())
    paths = [ship_files.write_positions(folder, positions)]
    return read_tracks(paths, register, ship_files.no_areas(), ship_files.degrees(0, 0), **options)


def faults_of(folder, frame, *ships, **options):
    path = folder / "bad.parquet"
    frame.to_parquet(path)
    register = read_register(ship_files.write_register(folder, *ships), tables())
    with pytest.raises(InputError) as error:
        read_tracks([path], register, ship_files.no_areas(), ship_files.degrees(0, 0), **options)
    return str(error.value)


@pytest.fixture
def frame(tmp_path):
    return pd.read_parquet(ship_files.write_positions(tmp_path, rows()))


def test_times_must_be_utc(tmp_path, frame):
    ship = {"ship_id": "1"}
    bare = frame.assign(time=frame["time"].dt.tz_localize(None))
    assert "must be in UTC, found no zone" in faults_of(tmp_path, bare, ship)
    local = frame.assign(time=frame["time"].dt.tz_convert("America/Santiago"))
    assert "found America/Santiago" in faults_of(tmp_path, local, ship)
    text = frame.assign(time=frame["time"].dt.strftime("%Y-%m-%d %H:%M:%S"))
    assert "must be said to be UTC, as 2023-05-01T12:00:00Z" in faults_of(tmp_path, text, ship)
    odd = frame.assign(time="yesterdayZ")
    assert f"must be a moment: {len(frame)} of {len(frame)}" in faults_of(tmp_path, odd, ship)


def test_unknown_ships_are_listed_with_near_names(tmp_path, frame):
    named = frame.assign(ship_id="Lady Reiher")
    text = faults_of(tmp_path, named, {"ship_id": "Lady Reiter"})
    assert f"1 ships with {len(frame)} of {len(frame)} positions are not, Lady Reiher." in text
    assert "Near 'Lady Reiher': Lady Reiter." in text
    both = [*rows("1"), *rows("9")]
    tracks = read(tmp_path, both, {"ship_id": "1"}, leave_unknown_out=True)
    assert tracks.n_unknown_ship == len(rows("9"))
    assert any("the register lacks and are left out: 9" in note for note in tracks.notes)


def test_positions_that_are_none(tmp_path, frame):
    frame.loc[3, ["longitude", "latitude"]] = 181.0, 91.0
    frame.loc[4, ["longitude", "latitude"]] = 0.0, 0.0
    path = tmp_path / "some.parquet"
    frame.to_parquet(path)
    register = read_register(ship_files.write_register(tmp_path, {"ship_id": "1"}), tables())
    tracks = read_tracks([path], register, ship_files.no_areas(), None)
    assert tracks.n_no_position == 2
    assert "2 of" in tracks.notes[0]
    frame.loc[5, "longitude"], frame.loc[6, "speed_kn"] = 400.0, -3.0
    text = faults_of(tmp_path, frame, {"ship_id": "1"})
    assert "`longitude` [degrees]" in text
    assert "`speed_kn` [kn]" in text
    assert "1 of" in text


def test_swapped_coordinates(tmp_path, frame):
    swapped = frame.rename(columns={"longitude": "latitude", "latitude": "longitude"})
    assert "swapped?" in faults_of(tmp_path, swapped, {"ship_id": "1"})


def test_time_that_goes_back_by_blocks(tmp_path, frame, monkeypatch):
    monkeypatch.setattr(ship_tracks, "BLOCK", 50)
    text = faults_of(tmp_path, frame.iloc[::-1], {"ship_id": "1"})
    assert "must not go back for a ship by whole blocks" in text


def test_columns_and_ships_that_are_missing(tmp_path, frame):
    text = faults_of(tmp_path, frame.drop(columns="speed_kn"), {"ship_id": "1"})
    assert "speed_kn not found" in text
    path = ship_files.write_register(tmp_path, {"ship_id": "1"}, {"ship_id": "1", "trade": "none"})
    with pytest.raises(InputError, match=r"(?s)within_city, cross_boundary.*stand twice"):
        read_register(path, tables())


def test_areas_are_polygons_of_known_kinds(tmp_path):
    path = tmp_path / "areas.gpkg"
    AREAS.to_file(path)
    areas = read_areas(path, ship_files.city())
    assert areas["in_city"].tolist() == [True, False, False]
    bad = gpd.GeoDataFrame({"kind": ["quay"]}, geometry=[shapely.Point(0, 0)], crs=small_run.CRS)
    bad.to_file(tmp_path / "bad.gpkg")
    with pytest.raises(InputError, match=r"(?s)berth, anchorage, land.*must be polygons"):
        read_areas(tmp_path / "bad.gpkg", ship_files.city())
