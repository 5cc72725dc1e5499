"""Processes that are added to the base factors of a run: cold starts, evaporation and the like."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from transmod.inputs.profiles import ProfileSet
from transmod.model.additions import Addition, Case, Curves, R, to_trips
from transmod.model.additives import add_lubricant, add_urea
from transmod.model.cold_start import add_cold_start
from transmod.model.evaporation import add_running_losses
from transmod.model.factors import Factors
from transmod.model.hot_shares import add_shares, degrade
from transmod.traffic.climate import Climate

_ADDED: dict[str, Callable[[Case], Addition]] = {
    "cold_start": add_cold_start,
    "evaporation": add_running_losses,
    "lubricant": add_lubricant,
    "urea": add_urea,
}
# a process of the ledger that is switched with another one
_SWITCHED_WITH = {"grid_losses": "electricity"}


def add_processes(
    factors: Factors,
    profiles: ProfileSet,
    streams: Sequence[tuple[str, str]],
    climate: Climate,
    processes: Sequence[str],
    *,
    trip_length_km: Mapping[str, float] | float,
    mileage_km: float | None = None,
) -> Factors:
    """
    Add the processes of a run to its base factors, and leave out those it does not count.

    Parameters
    ----------
    factors : Factors
        Of J types, seasons not told apart.
    profiles : ProfileSet
        The set that they are of.
    streams : sequence of (str, str)
        C streams.
    climate : Climate
        S seasons.
    processes : sequence of str
        Some of `schema.ROAD_PROCESSES`.
    trip_length_km : float or mapping
        See `additions.to_trips`.
    mileage_km : float, optional
        Mean mileage of the fleet [km]: hot exhaust degrades up to it.

    Returns
    -------
    Factors
        With situations S x R, and a scale where some factor holds in part.
    """
    if mileage_km is not None:
        factors = degrade(factors, profiles, mileage_km)
    trips = to_trips(streams, trip_length_km)
    curves = Curves(factors.curve)
    case = Case(factors, profiles, tuple(streams), trips, climate, curves)
    added = [add_shares(case)]
    notes = []
    for name, add in _ADDED.items():
        if name in processes:
            addition = add(case)
            added.append(addition)
            notes += _say_lacking(name, addition, case)
    notes += _say_not_estimated(added, case)
    return _keep(_join(factors, added, case, tuple(notes)), processes)


def _say_lacking(name: str, addition: Addition, case: Case) -> list[str]:
    """Say which types of a run have no figures of a process."""
    if not addition.lacking:
        return []
    note = (
        f"Not estimated (NE): {name} of {len(addition.lacking)} of {len(case.factors.types)} "
        f"vehicle types, first {addition.lacking[0]}; without rows."
    )
    return [note]


def _say_not_estimated(added: Sequence[Addition], case: Case) -> list[str]:
    notes = []
    for addition in added:
        for q, (process, pollutant) in enumerate(addition.quantities):
            names = case.factors.types.loc[~addition.estimated[:, q], "vehicle_type"]
            if len(names):
                notes.append(
                    f"Not estimated (NE): {process} {pollutant} of {len(names)} of "
                    f"{len(case.factors.types)} vehicle types, first {names.iloc[0]}."
                )
    return notes


def _join(
    factors: Factors, added: Sequence[Addition], case: Case, notes: tuple[str, ...]
) -> Factors:
    n_seasons, n_types = case.climate.n_seasons, len(factors.types)
    base = np.ones((len(case.streams), n_seasons, n_types, len(factors.quantities)))
    return replace(
        factors,
        quantities=(*factors.quantities, *(q for a in added for q in a.quantities)),
        curve=case.curves.table(),
        index=np.concatenate(
            [np.tile(factors.index, (1, 1, n_seasons, 1)), *(a.index for a in added)], axis=1
        ),
        scope=np.concatenate(
            [factors.scope, *(np.ones(a.estimated.shape, np.int8) for a in added)], axis=1
        ),
        carrier=np.concatenate([factors.carrier, *(a.carrier for a in added)], axis=1),
        estimated=np.concatenate([factors.estimated, *(a.estimated for a in added)], axis=1),
        scale=np.concatenate([base, *(a.scale for a in added)], axis=3),
        notes=(*factors.notes, *notes),
    )


def _keep(factors: Factors, processes: Sequence[str]) -> Factors:
    """Leave out the quantities of processes that are switched off."""
    kept = [
        q for q, (process, _) in enumerate(factors.quantities)
        if _SWITCHED_WITH.get(process, process) in processes
    ]  # fmt: skip
    assert factors.scale is not None
    assert factors.index.shape[2] % R == 0
    return replace(
        factors,
        quantities=tuple(factors.quantities[q] for q in kept),
        index=factors.index[:, kept],
        scope=factors.scope[:, kept],
        carrier=factors.carrier[:, kept],
        estimated=factors.estimated[:, kept],
        scale=factors.scale[..., kept],
    )
