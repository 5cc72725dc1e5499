"""Processes: what a run counts beside hot exhaust, electricity and wear, and what it leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from transmod.errors import InputError
from transmod.inputs.profiles import ProfileSet
from transmod.schema import ROAD_PROCESSES

BY_TEMPERATURE = ("cold_start", "evaporation")
# what a set may have no figures of
_MAY_LACK = (*BY_TEMPERATURE, "lubricant", "urea")


def find_processes(
    profiles: ProfileSet, wanted: Sequence[str] | None, *, has_climate: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """
    Find which processes a run counts.

    Parameters
    ----------
    profiles : ProfileSet
        Says what it has figures of.
    wanted : sequence of str, optional
        Some of `schema.ROAD_PROCESSES`; default: all that the inputs allow.
    has_climate : bool
        Whether temperatures are given.

    Returns
    -------
    tuple of str, tuple of str
        The processes, and notes that name them and those left out.

    Raises
    ------
    InputError
        If a process is asked for that the inputs do not allow.
    """
    why = {}
    for name in ROAD_PROCESSES:
        if name in _MAY_LACK and name not in profiles.added_processes:
            why[name] = f"the set {profiles.name} has no figures"
        elif name in BY_TEMPERATURE and not has_climate:
            why[name] = "`climate.temperature_c` is not given"
    barred = [f"{name} ({why[name]})" for name in wanted or () if name in why]
    if barred:
        raise InputError(
            f"`profiles.processes` must be possible with the inputs: {', '.join(barred)} is not."
        )
    chosen = wanted or ROAD_PROCESSES
    on = tuple(name for name in ROAD_PROCESSES if name in chosen and name not in why)
    off = [
        f"{name} ({why.get(name, 'not asked for')})" for name in ROAD_PROCESSES if name not in on
    ]
    notes = [f"Processes: {', '.join(on)}." + (f" Off: {'; '.join(off)}." if off else "")]
    return on, tuple(notes)
