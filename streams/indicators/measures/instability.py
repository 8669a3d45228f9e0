"""Instability from one prompt to the next (von Neumann 1941; Jahng, Wood & Trull 2008).

A *pair* is two consecutive prompts of one study day, both answered; in a schedule that asks once a day, the
prompts of two consecutive study days. No pair spans a missed prompt or, where days have several prompts, a
night, except in the two variants of MSSD that are included for comparison with published values.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from operator import neg, pos

from schemas.events import IndicatorValue, Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import sums
from streams.indicators.result import Result, undefined
from streams.indicators.whole_record import Row, WholeRecord
from streams.indicators.window import Windowed

Pairs = Sequence[tuple[float, float]]
"""Answers at the first and the second prompt of each pair."""

FAMILY = "Instability"
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
    id="pac_ge30pct",
    title="Probability of acute change",
    family=FAMILY,
    formula="pairs with |Δx| ≥ c / pairs, c = 0.3 (U − L)",
    unit="share",
    range="0 to 1",
    source="Jahng, Wood & Trull 2008; the cut is this project's",
    minimum=10,
    minimum_day=10,
    counted="pairs",
    edge_cases="0 is a real value. The cut is 30 % of the scale: 3 points on a scale from 0 to 10.",
    interpretation="How often answers jump, whether up or down.",
    per_scale=True,
)
PAC_RISE = replace(
    PAC,
    id="pac_rise30pct",
    title="Probability of an acute rise",
    formula="pairs with Δx ≥ c / pairs, c = 0.3 (U − L)",
    interpretation="How often answers jump up.",
)
PAC_DROP = replace(
    PAC,
    id="pac_drop30pct",
    title="Probability of an acute drop",
    formula="pairs with Δx ≤ −c / pairs, c = 0.3 (U − L)",
    interpretation="How often answers jump down.",
)
PAC_P90 = replace(
    PAC,
    id="pac_ge_p90",
    title="Probability of acute change, by the study's own cut",
    formula="pairs with |Δx| ≥ c / pairs, c = the study's 90th percentile of |Δx|",
    source="Jahng, Wood & Trull 2008",
    edge_cases="0 is a real value. Only for measures whose cut the study's definition states under "
    "`acute_change`, in scale points, so that it is the same for everybody and does not move as answers "
    "arrive.",
)
PAC_RISE_P90 = replace(
    PAC_P90,
    id="pac_rise_p90",
    title="Probability of an acute rise, by the study's own cut",
    formula="pairs with Δx ≥ c / pairs, c = the study's 90th percentile of |Δx|",
    interpretation=PAC_RISE.interpretation,
)
PAC_DROP_P90 = replace(
    PAC_P90,
    id="pac_drop_p90",
    title="Probability of an acute drop, by the study's own cut",
    formula="pairs with Δx ≤ −c / pairs, c = the study's 90th percentile of |Δx|",
    interpretation=PAC_DROP.interpretation,
)

_PAC_SHARE = 0.3
_OF_SCALE = ((PAC, abs), (PAC_RISE, pos), (PAC_DROP, neg))
_OF_STUDY = ((PAC_P90, abs), (PAC_RISE_P90, pos), (PAC_DROP_P90, neg))
"""Entries, each with what its cut is compared with: a change, its size, or its opposite."""

_SLACK = 1e-9
"""Share of the cut by which rounding may leave a change just below it; a mean of items is rarely exact."""


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


def pac(pairs: Pairs, n: int, cut: float, size: Callable[[float], float], minimum: int) -> Result:
    """Share of pairs with an acute change, 0 to 1 (Jahng, Wood & Trull 2008).

    Args:
        pairs: Answers at two consecutive prompts.
        n: Number of answers.
        cut: The size from which a change is acute, in scale points, above 0.
        size: What is compared with it: `abs` of a change, the change itself, or its opposite for a drop.
        minimum: Number of pairs below which it is undefined.
    """
    if len(pairs) < max(minimum, 1):
        return undefined(n, Undefined.TOO_FEW_PAIRS, len(pairs))
    acute = sum(size(after - before) >= cut * (1 - _SLACK) for before, after in pairs)
    return Result(acute / len(pairs), n, len(pairs))


def live(window: Windowed) -> Iterator[IndicatorValue]:
    """RMSSD of each scale in a window."""
    for measure in window.scales:
        n = len(window.scores(measure))
        yield window.value(RMSSD, partial(rmssd, window.pairs(measure), n), measure)


def over_record(record: WholeRecord) -> Iterator[Row]:
    """The family over a whole record, scale by scale."""
    for scale in record.scales:
        scores, pairs = record.scores(scale), record.pairs(scale)
        n = len(scores)
        yield record.row(N_PAIRS, Result(float(len(pairs)), n, len(pairs)), scale)
        yield record.row(MSSD, partial(mssd, pairs, n), scale)
        yield record.row(RMSSD, partial(rmssd, pairs, n), scale)
        placed = record.placed(scale)
        yield record.row(MSSD_PADDED, partial(mssd_padded, placed), scale)
        answers = [score for score in placed if score is not None]
        yield record.row(MSSD_ALL, partial(mssd_all, answers), scale)
        yield record.row(ASD, partial(asd, record.steps(scale), n, _ASD_EXPONENT), scale)
        low, high = record.range_of(scale)
        for entry, size in _OF_SCALE:
            yield record.row(entry, partial(pac, pairs, n, _PAC_SHARE * (high - low), size), scale)
        frozen = record.layout.scales[scale].acute_change
        if frozen is not None:
            for entry, size in _OF_STUDY:
                yield record.row(entry, partial(pac, pairs, n, frozen, size), scale)
