"""Versions of libraries, without reading all that they say of themselves."""

from importlib import metadata

import pytest

from transmod.versions import library_version


@pytest.mark.parametrize("name", ["numpy", "pyarrow", "typer"])
def test_it_is_that_of_the_standard_library(name):
    assert library_version(name) == metadata.version(name)


def test_what_is_not_installed_is_an_error():
    with pytest.raises(metadata.PackageNotFoundError):
        library_version("no-such-library")
