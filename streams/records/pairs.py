"""Pairs of consecutive prompts: defined here, and nowhere else."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import pairwise
from typing import TypeVar

Answered = TypeVar("Answered")


def consecutive(
    answered: Iterable[Answered], place: Callable[[Answered], tuple[Hashable, int]]
) -> Iterator[tuple[Answered, Answered]]:
    """Pairs of prompts b and b + 1 of one local day, both answered; nights and misses are never bridged.

    Args:
        answered: Answered prompts in scheduled order.
        place: The day of one and its beep.
    """
    for one, other in pairwise(answered):
        (day, beep), (next_day, next_beep) = place(one), place(other)
        if day == next_day and next_beep == beep + 1:
            yield one, other
