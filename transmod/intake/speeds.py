"""What a scenario says of speeds: which function with which parameters, which measurements."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import Faults, InputError
from transmod.inputs.checks import check_table
from transmod.inputs.network import Network
from transmod.inputs.speeds import MeasuredSpeeds, read_speeds
from transmod.inputs.tables import read_csv
from transmod.inputs.volumes import Volumes
from transmod.scenario import Scenario, resolve
from transmod.traffic.calendar import Calendar, build_calendar
from transmod.traffic.measured_hours import MeasuredHours, find_cover, match_hours
from transmod.traffic.speeds import PARAMETERS, SpeedRule, speed_rule
from transmod.traffic.temporal import Shapes


def read_measured(network: Network, *, run: Path, scenario: Scenario) -> MeasuredSpeeds | None:
    """
    Read the measured speeds of a run, if it takes any.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    traffic = scenario.traffic
    if traffic.speeds is None:
        return None
    return read_speeds(resolve(run, traffic.speeds), network, network_sha256=traffic.network_sha256)


def lay_speeds(
    network: Network,
    volumes: Volumes,
    calendar: Calendar,
    *,
    shapes: Shapes | None,
    measured: MeasuredSpeeds | None,
    run: Path,
    scenario: Scenario,
) -> SpeedRule | None:
    """
    Say how the speeds of a run come about; None where measurements or shapes have faults.

    Raises
    ------
    InputError
        If a table of parameters is faulty, or traffic drives where no speed was measured and no
        function is asked for.
    """
    traffic = scenario.traffic
    if (measured is None) != (traffic.speeds is None):
        return None
    if (shapes is None) != (volumes.kind == "hourly"):
        return None
    hours = None
    if measured is not None:
        hours = _match_hours(volumes, calendar, measured, scenario=scenario)
    rule = speed_rule(
        network.links,
        volumes.streams,
        traffic.speed,
        speed_flow=_parameters(network, run=run, scenario=scenario),
        fallback=traffic.speed_fallback,
        period_h=traffic.akcelik.period_h,
        measured=hours,
    )
    if measured is None or hours is None:
        return rule
    shape = None if shapes is None else shapes.values
    note = _note_cover(network, volumes, calendar, shape, measured, hours, scenario=scenario)
    return replace(rule, notes=(note,))


def _parameters(network: Network, *, run: Path, scenario: Scenario) -> pd.DataFrame | None:
    """Return the parameters of the function that a scenario gives, by road class; None: shipped."""
    traffic = scenario.traffic
    if traffic.speed_flow is not None:
        path = resolve(run, traffic.speed_flow)
        table, _ = PARAMETERS[traffic.delay_function or "bpr"]
        faults = Faults()
        frame = read_csv(path, table, faults)
        check_table(frame, table, str(path), faults)
        faults.raise_any()
        return frame
    if traffic.delay_function in ("bpr", None) and traffic.bpr is not None:
        given = {"alpha": traffic.bpr.alpha, "beta": traffic.bpr.beta}
    elif traffic.delay_function == "conical" and traffic.conical is not None:
        given = {"alpha": traffic.conical.alpha}
    elif traffic.delay_function == "akcelik" and traffic.akcelik.delay_parameter is not None:
        given = {"delay_parameter": traffic.akcelik.delay_parameter}
    else:
        return None
    classes = sorted(set(network.links["road_class"]))
    return pd.DataFrame({"road_class": classes}).assign(**given)


def _match_hours(
    volumes: Volumes, calendar: Calendar, measured: MeasuredSpeeds, *, scenario: Scenario
) -> MeasuredHours:
    choice = scenario.calendar
    try:
        own = build_calendar(
            scenario.year,
            scenario.timezone,
            layout=measured.n_hours,
            day_types=choice.day_types,
            holidays=choice.holidays,
            seasons=choice.seasons,
            series_time=choice.series_time,
        )
    except InputError as error:
        told = [f"{scenario.traffic.speeds}: {text}" for text in error.faults]
        raise InputError(told) from error
    return match_hours(calendar, own, volumes.streams, measured.classes)


def _note_cover(
    network: Network,
    volumes: Volumes,
    calendar: Calendar,
    shapes: NDArray[np.float64] | None,
    measured: MeasuredSpeeds,
    hours: MeasuredHours,
    *,
    scenario: Scenario,
) -> str:
    """Say how far the measurements reach; refuse gaps that no function is to fill."""
    traffic = scenario.traffic
    length = network.links["length_m"].to_numpy(np.float64)
    cover = find_cover(volumes, measured, hours, shapes, calendar.weight, length)
    gap = f"{cover.n_missing:,} of {cover.n_hours:,} link-hours with traffic"
    if cover.first is not None and traffic.speed_fallback is None:
        link, slot = cover.first
        link_id = network.links["link_id"].iloc[link]
        raise InputError(
            f"{traffic.speeds} must have the speed of each link and hour with traffic [km/h]: "
            f"{gap}, {1.0 - cover.share:.3%} of vehicle-kilometres, have none, first link_id "
            f"{link_id}, slot {slot} of {calendar.n_slots} ({calendar.hour[slot]} h). Say "
            "traffic.speed_fallback = 'bpr', 'conical', 'akcelik' or 'free' to have them filled "
            "and counted."
        )
    filled = f"; {gap} had none: by {traffic.speed_fallback}" if cover.n_missing else ""
    return (
        f"Speeds of {traffic.speeds} ({', '.join(measured.classes)}; {measured.n_hours:,} h) on "
        f"{measured.n_links:,} links: {cover.share:.1%} of vehicle-kilometres were driven at a "
        f"measured speed{filled}."
    )
