"""`transmod volumes match` from folder to folder: volumes, review kept, another network version."""

import json
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
from small_run import CRS
from small_streets import BOUNDARY, STREETS, lay_places, lay_source, lay_streets, move
from typer.testing import CliRunner

from transmod.cli import app
from transmod.errors import InputError
from transmod.inputs.network import read_network
from transmod.inputs.volumes import read_volumes
from transmod.outputs.match_folder import to_report
from transmod.outputs.network import write_network
from transmod.outputs.traffic_source import write_traffic_source
from transmod.traffic.matching_places import FAR
from transmod.volume_matching import match_volumes

ROWS = (
    {"at": [(4, 6), (803, -5)], "road_class": "primary", "is_two_way": True},
    {"at": [(0, 205), (400, 195)], "name": "Cross St"},
    {"at": [(0, 600), (400, 600)]},
)
VOLUMES = {"a": 1000.0, "b": 300.0, "c": 70.0}


def write_streets(folder, links=None):
    source = {"origin": "drawn", "licence": "none", "notes": []}
    city = gpd.GeoSeries([move(BOUNDARY)], crs=CRS)
    write_network(folder, lay_streets() if links is None else links, city, None, source, force=True)
    return folder


@pytest.fixture
def folders(tmp_path):
    write_traffic_source(tmp_path / "model", lay_source(lay_places(*ROWS), VOLUMES))
    return tmp_path / "model", write_streets(tmp_path / "city"), tmp_path / "out"


def volumes_of(out):
    table = pd.read_parquet(out / "volumes.parquet")
    return dict(zip(table["link_id"], table["volume"], strict=True))


@pytest.mark.slow
def test_from_a_source_to_volumes_of_a_run(folders):
    source, network, out = folders
    facts = match_volumes(source, network, out)
    assert (facts.matched, facts.doubtful, facts.unmatched) == (2, 0, 1)
    assert sorted(path.name for path in out.iterdir()) == [
        "matched_places.parquet", "matches.parquet", "report.md", "review.gpkg", "volumes.parquet",
    ]  # fmt: skip
    volumes = volumes_of(out)
    assert sorted(volumes) == [0, 1, 2, 3, 4]
    # 799.1 m of the model on 800 m of the network, half of the volume each way
    assert volumes[0] == volumes[2] == pytest.approx(500 * 799.1 / 800, rel=1e-3)
    length = lay_streets().set_index("link_id")["length_m"] / 1e3
    on_links = sum(volumes[i] * length[i] for i in volumes)
    assert on_links == pytest.approx(facts.transferred_vkm, rel=1e-12)
    assert facts.given_vkm == pytest.approx(on_links + facts.unmatched_vkm, rel=1e-9)
    assert [(row.road_class, row.unmatched_vkm) for row in facts.road_classes] == [
        ("primary", pytest.approx(0.0, abs=1e-9)), ("unknown", pytest.approx(28.0, rel=1e-3)),
    ]  # fmt: skip
    city = read_network(network)
    read = read_volumes(out / "volumes.parquet", city, kind="aadt")
    assert read.n_links_given == 5
    matches = pq.read_table(out / "matches.parquet")
    assert matches.schema.metadata[b"network_sha256"].decode() == city.sha256
    report = (out / "report.md").read_text()
    assert "| c | unmatched |  | 28.0 | 0.00 | no link is near it |" in report


@pytest.mark.slow
def test_twice_is_the_same_bytes(folders):
    source, network, out = folders
    match_volumes(source, network, out)
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    match_volumes(source, network, out, force=True)
    assert first == {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.mark.slow
def test_corrections_are_kept_from_match_to_match(folders):
    source, network, out = folders
    match_volumes(source, network, out)
    layer = pyogrio.read_dataframe(out / "review.gpkg", layer="places")
    layer["accept"] = layer["accept"].astype(object)
    layer.loc[layer["place_id"] == "b", "accept"] = "no"
    layer.loc[layer["place_id"] == "c", "link_ids"] = "14"
    pyogrio.write_dataframe(layer, out / "review.gpkg", layer="places", driver="GPKG")
    for _ in range(2):  # the review of a reviewed match holds, too
        facts = match_volumes(source, network, out, review=out / "review.gpkg", force=True)
        assert (facts.accepted, facts.refused, facts.unmatched) == (1, 1, 1)
        volumes = volumes_of(out)
        assert sorted(volumes) == [0, 1, 2, 3, 14]
        assert volumes[14] == pytest.approx(70 * 400 / 800, rel=1e-3)


@pytest.mark.slow
def test_volumes_go_to_the_next_version_of_a_network(folders, tmp_path):
    source, network, out = folders
    match_volumes(source, network, out)
    # the next version: Main Street is split at x = 250, ids are others, East Street is gone
    streets = [
        (0, 20, "Main Street", "primary", True, [(0, 0), (250, 0)]),
        (20, 1, "Main Street", "primary", True, [(250, 0), (400, 0)]),
        *(street for street in STREETS[1:] if street[2] != "East Street"),
    ]
    newer = write_streets(tmp_path / "newer", lay_streets(streets, first_id=100))
    facts = match_volumes(network, newer, tmp_path / "new", volumes=out / "volumes.parquet")
    old, new = volumes_of(out), volumes_of(tmp_path / "new")
    expected = {100: 0, 102: 0, 101: 1, 103: 1, 104: 2, 105: 3, 106: 4}
    assert new == pytest.approx({link: old[former] for link, former in expected.items()})
    assert facts.unmatched_vkm == pytest.approx(0.0, abs=1e-9)
    assert facts.unmatched == 2  # both directions of East Street, without a volume
    with pytest.raises(InputError, match="--volumes must name the volumes to carry"):
        match_volumes(network, newer, tmp_path / "new", force=True)
    with pytest.raises(InputError, match="--volumes must be left out"):
        match_volumes(source, newer, tmp_path / "x", volumes=out / "volumes.parquet")


@pytest.mark.slow
def test_series_of_hours_are_carried(folders, tmp_path):
    _, network, out = folders
    volumes = pd.DataFrame(
        {
            "place_id": ["a", "b"], "vehicle_class": "car", "trip_kind": "all",
            "volume": [np.arange(24, dtype=np.float32), np.ones(24, np.float32)],
            "speed_kmh": [np.full(24, 40, np.float32), np.full(24, 30, np.float32)],
        }
    )  # fmt: skip
    source = lay_source(lay_places(*ROWS), volumes, kind="hourly", hours=24)
    write_traffic_source(tmp_path / "hours", source)
    facts = match_volumes(tmp_path / "hours", network, out)
    assert (facts.kind, facts.hours) == ("hourly", 24)
    read = read_volumes(out / "volumes.parquet", read_network(network), kind="hourly")
    assert (read.n_hours, read.has_speed) == (24, True)
    table = pd.read_parquet(out / "volumes.parquet").set_index("link_id")
    assert table["volume"][0] == pytest.approx(np.arange(24) / 2 * 799.1 / 800, rel=1e-3)
    assert table["speed_kmh"][4] == pytest.approx(np.full(24, 30.0))


def test_a_source_elsewhere_is_refused(tmp_path):
    network = write_streets(tmp_path / "city")
    places = lay_places(*ROWS).set_crs("EPSG:32633", allow_override=True)  # another continent
    write_traffic_source(tmp_path / "model", lay_source(places, VOLUMES))
    with pytest.raises(InputError) as caught:
        match_volumes(tmp_path / "model", network, tmp_path / "out")
    assert "none of 3 is within 75 m of a link" in str(caught.value) or (
        "Places must have a geometry within the network's reference system" in str(caught.value)
    )


def test_faults_are_told_before_any_work(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match="must be new, or hold a match: it holds other files"):
        match_volumes(tmp_path / "no", tmp_path / "none", tmp_path / "full")
    with pytest.raises(InputError) as caught:
        match_volumes(tmp_path / "no", tmp_path / "none", tmp_path / "out")
    assert len(caught.value.faults) == 2
    with pytest.raises(InputError, match=r"--spread must be finite and > 0 \[m\]: -1 found"):
        match_volumes(tmp_path / "no", tmp_path / "none", tmp_path / "out", spread_m=-1.0)


@pytest.mark.slow
def test_the_command_says_what_it_did(folders):
    source, network, out = folders
    words = ["volumes", "match", str(source), "--network", str(network), "--out", str(out)]
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 0, said.output
    assert "matched 2, doubtful 0, unmatched 1" in said.output
    assert "no link is near it" in said.output
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 2
    facts = CliRunner().invoke(app, [*words, "--force", "--json"])
    assert json.loads(facts.output)["unmatched"] == 1
    wrong = CliRunner().invoke(app, [*words, "--force", "--kind", "yearly"])
    assert wrong.exit_code == 2


def test_report_lists_what_a_look_can_mend_before_what_no_link_is_near():
    places = pd.DataFrame(
        {
            "place_id": ["far", "unlike", "doubtful", "found"],
            "status": ["unmatched", "unmatched", "doubtful", "matched"],
            "reason": [FAR, "no link runs along it", "two links fit", ""],
            "score": 0.5, "vkm": [100.0, 5.0, 1.0, 7.0],
        }
    )  # fmt: skip
    facts = SimpleNamespace(
        points=True, network="n", network_sha256="0" * 64, source="s", places=4, matched=1,
        doubtful=1, unmatched=2, accepted=0, refused=0, links_with_volume=1, spread_m=5.0,
        kind="aadt", unit="veh", notes=[],
        reasons=[SimpleNamespace(status="doubtful", reason="two links fit", places=1, vkm=1.0)],
    )  # fmt: skip
    report = to_report(facts, SimpleNamespace(places=places), pd.DataFrame({"name": [None] * 4}))
    listed = [line.split(" | ")[0][2:] for line in report.splitlines() if " | 0.50 | " in line]
    assert listed == ["doubtful", "unlike", "far"]
