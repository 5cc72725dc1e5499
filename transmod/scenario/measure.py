"""What any measure says, `[[measures]]`: its name, and whose traffic or fleet it changes."""

import difflib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, field_validator

from transmod.scenario.record import Record
from transmod.schema import TRIP_KINDS, VEHICLE_CLASSES

Share = Annotated[float, Field(ge=0.0, le=1.0)]


def to_list(value: Any) -> Any:
    """Let one value stand for a list of one."""
    return value if isinstance(value, (list, tuple)) or value is None else (value,)


Names = Annotated[tuple[str, ...], BeforeValidator(to_list), Field(min_length=1)]


class AnyMeasure(Record):
    """A change that a scenario makes; `touches` says of what: traffic, fleet or factors."""

    touches: ClassVar[str]
    if TYPE_CHECKING:
        kind: str

    name: str | None = Field(default=None, min_length=1)
    """What a reader sees; default: the kind."""

    @property
    def title(self) -> str:
        """What a reader sees."""
        return self.name or str(getattr(self, "kind", "measure"))

    def settings(self) -> dict[str, dict[str, Any]]:
        """Return the keys of the scenario that the measure sets, by table."""
        return {}


def name_measure(number: int, name: str | None, kind: str | None) -> str:
    """Name a measure, counted from 1, as all messages do: `measure 2 ('Truck ban')`."""
    called = repr(name) if name else kind
    return f"measure {number} ({called})" if called else f"measure {number}"


def put_measures_first(notes: Iterable[str]) -> tuple[str, ...]:
    """Return notes once each: what measures do is what a reader of a scenario looks for."""
    return tuple(sorted(dict.fromkeys(notes), key=lambda note: not note.startswith("Measure ")))


class OfStreams(Record):
    """Whose traffic is changed."""

    vehicle_class: Names | None = None
    """Vehicle class, or a list."""
    trip_kind: Names | None = None
    """Kind of trip, or a list."""

    @field_validator("vehicle_class", "trip_kind")
    @classmethod
    def _names_are_known(cls, names: Names | None, info: Any) -> Names | None:
        valid = VEHICLE_CLASSES if info.field_name == "vehicle_class" else TRIP_KINDS
        return known(names, valid)


def known(names: Sequence[str] | None, valid: Sequence[str]) -> Any:
    """Return names that are all valid ones."""
    for name in names or ():
        if name not in valid:
            near = difflib.get_close_matches(name, valid, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            msg = f"{name!r} is none of {', '.join(valid)}{hint}"
            raise ValueError(msg)
    return names
