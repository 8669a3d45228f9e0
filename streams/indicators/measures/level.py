"""Level and spread of one scale. Sums are exact, so the order of the answers does not matter."""

import math
from collections.abc import Iterator, Sequence
from functools import partial

from schemas.events import IndicatorValue, Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import sums
from streams.indicators.result import Result, undefined
from streams.indicators.whole_record import Row, WholeRecord
from streams.indicators.window import Windowed

FAMILY = "Level and spread"

N = Indicator(
    id="n",
    title="Number of answers",
    family=FAMILY,
    formula="n",
    unit="answers",
    range="0 or more",
    source="this project",
    minimum=0,
    minimum_day=0,
    edge_cases="0 is a real value.",
    interpretation="The number of answers behind the other values.",
    per_scale=True,
    by_checkin=True,
)
MEAN = Indicator(
    id="mean",
    title="Mean",
    family=FAMILY,
    formula="Σx / n",
    unit="scale points",
    range="lowest to highest of the scale",
    source="textbook",
    minimum=5,
    minimum_day=1,
    edge_cases="Missed prompts are left out, not filled in.",
    interpretation="The usual level. Mean and SD carry most of the information (Dejonckheere et al. 2019).",
    per_scale=True,
    rolling=True,
    by_checkin=True,
)
SD = Indicator(
    id="sd",
    title="Standard deviation",
    family=FAMILY,
    formula="√(Σ(x − x̄)² / (n − 1))",
    unit="scale points",
    range="0 to (U − L)/√2 at n = 2, towards (U − L)/2",
    source="textbook",
    minimum=7,
    minimum_day=3,
    edge_cases="0 if all answers are the same: a real value, but it may mean careless answering.",
    interpretation="How far answers lie from the usual level. Near the ends of the scale it depends on "
    "the mean.",
    per_scale=True,
    rolling=True,
    by_checkin=True,
)
REL_SD = Indicator(
    id="rel_sd",
    title="Relative standard deviation",
    family=FAMILY,
    formula="SD / √Vmax, where n_max = ⌊n(x̄ − L)/(U − L)⌋, n_min = n − 1 − n_max, "
    "m = n·x̄ − n_min·L − n_max·U, "
    "Vmax = (n_min(L − x̄)² + n_max(U − x̄)² + (m − x̄)²)/(n − 1)",
    unit="share of the largest SD possible at that mean",
    range="0 to 1",
    source="Mestdagh et al. 2018",
    minimum=10,
    minimum_day=10,
    edge_cases="Undefined (`at_bound`) if the mean is the lowest or highest value of the scale.",
    interpretation="Spread corrected for the mean, so that people at different levels can be compared.",
    per_scale=True,
    by_checkin=True,
)

_FLOOR_SLACK = 1e-9
"""Corrects a count that rounding leaves just below a whole number (Mestdagh et al. 2018 floor it)."""


def mean(scores: Sequence[float], minimum: int) -> Result:
    """Arithmetic mean, in scale points; undefined below `minimum` answers."""
    n = len(scores)
    if n < max(minimum, 1):
        return undefined(n, Undefined.TOO_FEW)
    return Result(sums.mean(scores), n)


def sd(scores: Sequence[float], minimum: int) -> Result:
    """Sample standard deviation (n - 1), in scale points; 0 if all answers are the same."""
    n = len(scores)
    if n < max(minimum, 2):
        return undefined(n, Undefined.TOO_FEW)
    return Result(sums.sd(scores), n)


def rel_sd(scores: Sequence[float], low: float, high: float, minimum: int) -> Result:
    """SD as a share of the largest SD that the scale allows at this mean, 0 to 1 (Mestdagh et al. 2018).

    Args:
        scores: Answers between `low` and `high`.
        low: Lowest value of the scale.
        high: Highest value of the scale.
        minimum: Number of answers below which it is undefined.
    """
    n = len(scores)
    if n < max(minimum, 2):
        return undefined(n, Undefined.TOO_FEW)
    centre = sums.mean(scores)
    if centre <= low or centre >= high:
        return undefined(n, Undefined.AT_BOUND)
    at_high = math.floor(n * (centre - low) / (high - low) + _FLOOR_SLACK)
    at_low = n - 1 - at_high
    between = math.fsum(scores) - at_low * low - at_high * high
    squares = at_low * (low - centre) ** 2 + at_high * (high - centre) ** 2 + (between - centre) ** 2
    return Result(sums.sd(scores) / math.sqrt(squares / (n - 1)), n)


def live(window: Windowed) -> Iterator[IndicatorValue]:
    """Mean and SD of each scale in a window."""
    for measure in window.scales:
        scores = window.scores(measure)
        yield window.value(MEAN, partial(mean, scores), measure)
        yield window.value(SD, partial(sd, scores), measure)


def over_record(record: WholeRecord) -> Iterator[Row]:
    """The family over a whole record, scale by scale."""
    for scale in record.scales:
        scores = record.scores(scale)
        low, high = record.range_of(scale)
        yield record.row(N, Result(float(len(scores)), len(scores)), scale)
        yield record.row(MEAN, partial(mean, scores), scale)
        yield record.row(SD, partial(sd, scores), scale)
        yield record.row(REL_SD, partial(rel_sd, scores, low, high), scale)
