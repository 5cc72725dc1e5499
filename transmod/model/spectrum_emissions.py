"""
Emissions of a finished run's spectrum by any fleet and factors; links are not touched.

Symbols and shapes as in `model.factors`: J vehicle types, Q quantities, R road types, G gradient
nodes, K speed nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import InputError
from transmod.inputs.profiles import ProfileSet
from transmod.model.factors import Factors
from transmod.model.fleet import Fleet
from transmod.schema import N_SPEED_NODES, ROAD_TYPES

Floats = NDArray[np.float64]

STREAM = ["vehicle_class", "trip_kind"]
PLACE = ["district_id", *STREAM]
_ALIKE = 1e-9  # shares that differ by less are those of one fleet


def driven_shares(activity: pd.DataFrame) -> pd.DataFrame:
    """
    Return the fleet that a run drove.

    Parameters
    ----------
    activity : pandas.DataFrame
        `activity.parquet` of the run.

    Returns
    -------
    pandas.DataFrame
        `district_id`, `vehicle_class`, `trip_kind`, `vehicle_type`, `share` [-]; shares of a place
        and stream sum to 1.
    """
    road = activity[(activity["subsector"] == "road") & (activity["vkm"] > 0.0)]
    vkm = road.groupby([*PLACE, "vehicle_type"])["vkm"].sum().reset_index()
    vkm["share"] = vkm["vkm"] / vkm.groupby(PLACE)["vkm"].transform("sum")
    return vkm.drop(columns="vkm")


def fleet_shares(fleet: Fleet, districts: list[str]) -> pd.DataFrame:
    """Return the shares of a fleet in the form of `driven_shares`."""
    parts = []
    for district in districts:
        share = fleet.district_share.get(district, fleet.share)
        for s, (vehicle_class, trip_kind) in enumerate(fleet.streams):
            own = pd.DataFrame({"vehicle_type": fleet.types, "share": share[s]})
            parts.append(
                own[own["share"] > 0.0].assign(
                    district_id=district, vehicle_class=vehicle_class, trip_kind=trip_kind
                )
            )
    return pd.concat(parts, ignore_index=True)


def translate_shares(shares: pd.DataFrame, source: ProfileSet, target: ProfileSet) -> pd.DataFrame:
    """
    Put the types of one set in place of those of another.

    Parameters
    ----------
    shares : pandas.DataFrame
        As `driven_shares` gives them, of types of `source`.
    source, target : ProfileSet
        `equivalents.csv` of either says which type is like which; that of `target` goes first.

    Raises
    ------
    InputError
        If neither set knows the other, or a type has no like.
    """
    like = _likes(source, target)
    missing = sorted(set(shares["vehicle_type"]) - set(like))
    if missing:
        raise InputError(
            f"Every type of the fleet must have its like in the set {target.name}: "
            f"{len(missing)} have none in equivalents.csv, first {missing[0]}. Name a fleet of the "
            f"set: {', '.join(target.fleets) or 'it has none'}."
        )
    named = shares.assign(vehicle_type=shares["vehicle_type"].map(like))
    return named.groupby([*PLACE, "vehicle_type"])["share"].sum().reset_index()


def _likes(source: ProfileSet, target: ProfileSet) -> dict[str, str]:
    """Return the type of `target` that is like each type of `source`."""
    given = target.equivalents
    given = given[(given["set"] == source.name) & given["way"].isin(["to_this", "both"])]
    if len(given):
        return dict(zip(given["other_type"], given["vehicle_type"], strict=True))
    given = source.equivalents
    given = given[(given["set"] == target.name) & given["way"].isin(["to_other", "both"])]
    if len(given):
        return dict(zip(given["vehicle_type"], given["other_type"], strict=True))
    raise InputError(
        f"The sets {source.name} and {target.name} must say which types are alike: neither has an "
        "equivalents.csv that names the other. Name a fleet of each set."
    )


def spectrum_emissions(
    spectrum: pd.DataFrame, shares: pd.DataFrame, factors: Factors
) -> pd.DataFrame:
    """
    Multiply the spectrum by the factors of a fleet.

    Parameters
    ----------
    spectrum : pandas.DataFrame
        `spectrum.parquet` of the run.
    shares : pandas.DataFrame
        As `driven_shares` gives them.
    factors : Factors
        Of all types of `shares`, at all gradients of the spectrum.

    Returns
    -------
    pandas.DataFrame
        `vehicle_class`, `process`, `pollutant` ("energy" too), `amount` [t, of energy TJ],
        `vkm_not_estimated` [veh km] of types without a value, which are in no amount.
    """
    at = {name: j for j, name in enumerate(factors.types["vehicle_type"])}
    gradients = find_gradients(spectrum)
    parts = []
    for (vehicle_class, _), driven, own in _places(spectrum, shares, gradients):
        types = np.array([at[name] for name in own["vehicle_type"]], np.int64)
        share = own["share"].to_numpy(np.float64)
        total = np.einsum("jq,j->q", _times_curves(driven, gradients, factors, types), share)
        total /= 1e6
        lacking = ~factors.estimated[types]
        parts.append(
            pd.DataFrame(
                {
                    "vehicle_class": vehicle_class,
                    "process": [process for process, _ in factors.quantities],
                    "pollutant": [pollutant for _, pollutant in factors.quantities],
                    "amount": total,
                    "vkm_not_estimated": np.einsum("jq,j->q", lacking * driven.sum(), share),
                }
            )
        )
    keys = ["vehicle_class", "process", "pollutant"]
    return pd.concat(parts).groupby(keys, as_index=False, sort=False).sum()


def find_gradients(spectrum: pd.DataFrame) -> tuple[float, ...]:
    """Return the gradient nodes of a spectrum."""
    return tuple(sorted(spectrum["gradient"].unique().tolist()))


def _places(
    spectrum: pd.DataFrame, shares: pd.DataFrame, gradients: Sequence[float]
) -> Iterator[tuple[tuple[str, str], Floats, pd.DataFrame]]:
    """Yield stream, kilometres (G, R, K) and shares; districts of one fleet come together."""
    by_place = {key: rows.reset_index(drop=True) for key, rows in shares.groupby(PLACE)}
    for key, rows in spectrum.groupby(STREAM, sort=True):
        stream = str(key[0]), str(key[1])
        alike: list[tuple[pd.DataFrame, list[str]]] = []
        for district in rows["district_id"].unique():
            own = by_place[district, *stream]
            for fleet, districts in alike:
                if _is_alike(fleet, own):
                    districts.append(district)
                    break
            else:
                alike.append((own, [district]))
        for fleet, districts in alike:
            yield stream, _driven(rows[rows["district_id"].isin(districts)], gradients), fleet


def _is_alike(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    return a["vehicle_type"].equals(b["vehicle_type"]) and bool(
        np.allclose(a["share"], b["share"], rtol=0.0, atol=_ALIKE)
    )


def _driven(rows: pd.DataFrame, gradients: Sequence[float]) -> Floats:
    """Return the kilometres (G, R, K) of rows of the spectrum; seasons are added up."""
    out = np.zeros((len(gradients), len(ROAD_TYPES), N_SPEED_NODES))
    gradient = rows["gradient"].map({g: i for i, g in enumerate(gradients)})
    road = rows["road_type"].map({name: r for r, name in enumerate(ROAD_TYPES)})
    place = (gradient.to_numpy(), road.to_numpy(), rows["speed_node"].to_numpy())
    np.add.at(out, place, rows["vkm"].to_numpy(np.float64))
    return out


def _times_curves(
    driven: Floats, gradients: Sequence[float], factors: Factors, types: NDArray[np.int64]
) -> Floats:
    """Return kilometres (G, R, K) times factor (J, Q) [g, of energy MJ]."""
    out = np.zeros((types.size, len(factors.quantities)))
    at = factors.at(gradients)
    for g, r in np.argwhere(driven.any(axis=2)):
        nodes = np.flatnonzero(driven[g, r])
        own = slice(nodes[0], nodes[-1] + 1)
        rows, place = np.unique(factors.index[types, :, r, at[g]], return_inverse=True)
        sums = np.einsum("k,nk->n", driven[g, r, own], factors.curve[rows, own])
        out += sums[place.reshape(types.size, -1)]
    return out
