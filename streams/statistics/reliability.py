"""Reliability of a composite: between people and of changes within people, from single items.

Two families of coefficients, both for check-ins at which every item was answered. Generalizability theory
takes the items as exchangeable and splits their variance by person, time and item (Cranford et al. 2006;
Shrout & Lane 2012). Omega lets each item have its own loading, on one factor within and one between people
(Geldhof, Preacher & Zyphur 2014).
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from streams.statistics.catalogue import OMEGA, RELIABILITY
from streams.statistics.factor import omega, spearman_brown
from streams.statistics.linear import Array
from streams.statistics.result import Reason, finite
from streams.statistics.variance_components import Components, variance_components

MIN_ITEMS = 2
_FOR_OMEGA = 3


class Coefficient(StrEnum):
    """What a reliability is of.

    The names of the first six are those of psych's `mlr`. `rkf`: a person's average over all items and
    check-ins, times fixed. `r1r`: a person's score at one check-in, times random. `rkr`: a person's
    average, times random. `rc`: change from time to time, times fixed. `rkrn`: a person's average, times
    nested in people. `rcn`: a person's deviations from their average, times nested in people,
    where differences between the items' means count as error.

    `omega_within`, `omega_between`: share of the composite's variance within or between people that one
    factor explains. `spearman_brown_within`, `spearman_brown_between`: the same for two items, for which a
    factor is not identified.
    """

    RKF = "rkf"
    R1R = "r1r"
    RKR = "rkr"
    RC = "rc"
    RKRN = "rkrn"
    RCN = "rcn"
    OMEGA_WITHIN = "omega_within"
    OMEGA_BETWEEN = "omega_between"
    SPEARMAN_BROWN_WITHIN = "spearman_brown_within"
    SPEARMAN_BROWN_BETWEEN = "spearman_brown_between"


CROSSED = frozenset({Coefficient.RKF, Coefficient.R1R, Coefficient.RKR, Coefficient.RC})
"""The coefficients for which the times of different people must correspond, as prompts of a schedule do."""


@dataclass(frozen=True)
class CheckIn:
    """A check-in at which every item of the composite was answered.

    Attributes:
        participant: Whose check-in it is.
        time: The prompt that it answers, such as (study day, beep), which other people have, too; None for
            one on the person's own initiative, which corresponds to no time of others.
        answers: One for each item, always in the same order, in scale points; all in the same direction.
    """

    participant: str
    time: Hashable
    answers: tuple[float, ...]


@dataclass(frozen=True)
class Reliability:
    """A coefficient.

    Attributes:
        coefficient: Which one.
        value: 0 to 1, or None with a `reason`.
        items: How many the composite has.
        people, checkins: How many were used.
        reason: Why there is no value: `too_few_items`, `no_data`, `too_few` people or check-ins,
            `zero_variance`, or `negative_variance`, if the data contradict the model: the true variance, or
            what is left of an item without the factor, would be negative.
    """

    coefficient: Coefficient
    value: float | None
    items: int
    people: int
    checkins: int
    reason: Reason | None = None


def reliability(checkins: Sequence[CheckIn], items: int) -> tuple[Reliability, ...]:
    """Every coefficient that is defined for that number of items.

    Variance components are estimated by REML, as by lme and lmer in R, with which missed prompts are no
    difficulty; for balanced data and positive components, REML is the analysis of variance. Averages are
    over the harmonic mean of people's numbers of check-ins. Those of `CROSSED` are from check-ins that
    answer a prompt.

    Args:
        checkins: In any order; only people with at least two are used.
        items: How many items the composite has.

    Raises:
        ValueError: If an answer is not finite, or a check-in has another number of answers.
    """
    finite(*(one.answers for one in checkins))
    if any(len(one.answers) != items for one in checkins):
        raise ValueError("each check-in needs an answer to every item")
    usable = _Data.of(checkins)
    at_times = _Data.of([one for one in checkins if one.time is not None])
    return (*_crossed(at_times, items), *_nested(usable, items), *_factors(usable, items))


@dataclass(frozen=True)
class _Data:
    """Check-ins by items, of people with at least two: codes of people and times, and answers."""

    people: npt.NDArray[np.intp]
    times: npt.NDArray[np.intp]
    answers: Array

    @classmethod
    def of(cls, checkins: Sequence[CheckIn]) -> "_Data":
        counted: dict[str, int] = {}
        for one in checkins:
            counted[one.participant] = counted.get(one.participant, 0) + 1
        kept = [one for one in checkins if counted[one.participant] > 1]
        # The order in which rows arrive must not change a sum's last digit.
        kept.sort(key=lambda one: (one.participant, str(one.time), one.answers))
        answers = np.asarray([one.answers for one in kept], float)
        return cls(_codes([one.participant for one in kept]), _codes([one.time for one in kept]), answers)

    @property
    def size(self) -> tuple[int, int]:
        """Number of people and of check-ins."""
        return int(self.people.max(initial=-1)) + 1, len(self.people)

    @property
    def per_person(self) -> float:
        """Harmonic mean of the number of check-ins."""
        counts = np.bincount(self.people)
        return float(len(counts) / (1 / counts).sum())

    def lacking(self, items: int, people: int) -> Reason | None:
        """Why nothing can be estimated."""
        if items < MIN_ITEMS:
            return Reason.TOO_FEW_ITEMS
        if not len(self.people):
            return Reason.NO_DATA
        if self.size[0] < people:
            return Reason.TOO_FEW
        return Reason.ZERO_VARIANCE if (self.answers == self.answers[0]).all() else None


def _codes(names: Sequence[Hashable]) -> npt.NDArray[np.intp]:
    places: dict[Hashable, int] = {}
    return np.asarray([places.setdefault(name, len(places)) for name in names], np.intp)


def _crossed(data: _Data, items: int) -> Iterator[Reliability]:
    """Person x time x item, all random but the items' means (psych's formulae, after Shrout & Lane 2012)."""
    reason = data.lacking(items, RELIABILITY.minimum)
    if reason is None and len(set(data.times.tolist())) < 2:
        reason = Reason.TOO_FEW
    if reason is not None:
        yield from _none(_CROSSED_IN_ORDER, data, items, reason)
        return
    mean, apart = _composite(data, data.times), _between_items(data)
    error, times = apart.rest / items, data.per_person
    person, time = mean.person, max(mean.time - apart.time / items, 0.0)
    found = (
        (Coefficient.RKF, person, person + error / times),
        (Coefficient.R1R, person, person + time + mean.rest),
        (Coefficient.RKR, person, person + (time + mean.rest) / times),
        (Coefficient.RC, mean.rest - error, mean.rest),
    )
    for coefficient, true, total in found:
        yield _share(coefficient, true, total, data, items)


_CROSSED_IN_ORDER = tuple(one for one in Coefficient if one in CROSSED)


def _nested(data: _Data, items: int) -> Iterator[Reliability]:
    """Person, check-ins within person, items within check-in (psych's formulae)."""
    if reason := data.lacking(items, RELIABILITY.minimum):
        yield from _none((Coefficient.RKRN, Coefficient.RCN), data, items, reason)
        return
    mean = _composite(data, None)
    deviations = data.answers - data.answers.mean(axis=1, keepdims=True)
    error = float((deviations**2).sum()) / (len(deviations) * (items - 1)) / items
    # What the items' disagreement is divided by: the same in both, since a check-in's mean has error / items.
    yield _share(Coefficient.RKRN, mean.person, mean.person + mean.rest / data.per_person, data, items)
    yield _share(Coefficient.RCN, mean.rest - error, mean.rest, data, items)


def _composite(data: _Data, times: npt.NDArray[np.intp] | None) -> Components:
    """Components of the items' mean: person + person x item / k; time + time x item / k; the rest."""
    return variance_components(data.answers.mean(axis=1, keepdims=True), data.people, times)


def _between_items(data: _Data) -> Components:
    """Components of differences between items: person x item; time x item; residual."""
    items = data.answers.shape[1]
    contrasts = np.linalg.qr(np.column_stack([np.ones(items), np.eye(items)[:, 1:]]))[0][:, 1:]
    return variance_components(data.answers @ contrasts, data.people, data.times)


def _share(coefficient: Coefficient, true: float, total: float, data: _Data, items: int) -> Reliability:
    people, checkins = data.size
    if total <= 0:
        return Reliability(coefficient, None, items, people, checkins, Reason.ZERO_VARIANCE)
    if true < 0:
        return Reliability(coefficient, None, items, people, checkins, Reason.NEGATIVE_VARIANCE)
    return Reliability(coefficient, true / total, items, people, checkins)


def _factors(data: _Data, items: int) -> Iterator[Reliability]:
    """Omega of Muthén's pooled covariance within people, and of his estimate of that between people."""
    pair = (
        (Coefficient.OMEGA_WITHIN, Coefficient.OMEGA_BETWEEN)
        if items >= _FOR_OMEGA or items < MIN_ITEMS
        else (Coefficient.SPEARMAN_BROWN_WITHIN, Coefficient.SPEARMAN_BROWN_BETWEEN)
    )
    if reason := data.lacking(items, OMEGA.minimum):
        yield from _none(pair, data, items, reason)
        return
    people, checkins = data.size
    for coefficient, covariance in zip(pair, _covariances(data), strict=True):
        found = omega(covariance) if items >= _FOR_OMEGA else spearman_brown(covariance)
        value, why = (None, found) if isinstance(found, Reason) else (found, None)
        yield Reliability(coefficient, value, items, people, checkins, why)


def _covariances(data: _Data) -> tuple[Array, Array]:
    """Within people, S_PW; and between them, (S_B - S_PW) / c (Muthén 1994)."""
    people, checkins = data.size
    counts = np.bincount(data.people).astype(float)
    sums = np.zeros((people, data.answers.shape[1]))
    np.add.at(sums, data.people, data.answers)
    means = sums / counts[:, None]
    inside = data.answers - means[data.people]
    within = inside.T @ inside / (checkins - people)
    away = means - data.answers.mean(axis=0)
    between = (away * counts[:, None]).T @ away / (people - 1)
    size = (checkins**2 - float((counts**2).sum())) / (checkins * (people - 1))
    return within, (between - within) / size


def _none(
    coefficients: Sequence[Coefficient], data: _Data, items: int, reason: Reason
) -> Iterator[Reliability]:
    people, checkins = data.size
    for coefficient in coefficients:
        yield Reliability(coefficient, None, items, people, checkins, reason)
