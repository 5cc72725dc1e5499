"""The results folder: there as a whole, or not there, whatever kills the process."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from transmod.errors import CheckError, InputError
from transmod.outputs import folder
from transmod.outputs.folder import repair, results_folder

N_FILES = 8


def write(target, mark):
    """Write a set of files that all bear one mark, so that a mixture shows."""
    (target / "figures").mkdir(parents=True)
    for i in range(N_FILES):
        (target / f"{i}.txt").write_text(mark)
    (target / "figures" / "a.png").write_text(mark)


def mark_of(target):
    """Return the mark of a whole set; fail on a part or a mixture."""
    files = sorted(path for path in target.rglob("*") if path.is_file())
    assert len(files) == N_FILES + 1
    marks = {path.read_text() for path in files}
    assert len(marks) == 1
    return marks.pop()


def names(run):
    return sorted(path.name for path in run.iterdir())


def make(run, mark):
    with results_folder(run) as new:
        write(new, mark)


def fail(run, error):
    with results_folder(run) as new:
        (new / "0.txt").write_text("part")
        raise error


def test_new_results_replace_the_former(tmp_path):
    make(tmp_path, "first")
    assert mark_of(tmp_path / "results") == "first"
    make(tmp_path, "second")
    assert mark_of(tmp_path / "results") == "second"
    assert names(tmp_path) == ["results"]
    assert repair(tmp_path) == []


@pytest.mark.parametrize("error", [CheckError("x"), KeyboardInterrupt(), ValueError("x")])
def test_a_failure_leaves_the_former_results(tmp_path, error):
    make(tmp_path, "first")
    with pytest.raises(type(error)):
        fail(tmp_path, error)
    assert mark_of(tmp_path / "results") == "first"
    assert names(tmp_path) == ["results"]


def test_a_first_failure_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="x"):
        fail(tmp_path, ValueError("x"))
    assert names(tmp_path) == []


# Every state between two steps: which folders are there, whole ("w") or in part ("p"), and what
# the results must be after the repair.
STATES = [
    ({}, None),
    ({"results": "w"}, "results"),
    ({".results-new": "p"}, None),
    ({".results-new": "w"}, None),  # whole, but the swap had not begun
    ({"results": "w", ".results-new": "p"}, "results"),
    ({"results": "w", ".results-new": "w"}, "results"),
    ({"results.old": "w", ".results-new": "w"}, ".results-new"),  # after step 1
    ({"results.old": "w"}, "results.old"),  # by hand: there is nothing to finish
    ({"results": "w", "results.old": "w"}, "results"),  # after step 2
    ({"results": "w", ".results-old": "w"}, "results"),  # after step 3
    ({"results": "w", ".results-old": "p"}, "results"),
    ({".results-old": "p"}, None),  # and the user removed the results
    ({"results": "w", "results.old": "w", ".results-old": "p"}, "results"),
    ({"results.old": "w", ".results-new": "w", ".results-old": "p"}, ".results-new"),
]


@pytest.mark.parametrize(("state", "wanted"), STATES)
def test_repair_of_every_state(tmp_path, state, wanted):
    for name, how in state.items():
        write(tmp_path / name, name)
        if how == "p":
            (tmp_path / name / "0.txt").unlink()
    (tmp_path / ".results.lock").write_text("999999")  # its process is dead
    done = repair(tmp_path)
    assert bool(done) == bool(set(state) - {"results"})
    assert [n for n in names(tmp_path) if n != ".results.lock"] == ["results"] * (
        wanted is not None
    )
    if wanted:
        assert mark_of(tmp_path / "results") == wanted
    assert repair(tmp_path) == []


@pytest.mark.parametrize(("state", "wanted"), STATES)
def test_a_run_repairs_by_itself(tmp_path, state, wanted):
    for name in state:
        write(tmp_path / name, name)
    make(tmp_path, "new")
    assert names(tmp_path) == ["results"]
    assert mark_of(tmp_path / "results") == "new"


@pytest.mark.parametrize("step", range(6))
def test_death_at_each_step(tmp_path, monkeypatch, step):
    """Stop dead, without any cleaning up, before the n-th change to the folder."""
    make(tmp_path, "first")
    pid = os.fork()
    if pid == 0:
        count = iter(range(99))

        def dying(change):
            def changed(*args, **kwargs):
                if next(count) == step:
                    os._exit(9)
                return change(*args, **kwargs)

            return changed

        Path.rename = dying(Path.rename)
        folder._sync_folder = dying(folder._sync_folder)
        folder._remove = dying(folder._remove)
        make(tmp_path, "second")
        os._exit(0)
    os.waitpid(pid, 0)
    repair(tmp_path)
    assert mark_of(tmp_path / "results") in ("first", "second")
    assert [n for n in names(tmp_path) if n != ".results.lock"] == ["results"]


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path):
    code = (
        "import sys; sys.path[:0] = [sys.argv[2]]\n"
        "from pathlib import Path; import itertools\n"
        "from test_outputs_folder import make\n"
        "for i in itertools.count():\n"
        "    make(Path(sys.argv[1]), f'{sys.argv[3]}.{i}')\n"
        "    if i == 0: print('on', flush=True)\n"
    )
    moments = random.Random(7)
    states = set()
    for trial in range(60):
        child = subprocess.Popen(
            [sys.executable, "-c", code, tmp_path, Path(__file__).parent, str(trial)],
            stdout=subprocess.PIPE,
        )
        child.stdout.readline()
        time.sleep(moments.uniform(0, 0.05))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        states.add(tuple(names(tmp_path)))
        repair(tmp_path)
        assert [n for n in names(tmp_path) if n != ".results.lock"] == ["results"]
        assert mark_of(tmp_path / "results").split(".")[0] == str(trial)
    assert len(states) > 1, "no moment of death left anything to repair"


def test_a_second_process_is_refused(tmp_path):
    code = (
        "import sys, pathlib\n"
        "from transmod.outputs.folder import results_folder\n"
        "with results_folder(pathlib.Path(sys.argv[1])) as new:\n"
        "    (new / '0.txt').write_text('x'); print('on', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        said = f"Only one process .* process {child.pid} is writing them. Wait until it has ended"
        with pytest.raises(InputError, match=said):
            make(tmp_path, "second")
        assert repair(tmp_path) == []  # leaves alone what a living process writes
        assert (tmp_path / ".results-new" / "0.txt").exists()
        child.stdin.close()
        child.wait()
    assert names(tmp_path) == ["results"]
    make_again = tmp_path / "results" / "0.txt"
    assert make_again.read_text() == "x"


def test_a_run_must_be_a_folder(tmp_path):
    with pytest.raises(InputError, match=r"must be a folder with a scenario\.toml"):
        make(tmp_path / "none", "x")
    assert repair(tmp_path / "none") == []


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_read_only(tmp_path, monkeypatch, number):
    def refuse(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    make(tmp_path, "first")
    write(tmp_path / "results.old", "older")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(InputError, match=r"must be writable: .*copy the folder"):
        make(tmp_path, "second")
    with pytest.raises(InputError, match="must be writable"):
        repair(tmp_path)
    assert mark_of(tmp_path / "results") == "first"


def test_nothing_to_repair_needs_no_right_to_write(tmp_path, monkeypatch):
    make(tmp_path, "first")
    monkeypatch.setattr(os, "open", None)
    assert repair(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk(tmp_path, number):
    make(tmp_path, "first")
    with pytest.raises(InputError, match=r"full.*Free some space.*unchanged"):
        fail(tmp_path, OSError(number, os.strerror(number)))
    assert mark_of(tmp_path / "results") == "first"
    assert names(tmp_path) == ["results"]


def test_full_disk_noticed_by_a_library(tmp_path, monkeypatch):
    """Not every library passes the error number on."""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(InputError, match="full"):
        fail(tmp_path, RuntimeError("cannot write"))


def test_an_input_that_may_not_be_read_is_another_fault(tmp_path):
    with pytest.raises(PermissionError):
        fail(tmp_path, PermissionError(errno.EACCES, "denied", "/elsewhere/volumes.parquet"))


@pytest.mark.parametrize("nth", [0, 1])
def test_a_rename_that_fails_is_undone(tmp_path, monkeypatch, nth):
    make(tmp_path, "first")
    count = iter(range(99))
    rename = Path.rename

    def failing(self, target):
        if next(count) == nth:
            raise OSError(errno.EIO, "broken disk")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="broken disk"):
        make(tmp_path, "second")
    assert mark_of(tmp_path / "results") == "first"
    assert names(tmp_path) == ["results"]


def test_results_may_be_a_link_to_another_disk(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    write(tmp_path / "elsewhere", "first")
    (run / "results").symlink_to(tmp_path / "elsewhere")
    make(run, "second")
    assert names(run) == ["results"]
    assert mark_of(run / "results") == "second"
    assert mark_of(tmp_path / "elsewhere") == "first"
