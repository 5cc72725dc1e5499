"""Inputs of which one is not sure, as they are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from transmod.model.draws import Distribution

INPUTS = (
    "volumes",
    "link_volumes",
    "speeds",
    "shares",
    "factors",
    "loads",
    "grid",
    "sources",
)
# what narrows an input
APPLIES = {
    "volumes": ("vehicle_class", "each", "road_class"),
    "link_volumes": ("vehicle_class", "each", "road_class"),
    "speeds": ("vehicle_class", "each"),
    "shares": ("vehicle_class", "each", "by"),
    "factors": ("error_group", "pollutant"),
    "loads": ("vehicle_class", "each"),
    "grid": (),
    "sources": ("subsector", "activity", "pollutant"),
}


@dataclass(frozen=True)
class UncertainInput:
    """
    One input and its distribution.

    `of` is one of `INPUTS`; `name` what a reader sees, None for what it is. The others narrow it,
    as far as `APPLIES` says: None or `*` is everything. `each` gives every vehicle class a
    variable of its own.
    """

    of: str
    distribution: Distribution
    name: str | None = None
    vehicle_class: str | None = None
    each: bool = False
    road_class: str | None = None
    by: str = "emission_standard"
    error_group: str = "*"
    pollutant: str | None = None
    subsector: str | None = None
    activity: str = "*"

    @property
    def title(self) -> str:
        """What a reader sees."""
        if self.name is not None:
            return self.name
        parts = (self.vehicle_class, self.road_class, self.subsector, self.pollutant)
        words = [self.of, *(part for part in parts if part is not None)]
        words += [part for part in (self.error_group, self.activity) if part != "*"]
        return " ".join(words)
