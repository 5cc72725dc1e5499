"""Two finished runs: by how much they differ, where, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from transmod.accounts.checks import Check, assert_closed
from transmod.accounts.differences import Bookkeeping, find_causes, to_amounts, to_differences
from transmod.accounts.place_differences import compare_cells, compare_links
from transmod.accounts.shapley import METHOD
from transmod.comparison.options import (
    OptionDifference,
    compare_options,
    network_hash,
    set_name,
    set_tables,
)
from transmod.comparison.side import (
    ComparedRun,
    Side,
    energy_beside,
    name_run,
    read_side,
    require_present,
    rows_beside,
)
from transmod.errors import CheckError, InputError
from transmod.inputs.results import has_result, read_result_grid, read_result_table
from transmod.intake.factors import ask_factors, recall_factors
from transmod.intake.inputs import Inputs
from transmod.intake.processes import choose_processes, lay_climate, with_mileage
from transmod.intake.source_files import MOVEMENTS
from transmod.intake.stock import use_economy
from transmod.model.electric import find_grid_factor, find_grid_losses
from transmod.model.factors import Factors
from transmod.model.spectrum_terms import RoadSide, road_terms
from transmod.model.terms import terms_of_rows
from transmod.outputs.comparison import ComparisonTables, check_folder, write_comparison
from transmod.outputs.wording import tell_apart
from transmod.profiles import recall_profiles
from transmod.schema import POLLUTANTS

if TYPE_CHECKING:
    import geopandas as gpd

    from transmod.accounts.place_differences import CellDifferences
    from transmod.inputs.network import Network


@dataclass(frozen=True, eq=False)
class RunComparison:
    """
    By how much two runs differ, and why.

    `differences`, `causes` and `types` are `schema.DIFFERENCES`, `schema.CAUSES_OF_DIFFERENCES` and
    `schema.CAUSES_BY_TYPE`; `links` and `cells` are None where they cannot be compared, which
    `notes` explain. `network` is that of run B, for maps.
    """

    a: ComparedRun
    b: ComparedRun
    method: str
    options: tuple[OptionDifference, ...]
    differences: pd.DataFrame
    causes: pd.DataFrame
    types: pd.DataFrame
    links: gpd.GeoDataFrame | None
    cells: CellDifferences | None
    network: Network
    checks: tuple[Check, ...]
    notes: tuple[str, ...]

    @property
    def titles(self) -> tuple[str, str]:
        """What a reader knows A and B by: their titles, with the folder where these are equal."""
        a, b = tell_apart((self.a.title, self.b.title), (self.a.name, self.b.name))
        return a, b

    @property
    def warnings(self) -> tuple[OptionDifference, ...]:
        """What differs in method, or in what is compared."""
        return tuple(one for one in self.options if one.warning is not None)


def compare(
    run_a: Path, run_b: Path, *, out: Path | None = None, pollutant: str = "co2"
) -> RunComparison:
    """
    Compare two finished runs: differences by place, class, fuel and line, and their causes.

    Parameters
    ----------
    run_a, run_b : Path
        Folders of the runs. Their results must be of their present inputs.
    out : Path, optional
        Folder to write tables, a map of the differences and a figure of the causes to.
    pollutant : str
        What the map shows.

    Raises
    ------
    InputError
        If a run has no results, or its inputs or results are not what they were.
    CheckError
        If the results of a run cannot be computed anew from its inputs and spectrum, or the causes
        do not add up to the difference.

    Notes
    -----
    What a run emits on roads is computed anew from its spectrum, with the fleet and factors of
    either run; sources beside the road come from the ledgers, where energy stands for activity.
    """
    check_pollutant(pollutant)
    if out is not None:
        check_folder(Path(out))  # before all that takes time
    require_present([Path(run_a), Path(run_b)])
    return compare_sides((read_side(Path(run_a)), read_side(Path(run_b))), out, pollutant)


def check_pollutant(name: str) -> None:
    """
    Make sure that a map can show a pollutant.

    Raises
    ------
    InputError
        If it is none that the program knows.
    """
    if name not in POLLUTANTS:
        raise InputError(
            f"The pollutant of a map must be one of {', '.join(POLLUTANTS)}: found {name!r}."
        )


def compare_sides(sides: tuple[Side, Side], out: Path | None, pollutant: str) -> RunComparison:
    """Compare two runs that were read; as `compare`, which says what is raised."""
    notes: list[str] = []
    beside = terms_of_rows(
        [rows_beside(side) for side in sides],
        [energy_beside(side) for side in sides],
        is_same_set=_same_set(sides, MOVEMENTS),
    )
    driven = road_terms(_road_sides(sides), _build_factors(sides, notes))
    books = [
        Bookkeeping(basis.rule, basis.holdings, basis.account.gwp)
        for basis in (side.inputs.driving.basis for side in sides)
    ]
    amounts = [
        to_amounts(side.ledger, side.energy, book.gwp)
        for side, book in zip(sides, books, strict=True)
    ]
    # stream by stream: all terms of a large city would fill the memory
    causes = find_causes(chain(driven, beside), (books[0], books[1]), amounts)
    try:
        assert_closed(causes.checks)
    except CheckError as error:
        raise CheckError(
            f"{error}\nResults that an earlier program computed may differ in a digit: compute "
            f"both anew, transmod run {sides[0].folder} --force and transmod run "
            f"{sides[1].folder} --force."
        ) from error
    notes += _say_not_estimated(sides)
    links = cells = None
    options = compare_options(sides[0].manifest, sides[1].manifest)
    if _can_compare(sides, "links.parquet", notes):
        if network_hash(sides[0].manifest) == network_hash(sides[1].manifest):
            tables = [read_result_table(side.folder, "links") for side in sides]
            links = compare_links(tables[0], tables[1], notes)
        else:
            notes.append("Links are not compared: the runs have different networks.")
    if _can_compare(sides, "grid.nc", notes):
        grids = [read_result_grid(side.folder) for side in sides]
        cells = compare_cells(grids[0], grids[1], notes)
    found = RunComparison(
        a=name_run(sides[0]),
        b=name_run(sides[1]),
        method=METHOD,
        options=options,
        differences=to_differences(amounts, [side.vkm for side in sides], causes.wide),
        causes=causes.places,
        types=causes.types,
        links=links,
        cells=cells,
        network=sides[1].inputs.network,
        checks=causes.checks,
        notes=tuple(notes),
    )
    if out is not None:
        _write(found, sides[1].inputs, Path(out), pollutant)
    return found


def _write(found: RunComparison, inputs: Inputs, out: Path, pollutant: str) -> None:
    cells = found.cells
    write_comparison(
        ComparisonTables(
            differences=found.differences,
            causes=found.causes,
            types=found.types,
            links=found.links,
            cells=None if cells is None else cells.rows,
            cell_size_m=0.0 if cells is None else cells.cell_size_m,
            network=found.network,
            names=found.titles,
            years=(found.a.year, found.b.year),
            period=found.b.period,
            source=name_source(inputs),
            facts=to_facts(found),
        ),
        out,
        pollutant,
    )


def name_source(inputs: Inputs) -> str:
    """Return the source line of figures."""
    return (
        f"{inputs.scenario.traffic.named}; network data: {inputs.network.licence}; "
        f"factors: {inputs.driving.profiles.title}"
    )


def to_facts(found: RunComparison) -> dict[str, Any]:
    """Return what binds a comparison to its runs, and what a reader must know of it."""
    return {
        "a": vars(found.a),
        "b": vars(found.b),
        "method": found.method,
        "warnings": [vars(one) for one in found.warnings],
        "changes": [vars(one) for one in found.options if one.warning is None],
        "checks": [vars(check) for check in found.checks],
        "notes": list(found.notes),
    }


def _road_sides(sides: tuple[Side, Side]) -> tuple[RoadSide, RoadSide]:
    found = []
    for side in sides:
        inputs = side.inputs
        found.append(
            RoadSide(
                spectrum=side.spectrum,
                fleet=inputs.driving.fleet,
                streams=tuple(inputs.volumes.streams),
                kg_per_kwh=_kg_per_kwh(inputs),
                loss_share=_loss_share(inputs),
            )
        )
    return found[0], found[1]


def _kg_per_kwh(inputs: Inputs) -> float | None:
    choice = inputs.scenario.profiles
    return find_grid_factor(
        inputs.driving.profiles, inputs.scenario.year, choice.electricity_area,
        choice.electricity_year, choice.electricity_kg_per_kwh, [],
    )  # fmt: skip


def _loss_share(inputs: Inputs) -> float | None:
    choice = inputs.scenario.profiles
    year = choice.electricity_year or inputs.scenario.year
    return find_grid_losses(
        inputs.driving.profiles, choice.electricity_area, year, choice.grid_loss_share, []
    )


def _same_set(sides: tuple[Side, Side], name: str | None = None) -> bool:
    tables = [set_tables(s.manifest, name or set_name(s.manifest)) for s in sides]
    return tables[0] == tables[1]


def _build_factors(sides: tuple[Side, Side], notes: list[str]) -> dict[tuple[int, int], Factors]:
    """Return the factors of all types of both fleets, by whose settings and whose set."""
    own = tuple(_factors_of(side, side, sides, notes) for side in sides)
    factors = {(d, d): own[d] for d in (0, 1)}
    if _same_set(sides):
        return factors | {(0, 1): own[0], (1, 0): own[1]}
    try:
        crossed = {
            (f, m): _factors_of(sides[f], sides[m], sides, notes) for f, m in ((0, 1), (1, 0))
        }
    except InputError as error:
        notes.append(
            "What other settings did is counted as `method`: the set of one run does not work with "
            f"the settings of the other ({error.faults[0]})"
        )
        crossed = {(0, 1): own[1], (1, 0): own[0]}
    return factors | crossed


def _factors_of(side: Side, of_set: Side, sides: Sequence[Side], notes: list[str]) -> Factors:
    """Build factors by the settings of one run and the set of another, of all types it knows."""
    inputs, scenario = side.inputs, side.inputs.scenario
    profiles = with_mileage(
        recall_profiles(of_set.inputs.driving.profiles.folder), scenario=scenario
    )
    processes = choose_processes(profiles, scenario=scenario)
    climate = lay_climate(inputs.calendar, processes, scenario=scenario)
    known = set(profiles.types["vehicle_type"])
    wanted = sorted({name for s in sides for name in s.inputs.driving.fleet.types} & known)
    gradients = sorted({g for s in sides for g in s.inputs.driving.factors.gradients})
    if _kg_per_kwh(inputs) is None:
        # no type of this run charges: what it would charge with stands in no amount of it
        other = next((kg for s in sides if (kg := _kg_per_kwh(s.inputs)) is not None), None)
        choice = scenario.profiles.model_copy(update={"electricity_kg_per_kwh": other})
        scenario = scenario.model_copy(update={"profiles": choice})

    def build(types: Sequence[str]) -> Factors:
        fleet = replace(inputs.driving.fleet, types=tuple(types))
        asked = ask_factors(
            fleet, inputs.calendar, inputs.volumes.streams, climate, processes, gradients,
            scenario=scenario,
        )  # fmt: skip
        return use_economy(fleet, recall_factors(profiles, asked), scenario=scenario)

    try:
        return build(wanted)
    except InputError as error:
        own = [name for name in wanted if name in inputs.driving.fleet.types]
        if len(own) == len(wanted):
            raise
        notes.append(
            f"Types that {side.folder.name} does not drive keep the factors of the other run: "
            f"{error.faults[0]}"
        )
        return build(own)


def _say_not_estimated(sides: tuple[Side, Side]) -> list[str]:
    """Say which substances one run has no figure of, where the other has one."""
    keys = ["activity", "process", "pollutant"]
    found: list[set[tuple[Any, ...]]] = []
    for side in sides:
        lacking = side.ledger[side.ledger["mass_t"].isna()]
        found.append(set(lacking[keys].itertuples(index=False, name=None)))
    notes = []
    for name, own, other in (("A", found[0], found[1]), ("B", found[1], found[0])):
        alone = sorted(own - other)
        if alone:
            activity, process, pollutant = alone[0]
            notes.append(
                f"Not estimated (NE) for some types in run {name} alone, counted as nothing there: "
                f"{len(alone)} substances, first {pollutant} of {process} ({activity})."
            )
    return notes


def _can_compare(sides: tuple[Side, Side], name: str, notes: list[str]) -> bool:
    lacking = [side.folder.name for side in sides if not has_result(side.folder, name)]
    if lacking:
        notes.append(f"{name} is not compared: {' and '.join(lacking)} did not write it.")
    return not lacking
