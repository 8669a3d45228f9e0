"""One person's interrupted time series: level, trend, step and bend, with Newey-West errors."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from streams.statistics.catalogue import INTERRUPTED
from streams.statistics.linear import least_squares, newey_west, standard_errors
from streams.statistics.result import Coefficient, Reason, coefficient, finite


@dataclass(frozen=True)
class Interrupted:
    """A fitted series.

    Attributes:
        level: Fitted value at time 0, in scale points.
        trend: Slope per unit of time in the first phase.
        step: Change in level at the break, in scale points.
        bend: Change in trend after the break, per unit of time.
        n_before, n_after: Number of observations on each side.
        lag: Number of lags in the Newey-West errors.
        reason: Why there is no fit; then all coefficients are None.
    """

    level: Coefficient | None
    trend: Coefficient | None
    step: Coefficient | None
    bend: Coefficient | None
    n_before: int
    n_after: int
    lag: int
    reason: Reason | None = None


def interrupted(
    before: Sequence[float],
    after: Sequence[float],
    times: Sequence[float] | None = None,
    minimum: int = INTERRUPTED.minimum,
) -> Interrupted:
    """Fit a series with at least `minimum` observations on each side; see `fit`."""
    if min(len(before), len(after)) < minimum:
        reason = Reason.TOO_FEW if before or after else Reason.NO_DATA
        return Interrupted(None, None, None, None, len(before), len(after), 0, reason)
    return fit(before, after, times)


def fit(
    before: Sequence[float],
    after: Sequence[float],
    times: Sequence[float] | None = None,
    lag: int | None = None,
) -> Interrupted:
    """Segmented regression (Wagner et al. 2002) of any number of observations, in order of time.

    The break is at the last time of the first phase, where the bend starts.

    Args:
        before: Observations of the first phase, in scale points.
        after: Those of the second.
        times: Time of each observation, `before` first, strictly increasing. By default 1, 2, 3, ..., so that
            a missed prompt takes no time. The errors' lags always count observations, not time.
        lag: Lag of the Newey-West errors; by default floor(4 (n / 100)^(2/9)) (Newey & West 1994).

    Raises:
        ValueError: If a number is not finite, or times do not match the observations or are not increasing.
    """
    n_before, n = len(before), len(before) + len(after)
    moments = np.arange(1.0, n + 1) if times is None else np.asarray(times, float)
    finite(before, after, moments.tolist())
    if len(moments) != n or (np.diff(moments) <= 0).any():
        raise ValueError("each observation needs a time, and times must be strictly increasing")
    reach = math.floor(4 * (n / 100) ** (2 / 9)) if lag is None else lag
    none = Interrupted(None, None, None, None, n_before, n - n_before, reach)
    if not before or not after:
        return _without(none, Reason.TOO_FEW if n else Reason.NO_DATA)
    late = np.arange(n) >= n_before
    bend = np.where(late, moments - moments[n_before - 1], 0.0)
    x = np.column_stack([np.ones(n), moments, late.astype(float), bend])
    y = np.asarray([*before, *after], float)
    fitted = least_squares(y, x)
    if fitted is None:
        return _without(none, Reason.RANK_DEFICIENT)
    df = n - x.shape[1]
    if df < 1:
        return _without(none, Reason.TOO_FEW)
    errors = standard_errors(newey_west(fitted, x, reach))
    names = ("level", "trend", "step", "bend")
    found = [
        coefficient(name, float(estimate), float(se), df)
        for name, estimate, se in zip(names, fitted.coefficients, errors, strict=True)
    ]
    return Interrupted(found[0], found[1], found[2], found[3], n_before, n - n_before, reach)


def _without(series: Interrupted, reason: Reason) -> Interrupted:
    return Interrupted(None, None, None, None, series.n_before, series.n_after, series.lag, reason)
