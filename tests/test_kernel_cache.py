"""Compiled kernels on disk: used again, never stale, never in the way."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from transmod import kernels
from transmod.kernels import compile  # noqa: A004  the module of that name

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="compiles nothing")

# a kernel that calls one of another file: Numba by itself would not see the other change
PROBE = """
from .compile import kernel
from .spectrum import split

@kernel
def probe(speed):
    return int(split(speed, 1400)[0])
"""
RUN = """
from kernels.probe import probe
print(probe(20.0), sum(probe.stats.cache_hits.values()), sum(probe.stats.cache_misses.values()))
"""


@pytest.fixture
def package(tmp_path):
    """Copy the kernels to a folder of their own, with the probe."""
    folder = tmp_path / "kernels"
    shutil.copytree(
        Path(kernels.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "probe.py").write_text(PROBE)
    return folder


def start(package, cache):
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    return subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=package.parent,
        env=environment | {"TRANSMOD_CACHE_DIR": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(process):
    """Return what the probe gave, and how often its code came from the cache and how often not."""
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return tuple(int(word) for word in out.split())


def folders(cache):
    return set((cache / "kernels").iterdir())


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.slow
def test_a_change_in_a_called_kernel_is_seen(package, tmp_path):
    cache = tmp_path / "cache"
    assert result(start(package, cache)) == (200, 0, 1)
    assert result(start(package, cache)) == (200, 1, 0)
    before = folders(cache)
    change(package / "spectrum.py", "NODES_PER_KMH = 10.0", "NODES_PER_KMH = 20.0")
    assert result(start(package, cache)) == (400, 0, 1)
    assert len(folders(cache) - before) == 1


def test_a_change_of_any_file_names_another_folder(package, monkeypatch):
    monkeypatch.setattr(compile, "_HERE", package)
    monkeypatch.setenv("TRANSMOD_CACHE_DIR", "anywhere")
    found = [compile._cache_folder()]
    assert found[0].parent == Path("anywhere", "kernels")
    for path in sorted(package.glob("*.py")):
        path.write_text(path.read_text() + "\n# a change\n")
        found.append(compile._cache_folder())
    assert len(set(found)) == len(found)
    assert compile._cache_folder() == found[-1]


def test_without_a_folder_to_write_to_kernels_still_run(package, tmp_path):
    blocked = tmp_path / "a file"
    blocked.write_text("")
    assert result(start(package, blocked)) == (200, 0, 1)
    # nor does code stay beside the sources, where it could be stale
    assert not list(package.rglob("*.nbi"))


@pytest.mark.slow
def test_two_processes_may_compile_at_once(package, tmp_path):
    cache = tmp_path / "cache"
    both = [start(package, cache) for _ in range(2)]
    assert [result(process)[0] for process in both] == [200, 200]
    assert result(start(package, cache)) == (200, 1, 0)
