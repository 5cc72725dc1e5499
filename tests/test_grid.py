"""The grid: its lines, its errors, the share of cells in the city."""

import numpy as np
import pytest
import shapely
from numpy.testing import assert_array_equal

from transmod.errors import InputError
from transmod.model.grid import Grid, cell_polygons, check_metres, fraction_in_boundary, grid_over

UTM = "EPSG:32633"


def grid(**changes):
    return Grid(
        **{"crs": UTM, "x0": 0.0, "y0": 0.0, "cell_size_m": 10.0, "n_columns": 12, "n_rows": 9}
        | changes
    )


def city(seed=3):
    """A city with a hole, an exclave and slanting borders."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 30))
    radius = rng.uniform(30, 44, 30)
    shell = np.column_stack([50 + radius * np.cos(angle), 44 + radius * np.sin(angle)])
    hole = shapely.Point(48, 42).buffer(13.7)
    return shapely.union(shapely.Polygon(shell).difference(hole), shapely.box(101, 71, 113, 88))


def test_lines_stand_at_multiples_of_the_cell_size():
    got = grid_over(shapely.box(512_345.6, 4_987.0, 513_010.0, 5_400.0), UTM, 250.0)
    assert (got.x0, got.y0) == (512_250.0, 4_750.0)
    assert (got.n_columns, got.n_rows) == (4, 3)
    assert_array_equal(got.x, [512_375.0, 512_625.0, 512_875.0, 513_125.0])
    assert_array_equal(got.y, [4_875.0, 5_125.0, 5_375.0])
    assert got.n_cells == 12


def test_closed_bounds_are_covered_by_half_open_cells():
    got = grid_over(shapely.box(0, 0, 200, 150), UTM, 100.0)
    assert (got.n_columns, got.n_rows) == (3, 2)


def test_any_cell_size():
    got = grid_over(shapely.box(-3.3, -0.2, 7.7, 1.1), UTM, 0.7)
    assert got.x0 <= -3.3 < got.x0 + 0.7
    assert got.x0 + got.n_columns * 0.7 > 7.7


def test_cells_are_numbered_from_the_south_west():
    got = cell_polygons(grid(), np.array([0, 13]))
    assert_array_equal(shapely.bounds(got), [[0, 0, 10, 10], [10, 10, 20, 20]])


@pytest.mark.parametrize("size", [0.0, -5.0, np.nan, np.inf])
def test_refuses_a_cell_size(size):
    with pytest.raises(InputError, match=r"`cell_size_m` \[m\] must be above 0 and finite"):
        grid_over(shapely.box(0, 0, 1, 1), UTM, size)


def test_refuses_absurdly_many_cells():
    with pytest.raises(InputError, match=r"at most 50,000,000 cells: 50,001 columns x 40,001 rows"):
        grid_over(shapely.box(0, 0, 50_000, 40_000), UTM, 1.0)


def test_refuses_an_empty_boundary():
    with pytest.raises(InputError, match="it is empty"):
        grid_over(shapely.Polygon(), UTM, 1.0)


def test_lists_all_faults():
    with pytest.raises(InputError) as caught:
        grid(x0=np.nan, n_columns=0, cell_size_m=-1.0)
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:2263"])
def test_refuses_a_crs_without_true_metres(crs):
    with pytest.raises(InputError, match="must be projected, in metres, and not Web Mercator"):
        check_metres(crs)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cell_size_m": 3.7, "n_columns": 40, "n_rows": 30},
        {"x0": -50.0, "y0": -30.0, "n_columns": 40, "n_rows": 40},
        {"x0": 30.0, "y0": 30.0, "n_columns": 4, "n_rows": 3},
    ],
)
def test_fraction_agrees_with_every_cell_met_one_by_one(changes):
    squares, boundary = grid(**changes), city()
    got = fraction_in_boundary(squares, boundary)
    cells = cell_polygons(squares, np.arange(squares.n_cells))
    expected = shapely.area(shapely.intersection(cells, boundary)) / squares.cell_size_m**2
    assert got.shape == (squares.n_rows, squares.n_columns)
    assert got.ravel() == pytest.approx(expected, abs=1e-12)
    assert (got.ravel()[shapely.covers(shapely.buffer(boundary, -1e-9), cells)] == 1.0).all()
    assert (got.ravel()[shapely.disjoint(boundary, cells)] == 0.0).all()
    assert got.max() <= 1.0


def test_fraction_of_a_city_on_grid_lines_is_exact():
    got = fraction_in_boundary(grid(n_columns=5, n_rows=4), shapely.box(10, 10, 40, 30))
    expected = np.zeros((4, 5))
    expected[1:3, 1:4] = 1.0
    assert_array_equal(got, expected)


def test_fraction_of_a_grid_wholly_inside_or_outside():
    boundary = shapely.box(-1000, -1000, 1000, 1000)
    assert (fraction_in_boundary(grid(), boundary) == 1.0).all()
    assert (fraction_in_boundary(grid(x0=5000.0), boundary) == 0.0).all()
