"""Result tables: what is checked, and that the same rows give the same bytes."""

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from shapely.geometry import LineString, MultiLineString

from transmod.columns import Text
from transmod.errors import CheckError
from transmod.exchange import from_frame
from transmod.inputs.tables import read_csv
from transmod.outputs.tables import to_arrow, write_csv, write_geo_table, write_table
from transmod.schema import AADT_VOLUMES, HOURLY_VOLUMES, INVENTORY, LEDGER, LINK_RESULTS, PIECES

FACTS = {"transmod": "0.1.0", "rule": "territorial"}


def pieces(n=1000, seed=7):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "link_id": np.arange(n) // 3,
            "district_id": np.where(np.arange(n) % 3, "north", "Süd"),
            "cell_id": np.arange(n) % 3,
            "fraction": rng.random(n),
        }
    )


def complete(frame, table):
    """Fill the required columns that a test says nothing of with any valid value."""
    samples = {"bool": True, "string": "x"}
    for column in table.columns:
        if column.name not in frame and not column.optional:
            sample = samples.get(column.dtype, column.minimum or 0)
            frame[column.name] = column.choices[0] if column.choices else sample
    return frame


def ledger(n):
    """Rows with distinct keys, some with null keys, in random order."""
    i = np.arange(n)
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "item": "inventory",
            "memo_kind": None,
            "district_id": np.char.add("district ", (i // 1200).astype(str)),
            "location": "link",
            "subsector": "road",
            "vehicle_class": np.array(["car", "lcv", "bus"])[i % 3],
            "trip_kind": "all",
            "vehicle_type": np.char.add("type ", (i // 12 % 100).astype(str)),
            "fuel": np.array(["petrol", "diesel"])[i // 12 % 2],
            "process": "hot",
            "scope": np.int8(1),
            "gpc_ref": "II.1.1",
            "ipcc_code": "1.A.3.b",
            "notation_key": None,
            "pollutant": np.array(["co2", "nox", "pm10", "nh3"])[i // 3 % 4],
            "mass_t": rng.random(n),
        }
    )
    frame.loc[frame["district_id"] == "district 1", "district_id"] = None
    return complete(frame, LEDGER).sample(frac=1.0, random_state=7)


def links():
    return gpd.GeoDataFrame(
        {
            "link_id": [4, 2, 4],
            "district_id": ["b", "a", "a"],
            "length_m": [500.0, 1000.0, 250.0],
            "vkm": [1.0, 2.0, 0.0],
            "vehicle_h": [0.1, 0.2, 0.0],
            "speed_kmh": [10.0, 10.0, np.nan],
            **{f"{p.removesuffix('_t')}_t": [1.0, 2.0, np.nan] for p in POLLUTANT_COLUMNS},
            "electricity_mwh": np.nan,
            "co2_scope2_t": np.nan,
        },
        geometry=[
            LineString([(0, 0), (1, 1)]),
            MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]]),
            LineString([(0, 0), (-5, 7)]),
        ],
        crs="EPSG:32617",
    )


POLLUTANT_COLUMNS = [
    c.name for c in LINK_RESULTS.columns if c.name.endswith("_t") and c.name != "co2_scope2_t"
]


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_rows_are_sorted_by_key_and_carry_units(tmp_path):
    frame = pieces()
    write_table(frame.sample(frac=1.0, random_state=1), PIECES, tmp_path / "a", metadata=FACTS)
    schema = pq.read_schema(tmp_path / "a")
    assert schema.names == list(PIECES.names)
    assert schema.field("fraction").metadata == {b"unit": b"-", b"meaning": b"share of the link"}
    assert schema.metadata[b"rule"] == b"territorial"
    assert schema.metadata[b"key"] == b"link_id,district_id,cell_id"
    assert b"pandas" not in schema.metadata
    read = pq.read_table(tmp_path / "a").to_pandas()
    expected = frame.sort_values(["link_id", "district_id", "cell_id"], ignore_index=True)
    pd.testing.assert_frame_equal(read, expected)


def test_order_of_rows_columns_and_types_of_the_frame_change_no_byte(tmp_path):
    frame = pieces()
    write_table(frame, PIECES, tmp_path / "a", metadata=FACTS)
    other = frame.sample(frac=1.0, random_state=3)[list(reversed(PIECES.names))]
    other = other.astype({"district_id": "category", "link_id": "int32"})
    write_table(other, PIECES, tmp_path / "b", metadata=dict(reversed(FACTS.items())))
    assert sha256(tmp_path / "a") == sha256(tmp_path / "b")


@pytest.mark.slow
def test_same_bytes_in_another_process_at_another_time(tmp_path):
    write_table(pieces(), PIECES, tmp_path / "a", metadata=FACTS)
    write_geo_table(links(), LINK_RESULTS, tmp_path / "a.geo", metadata=FACTS)
    # starting anew takes longer than the second that a time stamp would count
    code = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from test_outputs_tables import *\n"
        "write_table(pieces(), PIECES, sys.argv[1] + '/b', metadata=FACTS)\n"
        "write_geo_table(links(), LINK_RESULTS, sys.argv[1] + '/b.geo', metadata=FACTS)\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path, Path(__file__).parent], check=True)
    assert sha256(tmp_path / "a") == sha256(tmp_path / "b")
    assert sha256(tmp_path / "a.geo") == sha256(tmp_path / "b.geo")


def test_ledger_agrees_with_a_plain_sort(tmp_path):
    frame = ledger(6000)
    write_table(frame, LEDGER, tmp_path / "a", metadata={})
    read = pq.read_table(tmp_path / "a").to_pandas()
    keys = (
        frame[list(LEDGER.key)].astype(object).where(frame[list(LEDGER.key)].notna(), "\U0010ffff")
    )
    order = sorted(range(len(frame)), key=lambda row: tuple(map(str, keys.iloc[row])))
    np.testing.assert_array_equal(read["mass_t"], frame["mass_t"].to_numpy()[order])
    assert read["district_id"].isna().sum() == 1200
    assert read["district_id"].isna().to_numpy()[-1200:].all()


@pytest.mark.slow
def test_a_million_ledger_rows(tmp_path):
    frame = ledger(1_000_000)
    start = time.perf_counter()
    write_table(frame, LEDGER, tmp_path / "a", metadata={})
    print(f"{time.perf_counter() - start:.1f} s, {(tmp_path / 'a').stat().st_size / 1e6:.1f} MB")
    assert pq.read_metadata(tmp_path / "a").num_rows == 1_000_000


def test_all_faults_are_listed_and_nothing_is_written(tmp_path):
    frame = pieces(9).assign(extra=1)
    frame.loc[3, "fraction"] = 1.5
    frame.loc[5, "fraction"] = np.nan
    frame.loc[7, "district_id"] = None
    frame.loc[1, ["link_id", "district_id", "cell_id"]] = [0, "Süd", 0]
    with pytest.raises(CheckError) as caught:
        write_table(frame.drop(columns="cell_id"), PIECES, tmp_path / "a", metadata={})
    assert "cell_id not found" in str(caught.value)
    with pytest.raises(CheckError) as caught:
        write_table(frame, PIECES, tmp_path / "a", metadata={})
    said = str(caught.value)
    for words in ("extra", ">= 0 and <= 1: 1 of 9", "(value 1.5)", "be present", "stand twice"):
        assert words in said
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("fraction", [0.1, np.inf], "finite"),
        ("fraction", ["0.1", "0.2"], "be a number"),
        ("link_id", [1.5, 2.0], "whole number"),
        ("link_id", [-1, 2], ">= 0"),
        ("district_id", [1, 2], "be text"),
    ],
)
def test_a_wrong_column(column, values, said):
    frame = pieces(2)
    frame[column] = values
    with pytest.raises(CheckError, match=f"`{column}`.*{said}"):
        to_arrow(frame, PIECES)


def test_int8_and_its_limits():
    frame = ledger(3)
    assert to_arrow(frame.astype({"scope": "int64"}), LEDGER).schema.field("scope").type == "int8"
    with pytest.raises(CheckError, match=r"`scope`.*<= 3"):
        to_arrow(frame.assign(scope=300), LEDGER)


def test_an_empty_table_keeps_its_columns(tmp_path):
    write_table(pieces(0), PIECES, tmp_path / "a", metadata={})
    schema = pq.read_schema(tmp_path / "a")
    assert [str(t) for t in schema.types] == ["int64", "string", "int64", "double"]


def test_geoparquet_opens_with_crs_and_types(tmp_path):
    write_geo_table(links(), LINK_RESULTS, tmp_path / "l.parquet", metadata=FACTS)
    read = gpd.read_parquet(tmp_path / "l.parquet")
    assert read.crs == "EPSG:32617"
    assert read[["link_id", "district_id"]].to_numpy().tolist() == [[2, "a"], [4, "a"], [4, "b"]]
    assert read.geometry.iloc[1].equals(LineString([(0, 0), (-5, 7)]))
    schema = pq.read_schema(tmp_path / "l.parquet")
    assert schema.field("length_m").metadata[b"unit"] == b"m"
    geo = json.loads(schema.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["geometry_types"] == ["LineString", "MultiLineString"]
    assert geo["columns"]["geometry"]["bbox"] == [-5.0, 0.0, 3.0, 7.0]


def test_geometry_needs_a_crs(tmp_path):
    frame = links().set_crs(None, allow_override=True)
    with pytest.raises(CheckError, match="must have a CRS"):
        write_geo_table(frame, LINK_RESULTS, tmp_path / "a", metadata={})


def test_hourly_volumes_are_fixed_size_lists():
    volume = [np.arange(24, dtype=np.float32)] * 2
    frame = pd.DataFrame({"link_id": [2, 1], "vehicle_class": "car", "volume": volume})
    rows = to_arrow(frame, HOURLY_VOLUMES)
    assert str(rows.schema.field("volume").type).startswith("fixed_size_list")
    assert rows["link_id"].to_pylist() == [1, 2]
    assert "trip_kind" not in rows.schema.names


def test_a_repeated_key_without_its_optional_column():
    frame = pd.DataFrame({"link_id": [1, 1], "vehicle_class": "car", "volume": [1.0, 2.0]})
    with pytest.raises(CheckError, match="one row for each"):
        to_arrow(frame, AADT_VOLUMES)


def test_csv_by_hand(tmp_path):
    row = dict.fromkeys(c.name for c in INVENTORY.columns if c.nullable) | {
        "year": 2023,
        "district_id": "b",
        "district_name": 'Großes "Feld", Ost',
        "item": "inventory",
        "gpc_ref": "II.1.1",
        "ipcc_code": "1.A.3.b",
        "subsector": "road",
        "scope": 1,
        "co2_t": 0.1 + 0.2,
        "nox_t": 1e-7,
        "vkm": 1234567.0,
        "rule": "territorial",
        "gwp_set": "ar5",
        "factor_set": "emep",
        "period": "year",
    }
    other = row | {"district_id": "a", "notation_key": "NO", "co2_t": None}
    write_csv(
        complete(pd.DataFrame([row, other]), INVENTORY), INVENTORY, tmp_path / "inventory.csv"
    )
    text = (tmp_path / "inventory.csv").read_bytes().decode("utf-8")
    assert "\r" not in text
    header, first, second, end = text.split("\n")
    assert header == ",".join(INVENTORY.names)
    assert first.startswith('2023,a,"Großes ""Feld"", Ost",inventory,,II.1.1,1.A.3.b,road,1,NO,')
    assert "0.30000000000000004" in second
    assert "1e-07" in second
    assert end == ""
    read = read_csv(tmp_path / "inventory.csv", INVENTORY)
    assert read["co2_t"].tolist()[1] == 0.1 + 0.2
    assert read["notation_key"].tolist()[0] == "NO"


def test_columns_and_frames_give_the_same_bytes(tmp_path):
    frame = ledger(3000).sample(frac=1.0, random_state=2)
    coded = frame.astype(dict.fromkeys(frame.select_dtypes(("str", "object")), "category"))
    write_table(coded, LEDGER, tmp_path / "a", metadata=FACTS)
    write_table(from_frame(frame), LEDGER, tmp_path / "b", metadata=FACTS)
    assert sha256(tmp_path / "a") == sha256(tmp_path / "b")


def test_names_that_stand_in_no_row_change_no_byte(tmp_path):
    rows = from_frame(ledger(30).assign(notation_key=None))
    text = rows["district_id"]
    more = Text(np.where(text.isna(), -1, text.codes + 1), ["a", *text.names, "z"])
    write_table(rows, LEDGER, tmp_path / "a", metadata={})
    write_table(rows.assign(district_id=more), LEDGER, tmp_path / "b", metadata={})
    assert sha256(tmp_path / "a") == sha256(tmp_path / "b")
    assert pq.read_table(tmp_path / "a")["notation_key"].null_count == 30


def test_csv_is_that_of_pandas(tmp_path):
    frame = complete(
        pd.DataFrame(
            {
                "year": [2023, 2023, 2023, 2023],
                "district_id": ["a", 'b "b"', "c, c", "d\nd"],
                "district_name": ["", "ü", "'", "NA"],
                "notation_key": ["NO", None, None, "IE"],
                "co2_t": [0.1 + 0.2, np.nan, 1e22, 5e-324],
                "nox_t": [1e-7, 123456789.0, 0.0, np.inf],
                "vkm": np.nan,
            }
        ),
        INVENTORY,
    )
    with pytest.raises(CheckError, match=r"`nox_t`.*finite"):
        write_csv(from_frame(frame), INVENTORY, tmp_path / "a")
    frame.loc[3, "nox_t"] = 1e16
    write_csv(from_frame(frame)[::-1], INVENTORY, tmp_path / "a")
    write_csv(frame, INVENTORY, tmp_path / "b")
    assert sha256(tmp_path / "a") == sha256(tmp_path / "b")
    text = to_arrow(frame, INVENTORY).to_pandas(types_mapper=pd.ArrowDtype).to_csv(index=False)
    assert (tmp_path / "a").read_text("utf-8") == text


def test_faults_of_columns_and_frames_are_the_same():
    frame = pieces(9).assign(extra=1)
    frame.loc[3, "fraction"] = 1.5
    frame.loc[7, "district_id"] = None
    frame.loc[1, ["link_id", "district_id", "cell_id"]] = [0, "Süd", 0]
    said = []
    for rows in (frame, from_frame(frame), frame[["link_id"]], from_frame(frame)[["link_id"]]):
        with pytest.raises(CheckError) as caught:
            to_arrow(rows, PIECES)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert said[2] == said[3]
    assert len(said[0].splitlines()) == 4


def test_columns_are_written_without_pandas(tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from transmod.later import load_later; load_later('pandas')\n"
        "from transmod.columns import Columns\n"
        "from transmod.outputs.tables import write_csv, write_table\n"
        "from transmod.schema import PIECES\n"
        "rows = {'link_id': [2, 1], 'district_id': ['b', 'a'], 'cell_id': [0, 0]}\n"
        "rows = Columns({**rows, 'fraction': [1.0, 0.5]})\n"
        "write_table(rows, PIECES, Path(sys.argv[1]) / 'a', metadata={})\n"
        "write_csv(rows, PIECES, Path(sys.argv[1]) / 'b')\n"
        "assert not {'pandas.core', 'shapely', 'scipy', 'numba'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True)
    assert pq.read_table(tmp_path / "a")["link_id"].to_pylist() == [1, 2]
    assert (tmp_path / "b").read_text() == (
        "link_id,district_id,cell_id,fraction\n1,a,0,0.5\n2,b,0,1.0\n"
    )
