"""Small cells stay hidden from somebody who can add and subtract."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.statistics.disclosure_control import MINIMUM_CELL, Audience, suppress, suppress_line
from tests.examples import examples

CEILING = 40


def test_a_small_cell_takes_another_with_it() -> None:
    assert suppress_line([12, 3, 20], Audience.PUBLIC) == ((False, False, True), True)


def test_two_small_cells_that_are_small_together_take_a_third() -> None:
    assert suppress_line([12, 3, 2], Audience.PUBLIC) == ((False, False, False), True)


def test_the_threshold_follows_the_audience() -> None:
    assert suppress_line([12, 7, 20], Audience.STAFF) == ((True, True, True), True)
    assert suppress_line([12, 7, 20], Audience.PUBLIC) == ((False, False, True), True)
    assert suppress_line([3], Audience.STAFF) == ((False,), False)


def test_nobody_is_shown() -> None:
    assert suppress_line([30, 0], Audience.PUBLIC) == ((True, True), True)


def test_in_a_table_a_rectangle_is_hidden_and_the_margins_stay() -> None:
    shown = suppress([[12, 3, 20], [15, 30, 40], [22, 14, 11]], Audience.PUBLIC)
    assert shown.cells == ((False, False, True), (True, True, True), (False, False, True))
    assert shown.row_totals == shown.column_totals == (True, True, True)
    assert shown.total


def test_margins_that_are_not_published_constrain_nothing() -> None:
    shown = suppress([[12, 3, 20]], Audience.PUBLIC, row_totals=False, column_totals=False)
    assert shown.cells == ((True, False, True),)
    assert (shown.row_totals, shown.column_totals, shown.total) == ((False,), (False, False, False), False)


TABLES = np.asarray(list(itertools.product(range(CEILING + 1), repeat=4)), np.int16).reshape(-1, 2, 2)


@examples(25)
@given(st.lists(st.integers(0, 20), min_size=4, max_size=4))
def test_no_small_cell_can_be_bounded_below_the_threshold(counts: list[int]) -> None:
    """By trying all tables of two by two that agree with what is shown."""
    table = np.asarray(counts).reshape(2, 2)
    shown = suppress(table.tolist(), Audience.STAFF)
    agree = np.ones(len(TABLES), bool)
    for i, j in itertools.product(range(2), repeat=2):
        if shown.cells[i][j]:
            agree &= TABLES[:, i, j] == table[i, j]
    for k in range(2):
        if shown.row_totals[k]:
            agree &= TABLES[:, k, :].sum(axis=1) == table[k].sum()
        if shown.column_totals[k]:
            agree &= TABLES[:, :, k].sum(axis=1) == table[:, k].sum()
    if shown.total:
        agree &= TABLES.sum(axis=(1, 2)) == table.sum()
    minimum = MINIMUM_CELL[Audience.STAFF]
    for i, j in itertools.product(range(2), repeat=2):
        if 0 < table[i, j] < minimum:
            assert not shown.cells[i][j]
            assert TABLES[agree, i, j].max() >= minimum
