"""Trains: electricity and diesel inside the boundary, by district where tracks are known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from transmod.errors import CheckError
from transmod.inputs.ground_factors import RailFactors
from transmod.inputs.network import Network
from transmod.inputs.rail import ELECTRIC, Trains
from transmod.model.burnt_fuel import fuel_rows
from transmod.model.grid_power import GridPower, power_rows
from transmod.model.movements import SourceResult
from transmod.model.overlay import cut_links
from transmod.schema import NO_DISTRICT, OUTSIDE_BOUNDARY

_AMOUNTS = ("train_km", "car_km", "kwh", "diesel_t")


def rail_emissions(
    trains: Trains, factors: RailFactors, network: Network, power: GridPower | None
) -> SourceResult:
    """
    Emissions [t] and energy [TJ] of trains inside the boundary.

    Parameters
    ----------
    trains : Trains
        Checked: energy follows for each row.
    factors : RailFactors
        What trains take and emit.
    network : Network
        Boundary and districts.
    power : GridPower or None
        Grid electricity; needed if a train takes any.

    Returns
    -------
    SourceResult
        `rail_electricity` (scope 2 is what power plants emit), `rail_grid_losses`, `rail_fuel`.
        `vehicle_type` is kind and line. A line with tracks is attributed to districts
        (location `district`) by train-km where they are known for each track, else by length;
        what is beyond the boundary is not counted but noted. A line without tracks counts whole,
        unallocated.
    """
    rows = trains.rows.assign(**_energy(trains.rows, factors))
    parts = _share_out(rows, _shares(trains, network))
    is_outside = (parts["district_id"] == OUTSIDE_BOUNDARY).to_numpy()
    inside = parts[~is_outside].reset_index(drop=True)
    keys = pd.DataFrame(
        {
            "district_id": inside["district_id"],
            "location": np.where(inside["district_id"].isna(), "unallocated", "district"),
            "subsector": "rail",
            "vehicle_class": None,
            "trip_kind": None,
            "vehicle_type": inside["kind"] + " " + inside["line"],
        }
    )
    electric = inside["kind"].isin(ELECTRIC)
    burning = keys[~electric]
    emissions, energy = fuel_rows(
        burning, pd.Series("diesel", burning.index), inside.loc[~electric, "diesel_t"],
        factors.fuels, noun="rail",
    )  # fmt: skip
    notes = [*trains.notes, *_notes(rows, parts, is_outside)]
    if electric.any():
        if power is None:
            raise CheckError("Electric trains need the CO2 of grid electricity: none given.")
        of_grid = power_rows(keys[electric], inside.loc[electric, "kwh"], power, noun="rail")
        emissions, energy = (
            pd.concat(pair, ignore_index=True)
            for pair in zip((emissions, energy), of_grid, strict=True)
        )
        notes += power.notes
    return SourceResult(emissions, energy, notes=tuple(notes))


def _energy(rows: pd.DataFrame, factors: RailFactors) -> dict[str, pd.Series]:
    """Return electricity [kWh] and diesel [t] of each row: measured, own, or published figures."""
    published = pd.Series(np.nan, rows.index)
    for kind, figure in factors.energy.iterrows():
        chosen = rows["kind"] == kind
        published[chosen] = rows.loc[chosen, figure["per"]] * figure["value"]
    electric = rows["kind"].isin(ELECTRIC)
    own_kwh = rows["car_km"] * rows["kwh_per_car_km"]
    own_kg = rows["train_km"] * rows["diesel_kg_per_train_km"]
    kwh = rows["kwh"].combine_first(own_kwh).combine_first(published)
    diesel_t = rows["diesel_t"].combine_first(own_kg * 1e-3).combine_first(published * 1e-3)
    return {"kwh": kwh.where(electric), "diesel_t": diesel_t.where(~electric)}


def _shares(trains: Trains, network: Network) -> pd.DataFrame:
    """Return the share of each line and kind in each district, and beyond the boundary."""
    tracks = trains.tracks
    columns = ["line", "kind", "district_id", "share"]
    if tracks.empty:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    links = tracks[["geometry"]].assign(link_id=np.arange(len(tracks)))
    pieces = cut_links(replace(network, links=links), None)
    names = np.array([*network.districts["district_id"], NO_DISTRICT, OUTSIDE_BOUNDARY], object)
    cut = tracks[["line", "kind"]].iloc[pieces.link].reset_index(drop=True)
    cut["district_id"] = names[pieces.district]
    cut["km"] = tracks["train_km"].to_numpy()[pieces.link] * pieces.fraction
    cut["kind"] = cut["kind"].fillna("")  # of all kinds on the line
    km = cut.groupby(["line", "kind", "district_id"])["km"].agg(math.fsum)
    whole = km.groupby(level=["line", "kind"]).transform(math.fsum)
    # a timetable may hold a track on which nothing drives in the year
    share = (km / whole).where(whole > 0.0, 0.0).rename("share").reset_index()
    return share[columns]


def _share_out(rows: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Cut each row by its shares; one without tracks stays whole, in no district."""
    parts = []
    for (_, row), (line, kind) in zip(
        rows.iterrows(), rows[["line", "kind"]].itertuples(index=False), strict=True
    ):
        own = shares[(shares["line"] == line) & shares["kind"].isin(["", kind])]
        cut = own["share"].to_numpy(np.float64) if len(own) else np.ones(1)
        part = {"line": line, "kind": kind}
        part |= {"district_id": own["district_id"].to_numpy(object) if len(own) else [None]}
        parts.append(pd.DataFrame(part | {name: row[name] * cut for name in _AMOUNTS}))
    return pd.concat(parts, ignore_index=True)


def _notes(rows: pd.DataFrame, parts: pd.DataFrame, is_outside: np.ndarray) -> list[str]:
    notes = []
    beyond = parts[is_outside]
    if len(beyond):
        mwh = math.fsum(beyond["kwh"].dropna()) / 1e3
        diesel_t = math.fsum(beyond["diesel_t"].dropna())
        lines = beyond["line"].nunique()
        notes.append(
            f"{lines} railway lines run beyond the boundary, too: {mwh:.6g} MWh and {diesel_t:.6g} "
            f"t of diesel there are not counted."
        )
    whole = parts["district_id"].isna()
    if whole.any():
        notes.append(
            f"{int(whole.sum())} of {len(rows)} railway lines have no tracks: all their kilometres "
            f"count as inside the boundary, in no district."
        )
    return notes
