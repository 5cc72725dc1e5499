"""The grid of square cells over a city, and the cut of lines at it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from transmod.errors import Faults, InputError
from transmod.inputs.projections import is_metric
from transmod.kernels.cut import count_rows, fill_rows, measure_links

MAX_CELLS = 50_000_000


def check_metres(crs: pyproj.CRS | str) -> pyproj.CRS:
    """
    Return `crs` if lengths may be measured in it.

    Raises
    ------
    InputError
        If it is geographic, Web Mercator (which stretches lengths by 1 / cos(latitude)), or not
        in metres.
    """
    crs = pyproj.CRS.from_user_input(crs)
    if not is_metric(crs):
        raise InputError(
            f"The CRS must be projected, in metres, and not Web Mercator: found {crs.name!r}. "
            f"The city's UTM zone is (EPSG:32601-32660 north, 32701-32760 south)."
        )
    return crs


@dataclass(frozen=True)
class Grid:
    """
    Square cells in a projected CRS.

    A cell is half-open: it owns its south and its west edge. `cell_id` is row * n_columns +
    column, with row 0 in the south and column 0 in the west.

    Parameters
    ----------
    crs : pyproj.CRS
        Projected, in metres.
    x0, y0 : float
        South-west corner [m].
    cell_size_m : float
        Side of a cell [m].
    n_columns, n_rows : int
        Cells from west to east, and from south to north.

    Raises
    ------
    InputError
        If the CRS is not metric, the cell size is not positive or there are more than 50 million
        cells.
    """

    crs: pyproj.CRS
    x0: float
    y0: float
    cell_size_m: float
    n_columns: int
    n_rows: int

    def __post_init__(self) -> None:
        check_metres(self.crs)
        faults = Faults()
        _check_size(self.cell_size_m, faults)
        for name in ("x0", "y0"):
            if not np.isfinite(getattr(self, name)):
                faults.add(f"`{name}` [m] must be finite: found {getattr(self, name)}.")
        for name in ("n_columns", "n_rows"):
            if getattr(self, name) < 1:
                faults.add(f"`{name}` must be at least 1: found {getattr(self, name)}.")
        if self.n_cells > MAX_CELLS:
            faults.add(
                f"A grid must have at most {MAX_CELLS:,} cells: {self.n_columns:,} columns x "
                f"{self.n_rows:,} rows are {self.n_cells:,}. Take a larger `cell_size_m` than "
                f"{self.cell_size_m:g} m."
            )
        faults.raise_any()

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return self.n_columns * self.n_rows

    @property
    def x(self) -> NDArray[np.float64]:
        """Eastings of the cell centres (n_columns,) [m]."""
        return self.x0 + (np.arange(self.n_columns, dtype=float) + 0.5) * self.cell_size_m

    @property
    def y(self) -> NDArray[np.float64]:
        """Northings of the cell centres (n_rows,) [m], from the south."""
        return self.y0 + (np.arange(self.n_rows, dtype=float) + 0.5) * self.cell_size_m


def _check_size(cell_size_m: float, faults: Faults) -> None:
    if not (np.isfinite(cell_size_m) and cell_size_m > 0):
        faults.add(f"`cell_size_m` [m] must be above 0 and finite: found {cell_size_m}.")


def grid_over(boundary: Polygon | MultiPolygon, crs: pyproj.CRS | str, cell_size_m: float) -> Grid:
    """
    Lay a grid over the bounds of a city.

    Its lines stand at multiples of the cell size in `crs`, so grids of two cities or years in one
    CRS fit together. The bounds are covered as a closed box: where the eastern or northern one
    lies on a line, a half-open cell beyond it takes the roads on that line.

    Parameters
    ----------
    boundary : shapely.Polygon or shapely.MultiPolygon
        The city, in `crs`.
    crs : pyproj.CRS or str
        Projected, in metres.
    cell_size_m : float
        Side of a cell [m].

    Raises
    ------
    InputError
        If the CRS is not metric, the boundary empty, the cell size not positive or there would be
        more than 50 million cells.
    """
    faults = Faults()
    _check_size(cell_size_m, faults)
    if boundary.is_empty:
        faults.add("`boundary` must be a polygon with an area: it is empty.")
    faults.raise_any()
    west, south, east, north = boundary.bounds
    x0 = float(np.floor(west / cell_size_m) * cell_size_m)
    y0 = float(np.floor(south / cell_size_m) * cell_size_m)
    return Grid(
        crs=check_metres(crs),
        x0=x0,
        y0=y0,
        cell_size_m=float(cell_size_m),
        n_columns=int(np.floor((east - x0) / cell_size_m)) + 1,
        n_rows=int(np.floor((north - y0) / cell_size_m)) + 1,
    )


def cell_polygons(grid: Grid, cell_id: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the squares of the cells `cell_id` (N,) as polygons (N,) in the grid's CRS."""
    row, column = np.divmod(cell_id, grid.n_columns)
    west = grid.x0 + column * grid.cell_size_m
    south = grid.y0 + row * grid.cell_size_m
    # from the next line, not west + size: neighbours then share their corners exactly
    east = grid.x0 + (column + 1) * grid.cell_size_m
    north = grid.y0 + (row + 1) * grid.cell_size_m
    return shapely.box(west, south, east, north)


def fraction_in_boundary(grid: Grid, boundary: Polygon | MultiPolygon) -> NDArray[np.float64]:
    """
    Return the share of each cell's area inside the boundary.

    Parameters
    ----------
    grid : Grid
        May be larger or smaller than the city.
    boundary : shapely.Polygon or shapely.MultiPolygon
        The city, in the grid's CRS.

    Returns
    -------
    numpy.ndarray
        (n_rows, n_columns) [-]; exactly 1 inside and exactly 0 outside.
    """
    cells = _cells_on_border(grid, boundary)
    fraction = _whole_cells(grid, boundary, cells)
    row = cells // grid.n_columns
    rows, strip = np.unique(row, return_inverse=True)
    # the boundary is cut row by row first: a cell then meets the few vertices of its own row
    first = cell_polygons(grid, rows * grid.n_columns)
    last = cell_polygons(grid, (rows + 1) * grid.n_columns - 1)
    west, south, _, _ = shapely.bounds(first).T
    _, _, east, north = shapely.bounds(last).T
    strips = shapely.intersection(shapely.box(west, south, east, north), boundary)
    squares = cell_polygons(grid, cells)
    inside = shapely.area(shapely.intersection(squares, strips[strip]))
    # the square itself as the quotient: a full cell is 1 up to the rounding of the intersection
    fraction[cells] = np.minimum(inside / shapely.area(squares), 1.0)
    return fraction.reshape(grid.n_rows, grid.n_columns)


@dataclass(frozen=True)
class Lines:
    """
    Lines laid out for the kernels; L lines with V vertices in all.

    `x`, `y` (V,) [m], `start` (L + 1,) the first vertex of each, `position` (V,) the planar way
    from the start of a line to its vertex [m].
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    start: NDArray[np.int64]
    position: NDArray[np.float64]

    @property
    def length(self) -> NDArray[np.float64]:
        """Planar length of each line (L,) [m]."""
        return self.position[self.start[1:] - 1]


def lay_out(lines: NDArray[np.object_]) -> Lines:
    """Lay out LineStrings (L,), none of them empty, for the kernels."""
    x, y = np.ascontiguousarray(shapely.get_coordinates(lines).T)
    start = np.append(0, np.cumsum(shapely.get_num_coordinates(lines), dtype=np.int64))
    position = np.empty(len(x))
    measure_links(x, y, start, position)
    return Lines(x, y, start, position)


def cut_lines(
    lines: Lines,
    grid: Grid | None,
    cut: NDArray[np.float64],
    cut_start: NDArray[np.int64],
    area: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:
    """
    Cut lines at positions given along them, and at the lines of a grid.

    Parameters
    ----------
    lines : Lines
        L lines in the grid's CRS.
    grid : Grid or None
        None: no cells.
    cut : numpy.ndarray
        (B,) positions on the lines [m], increasing along each.
    cut_start : numpy.ndarray
        (L + 1,) first cut of each line.
    area : numpy.ndarray
        (L + B,) area of each stretch between cuts, in order along the lines.

    Returns
    -------
    line, area, cell, fraction : numpy.ndarray
        (N,) each, sorted by the first three; the fractions of a line sum to 1.
    """
    cells = (
        (0.0, 0.0, np.inf, 0, 0)
        if grid is None
        else (grid.x0, grid.y0, grid.cell_size_m, grid.n_columns, grid.n_rows)
    )
    x, y, start = lines.x, lines.y, lines.start
    bound = count_rows(x, y, start, cut_start, *cells)
    rows = (
        np.empty(bound, np.int64),
        np.empty(bound, np.int32),
        np.empty(bound, np.int64),
        np.empty(bound),
    )
    n = fill_rows(x, y, start, lines.position, cut, cut_start, area, *cells, *rows)
    line, row_area, cell, fraction = (column[:n].copy() for column in rows)
    return line, row_area, cell, fraction


def _cells_on_border(grid: Grid, boundary: Polygon | MultiPolygon) -> NDArray[np.int64]:
    """Return the sorted cells in which a ring of the boundary runs."""
    rings = lay_out(shapely.get_parts(shapely.boundary(boundary)))
    n = len(rings.start) - 1
    _, _, cell, _ = cut_lines(
        rings, grid, np.empty(0), np.zeros(n + 1, np.int64), np.zeros(n, np.int32)
    )
    cells = np.unique(cell)
    return cells[cells >= 0]


def _whole_cells(
    grid: Grid, boundary: Polygon | MultiPolygon, on_border: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return 1 for cells inside and 0 for cells outside, of those no ring runs in (n_cells,)."""
    is_whole = np.ones(grid.n_cells, bool)
    is_whole[on_border] = False
    # in a row, cells not parted by a ring lie on one side of it: one point decides for all
    begins = is_whole.copy()
    begins[1:] &= ~is_whole[:-1] | (np.arange(1, grid.n_cells) % grid.n_columns == 0)
    row, column = np.divmod(np.flatnonzero(begins), grid.n_columns)
    shapely.prepare(boundary)
    inside = shapely.contains_xy(boundary, grid.x[column], grid.y[row])
    run = np.cumsum(begins)[is_whole] - 1
    fraction = np.zeros(grid.n_cells)
    fraction[is_whole] = inside[run]
    return fraction
