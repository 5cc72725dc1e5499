"""
Columns: a table kept by its columns, text coded, without a Python object for each row.

The tables of an account are of this form: many rows, few different names. Numbers are plain NumPy
arrays, NaN is null; text is `Text`. Words are those of pandas, which takes longer to load than an
account takes to make; what compares or draws asks for `to_frame`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from transmod.schema import Table

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_NULL = -1
_LARGE = 2**62
_SMALL = 2**31 - 1
_FEW = 2**22  # numbers up to this are looked up, larger ones sorted
_NEAR = 2**8  # whole numbers that lie so near to each other are taken as they are


class Text:
    """
    Text of N rows, coded.

    Attributes
    ----------
    codes : int8, int16 or int32 (N,)
        Position of each row's name; -1 is null. No wider than the names need.
    names : tuple of str
        The different names, ascending. Some may stand in no row.
    """

    __slots__ = ("codes", "names")
    __hash__ = None  # type: ignore[assignment]  # == compares rows

    def __init__(self, codes: NDArray[np.integer], names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.codes = np.asarray(codes, _width(len(self.names)))

    def __len__(self) -> int:
        return self.codes.size

    def __getitem__(self, rows: NDArray[Any] | slice) -> Text:
        return Text(self.codes[rows], self.names)

    def __iter__(self) -> Iterator[str | None]:
        return iter(self.to_list())

    def __eq__(self, name: object) -> Booleans:  # type: ignore[override]
        """Say which rows (N,) have a name; null has none."""
        # an account compares a thousand times: to look each row up took ten times as long
        return self.codes == self._find(name)

    def __ne__(self, name: object) -> Booleans:  # type: ignore[override]
        return self.codes != self._find(name)

    def __repr__(self) -> str:
        return f"Text({self.to_list()!r})"

    def _find(self, name: object) -> int:
        """Return the code of a name, one that no row has where it is not among the names."""
        if not isinstance(name, str | None):
            raise TypeError(f"Text is compared with one name: {type(name).__name__} found.")
        return self.names.index(name) if name in self.names else _NULL - 1

    def isin(self, names: Iterable[object]) -> Booleans:
        """Say which rows (N,) have one of some names."""
        wanted = set(names)
        # one place more: that of null, which is in nothing
        return np.array([*(name in wanted for name in self.names), False])[self.codes]

    def isna(self) -> Booleans:
        """Say which rows (N,) are null."""
        return self.codes == _NULL

    def notna(self) -> Booleans:
        """Say which rows (N,) have a name."""
        return self.codes != _NULL

    def unique(self) -> list[str]:
        """Return the names that stand in a row, ascending."""
        # not by `np.unique`, which loads masked arrays for that: 0.02 s
        present = np.bincount(self.codes[self.codes != _NULL], minlength=len(self.names))
        return [name for name, count in zip(self.names, present, strict=True) if count]

    def to_list(self) -> list[str | None]:
        """Return the name of each row, None for null."""
        names = [*self.names, None]
        return [names[code] for code in self.codes.tolist()]

    def where(self, chosen: Booleans, name: str | None) -> Text:
        """Return the text with another name in the rows that are not chosen."""
        names = [*self.names, name, None]
        return label(names, np.where(chosen, self.codes, len(names) - 2))

    def rename(self, names: Mapping[str, str | None]) -> Text:
        """Return the text with other names; one that is not among `names` stays."""
        return label([*(names.get(name, name) for name in self.names), None], self.codes)

    def map(self, values: Mapping[str, float], default: float = np.nan) -> Floats:
        """Return the number (N,) of each row's name; `default` for others and null."""
        known = [*(values.get(name, default) for name in self.names), default]
        return np.array(known, np.float64)[self.codes]


Column = Text | NDArray[Any]


class Columns:
    """A table of named columns of one length: `Text`, or NumPy arrays (N,)."""

    __slots__ = ("_columns", "_length")

    def __init__(self, columns: Mapping[str, Column | Sequence[Any] | str | float | None]) -> None:
        lengths = {len(c) for c in columns.values() if not isinstance(c, str | float | int | None)}
        if len(lengths) > 1:
            raise ValueError(f"Columns must have one length: {sorted(lengths)} found.")
        self._length = lengths.pop() if lengths else 0
        self._columns = {name: _to_column(c, self._length) for name, c in columns.items()}

    @overload
    def __getitem__(self, asked: str) -> Any: ...
    @overload
    def __getitem__(self, asked: Sequence[str] | NDArray[Any] | slice) -> Columns: ...
    def __getitem__(self, asked: Any) -> Any:
        """Return a column by its name, some by a list of names, or rows by a mask or positions."""
        if isinstance(asked, str):
            return self._columns[asked]
        if isinstance(asked, list | tuple):
            return _put({name: self._columns[name] for name in asked}, self._length)
        if isinstance(asked, np.ndarray) and asked.dtype == bool:
            asked = np.flatnonzero(asked)  # once, not for each column
        taken = {name: column[asked] for name, column in self._columns.items()}
        return _put(taken, len(next(iter(taken.values()), ())))

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._length

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def items(self) -> Iterable[tuple[str, Column]]:
        """Return name and values of each column."""
        return self._columns.items()

    def assign(self, **columns: Column | Sequence[Any] | str | float | None) -> Columns:
        """Return the table with columns added or replaced; one value stands in every row."""
        made = {name: _to_column(column, len(self)) for name, column in columns.items()}
        return Columns({**self._columns, **made})

    def drop(self, *names: str) -> Columns:
        """Return the table without some columns."""
        return Columns({n: column for n, column in self._columns.items() if n not in names})

    def sort(self, key: Sequence[str]) -> Columns:
        """Return the rows in the order of their key, nulls last; equal rows keep theirs."""
        return self[np.argsort(encode_rows(self[list(key)]), kind="stable")]

    def records(self) -> list[dict[str, Any]]:
        """Return each row as a record of plain values; null is None."""
        values = [_to_values(column) for column in self._columns.values()]
        return [dict(zip(self._columns, row, strict=True)) for row in zip(*values, strict=True)]

    def to_frame(self, *, coded: bool = True) -> pd.DataFrame:
        """Return the table as pandas has it, text as categories unless it shall be written out."""
        import pandas as pd

        made = {
            name: pd.Categorical.from_codes(c.codes, pd.Index(c.names, dtype="str"))
            if isinstance(c, Text)
            else c
            for name, c in self._columns.items()
        }
        texts = [name for name, c in self._columns.items() if isinstance(c, Text)]
        return pd.DataFrame(made).astype({} if coded else dict.fromkeys(texts, "str"))


def _put(columns: dict[str, Column], length: int) -> Columns:
    """Return columns that are known to be of one length as a table."""
    table = Columns.__new__(Columns)
    table._columns, table._length = columns, length
    return table


def label(names: Sequence[str | None], positions: NDArray[np.integer]) -> Text:
    """
    Return the name at each position.

    Parameters
    ----------
    names : sequence of str
        None stands for null; a name may stand more than once.
    positions : int (N,)
        Positions in `names`; negative ones count from the end.
    """
    different = sorted({name for name in names if name is not None})
    code = {name: i for i, name in enumerate(different)}
    codes = [_NULL if name is None else code[name] for name in names]
    width = _width(len(different))
    taken = np.array(codes, width)[positions] if len(positions) else np.zeros(0, width)
    return Text(taken, different)


def to_text(values: Iterable[str | None]) -> Text:
    """Code text; None is null."""
    given = list(values)
    return label(given, np.arange(len(given)))


def from_records(records: Iterable[Mapping[str, Any]], table: Table) -> Columns:
    """Take records over in the form of a table of the schema; None is null."""
    rows = list(records)
    values = {column: [row[column.name] for row in rows] for column in table.columns}
    return Columns(
        {
            column.name: to_text(own)
            if column.dtype == "string"
            else np.array(own, np.float64 if None in own else column.dtype)
            for column, own in values.items()
        }
    )


def stack(tables: Iterable[Columns]) -> Columns:
    """Put tables of the same columns under each other."""
    parts = list(tables)
    return Columns({name: _join([part[name] for part in parts]) for name in parts[0]})


def encode_rows(table: Columns) -> Integers:
    """Return a number (N,) for each row: equal for equal rows, ascending with nulls last."""
    whole, size = np.zeros(len(table), np.int64), 1
    part, of_part = np.zeros(len(table), np.int32), 1  # takes half the time of wide numbers
    for name in table:
        own, count = _encode(table[name])
        if of_part * count > _SMALL:
            whole, size = _append(whole, size, part, of_part)
            part, of_part = np.zeros(len(table), np.int32), 1
        part *= count
        part += own.astype(np.int32, copy=False)
        of_part *= count
    return _append(whole, size, part, of_part)[0]


def _append(
    whole: Integers, size: int, part: NDArray[np.int32], of_part: int
) -> tuple[Integers, int]:
    """Return numbers (N,) below size * of_part; below fewer, if these were too many."""
    if size * of_part > _LARGE:
        found, whole = np.unique(whole, return_inverse=True)
        size = found.size
    whole *= of_part
    whole += part
    return whole, size * of_part


def group_rows(table: Columns) -> tuple[Integers, Integers]:
    """
    Return the first of each group of equal rows, and the group that each row (N,) is in.

    Groups are numbered as they come.
    """
    number = encode_rows(table)
    if number.max(initial=0) < max(_FEW, 8 * number.size):
        place = np.zeros(int(number.max(initial=0)) + 1, np.int64)
        place[number[::-1]] = np.arange(number.size)[::-1]  # the first row writes last
        first_of = place[number]
    else:
        _, first, inverse = np.unique(number, return_index=True, return_inverse=True)
        first_of = first[inverse]
    is_first = first_of == np.arange(number.size)
    group = np.cumsum(is_first) - 1
    return np.flatnonzero(is_first), group[first_of]


def add_up(table: Columns, keys: Sequence[str], *values: str) -> Columns:
    """Add columns of numbers up over the rows of equal keys; these stand as they come."""
    first, group = group_rows(table[keys])
    sums = {name: np.bincount(group, table[name], first.size) for name in values}
    return table[keys][first].assign(**sums)


def _encode(column: Column) -> tuple[NDArray[np.integer], int]:
    """Give each value its number among the different ones, ascending, null the last of all."""
    if isinstance(column, Text):
        codes, null = column.codes, len(column.names)
        has_null = codes.min(initial=0) == _NULL
        return np.where(codes == _NULL, null, codes) if has_null else codes, null + 1
    if column.size and column.dtype.kind in "biu":
        low, high = int(column.min()), int(column.max())
        if high - low < _NEAR:
            return column.astype(np.int64) - low, high - low + 2
    found, number = np.unique(column, return_inverse=True)  # NaN is one value, the last
    return number, found.size + 1


def _to_column(column: Any, length: int) -> Column:
    """Return a column as a table holds it; a single value stands in every row."""
    if column is None or isinstance(column, str):
        return label([column], np.zeros(length, np.int64))
    if isinstance(column, Text | np.ndarray):
        return column
    if isinstance(column, float | int):
        return np.full(length, column)
    return to_text(column) if any(isinstance(v, str) for v in column) else np.asarray(column)


def _width(number: int) -> type[np.signedinteger]:
    """Return the type of codes of so many names, which holds one more beside them and null."""
    return np.int8 if number < 2**7 - 1 else np.int16 if number < 2**15 - 1 else np.int32


def _to_values(column: Column) -> list[Any]:
    if isinstance(column, Text):
        return column.to_list()
    if column.dtype.kind != "f":
        return column.tolist()
    return [None if isnan(value) else value for value in column.tolist()]


def _join(columns: Sequence[Column]) -> Column:
    texts = [column for column in columns if isinstance(column, Text)]
    if not texts:
        return np.concatenate([np.asarray(column) for column in columns])
    if len(texts) < len(columns):
        raise TypeError("A column must hold text, or numbers, in every table: found both.")
    if all(text.names == texts[0].names for text in texts):
        return Text(np.concatenate([text.codes for text in texts]), texts[0].names)
    names = sorted({name for text in texts for name in text.names})
    place = {name: i for i, name in enumerate(names)}
    codes = [
        np.array([*(place[name] for name in text.names), _NULL], _width(len(names)))[text.codes]
        for text in texts
    ]
    return Text(np.concatenate(codes), names)
