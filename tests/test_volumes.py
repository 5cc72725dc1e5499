"""Volumes: worked by hand, all faults by their words, memory bounded by a block."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transmod.errors import InputError
from transmod.inputs.volumes import links_without_volume, read_volumes
from transmod.schema import VEHICLE_CLASSES

SHA = "ab" * 32


def network_of(link_ids, length_m=None):
    links = pd.DataFrame({"link_id": np.asarray(link_ids, np.int64)})
    links["length_m"] = 100.0 if length_m is None else length_m
    links["free_speed_kmh"] = 60.0
    # the first two links are the two directions of a road, the others stand alone
    links["from_node"] = np.arange(len(links)) * 2
    links["to_node"] = links["from_node"] + 1
    links.loc[:1, ["from_node", "to_node"]] = [[0, 1], [1, 0]][: len(links)]
    return SimpleNamespace(links=links, sha256=SHA)


NETWORK = network_of([2, 3, 5, 8], [100.0, 200.0, 300.0, 400.0])


def write_table(path, columns, sha=SHA, **options):
    table = pa.table(columns)
    if sha is not None:
        table = table.replace_schema_metadata({"network_sha256": sha})
    pq.write_table(table, path, **options)
    return path


def write_lists(path, rows, *, fixed=True, sha=SHA, **options):
    """Write rows (link_id, vehicle_class, volume list, optional speed list)."""
    n_hours = len(rows[0][2])
    dtype = pa.list_(pa.float32(), n_hours) if fixed else pa.list_(pa.float32())
    columns = {
        "link_id": pa.array([row[0] for row in rows], pa.int64()),
        "vehicle_class": pa.array([row[1] for row in rows]),
        "volume": pa.array([row[2] for row in rows], dtype),
    }
    if len(rows[0]) > 3:
        columns["speed_kmh"] = pa.array([row[3] for row in rows], dtype)
    return write_table(path, columns, sha, **options)


def test_daily_volumes(tmp_path):
    path = write_table(
        tmp_path / "v.parquet",
        {
            "link_id": [8, 2, 2],
            "vehicle_class": ["car", "bus", "car"],
            "trip_kind": ["through", "all", "through"],
            "volume": [2400.0, 48.0, 0.0],
        },
    )
    volumes = read_volumes(path, NETWORK, kind="aadt")
    assert volumes.streams == (("car", "through"), ("bus", "all"))
    assert (volumes.n_hours, volumes.has_speed, volumes.n_links_given) == (None, False, 2)
    (block,) = volumes.blocks()
    assert (block.first, block.last) == (0, 4)
    # 2,400 veh a day are 100 in the mean hour; a zero that is given is given
    np.testing.assert_array_equal(block.average, [[0, 2], [0, 0], [0, 0], [100, 0]])
    np.testing.assert_array_equal(
        block.given, [[True, True], [False, False], [False, False], [True, False]]
    )
    assert block.volume is None
    # links 3 and 5 have 500 of 1,000 m
    assert volumes.notes == (
        "2 of 4 links, 50.0% of the length, have no volume: they are missing, not zero.",
    )
    assert links_without_volume(volumes, NETWORK).tolist() == [3, 5]


def test_whole_numbers_and_categories_are_read(tmp_path):
    path = write_table(
        tmp_path / "v.parquet",
        {
            "link_id": pa.array([2, 3], pa.int32()),
            "vehicle_class": pa.array(["car", "lcv"]).dictionary_encode(),
            "volume": pa.array([24, 48], pa.int64()),
            "remark": ["a", "b"],
        },
    )
    volumes = read_volumes(path, NETWORK, kind="aawdt")
    (block,) = volumes.blocks()
    np.testing.assert_array_equal(block.average[:2], [[1, 0], [0, 2]])
    assert "Columns of v.parquet that are not read: remark." in volumes.notes


def test_car_units_and_both_directions(tmp_path):
    path = write_table(
        tmp_path / "v.parquet",
        {
            "link_id": [2, 3, 5],
            "vehicle_class": ["articulated_truck", "articulated_truck", "bus"],
            "volume": [720.0, 720.0, 96.0],
            "direction_share": [0.75, 0.25, 1.0],
        },
    )
    volumes = read_volumes(
        path, NETWORK, kind="aadt", unit="pcu", direction="both", pcu={"bus": 4.0}
    )
    # 720 pcu/d / 24 h / 3 pcu = 10 veh/h, of which 7.5 one way; 96 / 24 / 4 = 1 bus
    (block,) = volumes.blocks()
    np.testing.assert_allclose(block.average[:3], [[7.5, 0], [2.5, 0], [0, 1]], rtol=1e-15)
    assert any("bus 4" in note and "articulated_truck 3" in note for note in volumes.notes)


def test_shares_of_the_two_directions_must_sum_to_one(tmp_path):
    path = write_table(
        tmp_path / "v.parquet",
        {
            "link_id": [2, 3, 5],
            "vehicle_class": ["car", "car", "car"],
            "volume": [720.0, 720.0, 96.0],
            "direction_share": [0.6, 0.6, 0.6],  # link 5 has no link back
        },
    )
    with pytest.raises(InputError, match=r"sum to 1 .* 1 of 1 pairs .* 2 and 3 \(1\.2\)"):
        read_volumes(path, NETWORK, kind="aadt", direction="both")


def test_daily_csv(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("link_id,vehicle_class,volume\n5,motorcycle,12\n2,car,240\n")
    volumes = read_volumes(path, NETWORK, kind="aadt", network_sha256=SHA)
    (block,) = volumes.blocks()
    np.testing.assert_array_equal(block.average, [[10, 0], [0, 0], [0, 0.5], [0, 0]])


@pytest.mark.parametrize("fixed", [True, False])
def test_hourly_lists(tmp_path, fixed):
    path = write_lists(
        tmp_path / "v.parquet",
        [
            (2, "car", [1.0, 2.0, 3.0], [50.0, 40.0, 0.0]),
            (2, "bus", [4.0, 5.0, 0.0], [25.0, 24.0, 0.0]),
            (8, "bus", [6.0, 7.0, 8.0], [30.0, 31.0, 32.0]),
        ],
        fixed=fixed,
    )
    volumes = read_volumes(path, NETWORK, kind="hourly")
    assert (volumes.n_hours, volumes.has_speed) == (3, True)
    (block,) = volumes.blocks()
    assert block.average is None
    assert block.volume.dtype == np.float32
    np.testing.assert_array_equal(block.volume[0], [[1, 2, 3], [4, 5, 0]])
    np.testing.assert_array_equal(block.volume[3], [[0, 0, 0], [6, 7, 8]])
    np.testing.assert_array_equal(block.speed[0, 0], [50, 40, 0])
    np.testing.assert_array_equal(block.speed[3, 1], [30, 31, 32])
    assert np.isnan(block.speed[1]).all()
    assert any(
        "Speed 0 with traffic in 1 of 3 rows, first at link_id 2, vehicle_class 'car', hour 2" in n
        for n in volumes.notes
    )


def test_odd_speeds_are_counted_by_link(tmp_path):
    path = write_lists(
        tmp_path / "v.parquet",
        [
            (2, "car", [1.0, 0.0], [50.0, 4.0]),  # slow without traffic
            (3, "bus", [4.0, 5.0], [4.9, 60.0]),  # slow; as fast as undelayed
            (3, "car", [4.0, 5.0], [3.0, 20.0]),
            (8, "bus", [6.0, 7.0], [60.1, 5.0]),  # too fast; 5 is not below 5
        ],
    )
    notes = read_volumes(path, NETWORK, kind="hourly").notes
    slow = "below 5 km/h on 1 of 3 links with traffic, first link_id 3: taken as given."
    fast = "above the link's free speed on 1 of 3 links with traffic, first link_id 8"
    assert [note for note in notes if slow in note]
    assert [note for note in notes if fast in note]


def test_long_table_equals_lists(tmp_path):
    hours = [(h, link) for h in range(24) for link in (8, 2)]
    columns = {
        "link_id": [link for _, link in hours],
        "vehicle_class": ["car"] * 48,
        "hour": [h for h, _ in hours],
        "volume": [float(h + link) for h, link in hours],
        "speed_kmh": [20.0 + h for h, _ in hours],
        "direction_share": [0.5 if h % 2 else 0.25 for h, _ in hours],
    }
    path = write_table(tmp_path / "v.parquet", columns)
    volumes = read_volumes(path, NETWORK, kind="hourly", direction="both")
    (block,) = volumes.blocks()
    share = np.where(np.arange(24) % 2, 0.5, 0.25)
    np.testing.assert_array_equal(block.volume[0, 0], (np.arange(24) + 2) * share)
    np.testing.assert_array_equal(block.volume[3, 0], (np.arange(24) + 8) * share)
    np.testing.assert_array_equal(block.speed[3, 0], 20.0 + np.arange(24))
    csv = tmp_path / "v.csv"
    pd.DataFrame(columns).to_csv(csv, index=False)
    same = read_volumes(csv, NETWORK, kind="hourly", direction="both", network_sha256=SHA)
    (block_of_csv,) = same.blocks()
    np.testing.assert_array_equal(block.volume, block_of_csv.volume)


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_links=st.integers(1, 30),
    n_hours=st.integers(1, 5),
    group=st.integers(1, 40),
    max_bytes=st.integers(1, 2000),
)
def test_law_blocks_hold_the_file_whatever_their_size(
    tmp_path, seed, n_links, n_hours, group, max_bytes
):
    rng = np.random.default_rng(seed)
    network = network_of(np.cumsum(rng.integers(1, 4, n_links)))
    rows = [
        (int(link), name, rng.random(n_hours).astype(np.float32).tolist())
        for link in network.links["link_id"]
        for name in rng.permutation(VEHICLE_CLASSES[:3])
        if rng.random() < 0.5
    ]
    if not rows:
        return
    path = write_lists(tmp_path / "v.parquet", rows, row_group_size=group)
    volumes = read_volumes(path, network, kind="hourly")
    found, last = [], 0
    for block in volumes.blocks(max_bytes):
        assert last <= block.first < block.last <= n_links
        last = block.last
        assert block.given.any()
        for link, column in np.argwhere(block.given):
            found.append(
                (
                    int(network.links["link_id"].iloc[block.first + link]),
                    volumes.streams[column][0],
                    block.volume[link, column].tolist(),
                )
            )
        assert (block.volume[~block.given] == 0).all()
    order = {name: i for i, name in enumerate(VEHICLE_CLASSES)}
    assert found == sorted(rows, key=lambda row: (row[0], order[row[1]]))
    without = set(network.links["link_id"]) - {row[0] for row in rows}
    assert set(links_without_volume(volumes, network)) == without


GOOD = {"link_id": [2, 3], "vehicle_class": ["car", "car"], "volume": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"volume": None}, {}, r"must have the columns .*: volume not found, it has link_id, veh"),
        ({"link_id": ["2", "3"]}, {}, r"`link_id` \[-\] .* must be int64: string found"),
        ({"link_id": [2.0, 3.0]}, {}, r"must be int64: double found"),
        ({"volume": ["1", "2"]}, {}, r"`volume` \[veh/d\] .* must be float64: string found"),
        ({"vehicle_class": [1, 2]}, {}, r"`vehicle_class` .* must be string: int64 found"),
        ({"volume": [1.0, -2.0]}, {}, r"finite and >= 0: 1 of 2 rows .* link_id 3.*value -2\.0"),
        ({"volume": [np.nan, 2.0]}, {}, r"finite and >= 0: 1 of 2 rows .* link_id 2.*value nan"),
        ({"volume": [1.0, np.inf]}, {}, r"finite and >= 0: 1 of 2 rows .* link_id 3.*value inf"),
        ({"volume": [None, 2.0]}, {}, r"finite and >= 0: 1 of 2 rows .* link_id 2"),
        ({"link_id": [2, 4]}, {}, r"link of the network \(4 links\): 1 of 2 rows .* link_id 4"),
        ({"link_id": [2, 99]}, {}, r"link of the network .* 1 of 2 rows .* link_id 99"),
        ({"link_id": [2, None]}, {}, r"`link_id` .* must be present: 1 of 2 rows"),
        ({"vehicle_class": ["car", "motorbike"]}, {}, r"first at link_id 3.*'motorbike' \(near mo"),
        ({"vehicle_class": ["car", None]}, {}, r"`vehicle_class` .* must be present: 1 of 2"),
        (
            {"trip_kind": ["all", "thru"]},
            {},
            r"`trip_kind` .* must be one of all, internal.*'thru'",
        ),
        ({"link_id": [2, 2]}, {}, r"one row for each .*: 1 of 2 rows stand twice, first link_id 2"),
        ({"direction_share": [0.5, 0.5]}, {}, r"must have no column direction_share"),
        ({}, {"direction": "both"}, r"must have the column direction_share"),
        (
            {"direction_share": [0.5, 1.5]},
            {"direction": "both"},
            r">= 0 and <= 1: 1 of 2 rows .* link_id 3, .*value 1\.5",
        ),
        ({}, {"unit": "pcu", "pcu": {"tram": 2.0}}, r"pcu must be given for classes .* 'tram'"),
        ({}, {"unit": "pcu", "pcu": {"car": 0.0}}, r"pcu of car must be finite and > 0: found 0"),
        ({}, {"network_sha256": "cd" * 32}, r"made for another network, cdcd"),
        ({"link_id": [], "vehicle_class": [], "volume": []}, {}, r"must have rows|must be"),
    ],
)
def test_faults_of_daily_volumes(tmp_path, change, options, message):
    columns = {name: values for name, values in (GOOD | change).items() if values is not None}
    path = write_table(tmp_path / "v.parquet", columns)
    with pytest.raises(InputError, match=message):
        read_volumes(path, NETWORK, kind="aadt", **options)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [(2, "car", [1.0, -1.0])],
            r"`volume` \[veh/h\] .* 1 of 1 rows .* vehicle_class 'car', hour 1 \(value -1\.0",
        ),
        ([(2, "car", [1.0, None])], r"finite and >= 0: 1 of 1 rows .*hour 1 \(value nan"),
        ([(2, "car", [1.0, 1.0], [50.0, -5.0])], r"`speed_kmh` \[km/h\] .*hour 1 \(value -5\.0"),
        ([(2, "car", [1.0, 1.0], [np.nan, 5.0])], r"`speed_kmh` \[km/h\] .*hour 0 \(value nan"),
        (
            [(2, "car", [1.0], [9.0]), (3, "car", [1.0], None)],
            r"`speed_kmh` \[km/h\] .* must be present: 1 of 2 rows .* link_id 3",
        ),
        ([(3, "car", [1.0]), (2, "car", [1.0])], r"sorted by link_id: 1 of 2 rows .* link_id 2"),
        ([(3, "car", [1.0]), (3, "car", [1.0])], r"one row for each .*: 1 of 2 rows .* link_id 3"),
        ([(3, "car", [1.0]), (3, "bus", [1.0]), (3, "car", [1.0])], r"1 of 3 rows .* link_id 3"),
        (
            [(2, "car", [1.0] * 3), (3, "car", [1.0] * 3), (5, "car", [1.0, 2.0])],
            r"lists of one length, 3 as most: 1 of 3 rows .* link_id 5, .*value 2\)",
        ),
        ([(2, "car", [1.0, 1.0]), (3, "car", None)], r"`volume` .* must be present: 1 of 2 rows"),
        ([(2, "car", [1.0]), (4, "car", [1.0])], r"link of the network .*first at link_id 4"),
    ],
)  # fmt: skip
def test_faults_of_hourly_volumes(tmp_path, rows, message):
    path = write_lists(tmp_path / "v.parquet", rows, fixed=False)
    with pytest.raises(InputError, match=message):
        read_volumes(path, NETWORK, kind="hourly")


def test_rows_that_stand_twice_are_found_across_batches(tmp_path, monkeypatch):
    monkeypatch.setattr("transmod.inputs.volume_files._BATCH_BYTES", 1)  # a row a batch
    rows = [(3, "car", [1.0]), (3, "bus", [1.0]), (3, "car", [1.0]), (5, "car", [1.0])]
    path = write_lists(tmp_path / "v.parquet", rows)
    with pytest.raises(InputError, match=r"one row for each .*: 1 of 4 rows .* link_id 3"):
        read_volumes(path, NETWORK, kind="hourly")


def test_hourly_dtype(tmp_path):
    path = write_table(tmp_path / "v.parquet", {**GOOD, "volume": [[1], [2]]})
    with pytest.raises(InputError, match=r"must be list<float32>: list<.*int64> found"):
        read_volumes(path, NETWORK, kind="hourly")
    path = write_table(tmp_path / "v.parquet", GOOD)
    with pytest.raises(InputError, match=r"must be list<float32>: double found"):
        read_volumes(path, NETWORK, kind="hourly")


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        (
            [0, 1, 0],
            r"hours 0 to 1 of each stream on a link: 1 of 2 have not, first link_id 3.*1 h",
        ),
        ([0, 0, 1], r"one row for each .*, hour: 1 of 3 rows stand twice, first link_id 2"),
        ([0, 1, 9000], r"`hour` \[-\] .* must be 0 to 8783: 1 of 3 rows"),
        ([0, 1, None], r"`hour` \[-\] .* must be present: 1 of 3 rows"),
    ],
)
def test_faults_of_long_tables(tmp_path, hours, message):
    path = write_table(
        tmp_path / "v.parquet",
        {
            "link_id": [2, 2, 3],
            "vehicle_class": ["car"] * 3,
            "hour": pa.array(hours, pa.int64()),
            "volume": [1.0] * 3,
        },
    )
    with pytest.raises(InputError, match=message):
        read_volumes(path, NETWORK, kind="hourly")


def test_long_table_of_more_than_a_million_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("transmod.inputs.volume_files.MOST_LONG_ROWS", 2)
    path = write_table(
        tmp_path / "v.parquet",
        {"link_id": [2] * 3, "vehicle_class": ["car"] * 3, "hour": [0, 1, 2], "volume": [1.0] * 3},
    )
    with pytest.raises(InputError, match=r"at most 2 rows .*: 3 found\. Write one row per link"):
        read_volumes(path, NETWORK, kind="hourly")


def test_network_of_a_file(tmp_path):
    path = write_table(tmp_path / "v.parquet", GOOD, sha=None)
    with pytest.raises(InputError, match=rf"no network_sha256 found\. Add it .* is {SHA}"):
        read_volumes(path, NETWORK, kind="aadt")
    assert read_volumes(path, NETWORK, kind="aadt", network_sha256=SHA).n_links_given == 2
    path = write_table(tmp_path / "v.parquet", GOOD, sha="cd" * 32)
    with pytest.raises(InputError, match=r"made for another network, cdcd.*anew"):
        read_volumes(path, NETWORK, kind="aadt", network_sha256=SHA)


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputError, match=r"no such file"):
        read_volumes(tmp_path / "v.parquet", NETWORK, kind="aadt")
    whole = write_table(tmp_path / "v.parquet", GOOD).read_bytes()
    for bad in (b"", b"PAR1", b"hello" * 9, whole[:-9], whole[: len(whole) // 2]):
        path = tmp_path / "bad.parquet"
        path.write_bytes(bad)
        with pytest.raises(InputError, match=r"must be a whole Parquet file"):
            read_volumes(path, NETWORK, kind="aadt")
    foreign = tmp_path / "foreign.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(foreign)
    with pytest.raises(InputError) as caught:
        read_volumes(foreign, NETWORK, kind="hourly")
    assert len(caught.value.faults) == 2  # no columns, no network


def test_all_faults_come_at_once(tmp_path):
    path = write_table(
        tmp_path / "v.parquet",
        {
            "link_id": [2, 4, 9],
            "vehicle_class": ["van", "car", "lorry"],
            "volume": [1.0, -2.0, np.nan],
        },
    )
    with pytest.raises(InputError) as caught:
        read_volumes(path, NETWORK, kind="aadt", direction="both")
    text = str(caught.value)
    assert len(caught.value.faults) == 4
    assert "must have the column direction_share" in text
    assert "2 of 3 rows are not, first at link_id 4, vehicle_class 'car'" in text
    assert "Unknown: 'lorry', 'van'" in text.replace(" (near car)", "")
    assert "finite and >= 0: 2 of 3 rows" in text


_MEMORY = """
import json, re, sys
from pathlib import Path
from types import SimpleNamespace
import numpy as np, pandas as pd, pyarrow as pa, pyarrow.parquet as pq
from transmod.inputs.volumes import read_volumes

def peak():  # ru_maxrss would be that of the process that started this one
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

before = peak()
n = int(sys.argv[2])
network = SimpleNamespace(sha256="0", links=pd.DataFrame(dict(link_id=np.arange(n), length_m=1.0)))
volumes = read_volumes(sys.argv[1], network, kind="hourly")
total = sum(float(block.volume.sum(dtype=np.float64)) for block in volumes.blocks())
print(json.dumps({"mib": (peak() - before) / 1024, "total": total}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("group", ["one", "many"])
def test_memory_is_bounded_by_a_block(tmp_path, group):
    # 8,000 links x 8,760 h of float32 are 267 MiB; in one row group, or in forty
    n_links, n_hours = 8_000, 8760
    dtype = pa.list_(pa.float32(), n_hours)
    schema = pa.schema(
        [("link_id", pa.int64()), ("vehicle_class", pa.string()), ("volume", dtype)],
        metadata={"network_sha256": "0"},
    )
    path = tmp_path / "v.parquet"
    total = 0.0
    rng = np.random.default_rng(1)
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        parts = []
        for first in range(0, n_links, 200):
            values = rng.random((200, n_hours), np.float32)
            total += values.sum(dtype=np.float64)
            columns = [
                pa.array(np.arange(first, first + 200)),
                pa.array(["car"] * 200),
                pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), n_hours),
            ]
            parts.append(pa.Table.from_arrays(columns, schema=schema))
            if group == "many":
                writer.write_table(parts.pop())
        if parts:
            writer.write_table(pa.concat_tables(parts), row_group_size=n_links)
    assert pq.read_metadata(path).num_row_groups == (1 if group == "one" else 40)
    command = [sys.executable, "-c", _MEMORY, str(path), str(n_links)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["total"] == pytest.approx(total, rel=1e-12)
    assert found["mib"] < 200
