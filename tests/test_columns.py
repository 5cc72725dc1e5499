"""Columns: by hand, against plain Python, and there and back through pandas and Arrow."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from transmod import columns
from transmod.columns import Columns, Text, add_up, encode_rows, group_rows, label, stack, to_text
from transmod.exchange import from_arrow, from_frame, to_array

TABLE = Columns(
    {
        "place": ["b", "a", None, "b", "a"],
        "fuel": ["x", None, "x", "x", None],
        "scope": np.array([1, 2, 1, 1, 2], np.int8),
        "in_total": np.array([True, False, True, True, True]),
        "mass": [1.0, np.nan, 4.0, 2.0, 8.0],
    }
)


def random_table(seed=1, number=500):
    """Return rows of few different values, nulls among them."""
    rng = np.random.default_rng(seed)
    names = [None, "e", "b", "d"]
    return Columns(
        {
            "a": label(names, rng.integers(0, 4, number)),
            "b": label(names[::-1], rng.integers(0, 4, number)),
            "n": rng.choice([1.5, np.nan, -2.0], number),
            "k": rng.integers(0, 3, number),
        }
    )


def keys(table):
    return [tuple(row.values()) for row in table.records()]


def test_text_by_hand():
    place = TABLE["place"]
    assert (place.names, place.codes.tolist()) == (("a", "b"), [1, 0, -1, 1, 0])
    assert (place == "b").tolist() == [True, False, False, True, False]
    assert (place != "b").tolist() == [False, True, True, False, True]  # null is not b
    assert place.isin(["a", "z", None]).tolist() == [False, True, False, False, True]
    assert place.isna().tolist() == [False, False, True, False, False]
    assert place.where(place == "b", "a").to_list() == ["b", "a", "a", "b", "a"]
    assert place.where(place == "b", None).to_list() == ["b", None, None, "b", None]
    assert place.rename({"b": "a"}).unique() == ["a"]
    assert place.rename({"b": None}).to_list() == [None, "a", None, None, "a"]
    np.testing.assert_array_equal(place.map({"b": 2.0}), [2.0, np.nan, np.nan, 2.0, np.nan])
    assert place.map({"b": 2.0}, default=0.0).tolist() == [2.0, 0.0, 0.0, 2.0, 0.0]
    assert len(place[:0]) == 0


def test_names_may_stand_twice_and_in_any_order():
    text = label(["b", None, "a", "b"], np.array([3, 2, 1, 0]))
    assert (text.names, text.codes.tolist()) == (("a", "b"), [1, 0, -1, 1])
    assert to_text([]).to_list() == []


def test_rows_and_columns_by_hand():
    own = TABLE[TABLE["in_total"]][["place", "mass"]]
    assert own.records() == [
        {"place": "b", "mass": 1.0}, {"place": None, "mass": 4.0},
        {"place": "b", "mass": 2.0}, {"place": "a", "mass": 8.0},
    ]  # fmt: skip
    assert own.drop("mass").sort(["place"])["place"].to_list() == ["a", "b", "b", None]
    more = own.assign(mass=own["mass"] * 2.0, unit="t", year=2022, note=None)
    assert more.records()[1] == {
        "place": None, "mass": 8.0, "unit": "t", "year": 2022, "note": None,
    }  # fmt: skip
    sums = add_up(TABLE[~np.isnan(TABLE["mass"])], ["place"], "mass").sort(["place"])
    assert sums.records() == [
        {"place": "a", "mass": 8.0}, {"place": "b", "mass": 3.0}, {"place": None, "mass": 4.0},
    ]  # fmt: skip
    with pytest.raises(ValueError, match=r"one length: \[1, 2\] found"):
        Columns({"a": [1], "b": [1, 2]})


@pytest.mark.parametrize("few", [2**22, 0])
def test_groups_agree_with_plain_python(monkeypatch, few):
    monkeypatch.setattr(columns, "_FEW", few)
    table = random_table(number=500 if few else 5)  # few rows have numbers beyond the limit
    first, group = group_rows(table)
    order = list(dict.fromkeys(map(str, keys(table))))
    assert group.tolist() == [order.index(str(key)) for key in keys(table)]
    assert [str(keys(table)[i]) for i in first] == order


def test_numbers_of_rows_ascend_with_nulls_last():
    table = random_table()[["a", "k", "b"]]
    number = encode_rows(table)
    given = [tuple((value is None, value or 0) for value in key) for key in keys(table)]
    in_order = sorted(range(len(table)), key=lambda i: given[i])
    assert np.argsort(number, kind="stable").tolist() == in_order
    assert len(set(number.tolist())) == len(set(given))


@pytest.mark.parametrize("number", [126, 127, 128, 32766, 32767, 32768])
def test_codes_are_as_wide_as_their_names(number):
    names = [f"{i:05}" for i in range(number)]
    given = [None, *names[::-1], None]
    text = to_text(given)
    assert text.to_list() == given
    assert text.codes.dtype.itemsize == (1 if number < 127 else 2 if number < 32767 else 4)
    kept = text != names[0]
    assert text.where(kept, "~").to_list() == [None, *names[:0:-1], "~", None]
    assert from_arrow(pa.table({"a": to_array(text)}))["a"].to_list() == given
    table = Columns({"a": text, "b": text})
    assert np.argsort(encode_rows(table), kind="stable")[-2:].tolist() == [0, number + 1]
    assert stack([table, table])["b"].to_list() == given * 2


def test_text_is_compared_with_one_name():
    with pytest.raises(TypeError, match="with one name: Text found"):
        to_text(["a"]) == to_text(["a"])  # noqa: B015


@pytest.mark.parametrize(("small", "large"), [(2**31 - 1, 10), (600, 10), (600, 2**62), (20, 10)])
def test_numbers_of_very_many_combinations(monkeypatch, small, large):
    whole = encode_rows(random_table())
    monkeypatch.setattr(columns, "_SMALL", small)
    monkeypatch.setattr(columns, "_LARGE", large)
    packed = encode_rows(random_table())
    assert np.argsort(packed, kind="stable").tolist() == np.argsort(whole, kind="stable").tolist()


def test_stack_joins_names():
    other = TABLE.assign(place=["z", "a", "b", None, "z"])
    both = stack([TABLE, other, TABLE[:0]])
    assert both["place"].names == ("a", "b", "z")
    assert both.records()[:5] == TABLE.records()
    assert both.records()[5:] == other.records()
    assert both["scope"].dtype == np.int8


def test_there_and_back():
    assert from_frame(TABLE.to_frame()).records() == TABLE.records()
    of_arrow = pa.table({name: to_array(column) for name, column in TABLE.items()})
    assert from_arrow(of_arrow).records() == TABLE.records()
    plain = TABLE.to_frame().astype({"place": "str", "fuel": "str"})
    assert from_frame(plain).records() == TABLE.records()
    assert from_frame(plain.astype(object)[["place"]])["place"].to_list() == [
        "b", "a", None, "b", "a",
    ]  # fmt: skip
    empty = from_frame(pd.DataFrame({"place": [], "mass": []}, dtype="float64").astype(object))
    assert isinstance(empty["place"], Text)
