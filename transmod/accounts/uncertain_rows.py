"""The rows of a ledger as amounts that are multiplied by what is uncertain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from transmod.accounts.products import NONE, Amounts, Block, Multipliers, scale_blocks, to_blocks
from transmod.columns import Columns, encode_rows, group_rows
from transmod.schema import CALIBRATIONS, GREENHOUSE_GASES, INVENTORY, POLLUTANTS

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LINE = [*INVENTORY.key, "in_total"]
CO2E = "co2e"
_TOLD_APART = ["location", "trip_kind", "vehicle_type", "fuel", "process", "pollutant"]


class Rows:
    """
    The N rows of a ledger that have a mass, and the columns they are multiplied by.

    `mass` (N,) [t]; text columns of the ledger by name, as arrays; `is_driven` (N,) what comes from
    the spectrum, no calibration; `lines` the cells, inventory line by vehicle class; `cell` (N,).
    """

    def __init__(self, ledger: Columns) -> None:
        table = ledger[~np.isnan(ledger["mass_t"]) & (ledger["mass_t"] != 0.0)]
        self.table = table
        self.mass = table["mass_t"]
        names = [*_TOLD_APART, "subsector", "activity", "vehicle_class", "district_id"]
        self._text = {name: np.array(table[name].to_list(), object) for name in names}
        self.is_driven = (table["subsector"] == "road") & (table["location"] == "link")
        self.is_driven &= ~table["activity"].isin(CALIBRATIONS)
        keys = table[[*LINE, "vehicle_class"]]
        first, self.cell = group_rows(keys)
        self.lines = keys[first].to_frame(coded=False)
        self._slots = np.zeros((len(table), 8), np.int64)
        self._used = np.zeros(len(table), np.int64)
        self.of_cell = np.zeros((len(table), 2), np.int64)
        self.speed = np.zeros(len(table), np.int64)
        self.answer: Floats | None = None
        self.nodes: dict[int, tuple[Floats, int]] = {}

    def __getitem__(self, name: str) -> NDArray[np.object_]:
        """Return a text column (N,)."""
        return self._text[name]

    def __len__(self) -> int:
        return len(self.table)

    def codes(self, *names: str) -> Integers:
        """Return a number (N,) for each row, equal where some columns are."""
        return encode_rows(self.table[list(names)])

    def multiply(self, rows: Integers, column: int) -> None:
        """Multiply some rows by a column."""
        if rows.size and self._used[rows].max() == self._slots.shape[1]:
            self._slots = np.pad(self._slots, ((0, 0), (0, 4)))
        self._slots[rows, self._used[rows]] = column
        self._used[rows] += 1

    def answer_speed(
        self, rows: Integers, column: int, nodes: Floats, centre: float, answer: Floats
    ) -> None:
        """Let some rows answer (S, rows) to the error of speed of a column at its nodes (S,)."""
        if self.answer is None:
            self.answer = np.ones((0, len(self)))
        more = max(nodes.size - len(self.answer), 0)
        self.answer = np.pad(self.answer, ((0, more), (0, 0)), constant_values=1.0)
        self.answer[: nodes.size, rows] = answer
        self.speed[rows] = column
        self.nodes[column] = nodes, int(np.argmin(np.abs(nodes - centre)))

    @property
    def untouched(self) -> NDArray[np.bool_]:
        """Say which rows (N,) nothing uncertain stands behind."""
        return (self._used == 0) & (self.speed == NONE) & ~self.of_cell.any(axis=1)

    def to_blocks(self, gwp: Mapping[str, float]) -> dict[str, list[Block]]:
        """Add rows up to blocks by substance; `co2e` is the greenhouse gases by their potential."""
        code = self.codes(*[n for n in LINE if n != "district_id"], "vehicle_class")
        code = 2 * code + self.is_driven
        out: dict[str, list[Block]] = {}
        for pollutant in POLLUTANTS:
            own = np.flatnonzero(self["pollutant"] == pollutant)
            if own.size == 0:
                continue
            amounts = Amounts(
                self.mass[own], self.cell[own], code[own], self._slots[own], self.of_cell[own],
                self.speed[own], None if self.answer is None else self.answer[:, own], self.nodes,
            )  # fmt: skip
            out[pollutant] = to_blocks(amounts)
        warming = [
            block for gas in GREENHOUSE_GASES for block in scale_blocks(out.get(gas, ()), gwp[gas])
        ]
        return out | ({CO2E: warming} if warming else {})


@dataclass(frozen=True, eq=False)
class Model:
    """
    Everything that is needed to draw an account.

    `columns` the multipliers; `blocks` the amounts by substance; `lines` the cells, inventory line
    by vehicle class; `notes` what a reader must know.
    """

    columns: Multipliers
    blocks: dict[str, list[Block]]
    lines: pd.DataFrame
    notes: tuple[str, ...]
