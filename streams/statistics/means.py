"""Means over people, with intervals that allow for skewed data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy.special import stdtrit

from streams.statistics.result import LEVEL, Interval, Reason, finite

_SYMMETRIC = 1e-6
"""Skewness below this counts as none, since the cubic's inverse divides by it."""


class IntervalMethod(StrEnum):
    """How an interval was computed."""

    SKEWNESS_ADJUSTED_T = "skewness_adjusted_t"
    KNAPP_HARTUNG = "knapp_hartung"


@dataclass(frozen=True)
class PeopleMean:
    """A mean over people.

    Attributes:
        value: None if there are no data.
        interval: None exactly if there is a `reason`.
        n: Number of people.
        method: How the interval was computed.
        reason: Why there is no interval.
    """

    value: float | None
    interval: Interval | None
    n: int
    method: IntervalMethod | None = None
    reason: Reason | None = None


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean from an exact sum, so that the order of people does not matter."""
    return math.fsum(values) / len(values)


def people_mean(values: Sequence[float]) -> PeopleMean:
    """Mean over people with a skewness-adjusted t interval (Hall 1992); none for one person.

    One formula serves every number of people. It covers as well as the bootstrap-t without drawing random
    numbers; percentile and BCa bootstrap intervals are too narrow for 30 people and fewer
    (docs/statistics.md).

    Args:
        values: One per person, in the outcome's unit.

    Raises:
        ValueError: If a value is not finite.
    """
    finite(values)
    n = len(values)
    if n < 2:
        return PeopleMean(values[0] if n else None, None, n, None, Reason.TOO_FEW if n else Reason.NO_DATA)
    if min(values) == max(values):
        return PeopleMean(values[0], None, n, None, Reason.ZERO_VARIANCE)
    centre = mean(values)
    interval = _skewness_adjusted(values, centre)
    return PeopleMean(centre, interval, n, IntervalMethod.SKEWNESS_ADJUSTED_T)


def _skewness_adjusted(values: Sequence[float], centre: float) -> Interval:
    """The interval whose ends, transformed by Hall's cubic, are those of Student's t."""
    n = len(values)
    square = math.fsum((value - centre) ** 2 for value in values)
    spread = math.sqrt(square / (n - 1))
    skewness: float = math.fsum((value - centre) ** 3 for value in values) / n / (square / n) ** 1.5
    quantile = float(stdtrit(n - 1, (1 + LEVEL) / 2)) / math.sqrt(n)

    def end(y: float) -> float:
        # Without skewness the cubic is the identity.
        if abs(skewness) < _SYMMETRIC:
            return centre - spread * y
        root = math.cbrt(1 + skewness * (y - skewness / (6 * n)))
        return centre - 3 * spread / skewness * (root - 1)

    return Interval(end(quantile), end(-quantile))
