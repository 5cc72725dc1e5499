"""Sources that a scenario says are held elsewhere: whether they name what the run has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from transmod.errors import Faults
from transmod.inputs.checks import listed
from transmod.model.factors import Factors
from transmod.scenario import Scenario
from transmod.schema import NO_DISTRICT


def check_held(district_ids: Sequence[str], factors: Factors, *, scenario: Scenario) -> None:
    """
    Make sure that entries of `[[accounting.held]]` name classes, types and districts of the run.

    Whether two touch the same rows is seen once there are rows.

    Raises
    ------
    InputError
        With every name that the run does not have.
    """
    faults = Faults()
    known = {
        "vehicle_class": factors.type_columns["vehicle_class"].unique(),
        "vehicle_type": factors.type_columns["vehicle_type"].unique(),
        "district_id": [*district_ids, NO_DISTRICT],
    }
    for number, held in enumerate(scenario.accounting.held, start=1):
        of_road = held.vehicle_class is not None or (held.activity or "").startswith("road")
        for name, names in known.items():
            value = getattr(held, name)
            if name == "vehicle_type" and not of_road:
                continue  # trains, ships and aircraft have types of their own
            if value is not None and not _matches(names, value):
                faults.add(
                    f"Entry {number} of `[[accounting.held]]` must name a {name} of the run: "
                    f"{value!r} found, it has {listed(names)}."
                )
    faults.raise_any()


def _matches(names: Iterable[str], value: str) -> bool:
    return any(fnmatchcase(str(name), value) for name in names)
