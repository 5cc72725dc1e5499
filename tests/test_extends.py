"""A scenario that extends another: what it takes over, what it changes, and what it may not."""

import json
import shutil
from pathlib import Path

import pytest
import small_run

from transmod.errors import InputError
from transmod.inputs.results import MANIFEST_KEYS, verify_files
from transmod.inputs.shipped import PROFILES, find_shipped
from transmod.intake.hashes import find_set_folder, hash_inputs
from transmod.scenario import read_scenario, resolve
from transmod.scenario.extends import move_paths

OWN = 'title = "Child"\n'


def child(base, text, name="child"):
    """Write a scenario beside `base` that extends it."""
    folder = base.parent / name
    folder.mkdir(exist_ok=True)
    (folder / "scenario.toml").write_text(f'extends = "../{base.name}"\n{text}')
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return small_run.build(tmp_path_factory.mktemp("extends"))


def test_all_that_a_base_says_holds_from_the_childs_folder(base):
    folder = child(base, OWN)
    mine, theirs = read_scenario(folder), read_scenario(base)
    assert mine.title == "Child"
    assert mine.calendar == theirs.calendar
    for path, of in ((mine.traffic.volumes, theirs.traffic.volumes),
                     (Path(mine.fleet.mix), Path(theirs.fleet.mix)),
                     (mine.network.path, theirs.network.path)):  # fmt: skip
        assert resolve(folder, path) == resolve(base, of)
        assert resolve(folder, path).exists()


def test_tables_merge_and_lists_are_replaced(base):
    folder = child(base, OWN + '[accounting]\ngwp = "AR6"\n[grid]\ncell_size_m = 250\n')
    mine, theirs = read_scenario(folder), read_scenario(base)
    assert mine.accounting.gwp == "AR6"
    assert mine.accounting.rule == theirs.accounting.rule
    assert mine.grid.cell_size_m == 250.0
    assert mine.outputs == theirs.outputs


def test_a_chain_reaches_the_first(base):
    middle = child(base, OWN + "[fleet]\nyear = 2020\n", "middle")
    last = middle.parent / "deep" / "last"
    last.mkdir(parents=True, exist_ok=True)
    (last / "scenario.toml").write_text(f'{OWN}extends = "../../middle"\n')
    mine = read_scenario(last)
    assert mine.fleet.year == 2020
    assert resolve(last, mine.traffic.volumes).exists()
    above = {"scenario.toml", "../../middle/scenario.toml", "../../small/scenario.toml"}
    assert above <= set(hash_inputs(last, mine))


def test_measures_are_done_after_those_of_the_base(base):
    measure = '[[measures]]\nkind = "change_grid"\nname = "{}"\n{}\n'
    middle = child(base, OWN + measure.format("first", "kg_per_kwh = 0.2"), "first")
    last = child(middle, OWN + measure.format("second", "loss_share = 0.1"), "second")
    mine = read_scenario(last)
    assert [one.title for one in mine.measures] == ["first", "second"]
    assert mine.profiles.electricity_kg_per_kwh == 0.2
    assert mine.profiles.grid_loss_share == 0.1
    dropped = child(last, OWN + 'without = ["measures"]\n', "third")
    assert read_scenario(dropped).measures == ()


def test_paths_that_begin_at_the_root_stay_as_they_are(base):
    volumes, mix = base.parent / "v.parquet", base.parent / "own.csv"
    text = f'{OWN}[traffic]\nvolumes = "{volumes}"\n[fleet]\nmix = "{mix}"\n'
    last = child(child(base, text, "rooted"), OWN, "on_rooted")
    mine = read_scenario(last)
    assert (mine.traffic.volumes, mine.fleet.mix) == (volumes, str(mix))


def test_what_measures_set_goes_with_them(base):
    measure = '[[measures]]\nkind = "change_grid"\nkg_per_kwh = 0.1\n'
    cleaner = child(base, OWN + measure, "cleaner")
    dropped = child(cleaner, OWN + 'without = ["measures"]\n', "dropped")
    assert read_scenario(cleaner).profiles.electricity_kg_per_kwh == 0.1
    assert read_scenario(dropped).profiles == read_scenario(base).profiles
    own = OWN + "[profiles]\nelectricity_kg_per_kwh = 0.9\n"
    with pytest.raises(InputError, match=r"must not be said beside a measure.*to 0.1, 0.9 found"):
        read_scenario(child(cleaner, own, "overruled"))
    mine = read_scenario(child(cleaner, 'without = ["measures"]\n' + own, "overruled"))
    assert mine.profiles.electricity_kg_per_kwh == 0.9


def test_a_grid_of_an_area_takes_the_place_of_a_figure(base):
    assert read_scenario(base).profiles.electricity_kg_per_kwh == 0.3
    measure = '[[measures]]\nkind = "change_grid"\narea = "CL-SEN"\n'
    mine = read_scenario(child(base, OWN + measure, "area")).profiles
    assert (mine.electricity_area, mine.electricity_kg_per_kwh) == ("CL-SEN", None)
    both = child(base, OWN + measure + "kg_per_kwh = 0.2\n", "area")
    assert read_scenario(both).profiles.electricity_kg_per_kwh == 0.2


def test_a_set_beside_the_runs_serves_the_variants_of_a_series_too(base):
    own = base.parent.parent / "vehicle_profiles" / "emep_eea_2019"
    own.mkdir(parents=True)
    variant = base.parent / "series" / "variant"
    variant.mkdir(parents=True)
    (variant / "scenario.toml").write_text(OWN + 'extends = "../../small"\n')
    try:
        for folder in (base, variant):
            assert find_set_folder(folder, read_scenario(folder)).samefile(own)
    finally:
        own.rmdir()
    assert find_set_folder(variant, read_scenario(variant)).is_dir()  # the shipped one


def test_inputs_of_a_run_that_is_a_link_are_hashed_as_they_are_read(base, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    real = tmp_path / "elsewhere" / "real"
    shutil.copytree(base, real)
    linked = base.parent / "linked"
    linked.symlink_to(real, target_is_directory=True)
    there = hash_inputs(linked, read_scenario(linked))
    assert "../../networks/small/links.parquet" in there
    assert there == hash_inputs(base, read_scenario(base))
    text = (linked / "scenario.toml").read_text()
    (linked / "scenario.toml").write_text(f'{OWN}extends = "../small"\n')
    assert "../small/scenario.toml" in hash_inputs(linked, read_scenario(linked))
    (linked / "results").mkdir()
    manifest = {key: {} for key in MANIFEST_KEYS} | {"inputs": there}
    (linked / "results" / "manifest.json").write_text(json.dumps(manifest))
    (linked / "scenario.toml").write_text(text)
    assert verify_files(linked, {PROFILES: find_shipped(PROFILES)}) == []


def test_all_keys_that_cannot_be_taken_out_are_told(base):
    text = OWN + 'without = ["traffic.bpr", "fleet.mix.name", "magic"]\n'
    with pytest.raises(InputError) as told:
        read_scenario(child(base, text, "nothing"))
    assert [fault.split("'")[1] for fault in told.value.faults] == [
        "traffic.bpr", "fleet.mix.name", "magic"
    ]  # fmt: skip


def test_without_needs_a_base(tmp_path):
    small_run.write_scenario(tmp_path, without=["grid"])
    with pytest.raises(InputError, match=r"`without` .* needs `extends`"):
        read_scenario(tmp_path)


def test_an_alternative_takes_the_place_of_that_of_the_base(base):
    text = OWN + '[fleet]\nstock = "stock.csv"\nregion = "europe"\n'
    mine = read_scenario(child(base, text, "stocked"))
    assert mine.fleet.mix is None
    assert mine.fleet.stock == Path("stock.csv")


def test_a_key_can_be_taken_out(base):
    mine = read_scenario(child(base, 'without = ["grid.cell_size_m"]\n' + OWN, "less"))
    assert mine.grid.cell_size_m == 500.0  # the default


def test_a_base_of_another_name_is_found(base):
    run = child(base, OWN, "typo")
    (run / "scenario.toml").write_text(f'{OWN}extends = "../smal"\n')
    with pytest.raises(InputError, match=r"'.*smal', no such folder. Did you mean '.*/small'\?"):
        read_scenario(run)


def test_a_name_that_ends_as_a_file_is_none(tmp_path):
    said = {
        "measures": [{"name": "from plan.csv", "zone": Path("zone.geojson")}],
        "fleet": {"mix": "fleet.csv"},
        "accounting": {"rule": "territorial"},
    }
    moved = move_paths(said, tmp_path / "a", tmp_path / "b")
    assert moved["measures"] == [{"name": "from plan.csv", "zone": Path("../a/zone.geojson")}]
    assert moved["fleet"]["mix"] == "../a/fleet.csv"
    assert moved["accounting"]["rule"] == "territorial"


FAULTS = {
    "own_title": ("", "`title` must be given"),
    "unknown_key": (OWN + "[fleet]\nyeer = 2020\n", "`fleet.yeer` is no key.*Did you mean `year`"),
    "unknown_measure": (
        OWN + '[[measures]]\nkind = "magic"\n', "measure 1 .magic.: `kind` .*Valid: scale"
    ),
    "measure_key": (
        OWN + '[[measures]]\nkind = "change_grid"\nkgperkwh = 1\n', "Did you mean `kg_per_kwh`"
    ),
    "mix_of_no_year": (
        OWN + '[[measures]]\nkind = "renew_fleet"\nyear = 2030\n',
        r"`renew_fleet` needs fleet.stock or fleet.sales",
    ),
    "no_list": ('without = "measures"\n' + OWN, "`without` must be a list .*'measures' found"),
    "no_keys": ("without = [3]\n" + OWN, r"`without` must be a list of keys.*\[3\] found"),
    "taken_out_twice": ('without = ["traffic.bpr.gamma"]\n' + OWN, "'traffic.bpr.gamma' is none"),
    "share": (
        OWN + '[[measures]]\nkind = "retire_types"\nfuels = "diesel"\nshare = 1.5\n',
        "`share` of measure 1 .retire_types. must be from 0 to 1: 1.5 found. 1.5 % is 0.015",
    ),
    "nothing_picked": (
        OWN + '[[measures]]\nkind = "set_fleet_share"\nshare = 0.5\n', "must name types by one of"
    ),
    "contradiction": (
        OWN + '[[measures]]\nkind = "change_grid"\nkg_per_kwh = 0.1\n'
        '[[measures]]\nkind = "change_grid"\nname = "coal"\nkg_per_kwh = 0.9\n',
        r"measure 1 \(change_grid\) sets `.*kg_per_kwh` to 0.1, measure 2 \('coal'\) to",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_told(base, fault):
    text, match = FAULTS[fault]
    with pytest.raises(InputError, match=match):
        read_scenario(child(base, text, "faulty"))


def test_a_ring_is_told(tmp_path):
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        (tmp_path / name).mkdir()
        text = f'title = "{name}"\nextends = "../{other}"\n'
        (tmp_path / name / "scenario.toml").write_text(text)
    with pytest.raises(InputError, match=r"must not lead back.*a -> .*b -> .*c -> .*a"):
        read_scenario(tmp_path / "a")


def test_faults_of_the_base_are_told_as_its_own(base):
    folder = base.parent / "broken"
    folder.mkdir(exist_ok=True)
    (folder / "scenario.toml").write_text('title = "Broken"\nyear = 3000\n')
    with pytest.raises(InputError, match=r"extends '.*broken'.*`year`"):
        read_scenario(child(folder, OWN, "on_broken"))
