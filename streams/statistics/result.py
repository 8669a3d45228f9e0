"""Results of the group statistics: numbers, or the reason why there are none. Never NaN."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from scipy.special import ndtr, ndtri, stdtr, stdtrit

LEVEL = 0.95
_ROUNDING = 1e-12


class Reason(StrEnum):
    """Why there is no number, or why one should not be relied on."""

    NO_DATA = "no_data"
    TOO_FEW = "too_few"
    TOO_FEW_CLUSTERS = "too_few_clusters"
    TOO_FEW_ITEMS = "too_few_items"
    ZERO_VARIANCE = "zero_variance"
    NEGATIVE_VARIANCE = "negative_variance"
    RANK_DEFICIENT = "rank_deficient"
    NOT_RANDOMISED = "not_randomised"
    NOT_CONVERGED = "not_converged"
    SINGULAR_FIT = "singular_fit"
    NOT_FITTED = "not_fitted"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True)
class Interval:
    """An interval in the unit of the estimate; `low <= high`."""

    low: float
    high: float


def ends(interval: Interval | None) -> dict[str, float | None]:
    """The ends of an interval as the columns of a table."""
    return {"low": interval.low if interval else None, "high": interval.high if interval else None}


@dataclass(frozen=True)
class Coefficient:
    """A regression coefficient.

    Attributes:
        name: The column of the design.
        estimate, se: In units of the outcome per unit of the column.
        interval: 95 % Wald interval.
        p: Two-sided, 0-1; None if the standard error is 0.
    """

    name: str
    estimate: float
    se: float
    interval: Interval
    p: float | None


def wald(estimate: float, se: float, df: float | None, level: float = LEVEL) -> tuple[Interval, float | None]:
    """Interval and two-sided p of an estimate: Student's t with `df`, or normal if it is None."""
    upper = (1 + level) / 2
    reach = float(ndtri(upper) if df is None else stdtrit(df, upper)) * se
    interval = Interval(estimate - reach, estimate + reach)
    if se <= 0:
        return interval, None
    ratio = -abs(estimate / se)
    return interval, 2 * float(ndtr(ratio) if df is None else stdtr(df, ratio))


def coefficient(name: str, estimate: float, se: float, df: float | None) -> Coefficient:
    """A coefficient with its Wald interval and p."""
    interval, p = wald(estimate, se, df)
    return Coefficient(name, estimate, se, interval, p)


def only_rounding(width: float, *values: float) -> bool:
    """Whether a width is no more than the rounding error of the values that it was computed from.

    Equal numbers whose means were taken over different counts differ in their last digit; an interval made
    of that would claim certainty.
    """
    return width <= _ROUNDING * max(1.0, *map(abs, values))


def finite(*series: Iterable[float]) -> None:
    """Reject numbers that would make a result NaN.

    Raises:
        ValueError: If one is infinite or NaN.
    """
    if not all(math.isfinite(value) for values in series for value in values):
        raise ValueError("a value is infinite or not a number; omit missing answers")
