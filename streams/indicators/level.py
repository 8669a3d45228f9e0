"""Level and spread of one scale: mean and standard deviation. Sums are exact, so order does not matter."""

import math
from collections.abc import Sequence

from schemas.events import Undefined
from streams.indicators.result import Result, undefined


def mean(scores: Sequence[float], minimum: int) -> Result:
    """Arithmetic mean, in scale points; undefined below `minimum` answers."""
    n = len(scores)
    if n < minimum:
        return undefined(n, Undefined.TOO_FEW)
    return Result(math.fsum(scores) / n, n)


def sd(scores: Sequence[float], minimum: int) -> Result:
    """Sample standard deviation (n - 1), in scale points; 0 where all answers are the same."""
    n = len(scores)
    if n < max(minimum, 2):
        return undefined(n, Undefined.TOO_FEW)
    centre = math.fsum(scores) / n
    return Result(math.sqrt(math.fsum((score - centre) ** 2 for score in scores) / (n - 1)), n)
