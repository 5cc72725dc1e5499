"""Accounting rules: each activity on exactly one line, from shipped tables or the user's own."""

from pathlib import Path

import pandas as pd
import pytest

import transmod
from transmod.accounts.rules import to_lines
from transmod.columns import Columns
from transmod.errors import CheckError, Faults, InputError
from transmod.inputs.checks import check_table
from transmod.inputs.rules import read_rule, rule_names
from transmod.inputs.tables import read_csv
from transmod.schema import ACTIVITIES, MEMO_KINDS, RULE, VEHICLE_CLASSES

FOLDER = Path(transmod.__file__).parent / "accounts" / "tables"
DATA = Path(__file__).parent / "data"


def frame_of(rule):
    return read_rule(rule).lines.to_frame().set_index("activity", drop=False)


def line(activity, rule="territorial"):
    return frame_of(rule).loc[activity]


def user_table(tmp_path, change):
    frame = read_csv(FOLDER / "rule_territorial.csv")
    change(frame).to_csv(tmp_path / "mine.csv", index=False)
    return read_rule("mine.csv", tmp_path)


def rows(**columns):
    return Columns({"activity": ["road_fuel"], "vehicle_class": ["car"]} | columns)


def test_shipped_rules():
    assert rule_names() == ("gpc_basic", "gpc_basic_plus", "ipcc", "territorial")


@pytest.mark.parametrize("name", ["gpc_basic", "gpc_basic_plus", "ipcc", "territorial"])
def test_each_shipped_rule_gives_each_activity_one_line(name):
    rule = read_rule(name)
    assert tuple(rule.lines["activity"]) == ACTIVITIES
    faults = Faults()
    check_table(rule.lines, RULE, name, faults)
    assert not faults
    assert set(rule.lines["memo_kind"].unique()) <= set(MEMO_KINDS)


# (rule, in total, out of it): GPC v1.1 chapter 7, tables of sub-sectors and scopes
@pytest.mark.parametrize(
    ("rule", "inside", "outside"),
    [
        ("territorial", {"II.1.1", "II.2.1", "II.3.1", "II.4.1", "II.5.1"}, {"II.1.2", "II.4.3"}),
        ("gpc_basic", {"II.1.1", "II.1.2", "II.2.2", "II.3.2"}, {"II.3.3", "II.4.3"}),
        ("gpc_basic_plus", {"II.1.1", "II.1.2", "II.3.3", "II.4.3"}, set()),
    ],
)
def test_totals_follow_the_protocol(rule, inside, outside):
    lines = frame_of(rule)
    lines = lines[lines["memo_kind"] != "biogenic_co2"]
    assert inside <= set(lines.loc[lines["in_total"], "gpc_ref"])
    assert not outside & set(lines.loc[lines["in_total"], "gpc_ref"])


def test_territorial_total_is_scope_1_and_bunkers_are_memo():
    lines = frame_of("territorial")
    assert set(lines.loc[lines["in_total"], "scope"]) == {1}
    assert line("flight_international")["memo_kind"] == "international_aviation_bunker"
    assert line("voyage_international")["memo_kind"] == "international_marine_bunker"
    assert line("flight_cross_boundary")["memo_kind"] == "cross_boundary_aviation"
    assert line("road_electricity")["item"] == "inventory"
    assert not line("road_electricity")["in_total"]


def test_ipcc_counts_domestic_flights_and_sets_bunkers_apart():
    assert line("flight_cross_boundary", "ipcc")["in_total"]
    assert line("flight_international", "ipcc")["item"] == "memo"
    assert line("road_electricity", "ipcc")["notation_key"] == "IE"


def test_road_categories_of_ipcc_2006():
    lines = to_lines(
        rows(activity="road_fuel", vehicle_class=VEHICLE_CLASSES, process="hot", pollutant="co2"),
        read_rule("territorial"),
    )
    codes = dict(zip(VEHICLE_CLASSES, lines["ipcc_code"], strict=True))
    assert codes == {
        "car": "1.A.3.b.i",
        "taxi": "1.A.3.b.i",
        "lcv": "1.A.3.b.ii",
        "rigid_truck": "1.A.3.b.iii",
        "articulated_truck": "1.A.3.b.iii",
        "bus": "1.A.3.b.iii",
        "coach": "1.A.3.b.iii",
        "motorcycle": "1.A.3.b.iv",
        "moped": "1.A.3.b.iv",
    }


@pytest.mark.parametrize(
    ("process", "code"), [("evaporation", "1.A.3.b.v"), ("urea", "1.A.3.b.vi")]
)
def test_processes_with_a_category_of_their_own(process, code):
    lines = to_lines(rows(process=process, pollutant="co2"), read_rule("territorial"))
    assert lines["ipcc_code"].to_list() == [code]


def test_wear_has_no_ipcc_category():
    # 1.A.3.b.vi is urea in the IPCC's list and tyre and brake wear in the NFR
    row = rows(activity=["road_wear"], process="tyre", pollutant="pm10")
    assert to_lines(row, read_rule("territorial"))["ipcc_code"].isna().all()


@pytest.mark.parametrize("rule", ["gpc_basic", "gpc_basic_plus", "ipcc", "territorial"])
def test_biogenic_co2_is_always_memo(rule):
    all_rows = rows(
        activity=list(ACTIVITIES), process="hot", pollutant="co2_biogenic", vehicle_class=None
    )
    lines = to_lines(all_rows, read_rule(rule))
    assert set(lines["item"]) == {"memo"}
    assert set(lines["memo_kind"]) == {"biogenic_co2"}
    assert not lines["in_total"].any()


def test_activity_without_a_line_is_an_error():
    with pytest.raises(CheckError, match=r"must have a line in the rule 'territorial': walking"):
        to_lines(rows(activity=["walking"]), read_rule("territorial"))


def test_unknown_rule_offers_the_nearest():
    with pytest.raises(InputError, match=r"'teritorial' found\. Did you mean 'territorial'\?"):
        read_rule("teritorial")


def test_user_rule(tmp_path):
    rule = user_table(tmp_path, lambda frame: frame.iloc[::-1].drop(columns="note"))
    assert rule.name == "mine"
    assert tuple(rule.lines["activity"]) == ACTIVITIES
    assert rule.lines["note"].isna().all()
    assert tuple(rule.lines) == RULE.names


def test_activity_without_line(tmp_path):
    with pytest.raises(
        InputError, match=rf"each activity one line: 2 of {len(ACTIVITIES)} have none"
    ):
        user_table(tmp_path, lambda frame: frame.iloc[2:])


def test_activity_with_two_lines(tmp_path):
    with pytest.raises(InputError, match=rf"1 of {len(ACTIVITIES) + 1} rows stand twice"):
        user_table(tmp_path, lambda frame: pd.concat([frame, frame.iloc[:1]]))


@pytest.mark.parametrize(
    ("activity", "column", "value", "message"),
    [
        ("flight_international", "in_total", "yes", "keep a memo item out of the total"),
        ("flight_international", "memo_kind", None, "name the kind of a memo item"),
        ("road_fuel", "memo_kind", "biogenic_co2", "give a memo kind to memo items only"),
        ("road_fuel", "notation_key", "IE", "notation key out of the total"),
        ("road_biogenic", "memo_kind", "cross_boundary_aviation", "set biogenic CO2 apart"),
        ("road_fuel", "scope", "4", "must be >= 1 and <= 3"),
        (
            "road_fuel",
            "scope",
            "1.5",
            r"whole number: 1 of 26 are not, first in row 1 \(value '1.5'",
        ),
        ("road_fuel", "scope", "one", r"whole number: 1 of 26 are not, .*\n.*must be present"),
        ("road_fuel", "scope", None, "must be present"),
        ("road_fuel", "scope", "inf", r"whole number: 1 of 26 are not, .*'inf'"),
        ("road_fuel", "in_total", "perhaps", "one of true, yes, 1, false, no, 0: 1 of 26"),
        ("road_fuel", "activity", "road_fuels", "must be one of road_fuel"),
    ],
)
def test_bad_line(tmp_path, activity, column, value, message):
    def change(frame):
        frame.loc[frame["activity"] == activity, column] = value
        return frame

    with pytest.raises(InputError, match=message):
        user_table(tmp_path, change)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_rule("none.csv", tmp_path)


@pytest.mark.parametrize("rule", ["territorial", "gpc_basic", "gpc_basic_plus"])
def test_examples_of_an_independent_program_stand_on_the_same_lines(rule):
    examples = pd.read_csv(DATA / "gpc_examples.csv").set_index("activity")
    lines = frame_of(rule).loc[examples.index]
    assert lines["gpc_ref"].to_list() == examples["gpc_ref"].to_list()
    assert lines["scope"].to_list() == examples["scope"].to_list()
