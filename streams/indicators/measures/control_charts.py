"""Control charts of day means against a person's own baseline: z, EWMA, CUSUM, Shewhart.

Day means are charted rather than single answers, because they cope better with gaps, skew and
autocorrelation (Schat et al. 2021). A day without a mean does not advance the charts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from schemas.events import Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import sums
from streams.indicators.result import Result, undefined

FAMILY = "Control charts"

DAYS = Indicator(
    id="spc/days",
    title="Study days on the chart",
    family=FAMILY,
    formula="study days with 2 or more answers",
    unit="study day",
    range="1 or more",
    source="this project",
    minimum=2,
    minimum_day=2,
    counted="answers on the day",
    edge_cases="The part after the slash numbers the chart's points, from 0.",
    interpretation="The study day of each of the chart's points.",
    per_scale=True,
)
DAY_MEAN = replace(
    DAYS,
    id="spc/day_mean",
    title="Day mean",
    formula="mean of the day's answers",
    unit="scale points",
    range="lowest to highest of the scale",
    interpretation="The values that are charted.",
)
CENTRE = Indicator(
    id="spc/center",
    title="Centre of the baseline",
    family=FAMILY,
    formula="μ = mean of the day means of phase A",
    unit="scale points",
    range="lowest to highest of the scale",
    source="Shewhart 1931",
    minimum=14,
    minimum_day=14,
    minimum_file=5,
    counted="baseline days",
    edge_cases="Undefined (`no_baseline`) with too few days in phase A. For a full record, looked at in "
    "retrospect, 5 days are enough; a live display needs 14 or better 28, since a short baseline raises "
    "false alarms.",
    interpretation="The participant's own usual level, before any intervention.",
    per_scale=True,
)
BASE_SD = replace(
    CENTRE,
    id="spc/sd0",
    title="Spread of the baseline",
    formula="s = SD of the day means of phase A",
    range="0 or more",
    interpretation="The participant's usual variation from day to day.",
)
Z = replace(
    CENTRE,
    id="spc/z",
    title="Baseline z",
    formula="u = (day mean − μ) / s; Shewhart's chart signals at |u| > 3",
    unit="baseline SDs",
    range="any",
    source="Shewhart 1931; Schat et al. 2021",
    edge_cases=CENTRE.edge_cases + " Undefined (`zero_variance`) where s is 0.",
    interpretation="How unusual a day is for this participant. A chart signals by chance alone once in "
    "370 days on average.",
)
Z_LAST = Indicator(
    id="py_z_last",
    title="Baseline z of the last answer",
    family=FAMILY,
    formula="(last answer − mean of the answers of phase A) / their SD",
    unit="baseline SDs",
    range="any",
    source="this project",
    minimum=7,
    minimum_day=7,
    counted="baseline answers",
    edge_cases="Undefined: `no_baseline` with too few answers in phase A, `zero_variance` where they are all "
    "the same.",
    interpretation="How unusual the newest answer is for this participant. A single answer says little.",
    per_scale=True,
)
EWMA = replace(
    CENTRE,
    id="spc/ewma",
    title="EWMA",
    formula="z₍t₎ = λ x₍t₎ + (1 − λ) z₍t−1₎, z₍0₎ = μ, λ = 0.2, x = day mean",
    source="Roberts 1959; Smit & Snippe 2022",
    interpretation="A smoothed level that shows small, lasting shifts. Without any real change it crosses "
    "its limits once in 371 days on average; with 300 people that is a false alarm nearly every day.",
)
LOWER = replace(
    EWMA,
    id="spc/lcl",
    title="EWMA, lower limit",
    formula="μ − L s √(λ/(2 − λ) · (1 − (1 − λ)^(2t))), L = 2.86",
    range="any",
    edge_cases=Z.edge_cases,
    interpretation="Below it, the level has fallen.",
)
UPPER = replace(
    LOWER,
    id="spc/ucl",
    title="EWMA, upper limit",
    formula="μ + L s √(λ/(2 − λ) · (1 − (1 − λ)^(2t))), L = 2.86",
    interpretation="Above it, the level has risen.",
)
CUSUM_POS = replace(
    Z,
    id="spc/cusum_pos",
    title="CUSUM, upwards",
    formula="C⁺ = max(0, C⁺ + u − k), k = 0.5; signals above 5",
    range="0 or more",
    source="Page 1954",
    interpretation="Rises when successive days lie above the baseline.",
)
CUSUM_NEG = replace(
    CUSUM_POS,
    id="spc/cusum_neg",
    title="CUSUM, downwards",
    formula="C⁻ = min(0, C⁻ + u + k), k = 0.5; signals below −5",
    range="0 or less",
    interpretation="Falls when successive days lie below the baseline.",
)
EWMA_SIGNALS = replace(
    Z,
    id="spc/ewma_signals",
    title="Days outside the EWMA limits",
    formula="days after the baseline with EWMA < lower or > upper limit",
    unit="days",
    range="0 or more",
    source=EWMA.source,
    interpretation="For staff who know the participant; never an alarm in itself.",
)
CUSUM_SIGNALS = replace(
    EWMA_SIGNALS,
    id="spc/cusum_signals",
    title="Days outside the CUSUM limits",
    formula="days after the baseline with C⁺ > 5 or C⁻ < −5",
    source=CUSUM_POS.source,
)
SHEWHART_SIGNALS = replace(
    EWMA_SIGNALS,
    id="spc/shewhart_signals",
    title="Days outside the Shewhart limits",
    formula="days after the baseline with |u| > 3",
    source="Shewhart 1931",
)

SMOOTHING = 0.2
EWMA_WIDTH = 2.86
ALLOWANCE = 0.5
CUSUM_BOUND = 5.0
SHEWHART_BOUND = 3.0


@dataclass(frozen=True)
class Chart:
    """A participant's charts; every tuple has an entry for each day that has a mean."""

    centre: Result
    sd: Result
    z: tuple[Result, ...]
    ewma: tuple[Result, ...]
    lower: tuple[Result, ...]
    upper: tuple[Result, ...]
    cusum_pos: tuple[Result, ...]
    cusum_neg: tuple[Result, ...]


def z_of(score: float, baseline: Sequence[float], minimum: int) -> Result:
    """How many SDs of the baseline's answers an answer lies above their mean.

    Args:
        score: The answer.
        baseline: Answers of the baseline.
        minimum: Number of baseline answers below which it is undefined.
    """
    n = len(baseline)
    if n < max(minimum, 2):
        return Result(None, n, None, Undefined.NO_BASELINE)
    sd = sums.sd(baseline)
    return Result((score - sums.mean(baseline)) / sd, n) if sd else undefined(n, Undefined.ZERO_VARIANCE)


def chart(day_means: Sequence[float], baseline: Sequence[float], minimum: int) -> Chart:
    """The charts of a participant's days.

    Args:
        day_means: The means of all days that have one, in order, including the baseline.
        baseline: The day means of the baseline, from which centre and spread are computed.
        minimum: Number of baseline days below which everything is undefined.
    """
    n, days = len(baseline), len(day_means)
    if n < max(minimum, 2):
        why = Result(None, n, None, Undefined.NO_BASELINE)
        none = (why,) * days
        return Chart(why, why, none, none, none, none, none, none)
    centre, sd = sums.mean(baseline), sums.sd(baseline)
    smooth = _results(ewma(day_means, centre), n)
    if not sd:
        none = (undefined(n, Undefined.ZERO_VARIANCE),) * days
        return Chart(Result(centre, n), Result(sd, n), none, smooth, none, none, none, none)
    z = [(mean - centre) / sd for mean in day_means]
    reach = [ewma_reach(sd, day) for day in range(1, days + 1)]
    high, low = cusum(z)
    return Chart(
        centre=Result(centre, n),
        sd=Result(sd, n),
        z=_results(z, n),
        ewma=smooth,
        lower=_results([centre - one for one in reach], n),
        upper=_results([centre + one for one in reach], n),
        cusum_pos=_results(high, n),
        cusum_neg=_results(low, n),
    )


def _results(values: Sequence[float], n: int) -> tuple[Result, ...]:
    return tuple(Result(value, n) for value in values)


def ewma(day_means: Sequence[float], centre: float) -> list[float]:
    """The exponentially weighted moving average of each day, in scale points (Roberts 1959)."""
    smooth, level = [], centre
    for mean in day_means:
        level = SMOOTHING * mean + (1 - SMOOTHING) * level
        smooth.append(level)
    return smooth


def ewma_reach(sd: float, day: int) -> float:
    """Distance of the exact EWMA limits from the centre on a day (1 is the first), in scale points."""
    return EWMA_WIDTH * sd * math.sqrt(SMOOTHING / (2 - SMOOTHING) * (1 - (1 - SMOOTHING) ** (2 * day)))


def cusum(z: Sequence[float]) -> tuple[list[float], list[float]]:
    """Cumulative sums of each day upwards (0 or more) and downwards (0 or less), in SDs (Page 1954)."""
    high, low, up, down = [], [], 0.0, 0.0
    for u in z:
        up, down = max(0.0, up + u - ALLOWANCE), min(0.0, down + u + ALLOWANCE)
        high.append(up)
        low.append(down)
    return high, low


@dataclass(frozen=True)
class Signals:
    """For each chart, the number of days after the baseline that lie outside its limits."""

    ewma: Result
    cusum: Result
    shewhart: Result


def signals(drawn: Chart, after: Sequence[bool]) -> Signals:
    """How many days after the baseline lie outside each chart's limits.

    Args:
        drawn: The charts.
        after: For each of its days, whether it comes after the baseline.
    """
    refused = next((one for one in (drawn.centre, *drawn.z) if one.value is None), None)
    if refused:
        return Signals(refused, refused, refused)
    bounded = zip(_values(drawn.lower), _values(drawn.ewma), _values(drawn.upper), strict=True)
    sums_of_days = zip(_values(drawn.cusum_neg), _values(drawn.cusum_pos), strict=True)
    return Signals(
        _count([not low <= level <= high for low, level, high in bounded], after),
        _count([low < -CUSUM_BOUND or high > CUSUM_BOUND for low, high in sums_of_days], after),
        _count([abs(u) > SHEWHART_BOUND for u in _values(drawn.z)], after),
    )


def beyond(drawn: Chart, place: int) -> dict[str, float]:
    """The charts that are outside their limits on a day, with their values; undefined ones are left out."""
    z, level = drawn.z[place].value, drawn.ewma[place].value
    low, high = drawn.lower[place].value, drawn.upper[place].value
    down, up = drawn.cusum_neg[place].value, drawn.cusum_pos[place].value
    found: dict[str, float] = {}
    if level is not None and low is not None and high is not None and not low <= level <= high:
        found["ewma"] = level
    if down is not None and up is not None and (down < -CUSUM_BOUND or up > CUSUM_BOUND):
        found["cusum"] = up if up > CUSUM_BOUND else down
    if z is not None and abs(z) > SHEWHART_BOUND:
        found["shewhart"] = z
    return found


def _values(results: Sequence[Result]) -> list[float]:
    return [one.value for one in results if one.value is not None]


def _count(beyond: Sequence[bool], after: Sequence[bool]) -> Result:
    counted = sum(signal and later for signal, later in zip(beyond, after, strict=True))
    return Result(float(counted), sum(after))
