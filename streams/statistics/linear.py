"""Least squares and sandwich covariances."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
_DEPENDENT = 1e10


@dataclass(frozen=True)
class Fitted:
    """A least-squares fit.

    Attributes:
        coefficients: One per column of the design.
        residuals: Outcome minus fit.
        bread: Inverse of X'WX.
    """

    coefficients: Array
    residuals: Array
    bread: Array


def least_squares(y: Array, x: Array, weights: Array | None = None) -> Fitted | None:
    """Weighted least squares; None if the columns of the design are linearly dependent.

    Args:
        y: Outcome, one value per row.
        x: Design, rows by columns.
        weights: One per row; by default 1.
    """
    rows, columns = x.shape
    if rows < columns:
        return None
    root = np.ones(rows) if weights is None else np.sqrt(weights)
    q, r = np.linalg.qr(x * root[:, None])
    # Columns are scaled to unit length, so that the choice of units cannot make a design singular.
    lengths = np.linalg.norm(r, axis=0)
    if not lengths.all() or np.linalg.cond(r / lengths) > _DEPENDENT:
        return None
    inverse = np.linalg.inv(r)
    coefficients = inverse @ (q.T @ (y * root))
    return Fitted(coefficients, y - x @ coefficients, inverse @ inverse.T)


def cluster_rows(clusters: Sequence[str]) -> list[npt.NDArray[np.intp]]:
    """The rows of each cluster, with clusters sorted by name."""
    if len(clusters) == 0:
        return []
    _, place = np.unique(np.asarray(clusters), return_inverse=True)
    rows = np.argsort(place, kind="stable")
    return np.split(rows, np.flatnonzero(np.diff(place[rows])) + 1)


def standard_errors(covariance: Array) -> Array:
    """Square roots of the diagonal; values below 0 through rounding count as 0."""
    return np.asarray(np.sqrt(np.maximum(np.diag(covariance), 0.0)))
