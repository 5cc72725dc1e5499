"""What a scenario says of sources beside the road, as frozen records."""

from __future__ import annotations

from pathlib import Path

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
