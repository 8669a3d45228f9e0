"""Emotion differentiation: intraclass correlations of same-valence items over check-ins.

Two-way analysis of variance, rows are check-ins, columns are items (Shrout & Fleiss 1979; McGraw & Wong
1996).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

from schemas.base import Measure
from schemas.events import Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import sums
from streams.indicators.result import Result, undefined
from streams.indicators.whole_record import Row, WholeRecord

Ratings = Sequence[Sequence[float]]
"""For each check-in with all items answered, the items of one valence, in a fixed order."""

FAMILY = "Emotion differentiation"

ICC31 = Indicator(
    id="na_icc31",
    title="Consistency of negative affect, one item",
    family=FAMILY,
    formula="(MSR − MSE) / (MSR + (k − 1) MSE)",
    unit="intraclass correlation ICC(3,1)",
    range="−1/(k − 1) to 1",
    source="Shrout & Fleiss 1979",
    minimum=10,
    minimum_day=10,
    counted="check-ins",
    edge_cases="Undefined: `zero_variance` where the sum of the items never changes, `part_missing` where "
    "no check-in has all items, `not_asked` with fewer than two items.",
    interpretation="How much negative emotions rise and fall together.",
    research_only=True,
    by_checkin=True,
)
ICC3K = replace(
    ICC31,
    id="na_icc3k",
    title="Consistency of negative affect, all items",
    formula="(MSR − MSE) / MSR",
    unit="intraclass correlation ICC(3,k) = ICC(C,k)",
    range="up to 1; below 0 without bound",
)
ICC21 = replace(
    ICC31,
    id="na_icc21",
    title="Agreement of negative affect, one item",
    formula="(MSR − MSE) / (MSR + (k − 1) MSE + k (MSC − MSE)/n)",
    unit="intraclass correlation ICC(2,1)",
    range="up to 1",
    interpretation="As ICC(3,1), but differences between the items' levels count against it.",
)
ICC2K = replace(
    ICC21,
    id="na_icc2k",
    title="Agreement of negative affect, all items",
    formula="(MSR − MSE) / (MSR + (MSC − MSE)/n)",
    unit="intraclass correlation ICC(2,k) = ICC(A,k)",
)
DIFFERENTIATION = replace(
    ICC31,
    id="na_differentiation",
    title="Differentiation of negative emotions",
    formula="1 − ICC(C,k)",
    unit="1 − intraclass correlation",
    range="0 to 1",
    source="Tugade, Fredrickson & Feldman Barrett 2004; Shrout & Fleiss 1979",
    edge_cases="Needs 3 items (or `not_asked`). Undefined: `negative_icc` where the ICC is below 0, "
    "`zero_variance` where the sum of the items never changes.",
    interpretation="High if the participant distinguishes negative emotions from each other rather than "
    "feeling them as one.",
)

AGREEMENT = replace(
    DIFFERENTIATION,
    id="na_differentiation_agreement",
    title="Differentiation of negative emotions, by agreement",
    formula="1 − ICC(A,k)",
    interpretation=DIFFERENTIATION.interpretation + " Unlike `na_differentiation`, it also counts lasting "
    "differences between the items' levels as telling them apart, so it is mostly higher.",
)


def _positive(entry: Indicator) -> Indicator:
    """The entry about positive affect."""
    return replace(
        entry,
        id=entry.id.replace("na_", "pa_"),
        title=entry.title.replace("negative", "positive"),
        interpretation=entry.interpretation.replace("negative", "positive").replace("na_", "pa_"),
    )


PA_ICC31, PA_ICC3K = _positive(ICC31), _positive(ICC3K)
PA_ICC21, PA_ICC2K = _positive(ICC21), _positive(ICC2K)
PA_DIFFERENTIATION, PA_AGREEMENT = _positive(DIFFERENTIATION), _positive(AGREEMENT)

_OF_VALENCE = {
    Measure.NEGATIVE_AFFECT: (ICC31, ICC3K, ICC21, ICC2K, DIFFERENTIATION, AGREEMENT),
    Measure.POSITIVE_AFFECT: (PA_ICC31, PA_ICC3K, PA_ICC21, PA_ICC2K, PA_DIFFERENTIATION, PA_AGREEMENT),
}
_MIN_ITEMS = 3


@dataclass(frozen=True)
class Anova:
    """Mean squares of a two-way table without replication.

    Attributes:
        n: Number of rows (check-ins).
        k: Number of columns (items).
        rows: Mean square between rows (MSR).
        columns: Mean square between columns (MSC).
        error: Residual mean square (MSE).
    """

    n: int
    k: int
    rows: float
    columns: float
    error: float


def anova(ratings: Ratings) -> Anova:
    """Mean squares of at least two rows of at least two columns."""
    n, k = len(ratings), len(ratings[0])
    row_sums = [math.fsum(row) for row in ratings]
    column_sums = [math.fsum(column) for column in zip(*ratings, strict=True)]
    grand = math.fsum(row_sums) / (n * k)
    residuals = (
        (rating - row_sums[i] / k - column_sums[j] / n + grand) ** 2
        for i, row in enumerate(ratings)
        for j, rating in enumerate(row)
    )
    return Anova(
        n=n,
        k=k,
        rows=sums.squares(row_sums) / k / (n - 1),
        columns=sums.squares(column_sums) / n / (k - 1),
        error=math.fsum(residuals) / ((n - 1) * (k - 1)),
    )


def icc(ratings: Ratings, minimum: int, *, agreement: bool, averaged: bool) -> Result:
    """An intraclass correlation, up to 1.

    Args:
        ratings: Complete answers.
        minimum: Number of check-ins below which it is undefined.
        agreement: Whether differences between items count as disagreement (model 2) or not (model 3).
        averaged: Whether it is for the mean of all items (k) or for a single one (1).
    """
    n = len(ratings)
    if n and len(ratings[0]) < 2:
        return undefined(n, Undefined.NOT_ASKED)
    if n < max(minimum, 2):
        return undefined(n, Undefined.TOO_FEW)
    table = anova(ratings)
    if not table.rows:
        return undefined(n, Undefined.ZERO_VARIANCE)
    items = 1 if averaged else table.k
    noise = (items - 1) * table.error
    if agreement:
        noise += items * (table.columns - table.error) / n
    return Result((table.rows - table.error) / (table.rows + noise), n)


def differentiation(ratings: Ratings, minimum: int, *, agreement: bool) -> Result:
    """1 - ICC(C,k) or, for agreement, 1 - ICC(A,k): 0 to 1; undefined where the ICC is negative."""
    if ratings and len(ratings[0]) < _MIN_ITEMS:
        return undefined(len(ratings), Undefined.NOT_ASKED)
    together = icc(ratings, minimum, agreement=agreement, averaged=True)
    if together.value is None:
        return together
    if together.value < 0:
        return undefined(together.n, Undefined.NEGATIVE_ICC)
    return Result(1 - together.value, together.n)


def over_record(record: WholeRecord) -> Iterator[Row]:
    """The family over a whole record, for negative and for positive affect."""
    for measure, entries in _OF_VALENCE.items():
        ratings = record.complete(measure) if record.asks(measure) else []
        *correlations, told_apart, agreed = entries
        for entry, (agreement, averaged) in zip(correlations, product((False, True), repeat=2), strict=True):
            compute = partial(icc, ratings, agreement=agreement, averaged=averaged)
            yield record.row(entry, compute, measure, parts=2)
        for entry, agreement in ((told_apart, False), (agreed, True)):
            compute = partial(differentiation, ratings, agreement=agreement)
            yield record.row(entry, compute, measure, parts=_MIN_ITEMS)
