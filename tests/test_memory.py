"""Memory of tables: recalled when made of the same, made again when not or when damaged."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from transmod import memory
from transmod.memory import MOST_KEPT, digest, remember


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSMOD_CACHE_DIR", str(tmp_path))
    return tmp_path / "tables"


class Maker:
    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return {"curve": np.arange(5.0) + self.calls, "many": np.arange(5000.0)}


def test_made_once_for_the_same_parts(folder):
    make = Maker()
    first, again = remember("t", ["a", 1], make), remember("t", ["a", 1], make)
    assert make.calls == 1
    assert_array_equal(first["curve"], again["curve"])
    remember("t", ["a", 2], make)
    remember("other", ["a", 1], make)
    assert make.calls == 3


@dataclass
class Record:
    value: Any


def test_records_and_arrays_are_known_by_what_they_hold():
    parts = [
        None, 1.5, [1, 2], Record(1), Record([1]), {"value": 1}, Record(Record(1)), np.arange(3),
        np.arange(3.0), np.arange(3.0)[:, None], np.array([0.0, 1.0, 2.0000001]),
        Record(np.arange(3)), Record(np.arange(4)),
    ]  # fmt: skip
    assert len({digest(part) for part in parts}) == len(parts)
    assert digest(Record(np.arange(3))) == digest(Record(np.arange(3)))
    for part in ({1, 2}, np.array(["a"], object), Record, int):
        with pytest.raises(TypeError, match="must be known by values, records and arrays"):
            digest({"in": [part]})


def test_a_damaged_file_is_made_again(folder):
    make = Maker()
    remember("t", "a", make)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    turned = [
        whole[:i] + bytes([whole[i] ^ 4]) + whole[i + 1 :] for i in range(64, len(whole), 999)
    ]
    for content in (b"", b"short", whole[:-1], whole[::-1], bytes(len(whole)), *turned):
        before = make.calls
        path.write_bytes(content)
        remember("t", "a", make)
        assert make.calls == before + 1


def test_no_place_to_keep_is_no_fault(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TRANSMOD_CACHE_DIR", str(tmp_path / "file"))
    make = Maker()
    assert_array_equal(remember("t", "a", make)["curve"], np.arange(5.0) + 1)
    remember("t", "a", make)
    assert make.calls == 2


def test_the_oldest_are_forgotten(folder):
    for number in range(MOST_KEPT + 3):
        remember("t", number, Maker())
    assert len(list(folder.iterdir())) == MOST_KEPT


def test_what_is_used_is_not_forgotten(folder):
    make = Maker()
    remember("t", "base", make)
    for number in range(MOST_KEPT + 3):
        for age, path in enumerate(
            sorted(folder.iterdir(), key=lambda path: -path.stat().st_mtime)
        ):
            os.utime(path, (0, path.stat().st_mtime - 60.0 * (age + 1)))
        remember("t", "base", make)
        remember("t", number, Maker())
    assert make.calls == 1


def test_what_cannot_be_made_is_not_kept(folder):
    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        remember("t", "a", fail)
    assert not folder.exists()


def test_arrays_come_back_as_they_were(folder):
    made = {"a": np.arange(12.0).reshape(3, 4), "none": np.empty((0, 3)), "text": "x" * 100}
    made["view"], made["order"] = made["a"][:, ::2], np.asfortranarray(made["a"])
    remember("t", "a", lambda: made)
    again = remember("t", "a", lambda: None)
    for name in ("a", "none", "view", "order"):
        assert_array_equal(again[name], made[name])
    assert again["text"] == made["text"]
    again["a"][0, 0] = 7.0  # its own, to be written to
    assert remember("t", "a", lambda: None)["a"][0, 0] == 0.0


def test_nothing_half_written_is_read(folder, monkeypatch):
    made = {"a": np.arange(1000.0)}
    remember("t", "a", lambda: made)
    (path,) = folder.iterdir()
    content = path.read_bytes()
    for end in range(0, len(content), 97):
        path.write_bytes(content[:end])
        monkeypatch.setattr("transmod.memory.pickle.loads", None)  # must not be reached
        assert remember("t", "a", lambda: "again") == "again"
        monkeypatch.undo()
        monkeypatch.setenv("TRANSMOD_CACHE_DIR", str(folder.parent))


def test_other_versions_have_other_files(folder, monkeypatch):
    make = Maker()
    remember("t", "a", make)
    monkeypatch.setattr("transmod.memory.library_version", lambda name: "0")
    memory._code_state.cache_clear()
    remember("t", "a", make)
    memory._code_state.cache_clear()
    assert make.calls == 2
