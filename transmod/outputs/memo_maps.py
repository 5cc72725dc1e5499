"""Files of memo maps, of their own: places as GeoParquet, cells as CF NetCDF."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from transmod.inputs.rules import Rule
from transmod.model.grid import Grid
from transmod.model.memo_maps import MemoMap
from transmod.outputs.grids import MISSING, encode_cells, to_raster, write_dataset
from transmod.outputs.tables import write_geo_table
from transmod.schema import MEMO_PLACES, NO_CELL, POLLUTANTS

_COMMENT = (
    f"{MISSING} Aircraft and ships inside the boundary; part of their activity, in no grid of the "
    f"city's roads. The ledger says which activity counts in a total."
)


def write_memo_links(
    memo: MemoMap, rule: Rule, path: Path, *, attributes: Mapping[str, str]
) -> None:
    """
    Write the places of a memo map as GeoParquet.

    Parameters
    ----------
    memo : MemoMap
        The map.
    rule : Rule
        Says of each activity whether it is a memo item.
    path : Path
        File to write.
    attributes : mapping
        Facts about the whole file.
    """
    lines = rule.lines[["activity", "item", "memo_kind"]].to_frame().set_index("activity")
    lines = lines.loc[memo.places["activity"]].astype("str")
    columns = {name: lines[name].to_numpy() for name in lines.columns}
    write_geo_table(memo.places.assign(**columns), MEMO_PLACES, path, metadata=attributes)


def write_memo_grid(
    memo: MemoMap,
    grid: Grid,
    fraction_in_boundary: NDArray[np.float64],
    path: Path,
    *,
    period_unit: str,
    attributes: Mapping[str, str],
) -> None:
    """
    Write the cells of a memo map as NetCDF-4 after the CF conventions 1.11.

    Each pollutant has a layer for each activity: activities are not added to each other.

    Parameters
    ----------
    memo : MemoMap
        With cells.
    grid, fraction_in_boundary, period_unit, attributes
        As in `grids.write_netcdf`.
    path : Path
        File to write.
    """
    assert memo.cells is not None
    cells = memo.cells[memo.cells["cell_id"] != NO_CELL]
    activities = sorted(memo.cells["activity"].unique())
    layers = [_layer(cells, name, grid, fraction_in_boundary) for name in activities]
    variables = {
        "activity": xr.Variable(
            ("activity",), np.array(activities, object), {"long_name": "what is done"}
        )
    }
    for name in POLLUTANTS:
        if memo.cells[f"{name}_t"].isna().all():
            continue
        variables[name] = xr.Variable(
            ("activity", "y", "x"),
            np.stack([layer[name] for layer in layers]),
            {
                "long_name": f"emission of {name} by aircraft and ships inside the boundary",
                "units": f"t {period_unit}",
                "cell_methods": "area: sum",
                "comment": _COMMENT,
            },
            {"_FillValue": np.nan, **encode_cells(grid, n_layers=1)},
        )
    write_dataset(variables, grid, path, attributes)


def _layer(
    cells: pd.DataFrame, activity: str, grid: Grid, fraction: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    masses = [f"{name}_t" for name in POLLUTANTS]
    own = cells.loc[cells["activity"] == activity, ["cell_id", *masses]]
    return to_raster(grid, own, fraction)
