"""All files of a run's results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.accounts.books import Books
from transmod.accounts.checks import Check, ResultTables
from transmod.inputs.link_pass import LinkPass
from transmod.inputs.network import Network
from transmod.inputs.rules import Rule
from transmod.model.grid import Grid
from transmod.model.memo_maps import MemoMap
from transmod.outputs.books import write_books
from transmod.outputs.caption import Caption
from transmod.outputs.drawing import Pen
from transmod.outputs.manifest import file_hashes, write_manifest
from transmod.outputs.tables import write_geo_table, write_table
from transmod.outputs.uncertainty import draw_uncertainty
from transmod.schema import (
    HOURS,
    LINK_RESULTS,
    PIECES,
    POLLUTANTS,
    SPECTRUM,
    ZONED_SPECTRUM,
    Table,
)

_PER_PERIOD = {"year": "yr-1", "day": "d-1", "hour": "h-1"}


@dataclass(frozen=True, eq=False)
class Results:
    """
    What a run computed, as tables in the forms of `schema`.

    `tables` are those that the laws compare; what was not asked for is None.
    """

    network: Network
    tables: ResultTables
    books: Books
    hours: pd.DataFrame
    mean_days: pd.DataFrame
    grid: Grid | None
    fraction_in_boundary: NDArray[np.float64] | None
    memo: MemoMap | None
    rule: Rule
    link_pass: LinkPass
    checks: list[Check]
    notes: tuple[str, ...]


def write_results(
    folder: Path,
    results: Results,
    caption: Caption,
    *,
    pen: Pen | None,
    inputs: dict[str, str],
    options: dict[str, Any],
    progress: Callable[[str], None],
) -> None:
    """
    Write the files of a run into an empty folder, the manifest last.

    Parameters
    ----------
    folder : Path
        Where to.
    results : Results
        What to write.
    caption : Caption
        Texts, and `outputs`: which files are wanted.
    pen : Pen, optional
        Draws the figures, if they are wanted.
    inputs, options
        Hashes of the input files, and the scenario, for the manifest.
    progress : callable
        Told the name of each step.
    """
    about = caption.to_metadata()
    if pen is not None:
        _draw(pen, folder, results, caption)
    progress("tables")
    _write_tables(folder, results, about)
    if "links" in caption.outputs and results.tables.links is not None:
        write_geo_table(
            results.tables.links, LINK_RESULTS, folder / "links.parquet", metadata=about
        )
    if "grid" in caption.outputs:
        progress("grid")
        _write_grids(folder, results, caption, about)
    if results.memo is not None:
        _write_memo(folder, results, results.memo, caption, about)
    if "links" in caption.outputs or "grid" in caption.outputs:
        progress("map")
        _write_map(folder, results, caption)
    if pen is not None:
        progress("figures")
        if results.books.uncertainty is not None:
            draw_uncertainty(results.books.uncertainty, folder / "figures", caption)
        pen.wait()
    progress("manifest")
    write_manifest(
        folder / "manifest.json",
        {
            "inputs": inputs,
            "results": file_hashes(folder),
            "options": options,
            "seed": results.books.seed,
            "totals": results.books.totals,
            "checks": [asdict(check) for check in results.checks],
            "notes": list(results.notes),
            "attribution": results.books.attribution,
            "link_pass": results.link_pass.to_facts(),
        },
    )


def district_masses(results: Results) -> gpd.GeoDataFrame:
    """Return the districts with the scope 1 masses of their road traffic, `<pollutant>_t` [t]."""
    ledger = results.books.ledger
    is_own = (ledger["location"] == "link") & (ledger["scope"] == 1)
    own = ledger[["district_id", "pollutant", "mass_t"]][is_own]
    sums = own.to_frame().pivot_table(
        index="district_id", columns="pollutant", values="mass_t", aggfunc="sum", observed=True
    )
    sums = sums.reindex(index=results.network.districts["district_id"], columns=list(POLLUTANTS))
    columns = {f"{name}_t": sums[name].to_numpy(np.float64) for name in POLLUTANTS}
    return results.network.districts.assign(**columns)


def _write_tables(folder: Path, results: Results, about: dict[str, str]) -> None:
    write_books(folder, results.books, results.tables.activity, about)
    for name, table, frame in (
        ("pieces", PIECES, results.tables.pieces),
        ("spectrum", _spectrum_of(results.tables.spectrum), results.tables.spectrum),
        ("hours", HOURS, results.hours),
    ):
        write_table(frame, table, folder / f"{name}.parquet", metadata=about)


def _spectrum_of(frame: pd.DataFrame) -> Table:
    return ZONED_SPECTRUM if "zone" in frame else SPECTRUM


def _write_grids(folder: Path, results: Results, caption: Caption, about: dict[str, str]) -> None:
    from transmod.outputs.grids import write_geotiff, write_netcdf

    assert results.grid is not None
    assert results.tables.cells is not None
    assert results.fraction_in_boundary is not None
    cells = results.tables.cells.drop(columns="vkm")
    for write, name in ((write_netcdf, "grid.nc"), (write_geotiff, "grid.tif")):
        write(
            results.grid,
            cells,
            results.fraction_in_boundary,
            folder / name,
            period_unit=_PER_PERIOD[caption.period],
            attributes=about,
        )


def _write_memo(
    folder: Path, results: Results, memo: MemoMap, caption: Caption, about: dict[str, str]
) -> None:
    from transmod.outputs.memo_maps import write_memo_grid, write_memo_links

    if "links" in caption.outputs:
        write_memo_links(memo, results.rule, folder / "memo_links.parquet", attributes=about)
    if "grid" in caption.outputs:
        assert results.grid is not None
        assert results.fraction_in_boundary is not None
        write_memo_grid(
            memo,
            results.grid,
            results.fraction_in_boundary,
            folder / "memo_grid.nc",
            period_unit=_PER_PERIOD[caption.period],
            attributes=about,
        )


def _write_map(folder: Path, results: Results, caption: Caption) -> None:
    from transmod.outputs.geopackage import to_squares, write_map

    assert results.tables.links is not None
    squares = None
    if results.grid is not None and results.tables.cells is not None:
        assert results.fraction_in_boundary is not None
        cells = results.tables.cells.drop(columns="vkm")
        squares = to_squares(results.grid, cells, results.fraction_in_boundary)
    write_map(
        district_masses(results),
        results.tables.links,
        squares,
        folder / "map.gpkg",
        title=caption.title,
    )


def _draw(pen: Pen, folder: Path, results: Results, caption: Caption) -> None:
    from transmod.outputs.grids import to_raster

    raster = None
    if results.grid is not None and results.tables.cells is not None:
        assert results.fraction_in_boundary is not None
        cells = results.tables.cells[["cell_id", "co2_t"]]
        raster = to_raster(results.grid, cells, results.fraction_in_boundary)["co2"]
    links = results.tables.links
    pen.draw(
        folder=folder / "figures",
        boundary=results.network.boundary,
        districts=district_masses(results),
        totals=_class_totals(results),
        links=None if links is None else links[["length_m", "co2_t", "geometry"]],
        grid=results.grid,
        cells=raster,
        hours=results.mean_days,
        title=caption.title,
        year=caption.year,
        period=caption.period,
        source=caption.source,
        held_t=float(_exhaust(results).query("notation_key == 'IE'")["mass_t"].sum()),
    )


def _exhaust(results: Results) -> pd.DataFrame:
    """Return the ledger's rows of CO2 that road traffic emits on links, held elsewhere or not."""
    ledger = results.books.ledger
    is_own = (ledger["location"] == "link") & (ledger["scope"] == 1)
    is_own &= ledger["pollutant"] == "co2"
    return ledger[["vehicle_class", "notation_key", "mass_t"]][is_own].to_frame()


def _class_totals(results: Results) -> pd.DataFrame:
    """Return scope 1 CO2 and vehicle-kilometres of each vehicle class."""
    own = _exhaust(results)
    activity = results.tables.activity[["subsector", "vehicle_class", "vkm"]]
    road = activity[activity["subsector"] == "road"].to_frame()
    vkm = road.groupby("vehicle_class")["vkm"].sum()
    # a class without exhaust, such as an all-electric fleet, has no row: its CO2 is unknown here
    mass = own.groupby("vehicle_class")["mass_t"].sum().reindex(vkm.index)
    names = vkm.index.astype("str")
    return pd.DataFrame({"vehicle_class": names, "co2_t": mass.values, "vkm": vkm.values})
