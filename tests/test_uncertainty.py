"""How sure an account is: closed forms, a naive twin, laws of draws, known indices, bad input."""

import json
import math

import naive_uncertainty
import numpy as np
import pandas as pd
import pytest
import small_run
from pydantic import ValidationError

import transmod.accounts.uncertainty as accounts_uncertainty
from transmod.accounts import uncertain_columns
from transmod.accounts.products import Block, Mixed, Multipliers, add_up
from transmod.accounts.sensitivity import Propagation, propagate, sobol_index
from transmod.accounts.uncertain_factors import _find, _read_defaults
from transmod.errors import InputError
from transmod.inputs.shipped import find_shipped
from transmod.intake.inputs import take_in
from transmod.model.draws import Z_95, correlate, draw, lower_root, to_distribution
from transmod.model.error_groups import find_error_groups
from transmod.model.factor_table import build_factors
from transmod.model.road_response import move_curves
from transmod.profiles import recall_profiles
from transmod.run import run
from transmod.scenario.uncertainty import CorrelationChoice, InputChoice, UncertaintyChoice
from transmod.schema import N_SPEED_NODES

N = 20_000
INPUTS = [
    {"of": "volumes", "each": True, "distribution": "normal", "percent": 15},
    {"of": "volumes", "road_class": "primary", "distribution": "lognormal", "percent": 40},
    {"of": "link_volumes", "distribution": "lognormal", "sd": 0.3},
    {"of": "speeds", "unit": "km/h", "distribution": "uniform", "low": -6, "high": 9},
    {
        "of": "shares",
        "vehicle_class": "car",
        "by": "powertrain",
        "distribution": "lognormal",
        "sd": 0.4,
    },
    {"of": "grid", "distribution": "triangular", "low": 0.8, "high": 1.4},
    {"of": "sources", "subsector": "water", "distribution": "normal", "sd": 0.1},
    {
        "of": "factors",
        "error_group": "hot_nox_*",
        "distribution": "lognormal",
        "factor": 2.0,
    },
]
UNCERTAIN = {"draws": 300, "seed": 7, "inputs": INPUTS}


def lay(terms):
    """Return columns and one block: a term is its mass, and its variables with distributions."""
    columns = Multipliers()
    numbers = [[columns.draw(name, d, name) for name, d in factors] for _, factors in terms]
    most = max(len(own) for own in numbers)
    table = np.array([own + [0] * (most - len(own)) for own in numbers])
    base = np.array([[[mass] for mass, _ in terms]])
    none = np.zeros((1, 2), np.int64)
    return columns, [Block(table, none, np.zeros(1, np.int64), base)]


def draw_sums(terms, method="latin_hypercube"):
    columns, blocks = lay(terms)
    u = draw(columns.variables, N, seed=3, method=method)
    sums = add_up(blocks, columns, columns.values(u), 1)[0]
    spread = Propagation.of(columns, (), ())
    first_order = propagate(blocks, columns, spread, 1)
    return sums, spread.deviation(first_order, np.array([0]))


NORMAL = to_distribution("normal", {"percent": 20.0})
SD = 0.2 / Z_95


@pytest.mark.parametrize("method", ["latin_hypercube", "sobol", "random"])
def test_one_normal_factor(method):
    sums, approach_1 = draw_sums([(50.0, [("f", NORMAL)])], method)
    assert sums.mean() == pytest.approx(50.0, abs=4 * 50 * SD / math.sqrt(N))
    assert sums.std(ddof=1) == pytest.approx(50 * SD, rel=4 / math.sqrt(2 * N))
    low, high = np.quantile(sums, [0.025, 0.975])
    assert (low, high) == pytest.approx((40.0, 60.0), rel=0.01)
    assert approach_1 == pytest.approx(50 * SD, rel=1e-12)


def test_a_product_of_two_lognormals():
    one, two = (to_distribution("lognormal", {"factor": f}) for f in (1.5, 3.0))
    sums, _ = draw_sums([(8.0, [("a", one), ("b", two)])])
    sigma = math.hypot(math.log(1.5), math.log(3.0)) / Z_95
    logs = np.log(sums)
    assert logs.mean() == pytest.approx(math.log(8.0), abs=4 * sigma / math.sqrt(N))
    assert logs.std(ddof=1) == pytest.approx(sigma, rel=4 / math.sqrt(2 * N))
    assert np.quantile(sums, 0.975) == pytest.approx(8.0 * math.exp(Z_95 * sigma), rel=0.03)
    assert sums.mean() == pytest.approx(8.0 * math.exp(sigma**2 / 2), rel=0.02)


def test_what_moves_together_adds_up_and_what_does_not_averages_out():
    together, sum_1 = draw_sums([(3.0, [("f", NORMAL)]), (4.0, [("f", NORMAL)])])
    apart, root_1 = draw_sums([(3.0, [("f", NORMAL)]), (4.0, [("g", NORMAL)])])
    assert sum_1 == pytest.approx(7.0 * SD, rel=1e-12)
    assert root_1 == pytest.approx(5.0 * SD, rel=1e-12)
    assert together.std(ddof=1) == pytest.approx(7.0 * SD, rel=4 / math.sqrt(2 * N))
    assert apart.std(ddof=1) == pytest.approx(5.0 * SD, rel=5 / math.sqrt(2 * N))


def test_correlation_lies_between():
    columns, blocks = lay([(3.0, [("f", NORMAL)]), (4.0, [("g", NORMAL)])])
    matrix = ((1.0, 0.6), (0.6, 1.0))
    u = correlate(draw(("f", "g"), N, seed=1, method="latin_hypercube"), np.array(matrix))
    sums = add_up(blocks, columns, columns.values(u), 1)[0]
    expected = SD * math.sqrt(9 + 16 + 2 * 0.6 * 12)
    spread = Propagation.of(columns, ("f", "g"), matrix)
    approach_1 = spread.deviation(propagate(blocks, columns, spread, 1), np.array([0]))
    assert approach_1 == pytest.approx(expected, rel=1e-12)
    assert sums.std(ddof=1) == pytest.approx(expected, rel=0.02)
    assert list(spread.inputs) == ["f with g"]


def test_a_correlation_of_one_is_one_order():
    u = draw(("f", "g"), 500, seed=1, method="latin_hypercube")
    ordered = correlate(u, np.ones((2, 2)))
    assert (np.argsort(ordered[0]) == np.argsort(ordered[1])).all()
    assert (np.sort(ordered[1]) == np.sort(u[1])).all()
    assert (ordered[0] == u[0]).all()
    root = lower_root(np.array([[1, 0.3, 0.2], [0.3, 1, -0.4], [0.2, -0.4, 1]]))
    assert root @ root.T == pytest.approx(np.array([[1, 0.3, 0.2], [0.3, 1, -0.4], [0.2, -0.4, 1]]))


@pytest.mark.parametrize("method", ["latin_hypercube", "random"])
def test_a_new_variable_changes_no_other_draw(method):
    few = draw(("a", "c"), 100, seed=5, method=method)
    more = draw(("a", "b", "c"), 100, seed=5, method=method)
    assert (more[[0, 2]] == few).all()
    assert not (draw(("a",), 100, seed=6, method=method) == few[0]).any()
    assert not (draw(("a",), 100, seed=5, method=method, part="other") == few[0]).any()


@pytest.mark.parametrize("method", ["latin_hypercube", "sobol"])
def test_each_equal_part_is_drawn_once(method):
    u = draw(tuple("abcdefgh"), 256, seed=2, method=method)
    assert (np.sort((u * 256).astype(int), axis=1) == np.arange(256)).all()
    assert (u > 0).all()
    assert (u < 1).all()
    others = np.corrcoef(u) - np.eye(8)
    assert np.abs(others).max() < 0.25


def test_sobol_indices_of_ishigami():
    # I(x) = sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1, x uniform from -pi to pi: known indices
    def ishigami(u):
        x = math.pi * (2 * u - 1)
        return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])

    a, b = (draw("xyz", N, seed=1, method="latin_hypercube", part=part) for part in "ab")
    variance = 0.5 + 49 / 8 + 0.1 * math.pi**4 / 5 + 0.01 * math.pi**8 / 18
    of_1 = 0.5 * (1 + 0.1 * math.pi**4 / 5) ** 2
    of_2 = 49 / 8
    first = np.array([of_1, of_2, 0.0]) / variance
    total = np.array([variance - of_2, of_2, 0.01 * math.pi**8 * (1 / 18 - 1 / 50)]) / variance
    for i in range(3):
        mixed = a.copy()
        mixed[i] = b[i]
        index = sobol_index(ishigami(a), ishigami(b), ishigami(mixed))
        assert index["first_index"] == pytest.approx(first[i], abs=0.04)
        assert index["total_index"] == pytest.approx(total[i], abs=0.03)
        assert 0 < index["total_error"] < 0.02


def test_curves_move_along_speed():
    factors = build_small()
    line = np.stack([np.zeros(N_SPEED_NODES), 5.0 + 0.2 * np.arange(N_SPEED_NODES) / 10])
    moved = move_curves(dataclass_with(factors, line), scale=1.1, offset_kmh=-2.0).curve[1]
    # at 50 km/h: 53 km/h, 5 + 0.2 x 53 = 15.6; 140 km/h is beyond the last node: held there
    assert moved[500] == pytest.approx(15.6, rel=1e-12)
    assert moved[-1] == pytest.approx(33.0, rel=1e-12)
    assert moved[0] == pytest.approx(5.0, rel=1e-12)


def dataclass_with(factors, curve):
    from dataclasses import replace

    return replace(factors, curve=curve)


@pytest.fixture(scope="module")
def profiles():
    return recall_profiles(find_shipped("vehicle_profiles") / "emep_eea_2019")


_SMALL = {}


def build_small():
    if not _SMALL:
        found = recall_profiles(find_shipped("vehicle_profiles") / "emep_eea_2019")
        names = [name for _, name, _ in small_run.FLEET]
        _SMALL["factors"] = build_factors(found, names, year=2023, electricity_kg_per_kwh=0.3)
    return _SMALL["factors"]


def test_factors_stand_on_the_rows_they_are_made_of(profiles):
    factors = build_small()
    groups = find_error_groups(profiles, factors)
    place = {name: j for j, name in enumerate(factors.types["vehicle_type"])}
    q = {pair: i for i, pair in enumerate(factors.quantities)}
    car = groups[place["car_petrol_medium_euro5_gdi"]]
    assert car[q["hot", "co2"]] == ("hot_energy_passenger_car_petrol", "co2_petrol")
    assert car[q["hot", "n2o"]] == ("hot_n2o_car_petrol_mileage",)
    assert car[q["hot", "nmvoc"]] == ("hot_voc_passenger_car_petrol",)
    assert car[q["brake", "pm10"]] == ("wear_brake",)
    battery = groups[place["car_bev_medium"]]
    assert battery[q["electricity", "co2"]] == ("electric_car", "grid")
    assert battery[q["grid_losses", "co2"]] == ("electric_car", "grid", "grid_losses")


def test_every_group_of_a_set_has_a_shipped_uncertainty(profiles):
    factors = build_small()
    defaults = _read_defaults()
    groups = find_error_groups(profiles, factors)
    assert all(
        _find(defaults, name, pollutant) is not None
        for j in range(len(groups))
        for q, (_, pollutant) in enumerate(factors.quantities)
        for name in groups[j, q]
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Run the small city and keep the model that was drawn."""
    folder = build(tmp_path_factory.mktemp("uncertain"))
    kept = {}

    def keep(model, question):
        kept["model"], kept["question"] = model, question
        return found(model, question)

    def keep_rows(ledger):
        kept["rows"] = rows(ledger)
        return kept["rows"]

    with pytest.MonkeyPatch.context() as patch:
        found, rows = accounts_uncertainty.find_uncertainty, uncertain_columns.Rows
        patch.setattr(accounts_uncertainty, "find_uncertainty", keep)
        patch.setattr(uncertain_columns, "Rows", keep_rows)
        run(folder)
    return {"folder": folder, **kept}


def build(root, **changes):
    folder = small_run.build(
        root, outputs=["accounts"], uncertainty=UNCERTAIN, memo={"voyages": "input/voyages.csv"},
        **changes,
    )  # fmt: skip
    (folder / "input" / "voyages.csv").write_text(small_run.VOYAGES)
    return folder


def test_sums_are_those_of_every_row_by_itself(small):
    model, rows = small["model"], small["rows"]
    u = accounts_uncertainty.draw_all(model.columns, small["question"])
    values = model.columns.values(u)
    for i in (0, 41, 299):
        expected = naive_uncertainty.add_up(
            rows, model.columns, dict(zip(model.columns.variables, u[:, i], strict=True))
        )
        for pollutant in ("co2", "nox", "pm2_5"):
            blocks = model.blocks[pollutant]
            sums = add_up(blocks, model.columns, values, len(model.lines))[:, i]
            own = rows["pollutant"] == pollutant
            naive = np.bincount(rows.cell[own], expected[own], minlength=len(model.lines))
            assert sums == pytest.approx(naive, rel=1e-9)


def test_shares_of_a_stream_still_sum_to_one(small):
    model = small["model"]
    values = model.columns.values(accounts_uncertainty.draw_all(model.columns, small["question"]))
    inverse = [
        (i, what)
        for i, what in enumerate(model.columns.derived)
        if isinstance(what, Mixed) and what.is_inverse
    ]
    assert inverse
    for i, what in inverse:
        all_columns = model.columns.multipliers(values, {-1 - i})
        shares = what.weights[:, None] * all_columns[what.columns] * all_columns[-1 - i]
        assert what.weights.sum() == pytest.approx(1.0, abs=1e-12)
        assert shares.sum(axis=0) == pytest.approx(np.ones(shares.shape[1]), abs=1e-12)
        assert (shares >= 0).all()


def test_what_a_run_writes(small):
    results = small["folder"] / "results"
    table = pd.read_csv(results / "uncertainty.csv")
    inventory = pd.read_csv(results / "inventory.csv")
    manifest = json.loads((results / "manifest.json").read_text())
    assert manifest["seed"] == 7
    assert any(note.startswith("Uncertainty: 300 draws") for note in manifest["notes"])
    city = table[(table["by"] == "city") & (table["account"] == "total")].set_index("pollutant")
    for name in ("co2", "nox", "pm10"):
        assert city.loc[name, "value_t"] == pytest.approx(manifest["totals"][f"{name}_t"], rel=1e-9)
    assert city.loc["co2e", "value_t"] == pytest.approx(manifest["totals"]["co2e_t"], rel=1e-9)
    parts = table[(table["by"] == "district_class") & (table["account"] == "total")]
    whole = parts.groupby("pollutant")["value_t"].sum()
    assert whole.to_numpy() == pytest.approx(city["value_t"][whole.index].to_numpy(), rel=1e-9)
    assert (table["low_t"] <= table["mean_t"]).all()
    assert (table["mean_t"] <= table["high_t"]).all()
    shown = inventory["co2_t"].notna() & (inventory["co2_t"] > 0)
    assert (inventory.loc[shown, "co2_t_low"] < inventory.loc[shown, "co2_t"]).all()
    assert (inventory.loc[shown, "co2_t_high"] > inventory.loc[shown, "co2_t"]).all()
    assert inventory.loc[~shown, "co2_t_low"].isna().all()
    sensitivity = pd.read_csv(results / "sensitivity.csv")
    assert set(sensitivity["pollutant"]) == {"co2e", "nox"}
    first = sensitivity[sensitivity["rank"] == 1].set_index("pollutant")["input"]
    assert first["nox"].startswith("hot_nox")


@pytest.mark.slow
def test_same_bytes_with_any_number_of_threads(tmp_path):
    texts = []
    for threads in (1, 2):
        folder = build(tmp_path / str(threads))
        run(folder, threads=threads)
        names = ("uncertainty.csv", "sensitivity.csv", "inventory.csv", "ledger.parquet")
        texts.append([(folder / "results" / name).read_bytes() for name in names])
    assert texts[0] == texts[1]


@pytest.mark.slow
def test_without_it_nothing_changes(tmp_path):
    plain = small_run.build(tmp_path / "plain", outputs=["accounts"])
    asked = small_run.build(
        tmp_path / "asked", outputs=["accounts"], uncertainty={"draws": 100, "seed": 1}
    )
    run(plain)
    run(asked)
    for name in ("ledger.parquet", "energy.parquet", "activity.parquet", "spectrum.parquet"):
        texts = [(folder / "results" / name).read_bytes() for folder in (plain, asked)]
        assert texts[0] == texts[1]
    before, after = (pd.read_csv(f / "results" / "inventory.csv") for f in (plain, asked))
    assert not [name for name in before if name.endswith(("_low", "_high"))]
    pd.testing.assert_frame_equal(before, after[before.columns])
    assert not (plain / "results" / "uncertainty.csv").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"of": "volumes", "vehicle_class": "moped"}, "must match driving vehicles: moped not"),
        ({"of": "volumes", "road_class": "trunk"}, "must match kilometres: none on road class tru"),
        ({"of": "loads", "vehicle_class": "car"}, "must match driving vehicles: car not found"),
        ({"of": "shares", "by": "fuel", "vehicle_class": "bus"}, "differ by fuel: only one in"),
        ({"of": "sources", "subsector": "rail"}, "must match a source beside the road: none"),
        ({"of": "factors", "error_group": "hot_nix*"}, "must match factors of the run: none does"),
    ],
)
def test_an_input_that_matches_nothing_is_a_fault(tmp_path, entry, words):
    asked = {"inputs": [entry | {"distribution": "normal", "sd": 0.1}]}
    folder = small_run.build(tmp_path, outputs=["accounts"], uncertainty=asked)
    with pytest.raises(InputError, match=words):
        run(folder)
    assert not (folder / "results").exists()


def test_a_check_finds_what_matches_nothing(tmp_path):
    normal = {"distribution": "normal", "sd": 0.1}
    entries = [
        {"of": "speeds", "vehicle_class": "moped", **normal},
        {"of": "factors", "error_group": "hot_nix*", **normal},
    ]
    folder = small_run.build(tmp_path, uncertainty={"inputs": entries})
    faults = take_in(folder).faults
    assert len(faults) == 2
    assert "'speeds moped' must match driving vehicles: moped not found. Classes: bus" in faults[0]
    assert (
        "'factors hot_nix*' must match factors of the run: none does. Near: water_nox, hot"
        in faults[1]
    )


@pytest.mark.slow
def test_contradictions_are_listed(tmp_path):
    normal = {"distribution": "normal", "sd": 0.1}
    twice = [
        {"of": "speeds", **normal},
        {"of": "speeds", "vehicle_class": "car", "name": "slow cars", **normal},
        {"of": "factors", "error_group": "co2_*", **normal},
        {"of": "factors", "pollutant": "co2", "name": "carbon", **normal},
    ]
    folder = small_run.build(tmp_path, outputs=["accounts"], uncertainty={"inputs": twice})
    with pytest.raises(InputError) as error:
        run(folder)
    assert "'slow cars' must not touch what another input of speeds does: car" in str(error.value)
    assert "Error group co2_petrol must have one distribution" in str(error.value)
    groups = {"groups": ["volumes", "grod"], "matrix": [[1, 0], [0, 1]]}
    small_run.write_scenario(folder, outputs=["accounts"], uncertainty={"correlation": groups})
    with pytest.raises(InputError, match=r"'grod' is none\. Did you mean `grid`"):
        run(folder)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"distribution": "normal"}, "normal needs one of percent, sd: none found"),
        ({"distribution": "normal", "sd": 0.1, "percent": 3}, "needs one of percent, sd"),
        ({"distribution": "normal", "sd": 0.4}, "at most 0.25 .49 percent.: 0.4 found"),
        ({"distribution": "normal", "sd": -0.1}, "must be above 0: -0.1 found"),
        ({"distribution": "lognormal", "factor": 0.5}, "factor must be above 1: 0.5"),
        ({"distribution": "uniform", "low": 0.9}, "uniform needs low and high: high not found"),
        ({"distribution": "uniform", "low": 2, "high": 1}, "low < high"),
        ({"distribution": "triangular", "low": -1, "high": 1}, "at least 0: -1 found"),
        ({"distribution": "uniform", "low": 0, "high": 1, "sd": 1}, "takes low, high: sd found"),
        ({"distribution": "cauchy"}, "Input should be 'normal'"),
        ({"distribution": "normal", "sd": 0.1, "by": "fuel"}, "volumes takes .*: by found"),
        ({"distribution": "normal", "sd": 1, "unit": "km/h"}, "is for an input of speeds"),
    ],
)
def test_a_distribution_without_its_parameters_is_no_input(entry, words):
    with pytest.raises(ValidationError, match=words):
        InputChoice(of="volumes", **entry)


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (((1.0, 0.5),), "must have 2 rows and columns"),
        (((1.0, 0.5), (0.4, 1.0)), "must be symmetric: row 1, column 2 is 0.5, and 0.4"),
        (((1.0, 0.5), (0.5, 0.9)), "must have 1 on its diagonal"),
        (((1.0, 1.5), (1.5, 1.0)), "numbers from -1 to 1"),
    ],
)
def test_a_matrix_that_is_no_correlation_is_a_fault(matrix, words):
    with pytest.raises(ValidationError, match=words):
        CorrelationChoice(groups=("a", "b"), matrix=matrix)


def test_three_that_cannot_all_be_opposite():
    with pytest.raises(ValidationError, match="must be positive semidefinite: its smallest eigen"):
        CorrelationChoice(
            groups=("a", "b", "c"), matrix=((1, -0.9, -0.9), (-0.9, 1, -0.9), (-0.9, -0.9, 1))
        )


def test_nothing_uncertain_is_a_fault():
    with pytest.raises(ValidationError, match="something must be uncertain"):
        UncertaintyChoice(defaults=False)
