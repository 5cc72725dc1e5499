"""Write TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(content: Mapping[str, Any]) -> str:
    """
    Write values, tables and lists of tables as TOML.

    Parameters
    ----------
    content : mapping
        Text, numbers, truth, dates, times and paths, lists and tables of these.

    Returns
    -------
    str
        Values first, then tables, then lists of tables, each in their order.
    """
    lines = [_line(key, value) for key, value in content.items() if not _has_head(value)]
    for key, value in content.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{_key(key)}]", *(_line(*item) for item in value.items())]
    for key, value in content.items():
        if _has_head(value) and not isinstance(value, Mapping):
            for table in value:
                lines += ["", f"[[{_key(key)}]]", *(_line(*item) for item in table.items())]
    return "\n".join(lines) + "\n"


def _has_head(value: Any) -> bool:
    """Say whether a value is a table, or a list of tables alone."""
    if isinstance(value, Mapping):
        return True
    return _is_list(value) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _line(key: str, value: Any) -> str:
    return f"{_key(key)} = {_value(value, broken=True)}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)  # JSON's strings are TOML's


def _value(value: Any, *, broken: bool = False) -> str:  # noqa: PLR0911  a return a type
    """Write a value; a list of texts a line each where it may be `broken`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if not _is_list(value):
        return _text(value.as_posix() if isinstance(value, Path) else value)
    if broken and all(isinstance(one, str) for one in value):
        return "[\n" + "".join(f"  {_text(one)},\n" for one in value) + "]"
    return "[" + ", ".join(_value(one) for one in value) + "]"
