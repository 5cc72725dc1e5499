"""
The results folder of a run: there as a whole, or not there.

Results are written to `.results-new` beside `results`. Then, each step one rename:

1. `results`      -> `results.old`
2. `.results-new` -> `results`
3. `results.old`  -> `.results-old`, and this is removed

So `results` and `results.old` are complete wherever they exist, and a process that dies between
two steps leaves a state that tells how far it came: `repair` reads it.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from transmod.errors import InputError, TransmodError

RESULTS = "results"
OLD = "results.old"
NEW = ".results-new"
TRASH = ".results-old"
LOCK = ".results.lock"

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
_FULL_BYTES = 2**16  # free space below which a failed write is put down to a full disk


@contextmanager
def results_folder(run: Path) -> Iterator[Path]:
    """
    Give an empty folder for the results of a run and put it in place when all is written.

    Parameters
    ----------
    run : Path
        Folder of the run.

    Yields
    ------
    Path
        The folder to write to. Left normally, it becomes `results`. Left by an exception of any
        kind, it is removed and the former `results` stay as they were.

    Raises
    ------
    InputError
        If the run folder does not exist or cannot be written to, if the disk is full, or if
        another process is writing the results of the same run.
    """
    run = Path(run)
    with _lock(run):
        _repair(run)
        new = run / NEW
        try:
            new.mkdir()
            yield new
            _sync_tree(new)
            _swap(run)
        except BaseException as error:
            fault = _fault(error, run)  # asked first: removing the files frees the disk
            shutil.rmtree(new, ignore_errors=True)  # what resists, `repair` removes
            if fault is None:
                raise
            raise InputError(fault) from error


def share_file(source: Path, target: Path) -> None:
    """Put a finished file, which nobody changes in place, into a second folder without a copy."""
    try:
        os.link(source, target)
    except OSError:  # another disk, or one that knows no links
        shutil.copyfile(source, target)


def is_vacant(folder: Path) -> bool:
    """
    Return whether nothing stands in a folder, or no folder is there.

    Raises
    ------
    InputError
        If a file stands in its place.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} must be a folder: it is a file.")
    return not folder.exists() or not any(folder.iterdir())


def repair(run: Path) -> list[str]:
    """
    Finish or undo what a killed process left in a run folder; every command starts with it.

    Nothing is touched while another process is writing the results of this run, and nothing is
    written where there is nothing to repair: a run on a read-only disk can be read.

    Parameters
    ----------
    run : Path
        Folder of the run.

    Returns
    -------
    list of str
        One sentence for each thing that was done; empty if there was nothing to do.

    Raises
    ------
    InputError
        If there is something to repair and the folder cannot be written to.
    """
    run = Path(run)
    if not run.is_dir() or not _is_half_done(run):
        return []
    try:
        with _lock(run):
            return _repair(run)
    except _InUseError:
        return []


class _InUseError(InputError):
    """Another process is writing the results."""


def _is_half_done(run: Path) -> bool:
    return any(_exists(run / name) for name in (OLD, NEW, TRASH))


def _exists(path: Path) -> bool:
    return os.path.lexists(path)  # a link whose target is gone stands in the way all the same


def _repair(run: Path) -> list[str]:
    results, old, new, trash = (run / name for name in (RESULTS, OLD, NEW, TRASH))
    done = []
    try:
        if _exists(trash):
            _remove(trash)
            done.append(f"{run}: removed the rest of results that newer ones had replaced.")
        if _exists(old) and not _exists(results):
            # Died between steps 1 and 2. Step 1 is taken only when the new results are complete
            # and on the disk.
            if _exists(new):
                new.rename(results)
                done.append(f"{run}: put the new results in place, as a stopped run had begun to.")
            else:
                old.rename(results)
                done.append(f"{run}: put the former results back, which had been moved away.")
            _sync_folder(run)
        if _exists(old):
            old.rename(trash)
            _remove(trash)
            done.append(f"{run}: removed the former results, which newer ones had replaced.")
        if _exists(new):
            _remove(new)
            done.append(f"{run}: removed the unfinished results of a stopped run.")
    except OSError as error:
        raise InputError(_fault(error, run) or _denied(error, run)) from error
    return done


def _swap(run: Path) -> None:
    results, old, new, trash = (run / name for name in (RESULTS, OLD, NEW, TRASH))
    if not _exists(results):
        new.rename(results)
        _sync_folder(run)
        return
    results.rename(old)
    try:
        new.rename(results)
    except BaseException:
        old.rename(results)
        raise
    _sync_folder(run)
    try:
        old.rename(trash)
        _remove(trash)
    except OSError:
        return  # the new results are complete and in place; the next command clears the old ones


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path)


def _sync_tree(folder: Path) -> None:
    """Bring every byte to the disk, so that no rename gets there before what it names."""
    for root, _, names in os.walk(folder):
        for name in names:
            with (Path(root) / name).open("rb+") as file:
                os.fsync(file.fileno())
        _sync_folder(Path(root))


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # a folder cannot be opened there
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _lock(run: Path) -> Iterator[None]:
    """
    Keep other processes from writing the results of this run.

    The operating system holds the lock and drops it when its process dies, however it dies: a
    lock cannot be stale. The number of the process in the file only serves the message.
    """
    if not run.is_dir():
        msg = f"A run must be a folder with a scenario.toml: '{run}' is none."
        raise InputError(msg)
    path = run / LOCK
    try:
        handle = _open_locked(path)
    except OSError as error:
        raise InputError(_fault(error, run) or _denied(error, run)) from error
    try:
        yield
    finally:
        if sys.platform == "win32":
            os.close(handle)  # an open file cannot be removed there
            path.unlink(missing_ok=True)
        else:
            path.unlink(missing_ok=True)  # still locked: who opened it meanwhile looks again
            os.close(handle)


def _open_locked(path: Path) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _take_lock(handle)
            if _is_same_file(handle, path):
                os.ftruncate(handle, 0)
                os.write(handle, str(os.getpid()).encode())
                return handle
        except BlockingIOError:
            holder = os.pread(handle, 20, 0).decode() if hasattr(os, "pread") else ""
            os.close(handle)
            who = f"process {holder}" if holder else "another process"
            msg = (
                f"Only one process may write the results of '{path.parent}' at a time: {who} is "
                "writing them. Wait until it has ended, or stop it."
            )
            raise _InUseError(msg) from None
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # its holder removed the file between our opening and our locking it


def _take_lock(handle: int) -> None:
    """Lock an open file, or raise BlockingIOError."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _fault(error: BaseException, run: Path) -> str | None:
    """Say what a user can do about a failed write; None where the fault is another."""
    if isinstance(error, TransmodError) or not isinstance(error, Exception):
        return None
    number = error.errno if isinstance(error, OSError) else None
    if number in _DENIED and Path(getattr(error, "filename", None) or run).is_relative_to(run):
        return _denied(error, run)
    # Not every library passes the error number on, so the disk itself is asked.
    if number in _FULL or shutil.disk_usage(run).free < _FULL_BYTES:
        return (
            f"The disk of '{run}' must have room for the results: it is full ({error}). Free some "
            "space, or move the run folder to a larger disk. The former results are unchanged."
        )
    return None


def _denied(error: BaseException, run: Path) -> str:
    return (
        f"The run folder '{run}' must be writable: {error}. Give yourself the right to write "
        "there, or copy the folder to a place that is yours."
    )
