"""Manifest and run log, and the reading of a finished run."""

import hashlib
import json
from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString

from transmod import __version__
from transmod.errors import CheckError, InputError
from transmod.inputs.hashes import sha256_file
from transmod.inputs.results import MANIFEST_KEYS, read_manifest, read_result_table, verify_files
from transmod.outputs.manifest import file_hashes, library_versions, write_manifest, write_run_log
from transmod.outputs.tables import write_csv, write_geo_table, write_table
from transmod.schema import INVENTORY, LINK_RESULTS, PIECES


def facts(**more):
    return {
        "inputs": {"scenario.toml": "0" * 64},
        "results": {},
        "options": {"year": 2023, "outputs": ("accounts", "grid")},
        "seed": None,
        "totals": {"co2_t": np.float64(0.1) + 0.2, "links": np.int64(3)},
        "checks": [
            {
                "name": "links = cells",
                "left": 1.0,
                "right": 1.0,
                "relative_difference": 0.0,
                "passed": np.True_,
            }
        ],
        "notes": ["Südstraße: 3 links imputed."],
        **more,
    }


@pytest.fixture
def run(tmp_path):
    """A finished run with tables, a figure, inputs of its own and shipped ones."""
    results = tmp_path / "run" / "results"
    (results / "figures").mkdir(parents=True)
    (tmp_path / "run" / "scenario.toml").write_text("year = 2023\n")
    (tmp_path / "city.csv").write_text("x\n")
    (tmp_path / "shipped" / "emep").mkdir(parents=True)
    (tmp_path / "shipped" / "emep" / "hot.csv").write_text("y\n")
    pieces = pd.DataFrame(
        {"link_id": [1, 2], "district_id": ["a", "b"], "cell_id": [0, -1], "fraction": [1.0, 1.0]}
    )
    write_table(pieces, PIECES, results / "pieces.parquet", metadata={})
    (results / "figures" / "a.png").write_bytes(b"png")
    (results / "run.log.json").write_text("{}")
    inputs = {
        "scenario.toml": sha256_file(tmp_path / "run" / "scenario.toml"),
        "../city.csv": sha256_file(tmp_path / "city.csv"),
        "vehicle_profiles/emep/hot.csv": sha256_file(tmp_path / "shipped" / "emep" / "hot.csv"),
    }
    known = facts(inputs=inputs, results=file_hashes(results))
    write_manifest(results / "manifest.json", known)
    return tmp_path / "run"


def verify(run):
    return verify_files(run, {"vehicle_profiles": run.parent / "shipped"})


def test_manifest_by_hand(tmp_path):
    write_manifest(tmp_path / "a.json", facts())
    text = (tmp_path / "a.json").read_bytes().decode("utf-8")
    assert text.endswith("}\n")
    assert "\r" not in text
    assert '"co2_t": 0.30000000000000004' in text
    assert "Südstraße" in text
    read = json.loads(text)
    assert tuple(read) == MANIFEST_KEYS
    assert read["version"] == __version__
    assert read["libraries"] == library_versions()
    assert read["checks"][0]["passed"] is True
    assert read["options"]["outputs"] == ["accounts", "grid"]
    write_manifest(tmp_path / "b.json", dict(reversed(facts().items())))
    assert (tmp_path / "b.json").read_bytes() == text.encode()


def test_a_manifest_holds_no_unknown_number(tmp_path):
    with pytest.raises(CheckError, match=r"finite.*`totals\.co2_t` is nan"):
        write_manifest(tmp_path / "a.json", facts(totals={"co2_t": float("nan")}))
    with pytest.raises(CheckError, match=r"`notes\[0\]` is <class 'set'>"):
        write_manifest(tmp_path / "a.json", facts(notes=[{1}]))
    incomplete = facts()
    del incomplete["seed"]
    with pytest.raises(CheckError, match="seed missing"):
        write_manifest(tmp_path / "a.json", incomplete)
    assert not (tmp_path / "a.json").exists()


def test_run_log(tmp_path):
    write_run_log(
        tmp_path / "run.log.json",
        started=datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC),
        steps={"read": 1.25, "links": 2.5},
        threads=2,
        scheduler="local",
    )
    log = json.loads((tmp_path / "run.log.json").read_text())
    assert log["started"] == "2026-05-04T03:02:01+00:00"
    assert log["duration_s"] == 3.75
    assert list(log["steps_s"]) == ["read", "links"]
    assert log["scheduler"] == "local"
    assert log["machine"]["cores"]


def test_hashes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, B.1
    assert sha256_file(tmp_path / "a") == known


def test_hashes_of_a_folder(run):
    hashes = file_hashes(run / "results")
    assert list(hashes) == ["figures/a.png", "pieces.parquet"]
    assert hashes["figures/a.png"] == hashlib.sha256(b"png").hexdigest()


def test_an_untouched_run_verifies(run):
    assert verify(run) == []
    (run / "results" / "report.html").write_text("made later, for people")
    (run / "results" / "run.log.json").write_text("other")
    assert verify(run) == []


def test_every_difference_is_told(run):
    (run / "scenario.toml").write_text("year = 2024\n")
    (run.parent / "city.csv").unlink()
    (run.parent / "shipped" / "emep" / "hot.csv").write_text("z\n")
    (run / "results" / "figures" / "a.png").write_bytes(b"other")
    (run / "results" / "pieces.parquet").unlink()
    (run / "results" / "note.txt").write_text("x")
    found = [(each.path, each.kind) for each in verify(run)]
    assert found == [
        ("../city.csv", "missing"),
        ("scenario.toml", "changed"),
        ("vehicle_profiles/emep/hot.csv", "changed"),
        ("results/figures/a.png", "changed"),
        ("results/pieces.parquet", "missing"),
        ("results/note.txt", "extra"),
    ]
    said = [str(each) for each in verify(run)]
    assert said[0].startswith("'../city.csv' is missing; its SHA-256 was")
    assert "has changed: SHA-256 was" in said[1]
    assert said[5] == "'results/note.txt' is not in the manifest."


def test_reading_what_is_not_there(run):
    with pytest.raises(InputError, match=r"must have the table ledger: it has pieces\. Name it"):
        read_result_table(run, "ledger")
    with pytest.raises(InputError, match=r"must be one of ledger, .*: found 'linkz'"):
        read_result_table(run, "linkz")
    with pytest.raises(InputError, match=r"must have results: it has none.*transmod run"):
        read_manifest(run.parent)


def test_a_broken_manifest(run):
    (run / "results" / "manifest.json").write_text('{"version": "0.1.0"}')
    with pytest.raises(InputError, match=r"libraries, inputs, .* missing\. Run the scenario again"):
        read_manifest(run)
    (run / "results" / "manifest.json").write_text('{"version": ')
    with pytest.raises(InputError, match="must be JSON"):
        verify_files(run)


def test_tables_are_read_as_they_were_written(run):
    pieces = read_result_table(run, "pieces")
    assert pieces["cell_id"].tolist() == [0, -1]
    row = {c.name: None if c.nullable else "x" for c in INVENTORY.columns}
    row |= {c.name: c.choices[0] for c in INVENTORY.columns if c.choices and not c.nullable}
    row |= {c.name: True for c in INVENTORY.columns if c.dtype == "bool"}
    row |= {"year": 2023, "scope": 1, "notation_key": "NO", "co2_t": 0.1 + 0.2}
    write_csv(pd.DataFrame([row]), INVENTORY, run / "results" / "inventory.csv")
    inventory = read_result_table(run, "inventory")
    assert inventory["notation_key"].tolist() == ["NO"]
    assert inventory["co2_t"].tolist() == [0.1 + 0.2]
    columns = {c.name: [1.0] for c in LINK_RESULTS.columns if c.dtype == "float64"}
    links = gpd.GeoDataFrame(
        {"link_id": [1], "district_id": ["a"], **columns},
        geometry=[LineString([(0, 0), (1, 1)])],
        crs="EPSG:32719",
    )
    write_geo_table(links, LINK_RESULTS, run / "results" / "links.parquet", metadata={})
    assert read_result_table(run, "links").crs == "EPSG:32719"
    assert read_manifest(run)["options"]["year"] == 2023


def test_a_table_cut_short(run):
    path = run / "results" / "pieces.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="whole Parquet file"):
        read_result_table(run, "pieces")
    (run / "results" / "links.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="whole GeoParquet file"):
        read_result_table(run, "links")
