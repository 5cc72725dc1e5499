"""What a scenario says of uncertainty: its table `[uncertainty]`, as frozen records."""

from typing import Literal

from pydantic import Field, model_validator

from transmod.model.draws import (
    DISTRIBUTIONS,
    METHODS,
    PARAMETERS,
    check_correlation,
    to_distribution,
)
from transmod.model.uncertain_inputs import APPLIES, INPUTS, UncertainInput
from transmod.scenario.record import Record
from transmod.schema import POLLUTANTS, ROAD_CLASSES, SUBSECTORS, VEHICLE_CLASSES


class InputChoice(Record):
    """
    `[[uncertainty.inputs]]`: an input that is not sure, and its distribution.

    What is named narrows the input; all that it holds moves together. Distributions are those of a
    multiplier: 1 is the value as given.
    """

    of: Literal[INPUTS]  # type: ignore[valid-type]
    """`volumes`, `link_volumes` (each link for itself), `speeds`, `shares` of vehicle types,
    `factors`, `loads` of trucks, CO2 of `grid` electricity, or `sources` beside the road."""
    name: str | None = Field(default=None, min_length=1)
    """What a reader sees; default: what it is."""
    distribution: Literal[DISTRIBUTIONS]  # type: ignore[valid-type]
    """`normal` or `lognormal` need `percent` or `sd`, `lognormal` may have `factor` instead;
    `triangular` and `uniform` need `low` and `high`."""
    percent: float | None = None
    """Half of the 95 % interval [%]."""
    sd: float | None = None
    """Standard deviation, of the value as given."""
    factor: float | None = None
    """95 % lie from 1 / factor to factor times the value, which is the median."""
    low: float | None = None
    """Smallest multiplier."""
    mode: float | None = None
    """Most likely multiplier; default: 1, if it lies between."""
    high: float | None = None
    """Largest multiplier."""
    unit: Literal["relative", "km/h"] = "relative"
    """Of `speeds`: multipliers, or km/h faster and slower, as `sd`, `low` and `high` are then."""
    vehicle_class: Literal[VEHICLE_CLASSES] | None = None  # type: ignore[valid-type]
    """Only this class. Default: all together."""
    each: bool = False
    """Every vehicle class for itself, in place of all together."""
    road_class: Literal[ROAD_CLASSES] | None = None  # type: ignore[valid-type]
    """Of volumes: only kilometres on this class of road."""
    by: Literal["fuel", "powertrain", "emission_standard", "size", "vehicle_type"] | None = None
    """Of `shares`: what moves against each other; default: `emission_standard`."""
    error_group: str | None = None
    """Of `factors`: rows of the factor set by their error group; `*` stands for any letters."""
    pollutant: Literal[POLLUTANTS] | None = None  # type: ignore[valid-type]
    """Of `factors` and `sources`: only this substance."""
    subsector: Literal[SUBSECTORS[1:]] | None = None  # type: ignore[valid-type]
    """Of `sources`: rail, water, aviation or off_road."""
    activity: str | None = None
    """Of `sources`: by activity, as the accounting rule names it; `*` stands for any letters."""

    @model_validator(mode="after")
    def _makes_sense(self) -> "InputChoice":
        names = ("vehicle_class", "each", "road_class", "by", "error_group", "pollutant",
                 "subsector", "activity")  # fmt: skip
        wrong = [n for n in names if getattr(self, n) not in (None, False) and n not in self._may]
        if wrong:
            msg = f"an input of {self.of} takes {', '.join(self._may) or 'no other key'}: "
            msg += f"{', '.join(wrong)} found"
            raise ValueError(msg)
        if self.of == "factors" and self.error_group is None and self.pollutant is None:
            msg = "an input of factors must name an error_group or a pollutant"
            raise ValueError(msg)
        if self.unit == "km/h" and (self.of != "speeds" or self.percent is not None):
            msg = "unit 'km/h' is for an input of speeds, with sd or low and high"
            raise ValueError(msg)
        if self.each and self.vehicle_class is not None:
            msg = "each and vehicle_class exclude each other"
            raise ValueError(msg)
        self.to_input()
        return self

    @property
    def _may(self) -> tuple[str, ...]:
        return APPLIES[self.of]

    def to_input(self) -> UncertainInput:
        """Return the input as the accounts take it."""
        given = {name: getattr(self, name) for name in PARAMETERS}
        parameters = {name: value for name, value in given.items() if value is not None}
        return UncertainInput(
            of=self.of,
            distribution=to_distribution(
                self.distribution, parameters, centre=0.0 if self.unit == "km/h" else 1.0
            ),
            name=self.name,
            vehicle_class=self.vehicle_class,
            each=self.each,
            road_class=self.road_class,
            by=self.by or "emission_standard",
            error_group=self.error_group or "*",
            pollutant=self.pollutant,
            subsector=self.subsector,
            activity=self.activity or "*",
        )


class CorrelationChoice(Record):
    """`[uncertainty.correlation]`: variables that do not vary independently."""

    groups: tuple[str, ...] = Field(min_length=2)
    """Names of inputs, or error groups of factors."""
    matrix: tuple[tuple[float, ...], ...]
    """Their correlations, row by row, in the order of `groups`."""

    @model_validator(mode="after")
    def _is_one(self) -> "CorrelationChoice":
        if len(set(self.groups)) < len(self.groups):
            msg = "groups must be named once each"
            raise ValueError(msg)
        faults = check_correlation(self.matrix, len(self.groups))
        if faults:
            msg = f"the correlation matrix {'; '.join(faults)}"
            raise ValueError(msg)
        return self


class UncertaintyChoice(Record):
    """`[uncertainty]`: how sure the figures are. Without it nothing is drawn."""

    draws: int = Field(default=10_000, ge=100, le=1_000_000)
    """Draws of all inputs."""
    seed: int = Field(default=0, ge=0)
    """The same seed gives the same draws."""
    method: Literal[METHODS] = "latin_hypercube"  # type: ignore[valid-type]
    """`latin_hypercube`, `sobol` or `random`."""
    interval: float = Field(default=0.95, ge=0.5, le=0.999)
    """Share of the draws within an interval."""
    defaults: bool = True
    """Let factors that no input names have the shipped uncertainties."""
    inputs: tuple[InputChoice, ...] = ()
    """What is not sure beside the factors."""
    correlation: CorrelationChoice | None = None
    """Variables that do not vary independently."""
    sensitivity: tuple[Literal[("co2e", *POLLUTANTS)], ...] = ("co2e", "nox")  # type: ignore[valid-type]
    """Substances of which is told what input matters most."""

    @model_validator(mode="after")
    def _names_are_once(self) -> "UncertaintyChoice":
        names = [one.name for one in self.inputs if one.name is not None]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            msg = f"names of inputs must differ: {twice[0]!r} stands twice"
            raise ValueError(msg)
        if not self.defaults and not self.inputs:
            msg = "something must be uncertain: give inputs, or defaults = true"
            raise ValueError(msg)
        return self
