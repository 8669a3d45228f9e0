"""Coping: number, diversity and switching of strategies, and self-rated efficacy under stress."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from schemas.base import Measure
from schemas.events import IndicatorValue, Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import diversity, sums
from streams.indicators.result import Result, undefined
from streams.indicators.whole_record import Row, WholeRecord
from streams.indicators.window import Windowed

Uses = Sequence[str]
"""The id of a strategy, once for each time that it was endorsed."""

FAMILY = "Coping"

COUNTS = Indicator(
    id="coping_counts",
    title="Uses of each strategy",
    family=FAMILY,
    formula="check-ins that endorse the strategy",
    unit="uses",
    range="0 to n",
    source="this project",
    minimum=1,
    minimum_day=1,
    counted="check-ins",
    edge_cases="0 is a real value. The part after the slash is the strategy.",
    interpretation="The mix of strategies. No strategy is better in every situation.",
    by_checkin=True,
)
VARIETY = Indicator(
    id="coping_variety",
    title="Coping variety",
    family=FAMILY,
    formula="number of strategies used at least once",
    unit="strategies",
    range="1 to k strategies",
    source="this project, after Carver 1997 (Brief COPE has no total)",
    minimum=10,
    minimum_day=10,
    counted="uses",
    edge_cases="Undefined (`no_coping`) if no strategy was used.",
    interpretation="The breadth of the repertoire; it grows with the number of check-ins.",
    rolling=True,
    by_checkin=True,
)
SHANNON = Indicator(
    id="coping_shannon",
    title="Coping diversity (entropy)",
    family=FAMILY,
    formula="−Σ p ln p, p = a strategy's share of all uses",
    unit="nats",
    range="0 to ln k, k strategies",
    source="Shannon 1948; after Quoidbach et al. 2014",
    minimum=10,
    minimum_day=10,
    counted="uses",
    edge_cases="0 is a real value: always the same strategy. Undefined (`no_coping`) if none was used.",
    interpretation="High if several strategies are used about equally often.",
    rolling=True,
    by_checkin=True,
)
SIMPSON = Indicator(
    id="coping_simpson",
    title="Coping diversity (Simpson)",
    family=FAMILY,
    formula="1 − Σp²",
    unit="probability",
    range="0 to 1 − 1/k, k strategies",
    source="Simpson 1949",
    minimum=10,
    minimum_day=10,
    counted="uses",
    edge_cases="0 is a real value: always the same strategy. Undefined (`no_coping`) if none was used.",
    interpretation="The probability that two uses drawn at random are of different strategies.",
    by_checkin=True,
)
EVENNESS = Indicator(
    id="coping_evenness",
    title="Coping evenness",
    family=FAMILY,
    formula="−Σ p ln p / ln k, k strategies offered",
    unit="share of the largest entropy",
    range="0 to 1",
    source="Pielou 1966",
    minimum=10,
    minimum_day=10,
    counted="uses",
    edge_cases="Undefined: `no_coping` if none was used, `not_asked` if fewer than two are offered.",
    interpretation="Entropy that can be compared between studies that offer different numbers of strategies.",
    by_checkin=True,
)
BRAY_CURTIS = Indicator(
    id="coping_bray_curtis",
    title="Switching between strategies",
    family=FAMILY,
    formula="mean over pairs of Σ|a − b| / Σ(a + b)",
    unit="dissimilarity",
    range="0 to 1",
    source="Bray & Curtis 1957",
    minimum=10,
    minimum_day=10,
    counted="pairs",
    edge_cases="Pairs with no strategy at either prompt are skipped.",
    interpretation="1 if no strategy of one prompt is used at the next. The evidence that it "
    "predicts later affect is recent.",
)
WITHIN_SD = Indicator(
    id="coping_within_sd",
    title="Variability within strategies",
    family=FAMILY,
    formula="mean over strategies of the SD of use (0 or 1) over check-ins",
    unit="share",
    range="0 to 0.5, for many check-ins",
    source="after Blanke et al. 2020",
    minimum=10,
    minimum_day=10,
    counted="check-ins",
    edge_cases="0 if every strategy is always or never used.",
    interpretation="How much each strategy's use changes over time.",
    research_only=True,
    by_checkin=True,
)
BETWEEN_SD = Indicator(
    id="coping_between_sd",
    title="Variability between strategies",
    family=FAMILY,
    formula="mean over check-ins of the SD of use (0 or 1) over strategies",
    unit="share",
    range="0 to 0.5, for many strategies",
    source="after Blanke et al. 2020",
    minimum=10,
    minimum_day=10,
    counted="check-ins",
    edge_cases="A check-in without any strategy counts as 0. Undefined (`not_asked`) with fewer than "
    "two offered.",
    interpretation="How much some strategies are preferred to others at a given moment.",
    research_only=True,
    by_checkin=True,
)
EFFICACY = Indicator(
    id="coping_efficacy",
    title="Coping efficacy under stress",
    family=FAMILY,
    formula="mean of efficacy where stress ≥ middle of its scale",
    unit="scale points",
    range="lowest to highest of the scale",
    source="this project",
    minimum=5,
    minimum_day=5,
    counted="stressful check-ins",
    edge_cases="Undefined (`no_stress`) if no check-in was stressful, which is good news.",
    interpretation="How well participants say they coped at the check-ins when they were under stress.",
    rolling=True,
    by_checkin=True,
)


_UNDER_STRESS = Measure.STRESS, Measure.COPING_EFFICACY


def variety(uses: Uses, minimum: int) -> Result:
    """Number of strategies used at least once; undefined below `minimum` uses."""
    return _of_counts(uses, minimum, lambda counts: float(len(counts)))


def shannon(uses: Uses, minimum: int) -> Result:
    """Shannon entropy of the strategies used, in nats: 0 (always one) to ln k (Quoidbach et al. 2014)."""
    return _of_counts(uses, minimum, diversity.shannon)


def simpson(uses: Uses, minimum: int) -> Result:
    """Simpson's index of the strategies used, 0 (always one) to 1 - 1/k (Simpson 1949)."""
    return _of_counts(uses, minimum, diversity.simpson)


def evenness(uses: Uses, offered: int, minimum: int) -> Result:
    """Entropy as a share of ln k, 0 to 1 (Pielou 1966), for k strategies offered."""
    if offered < 2:
        return undefined(len(uses), Undefined.NOT_ASKED)
    return _of_counts(uses, minimum, lambda counts: diversity.shannon(counts) / math.log(offered))


def _of_counts(uses: Uses, minimum: int, compute: Callable[[Sequence[int]], float]) -> Result:
    n = len(uses)
    if not n:
        return Result(None, 0, None, Undefined.NO_COPING)
    if n < minimum:
        return undefined(n, Undefined.TOO_FEW)
    return Result(compute(sorted(Counter(uses).values())), n)


def switching(pairs: Sequence[tuple[Uses, Uses]], n: int, minimum: int) -> Result:
    """Mean Bray-Curtis dissimilarity of successive sets of strategies, 0 to 1.

    Args:
        pairs: Strategies at two consecutive prompts of one local day.
        n: Number of answers.
        minimum: Number of pairs with any strategy below which it is undefined.
    """
    steps = [diversity.bray_curtis(Counter(a), Counter(b)) for a, b in pairs]
    known = [step for step in steps if step is not None]
    if len(known) < max(minimum, 1):
        return undefined(n, Undefined.TOO_FEW_PAIRS, len(known))
    return Result(sums.mean(known), n, len(known))


def within_sd(checkins: Sequence[Uses], offered: Sequence[str], minimum: int) -> Result:
    """Mean over strategies of the SD of their use over check-ins (after Blanke et al. 2020)."""
    n = len(checkins)
    if not offered:
        return undefined(n, Undefined.NOT_ASKED)
    if n < max(minimum, 2):
        return undefined(n, Undefined.TOO_FEW)
    return Result(sums.mean([sums.sd([float(one in uses) for uses in checkins]) for one in offered]), n)


def between_sd(checkins: Sequence[Uses], offered: Sequence[str], minimum: int) -> Result:
    """Mean over check-ins of the SD of use over strategies (after Blanke et al. 2020)."""
    n = len(checkins)
    if len(offered) < 2:
        return undefined(n, Undefined.NOT_ASKED)
    if n < max(minimum, 1):
        return undefined(n, Undefined.TOO_FEW)
    return Result(sums.mean([sums.sd([float(one in uses) for one in offered]) for uses in checkins]), n)


def efficacy(handled: Sequence[tuple[float, float]], threshold: float, minimum: int) -> Result:
    """Mean of "how well did you handle it" over the stressful check-ins, in scale points.

    Args:
        handled: Stress and efficacy of each check-in that has both.
        threshold: Stress at or above which a check-in counts as stressful.
        minimum: Number of stressful check-ins below which it is undefined.
    """
    stressful = [answer for stress, answer in handled if stress >= threshold]
    n = len(stressful)
    if not n:
        return Result(None, 0, None, Undefined.NO_STRESS if handled else Undefined.NO_DATA)
    if n < minimum:
        return undefined(n, Undefined.TOO_FEW)
    return Result(sums.mean(stressful), n)


def _count(uses: Uses, strategy: str, checkins: int) -> Result:
    return Result(float(uses.count(strategy)), checkins) if checkins else undefined(0, Undefined.NO_DATA)


def _efficacy(record: Windowed | WholeRecord, minimum: int) -> Result:
    low, high = record.range_of(Measure.STRESS)
    return efficacy(record.both(*_UNDER_STRESS), (low + high) / 2, minimum)


def live(window: Windowed) -> Iterator[IndicatorValue]:
    """Variety, evenness and efficacy of coping in a window."""
    uses = window.strategies()
    yield window.value(VARIETY, partial(variety, uses), Measure.COPING_STRATEGY)
    yield window.value(SHANNON, partial(shannon, uses), Measure.COPING_STRATEGY)
    yield window.value(EFFICACY, partial(_efficacy, window), *_UNDER_STRESS)


def over_record(record: WholeRecord) -> Iterator[Row]:
    """The family over a whole record."""
    coping, offered = Measure.COPING_STRATEGY, record.layout.strategies
    sets = record.strategies()
    uses = [use for strategies in sets for use in strategies]
    for strategy in offered or ("",):
        yield record.row(COUNTS, _count(uses, strategy, len(sets)), coping, part=strategy)
    yield record.row(VARIETY, partial(variety, uses), coping)
    yield record.row(SHANNON, partial(shannon, uses), coping)
    yield record.row(SIMPSON, partial(simpson, uses), coping)
    yield record.row(EVENNESS, partial(evenness, uses, len(offered)), coping, parts=2)
    switched = partial(switching, record.strategy_pairs(), len(sets))
    yield record.row(BRAY_CURTIS, switched, coping)
    yield record.row(WITHIN_SD, partial(within_sd, sets, offered), coping)
    yield record.row(BETWEEN_SD, partial(between_sd, sets, offered), coping, parts=2)
    yield record.row(EFFICACY, partial(_efficacy, record), *_UNDER_STRESS)
