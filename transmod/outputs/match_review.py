"""
Write what a match found, and the layer in which a person corrects it.

In the review each place has its links as text, `link_ids`, and an empty `accept`. A person writes
yes, no or other links; the next match is given the file and keeps what was said.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from transmod.inputs.match_review import ABOUT_LAYER, LAYERS, write_ids
from transmod.outputs.geopackage import fixed_date, style_row, write_layer, write_styles
from transmod.outputs.styles import to_category_qml
from transmod.outputs.tables import write_table
from transmod.schema import MATCHED_PLACES, MATCHES
from transmod.traffic.matching_places import DOUBTFUL, MATCHED, UNMATCHED, Matches

MATCHES_FILE = "matches.parquet"
PLACES_FILE = "matched_places.parquet"
REVIEW_FILE = "review.gpkg"
PATHS, NETWORK = "paths", "network"

# label, colour, width [mm]: what is matched stays calm, a thin line on the wide band of its links;
# of blue, orange and red also the colour-blind tell apart
_LOOKS = {
    MATCHED: ("matched", "#2c6da3", 0.35),
    DOUBTFUL: ("look at it: doubtful", "#f0932b", 0.9),
    UNMATCHED: ("on no link: unmatched", "#c0142c", 1.1),
}
_PATH_LOOKS = {
    MATCHED: ("links of a match", "#bcd3e6", 1.3),
    DOUBTFUL: ("links of a doubtful match", "#f8d8ae", 2.0),
}
_NETWORK_LOOKS = {"link": ("links near places to look at", "#b9bdc1", 0.2)}
_MARKER_MM = {MATCHED: 1.8, DOUBTFUL: 2.8, UNMATCHED: 2.8}


def write_matches(
    folder: Path, matches: Matches, links: gpd.GeoDataFrame, network_sha256: str
) -> None:
    """
    Write `matches.parquet` and `matched_places.parquet`.

    Parameters
    ----------
    folder : Path
        Folder that is there.
    matches : Matches
        With the columns `accept` and `vkm` of its places.
    links : GeoDataFrame
        The network.
    network_sha256 : str
        Of its `links.parquet`.
    """
    ids = matches.places["place_id"].to_numpy(object)
    pieces = matches.pieces.assign(
        place_id=ids[matches.pieces["place"]],
        link_id=links["link_id"].to_numpy(np.int64)[matches.pieces["link"]],
    ).drop(columns=["place", "link"])
    about = {"network_sha256": network_sha256}
    write_table(pieces, MATCHES, folder / MATCHES_FILE, metadata=about)
    write_table(matches.places, MATCHED_PLACES, folder / PLACES_FILE, metadata=about)


def write_review(
    path: Path,
    matches: Matches,
    places: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    network_sha256: str,
) -> None:
    """
    Write the review as a GeoPackage with styles for QGIS.

    Parameters
    ----------
    path : Path
        File to write; a former one is replaced.
    matches : Matches
        As in `write_matches`.
    places : GeoDataFrame
        `schema.PLACES`, in the order of the matches and the CRS of the links.
    links : GeoDataFrame
        The network.
    network_sha256 : str
        Of its `links.parquet`.

    Notes
    -----
    Layers: `places` or `points`, to be edited; `paths`, what they were matched to; `network`, the
    links within reach of what is doubtful or unmatched, with their `link_id`; `about`.
    """
    path.unlink(missing_ok=True)
    is_point = bool((places["kind"] == "point").all())
    name = LAYERS[is_point]
    review = to_review(matches, places, links)
    nearby = _links_nearby(review, links, 5.0 * matches.spread_m)
    kind = "marker" if is_point else "line"
    looks = _LOOKS
    if is_point:
        looks = {
            word: (label, colour, _MARKER_MM[word]) for word, (label, colour, _) in looks.items()
        }
    layers = [
        (NETWORK, nearby, "kind", _NETWORK_LOOKS, "line", "link_id"),
        (PATHS, to_paths(matches, places, links), "status", _PATH_LOOKS, "line", "place_id"),
        (name, review, "status", looks, kind, "reason"),
    ]
    styles = []
    with fixed_date():
        for layer, frame, column, words, of_kind, tip in layers:
            write_layer(frame, path, layer, f"{layer} of a match of volumes")
            qml = to_category_qml(column, words, of_kind, tip)
            styles.append(style_row(layer, column, qml))
        about = pd.DataFrame({"name": ["network_sha256"], "value": [network_sha256]})
        pyogrio.write_dataframe(about, path, layer=ABOUT_LAYER, driver="GPKG")
        write_styles(styles, path)


def to_review(
    matches: Matches, places: gpd.GeoDataFrame, links: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return a row for each place with what a person needs to judge it; what is bad comes first."""
    ids = links["link_id"].to_numpy(np.int64)[matches.pieces["link"]]
    backward = matches.pieces["is_backward"].to_numpy(bool)
    of_place: dict[int, tuple[list[int], list[int]]] = {}
    for place, back, link in zip(
        matches.pieces["place"].tolist(), backward.tolist(), ids.tolist(), strict=True
    ):
        of_place.setdefault(place, ([], []))[back].append(link)
    empty: tuple[list[int], list[int]] = ([], [])
    text = [
        write_ids(*(tuple(part) for part in of_place.get(i, empty))) for i in range(len(places))
    ]
    found = matches.places
    review = gpd.GeoDataFrame(
        {
            "place_id": found["place_id"],
            "status": found["status"],
            "reason": found["reason"],
            "accept": found["accept"],
            "link_ids": text,
            "matched_ids": text,
            "score": found["score"],
            "vkm": found["vkm"],
            "distance_m": found["distance_m"].round(1),
            "length_ratio": found["length_ratio"].round(3),
            "name": places["name"].to_numpy(object),
            "road_class": places["road_class"].to_numpy(object),
            "is_two_way": places["is_two_way"].to_numpy(bool),
        },
        geometry=shapely.force_2d(places.geometry.to_numpy()),
        crs=places.crs,
    )
    # a table is read from its top: what carries most comes first
    order = review.assign(
        rank=review["status"].map({UNMATCHED: 0, DOUBTFUL: 1, MATCHED: 2}), less=-review["vkm"]
    ).sort_values(["rank", "less", "place_id"])
    return review.loc[order.index].reset_index(drop=True)


def to_paths(
    matches: Matches, places: gpd.GeoDataFrame, links: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the links of each place and direction as one line."""
    pieces = matches.pieces
    group = pieces.groupby(["place", "is_backward"], sort=True).ngroup().to_numpy()
    first = pieces.drop_duplicates(["place", "is_backward"])
    lines = links.geometry.to_numpy()[pieces["link"]]
    place = first["place"].to_numpy(np.int64)
    found = matches.places.iloc[place]
    shapes = shapely.multilinestrings(lines, indices=group) if len(lines) else []
    return gpd.GeoDataFrame(
        {
            "place_id": found["place_id"].to_numpy(object),
            "is_backward": first["is_backward"].to_numpy(bool),
            "status": found["status"].to_numpy(object),
            "score": found["score"].to_numpy(np.float64),
        },
        geometry=list(shapes),
        crs=places.crs,
    )


def _links_nearby(
    review: gpd.GeoDataFrame, links: gpd.GeoDataFrame, reach_m: float
) -> gpd.GeoDataFrame:
    shown = review.geometry[(review["status"] != MATCHED).to_numpy()].to_numpy()
    shown = shown[~shapely.is_missing(shown)]
    tree = shapely.STRtree(links.geometry.to_numpy())
    near = np.unique(tree.query(shown, predicate="dwithin", distance=reach_m)[1])
    columns = ["link_id", "from_node", "to_node", "road_class", "is_ramp", "name", "geometry"]
    return links[columns].iloc[near].reset_index(drop=True).assign(kind="link")
