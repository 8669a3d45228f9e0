"""The well-being composite: positive and negative affect on one scale from 0 to 100."""

import math
from collections.abc import Iterator, Sequence
from functools import partial

from schemas.base import Measure
from schemas.events import IndicatorValue, Undefined
from streams.indicators.entry import Indicator
from streams.indicators.result import Found, Result, undefined
from streams.indicators.window import Windowed
from streams.records.full_record import Series
from streams.records.item_roles import Layout, Range
from streams.records.scores import score

FAMILY = "Well-being"

WELLBEING = Indicator(
    id="wellbeing_mean",
    title="Well-being composite",
    family=FAMILY,
    formula="50 (PA − L)/(U − L) + 50 (U − NA)/(U − L), mean over check-ins",
    unit="0–100",
    range="0 to 100",
    source="this project",
    minimum=5,
    minimum_day=1,
    counted="check-ins with both parts",
    edge_cases="Undefined (`part_missing`) if the study measures no positive or no negative affect.",
    interpretation="100 is the highest positive and the lowest negative affect. The two are not "
    "opposites, so look at each as well.",
    rolling=True,
)


def composite(
    affects: Sequence[tuple[float, float]], positive: Range | None, negative: Range | None, minimum: int
) -> Result:
    """Mean over check-ins of 50 (PA - L) / (U - L) + 50 (U - NA) / (U - L); 100 is best.

    Args:
        affects: Positive and negative affect of each check-in that has both.
        positive: Lowest and highest value of the positive affect scale; None if the study has none.
        negative: The same for negative affect.
        minimum: Number of check-ins below which it is undefined.
    """
    if positive is None or negative is None:
        return undefined(len(affects), Undefined.PART_MISSING)
    if len(affects) < minimum:
        return undefined(len(affects), Undefined.TOO_FEW)
    (low_p, high_p), (low_n, high_n) = positive, negative
    scores = (
        50 * (pa - low_p) / (high_p - low_p) + 50 * (high_n - na) / (high_n - low_n) for pa, na in affects
    )
    return Result(math.fsum(scores) / len(affects), len(affects))


def live(window: Windowed) -> Iterator[IndicatorValue]:
    """The composite of a window."""
    positive, negative = Measure.POSITIVE_AFFECT, Measure.NEGATIVE_AFFECT
    ranges = window.range_of(positive), window.range_of(negative)
    compute = partial(composite, window.both(positive, negative), *ranges)
    yield window.value(WELLBEING, compute, positive, negative)


def over_record(series: Series, layout: Layout) -> Found:
    """The family over a whole record."""
    if not layout.positive or not layout.negative:
        yield WELLBEING.id, composite([], None, None, WELLBEING.minimum_whole)
        return
    affects = [
        (positive, negative)
        for prompt in series.having(*layout.positive, *layout.negative)
        if (positive := score(prompt.answers, layout.positive)) is not None
        and (negative := score(prompt.answers, layout.negative)) is not None
    ]
    ranges = layout.ranges[layout.positive[0]], layout.ranges[layout.negative[0]]
    yield WELLBEING.id, composite(affects, *ranges, WELLBEING.minimum_whole)
