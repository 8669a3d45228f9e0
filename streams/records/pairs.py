"""The definition of a pair of consecutive prompts."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple, TypeVar

Answered = TypeVar("Answered")


class Place(NamedTuple):
    """Where a prompt stands in its participant's schedule.

    Attributes:
        day: The study day for which it was planned, even if it was sent after midnight.
        beep: Its number within that day.
        once_a_day: Whether its schedule asks no more than once a day.
    """

    day: int
    beep: int
    once_a_day: bool = False


def consecutive(
    answered: Iterable[Answered], place: Callable[[Answered], Place]
) -> Iterator[tuple[Answered, Answered]]:
    """Pairs of consecutive prompts, both answered; none bridges a missed prompt.

    They are prompts b and b + 1 of one study day, so that none spans a night; in a schedule that asks once a
    day, the prompts of two consecutive study days. There, too, a missed day ends the row, and so does a day
    on which nobody is asked.

    Args:
        answered: Answered prompts in scheduled order.
        place: Returns the place of one.
    """
    for one, other in pairwise(answered):
        if _neighbours(place(one), place(other)):
            yield one, other


def _neighbours(one: Place, other: Place) -> bool:
    if one.once_a_day and other.once_a_day:
        return other.day == one.day + 1
    return one.day == other.day and other.beep == one.beep + 1
