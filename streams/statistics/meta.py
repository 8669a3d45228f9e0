"""Random-effects pooling of changes over people: DerSimonian-Laird or REML, with Knapp-Hartung."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from streams.statistics.catalogue import META
from streams.statistics.result import Interval, Reason, finite, wald

_Array = npt.NDArray[np.float64]
_GRID = 200


class Pooling(StrEnum):
    """How the between-person variance is estimated and the interval computed."""

    DL = "dl"
    REML = "reml"
    REML_KNHA = "reml_knha"


@dataclass(frozen=True)
class Pooled:
    """A pooled change.

    Attributes:
        estimate, se: In scale points.
        interval: 95 %: normal, or t(k - 1) with Knapp-Hartung.
        p: Two-sided, 0-1.
        tau2: Between-person variance of the true changes, in squared scale points.
        i2: Percentage of the variance that is between people (Higgins & Thompson 2002).
        q: Cochran's Q.
        k: Number of people.
        reason: Why a value is None.
    """

    estimate: float | None
    se: float | None
    interval: Interval | None
    p: float | None
    tau2: float | None
    i2: float | None
    q: float | None
    k: int
    reason: Reason | None = None


def pool(
    effects: Sequence[float],
    ses: Sequence[float],
    pooling: Pooling = Pooling.REML_KNHA,
    minimum: int = META.minimum,
) -> Pooled:
    """Average effect over people whose true effects may differ.

    Args:
        effects: One per person, in scale points.
        ses: Their standard errors, above 0.
        pooling: DerSimonian & Laird 1986; REML after Viechtbauer 2005; Hartung & Knapp 2001.
        minimum: How many people are needed.

    Raises:
        ValueError: If the lists differ in length, a number is not finite, or a standard error is not above 0.
    """
    finite(effects, ses)
    if len(effects) != len(ses) or any(se <= 0 for se in ses):
        raise ValueError("each effect needs a standard error above 0")
    k = len(effects)
    if k < max(minimum, 2):
        return Pooled(None, None, None, None, None, None, None, k, Reason.TOO_FEW if k else Reason.NO_DATA)
    y, v = np.asarray(effects, float), np.asarray(ses, float) ** 2
    w = 1 / v
    spread = float(w.sum() - (w**2).sum() / w.sum())
    q = _heterogeneity(y, w)
    tau2 = max(0.0, (q - (k - 1)) / spread) if pooling is Pooling.DL else _reml(y, v)
    i2 = 100 * tau2 / (tau2 + (k - 1) / spread)
    w = 1 / (v + tau2)
    estimate = float(w @ y / w.sum())
    square = 1 / float(w.sum())
    if pooling is not Pooling.REML_KNHA:
        se = math.sqrt(square)
        interval, p = wald(estimate, se, None)
        return Pooled(estimate, se, interval, p, tau2, i2, q, k)
    if min(effects) == max(effects):
        return Pooled(estimate, None, None, None, tau2, i2, q, k, Reason.ZERO_VARIANCE)
    se = math.sqrt(square * _heterogeneity(y, w) / (k - 1))
    interval, p = wald(estimate, se, k - 1)
    return Pooled(estimate, se, interval, p, tau2, i2, q, k)


def _heterogeneity(y: _Array, w: _Array) -> float:
    return float(w @ (y - w @ y / w.sum()) ** 2)


def _score(tau2: float, y: _Array, v: _Array) -> float:
    """Twice the derivative of the restricted log-likelihood with respect to tau^2."""
    w = 1 / (v + tau2)
    residual = y - w @ y / w.sum()
    return float((w**2) @ residual**2 - w.sum() + (w**2).sum() / w.sum())


def _deviances(tau2: _Array, y: _Array, v: _Array) -> _Array:
    """-2 restricted log-likelihood at each tau^2, but for a constant."""
    variances = v + tau2[:, None]
    w = 1 / variances
    sums = w.sum(axis=1)
    residuals = y - (w @ y / sums)[:, None]
    return np.asarray(np.log(variances).sum(axis=1) + np.log(sums) + (w * residuals**2).sum(axis=1))


def _reml(y: _Array, v: _Array) -> float:
    """The tau^2 >= 0 that maximises the restricted likelihood.

    The likelihood can have several peaks, so a grid finds the highest and a root of the derivative refines
    it. Beyond the last grid point the derivative is negative whatever the weights: there the sum of squares
    over tau^4 is below (k - 1) / (tau^2 + max v).
    """
    mean_square = float(((y - y.mean()) ** 2).sum()) / (len(y) - 1)
    top = mean_square / 2 + math.sqrt(mean_square**2 / 4 + mean_square * float(v.max()))
    grid = np.linspace(0, top, _GRID + 1)
    best = int(np.argmin(_deviances(grid, y, v)))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, _GRID)])
    if _score(low, y, v) <= 0 or _score(high, y, v) >= 0:
        return float(grid[best])
    return float(brentq(_score, low, high, args=(y, v), xtol=1e-14, rtol=1e-13))
