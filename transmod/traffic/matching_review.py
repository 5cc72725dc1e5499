"""Put what a person said about places in the place of what was matched."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from transmod.errors import Faults
from transmod.inputs.checks import listed
from transmod.inputs.match_review import Correction
from transmod.traffic.matching_places import (
    MATCHED,
    NO_PIECES,
    PIECE_KEYS,
    UNMATCHED,
    Matches,
)
from transmod.traffic.place_lengths import place_lengths


def apply_corrections(
    matches: Matches,
    corrections: Mapping[str, Correction],
    places: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
) -> tuple[Matches, tuple[str, ...]]:
    """
    Take what a person said, and note where it is odd.

    A place that is accepted as it was matched keeps its pieces. One with other links lies on them
    from end to end. One that is refused is unmatched.

    Parameters
    ----------
    matches : Matches
        Of all places.
    corrections : mapping of place_id to Correction
        What was said.
    places, links
        As they were matched.

    Raises
    ------
    InputError
        If a place or a link is unknown, or a one-way place has links against its direction.
    """
    faults, notes = Faults(), []
    number = pd.Index(places["place_id"])
    place = number.get_indexer(pd.Index(corrections, dtype=object))
    strange = [name for name, at in zip(corrections, place, strict=True) if at < 0]
    if strange:
        faults.add(
            f"Places of the review must stand in the source: {listed(map(repr, strange))} do not."
        )
    link_index = pd.Index(links["link_id"])
    two_way = places["is_two_way"].to_numpy(bool)
    is_point = (places["kind"] == "point").to_numpy()
    table = matches.places.copy()
    accept = np.full(len(table), None, object)
    made, replaced = [NO_PIECES], []
    for at, (name, said) in zip(place.tolist(), corrections.items(), strict=True):
        unknown = [i for i in (*said.forward, *said.backward) if i not in link_index]
        if unknown:
            faults.add(f"`link_ids` of place {name!r} must be links: {listed(unknown)} are none.")
        if at < 0 or unknown:
            continue
        if said.backward and not two_way[at]:
            faults.add(
                f"`link_ids` of place {name!r} must have one direction, as its volume is of one: "
                f"links behind a slash found."
            )
            continue
        accept[at] = "yes" if said.accept else "no"
        if not said.accept:
            replaced.append(at)
            table.loc[at, ["status", "reason"]] = UNMATCHED, "refused in the review"
            table.loc[at, ["score", "share"]] = 0.0
            table.loc[at, ["distance_m", "length_ratio"]] = np.nan
            continue
        if not _is_same(matches.pieces, at, said, link_index):
            replaced.append(at)
            made += _lay_out(at, said, links, link_index, bool(is_point[at]))
            table.loc[at, "share"] = 1.0
            table.loc[at, "length_ratio"] = np.nan
            if not is_point[at]:
                stated = place_lengths(places.iloc[[at]])[0]
                table.loc[at, "length_ratio"] = made[-1].attrs["length_m"] / stated
            if not _is_connected(said, links, link_index):
                notes.append(f"The links of place {name!r} in the review are not connected.")
        table.loc[at, ["status", "reason"]] = MATCHED, "accepted in the review"
        table.loc[at, "score"] = 1.0
    faults.raise_any()
    kept = matches.pieces[~matches.pieces["place"].isin(replaced)]
    pieces = pd.concat([kept, *made], ignore_index=True) if made else kept
    pieces = pieces.sort_values(PIECE_KEYS, ignore_index=True)
    return Matches(table.assign(accept=accept), pieces, matches.spread_m), tuple(notes)


def _is_same(pieces: pd.DataFrame, at: int, said: Correction, link_index: pd.Index) -> bool:
    """Say whether the links are those that were matched now."""
    own = pieces[pieces["place"] == at]
    ids = link_index.to_numpy()
    return all(
        tuple(ids[own["link"][own["is_backward"] == backward]]) == links
        for backward, links in ((False, said.forward), (True, said.backward))
    )


def _lay_out(
    at: int, said: Correction, links: gpd.GeoDataFrame, link_index: pd.Index, is_point: bool
) -> list[pd.DataFrame]:
    out = []
    for backward, ids in ((False, said.forward), (True, said.backward)):
        if not ids:
            continue
        link = link_index.get_indexer(pd.Index(ids))
        length = links["length_m"].to_numpy(np.float64)[link]
        frame = pd.DataFrame(
            {
                "place": at, "is_backward": backward, "sequence": np.arange(len(link)),
                "link": link.astype(np.int64),
                "share": 1.0 if is_point else length / length.sum(),
                "fraction": np.nan if is_point else 1.0,
            }
        )  # fmt: skip
        frame.attrs["length_m"] = float(length.sum())
        out.append(frame)
    return out


def _is_connected(said: Correction, links: gpd.GeoDataFrame, link_index: pd.Index) -> bool:
    nodes = links[["from_node", "to_node"]].to_numpy(np.int64)
    for ids in (said.forward, said.backward):
        path = nodes[link_index.get_indexer(pd.Index(ids, dtype=np.int64))]
        if (path[1:, 0] != path[:-1, 1]).any():
            return False
    return True
