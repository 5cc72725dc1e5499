"""Reading tables: numbers as the schema says, faults for the rest."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from transmod.errors import Faults, InputError
from transmod.inputs.tables import (
    read_columns,
    read_csv,
    read_parquet,
    read_shipped_rows,
    read_shipped_table,
)
from transmod.schema import FLIGHTS, RULE

HEADER = (
    "origin,origin_country,destination,destination_country,origin_in_city,"
    "destination_in_city,movements,fuel,fuel_t\n"
)


def write(folder, text):
    path = folder / "flights.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_csv_parsed_by_schema(tmp_path):
    path = write(tmp_path, "\ufeff" + HEADER + "LSC,CL,WDH,NA,true,no,12,jet,3.5\n")
    row = read_csv(path, FLIGHTS).iloc[0]
    assert row["destination_country"] == "NA"
    assert (row["origin_in_city"], row["destination_in_city"]) == (True, False)
    assert (row["movements"], row["fuel_t"]) == (12.0, 3.5)
    assert read_csv(path).dtypes.map(str).unique().tolist() == ["str"]


def test_csv_text_for_a_number_is_a_fault(tmp_path):
    path = write(tmp_path, HEADER + "LSC,CL,SCL,CL,maybe,no,many,jet,\n")
    faults = Faults()
    frame = read_csv(path, FLIGHTS, faults)
    assert len(faults) == 2
    assert frame["fuel_t"].isna().all()
    with pytest.raises(
        InputError, match=r"a number: 1 of 1 are not, first in row 1 \(value 'many'"
    ):
        read_csv(path, FLIGHTS)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "its first line is empty"),
        (b"a,b\n\xff\xfe,1\n", "UTF-8"),
        ("a,a\n1,2\n", "a stand twice"),
        ("a,b\n1,2\n1,2,3\n", "must be a CSV file"),
    ],
)
def test_foreign_csv(tmp_path, text, sentence):
    with pytest.raises(InputError, match=sentence):
        read_csv(write(tmp_path, text))
    with pytest.raises(InputError, match=sentence):
        read_columns(write(tmp_path, text), RULE, Faults())


def test_parquet_keeps_whole_numbers_and_refuses_foreign_files(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": pa.array([2**53 + 1, None]), "b": ["x", None]}), path)
    frame = read_parquet(path)
    assert frame["a"].dtype == pd.Int64Dtype()
    assert frame["a"].iloc[0] == 2**53 + 1
    with pytest.raises(InputError, match="c not found, it has a, b"):
        read_parquet(path, ["a", "c"])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="whole Parquet file"):
        read_parquet(path)
    with pytest.raises(InputError, match="no such file"):
        read_parquet(tmp_path / "none.parquet")
    with pytest.raises(InputError, match="it is a folder"):
        read_parquet(tmp_path)


def test_shipped_table():
    table = read_shipped_table("traffic", "road_classes")
    assert {"road_class", "source", "year", "licence", "verification"} <= set(table.columns)


@pytest.mark.parametrize("name", ["attribution", "power_coal", "overlaps", "rule_gpc_basic"])
def test_shipped_rows_are_those_of_the_table(name):
    table = read_shipped_table("accounts", name)
    rows = read_shipped_rows("accounts", name)
    assert list(rows[0]) == list(table.columns)
    frame = pd.DataFrame(rows, columns=table.columns)
    pd.testing.assert_frame_equal(frame.isna(), table.isna())
    text = table.select_dtypes("str")
    assert len(text.columns)
    pd.testing.assert_frame_equal(frame[text.columns].astype("str"), text)


def test_columns_are_those_of_the_frame(tmp_path):
    fields = ["LSC", "NA", '"a, b"', "nan", "", "true", " No", "0", "maybe", "1_0", "-2e3", "jet"]
    rows = [fields[i:] + fields[:i] for i in range(len(fields))]
    text = "\ufeff" + HEADER + "".join(",".join(row[:9]) + "\n" for row in rows) + "\nLSC,CL\n"
    said, told = Faults(), Faults()
    columns = read_columns(write(tmp_path, text), FLIGHTS, said)
    frame = read_csv(write(tmp_path, text), FLIGHTS, told)
    assert said.sentences == told.sentences
    assert len(told) == 4
    assert list(columns) == list(frame.columns)
    expected = frame.astype(object).where(frame.notna(), None)
    assert columns.records() == expected.to_dict("records")
