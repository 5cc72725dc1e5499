"""Service: how the vehicles of a run are fuelled, loaded and heated, where a planner says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from transmod.model.blends import Blend


@dataclass(frozen=True)
class Load:
    """What a planner says of a class of trucks; what is left out is that of `freight.csv`."""

    load_factor: float | None = None
    empty_share: float | None = None


@dataclass(frozen=True)
class Service:
    """
    How the vehicles of a run are used; by default as the set has it.

    `fuels` is a family of fuels, `blends` says by fuel what is blended into it. `freight` holds
    the loads that differ from `freight.csv` by vehicle class; where it is None, trucks have the
    load of `types.csv` and carry no known freight. `occupancy` are persons per vehicle by class.
    `grid_loss_share` replaces that of `grid_losses.csv` [-]. `temperature_c` (M,) are outside
    temperatures [degC] and `temperature_weight` (M,) how much is driven at each; without them
    electric vehicles are heated and cooled as in the published consumption.
    """

    fuels: str | None = None
    blends: Mapping[str, str | Blend] = field(default_factory=dict)
    freight: Mapping[str, Load] | None = None
    occupancy: Mapping[str, float] = field(default_factory=dict)
    grid_loss_share: float | None = None
    temperature_c: tuple[float, ...] = ()
    temperature_weight: tuple[float, ...] = ()


AS_PUBLISHED = Service()
