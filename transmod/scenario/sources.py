"""What a scenario says of sources beside the road, as frozen records."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from transmod.scenario.record import Record


class MemoChoice(Record):
    """`[memo]`: movements by the fuel they burn; those beyond the city are reported apart."""

    flights: Path | None = None
    """CSV file of flights."""
    voyages: Path | None = None
    """CSV file of voyages."""
    territories: Path | None = None
    """CSV file that says which territories count as part of a country."""

    @property
    def names_movements(self) -> bool:
        """Whether there are flights or voyages by fuel."""
        return self.flights is not None or self.voyages is not None


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


class ShippingChoice(Record):
    """`[shipping]`: ships by the hours of their calls, or by their tracks."""

    calls: Path | None = None
    """CSV file of calls and voyages: kind of ship, hours at sea, manoeuvring, anchored, berthed."""
    positions: tuple[Path, ...] = ()
    """Parquet or CSV files of positions (AIS), in the order of time."""
    ships: Path | None = None
    """CSV or Parquet file of the ships in `positions`: type, size, fuel, trade."""
    areas: Path | None = None
    """Polygons of the port for `positions`: berths, anchorages, land. Default: a nautical mile
    around the city counts as its berths."""
    unknown_ships: Literal["fault", "leave_out"] = "fault"
    """Positions of ships that the register lacks: an error, or left out and counted."""
    tracks_stand_for: Literal["themselves", "year"] = "themselves"
    """What `positions` show happens once, or goes on over the year as in the days they cover."""
    auxiliary_power: Literal["imo4", "imo3"] = "imo4"
    """IMO study whose powers of auxiliary engines and boilers hold."""
    consumption: Literal["imo4", "epa"] = "imo4"
    """Whose specific fuel consumption holds: by year of build, or one for all."""

    @property
    def is_asked(self) -> bool:
        """Whether there is anything to read."""
        return self.calls is not None or bool(self.positions)
