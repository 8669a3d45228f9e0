"""Inertia: how strongly an answer carries over to the next prompt (Kuppens, Allen & Sheeber 2010)."""

import math
from collections.abc import Sequence

from schemas.events import Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import sums
from streams.indicators.result import Found, Result, undefined
from streams.records.full_record import Series
from streams.records.item_roles import Layout

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


def correlation(pairs: Sequence[tuple[float, float]], n: int, minimum: int) -> Result:
    """Correlation of the two answers of a pair, -1 to 1; the arguments of `slope`."""
    if len(pairs) < max(minimum, 2):
        return undefined(n, Undefined.TOO_FEW_PAIRS, len(pairs))
    before, after = sums.squares([a for a, _ in pairs]), sums.squares([b for _, b in pairs])
    if not before or not after:
        return undefined(n, Undefined.ZERO_VARIANCE, len(pairs))
    r = sums.products(pairs) / math.sqrt(before * after)
    return Result(max(-1.0, min(1.0, r)), n, len(pairs))


def over_record(series: Series, layout: Layout) -> Found:
    """The family over a whole record."""
    pairs, n = series.pairs_of(layout.main), len(series.scores(layout.main))
    yield AR1_SLOPE.id, slope(pairs, n, AR1_SLOPE.minimum_whole)
    yield AR1_R.id, correlation(pairs, n, AR1_R.minimum_whole)
