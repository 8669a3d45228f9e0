"""The score of a measure at one check-in: defined here, and nowhere else."""

import math
from collections.abc import Iterable, Mapping


def score(answers: Mapping[str, float], items: Iterable[str]) -> float | None:
    """The mean of a measure's items that were answered at a check-in; None where none was.

    Args:
        answers: Numbers by item.
        items: The measure's items.
    """
    given = [answers[item] for item in items if item in answers]
    return math.fsum(given) / len(given) if given else None
