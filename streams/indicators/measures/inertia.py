"""Inertia: how strongly an answer carries over to the next prompt (Kuppens, Allen & Sheeber 2010)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from schemas.events import Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import sums
from streams.indicators.result import Result, undefined
from streams.indicators.whole_record import Row, WholeRecord

FAMILY = "Inertia"

AR1_SLOPE = Indicator(
    id="ar1_slope",
    title="Inertia (slope)",
    family=FAMILY,
    formula="least-squares slope of x₍b+1₎ on x₍b₎ over pairs",
    unit="scale points per scale point",
    range="any; mostly −1 to 1",
    source="Kuppens, Allen & Sheeber 2010",
    minimum=20,
    minimum_day=20,
    counted="pairs",
    edge_cases="Undefined (`zero_variance`) where the first answers of all pairs are the same.",
    interpretation="Near 1, moods persist. Its split-half reliability is poor (Wendt et al. 2020), so do not "
    "feed it back to individuals.",
    per_scale=True,
    research_only=True,
)
AR1_SLOPE_BIAS = replace(
    AR1_SLOPE,
    id="ar1_slope_bias",
    title="Small-sample bias of inertia (slope)",
    formula="−(1 + 3 φ) / n, φ = the slope, n = pairs",
    range="mostly −4/n to 2/n",
    source="Marriott & Pope 1954; Kendall 1954",
    edge_cases=AR1_SLOPE.edge_cases + " To first order, evaluated at the estimate, for prompts in one "
    "unbroken run.",
    interpretation="By how much the slope is too low on average, because the mean is estimated from the same "
    "answers (for panels: Nickell 1981). Slope minus bias corrects it. Where nights break the record into "
    "short runs, the true bias is smaller: half to four fifths of this with five prompts a day. People with "
    "different numbers of pairs differ by it even if their moods persist alike.",
)
AR1_R = Indicator(
    id="ar1_r",
    title="Inertia (correlation)",
    family=FAMILY,
    formula="Pearson correlation of x₍b₎ and x₍b+1₎ over pairs",
    unit="correlation",
    range="−1 to 1",
    source="Kuppens, Allen & Sheeber 2010",
    minimum=20,
    minimum_day=20,
    counted="pairs",
    edge_cases="Undefined (`zero_variance`) where the first or the second answers of all pairs are the same.",
    interpretation="Like the slope, but unaffected by a change of variance over the day.",
    per_scale=True,
    research_only=True,
)


def slope(pairs: Sequence[tuple[float, float]], n: int, minimum: int) -> Result:
    """Slope of the second answer of a pair on the first.

    Args:
        pairs: Answers at two consecutive prompts of one local day.
        n: Number of answers.
        minimum: Number of pairs below which it is undefined.
    """
    if len(pairs) < max(minimum, 2):
        return undefined(n, Undefined.TOO_FEW_PAIRS, len(pairs))
    lagged = sums.squares([before for before, _ in pairs])
    if not lagged:
        return undefined(n, Undefined.ZERO_VARIANCE, len(pairs))
    return Result(sums.products(pairs) / lagged, n, len(pairs))


def slope_bias(pairs: Sequence[tuple[float, float]], n: int, minimum: int) -> Result:
    """First-order bias of `slope`, -(1 + 3 φ) / pairs at φ = the slope; the arguments of `slope`.

    The mean is estimated from the same answers, which pulls the slope down (Marriott & Pope 1954; Kendall
    1954). The expansion is for one unbroken run of prompts.
    """
    found = slope(pairs, n, minimum)
    return found if found.value is None else replace(found, value=-(1 + 3 * found.value) / len(pairs))


def correlation(pairs: Sequence[tuple[float, float]], n: int, minimum: int) -> Result:
    """Correlation of the two answers of a pair, -1 to 1; the arguments of `slope`."""
    if len(pairs) < max(minimum, 2):
        return undefined(n, Undefined.TOO_FEW_PAIRS, len(pairs))
    before, after = sums.squares([a for a, _ in pairs]), sums.squares([b for _, b in pairs])
    if not before or not after:
        return undefined(n, Undefined.ZERO_VARIANCE, len(pairs))
    r = sums.products(pairs) / math.sqrt(before * after)
    return Result(max(-1.0, min(1.0, r)), n, len(pairs))


def over_record(record: WholeRecord) -> Iterator[Row]:
    """The family over a whole record, scale by scale."""
    for scale in record.scales:
        pairs, n = record.pairs(scale), len(record.scores(scale))
        yield record.row(AR1_SLOPE, partial(slope, pairs, n), scale)
        yield record.row(AR1_SLOPE_BIAS, partial(slope_bias, pairs, n), scale)
        yield record.row(AR1_R, partial(correlation, pairs, n), scale)
