"""One person's change from baseline."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from streams.statistics.catalogue import CHANGE
from streams.statistics.result import Reason, finite, wald


@dataclass(frozen=True)
class Change:
    """One person's difference between two phases.

    Attributes:
        difference: Mean of the phase minus mean of the baseline, in scale points.
        se: Its standard error, in scale points.
        df: Welch-Satterthwaite degrees of freedom.
        p: Two-sided, 0-1.
        n_before, n_after: Number of answers in the baseline and in the phase.
        reason: Why a value is None.
    """

    difference: float | None
    se: float | None
    df: float | None
    p: float | None
    n_before: int
    n_after: int
    reason: Reason | None = None


def change(before: Sequence[float], after: Sequence[float], minimum: int = CHANGE.minimum) -> Change:
    """Difference between phase means with Welch's standard error and p (Welch 1947).

    If both phases are constant, only the difference is returned: a standard error of 0 would claim
    certainty, and get infinite weight in a pooled change.

    Raises:
        ValueError: If an answer is not finite.
    """
    finite(before, after)
    n_before, n_after = len(before), len(after)
    if min(n_before, n_after) < max(minimum, 2):
        reason = Reason.TOO_FEW if n_before or n_after else Reason.NO_DATA
        return Change(None, None, None, None, n_before, n_after, reason)
    centre_before, part_before = _mean_and_error(before)
    centre_after, part_after = _mean_and_error(after)
    difference = centre_after - centre_before
    square = part_before + part_after
    if min(before) == max(before) and min(after) == max(after):
        return Change(difference, None, None, None, n_before, n_after, Reason.ZERO_VARIANCE)
    df = square**2 / (part_before**2 / (n_before - 1) + part_after**2 / (n_after - 1))
    se = math.sqrt(square)
    _, p = wald(difference, se, df)
    return Change(difference, se, df, p, n_before, n_after)


def _mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    n = len(values)
    centre = math.fsum(values) / n
    return centre, math.fsum((value - centre) ** 2 for value in values) / (n - 1) / n
