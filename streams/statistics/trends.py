"""Linear trends over the days of a study, with errors clustered by participant."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from streams.statistics.catalogue import TREND
from streams.statistics.randomised import cluster_ols
from streams.statistics.result import Interval, Reason

_DAY = "day"


@dataclass(frozen=True)
class Point:
    """An answer, or the score of a check-in.

    Attributes:
        participant: Pseudonym.
        day: Study day; the participant's first is 1.
        prompt: Number within the day of the prompt that it answers; None if it answers none.
        value: In scale points.
    """

    participant: str
    day: int
    prompt: int | None
    value: float


@dataclass(frozen=True)
class Trend:
    """A trend over study days.

    Attributes:
        slope: Scale points per day; None exactly if there is a `reason`.
        se: Its standard error, clustered by participant.
        interval: 95 % interval of the slope, Student's t with people - 1 degrees of freedom.
        standardised: The slope in standard deviations of the outcome per standard deviation of the day.
        p: Two-sided, 0-1.
        people: Number of participants with a value.
        n: Number of values.
        reason: Why there is no trend.
    """

    slope: float | None
    se: float | None
    interval: Interval | None
    standardised: float | None
    p: float | None
    people: int
    n: int
    reason: Reason | None = None


def trend(points: Sequence[Point], minimum: int = TREND.minimum) -> Trend:
    """The linear trend over study days, with the prompts of a day held apart.

    The slope is that of `value ~ day + prompt`, in which `prompt` has a level for each number within the day
    and one for check-ins that answer no prompt: where people answer more in the evening in the last days
    than in the first, a rhythm within the day would otherwise look like a trend.

    Args:
        points: All values, in any order.
        minimum: How many people are needed.

    Raises:
        ValueError: If a value is not finite.
    """
    people = len({point.participant for point in points})
    if not points or people < minimum:
        return _without(Reason.TOO_FEW_CLUSTERS if points else Reason.NO_DATA, people, len(points))
    values = [point.value for point in points]
    days = [float(point.day) for point in points]
    if min(values) == max(values):
        return _without(Reason.ZERO_VARIANCE, people, len(points))
    columns = {_DAY: days, **_levels(points)}
    found = cluster_ols(values, columns, [point.participant for point in points], minimum)
    if found.reason is not None:
        return _without(found.reason, people, len(points))
    slope = next(one for one in found.coefficients if one.name == _DAY)
    if slope.p is None:
        return _without(Reason.ZERO_VARIANCE, people, len(points))
    ratio = math.sqrt(_squares(days) / _squares(values))
    return Trend(
        slope.estimate, slope.se, slope.interval, slope.estimate * ratio, slope.p, people, len(points)
    )


def _levels(points: Sequence[Point]) -> dict[str, list[float]]:
    """A column of 0 and 1 for each level of the prompt but the first."""
    levels = sorted({point.prompt for point in points}, key=lambda one: (one is None, one or 0))
    return {f"prompt {level}": [float(point.prompt == level) for point in points] for level in levels[1:]}


def _squares(values: Sequence[float]) -> float:
    """The sum of squared deviations from the mean."""
    centre = math.fsum(values) / len(values)
    return math.fsum((value - centre) ** 2 for value in values)


def _without(reason: Reason, people: int, n: int) -> Trend:
    return Trend(None, None, None, None, None, people, n, reason)
