"""What a scenario says of its account: its table `[accounting]`, as frozen records."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from transmod.scenario.record import Record
from transmod.schema import ACTIVITIES, VEHICLE_CLASSES

if TYPE_CHECKING:
    from transmod.accounts.held import Holding


class HeldChoice(Record):
    """
    `[[accounting.held]]`: a source that another line or report already holds.

    What is named narrows the rows; at least one of the names must be given.
    """

    held_in: str = Field(min_length=3, max_length=200)
    """Where it stands, in words: `I.2.2, the metro company's meters`."""
    mark: Literal["IE", "of_which"] = "IE"
    """`IE`: out of the total, included elsewhere. `of_which`: in the total, on its own line."""
    activity: Literal[ACTIVITIES] | None = None  # type: ignore[valid-type]
    """As in the rule table."""
    vehicle_class: Literal[VEHICLE_CLASSES] | None = None  # type: ignore[valid-type]
    """Class of vehicle."""
    vehicle_type: str | None = None
    """Type of vehicle; `*` stands for any letters."""
    fuel: str | None = None
    """Energy carrier."""
    district_id: str | None = None
    """District."""

    @model_validator(mode="after")
    def _names_something(self) -> "HeldChoice":
        if all(value is None for value in self.named().values()):
            msg = f"an entry must name one of {', '.join(self.named())}"
            raise ValueError(msg)
        return self

    def named(self) -> dict[str, str | None]:
        """Return what narrows the rows."""
        names = ("activity", "vehicle_class", "vehicle_type", "fuel", "district_id")
        return {name: getattr(self, name) for name in names}


class CrossWalkChoice(Record):
    """`[accounting.cross_walk]`: what the other methods of counting need."""

    fuel_sold: Path | None = None
    """CSV file: fuel sold in the city in the year."""
    resident_share: Path | None = None
    """CSV file: share of residents in the kilometres of a class and kind of trip."""


class AccountingChoice(Record):
    """`[accounting]`: which line a tonne stands on."""

    rule: str = "territorial"
    """Shipped rule, or a CSV file."""
    gwp: str = "AR5"
    """Set of global warming potentials over 100 years."""
    tce_basis: Literal["equivalent", "equal_value"] = "equivalent"
    """Coal equivalent of electricity: heat content, or coal burnt to make it."""
    tce_fuels: Literal["heat", "published"] = "heat"
    """Coal equivalent of fuels: heat content, or as published with the family of fuels."""
    kgce_per_kwh: float | None = Field(default=None, gt=0.0, le=1.0)
    """Coal burnt for electricity [kgce/kWh] for `equal_value`, in place of the table's."""
    held: tuple[HeldChoice, ...] = ()
    """Sources that another line or report already holds."""
    cross_walk: CrossWalkChoice = CrossWalkChoice.model_construct()
    """Inputs of the other methods of counting."""

    def holdings(self) -> "tuple[Holding, ...]":
        """Return what the ledger marks."""
        from transmod.accounts.held import Holding

        return tuple(Holding(**dict(held)) for held in self.held)
