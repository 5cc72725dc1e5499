"""Fixtures for all tests: where the real data lie."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir():
    """Folder of real data: TRANSMOD_DATA, else ../shared/data beside the project."""
    named = os.environ.get("TRANSMOD_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if folder.is_dir():
        return folder
    message = f"no folder of real data at {folder}: set TRANSMOD_DATA"
    if os.environ.get("TRANSMOD_REQUIRE_DATA") == "1":
        pytest.fail(message)
    pytest.skip(message)
