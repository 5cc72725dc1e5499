"""What looks wrong in the inputs of a run although every rule of the files holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from transmod.inputs.tables import read_shipped_table

Level = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """
    A suspicion about an input.

    Attributes
    ----------
    rule : str
        Its name, as in `tables/plausibility.csv`; `input` for a fault that a reader found.
    level : "error" or "warning"
        An error stops a run; a warning becomes a note of its results.
    found : str
        What was found, with figures and units.
    count, of : int or None
        How many of how many links, pairs, values.
    first : str
        Where the first of them is.
    cause, remedy : str
        What most probably happened, and the way out.
    """

    rule: str
    level: Level
    found: str
    count: int | None = None
    of: int | None = None
    first: str = ""
    cause: str = ""
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """The finding in one paragraph."""
        parts = [self.found]
        if self.count is not None and self.of is not None:
            where = f", first {self.first}" if self.first else ""
            parts.append(f" ({self.count:,} of {self.of:,}{where})")
        text = "".join(parts) + "."
        if self.cause:
            text += f" Probable cause: {self.cause}."
        return f"{text} {self.remedy}." if self.remedy else text


@cache
def limits(rule: str) -> dict[str, float]:
    """Return the thresholds of a rule by quantity, and those of all rules."""
    table = read_shipped_table("traffic", "plausibility")
    own = table[table["rule"].isin(("all", rule))]
    return dict(zip(own["quantity"], own["value"].astype(float), strict=True))


def warn(
    rule: str,
    found: str,
    bad: NDArray[np.bool_] | None = None,
    where: Callable[[int], str] | None = None,
    *,
    of: int | None = None,
    cause: str,
    remedy: str,
) -> Finding:
    """
    Make a warning.

    Parameters
    ----------
    bad : bool (N,), optional
        True for what was found odd; `of` counts those looked at, by default all N.
    where : callable, optional
        Names one of them by its position.
    """
    count = None if bad is None else int(bad.sum())
    total = of if of is not None else (None if bad is None else bad.size)
    first = where(int(bad.argmax())) if bad is not None and where and bad.any() else ""
    return Finding(rule, "warning", found, count, total, first, cause, remedy)


def name_link(links: Any) -> Callable[[int], str]:
    """Return what names a link by its position."""
    ids = links["link_id"].to_numpy(np.int64)
    return lambda position: f"link_id {ids[position]}"
