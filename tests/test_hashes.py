"""Hashes of files: taken once, as long as nothing is written."""

import hashlib
import os

from transmod.inputs import hashes
from transmod.inputs.hashes import sha256_file


def test_a_file_is_read_once_and_again_when_it_was_written(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("one")
    now = path.stat().st_mtime
    monkeypatch.setattr(hashes.time, "time", lambda: now + 60)
    once = sha256_file(path)
    assert once == hashlib.sha256(b"one").hexdigest()
    monkeypatch.setattr(hashes.hashlib, "file_digest", None)
    assert sha256_file(path) == once
    monkeypatch.undo()
    path.write_text("two")  # of one length
    os.utime(path, (now + 1, now + 1))
    assert sha256_file(path) == hashlib.sha256(b"two").hexdigest()


def test_a_file_that_was_just_written_is_read_each_time(tmp_path):
    path = tmp_path / "a.csv"
    for text in ("one", "two", "six"):
        path.write_text(text)
        assert sha256_file(path) == hashlib.sha256(text.encode()).hexdigest()
