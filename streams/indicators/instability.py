"""Instability from one prompt to the next (von Neumann 1941; Jahng, Wood & Trull 2008)."""

import math
from collections.abc import Sequence

from schemas.events import Undefined
from streams.indicators.result import Result, undefined


def rmssd(pairs: Sequence[tuple[float, float]], n: int, minimum: int) -> Result:
    """Root mean square of successive differences, in scale points.

    Args:
        pairs: Answers at two consecutive prompts of one local day; nights and missed prompts are never
            bridged.
        n: Number of answers in the window.
        minimum: Number of pairs below which it is undefined.
    """
    if len(pairs) < minimum:
        return undefined(n, Undefined.TOO_FEW_PAIRS, len(pairs))
    square = math.fsum((after - before) ** 2 for before, after in pairs) / len(pairs)
    return Result(math.sqrt(square), n, len(pairs))
