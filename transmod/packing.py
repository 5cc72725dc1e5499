"""
Packing: records whose tables are read from their pickle one by one, when they are first asked for.

A set of vehicle profiles has some forty tables, and factors that are recalled ask for none of them.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

_PACKED = "_packed"


class Packing:
    """
    A record that packs its tables, each by itself, when it is pickled.

    `AHEAD` names properties that are worked out before: who asks for these needs no table.
    """

    AHEAD: ClassVar[tuple[str, ...]] = ()

    def __getstate__(self) -> dict[str, Any]:
        for name in self.AHEAD:
            getattr(self, name)
        kept = dict(self.__dict__)
        packed = kept.pop(_PACKED, {})
        return packed | {name: _pack(value) for name, value in kept.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        packed = {name: value for name, value in state.items() if isinstance(value, _Packed)}
        unpacked = {name: value for name, value in state.items() if name not in packed}
        self.__dict__.update(unpacked, **{_PACKED: packed})

    if not TYPE_CHECKING:  # to the type checker a record has the fields that it names

        def __getattr__(self, name: str) -> Any:
            packed = self.__dict__.get(_PACKED, {})
            if name not in packed:
                raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
            self.__dict__[name] = packed[name].read()
            return self.__dict__[name]


class _Packed:
    """A pickle within a pickle, which is read when it is asked for."""

    def __init__(self, content: bytes | memoryview) -> None:
        self._content = content

    def __reduce_ex__(self, protocol: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # a buffer lies beside the pickle and is not copied
        return _Packed, (pickle.PickleBuffer(self._content),)

    def read(self) -> Any:
        return pickle.loads(self._content)


def _pack(value: Any) -> Any:
    """Pack a table, or tables by name; leave all else as it is."""
    import pandas as pd

    parts = value.values() if isinstance(value, dict) else [value]
    is_table = any(isinstance(part, pd.DataFrame) for part in parts)
    return _Packed(pickle.dumps(value, protocol=5)) if is_table else value
