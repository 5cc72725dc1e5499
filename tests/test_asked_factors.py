"""What factors of a run hang on: no key of a scenario is forgotten, and none counts in vain."""

import dataclasses
import inspect
import json

import numpy as np
import pytest
import small_run
from profile_set import narrow, shipped

import transmod.intake.factors as asked_module
from transmod.intake import driving
from transmod.intake.calendars import lay_calendar
from transmod.intake.factors import ask_factors, find_key, recall_factors
from transmod.intake.processes import choose_processes, lay_climate, with_mileage
from transmod.memory import digest
from transmod.model.added_processes import add_processes
from transmod.model.factor_table import build_factors
from transmod.model.fleet import Fleet
from transmod.scenario import Scenario
from transmod.schema import LEVEL

CAR, TRUCK = "car_petrol_medium_euro5_gdi", "rigid_diesel_7_5_12t_euro6abc_dpf_scr"
STREAMS = (("car", "all"), ("rigid_truck", "all"))
COLD, WARM = [5.0] * 12, [15.0] * 12
# what a scenario may say, and other words for it; by these factors change
FACTORS = {
    "year": 2030,
    "climate.temperature_c": COLD,
    "climate.seasons": "months",
    "traffic.trip_length_km": 7.5,
    "fleet.occupancy": {"car": 1.6},
    "freight.lcv": {"load_factor": 0.4},
    "freight.rigid_truck": {"load_factor": 0.4},
    "freight.articulated_truck": {"empty_share": 0.1},
    "profiles.electricity_area": "CN-Shanghai",
    "profiles.electricity_year": 2022,
    "profiles.electricity_kg_per_kwh": 0.5,
    "profiles.grid_loss_share": 0.1,
    "profiles.fuels": "ipcc_2006",
    "profiles.blends": {"petrol": "E10"},
    "profiles.conditions": {"temperature_c": 3.0},
    "profiles.processes": ["hot", "tyre"],
    "profiles.mileage_km": 90_000.0,
    "measures": [
        {"kind": "consolidate_freight", "vehicle_class": "rigid_truck", "load_factor": 0.8}
    ],
}
# these reach factors by the set, the types of the fleet, or the hours of each month and season
BY_OTHERS = {
    "profiles.set", "calendar", "timezone", "fleet.mix", "fleet.stock", "fleet.sales", "fleet.year",
    "fleet.region", "fleet.counted_in", "fleet.growth", "fleet.targets", "fleet.turnover",
}  # fmt: skip
# and these do not
ELSEWHERE = {
    "title": "Another",
    "outputs": ["accounts"],
    "network": {"path": "elsewhere"},
    "grid": {"cell_size_m": 1000.0},
    "accounting": {"gwp": "AR6"},
    "reconciliation": {"calibrate": "fuel", "fuel_sales": "sales.csv"},
    "indicators": {"population": 1e6},
    "targets": [
        {
            "name": "peak",
            "base_year": 2020,
            "base_value": 1.0,
            "target_year": 2035,
            "reduction": 0.5,
        }
    ],
    "memo": {"flights": "flights.csv"},
    "uncertainty": {"draws": 500},
    "climate.relative_humidity": [0.5] * 12,
    "fleet.economy": "model_year",  # scales the factors that are recalled
    "traffic.volumes": "other.parquet",
    "traffic.kind": "aadt",
    "traffic.unit": "pcu",
    "traffic.direction": "both",
    "traffic.origin": "counted",
    "traffic.speed": "free",
    "traffic.peak_hours": [7, 8],
    "traffic.parked": "parked.csv",
    "traffic.temporal_profile": "other.csv",
    "traffic.network_sha256": "ab",
}
# of links, or of sources beside the road: no argument of what asks for factors holds them
_OF_LINKS = {
    "extends", "without", "aviation", "shipping", "rail", "off_road", "traffic.bpr",
    "traffic.conical", "traffic.akcelik", "traffic.speeds", "traffic.speed_fallback",
    "traffic.speed_flow",
}  # fmt: skip


def scenario_of(**changes):
    """Return the small city's scenario with a climate; `changes` by key, `table.key` within one."""
    said = json.loads(json.dumps(small_run.SCENARIO)) | {"calendar": {}}
    said["climate"] = {"temperature_c": WARM}
    for key, value in changes.items():
        *table, last = key.split(".")
        at = said.setdefault(table[0], {}) if table else said
        at[last] = value
    return Scenario.model_validate(said)


def ask(scenario, *, profiles=None, types=(CAR, TRUCK), share=(1.0, 1.0), gradients=LEVEL):
    """Return what a run asks for its factors with."""
    profiles = with_mileage(profiles or shipped(), scenario=scenario)
    calendar = lay_calendar("profile", scenario=scenario)
    processes = choose_processes(profiles, scenario=scenario)
    climate = lay_climate(calendar, processes, scenario=scenario)
    fleet = Fleet("f", STREAMS, types, np.diag(share), {}, ())
    asked = ask_factors(
        fleet, calendar, STREAMS, climate, processes, gradients, scenario=scenario
    )  # fmt: skip
    return profiles, asked


def key_of(scenario, **given):
    """Return what the factors of a scenario are kept by."""
    kept = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asked_module, "remember", lambda _, parts, make: kept.append(parts))
        recall_factors(*ask(scenario, **given))
    return digest(kept[0])


@pytest.fixture(scope="module")
def key():
    return key_of(scenario_of())


def test_the_key_is_what_they_are_kept_by(key):
    assert find_key(*ask(scenario_of())) == key
    scenario = scenario_of()
    assert driving._find_key(*ask(scenario), scenario=scenario) == key
    scaled = scenario_of(**{"fleet.economy": "model_year"})
    assert driving._find_key(*ask(scaled), scenario=scaled) is None


def test_every_key_of_a_scenario_is_thought_of():
    within = {"traffic", "fleet", "freight", "profiles", "climate"}
    keys = set(Scenario.model_fields) - within
    for table in within:
        record = Scenario.model_fields[table].annotation
        records = [one for one in (record, *getattr(record, "__args__", ())) if one is not None]
        (record,) = [one for one in records if hasattr(one, "model_fields")]
        keys |= {f"{table}.{name}" for name in record.model_fields}
    known = [set(FACTORS), BY_OTHERS, set(ELSEWHERE), _OF_LINKS]
    assert keys == set().union(*known)
    assert len(keys) == sum(map(len, known))


@pytest.mark.parametrize("changed", FACTORS)
def test_what_changes_factors_changes_their_key(key, changed):
    assert key_of(scenario_of(**{changed: FACTORS[changed]})) != key


@pytest.mark.parametrize("changed", ELSEWHERE)
def test_what_does_not_keeps_it(key, changed):
    assert key_of(scenario_of(**{changed: ELSEWHERE[changed]})) == key


def test_the_key_is_of_types_gradients_and_set_and_not_of_shares(key):
    scenario = scenario_of()
    assert key_of(scenario, share=(0.4, 0.6)) == key
    assert key_of(scenario, types=(CAR,)) != key
    assert key_of(scenario, gradients=(0.0, 0.02)) != key
    assert key_of(scenario, profiles=dataclasses.replace(shipped(), sha256="ab")) != key


def test_all_that_makes_factors_is_asked():
    scenario = scenario_of()
    _, asked = ask(scenario)
    of_base, of_more = (
        list(inspect.signature(f).parameters) for f in (build_factors, add_processes)
    )
    assert ["profiles", *asked.base] == of_base
    assert ["factors", "profiles", *asked.more] == of_more


def test_what_is_recalled_is_what_was_made(monkeypatch, tmp_path):
    monkeypatch.setenv("TRANSMOD_CACHE_DIR", str(tmp_path))
    scenario = scenario_of()
    given = ask(scenario, profiles=narrow(CAR), types=(CAR,))
    made = recall_factors(*given)
    monkeypatch.setattr(asked_module, "_make", None)
    given = ask(scenario_of(title="Another"), profiles=narrow(CAR), types=(CAR,))
    again = recall_factors(*given)
    assert made.gradients == again.gradients == LEVEL
    for name in ("curve", "index", "validity", "scale", "estimated"):
        assert (getattr(made, name) == getattr(again, name)).all()
