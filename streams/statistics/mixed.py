"""Mixed models with people as random effects, fitted by several optimisers; the best likelihood wins.

A single optimiser can report convergence far from the optimum, in statsmodels and lme4 alike.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from statsmodels.regression.mixed_linear_model import MixedLM

from streams.statistics.catalogue import INERTIA, MIXED
from streams.statistics.linear import Array, cluster_rows, least_squares, standard_errors
from streams.statistics.result import Coefficient, Reason, coefficient, finite
from streams.statistics.rows import Row

# Tighter than statsmodels' defaults, with which a standard deviation near 0 can be off by 1 %.
_OPTIMISERS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "bfgs": {"gtol": 1e-8, "maxiter": 500},
        "nm": {"xtol": 1e-9, "ftol": 1e-11, "maxiter": 300},
        "powell": {"xtol": 1e-9, "ftol": 1e-12, "maxiter": 500},
        "lbfgs": {"pgtol": 1e-9, "factr": 10, "maxiter": 500},
    }
)
# A variance ratio below 1e-5 counts as 0, since optimisers stop just short of the boundary.
_SINGULAR = 1e-5
_EXACT = 1e-10
_FAILURES = (np.linalg.LinAlgError, ValueError, FloatingPointError, ZeroDivisionError)


@dataclass(frozen=True)
class Attempt:
    """The result of one optimiser.

    Attributes:
        optimiser: Its name.
        deviance: -2 restricted log-likelihood; None if it failed.
        converged: Whether it reported convergence.
    """

    optimiser: str
    deviance: float | None
    converged: bool


@dataclass(frozen=True)
class Pair:
    """Two answers at consecutive prompts of one local day.

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
        fixed: Fixed effects with normal intervals; empty exactly if there is a `reason`.
        sd_intercept, sd_slope: Between-person standard deviations, in the units of the coefficients.
        correlation: Between-person correlation of intercept and slope, -1 to 1; None if one does not vary.
        sigma: Residual standard deviation, in scale points.
        deviance: -2 restricted log-likelihood.
        optimiser: The one that reached it.
        people, rows: Number used.
        attempts: The result of each optimiser.
        reason: Why there is no fit.
        caution: `singular_fit` if a variance is 0 or the correlation -1 or 1: the fixed effects may be
            valid, but the data cannot show how much people differ.
    """

    fixed: tuple[Coefficient, ...]
    sd_intercept: float | None
    sd_slope: float | None
    correlation: float | None
    sigma: float | None
    deviance: float | None
    optimiser: str | None
    people: int
    rows: int
    attempts: tuple[Attempt, ...] = ()
    reason: Reason | None = None
    caution: Reason | None = None

    def effect(self, name: str) -> Coefficient | None:
        """The fixed effect of that name, or None."""
        return next((found for found in self.fixed if found.name == name), None)


@dataclass(frozen=True)
class _Data:
    y: Array
    x: Array
    z: Array
    clusters: Sequence[npt.NDArray[np.intp]]


@dataclass(frozen=True)
class _Solution:
    optimiser: str
    deviance: float
    between: Array
    scale: float
    estimates: Array
    errors: Array


def phase_by_arm(
    rows: Sequence[Row], baseline: str, phase: str, reference: str, minimum: int = MIXED.minimum
) -> MixedFit:
    """The model y ~ phase * arm + (1 + phase | participant), REML (Laird & Ware 1982).

    Fixed effects are named `intercept`, `phase`, `arm ID` and `phase:arm ID`. Only people with answers in
    both phases count towards `minimum` in each arm; all rows of the two phases are fitted.

    Args:
        rows: Check-ins; those of other phases are ignored.
        baseline: The baseline phase.
        phase: The phase compared with it.
        reference: The arm that the others are compared with.
        minimum: How many people each arm needs.

    Raises:
        ValueError: If a value is not finite, or no row is from the reference arm.
    """
    used = sorted(
        (row for row in rows if row.phase in {baseline, phase}),
        key=lambda row: (row.participant, row.day, row.value),
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
    if min(sizes) < minimum:
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
    )


def inertia(pairs: Sequence[Pair], minimum: int = INERTIA.minimum) -> MixedFit:
    """The model y ~ lag + (1 + lag | participant), REML (Kuppens, Allen & Sheeber 2010).

    Fixed effects are named `intercept` and `lag`.

    Raises:
        ValueError: If a value is not finite.
    """
    if len(pairs) < max(minimum, 1):
        people = len({pair.participant for pair in pairs})
        return _without(people, len(pairs), Reason.TOO_FEW if pairs else Reason.NO_DATA)
    used = sorted(pairs, key=lambda pair: (pair.participant, pair.lag, pair.value))
    lag = np.asarray([pair.lag for pair in used], float)
    return fit(
        [pair.value for pair in used],
        {"intercept": np.ones(len(used)), "lag": lag},
        lag,
        [pair.participant for pair in used],
    )


def fit(
    outcome: Sequence[float], fixed: Mapping[str, Array], slope: Array, participants: Sequence[str]
) -> MixedFit:
    """Fit outcome ~ fixed + (1 + slope | participant) by REML with each optimiser and keep the best.

    A failed fit is returned with a `reason`, not raised.

    Args:
        outcome: One value per row, in scale points.
        fixed: Columns of the fixed effects, including the intercept.
        slope: The column with a random slope.
        participants: The participant of each row.

    Raises:
        ValueError: If a number is not finite.
    """
    y, x = np.asarray(outcome, float), np.column_stack(list(fixed.values()))
    finite(y.tolist(), x.ravel().tolist(), slope.tolist())
    clusters = cluster_rows(participants)
    people, rows = len(clusters), len(y)
    if least_squares(y, x) is None:
        return _without(people, rows, Reason.RANK_DEFICIENT)
    if people < 2 or rows <= x.shape[1] + 1:
        return _without(people, rows, Reason.TOO_FEW)
    z = np.column_stack([np.ones(rows), slope])
    if all(_exact(y[own], z[own]) for own in clusters):
        return _without(people, rows, Reason.ZERO_VARIANCE)
    model = MixedLM(y, x, groups=np.asarray(participants), exog_re=z)
    reached = [_optimise(model, _Data(y, x, z, clusters), name) for name in _OPTIMISERS]
    attempts = tuple(attempt for attempt, _ in reached)
    solved = [solution for _, solution in reached if solution is not None]
    if not solved:
        return _without(people, rows, Reason.NOT_CONVERGED, attempts)
    best = min(solved, key=lambda solution: solution.deviance)
    between = best.between
    spread = standard_errors(between)
    singular = float(np.linalg.eigvalsh(between / best.scale).min()) < _SINGULAR
    varies = bool((spread > 0).all())
    return MixedFit(
        fixed=tuple(
            coefficient(name, float(estimate), float(se), None)
            for name, estimate, se in zip(fixed, best.estimates, best.errors, strict=True)
        ),
        sd_intercept=float(spread[0]),
        sd_slope=float(spread[1]),
        correlation=float(np.clip(between[0, 1] / (spread[0] * spread[1]), -1, 1)) if varies else None,
        sigma=math.sqrt(best.scale),
        deviance=best.deviance,
        optimiser=best.optimiser,
        people=people,
        rows=rows,
        attempts=attempts,
        caution=Reason.SINGULAR_FIT if singular else None,
    )


def _exact(y: Array, z: Array) -> bool:
    """Whether a person's answers fit an intercept and slope exactly."""
    residuals = y - z @ np.linalg.lstsq(z, y)[0]
    return float(np.abs(residuals).max()) <= _EXACT * max(1.0, float(np.abs(y).max()))


def _optimise(model: Any, data: _Data, optimiser: str) -> tuple[Attempt, _Solution | None]:
    try:
        # Comparing the optimisers is more reliable than their warnings.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = model.fit(reml=True, method=[optimiser], **_OPTIMISERS[optimiser])
        solution = _solve(data, np.asarray(found.cov_re, float), float(found.scale), optimiser)
    except _FAILURES:
        return Attempt(optimiser, None, converged=False), None
    return Attempt(optimiser, solution.deviance, bool(found.converged)), solution


def _solve(data: _Data, between: Array, scale: float, optimiser: str) -> _Solution:
    """Fixed effects, their covariance (X'V^-1 X)^-1 and the deviance, given the variances.

    The deviance is not taken from statsmodels, which inverts the between-person covariance: as that becomes
    singular, its likelihood goes to infinity and the worst fit would look best. Its standard errors come
    from a Hessian and are a few tenths of a percent larger.

    Raises:
        LinAlgError: If a matrix is singular.
        ValueError: If the variances are not valid.
    """
    if not (scale > 0 and np.isfinite(between).all()):
        raise ValueError("the residual variance is not positive, or a variance is not finite")
    rows, columns = data.x.shape
    information, weighted = np.zeros((columns, columns)), np.zeros(columns)
    square = logarithms = 0.0
    for own in data.clusters:
        factor = np.linalg.cholesky(data.z[own] @ between @ data.z[own].T + scale * np.eye(len(own)))
        x, y = np.linalg.solve(factor, data.x[own]), np.linalg.solve(factor, data.y[own])
        information += x.T @ x
        weighted += x.T @ y
        square += float(y @ y)
        logarithms += 2 * float(np.log(np.diag(factor)).sum())
    covariance = np.asarray(np.linalg.inv(information), float)
    estimates = covariance @ weighted
    logarithms += float(np.linalg.slogdet(information)[1]) + (rows - columns) * math.log(2 * math.pi)
    deviance = logarithms + square - float(weighted @ estimates)
    if not math.isfinite(deviance):
        raise ValueError("the likelihood is not finite")
    return _Solution(optimiser, deviance, between, scale, estimates, standard_errors(covariance))


def _without(people: int, rows: int, reason: Reason, attempts: tuple[Attempt, ...] = ()) -> MixedFit:
    return MixedFit((), None, None, None, None, None, None, people, rows, attempts, reason)
