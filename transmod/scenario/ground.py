"""What a scenario says of trains and off-road machines, as frozen records."""

from pathlib import Path

from pydantic import model_validator

from transmod.scenario.record import Record


class RailChoice(Record):
    """`[rail]`: trains by kilometres or measured energy, or by a timetable."""

    lines: Path | None = None
    """CSV file of trains on lines in the period of the run: line, kind, kilometres or energy."""
    tracks: Path | None = None
    """Vector file of the tracks of `lines`, with a column `line`: it says what is inside the
    boundary, and in which district. Default: all is inside, in no district."""
    gtfs: Path | None = None
    """Timetable in GTFS, a folder or zip."""
    gtfs_lines: Path | None = None
    """CSV file that says which trains drive on each route on rails of `gtfs`."""

    @model_validator(mode="after")
    def _files_go_together(self) -> "RailChoice":
        if (self.gtfs is None) != (self.gtfs_lines is None):
            msg = "gtfs and gtfs_lines must be given together"
            raise ValueError(msg)
        if self.tracks is not None and self.lines is None:
            msg = "tracks needs lines"
            raise ValueError(msg)
        return self

    @property
    def is_asked(self) -> bool:
        """Whether there is anything to read."""
        return self.lines is not None or self.gtfs is not None


class OffRoadChoice(Record):
    """`[off_road]`: machines of airports, ports and depots."""

    machines: Path | None = None
    """CSV file of machines: their fuel or electricity, or number, power and hours."""
