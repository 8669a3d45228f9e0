"""All indicators of one participant over the windows `(t - w, t]` that end at one check-in."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from itertools import pairwise
from typing import TypeVar

from schemas.base import Measure
from schemas.events import IndicatorValue, Note, Window
from schemas.study import Study
from schemas.study.versions import Versions
from streams.indicators.catalogue import WINDOW_MS
from streams.indicators.entry import Indicator
from streams.indicators.measures import compliance, coping, instability, level, wellbeing
from streams.indicators.result import Result
from streams.records.timeline import CheckInRecord, History, PromptRecord

_Notes = tuple[Note, ...] | None
_Event = TypeVar("_Event", PromptRecord, CheckInRecord)


def rolling(history: History, versions: Versions, checkin: CheckInRecord) -> tuple[IndicatorValue, ...]:
    """The indicators at a check-in, shortest window first, as its version of the study asks them."""
    return tuple(
        value for window in Window for value in _Windowed(history, versions, checkin, window).values()
    )


def known(history: History, end: int, length: int) -> int:
    """How many prompts and versions of check-ins of a history fall in `(end - length, end]`."""
    start = end - length
    return len(_between(history.asked, start, end)) + sum(
        checkin.version for checkin in _between(history.known, start, end)
    )


def _time(event: PromptRecord | CheckInRecord) -> int:
    return event.at


def scales(study: Study) -> tuple[str, ...]:
    """The measures that the study asks on a scale, in the order of its items."""
    return tuple(dict.fromkeys(i.measures.value for i in study.scales if i.measures))


def _range(study: Study, measure: Measure) -> tuple[float, float] | None:
    items = study.scales_of(measure)
    return (items[0].scale.min, items[0].scale.max) if items else None


class _Windowed:
    """One window that ends at one check-in."""

    def __init__(self, history: History, versions: Versions, checkin: CheckInRecord, window: Window) -> None:
        start, self._end = checkin.at - WINDOW_MS[window], checkin.at
        self._versions, self._study, self._window = versions, versions[checkin.study], window
        self._answered = _between(history.answered, start, self._end)
        asked = _between(history.asked, start, self._end)
        answers = {p.id: a for p in asked if (a := history.answer_of.get(p.id)) and a.at <= self._end}
        self._placed = [(prompt, answers[prompt.id]) for prompt in asked if prompt.id in answers]
        self._closed = sum(1 for prompt in asked if prompt.until <= self._end or prompt.id in answers)
        self._one_version = all(c.study == checkin.study for c in self._answered)

    def values(self) -> Iterator[IndicatorValue]:
        """Every live indicator of this window."""
        for scale in scales(self._study):
            usable = self._usable(Measure(scale))
            scores = [c.scores[scale] for c in self._answered if c.id in usable and scale in c.scores]
            pairs = [
                (a.scores[scale], b.scores[scale])
                for (p, a), (q, b) in pairwise(self._placed)
                if p.day == q.day and q.beep == p.beep + 1
                if a.id in usable and b.id in usable and scale in a.scores and scale in b.scores
            ]
            notes = self._notes(usable, partial(_scored, scale))
            row = partial(self._row, scale=scale, notes=notes)
            yield row(level.MEAN, partial(level.mean, scores))
            yield row(level.SD, partial(level.sd, scores))
            yield row(instability.RMSSD, partial(instability.rmssd, pairs, len(scores)))
        yield from self._wellbeing()
        yield from self._coping()
        yield self._row(
            compliance.COMPLIANCE, lambda _: compliance.compliance(len(self._placed), self._closed)
        )

    def _wellbeing(self) -> Iterator[IndicatorValue]:
        positive, negative = Measure.POSITIVE_AFFECT, Measure.NEGATIVE_AFFECT
        affects, notes = self._both(positive, negative)
        ranges = _range(self._study, positive), _range(self._study, negative)
        compute = partial(wellbeing.composite, affects, *ranges)
        yield self._row(wellbeing.WELLBEING, compute, notes=notes)

    def _coping(self) -> Iterator[IndicatorValue]:
        items = self._study.strategy_items
        alone = {option.id for item in items for option in item.options if option.exclusive}
        usable = self._usable(Measure.COPING_STRATEGY)
        uses = [use for c in self._answered if c.id in usable for use in c.coping if use not in alone]
        notes = self._notes(usable, lambda c: bool(c.coping))
        yield self._row(coping.VARIETY, partial(coping.variety, uses), notes=notes)
        yield self._row(coping.SHANNON, partial(coping.shannon, uses), notes=notes)
        low, high = _range(self._study, Measure.STRESS) or (0.0, 0.0)
        handled, notes = self._both(Measure.STRESS, Measure.COPING_EFFICACY)
        yield self._row(coping.EFFICACY, partial(coping.efficacy, handled, (low + high) / 2), notes=notes)

    def _both(self, one: Measure, other: Measure) -> tuple[list[tuple[float, float]], _Notes]:
        usable = self._usable(one) & self._usable(other)
        scores = [
            (c.scores[one], c.scores[other])
            for c in self._answered
            if c.id in usable and one in c.scores and other in c.scores
        ]
        return scores, self._notes(usable, lambda c: _scored(one, c) and _scored(other, c))

    def _usable(self, measure: Measure) -> frozenset[str]:
        """Ids of the check-ins whose version of the study asks the measure in the same way."""
        if self._one_version:
            return self._all
        ref = self._study.ref
        return frozenset(c.id for c in self._answered if self._versions.alike(ref, c.study, measure))

    @cached_property
    def _all(self) -> frozenset[str]:
        return frozenset(c.id for c in self._answered)

    def _notes(self, usable: frozenset[str], has: Callable[[CheckInRecord], bool]) -> _Notes:
        given = [c for c in self._answered if has(c)]
        notes = []
        if any(c.id not in usable for c in given):
            notes.append(Note.SCALE_CHANGED)
        if len({c.language for c in given if c.id in usable}) > 1:
            notes.append(Note.LANGUAGES_MIXED)
        return tuple(notes) or None

    def _row(
        self, entry: Indicator, compute: Callable[[int], Result], scale: str = "", notes: _Notes = None
    ) -> IndicatorValue:
        result = compute(entry.minimum_in(self._window))
        return IndicatorValue.model_construct(
            indicator=entry.id, scale=scale, window=self._window, value=result.value, n=result.n,
            n_pairs=result.n_pairs, reason=result.reason, notes=notes,
        )  # fmt: skip


def _scored(scale: str, checkin: CheckInRecord) -> bool:
    return scale in checkin.scores


def _between(events: Sequence[_Event], start: int, end: int) -> Sequence[_Event]:
    return events[bisect_right(events, start, key=_time) : bisect_right(events, end, key=_time)]
