"""What a scenario may not say, and in which words that is told; what is read when."""

import subprocess
import sys

import pytest

from transmod.errors import InputError
from transmod.scenario import read_scenario
from transmod.scenario.measures import KINDS, find_record

BASE = """title = "Base"
year = 2022
timezone = "America/Santiago"
network = {path = "network"}
traffic = {kind = "aadt", volumes = "volumes.parquet"}
fleet = {mix = "fleet"}
"""
SECOND = '[[measures]]\nkind = "scale_traffic"\nfactor = 1.1\n[[measures]]\nname = "Second"\n'
SHARE = f'{SECOND}kind = "set_fleet_share"\nfuels = "electricity"\n'
TARGET = '[[targets]]\nname = "Plan"\nbase_year = 2020\nbase_value = 1\ntarget_year = 2030\n'
# what a scenario says beside its base, and the sentences about it
FAULTS = {
    "year": ("year = 20", "`year` must be from 1990 to 2100: 20 found."),
    "half_year": ("year = 2030.5", "`year` must be a whole number: 2030.5 found."),
    "title": ('title = ""', "`title` must not be empty: '' found."),
    "text": ("title = 3", "`title` must be text in quotes: 3 found."),
    "clock": (
        'timezone = "Mars"',
        "`timezone` must be an IANA time zone such as 'Asia/Shanghai': 'Mars' found.",
    ),
    "output": (
        'outputs = ["acounts"]',
        (
            "value 1 of `outputs` must be one of 'accounts', 'links', 'grid' or 'figures': "
            "'acounts' found. Did you mean 'accounts'?"
        ),
    ),
    "no_list": ('outputs = "links"', "`outputs` must be a list in square brackets: 'links' found."),
    "path": (
        "network = {path = 3}",
        "`network.path` must be the path of a file or folder, in quotes: 3 found.",
    ),
    "no_table": ("grid = 3", "`grid` must be a table: 3 found."),
    "nan": ("grid = {cell_size_m = nan}", "`grid.cell_size_m` must be more than 0: nan found."),
    "key": (
        "grid = {cell_size = 3}",
        (
            "`grid.cell_size` is no key of a scenario. Did you mean `cell_size_m`? "
            "Valid: cell_size_m."
        ),
    ),
    "missing": ("traffic.bpr = {alpha = 1}", "`traffic.bpr.beta` must be given: not found."),
    "day": (
        "calendar = {holidays = ['x']}",
        "value 1 of `calendar.holidays` must be a date such as 2030-01-31: 'x' found.",
    ),
    "day_type": (
        "calendar.day_types.a = ['mon', 5]",
        (
            "value 2 of `calendar.day_types.a` must be text in quotes or a date such as "
            "2030-01-31: 5 found."
        ),
    ),
    "months": (
        "climate = {temperature_c = [1, 2]}",
        "`climate.temperature_c` must have at least 12 values: [1, 2] found.",
    ),
    "hot": (
        f"climate = {{temperature_c = {[*range(11), 99]}}}",
        "`climate`: temperature_c must be from -60 to 60 degC: 99 found.",
    ),
    "trip": (
        "traffic.trip_length_km = 'x'",
        "`traffic.trip_length_km` must be a table or a number: 'x' found.",
    ),
    "trip_of": (
        "traffic.trip_length_km = {car = 'x'}",
        "`traffic.trip_length_km.car` must be a number: 'x' found.",
    ),
    "load": (
        "freight.lcv.load_factor = 70",
        "`freight.lcv.load_factor` must be from 0 to 1: 70 found. 70 % is 0.7.",
    ),
    "blend": (
        "profiles.blends.petrol = 3",
        "`profiles.blends.petrol` must be text in quotes or a table: 3 found.",
    ),
    "blended": (
        "profiles.blends.petrol = {biofuel = 'ethanol', volume_share = 10}",
        "`profiles.blends.petrol.volume_share` must be from 0 to 1: 10 found. 10 % is 0.1.",
    ),
    "loss": (
        "profiles = {grid_loss_share = 5}",
        "`profiles.grid_loss_share` must be at least 0 and less than 0.5: 5 found. 5 % is 0.05.",
    ),
    "held": (
        "[[accounting.held]]\nheld_in = 'a report'",
        (
            "entry 1 of `accounting.held`: an entry must name one of activity, vehicle_class, "
            "vehicle_type, fuel, district_id."
        ),
    ),
    "target": (
        f"{TARGET}reduction = 40",
        "`reduction` of entry 1 of `targets` must be from -1 to 1: 40 found. 40 % is 0.4.",
    ),
    "scopes": (
        f"{TARGET}reduction = 0.4\nscopes = [3]",
        "value 1 of `scopes` of entry 1 of `targets` must be one of 1 or 2: 3 found.",
    ),
    "matrix": (
        "uncertainty.correlation = {groups = ['a', 'b'], matrix = [[1, 'x'], [2, 3]]}",
        "value 2 of value 1 of `uncertainty.correlation.matrix` must be a number: 'x' found.",
    ),
    "measure": (
        "measures = [3]",
        "measure 1: a measure must be a table with a `kind`: 3 found.",
    ),
    "no_kind": (
        SECOND,
        (
            "measure 2 ('Second'): `kind` must be that of a measure: not found. "
            f"Valid: {', '.join(KINDS)}."
        ),
    ),
    "kind": (
        f'{SECOND}kind = "set_fleet_shere"',
        (
            "measure 2 ('Second'): `kind` must be that of a measure: 'set_fleet_shere' found. "
            f"Did you mean 'set_fleet_share'? Valid: {', '.join(KINDS)}."
        ),
    ),
    "no_share": (SHARE, "`share` of measure 2 ('Second') must be given: not found."),
    "percent": (
        f"{SHARE}share = 30",
        "`share` of measure 2 ('Second') must be from 0 to 1: 30 found. 30 % is 0.3.",
    ),
    "percent_of_a_year": (
        f"{SHARE}share = {{2022 = 0.1, 2030 = 30}}",
        "`share.2030` of measure 2 ('Second') must be from 0 to 1: 30 found. 30 % is 0.3.",
    ),
    "below": (
        f"{SHARE}share = -0.1",
        "`share` of measure 2 ('Second') must be from 0 to 1: -0.1 found.",
    ),
    "share": (
        f'{SHARE}share = "x"',
        "`share` of measure 2 ('Second') must be a number or a table: 'x' found.",
    ),
    "share_of_no_year": (
        f"{SHARE}share = {{}}",
        "`share` of measure 2 ('Second') must not be empty: a table found.",
    ),
    "no_year": (
        f"{SHARE}share = {{soon = 0.1}}",
        "a key of `share` of measure 2 ('Second') must be a whole number: 'soon' found.",
    ),
    "class": (
        f"{SHARE}share = 0.3\nvehicle_class = 'kar'",
        (
            "`vehicle_class` of measure 2 ('Second'): 'kar' is none of car, taxi, lcv, "
            "rigid_truck, articulated_truck, bus, coach, motorcycle, moped (did you mean 'car'?)."
        ),
    ),
    "measure_key": (
        f"{SECOND}kind = 'close_road'\nlink = 3",
        (
            "`link` of measure 2 ('Second') is no key of a scenario. Did you mean `links`? "
            "Valid: road_class, district_id, zone, links, osm_ways, road_names, name, kind, onto."
        ),
    ),
    "picks_nothing": (
        f"{SECOND}kind = 'set_fleet_share'\nshare = 0.5",
        (
            "measure 2 ('Second') must name types by one of vehicle_types, fuels, powertrains, "
            "standards."
        ),
    ),
    "link": (
        f"{SECOND}kind = 'close_road'\nlinks = [1, 'x']",
        "value 2 of `links` of measure 2 ('Second') must be a whole number: 'x' found.",
    ),
    "detour": (
        f"{SECOND}kind = 'close_road'\nlinks = 1\nonto = [{{links = 2, share = 30}}]",
        (
            "`share` of entry 1 of `onto` of measure 2 ('Second') must be more than 0 and at most "
            "1: 30 found. 30 % is 0.3."
        ),
    ),
    "hour": (
        f"{SECOND}kind = 'scale_traffic'\nfactor = 1\nhours = 24",
        "`hours` of measure 2 ('Second') must be from 0 to 23: 24 found.",
    ),
}


def lay(folder, text):
    """Write a scenario that extends a base."""
    title = "" if text.startswith("title") else 'title = "Run"\n'
    for name, said in (("base", BASE), ("run", f'{title}extends = "../base"\n{text}')):
        (folder / name).mkdir()
        (folder / name / "scenario.toml").write_text(said, encoding="utf-8")
    return folder / "run"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_once_and_in_our_words(tmp_path, fault):
    text, sentence = FAULTS[fault]
    with pytest.raises(InputError) as told:
        read_scenario(lay(tmp_path, text))
    assert [one.split("scenario.toml: ")[1] for one in told.value.faults] == [sentence]


def test_all_faults_are_told(tmp_path):
    with pytest.raises(InputError) as told:
        read_scenario(lay(tmp_path, f"year = 20\n{SHARE}share = 30\ndistrict_id = 3\n"))
    assert [one.split("`")[1] for one in told.value.faults] == ["year", "district_id", "share"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_record(kind):
    assert find_record(kind).__doc__.strip().startswith(f"`{kind}`")


def test_a_scenario_reads_the_records_that_it_has_alone(tmp_path):
    said = SHARE.removeprefix(SECOND)
    (tmp_path / "scenario.toml").write_text(f"{BASE}[[measures]]\n{said}share = 0.3\n")
    code = (
        "import sys\nfrom pathlib import Path\nfrom transmod.scenario import read_scenario\n"
        f"assert read_scenario(Path({str(tmp_path)!r})).measures[0].share == 0.3\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    read = done.stdout.split()
    assert "transmod.scenario.fleet_measures" in read
    assert not {"transmod.scenario.traffic_measures", "pandas", "pyarrow"} & set(read)
