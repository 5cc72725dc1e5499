"""Tables for readers: totals first, runs as they were given."""

import pandas as pd
import pytest

from transmod.cli.summary import _order
from transmod.outputs.ordered import write_ordered_csv
from transmod.outputs.wording import tell_apart
from transmod.schema import DIFFERENCES, SUMMARY_OF_COMPARISONS


def to_rows(table, rows, keys):
    frame = pd.DataFrame(rows, columns=list(keys))
    for column in table.columns:
        if column.name not in frame:
            value = {"string": "t", "int64": 2023}.get(column.dtype, 1.0)
            frame[column.name] = pd.Series([value] * len(frame))
    return frame


def test_totals_come_before_what_stands_apart(tmp_path):
    rows = [
        ("city", None, "biogenic_co2", "co2"), ("fuel", "b", "total", "co2"),
        ("city", None, "scope_2", "co2"), ("city", None, "total", "nox"),
        ("district", "c", "total", "co2"), ("fuel", "a", "scope_2", "co2"),
        ("fuel", "c", "total", "co2"), ("city", None, "total", "co2"),
    ]  # fmt: skip
    frame = to_rows(DIFFERENCES, rows, DIFFERENCES.key)
    path = tmp_path / "d.csv"
    write_ordered_csv(frame, DIFFERENCES, path)
    told = pd.read_csv(path, keep_default_na=False)[list(DIFFERENCES.key)]
    assert ["/".join(row) for row in told.to_numpy()] == [
        "city//total/co2", "city//total/nox", "city//scope_2/co2", "city//biogenic_co2/co2",
        "district/c/total/co2", "fuel/a/scope_2/co2", "fuel/b/total/co2", "fuel/c/total/co2",
    ]  # fmt: skip


def test_runs_stand_as_given(tmp_path):
    rows = [("z", "total", "nox"), ("z", "total", "co2"), ("a", "scope_2", "co2"),
            ("a", "total", "co2")]  # fmt: skip
    frame = to_rows(SUMMARY_OF_COMPARISONS, rows, SUMMARY_OF_COMPARISONS.key)
    write_ordered_csv(frame, SUMMARY_OF_COMPARISONS, tmp_path / "s.csv")
    told = pd.read_csv(tmp_path / "s.csv")
    assert ["/".join(row) for row in told[["run", "account", "pollutant"]].to_numpy()] == [
        "z/total/co2", "z/total/nox", "a/total/co2", "a/scope_2/co2"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("titles", "names"),
    [(("A", "B"), ["A", "B"]), (("A", "A"), ["A (x)", "A (y)"])],
)
def test_titles_name_runs_and_folders_only_those_of_one_title(titles, names):
    assert tell_apart(titles, ("x", "y")) == names


def test_a_glob_of_a_series_goes_by_its_file(tmp_path):
    (tmp_path / "series.toml").write_text("[variants.c]\n[variants.a]\n[variants.b]\n")
    a, b, c, other = (tmp_path / name for name in ("a", "b", "c", "other"))
    assert _order([a, b, c, other]) == [c, a, b, other]
    assert _order([b, a, c]) == [b, a, c]  # as was asked
    assert _order([a, b / "x"]) == [a, b / "x"]
