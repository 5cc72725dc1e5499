"""Trains: a metro line by hand, shares by track, laws, faults of tables and timetables."""

import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import small_run
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString
from shapely.affinity import translate
from source_ledger import post_source

import transmod
from transmod.accounts.ledger import switch_rule, to_table
from transmod.errors import Faults, InputError
from transmod.inputs.ground_factors import read_rail_factors
from transmod.inputs.gtfs import read_gtfs
from transmod.inputs.network import read_network
from transmod.inputs.rail import Trains, join_trains, no_tracks, read_rail_lines, read_tracks
from transmod.inputs.rules import read_rule
from transmod.model.grid_power import GridPower
from transmod.model.rail import rail_emissions
from transmod.schema import RAIL_LINES

MOVEMENTS = Path(transmod.__file__).parents[1] / "vehicle_profiles" / "movements"
FEED = Path(__file__).parent / "data" / "gtfs"
FACTORS = read_rail_factors(MOVEMENTS)
POWER = GridPower(kg_per_kwh=0.5, loss_share=0.05, notes=())
LINES = "route_id,line,kind,cars,kwh_per_car_km\nM1,Metro 1,metro,6,\nT2,Tram 2,tram,2,3.5\n"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return read_network(small_run.write_city(tmp_path_factory.mktemp("city") / "small"))


def lines(tmp_path, *rows, header="line,kind,train_km,car_km,gross_tkm,kwh,diesel_t"):
    path = tmp_path / "lines.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return read_rail_lines(path, FACTORS)


def lay_tracks(tmp_path, network, rows, **points):
    """Lay the tracks of each line along its points."""
    shapes = [translate(LineString(way), *small_run.ORIGIN) for way in points.values()]
    layer = gpd.GeoDataFrame({"line": list(points)}, geometry=shapes, crs=small_run.CRS)
    layer.to_file(tmp_path / "tracks.geojson")
    tracks, notes = read_tracks(tmp_path / "tracks.geojson", rows["line"], network.crs)
    return Trains(rows, tracks, notes)


def loose(rows, network):
    return Trains(rows, no_tracks(network.crs))


def no_row():
    """Return a row of trains of which nothing is given."""
    return pd.DataFrame({name: [np.nan] for name in RAIL_LINES.names})


def mass(result, activity, pollutant="co2", district="all"):
    rows = result.emissions
    rows = rows[(rows["activity"] == activity) & (rows["pollutant"] == pollutant)]
    if district != "all":
        rows = rows[rows["district_id"] == district]
    return rows["mass_t"].sum()


# by hand


def test_a_metro_line_by_hand(tmp_path, network):
    """
    600,000 car-km at 1.8 kWh are 1.08 GWh; a quarter of the track lies beyond the boundary.

    Inside: 0.81 GWh = 2.916 TJ, at 0.5 kg/kWh 405 t of CO2: 135 t west of x = 1000 (a third of
    the track inside), 270 t east. Of 0.81 / 0.95 GWh sent out, 5 % are lost: 21.3158 t.
    """
    rows = lines(tmp_path, "1,metro,100000,600000,,,")
    result = rail_emissions(
        lay_tracks(tmp_path, network, rows, **{"1": [(500, 500), (2500, 500)]}),
        FACTORS, network, POWER,
    )  # fmt: skip
    assert result.energy["energy_tj"].sum() == pytest.approx(2.916, rel=1e-6)
    assert mass(result, "rail_electricity") == pytest.approx(405, rel=1e-6)
    assert mass(result, "rail_electricity", district="west") == pytest.approx(135, rel=1e-6)
    assert mass(result, "rail_electricity", district="east") == pytest.approx(270, rel=1e-6)
    assert mass(result, "rail_grid_losses") == pytest.approx(405 * 0.05 / 0.95, rel=1e-6)
    assert set(result.emissions["location"]) == {"district"}
    assert set(result.emissions["vehicle_type"]) == {"metro 1"}
    assert result.places is None
    (note,) = result.notes
    assert note.endswith("too: 270 MWh and 0 t of diesel there are not counted.")


def test_a_diesel_train_by_hand(tmp_path, network):
    """
    1 million gross t km at 26.2 kg per 10,000 are 2.62 t of diesel, 0.11266 TJ.

    IPCC 2006: 74,100 kg CO2, 4.15 kg CH4, 28.6 kg N2O a TJ; EMEP/EEA 2019: 52.4 g NOx a kg.
    """
    rows = lines(tmp_path, "freight,diesel_train,,,1000000,,")
    result = rail_emissions(loose(rows, network), FACTORS, network, None)
    assert result.energy["energy_tj"].item() == pytest.approx(0.11266)
    for pollutant, expected in (
        ("co2", 0.11266 * 74.1), ("ch4", 0.11266 * 4.15e-3), ("n2o", 0.11266 * 28.6e-3),
        ("nox", 2.62 * 52.4e-3), ("pm10", 2.62 * 1.44e-3), ("pm2_5", 2.62 * 1.37e-3),
    ):  # fmt: skip
        assert mass(result, "rail_fuel", pollutant) == pytest.approx(expected), pollutant
    assert set(result.emissions["location"]) == {"unallocated"}
    assert result.emissions["district_id"].isna().all()
    assert any("no tracks" in note for note in result.notes)


def test_what_was_measured_goes_before_kilometres(tmp_path, network):
    rows = lines(tmp_path, "1,metro,,1000000,,90000,", "2,diesel_train,,,1e6,,3")
    result = rail_emissions(loose(rows, network), FACTORS, network, POWER)
    assert mass(result, "rail_electricity") == pytest.approx(45)
    assert mass(result, "rail_fuel") == pytest.approx(3 * 43.0 * 74.1e-3)


def test_a_figure_of_ones_own(tmp_path, network):
    rows = lines(
        tmp_path, "T,tram,,1000,3.5,", "D,diesel_train,500,,,1.4",
        header="line,kind,train_km,car_km,kwh_per_car_km,diesel_kg_per_train_km",
    )  # fmt: skip
    result = rail_emissions(loose(rows, network), FACTORS, network, POWER)
    assert mass(result, "rail_electricity") == pytest.approx(1000 * 3.5 * 0.5e-3)
    assert mass(result, "rail_fuel") == pytest.approx(500 * 1.4e-3 * 43.0 * 74.1e-3)


def test_losses_that_are_not_known_are_not_zero(tmp_path, network):
    rows = lines(tmp_path, "1,metro,,1000,,,")
    power = GridPower(0.5, None, ())
    result = rail_emissions(loose(rows, network), FACTORS, network, power)
    lost = result.emissions[result.emissions["activity"] == "rail_grid_losses"]
    assert lost["mass_t"].isna().all()


# laws


@settings(max_examples=4, deadline=None)
@given(
    car_km=st.floats(1.0, 1e8), times=st.floats(0.01, 100.0), start=st.floats(-500, 2500),
    end=st.floats(-500, 2500),
)  # fmt: skip
def test_linear_in_kilometres_and_nothing_is_lost_at_borders(network, car_km, times, start, end):
    track = translate(LineString([(start, 450.0), (end, 471.0)]), *small_run.ORIGIN)
    tracks = gpd.GeoDataFrame(
        {"line": ["1"], "kind": [None], "train_km": [1.0]}, geometry=[track], crs=network.crs
    )
    inside = track.intersection(network.boundary).length / track.length

    def energy(km):
        rows = no_row().assign(line="1", kind="metro", car_km=km)
        return rail_emissions(Trains(rows, tracks), FACTORS, network, POWER).energy["energy_tj"]

    once, scaled = energy(car_km), energy(times * car_km)
    assert scaled.to_numpy() == pytest.approx(times * once.to_numpy(), rel=1e-12)
    whole = car_km * 1.8 * 3.6e-6
    assert once.sum() == pytest.approx(whole * inside, rel=1e-9, abs=1e-9 * whole)


def test_switching_the_rule_moves_rows_never_mass(tmp_path, network):
    rows = lines(tmp_path, "1,metro,,600000,,,", "2,diesel_train,,,1e6,,")
    result = rail_emissions(loose(rows, network), FACTORS, network, POWER)
    ledgers = post_source(result, read_rule("territorial"))
    before = to_table(*ledgers).to_frame()
    for name in ("gpc_basic_plus", "ipcc"):
        moved = to_table(*switch_rule(*ledgers, read_rule(name))).to_frame()
        for pollutant in set(before["pollutant"]):
            masses = [sorted(t.loc[t["pollutant"] == pollutant, "mass_t"]) for t in (before, moved)]
            assert masses[0] == masses[1]
    co2 = before[before["pollutant"] == "co2"].set_index("activity")
    assert co2["in_total"].to_dict() == {
        "rail_fuel": True, "rail_electricity": False, "rail_grid_losses": False,
    }  # fmt: skip
    assert co2["scope"].to_dict() == {
        "rail_fuel": 1, "rail_electricity": 2, "rail_grid_losses": 3,
    }  # fmt: skip
    assert co2["gpc_ref"].to_dict() == {
        "rail_fuel": "II.2.1", "rail_electricity": "II.2.2", "rail_grid_losses": "II.2.3",
    }  # fmt: skip


# timetables


def timetable(tmp_path, network, *, feed=FEED, text=LINES, year=2023):
    (tmp_path / "lines.csv").write_text(text)
    return read_gtfs(feed, tmp_path / "lines.csv", FACTORS, year=year, crs=network.crs)


def test_a_timetable_by_hand(tmp_path, network):
    """
    2023 has 260 working days and 105 of weekends; the first of May drives as a weekend.

    Metro: 259 trips out and 259 back, and 106 x 37 at weekends (6:00 to 24:00, each half hour),
    of 1.99961 km each (2 km on the map, whose scale there is 1.000196). Tram: 259 trips and one
    on the day of a fair, 0.5 km straight from stop to stop.
    """
    trains = timetable(tmp_path, network)
    rows = trains.rows.set_index("line")
    runs = 2 * 259 + 106 * 37
    assert rows.loc["Metro 1", "train_km"] == pytest.approx(runs * 1.99961, rel=1e-5)
    assert rows.loc["Metro 1", "car_km"] == 6 * rows.loc["Metro 1", "train_km"]
    assert rows.loc["Tram 2", "train_km"] == pytest.approx((259 + 1) * 0.4999, rel=1e-4)
    assert trains.notes == (
        "2 trips of gtfs have no shape: straight from stop to stop.",
        "1 routes of gtfs do not run on rails: left out.",
    )
    result = rail_emissions(trains, FACTORS, network, POWER)
    metro = result.energy[result.energy["vehicle_type"] == "metro Metro 1"]
    shares = metro.groupby("district_id")["energy_tj"].sum() / (
        rows.loc["Metro 1", "car_km"] * 1.8 * 3.6e-6
    )
    assert shares.to_dict() == pytest.approx({"west": 0.25, "east": 0.5}, rel=1e-5)
    tram = result.energy[result.energy["vehicle_type"] == "tram Tram 2"]
    assert set(tram["district_id"]) == {"west"}


@pytest.mark.slow
def test_a_zip_is_a_folder(tmp_path, network):
    with zipfile.ZipFile(tmp_path / "gtfs", "w") as archive:
        for path in sorted(FEED.iterdir()):
            archive.write(path, f"feed/{path.name}")
    packed = timetable(tmp_path, network, feed=tmp_path / "gtfs")
    whole = timetable(tmp_path, network)
    pd.testing.assert_frame_equal(packed.rows, whole.rows, check_exact=True)


@pytest.mark.slow
def test_days_that_a_timetable_does_not_cover_count_as_their_weekday(tmp_path, network):
    """Of 2024, no day is covered: 262 working days at 259/260 trips, 104 of weekends at 37."""
    trains = timetable(tmp_path, network, year=2024)
    whole = timetable(tmp_path, network)
    assert "covers 0 of 366 days of 2024" in trains.notes[0]
    mondays, others = 53 * 51 / 52, 262 - 53  # one Monday in 52 was the first of May
    weekend = 104 + 53 * 1 / 52
    runs = 2 * (mondays + others) + 37 * weekend
    per_run = whole.rows.set_index("line").loc["Metro 1", "train_km"] / (2 * 259 + 106 * 37)
    found = trains.rows.set_index("line").loc["Metro 1", "train_km"] / per_run
    assert found == pytest.approx(runs, rel=1e-9)


NO_POINTS = "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n"
NO_TIMES = "trip_id,stop_id,stop_sequence\n"
FREQUENCY = "trip_id,start_time,end_time,headway_secs\n"
NO_DAYS = "service_id,date,exception_type\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"trips.txt": None}, "must hold trips.txt: not found"),
        (
            {"calendar.txt": None, "calendar_dates.txt": None},
            "must hold calendar.txt or calendar_dates.txt",
        ),
        ({"stops.txt": "stop_id,stop_name\nA,A\n"}, "stop_lat, stop_lon not found"),
        ({"calendar_dates.txt": NO_DAYS + "WK,1,2\n"}, "Dates of .* must be such as 20230131"),
        ({"routes.txt": ""}, "routes.txt of .* must be a CSV table in UTF-8"),
        ({"frequencies.txt": FREQUENCY + "m1-weekend,6,24:30:00,1800\n"}, "frequencies.txt of"),
        ({"frequencies.txt": FREQUENCY + "m1-weekend,06:00:00,24:30:00,0\n"}, "headway > 0"),
        ({"calendar_dates.txt": NO_DAYS}, "must have days in the calendar: 1 of 5"),
        (
            {"shapes.txt": NO_POINTS, "stop_times.txt": NO_TIMES},
            "Each trip of .* must have a shape, or two stops",
        ),
    ],
)
def test_bad_timetable(tmp_path, network, files, message):
    feed = tmp_path / "feed"
    shutil.copytree(FEED, feed)
    for name, text in files.items():
        (feed / name).unlink() if text is None else (feed / name).write_text(text)
    with pytest.raises(InputError, match=message):
        timetable(tmp_path, network, feed=feed)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("route_id,kind\nM1,metro\nT2,tram\n", "Energy of trains of .* must follow from"),
        ("route_id,kind,cars\nM1,metro,6\n", "Each route on rails of .* must have a row .* T2"),
        (LINES + "M9,Metro 9,metro,6,\n", "must be routes of .*: M9"),
        (LINES.replace("Tram 2,tram", "Metro 1,metro"), "must have a line of its own: Metro 1"),
        (LINES.replace("metro", "maglev"), "be one of metro, tram, electric_train, diesel_train"),
    ],
)
def test_bad_lines_of_a_timetable(tmp_path, network, text, message):
    with pytest.raises(InputError, match=message):
        timetable(tmp_path, network, text=text)


@pytest.mark.parametrize("name", ["nothing", "no_zip"])
def test_no_timetable(tmp_path, network, name):
    (tmp_path / "no_zip").write_text("nothing")
    with pytest.raises(InputError, match="must be a folder or zip in GTFS"):
        timetable(tmp_path, network, feed=tmp_path / name)


# faults


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,tram,100,200,,,", "Energy of trains of .* must follow from"),
        ("1,metro,100,,,,", "must follow from `kwh` or `diesel_t`"),
        ("1,metro,,600,,,5", "that are electric must take no diesel"),
        ("1,diesel_train,,,600,5,", "that are diesel must take no electricity"),
        ("1,metro,,-600,,,", "`car_km` .km. of .* must be >= 0"),
        ("1,metro,,600,,,\n1,metro,,600,,,", "one row for each line, kind"),
        (",metro,,600,,,", "`line` .-. of .* must be present"),
    ],
)
def test_bad_lines(tmp_path, row, message):
    with pytest.raises(InputError, match=message):
        lines(tmp_path, *row.split("\n"))


def test_tracks_need_the_name_of_their_line(tmp_path, network):
    rows = lines(tmp_path, "1,metro,,600,,,")
    shape = translate(LineString([(0, 0), (9, 9)]), *small_run.ORIGIN)
    layer = gpd.GeoDataFrame({"name": ["1"]}, geometry=[shape.buffer(1)], crs=small_run.CRS)
    layer.to_file(tmp_path / "tracks.geojson")
    with pytest.raises(InputError) as caught:
        read_tracks(tmp_path / "tracks.geojson", rows["line"], network.crs)
    assert "must have a column `line`" in caught.value.faults[0]
    assert "must be lines" in caught.value.faults[1]


def test_tracks_without_trains_are_noted(tmp_path, network):
    rows = lines(tmp_path, "1,metro,,600,,,")
    ways = {"1": [(0, 0), (9, 9)], "old": [(0, 0), (9, 9)]}
    assert lay_tracks(tmp_path, network, rows, **ways).notes == (
        "1 tracks of tracks.geojson have no trains: old.",
    )


def test_a_line_stands_in_the_table_or_in_the_timetable(tmp_path, network):
    rows, faults = lines(tmp_path, "Metro 1,metro,,600,,,"), Faults()
    join_trains([loose(rows, network), timetable(tmp_path, network)], network.crs, faults)
    assert "not in both: Metro 1 stand in both" in faults.sentences[0]
