"""Micro-randomised trials (Boruvka et al. 2018), and regressions with errors clustered by participant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from streams.statistics.catalogue import CLUSTER_OLS, WCLS
from streams.statistics.linear import Array, Fitted, cluster_rows, least_squares, standard_errors
from streams.statistics.result import Coefficient, Reason, coefficient, finite


@dataclass(frozen=True)
class Decision:
    """A decision point of a micro-randomised trial.

    Attributes:
        participant: Whose decision point it is.
        available: Whether treatment could be given; points where it could not are excluded.
        probability: Of treatment, logged when drawn; above 0 and below 1 at an available point.
        treated: Whether treatment was drawn.
        controls: Values known before the draw, in the order of the controls' names.
        outcome: The proximal outcome.
    """

    participant: str
    available: bool
    probability: float
    treated: bool
    controls: tuple[float, ...]
    outcome: float


@dataclass(frozen=True)
class Clustered:
    """A regression with clustered errors.

    Attributes:
        coefficients: In the order of the design; empty exactly if there is a `reason`.
        people: Number of clusters.
        rows: Number of rows used.
        df: Degrees of freedom of the intervals.
        reason: Why there is no result.
    """

    coefficients: tuple[Coefficient, ...]
    people: int
    rows: int
    df: int
    reason: Reason | None = None


@dataclass(frozen=True)
class ProximalEffect:
    """The average proximal effect of a treatment.

    Attributes:
        effect: Outcome with minus without treatment, in units of the outcome; Mancl-DeRouen errors.
        controls: Intercept and controls, with the same errors.
        uncorrected: Standard errors without the small-sample correction: intercept, controls, effect.
        people, points: Number of participants and of available decision points used.
        df: Degrees of freedom: people minus coefficients.
        statistic: (effect / se)^2, F(1, df) under the null hypothesis.
        reason: Why there is no result.
    """

    effect: Coefficient | None
    controls: tuple[Coefficient, ...]
    uncorrected: tuple[float, ...]
    people: int
    points: int
    df: int
    statistic: float | None
    reason: Reason | None = None


def wcls(
    decisions: Sequence[Decision],
    controls: Sequence[str],
    reference: float = 0.5,
    minimum: int = WCLS.minimum,
) -> ProximalEffect:
    """Weighted and centred least squares (Boruvka et al. 2018) of the effect over all available points.

    Args:
        decisions: All decision points, in any order.
        controls: Names of the control variables.
        reference: The constant probability q used for weighting and centring, 0-1; it affects the
            precision, not the estimand.
        minimum: How many people are needed.

    Raises:
        ValueError: If a number is not finite, `reference` not between 0 and 1, or the controls do not match.
    """
    if not 0 < reference < 1:
        raise ValueError("the reference probability must be above 0 and below 1")
    used = [decision for decision in decisions if decision.available]
    finite(*((d.probability, d.outcome, *d.controls) for d in used))
    if any(len(d.controls) != len(controls) for d in used):
        raise ValueError("each decision needs a value for each control")
    clusters = cluster_rows([d.participant for d in used]) if used else []
    people, df = len(clusters), len(clusters) - len(controls) - 2
    if people < minimum or df < 1:
        return _no_effect(people, len(used), Reason.TOO_FEW if used else Reason.NO_DATA)
    if any(not 0 < d.probability < 1 for d in used):
        return _no_effect(people, len(used), Reason.NOT_RANDOMISED)
    y = np.asarray([d.outcome for d in used], float)
    p = np.asarray([d.probability for d in used], float)
    a = np.asarray([d.treated for d in used], float)
    weights = np.where(a == 1, reference / p, (1 - reference) / (1 - p))
    x = np.column_stack([np.ones(len(used)), *zip(*(d.controls for d in used), strict=True), a - reference])
    fitted = least_squares(y, x, weights)
    if fitted is None:
        return _no_effect(people, len(used), Reason.RANK_DEFICIENT)
    try:
        errors = standard_errors(_sandwich(fitted, x, weights, clusters, correct=True))
    except np.linalg.LinAlgError:  # a single person determines a coefficient
        return _no_effect(people, len(used), Reason.RANK_DEFICIENT)
    plain = standard_errors(_sandwich(fitted, x, weights, clusters, correct=False))
    found = [
        coefficient(name, float(estimate), float(se), df)
        for name, estimate, se in zip(
            ("intercept", *controls, "treated"), fitted.coefficients, errors, strict=True
        )
    ]
    effect = found[-1]
    statistic = (effect.estimate / effect.se) ** 2 if effect.se > 0 else None
    return ProximalEffect(
        effect, tuple(found[:-1]), tuple(map(float, plain)), people, len(used), df, statistic
    )


def cluster_ols(
    outcome: Sequence[float],
    columns: Mapping[str, Sequence[float]],
    participants: Sequence[str],
    minimum: int = CLUSTER_OLS.minimum,
) -> Clustered:
    """Least squares with an intercept and errors clustered by participant (Liang & Zeger 1986).

    The sandwich is multiplied by G/(G - 1) (N - 1)/(N - K) (Cameron & Miller 2015).

    Raises:
        ValueError: If lengths differ or a number is not finite.
    """
    finite(outcome, *columns.values())
    rows = len(outcome)
    if any(len(series) != rows for series in (participants, *columns.values())):
        raise ValueError("outcome, columns and participants must have the same length")
    clusters = cluster_rows(participants) if rows else []
    people = len(clusters)
    if people < max(minimum, 2):
        return Clustered((), people, rows, 0, Reason.TOO_FEW_CLUSTERS if rows else Reason.NO_DATA)
    x = np.column_stack([np.ones(rows), *(np.asarray(series, float) for series in columns.values())])
    fitted = least_squares(np.asarray(outcome, float), x)
    if fitted is None:
        return Clustered((), people, rows, 0, Reason.RANK_DEFICIENT)
    if rows <= x.shape[1]:
        return Clustered((), people, rows, 0, Reason.TOO_FEW)
    covariance = _sandwich(fitted, x, np.ones(rows), clusters, correct=False)
    factor = people / (people - 1) * (rows - 1) / (rows - x.shape[1])
    found = [
        coefficient(name, float(estimate), float(se), people - 1)
        for name, estimate, se in zip(
            ("intercept", *columns), fitted.coefficients, standard_errors(covariance * factor), strict=True
        )
    ]
    return Clustered(tuple(found), people, rows, people - 1)


def _no_effect(people: int, points: int, reason: Reason) -> ProximalEffect:
    return ProximalEffect(None, (), (), people, points, 0, None, reason)


def _sandwich(
    fitted: Fitted, x: Array, weights: Array, clusters: Sequence[np.ndarray], *, correct: bool
) -> Array:
    """Covariance from the clusters' scores; with `correct`, residuals are divided by 1 minus their leverage.

    The correction (Mancl & DeRouen 2001) undoes the pull of each cluster on the fit.
    """
    meat = np.zeros((x.shape[1], x.shape[1]))
    for rows in clusters:
        inside, residuals = x[rows], fitted.residuals[rows]
        weighted = inside * weights[rows, None]
        if correct:
            leverage = inside @ fitted.bread @ weighted.T
            residuals = np.linalg.solve(np.eye(len(rows)) - leverage, residuals)
        score = weighted.T @ residuals
        meat += np.outer(score, score)
    return np.asarray(fitted.bread @ meat @ fitted.bread)
