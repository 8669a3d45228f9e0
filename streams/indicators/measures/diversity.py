"""Diversity: Shannon entropy, Simpson's index, Bray-Curtis dissimilarity, and emodiversity."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from schemas.base import Measure
from schemas.events import Undefined
from streams.indicators.entry import Indicator
from streams.indicators.result import Result, undefined
from streams.indicators.whole_record import Row, WholeRecord

FAMILY = "Diversity of emotions"

EMODIVERSITY = Indicator(
    id="emodiversity",
    title="Emodiversity",
    family=FAMILY,
    formula="−Σ p ln p, p = an emotion's share of all Σ(x − L)",
    unit="nats",
    range="0 to ln k, k emotions",
    source="Quoidbach et al. 2014",
    minimum=10,
    minimum_day=10,
    edge_cases="Undefined (`no_emotion`) if every answer is the lowest value. 0 if only one emotion is felt.",
    interpretation="High if many emotions are felt about equally. Neither good nor bad in itself.",
    research_only=True,
    by_checkin=True,
)


def shannon(amounts: Sequence[float]) -> float:
    """Shannon entropy in nats, 0 (all in one kind) to ln k; amounts are 0 or more, not all 0."""
    total = math.fsum(amounts)
    shares = [amount / total for amount in amounts if amount]
    return abs(math.fsum(share * math.log(share) for share in shares))


def simpson(amounts: Sequence[float]) -> float:
    """Simpson's index 1 - Σp², 0 (all in one kind) to 1 - 1/k (Simpson 1949); amounts not all 0."""
    total = math.fsum(amounts)
    return 1 - math.fsum((amount / total) ** 2 for amount in amounts)


def bray_curtis(one: Mapping[str, float], other: Mapping[str, float]) -> float | None:
    """Dissimilarity Σ|a - b| / Σ(a + b), 0 (alike) to 1 (nothing shared); None where both are empty."""
    kinds = sorted(one.keys() | other.keys())
    total = math.fsum(one.get(kind, 0) + other.get(kind, 0) for kind in kinds)
    if not total:
        return None
    return math.fsum(abs(one.get(kind, 0) - other.get(kind, 0)) for kind in kinds) / total


def emodiversity(checkins: Sequence[Sequence[float]], low: float, minimum: int) -> Result:
    """Shannon entropy of summed emotions, in nats (Quoidbach et al. 2014).

    Args:
        checkins: For each check-in the rating of each emotion, always in the same order.
        low: Lowest value of their scale, which counts as not felt.
        minimum: Number of check-ins below which it is undefined.
    """
    n = len(checkins)
    if n < max(minimum, 1):
        return undefined(n, Undefined.TOO_FEW)
    felt = [math.fsum(rating - low for rating in ratings) for ratings in zip(*checkins, strict=True)]
    return Result(shannon(felt), n) if any(felt) else undefined(n, Undefined.NO_EMOTION)


def over_record(record: WholeRecord) -> Iterator[Row]:
    """The family over a whole record."""
    asked = [scale for scale in (Measure.POSITIVE_AFFECT, Measure.NEGATIVE_AFFECT) if record.asks(scale)]
    everything = record.complete(*asked)
    low = next((record.range_of(scale)[0] for scale in asked), 0.0)
    about = asked or (Measure.POSITIVE_AFFECT,)
    yield record.row(EMODIVERSITY, partial(emodiversity, everything, low), *about)
