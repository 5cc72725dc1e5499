"""What follows from hot exhaust: its growth with mileage, NO2 in NOx, lead by energy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from transmod.inputs.profiles import ProfileSet
from transmod.model.additions import Addition, Case, Curves, Groups
from transmod.model.curves import NODES_KMH
from transmod.model.factors import Factors

_QUANTITY = {"co": "co", "nox": "nox", "voc": "nmvoc"}


def degrade(factors: Factors, profiles: ProfileSet, mileage_km: float) -> Factors:
    """
    Let hot CO, NOx and NMVOC of petrol cars and vans grow with mileage.

    Parameters
    ----------
    factors : Factors
        Of J types, seasons not told apart.
    profiles : ProfileSet
        Holds `degradation.csv`.
    mileage_km : float
        Mean mileage of the fleet [km].

    Notes
    -----
    The published factors stand at about 50,000 km, so a younger fleet emits less. The correction
    is published for town (up to 19 km/h) and country (from 63 km/h); between them it is linear in
    speed. That of VOC is applied to NMVOC; methane stays as published.
    """
    table = profiles.processes["degradation"]
    groups, curves = Groups(profiles), Curves(factors.curve)
    index = factors.index.copy()
    for j, name in enumerate(factors.types["vehicle_type"]):
        found = groups.find("degradation", name)
        if found is None or found.state != "figures":
            continue
        own = table[table["group"] == found.group]
        for quantity, pollutant in _QUANTITY.items():
            q = factors.quantities.index(("hot", pollutant))
            points = own[own["quantity"] == quantity].sort_values("speed_kmh")
            grown = np.minimum(mileage_km, points["mileage_max_km"])
            at = (points["per_km"] * grown + points["constant"]).to_numpy(np.float64)
            factor = np.interp(NODES_KMH, points["speed_kmh"], at)
            for row in np.unique(index[j, q]):
                if row > 0:
                    new = curves.add((found.group, quantity, int(row)), curves[row] * factor)
                    index[j, q][factors.index[j, q] == row] = new
    return replace(factors, curve=curves.table(), index=index)


def add_shares(case: Case) -> Addition:
    """Return NO2 as a share of NOx, and lead by energy, of hot exhaust."""
    addition = Addition.of(case, (("hot", "no2"), ("hot", "pb")), has_fuel=True)
    groups = Groups(case.profiles)
    fraction = case.profiles.processes["no2_fraction"].set_index("group")["fraction"]
    lead = case.profiles.processes["lead"].set_index("fuel")["lead_ug_mj"]
    nox, energy = case.rows(("hot", "nox")), case.rows(("hot", "energy"))
    for j, row in enumerate(case.factors.types.to_dict("records")):
        if not energy[j].any():  # nothing is burnt
            continue
        found = groups.find("no2", row["vehicle_type"])
        if found is not None and found.state == "none":  # hydrogen
            continue
        if found is not None and found.state == "figures":
            _spread(addition, j, 0, case.curves.scale(nox[j], float(fraction[found.group])))
        else:
            addition.estimated[j, 0] = False
        addition.estimated[j, 0] &= case.is_estimated(("hot", "nox"))[j]
        if row["fuel"] in lead.index:
            ug = float(lead[row["fuel"]])
            _spread(addition, j, 1, case.curves.scale(energy[j], ug * 1e-6))
        else:
            addition.estimated[j, 1] = False
    return addition


def _spread(addition: Addition, j: int, q: int, rows: np.ndarray) -> None:
    """Set the curves (R, G) of a type and quantity in every season."""
    n_seasons = addition.scale.shape[1]
    addition.index[j, q] = np.tile(rows, (n_seasons, 1))
