"""
Carry volumes from the places of a source to the links they were matched to.

A link gets the vehicle-kilometres of the part of each place that lies on it, and its volume is
their sum over its length: what was given is what was transferred and what was not, by construction.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from transmod.errors import CheckError
from transmod.inputs.traffic_source import TrafficSource, to_matrix
from transmod.schema import CLOSURE_TOLERANCE, TRIP_KINDS, VEHICLE_CLASSES
from transmod.traffic.matching_places import Matches
from transmod.traffic.place_lengths import place_lengths

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

STREAM = ["vehicle_class", "trip_kind"]
UNKNOWN = "unknown"
_HALF = 0.5
_M_PER_KM = 1000.0


@dataclass(frozen=True, eq=False)
class Transferred:
    """
    Volumes on links, and the account of them.

    Attributes
    ----------
    volumes : DataFrame
        `link_id`, `vehicle_class`, `trip_kind`, `volume` and perhaps `speed_kmh`; arrays of hours,
        or numbers. Sorted by link, then as in the schema.
    vkm : DataFrame
        By `vehicle_class` and `road_class` of the source: `given` and `unmatched` [veh km a day,
        or in all hours given]; empty for count points.
    transferred_vkm : float
        On the links, by their volumes and lengths; 0 for count points.
    place_vkm : float64 (P,)
        Given at each place; NaN for count points and places without a volume.
    notes : tuple of str
        What a user should know.
    """

    volumes: pd.DataFrame
    vkm: pd.DataFrame
    transferred_vkm: float
    place_vkm: Floats
    notes: tuple[str, ...]


def transfer_volumes(
    source: TrafficSource, matches: Matches, links: gpd.GeoDataFrame
) -> Transferred:
    """
    Carry volumes to links.

    Parameters
    ----------
    source : TrafficSource
        Links of a model or count points, not both. `direction_share` of its volumes, if there,
        says how much of a two-way volume drives as the place is drawn; else half does.
    matches : Matches
        Of all its places.
    links : GeoDataFrame
        `schema.LINKS`.

    Raises
    ------
    CheckError
        If the vehicle-kilometres given are not those transferred and unmatched.

    Notes
    -----
    A stream with an hour that is not given is not carried, since a run cannot use it. Of several
    count points on a link the mean counts.
    """
    notes: list[str] = []
    length_km = _lengths_km(source)
    rows, volume, speed = _take_rows(source, length_km, notes)
    place = pd.Index(source.places["place_id"]).get_indexer(pd.Index(rows["place_id"]))
    place = place.astype(np.int64)
    is_point = bool((source.places["kind"] == "point").all())
    parts = _share_out(rows, place, matches, source)
    if not is_point:
        parts["weight"] *= _length_ratio(parts, length_km, links)
    keys, number = _number_keys(parts, rows, links)
    if is_point:
        parts["weight"] /= np.bincount(number)[number]
    shape = (len(keys), len(rows))
    weights = sparse.csr_matrix((parts["weight"], (number, parts["row"])), shape=shape)
    out = weights @ volume
    table = keys[["link_id", *STREAM]].copy()
    table["volume"] = out[:, 0] if source.hours is None else list(out.astype(np.float32))
    if speed is not None:
        table["speed_kmh"] = list(_mean_speed(weights, volume, out, speed).astype(np.float32))
    place_vkm = np.full(len(source.places), np.nan)
    account = pd.DataFrame(columns=["vehicle_class", "road_class", "given", "unmatched"])
    transferred = 0.0
    if not is_point:
        given = volume.sum(axis=1) * length_km[place]
        carried = np.bincount(parts["row"], parts["part"], len(rows))
        account = _to_account(rows, place, given, given * (1.0 - carried), source)
        held = np.isin(np.arange(len(place_vkm)), place)
        place_vkm[held] = np.bincount(place, given, len(place_vkm))[held]
        length = links["length_m"].to_numpy(np.float64)[keys["link"]] / _M_PER_KM
        transferred = float((out.sum(axis=1) * length).sum())
        _check(account, transferred)
    return Transferred(table, account, transferred, place_vkm, tuple(notes))


def _take_rows(
    source: TrafficSource, length_km: Floats, notes: list[str]
) -> tuple[pd.DataFrame, Floats, Floats | None]:
    """Return the streams that can be carried, their volumes and speeds (R, H)."""
    rows = source.volumes
    volume = to_matrix(rows["volume"], source.hours).astype(np.float64)
    whole = np.asarray(~np.isnan(volume).any(axis=1))
    if not whole.all():
        notes.append(
            f"{int((~whole).sum()):,} of {len(rows):,} streams have hours without a figure: not "
            f"carried, and not in the vehicle-kilometres given."
        )
    known = source.places["place_id"][np.isfinite(length_km)]
    endless = (~rows["place_id"].isin(known) & ~rows["place_id"].isin(_points(source))).to_numpy()
    if endless.any():
        notes.append(
            f"{rows['place_id'][endless].nunique():,} links have neither a line nor a length: what "
            f"they carry is unknown, and not in the vehicle-kilometres given; first place_id "
            f"{rows['place_id'][endless].iloc[0]!r}."
        )
        whole &= ~endless
    speed = None
    if "speed_kmh" in rows.columns:
        if source.hours is None:
            notes.append("Speeds of daily volumes are not carried: volumes by day have none.")
        else:
            speed = to_matrix(rows["speed_kmh"], source.hours).astype(np.float64)[whole]
            if np.isnan(speed).any():
                notes.append("Speeds are not carried: some hours of some streams have none.")
                speed = None
    kept = rows.iloc[np.flatnonzero(whole)].reset_index(drop=True)
    return kept, volume[whole], speed


def _share_out(
    rows: pd.DataFrame,
    place: Whole,
    matches: Matches,
    source: TrafficSource,
) -> pd.DataFrame:
    """
    Return a row for each stream on each piece of its place.

    `part` of the stream goes to the link, and so does `weight` as long as lengths have no say.
    """
    n_place = len(source.places)
    two_way = source.places["is_two_way"].to_numpy(bool)
    found = np.zeros((n_place, 2), bool)
    found[matches.pieces["place"], matches.pieces["is_backward"].to_numpy(np.int64)] = True
    streams = pd.DataFrame({"place": place, "row": np.arange(len(rows))})
    share = np.full(len(rows), _HALF)
    if "direction_share" in rows.columns:
        share = rows["direction_share"].fillna(_HALF).to_numpy(np.float64)
    parts = streams.merge(matches.pieces, on="place", how="inner")
    parts = parts.sort_values(["row", "is_backward", "sequence"], ignore_index=True)
    at, row = parts["place"].to_numpy(), parts["row"].to_numpy()
    backward = parts["is_backward"].to_numpy(bool)
    both = two_way[at] & found[at].all(axis=1)
    direction = np.where(both, np.where(backward, 1.0 - share[row], share[row]), 1.0)
    parts["part"] = parts["share"] * direction
    parts["weight"] = parts["part"]
    return parts


def _lengths_km(source: TrafficSource) -> Floats:
    """Return the length of each place [km]; NaN: neither stated nor drawn."""
    places = source.places
    length = place_lengths(places) / _M_PER_KM
    is_drawn = places.geometry.notna() | places["length_m"].notna()
    return np.where(is_drawn & np.isfinite(length), length, np.nan)


def _length_ratio(parts: pd.DataFrame, length_km: Floats, links: gpd.GeoDataFrame) -> Floats:
    """Return the length of the place of each part over that of its link."""
    own = links["length_m"].to_numpy(np.float64)[parts["link"]] / _M_PER_KM
    return length_km[parts["place"]] / own


def _points(source: TrafficSource) -> pd.Series:
    return source.places["place_id"][source.places["kind"] == "point"]


def _number_keys(
    parts: pd.DataFrame, rows: pd.DataFrame, links: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, Whole]:
    """Give numbers to the streams on links, in the order in which they are written."""
    n_class, n_kind = len(VEHICLE_CLASSES), len(TRIP_KINDS)
    of_class = pd.Index(VEHICLE_CLASSES).get_indexer(pd.Index(rows["vehicle_class"]))
    of_kind = pd.Index(TRIP_KINDS).get_indexer(pd.Index(rows["trip_kind"]))
    row = parts["row"].to_numpy()
    stream = of_class[row] * n_kind + of_kind[row]
    code, number = np.unique(
        parts["link"].to_numpy(np.int64) * (n_class * n_kind) + stream, return_inverse=True
    )
    link, stream = np.divmod(code, n_class * n_kind)
    keys = pd.DataFrame(
        {
            "link": link,
            "link_id": links["link_id"].to_numpy(np.int64)[link],
            "vehicle_class": np.array(VEHICLE_CLASSES, object)[stream // n_kind],
            "trip_kind": np.array(TRIP_KINDS, object)[stream % n_kind],
        }
    )
    return keys, number.astype(np.int64)


def _mean_speed(weights: sparse.csr_matrix, volume: Floats, out: Floats, speed: Floats) -> Floats:
    """Return the speed at which the vehicle-hours stay the same; without traffic, by length."""
    with np.errstate(divide="ignore", invalid="ignore"):
        hours = weights @ np.where(volume > 0.0, volume / speed, 0.0)
        empty = (weights @ np.ones_like(volume)) / (weights @ (1.0 / speed))
        return np.where(out > 0.0, out / hours, empty)


def _to_account(
    rows: pd.DataFrame, place: Whole, given: Floats, unmatched: Floats, source: TrafficSource
) -> pd.DataFrame:
    road_class = source.places["road_class"].astype(object)
    road_class = road_class.where(road_class.notna(), UNKNOWN).to_numpy()
    table = pd.DataFrame(
        {
            "vehicle_class": rows["vehicle_class"].to_numpy(object),
            "road_class": road_class[place],
            "given": given,
            "unmatched": unmatched,
        }
    )  # fmt: skip
    return table.groupby(["vehicle_class", "road_class"]).sum().reset_index()


def _check(account: pd.DataFrame, transferred: float) -> None:
    given, unmatched = float(account["given"].sum()), float(account["unmatched"].sum())
    # so written that a figure that is no number fails, too
    if not abs(given - transferred - unmatched) <= CLOSURE_TOLERANCE * abs(given):
        raise CheckError(
            f"Vehicle-kilometres given must be those transferred and unmatched: {given!r} given, "
            f"{transferred!r} transferred, {unmatched!r} unmatched."
        )
