"""Links and cells of two runs side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.schema import LINK_DIFFERENCES, POLLUTANTS

if TYPE_CHECKING:
    import geopandas as gpd

    from transmod.inputs.results import ResultGrid

_KEY = ["link_id", "district_id"]
_NEAR_M = 1e-3  # centres of one cell


@dataclass(frozen=True, eq=False)
class CellDifferences:
    """`rows` is `schema.CELL_DIFFERENCES`, on cells of `cell_size_m` [m] in the CRS `crs` (WKT)."""

    rows: pd.DataFrame
    cell_size_m: float
    crs: str


def compare_links(a: pd.DataFrame, b: pd.DataFrame, notes: list[str]) -> gpd.GeoDataFrame:
    """
    Subtract the links of run A from those of run B, on one network.

    Parameters
    ----------
    a, b : geopandas.GeoDataFrame
        `schema.LINK_RESULTS`, `b` with geometry.
    notes : list of str
        Takes how many links only one run has, or gives a volume.

    Returns
    -------
    geopandas.GeoDataFrame
        `schema.LINK_DIFFERENCES`; null where one run gives the link no volume.
    """
    amounts = [
        name
        for name in LINK_DIFFERENCES.names
        if name in a.columns and name in b.columns and name not in (*_KEY, "length_m", "geometry")
    ]
    own = a[[*_KEY, *amounts, "speed_kmh"]]
    both = b.merge(own, on=_KEY, how="inner", suffixes=("", "_a"))
    out = both[[*_KEY, "length_m", "geometry"]].copy()
    for name in amounts:
        out[name] = both[name].astype(np.float64) - both[f"{name}_a"].astype(np.float64)
    out["speed_a_kmh"], out["speed_b_kmh"] = both["speed_kmh_a"], both["speed_kmh"]
    lone = len(a) + len(b) - 2 * len(both)
    if lone:
        notes.append(f"{lone:,} parts of links are inside one boundary or district only: left out.")
    empty = both["vkm"].isna() != both["vkm_a"].isna()
    if empty.any():
        notes.append(
            f"{int(empty.sum()):,} of {len(both):,} links have a volume in one run only: their "
            "difference is null."
        )
    return out[[name for name in LINK_DIFFERENCES.names if name in out.columns]]


def compare_cells(a: ResultGrid, b: ResultGrid, notes: list[str]) -> CellDifferences | None:
    """
    Subtract the cells of run A from those of run B.

    Returns
    -------
    CellDifferences or None
        Cells inside both boundaries; None where the grids do not coincide.
    """
    sizes = [_cell_size(grid) for grid in (a, b)]
    offset = [abs((own[0] - other[0]) / sizes[1]) % 1.0 for own, other in ((a.x, b.x), (a.y, b.y))]
    apart = [min(part, 1.0 - part) * sizes[1] for part in offset]
    if a.crs != b.crs or sizes[0] != sizes[1] or max(apart) > _NEAR_M:
        notes.append(
            f"Cells are not compared: the grids do not coincide (cells of {sizes[0]:g} m and "
            f"{sizes[1]:g} m, or another origin or CRS)."
        )
        return None
    tables = [_to_rows(grid, b) for grid in (a, b)]
    both = tables[0].merge(tables[1], on=["row", "column"], suffixes=("_a", "_b"))
    names = [name for name in POLLUTANTS if name in a.masses and name in b.masses]
    rows = pd.DataFrame(
        {
            "x_m": b.x[0] + both["column"] * sizes[1],
            "y_m": b.y[0] + both["row"] * sizes[1],
            **{f"{name}_t": both[f"{name}_b"] - both[f"{name}_a"] for name in POLLUTANTS
               if name in names},
            **{f"{name}_t": np.nan for name in POLLUTANTS if name not in names},
        }
    )  # fmt: skip
    lone = len(tables[0]) + len(tables[1]) - 2 * len(both)
    if lone:
        notes.append(f"{lone:,} cells are inside one boundary only: left out.")
    return CellDifferences(rows, sizes[1], b.crs)


def _cell_size(grid: ResultGrid) -> float:
    both = [axis[1] - axis[0] for axis in (grid.x, grid.y) if axis.size > 1]
    return float(both[0]) if both else float("nan")


def _to_rows(grid: ResultGrid, of: ResultGrid) -> pd.DataFrame:
    """Return the cells inside the boundary, by row and column of another grid."""
    inside = np.any([~np.isnan(mass) for mass in grid.masses.values()], axis=0)
    row, column = np.nonzero(inside)
    size = _cell_size(of)
    return pd.DataFrame(
        {
            "row": _steps(grid.y[row], of.y[0], size),
            "column": _steps(grid.x[column], of.x[0], size),
            **{name: mass[row, column] for name, mass in grid.masses.items()},
        }
    )


def _steps(centre: NDArray[np.float64], start: float, size: float) -> NDArray[np.int64]:
    return np.rint((centre - start) / size).astype(np.int64)
