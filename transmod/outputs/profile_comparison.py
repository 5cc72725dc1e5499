"""Write two sets of vehicle profiles side by side."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from transmod.errors import InputError
from transmod.outputs.tables import write_csv
from transmod.schema import PROFILE_COMPARISON


def write_comparison(rows: pd.DataFrame, path: Path) -> None:
    """
    Write the rows of a comparison as CSV.

    Parameters
    ----------
    rows : pandas.DataFrame
        Columns of `schema.PROFILE_COMPARISON`.
    path : Path
        File to write; its folder must exist.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    if not Path(path).parent.is_dir():
        raise InputError(f"{path} must lie in a folder: {Path(path).parent} does not exist.")
    write_csv(rows, PROFILE_COMPARISON, path)
