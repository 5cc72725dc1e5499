"""A scenario read from the spectrum of its base: the tables of a full run, to the bit."""

import json
import subprocess
import sys

import pytest
import small_run

from transmod import memory
from transmod import run as run_module
from transmod.inputs.hashes import sha256_file
from transmod.inputs.link_pass import read_link_pass
from transmod.pipeline import base as base_module
from transmod.pipeline.base import find_base
from transmod.run import run, verify
from transmod.scenario import Scenario, read_scenario
from transmod.schema import GRADIENT_NODES

TABLES = ("ledger.parquet", "energy.parquet", "activity.parquet", "inventory.csv",
          "cross_walk.csv", "overlaps.csv")  # fmt: skip
FLIGHTS = {"memo": {"flights": "input/flights.csv"}}
ELECTRIC = """title = "Electric cars"
extends = "../small"
outputs = ["accounts"]
[[measures]]
kind = "set_fleet_share"
vehicle_class = "car"
fuels = "electricity"
share = 0.6
[[measures]]
kind = "change_grid"
kg_per_kwh = 0.25
"""


def lay(root, text=ELECTRIC, **changes):
    """Write the small city, and a scenario that extends it."""
    base = small_run.build(root, **FLIGHTS, outputs=["accounts"], **changes)
    (base / "input" / "flights.csv").write_text(small_run.FLIGHTS)
    folder = base.parent / "child"
    folder.mkdir()
    (folder / "scenario.toml").write_text(text)
    return base, folder


def hashes(folder):
    return {name: sha256_file(folder / "results" / name) for name in TABLES}


@pytest.fixture(scope="module", autouse=True)
def own_memory(tmp_path_factory):
    """Keep tables where no other test makes these forgotten."""
    place = tmp_path_factory.mktemp("tables")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "_folder", lambda: place)
        yield


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A scenario computed from its links, then from the spectrum of its base."""
    base, folder = lay(tmp_path_factory.mktemp("spectrum"))
    driven = run(folder)
    whole = hashes(folder)
    run(base)
    read = run(folder, force=True)
    return base, folder, driven, whole, read


def test_the_tables_are_those_of_a_full_run_to_the_bit(both):
    _, folder, driven, whole, read = both
    assert any("it has none yet" in note for note in driven.notes)
    assert "No link was driven: the spectrum is that of ../small." in read.notes
    assert hashes(folder) == whole
    assert driven.totals == read.totals


@pytest.mark.parametrize(
    ("name", "said", "otherwise", "recalls"),
    [
        ("less", "share = 0.6", "share = 0.25", True),
        ("cleaner", "kg_per_kwh = 0.25", "kg_per_kwh = 0.125", False),  # other factors
        ("all", "share = 0.6", "share = 1.0", False),  # other types
    ],
)
def test_sums_of_streams_are_recalled_for_the_same_types_and_factors(
    both, monkeypatch, name, said, otherwise, recalls
):
    _, folder, *_ = both
    other = folder.parent / name
    other.mkdir()
    (other / "scenario.toml").write_text(ELECTRIC.replace(said, otherwise))
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "find_base", lambda *_: (None, None))
        driven = run(other)
    whole = hashes(other)
    assert whole["ledger.parquet"] != hashes(folder)["ledger.parquet"]
    added, add = [], base_module.sum_streams
    monkeypatch.setattr(base_module, "sum_streams", lambda *a: added.append(1) or add(*a))
    monkeypatch.setattr(base_module, "to_driven", None)  # must not be reached
    read = run(other, force=True)
    assert any("No link was driven" in note for note in read.notes)
    assert hashes(other) == whole
    assert driven.totals == read.totals
    assert added == ([] if recalls else [1])


def test_factors_are_tabulated_at_the_gradients_of_its_links(both):
    base, folder, *_ = both
    for run_folder in (base, folder):
        manifest = json.loads((run_folder / "results" / "manifest.json").read_text())
        # links of the small city fall by 3 % and rise by 5 %
        assert read_link_pass(manifest).gradients == GRADIENT_NODES[1:]
    del manifest["link_pass"]["gradients"]  # as older ones are: which they were is not known
    assert read_link_pass(manifest).gradients == GRADIENT_NODES


def test_it_is_whole_and_knows_its_base(both):
    base, folder, *_ = both
    assert verify(folder) == []
    manifest = json.loads((folder / "results" / "manifest.json").read_text())
    assert manifest["base"]["run"] == "../small"
    assert "../small/scenario.toml" in manifest["inputs"]
    for name in ("spectrum.parquet", "hours.parquet", "pieces.parquet"):
        shared = sha256_file(folder / "results" / name)
        assert shared == sha256_file(base / "results" / name) == manifest["results"][name]
    assert run(folder).state == "up to date"


def test_every_law_was_checked(both):
    _, _, driven, _, read = both
    assert {check["name"] for check in driven.checks} - {
        check["name"] for check in read.checks
    } == {
        "fractions of each link sum to 1"  # of pieces, which are those of the base
    }
    assert all(check["passed"] for check in read.checks)


def test_a_run_of_its_own_is_a_base_again(both):
    base = both[0]
    text = ELECTRIC.replace("0.6", "0.9").replace("Electric", "All electric")
    third = base.parent / "third"
    third.mkdir()
    # measures of the child set the same share
    text = text.replace("../small", "../child").replace(
        "outputs", 'without = ["measures"]\noutputs'
    )
    (third / "scenario.toml").write_text(text)
    made = run(third)
    assert "No link was driven: the spectrum is that of ../child." in made.notes


CHANGES = {
    "volumes": ("[traffic]\nspeed = 'free'\n", "traffic.speed"),
    "year": ("year = 2024\n", "year"),
}


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_what_touches_links_drives_them(both, change):
    base = both[0]
    text, what = CHANGES[change]
    folder = base.parent / change
    folder.mkdir()
    head = 'title = "Other"\nextends = "../small"\noutputs = ["accounts"]\n'
    (folder / "scenario.toml").write_text(head + text)
    assert f"the scenario changes {what}" in run(folder).notes[0]


def test_each_table_of_a_scenario_is_known_to_touch_links_or_not():
    of_driving = {
        "fleet", "freight", "profiles", "accounting", "reconciliation", "indicators", "targets",
        "uncertainty", "measures",
    }  # fmt: skip
    of_itself = {"title", "extends", "without", "outputs"}
    assert set(Scenario.model_fields) - of_driving - of_itself == set(base_module._OF_LINKS)


def test_a_base_that_lacks_a_file_is_not_used(both):
    base, folder, *_ = both
    pieces = base / "results" / "pieces.parquet"
    pieces.rename(base / "away.parquet")
    try:
        found, why = find_base(folder, read_scenario(folder))
    finally:
        (base / "away.parquet").rename(pieces)
    assert found is None
    assert "no longer whole" in why


def test_another_set_is_another_grid_for_sources_beside_the_road(both, monkeypatch):
    folder = both[0].parent / "other_set"
    folder.mkdir()
    text = 'extends = "../small"\ntitle = "Other"\noutputs = ["accounts"]\nwithout = ["memo"]\n'
    text += '[profiles]\nset = "china_2014"\n[fleet]\nmix = "china_2023"\n'
    (folder / "scenario.toml").write_text(text)
    electricity = "electricity of sources beside the road"
    assert electricity not in find_base(folder, read_scenario(folder))[1]
    monkeypatch.setattr(base_module, "_plugs_in", lambda _: True)
    assert electricity in find_base(folder, read_scenario(folder))[1]


@pytest.mark.slow
def test_a_base_of_other_inputs_is_not_used(tmp_path):
    base, folder = lay(tmp_path)
    run(base)
    path = base / "scenario.toml"
    path.write_text(path.read_text().replace("Small city", "Small town"))
    assert "not of its present inputs" in run(folder).notes[0]


@pytest.mark.slow
def test_what_is_slow_to_load_is_not_loaded(both):
    _, folder, *_ = both
    code = (
        "import sys; from pathlib import Path; from transmod.later import load_later; "
        "load_later('pandas')  # as the program does\n"
        f"from transmod.run import run; run(Path({str(folder)!r}), force=True)\n"
        "print([m for m in ('pandas.core', 'pyarrow.compute', 'numba', 'geopandas', 'xarray', "
        "'scipy', 'matplotlib', 'pyproj', 'shapely') "
        "if m in sys.modules])"
    )
    for _ in range(2):  # the first keeps what the second recalls
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
    assert done.stdout.strip() == "[]"
