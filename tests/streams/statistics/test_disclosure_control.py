"""Small cells stay hidden from somebody who can add and subtract."""

import itertools

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.base import CheckIns
from streams.statistics.disclosure_control import (
    MINIMUM_CELL,
    Audience,
    suppress,
    suppress_line,
)
from streams.statistics.kinds import suppress_kinds
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


PEOPLE = st.frozensets(st.sampled_from("abcdefghijklmnop"), max_size=9)
ARMS = st.lists(st.tuples(PEOPLE, PEOPLE), min_size=1, max_size=3)


@examples(400)
@given(ARMS)
def test_no_few_people_follow_from_one_kind_of_check_ins_beside_all(
    arms: list[tuple[frozenset[str], ...]],
) -> None:
    """By linear algebra over the observations in each arm of each kind, whatever is published of them."""
    own = [tuple({f"{name}{arm}" for name in kind} for kind in kinds) for arm, kinds in enumerate(arms)]
    prompted, unasked = ([kinds[place] for kinds in own] for place in range(2))
    cells = [(arm, kind) for arm in range(len(own)) for kind in range(2) if own[arm][kind]]
    assume(cells)
    published = []
    for which, kinds in {CheckIns.BOTH: {0, 1}, CheckIns.PROMPTED: {0}, CheckIns.OWN_INITIATIVE: {1}}.items():
        shown, total = suppress_kinds(prompted, unasked, which, Audience.STAFF)
        seen = [{arm} for arm, visible in enumerate(shown) if visible] + [set(range(len(own)))] * total
        published += [[float(arm in arms_ and kind in kinds) for arm, kind in cells] for arms_ in seen]
    space = np.asarray(published).reshape(-1, len(cells))
    known = np.linalg.matrix_rank(space) if space.size else 0
    for size in range(1, len(cells) + 1):
        for some in itertools.combinations(range(len(cells)), size):
            people = set().union(*(own[cells[k][0]][cells[k][1]] for k in some))
            if len(people) < MINIMUM_CELL[Audience.STAFF]:
                target = np.asarray([float(k in some) for k in range(len(cells))])
                assert np.linalg.matrix_rank(np.vstack([space, target])) > known, (some, own)


def test_one_person_on_own_initiative_hides_the_prompted_check_ins() -> None:
    prompted, unasked = [{*"abcdefg"}, {*"hijklmn"}], [{"a"}, {*"hijklmn"}]
    assert suppress_kinds(prompted, unasked, CheckIns.BOTH, Audience.STAFF) == ((True, True), True)
    assert suppress_kinds(prompted, unasked, CheckIns.PROMPTED, Audience.STAFF)[0][0] is False
    assert suppress_kinds(prompted, unasked, CheckIns.OWN_INITIATIVE, Audience.STAFF)[0][0] is False


def test_without_check_ins_on_own_initiative_nothing_is_hidden() -> None:
    people = [{*"abcdefg"}, {*"hijklmn"}]
    assert suppress_kinds(people, [(), ()], CheckIns.PROMPTED, Audience.STAFF) == ((True, True), True)
