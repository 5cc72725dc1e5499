"""What the check of a set of vehicle profiles finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What a rule found in a row of a file; a `fault` makes the set unfit, others are listed."""

    rule: str
    fault: bool
    file: str
    row: str
    text: str
