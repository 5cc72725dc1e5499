"""Versions of libraries, without reading all that they say of themselves."""

from importlib import metadata

import pytest

from transmod import versions
from transmod.versions import library_version


@pytest.mark.parametrize("name", ["numpy", "pyarrow", "typer"])
def test_it_is_that_of_the_standard_library(name):
    assert library_version(name) == metadata.version(name)


def test_what_is_not_installed_is_an_error():
    with pytest.raises(metadata.PackageNotFoundError):
        library_version("no-such-library")


def lay(folder, *names):
    for name in names:
        (folder / f"{name}.dist-info").mkdir(parents=True)
    return str(folder)


def test_the_first_place_counts_and_two_in_one_place_tell_nothing(tmp_path, monkeypatch):
    first = lay(tmp_path / "a", "Some_Library-1.0", "twice-1.0", "twice-2.0")
    second = lay(tmp_path / "b", "some_library-2.0", "twice-3.0", "other.one-4.0rc1")
    monkeypatch.setattr("sys.path", [str(tmp_path / "none"), first, second])
    versions._versions.cache_clear()
    monkeypatch.setattr(metadata, "version", lambda name: f"asked for {name}")
    try:
        found = [versions.library_version.__wrapped__(n) for n in ("some-library", "other-one")]
        assert found == ["1.0", "4.0rc1"]
        assert versions.library_version.__wrapped__("twice") == "asked for twice"
    finally:
        versions._versions.cache_clear()
