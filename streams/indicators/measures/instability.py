"""Instability from one prompt to the next (von Neumann 1941; Jahng, Wood & Trull 2008).

A *pair* is two consecutive prompts of one study day, both answered; in a schedule that asks once a day, the
prompts of two consecutive study days. No pair spans a missed prompt or, where days have several prompts, a
night, except in the two variants of MSSD that are included for comparison with published values.
"""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

from schemas.events import IndicatorValue, Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import sums
from streams.indicators.result import Found, Result, undefined
from streams.indicators.window import Windowed
from streams.records.full_record import Series
from streams.records.item_roles import Layout

Pairs = Sequence[tuple[float, float]]
"""Answers at the first and the second prompt of each pair."""

FAMILY = "Instability"
_PAC_CUT = 3.0
_ASD_EXPONENT = 1.0

N_PAIRS = Indicator(
    id="n_pairs",
    title="Number of pairs",
    family=FAMILY,
    formula="prompts b and b + 1 of one study day, both answered; with one prompt a day, those of two "
    "consecutive study days",
    unit="pairs",
    range="0 or more",
    source="this project, after Bringmann et al. 2013",
    minimum=0,
    minimum_day=0,
    counted="pairs",
    edge_cases="0 is a real value.",
    interpretation="The number of pairs behind instability and inertia.",
    per_scale=True,
)
MSSD = Indicator(
    id="mssd",
    title="Mean square of successive differences",
    family=FAMILY,
    formula="Σ(x₍b+1₎ − x₍b₎)² / pairs",
    unit="scale points squared",
    range="0 to (U − L)²",
    source="von Neumann 1941; Jahng, Wood & Trull 2008",
    minimum=10,
    minimum_day=10,
    counted="pairs",
    edge_cases="0 if no answer changes from one prompt to the next.",
    interpretation="Large if answers jump from prompt to prompt.",
    per_scale=True,
)
RMSSD = Indicator(
    id="rmssd",
    title="Instability (RMSSD)",
    family=FAMILY,
    formula="√(Σ(x₍b+1₎ − x₍b₎)² / pairs)",
    unit="scale points",
    range="0 to U − L",
    source="von Neumann 1941; Jahng, Wood & Trull 2008",
    minimum=10,
    minimum_day=10,
    counted="pairs",
    edge_cases="0 if no answer changes from one prompt to the next.",
    interpretation="The root of MSSD, in scale points, so that it can share an axis with the SD.",
    per_scale=True,
    rolling=True,
)
MSSD_PADDED = Indicator(
    id="mssd_psych_padded",
    title="MSSD as in the R package psych",
    family=FAMILY,
    formula="Σ(x₍p+1₎ − x₍p₎)² over neighbouring prompts, nights included, both answered, / (n − 1)",
    unit="scale points squared",
    range="0 to (U − L)²",
    source="von Neumann 1941, as in psych::mssd on a series with gaps",
    minimum=10,
    minimum_day=10,
    edge_cases="The divisor counts all answers, although gaps remove terms from the sum.",
    interpretation="For comparison with published values (Wendt et al. 2020); use `mssd` otherwise.",
    per_scale=True,
    research_only=True,
)
MSSD_ALL = Indicator(
    id="mssd_all_answers",
    title="MSSD over all answers",
    family=FAMILY,
    formula="Σ(x₍i+1₎ − x₍i₎)² / (n − 1) over consecutive answers",
    unit="scale points squared",
    range="0 to (U − L)²",
    source="von Neumann 1941",
    minimum=10,
    minimum_day=10,
    edge_cases="Spans nights and missed prompts.",
    interpretation="For comparison with published values; use `mssd` otherwise.",
    per_scale=True,
    research_only=True,
)
ASD = Indicator(
    id="py_asd_mean_lambda1",
    title="Time-adjusted successive difference",
    family=FAMILY,
    formula="mean of |Δx| / (Δt / median Δt)^λ over consecutive answers of one study day (with one "
    "prompt a day: of two consecutive study days), λ = 1",
    unit="scale points per usual interval",
    range="0 or more",
    source="Jahng, Wood & Trull 2008",
    minimum=10,
    minimum_day=10,
    counted="pairs",
    edge_cases="λ = 0 gives the plain mean difference. Missed prompts within a day are skipped, nights "
    "are not. "
    "A study should fix λ and the median in advance; here, the median is the participant's own.",
    interpretation="Change per usual interval, so that people who were prompted at different intervals "
    "can be compared.",
    per_scale=True,
)
PAC = Indicator(
    id="pac_ge3",
    title="Probability of acute change",
    family=FAMILY,
    formula="pairs with |Δx| ≥ 3 / pairs",
    unit="share",
    range="0 to 1",
    source="Jahng, Wood & Trull 2008",
    minimum=10,
    minimum_day=10,
    counted="pairs",
    edge_cases="The cut-off of 3 points is meant for a scale from 0 to 10 and must be the same throughout "
    "a study.",
    interpretation="How often mood jumps, whether up or down.",
    per_scale=True,
)


def mssd(pairs: Pairs, n: int, minimum: int) -> Result:
    """Mean square of successive differences, in scale points squared.

    Args:
        pairs: Answers at the two prompts of each pair.
        n: Number of answers in the window.
        minimum: Number of pairs below which it is undefined.
    """
    if len(pairs) < max(minimum, 1):
        return undefined(n, Undefined.TOO_FEW_PAIRS, len(pairs))
    return Result(math.fsum((after - before) ** 2 for before, after in pairs) / len(pairs), n, len(pairs))


def rmssd(pairs: Pairs, n: int, minimum: int) -> Result:
    """Root of `mssd`, in scale points; the same arguments."""
    square = mssd(pairs, n, minimum)
    return square if square.value is None else Result(math.sqrt(square.value), n, square.n_pairs)


def mssd_padded(placed: Sequence[float | None], minimum: int) -> Result:
    """MSSD as `psych::mssd` computes it, in scale points squared.

    Args:
        placed: The answer at each prompt in scheduled order, None where it was missed.
        minimum: Number of answers below which it is undefined.
    """
    n = sum(score is not None for score in placed)
    if n < max(minimum, 2):
        return undefined(n, Undefined.TOO_FEW)
    steps = [(b - a) ** 2 for a, b in pairwise(placed) if a is not None and b is not None]
    return Result(math.fsum(steps) / (n - 1), n, len(steps))


def mssd_all(scores: Sequence[float], minimum: int) -> Result:
    """MSSD over consecutive answers whatever lies between them, in scale points squared."""
    n = len(scores)
    if n < max(minimum, 2):
        return undefined(n, Undefined.TOO_FEW)
    return Result(math.fsum((b - a) ** 2 for a, b in pairwise(scores)) / (n - 1), n, n - 1)


def asd(steps: Sequence[tuple[float, float]], n: int, exponent: float, minimum: int) -> Result:
    """Mean absolute change per usual interval, in scale points (Jahng, Wood & Trull 2008).

    Args:
        steps: Change and the time that it took (any unit, above 0), between consecutive answers.
        n: Number of answers.
        exponent: How strongly time counts (λ): 0 not at all, 1 in proportion.
        minimum: Number of steps below which it is undefined.
    """
    if len(steps) < max(minimum, 1):
        return undefined(n, Undefined.TOO_FEW_PAIRS, len(steps))
    usual = sums.median([time for _, time in steps])
    adjusted = [abs(change) / (time / usual) ** exponent for change, time in steps]
    return Result(sums.mean(adjusted), n, len(steps))


def pac(pairs: Pairs, n: int, cut: float, minimum: int) -> Result:
    """Share of pairs that differ by `cut` scale points or more, 0 to 1 (Jahng, Wood & Trull 2008)."""
    if len(pairs) < max(minimum, 1):
        return undefined(n, Undefined.TOO_FEW_PAIRS, len(pairs))
    return Result(sum(abs(b - a) >= cut for a, b in pairs) / len(pairs), n, len(pairs))


def live(window: Windowed) -> Iterator[IndicatorValue]:
    """RMSSD of each scale in a window."""
    for measure in window.scales:
        n = len(window.scores(measure))
        yield window.value(RMSSD, partial(rmssd, window.pairs(measure), n), measure)


def over_record(series: Series, layout: Layout) -> Found:
    """The family over a whole record."""
    scores, pairs = series.scores(layout.main), series.pairs_of(layout.main)
    n = len(scores)
    yield N_PAIRS.id, Result(float(len(pairs)), n, len(pairs))
    yield MSSD.id, mssd(pairs, n, MSSD.minimum_whole)
    yield RMSSD.id, rmssd(pairs, n, RMSSD.minimum_whole)
    padded = mssd_padded(series.placed(layout.main), MSSD_PADDED.minimum_whole)
    yield MSSD_PADDED.id, padded
    yield MSSD_ALL.id, mssd_all(scores, MSSD_ALL.minimum_whole)
    steps = series.steps_of(layout.main)
    yield ASD.id, asd(steps, n, _ASD_EXPONENT, ASD.minimum_whole)
    yield PAC.id, pac(pairs, n, _PAC_CUT, PAC.minimum_whole)
