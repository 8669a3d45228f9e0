"""The well-being composite: positive and negative affect on one scale from 0 to 100."""

import math
from collections.abc import Sequence

from schemas.events import Undefined
from streams.indicators.entry import Family, Indicator
from streams.indicators.result import Result, undefined
from streams.records.item_roles import Range

WELLBEING = Indicator(
    id="wellbeing_mean",
    title="Well-being composite",
    family=Family.WELLBEING,
    formula="50 (PA − L)/(U − L) + 50 (U − NA)/(U − L), mean over check-ins",
    unit="0–100",
    range="0 to 100",
    source="this project",
    minimum=5,
    minimum_day=1,
    counted="check-ins with both parts",
    edge_cases="Undefined (`part_missing`) where a study has no positive or no negative affect.",
    interpretation="100: positive affect only. The two parts are not opposites: look at each as well.",
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
