"""The link pass of a run: from its inputs to all its tables."""

from __future__ import annotations

import gc
from calendar import isleap
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import numba
import numpy as np
import pandas as pd

from transmod.accounts.books import keep_books
from transmod.accounts.checks import (
    Check,
    ResultTables,
    close_calendar,
    close_cut,
    close_laws,
)
from transmod.accounts.memo_checks import close_memo_map
from transmod.columns import Columns
from transmod.errors import InputError
from transmod.exchange import from_frame
from transmod.inputs.link_pass import LinkPass
from transmod.inputs.network import Network
from transmod.intake.inputs import Inputs, read_inputs
from transmod.model.activity import Activity, measure
from transmod.model.grid import fraction_in_boundary
from transmod.model.link_factors import link_factors
from transmod.model.links import to_cells, to_link_results
from transmod.model.memo_maps import MemoMap, draw_memo_map
from transmod.model.overlay import Pieces, cut_links
from transmod.model.overlay import to_table as to_piece_table
from transmod.model.road import area_shares, road_emissions
from transmod.model.rows import to_rows
from transmod.model.spectrum_tables import to_hours_table, to_mean_days, to_spectrum_table
from transmod.outputs.drawing import pick_up_pen
from transmod.outputs.results import Results, write_results
from transmod.pipeline.clock import Progress, be_quiet
from transmod.pipeline.sources import compute_sources
from transmod.pipeline.state import Computed, each_once, to_caption
from transmod.pipeline.uncertainty import to_driven_links, with_uncertainty
from transmod.schema import CRAWL_KMH, NODES_PER_KMH
from transmod.traffic.calendar import Calendar


@contextmanager
def drive_links(
    run: Path,
    *,
    threads: int | None = None,
    progress: Progress = be_quiet,
    note: str | None = None,
) -> Iterator[Computed]:
    """
    Read the inputs of a run and drive its links; a `note` comes first among its notes.

    Yields
    ------
    Computed
        Its figures are drawn beside the tables, by a process that waits as long.

    Raises
    ------
    InputError
        With every fault of every input.
    """
    progress("inputs", None)
    inputs = read_inputs(run)
    is_drawn = "figures" in inputs.scenario.outputs
    with (
        _lay_aside(),
        _use_threads(threads) as n_threads,
        pick_up_pen() if is_drawn else nullcontext() as pen,
    ):
        results = compute(inputs, progress)
        if note is not None:
            results = replace(results, notes=(note, *results.notes))
        caption = to_caption(inputs.scenario, inputs.network.licence, inputs.driving.profiles.title)

        def write(folder: Path, tell: Progress) -> None:
            write_results(
                folder, results, caption, pen=pen, inputs=inputs.hashes,
                options=inputs.scenario.to_options(), progress=lambda step: tell(step, None),
            )  # fmt: skip

        yield Computed(results.books, results.checks, results.notes, write, n_threads)


def compute(inputs: Inputs, progress: Progress = be_quiet) -> Results:
    """Compute all tables of a run: the way of a vehicle-kilometre through the house."""
    network, scenario = inputs.network, inputs.scenario
    districts, areas = inputs.areas.districts, inputs.areas
    progress("overlay", None)
    pieces = cut_links(network, inputs.grid)
    rows = to_rows(pieces, len(districts))

    progress("activity", None)
    shares, which = area_shares(inputs.driving.fleet, areas.district_ids, areas.zone_names)
    with_cells = any(name in scenario.outputs for name in ("grid", "figures"))
    with_links = with_cells or "links" in scenario.outputs
    factor = None
    if with_links:
        factor = link_factors(
            inputs.volumes.streams, inputs.situation.gradients, inputs.driving.factors, shares
        )
    activity = measure(
        network, areas.cut(rows), inputs.volumes, inputs.calendar, inputs.shapes,
        inputs.situation, inputs.speeds, measured=inputs.measured, factor=factor, fleet=which,
        progress=lambda done, of: progress("activity", done / of),
    )  # fmt: skip

    progress("emissions", None)
    road = road_emissions(activity, inputs.driving.factors, shares, which, areas.district_ids)
    beside = compute_sources(inputs.sources)
    links = cells = None
    if with_links:
        links = to_link_results(
            network, pieces, rows, activity, districts, inputs.volumes.has_volume
        )
    if links is not None and with_cells:
        cells = to_cells(pieces, rows, links)
    memo_map = draw_memo_map(beside, network, inputs.grid if with_cells else None)

    progress("accounts", None)
    driven_outside = _drive_outside(network, pieces, activity)
    outside = _by_stream(activity, driven_outside)
    places = from_frame(network.districts[["district_id", "name"]])
    books = keep_books(
        [
            road.emission_rows,
            inputs.driving.parked,
            *(from_frame(source.emissions) for source in beside),
        ],
        [road.energy_rows, *(from_frame(source.energy) for source in beside)],
        road.activity_rows,
        outside,
        places,
        inputs.driving.basis,
    )
    books = with_uncertainty(
        books, activity, road.activity_rows, areas, inputs.driving, inputs.calendar,
        scenario=scenario, links=lambda: to_driven_links(network, pieces, activity),
    )  # fmt: skip
    tables = ResultTables(
        pieces=to_piece_table(pieces, network),
        spectrum=to_spectrum_table(activity, areas.district_ids, areas.zone_names),
        activity=road.activity_rows,
        links=links,
        cells=cells,
        ledger=books.ledger,
    )
    checks = _check_cut(inputs, activity, driven_outside, tables.spectrum)
    link_pass = LinkPass(
        streams=activity.streams,
        layout=inputs.calendar.layout,
        n_seasons=inputs.situation.n_seasons,
        gradients=inputs.driving.factors.gradients,
        zones=areas.zones,
        districts=places,
        outside=outside,
        licence=network.licence,
        notes=each_once(
            *inputs.link_notes,
            *inputs.findings,
            *(note for source in beside for note in source.notes),
            *_activity_notes(inputs, activity),
        ),
        checks=tuple(vars(check) for check in checks),
    )
    return Results(
        network=network,
        tables=tables,
        books=books,
        hours=to_hours_table(activity, inputs.calendar),
        mean_days=to_mean_days(activity, inputs.calendar),
        grid=inputs.grid if with_cells else None,
        fraction_in_boundary=(
            fraction_in_boundary(inputs.grid, network.boundary) if with_cells else None
        ),
        memo=memo_map,
        rule=inputs.driving.basis.rule,
        link_pass=link_pass,
        checks=[*checks, *close_laws(tables), *_check_memo(books.ledger, memo_map)],
        notes=each_once(*inputs.notes, *road.notes, *books.notes, *link_pass.notes),
    )


@contextmanager
def _lay_aside() -> Iterator[None]:
    """
    Let the search for garbage leave out what is there: it stays until the run is done.

    To look through the inputs and all libraries again and again took 0.35 s of a run.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _use_threads(number: int | None) -> Iterator[int]:
    """Let kernels use this many threads; all, where None is given."""
    most = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    if number is not None and not 1 <= number <= most:
        raise InputError(f"--threads must be from 1 to {most} on this machine: found {number}.")
    before = numba.get_num_threads()
    numba.set_num_threads(number or most)
    try:
        yield numba.get_num_threads()
    finally:
        numba.set_num_threads(before)


def _check_cut(
    inputs: Inputs, activity: Activity, driven_outside: np.ndarray, spectrum: pd.DataFrame
) -> list[Check]:
    """Compare what went in with what was driven, on ways that do not share a kernel."""
    calendar = inputs.calendar
    driven = _driven(inputs.network, activity).sum(axis=0)
    return [
        close_calendar(calendar.weight, _hours_of(calendar)),
        *close_cut(_by_class(activity, driven), spectrum, _by_class(activity, driven_outside)),
    ]


def _check_memo(ledger: Columns, memo: MemoMap | None) -> list[Check]:
    """Compare what aircraft and ships do at places with the ledger."""
    if memo is None:
        return []
    at_point = ledger[ledger["location"] == "point"].to_frame()
    return close_memo_map(at_point, memo.places, memo.cells)


def _driven(network: Network, activity: Activity) -> np.ndarray:
    """Return the kilometres of each link and stream (L, C), before cutting [veh km]."""
    return activity.vehicles * (network.links["length_m"].to_numpy(np.float64) / 1e3)[:, None]


def _drive_outside(network: Network, pieces: Pieces, activity: Activity) -> np.ndarray:
    """Return the kilometres of each stream (C,) beyond the boundary [veh km]."""
    is_outside = pieces.district == len(network.districts) + 1
    fraction = np.bincount(
        pieces.link[is_outside], pieces.fraction[is_outside], minlength=len(network.links)
    )
    # not by BLAS, whose bits depend on its threads
    return (fraction[:, None] * _driven(network, activity)).sum(axis=0)


def _hours_of(calendar: Calendar) -> float:
    """Return the hours of the period, counted without the calendar's slots."""
    days = {"year": 366 if isleap(calendar.year) else 365, "day": 1}
    return 24.0 * days[calendar.period] if calendar.period in days else 1.0


def _by_class(activity: Activity, vkm: np.ndarray) -> dict[str, float]:
    """Add the kilometres of streams (C,) up by vehicle class."""
    classes = np.array([name for name, _ in activity.streams])
    return {str(name): float(vkm[classes == name].sum()) for name in np.unique(classes)}


def _by_stream(activity: Activity, vkm: np.ndarray) -> Columns:
    """Return the kilometres of streams (C,) with their class and kind of trip."""
    classes, kinds = ([stream[i] for stream in activity.streams] for i in (0, 1))
    return Columns({"vehicle_class": classes, "trip_kind": kinds, "vkm": vkm})


def _activity_notes(inputs: Inputs, activity: Activity) -> Iterator[str]:
    """Say what the link pass held or found odd."""
    total = activity.spectrum.sum()
    slow = activity.spectrum[..., : int(CRAWL_KMH * NODES_PER_KMH), :].sum()
    if total > 0.0 and slow > 0.0:
        share = f"{100.0 * slow / total:.2g}"
        yield f"{share} % of vehicle-kilometres are driven below {CRAWL_KMH:g} km/h."
    if activity.n_too_fast:
        yield f"{activity.n_too_fast} link-hours are faster than the last speed node: held there."
    if inputs.situation.n_held:
        yield (
            f"{inputs.situation.n_held} links are steeper than the published factors reach "
            f"(6 %): held there."
        )
