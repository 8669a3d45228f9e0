"""Cluster bootstrap and jackknife: the participant is what is resampled, never the single answer."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np

from streams.statistics.catalogue import BOOTSTRAP, JACKKNIFE
from streams.statistics.result import LEVEL, Interval, Number, Reason, finite, wald

MINIMUM_DRAWS = 2000
SEED = 20231

_Cluster = TypeVar("_Cluster")


@dataclass(frozen=True)
class Bootstrapped:
    """A statistic with its bootstrap interval.

    Attributes:
        value: The statistic of the data as they are; None without data.
        interval: None exactly where there is a `reason`.
        n: Number of clusters.
        draws: Number of resamples behind the interval.
        reason: Why there is no interval.
    """

    value: float | None
    interval: Interval | None
    n: int
    draws: int = 0
    reason: Reason | None = None


class IntervalMethod(StrEnum):
    """How the interval of a mean over people came about."""

    BOOTSTRAP = "bootstrap"
    T = "t"


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


def resamples(clusters: int, draws: int, seed: int) -> Sequence[Sequence[int]]:
    """`draws` rows of as many cluster numbers as there are clusters, drawn with replacement."""
    rows: list[list[int]] = np.random.default_rng(seed).integers(0, clusters, (draws, clusters)).tolist()
    return rows


def percentile(
    clusters: Sequence[_Cluster],
    statistic: Callable[[Sequence[_Cluster]], float],
    indices: Sequence[Sequence[int]],
    level: float = LEVEL,
) -> Bootstrapped:
    """Percentile interval over given resamples (Efron & Tibshirani 1993), however few.

    Args:
        clusters: What one participant gave.
        statistic: Of a list of clusters.
        indices: Each row is one resample.
        level: Coverage aimed at, 0-1.
    """
    if not clusters or not indices:
        return Bootstrapped(None, None, len(clusters), 0, Reason.NO_DATA)
    drawn = [statistic([clusters[i] for i in row]) for row in indices]
    low, high = np.percentile(drawn, [50 * (1 - level), 50 * (1 + level)])
    return Bootstrapped(statistic(clusters), Interval(float(low), float(high)), len(clusters), len(indices))


def cluster_bootstrap(
    clusters: Sequence[_Cluster],
    statistic: Callable[[Sequence[_Cluster]], float],
    seed: int = SEED,
    draws: int = MINIMUM_DRAWS,
    minimum: int = BOOTSTRAP.minimum,
) -> Bootstrapped:
    """Percentile interval by resampling participants; the same seed gives the same interval.

    Below `minimum` clusters the interval covers too rarely, so it is withheld with a reason.

    Raises:
        ValueError: If `draws` is below 2000: the ends of the interval would still move.
    """
    if draws < MINIMUM_DRAWS:
        raise ValueError(f"{draws} draws are too few for an interval; take at least {MINIMUM_DRAWS}")
    n = len(clusters)
    if not n:
        return Bootstrapped(None, None, 0, 0, Reason.NO_DATA)
    if n < minimum:
        return Bootstrapped(statistic(clusters), None, n, 0, Reason.TOO_FEW_CLUSTERS)
    result = percentile(clusters, statistic, resamples(n, draws, seed))
    if result.interval and result.interval.low == result.interval.high:
        return Bootstrapped(result.value, None, n, draws, Reason.ZERO_VARIANCE)
    return result


def jackknife_se(
    clusters: Sequence[_Cluster],
    statistic: Callable[[Sequence[_Cluster]], float],
    minimum: int = JACKKNIFE.minimum,
) -> Number:
    """Standard error from leaving out one cluster at a time (Tukey 1958), in the statistic's unit."""
    n = len(clusters)
    if n < max(minimum, 2):
        return Number(None, n, Reason.TOO_FEW if n else Reason.NO_DATA)
    left_out = [statistic([*clusters[:i], *clusters[i + 1 :]]) for i in range(n)]
    centre = mean(left_out)
    return Number(math.sqrt((n - 1) / n * math.fsum((value - centre) ** 2 for value in left_out)), n)


def people_mean(values: Sequence[float], seed: int = SEED) -> PeopleMean:
    """Mean over people: bootstrap from 20 people on, Student's t below, none for one person.

    Args:
        values: One for each person, in scale points.
        seed: Of the bootstrap.

    Raises:
        ValueError: If a value is not finite.
    """
    finite(values)
    n = len(values)
    if n < 2:
        return PeopleMean(values[0] if n else None, None, n, None, Reason.TOO_FEW if n else Reason.NO_DATA)
    if min(values) == max(values):
        return PeopleMean(values[0], None, n, None, Reason.ZERO_VARIANCE)
    if n >= BOOTSTRAP.minimum:
        drawn = cluster_bootstrap(values, mean, seed)
        return PeopleMean(drawn.value, drawn.interval, n, IntervalMethod.BOOTSTRAP)
    centre = mean(values)
    variance = math.fsum((value - centre) ** 2 for value in values) / (n - 1)
    interval, _ = wald(centre, math.sqrt(variance / n), n - 1)
    return PeopleMean(centre, interval, n, IntervalMethod.T)
