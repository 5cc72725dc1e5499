"""What the link pass of a run knows beyond its spectrum, as its manifest keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from transmod.columns import Columns, to_text
from transmod.schema import GRADIENT_NODES

DISTRICT_COLUMNS = ("district_id", "name")


@dataclass(frozen=True, eq=False)
class LinkPass:
    """
    What hangs on the links and not on fleet or factors.

    Attributes
    ----------
    streams : tuple of (vehicle_class, trip_kind)
        Streams of the volumes.
    layout : str or int
        Layout of the calendar: `profile`, or the hours of a series.
    n_seasons : int
        Seasons of the spectrum.
    gradients : tuple of float
        Gradient nodes that its links need, some of `schema.GRADIENT_NODES`.
    zones : tuple of str
        Zones of the spectrum, "" first.
    districts : Columns
        `district_id` and `name` of the districts of the city.
    outside : Columns
        `vehicle_class`, `trip_kind`, `vkm` [veh km] of each stream beyond the boundary.
    licence : str
        Of the network's data.
    notes : tuple of str
        What was noted of links, volumes, speeds and of sources beside the road.
    checks : tuple of dict
        Laws of calendar and cut: `name`, `left`, `right`, `relative_difference`, `passed`.
    """

    streams: tuple[tuple[str, str], ...]
    layout: str | int
    n_seasons: int
    gradients: tuple[float, ...]
    zones: tuple[str, ...]
    districts: Columns
    outside: Columns
    licence: str
    notes: tuple[str, ...]
    checks: tuple[dict[str, Any], ...]

    def to_facts(self) -> dict[str, Any]:
        """Return plain values for the manifest."""
        return {
            "streams": [
                {"vehicle_class": stream[0], "trip_kind": stream[1], "vkm_outside": float(vkm)}
                for stream, vkm in zip(self.streams, self.outside["vkm"], strict=True)
            ],
            "layout": self.layout,
            "n_seasons": self.n_seasons,
            "gradients": list(self.gradients),
            "zones": list(self.zones),
            "districts": self.districts[list(DISTRICT_COLUMNS)].records(),
            "licence": self.licence,
            "notes": list(self.notes),
            "checks": list(self.checks),
        }


def read_link_pass(manifest: Mapping[str, Any]) -> LinkPass | None:
    """Return what a manifest keeps of the link pass; None where an older program wrote it."""
    facts = manifest.get("link_pass")
    if facts is None:
        return None
    classes, kinds, vkm = (
        [row[name] for row in facts["streams"]]
        for name in ("vehicle_class", "trip_kind", "vkm_outside")
    )
    districts = {n: to_text(row[n] for row in facts["districts"]) for n in DISTRICT_COLUMNS}
    return LinkPass(
        streams=tuple(zip(classes, kinds, strict=True)),
        layout=facts["layout"],
        n_seasons=facts["n_seasons"],
        gradients=tuple(facts.get("gradients", GRADIENT_NODES)),  # which they were is not known
        zones=tuple(facts["zones"]),
        districts=Columns(districts),
        outside=Columns({"vehicle_class": classes, "trip_kind": kinds, "vkm": vkm}),
        licence=facts["licence"],
        notes=tuple(facts["notes"]),
        checks=tuple(facts["checks"]),
    )
