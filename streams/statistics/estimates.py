"""Intervals for means over people, in whom answers are clustered."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MIN_PEOPLE = 5
_RESAMPLES = 2000
_SEED = 20231


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval; all None where fewer than five people are behind it.

    Attributes:
        mean, low, high: In the unit of the values.
        n: Number of people.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int


def people_mean(values: npt.NDArray[np.float64]) -> Interval:
    """Mean over people with a percentile bootstrap that resamples people (Efron & Tibshirani 1993).

    Args:
        values: One value for each person.
    """
    n = len(values)
    if n < MIN_PEOPLE:
        return Interval(None, None, None, n)
    draw = np.random.default_rng(_SEED)
    means = values[draw.integers(0, n, (_RESAMPLES, n))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(math.fsum(values) / n, float(low), float(high), n)
