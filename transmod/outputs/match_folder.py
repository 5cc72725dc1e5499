"""Write the folder of a match: volumes, matches, the review and a report; whole, or not at all."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from transmod.errors import InputError
from transmod.inputs.network import Network
from transmod.outputs.folder import is_vacant
from transmod.outputs.match_review import MATCHES_FILE, REVIEW_FILE, write_matches, write_review
from transmod.outputs.volumes import write_volumes
from transmod.traffic.matching_places import DOUBTFUL, FAR, MATCHED, Matches

VOLUMES_FILE = "volumes.parquet"
REPORT_FILE = "report.md"
_LISTED = 200


def check_free(folder: Path, *, force: bool) -> None:
    """
    Make sure that a match may be written to `folder`, before any work is done for it.

    Raises
    ------
    InputError
        If something else stands there, or a match does and `force` is not set.
    """
    if is_vacant(folder):
        return
    if not (folder / MATCHES_FILE).exists():
        raise InputError(f"{folder} must be new, or hold a match: it holds other files.")
    if not force:
        raise InputError(
            f"{folder} must not hold a match yet: one stands there. `--force` replaces it; give "
            f"its {REVIEW_FILE} with `--review` to keep what was corrected."
        )


def write_match(
    folder: Path,
    facts: Any,
    matches: Matches,
    volumes: pd.DataFrame,
    places: gpd.GeoDataFrame,
    network: Network,
    *,
    hours: int | None,
) -> None:
    """
    Write all files of a match.

    Parameters
    ----------
    folder : Path
        Appears as a whole; a former match there is replaced.
    facts : MatchFacts
        For the report.
    matches : Matches
        With the columns `accept` and `vkm` of its places.
    volumes : DataFrame
        As `write_volumes` wants them.
    places : GeoDataFrame
        In the CRS of the network.
    network : Network
        Matched to.
    hours : int or None
        Length of the series.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as new:
            fresh = Path(new) / folder.name
            fresh.mkdir()
            write_matches(fresh, matches, network.links, network.sha256)
            write_volumes(fresh / VOLUMES_FILE, volumes, hours=hours, network_sha256=network.sha256)
            write_review(fresh / REVIEW_FILE, matches, places, network.links, network.sha256)
            text = to_report(facts, matches, places)
            (fresh / REPORT_FILE).write_text(text, encoding="utf-8")
            if folder.exists():
                shutil.move(folder, Path(new) / "former")
            shutil.move(fresh, folder)
    except OSError as error:
        raise InputError(f"{folder} must be writable: {error.strerror}.") from error


def to_report(facts: Any, matches: Matches, places: gpd.GeoDataFrame) -> str:
    """Write what a match found as Markdown: the account, the reasons, and each place to look at."""
    what = "count points" if facts.points else "links"
    network = f"`{facts.network}` (links.parquet SHA-256 {facts.network_sha256[:12]})"
    said = f"accepted in the review {facts.accepted:,}, refused {facts.refused:,}"
    found = f"matched {facts.matched:,}, doubtful {facts.doubtful:,}, unmatched {facts.unmatched:,}"
    lines = [
        "# Match of volumes",
        "",
        f"{facts.places:,} {what} of `{facts.source}` onto {network}.",
        "",
        f"- {found}; {said}",
        f"- {facts.links_with_volume:,} links of the network have a volume",
        f"- spread of places about their links: {facts.spread_m:g} m (standard deviation)",
        f'- in the scenario: `kind = "{facts.kind}"`, `unit = "{facts.unit}"`',
        "",
    ]
    if not facts.points:
        lines += [
            "## Vehicle-kilometres",
            "",
            "| road class of the source | given | transferred | unmatched | unmatched |",
            "|---|---:|---:|---:|---:|",
        ]
        rows = [(row.road_class, row.given_vkm, row.unmatched_vkm) for row in facts.road_classes]
        rows.append(("all", facts.given_vkm, facts.unmatched_vkm))
        for name, given, lost in rows:
            share = f"{lost / given:.2%}" if given > 0 else "-"
            lines.append(f"| {name} | {given:,.1f} | {given - lost:,.1f} | {lost:,.1f} | {share} |")
        lines.append("")
    if facts.reasons:
        lines += ["## What to look at", "", "| status | reason | places | veh km |"]
        lines += ["|---|---|---:|---:|"]
        for row in facts.reasons:
            vkm = "-" if row.vkm is None else f"{row.vkm:,.1f}"
            lines.append(f"| {row.status} | {row.reason} | {row.places:,} | {vkm} |")
        lines.append("")
        lines += _list_places(matches, places)
    if facts.notes:
        lines += ["## Notes", "", *(f"- {note}" for note in facts.notes), ""]
    return "\n".join(lines)


def _list_places(matches: Matches, places: gpd.GeoDataFrame) -> list[str]:
    name = places["name"].astype(object)
    table = matches.places.assign(name=name.where(name.notna(), "").to_numpy())
    table = table[table["status"] != MATCHED]
    # what a look can mend comes first: what no link is near is mostly outside the network
    is_far = (table["reason"] == FAR).to_numpy()
    table = table.assign(later=(table["status"] != DOUBTFUL) + 1 * is_far, less=-table["vkm"])
    table = table.sort_values(["later", "less", "place_id"])
    lines = ["| place | status | name | veh km | score | reason |", "|---|---|---|---:|---:|---|"]
    for row in table.head(_LISTED).to_dict("records"):
        vkm = "-" if np.isnan(row["vkm"]) else f"{row['vkm']:,.1f}"
        about = [row["place_id"], row["status"], row["name"], vkm, f"{row['score']:.2f}"]
        lines.append(f"| {' | '.join(about)} | {row['reason']} |")
    more = len(table) - _LISTED
    if more > 0:
        lines += ["", f"{more:,} more stand in `review.gpkg` and `matched_places.parquet`."]
    return [*lines, ""]
