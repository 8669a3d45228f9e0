"""Mixed models with people as random effects and autocorrelated errors in real time, by REML.

The rows' errors are first made independent (streams/statistics/autocorrelation.py). What remains is the model
of Laird & Ware (1982) with variances relative to the residual variance (Bates et al. 2015), which needs only
the cross-products of each person's columns, however many rows there are.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar

from streams.statistics.autocorrelation import HIGHEST, decorrelate, spread_ties, usual_gap
from streams.statistics.catalogue import INERTIA, MIXED
from streams.statistics.linear import Array, least_squares, standard_errors
from streams.statistics.result import Coefficient, Reason, coefficient, finite
from streams.statistics.rows import Row

# A relative variance below this counts as 0, since an optimiser stops just short of the boundary.
_SINGULAR = 1e-5
_EXACT = 1e-10
# Starting values of the triangle of the relative covariance: large, small, and mostly of the intercept.
_STARTS = ((1.0, 0.0, 1.0), (0.1, 0.0, 0.1), (3.0, 0.0, 0.3))
_PHIS = (0.0, 0.3, 0.6, 0.9)
_IMPOSSIBLE = 1e300


@dataclass(frozen=True)
class Pair:
    """Two answers at consecutive prompts.

    Attributes:
        participant: Whose answers they are.
        lag: The earlier answer minus the person's mean, in scale points.
        value: The later answer, in scale points.
    """

    participant: str
    lag: float
    value: float


@dataclass(frozen=True)
class MixedFit:
    """A fitted model.

    Attributes:
        fixed: Fixed effects with t intervals; empty exactly if there is a `reason`.
        sd_intercept, sd_slope: Between-person standard deviations, in the units of the coefficients.
        correlation: Between-person correlation of intercept and slope, -1 to 1; None if one does not vary.
        sigma: Residual standard deviation, in scale points.
        autocorrelation: Correlation of two errors of a person that are one usual gap apart, 0 to 1.
        deviance: -2 restricted log-likelihood.
        df: Degrees of freedom of the intervals.
        people, rows: Number used.
        reason: Why there is no fit.
        caution: `singular_fit` if a variance is 0 or the correlation -1 or 1: the fixed effects may be
            valid, but the data cannot show how much people differ.
    """

    fixed: tuple[Coefficient, ...]
    sd_intercept: float | None
    sd_slope: float | None
    correlation: float | None
    sigma: float | None
    autocorrelation: float | None
    deviance: float | None
    df: int | None
    people: int
    rows: int
    reason: Reason | None = None
    caution: Reason | None = None

    def effect(self, name: str) -> Coefficient | None:
        """The fixed effect of that name, or None."""
        return next((found for found in self.fixed if found.name == name), None)


def phase_by_arm(
    rows: Sequence[Row], baseline: str, phase: str, reference: str, minimum: int = MIXED.minimum,
    *, autocorrelated: bool = True,
) -> MixedFit:  # fmt: skip
    """The model y ~ phase * arm + (1 + phase | participant) with AR(1) errors, REML.

    Fixed effects are named `intercept`, `phase`, `arm ID` and `phase:arm ID`. Only people with answers in
    both phases count towards `minimum` in each arm; all rows of the two phases are fitted. Intervals have as
    many degrees of freedom as there are people with both phases, less one for each arm: a change is estimated
    from people, however often they answered.

    Args:
        rows: Check-ins; those of other phases are ignored.
        baseline: The baseline phase.
        phase: The phase compared with it.
        reference: The arm that the others are compared with.
        minimum: How many people each arm needs.
        autocorrelated: Whether a person's errors may be autocorrelated; otherwise they are independent.

    Raises:
        ValueError: If a value is not finite, or no row is from the reference arm.
    """
    used = sorted(
        (row for row in rows if row.phase in {baseline, phase}),
        key=lambda row: (row.participant, row.time, row.value),
    )
    finite(row.value for row in used)
    people = {row.participant for row in used}
    if not used:
        return _without(0, 0, Reason.NO_DATA)
    arms = sorted({row.arm for row in used})
    if reference not in arms:
        raise ValueError(f"no rows from the reference arm {reference!r}")
    both = {row.participant for row in used if row.phase == baseline} & {
        row.participant for row in used if row.phase == phase
    }
    sizes = [len({row.participant for row in used if row.arm == arm} & both) for arm in arms]
    if min(sizes) < max(minimum, 1):
        return _without(len(people), len(used), Reason.TOO_FEW)
    others = [arm for arm in arms if arm != reference]
    late = np.asarray([row.phase == phase for row in used], float)
    ones = np.ones(len(used))
    in_arm = [np.asarray([row.arm == arm for row in used], float) for arm in others]
    return fit(
        [row.value for row in used],
        {
            "intercept": ones,
            "phase": late,
            **{f"arm {arm}": column for arm, column in zip(others, in_arm, strict=True)},
            **{f"phase:arm {arm}": column * late for arm, column in zip(others, in_arm, strict=True)},
        },
        late,
        [row.participant for row in used],
        len(both) - len(arms),
        [row.time for row in used] if autocorrelated else None,
    )


def inertia(pairs: Sequence[Pair], minimum: int = INERTIA.minimum) -> MixedFit:
    """The model y ~ lag + (1 + lag | participant), REML (Kuppens, Allen & Sheeber 2010).

    Fixed effects are named `intercept` and `lag`.

    Raises:
        ValueError: If a value is not finite.
    """
    people = len({pair.participant for pair in pairs})
    if len(pairs) < max(minimum, 1):
        return _without(people, len(pairs), Reason.TOO_FEW if pairs else Reason.NO_DATA)
    used = sorted(pairs, key=lambda pair: (pair.participant, pair.lag, pair.value))
    lag = np.asarray([pair.lag for pair in used], float)
    return fit(
        [pair.value for pair in used],
        {"intercept": np.ones(len(used)), "lag": lag},
        lag,
        [pair.participant for pair in used],
        people - 1,
    )


def fit(
    outcome: Sequence[float], fixed: Mapping[str, Array], slope: Array, participants: Sequence[str], df: int,
    times: Sequence[float] | None = None,
) -> MixedFit:  # fmt: skip
    """Fit outcome ~ fixed + (1 + slope | participant) by REML.

    A failed fit is returned with a `reason`, not raised.

    Args:
        outcome: One value per row, in scale points, person by person.
        fixed: Columns of the fixed effects, including the intercept.
        slope: The column with a random slope.
        participants: The participant of each row.
        df: Degrees of freedom of the intervals.
        times: Time of each row in days, in order within a person; None for errors that are independent. Rows
            of a person at the same time are spread over a day.

    Raises:
        ValueError: If a number is not finite, or a person's rows are not together.
    """
    y, x = np.asarray(outcome, float), np.column_stack(list(fixed.values()))
    finite(y.tolist(), x.ravel().tolist(), slope.tolist())
    new = [True, *(one != other for one, other in pairwise(participants))]
    starts = np.asarray(new[: len(y)])
    people, rows = int(starts.sum()), len(y)
    if people != len(set(participants)):
        raise ValueError("the rows of a person must be together")
    if least_squares(y, x) is None:
        return _without(people, rows, Reason.RANK_DEFICIENT)
    if people < 2 or df < 1 or rows <= x.shape[1] + 1:
        return _without(people, rows, Reason.TOO_FEW)
    z = np.column_stack([np.ones(rows), slope])
    if _exact(y, z, starts):
        return _without(people, rows, Reason.ZERO_VARIANCE)
    best = _likeliest(np.column_stack([z, x, y]), starts, times)
    if best is None:
        return _without(people, rows, Reason.NOT_CONVERGED)
    spread = np.sqrt(np.diag(best.between))
    varies = bool((spread > 0).all())
    singular = float(np.linalg.eigvalsh(best.between / best.scale).min()) < _SINGULAR
    return MixedFit(
        fixed=tuple(
            coefficient(name, float(estimate), float(se), df)
            for name, estimate, se in zip(fixed, best.estimates, best.errors, strict=True)
        ),
        sd_intercept=float(spread[0]),
        sd_slope=float(spread[1]),
        correlation=float(np.clip(best.between[0, 1] / (spread[0] * spread[1]), -1, 1)) if varies else None,
        sigma=math.sqrt(best.scale),
        autocorrelation=best.phi,
        deviance=best.deviance,
        df=df,
        people=people,
        rows=rows,
        caution=Reason.SINGULAR_FIT if singular else None,
    )


def _exact(y: Array, z: Array, starts: Array) -> bool:
    """Whether everybody's answers fit an intercept and slope exactly."""
    tolerance = _EXACT * max(1.0, float(np.abs(y).max()))
    for own in np.split(np.arange(len(y)), np.flatnonzero(starts)[1:]):
        residuals = y[own] - z[own] @ np.linalg.lstsq(z[own], y[own])[0]
        if float(np.abs(residuals).max()) > tolerance:
            return False
    return True


@dataclass(frozen=True)
class _Solution:
    phi: float
    deviance: float
    gradient: Array
    between: Array
    scale: float
    estimates: Array
    errors: Array


def _likeliest(columns: Array, starts: Array, times: Sequence[float] | None) -> _Solution | None:
    """The maximum of the restricted likelihood; None if there is none."""
    first = np.flatnonzero(starts)
    if times is None:
        gaps = np.zeros(len(columns))
    else:
        moments = spread_ties(np.asarray(times, float), starts)
        gaps = np.diff(moments, prepend=moments[0]) / usual_gap(moments, starts)

    def at(phi: float) -> _Profile:
        moved, log_determinant = decorrelate(columns, gaps, starts, np.array([phi]))
        return _Profile(phi, len(columns), float(log_determinant[0]), _products(moved[0], first))

    if times is None:
        return _best(at(0.0), _STARTS)
    start, known = _STARTS[0], list[_Solution]()
    for phi in _PHIS:
        # The fit at one autocorrelation is a good start for the next.
        if (one := _best(at(phi), [start])) is not None:
            known.append(one)
            start = _triangle(one)
    if not known:
        return None
    near = min(known, key=lambda one: one.deviance)
    start = _triangle(near)

    def deviance(phi: float) -> float:
        one = _best(at(phi), [start])
        return math.inf if one is None else one.deviance

    bounds = (max(near.phi - _PHIS[1], 0.0), min(near.phi + _PHIS[1], HIGHEST))
    phi = float(minimize_scalar(deviance, bounds=bounds, method="bounded", options={"xatol": 1e-3}).x)
    found = [one for one in (_best(at(phi), [start, *_STARTS]), near) if one]
    return min(found, key=lambda one: one.deviance)


def _products(columns: Array, first: npt.NDArray[np.intp]) -> Array:
    """Each person's cross-products of the columns: people by columns by columns."""
    width = columns.shape[1]
    found = np.empty((len(first), width, width))
    for i in range(width):
        for j in range(i, width):
            found[:, i, j] = found[:, j, i] = np.add.reduceat(columns[:, i] * columns[:, j], first)
    return found


def _best(profile: "_Profile", starts: Sequence[tuple[float, float, float]]) -> _Solution | None:
    """The best of the optima from several starting values, since a likelihood can have several peaks."""

    def deviance(triangle: Array) -> tuple[float, Array]:
        try:
            # A step of the search can go so far that numbers overflow.
            with np.errstate(over="ignore", invalid="ignore"):
                solution = profile.at(triangle)
        except np.linalg.LinAlgError:
            return _IMPOSSIBLE, np.zeros(3)
        return solution.deviance, solution.gradient

    reached = [
        minimize(
            deviance, start, method="L-BFGS-B", jac=True, bounds=((0, None), (None, None), (0, None)),
            options={"ftol": 1e-13, "gtol": 1e-6},
        )
        for start in starts
    ]  # fmt: skip
    best = min(reached, key=lambda one: float(one.fun))
    return profile.at(np.asarray(best.x, float)) if best.fun < _IMPOSSIBLE else None


class _Profile:
    """The restricted likelihood at one autocorrelation, as a function of the relative variances alone.

    Args:
        phi: The errors' autocorrelation.
        rows: Number of rows.
        log_determinant: Of the errors' correlation matrix.
        products: People by columns by columns: two random effects Z, the fixed effects X, the outcome y.
    """

    def __init__(self, phi: float, rows: int, log_determinant: float, products: Array) -> None:
        self._phi, self._rows, self._log_determinant = phi, rows, log_determinant
        self._own = products[:, :2, :2]
        self._cross = np.ascontiguousarray(products[:, :2, 2:])
        self._total = products[:, 2:, 2:].sum(axis=0)

    def at(self, triangle: Array) -> _Solution:
        """The residual variance, fixed effects and their errors, which follow from the relative variances.

        With D the relative covariance and V = I + ZDZ', Z'V^-1 = (I + Z'ZD)^-1 Z', also where D is singular.

        Args:
            triangle: The three entries of the lower triangle L with D = LL'.

        Raises:
            LinAlgError: If the fixed effects cannot be told apart, or no residual variance is left.
        """
        a, b, c = (float(entry) for entry in triangle)
        lower = np.array([[a, 0.0], [b, c]])
        between = lower @ lower.T
        inverse, determinants = _inverse(np.eye(2) + self._own @ between)
        weighted = inverse @ self._cross  # each person's Z'V^-1 [X y]
        flat = self._cross.reshape(-1, self._cross.shape[2])
        total = self._total - flat.T @ (between @ weighted).reshape(flat.shape)
        covariance = np.linalg.inv(total[:-1, :-1])
        estimates = covariance @ total[:-1, -1]
        free = self._rows - len(estimates)
        square = float(total[-1, -1] - total[:-1, -1] @ estimates)
        if not 0 < square < math.inf or not (determinants > 0).all():
            raise np.linalg.LinAlgError("no residual variance is left")
        deviance = (
            float(np.log(determinants).sum() - np.linalg.slogdet(covariance)[1])
            + self._log_determinant
            + free * (1 + math.log(2 * math.pi * square / free))
        )
        moved = weighted[:, :, :-1]
        residual = weighted[:, :, -1] - moved @ estimates
        spread = np.tensordot(moved @ covariance, moved, axes=((0, 2), (0, 2)))
        slope = (inverse @ self._own).sum(axis=0) - spread - free / square * residual.T @ residual
        by_entry = 2 * slope @ lower
        errors = standard_errors(square / free * covariance)
        return _Solution(
            self._phi, deviance, np.array([by_entry[0, 0], by_entry[1, 0], by_entry[1, 1]]),
            square / free * between, square / free, estimates, errors,
        )  # fmt: skip


def _inverse(matrices: Array) -> tuple[Array, Array]:
    """Inverses and determinants of 2 by 2 matrices."""
    (a, b), (c, d) = np.moveaxis(matrices, 0, -1)
    determinants = a * d - b * c
    return np.moveaxis(np.array([[d, -b], [-c, a]]) / determinants, -1, 0), determinants


def _triangle(solution: _Solution) -> tuple[float, float, float]:
    """The relative triangle of a solution."""
    (a, b), (_, c) = solution.between / solution.scale
    first = math.sqrt(a)
    second = b / first if first else 0.0
    return first, float(second), math.sqrt(max(c - second**2, 0.0))


def _without(people: int, rows: int, reason: Reason) -> MixedFit:
    return MixedFit((), None, None, None, None, None, None, None, people, rows, reason)
