"""Freight that measures bring from road to rail: the trains that carry it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from transmod.errors import Faults
from transmod.inputs.checks import listed
from transmod.intake.sources import Sources
from transmod.intake.traffic_measures import Changed
from transmod.scenario import Scenario
from transmod.scenario.measure import name_measure
from transmod.scenario.traffic_measures import ShiftFreightToRail

# what grows with the trains of a line
_AMOUNTS = ("train_km", "car_km", "gross_tkm", "kwh", "diesel_t")


def move_freight(sources: Sources, changed: Changed, *, scenario: Scenario) -> Sources:
    """
    Let the trains of a line carry what left the road.

    Raises
    ------
    InputError
        If a line that is named has no trains, several kinds of them, or unknown train-kilometres.

    Notes
    -----
    Further trains are as those of the line: all that is known of these grows by the same share.
    """
    faults = Faults()
    rail = sources.rail
    for place, tonne_km in changed.freight_t_km.items():
        measure = scenario.measures[place]
        what = name_measure(place + 1, measure.name, measure.kind)
        assert isinstance(measure, ShiftFreightToRail)
        if measure.rail_line is None or measure.train_load_t is None:
            continue
        lines = [] if rail is None else list(dict.fromkeys(rail.trains.rows["line"]))
        if rail is None or measure.rail_line not in lines:
            faults.add(
                f"`rail_line` of {what} must be a line with trains: "
                f"{measure.rail_line!r} found. Lines: {listed(lines) or 'none'}."
            )
            continue
        rows = rail.trains.rows
        own = (rows["line"] == measure.rail_line).to_numpy()
        driven = rows.loc[own, "train_km"].to_numpy(np.float64)
        if driven.size != 1 or not driven[0] > 0.0:
            faults.add(
                f"`rail_line` of {what} must be a line of one kind of trains with `train_km` [km]: "
                f"{driven.size} kinds, "
                f"{int((driven > 0.0).sum())} with kilometres. Give freight trains a line."
            )
            continue
        growth = 1.0 + tonne_km / measure.train_load_t / driven[0]
        rows = rows.copy()
        rows.loc[own, list(_AMOUNTS)] *= growth
        tracks = rail.trains.tracks.copy()
        laid = (tracks["line"] == measure.rail_line).to_numpy()
        tracks.loc[laid, "train_km"] *= growth
        note = (
            f"Trains of {measure.rail_line} carry {tonne_km:,.0f} t km from the road at "
            f"{measure.train_load_t:g} t: {driven[0]:,.0f} to {driven[0] * growth:,.0f} train-km "
            f"({what})."
        )
        trains = replace(rail.trains, rows=rows, tracks=tracks, notes=(*rail.trains.notes, note))
        rail = replace(rail, trains=trains)
    faults.raise_any()
    return replace(sources, rail=rail)
