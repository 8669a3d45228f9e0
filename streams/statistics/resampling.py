"""Means over people with their intervals: what is resampled is the participant, never the single answer."""

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
    """How an interval was made."""

    BOOTSTRAP = "bootstrap"
    T = "t"
    KNAPP_HARTUNG = "knapp_hartung"


@dataclass(frozen=True)
class PeopleMean:
    """A mean over people.

    Attributes:
        value: None without data.
        interval: None exactly where there is a `reason`.
        n: Number of people.
        method: How the interval was made.
        reason: Why there is no interval.
    """

    value: float | None
    interval: Interval | None
    n: int
    method: IntervalMethod | None = None
    reason: Reason | None = None


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean by an exact sum, so that it does not depend on the order of people."""
    return math.fsum(values) / len(values)


def percentile_interval(
    values: Sequence[float], resamples: Iterable[Sequence[int] | npt.NDArray[np.int64]]
) -> Interval:
    """Percentile interval of a mean (Efron & Tibshirani 1993).

    Args:
        values: One for each person.
        resamples: The places of the people in each resample.
    """
    numbers = np.asarray(values, float)
    means = [float(numbers[places].mean()) for places in resamples]
    low, high = np.percentile(means, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Interval(float(low), float(high))


def people_mean(values: Sequence[float], seed: int = SEED) -> PeopleMean:
    """Mean over people: bootstrap from 20 people on, Student's t below, none for one person.

    A bootstrap of a few people covers too rarely: of five, a "95 %" interval covers 82 %.

    Args:
        values: One for each person, in the outcome's unit.
        seed: Of the bootstrap; the same seed gives the same interval.

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
        # Drawn one after the other: all at once, they would not fit in memory for a large study.
        found = percentile_interval(values, (draw.integers(0, n, n) for _ in range(DRAWS)))
        return PeopleMean(centre, found, n, IntervalMethod.BOOTSTRAP)
    variance = math.fsum((value - centre) ** 2 for value in values) / (n - 1)
    interval, _ = wald(centre, math.sqrt(variance / n), n - 1)
    return PeopleMean(centre, interval, n, IntervalMethod.T)
