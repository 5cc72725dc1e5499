"""What a scenario says of traffic: its table `[traffic]`, as frozen records."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from transmod.schema import TRIP_KINDS, VEHICLE_CLASSES


class Record(BaseModel):
    """A table of a scenario: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BprChoice(Record):
    """`[traffic.bpr]`: parameters of the volume-delay function on every road class."""

    alpha: float = Field(ge=0.0, le=10.0)
    """Delay at capacity, as a share of the free time."""
    beta: float = Field(gt=0.0, le=20.0)
    """Exponent."""


class TrafficChoice(Record):
    """`[traffic]`: what the volumes are."""

    volumes: Path
    """Parquet or CSV file."""
    kind: Literal["aadt", "aawdt", "hourly"]
    """Mean of all days, mean of Mondays to Fridays, or a series of hours."""
    unit: Literal["veh", "pcu"] = "veh"
    """Vehicles or passenger-car units."""
    direction: Literal["per_link", "both"] = "per_link"
    """Of the link alone, or of both directions (then a column `direction_share` is needed)."""
    origin: Literal["counted", "modelled", "estimated"] = "modelled"
    """How the volumes came about; said in every result."""
    network_sha256: str | None = None
    """Hash of the network's links that the volumes were made for, where the file cannot say."""
    temporal_profile: str = "tno_road"
    """Shape of the hours for daily volumes: a shipped profile or a CSV file."""
    speed: Literal["given", "bpr", "free"] = "bpr"
    """Speeds of the volume file, of volume over capacity, or undelayed."""
    bpr: BprChoice | None = None
    """In place of the shipped table by road class."""
    speed_flow: Path | None = None
    """CSV file with road_class, alpha, beta, in place of the shipped table."""
    peak_hours: tuple[int, ...] | None = None
    """Hours of a working day that count as urban peak."""
    trip_length_km: dict[str, float] | float = 12.4
    """Mean length of a trip [km], or a table of it by trip kind or vehicle class; a class's own
    figure holds on all its trips. Default: that of Europe, EMEP/EEA 2019, 1.A.3.b, section 3.4."""
    parked: Path | None = None
    """CSV file of the vehicles that are parked in each district, for evaporation."""

    @field_validator("trip_length_km")
    @classmethod
    def _trips_have_lengths(cls, value: dict[str, float] | float) -> dict[str, float] | float:
        table = value if isinstance(value, dict) else {"all": value}
        unknown = [name for name in table if name not in (*TRIP_KINDS, *VEHICLE_CLASSES)]
        if unknown:
            msg = (
                f"must go by trip kind or vehicle class, {unknown[0]!r} is none of "
                f"{', '.join((*TRIP_KINDS, *VEHICLE_CLASSES))}"
            )
            raise ValueError(msg)
        if not all(0.1 <= length <= 1000.0 for length in table.values()):
            msg = "must be from 0.1 to 1,000 km"
            raise ValueError(msg)
        return value
