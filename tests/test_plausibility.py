"""Planted faults: each gives its finding and no other; without them there is none."""

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from planted_city import CRS, clean_city, hourly_city, moved
from typer.testing import CliRunner

from transmod.check import examine
from transmod.cli import app
from transmod.inputs.chinese_coordinates import wgs84_to_bd09, wgs84_to_gcj02
from transmod.inputs.network import Network
from transmod.inputs.tables import read_shipped_table
from transmod.inputs.volume_files import read_labels
from transmod.inputs.volumes import read_volumes
from transmod.intake.inputs import read_inputs
from transmod.traffic.calendar import build_calendar
from transmod.traffic.findings import Finding
from transmod.traffic.plausibility import judge_network, judge_traffic
from transmod.traffic.volume_findings import opposite_links

CLEAN = clean_city()
HOURLY = hourly_city(CLEAN)
OPPOSITE = np.arange(len(CLEAN.links)) ^ 1  # links stand in pairs, there and back


def _of_link(city, values):
    """Return values of links, by row of the volumes."""
    return values[city.volumes["link_id"].to_numpy()]


def _of_class(city, *names):
    return city.volumes["vehicle_class"].isin(names).to_numpy()


def _lists(city, change, column="volume"):
    """Change the lists of hours, (rows, hours)."""
    series = np.stack(city.volumes[column].to_numpy())
    return city.but(volumes=city.volumes.assign(**{column: list(change(series))}))


def two_way():
    """Both directions carry the volume of both."""
    table = CLEAN.volumes["volume"].to_numpy().reshape(len(CLEAN.links), -1)
    return CLEAN.with_volumes(lambda _: (table + table[OPPOSITE]).ravel())


def on_one_direction():
    table = CLEAN.volumes["volume"].to_numpy().reshape(len(CLEAN.links), -1)
    both = (table + table[OPPOSITE]) * (np.arange(len(table)) % 2 == 0)[:, None]
    return CLEAN.but(
        volumes=CLEAN.volumes.assign(volume=both.ravel())[lambda t: t["volume"] > 0].reset_index(
            drop=True
        )
    )


def peak_hour():
    return CLEAN.with_volumes(lambda t: np.round(t["volume"] * 0.085))


def day_as_hour():
    return _lists(HOURLY, lambda s: s * 24.0)


def quarters():
    return _lists(HOURLY, lambda s: s / 4.0)


def impossible():
    """Volumes of main streets stand on some of the lanes that only residents use."""
    residential = (CLEAN.links["road_class"] == "residential").to_numpy()
    on = residential & (np.arange(len(CLEAN.links)) % 9 == 0)
    return CLEAN.with_volumes(lambda t: t["volume"] * np.where(_of_link(CLEAN, on), 55.0, 1.0))


def car_units():
    return CLEAN.with_volumes(
        lambda t: t["volume"] * np.where(_of_class(CLEAN, "rigid_truck"), 2.5, 1.0)
    )


def vehicles_as_car_units():
    """Trucks only: whole numbers that are no multiples of their car units."""
    made = car_units().but(unit="pcu")
    bus, two_wheeler = _of_class(CLEAN, "bus"), _of_class(CLEAN, "motorcycle")
    right = made.with_volumes(
        lambda t: t["volume"] * np.where(bus, 2.0, np.where(two_wheeler, 0.4, 1.0))
    )
    truck = _of_class(CLEAN, "rigid_truck")
    return right.with_volumes(lambda t: t["volume"] / np.where(truck, 2.5, 1.0))


def axles():
    return CLEAN.with_volumes(lambda t: t["volume"] * 2.0)


def no_trucks():
    return CLEAN.with_volumes(
        lambda t: t["volume"] * np.where(_of_class(CLEAN, "rigid_truck"), 0.0, 1.0)
    )


def mixed_classes():
    names = {"car": "rigid_truck", "rigid_truck": "car"}
    table = CLEAN.volumes.replace({"vehicle_class": names})
    table = table.assign(volume=table["volume"] * 0.7)
    return CLEAN.but(volumes=table)


def default():
    """Four links in ten have the same volume of each class."""
    same = np.arange(len(CLEAN.links)) % 5 < 2
    standard = {"car": 1200.0, "lcv": 101.0, "rigid_truck": 77.0, "bus": 13.0, "motorcycle": 31.0}
    return CLEAN.with_volumes(
        lambda t: np.where(_of_link(CLEAN, same), t["vehicle_class"].map(standard), t["volume"])
    )


def zeros():
    """Nobody counted the main streets but one."""
    main = CLEAN.links["road_class"].isin(("primary", "secondary")).to_numpy()
    lost = main & (np.arange(len(CLEAN.links)) // 2 % 4 != 0)
    return CLEAN.with_volumes(lambda t: np.where(_of_link(CLEAN, lost), 0.0, t["volume"]))


def in_utc():
    day_types = HOURLY.volumes["volume"].iloc[0].size // 24
    return _lists(
        HOURLY, lambda s: np.roll(s.reshape(len(s), day_types, 24), -8, axis=2).reshape(len(s), -1)
    )


def hanging():
    even = np.arange(len(HOURLY.volumes)) % 3 == 0
    return _lists(HOURLY, lambda s: np.where(even[:, None], s.mean(axis=1, keepdims=True), s))


def weekday_for_all_days():
    return _lists(HOURLY, lambda s: np.tile(s[:, :24], 3))


def miles_an_hour():
    return _lists(HOURLY, lambda s: s / 1.609344, "speed_kmh")


def metres_a_second():
    return _lists(HOURLY, lambda s: s / 3.6, "speed_kmh")


def network_in_metres_a_second():
    return CLEAN.with_links(free_speed_kmh=CLEAN.links["free_speed_kmh"] / 3.6)


def lengths_in_km():
    return CLEAN.with_links(length_m=CLEAN.links["length_m"] / 1000.0)


def capacities_of_a_day():
    return CLEAN.with_links(capacity_pcu_h=CLEAN.links["capacity_pcu_h"] * 24.0).with_volumes(
        lambda t: t["volume"] * 5.0
    )


def doubled():
    more = CLEAN.links.iloc[:60].assign(link_id=np.arange(60) + len(CLEAN.links))
    links = pd.concat([CLEAN.links, more], ignore_index=True)
    return CLEAN.but(links=gpd.GeoDataFrame(links, crs=CRS))


def unsnapped():
    """Every link ends at nodes of its own."""
    start = np.arange(len(CLEAN.links)) // 2 * 2
    back = np.arange(len(CLEAN.links)) % 2
    return CLEAN.with_links(from_node=start + back, to_node=start + 1 - back)


def two_of_three_districts():
    return CLEAN.but(districts=CLEAN.districts.iloc[:1])


def gcj02_districts():
    shifted = moved(CLEAN.districts, wgs84_to_gcj02)
    return CLEAN.but(districts=shifted)


def bd09_districts():
    return CLEAN.but(districts=moved(CLEAN.districts, wgs84_to_bd09))


def called_weekday():
    return CLEAN.but(file="counts_dtvw_2023")


def called_pcu():
    return CLEAN.but(volumes=CLEAN.volumes.assign(pcu_total=1.0))


VOLUMES = [
    (two_way, "two_way_volume"),
    (on_one_direction, "one_direction_only"),
    (peak_hour, "peak_hour_as_day"),
    (day_as_hour, "day_as_hour"),
    (quarters, "quarter_hours"),
    (impossible, "over_capacity"),
    (car_units, "pcu_as_vehicles"),
    (vehicles_as_car_units, "vehicles_as_pcu"),
    (axles, "axle_counts"),
    (no_trucks, "class_missing"),
    (mixed_classes, "class_mix"),
    (default, "default_value"),
    (zeros, "zero_as_missing"),
    (in_utc, "hours_shifted"),
    (hanging, "constant_series"),
    (weekday_for_all_days, "days_alike"),
    (miles_an_hour, "speed_unit"),
    (metres_a_second, "speed_unit"),
    (called_weekday, "stated_kind"),
    (called_pcu, "stated_unit"),
]
NETWORKS = [
    (network_in_metres_a_second, "network_speed_unit"),
    (lengths_in_km, "length_unit"),
    (capacities_of_a_day, "capacity_unit"),
    (doubled, "doubled_links"),
    (unsnapped, "disconnected"),
    (two_of_three_districts, "districts_misfit"),
    (gcj02_districts, "chinese_offset"),
    (bd09_districts, "chinese_offset"),
]


def swapped_axes():
    return CLEAN.but(boundary=moved(CLEAN.boundary, lambda lon, lat: (lat, lon)))


def other_zone():
    return CLEAN.but(links=CLEAN.links.set_crs("EPSG:32650", allow_override=True))


def negative():
    return CLEAN.with_volumes(lambda t: np.where(t.index == 17, -4.0, t["volume"]))


def shares_of_directions():
    share = np.where(np.arange(len(CLEAN.links)) % 2 == 0, 0.6, 0.35)
    return CLEAN.but(
        volumes=CLEAN.volumes.assign(direction_share=_of_link(CLEAN, share)), direction="both"
    )


def shares_of_classes():
    return CLEAN.but(fleet=(("car", CLEAN.fleet[0][1], 0.39), *CLEAN.fleet[1:]))


FAULTS = [
    (swapped_axes, "x and y are swapped"),
    (other_zone, "With links in WGS 84 / UTM zone 51N instead of WGS 84 / UTM zone 50N"),
    (negative, "must be finite and >= 0: 1 of 3,120 rows"),
    (shares_of_directions, "direction_share"),
    (shares_of_classes, "0.39"),
]


def _called(value):
    """Name a test by its plant."""
    return getattr(value, "__name__", "")


def _rules(findings):
    return [finding.rule for finding in findings]


def _network(city):
    """Return the network of a city without files."""
    return Network(
        city="planted",
        links=city.links,
        boundary=city.boundary.to_crs(city.links.crs).iloc[0],
        districts=city.districts.to_crs(city.links.crs),
        crs=city.links.crs,
        sha256="",
        notes=(),
    )


@pytest.fixture(scope="module")
def judge_volumes(tmp_path_factory):
    """Judge the volumes of a city on the network of the clean one."""
    network = replace(_network(CLEAN), sha256="0" * 64)
    path = tmp_path_factory.mktemp("volumes")

    def judge(city):
        path.mkdir(exist_ok=True)
        city.write_volumes(path / f"{city.file}.parquet", network.sha256)
        volumes = read_volumes(path / f"{city.file}.parquet", network, kind=city.kind,
                               unit=city.unit, direction=city.direction)  # fmt: skip
        calendar = build_calendar(2023, "Asia/Shanghai", layout=volumes.n_hours or "profile")
        return judge_traffic(
            network, volumes, calendar, unit=city.unit, timezone="Asia/Shanghai", year=2023,
            names=read_labels(path / f"{city.file}.parquet"),
        )  # fmt: skip

    return judge


def test_a_clean_city_gives_no_finding(judge_volumes):
    assert judge_network(_network(CLEAN)) == []
    assert judge_volumes(CLEAN) == []
    assert judge_volumes(HOURLY) == []


@pytest.mark.parametrize(("plant", "rule"), VOLUMES, ids=_called)
def test_a_fault_in_volumes_gives_its_finding(plant, rule, judge_volumes):
    findings = judge_volumes(plant())
    assert _rules(findings) == [rule]
    assert findings[0].cause
    assert findings[0].remedy


@pytest.mark.parametrize(("plant", "rule"), NETWORKS, ids=_called)
def test_a_fault_in_the_network_gives_its_finding(plant, rule):
    findings = judge_network(_network(plant()))
    assert _rules(findings) == [rule]
    assert findings[0].cause
    assert findings[0].remedy


@pytest.mark.slow
@pytest.mark.parametrize(("plant", "rule"), VOLUMES + NETWORKS, ids=_called)
def test_check_of_a_run_gives_the_finding_and_no_other(plant, rule, tmp_path):
    facts = examine(plant().write(tmp_path))
    assert facts.faults == []
    assert _rules(facts.findings) == [rule]
    assert {finding.level for finding in facts.findings} == {"warning"}


@pytest.mark.slow
@pytest.mark.parametrize(("plant", "text"), FAULTS, ids=_called)
def test_check_of_a_run_gives_the_fault_and_no_other(plant, text, tmp_path):
    facts = examine(plant().write(tmp_path))
    assert len(facts.faults) == 1
    assert text in facts.faults[0]
    assert [finding.level for finding in facts.findings] == ["error"]


@pytest.mark.slow
def test_check_on_the_command_line(tmp_path):
    run = two_way().write(tmp_path)
    done = CliRunner().invoke(app, ["check", str(run)])
    assert done.exit_code == 0
    assert "whole, but look at the findings" in done.stdout
    assert "warning two_way_volume: Both directions" in done.stdout
    facts = json.loads(CliRunner().invoke(app, ["check", str(run), "--json"]).stdout)
    finding = facts["findings"][0]
    assert {key: finding[key] for key in ("rule", "level", "count", "of", "first")} == {
        "rule": "two_way_volume", "level": "warning", "count": 312, "of": 312,
        "first": "link_id 0",
    }  # fmt: skip
    assert "halve the volumes" in finding["remedy"]


@pytest.mark.slow
def test_check_with_a_fault_says_what_else_is_wrong(tmp_path):
    run = negative().but(districts=CLEAN.districts.iloc[:1]).write(tmp_path)
    done = CliRunner().invoke(app, ["check", str(run), "--json"])
    assert done.exit_code == 2
    assert "must be finite and >= 0" in done.stderr
    levels = {finding["rule"]: finding["level"] for finding in json.loads(done.stdout)["findings"]}
    assert levels == {"input": "error", "districts_misfit": "warning"}


@pytest.mark.slow
def test_warnings_are_notes_of_the_inputs(tmp_path):
    assert any("Both directions" in note for note in read_inputs(two_way().write(tmp_path)).notes)


def test_a_finding_is_a_paragraph():
    finding = Finding("rule", "warning", "Links are odd", 2, 9, "link_id 4", "haste", "Look again")
    assert finding.sentence == (
        "Links are odd (2 of 9, first link_id 4). Probable cause: haste. Look again."
    )


def test_every_rule_has_its_thresholds_and_reasons():
    table = read_shipped_table("traffic", "plausibility")
    assert table["reason"].str.len().min() > 3
    assert not table.duplicated(["rule", "quantity"]).any()
    without = {"all", "class_missing", "stated_kind", "stated_unit", "network_speed_unit"}
    planted = {rule for _, rule in VOLUMES + NETWORKS}
    assert set(table["rule"]) | without == planted | without


def test_opposite_links_against_a_naive_search():
    links = CLEAN.links.sample(frac=0.7, random_state=1).reset_index(drop=True)
    forth, back = opposite_links(links)
    ids = links["link_id"].to_numpy()
    found = set(zip(ids[forth], ids[back], strict=True))
    columns = links[["link_id", "from_node", "to_node"]]
    ends = {(a, b): i for i, a, b in columns.itertuples(index=False)}
    naive = {(i, ends[b, a]) for (a, b), i in ends.items() if a < b and (b, a) in ends}
    assert found == naive
