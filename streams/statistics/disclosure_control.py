"""Suppression of small cells in a table of counts, with its margins (Hundepool et al. 2012)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from scipy.optimize import linprog


class Audience(StrEnum):
    """Who sees a table."""

    PUBLIC = "public"
    STAFF = "staff"


MINIMUM_CELL: Mapping[Audience, int] = MappingProxyType({Audience.PUBLIC: 10, Audience.STAFF: 5})
"""How many people a cell needs to be shown."""


@dataclass(frozen=True)
class Shown:
    """Which parts of a table may be shown; False means hidden.

    Attributes:
        cells: In table order.
        row_totals, column_totals, total: The margins; also False if they were not to be published.
    """

    cells: tuple[tuple[bool, ...], ...]
    row_totals: tuple[bool, ...]
    column_totals: tuple[bool, ...]
    total: bool


@dataclass(frozen=True)
class _Unit:
    """A published number: its position in the table with margins, the cells it sums, and their total."""

    row: int
    column: int
    members: frozenset[tuple[int, int]]
    count: int


def suppress(
    counts: Sequence[Sequence[int]],
    audience: Audience,
    *,
    row_totals: bool = True,
    column_totals: bool = True,
) -> Shown:
    """Hide small cells and margins, and as many others as needed to protect them.

    A hidden cell is safe if, given everything shown, its count could still reach the threshold; the largest
    possible count is found by linear programming. If a cell is not safe, the smallest number that alone
    makes it safe is hidden as well or, failing that, the smallest in its row or column, until all are safe.
    The grand total is published if both margins are.

    Args:
        counts: Number of people in each cell; all rows have the same length.
        audience: Decides the threshold: 10 for the public, 5 for staff.
        row_totals: Whether row totals are to be published.
        column_totals: Whether column totals are to be published.

    Raises:
        ValueError: If rows differ in length or a count is negative.
        ArithmeticError: If the solver fails: nothing is shown that is not proven safe.
    """
    width = len(counts[0]) if counts else 0
    if any(len(row) != width or min(row, default=0) < 0 for row in counts):
        raise ValueError("all rows must have the same length, and counts must not be negative")
    minimum = MINIMUM_CELL[audience]
    units = _units(counts, row_totals=row_totals, column_totals=column_totals)
    shown = {place for place, unit in units.items() if unit.count >= minimum or not unit.count}
    small = [unit for place, unit in units.items() if place not in shown]
    while exposed := next((unit for unit in small if _most(unit, units, shown) < minimum), None):
        shown.discard(_sacrifice(exposed, units, shown, minimum))
    height = len(counts)
    return Shown(
        cells=tuple(tuple((i, j) in shown for j in range(width)) for i in range(height)),
        row_totals=tuple((i, width) in shown for i in range(height)),
        column_totals=tuple((height, j) in shown for j in range(width)),
        total=(height, width) in shown,
    )


def suppress_line(counts: Sequence[int], audience: Audience) -> tuple[tuple[bool, ...], bool]:
    """Apply `suppress` to one row: which cells may be shown, and whether their total may."""
    shown = suppress([counts], audience, column_totals=False)
    return shown.cells[0], shown.row_totals[0]


def _units(
    counts: Sequence[Sequence[int]], *, row_totals: bool, column_totals: bool
) -> dict[tuple[int, int], _Unit]:
    height, width = len(counts), len(counts[0]) if counts else 0
    places = [(i, j) for i in range(height) for j in range(width)]
    members = {place: [place] for place in places}
    if row_totals:
        members |= {(i, width): [place for place in places if place[0] == i] for i in range(height)}
    if column_totals:
        members |= {(height, j): [place for place in places if place[1] == j] for j in range(width)}
    if row_totals and column_totals:
        members[height, width] = places
    return {
        (row, column): _Unit(row, column, frozenset(inside), sum(counts[i][j] for i, j in inside))
        for (row, column), inside in members.items()
    }


def _sacrifice(
    exposed: _Unit, units: Mapping[tuple[int, int], _Unit], shown: set[tuple[int, int]], minimum: int
) -> tuple[int, int]:
    """Which number to hide next to protect an exposed one."""
    ascending = sorted(shown, key=lambda place: (units[place].count, place))
    near = [place for place in ascending if place[0] == exposed.row or place[1] == exposed.column]
    enough = (place for place in ascending if _most(exposed, units, shown - {place}) >= minimum)
    return next(enough, (near or ascending)[0])


def _most(hidden: _Unit, units: Mapping[tuple[int, int], _Unit], shown: set[tuple[int, int]]) -> int:
    """The largest possible count of a hidden number, given everything that is shown."""
    order = {place: k for k, place in enumerate(sorted({p for unit in units.values() for p in unit.members}))}

    def indicator(unit: _Unit) -> list[float]:
        row = np.zeros(len(order))
        row[[order[place] for place in unit.members]] = 1
        return [float(value) for value in row]

    known = [units[place] for place in sorted(shown)]
    # The ceiling keeps the programme bounded; it is above every threshold, so it makes no number look small.
    ceiling = sum(unit.count for unit in units.values()) + max(MINIMUM_CELL.values())
    solved = linprog(
        [-value for value in indicator(hidden)],
        A_eq=[indicator(unit) for unit in known] or None,
        b_eq=[unit.count for unit in known] or None,
        bounds=(0, ceiling),
        method="highs",
    )
    if not solved.success:
        raise ArithmeticError(f"could not bound a hidden cell: {solved.message}")
    # Cell bounds are whole numbers up to the solver's rounding error.
    return round(-float(solved.fun))
