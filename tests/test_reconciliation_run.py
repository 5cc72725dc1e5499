"""Sales, statistics, indicators and targets in a run: written, hashed, and every fault at once."""

import pandas as pd
import pytest
import small_run

from transmod.errors import Faults, InputError
from transmod.inputs.checks import check_table
from transmod.inputs.tables import read_csv
from transmod.intake.hashes import hash_inputs
from transmod.intake.inputs import take_in
from transmod.run import run
from transmod.scenario import read_scenario
from transmod.schema import INDICATORS, RECONCILIATION, TARGETS

SALES = """fuel,year,amount,unit,source,note
petrol,2023,2500,m3,statistics office,invented for this test
diesel,2023,700,t,statistics office,invented for this test
biodiesel,2023,3,TJ,statistics office,invented for this test
electricity,2023,900,MWh,utility,invented for this test
"""
STATISTICS = """vehicle_class,year,vkm,counts,source,note
car,2023,4e7,own_vehicles,odometers,invented for this test
rigid_truck,2023,2e6,,counts,invented for this test
"""
TARGET = """[[targets]]
name = "{name}"
base_year = 2005
base_value = 9000
target_year = {target_year}
reduction = 0.4
{more}
"""
YEAR = {
    "outputs": ["accounts"],
    "calendar": {"period": "year"},
    "traffic": {"kind": "aadt", "volumes": "input/daily.parquet"},
    "reconciliation": {
        "fuel_sales": "input/sales.csv",
        "vkm_statistics": "input/vkm.csv",
    },
    "indicators": {"population": 5000, "gdp": 12.5, "gdp_unit": "million EUR"},
}


def lay(root, sales=SALES, targets="", **changes):
    """Write the small city with a year's account, sales and statistics."""
    folder = small_run.build(root, **(YEAR | changes))
    scenario = (folder / "scenario.toml").read_text()
    scenario = scenario.replace("hour = 8\n", "").replace('day_type = "workday"\n', "")
    (folder / "scenario.toml").write_text(scenario + targets)
    small_run.write_daily(folder / "input" / "daily.parquet", root / "networks" / "small")
    (folder / "input" / "sales.csv").write_text(sales)
    (folder / "input" / "vkm.csv").write_text(STATISTICS)
    return folder


def calibrated(by="fuel", **more):
    return YEAR["reconciliation"] | {"calibrate": by} | more


def faults_of(folder):
    return take_in(folder).faults


@pytest.mark.slow
def test_every_fault_at_once(tmp_path):
    sales = SALES.replace("petrol,2023", "petrol,2020").replace(
        "diesel,2023,700,t", "diesel,2023,7,gal"
    )
    targets = TARGET.format(
        name="late", target_year=2060, more="start_year = 2040\nstart_value = 1"
    )
    folder = lay(
        tmp_path, sales, targets * 2, indicators={"benchmarks": "input/none.csv"},
        accounting={"cross_walk": {"fuel_sold": "input/sales.csv"}},
    )  # fmt: skip
    found = "\n".join(faults_of(folder))
    for fault in (
        "`unit` [-] of",
        "What was sold must be said once",
        "input/none.csv must exist",
        "Each of `[[targets]]` must have a name of its own: late twice",
        "The path of target 'late' must have begun in the year of the run: 2040 is after 2023",
    ):
        assert fault in found


@pytest.mark.slow
def test_a_calibration_names_what_it_lacks(tmp_path):
    sales = SALES.replace("diesel,2023,700,t,statistics office,invented for this test\n", "")
    folder = lay(tmp_path, sales.replace(",2500,m3", ",0,m3"), reconciliation=calibrated())
    found = faults_of(folder)
    assert len(found) == 2
    assert "`reconciliation.fuel_sales` has none of diesel. Add it" in found[0]
    assert "has nothing but 0 of petrol" in found[1]
    small_run.write_scenario(
        folder, **YEAR | {"reconciliation": calibrated("class", only=["car", "moped"])}
    )
    text = (folder / "scenario.toml").read_text()
    (folder / "scenario.toml").write_text(
        text.replace("hour = 8\n", "").replace('day_type = "workday"\n', "")
    )
    assert "must name a class that drives: moped found" in faults_of(folder)[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[reconciliation]\ncalibrate = "fuel"\n', r"needs fuel_sales, or factors"),
        ('[reconciliation]\ncalibrate = "class"\n', r"needs vkm_statistics, or factors"),
        ('[reconciliation]\nonly = ["petrol"]\n', r"need calibrate = 'fuel' or 'class'"),
        (
            '[reconciliation]\ncalibrate = "fuel"\nfactors = {petrol = 12}\n',
            r"factors must be from 0.1 to 10",
        ),
        (
            '[reconciliation]\ncalibrate = "fuel"\nfactors = {petrol = 1.2}\nonly = ["petrol"]\n',
            r"leave out only and calibrate_to",
        ),
        (
            '[reconciliation]\ncalibrate="class"\nfactors={car=1.2}\napplies_to="exhaust"\n',
            r"applies_to is for calibrate = 'fuel'",
        ),
        ("[reconciliation]\nsales = 'x.csv'\n", r"`reconciliation.sales` is no key"),
        ("[indicators]\ngdp = 3\n", r"gdp and gdp_unit must be given together"),
        ("[indicators]\npopulation = 0\n", r"`indicators.population`"),
        (
            TARGET.format(name="early", target_year=2004, more=""),
            r"target_year must be after base_year: 2004, 2005 found",
        ),
        (
            TARGET.format(name="none", target_year=2030, more='quantity = "co2_biogenic"'),
            r"quantity",
        ),
        (TARGET.format(name="two", target_year=2030, more="scopes = [1, 1]"), r"each once"),
        (
            TARGET.format(name="at", target_year=2030, more="start_year=2031\nstart_value=1"),
            r"start_year must be from base_year to before target_year: 2031",
        ),
    ],
)  # fmt: skip
def test_bad_scenarios_are_named(tmp_path, text, message):
    small_run.write_scenario(tmp_path)
    with (tmp_path / "scenario.toml").open("a") as file:
        file.write(text)
    with pytest.raises(InputError, match=message):
        read_scenario(tmp_path)


@pytest.mark.slow
def test_a_day_cannot_be_set_against_a_year(tmp_path):
    folder = small_run.build(tmp_path, reconciliation=YEAR["reconciliation"])
    (folder / "input" / "sales.csv").write_text(SALES)
    (folder / "input" / "vkm.csv").write_text(STATISTICS)
    assert "`[reconciliation]` needs an account of a year" in faults_of(folder)[0]


@pytest.mark.slow
def test_a_measure_is_not_calibrated_to_sales_without_it(tmp_path):
    measure = '[[measures]]\nkind = "change_grid"\nkg_per_kwh = 0.25\n'
    folder = lay(tmp_path, targets=measure, reconciliation=calibrated())
    assert "must not be calibrated to what was sold without them" in faults_of(folder)[0]
    own = {"calibrate": "fuel", "factors": {"petrol": 1.1}}
    folder = lay(tmp_path / "b", targets=measure, reconciliation=own)
    assert faults_of(folder) == ()


@pytest.mark.slow
def test_a_run_with_invented_sales(tmp_path):
    target = TARGET.format(name="city", target_year=2030, more='subsector = "road"')
    plain = lay(tmp_path / "a", targets=target)
    fitted = lay(tmp_path / "b", targets=target, reconciliation=calibrated())
    facts = [run(folder) for folder in (plain, fitted)]
    assert all(check["passed"] for fact in facts for check in fact.checks)
    hashed = hash_inputs(plain, read_scenario(plain))
    assert {"input/sales.csv", "input/vkm.csv"} <= set(hashed)
    tables = {}
    for name, schema in (
        ("reconciliation", RECONCILIATION), ("indicators", INDICATORS), ("targets", TARGETS),
    ):  # fmt: skip
        for folder in (plain, fitted):
            faults = Faults()
            table = read_csv(folder / "results" / f"{name}.csv", schema)
            check_table(table, schema, name, faults)
            assert not faults, faults.sentences
        tables[name] = table
    table = tables["reconciliation"]
    after = table[table["step"] == "after"].set_index("name")["energy_tj"]
    given = table[(table["step"] == "given") & (table["subject"] == "fuel")].set_index("name")
    assert sorted(after.index) == ["biodiesel", "diesel", "electricity", "petrol"]
    pd.testing.assert_series_equal(
        after, given["energy_tj"], rtol=1e-12, check_exact=False, check_names=False
    )
    # the set's own density and calorific value: 2,500 m3 x 0.745 t/m3 x 44.3 MJ/kg
    assert given["energy_tj"]["petrol"] == pytest.approx(2500 * 0.745 * 44.3e-3)
    assert given["explanation"]["petrol"] == "statistics office (invented for this test)"
    for name in ("ledger", "energy"):
        old, new = (
            pd.read_parquet(folder / "results" / f"{name}.parquet") for folder in (plain, fitted)
        )
        kept = new[~new["activity"].str.endswith("_calibration")].reset_index(drop=True)
        assert len(new) > len(kept)
        pd.testing.assert_frame_equal(kept, old, check_exact=True)
    assert facts[1].totals["calibration"]["co2_t"] == pytest.approx(
        facts[1].totals["co2_t"] - facts[0].totals["co2_t"]
    )
    assert facts[1].totals["vkm"] == facts[0].totals["vkm"]
    assert any(note.startswith("Calibration of road traffic by fuel") for note in facts[1].notes)


@pytest.mark.slow
def test_a_comparison_of_calibrated_runs_adds_up(tmp_path):
    from transmod.comparison.comparison import compare

    plain = lay(tmp_path / "a")
    fitted = lay(tmp_path / "b", reconciliation=calibrated())
    other = lay(
        tmp_path / "c", SALES.replace(",2500,", ",2300,"), reconciliation=calibrated()
    )  # fmt: skip
    for folder in (plain, fitted, other):
        run(folder)
    for a, b in ((plain, fitted), (fitted, other)):
        compared = compare(a, b)
        assert all(check.passed for check in compared.checks)
        assert any("calibrated otherwise" in str(one.warning) for one in compared.warnings)
