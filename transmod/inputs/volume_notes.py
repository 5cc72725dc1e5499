"""What a reader of volumes tells a user besides faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from transmod.inputs.volume_checks import VolumeCheck
from transmod.schema import CRAWL_KMH

if TYPE_CHECKING:
    from transmod.inputs.network import Network


def note_speeds(check: VolumeCheck, link_ids: NDArray[np.int64]) -> list[str]:
    """Say which given speeds look odd; they are taken as they are."""
    notes = []
    if check.stopped.count:
        notes.append(
            f"Speed 0 with traffic in {check.stopped.count:,} of {check.n_rows:,} rows, first at "
            f"{check.stopped.first}: the floor of speeds applies."
        )
    for is_odd, what in (
        (check.is_crawling, f"below {CRAWL_KMH:g} km/h"),
        (check.is_too_fast, "above the link's free speed"),
    ):
        if is_odd.any():
            notes.append(
                f"Given speeds are {what} on {is_odd.sum():,} of {check.has_volume.sum():,} links "
                f"with traffic, first link_id {link_ids[is_odd.argmax()]}: taken as given."
            )
    return notes


def note_links(has_volume: NDArray[np.bool_], network: Network) -> list[str]:
    """Say how many links have no volume."""
    if has_volume.all():
        return []
    length = network.links["length_m"].to_numpy(np.float64)
    share = length[~has_volume].sum() / length.sum()
    note = (
        f"{(~has_volume).sum():,} of {has_volume.size:,} links, {share:.1%} of the length, have no "
        "volume: they are missing, not zero."
    )
    return [note]
