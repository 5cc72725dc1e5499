"""Shares of the two directions of a road, where a volume is that of both."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.inputs.volume_rows import VolumeRows

TOLERANCE = 1e-6


@dataclass
class DirectionShares:
    """Gathers the shares of a volume file, and sees whether those of a road sum to 1."""

    links: pd.DataFrame
    _seen: list[pd.DataFrame] = field(default_factory=list)

    def see(self, rows: VolumeRows) -> None:
        """Take the shares of a batch."""
        if rows.share is None:
            return
        hour = np.zeros(rows.position.size, np.int64) if rows.hour is None else rows.hour
        seen = pd.DataFrame(
            {"link": rows.position, "code": rows.code, "hour": hour, "share": rows.share}
        )
        self._seen.append(seen[(seen["link"] >= 0) & (seen["code"] >= 0)])

    def report(self, path: Path, faults: Faults) -> None:
        """Note roads with one link each way whose two shares do not sum to 1."""
        if not self._seen:
            return
        shares = pd.concat(self._seen, ignore_index=True)
        other = opposite_links(self.links)
        shares["other"] = other[shares["link"]]
        back = shares.rename(columns={"link": "other", "other": "link", "share": "back"})
        keys = ["link", "other", "code", "hour"]
        pairs = shares[shares["other"] > shares["link"]].merge(back, on=keys)
        total = (pairs["share"] + pairs["back"]).to_numpy()
        bad = np.abs(total - 1.0) > TOLERANCE
        if bad.any():
            first = pairs.iloc[int(bad.argmax())]
            ids = self.links["link_id"].to_numpy()[[int(first["link"]), int(first["other"])]]
            faults.add(
                f"`direction_share` of {path} must sum to 1 over the two directions of a road: "
                f"{bad.sum():,} of {bad.size:,} pairs do not, first link_id {ids[0]} and {ids[1]} "
                f"({total[bad][0]:g}). Give the second direction the rest of the first."
            )


def opposite_links(links: pd.DataFrame) -> NDArray[np.int64]:
    """
    Return the position of the link back, (L,); -1 where there is none, or more than one.

    Parameters
    ----------
    links : pandas.DataFrame
        `from_node` and `to_node` of L links.
    """
    there = links[["from_node", "to_node"]].reset_index(drop=True)
    there = there[~there.duplicated(keep=False)].reset_index(names="link")
    back = there.rename(columns={"from_node": "to_node", "to_node": "from_node", "link": "back"})
    pairs = there.merge(back, on=["from_node", "to_node"])
    pairs = pairs[pairs["link"] != pairs["back"]]
    out = np.full(len(links), -1)
    out[pairs["link"]] = pairs["back"]
    return out
