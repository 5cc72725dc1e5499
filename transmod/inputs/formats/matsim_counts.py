"""Read the stations of a MATSim counts file, of version 1 (`<count>`) or 2 (`<measurements>`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.inputs.formats.reading import Remark
from transmod.inputs.formats.xml import walk_xml

_HOUR = 3600.0
_DAY = 24


@dataclass(eq=False)
class CountStation:
    """
    A station.

    Attributes
    ----------
    link : str
        Link that it counts.
    name : str or None
        Name of the station.
    xy : tuple of float or None
        Coordinates, where the file has them.
    line : int
        Its place among the stations of the file, from 1.
    volumes : dict of float64 (24,)
        Mode -> vehicles in each hour [veh/h]; NaN where not given.
    """

    link: str
    name: str | None
    xy: tuple[float, float] | None
    line: int
    volumes: dict[str, NDArray[np.float64]] = field(default_factory=dict)


class _Reader:
    def __init__(self, path: Path, remarks: list[Remark]) -> None:
        self.path, self.remarks = path, remarks
        self.stations: list[CountStation] = []
        self.hours: NDArray[np.float64] | None = None
        self.seconds: NDArray[np.float64] = np.zeros(_DAY)
        self.interval = _HOUR

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("count", "location"):
            self.open_station(attributes)
        elif name == "measurements":
            self.hours = None
            if attributes.get("type", "volumes") == "volumes":
                self.open_hours(attributes.get("networkMode", "car"))
                self.interval = float(attributes.get("interval", _HOUR))
            else:
                self.remark(f"measurements of type {attributes['type']} are no volumes")
        elif name == "volume":
            self.put(float(attributes["h"]) * _HOUR - _HOUR, _HOUR, float(attributes["val"]))
        elif name == "value" and self.hours is not None:
            self.put(float(attributes["t"]), self.interval, float(attributes["val"]))

    def open_station(self, attributes: dict[str, str]) -> None:
        link = attributes.get("refId") or attributes.get("loc_id") or attributes["linkId"]
        name = attributes.get("name") or attributes.get("cs_id") or attributes.get("stationName")
        xy = None
        if "x" in attributes and "y" in attributes:
            xy = (float(attributes["x"]), float(attributes["y"]))
        self.stations.append(CountStation(link, name, xy, len(self.stations) + 1))
        self.hours = None

    def open_hours(self, mode: str) -> None:
        self.hours = self.stations[-1].volumes.setdefault(mode, np.full(_DAY, np.nan))
        self.seconds = np.zeros(_DAY)

    def put(self, begin: float, interval: float, value: float) -> None:
        """Add what was counted from `begin` on; a value of a quarter of an hour is a part of it."""
        if self.hours is None:
            self.open_hours("car")
        hour, rest = divmod(begin, _HOUR)
        if not 0 <= hour < _DAY or rest + interval > _HOUR or interval <= 0.0:
            self.remark(f"value at {begin:g} s for {interval:g} s lies in no hour of a day")
            return
        at = int(hour)
        if self.seconds[at] + interval > _HOUR:
            self.remark(f"hour {at} stands twice: the first value was taken")
            return
        assert self.hours is not None
        self.hours[at] = value if np.isnan(self.hours[at]) else self.hours[at] + value
        self.seconds[at] += interval

    def end(self, name: str) -> None:
        if name in ("measurements", "count") and self.hours is not None:
            partial = (self.seconds > 0.0) & (self.seconds < _HOUR)
            if partial.any():
                self.remark(f"hour {int(partial.argmax())} is counted in part: left out")
                self.hours[partial] = np.nan
        if name in ("count", "location"):
            if not self.stations[-1].volumes:
                self.remark("the station has no volumes")
                self.stations.pop()
            self.hours = None

    def remark(self, text: str) -> None:
        station = self.stations[-1]
        self.remarks.append(Remark(self.path.name, str(station.line), station.link, text))


def read_stations(path: Path, remarks: list[Remark]) -> list[CountStation]:
    """
    Read the stations of a counts file; what cannot be taken is remarked.

    Raises
    ------
    InputError
        If the file is broken or has no station.
    """
    reader = _Reader(path, remarks)
    walk_xml(path, "counts of MATSim", reader.start, reader.end)
    if not reader.stations:
        raise InputError(f"{path} must have stations with volumes: none found.")
    return reader.stations
