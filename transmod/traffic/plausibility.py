"""Judge the inputs of a run together: what holds by itself may still be wrong."""

from __future__ import annotations

from collections.abc import Sequence

from transmod.inputs.network import Network
from transmod.inputs.volumes import Volumes
from transmod.traffic.calendar import Calendar
from transmod.traffic.count_findings import judge_counts, judge_names
from transmod.traffic.findings import Finding
from transmod.traffic.hour_findings import judge_hours
from transmod.traffic.network_findings import judge_districts, judge_links
from transmod.traffic.placement import judge_placement
from transmod.traffic.volume_findings import judge_volumes
from transmod.traffic.volume_summary import summarise_volumes


def judge_network(network: Network) -> list[Finding]:
    """Judge a network, its boundary and its districts."""
    # the borders of districts hold those of the city, but for districts of another source
    shifted = judge_placement(network.links.geometry, network.districts.geometry, "districts")
    # districts that are shifted cover less: one cause, one finding
    misfit = judge_districts(network.links, network.districts, network.boundary)
    return [*judge_links(network.links), *(shifted or misfit)]


def judge_traffic(
    network: Network,
    volumes: Volumes,
    calendar: Calendar | None,
    *,
    unit: str,
    timezone: str,
    year: int,
    names: Sequence[str] = (),
) -> list[Finding]:
    """
    Judge the volumes of a run.

    Parameters
    ----------
    network : Network
        Where vehicles drive.
    volumes : Volumes
        Of the same links.
    calendar : Calendar or None
        Of the run; without it days are not told apart.
    unit : "veh" or "pcu"
        As the scenario has it.
    timezone, year : str, int
        As the scenario has them.
    names : sequence of str
        What file, columns and metadata of the volumes are called.
    """
    links = network.links
    summary = summarise_volumes(volumes, calendar, len(links), unit=unit)
    return [
        *judge_names(names, volumes.kind, unit),
        *judge_counts(summary, unit),
        *judge_volumes(links, summary),
        *judge_hours(links, summary, timezone, year),
    ]
