"""One person's interrupted time series in real time: level, trend, step and bend."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtr

from streams.statistics.autocorrelation import HIGHEST, decorrelate, spread_ties, usual_gap
from streams.statistics.catalogue import INTERRUPTED
from streams.statistics.linear import Array, least_squares
from streams.statistics.result import LEVEL, Coefficient, Interval, Reason, finite

GRID: tuple[float, ...] = tuple(np.linspace(0, HIGHEST, 50).tolist())
"""The autocorrelations over which a fit is averaged."""

_EXACT = 1e-10
_REACH = 1e3
"""How far the ends of an interval are searched, in the largest standard errors."""


@dataclass(frozen=True)
class Interrupted:
    """A fitted series.

    Attributes:
        level: Fitted value at time 0, in scale points.
        trend: Slope in the first phase, in scale points per day.
        step: Change in level at the break, in scale points.
        bend: Change in slope after the break, in scale points per day.
        n_before, n_after: Number of observations on each side.
        autocorrelation: Estimated correlation of two errors that are one usual gap apart, 0 to 1.
        reason: Why there is no fit; then all of the above but the numbers of observations are None.
    """

    level: Coefficient | None
    trend: Coefficient | None
    step: Coefficient | None
    bend: Coefficient | None
    n_before: int
    n_after: int
    autocorrelation: float | None = None
    reason: Reason | None = None

    @property
    def terms(self) -> tuple[Coefficient, ...]:
        """The coefficients; empty if there is a `reason`."""
        return tuple(term for term in (self.level, self.trend, self.step, self.bend) if term)


def interrupted(
    before: Sequence[float],
    after: Sequence[float],
    times: Sequence[float],
    place: float | None = None,
    *,
    minimum: int = INTERRUPTED.minimum,
    autocorrelations: Sequence[float] = GRID,
) -> Interrupted:
    """Segmented regression (Wagner et al. 2002) with continuous-time AR(1) errors.

    The errors' autocorrelation is not known, so coefficients are averaged over its restricted likelihood
    (Harville 1974) with equal prior weight on 0 to 0.98: given the autocorrelation, a coefficient has a t
    distribution, and together they make a mixture of t distributions, whose quantiles are the interval. A
    single estimate of the autocorrelation would ignore how uncertain that is (docs/statistics.md).

    Args:
        before: Observations of the first phase, in scale points.
        after: Those of the second.
        times: Time of each observation in days, `before` first. An observation just after midnight may
            belong to the phase of the evening before, so the phases may overlap a little.
        place: Time of the break, where the bend starts; by default the last time of the first phase.
        minimum: How many observations each side needs.
        autocorrelations: Those considered, from 0 to below 1; a single one is taken as known.

    Raises:
        ValueError: If a number is not finite, or there is not one time for each observation.
    """
    n = len(before) + len(after)
    finite(before, after, times)
    if len(times) != n:
        raise ValueError("each observation needs a time")
    none = Interrupted(None, None, None, None, len(before), len(after))
    if min(len(before), len(after)) < max(minimum, 1):
        return _without(none, Reason.TOO_FEW if n else Reason.NO_DATA)
    if place is None:
        place = max(times[: len(before)])
    order = np.argsort(np.asarray(times, float), kind="stable")
    moments = spread_ties(np.asarray(times, float)[order], np.arange(n) == 0)
    late = order >= len(before)
    x = np.column_stack([np.ones(n), moments, late.astype(float), np.where(late, moments - place, 0.0)])
    y = np.asarray([*before, *after], float)[order]
    plain = least_squares(y, x)
    if plain is None:
        return _without(none, Reason.RANK_DEFICIENT)
    if n <= x.shape[1]:
        return _without(none, Reason.TOO_FEW)
    if float(np.abs(plain.residuals).max()) <= _EXACT * max(1.0, float(np.abs(y).max())):
        return _without(none, Reason.ZERO_VARIANCE)
    fits = _fits(y, x, moments, np.asarray(autocorrelations, float))
    level, trend, step, bend = (
        _averaged(name, fits, column) for column, name in enumerate(("level", "trend", "step", "bend"))
    )
    autocorrelation = float(fits.weights @ fits.autocorrelations)
    return Interrupted(level, trend, step, bend, len(before), len(after), autocorrelation)


@dataclass(frozen=True)
class _Fits:
    """Generalised least squares at each autocorrelation.

    Attributes:
        autocorrelations: Those at which there is a fit.
        weights: Of each, from its restricted likelihood; they add up to 1.
        estimates, errors: One row for each, one column for each coefficient.
        df: Degrees of freedom.
    """

    autocorrelations: Array
    weights: Array
    estimates: Array
    errors: Array
    df: int


def _fits(y: Array, x: Array, times: Array, phis: Array) -> _Fits:
    starts = np.arange(len(y)) == 0
    gaps = np.diff(times, prepend=times[0]) / usual_gap(times, starts)
    moved, log_determinants = decorrelate(np.column_stack([x, y]), gaps, starts, phis)
    df = len(y) - x.shape[1]
    # The triangle of [X y] holds that of X, the coordinates of y, and the residual norm.
    triangles = np.asarray(np.linalg.qr(moved, mode="r"))
    inverses = np.linalg.inv(triangles[:, :-1, :-1])
    squares = triangles[:, -1, -1] ** 2
    log_information = 2 * np.log(np.abs(np.diagonal(triangles[:, :-1, :-1], axis1=1, axis2=2))).sum(axis=1)
    deviances = log_determinants + log_information + df * np.log(squares)
    likelihoods = np.exp((deviances.min() - deviances) / 2)
    estimates = (inverses @ triangles[:, :-1, -1:])[:, :, 0]
    errors = np.sqrt(squares[:, None] / df * (inverses**2).sum(axis=2))
    return _Fits(phis, likelihoods / likelihoods.sum(), estimates, errors, df)


def _averaged(name: str, fits: _Fits, column: int) -> Coefficient:
    """A coefficient's mean and standard deviation over the mixture, its interval and p."""
    centres, scales = fits.estimates[:, column], fits.errors[:, column]
    centre = float(fits.weights @ centres)
    spread = fits.df / (fits.df - 2) if fits.df > 2 else 1.0
    variance = float(fits.weights @ (spread * scales**2 + (centres - centre) ** 2))

    def below(value: float) -> float:
        return float(fits.weights @ stdtr(fits.df, (value - centres) / scales))

    reach = _REACH * (float(scales.max()) + float(np.abs(centres - centre).max()))

    def quantile(share: float) -> float:
        return float(brentq(lambda value: below(value) - share, centre - reach, centre + reach))

    interval = Interval(quantile((1 - LEVEL) / 2), quantile((1 + LEVEL) / 2))
    p = 2 * min(below(0.0), 1 - below(0.0))
    return Coefficient(name, centre, math.sqrt(variance), interval, min(p, 1.0))


def _without(series: Interrupted, reason: Reason) -> Interrupted:
    return Interrupted(None, None, None, None, series.n_before, series.n_after, None, reason)
