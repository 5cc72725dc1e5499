"""
Freight: how far trucks are loaded, and what they carry.

A truck drives `empty_share` of its kilometres without load and the others with `load_factor` of
its payload capacity. Factors are linear between published loads, so it emits as a truck that
always carries (1 - empty_share) * load_factor.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from transmod.errors import Faults
from transmod.inputs.energy_tables import FREIGHT_CLASSES
from transmod.inputs.profiles import ProfileSet
from transmod.model.service import Service
from transmod.schema import VEHICLE_CLASSES


def load_types(
    profiles: ProfileSet, types: pd.DataFrame, service: Service
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """
    Load the vehicle types of a run.

    Parameters
    ----------
    profiles : ProfileSet
        Holds `freight.csv`.
    types : pandas.DataFrame
        J rows of `types.csv`.
    service : Service
        Loads and occupancy that the planner gives.

    Returns
    -------
    pandas.DataFrame
        The same rows with `load_fraction` [-] as loaded, `mean_load_t` [t] carried on a kilometre,
        empty ones included, and `occupancy` [persons]; null where unknown.
    tuple of str
        What a reader must know of them.

    Raises
    ------
    InputError
        If a class is unknown, or a share or occupancy out of range.
    """
    _check_service(service)
    occupancy = types["vehicle_class"].map(dict(service.occupancy)).astype("float64")
    types = types.assign(mean_load_t=np.nan, occupancy=occupancy)
    if service.freight is None:
        return types, ()
    use = types["use"].fillna("general") if "use" in types else "general"
    rows = types[["vehicle_class", "size"]].assign(use=use)
    names = ["payload_capacity_t", "load_factor", "empty_share"]
    keys = ["vehicle_class", "size", "use"]
    given = rows.merge(profiles.freight[keys + names], on=keys, how="left").set_index(types.index)
    for vehicle_class, load in service.freight.items():
        chosen = given["vehicle_class"] == vehicle_class
        for name in ("load_factor", "empty_share"):
            value = getattr(load, name)
            if value is not None:
                given.loc[chosen, name] = value
    effective = effective_load(given["load_factor"], given["empty_share"])
    is_loaded = types["load_fraction"].notna() & effective.notna()
    types["load_fraction"] = types["load_fraction"].mask(is_loaded, effective)
    types["mean_load_t"] = given["payload_capacity_t"] * effective
    unknown = types["vehicle_class"].isin(FREIGHT_CLASSES) & types["mean_load_t"].isna()
    if not unknown.any():
        return types, ()
    note = (
        f"Tonne-kilometres are unknown (null) for {int(unknown.sum())} vehicle types without a row "
        f"in freight.csv of the set {profiles.name}, first "
        f"{types.loc[unknown, 'vehicle_type'].iloc[0]}."
    )
    return types, (note,)


def effective_load(load_factor: pd.Series, empty_share: pd.Series) -> pd.Series:
    """Return payload over capacity on an average kilometre [-], empty kilometres included."""
    return (1.0 - empty_share) * load_factor


def freight_intensity(
    emission_rows: pd.DataFrame,
    activity_rows: pd.DataFrame,
    by: Sequence[str] = ("vehicle_class",),
    pollutant: str = "co2",
    scopes: Sequence[int] = (1,),
) -> pd.DataFrame:
    """
    Return what carrying a tonne over a kilometre emits.

    Parameters
    ----------
    emission_rows : pandas.DataFrame
        Rows of the ledger (`scope`, `pollutant`, `mass_t`) with the columns of `by`.
    activity_rows : pandas.DataFrame
        Rows in the form of `schema.ACTIVITY`.
    by : sequence of str
        Columns that both tables have.
    pollutant : str
        One of `schema.POLLUTANTS`.
    scopes : sequence of int
        1: fuel, 2: grid electricity, 3: grid losses.

    Returns
    -------
    pandas.DataFrame
        `by`, `tonne_km` [t km], `mass_t` [t], `g_per_tonne_km` [g/(t km)]. Types whose
        tonne-kilometres are unknown are left out on both sides, and so are groups that carry
        nothing: their figure has no value.
    """
    keys = list(by)
    known = activity_rows[activity_rows["tonne_km"].notna()]
    carried = known.groupby(keys, sort=True)["tonne_km"].sum()
    carried = carried[carried > 0.0]
    rows = emission_rows[
        emission_rows["subsector"].eq("road")
        & emission_rows["pollutant"].eq(pollutant)
        & emission_rows["scope"].isin(list(scopes))
        & emission_rows["vehicle_type"].isin(known["vehicle_type"])
        & emission_rows["mass_t"].notna()
    ]
    mass = rows.groupby(keys, sort=True)["mass_t"].sum().reindex(carried.index)
    out = pd.DataFrame({"tonne_km": carried, "mass_t": mass}).dropna()
    return out.assign(g_per_tonne_km=out["mass_t"] * 1e6 / out["tonne_km"]).reset_index()


def _check_service(service: Service) -> None:
    faults = Faults()
    for name, load in (service.freight or {}).items():
        if name not in FREIGHT_CLASSES:
            faults.add(
                f"`freight` must name classes that carry freight, {', '.join(FREIGHT_CLASSES)}: "
                f"{name!r} found."
            )
        for key in ("load_factor", "empty_share"):
            value = getattr(load, key)
            if value is not None and not 0.0 <= value <= 1.0:
                faults.add(
                    f"`freight.{name}.{key}` must be >= 0 and <= 1 [-]: {value} found. Per cent "
                    "are to be divided by 100."
                )
    for name, persons in service.occupancy.items():
        if name not in VEHICLE_CLASSES:
            faults.add(
                f"`fleet.occupancy` must name vehicle classes, {', '.join(VEHICLE_CLASSES)}: "
                f"{name!r} found."
            )
        elif not 0.0 <= persons <= 300.0:
            faults.add(
                f"`fleet.occupancy.{name}` must be >= 0 and <= 300 [persons]: {persons} found."
            )
    faults.raise_any()
