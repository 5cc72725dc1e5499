"""A record that packs its tables is what it was, and reads each when it is asked for."""

import pickle
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd
import pytest

from transmod.packing import Packing


@dataclass(frozen=True)
class Record(Packing):
    name: str
    table: pd.DataFrame
    tables: dict[str, pd.DataFrame]

    AHEAD = ("size",)

    @cached_property
    def size(self):
        return len(self.table)


RECORD = Record("a", pd.DataFrame({"x": [1, 2]}), {"t": pd.DataFrame({"y": ["b"]})})


def recall(record):
    buffers = []
    text = pickle.dumps(record, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(text, buffers=[buffer.raw() for buffer in buffers])


@pytest.mark.parametrize("once_more", [False, True])
def test_tables_are_read_when_they_are_asked_for(once_more):
    recalled = recall(RECORD)
    if once_more:
        recalled = recall(recalled)
    assert (recalled.name, recalled.size) == ("a", 2)
    assert not {"table", "tables"} & set(vars(recalled))
    pd.testing.assert_frame_equal(recalled.table, RECORD.table)
    assert "tables" not in vars(recalled)
    pd.testing.assert_frame_equal(recalled.tables["t"], RECORD.tables["t"])
    assert recalled.table is recalled.table


def test_another_table_is_counted_anew():
    other = replace(recall(RECORD), table=pd.DataFrame({"x": [5]}))
    assert (other.size, recall(other).size) == (1, 1)
    assert recall(other).tables["t"]["y"].tolist() == ["b"]


def test_what_is_not_there_is_said():
    with pytest.raises(AttributeError, match="'Record' has no attribute 'nothing'"):
        _ = recall(RECORD).nothing
