"""What a scenario says of sources beside the road, as frozen records."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from transmod.traffic_choice import Record


class MemoChoice(Record):
    """`[memo]`: movements by the fuel they burn; those beyond the city are reported apart."""

    flights: Path | None = None
    """CSV file of flights."""
    voyages: Path | None = None
    """CSV file of voyages."""
    territories: Path | None = None
    """CSV file that says which territories count as part of a country."""


class AviationChoice(Record):
    """`[aviation]`: flights by airports and aircraft type."""

    movements: Path | None = None
    """CSV file: origin, destination, aircraft, number and date or period."""
    airports: Path | None = None
    """CSV file of places that the shipped list of airports lacks, or that stand elsewhere."""
    aircraft: Path | None = None
    """CSV file that says as which type with published figures an aircraft counts."""
    taxi_out_min: float | None = Field(default=None, ge=0.0, le=120.0)
    """Taxi-out at airports of the city [min]. Default: the reference cycle, 19 for jets."""
    taxi_in_min: float | None = Field(default=None, ge=0.0, le=120.0)
    """Taxi-in at airports of the city [min]. Default: the reference cycle, 7 for jets."""
    apu_share: float = Field(default=1.0, ge=0.0, le=1.0)
    """Share of the flights whose auxiliary power unit runs at the gate."""

    @property
    def minutes(self) -> dict[str, float] | None:
        """Times [min] of phases that differ from the reference cycle."""
        own = {"taxi_out": self.taxi_out_min, "taxi_in": self.taxi_in_min}
        return {name: value for name, value in own.items() if value is not None} or None
