"""Reliable and clinically significant change from before to after (Jacobson & Truax 1991)."""

import math

from schemas.events import Undefined
from streams.indicators.entry import Indicator
from streams.indicators.result import Result

FAMILY = "Reliable change"

RCI = Indicator(
    id="rci",
    title="Reliable change index",
    family=FAMILY,
    formula="(post − pre) / (SD √(2 (1 − r)))",
    unit="standard errors of a difference",
    range="any",
    source="Jacobson & Truax 1991",
    minimum=2,
    minimum_day=2,
    counted="scores, one before and one after",
    edge_cases="Undefined: `no_baseline` without a score before, `no_data` without one after, "
    "`zero_variance` where SD is 0 or r is 1. SD and r come from a publication that the study names.",
    interpretation="Beyond ±1.96 the change is larger than the questionnaire's error. It does not say why.",
)
CUT = Indicator(
    id="cut_c",
    title="Clinical cut c",
    family=FAMILY,
    formula="(s₀ M₁ + s₁ M₀) / (s₀ + s₁), 0 = without, 1 = with the condition",
    unit="scale points",
    range="between the two means",
    source="Jacobson & Truax 1991",
    minimum=0,
    minimum_day=0,
    edge_cases="Undefined (`zero_variance`) where both SDs are 0. Means and SDs come from a publication.",
    interpretation="Where a score becomes more likely among people without the condition than among those "
    "with it.",
)

RELIABLE = 1.96
"""A change beyond this, in either direction, is reliable at the 5 % level."""


def reliable_change(pre: float | None, post: float | None, sd: float, reliability: float) -> Result:
    """Change in standard errors of a difference.

    Args:
        pre: Score before; None if there is none.
        post: Score after; None if there is none.
        sd: Standard deviation of the norm group before, in scale points.
        reliability: Reliability of the scale, 0 to 1.

    Raises:
        ValueError: `sd` is negative, or `reliability` is not between 0 and 1.
    """
    if sd < 0 or not 0 <= reliability <= 1:
        raise ValueError("sd must be 0 or more, and reliability between 0 and 1")
    if pre is None or post is None:
        known = (pre is not None) + (post is not None)
        return Result(None, known, None, Undefined.NO_BASELINE if pre is None else Undefined.NO_DATA)
    error = error_of_difference(sd, reliability)
    if not error:
        return Result(None, 2, None, Undefined.ZERO_VARIANCE)
    return Result((post - pre) / error, 2)


def error_of_difference(sd: float, reliability: float) -> float:
    """Standard error of the difference between two scores, in scale points: SD √(2 (1 − r))."""
    return sd * math.sqrt(2 * (1 - reliability))


def is_reliable(index: Result) -> bool | None:
    """Whether a change is beyond ±1.96; None if the index is undefined."""
    return None if index.value is None else abs(index.value) > RELIABLE


def clinical_cut(mean_without: float, sd_without: float, mean_with: float, sd_with: float) -> Result:
    """The score halfway between two groups in units of their own spread (cut c), in scale points.

    Args:
        mean_without: Mean of people without the condition.
        sd_without: Their standard deviation.
        mean_with: Mean of people with the condition.
        sd_with: Their standard deviation.

    Raises:
        ValueError: A standard deviation is negative.
    """
    if sd_without < 0 or sd_with < 0:
        raise ValueError("a standard deviation must be 0 or more")
    if not sd_without + sd_with:
        return Result(None, 0, None, Undefined.ZERO_VARIANCE)
    return Result((sd_without * mean_with + sd_with * mean_without) / (sd_without + sd_with), 0)
