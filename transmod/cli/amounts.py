"""How figures of comparisons are said."""

from __future__ import annotations

import math

from transmod.cli.console import figure

_SMALL = 0.01  # below it a fixed number of decimals shows nothing


def amount(value: float) -> str:
    """Return an amount for a person; none where there is no figure."""
    from transmod.outputs.wording import number

    if not math.isfinite(value):
        return "none"
    return figure(value) if value == 0.0 or abs(value) >= _SMALL else number(value)


def signed(value: float) -> str:
    """Return a difference for a person, with its sign."""
    if not math.isfinite(value):
        return ""
    return "0" if value == 0.0 else f"{'+' if value > 0 else '-'}{amount(abs(value))}"
