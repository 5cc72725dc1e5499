"""
Measures of fleets and factors: what a scenario changes without touching a link, in order.

Those of the fleet change shares of vehicle types; the others set what `[fleet]` and `[profiles]`
say, so their effect stands there too.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from transmod.scenario.measure import AnyMeasure, Names, OfStreams, Share
from transmod.scenario.record import Record


class FleetMeasure(AnyMeasure):
    """A change of the fleet."""

    touches: ClassVar[str] = "fleet"


class FactorMeasure(AnyMeasure):
    """A change of factors."""

    touches: ClassVar[str] = "factors"


class OfTypes(Record):
    """Which vehicle types: those that every key given here holds."""

    vehicle_types: Names | None = None
    """Vehicle types of the set; `*` stands for any text."""
    fuels: Names | None = None
    """Fuels, as the types of the set have them, such as `electricity`."""
    powertrains: Names | None = None
    """Powertrains, such as `bev`, `plug_in`, `ice`."""
    standards: Names | None = None
    """Emission standards, such as `euro3`."""

    @model_validator(mode="after")
    def _types_are_picked(self) -> "OfTypes":
        if all(getattr(self, name) is None for name in OfTypes.model_fields):
            msg = f"must name types by one of {', '.join(OfTypes.model_fields)}"
            raise ValueError(msg)
        return self


class SetFleetShare(FleetMeasure, OfStreams, OfTypes):
    """
    `set_fleet_share`: types get a share of a class's kilometres.

    The types share it as they share theirs now; if they have none, evenly, where `vehicle_types`
    names them or there is but one. The others share the rest as before.
    """

    kind: Literal["set_fleet_share"]
    district_id: Names | None = None
    """District, or a list: only there. Default: everywhere."""
    share: Share | Annotated[dict[int, Share], Field(min_length=1)]
    """Share of the kilometres, or a table of it by year, between which it is interpolated."""


class RetireTypes(FleetMeasure, OfStreams, OfTypes):
    """`retire_types`: types leave the fleet, and the others of their class drive for them."""

    kind: Literal["retire_types"]
    district_id: Names | None = None
    """District, or a list: only there. Default: everywhere."""
    share: Share = 1.0
    """Share of their kilometres that goes."""


class RenewFleet(FleetMeasure):
    """`renew_fleet`: the stock or sales of `[fleet]` are moved on to a year."""

    kind: Literal["renew_fleet"]
    year: int = Field(ge=1990, le=2100)
    """Year of the fleet."""
    targets: bool | None = None
    """Drive new vehicles towards the CO2 targets of the region."""
    economy: Literal["published", "model_year"] | None = None
    """Fuel burnt as the published curves say, or scaled by model year."""

    def settings(self) -> dict[str, dict[str, Any]]:
        """Return the keys of a scenario that the measure sets, by table."""
        return {"fleet": _given(self, "year", "targets", "economy")}


class BlendFuel(FactorMeasure):
    """`blend_fuel`: a biofuel in a fuel."""

    kind: Literal["blend_fuel"]
    fuel: str
    """Fuel that is blended."""
    biofuel: str
    """Biofuel of the set, such as `ethanol`."""
    volume_share: Share
    """Its share in the volume of the blend."""

    def settings(self) -> dict[str, dict[str, Any]]:
        """Return the keys of a scenario that the measure sets, by table."""
        blend = {"biofuel": self.biofuel, "volume_share": self.volume_share}
        return {"profiles": {f"blends.{self.fuel}": blend}}


class ChangeGrid(FactorMeasure):
    """`change_grid`: other power plants behind the plug."""

    kind: Literal["change_grid"]
    area: str | None = None
    """Area of the set's grid factors."""
    year: int | None = None
    """Year of the grid factor."""
    kg_per_kwh: float | None = Field(default=None, ge=0.0, le=2.0)
    """CO2 of grid electricity [kg/kWh], in place of the table's."""
    loss_share: float | None = Field(default=None, ge=0.0, lt=0.5)
    """Electricity lost between power plants and meters, in place of the table's."""

    @model_validator(mode="after")
    def _something_changes(self) -> "ChangeGrid":
        if not self.settings()["profiles"]:
            msg = "must give area, year, kg_per_kwh or loss_share"
            raise ValueError(msg)
        return self

    def settings(self) -> dict[str, dict[str, Any]]:
        """Return the keys of a scenario that the measure sets, by table."""
        own: dict[str, Any] = {}
        if self.area is not None or self.year is not None:
            own["kg_per_kwh"] = None  # a figure of the base would stand in place of the table's
        own |= _given(self, "area", "year", "kg_per_kwh")
        keys = {f"electricity_{name}": value for name, value in own.items()}
        return {"profiles": keys | {f"grid_{k}": v for k, v in _given(self, "loss_share").items()}}


def _given(record: Record, *names: str) -> dict[str, Any]:
    """Return the keys of a record that have a value."""
    values = {name: getattr(record, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}
