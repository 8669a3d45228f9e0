"""Coping: how varied the strategies are, and how well people say they handled stress."""

import math
from collections import Counter
from collections.abc import Sequence

from schemas.events import Undefined
from streams.indicators.result import Result, undefined


def variety(uses: Sequence[str], minimum: int) -> Result:
    """Shannon entropy of the strategies used, in nats: 0 (always one) to ln k (Quoidbach et al. 2014).

    Args:
        uses: A strategy's id for each time that it was endorsed.
        minimum: Number of uses below which it is undefined.
    """
    n = len(uses)
    if not n:
        return Result(None, 0, None, Undefined.NO_COPING)
    if n < minimum:
        return undefined(n, Undefined.TOO_FEW)
    shares = [count / n for _, count in sorted(Counter(uses).items())]
    return Result(abs(math.fsum(share * math.log(share) for share in shares)), n)


def efficacy(handled: Sequence[tuple[float, float]], threshold: float, minimum: int) -> Result:
    """Mean of "how well did you handle it" over the check-ins under stress, in scale points.

    Args:
        handled: Stress and efficacy of each check-in that has both.
        threshold: A check-in counts as stressful from this stress on.
        minimum: Number of stressful check-ins below which it is undefined.
    """
    stressful = [answer for stress, answer in handled if stress >= threshold]
    n = len(stressful)
    if not n:
        return Result(None, 0, None, Undefined.NO_STRESS if handled else Undefined.NO_DATA)
    if n < minimum:
        return undefined(n, Undefined.TOO_FEW)
    return Result(math.fsum(stressful) / n, n)
