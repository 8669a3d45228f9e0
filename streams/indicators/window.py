"""One participant's answers in a window `(t - w, t]` that ends at a check-in, as live indicators use them."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, reduce
from types import MappingProxyType
from typing import TypeVar

from schemas.base import CheckIns, Measure
from schemas.events import IndicatorValue, Note, Window
from schemas.study import Study
from schemas.study.versions import Versions
from streams.indicators.entry import Indicator
from streams.indicators.result import NOT_ASKED, Result, explained
from streams.records.item_roles import Range
from streams.records.pairs import consecutive
from streams.records.timeline import CheckInRecord, History, PromptRecord

WINDOW_MS: Mapping[Window, int] = MappingProxyType(
    {Window.DAY: 86_400_000, Window.WEEK: 7 * 86_400_000, Window.MONTH: 28 * 86_400_000}
)
LONGEST_MS = max(WINDOW_MS.values())

_Event = TypeVar("_Event", PromptRecord, CheckInRecord)


def scales(study: Study) -> tuple[Measure, ...]:
    """The measures that the study asks about on a scale, in the order of its items."""
    return tuple(dict.fromkeys(item.measures for item in study.scales if item.measures))


class Windowed:
    """The answers of one window.

    Attributes:
        which: The check-ins that it holds; prompts and pairs are the same for all of them.
        scales: The measures that the study asks about on a scale.
        answered: Number of prompts in the window that were answered by its end.
        closed: Number of prompts in the window that were answered or have expired.
    """

    def __init__(
        self,
        history: History,
        versions: Versions,
        checkin: CheckInRecord,
        window: Window,
        which: CheckIns = CheckIns.BOTH,
    ) -> None:
        self._origin, self.which = (history, versions, checkin, window), which
        self._prompted = history.prompted
        start, end = checkin.at - WINDOW_MS[window], checkin.at
        self._versions, self._study, self._window = versions, versions[checkin.study], window
        self._checkins = [c for c in between(history.answered, start, end) if self._holds(c)]
        asked = between(history.asked, start, end)
        answers = {p.id: a for p in asked if (a := history.answer_of.get(p.id)) and a.at <= end}
        self._placed = [(prompt, answers[prompt.id]) for prompt in asked if prompt.id in answers]
        self._one_version = all(c.study == checkin.study for c in self._checkins)
        self._known: dict[tuple[Measure, ...], list[CheckInRecord]] = {}
        self._noted: dict[tuple[Measure, ...], tuple[Note, ...]] = {}
        self.scales = scales(self._study)
        self._asked = {*self.scales, *(item.measures for item in self._study.strategy_items)}
        self.answered = len(self._placed)
        self.closed = sum(1 for prompt in asked if prompt.until <= end or prompt.id in answers)

    @property
    def parts(self) -> tuple["Windowed", ...]:
        """The window with its prompted check-ins alone, and with those on the participant's own initiative.

        There are none if every check-in in it was prompted.
        """
        if all(checkin.id in self._prompted for checkin in self._checkins):
            return ()
        prompted, own_initiative = CheckIns.PROMPTED, CheckIns.OWN_INITIATIVE
        return Windowed(*self._origin, prompted), Windowed(*self._origin, own_initiative)

    def scores(self, measure: Measure) -> list[float]:
        """The scores of a measure, by time."""
        return [checkin.scores[measure] for checkin in self._with(measure)]

    def pairs(self, measure: Measure) -> list[tuple[float, float]]:
        """The scores of a measure at consecutive prompts."""
        usable = {checkin.id for checkin in self._with(measure)}
        return [
            (a.scores[measure], b.scores[measure])
            for a, b in self._consecutive
            if a.id in usable and b.id in usable
        ]

    @cached_property
    def _consecutive(self) -> list[tuple[CheckInRecord, CheckInRecord]]:
        pairs = consecutive(self._placed, lambda placed: placed[0].place)
        return [(one, other) for (_, one), (_, other) in pairs]

    def both(self, one: Measure, other: Measure) -> list[tuple[float, float]]:
        """The scores of two measures at each check-in that has both."""
        return [(checkin.scores[one], checkin.scores[other]) for checkin in self._with(one, other)]

    def strategies(self) -> list[str]:
        """Every use of a coping strategy; "none of these" does not count as one."""
        alone = {o.id for item in self._study.strategy_items for o in item.options if o.exclusive}
        found = self._with(Measure.COPING_STRATEGY)
        return [use for checkin in found for use in checkin.coping or () if use not in alone]

    def range_of(self, measure: Measure) -> Range:
        """Lowest and highest value of the scale of a measure that the study asks about."""
        scale = self._study.scales_of(measure)[0].scale
        return scale.min, scale.max

    def value(self, entry: Indicator, compute: Callable[[int], Result], *measures: Measure) -> IndicatorValue:
        """An indicator's value, with notes on the answers behind it.

        Args:
            entry: The indicator.
            compute: Returns the result, given the window's minimum; not called if the study does not ask
                about a measure.
            measures: The measures that it is computed from; a per-scale indicator belongs to the first.
        """
        result = self._result(entry, compute, measures)
        return IndicatorValue.model_construct(
            indicator=entry.id if self.which == CheckIns.BOTH else f"{entry.id}/{self.which.value}",
            scale=measures[0].value if entry.per_scale else "", window=self._window, value=result.value,
            n=result.n, n_pairs=result.n_pairs, reason=result.reason,
            notes=self._notes(entry, *measures) if measures else None,
        )  # fmt: skip

    def _result(
        self, entry: Indicator, compute: Callable[[int], Result], measures: tuple[Measure, ...]
    ) -> Result:
        if not self._asked.issuperset(measures):
            return NOT_ASKED
        result = compute(entry.minimum_in(self._window))
        if not measures:
            return result
        answered = any(self._with(measure) for measure in measures)
        return explained(result, answered=answered, several=len(measures) > 1)

    def _with(self, *measures: Measure) -> list[CheckInRecord]:
        """The check-ins that have all the measures, with the same items and scales as the newest version."""
        if measures not in self._known:
            *others, last = measures
            found = _having(self._with(*others) if others else self._checkins, last)
            self._known[measures] = found if self._one_version else self._alike(found, last)
        return self._known[measures]

    def _holds(self, checkin: CheckInRecord) -> bool:
        if self.which == CheckIns.BOTH:
            return True
        return (checkin.id in self._prompted) == (self.which == CheckIns.PROMPTED)

    def _alike(self, checkins: Iterable[CheckInRecord], measure: Measure) -> list[CheckInRecord]:
        return [c for c in checkins if self._versions.alike(self._study.ref, c.study, measure)]

    def _notes(self, entry: Indicator, *measures: Measure) -> tuple[Note, ...] | None:
        if measures not in self._noted:
            self._noted[measures] = self._notes_on(measures)
        told_apart = entry.by_checkin and self.which == CheckIns.BOTH
        return tuple(n for n in self._noted[measures] if told_apart or n is not Note.OWN_INITIATIVE) or None

    def _notes_on(self, measures: tuple[Measure, ...]) -> tuple[Note, ...]:
        usable, notes = self._with(*measures), []
        if not self._one_version and len(usable) < len(reduce(_having, measures, self._checkins)):
            notes.append(Note.SCALE_CHANGED)
        if len({checkin.language for checkin in usable}) > 1:
            notes.append(Note.LANGUAGES_MIXED)
        if any(checkin.id not in self._prompted for checkin in usable):
            notes.append(Note.OWN_INITIATIVE)
        return tuple(notes)


def _having(checkins: Iterable[CheckInRecord], measure: Measure) -> list[CheckInRecord]:
    if measure == Measure.COPING_STRATEGY:
        return [checkin for checkin in checkins if checkin.coping is not None]
    return [checkin for checkin in checkins if measure in checkin.scores]


def between(events: Sequence[_Event], start: int, end: int) -> Sequence[_Event]:
    """The events in `(start, end]`."""
    return events[bisect_right(events, start, key=_time) : bisect_right(events, end, key=_time)]


def _time(event: PromptRecord | CheckInRecord) -> int:
    return event.at
