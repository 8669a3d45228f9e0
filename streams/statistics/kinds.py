"""What may be shown of one kind of check-ins beside all of them: the other kind follows by subtraction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.base import CheckIns
from streams.statistics.disclosure_control import MINIMUM_CELL, Audience, suppress_line
from streams.statistics.plan import Plan
from streams.statistics.rows import Made

_KINDS = (CheckIns.PROMPTED, CheckIns.OWN_INITIATIVE)
_ROUNDING = 1e-9

_Cell = tuple[int, CheckIns]
"""An arm's place, and a kind of check-ins."""
_Number = frozenset[_Cell]
"""A published number, by the cells that it sums."""


def kinds_shown(made: Sequence[Made], plan: Plan) -> tuple[bool, ...]:
    """Whether a cell may be shown: of each arm of the plan, then of all arms together.

    Args:
        made: The check-ins of both kinds that the cells depend on; none if nothing is told apart.
        plan: Names the arms, the kind of check-ins and the audience.
    """
    if not made:
        return (True,) * (len(plan.arms) + 1)
    people: defaultdict[tuple[str, bool], set[str]] = defaultdict(set)
    for one in made:
        people[one.arm, one.prompted].add(one.participant)
    prompted, own_initiative = ([people[arm.id, kind] for arm in plan.arms] for kind in (True, False))
    cells, total = suppress_kinds(prompted, own_initiative, plan.checkins, plan.audience)
    return (*cells, total)


def suppress_kinds(
    prompted: Sequence[Collection[str]],
    own_initiative: Sequence[Collection[str]],
    which: CheckIns,
    audience: Audience,
) -> tuple[tuple[bool, ...], bool]:
    """`suppress_line` for a row of some check-ins that is published of the others and of all, too.

    All check-ins less the prompted ones are those on people's own initiative, in each cell and in the total.
    The row of all check-ins is what `suppress_line` makes of it. Of the rows of the two kinds, numbers are
    hidden, small ones first, until no sum over too few people is a combination of numbers that are shown.

    Args:
        prompted: Pseudonyms of the people with prompted check-ins in each cell; nobody is in two cells.
        own_initiative: Pseudonyms of the people with check-ins on their own initiative in each cell.
        which: Of which check-ins the cells are.
        audience: Decides how many people are too few.
    """
    arms = range(len(prompted))
    own = {CheckIns.PROMPTED: prompted, CheckIns.OWN_INITIATIVE: own_initiative}
    people = {(arm, kind): frozenset(own[kind][arm]) for kind in _KINDS for arm in arms}
    whole, total = suppress_line([len(_union(people, _row([arm], CheckIns.BOTH))) for arm in arms], audience)
    if which is CheckIns.BOTH:
        return whole, total
    of_all = [_row([arm], CheckIns.BOTH) for arm in arms if whole[arm]]
    of_kinds = [_row([arm], kind) for kind in _KINDS for arm in arms if whole[arm]]
    if total:
        of_all.append(_row(arms, CheckIns.BOTH))
        of_kinds += [_row(arms, kind) for kind in _KINDS]
    shown = _safe(of_all, of_kinds, people, MINIMUM_CELL[audience])
    return tuple(_row([arm], which) in shown for arm in arms), _row(arms, which) in shown


def _safe(
    fixed: Sequence[_Number], numbers: Sequence[_Number], people: Mapping[_Cell, frozenset[str]], minimum: int
) -> set[_Number]:
    """Those of some numbers that may be shown beside the fixed ones."""
    counts = {number: len(_union(people, number)) for number in numbers}
    shown = sorted(
        {one for one in numbers if not 0 < counts[one] < minimum}, key=lambda one: (counts[one], sorted(one))
    )
    few = _few(people, minimum)
    filled = [cell for cell, own in people.items() if own]
    while (exposed := _exposed(few, [*fixed, *shown], filled)) is not None:
        shown.remove(_sacrifice(exposed, fixed, shown, filled))
    return set(shown)


def _sacrifice(
    exposed: _Number, fixed: Sequence[_Number], shown: Sequence[_Number], filled: Sequence[_Cell]
) -> _Number:
    """Which number to hide next: the smallest that alone protects, or else the smallest of the same arms."""
    for one in shown:
        left = [*fixed, *(other for other in shown if other is not one)]
        if _exposed([exposed], left, filled) is None:
            return one
    arms = {arm for arm, _ in exposed}
    return next(one for one in shown if arms & {arm for arm, _ in one})


def _exposed(sums: Sequence[_Number], shown: Sequence[_Number], filled: Sequence[_Cell]) -> _Number | None:
    """The first of some sums of cells that is a linear combination of the numbers shown."""
    if not shown or not sums:
        return None
    wanted = np.array([_vector(one, filled) for one in sums])
    _, sizes, directions = np.linalg.svd(
        np.array([_vector(one, filled) for one in shown]), full_matrices=False
    )
    basis = directions[sizes > _ROUNDING]
    beside = np.abs(wanted - wanted @ basis.T @ basis).max(axis=1)
    found = np.flatnonzero(beside < _ROUNDING)
    return sums[int(found[0])] if len(found) else None


def _vector(number: _Number, filled: Sequence[_Cell]) -> NDArray[np.float64]:
    return np.array([float(cell in number) for cell in filled])


def _few(people: Mapping[_Cell, frozenset[str]], minimum: int) -> list[_Number]:
    """Every set of cells that are about too few people together."""
    small = [cell for cell, own in people.items() if 0 < len(own) < minimum]
    found: list[_Number] = []
    begun: list[_Number] = [frozenset()]
    for cell in small:
        more = [one | {cell} for one in begun if len(_union(people, one | {cell})) < minimum]
        found += more
        begun += more
    return sorted(found, key=len)


def _row(arms: Iterable[int], which: CheckIns) -> _Number:
    kinds = _KINDS if which is CheckIns.BOTH else (which,)
    return frozenset((arm, kind) for arm in arms for kind in kinds)


def _union(people: Mapping[_Cell, frozenset[str]], number: _Number) -> frozenset[str]:
    return frozenset().union(*(people[cell] for cell in number))
