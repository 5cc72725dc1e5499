"""What a scenario changes of its base: `[[measures]]`, in the order in which they apply."""

from __future__ import annotations

from typing import Annotated, Union

from pydantic import Field

from transmod.scenario.traffic_measures import (
    BuildRoad,
    CloseRoad,
    ConsolidateFreight,
    LimitSpeed,
    OffPeakDelivery,
    ReassignTraffic,
    RestrictAccess,
    ScaleTraffic,
    ShiftFreightToRail,
    ShiftMode,
)

Measure = Annotated[
    Union[  # noqa: UP007  a long list
        ScaleTraffic,
        CloseRoad,
        BuildRoad,
        ReassignTraffic,
        LimitSpeed,
        RestrictAccess,
        ShiftMode,
        ShiftFreightToRail,
        OffPeakDelivery,
        ConsolidateFreight,
    ],
    Field(discriminator="kind"),
]
