"""Average run lengths: after how many days a control chart signals, for independent normal day means.

The integral equations of Crowder (1987, EWMA) and Page (1954, CUSUM), solved by Gauss-Legendre quadrature.
Autocorrelation or a short baseline makes real charts signal earlier than this.
"""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

_NODES = 100
_NORMAL = NormalDist()


def _grid(low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = (high - low) / 2
    return low + half * (nodes + 1), half * weights


def _density(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    density: NDArray[np.float64] = np.exp(-(distances**2) / 2) / np.sqrt(2 * np.pi)
    return density


def ewma_arl(smoothing: float, width: float, shift: float = 0.0) -> float:
    """Average number of days until a two-sided EWMA with constant limits signals.

    Args:
        smoothing: λ, above 0 and at most 1.
        width: L, the limits in standard errors of the EWMA.
        shift: Of the mean since the first day, in SDs of a day mean.

    Raises:
        ValueError: λ or L is out of range.
    """
    if not 0 < smoothing <= 1 or width <= 0:
        raise ValueError("smoothing must be above 0 and at most 1, and width above 0")
    limit = width * (smoothing / (2 - smoothing)) ** 0.5
    nodes, weights = _grid(-limit, limit)
    starts = np.append(nodes, 0.0)
    steps = _density((nodes[None, :] - (1 - smoothing) * starts[:, None]) / smoothing - shift) / smoothing
    lengths = np.linalg.solve(np.eye(_NODES) - steps[:-1] * weights, np.ones(_NODES))
    return float(1 + (steps[-1] * weights) @ lengths)


def cusum_arl(allowance: float, bound: float, shift: float = 0.0) -> float:
    """Average number of days until one of the two one-sided CUSUMs signals.

    Args:
        allowance: k, in SDs of a day mean, 0 or more.
        bound: h, in SDs of a day mean, above 0.
        shift: Of the mean since the first day, in SDs of a day mean.

    Raises:
        ValueError: k or h is out of range.
    """
    if allowance < 0 or bound <= 0:
        raise ValueError("allowance must be 0 or more, and bound above 0")
    upward, downward = _one_sided(allowance, bound, shift), _one_sided(allowance, bound, -shift)
    return 1 / (1 / upward + 1 / downward)


def _one_sided(allowance: float, bound: float, shift: float) -> float:
    nodes, weights = _grid(0.0, bound)
    starts = np.append(nodes, 0.0)
    inside = _density(nodes[None, :] + allowance - shift - starts[:, None]) * weights
    at_zero = np.array([_NORMAL.cdf(allowance - shift - start) for start in starts])
    system = np.eye(_NODES + 1) - np.column_stack([inside, at_zero])
    return float(np.linalg.solve(system, np.ones(_NODES + 1))[-1])
