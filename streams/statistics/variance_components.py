"""Variance components of people and, crossed with them, times: REML for data with gaps."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from streams.statistics.linear import Array

Codes = npt.NDArray[np.intp]
_STARTS = ((0.5, 0.2), (2.0, 1.0))
_LARGEST = 1e3
"""Of a standard deviation, as a multiple of the residual one."""


@dataclass(frozen=True)
class Components:
    """Variances, 0 or more, in squared units of the values.

    Attributes:
        person: Between people.
        time: Between times, or 0 where there are none.
        rest: Of what is left.
    """

    person: float
    time: float
    rest: float


def variance_components(values: Array, people: Codes, times: Codes | None) -> Components:
    """Components of `value ~ 1 + (1 | person) + (1 | time)`, by REML (Patterson & Thompson 1971).

    Several columns are independent and share their components, but have a mean each. The larger factor is
    eliminated exactly, so that the work of a step is that of a matrix of the smaller one; people's and times'
    numbers of levels may be in the thousands.

    Args:
        values: Rows by columns.
        people: For each row, the number of its person, from 0 without gaps.
        times: The same of its time; None to leave times out.
    """
    model = _Model.of(values, people, np.zeros(len(people), np.intp) if times is None else times)
    if model.constant:
        return Components(0.0, 0.0, 0.0)
    bound = (0.0, 0.0) if times is None else (0.0, _LARGEST)
    starts = {(one, 0.0 if times is None else other) for one, other in _STARTS}
    best = min(
        (
            minimize(
                model.deviance, start, method="L-BFGS-B", bounds=[(0.0, _LARGEST), bound], options=_EXACTLY
            )
            for start in sorted(starts)
        ),
        key=lambda found: float(found.fun),
    )
    person, time = float(best.x[0]) ** 2, float(best.x[1]) ** 2
    rest = model.rest(person, time)
    return Components(person * rest, time * rest, rest)


_EXACTLY = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 300}


@dataclass(frozen=True)
class _Model:
    """What the likelihood needs: counts, and sums of the values by level of the larger and smaller factor."""

    rows: int
    squares: float
    totals: Array
    shared: Array
    large: Array
    small: Array
    flipped: bool

    @classmethod
    def of(cls, values: Array, people: Codes, times: Codes) -> "_Model":
        """Sums of the values, each column less its mean, and of a column of ones."""
        centred = values - values.mean(axis=0)
        y = np.column_stack([np.ones(len(values)), centred])
        levels = int(people.max()) + 1, int(times.max()) + 1
        flipped = levels[1] > levels[0]
        large, small = (times, people) if flipped else (people, times)
        shared = np.zeros((max(levels), min(levels)))
        np.add.at(shared, (large, small), 1.0)
        return cls(
            len(values), float((centred**2).sum()), y.T @ y, shared, _sums(large, y), _sums(small, y), flipped
        )

    @property
    def constant(self) -> bool:
        """Whether there is nothing to explain."""
        return self.squares <= 1e-24 * max(self.rows, 1)

    def deviance(self, sds: Array) -> float:
        """-2 restricted log-likelihood, without its constant, of standard deviations of person and time.

        They are multiples of the residual one, for which the best value is taken.
        """
        columns = len(self.totals) - 1
        logarithm, ones, left = self._solve(float(sds[0]) ** 2, float(sds[1]) ** 2)
        return columns * (
            (self.rows - 1) * float(np.log(max(left, 1e-300))) + logarithm + float(np.log(ones))
        )

    def rest(self, person: float, time: float) -> float:
        """The residual variance, given the others as multiples of it."""
        return self._solve(person, time)[2] / ((self.rows - 1) * (len(self.totals) - 1))

    def _solve(self, person: float, time: float) -> tuple[float, float, float]:
        """Log-determinant of W = I + person ZZ' + time TT', 1'W^-1 1, and the residual squares in W."""
        big, little = (time, person) if self.flipped else (person, time)
        own = 1 + big * self.shared.sum(axis=1)
        # Of the matrix I + U'U with U = [Z T] scaled, the block of the larger factor is diagonal.
        cross = np.sqrt(big * little) * self.shared
        rest = np.diag(1 + little * self.shared.sum(axis=0)) - cross.T @ (cross / own[:, None])
        factor = np.linalg.cholesky(rest)
        first = np.sqrt(big) * self.large
        second = np.linalg.solve(factor, np.sqrt(little) * self.small - cross.T @ (first / own[:, None]))
        products = self.totals - first.T @ (first / own[:, None]) - second.T @ second
        logarithm = float(np.log(own).sum() + 2 * np.log(np.diag(factor)).sum())
        ones = float(products[0, 0])
        left = float(np.trace(products[1:, 1:]) - (products[0, 1:] ** 2).sum() / ones)
        return logarithm, ones, left


def _sums(codes: Codes, y: Array) -> Array:
    found = np.zeros((int(codes.max()) + 1, y.shape[1]))
    np.add.at(found, codes, y)
    return found
