"""Read a TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from transmod.errors import InputError
from transmod.inputs.files import check_file


def read_toml(path: Path) -> dict[str, Any]:
    """
    Read a TOML file.

    Raises
    ------
    InputError
        If it is missing, is no UTF-8 text or no TOML.
    """
    check_file(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"{path} must be UTF-8 text: {error.reason}.") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} must be TOML: {error}.") from error
