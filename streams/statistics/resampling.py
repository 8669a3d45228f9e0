"""Means over people with intervals; the bootstrap resamples participants, never single answers."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from streams.statistics.result import LEVEL, Interval, Reason, finite, wald

DRAWS = 2000
SEED = 20231
_BOOTSTRAP_FROM = 20


class IntervalMethod(StrEnum):
    """How an interval was computed."""

    BOOTSTRAP = "bootstrap"
    T = "t"
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


def percentile_interval(
    values: Sequence[float], resamples: Iterable[Sequence[int] | npt.NDArray[np.int64]]
) -> Interval:
    """Percentile interval of a mean (Efron & Tibshirani 1993).

    Args:
        values: One per person.
        resamples: The indices of the people in each resample.
    """
    numbers = np.asarray(values, float)
    means = [float(numbers[places].mean()) for places in resamples]
    low, high = np.percentile(means, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Interval(float(low), float(high))


def people_mean(values: Sequence[float], seed: int = SEED) -> PeopleMean:
    """Mean over people with a bootstrap interval from 20 people, Student's t below that, none for one person.

    With few people a bootstrap interval is too narrow: for five, a "95 %" interval covers 82 %.

    Args:
        values: One per person, in the outcome's unit.
        seed: Seed of the bootstrap; the same seed gives the same interval.

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
    if n >= _BOOTSTRAP_FROM:
        draw = np.random.default_rng(seed)
        # Drawn one at a time, since all draws of a large study would not fit in memory.
        found = percentile_interval(values, (draw.integers(0, n, n) for _ in range(DRAWS)))
        return PeopleMean(centre, found, n, IntervalMethod.BOOTSTRAP)
    variance = math.fsum((value - centre) ** 2 for value in values) / (n - 1)
    interval, _ = wald(centre, math.sqrt(variance / n), n - 1)
    return PeopleMean(centre, interval, n, IntervalMethod.T)
