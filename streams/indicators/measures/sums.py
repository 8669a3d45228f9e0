"""Sums that do not depend on the order of their terms, because `math.fsum` rounds only once, at the end."""

import math
from collections.abc import Sequence


def mean(numbers: Sequence[float]) -> float:
    """Arithmetic mean of at least one number."""
    return math.fsum(numbers) / len(numbers)


def constant(numbers: Sequence[float]) -> bool:
    """Whether all are the same; compared directly, because a rounded mean can leave a trace of variance."""
    return min(numbers) == max(numbers)


def squares(numbers: Sequence[float]) -> float:
    """Sum of squared deviations from the mean; exactly 0 if all are the same."""
    if constant(numbers):
        return 0.0
    centre = mean(numbers)
    return math.fsum((number - centre) ** 2 for number in numbers)


def products(pairs: Sequence[tuple[float, float]]) -> float:
    """Sum of the products of deviations from the two means."""
    left, right = mean([a for a, _ in pairs]), mean([b for _, b in pairs])
    return math.fsum((a - left) * (b - right) for a, b in pairs)


def sd(numbers: Sequence[float]) -> float:
    """Sample standard deviation (n - 1) of at least two numbers."""
    return math.sqrt(squares(numbers) / (len(numbers) - 1))


def median(numbers: Sequence[float]) -> float:
    """Middle of at least one number; the mean of the middle two if their number is even."""
    ranked = sorted(numbers)
    half = len(ranked) // 2
    return ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2
