"""What a scenario says of traffic: its table `[traffic]`, as frozen records."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from transmod.scenario.record import Record
from transmod.schema import TRIP_KINDS, VEHICLE_CLASSES


class BprChoice(Record):
    """`[traffic.bpr]`: parameters of the volume-delay function on every road class."""

    alpha: float = Field(ge=0.0, le=10.0)
    """Delay at capacity, as a share of the free time."""
    beta: float = Field(gt=0.0, le=20.0)
    """Exponent."""


class ConicalChoice(Record):
    """`[traffic.conical]`: Spiess' function, the same on every road class."""

    alpha: float = Field(gt=1.0, le=50.0)
    """Slope of the delay at capacity; like the exponent of BPR."""


class AkcelikChoice(Record):
    """`[traffic.akcelik]`: Akcelik's function."""

    delay_parameter: float | None = Field(default=None, ge=0.0, le=20.0)
    """J on every road class, from 0.1 (motorway) to 1.6 (high friction), in place of the shipped
    table."""
    period_h: float = Field(default=1.0, gt=0.0, le=24.0)
    """How long the volume of an hour lasts [h]: queues above capacity grow with it."""


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
    origin: Literal["counted", "modelled", "estimated"] | None = None
    """How the volumes came about; said in every result, also that it is not stated."""
    network_sha256: str | None = None
    """Hash of the network's links that the volumes were made for, where the file cannot say."""
    temporal_profile: str = "tno_road"
    """Shape of the hours for daily volumes: a shipped profile, or a CSV file such as
    `transmod volumes fit` writes."""
    speed: Literal["given", "measured", "bpr", "conical", "akcelik", "free"] = "bpr"
    """Speeds of the volume file; measured ones of `speeds`; of volume over capacity by the function
    of the Bureau of Public Roads, Spiess (conical) or Akcelik; or undelayed."""
    speeds: Path | None = None
    """Parquet or CSV file of measured speeds: link_id, optional vehicle_class, speed_kmh as a list
    of hours, a number, or one for each `hour`. For `speed = "measured"`."""
    speed_fallback: Literal["bpr", "conical", "akcelik", "free"] | None = None
    """Where no speed was measured though traffic drives. Default: that is an error."""
    bpr: BprChoice | None = None
    """In place of the shipped table by road class."""
    conical: ConicalChoice | None = None
    """In place of the shipped table by road class."""
    akcelik: AkcelikChoice = AkcelikChoice.model_construct()
    """Period, and the parameter in place of the shipped table by road class."""
    speed_flow: Path | None = None
    """CSV file in place of the shipped table, by road_class: alpha, beta (BPR), alpha (conical) or
    delay_parameter (Akcelik)."""
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
        wrong = [length for length in table.values() if not 0.1 <= length <= 1000.0]
        if wrong:
            msg = f"must be from 0.1 to 1,000 km: {wrong[0]:g} found"
            raise ValueError(msg)
        return value

    @property
    def named(self) -> str:
        """The volumes and how they came about, as captions say it."""
        return f"Volumes {self.origin}" if self.origin else "Volumes of unstated origin"

    @property
    def delay_function(self) -> str | None:
        """Function of volume over capacity that is used, as fallback too; `free` is none."""
        chosen = self.speed_fallback if self.speed == "measured" else self.speed
        return chosen if chosen in ("bpr", "conical", "akcelik") else None

    def find_contradiction(self) -> str | None:
        """Say which keys do not go together."""
        function = self.delay_function
        if self.speed == "given" and self.kind != "hourly":
            return "traffic.speed = 'given' needs traffic.kind = 'hourly'"
        if (self.speed == "measured") != (self.speeds is not None):
            return "traffic.speed = 'measured' and a file traffic.speeds need each other"
        if self.speed_fallback is not None and self.speed != "measured":
            return "traffic.speed_fallback is for traffic.speed = 'measured'"
        own = {
            "bpr": self.bpr is not None,
            "conical": self.conical is not None,
            "akcelik": self.akcelik.delay_parameter is not None,
        }
        for name, is_given in own.items():
            if is_given and self.speed_flow is not None:
                return f"traffic.{name} and traffic.speed_flow exclude each other"
            if is_given and function not in (name, None):
                return f"traffic.{name} is not used with the function {function!r}"
        return None
