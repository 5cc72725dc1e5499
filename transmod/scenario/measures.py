"""What a scenario changes of its base: `[[measures]]`, in the order in which they apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Union, get_args

from pydantic import Field

from transmod.errors import Faults
from transmod.scenario.fleet_measures import (
    BlendFuel,
    ChangeGrid,
    RenewFleet,
    RetireTypes,
    SetFleetShare,
)
from transmod.scenario.traffic_measures import (
    AnyMeasure,
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
        SetFleetShare,
        RetireTypes,
        RenewFleet,
        BlendFuel,
        ChangeGrid,
    ],
    Field(discriminator="kind"),
]
# by kind
MEASURES: dict[str, type[AnyMeasure]] = {
    get_args(measure.model_fields["kind"].annotation)[0]: measure
    for measure in get_args(get_args(Measure)[0])
}


def find_settings(measures: Sequence[AnyMeasure]) -> dict[str, dict[str, Any]]:
    """
    Return the keys of a scenario that measures set, by table; a dot leads into an inner table.

    Raises
    ------
    InputError
        If two measures set a key to different values.
    """
    faults = Faults()
    tables: dict[str, dict[str, Any]] = {}
    by: dict[str, str] = {}
    for measure in measures:
        for table, keys in measure.settings().items():
            for key, value in keys.items():
                place = f"{table}.{key}"
                former = tables.setdefault(table, {}).setdefault(key, value)
                if former != value:
                    faults.add(
                        f"Measures must not contradict each other: '{by[place]}' sets `{place}` to "
                        f"{former!r}, '{measure.title}' to {value!r}. Take one of them out; "
                        "`without = ['measures']` leaves out those of the run that is extended."
                    )
                by.setdefault(place, measure.title)
    faults.raise_any()
    return tables


def check_overruled(said: Mapping[str, Any], measures: Sequence[AnyMeasure], path: Path) -> None:
    """
    Make sure that a scenario says no key that measures of its base set to something else.

    Raises
    ------
    InputError
        With every such key: what is said would not hold, as measures come after all keys.
    """
    faults = Faults()
    for table, keys in find_settings(measures).items():
        for key, value in keys.items():
            own: Any = said.get(table)
            for name in key.split("."):
                own = own.get(name) if isinstance(own, Mapping) else None
            if own is not None and own != value:
                faults.add(
                    f"{path}: `{table}.{key}` must not be said beside a measure of the run that is "
                    f"extended: that sets it to {value!r}, {own!r} found. Take it out, or say "
                    "without = ['measures']."
                )
    faults.raise_any()


def measure_files(measures: Sequence[AnyMeasure]) -> list[Path]:
    """Return the files that measures name, as they name them."""
    named = (getattr(measure, key) for measure in measures for key in type(measure).model_fields)
    return list(dict.fromkeys(value for value in named if isinstance(value, Path)))
