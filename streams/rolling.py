"""All indicators of one participant over the windows `(t - w, t]` that end at one check-in."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import TypeVar

from schemas.events import IndicatorValue, Window
from schemas.study import Study
from schemas.words import Measure
from streams.history import Answered, Asked, History
from streams.indicators import compliance, coping, instability, level, wellbeing
from streams.indicators.entry import Indicator
from streams.indicators.registry import WINDOW_MS
from streams.indicators.result import Result

_Event = TypeVar("_Event", Asked, Answered)


def rolling(history: History, study: Study, end: int) -> tuple[IndicatorValue, ...]:
    """The indicators at `end` (milliseconds), shortest window first."""
    return tuple(value for window in Window for value in _window(history, study, window, end))


def known(history: History, end: int, length: int) -> int:
    """How many check-ins and prompts of a history fall in `(end - length, end]`."""
    start = end - length
    return len(_between(history.asked, start, end)) + len(_between(history.answered, start, end))


def _time(event: Asked | Answered) -> int:
    return event.at


def scales(study: Study) -> tuple[str, ...]:
    """The measures that the study asks on a scale, in the order of its items."""
    return tuple(dict.fromkeys(i.measures.value for i in study.items if i.scale and i.measures))


def _range(study: Study, measure: Measure) -> tuple[float, float] | None:
    items = study.items_of(measure)
    return (items[0].scale.min, items[0].scale.max) if items and items[0].scale else None


def _window(history: History, study: Study, window: Window, end: int) -> Iterator[IndicatorValue]:
    start = end - WINDOW_MS[window]
    answered = _between(history.answered, start, end)
    asked = _between(history.asked, start, end)

    def row(indicator: Indicator, compute: Callable[[int], Result], scale: str = "") -> IndicatorValue:
        result = compute(indicator.minimum_in(window))
        return IndicatorValue.model_construct(
            indicator=indicator.id, scale=scale, window=window, value=result.value, n=result.n,
            n_pairs=result.n_pairs, reason=result.reason,
        )  # fmt: skip

    placed = [(prompt, answer) for prompt in asked if (answer := _answer(history, prompt.id, end))]
    for scale in scales(study):
        scores = [checkin.scores[scale] for checkin in answered if scale in checkin.scores]
        pairs = [
            (a.scores[scale], b.scores[scale])
            for (p, a), (q, b) in pairwise(placed)
            if p.day == q.day and q.slot == p.slot + 1 and scale in a.scores and scale in b.scores
        ]
        yield row(level.MEAN, partial(level.mean, scores), scale)
        yield row(level.SD, partial(level.sd, scores), scale)
        yield row(instability.RMSSD, partial(instability.rmssd, pairs, len(scores)), scale)
    yield from _composites(study, answered, row)
    closed = sum(1 for p in asked if p.until <= end or _answer(history, p.id, end))
    yield row(compliance.COMPLIANCE, lambda _: compliance.compliance(len(placed), closed))


def _composites(
    study: Study, answered: Sequence[Answered], row: Callable[..., IndicatorValue]
) -> Iterator[IndicatorValue]:
    positive, negative = _range(study, Measure.POSITIVE_AFFECT), _range(study, Measure.NEGATIVE_AFFECT)
    affects = _both(answered, Measure.POSITIVE_AFFECT, Measure.NEGATIVE_AFFECT)
    yield row(wellbeing.WELLBEING, lambda least: wellbeing.composite(affects, positive, negative, least))
    alone = {o.id for item in study.items_of(Measure.COPING_STRATEGY) for o in item.options if o.exclusive}
    uses = [use for checkin in answered for use in checkin.coping if use not in alone]
    yield row(coping.VARIETY, lambda least: coping.variety(uses, least))
    yield row(coping.SHANNON, lambda least: coping.shannon(uses, least))
    low, high = _range(study, Measure.STRESS) or (0.0, 0.0)
    handled = _both(answered, Measure.STRESS, Measure.COPING_EFFICACY)
    yield row(coping.EFFICACY, lambda least: coping.efficacy(handled, (low + high) / 2, least))


def _both(answered: Sequence[Answered], one: Measure, other: Measure) -> list[tuple[float, float]]:
    return [(c.scores[one], c.scores[other]) for c in answered if one in c.scores and other in c.scores]


def _between(events: Sequence[_Event], start: int, end: int) -> Sequence[_Event]:
    return events[bisect_right(events, start, key=_time) : bisect_right(events, end, key=_time)]


def _answer(history: History, prompt: str, end: int) -> Answered | None:
    answer = history.answer_of.get(prompt)
    return answer if answer and answer.at <= end else None
