"""Read tables as planners have them: any delimiter, decimal commas, text among numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.inputs.formats.packed import read_text
from transmod.inputs.tables import read_parquet

_DELIMITERS = ",;\t|"
_COMMA_NUMBER = re.compile(r"^-?\d+(\.\d{3})*,\d+$")
_POINT_NUMBER = re.compile(r"^-?\d+\.\d+$")
_THOUSANDS = re.compile(r"^-?\d{1,3}(\.\d{3})+(,\d+)?$")
_PERCENT = 100.0


@dataclass(frozen=True, eq=False)
class RawTable:
    """
    A table as it stands in its file.

    Attributes
    ----------
    path : Path
        The file.
    frame : DataFrame
        All columns; text for CSV. Its index counts from 0.
    first_row : int
        Number of the first row in the file, for sentences: the line of a CSV.
    decimal_comma : bool
        Whether numbers are written as 1,5.
    """

    path: Path
    frame: pd.DataFrame
    first_row: int = 1
    decimal_comma: bool = False

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    def row(self, position: int) -> str:
        """Name a row of the file."""
        return str(position + self.first_row)


def read_raw_table(path: Path, encoding: str | None = None) -> RawTable:
    """
    Read CSV of any delimiter, or Parquet.

    Raises
    ------
    InputError
        If it is ragged, has no header or names a column twice, or is in another encoding.
    """
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return RawTable(path, read_parquet(path))
    text = read_text(path, encoding).lstrip("\ufeff")
    header, _, _ = text.partition("\n")
    delimiter = max(_DELIMITERS, key=lambda mark: _outside_quotes(header).count(mark))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InputError(f"{path} must be a table as text: {error}.") from error
    names = [name.strip() for name in rows[0]] if rows else []
    while names and not names[-1]:
        names.pop()  # lines that end with a delimiter
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names or not all(names):
        what = (
            f"{', '.join(twice)} stand twice" if twice else f"{rows[0] if rows else 'none'} found"
        )
        raise InputError(f"{path} must have a header that names each column once: {what}.")
    body = [row for row in rows[1:] if any(row)]
    ragged = [
        number
        for number, row in enumerate(body, 2)
        if len(row) < len(names) or any(cell.strip() for cell in row[len(names) :])
    ]
    if ragged:
        found = len(body[ragged[0] - 2])
        raise InputError(
            f"{path} must have {len(names)} fields a line, as its header: {len(ragged)} lines have "
            f"not, first line {ragged[0]} ({found})."
        )
    frame = pd.DataFrame([row[: len(names)] for row in body], columns=names, dtype=object)
    frame = frame.map(str.strip).replace("", None)
    return RawTable(path, frame, 2, _has_decimal_commas(frame, delimiter, path))


def _outside_quotes(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _has_decimal_commas(frame: pd.DataFrame, delimiter: str, path: Path) -> bool:
    """Say whether numbers are written as 1,5; 1.234,5 has thousands."""
    if delimiter == ",":
        return False
    comma = _find(frame, lambda text: _COMMA_NUMBER.match(text) is not None)
    if comma is None:
        return False
    point = _find(
        frame, lambda text: bool(_POINT_NUMBER.match(text)) and not _THOUSANDS.match(text)
    )
    if point is not None:
        raise InputError(
            f"{path} must write numbers in one way: `{comma[0]}` has {comma[1]!r}, `{point[0]}` "
            f"has {point[1]!r}. Write all with a point."
        )
    return True


def _find(frame: pd.DataFrame, test: Callable[[str], bool]) -> tuple[str, str] | None:
    """Return column and text of the first field that passes a test."""
    for name in frame.columns:
        for text in frame[name].dropna():
            if test(text):
                return str(name), str(text)
    return None


def to_text(values: pd.Series) -> pd.Series:
    """Write values as text: 7.0 of a numeric column is "7"; null stays null."""

    def write(value: Any) -> str:
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value).strip()

    return values.map(write, na_action="ignore").astype(object)


def to_numbers(values: pd.Series, *, decimal_comma: bool) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """
    Turn text into numbers; "12 %" is 0.12.

    Returns
    -------
    numbers : float64 (n,)
        NaN where empty or no number.
    is_text : bool (n,)
        Where something stands that is no number.
    """
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.to_numpy(np.float64, na_value=np.nan), np.zeros(len(values), bool)
    texts = to_text(values).fillna("")
    if decimal_comma:
        texts = texts.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    percent = texts.str.endswith("%")
    plain = texts.str.rstrip("%").str.strip()
    numbers = pd.to_numeric(plain, errors="coerce").to_numpy(np.float64)
    is_text = np.isnan(numbers) & (texts != "").to_numpy() & (plain.str.lower() != "nan").to_numpy()
    return np.where(percent, numbers / _PERCENT, numbers), is_text
