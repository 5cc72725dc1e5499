"""Memory of tables: recalled when made of the same, made again when not or when damaged."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from transmod.memory import MOST_KEPT, remember


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSMOD_CACHE_DIR", str(tmp_path))
    return tmp_path / "tables"


class Maker:
    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return {"curve": np.arange(5.0) + self.calls}


def test_made_once_for_the_same_parts(folder):
    make = Maker()
    first, again = remember("t", ["a", 1], make), remember("t", ["a", 1], make)
    assert make.calls == 1
    assert_array_equal(first["curve"], again["curve"])
    remember("t", ["a", 2], make)
    remember("other", ["a", 1], make)
    assert make.calls == 3


def test_a_damaged_file_is_made_again(folder):
    make = Maker()
    remember("t", "a", make)
    (path,) = folder.iterdir()
    for content in (b"", b"short", path.read_bytes()[:-1], path.read_bytes()[::-1]):
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


def test_what_cannot_be_made_is_not_kept(folder):
    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        remember("t", "a", fail)
    assert not folder.exists()
