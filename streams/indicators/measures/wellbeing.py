"""The well-being composite: positive and negative affect on one scale from 0 to 100."""

import math
from collections.abc import Iterator, Sequence
from functools import partial

from schemas.base import Measure
from schemas.events import IndicatorValue, Undefined
from streams.indicators.entry import Indicator
from streams.indicators.result import Result, undefined
from streams.indicators.whole_record import Row, WholeRecord
from streams.indicators.window import Windowed
from streams.records.item_roles import Range

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
    edge_cases="Undefined: `not_asked` if the study measures no positive or no negative affect, "
    "`part_missing` if no check-in has both.",
    interpretation="100 is the highest positive and the lowest negative affect. The two are not "
    "opposites, so look at each as well.",
    rolling=True,
    by_checkin=True,
)


def composite(
    affects: Sequence[tuple[float, float]], positive: Range, negative: Range, minimum: int
) -> Result:
    """Mean over check-ins of 50 (PA - L) / (U - L) + 50 (U - NA) / (U - L); 100 is best.

    Args:
        affects: Positive and negative affect of each check-in that has both.
        positive: Lowest and highest value of the positive affect scale.
        negative: The same for negative affect.
        minimum: Number of check-ins below which it is undefined.
    """
    if len(affects) < max(minimum, 1):
        return undefined(len(affects), Undefined.TOO_FEW)
    (low_p, high_p), (low_n, high_n) = positive, negative
    scores = (
        50 * (pa - low_p) / (high_p - low_p) + 50 * (high_n - na) / (high_n - low_n) for pa, na in affects
    )
    return Result(math.fsum(scores) / len(affects), len(affects))


_PARTS = Measure.POSITIVE_AFFECT, Measure.NEGATIVE_AFFECT


def _composite(record: Windowed | WholeRecord, minimum: int) -> Result:
    positive, negative = (record.range_of(measure) for measure in _PARTS)
    return composite(record.both(*_PARTS), positive, negative, minimum)


def live(window: Windowed) -> Iterator[IndicatorValue]:
    """The composite of a window."""
    yield window.value(WELLBEING, partial(_composite, window), *_PARTS)


def over_record(record: WholeRecord) -> Iterator[Row]:
    """The family over a whole record."""
    yield record.row(WELLBEING, partial(_composite, record), *_PARTS)
