"""One common factor of several items, from their covariances."""

import numpy as np
from scipy.optimize import minimize

from streams.statistics.linear import Array
from streams.statistics.result import Reason

_LOWEST = 0.005
"""Of an item's unique variance, as a share of its variance: what is estimated there would go below 0."""


def omega(covariance: Array) -> float | Reason:
    """Share of the variance of the items' sum that is due to one factor: (sum l)^2/((sum l)^2 + sum u).

    The loadings l and unique variances u are those of maximum likelihood (Jöreskog 1967; McDonald 1999).

    Args:
        covariance: Of at least three items.

    Returns:
        0 to 1; or `zero_variance` if an item does not vary, and `negative_variance` if the matrix is not
        positive definite or an item's unique variance would be below 0.
    """
    variances = np.diag(covariance)
    if (variances == 0).any():
        return Reason.ZERO_VARIANCE
    if (variances < 0).any() or np.linalg.eigvalsh(covariance)[0] <= 0:
        return Reason.NEGATIVE_VARIANCE
    spread = np.sqrt(variances)
    correlations = covariance / np.outer(spread, spread)
    starting = np.clip((1 - 0.5 / len(spread)) / np.diag(np.linalg.inv(correlations)), 2 * _LOWEST, 1.0)
    best = minimize(
        _misfit,
        starting,
        args=(correlations,),
        method="L-BFGS-B",
        jac=True,
        bounds=[(_LOWEST, 1.0)] * len(spread),
        options={"ftol": 1e-14, "gtol": 1e-10, "maxiter": 1000},
    )
    unique = np.asarray(best.x, float)
    if (unique <= _LOWEST * (1 + 1e-6)).any():
        return Reason.NEGATIVE_VARIANCE
    common = float((_loadings(unique, correlations) * spread).sum()) ** 2
    return common / (common + float((unique * variances).sum()))


def spearman_brown(covariance: Array) -> float | Reason:
    """Reliability of the sum of two items, 2 r/(1 + r) (Eisinga, te Grotenhuis & Pelzer 2013).

    Returns:
        0 to 1; or `zero_variance` if an item does not vary, and `negative_variance` if the items do not go
        together (r below 0) or the matrix is impossible.
    """
    variances = np.diag(covariance)
    if (variances == 0).any():
        return Reason.ZERO_VARIANCE
    if (variances < 0).any():
        return Reason.NEGATIVE_VARIANCE
    r = float(covariance[0, 1] / np.sqrt(variances.prod()))
    return 2 * r / (1 + r) if 0 <= r <= 1 else Reason.NEGATIVE_VARIANCE


def _loadings(unique: Array, correlations: Array) -> Array:
    root = np.sqrt(unique)
    values, vectors = np.linalg.eigh(correlations / np.outer(root, root))
    return np.asarray(root * vectors[:, -1] * np.sqrt(max(float(values[-1]) - 1, 0.0)))


def _misfit(unique: Array, correlations: Array) -> tuple[float, Array]:
    """The discrepancy of maximum likelihood at the best loadings, and its slope in the unique variances."""
    root = np.sqrt(unique)
    others = np.linalg.eigvalsh(correlations / np.outer(root, root))[:-1]
    misfit = -float((np.log(others) - others).sum()) - len(unique) + 1
    loadings = _loadings(unique, correlations)
    difference = np.outer(loadings, loadings) + np.diag(unique) - correlations
    return misfit, np.diag(difference) / unique**2
