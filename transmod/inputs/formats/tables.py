"""Read tables as planners have them: any delimiter, decimal commas, text among numbers."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.inputs.formats.packed import read_text
from transmod.inputs.tables import read_parquet

_DELIMITERS = ",;\t|"
_COMMA_NUMBER = r"-?\d+(?:\.\d{3})*,\d+"
_POINT_NUMBER = r"-?\d+\.\d+"
_THOUSANDS = r"-?\d{1,3}(?:\.\d{3})+(?:,\d+)?"
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
    lines : int64 (n,) or None
        Line of each row of a CSV; None: rows count from 1.
    decimal_comma : bool
        Whether numbers are written as 1,5.
    """

    path: Path
    frame: pd.DataFrame
    lines: NDArray[np.int64] | None = None
    decimal_comma: bool = False

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    def row(self, position: int) -> str:
        """Name a row of the file."""
        return str(position + 1 if self.lines is None else self.lines[position])


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
    names = [name.strip() for name in next(csv.reader([header.rstrip("\r")], delimiter=delimiter))]
    while names and not names[-1]:
        names.pop()  # lines that end with a delimiter
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names or not all(names):
        what = f"{', '.join(twice)} stand twice" if twice else f"{header[:60]!r} found"
        raise InputError(f"{path} must have a header that names each column once: {what}.")
    frame, lines = _read_body(path, text, delimiter, len(names))
    frame.columns = pd.Index(names)
    empty = (frame == "").all(axis=1).to_numpy()
    frame = frame[~empty].reset_index(drop=True)
    frame = frame.mask(frame == "")
    return RawTable(path, frame, lines[~empty], _has_decimal_commas(frame, delimiter, path))


def _read_body(
    path: Path, text: str, delimiter: str, width: int
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Read the lines below the header as text, and their numbers; all must be as wide as it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header, first = next(reader, []), next(reader, [])
    # a delimiter at the end of lines makes one more field, with nothing in it
    surplus = [fields for fields in (header, first) if not "".join(fields[width:]).strip()]
    names = [str(i) for i in range(max([width, *map(len, surplus)]))]
    blank: list[int] = []
    ragged: list[tuple[int, int]] = []

    def handle(row: pacsv.InvalidRow) -> str:
        if row.text.strip():
            ragged.append((row.number, row.actual_columns))
        else:
            blank.append(row.number)
        return "skip"

    try:
        table = pacsv.read_csv(
            io.BytesIO(text.encode()),
            pacsv.ReadOptions(use_threads=False, column_names=names, skip_rows=1),
            pacsv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values='"' in text,
                ignore_empty_lines=False,
                invalid_row_handler=handle,
            ),
            pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid as error:
        said = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"{path} must be a table as text: {said}.") from error
    if ragged:
        raise InputError(
            f"{path} must have {width} fields a line, as its header: {len(ragged)} lines have not, "
            f"first line {ragged[0][0]} ({ragged[0][1]})."
        )
    lines = np.setdiff1d(np.arange(2, table.num_rows + len(blank) + 2), blank)
    frame = table.select(names[:width]).to_pandas()
    return frame.apply(lambda column: column.str.strip()), lines


def _outside_quotes(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _has_decimal_commas(frame: pd.DataFrame, delimiter: str, path: Path) -> bool:
    """Say whether numbers are written as 1,5; 1.234,5 has thousands."""
    if delimiter == ",":
        return False
    comma = _find(frame, _COMMA_NUMBER)
    if comma is None:
        return False
    point = _find(frame, _POINT_NUMBER, but=_THOUSANDS)
    if point is not None:
        raise InputError(
            f"{path} must write numbers in one way: `{comma[0]}` has {comma[1]!r}, `{point[0]}` "
            f"has {point[1]!r}. Write all with a point."
        )
    return True


def _find(frame: pd.DataFrame, pattern: str, but: str | None = None) -> tuple[str, str] | None:
    """Return column and text of the first field of a pattern."""
    for name in frame.columns:
        texts = frame[name].dropna()
        found = texts.str.fullmatch(pattern)
        if but is not None:
            found &= ~texts.str.fullmatch(but)
        if found.any():
            return str(name), str(texts[found].iloc[0])
    return None


def to_text(values: pd.Series) -> pd.Series:
    """Write values as text: 7.0 of a numeric column is "7"; null stays null."""
    if isinstance(values.dtype, pd.StringDtype):
        return values.astype(object).where(values.notna(), None)

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
    texts = to_text(values).fillna("").astype(str)
    if decimal_comma:
        texts = texts.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    percent = texts.str.endswith("%")
    plain = texts.str.rstrip("%").str.strip()
    numbers = pd.to_numeric(plain, errors="coerce").to_numpy(np.float64)
    is_text = np.isnan(numbers) & (texts != "").to_numpy() & (plain.str.lower() != "nan").to_numpy()
    return np.where(percent, numbers / _PERCENT, numbers), is_text
