"""The cut kernels: hand-worked links, agreement with the naive twin, laws."""

import naive_cut
import numba
import numpy as np
import pytest
import shapely
from numpy.testing import assert_array_equal

from transmod.kernels.cut import TOLERANCE_M, cell_at, lines_between, merge_rows
from transmod.model.grid import Grid, cut_lines, lay_out

GRID = Grid("EPSG:32633", x0=0.0, y0=0.0, cell_size_m=100.0, n_columns=8, n_rows=6)


def cut(links, cuts=None, areas=None, grid=GRID):
    lines = lay_out(np.array([shapely.LineString(link) for link in links]))
    cuts = [[] for _ in links] if cuts is None else cuts
    areas = [[0] * (len(c) + 1) for c in cuts] if areas is None else areas
    start = np.append(0, np.cumsum([len(c) for c in cuts])).astype(np.int64)
    positions, area = np.concatenate(cuts).astype(float), np.concatenate(areas).astype(np.int32)
    return cut_lines(lines, grid, positions, start, area)


def zigzags(number, seed=7):
    """Random links, some with repeated vertices or vertices on grid lines, with border cuts."""
    rng = np.random.default_rng(seed)
    links, cuts, areas = [], [], []
    for _ in range(number):
        xy = rng.uniform(-150, 950, (rng.integers(2, 9), 2))
        on_line = rng.random(xy.shape) < 0.2
        xy[on_line] = np.round(xy[on_line], -2)
        xy = np.repeat(xy, rng.integers(1, 3, len(xy)), axis=0)
        length = np.hypot(*np.diff(xy, axis=0).T).sum()
        at = np.sort(rng.uniform(0.01, 0.99, rng.integers(0, 4))) * length
        links.append(xy)
        cuts.append(at)
        areas.append(rng.integers(0, 3, len(at) + 1))
    return links, cuts, areas


def test_a_link_through_two_cells_and_a_border():
    # from (50, 50) 200 m east: cell 0 for 50 m, cell 1 for 100 m, cell 2 for 50 m; border at 120 m
    line, area, cell, fraction = cut([[(50, 50), (250, 50)]], [[120.0]], [[4, 2]])
    assert_array_equal(line, [0, 0, 0, 0])
    assert_array_equal(area, [2, 2, 4, 4])
    assert_array_equal(cell, [1, 2, 0, 1])
    assert fraction == pytest.approx([30 / 200, 50 / 200, 50 / 200, 70 / 200], abs=1e-15)


def test_agrees_with_naive():
    links, cuts, areas = zigzags(400)
    line, area, cell, fraction = cut(links, cuts, areas)
    for i, link in enumerate(links):
        expected = naive_cut.cut_link(link.tolist(), cuts[i], areas[i], (0.0, 0.0, 100.0, 8, 6))
        mine = line == i
        found = dict(zip(zip(area[mine], cell[mine], strict=True), fraction[mine], strict=True))
        for key in expected.keys() | found.keys():
            # pieces below the tolerance may fall to a neighbour
            assert found.get(key, 0.0) == pytest.approx(expected.get(key, 0.0), abs=1e-8), (i, key)


def test_fractions_sum_to_one_in_sorted_unique_rows():
    line, area, cell, fraction = cut(*zigzags(2000, seed=8))
    assert np.bincount(line, fraction) == pytest.approx(np.ones(2000), abs=1e-12)
    assert (fraction > 0).all()
    rows = list(zip(line, area, cell, strict=True))
    assert rows == sorted(set(rows))


@pytest.mark.parametrize("turned", [False, True])
def test_a_link_on_a_grid_line_counts_once(turned):
    links = [[(20, 100), (380, 100)], [(300, 30), (300, 270)]]
    line, _, cell, fraction = cut([link[::-1] for link in links] if turned else links)
    # half-open: the line y = 100 belongs to row 1, x = 300 to column 3
    assert_array_equal(cell[line == 0], [8, 9, 10, 11])
    assert_array_equal(cell[line == 1], [3, 11, 19])
    assert np.bincount(line, fraction) == pytest.approx([1.0, 1.0], abs=1e-15)


def test_a_diagonal_through_corners_clips_no_other_cell():
    _, _, cell, fraction = cut([[(0, 0), (300, 300)]])
    assert_array_equal(cell, [0, 9, 18])
    assert fraction == pytest.approx([1 / 3] * 3, abs=1e-12)


def test_loops_crossings_and_points():
    square = [(50, 50), (150, 50), (150, 150), (50, 150), (50, 50)]
    eight = [(10, 10), (90, 90), (90, 10), (10, 90)]
    point = [(310, 110), (310, 110), (310, 110)]
    line, _, cell, fraction = cut([square, eight, point])
    assert_array_equal(cell[line == 0], [0, 1, 8, 9])
    assert fraction[line == 0] == pytest.approx([0.25] * 4, abs=1e-15)
    assert_array_equal(cell[line == 1], [0])
    assert_array_equal(cell[line == 2], [11])
    assert_array_equal(fraction[line != 0], [1.0, 1.0])


def test_outside_the_grid_is_no_cell():
    line, _, cell, fraction = cut([[(-100, 50), (100, 50)], [(5000, 5000), (9000, 5050)]])
    assert_array_equal(cell, [-1, 0, -1])
    assert fraction == pytest.approx([0.5, 0.5, 1.0])
    assert_array_equal(line, [0, 0, 1])


def test_without_a_grid():
    line, area, cell, fraction = cut([[(0, 0), (0, 400)]], [[100.0, 200.0]], [[1, 0, 1]], grid=None)
    assert_array_equal(area, [0, 1])
    assert_array_equal(cell, [-1, -1])
    assert fraction == pytest.approx([0.25, 0.75])
    assert_array_equal(line, [0, 0])


def test_stretches_that_are_joined_are_never_more_than_the_link():
    """Sums of many stretches round; found on a real network, as 1.0000000000000002 of a link."""
    rng = np.random.default_rng(5)
    links = [rng.uniform(0, 1e4, (2, 2)) for _ in range(500)]
    cuts = [np.sort(rng.uniform(0.05, 0.95, 9)) * np.hypot(*(b - a)) for a, b in links]
    *_, fraction = cut(links, cuts, [[0] * 10] * 500, grid=None)
    assert len(fraction) == 500
    assert fraction.max() == 1.0
    assert fraction.min() >= 1.0 - 1e-15


def test_cuts_nearer_than_the_tolerance_are_one():
    near = 0.4 * TOLERANCE_M
    # a border beside a grid line, and a vertex beside another
    _, area, cell, _ = cut([[(50, 50), (150 - near, 50)], [(50, 50), (200 + near, 50), (250, 50)]])
    assert_array_equal(cell, [0, 1, 0, 1, 2])
    _, area, cell, _ = cut([[(50, 50), (150, 50)]], [[50.0 + near]], [[0, 1]])
    assert_array_equal(area, [0, 1])
    assert_array_equal(cell, [0, 1])


def test_cutting_a_link_in_two_keeps_the_cell_sums():
    links, _, _ = zigzags(300, seed=9)
    links = [shapely.LineString(link) for link in links]
    rng = np.random.default_rng(9)
    halves = []
    for link in links:
        xy, t = shapely.get_coordinates(link), rng.uniform(0.1, 0.9)
        k = rng.integers(0, len(xy) - 1)
        here = xy[k] + t * (xy[k + 1] - xy[k])
        halves += [np.vstack([xy[: k + 1], here]), np.vstack([here, xy[k + 1 :]])]

    def sums(links):
        line, _, cell, fraction = cut(links)
        length = shapely.length(np.array([shapely.LineString(link) for link in links]))
        return np.bincount(cell + 1, fraction * length[line])

    assert sums(halves) == pytest.approx(sums(links), abs=1e-6)


def test_does_not_depend_on_thread_count():
    case = zigzags(500, seed=10)
    threads = numba.get_num_threads()
    expected = cut(*case)
    try:
        numba.set_num_threads(1)
        found = cut(*case)
    finally:
        numba.set_num_threads(threads)
    for a, b in zip(found, expected, strict=True):
        assert_array_equal(a, b)


def test_lines_strictly_between():
    assert lines_between(10.0, 390.0, 0.0, 100.0, 8) == (1, 3)
    assert lines_between(390.0, 10.0, 0.0, 100.0, 8) == (3, 3)
    assert lines_between(100.0, 200.0, 0.0, 100.0, 8) == (0, 0)
    assert lines_between(-1e6, 1e6, 0.0, 100.0, 8) == (0, 9)
    assert lines_between(10.0, 390.0, 0.0, np.inf, 0) == (0, 0)


def test_cells_are_half_open():
    assert cell_at(0.0, 0.0, 0.0, 0.0, 100.0, 8, 6) == 0
    assert cell_at(100.0, 100.0, 0.0, 0.0, 100.0, 8, 6) == 9
    assert cell_at(800.0, 50.0, 0.0, 0.0, 100.0, 8, 6) == -1
    assert cell_at(-1e-9, 50.0, 0.0, 0.0, 100.0, 8, 6) == -1


@pytest.mark.parametrize("number", [1, 2, 3, 50, 400])
def test_rows_are_sorted_and_joined(number):
    rng = np.random.default_rng(number)
    area = rng.integers(0, 4, number).astype(np.int32)
    cell = rng.integers(-1, 9, number)
    fraction = rng.random(number)
    expected = {}
    for key, f in zip(zip(area, cell, strict=True), fraction, strict=True):
        expected[key] = expected.get(key, 0.0) + f
    end = merge_rows(0, number, area, cell, fraction)
    assert list(zip(area[:end], cell[:end], strict=True)) == sorted(expected)
    assert fraction[:end] == pytest.approx([expected[key] for key in sorted(expected)])
