"""The errors of factors behind the rows of a ledger, by the error groups they stand on."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.accounts.products import Multipliers
from transmod.accounts.uncertain_rows import Rows
from transmod.errors import Faults, InputError
from transmod.inputs.checks import listed
from transmod.inputs.tables import read_shipped_table
from transmod.model.draws import PARAMETERS, Distribution, to_distribution
from transmod.model.error_groups import GRID, GRID_LOSSES
from transmod.model.road_response import RoadResponse
from transmod.model.uncertain_inputs import UncertainInput

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RoadGround:
    """
    What stands behind the road traffic of a ledger.

    `streams` (C) of vehicle class and trip kind; `districts` by position; `types` (J rows) and
    `quantities` (Q) of the factors, with `groups` (J, Q), the error groups of each; `shares` of
    types as `model.spectrum_emissions.driven_shares` gives them; `response` drives the spectrum
    with other factors; `links` gives `district_id`, `vehicle_class`, `road_class` and `vkm` of
    each link [veh km].
    """

    streams: tuple[tuple[str, str], ...]
    districts: tuple[str, ...]
    types: pd.DataFrame
    quantities: tuple[tuple[str, str], ...]
    groups: NDArray[np.object_]
    shares: pd.DataFrame
    response: RoadResponse
    links: Callable[[], pd.DataFrame]


def lay_factors(
    rows: Rows,
    columns: Multipliers,
    ground: RoadGround,
    inputs: Sequence[UncertainInput],
    *,
    defaults: bool,
    faults: Faults,
) -> None:
    """
    Multiply rows by the errors of the groups that their factors stand on.

    Parameters
    ----------
    rows, columns, ground
        Of the model that is laid.
    inputs : sequence of UncertainInput
        Those of factors and of grid electricity.
    defaults : bool
        Whether groups that no input names have the shipped distributions.
    faults : Faults
        Takes what is wrong.
    """
    shipped = _read_defaults() if defaults else []
    used: set[int] = set()
    seen: set[str] = set()
    for names, pollutant, chosen in _by_groups(rows, ground):
        for name in names:
            seen.add(name)
            found = [i for i, one in enumerate(inputs) if _is_of(one, name, pollutant)]
            used |= set(found)
            if len(found) > 1:
                pair = " and ".join(_name(inputs[i]) for i in found[:2])
                fault = f"Error group {name} must have one distribution: named by {pair}."
                if fault not in faults.sentences:
                    faults.add(fault)
            known = inputs[found[0]].distribution if found else _find(shipped, name, pollutant)
            if known is not None:
                rows.multiply(chosen, columns.draw(name, known, name))
    for i, one in enumerate(inputs):
        if i not in used:
            near = difflib.get_close_matches(one.error_group, sorted(seen), n=3, cutoff=0.3)
            faults.add(
                f"{_name(one)} must match factors of the run: none does. "
                f"Near: {', '.join(near) or 'none'}. Groups: {listed(sorted(seen))}."
            )


def _by_groups(rows: Rows, ground: RoadGround) -> Iterator[tuple[tuple[str, ...], str, Integers]]:
    """Yield error groups, substance and rows (N,) that have both."""
    quantities = ground.quantities
    code = rows.codes(
        "subsector", "location", "activity", "fuel", "vehicle_type", "process", "pollutant"
    )
    order = np.argsort(code, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(code[order])) + 1)
    place = {name: j for j, name in enumerate(ground.types["vehicle_type"])}
    together: dict[tuple[tuple[str, ...], str], list[Integers]] = {}
    for part in parts:
        i = part[0]
        pollutant = str(rows["pollutant"][i])
        if rows.is_driven[i]:
            q = quantities.index((rows["process"][i], pollutant))
            names = ground.groups[place[rows["vehicle_type"][i]], q]
        else:
            names = _groups_beside(rows, i)
        together.setdefault((names, pollutant), []).append(part)
    for (names, pollutant), found in sorted(together.items()):
        yield names, pollutant, np.sort(np.concatenate(found))


def _groups_beside(rows: Rows, i: int) -> tuple[str, ...]:
    """Return the error groups of a row that does not come from the spectrum."""
    if rows["fuel"][i] == "electricity":
        lost = str(rows["activity"][i]).endswith(GRID_LOSSES)
        return (GRID, GRID_LOSSES) if lost else (GRID,)
    if rows["subsector"][i] != "road":
        return (f"{rows['subsector'][i]}_{rows['pollutant'][i]}",)
    return ("evaporation_parked",) if rows["process"][i] == "evaporation" else ()


def _is_of(one: UncertainInput, group: str, pollutant: str) -> bool:
    if one.of == "grid":
        return group == GRID
    return fnmatchcase(group, one.error_group) and one.pollutant in (None, pollutant)


def _find(
    shipped: Sequence[tuple[str, str, Distribution]], group: str, pollutant: str
) -> Distribution | None:
    return next(
        (
            distribution
            for pattern, substance, distribution in shipped
            if fnmatchcase(group, pattern) and fnmatchcase(pollutant, substance)
        ),
        None,
    )


def _read_defaults() -> list[tuple[str, str, Distribution]]:
    """Return the shipped uncertainties: pattern of error groups, of substances, distribution."""
    out = []
    for row in read_shipped_table("accounts", "uncertainty").to_dict("records"):
        given = {name: float(row[name]) for name in PARAMETERS if pd.notna(row.get(name))}
        try:
            distribution = to_distribution(row["distribution"], given)
        except ValueError as error:  # our own table: a test reads it
            raise InputError(f"uncertainty.csv, {row['error_group']}: {error}") from error
        out.append((row["error_group"], row["pollutant"], distribution))
    return out


def _name(one: UncertainInput) -> str:
    return f"`uncertainty.inputs` {one.title!r}"
