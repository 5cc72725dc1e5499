"""Two runs compared: causes by hand, by every order, by their laws; whole runs and their files."""

import json
from dataclasses import replace

import naive_shapley
import numpy as np
import pandas as pd
import pytest
import small_run
from typer.testing import CliRunner

from transmod.accounts.differences import Bookkeeping, find_causes, to_account, to_amounts
from transmod.accounts.place_differences import compare_cells, compare_links
from transmod.accounts.shapley import PLAYERS, split_by_cause
from transmod.cli import app
from transmod.comparison.comparison import compare
from transmod.comparison.options import compare_options
from transmod.errors import InputError
from transmod.inputs.results import ResultGrid, read_result_table
from transmod.inputs.rules import read_rule
from transmod.model.factors import Factors
from transmod.model.fleet import Fleet
from transmod.model.spectrum_terms import RoadSide, road_terms
from transmod.model.terms import TERM_KEYS, Terms, terms_of_rows
from transmod.run import run as compute_run
from transmod.schema import CAUSES, EMISSION_KEYS, GRADIENT_NODES, N_SPEED_NODES, ROAD_TYPES


def to_terms(activity, intensity, **others):
    """Return terms of numbers or lists for run A and B; intensity hangs on settings alone."""
    activity = np.array(activity, np.float64).reshape(2, -1)
    n = activity.shape[1]
    whole = {name: np.ones((2, n)) for name in ("share", "power", "counted")}
    for name, values in others.items():
        whole[name] = np.array(values, np.float64).reshape(2, -1)
    of_settings = np.array(intensity, np.float64).reshape(2, -1)
    keys = pd.DataFrame({name: ["x"] * n for name in TERM_KEYS})
    spread = np.empty((2, 2, 2, n))
    spread[:] = of_settings[None, :, None]
    return Terms(keys, activity, spread, **whole)


def random_terms(seed, n=5):
    """Return terms in which everything differs, and weights."""
    draw = np.random.default_rng(seed)
    one = [draw.uniform(0.1, 2.0, (2, n)) for _ in range(5)]
    keys = pd.DataFrame({name: ["x"] * n for name in TERM_KEYS})
    intensity = draw.uniform(0.1, 2.0, (2, 2, 2, n))
    return Terms(keys, one[0], intensity, one[1], one[2], one[3]), one[4]


def swap(terms):
    """Return terms with run A and B exchanged."""
    flip = {name: getattr(terms, name)[::-1] for name in ("activity", "share", "power", "counted")}
    return replace(terms, intensity=terms.intensity[::-1, ::-1, ::-1], **flip)


def test_two_causes_by_hand():
    # 100 -> 120 km of 2 -> 3 g/km: 20 km x mean 2.5 g/km, and 1 g/km x mean 110 km
    split = split_by_cause(to_terms([100.0, 120.0], [2.0, 3.0]))[:, 0]
    by_name = dict(zip(PLAYERS, split.tolist(), strict=True))
    assert by_name["activity"] == pytest.approx(50.0)
    assert by_name["factors"] == pytest.approx(110.0)
    assert [by_name[c] for c in ("speed", "fleet", "electricity", "method")] == [0.0] * 4


def test_three_causes_by_hand():
    # 10 -> 20 km, share 0.5 -> 0.25, 4 -> 8 g/km: (x1 y1 z1 + ...) of the closed form for three
    split = split_by_cause(to_terms([10.0, 20.0], [4.0, 8.0], share=[0.5, 0.25]))[:, 0]
    by_name = dict(zip(PLAYERS, split.tolist(), strict=True))
    both = (0.5 * 4 + 0.25 * 8) / 3 + (0.5 * 8 + 0.25 * 4) / 6
    assert by_name["activity"] == pytest.approx(10 * both)
    both = (10 * 4 + 20 * 8) / 3 + (10 * 8 + 20 * 4) / 6
    assert by_name["fleet"] == pytest.approx(-0.25 * both)


@pytest.mark.parametrize("seed", range(3))
def test_every_order_gives_the_same(seed):
    terms, weight = random_terms(seed)
    found = split_by_cause(terms, weight)
    for i in range(len(terms)):
        naive = naive_shapley.split(terms, weight, i)
        assert found[:, i] == pytest.approx([naive[name] for name in PLAYERS], rel=1e-12, abs=1e-14)


def test_causes_add_up_and_turn_round_and_a_run_differs_from_itself_in_nothing():
    terms, weight = random_terms(7, n=400)
    found = split_by_cause(terms, weight)
    ends = [
        terms.activity[d] * terms.intensity[d, d, d] * terms.share[d] * terms.power[d]
        * terms.counted[d] * weight[d]
        for d in (0, 1)
    ]  # fmt: skip
    assert np.abs(found.sum(axis=0) - (ends[1] - ends[0])).max() < 1e-12
    assert split_by_cause(swap(terms), weight[::-1]) == pytest.approx(-found, abs=1e-13)
    same = {
        name: np.stack([getattr(terms, name)[0]] * 2)
        for name in ("activity", "share", "power", "counted")
    }
    own = np.broadcast_to(terms.intensity[0, 0, 0], terms.intensity.shape)
    alone = replace(terms, intensity=own, **same)
    assert (split_by_cause(alone, np.stack([weight[0]] * 2)) == 0.0).all()


# road traffic: two types on two speeds, factors made by hand

QUANTITIES = (("hot", "co2"), ("electricity", "energy"), ("electricity", "co2"))


def toy_factors(types, g_per_km, mj_per_km, n_seasons=1):
    """Return factors: of exhaust twice as much at 20 as at 10 km/h, of electricity a constant."""
    curve = np.zeros((1 + 2 * len(types), N_SPEED_NODES))
    index = np.zeros((len(types), 3, n_seasons * len(ROAD_TYPES), len(GRADIENT_NODES)), np.int64)
    for j, name in enumerate(types):
        curve[1 + 2 * j, :] = g_per_km[name]
        curve[1 + 2 * j, 200:] = 2 * g_per_km[name]
        curve[2 + 2 * j] = mj_per_km[name]
        index[j, 0], index[j, 1], index[j, 2] = 1 + 2 * j, 2 + 2 * j, 2 + 2 * j
    return Factors(
        types=pd.DataFrame({"vehicle_type": list(types)}),
        quantities=QUANTITIES,
        curve=curve,
        index=index,
        validity=np.zeros((len(types), len(ROAD_TYPES), len(GRADIENT_NODES), 2)),
        scope=np.ones((len(types), 3), np.int8),
        carrier=np.array([["petrol", "electricity", "electricity"]] * len(types), object),
        estimated=np.ones((len(types), 3), bool),
        notes=(),
    )


def toy_side(vkm, shares, kg_per_kwh=0.36):
    """Return a run: kilometres by district and speed node, shares of types."""
    rows = [
        (district, "car", "all", 0, "rural", 0.0, node, value)
        for (district, node), value in vkm.items()
    ]
    columns = [
        "district_id", "vehicle_class", "trip_kind", "season", "road_type", "gradient",
        "speed_node", "vkm",
    ]  # fmt: skip
    streams = (("car", "all"),)
    share = np.array([list(shares.values())])
    fleet = Fleet("toy", streams, tuple(shares), share, {}, ())
    return RoadSide(pd.DataFrame(rows, columns=columns), fleet, streams, kg_per_kwh, None)


def causes_of(terms, district, pollutant, process="hot"):
    """Return what each cause does in a district [t]."""
    keys = terms.keys
    own = (keys["district_id"] == district) & (keys["pollutant"] == pollutant)
    own &= keys["process"] == process
    split = split_by_cause(terms)[:, own.to_numpy()].sum(axis=1)
    return dict(zip(PLAYERS, split.tolist(), strict=True))


def test_road_traffic_by_hand():
    a = toy_side({("west", 100): 100.0, ("east", 100): 10.0}, {"old": 1.0}, 0.36)
    b = toy_side(
        {("west", 100): 60.0, ("west", 200): 60.0, ("gap", 100): 5.0},
        {"old": 0.5, "new": 0.5},
        0.72,
    )
    factors = toy_factors(("new", "old"), {"old": 1e6, "new": 0.0}, {"old": 0.0, "new": 1.0})
    every = {(f, m): factors for f in (0, 1) for m in (0, 1)}
    (terms,) = road_terms((a, b), every)
    west = causes_of(terms, "west", "co2")
    # 100 -> 120 km, share 1 -> 0.5, 1 -> 1.5 t/km: three causes
    both = (1.0 * 1.0 + 0.5 * 1.5) / 3 + (1.0 * 1.5 + 0.5 * 1.0) / 6
    assert west["activity"] == pytest.approx(20.0 * both)
    both = (100 * 1.0 + 120 * 0.5) / 3 + (100 * 0.5 + 120 * 1.0) / 6
    assert west["speed"] == pytest.approx(0.5 * both)
    both = (100 * 1.0 + 120 * 1.5) / 3 + (100 * 1.5 + 120 * 1.0) / 6
    assert west["fleet"] == pytest.approx(-0.5 * both)
    assert sum(west.values()) == pytest.approx(120 * 0.5 * 1.5 - 100)
    # what only one run has is activity: the district, and all that is driven in it
    east = causes_of(terms, "east", "co2")
    assert east == pytest.approx(dict.fromkeys(PLAYERS, 0.0) | {"activity": -10.0})
    assert causes_of(terms, "gap", "co2")["activity"] == pytest.approx(2.5)
    # 0 -> 60 km of 1 MJ, 100 -> 200 g/MJ: only one run charges, the other's grid counts in part
    grid = causes_of(terms, "west", "co2", "electricity")
    assert grid["speed"] == 0.0  # what does not hang on speed
    assert sum(grid.values()) == pytest.approx(60 * 200e-6)
    assert grid["electricity"] == pytest.approx(1e-4 * 0.5 * (100 / 6 + 120 / 3))


def test_a_type_that_one_set_lacks_keeps_the_factors_of_the_other():
    a = toy_side({("west", 100): 100.0}, {"old": 1.0})
    b = toy_side({("west", 100): 100.0}, {"new": 1.0})
    own = toy_factors(("old",), {"old": 1e6}, {"old": 0.0})
    other = toy_factors(("new",), {"new": 3e6}, {"new": 0.0})
    (terms,) = road_terms((a, b), {(0, 0): own, (1, 1): other, (0, 1): other, (1, 0): own})
    west = causes_of(terms, "west", "co2")
    assert west["fleet"] == pytest.approx(200.0)
    assert [west[c] for c in PLAYERS if c != "fleet"] == [0.0] * 5


def test_a_run_without_seasons_drives_in_those_of_the_other():
    a = toy_side({("west", 100): 100.0}, {"old": 1.0})
    b = toy_side({("west", 100): 25.0}, {"old": 1.0})
    more = b.spectrum.assign(season=1, vkm=75.0)
    b = replace(b, spectrum=pd.concat([b.spectrum, more]))
    own = toy_factors(("old",), {"old": 1e6}, {"old": 0.0})
    cold = toy_factors(("old",), {"old": 1e6}, {"old": 0.0}, n_seasons=2)
    cold.curve[:] = np.vstack([cold.curve[:-1], np.full((1, N_SPEED_NODES), 5e6)])
    cold.index[:, 0, len(ROAD_TYPES) :] = 2
    (terms,) = road_terms((a, b), {(0, 0): own, (0, 1): own, (1, 0): cold, (1, 1): cold})
    west = causes_of(terms, "west", "co2")
    assert west["factors"] == pytest.approx(0.25 * 100 + 0.75 * 500 - 100)
    assert west["speed"] == pytest.approx(0.0, abs=1e-12)


def rows_beside(*rows):
    """Return rows of the ledger and of energy beside the road."""
    keys = {
        "district_id": None, "location": "unallocated", "subsector": "aviation",
        "vehicle_class": None, "trip_kind": None, "vehicle_type": None,
    }  # fmt: skip
    ledger, energy = [], []
    for activity, fuel, process, pollutant, mass, used in rows:
        own = keys | {"activity": activity, "fuel": fuel}
        ledger.append(own | {"process": process, "pollutant": pollutant, "mass_t": mass})
        if used is not None:
            energy.append(own | {"energy_tj": used})
    columns = [*EMISSION_KEYS, "energy_tj"]
    return pd.DataFrame(ledger), pd.DataFrame(energy, columns=columns)


def test_sources_beside_the_road_are_divided_by_their_energy():
    a = rows_beside(
        ("flight_international", "jet_kerosene", "cruise", "co2", 72.0, 1.0),
        ("rail_electricity", "electricity", "electricity", "co2", 10.0, 0.1),
        ("off_road_fuel", "diesel", "combustion", "nox", 4.0, None),
        ("rail_fuel", "diesel", "combustion", "nox", 4.0, None),
    )
    b = rows_beside(
        ("flight_international", "jet_kerosene", "cruise", "co2", 140.0, 2.0),
        ("rail_electricity", "electricity", "electricity", "co2", 8.0, 0.1),
        ("off_road_fuel", "diesel", "combustion", "nox", 6.0, None),
    )
    terms = terms_of_rows([a[0], b[0]], [a[1], b[1]], is_same_set=True)
    found = {}
    for own in terms:
        for key, parts in zip(own.keys["activity"], split_by_cause(own).T, strict=True):
            name = "undivided" if not own.is_divided else PLAYERS[int(np.abs(parts).argmax())]
            found[key, own.keys["process"].iloc[0] == "energy"] = (name, parts)
    _, flight = found["flight_international", False]
    assert flight[PLAYERS.index("activity")] == pytest.approx(1.0 * (72 + 70) / 2)
    assert flight[PLAYERS.index("factors")] == pytest.approx(-2.0 * (1 + 2) / 2)
    assert found["rail_electricity", False][0] == "electricity"
    assert found["off_road_fuel", False][0] == "undivided"
    assert found["off_road_fuel", False][1].sum() == pytest.approx(2.0)
    assert found["rail_fuel", False][0] == "activity"  # only one run has it
    assert found["flight_international", True][1][0] == pytest.approx(1.0)
    other = terms_of_rows([a[0], b[0]], [a[1], b[1]], is_same_set=False)
    parts = split_by_cause(other[0])
    assert parts[PLAYERS.index("method")].sum() == pytest.approx(-3.0)
    assert not parts[PLAYERS.index("factors")].any()


def test_another_rule_moves_and_another_potential_weighs():
    gwp = {"co2": 1.0, "ch4": 28.0, "n2o": 265.0}
    books = (
        Bookkeeping(read_rule("territorial"), (), gwp),
        Bookkeeping(read_rule("gpc_basic"), (), gwp | {"ch4": 30.0}),
    )
    terms = to_terms([1.0, 1.0], [2.0, 2.0])
    keys = pd.DataFrame(
        {
            **{name: ["x"] for name in TERM_KEYS}, "activity": ["road_electricity"],
            "pollutant": ["ch4"], "process": ["electricity"], "vehicle_class": ["car"],
            "subsector": ["road"], "fuel": ["electricity"],
        }
    )  # fmt: skip
    causes = find_causes([replace(terms, keys=keys)], books, [no_amounts(), no_amounts()])
    rows = causes.places.set_index(["account", "pollutant", "cause"])["difference"]
    assert rows.to_dict() == pytest.approx(
        {
            ("scope_2", "ch4", "method"): -2.0, ("scope_2", "co2e", "method"): -56.0,
            ("total", "ch4", "method"): 2.0, ("total", "co2e", "method"): 60.0,
        }
    )  # fmt: skip
    assert not all(check.passed for check in causes.checks)  # nothing of it is in the ledgers


def no_amounts():
    columns = ["district_id", "account", "pollutant", "amount"]
    return pd.DataFrame(columns=columns).astype({"amount": np.float64})


def test_options_that_matter_are_warned_of():
    options = {
        "title": "A", "year": 2022, "network": {"path": "net"}, "traffic": {"volumes": "v"},
        "profiles": {"set": "emep", "processes": ["hot"]}, "accounting": {"gwp": "AR5"},
    }  # fmt: skip
    inputs = {
        "net/links.parquet": "1", "net/boundary.geojson": "2", "v": "3",
        "vehicle_profiles/emep/hot.csv": "4", "vehicle_profiles/emep/fleets/x.csv": "5",
    }  # fmt: skip
    a = {"version": "1", "options": options, "inputs": inputs}
    assert compare_options(a, a) == ()
    b = {
        "version": "1",
        "options": options | {"title": "B", "year": 2030, "accounting": {"gwp": "AR6"}},
        "inputs": inputs
        | {"net/links.parquet": "9", "v": "8", "vehicle_profiles/emep/hot.csv": "7"},
    }
    found = compare_options(a, b)
    warned = {one.what for one in found if one.warning}
    assert warned == {"year", "accounting.gwp", "links.parquet", "profiles.set"}
    assert [one.what for one in found if one.warning is None] == ["traffic.volumes"]


def test_links_and_cells_of_one_run_alone_are_told():
    def links(rows):
        frame = pd.DataFrame(rows, columns=["link_id", "vkm", "co2_t", "speed_kmh"])
        return frame.assign(district_id="west", length_m=1.0, vehicle_h=1.0, geometry=None)

    notes = []
    a = links([(1, 10.0, 1.0, 50.0), (2, np.nan, np.nan, np.nan), (3, 1.0, 1.0, 1.0)])
    b = links([(1, 12.0, 0.5, 40.0), (2, 5.0, 1.0, 30.0)])
    found = compare_links(a, b, notes).set_index("link_id")
    assert found.loc[1, ["vkm", "co2_t", "speed_a_kmh"]].tolist() == [2.0, -0.5, 50.0]
    assert np.isnan(found.loc[2, "co2_t"])
    assert "1 parts of links are inside one boundary" in notes[0]
    assert "1 of 2 links have a volume in one run only" in notes[1]

    def grid(x0, masses, crs="a"):
        x = x0 + 500.0 * np.arange(len(masses))
        return ResultGrid(x, np.array([0.0, 500.0]), crs, {"co2": np.array([masses] * 2)})

    notes = []
    found = compare_cells(grid(0.0, [1.0, 2.0, np.nan]), grid(500.0, [5.0, 0.0]), notes)
    assert found.rows[["x_m", "co2_t"]].to_numpy().tolist() == [[500.0, 3.0]] * 2
    assert "4 cells are inside one boundary only" in notes[0]
    assert compare_cells(grid(0.0, [1.0, 2.0]), grid(100.0, [1.0, 2.0]), notes) is None
    assert "the grids do not coincide" in notes[-1]


# whole runs

FLEET_B = (
    ("car", "car_petrol_medium_euro5_gdi", 0.5),
    ("car", "car_bev_medium", 0.4),
    ("car", "car_diesel_medium_euro5_dpf", 0.1),
    *small_run.FLEET[2:],
    ("motorcycle", "motorcycle_petrol_250_750cc_conventional", 1.0),
)
MEMO = {"flights": "input/flights.csv", "voyages": "input/voyages.csv"}
OUTPUTS = ["accounts", "links", "grid"]


def write_run(root, shares=small_run.FLEET, flights=small_run.FLIGHTS, **changes):
    run = small_run.build(root, memo=MEMO, outputs=OUTPUTS, **changes)
    small_run.write_fleet(run / "input" / "fleet.csv", shares)
    (run / "input" / "flights.csv").write_text(flights)
    (run / "input" / "voyages.csv").write_text(small_run.VOYAGES)
    compute_run(run)
    return run


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two runs of the small city that differ in everything that can be a cause."""
    a = write_run(tmp_path_factory.mktemp("a"))
    volumes = {k: {i: 1.3 * v for i, v in own.items()} for k, own in small_run.VOLUMES.items()}
    b = write_run(
        tmp_path_factory.mktemp("b"),
        FLEET_B,
        small_run.FLIGHTS.replace("100,jet_kerosene,50", "120,jet_kerosene,60"),
        volumes=volumes | {"motorcycle": {0: 50.0}},
        profiles={"electricity_kg_per_kwh": 0.2, "blends": {"petrol": "E10"}},
        accounting={"gwp": "AR6", "rule": "gpc_basic"},
        traffic={"speed": "free"},
        climate={"temperature_c": [10.0] * 6 + [20.0] * 6},
    )
    return a, b


@pytest.fixture(scope="module")
def found(pair):
    return compare(*pair)


def sums(found):
    """Return what each cause did, by district, account and substance."""
    keys = ["district_id", "account", "pollutant", "cause"]
    return found.causes.groupby(keys, dropna=False)["difference"].sum()


@pytest.mark.slow
def test_causes_of_runs_add_up_to_the_ledgers(pair, found):
    assert all(check.passed for check in found.checks)
    split = found.causes.groupby(["account", "pollutant"])["difference"].sum()
    # from the ledgers alone, without the code under test
    ledgers = [read_result_table(run, "ledger") for run in pair]
    masses = [own[own["in_total"]].groupby("pollutant")["mass_t"].sum() for own in ledgers]
    for name in ("co2", "nox", "n2o", "pm10", "nmvoc"):
        gap = split["total", name] - (masses[1][name] - masses[0][name])
        assert abs(gap) <= 1e-9 * masses[1][name], name
    rows = found.differences
    split = rows[rows["activity"].notna()]
    size = split[["amount_a", "amount_b"]].max(axis=1)
    gap = (split[list(CAUSES)].sum(axis=1) - split["difference"]).abs()
    assert (gap <= 1e-9 * size).all()
    did = set(found.causes["cause"])
    assert did == {"activity", "speed", "fleet", "factors", "electricity", "method"}
    moped = rows[(rows["name"] == "motorcycle") & (rows["pollutant"] == "co2")].iloc[0]
    assert moped["activity"] == moped["difference"] == moped["amount_b"]
    assert len(found.links) == len(read_result_table(pair[0], "links"))
    assert found.cells is not None
    assert {one.what for one in found.warnings} >= {"accounting.rule", "accounting.gwp"}


@pytest.mark.slow
def test_runs_the_other_way_round_and_with_themselves(pair, found):
    there, back = sums(found), sums(compare(*pair[::-1]))
    assert set(there.index) == set(back.index)
    size = there.groupby(level=[0, 1, 2], dropna=False).transform(lambda own: own.abs().max())
    assert ((there + back.reindex(there.index)).abs() <= 1e-9 * size).all()
    alone = compare(pair[1], pair[1])
    assert alone.options == ()
    assert alone.causes.empty
    assert (alone.differences["difference"] == 0.0).all()
    assert (alone.links["co2_t"].dropna() == 0.0).all()


@pytest.mark.slow
def test_results_that_are_stale_are_refused(pair):
    fleet = pair[0] / "input" / "fleet.csv"
    before = fleet.read_text()
    fleet.write_text(before + "\n")
    try:
        with pytest.raises(InputError, match=r"of its present inputs: 1 files.*fleet\.csv.*verify"):
            compare(*pair)
    finally:
        fleet.write_text(before)
    with pytest.raises(InputError, match="must be one of co2"):
        compare(*pair, pollutant="co2e")


@pytest.mark.slow
def test_another_network_is_told_and_its_cells_are_compared(pair, tmp_path):
    links = small_run.lay_links(small_run.LINKS[:-1])
    volumes = {
        name: {i: v for i, v in own.items() if i != 7} for name, own in small_run.VOLUMES.items()
    }
    b = write_run(tmp_path, links=links, volumes=volumes, districts={"whole": small_run.BOUNDARY})
    found = compare(pair[0], b, out=tmp_path / "out")
    assert (tmp_path / "out" / "difference_map.png").is_file()  # of cells
    assert found.links is None
    assert any("different networks" in note for note in found.notes)
    assert found.cells is not None
    assert {one.what for one in found.warnings} == {"links.parquet", "districts.geojson"}
    assert set(found.causes.loc[found.causes["subsector"] == "road", "cause"]) == {"activity"}


@pytest.mark.slow
def test_another_set_is_method(pair, tmp_path):
    cars = {"car": small_run.VOLUMES["car"]}
    a = write_run(tmp_path / "a", volumes=cars, fleet={"mix": "europe"})
    b = write_run(
        tmp_path / "b", volumes=cars, fleet={"mix": "china_2023"}, profiles={"set": "china_2014"}
    )
    found = compare(a, b)
    assert all(check.passed for check in found.checks)
    assert "profiles.set" in {one.what for one in found.warnings}
    assert "speed" not in set(found.causes["cause"])


@pytest.mark.slow
def test_the_command_writes_tables_and_figures_bound_to_the_runs(pair, tmp_path):
    out = tmp_path / "out"
    runs = [str(run) for run in pair]
    done = CliRunner().invoke(app, ["compare", *runs, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "in the cause `method`" in done.output
    assert "electricity" in done.output
    names = {path.name for path in out.iterdir()}
    assert names == {
        "comparison.json", "differences.csv", "causes.parquet", "causes_by_type.csv",
        "links.parquet", "cells.parquet", "difference_map.png", "causes.png",
    }  # fmt: skip
    first = {p.name: p.read_bytes() for p in out.iterdir()}
    done = CliRunner().invoke(app, ["compare", *runs, "--out", str(out), "--json"])
    assert len(json.loads(done.stdout)["a"]["manifest_sha256"]) == 64
    assert first == {p.name: p.read_bytes() for p in out.iterdir()}
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    done = CliRunner().invoke(app, ["compare", *runs, "--out", str(tmp_path / "other")])
    assert done.exit_code == 2
    assert "must be empty or hold a former comparison" in done.output


@pytest.mark.slow
def test_accounts_name_where_rows_stand(pair):
    ledger = read_result_table(pair[0], "ledger")
    account = to_account(ledger)
    assert set(account[ledger["in_total"].to_numpy()]) == {"total"}
    assert "international_marine_bunker" in account
    amounts = to_amounts(
        ledger, read_result_table(pair[0], "energy"), {"co2": 1.0, "ch4": 0.0, "n2o": 0.0}
    )
    by = amounts[amounts["account"] == "total"].groupby("pollutant")["amount"].sum()
    assert by["co2e"] == pytest.approx(by["co2"], rel=1e-12)
