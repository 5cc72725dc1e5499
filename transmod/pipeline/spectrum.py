"""A run whose links another one has driven: from that run's spectrum to its own account."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from transmod.accounts.books import keep_books
from transmod.accounts.checks import Check, close_activity
from transmod.columns import Columns
from transmod.inputs.link_use import read_link_use
from transmod.inputs.results import RESULTS
from transmod.intake.calendars import lay_calendar
from transmod.intake.desk import Desk
from transmod.intake.driving import take_driving
from transmod.intake.hashes import hash_inputs
from transmod.model.areas import Areas
from transmod.model.road import area_shares, find_types, road_emissions
from transmod.outputs.books import write_books
from transmod.outputs.folder import share_file
from transmod.outputs.manifest import file_hashes, library_versions, write_manifest
from transmod.pipeline.base import SHARED, Base, read_traffic, recall_sums
from transmod.pipeline.clock import Progress
from transmod.pipeline.state import Computed, each_once, to_caption
from transmod.pipeline.uncertainty import with_uncertainty
from transmod.scenario import Scenario, resolve
from transmod.schema import NO_DISTRICT


def compute_from_spectrum(
    run: Path, scenario: Scenario, base: Base, progress: Progress
) -> Computed:
    """
    Compute the account of a scenario from the spectrum of the run that it stands on.

    Parameters
    ----------
    run : Path
        Folder of the scenario.
    scenario : Scenario
        What was asked; it changes fleet, factors or account alone.
    base : Base
        The finished run.
    progress : callable
        Told each step.

    Raises
    ------
    InputError
        With every fault of fleet, factors and account.

    Notes
    -----
    The tables are those of a run that drives the links, to the bit. Rows of sources beside the road
    are those of the base.
    """
    progress("inputs", None)
    link_pass, desk = base.link_pass, Desk()
    district_ids = link_pass.districts["district_id"].to_list()
    hashes = hash_inputs(run, scenario)
    calendar = lay_calendar(link_pass.layout, scenario=scenario)
    driving = take_driving(
        desk, calendar, link_pass.streams, district_ids, gradients=link_pass.gradients, run=run,
        scenario=scenario,
    )  # fmt: skip
    desk.faults.raise_any()
    whole = driving.whole()

    progress("emissions", None)
    areas = Areas((*district_ids, NO_DISTRICT), link_pass.zones)
    traffic = read_traffic(base, areas)
    shares, which = area_shares(whole.fleet, areas.district_ids, areas.zone_names)
    sums = recall_sums(
        base, areas, traffic, whole.factors, whole.factor_key, find_types(shares, which)
    )
    road = road_emissions(traffic.driven, whole.factors, shares, which, areas.district_ids, sums)

    progress("accounts", None)
    books = keep_books(
        [road.emission_rows, whole.parked, traffic.emissions],
        [road.energy_rows, traffic.energy],
        road.activity_rows,
        link_pass.outside,
        link_pass.districts,
        whole.basis,
    )
    books = with_uncertainty(
        books, traffic.driven, road.activity_rows, areas, whole, calendar,
        scenario=scenario,
        links=lambda: read_link_use(base.folder, resolve(run, scenario.network.path)),
    )  # fmt: skip
    by_area = traffic.driven.by_area()
    spectrum = Columns({"district_id": areas.district_ids, "vkm": by_area})
    spectrum = spectrum[by_area > 0.0]
    checks = [
        *(Check(**check) for check in link_pass.checks),
        *close_activity(spectrum, road.activity_rows),
    ]
    folder = os.path.relpath(base.folder, run)
    notes = each_once(
        f"No link was driven: the spectrum is that of {Path(folder).as_posix()}.",
        *link_pass.notes,
        *whole.notes,
        *road.notes,
        *books.notes,
    )
    caption = to_caption(scenario, link_pass.licence, whole.profiles.title)
    facts = {
        "inputs": hashes,
        "options": scenario.to_options(),
        "seed": books.seed,
        "totals": books.totals,
        "checks": [vars(check) for check in checks],
        "notes": list(notes),
        "attribution": books.attribution,
        "link_pass": link_pass.to_facts(),
        "base": {"run": Path(folder).as_posix(), "shared": list(SHARED)},
    }

    def write(results: Path, tell: Progress) -> None:
        tell("tables", None)
        write_books(results, books, road.activity_rows, caption.to_metadata())
        tell("manifest", None)
        _share(results, base, facts)

    return Computed(books, checks, notes, write, threads=1)


def _share(results: Path, base: Base, facts: dict[str, Any]) -> None:
    """Put what the base shares beside the tables, and write the manifest."""
    known = {name: base.manifest["results"][name] for name in SHARED}
    for name in SHARED:
        share_file(base.folder / RESULTS / name, results / name)
    libraries = library_versions(base.manifest["libraries"])
    hashes = file_hashes(results, known)
    write_manifest(results / "manifest.json", {"libraries": libraries, "results": hashes, **facts})
