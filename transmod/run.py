"""The pipeline of a run, from files to files, and the commands that go with it."""

from __future__ import annotations

import time
from calendar import isleap
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pandas as pd

from transmod import __version__
from transmod.accounts.attribution import list_attribution
from transmod.accounts.checks import (
    Check,
    ResultTables,
    assert_closed,
    close_calendar,
    close_cut,
    close_laws,
)
from transmod.accounts.cross_walk import cross_walk
from transmod.accounts.inventory import to_inventory, totals
from transmod.accounts.ledger import join_rows, post, to_energy_table, to_table
from transmod.accounts.memo_checks import close_memo_map
from transmod.accounts.overlaps import find_overlaps
from transmod.errors import InputError
from transmod.inputs.hashes import sha256_file
from transmod.inputs.network import Network
from transmod.inputs.results import MANIFEST, RESULTS, Difference, read_manifest, verify_files
from transmod.inputs.shipped import find_shipped
from transmod.intake.factors import PROFILES
from transmod.intake.inputs import Inputs, hash_inputs, read_inputs
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
from transmod.outputs.folder import repair, results_folder
from transmod.outputs.manifest import write_run_log
from transmod.outputs.results import Caption, Results, write_results
from transmod.scenario import read_scenario
from transmod.schema import CRAWL_KMH, NO_DISTRICT, NODES_PER_KMH
from transmod.source_results import compute_sources
from transmod.traffic.calendar import Calendar

Progress = Callable[[str, float | None], None]


def be_quiet(_step: str, _share: float | None = None) -> None:
    """Tell nobody how far a run is."""


@dataclass(frozen=True)
class RunFacts:
    """What a run came to: its state, totals, checks and notes."""

    run: str
    state: str  # computed, up to date
    totals: dict[str, Any]
    checks: list[dict[str, Any]]
    notes: list[str]
    seconds: float
    repaired: list[str] = field(default_factory=list)


def verify(run: Path) -> list[Difference]:
    """Compare the inputs and results of a run with the hashes in its manifest."""
    repair(Path(run))
    return verify_files(Path(run), {PROFILES: find_shipped(PROFILES)})


def run(
    run: Path,
    *,
    threads: int | None = None,
    force: bool = False,
    progress: Progress = be_quiet,
) -> RunFacts:
    """
    Compute the emissions of a run and write `results/`.

    Parameters
    ----------
    run : Path
        Folder with a `scenario.toml`.
    threads : int, optional
        Threads of the kernels; default: all. The number changes no bit of the results.
    force : bool
        Compute again although results of other inputs are there.
    progress : callable
        Told the step, and which share of it is done where that is known.

    Raises
    ------
    InputError
        If an input is faulty, or results of other inputs are there and `force` is not set.
    CheckError
        If a law of the results does not hold. Nothing is written.
    """
    run = Path(run)
    started, clock = datetime.now(UTC), _Clock(progress)
    repaired = repair(run)
    former = None if force else _former_results(run)
    if former is not None:
        return RunFacts(
            str(run), "up to date", former["totals"], former["checks"], former["notes"],
            clock.seconds, repaired,
        )  # fmt: skip
    with _threads(threads) as n_threads:
        clock.begin("inputs")
        inputs = read_inputs(run)
        is_drawn = "figures" in inputs.scenario.outputs
        with pick_up_pen() if is_drawn else nullcontext() as pen:
            results = compute(inputs, clock.begin)
            assert_closed(results.checks)
            with results_folder(run) as folder:
                write_results(
                    folder,
                    results,
                    _caption(inputs),
                    pen=pen,
                    inputs=inputs.hashes,
                    options=inputs.scenario.to_options(),
                    progress=clock.begin,
                )
                write_run_log(
                    folder / "run.log.json", started=started, steps=clock.steps(),
                    threads=n_threads,
                )  # fmt: skip
    return RunFacts(
        str(run), "computed", results.totals, [vars(c) for c in results.checks],
        list(results.notes), clock.seconds, repaired,
    )  # fmt: skip


def compute(inputs: Inputs, progress: Progress = be_quiet) -> Results:
    """Compute all tables of a run: the way of a vehicle-kilometre through the house."""
    network, scenario = inputs.network, inputs.scenario
    area_ids = [*network.districts["district_id"], NO_DISTRICT]
    progress("overlay", None)
    pieces = cut_links(network, inputs.grid)
    rows = to_rows(pieces, len(area_ids))

    progress("activity", None)
    shares, which = area_shares(inputs.fleet, area_ids)
    with_cells = any(name in scenario.outputs for name in ("grid", "figures"))
    with_links = with_cells or "links" in scenario.outputs
    factor = None
    if with_links:
        factor = link_factors(
            inputs.volumes.streams, inputs.situation.gradients, inputs.factors, shares
        )
    activity = measure(
        network, rows, inputs.volumes, inputs.calendar, inputs.shapes, inputs.situation,
        inputs.speeds, measured=inputs.measured, factor=factor, fleet=which,
        progress=lambda done, of: progress("activity", done / of),
    )  # fmt: skip

    progress("emissions", None)
    road = road_emissions(activity, inputs.factors, shares, which, area_ids)
    beside = compute_sources(inputs.sources)
    inventory, memo = post(
        join_rows([road.emission_rows, inputs.parked, *(source.emissions for source in beside)]),
        join_rows([road.energy_rows, *(source.energy for source in beside)]),
        inputs.rule,
        scenario.accounting.holdings(),
    )
    links = cells = None
    if with_links:
        links = to_link_results(
            network, pieces, rows, activity, area_ids, inputs.volumes.has_volume
        )
    if links is not None and with_cells:
        cells = to_cells(pieces, rows, links)
    memo_map = draw_memo_map(beside, network, inputs.grid if with_cells else None)

    progress("accounts", None)
    driven_outside = _drive_outside(network, pieces, activity)
    vkm = road.activity_rows.groupby("district_id")["vkm"].sum().reset_index()
    tables = ResultTables(
        pieces=to_piece_table(pieces, network),
        spectrum=to_spectrum_table(activity, area_ids),
        activity=road.activity_rows,
        links=links,
        cells=cells,
        ledger=to_table(inventory, memo),
    )
    assert tables.ledger is not None
    return Results(
        network=network,
        tables=tables,
        energy=to_energy_table(inventory, memo, inputs.account.coal),
        inventory=to_inventory(inventory, memo, inputs.account, network.districts, vkm),
        hours=to_hours_table(activity, inputs.calendar),
        mean_days=to_mean_days(activity, inputs.calendar),
        grid=inputs.grid if with_cells else None,
        fraction_in_boundary=(
            fraction_in_boundary(inputs.grid, network.boundary) if with_cells else None
        ),
        memo=memo_map,
        rule=inputs.rule,
        attribution=list_attribution(tables.ledger),
        cross_walk=cross_walk(
            inventory,
            memo,
            road.activity_rows,
            _by_stream(activity, driven_outside),
            **vars(inputs.methods),
        ),
        overlaps=find_overlaps(inventory, memo),
        totals=totals(inventory, memo, inputs.account, float(vkm["vkm"].sum())),
        checks=[
            *_check_laws(inputs, activity, driven_outside, tables),
            *_check_memo(tables.ledger, memo_map),
        ],
        notes=_each_once(
            *inputs.notes,
            *road.notes,
            *(note for source in beside for note in source.notes),
            *_activity_notes(inputs, activity),
        ),
    )


def _each_once(*notes: str) -> tuple[str, ...]:
    """Leave out what was said before: cars, trains and machines have one grid."""
    return tuple(dict.fromkeys(notes))


def _check_laws(
    inputs: Inputs, activity: Activity, driven_outside: np.ndarray, tables: ResultTables
) -> list[Check]:
    """Compare what went in with what came out, on ways that do not share a kernel."""
    calendar = inputs.calendar
    driven = _driven(inputs.network, activity).sum(axis=0)
    return [
        close_calendar(calendar.weight, _hours_of(calendar)),
        *close_cut(
            _by_class(activity, driven), tables.spectrum, _by_class(activity, driven_outside)
        ),
        *close_laws(tables),
    ]


def _check_memo(ledger: pd.DataFrame, memo: MemoMap | None) -> list[Check]:
    """Compare what aircraft and ships do at places with the ledger."""
    return [] if memo is None else close_memo_map(ledger, memo.places, memo.cells)


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


def _by_stream(activity: Activity, vkm: np.ndarray) -> pd.DataFrame:
    """Return the kilometres of streams (C,) with their class and kind of trip."""
    return pd.DataFrame(activity.streams, columns=["vehicle_class", "trip_kind"]).assign(vkm=vkm)


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


def _caption(inputs: Inputs) -> Caption:
    scenario = inputs.scenario
    return Caption(
        title=scenario.title,
        source=(
            f"Volumes {scenario.traffic.origin}; network data: {inputs.network.licence}; "
            f"factors: {inputs.profiles.title}"
        ),
        year=scenario.year,
        period=scenario.calendar.period,
        outputs=scenario.outputs,
    )


def _former_results(run: Path) -> dict[str, Any] | None:
    """
    Return the manifest of results that were computed from the same inputs.

    Raises
    ------
    InputError
        If there are results of other inputs or of another version, or some of their files are
        missing or no longer what they were.
    """
    if not (run / RESULTS / MANIFEST).is_file():
        return None
    manifest = read_manifest(run)
    now = hash_inputs(run, read_scenario(run))
    if manifest["inputs"] == now and manifest["version"] == __version__:
        _require_whole(run, manifest)
        return manifest
    changed = sorted(
        name
        for name in {*now, *manifest["inputs"]}
        if now.get(name) != manifest["inputs"].get(name)
    )
    what = f"{', '.join(changed[:3])} changed" if changed else f"made by {manifest['version']}"
    raise InputError(
        f"{run / RESULTS} must be of the present inputs: {what} ({len(changed)} of {len(now)} "
        f"files). Say --force to replace the results."
    )


def _require_whole(run: Path, manifest: dict[str, Any]) -> None:
    states: dict[str, list[str]] = {"is missing": [], "has changed": []}
    for name, expected in manifest["results"].items():
        path = run / RESULTS / name
        if not path.is_file():
            states["is missing"].append(name)
        elif sha256_file(path) != expected:
            states["has changed"].append(name)
    for state, names in states.items():
        if names:
            raise InputError(
                f"{run / RESULTS} must be whole: {', '.join(names[:3])} {state} ({len(names)} of "
                f"{len(manifest['results'])} files). Say --force to compute the results again."
            )


@contextmanager
def _threads(number: int | None) -> Iterator[int]:
    """Let kernels use this many threads."""
    most = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    if number is not None and not 1 <= number <= most:
        raise InputError(f"--threads must be from 1 to {most} on this machine: found {number}.")
    before = numba.get_num_threads()
    numba.set_num_threads(number or most)
    try:
        yield numba.get_num_threads()
    finally:
        numba.set_num_threads(before)


class _Clock:
    """Times the steps of a run and passes them on."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._start = time.perf_counter()
        self._begun: list[tuple[str, float]] = []

    def begin(self, step: str, share: float | None = None) -> None:
        """Note that a step begins, or how far it is."""
        if not self._begun or self._begun[-1][0] != step:
            self._begun.append((step, time.perf_counter()))
        self._progress(step, share)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start

    def steps(self) -> dict[str, float]:
        """Return the seconds of each step so far."""
        ends = [begin for _, begin in self._begun[1:]] + [time.perf_counter()]
        return {name: end - begin for (name, begin), end in zip(self._begun, ends, strict=True)}
