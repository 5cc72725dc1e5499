"""Rows of the link pass and their situations, by hand."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from transmod.model.overlay import Pieces
from transmod.model.rows import to_rows, to_situation

NO_KIND = np.zeros(0, np.int8), np.zeros((0, 1), np.int8)


def test_cells_of_an_area_become_one_row_and_the_outside_none():
    # two districts: area 2 is inside the boundary in no district, district 3 is outside
    pieces = Pieces(
        link=np.array([0, 0, 0, 0, 2, 2, 5]),
        district=np.array([0, 0, 1, 3, 1, 2, 3], np.int32),
        cell=np.array([7, 8, 8, -1, 4, 4, -1]),
        fraction=np.array([0.25, 0.25, 0.375, 0.125, 0.5, 0.5, 1.0]),
    )
    rows = to_rows(pieces, 3)
    assert_array_equal(rows.link, [0, 0, 2, 2])
    assert_array_equal(rows.area, [0, 1, 1, 2])
    assert_array_equal(rows.fraction, [0.5, 0.375, 0.5, 0.5])
    assert_array_equal(rows.of_piece, [0, 0, 1, -1, 2, 3, -1])


def test_nothing_inside_gives_no_rows():
    pieces = Pieces(np.array([0]), np.array([2], np.int32), np.array([-1]), np.array([1.0]))
    rows = to_rows(pieces, 1)
    assert rows.link.size == rows.area.size == rows.fraction.size == 0
    assert_array_equal(rows.of_piece, [-1])


def test_a_flat_city_has_one_gradient():
    situation = to_situation(np.zeros(3), *NO_KIND)
    assert_array_equal(situation.gradients, [0.0])
    assert_array_equal(situation.node, [0, 0, 0])
    assert_array_equal(situation.lift, [0.0, 0.0, 0.0])
    assert situation.n_held == 0


def test_only_the_gradients_that_links_need():
    # 0.5 % is a quarter of the way from 0 to 2 %; -2 % is a node
    situation = to_situation(np.array([0.005, -0.02]), *NO_KIND)
    assert_array_equal(situation.gradients, [-0.02, 0.0, 0.02])
    assert_array_equal(situation.node, [1, 0])
    assert_allclose(situation.lift, [0.25, 0.0])


def test_steeper_links_are_held_and_counted():
    situation = to_situation(np.array([0.09, -0.5, 0.06, 0.03]), *NO_KIND)
    assert_array_equal(situation.gradients, [-0.06, -0.04, -0.02, 0.0, 0.02, 0.04, 0.06])
    assert_array_equal(situation.node, [6, 0, 6, 4])
    assert_allclose(situation.lift, [0.0, 0.0, 0.0, 0.5])
    assert situation.n_held == 2
