"""Exceptions and warnings of transmod, and the list that gathers all faults of an input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn


class TransmodError(Exception):
    """Base class: catch this to catch any error that transmod raises itself."""


class InputError(TransmodError, ValueError):
    """
    An input breaks what must hold of it.

    `faults` holds one sentence for each thing that is wrong.
    """

    def __init__(self, faults: str | Iterable[str]) -> None:
        self.faults = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


class CoverageError(InputError, LookupError):
    """A vehicle class, pollutant or link has no data to be computed with."""


class CheckError(TransmodError):
    """A law of the run does not hold: the result is wrong and is not written."""


class TransmodWarning(UserWarning):
    """Something a user should read; never raised for a fault."""


class Faults:
    """
    All faults of an input, gathered before one error is raised.

    Form of a fault: *what must hold [unit]: what was found, how many of how many, where first
    (value).* Then the valid names or the way out.
    """

    def __init__(self) -> None:
        self._faults: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._faults)

    def __len__(self) -> int:
        return len(self._faults)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The faults so far."""
        return tuple(self._faults)

    def add(self, fault: str) -> None:
        """Note one fault."""
        self._faults.append(fault)

    def take(self, error: InputError) -> None:
        """Note the faults of an error that was caught, to go on reading."""
        self._faults.extend(error.faults)

    def raise_all(self, kind: type[InputError] = InputError) -> NoReturn:
        """Raise one error with every fault."""
        raise kind(self._faults)

    def raise_any(self, kind: type[InputError] = InputError) -> None:
        """Raise one error with every fault, if there is a fault."""
        if self._faults:
            self.raise_all(kind)
