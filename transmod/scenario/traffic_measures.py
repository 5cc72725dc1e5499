"""
Measures of traffic: what a scenario changes in volumes and speeds, `[[measures]]`, in order.

What a measure does not name it takes whole: no `vehicle_class` is every class, no place is every
link of the network, also beyond the boundary, no `hours` is the whole day.
"""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from transmod.scenario.measure import AnyMeasure, Names, OfStreams, Share, known, to_list
from transmod.scenario.record import Record
from transmod.schema import ROAD_CLASSES, TRIP_KINDS, VEHICLE_CLASSES

Numbers = Annotated[tuple[int, ...], BeforeValidator(to_list), Field(min_length=1)]
Hours = Annotated[
    tuple[Annotated[int, Field(ge=0, le=23)], ...], BeforeValidator(to_list), Field(min_length=1)
]


class TrafficMeasure(AnyMeasure):
    """A change of traffic."""

    touches: ClassVar[str] = "traffic"


class OnLinks(Record):
    """Where traffic is changed: the links that every key given here holds."""

    road_class: Names | None = None
    """Road class, or a list."""
    district_id: Names | None = None
    """District, or a list: links whose midpoint lies in it."""
    zone: Path | None = None
    """Polygon file: links whose midpoint lies in it, the border included."""
    links: Numbers | None = None
    """`link_id`, or a list."""
    osm_ways: Numbers | None = None
    """`osm_way_id`, or a list: both directions."""
    road_names: Names | None = None
    """`name` of the network's links, or a list."""

    @field_validator("road_class")
    @classmethod
    def _roads_are_known(cls, names: Names | None) -> Names | None:
        return known(names, ROAD_CLASSES)


class InHours(Record):
    """When traffic is changed."""

    hours: Hours | None = None
    """Local hours, 7 is from 7 to 8 o'clock."""
    day_types: Names | None = None
    """Day types of the calendar."""


class ScaleTraffic(TrafficMeasure, OfStreams, OnLinks, InHours):
    """`scale_traffic`: volumes times a factor."""

    kind: Literal["scale_traffic"]
    factor: float = Field(ge=0.0, le=100.0)
    """New volume over old volume."""


class Detour(Record):
    """Where traffic of a closed road goes."""

    links: Numbers
    """Links that take it, one after the other: a way around; each takes the share whole."""
    share: float = Field(gt=0.0, le=1.0)
    """Share of the closed road's traffic that takes this way."""


class CloseRoad(TrafficMeasure, OnLinks):
    """
    `close_road`: no traffic on the links.

    Where its traffic goes is not found by an assignment: it stays away, or `onto` says which links
    take it. What goes onto a way around is the largest volume on the closed links, by stream and
    hour, so vehicles that pass several of them are not counted several times; close each direction
    by a measure of its own.
    """

    kind: Literal["close_road"]
    onto: tuple[Detour, ...] = ()
    """Ways around; shares of all of them add up to 1 at most, the rest stays away."""

    @model_validator(mode="after")
    def _a_road_is_named(self) -> "CloseRoad":
        if self.links is None and self.osm_ways is None and self.road_names is None:
            msg = "must name the road by links, osm_ways or road_names"
            raise ValueError(msg)
        if sum(detour.share for detour in self.onto) > 1.0 + 1e-9:
            msg = "shares of `onto` must add up to 1 at most"
            raise ValueError(msg)
        return self


class BuildRoad(TrafficMeasure):
    """`build_road`: links that stand in the network without traffic get volumes."""

    kind: Literal["build_road"]
    volumes: Path
    """Volume file as that of `[traffic]`, of the same kind, unit and direction."""


class ReassignTraffic(TrafficMeasure):
    """`reassign_traffic`: links get the volumes of a file in place of theirs, of all streams."""

    kind: Literal["reassign_traffic"]
    volumes: Path
    """Volume file as that of `[traffic]`, of the same kind, unit and direction."""


class LimitSpeed(TrafficMeasure, OnLinks):
    """
    `limit_speed`: nobody drives faster.

    Free speeds, given speeds and measured ones are held to it. The lower of two limits holds. A
    network's free speeds are those that are driven, below the sign where junctions slow traffic:
    where a sign changes, say `factor`.
    """

    kind: Literal["limit_speed"]
    max_kmh: float | None = Field(default=None, ge=5.0, le=140.0)
    """Highest speed that is driven [km/h]."""
    factor: float | None = Field(default=None, gt=0.0, lt=1.0)
    """New free speed over the present one: 0.75 where signs of 40 km/h become 30 km/h."""

    @model_validator(mode="after")
    def _one_is_given(self) -> "LimitSpeed":
        if (self.max_kmh is None) == (self.factor is None):
            msg = "must give max_kmh or factor"
            raise ValueError(msg)
        return self


class RestrictAccess(TrafficMeasure, OfStreams, InHours):
    """
    `restrict_access`: a zone where some vehicles may not drive, or pay for it.

    Access is to a link: it is in the zone if its midpoint is. A link that crosses the border is in
    or out as a whole.
    """

    kind: Literal["restrict_access"]
    zone: Path
    """Polygon file."""
    standards: Names | None = None
    """Emission standards that are banned, as the fleet's types have them, such as `Euro 3`."""
    fuels: Names | None = None
    """Fuels that are banned."""
    vehicle_types: Names | None = None
    """Vehicle types that are banned."""
    response: Literal["removed", "replaced"] = "removed"
    """Banned kilometres go, or types that may drive take them."""
    share: Share = 1.0
    """Share of banned kilometres that complies: below 1 for a charge, or for exemptions."""

    @property
    def banned(self) -> dict[str, Names | None]:
        """What is banned, by column of the set's types."""
        return {
            "emission_standard": self.standards,
            "fuel": self.fuels,
            "vehicle_type": self.vehicle_types,
        }

    @property
    def picks_types(self) -> bool:
        """Whether only some types of a class are banned."""
        return any(names is not None for names in self.banned.values())

    @model_validator(mode="after")
    def _some_may_drive(self) -> "RestrictAccess":
        if self.response == "replaced" and not self.picks_types:
            msg = (
                "response = 'replaced' needs standards, fuels or vehicle_types: without them all "
                "types are banned, and none is left to replace them"
            )
            raise ValueError(msg)
        return self


class ShiftMode(TrafficMeasure, OnLinks, InHours):
    """`shift_mode`: persons leave a vehicle class for another, or for rail or their feet."""

    kind: Literal["shift_mode"]
    vehicle_class: str
    """Class that persons leave."""
    trip_kind: Names | None = None
    """Kind of trip, or a list."""
    share: Share
    """Share of its persons who leave."""
    to: str = "none"
    """Vehicle class that takes them; `rail` or `none` (walking, cycling, staying at home)."""

    @model_validator(mode="after")
    def _classes_are_known(self) -> "ShiftMode":
        known((self.vehicle_class,), VEHICLE_CLASSES)
        known((self.to,), (*VEHICLE_CLASSES, "rail", "none"))
        known(self.trip_kind, TRIP_KINDS)
        if self.to == self.vehicle_class:
            msg = "`to` must be another class than `vehicle_class`"
            raise ValueError(msg)
        return self


class ShiftFreightToRail(TrafficMeasure, OnLinks):
    """`shift_freight_to_rail`: tonne-kilometres leave the road for rail."""

    kind: Literal["shift_freight_to_rail"]
    vehicle_class: Literal["lcv", "rigid_truck", "articulated_truck"] = "articulated_truck"
    """Class that they leave."""
    trip_kind: Names | None = None
    """Kind of trip, or a list."""
    share: Share
    """Share of its tonne-kilometres, and so of its kilometres, that leaves."""
    rail_line: str | None = None
    """Line of `rail.lines` whose trains take them; default: what rail then emits is left out."""
    train_load_t: float | None = Field(default=None, gt=0.0, le=1e5)
    """Mean load of its trains [t]."""

    @model_validator(mode="after")
    def _trains_are_whole(self) -> "ShiftFreightToRail":
        known(self.trip_kind, TRIP_KINDS)
        if (self.rail_line is None) != (self.train_load_t is None):
            msg = "rail_line and train_load_t must be given together"
            raise ValueError(msg)
        return self


class OffPeakDelivery(TrafficMeasure, OfStreams, OnLinks):
    """`off_peak_delivery`: a share of the traffic of some hours drives in others of the day."""

    kind: Literal["off_peak_delivery"]
    share: Share
    """Share of the traffic of `from_hours`."""
    from_hours: Hours
    """Local hours that it leaves."""
    to_hours: Hours
    """Local hours of the same day that it goes to, as traffic drives in them already."""
    day_types: Names | None = None
    """Day types of the calendar."""

    @model_validator(mode="after")
    def _hours_differ(self) -> "OffPeakDelivery":
        both = sorted(set(self.from_hours) & set(self.to_hours))
        if both:
            msg = f"from_hours and to_hours must have no hour in common: both have {both}"
            raise ValueError(msg)
        return self


class ConsolidateFreight(TrafficMeasure):
    """
    `consolidate_freight`: fuller trucks, fewer empty kilometres, the same tonne-kilometres.

    Both hold for the class wherever it drives, as in `[freight]`; its kilometres fall everywhere.
    """

    kind: Literal["consolidate_freight"]
    vehicle_class: Literal["lcv", "rigid_truck", "articulated_truck"]
    """Class of trucks."""
    load_factor: float | None = Field(default=None, gt=0.0, le=1.0)
    """New payload over capacity on loaded kilometres."""
    empty_share: float | None = Field(default=None, ge=0.0, lt=1.0)
    """New empty kilometres over all kilometres."""

    @model_validator(mode="after")
    def _something_changes(self) -> "ConsolidateFreight":
        if self.load_factor is None and self.empty_share is None:
            msg = "must give load_factor or empty_share"
            raise ValueError(msg)
        return self
