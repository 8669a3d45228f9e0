"""The definition of a measure's score at one check-in."""

import math
from collections.abc import Iterable, Mapping


def score(answers: Mapping[str, float], items: Iterable[str]) -> float | None:
    """The mean of the items of a measure that were answered at a check-in; None if none was.

    Args:
        answers: Numbers by item.
        items: The measure's items.
    """
    given = [answers[item] for item in items if item in answers]
    return math.fsum(given) / len(given) if given else None
