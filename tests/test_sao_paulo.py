"""
Sao Paulo: a planner's link layer with counted and modelled volumes of an hour, and municipalities.

Figures stated with the data: 1,542 links, volumes of five classes [veh/h] at 8 h, lengths in `lkm`,
so the vehicle-kilometres before cutting are sums over a table of 1,542 rows.
"""

import json
import math
from pathlib import Path

import geopandas as gpd
import naive_laws
import numpy as np
import pandas as pd
import pytest
import small_run

from transmod.comparison.comparison import compare
from transmod.network import build_network
from transmod.run import run
from transmod.schema import CAUSES

pytestmark = pytest.mark.realdata

COLUMNS = Path(__file__).parent / "data" / "sao_paulo_columns.toml"
CLASSES = {"pc": "car", "lcv": "lcv", "trucks": "rigid_truck", "bus": "bus", "mc": "motorcycle"}
VKM = {  # before cutting
    "car": 2_711_180, "lcv": 503_373, "rigid_truck": 971_215, "bus": 23_423, "motorcycle": 664_151,
}  # fmt: skip
OPTIONS = {
    "title": "Sao Paulo",
    "year": 2014,
    "timezone": "America/Sao_Paulo",
    "network": {"path": "../../networks/sao_paulo"},
    "fleet": {"mix": "europe"},
    "profiles": {"electricity_kg_per_kwh": 0.1},
    "grid": {"cell_size_m": 1000},
}


@pytest.fixture(scope="module")
def layer(data_dir):
    return gpd.read_file(data_dir / "sao_paulo" / "masp_net_8h.gpkg")


@pytest.fixture(scope="module")
def city(data_dir, tmp_path_factory):
    """A working folder with the network built from the link layer."""
    root = tmp_path_factory.mktemp("sao_paulo")
    data = data_dir / "sao_paulo"
    build_network(
        root / "networks" / "sao_paulo",
        links=data / "masp_net_8h.gpkg",
        columns=COLUMNS,
        districts=data / "municipalities.geojson",
        district_name="name",
        licence="MIT (links), CC0 (municipalities)",
    )
    return root


def series(layer, shape):
    """Return the volumes of each class and link, times a shape (class -> hours)."""
    return {
        name: {
            link: np.multiply(volume, shape[name])
            for link, volume in enumerate(layer[column])
            if volume > 0
        }
        for column, name in CLASSES.items()
    }


@pytest.fixture(scope="module")
def hour(city, layer):
    """A run of the hour from 8 to 9 at the given peak speeds."""
    folder = city / "runs" / "hour"
    volumes = series(layer, dict.fromkeys(VKM, 1.0))
    speeds = {name: {link: layer["ps"][link] for link in own} for name, own in volumes.items()}
    path = folder / "input" / "volumes.parquet"
    small_run.write_volumes(path, city / "networks" / "sao_paulo", volumes=volumes, speeds=speeds)
    calendar = {"period": "hour", "hour": 8, "day_type": "workday"}
    small_run.write_scenario(folder, calendar=calendar, traffic={"speed": "given"}, **OPTIONS)
    return folder, run(folder)


def toll_shapes():
    """Shape of a working day by class, 1 at 8 h, from the shipped table."""
    tables = Path(small_run.__file__).parents[1] / "transmod" / "traffic" / "tables"
    profile = pd.read_csv(tables / "temporal_profiles.csv")
    profile = profile[(profile["profile"] == "sao_paulo_tolls") & (profile["part"] == "hour")]
    classes = pd.read_csv(tables / "temporal_classes.csv")
    classes = classes[classes["profile"] == "sao_paulo_tolls"].set_index("vehicle_class")["curve"]
    shapes = {}
    for name in VKM:
        own = profile[(profile["curve"] == classes[name]) & (profile["day"] == "wed")]
        hours = own.sort_values("hour")["factor"].to_numpy()
        shapes[name] = hours / hours[8]
    return shapes


@pytest.fixture(scope="module")
def day(city, layer):
    """A run of a working day; the hours follow the tolls, the speeds the volumes."""
    folder = city / "runs" / "day"
    path = folder / "input" / "volumes.parquet"
    network = city / "networks" / "sao_paulo"
    small_run.write_volumes(path, network, volumes=series(layer, toll_shapes()), n_hours=24)
    calendar = {"period": "day", "day_type": "workday"}
    small_run.write_scenario(folder, calendar=calendar, traffic={"speed": "bpr"}, **OPTIONS)
    return folder, run(folder)


def test_vehicle_kilometres_before_cutting(city, layer):
    """The stated figures, from the layer and from the network that was built."""
    links = gpd.read_parquet(city / "networks" / "sao_paulo" / "links.parquet")
    assert len(links) == 1542
    for column, name in CLASSES.items():
        for km in (layer["lkm"], links["length_m"] / 1e3):
            assert round((layer[column] * km).sum()) == VKM[name]
    assert round((layer[[*CLASSES]].sum(axis=1) * links["length_m"]).sum() / 1e3) == 4_873_341


def test_hour_inside_and_outside(hour):
    """In the file's own CRS, in which the links are stored and cut."""
    folder, facts = hour
    assert round(facts.totals["vkm"]) == 4_872_497
    files = naive_laws.Files(folder)
    whole = naive_laws.laws(files)["inside and outside make up all"]
    # volumes are float32 in the file: 6e-8 of a class at most
    assert {name: round(total) for name, _, total in whole} == VKM
    before = sum(total for _, _, total in whole)
    assert round(before) == 4_873_341
    assert round(before - facts.totals["vkm"]) == 845
    # a link is cut by position, not measured anew: the crossing ones by hand from the layer
    pieces = files.pieces[files.pieces["district_id"] == "outside_boundary"]
    assert 0 < len(pieces) < 40


@pytest.mark.parametrize("which", ["hour", "day"])
def test_every_law_holds_in_the_files(which, request):
    folder, facts = request.getfixturevalue(which)
    assert naive_laws.broken(naive_laws.Files(folder)) == {}
    assert all(check["passed"] for check in facts.checks)
    assert max(check["relative_difference"] for check in facts.checks) <= 1e-9


def test_municipalities(hour):
    folder, _ = hour
    pieces = pd.read_parquet(folder / "results" / "pieces.parquet")
    inventory = pd.read_csv(folder / "results" / "inventory.csv")
    names = set(inventory.loc[inventory["vkm"].notna(), "district_name"])
    assert {"São Paulo", "Guarulhos", "Osasco"} <= names
    assert pieces["district_id"].nunique() <= 32


def test_odd_peak_speeds_are_reported_and_kept(hour, city, layer):
    """
    98 links are below 5 km/h, one of them stands still; 56 are above the `ffs` of the file.

    Of those 56, 19 have `ffs` = 0, which is no speed: the network takes that of their road class
    and says so. The other 37 are above the free speed.
    """
    folder, facts = hour
    assert (layer["ps"] < 5).sum() == 98
    is_fast = layer["ps"] > layer["ffs"]
    assert (is_fast.sum(), (is_fast & (layer["ffs"] == 0)).sum()) == (56, 19)
    notes = "\n".join(facts.notes)
    assert "Given speeds are below 5 km/h on 98 of 1,542 links with traffic" in notes
    assert "above the link's free speed on 37 of 1,542 links with traffic" in notes
    assert "Speed 0 with traffic in " in notes
    assert "of vehicle-kilometres are driven below 5 km/h" in notes
    assert "`free_speed_kmh` is unknown for 20 of 1542 lines" in notes
    assert json.loads((folder / "results" / "manifest.json").read_text())["notes"] == facts.notes
    # kept: a speed between two nodes stands on both, so one from 4.9 to 5 is in part at 5.0
    spectrum = pd.read_parquet(folder / "results" / "spectrum.parquet")
    below, to_five = (
        spectrum.loc[spectrum["speed_node"] <= node, "vkm"].sum() for node in (49, 50)
    )
    given = (layer[[*CLASSES]].sum(axis=1) * layer["lkm"])[layer["ps"] < 5].sum()
    assert below < given < to_five + 845


def test_day_follows_the_tolls(day, layer):
    folder, _ = day
    shapes = toll_shapes()
    expected = {name: VKM[name] * shapes[name].sum() for name in VKM}
    whole = naive_laws.laws(naive_laws.Files(folder))["inside and outside make up all"]
    assert {name: total for name, _, total in whole} == pytest.approx(expected, rel=1e-4)
    hours = pd.read_parquet(folder / "results" / "hours.parquet")
    cars = hours[hours["vehicle_class"] == "car"].groupby("hour")["vkm"].sum()
    np.testing.assert_allclose(cars / cars[8], shapes["car"], rtol=1e-6)


def test_slower_in_the_peak(day):
    """Speeds follow volume over capacity: the more traffic in an hour, the slower it is."""
    folder, _ = day
    hours = pd.read_parquet(folder / "results" / "hours.parquet")
    driven = hours.groupby("hour")["vkm"].sum()
    time = (hours["vkm"] / np.maximum(hours["speed_node"] / 10.0, 1.0)).groupby(hours["hour"]).sum()
    speed = driven / time
    assert np.corrcoef(driven, speed)[0, 1] < -0.9
    assert speed[driven.idxmin()] > 1.1 * speed[driven.idxmax()]


def test_plausible_co2(hour):
    """Cars of a European fleet emit 150 to 400 g/km in a congested peak, heavy vehicles more."""
    folder, facts = hour
    ledger = pd.read_parquet(folder / "results" / "ledger.parquet")
    co2 = ledger[(ledger["pollutant"] == "co2") & (ledger["scope"] == 1)]
    grams = co2.groupby("vehicle_class")["mass_t"].sum() * 1e6
    spectrum = pd.read_parquet(folder / "results" / "spectrum.parquet")
    per_km = grams / spectrum.groupby("vehicle_class")["vkm"].sum()
    assert 150 < per_km["car"] < 400
    assert per_km["motorcycle"] < per_km["car"] < per_km["lcv"] < per_km["rigid_truck"]
    assert facts.totals["co2_t"] == pytest.approx(grams.sum() / 1e6, rel=1e-12)


# scenarios

CENTRE = [(-46.72, -23.62), (-46.6, -23.62), (-46.6, -23.5), (-46.72, -23.5), (-46.72, -23.62)]
HEAD = 'title = "{}"\nextends = "../day"\noutputs = {}\n'
SCENARIOS = {
    "electric_buses": (
        ["accounts"],
        'kind = "set_fleet_share"\nvehicle_types = "bus_bev_standard"\nshare = 1.0\n',
    ),
    "electric_cars": (
        ["accounts"],
        """kind = "set_fleet_share"
vehicle_types = "car_bev_medium"
share = {2014 = 0.0, 2030 = 0.3}
[fleet]
year = 2030
""",
    ),
    "truck_ban": (
        ["accounts", "links", "grid"],
        'kind = "restrict_access"\nvehicle_class = "rigid_truck"\nzone = "input/centre.geojson"\n',
    ),
    "consolidation": (
        ["accounts", "links", "grid"],
        """kind = "consolidate_freight"
vehicle_class = "rigid_truck"
load_factor = 0.7
empty_share = 0.15
""",
    ),
}


@pytest.fixture(scope="module")
def scenarios(day):
    """The scenarios of the working day, computed and compared with it."""
    base, _ = day
    found = {}
    for name, (outputs, measure) in SCENARIOS.items():
        folder = base.parent / name
        (folder / "input").mkdir(parents=True)
        polygon = {"type": "Polygon", "coordinates": [CENTRE]}
        (folder / "input" / "centre.geojson").write_text(json.dumps(polygon))
        text = HEAD.format(name, json.dumps(outputs)) + "[[measures]]\n" + measure
        (folder / "scenario.toml").write_text(text)
        facts = run(folder)
        found[name] = facts, compare(base, folder, out=folder / "comparison")
    return found


def city_row(found, pollutant, account="total"):
    rows = found.differences
    own = rows[(rows["by"] == "city") & (rows["account"] == account)]
    return own.set_index("pollutant").loc[pollutant]


@pytest.mark.parametrize("name", SCENARIOS)
def test_causes_of_a_scenario_add_up(scenarios, name):
    _, found = scenarios[name]
    for pollutant in ("co2", "co2e", "nox", "pm2_5", "energy"):
        row = city_row(found, pollutant)
        causes = math.fsum(row[cause] for cause in CAUSES)
        assert row["difference"] == pytest.approx(causes, rel=1e-9, abs=1e-9 * row["amount_a"])
    assert all(check.passed and check.relative_difference < 1e-9 for check in found.checks)
    assert not found.warnings


@pytest.mark.parametrize("name", ["electric_buses", "electric_cars"])
def test_a_scenario_of_the_fleet_drives_no_link(scenarios, name):
    facts, found = scenarios[name]
    assert "No link was driven: the spectrum is that of ../day." in facts.notes
    co2 = city_row(found, "co2")
    assert co2["fleet"] < 0.0
    assert co2["fleet"] == pytest.approx(co2["difference"], rel=1e-9)
    assert city_row(found, "co2e", "scope_2")["difference"] > 0.0


@pytest.mark.parametrize("name", ["truck_ban", "consolidation"])
def test_a_scenario_of_trucks_changes_activity_and_speed(scenarios, name):
    _, found = scenarios[name]
    co2 = city_row(found, "co2")
    assert co2["activity"] < 0.0
    assert abs(co2["speed"]) > 0.0  # roads are emptier
    for figure in ("difference_map.png", "causes.png"):
        assert (Path(found.b.folder) / "comparison" / figure).is_file()


def test_fuller_trucks_carry_the_same(scenarios, day):
    base, _ = day
    loads = []
    for folder in (base, base.parent / "consolidation"):
        activity = pd.read_parquet(folder / "results" / "activity.parquet")
        loads.append(activity.groupby("vehicle_class")["tonne_km"].sum()["rigid_truck"])
    assert loads[1] == pytest.approx(loads[0], rel=1e-6)  # inside and outside shift with no load
