"""Whether what a scenario says is uncertain can be found in the run."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from fnmatch import fnmatchcase

from transmod.errors import Faults
from transmod.inputs.checks import listed
from transmod.inputs.energy_tables import FREIGHT_CLASSES
from transmod.inputs.profiles import ProfileSet
from transmod.model.factors import Factors
from transmod.scenario import Scenario
from transmod.schema import POLLUTANTS, SUBSECTORS


def check_uncertain(
    profiles: ProfileSet,
    factors: Factors,
    streams: Sequence[tuple[str, str]],
    *,
    scenario: Scenario,
) -> None:
    """
    Make sure that uncertain inputs name classes that drive and error groups that there are.

    Raises
    ------
    InputError
        With every fault.
    """
    choice = scenario.uncertainty
    if choice is None:
        return
    from transmod.model.error_groups import find_error_groups

    faults = Faults()
    driving = sorted({name for name, _ in streams})
    groups = {name for names in find_error_groups(profiles, factors).ravel() for name in names}
    groups |= {f"{sector}_{name}" for sector in SUBSECTORS[1:] for name in POLLUTANTS}
    groups.add("evaporation_parked")
    for one in choice.inputs:
        known = [name for name in driving if one.of != "loads" or name in FREIGHT_CLASSES]
        if one.vehicle_class is not None and one.vehicle_class not in known:
            faults.add(
                f"`uncertainty.inputs` {one.to_input().title!r} must match driving vehicles: "
                f"{one.vehicle_class} not found. Classes: {listed(known)}."
            )
        pattern = one.error_group
        if pattern is not None and not any(fnmatchcase(name, pattern) for name in groups):
            near = difflib.get_close_matches(pattern, sorted(groups), n=3, cutoff=0.3)
            faults.add(
                f"`uncertainty.inputs` {one.to_input().title!r} must match factors of the run: "
                f"none does. Near: {', '.join(near) or 'none'}."
            )
    faults.raise_any()
