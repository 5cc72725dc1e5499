"""The desk where the inputs of a run are opened one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transmod.errors import Faults, InputError


class Desk:
    """Opens one input after the other and gathers what is wrong with each."""

    def __init__(self) -> None:
        self.faults = Faults()

    def take(self, read: Callable[..., Any], *inputs: object, **options: object) -> Any:
        """Call `read`, unless one of `inputs` could not be read itself; then give None."""
        if any(value is None for value in inputs):
            return None
        try:
            return read(*inputs, **options)
        except InputError as error:
            self.faults.take(error)
            return None
