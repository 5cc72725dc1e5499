"""
Bad input: exit code 2, one message with all faults, no new results and the former ones untouched.

Each fault says what must hold, what was found, how many, where first, and the way out.
"""

import os
import resource
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import small_run
from shapely import LineString, Point, box
from test_run import hashes
from typer.testing import CliRunner

import transmod.intake.driving
from transmod.cli import app
from transmod.intake.factors import recall_factors
from transmod.profiles import recall_profiles
from transmod.run import run

MEMO = {"flights": "input/flights.csv"}
OPTIONS = {"outputs": ["accounts"], "memo": MEMO}
ORIGIN_X, ORIGIN_Y = small_run.ORIGIN


@pytest.fixture(scope="module", autouse=True)
def profiles_once():
    """Read the shipped factors once: they are not what is bad here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transmod.intake.driving, "recall_profiles", lru_cache(recall_profiles))
        yield


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A working folder with a good run, and the hashes of its results."""
    root = tmp_path_factory.mktemp("good")
    folder = small_run.build(root, **OPTIONS)
    (folder / "input" / "flights.csv").write_text(small_run.FLIGHTS)
    run(folder)
    return root, hashes(folder / "results")


class Case:
    """A copy of the good run to be spoilt."""

    def __init__(self, root, former):
        self.root, self.former = root, former
        self.run = root / "runs" / "small"
        self.network = root / "networks" / "small"
        self.volumes = self.run / "input" / "volumes.parquet"
        self.links = self.network / "links.parquet"

    def scenario(self, **changes):
        small_run.write_scenario(self.run, **(OPTIONS | changes))

    def change_links(self, change):
        """Write the links anew after `change`; volumes follow to the new network."""
        table = change(gpd.read_parquet(self.links))
        table.to_parquet(self.links)
        self.rewrite_volumes()

    def rewrite_volumes(self, **options):
        small_run.write_volumes(self.volumes, self.network, **options)

    def change_volumes(self, change):
        table = pq.read_table(self.volumes)
        pq.write_table(change(table).replace_schema_metadata(table.schema.metadata), self.volumes)

    def set_volume(self, value, column="volume"):
        def change(table):
            lists = table[column].to_pylist()
            lists[1] = [value]
            values = pa.array(lists, pa.list_(pa.float32(), 1))
            return table.set_column(table.schema.get_field_index(column), column, values)

        self.change_volumes(change)

    def give_speeds(self):
        speeds = {name: dict.fromkeys(links, 40.0) for name, links in small_run.VOLUMES.items()}
        self.rewrite_volumes(speeds=speeds)
        self.scenario(traffic={"speed": "given"})

    def append(self, name, text):
        with (self.run / "input" / name).open("a") as file:
            file.write(text)

    def refused(self, *said):
        """Run; return the message, which must have each text of `said`."""
        done = CliRunner().invoke(app, ["run", str(self.run), "--force"])
        assert done.exit_code == 2, done.output
        assert done.stdout == ""
        assert done.stderr.startswith("Bad input")
        assert done.stderr.count("Bad input") == 1
        for text in said:
            assert text in done.stderr
        for line in done.stderr.splitlines()[1:]:
            assert line.startswith("  - ")
            assert line.endswith((".", "?")), line
        assert hashes(self.run / "results") == self.former
        left = {path.name for path in self.run.iterdir()} - {".results.lock"}
        assert left <= {"scenario.toml", "input", "results"}
        return done.stderr


@pytest.fixture
def case(good, tmp_path, monkeypatch):
    """The good run, to be spoilt; its factors are not built, as no bad run gets that far."""
    monkeypatch.setattr(transmod.intake.driving, "recall_factors", lambda *_, **__: None)
    root, former = good
    shutil.copytree(root, tmp_path / "work")
    return Case(tmp_path / "work", former)


def test_the_good_run_is_good(case):
    done = CliRunner().invoke(app, ["run", str(case.run)])
    assert done.exit_code == 0, done.stderr
    assert "is up to date" in done.stdout


# the scenario


def test_no_such_run(tmp_path):
    done = CliRunner().invoke(app, ["run", str(tmp_path / "none")])
    assert done.exit_code == 2
    assert "A run must be a folder with a scenario.toml" in done.stderr
    assert "no such folder" in done.stderr


def test_scenario_missing(case):
    (case.run / "scenario.toml").unlink()
    case.refused("A run must be a folder with a scenario.toml", "there is none in it")


def test_scenario_no_toml(case):
    (case.run / "scenario.toml").write_text("title = \n")
    case.refused("scenario.toml must be TOML")


def test_scenario_keys(case):
    """All at once, each unknown key with the nearest one."""
    case.scenario(
        yeer=2023,
        traffic={"kinds": "hourly", "unit": "lorries"},
        grid={"cell_size": 100, "cell_size_m": -5},
        outputs=["accounts", "maps"],
        timezone="America/Coquimbo",
    )
    case.refused(
        "(7 faults)",
        "`yeer` is no key of a scenario. Did you mean `year`?",
        "`traffic.kinds` is no key of a scenario. Did you mean `kind`?",
        "`grid.cell_size` is no key of a scenario. Did you mean `cell_size_m`?",
        "`traffic.unit`",
        "'veh' or 'pcu'",
        "`grid.cell_size_m`",
        "value 2 of `outputs`",
        "must be an IANA time zone",
    )


def test_scenario_key_missing(case):
    text = (case.run / "scenario.toml").read_text()
    for line in ('title = "Small city"', 'path = "../../networks/small"'):
        assert line in text
        text = text.replace(line, "")
    (case.run / "scenario.toml").write_text(text)
    case.refused(
        "(2 faults)",
        "`title` must be given: not found",
        "`network.path` must be given: not found",
    )


def test_names_of_choices(case):
    case.scenario(
        fleet={"mix": "mars"},
        accounting={"rule": "territorail", "gwp": "AR7"},
        traffic={"speed": "bpr"},
    )
    case.refused(
        "(3 faults)",
        "Fleet must be one of", "'mars' found",
        "Did you mean 'territorial'?",
        "`accounting.gwp` must be one of AR4, AR5, AR5_fossil, AR6, AR6_fossil, SAR: found 'AR7'",
    )  # fmt: skip


def test_profile_set(case):
    case.scenario(profiles={"set": "hbefa"})
    case.refused("hbefa must be a folder with a set of vehicle profiles")


# the network


def test_network_missing(case):
    shutil.rmtree(case.network)
    case.refused("small must be a network folder: no such folder")


@pytest.mark.parametrize("name", ["links.parquet", "boundary.geojson", "source.toml"])
def test_network_file_missing(case, name):
    (case.network / name).unlink()
    case.refused(f"{name} must exist: no such file")


def test_network_column_missing(case):
    case.change_links(lambda links: links.drop(columns=["gradient", "lanes"]))
    case.refused("must have the columns", "lanes, gradient not found")


def test_network_dtypes_and_ranges(case):
    def change(links):
        links["lanes"] = ["two"] * 8
        links["is_urban"] = 1
        links["link_id"] = links["link_id"] + 0.5
        links.loc[2, "length_m"] = -1.0
        links.loc[3, "free_speed_kmh"] = np.inf
        links.loc[[4, 5], "capacity_pcu_h"] = np.nan
        links["road_class"] = links["road_class"].replace("tertiary", "tertiery")
        return links

    case.change_links(change)
    case.refused(
        "(7 faults)",
        "`lanes` [-] of links.parquet must be a number",
        "`is_urban` [-] of links.parquet must be true or false",
        "`link_id` [-] of links.parquet must be a whole number",
        "`length_m` [m] of links.parquet must be > 0: 1 of 8 are not, first at link_id 2.5 (value"
        " -1.0)",
        "`free_speed_kmh` [km/h] of links.parquet must be finite",
        "`capacity_pcu_h` [pcu/h] of links.parquet must be present: 2 of 8 are not, first at",
        "`road_class` [-] of links.parquet must be one of",
    )


def test_network_key_twice(case):
    case.change_links(lambda links: links.assign(link_id=[0, 1, 2, 3, 4, 5, 6, 6]))
    case.refused("must have one row for each link_id: 1 of 8 rows stand twice, first link_id 6")


def test_network_without_crs(case):
    def change(links):
        return links.set_crs(None, allow_override=True)

    case.change_links(change)
    case.refused("links.parquet must state a coordinate reference system: none found")


def test_network_in_web_mercator(case):
    case.change_links(lambda links: links.to_crs(3857))
    case.refused("links.parquet must not be in Web Mercator")


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (LineString(), "must not be empty: 1 of 8 are not, first at link_id 3"),
        (None, "must be present: 1 of 8 are not, first at link_id 3"),
        (Point(0, 0), "must be LineStrings: 1 of 8 are not, first at link_id 3"),
        (box(0, 0, 1, 1), "must be LineStrings: 1 of 8 are not, first at link_id 3"),
    ],
    ids=["empty", "missing", "point", "polygon"],
)
def test_network_geometry(case, shape, said):
    def change(links):
        shapes = list(links.geometry)
        shapes[3] = shape
        return links.set_geometry(gpd.GeoSeries(shapes, crs=links.crs))

    case.change_links(change)
    case.refused(said)


def test_network_truncated_or_foreign(case):
    whole = case.links.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"link_id,from_node\n1,2\n"):
        case.links.write_bytes(content)
        case.refused("links.parquet must be a whole GeoParquet file")
    pd.DataFrame({"link_id": [1]}).to_parquet(case.links)
    case.refused("links.parquet must be a whole GeoParquet file")


def write_polygons(path, shapes, ids=None, crs=small_run.CRS):
    frame = {"district_id": ids or [str(i) for i in range(len(shapes))]}
    frame = gpd.GeoDataFrame(frame | {"name": frame["district_id"]}, geometry=shapes, crs=crs)
    frame.to_crs(4326).to_file(path, driver="GeoJSON")


def at(*bounds):
    west, south, east, north = bounds
    return box(ORIGIN_X + west, ORIGIN_Y + south, ORIGIN_X + east, ORIGIN_Y + north)


def test_boundary(case):
    path = case.network / "boundary.geojson"
    write_polygons(path, [at(0, 0, 2000, 1000).exterior])
    case.refused("boundary.geojson must be polygons: 1 of 1 are not, first at row 1")
    write_polygons(path, [at(50_000, 0, 52_000, 1000)])
    case.refused("boundary.geojson must enclose a part of the network: none of 8 links touches it")
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    case.refused("boundary.geojson must be a whole vector file")
    path.write_bytes(b"\x89PNG\r\n")
    case.refused("boundary.geojson must be a whole vector file")


def test_districts(case):
    path = case.network / "districts.geojson"
    write_polygons(path, [at(0, 0, 1100, 1000), at(1000, 0, 2000, 1000)], ["a", "b"])
    case.refused("Districts must not overlap", "a and b (0.1", "Cut them apart")
    write_polygons(path, [at(0, 0, 1000, 1000), at(1000, 0, 2000, 1000)], ["a", "a"])
    case.refused("must name each district once: 1 of 2 are not, first at row 2 (value 'a')")
    write_polygons(path, [at(0, 0, 1000, 1000), at(1000, 0, 2000, 1000)], ["a", "no_district"])
    case.refused("must not be outside_boundary or no_district")


# volumes


def test_volumes_missing(case):
    case.volumes.unlink()
    case.refused("volumes.parquet must exist: no such file")


def test_volumes_truncated_or_foreign(case):
    whole = case.volumes.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:-1], b"", b"PAR1 and then no more"):
        case.volumes.write_bytes(content)
        case.refused("volumes.parquet must be a whole Parquet file")
    # the footer is whole, the pages are not
    case.volumes.write_bytes(whole[:4] + bytes(200) + whole[204:])
    case.refused("volumes.parquet must be a whole Parquet file")


def test_volumes_column_missing_and_dtype(case):
    def change(table):
        ids = pa.array([str(i) for i in table["link_id"].to_pylist()])
        return table.drop_columns(["vehicle_class"]).set_column(0, "link_id", ids)

    case.change_volumes(change)
    case.refused(
        "(2 faults)",
        "must have the columns link_id, vehicle_class, volume: vehicle_class not found",
        "`link_id` [-] of", "must be int64: string found",
    )  # fmt: skip


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_volumes_out_of_range(case, value):
    case.set_volume(value)
    case.refused(
        "`volume` [veh/h] of", "must be finite and >= 0: 1 of 13 rows are not, first at link_id 0",
        f"(value {value})",
    )  # fmt: skip


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_speeds_out_of_range(case, value):
    case.give_speeds()
    case.set_volume(value, "speed_kmh")
    case.refused("`speed_kmh` [km/h] of", "must be finite and >= 0: 1 of 13 rows are not")


def test_speeds_missing(case):
    case.scenario(traffic={"speed": "given"})
    case.refused("`traffic.speed` = 'given' needs a column `speed_kmh`", "Say 'bpr' or 'free'")


def test_volumes_of_unknown_links_and_classes(case):
    case.rewrite_volumes(
        volumes={"car": {0: 1.0, 99: 2.0, 77: 1.0}, "lorry": {0: 1.0}, "buss": {1: 1.0}}
    )
    case.refused(
        "(2 faults)",
        "must be a link of the network (8 links): 2 of 5 rows are not, first at link_id 77",
        "`vehicle_class` [-] of", "2 of 5 rows are not, first at link_id 0",
        "'buss' (near bus)",
    )  # fmt: skip


def test_volumes_of_another_network(case):
    case.rewrite_volumes(sha="ab" * 32)
    case.set_volume(-1.0)
    case.refused(
        "(2 faults)",
        "it was made for another network, abababab", "Bring the volumes onto these links anew",
        "must be finite and >= 0",
    )  # fmt: skip


def test_volumes_without_their_network(case):
    table = pq.read_table(case.volumes).replace_schema_metadata(None)
    pq.write_table(table, case.volumes)
    case.refused("must say for which network it was made: no network_sha256 found")


def test_volumes_twice(case):
    case.change_volumes(lambda table: pa.concat_tables([table.slice(0, 1), table]))
    case.refused("must have one row for each link_id, vehicle_class, trip_kind: 1 of 14 rows")


# fleet and factors


def test_shares_that_do_not_sum_to_1(case):
    rows = [(c, t, 0.6 if share == 0.7 else share) for c, t, share in small_run.FLEET]
    rows = [(c, t, 0.5 if c == "bus" else share) for c, t, share in rows]
    small_run.write_fleet(case.run / "input" / "fleet.csv", rows)
    case.refused(
        "(2 faults)",
        "must sum to 1 in each stream [-]: car all sums to 0.9 over 2 types",
        "bus all sums to 0.5 over 1 types. Correct the shares; they are never rescaled",
    )


def test_fleet_types_and_numbers(case):
    rows = [*small_run.FLEET[:3], ("bus", "car_bev_small", 1.0)]
    small_run.write_fleet(case.run / "input" / "fleet.csv", rows)
    case.refused("must be a type of the row's class", "first at row 4 (value 'car_bev_small')")
    small_run.write_fleet(case.run / "input" / "fleet.csv", [*small_run.FLEET[:3]])
    case.refused("must give shares for each stream of the run: none for bus all in 2023")
    case.append("fleet.csv", "bus,all,bus_biodiesel_standard_euro6abc_dpf_scr,all\n")
    case.refused("`share` [-] of", "must be a number", "first in row 4 (value 'all')")
    (case.run / "input" / "fleet.csv").unlink()
    case.refused("fleet.csv must exist: no such file")


def test_fleet_of_an_unknown_district(case):
    lines = (case.run / "input" / "fleet.csv").read_text().splitlines()
    lines = [lines[0] + ",district_id", *(line + "," for line in lines[1:])]
    lines += ["bus,all,bus_biodiesel_standard_euro6abc_dpf_scr,1.0,north"]
    (case.run / "input" / "fleet.csv").write_text("\n".join(lines) + "\n")
    case.refused(
        "`district_id` of fleet input/fleet.csv must be a district of the network: 1 of 1 are not, "
        "north. Districts: east, west, no_district"
    )


def test_class_without_factor(case, monkeypatch):
    """A class that the fleet has not, and a battery car without a figure for electricity."""
    monkeypatch.setattr(transmod.intake.driving, "recall_factors", recall_factors)
    case.rewrite_volumes(volumes={"car": {0: 1.0}, "coach": {1: 2.0}})
    case.refused("must give shares for each stream of the run: none for coach all")
    case.rewrite_volumes()
    text = (case.run / "scenario.toml").read_text()
    text = text.replace("electricity_kg_per_kwh = 0.3", "")
    (case.run / "scenario.toml").write_text(text)
    case.refused("CO2 of grid electricity [kg/kWh] must be given for electric types")


def test_fuel_without_factor(case):
    case.append("flights.csv", "LSC,CL,SCL,CL,true,false,5,kerosene,50\n")
    case.append("flights.csv", "LSC,CL,SCL,XX,true,false,5,jet_kerosene,-5\n")
    case.refused(
        "`fuel` of", "must be one of", "1 of 4 are not, first at row 3 (value 'kerosene')",
        "Did you mean 'jet_kerosene'?",
        "`destination_country` of", "must be an ISO 3166-1 alpha-2 code",
        "`fuel_t` [t] of", "must be >= 0: 1 of 4 are not, first at row 4 (value -5.0)",
    )  # fmt: skip


# the calendar


def test_calendar_with_holes(case):
    days = {"work": ["mon", "tue", "wed", "thu"], "weekend": ["sat", "sun", "holiday"]}
    case.scenario(calendar={"day_types": days, "day_type": "work"})
    case.refused("must be in a day type: 52 in none, 2023-01-06 (fri)", "Add the weekdays or dates")
    case.scenario(calendar={"day_types": days | {"end": ["fri", "sat"]}, "day_type": "work"})
    case.refused("sat")


def test_calendar_and_series_disagree(case):
    case.scenario(calendar={"period": "day", "day_type": "workday"})
    case.refused("Length of a series for period = 'day' [h] must be 24", "found 1")
    case.scenario(calendar={"day_type": "feast", "hour": 8})
    case.refused("day_type must be one that has a day in the year", "found 'feast'")


# several at once


def test_all_faults_of_all_files_in_one_message(case):
    """The scenario is good; network, volumes, calendar, fleet, rule and flights are not."""
    case.change_links(lambda links: links.assign(capacity_pcu_h=0.0))
    (case.network / "boundary.geojson").unlink()
    case.set_volume(np.nan)
    small_run.write_fleet(case.run / "input" / "fleet.csv", small_run.FLEET[1:])
    case.append("flights.csv", "LSC,CL,SCL,CL,true,false,5,coal,50\n")
    case.scenario(
        calendar={"day_types": {"workday": ["mon"]}},
        accounting={"rule": "none", "gwp": "AR9", "tce_basis": "equal_value"},
        year=1999,
    )
    said = case.refused(
        "`capacity_pcu_h` [pcu/h] of links.parquet must be > 0: 8 of 8",
        "boundary.geojson must exist",
        "`volume` [veh/h] of",
        "must be in a day type: 313 in none",
        "car all sums to 0.3 over 1 types",
        "The accounting rule must be one of",
        "`accounting.gwp` must be one of",
        "needs the coal consumption of power plants",
        "`fuel` of",
    )
    assert said.startswith("Bad input (9 faults):")


def test_check_says_the_same_and_writes_nothing(case):
    case.set_volume(-1.0)
    before = sorted(case.run.rglob("*"))
    checked = CliRunner().invoke(app, ["check", str(case.run)])
    assert checked.exit_code == 2
    assert checked.stderr == case.refused()
    assert sorted(case.run.rglob("*")) == before


def test_results_of_other_inputs(case):
    case.scenario(title="Another")
    done = CliRunner().invoke(app, ["run", str(case.run)])
    assert done.exit_code == 2
    assert "scenario.toml changed" in done.stderr
    assert "--force" in done.stderr
    assert hashes(case.run / "results") == case.former


# files to build a network from


@pytest.mark.parametrize("name", ["city.osm.pbf", "city.osm", "city.osm.gz", "layer.gpkg"])
@pytest.mark.parametrize("content", [b"", b"no such format", b"\x00" * 300])
def test_build_from_a_foreign_file(tmp_path, name, content):
    source = tmp_path / name
    source.write_bytes(content)
    write_polygons(tmp_path / "city.geojson", [at(0, 0, 2000, 1000)])
    options = ["--boundary", tmp_path / "city.geojson", "--out", tmp_path / "network"]
    if name.endswith("gpkg"):
        columns = tmp_path / "columns.toml"
        columns.write_text('direction = "per_link"\n[columns]\n')
        options += ["--links", source, "--columns", columns]
    else:
        options += ["--osm", source]
    done = CliRunner().invoke(app, ["network", "build", *map(str, options)])
    assert done.exit_code == 2, done.output
    assert f"{name} must " in done.stderr
    assert not (tmp_path / "network").exists()


def test_build_from_a_truncated_geopackage(tmp_path):
    layer = tmp_path / "layer.gpkg"
    lines = [LineString([(i, 0), (i, 100)]) for i in range(3000)]
    gpd.GeoDataFrame({"id": range(3000)}, geometry=lines, crs=small_run.CRS).to_file(layer)
    whole = layer.read_bytes()
    layer.write_bytes(whole[: len(whole) // 3])
    (tmp_path / "columns.toml").write_text('direction = "per_link"\n[columns]\n')
    write_polygons(tmp_path / "city.geojson", [at(0, 0, 2000, 1000)])
    options = [
        "--links", layer, "--columns", tmp_path / "columns.toml",
        "--boundary", tmp_path / "city.geojson", "--out", tmp_path / "network",
    ]  # fmt: skip
    done = CliRunner().invoke(app, ["network", "build", *map(str, options)])
    assert done.exit_code == 2, done.output
    assert "layer.gpkg must be a whole vector file" in done.stderr
    assert not (tmp_path / "network").exists()


# the output folder


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_read_only_run_folder(case, monkeypatch):
    monkeypatch.setattr(transmod.intake.driving, "recall_factors", recall_factors)
    case.scenario(title="Another")
    case.run.chmod(0o555)
    try:
        case.refused("must be writable", "Give yourself the right to write")
    finally:
        case.run.chmod(0o755)


def test_read_only_disk(case, monkeypatch):
    """As root, and on a disk that is mounted read-only: the system refuses."""
    monkeypatch.setattr(transmod.intake.driving, "recall_factors", recall_factors)
    case.scenario(title="Another")
    opened = os.open

    def refuse(path, flags, *args, **options):
        if flags & os.O_CREAT and str(path).startswith(str(case.run)):
            raise PermissionError(30, "Read-only file system", str(path))
        return opened(path, flags, *args, **options)

    monkeypatch.setattr(os, "open", refuse)
    case.refused("must be writable: [Errno 30] Read-only file system", "copy the folder")


@pytest.mark.slow
@pytest.mark.parametrize("kib", [1, 8, 40, 100])
def test_full_disk(case, kib):
    """No file may grow beyond a few KiB: each writer in turn finds the disk full."""
    case.scenario(title="Another", outputs=["accounts", "links", "grid", "figures"])

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (kib * 1024, kib * 1024))

    done = subprocess.run(
        [Path(sys.executable).with_name("transmod"), "run", case.run, "--force"],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "must have room for the results: it is full" in done.stderr
    assert done.stdout == ""
    assert hashes(case.run / "results") == case.former
