"""The definition of a pair of consecutive prompts."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import pairwise
from typing import TypeVar

Answered = TypeVar("Answered")


def consecutive(
    answered: Iterable[Answered], place: Callable[[Answered], tuple[Hashable, int]]
) -> Iterator[tuple[Answered, Answered]]:
    """Pairs of prompts b and b + 1 of one local day, both answered; none spans a night or a missed prompt.

    Args:
        answered: Answered prompts in scheduled order.
        place: Returns the day and the beep of one.
    """
    for one, other in pairwise(answered):
        (day, beep), (next_day, next_beep) = place(one), place(other)
        if day == next_day and next_beep == beep + 1:
            yield one, other
